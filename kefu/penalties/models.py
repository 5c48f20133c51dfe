"""Fines and deductions as decisions: provisional until a fact confirms them, undone only by a new row."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.staff.models import User

# Conditions that people judge; programs see the others come true.
FOUND_BY_PEOPLE = frozenset({"evidence", "verification"})
FOR_PEOPLE = Q(state="held") | Q(state="provisional", condition__in=sorted(FOUND_BY_PEOPLE))


class PenaltyQuerySet(models.QuerySet["Penalty"]):
    def visible_to(self, user: Any) -> Self:
        """An outlet sees its own, an agent his own and those of cases (all), everybody else all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(party=user.party_id) if user.role == User.Role.OUTLET else self.all()

    def of_party(self, party_id: int) -> Self:
        """Those that a partner bears itself."""
        return self.filter(party=party_id)

    def provisional(self) -> Self:
        return self.filter(state=Penalty.State.PROVISIONAL)

    def for_people(self) -> Self:
        """Those that wait for a person's judgement."""
        return self.filter(FOR_PEOPLE)


class Penalty(models.Model):
    """One decision: who, by which clause, how much, and whether it counts yet."""

    class Kind(models.TextChoices):
        FINE = "fine", _("罚款")
        POINTS = "points", _("扣分")

    class State(models.TextChoices):
        PROVISIONAL = "provisional", _("暂记")
        HELD = "held", _("待复核")
        PAYABLE = "payable", _("应付")
        LAPSED = "lapsed", _("已失效")
        REVERSED = "reversed", _("已冲销")
        SETTLED = "settled", _("已结清")

    deadline = models.ForeignKey(
        "deadlines.Deadline",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="penalties",
        verbose_name=_("时限"),
        db_index=False,
    )
    case = models.ForeignKey(
        "cases.Case", models.PROTECT, related_name="penalties", verbose_name=_("工单")
    )
    clause = models.CharField(_("条款"), max_length=16)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion",
        models.PROTECT,
        related_name="+",
        verbose_name=_("适用规章"),
    )
    party = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        related_name="penalties",
        verbose_name=_("责任方"),
        db_index=False,
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=6)
    value = models.DecimalField(
        _("数额"), max_digits=10, decimal_places=2, help_text=_("罚款为元，扣分为分")
    )
    condition = models.CharField(_("生效条件"), max_length=12)
    state = models.CharField(_("状态"), choices=State, max_length=12)
    incurred_at = models.DateTimeField(_("发生时间"))
    decided_at = models.DateTimeField(_("记录时间"))
    inputs = models.JSONField(_("计算依据"), default=dict)
    # An appeal against it is open. A trigger of the appeals keeps it; nothing else may.
    disputed = models.BooleanField(
        _("有异议在审议"), default=False, db_default=False, editable=False
    )

    objects = PenaltyQuerySet.as_manager()

    class Meta:
        verbose_name = _("处罚")
        verbose_name_plural = pgettext_lazy("plural", "处罚")
        ordering = ["-incurred_at"]
        permissions = [
            ("propose_waiver", _("提出免罚")),
            ("decide_waiver", _("审批免罚")),
            ("release_penalty", _("复核待复核的处罚")),
        ]
        indexes = [
            models.Index(fields=["party", "incurred_at", "id"], name="penalty_by_party"),
            models.Index(
                fields=["incurred_at"],
                condition=Q(state__in=["provisional", "held"]),
                name="penalty_undecided",
            ),
            models.Index(
                fields=["incurred_at", "id"], condition=FOR_PEOPLE, name="penalty_for_people"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["deadline", "clause", "party"], name="penalty_once"),
            models.CheckConstraint(
                condition=Q(value__gt=0, value__lte=999_999),
                name="penalty_value_in_range",
            ),
            models.CheckConstraint(
                condition=~Q(state="settled", disputed=True),
                name="penalty_not_settled_while_disputed",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("provisional", "payable"),
                    ("provisional", "lapsed"),
                    ("provisional", "held"),  # our door was shut, as we learnt afterwards
                    ("provisional", "reversed"),
                    ("held", "provisional"),
                    ("held", "payable"),
                    ("held", "lapsed"),
                    ("held", "reversed"),
                    ("payable", "reversed"),
                    ("payable", "settled"),
                    ("settled", "reversed"),
                    ("settled", "payable"),  # what paid it was taken back
                ],
            ),
            pgtrigger.ReadOnly(
                name="decision_stays",
                exclude=["state", "disputed"],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.clause} {self.party} {self.value}"


class PenaltyEvent(models.Model):
    """Why a penalty is in the state it is in: each change with its fact, person and reason."""

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", _("条件成立")
        LAPSED = "lapsed", _("条件不会成立")
        RELEASED = "released", _("复核后恢复")
        REVERSED = "reversed", _("冲销")
        SETTLED = "settled", _("结清")
        UNSETTLED = "unsettled", _("结清撤回")

    penalty = models.ForeignKey(
        Penalty, models.PROTECT, related_name="events", verbose_name=_("处罚")
    )
    kind = models.CharField(_("事项"), choices=Kind, max_length=10)
    # How often it was unsettled before: each time it may be settled once more.
    turn = models.PositiveSmallIntegerField(_("第几轮"), default=0, db_default=0, editable=False)
    fact = models.JSONField(_("依据"), default=dict)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    actor = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("经手人"),
    )
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("处罚变更")
        verbose_name_plural = pgettext_lazy("plural", "处罚变更")
        ordering = ["at", "id"]
        constraints = [
            # At most once each: a double click or a second worker confirms or reverses nothing twice.
            models.UniqueConstraint(
                fields=["penalty", "kind", "turn"],
                condition=~Q(kind="released"),
                name="penalty_event_once",
            )
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.penalty_id} {self.get_kind_display()}"


class Waiver(models.Model):
    """A proposal to waive a penalty, and another person's decision on it."""

    class Ground(models.TextChoices):
        FORCE_MAJEURE = "force_majeure", _("不可抗力")
        OUR_FAULT = "our_fault", _("本中心原因")
        WRONG_PARTY = "wrong_party", _("责任方有误")
        GOODWILL = "goodwill", _("情有可原")
        OBJECTION = "objection", _("本人异议")

    penalty = models.ForeignKey(
        Penalty, models.PROTECT, related_name="waivers", verbose_name=_("处罚")
    )
    ground = models.CharField(_("理由类别"), choices=Ground, max_length=16)
    reason = models.CharField(_("说明"), max_length=500)
    proposed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    proposed_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("审批人"),
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    approved = models.BooleanField(pgettext_lazy("state", "同意"), null=True, blank=True)
    decision_note = models.CharField(_("审批意见"), max_length=500, blank=True)
    # What it was decided with, such as "force_majeure:12"; "" where it was decided by itself.
    batch = models.CharField(_("批次"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("免罚申请")
        verbose_name_plural = pgettext_lazy("plural", "免罚申请")
        ordering = ["-proposed_at"]
        indexes = [
            models.Index(fields=["batch"], condition=~Q(batch=""), name="waiver_by_batch"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("proposed_by")),
                name="waiver_two_people",
                violation_error_message=_("不能审批自己提出的免罚"),
            ),
            models.CheckConstraint(
                condition=Q(approved=None, decided_by=None, decided_at=None)
                | Q(
                    approved__isnull=False,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="waiver_decided_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["penalty"], condition=Q(approved=None), name="waiver_one_open"
            ),
            models.UniqueConstraint(
                fields=["penalty"], condition=Q(approved=True), name="waiver_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.penalty} {self.get_ground_display()}"
