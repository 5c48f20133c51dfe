"""Each list and each page of the admin opens, in both languages, and no list asks once a row."""

import re
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from claims import services as claims
from claims.models import Document, Recovery
from claims.services import documents, insurance, recoveries, self_settled
from claims.services.forgotten import dismiss_forgotten
from claims.services.self_settled import Settled
from inquiries import services as inquiries
from inquiries.models import CounterAcceptance, Inquiry, Pickup, Rectification
from inquiries.services import failures, force_majeure
from kefu.api import services as keys
from kefu.appeals import services as appeals
from kefu.audit import services as audit
from kefu.audit.models import AuditSeal
from kefu.cases.models import Case, Consultation, HandOver, Interaction
from kefu.customers.services import files, surveys
from kefu.customers.services.files import Given
from kefu.deadlines.models import Deadline, Interruption, LateEntry, Pause
from kefu.deadlines.services import sweep
from kefu.deadlines.services.sweep import beat
from kefu.jobs.models import Job, Refusal
from kefu.knowledge.models import Coverage, Edition, Place, Rate
from kefu.knowledge.services import outlets as contact_book
from kefu.ledger import services as ledger
from kefu.ledger.models import Account, Entry
from kefu.network.models import Party, Region
from kefu.network.services import change_number
from kefu.notifications.services import channels
from kefu.overview import services as overview
from kefu.overview.models import Verification
from kefu.parcels.models import Waybill
from kefu.partners import services as partners
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from kefu.processes import services as processes
from kefu.processes.drawing_up import Sheet, StepRow
from kefu.processes.models import RefundCheck
from kefu.replay import services as replay
from kefu.reports.services import built
from kefu.reports.shapes import Shape
from kefu.retention.due import Period
from kefu.retention.models import Sort, Unit
from kefu.retention.services import destruction, requests, rotation
from kefu.retention.services.requests import Asked
from kefu.rulebooks import services as rulebooks
from kefu.staff import services as staff
from kefu.staff.models import Department, User
from kefu.statements import services as statements
from kefu.webhooks import services as webhooks
from problem_parcels import services as parcels
from problem_parcels.models import EntryFeeQuote, ReceiptDestruction, SlipBatch
from problem_parcels.receipt_rules import read_signature
from problem_parcels.selectors.shifts import begun
from problem_parcels.selectors.store import warehouse_edition
from problem_parcels.services import (
    collections,
    forwardings,
    misroutings,
    receipt_requests,
    receipts,
    returns,
    shifts,
    stays,
    store,
    warehouse_requests,
)
from problem_parcels.services.house import set_house_words
from tests.admin.conftest import NOW
from tests.appeals.conftest import PDF
from tests.centre import at
from tests.claims.conftest import furnish
from tests.claims.money import booked, reported
from tests.episodes import a_complaint, a_forgotten_report, reports_and_a_register
from tests.payroll import admin_rows
from tests.statements.conftest import Books

pytestmark = pytest.mark.django_db


TOLD = "陈晓梅 13800004545 说一直没有人管"
UNNAMED = "13800004545 说一直没有人管"  # where nothing says what the customer is called


@pytest.fixture
def root(as_user):
    return as_user(
        User.objects.create_superuser("root", password="correct-horse-9", role="manager")
    )


def the_store(office):
    """A parcel in store, what befell it, who collects it, who hands over, and what an agent asks for."""
    lin, wang = office.lin, office.wang.user
    stay = stays.enter(
        number=office.waybill.number,
        location="A-01",
        reason="送无人",
        waybill_present=True,
        keeper=lin,
        actor=lin.user,
        now=NOW,
    )
    store.record_incident(stay=stay, text="外箱进水", happened_at=NOW, actor=wang, now=NOW)
    driver = Party.objects.create(kind="driver", code="SJ01", name="吴师傅")
    sheet = collections.open_sheet(driver=driver, actor=wang, now=NOW)
    collections.put_on(sheet=sheet, numbers=[office.waybill.number], now=NOW)
    key = shifts.add_key(name="仓库大门", actor=wang, now=NOW)
    shifts.move_key(key=key, holder=lin, actor=lin.user, now=NOW)
    turn = begun(now=NOW, rules=warehouse_edition(at=NOW).rules)[0]
    shifts.sign_over(giver=lin, on=turn.on, shift=turn.shift, note="", actor=lin.user, now=NOW)
    warehouse_requests.ask(
        made_by=lin,
        text="找一下客户的件",
        customer_id="tb_88231",
        name="陈晓梅",
        address="扬州市邗江区",
        actor=lin.user,
        now=NOW,
    )


