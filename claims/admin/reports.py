"""Reports about losses, delays and damages, what they earn, those that were forgotten, and registers, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models import FaultReport, ForgottenReport, Register, ReportBonus
from kefu.admin import finding
from kefu.admin.base import ReadOnlyAdmin, display, link
from kefu.admin.filters import period


@admin.register(FaultReport)
class FaultReportAdmin(ReadOnlyAdmin):
    ordering = ("-pk",)
    list_display = (
        *("case_number", "direction", "fault", "waybill_number", "responsible", "reporter"),
        *("submitted_at", "verdict", "answered_at"),
    )
    list_display_links = ("case_number",)
    list_filter = ("direction", "fault", "verdict", period("submitted_at"))
    list_select_related = ("case", "responsible", "reporter")
    search_help_text = _("单号、运单号，客户的完整电话、末四位、姓名或拼音")
    fields = (
        ("shown_case", "direction", "fault", "waybill_number"),
        ("reporter", "sender", "responsible", "responsible_department"),
        ("submitted_at", "recorded_by", "rulebook"),
        ("notices_wanted", "told_again_by", "answered_at"),
        ("verdict", "decided_by", "decided_at"),
    )
    readonly_fields = ("shown_case",)

    def find(self, text: str) -> Q | None:
        return finding.case(text, "case__")

    @display(description=_("工单"))
    def case_number(self, row: Any) -> str:
        return str(row.case)

    @display(description=_("工单"))
    def shown_case(self, row: Any) -> str:
        return link(row.case)


@admin.register(ReportBonus)
class ReportBonusAdmin(ReadOnlyAdmin):
    ordering = ("-pk",)
    list_display = ("month", "employee", "to", "clause", "amount", "credited_at")
    list_filter = ("to", "clause", period("credited_at"))
    list_select_related = ("employee",)
    fields = (
        ("shown_case", "to", "employee"),
        ("month", "clause", "amount"),
        ("rulebook", "credited_at"),
        "inputs",
    )
    readonly_fields = ("shown_case",)

    @display(description=_("工单"))
    def shown_case(self, row: Any) -> str:
        return link(row.report.case)


@admin.register(ForgottenReport)
class ForgottenReportAdmin(ReadOnlyAdmin):
    ordering = ("-pk",)
    list_display = (
        *("waybill_number", "fault", "employee", "clause", "amount", "state", "found_at"),
        "decided_by",
    )
    list_filter = ("state", "fault", period("found_at"))
    list_select_related = ("employee", "decided_by")
    fields = (
        ("shown_case", "waybill_number", "fault"),
        ("employee", "clause", "amount", "rulebook"),
        ("closed_at", "found_at"),
        ("state", "decided_by", "decided_at"),
        ("reason", "penalty"),
    )
    readonly_fields = ("shown_case",)

    @display(description=_("工单"))
    def shown_case(self, row: Any) -> str:
        return link(row.case)


@admin.register(Register)
class RegisterAdmin(ReadOnlyAdmin):
    list_display = ("kind", "first_on", "last_on", "number", "due_at", "issued_at", "issued_by")
    list_filter = ("kind", period("due_at"))
    list_select_related = ("issued_by",)
    ordering = ("-first_on", "-pk")
    fields = (
        ("kind", "first_on", "last_on", "number"),
        ("corrects", "corrected_for"),
        ("due_at", "rulebook"),
        "analysis",
        ("issued_at", "issued_by"),
        "digest",
        ("told_due_at", "told_late_at"),
    )
