"""What may be written in a setting, read from the schema itself: a new kind of clause needs nothing here."""

import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Literal, Union

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from kefu.policy.clauses import Clause
from kefu.policy.clauses.base import ClauseBase, _blank
from kefu.policy.rulebook import Rulebook

# Where a clause stands in the house: the program relies on these, so a draft does not change them.
FIXED = frozenset({"id", "kind", "area", "automation", "module", "enforced"})
# How every clause is told and what it yields to; the rest is what its kind sets.
TOLD = tuple(name for name in ClauseBase.model_fields if name not in FIXED)

What = Literal[
    "text",
    "number",
    "whole",
    "flag",
    "time",
    "choice",
    "choices",  # several of them
    "words",  # a list of single values
    "mapping",  # a name to a value, or to a list of values
    "table",
    "rows",  # of a table
    "json",  # what is none of these
]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of a number, or of the length of a text or list."""

    at_least: Decimal | None = None
    above: Decimal | None = None
    at_most: Decimal | None = None
    below: Decimal | None = None
    places: int | None = None
    shortest: int = 0
    longest: int | None = None
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """``nullable``: None may be written. ``blank``: and it says that the regulation gives nothing here."""

    what: What
    nullable: bool = False
    blank: bool = False
    bounds: Bounds = Bounds()
    choices: tuple[str, ...] = ()
    inner: "Shape | None" = None  # of each value in a list or mapping
    table: type[BaseModel] | None = None  # of a table or its rows


@dataclass(frozen=True, slots=True)
class Setting:
    """``default``: what holds where nothing is written, as JSON; without one it has to be written."""

    name: str
    shape: Shape
    required: bool
    default: Any = None


@lru_cache
def kinds() -> dict[str, type[ClauseBase]]:
    """The schema of each kind of clause."""
    members = typing.get_args(typing.get_args(Clause)[0])
    return {typing.get_args(one.model_fields["kind"].annotation)[0]: one for one in members}


@lru_cache
def settings(table: type[BaseModel]) -> tuple[Setting, ...]:
    """Return what a table of the schema sets, in its order."""
    return tuple(
        Setting(
            name,
            shape(field.annotation, field.metadata),
            field.is_required(),
            None
            if field.is_required()
            else to_jsonable_python(field.get_default(call_default_factory=True)),
        )
        for name, field in table.model_fields.items()
    )


@lru_cache
def tables() -> tuple[type[BaseModel], ...]:
    """Every table of the schema: the rulebook, the kinds of clauses, and the tables within them."""
    found: dict[type[BaseModel], None] = {}
    waiting: list[type[BaseModel]] = [Rulebook, *kinds().values()]
    while waiting:
        table = waiting.pop(0)
        if table in found:
            continue
        found[table] = None
        inside = [part for one in settings(table) for part in (one.shape, one.shape.inner)]
        waiting += [part.table for part in inside if part is not None and part.table is not None]
    return tuple(found)


@lru_cache
def choices() -> frozenset[tuple[str, str]]:
    """What the schema lets one choose from: the setting's name and the choice."""
    return frozenset(
        (one.name, choice)
        for table in tables()
        for one in settings(table)
        for part in (one.shape, one.shape.inner)
        if part is not None
        for choice in part.choices
    )


@lru_cache
def blanks(table: type[BaseModel]) -> frozenset[str]:
    """The settings that the regulation may leave open."""
    return frozenset(one.name for one in settings(table) if one.shape.blank)


def shape(annotation: Any, metadata: Iterable[Any] = ()) -> Shape:
    """Return what may be written where the schema says ``annotation``."""
    metadata = list(metadata)
    while typing.get_origin(annotation) is typing.Annotated:
        annotation, *more = typing.get_args(annotation)
        metadata += more
    nullable, blank = False, any(getattr(one, "func", None) is _blank for one in metadata)
    if typing.get_origin(annotation) in (Union, types.UnionType):
        members = [one for one in typing.get_args(annotation) if one is not types.NoneType]
        nullable = len(members) < len(typing.get_args(annotation))
        inside = _either([shape(one) for one in members])
        metadata_bounds = _bounds(metadata)
        bounds = inside.bounds if metadata_bounds == Bounds() else metadata_bounds
        return _with(inside, nullable=nullable, blank=blank, bounds=bounds)
    return _with(_plain(annotation), nullable=nullable, blank=blank, bounds=_bounds(metadata))


def _plain(annotation: Any) -> Shape:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return Shape("choice", choices=tuple(str(one) for one in arguments))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _list_of(shape(arguments[0]))
    if origin is dict:
        return _mapping_to(shape(arguments[1]))
    if isinstance(annotation, type):
        if issubclass(annotation, Enum):
            return Shape("choice", choices=tuple(str(one.value) for one in annotation))
        if issubclass(annotation, BaseModel):
            return Shape("table", table=annotation)
        for kind, what in _SCALARS:
            if issubclass(annotation, kind):
                return Shape(what)
    return Shape("json")


_SCALARS: tuple[tuple[type, What], ...] = (
    (bool, "flag"),  # before int, which it is one of
    (int, "whole"),
    (Decimal, "number"),
    (time, "time"),
    (str, "text"),
)
# What one field takes; a flag is not listed on lines of its own.
SINGLE = frozenset({"text", "number", "whole", "time", "choice", "flag"})
_LISTED = SINGLE - {"flag"}


def _list_of(inner: Shape) -> Shape:
    if inner.what == "choice":
        return Shape("choices", choices=inner.choices, inner=inner)
    if inner.what == "table":
        return Shape("rows", table=inner.table, inner=inner)
    return Shape("words" if inner.what in _LISTED else "json", inner=inner)


def _mapping_to(inner: Shape) -> Shape:
    simple = inner.what in _LISTED or (
        inner.what in ("words", "choices") and inner.inner is not None
    )
    return Shape("mapping" if simple else "json", inner=inner)


def _either(members: list[Shape]) -> Shape:
    """One of several: of several lists of choices any choice, of several texts a text."""
    whats = {one.what for one in members}
    if len(members) == 1:
        return members[0]
    if whats == {"choice"}:
        return Shape("choice", choices=tuple(c for one in members for c in one.choices))
    return Shape("text") if whats == {"text"} else Shape("json")


def _with(inside: Shape, *, nullable: bool, blank: bool, bounds: Bounds) -> Shape:
    return Shape(
        what=inside.what,
        nullable=nullable or inside.nullable,
        blank=blank or inside.blank,
        bounds=bounds,
        choices=inside.choices,
        inner=inside.inner,
        table=inside.table,
    )


def _bounds(metadata: Iterable[Any]) -> Bounds:
    found: dict[str, Any] = {}
    for one in _flat(metadata):
        for written, name in _CONSTRAINTS.items():
            value = getattr(one, written, None)
            if value is not None:
                found[name] = value
    for name in ("at_least", "above", "at_most", "below"):
        if name in found:
            found[name] = Decimal(str(found[name]))
    return Bounds(**found)


_CONSTRAINTS = {
    "ge": "at_least",
    "gt": "above",
    "le": "at_most",
    "lt": "below",
    "decimal_places": "places",
    "min_length": "shortest",
    "max_length": "longest",
    "pattern": "pattern",
}


def _flat(metadata: Iterable[Any]) -> Iterable[Any]:
    for one in metadata:
        if isinstance(one, FieldInfo):
            yield from _flat(one.metadata)
        else:
            yield one
