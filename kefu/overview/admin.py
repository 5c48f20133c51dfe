"""Screens that show the wallboard, opened and closed here; what the daily verification found."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from kefu import clock
from kefu.admin.base import NoForm, OfficeAdmin, ReadOnlyAdmin, action, badge, display
from kefu.overview import services
from kefu.overview.models import Verification, WallboardLink


class LinkForm(forms.ModelForm):
    class Meta:
        model = WallboardLink
        fields = ("name", "department")


@admin.register(WallboardLink)
class WallboardLinkAdmin(OfficeAdmin):
    form = LinkForm
    list_display = ("name", "department", "shown_state", "made_by", "made_at")
    list_select_related = ("department", "made_by")
    ordering = ("-pk",)
    add_fieldsets = (
        (
            None,
            {
                "fields": ("name", "department"),
                "description": _(
                    "打开链接的屏幕不用登录，谁走过都能看到；上面没有客户的任何信息。"
                ),
            },
        ),
    )
    fields = (
        "name",
        "department",
        "shown_state",
        "shown_link",
        ("made_by", "made_at"),
        ("revoked_by", "revoked_at"),
    )
    readonly_fields = (
        "shown_state",
        "shown_link",
        "made_by",
        "made_at",
        "revoked_by",
        "revoked_at",
    )
    actions = ("revoke",)
    actions_detail = ("revoke_here",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: WallboardLink, form: Any, change: bool) -> None:
        made = services.make_wallboard_link(
            name=form.cleaned_data["name"],
            department=form.cleaned_data["department"],
            actor=request.user,
            now=clock.now(),
        )
        obj.pk = made.pk

    @display(description=_("状态"))
    def shown_state(self, row: WallboardLink) -> str:
        return badge(_("已收回") if row.revoked_at else _("在用"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # The whole address, as somebody types it at the screen or scans it.
        origin = Value(request.build_absolute_uri("/").rstrip("/"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(origin=origin)
        return rows

    @display(description=_("链接"))
    def shown_link(self, row: Any) -> str:
        if row.revoked_at is not None:
            return "–"
        url = row.origin + reverse("overview:shared_wallboard", args=[row.token])
        return format_html('<a class="kf-link kf-secret" href="{}">{}</a>', url, url)

    def has_share_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(services.SHARE))

    @action(description=_("收回"), permissions=["share"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._revoke(request, queryset)

    @action(description=_("收回"), permissions=["share"], url_path="revoke")
    def revoke_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        row = self.one(request, object_id)
        return self._revoke(
            request, [row], back=reverse("admin:overview_wallboardlink_change", args=[row.pk])
        )

    def _revoke(
        self, request: HttpRequest, rows: Iterable[Any], back: str = ""
    ) -> HttpResponse | None:
        def do(link: WallboardLink) -> None:
            services.revoke_wallboard_link(link=link, actor=request.user, now=clock.now())

        return self.step(
            request,
            rows,
            do,
            title=str(_("收回大屏链接")),
            form_class=NoForm,
            done=str(_("已收回 %(n)d 个链接")),
            action="revoke",
            hint=str(_("正在显示的屏幕在几秒内变黑，链接不能恢复。")),
            back=back,
        )


@admin.register(Verification)
class VerificationAdmin(ReadOnlyAdmin):
    list_display = ("day", "shown_outcome", "checks", "rows", "seconds", "at")
    ordering = ("-day",)
    fields = (("day", "at"), ("checks", "rows", "seconds"), "shown_outcome", "shown_failed")
    readonly_fields = ("shown_outcome", "shown_failed")

    @display(description=_("结果"))
    def shown_outcome(self, row: Verification) -> str:
        if not row.violations:
            return badge(_("一致"))
        return badge(_("{n} 处不一致").format(n=row.violations), "waits")

    @display(description=_("不一致的核对项"))
    def shown_failed(self, row: Verification) -> str:
        lines = [
            (one["check"], one["found"], what) for one in row.failed for what in one["violations"]
        ]
        if not lines:
            return "–"
        return format_html_join("", "<p><code>{}</code> ({}) {}</p>", lines)
