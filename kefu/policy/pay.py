"""The payslip of one employee and month: facts in, lines with their clause and arithmetic out.

Each line is rounded once, half up to the fen, and the lines add up to what is paid out. Deductions
stop at the limits of the place; what is above them is shown as not deducted and goes nowhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field

from kefu.policy.attendance import (
    Absent,
    AttendanceRules,
    Leave,
    Worked,
    absence,
    leave_unpaid,
    overtime,
    shown,
)
from kefu.policy.calculation import Calculation, Decided, labelled
from kefu.policy.calendars import Calendar, Date
from kefu.policy.clauses import (
    Allowance,
    Award,
    BasePay,
    Consequence,
    ExtraPoints,
    HourlyPay,
    NotSet,
    PerformancePay,
    PieceBonus,
    Reward,
    ScoreEvent,
    ScoreSheet,
    Seniority,
    TeamBonus,
    WageFormula,
    is_chinese,
)
from kefu.policy.clauses.attendance import AttendanceEvent
from kefu.policy.clauses.base import (
    Amount,
    ClauseId,
    Money,
    Name,
    Quantity,
    Share,
    Strict,
    Text,
    _no_float,
)
from kefu.policy.money import cut, yuan
from kefu.policy.months import Month, first_day, last_day, month_of, months_between
from kefu.policy.refusals import BadFacts, NotInRulebook, OtherKind, cannot_be, wanted
from kefu.policy.rulebook import Rulebook
from kefu.policy.scores import ScoreMoney
from kefu.policy.steps import Step
from kefu.policy.wording import WORDS, Both

__all__ = [
    "CALCULATIONS",
    "Adjustment",
    "Forfeit",
    "Given",
    "Limits",
    "Owed",
    "PayFacts",
    "PayLine",
    "PayRules",
    "Payslip",
    "Piece",
    "PoolFacts",
    "Stint",
    "idea_reward",
    "payslip",
    "payslips",
    "pool",
    "reward",
    "room",
]

ZERO = Decimal("0.00")
Times = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Signed = Annotated[
    Decimal,
    BeforeValidator(_no_float),
    Field(ge=-1_000_000, le=1_000_000, decimal_places=2),
]


# Facts.


class Piece(Strict):
    """So many pieces of work of one kind with the same things on record (``done``)."""

    of: Annotated[Name, labelled("种类", "Kind")]
    count: Annotated[Times, labelled("数量", "How many")] = 1
    done: Annotated[frozenset[Name], labelled("已记录", "On record")] = frozenset()


class Forfeit(Strict):
    """A part of the wage that is lost this month, and the clause that says so."""

    part: Annotated[
        Literal["performance", "full_attendance"], labelled("工资项目", "Part of the wage")
    ]
    clause: Annotated[ClauseId, labelled("条款", "Clause")]


class Given(Strict):
    """An award somebody was chosen for; ``amount`` where the clause leaves it to the approver."""

    clause: Annotated[ClauseId, labelled("条款", "Clause")]
    amount: Annotated[Money | None, labelled("金额", "Amount", "yuan")] = None


class Owed(Strict):
    """A penalty or charge that is payable this month."""

    clause: Annotated[ClauseId, labelled("条款", "Clause")]
    amount: Annotated[Money, labelled("金额", "Amount", "yuan")]


class Adjustment(Strict):
    """What a month that is locked should have been paid more, or less."""

    clause: Annotated[ClauseId, labelled("条款", "Clause")]
    amount: Annotated[Signed, labelled("金额", "Amount", "yuan")]
    of_month: Annotated[Month, labelled("所属月份", "Month it belongs to")]


class Stint(Strict):
    """The days somebody worked in this department under these rules, where the month has others too."""

    from_on: Annotated[Date, labelled("自", "From")]
    until_on: Annotated[Date, labelled("至", "Until")]


class Limits(Strict):
    """The place's limits on deductions from employees, as an edition that never changes.

    ``share`` of the month's wage at most, and with ``keeps_minimum`` never below the
    ``minimum_wage``. ``deductions`` false: nothing is deducted there at all.
    """

    edition: Annotated[Text, labelled("版本", "Edition")]
    share: Annotated[Share, labelled("最多扣工资的比例", "Share of the wage at most")]
    minimum_wage: Annotated[Money | None, labelled("当地最低工资", "Local minimum wage", "yuan")]
    keeps_minimum: Annotated[bool, labelled("不低于最低工资", "Never below it")] = True
    deductions: Annotated[bool, labelled("允许扣员工工资", "Deductions allowed")] = True


class PayFacts(Strict):
    """What is known of one employee's month. Amounts in yuan.

    ``base``: the agreed wage, where no clause gives one. ``assessed`` false: a month without
    assessment. ``stint``: only these days of the month are paid here; what is paid by the month is paid in
    proportion, what happened is given to the slip of the day it happened on. ``team_scores``: of the staff of a supervisor. ``penalties`` are taken in this
    order, after what lost points cost. ``calendar`` is needed for overtime only.
    """

    month: Annotated[Month, labelled("月份", "Month")]
    hired_on: Annotated[Date, labelled("入职日期", "Joined on")]
    left_on: Annotated[Date | None, labelled("离职日期", "Left on")] = None
    department: Annotated[Name, labelled("部门", "Department")]
    post: Annotated[Name | None, labelled("岗位", "Post")] = None
    stint: Annotated[Stint | None, labelled("在本部门的日子", "Days in this department")] = None
    base: Annotated[Money | None, labelled("约定基本工资", "Agreed base wage", "yuan")] = None
    limits: Annotated[Limits, labelled("扣款限制", "Limits on deductions")]
    score: Annotated[Quantity | None, labelled("考核分", "Score")] = None
    grade: Annotated[Name | None, labelled("考核等级", "Grade")] = None
    assessed: Annotated[bool, labelled("本月有考核", "Assessed this month")] = True
    pieces: Annotated[
        tuple[Piece, ...],
        labelled("报告与投诉记录", "Reports and complaints"),
        Field(max_length=200),
    ] = ()
    pool_paid: Annotated[Amount, labelled("主管分配", "Given from the pool", "yuan")] = ZERO
    hours: Annotated[dict[Name, Quantity], labelled("计时", "Hours by kind", "hours")] = {}
    overtime: Annotated[
        tuple[Worked, ...], labelled("加班时段", "Overtime worked"), Field(max_length=200)
    ] = ()
    calendar: Annotated[Calendar | None, labelled("工作日历", "Calendar edition")] = None
    post_allowance: Annotated[bool, labelled("领职务加给", "Gets a post allowance")] = False
    attendance: Annotated[
        dict[AttendanceEvent, Times], labelled("考勤记录", "Attendance events")
    ] = {}
    absences: Annotated[
        tuple[Absent, ...], labelled("旷工", "Absences"), Field(max_length=100)
    ] = ()
    leaves: Annotated[tuple[Leave, ...], labelled("请假", "Leave"), Field(max_length=100)] = ()
    leave_shares: Annotated[
        dict[Name, Share], labelled("各假别计薪比例", "Share paid by kind of leave")
    ] = {}
    team_scores: Annotated[
        tuple[Quantity, ...] | None, labelled("下属考核分", "Scores of the team")
    ] = None
    awards: Annotated[tuple[Given, ...], labelled("奖励", "Awards"), Field(max_length=100)] = ()
    forfeited: Annotated[
        tuple[Forfeit, ...], labelled("取消的项目", "Parts lost"), Field(max_length=20)
    ] = ()
    penalties: Annotated[
        tuple[Owed, ...], labelled("本月应扣", "Payable this month"), Field(max_length=500)
    ] = ()
    adjustments: Annotated[
        tuple[Adjustment, ...], labelled("往月调整", "Adjustments"), Field(max_length=200)
    ] = ()


# The slip.


@dataclass(frozen=True, slots=True)
class PayLine:
    """One line: the clause it rests on ("" for the agreed wage), a yuan amount with its sign, and
    how it comes about.
    """

    clause: str
    part: str
    label_zh: str
    label_en: str
    amount: Decimal
    steps: tuple[Step, ...]

    def label(self, language: str) -> str:
        return self.label_zh if is_chinese(language) else self.label_en

    def to_json(self) -> dict[str, Any]:
        return {
            "clause": self.clause,
            "part": self.part,
            "label_zh": self.label_zh,
            "label_en": self.label_en,
            "amount": str(self.amount),
            "steps": [step.to_json() for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class Payslip:
    """``lines`` add up to ``net``. ``gross``: the wage of the month, unpaid hours taken off;
    ``deductions``: what came off it; ``excess``: line by line what the limits did not let come off,
    together ``not_deducted``. ``time_off``: overtime hours given back. ``not_set``: blanks of the
    rulebook that were paid nothing, (clause, setting): whoever locks the month fills them first.
    """

    lines: tuple[PayLine, ...]
    gross: Decimal
    deductions: Decimal
    net: Decimal
    excess: tuple[PayLine, ...]
    not_deducted: Decimal
    time_off: Fraction
    not_set: tuple[tuple[str, str], ...]
    notes: tuple[Step, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The whole arithmetic, line after line, then the notes and the sum."""
        lines = (*self.lines, *self.excess)
        return (*(step for line in lines for step in line.steps), *self.notes)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: amounts as text, the lines with their steps."""
        return {
            "lines": [line.to_json() for line in self.lines],
            "excess": [line.to_json() for line in self.excess],
            "gross": str(self.gross),
            "deductions": str(self.deductions),
            "net": str(self.net),
            "not_deducted": str(self.not_deducted),
            "time_off": shown(self.time_off),
            "not_set": [list(pair) for pair in self.not_set],
            "notes": [step.to_json() for step in self.notes],
        }


@dataclass(frozen=True, slots=True)
class PayRules:
    """The clauses of a wage, looked up once for all payslips of a rulebook."""

    code: str
    labels: Mapping[str, tuple[str, str]]
    bases: tuple[BasePay, ...]  # the longest service first
    formulas: Mapping[str, WageFormula]
    general: WageFormula | None
    departments: frozenset[str]
    seniority: Mapping[str, Seniority]
    performance: PerformancePay | None
    best: Decimal | None  # the highest score there can be; None: no end
    grades: Mapping[str, Allowance]
    bonuses: tuple[PieceBonus, ...]
    pool: PieceBonus | None
    pieces: frozenset[str]
    allowances: tuple[Allowance, ...]
    team: TeamBonus | None
    awards: Mapping[str, Award]
    hourly: Mapping[str, HourlyPay]
    attendance: AttendanceRules
    score_money: ScoreMoney | None
    absence_fine: str | None  # the clause by which absence is a penalty instead

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        formulas = tuple(rulebook.in_force(WageFormula))
        allowances = tuple(rulebook.in_force(Allowance))
        bonuses = tuple(rulebook.in_force(PieceBonus))
        return cls(
            code=rulebook.code,
            labels={clause.id: (clause.label_zh, clause.label_en) for clause in rulebook.clauses},
            bases=tuple(sorted(rulebook.in_force(BasePay), key=lambda b: -b.from_month)),
            formulas={name: formula for formula in formulas for name in formula.departments},
            general=next((formula for formula in formulas if not formula.departments), None),
            departments=_departments(formulas, allowances),
            seniority={clause.part: clause for clause in rulebook.in_force(Seniority)},
            performance=next(rulebook.in_force(PerformancePay), None),
            best=_best(rulebook),
            grades={a.grade: a for a in allowances if a.grade is not None},
            bonuses=tuple(bonus for bonus in bonuses if bonus.to == "author"),
            pool=next((bonus for bonus in bonuses if bonus.to == "pool"), None),
            pieces=frozenset(kind for bonus in bonuses for kind in bonus.of),
            allowances=tuple(allowance for allowance in allowances if allowance.grade is None),
            team=next(rulebook.in_force(TeamBonus), None),
            awards={award.id: award for award in rulebook.in_force(Award)},
            hourly={h.of: h for h in rulebook.in_force(HourlyPay) if h.multiplier is None},
            attendance=AttendanceRules.of(rulebook),
            score_money=ScoreMoney.of(rulebook),
            absence_fine=next(
                (c.id for c in rulebook.in_force(Consequence) if "absent" in c.needs), None
            ),
        )

    def citing(self, others: Iterable["PayRules"]) -> "PayRules":
        """The same rules, beside clauses of other rulebooks: a fine is imposed by the edition that judges its matter."""
        labels = {clause: label for other in others for clause, label in other.labels.items()}
        return replace(self, labels={**labels, **self.labels}) if labels else self

    def pooled(self, bonus: PieceBonus) -> Decimal:
        """What of each bonus goes into the supervisor's pool, in yuan."""
        pool = self.pool
        if pool is None or pool.source != "from_bonus" or not set(bonus.of) & set(pool.of):
            return Decimal(0)
        return pool.amount

    def line(self, clause: str, part: str, amount: Decimal, *steps: Step) -> PayLine:
        label_zh, label_en = self.labels.get(clause) or WORDS[f"part.{part}"]
        return PayLine(clause, part, label_zh, label_en, amount, steps)


