"""Who is to work when: a roster is published as a whole, and replaced by its next version."""

from datetime import datetime
from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Department, Employee, User
from payroll.models.overlaps import one_at_a_time


class Roster(models.Model):
    """The shifts of a department from one day to another (SD-311.04, SD-221.10)."""

    class Kind(models.TextChoices):
        DUTY = "duty", _("值班表")
        CLEANING = "cleaning", _("值日表")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")
        WITHDRAWN = "withdrawn", _("已收回")

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="rosters", verbose_name=_("部门")
    )
    kind = models.CharField(_("种类"), choices=Kind, default=Kind.DUTY, max_length=8)
    starts_on = models.DateField(_("自"))
    ends_on = models.DateField(_("至"))
    number = models.PositiveSmallIntegerField(_("第几版"), default=1)
    state = models.CharField(_("状态"), choices=State, default=State.DRAFT, max_length=9)
    # The version that this one is to take the place of; whoever worked by it before, worked by it (SD-311.11).
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by",
        verbose_name=_("代替的一版"),
    )  # fmt: skip
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", null=True, blank=True,
        verbose_name=_("适用规章"),
    )  # fmt: skip
    # When each batch has lunch: [["11:30", "12:00"], …]; [] where all eat as they please (CD-12.23).
    lunches = models.JSONField(_("午餐批次"), default=list, blank=True)
    edits = models.PositiveIntegerField(_("修改次数"), default=0)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("制表人"))
    made_at = models.DateTimeField(_("制表时间"))
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("发布人")
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("收回时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("排班表")
        verbose_name_plural = _("排班表")
        ordering = ["-starts_on", "department", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "kind", "starts_on", "number"], name="roster_version_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="roster_ends_after_it_begins",
                violation_error_message=_("排班结束日不能早于开始日"),
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False),
                name="roster_published_at_some_time",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("draft", "published"), ("published", "withdrawn")],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.starts_on} {self.number}"


