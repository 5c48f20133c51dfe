"""Rewards and sanctions as proceedings: proposed with facts, heard, verified, decided, signed (ES-137.01, ES-138.02).

What is proposed stands in the register from the beginning, as reported; the decision makes it count or not.
"""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import Department, Employee, User
from payroll.models import evidence
from payroll.models.evidence import Evidence
from payroll.models.register import RegisterEntry
from payroll.models.scores import NEVER_DELETED

PHOTOS = 10  # pieces of evidence of one proposal


class Level(models.TextChoices):
    COMMENDATION = "commendation", _("表扬")
    MERIT = "merit", _("记功")
    MAJOR_MERIT = "major_merit", _("记大功")
    WARNING = "warning", _("警告")
    DEMERIT = "demerit", _("记过")
    MAJOR_DEMERIT = "major_demerit", _("记大过")
    FINE = "fine", _("罚款")
    DISMISSAL = "dismissal", _("提议解雇")


REWARDS = (Level.COMMENDATION, Level.MERIT, Level.MAJOR_MERIT)


def not_about_oneself(by: str) -> pgtrigger.Trigger:
    """Whoever stands in the column ``by`` is not the person the row is about."""
    return pgtrigger.Trigger(
        name=f"{by}_is_another",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.Before,
        func=f"""
            IF EXISTS (SELECT FROM staff_employee e
                       WHERE e.id = NEW.employee_id AND e.user_id = NEW.{by}_id) THEN
                RAISE EXCEPTION 'nobody decides about himself' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def waiting(self) -> Self:
        return self.filter(state__in=[Proposal.State.PROPOSED, Proposal.State.VERIFIED])

    def to_verify(self) -> Self:
        return self.filter(state=Proposal.State.PROPOSED, rewards=False)

    def to_decide(self) -> Self:
        return self.filter(
            Q(state=Proposal.State.VERIFIED) | Q(state=Proposal.State.PROPOSED, rewards=True)
        )


class Proposal(models.Model):
    """One event, and the rewards or the sanction that somebody proposes for it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("已提议")
        VERIFIED = "verified", _("已核实，待决定")
        DECIDED = "decided", _("已决定")
        NOT_UPHELD = "not_upheld", _("不成立")

    employee = models.ForeignKey(
        Employee, models.PROTECT, related_name="proposals", verbose_name=_("员工")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", verbose_name=_("部门")
    )
    rewards = models.BooleanField(_("奖励"))
    happened_on = models.DateField(_("发生日期"))
    facts = models.CharField(_("事实"), max_length=1000)
    evidence = models.CharField(_("证据"), max_length=500, blank=True)  # where it is to be found
    state = models.CharField(_("状态"), choices=State, default=State.PROPOSED, max_length=10)
    # The suggestion of the same person that is rewarded (ES-115.01).
    idea = models.ForeignKey(
        "payroll.Idea", models.PROTECT, null=True, blank=True, related_name="proposals",
        verbose_name=_("建议"),
    )  # fmt: skip
    proposed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("提议人")
    )
    proposed_at = models.DateTimeField(_("提议时间"))
    # Until when the person may answer, and what he says.
    answer_by = models.DateTimeField(_("陈述期限"), null=True, blank=True)
    statement = models.CharField(_("本人陈述"), max_length=1000, blank=True)
    stated_at = models.DateTimeField(_("陈述时间"), null=True, blank=True)
    verified_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("核实人")
    )
    verified_at = models.DateTimeField(_("核实时间"), null=True, blank=True)
    finding = models.CharField(_("核实情况"), max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("决定人")
    )
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    reason = models.CharField(_("决定理由"), max_length=1000, blank=True)
    # What the decision was explained by, as policy's steps.
    steps = models.JSONField(_("依据"), default=list)
    # The person has read the decision; human resources have put it into his file.
    signed_at = models.DateTimeField(_("本人签阅"), null=True, blank=True)
    filed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("归档人")
    )
    filed_at = models.DateTimeField(_("归档时间"), null=True, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("奖惩提议")
        verbose_name_plural = _("奖惩提议")
        ordering = ["-proposed_at", "-pk"]
        permissions = [
            ("propose_measure", _("提议奖惩")),
            ("verify_measure", _("核实违规")),
            ("decide_measure", _("决定表扬和警告")),
            ("decide_grave_measure", _("决定记功记过以上的奖惩")),
            ("review_measure", _("复核奖惩和归档")),
        ]
        indexes = [
            models.Index(fields=["employee", "happened_on"], name="proposal_of_employee"),
            models.Index(
                fields=["state"],
                condition=Q(state__in=["proposed", "verified"]),
                name="proposal_waiting",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(rewards=True) | Q(answer_by__isnull=False),
                name="proposal_sanction_is_heard",
            ),
            models.CheckConstraint(
                condition=Q(verified_by=None, verified_at=None)
                | Q(verified_by__isnull=False, verified_at__isnull=False)
                & ~Q(verified_by=F("proposed_by"))
                & (Q(stated_at__isnull=False) | Q(verified_at__gte=F("answer_by"))),
                name="proposal_verified_by_another",
                violation_error_message=_("提议的人不能自己核实；本人陈述过或期限过了才能核实"),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "verified"], decided_by=None, decided_at=None)
                | Q(state__in=["decided", "not_upheld"])
                & Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(decided_by=F("proposed_by"))
                & ~Q(reason=""),
                name="proposal_decided_by_another",
                violation_error_message=_("提议的人不能自己决定；决定要写理由"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["verified", "decided"])
                | Q(rewards=True)
                | Q(verified_at__isnull=False),
                name="proposal_sanction_is_verified",
            ),
            models.CheckConstraint(
                condition=Q(filed_by=None, filed_at=None)
                | Q(state="decided", filed_by__isnull=False, filed_at__isnull=False)
                & ~Q(filed_by=F("decided_by")),
                name="proposal_filed_by_another",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("proposed", "verified"),
                    ("proposed", "decided"),
                    ("proposed", "not_upheld"),
                    ("verified", "decided"),
                    ("verified", "not_upheld"),
                ],
            ),
            pgtrigger.ReadOnly(
                name="what_was_proposed_stays",
                fields=[
                    "employee", "department", "rewards", "happened_on", "facts", "evidence", "idea",
                    "proposed_by", "proposed_at", "answer_by",
                ],
            ),
            pgtrigger.Protect(
                name="decided_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.decided_at IS NOT NULL AND (OLD.state, OLD.reason, OLD.decided_at, OLD.decided_by_id,"
                    " OLD.statement, OLD.finding, OLD.verified_by_id) IS DISTINCT FROM (NEW.state, NEW.reason,"
                    " NEW.decided_at, NEW.decided_by_id, NEW.statement, NEW.finding, NEW.verified_by_id)"
                ),
            ),
            not_about_oneself("proposed_by"),
            not_about_oneself("verified_by"),
            not_about_oneself("decided_by"),
            NEVER_DELETED,
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.employee} {self.happened_on}"


