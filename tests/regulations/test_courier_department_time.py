"""The courier department's days, shifts and dates, clause by clause, on policy alone."""

from datetime import date, time

import pytest

from kefu.policy.clauses import NotSet
from kefu.policy.clocks import schedules
from kefu.policy.due import ClockFacts, NoClock, due
from kefu.policy.explanation import explain
from kefu.policy.lunches import Lunch, batches, turns
from kefu.policy.requirements import requirements
from kefu.policy.retention import retention_ends
from kefu.policy.rosters import limit_of, minutes_of, season_of, shift_on, within_limit
from kefu.policy.rulebook import Rulebook, RulebookError
from kefu.policy.seats import missing_seats
from tests.policy.moments import at, shown
from tests.policy.timetables import (
    book,
    check_age,
    check_clock,
    check_own_cost,
    check_rounds,
    row,
)

CD = book("CD")


@pytest.mark.parametrize(
    ("clause", "times", "cases", "event", "happened", "due_at", "role", "warnings"),
    [
        # Requested at ten in the evening: by the end of that day, the late shift is told at 21:30.
        row(
            "CD-04.14", "return_dispatch", "any", "return_request",
            "2026-11-20 10:00", "11-21 00:00:00", "department", (150, 60),
        ),
        row(
            "CD-04.22", "outbound_problem", "any", "registration",
            "2026-11-20 10:00", "11-21 00:00:00", "owner", (150, 60),
        ),
        row(
            "CD-04.24", "returned_dispatch", "any", "return_marked",
            "2026-11-20 10:00", "11-22 00:00:00", "department", (150, 60),
        ),
        # Told on the 20th, which is the first day: the third is the 22nd.
        row(
            "CD-04.25", "self_pickup_message", "warehouse", "pickup_notice",
            "2026-11-20 10:00", "11-23 00:00:00", "department", (150, 60),
        ),
        # A storefront waits three full days.
        row(
            "CD-07.11", "self_pickup_message", "storefront", "pickup_notice",
            "2026-11-20 10:00", "11-24 00:00:00", "department", (120, 60),
        ),
        row(
            "CD-07.12", "message_reply", "any", "message",
            "2026-11-20 10:00", "11-26 00:00:00", "department", (120, 60),
        ),
        row(
            "CD-05.17", "claim_settlement", "loss", "claim",
            "2026-11-20 10:00", "12-21 00:00:00", "origin_outlet", (4320, 1440),
        ),
        row(
            "CD-05.19", "claim_settlement", "delay damage", "claim",
            "2026-11-20 10:00", "12-06 00:00:00", "origin_outlet", (2880, 1440),
        ),
        row(
            "CD-07.06", "undelivered_message", "out_of_town", "delivery_day",
            "2026-11-20 19:00", "11-21 00:00:00", "owner", (120, 60),
        ),
        # The house has chosen three days before the 15th.
        row(
            "CD-08.08", "misprint_report_remote", "any", "misprint_report",
            "2026-12-15 10:00", "12-13 00:00:00", "outlet", (1440, None),
        ),
        row(
            "CD-09.22", "opened_parcel_notice", "any", "delivery_round_end",
            "2026-11-20 18:00", "11-20 18:00:00", "employee", (None, None),
        ),
        row(
            "CD-09.30", "redispatch", "any", "return_without_reason",
            "2026-11-20 20:00", "11-22 00:00:00", "department", (150, 60),
        ),
        row(
            "CD-10.01", "signature_entry", "any", "delivery",
            "2026-11-20 19:30", "11-21 10:00:00", "department", (30, 15),
        ),
    ],
)  # fmt: skip
def test_when_it_is_due_and_who_is_warned(
    clause, times, cases, event, happened, due_at, role, warnings
):
    check_clock(CD, clause, times, cases, event, happened, due_at, role, warnings)


@pytest.mark.rule("CD-07.06")
def test_a_parcel_of_the_same_city_needs_no_message():
    with pytest.raises(NoClock, match="same_city"):
        due("undelivered_message", ClockFacts({"delivery_day": at("19:00:00")}, "same_city"), CD)


