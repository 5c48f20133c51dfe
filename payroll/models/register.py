"""The register of rewards and penalties (奖惩登记): whatever moves somebody's score or wage and follows from no
case, each line with its clause, date and reason (SD-233.02, CD-12.98, ES-118.01).
"""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Employee, User

MOST = 999_999


class RegisterEntryQuerySet(models.QuerySet["RegisterEntry"]):
    def counted(self) -> Self:
        return self.filter(state=RegisterEntry.State.COUNTED)

    def undecided(self) -> Self:
        return self.filter(state=RegisterEntry.State.REPORTED, decisions=None)

    def of_month(self, month: Any) -> Self:
        """``month``: its first day."""
        return self.filter(month=month)


class RegisterEntry(models.Model):
    """One line: the clause says what it costs or brings; a value stands here only where the clause leaves it to a
    person. It counts when it is verified, and stops counting by a further decision, never by being deleted.
    """

    class Kind(models.TextChoices):
        POINTS = "points", _("加减分")
        FINE = "fine", _("罚款")
        AWARD = "award", _("奖金")
        FORFEIT = "forfeit", _("取消工资项目")
        CHARGE = "charge", _("照价赔偿")
        REMARK = "remark", _("只作记录")

    class State(models.TextChoices):
        REPORTED = "reported", _("待核实")
        COUNTED = "counted", _("已核实")
        NOT_UPHELD = "not_upheld", _("不成立")
        WITHDRAWN = "withdrawn", _("已撤销")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="register_entries", verbose_name=_("员工")
    )
    clause = models.CharField(_("条款"), max_length=16)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=8)
    # Points or yuan, positive; None: what the clause says.
    value = models.DecimalField(_("数额"), max_digits=9, decimal_places=2, null=True, blank=True)
    happened_on = models.DateField(_("发生日期"))
    month = models.DateField(_("计入月份"))  # its first day
    # Lines of one incident share its name: of the clauses that fit, one counts.
    incident = models.CharField(_("同一事件"), max_length=60, blank=True)
    # The fact it follows from by itself, such as "punch:2026-11-02:in"; "" where a person wrote it down.
    source = models.CharField(_("来源"), max_length=60, blank=True)
    reason = models.CharField(_("事由"), max_length=500)
    inputs = models.JSONField(_("依据"), default=dict)
    state = models.CharField(_("状态"), choices=State, default=State.REPORTED, max_length=10)
    reported_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("登记人")
    )
    reported_at = models.DateTimeField(_("登记时间"))

    objects = RegisterEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("奖惩记录")
        verbose_name_plural = _("奖惩记录")
        ordering = ["-happened_on", "-pk"]
        indexes = [
            models.Index(fields=["employee", "month"], name="register_of_employee"),
            models.Index(
                fields=["month"], condition=Q(state="reported"), name="register_undecided"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "clause", "source"],
                condition=~Q(source=""),
                name="register_once_per_source",
            ),
            models.CheckConstraint(
                condition=Q(value=None) | Q(value__gt=0, value__lte=MOST),
                name="register_value_in_range",
                violation_error_message=_("数额要大于 0，不超过 999,999"),
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="register_month_is_its_first_day"
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("reported", "counted"),
                    ("reported", "not_upheld"),
                    ("counted", "withdrawn"),
                ],
            ),
            pgtrigger.ReadOnly(name="entry_stays", exclude=["state"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.clause} {self.employee} {self.happened_on}"


class EntryDecision(models.Model):
    """Why a line is in the state it is in: verified, not upheld, withdrawn; by whom, for which reason."""

    entry = models.ForeignKey(
        RegisterEntry, models.PROTECT, related_name="decisions", verbose_name=_("奖惩记录")
    )
    state = models.CharField(_("结果"), choices=RegisterEntry.State, max_length=10)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("决定人")
    )
    decided_at = models.DateTimeField(_("决定时间"))

    class Meta:
        verbose_name = _("奖惩决定")
        verbose_name_plural = _("奖惩决定")
        ordering = ["decided_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "state"], name="entry_decision_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.get_state_display()}"


class Objection(models.Model):
    """The person concerned says that a line is wrong (异议); a supervisor who did not write it decides."""

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("异议成立")
        REJECTED = "rejected", _("异议不成立")

    entry = models.ForeignKey(
        RegisterEntry, models.PROTECT, related_name="objections", verbose_name=_("奖惩记录")
    )
    text = models.CharField(_("理由"), max_length=1000)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("提出人"))
    made_at = models.DateTimeField(_("提出时间"))
    outcome = models.CharField(_("结果"), choices=Outcome, max_length=8, blank=True)
    answer = models.CharField(_("答复"), max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("决定人")
    )
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("异议")
        verbose_name_plural = _("异议")
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"],
                condition=Q(outcome=""),
                name="objection_one_open",
                violation_error_message=_("这条已有一份异议在等答复"),
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by=None, decided_at=None)
                | (
                    ~Q(outcome="")
                    & Q(decided_at__isnull=False)
                    & Q(decided_by__isnull=False)
                    & ~Q(decided_by=F("made_by"))
                ),
                name="objection_decided_by_another",
                violation_error_message=_("不能决定自己的异议"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="decided_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.outcome <> ''"),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.entry} {self.get_outcome_display()}"
