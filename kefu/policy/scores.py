"""What somebody's month is worth in points, and what the points are called.

Two mechanisms, both a clause's data: a sheet that events move (fifty points in sections, or a
hundred on one account), and a weighted assessment of measured and judged parts with grades. Points
are never rounded and bounds are compared exactly.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from kefu.policy.calculation import Calculation, Decided, labelled
from kefu.policy.calendars import Date
from kefu.policy.clauses import (
    Assessment,
    ExtraPoints,
    Grade,
    Indicator,
    NotSet,
    Rating,
    ScoreEvent,
    ScorePeriod,
    ScoreSheet,
    ScoreTiers,
    Tariff,
    Weight,
)
from kefu.policy.clauses.base import ClauseBase, ClauseId, Name, Quantity, Strict
from kefu.policy.clauses.scores import Change, Section
from kefu.policy.fees import SCORE_MONEY, bands, charge
from kefu.policy.money import cut
from kefu.policy.months import Month, first_day, last_day, month_of, months_between
from kefu.policy.refusals import BadFacts, NotInRulebook, cannot_be, wanted
from kefu.policy.rosters import Seasons
from kefu.policy.rulebook import Rulebook, RulebookError
from kefu.policy.steps import Step
from kefu.policy.wording import Both

__all__ = [
    "CALCULATIONS",
    "Assessed",
    "AssessmentFacts",
    "AssessmentRules",
    "EventFacts",
    "Granted",
    "Judged",
    "Measured",
    "Score",
    "ScoreFacts",
    "ScoreMoney",
    "ScoreRules",
    "SectionScore",
    "SheetLine",
    "assess",
    "events_change",
    "missing_parts",
    "month_score",
    "score_money",
    "score_period",
    "sheet_lines",
    "target_met",
    "tier_reached",
    "year_mean",
]

ZERO = Decimal(0)
Times = Annotated[int, Field(strict=True, ge=0, le=10_000)]
Days = Annotated[int, Field(strict=True, ge=1, le=31)]


# Facts.


class Granted(Strict):
    """Points that somebody chose within what the clause allows."""

    clause: ClauseId
    points: Change


class EventFacts(Strict):
    """What happened to one person in one month, counted.

    ``counts`` by clause; ``events`` by the names clauses are raised by; ``earlier``: how often before
    this month; ``incidents``: one entry an incident, with every clause that fits it.
    """

    counts: Annotated[dict[ClauseId, Times], labelled("各条款次数", "Times by clause")] = {}
    events: Annotated[dict[Name, Times], labelled("各类事件次数", "Times by event")] = {}
    earlier: Annotated[
        dict[ClauseId, Times], labelled("本月以前的次数", "Times before this month")
    ] = {}
    incidents: Annotated[
        tuple[Annotated[tuple[ClauseId, ...], Field(min_length=1, max_length=10)], ...],
        labelled("一事适用的各条款", "Clauses that fit one incident"),
        Field(max_length=200),
    ] = ()
    granted: Annotated[
        tuple[Granted, ...],
        labelled("审批人给的分", "Points chosen by the approver"),
        Field(max_length=200),
    ] = ()


class ScoreFacts(EventFacts):
    """A month of one person's sheet. ``desks``: where tiers apply to the person; ``metrics`` the
    person's own numbers, ``desk_metrics`` those of the desk as a whole.
    """

    month: Annotated[Month, labelled("月份", "Month")]
    hired_on: Annotated[Date, labelled("入职日期", "Joined on")]
    desks: Annotated[
        tuple[Name, ...], labelled("考核业务", "Work assessed"), Field(max_length=20)
    ] = ()
    metrics: Annotated[dict[Name, Quantity], labelled("本人数据", "Own numbers")] = {}
    desk_metrics: Annotated[dict[Name, Quantity], labelled("部门数据", "The desk's numbers")] = {}
    commendations: Annotated[Times, labelled("表扬次数", "Commendations")] = 0
    complaints: Annotated[Times, labelled("投诉次数", "Complaints")] = 0
    days_worked: Annotated[Days | None, labelled("出勤天数", "Days worked", "days")] = None
    days_scheduled: Annotated[Days | None, labelled("应出勤天数", "Days scheduled", "days")] = None


# The month's sheet.


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that costs or brings points each time, whatever kind of clause it is."""

    clause: str
    points: Decimal
    up_to: Decimal | None = None
    cap: Decimal | None = None
    free: int = 0  # the first so many cost nothing
    ever: bool = False
    of: tuple[str, ...] = ()
    instead_of: tuple[str, ...] = ()

    @classmethod
    def of_clause(cls, clause: ClauseBase) -> Self:
        if isinstance(clause, ScoreEvent):
            return cls(
                clause.id,
                clause.points,
                clause.up_to,
                clause.cap,
                clause.from_count - 1,
                clause.counted == "ever",
                clause.of,
                clause.instead_of,
            )
        return cls(clause.id, -clause.given("points"))


