"""Which clauses of the shipped rulebooks are proved, and how. ``make mutate`` finds it out and keeps it in
``proved.json`` beside this module, so that it is known where the tests are not. Needs no database.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from kefu.policy import rulebook
from kefu.policy.clauses import Clause
from kefu.policy.clauses.enforcement import Enforcement, enforcement

PROVED = Path(__file__).with_name("proved.json")


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of changing one clause. ``clause`` and ``basis``: digests of the clause and of its tests and
    guards at that time; ``tests`` (``file::function``) bear its mark, ``guards`` keep it in the code;
    ``failing`` tests fail with the rules as they are.
    """

    clause: str
    basis: str
    changes: int
    unnoticed: tuple[str, ...]
    tests: tuple[str, ...]
    guards: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()

    @property
    def proved(self) -> bool:
        return self.changes > 0 and not self.unnoticed and not self.failing


class State(StrEnum):
    PROVED = "proved"
    UNNOTICED = "unnoticed"  # some change of the clause makes no test fail
    CHANGED = "changed"  # the clause was changed since
    UNTESTED = "untested"
    MANUAL = "manual"  # a matter for people: no program can prove it


@dataclass(frozen=True, slots=True)
class Rule:
    """One clause: how it is enforced, where it is kept, and what proves it."""

    clause: Clause
    state: State
    proof: Proof | None

    @property
    def id(self) -> str:
        return self.clause.id

    @property
    def enforced(self) -> Enforcement | None:
        """None for a duty of people."""
        return enforcement(self.clause)

    @property
    def guards(self) -> tuple[str, ...]:
        """The functions that keep it (``file::function``), for a rule that is no setting."""
        return self.proof.guards if self.proof else ()

    @property
    def tests(self) -> tuple[str, ...]:
        return self.proof.tests if self.proof else ()

    @property
    def automatable(self) -> bool:
        return self.clause.automation != "manual"

    @property
    def why(self) -> tuple[str, ...]:
        """Why it is not proved; empty if it is, or if there is nothing to prove."""
        match self.state:
            case State.UNTESTED:
                return ("no test",)
            case State.CHANGED:
                return ("changed since it was proved: make mutate",)
            case State.UNNOTICED if self.proof:
                failing = (f"fails as it is: {test}" for test in self.proof.failing)
                unnoticed = (f"unnoticed: {change}" for change in self.proof.unnoticed)
                return (*failing, *unnoticed) or ("there is nothing to change",)
            case _:
                return ()


def rules(*, code: str = "", area: str = "") -> dict[str, list[Rule]]:
    """Return the clauses of each rulebook with their proofs. Raises KeyError for an unknown ``code``."""
    proofs = read()
    return {
        name: [
            _rule(clause, written, proofs)
            for clause, written in _clauses(name)
            if area in ("", clause.area)
        ]
        for name in ([_known(code)] if code else rulebook.FILES)
    }


def _known(code: str) -> str:
    if code not in rulebook.FILES:
        raise KeyError(code)
    return code


@cache
def _clauses(code: str) -> tuple[tuple[Clause, str], ...]:
    """The clauses with their digests."""
    written = rulebook.shipped(code)["clauses"]
    return tuple(
        (clause, digest(one))
        for clause, one in zip(rulebook.load(code).clauses, written, strict=True)
    )


def _rule(clause: Clause, written: str, proofs: Mapping[str, Proof]) -> Rule:
    proof = proofs.get(clause.id)
    if clause.automation == "manual":
        state = State.MANUAL
    elif proof is None:
        state = State.UNTESTED
    elif proof.clause != written:
        state = State.CHANGED
    else:
        state = State.PROVED if proof.proved else State.UNNOTICED
    return Rule(clause, state, proof)


def digest(clause: Mapping[str, Any]) -> str:
    """Return a digest of a clause as written in its file, without the words it is told in."""
    told = ("label_", "reading_", "module", "enforced")
    decides = {name: value for name, value in clause.items() if not name.startswith(told)}
    text = json.dumps(decides, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# The file: one clause a line, so that two people's changes meet seldom.


def read() -> dict[str, Proof]:
    if not PROVED.exists():
        return {}
    written = json.loads(PROVED.read_text(encoding="utf-8"))
    return {clause: _proof(found) for clause, found in written.items()}


def _proof(found: dict[str, Any]) -> Proof:
    lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
    return Proof(**({"unnoticed": ()} | found | lists))


def write(proofs: Mapping[str, Proof]) -> None:
    lines = [
        f" {json.dumps(clause)}: {json.dumps(_without_blanks(proof), ensure_ascii=False)}"
        for clause, proof in sorted(proofs.items())
    ]
    PROVED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _without_blanks(proof: Proof) -> dict[str, Any]:
    return {name: value for name, value in asdict(proof).items() if value != ()}
