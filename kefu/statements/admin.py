"""Statements and payments are looked at here and moved by services: issue, record, take back."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from kefu import clock
from kefu.admin import finding
from kefu.admin.base import (
    NoForm,
    ReadOnlyAdmin,
    ReasonForm,
    action,
    badge,
    display,
    link,
    yuan,
)
from kefu.admin.filters import period
from kefu.errors import KefuError
from kefu.jobs import services as jobs
from kefu.statements import papers, services
from kefu.statements.api import PDF, XLSX, as_file, file_name
from kefu.statements.models import Payment, Statement
from kefu.statements.services.payments import FEN, REFERENCE_LIMIT

LINES = 50  # a page
State = Statement.State
TONES = {State.DRAWN: "waits"}


class PaymentForm(forms.Form):
    amount = forms.DecimalField(
        label=_("金额（元）"),
        decimal_places=2,
        max_digits=10,
        min_value=FEN,
        error_messages={"min_value": _("金额要大于 0，最多两位小数")},
    )
    paid_on = forms.DateField(label=_("到账日期"), widget=forms.DateInput(attrs={"type": "date"}))
    reference = forms.CharField(label=_("银行流水号"), max_length=REFERENCE_LIMIT)


class MonthFilter(SimpleListFilter):
    title = _("月份")
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        months = Statement.objects.order_by("-month").values_list("month", flat=True).distinct()
        return [(f"{month:%Y-%m}", f"{month:%Y-%m}") for month in months[:24]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            return queryset.filter(month=date.fromisoformat(f"{self.value()}-01"))
        except ValueError:  # none chosen, or no month at all
            return queryset


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    list_display = (
        "shown_number",
        "party",
        "shown_month",
        "shown_state",
        "shown_closing",
        "confirm_by",
        "paid_at",
    )
    list_filter = ("state", MonthFilter, ("party", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("party",)
    ordering = ("-month", "-pk")
    search_help_text = _("网点名称、拼音或编号")
    actions = ("issue",)
    actions_detail = ("issue_here", "record_here", "pdf_here", "xlsx_here")
    fields = (
        "shown_party",  # a row of its own: its name may be long
        ("shown_month", "shown_state"),
        ("shown_opening", "shown_penalties", "shown_recoveries"),
        ("shown_reversals", "shown_payments", "shown_closing"),
        ("drawn_at", "issued_at", "issued_by"),
        ("confirm_by", "confirmed_at", "confirmation"),
        ("locked_at", "paid_at", "settled_at"),
    )
    readonly_fields = (
        "shown_party",
        "shown_month",
        "shown_state",
        "shown_opening",
        "shown_penalties",
        "shown_recoveries",
        "shown_reversals",
        "shown_payments",
        "shown_closing",
    )
    list_before_template = "admin/statements/lacking.html"
    change_form_outer_after_template = "admin/statements/lines.html"

    def find(self, text: str) -> Q:
        return finding.party(text)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("party")

    @display(description=_("编号"))
    def shown_number(self, row: Statement) -> str:
        return format_html('<span class="kf-number">{}</span>', row.number)

    @display(description=_("网点"))
    def shown_party(self, row: Statement) -> str:
        return link(row.party)

    @display(description=_("月份"), ordering="month")
    def shown_month(self, row: Statement) -> str:
        return f"{row.month:%Y-%m}"

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: Statement) -> str:
        return badge(row.get_state_display(), TONES.get(State(row.state), ""))

    @display(description=_("期初应付（元）"), ordering="opening")
    def shown_opening(self, row: Statement) -> str:
        return yuan(row.opening)

    @display(description=_("考核款（元）"))
    def shown_penalties(self, row: Statement) -> str:
        return yuan(row.penalties)

    @display(description=_("追偿及其他（元）"))
    def shown_recoveries(self, row: Statement) -> str:
        return yuan(row.recoveries)

    @display(description=_("冲销（元）"))
    def shown_reversals(self, row: Statement) -> str:
        return yuan(row.reversals)

    @display(description=_("来款（元）"))
    def shown_payments(self, row: Statement) -> str:
        return yuan(row.payments)

    @display(description=_("期末应付（元）"), ordering="closing")
    def shown_closing(self, row: Statement) -> str:
        return yuan(row.closing)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        lacking = [
            (row.job.params["month"][:7], row.shown, jobs.reason(row)) for row in services.lacking()
        ]
        return super().changelist_view(request, {**(extra_context or {}), "lacking": lacking})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        statement = self.get_object(request, object_id) if object_id else None
        if statement is not None and self.has_view_permission(request):
            lines = statement.lines.select_related("party").order_by("number")
            page = Paginator(lines, LINES).get_page(request.GET.get("lines"))
            rows = [(line, yuan(line.amount)) for line in page]
            found = {"page": page, "rows": rows, "statement": statement}
            extra_context = {**(extra_context or {}), **found}
        return super().changeform_view(request, object_id, form_url, extra_context)

    # What one may do.

    def has_issue_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("statements.issue_statement"))

    def has_record_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("statements.record_payment"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer the issue of what is not issued; whoever comes too late is told so by the service."""
        row = self.get_object(request, str(object_id))
        offered = super().get_actions_detail(request, object_id)
        if row is not None and row.state == State.DRAWN:
            return list(offered)
        return [one for one in offered if one.path != "issue"]

    @action(description=pgettext_lazy("statement", "发出"), permissions=["issue"])
    def issue(self, request: HttpRequest, queryset: QuerySet[Statement]) -> HttpResponse | None:
        return self._issue(request, queryset.order_by("month"))

    @action(description=pgettext_lazy("statement", "发出"), permissions=["issue"], url_path="issue")
    def issue_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        row = self.one(request, object_id)
        return self._issue(request, [row], back=_page(row))

    def _issue(
        self, request: HttpRequest, rows: Iterable[Statement], back: str = ""
    ) -> HttpResponse | None:
        rows = list(rows)

        def do(statement: Statement) -> None:
            services.issue(statement=statement, actor=request.user, now=clock.now())

        return self.step(
            request,
            rows,
            do,
            title=str(_("发出对账单")),
            form_class=NoForm,
            done=str(_("已发出 %(n)d 份对账单")),
            action="issue",
            hint=_about(
                rows,
                _("发出后网点可以看到、确认或提异议；期满没有确认的，视为确认并锁定。不能撤回。"),
            ),
            back=back,
        )

    @action(description=_("登记来款"), permissions=["record"], url_path="record-payment")
    def record_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        row = self.one(request, object_id)

        def do(statement: Statement, **given: Any) -> None:
            services.record_payment(
                party=statement.party, **given, actor=request.user, now=clock.now()
            )

        return self.step(
            request,
            [row],
            do,
            title=str(_("登记来款")),
            form_class=PaymentForm,
            done=str(_("已登记 %(n)d 笔来款")),
            action="record_payment",
            hint=_about(
                [row],
                _(
                    "来款记在网点账上，列入入账当月的对账单；付清期末应付后，处罚转为已结清。记错的由另一位同事冲销。"
                ),
            ),
            back=_page(row),
        )

    @action(description=_("PDF"), permissions=["record"], url_path="pdf")
    def pdf_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.one(request, object_id)
        try:
            return as_file(papers.as_pdf(row), PDF, file_name(row, "pdf"))
        except KefuError as error:  # no font
            messages.error(request, str(error))
            return HttpResponseRedirect(_page(row))

    @action(description=_("Excel"), permissions=["record"], url_path="xlsx")
    def xlsx_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.one(request, object_id)
        return as_file(papers.as_workbook(row), XLSX, file_name(row, "xlsx"))


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = (
        "reference",
        "party",
        "shown_amount",
        "paid_on",
        "recorded_by",
        "recorded_at",
        "shown_reversed",
    )
    list_filter = (period("recorded_at"), ("party", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("party", "recorded_by")
    ordering = ("-pk",)
    search_help_text = _("银行流水号、网点名称或编号")
    actions_detail = ("reverse_here",)
    fields = (
        ("party", "shown_amount"),
        "reference",
        ("paid_on", "recorded_by", "recorded_at"),
        ("reversed_by", "reversed_at"),
        "reversed_for",
    )
    readonly_fields = ("shown_amount",)

    def find(self, text: str) -> Q:
        return Q(reference=text) | finding.party(text)

    @display(description=_("金额（元）"), ordering="amount")
    def shown_amount(self, row: Payment) -> str:
        return yuan(row.amount)

    @display(description=_("冲销"))
    def shown_reversed(self, row: Payment) -> str:
        return badge(_("已冲销"), "undone") if row.reversed_at else ""

    def has_reverse_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("statements.record_payment"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        row = self.get_object(request, str(object_id))
        if row is None or row.reversed_at is not None or row.recorded_by_id == request.user.pk:
            return []
        return list(super().get_actions_detail(request, object_id))

    @action(
        description=pgettext_lazy("payment", "冲销"), permissions=["reverse"], url_path="reverse"
    )
    def reverse_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(payment: Payment, reason: str) -> None:
            services.reverse_payment(
                payment=payment, reason=reason, actor=request.user, now=clock.now()
            )

        return self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=str(_("冲销来款")),
            form_class=ReasonForm,
            done=str(_("已冲销 %(n)d 笔来款")),
            action="reverse",
            hint=str(
                _(
                    "记为一笔冲销，原来的登记保留。靠它付清的对账单变回未付清，已结清的处罚变回应付。登记的人不能自己冲销。"
                )
            ),
            back=reverse("admin:statements_payment_change", args=[object_id]),
        )


def _page(row: Statement) -> str:
    return reverse("admin:statements_statement_change", args=[row.pk])


def _about(rows: Sequence[Statement], hint: Any) -> str:
    """Whose statement it is and how much it comes to, before what the step does; of several, what they come to."""
    facts = {"n": len(rows), "closing": f"{sum(row.closing for row in rows):,.2f}"}
    if len(rows) == 1:
        said = _("%(party)s，期末应付 %(closing)s 元。") % {**facts, "party": rows[0].party}
    else:
        said = _("%(n)d 份，期末应付合计 %(closing)s 元。") % facts
    return f"{said} {hint}"