@dataclass(frozen=True, slots=True)
class ScoreRules:
    """The clauses of a sheet, looked up once."""

    code: str
    sheet: ScoreSheet | None
    lines: Mapping[str, _Line]
    idle: frozenset[str]
    tiers: Mapping[str, ScoreTiers]
    desks: frozenset[str]
    metrics: frozenset[str]
    seasons: Seasons
    extra: ExtraPoints | None
    start: Assessment | None

    @classmethod
    def of(cls, rulebook: Rulebook, *, of: str = "agent", on: str = "agent") -> Self:
        """``of``: whose sheet; ``on``: whose events. Raises NotSet for a line without points."""
        sheet = next((found for found in rulebook.in_force(ScoreSheet) if found.of == of), None)
        events = [event for event in rulebook.in_force(ScoreEvent) if event.on == on]
        lines: list[ClauseBase] = [event for event in events if event.active]
        if sheet is not None and sheet.sections:
            named = [rulebook[line] for section in sheet.sections for line in section.lines]
            counting = {event.id for event in events if event.active}
            lines = [
                clause
                for clause in named
                if not isinstance(clause, ScoreTiers)
                and (not isinstance(clause, ScoreEvent) or clause.id in counting)
            ]
        tiers = {clause.id: clause for clause in rulebook.in_force(ScoreTiers)}
        return cls(
            code=rulebook.code,
            sheet=sheet,
            lines={clause.id: _Line.of_clause(clause) for clause in lines},
            idle=frozenset(event.id for event in events if not event.active),
            tiers=tiers,
            desks=frozenset(t.applies_to for t in tiers.values() if t.applies_to),
            metrics=frozenset(t.metric for t in tiers.values()),
            seasons=Seasons.of(rulebook),
            extra=next(rulebook.in_force(ExtraPoints), None),
            start=next((a for a in rulebook.in_force(Assessment) if _starts(a, of)), None),
        )


def _starts(clause: Assessment, of: str) -> bool:
    """Does it say from when on such a month is assessed?"""
    return clause.from_month is not None and (clause.sheet, clause.of) == ("month", of)


@dataclass(frozen=True, slots=True)
class SectionScore:
    name: str
    most: Decimal
    points: Decimal


@dataclass(frozen=True, slots=True)
class Score:
    """``points``: None in a month that is not assessed yet; ``sections`` as they stand after what was
    taken; ``extra``: what commendations and complaints moved.
    """

    points: Decimal | None
    sections: tuple[SectionScore, ...]
    extra: Decimal
    steps: tuple[Step, ...]


def month_score(facts: ScoreFacts, rules: ScoreRules) -> Score:
    """Return the score of one person and month.

    A sheet with sections opens each full and takes what its lines cost, never more than it has where
    the floor is the section's; one without opens at the total and goes up and down. Extra points
    come after, their sum within the limit either way; where there is a floor the whole does not fall
    below nought by them either. Source: CD-12.01 to CD-12.73, CD-12.91,
    CD-12.98; SD-233.07 to SD-233.63.

    Raises BadFacts (facts that name no line, desk or number of the rulebook; a number that is
    missing; joined after the month), NotSet (LC gives no scale), NotInRulebook (no sheet).
    """
    sheet = rules.sheet
    if sheet is None:
        raise NotInRulebook(cannot_be("no_sheet", code=rules.code))
    opening: Decimal = sheet.given("total")
    months = months_between(month_of(facts.hired_on), facts.month)
    if months < 0:
        raise BadFacts({"hired_on": cannot_be("joined_after", month=facts.month)})
    _check(facts, rules)
    if rules.start is not None and months + 1 < (rules.start.from_month or 1):
        step = Step.of(
            rules.start.id, "score_not_yet", n=months + 1, from_month=rules.start.from_month
        )
        return Score(None, (), ZERO, (step,))
    changes, steps = _changes(facts, rules.lines)
    if sheet.sections:
        sections, more = _sections(facts, rules, sheet, changes, steps)
    else:
        sections, more = (), [*(s for found in steps.values() for s in found)]
    points = (
        sum((section.points for section in sections), ZERO)
        if sheet.sections
        else opening + sum(changes.values(), ZERO)
    )
    if sheet.floor == "total":
        points = max(ZERO, points)
    extra, extra_steps = _extra(facts, rules.extra)
    addends = [section.points for section in sections]
    if not sheet.sections:
        addends = [opening, *changes.values()]
    if extra_steps:
        addends.append(extra)
    total = points + extra
    last = [Step.of(sheet.id, "score_total", sum=_sum(addends), total_points=total)]
    if total < 0 and sheet.floor != "none":
        total = ZERO
        last.append(Step.of(sheet.id, "score_floor", total_points=total))
    return Score(total, sections, extra, (*more, *extra_steps, *last))


