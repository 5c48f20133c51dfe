"""The life of personal data: what people ask, what was destroyed and what is due, what is held, which keys are in use."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from kefu import clock
from kefu.admin import finding
from kefu.admin.base import (
    NoForm,
    OfficeAdmin,
    ReadOnlyAdmin,
    ReasonForm,
    action,
    badge,
    display,
    link,
)
from kefu.admin.filters import period
from kefu.audit.context import address_of
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.retention import person, selectors, wording
from kefu.retention.models import Destruction, Hold, PersonalRequest, SealCount
from kefu.retention.services import destruction, requests

AHEAD = timedelta(days=30)
State, Kind = PersonalRequest.State, PersonalRequest.Kind


@admin.register(SealCount)
class SealCountAdmin(ReadOnlyAdmin):
    list_display = ("place", "key_id", "blobs", "counted_at")
    list_filter = ("key_id",)
    search_fields = ("place",)
    search_help_text = _("数据栏")
    fields = (("place", "key_id"), ("blobs", "counted_at"))
    list_before_template = "admin/retention/keys.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Above the list: each key, and whether it may be taken away."""
        context = {**(extra_context or {}), "keys": selectors.key_uses()}
        page: HttpResponse = super().changelist_view(request, context)
        return page


@admin.register(Destruction)
class DestructionAdmin(ReadOnlyAdmin):
    list_display = (
        "at",
        "unit",
        "kind",
        "objects_n",
        "shown_period",
        "clause",
        "shown_by",
        "method",
    )
    list_display_links = ("at",)
    list_filter = ("kind", "unit", "method", period("at"))
    list_select_related = ("by", "request")
    date_hierarchy = "at"
    fields = (
        ("at", "method"),
        ("unit", "kind"),
        ("objects_n", "rows"),
        "shown_period",
        ("clause", "rulebook"),
        ("shown_by", "shown_request"),
    )
    readonly_fields = ("shown_period", "shown_by", "shown_request")
    list_before_template = "admin/retention/due.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Above the list: each kind, how long it is kept by which clause, and what goes next."""
        due = [
            {
                "unit": one.unit.label,
                "kind": one.kind.label,
                "kept": wording.kept(one),
                "clause": one.clause,
                "until": one.until,
                "due": selectors.due_count(one),
                "soon": selectors.due_count(one, before=one.before + AHEAD),
                "must": one.must,
            }
            for one in selectors.periods(now=clock.now())
        ]
        page: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "due": due})
        return page

    @display(description=_("资料日期"))
    def shown_period(self, row: Destruction) -> str:
        return f"{row.since}" if row.since == row.until else f"{row.since} – {row.until}"

    @display(description=_("操作人"))
    def shown_by(self, row: Destruction) -> str:
        return str(row.by) if row.by else str(_("夜间任务"))

    @display(description=_("个人信息请求"))
    def shown_request(self, row: Destruction) -> str:
        return link(row.request)


