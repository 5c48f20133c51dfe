"""What a service costs by a table of the rulebook, who bears which cost, and what goes into a fund.

Amounts are in yuan and rounded to the fen once, at the end. A table that the regulation leaves
blank raises NotSet; a table with a gap, or a quantity that no band takes, is refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from kefu.policy.calculation import Calculation, Decided, labelled
from kefu.policy.clauses import (
    Bearer,
    ClauseBase,
    FeeSum,
    Fund,
    NotSet,
    PieceTariff,
    PlaceTariff,
    Tariff,
)
from kefu.policy.clauses.base import Amount, Name, Quantity, Strict, Text
from kefu.policy.clauses.fees import Division, Parts
from kefu.policy.money import yuan
from kefu.policy.refusals import BadFacts, Refused, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step
from kefu.policy.wording import Both

AIR_RETURN = "air_return"
WAREHOUSE_ENTRY = "warehouse_entry"
FORWARDING = "forwarding"
RETURN_FREIGHT = "return_freight"
SCORE_MONEY = "score_money"  # what lost points cost: kefu.policy.scores
Kind = TypeVar("Kind", bound=ClauseBase)
Weight = Annotated[Quantity, Field(gt=0, le=100_000, decimal_places=4)]


class TableFault(Refused, ValueError):
    """A table of prices that leaves a gap, overlaps, or takes no quantity of this size."""


# Tables by quantity.


@dataclass(frozen=True, slots=True)
class Fee:
    """``amount`` in yuan; None: it is agreed upon by a person (``negotiated``)."""

    amount: Decimal | None
    steps: tuple[Step, ...]

    @property
    def negotiated(self) -> bool:
        return self.amount is None


def bands(rulebook: Rulebook, table: str, zone: str | None = None) -> tuple[Tariff, ...]:
    """Return the bands of a table (of one zone), the lowest first.

    Raises NotSet for a bound the regulation leaves blank or a table it does not have, TableFault
    for bands that leave a gap or overlap.
    """
    found = [t for t in rulebook.in_force(Tariff) if t.table == table and t.zone == zone]
    if not found:
        raise NotSet(rulebook.code, f"{table} {zone or ''}".strip())
    ordered = tuple(sorted(found, key=lambda band: Decimal(band.given("over"))))
    for band, above in pairwise(ordered):
        if not band.ends or band.given("up_to") != above.over:
            raise TableFault(cannot_be("gap", clause=above.id, other=band.id))
    if ordered[-1].ends:
        ordered[-1].given("up_to")
    return ordered


def charge(table: Sequence[Tariff], quantity: Decimal, *, free_below: bool = False) -> Fee:
    """Return what a quantity costs, rounded to the fen.

    A quantity exactly on a bound belongs to the band below it. ``free_below``: the table begins
    above nought and asks nothing for less. Raises NotSet, TableFault, BadFacts for a quantity below 0
    or not finite.
    """
    if not quantity.is_finite() or quantity < 0:
        raise BadFacts({"quantity": cannot_be("quantity_below_nought", n=quantity)})
    if free_below and quantity <= table[0].given("over"):
        return Fee(yuan(0), ())
    exact, steps = _charge(table, quantity)
    return Fee(None if exact is None else yuan(exact), steps)


def _charge(table: Sequence[Tariff], quantity: Decimal) -> tuple[Decimal | None, tuple[Step, ...]]:
    """The charge before it is rounded, and how it comes about."""
    band = _band(table, quantity)
    if band.negotiated:
        return None, (Step.of(band.id, "fee_negotiated", quantity=quantity, unit=band.unit),)
    if band.ends and quantity > band.given("up_to"):  # above the last band, which stays
        top, steps = _charge(table, band.given("up_to"))
        inputs = {"quantity": quantity, "unit": band.unit, "sum_yuan": top}
        return top, (*steps, Step.of(band.id, "fee_stays", **inputs))
    first: tuple[Step, ...] = ()
    amount = Decimal(0)
    if band.basis == "excess" and table.index(band) > 0:
        below, first = _charge(table, band.given("over"))
        if below is None:
            raise TableFault(cannot_be("goes_on_from_agreed", clause=band.id))
        amount += below
    if "base" in band.model_fields_set:
        amount += band.given("base")
        first = (*first, _base_step(band, quantity))
    if band.basis is None:
        return amount, first
    cost, step = _per_unit(band, quantity)
    return amount + cost, (*first, step)


def _base_step(band: Tariff, quantity: Decimal) -> Step:
    inputs = {"quantity": quantity, "unit": band.unit, "sum_yuan": band.base}
    return Step.of(band.id, "fee_base", **inputs)


def _per_unit(band: Tariff, quantity: Decimal) -> tuple[Decimal, Step]:
    rate, over = band.given("rate"), band.given("over")
    if band.basis == "whole":
        charged = _counted(quantity, band.parts)
        key, inputs = "fee_whole", {}
    else:
        charged = _counted(quantity - over, band.parts)
        key, inputs = "fee_excess", {"over": over}
        if charged != quantity - over:
            key, inputs = "fee_excess_rounded", {"over": over}
    cost = Decimal(charged * rate)
    told = {"quantity": quantity, "charged": charged, "unit": band.unit, "rate_yuan": rate}
    return cost, Step.of(band.id, key, **inputs, **told, sum_yuan=yuan(cost))


def _counted(quantity: Decimal, parts: Parts | None) -> Decimal:
    """How much of it is charged: a part of a unit exactly, to the hundredth, or as a whole unit."""
    if parts == "hundredth":
        return quantity.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    if parts == "up":
        return quantity.to_integral_value(rounding=ROUND_CEILING)
    return quantity


def _band(table: Sequence[Tariff], quantity: Decimal) -> Tariff:
    for band in table:
        low, high = band.given("over"), band.given("up_to") if band.ends else None
        if (low < quantity or (low == 0 == quantity)) and (high is None or quantity <= high):
            return band
    last = table[-1]
    if last.beyond == "stays" and quantity > last.given("over"):
        return last
    raise TableFault(cannot_be("takes_no", clause=last.id, n=quantity, counted_in=last.unit))


# The freight of a returned air parcel.


class AirReturn(Strict):
    """An air parcel that goes back. ``destination``: the administrative division it goes to, as
    exact as the zones need it; ``shuttle``: whether our own line goes there. Weight in kilograms.
    """

    destination: Annotated[
        Division, labelled("目的地行政区划代码", "Destination, division code (GB/T 2260)")
    ]
    shuttle: Annotated[bool, labelled("有网络班车", "Served by a network shuttle")]
    weight: Annotated[Weight, labelled("重量", "Weight", "kg")]


def zone_of(rulebook: Rulebook, table: str, destination: str) -> Tariff | None:
    """Return the clause of the zone a destination lies in, or None if no zone names it.

    The longest code that fits decides. Raises NotSet for a zone whose places are blank, TableFault
    where two zones name the same place, BadFacts for a destination of which only a part lies in a
    zone.
    """
    zones = [t for t in rulebook.in_force(Tariff) if t.table == table and _has_places(t)]
    named = [(place, zone) for zone in zones for place in zone.given("places")]
    within = [(place, zone) for place, zone in named if destination.startswith(place)]
    if within:
        longest = max(len(place) for place, _ in within)
        first, *others = [zone for place, zone in within if len(place) == longest]
        for other in others:
            if other.zone != first.zone:
                why = cannot_be("names_too", clause=other.id, place=destination, other=first.id)
                raise TableFault(why)
        return first
    for place, zone in named:
        if place.startswith(destination):
            why = cannot_be("partly_in_zone", place=destination, clause=zone.id)
            raise BadFacts({"destination": why})
    return None


def _has_places(tariff: Tariff) -> bool:
    return "places" in tariff.model_fields_set


def air_return(rulebook: Rulebook, facts: AirReturn) -> Fee:
    """Return the freight of an air parcel that goes back; a zone that is named by its places goes
    before the question whether a shuttle goes there.

    Source: CD-04.16 to CD-04.20. Raises NotSet, TableFault, BadFacts.
    """
    named = zone_of(rulebook, AIR_RETURN, facts.destination)
    zone = "shuttle" if facts.shuttle else "no_shuttle"
    if named is not None and named.zone is not None:
        zone = named.zone
    table = bands(rulebook, AIR_RETURN, zone)
    fee = charge(table, facts.weight)
    step = Step.of((named or table[0]).id, "fee_zone", place=facts.destination, zone=zone)
    return Fee(fee.amount, (step, *fee.steps))


def _air_return(rulebook: Rulebook, facts: AirReturn) -> Decided:
    fee = air_return(rulebook, facts)
    return Decided.of(fee.steps, amount=fee.amount)


# The fee for delivery into a warehouse.


class Piece(Strict):
    """One piece: kilograms and cubic metres."""

    weight: Annotated[Weight, labelled("重量", "Weight", "kg")]
    volume: Annotated[Quantity, Field(le=1000), labelled("体积", "Volume", "m³")] = Decimal(0)


class WarehouseEntry(Strict):
    """What goes into a warehouse. ``agreed``: the handling that was agreed upon on the telephone."""

    place: Annotated[Text, labelled("进仓地点", "Warehouse")]
    pieces: Annotated[
        Annotated[tuple[Piece, ...], Field(min_length=1, max_length=10_000)],
        labelled("各件", "Pieces"),
    ]
    agreed: Annotated[Amount | None, labelled("议定手续费", "Handling agreed upon", "yuan")] = None


@dataclass(frozen=True, slots=True)
class EntryFee:
    """``parts`` by name in yuan, and their sum; ``total`` None: the handling has to be agreed."""

    total: Decimal | None
    parts: dict[str, Decimal]
    steps: tuple[Step, ...]


def warehouse_entry(rulebook: Rulebook, facts: WarehouseEntry) -> EntryFee:
    """Return the fee for delivery into a warehouse: handling by weight, by the number of pieces or
    by volume, and what the warehouse itself charges on top.

    One piece goes by weight (CD-11.04 to CD-11.06); of several those that are light enough by
    their number (CD-11.07), the others by weight; a bulky one costs more (CD-11.08). Source:
    CD-11.01, CD-11.03, CD-11.09. Raises NotSet for every blank, BadFacts for an agreed handling
    where none is to be agreed.
    """
    whole = _one(rulebook, FeeSum, fee=WAREHOUSE_ENTRY, adds="whole")
    on_top = _one(rulebook, FeeSum, fee=WAREHOUSE_ENTRY, adds="on_top")
    if set(whole.parts) != {"handling", *on_top.parts}:
        raise TableFault(cannot_be("other_parts", clause=whole.id, other=on_top.id))
    charges, place_step = _charges(rulebook, facts.place, on_top)
    handling = _handling(rulebook, facts)
    steps = [*handling.steps, place_step]
    if handling.amount is None:
        return EntryFee(None, charges, (*steps, Step.of(whole.id, "fee_to_agree")))
    parts = {"handling": handling.amount} | charges
    steps += [
        Step.of(on_top.id, "fee_on_top", part=name, sum_yuan=charges[name]) for name in on_top.parts
    ]
    total = yuan(sum(parts.values(), Decimal(0)))
    added = [str(parts[name]) for name in whole.parts]
    steps.append(Step.of(whole.id, "fee_total", parts_yuan=added, sum_yuan=total))
    return EntryFee(total, parts, tuple(steps))


def _charges(rulebook: Rulebook, place: str, on_top: FeeSum) -> tuple[dict[str, Decimal], Step]:
    table = _one(rulebook, PlaceTariff, table=WAREHOUSE_ENTRY)
    for row in table.given("rows"):
        if row.place == place:
            for name in on_top.parts:
                if name not in row.charges:
                    raise NotSet(table.id, f"{place}: {name}")
            return {name: yuan(row.charges[name]) for name in on_top.parts}, Step.of(
                table.id, "fee_place", place=place
            )
    raise NotSet(table.id, place)


def _handling(rulebook: Rulebook, facts: WarehouseEntry) -> Fee:
    by_weight = bands(rulebook, WAREHOUSE_ENTRY)
    fees = [*_by_count_or_weight(rulebook, facts.pieces, by_weight)]
    bulky = bands(rulebook, f"{WAREHOUSE_ENTRY}_volume")
    fees += [charge(bulky, piece.volume, free_below=True) for piece in facts.pieces]
    steps = tuple(step for fee in fees for step in fee.steps)
    amounts = [fee.amount for fee in fees if fee.amount is not None]
    if len(amounts) == len(fees):
        if facts.agreed is not None:
            raise BadFacts({"agreed": cannot_be("handling_by_table")})
        return Fee(yuan(sum(amounts, Decimal(0))), steps)
    if facts.agreed is None:
        return Fee(None, steps)
    negotiated = next(fee.steps[-1].clause for fee in fees if fee.negotiated)
    step = Step.of(negotiated, "fee_agreed", sum_yuan=facts.agreed)
    return Fee(yuan(facts.agreed), (*steps, step))


def _by_count_or_weight(
    rulebook: Rulebook, pieces: Sequence[Piece], by_weight: Sequence[Tariff]
) -> Iterator[Fee]:
    if len(pieces) == 1:
        yield charge(by_weight, pieces[0].weight)
        return
    table = _one(rulebook, PieceTariff, table=WAREHOUSE_ENTRY)
    most = table.given("max_piece_kg")
    for piece in pieces:
        if piece.weight > most:
            yield charge(by_weight, piece.weight)
    if light := sum(piece.weight <= most for piece in pieces):
        yield _by_pieces(table, light)


def _by_pieces(table: PieceTariff, pieces: int) -> Fee:
    for row in table.given("rows"):
        if row.from_pieces <= pieces and (row.to_pieces is None or pieces <= row.to_pieces):
            further = pieces - row.from_pieces
            amount = yuan(row.base + further * row.each)
            inputs = {"n": pieces, "base_yuan": row.base, "further": further, "each_yuan": row.each}
            return Fee(amount, (Step.of(table.id, "fee_pieces", **inputs, sum_yuan=amount),))
    raise TableFault(cannot_be("takes_no", clause=table.id, n=pieces, counted_in="pieces"))


def _warehouse_entry(rulebook: Rulebook, facts: WarehouseEntry) -> Decided:
    fee = warehouse_entry(rulebook, facts)
    return Decided.of(
        fee.steps, total=fee.total, parts={name: str(part) for name, part in fee.parts.items()}
    )


def _one(rulebook: Rulebook, kind: type[Kind], **named: str) -> Kind:
    """The clause of a kind with these settings. Raises NotSet."""
    for clause in rulebook.in_force(kind):
        if all(getattr(clause, name) == value for name, value in named.items()):
            return clause
    raise NotSet(rulebook.code, " ".join(named.values()))


# Who bears a cost.


class Forwarding(Strict):
    """A parcel that another carrier takes on. Amounts in yuan."""

    payment: Annotated[Literal["prepaid", "monthly", "collect"], labelled("付款方式", "Payment")]
    paid: Annotated[Amount, labelled("已付费用", "Paid already", "yuan")]
    cost: Annotated[Amount, labelled("转发费用", "Cost of forwarding", "yuan")]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What is missing, from whom, and whether the parcel waits for it; ``clause`` None: nobody is
    asked to top up.
    """

    amount: Decimal
    who: str | None
    hold: bool
    steps: tuple[Step, ...]


