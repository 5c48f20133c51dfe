"""What the pages of attendance ask for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.imports.forms import OwnerForm
from kefu.staff.models import Employee, User
from kefu.workbench.assignees import Assignee
from kefu.workbench.forms import DeskForm, area, calendar_day, moment
from kefu.workbench.selectors import Desk
from payroll.models import Away, FalsePunch, Overtime, Punch


class CorrectionForm(DeskForm):
    """Which punch it is, what it ought to show, and why it is not there."""

    direction = forms.ChoiceField(label=_("哪张卡"), choices=Punch.Direction.choices)
    at = forms.TimeField(
        label=_("实际时间"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M"],
    )
    reason = forms.CharField(label=_("说明"), max_length=300, widget=area(2))


class AnswerForm(DeskForm):
    answer = forms.CharField(label=_("答复"), max_length=300, required=False)


class AwayForm(DeskForm):
    """Where one goes, and whom one has told."""

    reason = forms.CharField(label=_("去向"), max_length=200)
    told = forms.ModelChoiceField(
        label=_("已告知"), queryset=User.objects.none(), required=False, empty_label=_("还没有")
    )
    busy = forms.BooleanField(label=_("同时示忙"), required=False, initial=True)

    def __init__(self, *args: Any, leads: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("told", leads)


class ReportAwayForm(DeskForm):
    """A desk that was found empty."""

    employee = forms.ModelChoiceField(
        label=_("员工"), queryset=Employee.objects.none(), empty_label=_("请选")
    )
    began_at = moment(_("离席"), required=True)
    ended_at = moment(_("回席"), required=True)
    note = forms.CharField(label=_("看到的情况"), max_length=200)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("employee", people)


class FindingForm(DeskForm):
    finding = forms.ChoiceField(label=_("认定"), choices=Away.Finding.choices)
    note = forms.CharField(label=_("依据"), max_length=300, required=False)


class OvertimeForm(DeskForm):
    """A stretch of overtime, or of paid duty."""

    starts_at = moment(_("开始"), required=True)
    ends_at = moment(_("结束"), required=True)
    duty = forms.ChoiceField(label=_("类别"), required=False)
    settle = forms.ChoiceField(label=_("结算"), choices=Overtime.Settle.choices)
    reason = forms.CharField(label=_("事由"), max_length=200)
    afterwards = forms.CharField(
        label=_("补报原因"),
        max_length=200,
        required=False,
        help_text=_("已经开始的加班要写为什么没有先报"),
    )

    def __init__(
        self, *args: Any, duties: list[tuple[str, str]], paid: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        duty: Any = self.fields["duty"]
        duty.choices = [("", _("加班")), *duties]
        settle: Any = self.fields["settle"]
        if not paid and not duties:
            settle.choices = [one for one in Overtime.Settle.choices if one[0] != "pay"]
        settle.initial = "pay" if paid else "time_off"


class DecideForm(DeskForm):
    specially = forms.BooleanField(label=_("特批支薪"), required=False)


class FalsePunchForm(DeskForm):
    """Why a punch is false."""

    kind = forms.ChoiceField(label=_("情形"), choices=FalsePunch.Kind.choices)
    proxy = forms.ModelChoiceField(
        label=_("代打人"), queryset=Employee.objects.none(), required=False, empty_label=_("无")
    )
    note = forms.CharField(label=_("依据"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose(
            "proxy", Employee.objects.exclude(status=Employee.Status.LEFT).order_by("number")
        )


class ExemptionForm(DeskForm):
    employee = forms.ModelChoiceField(
        label=_("员工"), queryset=Employee.objects.none(), empty_label=_("请选")
    )
    from_on = calendar_day(_("自"))
    to_on = calendar_day(_("至"))
    reason = forms.CharField(label=_("理由"), max_length=200)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("employee", people)


class ClerkForm(DeskForm):
    employee = forms.ModelChoiceField(
        label=_("考勤员"), queryset=Employee.objects.none(), empty_label=_("请选")
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("employee", people)


class PunchImportForm(OwnerForm):
    """Nothing is asked: punches belong to whoever they are of."""

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, desk=desk, **kwargs)
        self.home = next(
            (d for d in self.fields["owner"].departments.values() if d.pk == desk.department_id),  # type: ignore[attr-defined]
            None,
        )
        del self.fields["owner"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.home is None:
            raise forms.ValidationError(_("你的账号没有部门，不能导入"), code="no_department")
        return given | {"owner": Assignee(self.home, None)}
