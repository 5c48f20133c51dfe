"""The machinery of overtime, lateness, absence and leave."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kefu.policy.attendance import (
    Absent,
    AttendanceRules,
    Late,
    Leave,
    Worked,
    absence,
    lateness,
    leave_unpaid,
    overtime,
)
from kefu.policy.calculations import calculation
from kefu.policy.calendars import Calendar
from kefu.policy.clauses import AbsencePay, AbsenceUnit, LateGrace, NotSet, TimeOff, WageRate
from kefu.policy.explanation import explain
from kefu.policy.months import first_day, last_day, month_of, months_between
from kefu.policy.refusals import BadFacts
from tests.policy.moments import SHANGHAI, at
from tests.policy.people import book, edited

ES = AttendanceRules.of(book("ES"))
DAY = (("08:00", "12:00"), ("13:30", "17:30"))
CALENDAR = Calendar.plain(
    dict.fromkeys((1, 2, 3, 4, 5, 6), DAY),
    years=(2026, 2027),
    statutory_holidays=(date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3)),
)
HEAD = {
    "id": "ES-132.99",
    "label_zh": "测试",
    "label_en": "Test",
    "area": "people",
    "automation": "full",
    "module": "kefu.policy.attendance",
}


def span(begins, ends, day="2026-11-20", to=None, **given):
    return Worked(starts_at=at(begins, day), ends_at=at(ends, to or day), **given)


def pay(*worked, month="2026-11", base="1000", calendar=CALENDAR, rules=ES, **given):
    return overtime(month, worked, Decimal(base), calendar, rules, **given)


@pytest.mark.parametrize(
    ("kind", "settings", "reason"),
    [
        (TimeOff, {"ratio": 0}, "greater than 0"),
        (LateGrace, {"max_minutes": 10, "times": 2, "months": 2, "window": "quarter"}, "quarter"),
        (AbsenceUnit, {"hours": 4, "part": "sideways"}, "'up'"),
        (AbsencePay, {"multiplier": 3, "days": 0.5, "includes_unpaid": True}, "float"),
        (WageRate, {"days": "21.5", "hours": 0}, "greater than 0"),
    ],
)
def test_a_clause_that_cannot_be_is_refused(kind, settings, reason):
    name = kind.model_fields["kind"].annotation.__args__[0]

    with pytest.raises(ValidationError, match=reason):
        kind(**HEAD, kind=name, **settings)


@pytest.mark.parametrize(
    ("worked", "month", "fault"),
    [
        ([span("20:00:00", "18:00:00")], "2026-11", "does not end after it begins"),
        ([span("18:00:00", "18:00:00")], "2026-11", "does not end after it begins"),
        ([span("18:00:00", "19:00:00", to="2026-11-21")], "2026-11", "longer than a day"),
        (
            [span("18:00:00", "20:00:00"), span("19:59:59", "21:00:00")],
            "2026-11",
            "overlaps another",
        ),
        ([span("18:00:00", "20:00:00")], "2026-12", "is not of 2026-12"),
    ],
)
def test_overtime_that_cannot_be_is_refused(worked, month, fault):
    with pytest.raises(BadFacts, match=fault):
        pay(*worked, month=month)


def test_in_a_year_without_known_holidays_the_week_decides_and_it_is_said():
    found = pay(
        span("18:00:00", "20:00:00", day="2028-10-03"),  # a holiday, once it is known
        span("18:00:00", "20:00:00", day="2028-10-08"),  # a Sunday
        span("18:00:00", "20:00:00", day="2028-10-15", settle="time_off"),
        month="2028-10",
    )

    days = [step.inputs["day_type"] for line in found.pay for step in line.steps[:1]]
    assert days == ["working", "rest"]
    for steps in (*(line.steps for line in found.pay), found.steps):
        assert [s.inputs["year"] for s in steps if s.key == "year_unknown"] == [2028]


def test_stretches_that_touch_do_not_overlap():
    found = pay(span("18:00:00", "19:00:00"), span("19:00:00", "20:00:00"))

    assert [str(line.amount) for line in found.pay] == ["17.44"]


def test_a_rulebook_that_pays_no_overtime_says_so():
    for code in ("CD", "OS"):
        with pytest.raises(NotSet, match="overtime_working is not set"):
            pay(span("18:00:00", "19:00:00"), rules=AttendanceRules.of(book(code)))
    with pytest.raises(NotSet, match=r"OS: wage_rate"):
        absence(
            [Absent(on=date(2026, 11, 2), hours="4")], Decimal(1), AttendanceRules.of(book("OS"))
        )


def test_time_off_that_was_agreed_on_is_given_back_to_anybody():
    found = pay(span("18:00:00", "20:30:00", settle="time_off"))

    assert (found.pay, found.time_off) == ((), Fraction(5, 2))
    with pytest.raises(NotSet, match="time_off"):
        pay(span("18:00:00", "19:00:00", settle="time_off"), rules=AttendanceRules.of(book("OS")))


def test_time_off_may_weigh_more_than_an_hour_and_be_silent_about_holidays():
    rules = AttendanceRules.of(edited("ES", ES_132_02={"ratio": "1.5", "statutory": "silent"}))

    found = pay(
        span("09:00:00", "11:00:00", day="2026-10-01"),
        month="2026-10",
        rules=rules,
        post_allowance=True,
    )

    assert (found.time_off, found.warnings) == (3, ())


@pytest.mark.parametrize(
    "bad",
    [
        {"starts_at": "2026-11-20T18:00:00", "ends_at": "2026-11-20T20:00:00"},  # no zone
        {"starts_at": "today", "ends_at": "2026-11-20T20:00:00+08:00"},
        {"starts_at": "0001-01-01T00:00:00+08:00", "ends_at": "2026-11-20T20:00:00+08:00"},
        {"starts_at": "9999-12-31T23:00:00-08:00", "ends_at": "9999-12-31T23:59:59-08:00"},
    ],
)
def test_the_calculator_refuses_moments_without_a_zone_or_out_of_reach(bad):
    facts = {
        "month": "2026-11",
        "base": "1000",
        "calendar": CALENDAR.model_dump(mode="json"),
        "worked": [bad],
    }

    with pytest.raises(BadFacts) as refused:
        calculation("overtime").run(book("ES"), facts)
    assert any(field.startswith("worked.0.") for field in refused.value.faults)


def test_the_calculator_tells_overtime_in_both_languages():
    facts = {
        "month": "2026-10",
        "base": "1000",
        "calendar": CALENDAR.model_dump(mode="json"),
        "worked": [
            {"starts_at": "2026-09-30T22:00:00+08:00", "ends_at": "2026-10-01T01:30:00+08:00"}
        ],
    }

    found = calculation("overtime").run(book("ES"), facts)

    assert (found.result["total"], found.result["time_off"]) == ("26.16", "0")
    assert [(line.text, line.value) for line in explain(found.steps, "zh-hans")] == [
        ("2026-10-01 00:00 至 01:30，法定假日", "1.5 小时"),
        ("1.5 小时 × 1,000.00 元 ÷ 21.5 ÷ 8 × 300%（小时工资按 ES-132.08）", "26.16 元"),
    ]
    assert explain(found.steps, "en")[0].text == "2026-10-01 00:00 to 01:30, statutory holiday"


def test_the_calculator_tells_lateness_and_absence():
    lates = [{"on": "2026-11-03", "minutes": 10}, {"on": "2026-11-04", "minutes": 11}]
    found = calculation("lateness").run(book("ES"), {"month": "2026-11", "lates": lates})
    assert found.result == {"charged": ["2026-11-04"], "graced": ["2026-11-03"]}
    assert [line.text for line in explain(found.steps, "en")][-3:] == [
        "2026-11-04: 11 min late, more than 10",
        "2026-11-04: 11 min late, more than 10",
        "2026-11-04: within neither grace",
    ]

    facts = {
        "base": "1000",
        "absences": [{"on": "2026-11-03", "hours": "4"}],
        "leaves": [{"leave": "sick", "on": "2026-11-05", "hours": "8"}],
        "leave_shares": {"sick": "0.8"},
    }
    found = calculation("absence").run(book("ES"), facts)
    assert found.result == {"unpaid": "32.56", "penalty": "46.51"}
    assert [(line.clause, line.value) for line in explain(found.steps, "zh-hans")] == [
        ("ES-133.21", "1 个单位"),
        ("ES-133.22", "23.26 元 + 46.51 元"),
        ("ES-132.08", "9.30 元"),
    ]
    assert [line.text for line in explain(found.steps, "zh-hans")] == [
        "2026-11-03 旷工 4 小时 ÷ 4 小时，不足一个单位进一",
        "1 × 0.5 天 × 3 × 1,000.00 元 ÷ 21.5 = 69.77 元，其中未出勤工资 4 小时 × 1,000.00 元 ÷ 21.5 "
        "÷ 8 = 23.26 元",
        "病假 8 小时 × 1,000.00 元 ÷ 21.5 ÷ 8 ×（1 − 计薪 80%）",
    ]
    assert calculation("absence").run(book("ES"), {"base": "1000"}).result["penalty"] == "0.00"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"base": "1000", "absences": [{"on": "2026-11-03", "hours": "0"}]}, "absences.0.hours"),
        ({"base": "1000", "absences": [{"on": "2026-11-03", "hours": "25"}]}, "absences.0.hours"),
        ({"base": "1000", "absences": [{"on": "2026-11-03", "hours": "NaN"}]}, "absences.0.hours"),
        ({"base": "0"}, "base"),
        ({"base": 1000.5}, "base"),
        ({}, "base"),
    ],
)
def test_bad_facts_are_named(facts, field):
    with pytest.raises(BadFacts) as refused:
        calculation("absence").run(book("ES"), facts)
    assert field in refused.value.faults


def test_without_a_grace_every_late_arrival_counts_and_none_of_next_month():
    late = Late(on=date(2026, 11, 3), minutes=1)

    assert lateness("2026-11", [late], AttendanceRules.of(book("CD"))).charged == (late,)
    with pytest.raises(BadFacts, match="2026-11-03 is after 2026-10"):
        lateness("2026-10", [late], ES)


def test_months_are_counted_by_the_calendar():
    assert (first_day("2028-02"), last_day("2028-02")) == (date(2028, 2, 1), date(2028, 2, 29))
    assert months_between("2025-12", "2026-01") == 1
    assert months_between("2026-11", "2026-11") == 0
    assert months_between("2026-11", "2024-10") == -25
    assert month_of(date(2026, 3, 31)) == "2026-03"


# -- what always holds -------------------------------------------------------------------------------

starts = st.datetimes(
    min_value=at("00:00:00", "2026-10-01").replace(tzinfo=None),
    max_value=at("00:00:00", "2026-10-30").replace(tzinfo=None),
)
minutes = st.integers(1, 24 * 60)


@settings(max_examples=40)
@given(start=starts, length=minutes, base=st.decimals(1, 50_000, places=2))
def test_however_overtime_is_parted_no_minute_is_lost_or_paid_twice(start, length, base):
    begins = start.replace(tzinfo=SHANGHAI, second=0, microsecond=0)
    stretch = Worked(starts_at=begins, ends_at=begins + timedelta(minutes=length))

    found = pay(stretch, month="2026-10", base=base)
    back = pay(stretch, month="2026-10", base=base, post_allowance=True)

    assert back.time_off == Fraction(length, 60) and back.pay == ()
    hour = Fraction(base) / Fraction("21.5") / 8
    least, most = (hour * Fraction(length, 60) * Fraction(times) for times in ("1.5", "3"))
    total = Fraction(sum(line.amount for line in found.pay))
    assert least - Fraction("0.01") <= total <= most + Fraction("0.01")


@settings(max_examples=40)
@given(
    hours=st.lists(st.decimals("0.25", 8, places=2), min_size=1, max_size=6),
    base=st.decimals(1, 50_000, places=2),
)
def test_absence_costs_at_least_what_was_not_earned_and_three_times_that_at_units(hours, base):
    absences = [Absent(on=date(2026, 11, 2 + n), hours=h) for n, h in enumerate(hours)]

    found = absence(absences, base, ES)
    longer = absence([*absences, Absent(on=date(2026, 11, 20), hours="1")], base, ES)

    units = sum(-(-int(h * 100) // 400) for h in hours)
    assert found.units == units
    whole = units * Fraction(3, 2) * Fraction(base) / Fraction("21.5")
    assert abs(Fraction(found.unpaid + found.penalty) - whole) <= Fraction("0.005")
    assert found.unpaid >= 0 and found.penalty >= 0
    assert longer.unpaid + longer.penalty >= found.unpaid + found.penalty


@settings(max_examples=40)
@given(
    late=st.lists(
        st.builds(
            Late,
            on=st.dates(date(2026, 9, 1), date(2026, 11, 30)),
            minutes=st.integers(1, 30),
        ),
        max_size=10,
    )
)
def test_nobody_is_charged_more_for_having_been_late_less(late):
    found = lateness("2026-11", late, ES)
    fewer = lateness("2026-11", late[1:], ES)

    assert len(fewer.charged) <= len(found.charged)
    november = [entry for entry in late if entry.on.month == 11]
    assert len(found.charged) + len(found.graced) == len(november)
    assert all(entry.minutes <= 10 for entry in found.graced)
    long = [entry for entry in november if entry.minutes > 10]
    assert len(long) <= len(found.charged) <= max(len(long), len(long) + len(november) - 2)


@settings(max_examples=30)
@given(
    hours=st.lists(st.decimals("0.25", 8, places=2), min_size=1, max_size=5),
    share=st.decimals(0, 1, places=2),
)
def test_leave_takes_only_the_share_that_is_not_paid(hours, share):
    leaves = [Leave(leave="sick", on=date(2026, 11, 2), hours=h) for h in hours]

    found = leave_unpaid(leaves, {"sick": share}, Decimal(1720), ES)

    owed = Fraction(sum(hours)) * 10 * (1 - Fraction(share))
    assert abs(Fraction(sum(line.amount for line in found)) - owed) <= Fraction("0.005")
