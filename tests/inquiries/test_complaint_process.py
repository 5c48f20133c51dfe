"""A complaint from the call to the follow-up, by the express service's rulebook."""

from datetime import date
from decimal import Decimal

import pytest

from inquiries import services as inquiries
from inquiries.models import Complaint, ComplaintStep
from inquiries.services import Details
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.parcels.models import Waybill
from kefu.staff.models import Position
from tests import centre as tests
from tests.centre import at

pytestmark = pytest.mark.django_db
NOW = "10:00:00"


@pytest.fixture(autouse=True)
def frozen(settings):
    settings.KEFU_NOW = at(NOW)


@pytest.fixture
def plain():
    """Under the courier department's rulebook, as the whole centre."""
    return tests.build(now=at(NOW), rules_since=date(2026, 1, 1))


@pytest.fixture
def centre(plain):
    plain.work_by("ES")
    return plain


def complain(centre, *, now=NOW, owner=None, **given):
    """Mrs Chen complains of a delay of a day; what a test says otherwise counts."""
    details = {
        "category": "delay",
        "demand": "尽快送到并给个说法",
        "promised_on": date(2026, 11, 19),
    } | given.pop("details", {})
    facts = {
        "cause": "delayed",
        "against": centre.chengdu,
        "text": "说好昨天到，到现在没有派送",
        "channel": "phone",
        "asker": "receiver",
        "customer_name": "陈晓梅",
        "customer_phone": "13800004545",
        "waybill": centre.waybill,
        "department": centre.query_desk,
        "owner": owner or centre.lin,
        "actor": centre.lin.user,
        "now": at(now),
    } | given
    return inquiries.file_complaint(details=Details(**details), **facts)


def clocks(case):
    return {
        clock.action: (clock.clause, clock.due_at, clock.state)
        for clock in case.deadlines.exclude(state="cancelled").order_by("pk")
    }


def stage(case):
    return Complaint.objects.get(case=case).stage


def specialist(centre, employee=None):
    """Zhou is the specialist for grave complaints."""
    employee = employee or centre.zhou
    employee.position = Position.objects.create(name="投诉专员", post="complaint_specialist")
    employee.save()
    return employee


