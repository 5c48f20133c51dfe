"""What is asked when a problem parcel is worked. Forms check shape; whether it makes sense is for the services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.cases.models import Interaction
from kefu.network.models import Party
from kefu.workbench.forms import StepForm, TimeOfDay, VersionedForm, area
from problem_parcels.models import ContactAttempt, Disposal, Message

OUTLET_CHANNELS = [(c.value, c.label) for c in (Interaction.Channel.PHONE, Interaction.Channel.OA)]
# What a clerk decides; picking up has a step of its own, and what nobody asked for comes by itself.
KINDS = [(kind.value, kind.label) for kind in Disposal.Kind if kind != Disposal.Kind.PICKUP]
ASKED_BY = [(one.value, one.label) for one in Disposal.AskedBy if one != Disposal.AskedBy.NOBODY]
FOCUS = {"autofocus": True}


class MessageForm(VersionedForm):
    """A message to the other outlet."""

    to = forms.ModelChoiceField(
        label=_("网点"), queryset=Party.objects.outlets(), required=False, empty_label=_("对方网点")
    )
    storefront = forms.CharField(label=_("营业厅"), max_length=60, required=False)
    text = forms.CharField(label=_("留言"), max_length=4_000, required=False, widget=area(2))

    def __init__(self, *args: Any, other: Party | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(other.pk, other.name)] if other else []
        self.choose("to", Party.objects.outlets(), choices)


class AnswerForm(VersionedForm):
    """Our reply to an outlet that wrote to us."""

    text = forms.CharField(label=_("回复"), max_length=4_000, widget=area(2))


class AttemptForm(StepForm):
    whose = forms.ChoiceField(label=_("谁的号码"), choices=ContactAttempt.Whose.choices)
    outcome = forms.ChoiceField(label=_("结果"), choices=ContactAttempt.Outcome.choices)
    number = forms.CharField(
        label=_("号码"),
        max_length=40,
        required=False,
        help_text=_("空着就是运单上的号码"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    happened = TimeOfDay(help_text=_("如 14:20 或 1420；空着就是现在"))


class MessageChoice(forms.ModelChoiceField):
    def label_from_instance(self, message: Message) -> str:
        return f"{message.receiver} {message.text[:40]}"


class OfMessageForm(StepForm):
    """About a message of ours that waits for its reply."""

    message = MessageChoice(label=_("留言"), queryset=Message.objects.none(), empty_label=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = self.case.parcel_messages.unanswered().select_related("receiver")
        self.choose("message", waiting.exclude(receiver__kind=Party.Kind.COMPANY))


class HeardForm(OfMessageForm):
    text = forms.CharField(label=_("对方怎么说"), max_length=4_000, widget=area(3, **FOCUS))
    wish = forms.ChoiceField(label=_("要求"), choices=Message.Wish.choices, required=False)
    channel = forms.ChoiceField(label=_("渠道"), choices=OUTLET_CHANNELS)


class ChaseForm(OfMessageForm):
    text = forms.CharField(
        label=_("催促的话"), max_length=4_000, required=False, widget=area(2, **FOCUS)
    )


class WithdrawForm(OfMessageForm):
    reason = forms.CharField(label=_("为什么撤回"), max_length=300, widget=area(2, **FOCUS))


class DecideForm(StepForm):
    kind = forms.ChoiceField(label=_("处置"), choices=KINDS)
    asked_by = forms.ChoiceField(label=_("谁要求"), choices=ASKED_BY)
    reason = forms.CharField(
        label=_("原因"), max_length=300, required=False, widget=forms.TextInput(attrs=FOCUS)
    )
    person = forms.CharField(
        label=_("退给谁"),
        max_length=60,
        required=False,
        help_text=_("退回业务员时填他的姓名，退回公司空着就是发件网点"),
    )


class CarryOutForm(StepForm):
    """Only a confirmation: what will happen stands above the button."""


class PickupForm(StepForm):
    when = forms.CharField(
        label=_("什么时候来取"), max_length=60, widget=forms.TextInput(attrs=FOCUS)
    )
    place = forms.CharField(label=_("在哪里取"), max_length=60)


class CollectedForm(StepForm):
    signer = forms.CharField(label=_("签收人"), max_length=60, widget=forms.TextInput(attrs=FOCUS))


class ConfirmForm(StepForm):
    """Only a confirmation."""