class ProposedMeasure(models.Model):
    """A reward or a sanction under a clause: what was asked for, and what was given; "" while or if it is not."""

    proposal = models.ForeignKey(
        Proposal, models.PROTECT, related_name="measures", verbose_name=_("奖惩提议")
    )
    # Its line in the register; the decision may put another in its place.
    entry = models.OneToOneField(
        RegisterEntry, models.PROTECT, related_name="measure", verbose_name=_("奖惩记录")
    )
    asked = models.CharField(_("提议"), choices=Level, max_length=14)
    given = models.CharField(_("决定"), choices=Level, max_length=14, blank=True)

    class Meta:
        verbose_name = _("提议的奖惩")
        verbose_name_plural = _("提议的奖惩")
        ordering = ["proposal", "pk"]
        triggers = [
            pgtrigger.Protect(
                name="given_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.given <> ''"),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.entry.clause} {self.get_asked_display()}"

    @property
    def level(self) -> str:
        return self.get_given_display() or self.get_asked_display()


class ProposalEvidence(Evidence):
    """A picture, a recording or a paper that proves it. Rows are only ever added."""

    proposal = models.ForeignKey(
        Proposal, models.PROTECT, related_name="pictures", verbose_name=_("奖惩提议")
    )
    caption = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("奖惩证据")
        verbose_name_plural = pgettext_lazy("plural", "奖惩证据")
        ordering = ["proposal", "number"]
        constraints = evidence.constraints(
            "proposal",
            PHOTOS,
            numbered="evidence_numbered",
            once="evidence_picture_once",
            many="evidence_not_too_many",
            large="evidence_not_too_large",
        )
        triggers = evidence.TRIGGERS

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.number}"
