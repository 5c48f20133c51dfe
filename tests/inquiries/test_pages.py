"""The workbench as a browser meets it: what each page shows, what a refusal keeps, what nobody may see."""

import asyncio
import json
import re
import threading
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import InterfaceError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inquiries import services as inquiries
from kefu import clock
from kefu.audit.models import AuditRow
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline, LateEntry
from kefu.deadlines.services import sweep
from kefu.desk import services as desk
from kefu.notifications import live, outbox, presence
from kefu.penalties.models import Penalty, Waiver
from kefu.staff import services as staff
from kefu.staff.models import User
from kefu.workbench import once
from kefu.workbench.forms import TimeOfDay, latest
from kefu.workbench.models import SentForm
from tests import centre as tests
from tests.pages import fields
from tests.threads import at_once
from tests.transactions import PATIENCE, wait_until_events_can_be_read

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def now(settings):
    """Two in the afternoon: no evening rule moves a due time."""
    settings.KEFU_NOW = tests.at("14:00:00")
    return settings.KEFU_NOW


@pytest.fixture
def centre(now):
    return tests.build(now=now)


@pytest.fixture(autouse=True)
def nobody_else_is_here(monkeypatch):
    """Presence lives in Redis; a test that wants somebody there says so."""
    monkeypatch.setattr(presence, "others", lambda **_: {})
    monkeypatch.setattr(presence, "greet", lambda **_: [])


def signed_in(employee) -> Client:
    client = Client()
    client.force_login(employee.user)
    return client


@pytest.fixture
def lin(centre):
    return signed_in(centre.lin)


