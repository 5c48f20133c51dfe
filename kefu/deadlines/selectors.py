"""How promises stand: kept, open, broken; by clause, by time, by party."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

# What is added up and what is not yet, at one moment.
BY_CLAUSE = """
SELECT clause, {moment}, sum(open), sum(met), sum(broken)
FROM (SELECT {kept} AS at, {hour} AS hour, clause, department_id, open, met, broken
      FROM {table} WHERE {kept} BETWEEN %(first)s AND %(last)s
      UNION ALL
      SELECT {moved}, hour, clause, department_id, open, met, broken
      FROM deadlines_countmove WHERE day BETWEEN %(first)s AND %(last)s) c
WHERE %(department)s::bigint IS NULL OR department_id = %(department)s
GROUP BY GROUPING SETS ((clause), ({moment}))
HAVING sum(open) <> 0 OR sum(met) <> 0 OR sum(broken) <> 0
"""
BY_PARTY = """
SELECT party_id, sum(open), sum(met), sum(broken)
FROM (SELECT party_id, department_id, open, met, broken FROM {table} WHERE {kept} BETWEEN %(first)s AND %(last)s
      UNION ALL
      SELECT party_id, department_id, open, met, broken
      FROM deadlines_countmove WHERE day BETWEEN %(first)s AND %(last)s) c
JOIN network_party p ON p.id = party_id AND p.kind = ANY (%(kinds)s)
WHERE %(department)s::bigint IS NULL OR department_id = %(department)s
GROUP BY 1
HAVING sum(met) + sum(broken) > 0
"""
_DAYS = {"kept": "day", "moved": "day", "hour": "hour"}
_MONTHS = {"kept": "month", "moved": "date_trunc('month', day)::date", "hour": "0"}
# By what is counted: the moment, and what it is read from.
MOMENTS = {
    "hour": {"moment": "hour::int", "table": "deadlines_clausehour", **_DAYS},
    "day": {"moment": "at", "table": "deadlines_clausehour", **_DAYS},
    "month": {"moment": "at", "table": "deadlines_clausemonth", **_MONTHS},
}
PARTIES = {
    "hour": {"table": "deadlines_partyday", "kept": "day"},
    "day": {"table": "deadlines_partyday", "kept": "day"},
    "month": {"table": "deadlines_partymonth", "kept": "month"},
}


@dataclass(frozen=True, slots=True)
class Kept:
    """How many promises: not due or set aside, kept, broken."""

    open: int = 0
    met: int = 0
    broken: int = 0

    def __add__(self, other: "Kept") -> "Kept":
        return Kept(self.open + other.open, self.met + other.met, self.broken + other.broken)

    @property
    def due(self) -> int:
        return self.open + self.met + self.broken

    @property
    def over(self) -> int:
        """Those of which one knows how they ended."""
        return self.met + self.broken


@dataclass(frozen=True, slots=True)
class Standing:
    """Promises by clause, and by hour, day or month."""

    clauses: dict[str, Kept]
    moments: dict[date | int, Kept]

    @property
    def whole(self) -> Kept:
        return sum(self.clauses.values(), Kept())


def standing(
    *, first: date, last: date, department_id: int | None = None, by: str = "hour"
) -> Standing:
    """Count what falls due from ``first`` to ``last``; ``by``: a key of MOMENTS, "month" for whole months only.

    One question, whatever the year held.
    """
    statement = BY_CLAUSE.format(**MOMENTS[by])
    found = Standing({}, {})
    for clause, moment, *numbers in _asked(statement, first, last, department_id):
        kept = Kept(*map(int, numbers))
        if clause is None:
            found.moments[moment] = kept
        else:
            found.clauses[clause] = kept
    return found


def standing_of_parties(
    *,
    first: date,
    last: date,
    kinds: Sequence[str],
    department_id: int | None = None,
    by: str = "day",
) -> dict[int, Kept]:
    """The same by party, of these kinds, of which anything has ended."""
    statement = BY_PARTY.format(**PARTIES[by])
    rows = _asked(statement, first, last, department_id, kinds=list(kinds))
    return {party: Kept(*map(int, numbers)) for party, *numbers in rows}


def _asked(
    statement: str, first: date, last: date, department_id: int | None, **more: Any
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"first": first, "last": last, "department": department_id}
        cursor.execute(statement, values | more)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