def forwarding_shortfall(rulebook: Rulebook, facts: Forwarding) -> Shortfall:
    """Return what has to be topped up before a parcel is forwarded; enough to the fen is enough.

    Source: CD-06.16 (a prepaid parcel: the courier). For another way of paying nobody tops up.
    Raises NotSet where the rulebook says nothing about forwarding.
    """
    found = [c for c in rulebook.in_force(Bearer) if (c.cost, c.act) == (FORWARDING, "tops_up")]
    if not found:
        raise NotSet(rulebook.code, f"{FORWARDING} tops_up")
    clause = next((c for c in found if c.case == facts.payment), None)
    if clause is None:
        step = Step.of(found[0].id, "fee_no_top_up", payment=facts.payment)
        return Shortfall(yuan(0), None, hold=False, steps=(step,))
    missing = yuan(max(facts.cost - facts.paid, Decimal(0)))
    inputs = {"cost_yuan": facts.cost, "paid_yuan": facts.paid, "sum_yuan": missing}
    if not missing:
        return Shortfall(missing, None, False, (Step.of(clause.id, "fee_enough", **inputs),))
    steps = [Step.of(clause.id, "fee_shortfall", **inputs, who=clause.who)]
    if clause.hold:
        steps.append(Step.of(clause.id, "fee_hold", who=clause.who))
    return Shortfall(missing, clause.who, clause.hold, tuple(steps))


