"""What it costs to send a parcel back, on with another carrier, or into a warehouse (CD sections 4, 6 and 11)."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case
from kefu.staff.models import User
from problem_parcels.models.problems import Disposal


def _append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class ReturnCharge(models.Model):
    """The freight of one parcel that goes back. A corrected one is a new row; the newest counts.

    ``amount`` None: the rulebook has no fee for what does not go by air.
    """

    case = models.ForeignKey(
        Case, models.PROTECT, related_name="return_charges", verbose_name=_("工单")
    )
    disposal = models.ForeignKey(
        Disposal,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="return_charges",
        verbose_name=_("处置"),
    )
    by_air = models.BooleanField(_("航空件"))
    destination = models.CharField(_("退往"), max_length=60)
    division = models.CharField(_("行政区划代码"), max_length=6, blank=True)
    shuttle = models.BooleanField(_("有网络班车"), null=True)
    weight_kg = models.DecimalField(_("重量（公斤）"), max_digits=8, decimal_places=2)
    amount = models.DecimalField(_("退回运费（元）"), max_digits=10, decimal_places=2, null=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    inputs = models.JSONField(_("判定依据"), default=dict)  # {"facts", "steps"}
    charged_at = models.DateTimeField(_("计费时间"))
    charged_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经手人"))

    class Meta:
        verbose_name = _("退回运费")
        verbose_name_plural = pgettext_lazy("plural", "退回运费")
        ordering = ["-id"]
        indexes = [models.Index(fields=["charged_at"], name="return_charged")]
        constraints = [
            models.CheckConstraint(
                condition=Q(by_air=False, amount=None)
                | Q(
                    Q(by_air=True, amount__range=(0, 999_999), shuttle__isnull=False),
                    ~Q(division=""),
                ),
                name="return_charge_by_air_only",
            ),
            models.CheckConstraint(
                condition=Q(weight_kg__gt=0, weight_kg__lte=99_999), name="return_charge_weighed"
            ),
        ]
        triggers = [_append_only()]

    def __str__(self) -> str:
        return f"{self.case_id} {self.amount}"


class SlipBatch(models.Model):
    """The slips of a period as they are handed to finance, signed by both (CD-06.19)."""

    from_on = models.DateField(_("从"))
    to_on = models.DateField(_("到"))
    handed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("交单人"))
    handed_at = models.DateTimeField(_("交单时间"))
    received_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("财务签收人")
    )
    received_at = models.DateTimeField(_("财务签收时间"), null=True)

    class Meta:
        verbose_name = _("转寄单交接")
        verbose_name_plural = pgettext_lazy("plural", "转寄单交接")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(from_on__lte=F("to_on")), name="slip_batch_period"),
            models.CheckConstraint(
                condition=Q(received_by=None, received_at=None)
                | Q(Q(received_at__gte=F("handed_at")), ~Q(received_by=F("handed_by"))),
                name="slip_batch_two_people",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="hand_over_stays", fields=["from_on", "to_on", "handed_by", "handed_at"]
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.from_on} – {self.to_on}"


class Forwarding(models.Model):
    """A parcel that another carrier takes on, or that its courier had returned instead (CD-06.14 … CD-06.18)."""

    class Account(models.TextChoices):
        """Who pays for it, as policy's clauses call it."""

        PREPAID = "prepaid", _("现付")
        MONTHLY = "monthly", _("月结")
        CONTRACTOR = "contractor", _("承包区")
        COLLECT = "collect", _("到付")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("forwarding", "办理中")
        HELD = "held", _("等补费")
        PACKED = "packed", _("已打包")
        RETURNED = "returned", pgettext_lazy("forwarding", "改退回")

    waybill = models.ForeignKey(
        "parcels.Waybill", models.PROTECT, related_name="forwardings", verbose_name=_("运单")
    )
    waybill_number = models.CharField(_("运单号"), max_length=24)
    case = models.ForeignKey(
        Case,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="forwardings",
        verbose_name=_("工单"),
    )
    account = models.CharField(_("结算"), choices=Account, max_length=12)
    # The destination has no outlet of ours: the courier decides first (CD-06.15).
    unserved = models.BooleanField(_("无网点"), default=False)
    courier = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("业务员"),
    )
    carrier = models.CharField(_("转寄公司"), max_length=40)
    state = models.CharField(_("状态"), choices=State, default=State.OPEN, max_length=10)
    weight_kg = models.DecimalField(
        _("重量（公斤）"), max_digits=8, decimal_places=2, null=True, blank=True
    )
    fee = models.DecimalField(
        _("转寄费用（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    paid = models.DecimalField(_("已付（元）"), max_digits=10, decimal_places=2, default=0)
    shortfall = models.DecimalField(_("差额（元）"), max_digits=10, decimal_places=2, default=0)
    slip_number = models.CharField(_("转寄单号"), max_length=40, blank=True)
    mark = models.CharField(_("面单标注"), max_length=120, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    inputs = models.JSONField(_("判定依据"), default=dict)  # {"facts", "steps"} of the shortfall
    opened_at = models.DateTimeField(_("建立时间"))
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经手人"))
    registered_at = models.DateTimeField(_("登记时间"), null=True, blank=True)
    packed_at = models.DateTimeField(_("打包时间"), null=True, blank=True)
    batch = models.ForeignKey(
        SlipBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="forwardings",
        verbose_name=_("交接批次"),
    )

    class Meta:
        verbose_name = _("转寄")
        verbose_name_plural = pgettext_lazy("plural", "转寄")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["registered_at"], name="forwarding_registered"),
            models.Index(
                fields=["packed_at"],
                condition=Q(state="packed", batch=None),
                name="forwarding_slips_waiting",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["waybill_number"],
                condition=Q(state__in=["open", "held"]),
                name="forwarding_one_open",
            ),
            # A contractor settles with the carrier himself: nobody asks him for the fee (CD-06.18).
            models.CheckConstraint(
                condition=~Q(account="contractor") | Q(fee=None),
                name="forwarding_contractor_no_fee",
            ),
            models.CheckConstraint(
                condition=~Q(account="monthly", state="packed")
                | Q(fee__isnull=False, weight_kg__isnull=False),
                name="forwarding_monthly_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state="packed")
                | Q(packed_at__isnull=False, registered_at__isnull=False, weight_kg__gt=0),
                name="forwarding_packed_when_registered",
            ),
            models.CheckConstraint(
                condition=Q(paid__range=(0, 999_999), shortfall__range=(0, 999_999)),
                name="forwarding_amounts_in_range",
            ),
            models.CheckConstraint(
                condition=Q(batch=None) | Q(state="packed"), name="forwarding_handed_when_packed"
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[
                    ("open", "held"),
                    ("held", "open"),
                    ("open", "packed"),
                    ("open", "returned"),
                ],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.waybill_number} {self.carrier}"


class ForwardingStep(models.Model):
    """What was done about a forwarding, when and by whom. Rows are only ever added."""

    class Code(models.TextChoices):
        """The first four are steps of the rulebook's processes."""

        DECIDE = "decide", _("业务员决定")
        WEIGH = "weigh", _("称重")
        REGISTER = "register", _("登记")
        PACK = "pack", _("打包")
        ASK = "ask_top_up", _("通知业务员补费")
        TOP_UP = "top_up", _("补费")

    forwarding = models.ForeignKey(
        Forwarding, models.PROTECT, related_name="steps", verbose_name=_("转寄")
    )
    code = models.CharField(_("步骤"), choices=Code, max_length=12)
    outcome = models.CharField(_("结果"), max_length=40, blank=True)
    person = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("业务员"),
    )
    amount = models.DecimalField(
        _("金额（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经手人"))

    class Meta:
        verbose_name = _("转寄步骤")
        verbose_name_plural = pgettext_lazy("plural", "转寄步骤")
        ordering = ["id"]
        indexes = [models.Index(fields=["forwarding", "id"], name="forwarding_step_of")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(code="top_up") | Q(amount__gt=0, amount__lte=999_999),
                name="forwarding_top_up_amount",
            ),
            models.CheckConstraint(
                condition=~Q(code="decide") | Q(person__isnull=False),
                name="forwarding_decided_by_a_courier",
            ),
        ]
        triggers = [_append_only()]

    def __str__(self) -> str:
        return f"{self.forwarding_id} {self.get_code_display()}"


