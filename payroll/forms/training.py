"""What the pages of training ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.policy.rulebook import Rulebook
from kefu.staff.models import Department, Employee
from kefu.workbench.forms import DeskForm, area, calendar_day
from payroll.models import CourseResult, SessionAttendance, TrainingSession
from payroll.selectors.training import choices
from payroll.services.training import Came, Plan

TIME = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
NOBODY = _("未定")


class PlanForm(DeskForm):
    """When, where, what about, by whom; ``rules`` offers categories and modes."""

    on = calendar_day(_("日期"))
    starts_at = forms.TimeField(label=_("开始"), required=False, widget=TIME)
    ends_at = forms.TimeField(label=_("结束"), required=False, widget=TIME)
    topic = forms.CharField(label=_("主题"), max_length=200, required=False)
    category = forms.ChoiceField(label=_("类别"), required=False)
    mode = forms.ChoiceField(label=_("方式"), required=False)
    place = forms.CharField(label=_("地点"), max_length=60, required=False)
    trainer = forms.ModelChoiceField(
        label=_("主讲或带教"),
        queryset=Employee.objects.none(),
        required=False,
        empty_label=NOBODY,
    )

    def __init__(self, *args: Any, rules: Rulebook | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("category", "mode"):
            offered = choices(rules, f"training_{name}") if rules else []
            self.choose(name, None, [("", NOBODY), *offered])
            if not offered:
                del self.fields[name]
        self.choose("trainer", Employee.objects.assignable().order_by("number"))

    @property
    def plan(self) -> Plan:
        names = Plan.__dataclass_fields__
        return Plan(**{name: value for name, value in self.cleaned_data.items() if name in names})


class AddForm(PlanForm):
    """A session beyond the rhythm."""

    department = forms.ModelChoiceField(
        label=_("部门"), queryset=Department.objects.none(), empty_label=None
    )
    kind = forms.ChoiceField(
        label=_("种类"),
        choices=[
            (one.value, one.label)
            for one in TrainingSession.Kind
            if one != TrainingSession.Kind.COURSE
        ],
    )
    field_order = ("department", "kind")


class HoldForm(DeskForm):
    """It took place: how long, with which result; who came stands in fields of their own (``came-12``)."""

    minutes = forms.IntegerField(label=_("时长（分钟）"), min_value=1, max_value=1440)
    topic = forms.CharField(label=_("内容"), max_length=200)
    result = forms.CharField(label=_("结果"), max_length=500, required=False, widget=area(2))
    trainer = forms.ModelChoiceField(
        label=_("主讲或带教"),
        queryset=Employee.objects.none(),
        required=False,
        empty_label=NOBODY,
    )

    def __init__(self, *args: Any, people: list[Employee], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        self.choose("trainer", Employee.objects.assignable().order_by("number"))

    @property
    def rows(self) -> list[tuple[Employee, str, str]]:
        """Everybody who had to come, with what is ticked and written of him."""
        return [
            (one, str(self.data.get(f"came-{one.pk}", "")), str(self.data.get(f"why-{one.pk}", "")))
            for one in self.people
        ]

    @property
    def came(self) -> dict[int, Came]:
        return {one.pk: Came(said, why) for one, said, why in self.rows if said}


class CameForm(DeskForm):
    status = forms.ChoiceField(label=_("到场"), choices=SessionAttendance.Status)
    reason = forms.CharField(label=_("原因"), max_length=200, required=False)


class CancelForm(DeskForm):
    reason = forms.CharField(label=_("原因"), max_length=500)


class CourseForm(DeskForm):
    employee = forms.ModelChoiceField(
        label=_("新员工"), queryset=Employee.objects.none(), empty_label=_("请选择")
    )
    starts_on = calendar_day(_("第一天"))
    mentor = forms.ModelChoiceField(
        label=_("带教人"), queryset=Employee.objects.none(), required=False, empty_label=NOBODY
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("employee", people)
        self.choose("mentor", Employee.objects.assignable().order_by("number"))


class MentorForm(DeskForm):
    mentor = forms.ModelChoiceField(
        label=_("带教人"), queryset=Employee.objects.none(), empty_label=_("请选择")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("mentor", Employee.objects.assignable().order_by("number"))


def mark_field(label: Any, **given: Any) -> forms.DecimalField:
    """A number; whether it is a mark is for the service."""
    return forms.DecimalField(
        label=label,
        max_digits=8,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "0–100"}),
        **given,
    )


class ResultForm(DeskForm):
    part = forms.ChoiceField(label=_("部分"), choices=CourseResult.Part)
    mark = mark_field(_("成绩"))
    note = forms.CharField(label=_("评语"), max_length=500, required=False)


class TypingForm(DeskForm):
    tested_on = calendar_day(_("测试日期"))
    characters = forms.IntegerField(label=_("字数"), min_value=1, max_value=100_000)
    seconds = forms.IntegerField(label=_("用时（秒）"), min_value=1, max_value=7_200)
    errors_made = forms.IntegerField(label=_("错字数"), min_value=0, max_value=100_000)