def _sum(addends: Iterable[Decimal]) -> str:
    """“20+4.5−2”"""
    text = "".join(f"{'−' if addend < 0 else '+'}{_plain(abs(addend))}" for addend in addends)
    return text.removeprefix("+")


def _plain(number: Decimal) -> str:
    return f"{number.normalize() + 0:f}"


@dataclass(frozen=True, slots=True)
class ScoreMoney:
    """What points below the full sheet cost: a table of prices by points lost."""

    sheet: ScoreSheet
    table: tuple[Tariff, ...]

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self | None:
        """None where lost points cost no money. Raises NotSet, NotInRulebook (no sheet)."""
        if not any(tariff.table == SCORE_MONEY for tariff in rulebook.in_force(Tariff)):
            return None
        sheet = next(rulebook.in_force(ScoreSheet), None)
        if sheet is None:
            raise NotInRulebook(cannot_be("no_sheet", code=rulebook.code))
        return cls(sheet, bands(rulebook, SCORE_MONEY))

    def cost(self, points: Decimal) -> tuple[Decimal, tuple[Step, ...]]:
        """Return what this score costs in yuan, and why. Raises NotSet, BadFacts for no finite number."""
        if not points.is_finite():
            raise BadFacts({"points": cannot_be("no_number", number=points)})
        full: Decimal = self.sheet.given("total")
        lost = max(ZERO, full - points)
        fee = charge(self.table, lost)
        if fee.amount is None:
            raise NotSet(self.sheet.id, SCORE_MONEY)
        told = {"full_points": full, "total_points": points, "lost_points": lost}
        steps = [Step.of(self.sheet.id, "score_lost", **told), *fee.steps]
        parts = [step.inputs["sum_yuan"] for step in fee.steps if step.key != "fee_stays"]
        if len(parts) > 1:
            total = {"parts_yuan": parts, "sum_yuan": fee.amount}
            steps.append(Step.of(self.sheet.id, "fee_total", **total))
        return fee.amount, tuple(steps)


def score_money(rulebook: Rulebook, points: Decimal) -> tuple[Decimal, tuple[Step, ...]] | None:
    """Return what the points below the full sheet cost in yuan, or None where they cost no money.

    Source: SD-233.08 to SD-233.11. Raises NotSet, NotInRulebook (no sheet), BadFacts for no finite number.
    """
    money = ScoreMoney.of(rulebook)
    return None if money is None else money.cost(points)


def events_change(facts: EventFacts, rules: ScoreRules) -> tuple[Decimal, tuple[Step, ...]]:
    """Return by how much the month's events move a score, and why. Source: ES-204.03, ES-304.01,
    ES-304.03.

    Raises BadFacts.
    """
    _check_events(facts, rules)
    changes, steps = _changes(facts, rules.lines)
    return sum(changes.values(), ZERO), tuple(s for found in steps.values() for s in found)


def _check(facts: ScoreFacts, rules: ScoreRules) -> None:
    _check_events(facts, rules)
    for field, known, given in (
        ("desks", rules.desks, facts.desks),
        ("metrics", rules.metrics, facts.metrics),
        ("desk_metrics", rules.metrics, facts.desk_metrics),
    ):
        if strange := sorted(set(given) - known):
            raise BadFacts({f"{field}.{strange[0]}": cannot_be("not_known_to", code=rules.code)})
    if rules.extra is None and (facts.commendations or facts.complaints):
        raise BadFacts({"commendations": cannot_be("no_extra", code=rules.code)})
    worked, scheduled = facts.days_worked, facts.days_scheduled
    if worked is not None and scheduled is not None and worked > scheduled:
        raise BadFacts({"days_worked": cannot_be("more_than_scheduled")})