def the_knowledge(office):
    """A line of a coverage table and of a price table, words, opening hours, a number found wrong."""
    wang = office.chen.user
    edition = Edition.objects.create(
        kind="prices", number=1, title="运价.csv", effective_on=NOW.date(), brought_at=NOW
    )
    place = Place.objects.filter(level=1).first()
    given = {"edition": edition, "place": place, "valid_from": NOW.date()}
    Coverage.objects.create(outlet=office.chengdu, delivered=True, **given)
    Rate.objects.create(first_kg=1, first_price=8, step_kg=1, step_price=2, **given)
    contact_book.set_hours(
        party=office.chengdu, opens=time(8), closes=time(18), actor=wang, now=NOW
    )
    number = change_number(
        party=office.xian, kind="head", number="13800004545", actor=wang, now=NOW
    )
    contact_book.report_wrong(number=number, actor=office.lin.user, now=NOW)


def one_of_each(office):
    """A row of every model that the admin shows."""
    the_store(office)
    the_knowledge(office)
    admin_rows.one_of_each(office, NOW)
    wang, chen, lin = office.wang.user, office.chen.user, office.lin
    penalty, case = Penalty.objects.get(), Case.objects.get()
    said = case.interactions.get(kind="contact")
    penalties.propose_waiver(
        penalty=penalty, ground=Waiver.Ground.GOODWILL, reason="情有可原的事", actor=wang, now=NOW
    )
    penalties.confirm(penalty=penalty, fact={"called_at": NOW.isoformat()}, actor=wang, now=NOW)
    deadline = Deadline.objects.get()
    LateEntry.objects.create(
        deadline=deadline,
        interaction=said,
        claimed_at=NOW,
        reason="漏记",
        proposed_by=wang,
        proposed_at=NOW,
    )
    Pause.objects.create(
        deadline=deadline, reason="x", starts_at=NOW, ends_at=NOW + timedelta(1), paused_by=wang
    )
    Interruption.objects.create(door="pages", started_at=NOW, ended_at=NOW + timedelta(minutes=3))
    beat()
    rotation.count(now=NOW)
    the_life_of_personal_data(office, case)
    inquiries.ask_outlet(
        case=case, outlet=office.chengdu, question="在哪里", actor=lin.user, now=NOW
    )
    other = office.inquiry(now=NOW)
    Pickup.objects.create(
        case=other,
        sender_address_masked="扬州***",
        receiver_address_masked="成都***",
        goods="书",
        prohibited_checked=True,
        pickup_on=NOW.date(),
        pickup_from=NOW.time(),
    )
    other.links.create(origin=case, cause="late_reply", linked_by=chen, linked_at=NOW)
    HandOver.objects.create(
        case=case, giver=lin, taker=office.zhou, department=office.query_desk, note="等回电", at=NOW
    )
    ledger.post(
        kind=Entry.Kind.PENALTY,
        source="penalty:0",
        memo="",
        actor=None,
        at=NOW,
        lines={
            (office.chengdu.pk, Account.Book.FINES): 200,
            (office.company.pk, Account.Book.FINE_INCOME): -200,
        },
    )
    statements.record_payment(
        party=office.chengdu,
        amount=Decimal("5.00"),
        paid_on=NOW.date(),
        reference="2026112000017",
        actor=chen,
        now=NOW,
    )
    statements.draw_up(
        party=office.chengdu, month=NOW.date().replace(day=1), now=NOW + timedelta(days=31)
    )
    fine = Books(office, case, clock=None).fine("50.00", f"{NOW:%Y-%m-%d} 09:00:00")
    appeal = appeals.file(
        penalty=fine, party=office.chengdu, reason="已按时答复", actor=None, now=NOW
    )
    appeals.add_evidence(appeal=appeal, upload=BytesIO(PDF), actor=None, now=NOW)
    appeals.decide(appeal=appeal, uphold=False, reason="录音核实过", actor=office.he.user, now=NOW)
    job = Job.objects.create(
        kind="import", title="问题件.xlsx", created_by=chen, created_at=NOW, counts={"refused": 1}
    )
    Refusal.objects.create(job=job, row=3, code="waybill_length")
    key, _secret = keys.issue_key(
        party=office.chengdu,
        name="对接",
        scopes=["network_queries:read"],
        expires_at=None,
        actor=chen,
        now=NOW,
    )
    key.answers.create(key="k-1", request_digest=b"x" * 32, status=201, created_at=NOW)
    partners.open_account(party=office.chengdu, username="wuhou", name="值班", actor=chen, now=NOW)
    overview.make_wallboard_link(name="大厅东墙", department=None, actor=office.chen.user, now=NOW)
    Verification.objects.create(
        day=NOW.date(), at=NOW, seconds=1, checks=1, rows=1, violations=1, failed=[
            {"check": "balance_is_its_postings", "n": 1, "found": 1, "violations": ["account 1"]}
        ],
    )  # fmt: skip
    endpoint, _secret = webhooks.register(
        party=office.chengdu,
        url="https://wd.example/kefu",
        types=["query.asked"],
        actor=chen,
        now=NOW,
    )
    delivery = webhooks.send_test(endpoint=endpoint, actor=chen, now=NOW)
    delivery.attempts.create(at=NOW, status=500, error="status", milliseconds=20)
    way = channels.add_channel(
        kind="wecom", address="a-token-of-a-robot", department=None, actor=chen, now=NOW
    )
    way.deliveries.create(event_id=1, kind="deadline.breach", at=NOW, user=chen, due_at=NOW)
    Deadline.objects.order_by("pk").first().escalations.create(level="lead", at=NOW)
    AuditSeal.objects.create(
        month=NOW.date().replace(day=1),
        number=1,
        first_txid=1,
        last_txid=1,
        rows=1,
        digest=b"x" * 32,
        sealed_at=NOW,
    )
    change_number(
        party=office.chengdu, kind="duty", number="13912345678", holder="王强", actor=chen, now=NOW
    )
    Consultation.objects.create(
        case=case, department=office.front_desk, question="请查", asked_by=lin.user, asked_at=NOW
    )
    CounterAcceptance.objects.create(
        waybill=office.waybill,
        settlement="prepaid",
        inspected=True,
        fee_told=True,
        clerk=lin,
        accepted_at=NOW,
        rulebook=penalty.rulebook,
    )
    Region.objects.create(name="四川")
    draft = rulebooks.start_draft(version=penalty.rulebook, actor=chen, now=NOW)
    rulebooks.amend_clause(
        version=draft,
        clause="CD-05.10",
        settings={"fine": "100"},
        seen=rulebooks.clause_digest(draft.content, "CD-05.10"),
        actor=chen,
        now=NOW,
    )
    run = replay.ask(version=draft, months=["2026-11"], actor=chen, now=NOW)
    run.lines.create(
        kind="promise",
        key=1,
        case=case,
        clause="CD-12.17",
        party=lin.party,
        unit="points",
        before=1,
        before_state="payable",
        after=0,
    )
    run.gaps.create(kind="promise", key=2, case=case, what="calendar", fines=0, points=0)
    rulebooks.acknowledge(employee=lin, version=penalty.rulebook, actor=lin.user, now=NOW)
    staff.come_on_duty(employee=lin, now=NOW)
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    staff.add_avatar(name="统一头像", picture=picture.getvalue(), actor=chen, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO parcels_scan (waybill_number, kind, at, place) VALUES ('880612045537', 'arrived', %s, '成都')",
            [NOW],
        )

    problem_parcels_of(office)
    receipts_of(office)
    a_claim_and_more_of(office)
    a_complaint_and_more_of(office)


