"""Penalties as a table: a row says what a clause asks for, whom it costs what, and is tried out whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from kefu.policy.clauses import Cause
from kefu.policy.explanation import explain
from kefu.policy.ladders import Happening
from kefu.policy.penalties import Breach, assess
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import Rulebook
from tests.policy.moments import at

ONCE = ("month", "case", "claim")
EVERY_CAUSE = tuple(Cause)
TODAY = at("10:00:00").date()


@dataclass(frozen=True)
class Row:
    """``asks``: everything that has to be established, in the order of the clause; of "a|b" one.

    ``enters``: what a person enters besides ("amount", "measure", the name of a sum). ``given``:
    facts that are known from the start, such as numbers. ``nth``: the count of what, for "nth".
    """

    clause: str
    role: str
    fine: str | None = None
    points: str | None = None
    measures: tuple[str, ...] = ()
    liability: str | None = None
    per: str = "occurrence"
    asks: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    evidence: str = "photograph"
    enters: tuple[str, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    nth: tuple[str, int] | None = None
    ground: str | None = None

    def __str__(self) -> str:
        return self.clause


def assert_holds(rulebook: Rulebook, row: Row) -> None:
    """Nothing known, each thing missing by itself, everything there, and twice as much of it."""
    nothing = assess(rulebook, _breach(row, without=row.asks))
    assert nothing.missing == (*row.asks, *row.enters)
    assert nothing.state == ("open" if row.asks or row.enters else "applies")
    for one in row.asks:
        lacking = assess(rulebook, _breach(row, without=(one,)))
        assert (lacking.state, lacking.missing) == ("open", (one, *row.enters))
    for one in row.asks:
        for alternative in one.split("|"):
            found = assess(rulebook, _breach(row, instead={one: alternative}))
            assert found.missing == row.enters
    _assert_costs(rulebook, row)
    _assert_causes(rulebook, row)
    for language in ("zh", "en"):
        for line in explain(nothing.steps, language):
            assert line.text and "{" not in line.text


def _assert_costs(rulebook: Rulebook, row: Row) -> None:
    found = assess(rulebook, _breach(row))
    assert (found.clause, found.role, found.per) == (row.clause, row.role, row.per)
    assert (found.liability, found.ground) == (row.liability, row.ground)
    assert found.measures == row.measures
    assert found.amount == (row.fine and Decimal(row.fine))
    assert found.points == (row.points and Decimal(row.points))
    if row.per in ONCE:
        with pytest.raises(BadFacts, match="once a"):
            assess(rulebook, _breach(row, times=2))
    elif row.fine:
        assert assess(rulebook, _breach(row, times=2)).amount == 2 * Decimal(row.fine)


def _assert_causes(rulebook: Rulebook, row: Row) -> None:
    if "complaint" not in row.asks:
        return
    counting = {
        cause
        for cause in Cause
        if "complaint" not in assess(rulebook, _breach(row, complaint=cause)).missing
    }
    assert counting == set(row.causes)


def _breach(
    row: Row,
    *,
    without: tuple[str, ...] = (),
    instead: Mapping[str, str] | None = None,
    **changed: Any,
) -> Breach:
    facts: dict[str, Any] = {"clause": row.clause, "established": [], "raised": []}
    for asked in row.asks:
        if asked not in without:
            _add(facts, row, (instead or {}).get(asked, asked.split("|")[0]))
    return Breach.model_validate(facts | dict(row.given) | changed)


def _add(facts: dict[str, Any], row: Row, name: str) -> None:
    match name:
        case "complaint":
            facts["complaint"] = row.causes[0]
        case "verification":
            facts["verified"] = True
        case "evidence":
            facts["evidence"] = [row.evidence]
        case "nth" if row.nth is not None:
            of, times = row.nth
            facts["history"] = [Happening(of=of, on=TODAY) for _ in range(times)]
            facts["on"] = TODAY
        case _ if name[0].isupper():
            facts["raised"].append(name)
        case _:
            facts["established"].append(name)
