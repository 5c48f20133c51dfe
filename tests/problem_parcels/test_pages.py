"""The problem-parcel desk's pages: scanner, pasted lists, lists, replies, the day, the month."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from kefu.cases.models import Case
from kefu.parcels.models import Scan
from kefu.staff.models import User
from problem_parcels import services
from problem_parcels.models import ContactAttempt, Message, ProblemRecord, ReplyCheck, Volume
from tests.centre import at
from tests.problem_parcels.conftest import EVENING, Desk

HTMX = {"HTTP_HX_REQUEST": "true"}
MOST_QUERIES = 16  # one of them: may he work at all?


@pytest.fixture
def page(desk: Desk, client: Client, settings) -> Client:
    settings.KEFU_NOW = EVENING
    client.force_login(desk.lin.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def get(page: Client, name: str, **query: str) -> str:
    answer = page.get(reverse(f"problem_parcels:{name}"), query)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def scan(page: Client, number: str, problem: str = "nobody_home", **said: str) -> str:
    """What the page shows of one scanned number."""
    said = {"outcome": "no_answer", "at": "16:05"} | said
    answer = page.post(
        reverse("problem_parcels:scan"), {"number": number, "problem": problem, **said}, **HTMX
    )
    assert answer.status_code == 200
    return answer.content.decode()


def asked(page: Client, problem: str, **said: str) -> str:
    url = reverse("problem_parcels:scan_fields")
    return page.post(url, {"problem": problem, **said}, **HTMX).content.decode()


@pytest.mark.rule("CD-09.08", "CD-09.13", "CD-09.15", "CD-09.18", "CD-09.20", "CD-09.27")
def test_the_page_asks_what_the_type_asks_and_goes_on_as_one_chooses(page):
    home = asked(page, "nobody_home")
    assert 'value="switched_off"' in home and 'value="busy"' not in home  # the list of this type
    assert "chosen-agreed" not in home
    assert "chosen-agreed" in asked(page, "nobody_home", outcome="reached")
    assert 'name="new_address"' not in asked(page, "address_moved", outcome="no_answer")
    assert 'name="new_address"' in asked(page, "address_moved", outcome="reached")
    change = asked(page, "address_change", **{"chosen-changed": "recipient_and_phone"})
    assert 'name="new_recipient"' in change and 'name="new_phone"' in change
    assert 'name="new_phone"' not in asked(
        page, "address_change", **{"chosen-changed": "recipient"}
    )
    assert 'name="courier"' in asked(
        page, "collect_refused", **{"chosen-refusal_reason": "no_invoice"}
    )
    some_days = asked(page, "out_of_area", **{"chosen-pickup_answer": "in_some_days"})
    assert "chosen-pickup_date" in some_days
    # What was chosen for the type before does not linger.
    assert "pickup" not in asked(page, "returned", **{"chosen-pickup_answer": "in_some_days"})
    page.cookies["django_language"] = "en"
    assert "Sending company" in asked(page, "returned")


def test_one_scan_is_one_parcel_and_at_most_sixteen_questions(desk, page):
    scan(page, desk.arrived.number)  # the first of the day also fills what is read once a process
    desk.waybill("770612045505")
    with CaptureQueriesContext(connection) as taken:
        shown = scan(page, "770612045505")
    # Every statement of the whole request that reads or writes rows, session and user included. Not counted: the
    # marks of transactions, and the two that tell the connection who acts and take it back. The clock is read with
    # the employee, so freezing it here hides no statement.
    unmarked = ("SAVEPOINT", "RELEASE", "SELECT set_config")
    asked_of_the_database = [
        query["sql"] for query in taken.captured_queries if not query["sql"].startswith(unmarked)
    ]
    assert len(asked_of_the_database) <= MOST_QUERIES, "\n".join(asked_of_the_database)
    case = Case.objects.get(waybill_number="770612045505")
    assert all(text in shown for text in (case.number, "送无人", "没人接", "138******45"))
    attempt = ContactAttempt.objects.get(case=case)
    assert (attempt.at, attempt.number_masked) == (at("16:05"), "138******45")


def test_sent_again_it_is_still_one_record_and_a_second_is_made_on_purpose(desk, page):
    scan(page, desk.arrived.number)
    shown = scan(page, desk.arrived.number)
    assert "今天 18:00 已经登记过" in shown and "data-again" in shown
    assert (ProblemRecord.objects.count(), ContactAttempt.objects.count()) == (1, 1)
    assert 'data-result="ok"' in scan(page, desk.arrived.number, again="on")
    assert (Case.objects.filter(kind="problem_parcel").count(), ProblemRecord.objects.count()) == (
        1,
        2,
    )


def test_what_is_refused_says_why_and_keeps_the_number(desk, page):
    unknown = scan(page, "990612045599")
    assert "查无此单" in unknown and 'data-mend="990612045599"' in unknown
    incomplete = scan(page, desk.arrived.number, "address_change", outcome="")
    assert "CD-09.13" in incomplete and 'data-result="refused"' in incomplete
    early = scan(page, desk.arrived.number, at="13:59")
    assert "早于派件扫描" in early
    assert "先选" in page.get(reverse("problem_parcels:scan")).content.decode()
    assert not Case.objects.filter(kind="problem_parcel").exists()
    # Without scripts the page comes back whole, with the row and what was chosen.
    whole = page.post(
        reverse("problem_parcels:scan"),
        {"number": desk.arrived.number, "problem": "nobody_home", "outcome": "busy"},
    ).content.decode()
    assert "不能这样写" in whole and "checked" in whole
    page.force_login(
        User.objects.create(username="partner", role="outlet", party=desk.centre.chengdu),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert page.get(reverse("problem_parcels:scan")).status_code == 403


def test_a_pasted_list_is_registered_and_closed_row_by_row(desk, page):
    numbers = [desk.arrived.number, *(desk.waybill(f"77061204551{n}").number for n in range(2))]
    desk.register("nobody_home", number=numbers[2], owner=desk.zhou)
    text = (
        f"老吴 14:19\n{numbers[0]} 没人接\n这个也是：{numbers[1]}，还有 {numbers[2]}\n990612045599"
    )
    given = {"do": "register", "problem": "nobody_home", "outcome": "no_answer", "at": "16:05"}
    read = page.post(reverse("problem_parcels:batch"), given | {"text": text}).content.decode()
    for number in (*numbers, "990612045599"):
        assert f'name="number" value="{number}"' in read
    run = {**given, "number": [*numbers, "990612045599"]}
    rows = page.post(reverse("problem_parcels:batch_run"), run, **HTMX).content.decode()
    assert rows.count('data-result="ok"') == 2
    assert "周明 0831手上" in rows and "查无此单" in rows
    # Not out of the house yet: none may be closed, and the box offers them again.
    close = {"do": "close", "number": [numbers[0], numbers[2]]}
    whole = page.post(reverse("problem_parcels:batch_run"), close).content.decode()
    assert "CD-04.06" in whole and "手上" in whole
    assert f"{numbers[0]}\n{numbers[2]}</textarea>" in whole
    too_many = {"do": "close", "number": ["770612045501"] * 1_001}
    assert (
        "一次最多 1000 票"
        in page.post(reverse("problem_parcels:batch_run"), too_many, **HTMX).content.decode()
    )
    assert (
        "没有认出运单号"
        in page.post(
            reverse("problem_parcels:batch"), {"do": "close", "text": "今天没有"}
        ).content.decode()
    )


def test_the_lists_show_what_waits_and_narrow_with_constant_questions(desk, page):
    mine = desk.register("nobody_home", remark="敲门无人")
    desk.register("no_outlet", number=desk.sent.number, attempts=[], owner=desk.zhou)

    def questions() -> int:
        with CaptureQueriesContext(connection) as taken:
            get(page, "desk")
        return len(taken.captured_queries)

    shown = get(page, "desk")
    assert all(text in shown for text in (mine.number, "送无人", "进港", "成都", "敲门无人"))
    few = questions()
    for n in range(5):
        desk.register("nobody_home", number=desk.waybill(f"77061204552{n}").number)
    assert questions() == few
    assert desk.sent.number not in get(page, "desk", direction="inbound")
    assert desk.sent.number not in get(page, "desk", whose="mine")
    services.post_message(case=mine, text="请回复", by=desk.lin, actor=desk.lin.user, now=EVENING)
    assert mine.number not in get(page, "desk")
    assert mine.number in get(page, "desk", view="waiting")
    assert "今天没有到期" not in get(page, "desk", view="due")
    assert mine.number not in get(page, "desk", view="ageing")
    Case.objects.filter(pk=mine.pk).update(opened_at=EVENING - timedelta(days=5, minutes=1))
    assert mine.number in get(page, "desk", view="ageing")
    row = page.get(reverse("problem_parcels:rows"), {"view": "waiting", "id": [mine.pk]})
    assert mine.number in row.content.decode()
    assert page.get(reverse("problem_parcels:desk"), {"view": "nothing"}).status_code == 404
    page.cookies["django_language"] = "en"
    assert mine.number in get(page, "desk", view="waiting")


def test_pages_follow_each_other_without_gap_or_repetition(desk, page):
    pattern = desk.register("nobody_home")
    for n in range(120):  # every third due at the same moment, every fifth at none
        due = None if n % 5 == 0 else EVENING + timedelta(minutes=n % 3)
        number = f"7706130{n:05}"
        case = Case.objects.create(
            **{
                name: getattr(pattern, name)
                for name in ("kind", "department", "sealed", "last_at", "opened_at", "waybill")
            },
            number=f"WT-X-{n}",
            waybill_number=number,
            next_due_at=due,
        )
        parcel = pattern.problem_parcel
        parcel.pk = case.pk
        parcel._state.adding = True
        parcel.save(force_insert=True)
    seen: list[int] = []
    url = reverse("problem_parcels:desk")
    while url:
        answer = page.get(url)
        seen += [row.pk for row in answer.context["page"].rows]
        url = answer.context["next_url"]
    assert len(seen) == len(set(seen)) == 121


def test_parcels_are_taken_and_leads_give_them(desk, page):
    free = desk.register("nobody_home")
    Case.objects.filter(pk=free.pk).update(owner=None)
    give = {"case": [free.pk], "back": reverse("problem_parcels:desk")}
    assert page.post(reverse("problem_parcels:give"), give).url == reverse("problem_parcels:desk")
    free.refresh_from_db()
    assert free.owner == desk.lin
    assert (
        page.post(reverse("problem_parcels:give"), give | {"to": desk.zhou.pk}).status_code == 403
    )
    User.objects.filter(pk=desk.lin.user_id).update(role="shift_lead")
    for elsewhere in ("1", "//evil.example/", "https://evil.example/"):
        answer = page.post(
            reverse("problem_parcels:give"), give | {"to": desk.zhou.pk, "back": elsewhere}
        )
        assert answer.url == reverse("problem_parcels:desk"), elsewhere
    free.refresh_from_db()
    assert free.owner == desk.zhou


def answered(desk: Desk, when: datetime) -> Message:
    """A parcel the sending outlet answered about."""
    case = desk.register("nobody_home")
    message = services.post_message(
        case=case, text="请回复", by=desk.lin, actor=desk.lin.user, now=EVENING
    )
    return services.reply(
        message=message,
        text="请再派一次",
        wish="redeliver",
        party=message.receiver,
        actor=None,
        now=when,
    )


@pytest.mark.rule("CD-04.13", "CD-07.08")
def test_replies_wait_oldest_first_and_are_looked_through_twice_a_day(desk, page, settings):
    reply = answered(desk, EVENING + timedelta(minutes=30))
    settings.KEFU_NOW = at("2026-11-21 10:59")
    shown = get(page, "replies")
    assert "请再派一次" in shown and "再派" in shown
    assert "查过了" not in shown  # noon's hour has not come
    settings.KEFU_NOW = at("2026-11-21 11:00")
    assert "12:00 要查一遍回复" in get(page, "replies")
    assert "去查" in get(page, "desk")
    page.post(reverse("problem_parcels:replies_checked"))
    check = ReplyCheck.objects.get()
    assert (check.due_at, check.late, check.checked_by) == (at("2026-11-21 12:00"), False, desk.lin)
    page.post(reverse("problem_parcels:replies_checked"))
    assert ReplyCheck.objects.count() == 1
    # Still unread after somebody looked: it stands out.
    settings.KEFU_NOW = at("2026-11-21 16:01")
    shown = get(page, "replies")
    assert "上次没看到" in shown and "已过时间" in shown
    page.post(reverse("problem_parcels:replies_checked"))
    assert "查迟了" in get(page, "replies")
    # The next day nobody looks at noon: missed when the afternoon's hour begins.
    settings.KEFU_NOW = at("2026-11-22 15:00")
    shown = get(page, "replies")
    assert "没有查" in shown and "16:00 要查一遍回复" in shown
    assert "回复没有查：12:00" in get(page, "desk")
    page.post(reverse("problem_parcels:open_reply", args=[reply.pk]))
    reply.refresh_from_db()
    assert (reply.opened_at, reply.opened_by) == (settings.KEFU_NOW, desk.lin.user)
    assert "没有没看的回复" in get(page, "replies")


@pytest.mark.rule("CD-07.06", "CD-07.07", "CD-07.09")
def test_the_day_lists_what_went_out_and_came_to_nothing(desk, page):
    assert desk.arrived.number in get(page, "undelivered")
    desk.delivering("770612045507", at("14:10"))
    Scan.objects.create(
        waybill_number="770612045507", kind="signed", at=at("15:00"), place="扬州本部"
    )
    within = desk.waybill("770612045503", route_from="扬州")
    case = desk.register("nobody_home")
    same_city = desk.register("nobody_home", number=within.number)
    answer = page.get(reverse("problem_parcels:undelivered"))
    day = answer.context["day"]
    assert day.undelivered == []
    assert [one.pk for one in day.silent] == [case.pk]  # within the city no message is owed
    services.post_message(case=case, text="请回复", by=desk.lin, actor=desk.lin.user, now=EVENING)
    unscanned = Case.objects.get(pk=same_city.pk)
    Message.objects.create(
        case=unscanned,
        sender=desk.centre.company,
        receiver=desk.centre.chengdu,
        sealed={"text": "?"},
        text="?",
        posted_at=EVENING,
    )
    Case.objects.filter(pk=same_city.pk).update(waybill_number="770612045508")
    day = page.get(reverse("problem_parcels:undelivered")).context["day"]
    assert day.silent == []
    assert [one.pk for one in day.unscanned] == [same_city.pk]


@pytest.mark.rule("CD-12.12", "CD-12.13")
def test_the_month_stands_against_the_seasons_target(desk, page, settings):
    settings.KEFU_NOW = at("2026-11-20 18:00")  # the peak season
    month = settings.KEFU_NOW.date().replace(day=1)
    Volume.objects.create(
        employee=desk.lin, month=month, metric="inbound_problem_parcels", number=3_100
    )
    [person] = page.get(reverse("problem_parcels:volumes")).context["people"]
    [inbound] = person.reached  # a desk that does no outbound ones is not measured by them
    assert (inbound.clause, inbound.season) == ("CD-12.12", "peak")
    assert (inbound.points, inbound.missing, inbound.share) == (-1, 400, 88)
    User.objects.filter(pk=desk.lin.user_id).update(role="shift_lead")
    people = page.get(reverse("problem_parcels:volumes")).context["people"]
    assert {one.employee for one in people} == {desk.lin, desk.zhou}


def test_the_navigation_says_how_much_waits(desk, page):
    desk.register("nobody_home")
    with translation.override("zh-hans"):
        shown = page.get(reverse("workbench:queue")).content.decode()
    assert 'id="count-parcels">1<' in shown
