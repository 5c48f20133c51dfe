"""Penalties are looked at here and moved by services: waive, decide, release."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from kefu import clock
from kefu.admin import finding
from kefu.admin.access import may_view
from kefu.admin.base import (
    DecidedAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    ReasonForm,
    action,
    amount,
    badge,
    display,
    link,
)
from kefu.admin.filters import UndecidedFilter, month
from kefu.ledger.models import Entry
from kefu.penalties import selectors, services
from kefu.penalties.models import FOR_PEOPLE, Penalty, PenaltyEvent, Waiver
from kefu.policy.rulebook import load_all
from kefu.rulebooks import wording


class WaiverForm(forms.Form):
    # An objection is raised by whoever is to bear the penalty, on the page of the case.
    ground = forms.ChoiceField(
        label=_("理由类别"),
        choices=[one for one in Waiver.Ground.choices if one[0] != Waiver.Ground.OBJECTION],
    )
    reason = forms.CharField(
        label=_("说明"),
        min_length=4,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("发生了什么，凭什么免"),
    )


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("审批意见"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@lru_cache
def _clauses() -> list[tuple[str, str]]:
    """The clauses a penalty can stand on, of all rulebooks; the table is not searched for them."""
    return sorted(
        (clause.id, clause.id)
        for rules in load_all().values()
        for clause in rules.clauses
        if clause.kind == "consequence"
    )


class ClauseFilter(SimpleListFilter):
    title = _("条款")
    parameter_name = "clause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return _clauses()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(clause=self.value()) if self.value() else queryset


class WaiverOpenFilter(SimpleListFilter):
    title = _("免罚")
    parameter_name = "waiver"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("open", _("有申请待审批"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(pk__in=Waiver.objects.filter(approved=None).values("penalty_id"))


class JudgedFilter(SimpleListFilter):
    title = _("裁定")
    parameter_name = "judged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("people", _("待人裁定"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(FOR_PEOPLE) if self.value() else queryset


class ReadingFilter(SimpleListFilter):
    title = _("阅读确认")
    parameter_name = "reading"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("before", _("发生时本人未确认"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(selectors.before_reading()) if self.value() else queryset


class EventInline(ReadOnlyInline):
    model = PenaltyEvent
    fields = ("at", "kind", "reason", "actor")
    ordering = ("at", "pk")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("actor")


class WaiverInline(ReadOnlyInline):
    model = Waiver
    fields = (
        "ground",
        "reason",
        "proposed_by",
        "proposed_at",
        "approved",
        "decided_by",
        "decision_note",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("proposed_by", "decided_by")


@admin.register(Penalty)
class PenaltyAdmin(ReadOnlyAdmin):
    list_display = (
        "clause",
        "shown_state",
        "shown_amount",
        "shown_party",
        "shown_case",
        "shown_condition",
        "incurred_at",
        "shown_reading",
    )
    list_filter = (
        "state",
        "kind",
        JudgedFilter,
        WaiverOpenFilter,
        ReadingFilter,
        month("incurred_at"),
        ClauseFilter,
        "case__department",
        ("party", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("party", "case")
    ordering = ("-pk",)
    search_help_text = _("工单号、运单号、责任方名称或编号、条款")
    actions = ("propose_waiver", "release", "confirm")
    actions_detail = ("propose_waiver_here", "release_here", "confirm_here")
    inlines = (EventInline, WaiverInline)
    fields = (
        ("clause", "rulebook"),
        ("shown_state", "shown_amount"),
        ("shown_party", "shown_case"),
        ("shown_condition", "shown_deadline"),
        ("incurred_at", "decided_at", "shown_reading"),
    )
    readonly_fields = (
        "shown_reading",
        "shown_state",
        "shown_amount",
        "shown_party",
        "shown_case",
        "shown_condition",
        "shown_deadline",
    )
    change_form_outer_before_template = "admin/penalties/explained.html"
    change_form_outer_after_template = "admin/penalties/entries.html"

    def find(self, text: str) -> Q | None:
        if "-" in text and text.upper() in dict(_clauses()):
            return Q(clause=text.upper())
        return finding.either(finding.case(text, "case__"), finding.party(text))

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: Penalty) -> str:
        tones = {
            Penalty.State.HELD: "waits",
            Penalty.State.PAYABLE: "owed",
            Penalty.State.REVERSED: "undone",
        }
        state = row.get_state_display()
        if row.state == Penalty.State.PAYABLE and row.kind == Penalty.Kind.POINTS:
            state = str(_("应扣"))  # points are no money
        return badge(state, tones.get(Penalty.State(row.state), ""))

    @display(description=_("生效条件"), ordering="condition")
    def shown_condition(self, row: Penalty) -> str:
        return wording.value_in_words("condition", row.condition)

    @display(description=_("数额"), ordering="value")
    def shown_amount(self, row: Penalty) -> str:
        return amount(row.kind, row.value)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        annotated: QuerySet[Any] = rows.annotate(before_reading=selectors.before_reading())
        return annotated

    @display(description=_("阅读确认"))
    def shown_reading(self, row: Any) -> str:
        return badge(_("发生时本人未确认")) if row.before_reading else ""

    @display(description=_("责任方"))
    def shown_party(self, row: Penalty) -> str:
        return link(row.party)

    @display(description=_("工单"))
    def shown_case(self, row: Penalty) -> str:
        return link(row.case)

    @display(description=_("时限"))
    def shown_deadline(self, row: Penalty) -> str:
        return link(row.deadline)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        penalty = self.get_object(request, object_id) if object_id else None
        if penalty is not None and self.has_view_permission(request):
            entries = Entry.objects.filter(source=f"penalty:{penalty.pk}").order_by("pk")
            extra_context = {
                **(extra_context or {}),
                "told": selectors.explained(penalty, get_language() or "zh-hans"),
                "unread": selectors.happened_before_reading(penalty),
                "entries": entries.prefetch_related("postings__account__party"),
                "may_open_entries": may_view(request.user, Entry),
            }
        return super().changeform_view(request, object_id, form_url, extra_context)

    # What one may do.

    def has_propose_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("penalties.propose_waiver"))

    def has_release_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("penalties.release_penalty"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer what this penalty allows; whoever comes too late is told so by the service."""
        penalty = self.get_object(request, str(object_id))
        possible = (
            selectors.open_steps(penalty, actor=request.user)
            if penalty is not None
            else frozenset()
        )
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if one.path in possible]

    @action(description=_("提出免罚"), permissions=["propose"])
    def propose_waiver(
        self, request: HttpRequest, queryset: QuerySet[Penalty]
    ) -> HttpResponse | None:
        return self._propose(request, queryset)

    @action(description=_("提出免罚"), permissions=["propose"], url_path="propose-waiver")
    def propose_waiver_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        penalty = self.one(request, object_id)
        return self._propose(request, [penalty], back=_page(penalty))

    def _propose(
        self, request: HttpRequest, rows: Iterable[Penalty], back: str = ""
    ) -> HttpResponse | None:
        def do(penalty: Penalty, ground: str, reason: str) -> None:
            services.propose_waiver(
                penalty=penalty,
                ground=Waiver.Ground(ground),
                reason=reason,
                actor=request.user,
                now=clock.now(),
            )

        return self.step(
            request,
            rows,
            do,
            title=str(_("提出免罚")),
            form_class=WaiverForm,
            done=str(_("已提出 %(n)d 份免罚申请，由另一位主管审批")),
            action="propose_waiver",
            hint=str(_("免罚记为一笔冲销，原处罚保留。你提出，须另一位主管审批。")),
            back=back,
        )

    @action(description=_("复核：中断不成理由，恢复处罚"), permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[Penalty]) -> HttpResponse | None:
        return self._release(request, queryset)

    @action(description=_("复核"), permissions=["release"], url_path="release")
    def release_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        penalty = self.one(request, object_id)
        return self._release(request, [penalty], back=_page(penalty))

    def _release(
        self, request: HttpRequest, rows: Iterable[Penalty], back: str = ""
    ) -> HttpResponse | None:
        def do(penalty: Penalty, reason: str) -> None:
            services.release(penalty=penalty, reason=reason, actor=request.user, now=clock.now())

        return self.step(
            request,
            rows,
            do,
            title=str(_("复核待复核的处罚")),
            form_class=ReasonForm,
            done=str(_("已恢复 %(n)d 笔处罚")),
            action="release",
            hint=str(
                _(
                    "截止时我们自己的入口有中断，所以先不算。确认中断不影响这一笔，才恢复；要免，请提出免罚。"
                )
            ),
            back=back,
        )

    @action(description=_("确认条件成立"), permissions=["release"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Penalty]) -> HttpResponse | None:
        return self._confirm(request, queryset)

    @action(description=_("确认条件成立"), permissions=["release"], url_path="confirm")
    def confirm_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        penalty = self.one(request, object_id)
        return self._confirm(request, [penalty], back=_page(penalty))

    def _confirm(
        self, request: HttpRequest, rows: Iterable[Penalty], back: str = ""
    ) -> HttpResponse | None:
        def do(penalty: Penalty, reason: str) -> None:
            services.confirm_finding(
                penalty=penalty, reason=reason, actor=request.user, now=clock.now()
            )

        return self.step(
            request,
            rows,
            do,
            title=str(_("确认条件成立")),
            form_class=ReasonForm,
            done=str(_("已确认 %(n)d 笔，处罚生效")),
            action="confirm",
            hint=str(_("写明证据，或核实的经过和结果。只用于有证据、经核实才生效的处罚。")),
            back=back,
        )


