"""What has to be rostered by when: holidays a week before, thirty days ahead, the rosters of a month."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from kefu.clock import SHANGHAI
from kefu.policy.due import ClockFacts, NoClock, due
from kefu.policy.measures import counted
from kefu.policy.moments import DAY, wall
from kefu.policy.recurring import next_occurrence, recurring
from kefu.policy.refusals import NotInRulebook, Refused
from kefu.policy.rulebook import Rulebook
from kefu.staff.models import Department
from payroll.models import Roster
from payroll.selectors.holidays import Break, breaks

LOOK_AHEAD = 60  # days in which holidays are looked for


@dataclass(frozen=True, slots=True)
class HolidayDuty:
    """The roster of a holiday. ``done_at``: when what covers all its days was published, and so reached HR."""

    about: Break
    due_at: datetime
    done_at: datetime | None
    late: bool
    soon: bool


def holiday_duties(department: Department, rules: Rulebook, *, now: datetime) -> list[HolidayDuty]:
    """The holidays ahead and when their rosters are due (SD-311.08, SD-311.09); nothing where the rulebook does not
    ask.
    """
    today = now.astimezone(SHANGHAI).date()
    found = []
    for about in breaks(today, today + timedelta(days=LOOK_AHEAD)):
        moments = {"holiday_start": wall(about.first_on, time.min)}
        try:
            when = due("holiday_roster", ClockFacts(moments), rules)
        except NoClock:
            return []
        if when is None:
            continue
        covering = (
            Roster.objects.filter(
                department=department,
                kind=Roster.Kind.DUTY,
                state=Roster.State.PUBLISHED,
                starts_on__lte=about.first_on,
                ends_on__gte=about.last_on,
            )
            .order_by("published_at")
            .first()
        )
        # The first version counts: what is changed later was handed in all the same.
        while covering is not None and covering.replaces is not None:
            covering = covering.replaces
        done_at = covering.published_at if covering else None
        late = (done_at or now) > when.due_at
        soon = done_at is None and now >= when.starts_at
        found.append(HolidayDuty(about, when.due_at, done_at, late, soon))
    return found


def covered_until(department: Department, *, today: date) -> date | None:
    """Up to which day, from today on, everybody knows what he works; None: not even today."""
    rosters = Roster.objects.filter(
        department=department,
        kind=Roster.Kind.DUTY,
        state=Roster.State.PUBLISHED,
        ends_on__gte=today,
    )
    until = None
    for starts_on, ends_on in rosters.order_by("starts_on").values_list("starts_on", "ends_on"):
        if starts_on > (until or today - DAY) + DAY:
            break
        until = max(until or ends_on, ends_on)
    return until


def days_missing(department: Department, rules: Rulebook, *, today: date) -> int:
    """How many of the days that have to be known ahead are not (SD-311.04)."""
    until = covered_until(department, today=today)
    ahead = (until - today).days + 1 if until else 0
    try:
        verdict = counted(rules, "roster_days_ahead", {"any": Decimal(ahead)})
    except NotInRulebook:
        return 0
    return max((int(count.short) for count in verdict.counts), default=0)


def monthly_due(department: Department, rules: Rulebook, *, now: datetime) -> date | None:
    """The month whose duty and cleaning rosters are wanted and not both published; None where there is none
    (SD-221.10).
    """
    try:
        clause = recurring("rosters", rules)
        following = next_occurrence(clause, now)
    except Refused:
        return None
    warned = timedelta(minutes=clause.house.warn_before_minutes or 0)
    if now < following.due_at - warned:
        return None
    month = following.due_at.astimezone(
        SHANGHAI
    ).date()  # 24:00 of the last day is the first of the next
    there = set(
        Roster.objects.filter(
            department=department,
            state=Roster.State.PUBLISHED,
            starts_on__lte=month,
            ends_on__gte=month,
        ).values_list("kind", flat=True)
    )
    return None if there >= set(Roster.Kind.values) else month
