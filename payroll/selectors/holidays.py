"""Which days are holidays, and the working calendar that comes of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kefu.policy.calendars import Calendar, MakeUpDay
from kefu.policy.moments import DAY
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rosters import usual_week
from kefu.policy.rulebook import Rulebook
from payroll.models import Holiday

MONDAY = 1


def statutory_days(since: date, until: date) -> set[date]:
    days = Holiday.objects.filter(kind=Holiday.Kind.STATUTORY, day__gte=since, day__lte=until)
    return set(days.values_list("day", flat=True))


@dataclass(frozen=True, slots=True)
class Break:
    """A run of days off for one holiday."""

    name: str
    first_on: date
    last_on: date


def breaks(since: date, until: date) -> list[Break]:
    """The holidays that begin in a stretch of days, each with all days off that follow each other."""
    rows = Holiday.objects.exclude(kind=Holiday.Kind.MAKE_UP).filter(
        day__gte=since - timedelta(days=15), day__lte=until + timedelta(days=15)
    )
    found: list[Break] = []
    for day, name in rows.order_by("day").values_list("day", "name"):
        last = found[-1] if found else None
        if last is not None and last.name == name and last.last_on == day - DAY:
            found[-1] = Break(name, last.first_on, day)
        else:
            found.append(Break(name, day, day))
    return [one for one in found if since <= one.first_on <= until]


def calendar(rules: Rulebook, years: Collection[int]) -> Calendar | None:
    """The calendar of those who follow no roster; None where the rulebook has no working week (ES-131.01, ES-132.07)."""
    try:
        week = usual_week("any", rules)
    except NotInRulebook:
        return None
    rows: Sequence[Holiday] = list(Holiday.objects.filter(day__year__in=sorted(years)))
    kinds = Holiday.Kind
    return Calendar(
        department="centre",
        edition="1",
        week=week,
        years=tuple(sorted(years)),
        statutory_holidays=tuple(row.day for row in rows if row.kind == kinds.STATUTORY),
        days_off=tuple(row.day for row in rows if row.kind == kinds.DAY_OFF),
        make_up=tuple(
            MakeUpDay(on=row.day, like=MONDAY) for row in rows if row.kind == kinds.MAKE_UP
        ),
    )
