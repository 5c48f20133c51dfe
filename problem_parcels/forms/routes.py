"""Misroutings, returns, forwardings and entry fees: forms check shape, services check sense."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.database.functions import ByPinyin
from kefu.network.models import Party, Region
from kefu.workbench.forms import DeskForm, PartyField, calendar_day
from problem_parcels.models import HouseWord, Misrouting

SENDERS = [Party.Kind.OUTLET, Party.Kind.CONTRACTOR, Party.Kind.COMPANY]
MOST_PIECES = 500


def line(label: Any, **given: Any) -> forms.CharField:
    attrs = {"autocomplete": "off", **given.pop("attrs", {})}
    return forms.CharField(label=label, widget=forms.TextInput(attrs=attrs), **given)


def scanned() -> forms.CharField:
    """A number that a scanner types: first on its page, and the cursor is in it."""
    attrs = {"autofocus": True, "inputmode": "numeric"}
    return line(gettext_lazy("运单号"), max_length=40, attrs=attrs)


def number(label: Any, **given: Any) -> forms.DecimalField:
    attrs = {"inputmode": "decimal", "autocomplete": "off"}
    return forms.DecimalField(
        label=label,
        decimal_places=2,
        max_digits=9,
        min_value=0,
        widget=forms.TextInput(attrs=attrs),
        **given,
    )


class RouteForm(DeskForm):
    """A form whose parties are offered while one types."""

    offered: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind in self.offered.items():
            self.fields[name].widget.attrs |= {
                "list": f"list-{name}",
                "placeholder": _("编号、名称或拼音"),
                "hx-get": f"{reverse('inquiries:new_parties')}?kind={kind}",
                "hx-trigger": "input changed delay:250ms",
                "hx-target": f"#list-{name}",
                "data-background": "",
            }


class MisroutingForm(RouteForm):
    offered = {"origin": "outlet"}

    waybill_number = scanned()
    origin = PartyField(label=gettext_lazy("始发网点"), kinds=SENDERS)
    province = line(gettext_lazy("省份"), max_length=20, required=False)
    routing_text = forms.ChoiceField(
        label=gettext_lazy("面单大字"),
        choices=Misrouting.RoutingText.choices,
        widget=forms.RadioSelect,
    )
    written_destination = line(gettext_lazy("错写成"), max_length=40, required=False)
    correct_destination = line(gettext_lazy("应发往"), max_length=40)
    source = forms.ChoiceField(
        label=gettext_lazy("依据"), choices=Misrouting.Source.choices, widget=forms.RadioSelect
    )
    origin_verified = forms.BooleanField(
        label=gettext_lazy("已在系统里核对单号和始发地"), required=False
    )
    confirmed = forms.BooleanField(label=gettext_lazy("已核对，仍按此登记"), required=False)

    def __init__(self, *args: Any, contradicted: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contradicted = contradicted
        if self.initial.get("waybill_number") and not self.is_bound:  # scanned: on to the next
            del self.fields["waybill_number"].widget.attrs["autofocus"]
            following = "written_destination" if self.initial.get("origin") else "origin"
            self.fields[following].widget.attrs["autofocus"] = True


class DestinationForm(DeskForm):
    """One step of finding out a destination: the outcome of the call, or how the sending company was told."""

    waybill_number = line(gettext_lazy("运单号"), max_length=40, attrs={"inputmode": "numeric"})
    outcome = forms.ChoiceField(
        label=gettext_lazy("联系收件人"),
        choices=[
            ("reached", gettext_lazy("联系上了")),
            ("unreachable", gettext_lazy("联系不上")),
            ("told", gettext_lazy("已告知发件公司")),
        ],
        widget=forms.RadioSelect,
    )
    note = line(gettext_lazy("怎样告知"), max_length=200, required=False)


class WithdrawForm(DeskForm):
    reason = line(gettext_lazy("撤回原因"), max_length=200)


class HouseForm(DeskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in HouseWord.Name.choices:
            self.fields[name] = line(label, max_length=40, required=False, attrs={"class": "input"})


class ReturnForm(DeskForm):
    by_air = forms.BooleanField(label=gettext_lazy("航空件"), required=False)
    weight_kg = number(gettext_lazy("重量（公斤）"))
    destination = forms.ModelChoiceField(
        label=gettext_lazy("退往"), queryset=Region.objects.none(), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose(
            "destination", Region.objects.select_related("parent").order_by(ByPinyin("name"))
        )


class ForwardForm(RouteForm):
    offered = {"courier": "courier"}

    waybill_number = scanned()
    courier = PartyField(label=gettext_lazy("业务员"), kinds=[Party.Kind.COURIER])
    unserved = forms.BooleanField(
        label=gettext_lazy("目的地没有网点，要业务员决定"), required=False
    )


class DecideForm(RouteForm):
    offered = {"courier": "courier"}

    outcome = forms.ChoiceField(
        label=gettext_lazy("业务员决定"),
        choices=[
            ("forward", gettext_lazy("转寄")),
            ("return_to_sender", gettext_lazy("退给发件人")),
        ],
        widget=forms.RadioSelect,
    )
    courier = PartyField(label=gettext_lazy("业务员"), kinds=[Party.Kind.COURIER])

    def clean_courier(self) -> Party:
        if self.cleaned_data["courier"] is None:
            raise forms.ValidationError(_("请填作决定的业务员"), code="required")
        chosen: Party = self.cleaned_data["courier"]
        return chosen


class WeighForm(DeskForm):
    weight_kg = number(gettext_lazy("重量（公斤）"))


class RegisterForm(DeskForm):
    slip_number = line(gettext_lazy("转寄单号"), max_length=40)
    fee = number(gettext_lazy("转寄费用（元）"), required=False)


class TopUpForm(DeskForm):
    amount = number(gettext_lazy("补费（元）"))


class PeriodForm(DeskForm):
    first = calendar_day(gettext_lazy("从"))
    last = calendar_day(gettext_lazy("到"))


class EntryFeeForm(RouteForm):
    """``pieces``: a line a piece, kilograms and, after a space, cubic metres."""

    offered = {"contractor": "outlet"}

    place = forms.CharField(label=gettext_lazy("进仓地点"), max_length=60)
    pieces = forms.CharField(
        label=gettext_lazy("各件"),
        max_length=8_000,
        widget=forms.Textarea(
            attrs={"rows": 5, "autocomplete": "off", "placeholder": "12.5 0.3\n8"}
        ),
    )
    agreed = number(gettext_lazy("议定手续费（元）"), required=False)
    waybill_number = line(
        gettext_lazy("运单号"), max_length=40, required=False, attrs={"inputmode": "numeric"}
    )
    contractor = PartyField(label=gettext_lazy("承包区"), kinds=[Party.Kind.CONTRACTOR])

    def __init__(self, *args: Any, places: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = forms.Select(
            attrs={"class": "input", "autofocus": True}, choices=[(one, one) for one in places]
        )
        if places:
            self.fields["place"].widget = widget

    def clean_pieces(self) -> list[tuple[Decimal, Decimal]]:
        rows = [row for row in self.cleaned_data["pieces"].splitlines() if row.strip()]
        if len(rows) > MOST_PIECES:
            raise forms.ValidationError(
                _("一次最多 %(most)d 件"), code="too_many", params={"most": MOST_PIECES}
            )
        return [self._piece(at, row) for at, row in enumerate(rows, start=1)]

    def _piece(self, at: int, row: str) -> tuple[Decimal, Decimal]:
        cells = row.replace("，", " ").replace(",", " ").split()
        try:
            numbers = [Decimal(cell) for cell in cells]
            if not (1 <= len(numbers) <= 2 and all(one.is_finite() for one in numbers)):
                raise InvalidOperation
        except InvalidOperation as error:
            raise forms.ValidationError(
                _("第 %(at)d 行读不懂：每行一件，先写公斤，隔一个空格写立方米"),
                code="unreadable",
                params={"at": at},
            ) from error
        return numbers[0], numbers[1] if len(numbers) == 2 else Decimal(0)