def _check_events(facts: EventFacts, rules: ScoreRules) -> None:
    named = {
        "counts": facts.counts,
        "earlier": facts.earlier,
        "incidents": [clause for incident in facts.incidents for clause in incident],
        "granted": [granted.clause for granted in facts.granted],
    }
    for field, clauses in named.items():
        for clause in clauses:
            if clause in rules.idle:
                raise BadFacts({f"{field}.{clause}": cannot_be("not_in_use")})
            if clause not in rules.lines:
                why = cannot_be("no_scored_line", code=rules.code)
                raise BadFacts({f"{field}.{clause}": why})
    known = {event for line in rules.lines.values() for event in line.of}
    if strange := sorted(set(facts.events) - known):
        raise BadFacts({f"events.{strange[0]}": cannot_be("not_counted", code=rules.code)})
    for clause in (*facts.counts, *named["incidents"]):
        if rules.lines[clause].up_to is not None:
            raise BadFacts({f"counts.{clause}": cannot_be("points_granted")})
    for granted in facts.granted:
        line = rules.lines[granted.clause]
        if line.up_to is None or not line.points <= granted.points <= line.up_to:
            raise BadFacts({f"granted.{granted.clause}": cannot_be("outside")})


def _changes(
    facts: EventFacts, lines: Mapping[str, _Line]
) -> tuple[dict[str, Decimal], dict[str, list[Step]]]:
    """By clause: how it moves the score, and why."""
    counted = _counted(facts, lines)
    changes: dict[str, Decimal] = {}
    steps: dict[str, list[Step]] = {}
    for clause, times in counted.items():
        line = lines[clause]
        before = facts.earlier.get(clause, 0) if line.ever else 0
        charged = max(0, before + times - line.free) - max(0, before - line.free)
        change = line.points * charged
        if line.cap is not None:
            change = max(-line.cap, min(line.cap, change))
        changes[clause] = change
        key = "score_line_capped" if line.cap and abs(line.points * charged) > line.cap else ""
        step = Step.of(
            clause,
            key or ("score_line_free" if line.free else "score_line"),
            n=times,
            charged=charged,
            free=line.free,
            before=before,
            each_points=line.points,
            cap_points=line.cap,
            change_points=change,
        )
        steps[clause] = [step]
    for granted in facts.granted:
        changes[granted.clause] = changes.get(granted.clause, ZERO) + granted.points
        line = lines[granted.clause]
        step = Step.of(
            granted.clause,
            "score_granted",
            least_points=line.points,
            most_points=line.up_to,
            change_points=granted.points,
        )
        steps.setdefault(granted.clause, []).append(step)
    return changes, steps


def _counted(facts: EventFacts, lines: Mapping[str, _Line]) -> dict[str, int]:
    """How often each line counts, in the order of the rulebook; of one incident only what no other
    clause of it takes the place of.
    """
    from_incidents: dict[str, int] = {}
    for incident in facts.incidents:
        ousted = {other for clause in incident for other in lines[clause].instead_of}
        for clause in dict.fromkeys(incident):
            if clause not in ousted:
                from_incidents[clause] = from_incidents.get(clause, 0) + 1
    found = {}
    for clause, line in lines.items():
        times = facts.counts.get(clause, 0) + from_incidents.get(clause, 0)
        times += sum(facts.events.get(event, 0) for event in line.of)
        if times:
            found[clause] = times
    return found


def _sections(
    facts: ScoreFacts,
    rules: ScoreRules,
    sheet: ScoreSheet,
    changes: Mapping[str, Decimal],
    steps: Mapping[str, list[Step]],
) -> tuple[tuple[SectionScore, ...], list[Step]]:
    scored: list[SectionScore] = []
    told: list[Step] = []
    for section in sheet.sections:
        change = ZERO
        for clause in section.lines:
            if tiers := rules.tiers.get(clause):
                points, found = _tiers(facts, rules, tiers)
                change += points
                told += found
            else:
                change += changes.get(clause, ZERO)
                told += steps.get(clause, ())
        points = section.most + change
        if sheet.floor == "section":
            points = max(ZERO, points)
        scored.append(SectionScore(section.name, section.most, points))
        told.append(_section_step(sheet, section, change, points))
    return tuple(scored), told


def _section_step(sheet: ScoreSheet, section: Section, change: Decimal, points: Decimal) -> Step:
    return Step.of(
        sheet.id,
        "score_section" if section.most + change == points else "score_section_empty",
        section={"zh": section.zh, "en": section.en},
        most_points=section.most,
        taken_points=-change,
        points_points=points,
    )


