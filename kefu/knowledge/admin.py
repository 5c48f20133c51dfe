"""The knowledge base in the admin: words are drafted and approved here; tables and reports are looked at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from kefu import clock
from kefu.admin import finding
from kefu.admin.base import (
    NoForm,
    OfficeAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    action,
    display,
    link,
)
from kefu.errors import KefuError
from kefu.knowledge.models import (
    Coverage,
    Edition,
    NumberReport,
    OpeningHours,
    Place,
    Rate,
    Wording,
    WordingVersion,
)
from kefu.knowledge.models.wordings import TEXT_LIMIT
from kefu.knowledge.services import outlets as outlet_services
from kefu.knowledge.services import wordings as services
from kefu.network.services import PERMISSION


class WordingForm(forms.ModelForm):
    text = forms.CharField(
        label=_("内容"), max_length=TEXT_LIMIT, widget=UnfoldAdminTextareaWidget(attrs={"rows": 6})
    )

    class Meta:
        model = Wording
        fields = ("name", "channel", "occasion", "language", "department")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].help_text = _(
            "可以用的变量：%(names)s。保存后由别人批准，批准前照旧用原来的。"
        ) % {
            "names": "、".join(
                f"{{{{ {name} }}}}（{what}）" for name, what in services.VARIABLES.items()
            )
        }
        if self.instance.pk:
            latest = self.instance.versions.order_by("-number").first()
            self.initial["text"] = latest.text if latest else ""

    def clean_text(self) -> str:
        try:
            return services.check_text(self.cleaned_data["text"])
        except KefuError as error:
            raise forms.ValidationError(str(error), code=error.code) from error


class VersionInline(ReadOnlyInline):
    model = WordingVersion
    fields = ("number", "text", "drafted_by", "drafted_at", "approved_by", "approved_at")
    ordering = ("-number",)
    verbose_name_plural = _("各版")


@admin.register(Wording)
class WordingAdmin(OfficeAdmin):
    """Saving appends a version; what it is for does not change any more."""

    form = WordingForm
    list_display = ("name", "channel", "occasion", "language", "department", "withdrawn_at")
    list_filter = ("channel", "occasion", "language", "department")
    list_select_related = ("department",)
    search_fields = ("name",)
    search_help_text = _("名称")
    fields = ("name", ("channel", "occasion"), ("language", "department"), "text")
    inlines = (VersionInline,)
    actions_detail = ("withdraw_here",)

    def find(self, text: str) -> Q:
        return Q(name__icontains=text.replace("\x00", ""))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "channel", "occasion", "language", "department") if obj else ()

    def save_model(self, request: HttpRequest, obj: Wording, form: Any, change: bool) -> None:
        services.draft(
            wording=obj, text=form.cleaned_data["text"], actor=request.user, now=clock.now()
        )

    def has_withdraw_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(services.APPROVE))

    @action(description=_("停用"), permissions=["withdraw"], url_path="withdraw")
    def withdraw_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(wording: Wording) -> None:
            services.withdraw(wording=wording, actor=request.user, now=clock.now())

        return self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=str(_("停用这条话术")),
            form_class=NoForm,
            done=str(_("已停用 %(n)d 条")),
            action="withdraw",
            hint=str(_("停用后客服不能再挑；用它写过的往来照旧记着是哪一版。")),
            back=reverse("admin:knowledge_wording_changelist"),
        )


class AwaitedFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "awaited"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("等批准")), ("no", _("已批准"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset.filter(approved_at__isnull=value == "yes") if value else queryset


@admin.register(WordingVersion)
class WordingVersionAdmin(ReadOnlyAdmin):
    list_display = ("wording", "number", "drafted_by", "drafted_at", "approved_by", "approved_at")
    list_filter = (AwaitedFilter,)
    list_select_related = ("wording", "drafted_by", "approved_by")
    fields = (
        ("wording", "number"),
        "text",
        ("drafted_by", "drafted_at"),
        ("approved_by", "approved_at"),
    )
    actions_detail = ("approve_here",)

    def has_approve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(services.APPROVE))

    @action(description=_("批准"), permissions=["approve"], url_path="approve")
    def approve_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(version: WordingVersion) -> None:
            services.approve(version=version, actor=request.user, now=clock.now())

        return self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=str(_("批准这一版")),
            form_class=NoForm,
            done=str(_("已批准 %(n)d 版")),
            action="approve",
            hint=str(_("批准后客服马上用这一版。")),
            back=reverse("admin:knowledge_wordingversion_change", args=[object_id]),
        )


@admin.register(Place)
class PlaceAdmin(ReadOnlyAdmin):
    list_display = ("name", "level", "parent")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_help_text = _("名称、简称、拼音或首字母")
    fields = (("name", "level"), "parent", "shown_names")
    readonly_fields = ("shown_names",)

    def find(self, text: str) -> Q:
        return Q(names__key=text.replace("\x00", "").lower())

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        return found.distinct(), duplicates

    @display(description=_("查得到的写法"))
    def shown_names(self, row: Place) -> str:
        return format_html_join(" · ", "{}", ((one.key,) for one in row.names.order_by("kind")))


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin):
    list_display = ("kind", "number", "title", "effective_on", "brought_by", "brought_at")
    list_filter = ("kind",)
    list_select_related = ("brought_by",)
    fields = (("kind", "number"), "title", "effective_on", ("brought_by", "brought_at"))


class OfPlaceAdmin(ReadOnlyAdmin):
    """Rows of a table: what a place is called finds them."""

    list_select_related: Any = ("place__parent", "edition")
    search_help_text = _("地名、简称、拼音或首字母")

    def find(self, text: str) -> Q:
        return Q(place__names__key=text.replace("\x00", "").lower())

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        return found.distinct(), duplicates


@admin.register(Coverage)
class CoverageAdmin(OfPlaceAdmin):
    list_display = ("place", "keyword", "outlet", "delivered", "valid_from", "valid_to")
    list_filter = ("delivered",)
    list_select_related = ("place__parent", "outlet", "edition")
    fields = (
        ("place", "keyword"),
        ("outlet", "delivered"),
        ("extra_days", "extra_fee", "cut_off"),
        "note",
        ("valid_from", "valid_to", "edition"),
    )


@admin.register(Rate)
class RateAdmin(OfPlaceAdmin):
    list_display = ("place", "first_price", "step_price", "valid_from", "valid_to")
    fields = (
        "place",
        ("first_kg", "first_price"),
        ("step_kg", "step_price"),
        ("divisor", "fuel_percent"),
        ("surcharge", "surcharge_name"),
        "days",
        ("valid_from", "valid_to", "edition"),
    )


@admin.register(OpeningHours)
class OpeningHoursAdmin(ReadOnlyAdmin):
    list_display = ("party", "opens", "closes", "valid_from", "valid_to", "recorded_by")
    list_select_related = ("party", "recorded_by")
    search_help_text = _("网点名称、编号、拼音")
    fields = (
        "party",
        ("opens", "closes"),
        ("weekend_opens", "weekend_closes"),
        "note",
        ("valid_from", "valid_to"),
        "recorded_by",
    )

    def find(self, text: str) -> Q:
        return finding.party(text)


@admin.register(NumberReport)
class NumberReportAdmin(ReadOnlyAdmin):
    list_display = ("shown_party", "number", "reported_by", "reported_at", "outcome", "settled_at")
    list_display_links = ("number",)
    list_filter = ("outcome",)
    list_select_related = ("number__party", "reported_by")
    search_help_text = _("网点名称、编号、拼音")
    fields = ("number", ("reported_by", "reported_at"), ("outcome", "settled_by", "settled_at"))
    actions_detail = ("ended_here", "right_here")

    def find(self, text: str) -> Q:
        return finding.party(text, "number__party__")

    @display(description=_("网点"))
    def shown_party(self, row: NumberReport) -> str:
        return link(row.number.party)

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm(PERMISSION))

    @action(description=_("停用这个号码"), permissions=["settle"], url_path="ended")
    def ended_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._settle(request, object_id, NumberReport.Outcome.ENDED)

    @action(description=_("号码无误"), permissions=["settle"], url_path="right")
    def right_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        return self._settle(request, object_id, NumberReport.Outcome.RIGHT)

    def _settle(
        self, request: HttpRequest, object_id: str, outcome: NumberReport.Outcome
    ) -> HttpResponse | None:
        def do(report: NumberReport) -> None:
            outlet_services.settle(
                report=report, outcome=outcome, actor=request.user, now=clock.now()
            )

        return self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=str(outcome.label),
            form_class=NoForm,
            done=str(_("已处理 %(n)d 份")),
            action=outcome.value,
            back=reverse("admin:knowledge_numberreport_change", args=[object_id]),
        )