def _forwarding(rulebook: Rulebook, facts: Forwarding) -> Decided:
    found = forwarding_shortfall(rulebook, facts)
    return Decided.of(found.steps, shortfall=found.amount, who=found.who, hold=found.hold)


class GoodsReturn(Strict):
    """Goods that a customer sends back. ``case``: "quality" or "no_defect". Freight in yuan, as on
    its receipts; ``established``: what has happened and what is on record.
    """

    case: Annotated[Name, labelled("退货缘由", "Case")]
    outbound: Annotated[Amount, labelled("发货运费", "Outbound freight", "yuan")]
    back: Annotated[Amount, labelled("退回运费", "Return freight", "yuan")]
    established: Annotated[
        tuple[Name, ...], Field(max_length=20), labelled("已有事实", "Established facts")
    ] = ()


@dataclass(frozen=True, slots=True)
class FreightShare:
    """``bears`` and ``advances`` by who, in yuan. ``pays_back``: what is due to whoever laid it out,
    by whom, and ``to`` which account; while something is ``missing`` nothing is paid back yet.
    """

    bears: dict[str, Decimal]
    advances: dict[str, Decimal]
    pays_back: dict[str, Decimal]
    to: str | None
    missing: tuple[str, ...]
    steps: tuple[Step, ...]


