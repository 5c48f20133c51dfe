"""Kill -9 in turn: worker, beat, Redis, web, and whoever takes a fine to its end. Nothing lost, nothing double."""

import random
import socket
import subprocess
import sys
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Count

from inquiries import services as inquiries
from inquiries.models import Complaint
from kefu import clock
from kefu.cases.models import Interaction
from kefu.deadlines.models import Deadline, Heartbeat, Interruption
from kefu.ledger.models import Account, Entry
from kefu.notifications.models import Event
from kefu.penalties.models import Penalty, Waiver
from kefu.rulebooks.selectors import edition
from tests import centre as world
from tests.faults.processes import House, house, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

SEED = 20261120
TWO_HOURS = timedelta(hours=2)


@pytest.fixture
def centre(settings):
    settings.KEFU_NOW = None
    edition.cache_clear()
    return world.build(now=clock.now())


def due_in(seconds: float, centre: world.Centre, *, n: int) -> list[int]:
    """Ask an outlet ``n`` questions, all almost two hours old; return the keys of their clocks."""
    keys = []
    for _ in range(n):
        asked_at = clock.now() + timedelta(seconds=seconds) - TWO_HOURS
        case = centre.inquiry(now=asked_at)
        inquiries.answer_customer(
            case=case,
            text="已问成都",
            channel="phone",
            substantive=True,
            actor=centre.lin.user,
            now=asked_at,
        )
        query = inquiries.ask_outlet(
            case=case, outlet=centre.chengdu, question="请核实", actor=centre.lin.user, now=asked_at
        )
        assert query.deadline_id
        keys.append(query.deadline_id)
    return keys


def broken(keys: list[int]) -> int:
    return Deadline.objects.filter(pk__in=keys, state="breached").count()


def assert_once(keys: list[int]) -> None:
    """Each broke once, with one line, one event and one fine, at most 30 s after its due time."""
    fired = Deadline.objects.filter(pk__in=keys, state="breached")
    late = [
        detected - due for detected, due in fired.values_list("detected_at", "due_at") if detected
    ]
    assert len(late) == len(keys)
    assert max(late) < timedelta(seconds=30)
    found = {
        "lines": Interaction.objects.filter(kind="breach", data__deadline__in=keys).values_list(
            "data__deadline"
        ),
        "events": Event.objects.filter(kind="deadline.breach", data__deadline__in=keys).values_list(
            "data__deadline"
        ),
        "fines": Penalty.objects.filter(deadline__in=keys).values_list("deadline"),
    }
    for what, rows in found.items():
        assert sorted(key for (key,) in rows) == sorted(keys), what


def clerk(running: House, keys: list[int]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.clerk", *map(str, keys)],
        env=running.programs["web"].env,
        stderr=subprocess.DEVNULL,  # Redis is down: each step says that nobody could be woken
    )


def test_whatever_is_killed_every_promise_fires_once_and_every_fen_is_where_it_belongs(
    centre, tmp_path
):
    chance = random.Random(SEED)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with house(tmp_path, port=port) as running:
        running.start("redis", "web", "timers", "beat", "watchdog")
        wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive")

        # The worker, in the middle of its work.
        first = due_in(1.5, centre, n=6)
        wait_until(lambda: broken(first), what="the first one fires")
        running.kill("timers")
        running.start("timers")
        wait_until(lambda: broken(first) == 6, what="all of them fire")
        assert_once(first)

        # Beat: no tick comes any more.
        second = due_in(1.5, centre, n=6)
        running.kill("beat")
        running.start("beat")
        wait_until(lambda: broken(second) == 6, what="all fire after beat")
        assert_once(second)

        # An interruption counts from the last sign of life: let there be one after what fell due so far.
        seen = Heartbeat.objects.filter(name="door:api", beat_at__gt=clock.now())
        wait_until(seen.exists, what="the door was seen open")

        # Redis and web together; meanwhile somebody takes the fines to their end and is killed, too.
        running.kill("redis", "web")
        closed_at = time.monotonic()
        third = due_in(1.5, centre, n=6)
        at_work = clerk(running, first + second)
        for _ in range(2):
            time.sleep(1.5 + chance.random() * 2)
            at_work.kill()
            at_work.wait()
            at_work = clerk(running, first + second)
        wait_until(lambda: broken(third) == 6, what="the watchdog fires without Redis")
        assert_once(third)
        wait_until(
            lambda: Penalty.objects.filter(deadline__in=third, state="provisional").count() == 0,
            what="what fell due behind the closed door is held",
        )
        wait_until(lambda: time.monotonic() - closed_at > 16, what="three probes missed")

        running.start("redis", "web")
        back_at = clock.now()
        ticks = Heartbeat.objects.filter(name="sweep", beat_at__gt=back_at)

        def ticking() -> bool:
            running.revive()
            return ticks.exists()

        wait_until(
            ticking,
            what="ticks arrive again",
            seconds=60.0,  # Celery asks for the broker ever more seldom; the watchdog sweeps meanwhile
        )
        wait_until(
            lambda: Interruption.objects.values("door").distinct().count() == 2,
            what="the interruption of both doors is on record",
        )
        fourth = due_in(1.0, centre, n=6)
        wait_until(lambda: broken(fourth) == 6, what="all fire again")
        assert_once(fourth)
        assert at_work.wait(timeout=30) == 0

    assert set(Interruption.objects.values_list("door", flat=True)) == {"pages", "api"}
    assert_the_money(first + second, held=third)


def assert_the_money(waived: list[int], *, held: list[int]) -> None:
    """Fines of ``waived`` went all the way; those of ``held`` wait for a supervisor and cost nothing."""
    fines = Penalty.objects.filter(deadline__in=waived)
    assert set(fines.values_list("state", flat=True)) == {"reversed"}
    complaints = Complaint.objects.values("case__links__origin").annotate(n=Count("pk"))
    assert {row["n"] for row in complaints} == {1}
    assert Waiver.objects.filter(approved=True, penalty__in=fines).count() == len(waived)
    assert Waiver.objects.count() == len(waived)
    entries = Entry.objects.values_list("kind", flat=True)
    assert sorted(entries) == ["penalty"] * len(waived) + ["reversal"] * len(waived)
    assert set(Account.objects.values_list("balance", flat=True)) == {Decimal("0.00")}
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(amount) FROM ledger_posting")
        assert cursor.fetchone() == (Decimal("0.00"),)
    assert set(Penalty.objects.filter(deadline__in=held).values_list("state", flat=True)) == {
        "held"
    }
