"""The demo's people: a quarter of rosters, punches, registers, scores and pay, on the agenda of the seeder.

Each act is one call of a service by who would do it, at the moment it would be done.
"""

import csv
import io
import logging
import random
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.jobs import services as jobs
from kefu.policy.months import last_day, month_of

if TYPE_CHECKING:
    from kefu.demo.seeder import Seeder
    from kefu.staff.models import Employee

log = logging.getLogger(__name__)

MANAGER, SUPERVISOR, LEAD, HR, FINANCE = "0800", "0801", "0803", "0813", "0814"
HEADS = (MANAGER, SUPERVISOR, "0802")


def next_month(month: date) -> date:
    return last_day(month_of(month)) + timedelta(days=1)


def month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def moment(day: date, clock: str) -> datetime:
    """``clock``: the wall's, "08:30"."""
    return datetime.combine(day, time.fromisoformat(clock), SHANGHAI)


# What may be refused, by act and code, because it depends on the day one looks or on how much was lived through.
MAY_BE_REFUSED = {("share", "not_in_pool")}


class People:
    """What the modules of this package share: whom there is, which months, and how something is put on the agenda.

    ``paid``: the month before last, locked; ``last``; ``this``; ``coming``.
    """

    def __init__(self, seeder: "Seeder") -> None:
        self.seeder, self.now = seeder, seeder.now
        self.chance = random.Random(f"{seeder.seed}/people")
        self.today = seeder.now.astimezone(SHANGHAI).date()
        self.this = self.today.replace(day=1)
        self.last = month_before(self.this)
        self.paid = month_before(self.last)
        self.coming = next_month(self.this)
        self.refused: list[str] = []  # what should have happened and was refused

    @property
    def months(self) -> tuple[date, ...]:
        """Those in which somebody has worked, the earliest first."""
        return self.paid, self.last, self.this

    def one(self, number: str) -> "Employee":
        return self.seeder.by_number[number]

    def user(self, number: str) -> Any:
        return self.one(number).user

    def at(self, when: datetime, act: Callable[..., Any], *args: Any, **given: Any) -> None:
        """Do something at a moment, if it lies in the past."""
        self.seeder.at(when, partial(self._try, partial(act, *args, **given)))

    def _try(self, act: partial[Any], now: datetime) -> None:
        """What the rules of that day refuse does not happen: which weekday and month it is depends on when one looks."""
        try:
            act(now=now)
        except KefuError as error:
            name, said = act.func.__name__, f"{now:%Y-%m-%d %H:%M} {error.code}: {error}"
            if (name, error.code) in MAY_BE_REFUSED:
                log.info("%s: not done on %s", name, said)
            else:
                log.warning("%s: refused on %s", name, said)
                self.refused.append(f"{name} {said}")


def work() -> None:
    """The worker does what is queued."""
    while jobs.run_until_next_tick():
        pass


def table(columns: list[str], rows: Iterable[list[str]]) -> bytes:
    """A file as the machines of the house write it."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows(rows)
    return file.getvalue().encode("gb18030")


def live(seeder: "Seeder") -> People:
    """Let the people's quarter happen."""
    from kefu.demo.people import (
        attendance,
        awards,
        calls,
        discipline,
        employment,
        inspections,
        joining,
        meetings,
        pay,
        register,
        requests,
        rosters,
        scores,
        training,
    )

    people = People(seeder)
    parts = (
        employment, rosters, joining, requests, attendance, calls, training, inspections, meetings, register,
        discipline, awards, scores, pay,
    )  # fmt: skip
    for part in parts:
        part.plan(people)
    seeder.live()
    if people.refused:
        log.warning("%d acts of the demo's people were refused", len(people.refused))
    return people
