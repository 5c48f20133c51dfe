"""Rosters: those of a department, one of them as a grid, its steps, its workbook."""

from datetime import time
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.lunches import batches
from kefu.policy.moments import DAY
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll import sheets
from payroll.forms.rosters import CellsForm, DrawUpForm, FileForm, LunchForm, StepForm
from payroll.models import Roster
from payroll.selectors import roster_dates
from payroll.selectors import rosters as selectors
from payroll.selectors.reach import overseen, oversees
from payroll.services import rosters as services
from payroll.views.disclosing import XLSX, download

SHOWN = 40


def may_see(request: DeskRequest, roster: Roster) -> bool:
    """A published roster hangs on the wall of its department; a draft and those of others are for who plans them."""
    if oversees(request.user, roster.department_id):
        return True
    own = Employee.objects.filter(user=request.user, department=roster.department_id)
    return roster.state != Roster.State.DRAFT and own.exists()


def _find(request: DeskRequest, pk: int) -> Roster:
    roster = get_object_or_404(
        Roster.objects.select_related(
            "department", "replaces", "replaced_by", "published_by", "made_by"
        ),
        pk=pk,
    )
    if not may_see(request, roster):
        raise PermissionDenied
    return roster


@require_GET
@desk_only
def rosters(request: DeskRequest) -> HttpResponse:
    """The rosters of one's departments, the latest first; what is still wanted."""
    return _list(request, _draw_up_form(request))


def _draw_up_form(request: DeskRequest, data: Any = None) -> DrawUpForm:
    here = Employee.objects.filter(status=Employee.Status.ACTIVE)
    departments = overseen(request.user).filter(pk__in=here.values("department_id"))
    today = door_time(request).astimezone(SHANGHAI).date()
    own = departments.filter(pk__in=here.filter(user=request.user).values("department_id"))
    first = own.first() or departments.first()
    until = roster_dates.covered_until(first, today=today) if first else None
    initial = {"starts_on": (until or today) + DAY, "department": first}
    return DrawUpForm(data, departments=departments, initial=initial)


