"""What is said about punches: forgotten and signed for, not asked for, false; and who is away from the desk."""

from datetime import timedelta
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Department, Employee, User
from payroll.models.attendance import Punch
from payroll.models.overlaps import one_at_a_time
from payroll.models.rosters import RosteredShift

NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)


class Correction(models.Model):
    """Somebody explains a punch that is missing or wrong; signed, it becomes one (ES-133.12, SD-233.19, SD-233.20)."""

    class State(models.TextChoices):
        ASKED = "asked", _("待签卡")
        SIGNED = "signed", _("已签卡")
        REFUSED = "refused", _("未签卡")

    shift = models.ForeignKey(
        RosteredShift, models.PROTECT, related_name="corrections", verbose_name=_("班次")
    )
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="corrections", verbose_name=_("员工")
    )
    direction = models.CharField(_("方向"), choices=Punch.Direction, max_length=3)
    at = models.DateTimeField(_("实际时间"))
    reason = models.CharField(_("说明"), max_length=300)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    asked_at = models.DateTimeField(_("申请时间"))
    state = models.CharField(_("状态"), choices=State, default=State.ASKED, max_length=8)
    answer = models.CharField(_("答复"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("签卡人")
    )
    decided_at = models.DateTimeField(_("签卡时间"), null=True, blank=True)
    punch = models.OneToOneField(
        Punch, models.PROTECT, null=True, blank=True, related_name="correction",
        verbose_name=_("补上的打卡"),
    )  # fmt: skip
    # Until when it could be asked for, and the how-manieth of the month it is: as policy was told, and what it said.
    inputs = models.JSONField(_("依据"), default=dict)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )

    class Meta:
        verbose_name = _("补签")
        verbose_name_plural = _("补签")
        ordering = ["-asked_at"]
        indexes = [models.Index(fields=["employee", "asked_at"], name="correction_of_employee")]
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "direction"],
                condition=Q(state="asked"),
                name="correction_one_open",
                violation_error_message=_("这张卡已有一份补签在等答复"),
            ),
            models.CheckConstraint(
                condition=Q(at__lte=F("asked_at")),
                name="correction_not_in_the_future",
                violation_error_message=_("补签时间不能晚于现在"),
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by=None, punch=None)
                | (
                    Q(state__in=["signed", "refused"], decided_at__isnull=False)
                    & Q(decided_by__isnull=False)
                    & ~Q(decided_by=F("asked_by"))
                ),
                name="correction_signed_by_another",
                violation_error_message=_("不能给自己签卡"),
            ),
            models.CheckConstraint(
                condition=Q(state="signed", punch__isnull=False)
                | (~Q(state="signed") & Q(punch=None)),
                name="correction_signed_is_a_punch",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("asked", "signed"), ("asked", "refused")],
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.get_direction_display()} {self.at:%Y-%m-%d %H:%M}"


