"""What an outlet owes, month by month: written once from the journal, then confirmed and locked; and what it paid."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from kefu.ledger.models import Entry, Posting
from kefu.policy.clauses import is_chinese
from kefu.staff.models import User

NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)
MOST = 99_999_999  # yuan, as a posting


def _changed(*columns: str) -> str:
    old, new = (", ".join(f"{row}.{name}" for name in columns) for row in ("OLD", "NEW"))
    return f"({old}) IS DISTINCT FROM ({new})"


class StatementQuerySet(models.QuerySet["Statement"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever handles the money of outlets sees all; an outlet sees what was issued to it."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.role == User.Role.OUTLET:
            return self.issued_to(user.party_id)
        return self.all() if user.has_perm("statements.record_payment") else self.none()

    def issued_to(self, party_id: int | None) -> Self:
        return self.filter(party=party_id).exclude(state=Statement.State.DRAWN)


class Statement(models.Model):
    """One outlet's month. Its figures and lines are written in one transaction and never again: what is booked later,
    for this month too, stands on the next one. The database refuses a statement that does not add up.
    """

    class State(models.TextChoices):
        DRAWN = "drawn", _("已编制")
        ISSUED = "issued", _("已发出")
        CONFIRMED = "confirmed", _("已确认")
        LOCKED = "locked", _("已锁定")

    class Confirmation(models.TextChoices):
        OUTLET = "outlet", _("网点确认")
        SILENCE = "silence", _("期满未提，视为确认")

    party = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="monthly_statements", verbose_name=_("网点")
    )
    month = models.DateField(_("月份"))  # its first day, of Shanghai
    opening = models.DecimalField(_("期初应付（元）"), max_digits=14, decimal_places=2)
    penalties = models.DecimalField(_("考核款（元）"), max_digits=14, decimal_places=2)
    recoveries = models.DecimalField(_("理赔追偿及其他（元）"), max_digits=14, decimal_places=2)
    reversals = models.DecimalField(_("冲销（元）"), max_digits=14, decimal_places=2)
    payments = models.DecimalField(_("来款（元）"), max_digits=14, decimal_places=2)
    closing = models.DecimalField(_("期末应付（元）"), max_digits=14, decimal_places=2)
    size = models.PositiveIntegerField(_("明细行数"))
    state = models.CharField(_("状态"), choices=State, default=State.DRAWN, max_length=9)
    drawn_at = models.DateTimeField(_("编制时间"))
    issued_at = models.DateTimeField(_("发出时间"), null=True, blank=True)
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("发出人")
    )
    # Until then the outlet may confirm it or appeal; then it is confirmed by silence, and locked.
    confirm_by = models.DateTimeField(_("确认期限"), null=True, blank=True)
    confirmation = models.CharField(
        _("确认方式"), choices=Confirmation, max_length=7, default="", blank=True
    )
    confirmed_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    locked_at = models.DateTimeField(_("锁定时间"), null=True, blank=True)
    # Payments since cover the closing balance; then each of its fines is settled, when nobody disputes it. Empty again
    # when such a payment is taken back (decision 0093).
    paid_at = models.DateTimeField(_("付清时间"), null=True, blank=True)
    settled_at = models.DateTimeField(_("处罚结清时间"), null=True, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("网点对账单")
        verbose_name_plural = pgettext_lazy("plural", "网点对账单")
        ordering = ["-month", "-id"]
        permissions = [("issue_statement", _("发出网点对账单"))]
        indexes = [
            models.Index(
                fields=["confirm_by"],
                condition=Q(state__in=["issued", "confirmed"]),
                name="statement_follow",
            ),
            models.Index(
                fields=["party", "month"],
                condition=Q(state="locked", settled_at=None),
                name="statement_unsettled",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["party", "month"], name="statement_one_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="statement_of_a_month"),
            models.CheckConstraint(
                condition=Q(
                    closing=F("opening")
                    + F("penalties")
                    + F("recoveries")
                    + F("reversals")
                    + F("payments")
                ),
                name="statement_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="drawn",
                    issued_at=None,
                    issued_by=None,
                    confirm_by=None,
                    confirmed_at=None,
                )
                | Q(issued_at__isnull=False, issued_by__isnull=False, confirm_by__isnull=False)
                & ~Q(state="drawn"),
                name="statement_issued_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["drawn", "issued"],
                    confirmation="",
                    confirmed_at=None,
                )
                | Q(
                    state__in=["confirmed", "locked"],
                    confirmation__in=["outlet", "silence"],
                    confirmed_at__isnull=False,
                ),
                name="statement_confirmed_somehow",
            ),
            models.CheckConstraint(
                condition=Q(state="locked", locked_at__gte=F("confirm_by"))
                | Q(locked_at=None, paid_at=None, settled_at=None) & ~Q(state="locked"),
                name="statement_locked_when_the_time_is_over",
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None) | Q(paid_at__isnull=False),
                name="statement_paid_then_settled",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("drawn", "issued"), ("issued", "confirmed"), ("confirmed", "locked")],
            ),
            pgtrigger.ReadOnly(
                name="figures_stay",
                fields=[
                    *("party", "month", "opening", "penalties", "recoveries", "reversals"),
                    *("payments", "closing", "size", "drawn_at"),
                ],
            ),
            pgtrigger.Protect(
                name="steps_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.issued_at IS NOT NULL AND {_changed('issued_at', 'issued_by_id', 'confirm_by')}"
                    f" OR OLD.confirmed_at IS NOT NULL AND {_changed('confirmation', 'confirmed_at')}"
                    f" OR OLD.locked_at IS NOT NULL AND {_changed('locked_at')}"
                    " OR NEW.paid_at <> OLD.paid_at OR NEW.settled_at <> OLD.settled_at"
                ),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"DZ-{self.month:%Y%m}-{self.party.code}"


class Line(models.Model):
    """One posting of the journal on the one statement that has it, with its explanation as it was then."""

    statement = models.ForeignKey(
        Statement,
        models.PROTECT,
        related_name="lines",
        verbose_name=_("网点对账单"),
        db_index=False,
    )
    number = models.PositiveIntegerField(_("行号"))
    posting = models.OneToOneField(
        Posting, models.PROTECT, related_name="statement_line", verbose_name=_("台账明细")
    )
    # The outlet itself or one of its contract areas, which settle on its statement.
    party = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="+", verbose_name=_("哪一方"), db_index=False
    )
    kind = models.CharField(_("类别"), choices=Entry.Kind, max_length=20)
    at = models.DateTimeField(_("入账时间"))
    of_month = models.DateField(
        _("所属月份")
    )  # of what it takes back, of the day it was paid, else of ``at``
    amount = models.DecimalField(_("金额（元）"), max_digits=12, decimal_places=2)
    penalty = models.ForeignKey(
        "penalties.Penalty",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="statement_lines",
        verbose_name=_("处罚"),
    )
    clause = models.CharField(_("条款"), max_length=16, blank=True)
    waybill_number = models.CharField(_("运单号"), max_length=32, blank=True)
    # By language, "zh" and "en": {"summary": one line, "details": [lines]}.
    told = models.JSONField(_("说明"))

    class Meta:
        verbose_name = _("对账单明细")
        verbose_name_plural = pgettext_lazy("plural", "对账单明细")
        ordering = ["statement", "number"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "number"], name="statement_line_numbered"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.number}"

    @property
    def telling(self) -> dict[str, Any]:
        """The explanation in the language of the reader."""
        words: dict[str, Any] = self.told["zh" if is_chinese(get_language() or "zh-hans") else "en"]
        return words

    @property
    def late(self) -> bool:
        """Whether it belongs to a month before its statement's."""
        return self.of_month < self.statement.month


