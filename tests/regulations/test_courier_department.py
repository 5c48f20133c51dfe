"""The courier customer-service department, clause by clause, on policy alone."""

import dataclasses
from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from kefu.policy.clocks import (
    PROMISE,
    OutletRules,
    Pause,
    PickupRules,
    PromiseRules,
    ReplyFacts,
    ReplyRules,
    SeatRules,
    outlet_due,
    pickup_day,
    promise_due,
    reply_due,
    schedules,
    seat_due,
)
from kefu.policy.consequences import (
    Cause,
    answered_in_time,
    confirms,
    consequence,
    consequences_of,
    entry_time_allowed,
    repeat_call_counts,
)
from kefu.policy.due import ClockFacts, clock_for
from kefu.policy.rulebook import Rulebook, load
from tests.policy.moments import at, shown
from tests.policy.timetables import row

CD = load("CD")
REPLY = ReplyRules.of(CD)


def reply(received, failed=None):
    return reply_due(ReplyFacts(received, failed_contact_at=failed), REPLY)


# The reply to a customer.


@pytest.mark.rule("CD-03.23")
def test_a_customer_who_asks_at_ten_is_answered_by_half_past():
    due = reply(at("10:00:00"))

    assert (due.clause, shown(due.due_at)) == ("CD-03.23", "11-20 10:30:00")
    assert answered_in_time(due.due_at, at("10:30:00"))  # exactly thirty minutes is in time
    assert not answered_in_time(due.due_at, at("10:30:00.000001"))


@pytest.mark.rule("CD-03.23")
def test_the_owner_is_warned_five_minutes_before_and_the_shift_lead_two():
    due = reply(at("10:00:00"))

    assert (shown(due.warn_at), shown(due.lead_warn_at)) == ("11-20 10:25:00", "11-20 10:28:00")


@pytest.mark.rule("CD-03.13", "CD-03.14", "CD-03.23", "CD-12.38")
@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("00:00:00", "11-20 09:00:00"),  # before opening: nine the same morning
        ("07:59:59", "11-20 09:00:00"),
        ("07:59:59.999999", "11-20 09:00:00"),
        ("08:00:00", "11-20 08:30:00"),  # open
        ("17:30:00", "11-20 18:00:00"),  # evening duty answers the line as well
        ("18:29:59", "11-20 18:59:59"),
        ("18:30:00", "11-20 19:00:00"),  # the last moment of the line
        ("18:30:00.000001", "11-21 09:00:00"),  # after it: nine the next morning, a Saturday
        ("23:59:59", "11-21 09:00:00"),
    ],
)
def test_outside_the_hours_of_the_line_a_reply_is_due_at_nine(received, due):
    found = reply(at(received))

    assert shown(found.due_at) == due
    assert found.clause == "CD-03.23"  # it stays the same promise, and costs the same


@pytest.mark.rule("CD-03.13")
def test_whether_the_closing_moment_is_inside_is_a_setting():
    content = CD.to_json()
    line = next(clause for clause in content["clauses"] if clause["id"] == "CD-03.13")
    line["open_at_close"] = False

    closed = ReplyRules.of(type(CD).from_json(content))

    assert shown(reply_due(ReplyFacts(at("18:30:00")), closed).due_at) == "11-21 09:00:00"
    assert shown(reply_due(ReplyFacts(at("18:29:59")), closed).due_at) == "11-20 18:59:59"


