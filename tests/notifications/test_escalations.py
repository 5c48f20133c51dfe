"""A deadline nobody looks at rings the lead, then the supervisor: each once."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline, Escalation
from kefu.notifications.models import Event
from kefu.staff.models import Duty
from tests.api.conftest import centre, now
from tests.threads import at_once

__all__ = ["centre", "now"]
pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def warned(centre, now):
    """One deadline whose agent has just been warned."""
    centre.inquiry(now=now)
    deadline = Deadline.objects.order_by("due_at").first()
    Deadline.objects.filter(pk=deadline.pk).update(warned_at=now)
    return deadline


def rung():
    return list(
        Event.objects.filter(kind=Event.Kind.ESCALATED)
        .order_by("pk")
        .values_list("user_id", flat=True)
    )


def levels():
    return [(str(one.level), one.user_ids) for one in Escalation.objects.order_by("pk")]


def test_the_lead_after_five_minutes_the_supervisors_after_ten_each_once(
    centre, warned, now, client
):
    Duty.objects.get_or_create(
        employee=centre.wang, ended_at=None, defaults={"started_at": now, "seat_since": now}
    )
    deadlines.escalate(now=now + 5 * MINUTE - timedelta(seconds=1))
    assert rung() == []

    at_once(*[lambda: deadlines.escalate(now=now + 5 * MINUTE)] * 3)
    assert rung() == [centre.wang.user_id]
    deadlines.escalate(now=now + 9 * MINUTE)
    deadlines.escalate(now=now + 10 * MINUTE)
    deadlines.escalate(now=now + 20 * MINUTE)

    assert [level for level, _people in levels()] == ["lead", "supervisor"]
    assert centre.chen.user_id in rung()
    client.force_login(centre.lin.user)
    page = client.get(f"/cases/{warned.case.number}/").content.decode()
    for told in ("没人看，提醒了当班组长", "仍没人看，提醒了部门主管"):
        assert page.count(f"时限 {warned.clause} {told}") == 1
    assert len(rung()) == len(set(rung()))


def test_a_level_nobody_fills_is_written_down_and_takes_no_time(centre, warned, now):
    Duty.objects.filter(employee=centre.wang).update(ended_at=now)

    deadlines.escalate(now=now + 5 * MINUTE)

    assert levels()[0] == ("lead", [])
    assert centre.chen.user_id in rung()


def test_a_case_that_was_looked_at_rings_nobody(centre, warned, now):
    deadlines.see_warnings(case=warned.case, now=now + MINUTE)

    deadlines.escalate(now=now + 30 * MINUTE)

    assert levels() == []


def test_who_looked_at_the_warning_has_not_looked_at_the_breach(centre, warned, now):
    Duty.objects.get_or_create(
        employee=centre.wang, ended_at=None, defaults={"started_at": now, "seat_since": now}
    )
    deadlines.see_warnings(case=warned.case, now=now + MINUTE)
    found = warned.due_at + MINUTE
    Deadline.objects.filter(pk=warned.pk).update(
        state="breached", breached_at=warned.due_at, detected_at=found
    )

    deadlines.escalate(now=found + 5 * MINUTE)
    assert rung() == [centre.wang.user_id]
    deadlines.see_warnings(case=warned.case, now=found + 6 * MINUTE)
    deadlines.escalate(now=found + 20 * MINUTE)

    assert [level for level, _people in levels()] == ["lead"]


def test_what_was_rung_stays(warned, now):
    deadlines.escalate(now=now + 5 * MINUTE)

    with pytest.raises(DatabaseError), transaction.atomic():
        Escalation.objects.update(user_ids=[1])
