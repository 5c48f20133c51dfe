"""Who is in question as an excellent agent of a month, or for a higher post: everybody's figures side by side."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language

from inquiries.selectors.people import complaints_about
from kefu.clock import SHANGHAI
from kefu.policy.clauses import Award, Grade
from kefu.policy.conditions import MissingFact
from kefu.policy.months import last_day, month_of
from kefu.policy.processes import routed
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.policy.wording import WORDS
from kefu.staff.models import Department, Employee, User
from payroll.models import (
    AwardRound,
    ExamMark,
    Idea,
    MonthScore,
    RegisterEntry,
    SessionAttendance,
    YearSheet,
)
from payroll.selectors.calls import praise
from payroll.selectors.discipline import counted_levels, totals
from payroll.selectors.people import people_of
from payroll.selectors.scores import score_of

HOLD = "payroll.hold_awards"
BEST = 3  # are put on the list where no grade says who is excellent
MONTHS = 12  # of grades beside a promotion


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one month. ``points``: as text, "" for who is not assessed; ``praise``: how many customers gave the best that
    there is.
    """

    points: str
    grade: str
    rewards: int
    sanctions: int
    complaints: int
    ideas: int
    praise: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def departments_of(user: Any) -> QuerySet[Department]:
    """Those whose people somebody may choose among."""
    if not user.has_perm(HOLD):
        return Department.objects.none()
    people = people_of(user).exclude(status=Employee.Status.LEFT)
    return Department.objects.filter(active=True, pk__in=people.values("department"))


def visible_rounds(user: Any) -> QuerySet[AwardRound]:
    """What is published is for everybody; what is not, for those who choose."""
    rows = AwardRound.objects.select_related("department", "chosen_by", "published_by", "opened_by")
    return rows.published() | rows.filter(department__in=departments_of(user))


def staff_of(department: Department) -> list[Employee]:
    """Those an award of the department can go to: who works there, its heads not among them."""
    rows = Employee.objects.filter(department=department, user__role=User.Role.AGENT)
    return list(rows.exclude(status=Employee.Status.LEFT).order_by("number"))


def figures(people: Sequence[Employee], month: date, rules: Rulebook) -> dict[int, Figures]:
    """By employee: what the month was worth and what is on record about it. Source: ES-116.03."""
    first = datetime.combine(month, time.min, SHANGHAI)
    last = last_day(month_of(month))
    end = datetime.combine(last + timedelta(days=1), time.min, SHANGHAI)
    scored = score_of(people, month)
    parties = {one.party_id: one.pk for one in people}
    complained = Counter(
        parties[one.party_id]
        for one in complaints_about(list(parties), since=first, until=end)
        if one.verified
    )
    praised = praise([one.pk for one in people], month, rules)
    levels = _levels(people, month)
    ideas = Counter(
        Idea.objects.filter(
            employee__in=people, state=Idea.State.ADOPTED, decided_at__gte=first, decided_at__lt=end
        ).values_list("employee_id", flat=True)
    )
    found = {}
    for one in people:
        score = scored.get(one.pk)
        points = score.points if score is not None else None
        rewards, sanctions = totals(levels[one.pk])
        found[one.pk] = Figures(
            "" if points is None else f"{points:f}",
            score.grade if score is not None else "",
            rewards,
            sanctions,
            complained[one.pk],
            ideas[one.pk],
            praised[one.pk],
        )
    return found


