"""The parcel as its waybill and its scans tell it."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.privacy.fields import SealedField


class WaybillQuerySet(models.QuerySet["Waybill"]):
    def numbered_like(self, start: str) -> Self:
        return self.filter(number__startswith=start)


class Waybill(models.Model):
    """One parcel: who sends what to whom, by which outlets, for how much."""

    class Payment(models.TextChoices):
        SENDER = "sender", _("寄付")
        RECEIVER = "receiver", _("到付")
        MONTHLY = "monthly", _("月结")

    number = models.CharField(_("运单号"), max_length=24, unique=True)
    origin = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="sent", verbose_name=_("发件网点")
    )
    destination = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        related_name="delivered",
        verbose_name=_("派件网点"),
    )
    route_from = models.CharField(_("始发地"), max_length=40)
    route_to = models.CharField(_("目的地"), max_length=40)
    # {"sender_name", "sender_phone", "sender_address", "receiver_name", "receiver_phone", "receiver_address"}
    sealed = SealedField(_("收寄双方"))
    sender_name_masked = models.CharField(_("寄件人"), max_length=60, blank=True)
    sender_phone_masked = models.CharField(_("寄件电话"), max_length=40, blank=True)
    sender_address_masked = models.CharField(_("寄件地址"), max_length=120, blank=True)
    receiver_name_masked = models.CharField(_("收件人"), max_length=60, blank=True)
    receiver_phone_masked = models.CharField(_("收件电话"), max_length=40, blank=True)
    receiver_address_masked = models.CharField(_("收件地址"), max_length=120, blank=True)
    lookup = ArrayField(models.BigIntegerField(), default=list, editable=False)
    goods = models.CharField(_("内件"), max_length=100, blank=True)
    weight_kg = models.DecimalField(
        _("重量（公斤）"),
        max_digits=8,
        decimal_places=2,
        validators=[MinValueValidator(0)],
    )
    freight = models.DecimalField(_("运费（元）"), max_digits=10, decimal_places=2, default=0)
    payment = models.CharField(_("付款方式"), choices=Payment, max_length=10)
    declared_value = models.DecimalField(
        _("声明价值（元）"), max_digits=10, decimal_places=2, default=0
    )
    accepted_at = models.DateTimeField(_("收件时间"))

    objects = WaybillQuerySet.as_manager()

    class Meta:
        verbose_name = _("运单")
        verbose_name_plural = pgettext_lazy("plural", "运单")
        ordering = ["-accepted_at"]
        indexes = [
            GinIndex(fields=["lookup"], name="waybill_lookup"),
            models.Index(OpClass("number", name="text_pattern_ops"), name="waybill_prefix"),
        ]
        constraints = [
            # A range on every amount keeps NaN out as well.
            models.CheckConstraint(
                condition=Q(freight__range=(0, 999_999), declared_value__range=(0, 9_999_999)),
                name="waybill_amounts_in_range",
            ),
            models.CheckConstraint(
                condition=Q(weight_kg__range=(0, 99_999)),
                name="waybill_weight_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Scan(models.Model):
    """One scan of a parcel on its way. Partitioned by month; nothing references it."""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", pgettext_lazy("state", "收件")
        LOADED = "loaded", _("装车")
        ARRIVED = "arrived", _("到件")
        DEPARTED = "departed", _("发往")
        DELIVERING = "delivering", _("派件")
        SIGNED = "signed", _("签收")
        PROBLEM = "problem", _("问题件")

    waybill_number = models.CharField(_("运单号"), max_length=24)
    kind = models.CharField(_("类型"), choices=Kind, max_length=12)
    at = models.DateTimeField(_("扫描时间"))
    place = models.CharField(_("地点"), max_length=60)
    text = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("扫描记录")
        verbose_name_plural = pgettext_lazy("plural", "扫描记录")
        ordering = ["-at"]
        managed = False  # partitions are made in SQL
        db_table = "parcels_scan"

    def __str__(self) -> str:
        return f"{self.waybill_number} {self.get_kind_display()}"
