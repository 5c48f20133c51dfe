"""What the pages of scores and of the register ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Employee
from kefu.workbench.forms import DeskForm, area, calendar_day
from payroll.selectors.people import people_of


class EntryForm(DeskForm):
    """A line of the register; ``user``: whose people may be chosen."""

    employee = forms.ModelChoiceField(
        label=_("谁"), queryset=Employee.objects.none(), empty_label=_("请选择")
    )
    happened_on = calendar_day(_("发生日期"))
    clause = forms.CharField(label=_("条款"), max_length=100, required=False)
    chosen = forms.CharField(max_length=16, required=False)
    value = forms.DecimalField(
        label=_("数额"), max_digits=9, decimal_places=2, min_value=0, required=False
    )
    reason = forms.CharField(label=_("事由"), max_length=500, widget=area(2))
    incident = forms.CharField(label=_("同一事件"), max_length=60, required=False)
    verified = forms.BooleanField(label=_("我已核实，直接计入"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = people_of(user).exclude(status="left").order_by("number")
        self.choose("employee", people.select_related("department"))


class DecideForm(DeskForm):
    """Lines that are decided alike."""

    entries = forms.TypedMultipleChoiceField(coerce=int, required=False)
    outcome = forms.ChoiceField(choices=[("verify", ""), ("not_upheld", "")])
    reason = forms.CharField(label=_("理由"), max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.data.getlist("entries") if hasattr(self.data, "getlist") else []
        field: Any = self.fields["entries"]
        field.choices = [(one, one) for one in given if one.isdecimal() and len(one) < 19]


class ReasonForm(DeskForm):
    reason = forms.CharField(label=_("理由"), max_length=500, widget=area(2))


class AnswerForm(DeskForm):
    answer = forms.CharField(label=_("答复"), max_length=1000, widget=area(2))
    upheld = forms.TypedChoiceField(
        choices=[("1", _("异议成立")), ("0", _("异议不成立"))], coerce=lambda value: value == "1"
    )


class ObjectionForm(DeskForm):
    what = forms.ChoiceField(choices=[("entry", ""), ("penalty", "")])
    key = forms.IntegerField(min_value=1, max_value=2**62)
    text = forms.CharField(label=_("异议"), max_length=1000, widget=area(2))


class JudgeForm(DeskForm):
    part = forms.CharField(label=_("项目"), max_length=60)
    points = forms.DecimalField(
        label=_("评分"), max_digits=5, decimal_places=2, min_value=0, max_value=100
    )
    note = forms.CharField(label=_("观察记录"), max_length=500, widget=area(2))


class TargetForm(DeskForm):
    metric = forms.CharField(label=_("指标"), max_length=60, required=False)
    number = forms.DecimalField(
        label=_("目标"), max_digits=9, decimal_places=2, min_value=0, required=False
    )
    text = forms.CharField(label=_("工作"), max_length=300, required=False)


class TalkForm(DeskForm):
    talked_on = calendar_day(_("沟通日期"))
    strengths = forms.CharField(label=_("做得好的"), max_length=1000, widget=area(2))
    weaknesses = forms.CharField(label=_("要改进的"), max_length=1000, widget=area(2))
    action = forms.CharField(label=_("改进计划"), max_length=300, required=False)
    due_on = calendar_day(_("何时完成"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("action")) != bool(data.get("due_on")):
            lacking = "due_on" if data.get("action") else "action"
            self.add_error(lacking, _("改进计划要写做什么和何时完成"))
        return data


class YearForm(DeskForm):
    grade = forms.CharField(label=_("等级"), max_length=20)
    note = forms.CharField(label=_("评语"), max_length=1000, widget=area(2))


class MonthForm(forms.Form):
    """The month in an address: 2026-11."""

    month = forms.DateField(input_formats=["%Y-%m"], required=False)
