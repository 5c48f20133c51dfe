"""Which seats are open, and which of them have to be."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.rulebook import Rulebook
from kefu.policy.seats import Missing, missing_seats
from kefu.rulebooks import wording
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department, Duty, Employee

# What an open seat counts as, by the names of the rulebook's staffing clauses.
SEATS = {
    "open_extensions": Q(),
    "query_seats": Q(employee__department__works_inquiries=True),
    "switchboards": Q(employee__department__switchboard=True),
}


def rules_of(employee: Employee, *, now: datetime) -> Rulebook | None:
    """The rulebook of his department; None where no rulebook holds yet, and so nothing is asked for."""
    try:
        return edition_in_force(department_id=employee.department_id, at=now).rules
    except KefuError:
        return None


def seats_missed(*, employee: Employee, rules: Rulebook, now: datetime) -> tuple[Missing, ...]:
    """Which seats that have to stay open will be missing once that of ``employee`` is not open any more.

    Nothing, if his seat does not count there, or is not open now. Where no department has a switchboard
    there is nothing to staff, and none is asked for. Source: CD-03.09, CD-03.10.
    """
    his = Q(employee=employee)
    counts = Duty.objects.filter(ended_at=None, seat=Duty.Seat.AVAILABLE).aggregate(
        **{name: Count("pk", filter=~his & which) for name, which in SEATS.items()},
        **{f"his_{name}": Count("pk", filter=his & which) for name, which in SEATS.items()},
    )
    left = {name: counts[name] for name in SEATS}
    if not Department.objects.filter(active=True, switchboard=True).exists():
        del left["switchboards"]
    missing = missing_seats(rules, left, now.astimezone(SHANGHAI).time())
    return tuple(lack for lack in missing if counts[f"his_{lack.name}"])


def seats_missed_after(*, employee: Employee, now: datetime) -> tuple[Missing, ...]:
    """The same, by the rulebook of his department."""
    rules = rules_of(employee, now=now)
    return seats_missed(employee=employee, rules=rules, now=now) if rules else ()


def seats_in_words(missed: Sequence[Missing]) -> str:
    """17:30–18:30 要留查询席 1 个（CD-03.09）；…, in the reader's language."""
    return punctuation.in_turn(*(_in_words(lack) for lack in missed))


def _in_words(lack: Missing) -> str:
    words = (
        _("{since}–{until} 要留{what} {n} 个（{clause}）")
        if lack.until
        else _("{since} 以后要留{what} {n} 个（{clause}）")
    )
    return words.format(
        since=f"{lack.since:%H:%M}",
        until=f"{lack.until:%H:%M}" if lack.until else "",
        what=wording.value_in_words("at_least", lack.name),
        n=lack.wanted,
        clause=lack.clause,
    )
