"""Examinations: which questions each one gets, in which order, and what his answers are worth.

The same seed and the same person give the same paper on any machine and in any year: orders come from digests, not from
a generator of random numbers.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kefu.policy.clauses import Grade
from kefu.policy.rulebook import Rulebook

__all__ = ["FULL", "Drawn", "Part", "draw", "pass_mark", "points_for", "spread"]

FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Part:
    """So many questions of this pool, each worth ``points``; ``options`` of each question by its id."""

    count: int
    points: Decimal
    pool: Sequence[int]
    options: Sequence[int]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A question as one person gets it: its options by their written place, in his order."""

    question: int
    points: Decimal
    order: tuple[int, ...]


def draw(seed: str, who: str, parts: Sequence[Part]) -> tuple[Drawn, ...]:
    """Return one person's questions, part by part; none comes twice, and a part that runs dry gives what it has."""
    taken: set[int] = set()
    found = []
    for number, part in enumerate(parts):
        sizes = dict(zip(part.pool, part.options, strict=True))
        left = _by_lot(f"{seed}|{who}|{number}", set(part.pool) - taken)
        for question in left[: part.count]:
            taken.add(question)
            order = _shuffled(f"{seed}|{who}|{question}", sizes[question])
            found.append(Drawn(question, part.points, order))
    return tuple(found)


def _by_lot(seed: str, pool: Collection[int]) -> list[int]:
    return sorted(pool, key=lambda question: _digest(seed, question))


def _shuffled(seed: str, number: int) -> tuple[int, ...]:
    return tuple(sorted(range(number), key=lambda place: _digest(seed, place)))


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("|".join(map(str, parts)).encode()).digest()


def points_for(correct: Collection[int], chosen: Collection[int], points: Decimal) -> Decimal:
    """Return what a question is worth that a program can judge: all of it for exactly the right options, else nothing."""
    return points if chosen and set(chosen) == set(correct) else Decimal(0)


def pass_mark(rulebook: Rulebook) -> tuple[Decimal, str] | None:
    """Return from which mark on somebody has passed, with its clause: where the grade that fails ends; None in a
    rulebook without such a grade (ES-602.06 names none of its own; ES-603.15).
    """
    for clause in rulebook.in_force(Grade):
        if clause.grade == "fail" and clause.below is not None:
            return clause.below, clause.id
    return None


def spread(marks: Sequence[Decimal], bounds: Sequence[Decimal]) -> list[int]:
    """Return how many marks lie from each bound up to the next; ``bounds`` rise from 0, the last takes 100 in."""
    found = [0] * len(bounds)
    for mark in marks:
        found[max(place for place, bound in enumerate(bounds) if mark >= bound)] += 1
    return found