def _page(penalty: Penalty) -> str:
    return reverse("admin:penalties_penalty_change", args=[penalty.pk])


@admin.register(PenaltyEvent)
class PenaltyEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "shown_penalty", "reason", "actor")
    list_display_links = ("at",)
    list_filter = ("kind", month("at"))
    list_select_related = ("penalty__party", "actor")
    ordering = ("-pk",)
    fields = ("shown_penalty", "kind", "at", "reason", "fact", "actor")
    readonly_fields = ("shown_penalty",)

    @display(description=_("处罚"))
    def shown_penalty(self, row: PenaltyEvent) -> str:
        return link(row.penalty)


@admin.register(Waiver)
class WaiverAdmin(DecidedAdmin):
    decide_permission = "penalties.decide_waiver"
    list_display = (
        "proposed_at",
        "shown_state",
        "shown_penalty",
        "shown_case",
        "ground",
        "reason",
        "proposed_by",
        "decided_by",
    )
    list_filter = (UndecidedFilter, "ground")
    list_select_related = ("penalty__party", "penalty__case", "proposed_by", "decided_by")
    search_help_text = _("工单号、责任方名称或编号")
    fields = (
        ("shown_penalty", "shown_case"),
        "ground",
        "reason",
        ("proposed_by", "proposed_at"),
        ("shown_state", "decided_by", "decided_at"),
        "decision_note",
    )
    readonly_fields = ("shown_penalty", "shown_case", "shown_state")

    def find(self, text: str) -> Q | None:
        return finding.either(
            finding.case(text, "penalty__case__"), finding.party(text, "penalty__party__")
        )

    @display(description=_("处罚"))
    def shown_penalty(self, row: Waiver) -> str:
        return link(row.penalty)

    @display(description=_("工单"))
    def shown_case(self, row: Waiver) -> str:
        return link(row.penalty.case)

    def bearer(self, row: Waiver) -> int:
        return row.penalty.party_id

    def decide(
        self, request: HttpRequest, rows: Iterable[Waiver], *, approve: bool, back: str = ""
    ) -> HttpResponse | None:
        def do(waiver: Waiver, note: str) -> None:
            services.decide_waiver(
                waiver=waiver, approve=approve, note=note, actor=request.user, now=clock.now()
            )

        return self.step(
            request,
            rows,
            do,
            title=str(_("同意免罚") if approve else _("不同意免罚")),
            form_class=NoteForm,
            done=str(
                _("已同意 %(n)d 份，处罚已冲销") if approve else _("已退回 %(n)d 份，处罚照旧")
            ),
            action="approve" if approve else "refuse",
            hint=str(_("自己提出的申请由另一位主管审批。")),
            back=back,
        )