@pytest.mark.rule(
    *(
        "ES-302.03",
        "ES-302.06",
        "ES-303.01",
        "ES-303.05",
        "ES-303.06",
        "ES-303.11",
        "ES-303.12",
        "ES-303.13",
    ),
    *(
        "ES-303.20",
        "ES-303.21",
        "ES-303.22",
        "ES-303.23",
        "ES-303.24",
        "ES-303.25",
        "ES-303.26",
        "ES-303.27",
    ),
)
def test_a_general_complaint_of_a_delay_goes_from_the_call_to_the_follow_up(centre):
    case = complain(centre, received_at=at("09:45:00"))

    assert Complaint.objects.get(case=case).grade == "general"
    assert case.complaint.inputs["facts"]["delay_days"] == 1
    assert [step["clause"] for step in case.complaint.inputs["steps"]] == ["ES-302.03"]
    assert clocks(case) == {
        "complaint_verification": ("ES-303.06", at("10:45:00"), "running"),
        "complaint_solution": ("ES-302.06", at("2026-11-21 09:45:00"), "running"),
    }
    lin = {"actor": centre.lin.user}

    with pytest.raises(Conflict):  # the solution comes after the verification
        inquiries.propose(case=case, text="道歉", channel="phone", now=at("10:10:00"), **lin)
    with pytest.raises(KefuError) as refused:
        inquiries.verify(case=case, text="查过了", now=at("10:10:00"), **lin)
    assert refused.value.field == "method"
    inquiries.verify(case=case, method="outlet", text="网点说车坏在路上", now=at("10:20:00"), **lin)
    assert stage(case) == "solution"
    assert clocks(case)["complaint_verification"][2] == "met"

    for given, field in (
        ({"apology": True}, "delay_reason"),
        ({"delay_reason": "车辆故障"}, "apology"),
        ({"apology": True, "delay_reason": "车辆故障", "coupon": Decimal("20.01")}, "coupon"),
        ({"apology": True, "delay_reason": "车辆故障", "coupon": Decimal("4.99")}, "coupon"),
    ):
        with pytest.raises(KefuError) as refused:
            inquiries.propose(
                case=case, text="今天一定送到", channel="phone", now=at("10:25:00"), **lin, **given
            )
        assert (refused.value.field, stage(case)) == (field, "solution")
    with pytest.raises(KefuError) as refused:  # nor a solution be proposed before the verification
        inquiries.propose(
            case=case, text="今天送到", apology=True, delay_reason="车辆故障", channel="phone",
            happened_at=at("10:19:00"), now=at("10:25:00"), **lin,
        )  # fmt: skip
    assert (refused.value.field, stage(case)) == ("happened_at", "solution")
    first = {
        "case": case,
        "apology": True,
        "delay_reason": "车辆故障",
        "channel": "phone",
        **lin,
    }
    proposal = inquiries.propose(
        text="今天一定送到", coupon=Decimal("5"), now=at("10:30:00"), **first
    )
    assert (proposal.round, proposal.amount) == (1, Decimal("5.00"))
    assert proposal.data["steps"][0]["clause"] == "ES-303.13"

    with pytest.raises(KefuError) as refused:  # he cannot have answered before it was proposed
        inquiries.answer_solution(
            case=case, accepted=True, text="好", channel="phone", happened_at=at("10:29:00"),
            now=at("10:40:00"), **lin,
        )  # fmt: skip
    assert (refused.value.field, stage(case)) == ("happened_at", "negotiation")
    inquiries.answer_solution(
        case=case, accepted=False, text="太少了", channel="phone", now=at("10:40:00"), **lin
    )
    assert (stage(case), Case.objects.get(pk=case.pk).state) == ("solution", "open")
    inquiries.propose(text="加到十元", coupon=Decimal("10"), now=at("10:50:00"), **first)
    inquiries.answer_solution(
        case=case, accepted=True, text="可以", channel="phone", now=at("11:00:00"), **lin
    )
    assert clocks(case)["complaint_solution"][2] == "met"
    assert clocks(case)["complaint_follow_up"] == (
        "ES-303.23", at("2026-11-21 11:00:00"), "running",
    )  # fmt: skip
    with pytest.raises(Conflict, match="待回访"):
        inquiries.close(
            case=case, note="已解决", further_needs_asked=True, now=at("11:05:00"), **lin
        )

    with pytest.raises(KefuError) as refused:
        inquiries.follow_up(
            case=case, satisfied=True, further_needs="没有", happened_at=at("10:59:00"),
            now=at("11:20:00"), **lin,
        )  # fmt: skip
    assert (refused.value.field, stage(case)) == ("happened_at", "follow_up")
    inquiries.follow_up(
        case=case, satisfied=False, further_needs="要当面道歉", now=at("12:00:00"), **lin
    )
    assert stage(case) == "solution"
    assert clocks(case)["complaint_revisit"] == ("ES-303.27", at("2026-11-21 00:00:00"), "running")
    inquiries.propose(text="店长上门道歉", now=at("13:00:00"), coupon=Decimal("20"), **first)
    inquiries.answer_solution(
        case=case, accepted=True, text="好", channel="phone", now=at("13:10:00"), **lin
    )
    for _attempt in range(3):
        with pytest.raises(Conflict, match="3"):
            inquiries.give_up_follow_up(
                case=case, reason="一直不接", actor=centre.chen.user, now=at("13:30:00")
            )
        inquiries.note_unreached(case=case, now=at("13:20:00"), **lin)
    assert clocks(case)["complaint_revisit"][2] == "running"  # calls in vain meet nothing
    with pytest.raises(NotAllowed):
        inquiries.give_up_follow_up(case=case, reason="一直不接", now=at("13:30:00"), **lin)
    inquiries.follow_up(case=case, satisfied=True, further_needs="没有", now=at("14:00:00"), **lin)
    inquiries.close(case=case, note="已解决", further_needs_asked=True, now=at("14:05:00"), **lin)

    assert (stage(case), Case.objects.get(pk=case.pk).state) == ("done", "closed")
    log = ComplaintStep.objects.filter(case=case).values_list("code", "outcome", "round")
    assert [one for one in log if one[0] != "unreached"] == [
        ("verify", "outlet", 0),
        ("propose", "", 1),
        ("answer", "rejected", 1),
        ("propose", "", 2),
        ("answer", "accepted", 2),
        ("follow_up", "dissatisfied", 2),
        ("propose", "", 3),
        ("answer", "accepted", 3),
        ("follow_up", "satisfied", 3),
    ]


