"""Reports about a week or a month: those that are due, one of them, its steps, its files."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.audit import services as audit
from kefu.errors import KefuError
from kefu.policy.explanation import explain
from kefu.policy.steps import Step
from kefu.reports.definitions import ELSEWHERE
from kefu.reports.forms import DrawUpForm, StepForm
from kefu.reports.models import Register, RegisterStep
from kefu.reports.papers import register_paper as register_pdf
from kefu.reports.selectors import registers as selectors
from kefu.reports.services import registers as services
from kefu.reports.wording import ROLES, sheet_rows, shown_tables
from kefu.rulebooks.selectors import edition
from kefu.spreadsheets import write_workbook
from kefu.workbench.door import DeskRequest, desk_only, workers_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 60
WIDTHS = (24, *([14] * 8))  # characters


@require_GET
@desk_only
def registers(request: DeskRequest) -> HttpResponse:
    """Those that wait, the first due first; those that were issued."""
    return _list(request, DrawUpForm(kinds=selectors.kinds_of(request.user)))


@require_POST
@workers_only
def draw_up(request: DeskRequest) -> HttpResponse:
    """The report about a period of one's choice."""
    form = DrawUpForm(request.POST, kinds=selectors.kinds_of(request.user))
    if form.is_valid():
        try:
            row = services.draw_up(now=door_time(request), **form.cleaned_data)
        except KefuError as error:
            form.refuse(error)
        else:
            if row is not None:
                return redirect("reports:register", row.pk)
            form.add_error("kind", _("没有哪本适用的规章要这份报表"))
    return _list(request, form)


def _list(request: DeskRequest, form: DrawUpForm) -> HttpResponse:
    now = door_time(request)
    rows = selectors.visible_to(request.user).prefetch_related("steps").defer("content")
    waiting = [
        (row, selectors.next_of(row, selectors.plan_of(row)), row.due_at and row.due_at < now)
        for row in rows.filter(issued_at=None).order_by("due_at", "first_on")[:SHOWN]
    ]
    context = {
        "waiting": waiting,
        "issued": rows.exclude(issued_at=None)
        .select_related("issued_by", "corrected_by")
        .order_by("-issued_at")[:SHOWN],
        "elsewhere": [
            one for one in ELSEWHERE if not one.right or request.user.has_perm(one.right)
        ],
        "form": form,
        "now": now,
        "tab": "registers",
        "current": "registers",
    }
    return render(request, "reports/list.html", context, status=422 if form.errors else 200)


@require_GET
@desk_only
def register(request: DeskRequest, pk: int) -> HttpResponse:
    """One report: as it was issued, as it was prepared, or as it would be now."""
    return _page(request, _find(request, pk), StepForm())


@require_POST
@desk_only
def step(request: DeskRequest, pk: int) -> HttpResponse:
    """Take the next step, give it back, or begin a correction."""
    row, form = _find(request, pk), StepForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form)
    given: dict[str, Any] = {"register": row, "actor": request.user, "now": door_time(request)}
    name, note = form.cleaned_data["step"], form.cleaned_data["note"]

    def do() -> int:
        if name == RegisterStep.Step.SEND_BACK:
            return services.send_back(note=note, **given).pk
        if name == "correct":
            return services.correct(reason=note, **given).pk
        analysis = form.cleaned_data["analysis"]
        return services.take_step(step=name, analysis=analysis, note=note, **given).pk

    try:
        following = once(request, do)
    except KefuError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _page(request, row, form)
    said = {
        "correct": _("更正版已开，重新编制后发出"),
        RegisterStep.Step.SEND_BACK: _("已退回重编"),
        RegisterStep.Step.PREPARE: _("已编制，数字按现在的记录"),
    }.get(name, _("已办：{step}").format(step=_label(name)))
    messages.success(request, said)
    return redirect("reports:register", following)


def _label(name: str) -> str:
    steps = RegisterStep.Step
    return str(steps(name).label) if name in steps.values else name


