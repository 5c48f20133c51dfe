"""What attendance is worth: overtime by the day it falls on, lateness and its grace, absence, leave.

Hours and wages are exact fractions; what is owed is rounded once, by ``yuan``, where a line is made.
Days are those of Asia/Shanghai and come from a calendar edition that is handed in.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field

from kefu.policy.calculation import Calculation, Decided, labelled
from kefu.policy.calendars import Calendar, Date, Day, Moment
from kefu.policy.clauses import (
    AbsencePay,
    AbsenceUnit,
    HourlyPay,
    LateGrace,
    NotSet,
    TimeOff,
    WageRate,
)
from kefu.policy.clauses.base import Money, Name, Share, Strict, _no_float
from kefu.policy.moments import SHANGHAI, day_of, end_of
from kefu.policy.money import cut, yuan
from kefu.policy.months import Month, month_of, months_between
from kefu.policy.refusals import BadFacts, cannot_be, wanted
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, instant
from kefu.policy.wording import Both

__all__ = [
    "CALCULATIONS",
    "Absence",
    "Absent",
    "AttendanceRules",
    "Cost",
    "Late",
    "Lateness",
    "Leave",
    "Overtime",
    "Worked",
    "absence",
    "lateness",
    "leave_unpaid",
    "overtime",
]

SECONDS = 3600
LONGEST = timedelta(days=1)  # a longer stretch of overtime is a slip
Hours = Annotated[Decimal, Field(gt=0, le=24, decimal_places=4), BeforeValidator(_no_float)]


# Facts.


class Worked(Strict):
    """A stretch of approved overtime, breaks left out: two stretches with a gap. ``settle``: what was
    agreed on, money or time off.
    """

    starts_at: Annotated[Moment, labelled("开始", "From")]
    ends_at: Annotated[Moment, labelled("结束", "To")]
    settle: Annotated[Literal["pay", "time_off"], labelled("结算", "Settled in")] = "pay"
    specially_approved: Annotated[bool, labelled("特批支薪", "Specially approved for pay")] = False


class Late(Strict):
    """Coming late once, in whole minutes, seconds dropped."""

    on: Annotated[Date, labelled("日期", "Day")]
    minutes: Annotated[
        int, labelled("迟到", "Late by", "minutes"), Field(strict=True, ge=1, le=1440)
    ]


class Absent(Strict):
    """Scheduled hours not worked without leave, noon breaks left out; one entry an absence."""

    on: Annotated[Date, labelled("日期", "Day")]
    hours: Annotated[Hours, labelled("旷工时数", "Hours absent", "hours")]


class Leave(Strict):
    """Scheduled hours of approved leave."""

    leave: Annotated[Name, labelled("假别", "Kind of leave")]
    on: Annotated[Date, labelled("日期", "Day")]
    hours: Annotated[Hours, labelled("请假时数", "Hours of leave", "hours")]


# Rules.


@dataclass(frozen=True, slots=True)
class AttendanceRules:
    """The clauses of attendance money, looked up once."""

    code: str
    rate: WageRate | None
    overtime: Mapping[str, HourlyPay]  # by day type
    time_off: TimeOff | None
    graces: tuple[LateGrace, ...]
    unit: AbsenceUnit | None
    absence: AbsencePay | None

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        hourly = {clause.of: clause for clause in rulebook.in_force(HourlyPay)}
        return cls(
            code=rulebook.code,
            rate=next(rulebook.in_force(WageRate), None),
            overtime={
                of.removeprefix("overtime_"): clause
                for of, clause in hourly.items()
                if of.startswith("overtime_")
            },
            time_off=next(rulebook.in_force(TimeOff), None),
            graces=tuple(rulebook.in_force(LateGrace)),
            unit=next(rulebook.in_force(AbsenceUnit), None),
            absence=next(rulebook.in_force(AbsencePay), None),
        )

    def wage_rate(self) -> WageRate:
        """Raises NotSet where the regulation does not say what an hour is worth."""
        if self.rate is None:
            raise NotSet(self.code, "wage_rate")
        return self.rate

    def hour(self, base: Decimal) -> Fraction:
        """The wage of an hour, exactly. Raises NotSet."""
        rate = self.wage_rate()
        return Fraction(base) / Fraction(rate.days) / Fraction(rate.hours)


@dataclass(frozen=True, slots=True)
class Cost:
    """One line of money: what the clause pays, or takes, rounded once."""

    clause: str
    amount: Decimal
    steps: tuple[Step, ...]


# Overtime.


@dataclass(frozen=True, slots=True)
class Overtime:
    """``pay``: a line for each kind of day; ``time_off``: hours given back; ``warnings``: hours of a
    statutory holiday that time off does not settle.
    """

    pay: tuple[Cost, ...]
    time_off: Fraction
    steps: tuple[Step, ...]
    warnings: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    day: Day
    hours: Fraction
    starts_at: datetime
    ends_at: datetime
    paid: bool


def overtime(
    month: Month,
    worked: Iterable[Worked],
    base: Decimal,
    calendar: Calendar,
    rules: AttendanceRules,
    *,
    post_allowance: bool = False,
) -> Overtime:
    """Return what the overtime of a month is paid or given back.

    A stretch is parted at midnight, and each part is of its own day: a statutory holiday, another
    rest day, or a working day, make-up days among them. Parts of another month are that month's. In a
    year whose holidays the calendar does not know the week decides, and a step says so.
    Who gets a post allowance has the hours back as time off unless they were specially approved.
    Source: ES-132.02, ES-132.04 to ES-132.08.

    ``base`` is the month's base wage in yuan. Raises BadFacts (a stretch without length, two that
    overlap, one of another month), NotSet (the rulebook pays no such hours).
    """
    pieces = list(_pieces(month, worked, calendar, rules, post_allowance))
    lines = []
    for type_ in dict.fromkeys(piece.day.type for piece in pieces if piece.paid):
        paid = [piece for piece in pieces if piece.paid and piece.day.type == type_]
        lines.append(_overtime_line(paid, base, type_, rules))
    back = [piece for piece in pieces if not piece.paid]
    hours, steps, warnings = _time_off(back, rules)
    return Overtime(tuple(lines), hours, steps, warnings)


def _pieces(
    month: Month,
    worked: Iterable[Worked],
    calendar: Calendar,
    rules: AttendanceRules,
    post_allowance: bool,
) -> Iterator[_Piece]:
    covered_to: datetime | None = None
    for stretch in sorted(worked, key=lambda w: instant(w.starts_at)):
        starts_at, ends_at = instant(stretch.starts_at), instant(stretch.ends_at)
        if ends_at <= starts_at:
            raise BadFacts({"overtime": cannot_be("no_length", which_at=starts_at)})
        if ends_at - starts_at > LONGEST:
            raise BadFacts({"overtime": cannot_be("longer_than_day", which_at=starts_at)})
        if covered_to is not None and starts_at < covered_to:
            raise BadFacts({"overtime": cannot_be("overlaps", which_at=starts_at)})
        covered_to = ends_at
        paid = stretch.specially_approved or not post_allowance or rules.time_off is None
        pieces = list(_by_day(starts_at, ends_at))
        if not any(month_of(day) == month for day, _from, _to in pieces):
            raise BadFacts({"overtime": cannot_be("other_month", which_at=starts_at, month=month)})
        for day, from_, to in pieces:
            if month_of(day) != month:
                continue
            hours = Fraction((to - from_).total_seconds()) / SECONDS
            yield _Piece(calendar.day(day), hours, from_, to, paid and stretch.settle == "pay")


def _by_day(starts_at: datetime, ends_at: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    while starts_at < ends_at:
        day = day_of(starts_at)
        until = min(ends_at, end_of(day))
        yield day, starts_at, until
        starts_at = until


def _overtime_line(pieces: list[_Piece], base: Decimal, type_: str, rules: AttendanceRules) -> Cost:
    clause = rules.overtime.get(type_)
    if clause is None:
        raise NotSet(rules.code, f"hourly_pay.overtime_{type_}")
    rate = rules.wage_rate()
    multiplier: Decimal = clause.given("multiplier")
    hours = sum((piece.hours for piece in pieces), Fraction(0))
    amount = yuan(exact(hours * rules.hour(base) * Fraction(multiplier)))
    parts = tuple(
        Step.of(
            clause.id,
            "overtime_part",
            on=piece.day.on,
            begins=_wall(piece.starts_at),
            ends="24:00" if day_of(piece.ends_at) > piece.day.on else _wall(piece.ends_at),
            day_type=type_,
            number=shown(piece.hours),
        )
        for piece in pieces
    )
    total = Step.of(
        clause.id,
        "overtime_line",
        number=shown(hours),
        base_yuan=base,
        rate_days=f"{rate.days:f}",
        rate_hours=f"{rate.hours:f}",
        rate_clause=rate.id,
        multiplier_percent=multiplier,
        amount_yuan=amount,
    )
    return Cost(clause.id, amount, (*parts, *_unknown_years(clause.id, pieces), total))


def _unknown_years(clause: str, pieces: Iterable[_Piece]) -> tuple[Step, ...]:
    """A step for each year of which the calendar does not know the holidays."""
    years = dict.fromkeys(piece.day.on.year for piece in pieces if not piece.day.known)
    return tuple(Step.of(clause, "year_unknown", year=year) for year in years)


def _wall(moment: datetime) -> str:
    """The Shanghai time of a moment: "18:30", with its seconds if it has any."""
    local = moment.astimezone(SHANGHAI)
    return local.strftime("%H:%M:%S" if local.second else "%H:%M")


def _time_off(
    pieces: list[_Piece], rules: AttendanceRules
) -> tuple[Fraction, tuple[Step, ...], tuple[Step, ...]]:
    if not pieces:
        return Fraction(0), (), ()
    clause = rules.time_off
    if clause is None:
        raise NotSet(rules.code, "time_off")
    hours = sum((piece.hours for piece in pieces), Fraction(0))
    given = hours * Fraction(clause.ratio)
    step = Step.of(
        clause.id,
        "time_off",
        number=shown(hours),
        ratio=f"{clause.ratio:f}",
        given=shown(given),
    )
    holidays = [piece for piece in pieces if piece.day.type == "statutory_holiday"]
    warnings: tuple[Step, ...] = ()
    if holidays and clause.statutory == "warn":
        owed = sum((piece.hours for piece in holidays), Fraction(0))
        warnings = (Step.of(clause.id, "time_off_statutory", number=shown(owed)),)
    return given, (*_unknown_years(clause.id, pieces), step, *warnings), warnings


# Lateness.


@dataclass(frozen=True, slots=True)
class Lateness:
    """``charged``: what costs something, if the regulation says what; ``graced``: what does not, and
    is shown in the annual assessment.
    """

    charged: tuple[Late, ...]
    graced: tuple[Late, ...]
    steps: tuple[Step, ...]


def lateness(month: Month, lates: Iterable[Late], rules: AttendanceRules) -> Lateness:
    """Return which of a month's late arrivals are let pass.

    ``lates`` reaches back as far as the longest grace looks. Within the minutes of a grace the first
    ones of its period pass, and only those in excess are charged; of two graces either suffices or
    both are needed, as the rulebook says. Without a grace every one is charged. Source: ES-133.16,
    ES-133.17.

    Raises BadFacts for a late arrival after the month.
    """
    known = sorted(lates, key=lambda late: late.on)
    for late in known:
        if months_between(month, month_of(late.on)) > 0:
            raise BadFacts({"lates": cannot_be("after_month", on=late.on, month=month)})
    both = any(grace.join == "both" for grace in rules.graces)
    charged: list[Late] = []
    graced: list[Late] = []
    steps: list[Step] = []
    for position, late in enumerate(known):
        if month_of(late.on) != month:
            continue
        passes = [_passes(grace, month, known[: position + 1]) for grace in rules.graces]
        verdicts = [met for met, _nth in passes]
        free = bool(verdicts) and (all(verdicts) if both else any(verdicts))
        (graced if free else charged).append(late)
        for grace, (met, nth) in zip(rules.graces, passes, strict=True):
            steps.append(_grace_step(grace, late, nth, met=met))
        for grace in rules.graces:
            if grace.join is not None:
                key = f"late_{'passed' if free else 'charged'}_{grace.join}"
                steps.append(Step.of(grace.id, key, on=late.on))
    return Lateness(tuple(charged), tuple(graced), tuple(steps))


def _passes(grace: LateGrace, month: Month, up_to: list[Late]) -> tuple[bool, int]:
    """Whether the last of these passes, and the how-manieth of its period it is; 0: too late."""
    if up_to[-1].minutes > grace.max_minutes:
        return False, 0
    counted = [
        late
        for late in up_to
        if late.minutes <= grace.max_minutes and _in_window(grace, month, month_of(late.on))
    ]
    return len(counted) <= grace.times, len(counted)


def _in_window(grace: LateGrace, month: Month, other: Month) -> bool:
    if grace.window == "quarter":
        same_year = other[:4] == month[:4]
        return same_year and (int(other[5:]) - 1) // 3 == (int(month[5:]) - 1) // 3
    return months_between(other, month) < grace.months


def _grace_step(grace: LateGrace, late: Late, nth: int, *, met: bool) -> Step:
    key = "grace_met" if met else "grace_used_up" if nth else "grace_too_late"
    return Step.of(
        grace.id,
        key,
        on=late.on,
        late_minutes=late.minutes,
        max_minutes=grace.max_minutes,
        months=grace.months,
        n=nth,
        times=grace.times,
    )


# Absence and leave.


@dataclass(frozen=True, slots=True)
class Absence:
    """``unpaid``: the wage that was not earned; ``penalty``: what is taken besides; both in yuan,
    together what the clause takes.
    """

    units: Fraction
    unpaid: Decimal
    penalty: Decimal
    clause: str
    steps: tuple[Step, ...]


def absence(absences: Iterable[Absent], base: Decimal, rules: AttendanceRules) -> Absence | None:
    """Return what absence costs, or None where there was none.

    Each absence is charged in units, a part of one as the rulebook says; a unit costs so many daily
    wages, several times over. The wage that was not earned is a part of that, or comes off besides.
    Source: ES-132.08, ES-133.21, ES-133.22.

    ``base`` is the month's base wage in yuan. Raises NotSet where the rulebook prices no absence.
    """
    known = sorted(absences, key=lambda a: a.on)
    if not known:
        return None
    unit, pay, rate = rules.unit, rules.absence, rules.wage_rate()
    if unit is None or pay is None:
        raise NotSet(rules.code, "absence_pay")
    counted = [(absent, _units(absent.hours, unit)) for absent in known]
    units = sum((number for _absent, number in counted), Fraction(0))
    hours = sum((Fraction(absent.hours) for absent in known), Fraction(0))
    day = Fraction(base) / Fraction(rate.days)
    total = yuan(exact(units * Fraction(pay.days) * Fraction(pay.multiplier) * day))
    unpaid = yuan(exact(hours * rules.hour(base)))
    if pay.includes_unpaid:
        unpaid = min(unpaid, total)
        penalty = total - unpaid
    else:
        penalty = total
    steps = tuple(
        Step.of(
            unit.id,
            f"absence_units_{unit.part}",
            on=absent.on,
            hours=f"{absent.hours:f}",
            unit_hours=f"{unit.hours:f}",
            units=shown(number),
        )
        for absent, number in counted
    )
    last = Step.of(
        pay.id,
        "absence_total" if pay.includes_unpaid else "absence_total_besides",
        units=shown(units),
        unit_days=f"{pay.days:f}",
        multiplier=f"{pay.multiplier:f}",
        base_yuan=base,
        rate_days=f"{rate.days:f}",
        rate_hours=f"{rate.hours:f}",
        hours=shown(hours),
        total_yuan=total,
        unpaid_yuan=unpaid,
        penalty_yuan=penalty,
    )
    return Absence(units, unpaid, penalty, pay.id, (*steps, last))


def _units(hours: Decimal, unit: AbsenceUnit) -> Fraction:
    exactly = Fraction(hours) / Fraction(unit.hours)
    match unit.part:
        case "up":
            return Fraction(-(-exactly.numerator // exactly.denominator))
        case "down":
            return Fraction(exactly.numerator // exactly.denominator)
    return exactly


def leave_unpaid(
    leaves: Iterable[Leave],
    shares: Mapping[str, Decimal],
    base: Decimal,
    rules: AttendanceRules,
) -> tuple[Cost, ...]:
    """Return the wage that is not earned during leave, a line for each kind that is not paid in full.

    ``shares``: by kind, the share of the wage that is paid, from the house's edition of rates. The
    hour is worth what ES-132.08 says.

    Raises BadFacts for a kind without a share, NotSet where an hour has no price.
    """
    hours: dict[str, Fraction] = {}
    for leave in leaves:
        hours[leave.leave] = hours.get(leave.leave, Fraction(0)) + Fraction(leave.hours)
    lines = []
    for kind, number in hours.items():
        if kind not in shares:
            raise BadFacts({f"leave_shares.{kind}": wanted("share_not_set")})
        rate = rules.wage_rate()
        amount = yuan(exact(number * rules.hour(base) * (1 - Fraction(shares[kind]))))
        step = Step.of(
            rate.id,
            "leave_unpaid",
            leave=kind,
            number=shown(number),
            paid_share=shares[kind],
            base_yuan=base,
            rate_days=f"{rate.days:f}",
            rate_hours=f"{rate.hours:f}",
            amount_yuan=amount,
        )
        if amount:
            lines.append(Cost(rate.id, amount, (step,)))
    return tuple(lines)


def exact(number: Fraction) -> Decimal:
    """A fraction as a decimal with all the places there are (28): to be rounded once."""
    return Decimal(number.numerator) / number.denominator


def shown(number: Fraction) -> str:
    """A number of hours or units for reading: "2", "1.5", "0.3333"."""
    text = f"{cut(exact(number), Decimal('0.0001')):f}"
    return text.rstrip("0").rstrip(".")


# For the calculator.


class OvertimeFacts(Strict):
    month: Annotated[Month, labelled("月份", "Month")]
    base: Annotated[Money, labelled("月基本工资", "Base wage of the month", "yuan")]
    worked: Annotated[
        tuple[Worked, ...], labelled("加班时段", "Stretches worked"), Field(max_length=200)
    ]
    calendar: Annotated[Calendar, labelled("工作日历", "Calendar edition")]
    post_allowance: Annotated[bool, labelled("领职务加给", "Gets a post allowance")] = False


class LatenessFacts(Strict):
    month: Annotated[Month, labelled("月份", "Month")]
    lates: Annotated[
        tuple[Late, ...], labelled("近三个月的迟到", "Late in three months"), Field(max_length=400)
    ]


class AbsenceFacts(Strict):
    base: Annotated[Money, labelled("月基本工资", "Base wage of the month", "yuan")]
    absences: Annotated[
        tuple[Absent, ...], labelled("旷工", "Absences"), Field(max_length=100)
    ] = ()
    leaves: Annotated[tuple[Leave, ...], labelled("请假", "Leave"), Field(max_length=100)] = ()
    leave_shares: Annotated[
        dict[Name, Share], labelled("各假别计薪比例", "Share paid by kind of leave")
    ] = {}


def _decide_overtime(rulebook: Rulebook, facts: OvertimeFacts) -> Decided:
    found = overtime(
        facts.month,
        facts.worked,
        facts.base,
        facts.calendar,
        AttendanceRules.of(rulebook),
        post_allowance=facts.post_allowance,
    )
    steps = (*(step for line in found.pay for step in line.steps), *found.steps)
    lines = [{"clause": line.clause, "amount": str(line.amount)} for line in found.pay]
    total = sum((line.amount for line in found.pay), Decimal("0.00"))
    return Decided.of(steps, lines=lines, total=total, time_off=shown(found.time_off))


def _decide_lateness(rulebook: Rulebook, facts: LatenessFacts) -> Decided:
    found = lateness(facts.month, facts.lates, AttendanceRules.of(rulebook))
    charged = [late.on.isoformat() for late in found.charged]
    graced = [late.on.isoformat() for late in found.graced]
    return Decided.of(found.steps, charged=charged, graced=graced)


def _decide_absence(rulebook: Rulebook, facts: AbsenceFacts) -> Decided:
    rules = AttendanceRules.of(rulebook)
    found = absence(facts.absences, facts.base, rules)
    unpaid = leave_unpaid(facts.leaves, facts.leave_shares, facts.base, rules)
    steps = (*(found.steps if found else ()), *(step for line in unpaid for step in line.steps))
    off = sum((line.amount for line in unpaid), found.unpaid if found else Decimal("0.00"))
    penalty = found.penalty if found else Decimal("0.00")
    return Decided.of(steps, unpaid=off, penalty=penalty)


CALCULATIONS = (
    Calculation("overtime", Both("加班工资", "Overtime"), OvertimeFacts, _decide_overtime),
    Calculation(
        "lateness", Both("迟到宽限", "Lateness and grace"), LatenessFacts, _decide_lateness
    ),
    Calculation("absence", Both("旷工与请假", "Absence and leave"), AbsenceFacts, _decide_absence),
)
