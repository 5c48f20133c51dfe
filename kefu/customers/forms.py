"""What the pages of customers ask. Forms check shape; whether it makes sense is for the services."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.customers.models import Customer, Visit
from kefu.customers.services.files import Given
from kefu.staff.models import Employee
from kefu.workbench.forms import DeskForm, area, calendar_day

STARS = [(str(n), str(n)) for n in range(5, 0, -1)]


class ListForm(forms.Form):
    """What narrows the list; anything else in the address is refused."""

    view = forms.ChoiceField(
        choices=[("all", ""), ("major", ""), ("mine", ""), ("visit", "")], required=False
    )
    q = forms.CharField(max_length=60, required=False)
    page = forms.IntegerField(min_value=1, max_value=10_000, required=False)


class FileForm(DeskForm):
    """A customer's file."""

    phone = forms.CharField(label=_("电话"), max_length=40)
    name = forms.CharField(label=_("姓名"), max_length=60, required=False)
    company = forms.CharField(label=_("单位"), max_length=80, required=False)
    address = forms.CharField(label=_("地址"), max_length=200, required=False)
    needs = forms.CharField(label=_("需求和习惯"), max_length=500, required=False, widget=area(3))
    owner = forms.ModelChoiceField(
        Employee.objects.filter(status=Employee.Status.ACTIVE).order_by("number"),
        label=_("负责人"),
        required=False,
        empty_label="—",
    )

    def given(self, known: Mapping[str, str] | None = None) -> Given:
        """What was written, and where nothing was, what is ``known`` already."""
        data = self.cleaned_data
        return Given(**data | {name: data[name] or value for name, value in (known or {}).items()})


class VisitForm(DeskForm):
    """A follow-up: both answers are wanted (SD-150.19)."""

    way = forms.ChoiceField(label=_("方式"), choices=Visit.Way.choices)
    satisfaction = forms.TypedChoiceField(
        label=_("满意度"), choices=STARS, coerce=int, widget=forms.RadioSelect
    )
    problems = forms.CharField(
        label=_("遇到的问题"),
        max_length=500,
        widget=area(3),
        help_text=_("没有就写“没有”；要处理的另建投诉或查询。"),
    )


class GradeForm(DeskForm):
    """A grade of one's own choice; none gives it back to the rule."""

    grade = forms.ChoiceField(
        label=_("等级"), choices=[("", _("按规则")), *Customer.Grade.choices], required=False
    )
    reason = forms.CharField(label=_("理由"), max_length=300)


class ContractForm(DeskForm):
    number = forms.CharField(label=_("合同号"), max_length=40)
    first_on = calendar_day(_("生效"))
    last_on = calendar_day(_("到期"))


class RevealForm(DeskForm):
    reason = forms.CharField(label=_("为什么要看"), max_length=300)


class SurveyForm(forms.Form):
    """What a customer is asked on his phone."""

    stars = forms.TypedChoiceField(
        label=_("您满意吗？"), choices=STARS, coerce=int, widget=forms.RadioSelect
    )
    solved = forms.TypedChoiceField(
        label=_("问题一次就解决了吗？"),
        choices=[("yes", _("是")), ("no", _("没有"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=_("还想说什么（可不填）"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data.setdefault("solved", None)
        return data
