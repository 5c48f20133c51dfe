"""Calls, chats and what customers gave, to look at."""

from django.contrib import admin

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from payroll.models import Call, CallsComplete, Chat, Rating

WHO = ("employee__number", "employee__name")


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    list_display = (
        "employee",
        "at",
        "direction",
        "line",
        "answered",
        "ring_seconds",
        "rings",
        "talk_seconds",
    )
    list_filter = ("direction", "answered", "line", period("at"))
    list_select_related = ("employee",)
    search_fields = WHO
    ordering = ("-at",)


@admin.register(Chat)
class ChatAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "employee",
        "began_at",
        "first_seconds",
        "slowest_seconds",
        "closed",
        "ordered",
    )
    list_filter = ("closed", period("began_at"))
    list_select_related = ("employee",)
    search_fields = ("number", *WHO)
    ordering = ("-began_at",)


@admin.register(Rating)
class RatingAdmin(ReadOnlyAdmin):
    list_display = ("employee", "rated_on", "source", "stars", "review", "recorded_by")
    list_filter = ("source", "review", "stars", period("rated_on"))
    list_select_related = ("employee", "recorded_by")
    search_fields = WHO
    ordering = ("-rated_on", "-pk")


@admin.register(CallsComplete)
class CallsCompleteAdmin(ReadOnlyAdmin):
    list_display = ("month", "department", "said_by", "said_at")
    list_filter = ("department",)
    list_select_related = ("department", "said_by")
    ordering = ("-month", "department")
