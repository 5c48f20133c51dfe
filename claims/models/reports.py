"""Reports about a loss, a delay or a damage: those we make and those that come in (CD-12.29, CD-12.30, CD-12.74 … CD-12.79)."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case, Interaction
from kefu.staff.models import Employee, User


class Fault(models.TextChoices):
    """What a report can be about, as policy's clauses call it."""

    LOSS = "loss", _("遗失")
    DELAY = "delay", _("延误")
    DAMAGE = "damage", _("破损")


class FaultReport(models.Model):
    """A report about a parcel: the extension of a case. One we made is accepted or given back; of one that came in
    the people concerned are told as often as the rulebook of that day says.
    """

    class Direction(models.TextChoices):
        INCOMING = "incoming", _("打进")
        OUTGOING = "outgoing", _("打出")

    class Verdict(models.TextChoices):
        PENDING = "", _("待受理")
        ACCEPTED = "accepted", _("已受理")
        RETURNED = "returned", pgettext_lazy("report", "退回")

    case = models.OneToOneField(
        Case,
        models.PROTECT,
        primary_key=True,
        related_name="fault_report",
        verbose_name=_("工单"),
    )
    direction = models.CharField(_("方向"), choices=Direction, max_length=8)
    fault = models.CharField(_("类型"), choices=Fault, max_length=6)
    waybill_number = models.CharField(_("运单号"), max_length=24)
    # Who wrote it, and earns by it; None: it came in.
    reporter = models.ForeignKey(
        Employee,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fault_reports",
        verbose_name=_("报告人"),
    )
    sender = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("来报单位"),
    )
    # Whom it concerns: a party, or a department of ours.
    responsible = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fault_reports",
        verbose_name=_("责任方"),
    )
    responsible_department = models.ForeignKey(
        "staff.Department",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("责任部门"),
    )
    submitted_at = models.DateTimeField(_("报告时间"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("适用规章"),
    )
    inputs = models.JSONField(_("判定依据"), default=dict)  # {"steps"}
    notices_wanted = models.PositiveSmallIntegerField(_("要通知几次"), default=0)
    told_again_by = models.DateTimeField(_("再通知的期限"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("已提醒"), null=True, blank=True)
    answered_at = models.DateTimeField(_("责任方回音"), null=True, blank=True)
    verdict = models.CharField(
        _("受理"), choices=Verdict, default=Verdict.PENDING, max_length=8, blank=True
    )
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("受理人")
    )
    decided_at = models.DateTimeField(_("受理时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("遗失延误破损报告")
        verbose_name_plural = pgettext_lazy("plural", "遗失延误破损报告")
        permissions = [
            ("judge_report", _("受理报告")),
            ("judge_forgotten", _("确认漏打报告")),
        ]
        indexes = [
            models.Index(fields=["waybill_number"], name="fault_report_by_waybill"),
            models.Index(
                fields=["told_again_by"],
                condition=Q(told_again_by__isnull=False, reminded_at=None),
                name="fault_report_to_tell_again",
            ),
        ]
        constraints = [
            # What is reported once is not earned twice.
            models.UniqueConstraint(
                fields=["waybill_number", "fault"],
                condition=Q(direction="outgoing") & ~Q(verdict="returned"),
                name="fault_report_once",
            ),
            models.CheckConstraint(
                condition=Q(direction="outgoing", reporter__isnull=False, sender=None)
                | Q(direction="incoming", reporter=None, verdict=""),
                name="fault_report_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(responsible=None, responsible_department__isnull=False)
                | Q(responsible__isnull=False, responsible_department=None),
                name="fault_report_about_somebody",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", decided_by=None, decided_at=None)
                | ~Q(verdict="") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="fault_report_judged_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="verdict_flow",
                field="verdict",
                transitions=[("", "accepted"), ("", "returned")],
            ),
            pgtrigger.ReadOnly(
                name="facts_stay",
                fields=[
                    "direction",
                    "fault",
                    "waybill_number",
                    "reporter",
                    "submitted_at",
                    "rulebook",
                    "notices_wanted",
                ],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.get_fault_display()} {self.waybill_number}"

    @property
    def concerned(self) -> str:
        """Whom it concerns, by name."""
        return str(self.responsible or self.responsible_department)


class ReportNotice(models.Model):
    """The people concerned were told of a report; what was said stands in the timeline. Rows are only ever added."""

    report = models.ForeignKey(
        FaultReport, models.PROTECT, related_name="notices", verbose_name=_("报告")
    )
    number = models.PositiveSmallIntegerField(_("第几次"))
    line = models.OneToOneField(
        Interaction, models.PROTECT, related_name="+", verbose_name=_("往来记录")
    )
    told_at = models.DateTimeField(_("通知时间"))
    told_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("通知人"))

    class Meta:
        verbose_name = _("报告通知")
        verbose_name_plural = pgettext_lazy("plural", "报告通知")
        ordering = ["report", "number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="report_notice_numbered"),
            # Twice means two moments (CD-12.30).
            models.UniqueConstraint(
                fields=["report", "told_at"],
                name="report_notice_at_another_time",
                violation_error_message=_("两次通知不能是同一时刻"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.number}"


class ReportBonus(models.Model):
    """What an accepted report earns in the month it was submitted: its author, or the supervisor's pool."""

    class To(models.TextChoices):
        AUTHOR = "author", _("报告人")
        POOL = "pool", _("主管奖励池")

    report = models.ForeignKey(
        FaultReport, models.PROTECT, related_name="bonuses", verbose_name=_("报告")
    )
    clause = models.CharField(_("条款"), max_length=16)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    to = models.CharField(_("归谁"), choices=To, max_length=6)
    employee = models.ForeignKey(
        Employee,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="report_bonuses",
        verbose_name=_("员工"),
    )
    month = models.DateField(_("月份"))  # its first day
    amount = models.DecimalField(_("金额（元）"), max_digits=8, decimal_places=2)
    inputs = models.JSONField(_("计算依据"), default=dict)  # {"facts", "steps"}
    credited_at = models.DateTimeField(_("记入时间"))

    class Meta:
        verbose_name = _("报告奖")
        verbose_name_plural = pgettext_lazy("plural", "报告奖")
        ordering = ["-id"]
        indexes = [models.Index(fields=["month", "employee"], name="report_bonus_by_month")]
        constraints = [
            models.UniqueConstraint(fields=["report", "clause"], name="report_bonus_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=99_999), name="report_bonus_in_range"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="report_bonus_of_a_month"),
            models.CheckConstraint(
                condition=Q(to="author", employee__isnull=False) | Q(to="pool", employee=None),
                name="report_bonus_to_somebody",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.clause} {self.amount}"


class ForgottenReport(models.Model):
    """A case that was closed without the report it wanted: proposed by the program, decided by a person (CD-12.79)."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待确认")
        CONFIRMED = "confirmed", _("已确认")
        DISMISSED = "dismissed", _("不成立")

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="forgotten_reports", verbose_name=_("工单")
    )
    fault = models.CharField(_("类型"), choices=Fault, max_length=6)
    waybill_number = models.CharField(_("运单号"), max_length=24)
    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="forgotten_reports", verbose_name=_("当事人")
    )
    closed_at = models.DateTimeField(_("结案时间"))
    found_at = models.DateTimeField(_("发现时间"))
    clause = models.CharField(_("条款"), max_length=16)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    amount = models.DecimalField(_("金额（元）"), max_digits=8, decimal_places=2)
    inputs = models.JSONField(_("计算依据"), default=dict)  # {"facts", "steps"}
    state = models.CharField(_("状态"), choices=State, default=State.PROPOSED, max_length=9)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人")
    )
    decided_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    reason = models.CharField(_("理由"), max_length=500, blank=True)  # redacted
    penalty = models.OneToOneField(
        "penalties.Penalty",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="forgotten_report",
        verbose_name=_("处罚"),
    )

    class Meta:
        verbose_name = _("漏打报告")
        verbose_name_plural = pgettext_lazy("plural", "漏打报告")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state="proposed"), name="forgotten_report_waiting"
            )
        ]
        constraints = [
            # One report was missing, however many cases there were about the parcel.
            models.UniqueConstraint(
                fields=["waybill_number", "fault"], name="forgotten_report_once"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=99_999), name="forgotten_report_in_range"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_by=None, decided_at=None)
                | ~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="forgotten_report_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="confirmed", penalty__isnull=False)
                | ~Q(state="confirmed") & Q(penalty=None),
                name="forgotten_report_costs_once_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(state="dismissed") | ~Q(reason=""),
                name="forgotten_report_dismissed_with_reason",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("proposed", "confirmed"), ("proposed", "dismissed")],
            ),
            pgtrigger.ReadOnly(
                name="finding_stays",
                exclude=["state", "decided_by", "decided_at", "reason", "penalty"],
            ),
            pgtrigger.Protect(
                name="decision_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["confirmed", "dismissed"]),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_fault_display()}"
