"""What a customer gets for a delay, a damage or a loss, and how it is divided among the liable.

Amounts are in yuan and rounded to the fen once, at the end. Of the clauses that fit what happened
one sets the amount, then the maximum cuts it, then the minimum lifts it. Nothing is taken from
another rulebook: where no clause sets an amount, NotSet says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Literal

from pydantic import Field

from kefu.policy.calculation import Calculation, Decided, labelled
from kefu.policy.clauses import Compensation, Fields, NotSet, Quota
from kefu.policy.clauses.base import Amount, Factor, Name, Share, Strict, Text
from kefu.policy.clauses.compensation import Event
from kefu.policy.money import FEN, yuan
from kefu.policy.refusals import BadFacts, cannot_be, wanted
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step
from kefu.policy.wording import Both

SHARES = "liability_percent"
Sets = Literal["amount", "minimum", "maximum"]
Days = Annotated[int, Field(strict=True, ge=0, le=3660)]


class Claim(Strict):
    """What happened, and what is known about the parcel. Amounts in yuan; what is not known is left
    out.

    ``insured_amount``: the declared value it is insured for; without one it is not insured.
    ``proved_value``: of the whole of the goods, by the customer's proof. ``share``: how much of
    them is lost or damaged. ``delay_days``: calendar days from the promised day to the day of
    delivery. ``chosen``: what a person chose within the clause's range; ``agreed``: with the
    customer.
    """

    event: Annotated[Event, labelled("发生了什么", "What happened")]
    insured_amount: Annotated[
        Annotated[Amount, Field(gt=0)] | None,
        labelled("保价金额（声明价值）", "Insured amount (declared value)", "yuan"),
    ] = None
    proved_value: Annotated[
        Amount | None, labelled("价值证明金额", "Value by the customer's proof", "yuan")
    ] = None
    freight: Annotated[Amount | None, labelled("运费", "Freight", "yuan")] = None
    repairable: Annotated[bool | None, labelled("可修复", "Can be repaired")] = None
    repair_cost: Annotated[Amount | None, labelled("修复费用", "Cost of repair", "yuan")] = None
    share: Annotated[
        Share, Field(gt=0), labelled("损失比例（0–1）", "Share lost or damaged (0–1)")
    ] = Decimal(1)
    delay_days: Annotated[Days | None, labelled("延误天数", "Days of delay")] = None
    force_majeure: Annotated[bool, labelled("不可抗力", "Force majeure")] = False
    chosen: Annotated[Amount | None, labelled("选定金额", "Amount chosen", "yuan")] = None
    agreed: Annotated[Amount | None, labelled("协商金额", "Amount agreed", "yuan")] = None

    @property
    def insured(self) -> bool:
        return self.insured_amount is not None


@dataclass(frozen=True, slots=True)
class Compensated:
    """What is to be paid. ``amount`` None: a person chooses it, of ``proposed`` or within ``least``
    and ``most``. ``settled`` is False for what is only a proposal. ``approvals``: who has to agree
    besides: "specialist", "manager". ``optional``: nothing need be given.
    """

    amount: Decimal | None
    form: Literal["money", "coupon"]
    clause: str
    settled: bool
    proposed: Decimal | None
    least: Decimal | None
    most: Decimal | None
    approvals: tuple[str, ...]
    optional: bool
    steps: tuple[Step, ...]


def compensate(rulebook: Rulebook, claim: Claim) -> Compensated:
    """Return what the customer is paid, by which clauses.

    A rulebook without any such clause that has the amount agreed with the customer pays what was
    agreed, with no cap of another. Source: ES-303.13 to ES-303.19, LC-01.20. Raises NotSet where
    the rulebook sets no amount for what happened; BadFacts, by field, for a fact that is needed and
    missing or cannot be.
    """
    if agreement := _agreement(rulebook):
        return _agreed(agreement, claim)
    terms, dearer = _terms(rulebook, claim)
    amount = terms["amount"]
    if amount.basis == "chosen":
        return _within_range(amount, claim)
    found = _basis(amount, claim)
    steps = [*dearer, *found.steps]
    exact = found.amount
    for limit in (terms.get("maximum"), terms.get("minimum")):
        if limit is not None:
            exact, step = _limited(limit, exact, claim)
            steps.append(step)
    if exact is None:
        raise BadFacts({"proved_value": wanted("nothing_proved", clause=amount.id)})
    paid = yuan(exact)
    key = "claim_proposed" if found.approvals else "claim_paid"
    steps.append(Step.of(amount.id, key, sum_yuan=paid))
    approvals = [*found.approvals]
    above = amount.house.approval_above
    if above is not None and paid > above and not claim.insured:
        approvals.append("manager")
        steps.append(Step.of(amount.id, "claim_manager", most_yuan=above))
    return _paid(amount.id, amount.form, paid, tuple(approvals), tuple(steps))


def _agreement(rulebook: Rulebook) -> Fields | None:
    """The clause that leaves the amount to an agreement, where no other sets any."""
    if any(rulebook.in_force(Compensation)):
        return None
    return next((c for c in rulebook.in_force(Fields) if c.form == "claim_agreement"), None)


def _agreed(clause: Fields, claim: Claim) -> Compensated:
    if claim.agreed is None:
        raise BadFacts({"agreed": wanted("agreed_with_customer", clause=clause.id)})
    amount = yuan(claim.agreed)
    step = Step.of(clause.id, "claim_agreed", sum_yuan=amount)
    return _paid(clause.id, "money", amount, (), (step,))


def _paid(
    clause: str,
    form: Literal["money", "coupon"],
    amount: Decimal,
    approvals: tuple[str, ...],
    steps: tuple[Step, ...],
) -> Compensated:
    return Compensated(
        amount=amount,
        form=form,
        clause=clause,
        settled=not approvals,
        proposed=None,
        least=None,
        most=None,
        approvals=approvals,
        optional=False,
        steps=steps,
    )


# Which clauses.


def _terms(rulebook: Rulebook, claim: Claim) -> tuple[dict[Sets, Compensation], tuple[Step, ...]]:
    """The clause that sets the amount, and those that limit it, by what they set."""
    repairable = claim.repairable if claim.event == "damage" else None
    found = dict(_fitting(rulebook, claim, repairable))
    if "amount" not in found and _asks_repairable(rulebook, claim):
        raise BadFacts({"repairable": wanted("repairable_or_not")})
    if "amount" not in found:
        raise NotSet(rulebook.code, f"compensation for {claim.event}")
    amount = found["amount"]
    if amount.basis != "repair_cost" or amount.dearer_repair == "paid":
        return found, ()
    cost, value = _needed(claim, "repair_cost", amount), _proved(claim, amount)
    if value is None or cost <= value:
        return found, ()
    inputs = {"cost_yuan": cost, "value_yuan": yuan(value)}
    step = Step.of(amount.id, "claim_dearer_repair", **inputs)
    return dict(_fitting(rulebook, claim, False)), (step,)


def _fitting(
    rulebook: Rulebook, claim: Claim, repairable: bool | None
) -> Iterator[tuple[Sets, Compensation]]:
    """The clauses for what happened, by what they set; a narrower one comes last and wins."""
    fitting = [
        clause
        for clause in rulebook.in_force(Compensation)
        if clause.event == claim.event
        and clause.insured in (None, claim.insured)
        and (clause.repairable is None or clause.repairable == repairable)
    ]
    yield from ((clause.sets, clause) for clause in sorted(fitting, key=_narrowness))


def _narrowness(clause: Compensation) -> int:
    return sum(part is not None for part in (clause.insured, clause.repairable))


def _asks_repairable(rulebook: Rulebook, claim: Claim) -> bool:
    return claim.event == "damage" and any(
        clause.repairable is not None and clause.event == claim.event
        for clause in rulebook.in_force(Compensation)
    )


# How much.


@dataclass(frozen=True, slots=True)
class _Found:
    """An amount before it is rounded; None: nothing is proved. ``approvals``: who has to decide."""

    amount: Decimal | None
    steps: tuple[Step, ...]
    approvals: tuple[str, ...] = ()


def _basis(clause: Compensation, claim: Claim) -> _Found:
    if clause.basis == "proved_value":
        return _by_proof(clause, claim)
    if clause.basis == "fixed":
        assert clause.amount is not None
        fixed = Step.of(clause.id, "claim_fixed", sum_yuan=clause.amount)
        return _Found(Decimal(clause.amount), (fixed,))
    base = _needed(claim, clause.basis, clause)  # the basis is called as the fact is
    amount = base * _share(clause, claim) * clause.multiple
    step = Step.of(
        clause.id, f"claim_{clause.basis}", **_told(clause, claim, base), sum_yuan=amount
    )
    found = _Found(amount, (step,))
    return _limited_to_proof(clause, claim, found) if clause.limited_to_proof else found


def _by_proof(clause: Compensation, claim: Claim) -> _Found:
    value = _proved(claim, clause)
    if value is None:
        return _without_proof(clause, claim)
    amount = value * clause.multiple
    told = _told(clause, claim, claim.proved_value or Decimal(0))
    steps = [Step.of(clause.id, "claim_proved_value", **told, sum_yuan=amount)]
    insured = claim.insured_amount
    if clause.limited_to_insured and insured is not None and amount > insured:
        amount = insured
        steps.append(Step.of(clause.id, "claim_up_to_insured", sum_yuan=insured))
    return _Found(amount, tuple(steps))


def _without_proof(clause: Compensation, claim: Claim) -> _Found:
    """What the house proposes without a proof of value; a specialist decides on it."""
    step = Step.of(clause.id, "claim_no_proof")
    times = clause.house.without_proof
    if times is None:
        return _Found(None, (step,))
    freight = _needed(claim, "freight", clause)
    inputs = {"base_yuan": freight, "factor": times, "sum_yuan": freight * times}
    proposal = Step.of(clause.id, "claim_without_proof", **inputs)
    return _Found(freight * times, (step, proposal), ("specialist",))


def _limited_to_proof(clause: Compensation, claim: Claim, found: _Found) -> _Found:
    value = _proved(claim, clause)
    if value is None:
        raise BadFacts({"proved_value": wanted("up_to_proved", clause=clause.id)})
    if found.amount is None or found.amount <= value:
        return found
    step = Step.of(clause.id, "claim_up_to_proof", sum_yuan=value)
    return _Found(value, (*found.steps, step))


def _limited(
    clause: Compensation, amount: Decimal | None, claim: Claim
) -> tuple[Decimal | None, Step]:
    """The amount after a maximum or a minimum; an amount that is not known takes the minimum."""
    limit = _basis(clause, claim).amount
    assert limit is not None
    applies = amount is None or (amount > limit if clause.sets == "maximum" else amount < limit)
    if clause.sets == "maximum" and amount is None:
        applies = False
    key = f"claim_{clause.sets}" if applies else f"claim_within_{clause.sets}"
    inputs = {
        "basis": clause.basis,
        "base_yuan": limit / clause.multiple,
        "factor": clause.multiple,
        "limit_yuan": limit,
    }
    return limit if applies else amount, Step.of(clause.id, key, **inputs)


def _proved(claim: Claim, clause: Compensation) -> Decimal | None:
    value = claim.proved_value
    return None if value is None else value * _share(clause, claim)


def _share(clause: Compensation, claim: Claim) -> Decimal:
    return claim.share if clause.partial == "share" else Decimal(1)


def _needed(claim: Claim, fact: str, clause: Compensation) -> Decimal:
    value = getattr(claim, fact)
    if value is None:
        raise BadFacts({fact: wanted("needs_it", clause=clause.id)})
    return Decimal(value)


def _told(clause: Compensation, claim: Claim, base: Decimal) -> dict[str, object]:
    return {"base_yuan": base, "lost_share": _share(clause, claim), "factor": clause.multiple}


def _within_range(clause: Compensation, claim: Claim) -> Compensated:
    """An amount that a person chooses; the house's scale proposes one."""
    assert clause.at_least is not None and clause.at_most is not None
    least, most = yuan(clause.at_least), yuan(clause.at_most)
    if claim.chosen is not None and not least <= claim.chosen <= most:
        why = cannot_be("between", clause=clause.id, least=least, most=most, n=claim.chosen)
        raise BadFacts({"chosen": why})
    inputs = {"least_yuan": least, "most_yuan": most, "form": clause.form}
    steps = [Step.of(clause.id, "claim_range", **inputs)]
    proposed = _by_scale(clause, claim)
    if proposed is not None:
        told = {"n": claim.delay_days, "sum_yuan": proposed}
        steps.append(Step.of(clause.id, "claim_scale", **told))
    optional = claim.force_majeure and clause.house.optional_after_force_majeure
    if optional:
        steps.append(Step.of(clause.id, "claim_optional"))
    chosen = None if claim.chosen is None else yuan(claim.chosen)
    if chosen is not None:
        steps.append(Step.of(clause.id, "claim_chosen", sum_yuan=chosen))
    return Compensated(
        amount=chosen,
        form=clause.form,
        clause=clause.id,
        settled=chosen is not None,
        proposed=proposed,
        least=least,
        most=most,
        approvals=(),
        optional=optional,
        steps=tuple(steps),
    )


