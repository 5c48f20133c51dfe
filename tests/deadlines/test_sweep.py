"""The sweep: once in effect, never early, never stopped by one bad row."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from inquiries import services as inquiries
from kefu import clock as kefu_clock
from kefu.cases import services as cases
from kefu.cases.models import Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline, Heartbeat
from kefu.errors import Conflict
from kefu.ledger.models import Account, Entry
from kefu.notifications.models import Event
from kefu.penalties.models import Penalty
from tests.centre import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db

MICROSECOND = timedelta(microseconds=1)


def ask(centre, *, now, outlet=None):
    """A case with one question to an outlet; the agent's own reply is out of the way."""
    case = centre.inquiry(now=now)
    inquiries.answer_customer(
        case=case,
        text="已问成都网点，下午回您",
        channel="phone",
        substantive=True,
        actor=centre.lin.user,
        now=now,
    )
    query = inquiries.ask_outlet(
        case=case,
        outlet=outlet or centre.chengdu,
        question="件到成都后没有扫描，请核实",
        actor=centre.lin.user,
        now=now,
    )
    return query.deadline


@pytest.mark.rule("CD-05.09")
@pytest.mark.parametrize(
    ("late_by", "state"), [(timedelta(0), "running"), (MICROSECOND, "breached")]
)
def test_exactly_on_the_due_time_is_in_time_and_a_microsecond_later_is_not(
    centre, settings, late_by, state
):
    deadline = ask(centre, now=at("08:00:00"))
    settings.KEFU_NOW = at("10:00:00") + late_by

    deadlines.sweep()

    deadline.refresh_from_db()
    assert deadline.due_at == at("10:00:00")
    assert deadline.state == state


def test_a_breach_is_dated_at_its_due_time_however_late_it_is_noticed_and_tells_once(centre, clock):
    deadline = ask(centre, now=at("08:00:00"))
    noticed = clock("17:45:12")

    assert [deadlines.sweep(), deadlines.sweep()] == [1, 0]

    deadline.refresh_from_db()
    assert (deadline.breached_at, deadline.detected_at) == (at("10:00:00"), noticed)
    fine = Penalty.objects.get()
    assert (fine.incurred_at, fine.decided_at, fine.party) == (
        at("10:00:00"),
        noticed,
        centre.chengdu,
    )
    assert Event.objects.filter(kind="deadline.breach", user_id=centre.lin.user_id).count() == 1
    line = Interaction.objects.get(kind="breach")
    assert (line.happened_at, line.recorded_at, line.data["deadline"]) == (
        at("10:00:00"),
        noticed,
        deadline.pk,
    )


@pytest.mark.rule("CD-05.10")
@pytest.mark.parametrize(
    ("condition", "state", "owed"),
    [("complaint", "provisional", None), ("at_once", "payable", Decimal("200.00"))],
)
def test_what_a_breach_costs_at_once_is_booked_with_it_and_the_rest_waits(
    centre, clock, condition, state, owed
):
    deadline = ask(centre, now=at("08:00:00"))
    deadline.consequences.update(condition=condition)
    clock("10:00:01")

    deadlines.sweep()

    assert Penalty.objects.get().state == state
    balances = dict(Account.objects.values_list("book", "balance"))
    assert balances == ({"fines": owed, "fine_income": -owed} if owed else {})


def test_a_broken_promise_that_costs_nothing_is_broken_all_the_same(centre, clock):
    deadline = ask(centre, now=at("08:00:00"))
    deadline.consequences.all().delete()
    clock("10:00:01")

    assert deadlines.sweep() == 1
    assert not Penalty.objects.exists()
    assert Event.objects.filter(kind="deadline.breach").count() == 1


def test_the_oldest_go_first_when_there_are_more_than_one_batch_takes(centre, clock):
    last, first, second = (ask(centre, now=at(t)) for t in ("08:03:00", "08:01:00", "08:02:00"))
    clock("11:00:00")

    assert deadlines.sweep(limit=2) == 2

    running = Deadline.objects.running().values_list("pk", flat=True)
    assert list(running) == [last.pk]
    assert {first.pk, second.pk} == set(
        Deadline.objects.filter(state="breached").values_list("pk", flat=True)
    )


def test_one_bad_row_is_set_aside_for_people_to_see_and_stops_none_of_the_others(centre, clock):
    queries = [ask(centre, now=at(f"08:00:0{n}")) for n in range(5)]
    bad = queries[2]
    price = bad.consequences.get()
    Penalty.objects.create(  # so that the sweep's own insertion breaks a constraint
        deadline=bad,
        case=bad.case,
        clause=price.clause,
        rulebook=bad.rulebook,
        party=price.party,
        kind=price.kind,
        value=price.value,
        condition=price.condition,
        state="provisional",
        incurred_at=bad.due_at,
        decided_at=bad.due_at,
    )
    clock("10:30:00")

    assert deadlines.sweep() == 4

    bad.refresh_from_db()
    assert bad.state == "set_aside"
    assert "penalty_once" in bad.set_aside_reason
    assert Penalty.objects.count() == 5
    event = Event.objects.get(kind="deadline.set_aside")
    assert (event.department_id, event.data) == (centre.query_desk.pk, {"deadline": bad.pk})
    assert not Interaction.objects.filter(kind="breach", case=bad.case).exists()

    bad.consequences.all().delete()  # mended
    deadlines.requeue(deadline=bad, actor=centre.chen.user, now=bad.due_at)
    assert deadlines.sweep() == 1
    bad.refresh_from_db()
    assert (bad.state, bad.breached_at) == ("breached", bad.due_at)
    with pytest.raises(Conflict):
        deadlines.requeue(deadline=bad, actor=centre.chen.user, now=bad.due_at)


