"""Three service departments, three rulebooks: meetings, shifts, swaps, notice and dispatch."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from kefu.policy import measures
from kefu.policy.calendars import Calendar
from kefu.policy.clauses import NotSet
from kefu.policy.clocks import NoCalendar, PromiseRules, promise_due
from kefu.policy.due import ClockFacts, NoClock, dispatch_due, due
from kefu.policy.explanation import explain
from kefu.policy.recurring import next_occurrence, recurring
from kefu.policy.requirements import requirements
from kefu.policy.retention import retention_ends
from kefu.policy.rosters import (
    Asked,
    beside_swapped,
    counted,
    limit_of,
    minutes_of,
    request_refused,
    shift_in_turn,
    shift_on,
    wishes_left,
    within_limit,
)
from kefu.policy.rulebook import Rulebook
from kefu.policy.seats import missing_seats
from tests.policy.moments import at, shown
from tests.policy.timetables import (
    FIVE_DAYS,
    book,
    check_age,
    check_clock,
    check_rounds,
    moment,
    row,
)

SD1, SD2, SD3 = book("SD-1"), book("SD-2"), book("SD-3")
BOOKS = {"1": SD1, "2": SD2, "3": SD3}
DAY = timedelta(days=1)


def of(clause: str) -> Rulebook:
    return BOOKS[clause[3]]


@pytest.mark.parametrize(
    ("clause", "times", "cases", "event", "happened", "due_at", "role", "warnings"),
    [
        row(
            "SD-221.12", "score_sheet", "any", "payday",
            "2026-12-15 00:00", "12-15 00:00:00", "supervisor", (1440, None),
        ),
        row(
            "SD-233.13", "score_settlement", "any", "payday",
            "2026-12-15 00:00", "12-15 00:00:00", "supervisor", (1440, None),
        ),
        row(
            "SD-222.17", "dispatch", "out_of_stock", "payment",
            "2026-11-20 10:00", "11-22 00:00:00", "department", (120, None),
        ),
        row(
            "SD-222.18", "dispatch", "hand_made", "payment",
            "2026-11-20 10:00", "11-22 10:00:00", "department", (240, None),
        ),
        row(
            "SD-233.19", "missed_punch_explanation", "any", "missed_punch",
            "2026-11-10 09:00", "11-13 00:00:00", "employee", (None, None),
        ),
        row(
            "SD-233.26", "swap_approval", "any", "earlier_shift_start",
            "2026-11-20 09:00", "11-20 09:00:00", "employee", (None, None),
        ),
        row(
            "SD-233.36", "leave_request", "ordinary", "shift_start",
            "2026-11-20 09:00", "11-20 00:00:00", "employee", (None, None),
        ),
        row(
            "SD-233.38", "leave_request", "emergency", "shift_start",
            "2026-11-20 09:00", "11-20 07:00:00", "employee", (None, None),
        ),
        # National Day is on 1 October: a week before is the 24th, to its end.
        row(
            "SD-311.09", "holiday_roster", "any", "holiday_start",
            "2026-10-01 00:00", "09-25 00:00:00", "supervisor", (1440, None),
        ),
        row(
            "SD-321.01", "arrival", "any", "shift_start",
            "2026-11-20 09:00", "11-20 08:45:00", "employee", (None, None),
        ),
        row(
            "SD-322.05", "absence_submission", "any", "meeting_start",
            "2026-11-20 16:00", "11-20 16:00:00", "employee", (60, None),
        ),
    ],
)  # fmt: skip
def test_when_it_is_due_and_who_is_warned(
    clause, times, cases, event, happened, due_at, role, warnings
):
    check_clock(of(clause), clause, times, cases, event, happened, due_at, role, warnings)


@pytest.mark.rule("SD-322.05")
def test_who_cannot_come_hands_it_in_in_writing():
    either = ("written_submission", "handover_log_entry")

    (lack,) = requirements(SD3, "absence_submission", ()).lacks
    assert (lack.clause, lack.names, lack.any_of) == ("SD-322.05", either, True)
    for one in either:
        assert requirements(SD3, "absence_submission", {one}).complete
    assert SD3["SD-322.05"].unit == "minutes"


@pytest.mark.rule("SD-233.26")
def test_the_notice_for_a_swap_is_a_blank_that_the_house_may_raise():
    assert SD2["SD-233.26"].ahead is None
    content = SD2.to_json()
    next(c for c in content["clauses"] if c["id"] == "SD-233.26")["house"]["ahead"] = 120
    shift = ClockFacts({"earlier_shift_start": at("09:00:00")})

    assert shown(due("swap_approval", shift, Rulebook.from_json(content)).due_at) == (
        "11-20 07:00:00"
    )


@pytest.mark.rule("SD-140.04")
def test_a_call_is_answered_promptly_which_is_no_number():
    check_age(SD1, "SD-140.04", "call_answer", "any", "ring", "owner", None)


@pytest.mark.rule("SD-150.10")
def test_a_promise_names_its_own_time():
    named = ClockFacts({"start": at("10:00:00")}, promised_for=at("15:00:00"))

    found = due("promise", named, SD1)

    assert (found.clause, shown(found.due_at)) == ("SD-150.10", "11-20 15:00:00")
    assert (shown(found.warn_at), shown(found.lead_warn_at)) == ("11-20 14:30:00", "11-20 14:50:00")
    # The case's own callback is measured by the same clause.
    callback = promise_due(at("10:00:00"), at("15:00:00"), PromiseRules.of(SD1))
    assert (callback.clause, callback.due_at) == (found.clause, found.due_at)
    assert (callback.warn_at, callback.lead_warn_at) == (found.warn_at, found.lead_warn_at)
    with pytest.raises(NotSet, match=r"SD-150\.10: promised_for"):
        promise_due(at("10:00:00"), None, PromiseRules.of(SD1))
    assert SD1["SD-150.10"].role == "owner"
    with pytest.raises(NotSet, match=r"SD-150\.10: promised_for"):
        due("promise", ClockFacts({"start": at("10:00:00")}), SD1)


# Dispatch.


@pytest.mark.rule("SD-222.16", "SD-222.17", "SD-222.18")
@pytest.mark.parametrize(
    ("paid", "goods", "clause", "leaves"),
    [
        ("15:59:59", "in_stock", "SD-222.16", "11-21 00:00:00"),
        ("16:00:00", "in_stock", "SD-222.16", "11-22 00:00:00"),  # exactly is too late
        ("10:00:00", "out_of_stock", "SD-222.17", "11-22 00:00:00"),
        ("16:00:00", "hand_made", "SD-222.18", "11-22 16:00:00"),
    ],
)
def test_paid_before_four_it_leaves_the_same_day(paid, goods, clause, leaves):
    found = dispatch_due(at(paid), goods, SD2)

    assert (found.clause, shown(found.due_at)) == (clause, leaves)
    assert explain(found.steps, "zh") and explain(found.steps, "en")


@pytest.mark.rule("SD-222.16")
def test_of_other_goods_nothing_is_promised():
    with pytest.raises(NoClock, match="'second_hand'"):
        dispatch_due(at("10:00:00"), "second_hand", SD2)


# What comes round.


@pytest.mark.parametrize(
    ("clause", "subject", "after", "dues", "role", "warnings", "about"),
    [
        row(
            "SD-150.01", "daily_meeting", "2026-11-20 10:00",
            ["11-23 08:00:00", "11-24 08:00:00"], "department", (10, None), (),
        ),
        row(
            "SD-150.18", "customer_follow_up", "2026-11-20 10:00",
            ["12-01 00:00:00"], "owner", (4320, None), (),
        ),
        row(
            "SD-221.08", "refund_dispute_check", "2026-11-20 10:00",
            ["11-21 00:00:00", "11-22 00:00:00"], "supervisor", (None, None), ("refunding", "dispute"),
        ),
        row(
            "SD-221.10", "rosters", "2026-11-20 10:00",
            ["12-01 00:00:00"], "supervisor", (4320, None), ("duty_roster", "cleaning_roster"),
        ),
        row(
            "SD-311.03", "attendance_report", "2026-11-20 10:00",
            ["11-26 00:00:00", "12-26 00:00:00"], "department", (1440, None), (),
        ),
        row(
            "SD-321.04", "morning_meeting", "2026-11-20 10:00",
            ["11-21 00:00:00", "11-22 00:00:00"], "supervisor", (None, None), (),
        ),
        row(
            "SD-322.01", "weekly_meeting", "2026-11-20 10:00",
            ["11-20 16:00:00", "11-27 16:00:00"], "department", (30, None), (),
        ),
    ],
)  # fmt: skip
def test_what_comes_round_is_due_on_these_days(clause, subject, after, dues, role, warnings, about):
    rules = of(clause)

    check_rounds(rules, clause, subject, after, dues, role, warnings, FIVE_DAYS)

    found = next_occurrence(recurring(subject, rules), at("10:00:00"), FIVE_DAYS)
    assert found.about == about


@pytest.mark.rule("SD-150.18", "SD-221.10")
def test_the_intervals_nobody_wrote_down_are_the_houses():
    assert (SD1["SD-150.18"].per, SD2["SD-221.10"].per) == (None, None)


@pytest.mark.rule("SD-150.01")
def test_the_daily_meeting_is_over_at_half_past_eight_and_needs_a_calendar():
    found = next_occurrence(recurring("daily_meeting", SD1), at("10:00:00"), FIVE_DAYS)

    assert (shown(found.due_at), shown(found.ends_at)) == ("11-23 08:00:00", "11-23 08:30:00")
    assert "到 08:30:00 结束" in [line.text for line in explain(found.steps, "zh")]
    with pytest.raises(NoCalendar, match=r"SD-150\.01"):
        next_occurrence(recurring("daily_meeting", SD1), at("10:00:00"))


@pytest.mark.rule("SD-321.04")
def test_the_morning_meeting_follows_the_hand_over():
    found = next_occurrence(recurring("morning_meeting", SD3), at("10:00:00"))

    assert found.after == "handover_signed"
    assert explain(found.steps, "zh")[-1].text == "在此之后：交接已签字"


@pytest.mark.rule("SD-322.01")
def test_a_friday_that_is_a_holiday_has_no_meeting():
    holiday = Calendar.plain(
        dict.fromkeys(range(1, 6), (("08:00", "17:30"),)),
        years=(2026,),
        statutory_holidays=(date(2026, 11, 27),),
    )

    found = next_occurrence(recurring("weekly_meeting", SD3), at("17:00:00"), holiday)

    assert shown(found.due_at) == "12-04 16:00:00"


@pytest.mark.rule("SD-311.03")
def test_the_attendance_report_is_about_the_26th_to_the_25th():
    found = next_occurrence(recurring("attendance_report", SD3), at("10:00:00"))

    assert found.covers == (date(2026, 10, 26), date(2026, 11, 25))
    assert explain(found.steps, "zh")[-1].text == "所报期间 2026-10-26 至 2026-11-25"


# Shifts.


@pytest.mark.parametrize(
    ("clause", "post", "shift", "windows", "minutes"),
    [
        row("SD-232.03", "agent", "early", "09:00-11:30 12:30-18:30", 510),
        row("SD-232.04", "agent", "night", "13:00-17:30 18:30-23:30", 570),
        row("SD-232.05", "label_clerk", "early", "09:00-11:30 12:30-18:30", 510),
    ],
)
def test_shifts_have_two_stretches(clause, post, shift, windows, minutes):
    for weekday in range(1, 8):
        found = shift_on(post, shift, weekday, SD2)
        assert " ".join(f"{w.opens}-{w.closes}" for w in found.windows) == windows
        assert minutes_of(found) == minutes
    with pytest.raises(LookupError, match="no shift 'night' of 'label_clerk'"):
        shift_on("label_clerk", "night", 1, SD2)


@pytest.mark.rule("SD-312.01")
def test_the_three_shifts_have_no_hours():
    for name in ("first", "second", "third"):
        with pytest.raises(NotSet, match=rf"SD-312\.01: hours of the shift {name}"):
            shift_on("any", name, 1, SD3)


@pytest.mark.rule("SD-232.01")
def test_early_and_night_take_turns_every_five_days_worked():
    began = date(2026, 11, 2)
    rostered = [began + n * DAY for n in range(14) if n % 7 < 5]  # Monday to Friday

    turns = [shift_in_turn("early", began, rostered, day, SD2) for day in rostered]

    assert turns == ["early"] * 5 + ["night"] * 5
    assert shift_in_turn("early", began, rostered, began + 14 * DAY, SD2) == "early"
    assert shift_in_turn("night", began, rostered, began + 8 * DAY, SD2) == "early"
    with pytest.raises(ValueError, match="lies before"):
        shift_in_turn("early", began, rostered, began - DAY, SD2)


# What may be asked for.


@pytest.mark.rule("SD-215.05", "SD-215.06", "SD-215.08", "SD-215.09", "SD-232.02")
@pytest.mark.parametrize(
    ("shift", "leave", "rest", "swap"),
    [
        ("swapped", ["SD-215.05"], [], ["SD-215.08"]),
        ("payback", ["SD-215.05"], [], []),
        ("public_holiday", ["SD-215.06"], [], ["SD-215.06"]),
        ("beside_swapped", [], [], ["SD-215.08"]),
        ("night", ["SD-215.09", "SD-232.02"], ["SD-215.09", "SD-232.02"], []),
        ("ordinary", [], [], []),
    ],
)
def test_what_is_refused_on_which_shift(shift, leave, rest, swap):
    for wish, clauses in (("leave", leave), ("rest", rest), ("swap", swap)):
        found = request_refused(wish, [shift], SD2)

        assert sorted(step.clause for step in found) == clauses
        assert len(explain(found, "zh")) == len(explain(found, "en")) == len(clauses)


@pytest.mark.rule("SD-215.06", "SD-232.02")
def test_a_night_may_be_swapped_but_on_a_holiday_nothing_is_left():
    assert wishes_left(["night"], SD2) == ("swap",)
    assert wishes_left(["night", "public_holiday"], SD2) == ()


@pytest.mark.rule("SD-215.08")
def test_rest_days_between_do_not_break_a_row_of_swaps():
    friday, monday, tuesday = (date(2026, 11, day) for day in (20, 23, 24))
    rostered = [friday, monday, tuesday]

    assert beside_swapped(monday, rostered, [friday], SD2)
    assert beside_swapped(friday, rostered, [monday], SD2)
    assert not beside_swapped(tuesday, rostered, [friday], SD2)
    by_the_calendar = SD2.to_json()
    next(c for c in by_the_calendar["clauses"] if c["id"] == "SD-215.08")["neighbours"] = "calendar"
    other = Rulebook.from_json(by_the_calendar)
    assert not beside_swapped(monday, rostered, [friday], other)
    assert beside_swapped(tuesday, rostered, [monday], other)


@pytest.mark.parametrize(
    ("clause", "what", "beyond", "counts_for"),
    [
        # Granted swaps count for whoever asked; of sign-card requests the refused ones too.
        row("SD-215.07", "shift_swap", "warn", {"Wang": 2, "Li": 0}),
        row("SD-233.21", "punch_application", "refuse", {"Wang": 3, "Li": 0}),
    ],
)
def test_three_a_month_and_what_becomes_of_the_fourth(clause, what, beyond, counts_for):
    limit = limit_of(what, "month", SD2)
    asked = [Asked("Wang", "Li", granted) for granted in (True, True, False)]

    assert (limit.id, limit.unit) == (clause, "times")
    assert {who: counted(asked, who, limit) for who in ("Wang", "Li")} == counts_for
    assert within_limit(3, limit).within
    assert within_limit(4, limit).then == beyond
    with pytest.raises(ValueError, match="not below 0"):
        within_limit(-1, limit)


# What is kept, and lists.


@pytest.mark.parametrize(
    ("clause", "what", "since", "fields"),
    [
        row("SD-224.05", "shipping_slips", "shipped", ("date", "clerk")),
        row("SD-224.15", "exchange_batch", "shipped", ("ship_date",)),
        row("SD-311.11", "withdrawn_roster", "replaced", ()),
        row("SD-322.10", "meeting_minutes", "reviewed", ()),
        row("SD-331.10", "documents", "handled", ()),
    ],
)
def test_what_has_no_end_is_never_destroyed_by_itself(clause, what, since, fields):
    rules = of(clause)

    kept = retention_ends(what, date(2026, 11, 20), rules)

    assert (kept.clause, kept.last_on, kept.must) == (clause, None, False)
    assert not kept.destroyable(date(2999, 1, 1))
    assert rules[clause].since == since
    assert requirements(rules, what, ()).missing == fields
    assert (rules[clause].keep, rules[clause].unit) == (None, None)
    assert explain(kept.steps, "zh")[0].value == "不自动销毁"


@pytest.mark.parametrize(
    ("clause", "of_what", "codes", "chinese", "english"),
    [
        row(
            "SD-311.08",
            "roster_holiday",
            "new_year spring_festival labour_day national_day",
            "元旦 春节 劳动节 国庆节",
            "New Year, Spring Festival, Labour Day, National Day",
        ),
        row(
            "SD-331.01",
            "not_working_time",
            "changing meals",
            "换衣服 就餐",
            "Changing clothes, Meals",
        ),
    ],
)
def test_lists_about_the_roster(clause, of_what, codes, chinese, english):
    found = SD3[clause]

    assert (found.of, [item.key for item in found.items]) == (of_what, codes.split())
    assert [item.zh for item in found.items] == chinese.split()
    assert [item.en for item in found.items] == english.split(", ")


@pytest.mark.rule("SD-331.05")
def test_somebody_is_there_at_lunch():
    (missing,) = missing_seats(SD3, {"lunch_duty": 0}, time(12))

    assert (missing.clause, missing.wanted) == ("SD-331.05", 1)
    assert missing_seats(SD3, {"lunch_duty": 1}, time(12)) == ()


def test_a_moment_that_nobody_gave_is_asked_for():
    with pytest.raises(ValueError, match=r"SD-321\.01: when was 'shift_start'"):
        due("arrival", ClockFacts({"start": moment("2026-11-20 09:00")}), SD3)


@pytest.mark.rule("SD-311.04")
@pytest.mark.parametrize(("days", "kept"), [("30", True), ("29", False)])
def test_the_roster_covers_the_next_thirty_days(days, kept):
    found = measures.counted(SD3, "roster_days_ahead", {"any": Decimal(days)})

    assert (found.kept, [count.per for count in found.counts]) == (kept, ["roster"])