def _levels(people: Sequence[Employee], month: date) -> Mapping[int, Counter[str]]:
    rows = RegisterEntry.objects.counted().filter(
        employee__in=people, happened_on__gte=month, happened_on__lte=last_day(month_of(month))
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    given = rows.exclude(measure=None).exclude(measure__given="")
    for pk, level in given.order_by().values_list("employee_id", "measure__given"):
        found[pk][level] += 1
    return found


def candidates(rules: Rulebook, found: Mapping[int, Figures]) -> list[int]:
    """Those the figures speak for, the best first: of the highest grade, or the best three where there are no
    grades; nobody with a sanction or a verified complaint in the month, and nobody who was not assessed.
    """
    clean = {
        pk: one
        for pk, one in found.items()
        if one.points and not one.sanctions and not one.complaints
    }
    best = highest(rules)
    if best:
        clean = {pk: one for pk, one in clean.items() if one.grade == best}
    order = sorted(
        clean,
        key=lambda pk: (
            -Decimal(clean[pk].points),
            -clean[pk].rewards,
            -clean[pk].praise,
            -clean[pk].ideas,
            pk,
        ),
    )
    return order if best else order[:BEST]


def highest(rules: Rulebook) -> str:
    """The best grade of a month; "" where the rulebook has none."""
    grades = [one for one in rules.in_force(Grade) if one.at_least is not None]
    return max(grades, key=lambda one: one.at_least or Decimal(0)).grade if grades else ""


def grade_in_words(grade: str) -> str:
    """优秀, in the reader's language; "" for none."""
    both = WORDS.get(f"grade.{grade}")
    return both.said(get_language() or "zh-hans") if both else grade


def award_of(rules: Rulebook) -> Award | None:
    """What an excellent agent of the month is paid; None where the rulebook pays nothing for it."""
    return next(
        (one for one in rules.in_force(Award) if one.instead_of is None and one.amount), None
    )


# A higher post.


@dataclass(frozen=True, slots=True)
class Promotable:
    """One line of the list: the grades of the last twelve months, the latest, the year's, what is on record; how many
    trainings somebody came to, and the mean of his examinations.
    """

    employee: Employee
    latest: str
    grades: Sequence[tuple[str, int]]
    mean: Decimal | None
    year: str
    rewards: int
    sanctions: int
    ideas: int
    trained: int
    examined: Decimal | None
    first: bool


def promotion_list(people: Iterable[Employee], rules: Rulebook, today: date) -> list[Promotable]:
    """All of them with comparable figures, those first whom the rulebook puts first (ES-116.04, ES-603.16)."""
    eligible = list(people)
    ids = [one.pk for one in eligible]
    scores = _scores(ids, today)
    years = dict(
        YearSheet.objects.filter(employee__in=ids)
        .order_by("year", "number")
        .values_list("employee_id", "grade")
    )
    levels = counted_levels(ids)
    ideas = Counter(
        Idea.objects.filter(employee__in=ids, state=Idea.State.ADOPTED).values_list(
            "employee_id", flat=True
        )
    )
    trained, examined = _trained(ids), _examined(ids)
    found = []
    for one in eligible:
        months = scores[one.pk]
        latest = months[-1][1] if months else ""
        points = [point for point, _grade in months if point is not None]
        graded = Counter(grade_in_words(grade) for _point, grade in months if grade)
        rewards, sanctions = totals(levels[one.pk])
        found.append(
            Promotable(
                one,
                grade_in_words(latest),
                sorted(graded.items()),
                _mean(points),
                grade_in_words(years.get(one.pk, "")),
                rewards,
                sanctions,
                ideas[one.pk],
                trained[one.pk],
                _mean(examined[one.pk]),
                goes_first(rules, latest),
            )
        )
    return sorted(found, key=lambda one: (not one.first, -(one.mean or 0), one.employee.number))


def goes_first(rules: Rulebook, grade: str) -> bool:
    """Whether the rulebook puts this grade first on a list of promotions or awards (ES-603.16)."""
    try:
        targets, _steps = routed(rules, "promotion_list", {"grade": grade})
    except (NotInRulebook, MissingFact):
        return False
    return any("first_in_list" in target.to for target in targets)


def _mean(numbers: Sequence[Decimal]) -> Decimal | None:
    if not numbers:
        return None
    return (sum(numbers, Decimal(0)) / len(numbers)).quantize(Decimal("0.01"))


def _trained(ids: Collection[int]) -> Counter[int]:
    came = SessionAttendance.objects.filter(
        employee__in=ids, status=SessionAttendance.Status.PRESENT
    )
    return Counter(came.values_list("employee_id", flat=True))


def _examined(ids: Collection[int]) -> dict[int, list[Decimal]]:
    """By employee: what his papers came to, corrections in the place of what they correct."""
    rows = ExamMark.objects.filter(paper__employee__in=ids).order_by("number")
    latest = {
        (employee, paper): mark
        for employee, paper, mark in rows.values_list("paper__employee", "paper", "mark")
    }
    found: dict[int, list[Decimal]] = defaultdict(list)
    for (employee, _paper), mark in latest.items():
        found[employee].append(mark)
    return found


def _scores(ids: Collection[int], today: date) -> dict[int, list[tuple[Decimal | None, str]]]:
    """By employee: points and grade of the published months, corrections in the place of what they correct."""
    since = (today - timedelta(days=31 * MONTHS)).replace(day=1)
    rows = MonthScore.objects.filter(employee__in=ids, month__gte=since).order_by("month", "number")
    found: dict[int, dict[date, tuple[Decimal | None, str]]] = defaultdict(dict)
    for pk, month, points, grade in rows.values_list("employee_id", "month", "points", "grade"):
        found[pk][month] = (points, grade)
    return {pk: list(found[pk].values()) for pk in ids}
