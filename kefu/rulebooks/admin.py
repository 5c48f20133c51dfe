"""Versions of the rulebooks: drafted clause by clause, compared, published by a second person; where each holds
and who has read it."""

from collections.abc import Callable
from datetime import date
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu import clock, punctuation
from kefu.admin.access import may_view
from kefu.admin.base import (
    NoForm,
    OfficeAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    action,
    badge,
    display,
    link,
)
from kefu.clock import SHANGHAI
from kefu.errors import Conflict
from kefu.policy import rulebook as policy
from kefu.rulebooks import selectors, services, telling, wording
from kefu.rulebooks.faults import Faulty
from kefu.rulebooks.forms import ClauseForm
from kefu.rulebooks.models import Acknowledgement, Amendment, Assignment, Rulebook, RulebookVersion
from kefu.rulebooks.shapes import FIXED

State = RulebookVersion.State
TONES = {State.DRAFT: "waits", State.DISCARDED: "undone"}


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


class AgainstForm(forms.Form):
    """Which version to hold the one shown against."""

    against = forms.ModelChoiceField(
        label=gettext_lazy("与哪一版对照"),
        queryset=RulebookVersion.objects.none(),
        required=False,
        empty_label=None,
    )

    def __init__(self, data: Any, *, version: RulebookVersion) -> None:
        super().__init__(data)
        others = RulebookVersion.objects.filter(rulebook=version.rulebook_id)
        field: Any = self.fields["against"]
        field.queryset = others.exclude(pk=version.pk).select_related("rulebook").defer("content")
        field.label_from_instance = attrgetter("named")


