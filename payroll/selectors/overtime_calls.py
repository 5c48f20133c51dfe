"""Who was called to work overtime for a promotion, and what each said (SD-233.55)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from kefu.policy.processes import next_step
from kefu.rulebooks.selectors import edition
from payroll.models import OvertimeCall
from payroll.selectors.people import people_of

PROCESS = "promotion_overtime"
State = OvertimeCall.State


@dataclass(frozen=True, slots=True)
class Round:
    """The calls that one supervisor sent out at once."""

    first: OvertimeCall
    calls: Sequence[OvertimeCall]
    clause: str

    def count(self, *states: str) -> int:
        return sum(call.state in states for call in self.calls)

    @property
    def accepted(self) -> int:
        return self.count(State.ACCEPTED)

    @property
    def declined(self) -> int:
        return self.count(State.DECLINED)

    @property
    def waiting(self) -> int:
        return self.count(State.CALLED)


def open_for(employee_id: int | None, now: datetime) -> QuerySet[OvertimeCall]:
    """The calls that somebody may still answer, the soonest to be answered first."""
    return OvertimeCall.objects.filter(
        employee=employee_id, state=State.CALLED, answer_by__gte=now
    ).order_by("answer_by", "starts_at")


def clause_of(call: OvertimeCall) -> str:
    """Under which clause it was called."""
    return next_step(edition(call.rulebook_id).rules, PROCESS).clause


def of_employee(employee_id: int, since: datetime) -> QuerySet[OvertimeCall]:
    return OvertimeCall.objects.filter(employee=employee_id, ends_at__gte=since).select_related(
        "called_by"
    )


def open_at_desk(desk: Any, now: datetime) -> QuerySet[OvertimeCall]:
    return open_for(desk.employee_id, now)


def first_open(desk: Any, now: datetime) -> OvertimeCall | None:
    """What the top of every page points to."""
    return open_for(desk.employee_id, now).first()


def rounds(user: Any, since: datetime) -> list[Round]:
    """The calls to one's people that are not over, the latest first."""
    rows = (
        OvertimeCall.objects.filter(employee__in=people_of(user), ends_at__gte=since)
        .select_related("employee", "called_by")
        .order_by("-called_at", "called_by", "starts_at", "employee__number")
    )
    found = []
    for _key, calls in groupby(rows, key=lambda one: (one.called_at, one.called_by_id)):
        own = list(calls)
        found.append(Round(own[0], own, clause_of(own[0])))
    return found
