"""Where partners are told of events: addresses with their secrets, what arrived, what did not and is sent again."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from kefu import clock, punctuation
from kefu.admin import finding
from kefu.admin.base import (
    NoForm,
    OfficeAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    action,
    badge,
    display,
    link,
    list_link,
)
from kefu.admin.filters import period
from kefu.notifications.models import Event
from kefu.webhooks import services
from kefu.webhooks.models import Attempt, Delivery, Endpoint
from kefu.webhooks.objects import CHOICES, public_event_id


class EndpointForm(forms.ModelForm):
    types = forms.MultipleChoiceField(
        label=_("事件"), choices=CHOICES, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = Endpoint
        fields = ("party", "url", "types")


@admin.register(Endpoint)
class EndpointAdmin(OfficeAdmin):
    form = EndpointForm
    list_display = ("shown_party", "url", "shown_types", "shown_state", "created_at")
    list_display_links = ("url",)
    list_filter = ("state",)
    list_select_related = ("party",)
    ordering = ("-pk",)
    search_help_text = _("网点名称或编号、地址")
    autocomplete_fields = ("party",)
    add_fieldsets = (
        (
            None,
            {
                "fields": ("party", "url", "types"),
                "description": _("签名密钥只在登记后显示一次，请当面交给网点。"),
            },
        ),
    )
    fields = (
        ("shown_party", "url"),
        ("shown_types", "shown_state"),
        ("shown_maker", "created_at"),
        "shown_deliveries",
    )
    actions_detail = ("test_here", "rotate_here", "pause_here", "resume_here", "remove_here")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        shown = ("shown_party", "shown_types", "shown_state", "shown_maker", "shown_deliveries")
        return shown if obj else ()

    def find(self, text: str) -> Q:
        return Q(url__contains=text) | finding.party(text)

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        endpoint, secret = services.register(
            **form.cleaned_data, actor=request.user, now=clock.now()
        )
        obj.pk = endpoint.pk
        request.secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_secret(request, obj, request.secret)  # type: ignore[attr-defined]

    def _show_secret(self, request: HttpRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
        """Show the secret in this one answer: a message would be kept in a cookie or the session."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("通知的签名密钥"),
            "endpoint": endpoint,
            "secret": secret,
            "back": _page(endpoint),
        }
        response = TemplateResponse(request, "admin/webhooks/secret.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @display(description=_("网点"))
    def shown_party(self, row: Endpoint) -> str:
        return link(row.party)

    @display(description=_("事件"))
    def shown_types(self, row: Endpoint) -> str:
        return punctuation.alike(*(str(Event.Kind(kind).label) for kind in row.types))

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: Endpoint) -> str:
        waits = "" if row.state == Endpoint.State.ACTIVE else "waits"
        return badge(row.get_state_display(), waits)

    @display(description=_("登记人"))
    def shown_maker(self, row: Endpoint) -> str:
        return str(row.created_by or _("网点自己的程序"))

    @display(description=_("送达"))
    def shown_deliveries(self, row: Endpoint) -> str:
        return list_link(Delivery, str(_("查看")), endpoint__id__exact=row.pk)

    def has_keep_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("api.issue_key"))

    @action(description=_("试发"), permissions=["keep"], url_path="test")
    def test_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(endpoint: Endpoint) -> None:
            services.send_test(endpoint=endpoint, actor=request.user, now=clock.now())

        hint = _("发出一个没有内容的 webhook.test 事件，结果在“送达”里看。")
        done = _("已发出，结果在“送达”里看")
        return self._step(request, object_id, do, _("试发通知"), done, hint)

    @action(description=_("换签名密钥"), permissions=["keep"], url_path="rotate")
    def rotate_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        given: list[str] = []

        def do(endpoint: Endpoint) -> None:
            given.append(
                services.rotate_secret(endpoint=endpoint, actor=request.user, now=clock.now())
            )

        hint = _("新旧两个密钥同时签名 24 小时，之后只用新的。新密钥只显示一次。")
        answer = self._step(request, object_id, do, _("换签名密钥"), _("签名密钥已换"), hint)
        if given:
            return self._show_secret(request, self.one(request, object_id), given[0])
        return answer

    @action(description=_("暂停"), permissions=["keep"], url_path="pause")
    def pause_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(endpoint: Endpoint) -> None:
            services.pause(endpoint=endpoint, actor=request.user)

        hint = _("暂停期间的事件留着，恢复后补发。")
        return self._step(request, object_id, do, _("暂停通知"), _("已暂停"), hint)

    @action(description=_("恢复发送"), permissions=["keep"], url_path="resume")
    def resume_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(endpoint: Endpoint) -> None:
            services.resume(endpoint=endpoint, actor=request.user, now=clock.now())

        hint = _("从停下的地方补发，一件不少。")
        return self._step(request, object_id, do, _("恢复发送"), _("已恢复发送"), hint)

    @action(description=_("停用"), permissions=["keep"], url_path="remove")
    def remove_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(endpoint: Endpoint) -> None:
            services.remove(endpoint=endpoint, actor=request.user, now=clock.now())

        hint = _("不再发到这里，还没有送达的也不发了；不能恢复。")
        return self._step(request, object_id, do, _("停用接收地址"), _("已停用"), hint)

    def _step(
        self,
        request: HttpRequest,
        object_id: str,
        do: Callable[[Endpoint], None],
        title: Any,
        done: Any,
        hint: Any,
    ) -> HttpResponse | None:
        endpoint = self.one(request, object_id)
        return self.step(
            request,
            [endpoint],
            do,
            title=str(title),
            form_class=NoForm,
            done=str(done),
            action="",
            hint=str(hint),
            back=_page(endpoint),
        )


