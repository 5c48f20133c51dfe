"""Problem parcels with their records, calls, messages, disposals and stays, to look at."""

from django.contrib import admin

from kefu.admin.base import OfCaseAdmin, ReadOnlyAdmin
from kefu.admin.filters import period
from problem_parcels.models import (
    ContactAttempt,
    Disposal,
    Message,
    ProblemParcel,
    ProblemRecord,
    Volume,
)


@admin.register(ProblemParcel)
class ProblemParcelAdmin(OfCaseAdmin):
    list_display = ("case_number", "direction", "problem", "place", "same_city", "registered_at")
    list_filter = ("direction", "problem", "place", "same_city", period("registered_at"))
    list_select_related = ("case",)
    fields = (
        "shown_case",
        ("direction", "problem"),
        ("place", "same_city"),
        ("registered_at", "registered_by"),
    )


@admin.register(ProblemRecord)
class ProblemRecordAdmin(OfCaseAdmin):
    list_display = ("case_number", "problem", "valid", "liable", "recorded_by", "recorded_at")
    list_filter = ("problem", "valid", period("recorded_at"))
    list_select_related = ("case", "liable", "recorded_by")
    fields = (
        "shown_case",
        ("problem", "valid", "liable"),
        "remark",
        "chosen",
        ("scanned_at", "recorded_at", "recorded_by"),
        "rulebook",
    )


@admin.register(ContactAttempt)
class ContactAttemptAdmin(OfCaseAdmin):
    list_display = ("case_number", "whose", "number_masked", "outcome", "at", "recorded_by")
    list_filter = ("outcome", "whose", period("at"))
    list_select_related = ("case", "recorded_by")
    fields = (
        "shown_case",
        ("whose", "number_masked", "outcome"),
        ("at", "recorded_at", "recorded_by"),
    )


@admin.register(Message)
class MessageAdmin(OfCaseAdmin):
    list_display = ("case_number", "sender", "receiver", "wish", "posted_at", "answered_at")
    list_filter = ("wish", period("posted_at"))
    list_select_related = ("case", "sender", "receiver")
    fields = (
        "shown_case",
        ("sender", "receiver", "reply_to"),
        "text",
        ("wish", "reference"),
        ("posted_at", "posted_by"),
        ("deadline", "wait"),
        ("opened_at", "opened_by"),
        ("answered_at", "withdrawn_at"),
    )


@admin.register(Disposal)
class DisposalAdmin(OfCaseAdmin):
    list_display = ("case_number", "kind", "asked_by", "mark", "decided_at", "carried_out_at")
    list_filter = ("kind", "asked_by", period("decided_at"))
    list_select_related = ("case",)
    fields = (
        "shown_case",
        ("kind", "asked_by"),
        ("because", "reason", "mark"),
        ("decided_at", "decided_by", "deadline"),
        ("carried_out_at", "carried_out_by", "withdrawn_at"),
    )


@admin.register(Volume)
class VolumeAdmin(ReadOnlyAdmin):
    list_display = ("employee", "month", "metric", "number")
    list_filter = ("metric", "month")
    list_select_related = ("employee",)
    ordering = ("-month", "employee")
