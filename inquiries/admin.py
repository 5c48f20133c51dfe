"""What was asked and answered, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from inquiries.models import Complaint, CounterAcceptance, Inquiry, NetworkQuery, Pickup
from kefu.admin import finding
from kefu.admin.base import ReadOnlyAdmin, badge, display, link
from kefu.admin.filters import period


class OfCase(ReadOnlyAdmin):
    """An extension of a case."""

    list_display_links = ("shown_case",)
    ordering = ("-pk",)
    readonly_fields: tuple[str, ...] = ("shown_case",)
    search_help_text = _("单号、运单号，客户的完整电话、末四位、姓名或拼音")

    def find(self, text: str) -> Q | None:
        return finding.case(text, "case__")

    @display(description=_("工单"))
    def shown_case(self, row: Any) -> str:
        return link(row.case)

    @display(description=_("工单"))
    def case_number(self, row: Any) -> str:
        return str(row.case)


@admin.register(Inquiry)
class InquiryAdmin(OfCase):
    list_display = (
        "case_number",
        "kind",
        "channel",
        "asker",
        "received_at",
        "recorded_by",
        "first_contact",
    )
    list_display_links = ("case_number",)
    list_filter = ("kind", "channel", "asker", "first_contact", period("recorded_at"))
    list_select_related = ("case", "recorded_by")
    fields = (
        "shown_case",
        ("kind", "channel", "asker"),
        ("received_at", "recorded_at"),
        "recorded_by",
        "first_contact",
    )


@admin.register(Pickup)
class PickupAdmin(OfCase):
    list_display = (
        "case_number",
        "pickup_on",
        "pickup_from",
        "goods",
        "sender_address_masked",
        "courier",
        "courier_notified_at",
    )
    list_display_links = ("case_number",)
    list_filter = ("fragile", period("case__opened_at"))
    list_select_related = ("case", "courier")
    fields = (
        "shown_case",
        ("sender_address_masked", "receiver_address_masked"),
        ("goods", "fragile", "prohibited_checked"),
        ("fee_told", "eta_told_on"),
        ("pickup_on", "pickup_from", "day_approved_by"),
        ("courier", "courier_notified_at"),
        ("driver", "driver_notified_at"),
    )


@admin.register(Complaint)
class ComplaintAdmin(OfCase):
    list_display = ("case_number", "cause", "against", "shown_opened")
    list_display_links = ("case_number",)
    list_filter = ("cause", period("case__opened_at"))
    list_select_related = ("case", "against")
    fields = ("shown_case", ("cause", "against"))

    @display(description=_("建单时间"), ordering="case__opened_at")
    def shown_opened(self, row: Complaint) -> object:
        return row.case.opened_at


@admin.register(NetworkQuery)
class NetworkQueryAdmin(OfCase):
    list_display = (
        "asked_at",
        "shown_case",
        "asking",
        "asked",
        "shown_state",
        "question",
        "answered_at",
        "chased_at",
    )
    list_display_links = ("asked_at",)
    list_filter = ("state", period("asked_at"), ("asked", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("case", "asking", "asked")
    fields = (
        "shown_case",
        ("asking", "asked"),
        ("shown_state", "shown_deadline"),
        "question",
        "answer",
        "reference",
        ("asked_at", "answered_at", "chased_at"),
    )
    readonly_fields = ("shown_case", "shown_state", "shown_deadline")

    def find(self, text: str) -> Q | None:
        return finding.either(
            finding.case(text, "case__"),
            finding.party(text, "asked__"),
            finding.party(text, "asking__"),
        )

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: NetworkQuery) -> str:
        return badge(
            row.get_state_display(), "waits" if row.state == NetworkQuery.State.OPEN else ""
        )

    @display(description=_("时限"))
    def shown_deadline(self, row: NetworkQuery) -> str:
        deadline: Model | None = row.deadline
        return link(deadline)


@admin.register(CounterAcceptance)
class CounterAcceptanceAdmin(ReadOnlyAdmin):
    list_display = (
        "accepted_at",
        "shown_waybill",
        "settlement",
        "by_air",
        "inspected",
        "fee_told",
        "fragile",
        "mark",
        "clerk",
    )
    list_display_links = ("accepted_at",)
    list_filter = ("settlement", "by_air", "fragile", period("accepted_at"))
    list_select_related = ("waybill", "clerk")
    ordering = ("-pk",)
    search_help_text = _("运单号（可只输前几位）或工号")
    fields = (
        ("shown_waybill", "settlement"),
        ("inspected", "fee_told", "by_air"),
        ("fragile", "fragile_approved_by"),
        "mark",
        ("clerk", "accepted_at"),
        "rulebook",
    )
    readonly_fields = ("shown_waybill",)

    def find(self, text: str) -> Q:
        number = text.replace(" ", "").upper()
        return Q(waybill__number__startswith=number) | Q(clerk__number=text)

    @display(description=_("运单"))
    def shown_waybill(self, row: CounterAcceptance) -> str:
        return link(row.waybill)