@pytest.mark.rule("ES-302.08", "ES-303.07", "ES-303.08", "ES-303.09", "ES-303.11")
def test_a_lost_parcel_goes_to_the_specialist_who_hears_both_and_shows_evidence(centre):
    specialist(centre)
    case = complain(centre, cause="lost", details={"category": "lost", "promised_on": None})

    case.refresh_from_db()
    assert (case.complaint.grade, case.owner) == ("major", centre.zhou)
    assert clocks(case) == {
        "complaint_verification": ("ES-303.10", at("16:00:00"), "running"),
        "complaint_solution": ("ES-302.11", at("2026-11-22 10:00:00"), "running"),
    }
    clock = case.deadlines.get(action="complaint_solution", state="running")
    assert (clock.party, clock.owner) == (centre.zhou.party, centre.zhou)
    found = {"case": case, "text": "分拨中心扫描后再没有记录", "now": at("11:00:00")}
    with pytest.raises(NotAllowed):
        inquiries.verify(**found, actor=centre.lin.user)
    zhou = {"actor": centre.zhou.user}
    heard = {"courier_said": "没有收到这件"}
    for given, field in (
        ({}, "courier_said"),
        (heard, "head_said"),
        ({**heard, "head_said": "交给了分拨"}, "evidence"),
    ):
        with pytest.raises(KefuError) as refused:
            inquiries.verify(**found, **given, **zhou)
        assert (refused.value.field, stage(case)) == (field, "verification")

    inquiries.verify(**found, **heard, head_said="交给了分拨", evidence=["tracking"], **zhou)

    assert stage(case) == "solution"
    with pytest.raises(NotAllowed):
        inquiries.propose(
            case=case, text="赔", channel="phone", now=at("11:10:00"), actor=centre.lin.user
        )
    with pytest.raises(KefuError, match="理赔"):
        inquiries.propose(
            case=case, text="赔", channel="phone", coupon=Decimal(5), now=at("11:10:00"), **zhou
        )
    inquiries.propose(case=case, text="按保价赔", channel="phone", now=at("11:10:00"), **zhou)
    assert stage(case) == "negotiation"


@pytest.mark.rule("ES-303.07")
def test_a_grave_complaint_without_a_specialist_stands_out_as_nobodys(centre):
    case = complain(centre, details={"category": "lost", "promised_on": None})

    case.refresh_from_db()
    assert case.owner is None
    assert list(Complaint.objects.unassigned_major()) == [case.complaint]


