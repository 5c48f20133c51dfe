"""What an outlet fills in. The doors judge it; these only ask, and show at each field what a door said."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inquiries.services.network import QUESTION_LIMIT
from kefu.api.models import ApiKey
from kefu.appeals.models import REASON_LIMIT
from kefu.errors import KefuError
from kefu.network.selectors import OUTLETS_OWN
from kefu.partners.doors import Answer
from kefu.privacy import redact
from kefu.webhooks.objects import CHOICES
from kefu.workbench.once import new_ticket
from problem_parcels.models import Message, ReceiptRequest
from problem_parcels.services.messages import TEXT_LIMIT

Outcome = ReceiptRequest.Outcome


def _text(label: Any, limit: int) -> forms.CharField:
    widget = forms.Textarea(attrs={"class": "input", "rows": 4, "maxlength": limit})
    return forms.CharField(label=label, required=False, widget=widget, strip=False)


def _line(label: Any, limit: int, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "input", "maxlength": limit, "autocomplete": "off"})
    return forms.CharField(label=label, required=False, widget=widget, **more)


class DoorForm(forms.Form):
    """A form for a door. ``ticket``: sent twice, it has one effect; ``etag``: the version that was looked at."""

    ticket = forms.CharField(widget=forms.HiddenInput, max_length=64, initial=new_ticket)
    etag = forms.CharField(widget=forms.HiddenInput, max_length=80, required=False)

    def body(self) -> dict[str, Any]:
        """What is posted to the door: what was filled in, without what belongs to the page."""
        page = {"ticket", "etag"}
        return {name: value for name, value in self.cleaned_data.items() if name not in page}

    def take(self, answer: Answer) -> None:
        """Show what the door said at the fields it named. Corrected, it is another request."""
        for field, message in answer.faults.items():
            self.add_error(field if field in self.fields else None, message)
        posted: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        posted["ticket"], posted["etag"] = new_ticket(), ""
        self.data = posted


class FeedbackForm(DoorForm):
    answer = _text(_("反馈"), QUESTION_LIMIT)


class ReceiptForm(DoorForm):
    outcome = forms.ChoiceField(
        label=_("结果"),
        required=False,
        choices=[(one.value, one.label) for one in Outcome if one.value],
        widget=forms.RadioSelect,
    )
    answer = _text(_("说明"), 500)


class ReplyForm(DoorForm):
    text = _text(_("回复"), TEXT_LIMIT)
    wish = forms.ChoiceField(
        label=_("要求"),
        required=False,
        choices=Message.Wish.choices,
        widget=forms.Select(attrs={"class": "input"}),
    )


ANSWERS: dict[str, type[DoorForm]] = {
    "network-queries": FeedbackForm,
    "receipt-requests": ReceiptForm,
    "parcel-messages": ReplyForm,
}


class ReasonForm(DoorForm):
    reason = _text(_("理由"), REASON_LIMIT)


class EvidenceForm(DoorForm):
    file = forms.FileField(
        label=_("证据"),
        error_messages={"required": _("请选一份文件")},
        help_text=_("照片、PDF 或录音，最多 15 MB，一份异议最多 10 份"),
    )


class NothingForm(DoorForm):
    """To say yes."""


class QuestionForm(DoorForm):
    waybill_number = _line(_("运单号"), 40)
    question = _text(_("要查什么"), QUESTION_LIMIT)
    reference = _line(_("自己的单号"), 64, help_text=_("可以不填；同一个单号只能用一次"))


class ParcelForm(forms.Form):
    """Which parcel, however its number was written."""

    number = _line(_("运单号"), 40)

    def clean_number(self) -> str:
        try:
            return redact.clean_waybill(self.cleaned_data["number"], field="number")
        except KefuError as error:
            raise forms.ValidationError(str(error), code=error.code) from error


class NumberForm(DoorForm):
    kind = forms.ChoiceField(
        label=_("哪一个"),
        choices=[(kind.value, kind.label) for kind in OUTLETS_OWN],
        widget=forms.Select(attrs={"class": "input"}),
    )
    number = _line(_("新号码"), 20)
    holder = _line(_("接听人"), 40)
    effective_on = forms.CharField(
        label=_("起用日期"),
        required=False,
        widget=forms.DateInput(attrs={"class": "input", "type": "date"}),
    )


class AddressForm(DoorForm):
    url = _line(_("接收地址"), 500, help_text=_("公网上的 https 地址，如 https://wd.example/kefu"))
    types = forms.MultipleChoiceField(
        label=_("要收的事件"), required=False, choices=CHOICES, widget=forms.CheckboxSelectMultiple
    )


class KeyForm(forms.Form):
    """A key for a program of the outlet's own."""

    name = _line(_("用途"), 60)
    scopes = forms.MultipleChoiceField(
        label=_("权限"), required=False, choices=ApiKey.Scope, widget=forms.CheckboxSelectMultiple
    )
    expires_at = forms.DateTimeField(
        label=_("到期时间"),
        required=False,
        widget=forms.DateTimeInput(attrs={"class": "input", "type": "datetime-local"}),
        help_text=_("不填长期有效"),
    )
    networks = forms.CharField(
        label=_("来源地址"),
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 2}),
        help_text=_("只能从这些地址使用，每行一个，如 203.0.113.7 或 203.0.113.0/24；不填不限"),
    )
    signed = forms.BooleanField(
        label=_("写入要签名"),
        required=False,
        help_text=_("另给一个签名密钥，每个写入请求都要用它签名"),
    )

    def clean_networks(self) -> list[str]:
        return [line for line in self.cleaned_data["networks"].splitlines() if line.strip()]
