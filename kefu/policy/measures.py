"""Is a number kept, which class is a case of, what a report holds and who does it next, and rates."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from kefu.policy.clauses import Criterion, Quota, Rate, Report
from kefu.policy.clauses.measures import ReportDue
from kefu.policy.conditions import Facts, MissingFact, applying, known, said
from kefu.policy.refusals import BadFacts, NotInRulebook, cannot_be
from kefu.policy.requirements import offered
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

__all__ = [
    "Classed",
    "Count",
    "Counted",
    "Plan",
    "Ratio",
    "Ratios",
    "classify",
    "counted",
    "ratios",
    "report_plan",
    "report_step",
]

STEPS = ("prepare", "review", "check", "issue", "submit")  # the order in which a report is made


@dataclass(frozen=True, slots=True)
class Count:
    """One number that a clause looks at, ``per`` occasion: by how much it is ``short`` or ``over``."""

    clause: str
    name: str
    per: str
    short: Decimal
    over: Decimal


@dataclass(frozen=True, slots=True)
class Counted:
    """Whether what was counted is kept. ``missing``: what is not recorded with it; ``not_set``: the
    clauses that leave their bound blank.
    """

    counts: tuple[Count, ...]
    missing: tuple[str, ...]
    not_set: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def kept(self) -> bool:
        return not self.missing and not any(count.short or count.over for count in self.counts)


def counted(
    rulebook: Rulebook, of: str, numbers: Mapping[str, Decimal], recorded: Collection[str] = ()
) -> Counted:
    """Compare what was counted with every clause about ``of``.

    ``numbers`` has them by the kinds the clauses name, {"any": …} where none does; a kind that is left
    out counts nought, and a clause without kinds counts them all. Raises NotInRulebook for something no clause is about, BadFacts for a kind
    that the clause does not name and for a number below nought or not finite.
    Source: CD-10.02, CD-12.51, CD-13.22, ES-123.03, ES-133.02, ES-303.09, ES-502.18, ES-603.10,
    ES-603.21, ES-604.03, LC-01.17, LC-01.18, SD-214.01, SD-215.01, SD-215.15, SD-223.06, SD-311.01,
    OS-03.02, OS-04.06, OS-04.09, OS-06.04, OS-30.05, OS-30.08.
    """
    quotas = [quota for quota in rulebook.in_force(Quota) if quota.of == of]
    if not quotas:
        raise NotInRulebook(cannot_be("no_number_of", code=rulebook.code, of=of))
    if any(not number.is_finite() or number < 0 for number in numbers.values()):
        raise BadFacts({"numbers": cannot_be("count_below_nought", of=of)})
    kinds = {item.key for quota in quotas for item in quota.among} or {"any"}
    counts, missing, not_set, steps = [], dict[str, None](), [], []
    for quota in quotas:
        found = _compared(quota, _numbers(quota, numbers, kinds))
        if quota.at_least is None and quota.at_most is None:
            not_set.append(quota.id)
            steps.append(Step.of(quota.id, "number_not_set"))
        counts += [count for count, _step in found]
        steps += [step for _count, step in found]
        absent = [name for name in quota.needs if name not in recorded]
        if absent:
            missing |= dict.fromkeys(absent)
            steps.append(Step.of(quota.id, "number_lacks", names=absent, what=said(absent)))
    return Counted(tuple(counts), tuple(missing), tuple(not_set), tuple(steps))


def _numbers(
    quota: Quota, numbers: Mapping[str, Decimal], kinds: Collection[str]
) -> dict[str, Decimal]:
    own = [item.key for item in quota.among]
    known(numbers, own or kinds, quota.id, fact="numbers")
    if quota.each:
        return {kind: numbers.get(kind, Decimal(0)) for kind in own}
    return {quota.of: sum(numbers.values(), Decimal(0))}


def _compared(quota: Quota, numbers: Mapping[str, Decimal]) -> list[tuple[Count, Step]]:
    words = {item.key: {"zh": item.zh, "en": item.en} for item in quota.among}
    found = []
    least, most = quota.at_least, quota.at_most
    if least is None and most is None:
        return []
    for name, number in numbers.items():
        short = max(least - number, Decimal(0)) if least is not None else Decimal(0)
        over = max(number - most, Decimal(0)) if most is not None else Decimal(0)
        key = "number_short" if short else "number_over" if over else "number_kept"
        bounds = {"least": least, "most": most}
        step = Step.of(
            quota.id,
            key,
            number=number,
            counted_of=words.get(name) or said([name]),
            per=said([quota.per]),
            bounds=_bounds(least, most),
            **{side: str(bound) for side, bound in bounds.items() if bound is not None},
        )
        found.append((Count(quota.id, name, quota.per, short, over), step))
    return found


def _bounds(least: Decimal | None, most: Decimal | None) -> str:
    """“≥ 1, ≤ 5”; one number where both ends are the same."""
    if least == most:
        return f"= {least}"
    ends = (("≥", least), ("≤", most))
    return ", ".join(f"{sign} {end}" for sign, end in ends if end is not None)


# Classes.


@dataclass(frozen=True, slots=True)
class Classed:
    """The class of a case, None where no criterion says one, and the clauses that decided it."""

    of: str | None
    clauses: tuple[str, ...]
    steps: tuple[Step, ...]


def classify(
    rulebook: Rulebook,
    of: str,
    facts: Facts | None = None,
    numbers: Mapping[str, Decimal] | None = None,
) -> Classed:
    """Return which class the criteria of ``of`` put a case into.

    Where the rulebook has a list of that name, it is the order of precedence, and what fits nothing
    is of its last class. Raises NotInRulebook for something without criteria, MissingFact where a fact or
    a measure is wanted that is not given, BadFacts for a number below nought and for two classes
    that no list puts in order.
    Source: CD-05.15, CD-06.25, CD-07.09, ES-132.03, ES-302.03 … ES-302.12, LC-06.02, SD-120.01;
    ES-502.17 in ``incidents``.
    """
    criteria = [criterion for criterion in rulebook.in_force(Criterion) if criterion.of == of]
    if not criteria:
        raise NotInRulebook(cannot_be("no_criteria", code=rulebook.code, of=of))
    given = numbers or {}
    if any(not number.is_finite() or number < 0 for number in given.values()):
        raise BadFacts({"numbers": cannot_be("measure_below_nought", of=of)})
    met = [c for c in applying(criteria, facts or {}) if _within(c, given)]
    order = [item.key for item in offered(rulebook, of, facts).items]
    chosen = _first(of, [criterion.gives for criterion in met], order)
    deciding = [criterion for criterion in met if criterion.gives == chosen]
    steps = [_reason(criterion, given) for criterion in deciding]
    if not deciding and chosen is not None:
        listing = offered(rulebook, of, facts).steps[0].clause
        steps.append(Step.of(listing, "class_default", what=said([chosen])))
    return Classed(chosen, tuple(c.id for c in deciding), tuple(steps))


def _first(of: str, given: Sequence[str], order: Sequence[str]) -> str | None:
    if order:
        known(given, order, of)
        return next((name for name in order if name in given), order[-1])
    if len(set(given)) > 1:
        raise BadFacts(cannot_be("criteria_say", of=of, classes=sorted(set(given))))
    return given[0] if given else None


def _within(criterion: Criterion, numbers: Mapping[str, Decimal]) -> bool:
    if criterion.measure is None:
        return True
    if criterion.measure not in numbers:
        raise MissingFact(criterion.id, criterion.measure)
    number = numbers[criterion.measure]
    least, most, over = criterion.at_least, criterion.at_most, criterion.more_than
    return (
        (least is None or number >= least)
        and (most is None or number <= most)
        and (over is None or number > over)
    )


def _reason(criterion: Criterion, numbers: Mapping[str, Decimal]) -> Step:
    what = said([criterion.gives])
    if criterion.measure is None:
        return Step.of(criterion.id, "class_by_fact", what=what)
    bounds = {"least": criterion.at_least, "most": criterion.at_most, "above": criterion.more_than}
    told = {side: str(bound) for side, bound in bounds.items() if bound is not None}
    keys: dict[tuple[str, ...], str] = {
        ("least",): "class_at_least",
        ("above",): "class_above",
        ("most",): "class_at_most",
    }
    return Step.of(
        criterion.id,
        keys.get(tuple(told), "class_between"),
        what=what,
        measure=said([criterion.measure]),
        number=numbers[criterion.measure],
        **told,
    )


# Reports.


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the clauses say about one report. ``per`` None: no period is named; ``steps``: who
    does what, in the order of the work; ``house``: when it is due by the house's own choice.
    """

    report: str
    clauses: tuple[str, ...]
    per: str | None
    steps: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    group_by: tuple[str, ...]
    needs: tuple[str, ...]
    recipients: tuple[str, ...]
    frozen: bool
    house: ReportDue | None


