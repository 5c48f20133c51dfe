"""Calls and chats as their pages show them: of one's people in a month, of one person day by day, one by one."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from kefu.errors import KefuError
from kefu.policy import sheets
from kefu.policy.contacts import ContactRules
from kefu.policy.moments import wall
from kefu.policy.months import last_day, month_of
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Department, Employee
from payroll.models import Call, CallsComplete, Chat, Rating
from payroll.models.calls import LATEST
from payroll.selectors.metrics import CALLS as CALLS_ANSWERED
from payroll.selectors.people import UNSCORED, people_of, visible_to
from payroll.selectors.score_facts import WORK_OF

IMPORT, SEE, RATE = "payroll.import_calls", "payroll.see_calls", "payroll.record_rating"
STARS = (1, 5)  # what a customer may give where the rulebook is silent
LISTED = 300  # calls or chats of a day; nobody has more
DAY = timedelta(days=1)

CALL_COLUMNS = """
count(*) FILTER (WHERE direction = 'in' AND answered),
count(*) FILTER (WHERE direction = 'in' AND NOT answered),
count(*) FILTER (WHERE direction = 'out'),
coalesce(sum(ring_seconds) FILTER (WHERE direction = 'in' AND answered), 0),
coalesce(sum(talk_seconds), 0),
count(*) FILTER (WHERE direction = 'in' AND answered AND rings <= %(rings)s),
count(*) FILTER (WHERE direction = 'in' AND (NOT answered OR rings IS NOT NULL))
"""
CHAT_COLUMNS = """
count(*),
count(*) FILTER (WHERE first_seconds <= %(first)s),
count(*) FILTER (WHERE slowest_seconds > %(later)s),
count(*) FILTER (WHERE NOT closed),
coalesce(sum(first_seconds), 0),
count(first_seconds)
"""
# By whom, or by which day, is put in front; a month of a department is read by the index of its people.
CALLS = (
    "SELECT {by}, "
    + CALL_COLUMNS
    + """FROM payroll_call
WHERE employee_id = ANY(%(ids)s) AND at >= %(since)s AND at < %(until)s GROUP BY 1"""
)
CHATS = (
    "SELECT {by}, "
    + CHAT_COLUMNS
    + f"""FROM payroll_chat c
WHERE employee_id = ANY(%(ids)s) AND began_at >= %(since)s AND began_at < %(until)s AND {LATEST} GROUP BY 1"""
)
RATINGS = """
SELECT {by}, count(stars), coalesce(sum(stars), 0), count(*) FILTER (WHERE review IN ('neutral', 'bad'))
FROM payroll_rating
WHERE employee_id = ANY(%(ids)s) AND rated_on >= %(first_on)s AND rated_on <= %(last_on)s GROUP BY 1"""


@dataclass(slots=True)
class Tally:
    """What calls and chats come to. Sums are seconds; ``judged``: those whose time of answer is known."""

    answered: int = 0
    missed: int = 0
    outgoing: int = 0
    ring: int = 0
    talk: int = 0
    rung_in_time: int = 0
    rung: int = 0
    chats: int = 0
    first_in_time: int = 0
    late_replies: int = 0
    left_open: int = 0
    first_sum: int = 0
    greeted: int = 0
    rated: int = 0
    stars: int = 0
    poor: int = 0
    rules: ContactRules = field(default_factory=ContactRules)

    @property
    def anything(self) -> bool:
        return bool(self.answered or self.missed or self.outgoing or self.chats or self.rated)

    @property
    def incoming(self) -> int:
        return self.answered + self.missed

    @property
    def mean_ring(self) -> Decimal | None:
        return _mean(self.ring, self.answered)

    @property
    def mean_talk(self) -> Decimal | None:
        return _mean(self.talk, self.answered + self.outgoing)

    @property
    def mean_first(self) -> Decimal | None:
        return _mean(self.first_sum, self.greeted)

    @property
    def mean_stars(self) -> Decimal | None:
        return _mean(self.stars, self.rated, "0.01")

    @property
    def in_time(self) -> int:
        """Calls and chats that were answered within the standard of the rulebook."""
        return (self.rung_in_time if self.rules.rings else 0) + (
            self.first_in_time if self.rules.first else 0
        )

    @property
    def judged(self) -> int:
        return (self.rung if self.rules.rings else 0) + (self.chats if self.rules.first else 0)

    @property
    def rate(self) -> Decimal | None:
        """Per cent, None where nothing is judged."""
        return _mean(self.in_time * 100, self.judged)

    @property
    def answer_rate(self) -> Decimal | None:
        return _mean(self.answered * 100, self.incoming)


def _mean(total: int, number: int, step: str = "0.1") -> Decimal | None:
    return (Decimal(total) / number).quantize(Decimal(step), ROUND_HALF_UP) if number else None


@dataclass(frozen=True, slots=True)
class Person:
    """One row of a department's month. ``share``: of the most that anybody answered, for the bar."""

    employee: Employee
    tally: Tally
    calls_share: int
    missing: bool


