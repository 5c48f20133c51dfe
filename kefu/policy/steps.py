"""A decision's reasons as data: the clause, what it did, the inputs. The wording is left to
``explanation``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Step:
    """One line of arithmetic. ``inputs`` is plain JSON: instants as ISO text with an offset,
    amounts as text, durations in whole seconds."""

    clause: str
    key: str
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, clause: str, key: str, **inputs: object) -> Self:
        return cls(clause, key, {name: plain(value) for name, value in inputs.items()})

    def to_json(self) -> dict[str, Any]:
        return {"clause": self.clause, "key": self.key, "inputs": dict(self.inputs)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        return cls(content["clause"], content["key"], content["inputs"])


def plain(value: object) -> Any:
    """Return a value as JSON can carry it without losing anything."""
    match value:
        case str() | int() | None:
            return value
        case datetime():
            return instant(value).isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            seconds = value.total_seconds()
            return int(seconds) if seconds.is_integer() else seconds
        case Decimal():
            return str(value)
    return value


def instant(moment: datetime) -> datetime:
    """Return the same moment in UTC, where subtracting is exact; raises ValueError if it has no
    zone.

    Two Shanghai datetimes subtract by the clock on the wall, which summer time moved by an hour in
    1986-1991.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"a moment needs a time zone: {moment.isoformat()}")
    return moment.astimezone(UTC)
