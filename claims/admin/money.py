"""Payments, recoveries, insurance, papers and self-settled cases, to look at."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.admin.core import OfClaim
from claims.models import (
    Document,
    InsuranceCase,
    InsurancePolicy,
    InsurerContact,
    Payment,
    Recovery,
    SelfSettledCase,
)
from kefu.admin import finding
from kefu.admin.base import OfCaseAdmin, ReadOnlyAdmin
from kefu.admin.filters import period


@admin.register(Payment)
class PaymentAdmin(OfClaim):
    list_display = ("case_number", "amount", "method", "payee_masked", "paid_by", "paid_at")
    list_filter = ("method", period("paid_at"))
    list_select_related = ("claim__case", "paid_by")
    fields = (
        "shown_case",
        ("amount", "method", "settlement"),
        ("payee_masked", "account_masked", "reference"),
        ("paid_by", "paid_at", "entry"),
    )


@admin.register(Recovery)
class RecoveryAdmin(OfClaim):
    list_display = (
        "case_number",
        "party",
        "amount",
        "form",
        "notified_at",
        "acknowledged_at",
        "booked_at",
        "reversed_at",
    )
    list_filter = ("form", period("booked_at"))
    list_select_related = ("claim__case", "party")
    search_help_text = _("单号、运单号、责任方名称或编号")
    fields = (
        "shown_case",
        ("party", "amount", "form"),
        ("notified_at", "notified_by"),
        ("acknowledged_at", "acknowledged_by"),
        ("booked_at", "entry"),
        ("reversed_at", "reversal_reason"),
    )

    def find(self, text: str) -> Q | None:
        found = finding.party(text, "party__")
        case = super().find(text)
        return found | case if case is not None else found


@admin.register(InsurancePolicy)
class InsurancePolicyAdmin(ReadOnlyAdmin):
    list_display = ("number", "insurer", "title", "cover", "deductible", "valid_from", "valid_to")
    list_filter = ("insurer",)
    list_select_related = ("insurer",)
    ordering = ("-valid_to",)
    fields = (
        ("insurer", "number", "title"),
        ("cover", "deductible"),
        ("valid_from", "valid_to"),
        ("report_within_days", "documents_within_days", "warn_days"),
    )


@admin.register(InsuranceCase)
class InsuranceCaseAdmin(OfClaim):
    list_display = (
        "case_number",
        "policy",
        "state",
        "claimed_amount",
        "received_amount",
        "report_due",
        "documents_due",
    )
    list_filter = ("state", period("reported_at"))
    list_select_related = ("claim__case", "policy")
    fields = (
        "shown_case",
        ("policy", "insurer_number", "state"),
        ("reported_at", "reported_by", "report_due"),
        ("documented_at", "documents_due"),
        ("claimed_amount", "received_amount", "received_at"),
        "declined_reason",
        ("withdrawn_at", "withdrawn_by", "withdrawn_for"),
    )


@admin.register(InsurerContact)
class InsurerContactAdmin(ReadOnlyAdmin):
    list_display = ("contacted_at", "insurer", "claim", "channel", "text", "recorded_by")
    list_filter = ("insurer", period("contacted_at"))
    list_select_related = ("insurer", "claim__case", "recorded_by")
    ordering = ("-pk",)
    fields = (
        ("insurer", "claim"),
        ("channel", "text"),
        ("contacted_at", "recorded_at", "recorded_by"),
    )


@admin.register(Document)
class DocumentAdmin(OfCaseAdmin):
    list_display = ("case_number", "kind", "number", "issued_by", "issued_at")
    list_filter = ("kind", period("issued_at"))
    list_select_related = ("case", "issued_by")
    fields = (
        "shown_case",
        ("kind", "number", "layout", "recovery"),
        ("issued_by", "issued_at"),
        "digest",
        "plain_digest",
        "drawn_with",
    )


@admin.register(SelfSettledCase)
class SelfSettledCaseAdmin(ReadOnlyAdmin):
    list_display = (
        "settled_on",
        "party_type",
        "party",
        "customer_masked",
        "waybill_number",
        "amount",
        "withdrawn_at",
    )
    list_filter = ("party_type", period("recorded_at"))
    list_select_related = ("party",)
    ordering = ("-settled_on", "-pk")
    search_help_text = _("运单号（可只输前几位）")
    fields = (
        ("party_type", "party"),
        ("customer_masked", "waybill_number"),
        ("amount", "settled_on"),
        ("recorded_by", "recorded_at", "rulebook"),
        ("withdrawn_at", "withdrawn_by", "withdrawn_for"),
    )

    def find(self, text: str) -> Q | None:
        return Q(waybill_number__startswith=text.replace(" ", "").upper())
