"""What apps above tell the knowledge base of; they register when they are ready.

Incidents and calls to numbers belong to ``inquiries``, which stands above: it passes functions down.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kefu.knowledge.models import Wording


@dataclass(frozen=True, slots=True)
class GoingOn:
    """Something befalls many now. ``text``: what the rulebook has agents say of it, "" where it says nothing."""

    occasion: Wording.Occasion
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Reached:
    """The last call to a number."""

    answered: bool
    outcome: str
    at: datetime


_going_on: list[Callable[[], Sequence[GoingOn]]] = []
_reached: list[Callable[[Sequence[int]], Mapping[int, Reached]]] = []


def tells_what_goes_on(read: Callable[[], Sequence[GoingOn]]) -> None:
    """Called from ``AppConfig.ready()``."""
    _going_on.append(read)


def tells_who_was_reached(read: Callable[[Sequence[int]], Mapping[int, Reached]]) -> None:
    """``read`` gets the keys of contact numbers, all in one question. Called from ``AppConfig.ready()``."""
    _reached.append(read)


def going_on() -> list[GoingOn]:
    return [one for read in _going_on for one in read()]


def reached(numbers: Sequence[int]) -> dict[int, Reached]:
    return {number: last for read in _reached for number, last in read(numbers).items()}
