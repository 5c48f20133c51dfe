"""What units settled with customers themselves: a record for the statistics, no claim (LC-02.13)."""

from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models.claims import MOST
from kefu.privacy.fields import SealedField
from kefu.staff.models import User


class SelfSettledCaseQuerySet(models.QuerySet["SelfSettledCase"]):
    def standing(self) -> Self:
        return self.filter(withdrawn_at=None)


class SelfSettledCase(models.Model):
    """A market area, an outlet, a line-haul driver or a loader paid a customer without us. Withdrawn, never changed."""

    class PartyType(models.TextChoices):
        """As the rulebook names them (LC-02.12)."""

        MARKET_AREA = "market_area", _("市场部")
        OUTLET = "outlet", _("网点")
        LINE_HAUL_DRIVER = "line_haul_driver", _("大车司机")
        LOADER = "loader", _("装卸工")

    party_type = models.CharField(_("类别"), choices=PartyType, max_length=16)
    party = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="self_settled", verbose_name=_("哪一方")
    )
    sealed = SealedField(_("客户"))  # {"customer"}
    customer_masked = models.CharField(_("客户"), max_length=60)
    waybill_number = models.CharField(_("运单号"), max_length=24)
    amount = models.DecimalField(_("金额（元）"), max_digits=10, decimal_places=2)
    settled_on = models.DateField(_("了结日期"))
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("适用规章"),
    )
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("撤回人")
    )
    withdrawn_for = models.CharField(_("撤回原因"), max_length=200, blank=True)

    objects = SelfSettledCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("自行了结")
        verbose_name_plural = pgettext_lazy("plural", "自行了结")
        ordering = ["-settled_on", "-id"]
        indexes = [
            models.Index(
                fields=["settled_on"],
                condition=Q(withdrawn_at=None),
                name="self_settled_by_day",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=MOST), name="self_settled_amount_in_range"
            ),
            models.UniqueConstraint(
                fields=["waybill_number", "party"],
                condition=Q(withdrawn_at=None),
                name="self_settled_once",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_for="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_for=""),
                name="self_settled_withdrawn_with_reason",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="fact_stays",
                exclude=["sealed", "withdrawn_at", "withdrawn_by", "withdrawn_for"],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.waybill_number} {self.party}"
