"""What the clock says, what was approved, and what policy made of it."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Employee, User
from payroll.models.overlaps import one_at_a_time
from payroll.models.rosters import RosteredShift


class Punch(models.Model):
    """Somebody came or went. Never changed: a missing or wrong one is made good by a signed correction (ES-133.04)."""

    class Direction(models.TextChoices):
        IN = "in", pgettext_lazy("punch", "上班")
        OUT = "out", pgettext_lazy("punch", "下班")

    class Source(models.TextChoices):
        WEB = "web", _("网页")
        CLOCK = "clock", _("考勤机导入")
        CORRECTION = "correction", _("补签")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="punches", verbose_name=_("员工")
    )
    at = models.DateTimeField(_("打卡时间"))
    direction = models.CharField(_("方向"), choices=Direction, max_length=3)
    source = models.CharField(_("来源"), choices=Source, max_length=10)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("经手人")
    )
    recorded_at = models.DateTimeField(_("记录时间"))

    class Meta:
        verbose_name = _("打卡")
        verbose_name_plural = _("打卡")
        ordering = ["employee", "at"]
        constraints = [
            models.UniqueConstraint(fields=["employee", "at", "direction"], name="punch_once"),
            models.CheckConstraint(
                condition=Q(at__lte=F("recorded_at")),
                name="punch_not_in_the_future",
                violation_error_message=_("打卡时间不能晚于现在"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.get_direction_display()} {self.at:%Y-%m-%d %H:%M}"


class Overtime(models.Model):
    """A stretch worked beyond the roster. Only what is approved is settled, in money or in time off (ES-132.01)."""

    class Settle(models.TextChoices):
        PAY = "pay", _("加班费")
        TIME_OFF = "time_off", _("调休")

    class State(models.TextChoices):
        ASKED = "asked", _("待审批")
        APPROVED = "approved", _("已批准")
        REFUSED = "refused", _("未批准")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="overtimes", verbose_name=_("员工")
    )
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    settle = models.CharField(_("结算"), choices=Settle, default=Settle.PAY, max_length=8)
    specially_approved = models.BooleanField(_("特批支薪"), default=False)
    reason = models.CharField(_("事由"), max_length=300)
    # The kind of paid duty it is where a clause pays it by the hour (CD-12.41); "": overtime.
    duty = models.CharField(_("值班"), max_length=40, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    asked_at = models.DateTimeField(_("申请时间"))
    state = models.CharField(_("状态"), choices=State, default=State.ASKED, max_length=8)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审批人")
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("加班")
        verbose_name_plural = _("加班")
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["employee", "starts_at"], name="overtime_of_employee")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="overtime_ends_after_it_begins",
                violation_error_message=_("加班结束要晚于开始"),
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by=None)
                | (~Q(state="asked") & Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
                name="overtime_decided_by_another",
                violation_error_message=_("不能审批自己的申请"),
            ),
            one_at_a_time(
                "overtime_once_at_a_time", starts="starts_at", ends="ends_at",
                condition=Q(state__in=["asked", "approved"]),
                violation_error_message=_("这段时间已登记加班"),
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("asked", "approved"), ("asked", "refused")],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.starts_at:%Y-%m-%d %H:%M}"


class OvertimeCall(models.Model):
    """A supervisor asks somebody to stay for a promotion, who accepts or declines; what is accepted is approved
    overtime (SD-233.55).
    """

    class State(models.TextChoices):
        CALLED = "called", _("等答复")
        ACCEPTED = "accepted", pgettext_lazy("overtime call", "接受")
        DECLINED = "declined", pgettext_lazy("overtime call", "不接受")
        WITHDRAWN = "withdrawn", _("已撤回")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="overtime_calls", verbose_name=_("员工")
    )
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    settle = models.CharField(_("结算"), choices=Overtime.Settle, max_length=8)
    reason = models.CharField(_("事由"), max_length=200)
    answer_by = models.DateTimeField(_("答复截止"))
    called_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("通知人"))
    called_at = models.DateTimeField(_("通知时间"))
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    state = models.CharField(_("状态"), choices=State, default=State.CALLED, max_length=9)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    overtime = models.OneToOneField(
        Overtime, models.PROTECT, null=True, blank=True, related_name="call",
        verbose_name=_("记下的加班"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("促销加班通知")
        verbose_name_plural = _("促销加班通知")
        ordering = ["-called_at", "starts_at", "employee"]
        indexes = [models.Index(fields=["employee", "starts_at"], name="overtime_call_of_employee")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"))
                & Q(answer_by__lte=F("starts_at"))
                & Q(answer_by__gt=F("called_at")),
                name="overtime_call_in_order",
                violation_error_message=_("先答复，再开始，最后结束"),
            ),
            models.CheckConstraint(
                condition=Q(state="called", answered_at=None, overtime=None)
                | Q(state="accepted", answered_at__isnull=False, overtime__isnull=False)
                | Q(state__in=["declined", "withdrawn"], answered_at__isnull=False, overtime=None),
                name="overtime_call_accepted_is_overtime",
            ),
            one_at_a_time(
                "overtime_call_once_at_a_time", starts="starts_at", ends="ends_at",
                condition=Q(state="called"),
                violation_error_message=_("这段时间已有加班通知在等答复"),
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("called", "accepted"),
                    ("called", "declined"),
                    ("called", "withdrawn"),
                ],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.starts_at:%Y-%m-%d %H:%M}"


class AttendanceDay(models.Model):
    """What one shift came to, as policy classed it from punches, leave and corrections: a projection, made anew
    whenever one of them comes in, until the month is locked.
    """

    class Status(models.TextChoices):
        EXPECTED = "expected", _("未到班次")
        PRESENT = "present", _("出勤")
        LATE = "late", _("迟到")
        EARLY = "early", _("早退")
        LATE_AND_EARLY = "both", _("迟到并早退")
        MISSING = "missing", _("缺卡待补")
        LEAVE = "leave", _("请假")
        ABSENT = "absent", _("旷工")
        EXEMPT = "exempt", _("免打卡")

    shift = models.OneToOneField(
        RosteredShift, models.PROTECT, primary_key=True, related_name="attendance",
        verbose_name=_("班次"),
    )  # fmt: skip
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="attendance_days", verbose_name=_("员工")
    )
    day = models.DateField(_("日期"))
    status = models.CharField(_("状态"), choices=Status, max_length=8)
    came_at = models.DateTimeField(_("到岗"), null=True, blank=True)
    left_at = models.DateTimeField(_("离岗"), null=True, blank=True)
    late_minutes = models.PositiveSmallIntegerField(_("迟到（分钟）"), default=0)
    early_minutes = models.PositiveSmallIntegerField(_("早退（分钟）"), default=0)
    worked_minutes = models.PositiveSmallIntegerField(_("出勤（分钟）"), default=0)
    absent_hours = models.DecimalField(_("旷工（小时）"), max_digits=6, decimal_places=4, default=0)
    leave_hours = models.DecimalField(_("请假（小时）"), max_digits=6, decimal_places=4, default=0)
    # Until when a missing punch can be explained; from then on it is one that nobody signed for.
    due_at = models.DateTimeField(_("补签截止"), null=True, blank=True)
    # What policy was told, and the clauses it went by: enough to decide and explain it again.
    inputs = models.JSONField(_("计算依据"), default=dict)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    decided_at = models.DateTimeField(_("计算时间"))

    class Meta:
        verbose_name = pgettext_lazy("record", "出勤")
        verbose_name_plural = pgettext_lazy("record", "出勤")
        ordering = ["day", "employee"]
        indexes = [models.Index(fields=["employee", "day"], name="attendance_of_employee")]

    def __str__(self) -> str:
        return f"{self.employee} {self.day} {self.get_status_display()}"
