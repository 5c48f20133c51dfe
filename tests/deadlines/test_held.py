"""Nobody pays for our own downtime: what fell due behind a closed door waits for a supervisor."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from inquiries import services as inquiries
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline, Heartbeat, Interruption
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Account, Entry
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.policy.consequences import Interruption as Stretch
from kefu.policy.consequences import held_for_interruption
from tests.centre import at

pytestmark = pytest.mark.django_db

DUE = "10:00:00"  # asked at 08:00, two hours


def ask(centre):
    case = centre.inquiry(now=at("08:00:00"))
    return inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="件到成都后没有扫描，请核实",
        actor=centre.lin.user,
        now=at("08:00:00"),
    )


def shut(door, start, end):
    Interruption.objects.create(door=door, started_at=at(start), ended_at=at(end))


def swept(clock, when="10:30:01"):
    """Sweep and return the states by clause: the outlet's fine and the agent's points."""
    clock(when)
    deadlines.sweep()
    return dict(Penalty.objects.values_list("clause", "state"))


@pytest.mark.rule("CD-05.10")
@pytest.mark.parametrize(
    ("stretches", "state"),
    [
        ([], "provisional"),
        ([("api", "09:59:00", "10:05:00")], "held"),  # shut at the due time
        ([("api", "09:59:00", "10:00:00")], "held"),  # its last moment counts
        ([("api", "10:00:00", "10:05:00")], "held"),  # its first, too
        ([("api", "09:59:00", "09:59:59.999999")], "provisional"),
        ([("api", "10:00:00.000001", "10:05:00")], "provisional"),
        ([("pages", "09:59:00", "10:05:00")], "provisional"),  # not the outlet's door
        ([("database", "09:59:00", "10:05:00")], "held"),  # everybody's
        # For more than a quarter of the two hours:
        ([("api", "08:10:00", "08:40:00")], "provisional"),  # exactly a quarter
        ([("api", "08:10:00", "08:40:00.000001")], "held"),
        ([("api", "08:10:00", "08:30:00"), ("database", "08:20:00", "08:40:00")], "provisional"),
        ([("api", "08:10:00", "08:30:00"), ("database", "08:30:00", "08:50:00")], "held"),
        ([("api", "07:00:00", "08:30:00")], "provisional"),  # only what lies within the clock
        ([("api", "07:00:00", "08:30:00.000001")], "held"),
    ],
)
def test_an_outlet_s_fine_is_held_when_its_door_was_shut(centre, clock, stretches, state):
    ask(centre)
    for stretch in stretches:
        shut(*stretch)

    assert swept(clock)["CD-05.10"] == state
    assert not Entry.objects.exists()


@pytest.mark.rule("CD-12.17")
def test_an_agent_answers_by_the_pages_and_an_outlet_by_the_api(centre, clock):
    ask(centre)
    shut("pages", "08:29:00", "08:31:00")  # the agent's half hour ends at 08:30

    assert swept(clock) == {"CD-05.10": "provisional", "CD-12.17": "held"}


@pytest.mark.parametrize(
    ("last_sign", "state"), [("09:59:30.000002", "provisional"), ("09:59:30", "held")]
)
def test_a_door_whose_probe_is_silent_for_more_than_thirty_seconds_counts_as_shut(
    centre, clock, last_sign, state
):
    ask(centre)
    Heartbeat.objects.create(name="door:api", beat_at=at(last_sign))

    assert swept(clock, "10:00:00.000001")["CD-05.10"] == state


# The probe.


def probed(clock, when, *, open_=True, door="api"):
    deadlines.record_probe(door=door, open_=open_, now=clock(when))


def test_a_silence_of_three_probes_is_no_interruption_and_a_longer_one_is(clock):
    probed(clock, "09:00:00")
    probed(clock, "09:00:15")
    assert not Interruption.objects.exists()

    probed(clock, "09:00:20", open_=False)
    probed(clock, "09:00:31")

    gap = Interruption.objects.get()
    assert (gap.door, gap.started_at, gap.ended_at) == ("api", at("09:00:15"), at("09:00:31"))


def test_a_door_that_never_opened_yet_has_no_interruption(clock):
    probed(clock, "09:00:00", open_=False)
    probed(clock, "09:10:00")

    assert not Interruption.objects.exists()


@pytest.mark.rule("CD-05.10")
@pytest.mark.parametrize("found_open", [True, False])
@pytest.mark.parametrize(
    ("last_sign", "state"),
    [("09:59:58", "held"), ("10:00:00", "held"), ("10:00:00.000001", "provisional")],
)
def test_what_the_sweep_decided_before_it_could_know_of_the_closed_door_is_held_afterwards(
    centre, clock, last_sign, state, found_open
):
    query = ask(centre)
    probed(clock, last_sign)
    clock("10:00:00.000001")
    deadlines.sweep()
    fine = query.deadline.penalties.get()
    probed(clock, "10:00:05", open_=False)
    fine.refresh_from_db()
    assert fine.state == "provisional"  # nothing looks wrong yet

    probed(clock, "10:00:30", open_=found_open)

    fine.refresh_from_db()
    assert fine.state == state


def test_the_sweep_and_policy_hold_the_same_penalties(centre, clock):
    """Any stretches, to the second, against the pure function."""
    deadline = ask(centre).deadline
    price = deadline.consequences.get()
    clock("10:00:00.000001")
    seconds = st.integers(-3600, 7200)
    stretches = st.lists(
        st.tuples(st.sampled_from(["api", "pages", "database"]), seconds, st.integers(1, 2400)),
        max_size=5,
    )
    shares = st.sampled_from(["0.1", "0.25", "0.3333", "0.5"])

    @example_settings(
        max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(stretches, shares)
    def agree(closed, share):
        sweeping = transaction.atomic()
        sweeping.__enter__()
        try:
            Consequence.objects.filter(pk=price.pk).update(
                inputs={**price.inputs, "interruption_share": share}
            )
            for door, start, length in closed:
                start = at("08:00:00") + timedelta(seconds=start)
                Interruption.objects.create(
                    door=door, started_at=start, ended_at=start + timedelta(seconds=length)
                )
            deadlines.sweep(only=[deadline.pk])
            state = deadline.penalties.get().state
        finally:
            transaction.set_rollback(True)
            sweeping.__exit__(None, None, None)
        starts = [
            Stretch(
                at("08:00:00") + timedelta(seconds=s), at("08:00:00") + timedelta(seconds=s + n)
            )
            for door, s, n in closed
            if door != "pages"
        ]
        held = held_for_interruption(starts, at("08:00:00"), at(DUE), Decimal(share))
        assert state == ("held" if held else "provisional")

    agree()


# What a supervisor makes of it.


@pytest.fixture
def held(centre, clock):
    query = ask(centre)
    shut("api", "09:59:00", "10:05:00")
    swept(clock)
    return query.deadline.penalties.get()


def complain(centre, case, now):
    return inquiries.file_complaint(
        cause="no_reply",
        against=centre.chengdu,
        text="一直没有人给我答复",
        channel="phone",
        asker="receiver",
        origin=case,
        department=centre.query_desk,
        owner=centre.lin,
        actor=centre.lin.user,
        now=now,
    )


def test_a_released_fine_goes_on_waiting_for_its_condition(centre, clock, held):
    penalties.release(
        penalty=held, reason="网点当时可以打电话", actor=centre.chen.user, now=clock("11:00:00")
    )

    held.refresh_from_db()
    assert held.state == "provisional"
    assert not Entry.objects.exists()
    with pytest.raises(Conflict):
        penalties.release(
            penalty=held, reason="再来一次", actor=centre.he.user, now=clock("11:00:01")
        )


def test_a_complaint_about_a_held_fine_books_nothing_until_it_is_released(centre, clock, held):
    complain(centre, held.case, clock("10:40:00"))
    complain(centre, held.case, clock("10:50:00"))
    held.refresh_from_db()
    assert held.state == "held"
    assert held.events.count() == 1
    assert not Entry.objects.exists()

    penalties.release(
        penalty=held, reason="网点当时可以打电话", actor=centre.chen.user, now=clock("11:00:00")
    )

    held.refresh_from_db()
    assert held.state == "payable"
    assert Account.objects.get(party=centre.chengdu).balance == Decimal("200.00")


@pytest.mark.parametrize("who", ["lin", "wang"])
def test_only_a_supervisor_releases(centre, clock, held, who):
    with pytest.raises(NotAllowed):
        penalties.release(
            penalty=held,
            reason="我觉得要算",
            actor=getattr(centre, who).user,
            now=clock("11:00:00"),
        )

    held.refresh_from_db()
    assert held.state == "held"
    assert not held.events.exists()


def test_nobody_releases_what_he_is_to_bear_himself(centre, clock):
    centre.inquiry(now=at("08:00:00"), owner=centre.chen)
    shut("pages", "08:29:00", "08:31:00")
    swept(clock)
    own = Penalty.objects.get(party=centre.chen.party)

    with pytest.raises(KefuError) as refused:
        penalties.release(
            penalty=own, reason="网页没有问题", actor=centre.chen.user, now=clock("11:00:00")
        )

    assert refused.value.code == "own_penalty"
    assert Deadline.objects.filter(state="breached").count() == 1
    own.refresh_from_db()
    assert own.state == "held"
