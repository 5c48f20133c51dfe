from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kefu.admin import finding
from kefu.admin.base import ReadOnlyAdmin, display, link, list_link, together, yuan
from kefu.admin.filters import period
from kefu.parcels.models import Scan, Waybill


@admin.register(Waybill)
class WaybillAdmin(ReadOnlyAdmin):
    """Parcels with their people masked; the plain values are shown on a case only, and recorded."""

    list_display = (
        "number",
        "shown_route",
        "origin",
        "destination",
        "sender_name_masked",
        "receiver_name_masked",
        "receiver_phone_masked",
        "payment",
        "shown_value",
        "accepted_at",
    )
    list_filter = ("payment", period("accepted_at"))
    list_select_related = ("origin", "destination")
    ordering = ("-pk",)
    search_help_text = _("运单号（可只输前几位），收寄件人的完整电话、末四位或姓名")
    fields = (
        ("number", "accepted_at"),
        ("shown_route", "shown_links"),
        ("shown_origin", "shown_destination"),
        ("sender_name_masked", "sender_phone_masked"),
        "sender_address_masked",
        ("receiver_name_masked", "receiver_phone_masked"),
        "receiver_address_masked",
        ("goods", "weight_kg"),
        ("freight", "payment", "declared_value"),
    )
    readonly_fields = ("shown_route", "shown_links", "shown_origin", "shown_destination")

    def find(self, text: str) -> Q | None:
        key = text.replace(" ", "").upper()
        by_number = Q(number__startswith=key) if len(key) >= 6 and key.isascii() else None
        return finding.either(by_number, finding.person(text))

    @display(description=_("路由"))
    def shown_route(self, row: Waybill) -> str:
        return f"{row.route_from} → {row.route_to}"

    @display(description=_("声明价值（元）"), ordering="declared_value")
    def shown_value(self, row: Waybill) -> str:
        return yuan(row.declared_value)

    @display(description=_("发件网点"))
    def shown_origin(self, row: Waybill) -> str:
        return link(row.origin)

    @display(description=_("派件网点"))
    def shown_destination(self, row: Waybill) -> str:
        return link(row.destination)

    @display(description=_("相关"))
    def shown_links(self, row: Waybill) -> Any:
        scans = list_link(Scan, str(_("扫描记录")), q=row.number)
        cases = list_link(row.cases.model, str(_("工单")), q=row.number)
        return together(scans, cases)


@admin.register(Scan)
class ScanAdmin(ReadOnlyAdmin):
    list_display = ("at", "waybill_number", "kind", "place", "text")
    list_display_links = ("at",)
    list_filter = ("kind", period("at"))
    search_help_text = _("完整运单号")
    fields = ("waybill_number", ("kind", "at"), "place", "text")
    ordering = ("-at", "-pk")

    def find(self, text: str) -> Q:
        return Q(waybill_number=text.replace(" ", "").upper())