def report_plan(rulebook: Rulebook, report: str) -> Plan:
    """Put the clauses about a report together.

    Raises NotInRulebook for a report the rulebook does not have, BadFacts where two clauses name two
    periods, or two people for one step.
    Source: CD-08.02 … CD-08.10, CD-10.05, CD-12.33, LC-01.04, LC-02.07, LC-05.08, LC-01.25,
    LC-03.09, LC-04.09, SD-221.11, OS-05.04 and the like.
    """
    clauses = [clause for clause in rulebook.in_force(Report) if report in clause.reports]
    if not clauses:
        raise NotInRulebook(cannot_be("no_report", code=rulebook.code, report=report))
    periods = {clause.per for clause in clauses if clause.per is not None}
    if len(periods) > 1:
        first, second, *_rest = sorted(periods)
        raise BadFacts(cannot_be("two_periods", report=report, first=first, second=second))
    steps: dict[str, str] = {}
    for clause in clauses:
        for step, role in clause.steps.items():
            if steps.setdefault(step, role) != role:
                why = cannot_be(
                    "two_roles", report=report, task=step, role=steps[step], other_role=role
                )
                raise BadFacts(why)
    return Plan(
        report,
        tuple(clause.id for clause in clauses),
        next(iter(periods), None),
        tuple((step, steps[step]) for step in STEPS if step in steps),
        _all(clause.columns for clause in clauses),
        _all(clause.group_by for clause in clauses),
        _all(clause.needs for clause in clauses),
        _all(clause.recipients for clause in clauses),
        any(clause.frozen for clause in clauses),
        next((clause.house for clause in clauses if clause.house is not None), None),
    )