@pytest.mark.rule("CD-09.22")
def test_the_notice_of_an_opened_parcel_says_whom_and_when():
    both = {"notified_party", "notified_at"}

    assert requirements(CD, "opened_parcel_notice", both).complete
    for one in both:
        assert requirements(CD, "opened_parcel_notice", both - {one}).missing == (one,)


@pytest.mark.rule("CD-09.22")
def test_the_notice_of_an_opened_parcel_comes_before_the_very_minute():
    assert CD["CD-09.22"].unit == "minutes"


@pytest.mark.rule("CD-08.08")
def test_how_many_days_earlier_is_a_blank_that_the_house_has_filled():
    assert CD["CD-08.08"].ahead is None
    with pytest.raises(NotSet, match="ahead"):
        CD["CD-08.08"].given("ahead")


@pytest.mark.rule("CD-05.14")
@pytest.mark.parametrize(
    ("arrived", "last"), [("2026-05-24", "2026-11-20"), ("2028-02-29", "2028-08-27")]
)
def test_a_signed_receipt_is_kept_for_180_days_after_it_arrived(arrived, last):
    kept = retention_ends("signed_receipt", date.fromisoformat(arrived), CD)

    assert (kept.clause, kept.last_on) == ("CD-05.14", date.fromisoformat(last))
    assert not kept.destroyable(kept.last_on)
    assert kept.destroyable(kept.destroy_from)
    assert not kept.must  # it may go then, nobody has to destroy it
    assert CD["CD-05.14"].since == "arrival_at_delivery_outlet"
    assert explain(kept.steps, "zh")[-1].text == f"{kept.destroy_from} 起可以销毁"


@pytest.mark.rule("CD-04.13")
def test_a_reply_that_nobody_has_read_has_an_age_and_no_due_time():
    check_age(CD, "CD-04.13", "reply_reading", "any", "reply", "department", None)


# What comes round.


@pytest.mark.parametrize(
    ("clause", "subject", "after", "dues", "role", "warnings"),
    [
        row(
            "CD-07.08", "reply_check", "2026-11-20 12:00",
            ["11-20 16:00:00", "11-21 12:00:00"], "owner", (None, None),
        ),
        row(
            "CD-07.17", "receipt_handover", "2026-11-20 12:00",
            ["11-21 00:00:00", "11-22 00:00:00"], "department", (120, 60),
        ),
        row(
            "CD-08.07", "misprint_report", "2026-11-15 12:00",
            ["11-16 00:00:00", "12-16 00:00:00"], "outlet", (4320, 1440),
        ),
        row(
            "CD-12.52", "training", "2026-11-20 12:00",
            ["12-11 00:00:00", "01-11 00:00:00"], "department", (1440, None),
        ),
        row(
            "CD-12.53", "exam", "2026-11-20 12:00",
            ["11-21 00:00:00", "12-21 00:00:00"], "department", (1440, None),
        ),
        # February has no 30th.
        row(
            "CD-12.54", "exam_review", "2027-01-20 12:00",
            ["01-31 00:00:00", "03-01 00:00:00", "03-31 00:00:00"], "department", (1440, None),
        ),
    ],
)  # fmt: skip
def test_what_comes_round_is_due_on_these_days(clause, subject, after, dues, role, warnings):
    check_rounds(CD, clause, subject, after, dues, role, warnings)


@pytest.mark.rule("CD-07.08")
def test_replies_are_looked_at_twice_a_day_at_hours_of_the_house():
    assert (CD["CD-07.08"].times, CD["CD-07.08"].at) == (2, ())


# Shifts.


