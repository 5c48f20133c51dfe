"""The month of training as the supervisor plans it: what is planned, what is to be recorded, who is in a course."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.months import last_day, month_of
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms.scores import MonthForm
from payroll.forms.training import AddForm, CourseForm
from payroll.selectors import calendar_page as calendar
from payroll.selectors import training as selectors
from payroll.selectors.people import UNSCORED
from payroll.services import courses
from payroll.services import training as services


def may_see(request: DeskRequest) -> None:
    if not request.user.has_perm("payroll.see_training"):
        raise PermissionDenied


def today_of(request: DeskRequest) -> date:
    return door_time(request).astimezone(SHANGHAI).date()


def asked_month(request: DeskRequest) -> date:
    """The month in the address, this one without; the next ones too, for they are planned. Raises Http404."""
    form = MonthForm(request.GET)
    month: date | None = form.cleaned_data["month"] if form.is_valid() else None
    if not form.is_valid() or (month is not None and not 2000 <= month.year < 2100):
        raise Http404
    return month or today_of(request).replace(day=1)


def runs(request: DeskRequest) -> bool:
    """Whether he may plan and record, not only look."""
    return bool(request.user.has_perm(services.RUN))


@require_GET
@desk_only
def month(request: DeskRequest) -> HttpResponse:
    """What is planned in the month, what is still to be recorded, who is in a course."""
    may_see(request)
    return _month(request)


def _rules(request: DeskRequest) -> Rulebook | None:
    """Those of the first of one's departments: what a new session may be."""
    for department in selectors.reach(request.user):
        try:
            return edition_in_force(department_id=department.pk, at=door_time(request)).rules
        except KefuError:
            continue
    return None


def _add_form(request: DeskRequest, data: Any = None) -> AddForm:
    initial = {"on": today_of(request)}
    form = AddForm(data, rules=_rules(request), prefix="add", initial=initial)
    form.choose("department", selectors.reach(request.user))
    return form


def _course_form(request: DeskRequest, data: Any = None) -> CourseForm:
    people = Employee.objects.assignable().filter(department__in=selectors.reach(request.user))
    people = people.exclude(user__role__in=UNSCORED).order_by("-pk")
    initial = {"starts_on": today_of(request)}
    return CourseForm(data, people=people, prefix="course", initial=initial)


def _month(request: DeskRequest, add: Any = None, course: Any = None) -> HttpResponse:
    first, today = asked_month(request), today_of(request)
    departments = list(selectors.reach(request.user))
    last = last_day(month_of(first))
    context = {
        "weeks": calendar.weeks(departments, first, last),
        "open": calendar.to_record(departments, today),
        "courses": calendar.ongoing(departments),
        "suspended": calendar.suspended(departments, today),
        "missing": calendar.without_training(departments, first, last, door_time(request)),
        "results": selectors.team_results(departments, first),
        "month": first,
        "before": calendar.neighbour(first, -1),
        "after": calendar.neighbour(first, 1),
        "today": today,
        "add": (add or _add_form(request)) if runs(request) else None,
        "course_form": (course or _course_form(request)) if runs(request) else None,
        "tab": "month",
        "current": "training",
        "now": door_time(request),
    }
    status = 422 if add or course else 200
    return render(request, "payroll/training/month.html", context, status=status)


@require_POST
@desk_only
def add(request: DeskRequest) -> HttpResponse:
    """Plan a session beyond the rhythm."""
    may_see(request)
    form = _add_form(request, request.POST)
    if not form.is_valid():
        return _month(request, add=form)
    try:
        pk = once(
            request,
            lambda: (
                services.add(
                    department=form.cleaned_data["department"],
                    kind=form.cleaned_data["kind"],
                    plan=form.plan,
                    actor=request.user,
                    now=door_time(request),
                ).pk
            ),
        )
    except KefuError as error:
        form.refuse(error)
        return _month(request, add=form)
    messages.success(request, _("已安排"))
    return redirect("payroll:training_session", pk)


@require_POST
@desk_only
def open_course(request: DeskRequest) -> HttpResponse:
    """Plan somebody's week before the job."""
    may_see(request)
    form = _course_form(request, request.POST)
    if not form.is_valid():
        return _month(request, course=form)
    try:
        pk = once(
            request,
            lambda: (
                courses.open_pre_job(
                    actor=request.user, now=door_time(request), **form.cleaned_data
                ).pk
            ),
        )
    except KefuError as error:
        form.refuse(error)
        return _month(request, course=form)
    return redirect("payroll:course", pk)
