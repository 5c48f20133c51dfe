"""Receipts (回单): the signed slips of a courier's day, whose names are entered by next morning (CD section 10).

The slips are kept for their time (CD-05.14), found again when somebody asks (CD-05.15), and destroyed by two people.
"""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.cases.models import Case
from kefu.privacy.fields import SealedField
from kefu.staff.models import Department, User


def _never_deleted() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)


class ReceiptHandOver(models.Model):
    """A day's slips on their way to headquarters (CD-07.17). Rows are only ever added."""

    department = models.ForeignKey(
        Department, models.PROTECT, related_name="receipt_hand_overs", verbose_name=_("部门")
    )
    handed_over_at = models.DateTimeField(_("上交时间"))
    handed_over_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("上交人")
    )

    class Meta:
        verbose_name = _("回单上交")
        verbose_name_plural = pgettext_lazy("plural", "回单上交")
        ordering = ["-handed_over_at"]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.department_id} {self.handed_over_at:%Y-%m-%d}"


class ReceiptBatchQuerySet(models.QuerySet["ReceiptBatch"]):
    def visible_to(self, user: Any) -> Self:
        """Our own people's work; a partner's account sees none of it."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.none() if user.role == User.Role.OUTLET else self.all()


class ReceiptBatch(models.Model):
    """What one courier or driver delivers on one day: the extension of a case with the clock of CD-10.01."""

    case = models.OneToOneField(
        Case,
        models.PROTECT,
        primary_key=True,
        related_name="receipt_batch",
        verbose_name=_("工单"),
    )
    courier = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="receipt_batches", verbose_name=_("派件员")
    )
    delivered_on = models.DateField(_("派件日"))
    opened_at = models.DateTimeField(_("登记时间"))
    opened_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )
    # The rules of the day it was handed out on; a later edition changes nothing about it.
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    deadline = models.OneToOneField(
        "deadlines.Deadline",
        models.PROTECT,
        null=True,
        related_name="receipt_batch",
        verbose_name=_("录入时限"),
    )
    hand_over = models.ForeignKey(
        ReceiptHandOver,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="batches",
        verbose_name=_("上交"),
    )

    objects = ReceiptBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("回单批次")
        verbose_name_plural = pgettext_lazy("plural", "回单批次")
        ordering = ["-delivered_on", "-case"]
        indexes = [
            models.Index(fields=["-delivered_on", "-case"], name="receipt_batch_by_day"),
            models.Index(
                fields=["delivered_on"],
                condition=Q(hand_over=None),
                name="receipt_batch_not_over",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["courier", "delivered_on"], name="receipt_batch_one_a_day"
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="whose_day_stays", exclude=["deadline", "hand_over"]),
            _never_deleted(),
        ]

    def __str__(self) -> str:
        return f"{self.courier} {self.delivered_on:%Y-%m-%d}"


class ReceiptCover(models.Model):
    """What stands on the first slip (CD-10.17, CD-10.18, CD-07.18). Counted again, a row follows; the last one holds."""

    batch = models.ForeignKey(
        ReceiptBatch, models.PROTECT, related_name="covers", verbose_name=_("批次")
    )
    slips = models.PositiveIntegerField(_("回单张数"))
    collect_slips = models.PositiveIntegerField(_("到付单张数"))
    collect_on_top = models.BooleanField(_("到付单放在最上面"), default=False)
    deliverer = models.CharField(_("派件员"), max_length=60, blank=True)
    counted_at = models.DateTimeField(_("清点时间"))
    counted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("清点人"))

    class Meta:
        verbose_name = _("回单封面")
        verbose_name_plural = pgettext_lazy("plural", "回单封面")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(collect_slips__lte=models.F("slips")),
                name="receipt_cover_counts_within",
            ),
            models.CheckConstraint(
                condition=Q(collect_slips=0) | (Q(collect_on_top=True) & ~Q(deliverer="")),
                name="receipt_cover_names_deliverer",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.slips}"


class ReceiptDestruction(models.Model):
    """Slips whose time is over, destroyed by one person's proposal and another's word."""

    until = models.DateField(_("保存到"))  # those kept until this day, or less long
    proposed_at = models.DateTimeField(_("提出时间"))
    proposed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("提出人")
    )
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("决定人")
    )
    approved = models.BooleanField(pgettext_lazy("state", "同意"), null=True, blank=True)
    slips = models.PositiveIntegerField(_("销毁张数"), default=0)

    class Meta:
        verbose_name = _("回单销毁")
        verbose_name_plural = pgettext_lazy("plural", "回单销毁")
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("proposed_by")),
                name="receipt_destruction_two_people",
                violation_error_message=_("不能批准自己提出的销毁"),
            ),
            models.CheckConstraint(
                condition=Q(approved=None, decided_by=None, decided_at=None)
                | Q(approved__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
                name="receipt_destruction_decided",
            ),
            models.UniqueConstraint(
                fields=["until"], condition=Q(approved=None), name="receipt_destruction_one_open"
            ),
        ]
        triggers = [_never_deleted()]

    def __str__(self) -> str:
        return f"{self.until:%Y-%m-%d}"


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def waited_for(self) -> Self:
        """Lines whose signature is still to be entered, handed in or not."""
        return self.filter(state__in=[Receipt.State.OUT, Receipt.State.MISSING])

    def to_destroy(self, until: Any) -> Self:
        """Slips whose time ended on ``until`` or before, and that nobody is asking for."""
        asked = ReceiptRequest.objects.filter(waybill=models.OuterRef("waybill"), outcome="")
        return self.filter(
            ~models.Exists(asked),
            keep_until__lte=until,
            destruction=None,
            state__in=[Receipt.State.ENTERED, Receipt.State.UNREADABLE],
        )


class Receipt(models.Model):
    """One waybill on a courier's list of a day, and what became of its slip."""

    class Origin(models.TextChoices):
        LISTED = "listed", _("清单上")
        UNLISTED = "unlisted", _("忘记登记")

    class State(models.TextChoices):
        OUT = "out", _("待录入")
        ENTERED = "entered", _("已录入")
        MISSING = "missing", _("未交")
        UNREADABLE = "unreadable", _("单号看不清")
        UNDELIVERED = "undelivered", _("没有派成")

    class Since(models.TextChoices):
        """What its keeping is counted from."""

        ARRIVAL = "arrival", _("到件扫描")
        DELIVERY = "delivery", _("派件日（没有到件扫描）")

    batch = models.ForeignKey(
        ReceiptBatch, models.PROTECT, related_name="receipts", verbose_name=_("批次")
    )
    waybill = models.ForeignKey(
        "parcels.Waybill", models.PROTECT, related_name="receipts", verbose_name=_("运单")
    )
    waybill_number = models.CharField(_("运单号"), max_length=24)
    delivered_on = models.DateField(_("派件日"))
    origin = models.CharField(_("来源"), choices=Origin, max_length=8, default=Origin.LISTED)
    pieces = models.PositiveSmallIntegerField(_("件数"), default=1)
    collect_due = models.DecimalField(
        _("应收到付（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    added_at = models.DateTimeField(_("登记时间"))
    added_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )
    state = models.CharField(_("状态"), choices=State, max_length=12, default=State.OUT)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    # Of the first entry; corrections change nothing about when it was done.
    entered_at = models.DateTimeField(_("录入时间"), null=True, blank=True)
    entered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("录入人")
    )
    in_time = models.BooleanField(_("按时录入"), null=True, blank=True)
    kept_since = models.DateField(_("起算日"))
    since = models.CharField(_("起算依据"), choices=Since, max_length=8)
    keep_until = models.DateField(_("保存到"), null=True, blank=True)  # None: without end
    destruction = models.ForeignKey(
        ReceiptDestruction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="receipts",
        verbose_name=_("销毁"),
    )
    destroyed_on = models.DateField(_("销毁日"), null=True, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("回单")
        verbose_name_plural = pgettext_lazy("plural", "回单")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["delivered_on", "state"], name="receipt_day"),
            models.Index(fields=["waybill_number"], name="receipt_by_waybill"),
            models.Index(
                fields=["keep_until"], condition=Q(destruction=None), name="receipt_kept_until"
            ),
        ]
        constraints = [
            # Twice on a list, or out with two couriers on one day.
            models.UniqueConstraint(fields=["waybill", "delivered_on"], name="receipt_once_a_day"),
            models.CheckConstraint(
                condition=Q(state="entered", entered_at__isnull=False, in_time__isnull=False)
                | (~Q(state="entered") & Q(entered_at=None, in_time=None)),
                name="receipt_entered_with_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["out", "entered"]) | ~Q(note=""),
                name="receipt_not_entered_says_why",
            ),
            models.CheckConstraint(condition=Q(pieces__gte=1), name="receipt_has_pieces"),
            models.CheckConstraint(
                condition=Q(collect_due=None) | Q(collect_due__range=(0, 999_999)),
                name="receipt_collect_in_range",
            ),
            # Not before its last day is over (CD-05.14); kept without end, never.
            models.CheckConstraint(
                condition=Q(destroyed_on=None, destruction=None)
                | Q(
                    destruction__isnull=False,
                    keep_until__isnull=False,
                    destroyed_on__gt=models.F("keep_until"),
                ),
                name="receipt_kept_its_time",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="what_went_out_stays",
                exclude=[
                    "state",
                    "note",
                    "entered_at",
                    "entered_by",
                    "in_time",
                    "destruction",
                    "destroyed_on",
                ],
            ),
            _never_deleted(),
        ]

    def __str__(self) -> str:
        return self.waybill_number


