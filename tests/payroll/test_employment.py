"""Hired, placed, paid by agreement, gone: each from a day on, and access ends with the step that ends the work."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from kefu.cases.models import Case, HandOver
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.staff.models import Employee, Position, User
from payroll.models import AttendanceClerk, Employment, LockedMonth, Placement
from payroll.selectors.employment import employed_between, placed_in, placement_on, wage_on
from payroll.services import employment
from tests.centre import at
from tests.payroll import joined
from tests.payroll.joined import NOW, SINCE, TODAY

DAY = timedelta(days=1)


@pytest.fixture
def house(db):
    return joined.build()


def hire(house, employee, hired_on=SINCE, **given):
    facts = {"department": house.centre.query_desk, "position": employee.position, **house.ask()}
    return employment.hire(employee=employee, hired_on=hired_on, **(facts | given))


def refused(code, field, do):
    with pytest.raises(KefuError) as caught, transaction.atomic():
        do()
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.rule("ES-116.01")
def test_a_person_is_hired_placed_and_paid_from_a_day_on(house):
    home, lin = house.centre, house.centre.lin
    front, clerk = home.front_desk, Position.objects.create(name="前台文员")

    refused("no_department", "department", lambda: hire(house, lin, department=None))
    refused("no_position", "position", lambda: hire(house, lin, position=None))
    refused("in_the_future", "hired_on", lambda: hire(house, lin, TODAY + DAY))
    with pytest.raises(NotAllowed):
        hire(house, lin, actor=home.chen.user)  # a supervisor takes nobody on
    with pytest.raises(NotAllowed):
        hire(house, house.tan)  # nor does human resources herself
    hire(house, lin)
    refused("hired_already", "hired_on", lambda: hire(house, lin))

    def place(day, department=front, position=clerk):
        return employment.place(
            employee=lin, department=department, position=position, from_on=day, **house.ask()
        )

    refused("before_hire", "from_on", lambda: place(SINCE - DAY))
    refused("no_department", "department", lambda: place(TODAY, department=None))
    refused("placed_already", "department", lambda: place(TODAY, home.query_desk, lin.position))
    keeper = AttendanceClerk.objects.create(
        department=home.query_desk, employee=lin, named_by=home.chen.user, named_at=NOW
    )
    place(date(2026, 10, 1))
    keeper.refresh_from_db()
    assert keeper.ended_at == NOW  # the old department's attendance is no longer his to keep
    lin.refresh_from_db()
    assert (lin.department, lin.position) == (front, clerk)
    assert placement_on(lin, date(2026, 9, 30)).department == home.query_desk
    assert lin in placed_in(home.query_desk, SINCE, TODAY) & placed_in(front, TODAY, TODAY)
    assert lin not in placed_in(home.query_desk, TODAY, TODAY)

    place(TODAY + DAY, home.query_desk, clerk)  # agreed today, holds from tomorrow
    lin.refresh_from_db()
    assert lin.department == front
    assert employment.carry_out(now=NOW) == 0
    assert employment.carry_out(now=NOW + DAY) == 1
    lin.refresh_from_db()
    assert lin.department == home.query_desk

    def agree(base, day=TODAY, reason="试用转正"):
        return employment.agree_wage(
            employee=lin, from_on=day, base=base, reason=reason, **house.ask()
        )

    refused("out_of_range", "base", lambda: agree(Decimal(0)))
    refused("text_required", "reason", lambda: agree(Decimal(2600), reason=" "))
    refused("before_hire", "from_on", lambda: agree(Decimal(2600), SINCE - DAY))
    agree(Decimal(2600))
    assert wage_on(lin, TODAY).base == 2600
    assert wage_on(lin, TODAY - DAY) is None  # what the rulebook says for the post


def test_a_month_that_is_paid_stays_but_a_late_hire_is_true_all_the_same(house):
    lin, zhou = house.centre.lin, house.centre.zhou
    hire(house, zhou)
    LockedMonth.objects.create(month=date(2026, 10, 1), locked_by=house.luo.user, locked_at=NOW)
    hire(house, lin, date(2026, 10, 12))

    assert Employment.objects.get(employee=lin).hired_on == date(2026, 10, 12)
    assert Placement.objects.get(employee=lin).from_on == date(2026, 11, 1)
    shared = {"employee": zhou, **house.ask()}
    late = date(2026, 10, 20)
    refused(
        "month_locked", "last_day", lambda: employment.leave(last_day=late, reason="辞职", **shared)
    )
    refused(
        "month_locked",
        "from_on",
        lambda: employment.agree_wage(from_on=late, base=None, reason="补", **shared),
    )
    refused(
        "month_locked", "from_on",
        lambda: employment.place(from_on=late, department=house.centre.front_desk, position=zhou.position, **shared),
    )  # fmt: skip
    with pytest.raises(Conflict, match="锁定"), transaction.atomic():
        Employment.objects.filter(employee=zhou).update(left_on=late)


def test_access_ends_in_the_step_that_ends_the_work(house, client):
    home, lin = house.centre, house.centre.lin
    hire(house, lin)
    case = home.inquiry(now=NOW)
    client.force_login(lin.user)
    page = reverse("workbench:queue")
    assert client.get(page).status_code == 200
    given = {"employee": lin, "reason": "回老家", **house.ask()}

    refused("before_hire", "last_day", lambda: employment.leave(last_day=SINCE - DAY, **given))
    refused(
        "not_today",
        "last_day",
        lambda: employment.leave(last_day=TODAY + DAY, at_once=True, **given),
    )
    leaving = employment.leave(last_day=TODAY + DAY, **given)
    refused("leaving_already", "last_day", lambda: employment.leave(last_day=TODAY, **given))
    refused("before_hire", "from_on", lambda: employment.agree_wage(
        employee=lin, from_on=TODAY + 2 * DAY, base=None, reason="加薪", **house.ask()
    ))  # fmt: skip
    refused("too_early", None, lambda: employment.end_access(leaving=leaving, **house.ask()))
    employment.stay_on(leaving=leaving, **house.ask())
    assert Employment.objects.get(employee=lin).left_on is None
    employment.leave(last_day=TODAY, **given)
    assert employment.carry_out(now=NOW) == 0  # the last day is still worked
    assert client.get(page).status_code == 200

    assert employment.carry_out(now=at("2026-11-21 00:00")) == 1

    assert client.get(page).status_code == 302
    lin.refresh_from_db()
    account = User.objects.get(pk=lin.user_id)
    assert (lin.status, account.is_active, account.has_usable_password()) == ("left", False, False)
    case.refresh_from_db()
    assert (case.owner, case.department) == (
        None,
        home.query_desk,
    )  # nobody answers for it but the desk
    assert HandOver.objects.get(case=case).giver == lin
    assert (
        Event.objects.get(kind=Event.Kind.ACCOUNT_CLOSED).user_id == lin.user_id
    )  # open pages hear no more
    rung = Event.objects.filter(kind=Event.Kind.PERSON_LEFT)
    assert {one.user_id for one in rung} == {home.chen.user_id, home.he.user_id}
    assert employment.carry_out(now=at("2026-11-21 00:01")) == 0


def test_who_comes_back_has_a_second_employment_and_begins_as_an_agent(house):
    wang = house.centre.wang  # a shift lead
    hire(house, wang)
    employment.leave(
        employee=wang, last_day=TODAY - DAY, kind="dismissed", reason="协商", **house.ask()
    )
    assert Employee.objects.get(pk=wang.pk).status == "left"

    refused("hired_already", "hired_on", lambda: hire(house, wang, TODAY - DAY))
    hire(house, wang, TODAY)

    wang.refresh_from_db()
    account = User.objects.get(pk=wang.user_id)
    assert (wang.status, account.is_active, account.role, account.is_staff) == (
        "active", True, "agent", False,
    )  # fmt: skip
    assert wang.employments.count() == 2
    assert wang in employed_between(TODAY, TODAY) & employed_between(SINCE, SINCE)
    assert Case.objects.filter(owner=wang).count() == 0
