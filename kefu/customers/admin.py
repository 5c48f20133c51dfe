"""Customers, to look at: masked, with how they were graded, visited and asked."""

from django.contrib import admin

from kefu.admin.base import ReadOnlyAdmin
from kefu.admin.filters import period
from kefu.customers.models import Customer, Survey, Visit


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__",
        "name_masked",
        "phone_masked",
        "company",
        "grade",
        "owner",
        "visit_on",
    )
    list_filter = ("grade", "graded_by_hand", period("opened_at"))
    list_select_related = ("owner",)
    search_fields = ("company",)
    fields = (
        ("name_masked", "phone_masked", "address_masked"),
        ("company", "owner"),
        ("grade", "graded_by_hand", "visit_on"),
        ("opened_by", "opened_at", "changed_at"),
    )


@admin.register(Visit)
class VisitAdmin(ReadOnlyAdmin):
    list_display = ("customer", "mode", "way", "satisfaction", "by", "at", "outcome")
    list_filter = ("mode", "way", "satisfaction", period("at"))
    list_select_related = ("customer", "by")
    fields = (
        ("customer", "mode", "way"),
        ("satisfaction", "problems", "outcome"),
        ("was_due_on", "by", "at"),
    )


@admin.register(Survey)
class SurveyAdmin(ReadOnlyAdmin):
    list_display = ("case", "made_by", "made_at", "expires_at", "answered_at", "stars", "solved")
    list_filter = ("stars", "solved", period("made_at"))
    list_select_related = ("case", "made_by__employee")
    fields = (
        ("case", "made_by", "made_at"),
        ("expires_at", "replaced_at"),
        ("answered_at", "stars", "solved"),
        "comment",
    )
