"""One session of training: its plan, who came, what was recorded wrongly."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.errors import KefuError
from kefu.rulebooks.selectors import edition
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from payroll.forms.training import CameForm, CancelForm, HoldForm, PlanForm
from payroll.models import SessionAttendance, TrainingSession
from payroll.selectors import calendar_page as calendar
from payroll.selectors import training as selectors
from payroll.selectors.examples import SHARED, examples
from payroll.services import training as services
from payroll.services.training import Came
from payroll.views.training import may_see, runs, today_of

State = TrainingSession.State
EXAMPLES = 6


def _find(request: DeskRequest, pk: int) -> TrainingSession:
    may_see(request)
    rows = TrainingSession.objects.filter(department__in=selectors.reach(request.user))
    return get_object_or_404(
        rows.select_related("department", "trainer", "course__employee", "settled_by"), pk=pk
    )


@require_GET
@desk_only
def session(request: DeskRequest, pk: int) -> HttpResponse:
    """What it is about, who came."""
    return _session(request, _find(request, pk))


def _plan_form(row: TrainingSession, data: Any = None) -> PlanForm:
    names = ("on", "starts_at", "ends_at", "topic", "category", "mode", "place", "trainer")
    initial = {name: getattr(row, name) for name in names}
    return PlanForm(data, rules=edition(row.rulebook_id).rules, initial=initial)


def _hold_form(row: TrainingSession, data: Any = None) -> HoldForm:
    initial = {"topic": selectors.named(row), "trainer": row.trainer, "minutes": _planned(row)}
    return HoldForm(data, people=services.expected(row), initial=initial)


def _planned(row: TrainingSession) -> int | None:
    if row.starts_at is None or row.ends_at is None:
        return None
    return (row.ends_at.hour - row.starts_at.hour) * 60 + row.ends_at.minute - row.starts_at.minute


def _session(request: DeskRequest, row: TrainingSession, **forms: Any) -> HttpResponse:
    planned = row.state == State.PLANNED and runs(request)
    context = {
        "session": row,
        "topics": selectors.topics_in_words(row),
        "plan": forms.get("plan") or (_plan_form(row) if planned else None),
        "hold": forms.get("hold")
        or (_hold_form(row) if planned and row.on <= today_of(request) else None),
        "came": row.attendances.select_related("employee", "recorded_by"),
        "statuses": SessionAttendance.Status.choices,
        "short": selectors.too_short(row),
        "category": calendar.offered_word(row, "category"),
        "mode": calendar.offered_word(row, "mode"),
        "exams": row.exams.all(),
        "examples": examples([row.department], row.category, limit=EXAMPLES)
        if row.category.startswith(SHARED)
        else None,
        "runs": runs(request),
        "refused": forms.get("refused", ""),
        "tab": "month",
        "current": "training",
        "now": door_time(request),
    }
    status = 422 if forms else 200
    return render(request, "payroll/training/session.html", context, status=status)


@require_POST
@desk_only
def arrange(request: DeskRequest, pk: int) -> HttpResponse:
    row = _find(request, pk)
    form = _plan_form(row, request.POST)
    if form.is_valid():
        try:
            services.arrange(
                session=row, plan=form.plan, actor=request.user, now=door_time(request)
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已保存"))
            return redirect("payroll:training_session", pk)
    return _session(request, row, plan=form)


@require_POST
@desk_only
def hold(request: DeskRequest, pk: int) -> HttpResponse:
    """It took place: who came."""
    row = _find(request, pk)
    form = _hold_form(row, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.hold(
                session=row, came=form.came, actor=request.user, now=door_time(request), **data
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已登记"))
            return redirect("payroll:training_session", pk)
    return _session(request, row, hold=form)


@require_POST
@desk_only
def cancel(request: DeskRequest, pk: int) -> HttpResponse:
    row, form = _find(request, pk), CancelForm(request.POST)
    try:
        services.cancel(
            session=row, reason=form.data.get("reason", ""), actor=request.user, now=door_time(request)
        )  # fmt: skip
    except KefuError as error:
        return _session(request, row, refused=str(error))
    return redirect("payroll:training")


@require_POST
@desk_only
def correct(request: DeskRequest, pk: int, attendance: int) -> HttpResponse:
    """What was recorded of one person was wrong."""
    row, form = _find(request, pk), CameForm(request.POST)
    one = get_object_or_404(row.attendances.select_related("session", "employee"), pk=attendance)
    if not form.is_valid():
        return _session(request, row, refused=_("请选到场情况"))
    try:
        services.correct_attendance(
            attendance=one, came=Came(**form.cleaned_data), actor=request.user, now=door_time(request)
        )  # fmt: skip
    except KefuError as error:
        return _session(request, row, refused=str(error))
    messages.success(request, _("已更正"))
    return redirect("payroll:training_session", pk)