def _departments(
    formulas: tuple[WageFormula, ...], allowances: tuple[Allowance, ...]
) -> frozenset[str]:
    """The departments a rulebook with formulas pays; without formulas any will do."""
    if not formulas:
        return frozenset()
    named = [formula.departments for formula in formulas]
    named += [allowance.departments for allowance in allowances]
    return frozenset(department for departments in named for department in departments)


def _best(rulebook: Rulebook) -> Decimal | None:
    """The full sheet and the most that extra points add; a sheet without sections goes up freely."""
    sheet = next((s for s in rulebook.in_force(ScoreSheet) if s.of == "agent" and s.sections), None)
    if sheet is None or sheet.total is None:
        return None
    return sheet.total + sum(extra.limit for extra in rulebook.in_force(ExtraPoints))


def payslip(facts: PayFacts, rules: PayRules, *, most: Decimal | None = None) -> Payslip:
    """Return the payslip of one employee and month; ``most``: what may come off it where it is a part of a month.

    Earnings come first, then what was not earned (absence, unpaid leave), together the wage; then
    deductions in the order given, as far as the limits of the place reach. Source: CD-12.41,
    CD-12.74 to CD-12.97, ES-116.01 to ES-204.06, ES-603.17 to ES-603.20, SD-233.05, SD-233.06,
    SD-233.14, SD-233.16, SD-233.46.

    Raises BadFacts (facts that cannot be, that are missing, or that name what the rulebook does not
    have), NotSet (a blank of the rulebook without which the wage is not known).
    """
    slip = _Slip(facts, rules, most)
    slip.check()
    slip.earn()
    slip.take_unpaid()
    slip.deduct()
    return slip.made()


