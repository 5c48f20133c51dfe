"""Misroutings and their reports, return freight, forwardings and entry fees, to look at."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kefu.admin import finding
from kefu.admin.base import ReadOnlyAdmin, display, link
from kefu.admin.filters import period
from problem_parcels.models import (
    EntryFeeQuote,
    Forwarding,
    Misrouting,
    MisroutingReport,
    ReturnCharge,
    SlipBatch,
)


class ByWaybill(ReadOnlyAdmin):
    """Rows that are found by their waybill."""

    ordering = ("-pk",)
    search_help_text = _("运单号（可只输前几位）")

    def find(self, text: str) -> Q | None:
        return Q(waybill_number__startswith=text.replace(" ", "").upper())


@admin.register(Misrouting)
class MisroutingAdmin(ByWaybill):
    list_display = (
        "waybill_number",
        "province",
        "origin",
        "routing_text",
        "written_destination",
        "correct_destination",
        "contradicted",
        "recorded_at",
        "withdrawn_at",
    )
    list_filter = ("routing_text", "contradicted", period("recorded_at"))
    list_select_related = ("origin",)
    fields = (
        ("waybill_number", "shown_case"),
        ("origin", "province", "report"),
        ("routing_text", "written_destination", "correct_destination", "source"),
        ("contradicted", "evidence"),
        ("origin_verified_by", "origin_verified_at"),
        ("recorded_by", "recorded_at", "rulebook"),
        ("withdrawn_at", "withdrawn_by", "withdrawn_for"),
    )
    readonly_fields = ("shown_case",)

    @display(description=_("工单"))
    def shown_case(self, row: Misrouting) -> str:
        return link(row.case)


@admin.register(MisroutingReport)
class MisroutingReportAdmin(ReadOnlyAdmin):
    list_display = ("outlet", "month", "state", "due_at", "lines_locked", "sent_at", "sent_by")
    list_filter = ("state", period("due_at"))
    list_select_related = ("outlet", "sent_by")
    ordering = ("-month", "-pk")
    fields = (
        ("outlet", "month", "state"),
        ("due_at", "warn_at", "rulebook"),
        ("lines_locked", "locked_at", "locked_by"),
        ("sent_at", "sent_by"),
        "digest",
        ("reminded_at", "late_told_at"),
    )


@admin.register(ReturnCharge)
class ReturnChargeAdmin(ReadOnlyAdmin):
    list_display = (
        "charged_at",
        "shown_case",
        "by_air",
        "destination",
        "weight_kg",
        "amount",
        "charged_by",
    )
    list_display_links = ("charged_at",)
    list_filter = ("by_air", period("charged_at"))
    list_select_related = ("case", "charged_by")
    ordering = ("-pk",)
    search_help_text = _("单号、运单号")
    fields = (
        ("shown_case", "disposal"),
        ("by_air", "destination", "division", "shuttle"),
        ("weight_kg", "amount"),
        ("charged_at", "charged_by", "rulebook"),
        "inputs",
    )
    readonly_fields = ("shown_case",)

    def find(self, text: str) -> Q | None:
        return finding.case(text, "case__")

    @display(description=_("工单"))
    def shown_case(self, row: ReturnCharge) -> str:
        return link(row.case)


@admin.register(Forwarding)
class ForwardingAdmin(ByWaybill):
    list_display = (
        "waybill_number",
        "carrier",
        "account",
        "state",
        "weight_kg",
        "fee",
        "shortfall",
        "registered_at",
        "packed_at",
    )
    list_filter = ("state", "account", period("registered_at"))
    fields = (
        ("waybill_number", "shown_case"),
        ("carrier", "account", "state", "unserved", "courier"),
        ("weight_kg", "fee", "paid", "shortfall"),
        ("slip_number", "mark"),
        ("opened_at", "opened_by"),
        ("registered_at", "packed_at", "batch"),
        ("rulebook", "inputs"),
    )
    readonly_fields = ("shown_case",)

    @display(description=_("工单"))
    def shown_case(self, row: Forwarding) -> str:
        return link(row.case)


@admin.register(SlipBatch)
class SlipBatchAdmin(ReadOnlyAdmin):
    list_display = ("from_on", "to_on", "handed_by", "handed_at", "received_by", "received_at")
    list_filter = (period("handed_at"),)
    list_select_related = ("handed_by", "received_by")
    ordering = ("-pk",)
    fields = (("from_on", "to_on"), ("handed_by", "handed_at"), ("received_by", "received_at"))


@admin.register(EntryFeeQuote)
class EntryFeeQuoteAdmin(ByWaybill):
    list_display = ("quoted_at", "place", "waybill_number", "total", "contractor", "quoted_by")
    list_filter = (period("quoted_at"),)
    list_select_related = ("contractor", "quoted_by")
    fields = (
        ("waybill_number", "place"),
        "pieces",
        ("agreed", "total"),
        "parts",
        ("label", "mark", "contractor"),
        ("quoted_at", "quoted_by", "rulebook"),
        "inputs",
    )