@admin.register(RulebookVersion)
class RulebookVersionAdmin(ReadOnlyAdmin):
    list_display = (
        "rulebook",
        "number",
        "shown_state",
        "effective_on",
        "drafted_by",
        "published_by",
        "published_at",
    )
    list_display_links = ("rulebook", "number")
    list_filter = ("rulebook", "state")
    list_select_related = ("rulebook", "drafted_by", "published_by")
    search_fields = ("rulebook__code", "rulebook__name")
    ordering = ("rulebook__code", "-number")
    fields = (
        ("rulebook", "number"),
        ("shown_state", "effective_on"),
        ("shown_base", "shown_digest"),
    )
    readonly_fields = ("shown_state", "shown_base", "shown_digest")
    change_form_outer_before_template = "admin/rulebooks/summary.html"
    change_form_outer_after_template = "admin/rulebooks/clauses.html"
    actions_detail = (
        "start_draft_here",
        "compare_here",
        "what_if_here",
        "readers_here",
        "assign_here",
        "publish_here",
        "discard_here",
    )

    @display(description=gettext_lazy("状态"), ordering="state")
    def shown_state(self, row: RulebookVersion) -> str:
        return badge(row.get_state_display(), TONES.get(State(row.state), ""))

    @display(description=gettext_lazy("起草所据"))
    def shown_base(self, row: RulebookVersion) -> str:
        return link(row.base, row.base.named if row.base else "")

    @display(description=gettext_lazy("内容摘要"))
    def shown_digest(self, row: RulebookVersion) -> str:
        return format_html(
            '<code class="kf-code" title="{}">{}…</code>', row.digest, row.digest[:16]
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        match = request.resolver_match
        listing = match is not None and (match.url_name or "").endswith("_changelist")
        return rows.defer("content") if listing else rows

    def get_urls(self) -> list[Any]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
            full = f"rulebooks_rulebookversion_{name}"
            return path(route, self.admin_site.admin_view(view), name=full)

        return [
            page("<int:pk>/whole/", self.whole_view, "whole"),
            page("<int:pk>/clause/<str:clause>/", self.clause_view, "clause"),
            page("<int:pk>/compare/", self.compare_view, "compare"),
            page("<int:pk>/readers/", self.readers_view, "readers"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        version = self.get_object(request, object_id) if object_id else None
        if version is not None and self.has_view_permission(request):
            told = telling.told(version, reader=request.user, at=clock.now())
            may_edit = told.draft and request.user.has_perm("rulebooks.draft_version")
            extra_context = {**(extra_context or {}), "told": told, "may_edit": may_edit}
        return super().changeform_view(request, object_id, form_url, extra_context)

    # Editing.

    def whole_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.clause_view(request, pk, "")

    def clause_view(self, request: HttpRequest, pk: int, clause: str) -> HttpResponse:
        """The form of one clause of a draft; without one, what the rulebook sets as a whole."""
        version = self._version(request, pk)
        if not request.user.has_perm("rulebooks.draft_version"):
            raise PermissionDenied
        written = services.written_settings(version.content, clause)
        table = telling.table(clause, written)
        back = f"{_page(pk)}#{clause or 'whole'}"
        if written is None or table is None:
            raise Http404
        if version.state != State.DRAFT:
            messages.error(request, _("%s 不是草稿，不能改") % version.named)
            return HttpResponseRedirect(back)
        other = selectors.counterpart(version, at=clock.now())
        keep = FIXED if clause else frozenset(policy.Rulebook.model_fields) - {*services.WHOLE}
        form = ClauseForm(table, written, request.POST or None, leave_out=keep)
        status, conflict = 200, None
        seen = services.clause_digest(version.content, clause)
        if request.method == "POST":
            status, conflict = self._amend(request, version, clause, form)
            if status == 200:
                return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": telling.heading(clause, written),
            "named": version.named,
            "version": version,
            "clause": clause,
            "kind": wording.kind(str(written.get("kind", ""))) if clause else "",
            "layout": form.layout(),
            "other": other,
            "changes": telling.clause_changes(other, version, clause),
            # Whoever only has something to put right still has seen what he saw.
            "seen": request.POST.get("seen", "") if status == 422 else seen,
            "conflict": conflict,
            "back": back,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/rulebooks/clause.html", context, status=status)

    def _amend(
        self, request: HttpRequest, version: RulebookVersion, clause: str, form: ClauseForm
    ) -> tuple[int, dict[str, Any] | None]:
        """Save what was typed. Returns the status of the answer, and who else changed the clause."""
        if not form.is_valid():
            return 422, None
        typed = form.settings()
        if form.faulty:
            return 422, None
        try:
            changed = services.amend_clause(
                version=version,
                clause=clause,
                settings=typed,
                seen=request.POST.get("seen", ""),
                actor=request.user,
                now=clock.now(),
            )
        except Faulty as error:
            form.show(error.faults, clause)
            return 422, None
        except Conflict as error:
            latest = version.amendments.filter(clause=clause).select_related("amended_by").first()
            changes = selectors.amended(latest) if latest else []
            return 409, {"text": str(error), "latest": latest, "changes": changes}
        told = _("%s 已保存") if changed else _("%s 没有改动")
        messages.success(request, told % (clause or version.rulebook.code))
        return 200, None

    # Comparing.

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self._version(request, pk)
        asked = AgainstForm(request.GET or None, version=version)
        other: Any = asked.cleaned_data["against"] if asked.is_valid() else None
        other = other or selectors.counterpart(version, at=clock.now())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("对照"),
            "version": version,
            "other": other,
            "named": version.named,
            "other_named": other.named if other else "",
            "form": AgainstForm({"against": other.pk if other else None}, version=version),
            "back": _page(pk),
        }
        if other is not None:
            context["comparison"] = telling.compared(other, version)
            context["faults"] = telling.read(version)[1] or telling.read(other)[1]
        return TemplateResponse(request, "admin/rulebooks/compare.html", context)

    # Reading.

    def readers_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who has confirmed this edition, and who for whom it holds has not."""
        version = self._version(request, pk)
        if not may_view(request.user, Acknowledgement):
            raise PermissionDenied
        found = selectors.readers(version, at=clock.now())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("阅读确认"),
            "named": version.named,
            "readers": found,
            "missing": sum(one.confirmed_at is None for one in found),
            "back": _page(pk),
        }
        return TemplateResponse(request, "admin/rulebooks/readers.html", context)

    def _version(self, request: HttpRequest, pk: int) -> RulebookVersion:
        version = RulebookVersion.objects.select_related("rulebook").filter(pk=pk).first()
        if not self.has_view_permission(request):
            raise PermissionDenied
        if version is None:
            raise Http404
        return version

    # What one may do.

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer what this version allows; whoever comes too late is told so by the service."""
        version: RulebookVersion | None = self.get_object(request, str(object_id))
        possible = {
            State.DRAFT: {"compare", "what-if", "publish", "discard"},
            State.PUBLISHED: {"start-draft", "compare", "what-if", "readers", "assign"},
            State.SUPERSEDED: {"start-draft", "compare", "what-if", "readers"},
            State.DISCARDED: {"compare"},
        }
        steps = possible[State(version.state)] if version is not None else set()
        if version is not None and not version.rulebook.versions.exclude(pk=version.pk).exists():
            steps = steps - {"compare"}
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if one.path in steps]

    def has_draft_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("rulebooks.draft_version"))

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("rulebooks.publish_version"))

    def has_assign_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("rulebooks.assign_version"))

    def has_look_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_readers_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return may_view(request.user, Acknowledgement)

    @action(description=gettext_lazy("对照"), permissions=["look"], url_path="compare")
    def compare_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(_page(self.one(request, object_id).pk, "compare"))

    def has_what_if_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("replay.what_if"))

    @action(description=gettext_lazy("试算"), permissions=["what_if"], url_path="what-if")
    def what_if_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        # An app above does it: known here by its address alone.
        place = reverse("admin:replay_run_add")
        return HttpResponseRedirect(f"{place}?{urlencode({'version': object_id})}")

    @action(description=gettext_lazy("阅读确认"), permissions=["readers"], url_path="readers")
    def readers_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(_page(self.one(request, object_id).pk, "readers"))

    @action(description=gettext_lazy("指定适用"), permissions=["assign"], url_path="assign")
    def assign_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        place = reverse("admin:rulebooks_assignment_add")
        return HttpResponseRedirect(f"{place}?{urlencode({'version': object_id})}")

    @action(description=gettext_lazy("起草新版"), permissions=["draft"], url_path="start-draft")
    def start_draft_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        started: list[RulebookVersion] = []

        def do(version: RulebookVersion) -> None:
            now = clock.now()
            started.append(services.start_draft(version=version, actor=request.user, now=now))

        answer = self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=_("起草新版"),
            form_class=NoForm,
            done=_("草稿已建好，逐条修改后由另一位主管发布"),
            action="start-draft",
            hint=_("照抄这一版的全部条款，编下一个版本号。发布前什么都不变。"),
            back=_page(object_id),
        )
        return HttpResponseRedirect(_page(started[0].pk)) if started else answer

    @action(description=gettext_lazy("发布"), permissions=["publish"], url_path="publish")
    def publish_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        version = self.one(request, object_id)

        def do(row: RulebookVersion, effective_on: date, seen: str) -> None:
            services.publish(
                version=row,
                effective_on=effective_on,
                seen=seen,
                actor=request.user,
                now=clock.now(),
            )

        return self.step(
            request,
            [version],
            do,
            title=_("发布 %s") % version.named,
            form_class=_publish_form(version),
            done=_("已发布，以后不能再改。还要指定从哪天起适用于哪里"),
            action="publish",
            hint=_what_publishing_means(version),
            against=_what_stands_against(version, request.user),
            back=_page(object_id),
        )

    @action(description=gettext_lazy("作废草稿"), permissions=["draft"], url_path="discard")
    def discard_here(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        def do(version: RulebookVersion) -> None:
            services.discard_draft(version=version, actor=request.user, now=clock.now())

        return self.step(
            request,
            [self.one(request, object_id)],
            do,
            title=_("作废草稿"),
            form_class=NoForm,
            done=_("草稿已作废"),
            action="discard",
            hint=_("作废的草稿留作记录，不能再改，也不能发布。"),
            back=_page(object_id),
        )


def _what_publishing_means(version: RulebookVersion) -> str:
    """What changes, against which edition, and whether the draft missed one that came in between."""
    said = [str(_("发布后内容不能再改，也不会自动适用。起草和修改过它的人不能发布。"))]
    other = selectors.counterpart(version, at=clock.now())
    if other is not None and (found := telling.compared(other, version)):
        said.append(telling.in_numbers(found, other.named))
    if missed := telling.overtaken_by(version):
        said.append(_("起草之后发布了 %s，它的改动不在这份草稿里，请看对照。") % missed.named)
    place = _page(version.pk, "compare")
    return format_html('{} <a class="kf-link" href="{}">{}</a>', " ".join(said), place, _("看对照"))


def _what_stands_against(version: RulebookVersion, reader: Any) -> str:
    own, others = services.own_draft(version, reader), services.objections(version, now=clock.now())
    reasons = [*filter(None, [own]), *others]
    return _("现在还不能发布：%s。") % punctuation.in_turn(*reasons) if reasons else ""


def _publish_form(version: RulebookVersion) -> type[forms.Form]:
    class PublishForm(forms.Form):
        effective_on = forms.DateField(
            label=_("生效日期"),
            widget=forms.DateInput(attrs={"type": "date"}),
            help_text=_("不早于今天；从这天起可以适用"),
        )
        # What is published is what was on this page.
        seen = forms.CharField(widget=forms.HiddenInput, initial=version.digest, max_length=64)

    return PublishForm


def _page(pk: object, page: str = "change") -> str:
    return reverse(f"admin:rulebooks_rulebookversion_{page}", args=[pk])


@admin.register(Amendment)
class AmendmentAdmin(ReadOnlyAdmin):
    """Who changed what in a draft."""

    list_display = ("amended_at", "shown_version", "clause", "shown_changes", "amended_by")
    list_display_links = ("amended_at",)
    list_filter = ("version__rulebook",)
    list_select_related = ("version__rulebook", "amended_by")
    ordering = ("-pk",)
    search_help_text = gettext_lazy("条款")
    fields = (("shown_version", "clause"), "shown_changes", ("amended_by", "amended_at"))
    readonly_fields = ("shown_version", "shown_changes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("version__content")

    def find(self, text: str) -> Q:
        return Q(clause=text.strip().upper())

    @display(description=gettext_lazy("版本"), ordering="version")
    def shown_version(self, row: Amendment) -> str:
        return link(row.version, row.version.named)

    @display(description=gettext_lazy("改动"))
    def shown_changes(self, row: Amendment) -> str:
        told = (f"{name} {before} → {after}" for name, before, after in selectors.amended(row))
        return punctuation.in_turn(*told)


class AssignmentForm(forms.ModelForm):
    class Meta:
        model = Assignment
        fields = ("department", "outlet", "version", "effective_on")
        help_texts = {
            "outlet": gettext_lazy("问到这个网点时先按它的；部门和网点都不选，就是全中心"),
        }


@admin.register(Assignment)
class AssignmentAdmin(OfficeAdmin):
    """A line that has come into force stays: it tells under which edition promises were made."""

    form = AssignmentForm
    list_display = ("effective_on", "shown_place", "shown_version", "shown_future", "assigned_by")
    list_display_links = ("effective_on",)
    list_filter = ("department", "version__rulebook")
    list_select_related = ("department", "outlet", "version__rulebook", "assigned_by")
    ordering = ("-effective_on", "-pk")
    fields = (("department", "outlet"), ("version", "effective_on"))
    autocomplete_fields = ("outlet",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("version__content")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "version":
            issued = RulebookVersion.objects.issued()
            field.queryset = issued.select_related("rulebook").defer("content")
            field.label_from_instance = attrgetter("named")
        if db_field.name == "department":
            field.empty_label = _("全中心")
        return field

    def save_model(self, request: HttpRequest, obj: Assignment, form: Any, change: bool) -> None:
        line = services.assign(
            **form.cleaned_data,
            instead_of=obj if change else None,
            actor=request.user,
            now=clock.now(),
        )
        obj.pk = line.pk

    def delete_model(self, request: HttpRequest, obj: Assignment) -> None:
        services.withdraw(assignment=obj, actor=request.user, now=clock.now())

    @display(description=gettext_lazy("适用于"))
    def shown_place(self, row: Assignment) -> str:
        return row.place

    @display(description=gettext_lazy("版本"), ordering="version")
    def shown_version(self, row: Assignment) -> str:
        return link(row.version, row.version.named)

    @display(description=gettext_lazy("状态"))
    def shown_future(self, row: Assignment) -> str:
        return badge(_("将生效"), "waits") if _is_future(row) else badge(_("已生效"))

    def has_change_permission(self, request: HttpRequest, obj: Assignment | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or _is_future(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Assignment | None = None) -> bool:
        return obj is not None and self.has_change_permission(request, obj)


def _is_future(row: Assignment) -> bool:
    return row.effective_on > clock.now().astimezone(SHANGHAI).date()


class EditionFilter(admin.SimpleListFilter):
    """Django's own would ask for each version with all its clauses."""

    title = gettext_lazy("版本")
    parameter_name = "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        issued = RulebookVersion.objects.issued().select_related("rulebook").defer("content")
        return [(str(one.pk), one.named) for one in issued]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value() or ""
        return queryset.filter(version=asked) if asked.isdecimal() else queryset


@admin.register(Acknowledgement)
class AcknowledgementAdmin(ReadOnlyAdmin):
    """Who confirmed which edition when; who has not stands on the page of the edition."""

    list_display = ("at", "employee", "shown_department", "shown_version")
    list_display_links = ("at",)
    list_filter = (EditionFilter, "employee__department")
    list_select_related = ("employee__department", "version__rulebook")
    ordering = ("-pk",)
    search_fields = ("employee__number", "employee__name")
    search_help_text = gettext_lazy("工号、姓名")
    fields = ("employee", "shown_version", "at")
    readonly_fields = ("shown_version",)
    list_before_template = "admin/rulebooks/readings.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("version__content")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Above the list: each edition that holds somewhere, with how many have not confirmed it."""
        context = {**(extra_context or {}), "readings": selectors.readings(at=clock.now())}
        page: HttpResponse = super().changelist_view(request, context)
        return page

    @display(description=gettext_lazy("部门"))
    def shown_department(self, row: Acknowledgement) -> Any:
        return row.employee.department

    @display(description=gettext_lazy("版本"), ordering="version")
    def shown_version(self, row: Acknowledgement) -> str:
        return link(row.version, row.version.named)
