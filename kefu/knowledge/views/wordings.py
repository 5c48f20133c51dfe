"""Phone scripts at hand on every page, and templates for a reply."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kefu.knowledge.selectors import wordings as selectors
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only, find_case, workers_only
from kefu.workbench.frame import desk_of, door_time


@require_GET
@desk_only
def scripts(request: DeskRequest) -> HttpResponse:
    return render(request, "knowledge/scripts.html", _context(request))


@require_GET
@desk_only
def scripts_dialog(request: DeskRequest) -> HttpResponse:
    """What is said on the phone, over any page; on a case's with its facts filled in."""
    return render(request, "knowledge/_scripts_dialog.html", _context(request))


@require_GET
@workers_only
def templates(request: DeskRequest, number: str) -> HttpResponse:
    """Templates for a reply, filled in with what the case's page shows; the picked one is edited before it is sent."""
    case, desk, now = find_case(request, number), desk_of(request), door_time(request)
    values = selectors.values_for(desk=desk, employee=_employee(request), case=case, now=now)
    context = {
        "case": case,
        "templates": selectors.templates(department_id=case.department_id, values=values),
    }
    return render(request, "knowledge/_templates.html", context)


def _employee(request: DeskRequest) -> Employee | None:
    return Employee.objects.filter(user=request.user).first()


def _context(request: DeskRequest) -> dict[str, Any]:
    number = request.GET.get("case", "")
    case = find_case(request, number) if number else None
    desk, now = desk_of(request), door_time(request)
    told = selectors.phone_scripts(desk=desk, employee=_employee(request), case=case, now=now)
    return {"told": told, "now": now, "current": "scripts"}
