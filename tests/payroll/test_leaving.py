"""Uniforms and equipment from the first day to the last, and what has to be done before a file is closed."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.auth.tokens import default_token_generator
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.urls import reverse
from psycopg.conninfo import make_conninfo

from kefu.api import services as keys
from kefu.cases.models import HandOver
from kefu.desk.services import HandOverItem
from kefu.errors import KefuError, NotAllowed
from kefu.notifications import live, outbox
from kefu.notifications.models import Event
from kefu.overview.joining_checks import JOINING_CHECKS
from kefu.staff.models import User
from payroll.models import Article, Issue, RegisterEntry
from payroll.selectors.leaving import checklist
from payroll.services import employment, equipment, leaving, probation
from tests import centre
from tests.payroll import joined
from tests.payroll.joined import NOW, SINCE, TODAY
from tests.transactions import PATIENCE

DAY = timedelta(days=1)
BROKEN = [
    ("who_left_has_no_access", "UPDATE staff_user SET is_active = true WHERE username = '0826'"),
    ("who_left_has_no_access", "UPDATE payroll_employment SET left_on = left_on + 1"),
    ("probation_ends_as_it_was_judged", "UPDATE payroll_probation SET ends_on = ends_on + 1"),
    ("probation_ends_as_it_was_judged", "UPDATE payroll_probation SET state = 'passed'"),
    ("piece_is_charged_at_its_price", "UPDATE payroll_issue SET price = price + 1"),
]


@pytest.fixture
def house(db):
    made = joined.build()
    lin = made.centre.lin
    employment.hire(
        employee=lin, hired_on=SINCE, department=made.centre.query_desk, position=lin.position, **made.ask()
    )  # fmt: skip
    for name, category, price, in_set in (
        ("春秋工作服", "uniform", 128, 2),
        ("工牌", "uniform", 15, 1),
        ("耳麦", "stationery", 260, 0),
        ("电动车", "vehicle", 2600, 0),
    ):
        Article.objects.create(name=name, category=category, price=Decimal(price), in_set=in_set)
    return made


def refused(code, field, do):
    with pytest.raises(KefuError) as caught, transaction.atomic():
        do()
    assert (caught.value.code, caught.value.field) == (code, field)


def issue(house, name, **given):
    rows = equipment.hand_out(
        employee=house.centre.lin, article=Article.objects.get(name=name), **given, **house.ask()
    )
    return rows[0]


def charges():
    rows = RegisterEntry.objects.filter(kind="charge").order_by("pk")
    return [(row.clause, row.value, row.state) for row in rows]


@pytest.mark.rule("ES-134.01", "ES-134.03", "ES-134.04", "ES-135.01", "ES-135.02")
def test_what_is_handed_out_is_replaced_and_paid_for_only_where_somebody_is_to_blame(house):
    lin = house.centre.lin
    with pytest.raises(NotAllowed):
        equipment.hand_out_set(employee=lin, **house.ask(house.centre.chen))
    given = equipment.hand_out_set(employee=lin, size="L", **house.ask())
    assert sorted(str(one.article) for one in given) == ["工牌", "春秋工作服", "春秋工作服"]
    refused("nothing_to_issue", None, lambda: equipment.hand_out_set(employee=lin, **house.ask()))
    refused("in_the_future", "issued_on", lambda: issue(house, "耳麦", issued_on=TODAY + DAY))
    refused("out_of_range", "count", lambda: issue(house, "耳麦", count=0))
    headset, bike = issue(house, "耳麦"), issue(house, "电动车", size="苏K 12345")
    shirt = next(one for one in given if one.article.price == 128)
    Article.objects.filter(name="春秋工作服").update(price=Decimal(150))

    def ask(row, what="damaged", by=lin):
        return equipment.ask(issue=row, what=what, text="袖口磨破了", **house.ask(by))

    with pytest.raises(NotAllowed):
        ask(shirt, by=house.tan)
    asked = ask(shirt)
    assert Event.objects.filter(data__what="replacement", user_id=house.tan.user_id).exists()
    refused("asked_already", None, lambda: ask(shirt))
    refused("required", "answer", lambda: equipment.refuse(asked=asked, answer="", **house.ask()))
    new = equipment.replace(asked=asked, natural=True, **house.ask())
    shirt.refresh_from_db()
    assert (shirt.outcome, new.replaces, new.size, new.price) == ("worn", shirt, "L", 150)
    assert charges() == []  # natural wear is free
    refused(
        "decided_already", None, lambda: equipment.replace(asked=asked, natural=True, **house.ask())
    )

    equipment.replace(asked=ask(new), natural=False, **house.ask())
    assert charges() == [("ES-134.04", 150, "counted")]  # at the price of its day
    refused(
        "required", "note", lambda: equipment.settle(issue=headset, outcome="lost", **house.ask())
    )
    equipment.settle(
        issue=headset, outcome="lost", careless=False, note="入室盗窃，已报警", **house.ask()
    )
    assert len(charges()) == 1  # no carelessness, no charge
    equipment.settle(issue=bike, outcome="damaged", note="停车未锁被撞", **house.ask())
    assert charges()[1:] == [("ES-135.02", 2600, "counted")]
    refused(
        "settled_already",
        None,
        lambda: equipment.settle(issue=bike, outcome="returned", **house.ask()),
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        Issue.objects.filter(pk=bike.pk).update(outcome="returned")


@pytest.mark.rule("ES-134.05", "ES-135.03")
def test_a_file_is_closed_when_everything_is_handed_over_and_given_back(house):
    home, lin = house.centre, house.centre.lin
    shirt, badge, headset = (issue(house, name) for name in ("春秋工作服", "工牌", "耳麦"))
    first, second = home.inquiry(now=NOW), home.inquiry(now=NOW, waybill=None)
    row = employment.leave(
        employee=lin, last_day=date(2026, 11, 20), reason="另有安排", **house.ask()
    )

    def state():
        return [(one.code, one.clause, one.open) for one in checklist(row, NOW)]

    assert state() == [
        ("cases", "", 2), ("return_uniform", "ES-134.05", 2), ("return_equipment", "ES-135.03", 1), ("access", "", 1),
    ]  # fmt: skip

    def hand_over(case, note="客户等回电", by=house.tan):
        items = [HandOverItem(case=case, to=home.zhou, note=note)]
        leaving.hand_over(leaving=row, items=items, **house.ask(by))

    refused("note_required", "note", lambda: hand_over(first, ""))
    with pytest.raises(NotAllowed):
        hand_over(first, by=home.chen)
    hand_over(first)
    first.refresh_from_db()
    assert (first.owner, HandOver.objects.get(case=first).taker) == (home.zhou, home.zhou)
    refused("not_effected", None, lambda: leaving.close(leaving=row, **house.ask()))

    employment.end_access(
        leaving=row, **house.ask()
    )  # today, and the second case goes back to the desk

    second.refresh_from_db()
    assert second.owner is None
    refused("items_open", None, lambda: leaving.close(leaving=row, **house.ask()))
    equipment.settle(issue=shirt, outcome="returned", **house.ask())
    equipment.settle(issue=badge, outcome="kept", **house.ask())
    equipment.settle(issue=headset, outcome="worn", **house.ask())
    assert charges() == [("ES-134.04", 15, "counted")]  # what is not brought back is paid for
    row.refresh_from_db()
    assert [one for *_line, one in state()] == [0, 0, 0, 0]
    closed = leaving.close(leaving=row, **house.ask())
    assert closed.closed_by == house.tan.user
    refused("closed_already", None, lambda: leaving.close(leaving=row, **house.ask()))


@pytest.mark.django_db(transaction=True)
def test_at_the_moment_of_leaving_every_way_in_is_shut(house, settings):
    """The page and the stream that are open, the admin, polling, the password, a link for a new one; the outlet's key
    that she issued holds until somebody changes it, and the file is not closed before.
    """
    settings.KEFU_NOW = NOW
    home, chen = house.centre, house.centre.chen
    employment.hire(
        employee=chen, hired_on=SINCE, department=home.query_desk, position=chen.position, **house.ask()
    )  # fmt: skip
    key, _secret = keys.issue_key(
        party=home.chengdu, name="对接", scopes=["network_queries:read"], expires_at=None, actor=chen.user, now=NOW
    )  # fmt: skip

    def signs_in(browser):
        given = {"login": "0801", "password": centre.PASSWORD}
        return browser.post(reverse("account_login"), given).status_code == 302

    link = default_token_generator.make_token(chen.user)
    desk, admin = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    for browser in (desk, admin):
        assert signs_in(browser)
    doors = [
        (desk, reverse("workbench:queue")), (desk, reverse("workbench:live_poll")), (desk, reverse("workbench:live")),
        (desk, reverse("payroll:scores")), (admin, reverse("admin:index")),
    ]  # fmt: skip

    def statuses():
        return [browser.get(url).status_code for browser, url in doors]

    assert statuses() == [200, 200, 204, 200, 200]

    def leave():
        try:
            return employment.leave(
                employee=chen, last_day=TODAY, reason="另有安排", at_once=True, **house.ask()
            )
        finally:
            connections.close_all()

    async def listen():
        stream = live.stream(reader=outbox.Reader(chen.user_id, home.query_desk.pk), after=None)
        assert b"clock" in await anext(stream)
        row = await sync_to_async(leave, thread_sensitive=False)()
        return row, [piece async for piece in stream]

    row, heard = asyncio.run(asyncio.wait_for(listen(), PATIENCE))  # it ends by itself

    assert not [piece for piece in heard if b"account.closed" in piece]
    assert statuses() == [302, 302, 401, 302, 302]
    account = User.objects.get(pk=chen.user_id)
    assert not default_token_generator.check_token(account, link)
    assert not signs_in(Client(SERVER_NAME="localhost"))
    assert [(one.code, one.open) for one in checklist(row, NOW) if not one.done] == [("keys", 1)]
    refused("items_open", None, lambda: leaving.close(leaving=row, **house.ask()))
    keys.revoke_key(key=key, actor=home.he.user, now=NOW)
    assert leaving.close(leaving=row, **house.ask()).closed_at == NOW


@pytest.mark.django_db(transaction=True)
def test_what_is_broken_is_reported(house):
    """Somebody on probation lost a badge and left: the books hold, until somebody touches them."""
    lin = house.centre.lin
    probation.begin(employment=lin.employments.get(), coach=None, **house.ask())
    equipment.settle(issue=issue(house, "工牌"), outcome="lost", note="地铁上", **house.ask())
    employment.leave(employee=lin, last_day=TODAY, reason="辞职", at_once=True, **house.ask())
    checks = {name: violations for name, _rows, violations in JOINING_CHECKS}
    assert {name for name, _statement in BROKEN} == set(checks)

    database = make_conninfo(
        django_settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"]
    )
    with psycopg.connect(database) as owner:
        assert [owner.execute(sql).fetchall() for sql in checks.values()] == [[], [], []]
        for check, statement in BROKEN:
            for table in ("staff_user", "payroll_employment", "payroll_probation", "payroll_issue"):
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            assert owner.execute(statement).rowcount, statement
            assert owner.execute(checks[check]).fetchall(), (check, statement)
            owner.rollback()