def _find(request: DeskRequest, pk: int) -> Register:
    """The only way to a report from a page."""
    rows = selectors.visible_to(request.user)
    return get_object_or_404(rows.select_related("issued_by", "corrects", "corrected_by"), pk=pk)


def _page(request: DeskRequest, row: Register, form: StepForm) -> HttpResponse:
    plan, now = selectors.plan_of(row), door_time(request)
    following = selectors.next_of(row, plan)
    user = request.user
    prepares = dict(plan.steps).get(RegisterStep.Step.PREPARE, "")
    may_prepare = row.issued_at is None and selectors.may_prepare(plan, user)
    takes_next = following.step not in ("", RegisterStep.Step.PREPARE)
    tables = shown_tables(row.kind, row.content or selectors.compute(row))
    context = {
        "register": row,
        "tables": tables,
        "plan": [
            (_label(name), ROLES.get(role, role), _done(following, name))
            for name, role in plan.steps
        ],
        "next": following,
        "may_prepare": may_prepare,
        "may_next": takes_next and following.may(user),
        "own_work": takes_next and user.has_perm(following.right) and following.prepared_by(user),
        "writes": may_prepare or (not prepares and following.may(user) and bool(following.step)),
        "needs_words": selectors.ANALYSIS in plan.needs and not row.analysis,
        "may_correct": row.issued_at is not None
        and not hasattr(row, "corrected_by")
        and user.has_perm("reports.issue_register"),
        "history": row.steps.select_related("by__employee"),
        "told": _told(row),
        "late": row.issued_at is None and row.due_at is not None and row.due_at < now,
        "form": form,
        "now": now,
        "tab": "registers",
        "current": "registers",
    }
    return render(request, "reports/register.html", context, status=422 if form.errors else 200)


def _done(following: selectors.Next, name: str) -> RegisterStep | None:
    return next((one for one in following.done if one.step == name), None)


def _told(row: Register) -> dict[str, Any]:
    """Why it is due then, and by which rulebook."""
    language, using = get_language() or "zh-hans", edition(row.rulebook_id)
    steps = [Step.from_json(one) for one in row.inputs["steps"]]
    return {
        "lines": explain(steps, language),
        "rulebook": using.rules.name(language),
        "version": using.number,
    }


@require_GET
@desk_only
def register_file(request: DeskRequest, pk: int) -> HttpResponse:
    """What is on the page as a workbook, a sheet a table; that an issued one was taken is on record."""
    row = _find(request, pk)
    shown = shown_tables(row.kind, row.content or selectors.compute(row))
    sheets: list[tuple[str, Sequence[int], list[Sequence[str]]]] = [
        (f"{at} {table.title}"[:31], WIDTHS, list(sheet_rows(table)))
        for at, table in enumerate(shown, start=1)
    ]
    if row.analysis:
        words: list[Sequence[str]] = [[_("文字分析")]]
        words += [[line] for line in row.analysis.splitlines()]
        sheets.append((_("文字分析"), (100,), words))
    content = write_workbook(*sheets, created=row.issued_at)
    return _taken(request, row, content, XLSX, "xlsx")


@require_GET
@desk_only
def register_paper(request: DeskRequest, pk: int) -> HttpResponse:
    """What is on the page as a PDF to sign and to file; that an issued one was taken is on record."""
    row = _find(request, pk)
    content = register_pdf(row, row.content or selectors.compute(row))
    return _taken(request, row, content, "application/pdf", "pdf")


def _taken(
    request: DeskRequest, row: Register, content: bytes, content_type: str, ending: str
) -> HttpResponse:
    if row.issued_at is not None:
        audit.record(
            action="register_taken",
            actor=request.user,
            at=door_time(request),
            table=Register._meta.db_table,
            object_id=row.pk,
            after={"digest": row.digest, "as": ending},
        )
    response = HttpResponse(content, content_type=content_type)
    name = f"{row.kind}-{row.first_on:%Y-%m-%d}-{row.number}".replace("_", "-")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return response
