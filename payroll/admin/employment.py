"""Who is employed from when to when, and where he works; what he earns is told on pages of its own."""

from django.contrib import admin

from kefu.admin.base import ReadOnlyAdmin
from payroll.models import Employment, Leaving, Placement


@admin.register(Employment)
class EmploymentAdmin(ReadOnlyAdmin):
    list_display = ("employee", "hired_on", "left_on")
    list_select_related = ("employee",)
    ordering = ("-hired_on", "-pk")
    fields = ("employee", ("hired_on", "left_on"))


@admin.register(Placement)
class PlacementAdmin(ReadOnlyAdmin):
    list_display = ("employee", "department", "position", "from_on", "recorded_by")
    list_filter = ("department",)
    list_select_related = ("employee", "department", "position", "recorded_by")
    ordering = ("-from_on", "-pk")
    fields = (
        ("employee", "department", "position"),
        ("from_on", "reason"),
        ("recorded_by", "recorded_at"),
    )


@admin.register(Leaving)
class LeavingAdmin(ReadOnlyAdmin):
    list_display = ("employment", "kind", "last_day", "recorded_by", "effected_at", "closed_at")
    list_filter = ("kind",)
    list_select_related = ("employment__employee", "recorded_by")
    ordering = ("-recorded_at", "-pk")
    fields = (
        ("employment", "kind", "last_day"),
        "reason",
        ("recorded_by", "recorded_at"),
        ("effected_at", "withdrawn_at", "withdrawn_by"),
        ("closed_at", "closed_by"),
    )
