"""Who saw and changed what. Rows are inserted only, sealed into a monthly hash chain within a minute."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.database.functions import CurrentTransaction


class AuditRow(models.Model):
    """One act: a view of personal data, a change of a record, a decision. Partitioned by month.

    Holds no unmasked personal data and no secrets.
    """

    txid = models.BigIntegerField(editable=False, db_default=CurrentTransaction())
    at = models.DateTimeField(_("时间"))
    actor_id = models.BigIntegerField(_("操作人"), null=True)
    actor_name = models.CharField(_("操作人"), max_length=150, blank=True)
    role = models.CharField(_("角色"), max_length=16, blank=True)
    action = models.CharField(_("操作"), max_length=40)
    table = models.CharField(_("对象类别"), max_length=63, blank=True)
    object_id = models.CharField(_("对象"), max_length=64, blank=True)
    before = models.JSONField(_("变更前"), null=True)
    after = models.JSONField(_("变更后"), null=True)
    reason = models.CharField(_("理由"), max_length=300, blank=True)
    address = models.CharField(_("来源地址"), max_length=45, blank=True)
    request_id = models.CharField(_("请求号"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("审计记录")
        verbose_name_plural = pgettext_lazy("plural", "审计记录")
        ordering = ["-id"]
        managed = False  # partitions are made in SQL
        db_table = "audit_row"

    def __str__(self) -> str:
        return f"{self.action} {self.table} {self.object_id}"


class AuditSeal(models.Model):
    """One link of the month's chain: the digest over a run of audit rows and the link before it."""

    month = models.DateField(_("月份"))
    number = models.PositiveIntegerField(_("序号"))
    first_txid = models.BigIntegerField()
    last_txid = models.BigIntegerField()
    rows = models.PositiveIntegerField(_("行数"))
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField(_("封存时间"))

    class Meta:
        verbose_name = _("审计封存")
        verbose_name_plural = pgettext_lazy("plural", "审计封存")
        ordering = ["month", "number"]
        constraints = [models.UniqueConstraint(fields=["month", "number"], name="audit_seal_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.number}"


class AuditAnchor(models.Model):
    """What is left of a month whose rows retention dropped: how many there were, and how their chain ended.

    The month's seals stay. Written by the database's own function as it drops the month, and never changed.
    """

    month = models.DateField(_("月份"), unique=True)
    rows = models.BigIntegerField(_("行数"))
    links = models.PositiveIntegerField(_("封存数"))
    digest = models.BinaryField(max_length=32)  # of the last seal
    signature = models.BinaryField(
        max_length=32
    )  # HMAC over the four, under the lookup key, which stays
    at = models.DateTimeField(_("销毁时间"))

    class Meta:
        verbose_name = _("审计锚点")
        verbose_name_plural = pgettext_lazy("plural", "审计锚点")
        ordering = ["-month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