class Payment(models.Model):
    """Money that came from an outlet. Booked once; a mistake is taken back by another person's counter-entry."""

    party = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="payments_in", verbose_name=_("网点")
    )
    amount = models.DecimalField(_("金额（元）"), max_digits=12, decimal_places=2)
    paid_on = models.DateField(_("到账日期"))
    reference = models.CharField(_("银行流水号"), max_length=64)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))
    reversed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("冲销人")
    )
    reversed_at = models.DateTimeField(_("冲销时间"), null=True, blank=True)
    reversed_for = models.CharField(_("冲销理由"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("网点来款")
        verbose_name_plural = pgettext_lazy("plural", "网点来款")
        ordering = ["-id"]
        permissions = [("record_payment", _("登记网点来款"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=MOST), name="payment_in_amount_in_range"
            ),
            # A bank transfer is recorded once; one that was recorded by mistake may be recorded rightly.
            models.UniqueConstraint(
                fields=["party", "reference"],
                condition=Q(reversed_at=None),
                name="payment_in_once",
            ),
            models.CheckConstraint(
                condition=Q(reversed_by=None, reversed_at=None, reversed_for="")
                | Q(reversed_by__isnull=False, reversed_at__isnull=False)
                & ~Q(reversed_by=F("recorded_by"))
                & ~Q(reversed_for=""),
                name="payment_in_reversed_by_another",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="payment_stays",
                fields=["party", "amount", "paid_on", "reference", "recorded_by", "recorded_at"],
            ),
            pgtrigger.Protect(
                name="reversal_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.reversed_at IS NOT NULL"),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.amount} {self.reference}"


class Drawing(models.Model):
    """A month whose statements are drawn up, and the job that does it: one a month, one month after the other."""

    month = models.DateField(_("月份"), primary_key=True)  # its first day
    job = models.ForeignKey(
        "jobs.Job", models.PROTECT, related_name="+", verbose_name=_("后台作业")
    )

    class Meta:
        verbose_name = _("对账单编制")
        verbose_name_plural = pgettext_lazy("plural", "对账单编制")
        constraints = [models.CheckConstraint(condition=Q(month__day=1), name="drawing_of_a_month")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