def _all(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for some in names for name in some))


def report_step(
    plan: Plan, done: Collection[str], recorded: Collection[str] = ()
) -> tuple[str, str, tuple[str, ...]]:
    """Return (step, role, what it lacks) of the next step of a report; ("", "", ()) when all is done.

    What a report needs has to be there before it is issued or submitted. Raises BadFacts for a
    step that the plan does not have, or that was done before an earlier one.
    """
    names = [step for step, _role in plan.steps]
    known(done, names, plan.report, fact="done")
    for place, (step, role) in enumerate(plan.steps):
        if step in done:
            continue
        if set(done) & set(names[place:]):
            why = cannot_be("comes_before", report=plan.report, task=step)
            raise BadFacts({"done": why})
        leaves = place + 1 == len(names)
        lacks = tuple(name for name in plan.needs if leaves and name not in recorded)
        return step, role, lacks
    return "", "", ()


# Rates.


@dataclass(frozen=True, slots=True)
class Ratio:
    """One share: ``percent`` with the decimals of the clause, None where nothing was counted."""

    name: str
    counted: Decimal
    of: Decimal
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Ratios:
    """``total`` is the quotient of the sums, not the mean of the parts, which stand by ``by``.
    ``per``: the periods it is for. ``reached``: whether the target is reached, None without a target
    or without anything counted.
    """

    total: Ratio
    parts: tuple[Ratio, ...]
    by: tuple[str, ...]
    per: tuple[str, ...]
    reached: bool | None
    steps: tuple[Step, ...]


def ratios(rulebook: Rulebook, rate: str, parts: Mapping[str, tuple[Decimal, Decimal]]) -> Ratios:
    """Return a rate by part and over all, in percent; ``parts``: (counted, out of) of each.

    Halves go up, once, at the end of each line; nothing out of nothing is no rate. The target is
    compared with the exact share. Raises NotInRulebook for a rate the rulebook does not have, BadFacts
    for numbers below nought, not finite, or more counted than there are.
    Source: CD-13.12, CD-13.18, CD-13.19, LC-06.01, OS-11.02, OS-11.04, OS-11.07, OS-11.10, OS-12.01.
    """
    clause = next((c for c in rulebook.in_force(Rate) if c.rate == rate), None)
    if clause is None:
        raise NotInRulebook(cannot_be("no_rate", code=rulebook.code, rate=rate))
    for name, (part, whole) in parts.items():
        if not (part.is_finite() and whole.is_finite()) or not 0 <= part <= whole:
            why = cannot_be("part_of_whole", rate=rate, name=name, part=part, whole=whole)
            raise BadFacts({"parts": why})
    lines = tuple(_ratio(clause, name, *numbers) for name, numbers in parts.items())
    total = _ratio(
        clause,
        "total",
        sum((line.counted for line in lines), Decimal(0)),
        sum((line.of for line in lines), Decimal(0)),
    )
    reached = None
    if clause.target is not None and total.of:
        reached = total.counted >= clause.target * total.of
    told = tuple(_told(clause, total, reached))
    return Ratios(total, lines if clause.by else (), clause.by, clause.per, reached, told)


def _ratio(clause: Rate, name: str, part: Decimal, whole: Decimal) -> Ratio:
    percent = None
    if whole:
        places = Decimal(1).scaleb(-clause.decimals)
        percent = (part * 100 / whole).quantize(places, rounding=ROUND_HALF_UP)
    return Ratio(name, part, whole, percent)


def _told(clause: Rate, total: Ratio, reached: bool | None) -> list[Step]:
    if total.percent is None:
        return [Step.of(clause.id, "rate_of_nothing")]
    steps = [
        Step.of(
            clause.id,
            "rate",
            part=total.counted,
            whole=total.of,
            rate=total.percent,
            what=said([clause.counted]),
            out_of=said([clause.of]),
        )
    ]
    if reached is not None:
        key = "rate_reached" if reached else "rate_missed"
        steps.append(Step.of(clause.id, key, rate=total.percent, target_share=clause.target))
    return steps