def payslips(parts: Sequence[tuple[PayFacts, PayRules]]) -> list[tuple[Payslip, Decimal | None]]:
    """Return the payslips of the parts of one month, each with what was let come off it: the limits hold for the
    wage of the whole month, and the parts use them up one after the other.
    """
    if len(parts) == 1:
        return [(payslip(*parts[0]), None)]
    gross = sum((payslip(*part, most=ZERO).gross for part in parts), ZERO)
    left, _why = room(gross, parts[0][0].limits)
    made: list[tuple[Payslip, Decimal | None]] = []
    for part in parts:
        slip = payslip(*part, most=left)
        made.append((slip, left))
        left -= slip.deductions
    return made


@dataclass(slots=True)
class _Slip:
    """One payslip being made."""

    facts: PayFacts
    rules: PayRules
    most: Decimal | None = None
    lines: list[PayLine] = field(default_factory=list)
    excess: list[PayLine] = field(default_factory=list)
    notes: list[Step] = field(default_factory=list)
    not_set: list[tuple[str, str]] = field(default_factory=list)
    owed: list[tuple[str, str, Decimal, tuple[Step, ...]]] = field(default_factory=list)
    parts: frozenset[str] | None = None  # None: all
    lost: dict[str, str] = field(default_factory=dict)
    base: Decimal = ZERO  # as it is paid
    full: Decimal = ZERO  # of a whole month: what an hour is worth goes by it
    gross: Decimal = ZERO
    time_off: Fraction = Fraction(0)
    service: int = 0  # whole months between the month of joining and this one

    # Whether the facts can be.

    def check(self) -> None:
        facts, rules = self.facts, self.rules
        self.service = months_between(month_of(facts.hired_on), facts.month)
        if self.service < 0:
            raise BadFacts({"hired_on": cannot_be("joined_after", month=facts.month)})
        if facts.left_on is not None:
            if facts.left_on < facts.hired_on:
                raise BadFacts({"left_on": cannot_be("left_before_joining")})
            if facts.left_on < first_day(facts.month):
                raise BadFacts({"left_on": cannot_be("left_before", month=facts.month)})
        if rules.departments and facts.department not in rules.departments:
            why = cannot_be("no_department", code=rules.code, department=facts.department)
            raise BadFacts({"department": why})
        self._check_days()
        self._check_names()
        self.lost = {forfeit.part: forfeit.clause for forfeit in facts.forfeited}

    def _check_days(self) -> None:
        """What was not worked lies in the month, between joining and leaving."""
        facts = self.facts
        first = max(first_day(facts.month), facts.hired_on)
        last = min(last_day(facts.month), facts.left_on or date.max)
        if facts.stint is not None:
            if not first <= facts.stint.from_on <= facts.stint.until_on <= last:
                why = cannot_be("not_within", on=facts.stint.from_on, first_on=first, last_on=last)
                raise BadFacts({"stint": why})
            first, last = facts.stint.from_on, facts.stint.until_on
        for fact, missed in (("absences", facts.absences), ("leaves", facts.leaves)):
            for one in missed:
                if not first <= one.on <= last:
                    why = cannot_be("not_within", on=one.on, first_on=first, last_on=last)
                    raise BadFacts({fact: why})

    def _check_names(self) -> None:
        facts, rules = self.facts, self.rules
        cited = (
            ("penalties", facts.penalties),
            ("forfeited", facts.forfeited),
            ("adjustments", facts.adjustments),
        )
        for fact, named in cited:
            for one in named:
                if one.clause not in rules.labels:
                    why = cannot_be("no_such_clause", code=rules.code)
                    raise BadFacts({f"{fact}.{one.clause}": why})
        computed = {band.id for band in rules.score_money.table} if rules.score_money else set()
        for owed in facts.penalties:
            if owed.clause in computed:
                raise BadFacts({f"penalties.{owed.clause}": cannot_be("computed_from_score")})
        for given in facts.awards:
            if given.clause not in rules.awards:
                raise BadFacts({f"awards.{given.clause}": cannot_be("no_award", code=rules.code)})
        for piece in facts.pieces:
            if piece.of not in rules.pieces:
                raise BadFacts({f"pieces.{piece.of}": cannot_be("pays_no_piece", code=rules.code)})
        for kind in facts.hours:
            if kind not in rules.hourly:
                raise BadFacts({f"hours.{kind}": cannot_be("pays_no_hours", code=rules.code)})
        for adjustment in facts.adjustments:
            if months_between(adjustment.of_month, facts.month) < 1:
                why = cannot_be("no_earlier_month", month=adjustment.of_month)
                raise BadFacts({"adjustments": why})
        if facts.pool_paid and rules.pool is None:
            raise BadFacts({"pool_paid": cannot_be("no_pool", code=rules.code)})
        if facts.team_scores is not None and rules.team is None:
            raise BadFacts({"team_scores": cannot_be("no_team_bonus", code=rules.code)})
        if facts.overtime and facts.calendar is None:
            raise BadFacts({"calendar": wanted("overtime_calendar")})

    # What is earned.

    def earn(self) -> None:
        self._base()
        self._seniority()
        self._performance()
        self._bonuses()
        for allowance in self.rules.allowances:
            self._allowance(allowance)
        self._team()
        self._awards()
        self._pool()
        self._hours()
        self._overtime()
        for adjustment in self.facts.adjustments:
            if adjustment.amount > 0:
                self._earn(
                    adjustment.clause, "adjustment", yuan(adjustment.amount), _adjusted(adjustment)
                )

    def _earn(self, clause: str, part: str, amount: Decimal, *steps: Step) -> None:
        if part in BY_MONTH:
            amount, *shared = self._share(clause, amount)
            steps = (*steps, *shared)
        self.lines.append(self.rules.line(clause, part, amount, *steps))

    def _share(self, clause: str, amount: Decimal) -> tuple[Decimal, *tuple[Step, ...]]:
        """What a month's amount comes to for the days of the stint, and why; all of it without one."""
        stint = self.facts.stint
        if stint is None or not amount:
            return (amount,)
        days = (stint.until_on - stint.from_on).days + 1
        employed, _days = self._days_employed()
        part = yuan(amount * days / employed)
        told = {"month_yuan": amount, "stint_days": days, "employed": employed, "amount_yuan": part}
        return part, Step.of(clause, "pay_stint", **told)

    def _pays(self, part: str) -> bool:
        return self.parts is None or part in self.parts

    def _base(self) -> None:
        facts, rules = self.facts, self.rules
        formula = rules.formulas.get(facts.department, rules.general)
        if formula is not None:
            self.parts = frozenset((*formula.parts, *ALWAYS))
        elif rules.departments:
            raise NotSet(rules.code, f"wage_formula.{facts.department}")
        pay = self._base_pay()
        if pay is None:
            if facts.base is None:
                raise BadFacts({"base": wanted("no_base", code=rules.code)})
            self.full = yuan(facts.base)
            self._earn("", "base", self.full, Step.of("", "pay_agreed", amount_yuan=self.full))
            self.base = self.lines[-1].amount
            return
        if pay.parts is not None:
            self.parts = frozenset(pay.parts) & (self.parts or frozenset(pay.parts))
        clause, amount = self._full_base(pay, formula)
        self.base = self.full = full = yuan(amount)
        steps = [
            Step.of(
                clause,
                "pay_base_post" if pay.by == "post" else "pay_base",
                n=self.service + 1,
                post=facts.post,
                base_yuan=full,
            )
        ]
        employed, days = self._days_employed()
        if pay.part_month == "by_days" and employed < days:
            self.base = yuan(full * employed / days)
            steps.append(
                Step.of(
                    clause,
                    "pay_base_days",
                    base_yuan=full,
                    employed=employed,
                    days_in_month=days,
                    amount_yuan=self.base,
                )
            )
        if pay.parts is not None:
            steps.append(Step.of(pay.id, "pay_only", parts=list(pay.parts)))
        self._earn(clause, "base", self.base, *steps)
        self.base = self.lines[-1].amount

    def _base_pay(self) -> BasePay | None:
        for pay in self.rules.bases:
            n = self.service + 1
            if pay.first_month == "first_whole" and self.facts.hired_on.day > 1:
                n = max(1, n - 1)
            if n >= pay.from_month:
                return pay
        return None

    def _full_base(self, pay: BasePay, formula: WageFormula | None) -> tuple[str, Decimal]:
        facts, rules = self.facts, self.rules
        if pay.by == "post":
            table: dict[str, Decimal] = pay.given("posts")
            if facts.post is None:
                raise BadFacts({"post": wanted("wage_by_post")})
            if facts.post not in table:
                raise BadFacts({f"post.{facts.post}": cannot_be("no_wage_for", clause=pay.id)})
            return pay.id, table[facts.post]
        last = pay is rules.bases[0]
        if last and formula is not None and formula.base is not None:
            return formula.id, formula.base
        amount: Decimal = pay.given("amount")
        return pay.id, amount

    def _days_employed(self) -> tuple[int, int]:
        first, last = first_day(self.facts.month), last_day(self.facts.month)
        begins = max(first, self.facts.hired_on)
        ends = min(last, self.facts.left_on or last)
        return (ends - begins).days + 1, last.day

    def _seniority(self) -> None:
        clauses = self.rules.seniority
        start = clauses.get("start")
        if start is None or not self._pays("seniority"):
            return
        assert start.months is not None
        served = self.service - (1 if start.counts_from == "month_after" else 0)
        if served < start.months:
            return
        amount, steps, more = start.amount, 0, clauses.get("step")
        if more is not None:
            assert more.months is not None
            steps = (served - start.months) // more.months
            amount += more.amount * steps
        top = clauses.get("cap")
        paid = amount if top is None else min(top.amount, amount)
        told = [
            Step.of(
                start.id,
                "pay_seniority",
                n=self.service,
                begins=start.months + (1 if start.counts_from == "month_after" else 0),
                amount_yuan=start.amount,
            )
        ]
        if more is not None and steps:
            told.append(
                Step.of(
                    more.id,
                    "pay_seniority_steps",
                    start_yuan=start.amount,
                    each_yuan=more.amount,
                    n=steps,
                    amount_yuan=amount,
                )
            )
        if top is not None and paid < amount:
            told.append(Step.of(top.id, "pay_seniority_cap", amount_yuan=amount, cap_yuan=paid))
        self._earn(start.id, "seniority", yuan(paid), *told)

    def _performance(self) -> None:
        clause = self.rules.performance
        if clause is None or not self._pays("performance"):
            return
        if not self.facts.assessed:
            self.notes.append(Step.of(clause.id, "pay_not_assessed"))
        elif clause.by == "grade":
            self._graded(clause)
        else:
            self._scored(clause)

    def _scored(self, clause: PerformancePay) -> None:
        score = self._score()
        assert clause.amount is not None and clause.full_score is not None
        counted = score if clause.above_full else min(score, clause.full_score)
        amount = yuan(counted * clause.amount / clause.full_score)
        step = Step.of(
            clause.id,
            "pay_performance",
            score=f"{counted:f}",
            full_score=f"{clause.full_score:f}",
            full_yuan=clause.amount,
            amount_yuan=amount,
        )
        if lost := self.lost.get("performance"):
            lost_step = Step.of(lost, "pay_lost", amount_yuan=amount)
            self._earn(clause.id, "performance", ZERO, step, lost_step)
        else:
            self._earn(clause.id, "performance", amount, step)

    def _score(self) -> Decimal:
        score, best = self.facts.score, self.rules.best
        if score is None:
            raise BadFacts({"score": wanted("not_known_for", month=self.facts.month)})
        if best is not None and score > best:
            raise BadFacts({"score": cannot_be("more_than", most=best)})
        return score

    def _graded(self, clause: PerformancePay) -> None:
        facts, rules = self.facts, self.rules
        if facts.grade is None:
            raise BadFacts({"grade": wanted("not_known_for", month=facts.month)})
        if facts.grade not in rules.grades:
            raise BadFacts({f"grade.{facts.grade}": cannot_be("pays_no_grade", code=rules.code)})
        paid = rules.grades[facts.grade]
        amount = yuan(paid.given("amount"))
        steps = [Step.of(paid.id, "pay_grade", grade=facts.grade, by=clause.id, amount_yuan=amount)]
        if lost := self.lost.get("performance"):
            steps.append(Step.of(lost, "pay_lost", amount_yuan=amount))
            amount = ZERO
        self._earn(paid.id, "performance", amount, *steps)

    def _bonuses(self) -> None:
        for bonus in self.rules.bonuses:
            if bonus.part is None or not self._pays(bonus.part):
                continue
            pooled = self.rules.pooled(bonus)
            number = _made(self.facts.pieces, bonus)
            if not number:
                continue
            each = bonus.amount - pooled
            amount = yuan(each * number)
            inputs: dict[str, Any] = {"n": number, "each_yuan": bonus.amount, "amount_yuan": amount}
            step = Step.of(bonus.id, "pay_pieces", **inputs)
            if pooled and self.rules.pool:
                step = Step.of(self.rules.pool.id, "pay_pieces_pooled", pool_yuan=pooled, **inputs)
            self._earn(bonus.id, bonus.part, amount, step)

    def _allowance(self, clause: Allowance) -> None:
        if not self._pays(clause.part):
            return
        if clause.departments and self.facts.department not in clause.departments:
            return
        employed, days = self._days_employed()
        if clause.whole_month and employed < days:
            self.notes.append(
                Step.of(clause.id, "pay_part_month", employed=employed, days_in_month=days)
            )
            return
        amount = yuan(clause.given("amount"))
        if clause.least_score is not None:
            self._score_bonus(clause, amount)
            return
        because = self._lost(clause)
        step = Step.of(clause.id, f"pay_{clause.part}", amount_yuan=amount)
        if because:
            self._earn(clause.id, clause.part, ZERO, step, because)
        else:
            self._earn(clause.id, clause.part, amount, step)

    def _lost(self, clause: Allowance) -> Step | None:
        """Why an allowance is lost; it is lost once, whatever else there is."""
        if by := self.lost.get(clause.part):
            return Step.of(by, "pay_lost", amount_yuan=clause.amount)
        listed = {"absence": len(self.facts.absences), "leave": len(self.facts.leaves)}
        for event in clause.lost_by:
            if number := max(self.facts.attendance.get(event, 0), listed.get(event, 0)):
                return Step.of(
                    clause.id, "pay_lost_by", event=event, n=number, amount_yuan=clause.amount
                )
        return None

    def _score_bonus(self, clause: Allowance, amount: Decimal) -> None:
        if not self.facts.assessed:
            self.notes.append(Step.of(clause.id, "pay_not_assessed"))
            return
        score = self._score()
        assert clause.least_score is not None
        reached = score >= clause.least_score
        inputs = {"score": f"{score:f}", "least": f"{clause.least_score:f}"}
        if reached:
            step = Step.of(clause.id, "pay_score_bonus", **inputs, amount_yuan=amount)
            self._earn(clause.id, clause.part, amount, step)
        else:
            self.notes.append(Step.of(clause.id, "pay_score_bonus_missed", **inputs))

    def _team(self) -> None:
        clause, scores = self.rules.team, self.facts.team_scores
        if clause is None or scores is None:
            return
        full = sum(1 for score in scores if score >= clause.full_score)
        inputs = {
            "full": full,
            "staff": len(scores),
            "share_of": clause.share_of,
            "share_out_of": clause.share_out_of,
            "full_score": f"{clause.full_score:f}",
        }
        # Whole numbers: half of five is three people, not two and a half.
        if scores and full * clause.share_out_of >= len(scores) * clause.share_of:
            amount = yuan(clause.amount)
            step = Step.of(clause.id, "pay_team", **inputs, amount_yuan=amount)
            self._earn(clause.id, "team_bonus", amount, step)
        else:
            self.notes.append(Step.of(clause.id, "pay_team_missed", **inputs))

    def _awards(self) -> None:
        for given in self.facts.awards:
            clause = self.rules.awards[given.clause]
            if (clause.amount is None) == (given.amount is None):
                why = (
                    wanted("approver_enters")
                    if given.amount is None
                    else cannot_be("amount_given", amount=clause.amount)
                )
                raise BadFacts({f"awards.{given.clause}": why})
            amount = yuan(clause.amount or given.amount or ZERO)
            key = "pay_award" if given.amount is None else "pay_award_chosen"
            self._earn(clause.id, "award", amount, Step.of(clause.id, key, amount_yuan=amount))

    def _pool(self) -> None:
        if self.facts.pool_paid and self.rules.pool:
            if not self._pays("pool"):
                raise BadFacts({"pool_paid": cannot_be("not_in_pool_yet", n=self.service + 1)})
            amount = yuan(self.facts.pool_paid)
            clause = self.rules.pool.id
            self._earn(clause, "pool", amount, Step.of(clause, "pay_pool", amount_yuan=amount))

    def _hours(self) -> None:
        for kind, number in self.facts.hours.items():
            clause = self.rules.hourly[kind]
            if not number or not self._pays("hourly"):
                continue
            if clause.rate is None and clause.while_blank == "refuse":
                raise NotSet(clause.id, "rate")
            if clause.rate is None:
                self.not_set.append((clause.id, "rate"))
                step = Step.of(clause.id, "pay_hours_not_set", hours_of=kind, number=f"{number:f}")
                self._earn(clause.id, "hourly", ZERO, step)
                continue
            amount = yuan(number * clause.rate)
            step = Step.of(
                clause.id,
                "pay_hours",
                hours_of=kind,
                number=f"{number:f}",
                each_yuan=clause.rate,
                amount_yuan=amount,
            )
            self._earn(clause.id, "hourly", amount, step)

    def _overtime(self) -> None:
        facts = self.facts
        if not facts.overtime:
            return
        assert facts.calendar is not None
        found = overtime(
            facts.month,
            facts.overtime,
            self.full,
            facts.calendar,
            self.rules.attendance,
            post_allowance=facts.post_allowance,
        )
        for line in found.pay:
            self._earn(line.clause, "overtime", line.amount, *line.steps)
        self.time_off = found.time_off
        self.notes += found.steps

    # What was not earned.

    def take_unpaid(self) -> None:
        facts, rules = self.facts, self.rules.attendance
        if facts.absences and rules.absence is None:
            fined = self.rules.absence_fine
            key = "pay_absence_fined" if fined else "pay_no_rule_absence"
            self.notes.append(Step.of(fined or "", key))
        elif found := absence(facts.absences, self.full, rules):
            self._unpaid(found.clause, "absence", found.unpaid, found.steps)
            if found.penalty:
                step = Step.of(found.clause, "pay_owed", amount_yuan=found.penalty)
                self.owed.append((found.clause, "absence_penalty", found.penalty, (step,)))
        if facts.leaves and rules.rate is None:
            self.notes.append(Step.of("", "pay_no_rule_leave"))
        elif facts.leaves:
            for line in leave_unpaid(facts.leaves, facts.leave_shares, self.full, rules):
                self._unpaid(line.clause, "leave", line.amount, line.steps)

    def _unpaid(self, clause: str, part: str, amount: Decimal, steps: tuple[Step, ...]) -> None:
        """What was not earned is never more than the base wage it would have been."""
        before = sum((-line.amount for line in self.lines if line.part in UNPAID), ZERO)
        within = min(amount, self.base - before)
        if within < amount:
            step = Step.of(clause, "pay_unpaid_all", amount_yuan=amount, base_yuan=self.base)
            steps = (*steps, step)
        self.lines.append(self._line(clause, part, -within, steps))

    def _line(self, clause: str, part: str, amount: Decimal, steps: tuple[Step, ...]) -> PayLine:
        """A line named after its part, not after the clause that prices the hour."""
        words = WORDS[f"part.{part}"]
        return PayLine(clause, part, words.zh, words.en, amount, steps)

    # What comes off.

    def deduct(self) -> None:
        facts = self.facts
        if self.rules.score_money is not None and facts.assessed:
            lost, told = self.rules.score_money.cost(self._score())
            if lost:
                clause = self.rules.score_money.table[0].id
                lost, *shared = self._share(clause, lost)
                self.owed.append((clause, "score_money", lost, (*told, *shared)))
        for penalty in facts.penalties:
            amount = yuan(penalty.amount)
            step = Step.of(penalty.clause, "pay_owed", amount_yuan=amount)
            self.owed.append((penalty.clause, "penalty", amount, (step,)))
        for adjustment in facts.adjustments:
            if adjustment.amount < 0:
                amount = yuan(-adjustment.amount)
                because = (_adjusted(adjustment),)
                self.owed.append((adjustment.clause, "adjustment", amount, because))
        self.gross = sum((line.amount for line in self.lines), ZERO)
        if not self.owed:
            return
        left, limits = self._room()
        self.notes += limits
        for clause, part, amount, steps in self.owed:
            taken = min(amount, left)
            left -= taken
            if taken:
                self.lines.append(self._owed_line(clause, part, -taken, steps))
            if taken < amount:
                kept = amount - taken
                step = Step.of(
                    clause, "pay_kept", amount_yuan=amount, taken_yuan=taken, kept_yuan=kept
                )
                self.excess.append(self._owed_line(clause, part, kept, (step,)))

    def _room(self) -> tuple[Decimal, tuple[Step, ...]]:
        if self.most is None:
            return room(self.gross, self.facts.limits)
        left = max(ZERO, min(self.most, self.gross))
        told = {"edition": self.facts.limits.edition, "room_yuan": left}
        return left, (Step.of("", "pay_limit_month", **told),)

    def _owed_line(
        self, clause: str, part: str, amount: Decimal, steps: tuple[Step, ...]
    ) -> PayLine:
        if part in ("absence_penalty", "score_money"):
            return self._line(clause, part, amount, steps)
        return self.rules.line(clause, part, amount, *steps)

    def made(self) -> Payslip:
        net = sum((line.amount for line in self.lines), ZERO)
        deductions = self.gross - net
        kept = sum((line.amount for line in self.excess), ZERO)
        total = Step.of(
            "", "pay_total", gross_yuan=self.gross, deductions_yuan=deductions, net_yuan=net
        )
        return Payslip(
            lines=tuple(self.lines),
            gross=self.gross,
            deductions=deductions,
            net=net,
            excess=tuple(self.excess),
            not_deducted=kept,
            time_off=self.time_off,
            not_set=tuple(self.not_set),
            notes=(*self.notes, total),
        )