@pytest.mark.parametrize(
    ("clause", "post", "shift", "opens", "closes"),
    [
        row("CD-12.39", "agent", "evening_duty", "17:30", "21:30"),
        row("CD-12.40", "warehouse", "early", "07:30", "15:00"),
        row("CD-12.40", "warehouse", "late", "14:30", "21:30"),
    ],
)
def test_the_shifts_and_what_a_breach_of_the_roster_costs(clause, post, shift, opens, closes):
    for weekday in range(1, 8):
        (window,) = shift_on(post, shift, weekday, CD).windows
        assert (window.opens, window.closes) == (opens, closes)
    check_own_cost(CD, clause, "0.2")


@pytest.mark.rule("CD-04.01", "CD-12.40")
def test_the_earlier_hours_of_the_warehouse_stay_as_a_template():
    earlier = CD["CD-04.01"]

    assert (earlier.yields_to, earlier.post) == ("CD-12.40", "warehouse")
    hours = {s.name: [(w.opens, w.closes) for w in s.windows] for s in earlier.shifts}
    assert hours == {"early": [("07:30", "14:30")], "late": [("15:00", "21:30")]}
    assert minutes_of(shift_on("warehouse", "early", 1, CD)) == 450  # the later text counts


@pytest.mark.rule("CD-12.42")
@pytest.mark.parametrize(
    ("clock", "kept"),
    [("17:29:59", False), ("17:30:00", True), ("18:00:00", True), ("18:00:01", False)],
)
def test_four_people_stay_on_from_half_past_five_to_six(clock, kept):
    nobody = {"business_line": 0, "query_line": 0, "dinner_run": 0}
    four = {"business_line": 1, "query_line": 2, "dinner_run": 1}
    when = time.fromisoformat(clock)

    found = {lack.name: lack.wanted for lack in missing_seats(CD, nobody, when)}

    assert found == (four if kept else {})
    assert missing_seats(CD, four, when) == ()
    one_short = missing_seats(CD, four | {"query_line": 1}, when)
    assert [(m.clause, m.until) for m in one_short] == kept * [("CD-12.42", time(18))]
    check_own_cost(CD, "CD-12.42", "0.2")


@pytest.mark.rule("CD-12.42", "CD-12.44")
def test_how_long_they_stay_in_summer_nobody_has_said():
    with pytest.raises(NotSet, match=r"CD-12\.44: until_in_summer"):
        missing_seats(CD, {"dinner_run": 0}, time(17, 45), summer=True)
    content = CD.to_json()
    next(c for c in content["clauses"] if c["id"] == "CD-12.44")["until_in_summer"] = "18:30:00"
    summer = Rulebook.from_json(content)
    assert missing_seats(summer, {"dinner_run": 0}, time(18, 30), summer=True)
    assert missing_seats(summer, {"dinner_run": 0}, time(18, 30)) == ()


@pytest.mark.rule("CD-12.42")
@pytest.mark.parametrize("other", ["CD-12.20", "CD-12.43"])
def test_staying_on_ends_with_a_clause_that_names_an_end(other):
    content = CD.to_json()
    next(c for c in content["clauses"] if c["id"] == "CD-12.42")["ends_with"] = other

    with pytest.raises(RulebookError, match=rf"CD-12\.42: ends_with: {other}"):
        Rulebook.from_json(content)


@pytest.mark.rule("CD-12.23")
def test_lunch_is_taken_in_two_batches():
    (all_at_once,) = missing_seats(CD, {"lunch_batches": 1}, time(12))

    assert (all_at_once.clause, all_at_once.wanted) == ("CD-12.23", 2)
    assert missing_seats(CD, {"lunch_batches": 2}, time(12)) == ()
    check_own_cost(CD, "CD-12.23", "0.5")
    assert batches(CD) == (2, "CD-12.23")
    assert batches(book("ES")) == (0, "")