def _tiers(
    facts: ScoreFacts, rules: ScoreRules, tiers: ScoreTiers
) -> tuple[Decimal, tuple[Step, ...]]:
    """What a table of tiers takes; nothing where it does not apply to the person or the season."""
    if tiers.applies_to is not None and tiers.applies_to not in facts.desks:
        return ZERO, ()
    told: tuple[Step, ...] = ()
    if tiers.season is not None:
        season, clause = rules.seasons.season(int(facts.month[5:]), tiers.metric)
        if season != tiers.season:
            return ZERO, ()
        told = (Step.of(clause, "season", month=facts.month, season=season),)
    field = "desk_metrics" if tiers.scope == "desk" else "metrics"
    number: Decimal | None = getattr(facts, field).get(tiers.metric)
    if number is None:
        if tiers.missing == "refuse":
            raise BadFacts({f"{field}.{tiers.metric}": wanted("not_known_for", month=facts.month)})
        return ZERO, (Step.of(tiers.id, "score_tier_missing", metric=tiers.metric),)
    worked, scheduled = _share_of_month(facts, tiers)
    points, step = tier_reached(tiers, number, worked=worked, scheduled=scheduled)
    return points, (*told, step)


def tier_reached(
    tiers: ScoreTiers, number: Decimal, *, worked: int = 1, scheduled: int = 1
) -> tuple[Decimal, Step]:
    """Return what the step that ``number`` reaches takes, and why; ``worked`` of ``scheduled`` days lower the
    bounds. Source: CD-12.10 to CD-12.13.
    """
    for tier in tiers.tiers:
        reached, bound = number * scheduled, tier.at_least * worked
        if reached > bound or (reached == bound and (tiers.edge == "better" or not bound)):
            break
    step = Step.of(
        tiers.id,
        "score_tier" if worked == scheduled else "score_tier_prorated",
        metric=tiers.metric,
        number=f"{number:f}",
        bound=f"{tier.at_least:f}",
        worked=worked,
        scheduled=scheduled,
        change_points=tier.points,
    )
    return tier.points, step


def _share_of_month(facts: ScoreFacts, tiers: ScoreTiers) -> tuple[int, int]:
    """Days worked and days scheduled, or one and one where the bounds stay as they are."""
    if tiers.part_month == "full":
        return 1, 1
    for field in ("days_worked", "days_scheduled"):
        if getattr(facts, field) is None:
            raise BadFacts({field: wanted("by_days_worked", clause=tiers.id)})
    assert facts.days_worked is not None and facts.days_scheduled is not None
    return facts.days_worked, facts.days_scheduled


def _extra(facts: ScoreFacts, extra: ExtraPoints | None) -> tuple[Decimal, tuple[Step, ...]]:
    if extra is None or not (facts.commendations or facts.complaints):
        return ZERO, ()
    change = extra.commendation * facts.commendations + extra.complaint * facts.complaints
    within = max(-extra.limit, min(extra.limit, change))
    step = Step.of(
        extra.id,
        "score_extra",
        commendations=facts.commendations,
        complaints=facts.complaints,
        commendation_points=extra.commendation,
        complaint_points=extra.complaint,
        limit_points=extra.limit,
        change_points=within,
    )
    return within, (step,)


# The period of a sheet, and what stands on it besides.


def score_period(
    rulebook: Rulebook, on: date, paydays: Iterable[date] = (), carried: Decimal | None = None
) -> tuple[date, date, Decimal]:
    """Return the first and the last day of the sheet that ``on`` falls into, and what it opens with.

    By payday: from one payday on, up to the day before the next. ``carried``: where the last sheet
    ended; it counts only where points are carried over. Source: SD-233.07, SD-233.15. A rulebook
    that does not say it goes by the calendar month.

    Raises BadFacts if ``on`` lies between no two paydays, NotSet, NotInRulebook (no sheet).
    """
    sheet = next(rulebook.in_force(ScoreSheet), None)
    if sheet is None:
        raise NotInRulebook(cannot_be("no_sheet", code=rulebook.code))
    period = next(rulebook.in_force(ScorePeriod), None)
    opening: Decimal = sheet.given("total")
    if period is not None and period.carries_over and carried is not None:
        opening = carried
    if period is None or period.runs == "calendar_month":
        month = month_of(on)
        return first_day(month), last_day(month), opening
    days = sorted(set(paydays))
    for first, following in pairwise(days):
        if first <= on < following:
            return first, following - timedelta(days=1), opening
    raise BadFacts({"paydays": cannot_be("no_paydays", on=on)})


@dataclass(frozen=True, slots=True)
class SheetLine:
    """Something that stands on a sheet for information; ``counted_by``: the clauses it counts in."""

    clause: str
    name: str
    counted_by: tuple[str, ...]


