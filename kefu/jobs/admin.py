"""Long work: how far it is, what it refused."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kefu import clock
from kefu.admin.base import NoForm, ReadOnlyAdmin, ReadOnlyInline, action, badge, display, list_link
from kefu.admin.filters import period
from kefu.jobs import services
from kefu.jobs.models import Job, JobQuerySet, Refusal


class RefusalInline(ReadOnlyInline):
    model = Refusal
    fields = ("row", "field", "shown_reason", "shown")
    readonly_fields = ("shown_reason",)
    ordering = ("row",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("job")

    @display(description=_("原因"))
    def shown_reason(self, row: Refusal) -> str:
        return services.reason(row)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "title",
        "kind",
        "shown_state",
        "shown_progress",
        "shown_refused",
        "created_by",
        "error",
    )
    list_display_links = ("created_at", "title")
    list_filter = ("state", "kind", period("created_at"))
    list_select_related = ("created_by",)
    ordering = ("-created_at",)
    search_fields = ("title",)
    search_help_text = _("名称")
    inlines = (RefusalInline,)
    actions_detail = ("stop_here",)
    fields = (
        ("title", "kind"),
        ("shown_state", "stop_requested"),
        ("shown_progress", "counts"),
        ("created_by", "created_at"),
        ("started_at", "finished_at"),
        ("attempts", "lease_until"),
        "error",
    )
    readonly_fields = ("shown_state", "shown_progress")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = cast("JobQuerySet", super().get_queryset(request))
        return rows.visible_to(request.user)

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: Job) -> str:
        return badge(row.get_state_display(), "waits" if row.state == Job.State.FAILED else "")

    @display(description=_("进度"))
    def shown_progress(self, row: Job) -> str:
        return f"{row.done:,} / {row.total:,}" if row.total is not None else f"{row.done:,}"

    @display(description=_("拒收"))
    def shown_refused(self, row: Job) -> str:
        refused = row.counts.get("refused", 0)
        return list_link(Refusal, f"{refused:,}", job__id__exact=row.pk) if refused else "0"

    def has_stop_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request)

    @action(description=_("停在这里"), permissions=["stop"], url_path="stop")
    def stop_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(job: Job) -> None:
            services.stop(job=job, actor=request.user, now=clock.now())

        return self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=str(_("停下这个作业")),
            form_class=NoForm,
            done=str(_("作业会在手头这一批之后停下")),
            action="stop",
            hint=str(_("已经处理的保留，没处理的不再处理。")),
            back=reverse("admin:jobs_job_change", args=[object_id]),
        )


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin):
    list_display = ("row", "job", "field", "shown_reason", "shown")
    list_filter = (period("job__created_at"),)
    list_select_related = ("job",)
    ordering = ("-pk",)
    fields = ("job", ("row", "field"), ("code", "shown"), "shown_reason")
    readonly_fields = ("shown_reason",)

    @display(description=_("原因"))
    def shown_reason(self, row: Refusal) -> str:
        return services.reason(row)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "job__id__exact" or super().lookup_allowed(lookup, value, request)

    def find(self, text: str) -> Q:
        return Q(code=text)