def page(client, name, *args, status=200, **query):
    answer = client.get(reverse(f"workbench:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


# -- the queue ------------------------------------------------------------------------------------


def test_the_queue_shows_the_soonest_due_first(lin, centre, now):
    later = centre.inquiry(now=now)
    sooner = centre.inquiry(now=now - timedelta(minutes=10))

    html = page(lin, "queue")

    assert html.index(sooner.number) < html.index(later.number)


def test_a_colleagues_case_is_not_mine_but_my_departments(lin, centre, now):
    case = centre.inquiry(now=now, owner=centre.zhou)

    assert case.number not in page(lin, "queue")
    assert case.number in page(lin, "queue", view="department")


def test_the_views_hold_what_their_names_say(lin, centre, now):
    unassigned = centre.inquiry(now=now, department=centre.query_desk, owner=centre.lin)
    Case.objects.filter(pk=unassigned.pk).update(owner=None)
    waiting = centre.inquiry(now=now)
    inquiries.ask_outlet(
        case=waiting, outlet=centre.chengdu, question="到件了吗", actor=centre.lin.user, now=now
    )
    breached = centre.inquiry(now=now)
    Case.objects.filter(pk=breached.pk).update(next_due_at=now - timedelta(minutes=1))
    soon = centre.inquiry(now=now)
    Case.objects.filter(pk=soon.pk).update(next_due_at=now + timedelta(minutes=9))

    for view, case in {
        "unassigned": unassigned,
        "waiting": waiting,
        "breached": breached,
        "soon": soon,
    }.items():
        html = page(lin, "queue", view=view)
        assert case.number in html
        assert html.count("data-number=") == 1, view


def test_an_unknown_view_is_not_found(lin):
    page(lin, "queue", view="everything", status=404)
    page(lin, "queue", kind="gift", status=404)


def test_the_queue_turns_pages_by_key_and_loses_no_case(lin, centre, now):
    for minute in range(53):
        centre.inquiry(now=now - timedelta(seconds=minute))
    Case.objects.filter(pk__in=Case.objects.order_by("pk").values("pk")[:2]).update(
        next_due_at=None
    )
    seen, url = [], reverse("workbench:queue")

    while url:
        answer = lin.get(url)
        shown = answer.context["page"]
        seen += [row.pk for row in shown.rows]
        url = shown.next_url if shown.next_cursor else ""

    assert len(seen) == len(set(seen)) == 53
    assert set(seen) == set(Case.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("cursor", ["x", "_", "9_", "2026-99-01_1", "_-1", "1e9_2", "_" + "9" * 40])
def test_a_cursor_that_is_none_of_ours_starts_at_the_beginning(lin, centre, now, cursor):
    case = centre.inquiry(now=now)

    assert case.number in page(lin, "queue", after=cursor)


def test_the_queue_asks_at_most_twelve_queries_however_many_cases(lin, centre, now):
    for _ in range(20):
        centre.inquiry(now=now)
    page(lin, "queue")

    with CaptureQueriesContext(
        connection,
    ) as twenty:
        page(lin, "queue")
    for _ in range(20):
        centre.inquiry(now=now)
    with CaptureQueriesContext(connection) as forty:
        page(lin, "queue")

    assert len(forty) == len(twenty) <= 12


def test_a_row_says_who_is_liable_and_what_a_breach_costs(lin, centre, now):
    case = centre.inquiry(now=now)
    inquiries.answer_customer(
        case=case, text="在查", channel="phone", substantive=True, actor=centre.lin.user, now=now
    )
    inquiries.ask_outlet(
        case=case, outlet=centre.chengdu, question="到件了吗", actor=centre.lin.user, now=now
    )

    html = page(lin, "queue")

    assert "成都武侯三部" in html
    assert "200 元 · 有投诉才罚" in html


def test_personal_data_is_masked_in_the_queue_and_on_the_case(lin, centre, now):
    case = centre.inquiry(now=now, text="我叫陈晓梅，电话 13800004545，三天没有扫描")

    for html in (
        page(lin, "queue"),
        page(lin, "case", case.number),
        page(lin, "preview", case.number),
    ):
        assert "13800004545" not in html
        assert "陈晓梅" not in html


def test_rows_come_back_only_while_they_belong_to_the_view(lin, centre, now):
    case = centre.inquiry(now=now)
    assert case.number in page(lin, "rows", id=case.pk)

    desk.transfer(
        case=case,
        to=centre.zhou,
        department=centre.query_desk,
        note="他熟",
        actor=centre.lin.user,
        now=now,
    )

    assert case.number not in page(lin, "rows", id=case.pk)


def test_an_empty_queue_says_what_to_do_next(lin, centre, now):
    case = centre.inquiry(now=now)
    Case.objects.filter(pk=case.pk).update(owner=None)

    html = page(lin, "queue")

    assert "你的队列空了" in html
    assert reverse("workbench:take_next") in html


def test_taking_the_most_urgent_case_goes_there(lin, centre, now):
    centre.inquiry(now=now)
    urgent = centre.inquiry(now=now - timedelta(minutes=5))
    Case.objects.update(owner=None)

    answer = lin.post(reverse("workbench:take_next"))

    assert answer.url == reverse("workbench:case", args=[urgent.number])
    urgent.refresh_from_db()
    assert urgent.owner == centre.lin


# -- the case ---------------------------------------------------------------------------------------


def test_the_case_page_tells_clocks_timeline_and_facts(lin, centre, now):
    case = centre.inquiry(now=now - timedelta(minutes=20))
    inquiries.ask_outlet(
        case=case, outlet=centre.chengdu, question="到件了吗", actor=centre.lin.user, now=now
    )
    desk.add_note(case=case, text="客户急用", actor=centre.lin.user, now=now)

    html = page(lin, "case", case.number)

    for words in (
        "成都武侯三部反馈",
        "我回复客户",
        "CD-05.09",
        "200.00 元 · 有投诉才罚",
        "三天没有扫描",
        "林小月 0826 → 成都武侯三部",
        "仅本中心可见",
        "网点反馈后可结案",
    ):
        assert words in html


def test_only_legal_steps_are_offered(lin, centre, now):
    case = centre.inquiry(now=now)
    assert reverse("workbench:step", args=[case.number, "close"]) not in page(
        lin, "case", case.number
    )
    assert reverse("workbench:step", args=[case.number, "feedback"]) not in page(
        lin, "case", case.number
    )

    inquiries.answer_customer(
        case=case,
        text="今天送到",
        channel="phone",
        substantive=True,
        actor=centre.lin.user,
        now=now,
    )

    assert reverse("workbench:step", args=[case.number, "close"]) in page(lin, "case", case.number)


def reply(client, case, *, htmx=True, **given):
    return client.post(
        reverse("inquiries:reply", args=[case.number]),
        {"text": "今天送到", "channel": "phone", "version": case.version, **given},
        headers=HTMX if htmx else {},
    )


def current(case: Case) -> Case:
    case.refresh_from_db()
    return case


def test_only_the_tick_stops_the_customers_clock(lin, centre, now):
    case = current(centre.inquiry(now=now))

    assert reply(lin, case).status_code == 200
    assert case.deadlines.get().state == "running"

    assert reply(lin, current(case), substantive="on").status_code == 200
    assert case.deadlines.get().state == "met"


def test_of_two_answers_the_second_gets_a_conflict_and_keeps_its_words(lin, centre, now):
    case = current(centre.inquiry(now=now))
    seen = case.version
    reply(signed_in(centre.zhou), case, text="周明先答了")

    answer = reply(lin, case, text="林小月也写了一句", version=seen)

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "林小月也写了一句" in html
    assert "周明" in html
    assert 'data-answer="anyway"' in html
    assert not case.interactions.filter(text="林小月也写了一句").exists()


def test_a_refused_answer_keeps_what_was_written(lin, centre, now):
    case = current(centre.inquiry(now=now))

    answer = reply(lin, case, text="柜台答的", channel="chat", happened="00:01")

    assert answer.status_code == 422
    assert "柜台答的" in answer.content.decode()
    assert not case.interactions.filter(text="柜台答的").exists()


def test_an_empty_answer_is_refused_at_the_field(lin, centre, now):
    case = current(centre.inquiry(now=now))

    answer = reply(lin, case, text="   ")

    assert answer.status_code == 422
    assert case.interactions.count() == 1


@pytest.mark.parametrize("typed", ["9:05", "0905", "09：05"])
def test_a_time_of_day_is_typed_as_one_likes(typed):
    assert TimeOfDay().clean(typed).strftime("%H:%M") == "09:05"


def test_a_time_just_before_midnight_means_yesterday():
    told = latest(
        tests.at("23:55:00").timetz().replace(tzinfo=None), tests.at("2026-11-21 00:05:00")
    )

    assert told == tests.at("2026-11-20 23:55:00")


def test_a_note_never_stops_a_clock_and_is_marked_internal(lin, centre, now):
    case = centre.inquiry(now=now)

    answer = lin.post(
        reverse("workbench:note", args=[case.number]), {"text": "只有我们看"}, headers=HTMX
    )

    assert answer.status_code == 200
    assert case.interactions.get(text="只有我们看").kind == Interaction.Kind.NOTE
    assert case.deadlines.get().state == "running"


def test_asking_an_outlet_starts_its_clock(lin, centre, now):
    case = current(centre.inquiry(now=now))

    answer = lin.post(
        reverse("inquiries:outlet", args=[case.number]),
        {"outlet": centre.chengdu.pk, "question": "到件了吗", "version": case.version},
        headers=HTMX,
    )

    assert answer.status_code == 200
    assert Deadline.objects.get(action="feedback").party == centre.chengdu


def test_an_outlet_that_has_to_do_with_another_parcel_cannot_be_asked(lin, centre, now):
    case = current(centre.inquiry(now=now))

    answer = lin.post(
        reverse("inquiries:outlet", args=[case.number]),
        {"outlet": centre.company.pk, "question": "到件了吗", "version": case.version},
    )

    assert answer.status_code == 422


STEPS = {
    "transfer": {"note": "他熟"},
    "escalate": {"note": "客户要全额"},
    "again": {"text": "怎么还没有消息", "channel": "phone"},
    "close": {"note": "已送到"},
    "contact-failed": {"text": "没人接"},
}


@pytest.mark.parametrize("name", STEPS)
def test_each_step_opens_a_dialog_and_does_its_work(lin, centre, now, name):
    case = centre.inquiry(now=now)
    if name == "close":
        inquiries.answer_customer(
            case=case,
            text="今天送到",
            channel="phone",
            substantive=True,
            actor=centre.lin.user,
            now=now,
        )
    case = current(case)
    url = reverse("workbench:step", args=[case.number, name])
    given = {
        "version": case.version,
        "department": centre.query_desk.pk,
        "to": centre.zhou.pk,
        "outlet": centre.chengdu.pk,
        **STEPS[name],
    }
    before = case.interactions.count()

    assert "dialog-title" in lin.get(url).content.decode()
    answer = lin.post(url, given, headers=HTMX)

    assert answer.status_code == 200
    assert "dialog-close" in json.loads(answer.headers["HX-Trigger"])
    assert case.interactions.count() > before


def test_a_step_without_its_note_is_refused_and_changes_nothing(lin, centre, now):
    case = current(centre.inquiry(now=now))

    answer = lin.post(
        reverse("workbench:step", args=[case.number, "transfer"]),
        {
            "department": centre.query_desk.pk,
            "to": centre.zhou.pk,
            "note": " ",
            "version": case.version,
        },
    )

    assert answer.status_code == 422
    assert current(case).owner == centre.lin


def broken(centre, now, settings, *, answered):
    """A case whose answer came ``answered`` after the call, entered by Lin, when 30 minutes were allowed."""
    case = centre.inquiry(now=now)
    settings.KEFU_NOW = now + answered
    sweep()
    inquiries.answer_customer(
        case=current(case),
        text="已到成都，今天派送",
        channel="phone",
        substantive=True,
        actor=centre.lin.user,
        now=settings.KEFU_NOW,
    )
    return case


@pytest.mark.parametrize("closed", [False, True])
def test_an_answer_entered_late_can_be_claimed_to_have_been_in_time(
    lin, centre, now, settings, closed
):
    case = broken(centre, now, settings, answered=timedelta(minutes=45))
    if closed:
        given = {"note": "已送到", "actor": centre.lin.user, "now": settings.KEFU_NOW}
        inquiries.close(case=current(case), **given)
    url = reverse("workbench:step", args=[case.number, "late-entry"])
    claim = {"deadline": case.deadlines.get().pk, "reason": "当时在通话中，没来得及登记"}

    assert url in page(lin, "case", case.number)
    assert "11-20 14:45:00 答复" in lin.get(url).content.decode()
    too_late = lin.post(url, {**claim, "claimed_at": "2026-11-20T14:31:00"})
    assert (too_late.status_code, LateEntry.objects.count()) == (422, 0)
    assert lin.post(url, {**claim, "claimed_at": "2026-11-20T14:29:30"}).status_code == 200

    entry = LateEntry.objects.get()
    assert (entry.claimed_at, entry.proposed_by) == (tests.at("14:29:30"), centre.lin.user)
    assert entry.interaction == case.deadlines.get().answered_by
    assert url not in page(lin, "case", case.number)  # one at a time


def test_nothing_is_claimed_for_an_answer_in_time_or_none(lin, centre, now, settings):
    late = centre.inquiry(now=now - timedelta(hours=1))
    sweep()
    kept = broken(centre, now, settings, answered=timedelta(minutes=5))

    for case in (late, kept):
        url = reverse("workbench:step", args=[case.number, "late-entry"])
        assert url not in page(lin, "case", case.number)


@pytest.mark.rule("CD-02.08")
def test_whoever_is_to_bear_a_deduction_objects_to_it_and_nobody_else_does(
    lin, centre, now, settings
):
    case = centre.inquiry(now=now)
    settings.KEFU_NOW = now + timedelta(minutes=45)
    sweep()
    url = reverse("workbench:step", args=[case.number, "objection"])
    zhou = signed_in(centre.zhou)
    given = {"penalty": Penalty.objects.get().pk, "reason": "电话线路当时中断"}

    assert url not in page(zhou, "case", case.number)
    assert zhou.post(url, given).status_code == 422
    assert not Waiver.objects.exists()
    assert url in page(lin, "case", case.number)
    assert "CD-12.17" in lin.get(url).content.decode()
    assert lin.post(url, given).status_code == 200

    waiver = Waiver.objects.get()
    assert (waiver.ground, waiver.proposed_by) == ("objection", centre.lin.user)
    assert url not in page(lin, "case", case.number)


def test_of_two_who_answer_an_outlet_the_second_is_told_and_keeps_his_text(lin, centre, now):
    case = inquiries.receive_query(
        asking=centre.chengdu,
        question="这票的地址对吗",
        waybill=centre.waybill,
        waybill_number=centre.waybill.number,
        department=centre.query_desk,
        channel=Interaction.Channel.OUTLET,
        actor=None,
        now=now,
    ).case
    url = reverse("inquiries:answer_query", args=[case.number])
    version = current(case).version

    first = signed_in(centre.zhou).post(url, {"answer": "对", "version": version})
    second = lin.post(url, {"answer": "不对，少了门牌", "version": version})

    assert (first.status_code, second.status_code) == (200, 409)
    html = second.content.decode()
    assert "周明" in html.split("data-conflict")[1].split("</b>")[0]
    assert "不对，少了门牌" in html
    assert case.interactions.filter(action="query_answered").count() == 1


def test_an_unknown_step_is_not_found(lin, centre, now):
    case = centre.inquiry(now=now)

    assert lin.get(reverse("workbench:step", args=[case.number, "forgive"])).status_code == 404


def test_feedback_and_chasing_answer_the_open_question(lin, centre, now):
    case = centre.inquiry(now=now)
    query = inquiries.ask_outlet(
        case=case, outlet=centre.chengdu, question="到件了吗", actor=centre.lin.user, now=now
    )
    given = {"query": query.pk, "text": "快一点", "answer": "今天派送", "channel": "phone"}

    assert (
        lin.post(reverse("workbench:step", args=[case.number, "chase"]), given).status_code == 200
    )
    assert (
        lin.post(reverse("workbench:step", args=[case.number, "feedback"]), given).status_code
        == 200
    )

    query.refresh_from_db()
    assert query.state == "answered"
    assert query.chased_at is not None


# -- sent twice -----------------------------------------------------------------------------------


def send(client, case, name, **changes):
    """Send a form as its page holds it; return how, to send it once more as it is or with other words."""
    url = reverse(
        "workbench:note" if name == "note" else "workbench:step",
        args=[case.number, name][: 1 if name == "note" else 2],
    )
    shown = reverse("workbench:case", args=[case.number]) if name == "note" else url
    sent = fields(client.get(shown).content.decode(), form=url) | changes

    def post(**edited):
        return client.post(url, sent | edited, headers=HTMX)

    return post


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("note", {"text": "客户说下午三点以后在家"}),
        ("again", {"text": "又来电话问", "channel": "phone"}),
        ("chase", {"text": "快一点"}),
        ("feedback", {"answer": "今天派送", "channel": "phone"}),
        ("log", {"text": "业务员说在路上", "counterpart": "courier", "direction": "out"}),
    ],
)
def test_a_form_whose_answer_got_lost_is_sent_again_and_has_one_effect(
    lin, centre, now, name, words
):
    case = centre.inquiry(now=now)
    inquiries.ask_outlet(
        case=case, outlet=centre.chengdu, question="到件了吗", actor=centre.lin.user, now=now
    )
    post = send(lin, case, name, **words)
    before = Interaction.objects.count()

    first = post()
    done = Interaction.objects.count()
    again = post()

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.headers["HX-Trigger"] == again.headers["HX-Trigger"]
    assert before < done == Interaction.objects.count()


def test_other_words_under_a_form_already_taken_are_kept_and_told(lin, centre, now):
    case = centre.inquiry(now=now)
    post = send(lin, case, "note", text="客户下午在家")
    post()

    refused = post(text="客户下午在家，带身份证")

    assert refused.status_code == 409
    html = refused.content.decode()
    assert "刚才发的已经记下了" in html
    assert "带身份证" in html
    assert case.interactions.filter(kind="note").count() == 1
    form = fields(html, form=reverse("workbench:note", args=[case.number]))
    assert (
        lin.post(reverse("workbench:note", args=[case.number]), form, headers=HTMX).status_code
        == 200
    )
    assert case.interactions.filter(kind="note").count() == 2


def test_taking_the_most_urgent_case_twice_takes_one(lin, centre, now):
    for _case in range(2):
        waiting = centre.inquiry(now=now)
        Case.objects.filter(pk=waiting.pk).update(owner=None)
    url = reverse("workbench:take_next")
    sent = fields(page(lin, "queue"), form=url)

    first, again = (lin.post(url, sent, headers=HTMX) for _press in range(2))

    assert first.headers["HX-Redirect"] == again.headers["HX-Redirect"]
    assert Case.objects.filter(owner=centre.lin).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_one_form_sent_by_two_at_once_the_second_waits_and_hears_the_first(centre, now):
    case = centre.inquiry(now=now)
    post = send(signed_in(centre.lin), case, "note", text="客户下午在家")

    answers = at_once(post, post, post)

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.headers["HX-Trigger"] for answer in answers}) == 1
    assert case.interactions.filter(kind="note").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_form_whose_ticket_could_not_be_used_up_is_not_told_as_done(centre, now):
    """Somebody holds the row for too long: nothing is recorded, and nobody says it was."""
    case = centre.inquiry(now=now)
    client = signed_in(centre.lin)
    client.raise_request_exception = False
    post = send(client, case, "note", text="客户下午在家", ticket="held")
    held = SentForm(user=centre.lin.user, ticket="held", path="/", digest=b"", sent_at=now)
    taken, over = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            held.save()
            taken.set()
            over.wait(timeout=60)
            transaction.set_rollback(True)

    def impatient():
        assert taken.wait(timeout=60)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        try:
            return post()
        finally:
            over.set()

    _none, answer = at_once(hold, impatient)

    assert answer.status_code == 503
    assert not case.interactions.filter(kind="note").exists()
    assert post().status_code == 200