@pytest.mark.rule("CD-12.23")
def test_who_ate_first_eats_later_the_next_day():
    people, eaten = ["周明", "林小月", "王芳"], []
    for day in range(1, 7):
        here = people[:2] if day == 4 else people
        found = turns(here, 2, eaten, {"王芳": 1} if day == 6 else None)
        assert set(found) == set(here)
        assert set(found.values()) == {1, 2}  # somebody stays
        eaten += [Lunch(who, date(2026, 11, day), batch) for who, batch in found.items()]
    first = {
        who: [one.on.day for one in eaten if (one.who, one.batch) == (who, 1)] for who in people
    }
    assert first == {"周明": [1, 2, 4, 6], "林小月": [1, 3, 5], "王芳": [2, 3, 5, 6]}
    assert turns(["甲", "乙"], 2, [Lunch("甲", date(2026, 11, 1), 1)]) == {"乙": 1, "甲": 2}


@pytest.mark.rule("CD-12.44")
def test_staying_on_ends_at_six_and_the_summer_is_left_blank():
    clause = CD["CD-12.44"]

    assert (clause.subject, clause.edge, clause.last()) == ("staying_on", "until", time(18))
    assert not clause.passed(time(18))
    assert clause.passed(time(18, 0, 1))
    with pytest.raises(NotSet, match=r"CD-12\.44: until_in_summer"):
        clause.last(summer=True)


@pytest.mark.rule("CD-12.45")
def test_business_calls_are_answered_until_half_past_seven():
    clause = CD["CD-12.45"]

    assert (clause.subject, clause.edge, clause.last()) == (
        "business_line_kept",
        "until",
        time(19, 30),
    )
    assert not clause.passed(time(19, 30))
    assert clause.passed(time(19, 30, 1))
    check_own_cost(CD, "CD-12.45", "0.2")


@pytest.mark.rule("CD-12.20")
@pytest.mark.parametrize(
    ("clock", "allowed"),
    [("11:59:59", False), ("12:00:00", True), ("14:00:00", True), ("14:00:01", False)],
)
def test_private_chat_is_for_noon_to_two(clock, allowed):
    window = schedules(CD)["private_chat"]

    assert (window.id, window.allows(time.fromisoformat(clock))) == ("CD-12.20", allowed)
    check_own_cost(CD, "CD-12.20", "0.5")


def test_what_is_no_window_of_the_day_allows_nothing():
    with pytest.raises(TypeError, match=r"CD-12\.44 is no window"):
        schedules(CD)["staying_on"].allows(time(17, 45))


@pytest.mark.rule("CD-12.46")
@pytest.mark.parametrize(("minutes", "within"), [(0, True), (40, True), (41, False)])
def test_cleaning_takes_forty_minutes_at_most(minutes, within):
    clause = limit_of("cleaning", "occasion", CD)

    found = within_limit(minutes, clause)

    assert (clause.id, clause.unit, found.within) == ("CD-12.46", "minutes", within)
    assert found.then == (None if within else "flag")
    assert explain(found.steps, "en")[0].text == f"{minutes} min of 40 at most"
    check_own_cost(CD, "CD-12.46", "0.2")


@pytest.mark.rule("CD-12.04", "CD-12.05")
def test_peak_is_september_to_march_without_february():
    seasons = {month: season_of(month, CD) for month in range(1, 13)}

    assert {m for m, (season, _clause) in seasons.items() if season == "peak"} == {
        9,
        10,
        11,
        12,
        1,
        3,
    }
    assert {m for m, (season, _clause) in seasons.items() if season == "low"} == {2, 4, 5, 6, 7, 8}
    assert seasons[2][1] == "CD-12.05"
    assert seasons[1][1] == "CD-12.04"
    assert season_of(2, CD, "inbound_problem_parcels") == ("low", "CD-12.05")  # for every table


@pytest.mark.rule("CD-12.04")
def test_without_the_note_on_february_it_is_within_the_peak():
    assert CD["CD-12.04"].seasons == {"peak": (9, 10, 11, 12, 1, 2, 3), "low": (4, 5, 6, 7, 8)}
    with pytest.raises(ValueError, match="1 to 12"):
        season_of(13, CD)


def test_a_claim_is_paused_by_nothing_the_regulation_does_not_name():
    assert CD["CD-05.17"].pause_reasons == ()
    assert shown(due("claim_settlement", ClockFacts({"claim": at("00:00:00")}, "loss"), CD).due_at)
