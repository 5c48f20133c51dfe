"""Inquiries: what a customer or another outlet asks, and what was asked of outlets on the way."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case, Interaction
from kefu.privacy.fields import SealedField
from kefu.staff.models import Department, User


class Inquiry(models.Model):
    """What was asked, by whom, when: the extension of a case that a customer or an outlet opened."""

    class Kind(models.TextChoices):
        CONSULTATION = "consultation", _("咨询")
        TRACE = "trace", _("查件")
        EXPEDITE = "expedite", _("催件")
        CHANGE = "change", _("改址改收件人")
        PICKUP = "pickup", _("下单取件")
        NETWORK_QUERY = "network_query", _("网点查询")
        COMPLAINT = "complaint", _("投诉")
        SUGGESTION = "suggestion", _("建议")
        OTHER = "other", _("其他协助")

    class Asker(models.TextChoices):
        SENDER = "sender", _("寄件方")
        RECEIVER = "receiver", _("收件方")
        OTHER = "other", _("其他人")
        COURIER = "courier", _("业务员")
        OUTLET = "outlet", _("网点")

    # About a parcel on its way: a desk that works no inquiries registers these and passes them on (CD-06.28).
    FORWARDED = frozenset({Kind.TRACE, Kind.EXPEDITE, Kind.CHANGE, Kind.NETWORK_QUERY})

    case = models.OneToOneField(
        Case,
        models.PROTECT,
        primary_key=True,
        related_name="inquiry",
        verbose_name=_("工单"),
    )
    kind = models.CharField(_("类型"), choices=Kind, max_length=16)
    channel = models.CharField(_("渠道"), choices=Interaction.Channel, max_length=8)
    asker = models.CharField(_("谁在问"), choices=Asker, max_length=8)
    received_at = models.DateTimeField(_("来电来信时间"))
    recorded_at = models.DateTimeField(_("登记时间"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )
    first_contact = models.BooleanField(_("一次答清"), null=True, blank=True)

    class Meta:
        verbose_name = _("查询")
        verbose_name_plural = pgettext_lazy("plural", "查询")
        indexes = [models.Index(fields=["recorded_at"], name="inquiry_recorded")]

    def __str__(self) -> str:
        return self.get_kind_display()

    def may_be_worked_by(self, department: Department) -> bool:
        """Whether a desk may keep it, or only pass it on."""
        return department.works_inquiries or self.kind not in self.FORWARDED


class Pickup(models.Model):
    """A parcel to be collected (CD-01.03, CD-03.17, CD-06.27, CD-06.32, ES-203.15–18)."""

    case = models.OneToOneField(
        Case,
        models.PROTECT,
        primary_key=True,
        related_name="pickup",
        verbose_name=_("工单"),
    )
    sealed = SealedField(_("地址"))  # {"sender_address", "receiver_address"}
    sender_address_masked = models.CharField(_("取件地址"), max_length=120)
    receiver_address_masked = models.CharField(_("寄达地址"), max_length=120)
    goods = models.CharField(_("物品"), max_length=100)
    prohibited_checked = models.BooleanField(_("已核对禁寄"))
    fragile = models.BooleanField(_("易碎"), default=False)
    fee_told = models.DecimalField(
        _("已告知费用（元）"), max_digits=8, decimal_places=2, null=True, blank=True
    )
    eta_told_on = models.DateField(_("已告知送达日"), null=True, blank=True)
    pickup_on = models.DateField(_("取件日"))
    pickup_from = models.TimeField(_("最早取件"))
    day_approved_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("当日取件批准人"),
    )
    courier = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("业务员"),
    )
    courier_notified_at = models.DateTimeField(_("通知业务员时间"), null=True, blank=True)
    driver = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("驾驶员"),
    )
    driver_notified_at = models.DateTimeField(_("通知驾驶员时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("取件单")
        verbose_name_plural = pgettext_lazy("plural", "取件单")

    def __str__(self) -> str:
        return f"{self.pickup_on} {self.goods}"


class CounterAcceptanceQuerySet(models.QuerySet["CounterAcceptance"]):
    def visible_to(self, user: Any) -> Self:
        """What came over our own counter is for our own people."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.none() if user.role == User.Role.OUTLET else self.all()