class RosterCopy(models.Model):
    """Somebody was given a published roster: to work by, or to know of (SD-311.05, SD-311.10)."""

    roster = models.ForeignKey(
        Roster, models.PROTECT, related_name="copies", verbose_name=_("排班表")
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("收件人"))
    told_at = models.DateTimeField(_("通知时间"))
    seen_at = models.DateTimeField(_("看过时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("排班表分发")
        verbose_name_plural = _("排班表分发")
        ordering = ["roster", "user"]
        constraints = [
            models.UniqueConstraint(fields=["roster", "user"], name="roster_copy_once"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="copy_stays", exclude=["seen_at"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.roster} {self.user}"


class RosterReminder(models.Model):
    """Those who lead were told, once, that a roster or the month's scores are wanted or late (SD-221.10, SD-233.13,
    SD-311.04, SD-311.09).
    """

    class About(models.TextChoices):
        HOLIDAY = "holiday", _("节假日排班")
        HOLIDAY_LATE = "holiday_late", _("节假日排班逾期")
        AHEAD = "ahead", _("排班不够长")
        MONTHLY = "monthly", _("本月值班表和值日表")
        SCORES = "scores", _("结算得分")
        SCORES_LATE = "scores_late", _("得分逾期没有结算")

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    about = models.CharField(_("事项"), choices=About, max_length=12)
    on = models.DateField(_("所涉日期"))  # first day of the holiday, first uncovered day, day due
    told_at = models.DateTimeField(_("提醒时间"))

    class Meta:
        verbose_name = _("排班提醒")
        verbose_name_plural = _("排班提醒")
        ordering = ["-told_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "about", "on"], name="roster_reminder_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.get_about_display()} {self.on}"


class Holiday(models.Model):
    """A day that is not what its weekday says, as the state publishes it year by year (ES-132.07, SD-215.06)."""

    class Kind(models.TextChoices):
        STATUTORY = "statutory", _("法定节假日")
        DAY_OFF = "day_off", _("放假调休")
        MAKE_UP = "make_up", _("调休上班")

    day = models.DateField(_("日期"), unique=True)
    kind = models.CharField(_("类型"), choices=Kind, max_length=9)
    name = models.CharField(_("节日"), max_length=30, help_text=_("同一个假期写同一个名称"))

    class Meta:
        verbose_name = _("节假日")
        verbose_name_plural = _("节假日")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class ShiftQuerySet(models.QuerySet["RosteredShift"]):
    def in_force(self) -> Self:
        """Those people have to work by: of a published roster, and not given away."""
        return self.filter(live=True)

    def on_duty(self) -> Self:
        """Those that are worked and punched for: a turn at cleaning is none."""
        return self.in_force().filter(roster__kind=Roster.Kind.DUTY)

    def of(self, employee: Any, *, since: Any, until: Any) -> Self:
        return self.in_force().filter(employee=employee, day__gte=since, day__lte=until)


class RosteredShift(models.Model):
    """One shift of one person. A swap ends it and makes the one that takes its place; only lunch may still be moved."""

    class Origin(models.TextChoices):
        PLANNED = "planned", _("排定")
        SWAPPED = "swapped", _("换班")
        PAYBACK = "payback", _("还班")
        COVER = "cover", _("代班")
        PROMOTION = "promotion", _("促销加班")

    roster = models.ForeignKey(
        Roster, models.PROTECT, related_name="shifts", verbose_name=_("排班表")
    )
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="rostered_shifts", verbose_name=_("员工")
    )
    # The day it belongs to, also where it goes past midnight (OS-04.02).
    day = models.DateField(_("日期"))
    name = models.CharField(_("班次"), max_length=40)  # as the rulebook calls it
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    # The working windows within it, breaks left out: [["2026-11-02T09:00+08:00", "…"], …].
    windows = models.JSONField(_("工作时段"), default=list)
    origin = models.CharField(_("来由"), choices=Origin, default=Origin.PLANNED, max_length=9)
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by",
        verbose_name=_("代替的班"),
    )  # fmt: skip
    # What the wishes of the rulebook ask of a shift: "night", "holiday" …
    sorts = models.JSONField(_("性质"), default=list)
    # Which batch of the roster he has lunch with; None: lunch is not within this shift.
    lunch = models.PositiveSmallIntegerField(_("第几批午餐"), null=True, blank=True)
    live = models.BooleanField(_("有效"), default=False)

    objects = ShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("班次")
        verbose_name_plural = _("班次")
        ordering = ["day", "starts_at", "employee"]
        indexes = [
            models.Index(fields=["employee", "day"], name="shift_of_employee"),
            models.Index(fields=["day"], condition=Q(live=True), name="shift_of_day"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="shift_ends_after_it_begins",
                violation_error_message=_("下班时间要晚于上班时间"),
            ),
            # Whoever's turn it is to clean does so within his shift.
            one_at_a_time(
                "shift_once_at_a_time", starts="starts_at", ends="ends_at",
                condition=Q(live=True) & ~Q(name="cleaning"),
                violation_error_message=_("这个人在这段时间已有别的班"),
            ),
            # A shift is given away once: whatever takes its place names it.
            models.UniqueConstraint(
                fields=["replaces"], condition=Q(live=True), name="shift_replaced_once"
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.Trigger(
                name="published_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                declare=[("standing", "text")],
                func="""
                    SELECT r.state INTO standing FROM payroll_roster r WHERE r.id = OLD.roster_id;
                    IF standing = 'draft' THEN
                        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
                    END IF;
                    IF TG_OP = 'DELETE'
                       OR to_jsonb(OLD) - 'live' - 'lunch' <> to_jsonb(NEW) - 'live' - 'lunch'
                       OR NEW.live AND NOT OLD.live AND standing = 'withdrawn' THEN
                        RAISE EXCEPTION 'a published shift stays' USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.day} {self.name}"

    @property
    def working(self) -> list[tuple[datetime, datetime]]:
        """The working hours of the shift; without breaks where the roster names none."""
        if not self.windows:
            return [(self.starts_at, self.ends_at)]
        return [
            (datetime.fromisoformat(opens), datetime.fromisoformat(closes))
            for opens, closes in self.windows
        ]


class Leave(models.Model):
    """Somebody asks not to work; what is approved takes the shifts of that time (ES-133.09, SD-233.34)."""

    class Kind(models.TextChoices):
        SICK = "sick", _("病假")
        PERSONAL = "personal", _("事假")
        MARRIAGE = "marriage", _("婚假")
        MATERNITY = "maternity", _("产假")
        OTHER = "other", _("其他假")

    class State(models.TextChoices):
        ASKED = "asked", _("待审批")
        APPROVED = "approved", _("已批准")
        REFUSED = "refused", _("未批准")
        WITHDRAWN = "withdrawn", _("已撤回")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="leaves", verbose_name=_("员工")
    )
    kind = models.CharField(_("假别"), choices=Kind, max_length=10)
    emergency = models.BooleanField(_("紧急"), default=False)
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    reason = models.CharField(_("事由"), max_length=500)
    cover = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("代班人")
    )
    cover_agreed_at = models.DateTimeField(_("代班人同意时间"), null=True, blank=True)
    handover = models.CharField(_("工作交接"), max_length=500, blank=True)
    asked_at = models.DateTimeField(_("申请时间"))
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    # Told by phone, the slip to be made up on return (ES-133.11).
    told_by_phone_at = models.DateTimeField(_("电话报备时间"), null=True, blank=True)
    told_to = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("接听人")
    )
    slip_at = models.DateTimeField(_("补交假条时间"), null=True, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", null=True, blank=True,
        verbose_name=_("适用规章"),
    )  # fmt: skip
    # What policy was told, and its steps: enough to decide and explain it again.
    inputs = models.JSONField(_("依据"), default=dict)
    state = models.CharField(_("状态"), choices=State, default=State.ASKED, max_length=9)

    class Meta:
        verbose_name = _("请假")
        verbose_name_plural = _("请假")
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["employee", "starts_at"], name="leave_of_employee")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="leave_ends_after_it_begins",
                violation_error_message=_("请假结束要晚于开始"),
            ),
            one_at_a_time(
                "leave_once_at_a_time", starts="starts_at", ends="ends_at",
                condition=Q(state__in=["asked", "approved"]),
                violation_error_message=_("这段时间已有请假"),
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("asked", "approved"),
                    ("asked", "refused"),
                    ("asked", "withdrawn"),
                    ("approved", "withdrawn"),
                ],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.get_kind_display()} {self.starts_at:%Y-%m-%d}"


class LeaveApproval(models.Model):
    """One level's word on a request for leave; the next is asked when the one before has agreed (SD-215.12)."""

    leave = models.ForeignKey(
        Leave, models.PROTECT, related_name="approvals", verbose_name=_("请假")
    )
    level = models.PositiveSmallIntegerField(_("第几级"))
    role = models.CharField(_("级别"), max_length=40)  # as the rulebook calls it
    approved = models.BooleanField(_("同意"))
    note = models.CharField(_("说明"), max_length=300, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("审批人"))
    decided_at = models.DateTimeField(_("审批时间"))

    class Meta:
        verbose_name = _("请假审批")
        verbose_name_plural = _("请假审批")
        ordering = ["leave", "level"]
        constraints = [
            models.UniqueConstraint(fields=["leave", "level"], name="leave_level_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.leave_id} {self.level}"
