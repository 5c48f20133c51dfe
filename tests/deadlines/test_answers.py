"""What stops a clock, when it counts as stopped, and what a late word takes back."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inquiries import services as inquiries
from kefu.cases.models import Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline, LateEntry
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Account, Entry
from kefu.penalties.models import Penalty
from tests.centre import at

pytestmark = pytest.mark.django_db

MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def case(centre):
    """Asked at 09:00, to be answered by 09:30."""
    return centre.inquiry(now=at("09:00:00"))


@pytest.fixture
def say(centre, clock):
    def answer(
        case, when, *, substantive=True, text="件已找到，今天派送", channel="phone", **given
    ):
        return inquiries.answer_customer(
            case=case,
            text=text,
            channel=channel,
            substantive=substantive,
            actor=centre.lin.user,
            now=clock(when),
            **given,
        )

    return answer


@pytest.fixture
def hear(centre, clock):
    def again(case, when, **given):
        return inquiries.customer_again(
            case=case,
            text="怎么还没消息",
            channel="phone",
            actor=centre.lin.user,
            now=clock(when),
            **given,
        )

    return again


def states(case):
    return list(case.deadlines.order_by("starts_at", "id").values_list("state", flat=True))


@pytest.mark.rule("CD-03.23")
@pytest.mark.parametrize(("when", "state"), [("09:30:00", "met"), ("09:30:00.000001", "breached")])
def test_an_answer_on_the_very_due_time_keeps_the_promise(case, say, when, state):
    say(case, when)

    deadline = case.deadlines.get()
    assert (deadline.state, deadline.answered_at) == (state, at(when))
    assert Penalty.objects.count() == (state == "breached")


@pytest.mark.rule("CD-03.23")
def test_we_are_checking_is_no_answer(case, say, clock):
    say(case, "09:10:00", substantive=False, text="正在查，请稍等")
    clock("09:30:00.000001")
    deadlines.sweep()

    assert states(case) == ["breached"]


@pytest.mark.rule("CD-03.23")
def test_each_message_has_a_clock_of_its_own_and_one_answer_stops_them_all(case, say, hear):
    hear(case, "09:05:00")
    hear(case, "09:10:00")
    due = list(case.deadlines.order_by("due_at").values_list("due_at", flat=True))
    assert due == [at("09:30:00"), at("09:35:00"), at("09:40:00")]
    case.refresh_from_db()
    assert case.next_due_at == at("09:30:00")

    say(case, "09:36:00")

    assert states(case) == ["breached", "breached", "met"]
    case.refresh_from_db()
    assert case.next_due_at is None


def test_an_answer_given_before_a_message_came_does_not_answer_it(case, say, hear):
    hear(case, "09:20:00")

    say(case, "09:29:00", happened_at=at("09:19:59"))

    assert states(case) == ["met", "running"]


# A promise to call back.


def test_a_promise_to_call_back_starts_a_clock_and_the_question_s_own_runs_on(case, say, clock):
    say(case, "09:10:00", substantive=False, text="十一点前回您", promised_for=at("11:00:00"))

    reply, promise = case.deadlines.order_by("due_at")
    assert (reply.state, promise.state) == ("running", "running")
    assert (promise.action, promise.due_at, promise.starts_at) == (
        "callback",
        at("11:00:00"),
        at("09:10:00"),
    )
    clock("11:00:00.000001")
    assert deadlines.sweep() == 2


def test_a_promise_kept_at_the_promised_minute_costs_nothing(case, say):
    say(case, "09:10:00", text="件在成都，十一点前告诉您派送时间", promised_for=at("11:00:00"))

    say(case, "11:00:00")

    assert states(case) == ["met", "met"]
    assert not Penalty.objects.exists()


@pytest.mark.parametrize("promised_for", ["09:10:00", "09:09:59"])
def test_a_promise_lies_in_the_future(case, say, promised_for):
    with pytest.raises(KefuError) as refused:
        say(case, "09:10:00", promised_for=at(promised_for))

    assert (refused.value.code, refused.value.field) == ("not_in_future", "promised_for")
    assert states(case) == ["running"]


# Stated back.


@pytest.mark.rule("CD-03.23")
def test_an_answer_in_time_that_is_recorded_after_the_sweep_takes_the_breach_back(case, say, clock):
    clock("09:45:00")
    deadlines.sweep()
    assert Penalty.objects.get().state == "provisional"

    say(case, "09:59:00", happened_at=at("09:29:00"))

    deadline = case.deadlines.get()
    assert (deadline.state, deadline.answered_at) == ("met", at("09:29:00"))
    assert (deadline.breached_at, deadline.detected_at) == (None, None)
    assert Penalty.objects.get().state == "reversed"
    assert Penalty.objects.get().events.get().fact["reversal"] == "in_time"
    # The breach stays on the timeline: facts are not rewritten.
    assert case.interactions.filter(kind="breach").count() == 1


@pytest.mark.rule("CD-05.09", "CD-05.10")
def test_what_was_booked_already_is_met_by_a_counter_entry(centre, case, say, clock):
    say(case, "09:05:00")
    query = inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="请核实",
        actor=centre.lin.user,
        now=at("09:10:00"),
    )
    inquiries.file_complaint(
        cause="late_reply",
        against=centre.chengdu,
        text="网点不理人",
        channel="phone",
        asker="receiver",
        origin=case,
        department=centre.query_desk,
        owner=centre.lin,
        actor=centre.lin.user,
        now=clock("11:10:01"),
    )
    owed = Account.objects.get(party=centre.chengdu)
    assert owed.balance == Decimal("200.00")

    inquiries.record_feedback(
        query=query,
        answer="十一点十分电话里说了，件在仓库",
        channel="phone",
        happened_at=at("11:10:00"),
        actor=centre.lin.user,
        now=clock("11:30:00"),
    )

    owed.refresh_from_db()
    assert owed.balance == Decimal("0.00")
    first, second = Entry.objects.order_by("id")
    assert (second.kind, second.reverses) == ("reversal", first)
    query.deadline.refresh_from_db()
    assert query.deadline.state == "met"


@pytest.mark.parametrize(
    ("back", "code"),
    [
        (timedelta(minutes=30), None),
        (timedelta(minutes=30) + MICROSECOND, "entry_too_old"),
        (timedelta(0), None),
        (-MICROSECOND, "in_future"),
    ],
)
def test_an_author_states_a_time_back_by_half_an_hour_at_most(case, say, back, code):
    if code is None:
        say(case, "09:40:00", happened_at=at("09:40:00") - back)
        assert case.interactions.get(action="answered").happened_at == at("09:40:00") - back
        return

    with pytest.raises(KefuError) as refused:
        say(case, "09:40:00", happened_at=at("09:40:00") - back)

    assert (refused.value.code, refused.value.field) == (code, "happened_at")
    assert not case.interactions.filter(action="answered").exists()
    assert states(case) == ["running"]


@pytest.mark.parametrize("channel", ["chat", "oa"])
def test_what_a_machine_stamps_nobody_states(case, say, channel):
    with pytest.raises(KefuError) as refused:
        say(case, "09:40:00", channel=channel, happened_at=at("09:29:00"))

    assert refused.value.code == "time_not_statable"


# The customer again.


@pytest.mark.rule("CD-12.17")
@pytest.mark.parametrize(
    ("called", "state"), [("09:30:00", "provisional"), ("09:30:00.000001", "payable")]
)
def test_half_a_point_when_he_calls_after_the_due_time(case, hear, clock, called, state):
    hear(case, called)
    clock("09:50:00")
    deadlines.sweep()

    own = Penalty.objects.get(incurred_at=at("09:30:00"))
    assert (own.state, own.value, own.kind) == (state, Decimal("0.50"), "points")
    assert not Entry.objects.exists()


@pytest.mark.rule("CD-12.17")
def test_a_call_after_the_late_answer_costs_nothing_more(case, say, hear):
    say(case, "09:40:00")

    hear(case, "09:50:00")

    assert Penalty.objects.get().state == "lapsed"


@pytest.mark.rule("CD-12.17")
@pytest.mark.parametrize(
    ("answered", "state"),
    [("09:34:59", "reversed"), ("09:35:00", "reversed"), ("09:35:00.000001", "payable")],
)
def test_a_late_answer_recorded_later_still_goes_by_when_it_was_given(
    case, say, hear, answered, state
):
    hear(case, "09:35:00")
    assert case.penalties.get().state == "payable"

    say(case, "09:55:00", happened_at=at(answered))

    assert case.penalties.get(incurred_at=at("09:30:00")).state == state


# Further back than the author may go alone.


@pytest.fixture
def late(centre, case, say, hear, clock):
    """An answer recorded at 10:30 that was given at 09:20, he says; the customer called at 09:40."""
    hear(case, "09:40:00")
    answer = say(case, "10:30:00")
    return case.deadlines.get(due_at=at("09:30:00")), answer


def propose(centre, late, clock, claimed="09:20:00", **given):
    deadline, answer = late
    facts = {
        "deadline": deadline,
        "interaction": answer,
        "claimed_at": at(claimed),
        "reason": "分机 8026 通话记录 09:20",
        "actor": centre.lin.user,
        "now": clock("10:35:00"),
    }
    return deadlines.propose_late_entry(**(facts | given))


@pytest.mark.rule("CD-12.17")
def test_another_person_approves_an_older_time_and_the_breach_is_taken_back(centre, late, clock):
    entry = propose(centre, late, clock)

    deadlines.decide_late_entry(
        entry=entry, approve=True, actor=centre.chen.user, now=clock("11:00:00")
    )

    deadline = Deadline.objects.get(pk=late[0].pk)
    assert (deadline.state, deadline.answered_at, deadline.answered_by) == (
        "met",
        at("09:20:00"),
        late[1],
    )
    assert deadline.penalties.get().state == "reversed"
    with pytest.raises(Conflict):
        deadlines.decide_late_entry(
            entry=entry, approve=False, actor=centre.he.user, now=clock("11:00:01")
        )


def test_a_refused_one_changes_nothing(centre, late, clock):
    entry = propose(centre, late, clock)

    deadlines.decide_late_entry(
        entry=entry, approve=False, actor=centre.chen.user, now=clock("11:00:00")
    )

    deadline = Deadline.objects.get(pk=late[0].pk)
    assert (deadline.state, deadline.penalties.get().state) == ("breached", "payable")
    propose(centre, late, clock)  # better founded, perhaps


def test_nobody_approves_his_own_entry_and_no_agent_a_colleague_s(centre, late, clock):
    own = propose(centre, late, clock, actor=centre.chen.user)

    with pytest.raises(KefuError) as refused:
        deadlines.decide_late_entry(
            entry=own, approve=True, actor=centre.chen.user, now=clock("11:00:00")
        )
    assert refused.value.code == "own_proposal"
    with pytest.raises(NotAllowed):
        deadlines.decide_late_entry(
            entry=own, approve=True, actor=centre.zhou.user, now=clock("11:00:00")
        )

    own.refresh_from_db()
    assert own.approved is None


@pytest.mark.parametrize("claimed", ["08:59:59.999999", "09:30:00.000001"])
def test_a_claim_lies_within_the_clock(centre, late, clock, claimed):
    with pytest.raises(KefuError) as refused:
        propose(centre, late, clock, claimed=claimed)

    assert refused.value.code == "claim_out_of_range"
    assert not LateEntry.objects.exists()


def test_only_an_answer_is_claimed_once_and_with_a_reason(centre, case, late, clock):
    question = case.interactions.filter(action="again").get()
    with pytest.raises(KefuError) as refused:
        propose(centre, late, clock, interaction=question)
    assert refused.value.code == "not_an_answer"
    with pytest.raises(KefuError) as refused:
        propose(centre, late, clock, reason="  ")
    assert refused.value.code == "reason_required"

    propose(centre, late, clock, claimed="09:30:00")

    with pytest.raises(Conflict):
        propose(centre, late, clock)
    assert LateEntry.objects.count() == 1
    assert Interaction.objects.filter(case=case, action="answered").count() == 1
