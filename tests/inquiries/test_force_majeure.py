"""A storm is nobody's fault: declared by one, signed by another, and what it cost is taken back to the fen."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from inquiries import services as inquiries
from inquiries.models import Exemption
from inquiries.selectors.force_majeure import exempted, findings_page, preview, preview_page
from inquiries.services import force_majeure, incident_opening
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.jobs import services as jobs
from kefu.ledger.models import Account, Entry
from kefu.network.models import Party, Region
from kefu.penalties.models import Penalty, Waiver
from kefu.penalties.services import confirm, settle_paid
from kefu.replay import services as replay
from kefu.replay.decisions import differences
from tests.centre import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def sichuan(centre):
    province = Region.objects.create(name="四川")
    city = Region.objects.create(name="成都", parent=province)
    Party.objects.filter(pk=centre.chengdu.pk).update(region=city)
    return province


def ask(centre, when, outlet=None):
    case = centre.inquiry(now=when, waybill=None, waybill_number="880612045999")
    return inquiries.ask_outlet(
        case=case,
        outlet=outlet or centre.chengdu,
        question="请核实",
        actor=centre.lin.user,
        now=when,
    )


def owed(party):
    account = Account.objects.filter(party=party).first()
    return account.balance if account else Decimal(0)


def declare(centre, region, *, now, **given):
    facts = {
        "reason": "暴雨，道路中断",
        "regions": [region],
        "outlets": [],
        "starts_at": at("09:00:00"),
        "ends_at": at("18:00:00"),
        "actor": centre.chen.user,
        "now": now,
    }
    return force_majeure.declare(**facts | given)


def sign(centre, declaration, *, now):
    signed = force_majeure.decide(declaration=declaration, sign=True, actor=centre.he.user, now=now)
    jobs.run_until_next_tick()
    signed.job.refresh_from_db()
    return signed


@pytest.fixture
def broken(centre, sichuan, clock):
    """Chengdu let two questions run out, one of them payable; Xi'an let one; a third of Chengdu's still runs."""
    queries = [ask(centre, clock("09:00:00")) for _n in range(2)]
    queries.append(ask(centre, clock("09:00:00"), outlet=centre.xian))
    queries.append(ask(centre, clock("10:30:00")))
    now = clock("11:30:00")
    deadlines.sweep()
    for query in queries[:3]:
        if query is not queries[1]:
            fine = Penalty.objects.get(deadline=query.deadline, kind="fine")
            confirm(penalty=fine, fact={"complaint": "TS-1"}, actor=None, now=now)
    return queries


def test_the_preview_says_what_it_touches_and_what_that_comes_to(centre, sichuan, broken):
    declaration = declare(centre, sichuan, now=at("11:30:00"))

    shown = preview(declaration)

    # Chengdu's three questions with the replies that waited for them, and nothing of Xi'an.
    assert (shown.running, shown.breached, shown.cases) == (1, 5, 3)
    assert {one.state: one.yuan for one in shown.money} == {
        "payable": Decimal("200.00"),
        "provisional": Decimal("200.00"),
    }
    rows, after = preview_page(declaration)
    assert len(rows) == 6 and after == 0
    assert not Exemption.objects.exists()


def test_signed_by_the_other_the_fines_are_met_by_counter_entries_and_the_breaches_stay(
    centre, sichuan, broken, clock
):
    now = clock("11:40:00")
    assert owed(centre.chengdu) == Decimal("200.00")
    breaches = Deadline.objects.filter(state="breached").count()

    signed = sign(centre, declare(centre, sichuan, now=now), now=now)

    assert (signed.job.state, signed.job.done) == ("done", 6)
    assert owed(centre.chengdu) == 0
    assert owed(centre.xian) == Decimal("200.00")
    assert Deadline.objects.filter(state="breached").count() == breaches
    fines = Penalty.objects.filter(party=centre.chengdu, kind="fine")
    assert set(fines.values_list("state", flat=True)) == {"reversed"}
    waivers = Waiver.objects.filter(batch=signed.batch)
    assert set(waivers.values_list("ground", "proposed_by", "decided_by", "approved")) == {
        ("force_majeure", centre.chen.user.pk, centre.he.user.pk, True)
    }
    taken_back = Waiver.objects.count()
    assert exempted(signed) == {
        "deadlines": 6,
        "penalties": taken_back,
        "yuan": Decimal("400.00"),
    }

    for one in replay.each("2026-11", at=now):  # a waiver is a fact like any other
        if one.decision.case_id != broken[2].case_id:  # no complaint is linked to Xi'an's
            assert list(differences(one.decision, one.outcome)) == [], one

    force_majeure.exempt(signed, list(Exemption.objects.values_list("pk", flat=True)))
    assert Entry.objects.count() == 3  # two fines and one counter-entry; again does nothing
    assert Waiver.objects.count() == taken_back


@pytest.mark.rule("CD-05.21", "CD-05.23")
def test_a_phone_that_a_storm_silenced_is_excused_and_what_somebody_did_himself_is_not(
    centre, sichuan, clock
):
    def complain(cause, when, against=centre.chengdu):
        now = clock(when)
        return inquiries.file_complaint(
            cause=cause, against=against, text="打不通，态度差", channel="phone", asker="receiver",
            customer_name="", customer_phone="13800004545", department=centre.query_desk,
            owner=centre.lin, actor=centre.lin.user, now=now,
        )  # fmt: skip

    def find(case, clause, *, verified=True):
        return inquiries.record_finding(
            case=case, clause=clause, found=inquiries.Found(verified=verified),
            actor=centre.chen.user, now=clock("12:00:00"),
        ).penalty  # fmt: skip

    before = find(complain("phone_unreachable", "08:59:59"), "CD-05.21")
    silenced = find(complain("phone_unreachable", "09:00:00"), "CD-05.21")
    rude = find(complain("rude_language", "10:00:00"), "CD-05.02")
    elsewhere = find(complain("phone_unreachable", "10:00:00", against=centre.xian), "CD-05.21")
    owed_before = owed(centre.chengdu)
    declaration = declare(centre, sichuan, now=clock("12:10:00"))

    shown = preview(declaration)
    assert shown.findings == 1 and silenced.case_id in {
        one.case_id for one in findings_page(declaration)
    }
    assert {one.state: one.yuan for one in shown.money}["payable"] == Decimal("50.00")

    signed = sign(centre, declaration, now=clock("12:20:00"))

    states = {one: Penalty.objects.get(pk=one.pk).state for one in (before, rude, elsewhere)}
    assert set(states.values()) == {"payable"}
    assert Penalty.objects.get(pk=silenced.pk).state == "reversed"
    assert owed(centre.chengdu) == owed_before - Decimal("50.00")
    assert exempted(signed)["yuan"] == Decimal("50.00")
    assert preview(declaration).findings == 0 and len(findings_page(declaration)) == 1
    later = complain("phone_unreachable", "12:30:00")
    with pytest.raises(KefuError) as refused:  # nobody verifies that there was no reason
        find(later, "CD-05.21")
    assert (refused.value.code, Penalty.objects.filter(case=later, clause="CD-05.21").count()) == (
        "force_majeure", 0,
    )  # fmt: skip

    force_majeure.propose_revocation(
        declaration=signed, reason="路已经通了", actor=centre.chen.user, now=clock("13:00:00")
    )
    force_majeure.revoke(declaration=signed, actor=centre.he.user, now=clock("13:00:00"))
    assert find(complain("phone_unreachable", "13:00:01"), "CD-05.21").state == "payable"


def test_what_is_paid_already_is_shown_and_taken_back_as_well(centre, sichuan, broken, clock):
    paid = Penalty.objects.get(party=centre.chengdu, kind="fine", state="payable")
    with transaction.atomic():
        settle_paid(penalty=paid, fact={"statement": 1}, actor=None, now=at("11:35:00"))
    now = clock("11:40:00")
    declaration = declare(centre, sichuan, now=now)
    shown = {one.state: one.yuan for one in preview(declaration).money}

    sign(centre, declaration, now=now)

    assert shown == {"settled": Decimal("200.00"), "provisional": Decimal("200.00")}
    assert Penalty.objects.get(pk=paid.pk).state == "reversed"
    assert owed(centre.chengdu) == 0


def test_what_breaks_later_inside_the_span_is_exempt_too_and_what_breaks_after_it_is_not(
    centre, sichuan, broken, clock
):
    sign(centre, declare(centre, sichuan, now=clock("11:40:00")), now=clock("11:40:00"))
    late = ask(centre, clock("15:59:00"))
    after = ask(centre, clock("16:01:00"))

    now = clock("18:30:00")
    deadlines.sweep()
    assert force_majeure.exempt_broken(now=now) > 0

    states = dict(Penalty.objects.filter(kind="fine").values_list("deadline", "state"))
    assert states[broken[3].deadline_id] == "reversed"  # it ran when it was signed
    assert states[late.deadline_id] == "reversed"
    assert states[after.deadline_id] == "provisional"
    assert force_majeure.exempt_broken(now=now) == 0


def test_nobody_signs_alone_and_nothing_senseless_is_declared(centre, sichuan, clock):
    now = clock("11:40:00")
    declaration = declare(centre, sichuan, now=now)
    with pytest.raises(KefuError, match="自己"):
        force_majeure.decide(declaration=declaration, sign=True, actor=centre.chen.user, now=now)
    with pytest.raises(NotAllowed):
        force_majeure.decide(declaration=declaration, sign=True, actor=centre.lin.user, now=now)
    for field, wrong in (
        ("ends_at", {"ends_at": at("09:00:00")}),
        ("ends_at", {"ends_at": at("09:00:00") + timedelta(days=61)}),
        ("starts_at", {"starts_at": at("11:40:01"), "ends_at": at("12:00:00")}),
        ("regions", {"regions": []}),
        ("regions", {"regions": [Region.objects.create(name="西藏")]}),
        ("reason", {"reason": "  "}),
    ):
        with pytest.raises(KefuError) as refused:
            declare(centre, sichuan, now=now, **wrong)
        assert refused.value.field == field

    force_majeure.decide(
        declaration=declaration, sign=False, note="范围太大", actor=centre.he.user, now=now
    )
    with pytest.raises(Conflict):
        force_majeure.decide(declaration=declaration, sign=True, actor=centre.he.user, now=now)


def test_taken_back_by_two_it_ends_there_and_what_was_exempted_stays(
    centre, sichuan, broken, clock
):
    storm = incident_opening.declare(
        given=incident_opening.Given(
            kind="natural_disaster",
            summary="成都暴雨",
            started_at=at("09:00:00"),
            outlets=[centre.chengdu],
            reason="暴雨，详询 13800004545",
        ),
        department=centre.query_desk,
        actor=centre.wang.user,
        now=clock("11:39:00"),
    )
    assert "13800004545" not in storm.reason
    declared = declare(centre, sichuan, incident=storm, now=clock("11:40:00"))
    signed = sign(centre, declared, now=clock("11:40:00"))
    asked = {"declaration": signed, "reason": "路已经通了", "now": clock("12:00:00")}
    force_majeure.propose_revocation(actor=centre.chen.user, **asked)
    with pytest.raises(KefuError, match="自己"):
        force_majeure.revoke(declaration=signed, actor=centre.chen.user, now=at("12:00:00"))
    force_majeure.revoke(declaration=signed, actor=centre.he.user, now=at("12:00:00"))
    told = storm.case.interactions.filter(action__startswith="force_majeure").order_by("pk")
    assert [line.action.removeprefix("force_majeure_") for line in told] == [
        "declared",
        "signed",
        "ending",
        "revoked",
    ]

    now = clock("13:00:00")  # the question of 10:30 broke at 12:30
    deadlines.sweep()
    force_majeure.exempt_broken(now=now)

    assert owed(centre.chengdu) == 0
    fine = Penalty.objects.get(deadline=broken[3].deadline, kind="fine")
    assert fine.state == "provisional"
    with pytest.raises(Conflict):
        force_majeure.propose_revocation(actor=centre.chen.user, **asked)


def test_a_signer_takes_back_nothing_he_bears_himself(centre, sichuan, broken, clock):
    clock("11:40:00")
    fine = Penalty.objects.filter(party=centre.chengdu, state="payable").get()
    centre.he.user.party = centre.chengdu
    centre.he.user.save()

    sign(centre, declare(centre, sichuan, now=at("11:40:00")), now=at("11:40:00"))

    fine.refresh_from_db()
    assert fine.state == "payable"


def test_the_preview_asks_the_same_however_many_there_are(centre, sichuan, broken, clock):
    declaration = declare(centre, sichuan, now=clock("11:40:00"))
    with CaptureQueriesContext(connection) as few:
        preview(declaration), preview_page(declaration)
    for _n in range(10):
        ask(centre, clock("11:45:00"))
    with CaptureQueriesContext(connection) as many:
        preview(declaration), preview_page(declaration)

    assert len(many) == len(few)