@pytest.mark.rule(
    *("ES-302.03", "ES-302.04", "ES-302.05", "ES-302.07", "ES-302.08", "ES-302.09", "ES-302.12")
)
def test_the_class_is_decided_by_the_rulebook_and_says_by_which_clause(centre):
    damaged = {"category": "damaged", "contents": "damaged"}
    unclear = {"category": "other", "cause": "unclear_explanation"}
    rude = {"category": "attitude", "cause": "rude_language"}
    for n, (given, grade, clause) in enumerate(
        [
            ({"promised_on": date(2026, 11, 18)}, "general", "ES-302.03"),
            ({"promised_on": date(2026, 11, 17)}, "major", "ES-302.07"),
            ({"category": "lost"}, "major", "ES-302.08"),
            (damaged | {"item_value": Decimal("500.00")}, "major", "ES-302.09"),
            (damaged | {"item_value": Decimal("499.99")}, "general", "ES-302.12"),
            (damaged, "major", "ES-302.09"),  # by what was declared on the waybill
            (damaged | {"contents": "intact"}, "general", "ES-302.04"),
            (unclear, "general", "ES-302.05"),
            (rude, "general", "ES-302.12"),
        ]
    ):
        cause, details = given.get("cause", "delayed"), dict(given)
        details.pop("cause", None)
        phone = f"1390000500{n}"
        case = complain(
            centre, cause=cause, details=details, customer_phone=phone, customer_name=f"客{n}"
        )

        grading = case.gradings.get()
        assert (grading.grade, grading.inputs["steps"][0]["clause"]) == (grade, clause)
        assert case.complaint.grade == grade


@pytest.mark.rule("ES-302.10", "ES-302.12")
def test_a_second_complaint_of_what_was_not_solved_is_grave_and_linked_and_an_accepted_one_does_not_count(
    centre,
):
    first = complain(centre)
    other = Waybill.objects.create(
        number="880612099999", origin=centre.company, destination=centre.xian, route_from="扬州",
        route_to="西安", sealed={}, weight_kg=1, payment="sender", accepted_at=at("2026-11-18 09:00:00"),
    )  # fmt: skip
    assert complain(centre, waybill=other, against=centre.xian).complaint.grade == "general"

    second = complain(centre, now="10:30:00")

    assert second.complaint.grade == "major"
    assert second.complaint.earlier == first
    assert second.links.get().origin == first
    assert {step["clause"] for step in second.complaint.inputs["steps"]} == {"ES-302.10"}
    third = complain(centre, customer_phone="13900001111", customer_name="王强", now="10:40:00")
    assert third.complaint.grade == "general"  # another customer
    Complaint.objects.filter(case__in=[first, second]).update(stage="follow_up")
    assert complain(centre, now="10:50:00").complaint.grade == "general"


@pytest.mark.rule("ES-302.07", "ES-302.11", "ES-303.10")
def test_at_midnight_of_the_third_day_a_delay_becomes_grave_and_its_clocks_count_anew(
    centre, settings
):
    specialist(centre)
    case = complain(centre, details={"promised_on": date(2026, 11, 18)})
    inquiries.verify(
        case=case, method="outlet", text="在找", actor=centre.lin.user, now=at("10:30:00")
    )
    assert inquiries.regrade_growing(now=at("23:59:59")) == 0

    midnight = settings.KEFU_NOW = at("2026-11-21 00:00:00")
    assert inquiries.regrade_growing(now=midnight) == 1
    assert inquiries.regrade_growing(now=midnight) == 0

    case.refresh_from_db()
    complaint = Complaint.objects.get(case=case)
    assert (complaint.grade, complaint.stage, case.owner) == ("major", "verification", centre.zhou)
    assert clocks(case) == {
        # From the new class, and from the receipt.
        "complaint_verification": ("ES-303.10", at("2026-11-21 06:00:00"), "running"),
        "complaint_solution": ("ES-302.11", at("2026-11-22 10:00:00"), "running"),
    }
    assert [one.inputs["facts"]["delay_days"] for one in case.gradings.all()] == [2, 3]


