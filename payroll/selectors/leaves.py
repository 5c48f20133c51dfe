"""Leave and outings: what waits for whom, and which shifts they touch."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from kefu.policy.moments import DAY, day_of
from kefu.policy.requirements import offered
from kefu.policy.rulebook import Rulebook
from kefu.staff.models import Employee
from payroll.models import Leave, Outing, Roster, RosteredShift
from payroll.selectors.reach import overseen
from payroll.selectors.swaps import sorts_of_shift

WITH = ("employee__user", "employee__department", "cover__user", "told_to")


def kinds_offered(rules: Rulebook) -> list[str]:
    """The kinds of leave that may be asked for, those of the rulebook where it lists them (ES-133.09)."""
    keys = [key for key in offered(rules, "leave_type").keys if key in Leave.Kind.values]
    return keys or list(Leave.Kind.values)


def shifts_in(employee: Employee, starts_at: datetime, ends_at: datetime) -> list[RosteredShift]:
    """His shifts in force that a stretch of time touches, the earliest first."""
    mine = RosteredShift.objects.in_force().filter(
        employee=employee, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    rows = mine.exclude(roster__kind=Roster.Kind.CLEANING).select_related("roster", "employee")
    return list(rows.order_by("starts_at"))


def sorts_in(shifts: Sequence[RosteredShift]) -> list[list[str]]:
    return [sorts_of_shift(shift) for shift in shifts]


def days_in(starts_at: datetime, ends_at: datetime) -> list[date]:
    """The days that a stretch of time touches."""
    first, last = day_of(starts_at), day_of(ends_at)
    return [first + n * DAY for n in range((last - first).days + 1)]


def to_approve(user: Any) -> QuerySet[Leave]:
    """Leave of those whom ``user`` heads that waits for somebody's word; whether it is his, the chain says."""
    rows = Leave.objects.filter(
        state=Leave.State.ASKED, employee__department__in=overseen(user)
    ).exclude(employee__user=user)
    return rows.select_related(*WITH).prefetch_related("approvals").order_by("starts_at")


def to_cover(user: Any) -> QuerySet[Leave]:
    """Leave in which ``user`` is named to stand in and has not agreed yet."""
    rows = Leave.objects.filter(state=Leave.State.ASKED, cover__user=user, cover_agreed_at=None)
    return rows.select_related(*WITH)


def outings_to_approve(user: Any) -> QuerySet[Outing]:
    rows = Outing.objects.filter(
        state=Outing.State.ASKED, employee__department__in=overseen(user)
    ).exclude(employee__user=user)
    return rows.select_related("employee__department").order_by("starts_at")


def slips_missing(user: Any, *, now: datetime) -> QuerySet[Leave]:
    """Leave told by phone whose slip has not been brought since it ended (ES-133.11)."""
    rows = Leave.objects.filter(
        Q(employee__user=user) | Q(employee__department__in=overseen(user)),
        told_by_phone_at__isnull=False,
        slip_at=None,
        ends_at__lte=now,
        state__in=[Leave.State.ASKED, Leave.State.APPROVED],
    )
    return rows.select_related(*WITH).order_by("ends_at")
