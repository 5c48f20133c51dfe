"""What was asked and answered, to look at."""

from django.contrib import admin
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from inquiries.models import (
    Complaint,
    ComplaintGrading,
    ComplaintStep,
    CounterAcceptance,
    CustomerFlag,
    Finding,
    ForceMajeure,
    Incident,
    Inquiry,
    LineCheck,
    NetworkQuery,
    Pickup,
    Rectification,
)
from kefu.admin import finding
from kefu.admin.base import OfCaseAdmin, ReadOnlyAdmin, badge, display, link
from kefu.admin.filters import period


@admin.register(Inquiry)
class InquiryAdmin(OfCaseAdmin):
    list_display = (
        "case_number",
        "kind",
        "channel",
        "asker",
        "received_at",
        "recorded_by",
        "first_contact",
    )
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
class PickupAdmin(OfCaseAdmin):
    list_display = (
        "case_number",
        "pickup_on",
        "pickup_from",
        "goods",
        "sender_address_masked",
        "courier",
        "courier_notified_at",
    )
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
class ComplaintAdmin(OfCaseAdmin):
    list_display = ("case_number", "grade", "category", "cause", "against", "stage", "shown_opened")
    list_filter = ("grade", "stage", "category", "cause", "conclusion", period("case__opened_at"))
    list_select_related = ("case", "against")
    fields = (
        "shown_case",
        ("category", "cause", "against"),
        ("grade", "classed_at", "stage"),
        "demand",
        ("received_at", "promised_on"),
        ("complainant", "department", "level"),
        ("inspector", "conclusion"),
        "rulebook",
    )

    @display(description=_("建单时间"), ordering="case__opened_at")
    def shown_opened(self, row: Complaint) -> object:
        return row.case.opened_at


@admin.register(ComplaintGrading)
class ComplaintGradingAdmin(OfCaseAdmin):
    list_display = ("case_number", "grade", "reason", "graded_by", "graded_at")
    list_filter = ("grade", period("graded_at"))
    list_select_related = ("case", "graded_by")
    fields = ("shown_case", "grade", "reason", ("graded_by", "graded_at"), "rulebook")


@admin.register(ComplaintStep)
class ComplaintStepAdmin(OfCaseAdmin):
    list_display = ("case_number", "code", "outcome", "round", "amount", "by", "happened_at")
    list_filter = ("code", "outcome", period("happened_at"))
    list_select_related = ("case", "by")
    fields = (
        "shown_case",
        ("code", "outcome", "round"),
        "text",
        "amount",
        ("by", "happened_at", "recorded_at"),
    )


@admin.register(Finding)
class FindingAdmin(OfCaseAdmin):
    list_display = ("case_number", "clause", "party", "amount", "points", "measure", "found_at")
    list_filter = (period("found_at"), ("party", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("case", "party")
    fields = (
        "shown_case",
        ("clause", "party"),
        ("amount", "points", "measure"),
        ("missing", "liability", "until"),
        "note",
        "shown_penalty",
        ("found_by", "found_at"),
        "rulebook",
    )
    readonly_fields = ("shown_case", "shown_penalty")

    @display(description=_("处罚"))
    def shown_penalty(self, row: Finding) -> str:
        penalty: Model | None = row.penalty
        return link(penalty)


@admin.register(Rectification)
class RectificationAdmin(ReadOnlyAdmin):
    list_display = ("due_on", "shown_party", "measure", "heavier", "outcome", "ordered_by")
    list_display_links = ("due_on",)
    list_filter = ("outcome", "measure", period("ordered_at"))
    list_select_related = ("finding__party", "ordered_by")
    fields = (
        ("shown_party", "measure"),
        ("due_on", "heavier"),
        ("ordered_by", "ordered_at"),
        ("outcome", "rechecked_by", "rechecked_at"),
    )
    readonly_fields = ("shown_party",)

    @display(description=_("网点"))
    def shown_party(self, row: Rectification) -> str:
        return str(row.finding.party)


@admin.register(CustomerFlag)
class CustomerFlagAdmin(OfCaseAdmin):
    list_display = ("case_number", "flag", "reason", "flagged_by", "flagged_at", "lifted_at")
    list_filter = (period("flagged_at"),)
    list_select_related = ("case", "flagged_by")
    fields = (
        "shown_case",
        "flag",
        "reason",
        ("flagged_by", "flagged_at"),
        ("lifted_by", "lifted_at"),
    )


@admin.register(LineCheck)
class LineCheckAdmin(ReadOnlyAdmin):
    list_display = ("called_at", "shown_party", "number", "outcome", "called_by")
    list_display_links = ("called_at",)
    list_filter = ("outcome", period("called_at"))
    list_select_related = ("number__party", "called_by")
    fields = (("shown_party", "number"), "outcome", "note", ("called_by", "called_at"))
    readonly_fields = ("shown_party",)

    @display(description=_("网点"))
    def shown_party(self, row: LineCheck) -> str:
        return str(row.number.party)


@admin.register(NetworkQuery)
class NetworkQueryAdmin(OfCaseAdmin):
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


@admin.register(Incident)
class IncidentAdmin(OfCaseAdmin):
    list_display = ("case_number", "title", "shown_stage", "is_major", "started_at", "completed_at")
    list_filter = ("kind", "stage", "is_major", "is_drill", period("started_at"))
    list_select_related = ("case",)
    fields = (
        "shown_case",
        ("kind", "stage", "is_major", "is_drill"),
        ("started_at", "ended_at", "completed_at"),
        ("reason", "hub", "expected_delay_days"),
        ("system", "symptom", "error_text"),
        ("solution_text", "decided_by", "decided_at"),
        "rulebook",
    )

    @display(description=_("类型"), ordering="kind")
    def title(self, row: Incident) -> str:
        return row.title

    @display(description=_("阶段"), ordering="stage")
    def shown_stage(self, row: Incident) -> str:
        return badge(row.get_stage_display(), "waits" if row.is_open else "")


@admin.register(ForceMajeure)
class ForceMajeureAdmin(ReadOnlyAdmin):
    list_display = ("declared_at", "reason", "shown_state", "starts_at", "ends_at", "declared_by")
    list_display_links = ("declared_at",)
    list_filter = ("state", period("declared_at"))
    list_select_related = ("declared_by",)
    ordering = ("-pk",)
    fields = (
        "reason",
        ("starts_at", "ends_at"),
        "shown_state",
        ("declared_by", "declared_at"),
        ("decided_by", "decided_at", "note"),
        ("revocation", "revocation_by", "revoked_by", "revoked_at"),
    )
    readonly_fields = ("shown_state",)

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: ForceMajeure) -> str:
        return badge(
            row.get_state_display(), "waits" if row.state == ForceMajeure.State.DECLARED else ""
        )
