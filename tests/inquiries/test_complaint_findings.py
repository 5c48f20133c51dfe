"""Who is held responsible: the fines that follow no clock, points, measures, orders, and what only the records tell."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from inquiries import services as inquiries
from inquiries.models import Complaint, Finding, LineCheck, Rectification
from inquiries.selectors.complaints import complaint_rates, history_of, liable_for_claim
from inquiries.services import Details, Found
from inquiries.services.difficult_customers import customer_token
from inquiries.services.lines import late_changes
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Account
from kefu.network.models import ContactNumber, Party
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.penalties.selectors import explained
from kefu.staff.models import User
from tests import centre as tests
from tests.centre import at

pytestmark = pytest.mark.django_db
NOW = "10:00:00"
HEARD = {"surname": "姓马"}


@pytest.fixture(autouse=True)
def frozen(settings):
    settings.KEFU_NOW = at(NOW)


@pytest.fixture
def centre():
    return tests.build(now=at(NOW), rules_since=date(2026, 1, 1))


def complain(centre, *, now=NOW, details=None, **given):
    facts = {
        "cause": "rude_language",
        "against": centre.chengdu,
        "text": "态度很差",
        "channel": "phone",
        "asker": "receiver",
        "customer_name": "陈晓梅",
        "customer_phone": "13800004545",
        "waybill": centre.waybill,
        "department": centre.query_desk,
        "owner": centre.lin,
        "actor": centre.lin.user,
        "now": at(now),
    } | given
    return inquiries.file_complaint(details=details, **facts)


def find(centre, case, clause, **found):
    party = found.pop("party", None)
    return inquiries.record_finding(
        case=case,
        clause=clause,
        party=party,
        found=Found(**found),
        actor=centre.chen.user,
        now=at("11:00:00"),
    )


# clause, cause of the complaint, what has to be found, who bears it, how much
FINES = [
    ("CD-05.02", "rude_language", {}, "chengdu", "100.00"),
    ("CD-05.03", "identity_refused", {}, "chengdu", "100.00"),
    ("CD-05.08", "shirking", {"evidence": HEARD}, "chengdu", "200.00"),
    ("CD-05.11", "claim_delayed", {"established": ["waited_for_headquarters"]}, "chengdu", "200.00"),
    ("CD-05.12", "shirking", {"established": ["outside_intact", "inside_damaged", "shirked"]}, "xian", "100.00"),
    ("CD-05.13", "damaged", {"established": ["signed_unchecked", "outside_damaged", "shirked"], "evidence": {"customer_evidence": "照片"}}, "xian", "100.00"),
    ("CD-05.21", "phone_unreachable", {"verified": True}, "chengdu", "50.00"),
    ("CD-05.25", "phone_unreachable", {"established": ["number_outdated"]}, "chengdu", "50.00"),
    ("CD-05.26", "other", {"established": ["not_reported_upward"], "count": 2}, "chengdu", "100.00"),
    ("CD-05.27", "other", {"established": ["complained_to_headquarters", "no_outlet_interaction"]}, "chengdu", "100.00"),
]  # fmt: skip


@pytest.mark.rule(*(clause for clause, *_rest in FINES))
def test_each_fine_wants_its_facts_and_is_borne_once_by_the_liable_outlet(centre):
    centre.waybill.origin = centre.xian
    centre.waybill.save()
    for n, (clause, cause, found, who, amount) in enumerate(FINES):
        case = complain(centre, cause=cause, customer_phone=f"1390000600{n}", customer_name="")
        for missing in found:  # each of them is wanted
            kept = {name: value for name, value in found.items() if name != missing}
            if missing == "count":  # one call so far, by the records
                kept = found | {"count": 1}
            with pytest.raises(KefuError):
                find(centre, case, clause, **kept)
        for fact in found.get("established", ()):
            others = [one for one in found["established"] if one != fact]
            with pytest.raises(KefuError) as refused:
                find(centre, case, clause, **found | {"established": others})
            assert refused.value.field == fact
        assert not Penalty.objects.filter(case=case).exists()
        with pytest.raises(NotAllowed):
            inquiries.record_finding(
                case=case, clause=clause, actor=centre.lin.user, now=at("11:00:00")
            )

        finding = find(centre, case, clause, **found)

        penalty, liable = finding.penalty, getattr(centre, who)
        assert (penalty.party, penalty.value, penalty.state) == (liable, Decimal(amount), "payable")
        assert finding.liability == ("claim" if clause in ("CD-05.12", "CD-05.13") else "")
        assert explained(penalty, "en").clause == clause
        with pytest.raises(Conflict):
            find(centre, case, clause, **found)
    found = liable_for_claim(waybill_number=centre.waybill.number)
    assert [(one.party_id, one.clause) for one in found] == [
        (centre.xian.pk, "CD-05.12"),
        (centre.xian.pk, "CD-05.13"),
    ]
    balances = dict(Account.objects.filter(book="fines").values_list("party__code", "balance"))
    assert balances == {"CD03": Decimal("900.00"), "XA02": Decimal("200.00")}


@pytest.mark.rule("CD-05.02", "CD-05.05")
def test_what_a_contract_areas_people_do_its_outlet_bears(centre):
    area = Party.objects.create(
        kind="contractor", code="CD0301", name="三部一区", parent=centre.chengdu
    )

    finding = find(centre, complain(centre, against=area), "CD-05.02")

    assert finding.party == centre.chengdu


def test_neither_our_company_nor_one_who_cannot_be_meant_bears_a_fine(centre):
    shown = {"established": ["outside_intact", "inside_damaged", "shirked"]}
    case = complain(centre, cause="shirking", customer_phone="13900006001")
    assert centre.waybill.origin.kind == "company"  # we sent it ourselves
    courier = Party.objects.create(
        kind="courier", code="CD03K1", name="赵六", parent=centre.chengdu
    )
    for party in (None, centre.company, centre.lin.party):
        with pytest.raises(KefuError) as refused:
            find(centre, case, "CD-05.12", party=party, **shown)
        assert (refused.value.field, Penalty.objects.exists()) == ("party", False)

    finding = find(centre, case, "CD-05.12", party=courier, **shown)

    assert finding.party == centre.chengdu  # the outlet of whoever did it


@pytest.mark.rule("CD-05.13")
def test_for_one_parcel_on_one_case_the_fine_is_one_whoever_is_named(centre):
    case = complain(centre, cause="damaged")
    shown = {
        "established": ["signed_unchecked", "outside_damaged", "shirked"],
        "evidence": {"customer_evidence": "照片"},
    }
    find(centre, case, "CD-05.13", party=centre.xian, **shown)

    for party in (centre.xian, centre.chengdu):
        with pytest.raises(Conflict):
            find(centre, case, "CD-05.13", party=party, **shown)

    assert Penalty.objects.count() == 1


@pytest.mark.rule("CD-05.08")
def test_before_the_complaint_a_finding_waits_and_linking_confirms_it(centre):
    case = centre.inquiry(now=at("09:00:00"))
    finding = find(centre, case, "CD-05.08", evidence=HEARD, party=centre.chengdu)
    assert finding.penalty.state == "provisional"
    assert (finding.missing, finding.penalty.inputs["causes"]) == ("complaint", ["shirking"])
    complain(centre, cause="late_reply", origin=case)
    assert Penalty.objects.get(pk=finding.penalty_id).state == "provisional"

    complain(centre, cause="shirking", origin=case)

    assert Penalty.objects.get(pk=finding.penalty_id).state == "payable"


@pytest.mark.rule("CD-05.04", "CD-05.05")
def test_a_contract_area_goes_through_its_outlet_and_past_it_abusively_costs_the_outlet(centre):
    area = Party.objects.create(
        kind="contractor", code="CD0301", name="三部一区", parent=centre.chengdu
    )
    given = {"complainant": area, "level": "headquarters", "abusive": True}
    with pytest.raises(KefuError, match="成都武侯三部") as refused:
        complain(centre, asker="other", details=Details(**given))
    assert (refused.value.field, Case.objects.exists()) == ("complainant", False)

    case = complain(
        centre, asker="other", against=None, details=Details(**given, persuasion_failed=True)
    )
    with pytest.raises(KefuError) as refused:
        find(centre, case, "CD-05.05", established=["skipped_level", "persuasion_failed"])
    assert refused.value.field == "abusive"
    finding = find(
        centre, case, "CD-05.05", established=["skipped_level", "abusive", "persuasion_failed"]
    )

    assert (finding.party, finding.penalty.state) == (centre.chengdu, "payable")


@pytest.mark.rule("CD-05.06", "CD-05.07", "CD-05.27")
def test_outlets_that_asked_each_other_have_not_gone_straight_upward(centre):
    case = complain(
        centre, against=None, details=Details(complainant=centre.xian, level="headquarters")
    )
    finding = find(centre, case, "CD-05.07")
    assert (finding.party, finding.penalty.value) == (centre.xian, Decimal("100.00"))

    inquiries.ask_outlet(
        case=centre.inquiry(now=at(NOW)), outlet=centre.chengdu, question="在哪", actor=centre.lin.user, now=at(NOW)
    )  # fmt: skip
    later = complain(centre, against=centre.chengdu, details=Details(complainant=centre.xian))
    with pytest.raises(KefuError) as refused:
        find(centre, later, "CD-05.07")
    assert refused.value.code == "interaction_on_record"
    said = ["complained_to_headquarters", "no_outlet_interaction"]
    with pytest.raises(KefuError) as refused:
        find(centre, later, "CD-05.27", established=said)
    assert refused.value.field == "no_outlet_interaction"


@pytest.mark.rule("CD-05.21", "CD-05.25")
def test_for_one_call_only_one_of_both_fines_is_raised(centre):
    case = complain(centre, cause="phone_unreachable")
    find(centre, case, "CD-05.21", verified=True)

    with pytest.raises(KefuError) as refused:
        find(centre, case, "CD-05.25", established=["number_outdated"])

    assert refused.value.code == "does_not_apply"


@pytest.mark.rule("CD-05.22")
def test_a_rectification_is_ordered_with_a_day_and_an_amount_and_costs_that_when_it_is_late(centre):
    finding = find(centre, complain(centre, cause="phone_unreachable"), "CD-05.21", verified=True)
    order = {"finding": finding, "measure": "more_seats", "actor": centre.chen.user}
    for due_on, heavier, field in (
        (date(2026, 11, 20), Decimal(100), "due_on"),
        (date(2026, 11, 27), Decimal(50), "heavier"),
        (date(2026, 11, 27), Decimal("NaN"), "heavier"),
    ):
        with pytest.raises(KefuError) as refused:
            inquiries.order_rectification(**order, due_on=due_on, heavier=heavier, now=at(NOW))
        assert refused.value.field == field
    made = inquiries.order_rectification(
        **order, due_on=date(2026, 11, 27), heavier=Decimal(100), now=at(NOW)
    )
    recheck = {"order": made, "mended": False, "actor": centre.chen.user}
    with pytest.raises(Conflict):
        inquiries.recheck_rectification(**recheck, now=at("2026-11-27 23:59:59"))

    inquiries.recheck_rectification(**recheck, now=at("2026-11-28 00:00:00"))

    made = Rectification.objects.get()
    assert (made.outcome, made.penalty.value, made.penalty.clause) == (
        "overdue", Decimal("100.00"), "CD-05.22",
    )  # fmt: skip
    assert explained(made.penalty, "en").clause == "CD-05.22"


@pytest.mark.rule("CD-05.28", "CD-05.29", "CD-05.30")
def test_after_a_failed_mediation_the_origin_outlet_pays_the_fine_and_what_was_promised(centre):
    centre.waybill.origin = centre.xian
    centre.waybill.save()
    weak = {"established": ["coordination_failed", "handled_weakly"]}
    case = complain(centre, cause="other", details=Details(level="headquarters"))
    chen = {"case": case, "actor": centre.chen.user, "now": at("10:30:00")}
    with pytest.raises(KefuError) as refused:
        find(centre, case, "CD-05.29", **weak)
    assert refused.value.field == "coordination_failed"
    inquiries.coordinate(outcome="failed", **chen)
    with pytest.raises(KefuError, match="答应"):  # else nobody would bear the promise
        find(centre, case, "CD-05.29", **weak)
    with pytest.raises(KefuError):
        inquiries.coordinate(promise=" ", **chen)
    inquiries.coordinate(promise="赔 350 元", amount=Decimal("350.00"), **chen)
    with pytest.raises(Conflict):
        inquiries.coordinate(promise="再赔", **chen)

    find(centre, case, "CD-05.29", **weak)

    fines = Penalty.objects.order_by("clause").values_list("clause", "party", "value", "state")
    assert list(fines) == [
        ("CD-05.29", centre.xian.pk, Decimal("200.00"), "payable"),
        ("CD-05.30", centre.xian.pk, Decimal("350.00"), "payable"),
    ]
    assert Account.objects.get(party=centre.xian, book="fines").balance == Decimal("550.00")


@pytest.mark.rule("CD-05.23", "CD-05.24")
def test_a_mobile_that_does_not_answer_is_called_verified_and_fined_without_any_complaint(centre):
    head = inquiries.report_number(
        party=centre.chengdu, kind="head", number="13900008888", holder="马店长",
        effective_on=date(2026, 11, 20), actor=centre.chen.user, now=at("09:00:00"),
    )  # fmt: skip
    lin = {"number": head, "actor": centre.lin.user}
    with pytest.raises(Conflict):
        inquiries.open_line_case(department=centre.query_desk, now=at(NOW), **lin)
    auditor = User.objects.create_user("0866", role=User.Role.INSPECTOR)
    with pytest.raises(NotAllowed):
        inquiries.open_line_case(
            number=head, department=centre.query_desk, actor=auditor, now=at(NOW)
        )
    for outcome in ("no_answer", "off"):
        inquiries.log_check(outcome=outcome, now=at(NOW), **lin)
    case = inquiries.open_line_case(department=centre.query_desk, now=at(NOW), **lin)
    with pytest.raises(Conflict):  # the same calls make no second case, and so no second fine
        inquiries.open_line_case(department=centre.query_desk, now=at(NOW), **lin)
    finding = find(centre, case, "CD-05.23", established=["head_unreachable"])
    assert finding.penalty.state == "provisional"

    penalties.confirm_finding(
        penalty=finding.penalty, reason="没有特殊原因", actor=centre.he.user, now=at("12:00:00")
    )

    assert Penalty.objects.get().state == "payable"
    assert (finding.party, finding.amount) == (centre.chengdu, Decimal("200.00"))
    assert LineCheck.objects.count() == 2

    report = {"party": centre.chengdu, "kind": "head", "actor": centre.chen.user}
    late = inquiries.report_number(
        number="13900007777",
        effective_on=date(2026, 11, 21),
        now=at("2026-11-22 00:00:01"),
        **report,
    )
    ahead = inquiries.report_number(
        number="13900006666",
        effective_on=date(2026, 11, 24),
        now=at("2026-11-23 09:00:00"),
        **report,
    )
    since = at("2026-11-01 00:00:00")
    found = late_changes(now=at("2026-11-23 10:00:00"), since=since)
    assert [(one.number, one.days, one.clause) for one in found] == [(late, 1, "CD-05.24")]
    current = ContactNumber.objects.current(at("2026-11-23 10:00:00")).get(party=centre.chengdu)
    assert (current, ahead.valid_from) == (late, at("2026-11-24 00:00:00"))


# The express service's couriers and agents.


@pytest.fixture
def express(centre):
    centre.work_by("ES")
    return centre


def of_express(centre, *, against, category="other", cause="other", **given):
    details = Details(
        category=category, demand="要个说法", promised_on=given.pop("promised_on", None)
    )
    return complain(centre, cause=cause, against=against, details=details, **given)


@pytest.mark.rule("ES-304.01", "ES-304.02")
def test_a_courier_at_fault_loses_ten_points_and_pays_between_200_and_500(express):
    courier = Party.objects.create(kind="courier", code="K1", name="赵强", parent=express.chengdu)
    case = of_express(express, against=courier)
    fault = {"established": ["violent_sorting"], "verified": True}
    for chosen in (Decimal("199.99"), Decimal("500.01")):
        with pytest.raises(KefuError):
            find(express, case, "ES-304.02", **fault, chosen=chosen)
    with pytest.raises(KefuError) as refused:
        find(express, case, "ES-304.02", **fault)
    assert refused.value.field == "amount"

    finding = find(express, case, "ES-304.02", **fault, chosen=Decimal("200"))
    points = inquiries.take_points(
        case=case, event="complaint_by_courier", party=courier, reason="暴力分拣属实",
        actor=express.chen.user, now=at("11:00:00"),
    )  # fmt: skip

    assert (finding.party, finding.amount, finding.penalty.state) == (
        courier,
        Decimal(200),
        "payable",
    )
    assert (points.clause, points.points, points.penalty.state) == (
        "ES-304.01",
        Decimal(10),
        "payable",
    )
    assert explained(points.penalty, "en").clause == "ES-304.01"
    with pytest.raises(Conflict):
        inquiries.take_points(
            case=case, event="complaint_by_courier", party=courier, reason="再扣一次",
            actor=express.chen.user, now=at("11:00:00"),
        )  # fmt: skip


@pytest.mark.rule("ES-304.03", "ES-304.04")
def test_a_complaint_that_its_agent_let_escalate_costs_eight_points_and_maybe_training(express):
    case = of_express(express, against=express.zhou.party, category="attitude")
    finding = inquiries.take_points(
        case=case, event="escalation_by_agent", party=express.zhou.party, reason="核实超时没有办",
        actor=express.chen.user, now=at("11:00:00"),
    )  # fmt: skip
    assert (finding.clause, finding.penalty.value) == ("ES-304.03", Decimal(8))
    with pytest.raises(KefuError) as refused:
        find(express, case, "ES-304.04", established=["complaint_escalated"], verified=True)
    assert refused.value.field == "serious"

    serious = find(
        express, case, "ES-304.04", established=["complaint_escalated", "serious"], verified=True
    )

    assert (serious.measure, serious.until, serious.penalty) == (
        "suspension_training", "training_passed", None,
    )  # fmt: skip


@pytest.mark.rule("ES-204.04", "ES-204.05", "LC-03.06")
def test_three_verified_complaints_of_an_agents_attitude_in_a_row_mean_training(express):
    inspector = User.objects.create_user("0899", role=User.Role.INSPECTOR)
    zhou, chen = express.zhou.party, {"actor": express.chen.user}
    cases = []
    for n, (category, outcome) in enumerate(
        [("attitude", "verified"), ("attitude", "unfounded"), ("other", "verified"),
         ("attitude", "verified"), ("attitude", "verified")]
    ):  # fmt: skip
        phone = f"1380000460{n}"
        case = of_express(
            express, against=zhou, category=category, customer_phone=phone, waybill=express.waybill
        )
        inquiries.assign_inspector(case=case, inspector=inspector, now=at(NOW), **chen)
        assert list(Complaint.objects.inspected_by(inspector)) == [case.complaint]
        with pytest.raises(KefuError):
            inquiries.conclude(case=case, outcome=outcome, remedy=" ", actor=inspector, now=at(NOW))
        with pytest.raises(NotAllowed):
            inquiries.conclude(
                case=case, outcome=outcome, remedy="谈话", actor=express.lin.user, now=at(NOW)
            )
        if n == 4:
            with pytest.raises(KefuError):  # two so far
                find(express, cases[-1], "ES-204.04", verified=True)
        inquiries.conclude(case=case, outcome=outcome, remedy="谈话", actor=inspector, now=at(NOW))
        cases.append(case)
        assert not Complaint.objects.inspected_by(inspector).exists()

    training = find(express, cases[-1], "ES-204.04", verified=True)
    assert (training.party, training.measure) == (zhou, "training")
    suspended = find(express, cases[-1], "ES-204.05", established=["training_failed"])
    assert (suspended.measure, suspended.until) == ("suspension", "training_passed")
    with pytest.raises(Conflict):
        inquiries.conclude(
            case=cases[0], outcome="unfounded", remedy="改判", actor=inspector, now=at(NOW)
        )


# What the logistics centre wants to know.


@pytest.mark.rule("LC-01.35", "LC-05.09", "LC-06.01")
def test_difficult_customers_causes_and_the_rate_of_complaints(centre):
    case = complain(centre, details=Details(category="attitude", demand="道歉"))
    with pytest.raises(Conflict):  # the courier department knows no mark
        inquiries.flag_customer(case=case, actor=centre.lin.user, now=at(NOW))
    centre.work_by("LC")
    inquiries.flag_customer(case=case, reason="一周五次", actor=centre.lin.user, now=at(NOW))
    with pytest.raises(Conflict):
        inquiries.flag_customer(case=case, actor=centre.lin.user, now=at(NOW))
    auditor = User.objects.create_user("0866", role=User.Role.INSPECTOR)
    with pytest.raises(NotAllowed):
        inquiries.flag_customer(case=case, actor=auditor, now=at(NOW))

    history = history_of(customer_token(case))
    assert (history.flagged, history.complaints, list(history.open)) == (True, 1, [case])
    with pytest.raises(NotAllowed):
        inquiries.lift_flag(case=case, actor=centre.lin.user, now=at(NOW))
    inquiries.lift_flag(case=case, actor=centre.wang.user, now=at(NOW))
    assert not history_of(customer_token(case)).flagged

    step = inquiries.analyse(
        case=case,
        cause="新人没有培训",
        suggestion="先培训再上岗",
        actor=centre.zhou.user,
        now=at(NOW),
    )
    assert step.data["cause"] == "新人没有培训"
    centre.zhou.department = centre.front_desk
    centre.zhou.save()
    with pytest.raises(NotAllowed):
        inquiries.analyse(case=case, cause="别组的", actor=centre.zhou.user, now=at(NOW))

    page = complaint_rates(month=date(2026, 11, 1), department_id=centre.query_desk.pk, now=at(NOW))
    assert [(row.outlet, row.complaints, row.consignments, row.percent) for row in page.rows] == [
        (centre.chengdu, 1, 1, Decimal("100.00"))
    ]
    assert page.clause == "LC-06.01"


def test_findings_stay(centre):
    finding = find(centre, complain(centre), "CD-05.02")
    assert finding.found_at - finding.case.opened_at == timedelta(hours=1)
    assert Finding.objects.get().inputs["facts"]["complaint"] == "rude_language"
