"""How many promises there are: always what a count would say, and never counted."""

from datetime import date

import pytest
from django.db import transaction

from inquiries import services as inquiries
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import ClauseHour, ClauseMonth, CountMove, Deadline, PartyDay
from kefu.deadlines.selectors import Kept, standing, standing_of_parties
from tests.centre import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)


def ask(centre, *, now, outlet=None):
    case = centre.inquiry(now=now)
    return inquiries.ask_outlet(
        case=case,
        outlet=outlet or centre.chengdu,
        question="件到成都后没有扫描，请核实",
        actor=centre.lin.user,
        now=now,
    )


def of_outlets(**span):
    return standing_of_parties(**{"first": TODAY, "last": TODAY, **span}, kinds=["outlet"])


def everything():
    """The counts by hour, by day and by month."""
    november = {"first": date(2026, 11, 1), "last": date(2026, 11, 30), "by": "month"}
    return [
        standing(first=TODAY, last=TODAY),
        standing(first=TODAY, last=TODAY, by="day"),
        standing(**november),
        of_outlets(),
        of_outlets(**november),
    ]


def test_a_promise_is_counted_at_the_hour_it_falls_due_and_then_by_what_became_of_it(centre, clock):
    query = ask(centre, now=at("08:00:00"))
    ask(centre, now=at("08:10:00"), outlet=centre.xian)
    assert standing(first=TODAY, last=TODAY).clauses["CD-05.09"] == Kept(open=2)
    clock("09:59:00")
    inquiries.record_feedback(
        query=query,
        answer="已找到，今天派送",
        channel="phone",
        actor=centre.lin.user,
        now=at("09:59:00"),
    )
    clock("10:30:00")
    deadlines.sweep()

    found = standing(first=TODAY, last=TODAY)

    assert found.clauses["CD-05.09"] == Kept(met=1, broken=1)
    assert found.moments[10] == Kept(met=1, broken=1)
    assert found.moments[8] == Kept(broken=2)  # the customers' half hours
    assert found.whole == Kept(met=1, broken=3)
    assert standing(first=date(2026, 11, 19), last=date(2026, 11, 19)).whole == Kept()


def test_reading_before_and_after_adding_up_is_the_same_and_adding_up_twice_changes_nothing(
    centre, clock
):
    ask(centre, now=at("08:00:00"))
    clock("10:30:00")
    deadlines.sweep()
    before = everything()

    assert deadlines.roll_counts() > 0
    rolled = everything()
    assert deadlines.roll_counts() == 0

    assert before == rolled
    assert of_outlets() == {centre.chengdu.pk: Kept(broken=1)}
    assert not CountMove.objects.exists()
    by_hour, _by_day, by_month, *_parties = rolled
    assert by_hour.clauses == by_month.clauses
    assert by_month.moments == {date(2026, 11, 1): by_hour.whole}


def test_a_promise_that_moves_is_counted_where_it_is(centre, clock):
    deadline = ask(centre, now=at("08:00:00")).deadline
    deadlines.roll_counts()
    deadline.due_at = at("2026-11-21 09:00:00")
    deadline.save(update_fields=["due_at"])

    tomorrow = date(2026, 11, 21)
    assert "CD-05.09" not in standing(first=TODAY, last=TODAY).clauses
    assert standing(first=tomorrow, last=tomorrow).moments == {9: Kept(open=1)}
    deadlines.roll_counts()
    assert standing(first=tomorrow, last=tomorrow, by="day").moments == {tomorrow: Kept(open=1)}


def test_a_cancelled_promise_is_counted_nowhere(centre, clock):
    deadline = ask(centre, now=at("08:00:00")).deadline
    deadlines.roll_counts()
    Deadline.objects.filter(pk=deadline.pk).update(state="cancelled")

    assert "CD-05.09" not in standing(first=TODAY, last=TODAY).clauses


def test_another_department_counts_for_itself(centre, clock):
    ask(centre, now=at("08:00:00"))
    here, there = centre.query_desk.pk, centre.front_desk.pk

    assert standing(first=TODAY, last=TODAY, department_id=here).whole.due == 2
    assert standing(first=TODAY, last=TODAY, department_id=there).whole.due == 0


def test_a_batch_of_breaches_is_one_line_a_clause_and_party(centre, clock):
    for minute in range(5):
        ask(centre, now=at(f"08:0{minute}:00"))
    deadlines.roll_counts()
    clock("10:30:00")

    deadlines.sweep()

    assert CountMove.objects.filter(clause="CD-05.09").count() == 1
    assert CountMove.objects.get(clause="CD-05.09").broken == 5


def test_a_change_that_counts_for_nothing_leaves_no_line(centre, clock):
    ask(centre, now=at("08:00:00"))
    deadlines.roll_counts()

    Deadline.objects.update(warning_seen_at=at("08:20:00"))

    assert not CountMove.objects.exists()


def test_counting_anew_comes_to_the_same(centre, clock):
    ask(centre, now=at("08:00:00"))
    ask(centre, now=at("08:10:00"), outlet=centre.xian)
    clock("10:05:00")
    deadlines.sweep()
    deadlines.roll_counts()
    before = everything()
    PartyDay.objects.all().delete()
    ClauseMonth.objects.update(met=7)

    deadlines.rebuild_counts()

    assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_whoever_counts_waits_for_nobody(centre, clock):
    """Two that add up at once count everything once, and a promise made meanwhile waits for neither."""
    for minute in range(3):
        ask(centre, now=at(f"08:0{minute}:00"))
    with transaction.atomic():
        deadlines.roll_counts()
        at_once(lambda: ask(centre, now=at("08:05:00")), deadlines.roll_counts)
    while deadlines.roll_counts():
        pass

    assert standing(first=TODAY, last=TODAY).clauses["CD-05.09"] == Kept(open=4)
    assert ClauseHour.objects.get(clause="CD-05.09").open == 4