def test_old_tickets_are_forgotten_after_three_days(lin, centre, now):
    send(lin, centre.inquiry(now=now), "note", text="客户下午在家")()
    sent_at = SentForm.objects.get().sent_at

    assert once.forget_old(now=sent_at + timedelta(days=3)) == 0
    assert once.forget_old(now=sent_at + timedelta(days=3, seconds=1)) == 1


# -- why -----------------------------------------------------------------------------------------


def test_every_clock_and_every_fine_explains_itself_in_both_languages(lin, centre, now):
    asked = now - timedelta(hours=3)
    case = centre.inquiry(now=asked)
    inquiries.ask_outlet(
        case=case, outlet=centre.chengdu, question="到件了吗", actor=centre.lin.user, now=asked
    )
    deadlines.sweep()
    fine = Penalty.objects.get(clause="CD-05.10")

    assert "200.00" in page(lin, "why_penalty", fine.pk)
    for deadline in case.deadlines.all():
        assert deadline.clause in page(lin, "why_deadline", deadline.pk)
    lin.cookies["django_language"] = "en"
    assert "CD-05.10" in page(lin, "why_penalty", fine.pk)


# -- personal data -------------------------------------------------------------------------------


def test_nothing_is_shown_before_the_look_is_on_record(lin, centre, now):
    case = centre.inquiry(now=now)
    url = reverse("workbench:reveal", args=[case.number, "customer"])

    assert "13800004545" not in lin.get(url).content.decode()
    assert not AuditRow.objects.filter(action="reveal").exists()

    answer = lin.post(url, {"reason": "call"})

    assert "13800004545" in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    look = AuditRow.objects.get(action="reveal")
    assert (look.actor_id, look.reason) == (centre.lin.user_id, "给客户回电")


