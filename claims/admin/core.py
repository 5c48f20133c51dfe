"""Claims with their evidence, findings and settlements, to look at; and the limits of approval, to set."""

from django.contrib import admin

from claims.models import (
    Approval,
    ApprovalLimit,
    Claim,
    Evidence,
    Finding,
    Liability,
    Offer,
    Settlement,
)
from kefu.admin.base import OfCaseAdmin, OfficeAdmin
from kefu.admin.filters import period


class OfClaim(OfCaseAdmin):
    """What belongs to a claim."""

    path = "claim__case__"


@admin.register(Claim)
class ClaimAdmin(OfCaseAdmin):
    list_display = ("case_number", "loss", "claimant", "stage", "ending", "demanded_at", "major")
    list_filter = ("stage", "loss", "ending", "major", period("demanded_at"))
    list_select_related = ("case",)
    fields = (
        "shown_case",
        ("loss", "place", "claimant"),
        ("stage", "ending", "major"),
        ("demanded_at", "demanded_amount"),
        ("insured_amount", "proved_value", "freight"),
        ("repairable", "repair_cost", "share"),
        ("delay_days", "force_majeure", "signed_unchecked"),
        ("deadline", "settled_at", "closed_at", "satisfaction"),
    )


@admin.register(Evidence)
class EvidenceAdmin(OfClaim):
    list_display = ("case_number", "kind", "note", "collected_by", "collected_at")
    list_filter = ("kind", period("collected_at"))
    list_select_related = ("claim__case", "collected_by")
    fields = ("shown_case", ("kind", "note"), ("collected_by", "collected_at", "recorded_at"))


@admin.register(Finding)
class FindingAdmin(OfClaim):
    list_display = ("case_number", "cause", "outcome", "submitted_by", "submitted_at", "decided_by")
    list_filter = ("outcome", "cause", period("submitted_at"))
    list_select_related = ("claim__case", "submitted_by", "decided_by")
    fields = (
        "shown_case",
        ("cause", "outcome"),
        "facts",
        "reason",
        ("submitted_by", "submitted_at"),
        ("decided_by", "decided_at"),
        "note",
    )


@admin.register(Liability)
class LiabilityAdmin(OfCaseAdmin):
    path = "finding__claim__case__"
    list_display = ("case_number", "kind", "party", "percent")
    list_filter = ("kind",)
    list_select_related = ("finding__claim__case", "party")
    fields = ("shown_case", "finding", ("kind", "party", "percent"))


@admin.register(Offer)
class OfferAdmin(OfClaim):
    list_display = ("case_number", "amount", "counter_amount", "reply", "offered_at", "recorded_by")
    list_filter = ("reply", "channel", period("offered_at"))
    list_select_related = ("claim__case", "recorded_by")
    fields = (
        "shown_case",
        ("amount", "counter_amount", "reply"),
        ("channel", "text"),
        ("offered_at", "recorded_at", "recorded_by"),
    )


@admin.register(Settlement)
class SettlementAdmin(OfClaim):
    list_display = ("case_number", "amount", "computed", "clause", "state", "accepted_at")
    list_filter = ("state", period("accepted_at"))
    list_select_related = ("claim__case",)
    fields = (
        "shown_case",
        ("amount", "computed", "clause"),
        ("state", "deviation_reason"),
        ("accepted_at", "proposed_by", "proposed_at"),
        "rulebook",
    )


@admin.register(Approval)
class ApprovalAdmin(OfCaseAdmin):
    path = "settlement__claim__case__"
    list_display = ("case_number", "need", "approved", "decided_by", "decided_at")
    list_filter = ("need", "approved", period("decided_at"))
    list_select_related = ("settlement__claim__case", "decided_by")
    fields = (
        "shown_case",
        "settlement",
        ("need", "approved"),
        "note",
        ("decided_by", "decided_at"),
    )


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(OfficeAdmin):
    """A settlement above the amount wants the approval; one at the amount does not."""

    list_display = ("need", "above")
    ordering = ("above", "need")
    fields = ("need", "above")
