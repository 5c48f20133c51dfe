"""What the pages of meetings ask for."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Department, Employee
from kefu.workbench.forms import DeskForm, area, calendar_day, moment
from payroll.models import Announcement, BookEntry, Meeting

TEXT = 4_000


def person(label: Any, **given: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(label=label, queryset=Employee.objects.none(), **given)


class PageChoice(forms.ModelChoiceField):
    def label_from_instance(self, entry: BookEntry) -> str:
        return str(_("{on} 的交接记录")).format(on=f"{entry.on:%m-%d}")


class CallForm(DeskForm):
    department = forms.ModelChoiceField(
        label=_("部门"), queryset=Department.objects.none(), empty_label=None
    )
    subject = forms.ChoiceField(label=_("会议"), choices=Meeting.Subject.choices)
    starts_at = moment(_("开始"), required=True)
    mode = forms.ChoiceField(
        label=_("方式"), choices=[("", _("按规章")), *Meeting.Mode.choices], required=False
    )
    minute_taker = person(_("记录员"), required=False, empty_label=_("开会时再定"))
    announcement = forms.ModelChoiceField(
        label=_("讲解的新品"),
        queryset=Announcement.objects.none(),
        required=False,
        empty_label=_("不是讲解新品"),
    )
    note = forms.CharField(label=_("说明"), max_length=200, required=False)

    def __init__(self, *args: Any, departments: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("department", departments)
        self.choose("minute_taker", people)
        products = Announcement.objects.standing().filter(
            kind=Announcement.Kind.PRODUCT, launched_at=None
        )
        self.choose("announcement", products)


class ArrangeForm(DeskForm):
    starts_at = moment(_("开始"))
    mode = forms.ChoiceField(label=_("方式"), choices=Meeting.Mode.choices)
    chair = person(_("主持人"), empty_label=None)
    minute_taker = person(_("记录员"), required=False, empty_label=_("还没定"))

    def __init__(self, *args: Any, people: Any, chairs: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("chair", chairs)
        self.choose("minute_taker", people)


class ReasonForm(DeskForm):
    reason = forms.CharField(label=_("为什么不开"), max_length=200)


class SubmitForm(DeskForm):
    text = forms.CharField(label=_("书面意见"), max_length=1_000, required=False, widget=area(3))
    entry = PageChoice(
        label=_("或写在"),
        queryset=BookEntry.objects.none(),
        required=False,
        empty_label=_("没有写在交接本里"),
    )

    def __init__(self, *args: Any, pages: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("entry", pages)


class CameForm(DeskForm):
    came = forms.ModelMultipleChoiceField(
        label=_("到会的人"),
        queryset=Employee.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("came", people)


class DraftForm(DeskForm):
    """One text for each part of the agenda, by the part's code."""

    def __init__(self, *args: Any, parts: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in parts:
            self.fields[part.code] = forms.CharField(
                label=part.name,
                max_length=TEXT,
                required=False,
                initial=part.text,
                widget=area(2, **{"class": "input"}),
            )


class IssueForm(DeskForm):
    text = forms.CharField(
        label=pgettext_lazy("meeting", "问题"),
        max_length=500,
        widget=area(2, placeholder=_("哪件事、哪天、影响了什么")),
    )
    contractor = forms.BooleanField(label=_("外包方的问题"), required=False)


class TaskForm(DeskForm):
    text = forms.CharField(label=_("任务"), max_length=500)
    owner = person(_("负责人"), empty_label=None)
    due_on = calendar_day(_("完成日"))

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("owner", people)


class DecideForm(TaskForm):
    text = None  # type: ignore[assignment]
    measure = forms.CharField(label=_("措施"), max_length=500)
    field_order = ("measure", "owner", "due_on")


class EscalateForm(DeskForm):
    to = person(_("上报给"), empty_label=None)
    follow_up = person(_("谁跟进"), empty_label=None)
    due_on = calendar_day(_("跟到哪天"))
    text = forms.CharField(label=_("为什么解决不了"), max_length=500)

    def __init__(self, *args: Any, people: Any, managers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("to", managers)
        self.choose("follow_up", people)


class ResultForm(DeskForm):
    result = forms.CharField(label=_("结果"), max_length=500)


class ReviewForm(DeskForm):
    note = forms.CharField(label=_("审阅意见"), max_length=500, required=False)


class WeeklyForm(DeskForm):
    """The columns the rulebook wants of a week."""

    def __init__(self, *args: Any, columns: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in columns:
            self.fields[name] = forms.CharField(
                label=label, max_length=1_000, required=False, widget=area(4, **{"class": "input"})
            )


class DangerForm(DeskForm):
    place = forms.CharField(label=_("地点"), max_length=100)
    text = forms.CharField(label=_("情况"), max_length=500, widget=area(2))


class SecurityForm(DeskForm):
    security = forms.CharField(label=_("告知了谁"), max_length=60)
