"""The clocks as anybody may try them out."""

import json

import pytest

from kefu.policy.calculations import calculation, calculations
from kefu.policy.clauses import NotSet
from kefu.policy.clock_calculations import CALCULATIONS
from kefu.policy.explanation import explain
from kefu.policy.refusals import BadFacts
from tests.policy.timetables import book

WINDOWS = [{"opens": "08:00", "closes": "12:00"}, {"opens": "13:30", "closes": "17:30"}]
FRIDAY = "2026-11-20T16:30:00+08:00"
WORK = {"start_at": FRIDAY, "minutes": 120, "windows": WINDOWS}


@pytest.mark.parametrize(
    ("name", "code", "facts", "result"),
    [
        ("reply", "CD", {"received_at": FRIDAY}, {"due_at": "2026-11-20T09:00:00+00:00"}),
        ("reply", "LC", {"received_at": FRIDAY}, {"due_at": None}),
        ("outlet_reply", "CD", {"asked_at": FRIDAY}, {"due_at": "2026-11-20T10:30:00+00:00"}),
        (
            "complaint_clocks",
            "ES",
            {
                "received_at": FRIDAY,
                "complaint_class": "major",
                "classed_at": "2026-11-20T17:30:00+08:00",
                "resolved_at": "2026-11-21T08:00:00+08:00",
                "dissatisfied_at": "2026-11-21T09:00:00+08:00",
            },
            {
                "verification_due_at": "2026-11-20T15:30:00+00:00",
                "due_at": "2026-11-22T08:30:00+00:00",
                "follow_up_due_at": "2026-11-22T00:00:00+00:00",
                "revisit_due_at": "2026-11-21T13:00:00+00:00",
            },
        ),
        (
            "claim_settlement",
            "CD",
            {"claimed_at": FRIDAY, "claim_type": "damage"},
            {"clause": "CD-05.19", "due_at": "2026-12-05T16:00:00+00:00"},
        ),
        (
            "any_clock",
            "CD",
            {"times": "signature_entry", "happened_at": FRIDAY},
            {"clause": "CD-10.01", "due_at": "2026-11-21T02:00:00+00:00"},
        ),
        (
            "any_clock",
            "OS",
            {"times": "leave_request", "happened_at": FRIDAY},
            {"clause": "OS-04.08", "due_at": "2026-11-19T16:00:00+00:00"},
        ),
        ("working_hours", "CD", WORK, {"due_at": "2026-11-23T01:00:00+00:00"}),
        # The week of the rulebook itself: Saturday is worked.
        (
            "working_hours",
            "ES",
            {**WORK, "windows": []},
            {"due_at": "2026-11-21T01:00:00+00:00"},
        ),
        (
            "calendar_days",
            "CD",
            {"start_at": FRIDAY, "days": 1, "day_type": "working", "windows": WINDOWS},
            {"due_at": "2026-11-23T16:00:00+00:00"},
        ),
        (
            "calendar_days",
            "CD",
            {"start_at": FRIDAY, "days": 3, "start_counts": True},
            {"due_at": "2026-11-22T16:00:00+00:00"},
        ),
        (
            "retention",
            "ES",
            {"what": "id_copy", "since": "2026-11-20"},
            {"last_on": "2026-11-27", "destroy_from": "2026-11-28", "must_destroy": True},
        ),
        (
            "recurring",
            "CD",
            {"subject": "exam", "after": FRIDAY},
            {"on": "2026-11-20", "due_at": "2026-11-20T16:00:00+00:00"},
        ),
        ("mass_incident", "ES", {"received_at": [FRIDAY] * 20}, {"starts_at": None}),
        (
            "mass_incident",
            "ES",
            {"received_at": [FRIDAY] * 21},
            {
                "count": 21,
                "incident_plan_due_at": "2026-11-20T10:30:00+00:00",
                "incident_completion_due_at": "2026-11-22T08:30:00+00:00",
            },
        ),
    ],
)
def test_facts_go_in_and_the_decision_comes_out(name, code, facts, result):
    found = calculation(name).run(book(code), facts)

    assert {key: found.result.get(key) for key in result} == result
    json.dumps(dict(found.result))
    for language in ("zh", "en"):
        assert all("{" not in line.text + line.value for line in explain(found.steps, language))


@pytest.mark.parametrize(
    ("name", "facts", "field"),
    [
        ("reply", {}, "received_at"),
        ("reply", {"received_at": "2026-11-20T16:30:00"}, "received_at"),  # no zone
        ("reply", {"received_at": "0026-11-20T16:30:00Z"}, "received_at"),
        ("outlet_reply", {"asked_at": "yesterday"}, "asked_at"),
        ("claim_settlement", {"claimed_at": FRIDAY, "claim_type": "theft"}, "claim_type"),
        ("working_hours", {**WORK, "minutes": -1}, "minutes"),
        ("working_hours", {**WORK, "minutes": 1e300}, "minutes"),
        ("working_hours", {**WORK, "windows": WINDOWS[::-1]}, "windows"),
        (
            "working_hours",
            {**WORK, "pauses": [{"starts_at": FRIDAY, "ends_at": FRIDAY}]},
            "pauses",
        ),
        ("calendar_days", {"start_at": FRIDAY, "days": 4000}, "days"),
        ("retention", {"what": "signed_receipt", "since": "2026-13-01"}, "since"),
        ("retention", {"what": "Signed Receipt", "since": "2026-11-20"}, "what"),
        ("mass_incident", {"received_at": [FRIDAY] * 2001}, "received_at"),
    ],
)
def test_bad_facts_name_their_field(name, facts, field):
    with pytest.raises(BadFacts) as refused:
        calculation(name).run(book("CD"), facts)

    assert field in " ".join(refused.value.faults)


@pytest.mark.parametrize(
    ("name", "code", "facts", "error"),
    [
        ("any_clock", "CD", {"times": "tea_break", "happened_at": FRIDAY}, LookupError),
        ("any_clock", "SD-1", {"times": "promise", "happened_at": FRIDAY}, NotSet),
        (
            "complaint_clocks",
            "CD",
            {"received_at": FRIDAY, "complaint_class": "major"},
            LookupError,
        ),
        ("retention", "CD", {"what": "payslips", "since": "2026-11-20"}, LookupError),
        ("recurring", "CD", {"subject": "tea_break", "after": FRIDAY}, LookupError),
        ("mass_incident", "CD", {"received_at": []}, LookupError),
        ("working_hours", "LC", {"start_at": FRIDAY, "minutes": 5}, LookupError),
    ],
)
def test_what_the_rulebook_does_not_say_is_said(name, code, facts, error):
    with pytest.raises(error):
        calculation(name).run(book(code), facts)


def test_every_calculation_has_a_form_in_both_languages():
    assert set(CALCULATIONS) <= set(calculations())
    for one in CALCULATIONS:
        schema = one.schema()
        assert one.title.zh != one.title.en
        for field in schema["properties"].values():
            assert field["zh"]
            assert field["en"]
