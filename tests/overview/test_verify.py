"""The checks are themselves checked: each is silent on a sound world and speaks when its fact is broken."""

import hashlib
import json
from datetime import time, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import TransactionTestCase

from faults.tamper import tamper
from inquiries import services as inquiries
from inquiries.models import Complaint, ForceMajeure, GroupedComplaint
from inquiries.selectors.force_majeure import still_costing
from inquiries.services import failures, force_majeure, incident_opening, incidents
from kefu import clock
from kefu.audit import services as audit
from kefu.cases.models import Attachment, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline
from kefu.deadlines.services import roll_counts, sweep
from kefu.network.models import Party
from kefu.overview import services
from kefu.overview.verify import CHECKS, verify
from kefu.parcels.models import Waybill
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from kefu.processes import services as processes
from kefu.processes.drawing_up import Sheet, StepRow
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.staff.models import Department, User
from payroll.models import (
    Call,
    Chat,
    Idea,
    MonthScore,
    Proposal,
    ProposedMeasure,
    Rating,
    RegisterEntry,
)
from payroll.services import attendance, punches, register
from payroll.services.calls import missed_calls
from problem_parcels import services as parcels
from problem_parcels.receipt_rules import read_signature
from problem_parcels.services import (
    collections,
    forwardings,
    misroutings,
    receipt_keeping,
    receipts,
    stays,
)
from problem_parcels.services.house import set_house_words
from tests.appeals.test_checks import BROKEN as BROKEN_APPEALS
from tests.centre import at, build
from tests.conftest import drop_database, fresh_database
from tests.episodes import a_claim, a_complaint, reports_and_a_register
from tests.overview.test_verify_claim_money import BROKEN
from tests.overview.test_verify_pay import PAY_BROKEN
from tests.overview.test_verify_training import BROKEN as BROKEN_TRAINING
from tests.payroll.rostered import punched, roster, shifts
from tests.payroll.test_inspection_checks import BROKEN as BROKEN_INSPECTIONS
from tests.payroll.test_leaving import BROKEN as BROKEN_LEAVINGS
from tests.payroll.test_meeting_checks import BROKEN as BROKEN_MEETINGS
from tests.payroll.test_roster_checks import BROKEN as BROKEN_ROSTERS
from tests.processes.conftest import employ
from tests.statements.test_checks import BROKEN as BROKEN_STATEMENTS
from tests.transactions import wait_for_older_transactions

pytestmark = pytest.mark.django_db(transaction=True)

ENOUGH = timedelta(minutes=6)  # for seals and sweeps: what is broken must show by then


@pytest.fixture(scope="module")
def lived(django_db_setup, django_db_blocker):
    """The moment when the day of ``live`` is over: it is lived through once, and each test of this module is
    followed by a copy of the database as the day left it.
    """
    name = connection.settings_dict["NAME"]
    kept = f"{name}_lived"

    def begin_again(case):
        fresh_database(name, template=kept)

    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        try:
            now = clock.now()
            with pytest.MonkeyPatch.context() as day:
                day.setattr(rulebooks, "before_publishing", [])  # published without a try-out
                live(now, day)
            fresh_database(kept, template=name)
            patch.setattr(TransactionTestCase, "_fixture_teardown", begin_again)
            yield now
        finally:
            drop_database(kept)
            fresh_database(name)


@pytest.fixture
def world(lived, settings):
    settings.KEFU_NOW = lived


def live(now, patch):
    """A day at the centre: an answer in time, a broken promise, a fine paid and one taken back."""
    services.make_partitions(now=now)
    start = now - timedelta(days=3)
    patch.setattr(django_settings, "KEFU_NOW", start)
    centre = build(now=start)
    answered, broken, waiting = (centre.inquiry(now=start) for _ in range(3))
    inquiries.answer_customer(
        case=answered,
        text="已到成都，今天派送",
        channel=Interaction.Channel.PHONE,
        substantive=True,
        actor=centre.lin.user,
        now=start + timedelta(seconds=30),
    )
    for case in (broken, waiting):
        inquiries.ask_outlet(
            case=case,
            outlet=centre.chengdu,
            question="请查件在哪里",
            actor=centre.lin.user,
            now=start,
        )
    patch.setattr(django_settings, "KEFU_NOW", now)
    sweep()
    roll_counts()
    fines = Penalty.objects.filter(kind="fine").order_by("pk")
    for fine in fines:
        with transaction.atomic():
            penalties.confirm(penalty=fine, fact={"complaint": broken.number}, actor=None, now=now)
    waiver = penalties.propose_waiver(
        penalty=fines[1],
        ground=Waiver.Ground.OUR_FAULT,
        reason="当天接口中断",
        actor=centre.chen.user,
        now=now,
    )
    penalties.decide_waiver(waiver=waiver, approve=True, actor=centre.he.user, now=now)
    a_new_edition(centre, now)
    a_photo(answered, centre, now)
    a_receipt(centre, now)
    a_report_and_a_forwarding(centre, now)
    problem_parcels_left_and_right(centre, now)
    a_complaint(centre, now)
    a_stored_parcel(centre, now)
    a_claim(centre, now)
    a_storm_and_a_drill(centre, now)
    a_process(centre, now)
    a_refund(centre, now)
    reports_and_a_register(centre, now)
    a_line_and_a_score(centre, now)
    a_clocked_day(centre, now)
    a_call_and_a_chat(centre, now)
    wait_for_older_transactions()
    audit.seal_audit(now=now)