def _by_scale(clause: Compensation, claim: Claim) -> Decimal | None:
    if not clause.house.scale:
        return None
    days = claim.delay_days
    if days is None:
        raise BadFacts({"delay_days": wanted("proposes_by_days", clause=clause.id)})
    reached = [step.amount for step in clause.house.scale if step.from_days <= days]
    return yuan(reached[-1]) if reached else None


# Who bears it.


class Liable(Strict):
    """Somebody who is liable: his ``kind``, and his ``share`` in percent."""

    party: Annotated[Text, labelled("责任方", "Liable party")]
    kind: Annotated[Name, labelled("类别", "Kind")]
    share: Annotated[Factor, Field(le=100), labelled("责任比例", "Share", "%")]


class LossDivision(Strict):
    """A loss in yuan and those among whom it is divided, with the reason in writing."""

    amount: Annotated[Amount, labelled("赔偿金额", "Amount", "yuan")]
    liable: Annotated[
        tuple[Liable, ...], Field(min_length=1, max_length=50), labelled("责任方", "Liable")
    ]
    reason: Annotated[Text | None, labelled("理由", "Reason")] = None


@dataclass(frozen=True, slots=True)
class Divided:
    """``amounts`` in yuan, in the order of the liable; together exactly the loss."""

    amounts: tuple[Decimal, ...]
    steps: tuple[Step, ...]


