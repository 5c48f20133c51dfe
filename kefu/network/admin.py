"""The network's file: regions, parties, and how each is reached."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from kefu import clock
from kefu.admin import finding
from kefu.admin.base import NoForm, OfficeAdmin, ReadOnlyInline, action, display, link
from kefu.database.functions import ByPinyin
from kefu.network import services
from kefu.network.models import ContactNumber, Party, Region
from kefu.privacy import phones


@admin.register(Region)
class RegionAdmin(OfficeAdmin):
    list_display = ("name", "parent", "code", "shuttle")
    list_select_related = ("parent",)
    ordering = (ByPinyin("name"),)
    search_fields = ("name",)
    autocomplete_fields = ("parent",)
    fields = ("name", "parent", ("code", "shuttle"))


class NumberInline(ReadOnlyInline):
    model = ContactNumber
    fields = ("kind", "number_masked", "holder_masked", "valid_from", "valid_to", "recorded_by")
    ordering = ("kind", "-valid_from")
    verbose_name_plural = _("联系方式（含历史）")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("recorded_by")


@admin.register(Party)
class PartyAdmin(OfficeAdmin):
    list_display = ("name", "code", "kind", "region", "shown_parent", "active")
    list_filter = ("kind", "active", "region")
    list_select_related = ("region", "parent")
    search_fields = ("name", "code")  # what makes it offer completions; ``find`` does the searching
    search_help_text = _("名称、编号、拼音或首字母")
    autocomplete_fields = ("region", "parent")
    fields = (
        ("kind", "code"),
        "name",
        "region",
        "parent",  # a row of its own: the names may be long, and so is a refusal
        "address",
        "active",
        ("remote", "report_lead_days"),
    )
    inlines = (NumberInline,)
    actions_detail = ("change_number",)

    def find(self, text: str) -> Q:
        return finding.party(text, "")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # What money stands on keeps its number; an employee's name is changed in his file.
        if obj is None:
            return ()
        return ("kind", "code", "name") if obj.kind == Party.Kind.EMPLOYEE else ("kind", "code")

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":  # employees come through their own form
            kwargs["choices"] = [
                choice for choice in Party.Kind.choices if choice[0] != Party.Kind.EMPLOYEE
            ]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Party, form: Any, change: bool) -> None:
        services.save_party(party=obj, actor=request.user)

    @display(description=_("所属网点"))
    def shown_parent(self, row: Party) -> str:
        return link(row.parent)

    def has_number_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(services.PERMISSION))

    @action(description=_("更换联系方式"), permissions=["number"], url_path="number")
    def change_number(self, request: HttpRequest, object_id: str) -> HttpResponse:
        party = self.one(request, object_id)
        return HttpResponseRedirect(
            f"{reverse('admin:network_contactnumber_add')}?party={party.pk}"
        )


class NumberForm(forms.ModelForm):
    number = forms.CharField(
        label=_("号码"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_("手机、带区号的座机、400 或 95 开头的服务号；保存后只显示掩码"),
    )
    holder = forms.CharField(
        label=_("接听人"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = ContactNumber
        fields = ("party", "kind")

    def clean_number(self) -> str:
        try:
            return phones.normalise(self.cleaned_data["number"], field="number")
        except phones.PhoneRefused as error:
            raise forms.ValidationError(str(error)) from error

    def validate_unique(self) -> None:
        """The current number is not in the way: saving ends it."""

    def validate_constraints(self) -> None:
        """The same."""


class CurrentFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "current"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("在用")), ("no", _("已停用"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(valid_to__isnull=self.value() == "yes") if self.value() else queryset


@admin.register(ContactNumber)
class ContactNumberAdmin(OfficeAdmin):
    """A number is never edited: a new row begins and ends the one before."""

    form = NumberForm
    list_display = (
        "shown_party",
        "kind",
        "number_masked",
        "holder_masked",
        "valid_from",
        "valid_to",
        "recorded_by",
    )
    list_display_links = ("number_masked",)
    list_filter = (CurrentFilter, "kind", "party__kind")
    list_select_related = ("party", "recorded_by")
    ordering = ("party__pinyin", "party__code", "kind", "-valid_from")
    search_help_text = _("网点名称、编号、拼音，完整号码或末四位，接听人")
    autocomplete_fields = ("party",)
    add_fieldsets = ((None, {"fields": ("party", "kind", "number", "holder")}),)
    fields = (
        ("shown_party", "kind"),
        ("number_masked", "holder_masked"),
        ("valid_from", "valid_to"),
        ("recorded_by", "recorded_at"),
    )
    readonly_fields = ("shown_party",)
    actions_detail = ("end_here",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def find(self, text: str) -> Q | None:
        return finding.either(finding.person(text), finding.party(text))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("shown_party",) if obj else ()

    def save_model(self, request: HttpRequest, obj: ContactNumber, form: Any, change: bool) -> None:
        given = form.cleaned_data
        row = services.change_number(
            party=given["party"],
            kind=given["kind"],
            number=given["number"],
            holder=given["holder"],
            actor=request.user,
            now=clock.now(),
        )
        obj.pk, obj.number_masked = row.pk, row.number_masked

    @display(description=_("当事方"))
    def shown_party(self, row: ContactNumber) -> str:
        return link(row.party)

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(services.PERMISSION))

    @action(description=_("停用"), permissions=["end"], url_path="end")
    def end_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(number: ContactNumber) -> None:
            services.end_number(number=number, actor=request.user, now=clock.now())

        return self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=str(_("停用这个号码")),
            form_class=NoForm,
            done=str(_("已停用 %(n)d 个号码")),
            action="end",
            hint=str(_("停用后留在历史里；要换号请用“更换联系方式”。")),
            back=reverse("admin:network_contactnumber_change", args=[object_id]),
        )
