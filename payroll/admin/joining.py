"""Vacancies, probations, and what is handed out; candidates and personal data are told on pages that record a look."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from kefu.admin.base import OfficeAdmin, ReadOnlyAdmin
from payroll.models import Article, Issue, Probation, Vacancy


@admin.register(Vacancy)
class VacancyAdmin(ReadOnlyAdmin):
    list_display = ("department", "position", "wanted", "opened_at", "outside_at", "closed_at")
    list_filter = ("department",)
    list_select_related = ("department", "position")
    ordering = ("-opened_at", "-pk")
    fields = (
        ("department", "position", "wanted"),
        "asks",
        ("opened_by", "opened_at"),
        ("external_reasons", "external_note"),
        ("outside_by", "outside_at"),
        ("closed_by", "closed_at", "closing"),
    )


@admin.register(Probation)
class ProbationAdmin(ReadOnlyAdmin):
    list_display = ("employment", "ends_on", "state", "coach", "confirmed_on")
    list_filter = ("state",)
    list_select_related = ("employment__employee", "coach")
    ordering = ("ends_on", "pk")
    fields = (
        ("employment", "coach", "state"),
        ("clause", "rulebook"),
        ("first_ends_on", "ends_on"),
        ("confirmation", "confirmed_on", "confirmed_by", "confirmed_at"),
    )


@admin.register(Article)
class ArticleAdmin(OfficeAdmin):
    """The list of what is handed out. A new price holds for what is handed out from now on."""

    list_display = ("name", "category", "price", "in_set", "active")
    list_filter = ("category", "active")
    search_fields = ("name",)
    fields = (("name", "name_en"), ("category", "price"), ("in_set", "active"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Issue)
class IssueAdmin(ReadOnlyAdmin):
    list_display = ("employee", "article", "size", "price", "issued_on", "outcome", "ended_on")
    list_filter = ("outcome", "article__category")
    list_select_related = ("employee", "article")
    ordering = ("-issued_on", "-pk")
    fields = (
        ("employee", "article", "size"),
        ("price", "issued_on", "issued_by"),
        "replaces",
        ("outcome", "ended_on", "ended_by"),
    )
