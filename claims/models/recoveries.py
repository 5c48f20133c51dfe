"""What comes back: from the liable, and from insurers."""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models.claims import MOST, Claim, Liability
from kefu.staff.models import User


class Recovery(models.Model):
    """What one of the liable owes for a claim: told to him, booked, and on his statement or deduction note.

    Booked once by ``entry``; taken back by a counter-entry of the journal, never changed.
    """

    class Form(models.TextChoices):
        STATEMENT = "statement", _("网点对账单")
        DEDUCTION = "deduction", _("扣款通知单")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="recoveries", verbose_name=_("理赔")
    )
    liability = models.OneToOneField(
        Liability, models.PROTECT, related_name="recovery", verbose_name=_("责任份额")
    )
    party = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="recoveries", verbose_name=_("责任方")
    )
    amount = models.DecimalField(_("金额（元）"), max_digits=10, decimal_places=2)
    form = models.CharField(_("方式"), choices=Form, max_length=9)
    # The notice goes out once the amount is agreed (LC-01.21); the money is booked once it is paid.
    notified_at = models.DateTimeField(_("通知时间"), null=True, blank=True)
    notified_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("通知人")
    )
    acknowledged_at = models.DateTimeField(_("对方确认时间"), null=True, blank=True)
    # Who of us recorded that the party said so.
    acknowledged_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认登记人")
    )
    entry = models.OneToOneField(
        "ledger.Entry",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("台账分录"),
    )
    booked_at = models.DateTimeField(_("入账时间"), null=True, blank=True)
    reversed_at = models.DateTimeField(_("冲销时间"), null=True, blank=True)
    reversal_reason = models.CharField(_("冲销理由"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("追偿")
        verbose_name_plural = pgettext_lazy("plural", "追偿")
        ordering = ["id"]
        indexes = [models.Index(fields=["party", "booked_at"], name="recovery_by_party")]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0, amount__lte=MOST), name="recovery_amount_in_range"
            ),
            models.CheckConstraint(
                condition=Q(reversed_at=None) | Q(entry__isnull=False) & ~Q(reversal_reason=""),
                name="recovery_reversed_with_reason",
            ),
            # Told first, then acknowledged and booked (LC-01.21).
            models.CheckConstraint(
                condition=Q(notified_at__isnull=False) | Q(acknowledged_at=None, entry=None),
                name="recovery_told_first",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="decision_stays", fields=["claim", "liability", "party", "amount", "form"]
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.amount}"


class InsurancePolicy(models.Model):
    """What we are insured for, with whom, and how soon a case must be reported."""

    insurer = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="policies", verbose_name=_("保险公司")
    )
    number = models.CharField(_("保单号"), max_length=64, unique=True)
    title = models.CharField(_("险种"), max_length=60)
    cover = models.DecimalField(_("每案限额（元）"), max_digits=12, decimal_places=2)
    deductible = models.DecimalField(_("免赔额（元）"), max_digits=10, decimal_places=2, default=0)
    valid_from = models.DateField(_("生效日"))
    valid_to = models.DateField(_("到期日"))
    report_within_days = models.PositiveSmallIntegerField(_("出险后几天内报案"))
    documents_within_days = models.PositiveSmallIntegerField(_("报案后几天内交齐材料"))
    warn_days = models.PositiveSmallIntegerField(_("提前几天提醒"), default=3)

    class Meta:
        verbose_name = _("保单")
        verbose_name_plural = pgettext_lazy("plural", "保单")
        ordering = ["-valid_to"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__gte=models.F("valid_from")),
                name="policy_ends_after_start",
                violation_error_message=_("到期日不能早于生效日"),
            ),
            models.CheckConstraint(
                condition=Q(cover__gt=0, deductible__gte=0, cover__lte=999_999_999),
                name="policy_amounts_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class InsuranceCaseQuerySet(models.QuerySet["InsuranceCase"]):
    def standing(self) -> Self:
        return self.exclude(state=InsuranceCase.State.WITHDRAWN)


class InsuranceCase(models.Model):
    """A claim reported to an insurer: what we ask and what we get; apart from what the customer gets and
    what the liable pay (LC-01.23). One that was withdrawn stays; the claim may be reported anew."""

    class State(models.TextChoices):
        REPORTED = "reported", _("已报案")
        DOCUMENTED = "documented", _("材料已交")
        RECEIVED = "received", _("已到账")
        DECLINED = "declined", _("拒赔")
        WITHDRAWN = "withdrawn", _("已撤案")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="insurance_cases", verbose_name=_("理赔")
    )
    policy = models.ForeignKey(
        InsurancePolicy, models.PROTECT, related_name="cases", verbose_name=_("保单")
    )
    insurer_number = models.CharField(_("保险报案号"), max_length=64, blank=True)
    state = models.CharField(_("状态"), choices=State, default=State.REPORTED, max_length=10)
    reported_at = models.DateTimeField(_("报案时间"))
    report_due = models.DateField(_("报案期限"))
    documents_due = models.DateField(_("交材料期限"))
    documented_at = models.DateTimeField(_("交材料时间"), null=True, blank=True)
    claimed_amount = models.DecimalField(
        _("索赔金额（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    received_amount = models.DecimalField(
        _("到账金额（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    received_at = models.DateTimeField(_("到账时间"), null=True, blank=True)
    declined_reason = models.CharField(_("拒赔理由"), max_length=500, blank=True)
    reported_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("报案人")
    )
    withdrawn_at = models.DateTimeField(_("撤案时间"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("撤案人")
    )
    withdrawn_for = models.CharField(_("撤案理由"), max_length=500, blank=True)

    objects = InsuranceCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("保险案件")
        verbose_name_plural = pgettext_lazy("plural", "保险案件")
        ordering = ["-reported_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=["received", "withdrawn"],  # given back, it was received all the same
                    received_amount__isnull=False,
                    received_at__isnull=False,
                )
                | ~Q(state="received") & Q(received_amount=None, received_at=None),
                name="insurance_received_with_amount",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="withdrawn", withdrawn_at__isnull=False, withdrawn_by__isnull=False
                )
                & ~Q(withdrawn_for="")
                | ~Q(state="withdrawn") & Q(withdrawn_at=None, withdrawn_by=None, withdrawn_for=""),
                name="insurance_withdrawn_with_reason",
            ),
            models.UniqueConstraint(
                fields=["claim"],
                condition=~Q(state="withdrawn"),
                name="insurance_one_standing",
            ),
            models.CheckConstraint(
                condition=(Q(claimed_amount=None) | Q(claimed_amount__range=(0, MOST)))
                & (Q(received_amount=None) | Q(received_amount__range=(0, MOST))),
                name="insurance_amounts_in_range",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("reported", "documented"),
                    ("reported", "declined"),
                    ("documented", "received"),
                    ("documented", "declined"),
                    ("reported", "withdrawn"),
                    ("documented", "withdrawn"),
                    ("received", "withdrawn"),
                ],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.policy}"
