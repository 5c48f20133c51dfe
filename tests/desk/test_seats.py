"""The evening: who has to stay open, who may go busy, who may go home, and who hears of it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kefu.demo import words
from kefu.desk import services as desk
from kefu.errors import Conflict
from kefu.notifications.models import Event
from kefu.policy.rulebook import load
from kefu.staff import services as staff
from kefu.staff import tasks
from kefu.staff.models import Department, Duty, SeatAlarm
from kefu.staff.selectors import seats_missed_after
from tests.centre import at
from tests.frozen import NO_RULES
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def evening(centre):
    """林小月 at the query desk, 周明 at the front desk, which handles no inquiries; both since eight."""
    centre.zhou.department = centre.front_desk
    centre.zhou.save()
    for employee in (centre.lin, centre.zhou):
        staff.come_on_duty(employee=employee, now=at("08:00:00"))
    return centre


def switchboard_at(department):
    Department.objects.filter(pk=department.pk).update(switchboard=True)


def front_desk_as_in_the_demo(centre):
    """It holds the switchboard and works inquiries."""
    works = {code: works for code, _desk, _name, _english, works in words.DEPARTMENTS}
    assert (words.SWITCHBOARD, works["front"], works["query"]) == ("front", True, True)
    Department.objects.filter(pk=centre.front_desk.pk).update(
        works_inquiries=True, switchboard=True
    )


def missed_by(employee, now):
    return [lack.name for lack in seats_missed_after(employee=employee, now=now)]


def busy(employee, now):
    return staff.set_seat(
        employee=employee, seat="busy", rules=load("CD"), actor=employee.user, now=now
    )


def told():
    return set(Event.objects.filter(kind="seat.missing").values_list("user_id", flat=True))


def leads(centre):
    return {centre.wang.user_id, centre.chen.user_id, centre.he.user_id}


def signed_in(employee):
    client = Client()
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


# -- going busy -----------------------------------------------------------------------------------


@pytest.mark.rule("CD-03.09", "CD-03.13")
@pytest.mark.parametrize(
    ("when", "refused"),
    [
        ("17:29:59.999999", False),
        ("17:30:00", True),
        ("18:30:00", True),
        ("18:30:00.000001", False),
    ],
)
def test_the_last_query_seat_stays_open_though_the_front_desk_is_there(
    evening, clock, when, refused
):
    if not refused:
        assert busy(evening.lin, clock(when)).seat == "busy"
        return
    with pytest.raises(Conflict) as error:
        busy(evening.lin, clock(when))

    assert error.value.code == "last_open_seat"
    assert "17:30–18:30 要留查询席 1 个（CD-03.09）" in str(error.value)
    assert "CD-03.10" not in str(error.value)  # an extension is open still
    assert Duty.objects.get(employee=evening.lin).seat == "available"


@pytest.mark.rule("CD-03.09", "CD-06.34")
@pytest.mark.parametrize(
    ("when", "refused"), [("17:30:00", True), ("19:30:00", True), ("19:30:00.000001", False)]
)
def test_the_switchboard_stays_until_the_business_line_closes(evening, clock, when, refused):
    switchboard_at(evening.front_desk)

    if not refused:
        assert busy(evening.zhou, clock(when)).seat == "busy"
        return
    with pytest.raises(Conflict, match=r"17:30–19:30 要留总机 1 个（CD-03\.09）"):
        busy(evening.zhou, clock(when))


@pytest.mark.rule("CD-03.09")
def test_where_no_department_has_the_switchboard_none_is_asked_for(evening, clock):
    assert busy(evening.zhou, clock("18:00:00")).seat == "busy"


@pytest.mark.rule("CD-03.09")
def test_one_at_the_switchboard_is_not_the_query_seat_too(evening, clock):
    front_desk_as_in_the_demo(evening)
    now = clock("18:00:00")

    for employee, what in ((evening.lin, "查询席"), (evening.zhou, "总机")):
        with pytest.raises(Conflict, match=f"要留{what} 1 个") as refused:
            busy(employee, now)
        assert str(refused.value).count("CD-03.09") == 1


@pytest.mark.rule("CD-03.09")
def test_where_all_who_work_inquiries_hold_the_switchboard_they_share_both(evening, clock):
    switchboard_at(evening.query_desk)
    staff.come_on_duty(employee=evening.wang, now=at("08:00:00"))
    now = clock("18:00:00")
    assert missed_by(evening.zhou, now) == []  # at the front desk, which has neither

    assert missed_by(evening.lin, now) == ["query_seats"]  # 王芳 alone cannot be two
    desk.leave(employee=evening.lin, now=now)
    assert missed_by(evening.wang, now) == ["switchboards"]  # the query seat was missing before
    desk.leave(employee=evening.wang, now=now)
    assert missed_by(evening.zhou, now) == ["open_extensions"]


@pytest.mark.rule("CD-03.09")
def test_another_desk_at_the_switchboard_sets_those_of_the_query_desk_free(evening, clock):
    switchboard_at(evening.query_desk)
    switchboard_at(evening.front_desk)
    now = clock("18:00:00")

    assert missed_by(evening.lin, now) == ["query_seats"]
    assert missed_by(evening.zhou, now) == ["query_seats"]  # 林小月 would have to take the calls
    assert not told()


@pytest.mark.rule("CD-03.09")
def test_nobody_is_kept_for_a_seat_that_his_own_does_not_count_to(evening, clock):
    switchboard_at(evening.front_desk)
    staff.come_on_duty(employee=evening.wang, now=at("08:00:00"))
    staff.go_off_duty(employee=evening.zhou, now=clock("17:00:00"))  # nobody at the switchboard

    assert busy(evening.lin, clock("18:00:00")).seat == "busy"  # 王芳 is open at the query desk


@pytest.mark.rule("CD-03.09", "CD-03.10")
def test_the_last_of_all_is_told_of_everything_that_would_be_missing(evening, clock):
    staff.go_off_duty(employee=evening.zhou, now=at("17:00:00"))

    with pytest.raises(Conflict) as error:
        busy(evening.lin, clock("18:00:00"))

    assert str(error.value).startswith(
        "17:30–18:30 要留查询席 1 个（CD-03.09）；17:30–19:30 要留在线坐席 1 个（CD-03.10）。"
    )


@pytest.mark.rule("CD-03.09")
def test_the_workbench_says_why_one_cannot_go_busy(evening, clock):
    clock("18:00:00")

    answer = signed_in(evening.lin).post(reverse("workbench:seat"), {"seat": "busy"})

    assert answer.status_code == 204
    assert "CD-03.09" in answer.headers["HX-Trigger"]


# -- going home -----------------------------------------------------------------------------------


@pytest.mark.rule("CD-03.09", "CD-03.10")
def test_nobody_is_kept_from_going_home_but_the_leads_hear_what_is_missing(evening, clock):
    desk.leave(employee=evening.lin, now=clock("18:00:00"))

    assert not Duty.objects.filter(employee=evening.lin, ended_at=None).exists()
    assert told() == leads(evening)
    event = Event.objects.filter(kind="seat.missing").first()
    assert event.data == {
        "who": "林小月 0826",
        "missing": [
            {
                "clause": "CD-03.09",
                "name": "query_seats",
                "wanted": 1,
                "there": 0,
                "since": "17:30:00",
                "until": "18:30:00",
            }
        ],
    }


@pytest.mark.rule("CD-03.09")
def test_a_lead_who_leaves_is_not_told_what_he_leaves(evening, clock):
    staff.come_on_duty(employee=evening.wang, now=at("08:00:00"))
    staff.go_off_duty(employee=evening.lin, now=at("17:00:00"))

    desk.leave(employee=evening.wang, now=clock("18:00:00"))

    assert told() == leads(evening) - {evening.wang.user_id}


@pytest.mark.rule("CD-03.09", "CD-03.10")
@pytest.mark.parametrize(
    "nothing_is_missing",
    [
        "a colleague is there",
        "he was busy already",
        "he was not on duty",
        "the lines have closed",
    ],
)
def test_a_leave_that_leaves_nothing_open_troubles_nobody(evening, clock, nothing_is_missing):
    when, who = "18:00:00", evening.lin
    match nothing_is_missing:
        case "a colleague is there":
            staff.come_on_duty(employee=evening.wang, now=at("08:00:00"))
        case "he was busy already":
            busy(evening.lin, at("17:00:00"))
        case "he was not on duty":
            who = evening.he
        case "the lines have closed":
            when = "19:30:00.000001"

    desk.leave(employee=who, now=clock(when))

    assert told() == set()


@NO_RULES
def test_nor_does_one_before_there_are_any_rules(evening, clock):
    desk.leave(employee=evening.lin, now=clock("18:00:00"))

    assert told() == set()


# -- a gap that is there when the clause begins to hold ---------------------------------------------


def rung():
    """Whom the bells tell of which seats, ring by ring."""
    events = Event.objects.filter(kind="seat.missing").order_by("pk")
    return [(e.user_id, [lack["name"] for lack in e.data["missing"]]) for e in events]


@pytest.fixture
def deserted(evening, clock):
    """林小月 goes home and 周明 goes busy at the last moment before the clause holds: nobody is refused."""
    desk.leave(employee=evening.lin, now=clock("17:29:59.999999"))
    busy(evening.zhou, clock("17:29:59.999999"))
    assert tasks.tell_missing_seats() == 0 and not rung()
    return evening


@pytest.mark.rule("CD-03.09", "CD-03.10")
def test_a_gap_that_began_before_is_told_once_the_clause_holds(deserted, clock):
    clock("17:30:00")

    assert tasks.tell_missing_seats() == 2

    both = ["query_seats", "open_extensions"]
    assert sorted(rung()) == sorted((lead, both) for lead in leads(deserted))


@pytest.mark.rule("CD-03.09", "CD-03.10")
def test_it_is_told_once_a_day_clause_and_seat(deserted, clock):
    for when in ("17:30:00", "17:31:00", "18:30:00", "19:30:00", "2026-11-21 17:29:59"):
        clock(when)
        tasks.tell_missing_seats()
    assert len(rung()) == len(leads(deserted))

    switchboard_at(deserted.front_desk)  # another seat of the same clause
    clock("19:00:00")
    assert tasks.tell_missing_seats() == 1
    assert rung()[-1][1] == ["switchboards"]

    clock("2026-11-21 17:30:00")
    assert tasks.tell_missing_seats() == 3


@pytest.mark.rule("CD-03.09", "CD-03.10")
@pytest.mark.parametrize("when", ["17:29:59.999999", "19:30:00.000001"])
def test_before_and_after_the_clause_holds_nobody_is_told(deserted, clock, when):
    clock(when)

    assert tasks.tell_missing_seats() == 0
    assert not rung()


@pytest.mark.rule("CD-03.09")
def test_what_a_leave_has_told_is_not_told_again(evening, clock):
    desk.leave(employee=evening.lin, now=clock("18:00:00"))
    before = rung()
    assert tasks.tell_missing_seats() == 0
    assert rung() == before

    busy(evening.zhou, at("17:00:00"))  # the last extension, and nobody was told of that
    assert tasks.tell_missing_seats() == 1
    assert rung()[-1][1] == ["open_extensions"]


@pytest.mark.rule("CD-03.09")
def test_who_leaves_after_the_ring_is_told_of_all_the_same(deserted, clock):
    clock("17:30:00")
    tasks.tell_missing_seats()
    staff.come_on_duty(employee=deserted.lin, now=clock("17:40:00"))

    desk.leave(employee=deserted.lin, now=clock("18:00:00"))

    assert len(rung()) == 2 * len(leads(deserted))


@pytest.mark.rule("CD-03.09")
def test_what_counts_is_the_rulebook_of_the_whole_centre(deserted, clock):
    deserted.work_by("ES")  # the query desk alone: it asks for no seats
    clock("17:30:00")

    assert tasks.tell_missing_seats() == 2


@NO_RULES
def test_and_that_of_a_desk_alone_tells_nothing(deserted, clock):
    deserted.work_by("CD")
    clock("17:30:00")

    assert tasks.tell_missing_seats() == 0


@pytest.mark.rule("CD-03.09")
def test_the_bell_says_what_is_missing_where_nobody_left(deserted, clock):
    clock("17:30:00")
    tasks.tell_missing_seats()

    html = signed_in(deserted.chen).get(reverse("workbench:bell")).content.decode()

    assert "该留的席位没人了" in html
    assert "17:30–18:30 要留查询席 1 个（CD-03.09）" in html
    assert "已下班" not in html


@pytest.mark.django_db(transaction=True)
def test_of_two_that_look_at_once_one_rings(centre, clock):
    clock("18:00:00")

    told_by = at_once(tasks.tell_missing_seats, tasks.tell_missing_seats)

    assert sum(told_by) == 2 == SeatAlarm.objects.count()
    seats = [seat for _lead, seats in rung() for seat in seats]
    assert len(seats) == 2 * len(leads(centre))


def test_looking_costs_the_same_however_many_are_on_duty(deserted, clock):
    clock("17:30:00")
    tasks.tell_missing_seats()

    def asked():
        with CaptureQueriesContext(connection) as queries:
            tasks.tell_missing_seats()
        return len(queries)

    few = asked()
    for employee in (deserted.wang, deserted.chen, deserted.he):
        staff.come_on_duty(employee=employee, now=at("08:00:00"))
        staff.set_seat(
            employee=employee,
            seat="busy",
            rules=load("CD"),
            actor=employee.user,
            now=at("17:00:00"),
        )

    assert asked() == few <= 10


def test_it_is_looked_every_minute(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["tell-missing-seats"]

    assert entry["task"] == tasks.tell_missing_seats.name
    assert entry["schedule"].total_seconds() <= 60


@pytest.mark.rule("CD-03.09")
def test_who_is_suspended_in_the_evening_leaves_a_seat_too(evening, clock):
    staff.suspend(
        employee=evening.lin, reason="考核不合格", actor=evening.chen.user, now=clock("18:00:00")
    )

    assert told() == leads(evening)


@pytest.mark.rule("CD-03.09")
def test_the_bell_of_a_lead_says_who_left_and_what_is_missing(evening, clock):
    desk.leave(employee=evening.lin, now=clock("18:00:00"))

    html = signed_in(evening.chen).get(reverse("workbench:bell")).content.decode()

    assert "该留的席位没人了" in html
    assert "林小月 0826 已下班：17:30–18:30 要留查询席 1 个（CD-03.09）" in html


@pytest.mark.rule("CD-03.09", "CD-03.11")
@pytest.mark.parametrize(("when", "warned"), [("17:29:59", False), ("17:30:00", True)])
def test_the_hand_over_page_says_before_what_would_be_missing(evening, clock, when, warned):
    clock(when)

    html = signed_in(evening.lin).get(reverse("workbench:hand_over")).content.decode()

    assert ("17:30–18:30 要留查询席 1 个（CD-03.09）" in html) == warned


def test_more_people_on_duty_ask_no_more_questions(evening, clock):
    clock("18:00:00")
    browser = signed_in(evening.lin)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("workbench:hand_over"))
        return len(queries)

    asked()  # the first reads the rulebook
    few = asked()
    for employee in (evening.wang, evening.chen, evening.he):
        staff.come_on_duty(employee=employee, now=at("08:00:00"))

    assert asked() == few


@pytest.mark.rule("CD-03.09")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_leave_at_once_the_second_leaves_the_gap(centre, clock):
    for employee in (centre.lin, centre.zhou):
        staff.come_on_duty(employee=employee, now=at("08:00:00"))
    now = clock("18:00:00")

    def leave(who):
        return lambda: desk.leave(employee=who, now=now)

    at_once(leave(centre.lin), leave(centre.zhou))

    assert Event.objects.filter(kind="seat.missing").count() == len(leads(centre))
