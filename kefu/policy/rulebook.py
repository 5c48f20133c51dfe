"""A rulebook: the regulation as data, each number with the clause that gives it.

A TOML file beside this module holds the first edition of each rulebook; the database keeps later
versions as the JSON of ``Rulebook.to_json()``. Both go through the same schema, which refuses what
it does not know.

A blank in the regulation is a blank here: ``""`` in TOML, ``null`` in JSON, ``None`` in Python,
and it has to be written down. ``Clause.given("limit")`` reads a setting that must be there and
raises ``NotSet`` where it is blank; nothing ever falls back to a default. What the regulation
leaves to the house stands in tables called ``house``.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cache, cached_property
from importlib import resources
from typing import Annotated, Any, Self, TypeVar

from pydantic import StringConstraints, ValidationError

from kefu.policy.clauses import (
    Clause,
    Clock,
    Consequence,
    Entry,
    NotSet,
    Recurring,
    Schedule,
    Staffing,
    is_chinese,
)
from kefu.policy.clauses.base import Blank, ClauseBase, Count, Share, Strict, Text
from kefu.policy.refusals import NotInRulebook, cannot_be

FILES = {
    "CD": "courier_department.toml",
    "ES": "express_service.toml",
    "LC": "logistics_center.toml",
    "SD-1": "service_department_1.toml",
    "SD-2": "service_department_2.toml",
    "SD-3": "service_department_3.toml",
    "OS": "online_shop.toml",
}
Kind = TypeVar("Kind", bound=ClauseBase)


class RulebookError(ValueError):
    """A rulebook that cannot be used; the text has one line a fault: source, clause, reason."""

    def __init__(self, faults: list[tuple[str, str, str]]) -> None:
        super().__init__("\n".join(": ".join(filter(None, fault)) for fault in faults))
        self.faults = faults
        self.source, self.clause, self.reason = faults[0]


class House(Strict):
    """What the regulation does not give and the product needs, for the rulebook as a whole."""

    # How far back the author of a phone or counter entry may state its time. Blank where a clause
    # says so.
    entry_allowance_minutes: Blank[Count]
    # More than this share of a clock lost to our own interruptions holds the penalty for a
    # supervisor.
    interruption_share: Blank[Share]
    # How long whoever an inspection found something about has to answer it, and whoever is to look again at what
    # was set right has to do so. Blank: whoever inspects says until when; nobody is late with looking again.
    finding_reply_days: Blank[Count] = None
    recheck_days: Blank[Count] = None
    # How long an outlet has to confirm its monthly statement; then its silence does. Blank: as the deployment is set.
    statement_days: Blank[Count] = None


class Rulebook(Strict):
    """One regulation in one version: immutable, and equal to itself after a trip through JSON."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-\d)?$")]
    name_zh: Text
    name_en: Text
    house: House
    clauses: tuple[Clause, ...]

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote, or what an editor made of it. Raises RulebookError."""
        return cls.read(content, source="")

    @classmethod
    def read(cls, content: Mapping[str, Any], *, source: str) -> Self:
        """Check ``content`` against the schema and its clauses against each other; ``source``
        names it in errors.
        """
        try:
            rulebook = cls.model_validate(content)
        except ValidationError as error:
            raise RulebookError(
                [_fault(source, content, found) for found in error.errors()]
            ) from error
        if faults := [(source, clause, reason) for clause, reason in contradictions(rulebook)]:
            raise RulebookError(faults)
        return rulebook

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: amounts as text, times as "09:00:00", a blank as null. What was not written
        stays unwritten.
        """
        return self.model_dump(mode="json", exclude_unset=True)

    def name(self, language: str) -> str:
        return self.name_zh if is_chinese(language) else self.name_en

    def __copy__(self) -> Self:
        copied = super().__copy__()
        copied.forget()
        return copied

    def forget(self) -> None:
        """Drop what followed from other clauses: a copy may get its own."""
        for followed in ("_by_id", "_by_kind"):
            vars(self).pop(followed, None)

    @cached_property
    def _by_id(self) -> dict[str, Clause]:
        return {clause.id: clause for clause in self.clauses}

    def get(self, clause: str) -> Clause | None:
        return self._by_id.get(clause)

    def __getitem__(self, clause: str) -> Clause:
        """Raises NotInRulebook."""
        try:
            return self._by_id[clause]
        except KeyError:
            raise NotInRulebook(cannot_be("no_clause", code=self.code, clause=clause)) from None

    def __contains__(self, clause: str) -> bool:
        return clause in self._by_id

    @cached_property
    def _by_kind(self) -> dict[type[ClauseBase], tuple[Any, ...]]:
        return {}  # filled as it is asked

    def in_force(self, kind: type[Kind]) -> Iterator[Kind]:
        """The clauses of one kind that yield to no other."""
        if kind not in self._by_kind:
            self._by_kind[kind] = tuple(
                c for c in self.clauses if isinstance(c, kind) and c.yields_to is None
            )
        return iter(self._by_kind[kind])

    @property
    def entry_allowance(self) -> timedelta:
        """How far back an author may state the time of a call: a clause's own number, else the
        house's.

        Raises NotSet where neither gives one.
        """
        for clause in self.in_force(Entry):
            return timedelta(minutes=clause.given("minutes"))
        if self.house.entry_allowance_minutes is None:
            raise NotSet(self.code, "house.entry_allowance_minutes")
        return timedelta(minutes=self.house.entry_allowance_minutes)

    @property
    def interruption_share(self) -> Decimal:
        """The share of a clock that our own interruptions may take before a penalty is held.
        Raises NotSet.
        """
        if self.house.interruption_share is None:
            raise NotSet(self.code, "house.interruption_share")
        return self.house.interruption_share


