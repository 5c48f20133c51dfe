"""What one breach comes to: which clause applies, what it costs, whom, and what is missing still.

A breach is assessed on what is established; what is not established yet is missing, never assumed
and never ruled out. A penalty that a person has to choose or to enter stays without an amount
until he has. Dismissal and police are always proposals.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from kefu.policy.calculation import Calculation, Decided, labelled
from kefu.policy.clauses import Cause, Consequence, PieceBonus, Role
from kefu.policy.clauses.base import Amount, ClauseId, Count, Name, Quantity, Strict, Text
from kefu.policy.clauses.penalties import Bounds, Condition, Derived, Measure, Term
from kefu.policy.ladders import Happening, count, escalation, ladder, since
from kefu.policy.money import points, yuan
from kefu.policy.refusals import BadFacts, OtherKind, cannot_be, wanted
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, plain
from kefu.policy.wording import Both

State = Literal["applies", "open", "does_not_apply"]
Parties = Mapping[Role, str]


class NobodyLiable(BadFacts):
    """Nobody is named for the role that a clause makes liable."""

    def __init__(self, role: str) -> None:
        super().__init__({"parties": wanted("nobody_named", role=role)})
        self.role = role


class OutsideRange(BadFacts):
    """An amount was chosen that the clause does not allow."""

    def __init__(self, clause: str, chosen: Decimal, least: Decimal, most: Decimal) -> None:
        why = cannot_be("chosen_between", clause=clause, n=chosen, least=least, most=most)
        super().__init__({"chosen": why})
        self.clause = clause


# The facts.

Day = Annotated[date, Field(ge=date(1980, 1, 1), le=date(2199, 12, 31))]


class Breach(Strict):
    """What is known of one breach. Amounts in yuan.

    ``count``: the how-manieth time it is, where a person knows; else ``history`` is counted, on the
    day ``on``. ``numbers``: by the names of the clause's bounds. ``base``: the sum that a derived
    amount comes out of; ``piece``: the kind of work whose bonus it comes out of. ``chosen``: the amount, the points or the measure a person has chosen.
    ``raised``: the clauses raised for the same matter.
    """

    clause: Annotated[ClauseId, labelled("条款", "Clause")]
    complaint: Annotated[
        Cause | None, labelled("关联投诉的原因", "Cause of the linked complaint")
    ] = None
    repeat_call: Annotated[bool, labelled("客户再次来电", "The customer called again")] = False
    verified: Annotated[bool, labelled("已核实", "Verified")] = False
    evidence: Annotated[
        tuple[Name, ...], Field(max_length=50), labelled("已有证据", "Evidence on file")
    ] = ()
    established: Annotated[
        tuple[Name, ...], Field(max_length=50), labelled("已查明的事实", "Established facts")
    ] = ()
    numbers: Annotated[dict[Name, Quantity], Field(max_length=50), labelled("数目", "Numbers")] = {}
    count: Annotated[
        Annotated[int, Field(strict=True, ge=0, le=100_000)] | None,
        labelled("第几次", "Which time it is (1, 2, …)"),
    ] = None
    history: Annotated[
        tuple[Happening, ...], Field(max_length=10_000), labelled("经过", "What happened")
    ] = ()
    on: Annotated[Day | None, labelled("判定日", "Day it is judged")] = None
    raised: Annotated[
        tuple[ClauseId, ...], Field(max_length=50), labelled("同一事项已立条款", "Raised besides")
    ] = ()
    times: Annotated[Count, labelled("次数", "How many")] = 1
    base: Annotated[Amount | None, labelled("计算基数", "Sum it comes out of", "yuan")] = None
    piece: Annotated[Name | None, labelled("报告种类", "Kind of report")] = None
    severity: Annotated[Name | None, labelled("情节", "Severity")] = None
    chosen: Annotated[Amount | None, labelled("选定的数额", "Amount chosen", "yuan")] = None
    measure: Annotated[Measure | None, labelled("选定的措施", "Measure chosen")] = None


# The decision.


@dataclass(frozen=True, slots=True)
class Lasts:
    """How long a measure lasts: so many ``hours``, so many ``days`` (both ends of them, where the
    day of the decision is known), ``until`` something happens; all None: nobody has said yet.
    """

    hours: int | None = None
    days: int | None = None
    first_on: date | None = None
    last_on: date | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Assessed:
    """``state`` applies: all that the clause asks for is established; open: ``missing`` is not yet;
    does_not_apply: something is established that rules it out, and it costs nothing.

    ``amount`` in yuan or ``points``, or ``measures`` (one: that one; several: a person chooses);
    ``proposed``: what is offered to the person who chooses an amount. ``liability``: what the role
    answers for besides. ``missing`` names conditions, facts, numbers and clauses; of "a|b" one is
    enough; "amount", "measure" and the name of a base are for a person to enter. ``ground``: the
    number it has in a list of grounds.
    """

    clause: str
    role: Role
    state: State
    kind: Literal["fine", "points", "measure"]
    amount: Decimal | None
    points: Decimal | None
    measures: tuple[Measure, ...]
    liability: str | None
    per: str
    proposed: Decimal | None
    missing: tuple[str, ...]
    steps: tuple[Step, ...]
    lasts: Lasts | None
    ground: str | None


def assess(rulebook: Rulebook, breach: Breach) -> Assessed:
    """Return what a breach comes to under its clause. Source: every clause of the kind consequence.

    Raises NotInRulebook for a clause the rulebook does not have, OtherKind for one that is no
    consequence, OutsideRange, BadFacts for facts that cannot be.
    """
    clause = _consequence(rulebook, breach.clause)
    _possible(clause, breach)
    asked = tuple(_requirements(rulebook, clause, breach))
    missing = [one.name for one in asked if one.met is None]
    reasons = tuple(step for one in asked for step in one.steps)
    if any(one.met is False for one in asked):
        steps = (*reasons, Step.of(clause.id, "penalty_ruled_out"))
        return _assessed(clause, "does_not_apply", _Price(steps=steps))
    price = _price(rulebook, clause, breach)
    missing += price.missing
    whole = replace(price, missing=tuple(missing), steps=(*reasons, *price.steps))
    return _assessed(clause, "open" if missing else "applies", whole)


def _assessed(clause: Consequence, state: State, price: "_Price") -> Assessed:
    return Assessed(
        clause=clause.id,
        role=clause.role,
        state=state,
        kind=clause.currency,
        amount=price.amount,
        points=price.points,
        measures=price.measures,
        liability=None if state == "does_not_apply" else clause.liability,
        per=clause.per,
        proposed=price.proposed,
        missing=price.missing,
        steps=price.steps,
        lasts=price.lasts,
        ground=clause.ground,
    )


def liable(role: Role, parties: Parties) -> str:
    """Return who bears it: the party named for the role. Raises NobodyLiable."""
    try:
        return parties[role]
    except KeyError:
        raise NobodyLiable(role) from None


def _consequence(rulebook: Rulebook, clause: str) -> Consequence:
    found = rulebook[clause]
    if not isinstance(found, Consequence):
        raise OtherKind({"clause": cannot_be("no_consequence", clause=clause)})
    return found


def _possible(clause: Consequence, breach: Breach) -> None:
    faults = {}
    if clause.once and breach.times > 1:
        faults["times"] = cannot_be(
            "counted_once", clause=clause.id, per=clause.per, times=breach.times
        )
    if breach.measure and breach.measure not in clause.measures:
        faults["measure"] = cannot_be("does_not_name", clause=clause.id, measure=breach.measure)
    if breach.chosen is not None and not _left_open(clause):
        faults["chosen"] = cannot_be("nothing_to_choose", clause=clause.id)
    if breach.base is not None and clause.derived is None:
        faults["base"] = cannot_be("no_other_sum", clause=clause.id)
    if breach.piece is not None and clause.derived is None:
        faults["piece"] = cannot_be("no_other_sum", clause=clause.id)
    elif breach.piece is not None and breach.base is not None:
        faults["piece"] = cannot_be("sum_known", clause=clause.id)
    if faults:
        raise BadFacts(faults)


def _left_open(clause: Consequence) -> bool:
    """Is there an amount that a person enters? Among measures it is that of a fine."""
    if clause.currency == "measure":
        return "fine" in clause.measures
    return clause.fine is None and clause.points is None and clause.derived is None


# What has to be there.


@dataclass(frozen=True, slots=True)
class _Asked:
    """One requirement: ``met`` None: not established yet, False: ruled out."""

    name: str
    met: bool | None
    steps: tuple[Step, ...]


def _requirements(rulebook: Rulebook, clause: Consequence, breach: Breach) -> Iterator[_Asked]:
    if clause.yields_to is not None:
        step = Step.of(clause.id, "penalty_yields", other=clause.yields_to)
        yield _Asked(clause.yields_to, False, (step,))
    for condition in clause.conditions:
        if condition == "nth":
            yield _nth(rulebook, clause, breach)
        elif condition != "at_once":
            yield _fact(clause, [condition], there=_condition_met(clause, condition, breach))
    for name in clause.needs:
        yield _fact(clause, [name], there=name in breach.established)
    if clause.needs_any:
        there = [name for name in clause.needs_any if name in breach.established]
        yield _fact(clause, there or clause.needs_any, there=bool(there))
    if clause.when:
        yield _numbers(clause, breach)
    for other in clause.only_with:
        raised = other in breach.raised
        key = "penalty_with" if raised else "penalty_with_missing"
        yield _Asked(other, raised or None, (Step.of(clause.id, key, other=other),))
    for other in clause.not_beside:
        if other in breach.raised:
            step = Step.of(clause.id, "penalty_not_beside", other=other)
            yield _Asked(other, False, (step,))


def _fact(clause: Consequence, names: Sequence[str], *, there: bool) -> _Asked:
    key = "penalty_met" if there else "penalty_missing"
    return _Asked("|".join(names), there or None, (Step.of(clause.id, key, fact=list(names)),))


def _condition_met(clause: Consequence, condition: Condition, breach: Breach) -> bool:
    if condition == "complaint":
        return breach.complaint in clause.causes
    if condition == "evidence":
        wanted = set(clause.evidence_any_of)
        return bool(wanted & set(breach.evidence) if wanted else breach.evidence)
    return breach.repeat_call if condition == "repeat_call" else breach.verified


def _numbers(clause: Consequence, breach: Breach) -> _Asked:
    """The numbers that have to lie within bounds, all of them or any."""
    found = [(bounds, _number(bounds, breach)) for bounds in clause.when]
    held = [None if number is None else bounds.holds(number) for bounds, number in found]
    decisive = clause.match == "any"  # one that holds decides; else one that does not
    met = decisive if decisive in held else None if None in held else not decisive
    unknown = [bounds.of for bounds, number in found if number is None]
    if met is None:
        return _fact(clause, unknown, there=False)
    steps = []
    for (bounds, number), holds in zip(found, held, strict=True):
        if number is not None:
            key = "penalty_bound_met" if holds else "penalty_bound_not_met"
            inputs = {"fact": bounds.of, "n": number, "bound": _told(bounds)}
            steps.append(Step.of(clause.id, key, **inputs))
    return _Asked("|".join(bounds.of for bounds in clause.when), met, tuple(steps))


def _told(bounds: Bounds) -> str:
    ends = (">", bounds.over), ("≥", bounds.at_least), ("<", bounds.under), ("≤", bounds.at_most)
    return ", ".join(f"{sign} {end.normalize():f}" for sign, end in ends if end is not None)


def _number(bounds: Bounds, breach: Breach) -> Decimal | None:
    """A number that was handed in, or what happened in the period added up; None: not known."""
    if bounds.within is None or bounds.of in breach.numbers:
        return breach.numbers.get(bounds.of)
    happened = since(breach.history, bounds.of, bounds.within, breach.on)
    amounts = [happening.amount for happening in happened if not happening.other]
    return sum(amounts, Decimal(0)) if amounts else None


def _nth(rulebook: Rulebook, clause: Consequence, breach: Breach) -> _Asked:
    if clause.nth is None:  # no number is given: a person says when it is the time
        return _fact(clause, ["nth"], there="nth" in breach.established)
    counted = _counted(rulebook, clause, breach)
    if counted is None:
        return _fact(clause, ["nth"], there=False)
    counting = clause.counts
    if counting is None:
        met = counted >= clause.nth
    else:
        met = escalation(rulebook, counting.of, counted) == clause
    key = "penalty_nth_met" if met else "penalty_nth_not_met"
    what = counting.of if counting else "nth"
    return _Asked("nth", met, (Step.of(clause.id, key, fact=what, n=counted, nth=clause.nth),))


def _counted(rulebook: Rulebook, clause: Consequence, breach: Breach) -> int | None:
    """The how-manieth time it is: what a person says, else what the history comes to."""
    if breach.count is not None or clause.counts is None:
        return breach.count
    if all(happening.of != clause.counts.of for happening in breach.history):
        return None
    top = ladder(rulebook, clause.counts.of)[-1].nth or 0
    return count(breach.history, clause.counts, breach.on, top)


# What it costs.


@dataclass(frozen=True, slots=True)
class _Price:
    amount: Decimal | None = None
    points: Decimal | None = None
    measures: tuple[Measure, ...] = ()
    proposed: Decimal | None = None
    missing: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    lasts: Lasts | None = None


def _price(rulebook: Rulebook, clause: Consequence, breach: Breach) -> _Price:
    if clause.currency == "points":
        return _points(clause, breach)
    if clause.currency == "measure":
        return _measure(clause, breach)
    if clause.derived is not None:
        return _derived(rulebook, clause, clause.derived, breach)
    if clause.fine_range is not None or clause.fine is None:
        return _chosen(clause, breach)
    each = yuan(clause.fine)
    return _money(clause, breach, each)


def _money(clause: Consequence, breach: Breach, each: Decimal, *first: Step) -> _Price:
    amount = yuan(each * breach.times)
    inputs = {"each_yuan": each, "times": breach.times, "per": clause.per, "sum_yuan": amount}
    steps = [*first, Step.of(clause.id, "penalty_each", **inputs)]
    if clause.at_most is not None and amount > clause.at_most:
        amount = yuan(clause.at_most)
        steps.append(Step.of(clause.id, "penalty_capped", sum_yuan=amount))
    return _Price(amount=amount, steps=(*steps, *_liability(clause)))


def _points(clause: Consequence, breach: Breach) -> _Price:
    each = clause.points if clause.points is not None else breach.chosen
    if each is None:
        step = Step.of(clause.id, "penalty_no_points")
        return _Price(missing=("points",), steps=(step, *_liability(clause)))
    taken = points(each * breach.times)
    inputs = {"each_points": points(each), "times": breach.times, "per": clause.per}
    step = Step.of(clause.id, "penalty_points", **inputs, sum_points=taken)
    return _Price(points=taken, steps=(step, *_liability(clause)))


def _chosen(clause: Consequence, breach: Breach) -> _Price:
    """A fine that a person enters, or chooses in the clause's range."""
    chosen, proposed = breach.chosen, _proposed(clause, breach)
    steps: list[Step] = []
    if clause.fine_range is not None:
        least, most = clause.fine_range.at_least, clause.fine_range.at_most
        steps.append(Step.of(clause.id, "penalty_range", least_yuan=least, most_yuan=most))
        if chosen is not None and not least <= chosen <= most:
            raise OutsideRange(clause.id, chosen, least, most)
    if proposed is not None:
        inputs = {"severity": breach.severity, "sum_yuan": proposed}
        steps.append(Step.of(clause.id, "penalty_proposed", **inputs))
    if chosen is None:
        steps += [Step.of(clause.id, "penalty_no_amount"), *_liability(clause)]
        return _Price(proposed=proposed, missing=("amount",), steps=tuple(steps))
    if chosen == 0:
        raise BadFacts({"chosen": cannot_be("fine_of_nothing", clause=clause.id)})
    return replace(_money(clause, breach, yuan(chosen), *steps), proposed=proposed)


