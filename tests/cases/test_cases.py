"""Cases and their timeline: arrows that exist, lines that stay."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from kefu.cases import services as cases
from kefu.cases.models import TRANSITIONS, Case
from kefu.desk import services as desk
from kefu.errors import Conflict
from tests.centre import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def test_a_number_names_the_kind_and_the_day_in_shanghai():
    before, after = (
        datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 20, 16, tzinfo=UTC),
    )

    assert cases.next_number(Case.Kind.INQUIRY, before).startswith("CX-261120-")
    assert cases.next_number(Case.Kind.COMPLAINT, after).startswith("TS-261121-")


@pytest.mark.django_db(transaction=True)
def test_numbers_given_at_once_differ():
    numbers = at_once(*[lambda: cases.next_number(Case.Kind.INQUIRY, at("09:00:00"))] * 12)

    assert len(set(numbers)) == 12
    assert all(isinstance(number, str) for number in numbers)


@pytest.mark.parametrize("before", Case.State.values)
@pytest.mark.parametrize("to", Case.State.values)
def test_the_code_and_the_database_know_the_same_arrows(centre, before, to):
    case = centre.inquiry(now=at("09:00:00"))
    closed = {"closed_at": at("09:00:00")}
    path = {
        "open": [],
        "waiting": ["waiting"],
        "answered": ["answered"],
        "closed": ["answered", "closed"],
    }
    for state in path[before]:
        Case.objects.filter(pk=case.pk).update(state=state, **(closed if state == "closed" else {}))
    case.refresh_from_db()
    times = closed if to == "closed" else {"closed_at": None}
    allowed = before == to or (before, to) in TRANSITIONS

    with transaction.atomic():
        if allowed:
            Case.objects.filter(pk=case.pk).update(state=to, **times)
        else:
            with pytest.raises(DatabaseError), transaction.atomic():
                Case.objects.filter(pk=case.pk).update(state=to, **times)
    case.refresh_from_db()
    case.state = before
    if allowed:
        cases.move(case=case, to=Case.State(to), **times)
    else:
        with pytest.raises(Conflict) as refused:
            cases.move(case=case, to=Case.State(to), **times)
        assert refused.value.code == "illegal_step"


def test_a_closed_case_has_a_time_and_an_open_one_has_none(centre):
    case = centre.inquiry(now=at("09:00:00"))
    Case.objects.filter(pk=case.pk).update(state="answered")

    for columns in ({"state": "closed"}, {"closed_at": at("09:00:00")}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(**columns)


@pytest.mark.parametrize("table", ["cases_interaction", "cases_caselink", "cases_handover"])
def test_the_timeline_is_only_added_to(centre, clock, table):
    case, other = centre.inquiry(now=at("09:00:00")), centre.inquiry(now=at("09:00:00"))
    desk.hand_over(
        giver=centre.lin,
        items=[desk.HandOverItem(case, centre.zhou, "请跟")],
        actor=centre.lin.user,
        now=clock("09:10:00"),
    )
    case.links.create(
        origin=other, cause="no_reply", linked_by=centre.lin.user, linked_at=at("09:00:00")
    )

    for statement in (
        f"UPDATE {table} SET id = id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_list_shows_the_latest_word_and_not_the_latest_step(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    desk.add_note(
        case=case, text="客户很急，电话 13912345678", actor=centre.lin.user, now=clock("09:05:00")
    )
    desk.escalate(case=case, note="网点拒绝配合", actor=centre.lin.user, now=clock("09:06:00"))
    desk.settle_escalation(case=case, note="已联系", actor=centre.wang.user, now=clock("09:07:00"))

    case.refresh_from_db()
    assert (case.last_text, case.last_at) == ("已联系", at("09:07:00"))
    note = case.interactions.get(kind="note")
    assert "13912345678" not in note.text
    assert note.sealed["text"].endswith("13912345678")