def goods_return(rulebook: Rulebook, facts: GoodsReturn) -> FreightShare:
    """Return who bears the freight of goods sent back, who lays it out and what is paid back.

    Source: SD-223.13 to SD-223.16. Raises NotSet for a case of which the rulebook says nothing.
    """
    said = [c for c in rulebook.in_force(Bearer) if c.cost == RETURN_FREIGHT]
    clauses = [clause for clause in said if clause.case == facts.case]
    if not clauses:
        raise NotSet(rulebook.code, f"{RETURN_FREIGHT} {facts.case}")
    shares: dict[str, dict[str, Decimal]] = {"bears": {}, "advances": {}, "pays_back": {}}
    steps: list[Step] = []
    missing: tuple[str, ...] = ()
    to = None
    for clause in clauses:
        amount = _freight(clause, facts)
        inputs = {"who": clause.who, "legs": list(clause.legs), "sum_yuan": amount}
        if clause.act == "pays_back":
            to, missing = clause.to, _awaited(clause, facts)
            inputs["to"] = to or ""
        if clause.act == "pays_back" and missing:
            steps.append(Step.of(clause.id, "fee_waits", fact=list(missing), sum_yuan=amount))
            continue
        shares.setdefault(clause.act, {})[clause.who] = amount
        steps.append(Step.of(clause.id, f"fee_{clause.act}", **inputs))
    return FreightShare(**shares, to=to, missing=missing, steps=tuple(steps))


