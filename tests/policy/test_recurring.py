"""What comes round again, and how long things are kept."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kefu.policy.calendars import Calendar
from kefu.policy.clauses import Recurring, Retention
from kefu.policy.recurring import next_occurrence, occurrences
from tests.policy.moments import at, shown
from tests.policy.timetables import FIVE_DAYS, OFFICE

DAY = timedelta(days=1)
BASE = {
    "id": "CD-99.10",
    "label_zh": "定期",
    "label_en": "Again and again",
    "area": "people",
    "automation": "full",
    "module": "kefu.policy.recurring",
}


def again(**given) -> Recurring:
    house = {"warn_before_minutes": "", "lead_before_minutes": "", **given.pop("house", {})}
    return Recurring(
        **{"kind": "recurring", "subject": "x", "role": "owner", "per": "month", **BASE, **given},
        house=house,
    )


def days(clause: Recurring, first: str, last: str, calendar=None) -> list[str]:
    found = occurrences(clause, date.fromisoformat(first), date.fromisoformat(last), calendar)
    return [one.on.isoformat()[5:] for one in found]


@pytest.mark.parametrize(
    ("given", "due_on"),
    [
        ({"days": [15]}, ["01-15", "02-15", "03-15"]),
        ({"days": [10, 20]}, ["01-10", "01-20", "02-10", "02-20", "03-10", "03-20"]),
        ({"days": [30]}, ["01-30", "02-28", "03-30"]),
        ({"days": [30], "short_month": "skip"}, ["01-30", "03-30"]),
        ({"days": [29, 31]}, ["01-29", "01-31", "02-28", "03-29", "03-31"]),  # once, not twice
        ({"days": ["last"]}, ["01-31", "02-28", "03-31"]),
        ({"days": ["last_working"]}, ["01-29", "02-26", "03-31"]),
        ({}, ["01-31", "02-28", "03-31"]),  # once a month: by its end
        ({"per": "week", "days": [5], "house": {}}, None),
        ({"per": "year", "months": [2], "days": [30]}, ["02-28"]),
        ({"per": "year", "months": [1, 3]}, ["03-31"]),  # once a year: by the end of the last
    ],
)
def test_the_days_of_a_quarter(given, due_on):
    found = days(again(**given), "2027-01-01", "2027-03-31", FIVE_DAYS)

    if due_on is None:
        assert len(found) == 13  # the Fridays from 1 January on
    else:
        assert found == due_on


def test_of_a_year_without_known_holidays_the_last_working_day_is_told_to_go_by_the_week():
    asked = again(days=["last_working"])
    known = Calendar.plain(dict.fromkeys(range(1, 6), OFFICE), years=(2027,))

    for calendar, told in ((FIVE_DAYS, True), (known, False)):
        (found,) = occurrences(asked, date(2027, 1, 1), date(2027, 1, 31), calendar)
        assert ("year_unknown" in [step.key for step in found.steps]) is told


def test_without_days_a_week_ends_on_sunday_and_a_day_at_midnight():
    assert days(again(per="week"), "2026-11-16", "2026-11-30") == ["11-22", "11-29"]
    assert shown(next_occurrence(again(per="day"), at("10:00:00")).due_at) == "11-21 00:00:00"


def test_on_days_not_worked_it_may_be_left_out():
    every = again(per="day", on_holiday="skip")

    assert days(every, "2026-11-19", "2026-11-24", FIVE_DAYS) == [
        "11-19",
        "11-20",
        "11-23",
        "11-24",
    ]
    keys = [step.key for step in next_occurrence(every, at("10:00:00"), FIVE_DAYS).steps]
    assert "year_unknown" in keys


def test_what_is_due_at_this_very_moment_has_come_round():
    at_nine = again(per="day", at=["09:00:00", "17:00:00"])

    assert shown(next_occurrence(at_nine, at("08:59:59")).due_at) == "11-20 09:00:00"
    assert shown(next_occurrence(at_nine, at("09:00:00")).due_at) == "11-20 17:00:00"


@settings(deadline=None, max_examples=30)
@given(
    day=st.integers(1, 31),
    first=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    skip=st.booleans(),
)
def test_a_monthly_date_comes_once_a_month(day, first, skip):
    clause = again(days=[day], short_month="skip" if skip else "last")

    found = [one.on for one in occurrences(clause, first, first + 430 * DAY)]

    months = [(on.year, on.month) for on in found]
    assert len(set(months)) == len(months)
    assert all(on.day == day or (not skip and (on + DAY).day == 1) for on in found)
    assert len(found) >= (7 if skip else 14)


def test_each_is_about_what_lies_since_the_last():
    clause = again(days=[25], covers="since_last")

    found = list(occurrences(clause, date(2026, 11, 1), date(2027, 1, 31)))

    covered = [one.covers for one in found]
    assert covered[0] == (date(2026, 10, 26), date(2026, 11, 25))
    assert [first for first, _last in covered[1:]] == [last + DAY for _first, last in covered[:-1]]


def test_ten_years_are_the_most():
    with pytest.raises(ValueError, match="more than ten years"):
        list(occurrences(again(), date(2026, 1, 1), date(2037, 1, 1)))
    with pytest.raises(ValueError, match="not due within ten years"):
        next_occurrence(
            again(per="year", months=[2], days=[30], short_month="skip"), at("10:00:00")
        )


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"per": "day", "days": [1]}, "days are those of"),
        ({"per": "week", "days": [8]}, "1 to 7"),
        ({"per": "week", "days": ["last"]}, "1 to 7"),
        ({"per": "year"}, "a year goes with its months"),
        ({"months": [12]}, "a year goes with its months"),
        ({"days": [3, 3]}, "named twice"),
        ({"per": "day", "at": ["08:00:00"], "until": "07:00:00"}, "until lies after"),
        ({"per": "day", "until": "07:00:00"}, "until lies after"),
        ({"per": "day", "times": 2, "at": ["08:00:00"]}, "say different things"),
        ({"house": {"per": "week"}}, "the house chooses where"),
        ({"days": [32]}, "less than or equal to 31"),
    ],
)
def test_dates_that_do_not_exist_are_refused(given, reason):
    with pytest.raises(ValidationError, match=reason):
        again(**given)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"keep": 7, "unit": ""}, "both given or both blank"),
        ({"keep": "", "unit": "", "then": "must_destroy"}, "never has to be destroyed"),
        ({"keep": 1, "unit": "years", "start_counts": True}, "goes with days"),
        ({"keep": 0, "unit": "days"}, "greater than 0"),
        ({"keep": 1, "unit": "days", "of": []}, "at least 1 item"),
    ],
)
def test_a_retention_that_makes_no_sense_is_refused(given, reason):
    with pytest.raises(ValidationError, match=reason):
        Retention(**{"kind": "retention", "of": ["x"], "since": "y", **BASE, **given})
