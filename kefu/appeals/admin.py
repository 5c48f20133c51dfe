"""Appeals are read here and decided by services: what is open and due soonest comes first."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kefu import clock
from kefu.admin import finding
from kefu.admin.base import ReadOnlyAdmin, ReasonForm, action, display, link
from kefu.appeals import services
from kefu.appeals.models import AWAITED, Appeal
from kefu.audit import services as audit
from kefu.penalties.selectors import explained


class OpenFilter(SimpleListFilter):
    title = _("还没有终结")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("yes", _("待审议的异议"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state__in=AWAITED) if self.value() else queryset


@admin.register(Appeal)
class AppealAdmin(ReadOnlyAdmin):
    list_display = ("filed_at", "state", "due_at", "late_at", "shown_penalty", "shown_party")
    list_filter = (OpenFilter, "state")
    list_select_related = ("penalty__party", "party")
    ordering = (F("due_at").asc(nulls_last=True), "-pk")
    search_help_text = _("工单号、责任方名称或编号")
    actions_detail = ("uphold_here", "reject_here")
    fields = (
        ("shown_penalty", "shown_case", "shown_party"),
        "shown_explanation",
        ("state", "due_at", "late_at"),
        ("filed_at", "filed_by"),
        "reason",
        ("second_at", "second_until"),
        "second_reason",
        "shown_evidence",
        "shown_decisions",
    )
    readonly_fields = (
        "shown_penalty",
        "shown_case",
        "shown_party",
        "shown_explanation",
        "shown_evidence",
        "shown_decisions",
    )

    def find(self, text: str) -> Q | None:
        return finding.either(finding.case(text, "penalty__case__"), finding.party(text))

    @display(description=_("处罚"))
    def shown_penalty(self, row: Appeal) -> str:
        return link(row.penalty)

    @display(description=_("工单"))
    def shown_case(self, row: Appeal) -> str:
        return link(row.penalty.case)

    @display(description=_("责任方"))
    def shown_party(self, row: Appeal) -> str:
        return link(row.party)

    @display(description=_("计算依据"))
    def shown_explanation(self, row: Appeal) -> str:
        told = explained(row.penalty, get_language() or "zh-hans").arithmetic
        return format_html_join("", "{} {}：{}<br>", ((t.clause, t.text, t.value) for t in told))

    @display(description=_("证据"))
    def shown_evidence(self, row: Appeal) -> str:
        files = row.evidence.defer("photo", "thumbnail")
        return format_html_join(
            " ", "{}", ((_link_to(row, each.number, each.get_media_display()),) for each in files)
        )

    @display(description=_("审议结果"))
    def shown_decisions(self, row: Appeal) -> str:
        return format_html_join(
            "",
            "{}. {} {}：{}<br>",
            (
                (
                    each.instance,
                    _("成立") if each.upheld else _("异议不成立"),
                    each.decided_by,
                    each.reason,
                )
                for each in row.decisions.select_related("decided_by")
            ),
        )

    def get_urls(self) -> list[Any]:
        file = self.admin_site.admin_view(self.file)
        place = path("<int:pk>/evidence/<int:number>/", file, name="appeals_appeal_evidence")
        return [place, *super().get_urls()]

    def file(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """One file of evidence; that somebody looked is recorded first."""
        if not self.has_view_permission(request):
            raise Http404
        found = self.one(request, str(pk)).evidence.filter(number=number).first()
        if found is None:
            raise Http404
        audit.record(
            action="appeal_evidence_seen",
            table=found._meta.db_table,
            object_id=found.pk,
            after={"appeal": pk, "number": number},
            actor=request.user,
            at=clock.now(),
        )
        headers = {
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": f'attachment; filename="evidence-{number}"',
        }
        return HttpResponse(found.photo.open(), content_type=found.media, headers=headers)

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("appeals.decide_appeal"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer a decision where one is awaited; who may not take it is told so by the service."""
        row = self.get_object(request, str(object_id))
        if row is None or row.state not in AWAITED:
            return []
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return offered

    @action(description=_("异议成立，冲销处罚"), permissions=["decide"], url_path="uphold")
    def uphold_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._decide(request, object_id, uphold=True)

    @action(description=_("异议不成立"), permissions=["decide"], url_path="reject")
    def reject_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._decide(request, object_id, uphold=False)

    def _decide(self, request: HttpRequest, object_id: str, *, uphold: bool) -> HttpResponse | None:
        def do(appeal: Appeal, reason: str) -> None:
            services.decide(
                appeal=appeal, uphold=uphold, reason=reason, actor=request.user, now=clock.now()
            )

        return self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=str(_("异议成立，冲销处罚") if uphold else _("异议不成立")),
            form_class=ReasonForm,
            done=str(_("已决定 %(n)d 份异议")),
            action="uphold" if uphold else "reject",
            hint=str(_("两次审议由两位主管决定；经手过这笔处罚的不能审议。")),
            back=reverse("admin:appeals_appeal_change", args=[object_id]),
        )


def _link_to(row: Appeal, number: int, text: str) -> str:
    place = reverse("admin:appeals_appeal_evidence", args=[row.pk, number])
    return format_html('<a class="kf-link" href="{}">{} {}</a>', place, number, text)
