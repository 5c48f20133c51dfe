"""The store of the warehouse office, to look at: its stays, incidents, shifts, collections and requests."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kefu.admin.base import ReadOnlyAdmin, ReadOnlyInline, display, link
from kefu.admin.filters import period
from problem_parcels.models import (
    Collection,
    CollectionLine,
    KeyMove,
    ShiftHandOver,
    Stay,
    StayKeeping,
    StoreIncident,
    WarehouseRequest,
)


def _number(text: str) -> str:
    return text.replace(" ", "").upper()


class KeepingInline(ReadOnlyInline):
    model = StayKeeping
    fields = ("since", "keeper", "by")
    ordering = ("since", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("keeper", "by")


@admin.register(Stay)
class StayAdmin(ReadOnlyAdmin):
    list_display = (
        "waybill_number",
        "place",
        "sort",
        "location",
        "reason",
        "keeper",
        "entered_at",
        "left_at",
        "left_as",
        "left_for",
    )
    list_filter = ("place", "sort", "waybill_present", period("entered_at"))
    list_select_related = ("keeper",)
    ordering = ("-pk",)
    search_help_text = _("运单号（可只输前几位）")
    fields = (
        ("waybill_number", "shown_case"),
        ("place", "sort", "location"),
        "reason",
        ("waybill_present", "overridden_by"),
        ("keeper", "entered_at"),
        ("left_at", "left_by", "left_as", "left_for"),
    )
    readonly_fields = ("shown_case",)
    inlines = (KeepingInline,)

    def find(self, text: str) -> Q | None:
        return Q(waybill_number__startswith=_number(text))

    @display(description=_("工单"))
    def shown_case(self, row: Stay) -> str:
        return link(row.case)


@admin.register(StoreIncident)
class StoreIncidentAdmin(ReadOnlyAdmin):
    list_display = (
        "waybill",
        "clause",
        "liable",
        "happened_at",
        "text",
        "amount",
        "recorded_by",
    )
    list_filter = ("clause", period("happened_at"))
    list_select_related = ("stay", "liable", "recorded_by")
    ordering = ("-pk",)
    search_help_text = _("运单号（可只输前几位）")
    fields = (
        ("waybill", "shown_stay"),
        ("clause", "rulebook"),
        ("liable", "happened_at"),
        "text",
        ("recorded_by", "recorded_at"),
        ("amount", "priced_by", "priced_at"),
    )
    readonly_fields = ("waybill", "shown_stay")

    def find(self, text: str) -> Q | None:
        return Q(stay__waybill_number__startswith=_number(text))

    @display(description=_("运单号"))
    def waybill(self, row: StoreIncident) -> str:
        return row.stay.waybill_number

    @display(description=_("留仓"))
    def shown_stay(self, row: StoreIncident) -> str:
        return link(row.stay)


@admin.register(ShiftHandOver)
class ShiftHandOverAdmin(ReadOnlyAdmin):
    list_display = (
        "on",
        "shift",
        "giver",
        "giver_signed_at",
        "taker",
        "taker_signed_at",
        "withdrawn_at",
    )
    list_filter = ("shift", period("giver_signed_at"))
    list_select_related = ("giver", "taker")
    ordering = ("-pk",)
    fields = (
        ("on", "shift", "rulebook"),
        ("giver", "giver_signed_at"),
        "note",
        "open_items",
        ("taker", "taker_signed_at"),
        "withdrawn_at",
    )


class CollectionLineInline(ReadOnlyInline):
    model = CollectionLine
    fields = ("stay", "ticked_at", "ticked_by", "struck_at", "struck_by", "struck_for")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("stay", "ticked_by", "struck_by")


@admin.register(Collection)
class CollectionAdmin(ReadOnlyAdmin):
    list_display = ("on", "driver", "opened_at", "opened_by", "finished_at", "finished_by")
    list_filter = (period("opened_at"),)
    list_select_related = ("driver", "opened_by", "finished_by")
    ordering = ("-pk",)
    fields = (("on", "driver"), ("opened_at", "opened_by"), ("finished_at", "finished_by"))
    inlines = (CollectionLineInline,)


@admin.register(WarehouseRequest)
class WarehouseRequestAdmin(ReadOnlyAdmin):
    list_display = (
        "made_at",
        "made_by",
        "waybill_number",
        "text",
        "urgent",
        "decided_at",
        "decided_by",
        "refusal",
        "liable",
    )
    list_display_links = ("made_at",)
    list_filter = ("urgent", "refusal", period("made_at"))
    list_select_related = ("made_by", "decided_by", "liable")
    ordering = ("-pk",)
    search_help_text = _("运单号（可只输前几位）")
    fields = (
        ("made_at", "made_by", "recorded_by"),
        ("customer_id_masked", "name_masked", "address_masked"),
        ("waybill_number", "text"),
        ("urgent", "on_paper", "signed_by", "signed_on"),
        ("decided_at", "decided_by"),
        ("refusal", "note", "liable"),
    )

    def find(self, text: str) -> Q | None:
        return Q(waybill_number__startswith=_number(text))


@admin.register(KeyMove)
class KeyMoveAdmin(ReadOnlyAdmin):
    list_display = ("key", "holder", "moved_at", "moved_by")
    list_filter = ("key", period("moved_at"))
    list_select_related = ("key", "holder", "moved_by")
    ordering = ("-pk",)
    fields = ("key", "holder", ("moved_at", "moved_by"))
