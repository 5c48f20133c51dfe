"""A shift is over, its cases still lie with somebody who is off the day after: what that costs (CD-03.12)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext as _

from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.clauses import Consequence, Duty
from kefu.policy.moments import DAY, end_of
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import Edition, edition_in_force
from payroll.models import RegisterEntry, Roster, RosteredShift
from payroll.services import register

DUTY = "hand_over_before_day_off"
LOOKED_BACK = timedelta(days=1)  # a day the sweep was not running is made up for


def sweep(*, now: datetime) -> int:
    """Charge each shift end that left open cases behind a day off, once; return how many are new.

    What still lies in his name when the day of the shift is over was not handed over. A day that no roster covers is
    not known to be off. Source: CD-03.11, CD-03.12.
    """
    shifts = list(_before_a_day_off(now))
    left = _left(shifts)
    facts = []
    for shift, using in _by_rulebook(shift for shift in shifts if left[shift.pk]):
        clause = fined_by(using.rules)
        if clause is None:
            continue
        cases = left[shift.pk]
        facts.append(
            register.Fact(
                employee=shift.employee,
                clause=clause.id,
                using=using,
                kind=RegisterEntry.Kind.FINE,
                happened_on=shift.day,
                reason=_("次日休息，下班没有交接：%(cases)s")
                % {"cases": "、".join(cases[:5]) + ("…" if len(cases) > 5 else "")},
                source=f"shift-end:{shift.pk}",
                inputs={"shift": shift.pk, "cases": cases},
            )
        )
    return register.enter_counted(facts, now=now)


def _by_rulebook(shifts: Iterable[RosteredShift]) -> Iterator[tuple[RosteredShift, Edition]]:
    """Each with the rulebook that binds when it ends; those of a department without one left out."""
    known: dict[tuple[int, datetime], Edition | None] = {}
    for shift in shifts:
        key = (shift.employee.department_id, shift.ends_at)
        if key not in known:
            try:
                known[key] = edition_in_force(department_id=key[0], at=key[1])
            except KefuError:
                known[key] = None
        if (using := known[key]) is not None:
            yield shift, using


def fined_by(rules: Rulebook) -> Consequence | None:
    """The clause that follows the duty to hand over before a day off: the consequence that stands next to it.

    None where the rulebook has no such duty, or fines nobody for it.
    """
    clauses = list(rules.clauses)
    for place, clause in enumerate(clauses):
        if isinstance(clause, Duty) and clause.subject == DUTY:
            following = clauses[place + 1] if place + 1 < len(clauses) else None
            return following if isinstance(following, Consequence) else None
    return None


def _before_a_day_off(now: datetime) -> Iterator[RosteredShift]:
    """Shifts whose day, and who themselves, are over, of the days looked back on, after which a roster that is there
    lets the person rest.
    """
    today = now.astimezone(SHANGHAI).date()
    after = OuterRef("day") + DAY
    covered = Roster.objects.filter(
        department=OuterRef("roster__department"),
        kind=Roster.Kind.DUTY,
        state=Roster.State.PUBLISHED,
        starts_on__lte=after,
        ends_on__gte=after,
    )
    works = RosteredShift.objects.on_duty().filter(employee=OuterRef("employee"), day=after)
    shifts = RosteredShift.objects.on_duty().filter(
        Exists(covered),
        ~Exists(works),
        day__gte=today - LOOKED_BACK - DAY,
        day__lt=today,
        ends_at__lte=now,
    )
    return (
        shift
        for shift in shifts.select_related("employee").order_by("pk")
        if end_of(shift.day) <= now
    )


def _left(shifts: Sequence[RosteredShift]) -> dict[int, list[str]]:
    """By shift: the cases that were his when it ended and lie with him still, by their numbers."""
    taken = Interaction.objects.filter(
        case=OuterRef("pk"), action__in=["taken", "transferred", "handed_over"]
    )
    cases = (
        Case.objects.open()
        .filter(owner__in={shift.employee_id for shift in shifts})
        .annotate(taken_at=Subquery(taken.order_by("-recorded_at").values("recorded_at")[:1]))
        .order_by("number")
    )
    of: dict[int, list[tuple[str, datetime, datetime | None]]] = defaultdict(list)
    for owner, *case in cases.values_list("owner", "number", "opened_at", "taken_at"):
        of[owner].append((case[0], case[1], case[2]))
    return {
        shift.pk: [
            number
            for number, opened_at, taken_at in of[shift.employee_id]
            if opened_at < shift.ends_at and (taken_at is None or taken_at <= shift.ends_at)
        ]
        for shift in shifts
    }