class ReceiptEntry(models.Model):
    """A signature as it was entered. Rows are only ever added: a correction names the one it corrects."""

    class Source(models.TextChoices):
        SCANNED = "scanned", _("扫描")
        TYPED = "typed", _("手输")
        MERGED = "merged", _("条码与左下角合并")

    class Read(models.TextChoices):
        """What of the signature is legible, as policy calls it."""

        FULL_NAME = "full_name", _("全名")
        SURNAME = "surname", _("只有姓")
        GIVEN_NAME = "given_name", _("只有名")
        ILLEGIBLE = "illegible", _("看不清")
        MISSING = "missing", _("没有签字")
        STAMP = "stamp", _("只有章")

    # So that the name can be shown by the one way to unmasked data, which goes by the case.
    case = models.ForeignKey(
        Case, models.PROTECT, related_name="receipt_entries", verbose_name=_("工单")
    )
    receipt = models.ForeignKey(
        Receipt, models.PROTECT, related_name="entries", verbose_name=_("回单")
    )
    corrects = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrected_by",
        verbose_name=_("更正哪一次"),
    )
    source = models.CharField(_("单号来源"), choices=Source, max_length=8)
    read = models.CharField(_("签名"), choices=Read, max_length=12)
    refused = models.BooleanField(_("注明拒收"), default=False)
    sealed = SealedField(_("原文"))  # {"signer"}
    signer_masked = models.CharField(_("签收人"), max_length=80)
    pieces = models.PositiveSmallIntegerField(_("签收件数"), null=True, blank=True)
    collected = models.DecimalField(
        _("实收到付（元）"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    entered_at = models.DateTimeField(_("录入时间"))
    entered_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("录入人")
    )
    # What policy decided by: {"facts", "steps"}, under the edition of the batch.
    inputs = models.JSONField(_("判定依据"), default=dict)

    class Meta:
        verbose_name = _("签收录入")
        verbose_name_plural = pgettext_lazy("plural", "签收录入")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["receipt"], condition=Q(corrects=None), name="receipt_entry_first_once"
            ),
            models.CheckConstraint(
                condition=Q(collected=None) | Q(collected__gt=0, collected__lte=999_999),
                name="receipt_entry_collected_in_range",
            ),
            models.CheckConstraint(
                condition=Q(pieces=None) | Q(pieces__gte=1), name="receipt_entry_has_pieces"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="append_only", exclude=["sealed"]),
            _never_deleted(),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.signer_masked}"


