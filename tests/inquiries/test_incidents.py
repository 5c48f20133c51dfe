"""Many complaints of one issue: the one that is too many opens the incident, and what then has to happen."""

from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inquiries import services as inquiries
from inquiries.models import GroupedComplaint, Incident
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.deadlines.services import sweep
from kefu.notifications.models import Event
from kefu.policy.rulebook import Rulebook, shipped
from kefu.replay import services as replay
from kefu.replay.decisions import Missing, differences, replayables
from tests import centre as world
from tests.centre import at
from tests.threads import at_once

NUMBERS = count(1)


def complain(centre, when, **given):
    """Somebody complains whom we do not know yet, with all that the express service's form asks for."""
    who = next(NUMBERS)
    facts = {
        "waybill": centre.waybill,
        "customer_name": f"陈{chr(0x4E00 + who)}",
        "customer_phone": f"139{who:08}",
        "details": inquiries.Details(category="other", demand="给个说法"),
        "cause": "delayed",
        "against": centre.chengdu,
        "text": "等了五天还没到",
        "channel": "phone",
        "asker": "receiver",
        "department": centre.query_desk,
        "owner": centre.zhou,
        "actor": centre.zhou.user,
        "now": when,
    }
    return inquiries.file_complaint(**facts | given)


@pytest.fixture
def storm(centre, clock):
    """Works by the express rulebook; ``storm(n)`` complaints about Chengdu, one a minute from ten o'clock."""
    centre.work_by("ES")

    def come(number, since="10:00:00"):
        first = at(since)
        return [
            complain(centre, clock(f"{first + n * timedelta(minutes=1):%H:%M:%S}"))
            for n in range(number)
        ]

    return come


@pytest.mark.django_db
@pytest.mark.rule("ES-502.17")
def test_the_twenty_first_complaint_of_one_issue_within_an_hour_opens_the_incident(centre, storm):
    twenty = storm(20)
    assert not Incident.objects.exists()

    last = storm(1, since="10:59:00")[0]

    incident = Incident.objects.get()
    assert (incident.kind, incident.issue) == ("mass_complaint", f"outlet:{centre.chengdu.pk}")
    assert incident.started_at == at("10:59:00")
    assert incident.case.number.startswith("YJ-")
    assert incident.case.owner == centre.chen
    grouped = GroupedComplaint.objects.filter(incident=incident).order_by("pk")
    assert [one.complaint_id for one in grouped] == [case.pk for case in (*twenty, last)]
    rung = Event.objects.filter(kind="incident.opened", case_id=incident.pk)
    assert set(rung.values_list("user_id", flat=True)) == {
        e.user_id for e in (centre.wang, centre.chen, centre.he)
    }


@pytest.mark.django_db
@pytest.mark.rule("ES-502.17")
def test_what_has_dropped_out_of_the_hour_does_not_count(centre, storm):
    storm(20)

    storm(1, since="11:00:01")

    assert not Incident.objects.exists()


@pytest.mark.django_db
@pytest.mark.rule("ES-502.17")
def test_later_complaints_join_by_themselves_and_a_completed_incident_makes_room_for_another(
    centre, storm, clock
):
    storm(21)
    incident = Incident.objects.get()

    storm(2, since="14:00:00")
    complain(centre, clock("14:05:00"), against=centre.xian)

    assert incident.complaints.count() == 23
    Incident.objects.update(stage="done", completed_at=at("14:30:00"))
    storm(20, since="14:31:00")
    assert Incident.objects.open().count() == 0  # those of the first do not count again
    storm(1, since="14:52:00")
    assert Incident.objects.open().get().complaints.count() == 21


@pytest.mark.django_db
@pytest.mark.rule("ES-502.20", "ES-502.21", "ES-502.24")
def test_plan_and_investigation_are_due_in_two_hours_and_everything_in_forty_eight(storm):
    storm(21)

    incident = Incident.objects.get()
    due = Deadline.objects.filter(case=incident.case).values_list("action", "clause", "due_at")
    started = incident.started_at
    assert set(due) == {
        ("incident_plan", "ES-502.20", started + timedelta(hours=2)),
        ("incident_investigation", "ES-502.21", started + timedelta(hours=2)),
        ("incident_completion", "ES-502.24", started + timedelta(hours=48)),
    }


@pytest.mark.django_db
@pytest.mark.rule("ES-502.17")
def test_an_incident_and_its_clocks_are_decided_anew_without_a_difference(storm, clock):
    storm(23)
    clock("13:00:00")
    sweep()

    found = list(replay.each("2026-11", at=at("13:00:00")))

    assert {one.kind for one in found} >= {"mass_incident", "promise"}
    for one in found:
        assert not isinstance(one.outcome, Missing), one
        assert list(differences(one.decision, one.outcome)) == [], one
    (incident,) = (one for one in found if one.kind == "mass_incident")
    content = shipped("ES")
    rule = next(one for one in content["clauses"] if one["id"] == "ES-502.17")
    rule["more_than"] = 30
    decide = replayables()["mass_incident"].decide
    assert decide(incident.decision.facts, Rulebook.from_json(content)).fields == {
        "started_at": None
    }


@pytest.mark.django_db
def test_a_rulebook_without_the_rule_opens_nothing_and_registering_stays_cheap(centre, clock):
    for n in range(22):
        complain(centre, clock(f"09:{n:02}:00"))
    assert not Incident.objects.exists()

    centre.work_by("ES")
    complain(centre, clock("10:29:00"), against=centre.xian)
    with CaptureQueriesContext(connection) as first:
        complain(centre, clock("10:30:00"), against=centre.xian)
    for n in range(17):
        complain(centre, clock(f"10:{31 + n}:00"), against=centre.xian)
    with CaptureQueriesContext(connection) as twentieth:
        complain(centre, clock("10:50:00"), against=centre.xian)

    assert len(twentieth) == len(first)


@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("ES-502.17")
def test_twenty_one_at_once_open_one_incident_and_all_belong_to_it():
    now = at("10:00:00")
    centre = world.build(now=now)
    centre.work_by("ES")

    done = at_once(*(lambda: complain(centre, now) for _n in range(21)))

    assert [one for one in done if not isinstance(one, Case)] == []
    assert Incident.objects.get().complaints.count() == 21
