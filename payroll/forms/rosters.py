"""What the pages of rosters, swaps and leave ask for."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Department, Employee
from kefu.workbench.forms import DeskForm, area, calendar_day, moment
from payroll.models import Leave, Overtime, Roster, RosteredShift, Swap
from payroll.selectors import rosters as selectors
from payroll.services.rosters import Change

CELLS = 2_000  # in one sending


class DrawUpForm(DeskForm):
    department = forms.ModelChoiceField(
        label=_("部门"), queryset=Department.objects.none(), empty_label=None
    )
    kind = forms.ChoiceField(label=_("种类"), choices=Roster.Kind.choices)
    starts_on = calendar_day(_("从哪天起"))
    ends_on = calendar_day(_("到哪天"), required=False, help_text=_("空着就排到规章要求的天数"))
    rest_days = forms.IntegerField(label=_("每周休息（天）"), min_value=0, max_value=6, initial=1)
    after_hours = forms.IntegerField(
        label=_("下班后值班（人）"), min_value=0, max_value=50, initial=2
    )

    def __init__(self, *args: Any, departments: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.departments = departments
        self.choose("department", departments)


class CellsForm(forms.Form):
    """``cells``: lines of employee, day and value, parted by blanks; ``edits``: what the author saw."""

    edits = forms.IntegerField(min_value=0)
    cells = forms.CharField(max_length=200_000, strip=True)

    def clean_cells(self) -> list[Change]:
        found = []
        for line in self.cleaned_data["cells"].splitlines()[:CELLS]:
            try:
                employee, day, *value = line.split(" ")
                found.append(
                    Change(int(employee), date.fromisoformat(day), value[0] if value else "")
                )
            except ValueError as error:
                raise forms.ValidationError(_("格子没有看懂，请刷新再试")) from error
        return found


def _time_of_day(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M"],
    )


class LunchForm(DeskForm):
    """When the first batch has lunch, and how long each has."""

    starts = _time_of_day(_("第一批从"))
    minutes = forms.IntegerField(label=_("每批分钟"), min_value=10, max_value=120)


class StepForm(DeskForm):
    step = forms.ChoiceField(choices=[(name, name) for name in ("publish", "revise", "discard")])
    posts_filled = forms.BooleanField(label=_("各岗位的人已配齐"), required=False)


class FileForm(DeskForm):
    file = forms.FileField(label=_("表格"), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}))
    take = forms.BooleanField(required=False)


class ShiftChoice(forms.ModelChoiceField):
    """A shift as people say it: 11-23 周一 早班 09:00–18:30 周明."""

    def __init__(self, *args: Any, named: bool = False, **kwargs: Any) -> None:
        self.named = named
        super().__init__(*args, **kwargs)

    def label_from_instance(self, shift: RosteredShift) -> str:
        said = selectors.shift_in_words(shift)
        return f"{said} {shift.employee.name}" if self.named else said


class SwapForm(DeskForm):
    shift = ShiftChoice(
        label=_("让出的班"), queryset=RosteredShift.objects.none(), empty_label=_("请选")
    )
    other = forms.ModelChoiceField(
        label=_("请哪位同事"), queryset=Employee.objects.none(), empty_label=_("请选")
    )
    returned = ShiftChoice(
        label=_("换他的哪个班"),
        queryset=RosteredShift.objects.none(),
        required=False,
        empty_label=_("不换，请他代班，以后还"),
        named=True,
    )
    pays_back = forms.ModelChoiceField(
        label=_("这是还班"), queryset=Swap.objects.none(), required=False, empty_label=_("不是")
    )
    note = forms.CharField(
        label=_("交接说明"),
        max_length=500,
        widget=area(2, placeholder=_("办到哪一步、答应了什么；没有就写“无”")),
    )


class LeaveForm(DeskForm):
    kind = forms.ChoiceField(label=_("假别"), choices=Leave.Kind.choices)
    emergency = forms.BooleanField(label=_("紧急"), required=False)
    starts_at = moment(_("从"), required=True)
    ends_at = moment(_("到"), required=True)
    reason = forms.CharField(label=_("事由"), max_length=500, widget=area(2))
    handover = forms.CharField(label=_("工作交接"), max_length=500, required=False)
    cover = forms.ModelChoiceField(
        label=_("代班人"),
        queryset=Employee.objects.none(),
        required=False,
        empty_label=_("不用代班"),
    )


class PhoneLeaveForm(LeaveForm):
    employee = forms.ModelChoiceField(
        label=_("谁请假"), queryset=Employee.objects.none(), empty_label=_("请选")
    )
    told_by_phone_at = moment(_("来电时间"), required=True)
    field_order = ["employee", "told_by_phone_at"]


class OutingForm(DeskForm):
    purpose = forms.CharField(label=_("事由"), max_length=300)
    starts_at = moment(_("离开"), required=True)
    ends_at = moment(_("返回"), required=True)
    emergency = forms.BooleanField(label=_("紧急，事后说明"), required=False)


class AnswerForm(DeskForm):
    """A word on somebody's request."""

    answer = forms.SlugField(max_length=12)
    note = forms.CharField(label=_("理由"), max_length=300, required=False)


class PromotionForm(DeskForm):
    """A manager gives a shift to somebody else for a promotion."""

    shift = ShiftChoice(
        label=_("哪个班"), queryset=RosteredShift.objects.none(), empty_label=_("请选"), named=True
    )
    to = forms.ModelChoiceField(
        label=_("调给谁"), queryset=Employee.objects.none(), empty_label=_("请选")
    )
    note = forms.CharField(label=_("事由和交接"), max_length=500, widget=area(2))


class OvertimeCallForm(DeskForm):
    """Who is to work overtime for a promotion, on which days, and until when he answers."""

    people = forms.ModelMultipleChoiceField(
        label=_("请谁"),
        queryset=Employee.objects.none(),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "people"}),
    )
    first_on = calendar_day(_("哪天"))
    last_on = calendar_day(_("到哪天"), required=False, help_text=_("空着就只有那一天"))
    starts = _time_of_day(_("几点起"))
    ends = _time_of_day(_("几点止"))
    settle = forms.ChoiceField(label=_("结算"), choices=Overtime.Settle.choices)
    answer_by = moment(_("答复截止"), required=True)
    reason = forms.CharField(
        label=_("事由"), max_length=200, widget=area(2, placeholder=_("哪一次促销，忙在哪里"))
    )


class SwapChoice(forms.ModelChoiceField):
    def label_from_instance(self, swap: Swap) -> str:
        return f"{swap.shift.day:%m-%d} {swap.asker.name} → {swap.other.name}"


class BlameForm(DeskForm):
    """A swapped shift was late or missed because the briefing was unclear: who of the two is liable."""

    swap = SwapChoice(label=_("哪次换班"), queryset=Swap.objects.none(), empty_label=_("请选"))
    happened = forms.ChoiceField(
        label=_("怎么了"),
        choices=[("shift_late", _("迟到")), ("shift_uncovered", _("没有人上"))],
    )
    asker = forms.BooleanField(label=_("提出人有责"), required=False)
    other = forms.BooleanField(label=_("同事有责"), required=False)

    def liable(self) -> list[Employee]:
        swap = self.cleaned_data["swap"]
        return [getattr(swap, side) for side in ("asker", "other") if self.cleaned_data[side]]