@dataclass(frozen=True, slots=True)
class Team:
    """A department's month: who did what, and whether its calls are said to be whole."""

    department: Department
    using: Edition | None
    rules: ContactRules
    people: Sequence[Person]
    total: Tally
    complete: CallsComplete | None
    counted: bool  # the rulebook measures how many calls somebody answered

    @property
    def rulebook(self) -> str:
        return self.using.rules.name(get_language() or "zh-hans") if self.using else ""

    @property
    def missing(self) -> list[Employee]:
        """Who answers the phone and has no call on record; nobody once the month is said to be whole."""
        return [one.employee for one in self.people if one.missing]


def may_import(user: Any) -> bool:
    return bool(user.has_perm(IMPORT))


def recorded_for(user: Any) -> QuerySet[Employee]:
    """Whose calls and chats somebody may bring: his people's and, coming from the same table, his own."""
    return visible_to(user)


def teams(user: Any, month: date) -> list[Team]:
    """The month of one's people, department by department, in as many questions however many rows there are."""
    people = (
        people_of(user).exclude(status=Employee.Status.LEFT).select_related("department", "user")
    )
    by_department: dict[Department, list[Employee]] = {}
    for one in people.order_by("department__order", "department__code", "number"):
        by_department.setdefault(one.department, []).append(one)
    editions = {one: edition_of(one.pk, month) for one in by_department}
    rules = {one: ContactRules.of(e.rules) if e else ContactRules() for one, e in editions.items()}
    found: dict[int, Tally] = {}
    for standard, of in _alike(rules).items():
        ids = [one.pk for department in of for one in by_department[department]]
        found |= tallies(ids, month, standard)
    complete = {
        row.department_id: row
        for row in CallsComplete.objects.filter(month=month).select_related("said_by")
    }
    made = []
    for department, members in by_department.items():
        rows = [(one, found.get(one.pk) or Tally(rules=rules[department])) for one in members]
        if not any(tally.anything for _one, tally in rows) and not any(
            _on_the_phone(one) for one in members
        ):
            continue
        said, using = complete.get(department.pk), editions[department]
        counted = using is not None and _counts_calls(using, department, month)
        most = max((tally.incoming for _one, tally in rows), default=0)
        made.append(
            Team(
                department,
                using,
                rules[department],
                [
                    Person(
                        one,
                        tally,
                        tally.answered * 100 // most if most else 0,
                        counted and said is None and not tally.incoming and _on_the_phone(one),
                    )
                    for one, tally in rows
                    if tally.anything or _on_the_phone(one)
                ],
                _sum([tally for _one, tally in rows], rules[department]),
                said,
                counted,
            )
        )
    return made


def _on_the_phone(one: Employee) -> bool:
    """Is somebody measured by the calls he answers? Whoever leads others is not."""
    return "phone" in one.channels and one.user.role not in UNSCORED


def _counts_calls(using: Edition, department: Department, month: date) -> bool:
    wanted = {one.metric for one in sheets.wanted(using.rules, month.month)}
    return CALLS_ANSWERED in wanted and department.desk not in WORK_OF


def _alike(rules: Mapping[Department, ContactRules]) -> dict[ContactRules, list[Department]]:
    found: dict[ContactRules, list[Department]] = {}
    for department, standard in rules.items():
        found.setdefault(standard, []).append(department)
    return found