def test_a_class_is_changed_by_hand_with_a_reason_and_the_rulebook_leaves_it_alone(
    centre, settings
):
    case = complain(centre, details={"promised_on": date(2026, 11, 18)})
    given = {"case": case, "grade": "major", "actor": centre.lin.user, "now": at("11:00:00")}
    with pytest.raises(KefuError) as refused:
        inquiries.reclass(**given, reason=" ")
    assert refused.value.field == "reason"
    with pytest.raises(NotAllowed):
        inquiries.reclass(**given | {"actor": centre.zhou.user}, reason="客户要投诉到邮政局")

    inquiries.reclass(**given, reason="客户要投诉到邮政局")
    inquiries.reclass(
        **given | {"grade": "general", "actor": centre.chen.user}, reason="客户说清楚了，不用了"
    )

    assert Complaint.objects.get(case=case).grade == "general"
    assert [one.reason for one in case.gradings.all()] == [
        "", "客户要投诉到邮政局", "客户说清楚了，不用了",
    ]  # fmt: skip
    settings.KEFU_NOW = at("2026-11-22 00:00:00")
    assert inquiries.regrade_growing(now=at("2026-11-22 00:00:00")) == 0


@pytest.mark.rule("ES-303.10", "ES-303.27")
def test_what_was_solved_once_gets_no_second_time_for_a_solution_with_another_class(
    centre, settings
):
    case = complain(centre)
    lin = {"case": case, "actor": centre.lin.user}
    inquiries.verify(method="outlet", text="车坏了", now=at("10:05:00"), **lin)
    inquiries.propose(
        text="今天送到",
        apology=True,
        delay_reason="车坏",
        channel="phone",
        now=at("10:10:00"),
        **lin,
    )
    inquiries.answer_solution(accepted=True, text="好", channel="phone", now=at("10:20:00"), **lin)
    day_three = at("2026-11-22 12:00:00")  # past forty-eight hours from the receipt
    settings.KEFU_NOW = day_three
    inquiries.follow_up(satisfied=False, further_needs="还没到", now=day_three, **lin)

    inquiries.reclass(grade="major", reason="客户要投诉到邮政局", now=day_three, **lin)

    running = case.deadlines.unanswered().values_list("action", "clause", "due_at")
    assert set(running) == {
        ("complaint_verification", "ES-303.10", at("2026-11-22 18:00:00")),
        ("complaint_revisit", "ES-303.27", at("2026-11-23 00:00:00")),
    }
    assert case.deadlines.get(action="complaint_solution").state == "met"


@pytest.mark.rule("ES-302.01", "ES-302.02", "ES-303.02", "ES-303.03", "ES-303.04")
def test_what_is_missing_is_refused_at_its_field_and_nothing_is_registered(centre):
    for given, details, field in (
        ({"customer_name": ""}, {}, "customer_name"),
        ({"customer_phone": ""}, {}, "customer_phone"),
        ({"customer_phone": "12"}, {}, "customer_phone"),
        ({"waybill": None}, {}, "waybill_number"),
        ({"waybill": None, "waybill_number": "880612000000"}, {}, "waybill_number"),
        ({"text": ""}, {}, "text"),
        ({"channel": ""}, {}, "channel"),
        ({}, {"demand": " "}, "demand"),
        ({}, {"category": ""}, "category"),
        ({}, {"promised_on": None}, "promised_on"),
        ({}, {"promised_on": date(2026, 11, 16)}, "promised_on"),
        ({}, {"agitated": True}, "calmed"),
        ({}, {"category": "lost", "item_value": Decimal("-1")}, "item_value"),
    ):
        with pytest.raises(KefuError) as refused:
            complain(centre, details=details, **given)
        assert (refused.value.field, Case.objects.exists()) == (field, False)


@pytest.mark.rule("ES-303.01")
def test_backdating_counts_the_clocks_from_the_receipt_and_goes_as_far_back_as_the_rulebook_lets(
    centre,
):
    case = complain(centre, received_at=at("09:30:00"))

    assert case.complaint.received_at == at("09:30:00")
    assert case.inquiry.recorded_at == at("10:00:00")
    assert clocks(case)["complaint_verification"][1] == at("10:30:00")
    with pytest.raises(KefuError):
        complain(centre, received_at=at("09:29:59"))