def a_process(centre, now):
    """A step of two is done, in time."""
    rows = [StepRow("登记", hours=Decimal(1)), StepRow("寄出", hours=Decimal(1))]
    sheet = Sheet(name="赠品补寄", kinds=[], rows=rows)
    template = processes.draft(sheet=sheet, actor=centre.chen.user, now=now)
    processes.publish(template=template, actor=centre.chen.user, now=now)
    run = processes.start(
        code=template.code,
        department=centre.query_desk,
        owner=centre.lin,
        actor=centre.lin.user,
        now=now,
    )
    processes.do_step(run=run, step="s1", actor=centre.lin.user, now=now)


def a_refund(centre, now):
    """In dispute since the day before yesterday: yesterday nobody looked through it, today the supervisor does."""
    desk = Department.objects.create(code="after-sale", name="售后组", desk="after_sale_team")
    version = RulebookVersion.objects.get(rulebook__code="SD-2")
    Assignment.objects.create(
        version=version, department=desk, effective_on=(now - timedelta(days=30)).date()
    )
    mo = employ("0805", "莫主管", User.Role.SUPERVISOR, desk, centre.lin.position)
    processes.start(
        code="quality_claim",
        department=desk,
        owner=mo,
        actor=mo.user,
        now=now - timedelta(days=2),
    )
    for days in (
        1,
        0,
    ):  # at any hour: shortly after midnight it is still asked about the day before yesterday
        processes.remind_of_checks(now=now - timedelta(days=days))
    processes.check_refunds(by=mo, now=now)


def a_receipt(centre, now):
    """Two hundred days ago a courier went out with the parcel; signed for, kept its time, destroyed by two."""
    courier = Party.objects.create(kind="courier", code="2201", name="吴强")
    by = {"actor": centre.lin.user, "now": now}
    batch, _rows = receipts.hand_out(
        courier=courier,
        delivered_on=now.astimezone(SHANGHAI).date() - timedelta(days=200),
        lines=[centre.waybill.number],
        clerk=centre.lin,
        **by,
    )
    receipts.enter(
        batch=batch,
        slip=receipts.Slip(centre.waybill.number),
        signature=read_signature("陈晓梅"),
        **by,
    )
    until = batch.receipts.get().keep_until
    destruction = receipt_keeping.propose_destruction(until=until, **by)
    receipt_keeping.decide_destruction(
        destruction=destruction, approve=True, actor=centre.he.user, now=now
    )


def a_stored_parcel(centre, now):
    """Into the store, to the next shift, and out with the driver."""
    driver = Party.objects.create(kind="driver", code="SJ01", name="吴师傅")
    stays.enter(
        number=centre.waybill.number,
        location="B-01",
        reason="大货等司机",
        waybill_present=True,
        keeper=centre.lin,
        actor=centre.lin.user,
        now=now,
    )
    sheet = collections.open_sheet(driver=driver, actor=centre.lin.user, now=now)
    collections.put_on(sheet=sheet, numbers=[centre.waybill.number], now=now)
    collections.tick(
        sheet=sheet, number=centre.waybill.number, by=centre.lin, actor=centre.lin.user, now=now
    )


def a_storm_and_a_drill(centre, now):
    """Two incidents by hand, one of them completed, its storm signed by two; and a drill."""
    by = {"department": centre.query_desk, "actor": centre.chen.user, "now": now}
    since = now - timedelta(minutes=30)
    for _n in range(2):
        inquiries.file_complaint(
            cause="delayed",
            against=centre.xian,
            text="没到",
            channel="phone",
            asker="receiver",
            issue="topic:storm",
            owner=centre.lin,
            **by,
        )
    complaint = Complaint.objects.filter(issue="topic:storm").first()
    storm, other, _drill = (
        incident_opening.declare(
            given=incident_opening.Given(kind=kind, summary=kind, started_at=since, **more), **by
        )
        for kind, more in (
            ("other", {"issue": "topic:storm"}),
            ("other", {"issue": "topic:rain"}),
            ("other", {"is_drill": True}),
        )
    )
    GroupedComplaint.objects.create(incident=storm, complaint=complaint, joined_at=now)
    failures.add_waiting(
        incident=failures.report_failure(system="查件", noticed_at=since, **by),
        name="",
        contact="13900001111",
        need_text="查件",
        actor=centre.lin.user,
        now=now,
    )
    incidents.complete(incident=other, note="办完", actor=centre.chen.user, now=now)
    declaration = force_majeure.declare(
        reason="暴雨",
        regions=[],
        outlets=[centre.chengdu],
        starts_at=now - timedelta(days=4),
        ends_at=now - timedelta(hours=1),
        actor=centre.chen.user,
        now=now,
    )
    ForceMajeure.objects.filter(pk=declaration.pk).update(
        state="signed", decided_by=centre.he.user, decided_at=now
    )
    declaration.refresh_from_db()
    fined = still_costing(declaration).filter(penalties__state="payable").earliest("pk")
    force_majeure.exempt(declaration, [fined.pk])
    ForceMajeure.objects.filter(pk=declaration.pk).update(
        state="revoked", revoked_by=centre.he.user, revoked_at=now, revocation_by=centre.chen.user
    )


