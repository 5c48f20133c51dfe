"""Templates, runs and their steps, to look at."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from kefu.admin.base import OfCaseAdmin, ReadOnlyAdmin, display
from kefu.admin.filters import period
from kefu.processes.models import ProcessRun, ProcessTemplate, RefundCheck


@admin.register(ProcessTemplate)
class ProcessTemplateAdmin(ReadOnlyAdmin):
    list_display = ("name", "number", "state", "drafted_by", "published_by", "published_at")
    list_filter = ("state",)
    list_select_related = ("drafted_by", "published_by")
    ordering = ("name", "-number")
    fields = (
        ("name", "number", "state"),
        ("drafted_by", "drafted_at"),
        ("published_by", "published_at"),
    )


@admin.register(ProcessRun)
class ProcessRunAdmin(OfCaseAdmin):
    list_display = ("case_number", "shown_name", "about", "started_by", "touched_at", "ending")
    list_filter = ("ending", "code", period("started_at"))
    list_select_related = ("case", "about", "started_by", "template")
    readonly_fields = ("shown_case", "shown_name")
    fields = (
        ("shown_case", "shown_name"),
        ("about", "template", "rulebook"),
        ("started_by", "started_at", "round_on"),
        ("touched_at", "ended_at", "ending"),
    )

    @display(description=_("流程"))
    def shown_name(self, row: Any) -> str:
        return str(row)


@admin.register(RefundCheck)
class RefundCheckAdmin(ReadOnlyAdmin):
    list_display = ("due_on", "department", "checked_by", "checked_at", "open_runs")
    list_filter = ("department", period("checked_at"))
    list_select_related = ("department", "checked_by")
    ordering = ("-due_on", "department")
    fields = (("department", "due_on"), ("checked_by", "checked_at", "open_runs"))
