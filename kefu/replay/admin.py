"""Trying a version out on past months: asked for here, done by a job, read here to the single case."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from kefu import clock, punctuation
from kefu.admin import finding
from kefu.admin.base import ReadOnlyAdmin, amount, badge, display, link, list_url
from kefu.jobs.models import Job
from kefu.penalties.models import Penalty
from kefu.replay import selectors, services
from kefu.replay.models import Gap, Line, LineQuerySet, Run
from kefu.rulebooks import wording
from kefu.rulebooks.models import RulebookVersion

SHOWN = 50  # single cases on the page of a try-out; the rest is one click away
LOOK_AGAIN = "2"  # seconds after which the page of a try-out that goes on is loaded again
TONES = {"payable": "owed", "settled": "owed", "held": "waits"}


def named(version: RulebookVersion) -> str:
    """CD@2（草稿）"""
    return _("{version}（{state}）").format(version=version, state=version.get_state_display())


class RunForm(forms.ModelForm):
    """Which version, and the months to try it on: this one and eleven back."""

    months = forms.MultipleChoiceField(
        label=gettext_lazy("月份"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy(
            "这几个月到期的承诺，用记下的同样事实按这一版重新裁定，看谁多担、谁少担。什么都不改。"
        ),
    )

    class Meta:
        model = Run
        fields = ("version", "months")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = services.months_back(clock.now())
        chosen: Any = self.fields["months"]
        chosen.choices = [(month, month) for month in months]
        self.initial.setdefault("months", months[1:2])
        versions: Any = self.fields["version"]
        versions.queryset = (
            RulebookVersion.objects.exclude(state=RulebookVersion.State.DISCARDED)
            .select_related("rulebook")
            .defer("content")
        )
        versions.label_from_instance = named
        versions.widget.can_change_related = versions.widget.can_view_related = False


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ("asked_at", "shown_version", "shown_months", "asked_by", "shown_state")
    list_display_links = ("asked_at",)
    list_filter = ("version__rulebook",)
    list_select_related = ("version__rulebook", "asked_by", "job")
    ordering = ("-pk",)
    fields = (
        ("shown_version", "shown_months", "shown_state"),
        ("asked_by", "asked_at", "shown_progress"),
    )
    readonly_fields = ("shown_version", "shown_months", "shown_state", "shown_progress")
    change_form_outer_after_template = "admin/replay/result.html"

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = RunForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj else ("version", "months")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("job").defer("version__content")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm("replay.what_if")

    def save_model(self, request: HttpRequest, obj: Run, form: Any, change: bool) -> None:
        run = services.ask(
            version=form.cleaned_data["version"],
            months=form.cleaned_data["months"],
            actor=request.user,
            now=clock.now(),
        )
        obj.pk = run.pk

    def response_add(
        self, request: HttpRequest, obj: Run, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(_page(obj.pk))

    def get_urls(self) -> list[Any]:
        return [
            path(
                "<int:pk>/lines.csv",
                self.admin_site.admin_view(self.lines_view),
                name="replay_run_lines",
            ),
            *super().get_urls(),
        ]

    def lines_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All lines as a table."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = Run.objects.filter(pk=pk).first()
        if run is None:
            raise Http404
        content = services.export(run=run, actor=request.user, now=clock.now())
        answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="what-if-{pk}.csv"'
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        run = self.get_object(request, object_id) if object_id else None
        if run is not None and self.has_view_permission(request):
            extra_context = {**(extra_context or {}), **told(run)}
        page = super().changeform_view(request, object_id, form_url, extra_context)
        if run is not None and not run.job.finished:
            page["Refresh"] = LOOK_AGAIN
        return page

    @display(description=gettext_lazy("试算的版本"))
    def shown_version(self, row: Run) -> str:
        return link(row.version, named(row.version))

    @display(description=gettext_lazy("月份"))
    def shown_months(self, row: Run) -> str:
        return punctuation.alike(*row.months)

    @display(description=gettext_lazy("状态"))
    def shown_state(self, row: Run) -> str:
        state = row.job.get_state_display()
        return badge(state, "waits" if row.job.state == Job.State.FAILED else "")

    @display(description=gettext_lazy("进度"))
    def shown_progress(self, row: Run) -> str:
        return _("{done} / {total} 项裁定").format(
            done=f"{row.job.done:,}", total=f"{row.job.total or 0:,}"
        )


# The page of a try-out.


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table as it is read: fines before, after, difference, then points."""

    name: str
    url: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    head: str
    rows: Sequence[Row]
    foot: Row
    empty: str


