"""What the counter asks for before it takes a parcel."""

from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from inquiries.forms_intake import OUTLETS
from inquiries.models import CounterAcceptance
from inquiries.services import OfferedParcel
from kefu.parcels.services import Side
from kefu.policy.acceptance import AcceptanceRules
from kefu.policy.clauses import is_chinese
from kefu.staff.models import Employee
from kefu.workbench.assignees import set_choices
from kefu.workbench.forms import DeskForm, PartyField


def _line(label: Any, **given: Any) -> forms.CharField:
    attrs = {"autocomplete": "off", **given.pop("attrs", {})}
    return forms.CharField(label=label, widget=forms.TextInput(attrs=attrs), **given)


def _place(label: Any, **given: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 2, "autocomplete": "off"})
    return forms.CharField(label=label, max_length=200, widget=area, **given)


def _number(label: Any, **given: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        **given,
    )


class CounterForm(DeskForm):
    """A parcel offered at the counter. The kinds of goods to look for are the rulebook's."""

    number = _line(_("运单号"), max_length=40, attrs={"autofocus": True, "inputmode": "numeric"})
    outlet = PartyField(label=_("派件网点"), kinds=OUTLETS)
    sender_name = _line(_("寄件人"), max_length=60)
    sender_phone = _line(_("电话"), max_length=40, attrs={"inputmode": "tel"})
    sender_address = _place(_("寄件地址"), required=False)
    receiver_name = _line(_("收件人"), max_length=60)
    receiver_phone = _line(_("电话"), max_length=40, attrs={"inputmode": "tel"})
    receiver_address = _place(_("收件地址"))
    goods = _line(_("内件"), max_length=100)
    weight_kg = _number(_("重量（公斤）"), min_value=Decimal("0.01"), max_value=99_999)
    declared_value = _number(_("声明价值（元）"), min_value=0, max_value=999_999, required=False)
    by_air = forms.BooleanField(label=_("航空件"), required=False)
    inspected = forms.BooleanField(label=_("已开箱验视"), required=False)
    found = forms.MultipleChoiceField(
        label=_("里面有"), widget=forms.CheckboxSelectMultiple, required=False
    )
    release = forms.BooleanField(label=_("易碎，主管放行"), required=False)
    settlement = forms.ChoiceField(
        label=_("结算方式"),
        choices=CounterAcceptance.Settlement.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    price = _number(_("费用（元）"), min_value=0, max_value=999_999, required=False)
    fee_told = forms.BooleanField(label=_("费用已告知客户"), required=False)
    clerk = forms.ModelChoiceField(
        label=_("经手人"), queryset=Employee.objects.none(), empty_label=None
    )

    def __init__(
        self, *args: Any, rules: AcceptanceRules, may_release: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        chinese = is_chinese(get_language() or "zh-hans")
        words = {
            **{key: item.zh if chinese else item.en for key, item in rules.kinds.items()},
            **{
                key: _("{goods}（航空不收）").format(goods=item.zh if chinese else item.en)
                for key, item in rules.kinds_by_air.items()
            },
        }
        set_choices(self, "found", list(words.items()))
        if may_release:
            self.choose("clerk", Employee.objects.assignable().order_by("number"))
        else:
            del self.fields["release"], self.fields["clerk"]
        outlet = self.fields["outlet"]
        outlet.required = True
        outlet.widget.attrs |= {
            "list": "list-outlet",
            "placeholder": _("编号、名称、拼音或地名"),
            "hx-get": f"{reverse('inquiries:new_parties')}?kind=outlet",
            "hx-trigger": "input changed delay:250ms",
            "hx-target": "#list-outlet",
            "data-background": "",
        }

    def parcel(self) -> OfferedParcel:
        """What the valid form says stands on the counter."""
        given = self.cleaned_data
        return OfferedParcel(
            number=given["number"],
            destination=given["outlet"],
            sender=Side(given["sender_name"], given["sender_phone"], given["sender_address"]),
            receiver=Side(
                given["receiver_name"], given["receiver_phone"], given["receiver_address"]
            ),
            goods=given["goods"],
            weight_kg=given["weight_kg"],
            settlement=given["settlement"],
            price=given["price"],
            fee_told=given["fee_told"],
            inspected=given["inspected"],
            found=frozenset(given["found"]),
            by_air=given["by_air"],
            declared_value=given["declared_value"] or Decimal(0),
        )