def _proposed(clause: Consequence, breach: Breach) -> Decimal | None:
    """What the house proposes for this severity: the first of its proposals that fits."""
    value = breach.numbers.get("value", Decimal(0))
    for proposal in clause.fine_range.house.proposals if clause.fine_range else ():
        limit = proposal.lost_or_value_from
        fits = limit is None or "lost" in breach.established or value >= limit
        if proposal.severity == breach.severity and fits:
            return yuan(proposal.amount)
    return None


def _derived(rulebook: Rulebook, clause: Consequence, derived: Derived, breach: Breach) -> _Price:
    """An amount that comes out of another, rounded to the fen for each occurrence."""
    base, first = breach.base, list[Step]()
    if base is None and derived.of in rulebook:
        base = _consequence(rulebook, derived.of).given("fine")
    elif breach.piece is not None:
        bonus = _bonus(rulebook, derived.of, breach.piece)
        base = bonus.amount
        first = [Step.of(bonus.id, "pay_pieces", n=1, each_yuan=base, amount_yuan=yuan(base))]
    if base is None:
        step = Step.of(clause.id, "penalty_no_base", fact=derived.of)
        return _Price(missing=(derived.of,), steps=(step, *_liability(clause)))
    each = yuan(base * derived.multiplier / derived.divisor)
    inputs = {"fact": derived.of, "base_yuan": base, "factor": derived.multiplier}
    if derived.divisor == 1:
        step = Step.of(clause.id, "penalty_multiple", **inputs, each_yuan=each)
    else:
        divided = inputs | {"divisor": derived.divisor}
        step = Step.of(clause.id, "penalty_divided", **divided, each_yuan=each)
    return _money(clause, breach, each, *first, step)


