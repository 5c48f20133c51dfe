"""How many sealed values stand under which key; what was destroyed, what is held back, what people ask for."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case
from kefu.privacy.fields import SealedField
from kefu.staff.models import User

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
NEVER_DELETED = pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)
REASON_LIMIT = 300


class SealCount(models.Model):
    """How many values of a column stood under a key when they were last counted; counted anew, not kept."""

    place = models.CharField(_("数据栏"), max_length=130)  # table.column
    key_id = models.CharField(_("密钥"), max_length=64)  # "?" where a blob has none
    blobs = models.BigIntegerField(_("条数"))
    counted_at = models.DateTimeField(_("统计时间"))

    class Meta:
        verbose_name = _("加密密钥用量")
        verbose_name_plural = pgettext_lazy("plural", "加密密钥用量")
        ordering = ["key_id", "place"]
        constraints = [models.UniqueConstraint(fields=["place", "key_id"], name="seal_count_once")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.place}"


class Unit(models.TextChoices):
    """What is decided about: all that belongs to it goes together."""

    CASE = "case", pgettext_lazy("retention", "工单")
    WAYBILL = "waybill", _("运单")
    WAYBILL_SENDER = "waybill_sender", _("运单的寄件方")
    WAYBILL_RECEIVER = "waybill_receiver", _("运单的收件方")
    CUSTOMER = "customer", pgettext_lazy("person", "客户")
    SELF_SETTLED = "self_settled", _("自行了结")
    WAREHOUSE_REQUEST = "warehouse_request", _("仓库协助")
    REFUSED_ROWS = "refused_rows", _("导入被拒的行")
    REQUEST = "request", pgettext_lazy("retention", "个人信息请求")
    SCANS = "parcels_scan", _("扫描记录（整月）")
    AUDIT = "audit_row", _("审计记录（整月）")


class Sort(models.TextChoices):
    """The kinds of personal data, as the rulebooks name them (ES-404.11, ES-404.12)."""

    SERVICE_RECORD = "service_record", _("服务记录")
    CUSTOMER_DATA = "customer_data", _("客户信息")
    LOGISTICS_DATA = "logistics_data", _("物流信息")
    IMPORTS = "imports", _("导入的原表")
    AUDIT = "audit", pgettext_lazy("retention", "审计记录")


class PersonalRequestQuerySet(models.QuerySet["PersonalRequest"]):
    def visible_to(self, user: Any) -> Self:
        return self.all() if user.has_perm("retention.take_request") else self.none()

    def open(self) -> Self:
        return self.filter(state__in=PersonalRequest.OPEN)


class PersonalRequest(models.Model):
    """A person wants a copy of what we hold of him, a correction, or its deletion (guarantee 41)."""

    class Kind(models.TextChoices):
        COPY = "copy", pgettext_lazy("request", "查阅、复制")
        CORRECTION = "correction", pgettext_lazy("request", "更正")
        DELETION = "deletion", pgettext_lazy("request", "删除")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("request", "办理中")
        PROPOSED = "proposed", pgettext_lazy("request", "待复核")
        DONE = "done", pgettext_lazy("request", "已办结")
        REFUSED = "refused", pgettext_lazy("request", "不予办理")

    class Proof(models.TextChoices):
        """How we know that it is he who asks."""

        CALLED_BACK = "called_back", _("回拨登记的号码核实")
        CODE = "code", _("短信验证码核实")
        DOCUMENT = "document", _("出示证件核实（不留复印件）")
        ORDER = "order", _("核对寄件、收件细节")

    OPEN = (State.OPEN, State.PROPOSED)

    kind = models.CharField(_("请求"), choices=Kind, max_length=10)
    state = models.CharField(_("状态"), choices=State, default=State.OPEN, max_length=8)
    # {"name", "phone", "details"}, of a correction {"new_name", "new_phone", "new_address"} too.
    sealed = SealedField(_("本人信息"))
    name_masked = models.CharField(_("姓名"), max_length=64)
    phone_masked = models.CharField(_("电话"), max_length=64)
    token = models.BigIntegerField(
        _("号码"), editable=False
    )  # kefu.privacy.lookup, of the whole phone
    waybill_number = models.CharField(_("运单号"), max_length=24, blank=True)
    proof = models.CharField(_("身份核实"), choices=Proof, max_length=11)
    details = models.CharField(_("要求"), max_length=500, blank=True)  # redacted
    received_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=pgettext_lazy("request", "受理人")
    )
    received_at = models.DateTimeField(_("受理时间"))
    due_on = models.DateField(_("最迟办结"))
    proposed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("提议人")
    )
    proposed_at = models.DateTimeField(_("提议时间"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("办结人")
    )
    decided_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    reason = models.CharField(_("理由"), max_length=REASON_LIMIT, blank=True)  # redacted
    # Each thing with what became of it: {"unit", "id", "label", "outcome", "clause", "why"}; nobody's data.
    outcome: Any = models.JSONField(_("逐项结果"), default=list, blank=True)

    objects = PersonalRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("个人信息请求")
        verbose_name_plural = pgettext_lazy("plural", "个人信息请求")
        ordering = ["-pk"]
        permissions = [
            ("take_request", _("受理个人信息请求")),
            ("decide_request", _("复核个人信息请求")),
            ("hold_case", _("暂缓销毁和解除")),
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                condition=Q(state__in=["open", "proposed"]),
                name="request_due_soonest",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")) | Q(kind="copy"),
                name="request_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "proposed"], decided_at=None, decided_by=None)
                | Q(
                    state__in=["done", "refused"],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
                name="request_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(reason=""), name="request_refused_with_reason"
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("open", "proposed"),
                    ("open", "done"),
                    ("open", "refused"),
                    ("proposed", "open"),
                    ("proposed", "done"),
                    ("proposed", "refused"),
                ],
            ),
            pgtrigger.ReadOnly(
                name="request_stays",
                fields=["kind", "token", "waybill_number", "proof", "received_by", "received_at"],
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"GR-{self.pk:06}" if self.pk else "GR"


class Destruction(models.Model):
    """One batch that was destroyed, or whose use was restricted: what and how much, never whose (ES-404.15).

    Written by the database's own functions together with the deed; nobody else may.
    """

    class Method(models.TextChoices):
        ERASED = "erased_for_good", _("彻底清除")
        RESTRICTED = "use_restricted", _("限制使用")

    unit = models.CharField(_("对象"), choices=Unit, max_length=20)
    kind = models.CharField(_("种类"), choices=Sort, max_length=16)
    restricted = models.BooleanField(_("仅限制使用"), default=False)
    objects_n = models.PositiveIntegerField(_("数量"), db_column="objects")
    rows = models.BigIntegerField(_("数据行"))
    since = models.DateField(_("最早一条"))
    until = models.DateField(_("最晚一条"))
    clause = models.CharField(_("条款"), max_length=16, blank=True)  # blank: the house's own period
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("适用规章"),
    )
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("操作人")
    )
    request = models.ForeignKey(
        PersonalRequest,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="destructions",
        verbose_name=_("个人信息请求"),
    )
    method = models.CharField(_("方式"), choices=Method, max_length=16)
    at = models.DateTimeField(_("销毁时间"))

    class Meta:
        verbose_name = _("销毁记录")
        verbose_name_plural = pgettext_lazy("plural", "销毁记录")
        ordering = ["-pk"]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"XH-{self.pk:06}"


class Destroyed(models.Model):
    """One object of a batch, so that what is over is told from what is due. What comes later is due anew."""

    destruction = models.ForeignKey(Destruction, models.PROTECT, related_name="items")
    unit = models.CharField(choices=Unit, max_length=20)
    kind = models.CharField(choices=Sort, max_length=16)
    restricted = models.BooleanField(default=False)
    object_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("已销毁的对象")
        verbose_name_plural = pgettext_lazy("plural", "已销毁的对象")
        indexes = [
            models.Index(fields=["unit", "object_id", "kind"], name="destroyed_by_object"),
        ]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.unit} {self.object_id} {self.kind}"


class Hold(models.Model):
    """Of this case and its parcel nothing is destroyed until somebody else lifts it."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="holds", verbose_name=_("工单"))
    reason = models.CharField(_("理由"), max_length=REASON_LIMIT)  # redacted
    placed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("暂缓人"))
    placed_at = models.DateTimeField(_("暂缓时间"))
    lifted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("解除人")
    )
    lifted_at = models.DateTimeField(_("解除时间"), null=True, blank=True)
    lifted_for = models.CharField(_("解除理由"), max_length=REASON_LIMIT, blank=True)

    class Meta:
        verbose_name = _("暂缓销毁")
        verbose_name_plural = pgettext_lazy("plural", "暂缓销毁")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(lifted_at=None), name="hold_once_a_case"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_has_a_reason"),
            models.CheckConstraint(
                condition=Q(lifted_by=None, lifted_at=None)
                | (
                    Q(lifted_by__isnull=False, lifted_at__isnull=False)
                    & ~Q(lifted_by=F("placed_by"))
                    & ~Q(lifted_for="")
                ),
                name="hold_lifted_by_another",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="hold_stays", fields=["case", "reason", "placed_by", "placed_at"]
            ),
            pgtrigger.Protect(
                name="lifted_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__lifted_at__isnull=False),
            ),
            NEVER_DELETED,
        ]

    def __str__(self) -> str:
        return f"{self.case}"