def a_line_and_a_score(centre, now):
    """A line that was verified and objected to in vain; a month that was published and corrected."""
    using = RulebookVersion.objects.get(rulebook__code="CD", number=1)
    entry = register.enter(
        employee=centre.lin, clause="CD-12.18", rulebook_id=using.pk, kind="points", reason="没有报工号",
        happened_on=now.date() - timedelta(days=2), verified=True, actor=centre.chen.user, now=now,
    )  # fmt: skip
    objection = register.object_to(entry=entry, text="报了", actor=centre.lin.user, now=now)
    register.decide_objection(
        objection=objection, upheld=False, answer="复听没有", actor=centre.he.user, now=now
    )
    a_commendation_and_an_idea(centre, now)
    month = (now.date().replace(day=1) - timedelta(days=1)).replace(day=1)
    facts = {"month": f"{month:%Y-%m}", "hired_on": "2024-01-15"}
    for number, reason in ((1, ""), (2, "漏了一条")):
        MonthScore.objects.create(
            employee=centre.lin, month=month, number=number, department=centre.query_desk, first_on=month,
            last_on=month, mechanism="month_score", facts=facts, clause="CD-12.01", rulebook=using, points=50,
            reason=reason, published_by=centre.chen.user, published_at=now,
        )  # fmt: skip


def a_commendation_and_an_idea(centre, now):
    """What Lin was commended for, and what her suggestion brought."""
    by, on = centre.chen.user, now.date() - timedelta(days=2)
    entered = {"employee": centre.lin, "happened_on": on, "reason": "留下", "verified": True}
    entered |= {"actor": by, "now": now}
    express = RulebookVersion.objects.get(rulebook__code="ES", number=1)
    entry = register.enter(
        clause="ES-137.05", rulebook_id=express.pk, kind="remark", source="proposal:1", **entered
    )
    proposal = Proposal.objects.create(
        employee=centre.lin, department=centre.query_desk, rewards=True, happened_on=on, facts="留下", state="decided",
        proposed_by=centre.wang.user, proposed_at=now, decided_by=by, decided_at=now, reason="属实",
    )  # fmt: skip
    ProposedMeasure.objects.create(
        proposal=proposal, entry=entry, asked="commendation", given="commendation"
    )
    second = RulebookVersion.objects.get(rulebook__code="SD-2", number=1)
    idea = Idea.objects.create(
        employee=centre.lin, department=centre.query_desk, title="快捷短语", content="整理成表", rulebook=second,
        submitted_at=now,
    )  # fmt: skip
    line = register.enter(
        clause="SD-233.45", rulebook_id=second.pk, kind="points", value=3, source=f"idea:{idea.pk}", **entered
    )  # fmt: skip
    idea.state, idea.answer, idea.decided_by, idea.decided_at = "adopted", "下周用", by, now
    idea.entry = line
    idea.save()


def a_photo(case, centre, now):
    Attachment.objects.create(
        case=case, number=1, photo=b"a box", thumbnail=b"a box", size=5, width=1, height=1,
        digest=hashlib.sha256(b"a box").hexdigest(), added_by=centre.lin.user, added_at=now,
    )  # fmt: skip


def a_new_edition(centre, now):
    """Drafted by one, changed by him, published by the other, in force for the front desk, read by Lin."""
    draft = rulebooks.start_draft(
        version=RulebookVersion.objects.get(rulebook__code="CD"), actor=centre.chen.user, now=now
    )
    rulebooks.amend_clause(
        version=draft,
        clause="CD-05.10",
        settings={"fine": "100"},
        seen=rulebooks.clause_digest(draft.content, "CD-05.10"),
        actor=centre.chen.user,
        now=now,
    )
    draft.refresh_from_db()
    today = now.astimezone(SHANGHAI).date()
    rulebooks.publish(
        version=draft, effective_on=today, seen=draft.digest, actor=centre.he.user, now=now
    )
    rulebooks.assign(
        version=draft,
        department=centre.front_desk,
        effective_on=today,
        actor=centre.he.user,
        now=now,
    )
    rulebooks.acknowledge(employee=centre.lin, version=draft, actor=centre.lin.user, now=now)