def sheet_lines(
    rulebook: Rulebook, sheet: Literal["month", "year"], of: str = "agent"
) -> tuple[SheetLine, ...]:
    """Return what stands on a sheet besides points, in the order of the rulebook. Source: CD-12.09,
    CD-12.56, CD-12.99, ES-133.18, ES-204.01, ES-603.04.
    """
    return tuple(
        SheetLine(clause.id, name, clause.counted_by)
        for clause in rulebook.in_force(Assessment)
        if (clause.sheet, clause.of) == (sheet, of)
        for name in clause.shows
    )


def missing_parts(
    rulebook: Rulebook, sheet: Literal["month", "year"], there: Iterable[str], of: str = "agent"
) -> tuple[tuple[str, str], ...]:
    """Return the parts, each with its clause, that a sheet lacks: it is not published with one
    missing. Source: ES-603.02.
    """
    known = set(there)
    return tuple(
        (clause.id, part)
        for clause in rulebook.in_force(Assessment)
        if (clause.sheet, clause.of) == (sheet, of)
        for part in clause.parts
        if part not in known
    )


def year_mean(rulebook: Rulebook, totals: Mapping[Month, Decimal]) -> tuple[Decimal, Step]:
    """Return the mean of a year's months that were assessed, for the annual sheet: information, the
    grade is the supervisor's. Source: ES-603.04.

    Cut off after two places for showing. Raises BadFacts without a month or for one that is no
    finite number, NotInRulebook where the
    rulebook has no annual mean.
    """
    clause = next((a for a in rulebook.in_force(Assessment) if a.mean and a.sheet == "year"), None)
    if clause is None:
        raise NotInRulebook(cannot_be("no_year_mean", code=rulebook.code))
    if not totals:
        raise BadFacts({"totals": wanted("no_month_assessed")})
    if strange := [month for month, points in totals.items() if not points.is_finite()]:
        raise BadFacts({f"totals.{strange[0]}": cannot_be("no_number", number=totals[strange[0]])})
    total = sum(totals.values(), ZERO)
    mean = cut(total / len(totals))
    step = Step.of(clause.id, "score_mean", n=len(totals), total_points=total, mean_points=mean)
    return mean, step


# The weighted assessment.


class Measured(Strict):
    """So much ``done`` ``out_of`` so many; nothing out of nothing: the indicator does not apply."""

    done: Annotated[Quantity, labelled("达成数", "Done")]
    out_of: Annotated[Quantity, labelled("总数", "Out of")]


class Judged(Strict):
    """Points of 0 to 100 that somebody gave; ``by``: in which role, ``own``: to himself."""

    points: Annotated[Quantity, labelled("评分", "Points"), Field(le=100, decimal_places=2)]
    by: Annotated[Name, labelled("评分人", "Given by")]
    own: Annotated[bool, labelled("给自己评分", "To himself")] = False


class AssessmentFacts(EventFacts):
    """A month of one agent: what was measured, what was judged, and what happened."""

    month: Annotated[Month, labelled("月份", "Month")]
    measured: Annotated[dict[Name, Measured], labelled("定量指标", "Measured")]
    judged: Annotated[dict[Name, Judged], labelled("定性评分", "Judged")]


@dataclass(frozen=True, slots=True)
class AssessmentRules:
    code: str
    weights: tuple[Weight, ...]
    indicators: tuple[Indicator, ...]
    ratings: tuple[Rating, ...]
    grades: tuple[Grade, ...]  # the best first
    events: ScoreRules

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        """Raises NotInRulebook where there are no weights, RulebookError where weights or grades do
        not fit together.
        """
        weights = tuple(rulebook.in_force(Weight))
        if not weights:
            raise NotInRulebook(cannot_be("no_assessment", code=rulebook.code))
        if sum(weight.share for weight in weights) != 1:
            raise RulebookError([(rulebook.code, weights[0].id, "the weights do not add up to 1")])
        parts = {weight.part for weight in weights}
        return cls(
            code=rulebook.code,
            weights=weights,
            indicators=tuple(
                i for i in rulebook.in_force(Indicator) if i.part in parts and i.earns
            ),
            ratings=tuple(rating for rating in rulebook.in_force(Rating) if rating.part in parts),
            grades=_ladder(rulebook),
            events=ScoreRules.of(rulebook),
        )


def _ladder(rulebook: Rulebook) -> tuple[Grade, ...]:
    """The grades, the best first. Raises RulebookError where they overlap or leave a gap."""
    grades = sorted(rulebook.in_force(Grade), key=lambda g: g.at_least or ZERO, reverse=True)
    for above, below in pairwise(grades):
        if above.at_least != below.below:
            reason = f"the grade does not end where {above.id} begins"
            raise RulebookError([(rulebook.code, below.id, reason)])
    if grades and (grades[0].below is not None or grades[-1].at_least is not None):
        raise RulebookError([(rulebook.code, grades[0].id, "the grades do not cover all points")])
    return tuple(grades)