def test_another_reason_has_to_be_written(lin, centre, now):
    case = centre.inquiry(now=now)

    answer = lin.post(
        reverse("workbench:reveal", args=[case.number, "customer"]), {"reason": "other"}
    )

    assert answer.status_code == 422
    assert "13800004545" not in answer.content.decode()


def test_the_original_of_a_consultation_is_shown_and_the_look_recorded_with_its_place(
    lin, centre, now, settings
):
    settings.PROXIES = 1
    case = centre.inquiry(now=now)
    asked = desk.consult_department(
        case=case,
        department=centre.front_desk,
        question="客户 13800004545 说验视过",
        actor=centre.lin.user,
        now=now,
    )
    desk.department_replied(
        consultation=asked, reply="验视过，找 13800004545", actor=centre.lin.user, now=now
    )
    url = reverse("workbench:reveal_row", args=[case.number, "consultation", asked.pk])
    asking = {"X-Forwarded-For": "203.0.113.9"}

    html = lin.post(url, {"reason": "call"}, headers=asking).content.decode()

    for words in ("转办原文", "客户 13800004545 说验视过", "部门答复", "验视过，找 13800004545"):
        assert words in html
    look = AuditRow.objects.get(action="reveal")
    assert (look.address, bool(look.request_id)) == ("203.0.113.9", True)


