"""One person's month as its page shows it: today's score, what moved it and when, and where it is heading."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language

from kefu.policy import sheets
from kefu.policy.clauses.scores import Section
from kefu.policy.explanation import explain
from kefu.policy.refusals import Refused
from kefu.policy.scores import Score, ScoreFacts, ScoreRules, month_score
from kefu.policy.vocabulary import word
from kefu.rulebooks.selectors import Edition
from kefu.staff.models import Employee
from payroll.models import MonthScore, RegisterEntry, Talk, Target
from payroll.selectors import scores
from payroll.selectors.optins import titled
from payroll.selectors.register import told
from payroll.selectors.score_facts import Gathered, gather
from payroll.selectors.score_lines import Line
from payroll.selectors.scores import Scored

WIDTH, HEIGHT, EDGE = 600, 120, 6  # of the picture, in its own units
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Row:
    """What one clause did to the score: by how much, by which arithmetic, and each thing that it speaks of."""

    clause: str
    title: str
    change: Decimal
    text: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of the sheet; ``share``: what is left of it, 0 to 100."""

    label: str
    points: Decimal
    most: Decimal

    @property
    def share(self) -> int:
        return int(max(ZERO, min(self.points, self.most)) * 100 / self.most) if self.most else 0


@dataclass(frozen=True, slots=True)
class Number:
    """A number that the month is measured by. ``number`` None: nobody knows it yet; ``own``: what the supervisor
    wants instead of ``target``.
    """

    clause: str
    label: str
    number: Decimal | None
    target: Decimal
    own: Decimal | None

    @property
    def share(self) -> int:
        wanted = self.own or self.target
        return int(min(Decimal(100), (self.number or ZERO) * 100 / wanted)) if wanted else 0


@dataclass(frozen=True, slots=True)
class Course:
    """The score from day to day, as a line in a picture of 600 by 120."""

    points: str
    days: Sequence[tuple[date, Decimal]]
    highest: Decimal
    lowest: Decimal


@dataclass(frozen=True, slots=True)
class Objected:
    """Of a line: "" where nobody objected, else "open", "upheld" or "rejected"; and whether its person ``may``."""

    said: str
    answer: str
    may: bool


Record = tuple[RegisterEntry, Decimal | None, Objected]


@dataclass(frozen=True)
class Sheet:
    """``today``: the score as the books stand, without what only the whole month tells; ``projected``: where the
    numbers lead to at the pace so far, None where none counts. ``scored``: what was published, or would be now.
    """

    gathered: Gathered
    scored: Scored
    today: Decimal | None
    projected: Decimal | None
    opening: Decimal | None
    rows: Sequence[Row]
    waiting: Sequence[Line]
    bars: Sequence[Bar]
    course: Course | None
    numbers: Sequence[Number]
    arithmetic: Sequence[Any]
    targets: Sequence[Target]
    talk: Talk | None
    records: Sequence["Record"]  # beside points: fines, awards, warnings, rewards
    ended: Sequence[RegisterEntry]  # taken back, or found not to be so
    open: bool
    wanted: Sequence[
        tuple[str, str, Any]
    ]  # the parts a person judges: its clause, its name, its row

    @property
    def employee(self) -> Employee:
        return self.gathered.employee

    @property
    def using(self) -> Edition:
        return self.gathered.using

    @property
    def rulebook(self) -> str:
        return self.using.rules.name(get_language() or "zh-hans")

    @property
    def published(self) -> MonthScore | None:
        return self.scored.published

    @property
    def refusals(self) -> list[str]:
        return scores.refusals_in_words(self.scored)

    @property
    def full(self) -> Decimal | None:
        return self.gathered.rules.sheet.total if self.gathered.rules.sheet else None

    @property
    def grade(self) -> str:
        return word(self.scored.grade, get_language() or "zh-hans") if self.scored.grade else ""

    @property
    def missing(self) -> list[str]:
        return [scores.part_in_words(part) for _clause, part in self.gathered.missing]


