"""Swaps: which wait for whom, what counts, and who could take a shift."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from django.db.models import Q, QuerySet

from kefu.policy.clauses import Limit
from kefu.policy.moments import DAY
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rosters import Asked, beside_swapped, counted, limit_of
from kefu.policy.rulebook import Rulebook
from kefu.staff.models import Employee
from payroll.models import Leave, Roster, RosteredShift, Swap
from payroll.selectors.reach import overseen

Origin = RosteredShift.Origin
TAKEN = {Origin.SWAPPED: "swapped", Origin.COVER: "swapped", Origin.PAYBACK: "payback"}
NEAR = 31 * DAY  # how far a person's neighbouring shifts are looked for
WITH = ("asker__user", "other__user", "shift__roster", "returned", "pays_back")


def waiting_for(user: Any) -> QuerySet[Swap]:
    """Requests that wait for ``user`` as the colleague."""
    return Swap.objects.filter(state=Swap.State.ASKED, other__user=user).select_related(*WITH)


def to_approve(user: Any) -> QuerySet[Swap]:
    """Requests that wait for the approval of ``user``, the soonest shift first; his own are not among them."""
    mine = Swap.objects.filter(state=Swap.State.AGREED, asker__department__in=overseen(user))
    return (
        mine.exclude(Q(asker__user=user) | Q(other__user=user))
        .select_related(*WITH)
        .order_by("shift__starts_at")
    )


def of_employee(employee: Employee, *, since: date) -> QuerySet[Swap]:
    mine = Swap.objects.filter(Q(asker=employee) | Q(other=employee), shift__day__gte=since)
    return mine.select_related(*WITH).order_by("-asked_at")


def owed_to(employee: Employee) -> QuerySet[Swap]:
    """Times that a colleague stood in, or worked for him and is to be paid back by ``employee``: he asked, the other
    worked, and nothing was given in return yet.
    """
    rows = Swap.objects.filter(
        state=Swap.State.EFFECTIVE, returned=None, pays_back=None, promotion=False, other=employee
    )
    open_or_done = [*Swap.OPEN, Swap.State.EFFECTIVE]
    return rows.exclude(paid_back_by__state__in=open_or_done).select_related("asker", "shift")


def is_busy(who: Employee, shift: RosteredShift, *, without: RosteredShift | None) -> bool:
    """Does he work, or is he away, at the time of a shift? ``without``: what he gives away for it."""
    others = RosteredShift.objects.in_force().filter(
        employee=who, starts_at__lt=shift.ends_at, ends_at__gt=shift.starts_at
    )
    others = others.exclude(roster__kind=Roster.Kind.CLEANING)
    if without is not None:
        others = others.exclude(pk=without.pk)
    away = Leave.objects.filter(
        employee=who,
        state=Leave.State.APPROVED,
        starts_at__lt=shift.ends_at,
        ends_at__gt=shift.starts_at,
    )
    return others.exists() or away.exists()


def sorts_given(swap: Swap, rules: Rulebook) -> list[list[str]]:
    """Of each shift given away: what the wishes of the rulebook ask of it (SD-215.05 to SD-215.09)."""
    given = [(swap.asker, swap.shift)]
    if swap.returned is not None:
        given.append((swap.other, swap.returned))
    return [
        sorts_of_shift(shift, beside=swap.pays_back is None and is_beside(who, shift, rules))
        for who, shift in given
    ]


def sorts_of_shift(shift: RosteredShift, *, beside: bool = False) -> list[str]:
    sorts = list(shift.sorts)
    if (taken := TAKEN.get(Origin(shift.origin))) is not None:
        sorts.append(taken)
    return [*sorts, "beside_swapped"] if beside else sorts


def is_beside(who: Employee, shift: RosteredShift, rules: Rulebook) -> bool:
    """Does it lie beside a swapped shift of his own roster, given or taken (SD-215.08)?"""
    near = {"day__gte": shift.day - NEAR, "day__lte": shift.day + NEAR}
    own = RosteredShift.objects.in_force().of(who, since=near["day__gte"], until=near["day__lte"])
    taken = set(
        own.filter(origin__in=[Origin.SWAPPED, Origin.PAYBACK]).values_list("day", flat=True)
    )
    gave = set(
        RosteredShift.objects.filter(employee=who, **near)
        .filter(
            Q(given_in__state=Swap.State.EFFECTIVE, given_in__promotion=False)
            | Q(returned_in__state=Swap.State.EFFECTIVE)
        )
        .values_list("day", flat=True)
    )
    try:
        return beside_swapped(shift.day, own.values_list("day", flat=True), taken | gave, rules)
    except NotInRulebook:
        return False


def numbers(swap: Swap, rules: Rulebook) -> list[int]:
    """How many swaps of its month each of those has whom the rulebook counts it for, this one included.

    Paying back is part of the swap it pays (SD-215.07); where both sides count, it is what the other one gives away
    (OS-04.14).
    """
    try:
        clause = limit_of("shift_swap", "month", rules)
    except NotInRulebook:
        return []
    if swap.pays_back is not None and clause.whose != "both":
        return []
    people = [(swap.asker, swap.shift.day)]
    if clause.whose == "both" and swap.returned is not None:
        people.append((swap.other, swap.returned.day))
    return [
        counted(_asked_in_month(who, day, swap, clause), str(who.pk), clause) + 1
        for who, day in people
    ]


def _asked_in_month(who: Employee, day: date, swap: Swap, clause: Limit) -> Sequence[Asked]:
    """The other swaps in which he gives away a shift of that month."""
    first = day.replace(day=1)
    month = {"gte": first, "lt": (first + 31 * DAY).replace(day=1)}
    gave = Q(asker=who, **{f"shift__day__{side}": on for side, on in month.items()})
    returned = Q(other=who, **{f"returned__day__{side}": on for side, on in month.items()})
    rows = Swap.objects.filter(gave | returned, promotion=False)
    if clause.whose != "both":
        rows = rows.filter(pays_back=None)
    return [
        Asked(str(one.asker_id), str(one.other_id), one.state == Swap.State.EFFECTIVE)
        for one in rows.exclude(pk=swap.pk)
    ]


@dataclass(frozen=True, slots=True)
class OnDuty:
    """The shifts in force of some days, read once: what a supervisor looks at before approving (SD-215.15)."""

    shifts: Sequence[RosteredShift]

    @classmethod
    def between(cls, departments: Any, starts_at: datetime, ends_at: datetime) -> Self:
        rows = RosteredShift.objects.in_force().filter(
            roster__department__in=departments,
            roster__kind=Roster.Kind.DUTY,
            starts_at__lt=ends_at,
            ends_at__gt=starts_at,
        )
        return cls(list(rows.select_related("employee", "roster").order_by("starts_at", "pk")))

    def beside(self, shift: RosteredShift) -> list[RosteredShift]:
        """Who else of the department works at the time of a shift."""
        return [
            one
            for one in self.shifts
            if one.pk != shift.pk
            and one.roster.department_id == shift.roster.department_id
            and one.starts_at < shift.ends_at
            and one.ends_at > shift.starts_at
        ]

    def of(self, employee_id: int, starts_at: datetime, ends_at: datetime) -> list[RosteredShift]:
        """The shifts of one person that a stretch of time touches."""
        return [
            one
            for one in self.shifts
            if one.employee_id == employee_id
            and one.starts_at < ends_at
            and one.ends_at > starts_at
        ]


def ahead_of(employee: Employee, *, now: datetime) -> QuerySet[RosteredShift]:
    """His shifts that have not begun."""
    mine = RosteredShift.objects.in_force().filter(employee=employee, starts_at__gt=now)
    return mine.exclude(roster__kind=Roster.Kind.CLEANING).order_by("starts_at")


def to_offer(employee: Employee, *, now: datetime) -> QuerySet[RosteredShift]:
    """Shifts of his colleagues that he could work in return."""
    others = RosteredShift.objects.in_force().filter(
        employee__department=employee.department_id, starts_at__gt=now
    )
    return (
        others.exclude(employee=employee)
        .exclude(roster__kind=Roster.Kind.CLEANING)
        .select_related("employee")
        .order_by("day", "starts_at", "employee__number")
    )


def of_departments(departments: Any, *, since: date, until: date) -> QuerySet[Swap]:
    """Swaps that took effect and whose shift lies in these days."""
    rows = Swap.objects.filter(
        state=Swap.State.EFFECTIVE,
        promotion=False,
        asker__department__in=departments,
        shift__day__gte=since,
        shift__day__lte=until,
    )
    return rows.select_related(*WITH).order_by("-shift__day")


def ahead_in(departments: Any, *, now: datetime) -> QuerySet[RosteredShift]:
    """Shifts of these departments that have not begun."""
    rows = RosteredShift.objects.in_force().filter(
        roster__department__in=departments, roster__kind=Roster.Kind.DUTY, starts_at__gt=now
    )
    return rows.select_related("employee").order_by("starts_at", "employee__number")
