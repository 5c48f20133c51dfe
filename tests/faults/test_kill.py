"""Kill -9 in turn while people are at work: both workers, beat, web, Redis. Nothing lost, nothing double."""

import random
import socket
import time
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.db.models import Count

from faults.house import house, wait_until
from inquiries import services as inquiries
from inquiries.models import Complaint, NetworkQuery
from kefu import clock
from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Deadline, Heartbeat, Interruption
from kefu.jobs.models import Job
from kefu.ledger.models import Account, Entry
from kefu.notifications.models import Event
from kefu.parcels.models import Waybill
from kefu.penalties.models import Penalty, Waiver
from tests import centre as world
from tests.faults.people import AtWork, Fine, Person, take_down_answer_and_ask, take_it_to_its_end

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

SEED = 20261120
TWO_HOURS = timedelta(hours=2)
ROWS = 20_000  # of the table that is imported: some chunks
KILLS = 5  # of the web


@pytest.fixture
def centre(settings):
    settings.KEFU_NOW = None
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


def parcels(centre: world.Centre, n: int) -> list[str]:
    """Waybills nobody has asked about yet."""
    for number in range(n):
        parcel = Waybill.objects.get(pk=centre.waybill.pk)
        parcel.pk, parcel.number = None, str(880_612_060_000 + number)
        parcel.save()
    return [str(880_612_060_000 + number) for number in range(n)]


def fines(keys: list[int]) -> list[Fine]:
    found = Penalty.objects.filter(deadline__in=keys).order_by("pk")
    return [Fine(*row) for row in found.values_list("case__number", "pk", "party__code")]


def table(rows: int) -> bytes:
    lines = (f"{990_000_000_000 + n},查件,陈晓梅,13800004545,第{n}件" for n in range(rows))
    return "\n".join(["运单号,类型,客户姓名,联系电话,事由", *lines]).encode()


def test_whatever_is_killed_every_promise_fires_once_and_every_fen_is_where_it_belongs(
    centre, tmp_path
):
    chance = random.Random(SEED)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with house(tmp_path, port=port) as running:
        running.start("redis", "web", "timers", "worker", "beat", "watchdog")
        wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive")
        base = f"http://127.0.0.1:{port}"
        lin, zhou, wang, chen = (Person(base, n) for n in ("0826", "0831", "0803", "0801"))
        calls = AtWork(take_down_answer_and_ask(lin, random.Random(SEED + 1)))
        court = AtWork(take_it_to_its_end(zhou, wang, chen, random.Random(SEED + 2)))

        # The worker of the timers, in the middle of its work.
        first = due_in(1.5, centre, n=6)
        wait_until(lambda: broken(first), what="the first one fires")
        running.kill("timers")
        running.start("timers")
        wait_until(lambda: broken(first) == 6, what="all of them fire")
        assert_once(first)
        court.give(*fines(first))

        # The worker of the long jobs, in the middle of an import.
        sheet = {"file": BytesIO(table(ROWS)), "owner": f"e{centre.zhou.pk}"}
        sheet["file"].name = "名单.csv"
        zhou.send("/new/import/", kind="trace", allow_unknown_waybills="on", **sheet)
        job = Job.objects.get()

        def progress() -> int:
            job.refresh_from_db()
            return job.done

        wait_until(progress, what="the import is under way")
        running.kill("worker")
        killed_at, behind = time.monotonic(), progress()
        assert 0 < behind < ROWS
        running.start("worker")

        # Beat: no tick comes any more.
        second = due_in(1.5, centre, n=6)
        running.kill("beat")
        running.start("beat")
        wait_until(lambda: broken(second) == 6, what="all fire after beat")
        assert_once(second)
        court.give(*fines(second))

        # An interruption counts from the last sign of life: let there be one after what fell due so far.
        for door in ("door:pages", "door:api"):
            seen = Heartbeat.objects.filter(name=door, beat_at__gt=clock.now())
            wait_until(seen.exists, what="the door was seen open")

        # The web, again and again, each time while somebody's form is on its way.
        called = parcels(centre, 60)
        calls.give(*called)
        for _ in range(KILLS):
            written = Interaction.objects.count()
            wait_until(lambda seen=written: Interaction.objects.count() > seen, what="people work")
            time.sleep(chance.random() / 20)
            running.kill("web")
            running.start("web")
        assert calls.done < len(called), "they were through before the last kill"

        left = 30 - (time.monotonic() - killed_at)
        wait_until(lambda: progress() > behind, what="somebody goes on with it", seconds=left)

        # Redis and web together, for long enough to count as an interruption.
        running.kill("redis", "web")
        closed_at = time.monotonic()
        third = due_in(1.5, centre, n=6)
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

        # Redis alone: what wakes, tells and counts who is there, and keeps nothing.
        running.kill("redis")
        fourth = due_in(1.0, centre, n=6)
        wait_until(lambda: broken(fourth) == 6, what="all fire without Redis")
        assert_once(fourth)
        running.start("redis")

        calls.finish()
        court.finish()
        wait_until(lambda: progress() == ROWS, what="the import is done")
        assert lin.cut_off + zhou.cut_off + wang.cut_off + chen.cut_off > 0

    assert set(Interruption.objects.values_list("door", flat=True)) == {"pages", "api"}
    assert_the_money(first + second, held=third)
    assert_each_call_once(called)
    assert job.counts["accepted"] == ROWS
    assert Case.objects.filter(waybill_number__startswith="9900").count() == ROWS


def assert_each_call_once(waybills: list[str]) -> None:
    """Each call became one case with one answer to the customer and one question to the outlet."""
    cases = Case.objects.filter(waybill__number__in=waybills)
    asked = NetworkQuery.objects.filter(case__in=cases)
    answers = Interaction.objects.filter(case__in=cases, text="已问成都")
    assert sorted(cases.values_list("waybill__number", flat=True)) == waybills
    assert sorted(asked.values_list("case__waybill__number", flat=True)) == waybills
    assert sorted(answers.values_list("case__waybill__number", flat=True)) == waybills


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