def sheet_of(employee_id: int, month: date, *, today: date, beside: bool) -> Sheet | None:
    """Return somebody's month, None where no rulebook scores it; ``beside``: with its targets and its talk."""
    found = gather([employee_id], month)
    if not found or not found[0].mechanism:
        return None
    gathered = found[0]
    published = next((row for row in gathered.history if row.month == month), None)
    scored = scores.stored(published) if published else scores.decide(gathered)
    running = today <= gathered.last_on and published is None
    targets: list[Target] = []
    talk, records, ended = None, list[Record](), list[RegisterEntry]()
    if beside:
        rows = Target.objects.filter(employee=employee_id, month=month).order_by("-pk")
        targets = list(rows.select_related("set_by"))
        talks = Talk.objects.filter(employee=employee_id, month=month)
        talk = talks.prefetch_related("improvements").select_related("held_by").first()
        records = [_record(row) for row in _records(employee_id, month)]
        ended = list(_ended(employee_id, month))
    given: dict[str, Any] = {
        "gathered": gathered,
        "scored": scored,
        "waiting": [line for line in gathered.lines if not line.counts],
        "numbers": _numbers(gathered, targets),
        "targets": _latest(targets),
        "talk": talk,
        "records": records,
        "ended": ended,
        "open": published is None,
    }
    if gathered.mechanism == "assessment":
        return _assessment(given)
    return _account(given, running=running, today=today)


def _records(employee_id: int, month: date) -> QuerySet[RegisterEntry]:
    """What else stands in the register, to be seen beside the score (ES-603.11)."""
    states = RegisterEntry.State
    rows = RegisterEntry.objects.of_month(month).filter(employee=employee_id)
    rows = rows.exclude(kind=RegisterEntry.Kind.POINTS)
    rows = rows.exclude(state=states.REPORTED, measure__isnull=False)  # proposed, not decided
    rows = rows.filter(state__in=[states.REPORTED, states.COUNTED])
    return rows.prefetch_related("objections").order_by("happened_on", "pk")


def _record(row: RegisterEntry) -> Record:
    signed = told(row)[1].signed
    last = next(iter(row.objections.all()), None)  # the latest first
    said = "" if last is None else last.outcome or "open"
    objected = Objected(said, last.answer if last else "", not said and not (signed and signed > 0))
    return row, signed, objected


def _ended(employee_id: int, month: date) -> QuerySet[RegisterEntry]:
    """What a decision took off again, with its reason: whoever objected finds the answer here."""
    states = RegisterEntry.State
    rows = RegisterEntry.objects.of_month(month).filter(
        employee=employee_id, state__in=[states.WITHDRAWN, states.NOT_UPHELD]
    )
    rows = rows.filter(decisions__decided_by__isnull=False).distinct()
    return rows.prefetch_related("decisions__decided_by").order_by("happened_on", "pk")


def _latest(targets: Iterable[Target]) -> list[Target]:
    """Of each metric the latest; work that is told in words stands beside each other."""
    found: dict[Any, Target] = {}
    for one in targets:
        found.setdefault(one.metric or one.pk, one)
    return list(found.values())


def _assessment(given: dict[str, Any]) -> Sheet:
    gathered, scored = given["gathered"], given["scored"]
    lines = explain(scored.steps, get_language() or "zh-hans")
    by_clause = _by_clause(gathered.lines)
    rows = [
        Row(step.clause, _title(gathered.using, step.clause), Decimal(str(step.inputs["change_points"])), line.text, by_clause.pop(step.clause, ()))
        for step, line in zip(scored.steps, lines, strict=True)
        if "change_points" in step.inputs
    ]  # fmt: skip
    bars = [
        Bar(scores.part_in_words(step.inputs["part"]), Decimal(step.inputs["part_points"]), Decimal(100))
        for step in scored.steps
        if step.key == "assess_part"
    ]  # fmt: skip
    judged: dict[str, Any] = {}
    for row in gathered.judged:
        judged.setdefault(row.part, row)
    wanted = [
        (one.id, one.name, judged.get(one.name)) for one in sheets.ratings(gathered.using.rules)
    ]
    return Sheet(
        **given,
        today=scored.points,
        projected=None,
        opening=None,
        rows=rows,
        bars=bars,
        course=None,
        arithmetic=lines,
        wanted=wanted,
    )


