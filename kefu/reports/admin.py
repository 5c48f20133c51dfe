"""Reports about a week or a month, to look at."""

from django.contrib import admin

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from kefu.reports.models import BuiltReport, Register


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


@admin.register(BuiltReport)
class BuiltReportAdmin(ReadOnlyAdmin):
    list_display = ("name", "owner", "shared", "schedule", "next_at", "changed_at")
    list_filter = ("shared", "schedule")
    list_select_related = ("owner__employee",)
    search_fields = ("name",)
    fields = (
        ("name", "owner"),
        ("shared", "schedule", "next_at"),
        ("made_at", "changed_at"),
        "shape",
    )