def a_report_and_a_forwarding(centre, now):
    """A report about last month that was locked with its line, and a parcel that waited for two yuan."""
    words = dict.fromkeys(("contact", "phone", "chat_account", "carrier"), "总部")
    set_house_words(given=words, actor=centre.chen.user, now=now)
    found = misroutings.Found(
        waybill_number="770612049901",
        origin=centre.chengdu,
        province="四川",
        routing_text="wrong",
        written_destination="扬州",
        correct_destination="杭州",
        source="slip",
        origin_verified=True,
    )
    row = misroutings.record_misrouting(
        found=found, employee=centre.lin, now=now - timedelta(days=45)
    )
    misroutings.lock_report(report=row.report, actor=centre.wang.user, now=now)
    misroutings.send_report(report=row.report, actor=centre.wang.user, now=now)
    taken = {"employee": centre.lin, "now": now}
    sent_on = forwardings.open_forwarding(waybill_number=centre.waybill.number, **taken)
    forwardings.weigh(forwarding=sent_on, weight_kg=Decimal(1), **taken)
    forwardings.register(forwarding=sent_on, slip_number="EA1", fee=Decimal(20), **taken)
    forwardings.top_up(forwarding=sent_on, amount=Decimal(2), **taken)
    forwardings.pack(forwarding=sent_on, **taken)


def problem_parcels_left_and_right(centre, now):
    """One that nobody wrote back about in five days and goes back; one that was answered, scanned out and closed."""
    # In the morning: what the net brings in the evening is another desk's.
    since = now.astimezone(SHANGHAI).replace(hour=10, minute=0) - timedelta(days=8)
    numbers = ("770612049911", "770612049912")
    for number in numbers:
        Waybill.objects.create(
            number=number,
            origin=centre.chengdu,
            destination=centre.company,
            route_from="成都",
            route_to="扬州",
            sealed={"receiver_name": "陈晓梅"},
            weight_kg=1,
            payment="sender",
            accepted_at=since,
        )
    cases = [
        parcels.register(
            number=number,
            given=parcels.Given("damaged_outside", remark="外箱破了"),
            owner=centre.lin,
            department=centre.query_desk,
            actor=centre.lin.user,
            now=since,
        )
        for number in numbers
    ]
    sent = [
        parcels.post_message(
            case=case, text="请回复", by=centre.lin, actor=centre.lin.user, now=since
        )
        for case in cases
    ]
    sweep()
    parcels.return_unanswered(now=now)
    parcels.reply(message=sent[1], text="照送", party=centre.chengdu, actor=None, now=now)
    disposal = parcels.decide(
        case=cases[1], kind="redispatch", asked_by="desk", reason="照送", actor=None, now=now
    )
    stay = stays.enter(
        number=numbers[1],
        location="A-1",
        reason="外箱破了",
        waybill_present=True,
        keeper=centre.lin,
        case=cases[1],
        actor=centre.lin.user,
        now=since,
    )
    parcels.carry_out(disposal=disposal, by=centre.lin, actor=centre.lin.user, now=now)
    sweep()  # the day of the return is over too
    stay.refresh_from_db()
    assert stay.left_at == now


def a_clocked_day(centre, now):
    """Two days ago Lin came late and forgot to punch out; the supervisor signed for it."""
    day = (now - timedelta(days=2)).astimezone(SHANGHAI).date().isoformat()
    shift, *_ = shifts(roster(centre), centre.lin, day)
    punched(centre.lin, day, "08:09", None)
    attendance.sweep(now=now)
    asked = punches.ask_correction(
        shift=shift, direction="out", at=time(17, 30), reason="忘了", actor=centre.lin.user, now=now
    )
    punches.decide_correction(correction=asked, signed=True, actor=centre.chen.user, now=now)


def a_call_and_a_chat(centre, now):
    """The evening's business call was missed, and a chat's customer was displeased."""
    day = (now - timedelta(days=2)).astimezone(SHANGHAI).date()
    version = RulebookVersion.objects.get(rulebook__code="SD-2", number=1)
    by = {"employee": centre.lin, "recorded_by": centre.chen.user, "recorded_at": now}
    began = at(f"{day} 18:00")
    Call.objects.create(
        at=began,
        direction="in",
        line="business",
        answered=False,
        ring_seconds=30,
        talk_seconds=0,
        **by,
    )
    missed_calls([(centre.lin, began)], actor=centre.chen.user, now=now)
    entry = RegisterEntry.objects.get(clause="CD-12.45")
    register.verify(entry=entry, actor=centre.chen.user, now=now)
    chat = Chat.objects.create(number="S-1", began_at=began, first_seconds=8, closed=True, **by)
    Rating.objects.create(chat=chat, source="online", review="bad", rated_on=day, **by)
    register.enter(
        employee=centre.lin, clause="SD-233.63", rulebook_id=version.pk, kind="points", happened_on=day,
        reason="差评", source=f"chat:{chat.pk}", verified=True, actor=centre.chen.user, now=now,
    )  # fmt: skip


def failing() -> dict[str, list[str]]:
    return {one.check: one.violations for one in verify() if not one.ok}


