"""Runs of pay, terms, locks, exports and the fund, to look at. What anybody earns stands on pages of its own, where
each look is recorded.
"""

from django.contrib import admin
from django.db.models import Q

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from payroll.models import FundEntry, LockedMonth, PayExport, PayRun, PayTerms


@admin.register(PayTerms)
class PayTermsAdmin(ReadOnlyAdmin):
    list_display = ("edition", "from_month", "share", "minimum_wage", "payday", "confirmed_by")
    list_select_related = ("confirmed_by",)
    ordering = ("-from_month",)
    fields = (
        ("edition", "from_month", "payday"),
        ("share", "minimum_wage", "keeps_minimum", "deductions"),
        ("leave_shares", "calendar"),
        ("written_by", "written_at"),
        ("confirmed_by", "confirmed_at"),
    )

    def find(self, text: str) -> Q:
        return Q(edition__icontains=text)


@admin.register(PayRun)
class PayRunAdmin(ReadOnlyAdmin):
    list_display = ("month", "number", "state", "begun_by", "approved_by", "locked_at")
    list_filter = ("state", period("begun_at"))
    list_select_related = ("begun_by", "approved_by")
    ordering = ("-month", "-number")
    fields = (
        ("month", "number", "state"),
        ("terms", "job"),
        ("begun_by", "begun_at", "computed_at"),
        ("approved_by", "approved_at"),
        ("locked_by", "locked_at"),
        ("reason", "digest"),
    )

    def find(self, text: str) -> Q:
        return Q(digest__startswith=text)


@admin.register(LockedMonth)
class LockedMonthAdmin(ReadOnlyAdmin):
    list_display = ("month", "locked_by", "locked_at")
    list_select_related = ("locked_by",)
    ordering = ("-month",)
    fields = ("month", ("locked_by", "locked_at"))

    def find(self, text: str) -> Q:
        return Q(locked_by__username=text)


@admin.register(PayExport)
class PayExportAdmin(ReadOnlyAdmin):
    list_display = ("run", "kind", "taken_by", "taken_at")
    list_filter = ("kind", period("taken_at"))
    list_select_related = ("run", "taken_by")
    ordering = ("-pk",)
    fields = (("run", "kind"), ("taken_by", "taken_at"), ("columns", "digest"))

    def find(self, text: str) -> Q:
        return Q(digest__startswith=text)


@admin.register(FundEntry)
class FundEntryAdmin(ReadOnlyAdmin):
    list_display = ("on", "department", "amount", "purpose", "entered_by")
    list_filter = ("department",)
    list_select_related = ("department", "entered_by")
    ordering = ("-pk",)
    fields = (("department", "on", "amount"), "purpose", ("entered_by", "entered_at"))

    def find(self, text: str) -> Q:
        return Q(purpose__icontains=text)
