"""Cases and their timelines, to look at. Work is done on the case page, where reveals are recorded too."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from kefu.admin import finding
from kefu.admin.base import ReadOnlyAdmin, ReadOnlyInline, badge, display, link, list_link, together
from kefu.admin.filters import period
from kefu.cases.models import Case, CaseLink, CaseQuerySet, Consultation, HandOver, Interaction
from kefu.privacy import search


class TimelineInline(ReadOnlyInline):
    model = Interaction
    fields = (
        "happened_at",
        "kind",
        "action",
        "direction",
        "counterpart",
        "channel",
        "author",
        "text",
    )
    ordering = ("happened_at", "pk")
    verbose_name_plural = _("往来记录")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("author").defer("sealed", "search")


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "kind",
        "shown_state",
        "waybill_number",
        "customer_name_masked",
        "summary",
        "owner",
        "department",
        "outlet",
        "next_due_at",
        "opened_at",
    )
    list_filter = (
        "state",
        "kind",
        "priority",
        "department",
        "handed_over",
        period("opened_at"),
        ("owner", AutocompleteSelectFilter),
        ("outlet", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("owner", "department", "outlet")
    ordering = ("-pk",)
    search_help_text = _("单号、运单号，客户的完整电话、末四位、姓名或拼音，事由里的字")
    inlines = (TimelineInline,)
    fields = (
        ("number", "open_page"),
        ("kind", "shown_state", "priority"),
        ("waybill", "outlet"),
        ("owner", "department"),
        ("customer_name_masked", "customer_phone_masked"),
        "summary",
        ("opened_at", "next_due_at", "closed_at"),
        ("handed_over", "escalated_at"),
        "shown_links",
    )
    readonly_fields = ("open_page", "shown_state", "shown_links")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = cast("CaseQuerySet", super().get_queryset(request))
        return rows.visible_to(request.user).defer("sealed", "search", "lookup")

    def find(self, text: str) -> Q | None:
        words = Q(search.matching(text)) if search.tsquery(text) and not text.isascii() else None
        return finding.either(finding.case(text), words)

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: Case) -> str:
        return badge(row.get_state_display(), "waits" if row.state == Case.State.OPEN else "")

    @display(description=_("相关"))
    def shown_links(self, row: Case) -> Any:
        # Tables of apps above, reached by their relation to the case.
        deadlines = list_link(row.deadlines.model, str(_("时限")), q=row.number)
        penalties = list_link(row.penalties.model, str(_("处罚")), q=row.number)
        return together(deadlines, penalties)

    @display(description=_("工单页"))
    def open_page(self, row: Case) -> str:
        try:
            url = reverse("workbench:case", args=[row.number])
        except NoReverseMatch:
            return "–"
        return format_html('<a class="kf-link" href="{}">{}</a>', url, _("打开工单页"))


class NeedFilter(admin.SimpleListFilter):
    """What customers wished for, noted for study (LC-02.03)."""

    title = _("客户需求")
    parameter_name = "need"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("只看客户需求"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action="customer_need") if self.value() else queryset


@admin.register(Interaction)
class InteractionAdmin(ReadOnlyAdmin):
    list_display = (
        "happened_at",
        "shown_case",
        "kind",
        "action",
        "direction",
        "channel",
        "author",
        "text",
    )
    list_display_links = ("happened_at",)
    list_filter = ("kind", NeedFilter, "direction", "channel", "substantive", period("happened_at"))
    list_select_related = ("case", "author")
    ordering = ("-pk",)
    search_help_text = _("工单号、运单号，客户电话或姓名，内容里的字")
    fields = (
        "shown_case",
        ("kind", "action"),
        ("direction", "counterpart", "channel"),
        "party",
        ("happened_at", "recorded_at"),
        ("author", "substantive"),
        "text",
        "data",
    )
    readonly_fields = ("shown_case",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .defer("sealed", "search", "case__sealed", "case__search", "case__lookup")
        )

    def find(self, text: str) -> Q | None:
        words = Q(search.matching(text)) if search.tsquery(text) and not text.isascii() else None
        return finding.either(finding.case(text, "case__"), words)

    @display(description=_("工单"))
    def shown_case(self, row: Interaction) -> str:
        return link(row.case)


@admin.register(CaseLink)
class CaseLinkAdmin(ReadOnlyAdmin):
    list_display = ("linked_at", "shown_case", "shown_origin", "cause", "linked_by")
    list_display_links = ("linked_at",)
    list_filter = (period("linked_at"),)
    list_select_related = ("case", "origin", "linked_by")
    ordering = ("-pk",)
    search_help_text = _("工单号或运单号")
    fields = ("shown_case", "shown_origin", "cause", ("linked_by", "linked_at"))
    readonly_fields = ("shown_case", "shown_origin")

    def find(self, text: str) -> Q | None:
        return finding.either(finding.case(text, "case__"), finding.case(text, "origin__"))

    @display(description=_("工单"))
    def shown_case(self, row: CaseLink) -> str:
        return link(row.case)

    @display(description=_("起因工单"))
    def shown_origin(self, row: CaseLink) -> str:
        return link(row.origin)


@admin.register(HandOver)
class HandOverAdmin(ReadOnlyAdmin):
    list_display = ("at", "shown_case", "giver", "taker", "department", "note")
    list_display_links = ("at",)
    list_filter = ("department", period("at"))
    list_select_related = ("case", "giver", "taker", "department")
    ordering = ("-pk",)
    search_help_text = _("工单号、运单号或工号")
    fields = ("shown_case", ("giver", "taker", "department"), "note", "at")
    readonly_fields = ("shown_case",)

    def find(self, text: str) -> Q | None:
        return finding.either(
            finding.case(text, "case__"), Q(giver__number=text) | Q(taker__number=text)
        )

    @display(description=_("工单"))
    def shown_case(self, row: HandOver) -> str:
        return link(row.case)


class RepliedFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "replied"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("待答复")), ("yes", _("已答复"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(replied_at__isnull=self.value() == "no")


@admin.register(Consultation)
class ConsultationAdmin(ReadOnlyAdmin):
    list_display = (
        "asked_at",
        "shown_case",
        "department",
        "question",
        "reply",
        "asked_by",
        "replied_at",
    )
    list_display_links = ("asked_at",)
    list_filter = (RepliedFilter, "department", period("asked_at"))
    list_select_related = ("case", "department", "asked_by")
    ordering = ("-pk",)
    search_help_text = _("工单号或运单号")
    fields = (
        ("shown_case", "department"),
        "question",
        ("asked_by", "asked_at"),
        "reply",
        ("replied_by", "replied_at"),
    )
    readonly_fields = ("shown_case",)

    def find(self, text: str) -> Q | None:
        return finding.case(text, "case__")

    @display(description=_("工单"))
    def shown_case(self, row: Consultation) -> str:
        return link(row.case)
