"""What belongs to the person at the desk: seat, bell, the end of the shift, the session."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from kefu.cases.models import Case
from kefu.desk import services as desk_services
from kefu.desk.services import HandOverItem
from kefu.errors import KefuError
from kefu.notifications import services as notifications
from kefu.notifications.models import BellMark
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff import services as staff
from kefu.staff.models import Duty, Employee
from kefu.staff.selectors import seats_in_words, seats_missed_after
from kefu.workbench import kinds, selectors
from kefu.workbench.door import DeskRequest, desk_only, employee_of, tell, workers_only
from kefu.workbench.forms import HandOverForm, SeatForm
from kefu.workbench.frame import door_time

HAND_OVER_ROWS = 200


@require_POST
@workers_only
def seat(request: DeskRequest) -> HttpResponse:
    """Available or busy; the last seats of the evening may not go busy."""
    employee, now = employee_of(request), door_time(request)
    form = SeatForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    rules = edition_in_force(department_id=employee.department_id, at=now).rules
    wanted = Duty.Seat(form.cleaned_data["seat"])
    try:
        duty = staff.set_seat(
            employee=employee, seat=wanted, rules=rules, actor=request.user, now=now
        )
    except KefuError as error:
        return tell(HttpResponse(status=204), str(error))
    return render(request, "_seat.html", {"seat": duty.seat})


@require_POST
@workers_only
def on_duty(request: DeskRequest) -> HttpResponse:
    staff.come_on_duty(employee=employee_of(request), now=door_time(request))
    return redirect("workbench:queue")


@require_GET
@desk_only
def bell(request: DeskRequest) -> HttpResponse:
    """The latest notices; opening the list marks them read."""
    mark = BellMark.objects.filter(user=request.user).first()
    rings = selectors.bell(request.user, seen_id=mark.seen_id if mark else 0)
    if rings and rings[0].unread:
        notifications.mark_bell_read(user_id=request.user.pk, up_to=rings[0].pk)
    return render(request, "workbench/_bell.html", {"rings": rings, "now": door_time(request)})


@workers_only
def hand_over(request: DeskRequest) -> HttpResponse:
    """The end of the shift: every open case of mine, to whom, with a word; then off duty."""
    employee, now = employee_of(request), door_time(request)
    cases = list(
        Case.objects.visible_to(request.user)
        .open()
        .of(employee)
        .select_related("waybill")
        .defer("sealed", "search", "lookup", "waybill__sealed", "waybill__lookup")
        .soonest_first()[:HAND_OVER_ROWS]
    )
    takers = list(
        Employee.objects.assignable()
        .exclude(pk=employee.pk)
        .filter(department=employee.department_id)
        .order_by("number")
    )
    data = request.POST if request.method == "POST" else None
    rows = [(case, _row_form(case, data, takers)) for case in cases]
    status, refused = 200, ""
    if data is not None:
        status, refused, given = _give(request, employee, rows)
        if status == 200:
            return _after_hand_over(request, employee, given, leave="leave" in data)
    context = {
        "rows": rows,
        "takers": takers,
        "after_work": [one for one in kinds.navigation(request.user) if one.after_work],
        "refused": refused,
        "missed": seats_in_words(seats_missed_after(employee=employee, now=now)),
        "now": now,
        "current": "hand_over",
    }
    return render(request, "workbench/hand_over.html", context, status=status)


def _row_form(case: Case, data: Any, takers: list[Employee]) -> HandOverForm:
    return HandOverForm(
        data, prefix=f"c{case.pk}", takers=takers, initial={"case": case.pk, "give": True}
    )


def _give(
    request: DeskRequest, employee: Employee, rows: list[tuple[Case, HandOverForm]]
) -> tuple[int, str, int]:
    """Hand over what is ticked: all of it or none. Returns status, refusal and how many."""
    items = []
    for case, form in rows:
        if not form.is_valid():
            return 422, "", 0
        if form.cleaned_data["give"]:
            items.append(HandOverItem(case, form.cleaned_data["to"], form.cleaned_data["note"]))
    try:
        desk_services.hand_over(
            giver=employee, items=items, actor=request.user, now=door_time(request)
        )
    except KefuError as error:
        return error.status, str(error), 0
    return 200, "", len(items)


def _after_hand_over(
    request: DeskRequest, employee: Employee, given: int, *, leave: bool
) -> HttpResponse:
    if given:
        messages.success(request, _("已交接 {n} 件").format(n=given))
    if leave:
        try:
            desk_services.leave(employee=employee, now=door_time(request))
            messages.success(request, _("已下班，辛苦了"))
        except KefuError as error:
            messages.warning(request, str(error))
            return redirect("workbench:hand_over")
    return redirect("workbench:queue")


@never_cache
@require_GET
def session(request: DeskRequest) -> HttpResponse:
    """Whether the session still holds; pages ask before they decide what went wrong."""
    if not request.user.is_authenticated:
        return JsonResponse({"signed_in": False}, status=401)
    return JsonResponse({"signed_in": True, "csrf": get_token(request)})