def told(run: Run) -> dict[str, Any]:
    """What the page of a try-out shows besides its own columns."""
    job = run.job
    context: dict[str, Any] = {
        "run": run,
        "job": job,
        "changed_since": run.digest != run.version.digest,
        "whole": job.state == Job.State.DONE,
    }
    if job.state != Job.State.DONE:
        return context
    found = selectors.result(run)
    tables = selectors.tables(found)
    undecided = job.counts.get("undecided", 0)
    changed = run.lines.changed().select_related("case", "party", "department")
    gaps = run.gaps.select_related("case").order_by("-fines", "-points", "pk")[:SHOWN]
    left_out = selectors.left_out(run)
    context |= {
        "mismatches": [
            {"case": link(one.case), "one": one}
            for one in run.mismatches.select_related("case")[:SHOWN]
        ],
        "n_mismatches": run.mismatches.count(),
        "again": f"{job.done - undecided:,}",
        "undecided": undecided,
        "totals": [
            _row(_("计入（罚款应付，扣分应扣）"), found.counting),
            _row(_("未定（暂记、待复核），不计入"), found.waiting),
        ],
        "tables": [
            _table(_("按网点和单位"), _("网点"), tables.outlets, run, "party__id__exact"),
            _table(_("按部门"), _("部门"), tables.departments, run, "department__id__exact"),
            _table(_("按个人"), _("责任人"), tables.people, run, "party__id__exact"),
            _table(_("按条款"), _("条款"), tables.clauses, run, "clause__exact"),
        ],
        "cases": [_case(line) for line in changed.counting_first()[:SHOWN]],
        "n_cases": changed.count(),
        "n_counting": changed.counting().count(),
        "cases_url": list_url(Line, run__id__exact=run.pk, changed="yes"),
        "gaps": [{"case": link(gap.case), "gap": gap, "lacks": lacks(gap)} for gap in gaps],
        "left_out": left_out,
        "left_out_fines": _yuan(left_out.fines),
        "left_out_points": _points(left_out.points),
        "gaps_url": list_url(Gap, run__id__exact=run.pk),
    }
    return context


def _table(
    title: str, head: str, groups: Sequence[selectors.Group], run: Run, filtered: str
) -> Table:
    return Table(
        title,
        head,
        [
            _row(
                one.name,
                one.sums,
                list_url(Line, **{"run__id__exact": run.pk, filtered: one.key}),
            )
            for one in groups
        ],
        _row(_("合计"), selectors.total(groups)),
        _("没有谁承担什么。"),
    )


def _row(name: str, both: selectors.Both, url: str = "") -> Row:
    fine, points = both.fine, both.points
    return Row(
        name,
        url,
        (
            *(_yuan(fine.before), _yuan(fine.after), _signed(_yuan, fine.difference)),
            *(_points(points.before), _points(points.after), _signed(_points, points.difference)),
        ),
    )


def _yuan(value: Decimal) -> str:
    return f"{value:,.2f}"


