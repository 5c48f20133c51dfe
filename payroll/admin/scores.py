"""The register of rewards and penalties and what months were worth, to look at."""

from django.contrib import admin

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from payroll.models import (
    EntryDecision,
    JudgedPart,
    MonthScore,
    Objection,
    RegisterEntry,
    RewardSheet,
    Talk,
    Target,
    YearSheet,
)


@admin.register(RegisterEntry)
class RegisterEntryAdmin(ReadOnlyAdmin):
    list_display = ("happened_on", "employee", "clause", "kind", "value", "month", "state")
    list_filter = ("state", "kind", "clause", period("happened_on"))
    list_select_related = ("employee",)
    ordering = ("-happened_on", "-pk")
    fields = (
        ("employee", "clause", "kind", "value"),
        ("happened_on", "month", "incident", "source"),
        "reason",
        ("state", "reported_by", "reported_at"),
        ("rulebook", "inputs"),
    )


@admin.register(EntryDecision)
class EntryDecisionAdmin(ReadOnlyAdmin):
    list_display = ("decided_at", "entry", "state", "decided_by")
    list_filter = ("state", period("decided_at"))
    list_select_related = ("entry__employee", "decided_by")
    ordering = ("-decided_at",)
    fields = (("entry", "state"), "reason", ("decided_by", "decided_at"))


@admin.register(Objection)
class ObjectionAdmin(ReadOnlyAdmin):
    list_display = ("made_at", "entry", "outcome", "decided_by")
    list_filter = ("outcome", period("made_at"))
    list_select_related = ("entry__employee", "decided_by")
    ordering = ("-made_at",)
    fields = (
        ("entry", "made_by", "made_at"),
        "text",
        ("outcome", "decided_by", "decided_at"),
        "answer",
    )


@admin.register(MonthScore)
class MonthScoreAdmin(ReadOnlyAdmin):
    list_display = ("month", "employee", "number", "points", "grade", "published_at", "seen_at")
    list_filter = ("mechanism", "grade", "department", period("published_at"))
    list_select_related = ("employee",)
    ordering = ("-month", "-pk")
    fields = (
        ("employee", "month", "number", "department"),
        ("first_on", "last_on", "mechanism", "rulebook"),
        ("points", "grade", "reason"),
        ("published_by", "published_at", "seen_at"),
        "facts",
    )


@admin.register(JudgedPart)
class JudgedPartAdmin(ReadOnlyAdmin):
    list_display = ("month", "employee", "part", "points", "given_by", "given_at")
    list_filter = ("part", period("given_at"))
    list_select_related = ("employee", "given_by")
    ordering = ("-given_at",)
    fields = (("employee", "month", "part", "points"), "note", ("given_by", "given_as", "given_at"))


@admin.register(Target)
class TargetAdmin(ReadOnlyAdmin):
    list_display = ("month", "employee", "metric", "number", "text", "set_by")
    list_filter = ("metric", period("set_at"))
    list_select_related = ("employee", "set_by")
    ordering = ("-set_at",)
    fields = (("employee", "month"), ("metric", "number", "text"), ("set_by", "set_at"))


@admin.register(Talk)
class TalkAdmin(ReadOnlyAdmin):
    list_display = ("month", "employee", "talked_on", "held_by")
    list_filter = (period("recorded_at"),)
    list_select_related = ("employee", "held_by")
    ordering = ("-month", "-pk")
    fields = (
        ("employee", "month", "talked_on"),
        "strengths",
        "weaknesses",
        ("held_by", "recorded_at"),
    )


@admin.register(RewardSheet)
class RewardSheetAdmin(ReadOnlyAdmin):
    list_display = ("month", "department", "number", "prepared_by", "reviewed_by", "issued_at")
    list_filter = ("department", period("prepared_at"))
    list_select_related = ("department", "prepared_by", "reviewed_by")
    ordering = ("-month", "-pk")
    fields = (
        ("department", "month", "number", "rulebook"),
        ("prepared_by", "prepared_at"),
        ("reviewed_by", "reviewed_at"),
        ("issued_by", "issued_at"),
    )


@admin.register(YearSheet)
class YearSheetAdmin(ReadOnlyAdmin):
    list_display = ("year", "employee", "number", "mean", "grade", "graded_by")
    list_filter = ("year", "grade")
    list_select_related = ("employee", "graded_by")
    ordering = ("-year", "-pk")
    fields = (
        ("employee", "year", "number"),
        ("mean", "grade"),
        "note",
        ("graded_by", "graded_at"),
        "facts",
    )