@pytest.mark.parametrize("what", ["everything", "sealed", "customer-1"])
def test_what_there_is_not_cannot_be_shown(lin, centre, now, what):
    case = centre.inquiry(now=now)

    assert lin.get(reverse("workbench:reveal", args=[case.number, what])).status_code == 404


# -- who may come in ------------------------------------------------------------------------------


@pytest.fixture
def outlet_account(centre):
    client = Client()
    client.force_login(
        User.objects.create_user("CD03", password="x", role=User.Role.OUTLET, party=centre.chengdu)
    )
    return client


@pytest.mark.parametrize(
    "name", ["queue", "rows", "counts", "search", "suggest", "bell", "hand_over", "live_poll"]
)
def test_a_partners_account_has_no_workbench(outlet_account, name):
    assert outlet_account.get(reverse(f"workbench:{name}")).status_code == 403


def test_a_visitor_is_asked_to_sign_in():
    answer = Client().get(reverse("workbench:queue"))

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))


def test_the_session_says_whether_it_still_holds(lin):
    assert Client().get(reverse("workbench:session")).status_code == 401
    assert lin.get(reverse("workbench:session")).json()["signed_in"] is True


def test_who_does_not_work_cases_may_look_but_not_touch(centre, now):
    User.objects.filter(pk=centre.zhou.user_id).update(role=User.Role.HR)
    centre.zhou.user.refresh_from_db()
    hr = signed_in(centre.zhou)
    case = current(centre.inquiry(now=now))

    assert case.number in page(hr, "case", case.number)
    assert reply(hr, case).status_code == 403
    assert (
        hr.post(
            reverse("workbench:reveal", args=[case.number, "customer"]), {"reason": "call"}
        ).status_code
        == 422
    )
    assert not AuditRow.objects.filter(action="reveal").exists()


