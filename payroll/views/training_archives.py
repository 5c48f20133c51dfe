"""What somebody was trained in, with his typing tests."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.errors import KefuError
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms.training import TypingForm
from payroll.selectors import training as selectors
from payroll.selectors.people import leads
from payroll.services import typing_tests
from payroll.views.training import may_see, runs, today_of


@require_GET
@desk_only
def archives(request: DeskRequest) -> HttpResponse:
    """The people whose archives I may look at."""
    may_see(request)
    people = selectors.visible_people(request.user).exclude(status=Employee.Status.LEFT)
    context = {
        "people": people.select_related("department").order_by("department__order", "number").distinct(),
        "tab": "archives",
        "current": "training",
    }  # fmt: skip
    return render(request, "payroll/training/archives.html", context)


@require_GET
@desk_only
def archive(request: DeskRequest, number: str) -> HttpResponse:
    return _archive(request, _person(request, number))


def _person(request: DeskRequest, number: str) -> Employee:
    may_see(request)
    people = selectors.visible_people(request.user).select_related("department").distinct()
    return get_object_or_404(people, number=number)


def _archive(request: DeskRequest, employee: Employee, form: Any = None) -> HttpResponse:
    context = {
        "employee": employee,
        "lines": selectors.archive(employee, appraisals=leads(request.user, employee)),
        "form": form
        or (TypingForm(initial={"tested_on": today_of(request)}) if runs(request) else None),
        "tab": "archives",
        "current": "training",
        "now": door_time(request),
    }
    status = 422 if form else 200
    return render(request, "payroll/training/archive.html", context, status=status)


@require_POST
@desk_only
def typing_test(request: DeskRequest, number: str) -> HttpResponse:
    employee, form = _person(request, number), TypingForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        given = {"tested_on": data["tested_on"], "characters": data["characters"]}
        given |= {"seconds": data["seconds"], "errors": data["errors_made"]}
        try:
            once(
                request,
                lambda: (
                    typing_tests.record(
                        employee=employee, actor=request.user, now=door_time(request), **given
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已记录"))
            return redirect("payroll:training_archive", number)
    return _archive(request, employee, form)
