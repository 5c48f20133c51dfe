"""The one journal: double entry between parties' accounts. Rows are inserted, never changed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Account(models.Model):
    """What one party owes or is owed, by book. The balance is a projection of the postings."""

    class Book(models.TextChoices):
        FINES = "fines", _("应付考核款")
        FINE_INCOME = "fine_income", _("考核款收入")
        RECOVERY = "recovery", _("应付理赔追偿")
        INSURANCE = "insurance", _("应付保险赔款")
        CLAIM_COST = "claim_cost", _("理赔成本")
        BANK = "bank", _("付款账户")
        WAGES = "wages", _("应付工资")
        PAID_IN = "paid_in", _("来款")  # what a party paid of all it owes

    party = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        related_name="accounts",
        verbose_name=_("当事方"),
    )
    book = models.CharField(_("科目"), choices=Book, max_length=16)
    balance = models.DecimalField(
        _("余额（元）"), max_digits=14, decimal_places=2, default=0, editable=False
    )

    class Meta:
        verbose_name = _("账户")
        verbose_name_plural = pgettext_lazy("plural", "账户")
        constraints = [
            models.UniqueConstraint(fields=["party", "book"], name="account_once"),
            models.CheckConstraint(
                condition=Q(balance__range=(-999_999_999, 999_999_999)),
                name="account_balance_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.get_book_display()}"


class Entry(models.Model):
    """One event of money: its postings sum to nothing. Corrected only by an entry that reverses it."""

    class Kind(models.TextChoices):
        PENALTY = "penalty", _("处罚入账")
        CLAIM_PAYMENT = "claim_payment", _("理赔付款")
        RECOVERY = "recovery", _("追偿入账")
        INSURANCE_CLAIM = "insurance_claim", _("向保险索赔")
        INSURANCE_RECEIPT = "insurance_receipt", _("保险赔款到账")
        PAYROLL = "payroll", _("工资抵扣")
        PAYMENT = "payment", _("来款入账")
        REVERSAL = "reversal", _("冲销")

    kind = models.CharField(_("类别"), choices=Kind, max_length=20)
    source = models.CharField(_("来源"), max_length=40)  # e.g. "penalty:17"
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reversals",
        verbose_name=_("冲销的分录"),
    )
    at = models.DateTimeField(_("入账时间"))
    memo = models.CharField(_("摘要"), max_length=200, blank=True)
    posted_by = models.ForeignKey(
        "staff.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("经手人"),
    )

    class Meta:
        verbose_name = _("台账分录")
        verbose_name_plural = pgettext_lazy("plural", "台账分录")
        ordering = ["-id"]
        indexes = [models.Index(fields=["source"], name="entry_source")]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(reverses=None),
                name="entry_once_per_source",
            ),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False)
                | (~Q(kind="reversal") & Q(reverses=None)),
                name="entry_reversal_names_its_original",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.source}"


class Posting(models.Model):
    """One side of an entry; positive: the party owes it, negative: it is owed to the party."""

    entry = models.ForeignKey(
        Entry, models.PROTECT, related_name="postings", verbose_name=_("分录")
    )
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="postings", verbose_name=_("账户")
    )
    amount = models.DecimalField(_("金额（元）"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("台账明细")
        verbose_name_plural = pgettext_lazy("plural", "台账明细")
        constraints = [
            models.UniqueConstraint(fields=["entry", "account"], name="posting_once"),
            models.CheckConstraint(
                condition=~Q(amount=0) & Q(amount__range=(-99_999_999, 99_999_999)),
                name="posting_amount_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"
