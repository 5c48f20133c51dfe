"""What the customer gets, who has to approve it, and what each of the liable bears."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from claims import services
from claims.models import Approval, ApprovalLimit, Claim, Offer, Recovery, Settlement
from claims.selectors.amounts import agreed_besides, borne, computed
from claims.selectors.explaining import explained
from claims.selectors.money import money_of
from claims.services import Share, documents, recoveries
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from tests.centre import at
from tests.claims.conftest import build_desk
from tests.threads import at_once

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
    # No money: nobody is asked for a share of it, and no agreement promises any.
    with pytest.raises(Conflict) as refused:
        recoveries.notify(case=case, party=es.chengdu, actor=es.gu.user, now=at("12:00"))
    assert refused.value.code == "not_liable" and not Recovery.objects.exists()
    with pytest.raises(Conflict) as refused:
        documents.issue(case=case, kind="agreement", actor=es.gu.user, now=at("12:00"))
    assert refused.value.code == "coupon" and money_of(case).lines == []


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


def test_amounts_facts_and_times_that_cannot_be_are_refused_and_nothing_is_kept(desk):
    case = negotiable(desk, loss="damage", place="outer", demanded_at=at("08:00"))
    lines = case.interactions.count()
    common = {"case": case, "actor": desk.gu.user, "now": AGREED}
    said = {"channel": "phone", **common}
    facts = {
        name: getattr(desk.claim(case), name) for name in ("proved_value", "repair_cost", "share")
    }

    def offer(offered="300", counter=None, **changed):
        counter_amount = None if counter is None else Decimal(counter)
        services.make_offer(
            offered=Decimal(offered),
            counter_amount=counter_amount,
            reply="rejected",
            **said,
            **changed,
        )

    def agree(agreed="300", **changed):
        services.agree(agreed=Decimal(agreed), **said, **changed)

    def known(**changed):
        services.set_facts(**common, **changed)

    absurd = ("-0.01", "1000000.01", "0.001", "NaN", "Infinity")
    early, late = at("09:59:59"), at("11:00:01")  # before the liability stood, after now
    for act, field in (
        *((partial(offer, one), "offered") for one in absurd),
        *((partial(offer, counter=one), "counter_amount") for one in absurd),
        *((partial(agree, one), "agreed") for one in (*absurd, "0")),
        *(
            (partial(act, happened_at=one), "happened_at")
            for act in (offer, agree)
            for one in (early, late)
        ),
        *((partial(known, proved_value=Decimal(one)), "proved_value") for one in absurd),
        *((partial(known, repair_cost=Decimal(one)), "repair_cost") for one in absurd),
        *((partial(known, share=Decimal(one)), "share") for one in ("0", "-1", "1.0001", "NaN")),
        (partial(known, delay_days=-1), "delay_days"),
        (partial(known, delay_days=9), "delay_days"),  # accepted three days ago
    ):
        with pytest.raises(KefuError) as refused:
            act()
        assert refused.value.field == field, act

    claim = desk.claim(case)
    assert {name: getattr(claim, name) for name in facts} == facts
    assert (claim.stage, claim.delay_days) == (Claim.Stage.NEGOTIATION, None)
    assert not Offer.objects.exists() and not Settlement.objects.exists()
    assert case.interactions.count() == lines


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


def test_each_level_is_another_person_whoever_comes_first(es):
    settlement = es.agreed(
        negotiable(es, insured_amount=Decimal(0)), "2000.01", now=AGREED, deviation_reason="老客户"
    )
    assert settlement.needs == ["specialist", "supervisor", "manager"]

    def approve(who, minute):
        services.decide_settlement(
            settlement=settlement, approve=True, actor=who.user, now=at(f"11:{minute}")
        )

    approve(es.luo, 10)  # who may give all three gives the highest
    for word in (True, False):
        with pytest.raises(KefuError) as refused:
            services.decide_settlement(
                settlement=settlement, approve=word, note="再看", actor=es.luo.user, now=at("11:11")
            )
        assert refused.value.code == "approved_by_you" and "投诉专员、主管" in str(refused.value)
    approve(es.centre.chen, 20)
    with pytest.raises(IntegrityError, match="approval_one_a_person"), transaction.atomic():
        Approval.objects.create(
            settlement=settlement,
            need="specialist",
            approved=True,
            decided_by=es.centre.chen.user,
            decided_at=AGREED,
        )
    assert Claim.objects.get().stage == Claim.Stage.APPROVAL
    approve(es.centre.he, 30)

    assert Claim.objects.get().stage == Claim.Stage.PAYMENT
    assert [(one.need, one.decided_by) for one in Approval.objects.all()] == [
        ("manager", es.luo.user),
        ("supervisor", es.centre.chen.user),
        ("specialist", es.centre.he.user),
    ]


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


@pytest.mark.django_db(transaction=True)
def test_of_two_amounts_for_one_parcel_agreed_at_once_the_second_is_the_managers():
    desk = build_desk()
    desk.work_by("LC")
    claims = [negotiable(desk), negotiable(desk, loss="shortage", share=Decimal("0.25"))]

    done = at_once(*[lambda case=case: desk.agreed(case, "300.00", now=AGREED) for case in claims])

    first, second = sorted(done, key=lambda one: one.pk)
    assert (first.needs, second.needs) == (["supervisor"], ["supervisor", "manager"])
    assert second.inputs["besides"] == [[first.claim.case.number, "300.00"]]


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
