"""People with shifts: what the tests of attendance start from."""

from datetime import date, datetime, timedelta
from typing import Any

from kefu.clock import SHANGHAI
from kefu.staff.models import Employee
from payroll.models import Leave, Punch, Roster, RosteredShift
from tests.centre import Centre, at

DAY = (("08:00", "12:00"), ("13:30", "17:30"))


def roster(
    centre: Centre, *, since: str = "2026-11-01", until: str = "2026-11-30", lunches: Any = ()
) -> Roster:
    return Roster.objects.create(
        department=centre.query_desk,
        starts_on=date.fromisoformat(since),
        ends_on=date.fromisoformat(until),
        state="published",
        lunches=lunches,
        made_by=centre.chen.user,
        made_at=at("2026-10-20 09:00"),
        published_by=centre.chen.user,
        published_at=at("2026-10-20 10:00"),
    )


def shifts(
    table: Roster, employee: Employee, *days: str, windows: Any = DAY
) -> list[RosteredShift]:
    """A shift on each of these days, by the wall's clock."""
    made = []
    for day in days:
        spans = [(moment(day, opens), moment(day, closes)) for opens, closes in windows]
        made.append(
            RosteredShift.objects.create(
                roster=table,
                employee=employee,
                day=date.fromisoformat(day),
                name="day",
                starts_at=spans[0][0],
                ends_at=spans[-1][1],
                windows=[[opens.isoformat(), closes.isoformat()] for opens, closes in spans],
                live=True,
            )
        )
    return made


def moment(day: str, clock: str) -> datetime:
    if clock == "24:00":
        return datetime.combine(
            date.fromisoformat(day) + timedelta(days=1), datetime.min.time(), SHANGHAI
        )
    return at(f"{day} {clock}")


def punched(employee: Employee, day: str, came: str | None, left: str | None) -> None:
    """As the time clock recorded it."""
    for clock, direction in ((came, "in"), (left, "out")):
        if clock:
            when = moment(day, clock)
            Punch.objects.create(
                employee=employee,
                at=when,
                direction=direction,
                source="clock",
                recorded_at=when + timedelta(days=2),
            )


def on_leave(employee: Employee, begins: str, ends: str, kind: str = "personal") -> Leave:
    return Leave.objects.create(
        employee=employee,
        kind=kind,
        starts_at=at(begins),
        ends_at=at(ends),
        reason="家中有事",
        asked_at=at(begins) - timedelta(days=2),
        asked_by=employee.user,
        state="approved",
    )