def test_a_sound_world_passes_every_check(world, settings):
    assert failing() == {}
    settings.KEFU_NOW += ENOUGH
    assert failing() == {}
    looked_at = {one.check: one.n for one in verify()}
    assert looked_at["penalty_is_posted_once"] == 6
    assert looked_at["reversal_mirrors_its_entry"] == 2
    assert looked_at["audit_chain"] > 10


FINE = "(SELECT min(id) FROM penalties_penalty WHERE kind = 'fine')"
WAIVED = "(SELECT min(penalty_id) FROM penalties_waiver)"
ENTRY = "(SELECT min(id) FROM ledger_entry)"
ANSWERED = "SELECT id FROM deadlines_deadline WHERE action = 'reply' AND state = 'met'"
BREACHED = "(SELECT min(id) FROM deadlines_deadline WHERE state = 'breached')"
DELETE_PENALTY = (
    f"DELETE FROM penalties_penaltyevent WHERE penalty_id = {WAIVED}",
    f"WITH gone AS (DELETE FROM penalties_waiver WHERE penalty_id = {WAIVED} RETURNING penalty_id)"
    " DELETE FROM penalties_penalty WHERE id IN (SELECT penalty_id FROM gone)",
)


@pytest.mark.parametrize(
    ("check", "statements"),
    [
        (
            "inquiry_has_clock",  # a removed deadline
            (
                "DELETE FROM penalties_penalty WHERE deadline_id IN (SELECT id FROM deadlines_deadline WHERE action = 'reply')",
                "DELETE FROM deadlines_consequence WHERE deadline_id IN (SELECT id FROM deadlines_deadline WHERE action = 'reply')",
                "DELETE FROM deadlines_deadline WHERE action = 'reply'",
            ),
        ),
        (
            "inquiry_has_clock",  # a removed deadline whose answer came later than the question
            (
                f"DELETE FROM deadlines_consequence WHERE deadline_id IN ({ANSWERED})",
                f"DELETE FROM deadlines_deadline WHERE id IN ({ANSWERED})",
            ),
        ),
        (
            "no_promise_overdue",
            (
                f"UPDATE deadlines_deadline SET state = 'running', breached_at = NULL, detected_at = NULL WHERE id = {BREACHED}",
            ),
        ),
        (
            "nothing_set_aside",
            (
                f"UPDATE deadlines_deadline SET state = 'set_aside', breached_at = NULL, detected_at = NULL WHERE id = {BREACHED}",
            ),
        ),
        ("breach_has_its_penalties", DELETE_PENALTY),
        (
            "penalty_follows_a_breach",
            (
                f"DELETE FROM deadlines_consequence WHERE deadline_id = (SELECT deadline_id FROM penalties_penalty WHERE id = {FINE})",
            ),
        ),
        (
            "penalty_once",
            (
                "ALTER TABLE penalties_penalty DROP CONSTRAINT penalty_once",
                f"""INSERT INTO penalties_penalty (deadline_id, case_id, clause, rulebook_id, party_id, kind, value,
                        condition, state, incurred_at, decided_at, inputs)
                    SELECT deadline_id, case_id, clause, rulebook_id, party_id, kind, value, condition,
                        'provisional', incurred_at, decided_at, inputs FROM penalties_penalty WHERE id = {FINE}""",
            ),
        ),
        ("penalty_as_promised", (f"UPDATE penalties_penalty SET value = 2 WHERE id = {FINE}",)),
        (
            "posting_equals_its_penalty",
            (f"UPDATE penalties_penalty SET value = 2 WHERE id = {FINE}",),
        ),
        (
            "penalty_state_has_its_reason",
            (f"DELETE FROM penalties_penaltyevent WHERE penalty_id = {FINE}",),
        ),
        (
            "penalty_is_posted_once",
            (
                "DELETE FROM ledger_posting WHERE entry_id IN (SELECT id FROM ledger_entry WHERE reverses_id IS NOT NULL)",
                "DELETE FROM ledger_entry WHERE reverses_id IS NOT NULL",
            ),
        ),
        (
            "debits_equal_credits",
            (
                f"UPDATE ledger_posting SET amount = amount + 0.01 WHERE entry_id = {ENTRY} AND amount > 0",
            ),
        ),
        (
            "reversal_mirrors_its_entry",
            (
                "UPDATE ledger_posting SET amount = amount * 2 WHERE entry_id IN"
                " (SELECT id FROM ledger_entry WHERE reverses_id IS NOT NULL)",
            ),
        ),
        ("balance_is_its_postings", ("UPDATE ledger_account SET balance = balance + 0.01",)),
        (
            "clausehour_counts_add_up",
            ("UPDATE deadlines_clausehour SET met = met + 1 WHERE broken > 0",),
        ),
        ("clausemonth_counts_add_up", ("UPDATE deadlines_clausemonth SET open = open - 1",)),
        ("partyday_counts_add_up", ("DELETE FROM deadlines_partyday WHERE broken > 0",)),
        ("partymonth_counts_add_up", ("UPDATE deadlines_partymonth SET broken = broken + 1",)),
        (
            "case_shows_its_next_due_time",
            (
                "UPDATE cases_case SET next_due_at = next_due_at + interval '1 second' WHERE next_due_at IS NOT NULL",
            ),
        ),
        (
            "receipt_is_kept_its_time",
            (
                "ALTER TABLE problem_parcels_receipt DROP CONSTRAINT receipt_kept_its_time",
                "UPDATE problem_parcels_receipt SET keep_until = destroyed_on",
            ),
        ),
        (
            "receipt_is_kept_its_time",
            ("UPDATE problem_parcels_receiptdestruction SET approved = false",),
        ),
        (
            "receipt_stands_on_its_entry",  # an entry removed
            ("DELETE FROM problem_parcels_receiptentry",),
        ),
        (
            "receipt_stands_on_its_entry",  # a late one called in time
            ("UPDATE problem_parcels_receipt SET in_time = true",),
        ),
        (
            "two_people_decide",
            (
                "ALTER TABLE penalties_waiver DROP CONSTRAINT waiver_two_people",
                "UPDATE penalties_waiver SET decided_by_id = proposed_by_id",
            ),
        ),
        (
            "two_people_decide",
            (
                "ALTER TABLE rulebooks_rulebookversion DROP CONSTRAINT rulebook_version_two_people",
                "UPDATE rulebooks_rulebookversion SET published_by_id = drafted_by_id WHERE drafted_by_id IS NOT NULL",
            ),
        ),
        (
            "two_people_decide",
            (
                "UPDATE rulebooks_amendment SET amended_by_id = (SELECT published_by_id FROM rulebooks_rulebookversion WHERE number = 2)",
            ),
        ),
        (
            "two_people_decide",
            ("UPDATE rulebooks_rulebookversion SET published_by_id = NULL WHERE number = 2",),
        ),
        (
            "rules_hold_from_their_day",  # before the version itself
            (
                "UPDATE rulebooks_assignment SET effective_on = '2020-01-01' WHERE assigned_by_id IS NULL",
            ),
        ),
        (
            "rules_hold_from_their_day",  # made for a day that was over
            (
                "UPDATE rulebooks_assignment SET assigned_at = assigned_at + interval '1 day' WHERE assigned_by_id IS NOT NULL",
            ),
        ),
        (
            "only_published_rules_hold",  # also what has been read, and what decisions stand on
            ("UPDATE rulebooks_rulebookversion SET state = 'draft' WHERE number = 2",),
        ),
        (
            "read_after_it_was_published",
            ("UPDATE rulebooks_acknowledgement SET at = at - interval '1 day'",),
        ),
        (
            "locked_report_is_its_lines",
            ("DELETE FROM problem_parcels_reportline",),
        ),
        (
            "locked_report_is_its_lines",  # the copy no longer says what was recorded
            ("UPDATE problem_parcels_reportline SET correct_destination = '宁波'",),
        ),
        (
            "nothing_forwarded_before_it_is_paid",
            ("UPDATE problem_parcels_forwardingstep SET amount = 1 WHERE code = 'top_up'",),
        ),
        (
            "unanswered_parcel_goes_back",
            (
                "DELETE FROM problem_parcels_disposal WHERE asked_by = 'nobody'",
                "UPDATE deadlines_deadline SET detected_at = detected_at - interval '1 hour'"
                " WHERE action = 'message_reply' AND state = 'breached' AND answered_at IS NULL",
            ),
        ),
        (
            "closed_parcel_has_left",
            ("UPDATE problem_parcels_stay SET left_at = NULL, left_by_id = NULL",),
        ),
        (
            "message_has_its_clocks_decided",
            (
                "UPDATE deadlines_deadline SET answered_at = NULL WHERE id IN"
                " (SELECT wait_id FROM problem_parcels_message WHERE answered_at IS NOT NULL)",
            ),
        ),
        ("complaint_has_its_class", ("UPDATE inquiries_complaintgrading SET grade = 'major'",)),
        (
            "complaint_ends_with_a_content_customer",
            (
                "UPDATE inquiries_complaintstep SET outcome = 'dissatisfied' WHERE code = 'follow_up'",
            ),
        ),
        (
            "complaint_ends_with_a_content_customer",
            ("DELETE FROM inquiries_complaintstep WHERE code = 'answer'",),
        ),
        ("finding_is_its_penalty", ("UPDATE inquiries_finding SET amount = 50",)),
        ("volume_is_its_messages", ("UPDATE problem_parcels_volume SET number = number + 1",)),
        ("volume_is_its_messages", ("DELETE FROM problem_parcels_volume",)),
        ("claim_stage_agrees_with_its_rows", ("UPDATE claims_claim SET stage = 'negotiation'",)),
        ("settlement_approved_by_all_it_needs", ("DELETE FROM claims_approval",)),
        ("liable_shares_make_a_hundred", ("UPDATE claims_liability SET percent = 49.99",)),
        (
            "settlement_is_divided_to_the_fen",
            (
                "UPDATE claims_settlement SET inputs = jsonb_set(inputs, '{division,amounts,0}', '\"50.00\"')",
            ),
        ),
        (
            "audit_chain",
            ("UPDATE audit_row SET reason = 'nothing' WHERE id = (SELECT min(id) FROM audit_row)",),
        ),
        ("audit_chain", ("DELETE FROM audit_row WHERE id = (SELECT min(id) FROM audit_row)",)),
        (
            "audit_chain",  # the seal written anew, but not those after it: its digest no longer fits
            ("UPDATE audit_auditseal SET digest = sha256(digest)",),
        ),
        (
            "audit_is_sealed",
            ("DELETE FROM audit_auditseal",),
        ),
        (
            "rulebook_is_as_published",
            (
                "UPDATE rulebooks_rulebookversion SET content = jsonb_set(content, '{name_zh}', '\"别的\"')",
            ),
        ),
        (
            "rulebook_can_be_read",
            (
                "UPDATE rulebooks_rulebookversion SET content = jsonb_set(content, '{clauses,0,kind}', '\"oracle\"')",
            ),
        ),
        (
            "stored_parcel_has_its_keeper",  # another is named
            ("UPDATE problem_parcels_stay SET keeper_id = (SELECT max(id) FROM staff_employee)",),
        ),
        (
            "stored_parcel_has_its_keeper",  # the record is gone
            ("DELETE FROM problem_parcels_staykeeping",),
        ),
        (
            "collected_parcel_has_left",
            ("UPDATE problem_parcels_stay SET left_at = NULL, left_by_id = NULL, left_for = ''",),
        ),
        (
            "one_open_incident_of_an_issue",
            (
                "DROP INDEX incident_one_open_of_an_issue",
                "UPDATE inquiries_incident SET issue = 'topic:storm', completed_at = NULL, stage = 'over'"
                " WHERE issue = 'topic:rain'",
            ),
        ),
        (
            "complaint_belongs_to_its_incident",
            ("UPDATE inquiries_incident SET issue = 'topic:snow' WHERE issue = 'topic:storm'",),
        ),
        (
            "completed_incident_has_nothing_open",
            (
                "UPDATE inquiries_incident SET stage = 'done', completed_at = now(), ended_at = now()"
                " WHERE kind = 'system_failure' AND NOT is_drill",
            ),
        ),
        (
            "drill_counts_nowhere",
            (
                "UPDATE inquiries_forcemajeure SET incident_id ="
                " (SELECT case_id FROM inquiries_incident WHERE is_drill)",
            ),
        ),
        (
            "exempted_deadline_costs_nothing",
            (
                "UPDATE penalties_penalty SET state = 'payable' WHERE id IN"
                " (SELECT penalty_id FROM penalties_waiver WHERE batch <> '')",
            ),
        ),
        (
            "batch_waiver_has_two_signatures",
            (
                "UPDATE penalties_waiver SET decided_by_id = NULL, decided_at = NULL, approved = NULL"
                " WHERE batch <> ''",
            ),
        ),
        ("no_step_of_a_process_is_gone", ("DELETE FROM processes_stepdone",)),
        ("no_step_of_a_process_is_gone", ("UPDATE processes_stepdone SET number = 2",)),
        (
            "process_ends_with_its_case",
            ("UPDATE cases_case SET state = 'closed', closed_at = now() WHERE kind = 'process'",),
        ),
        (
            "step_done_is_waited_for_no_more",
            (
                "UPDATE deadlines_deadline SET state = 'running', answered_at = NULL"
                " WHERE action = 'process_step' AND state = 'met'",
            ),
        ),
        (
            "refund_check_is_of_its_day",
            ("UPDATE processes_refundcheck SET due_on = due_on - 2",),
        ),
        (
            "refund_check_is_of_its_day",  # yesterday's, told as missed
            (
                "UPDATE processes_refundcheck SET due_on = due_on - 1, checked_at = checked_at - interval '1 day'",
            ),
        ),
        ("missed_refund_check_is_told", ("DELETE FROM processes_refundcheckreminder",)),
        (
            "closed_report_was_told_twice",
            ("DELETE FROM claims_reportnotice WHERE number = 2",),
        ),
        (
            "bonus_stands_on_an_accepted_report",  # another's
            (
                "UPDATE claims_reportbonus SET employee_id = employee_id + 1 WHERE employee_id IS NOT NULL",
            ),
        ),
        (
            "bonus_stands_on_an_accepted_report",
            ("UPDATE claims_faultreport SET verdict = 'returned' WHERE verdict = 'accepted'",),
        ),
        (
            "forgotten_report_costs_what_was_proposed",
            ("UPDATE claims_forgottenreport SET amount = 31",),
        ),
        ("counted_line_was_verified", ("DELETE FROM payroll_entrydecision",)),
        (
            "nobody_decides_about_himself",
            (
                "UPDATE payroll_entrydecision d SET decided_by_id = e.user_id FROM payroll_registerentry r"
                " JOIN staff_employee e ON e.id = r.employee_id WHERE r.id = d.entry_id AND r.source = ''",
            ),
        ),
        (
            "nobody_decides_about_himself",
            (
                "UPDATE payroll_objection o SET decided_by_id = r.reported_by_id FROM payroll_registerentry r"
                " WHERE r.id = o.entry_id",
            ),
        ),
        (
            "sanction_was_decided_by_people",
            ("UPDATE payroll_proposedmeasure SET given = '' WHERE given <> ''",),
        ),
        ("no_level_without_a_proposal", ("DELETE FROM payroll_proposedmeasure",)),
        (
            "idea_brings_what_it_was_answered",
            ("UPDATE payroll_idea SET employee_id = employee_id + 1",),
        ),
        ("published_scores_are_numbered", ("DELETE FROM payroll_monthscore WHERE number = 1",)),
        ("register_is_as_issued", ("UPDATE reports_register SET analysis = '都很好'",)),
        (
            "correction_is_its_punch",
            ("UPDATE payroll_correction SET at = at - interval '1 minute' WHERE state = 'signed'",),
        ),
        (
            "correction_is_its_punch",
            ("UPDATE payroll_correction SET state = 'refused', punch_id = NULL",),
        ),
        (
            "attendance_costs_what_it_says",
            ("UPDATE payroll_attendanceday SET inputs = inputs - 'events' WHERE late_minutes > 0",),
        ),
        ("contact_costs_what_it_was", ("UPDATE payroll_rating SET review = 'good'",)),
        ("contact_costs_what_it_was", ("UPDATE payroll_call SET answered = true",)),
        (
            "rating_is_of_its_chats_agent",
            (
                "UPDATE payroll_rating SET employee_id = (SELECT id FROM staff_employee WHERE number = '0831')",
            ),
        ),
        ("journal_and_audit_are_append_only", ("GRANT DELETE ON claims_reportbonus TO kefu_app",)),
        ("photos_are_as_added", ("UPDATE cases_attachment SET photo = thumbnail",)),  # sealed, too
        ("reports_are_as_sent", ("UPDATE problem_parcels_misroutingreport SET issued = sealed",)),
        ("journal_and_audit_are_append_only", ("GRANT UPDATE ON ledger_posting TO kefu_app",)),
        (
            "journal_and_audit_are_append_only",
            ("GRANT DELETE ON rulebooks_acknowledgement TO kefu_app",),
        ),
        ("journal_and_audit_are_append_only", ("GRANT TRUNCATE ON cases_case TO kefu_app",)),
        ("guards_stand", ("DROP TRIGGER entry_is_sound ON ledger_entry",)),
        ("guards_stand", ("DROP TRIGGER version_stays ON rulebooks_rulebookversion",)),
        ("guards_stand", ("DROP TRIGGER line_stays ON rulebooks_assignment",)),
    ],
)
def test_a_broken_fact_is_reported(world, settings, check, statements):
    settings.KEFU_NOW += ENOUGH

    tamper(*statements)

    assert check in failing()  # and not before: the test of the sound world