def a_claim_and_more_of(office):
    """A claim to its end, with personal data wherever somebody writes; reports; what an outlet settled itself."""
    desk = furnish(office)
    desk.work_by("ES")
    gu = {"actor": desk.gu.user, "now": NOW}
    case = desk.register(text=TOLD)
    claims.add_evidence(case=case, kind="statement", note=TOLD, **gu)
    first = desk.investigated(case, now=NOW, facts=TOLD, reason=TOLD)
    claims.send_back(finding=first, note=TOLD, actor=office.chen.user, now=NOW)
    desk.confirmed(case, now=NOW)
    settlement = desk.agreed(case, "1000.00", now=NOW, text=TOLD, deviation_reason=TOLD)
    for who in (office.chen, desk.luo):
        claims.decide_settlement(
            settlement=settlement, approve=True, note=TOLD, actor=who.user, now=NOW
        )
    booked(desk, case, amount=Decimal("1000.00"))
    insured = reported(desk, case)
    insurance.decline(insured=insured, reason=TOLD, **gu)
    insurance.log_contact(
        insurer=insured.policy.insurer, text=TOLD, channel="phone", case=case, **gu
    )
    recovery = Recovery.objects.get()
    documents.issue(case=case, kind=Document.Kind.LIABILITY_NOTICE, recovery=recovery, **gu)
    recoveries.reverse(recovery=recovery, reason=TOLD, actor=desk.shen.user, now=NOW)
    settled = Settled("outlet", office.xian, "陈晓梅", "770612049913", Decimal(50), NOW.date())
    row = self_settled.record(told=settled, department_id=None, **gu)
    self_settled.withdraw(row=row, reason=TOLD, **gu)

    closed = reports_and_a_register(office, NOW, UNNAMED)
    customer = files.open_file(
        given=Given(phone="13800004545", name="陈晓梅", company="扬州绣品厂"),
        actor=office.lin.user,
        now=NOW,
    )
    files.record_visit(
        customer=customer, way="phone", satisfaction=4, problems=TOLD, employee=office.lin, now=NOW
    )
    asked = office.inquiry(now=NOW)
    inquiries.answer_customer(
        case=asked, text=TOLD, channel="phone", substantive=True, actor=office.lin.user, now=NOW
    )
    inquiries.close(case=asked, note=TOLD, further_needs_asked=True, actor=office.lin.user, now=NOW)
    surveys.make_link(case=Case.objects.get(pk=asked.pk), actor=office.lin.user, now=NOW)
    built.save(
        report=None, name="上月投诉", shape=Shape("complaint", ("number",)), shared=True, schedule="weekly",
        actor=office.chen.user, now=NOW,
    )  # fmt: skip
    found = a_forgotten_report(office, closed, NOW, fault="loss")
    dismiss_forgotten(found=found, reason=UNNAMED, actor=office.he.user, now=NOW)


