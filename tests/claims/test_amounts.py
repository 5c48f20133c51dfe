"""What the customer gets, who has to approve it, and what each of the liable bears."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from claims import services
from claims.models import Approval, ApprovalLimit, Claim, Settlement
from claims.selectors.amounts import agreed_besides, borne, computed
from claims.selectors.explaining import explained
from claims.services import Share
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from tests.centre import at

AGREED = at("11:00")


def negotiable(desk, **changed):
    """A claim at whose liability nothing is left to decide."""
    case = desk.register(**changed)
    desk.confirmed(case, now=at("10:00"))
    return case


@pytest.fixture
def es(desk):
    desk.work_by("ES")
    return desk


@pytest.mark.rule("ES-303.17", "ES-303.18", "ES-303.19", "ES-303.14", "ES-303.15", "ES-303.16")
@pytest.mark.parametrize(
    ("changed", "amount", "clause"),
    [
        ({}, "1200.00", "ES-303.19"),  # insured: as insured, whatever the proof
        ({"insured_amount": Decimal(0), "proved_value": Decimal("499.99")}, "499.99", "ES-303.17"),
        ({"insured_amount": Decimal(0), "proved_value": Decimal("500.01")}, "500.00", "ES-303.17"),
        ({"loss": "shortage", "share": Decimal("0.25")}, "300.00", "ES-303.19"),
        (
            {"loss": "damage", "place": "inner", "proved_value": Decimal(50)},
            "54.00",  # three times the freight at least
            "ES-303.15",
        ),
    ],
)
def test_the_rulebook_computes_the_amount(es, changed, amount, clause):
    case = negotiable(es, **changed)
    if changed.get("loss") == "damage":
        services.set_facts(case=case, repairable=False, actor=es.gu.user, now=at("10:30"))

    settlement = es.agreed(case, amount, now=AGREED)

    assert (settlement.computed, settlement.clause) == (Decimal(amount), clause)
    assert settlement.inputs["steps"] and settlement.inputs["form"] == "money"


@pytest.mark.rule("ES-303.14")
def test_a_repair_is_paid_by_its_bill_and_what_is_unknown_is_asked_for(es):
    case = negotiable(es, loss="damage", place="outer")

    assert computed(es.claim(case)).field == "repairable"
    with pytest.raises(KefuError) as refused:
        es.agreed(case, "80.00", now=AGREED)
    assert refused.value.field == "repairable" and not Settlement.objects.exists()

    services.set_facts(
        case=case, repairable=True, repair_cost=Decimal(80), actor=es.gu.user, now=at("10:30")
    )
    assert es.agreed(case, "80.00", now=AGREED).clause == "ES-303.14"


@pytest.mark.rule("ES-303.13")
def test_a_delay_brings_a_coupon_within_its_bounds_and_no_payment(es):
    case = negotiable(es, loss="delay", delay_days=2)
    with pytest.raises(KefuError) as refused:
        es.agreed(case, "20.01", now=AGREED)
    assert refused.value.field == "agreed"

    settlement = es.agreed(case, "10.00", now=AGREED)

    claim = es.claim(case)
    assert (settlement.needs, settlement.state) == ([], Settlement.State.APPROVED)
    assert (claim.stage, claim.ending) == (Claim.Stage.CLOSED, Claim.Ending.COUPON)
    assert "division" not in settlement.inputs and claim.deadline.state == Deadline.State.MET


def test_more_than_a_coupon_is_money_by_way_of_the_manager(es):
    case = negotiable(es, loss="delay", delay_days=2)

    settlement = es.agreed(case, "300.00", now=AGREED, deviation_reason="合同急件，误了开标")

    assert (settlement.computed, settlement.inputs["form"]) == (None, "money")
    assert settlement.needs == ["supervisor", "manager"]


@pytest.mark.rule("ES-303.17", "ES-303.15")
def test_the_rulebook_says_who_approves_besides(es):
    unproved = negotiable(es, insured_amount=Decimal(0))
    assert es.agreed(unproved, "54.00", now=AGREED).needs == ["specialist", "supervisor"]

    es.lost = es.waybill("770612045502", declared_value=Decimal(0))
    dear = negotiable(es, loss="damage", place="outer", proved_value=Decimal("500.01"))
    services.set_facts(case=dear, repairable=False, actor=dear.owner.user, now=at("10:30"))
    settlement = services.agree(
        case=dear,
        agreed=Decimal("500.01"),
        channel="phone",
        actor=es.gu.user,
        now=AGREED,
    )
    assert settlement.needs == ["supervisor", "manager"]


@pytest.mark.rule("LC-01.20")
def test_the_logistics_centre_pays_what_was_agreed_with_no_cap_of_another(desk):
    desk.work_by("LC")
    case = negotiable(desk, insured_amount=Decimal(0))

    settlement = desk.agreed(case, "1999.99", now=AGREED)

    assert (settlement.computed, settlement.clause) == (Decimal("1999.99"), "LC-01.20")
    assert settlement.needs == ["supervisor"]


def test_a_deviation_wants_a_reason_and_the_manager(es):
    case = negotiable(es)
    with pytest.raises(KefuError) as refused:
        es.agreed(case, "1000.00", now=AGREED)
    assert refused.value.field == "deviation_reason" and not Settlement.objects.exists()

    settlement = es.agreed(
        case, "1000.00", now=AGREED, deviation_reason="客户同意少赔，快件找到一半"
    )
    assert settlement.needs == ["supervisor", "manager"]

    # A supervisor is not enough; the manager gives what is left.
    chen, luo = es.centre.chen.user, es.luo.user
    services.decide_settlement(settlement=settlement, approve=True, actor=chen, now=at("11:10"))
    assert es.claim(case).stage == Claim.Stage.APPROVAL
    with pytest.raises(NotAllowed):
        services.decide_settlement(
            settlement=settlement, approve=True, actor=es.centre.he.user, now=at("11:20")
        )
    services.decide_settlement(settlement=settlement, approve=True, actor=luo, now=at("11:30"))
    assert es.claim(case).stage == Claim.Stage.PAYMENT
    assert [(a.need, a.decided_by) for a in Approval.objects.all()] == [
        ("supervisor", chen),
        ("manager", luo),
    ]
    with pytest.raises(Conflict):
        services.decide_settlement(settlement=settlement, approve=True, actor=luo, now=at("11:40"))


def test_a_refused_settlement_goes_back_and_the_clock_runs_again(es):
    case = negotiable(es)
    first = es.agreed(case, "1200.00", now=AGREED)
    stopped = es.claim(case).deadline

    with pytest.raises(KefuError) as nothing:
        services.decide_settlement(
            settlement=first, approve=False, actor=es.centre.chen.user, now=at("11:10")
        )
    assert nothing.value.field == "note"
    services.decide_settlement(
        settlement=first,
        approve=False,
        note="先核实价值",
        actor=es.centre.chen.user,
        now=at("11:10"),
    )

    claim = es.claim(case)
    assert (claim.stage, claim.settled_at) == (Claim.Stage.NEGOTIATION, None)
    assert claim.deadline != stopped and claim.deadline.state == Deadline.State.RUNNING
    assert claim.deadline.due_at == stopped.due_at
    assert es.agreed(case, "1200.00", now=at("12:00")).pk != first.pk


def test_the_limits_of_the_house_say_from_which_amount_on(es):
    ApprovalLimit.objects.filter(need="manager").update(above=Decimal("1199.99"))
    ApprovalLimit.objects.filter(need="supervisor").update(above=Decimal("54.00"))

    assert es.agreed(negotiable(es), "1200.00", now=AGREED).needs == ["supervisor", "manager"]
    es.lost = es.waybill("770612045502", declared_value=Decimal("54.00"))
    second = negotiable(es)
    assert es.agreed(second, "54.00", now=AGREED).needs == []  # at the limit nobody has to
    assert es.claim(second).stage == Claim.Stage.PAYMENT


def test_a_second_amount_for_the_same_parcel_is_the_managers_too_and_shown_to_him(es):
    first = negotiable(es)
    assert "manager" not in es.agreed(first, "1200.00", now=AGREED).needs
    again = negotiable(es, loss="shortage", share=Decimal("0.25"))

    second = es.agreed(again, "300.00", now=AGREED)

    assert "manager" in second.needs
    claim = Claim.objects.get(pk=again.pk)
    told = explained(claim, second, "zh-hans")
    assert told is not None
    assert f"{first.number} 1,200.00" in {fact.value for fact in told.changes}
    services.decide_settlement(
        settlement=Settlement.objects.get(claim=first.pk),
        approve=False,
        note="不是遗失",
        actor=es.centre.chen.user,
        now=AGREED,
    )
    assert agreed_besides(claim) == []  # what was refused is no longer owed


def test_the_database_lets_nobody_approve_his_own(es):
    settlement = es.agreed(negotiable(es), "1200.00", now=AGREED)

    with pytest.raises(ProgrammingError, match="two_people"), transaction.atomic():
        Approval.objects.create(
            settlement=settlement,
            need="supervisor",
            approved=True,
            decided_by=es.gu.user,
            decided_at=AGREED,
        )


@pytest.mark.rule("LC-01.18", "LC-03.19", "LC-04.12")
def test_three_of_a_third_bear_it_to_the_fen(desk):
    desk.work_by("LC")
    case = desk.register()
    desk.confirmed(
        case,
        now=at("10:00"),
        liable=[
            Share("outlet", desk.chengdu, Decimal("33.33")),
            Share("outlet", desk.centre.xian, Decimal("33.33")),
            Share("unattributable", None, Decimal("33.34")),
        ],
    )

    settlement = desk.agreed(case, "100.01", now=AGREED)

    parts = [amount for _one, amount in borne(settlement)]
    assert parts == [Decimal("33.33"), Decimal("33.33"), Decimal("33.35")] and sum(
        parts
    ) == Decimal("100.01")


def test_whoever_has_to_approve_is_told(es):
    es.agreed(negotiable(es), "1200.00", now=AGREED)

    told = set(
        Event.objects.filter(kind="claim.waiting", at=AGREED).values_list("user_id", flat=True)
    )
    assert told == {es.centre.chen.user_id, es.centre.he.user_id, es.luo.user_id}


def test_one_settlement_at_a_time_the_database_says(es):
    settlement = es.agreed(negotiable(es), "1200.00", now=AGREED)
    settlement.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        settlement.save(force_insert=True)
