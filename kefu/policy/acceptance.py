"""May a parcel be taken over the counter? What it holds, what the customer was told, how it is
paid for.

The lists of goods, the settlements and the mark are the rulebook's; a rulebook without one of these
clauses asks for nothing there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from kefu.policy.clauses import Duty, Fields, Item, Items
from kefu.policy.money import yuan
from kefu.policy.refusals import BadFacts, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

__all__ = [
    "FRAGILE",
    "Acceptance",
    "AcceptanceRules",
    "ParcelFacts",
    "Refusal",
    "judge_parcel",
]

FRAGILE = "fragile"
PREPAID = "prepaid"
# Where an answer that a clause asks for is given on the form.
ANSWERED_BY = {"prohibited_checked": "inspected"}


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """A parcel offered at the counter. ``found``: the keys of the listed kinds of goods it holds, and
    "fragile"; ``settlement``: the key of the one chosen, "" for none; ``price`` in yuan;
    ``released``: a supervisor let pass what a supervisor may.
    """

    settlement: str
    price: Decimal | None
    fee_told: bool
    inspected: bool
    clerk: str  # staff number
    found: frozenset[str] = frozenset()
    by_air: bool = False
    released: bool = False

    def holds(self, field: str) -> bool:
        """Is what a clause asks for there? Raises ValueError for a field that no form has."""
        match ANSWERED_BY.get(field, field):
            case "inspected":
                return self.inspected
            case "fee_told":
                return self.fee_told
            case "price":
                return self.price is not None and yuan(self.price) > 0
        raise ValueError(f"the counter's form has no field {field!r}")


@dataclass(frozen=True, slots=True)
class AcceptanceRules:
    """The clauses the counter works by."""

    refused: tuple[Items, ...]
    refused_by_air: tuple[Items, ...]
    forms: tuple[Items, ...]
    settlements: tuple[Items, ...]
    told: tuple[Fields, ...]
    priced: tuple[Fields, ...]
    marks: tuple[Items, ...]
    packing: tuple[Duty, ...]

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        lists = tuple(rulebook.in_force(Items))
        fields = tuple(rulebook.in_force(Fields))

        def of(*names: str) -> tuple[Items, ...]:
            return tuple(clause for clause in lists if clause.of in names)

        return cls(
            refused=of("refused_at_counter", "refused_at_storefront", "refused_on_request"),
            refused_by_air=of("air_prohibited"),
            forms=of("payment"),
            settlements=of("settlement"),
            told=tuple(clause for clause in fields if clause.form == "walk_in_parcel"),
            priced=tuple(clause for clause in fields if clause.form == "prepaid_waybill"),
            marks=of("counter_mark"),
            packing=tuple(
                clause
                for clause in rulebook.in_force(Duty)
                if clause.subject == "fragile_packing_notice"
            ),
        )

    @property
    def kinds(self) -> dict[str, Item]:
        """The kinds of goods the clerk looks for, by key; fragile ones in any case."""
        listed = {item.key: item for clause in self.refused for item in _items(clause)}
        listed.setdefault(FRAGILE, Item(zh="易碎品", en="Fragile goods", code=FRAGILE))
        return listed

    @property
    def kinds_by_air(self) -> dict[str, Item]:
        """Those that are refused on a plane only."""
        listed = {item.key: item for clause in self.refused_by_air for item in _items(clause)}
        return {key: item for key, item in listed.items() if key not in self.kinds}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason against a parcel, and the field of the form it stands at."""

    field: str
    step: Step


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether the parcel is taken, and every step of the way. ``form``: the key of the waybill stock
    it goes on, "" where no clause says so; ``mark``: what the clerk writes on one that is taken, ""
    for nothing.
    """

    refusals: tuple[Refusal, ...]
    steps: tuple[Step, ...]
    form: str
    mark: str

    @property
    def accepted(self) -> bool:
        return not self.refusals

    def inputs(self) -> dict[str, Any]:
        """Plain JSON, to be kept with the parcel: {"form", "mark", "steps": […]}."""
        return {
            "form": self.form,
            "mark": self.mark,
            "steps": [step.to_json() for step in self.steps],
        }


def judge_parcel(facts: ParcelFacts, rules: AcceptanceRules) -> Acceptance:
    """Decide whether the counter takes a parcel; every reason against it is named, not the first
    only.

    - Nothing is taken before it was inspected (CD-07.19) and checked (ES-203.16).
    - Listed goods are refused: prohibited ones by anybody, fragile ones until a supervisor lets
      them pass (CD-06.02), another carrier's parcels (CD-07.19), the house's list (ES-203.16); on
      a plane those of CD-07.15 too. By road the latter are nobody's business here.
    - One settlement is chosen (CD-06.06); it decides the form, and who settles by contract uses
      the sender's (CD-06.04).
    - The fee was told (CD-06.05). A prepaid parcel shows its price, at least a fen (CD-06.07), and
      bears the counter's mark with the clerk's number (CD-06.08).
    - Fragile goods that are taken want a notice about packing (ES-203.18).

    Raises BadFacts for goods or a settlement that the rulebook does not list.
    """
    known = rules.kinds | rules.kinds_by_air
    if unknown := facts.found - known.keys():
        raise BadFacts({"found": cannot_be("not_listed", goods=sorted(unknown))})
    judged = [
        *_goods(facts, rules.refused, "goods_refused"),
        *(_goods(facts, rules.refused_by_air, "goods_refused_by_air") if facts.by_air else ()),
        *_settlement(facts, rules),
        *_fields(facts, rules.told),
        *(_fields(facts, rules.priced) if facts.settlement == PREPAID else ()),
    ]
    steps = [step for step, _field in judged]
    refusals = tuple(Refusal(field, step) for step, field in judged if field)
    mark = ""
    if facts.settlement == PREPAID and not refusals:
        for clause in rules.marks:
            # Not str.format: the words are the house's, and braces in them are only braces.
            mark = "，".join(item.zh for item in _items(clause)).replace("{clerk}", facts.clerk)
            steps.append(Step.of(clause.id, "marked", mark=mark))
    if FRAGILE in facts.found and not refusals:
        steps += [Step.of(clause.id, "packing_notice") for clause in rules.packing]
    return Acceptance(
        refusals=refusals,
        steps=tuple(steps),
        form=_form(facts, rules),
        mark=mark,
    )


# Each yields steps with the field at fault, "" where all is well.
Judged = Iterator[tuple[Step, str]]


def _goods(facts: ParcelFacts, clauses: Iterable[Items], refused: str) -> Judged:
    for clause in clauses:
        yield from _lacking(facts, clause.id, clause.fields)
        clear = []
        for item in _items(clause):
            if item.key not in facts.found:
                clear.append(item)
            elif item.override is None:
                yield _about(clause, refused, [item]), "found"
            elif facts.released:
                yield _about(clause, "goods_released", [item]), ""
            else:
                yield _about(clause, "goods_stopped", [item]), "found"
        if clear:
            yield _about(clause, "goods_clear", clear), ""


def _settlement(facts: ParcelFacts, rules: AcceptanceRules) -> Judged:
    for clause in rules.settlements:
        chosen = _chosen(clause, facts.settlement)
        if chosen is None and facts.settlement:
            why = cannot_be("no_settlement", clause=clause.id, settlement=facts.settlement)
            raise BadFacts({"settlement": why})
        if chosen is None:
            yield Step.of(clause.id, "unsettled"), "settlement"
        else:
            yield Step.of(clause.id, "settled", choice=_both([chosen])), ""
    for clause in rules.forms:
        stock = _chosen(clause, _form(facts, rules))
        if stock is None:
            yield Step.of(clause.id, "form_open"), "settlement"
        else:
            yield Step.of(clause.id, "form_chosen", choice=_both([stock])), ""


def _form(facts: ParcelFacts, rules: AcceptanceRules) -> str:
    """The stock of waybills: the one of the settlement's name, else the one the sender pays on."""
    stocks = {item.key for clause in rules.forms for item in _items(clause)}
    if not facts.settlement or not stocks:
        return ""
    return facts.settlement if facts.settlement in stocks else PREPAID


def _fields(facts: ParcelFacts, clauses: Iterable[Fields]) -> Judged:
    for clause in clauses:
        yield from _lacking(facts, clause.id, clause.fields or ())


def _lacking(facts: ParcelFacts, clause: str, fields: Iterable[str]) -> Judged:
    for field in fields:
        if facts.holds(field):
            price = {"price": yuan(facts.price)} if field == "price" and facts.price else {}
            yield Step.of(clause, f"has.{field}", **price), ""
        else:
            yield Step.of(clause, f"lacks.{field}"), ANSWERED_BY.get(field, field)


def _items(clause: Items) -> tuple[Item, ...]:
    return clause.items or ()


def _chosen(clause: Items, key: str) -> Item | None:
    return next((item for item in _items(clause) if item.key == key), None)


def _about(clause: Items, key: str, items: Iterable[Item]) -> Step:
    return Step.of(clause.id, key, goods=_both(items))


def _both(items: Iterable[Item]) -> dict[str, str]:
    kept = list(items)
    return {"zh": "、".join(i.zh for i in kept), "en": ", ".join(i.en for i in kept)}
