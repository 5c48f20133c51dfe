"""The express service's clocks, courses, dates and periods, clause by clause, on policy alone."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy import measures
from kefu.policy.calendars import Calendar, MakeUpDay
from kefu.policy.clauses import NotSet
from kefu.policy.clocks import NoCalendar
from kefu.policy.due import ClockFacts, MissingMoment, NoClock, age, due
from kefu.policy.explanation import explain, explain_due
from kefu.policy.incidents import mass_incident
from kefu.policy.requirements import offered, requirements
from kefu.policy.retention import retention_ends
from kefu.policy.rosters import (
    course_plan,
    limit_of,
    minutes_of,
    shift_on,
    usual_week,
    within_limit,
)
from kefu.policy.rulebook import Rulebook
from kefu.policy.seats import missing_seats
from tests.policy.moments import at, shown
from tests.policy.timetables import (
    FIVE_DAYS,
    SIX_DAYS,
    book,
    check_age,
    check_clock,
    check_rounds,
    moment,
    row,
)

ES = book("ES")
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("clause", "times", "cases", "event", "happened", "due_at", "role", "warnings"),
    [
        # Three months; a month that is too short ends with its last day.
        row(
            "ES-124.01", "probation", "any", "hired",
            "2026-11-30 08:00", "03-01 00:00:00", "supervisor", (10080, 1440),
        ),
        row(
            "ES-125.03", "personal_change", "address phone marital_status", "change",
            "2026-11-20 10:00", "12-21 00:00:00", "employee", (None, None),
        ),
        row(
            "ES-125.04", "personal_change", "emergency_contact", "change",
            "2026-11-20 10:00", "12-21 00:00:00", "employee", (None, None),
        ),
        row(
            "ES-125.05", "personal_change", "course education_proof professional_body", "change",
            "2027-01-31 10:00", "03-01 00:00:00", "employee", (None, None),
        ),
        row(
            "ES-302.06", "complaint_solution", "general", "receipt",
            "2026-11-20 10:00", "11-21 10:00:00", "owner", (120, 60),
        ),
        row(
            "ES-302.11", "complaint_solution", "major", "receipt",
            "2026-11-20 10:00", "11-22 10:00:00", "owner", (240, 120),
        ),
        row(
            "ES-303.06", "complaint_verification", "general", "receipt",
            "2026-11-20 10:00", "11-20 11:00:00", "owner", (10, 5),
        ),
        row(
            "ES-303.10", "complaint_verification", "major", "receipt",
            "2026-11-20 10:00", "11-20 16:00:00", "owner", (60, 30),
        ),
        row(
            "ES-303.23", "complaint_follow_up", "any", "resolved",
            "2026-11-20 10:00", "11-21 10:00:00", "owner", (120, 60),
        ),
        row(
            "ES-303.27", "complaint_revisit", "any", "dissatisfied_call",
            "2026-11-20 20:00", "11-21 08:00:00", "owner", (60, 30),
        ),
        row(
            "ES-404.06", "password_change", "any", "password_set",
            "2026-11-20 10:00", "12-05 10:00:00", "employee", (1440, None),
        ),
        row(
            "ES-405.06", "data_incident_plan", "any", "discovery",
            "2026-11-20 10:00", "11-20 12:00:00", "department", (30, 15),
        ),
        row(
            "ES-502.09", "disaster_follow_up", "any", "disaster_end",
            "2026-11-20 10:00", "11-21 10:00:00", "owner", (120, 60),
        ),
        row(
            "ES-502.11", "technical_contact", "any", "failure_report",
            "2026-11-20 10:00", "11-20 10:05:00", "supervisor", (2, 1),
        ),
        row(
            "ES-502.13", "recovery_estimate", "any", "failure_report",
            "2026-11-20 10:00", "11-20 10:30:00", "supervisor", (5, None),
        ),
        row(
            "ES-502.15", "waiting_customers", "any", "recovery",
            "2026-11-20 10:00", "11-20 11:00:00", "owner", (15, 5),
        ),
        row(
            "ES-502.20", "incident_plan", "any", "incident_start",
            "2026-11-20 10:00", "11-20 12:00:00", "supervisor", (30, 15),
        ),
        row(
            "ES-502.21", "incident_investigation", "any", "incident_start",
            "2026-11-20 10:00", "11-20 12:00:00", "supervisor", (30, 15),
        ),
        row(
            "ES-502.24", "incident_completion", "any", "incident_start",
            "2026-11-20 10:00", "11-22 10:00:00", "supervisor", (240, 120),
        ),
    ],
)  # fmt: skip
def test_when_it_is_due_and_who_is_warned(
    clause, times, cases, event, happened, due_at, role, warnings
):
    check_clock(ES, clause, times, cases, event, happened, due_at, role, warnings)


@pytest.mark.rule("ES-303.01")
def test_a_complaint_is_registered_at_once_and_the_house_looks_after_half_an_hour():
    check_age(ES, "ES-303.01", "complaint_registration", "any", "receipt", "owner", 30)


@pytest.mark.rule("ES-502.13")
def test_the_thirty_minutes_a_customer_is_told_are_an_estimate():
    reported = ClockFacts({"failure_report": at("10:00:00")})

    estimate, contact = (due(t, reported, ES) for t in ("recovery_estimate", "technical_contact"))

    assert not estimate.breaches
    assert contact.breaches
    assert explain_due(estimate.inputs(), "zh", ES).arithmetic[-1].text.startswith("只是告知")


@pytest.mark.rule("ES-133.12")
def test_a_missed_punch_is_corrected_on_the_day_or_the_next_that_is_worked():
    check_clock(
        ES, "ES-133.12", "punch_correction", "any", "missed_punch",
        "2026-11-20 08:00", "11-22 00:00:00", "employee", (None, None), SIX_DAYS,
    )  # fmt: skip
    check_clock(
        ES, "ES-133.12", "punch_correction", "any", "missed_punch",
        "2026-11-21 08:00", "11-24 00:00:00", "employee", (None, None), SIX_DAYS,
    )  # fmt: skip
    with pytest.raises(NoCalendar, match=r"ES-133\.12"):
        due("punch_correction", ClockFacts({"missed_punch": at("08:00:00")}), ES)


# A complaint that is classed anew.


def complaint(times: str, case: str, classed_at: str | None = None):
    facts = ClockFacts(
        {"receipt": at("10:00:00")}, case=case, classed_at=classed_at and moment(classed_at)
    )
    return due(times, facts, ES)


@pytest.mark.rule("ES-302.11")
def test_an_upgraded_complaint_has_48_hours_from_its_first_receipt():
    found = complaint("complaint_solution", "major", "2026-11-21 09:00")

    assert (found.clause, shown(found.due_at)) == ("ES-302.11", "11-22 10:00:00")
    assert [step.key for step in found.steps] == ["reclassed_from_start", "due_elapsed"]


@pytest.mark.rule("ES-303.10")
def test_its_new_verification_has_six_hours_from_the_upgrade():
    found = complaint("complaint_verification", "major", "2026-11-21 09:00")

    assert (found.clause, shown(found.due_at)) == ("ES-303.10", "11-21 15:00:00")
    assert shown(complaint("complaint_verification", "major").due_at) == "11-20 16:00:00"
    assert explain(found.steps, "en")[0].text.endswith("counted from then")


@pytest.mark.rule("ES-302.06", "ES-302.11")
def test_a_complaint_of_no_class_has_no_clock():
    with pytest.raises(NoClock, match="'unclassed'"):
        complaint("complaint_solution", "unclassed")


@pytest.mark.rule("ES-303.27")
def test_the_revisit_counts_from_the_call_and_not_from_the_solution():
    with pytest.raises(MissingMoment, match=r"ES-303\.27: when was 'dissatisfied_call'"):
        due("complaint_revisit", ClockFacts({"resolved": at("10:00:00")}), ES)


# Many complaints at once.


def received(*minutes: float):
    return [at("10:00:00") + n * MINUTE for n in minutes]


@pytest.mark.rule("ES-502.17")
@pytest.mark.parametrize(
    ("minutes", "starts"),
    [
        (range(20), None),  # twenty are not more than twenty
        (range(21), "11-20 10:20:00"),
        ([*range(20), 60], "11-20 11:00:00"),  # exactly an hour after the first
        ([*range(20), 60.01], None),  # the first has dropped out
        ([0, *range(50, 70)], None),
        ([0, *range(50, 71)], "11-20 11:10:00"),  # across the full hour
        ([*range(21)][::-1], "11-20 10:20:00"),  # in any order
        ([5] * 30, "11-20 10:05:00"),
    ],
)
def test_the_twenty_first_within_an_hour_starts_an_incident(minutes, starts):
    found = mass_incident(received(*minutes), ES)

    assert (found and shown(found.starts_at)) == starts
    assert not found or explain(found.steps, "zh")[0].value == "启动预案"


@pytest.mark.rule("ES-502.17")
def test_one_issue_has_one_incident_at_a_time():
    assert mass_incident(received(*range(30)), ES, is_open=True) is None
    assert ES["ES-502.17"].of == "mass_incident"
    assert ES["ES-502.17"].measure == "complaints_on_same_issue"


def changed(clause: str, **settings) -> Rulebook:
    content = ES.to_json()
    next(c for c in content["clauses"] if c["id"] == clause).update(settings)
    return Rulebook.from_json(content)


@pytest.mark.rule("ES-502.17")
def test_by_the_other_reading_the_hours_are_those_of_the_clock():
    by_the_clock = changed("ES-502.17", window="clock_hour")

    assert mass_incident(received(*range(50, 71)), by_the_clock) is None
    assert mass_incident(received(*range(30, 51)), by_the_clock)


@settings(deadline=None, max_examples=60)
@given(minutes=st.lists(st.integers(0, 300), max_size=80))
def test_an_incident_starts_with_the_first_complaint_that_is_one_too_many(minutes):
    found = mass_incident(received(*minutes), ES)

    expected = [m for m in sorted(minutes) if sum(m - 60 <= other <= m for other in minutes) > 20]
    assert (found and found.starts_at) == (received(expected[0])[0] if expected else None)


@pytest.mark.rule("ES-502.19")
def test_somebody_is_named_for_the_phone_and_for_online():
    named = {"incident_phone_agents": 1, "incident_online_agents": 1}

    assert missing_seats(ES, named, time(12)) == ()
    for who in named:
        (missing,) = missing_seats(ES, named | {who: 0}, time(12))
        assert (missing.clause, missing.name, missing.wanted) == ("ES-502.19", who, 1)


# Working hours.


@pytest.mark.rule("ES-131.01", "ES-131.04", "ES-131.05")
def test_six_days_a_week_from_eight_to_twelve_and_half_past_one_to_half_past_five():
    week = usual_week("any", ES)

    hours = [[(window.opens, window.closes) for window in day] for day in week]
    assert hours == [[("08:00", "12:00"), ("13:30", "17:30")]] * 6 + [[]]
    assert minutes_of(shift_on("any", "morning", 1, ES)) == 240
    assert minutes_of(shift_on("any", "afternoon", 1, ES)) == 240
    assert Calendar(department="office", edition="1", week=week).works(date(2026, 11, 21))


@pytest.mark.parametrize(
    ("clause", "per", "hours", "beyond"),
    [
        row("ES-131.02", "day", 8, "flag"),
        row("ES-131.03", "week", 48, "warn"),
    ],
)
def test_regular_hours_have_a_bound(clause, per, hours, beyond):
    limit = limit_of("regular_time", per, ES)

    assert (limit.id, limit.unit) == (clause, "hours")
    assert within_limit(hours, limit).within
    assert within_limit(hours + 1, limit).then == beyond


# What is kept.


@pytest.mark.parametrize(
    ("clause", "what", "event", "since", "last"),
    [
        row("ES-403.06", "id_copy", "copied", "2026-11-20", "2026-11-27"),
        row("ES-404.11", "customer_data", "closed", "2026-11-20", "2028-11-20"),
        row("ES-404.11", "logistics_data", "closed", "2028-02-29", "2030-02-28"),
        row("ES-404.12", "service_record", "closed", "2028-02-29", "2029-02-28"),
    ],
)
def test_what_is_past_its_time_is_destroyed(clause, what, event, since, last):
    kept = retention_ends(what, date.fromisoformat(since), ES)

    assert (kept.clause, kept.last_on) == (clause, date.fromisoformat(last))
    assert ES[clause].since == event
    assert kept.must
    assert explain(kept.steps, "en")[-1].text.startswith("Has to be destroyed")
    open_case = retention_ends(what, date.fromisoformat(since), ES, held=True)
    assert (open_case.last_on, open_case.must) == (None, False)


@pytest.mark.rule("ES-403.06")
def test_by_the_other_reading_the_day_of_the_copy_is_the_first():
    first_day = changed("ES-403.06", start_counts=True)

    assert retention_ends("id_copy", date(2026, 11, 20), first_day).last_on == date(2026, 11, 26)


def test_of_what_no_clause_speaks_nothing_is_destroyed():
    with pytest.raises(LookupError, match="says nothing about keeping 'payslips'"):
        retention_ends("payslips", date(2026, 11, 20), ES)
    with pytest.raises(ValueError, match="beyond the calendar"):
        retention_ends("id_copy", date.max, ES)


# Courses and what comes round.

HOLIDAY = Calendar.plain(
    dict.fromkeys(range(1, 7), (("08:00", "17:30"),)),
    years=(2026,),
    days_off=(date(2026, 11, 24),),
    make_up=(MakeUpDay(on=date(2026, 11, 22), like=1),),
)


@pytest.mark.rule("ES-602.02", "ES-602.03", "ES-602.04", "ES-602.05", "ES-602.06")
def test_a_new_agent_is_trained_for_seven_working_days():
    plan = course_plan("pre_job_training", date(2026, 11, 20), ES, HOLIDAY)

    assert [(d.number, d.on.day, d.clause, d.topics, d.mentor) for d in plan] == [
        (1, 20, "ES-602.03", ("culture", "regulations", "service_rules"), False),
        (2, 21, "ES-602.03", ("culture", "regulations", "service_rules"), False),
        (3, 22, "ES-602.04", ("shipping", "fees", "prohibited_goods", "system"), False),
        (4, 23, "ES-602.04", ("shipping", "fees", "prohibited_goods", "system"), False),
        (5, 25, "ES-602.05", ("scripts", "simulation"), True),
        (6, 26, "ES-602.05", ("scripts", "simulation"), True),
        (7, 27, "ES-602.06", ("theory", "practice"), False),
    ]
    assert [(ES[f"ES-602.0{n}"].first, ES[f"ES-602.0{n}"].last) for n in range(2, 7)] == [
        (1, 7),
        (1, 2),
        (3, 4),
        (5, 6),
        (7, 7),
    ]
    with pytest.raises(NoCalendar, match=r"ES-602\.02"):
        course_plan("pre_job_training", date(2026, 11, 20), ES)


@pytest.mark.parametrize(
    ("clause", "kinds"),
    [
        row("ES-602.10", "business_update"),
        row("ES-602.11", "service_skill"),
        row("ES-602.12", "case_sharing_good case_sharing_bad"),
    ],
)
def test_the_kinds_of_training(clause, kinds):
    found = offered(ES, "training_category")

    assert [item.key for item in ES[clause].items] == kinds.split()
    assert set(kinds.split()) <= set(found.keys)
    assert clause in {step.clause for step in found.steps}
    assert requirements(ES, "training_category", ()).complete


@pytest.mark.parametrize(
    ("clause", "subject", "after", "dues", "role", "warnings", "calendar"),
    [
        row(
            "ES-503.01", "emergency_drill", "2026-11-20 10:00",
            ["12-01 00:00:00", "01-01 00:00:00"], "supervisor", (10080, None), None,
        ),
        row(
            "ES-602.08", "regular_training", "2026-11-20 10:00",
            ["12-01 00:00:00", "01-01 00:00:00"], "employee", (10080, None), None,
        ),
        # October 2026 ends on a Saturday, which is worked.
        row(
            "ES-603.01", "monthly_assessment", "2026-10-20 10:00",
            ["11-01 00:00:00", "12-01 00:00:00"], "supervisor", (4320, None), SIX_DAYS,
        ),
        row(
            "ES-603.03", "annual_assessment", "2026-11-20 10:00",
            ["12-02 00:00:00", "12-02 00:00:00"], "supervisor", (None, None), None,
        ),
    ],
)  # fmt: skip
def test_what_comes_round_is_due_on_these_days(
    clause, subject, after, dues, role, warnings, calendar
):
    check_rounds(ES, clause, subject, after, dues, role, warnings, calendar)


@pytest.mark.rule("ES-603.01")
def test_in_a_five_day_week_the_last_working_day_of_october_is_a_friday():
    check_rounds(
        ES, "ES-603.01", "monthly_assessment", "2026-10-20 10:00",
        ["10-31 00:00:00"], "supervisor", (4320, None), FIVE_DAYS,
    )  # fmt: skip
    with pytest.raises(NoCalendar):
        check_rounds(
            ES, "ES-603.01", "monthly_assessment", "2026-10-20 10:00", [""], "", (None, None)
        )


def test_an_unknown_clock_is_named():
    with pytest.raises(NoClock, match="ES has no clock for 'tea_break' of case 'any'"):
        due("tea_break", ClockFacts({}), ES)
    with pytest.raises(NoClock):
        age("tea_break", ClockFacts({}), ES, at("10:00:00"))
    with pytest.raises(NotSet, match="limit"):
        ES["ES-303.01"].given("limit")


@pytest.mark.rule("ES-602.09")
@pytest.mark.parametrize(("hours", "kept"), [("2", True), ("1.99", False), ("3", True)])
def test_a_training_session_takes_two_hours(hours, kept):
    found = measures.counted(ES, "training_hours", {"any": Decimal(hours)})

    assert (found.kept, [count.per for count in found.counts]) == (kept, ["session"])
