"""Let sixty days happen to an invented call centre, by the same services the product uses.

Everything goes through the services under a clock that is set to each moment in turn, so that every
timer, fine and entry is as true as in a real centre; nothing is inserted that the product could not do.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from typing import Protocol

from django.db import connection, connections, transaction
from django.db.models import Max

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.demo import customers, people, registers, statements, words
from kefu.demo.calls import Calls
from kefu.demo.claims import Claims
from kefu.demo.complaints import Complaints
from kefu.demo.house import LAST, PASSWORD, House
from kefu.demo.knowledge import Knowledge
from kefu.demo.next_minutes import NextMinutes
from kefu.demo.parcels import Parcels
from kefu.demo.seeder import PARTS, Seeder
from kefu.network.models import Party
from kefu.notifications.models import BellMark, Event
from kefu.staff.models import User


def exists() -> bool:
    """Whether there is a centre already, the demo's or a real one."""
    return Party.objects.filter(kind=Party.Kind.COMPANY).exists()


def accounts() -> list[tuple[str, str, str]]:
    """Return (role, user name, password) of one demo account a role."""
    found: dict[str, tuple[str, str, str]] = {}
    for user in User.objects.filter(username__in=[s[0] for s in words.STAFF] + [LAST]).order_by(
        "username"
    ):
        found.setdefault(user.role, (user.get_role_display(), user.username, PASSWORD))
    return list(found.values())


def seed_demo(*, now: datetime, seed: int = 1, scale: float = 1.0) -> None:
    """Build the demo centre, or, where one stands already, only add what falls due in the next minutes."""
    seeder = Seeder(now=now, seed=seed, scale=scale)
    if not exists():
        with transaction.atomic():
            House(seeder).build()
        _live_through(seeder)
        with transaction.atomic():
            Parcels(seeder).routes()
        _hurry()
        people.live(seeder)
        registers.live(seeder.now)
        statements.live(seeder.now)
        customers.live(seeder.now)
        Knowledge(seeder).build()
        _read_all_bells()
        User.objects.filter(username=LAST).update(is_active=True)
        seeder.now = clock.now()  # sixty days took a while
    seeder.load()
    with transaction.atomic():
        NextMinutes(seeder).add()


class Desk(Protocol):
    def day(self, on: datetime) -> None:
        """Put a day's work on the agenda; ``on`` is its midnight."""


def live_through(seeder: Seeder, part: int) -> None:
    """Let every other day's work happen, with all that follows from it."""
    seeder.random.seed(f"{seeder.seed}/{part}")
    desks: list[Desk] = [
        Calls(seeder),
        Parcels(seeder, part),
        Claims(seeder, part),
        Complaints(seeder, part),
    ]
    first = (seeder.now - timedelta(days=seeder.days)).astimezone(SHANGHAI).date()
    for day in range(part, seeder.days + 1, PARTS):
        on = first + timedelta(days=day)
        for desk in desks:
            desk.day(datetime(on.year, on.month, on.day, tzinfo=SHANGHAI))
    seeder.live()


def _live_through(seeder: Seeder) -> None:
    """Share the days out among processes: sixty days of real services take a core about a minute."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(PARTS, mp_context=fork) as pool:
        for done in [pool.submit(_live_part, seeder, part) for part in range(PARTS)]:
            done.result()


def _read_all_bells() -> None:
    """What happened in sixty days was read at the time; the bells count from now."""
    last = Event.objects.aggregate(last=Max("id"))["last"] or 0
    BellMark.objects.bulk_create(BellMark(user=user, seen_id=last) for user in User.objects.all())


def _live_part(seeder: Seeder, part: int) -> None:
    # The parts enter into the same accounts: on a busy machine one waits long for the other, and nobody for both.
    # Each act is a transaction of its own, as in life: in longer ones the parts would wait for each other in a circle.
    _hurry()
    live_through(seeder, part)
    connections.close_all()


def _hurry() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SET {limit} = 0")


def state() -> str:
    """Return what stands here: "empty", "half" a demo centre, a whole "demo", or a "real" centre."""
    if not exists():
        return "empty"
    opened = (
        User.objects.filter(username=LAST, party__code="WD001")
        .values_list("is_active", flat=True)
        .first()
    )
    return {None: "real", False: "half", True: "demo"}[opened]