def room(wage: Decimal, limits: Limits) -> tuple[Decimal, tuple[Step, ...]]:
    """Return how much may come off a month's wage in all, in yuan, and why.

    It is cut off at the fen, for a limit must not be passed. The same holds for a deduction note to
    a courier or driver who is employed. Raises NotSet where the minimum wage counts and the edition
    has none, BadFacts for a wage that is no finite number.
    """
    if not wage.is_finite():
        raise BadFacts({"wage": cannot_be("no_number", number=wage)})
    if not limits.deductions:
        return ZERO, (Step.of("", "pay_limit_off", edition=limits.edition),)
    most = max(ZERO, cut(wage * limits.share))
    share = Step.of(
        "",
        "pay_limit_share",
        edition=limits.edition,
        gross_yuan=wage,
        limit_share=limits.share,
        room_yuan=most,
    )
    if not limits.keeps_minimum:
        return most, (share,)
    if limits.minimum_wage is None:
        raise NotSet(limits.edition, "minimum_wage")
    above = max(ZERO, wage - limits.minimum_wage)
    if above >= most:
        return most, (share,)
    minimum = Step.of(
        "",
        "pay_limit_minimum",
        gross_yuan=wage,
        minimum_yuan=limits.minimum_wage,
        room_yuan=above,
    )
    return above, (share, minimum)


