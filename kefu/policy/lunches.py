"""Lunch in batches, so that somebody stays at the lines (CD-12.23)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from kefu.policy.clauses import Staffing
from kefu.policy.rulebook import Rulebook

__all__ = ["Lunch", "batches", "turns"]


@dataclass(frozen=True, slots=True)
class Lunch:
    """Somebody ate with the first batch of a day (1), or with a later one."""

    who: str
    on: date
    batch: int


def batches(rulebook: Rulebook) -> tuple[int, str]:
    """Return in how many batches lunch is taken, and by which clause; (0, "") where none asks for it."""
    for clause in rulebook.in_force(Staffing):
        if wanted := clause.at_least.get("lunch_batches", 0):
            return wanted, clause.id
    return 0, ""


def turns(
    people: Sequence[str],
    many: int,
    before: Iterable[Lunch] = (),
    settled: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Return the batch of each of ``people`` on a day: of equal size, and an earlier one for whoever had it least
    often, or longest ago; of equals for the first named. So two people swap from one day to the next.

    ``settled``: who has his batch that day already, and keeps it. Source: CD-12.23.
    """
    found = dict(settled or {})
    open_ = [who for who in people if who not in found]
    size, more = divmod(len(found) + len(open_), many)
    eaten: dict[str, list[Lunch]] = {}
    for one in sorted(before, key=lambda lunch: lunch.on):
        eaten.setdefault(one.who, []).append(one)
    for batch in range(1, many):
        room = size + (batch <= more) - sum(1 for taken in found.values() if taken == batch)
        order = sorted(open_, key=lambda who: _had(eaten.get(who, ()), batch))
        found |= dict.fromkeys(order[: max(room, 0)], batch)
        open_ = [who for who in open_ if who not in found]
    return found | dict.fromkeys(open_, many)


def _had(own: Sequence[Lunch], batch: int) -> tuple[Fraction, date]:
    """How large a part of his lunches was of this batch, and when the last such was."""
    there = [one.on for one in own if one.batch == batch]
    return Fraction(len(there), len(own) or 1), there[-1] if there else date.min
