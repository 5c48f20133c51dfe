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
from datetime import time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from importlib import resources
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

FILES = {
    "CD": "courier_department.toml",
    "ES": "express_service.toml",
    "LC": "logistics_center.toml",
    "OS": "online_shop.toml",
}


class NotSet(LookupError):
    """The regulation leaves this setting blank; whoever needs it must be told, not served a
    default.
    """

    def __init__(self, clause: str, setting: str) -> None:
        super().__init__(f"{clause}: {setting} is not set")
        self.clause = clause
        self.setting = setting


class RulebookError(ValueError):
    """A rulebook that cannot be used; the text has one line a fault: source, clause, reason."""

    def __init__(self, faults: list[tuple[str, str, str]]) -> None:
        super().__init__("\n".join(": ".join(filter(None, fault)) for fault in faults))
        self.faults = faults
        self.source, self.clause, self.reason = faults[0]


# The schema.

T = TypeVar("T")
Kind = TypeVar("Kind", bound="ClauseBase")


def _blank(value: object) -> object:
    return None if value == "" else value


def _no_float(value: object) -> object:
    # TOML is read with Decimal and JSON carries text, so a float is somebody's rounded number.
    if isinstance(value, float | bool):
        raise ValueError("write the number as a decimal, not as a float")  # noqa: TRY004 pydantic's kind
    return value


Blank = Annotated[T | None, BeforeValidator(_blank)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ClauseId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-\d)?-\d{2,3}\.\d{2,3}$")]
Count = Annotated[int, Field(strict=True, gt=0, le=100_000)]
Money = Annotated[Decimal, BeforeValidator(_no_float), Field(gt=0, le=1_000_000, decimal_places=2)]
Points = Annotated[Decimal, BeforeValidator(_no_float), Field(gt=0, le=100, decimal_places=2)]
Share = Annotated[Decimal, BeforeValidator(_no_float), Field(ge=0, le=1)]

Area = Literal["core", "parcels", "claims", "people", "customers", "overview", "trust", "templates"]
Condition = Literal["at_once", "complaint", "repeat_call", "evidence", "verification", "nth"]
Role = Literal[
    "owner",  # whoever works the case when the clock runs out
    "queried_outlet",
    "asking_outlet",
    "liable_outlet",  # the outlet whose people did it
    "origin_outlet",
    "delivery_outlet",
]


class Cause(StrEnum):
    """What a customer complains of; the complaint form offers these, the clauses say which of them
    count.
    """

    LATE_REPLY = "late_reply"
    NO_REPLY = "no_reply"
    RUDE_LANGUAGE = "rude_language"
    IDENTITY_REFUSED = "identity_refused"
    SHIRKING = "shirking"
    PHONE_UNREACHABLE = "phone_unreachable"
    CLAIM_DELAYED = "claim_delayed"
    LOST = "lost"
    DAMAGED = "damaged"
    DELAYED = "delayed"
    OTHER = "other"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Warnings(Strict):
    """House setting: how long before the due time to tell the owner, and then the shift lead;
    blank: not at all.
    """

    warn_before_minutes: Blank[Count]
    lead_before_minutes: Blank[Count]

    @model_validator(mode="after")
    def _owner_first(self) -> Self:
        owner, lead = self.warn_before_minutes, self.lead_before_minutes
        if lead and (not owner or lead > owner):
            raise ValueError("the shift lead is told after the owner, never before")
        return self


class House(Strict):
    """What the regulation does not give and the product needs, for the rulebook as a whole."""

    # How far back the author of a phone or counter entry may state its time. Blank where a clause
    # says so.
    entry_allowance_minutes: Blank[Count]
    # More than this share of a clock lost to our own interruptions holds the penalty for a
    # supervisor.
    interruption_share: Blank[Share]


class ClauseBase(Strict):
    """What every clause has. ``module`` is where in the house the rule is kept; ``reading_*`` say
    which reading of an ambiguous text was chosen, and why, or that a blank is deliberate."""

    id: ClauseId
    label_zh: Text
    label_en: Text
    area: Area
    automation: Literal["full", "assisted", "manual"]
    module: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=80)]
    reading_zh: Text | None = None
    reading_en: Text | None = None
    # A clause of the same regulation that says otherwise and wins.
    yields_to: ClauseId | None = None

    @model_validator(mode="after")
    def _readings_in_both_languages(self) -> Self:
        if (self.reading_zh is None) != (self.reading_en is None):
            raise ValueError("a reading is given in both languages or in none")
        return self

    def label(self, language: str) -> str:
        return self.label_zh if is_chinese(language) else self.label_en

    def given(self, setting: str) -> Any:
        """Return a setting; raises NotSet if it is blank, AttributeError if the clause has no such
        setting.
        """
        value = getattr(self, setting)
        if value is None:
            raise NotSet(self.id, setting)
        return value