UNPAID = frozenset({"absence", "leave"})
# Paid by the month, and so by days where the month is divided between departments.
BY_MONTH = frozenset(
    {
        *("base", "seniority", "performance", "allowance"),
        *("full_attendance", "score_bonus", "team_bonus"),
    }
)
# Not of any department's formula: worked, chosen or given besides.
ALWAYS = ("score_bonus", "team_bonus", "award", "pool", "hourly", "overtime")


def _adjusted(adjustment: Adjustment) -> Step:
    return Step.of(
        adjustment.clause,
        "pay_adjustment",
        month=adjustment.of_month,
        amount_yuan=adjustment.amount,
    )


def _made(pieces: Iterable[Piece], bonus: PieceBonus) -> int:
    """How many pieces a bonus is paid for: of its kinds, with all it requires on record."""
    return sum(
        piece.count
        for piece in pieces
        if piece.of in bonus.of and piece.done.issuperset(bonus.requires)
    )


# The supervisor's pool, rewards, ideas.


class PoolFacts(Strict):
    """A month of a supervisor's pool: what was carried over, what was made, what was given out."""

    carried: Annotated[Amount, labelled("上月结余", "Carried over", "yuan")] = ZERO
    pieces: Annotated[tuple[Piece, ...], labelled("报告", "Reports"), Field(max_length=1_000)] = ()
    paid_out: Annotated[Amount, labelled("已分配", "Given out", "yuan")] = ZERO