@pytest.mark.rule("CD-03.14")
@pytest.mark.parametrize(
    ("received", "failed", "clause", "due"),
    [
        ("17:29:59", "17:40:00", "CD-03.23", "11-20 17:59:59"),  # not yet the evening duty
        ("17:30:00", "17:40:00", "CD-03.14", "11-21 09:00:00"),
        ("17:30:00", None, "CD-03.23", "11-20 18:00:00"),  # nobody tried
        ("17:30:00", "17:29:59", "CD-03.23", "11-20 18:00:00"),  # tried before we were asked
        ("17:30:00", "17:30:00", "CD-03.14", "11-21 09:00:00"),
        ("17:30:00", "18:00:00", "CD-03.14", "11-21 09:00:00"),  # at the last moment
        ("17:30:00", "18:00:01", "CD-03.23", "11-20 18:00:00"),  # late already: no way back
        ("20:00:00", "20:10:00", "CD-03.14", "11-21 09:00:00"),
    ],
)
def test_on_evening_duty_an_unreachable_counterpart_puts_the_reply_off_to_nine(
    received, failed, clause, due
):
    found = reply(at(received), failed and at(failed))

    assert (found.clause, shown(found.due_at)) == (clause, due)


@pytest.mark.rule("CD-03.14")
@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-12-31", "01-01 09:00:00"),  # New Year's Day is a calendar day
        ("2028-02-28", "02-29 09:00:00"),
        ("2026-11-21", "11-22 09:00:00"),  # a Sunday as well
        ("1986-05-03", "05-04 09:00:00"),  # the night summer time began
    ],
)
def test_the_next_day_is_the_next_calendar_day(day, due):
    found = reply(at("18:00:00", day), at("18:10:00", day))

    assert shown(found.due_at) == due
    assert shown(found.warn_at) == due.replace("09:00", "08:30")
    assert shown(found.lead_warn_at) == due.replace("09:00", "08:45")


def test_a_reply_is_not_paused_because_the_regulation_knows_no_pause():
    lunch = Pause(at("12:00:00"), at("13:00:00"), "lunch")

    with pytest.raises(ValueError, match=r"CD-03\.23 does not pause for 'lunch'"):
        reply_due(ReplyFacts(at("11:50:00"), pauses=(lunch,)), REPLY)


def test_a_message_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        reply(at("10:00:00").replace(tzinfo=None))


def test_a_promise_to_call_back_is_due_when_it_was_promised_for():
    rules = PromiseRules.of(CD)

    due = promise_due(at("10:00:00"), at("15:00:00"), rules)

    assert (due.clause, shown(due.due_at)) == (PROMISE, "11-20 15:00:00")
    assert shown(due.warn_at) == "11-20 14:55:00"
    assert promise_due(at("10:00:00"), None, rules) is None  # no hour named, none in the clause
    with pytest.raises(ValueError, match="before the promise"):
        promise_due(at("10:00:00"), at("09:59:59"), rules)


# The outlet.


@pytest.mark.rule("CD-05.09")
@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("10:05:00", "11-20 12:05:00"),
        ("23:00:00", "11-21 01:00:00"),  # nights count
        ("18:30:01", "11-20 20:30:01"),  # the hours of our line are no matter to the outlet
    ],
)
def test_an_outlet_has_two_hours_round_the_clock(asked, due):
    found = outlet_due(at(asked), OutletRules.of(CD))

    assert (found.clause, shown(found.due_at)) == ("CD-05.09", due)
    assert found.due_at - found.warn_at == timedelta(minutes=15)
    assert found.due_at - found.lead_warn_at == timedelta(minutes=5)
    assert answered_in_time(found.due_at, found.due_at)
    assert not answered_in_time(found.due_at, found.due_at + timedelta(seconds=1))


@pytest.mark.rule("CD-05.10")
def test_a_late_outlet_pays_two_hundred_only_after_a_complaint():
    (fine,) = consequences_of(CD, "CD-05.09")

    assert (fine.clause, fine.follows, fine.role) == ("CD-05.10", "CD-05.09", "queried_outlet")
    assert (fine.amount, fine.points) == (Decimal("200.00"), None)
    assert fine.condition == "complaint"
    assert confirms(fine, Cause.LATE_REPLY)
    assert confirms(fine, Cause.NO_REPLY)
    assert not confirms(fine, Cause.RUDE_LANGUAGE)  # a complaint about something else