@pytest.mark.rule("ES-303.25", "ES-303.26", "ES-303.27")
def test_three_calls_in_vain_let_a_supervisor_end_it_with_a_reason(centre):
    case = complain(centre)
    lin = {"case": case, "actor": centre.lin.user}
    inquiries.verify(method="logistics_system", text="查到了", now=at("10:05:00"), **lin)
    inquiries.propose(
        text="今天送到", apology=True, delay_reason="车坏", coupon=Decimal(5), channel="phone",
        now=at("10:10:00"), **lin,
    )  # fmt: skip
    inquiries.answer_solution(accepted=True, text="好", channel="phone", now=at("10:20:00"), **lin)
    for minute in (30, 40, 50):
        inquiries.note_unreached(now=at(f"10:{minute}:00"), **lin)

    inquiries.give_up_follow_up(
        case=case, reason="三次都没有人接", actor=centre.chen.user, now=at("11:00:00")
    )

    assert clocks(case).get("complaint_follow_up") is None  # let go of, never met
    inquiries.close(note="联系不上", further_needs_asked=True, now=at("11:05:00"), **lin)
    assert Case.objects.get(pk=case.pk).state == "closed"

    inquiries.reopen(reason="客户回电，不满意", now=at("11:10:00"), **lin)
    assert stage(case) == "solution"
    assert clocks(case)["complaint_revisit"] == ("ES-303.27", at("23:10:00"), "running")
    with pytest.raises(Conflict, match="待提方案"):
        inquiries.close(note="已解决", further_needs_asked=True, now=at("11:11:00"), **lin)
    inquiries.propose(
        text="上门道歉",
        apology=True,
        delay_reason="车坏",
        channel="phone",
        now=at("11:15:00"),
        **lin,
    )
    inquiries.answer_solution(accepted=True, text="好", channel="phone", now=at("11:20:00"), **lin)
    inquiries.follow_up(satisfied=True, further_needs="没有", now=at("11:30:00"), **lin)
    inquiries.close(note="已解决", further_needs_asked=True, now=at("11:31:00"), **lin)
    assert Case.objects.get(pk=case.pk).state == "closed"


def test_under_a_rulebook_without_a_process_a_complaint_is_answered_and_closed(plain):
    centre = plain
    case = complain(centre, details={"category": "", "demand": "", "promised_on": None})
    lin = {"case": case, "actor": centre.lin.user, "now": at("10:10:00")}

    assert (case.complaint.grade, case.complaint.stage) == ("", "")
    assert set(clocks(case)) == {"reply"}
    with pytest.raises(Conflict):
        inquiries.verify(text="查了", **lin)
    inquiries.answer_customer(text="今天送到", channel="phone", substantive=True, **lin)
    inquiries.close(note="已送到", **lin)
    assert Case.objects.get(pk=case.pk).state == "closed"


@pytest.mark.rule("LC-01.03", "LC-02.05")
def test_the_logistics_centre_wants_its_own_fields_and_a_promised_time_that_runs(plain):
    centre = plain
    centre.work_by("LC")
    promised = {"category": "delay", "demand": "", "promised_for": at("16:00:00")}
    for given, details, field in (
        ({"against": None}, {}, "against"),
        ({"customer_phone": ""}, {}, "customer_phone"),
        ({}, {"category": ""}, "category"),
        ({}, {"promised_for": None}, "promised_for"),
        ({}, {"promised_for": at("10:00:00")}, "promised_for"),
    ):
        with pytest.raises(KefuError) as refused:
            complain(centre, details=promised | details, **given)
        assert (refused.value.field, Case.objects.exists()) == (field, False)

    case = complain(centre, details=promised)

    assert clocks(case)["complaint_handling"] == ("LC-02.05", at("16:00:00"), "running")
    lin = {"case": case, "actor": centre.lin.user, "now": at("15:00:00")}
    inquiries.answer_customer(text="今天送到", channel="phone", substantive=True, **lin)
    inquiries.close(note="已送到", **lin)
    assert clocks(case)["complaint_handling"][2] == "met"
