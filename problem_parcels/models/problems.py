"""The problem parcel: what was found wrong each time, whom we tried to reach, and what becomes of it."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case
from kefu.privacy.fields import SealedField
from kefu.staff.models import User


class ProblemParcelQuerySet(models.QuerySet["ProblemParcel"]):
    def visible_to(self, user: Any) -> Self:
        """What the desks work is for our own people; an outlet sees the messages it wrote or got."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.none() if user.role == User.Role.OUTLET else self.all()


class ProblemParcel(models.Model):
    """A parcel that could not go its way: the extension of a case (CD sections 4, 6, 7 and 9)."""

    class Problem(models.TextChoices):
        """The types of the regulation, as policy's clauses call them."""

        ADDRESS_UNCLEAR = "address_unclear", _("地址不详")
        ADDRESS_MOVED = "address_moved", _("地址搬迁")
        ADDRESS_CHANGE = "address_change", _("改地址")
        NOBODY_HOME = "nobody_home", _("送无人")
        COLLECT_REFUSED = "collect_refused", _("到付拒收")
        REFUSED = "refused", _("拒收")
        OUT_OF_AREA = "out_of_area", _("超区")
        OPENED_INSPECTION = "opened_inspection", _("拆包验货")
        SELF_PICKUP = "self_pickup", _("自取")
        MISSORTED = "missorted", _("错分")
        MISSENT = "missent", _("错发")
        RETURNED = "returned", pgettext_lazy("problem", "退回")
        DAMAGED_OUTSIDE = "damaged_outside", _("外包装破损")
        DAMAGED_INSIDE = "damaged_inside", _("外好内损")
        NO_OUTLET = "no_outlet", _("无网点")
        FORWARDED = "forwarded", _("转寄")
        PROHIBITED = "prohibited", _("违禁品")
        DELAYED = "delayed", _("延误")
        OTHER = "other", _("其他")

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("进港")
        OUTBOUND = "outbound", _("出港")

    class Place(models.TextChoices):
        """Where the parcel lies; both count the third day their own way (CD-04.25, CD-07.11)."""

        WAREHOUSE = "warehouse", _("仓库")
        STOREFRONT = "storefront", _("营业厅")

    case = models.OneToOneField(
        Case,
        models.PROTECT,
        primary_key=True,
        related_name="problem_parcel",
        verbose_name=_("工单"),
    )
    direction = models.CharField(_("方向"), choices=Direction, max_length=8)
    place = models.CharField(_("存放在"), choices=Place, max_length=10)
    same_city = models.BooleanField(_("同城"), default=False)
    # The type it has now: that of its latest record.
    problem = models.CharField(_("类型"), choices=Problem, max_length=20)
    registered_at = models.DateTimeField(_("登记时间"))
    registered_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )

    objects = ProblemParcelQuerySet.as_manager()

    class Meta:
        verbose_name = _("问题件")
        verbose_name_plural = pgettext_lazy("plural", "问题件")
        indexes = [models.Index(fields=["registered_at"], name="problem_registered")]

    def __str__(self) -> str:
        return self.get_problem_display()


