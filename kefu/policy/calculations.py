"""Every kind of decision the calculator offers; each subject lists its own."""

from collections.abc import Iterator

from kefu.policy import (
    attendance,
    clock_calculations,
    compensation,
    desk_calculations,
    fees,
    pay,
    penalties,
    presence,
    scores,
)
from kefu.policy.calculation import Calculation

SUBJECTS: tuple[tuple[Calculation, ...], ...] = (
    clock_calculations.CALCULATIONS,
    scores.CALCULATIONS,
    (*attendance.CALCULATIONS, *presence.CALCULATIONS),
    pay.CALCULATIONS,
    penalties.CALCULATIONS,
    compensation.CALCULATIONS,
    fees.CALCULATIONS,
    desk_calculations.CALCULATIONS,
)


def calculations() -> Iterator[Calculation]:
    for subject in SUBJECTS:
        yield from subject


def calculation(name: str) -> Calculation:
    """Raises KeyError for a kind there is not."""
    return {found.name: found for found in calculations()}[name]
