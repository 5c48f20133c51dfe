"""Who works when: a roster a month and desk, published a week before it begins, and the weekly turns at cleaning."""

from datetime import date, datetime, timedelta

from kefu.clock import SHANGHAI
from kefu.demo.people import MANAGER, SUPERVISOR, People, moment
from kefu.policy.months import last_day, month_of
from kefu.staff.models import Department
from payroll.models import Roster, RosteredShift
from payroll.services import rosters

DESKS = (
    "query", "business", "report", "processing", "front", "warehouse", "complaint", "claims",
    "after_sale",
)  # fmt: skip
PLANNERS = {"query": SUPERVISOR, "processing": "0802"}
AHEAD = timedelta(days=8)


def plan(people: People) -> None:
    for month in (*people.months, people.coming):
        # The next one stands already, whatever day of the month it is.
        drawn = min(moment(month - AHEAD, "14:00"), people.now - timedelta(hours=4))
        for n, code in enumerate(DESKS):
            people.at(drawn + timedelta(minutes=7 * n), draw_up, people, code, month)
    cleaning = min(moment(people.this - AHEAD, "16:30"), people.now - timedelta(hours=2))
    people.at(cleaning, draw_up, people, "query", people.this, Roster.Kind.CLEANING)


def planner(people: People, code: str) -> str:
    return PLANNERS.get(code, MANAGER)


def draw_up(
    people: People, code: str, month: date, kind: str = Roster.Kind.DUTY, *, now: datetime
) -> None:
    department = Department.objects.get(code=code)
    actor = people.user(planner(people, code))
    made = rosters.draw_up(
        department=department,
        kind=kind,
        starts_on=max(month, now.date()),
        ends_on=last_day(month_of(month)),
        actor=actor,
        now=now,
    )
    rosters.publish(roster=made, posts_filled=True, actor=actor, now=now + timedelta(minutes=3))


def transfer(people: People, number: str, left: str, joined: str, *, now: datetime) -> None:
    """Somebody moved: from today on he stands in the roster of the other desk."""
    one, today = people.one(number), now.astimezone(SHANGHAI).date()
    mine = RosteredShift.objects.on_duty().of(one, since=today, until=last_day(month_of(today)))
    rest = sorted(set(mine.values_list("day", flat=True)))
    for code, value in ((left, ""), (joined, "day")):
        actor = people.user(planner(people, code))
        current = Roster.objects.get(
            department__code=code, kind=Roster.Kind.DUTY, state="published", starts_on__lte=today,
            ends_on__gte=today,
        )  # fmt: skip
        draft = rosters.revise(roster=current, actor=actor, now=now)
        changes = [rosters.Change(one.pk, day, value) for day in rest]
        rosters.change(roster=draft, changes=changes, seen=None, actor=actor, now=now)
        rosters.publish(roster=draft, posts_filled=True, actor=actor, now=now)


def join(people: People, number: str, other: str, *, now: datetime) -> None:
    """Whoever is through his training works the days of a colleague, in every roster that stands from tomorrow on."""
    one, colleague = people.one(number), people.one(other)
    tomorrow = now.astimezone(SHANGHAI).date() + timedelta(days=1)
    standing = Roster.objects.filter(
        department=colleague.department, kind=Roster.Kind.DUTY, state="published", ends_on__gte=tomorrow
    ).exclude(shifts__employee=one)  # fmt: skip
    for current in standing.distinct().order_by("starts_on"):
        actor = people.user(planner(people, colleague.department.code))
        days = RosteredShift.objects.on_duty().of(colleague, since=tomorrow, until=current.ends_on)
        draft = rosters.revise(roster=current, actor=actor, now=now)
        changes = [
            rosters.Change(one.pk, shift.day, shift.name)
            for shift in days.filter(day__gte=current.starts_on)
        ]
        rosters.change(roster=draft, changes=changes, seen=None, actor=actor, now=now)
        rosters.publish(roster=draft, posts_filled=True, actor=actor, now=now)
