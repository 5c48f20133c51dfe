from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from kefu.notifications.models import Event


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The outbox: what people and partners were to hear of."""

    list_display = ("at", "kind", "case_id", "user_id", "department_id", "party_id")
    list_display_links = ("at",)
    list_filter = ("kind", period("at"))
    ordering = ("-at", "-pk")
    search_help_text = _("工单的内部编号")
    fields = (("kind", "at"), ("case_id", "user_id", "department_id", "party_id"), "data")

    def find(self, text: str) -> Q | None:
        return Q(case_id=int(text)) if text.isdecimal() and len(text) <= 18 else None
