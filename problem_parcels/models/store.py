"""What the store keeps on record of its parcels: who kept them, what befell them, what was left behind."""

from datetime import datetime
from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.privacy.fields import SealedField
from kefu.staff.models import Employee, User
from problem_parcels.models.stays import Stay

FOR_EVER = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class OursQuerySet(models.QuerySet[Any]):
    """What only our own people see."""

    def visible_to(self, user: Any) -> Self:
        if not user.is_authenticated or not user.is_active or user.role == User.Role.OUTLET:
            return self.none()
        return self.all()


class StayKeeping(models.Model):
    """From this moment on this person kept the parcel, until the next row or its scan out (CD-04.03)."""

    stay = models.ForeignKey(Stay, models.PROTECT, related_name="keepings", verbose_name=_("留仓"))
    keeper = models.ForeignKey(
        Employee, models.PROTECT, related_name="keepings", verbose_name=_("保管人")
    )
    since = models.DateTimeField(_("自"))
    by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )

    class Meta:
        verbose_name = _("保管")
        verbose_name_plural = pgettext_lazy("plural", "保管")
        ordering = ["stay", "since", "id"]
        triggers = [FOR_EVER]

    def __str__(self) -> str:
        return f"{self.stay_id} {self.keeper_id}"


class StoreIncident(models.Model):
    """Something happened to a parcel in store: what, when, and who answers for it.

    No regulation names an amount: a supervisor types it, once, or leaves it open.
    """

    stay = models.ForeignKey(Stay, models.PROTECT, related_name="incidents", verbose_name=_("留仓"))
    sealed = SealedField(_("原文"))  # {"text"}
    text = models.TextField(_("经过"))  # redacted
    happened_at = models.DateTimeField(_("发生时间"))
    clause = models.CharField(_("条款"), max_length=16)
    # The keeper of that moment, or whoever let it in without its waybill (CD-04.03, CD-04.05).
    liable = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="+", verbose_name=_("责任人")
    )
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    recorded_at = models.DateTimeField(_("登记时间"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    amount = models.DecimalField(
        _("金额（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    priced_at = models.DateTimeField(_("定额时间"), null=True, blank=True)
    priced_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("定额人")
    )

    objects = OursQuerySet.as_manager()

    class Meta:
        verbose_name = _("在库事故")
        verbose_name_plural = pgettext_lazy("plural", "在库事故")
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(happened_at__lte=models.F("recorded_at")), name="incident_not_ahead"
            ),
            models.CheckConstraint(
                condition=Q(amount=None, priced_at=None, priced_by=None)
                | Q(amount__range=(0, 999_999), priced_at__isnull=False, priced_by__isnull=False),
                name="incident_priced_by_somebody",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="facts_stay",
                fields=[
                    "stay",
                    "text",
                    "happened_at",
                    "clause",
                    "liable",
                    "rulebook",
                    "recorded_at",
                    "recorded_by",
                ],
            ),
            # An amount once typed is posted elsewhere; it is corrected there, not here.
            pgtrigger.Protect(
                name="priced_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__amount__isnull=False)
                & pgtrigger.Q(old__amount__df=pgtrigger.F("new__amount")),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.stay_id} {self.clause}"


class StoreRound(models.Model):
    """A round of the day is over; what still lies there has to be posted with a reason (CD-04.08, CD-04.12)."""

    class Trigger(models.TextChoices):
        """As the rulebooks call them."""

        AFTERNOON = "afternoon_round_closed", _("下午分件结束")
        CITY_DRIVER = "city_driver_left", _("市区驾驶员已走")

    on = models.DateField(_("日期"))
    trigger = models.CharField(_("哪一轮"), choices=Trigger, max_length=24)
    closed_at = models.DateTimeField(_("结束时间"))
    closed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))

    class Meta:
        verbose_name = _("分件轮次")
        verbose_name_plural = pgettext_lazy("plural", "分件轮次")
        ordering = ["-on", "trigger"]
        constraints = [
            models.UniqueConstraint(fields=["on", "trigger"], name="store_round_once_a_day")
        ]
        triggers = [FOR_EVER]

    def __str__(self) -> str:
        return f"{self.on} {self.get_trigger_display()}"


class MissingOutScans(models.Model):
    """The list of a day: parcels that were dealt with and still lie in the books of the store (CD-04.07)."""

    on = models.DateField(_("日期"), unique=True)
    drawn_up_at = models.DateTimeField(_("列出时间"))

    class Meta:
        verbose_name = _("缺出库清单")
        verbose_name_plural = pgettext_lazy("plural", "缺出库清单")
        ordering = ["-on"]
        triggers = [FOR_EVER]

    def __str__(self) -> str:
        return f"{self.on}"


class MissingOutScan(models.Model):
    """One parcel of that list, and who dealt with it."""

    list = models.ForeignKey(
        MissingOutScans, models.PROTECT, related_name="lines", verbose_name=_("清单")
    )
    stay = models.ForeignKey(Stay, models.PROTECT, related_name="+", verbose_name=_("留仓"))
    handler = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经办人"))
    handled_at = models.DateTimeField(_("处理时间"))

    class Meta:
        verbose_name = _("缺出库件")
        verbose_name_plural = pgettext_lazy("plural", "缺出库件")
        ordering = ["list", "handler", "id"]
        constraints = [
            models.UniqueConstraint(fields=["list", "stay"], name="missing_out_scan_once")
        ]
        triggers = [FOR_EVER]

    def __str__(self) -> str:
        return f"{self.stay_id} {self.handler_id}"