@pytest.mark.parametrize(
    ("clause", "role", "amount", "condition", "cause"),
    [
        pytest.param(
            "CD-05.02", "liable_outlet", "100.00", "complaint", Cause.RUDE_LANGUAGE,
            marks=pytest.mark.rule("CD-05.02"),
        ),
        pytest.param(
            "CD-05.03", "liable_outlet", "100.00", "complaint", Cause.IDENTITY_REFUSED,
            marks=pytest.mark.rule("CD-05.03"),
        ),
        pytest.param(
            "CD-05.07", "asking_outlet", "100.00", "at_once", None,
            marks=pytest.mark.rule("CD-05.07"),
        ),
        pytest.param(
            "CD-05.08", "queried_outlet", "200.00", "complaint", Cause.SHIRKING,
            marks=pytest.mark.rule("CD-05.08"),
        ),
    ],
)  # fmt: skip
def test_what_an_outlet_pays_and_what_confirms_it(clause, role, amount, condition, cause):
    fine = consequence(CD, clause)

    assert (fine.role, fine.amount, fine.condition) == (role, Decimal(amount), condition)
    assert [candidate for candidate in Cause if confirms(fine, candidate)] == [cause] * bool(cause)


@pytest.mark.rule("CD-05.08")
def test_shirking_needs_evidence_beside_the_complaint():
    fine = consequence(CD, "CD-05.08")

    assert fine.also == ("evidence",)
    assert fine.evidence_any_of == ("surname", "staff_number", "landline")


@pytest.mark.rule("CD-03.12")
def test_a_missing_hand_over_costs_the_agent_ten_yuan_at_once():
    fine = consequence(CD, "CD-03.12")

    assert (fine.role, fine.amount, fine.condition) == ("owner", Decimal("10.00"), "at_once")


@pytest.mark.rule("CD-07.21")
def test_a_verified_complaint_against_a_storefront_has_no_preset_amount():
    fine = consequence(CD, "CD-07.21")

    assert (fine.kind, fine.amount, fine.condition) == ("fine", None, "verification")
    assert fine.inputs["each"] is None


# The agent.


@pytest.mark.rule("CD-12.17")
def test_a_late_reply_costs_its_owner_half_a_point_if_the_customer_had_to_call_again():
    (deduction,) = consequences_of(CD, "CD-03.23")

    assert (deduction.clause, deduction.role) == ("CD-12.17", "owner")
    assert (deduction.points, deduction.amount) == (Decimal("0.5"), None)
    assert deduction.condition == "repeat_call"
    assert not confirms(deduction, Cause.LATE_REPLY)  # a complaint is not a repeat call


@pytest.mark.rule("CD-12.17")
def test_a_reply_put_off_to_the_next_morning_is_not_the_thirty_minute_reply():
    assert consequences_of(CD, "CD-03.14") == ()


@pytest.mark.rule("CD-12.17")
@pytest.mark.parametrize(
    ("called", "answered", "counts"),
    [
        ("10:29:59", "10:45:00", False),  # impatient, but nobody was late yet
        ("10:30:00", "10:45:00", False),  # in the last moment in time
        ("10:30:00.000001", "10:45:00", True),
        ("10:44:59", "10:45:00", True),
        ("10:45:00", "10:45:00", False),  # the answer was there
        ("10:50:00", "10:45:00", False),  # late alone costs nothing
        ("10:50:00", None, True),  # still waiting
    ],
)
def test_only_a_call_after_the_due_time_and_before_the_answer_counts(called, answered, counts):
    found = repeat_call_counts(at("10:30:00"), answered and at(answered), at(called))

    assert found is counts


@pytest.mark.rule("CD-12.26")
def test_a_query_desk_seat_takes_calls_by_five_past_eight():
    due = seat_due(date(2026, 11, 20), SeatRules.of(CD))

    assert (due.clause, shown(due.due_at)) == ("CD-12.26", "11-20 08:05:00")
    assert (shown(due.warn_at), shown(due.lead_warn_at)) == ("11-20 08:02:00", "11-20 08:04:00")
    assert schedules(CD)["seat_ready"].edge == "by"
    assert answered_in_time(due.due_at, at("08:05:00"))
    assert not answered_in_time(due.due_at, at("08:05:01"))
    (deduction,) = consequences_of(CD, "CD-12.26")
    assert (deduction.role, deduction.points) == ("owner", Decimal("0.5"))
    assert deduction.condition == "verification"


