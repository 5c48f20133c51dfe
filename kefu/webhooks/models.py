"""Addresses of partners that hear of events, and what became of each delivery."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.notifications.models import Event
from kefu.privacy.fields import SealedField


class Endpoint(models.Model):
    """An address that a partner wants to be told at."""

    class State(models.TextChoices):
        ACTIVE = "active", _("在用")
        PAUSED = "paused", _("暂停")
        GONE = "gone", _("对方说不再接收")
        REMOVED = "removed", _("已停用")

    party = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="+", verbose_name=_("网点")
    )
    url = models.CharField(_("接收地址"), max_length=500)
    types = ArrayField(models.CharField(max_length=24), default=list, verbose_name=_("事件"))
    state = models.CharField(_("状态"), choices=State, default=State.ACTIVE, max_length=8)
    # None: a program of the partner's own.
    created_by = models.ForeignKey(
        "staff.User", models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )
    created_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("接收地址")
        verbose_name_plural = pgettext_lazy("plural", "接收地址")

    def __str__(self) -> str:
        return self.url


class Reading(models.Model):
    """How far the outbox has been read for an endpoint: what lies behind has its deliveries."""

    endpoint = models.OneToOneField(
        Endpoint, models.CASCADE, primary_key=True, related_name="reading"
    )
    txid = models.BigIntegerField()
    event_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("已读到的位置")
        verbose_name_plural = pgettext_lazy("plural", "已读到的位置")

    def __str__(self) -> str:
        return f"{self.txid}-{self.event_id}"


class EndpointSecret(models.Model):
    """What deliveries are signed with. While it is exchanged the old one goes on for a day."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="secrets")
    sealed = SealedField()  # {"secret"}: to sign one has to know it
    created_by = models.ForeignKey("staff.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)  # null: the current one

    class Meta:
        verbose_name = _("通知的签名密钥")
        verbose_name_plural = pgettext_lazy("plural", "通知的签名密钥")
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"], condition=Q(valid_until=None), name="webhook_secret_current"
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.created_at:%Y-%m-%d}"


class Delivery(models.Model):
    """One event on its way to one endpoint. What it takes is copied here: the outbox may forget."""

    class State(models.TextChoices):
        PENDING = "pending", _("待送达")
        DELIVERED = "delivered", _("已送达")
        DEAD = "dead", _("没有送达")

    endpoint = models.ForeignKey(
        Endpoint, models.PROTECT, related_name="deliveries", verbose_name=_("接收地址")
    )
    event_id = models.BigIntegerField(_("事件的内部编号"))
    type = models.CharField(_("事件"), max_length=24)  # an Event.Kind
    at = models.DateTimeField(_("发生时间"))
    data = models.JSONField(default=dict)
    state = models.CharField(_("状态"), choices=State, default=State.PENDING, max_length=10)
    tries = models.PositiveSmallIntegerField(_("已试次数"), default=0)
    next_at = models.DateTimeField(_("下一次"), null=True)
    give_up_at = models.DateTimeField(_("试到"))
    # Whoever has it under way; another may take it from next_at on.
    lease = models.UUIDField(null=True)
    done_at = models.DateTimeField(_("了结时间"), null=True)

    class Meta:
        verbose_name = _("通知的送达")
        verbose_name_plural = pgettext_lazy("plural", "通知的送达")
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="webhook_event_once"),
            models.CheckConstraint(
                condition=Q(state="pending", next_at__isnull=False, done_at=None)
                | Q(~Q(state="pending"), next_at=None, lease=None, done_at__isnull=False),
                name="webhook_pending_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at"],
                condition=Q(state="pending"),
                name="webhook_due",
            ),
            models.Index(
                fields=["endpoint"], condition=Q(lease__isnull=False), name="webhook_under_way"
            ),
            models.Index(fields=["state", "-id"], name="webhook_by_state"),
            models.Index(
                fields=["endpoint", "-event_id"],
                condition=Q(state="dead"),
                name="webhook_dead",
            ),
            models.Index(
                fields=["done_at"], condition=Q(done_at__isnull=False), name="webhook_done"
            ),
        ]

    def __str__(self) -> str:
        return f"{Event.Kind(self.type).label} {self.event_id}"


class Attempt(models.Model):
    """One try to deliver; never changed."""

    class Error(models.TextChoices):
        NONE = "", _("没有")
        STATUS = "status", _("对方没有以 2xx 答复")
        TIMEOUT = "timeout", _("超时")
        NO_ADDRESS = "no_address", _("查不到域名")
        REFUSED = "address_refused", _("不是公网地址")
        CONNECTION = "connection", _("连接失败")
        FAILED = "failed", _("本公司出错")

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="attempts")
    at = models.DateTimeField(_("时间"))
    status = models.PositiveSmallIntegerField(_("HTTP 状态"), null=True)
    error = models.CharField(_("错误"), choices=Error, max_length=16, blank=True)
    milliseconds = models.PositiveIntegerField(_("用时（毫秒）"))

    class Meta:
        verbose_name = _("发送记录")
        verbose_name_plural = pgettext_lazy("plural", "发送记录")

    def __str__(self) -> str:
        return str(self.status or self.get_error_display())
