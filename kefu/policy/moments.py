"""Days, wall times and pauses, as every clock understands them.

Moments go in with a zone and come out in UTC, where adding and subtracting is exact. Days are those
of Asia/Shanghai, whose clocks were moved by an hour in the summers of 1986 to 1991.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kefu.policy.refusals import BadFacts, cannot_be
from kefu.policy.steps import instant

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which a clock stands still, for a reason that its clause allows."""

    starts_at: datetime
    ends_at: datetime
    reason: str


def day_of(moment: datetime) -> date:
    """The Shanghai day of a moment. Raises ValueError for one without zone."""
    return instant(moment).astimezone(SHANGHAI).date()


def wall(day: date, at: time) -> datetime:
    """The instant of a Shanghai wall time. One that summer time skips or repeats is taken at its
    later reading, so that nobody is late by the change of the clock."""
    readings = (datetime.combine(day, at.replace(fold=fold), SHANGHAI) for fold in (0, 1))
    return max(reading.astimezone(UTC) for reading in readings)


def end_of(day: date) -> datetime:
    """24:00 of a day: the midnight that follows it."""
    return wall(day + DAY, time.min)


def stretches(pauses: Iterable[Pause], *, after: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the pauses in order of time, cut off at ``after`` and at what was yielded before.

    Raises BadFacts for one that ends before it begins, ValueError for one without zone.
    """
    spans = sorted((instant(pause.starts_at), instant(pause.ends_at)) for pause in pauses)
    covered_to = after
    for begins_at, ends_at in spans:
        if ends_at <= begins_at:
            why = cannot_be("pause_without_length", begins_at=begins_at, ends_at=ends_at)
            raise BadFacts({"pauses": why})
        if ends_at > covered_to:
            yield max(begins_at, covered_to), ends_at
            covered_to = ends_at