def edition_of(department_id: int, month: date) -> Edition | None:
    """The rulebook of a department at the end of a month, by which the month is judged."""
    try:
        return edition_in_force(
            department_id=department_id, at=wall(last_day(month_of(month)), time.min)
        )
    except KefuError:
        return None


def tallies(ids: Collection[int], month: date, rules: ContactRules) -> dict[int, Tally]:
    """By employee: his month, judged by these rules."""
    found: dict[int, Tally] = {}
    _fill(found, "employee_id", "employee_id", "employee_id", ids, month, rules)
    return found


def days_of(employee: Employee, month: date, rules: ContactRules) -> list[tuple[date, Tally]]:
    """His month day by day, those without anything left out."""
    found: dict[date, Tally] = {}
    on = "({at} AT TIME ZONE 'Asia/Shanghai')::date"
    calls, chats = on.format(at="at"), on.format(at="began_at")
    _fill(found, calls, chats, "rated_on", [employee.pk], month, rules)
    return sorted(found.items())


def _fill(
    found: dict[Any, Tally],
    by_call: str,
    by_chat: str,
    by_rating: str,
    ids: Collection[int],
    month: date,
    rules: ContactRules,
) -> None:
    last = last_day(month_of(month))
    params: dict[str, Any] = {
        "ids": list(ids),
        "since": wall(month, time.min),
        "until": wall(last + DAY, time.min),
        "first_on": month,
        "last_on": last,
        "rings": rules.rings,
        "first": rules.first,
        "later": rules.later,
    }
    columns = (
        (CALLS, by_call, ("answered", "missed", "outgoing", "ring", "talk", "rung_in_time", "rung")),
        (CHATS, by_chat, ("chats", "first_in_time", "late_replies", "left_open", "first_sum", "greeted")),
        (RATINGS, by_rating, ("rated", "stars", "poor")),
    )  # fmt: skip
    with connection.cursor() as cursor:
        for statement, by, names in columns:
            cursor.execute(statement.replace("{by}", by), params)
            for key, *values in cursor.fetchall():
                tally = found.setdefault(key, Tally(rules=rules))
                for name, value in zip(names, values, strict=True):
                    setattr(tally, name, int(value))


def praise(ids: Collection[int], month: date, rules: Rulebook) -> Counter[int]:
    """By employee: how many customers gave the best review, or the most stars that the rulebook knows, in a month."""
    _least, most = ContactRules.of(rules).stars or STARS
    rows = Rating.objects.filter(
        Q(review=Rating.Review.GOOD) | Q(stars=most),
        employee__in=ids,
        rated_on__gte=month,
        rated_on__lte=last_day(month_of(month)),
    )
    return Counter(rows.values_list("employee_id", flat=True))


def _sum(tallies: Sequence[Tally], rules: ContactRules) -> Tally:
    total = Tally(rules=rules)
    for name in Tally.__slots__:
        if name != "rules":
            setattr(total, name, sum(getattr(one, name) for one in tallies))
    return total


def total_of(days: Sequence[tuple[date, Tally]], rules: ContactRules) -> Tally:
    return _sum([tally for _day, tally in days], rules)


def calls_on(employee: Employee, day: date) -> QuerySet[Call]:
    since, until = wall(day, time.min), wall(day + DAY, time.min)
    return Call.objects.filter(employee=employee, at__gte=since, at__lt=until).order_by("at")


def chats_on(employee: Employee, day: date) -> list[tuple[Chat, Rating | None]]:
    """The first of the day as they were told last, each with what its customer gave."""
    since, until = wall(day, time.min), wall(day + DAY, time.min)
    rows = Chat.objects.filter(employee=employee, began_at__gte=since, began_at__lt=until)
    given = {
        one.number: getattr(one, "rating", None)
        for one in rows.filter(place=0).select_related("rating")
    }
    return [(one, given[one.number]) for one in rows.latest_states().order_by("began_at")[:LISTED]]


def ratings_of(employee: Employee, month: date) -> QuerySet[Rating]:
    """What customers gave him in the month, asked about a case; those of chats stand beside their chats."""
    rows = Rating.objects.filter(employee=employee, case__isnull=False)
    rows = rows.filter(rated_on__gte=month, rated_on__lte=last_day(month_of(month)))
    return rows.select_related("case", "recorded_by").order_by("rated_on", "pk")
