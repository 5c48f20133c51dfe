"""Processes at the desk: what can be started, what runs, and a step's dialog."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kefu.cases.models import Case
from kefu.errors import KefuError
from kefu.processes import services
from kefu.processes.forms import DoForm, StartForm
from kefu.processes.models import ProcessRun, ProcessTemplate
from kefu.processes.selectors import chain, offered, owner_word, standing, with_steps
from kefu.processes.selectors import running as running_now
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.workbench.door import DeskRequest, desk_only, employee_of, find_case
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.once import once, sent_before
from kefu.workbench.views.steps import done

LISTED = 100  # of what runs


def _using(request: DeskRequest, about: Case | None = None) -> Edition:
    department = about.department_id if about else desk_of(request).department_id
    return edition_in_force(department_id=department, at=door_time(request))


@require_GET
@desk_only
def processes(request: DeskRequest) -> HttpResponse:
    """What can be started here, each with its steps; a supervisor's drafts and own templates besides."""
    try:
        found = list(offered(_using(request)).values())
    except KefuError:
        found = []
    may_edit = request.user.has_perm("processes.edit_template")
    drafts = ProcessTemplate.objects.newest() if may_edit else ProcessTemplate.objects.none()
    context = {
        "current": "processes",
        "own": [(one, chain(one.plan)) for one in found if one.template],
        "shipped": [(one, chain(one.plan)) for one in found if one.template is None],
        "waiting": [
            (one, chain(one.read)) for one in drafts if one.state == ProcessTemplate.State.DRAFT
        ],
        "may_start": request.user.has_perm("processes.start_process"),
        "may_edit": may_edit,
        "now": door_time(request),
    }
    return render(request, "processes/processes.html", context)


@require_GET
@desk_only
def running(request: DeskRequest) -> HttpResponse:
    """What runs, the longest untouched first, with what it waits for."""
    rows, found = [], running_now(limit=LISTED + 1)
    for run in found[:LISTED]:
        at = standing(run)
        opened = [link for link in chain(at.plan, at) if link.state in ("next", "open")]
        rows.append((run, opened))
    more = len(found) > LISTED
    context = {"current": "processes", "rows": rows, "more": more, "now": door_time(request)}
    return render(request, "processes/running.html", context)


@require_GET
@desk_only
def choose(request: DeskRequest, number: str) -> HttpResponse:
    """The dialog beside a case: which process it is to go through."""
    case = find_case(request, number)
    found = offered(_using(request, case), kind=case.kind).values()
    running = set(case.processes.running().values_list("code", flat=True))
    context = {
        "case": case,
        "offers": [one for one in found if one.code not in running and one.plan.after is None],
    }
    return render(request, "processes/_choose.html", context)


@desk_only
def start(request: DeskRequest, code: str) -> HttpResponse:
    """Begin a process; POST begins it and goes to its case."""
    if not request.user.has_perm("processes.start_process"):
        raise PermissionDenied
    number = request.GET.get("about", "")
    about = find_case(request, number) if number else None
    using = _using(request, about)
    found = offered(using, kind=about.kind if about else "").get(code)
    if found is None:
        raise Http404
    form = StartForm(request.POST or None, plan=found.plan, rules=using.rules, about=about)
    if request.method == "POST" and form.is_valid():
        employee = employee_of(request)

        def begin() -> str:
            run = services.start(
                code=code,
                department=about.department if about else employee.department,
                owner=employee,
                about=about,
                waybill_number=form.cleaned_data.get("waybill_number", ""),
                summary=form.cleaned_data["summary"],
                facts=form.facts,
                actor=request.user,
                now=door_time(request),
            )
            return str(run.case.number)

        try:
            return redirect("workbench:case", once(request, begin))
        except KefuError as error:
            form.refuse(error)
    context = {
        "current": "processes",
        "found": found,
        "links": chain(found.plan),
        "form": form,
        "about": about,
    }
    return render(request, "processes/start.html", context, status=422 if form.errors else 200)


@desk_only
def step(request: DeskRequest, number: str, code: str) -> HttpResponse:
    """GET gives the dialog of a step that is due, POST does it."""
    case = find_case(request, number)
    runs = ProcessRun.objects.select_related("case", "about")
    run = get_object_or_404(runs.prefetch_related(with_steps()), case=case)
    at = standing(run)
    if code not in {one.code for one in at.plan.steps}:
        raise Http404
    doing = at.step(code)
    data = request.POST if request.method == "POST" else None
    form = DoForm(data, at=at, step=doing, initial={"version": case.version})
    status = 200
    if data is not None:
        said, status = _do(request, run, form, code)
        if said:
            return done(request, number, said)
    fresh = find_case(request, number)
    if status == 409:
        form.data = {**request.POST.dict(), "version": fresh.version}
    context = _dialog(at, code, form)
    return render(request, "processes/_step.html", {"case": fresh, **context}, status=status)


def _do(request: DeskRequest, run: ProcessRun, form: DoForm, code: str) -> tuple[str, int]:
    valid = form.is_valid()
    try:
        said: str = sent_before(request) or ""
        if valid and not said:

            def act() -> str:
                row = services.do_step(
                    run=run,
                    step=code,
                    outcome=form.outcome,
                    given=form.given,
                    anyway=form.cleaned_data.get("anyway", False),
                    version=form.cleaned_data["version"],
                    actor=request.user,
                    now=door_time(request),
                )
                return _("“{step}”办好了").format(step=_name(row))

            said = once(request, act)
    except KefuError as error:
        form.refuse(error)
        return "", 409 if error.status == 409 else 422
    return said, 422


def _name(row: Any) -> str:
    at = standing(ProcessRun.objects.prefetch_related(with_steps()).get(pk=row.run_id))
    return next(link.name for link in chain(at.plan) if link.code == row.step)


def _dialog(at: Any, code: str, form: DoForm) -> dict[str, Any]:
    doing = at.step(code)
    link = next(one for one in chain(at.plan, at) if one.code == code)
    return {
        "form": form,
        "at": at,
        "link": link,
        "clause": at.rules.get(doing.clause),
        "owner": owner_word(at.plan, at.owner_name(doing)),
    }