def _bonus(rulebook: Rulebook, part: str, piece: str) -> PieceBonus:
    """The bonus for a kind of work. Raises BadFacts where the rulebook pays none."""
    for bonus in rulebook.in_force(PieceBonus):
        if bonus.part == part and piece in bonus.of:
            return bonus
    raise BadFacts({f"piece.{piece}": cannot_be("pays_no_piece", code=rulebook.code)})


def _measure(clause: Consequence, breach: Breach) -> _Price:
    named = clause.measures
    if not named:  # it costs nothing by itself; the role answers for what follows
        return _Price(steps=tuple(_liability(clause)))
    chosen = breach.measure or (named[0] if len(named) == 1 else None)
    if chosen is None:
        step = Step.of(clause.id, "penalty_measures", measure=list(named))
        return _Price(measures=named, missing=("measure",), steps=(step,))
    step = Step.of(clause.id, "penalty_measure", measure=chosen)
    if chosen == "fine":
        fine = _chosen(clause, breach)
        return replace(fine, measures=("fine",), steps=(step, *fine.steps))
    lasts = _lasts(clause.term, breach.on) if clause.term else None
    told = [] if lasts is None else _told_term(clause, lasts)
    return _Price(measures=(chosen,), steps=(step, *told, *_liability(clause)), lasts=lasts)


