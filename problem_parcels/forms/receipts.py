"""What the receipt pages ask for. Forms check shape; services check sense."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.network.models import Party
from kefu.workbench.forms import DeskForm, area, calendar_day
from problem_parcels.models import Receipt, ReceiptEntry, ReceiptRequest

LINES = 60_000  # characters: two thousand lines of a number each


def _line(label: Any, **given: Any) -> forms.CharField:
    attrs = {"autocomplete": "off", **given.pop("attrs", {})}
    given.setdefault("max_length", 60)
    return forms.CharField(label=label, widget=forms.TextInput(attrs=attrs), **given)


def _number(label: Any, **given: Any) -> forms.IntegerField:
    attrs = {"inputmode": "numeric", "autocomplete": "off", **given.pop("attrs", {})}
    return forms.IntegerField(label=label, widget=forms.TextInput(attrs=attrs), **given)


def _money(label: Any, **given: Any) -> forms.DecimalField:
    attrs = {"inputmode": "decimal", "autocomplete": "off"}
    return forms.DecimalField(
        label=label,
        max_digits=8,
        decimal_places=2,
        widget=forms.TextInput(attrs=attrs),
        **given,
    )


class DayForm(forms.Form):
    day = calendar_day(_("派件日"), required=False)


class SpanForm(forms.Form):
    first = calendar_day(_("从"), required=False)
    last = calendar_day(_("到"), required=False)


class HandOutForm(DeskForm):
    courier = forms.ModelChoiceField(
        label=_("派件员"), queryset=Party.objects.none(), empty_label=_("请选")
    )
    delivered_on = calendar_day(_("派件日"))
    lines = forms.CharField(
        label=_("运单号"),
        max_length=LINES,
        widget=area(6, spellcheck="false", autocomplete="off"),
        help_text=_("一行一票，多件的在后面写件数；从表格里复制过来也行"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        couriers = Party.objects.filter(
            kind__in=[Party.Kind.COURIER, Party.Kind.DRIVER], active=True
        ).order_by("code")
        self.choose("courier", couriers)
        field: Any = self.fields["courier"]
        field.label_from_instance = lambda party: f"{party.code} {party.name}"


class EntryForm(DeskForm):
    """One slip. The number first; what else it needs is asked for once its line is known."""

    source = forms.ChoiceField(
        label=_("单号"),
        choices=ReceiptEntry.Source.choices,
        initial=ReceiptEntry.Source.SCANNED,
        widget=forms.RadioSelect,
    )
    number = _line(_("运单号"), max_length=40, required=False, attrs={"inputmode": "numeric"})
    barcode_digits = _line(_("条码上的数字"), max_length=40, required=False)
    lower_left_digits = _line(_("左下角的数字"), max_length=40, required=False)
    signature = _line(_("签收人"), required=False)
    pieces = _number(_("签收件数"), required=False)
    collected = _money(_("实收到付（元）"), required=False)
    unlisted = forms.BooleanField(label=_("回单在手里，按忘记登记录入"), required=False)


class CorrectForm(DeskForm):
    signature = _line(_("签收人"), attrs={"autofocus": True})
    pieces = _number(_("签收件数"), required=False)
    collected = _money(_("实收到付（元）"), required=False)
    reason = _line(_("改了什么"), max_length=200)


ACCOUNTED = [Receipt.State.MISSING, Receipt.State.UNREADABLE, Receipt.State.UNDELIVERED]


class AccountForm(DeskForm):
    state = forms.ChoiceField(
        label=_("原因"),
        choices=[(state.value, state.label) for state in ACCOUNTED],
        widget=forms.RadioSelect,
    )
    note = _line(_("说明"), max_length=200, required=False, attrs={"autofocus": True})
    barcode_digits = _line(_("条码上看得清的"), max_length=40, required=False)
    lower_left_digits = _line(_("左下角看得清的"), max_length=40, required=False)


class CoverForm(DeskForm):
    slips = _number(_("回单张数"))
    collect_slips = _number(_("其中到付单"))
    deliverer = _line(_("派件员"), required=False)
    collect_on_top = forms.BooleanField(label=_("到付单已撕下放在最上面"), required=False)


class WantForm(DeskForm):
    waybill_number = _line(_("运单号"), max_length=40, attrs={"inputmode": "numeric"})
    service = forms.ChoiceField(
        label=_("要什么"), choices=ReceiptRequest.Service.choices, widget=forms.RadioSelect
    )
    customer_name = _line(_("谁要"), required=False)
    customer_phone = _line(_("电话"), max_length=40, required=False, attrs={"inputmode": "tel"})
    note = forms.CharField(label=_("说明"), max_length=500, required=False, widget=area(2))


class AnswerForm(DeskForm):
    outcome = forms.ChoiceField(
        label=_("结果"),
        choices=[(one.value, one.label) for one in ReceiptRequest.Outcome if one.value],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=_("对方怎么说"), max_length=500, required=False, widget=area(3, autofocus=True)
    )


class UntilForm(DeskForm):
    until = forms.DateField(label=_("保存到"))
