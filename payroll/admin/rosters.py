"""Rosters, swaps, leave and outings to look at; holidays to be kept."""

from django.contrib import admin

from kefu.admin.base import OfficeAdmin, ReadOnlyAdmin
from kefu.admin.filters import period
from payroll.models import (
    Holiday,
    Leave,
    Outing,
    Roster,
    RosterCopy,
    RosteredShift,
    RosterReminder,
    Swap,
)


@admin.register(Holiday)
class HolidayAdmin(OfficeAdmin):
    list_display = ("day", "kind", "name")
    list_filter = ("kind",)
    ordering = ("-day",)
    fields = ("day", "kind", "name")


@admin.register(Roster)
class RosterAdmin(ReadOnlyAdmin):
    list_display = ("department", "kind", "starts_on", "ends_on", "number", "state", "published_at")
    list_filter = ("kind", "state", "department", period("published_at"))
    list_select_related = ("department",)
    ordering = ("-starts_on", "-pk")
    fields = (
        ("department", "kind"),
        ("starts_on", "ends_on", "number"),
        ("state", "replaces", "rulebook"),
        "lunches",
        ("made_by", "made_at"),
        ("published_by", "published_at", "withdrawn_at"),
    )


@admin.register(RosteredShift)
class RosteredShiftAdmin(ReadOnlyAdmin):
    list_display = ("day", "employee", "name", "starts_at", "ends_at", "origin", "live")
    list_filter = ("live", "origin", "name")
    list_select_related = ("employee",)
    ordering = ("-day", "-pk")
    fields = (
        ("employee", "day", "name"),
        ("starts_at", "ends_at"),
        ("origin", "replaces", "live"),
        ("roster", "windows", "sorts", "lunch"),
    )


@admin.register(RosterCopy)
class RosterCopyAdmin(ReadOnlyAdmin):
    list_display = ("roster", "user", "told_at", "seen_at")
    list_select_related = ("roster__department", "user")
    ordering = ("-pk",)


@admin.register(RosterReminder)
class RosterReminderAdmin(ReadOnlyAdmin):
    list_display = ("department", "about", "on", "told_at")
    list_filter = ("about",)
    list_select_related = ("department",)
    ordering = ("-told_at",)


@admin.register(Swap)
class SwapAdmin(ReadOnlyAdmin):
    list_display = ("asker", "other", "shift", "returned", "state", "asked_at", "decided_by")
    list_filter = ("state", "promotion", period("asked_at"))
    list_select_related = ("asker", "other", "shift__employee", "returned__employee", "decided_by")
    ordering = ("-asked_at",)
    fields = (
        ("asker", "other"),
        ("shift", "returned", "pays_back"),
        ("promotion", "note"),
        ("asked_by", "asked_at", "agreed_at"),
        ("state", "decided_by", "decided_at", "reason"),
        ("rulebook", "inputs"),
    )


@admin.register(Leave)
class LeaveAdmin(ReadOnlyAdmin):
    list_display = ("employee", "kind", "starts_at", "ends_at", "state", "cover", "slip_at")
    list_filter = ("state", "kind", "emergency", period("asked_at"))
    list_select_related = ("employee", "cover")
    ordering = ("-starts_at",)
    fields = (
        ("employee", "kind", "emergency"),
        ("starts_at", "ends_at"),
        "reason",
        ("cover", "cover_agreed_at", "handover"),
        ("asked_by", "asked_at", "told_by_phone_at", "told_to", "slip_at"),
        ("state", "rulebook"),
        "inputs",
    )


@admin.register(Outing)
class OutingAdmin(ReadOnlyAdmin):
    list_display = ("employee", "purpose", "starts_at", "ends_at", "state", "decided_by")
    list_filter = ("state", period("asked_at"))
    list_select_related = ("employee", "decided_by")
    ordering = ("-starts_at",)
    fields = (
        ("employee", "purpose"),
        ("starts_at", "ends_at", "emergency"),
        ("asked_by", "asked_at"),
        ("state", "decided_by", "decided_at"),
        ("rulebook", "inputs"),
    )
