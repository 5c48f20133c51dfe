"""Partners' keys: issued with the secret shown once, revoked for good."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from kefu import clock, punctuation
from kefu.admin import finding
from kefu.admin.base import NoForm, OfficeAdmin, ReadOnlyAdmin, action, display, link
from kefu.api import services
from kefu.api.models import ApiKey, IdempotentAnswer


class KeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=_("权限"), choices=ApiKey.Scope, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    networks = forms.CharField(
        label=_("来源地址"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("只能从这些地址使用，每行一个，如 203.0.113.7 或 203.0.113.0/24；不填不限"),
    )

    signed = forms.BooleanField(
        label=_("写入要签名"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("另给一个签名密钥，每个写入请求都要用它签名"),
    )

    class Meta:
        model = ApiKey
        fields = ("party", "name", "scopes", "expires_at", "networks")

    def clean_networks(self) -> list[str]:
        return [line for line in self.cleaned_data["networks"].splitlines() if line.strip()]


class RevokedFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "revoked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("有效")), ("yes", _("已吊销"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return (
            queryset.filter(revoked_at__isnull=self.value() == "no") if self.value() else queryset
        )


@admin.register(ApiKey)
class ApiKeyAdmin(OfficeAdmin):
    form = KeyForm
    list_display = (
        "shown_party",
        "name",
        "prefix",
        "shown_scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_display_links = ("name",)
    list_filter = (RevokedFilter,)
    list_select_related = ("party",)
    ordering = ("-pk",)
    search_help_text = _("网点名称或编号、前缀、用途")
    autocomplete_fields = ("party",)
    add_fieldsets = (
        (
            None,
            {
                "fields": ("party", "name", "scopes", "expires_at", "networks", "signed"),
                "description": _("密钥只在签发后显示一次，请当面交给网点。"),
            },
        ),
    )
    fields = (
        ("shown_party", "name"),
        ("prefix", "shown_scopes"),
        ("created_by", "created_at"),
        ("expires_at", "last_used_at", "revoked_at"),
        ("shown_networks", "shown_signed"),
    )
    actions_detail = ("revoke_here",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (
            ("shown_party", "prefix", "shown_scopes", "shown_networks", "last_used_at")
            if obj
            else ()
        )

    def find(self, text: str) -> Q:
        return Q(prefix__startswith=text) | Q(name__contains=text) | finding.party(text)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        key, secret = services.issue_key(**form.cleaned_data, actor=request.user, now=clock.now())
        obj.pk, obj.prefix = key.pk, key.prefix
        request.secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in this one answer: a message would be kept in a cookie or the session."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("密钥已签发"),
            "key": obj,
            "secret": request.secret,  # type: ignore[attr-defined]
            "signing_secret": services.signing_secret(obj),
            "back": reverse("admin:api_apikey_change", args=[obj.pk]),
        }
        response = TemplateResponse(request, "admin/api/issued.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @display(description=_("网点"))
    def shown_party(self, row: ApiKey) -> str:
        return link(row.party)

    @display(description=_("权限"))
    def shown_scopes(self, row: ApiKey) -> str:
        return punctuation.alike(*(str(ApiKey.Scope(scope).label) for scope in row.scopes))

    @display(description=_("来源地址"))
    def shown_networks(self, row: ApiKey) -> str:
        return punctuation.alike(*row.networks) if row.networks else str(_("不限"))

    @display(description=_("写入要签名"), boolean=True)
    def shown_signed(self, row: ApiKey) -> bool:
        return hasattr(row, "signing_secret")

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("api.issue_key"))

    @action(description=_("吊销"), permissions=["revoke"], url_path="revoke")
    def revoke_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(key: ApiKey) -> None:
            services.revoke_key(key=key, actor=request.user, now=clock.now())

        return self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=str(_("吊销密钥")),
            form_class=NoForm,
            done=str(_("已吊销 %(n)d 把密钥")),
            action="revoke",
            hint=str(_("吊销后不能恢复，网点下一次调用就会被拒。")),
            back=reverse("admin:api_apikey_change", args=[object_id]),
        )


@admin.register(IdempotentAnswer)
class IdempotentAnswerAdmin(ReadOnlyAdmin):
    """Which repeated calls were already answered; what was answered stays sealed."""

    list_display = ("created_at", "api_key", "key", "status")
    list_display_links = ("created_at",)
    list_select_related = ("api_key__party",)
    ordering = ("-pk",)
    search_help_text = _("幂等键")
    fields = ("api_key", "key", "status", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).only("api_key", "key", "status", "created_at")

    def find(self, text: str) -> Q:
        return Q(key=text)
