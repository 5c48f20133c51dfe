"""Receipts to look at: a courier's days, their slips, who asked for one, what was destroyed."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kefu.admin import finding
from kefu.admin.base import ReadOnlyAdmin, badge, decision, display, link, yuan
from kefu.admin.filters import period
from problem_parcels.models import (
    Receipt,
    ReceiptBatch,
    ReceiptCover,
    ReceiptDestruction,
    ReceiptEntry,
    ReceiptHandOver,
    ReceiptRequest,
)


@admin.register(ReceiptBatch)
class ReceiptBatchAdmin(ReadOnlyAdmin):
    list_display = ("delivered_on", "courier", "shown_case", "opened_by", "hand_over")
    list_display_links = ("delivered_on",)
    list_filter = (period("opened_at"),)
    list_select_related = ("case", "courier", "opened_by", "hand_over")
    ordering = ("-pk",)
    search_help_text = _("业务员编号、姓名，或单号")
    fields = (
        ("courier", "delivered_on"),
        ("shown_case", "shown_deadline"),
        ("opened_by", "opened_at"),
        ("rulebook", "hand_over"),
    )
    readonly_fields = ("shown_case", "shown_deadline")

    def find(self, text: str) -> Q | None:
        return finding.either(finding.case(text, "case__"), finding.party(text, "courier__"))

    @display(description=_("工单"))
    def shown_case(self, row: ReceiptBatch) -> str:
        return link(row.case)

    @display(description=_("录入时限"))
    def shown_deadline(self, row: ReceiptBatch) -> str:
        return link(row.deadline)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = (
        *("delivered_on", "shown_waybill", "shown_state", "origin", "pieces", "shown_due"),
        *("entered_at", "entered_by", "in_time", "keep_until", "destroyed_on"),
    )
    list_display_links = ("delivered_on",)
    list_filter = ("state", "origin", "in_time", period("added_at"))
    list_select_related = ("waybill", "entered_by")
    ordering = ("-pk",)
    search_help_text = _("完整运单号")
    fields = (
        ("shown_waybill", "shown_batch"),
        ("delivered_on", "origin", "pieces", "shown_due"),
        ("shown_state", "note"),
        ("entered_at", "entered_by", "in_time"),
        ("since", "kept_since", "keep_until"),
        ("destruction", "destroyed_on"),
        ("added_at", "added_by"),
    )
    readonly_fields = ("shown_waybill", "shown_batch", "shown_state", "shown_due")

    def find(self, text: str) -> Q:
        return Q(waybill_number=text.replace(" ", "").upper())

    @display(description=_("运单"))
    def shown_waybill(self, row: Receipt) -> str:
        return link(row.waybill)

    @display(description=_("批次"))
    def shown_batch(self, row: Receipt) -> str:
        return link(row.batch)

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: Receipt) -> str:
        waits = row.state in (Receipt.State.OUT, Receipt.State.MISSING)
        return badge(row.get_state_display(), "waits" if waits else "")

    @display(description=_("应收到付（元）"), ordering="collect_due")
    def shown_due(self, row: Receipt) -> str:
        return yuan(row.collect_due)


@admin.register(ReceiptEntry)
class ReceiptEntryAdmin(ReadOnlyAdmin):
    """Signatures masked; the plain name is shown on a case only, and recorded."""

    list_display = (
        *("entered_at", "receipt", "signer_masked", "read", "source", "pieces", "shown_collected"),
        "entered_by",
    )
    list_display_links = ("entered_at",)
    list_filter = ("read", "source", "refused", period("entered_at"))
    list_select_related = ("receipt", "entered_by")
    ordering = ("-pk",)
    search_help_text = _("完整运单号")
    fields = (
        ("receipt", "source"),
        ("signer_masked", "read", "refused"),
        ("pieces", "shown_collected"),
        ("entered_at", "entered_by"),
        "corrects",
    )
    readonly_fields = ("shown_collected",)

    def find(self, text: str) -> Q:
        return Q(receipt__waybill_number=text.replace(" ", "").upper())

    @display(description=_("实收到付（元）"), ordering="collected")
    def shown_collected(self, row: ReceiptEntry) -> str:
        return yuan(row.collected)


@admin.register(ReceiptCover)
class ReceiptCoverAdmin(ReadOnlyAdmin):
    list_display = ("counted_at", "batch", "slips", "collect_slips", "deliverer", "counted_by")
    list_display_links = ("counted_at",)
    list_filter = (period("counted_at"),)
    list_select_related = ("batch__courier", "counted_by")
    ordering = ("-pk",)
    fields = (
        ("batch", "deliverer"),
        ("slips", "collect_slips", "collect_on_top"),
        ("counted_at", "counted_by"),
    )


@admin.register(ReceiptHandOver)
class ReceiptHandOverAdmin(ReadOnlyAdmin):
    list_display = ("handed_over_at", "department", "handed_over_by")
    list_display_links = ("handed_over_at",)
    list_filter = (period("handed_over_at"),)
    list_select_related = ("department", "handed_over_by")
    ordering = ("-pk",)
    fields = (("department", "handed_over_at", "handed_over_by"),)


@admin.register(ReceiptRequest)
class ReceiptRequestAdmin(ReadOnlyAdmin):
    list_display = (
        *("asked_at", "shown_case", "asking", "asked", "service", "shown_outcome", "owed"),
        *("answered_at", "shown_penalty"),
    )
    list_display_links = ("asked_at",)
    list_filter = ("outcome", "owed", "service", period("asked_at"))
    list_select_related = ("case", "asking", "asked", "penalty__party")
    ordering = ("-pk",)
    search_help_text = _("单号、运单号，网点编号或名称")
    fields = (
        ("shown_case", "service", "reference"),
        ("asking", "asked"),
        ("since", "kept_since", "keep_until", "owed"),
        "note",
        ("shown_outcome", "answered_at", "answered_by"),
        "answer",
        ("shown_penalty", "rulebook"),
    )
    readonly_fields = ("shown_case", "shown_outcome", "shown_penalty")

    def find(self, text: str) -> Q | None:
        return finding.either(
            finding.case(text, "case__"),
            finding.party(text, "asking__"),
            finding.party(text, "asked__"),
        )

    @display(description=_("工单"))
    def shown_case(self, row: ReceiptRequest) -> str:
        return link(row.case)

    @display(description=_("结果"), ordering="outcome")
    def shown_outcome(self, row: ReceiptRequest) -> str:
        return badge(row.get_outcome_display(), "" if row.outcome else "waits")

    @display(description=_("处罚"))
    def shown_penalty(self, row: ReceiptRequest) -> str:
        return link(row.penalty)


@admin.register(ReceiptDestruction)
class ReceiptDestructionAdmin(ReadOnlyAdmin):
    list_display = (
        *("proposed_at", "until", "slips", "proposed_by", "shown_decision", "decided_by"),
        "decided_at",
    )
    list_display_links = ("proposed_at",)
    list_filter = ("approved", period("proposed_at"))
    list_select_related = ("proposed_by", "decided_by")
    ordering = ("-pk",)
    fields = (
        ("until", "slips"),
        ("proposed_by", "proposed_at"),
        ("shown_decision", "decided_by", "decided_at"),
    )
    readonly_fields = ("shown_decision",)

    @display(description=_("决定"), ordering="approved")
    def shown_decision(self, row: ReceiptDestruction) -> str:
        return decision(row.approved)