def _lasts(term: Term, decided_on: date | None) -> Lasts:
    """A measure of days runs through calendar days (ES-603.23: seven, from the next day)."""
    if term.until is not None or term.number is None:
        return Lasts(until=term.until)
    if term.unit == "hours":
        return Lasts(hours=term.number)
    if decided_on is None:
        return Lasts(days=term.number)
    first = decided_on + timedelta(days=term.starts == "next_day")
    last = first + timedelta(days=term.number - 1)
    return Lasts(days=term.number, first_on=first, last_on=last)


def _told_term(clause: Consequence, lasts: Lasts) -> list[Step]:
    if lasts.until is not None:
        return [Step.of(clause.id, "penalty_until", fact=lasts.until)]
    if lasts.hours is not None:
        return [Step.of(clause.id, "penalty_hours", n=lasts.hours)]
    if lasts.days is None:
        return [Step.of(clause.id, "penalty_no_term")]
    steps = [Step.of(clause.id, "penalty_days", n=lasts.days)]
    if lasts.first_on is not None:
        inputs = {"first": lasts.first_on, "last": lasts.last_on}
        steps.append(Step.of(clause.id, "penalty_dates", **inputs))
    return steps


def _liability(clause: Consequence) -> list[Step]:
    if clause.liability is None:
        return []
    return [Step.of(clause.id, "penalty_liable", role=clause.role, liability=clause.liability)]


