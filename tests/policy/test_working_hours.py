"""Working time, against somebody who counts minute by minute with a watch and a wall calendar."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy.calendars import Calendar, MakeUpDay, OutOfCalendar
from kefu.policy.explanation import explain
from kefu.policy.moments import SHANGHAI, Pause
from kefu.policy.working_hours import time_worked, working_hours, working_steps
from tests.policy.moments import at, shown

MINUTE = timedelta(minutes=1)
OFFICE = (("08:00", "12:00"), ("13:30", "17:30"))
# October 2026: National Day to the 7th, worked on Saturday the 10th in exchange.
CALENDAR = Calendar.plain(
    dict.fromkeys(range(1, 6), OFFICE),
    years=(2026,),
    statutory_holidays=tuple(date(2026, 10, day) for day in (1, 2, 3)),
    days_off=tuple(date(2026, 10, day) for day in (4, 5, 6, 7)),
    make_up=(MakeUpDay(on=date(2026, 10, 10), like=5),),
)


def hours(start: datetime, number: float, *pauses: Pause, calendar: Calendar = CALENDAR):
    return working_hours(start, timedelta(hours=number), calendar, pauses)


@pytest.mark.parametrize(
    ("day", "start", "number", "due"),
    [
        ("2026-11-20", "08:00:00", 4, "11-20 12:00:00"),  # used up at noon: due then
        ("2026-11-20", "07:00:00", 4, "11-20 12:00:00"),  # begins with the window
        ("2026-11-20", "08:00:01", 4, "11-20 13:30:01"),  # one second is left after lunch
        ("2026-11-20", "12:00:00", 1, "11-20 14:30:00"),  # noon itself is lunch already
        ("2026-11-20", "17:30:00", 1, "11-23 09:00:00"),  # Friday evening: Monday morning
        ("2026-11-20", "17:29:59.5", 1, "11-23 08:59:59"),
        ("2026-11-20", "17:29:00", 9, "11-24 08:59:00"),
        ("2026-09-30", "16:30:00", 1, "09-30 17:30:00"),
        ("2026-09-30", "16:30:00", 2, "10-08 09:00:00"),  # over National Day
        ("2026-10-09", "16:30:00", 2, "10-10 09:00:00"),  # a Saturday worked in exchange
        ("2026-10-10", "16:30:00", 2, "10-12 09:00:00"),  # and the Sunday after is free
    ],
)
def test_only_working_time_counts(day, start, number, due):
    assert shown(hours(at(start, day), number)) == due


def test_the_last_window_of_a_day_may_end_at_midnight():
    evenings = Calendar.plain(dict.fromkeys(range(1, 8), (("18:30", "24:00"),)))

    found = hours(at("23:00:00"), 2, calendar=evenings)

    assert shown(found) == "11-21 19:30:00"
    assert shown(hours(at("23:00:00"), 1, calendar=evenings)) == "11-21 00:00:00"


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ([("09:00:00", "10:00:00")], "11-20 11:00:00"),
        ([("07:00:00", "09:00:00")], "11-20 11:00:00"),  # only what is worked is lost
        ([("09:00:00", "10:00:00"), ("09:30:00", "10:30:00")], "11-20 11:30:00"),  # overlap once
        ([("11:30:00", "14:00:00")], "11-20 10:00:00"),  # begins when it was due already
        ([("10:00:00", "14:00:00")], "11-20 10:00:00"),  # at the very due time: too late
        ([("09:59:59", "14:00:00")], "11-20 14:00:01"),  # lunch is no loss
        ([("09:00:00", "17:30:00")], "11-23 09:00:00"),
    ],
)
def test_a_pause_is_left_out_once(pauses, due):
    stood_still = [Pause(at(begin), at(end), "x") for begin, end in pauses]

    assert shown(hours(at("08:00:00"), 2, *stood_still)) == due


@pytest.mark.parametrize(
    ("day", "start", "number", "due"),
    [
        # 1986-05-04 02:00 became 03:00: a night of 00:00 to 06:00 has five hours.
        ("1986-05-04", "00:00:00", 5, "05-04 06:00:00"),
        ("1986-05-04", "01:00:00", 2, "05-04 04:00:00"),
        # 1986-09-14 02:00 became 01:00 again: it has seven.
        ("1986-09-14", "00:00:00", 7, "09-14 06:00:00"),
        ("1986-09-14", "00:00:00", 2.5, "09-14 01:30:00"),  # at its second pass
        ("1988-07-01", "00:00:00", 3, "07-01 03:00:00"),
    ],
)
def test_hours_are_hours_when_summer_time_begins_and_ends(day, start, number, due):
    nights = Calendar.plain(dict.fromkeys(range(1, 8), (("00:00", "06:00"),)))

    found = hours(at(start, day), number, calendar=nights)

    assert shown(found) == due
    assert time_worked(at(start, day), found, nights) == timedelta(hours=number)


def test_a_window_inside_the_repeated_hour_is_worked_at_both_passes():
    early = Calendar.plain(dict.fromkeys(range(1, 8), (("01:00", "01:30"),)))

    assert time_worked(at("00:00:00", "1986-09-14"), at("12:00:00", "1986-09-14"), early) == HOUR
    assert time_worked(at("00:00:00", "1986-05-04"), at("12:00:00", "1986-05-04"), early) == HALF


HOUR, HALF = timedelta(hours=1), timedelta(minutes=30)


# The watch.


def minutes_counted(start: datetime, length: int, calendar: Calendar, pauses: list[Pause]):
    """Go on minute by minute until so many of them were worked."""
    moment = start
    while length:
        local = moment.astimezone(SHANGHAI)
        clock = local.strftime("%H:%M")
        free = calendar.day(local.date()).windows
        paused = any(pause.starts_at <= moment < pause.ends_at for pause in pauses)
        if any(w.opens <= clock < w.closes for w in free) and not paused:
            length -= 1
        moment += MINUTE
    return moment


def days(first: date):
    return st.integers(0, 12).map(lambda n: first + n * timedelta(days=1))


weeks = st.lists(
    st.lists(st.integers(0, 144), max_size=6, unique=True).map(
        lambda tens: tuple(
            (f"{a // 6:02}:{a % 6}0", f"{b // 6:02}:{b % 6}0")
            for a, b in zip(sorted(tens)[::2], sorted(tens)[1::2], strict=False)
        )
    ),
    min_size=7,
    max_size=7,
).filter(lambda week: sum(map(len, week)) > 2)


@st.composite
def stories(draw):
    """A calendar, a start and pauses, in an ordinary week, over New Year or when clocks change."""
    first = draw(
        st.sampled_from(
            [date(2026, 9, 28), date(2026, 12, 24), date(1986, 4, 30), date(1986, 9, 10)]
        )
    )
    week = draw(weeks)
    exceptions = draw(st.lists(days(first), max_size=4, unique=True))
    worked = [number for number, windows in enumerate(week, 1) if windows]
    free, make_up = exceptions[::2], exceptions[1::2]
    calendar = Calendar.plain(
        dict(enumerate(week, 1)),
        years=(first.year, first.year + 1),
        statutory_holidays=tuple(free),
        make_up=tuple(MakeUpDay(on=day, like=draw(st.sampled_from(worked))) for day in make_up),
    )
    midnight = datetime.combine(first, time.min, SHANGHAI).astimezone(UTC)
    start = midnight + draw(st.integers(0, 5 * 1440)) * MINUTE
    spans = draw(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 2000)), max_size=3))
    pauses = [Pause(midnight + a * MINUTE, midnight + (a + b) * MINUTE, "x") for a, b in spans]
    return calendar, start, pauses


@settings(deadline=None, max_examples=25)
@given(story=stories(), length=st.integers(1, 900))
def test_the_due_time_is_what_a_watch_shows(story, length):
    calendar, start, pauses = story

    due = working_hours(start, length * MINUTE, calendar, pauses)

    assert due == minutes_counted(start, length, calendar, pauses)
    assert time_worked(start, due, calendar, pauses) == length * MINUTE
    assert time_worked(start, due - MINUTE, calendar, pauses) == (length - 1) * MINUTE


@settings(deadline=None, max_examples=25)
@given(story=stories(), length=st.integers(1, 900))
def test_the_steps_add_up_by_hand(story, length):
    calendar, start, pauses = story

    first, *lines, last = working_steps("CD-03.23", start, length * MINUTE, calendar, pauses)

    due = working_hours(start, length * MINUTE, calendar, pauses)
    assert first.inputs == {"start": start.isoformat(), "limit": length * 60}
    assert last.inputs == {"at": due.isoformat()}
    windows = [line.inputs for line in lines if line.key == "working_window"]
    spans = [(w["opens_at"], w["closes_at"]) for w in windows]
    assert [moment for span in spans for moment in span] == sorted(m for s in spans for m in s)
    left = length * 60
    for window, (opens, closes) in zip(windows, spans, strict=True):
        took = datetime.fromisoformat(closes) - datetime.fromisoformat(opens)
        left -= window["counted"]
        assert (window["counted"], window["left"]) == (took.total_seconds(), left)
    assert left == 0
    for line in lines:
        if line.key == "working_pause":
            assert not any(
                opens < line.inputs["closes_at"] and line.inputs["opens_at"] < closes
                for opens, closes in spans
            )
    assert explain([first, *lines, last], "zh") and explain([first, *lines, last], "en")


def test_a_year_the_edition_does_not_know_is_said_and_goes_by_the_week():
    start = at("16:30:00", "2026-12-31")

    steps = working_steps("CD-03.23", start, timedelta(hours=2), CALENDAR)

    assert shown(hours(start, 2)) == "01-01 09:00:00"  # New Year's Day, as far as anybody knows
    assert [s.inputs["year"] for s in steps if s.key == "year_unknown"] == [2027]
    assert not CALENDAR.day(date(2027, 1, 1)).known
    assert CALENDAR.day(date(2026, 10, 1)).type == "statutory_holiday"


@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=-1), timedelta(hours=10_001)])
def test_a_length_of_no_sense_is_refused(length):
    with pytest.raises(ValueError, match="a length of working time"):
        working_hours(at("10:00:00"), length, CALENDAR)


def test_a_moment_without_a_zone_or_beyond_the_calendar_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        hours(at("10:00:00").replace(tzinfo=None), 1)
    for year in (1900, 3000):
        with pytest.raises(OutOfCalendar, match="reaches from 1950 to 2999"):
            hours(datetime(year, 6, 1, tzinfo=UTC), 1)
    with pytest.raises(ValueError, match="after it begins"):
        hours(at("10:00:00"), 1, Pause(at("11:00:00"), at("11:00:00"), "x"))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"windows": {}}, "a week without working time"),
        ({"windows": {1: (("12:00", "08:00"),)}}, "closes after it opens"),
        ({"windows": {1: (("08:00", "12:00"), ("11:00", "13:00"))}}, "overlap"),
        ({"windows": {1: (("13:00", "14:00"), ("08:00", "12:00"))}}, "out of order"),
        ({"windows": {1: (("08:00", "24:30"),)}}, "String should match"),
        ({"statutory_holidays": (date(2026, 1, 1),)}, "a year the edition does not know"),
        ({"years": (2026,), "days_off": (date(2026, 1, 1),) * 2}, "named twice"),
        (
            {"years": (2026,), "make_up": (MakeUpDay(on=date(2026, 1, 4), like=7),)},
            "like a day that is not worked",
        ),
    ],
)
def test_an_edition_that_contradicts_itself_is_refused(given, reason):
    with pytest.raises(ValueError, match=reason):
        Calendar.plain(given.pop("windows", {1: (("08:00", "12:00"),)}), **given)


def test_an_edition_survives_the_database_and_never_changes():
    hours(at("10:00:00"), 1)  # its tables are no part of it

    stored = CALENDAR.model_dump_json()

    assert Calendar.model_validate_json(stored) == CALENDAR
    assert hash(Calendar.model_validate_json(stored)) == hash(CALENDAR)
    with pytest.raises(ValueError, match="frozen"):
        CALENDAR.years = ()


def test_the_last_working_day_of_a_month_is_of_the_pattern():
    six_days = Calendar.plain(dict.fromkeys(range(1, 7), OFFICE))

    assert CALENDAR.last_working_day(date(2026, 10, 1)) == date(2026, 10, 30)
    assert six_days.last_working_day(date(2026, 10, 1)) == date(2026, 10, 31)
