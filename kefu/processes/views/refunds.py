"""Orders in refund or dispute: today's list, the check of the day, reminders."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.errors import KefuError
from kefu.processes import services
from kefu.processes.refunds import LISTED, duty, last_checks, open_refunds, refund_rows
from kefu.workbench.door import DeskRequest, desk_only, employee_of, find_case
from kefu.workbench.frame import door_time
from kefu.workbench.once import once


@require_GET
@desk_only
def refunds(request: DeskRequest) -> HttpResponse:
    """What is in refund or dispute now, the oldest first, and who looked through it on the last days."""
    employee, now = employee_of(request), door_time(request)
    wanted = duty(department_id=employee.department_id, at=now)
    if wanted is None:
        raise Http404
    if not wanted.owner.allows(request.user):
        raise PermissionDenied
    found = open_refunds(wanted, at=now)
    context = {
        "current": "processes",
        "duty": wanted,
        "check": wanted.check,
        "number": len(found),
        "more": len(found) > LISTED,
        "rows": refund_rows(wanted, found),
        "checks": last_checks(employee.department_id),
        "now": now,
    }
    return render(request, "processes/refunds.html", context)


@require_POST
@desk_only
def checked(request: DeskRequest) -> HttpResponse:
    employee, now = employee_of(request), door_time(request)

    def check() -> int:
        return services.check_refunds(by=employee, now=now).open_runs

    try:
        number = once(request, check)
        messages.success(request, _("记下了：今天看过，在办 {n} 单").format(n=number))
    except KefuError as error:
        messages.warning(request, str(error))
    return redirect("processes:refunds")


@require_POST
@desk_only
def remind(request: DeskRequest, number: str) -> HttpResponse:
    case, employee, now = find_case(request, number), employee_of(request), door_time(request)

    def urge() -> str:
        line = services.remind_owner(case=case, by=employee, now=now)
        return str(line.data["who"])

    try:
        messages.success(request, _("已提醒 {who}").format(who=once(request, urge)))
    except KefuError as error:
        messages.warning(request, str(error))
    return redirect("processes:refunds")
