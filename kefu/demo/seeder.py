"""The demo's clock and agenda: what is to happen at which moment, and whom and what it happens to."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings

from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.deadlines import services as deadlines
from kefu.demo import words
from kefu.network.models import Party, Region
from kefu.parcels.models import Waybill
from kefu.privacy import names
from kefu.staff.models import Department, Employee

DAYS = 60
PARTS = 2  # processes


@contextmanager
def clock_at() -> Iterator[Callable[[datetime], None]]:
    """Lend the clock out: the function it yields sets the moment everything happens at."""
    before = settings.KEFU_NOW

    def set_to(moment: datetime) -> None:
        settings.KEFU_NOW = moment

    try:
        yield set_to
    finally:
        settings.KEFU_NOW = before


class Seeder:
    company: Party
    hub: Party
    outlets: list[Party]
    slow: set[int]
    couriers: list[Party]
    departments: dict[str, Department]
    staff: list[Employee]
    by_number: dict[str, Employee]
    agents: list[Employee]
    colleagues: list[Employee]
    waybills: list[Waybill]

    def __init__(self, *, now: datetime, seed: int, scale: float, days: int = DAYS) -> None:
        self.now = now
        self.seed = seed
        self.random = random.Random(seed)
        self.scale = scale
        self.days = days
        self.agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self.order = itertools.count()

    def load(self) -> None:
        """Find the house again, to top up a centre that is there."""
        self.company = Party.objects.get(kind="company")
        self.by_number = {
            e.number: e for e in Employee.objects.select_related("user", "party", "department")
        }
        self.colleagues = [
            self.by_number[n] for n in ("0827", "0828", "0829", "0830", "0831", "0871")
        ]
        self.couriers = list(Party.objects.filter(kind=Party.Kind.COURIER).order_by("code"))
        self.waybills = list(
            Waybill.objects.filter(origin=self.company)
            .select_related("destination")
            .order_by("-accepted_at")[:200]
        )

    # -- people and places -------------------------------------------------------------------------

    def party(
        self, kind: str, code: str, name: str, region: Region | None, parent: Party | None
    ) -> Party:
        return Party.objects.create(
            kind=kind,
            code=code,
            name=name,
            region=region,
            parent=parent,
            pinyin=names.pinyin(name),
            initials=names.initials(name),
        )

    def person(self) -> str:
        given = "".join(self.random.choices(words.GIVEN, k=self.random.choice([1, 2, 2])))
        return self.random.choice(words.SURNAMES) + given

    def customer(self) -> tuple[str, str]:
        name = self.random.choice(words.FIRMS) if self.random.random() < 0.1 else self.person()
        return name, f"1380000{self.random.randrange(10_000):04}"

    def waybill_before(self, moment: datetime) -> Waybill:
        for _ in range(20):
            found = self.random.choice(self.waybills)
            if moment - timedelta(days=12) < found.accepted_at < moment:
                return found
        return self.waybills[0]

    # -- the agenda --------------------------------------------------------------------------------

    def at(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        """Put something on the agenda, if it lies in the past."""
        if moment < self.now:
            heapq.heappush(self.agenda, (moment, next(self.order), act))

    def live(self) -> None:
        """Do what stands on the agenda, each thing at its moment."""
        with clock_at() as set_clock:
            while self.agenda:
                moment, _order, act = heapq.heappop(self.agenda)
                set_clock(moment)
                act(moment)

    def in_hours(self, moment: datetime) -> datetime:
        """Nobody answers at night: what would fall there happens between 08:05 and 08:55."""
        local = moment.astimezone(SHANGHAI)
        if 8 <= local.hour < 21:
            return moment
        day = local + timedelta(days=1) if local.hour >= 21 else local
        return day.replace(
            hour=8, minute=self.random.randrange(5, 55), second=self.random.randrange(60)
        )

    def sweep_after(self, case: Case) -> None:
        """Break what runs out, some moments after, as the ticks of a real centre do."""
        for pk, due_at in case.deadlines.running().values_list("pk", "due_at"):
            moment = due_at + timedelta(seconds=self.random.uniform(0.05, 0.9))
            self.at(moment, partial(self.sweep_one, pk))

    def sweep_one(self, pk: int, _moment: datetime) -> None:
        deadlines.sweep(only=[pk])
