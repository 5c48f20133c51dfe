from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from kefu.notifications.models import Delivery, Event
from kefu.staff.models import User


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The outbox: what people and partners were to hear of."""

    list_display = ("at", "kind", "case_id", "user_id", "department_id", "party_id")
    list_display_links = ("at",)
    list_filter = ("kind", period("at"))
    ordering = ("-at", "-pk")
    search_help_text = _("工单的内部编号")
    fields = (("kind", "at"), ("case_id", "user_id", "department_id", "party_id"), "data")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What rang for one person and is of no case tells of people: it is his, and the manager's."""
        rows, user = super().get_queryset(request), request.user
        if user.is_superuser or getattr(user, "role", "") == User.Role.MANAGER:
            return rows
        return rows.filter(Q(user_id=None) | Q(user_id=user.pk) | Q(case_id__isnull=False))

    def find(self, text: str) -> Q | None:
        return Q(case_id=int(text)) if text.isdecimal() and len(text) <= 18 else None


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """What went out of the house, on which way, and what came of it."""

    list_display = ("at", "kind", "user", "channel", "state", "tries")
    list_display_links = ("at",)
    list_filter = ("state", "kind", period("at"))
    list_select_related = ("user", "channel")
    ordering = ("-at", "-pk")
    fields = (("kind", "at"), ("user", "channel"), ("state", "tries", "due_at"), "error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """His own and his department's; all of them for the manager."""
        rows, user = super().get_queryset(request), request.user
        if user.is_superuser or getattr(user, "role", "") == User.Role.MANAGER:
            return rows
        department = User.objects.filter(username=user.get_username()).values(
            "employee__department"
        )
        return rows.filter(
            Q(user_id=user.pk)
            | Q(user__employee__department__in=department)
            | Q(channel__department__in=department)
        )