def _points(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _signed(written: Callable[[Decimal], str], value: Decimal) -> str:
    """More, less, or the same."""
    if not value:
        return "–"
    return format_html("<strong>{}{}</strong>", "+" if value > 0 else "−", written(abs(value)))


def _case(line: Line) -> dict[str, Any]:
    return {
        "case": link(line.case),
        "clause": line.clause,
        "party": link(line.party, selectors.party_name(line.party)),
        "department": line.department or "–",
        "before": side(line.unit, line.before, line.before_state),
        "after": side(line.unit, line.after, line.after_state),
        "difference": _difference(line),
    }


def _difference(line: Line) -> str:
    return _signed(_yuan if line.unit == Penalty.Kind.FINE else _points, line.difference)


def side(unit: str, value: Decimal, state: str) -> Any:
    """200.00 元 应付; – where there is nothing."""
    if not state:
        return "–"
    # Points are no money.
    owed = _("应扣") if (unit, state) == (Penalty.Kind.POINTS, Penalty.State.PAYABLE) else ""
    said = owed or Penalty.State(state).label
    return format_html("{} {}", amount(unit, value), badge(said, TONES.get(state, "")))


def lacks(gap: Gap) -> str:
    """没有人查过生效条件：有证据。"""
    label = str(gap.get_what_display())
    if gap.what == Gap.What.SETTING:
        return punctuation.headed(label, wording.setting(gap.detail))
    return (
        punctuation.headed(label, wording.value_in_words(gap.what, gap.detail))
        if gap.detail
        else label
    )


def _page(pk: object) -> str:
    return reverse("admin:replay_run_change", args=[pk])


class ChangedFilter(SimpleListFilter):
    title = gettext_lazy("变化")
    parameter_name = "changed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("yes", gettext_lazy("有变化的"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return cast("LineQuerySet", queryset).changed() if self.value() else queryset


class _OfRun(ReadOnlyAdmin):
    """Rows of one try-out, which its page leads to."""

    list_display_links = None
    ordering = ("pk",)
    search_help_text = gettext_lazy("工单号、运单号")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        mine = ("run__id__exact", "party__id__exact", "department__id__exact", "clause__exact")
        return lookup in mine or super().lookup_allowed(lookup, value, request)

    def find(self, text: str) -> Q | None:
        return finding.case(text, "case__")

    @display(description=gettext_lazy("工单"), ordering="case")
    def shown_case(self, row: Any) -> str:
        return link(row.case)

    @display(description=gettext_lazy("哪次试算"), ordering="run")
    def shown_run(self, row: Any) -> str:
        return link(row.run)


@admin.register(Line)
class LineAdmin(_OfRun):
    list_display = (
        "shown_case",
        "clause",
        "shown_party",
        "department",
        "shown_before",
        "shown_after",
        "shown_difference",
        "shown_run",
    )
    list_filter = (ChangedFilter, "unit", "department", ("party", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("case", "party", "department", "run__version__rulebook")
    fields = (
        ("shown_run", "shown_case"),
        ("clause", "unit"),
        ("shown_party", "department"),
        ("shown_before", "shown_after", "shown_difference"),
    )
    readonly_fields = (
        "shown_run",
        "shown_case",
        "shown_party",
        "shown_before",
        "shown_after",
        "shown_difference",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("run__version__content")

    @display(description=gettext_lazy("责任方"), ordering="party")
    def shown_party(self, row: Line) -> str:
        return link(row.party, selectors.party_name(row.party))

    @display(description=gettext_lazy("原来"), ordering="before")
    def shown_before(self, row: Line) -> Any:
        return side(row.unit, row.before, row.before_state)

    @display(description=gettext_lazy("试算"), ordering="after")
    def shown_after(self, row: Line) -> Any:
        return side(row.unit, row.after, row.after_state)

    @display(description=gettext_lazy("差额"))
    def shown_difference(self, row: Line) -> str:
        return _difference(row)


@admin.register(Gap)
class GapAdmin(_OfRun):
    list_display = ("shown_case", "clause", "shown_what", "fines", "points", "shown_run")
    list_filter = ("what",)
    list_select_related = ("case", "run__version__rulebook")
    fields = (
        ("shown_run", "shown_case"),
        ("clause", "shown_what"),
        ("fines", "points"),
    )
    readonly_fields = ("shown_run", "shown_case", "shown_what")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("run__version__content")

    @display(description=gettext_lazy("缺什么"), ordering="what")
    def shown_what(self, row: Gap) -> str:
        return lacks(row)