def test_a_partition_that_nobody_made_is_reported(world, settings):
    settings.KEFU_NOW = clock.now() + timedelta(days=200)

    assert "partition audit_row_" in failing()["partitions_are_ready"][0]


def test_every_check_has_a_test_of_its_own():
    tested = {
        mark.args[1][i][0]
        for mark in test_a_broken_fact_is_reported.pytestmark
        if mark.name == "parametrize"
        for i in range(len(mark.args[1]))
    }

    elsewhere = {
        check
        for check, _broken in (
            *BROKEN,
            *BROKEN_APPEALS,
            *BROKEN_INSPECTIONS,
            *BROKEN_MEETINGS,
            *BROKEN_ROSTERS,
            *PAY_BROKEN,
            *BROKEN_LEAVINGS,
            *BROKEN_STATEMENTS,
            *BROKEN_TRAINING,
        )
    }
    assert {check.name for check in CHECKS} <= tested | elsewhere


def test_the_command_prints_one_list_and_fails_on_a_violation(world):
    out = StringIO()
    call_command("verify", "--json", stdout=out)
    assert {one["ok"] for one in json.loads(out.getvalue())} == {True}

    tamper("UPDATE ledger_account SET balance = balance + 0.01")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify", "--json", stdout=out)

    found = {one["check"]: one for one in json.loads(out.getvalue())}
    assert ended.value.code == 1
    assert found["balance_is_its_postings"]["found"] == 3
    assert len(found["balance_is_its_postings"]["violations"]) == 3


def test_verifying_changes_nothing(world):
    before = Deadline.objects.count(), Penalty.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(amount) FROM ledger_posting")
        assert cursor.fetchone() == (Decimal("0.00"),)

    verify()

    assert (Deadline.objects.count(), Penalty.objects.count()) == before
