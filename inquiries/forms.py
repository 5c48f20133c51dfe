"""What is asked when an inquiry is worked. Forms check shape; whether it makes sense is for the services."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inquiries.models import Complaint, NetworkQuery
from inquiries.services.intake import RETYPED
from kefu.cases.models import Case, Interaction
from kefu.network.models import Party
from kefu.workbench.forms import (
    CUSTOMER_CHANNELS,
    TEXT,
    CloseForm,
    StepForm,
    TimeOfDay,
    VersionedForm,
    area,
)

OUTLET_CHANNELS = [(c.value, c.label) for c in (Interaction.Channel.PHONE, Interaction.Channel.OA)]


class ReplyForm(VersionedForm):
    text = forms.CharField(label=_("内容"), max_length=TEXT, widget=area(2))
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)
    happened = TimeOfDay()
    substantive = forms.BooleanField(label=_("实质答复，停计时"), required=False)
    # The version of a template that was picked.
    wording = forms.IntegerField(
        required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput
    )


class AskForm(VersionedForm):
    outlet = forms.ModelChoiceField(label=_("网点"), queryset=Party.objects.none())
    question = forms.CharField(label=_("问题"), max_length=4_000, widget=area(2))

    def __init__(self, *args: Any, askable: Sequence[Party], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose(
            "outlet", Party.objects.outlets(), [(party.pk, party.name) for party in askable]
        )


class AnswerQueryForm(VersionedForm):
    """Our answer to an outlet that asked us."""

    answer = forms.CharField(label=_("答复"), max_length=4_000, widget=area(2))


def open_queries(case: Case) -> Any:
    """Questions to outlets that wait for an answer."""
    return (
        case.network_queries.open().exclude(asked__kind=Party.Kind.COMPANY).select_related("asked")
    )


class QueryChoice(forms.ModelChoiceField):
    def label_from_instance(self, query: NetworkQuery) -> str:
        return str(query.asked)


class OfQueryForm(StepForm):
    query = QueryChoice(label=_("网点"), queryset=NetworkQuery.objects.none(), empty_label=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("query", open_queries(self.case))


class FeedbackForm(OfQueryForm):
    answer = forms.CharField(label=_("反馈内容"), max_length=4_000, widget=area(4, autofocus=True))
    channel = forms.ChoiceField(label=_("渠道"), choices=OUTLET_CHANNELS)
    happened = TimeOfDay()


class ChaseForm(OfQueryForm):
    text = forms.CharField(
        label=_("催促的话"), max_length=4_000, required=False, widget=area(3, autofocus=True)
    )


class WithdrawForm(OfQueryForm):
    reason = forms.CharField(label=_("为什么撤回"), max_length=500, widget=area(3, autofocus=True))


class AgainForm(StepForm):
    text = forms.CharField(label=_("客户说了什么"), max_length=TEXT, widget=area(4, autofocus=True))
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)
    happened = TimeOfDay()


class PromiseForm(StepForm):
    promised_for = forms.DateTimeField(
        label=_("几点前回电"),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )
    text = forms.CharField(
        label=_("对客户怎么说的"), max_length=TEXT, widget=area(3, autofocus=True)
    )
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)


class ContactFailedForm(StepForm):
    outlet = forms.ModelChoiceField(
        label=_("网点"), queryset=Party.objects.none(), empty_label=None
    )
    text = forms.CharField(
        label=_("说明"), max_length=500, required=False, widget=area(2, autofocus=True)
    )
    happened = TimeOfDay()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("outlet", involved(self.case))


def involved(case: Case) -> Any:
    """The outlets that have to do with a case."""
    pks = set(case.network_queries.values_list("asked_id", flat=True))
    if case.outlet_id is not None:
        pks.add(case.outlet_id)
    if case.waybill is not None:
        pks |= {case.waybill.origin_id, case.waybill.destination_id}
    return Party.objects.filter(pk__in=pks).exclude(kind=Party.Kind.COMPANY)


class OriginForm(StepForm):
    number = forms.CharField(
        label=_("起因单号"), max_length=24, widget=forms.TextInput(attrs={"autofocus": True})
    )
    cause = forms.ChoiceField(label=_("原因"), choices=Complaint.Cause.choices)


class NotifyForm(StepForm):
    """Whom we told to fetch a parcel; ``kind`` says of which sort he is."""

    kind = Party.Kind.COURIER
    party = forms.ModelChoiceField(label=_("谁"), queryset=Party.objects.none(), empty_label=None)
    text = forms.CharField(
        label=_("怎么说的"), max_length=500, required=False, widget=area(3, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("party", Party.objects.filter(kind=self.kind, active=True))
        pickup = getattr(self.case, "pickup", None)
        if pickup is not None and self.kind == Party.Kind.COURIER:
            self.initial["party"] = pickup.courier_id


class NotifyDriverForm(NotifyForm):
    kind = Party.Kind.DRIVER


class ClosingForm(CloseForm):
    # Ticked or not is for the rulebook to judge: some want it, others do not ask.
    further_needs_asked = forms.BooleanField(label=_("已问过还有没有别的需要"), required=False)


class RetypeForm(StepForm):
    kind = forms.ChoiceField(label=_("类型"))
    reason = forms.CharField(
        label=_("理由"), min_length=4, max_length=500, widget=area(3, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.case.inquiry.kind
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (kind.value, kind.label) for kind in RETYPED if kind != own
        ]