class AttemptInline(ReadOnlyInline):
    model = Attempt
    fields = ("at", "status", "error", "milliseconds")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("at", "shown_type", "endpoint", "shown_state", "tries", "next_at", "done_at")
    list_display_links = ("at",)
    list_filter = ("state", period("at"))
    list_select_related = ("endpoint",)
    ordering = ("-pk",)
    search_help_text = _("接收地址")
    inlines = (AttemptInline,)
    fields = (
        ("shown_type", "at"),
        ("shown_endpoint", "shown_state"),
        ("message_id", "tries"),
        ("next_at", "give_up_at", "done_at"),
    )
    readonly_fields = ("shown_type", "shown_endpoint", "shown_state", "message_id")
    actions = ("again",)
    actions_detail = ("again_here",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "endpoint__id__exact" or super().lookup_allowed(lookup, value, request)

    def find(self, text: str) -> Q:
        return Q(endpoint__url__contains=text)

    @display(description=_("事件"))
    def shown_type(self, row: Delivery) -> str:
        return str(Event.Kind(row.type).label)

    @display(description=_("接收地址"))
    def shown_endpoint(self, row: Delivery) -> str:
        return link(row.endpoint)

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: Delivery) -> str:
        return badge(row.get_state_display(), "waits" if row.state == Delivery.State.DEAD else "")

    @display(description="webhook-id")
    def message_id(self, row: Delivery) -> str:
        return public_event_id(row.event_id)

    def has_again_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("api.issue_key"))

    @action(description=_("重发"), permissions=["again"])
    def again(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._again(request, queryset)

    @action(description=_("重发"), permissions=["again"], url_path="again")
    def again_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        delivery = self.one(request, object_id)
        return self._again(request, [delivery], back=_page(delivery))

    def _again(
        self, request: HttpRequest, rows: Iterable[Delivery], back: str = ""
    ) -> HttpResponse | None:
        def do(delivery: Delivery) -> None:
            services.send_again(delivery=delivery, actor=request.user, now=clock.now())

        return self.step(
            request,
            rows,
            do,
            title=str(_("重发没有送达的通知")),
            form_class=NoForm,
            done=str(_("已重新排队 %(n)d 件")),
            action="again",
            hint=str(_("编号不变，再试三天；对方见过的会自己认出来。")),
            back=back,
        )


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ("at", "delivery", "status", "error", "milliseconds")
    list_display_links = ("at",)
    list_filter = ("error", period("at"))
    list_select_related = ("delivery",)
    ordering = ("-pk",)
    fields = ("delivery", ("at", "milliseconds"), ("status", "error"))


def _page(row: Endpoint | Delivery) -> str:
    return reverse(f"admin:webhooks_{row._meta.model_name}_change", args=[row.pk])
