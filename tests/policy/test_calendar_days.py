"""Whole days to 24:00 of the last one, against somebody who counts minutes on the wall."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy.calendar_days import calendar_days, months_after
from kefu.policy.calendars import Calendar, MakeUpDay
from kefu.policy.consequences import answered_in_time
from kefu.policy.moments import SHANGHAI, Pause, end_of
from tests.policy.moments import at, shown

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WEEK = Calendar.plain(
    dict.fromkeys(range(1, 6), (("08:00", "17:30"),)),
    years=(2026,),
    statutory_holidays=(date(2026, 11, 24),),
    make_up=(MakeUpDay(on=date(2026, 11, 22), like=1),),
)


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        (at("00:00:00"), 1, "11-22 00:00:00"),  # the day of receipt is not counted
        (at("23:59:59"), 1, "11-22 00:00:00"),
        (at("10:00:00"), 0, "11-21 00:00:00"),  # the same day
        (at("10:00:00"), 30, "12-21 00:00:00"),
        (at("10:00:00", "2028-02-14"), 15, "03-01 00:00:00"),  # a leap year's February
        (at("10:00:00", "1986-05-03"), 1, "05-05 00:00:00"),  # a day of 23 hours is a day
        (at("10:00:00", "1986-09-13"), 1, "09-15 00:00:00"),  # one of 25 too
    ],
)
def test_days_end_at_midnight_and_midnight_is_in_time(start, n, due):
    found = calendar_days(start, n)

    assert shown(found) == due
    assert answered_in_time(found, found)
    assert not answered_in_time(found, found + timedelta(microseconds=1))


def test_the_day_is_the_one_in_shanghai():
    assert shown(calendar_days(datetime.fromisoformat("2026-11-20T16:30:00+00:00"), 1)) == (
        "11-23 00:00:00"
    )


def test_where_the_first_day_counts_three_days_end_on_the_third():
    assert shown(calendar_days(at("10:00:00"), 3, start_counts=True)) == "11-23 00:00:00"


@pytest.mark.parametrize(
    ("n", "due"),
    [
        (1, "11-23 00:00:00"),  # Sunday, worked in exchange
        (2, "11-24 00:00:00"),
        (3, "11-26 00:00:00"),  # Tuesday is a holiday
    ],
)
def test_working_days_leave_out_what_is_not_worked(n, due):
    found = calendar_days(at("10:00:00"), n, day_type="working", calendar=WEEK)

    assert shown(found) == due


@pytest.mark.parametrize(
    ("spans", "due"),
    [
        ([("2026-11-21T10:00", "2026-11-21T10:05")], "11-24 00:00:00"),  # five minutes: a day
        (
            [("2026-11-21T10:00", "2026-11-21T10:05"), ("2026-11-22T10:00", "2026-11-22T10:05")],
            "11-24 00:00:00",  # ten minutes: a day as well
        ),
        ([("2026-11-20T11:00", "2026-11-20T23:00")], "11-23 00:00:00"),  # on a day not counted
        ([("2026-11-21T00:00", "2026-11-23T00:00")], "11-25 00:00:00"),  # two whole days
        ([("2026-11-23T00:00", "2026-11-25T00:00")], "11-23 00:00:00"),  # due already
        ([("2026-11-21T00:00", "2026-11-22T12:00")] * 2, "11-25 00:00:00"),  # overlap once
    ],
)
def test_a_pause_moves_the_end_by_whole_days(spans, due):
    pauses = [Pause(*(parse(moment) for moment in span), "x") for span in spans]

    assert shown(calendar_days(at("10:00:00"), 2, pauses)) == due


def parse(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)


def counted(start, n, pauses, calendar, *, start_counts):
    """Go on minute by minute on the wall until n days of minutes have passed; end with the day."""
    moment = start.replace(tzinfo=None)
    midnight = datetime.combine(moment.date(), time.min)
    left = n * 1440
    if n == 0:
        left, calendar = (midnight + DAY - moment) // MINUTE, None
    else:
        moment = midnight if start_counts else midnight + DAY
    while True:
        begins = moment.replace(tzinfo=SHANGHAI)
        paused = any(p.starts_at <= begins < p.ends_at and begins >= start for p in pauses)
        if not paused and (calendar is None or calendar.works(moment.date())):
            left -= 1
        if left == 0:
            return end_of(moment.date())
        moment += MINUTE


@settings(deadline=None, max_examples=30)
@given(
    minute=st.integers(0, 1439),
    n=st.integers(0, 4),
    spans=st.lists(st.tuples(st.integers(0, 7000), st.integers(1, 2500)), max_size=3),
    working=st.booleans(),
    start_counts=st.booleans(),
)
def test_the_end_is_what_counting_minutes_gives(minute, n, spans, working, start_counts):
    start = at("00:00:00") + minute * MINUTE
    pauses = [
        Pause(at("00:00:00") + a * MINUTE, at("00:00:00") + (a + b) * MINUTE, "x") for a, b in spans
    ]
    calendar = WEEK if working else None
    start_counts = start_counts and n > 0

    found = calendar_days(
        start,
        n,
        pauses,
        day_type="working" if working else "calendar",
        calendar=calendar,
        start_counts=start_counts,
    )

    assert found == counted(start, n, pauses, calendar, start_counts=start_counts)


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        ("2026-11-30", 3, "2027-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-08-31", 0, "2026-08-31"),
    ],
)
def test_a_month_that_is_too_short_ends_with_its_last_day(day, months, after):
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(after)


def test_numbers_of_no_sense_are_refused():
    with pytest.raises(ValueError, match="from 0 to 3660"):
        calendar_days(at("10:00:00"), -1)
    with pytest.raises(ValueError, match="need a calendar"):
        calendar_days(at("10:00:00"), 1, day_type="working")
    endless = Pause(at("10:00:00"), at("10:00:00", "9999-01-01"), "x")
    with pytest.raises(ValueError, match="within a hundred years"):
        calendar_days(at("09:00:00"), 1, [endless])
    with pytest.raises(ValueError, match="not below 0"):
        months_after(date(2026, 1, 1), -1)
    with pytest.raises(ValueError, match="beyond the calendar"):
        months_after(date(9999, 1, 1), 12)
    with pytest.raises(ValueError, match="time zone"):
        calendar_days(at("10:00:00").replace(tzinfo=None), 1)