class ReceiptRequestQuerySet(models.QuerySet["ReceiptRequest"]):
    def visible_to(self, user: Any) -> Self:
        """Our own people see all; a partner's account what its outlet asked or was asked."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.of_party(user.party_id) if user.role == User.Role.OUTLET else self.all()

    def of_party(self, party_id: int | None) -> Self:
        return self.filter(Q(asking=party_id) | Q(asked=party_id))

    def open(self) -> Self:
        return self.filter(outcome="")


class ReceiptRequest(models.Model):
    """Somebody wants a receipt found again: the extension of a case (CD-05.15, CD-05.16)."""

    class Service(models.TextChoices):
        """As policy calls them."""

        LOOKUP = "lookup", _("查底单")
        FAX = "fax", _("传真")

    class Outcome(models.TextChoices):
        OPEN = "", _("等回复")
        PRODUCED = "produced", _("已提供")
        REFUSED = "refused", _("拒绝提供")
        NOT_FOUND = "not_found", _("找不到")

    case = models.OneToOneField(
        Case,
        models.PROTECT,
        primary_key=True,
        related_name="receipt_request",
        verbose_name=_("工单"),
    )
    waybill = models.ForeignKey(
        "parcels.Waybill", models.PROTECT, related_name="receipt_requests", verbose_name=_("运单")
    )
    asking = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="receipts_asked_for", verbose_name=_("索要方")
    )
    asked = models.ForeignKey(
        "network.Party", models.PROTECT, related_name="receipts_asked_of", verbose_name=_("派件方")
    )
    service = models.CharField(_("要什么"), choices=Service, max_length=8)
    reference = models.CharField(_("对方单号"), max_length=64, blank=True)
    asked_at = models.DateTimeField(_("索要时间"))
    asked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人")
    )
    kept_since = models.DateField(_("起算日"))
    since = models.CharField(_("起算依据"), choices=Receipt.Since, max_length=8)
    keep_until = models.DateField(_("保存到"), null=True, blank=True)
    owed = models.BooleanField(_("在保存期内"))
    deadline = models.OneToOneField(
        "deadlines.Deadline",
        models.PROTECT,
        null=True,
        related_name="receipt_request",
        verbose_name=_("时限"),
    )
    outcome = models.CharField(
        _("结果"), choices=Outcome, max_length=10, blank=True, default=Outcome.OPEN
    )
    sealed = SealedField(_("原文"))  # {"note", "answer"}
    note = models.CharField(_("说明"), max_length=500, blank=True)  # redacted
    answer = models.CharField(_("回复"), max_length=500, blank=True)  # redacted
    answered_at = models.DateTimeField(_("回复时间"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("登记回复")
    )
    penalty = models.OneToOneField(
        "penalties.Penalty",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="receipt_request",
        verbose_name=_("处罚"),
    )
    rulebook = models.ForeignKey(
        "rulebooks.RulebookVersion", models.PROTECT, related_name="+", verbose_name=_("适用规章")
    )
    # What policy decided by: {"kept", "owed", "fined"}, each a list of steps.
    inputs = models.JSONField(_("判定依据"), default=dict)

    objects = ReceiptRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("索要回单")
        verbose_name_plural = pgettext_lazy("plural", "索要回单")
        ordering = ["-asked_at"]
        indexes = [
            models.Index(fields=["asking", "-case"], name="receipt_request_asking"),
            models.Index(fields=["asked", "-case"], name="receipt_request_asked"),
            models.Index(fields=["answered_at"], name="receipt_request_answered"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", answered_at=None)
                | (~Q(outcome="") & Q(answered_at__isnull=False)),
                name="receipt_request_answered_with_time",
            ),
            # Only what is owed and not given costs something (CD-05.16).
            models.CheckConstraint(
                condition=Q(penalty=None) | Q(owed=True, outcome__in=["refused", "not_found"]),
                name="receipt_request_fined_when_owed",
            ),
            models.UniqueConstraint(
                fields=["waybill", "asking"],
                condition=Q(outcome=""),
                name="receipt_request_one_open",
            ),
            models.UniqueConstraint(
                fields=["asking", "reference"],
                condition=~Q(reference=""),
                name="receipt_request_reference_once",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="question_stays",
                fields=[
                    "case",
                    "waybill",
                    "asking",
                    "asked",
                    "service",
                    "reference",
                    "asked_at",
                    "asked_by",
                    "kept_since",
                    "since",
                    "keep_until",
                    "owed",
                    "note",
                    "rulebook",
                ],
            ),
            pgtrigger.Protect(
                name="answer_stays",
                operation=pgtrigger.UpdateOf("outcome", "answer", "answered_at", "penalty_id"),
                condition=pgtrigger.Q(old__answered_at__isnull=False),
            ),
            _never_deleted(),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.get_outcome_display()}"
