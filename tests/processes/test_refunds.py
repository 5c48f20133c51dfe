"""Every day the supervisor looks through the orders in refund or dispute and reminds those who have them."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from kefu.cases.models import Interaction
from kefu.desk import services as desk
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.processes import services
from kefu.processes.models import RefundCheck
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import RulebookVersion
from kefu.staff.models import Department, Position, User
from tests.centre import at
from tests.processes.conftest import Shop, employ
from tests.processes.test_pages import HTMX, sign_in, text
from tests.processes.test_templates import SHEET, published

RETURN = {"wish": "return", "defect": "quality"}


@pytest.fixture
def headed(shop: Shop) -> Shop:
    """Mo is the supervisor of the after-sales desk."""
    position = Position.objects.get(name="查询员")
    desk = shop.desks["after_sale_team"]
    shop.people["mo"] = employ("0805", "莫主管", User.Role.SUPERVISOR, desk, position)
    return shop


def rung(kind: str, user: User) -> list[Event]:
    return list(Event.objects.filter(kind=kind, user_id=user.pk).order_by("pk"))


@pytest.mark.rule("SD-221.08")
def test_the_day_lists_what_is_in_refund_or_dispute_and_is_checked_off_once(
    headed, client, settings
):
    shop, page = headed, reverse("processes:refunds")
    own = published(shop, replace(SHEET, order_state="dispute"))
    back = shop.start("return_of_goods", facts=RETURN)
    swapped = shop.start("return_of_goods", facts=RETURN | {"wish": "exchange"})
    claimed, recalled, odd = (shop.start(code) for code in ("quality_claim", "recall", own.code))
    stuck = shop.start("unidentified_return")
    services.abandon(case=recalled.case, reason="找到了", actor=shop.wang.user, now=shop.later())
    settings.KEFU_NOW = shop.later()

    sign_in(client, shop, "lin")
    assert client.get(page).status_code == 403
    assert page not in text(client.get(reverse("processes:processes")))
    sign_in(client, shop, "mo")
    assert "今天没看" in text(client.get(reverse("processes:running")))
    listed = text(client.get(page))
    for run in (back, claimed, odd):
        assert run.case.number in listed
    for run in (swapped, recalled, stuck):
        assert run.case.number not in listed
    assert "退款中" in listed and "维权中" in listed and "SD-221.08" in listed
    assert "11-20 的退款维权单还没看" in listed and "在办 3 单" in listed

    done = client.post(reverse("processes:refunds_checked"), {"ticket": "a"}, follow=True)
    assert "当时在办 3 单" in text(done) and "今天没看" not in text(done)
    row = RefundCheck.objects.get()
    assert (row.department, row.checked_by) == (shop.desks["after_sale_team"], shop.mo)
    assert (row.due_on, row.open_runs) == (at("09:00").date(), 3)
    again = client.post(reverse("processes:refunds_checked"), {"ticket": "b"}, follow=True)
    assert "已经看过了" in text(again)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        RefundCheck.objects.update(open_runs=0)
    tomorrow = at("2026-11-21 09:00")
    assert services.check_refunds(by=shop.mo, now=tomorrow).due_on == tomorrow.date()


@pytest.mark.rule("SD-221.08")
def test_a_day_that_nobody_looked_through_is_told_once_and_only_where_something_was_open(headed):
    shop = headed
    assert services.remind_of_checks(now=at("2026-11-20 09:00")) == 0
    shop.start("quality_claim")

    assert services.remind_of_checks(now=at("2026-11-20 23:59")) == 0
    assert services.remind_of_checks(now=at("2026-11-21 00:10")) == 1
    assert services.remind_of_checks(now=at("2026-11-21 00:20")) == 0
    (bell,) = rung(Event.Kind.REFUNDS_LATE, shop.mo.user)
    assert (bell.data["on"], bell.data["number"]) == ("11-20", 1)
    services.check_refunds(by=shop.mo, now=at("2026-11-21 09:00"))
    assert services.remind_of_checks(now=at("2026-11-22 00:10")) == 0
    with pytest.raises(NotAllowed):
        services.check_refunds(by=shop.qian, now=at("2026-11-22 09:00"))
    with pytest.raises(Conflict) as none:  # works by another rulebook
        services.check_refunds(by=shop.chen, now=at("2026-11-22 09:00"))
    assert none.value.code == "no_check_due"


@pytest.mark.rule("SD-221.08")
def test_where_the_house_set_a_time_the_bell_rings_before_the_day_is_over(headed, client, settings):
    """An hour before: to Mo, whose desk works by that edition, once, and not where it was looked through already;
    half an hour before to the shift lead, where Mo did nothing."""
    shop = headed
    told_ahead(shop, shop.desks["after_sale_team"], minutes=60, lead=30)
    assert services.remind_of_checks(now=at("23:00")) == 0  # nothing is open
    shop.start("quality_claim")

    assert services.remind_of_checks(now=at("22:59")) == 0
    assert services.remind_of_checks(now=at("23:00")) == 1
    assert services.remind_of_checks(now=at("23:10")) == 0
    (bell,) = Event.objects.filter(kind=Event.Kind.REFUNDS_DUE)
    assert (bell.user_id, bell.data) == (
        shop.mo.user_id,
        {"on": "11-20", "number": 1, "unchecked": False},
    )
    settings.KEFU_NOW = at("23:11")
    rang = text(sign_in(client, shop, "mo").get(reverse("workbench:bell"), **HTMX))
    assert "退款维权单该看了" in rang and "11-20，在办 1 单" in rang
    assert services.remind_of_checks(now=at("23:29")) == 0
    assert services.remind_of_checks(now=at("23:30")) == 1
    assert services.remind_of_checks(now=at("23:31")) == 0
    (lead,) = rung(Event.Kind.REFUNDS_DUE, shop.centre.wang.user)
    assert lead.data == {"on": "11-20", "number": 1, "unchecked": True}
    settings.KEFU_NOW = at("23:32")
    client.force_login(shop.centre.wang.user)
    assert "主管还没有看" in text(client.get(reverse("workbench:bell"), **HTMX))
    services.check_refunds(by=shop.mo, now=at("23:40"))
    assert services.remind_of_checks(now=at("2026-11-21 00:10")) == 0  # it was looked through
    services.check_refunds(by=shop.mo, now=at("2026-11-21 09:00"))
    assert services.remind_of_checks(now=at("2026-11-21 23:30")) == 0
    assert services.remind_of_checks(now=at("2026-11-22 23:10")) == 1
    assert len(rung(Event.Kind.REFUNDS_DUE, shop.mo.user)) == 2
    assert not Event.objects.filter(kind=Event.Kind.REFUNDS_LATE).exists()


def told_ahead(shop: Shop, desk: Department, *, minutes: int, lead: int) -> None:
    """The other supervisor publishes for a desk that the check is to be told of so long before, and to the lead."""
    now, clause = shop.later(), "SD-221.08"
    shipped = RulebookVersion.objects.get(rulebook__code="SD-2", number=1)
    draft = rulebooks.start_draft(version=shipped, actor=shop.chen.user, now=now)
    rulebooks.amend_clause(
        version=draft,
        clause=clause,
        settings={"house": {"warn_before_minutes": minutes, "lead_before_minutes": lead}},
        seen=rulebooks.clause_digest(draft.content, clause),
        actor=shop.chen.user,
        now=now,
    )
    draft.refresh_from_db()
    given = {"version": draft, "effective_on": now.date(), "actor": shop.he.user, "now": now}
    rulebooks.publish(seen=draft.digest, **given)
    rulebooks.assign(department=desk, **given)


@pytest.mark.rule("SD-221.09")
def test_the_owner_of_what_is_open_is_reminded_on_the_record(headed, client, settings):
    shop = headed
    run = shop.start(published(shop, replace(SHEET, order_state="refunding")).code)
    settings.KEFU_NOW = shop.later()
    sign_in(client, shop, "mo")
    case, remind = shop.case(run), reverse("processes:refunds_remind", args=[run.case.number])
    assert case.owner == shop.lin

    page = text(client.post(remind, {"ticket": "a"}, follow=True))
    assert "已提醒 林小月" in page and "1 次" in page
    client.post(remind, {"ticket": "a"})  # sent twice
    settings.KEFU_NOW += timedelta(minutes=30)
    assert "2 次" in text(client.post(remind, {"ticket": "b"}, follow=True))
    lines = Interaction.objects.filter(case=case, action="process_reminded")
    assert [line.data["clause"] for line in lines] == ["SD-221.09"] * 2
    bells = rung(Event.Kind.PROCESS_REMINDED, shop.lin.user)
    assert [bell.case_id for bell in bells] == [case.pk] * 2
    assert "提醒林小月立即处理" in text(client.get(reverse("workbench:case", args=[case.number])))

    idle = shop.start("return_of_goods", facts=RETURN)  # lies with the desk, nobody has it
    assert shop.case(idle).owner is None
    services.remind_owner(case=idle.case, by=shop.mo, now=shop.later(40))
    assert len(rung(Event.Kind.PROCESS_REMINDED, shop.qian.user)) == 1
    desk.take(case=idle.case, employee=shop.mo, now=shop.later(41))
    with pytest.raises(Conflict) as alone:
        services.remind_owner(case=idle.case, by=shop.mo, now=shop.later(42))
    assert alone.value.code == "nobody_to_remind"
    other = shop.start("unidentified_return")
    with pytest.raises(KefuError) as not_one:
        services.remind_owner(case=other.case, by=shop.mo, now=shop.later())
    assert not_one.value.code == "not_open"


def test_the_list_asks_no_more_with_more_orders(headed, client: Client, settings):
    sign_in(client, headed, "mo")

    def asked() -> int:
        settings.KEFU_NOW = headed.later()
        with CaptureQueriesContext(connection) as queries:
            text(client.get(reverse("processes:refunds")))
        return len(queries)

    headed.start("quality_claim")
    asked()
    few = asked()
    for _n in range(4):
        headed.start("quality_claim")
    assert asked() <= few


def test_the_page_is_complete_in_english(headed, client, settings):
    headed.start("quality_claim")
    settings.KEFU_NOW = headed.later()
    sign_in(client, headed, "mo").cookies["django_language"] = "en"
    with translation.override("en"):
        shown = text(client.get(reverse("processes:refunds")))
    for words in (
        "Refunds and disputes of 11-20 not looked through yet",
        "Checked today",
        "Remind",
    ):
        assert words in shown
    assert not re.search("退款|维权|提醒", shown)
