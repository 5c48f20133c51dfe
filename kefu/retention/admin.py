"""The life of personal data, to look at: the keys it stands under."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from kefu.admin.base import ReadOnlyAdmin
from kefu.retention import selectors
from kefu.retention.models import SealCount


@admin.register(SealCount)
class SealCountAdmin(ReadOnlyAdmin):
    list_display = ("place", "key_id", "blobs", "counted_at")
    list_filter = ("key_id",)
    search_fields = ("place",)
    fields = (("place", "key_id"), ("blobs", "counted_at"))
    list_before_template = "admin/retention/keys.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Above the list: each key, and whether it may be taken away."""
        context = {**(extra_context or {}), "keys": selectors.key_uses()}
        page: HttpResponse = super().changelist_view(request, context)
        return page
