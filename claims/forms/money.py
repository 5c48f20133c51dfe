"""What the pages about money ask for. Forms check shape; whether it makes sense is for the services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from claims.forms.case import LiableField
from claims.models import Claim, Document, InsurancePolicy, Payment, SelfSettledCase
from kefu.cases.models import Interaction
from kefu.network.models import Party
from kefu.workbench.forms import (
    CUSTOMER_CHANNELS,
    DeskForm,
    PartyField,
    area,
    calendar_day,
    moment,
)

ANYBODY = [kind for kind in Party.Kind.values if kind != Party.Kind.INSURER]


def line(label: Any, **given: Any) -> forms.CharField:
    attrs = {"autocomplete": "off", **given.pop("attrs", {})}
    given.setdefault("max_length", 60)
    return forms.CharField(label=label, widget=forms.TextInput(attrs=attrs), **given)


def yuan(label: Any, **given: Any) -> forms.DecimalField:
    attrs = {"inputmode": "decimal", "autocomplete": "off"}
    widget = forms.TextInput(attrs=attrs)
    return forms.DecimalField(label=label, max_digits=10, decimal_places=2, widget=widget, **given)


def days(label: Any) -> forms.IntegerField:
    attrs = {"inputmode": "numeric", "autocomplete": "off"}
    widget = forms.TextInput(attrs=attrs)
    return forms.IntegerField(label=label, min_value=0, max_value=3650, widget=widget)


def whom(label: Any, kinds: list[str]) -> PartyField:
    field = PartyField(label=label, kinds=kinds)
    field.widget.attrs["placeholder"] = _("编号、名称或拼音")
    return field


class PayForm(DeskForm):
    amount = yuan(_("付款金额（元）"))
    method = forms.ChoiceField(label=_("方式"), choices=Payment.Method.choices)
    payee = line(_("收款人"))
    account = line(_("收款账号"), max_length=40, required=False)
    reference = line(_("流水号"), max_length=64, required=False)
    paid_at = moment(_("付款时间"))


class PartyForm(DeskForm):
    """Which of the liable: a hidden number of a row."""

    recovery = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)


class NotifyForm(DeskForm):
    party = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)


class ReverseForm(PartyForm):
    reason = line(_("冲销理由"), max_length=500)


class ReasonForm(DeskForm):
    reason = line(_("理由"), max_length=500)


class NoteForm(DeskForm):
    note = line(_("意见"), max_length=500, required=False)


class DivisionForm(NoteForm):
    """A second person's word on the division he saw."""

    finding = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)


class DivideForm(DeskForm):
    liable = LiableField(label=_("责任比例"))
    reason = line(_("为什么重新划分"), max_length=500)


class CloseForm(DeskForm):
    satisfaction = forms.ChoiceField(
        label=_("客户满意度"),
        choices=[("", _("没有问")), *Claim.Satisfaction.choices],
        required=False,
    )


class IssueForm(DeskForm):
    kind = forms.ChoiceField(label=_("种类"), choices=Document.Kind.choices)
    recovery = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=1, max_value=2**62
    )


class PlainForm(DeskForm):
    reason = line(_("为什么要明文"), max_length=300)


# Insurance.


class PolicyChoice(forms.ModelChoiceField):
    def label_from_instance(self, policy: InsurancePolicy) -> str:
        return f"{policy.insurer} {policy.title} {policy.number}"


class ReportForm(DeskForm):
    policy = PolicyChoice(
        label=_("保单"), queryset=InsurancePolicy.objects.none(), empty_label=None
    )
    insurer_number = line(_("保险报案号"), max_length=64, required=False)
    reported_at = moment(_("报案时间"))


class HandInForm(DeskForm):
    claimed_amount = yuan(_("索赔金额（元）"))
    insurer_number = line(_("保险报案号"), max_length=64, required=False)


class ReceiveForm(DeskForm):
    amount = yuan(_("到账金额（元）"))
    received_at = moment(_("到账时间"))


class PolicyForm(DeskForm):
    insurer = whom(_("保险公司"), [Party.Kind.INSURER])
    number = line(_("保单号"), max_length=64)
    title = line(_("险种"))
    cover = forms.DecimalField(
        label=_("每案限额（元）"),
        max_digits=12,
        decimal_places=2,
        max_value=999_999_999,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    deductible = yuan(_("免赔额（元）"), initial=0)
    valid_from = calendar_day(_("生效日"))
    valid_to = calendar_day(_("到期日"))
    report_within_days = days(_("出险后几天内报案"))
    documents_within_days = days(_("报案后几天内交材料"))
    warn_days = days(_("提前几天提醒"))

    def clean_insurer(self) -> Party:
        insurer: Party | None = self.cleaned_data["insurer"]
        if insurer is None:
            raise forms.ValidationError(_("请填写此项"), code="required")
        return insurer


class InsurerContactForm(DeskForm):
    insurer = forms.ModelChoiceField(
        label=_("保险公司"),
        queryset=Party.objects.filter(kind=Party.Kind.INSURER, active=True),
        empty_label=None,
    )
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)
    text = forms.CharField(label=_("说了什么"), max_length=1000, widget=area(3))
    contacted_at = moment(_("联系时间"))


class ClaimContactForm(InsurerContactForm):
    """About one claim, whose insurer is known."""

    insurer = None  # type: ignore[assignment]


# Self-settled cases.


class SelfSettledForm(DeskForm):
    party_type = forms.ChoiceField(label=_("类别"), choices=SelfSettledCase.PartyType.choices)
    party = whom(_("哪一方"), ANYBODY)
    customer = line(_("客户"))
    waybill_number = line(_("运单号"), max_length=40)
    amount_yuan = yuan(_("金额（元）"))
    settled_on = calendar_day(_("了结日期"))


class WithdrawForm(DeskForm):
    row = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)
    reason = line(_("撤回原因"), max_length=200)


PHONE = Interaction.Channel.PHONE
