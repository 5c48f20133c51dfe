"""Reports about losses, delays and damages, what they earn, those that were forgotten, to look at."""

from django.contrib import admin

from claims.models import FaultReport, ForgottenReport, ReportBonus
from kefu.admin.base import OfCaseAdmin
from kefu.admin.filters import period


@admin.register(FaultReport)
class FaultReportAdmin(OfCaseAdmin):
    list_display = (
        *("case_number", "direction", "fault", "waybill_number", "responsible", "reporter"),
        *("submitted_at", "verdict", "answered_at"),
    )
    list_filter = ("direction", "fault", "verdict", period("submitted_at"))
    list_select_related = ("case", "responsible", "reporter")
    fields = (
        ("shown_case", "direction", "fault", "waybill_number"),
        ("reporter", "sender", "responsible", "responsible_department"),
        ("submitted_at", "recorded_by", "rulebook"),
        ("notices_wanted", "told_again_by", "answered_at"),
        ("verdict", "decided_by", "decided_at"),
    )


@admin.register(ReportBonus)
class ReportBonusAdmin(OfCaseAdmin):
    path = "report__case__"
    list_display_links = ("month",)
    list_display = ("month", "employee", "to", "clause", "amount", "credited_at")
    list_filter = ("to", "clause", period("credited_at"))
    list_select_related = ("employee",)
    fields = (
        ("shown_case", "to", "employee"),
        ("month", "clause", "amount"),
        ("rulebook", "credited_at"),
        "inputs",
    )


@admin.register(ForgottenReport)
class ForgottenReportAdmin(OfCaseAdmin):
    list_display_links = ("waybill_number",)
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
