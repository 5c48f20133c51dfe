"""What is stored comes out again when it is decided anew from the facts, and what was altered does not."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inquiries import services as inquiries
from inquiries.imports import Options, start_import
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline, Interruption
from kefu.jobs import services as jobs
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.replay import rows, services
from tests.centre import at
from tests.overview.test_verify import tamper
from tests.replay.days import Day

pytestmark = pytest.mark.django_db


def states():
    return dict(Penalty.objects.order_by("pk").values_list("clause", "state"))


# Every way a promise goes.


@pytest.mark.parametrize("when", ["09:30:00", "09:30:00.000001", "12:00:00"])
def test_an_answer_in_time_and_a_late_one(told, replayed, when):
    case = told.asks("09:00:00")
    told.answers(case, when)

    assert replayed() == []


def test_a_promise_nobody_keeps(told, replayed):
    told.asks("09:00:00")
    told.sweeps("12:00:00")

    assert replayed() == []


def test_a_promise_that_still_runs(told, replayed):
    told.asks("09:00:00")

    assert replayed(now="2026-11-20 09:10:00") == []


def test_a_promise_that_is_overdue_and_not_swept_is_told(told, replayed):
    told.asks("09:00:00")

    assert replayed(now="2026-11-20 09:30:59") == []  # the sweep may take so long
    assert replayed(now="2026-11-20 09:31:01") == [
        "CD-03.23 state: running / breached",
        f"CD-12.17 charge: None / points 0.5 provisional, party {told.centre.lin.party_id}",
    ]


@pytest.mark.parametrize(
    ("called", "answered", "state"),
    [
        ("09:30:00", None, "lapsed"),
        ("09:35:00", None, "payable"),
        ("09:35:00", "09:34:00", "reversed"),  # stated later: he had the answer when he called
    ],
)
def test_a_call_that_came_again(told, replayed, called, answered, state):
    case = told.asks("09:00:00")
    told.calls_again(case, called)
    told.answers(case, "09:50:00", happened_at=at(answered) if answered else None)

    assert Penalty.objects.get(incurred_at=at("09:30:00")).state == state
    assert replayed() == []


@pytest.mark.parametrize("cause", ["no_reply", "lost"])
@pytest.mark.parametrize("complained", ["10:30:00", "11:30:00"])
def test_a_silent_outlet_and_a_complaint(told, replayed, cause, complained):
    case = told.asks("08:00:00")
    told.asks_outlet(case, "09:00:00")
    told.complains(case, complained, cause)
    told.sweeps("12:00:00")

    counts = (cause, complained) == ("no_reply", "11:30:00")
    assert states()["CD-05.10"] == ("payable" if counts else "provisional")
    assert replayed() == []


def test_a_feedback_stated_back_into_time(told, replayed):
    case = told.fined_outlet()
    query = case.network_queries.get()
    told.feeds_back(query, "10:40:00", happened_at=at("10:14:00"))

    assert states()["CD-05.10"] == "reversed"
    assert replayed() == []


@pytest.mark.parametrize("when", ["10:00:00", "12:00:00"])
def test_a_question_taken_back(told, replayed, when):
    query = told.asks_outlet(told.asks("08:00:00"), "08:05:00")
    inquiries.withdraw(
        query=query, reason="客户自己找到了", actor=told.centre.lin.user, now=told.clock(when)
    )

    query.deadline.refresh_from_db()
    assert query.deadline.state == ("cancelled" if when == "10:00:00" else "breached")
    assert replayed() == []


def test_a_question_to_us(told, replayed):
    inquiries.receive_query(
        asking=told.centre.chengdu,
        waybill=told.centre.waybill,
        waybill_number="",
        question="请核实",
        channel="outlet",
        department=told.centre.query_desk,
        actor=None,
        now=told.clock("09:00:00"),
    )
    told.sweeps("12:00:00")

    assert Penalty.objects.get().party == told.centre.company
    assert replayed() == []


def test_a_promise_to_call_back(told, replayed):
    case = told.asks("09:00:00")
    told.answers(case, "09:10:00", promised_for=at("11:00:00"))
    told.answers(case, "11:00:01")

    assert Deadline.objects.get(action="callback").state == "breached"
    assert replayed() == []


@pytest.mark.parametrize(
    ("asked", "called", "happened"),
    [
        ("17:50:00", "18:00:00", None),
        ("17:50:00", "18:40:00", "18:15:00"),  # entered after the breach: it was none
        ("17:50:00", "18:40:00", None),
        ("19:00:00", "19:10:00", None),  # the same morning, by another clause
        ("09:00:00", "09:10:00", None),
    ],
)
def test_a_line_that_nobody_answered(told, replayed, asked, called, happened):
    case = told.asks(asked)
    if happened:
        told.sweeps("18:30:00")
    told.calls_in_vain(case, called, happened_at=at(happened) if happened else None)
    told.answers(case, "2026-11-21 09:00:01")

    assert replayed() == []


def test_a_line_that_nobody_answered_after_the_customer_had_his_answer(told, replayed):
    case = told.asks("17:50:00")
    told.answers(case, "17:55:00")
    told.calls_in_vain(case, "17:58:00")

    assert Deadline.objects.get().due_at == at("18:20:00")
    assert replayed() == []


@pytest.mark.rule("CD-03.14")
@pytest.mark.parametrize("swept", [False, True])
def test_a_question_after_hours_falls_under_the_next_morning_s_clause_itself(told, swept):
    case = told.asks("2026-11-19 19:00:00")
    if swept:
        told.sweeps("09:00:01")
    told.calls_in_vain(case, "09:05:00", happened_at=at("08:50:00"))
    told.sweeps("09:10:00")

    left = Deadline.objects.exclude(state="cancelled").get()
    assert (left.clause, left.due_at) == ("CD-03.14", at("09:00:00"))
    assert not Penalty.objects.exclude(state="reversed").exists()


def test_a_case_that_goes_from_hand_to_hand(told, replayed):
    first, second = told.asks("09:00:00"), told.asks("09:00:00")
    told.hands_on(first, "09:20:00")
    told.hands_on(second, "09:40:00")
    told.sweeps("10:00:00")

    borne = set(Penalty.objects.values_list("party__code", flat=True))
    assert borne == {"0831", "0826"}  # whoever had it when it ran out
    assert replayed() == []


# What people decided.


@pytest.mark.parametrize("approve", [True, False])
def test_a_waiver(told, replayed, approve):
    told.fined_outlet()
    told.waives(Penalty.objects.get(clause="CD-05.10"), "12:00:00", approve=approve)

    assert states()["CD-05.10"] == ("reversed" if approve else "payable")
    assert replayed() == []


@pytest.mark.parametrize("approve", [True, False])
def test_an_answer_that_another_person_accepts_as_given_in_time(told, replayed, approve):
    case = told.asks("09:00:00")
    told.calls_again(case, "09:40:00")
    answer = told.answers(case, "10:30:00")
    entry = deadlines.propose_late_entry(
        deadline=case.deadlines.get(due_at=at("09:30:00")),
        interaction=answer,
        claimed_at=at("09:20:00"),
        reason="通话记录",
        actor=told.centre.lin.user,
        now=told.clock("10:35:00"),
    )
    deadlines.decide_late_entry(
        entry=entry, approve=approve, actor=told.centre.chen.user, now=told.clock("11:00:00")
    )

    assert replayed() == []


@pytest.mark.parametrize("released", [True, False])
def test_a_fine_held_for_our_own_door(told, replayed, released):
    query = told.asks_outlet(told.asks("08:00:00"), "08:00:00")
    Interruption.objects.create(door="api", started_at=at("09:59:00"), ended_at=at("10:05:00"))
    told.sweeps("10:06:00")
    told.complains(query.case, "10:30:00")
    fine = query.deadline.penalties.get()
    assert fine.state == "held"
    if released:
        penalties.release(
            penalty=fine,
            reason="电话是通的",
            actor=told.centre.chen.user,
            now=told.clock("11:00:00"),
        )
        fine.refresh_from_db()
        assert fine.state == "payable"

    assert replayed() == []


def test_a_fine_held_when_it_was_learnt_that_the_door_had_been_closed(told, replayed):
    query = told.asks_outlet(told.asks("08:00:00"), "08:00:00")
    deadlines.record_probe(door="api", open_=True, now=told.clock("09:59:58"))
    told.sweeps("10:00:00.000001")
    deadlines.record_probe(door="api", open_=True, now=told.clock("10:00:20"))

    assert query.deadline.penalties.get().state == "held"
    assert replayed() == []


def test_a_pause(told, replayed, hold, what_if):
    """No shipped rulebook knows one; an edition may, and one that does not cannot tell."""
    hold(CD_05_09={"pause_reasons": ["customs"]})
    query = told.asks_outlet(told.asks("09:30:00"), "09:30:00")
    deadlines.pause(
        deadline=query.deadline,
        reason="customs",
        note="",
        until=at("11:30:00"),
        actor=told.centre.chen.user,
        now=told.clock("10:00:00"),
    )
    told.sweeps("13:30:00")

    assert Deadline.objects.get(action="feedback").due_at == at("13:00:00")
    assert replayed() == []
    assert "lacks pause customs" in what_if(CD_05_09={"limit": 3})


@pytest.mark.parametrize(("received", "starts"), [("08:45:00", "08:45"), ("08:15:00", "09:00")])
def test_an_imported_table_counts_from_when_it_came_in_if_it_is_old(
    told, replayed, received, starts
):
    line = "运单号,来电时间,联系电话,事由\n880612045537,2026-11-20 %s,13800004545,查件\n"
    job = start_import(
        file_name="查件.csv",
        content=(line % received).encode(),
        department=told.centre.query_desk,
        owner=told.centre.lin,
        options=Options(),
        actor=told.centre.lin.user,
        now=told.clock("09:00:00"),
    )
    while jobs.run_until_next_tick(seconds=0):
        pass
    job.refresh_from_db()
    assert job.counts["accepted"] == 1, job.counts
    told.sweeps("10:00:00")

    assert f"{Deadline.objects.get().starts_at.astimezone(at('09:00:00').tzinfo):%H:%M}" == starts
    assert replayed() == []


@pytest.mark.parametrize(("code", "seed"), [("CD", 1), ("CD", 2), ("ES", 3)])
def test_whatever_happens_in_whatever_order(centre, settings, replayed, code, seed):
    if code != "CD":
        centre.work_by(code)
    day = Day(centre, settings, at("2026-11-20 12:00:00"), seed)

    day.live(80)

    assert Deadline.objects.count() > 5
    assert replayed() == [], day.done


# Which month, and how it is read.


def test_a_month_is_that_of_the_due_time_in_shanghai(told, replayed):
    told.asks("2026-11-30 23:50:00", channel="chat")
    assert Deadline.objects.get().due_at == at("2026-12-01 09:00:00")

    counts = [rows.Promises().count(month, None) for month in ("2026-11", "2026-12")]

    assert counts == [0, 1]


def test_a_bigger_month_asks_no_more_questions_a_chunk(told):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            found = list(services.each("2026-11", at=at("23:00:00")))
        return len(found), len(queries)

    told.fined_outlet()
    n, few = asked()
    for _ in range(3):
        told.fined_outlet()
    more, same = asked()

    assert more > n
    assert same <= few


def test_it_goes_on_chunk_by_chunk(told, monkeypatch, replayed):
    for _ in range(4):
        told.asks("09:00:00")
    told.sweeps("12:00:00")
    monkeypatch.setattr(services, "CHUNK", 3)

    assert len(list(services.each("2026-11", at=at("23:00:00")))) == 4
    assert replayed() == []


# What was altered.

FINE = "(SELECT id FROM penalties_penalty WHERE clause = 'CD-05.10')"
ASKED = "(SELECT id FROM deadlines_deadline WHERE action = 'feedback')"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (
            (f"UPDATE penalties_penalty SET value = 20 WHERE id = {FINE}",),
            ["CD-05.10 value: 20.00 / 200.00"],
        ),
        (
            # Together with the price it came from: the rulebook still knows better.
            (
                f"UPDATE penalties_penalty SET value = 20 WHERE id = {FINE}",
                f"UPDATE deadlines_consequence SET value = 20 WHERE deadline_id = {ASKED}",
            ),
            ["CD-05.10 value: 20.00 / 200.00"],
        ),
        (
            (
                f"DELETE FROM penalties_penaltyevent WHERE penalty_id = {FINE}",
                f"DELETE FROM penalties_penalty WHERE id = {FINE}",
            ),
            ["CD-05.10 charge: None / fine 200.00 payable, party {chengdu}"],
        ),
        (
            (
                "UPDATE deadlines_deadline SET due_at = due_at - interval '1 hour',"
                f" breached_at = breached_at - interval '1 hour' WHERE id = {ASKED}",
            ),
            [
                "CD-05.09 due_at: 2026-11-20T01:15:00+00:00 / 2026-11-20T02:15:00+00:00",
            ],
        ),
        (
            (
                "UPDATE deadlines_deadline SET starts_at = starts_at - interval '1 hour'"
                f" WHERE id = {ASKED}",
            ),
            ["CD-05.09 starts_at: 2026-11-19T23:15:00+00:00 / 2026-11-20T00:15:00+00:00"],
        ),
        (
            (f"UPDATE penalties_penalty SET state = 'reversed' WHERE id = {FINE}",),
            ["CD-05.10 state: reversed / payable"],
        ),
        (
            (
                f"UPDATE penalties_penalty SET party_id = (SELECT id FROM network_party WHERE code = 'XA02') WHERE id = {FINE}",
            ),
            [
                "CD-05.10 charge: None / fine 200.00 payable, party {chengdu}",
                "CD-05.10 charge: fine 200.00 payable, party {xian} / None",
            ],
        ),
        (
            (
                "UPDATE deadlines_deadline SET state = 'met', answered_at = due_at,"
                f" breached_at = NULL, detected_at = NULL WHERE id = {ASKED}",
            ),
            [
                "CD-05.09 answered_at: 2026-11-20T02:15:00+00:00 / None",
                "CD-05.09 state: met / breached",
            ],
        ),
        (
            ("DELETE FROM cases_caselink",),
            ["CD-05.10 state: payable / provisional"],
        ),
    ],
)
def test_what_was_altered_is_told(told, replayed, statements, found):
    told.fined_outlet()
    told.sweeps("12:00:00")
    assert replayed() == []

    tamper(*statements)

    places = {"chengdu": told.centre.chengdu.pk, "xian": told.centre.xian.pk}
    assert replayed() == [line.format(**places) for line in found]


# The command.


def run(*args):
    out = StringIO()
    try:
        call_command("replay", *args, stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_that_a_month_is_as_it_is_stored(told):
    told.fined_outlet()
    told.sweeps("12:00:00")

    assert run("2026-11")[0] == run("--month", "2026-11")[0] == 0
    code, printed = run("2026-11", "--json")
    found = json.loads(printed)
    assert (code, found["differences"], found["missing"]) == (0, [], [])
    assert found["decisions"] == Deadline.objects.count() == 3
    assert run("2026-10")[1].startswith("ok   2026-10: 0 differences")


@pytest.mark.django_db(transaction=True)
def test_the_command_names_case_clause_and_field_and_fails(told):
    case = told.fined_outlet()
    told.sweeps("12:00:00")
    tamper(f"UPDATE penalties_penalty SET value = 20 WHERE id = {FINE}")

    code, printed = run("2026-11", "--json")

    assert code == 1
    (one,) = json.loads(printed)["differences"]
    assert one == {
        "kind": "promise",
        "key": case.network_queries.get().deadline_id,
        "case": case.number,
        "clause": "CD-05.10",
        "field": "value",
        "stored": "20.00",
        "recomputed": "200.00",
    }
    assert case.number in run("2026-11")[1]


@pytest.mark.parametrize("args", [(), ("2026-13",), ("11",), ("2026-11", "--rulebook", "CD@9")])
def test_the_command_says_what_it_does_not_understand(centre, args):
    with pytest.raises(CommandError):
        run(*args)
