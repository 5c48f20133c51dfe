"""The rules, clause by clause; and which edition a department works under from which day."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kefu import clock
from kefu.admin.base import OfficeAdmin, ReadOnlyAdmin, ReadOnlyInline, badge, display
from kefu.clock import SHANGHAI
from kefu.rulebooks.models import Assignment, Rulebook, RulebookVersion
from kefu.rulebooks.selectors import clause_rows


class VersionInline(ReadOnlyInline):
    model = RulebookVersion
    fields = ("number", "state", "effective_on", "published_by", "published_at")
    ordering = ("-number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related("published_by", "rulebook")
            .defer("content")
        )


@admin.register(Rulebook)
class RulebookAdmin(ReadOnlyAdmin):
    list_display = ("code", "name", "name_en")
    search_fields = ("code", "name")
    fields = ("code", ("name", "name_en"))
    inlines = (VersionInline,)


@admin.register(RulebookVersion)
class RulebookVersionAdmin(ReadOnlyAdmin):
    list_display = (
        "rulebook",
        "number",
        "shown_state",
        "effective_on",
        "published_by",
        "published_at",
    )
    list_display_links = ("rulebook", "number")
    list_filter = ("rulebook", "state")
    list_select_related = ("rulebook", "published_by")
    search_fields = ("rulebook__code", "rulebook__name")
    ordering = ("rulebook__code", "-number")
    fields = (
        ("rulebook", "number"),
        ("shown_state", "effective_on"),
        ("drafted_by", "published_by", "published_at"),
        "digest",
    )
    readonly_fields = ("shown_state", "digest")
    change_form_outer_after_template = "admin/rulebooks/clauses.html"

    @display(description=_("状态"), ordering="state")
    def shown_state(self, row: RulebookVersion) -> str:
        return badge(
            row.get_state_display(), "waits" if row.state == RulebookVersion.State.DRAFT else ""
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        match = request.resolver_match
        listing = match is not None and (match.url_name or "").endswith("_changelist")
        return rows.defer("content") if listing else rows

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        version = self.get_object(request, object_id) if object_id else None
        if version is not None and self.has_view_permission(request):
            rows = clause_rows(version.content, get_language() or "zh-hans")
            extra_context = {**(extra_context or {}), "clauses": rows}
        return super().changeform_view(request, object_id, form_url, extra_context)


class AssignmentForm(forms.ModelForm):
    class Meta:
        model = Assignment
        fields = ("department", "version", "effective_on")

    def clean_version(self) -> RulebookVersion:
        version: RulebookVersion = self.cleaned_data["version"]
        if version.state == RulebookVersion.State.DRAFT:
            raise forms.ValidationError(_("草稿还没有发布，不能适用"))
        return version

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        version, since = given.get("version"), given.get("effective_on")
        if version and since and version.effective_on and since < version.effective_on:
            self.add_error(
                "effective_on",
                _("不能早于这一版的生效日期 %s") % f"{version.effective_on:%Y-%m-%d}",
            )
        return given


@admin.register(Assignment)
class AssignmentAdmin(OfficeAdmin):
    """A line that has come into force stays: it tells under which edition promises were made."""

    form = AssignmentForm
    list_display = ("effective_on", "shown_department", "version", "shown_future")
    list_display_links = ("effective_on",)
    list_filter = ("department",)
    list_select_related = ("department", "version__rulebook")
    ordering = ("-effective_on", "-pk")
    fields = ("department", "version", "effective_on")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "version":
            kwargs["queryset"] = RulebookVersion.objects.select_related("rulebook").defer("content")
        if db_field.name == "department":
            kwargs["empty_label"] = _("全中心")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @display(description=_("部门"))
    def shown_department(self, row: Assignment) -> Any:
        return row.department or _("全中心")

    @display(description=_("状态"))
    def shown_future(self, row: Assignment) -> str:
        return badge(_("将生效"), "waits") if _is_future(row) else badge(_("已生效"))

    def has_change_permission(self, request: HttpRequest, obj: Assignment | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or _is_future(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Assignment | None = None) -> bool:
        return obj is not None and self.has_change_permission(request, obj)


def _is_future(row: Assignment) -> bool:
    return row.effective_on > clock.now().astimezone(SHANGHAI).date()
