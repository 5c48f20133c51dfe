"""The break of somebody's shift, or his lunch, and whether he still shows himself reachable in it (SD-233.31)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.presence import away_due
from kefu.policy.requirements import offered
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Duty
from payroll.models import Away, RosteredShift
from payroll.selectors.rosters import lunch_of

SOON = timedelta(hours=1)  # so long before, a page knows of a break and says so when it begins
AWAY = "away"


@dataclass(frozen=True, slots=True)
class Break:
    """A stretch of a shift in which is not worked. ``name``: what people call it."""

    name: str
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """What a page offers in a break: to show oneself away by ``clause``, or, ``back``, to be at the desk again."""

    of: Break
    clause: str
    back: bool


def running(employee_id: int | None, now: datetime) -> QuerySet[RosteredShift]:
    """The shift that somebody is in, if it has a break or lunch in it."""
    return (
        RosteredShift.objects.on_duty()
        .filter(employee=employee_id, starts_at__lte=now, ends_at__gt=now)
        .filter(Q(lunch__isnull=False) | Q(windows__1__isnull=False))
        .select_related("roster")
    )


def break_of(employee_id: int | None, now: datetime) -> Break | None:
    """The break that somebody is in, or else the next of his shift."""
    found = [
        one for shift in running(employee_id, now) for one in _breaks(shift) if one.closes > now
    ]
    return min(found, key=lambda one: one.opens, default=None)


def _breaks(shift: RosteredShift) -> Iterator[Break]:
    """The gaps between its windows, and its lunch."""
    for (_opens, closes), (opens, _closes) in pairwise(shift.windows):
        begins, ends = (datetime.fromisoformat(at).astimezone(SHANGHAI) for at in (closes, opens))
        yield Break(_("班中休息"), begins, ends)
    if (lunch := lunch_of(shift)) is not None:
        yield Break(_("午餐"), *lunch)


def at_desk(desk: Any, now: datetime) -> QuerySet[Any]:
    """What has a page look at all: one is on duty, and in a shift with a break, or shown away since one."""
    resting = Away.objects.filter(
        employee=OuterRef("employee"), ended_at=None, rest_until__isnull=False
    )
    here = Duty.objects.filter(employee=desk.employee_id, ended_at=None)
    shift = running(desk.employee_id, now).filter(employee=OuterRef("employee"))
    return here.filter(Exists(shift) | Exists(resting))


def offer(desk: Any, now: datetime) -> Offer | None:
    """What the top of every page offers; never done by itself. Source: SD-233.31, CD-03.01."""
    gone = Away.objects.filter(
        employee=desk.employee_id, ended_at=None, rest_until__isnull=False
    ).first()
    if gone is not None and gone.rest_until is not None:
        return Offer(Break(gone.reason, gone.began_at, gone.rest_until), "", back=True)
    found = break_of(desk.employee_id, now)
    if found is None or found.opens > now + SOON or desk.seat != Duty.Seat.AVAILABLE:
        return None
    clause = _clause(desk.department_id, found, now)
    return Offer(found, clause, back=False) if clause else None


def _clause(department_id: int | None, found: Break, now: datetime) -> str:
    """By which clause one shows oneself away in a break; "" where none wants it."""
    try:
        rules = edition_in_force(department_id=department_id, at=now).rules
    except KefuError:
        return ""
    here = offered(rules, "presence", {"shift": "break"})
    if any(item.key == AWAY for item in here.items):
        return here.steps[0].clause
    least, clause = away_due(rules)
    return clause if clause and found.closes - found.opens >= timedelta(minutes=least) else ""
