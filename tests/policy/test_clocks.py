"""The clocks themselves: time that passes, fixed times, pauses, the summers of 1986 to 1991."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.policy.clocks import Pause, elapsed, fixed_time
from tests.policy.moments import at, shown

HALF_HOUR = timedelta(minutes=30)
NINE = time(9)
NAIVE = at("10:00:00").replace(tzinfo=None)


def pause(start: str, end: str) -> Pause:
    return Pause(at(start), at(end), "customer_asked")


def test_time_simply_passes_over_midnight_and_month():
    assert shown(elapsed(at("23:45:00", "2026-11-30"), HALF_HOUR)) == "12-01 00:15:00"
    assert shown(elapsed(at("23:45:00", "2028-02-28"), HALF_HOUR)) == "02-29 00:15:00"


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ([], "10:30:00"),
        ([("10:10:00", "10:15:00")], "10:35:00"),
        ([("09:00:00", "10:05:00")], "10:35:00"),  # only what lies after the start counts
        ([("08:00:00", "10:00:00")], "10:30:00"),  # over when the clock starts
        ([("10:10:00", "10:20:00"), ("10:15:00", "10:25:00")], "10:45:00"),  # overlap counts once
        ([("10:10:00", "10:30:00"), ("10:12:00", "10:14:00")], "10:50:00"),  # one inside another
        ([("10:29:59", "10:40:00")], "10:40:01"),  # one second was left
        ([("10:30:00", "10:40:00")], "10:30:00"),  # too late: it was due already
        ([("10:20:00", "10:30:00"), ("10:35:00", "10:45:00")], "10:50:00"),  # second in the rest
        ([("10:35:00", "10:45:00"), ("10:20:00", "10:30:00")], "10:50:00"),  # in any order
    ],
)
def test_a_paused_clock_stands_still(pauses, due):
    found = elapsed(at("10:00:00"), HALF_HOUR, [pause(*span) for span in pauses])

    assert shown(found) == f"11-20 {due}"


minutes = st.integers(0, 600)
spans = st.lists(
    st.tuples(minutes, st.integers(1, 90)).map(lambda s: (s[0], s[0] + s[1])), max_size=6
)


@given(start=minutes, limit=st.integers(1, 120), spans=spans)
def test_between_start_and_due_the_clock_ran_exactly_its_limit(start, limit, spans):
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    pauses = [
        Pause(midnight + timedelta(minutes=a), midnight + timedelta(minutes=b), "x")
        for a, b in spans
    ]

    due = elapsed(midnight + timedelta(minutes=start), timedelta(minutes=limit), pauses)

    end = (due - midnight) // timedelta(minutes=1)
    ran = [m for m in range(start, end) if not any(a <= m < b for a, b in spans)]
    assert len(ran) == limit
    assert ran[-1] == end - 1  # and was due as soon as it had run


def test_a_pause_has_a_length():
    with pytest.raises(ValueError, match="after it begins"):
        elapsed(at("10:00:00"), HALF_HOUR, [pause("10:10:00", "10:10:00")])


def test_a_fixed_time_is_of_the_shanghai_day_whatever_zone_the_start_is_written_in():
    late_evening_in_utc = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)  # 00:30 on the 21st

    assert shown(fixed_time(late_evening_in_utc, NINE, 0)) == "11-21 09:00:00"
    assert shown(fixed_time(late_evening_in_utc, NINE, 1)) == "11-22 09:00:00"


@pytest.mark.parametrize(
    ("span", "due"),
    [
        (("08:00:00", "09:00:00"), "09:00:00"),  # over at the very moment
        (("08:00:00", "09:00:01"), "09:00:01"),
        (("09:00:00", "10:00:00"), "09:00:00"),  # begins too late
    ],
)
def test_a_pause_moves_a_fixed_time_only_when_it_covers_it(span, due):
    assert shown(fixed_time(at("07:00:00"), NINE, 0, [pause(*span)])) == f"11-20 {due}"


@pytest.mark.parametrize(
    ("start", "due"),
    [
        # 1986-05-04 02:00 became 03:00: half an hour later by the wall is an hour and a half.
        (at("01:45:00", "1986-05-04"), "05-04 03:15:00"),
        # 1986-09-14 02:00 became 01:00 again.
        (at("01:45:00", "1986-09-14"), "09-14 01:15:00"),
        (at("10:00:00", "1988-07-01"), "07-01 10:30:00"),
    ],
)
def test_half_an_hour_is_half_an_hour_when_summer_time_begins_and_ends(start, due):
    found = elapsed(start, HALF_HOUR)

    assert found - start.astimezone(UTC) == HALF_HOUR
    assert shown(found) == due


def test_nine_the_next_morning_is_nine_by_the_clock_of_that_morning():
    due = fixed_time(at("20:00:00", "1986-05-03"), NINE, 1)

    assert shown(due) == "05-04 09:00:00"
    assert due == datetime(1986, 5, 4, 0, 0, tzinfo=UTC)  # nine hours ahead of UTC that summer


@pytest.mark.parametrize(
    ("day", "clock", "instant"),
    [
        ("1986-05-04", time(2, 30), datetime(1986, 5, 3, 18, 30, tzinfo=UTC)),  # never was
        ("1986-09-14", time(1, 30), datetime(1986, 9, 13, 17, 30, tzinfo=UTC)),  # was twice
    ],
)
def test_a_skipped_or_repeated_time_is_taken_at_its_later_reading(day, clock, instant):
    assert fixed_time(at("00:10:00", day), clock, 0) == instant


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        elapsed(NAIVE, HALF_HOUR)
    with pytest.raises(ValueError, match="time zone"):
        fixed_time(NAIVE, NINE, 1)