def pool(facts: PoolFacts, rules: PayRules) -> tuple[Decimal, tuple[Step, ...]]:
    """Return what is left in the pool at the end of the month, in yuan. Source: CD-12.77.

    Raises NotInRulebook where there is no pool, BadFacts where more was given out than there was.
    """
    clause = rules.pool
    if clause is None:
        raise NotInRulebook(cannot_be("no_pool", code=rules.code))
    for piece in facts.pieces:
        if piece.of not in rules.pieces:
            raise BadFacts({f"pieces.{piece.of}": cannot_be("pays_no_piece", code=rules.code)})
    number = _made(facts.pieces, clause)
    grown = yuan(clause.amount * number)
    left = facts.carried + grown - facts.paid_out
    if left < 0:
        raise BadFacts({"paid_out": cannot_be("more_than_pool")})
    step = Step.of(
        clause.id,
        f"pool_{clause.source}",
        carried_yuan=facts.carried,
        n=number,
        each_yuan=clause.amount,
        paid_yuan=facts.paid_out,
        left_yuan=left,
    )
    return left, (step,)


def idea_reward(
    rulebook: Rulebook, *, points: Decimal | None = None, cash: Decimal | None = None
) -> tuple[str, Step]:
    """Return the clause under which an adopted idea is rewarded, in points or in cash, never both.
    Source: SD-233.45, SD-233.46.

    Raises BadFacts (both, neither, points outside the range), NotInRulebook (no such clauses).
    """
    for award in rulebook.in_force(Award):
        if award.instead_of is None:
            continue
        other = rulebook[award.instead_of]
        if not isinstance(other, ScoreEvent):
            continue
        if (points is None) == (cash is None):
            raise BadFacts({"points": cannot_be("one_of_two", clause=other.id, other=award.id)})
        if cash is not None:
            if not cash.is_finite() or cash <= 0:
                raise BadFacts({"cash": cannot_be("positive")})
            return award.id, Step.of(award.id, "pay_award_chosen", amount_yuan=yuan(cash))
        assert points is not None
        if not points.is_finite() or not other.points <= points <= (other.up_to or other.points):
            why = cannot_be("allows", clause=other.id, least=other.points, most=other.up_to)
            raise BadFacts({"points": why})
        step = Step.of(
            other.id,
            "score_granted",
            least_points=other.points,
            most_points=other.up_to,
            change_points=points,
        )
        return other.id, step
    raise NotInRulebook(cannot_be("no_ideas", code=rulebook.code))