def divide(rulebook: Rulebook, division: LossDivision) -> Divided:
    """Return what each of the liable bears; the fen that are left go to the largest remainders, of
    equal ones to the first.

    Source: LC-01.18, LC-03.19, LC-04.12, which all hold. Raises NotSet where the rulebook divides
    no liability, BadFacts for shares that do not make up the whole, an unknown kind, no reason.
    """
    clauses = [quota for quota in rulebook.in_force(Quota) if quota.of == SHARES]
    if not clauses:
        raise NotSet(rulebook.code, SHARES)
    for clause in clauses:
        _check_shares(clause, division)
    amounts = split(division.amount, [one.share for one in division.liable])
    steps = tuple(
        Step.of(
            clauses[0].id,
            "claim_share",
            party=one.party,
            base_yuan=division.amount,
            percent=one.share,
            sum_yuan=amount,
        )
        for one, amount in zip(division.liable, amounts, strict=True)
    )
    return Divided(amounts, steps)


def _check_shares(clause: Quota, division: LossDivision) -> None:
    total = sum((one.share for one in division.liable), Decimal(0))
    least, most = clause.given("at_least"), clause.given("at_most")
    kinds = {item.key for item in clause.among}
    unknown = [one.kind for one in division.liable if kinds and one.kind not in kinds]
    faults = {}
    if not least <= total <= most:
        faults["liable"] = cannot_be("shares_make", clause=clause.id, total=total, least=least)
    if unknown:
        faults["liable"] = cannot_be("knows_no", clause=clause.id, kind=unknown[0])
    if "reason" in clause.needs and not division.reason:
        faults["reason"] = wanted("asks_reason", clause=clause.id)
    if faults:
        raise BadFacts(faults)