def a_complaint_and_more_of(office):
    """A complaint to its end, a mark on its customer, and an outlet whose phones do not answer."""
    finding = a_complaint(office, NOW, TOLD)
    chen = {"actor": office.chen.user, "now": NOW}
    other = inquiries.file_complaint(
        cause="other",
        against=office.xian,
        text=TOLD,
        channel="phone",
        asker="receiver",
        customer_name="陈晓梅",
        customer_phone="13800004545",
        waybill=office.waybill,
        details=inquiries.Details(category="other", demand=TOLD),
        department=finding.case.department,
        **chen,
    )
    inquiries.reclass(case=other, grade="major", reason=TOLD, **chen)
    logistics = Department.objects.get(code="logistics")
    inquiries.flag_customer(
        case=office.inquiry(now=NOW, department=logistics, owner=None), reason=TOLD, **chen
    )
    number = office.chengdu.contact_numbers.get()
    inquiries.log_check(number=number, outcome="busy", note=UNNAMED, **chen)
    Rectification.objects.create(
        finding=finding,
        measure="more_seats",
        due_on=NOW.date(),
        heavier=500,
        ordered_by=office.chen.user,
        ordered_at=NOW,
    )


def problem_parcels_of(office):
    """A parcel of another outlet: called about, written about, sent back; one mis-sent, one forwarded, one quoted."""
    lin, by = office.lin, {"actor": office.lin.user, "now": NOW}
    arrived = Waybill.objects.get(pk=office.waybill.pk)
    arrived.pk, arrived.number = None, "770612045598"
    arrived.origin, arrived.destination = office.chengdu, office.company
    arrived.save()
    case = parcels.register(
        number=arrived.number,
        given=parcels.Given("damaged_outside", attempts=[parcels.Attempt("reached", NOW)]),
        owner=lin,
        department=lin.department,
        **by,
    )
    message = parcels.post_message(case=case, text="外箱破了，请回复", by=lin, **by)
    parcels.reply(message=message, text="请退回", wish="return", party=office.chengdu, **by)
    worker = {"employee": lin, "now": NOW}
    region = Region.objects.create(name="浙江", code="33", shuttle=True)
    charge = returns.charge_return(
        case=case, by_air=True, weight_kg=Decimal(1), destination=region, **worker
    )
    words = dict.fromkeys(("contact", "phone", "chat_account", "carrier"), "总部")
    set_house_words(given=words, actor=office.chen.user, now=NOW)
    misroutings.record_misrouting(
        found=misroutings.Found(
            waybill_number="770612049901",
            origin=office.chengdu,
            province="四川",
            routing_text="missing",
            correct_destination="杭州",
            source="slip",
            origin_verified=True,
        ),
        **worker,
    )
    forwardings.open_forwarding(waybill_number=office.waybill.number, **worker)
    SlipBatch.objects.create(
        from_on=NOW.date(), to_on=NOW.date(), handed_by=lin.user, handed_at=NOW
    )
    EntryFeeQuote.objects.create(
        place="城北仓",
        pieces=[],
        total=1,
        parts={},
        label="进仓费",
        rulebook=charge.rulebook,
        quoted_at=NOW,
        quoted_by=lin.user,
    )