def reward(rulebook: Rulebook, clause: str, on_record: Mapping[str, str]) -> tuple[str, Step]:
    """Return the level of the reward that a ground leads to, once everything it needs is on record.
    Source: ES-137.01 to ES-137.15.

    Raises NotInRulebook for a clause the rulebook does not have, OtherKind for one that is no reward,
    BadFacts for what is missing.
    """
    found = rulebook[clause]
    if not isinstance(found, Reward):
        raise OtherKind({"clause": cannot_be("no_reward", clause=clause)})
    for need in found.needs:
        if not on_record.get(need, "").strip():
            raise BadFacts({need: wanted("needs_it", clause=clause)})
    return found.level, Step.of(clause, "reward", level=found.level, ground=found.ground)


# For the calculator.


def _decide_payslip(rulebook: Rulebook, facts: PayFacts) -> Decided:
    slip = payslip(facts, PayRules.of(rulebook))
    return Decided.of(slip.steps, **slip.to_json())


def _decide_pool(rulebook: Rulebook, facts: PoolFacts) -> Decided:
    left, steps = pool(facts, PayRules.of(rulebook))
    return Decided.of(steps, left=left)


CALCULATIONS = (
    Calculation("payslip", Both("工资条", "Payslip"), PayFacts, _decide_payslip),
    Calculation("pool", Both("主管奖励池", "Supervisor's pool"), PoolFacts, _decide_pool),
)