class Clock(ClauseBase):
    """A promise with a time limit. ``times`` says what it measures, and with channel and message
    finds the clause.
    """

    times: Literal["customer_reply", "unreachable_reply", "outlet_reply", "promise", "handling"]
    channel: Literal["any", "phone", "chat"] = "any"
    message: Literal["any", "first", "later"] = "any"
    role: Role
    pause_reasons: tuple[Name, ...] = ()
    house: Warnings


class Elapsed(Clock):
    """Time that simply passes, nights and holidays included. A blank limit: age is measured,
    nothing breaches.
    """

    kind: Literal["elapsed"]
    limit: Blank[Count]
    unit: Blank[Literal["seconds", "minutes", "hours"]]

    @model_validator(mode="after")
    def _unit_goes_with_limit(self) -> Self:
        if (self.limit is None) != (self.unit is None):
            raise ValueError("limit and unit are both given or both blank")
        return self

    @property
    def length(self) -> timedelta:
        """The limit as a duration. Raises NotSet."""
        limit, unit = self.given("limit"), self.given("unit")
        return timedelta(**{unit: limit})


class FixedTime(Clock):
    """Due at a time of day, on the day it starts or on the next calendar day."""

    kind: Literal["fixed_time"]
    day: Literal["same", "next"]
    at: time
    # From this time of day on the clause may take the place of the elapsed clock.
    applies_from: time

    @property
    def days(self) -> int:
        return 1 if self.day == "next" else 0


class Entry(ClauseBase):
    """How long after a contact ended it may still be entered."""

    kind: Literal["entry"]
    minutes: Blank[Count]


class Hours(ClauseBase):
    """When a line is answered or a department works. ``open_at_close``: is the closing instant
    itself still inside?
    """

    kind: Literal["hours"]
    line: Literal["query", "business", "department"]
    opens: Blank[time]
    closes: Blank[time]
    open_at_close: bool = True
    points: Points | None = None


class Schedule(ClauseBase):
    """A moment of every day: something is due ``by`` it, happens ``from`` it on, or changes
    ``after`` it.

    With ``points`` or ``fine`` missing the moment costs ``role`` that much, under ``condition``.
    """

    kind: Literal["schedule"]
    subject: Literal["pickup_cut_off", "pickup_window", "seat_ready"]
    edge: Literal["by", "from", "after"]
    at: time
    role: Role | None = None
    condition: Condition | None = None
    points: Points | None = None
    fine: Money | None = None
    house: Warnings | None = None

    @model_validator(mode="after")
    def _cost_is_complete(self) -> Self:
        if self.points is not None and self.fine is not None:
            raise ValueError("a schedule costs points or money, not both")
        costs = self.points is not None or self.fine is not None
        if costs != (self.role is not None) or costs != (self.condition is not None):
            raise ValueError("role and condition go with points or fine")
        return self


class Consequence(ClauseBase):
    """What a breach costs, whom, and which recorded fact makes it payable.

    ``follows`` names the clocks whose breach raises it; empty: a person or another rule proposes
    it. ``also`` are further facts that must be there. ``causes`` are the complaint causes that
    count as having been led to. Exactly one of ``fine`` (yuan) and ``points`` is written; blank:
    the regulation names none, a supervisor enters it.
    """

    kind: Literal["consequence"]
    follows: tuple[ClauseId, ...]
    role: Role
    fine: Blank[Money] = None
    points: Blank[Points] = None
    per: Literal["occurrence"] = "occurrence"
    condition: Condition
    also: tuple[Condition, ...] = ()
    causes: tuple[Cause, ...] = ()
    evidence_any_of: tuple[Name, ...] = ()
    nth: Count | None = None

    @model_validator(mode="after")
    def _says_all_it_needs(self) -> Self:
        if len({"fine", "points"} & self.model_fields_set) != 1:
            raise ValueError("exactly one of fine and points is written")
        needs = {self.condition, *self.also}
        for condition, setting in (("complaint", self.causes), ("nth", self.nth)):
            if bool(setting) != (condition in needs):
                raise ValueError(f"the condition {condition} and what belongs to it go together")
        if self.evidence_any_of and "evidence" not in needs:
            raise ValueError("evidence_any_of goes with the condition evidence")
        return self

    @property
    def currency(self) -> Literal["fine", "points"]:
        return "fine" if "fine" in self.model_fields_set else "points"


class Checklist(ClauseBase):
    """A line a supervisor ticks. Its points or money stand here or in the clause named by
    ``scored_by``.
    """

    kind: Literal["checklist"]
    occasion: Literal["conduct", "daily", "closing", "quality", "appearance"]
    at: time | None = None
    points: Points | None = None
    fine: Money | None = None
    scored_by: ClauseId | None = None


class Item(Strict):
    """One line of a list. ``code`` is what a form and a decision call it; ``override``: who may
    nevertheless let it pass.
    """

    zh: Text
    en: Text
    code: Name | None = None
    override: Literal["supervisor"] | None = None

    @property
    def key(self) -> str:
        """What a form calls it: a line that the house added without a code goes by its words."""
        return self.code or self.zh