class HoldForm(forms.ModelForm):
    number = forms.CharField(label=_("单号"), max_length=24, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Hold
        fields = ("reason",)

    def clean_number(self) -> Case:
        case = Case.objects.filter(number=self.cleaned_data["number"].strip()).first()
        if case is None:
            raise forms.ValidationError(_("没有这张工单"))
        return case


@admin.register(Hold)
class HoldAdmin(OfficeAdmin):
    form = HoldForm
    list_display = ("case", "shown_state", "reason", "placed_by", "placed_at", "lifted_by")
    list_select_related = ("case", "placed_by", "lifted_by")
    list_filter = (("lifted_at", admin.EmptyFieldListFilter),)
    search_help_text = _("单号、运单号")
    ordering = ("-pk",)
    add_fieldsets = (
        (
            None,
            {
                "fields": ("number", "reason"),
                "description": _(
                    "暂缓期间，这张工单和同一运单的资料到期也不销毁；由另一位主管解除。"
                ),
            },
        ),
    )
    fields = (
        ("shown_case", "shown_state"),
        "reason",
        ("placed_by", "placed_at"),
        ("lifted_by", "lifted_at"),
        "lifted_for",
    )
    readonly_fields = (
        "shown_case",
        "shown_state",
        "placed_by",
        "placed_at",
        "lifted_by",
        "lifted_at",
        "lifted_for",
    )
    actions_detail = ("lift_here",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def find(self, text: str) -> Q | None:
        return finding.case(text, "case__")

    def save_model(self, request: HttpRequest, obj: Hold, form: Any, change: bool) -> None:
        made = destruction.hold(
            case=form.cleaned_data["number"],
            reason=form.cleaned_data["reason"],
            actor=request.user,
            now=clock.now(),
        )
        obj.pk, obj.case = made.pk, made.case

    @display(description=_("工单"))
    def shown_case(self, row: Hold) -> str:
        return link(row.case)

    @display(description=_("状态"))
    def shown_state(self, row: Hold) -> str:
        return badge(_("已解除")) if row.lifted_at else badge(_("暂缓中"), "waits")

    def has_lift_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(destruction.HOLD))

    @action(description=_("解除暂缓"), permissions=["lift"], url_path="lift")
    def lift_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        row = self.one(request, object_id)

        def do(hold: Hold, reason: str) -> None:
            destruction.lift(hold=hold, reason=reason, actor=request.user, now=clock.now())

        return self.step(
            request,
            [row],
            do,
            title=str(_("解除暂缓")),
            form_class=ReasonForm,
            done=str(_("已解除 %(n)d 个暂缓")),
            action="lift_here",
            hint=str(_("解除后，到期的资料当夜销毁。")),
            back=reverse("admin:retention_hold_change", args=[row.pk]),
        )


class RequestForm(forms.ModelForm):
    name = forms.CharField(label=_("姓名"), max_length=60, widget=UnfoldAdminTextInputWidget)
    phone = forms.CharField(
        label=_("电话"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("按这个号码查找本人的全部资料"),
    )
    new_name = forms.CharField(
        label=_("正确的姓名"), max_length=60, required=False, widget=UnfoldAdminTextInputWidget
    )
    new_phone = forms.CharField(
        label=_("正确的电话"), max_length=40, required=False, widget=UnfoldAdminTextInputWidget
    )
    new_address = forms.CharField(
        label=_("正确的地址"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = PersonalRequest
        fields = ("kind", "waybill_number", "proof", "details")
        widgets = {"details": UnfoldAdminTextareaWidget(attrs={"rows": 3})}


class OpenFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("未办结")), ("proposed", _("待复核")), ("no", _("已办结"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "proposed":
            return queryset.filter(state=State.PROPOSED)
        if self.value():
            within = Q(state__in=PersonalRequest.OPEN)
            return queryset.filter(within if self.value() == "yes" else ~within)
        return queryset


@admin.register(PersonalRequest)
class PersonalRequestAdmin(OfficeAdmin):
    form = RequestForm
    list_display = (
        "__str__",
        "kind",
        "name_masked",
        "phone_masked",
        "shown_state",
        "shown_due",
        "received_by",
        "received_at",
    )
    list_filter = (OpenFilter, "kind", period("received_at"))
    list_select_related = ("received_by",)
    search_help_text = _("GR 编号、运单号")
    add_fieldsets = (
        (None, {"fields": (("kind", "proof"), ("name", "phone"), "waybill_number", "details")}),
        (
            _("更正成什么"),
            {
                "fields": (("new_name", "new_phone"), "new_address"),
                "description": _("只有“更正”要填；留空的不改。"),
            },
        ),
    )
    fields = (
        ("kind", "shown_state"),
        ("name_masked", "phone_masked"),
        ("waybill_number", "proof"),
        "details",
        ("received_by", "received_at", "shown_due"),
        ("proposed_by", "proposed_at"),
        ("decided_by", "decided_at"),
        "reason",
    )
    readonly_fields = (
        "shown_state",
        "name_masked",
        "phone_masked",
        "received_by",
        "received_at",
        "shown_due",
        "proposed_by",
        "proposed_at",
        "decided_by",
        "decided_at",
        "reason",
    )
    actions_detail = ("copy_here", "propose_here", "approve_here", "send_back_here", "refuse_here")
    change_form_outer_after_template = "admin/retention/outcome.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).visible_to(request.user)  # type: ignore[attr-defined, no-any-return]

    def find(self, text: str) -> Q | None:
        number = text.upper().removeprefix("GR-").lstrip("0")
        if text.upper().startswith("GR-") and number.isdecimal() and len(number) < 18:
            return Q(pk=int(number))
        return Q(waybill_number=text)

    def save_model(
        self, request: HttpRequest, obj: PersonalRequest, form: Any, change: bool
    ) -> None:
        made = requests.take(
            asked=requests.Asked(**form.cleaned_data), actor=request.user, now=clock.now()
        )
        obj.pk = made.pk

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Below the fields: each thing with what would become, or became, of it."""
        context = dict(extra_context or {})
        row = self.get_object(request, object_id) if object_id else None
        if row is not None:
            done = row.state in (State.DONE, State.REFUSED) or row.state == State.PROPOSED
            lines = row.outcome if done else self._preview(row)
            context |= {"asked": row, "lines": [wording.line(one) for one in lines], "done": done}
        return super().changeform_view(request, object_id, form_url, context)

    def _preview(self, row: PersonalRequest) -> list[dict[str, Any]]:
        if row.kind == Kind.DELETION:
            return [one.to_json() for one in person.outcomes(row.token, now=clock.now())]
        return [
            {"unit": str(one.unit), "id": one.pk, "label": one.label, "outcome": "found"}
            for one in person.things_of(row.token)
        ]

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: PersonalRequest) -> str:
        return badge(row.get_state_display(), "waits" if row.state in PersonalRequest.OPEN else "")

    @display(description=_("最迟办结"), ordering="due_on")
    def shown_due(self, row: PersonalRequest) -> str:
        late = (
            row.state in PersonalRequest.OPEN
            and row.due_on < clock.now().astimezone(SHANGHAI).date()
        )
        return badge(_("{day} 已逾期").format(day=row.due_on), "late") if late else str(row.due_on)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The legal next steps of this request only; the service says the rest."""
        row: Any = self.get_object(request, str(object_id))
        if row is None:
            return []
        legal = {
            State.OPEN: ["refuse_here", "copy_here" if row.kind == Kind.COPY else "propose_here"],
            State.PROPOSED: ["approve_here", "send_back_here", "refuse_here"],
            State.DONE: ["copy_here"] if row.kind == Kind.COPY else [],
        }.get(row.state, [])
        if row.state == State.PROPOSED and row.proposed_by_id == request.user.pk:
            legal = []
        offered: Iterable[Any] = super().get_actions_detail(request, object_id)
        return [one for one in offered if any(one.action_name.endswith(name) for name in legal)]

    def has_take_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(requests.TAKE))

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(requests.DECIDE))

    @action(description=_("制作副本"), permissions=["take"], url_path="copy")
    def copy_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        made: list[bytes] = []

        def do(row: PersonalRequest) -> None:
            made.append(
                requests.copy(
                    request=row, actor=request.user, address=address_of(request), now=clock.now()
                )
            )

        page = self._step(
            request,
            object_id,
            do,
            str(_("制作副本")),
            str(_("已制作 %(n)d 份副本")),
            "copy_here",
            str(
                _(
                    "下载的压缩包里是本人资料的明文和照片，每次制作都有记录。交给本人前先看一遍：往来中可能提到别人。"
                )
            ),
        )
        if not made:
            return page
        row = self.one(request, object_id)
        headers = {
            "Content-Disposition": f'attachment; filename="{row}.zip"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return HttpResponse(made[0], content_type="application/zip", headers=headers)

    @action(description=_("提请复核"), permissions=["take"], url_path="propose")
    def propose_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._decision(request, object_id, "propose", str(_("提请复核")), reason=False)

    @action(description=_("同意"), permissions=["decide"], url_path="approve")
    def approve_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._decision(
            request,
            object_id,
            "approve",
            str(_("同意")),
            reason=False,
            hint=str(_("删除不能恢复。办理时重新判断每一项，与预览可能不同。")),
        )

    @action(description=_("退回"), permissions=["decide"], url_path="send-back")
    def send_back_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._decision(request, object_id, "send_back", str(_("退回")))

    @action(description=_("不予办理"), permissions=["decide"], url_path="refuse")
    def refuse_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._decision(
            request,
            object_id,
            "refuse",
            str(_("不予办理")),
            hint=str(_("理由要能当面告诉本人。")),
        )

    def _decision(
        self,
        request: HttpRequest,
        object_id: str,
        name: str,
        title: str,
        *,
        reason: bool = True,
        hint: str = "",
    ) -> HttpResponse | None:
        service = getattr(requests, name)

        def do(row: PersonalRequest, **given: str) -> None:
            service(request=row, actor=request.user, now=clock.now(), **given)

        form = ReasonForm if reason else NoForm
        return self._step(
            request, object_id, do, title, str(_("已办理 %(n)d 个请求")), f"{name}_here", hint, form
        )

    def _step(
        self,
        request: HttpRequest,
        object_id: str,
        do: Any,
        title: str,
        done: str,
        name: str,
        hint: str,
        form: type[forms.Form] = NoForm,
    ) -> HttpResponse | None:
        row = self.one(request, object_id)
        back = reverse("admin:retention_personalrequest_change", args=[row.pk])
        return self.step(
            request,
            [row],
            do,
            title=title,
            form_class=form,
            done=done,
            action=name,
            hint=hint,
            back=back,
        )
