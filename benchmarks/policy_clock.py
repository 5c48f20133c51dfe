"""Due times in working hours over a year with holidays, beside the two searches they cannot do without.

The limit is the same loop over bare integers: find the window of the start, find the window in which the
time is used up. What ours adds is moments in and out, their zones, and the checks.
"""

import gc
import random
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kefu.policy.calendars import Calendar, MakeUpDay, Table, micros
from kefu.policy.working_hours import working_hours

NUMBER = {"small": 50_000, "full": 500_000}
ROUNDS = 5  # the best counts: the others share the machine
AIM = 50_000  # due times a second on one core
YEAR = 2026
DAY_HOURS = (("08:00", "12:00"), ("13:30", "17:30"))


def run(scale: str) -> Iterator[dict[str, Any]]:
    calendar, number = _calendar(), NUMBER[scale]
    chance = random.Random(2026)
    begin = datetime(YEAR, 1, 1, tzinfo=UTC)
    starts = [begin + timedelta(seconds=chance.randrange(365 * 86_400)) for _ in range(number)]
    lengths = [timedelta(minutes=chance.randrange(1, 40 * 60)) for _ in range(number)]

    def ours() -> None:
        for start, length in zip(starts, lengths, strict=True):
            working_hours(start, length, calendar)

    table = calendar.table(YEAR, YEAR + 1)
    bare = [
        (micros(start), length // timedelta(microseconds=1))
        for start, length in zip(starts, lengths, strict=True)
    ]
    taken, least = _best(ours), _best(lambda: _bare(table, bare))
    yield {
        "name": "policy_clock",
        "ours": round(number / taken),
        "limit": round(number / least),
        "ratio": round(least / taken, 3),
        "unit": "due times a second, one core",
        "n": number,
        "aim": f">= {AIM} a second",
        "aim_reached": number / taken >= AIM,
    }


def _bare(table: Table, pairs: list[tuple[int, int]]) -> None:
    opens, closes, before, after = table.opens, table.closes, table.before, table.after
    for at, length in pairs:
        index = bisect_right(closes, at)
        target = before[index] + max(0, at - opens[index]) + length
        index = bisect_left(after, target)
        closes[index] - (after[index] - target)


def _best(work: Callable[[], None]) -> float:
    gc.disable()
    try:
        spent = []
        for _round in range(ROUNDS):
            began = time.process_time()
            work()
            spent.append(time.process_time() - began)
        return min(spent)
    finally:
        gc.enable()


def _calendar() -> Calendar:
    """A year as offices know it: seven days off in spring and in autumn, worked for on weekends."""
    spring, autumn = date(YEAR, 2, 15), date(YEAR, 10, 1)
    off = [first + timedelta(days=n) for first in (spring, autumn) for n in range(7)]
    worked = [date(YEAR, 2, 14), date(YEAR, 2, 28), date(YEAR, 9, 27), date(YEAR, 10, 10)]
    return Calendar.plain(
        dict.fromkeys(range(1, 6), DAY_HOURS),
        years=(YEAR,),
        statutory_holidays=(date(YEAR, 1, 1), date(YEAR, 5, 1)),
        days_off=tuple(off),
        make_up=tuple(MakeUpDay(on=day, like=1) for day in worked),
    )
