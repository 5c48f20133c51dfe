"""Punches, corrections and what came of them, to look at."""

from django.contrib import admin

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from payroll.models import (
    AttendanceClerk,
    AttendanceDay,
    AttendanceReport,
    Away,
    Correction,
    FalsePunch,
    Overtime,
    OvertimeCall,
    Punch,
    PunchExemption,
)

WHO = ("employee__number", "employee__name")


@admin.register(Punch)
class PunchAdmin(ReadOnlyAdmin):
    list_display = ("employee", "at", "direction", "source", "recorded_by", "recorded_at")
    list_filter = ("direction", "source", period("at"))
    list_select_related = ("employee", "recorded_by")
    search_fields = WHO
    ordering = ("-at",)


@admin.register(AttendanceDay)
class AttendanceDayAdmin(ReadOnlyAdmin):
    list_display = (
        "employee",
        "day",
        "status",
        "came_at",
        "left_at",
        "late_minutes",
        "early_minutes",
        "absent_hours",
        "leave_hours",
    )
    list_filter = ("status", period("day"))
    list_select_related = ("employee",)
    search_fields = WHO
    ordering = ("-day",)


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ("employee", "direction", "at", "state", "asked_at", "decided_by", "decided_at")
    list_filter = ("state", period("asked_at"))
    list_select_related = ("employee", "decided_by")
    search_fields = WHO
    ordering = ("-asked_at",)


@admin.register(Away)
class AwayAdmin(ReadOnlyAdmin):
    list_display = ("employee", "began_at", "ended_at", "busy", "told", "finding", "found_by")
    list_filter = ("finding", "busy", period("began_at"))
    list_select_related = ("employee", "told", "found_by")
    search_fields = WHO
    ordering = ("-began_at",)


@admin.register(Overtime)
class OvertimeAdmin(ReadOnlyAdmin):
    list_display = ("employee", "starts_at", "ends_at", "duty", "settle", "state", "decided_by")
    list_filter = ("state", "settle", period("starts_at"))
    list_select_related = ("employee", "decided_by")
    search_fields = WHO
    ordering = ("-starts_at",)


@admin.register(OvertimeCall)
class OvertimeCallAdmin(ReadOnlyAdmin):
    list_display = ("employee", "starts_at", "ends_at", "state", "answer_by", "called_by")
    list_filter = ("state", period("starts_at"))
    list_select_related = ("employee", "called_by")
    search_fields = WHO
    ordering = ("-called_at",)


@admin.register(PunchExemption)
class PunchExemptionAdmin(ReadOnlyAdmin):
    list_display = ("employee", "from_on", "to_on", "reason", "approved_by", "approved_at")
    list_select_related = ("employee", "approved_by")
    search_fields = WHO
    ordering = ("-from_on",)


@admin.register(FalsePunch)
class FalsePunchAdmin(ReadOnlyAdmin):
    list_display = ("shift", "kind", "proxy", "verified_by", "verified_at")
    list_filter = ("kind",)
    list_select_related = ("shift__employee", "proxy", "verified_by")
    ordering = ("-verified_at",)


@admin.register(AttendanceClerk)
class AttendanceClerkAdmin(ReadOnlyAdmin):
    list_display = ("department", "employee", "named_by", "named_at", "ended_at")
    list_select_related = ("department", "employee", "named_by")
    ordering = ("department", "-named_at")


@admin.register(AttendanceReport)
class AttendanceReportAdmin(ReadOnlyAdmin):
    list_display = ("department", "from_on", "to_on", "due_at", "sent_by", "sent_at")
    list_filter = ("department",)
    list_select_related = ("department", "sent_by")
    ordering = ("-to_on",)
