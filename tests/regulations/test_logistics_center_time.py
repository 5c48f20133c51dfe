"""The logistics centre names hardly a number: what is measured, promised and done regularly."""

from datetime import date, timedelta

import pytest

from kefu.policy.clauses import NotSet
from kefu.policy.due import ClockFacts, due
from kefu.policy.explanation import explain
from kefu.policy.recurring import next_occurrence, occurrences, recurring, report_due
from kefu.policy.rulebook import Rulebook
from tests.policy.moments import at, shown
from tests.policy.timetables import (
    book,
    check_age,
    check_made_for,
    check_recurring,
    check_rounds,
    row,
)

LC = book("LC")


@pytest.mark.parametrize(
    ("clause", "times", "cases", "event", "role", "remind"),
    [
        row("LC-01.10", "finding_feedback", "any", "finding", "department", 1440),
        row("LC-03.05", "finding_rectification", "any", "finding", "inspector", None),
        row("LC-03.15", "money_hand_in", "cod freight", "return_trip", "employee", None),
        row("LC-04.01", "incident_investigation", "any", "incident_report", "owner", None),
    ],
)
def test_promptly_is_no_number_so_only_the_age_is_measured(
    clause, times, cases, event, role, remind
):
    check_age(LC, clause, times, cases, event, role, remind)


@pytest.mark.parametrize(
    ("clause", "times", "event", "role", "warnings"),
    [
        row("LC-02.05", "complaint_handling", "receipt", "supervisor", (60, 30)),
        row("LC-03.14", "outlet_remittance", "owed", "outlet", (1440, None)),
    ],
)
def test_each_case_names_the_time_that_was_promised(clause, times, event, role, warnings):
    check_made_for(LC, clause, times, "any")
    open_ = ClockFacts({event: at("10:00:00")})
    named = ClockFacts({event: at("10:00:00")}, promised_for=at("15:00:00", "2026-11-25"))

    found = due(times, named, LC)

    assert (found.clause, shown(found.due_at)) == (clause, "11-25 15:00:00")
    told = tuple(
        warned and (found.due_at - warned) // timedelta(minutes=1)
        for warned in (found.warn_at, found.lead_warn_at)
    )
    assert told == warnings
    assert (LC[clause].role, LC[clause].limit) == (role, None)
    with pytest.raises(NotSet, match=f"{clause}: promised_for"):
        due(times, open_, LC)
    with pytest.raises(ValueError, match="before it began"):
        due(times, ClockFacts({event: at("15:00:01")}, promised_for=at("15:00:00")), LC)


@pytest.mark.parametrize(
    ("clause", "subject", "about", "role"),
    [
        row("LC-01.12", "rate_check", ("freight_rate",), "department"),
        row("LC-01.13", "discipline_check", ("labour_discipline",), "department"),
        row("LC-03.07", "service_check", ("freight_rate", "service_standard"), "inspector"),
        row("LC-04.07", "insurer_contact", (), "owner"),
    ],
)
def test_regularly_is_monthly_because_the_house_says_so(clause, subject, about, role):
    dues = ["12-01 00:00:00", "01-01 00:00:00"]

    check_rounds(LC, clause, subject, "2026-11-20 10:00", dues, role, (4320, None))

    assert LC[clause].per is None
    assert next_occurrence(recurring(subject, LC), at("10:00:00")).about == about


@pytest.mark.rule("LC-01.22", "LC-04.07")
def test_the_centre_leaves_the_insurer_to_the_adjuster():
    centre = LC["LC-01.22"]

    assert (centre.yields_to, centre.subject, centre.per) == ("LC-04.07", "insurer_contact", None)
    check_recurring(centre, "2026-11-20 10:00", ["12-01 00:00:00"], "department", (4320, None))
    assert recurring("insurer_contact", LC).id == "LC-04.07"


@pytest.mark.rule("LC-01.12")
def test_without_an_interval_of_the_house_none_is_invented():
    content = LC.to_json()
    clause = next(c for c in content["clauses"] if c["id"] == "LC-01.12")
    del clause["house"]["per"]
    rules = Rulebook.from_json(content)
    asked = recurring("rate_check", rules)

    with pytest.raises(NotSet, match=r"LC-01\.12: per"):
        list(occurrences(asked, at("10:00:00").date(), at("10:00:00").date()))


@pytest.mark.rule("LC-01.12")
def test_the_explanation_says_whose_interval_it_is():
    (found,) = occurrences(
        recurring("rate_check", LC), at("10:00:00").date(), at("10:00:00", "2026-11-30").date()
    )

    assert explain(found.steps, "zh")[0].text == "规章没有写间隔，公司定为每月"


@pytest.mark.parametrize(
    ("clause", "report", "about", "due_at", "first", "last"),
    [
        # The week of Friday the 20th: next Monday at six.
        row(
            "LC-01.04", "weekly_complaints",
            "2026-11-20", "11-23 18:00:00", "2026-11-16", "2026-11-22",
        ),
        row(
            "LC-01.14", "reward_penalty_detail",
            "2026-12-31", "01-05 18:00:00", "2026-12-01", "2026-12-31",
        ),
        row(
            "LC-01.25", "monthly_claims",
            "2026-02-01", "03-05 18:00:00", "2026-02-01", "2026-02-28",
        ),
    ],
)  # fmt: skip
def test_a_report_is_due_on_the_day_the_house_has_chosen(
    clause, report, about, due_at, first, last
):
    found = report_due(report, date.fromisoformat(about), LC)

    assert (found.clause, shown(found.due_at)) == (clause, due_at)
    assert found.covers == (date.fromisoformat(first), date.fromisoformat(last))
    assert explain(found.steps, "zh") and explain(found.steps, "en")


def test_of_a_report_without_a_day_nothing_is_said():
    with pytest.raises(LookupError, match="does not say when 'horoscope' is due"):
        report_due("horoscope", date(2026, 11, 20), LC)