class ProblemRecord(models.Model):
    """What was found wrong at one time, with all that its type asks for. Rows are only ever added.

    The decision stands beside the facts with the edition of the rulebook it was taken under.
    """

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="problem_records", verbose_name=_("工单")
    )
    problem = models.CharField(_("类型"), choices=ProblemParcel.Problem, max_length=20)
    # What was chosen, by the names policy has for it: {"reached": "no", "refusal_reason": "too_expensive", …}.
    chosen = models.JSONField(_("所选"), default=dict)
    # {"remark", "reason", "new_address", "new_recipient", "new_phone"}; the redacted remark stands beside.
    sealed = SealedField(_("原文"))
    remark = models.TextField(_("备注"), blank=True)
    # The refusal counts, or it does not and delivery goes on (CD-09.18, CD-09.29).
    valid = models.BooleanField(_("理由成立"), default=True)
    liable = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("延误责任"),
    )
    scanned_at = models.DateTimeField(_("问题件扫描"))
    recorded_at = models.DateTimeField(_("登记时间"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    # What policy decided by: {"facts", "recorded", "steps"}.
    inputs = models.JSONField(_("判定依据"), default=dict)

    class Meta:
        verbose_name = _("问题登记")
        verbose_name_plural = pgettext_lazy("plural", "问题登记")
        ordering = ["recorded_at", "id"]
        indexes = [models.Index(fields=["case", "id"], name="problem_record_of_case")]
        triggers = [
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_problem_display()}"


class ContactAttempt(models.Model):
    """One attempt to reach somebody by one number: a row of its own, so that each can be shown (CD-09.05)."""

    class Outcome(models.TextChoices):
        REACHED = "reached", _("已联系上")
        NO_ANSWER = "no_answer", _("没人接")
        NOT_CONNECTED = "not_connected", _("打不通")
        BUSY = "busy", _("正在通话")
        SUSPENDED = "suspended", _("已停机")
        SWITCHED_OFF = "switched_off", _("已关机")
        PHONE_FAULT = "phone_fault", _("电话故障")
        OTHER = "other", _("其他")

    class Whose(models.TextChoices):
        RECEIVER = "receiver", _("收件人")
        SENDER = "sender", _("寄件人")
        OTHER = "other", _("其他人")

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="contact_attempts", verbose_name=_("工单")
    )
    whose = models.CharField(_("谁的号码"), choices=Whose, max_length=8)
    sealed = SealedField(_("号码"))  # {"number"}
    number_masked = models.CharField(_("号码"), max_length=40)
    at = models.DateTimeField(_("拨打时间"))
    outcome = models.CharField(_("结果"), choices=Outcome, max_length=16)
    recorded_at = models.DateTimeField(_("登记时间"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )

    class Meta:
        verbose_name = _("联系记录")
        verbose_name_plural = pgettext_lazy("plural", "联系记录")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["case", "at"], name="contact_attempt_of_case")]
        constraints = [
            models.CheckConstraint(
                condition=Q(at__lte=models.F("recorded_at")), name="contact_attempt_not_ahead"
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.number_masked} {self.get_outcome_display()}"


class Disposal(models.Model):
    """What is decided to become of a parcel, and whether that was carried out. One open at a time."""

    class Kind(models.TextChoices):
        RETURN = "return", _("退回发件公司")
        RETURN_TO_COURIER = "return_to_courier", _("退回业务员")
        REDISPATCH = "redispatch", _("再派")
        NEW_ADDRESS = "new_address", _("改新址派送")
        PICKUP = "pickup", _("待自取")
        FORWARD = "forward", _("转寄")
        SEND_ON = "send_on", _("发往正确目的地")
        CONTRACTOR = "contractor", _("交承包区")

    class AskedBy(models.TextChoices):
        """Who asked for it; policy's names where the regulation lists them (CD-09.27)."""

        SENDING_COMPANY = "sending_company", _("发件公司")
        RECIPIENT = "recipient", _("收件人")
        NOBODY = "nobody", _("满五天没有回复")
        RULE = "rule", _("按规章")
        COURIER = "courier", _("业务员")
        DESK = "desk", _("本席")

    class Because(models.TextChoices):
        """Why the rulebook decides it by itself."""

        NO_REASON = "no_reason", _("没有原因，次日原址再派")
        INVALID = "invalid", _("理由不成立，继续派送")
        COURIER = "courier", _("业务员原因，交回业务员")
        AGREED = "agreed", _("已约次日派送")
        ASKED = "asked", _("登记时已有人要求退回")
        PROHIBITED = "prohibited", _("违禁品，直接退回")
        UNANSWERED = "unanswered", _("留言满五天没有回复")

    case = models.ForeignKey(Case, models.PROTECT, related_name="disposals", verbose_name=_("工单"))
    kind = models.CharField(_("处置"), choices=Kind, max_length=20)
    asked_by = models.CharField(_("谁要求"), choices=AskedBy, max_length=16)
    because = models.CharField(_("为什么"), choices=Because, max_length=12, blank=True)
    sealed = SealedField(_("原文"))  # {"reason", "person"}
    reason = models.CharField(_("原因"), max_length=300, blank=True)  # redacted
    mark = models.CharField(_("面单标注"), max_length=120, blank=True)
    deadline = models.OneToOneField(
        "deadlines.Deadline",
        models.PROTECT,
        null=True,
        related_name="disposal",
        verbose_name=_("时限"),
    )
    decided_at = models.DateTimeField(_("决定时间"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("决定人")
    )
    carried_out_at = models.DateTimeField(_("办理时间"), null=True, blank=True)
    carried_out_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("办理人")
    )
    withdrawn_at = models.DateTimeField(_("改变时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("处置")
        verbose_name_plural = pgettext_lazy("plural", "处置")
        ordering = ["decided_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(carried_out_at=None, withdrawn_at=None),
                name="disposal_one_open",
            ),
            models.CheckConstraint(
                condition=Q(carried_out_at=None) | Q(withdrawn_at=None),
                name="disposal_done_or_withdrawn",
            ),
            models.CheckConstraint(
                condition=Q(carried_out_at=None) | Q(carried_out_at__gte=models.F("decided_at")),
                name="disposal_done_after_decided",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_kind_display()}"
