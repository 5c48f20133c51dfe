"""What the intake of a claim asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from claims.forms.case import money
from claims.models import Claim
from kefu.workbench.forms import CUSTOMER_CHANNELS, DeskForm, area, moment


class ClaimForm(DeskForm):
    waybill_number = forms.CharField(
        label=_("运单号"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    loss = forms.ChoiceField(label=_("类型"), choices=Claim.Loss.choices, widget=forms.RadioSelect)
    place = forms.ChoiceField(
        label=_("破损部位"), choices=Claim.Place.choices, required=False, widget=forms.RadioSelect
    )
    claimant = forms.ChoiceField(
        label=_("索赔人"), choices=Claim.Claimant.choices, widget=forms.RadioSelect
    )
    customer_name = forms.CharField(label=_("姓名"), max_length=60, required=False)
    customer_phone = forms.CharField(label=_("电话"), max_length=40, required=False)
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)
    text = forms.CharField(label=_("事由和要求"), max_length=20_000, widget=area(4))
    demanded_at = moment(_("索赔时间"))
    demanded_amount = money(_("索赔金额（元）"), required=False)
    proved_value = money(_("证明价值（元）"), required=False)
    percent_lost = forms.DecimalField(
        label=_("损失比例（%）"), required=False, min_value=0, max_value=100, decimal_places=2
    )
    delay_days = forms.IntegerField(label=_("延误天数"), required=False, min_value=0)
    signed_unchecked = forms.BooleanField(label=_("未当面验货即签收"), required=False)
    force_majeure = forms.BooleanField(label=_("不可抗力"), required=False)
    major = forms.BooleanField(label=_("重大"), required=False)

    def refuse(self, error: Any) -> None:
        if error.field == "share":
            error.field = "percent_lost"
        super().refuse(error)
