"""People at the pages while something breaks: what they were told, and what the database has of it."""

import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from typing import Any

from django.db import connection

from faults import stage
from inquiries.models import NetworkQuery
from kefu.cases.models import Case, Interaction
from tests.centre import Centre
from tests.faults.people import LOST, Page, Person, refused, take_down_answer_and_ask

PAUSE = 0.1  # seconds between two calls of one person
NUMBERS = ("0826", "0831")


class Caller(Person):
    """Notes each answer that was none: by status and whether it said when to come again."""

    def __init__(self, base: str, number: str) -> None:
        self.refusals: Counter[str] = Counter()
        self.answered_at: list[float] = []  # by the monotonic clock
        super().__init__(base, number)

    def _ask(self, request: urllib.request.Request) -> Page:
        try:
            page = super()._ask(request)
        except urllib.error.HTTPError as error:
            again = "with" if error.headers.get("Retry-After") else "without"
            self.refusals[f"{error.code} {again} Retry-After"] += 1
            raise
        except LOST as error:
            self.refusals["nobody there" if refused(error) else "line broken"] += 1
            raise
        self.answered_at.append(time.monotonic())
        return page


class Calls:
    """Customers call all the time; each call is written down, answered and put to the outlet, until ``finish``."""

    def __init__(self, base: str, centre: Centre, *, most: int, seed: int) -> None:
        self.waiting = stage.parcels(centre, most)
        self.done: list[str] = []
        self.errors: list[BaseException] = []
        self._over = threading.Event()
        self.people = [Caller(base, number) for number in NUMBERS]
        self._threads = [
            threading.Thread(target=self._work, args=(person, seed + n), daemon=True)
            for n, person in enumerate(self.people)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, person: Caller, seed: int) -> None:
        do = take_down_answer_and_ask(person, random.Random(seed))
        try:
            while self.waiting and not self._over.wait(PAUSE):
                waybill = self.waiting.pop()
                do(waybill)
                self.done.append(waybill)
        except BaseException as error:
            self.errors.append(error)

    def finish(self) -> None:
        """Let everybody end the call in hand, which then counts as confirmed."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=200)
            assert not thread.is_alive(), "somebody is still at work"
        if self.errors:
            raise self.errors[0]

    def refusals(self) -> Counter[str]:
        return sum((person.refusals for person in self.people), Counter[str]())

    def first_answer_after(self, moment: float) -> float | None:
        """Seconds from ``moment`` of the monotonic clock to the next answer."""
        later = [at - moment for one in self.people for at in list(one.answered_at) if at > moment]
        return min(later, default=None)

    def more_than(self, n: int) -> bool:
        """Whether more than ``n`` pieces of work are confirmed by now."""
        return len(self.done) > n

    def answered_after(self, moment: float) -> bool:
        return self.first_answer_after(moment) is not None

    def count(self) -> dict[str, Any]:
        """Of what was confirmed to somebody: what is missing in the database, what is there twice."""
        connection.close()
        confirmed = set(self.done)
        cases = Case.objects.filter(waybill__number__in=confirmed)
        found = [
            Counter(cases.values_list("waybill__number", flat=True)),
            Counter(
                NetworkQuery.objects.filter(case__in=cases).values_list(
                    "case__waybill__number", flat=True
                )
            ),
            Counter(
                Interaction.objects.filter(case__in=cases, text="已问成都").values_list(
                    "case__waybill__number", flat=True
                )
            ),
        ]
        lost = {one for one in confirmed if any(rows[one] < 1 for rows in found)}
        double = {one for one in confirmed if any(rows[one] > 1 for rows in found)}
        return {"n": len(confirmed), "lost": len(lost), "double": len(double)}
