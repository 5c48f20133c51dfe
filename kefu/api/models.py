"""Keys that partners call with, and the answers already given to repeated calls."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.privacy.fields import SealedField


class ApiKey(models.Model):
    """A partner's key. The secret is shown once and stored as its SHA-256 digest."""

    class Scope(models.TextChoices):
        READ = "network_queries:read", _("查看网点查询")
        WRITE = "network_queries:write", _("答复和发起网点查询")
        READ_MESSAGES = "parcel_messages:read", _("查看问题件留言")
        WRITE_MESSAGES = "parcel_messages:write", _("回复和发出问题件留言")
        READ_COMPLAINTS = "complaints:read", _("查看针对自己的投诉")
        READ_CLAIMS = "claims:read", _("查看自己的理赔")
        READ_WAYBILLS = "waybills:read", _("查自己的运单")
        READ_STATEMENTS = "statements:read", _("查看自己的对账单")
        WRITE_STATEMENTS = "statements:write", _("确认自己的对账单")
        READ_APPEALS = "appeals:read", _("查看自己的异议")
        WRITE_APPEALS = "appeals:write", _("提出和撤回异议")
        READ_NUMBERS = "contact_numbers:read", _("查看自己的号码")
        WRITE_NUMBERS = "contact_numbers:write", _("变更自己的号码")
        READ_CHANGES = "changes:read", _("查看与自己有关的变化")
        READ_WEBHOOKS = "webhooks:read", _("查看自己的接收地址")
        WRITE_WEBHOOKS = "webhooks:write", _("管理自己的接收地址")
        READ_DEADLINES = "deadlines:read", _("查看自己要遵守的时限")
        READ_PENALTIES = "penalties:read", _("查看自己的处罚")

    party = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="api_keys", verbose_name=_("网点")
    )
    name = models.CharField(_("用途"), max_length=60)
    prefix = models.CharField(_("前缀"), max_length=12, unique=True, editable=False)
    secret_digest = models.BinaryField(max_length=32, editable=False)
    scopes = ArrayField(
        models.CharField(choices=Scope, max_length=32),
        default=list,
        verbose_name=_("权限"),
    )
    networks = ArrayField(
        models.CharField(max_length=43),
        default=list,
        blank=True,
        verbose_name=_("来源地址"),
    )
    # The key of an account's own pages; nobody has ever seen its secret.
    account = models.OneToOneField(
        "staff.User",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="page_key",
        verbose_name=_("网页账号"),
    )
    created_by = models.ForeignKey(
        "staff.User", models.PROTECT, related_name="+", verbose_name=_("签发人")
    )
    created_at = models.DateTimeField(_("签发时间"))
    expires_at = models.DateTimeField(_("到期时间"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("吊销时间"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("最近使用"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("接口密钥")
        verbose_name_plural = pgettext_lazy("plural", "接口密钥")
        ordering = ["party", "-created_at"]

    def __str__(self) -> str:
        return f"{self.party} {self.name} ({self.prefix}…)"


class SigningSecret(models.Model):
    """What a key's writes are signed with. A key without one does not sign."""

    api_key = models.OneToOneField(
        ApiKey, models.CASCADE, primary_key=True, related_name="signing_secret"
    )
    sealed = SealedField()  # {"secret"}: to check a signature one has to know it

    class Meta:
        verbose_name = _("签名密钥")
        verbose_name_plural = pgettext_lazy("plural", "签名密钥")

    def __str__(self) -> str:
        return str(self.api_key_id)


class Nonce(models.Model):
    """A word that a signed request has used, kept while the request could still be sent again."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", db_index=False)
    nonce = models.CharField(max_length=64)
    used_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("已用的随机数")
        verbose_name_plural = pgettext_lazy("plural", "已用的随机数")
        constraints = [models.UniqueConstraint(fields=["api_key", "nonce"], name="nonce_once")]

    def __str__(self) -> str:
        return self.nonce


class IdempotentAnswer(models.Model):
    """The answer to a POST, kept so that repeating it has one effect (same transaction as the effect)."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="answers")
    key = models.CharField(max_length=255)
    request_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    sealed = SealedField()  # {"body", "etag", "location"}
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("幂等答复")
        verbose_name_plural = pgettext_lazy("plural", "幂等答复")
        indexes = [models.Index(fields=["created_at"], name="idempotent_age")]
        constraints = [models.UniqueConstraint(fields=["api_key", "key"], name="idempotent_once")]

    def __str__(self) -> str:
        return self.key


class CallCount(models.Model):
    """How often a key has called in the minute it called last."""

    api_key = models.OneToOneField(ApiKey, models.CASCADE, primary_key=True, related_name="+")
    minute = models.DateTimeField()
    calls = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("调用次数")
        verbose_name_plural = pgettext_lazy("plural", "调用次数")

    def __str__(self) -> str:
        return f"{self.api_key_id} {self.calls}"


class FailedAttempts(models.Model):
    """How often an address has come with keys that are none, since the running stretch began."""

    address = models.CharField(_("来源地址"), max_length=45, primary_key=True)
    count = models.PositiveIntegerField(_("次数"))
    since = models.DateTimeField(_("起"))

    class Meta:
        verbose_name = _("无效密钥尝试")
        verbose_name_plural = pgettext_lazy("plural", "无效密钥尝试")

    def __str__(self) -> str:
        return f"{self.address} {self.count}"
