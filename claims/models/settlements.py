"""Negotiation, agreement, approval, payment: each step a row that stays."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models.claims import MOST, Claim
from kefu.cases.models import Interaction
from kefu.privacy.fields import SealedField
from kefu.staff.models import User


class Offer(models.Model):
    """One round with the customer: what we offered and what he said (LC-01.19, LC-01.20, ES-303.22)."""

    class Reply(models.TextChoices):
        ACCEPTED = "accepted", _("接受")
        REJECTED = "rejected", _("不接受")
        PENDING = "pending", _("考虑中")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="offers", verbose_name=_("理赔"))
    amount = models.DecimalField(_("我方提出（元）"), max_digits=10, decimal_places=2)
    counter_amount = models.DecimalField(
        _("客户要求（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    reply = models.CharField(_("客户答复"), choices=Reply, max_length=8)
    channel = models.CharField(_("渠道"), choices=Interaction.Channel, max_length=8)
    sealed = SealedField(_("原文"))  # {"text"}
    text = models.CharField(_("内容"), max_length=1000)  # redacted
    offered_at = models.DateTimeField(_("协商时间"))
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("登记人")
    )
    recorded_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("协商记录")
        verbose_name_plural = pgettext_lazy("plural", "协商记录")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__range=(0, MOST))
                & (Q(counter_amount=None) | Q(counter_amount__range=(0, MOST))),
                name="offer_amount_in_range",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.amount}"


class Settlement(models.Model):
    """What was agreed with the customer, what policy computed beside it, and who has to approve (LC-01.20).

    The amount is frozen. A settlement whose approval is refused stays as it was; the next is a row of its own.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待审批")
        APPROVED = "approved", _("已批准")
        REFUSED = "refused", _("未批准")

    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="settlements", verbose_name=_("理赔")
    )
    offer = models.OneToOneField(
        Offer, models.PROTECT, related_name="settlement", verbose_name=_("谈定的一轮")
    )
    amount = models.DecimalField(_("谈定金额（元）"), max_digits=10, decimal_places=2)
    # What policy computes from the facts of that day; None: the rulebook sets no amount.
    computed = models.DecimalField(
        _("规章计算（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    clause = models.CharField(_("条款"), max_length=16, blank=True)
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    # {"claim": facts, "steps": policy's arithmetic, "division": …}
    inputs = models.JSONField(_("计算依据"), default=dict)
    deviation_reason = models.CharField(_("偏离理由"), max_length=500, blank=True)
    # Rights that have to agree, each by one approval: "supervisor", "specialist", "manager".
    needs = models.JSONField(_("需要谁批准"), default=list)
    state = models.CharField(_("状态"), choices=State, default=State.PROPOSED, max_length=8)
    accepted_at = models.DateTimeField(_("客户接受时间"))
    proposed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("经办人")
    )
    proposed_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("和解")
        verbose_name_plural = pgettext_lazy("plural", "和解")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=MOST), name="settlement_amount_in_range"
            ),
            models.CheckConstraint(
                condition=Q(computed=None)
                | Q(computed=models.F("amount"))
                | ~Q(deviation_reason=""),
                name="settlement_deviates_with_reason",
                violation_error_message=_("与规章计算的金额不同，要写明理由"),
            ),
            models.UniqueConstraint(
                fields=["claim"],
                condition=~Q(state="refused"),
                name="settlement_one_in_force",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="settlement_stays", exclude=["state"]),
            pgtrigger.FSM(
                name="state_flow",
                field="state",
                transitions=[("proposed", "approved"), ("proposed", "refused")],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.amount}"

    @property
    def open_needs(self) -> list[str]:
        """Whose approval is missing."""
        given = {one.need for one in self.approvals.all() if one.approved}
        return [need for need in self.needs if need not in given]


class ApprovalLimit(models.Model):
    """From which amount on a settlement wants somebody's approval; a manager sets it in the admin."""

    class Need(models.TextChoices):
        """Whose approval; "specialist" is asked for by the rulebook only."""

        SPECIALIST = "specialist", _("投诉专员")
        SUPERVISOR = "supervisor", _("主管")
        MANAGER = "manager", _("经理")

    need = models.CharField(_("审批级别"), choices=Need, max_length=12, unique=True)
    above = models.DecimalField(
        _("超过多少元要批"), max_digits=10, decimal_places=2, help_text=_("0 就是每一笔都要批")
    )

    class Meta:
        verbose_name = _("审批额度")
        verbose_name_plural = pgettext_lazy("plural", "审批额度")
        ordering = ["above", "need"]
        constraints = [
            models.CheckConstraint(
                condition=Q(above__range=(0, MOST)),
                name="approval_limit_in_range",
                violation_error_message=_("金额不能小于 0，也不能大得离谱"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_need_display()} {self.above}"


class Approval(models.Model):
    """One person's yes or no to a settlement, in the name of one of the rights it needs."""

    settlement = models.ForeignKey(
        Settlement, models.PROTECT, related_name="approvals", verbose_name=_("和解")
    )
    need = models.CharField(_("审批级别"), choices=ApprovalLimit.Need, max_length=12)
    approved = models.BooleanField(pgettext_lazy("state", "同意"))
    note = models.CharField(_("意见"), max_length=500, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("审批人"))
    decided_at = models.DateTimeField(_("审批时间"))

    class Meta:
        verbose_name = _("赔付审批")
        verbose_name_plural = pgettext_lazy("plural", "赔付审批")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["settlement", "need"], name="approval_once"),
            # Several levels are several people.
            models.UniqueConstraint(
                fields=["settlement", "decided_by"], name="approval_one_a_person"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            # A constraint cannot look into the settlement.
            pgtrigger.Trigger(
                name="two_people",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT FROM claims_settlement
                               WHERE id = NEW.settlement_id AND proposed_by_id = NEW.decided_by_id) THEN
                        RAISE EXCEPTION 'approval_two_people: nobody approves what he proposed';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.settlement_id} {self.need}"


class Payment(models.Model):
    """The one payment of a claim. That there is at most one, the database says."""

    class Method(models.TextChoices):
        TRANSFER = "transfer", _("转账")
        CASH = "cash", _("现金")
        OFFSET = "offset", _("抵扣运费")

    claim = models.OneToOneField(
        Claim, models.PROTECT, primary_key=True, related_name="payment", verbose_name=_("理赔")
    )
    settlement = models.OneToOneField(
        Settlement, models.PROTECT, related_name="payment", verbose_name=_("和解")
    )
    amount = models.DecimalField(_("金额（元）"), max_digits=10, decimal_places=2)
    method = models.CharField(_("方式"), choices=Method, max_length=8)
    sealed = SealedField(_("收款人"))  # {"payee", "account"}
    payee_masked = models.CharField(_("收款人"), max_length=60, blank=True)
    account_masked = models.CharField(_("收款账号"), max_length=40, blank=True)
    reference = models.CharField(_("流水号"), max_length=64, blank=True)
    paid_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("付款人"))
    paid_at = models.DateTimeField(_("付款时间"))
    entry = models.OneToOneField(
        "ledger.Entry", models.PROTECT, related_name="+", verbose_name=_("台账分录")
    )

    class Meta:
        verbose_name = _("理赔付款")
        verbose_name_plural = pgettext_lazy("plural", "理赔付款")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=MOST), name="payment_amount_in_range"
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.amount}"
