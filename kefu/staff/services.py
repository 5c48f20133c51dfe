"""Come on duty, show oneself busy, go home."""

from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import Conflict
from kefu.policy.rulebook import Rulebook, Staffing
from kefu.staff.models import Duty, Employee


@transaction.atomic
def come_on_duty(*, employee: Employee, now: datetime) -> Duty:
    """Start a stay at the desk; one already open goes on. A suspended agent has none (ES-204.05)."""
    if employee.status != Employee.Status.ACTIVE:
        raise Conflict(_("%(who)s 已停岗，不能上岗") % {"who": employee})
    return Duty.objects.get_or_create(
        employee=employee,
        ended_at=None,
        defaults={"started_at": now, "seat_since": now},
    )[0]


@transaction.atomic
def set_seat(
    *, employee: Employee, seat: Duty.Seat, rules: Rulebook, actor: Any, now: datetime
) -> Duty:
    """Switch a seat between available and busy.

    In the evening the rulebook wants some seats of those on duty to stay available: the last one to go
    busy is refused. Source: CD-03.09, CD-03.10.
    """
    duties = {
        d.employee_id: d for d in Duty.objects.select_for_update().filter(ended_at=None)
    }
    duty = duties.get(employee.pk) or come_on_duty(employee=employee, now=now)
    if duty.seat == seat:
        return duty
    others = [
        d
        for d in duties.values()
        if d.seat == Duty.Seat.AVAILABLE and d.employee_id != employee.pk
    ]
    clock = now.astimezone(SHANGHAI).time()
    for clause in rules.in_force(Staffing) if seat == Duty.Seat.BUSY else ():
        applies = clause.applies_from is None or clock >= clause.applies_from
        if applies and len(others) < clause.at_least.get("open_extensions", 0):
            raise Conflict(
                _(
                    "%(from)s 以后至少要留 %(n)d 个坐席在线，请先请一位同事转为在线（%(clause)s）"
                )
                % {
                    "from": f"{clause.applies_from or time.min:%H:%M}",
                    "n": clause.at_least["open_extensions"],
                    "clause": clause.id,
                },
                code="last_open_seat",
            )
    audit.record(
        action="seat",
        actor=actor,
        at=now,
        table="staff_duty",
        object_id=duty.pk,
        before={"seat": duty.seat, "since": duty.seat_since.isoformat()},
        after={"seat": seat},
    )
    duty.seat, duty.seat_since = seat, now
    duty.save(update_fields=["seat", "seat_since"])
    return duty


@transaction.atomic
def go_off_duty(*, employee: Employee, now: datetime) -> None:
    Duty.objects.filter(employee=employee, ended_at=None).update(ended_at=now)