@dataclass(frozen=True, slots=True)
class Assessed:
    """``total`` and ``parts`` exactly; ``grade``: "" where the rulebook has none."""

    total: Fraction
    parts: Mapping[str, Fraction]
    grade: str
    steps: tuple[Step, ...]

    @property
    def shown(self) -> Decimal:
        """The total cut off after two places: 89.999 never looks like 90."""
        return _shown(self.total)


def assess(facts: AssessmentFacts, rules: AssessmentRules) -> Assessed:
    """Return the total of 0 to 100 and the grade.

    An indicator earns the share of its target that was reached, at most 100; one that nothing
    happened for is left out and the others weigh more. What happened comes off the total, which
    does not fall below nought. Bounds are compared exactly: 89.99 is below 90. Source: ES-204.03,
    ES-304.03, ES-603.02 to ES-603.15.

    Raises BadFacts (a number or a rating is missing, out of range, or not from whoever gives it; a
    part in which nothing applies).
    """
    _check_events(facts, rules.events)
    _check_assessment(facts, rules)
    steps: list[Step] = []
    parts: dict[str, Fraction] = {}
    total = Fraction(0)
    for weight in rules.weights:
        measured, mean, found = _part(facts, rules, weight.part)
        parts[weight.part] = measured
        total += measured * Fraction(weight.share)
        steps += found
        steps.append(
            Step.of(
                weight.id,
                "assess_part",
                part=weight.part,
                mean=mean,
                part_points=_shown(measured),
                weight_share=weight.share,
                weighted_points=_shown(measured * Fraction(weight.share)),
            )
        )
    change, found_events = events_change(facts, rules.events)
    steps += found_events
    total = max(Fraction(0), total + Fraction(change))
    weighted = [_shown(parts[weight.part] * Fraction(weight.share)) for weight in rules.weights]
    addends = _sum([*weighted, change] if change else weighted)
    clause = rules.weights[0].id
    steps.append(Step.of(clause, "assess_total", sum=addends, total_points=_shown(total)))
    for grade in rules.grades:
        if grade.at_least is None or total >= Fraction(grade.at_least):
            steps.append(_grade_step(grade, total))
            return Assessed(total, parts, grade.grade, tuple(steps))
    return Assessed(total, parts, "", tuple(steps))


def _check_assessment(facts: AssessmentFacts, rules: AssessmentRules) -> None:
    for field, known, given in (
        ("measured", {i.metric for i in rules.indicators}, facts.measured),
        ("judged", {rating.name for rating in rules.ratings}, facts.judged),
    ):
        if strange := sorted(set(given) - known):
            raise BadFacts({f"{field}.{strange[0]}": cannot_be("not_known_to", code=rules.code)})
        if lacking := sorted(known - set(given)):
            raise BadFacts({f"{field}.{lacking[0]}": wanted("not_known_for", month=facts.month)})
    for rating in rules.ratings:
        judged = facts.judged[rating.name]
        if judged.own or judged.by != rating.scorer:
            why = cannot_be("given_by", scorer=rating.scorer)
            raise BadFacts({f"judged.{rating.name}": why})


def _part(
    facts: AssessmentFacts, rules: AssessmentRules, part: str
) -> tuple[Fraction, str, list[Step]]:
    """The weighted mean of what applies, 0 to 100, and how it is made: “(100 + 90) ÷ 2”."""
    found: list[tuple[int, Fraction]] = []
    steps: list[Step] = []
    for indicator in rules.indicators:
        if indicator.part == part:
            points, told = _earned(facts.measured[indicator.metric], indicator)
            steps += told
            if points is not None:
                found.append((indicator.weight or 1, points))
    for rating in rules.ratings:
        if rating.part == part:
            given = facts.judged[rating.name]
            steps.append(
                Step.of(rating.id, "assess_rating", rating=rating.name, given_points=given.points)
            )
            found.append((rating.weight, Fraction(given.points)))
    weights = sum(weight for weight, _points in found)
    if not weights:
        raise BadFacts({part: wanted("no_data", month=facts.month)})
    return sum((w * p for w, p in found), Fraction(0)) / weights, _mean(found), steps


def _mean(found: list[tuple[int, Fraction]]) -> str:
    addends = [
        f"{_plain(_shown(points))}" + f" × {weight}" * (weight > 1) for weight, points in found
    ]
    return f"({' + '.join(addends)}) ÷ {sum(weight for weight, _points in found)}"


