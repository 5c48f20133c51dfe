"""Which seats have to stay open in the evening, and which of them are missing.

The numbers are the rulebook's (staffing clauses), and so is the end: a seat is kept as long as there is
a line to answer (hours clauses). Times are wall times of Asia/Shanghai.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, Self

from kefu.policy.clauses import Hours, Schedule, Staffing
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain

# Whose line a seat is there for; every other seat is there for all of them.
LINE_OF = {"query_seats": "query"}
LINES = ("query", "business")  # the department's own hours are no line


@dataclass(frozen=True, slots=True)
class Missing:
    """Seats a clause asks for and does not find, from when until when it asks; None: with no end."""

    clause: str
    name: str
    wanted: int
    there: int
    since: time
    until: time | None

    def to_json(self) -> dict[str, Any]:
        names = ("clause", "name", "wanted", "there", "since", "until")
        return {name: plain(getattr(self, name)) for name in names}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        until = content["until"]
        return cls(
            content["clause"],
            content["name"],
            content["wanted"],
            content["there"],
            time.fromisoformat(content["since"]),
            time.fromisoformat(until) if until else None,
        )


def missing_seats(
    rulebook: Rulebook, open_seats: Mapping[str, int], clock_time: time, *, summer: bool = False
) -> tuple[Missing, ...]:
    """Return what is missing at ``clock_time``, clause by clause in the order of the rulebook.

    ``open_seats`` counts the open ones by the rulebook's names; a name that is not counted is not
    asked for. A clause holds from ``applies_from``, which is inside, until the last line in force
    has closed; for a query seat that is the query line. The moment of closing itself is inside where
    the line's clause says so. A line whose closing time is blank has no end, and so has a rulebook
    that names no lines. People who stay on (CD-12.42) do so until CD-12.44 says, its moment inside.
    Source: CD-03.09, CD-03.10, CD-12.23, CD-12.42; for the end CD-03.13 and CD-06.34, to which
    CD-03.15 yields, and CD-12.44.

    Raises NotSet in ``summer``, for which the regulation announces another end and does not give it.
    """
    missing = []
    for clause in rulebook.in_force(Staffing):
        since = clause.applies_from or time.min
        for name, wanted in clause.at_least.items():
            if name not in open_seats or clock_time < since or open_seats[name] >= wanted:
                continue
            until, over = _ends(rulebook, clause, name, clock_time, summer=summer)
            if not over:
                missing.append(Missing(clause.id, name, wanted, open_seats[name], since, until))
    return tuple(missing)


def _ends(
    rulebook: Rulebook, clause: Staffing, name: str, clock_time: time, *, summer: bool
) -> tuple[time | None, bool]:
    """Until when it is asked for, and whether that is over."""
    ends = rulebook[clause.ends_with] if clause.ends_with else None
    if isinstance(ends, Schedule):
        last = ends.last(summer=summer)
        return last, clock_time > last
    lines = _lines(rulebook, name)
    until = _end(lines)
    return until, until is not None and all(line.closed(clock_time) for line in lines)


def _lines(rulebook: Rulebook, name: str) -> tuple[Hours, ...]:
    lines = tuple(hours for hours in rulebook.in_force(Hours) if hours.line in LINES)
    return tuple(hours for hours in lines if hours.line == LINE_OF.get(name)) or lines


def _end(lines: tuple[Hours, ...]) -> time | None:
    closings = [line.closes for line in lines if line.closes is not None]
    return max(closings) if closings and len(closings) == len(lines) else None
