"""The claim: what is demanded and by whom, on which evidence, who is liable, what was agreed."""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Attachment, Case
from kefu.privacy.fields import SealedField
from kefu.staff.models import User

# A range on every amount keeps NaN and the absurd out.
MOST = 9_999_999


class ClaimQuerySet(models.QuerySet["Claim"]):
    def visible_to(self, user: Any) -> Self:
        """Our own people see all claims; an outlet those it handles itself or is liable for (LC-01.24)."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.role != User.Role.OUTLET:
            return self.all()
        return self.of_party(user.party_id)

    def of_party(self, party_id: int | None) -> Self:
        """Those a unit handles itself, and those it is found liable for."""
        liable = Liability.objects.filter(
            finding__claim=models.OuterRef("pk"),
            finding__outcome=Finding.Outcome.CONFIRMED,
            party=party_id,
        )
        return self.filter(Q(case__outlet=party_id) | models.Exists(liable))

    def open(self) -> Self:
        return self.exclude(stage=Claim.Stage.CLOSED)


# The order of the regulation; the database holds the same table (trigger below).
STAGES = frozenset(
    {
        ("evidence", "confirmation"),
        ("confirmation", "evidence"),  # sent back
        ("confirmation", "negotiation"),
        ("negotiation", "approval"),
        ("negotiation", "payment"),
        ("approval", "negotiation"),  # refused
        ("approval", "payment"),
        ("payment", "recovery"),
        ("recovery", "closed"),
        # Nothing is owed: withdrawn by the customer, or declined with a reason.
        ("evidence", "closed"),
        ("confirmation", "closed"),
        ("negotiation", "closed"),
        ("approval", "closed"),
        ("closed", "evidence"),  # reopened; never after a payment
    }
)


class Claim(models.Model):
    """A customer's demand for a loss, a delay or a damage: the extension of a case (CD 5 and 12.7, LC 04)."""

    class Loss(models.TextChoices):
        LOSS = "loss", _("遗失")
        SHORTAGE = "shortage", _("短少")
        DAMAGE = "damage", _("破损")
        DELAY = "delay", _("延误")

    class Place(models.TextChoices):
        """Where the damage is (CD-05.12, CD-05.13)."""

        OUTER = "outer", _("外包装破损")
        INNER = "inner", _("外好内损")

    class Claimant(models.TextChoices):
        SENDER = "sender", _("寄件人")
        RECEIVER = "receiver", _("收件人")

    class Stage(models.TextChoices):
        """What has to be done next."""

        EVIDENCE = "evidence", _("取证定责")
        CONFIRMATION = "confirmation", _("待确认责任")
        NEGOTIATION = "negotiation", _("协商金额")
        APPROVAL = "approval", _("待审批")
        PAYMENT = "payment", _("待付款")
        RECOVERY = "recovery", _("通知与追偿")
        CLOSED = "closed", _("已结案")

    class Ending(models.TextChoices):
        """How a closed claim ended."""

        PAID = "paid", _("已赔付")
        WITHDRAWN = "withdrawn", _("客户撤回")
        DECLINED = "declined", _("不予赔付")
        COUPON = "coupon", _("已发优惠券")  # no cash and no claim payment (ES-303.13)

    class Satisfaction(models.TextChoices):
        """The house's marks (LC-04.03)."""

        SATISFIED = "satisfied", _("满意")
        NEUTRAL = "neutral", _("一般")
        UNSATISFIED = "unsatisfied", _("不满意")

    case = models.OneToOneField(
        Case, models.PROTECT, primary_key=True, related_name="claim", verbose_name=_("工单")
    )
    # As the case's; here so that the database sees a second open claim for the same loss.
    waybill_number = models.CharField(_("运单号"), max_length=24)
    loss = models.CharField(_("类型"), choices=Loss, max_length=8)
    place = models.CharField(_("破损部位"), choices=Place, max_length=5, blank=True)
    claimant = models.CharField(_("索赔人"), choices=Claimant, max_length=8)
    stage = models.CharField(_("环节"), choices=Stage, default=Stage.EVIDENCE, max_length=12)
    ending = models.CharField(_("结果"), choices=Ending, max_length=9, blank=True)
    # The customer's demand: the clock counts from here (CD-05.17, CD-05.19).
    demanded_at = models.DateTimeField(_("提出时间"))
    demanded_amount = models.DecimalField(
        _("索赔金额（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    # What compensation is computed by; None: not known (yet).
    insured_amount = models.DecimalField(
        _("声明价值（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    proved_value = models.DecimalField(
        _("证明价值（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    freight = models.DecimalField(
        _("运费（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    repairable = models.BooleanField(_("可修复"), null=True, blank=True)
    repair_cost = models.DecimalField(
        _("修复费用（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    share = models.DecimalField(_("损失比例"), max_digits=7, decimal_places=6, default=1)
    delay_days = models.PositiveSmallIntegerField(_("延误天数"), null=True, blank=True)
    force_majeure = models.BooleanField(_("不可抗力"), default=False)
    signed_unchecked = models.BooleanField(_("未当面验货即签收"), default=False)
    # Goes to the head of the centre at once (LC-01.08).
    major = models.BooleanField(_("重大"), default=False)
    deadline = models.OneToOneField(
        "deadlines.Deadline",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="claim",
        verbose_name=_("时限"),
    )
    satisfaction = models.CharField(
        _("客户满意度"), choices=Satisfaction, max_length=11, blank=True
    )
    settled_at = models.DateTimeField(_("谈定或赔付时间"), null=True, blank=True)
    closed_at = models.DateTimeField(_("结案时间"), null=True, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("理赔")
        verbose_name_plural = pgettext_lazy("plural", "理赔")
        permissions = [
            ("work_claim", _("办理理赔")),
            ("confirm_finding", _("确认责任")),
            ("approve_settlement", _("审批赔付")),
            ("approve_any_settlement", _("审批大额或偏离标准的赔付")),
            ("pay_claim", _("付款")),
            ("recover", _("追偿和保险")),
        ]
        indexes = [
            # Ageing: the open ones by stage and day of demand.
            models.Index(
                fields=["stage", "demanded_at"],
                condition=~Q(stage="closed"),
                name="claim_open_ages",
            ),
            models.Index(fields=["demanded_at"], name="claim_by_demand"),
            models.Index(
                fields=["closed_at"], condition=Q(stage="closed"), name="claim_by_closing"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1), name="claim_share_in_range"
            ),
            models.CheckConstraint(
                condition=(Q(demanded_amount=None) | Q(demanded_amount__range=(0, MOST)))
                & (Q(insured_amount=None) | Q(insured_amount__range=(0, MOST)))
                & (Q(proved_value=None) | Q(proved_value__range=(0, MOST)))
                & (Q(freight=None) | Q(freight__range=(0, MOST)))
                & (Q(repair_cost=None) | Q(repair_cost__range=(0, MOST))),
                name="claim_amounts_in_range",
            ),
            models.CheckConstraint(
                condition=Q(stage="closed", closed_at__isnull=False) & ~Q(ending="")
                | ~Q(stage="closed") & Q(closed_at=None, ending=""),
                name="claim_closed_with_ending",
            ),
            models.UniqueConstraint(
                fields=["waybill_number", "loss"],
                condition=~Q(stage="closed") & ~Q(waybill_number=""),
                name="claim_one_open_for_a_loss",
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="stage_flow", field="stage", transitions=sorted(STAGES)),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_loss_display()}"


class Evidence(models.Model):
    """One piece of evidence with its collector and time (LC-01.17). Rows are only ever added."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("照片")
        VALUE_PROOF = "value_proof", _("价值证明")
        RECEIPT = "receipt", _("回单或签收底单")
        WAYBILL = "waybill", _("运单")
        TRACKING = "tracking", _("物流轨迹")
        STATEMENT = "statement", _("经手人说明")
        IDENTITY = "identity", _("身份证明")
        REPAIR_BILL = "repair_bill", _("修复单据")
        OTHER = "other", _("其他")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="evidence", verbose_name=_("理赔")
    )
    kind = models.CharField(_("种类"), choices=Kind, max_length=12)
    photo = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("照片")
    )
    sealed = SealedField(_("原文"), null=True)  # {"text"}
    note = models.CharField(_("说明"), max_length=500, blank=True)  # redacted
    collected_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("取证人")
    )
    collected_at = models.DateTimeField(_("取证时间"))
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("证据")
        verbose_name_plural = pgettext_lazy("plural", "证据")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(photo__isnull=False) | ~Q(note=""), name="evidence_shows_something"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.get_kind_display()}"


class Finding(models.Model):
    """Who is liable and why, as the adjuster submits it; another person confirms it (LC-01.07)."""

    class Outcome(models.TextChoices):
        PENDING = "", _("待确认")
        CONFIRMED = "confirmed", _("已确认")
        SENT_BACK = "sent_back", _("退回重查")

    class Cause(models.TextChoices):
        """The house's list, by which causes are counted each month."""

        LOST_IN_TRANSIT = "lost_in_transit", _("运输途中遗失")
        LOST_AT_OUTLET = "lost_at_outlet", _("网点内遗失")
        THEFT = "theft", _("被盗")
        MISSENT = "missent", _("错发错派")
        ROUGH_HANDLING = "rough_handling", _("操作不当")
        PACKAGING = "packaging", _("包装不当")
        WATER = "water", _("水湿")
        LATE_LINE_HAUL = "late_line_haul", _("干线延误")
        LATE_DELIVERY = "late_delivery", _("派送延误")
        FORCE_MAJEURE = "force_majeure", _("不可抗力")
        OTHER = "other", _("其他")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="findings", verbose_name=_("理赔")
    )
    facts = models.CharField(_("查明的事实"), max_length=1000)  # redacted
    cause = models.CharField(_("原因"), choices=Cause, max_length=40)
    reason = models.CharField(_("责任划分理由"), max_length=500)  # redacted
    submitted_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("提交人")
    )
    submitted_at = models.DateTimeField(_("提交时间"))
    outcome = models.CharField(
        _("结论"), choices=Outcome, default=Outcome.PENDING, max_length=9, blank=True
    )
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("确认人")
    )
    decided_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    note = models.CharField(_("意见"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("定责")
        verbose_name_plural = pgettext_lazy("plural", "定责")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("submitted_by")),
                name="finding_two_people",
                violation_error_message=_("不能确认自己提交的定责"),
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by=None, decided_at=None)
                | ~Q(outcome="") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="finding_decided_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["claim"], condition=Q(outcome=""), name="finding_one_open"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="finding_stays",
                exclude=["outcome", "decided_by", "decided_at", "note"],
            ),
            pgtrigger.Protect(
                name="decision_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__outcome__in=["confirmed", "sent_back"]),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.cause}"


class Liability(models.Model):
    """One of the liable and his share of a hundred (LC-01.18); fen go to the largest remainders when the amount is agreed."""

    class Kind(models.TextChoices):
        """As the rulebooks name them."""

        OUTLET = "outlet", _("网点")
        MARKET_AREA = "market_area", _("市场部")
        LINE_HAUL_VEHICLE = "line_haul_vehicle", _("干线车辆")
        LOADER = "loader", _("装卸")
        STAFF = "staff", _("员工")
        CUSTOMER = "customer", _("客户")
        UNATTRIBUTABLE = "unattributable", _("无法归责")

    finding = models.ForeignKey(
        Finding, models.PROTECT, related_name="liable", verbose_name=_("定责")
    )
    kind = models.CharField(_("类别"), choices=Kind, max_length=20)
    # None: the customer himself, or nobody; what they bear is the company's.
    party = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="liabilities",
        verbose_name=_("责任方"),
    )
    percent = models.DecimalField(_("责任比例（%）"), max_digits=5, decimal_places=2)

    class Meta:
        verbose_name = _("责任份额")
        verbose_name_plural = pgettext_lazy("plural", "责任份额")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100), name="liability_percent_in_range"
            ),
            models.UniqueConstraint(fields=["finding", "party"], name="liability_party_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.percent}%"