# Reading.


@cache
def load(code: str) -> Rulebook:
    """Return the edition that ships with the product, one and the same each time. Raises KeyError for
    an unknown code, RulebookError.
    """
    return Rulebook.read(shipped(code), source=FILES[code])


def shipped(code: str) -> dict[str, Any]:
    """The content of a rulebook's file, unchecked. Raises KeyError, RulebookError."""
    file = FILES[code]
    text = (resources.files(__package__) / "rulebooks" / file).read_text(encoding="utf-8")
    return _parse(text, source=file)


def load_all() -> dict[str, Rulebook]:
    return {code: load(code) for code in FILES}


def from_toml(text: str, *, source: str) -> Rulebook:
    """Read a rulebook file; ``source`` is its name in errors. Raises RulebookError."""
    return Rulebook.read(_parse(text, source=source), source=source)


def _parse(text: str, *, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError([(source, "", str(error))]) from error


def _fault(source: str, content: Mapping[str, Any], error: Any) -> tuple[str, str, str]:
    """Turn pydantic's location (clauses, 17, elapsed, limit) into the clause's own id and the
    setting.
    """
    place, clause = list(error["loc"]), ""
    if place[:1] == ["clauses"] and len(place) > 1:
        written = content["clauses"][place[1]]
        clause = (
            str(written.get("id", f"clause {place[1] + 1}")) if isinstance(written, Mapping) else ""
        )
        place = place[3:]  # the list, the position and the kind say nothing to a reader
    setting = ".".join(str(part) for part in place)
    return source, clause, f"{setting}: {error['msg']}" if setting else error["msg"]


def contradictions(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """Yield (clause, reason) for whatever is wrong between clauses that are each in order."""
    ids = Counter(clause.id for clause in rulebook.clauses)
    # The parts of one regulation share its letters: SD-150.01 is of SD-1.
    prefix = rulebook.code if rulebook.code[-1].isdigit() else f"{rulebook.code}-"
    for clause, count in ids.items():
        if count > 1:
            yield clause, "the id is given twice"
        if not clause.startswith(prefix):
            yield clause, f"the id belongs to another rulebook than {rulebook.code}"

    for source in rulebook.clauses:
        for setting, target in source.references():
            if target not in ids:
                yield source.id, f"{setting}: there is no clause {target}"
    for consequence in rulebook.in_force(Consequence):
        for target in consequence.follows:
            if target in ids and not isinstance(rulebook[target], Clock | Recurring):
                yield consequence.id, f"follows: {target} is no clock"
    for staffing in rulebook.in_force(Staffing):
        if staffing.ends_with in ids:
            end = rulebook[staffing.ends_with or ""]
            if not (isinstance(end, Schedule) and end.edge == "until"):
                yield staffing.id, f"ends_with: {end.id} is no moment until which something lasts"

    # Code asks for "the query line's hours"; two clauses in force would each be half the answer.
    first: dict[tuple[str, ...], str] = {}
    for source in rulebook.clauses:
        said = () if source.yields_to is not None else source.questions
        taken = dict.fromkeys(first.setdefault(question, source.id) for question in said)
        for other in taken:
            if other != source.id:
                yield (
                    source.id,
                    f"says what {other} says already; one has to yield_to the other",
                )
