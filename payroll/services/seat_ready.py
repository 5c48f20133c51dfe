"""Query seats that are not open when the line opens: proposed, and verified by a supervisor (CD-12.26)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.policy.clocks import SeatRules, seat_due
from kefu.staff.models import Department, Duty, Employee
from payroll.models import Leave, Outing, RegisterEntry, RosteredShift
from payroll.selectors.departments import ruled
from payroll.services import register

# How long after the moment the seats still tell how they stood at it. When nobody looked until then, the program
# was down, and nobody is charged for that.
SEEN_WITHIN = timedelta(minutes=5)


def propose_unready(*, now: datetime) -> int:
    """Propose the deduction for whoever is on shift and whose query seat was not open in time; return for how many.

    Exactly on time is in time. Looked at again within the day it changes nothing.
    """
    today = now.astimezone(SHANGHAI).date()
    proposed = 0
    desks = Department.objects.filter(active=True, desk=Department.Desk.QUERY)
    for department, using in ruled(desks, at=now):
        due = seat_due(today, SeatRules.of(using.rules))
        if due is None or not due.due_at < now <= due.due_at + SEEN_WITHIN:
            continue
        for employee, why in _unready(department, due.due_at):
            register.enter(  # rule: CD-12.26
                employee=employee,
                clause=due.clause,
                rulebook_id=using.version_id,
                kind=RegisterEntry.Kind.POINTS,
                happened_on=today,
                reason=why,
                source=f"seat:{today}",
                actor=None,
                now=now,
            )
            proposed += 1
    return proposed


def _unready(department: Department, at: datetime) -> Iterator[tuple[Employee, str]]:
    """Who was on shift at a moment, and neither away with leave nor at an open seat."""
    within = {"starts_at__lte": at, "ends_at__gt": at}
    excused = {
        *Leave.objects.filter(state=Leave.State.APPROVED, **within).values_list("employee", flat=True),
        *Outing.objects.filter(state=Outing.State.APPROVED, **within).values_list("employee", flat=True),
    }  # fmt: skip
    duties = Duty.objects.filter(started_at__lte=at).filter(Q(ended_at=None) | Q(ended_at__gt=at))
    seats = {duty.employee_id: duty for duty in duties}
    shifts = RosteredShift.objects.on_duty().filter(employee__department=department, **within)
    for shift in shifts.select_related("employee").order_by("employee__number"):
        duty = seats.get(shift.employee_id)
        if shift.employee_id in excused or (duty is not None and _was_open(duty, at)):
            continue
        clock = f"{at.astimezone(SHANGHAI):%H:%M}"
        if duty is None:
            yield shift.employee, _("%(clock)s 还没有上岗") % {"clock": clock}
        else:
            yield shift.employee, _("%(clock)s 席位还在示忙") % {"clock": clock}


def _was_open(duty: Duty, at: datetime) -> bool:
    """A seat that changed since was the other way before."""
    return (duty.seat == Duty.Seat.AVAILABLE) is (duty.seat_since <= at)
