"""Rewards and sanctions, suggestions and awards, to look at."""

from django.contrib import admin

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from payroll.models import (
    AwardRound,
    Idea,
    Nominee,
    OptIn,
    Proposal,
    ProposedMeasure,
)


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    list_display = ("happened_on", "employee", "rewards", "state", "proposed_by", "decided_by")
    list_filter = ("state", "rewards", "department", period("proposed_at"))
    list_select_related = ("employee", "proposed_by", "decided_by")
    ordering = ("-proposed_at",)
    fields = (
        ("employee", "department", "rewards", "happened_on"),
        ("facts", "evidence", "idea"),
        ("proposed_by", "proposed_at", "answer_by"),
        ("statement", "stated_at"),
        ("verified_by", "verified_at", "finding"),
        ("state", "decided_by", "decided_at", "reason"),
        ("signed_at", "filed_by", "filed_at"),
        "steps",
    )


@admin.register(ProposedMeasure)
class ProposedMeasureAdmin(ReadOnlyAdmin):
    list_display = ("proposal", "entry", "asked", "given")
    list_filter = ("asked", "given")
    list_select_related = ("proposal__employee", "entry__employee")
    fields = (("proposal", "entry"), ("asked", "given"))


@admin.register(Idea)
class IdeaAdmin(ReadOnlyAdmin):
    list_display = ("submitted_at", "employee", "title", "state", "decided_by")
    list_filter = ("state", "shown", "department", period("submitted_at"))
    list_select_related = ("employee", "decided_by")
    ordering = ("-submitted_at",)
    fields = (
        ("employee", "department", "submitted_at", "shown"),
        ("title", "content"),
        ("state", "decided_by", "decided_at", "answer"),
        ("entry", "rulebook"),
    )


@admin.register(AwardRound)
class AwardRoundAdmin(ReadOnlyAdmin):
    list_display = ("month", "department", "opened_by", "chosen_by", "published_by")
    list_filter = ("department", period("opened_at"))
    list_select_related = ("department", "opened_by", "chosen_by", "published_by")
    ordering = ("-month",)
    fields = (
        ("department", "month", "rulebook"),
        ("opened_by", "opened_at"),
        ("chosen_by", "chosen_at"),
        ("published_by", "published_at"),
    )


@admin.register(Nominee)
class NomineeAdmin(ReadOnlyAdmin):
    list_display = ("round", "employee", "nominated_by", "chosen")
    list_filter = ("chosen",)
    list_select_related = ("round__department", "employee", "nominated_by")
    fields = (("round", "employee", "nominated_by"), "figures", ("chosen", "evidence", "entry"))


@admin.register(OptIn)
class OptInAdmin(ReadOnlyAdmin):
    list_display = ("rulebook", "clause", "decided_by", "confirmed_by")
    list_select_related = ("rulebook", "decided_by", "confirmed_by")
    fields = (
        ("rulebook", "clause", "reason"),
        ("decided_by", "decided_at"),
        ("confirmed_by", "confirmed_at"),
    )