def receipts_of(office):
    """A courier's day: out, entered, counted, sent; asked for again; and a destruction that waits."""
    courier = Party.objects.create(kind="courier", code="2201", name="吴强")
    by = {"actor": office.lin.user, "now": NOW}
    batch, _rows = receipts.hand_out(
        courier=courier,
        delivered_on=NOW.date(),
        lines=[office.waybill.number],
        clerk=office.lin,
        **by,
    )
    slip, signature = receipts.Slip(office.waybill.number), read_signature("陈晓梅")
    receipts.enter(batch=batch, slip=slip, signature=signature, **by)
    receipts.count_slips(batch=batch, slips=1, collect_slips=0, **by)
    receipts.hand_over(clerk=office.lin, **by)
    receipt_requests.ask_for_receipt(
        waybill=office.waybill,
        asking=office.company,
        service="lookup",
        note="陈晓梅 13800004545 说没有签过",
        customer_name="陈晓梅",
        channel="phone",
        department=office.query_desk,
        owner=office.lin,
        **by,
    )
    failures.report_failure(
        system="查件系统",
        noticed_at=NOW,
        department=office.query_desk,
        actor=office.lin.user,
        now=NOW,
    )
    force_majeure.declare(
        reason="暴雨",
        regions=[],
        outlets=[office.chengdu],
        starts_at=NOW - timedelta(hours=1),
        ends_at=NOW,
        actor=office.chen.user,
        now=NOW,
    )
    rows = [StepRow("登记", hours=Decimal(1))]
    template = processes.draft(
        sheet=Sheet(name="赠品补寄", kinds=[], rows=rows), actor=office.chen.user, now=NOW
    )
    processes.publish(template=template, actor=office.chen.user, now=NOW)
    processes.start(
        code=template.code,
        department=office.query_desk,
        owner=office.lin,
        actor=office.lin.user,
        now=NOW,
    )
    RefundCheck.objects.create(
        department=office.query_desk,
        due_on=NOW.date(),
        checked_at=NOW,
        checked_by=office.lin,
        open_runs=1,
    )
    ReceiptDestruction.objects.create(
        until=NOW.date(), proposed_at=NOW, proposed_by=office.lin.user
    )