def _account(given: dict[str, Any], *, running: bool, today: date) -> Sheet:
    gathered, scored = given["gathered"], given["scored"]
    language = get_language() or "zh-hans"
    facts = scored.facts if not running else gathered.facts(numbers=False)
    score = _score(facts, gathered.rules)
    opening, rows, bars = None, [], []
    if score is not None and score.points is not None:
        opening, moved = sheets.account(score, gathered.rules)
        rows = _rows(gathered, moved)
        labels = {one.name: _label(one, language) for one in gathered.rules.sheet.sections}
        bars = [Bar(labels[one.name], one.points, one.most) for one in score.sections]
    steps = score.steps if score is not None else ()
    return Sheet(
        **given,
        today=score.points if score is not None else None,
        projected=_projected(gathered, today) if running else None,
        opening=opening,
        rows=rows,
        bars=bars,
        course=_course(gathered, min(today, gathered.last_on)) if opening is not None else None,
        arithmetic=explain(steps, language),
        wanted=(),
    )


def _label(section: Section, language: str) -> str:
    return section.zh if language.startswith("zh") else section.en


def _score(facts: Any, rules: ScoreRules) -> Score | None:
    try:
        return month_score(ScoreFacts.model_validate(facts), rules)
    except (Refused, ValueError):
        return None


def _rows(gathered: Gathered, moved: Iterable[sheets.Moved]) -> list[Row]:
    by_clause = _by_clause(gathered.lines)
    rows = []
    for one in moved:
        told = explain([one.step], get_language() or "zh-hans")[0].text if one.step else ""
        title = _title(gathered.using, one.clause)
        rows.append(Row(one.clause, title, one.change, told, by_clause.pop(one.clause, ())))
    # What was counted by a more specific clause, or is no line of this sheet, stands with nothing.
    rows += [
        Row(clause, _title(gathered.using, clause), ZERO, "", lines)
        for clause, lines in by_clause.items()
    ]
    return rows


def _by_clause(lines: Iterable[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.counts:
            found[line.clause].append(line)
    return found


def _title(using: Edition, clause: str) -> str:
    return titled(using.rules, clause, get_language() or "zh-hans")


def _numbers(gathered: Gathered, targets: Sequence[Target]) -> list[Number]:
    """The numbers that count for this person; his target where the supervisor set one."""
    own = {one.metric: one.number for one in reversed(targets) if one.metric}
    language = get_language() or "zh-hans"
    found = []
    for one in sheets.wanted(gathered.using.rules, gathered.month.month):
        if one.applies_to not in (None, gathered.work):
            continue
        there = gathered.desk_numbers if one.scope == "desk" else gathered.numbers
        label = word(one.metric, language)
        found.append(
            Number(one.clause, label, there.get(one.metric), one.target, own.get(one.metric))
        )
    return found


def _projected(gathered: Gathered, today: date) -> Decimal | None:
    """The score at the pace of the days so far; None where no number of this person's work counts."""
    days = (gathered.last_on - gathered.first_on).days + 1
    gone = (today - gathered.first_on).days + 1
    rates = {one.metric for one in sheets.wanted(gathered.using.rules, gathered.month.month) if one.applies_to == gathered.work}  # fmt: skip
    if gone <= 0 or not rates & gathered.numbers.keys():
        return None
    numbers = {
        name: (number * days / gone).quantize(Decimal(1)) if name in rates else number
        for name, number in gathered.numbers.items()
    }
    score = _score(replace(gathered, numbers=numbers).facts(), gathered.rules)
    return score.points if score is not None else None


def _course(gathered: Gathered, until: date) -> Course | None:
    """The score as it stood at the end of each day."""
    days: list[tuple[date, Decimal]] = []
    day = gathered.first_on
    moments = {line.on for line in gathered.lines if line.counts}
    points: Decimal | None = None
    while day <= until:
        if points is None or day in moments:
            score = _score(gathered.facts(until=day, numbers=False), gathered.rules)
            points = score.points if score is not None else None
        if points is None:
            return None
        days.append((day, points))
        day += timedelta(days=1)
    if len(days) < 2:
        return None
    highest = max(points for _day, points in days)
    lowest = min(points for _day, points in days)
    span = max(highest - lowest, Decimal(1))
    length = (gathered.last_on - gathered.first_on).days
    drawn = " ".join(
        f"{EDGE + (WIDTH - 2 * EDGE) * (day - gathered.first_on).days / length:.1f},"
        f"{EDGE + (HEIGHT - 2 * EDGE) * float((highest - points) / span):.1f}"
        for day, points in days
    )
    return Course(drawn, days, highest, lowest)


def first_days(today: date, count: int = 12) -> list[date]:
    """The first days of the latest months, this one first."""
    found, day = [], today.replace(day=1)
    for _n in range(count):
        found.append(day)
        day = (day - timedelta(days=1)).replace(day=1)
    return found