class Collection(models.Model):
    """What one bulk driver collects on one morning, ticked parcel by parcel (CD-04.09)."""

    on = models.DateField(_("日期"))
    driver = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="collections", verbose_name=_("驾驶员")
    )
    opened_at = models.DateTimeField(_("开单时间"))
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("开单人"))
    finished_at = models.DateTimeField(_("提完时间"), null=True, blank=True)
    finished_by = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("核对人")
    )

    objects = OursQuerySet.as_manager()

    class Meta:
        verbose_name = _("提货单")
        verbose_name_plural = pgettext_lazy("plural", "提货单")
        ordering = ["-on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["on", "driver"], name="collection_once_a_morning"),
            models.CheckConstraint(
                condition=Q(finished_at=None, finished_by=None)
                | Q(finished_at__gte=models.F("opened_at"), finished_by__isnull=False),
                name="collection_finished_by_somebody",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.on} {self.driver}"


class CollectionLine(models.Model):
    """One parcel on a sheet: ticked as the driver took it, or struck off because it stays."""

    collection = models.ForeignKey(
        Collection, models.PROTECT, related_name="lines", verbose_name=_("提货单")
    )
    stay = models.ForeignKey(
        Stay, models.PROTECT, related_name="collection_lines", verbose_name=_("留仓")
    )
    ticked_at = models.DateTimeField(_("核对时间"), null=True, blank=True)
    ticked_by = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("核对人")
    )
    struck_at = models.DateTimeField(_("划去时间"), null=True, blank=True)
    struck_by = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("划去人")
    )
    struck_for = models.CharField(_("为什么不提"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("提货件")
        verbose_name_plural = pgettext_lazy("plural", "提货件")
        ordering = ["collection", "id"]
        constraints = [
            # One parcel waits for one driver.
            models.UniqueConstraint(
                fields=["stay"],
                condition=Q(ticked_at=None, struck_at=None),
                name="collection_line_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(ticked_at=None, ticked_by=None)
                | Q(ticked_at__isnull=False, ticked_by__isnull=False, struck_at=None),
                name="collection_line_ticked_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(struck_at=None, struck_by=None, struck_for="")
                | (Q(struck_at__isnull=False, struck_by__isnull=False) & ~Q(struck_for="")),
                name="collection_line_struck_for_a_reason",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.collection_id} {self.stay_id}"


class WarehouseRequestQuerySet(OursQuerySet):
    def waiting(self) -> Self:
        return self.filter(decided_at=None).order_by("-urgent", "made_at", "id")


class WarehouseRequest(models.Model):
    """What an agent asks of the warehouse, in writing; an urgent slip bears a name and a date (SD-233.57, .59)."""

    class Refusal(models.TextChoices):
        UNSIGNED = "unsigned", _("没有署名或日期")
        WRONG = "wrong", _("信息有误")
        IMPOSSIBLE = "impossible", _("办不了")

    sealed = SealedField(_("原文"))  # {"customer_id", "name", "address", "text"}
    customer_id_masked = models.CharField(_("客户编号"), max_length=60, blank=True)
    name_masked = models.CharField(_("姓名"), max_length=60, blank=True)
    address_masked = models.CharField(_("收货地址"), max_length=120, blank=True)
    text = models.TextField(_("要仓库做什么"))  # redacted
    waybill_number = models.CharField(_("运单号"), max_length=24, blank=True)
    urgent = models.BooleanField(_("紧急便签"), default=False)
    on_paper = models.BooleanField(_("手写"), default=False)
    signed_by = models.CharField(_("署名"), max_length=60, blank=True)
    signed_on = models.DateField(_("便签日期"), null=True, blank=True)
    made_at = models.DateTimeField(_("提出时间"))
    made_by = models.ForeignKey(
        Employee, models.PROTECT, related_name="warehouse_requests", verbose_name=_("提出人")
    )
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    decided_at = models.DateTimeField(_("办理时间"), null=True, blank=True)
    decided_by = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("办理人")
    )
    refusal = models.CharField(_("不办的原因"), choices=Refusal, max_length=12, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    # Who bears what comes of a refusal (SD-233.60).
    liable = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("后果由谁承担"),
    )

    objects = WarehouseRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("仓库协助")
        verbose_name_plural = pgettext_lazy("plural", "仓库协助")
        ordering = ["-made_at", "-id"]
        indexes = [
            models.Index(
                fields=["made_at"], condition=Q(decided_at=None), name="warehouse_request_waiting"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, refusal="")
                | Q(decided_at__gte=models.F("made_at"), decided_by__isnull=False),
                name="warehouse_request_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(refusal="unsigned") | Q(signed_by="") | Q(signed_on=None),
                name="warehouse_request_unsigned_is",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.made_at:%m-%d} {self.made_by}"

    def age(self, now: datetime) -> float:
        """Seconds it has waited."""
        return (now - self.made_at).total_seconds()