class Away(models.Model):
    """Somebody is away from the desk for a while; long enough, the seat is to be busy and the supervisor told
    (CD-03.01). A supervisor may find that he left the post (ES-133.01, SD-233.27).
    """

    class Finding(models.TextChoices):
        IN_ORDER = "in_order", _("正常离席")
        NOT_TOLD = "not_told", _("未说明去向")
        LEFT_POST = "left_post", _("擅自离岗")
        ONLINE = "online", _("人不在岗仍在线")
        OFFLINE = "offline", _("私自下线或隐身")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="aways", verbose_name=_("员工")
    )
    began_at = models.DateTimeField(_("离席"))
    ended_at = models.DateTimeField(_("回席"), null=True, blank=True)
    reason = models.CharField(_("去向"), max_length=200)
    # Until when it was the break of his shift, or his lunch, and no absence (SD-233.31); None: no break.
    rest_until = models.DateTimeField(_("休息到"), null=True, blank=True)
    busy = models.BooleanField(_("已示忙"), default=False)
    told = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("告知了谁")
    )
    # None: a busy seat told it, and nobody said where to.
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("登记人")
    )
    finding = models.CharField(_("认定"), choices=Finding, max_length=9, blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    found_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("认定人")
    )
    found_at = models.DateTimeField(_("认定时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("离席")
        verbose_name_plural = _("离席")
        ordering = ["-began_at"]
        indexes = [models.Index(fields=["employee", "began_at"], name="away_of_employee")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gt=F("began_at")),
                name="away_ends_after_it_begins",
                violation_error_message=_("回席要晚于离席"),
            ),
            models.CheckConstraint(
                condition=Q(finding="", found_by=None)
                | (~Q(finding="") & Q(found_by__isnull=False) & Q(ended_at__isnull=False)),
                name="away_finding_has_its_author",
            ),
            one_at_a_time(
                "away_once_at_a_time", starts="began_at", ends="ended_at",
                violation_error_message=_("这段时间已登记离席"),
            ),
        ]  # fmt: skip
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.employee} {self.began_at:%Y-%m-%d %H:%M}"

    @property
    def minutes(self) -> int:
        """How long it was, his break left out; of one that is over."""
        assert self.ended_at is not None
        began_at = max(self.began_at, self.rest_until or self.began_at)
        return max(0, (self.ended_at - began_at) // timedelta(minutes=1))


class PunchExemption(models.Model):
    """From one day to another somebody need not punch, by the general manager's word (ES-133.03)."""

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="punch_exemptions", verbose_name=_("员工")
    )
    from_on = models.DateField(_("自"))
    to_on = models.DateField(_("至"))
    reason = models.CharField(_("理由"), max_length=200)
    approved_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("批准人")
    )
    approved_at = models.DateTimeField(_("批准时间"))

    class Meta:
        verbose_name = _("免打卡")
        verbose_name_plural = _("免打卡")
        ordering = ["-from_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__gte=F("from_on")),
                name="exemption_ends_after_it_begins",
                violation_error_message=_("结束日不能早于开始日"),
            ),
            one_at_a_time(
                "exemption_once_at_a_time", starts="from_on", ends="to_on", dates=True,
                violation_error_message=_("这段时间已经免打卡"),
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.employee} {self.from_on} {self.to_on}"


class FalsePunch(models.Model):
    """A punch of a shift was somebody else's, or was made up: a supervisor verified it (ES-133.06)."""

    class Kind(models.TextChoices):
        PROXY_REQUESTED = "proxy_requested", _("托人代打")
        SELF_FILLED = "self_filled", _("自行填卡")
        FORGED = "forged", _("伪造记录")

    shift = models.OneToOneField(
        RosteredShift, models.PROTECT, related_name="false_punch", verbose_name=_("班次")
    )
    kind = models.CharField(_("情形"), choices=Kind, max_length=15)
    # Who punched for the owner; he did work, and answers for the punch only.
    proxy = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("代打人")
    )
    note = models.CharField(_("依据"), max_length=300)
    verified_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("核实人")
    )
    verified_at = models.DateTimeField(_("核实时间"))

    class Meta:
        verbose_name = _("假卡")
        verbose_name_plural = _("假卡")
        ordering = ["-verified_at"]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.shift} {self.get_kind_display()}"


class ClerkQuerySet(models.QuerySet["AttendanceClerk"]):
    def in_charge(self) -> Self:
        """Those who keep attendance now: of the department they work in, and of no other."""
        return self.filter(ended_at=None, employee__department=F("department"))


class AttendanceClerk(models.Model):
    """Who keeps a department's attendance, from one day on (SD-311.01)."""

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="attendance_clerks", verbose_name=_("部门")
    )
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="+", verbose_name=_("考勤员")
    )
    named_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("指定人"))
    named_at = models.DateTimeField(_("指定时间"))
    ended_at = models.DateTimeField(_("卸任时间"), null=True, blank=True)

    objects = ClerkQuerySet.as_manager()

    class Meta:
        verbose_name = _("考勤员")
        verbose_name_plural = _("考勤员")
        ordering = ["department", "-named_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "employee"],
                condition=Q(ended_at=None),
                name="clerk_once_a_department",
                violation_error_message=_("已经是这个部门的考勤员"),
            )
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.department} {self.employee}"


class AttendanceReport(models.Model):
    """A department's attendance as it was reported to HR, and stays (SD-311.03)."""

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="attendance_reports", verbose_name=_("部门")
    )
    from_on = models.DateField(_("自"))
    to_on = models.DateField(_("至"))
    due_at = models.DateTimeField(_("应报时间"))
    # A line for each employee, in the order of the staff numbers.
    lines = models.JSONField(_("内容"))
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("报送人"))
    sent_at = models.DateTimeField(_("报送时间"))

    class Meta:
        verbose_name = _("考勤月报")
        verbose_name_plural = _("考勤月报")
        ordering = ["-to_on", "department"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "to_on"],
                name="attendance_report_once",
                violation_error_message=_("这一期已经报送"),
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.to_on:%Y-%m}"