# -- search ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "880612045537",
        "8806 1204 5537",
        "13800004545",
        "4545",
        "陈晓梅",
        "chenxiaomei",
        "cxm",
        "没有扫描",
    ],
)
def test_a_case_is_found_by_whatever_the_agent_has_in_hand(lin, centre, now, typed):
    case = centre.inquiry(now=now)
    centre.inquiry(
        now=now,
        customer_name="王五",
        customer_phone="13911112222",
        text="咨询价格",
        kind="consultation",
        waybill=None,
    )

    html = page(lin, "suggest", q=typed)

    assert case.number in html
    assert html.count('role="option"') == 1


def test_the_number_of_a_case_opens_it(lin, centre, now):
    case = centre.inquiry(now=now)

    answer = lin.get(reverse("workbench:search"), {"q": case.number.lower()})

    assert answer.url == reverse("workbench:case", args=[case.number])


@pytest.mark.parametrize("typed", ["", "x", "%", "'; drop table", "\x00\x01", "陈" * 500, "😀😀"])
def test_search_takes_any_text(lin, centre, typed):
    page(lin, "search", q=typed)


# -- the desk -------------------------------------------------------------------------------------


def test_the_seat_switches_to_busy(lin, centre, now):
    staff.come_on_duty(employee=centre.lin, now=now)

    answer = lin.post(reverse("workbench:seat"), {"seat": "busy"})

    assert answer.status_code == 200
    assert centre.lin.duties.get().seat == "busy"


