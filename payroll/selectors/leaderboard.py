"""Who did how much in the hours he was there: numbers beside each other that differ in volume and shift.

A number is divided by the hours on shift, so that whoever works half days, nights or joined late stands where his
work puts him; beside it the share of the month's target, which is for a whole month.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import get_language

from kefu.policy import sheets
from kefu.policy.months import last_day, month_of
from kefu.policy.vocabulary import word
from payroll.models import AttendanceDay
from payroll.selectors.score_facts import Gathered

MINUTES = 60


@dataclass(frozen=True, slots=True)
class Place:
    """``rank`` None: the hours are not known, and nobody is held against others without them."""

    rank: int | None
    number: Decimal
    hours: Decimal | None
    per_hour: Decimal | None
    share: int
    employee: str
    employee_id: int


@dataclass(frozen=True, slots=True)
class Board:
    label: str
    clause: str
    places: Sequence[Place]


def boards(people: Sequence[Gathered], month: date) -> list[Board]:
    """One board a number, among those whose work it is; the most an hour first, equals share a rank."""
    hours = _hours([one.employee.pk for one in people], month)
    wanted = {
        (number.metric, number.clause, number.target, number.applies_to)
        for one in people
        for number in sheets.wanted(one.using.rules, month.month)
        if number.applies_to is not None and number.scope == "person"
    }
    found = []
    for metric, clause, target, work in sorted(wanted):
        places = [
            _place(one, one.numbers[metric], hours.get(one.employee.pk), target)
            for one in people
            if one.work == work and metric in one.numbers
        ]
        if places:
            label = word(metric, get_language() or "zh-hans")
            found.append(Board(label, clause, _ranked(places)))
    return found


def _hours(ids: Sequence[int], month: date) -> dict[int, Decimal]:
    rows = (
        AttendanceDay.objects.filter(
            employee__in=ids, day__gte=month, day__lte=last_day(month_of(month))
        )
        .order_by()
        .values("employee_id")
        .annotate(minutes=Sum("worked_minutes"))
        .values_list("employee_id", "minutes")
    )
    return {pk: Decimal(minutes) / MINUTES for pk, minutes in rows if minutes}


def _place(one: Gathered, number: Decimal, hours: Decimal | None, target: Decimal) -> Place:
    return Place(
        None,
        number,
        hours and hours.quantize(Decimal("0.1")),
        (number / hours).quantize(Decimal("0.01")) if hours else None,
        int(number * 100 / target),
        str(one.employee),
        one.employee.pk,
    )


def _ranked(places: Sequence[Place]) -> list[Place]:
    known = sorted(
        (one for one in places if one.per_hour is not None),
        key=lambda one: (-(one.per_hour or 0), one.employee),
    )
    found: list[Place] = []
    for at, one in enumerate(known, start=1):
        before = found[-1] if found else None
        rank = before.rank if before and before.per_hour == one.per_hour else at
        found.append(replace(one, rank=rank))
    return found + [one for one in places if one.per_hour is None]