class Items(ClauseBase):
    """A list the house can edit; blank where the regulation leaves its words to the company.

    ``fields``: what a form must hold before the list has been gone through at all.
    """

    kind: Literal["items"]
    of: Name
    items: Blank[tuple[Item, ...]]
    fields: tuple[Name, ...] = ()


class Fields(ClauseBase):
    """What a form must hold before it is accepted: all of the fields, or any one of them; blank:
    not named.
    """

    kind: Literal["fields"]
    form: Name
    required: Literal["all", "any"]
    fields: Blank[Annotated[tuple[Name, ...], Field(min_length=1)]]


class Staffing(ClauseBase):
    """How many of something must be there, all day or from a time of day on."""

    kind: Literal["staffing"]
    at_least: Annotated[dict[Name, Count], Field(min_length=1)]
    applies_from: time | None = None


class Duty(ClauseBase):
    """What somebody has to do, with no number to set; ``counts`` holds the few numbers that some
    duties have.
    """

    kind: Literal["duty"]
    subject: Name
    counts: dict[Name, Blank[Count]] = {}


Clause = Annotated[
    Elapsed
    | FixedTime
    | Entry
    | Hours
    | Schedule
    | Consequence
    | Checklist
    | Items
    | Fields
    | Staffing
    | Duty,
    Field(discriminator="kind"),
]


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
        if faults := [(source, clause, reason) for clause, reason in _contradictions(rulebook)]:
            raise RulebookError(faults)
        return rulebook

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: amounts as text, times as "09:00:00", a blank as null. What was not written
        stays unwritten.
        """
        return self.model_dump(mode="json", exclude_unset=True)

    def name(self, language: str) -> str:
        return self.name_zh if is_chinese(language) else self.name_en

    @cached_property
    def _by_id(self) -> dict[str, Clause]:
        return {clause.id: clause for clause in self.clauses}

    def get(self, clause: str) -> Clause | None:
        return self._by_id.get(clause)

    def __getitem__(self, clause: str) -> Clause:
        """Raises KeyError."""
        try:
            return self._by_id[clause]
        except KeyError:
            raise KeyError(f"{self.code} has no clause {clause}") from None

    def __contains__(self, clause: str) -> bool:
        return clause in self._by_id

    def in_force(self, kind: type[Kind]) -> Iterator[Kind]:
        """The clauses of one kind that yield to no other."""
        return (c for c in self.clauses if isinstance(c, kind) and c.yields_to is None)

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


def load(code: str) -> Rulebook:
    """Return the edition that ships with the product. Raises KeyError for an unknown code,
    RulebookError.
    """
    file = FILES[code]
    text = (resources.files(__package__) / "rulebooks" / file).read_text(encoding="utf-8")
    return from_toml(text, source=file)


def load_all() -> dict[str, Rulebook]:
    return {code: load(code) for code in FILES}


def from_toml(text: str, *, source: str) -> Rulebook:
    """Read a rulebook file; ``source`` is its name in errors. Raises RulebookError."""
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError([(source, "", str(error))]) from error
    return Rulebook.read(content, source=source)


def is_chinese(language: str) -> bool:
    return language.lower().startswith("zh")


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


def _contradictions(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """Yield (clause, reason) for whatever is wrong between clauses that are each in order."""
    ids = Counter(clause.id for clause in rulebook.clauses)
    for clause, count in ids.items():
        if count > 1:
            yield clause, "the id is given twice"
        if not clause.startswith(f"{rulebook.code}-"):
            yield clause, f"the id belongs to another rulebook than {rulebook.code}"

    for source in rulebook.clauses:
        for setting, target in _references(source):
            if target not in ids:
                yield source.id, f"{setting}: there is no clause {target}"
    for consequence in rulebook.in_force(Consequence):
        for target in consequence.follows:
            if target in ids and not isinstance(rulebook[target], Elapsed | FixedTime):
                yield consequence.id, f"follows: {target} is no clock"

    # Code asks for "the query line's hours"; two clauses in force would each be half the answer.
    first: dict[tuple[str, ...], str] = {}
    for source in rulebook.clauses:
        question = _question(source)
        if (
            question
            and source.yields_to is None
            and first.setdefault(question, source.id) != source.id
        ):
            yield (
                source.id,
                f"says what {first[question]} says already; one has to yield_to the other",
            )


def _references(clause: Clause) -> Iterator[tuple[str, str]]:
    if clause.yields_to is not None:
        yield "yields_to", clause.yields_to
    if isinstance(clause, Consequence):
        yield from (("follows", target) for target in clause.follows)
    if isinstance(clause, Checklist) and clause.scored_by is not None:
        yield "scored_by", clause.scored_by


def _question(clause: Clause) -> tuple[str, ...] | None:
    """What a clause is looked up by, or None if only its id finds it."""
    match clause:
        case Elapsed() | FixedTime():
            return "clock", clause.times, clause.channel, clause.message
        case Hours():
            return "hours", clause.line
        case Schedule():
            return "schedule", clause.subject
        case Entry():
            return ("entry",)
    return None