def split(amount: Decimal, shares: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Return the parts of an amount in proportion to ``shares``, exact to the fen and in sum.

    Raises BadFacts for no shares or one that is not above 0.
    """
    if not shares or min(shares) <= 0:
        raise BadFacts({"liable": cannot_be("shares_above_nought")})
    whole, total = yuan(amount), sum(shares, Decimal(0))
    exact = [whole * share / total for share in shares]
    parts = [one.quantize(FEN, rounding=ROUND_DOWN) for one in exact]
    left = int((whole - sum(parts, Decimal(0))) / FEN)
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for i in by_remainder[:left]:
        parts[i] += FEN
    return tuple(parts)


# To be tried out.


def _compensation(rulebook: Rulebook, claim: Claim) -> Decided:
    found = compensate(rulebook, claim)
    return Decided.of(
        found.steps,
        amount=found.amount,
        form=found.form,
        clause=found.clause,
        settled=found.settled,
        proposed=found.proposed,
        least=found.least,
        most=found.most,
        approvals=list(found.approvals),
        optional=found.optional,
    )


def _division(rulebook: Rulebook, division: LossDivision) -> Decided:
    found = divide(rulebook, division)
    parties = [one.party for one in division.liable]
    return Decided.of(
        found.steps, shares=[[p, str(a)] for p, a in zip(parties, found.amounts, strict=True)]
    )


CALCULATIONS: tuple[Calculation, ...] = (
    Calculation("compensation", Both("赔付", "Compensation"), Claim, _compensation),
    Calculation("liability", Both("责任分摊", "Division of a loss"), LossDivision, _division),
)