class EntryFeeQuote(models.Model):
    """What delivery into a warehouse was quoted at. Rows are only ever added."""

    waybill_number = models.CharField(_("运单号"), max_length=24, blank=True)
    place = models.CharField(_("进仓地点"), max_length=60)
    pieces = models.JSONField(_("各件"))  # [{"weight", "volume"}]
    agreed = models.DecimalField(
        _("议定手续费（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    total = models.DecimalField(_("进仓费（元）"), max_digits=10, decimal_places=2)
    parts = models.JSONField(_("三项"))  # {"handling", "warehouse_charge", "ticket"} in yuan
    label = models.CharField(_("对客户的名称"), max_length=40)
    contractor = models.ForeignKey(
        "network.Party",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("承包区"),
    )
    mark = models.CharField(_("面单标注"), max_length=120, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    inputs = models.JSONField(_("判定依据"), default=dict)  # {"facts", "steps"}
    quoted_at = models.DateTimeField(_("报价时间"))
    quoted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经手人"))

    class Meta:
        verbose_name = _("进仓费报价")
        verbose_name_plural = pgettext_lazy("plural", "进仓费报价")
        ordering = ["-id"]
        indexes = [models.Index(fields=["quoted_at"], name="entry_fee_quoted")]
        constraints = [
            models.CheckConstraint(
                condition=Q(total__range=(0, 9_999_999)), name="entry_fee_in_range"
            )
        ]
        triggers = [_append_only()]

    def __str__(self) -> str:
        return f"{self.place} {self.total}"
