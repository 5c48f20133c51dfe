"""The scores of a month have a last day: whoever judges is told before it, and once more when it has passed."""

from datetime import date

import pytest
from django.test import Client

from kefu.notifications.models import Event
from kefu.staff.models import Department, Employee
from payroll.models import Employment, Holiday, MonthScore
from payroll.selectors.closings import closings
from payroll.selectors.departments import ruled
from payroll.selectors.rosters import edition_of
from payroll.selectors.score_facts import gather
from payroll.selectors.scores import closes_on
from payroll.services import score_reminders
from tests.centre import at
from tests.centre import build as build_centre
from tests.payroll.house import build

pytestmark = pytest.mark.django_db
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def house():
    """Payday is the 10th; Lin, Zhou and Wang are scored under Chen and He."""
    made = build(now=at("2026-11-20 08:00"))
    people = Employee.objects.filter(department=made.centre.query_desk)
    Employment.objects.bulk_create(
        Employment(employee=one, hired_on=date(2024, 1, 15)) for one in people
    )
    return made


def remind(moment):
    return score_reminders.remind(now=at(moment))


def client_of(who):
    client = Client()
    client.force_login(who.user)
    return client


def published(centre, *people):
    using = edition_of(centre.query_desk.pk, at=at("2026-12-09 08:00"))
    MonthScore.objects.bulk_create(
        MonthScore(
            employee=one, month=NOVEMBER, department=centre.query_desk, first_on=NOVEMBER,
            last_on=date(2026, 11, 30), mechanism="month_score", clause="SD-233.07", points=100,
            facts={"month": "2026-11", "hired_on": "2024-01-15"}, rulebook_id=using.version_id, published_by=centre.chen.user, published_at=at("12:00"),
        )
        for one in people
    )  # fmt: skip


@pytest.mark.rule("SD-233.13", "SD-221.12", "SD-233.15")
def test_the_hundred_points_are_settled_the_day_before_payday(house, settings):
    centre = house.centre
    centre.work_by("SD-2")

    assert remind("2026-12-08 23:59") == 0
    published(centre, centre.lin)
    assert remind("2026-12-09 00:00") == 2  # both supervisors, once
    assert remind("2026-12-09 08:00") == 0
    rung = Event.objects.filter(kind="scores.due").order_by("pk")
    assert {one.user_id for one in rung} == {centre.chen.user_id, centre.he.user_id}
    assert (rung[0].data["month"], rung[0].data["until"], rung[0].data["n"]) == (
        "2026-11", "12-09 24:00", 2,
    )  # fmt: skip
    assert remind("2026-12-10 00:00") == 2  # late now
    assert Event.objects.filter(kind="scores.late").count() == 2

    settings.KEFU_NOW = at("2026-12-09 08:00")
    chen = client_of(centre.chen)
    page = chen.get("/people/scores/?month=2026-11").content.decode()
    assert "2026-11 的得分要在 12-09 24:00 前公布（SD-233.13），还差 2 人" in page
    assert "2026-11-10 – 2026-12-09" in client_of(centre.lin).get("/people/score/").content.decode()
    bell = chen.get("/bell/").content.decode()
    assert "/people/scores/" in bell

    published(centre, centre.zhou, centre.wang)
    rules = edition_of(centre.query_desk.pk, at=at("2026-12-09 08:00")).rules
    assert [
        one.month for one in closings(centre.query_desk, rules, now=at("2026-12-09 09:00"))
    ] == [date(2026, 12, 1)]  # the next sheet, in January


@pytest.mark.rule("ES-603.01")
def test_the_sixty_forty_sheet_is_for_the_last_working_day(house):
    """31 October was a Saturday, which is worked; 30 November a Monday."""
    centre = house.centre
    centre.work_by("ES")
    rules = edition_of(centre.query_desk.pk, at=at("12:00")).rules

    found = closings(centre.query_desk, rules, now=at("2026-11-20 12:00"))

    assert [(one.clause, one.until, one.open) for one in found] == [
        ("ES-603.01", "10-31 24:00", 3),
        ("ES-603.01", "11-30 24:00", 3),
    ]
    assert remind("2026-11-27 23:59") == 2  # October's is late
    assert remind("2026-11-28 00:00") == 2  # three days before
    Holiday.objects.create(day=date(2026, 11, 30), kind=Holiday.Kind.DAY_OFF, name="停电")
    [*_october, due] = closings(centre.query_desk, rules, now=at("2026-11-20 12:00"))
    [gathered] = gather([centre.lin], NOVEMBER)
    # A supervisor is told of the day on which it may be published, and 29 November is a Sunday.
    assert (due.until, closes_on(gathered)) == ("11-28 24:00", date(2026, 11, 28))


def test_a_department_that_no_rulebook_holds_for_keeps_none_after_it_from_being_asked():
    desk = build_centre(now=at("2026-11-20 08:00"), rules_since=date(2026, 6, 1))
    desk.work_by("ES")  # since January
    every = Department.objects.filter(active=True).order_by("-pk")
    assert every[0] != desk.query_desk

    asked = list(ruled(every, at=at("2026-03-02 08:00")))

    assert [(one, using.rules.code) for one, using in asked] == [(desk.query_desk, "ES")]
