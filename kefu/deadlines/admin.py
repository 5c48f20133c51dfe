"""Promises, to look at; what is done here: decide a late entry, let a row that was set aside fire again."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from kefu import clock
from kefu.admin import finding
from kefu.admin.base import (
    DecidedAdmin,
    NoForm,
    ReadOnlyAdmin,
    ReadOnlyInline,
    action,
    amount,
    badge,
    display,
    link,
)
from kefu.admin.filters import UndecidedFilter, period
from kefu.deadlines import services
from kefu.deadlines.models import (
    Consequence,
    Deadline,
    Escalation,
    Heartbeat,
    Interruption,
    LateEntry,
    Pause,
)
from kefu.policy.explanation import explain_due
from kefu.rulebooks.selectors import edition


class ConsequenceInline(ReadOnlyInline):
    model = Consequence
    fields = ("clause", "party", "shown_amount", "condition", "door")
    readonly_fields = ("shown_amount",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("party")

    @display(description=_("数额"))
    def shown_amount(self, row: Consequence) -> str:
        return amount(row.kind, row.value)


class PauseInline(ReadOnlyInline):
    model = Pause
    fields = ("reason", "note", "starts_at", "ends_at", "paused_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("paused_by")


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyAdmin):
    list_display = (
        "due_at",
        "shown_state",
        "clause",
        "action",
        "shown_case",
        "shown_party",
        "answered_at",
        "owner",
    )
    list_display_links = ("due_at",)
    list_filter = (
        "state",
        "action",
        period("due_at"),
        "department",
        ("party", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("case", "party", "owner")
    ordering = ("-pk",)
    search_help_text = _("工单号、运单号，客户电话或姓名，责任方名称或编号")
    actions = ("requeue",)
    inlines = (ConsequenceInline, PauseInline)
    fields = (
        ("clause", "rulebook"),
        ("action", "shown_state"),
        ("shown_case", "shown_party"),
        ("owner", "department"),
        ("starts_at", "due_at"),
        ("warn_at", "warned_at"),
        ("lead_warn_at", "lead_warned_at", "warning_seen_at"),
        ("answered_at", "breached_at", "detected_at"),
        "set_aside_reason",
    )
    readonly_fields = ("shown_state", "shown_case", "shown_party")
    change_form_outer_before_template = "admin/penalties/explained.html"

    def find(self, text: str) -> Q | None:
        return finding.either(finding.case(text, "case__"), finding.party(text))

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: Deadline) -> str:
        tones = {
            Deadline.State.MET: "kept",
            Deadline.State.BREACHED: "late",
            Deadline.State.SET_ASIDE: "waits",
        }
        return badge(row.get_state_display(), tones.get(Deadline.State(row.state), ""))

    @display(description=_("工单"))
    def shown_case(self, row: Deadline) -> str:
        return link(row.case)

    @display(description=_("责任方"))
    def shown_party(self, row: Deadline) -> str:
        return link(row.party)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        deadline = self.get_object(request, object_id) if object_id else None
        if deadline is not None and deadline.inputs and self.has_view_permission(request):
            using = edition(deadline.rulebook_id)
            answered = deadline.answered_at.isoformat() if deadline.answered_at else None
            told = explain_due(
                {**deadline.inputs, "state": deadline.state, "answered_at": answered},
                get_language() or "zh-hans",
                using.rules,
                version=using.number,
                effective_on=using.effective_on,
            )
            extra_context = {**(extra_context or {}), "told": told}
        return super().changeform_view(request, object_id, form_url, extra_context)

    def has_requeue_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("deadlines.requeue_deadline"))

    @action(description=_("重新排队"), permissions=["requeue"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Deadline]) -> HttpResponse | None:
        def do(deadline: Deadline) -> None:
            services.requeue(deadline=deadline, actor=request.user, now=clock.now())

        return self.step(
            request,
            queryset,
            do,
            title=str(_("让搁置的时限重新排队")),
            form_class=NoForm,
            done=str(_("已重新排队 %(n)d 个时限")),
            action="requeue",
            hint=str(_("先处理好搁置原因，否则会再次被搁置。重新排队后按原来的截止时间判定。")),
        )


@admin.register(Consequence)
class ConsequenceAdmin(ReadOnlyAdmin):
    list_display = ("clause", "shown_deadline", "party", "shown_amount", "condition", "door")
    list_filter = ("kind", "condition", "door")
    list_select_related = ("deadline", "party")
    ordering = ("-pk",)
    search_help_text = _("责任方名称、编号或拼音")
    fields = ("shown_deadline", "clause", "party", "shown_amount", "condition", "door", "inputs")
    readonly_fields = ("shown_deadline", "shown_amount")

    def find(self, text: str) -> Q:
        return finding.party(text)

    @display(description=_("时限"))
    def shown_deadline(self, row: Consequence) -> str:
        return link(row.deadline)

    @display(description=_("数额"))
    def shown_amount(self, row: Consequence) -> str:
        return amount(row.kind, row.value)


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    list_display = ("starts_at", "ends_at", "reason", "shown_deadline", "note", "paused_by")
    list_display_links = ("starts_at",)
    list_filter = (period("starts_at"), "reason")
    list_select_related = ("deadline", "paused_by")
    ordering = ("-pk",)
    fields = ("shown_deadline", ("reason", "note"), ("starts_at", "ends_at"), "paused_by")
    readonly_fields = ("shown_deadline",)

    @display(description=_("时限"))
    def shown_deadline(self, row: Pause) -> str:
        return link(row.deadline)


@admin.register(LateEntry)
class LateEntryAdmin(DecidedAdmin):
    decide_permission = "deadlines.decide_late_entry"
    list_display = (
        "proposed_at",
        "shown_state",
        "shown_case",
        "shown_deadline",
        "claimed_at",
        "shown_recorded",
        "reason",
        "proposed_by",
        "decided_by",
    )
    list_filter = (UndecidedFilter,)
    list_select_related = ("deadline__case", "interaction", "proposed_by", "decided_by")
    search_help_text = _("工单号或运单号")
    fields = (
        ("shown_case", "shown_deadline"),
        ("claimed_at", "shown_recorded"),
        ("shown_interaction",),
        "reason",
        ("proposed_by", "proposed_at"),
        ("shown_state", "decided_by", "decided_at"),
    )
    readonly_fields = (
        "shown_case",
        "shown_deadline",
        "shown_recorded",
        "shown_interaction",
        "shown_state",
    )

    def find(self, text: str) -> Q | None:
        return finding.case(text, "deadline__case__")

    @display(description=_("工单"))
    def shown_case(self, row: LateEntry) -> str:
        return link(row.deadline.case)

    @display(description=_("时限"))
    def shown_deadline(self, row: LateEntry) -> str:
        return link(row.deadline)

    @display(description=_("登记时间"))
    def shown_recorded(self, row: LateEntry) -> object:
        return row.interaction.recorded_at

    @display(description=_("往来记录"))
    def shown_interaction(self, row: LateEntry) -> str:
        return link(row.interaction, row.interaction.text)

    def bearer(self, row: LateEntry) -> int | None:
        return row.deadline.party_id

    def decide(
        self, request: HttpRequest, rows: Iterable[LateEntry], *, approve: bool, back: str = ""
    ) -> HttpResponse | None:
        def do(entry: LateEntry) -> None:
            services.decide_late_entry(
                entry=entry, approve=approve, actor=request.user, now=clock.now()
            )

        return self.step(
            request,
            rows,
            do,
            title=str(_("同意补记") if approve else _("不同意补记")),
            form_class=NoForm,
            done=str(_("已同意 %(n)d 份补记") if approve else _("已退回 %(n)d 份补记")),
            action="approve" if approve else "refuse",
            hint=str(
                _("同意后，申明的时间在截止之前的，超时和处罚一并冲销。自己提出的由另一位审批。")
            ),
            back=back,
        )


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "beat_at")


@admin.register(Interruption)
class InterruptionAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "ended_at", "door", "shown_length")
    list_display_links = ("started_at",)
    list_filter = ("door",)
    date_hierarchy = "started_at"
    fields = ("door", ("started_at", "ended_at"), "shown_length")
    readonly_fields = ("shown_length",)

    @display(description=_("时长"))
    def shown_length(self, row: Interruption) -> str:
        return str(row.ended_at - row.started_at).split(".")[0]


@admin.register(Escalation)
class EscalationAdmin(ReadOnlyAdmin):
    """Whom the chain has rung; a level without anybody says so."""

    list_display = ("at", "deadline", "level", "shown_people")
    list_display_links = ("at",)
    list_filter = ("level", period("at"))
    list_select_related = ("deadline",)
    ordering = ("-at", "-pk")
    fields = (("at", "level"), "deadline", "shown_people")
    readonly_fields = ("shown_people",)

    @display(description=_("通知了谁"))
    def shown_people(self, row: Escalation) -> str:
        if not row.user_ids:
            return str(_("这一级没有人，已跳过"))
        return str(_("{n} 人")).format(n=len(row.user_ids))
