"""A month's sheet from what stands in the books: which facts the items make, and what each of them moved."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from kefu.policy.clauses import ExtraPoints, Grade, Rating, ScoreSheet, ScoreTiers, Weight
from kefu.policy.entries import consequences
from kefu.policy.ladders import Happening, NoLadder, count, escalation, ladder
from kefu.policy.penalties import Breach, assess
from kefu.policy.refusals import BadFacts
from kefu.policy.rosters import Seasons
from kefu.policy.rulebook import Rulebook
from kefu.policy.scores import Score, ScoreRules
from kefu.policy.steps import Step

__all__ = [
    "Item",
    "Moved",
    "Wanted",
    "account",
    "event_facts",
    "extra_clause",
    "failed_again",
    "line_of",
    "mechanism",
    "proposals",
    "ratings",
    "wanted",
]

Mechanism = Literal["month_score", "assessment", ""]
ZERO = Decimal(0)
FAILED = "failed_assessments"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that happened and counts by a clause. ``points``: where a person chose them; items of one
    ``incident`` ("": one of its own) count once.
    """

    clause: str
    on: date
    points: Decimal | None = None
    incident: str = ""


def mechanism(rulebook: Rulebook) -> Mechanism:
    """Return by which calculation this rulebook scores a month, "" where it does not."""
    if any(rulebook.in_force(Weight)):
        return "assessment"
    sheets = (one for one in rulebook.in_force(ScoreSheet) if one.of == "agent")
    return "month_score" if any(sheet.total is not None for sheet in sheets) else ""


def line_of(rules: ScoreRules, event: str) -> str | None:
    """The clause that events of this name count by."""
    return next((clause for clause, line in rules.lines.items() if event in line.of), None)


def extra_clause(rulebook: Rulebook) -> str | None:
    """The clause that commendations and complaints count by beside the sheet."""
    return next((clause.id for clause in rulebook.in_force(ExtraPoints)), None)


def event_facts(items: Iterable[Item], rules: ScoreRules) -> dict[str, Any]:
    """Return the counts, incidents and chosen points that the items come to, as policy's EventFacts reads them;
    their order does not matter. What is no line of the sheet is left out. Source: CD-12.01, SD-233.54, SD-233.63.
    """
    counts: Counter[str] = Counter()
    granted: list[tuple[str, Decimal]] = []
    together: defaultdict[str, set[str]] = defaultdict(set)
    for item in items:
        line = rules.lines.get(item.clause)
        if line is None:
            continue
        if item.points is not None and line.up_to is not None:
            granted.append((item.clause, item.points))
        elif item.incident:
            together[item.incident].add(item.clause)
        else:
            counts[item.clause] += 1
    incidents = []
    for clauses in together.values():
        if len(clauses) == 1:
            counts.update(clauses)
        else:
            incidents.append(sorted(clauses))
    return {
        "counts": dict(sorted(counts.items())),
        "incidents": sorted(incidents),
        "granted": [{"clause": one, "points": str(points)} for one, points in sorted(granted)],
    }


@dataclass(frozen=True, slots=True)
class Moved:
    """What one clause did to a score; ``step`` None: what the floor of the sheet gave back."""

    clause: str
    change: Decimal
    step: Step | None


def account(score: Score, rules: ScoreRules) -> tuple[Decimal, tuple[Moved, ...]]:
    """Return what the sheet opened with and what moved it since: together they are the score. Not for a month
    without one.
    """
    assert score.points is not None and rules.sheet is not None
    opening: Decimal = rules.sheet.given("total")
    moved = [
        Moved(step.clause, Decimal(str(step.inputs["change_points"])), step)
        for step in score.steps
        if "change_points" in step.inputs
    ]
    rest = score.points - opening - sum((one.change for one in moved), ZERO)
    if rest:
        moved.append(Moved(rules.sheet.id, rest, None))
    return opening, tuple(moved)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A number that is looked at this month: its best bound, whom it applies to, by which clause."""

    clause: str
    metric: str
    target: Decimal
    applies_to: str | None
    scope: str
    by_days: bool
    missing: str


def wanted(rulebook: Rulebook, month: int) -> tuple[Wanted, ...]:
    """Return the numbers that a month of the year is measured by. Source: CD-12.04 to CD-12.13, CD-12.55."""
    seasons = Seasons.of(rulebook)
    found = []
    for tiers in rulebook.in_force(ScoreTiers):
        if tiers.season is not None and seasons.season(month, tiers.metric)[0] != tiers.season:
            continue
        found.append(
            Wanted(
                tiers.id,
                tiers.metric,
                tiers.tiers[0].at_least,
                tiers.applies_to,
                tiers.scope,
                tiers.part_month != "full",
                tiers.missing,
            )
        )
    return tuple(found)


def ratings(rulebook: Rulebook) -> tuple[Rating, ...]:
    """The parts of an assessment that a person gives."""
    parts = {weight.part for weight in rulebook.in_force(Weight)}
    return tuple(rating for rating in rulebook.in_force(Rating) if rating.part in parts)


def proposals(
    rulebook: Rulebook, numbers: Mapping[str, Decimal], roles: Collection[str]
) -> tuple[str, ...]:
    """Return the clauses that speak when a number such as a score is out of bounds, of these roles. What they say of
    somebody is proposed, a person decides. Source: SD-233.12, SD-233.17.
    """
    return tuple(
        clause.id
        for name, number in numbers.items()
        for clause in consequences(rulebook, name)
        if clause.role in roles and _applies(rulebook, clause.id, {name: number})
    )


def _applies(rulebook: Rulebook, clause: str, numbers: dict[str, Decimal]) -> bool:
    try:
        return assess(rulebook, Breach(clause=clause, numbers=numbers)).state == "applies"
    except BadFacts:
        return False


def failed_again(rulebook: Rulebook, grades: Iterable[tuple[date, str]]) -> str | None:
    """Return the clause that speaks when a month fails once more in a row, None where none does (yet).

    ``grades``: of the months that were assessed, each with its last day. Source: ES-603.24.
    """
    lowest = next((one.grade for one in rulebook.in_force(Grade) if one.at_least is None), None)
    months = sorted(grades)
    if lowest is None or not months or months[-1][1] != lowest:
        return None
    history = [Happening(of=FAILED, on=on, other=grade != lowest) for on, grade in months if grade]
    try:
        steps = ladder(rulebook, FAILED)
    except NoLadder:
        return None
    counting = steps[0].counts
    assert counting is not None
    counted = count(history, counting, months[-1][0], steps[-1].nth or 0)
    found = escalation(rulebook, FAILED, counted)
    return found.id if found else None
