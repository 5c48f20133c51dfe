"""Draws, check sheets, what was found and what was set right, to look at."""

from django.contrib import admin

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from payroll.models import Finding, Inspection, Rectification, Sample, SampleDraw


@admin.register(SampleDraw)
class SampleDrawAdmin(ReadOnlyAdmin):
    list_display = ("drawn_at", "department", "medium", "from_on", "to_on", "size", "drawn_by")
    list_filter = ("department", "medium", period("drawn_at"))
    list_select_related = ("department", "drawn_by")
    ordering = ("-drawn_at",)
    fields = (
        ("department", "medium", "from_on", "to_on"),
        ("size", "seed"),
        ("frame_size", "frame_digest"),
        "people",
        ("rulebook", "drawn_by", "drawn_at"),
    )


@admin.register(Sample)
class SampleAdmin(ReadOnlyAdmin):
    list_display = ("at", "employee", "medium", "draw", "unheard")
    list_filter = ("medium", period("at"))
    list_select_related = ("employee", "draw__department")
    ordering = ("-at",)
    fields = (
        ("draw", "number"),
        ("employee", "medium", "record"),
        ("at", "seconds", "reference"),
        ("unheard", "unheard_by", "unheard_at"),
    )


@admin.register(Inspection)
class InspectionAdmin(ReadOnlyAdmin):
    list_display = ("happened_at", "occasion", "department", "employee", "inspector")
    list_filter = ("occasion", "department", period("happened_at"))
    list_select_related = ("department", "employee", "inspector")
    ordering = ("-happened_at",)
    fields = (
        ("occasion", "department", "employee"),
        ("sample", "recording", "minutes"),
        "note",
        ("happened_at", "inspector", "recorded_at"),
        "rulebook",
    )


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    list_display = ("happened_on", "mark", "employee", "department", "found_by", "reply_by")
    list_filter = ("department", period("happened_on"))
    list_select_related = ("mark", "employee", "department", "found_by")
    ordering = ("-happened_on", "-pk")
    fields = (
        ("mark", "inspection"),
        ("employee", "department", "happened_on"),
        "text",
        ("reply_by", "found_by", "found_at"),
    )


@admin.register(Rectification)
class RectificationAdmin(ReadOnlyAdmin):
    list_display = ("due_on", "assignee", "what", "recheck_by", "outcome")
    list_filter = ("outcome", period("due_on"))
    list_select_related = ("assignee", "recheck_by")
    ordering = ("-due_on", "-pk")
    fields = (
        ("finding", "earlier"),
        "what",
        ("assignee", "due_on", "recheck_by"),
        ("ordered_by", "ordered_at", "rulebook"),
        ("reason", "reason_at", "overdue_at"),
        ("done_note", "done_at"),
        ("outcome", "recheck_note", "rechecked_by", "rechecked_at"),
    )