def the_life_of_personal_data(office, case):
    """What somebody asked, and what was kept of it is over; a hold; a month of the audit that is gone."""
    asked = Asked(kind="copy", name="陈晓梅", phone="13800004545", proof="called_back")
    row = requests.take(asked=asked, actor=office.wang.user, now=NOW)
    requests.refuse(request=row, reason="核实不了身份", actor=office.chen.user, now=NOW)
    over = Period(Unit.REQUEST, Sort.CUSTOMER_DATA, "ES-404.11", None, NOW.date(), 2, "years", True)
    destruction.destroy(period=over, rows=[(row.pk, NOW.date())], now=NOW)
    requests.take(asked=replace(asked, kind="deletion"), actor=office.wang.user, now=NOW)
    destruction.hold(case=case, reason="客户起诉，等法院", actor=office.chen.user, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kefu_make_partitions('2020-01-01', '2020-01-31')")
    audit.record(action="reveal", actor=office.chen.user, at=at("2020-01-02 09:00:00"))
    AuditSeal.objects.create(
        month=date(2020, 1, 1), number=1, first_txid=0, last_txid=0, rows=1, digest=b"x" * 32,
        sealed_at=NOW,
    )  # fmt: skip
    assert destruction.drop_months(now=NOW) == 1


ACCOUNT = "6222020200112233445"  # where the claim was paid to
PLANTED = ("13800004545", "13912345678", "陈晓梅", "王强", ACCOUNT)
MASKED = "138******45"
SHOW_WHAT_IS_WRITTEN = {
    *("claims.Approval", "claims.Evidence", "claims.Finding", "claims.ForgottenReport"),
    *("claims.InsuranceCase", "claims.InsurerContact", "claims.Offer", "claims.Recovery"),
    *("reports.Register", "claims.SelfSettledCase", "claims.Settlement", "inquiries.Complaint"),
    *("inquiries.ComplaintGrading", "inquiries.ComplaintStep", "inquiries.CustomerFlag"),
    *("inquiries.Finding", "inquiries.LineCheck"),
}


def test_every_list_and_every_page_opens_and_masks(office, root, settings):
    one_of_each(office)

    for language in ("zh-hans", "en"):
        root.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        masked = set()
        for model in admin.site._registry:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            row = model._default_manager.first()
            listed = root.get(reverse(f"{name}_changelist"))
            assert listed.status_code == 200, model
            assert listed.context["cl"].result_count >= 1, model
            page = root.get(reverse(f"{name}_change", args=[row.pk]))
            assert page.status_code == 200, model
            text = listed.content.decode() + page.content.decode()
            assert not [planted for planted in PLANTED if planted in text], model
            if MASKED in text:
                masked.add(model._meta.label)
        assert masked >= SHOW_WHAT_IS_WRITTEN


def crumbs(page):
    """Where the page says one is, in words."""
    head = page.content.decode().split("<main")[0]
    return [text.strip() for text in re.findall(r"tracking-tight\">\s*([^<]+?)\s*<", head)]


@pytest.mark.parametrize(
    ("language", "lists"),
    [
        ("zh-hans", [["处罚"], ["处罚", "免罚申请"], ["快件", "运单"]]),
        ("en", [["Penalties"], ["Penalties", "Waiver requests"], ["Parcels", "Waybills"]]),
    ],
)
def test_a_list_says_where_one_is_and_nothing_twice(office, root, language, lists, settings):
    root.cookies[settings.LANGUAGE_COOKIE_NAME] = language

    names = ("penalties_penalty", "penalties_waiver", "parcels_waybill")
    shown = [crumbs(root.get(reverse(f"admin:{name}_changelist"))) for name in names]

    assert shown == lists


def test_a_search_anywhere_finds_or_does_not_but_never_fails(office, root):
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for term in ("880612045537", "\x00';--％" + "9" * 500):
            assert root.get(url, {"q": term}).status_code == 200, (model, term)


LISTS = [
    "cases_case",
    "cases_interaction",
    "deadlines_deadline",
    "deadlines_consequence",
    "penalties_penalty",
    "inquiries_inquiry",
    "penalties_waiver",
    "inquiries_networkquery",
    "audit_auditrow",
    "notifications_event",
]


def work(office, times):
    for _ in range(times):
        case = office.inquiry(now=NOW - timedelta(hours=2))
        inquiries.ask_outlet(
            case=case, outlet=office.chengdu, question="在哪里", actor=office.lin.user, now=NOW
        )
    sweep()
    for penalty in Penalty.objects.filter(waivers=None):
        penalties.propose_waiver(
            penalty=penalty,
            ground=Waiver.Ground.GOODWILL,
            reason="情有可原的事",
            actor=office.wang.user,
            now=NOW,
        )


def test_a_longer_list_asks_no_more_questions(office, root):
    def asked():
        counts = {}
        for name in LISTS:
            url = reverse(f"admin:{name}_changelist")
            root.get(url)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert root.get(url).status_code == 200
            counts[name] = len(queries)
        return counts

    work(office, 2)
    few = asked()
    work(office, 8)

    assert asked() == few
    assert max(few.values()) <= 14


def test_a_list_counts_no_more_than_it_pages(office, root, monkeypatch):
    work(office, 3)
    from kefu.admin import base

    monkeypatch.setattr(base, "COUNTED", 2)
    page = root.get(reverse("admin:cases_case_changelist"))

    assert page.context["cl"].result_count == 3
    assert "10,000 条以上" in page.content.decode()


@pytest.mark.parametrize(
    ("list_name", "term", "found"),
    [
        ("cases_case", "4545", 1),
        ("cases_case", "13800004545", 1),
        ("cases_case", "陈晓梅", 1),
        ("cases_case", "cxm", 1),
        ("cases_case", "880612045537", 1),
        ("cases_case", "8806 1204 5537", 1),
        ("cases_case", "三天没有", 1),
        ("cases_case", "9999", 0),
        ("cases_case", "';--", 0),
        ("penalties_penalty", "CD-12.17", 1),
        ("penalties_penalty", "0826", 1),
        ("penalties_penalty", "CX-", 0),
        ("parcels_waybill", "880612", 1),
        ("staff_employee", "周明", 1),
        ("network_party", "cdwh", 1),
    ],
)
def test_what_people_type_is_found(office, root, list_name, term, found):
    page = root.get(reverse(f"admin:{list_name}_changelist"), {"q": term})

    assert page.context["cl"].result_count == found


def test_filters_by_state_clause_party_and_month(office, root):
    url = reverse("admin:penalties_penalty_changelist")
    penalty = Penalty.objects.get()

    def count(**filters):
        page = root.get(url, filters)
        assert page.status_code == 200, page.get("Location")
        return page.context["cl"].result_count

    assert count(state__exact="provisional") == 1
    assert count(state__exact="payable") == 0
    assert count(clause="CD-12.17", month="2026-11", party__id__exact=penalty.party_id) == 1
    assert count(month="2026-10") == 0


def test_the_front_page_counts_what_waits(office, root, as_user):
    penalties.propose_waiver(
        penalty=Penalty.objects.get(),
        ground=Waiver.Ground.GOODWILL,
        reason="情有可原的事",
        actor=office.chen.user,
        now=NOW,
    )

    def waits(user):
        page = as_user(user).get(reverse("admin:index"))
        found = {wait.label: (wait.number.n, wait.own) for wait in page.context["waits"]}
        return found, page.content.decode()

    mine, page = waits(office.chen.user)
    assert mine["免罚"] == (1, 1)
    assert "其中 1 项由我提交，须他人批" in page
    theirs, page = waits(office.he.user)
    assert theirs["免罚"] == (1, 0)
    assert "须他人批" not in page


def test_history_is_the_audit_trail(office, root):
    row = root.get(reverse("admin:penalties_penalty_history", args=[Penalty.objects.get().pk]))

    page = root.get(row["Location"])
    assert page.status_code == 200
    assert all(one.table == "penalties_penalty" for one in page.context["cl"].result_list)


def test_the_clauses_of_an_edition_are_told_one_by_one(office, root):
    from kefu.rulebooks.models import RulebookVersion

    version = RulebookVersion.objects.get(rulebook__code="CD")
    text = root.get(
        reverse("admin:rulebooks_rulebookversion_change", args=[version.pk])
    ).content.decode()

    for clause in version.content["clauses"]:
        assert f'id="{clause["id"]}"' in text
    assert "200.00" in text
    assert Inquiry.objects.exists()
    assert Interaction.objects.exists()
