"""The JSON Schema of a calculation's facts as a form asks for them: one ``Shape`` a field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any, Literal

from kefu.policy.calculation import Calculation
from kefu.policy.clauses.base import Strict

Kind = Literal[
    "text",
    "code",  # a name as the rulebook writes it
    "clause",
    "whole",
    "number",
    "yes_no",
    "choice",
    "day",
    "month",
    "moment",
    "clock",
    "list",  # scalars
    "spans",  # stretches of a day, 08:30-12:00
    "rows",
    "entries",  # names with their values
    "group",
    "json",  # what no form can ask for in another way
]
DEEPEST = 8
# What a text of a schema's pattern is, by something that fits it.
PATTERNS: tuple[tuple[str, Kind], ...] = (
    ("2026-03", "month"),
    ("09:00", "clock"),
    ("CD-05.10", "clause"),
    ("a_b", "code"),
)
FORMATS: Mapping[str, Kind] = {"date": "day", "date-time": "moment", "time": "clock"}
LOWEST, HIGHEST = ("ge", "minimum"), ("le", "maximum")
ABOVE, BELOW = ("gt", "exclusiveMinimum"), ("lt", "exclusiveMaximum")


@dataclass(frozen=True, slots=True)
class Shape:
    """One fact. ``path``: its name and those of what it stands in, without positions.

    ``least`` and ``most`` are numbers of rows; ``low``, ``high`` (``open_low``, ``open_high``: not
    themselves) and ``places`` are of a number, as text.
    """

    path: tuple[str, ...]
    kind: Kind
    zh: str = ""
    en: str = ""
    unit: str = ""
    required: bool = True
    nullable: bool = False
    default: Any = None
    values: tuple[str, ...] = ()
    pattern: str = ""
    low: str = ""
    high: str = ""
    open_low: bool = False
    open_high: bool = False
    places: int | None = None
    longest: int | None = None
    least: int = 0
    most: int | None = None
    parts: tuple["Shape", ...] = ()
    item: "Shape | None" = None
    key: "Shape | None" = None

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else ""

    @property
    def scalar(self) -> bool:
        return self.kind not in ("list", "spans", "rows", "entries", "group")

    @property
    def fixed(self) -> bool:
        """A row for each of something, neither more nor fewer: the days of a week."""
        return self.kind == "rows" and self.least == self.most

    def walk(self) -> Iterator["Shape"]:
        """Itself and all that is in it."""
        yield self
        for part in (*self.parts, self.item, self.key):
            if part is not None:
                yield from part.walk()


def shape_of(calculation: Calculation) -> Shape:
    return _of_model(calculation.facts)


def examples_of(calculation: Calculation) -> list[Any]:
    """The examples that the model itself gives."""
    return list(calculation.schema().get("examples", []))


@cache
def _of_model(model: type[Strict]) -> Shape:
    schema = model.model_json_schema()
    return _Reader(schema.get("$defs", {})).shape(schema, (), required=True)


@dataclass(frozen=True, slots=True)
class _Reader:
    definitions: Mapping[str, Any]

    def shape(self, node: Mapping[str, Any], path: tuple[str, ...], *, required: bool) -> Shape:
        found, nullable = self._resolved(node)
        shape = self._kind(found, path) if len(path) <= DEEPEST else Shape(path, "json")
        return replace(
            shape,
            zh=str(found.get("zh", "")),
            en=str(found.get("en", "")),
            unit=str(found.get("unit", "")),
            required=required,
            nullable=nullable,
            default=found.get("default"),
        )

    def _resolved(self, node: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """The node with its references followed and its “or null” noted; what stands outside wins."""
        found, nullable = dict(node), False
        for _ in range(DEEPEST):
            if reference := found.pop("$ref", None):
                found = {**self.definitions[reference.rpartition("/")[2]], **found}
                continue
            others = [one for one in found.get("anyOf", []) if one.get("type") != "null"]
            nullable = nullable or len(others) < len(found.get("anyOf", []))
            if len(others) != 1:
                break
            del found["anyOf"]
            found = {**others[0], **found}
        return found, nullable

    def _kind(self, node: Mapping[str, Any], path: tuple[str, ...]) -> Shape:
        if "enum" in node or "const" in node:
            values = node.get("enum", [node.get("const")])
            return Shape(path, "choice", values=tuple(str(value) for value in values))
        if {one.get("type") for one in node.get("anyOf", [])} == {"number", "string"}:
            bounds = next(one for one in node["anyOf"] if one["type"] == "number")
            return _number({**bounds, **node}, path, "number")
        match node.get("type"):
            case "string":
                return _text(node, path)
            case "integer":
                return _number(node, path, "whole")
            case "number":
                return _number(node, path, "number")
            case "boolean":
                return Shape(path, "yes_no")
            case "array" if "items" in node:
                return self._list(node, path)
            case "object" if "properties" in node:
                return self._group(node, path)
            case "object":
                return self._entries(node, path)
        return Shape(path, "json")

    def _group(self, node: Mapping[str, Any], path: tuple[str, ...]) -> Shape:
        required = node.get("required", [])
        parts = tuple(
            self.shape(part, (*path, name), required=name in required)
            for name, part in node["properties"].items()
        )
        return Shape(path, "group", parts=parts)

    def _list(self, node: Mapping[str, Any], path: tuple[str, ...]) -> Shape:
        item = self.shape(node["items"], path, required=True)
        kind: Kind = "list" if item.scalar and item.kind != "json" else "rows"
        if item.kind == "group" and all(part.kind == "clock" for part in item.parts):
            kind = "spans" if len(item.parts) == 2 else "rows"
        least, most = int(node.get("minItems", 0)), node.get("maxItems")
        return Shape(path, kind, item=item, least=least, most=most)

    def _entries(self, node: Mapping[str, Any], path: tuple[str, ...]) -> Shape:
        names = dict(node.get("propertyNames", {}))
        value = node.get("additionalProperties")
        for pattern, found in node.get("patternProperties", {}).items():
            names.setdefault("pattern", pattern)
            value = found
        if not isinstance(value, Mapping):
            return Shape(path, "json")
        key = self.shape({"type": "string", **names}, (*path, "key"), required=True)
        item = self.shape(value, (*path, "value"), required=True)
        return Shape(path, "entries", key=key, item=item, most=node.get("maxProperties"))


def _text(node: Mapping[str, Any], path: tuple[str, ...]) -> Shape:
    pattern, longest = str(node.get("pattern", "")), node.get("maxLength")
    kind: Kind = FORMATS.get(str(node.get("format")), "text")
    if pattern:
        fitting = (kind for example, kind in PATTERNS if re.search(pattern, example))
        kind = next(fitting, kind)
    return Shape(path, kind, pattern=pattern, longest=longest)


def _number(node: Mapping[str, Any], path: tuple[str, ...], kind: Kind) -> Shape:
    def bound(names: tuple[str, str]) -> str:
        found = next((node[name] for name in names if name in node), None)
        return "" if found is None else f"{Decimal(str(found)).normalize():f}"

    low, high, above, below = bound(LOWEST), bound(HIGHEST), bound(ABOVE), bound(BELOW)
    # An amount that is above nought is also not below it: the stricter one is said.
    return Shape(
        path,
        kind,
        low=above or low,
        high=below or high,
        open_low=bool(above),
        open_high=bool(below),
        places=node.get("decimal_places"),
    )
