"""Templates, runs and their steps, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kefu.admin import finding
from kefu.admin.base import ReadOnlyAdmin, display, link
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
class ProcessRunAdmin(ReadOnlyAdmin):
    ordering = ("-pk",)
    list_display = ("case_number", "shown_name", "about", "started_by", "touched_at", "ending")
    list_display_links = ("case_number",)
    list_filter = ("ending", "code", period("started_at"))
    list_select_related = ("case", "about", "started_by", "template")
    search_help_text = _("单号、运单号，客户的完整电话、末四位、姓名或拼音")
    readonly_fields = ("shown_case", "shown_name")
    fields = (
        ("shown_case", "shown_name"),
        ("about", "template", "rulebook"),
        ("started_by", "started_at", "round_on"),
        ("touched_at", "ended_at", "ending"),
    )

    def find(self, text: str) -> Q | None:
        return finding.case(text, "case__")

    @display(description=_("工单"))
    def case_number(self, row: Any) -> str:
        return str(row.case)

    @display(description=_("工单"))
    def shown_case(self, row: Any) -> str:
        return link(row.case)

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