def test_the_bell_lists_what_was_meant_for_me_and_is_read_then(lin, centre, now):
    case = centre.inquiry(now=now, owner=centre.zhou)
    desk.transfer(
        case=case,
        to=centre.lin,
        department=centre.query_desk,
        note="他熟",
        actor=centre.zhou.user,
        now=now,
    )
    assert lin.get(reverse("workbench:queue")).context["page"]
    assert 'class="unread"' in page(lin, "bell")

    assert 'class="unread"' not in page(lin, "bell")


def test_at_the_end_of_the_shift_every_case_needs_a_word(lin, centre, now):
    case = centre.inquiry(now=now)
    row = f"c{case.pk}"
    given = {f"{row}-case": case.pk, f"{row}-give": "on", f"{row}-to": centre.zhou.pk, "leave": "1"}

    refused = lin.post(reverse("workbench:hand_over"), given)
    assert refused.status_code == 422
    assert current(case).owner == centre.lin

    done = lin.post(reverse("workbench:hand_over"), {**given, f"{row}-note": "答应客户五点前回"})
    assert done.status_code == 302
    assert current(case).owner == centre.zhou
    assert case.handed_over


# -- live -----------------------------------------------------------------------------------------


def test_polling_tells_a_department_what_changed_for_it(lin, centre, now):
    after = str(outbox.Place(0, 0))
    answer = lin.get(reverse("workbench:live_poll"), {"after": after})

    assert answer.json()["events"] == []  # this test's own transaction has not committed


@pytest.mark.parametrize("text", ["", "1", "-", "a-b", "1-", "-1", "1-2-3", "9" * 30 + "-1"])
def test_a_place_that_is_none_of_ours_is_no_place(text):
    assert outbox.Place.parse(text) is None


def test_a_reader_hears_himself_his_department_and_his_open_case_only():
    reader = outbox.Reader(user_id=1, department_id=10, case_id=100)

    def hears(**given):
        facts = {"user_id": None, "department_id": None, "case_id": None} | given
        return reader.hears(outbox.News(outbox.Place(1, 1), "case.changed", None, **facts))

    assert hears(user_id=1)
    assert hears(department_id=10)
    assert hears(case_id=100)
    assert not hears(department_id=11)
    assert not hears(user_id=2)
    assert not hears()


def test_without_a_server_that_streams_the_page_is_told_to_ask(lin):
    assert lin.get(reverse("workbench:live")).status_code == 204
    assert Client().get(reverse("workbench:live")).status_code == 401


# -- what every page keeps ------------------------------------------------------------------------


def test_no_page_has_inline_script_or_style(lin, centre, now):
    case = centre.inquiry(now=now)
    pages = [
        page(lin, "queue"),
        page(lin, "case", case.number),
        page(lin, "hand_over"),
        page(lin, "search", q="没有的"),
        Client().get(reverse("account_login")).content.decode(),
    ]

    for html in pages:
        assert " style=" not in html
        assert " onclick=" not in html
        assert "hx-on" not in html
        assert "js:" not in html
        for script in html.split("<script")[1:]:
            head = script.split(">", 1)[0]
            assert "src=" in head or "application/json" in head


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"]
)
def test_text_is_shown_as_text(lin, centre, now, hostile):
    case = centre.inquiry(now=now, text=f"客户说 {hostile}", customer_name=hostile[:20])

    for html in (
        page(lin, "queue"),
        page(lin, "case", case.number),
        page(lin, "preview", case.number),
    ):
        assert "<script>alert(1)" not in html
        assert "<img src=x" not in html


def test_after_a_step_of_ones_own_what_is_written_can_still_be_sent(lin, centre, now):
    case = current(centre.inquiry(now=now))

    answer = lin.post(
        reverse("workbench:step", args=[case.number, "escalate"]),
        {"note": "客户要全额", "version": case.version},
        headers=HTMX,
    )

    fresh = re.search(r'name="version" value="(\d+)" id="reply-version"', answer.content.decode())
    assert fresh
    assert int(fresh[1]) == current(case).version