def _earned(measured: Measured, indicator: Indicator) -> tuple[Fraction | None, list[Step]]:
    """The points of an indicator, None where it does not apply, and why."""
    if not measured.out_of:
        if measured.done:
            raise BadFacts({f"measured.{indicator.metric}": cannot_be("out_of_nothing")})
        return None, [Step.of(indicator.id, "assess_not_applicable", metric=indicator.metric)]
    actual = Fraction(measured.done) / Fraction(measured.out_of)
    met = target_met(measured, indicator)
    points = Fraction(100)
    if not met:
        whole = indicator.earns == "all_or_nothing"
        points = Fraction(0) if whole else 100 * _reached(actual, indicator)
    shown = f"{cut(Decimal(actual.numerator) / actual.denominator, Decimal('0.0001')):f}"
    target = f"{indicator.target:f}"
    at_most = indicator.compare == "at_most"
    step = Step.of(
        indicator.id,
        "assess_met" if met else f"assess_{indicator.earns}",
        metric=indicator.metric,
        done=f"{measured.done:f}",
        out_of=f"{measured.out_of:f}",
        actual=shown,
        target=target,
        reached=f"{target} ÷ {shown}" if at_most else f"{shown} ÷ {target}",
        earned_points=_shown(points),
    )
    return points, [*_measured_by(indicator), step]


def _measured_by(indicator: Indicator) -> list[Step]:
    """The clauses that say what is counted as done, where the rulebook names them."""
    if not indicator.measured_by:
        return []
    clauses = list(indicator.measured_by)
    inputs = {"metric": indicator.metric, "clauses": clauses}
    return [Step.of(indicator.id, "assess_measured_by", **inputs)]


def _reached(actual: Fraction, indicator: Indicator) -> Fraction:
    target = Fraction(indicator.target)
    return target / actual if indicator.compare == "at_most" else actual / target


def target_met(measured: Measured, indicator: Indicator) -> bool:
    """Is the target reached? Compared unrounded; exactly the target is. Source: ES-603.07 to
    ES-603.09, OS-06.03, OS-30.06, OS-30.07.

    Raises BadFacts where nothing was measured, or more than there can be.
    """
    field = f"measured.{indicator.metric}"
    if not measured.out_of:
        raise BadFacts({field: wanted("nothing_measured")})
    if indicator.full is not None and measured.done > indicator.full * measured.out_of:
        raise BadFacts({field: cannot_be("more_than", most=indicator.full)})
    bound = indicator.target * measured.out_of
    return measured.done <= bound if indicator.compare == "at_most" else measured.done >= bound


def still_counts(indicator: Indicator, closed_on: date, again_on: date) -> bool:
    """Does what came back on ``again_on`` still count for what was closed on ``closed_on``? The last
    day does. Source: OS-30.07.

    Raises BadFacts if it came back before it was closed.
    """
    if again_on < closed_on:
        raise BadFacts({"again_on": cannot_be("before_closed")})
    days: int = indicator.given("within_days")
    return again_on - closed_on <= timedelta(days=days)


def _grade_step(grade: Grade, total: Fraction) -> Step:
    keys = {
        (True, False): "grade_from",
        (True, True): "grade_between",
        (False, True): "grade_below",
    }
    key = keys[grade.at_least is not None, grade.below is not None]
    return Step.of(
        grade.id,
        key,
        grade=grade.grade,
        least_points=grade.at_least,
        below_points=grade.below,
        total_points=_shown(total),
    )


def _shown(exact: Fraction) -> Decimal:
    return cut(Decimal(exact.numerator) / exact.denominator)


# For the calculator.


def _decide_score(rulebook: Rulebook, facts: ScoreFacts) -> Decided:
    score = month_score(facts, ScoreRules.of(rulebook))
    steps = score.steps
    found: dict[str, Any] = {"points": score.points, "extra": score.extra}
    if score.sections:
        found["sections"] = {section.name: str(section.points) for section in score.sections}
    cost = None if score.points is None else score_money(rulebook, score.points)
    if cost is not None:
        found["score_money"] = cost[0]
        steps = (*steps, *cost[1])
    return Decided.of(steps, **found)


def _decide_assessment(rulebook: Rulebook, facts: AssessmentFacts) -> Decided:
    assessed = assess(facts, AssessmentRules.of(rulebook))
    return Decided.of(assessed.steps, total=assessed.shown, grade=assessed.grade)


CALCULATIONS = (
    Calculation("month_score", Both("月度评分", "Score of a month"), ScoreFacts, _decide_score),
    Calculation(
        "assessment",
        Both("月度加权考核", "Weighted assessment"),
        AssessmentFacts,
        _decide_assessment,
    ),
)