# To be tried out.


class PenaltyFacts(Breach):
    """A breach, and who is who in it."""

    parties: Annotated[dict[Role, Text], Field(max_length=20), labelled("各方", "Who is who")] = {}


def _penalty(rulebook: Rulebook, facts: PenaltyFacts) -> Decided:
    found = assess(rulebook, facts)
    party = liable(found.role, facts.parties) if facts.parties else None
    return Decided.of(
        found.steps,
        state=found.state,
        role=found.role,
        party=party,
        kind=found.kind,
        amount=found.amount,
        points=found.points,
        measures=list(found.measures),
        liability=found.liability,
        per=found.per,
        proposed=found.proposed,
        missing=list(found.missing),
        ground=found.ground,
        lasts=found.lasts and {name: plain(value) for name, value in asdict(found.lasts).items()},
    )


class EscalationFacts(Strict):
    """Something that is counted, and the how-manieth time it is."""

    of: Annotated[Name, labelled("计次事项", "What is counted")]
    count: Annotated[Count, labelled("第几次", "Which time it is (1, 2, …)")]


def _escalation(rulebook: Rulebook, facts: EscalationFacts) -> Decided:
    clause = escalation(rulebook, facts.of, facts.count)
    if clause is None:
        return Decided.of((), clause=None, amount=None, points=None, measures=[])
    price = _price(rulebook, clause, Breach(clause=clause.id))
    inputs = {"fact": facts.of, "n": facts.count, "nth": clause.nth}
    return Decided.of(
        (Step.of(clause.id, "penalty_nth_met", **inputs), *price.steps),
        clause=clause.id,
        amount=price.amount,
        points=price.points,
        measures=list(price.measures),
    )


CALCULATIONS: tuple[Calculation, ...] = (
    Calculation("penalty", Both("处罚", "Penalty"), PenaltyFacts, _penalty),
    Calculation("escalation", Both("累计处罚", "Escalation"), EscalationFacts, _escalation),
)