def test_an_answer_that_meets_a_bad_row_is_recorded_and_leaves_it_set_aside(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    deadline = case.deadlines.get()
    price = deadline.consequences.get()
    Penalty.objects.create(
        deadline=deadline,
        case=case,
        clause=price.clause,
        rulebook=deadline.rulebook,
        party=price.party,
        kind=price.kind,
        value=price.value,
        condition=price.condition,
        state="provisional",
        incurred_at=deadline.due_at,
        decided_at=deadline.due_at,
    )
    now = clock("09:40:00")

    inquiries.answer_customer(
        case=case,
        text="件已找到",
        channel="phone",
        substantive=True,
        actor=centre.lin.user,
        now=now,
    )

    deadline.refresh_from_db()
    assert (deadline.state, deadline.answered_at) == ("set_aside", now)
    assert deadlines.sweep() == 0


def test_the_heartbeat_shows_who_sweeps_and_the_watchdog_steps_in_only_when_it_is_old(
    centre, clock
):
    ask(centre, now=at("08:00:00"))
    clock("10:00:01")
    Heartbeat.objects.create(name="sweep", beat_at=at("09:59:51.000001"))

    assert deadlines.sweep_while_stale() == 0  # a tick showed itself less than ten seconds ago

    Heartbeat.objects.update(beat_at=at("09:59:51"))
    assert deadlines.sweep_while_stale() == 1
    # Whoever looks still sees that ticks are missing.
    assert Heartbeat.objects.get(name="sweep").beat_at == at("09:59:51")


def test_a_tick_wakes_up_for_what_falls_due_while_it_sleeps(centre, settings):
    deadline = ask(centre, now=at("08:00:00"))
    settings.KEFU_NOW = None
    due_at = kefu_clock.now() + timedelta(milliseconds=150)
    Deadline.objects.filter(pk=deadline.pk).update(starts_at=at("08:00:00"), due_at=due_at)

    assert deadlines.sweep_until_next_tick(seconds=0.3) == 1

    deadline.refresh_from_db()
    assert timedelta(0) < deadline.detected_at - due_at < timedelta(milliseconds=150)
    assert Heartbeat.objects.filter(name="sweep").exists()


# Several at once: real commits, a connection a thread.


@pytest.mark.django_db(transaction=True)
def test_sweepers_side_by_side_share_the_work_and_double_nothing(centre, clock):
    expected = {ask(centre, now=at("08:00:00") + timedelta(seconds=n)).pk for n in range(40)}
    Consequence.objects.update(condition="at_once")  # so that each books money, too
    clock("11:00:00")

    def drain():
        fired = 0
        while batch := deadlines.sweep(limit=3):
            fired += batch
        return fired

    fired = at_once(*[drain] * 4)

    assert sum(fired) == 40
    assert set(Penalty.objects.values_list("deadline_id", flat=True)) == expected
    assert Penalty.objects.count() == Entry.objects.count() == 40
    assert Interaction.objects.filter(kind="breach").count() == 40
    assert Event.objects.filter(kind="deadline.breach").count() == 40
    assert Account.objects.get(book="fines").balance == Decimal("8000.00")


@pytest.mark.django_db(transaction=True)
def test_a_row_in_somebody_s_hands_is_left_to_him_and_swept_when_he_lets_go(centre, clock):
    held, free = ask(centre, now=at("08:00:00")), ask(centre, now=at("08:00:01"))
    clock("11:00:00")
    sweeping = []

    with transaction.atomic():
        Deadline.objects.select_for_update(no_key=True).get(pk=held.pk)
        sweeping += at_once(deadlines.sweep)

    assert sweeping == [1]
    free.refresh_from_db()
    assert free.state == "breached"
    assert deadlines.sweep() == 1


@pytest.mark.django_db(transaction=True)
def test_an_agent_at_work_on_a_case_holds_up_neither_the_sweep_nor_himself(centre, clock):
    """The agent has his case locked and wants its clocks; the sweep has the clocks and adds to the case."""
    deadline = ask(centre, now=at("08:00:00"))
    now = clock("11:00:00")

    def sweep():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        return deadlines.sweep()

    with transaction.atomic():
        case = cases.lock(case=deadline.case)
        assert at_once(sweep) == [1]
        cases.step(case=case, action="escalated", actor=centre.lin.user, now=now)
    deadline.refresh_from_db()
    assert deadline.state == "breached"