class CounterAcceptance(models.Model):
    """A parcel taken over the counter, and what the clerk vouched for (CD-06.02–06.08, CD-07.15, CD-07.19).

    The decision stands beside it with the edition of the rulebook it was taken under.
    """

    class Settlement(models.TextChoices):
        PREPAID = "prepaid", _("现付")
        COLLECT = "collect", _("到付")
        CONTRACT = "contract", _("协议结算")

    waybill = models.OneToOneField(
        "parcels.Waybill",
        models.PROTECT,
        primary_key=True,
        related_name="counter_acceptance",
        verbose_name=_("运单"),
    )
    settlement = models.CharField(_("结算方式"), choices=Settlement, max_length=10)
    by_air = models.BooleanField(_("航空件"), default=False)
    inspected = models.BooleanField(_("已验视"))
    fee_told = models.BooleanField(_("已告知费用"))
    fragile = models.BooleanField(_("易碎"), default=False)
    fragile_approved_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("易碎放行人"),
    )
    mark = models.CharField(_("面单标注"), max_length=100, blank=True)
    clerk = models.ForeignKey(
        "staff.Employee", models.PROTECT, related_name="+", verbose_name=_("经手人")
    )
    accepted_at = models.DateTimeField(_("收件时间"))
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion",
        models.PROTECT,
        related_name="+",
        verbose_name=_("适用规章"),
    )
    # What policy decided by, step by step: {"form", "mark", "steps"}.
    inputs = models.JSONField(_("判定依据"), default=dict)

    objects = CounterAcceptanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("柜台收件")
        verbose_name_plural = pgettext_lazy("plural", "柜台收件")
        ordering = ["-accepted_at"]
        indexes = [models.Index(fields=["clerk", "-accepted_at"], name="acceptance_by_clerk")]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.waybill_id} {self.get_settlement_display()}"


class NetworkQueryQuerySet(models.QuerySet["NetworkQuery"]):
    def of_party(self, party_id: int) -> Self:
        """Queries a partner may see: what it was asked and what it asked."""
        return self.filter(Q(asked=party_id) | Q(asking=party_id))

    def open(self) -> Self:
        return self.filter(state=NetworkQuery.State.OPEN)


class NetworkQuery(models.Model):
    """One question from an outlet to another on a case; the asked one has two hours (CD-05.09)."""

    class State(models.TextChoices):
        OPEN = "open", _("待反馈")
        ANSWERED = "answered", _("已反馈")
        WITHDRAWN = "withdrawn", _("已撤回")

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="network_queries", verbose_name=_("工单")
    )
    asking = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        related_name="queries_asked",
        verbose_name=_("查询方"),
    )
    asked = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        related_name="queries_received",
        verbose_name=_("被查询方"),
    )
    deadline = models.OneToOneField(
        "deadlines.Deadline",
        models.PROTECT,
        null=True,
        related_name="network_query",
        verbose_name=_("时限"),
    )
    state = models.CharField(_("状态"), choices=State, default=State.OPEN, max_length=10)
    sealed = SealedField(_("原文"))  # {"question", "answer"}
    question = models.TextField(_("问题"))  # redacted
    answer = models.TextField(_("反馈"), blank=True)  # redacted
    reference = models.CharField(_("对方单号"), max_length=64, blank=True)
    asked_at = models.DateTimeField(_("发出时间"))
    answered_at = models.DateTimeField(_("反馈时间"), null=True, blank=True)
    chased_at = models.DateTimeField(_("最近催促"), null=True, blank=True)

    objects = NetworkQueryQuerySet.as_manager()

    class Meta:
        verbose_name = _("网点查询")
        verbose_name_plural = pgettext_lazy("plural", "网点查询")
        ordering = ["-id"]
        indexes = [
            # A partner that polls for what is open reads only that.
            models.Index(
                fields=["asked", "-id"], condition=Q(state="open"), name="query_received_open"
            ),
            models.Index(
                fields=["asking", "-id"], condition=Q(state="open"), name="query_asked_open"
            ),
            models.Index(fields=["asked", "-id"], name="query_received"),
            models.Index(fields=["asking", "-id"], name="query_asked"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(asking=models.F("asked")),
                name="query_not_to_itself",
                violation_error_message=_("不能查询自己"),
            ),
            models.CheckConstraint(
                condition=Q(state="answered", answered_at__isnull=False)
                | (~Q(state="answered") & Q(answered_at=None)),
                name="query_answered_with_time",
            ),
            models.UniqueConstraint(
                fields=["asking", "reference"],
                condition=~Q(reference=""),
                name="query_reference_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asking} → {self.asked}"
