"""Accounts of outlets: opened with a first password shown once, closed for good or until a new password."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kefu import clock
from kefu.admin import finding
from kefu.admin.base import NoForm, OfficeAdmin, action, display, link
from kefu.partners import services
from kefu.partners.models import OutletAccount


class AccountForm(forms.ModelForm):
    class Meta:
        model = OutletAccount
        fields = ("party", "username", "first_name")
        labels = {"username": _("登录名"), "first_name": _("姓名或岗位")}
        help_texts = {"username": "", "party": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields:
            self.fields[name].required = True


@admin.register(OutletAccount)
class OutletAccountAdmin(OfficeAdmin):
    form = AccountForm
    list_display = ("username", "first_name", "shown_party", "is_active", "last_login")
    list_filter = ("is_active",)
    list_select_related = ("party",)
    ordering = ("username",)
    search_help_text = _("登录名、姓名、网点名称或编号")
    autocomplete_fields = ("party",)
    add_fieldsets = (
        (
            None,
            {
                "fields": ("party", "username", "first_name"),
                "description": _("首次密码只显示一次，请当面交给网点。"),
            },
        ),
    )
    fields = (("username", "first_name"), "shown_party", ("is_active", "date_joined", "last_login"))
    actions_detail = ("reset_here", "close_here")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("shown_party", "date_joined", "last_login") if obj else ()

    def find(self, text: str) -> Q:
        return Q(username__startswith=text) | Q(first_name__contains=text) | finding.party(text)

    def save_model(self, request: HttpRequest, obj: OutletAccount, form: Any, change: bool) -> None:
        given = form.cleaned_data
        account, password = services.open_account(
            party=given["party"],
            username=given["username"],
            name=given["first_name"],
            actor=request.user,
            now=clock.now(),
        )
        obj.pk = account.pk
        request.password = password  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: OutletAccount, post_url_continue: str | None = None
    ) -> HttpResponse:
        password: str = request.password  # type: ignore[attr-defined]
        return self._told(request, obj, password)

    def _told(self, request: HttpRequest, account: OutletAccount, password: str) -> HttpResponse:
        """Show the password in this one answer: a message would be kept in a cookie or the session."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("首次密码"),
            "account": account,
            "password": password,
            "back": reverse("admin:partners_outletaccount_change", args=[account.pk]),
        }
        response = TemplateResponse(request, "admin/partners/opened.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @display(description=_("网点"))
    def shown_party(self, row: OutletAccount) -> str:
        return link(row.party)

    def has_manage_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(services.RIGHT))

    @action(description=_("新密码"), permissions=["manage"], url_path="reset")
    def reset_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        told: list[str] = []

        def do(account: OutletAccount) -> None:
            told.append(
                services.reset_password(account=account, actor=request.user, now=clock.now())
            )

        account = self.one(request, object_id)
        answer = self.step(
            request,
            [account],
            do,
            title=str(_("新密码")),
            form_class=NoForm,
            done=str(_("已给 %(n)d 个账号新密码")),
            action="reset",
            hint=str(_("原来的密码和正开着的网页马上失效；停用的账号随之启用。")),
            back=reverse("admin:partners_outletaccount_change", args=[object_id]),
        )
        return self._told(request, account, told[0]) if told else answer

    @action(description=_("停用"), permissions=["manage"], url_path="close")
    def close_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(account: OutletAccount) -> None:
            services.close_account(account=account, actor=request.user, now=clock.now())

        return self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=str(_("停用账号")),
            form_class=NoForm,
            done=str(_("已停用 %(n)d 个账号")),
            action="close",
            hint=str(_("停用后不能登录；给新密码就重新启用。")),
            back=reverse("admin:partners_outletaccount_change", args=[object_id]),
        )