@require_POST
@desk_only
def draw_up(request: DeskRequest) -> HttpResponse:
    """Draw up the days ahead as a draft."""
    form = _draw_up_form(request, request.POST)
    if form.is_valid():
        try:
            pk = once(
                request,
                lambda: (
                    services.draw_up(
                        actor=request.user, now=door_time(request), **form.cleaned_data
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            return redirect("payroll:roster", pk)
    return _list(request, form)


def _list(request: DeskRequest, form: DrawUpForm) -> HttpResponse:
    now = door_time(request)
    today = now.astimezone(SHANGHAI).date()
    own = Employee.objects.filter(user=request.user).values("department_id")
    mine = overseen(request.user)
    rows = Roster.objects.filter(department__in=mine) | Roster.objects.filter(
        department__in=own, state=Roster.State.PUBLISHED
    )
    wanted = []
    for department in form.departments:
        try:
            rules = selectors.edition_of(department.pk, at=now).rules
        except KefuError:
            continue
        wanted.append(
            (
                department,
                roster_dates.covered_until(department, today=today),
                roster_dates.days_missing(department, rules, today=today),
                roster_dates.holiday_duties(department, rules, now=now),
            )
        )
    context = {
        "rosters": rows.select_related("department", "published_by").distinct()[:SHOWN],
        "wanted": wanted,
        "form": form if request.user.has_perm(services.PLAN) else None,
        "now": now,
        "current": "rosters",
    }
    return render(request, "payroll/rosters/list.html", context, status=422 if form.errors else 200)


@require_GET
@desk_only
def roster(request: DeskRequest, pk: int) -> HttpResponse:
    """One roster, people × days."""
    return _page(request, _find(request, pk))


def _page(request: DeskRequest, row: Roster, **more: Any) -> HttpResponse:
    context = _context(request, row) | more
    faulty = any(
        form is not None and form.errors
        for form in (more.get("form"), more.get("file_form"), more.get("lunch_form"))
    )
    status = 422 if faulty or more.get("error") else 200
    return render(request, "payroll/rosters/roster.html", context, status=status)


def _context(request: DeskRequest, row: Roster) -> dict[str, Any]:
    now = door_time(request)
    rules = edition(row.rulebook_id).rules
    plans = request.user.has_perm(services.PLAN) and oversees(request.user, row.department_id)
    return {
        "roster": row,
        "grid": selectors.grid(row, rules, judged=plans, now=now),
        "plans": plans,
        "edits": plans and row.state == Roster.State.DRAFT,
        "asks_posts": "posts_filled" in services.wanted_to_publish(rules),
        "form": StepForm(),
        "file_form": FileForm(),
        "lunch_form": _lunch_form(row) if plans and batches(rules)[0] else None,
        "moves_lunch": plans and bool(row.lunches) and row.state != Roster.State.WITHDRAWN,
        "copies": row.copies.select_related("user").order_by("seen_at", "user__username")
        if plans
        else (),
        "today": now.astimezone(SHANGHAI).date(),
        "now": now,
        "current": "rosters",
    }


def _lunch_form(row: Roster, data: Any = None) -> LunchForm:
    """With the times of the roster as they are."""
    if not row.lunches:
        return LunchForm(data, prefix="lunch")
    opens, closes = (time.fromisoformat(at) for at in row.lunches[0])
    minutes = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
    return LunchForm(data, prefix="lunch", initial={"starts": opens, "minutes": minutes})


@require_POST
@desk_only
def plan_lunch(request: DeskRequest, pk: int) -> HttpResponse:
    """Set when the batches have lunch, and deal them anew."""
    row = _find(request, pk)
    form = _lunch_form(row, request.POST)
    if form.is_valid():
        try:
            services.plan_lunch(
                roster=row, actor=request.user, now=door_time(request), **form.cleaned_data
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("午餐已按新的时间重新分批"))
            return redirect("payroll:roster", row.pk)
    return _page(request, row, lunch_form=form)


@require_POST
@desk_only
def lunch(request: DeskRequest, pk: int) -> HttpResponse:
    """Let somebody eat with another batch, and give the grid back as it then stands."""
    return _set(request, pk, services.move_lunch)


@require_POST
@desk_only
def cells(request: DeskRequest, pk: int) -> HttpResponse:
    """Set cells, and give the grid back as it then stands."""
    return _set(request, pk, services.change)


def _set(request: DeskRequest, pk: int, use: Any) -> HttpResponse:
    row, form = _find(request, pk), CellsForm(request.POST)
    error = ""
    if form.is_valid():
        try:
            use(
                roster=row,
                changes=form.cleaned_data["cells"],
                seen=form.cleaned_data["edits"],
                actor=request.user,
                now=door_time(request),
            )
        except KefuError as refused:
            error = str(refused)
    else:
        error = " ".join(str(one) for errors in form.errors.values() for one in errors)
    context = _context(request, _find(request, pk)) | {"error": error}
    return render(request, "payroll/rosters/_grid.html", context, status=422 if error else 200)


@require_POST
@desk_only
def step(request: DeskRequest, pk: int) -> HttpResponse:
    """Publish it, begin its next version, throw a draft away."""
    row, form = _find(request, pk), StepForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form=form)
    given: dict[str, Any] = {"roster": row, "actor": request.user, "now": door_time(request)}

    def do() -> int:
        match form.cleaned_data["step"]:
            case "publish":
                filled = form.cleaned_data["posts_filled"]
                return services.publish(posts_filled=filled, **given).pk
            case "revise":
                return services.revise(**given).pk
        services.discard(**given)
        return 0

    try:
        following = once(request, do)
    except KefuError as error:
        form.refuse(error)
        return _page(request, row, form=form)
    said = {
        "publish": _("已发布，表里的人都收到了通知"),
        "revise": _("修改稿已开，改好再发布；发布前仍按现行的表上班"),
        "discard": _("草稿已删"),
    }
    messages.success(request, said[form.cleaned_data["step"]])
    return redirect("payroll:roster", following) if following else redirect("payroll:rosters")


@require_POST
@desk_only
def bring(request: DeskRequest, pk: int) -> HttpResponse:
    """Hold a workbook against a draft; ``take`` fills it in. What a row has wrong is told by row and column."""
    row, form = _find(request, pk), FileForm(request.POST, request.FILES)
    services.check_plans(request.user, row.department_id)
    if not form.is_valid():
        return _page(request, row, file_form=form)
    try:
        found = sheets.read(row, form.cleaned_data["file"].read(sheets.MAX_BYTES + 1))
        if form.cleaned_data["take"] and found.changes and not found.faults:
            services.change(
                roster=row,
                changes=found.changes,
                seen=None,
                actor=request.user,
                now=door_time(request),
            )
            messages.success(request, _("已填入 %(n)d 格") % {"n": len(found.changes)})
            return redirect("payroll:roster", row.pk)
    except KefuError as error:
        form.refuse(error)
        return _page(request, row, file_form=form)
    return _page(request, row, read=found, error=bool(found.faults))


@require_GET
@desk_only
def file(request: DeskRequest, pk: int) -> HttpResponse:
    """The roster as a workbook."""
    row = _find(request, pk)
    name = f"roster-{row.department.code}-{row.starts_on}-{row.number}.xlsx"
    return download(sheets.workbook(row), XLSX, name)