def _freight(clause: Bearer, facts: GoodsReturn) -> Decimal:
    freight = {"outbound": facts.outbound, "return": facts.back}
    return yuan(sum((freight[leg] for leg in clause.legs), Decimal(0)))


def _awaited(clause: Bearer, facts: GoodsReturn) -> tuple[str, ...]:
    wanted = (clause.after, *clause.needs)
    return tuple(name for name in wanted if name and name not in facts.established)


def _goods_return(rulebook: Rulebook, facts: GoodsReturn) -> Decided:
    found = goods_return(rulebook, facts)
    return Decided.of(
        found.steps,
        bears={who: str(amount) for who, amount in found.bears.items()},
        advances={who: str(amount) for who, amount in found.advances.items()},
        pays_back={who: str(amount) for who, amount in found.pays_back.items()},
        to=found.to,
        missing=list(found.missing),
    )


# Where fines go.


class FundFacts(Strict):
    """A deduction by its kind, in yuan."""

    kind: Annotated[Name, labelled("扣款种类", "Kind of deduction")]
    amount: Annotated[Amount, labelled("金额", "Amount", "yuan")]


def fund_income(rulebook: Rulebook, facts: FundFacts) -> Fee:
    """Return what a deduction brings into the fund. Source: SD-233.04.

    Raises NotSet without a fund, BadFacts for a kind of deduction its clause does not name.
    """
    clause = next(iter(rulebook.in_force(Fund)), None)
    if clause is None:
        raise NotSet(rulebook.code, "fund")
    if facts.kind in clause.without:
        return Fee(yuan(0), (Step.of(clause.id, "fund_without", deduction=facts.kind),))
    if facts.kind not in clause.of:
        raise BadFacts(
            {"kind": cannot_be("no_such_deduction", clause=clause.id, deduction=facts.kind)}
        )
    income = yuan(facts.amount * clause.share)
    inputs = {"deduction": facts.kind, "base_yuan": facts.amount, "portion_share": clause.share}
    step = Step.of(clause.id, "fund_income", **inputs, fund=clause.fund, sum_yuan=income)
    return Fee(income, (step,))


def _fund(rulebook: Rulebook, facts: FundFacts) -> Decided:
    fee = fund_income(rulebook, facts)
    return Decided.of(fee.steps, amount=fee.amount)


CALCULATIONS: tuple[Calculation, ...] = (
    Calculation("air_return", Both("航空件退回运费", "Return freight"), AirReturn, _air_return),
    Calculation(
        "warehouse_entry", Both("进仓费", "Warehouse-entry fee"), WarehouseEntry, _warehouse_entry
    ),
    Calculation(
        "forwarding", Both("转发费用差额", "Forwarding shortfall"), Forwarding, _forwarding
    ),
    Calculation(
        "goods_return", Both("退换货运费", "Freight of goods returned"), GoodsReturn, _goods_return
    ),
    Calculation("fund", Both("部门活动经费", "Activity fund"), FundFacts, _fund),
)
