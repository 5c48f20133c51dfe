"""What the pages of pay ask for. Forms check shape; whether it makes sense is for the services."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.rulebooks.models import RulebookVersion
from kefu.staff.models import Department, Employee
from kefu.workbench.forms import DeskForm, area
from payroll.models import Leave
from payroll.pay_files import COLUMNS

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
MOST = Decimal(99_999)
LEAVE = "leave_"  # before the kind of leave, in the names of fields


class MonthField(forms.CharField):
    """A month as browsers send it, 2026-11; its first day comes out."""

    def __init__(self, **given: Any) -> None:
        widget = forms.TextInput(attrs={"type": "month", "autocomplete": "off"})
        super().__init__(max_length=7, widget=widget, **given)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not MONTH.fullmatch(text):
            raise forms.ValidationError(_("月份写成 2026-11 这样"), code="no_month")
        return date(int(text[:4]), int(text[5:]), 1)


def yuan(label: Any, placeholder: Any = "", **given: Any) -> forms.DecimalField:
    attrs = {"inputmode": "decimal", "autocomplete": "off", "placeholder": placeholder}
    given.setdefault("min_value", Decimal("0.01"))
    widget = forms.TextInput(attrs=attrs)
    return forms.DecimalField(
        label=label, max_value=MOST, max_digits=8, decimal_places=2, widget=widget, **given
    )


def percent(label: Any, **given: Any) -> forms.DecimalField:
    attrs = {"class": "input", "inputmode": "numeric", "autocomplete": "off"}
    widget = forms.TextInput(attrs=attrs)
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_value=100,
        max_digits=3,
        decimal_places=0,
        widget=widget,
        **given,
    )


class EmployeeField(forms.CharField):
    """An employee by staff number, as typed."""

    def __init__(self, **given: Any) -> None:
        attrs = {"autocomplete": "off", "placeholder": _("工号")}
        super().__init__(max_length=16, widget=forms.TextInput(attrs=attrs), **given)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:  # only where it may be empty
            return None
        found = Employee.objects.filter(number=text.split(" ")[0]).first()
        if found is None:
            raise forms.ValidationError(_("没有工号“%(text)s”"), params={"text": text})
        return found


class BeginForm(DeskForm):
    month = MonthField(label=_("月份"))


class StepForm(DeskForm):
    step = forms.ChoiceField(
        choices=[(one, one) for one in ("compute", "approve", "lock", "set_aside")]
    )
    reason = forms.CharField(label=_("说明"), max_length=500, required=False)


class AdjustmentForm(DeskForm):
    employee = EmployeeField(label=_("员工"))
    of_month = MonthField(label=_("所属月份"))
    clause = forms.CharField(label=_("条款"), max_length=16)
    amount = yuan(_("金额（元）"), min_value=-MOST, placeholder=_("补发为正，扣回为负"))
    reason = forms.CharField(label=_("事由"), max_length=500, widget=area(2))

    def clean_clause(self) -> str:
        clause: str = self.cleaned_data["clause"].strip().upper()
        return clause


class PoolForm(DeskForm):
    employee = EmployeeField(label=_("员工"))
    month = MonthField(label=_("随哪个月发"))
    amount = yuan(_("金额（元）"))
    reason = forms.CharField(label=_("事由"), max_length=300)


class FundForm(DeskForm):
    department = forms.ModelChoiceField(
        label=_("部门"), queryset=Department.objects.filter(active=True), empty_label=_("请选")
    )
    amount = yuan(_("金额（元）"))
    purpose = forms.CharField(label=_("用途"), max_length=300)


class AccountForm(DeskForm):
    employee = EmployeeField(label=_("员工"))
    holder = forms.CharField(label=_("户名"), max_length=60)
    bank = forms.CharField(label=_("开户行"), max_length=60)
    account = forms.CharField(label=pgettext_lazy("bank", "账号"), max_length=40)


class BankForm(DeskForm):
    """The columns in the order in which the bank wants them, by their names."""

    columns = forms.CharField(label=_("栏目，按顺序"), max_length=200)

    def clean_columns(self) -> list[str]:
        by_label = {str(label): name for name, (label, _say) in COLUMNS.items()}
        names = [one for one in re.split(r"\s*[,，、]\s*", self.cleaned_data["columns"]) if one]
        found = [by_label.get(one, one) for one in names]
        if strange := [one for one in found if one not in COLUMNS]:
            raise forms.ValidationError(
                _("没有栏目“%(name)s”，可用的是：%(all)s"),
                params={"name": strange[0], "all": _("、").join(by_label)},
            )
        return found


class TermsForm(DeskForm):
    edition = forms.CharField(label=_("版本名"), max_length=40)
    from_month = MonthField(label=_("自月份"))
    share = percent(_("最多扣工资（%）"))
    minimum_wage = yuan(_("当地最低工资（元）"), required=False)
    keeps_minimum = forms.BooleanField(label=_("不低于最低工资"), required=False, initial=True)
    deductions = forms.BooleanField(label=_("允许扣员工工资"), required=False, initial=True)
    payday = forms.IntegerField(label=_("次月几日发薪"), min_value=1, max_value=28)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, label in Leave.Kind.choices:
            self.fields[LEAVE + kind] = percent(
                _("%(leave)s计薪（%%）") % {"leave": label}, required=False
            )

    def clean_share(self) -> Decimal:
        share: Decimal = self.cleaned_data["share"]
        return share / 100

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = {kind: data.pop(LEAVE + kind, None) for kind in Leave.Kind.values}
        data["leave_shares"] = {
            kind: f"{share / 100:f}" for kind, share in given.items() if share is not None
        }
        return data


def version_naming(clause: str) -> RulebookVersion | None:
    """The newest issued edition of the rulebook that a clause belongs to."""
    issued = RulebookVersion.objects.issued().filter(rulebook__code=clause.rpartition("-")[0])
    return issued.order_by("-number").first()
