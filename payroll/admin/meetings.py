"""Meetings, announcements and the hand-over book, to look at."""

from django.contrib import admin

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from payroll.models import (
    Announcement,
    BookEntry,
    Meeting,
    MeetingItem,
    Minutes,
    SafetyReport,
    ShiftCheck,
    WeeklyReport,
)


@admin.register(Meeting)
class MeetingAdmin(ReadOnlyAdmin):
    list_display = ("on", "department", "subject", "starts_at", "mode", "chair", "state")
    list_filter = ("state", "subject", "department", period("on"))
    list_select_related = ("department", "chair")
    ordering = ("-on",)


@admin.register(MeetingItem)
class MeetingItemAdmin(ReadOnlyAdmin):
    list_display = ("text", "kind", "department", "owner", "due_on", "state", "raised_by")
    list_filter = ("state", "kind", "department")
    list_select_related = ("department", "owner", "raised_by")
    search_fields = ("text",)
    ordering = ("-raised_at",)


@admin.register(Minutes)
class MinutesAdmin(ReadOnlyAdmin):
    list_display = ("meeting", "number", "written_by", "circulated_at")
    list_filter = (period("circulated_at"),)
    list_select_related = ("meeting__department", "written_by")
    ordering = ("-circulated_at",)


@admin.register(WeeklyReport)
class WeeklyReportAdmin(ReadOnlyAdmin):
    list_display = ("employee", "from_on", "to_on", "handed_in_at")
    list_select_related = ("employee",)
    search_fields = ("employee__number", "employee__name")
    ordering = ("-to_on",)


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    list_display = ("title", "kind", "published_by", "published_at", "launch_at", "withdrawn_at")
    list_filter = ("kind", period("published_at"))
    list_select_related = ("published_by",)
    search_fields = ("title",)
    ordering = ("-published_at",)


@admin.register(BookEntry)
class BookEntryAdmin(ReadOnlyAdmin):
    list_display = ("on", "department", "giver", "giver_signed_at", "taker", "taker_signed_at")
    list_filter = ("department", period("on"))
    list_select_related = ("department", "giver", "taker")
    search_fields = ("giver__name", "taker__name")
    ordering = ("-giver_signed_at",)


@admin.register(ShiftCheck)
class ShiftCheckAdmin(ReadOnlyAdmin):
    list_display = ("on", "employee", "edge", "checked_at", "consented_by")
    list_filter = ("edge", period("on"))
    list_select_related = ("employee", "consented_by")
    ordering = ("-checked_at",)


@admin.register(SafetyReport)
class SafetyReportAdmin(ReadOnlyAdmin):
    list_display = ("reported_at", "department", "place", "reported_by", "security", "told_at")
    list_filter = ("department", period("reported_at"))
    list_select_related = ("department", "reported_by")
    ordering = ("-reported_at",)