def test_no_two_things_on_a_page_have_one_id(lin, centre, now):
    case = centre.inquiry(now=now)
    inquiries.ask_outlet(
        case=case, outlet=centre.chengdu, question="到件了吗", actor=centre.lin.user, now=now
    )

    for html in (page(lin, "queue"), page(lin, "case", case.number), page(lin, "hand_over")):
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids))


def test_the_reader_of_the_outbox_outlives_a_lost_connection_and_is_started_anew(monkeypatch):
    """Raised by the driver when the connection is gone: no DatabaseError."""
    news = outbox.Place(0, 0)
    answers = iter(
        [InterfaceError("connection already closed"), news, RuntimeError("a fault"), news]
    )
    read = []

    async def in_thread(function, *args):
        if args:
            read.append(1)
            await asyncio.sleep(0.01)
            return []
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def silent(self):
        await asyncio.sleep(60)

    monkeypatch.setattr(live, "_in_thread", in_thread)
    monkeypatch.setattr(live, "LOOK", 0.01)
    monkeypatch.setattr(live.Hub, "_subscribe", silent)

    async def listen():
        reader = outbox.Reader(user_id=0, department_id=0)
        hub = live.Hub()
        first = hub.join(reader)
        await until(lambda: read)  # after the loss
        hub.leave(first)
        hub.join(reader)
        await until(lambda: hub._tasks[0].done())  # by the fault
        read.clear()
        hub.join(reader)
        await until(lambda: read)
        for task in hub._tasks:
            task.cancel()

    async def until(happened):
        async with asyncio.timeout(20):
            while not happened():
                await asyncio.sleep(0.01)

    asyncio.run(listen())


# -- the stream, with real commits -------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_stream_first_tells_what_was_missed_then_what_comes():
    now = clock.now()
    centre = tests.build(now=now)
    missed = centre.inquiry(now=now)
    reader = outbox.Reader(centre.lin.user_id, centre.query_desk.pk)

    async def listen():
        stream = live.stream(reader=reader, after=outbox.Place(0, 0))
        heard = []
        async for piece in stream:
            if b"still here" in piece:  # while a transaction of another database holds the news up
                continue
            before = len(heard)
            heard += re.split(r"(?<=\n\n)(?=id: )", piece.decode())  # news may come together
            if before < 2 <= len(heard):
                await sync_to_async(centre.inquiry, thread_sensitive=False)(now=now)
            changes = [text for text in heard if "event: change" in text]
            if len({json.loads(text.split("data: ")[1])["case"] for text in changes}) == 2:
                await stream.aclose()
                return heard
        return heard

    heard = asyncio.run(asyncio.wait_for(listen(), PATIENCE))

    assert "event: clock" in heard[0]
    assert f'"case": {missed.pk}' in heard[1]
    places = [text.split("id: ")[1].split("\n")[0] for text in heard[1:]]
    assert len(set(places)) == len(places)  # nothing twice


@pytest.mark.django_db(transaction=True)
def test_a_stream_goes_on_behind_the_last_event_a_browser_had():
    now = clock.now()
    centre = tests.build(now=now)
    centre.inquiry(now=now)
    wait_until_events_can_be_read()
    reader = outbox.Reader(centre.lin.user_id, centre.query_desk.pk)
    first, *rest = outbox.read(after=outbox.Place(0, 0), limit=50, reader=reader)

    again = outbox.read(after=outbox.Place.parse(str(first.place)), limit=50, reader=reader)

    assert list(again) == rest
    assert rest


@pytest.mark.django_db(transaction=True)
def test_another_departments_news_are_not_heard():
    now = clock.now()
    centre = tests.build(now=now)
    centre.inquiry(now=now)
    wait_until_events_can_be_read()
    lin = outbox.Reader(centre.lin.user_id, centre.query_desk.pk)
    stranger = outbox.Reader(user_id=0, department_id=centre.front_desk.pk)

    assert outbox.read(after=outbox.Place(0, 0), limit=50, reader=lin)
    assert outbox.read(after=outbox.Place(0, 0), limit=50, reader=stranger) == []


def test_a_step_after_somebody_elses_is_a_conflict_once_and_can_then_be_taken(lin, centre, now):
    case = current(centre.inquiry(now=now))
    url = reverse("workbench:step", args=[case.number, "transfer"])
    given = {
        "department": centre.query_desk.pk,
        "to": centre.zhou.pk,
        "note": "他熟",
        "version": case.version,
    }
    reply(signed_in(centre.zhou), case, text="周明先答了")

    refused = lin.post(url, given)
    html = refused.content.decode()
    version = re.search(r'name="version" value="(\d+)"', html)

    assert refused.status_code == 409
    assert "他熟" in html
    assert version
    assert lin.post(url, {**given, "version": version[1]}).status_code == 200
    assert current(case).owner == centre.zhou