@pytest.mark.parametrize(
    ("happened", "allowed"),
    [
        ("10:00:00", True),
        ("09:30:00", True),  # thirty minutes back: the house's allowance
        ("09:29:59", False),
        ("10:00:01", False),  # nobody writes down what is still to come
    ],
)
def test_a_time_may_be_stated_back_within_the_allowance(happened, allowed):
    found = entry_time_allowed(at(happened), at("10:00:00"), CD.entry_allowance)

    assert found is allowed


# Pickups.


@pytest.mark.rule("CD-03.17", "CD-06.27")
@pytest.mark.parametrize(
    ("recorded", "kept", "on", "starts"),
    [
        ("09:00:00", False, 20, "11-20 15:00:00"),  # couriers come in the afternoon
        ("15:00:00", False, 20, "11-20 15:00:00"),
        ("18:00:00", False, 20, "11-20 18:00:00"),  # never before the order
        ("19:00:00", False, 20, "11-20 19:00:00"),  # the last order for the same day
        ("19:00:01", False, 21, "11-21 15:00:00"),
        ("19:00:01", True, 20, "11-20 19:00:01"),  # a supervisor keeps it
        ("23:59:59", False, 21, "11-21 15:00:00"),
    ],
)
def test_a_pickup_ordered_after_seven_in_the_evening_is_for_the_next_day(
    recorded, kept, on, starts
):
    found = pickup_day(at(recorded), PickupRules.of(CD), same_day_override=kept)

    assert found.on == date(2026, 11, on)
    assert shown(found.starts_at) == starts


@pytest.mark.rule("CD-03.17")
def test_the_house_may_count_seven_o_clock_sharp_as_the_next_day():
    content = CD.to_json()
    next(c for c in content["clauses"] if c["id"] == "CD-03.17")["edge"] = "from"
    rules = PickupRules.of(Rulebook.from_json(content))

    assert pickup_day(at("18:59:59"), rules).on == date(2026, 11, 20)
    assert pickup_day(at("19:00:00"), rules).on == date(2026, 11, 21)


@pytest.mark.rule("CD-03.13", "CD-03.15", "CD-06.34", "CD-12.38")
@pytest.mark.parametrize(
    ("clause", "line", "hours"),
    [
        ("CD-03.13", "query", (None, time(18, 30))),  # the text says when a line ends, not when it begins
        ("CD-03.15", "business", (None, time(19, 0))),
        ("CD-06.34", "business", (None, time(19, 30))),
        ("CD-12.38", "department", (time(8, 0), time(17, 30))),
    ],
)  # fmt: skip
def test_from_when_to_when_a_line_is_answered(clause, line, hours):
    found = CD[clause]

    assert (found.line, (found.opens, found.closes)) == (line, hours)
    assert CD["CD-03.15"].yields_to == "CD-06.34"


@pytest.mark.rule("CD-03.17", "CD-06.27")
def test_an_order_after_seven_is_too_late_and_couriers_come_from_three():
    found = schedules(CD)

    assert (found["pickup_cut_off"].edge, found["pickup_window"].edge) == ("after", "from")


@pytest.mark.parametrize(
    ("clause", "times", "role"),
    [
        row("CD-03.14", "unreachable_reply", "owner"),
        row("CD-03.23", "customer_reply", "owner"),
        row("CD-05.09", "outlet_reply", "queried_outlet"),
    ],
)
def test_whose_clock_it_is(clause, times, role):
    found = clock_for(times, ClockFacts({}), CD)

    assert (found.id, found.role) == (clause, role)


def test_the_rules_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        REPLY.clocks = ()
