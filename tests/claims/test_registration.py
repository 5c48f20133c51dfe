"""Registering a claim: what is asked, what is taken over, what cannot be."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from claims import services
from claims.models import Claim
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError
from kefu.notifications.models import Event
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import User
from payroll.models import Course
from tests.centre import at
from tests.claims.conftest import MORNING


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"waybill_number": ""}, "waybill_number"),
        ({"waybill_number": "770612045599"}, "waybill_number"),  # no parcel of ours
        ({"text": " "}, "text"),
        ({"loss": "stolen"}, "loss"),
        ({"claimant": "neighbour"}, "claimant"),
        ({"channel": "pigeon"}, "channel"),
        ({"customer_phone": "12345678901234"}, "customer_phone"),
        ({"demanded_at": at("09:00:01")}, "demanded_at"),  # a second ahead
        ({"demanded_at": at("2026-11-17 08:59:59")}, "demanded_at"),  # before it was accepted
        ({"demanded_amount": Decimal("-0.01")}, "demanded_amount"),
        ({"demanded_amount": Decimal("1000000.01")}, "demanded_amount"),
        ({"demanded_amount": Decimal("0.001")}, "demanded_amount"),
        ({"demanded_amount": Decimal("NaN")}, "demanded_amount"),
        ({"demanded_amount": Decimal("Infinity")}, "demanded_amount"),
        ({"proved_value": Decimal(-1)}, "proved_value"),
        ({"freight": Decimal("1E+9")}, "freight"),
        ({"insured_amount": Decimal(-1)}, "insured_amount"),
        ({"share": Decimal("0.5")}, "share"),  # of a loss all is lost
        ({"loss": "shortage"}, "share"),  # how much is missing?
        ({"loss": "shortage", "share": Decimal(0)}, "share"),
        ({"loss": "shortage", "share": Decimal("1.1")}, "share"),
        ({"loss": "damage"}, "place"),
        ({"loss": "delay", "delay_days": 9}, "delay_days"),  # accepted three days ago
        ({"loss": "delay", "delay_days": -1}, "delay_days"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(desk, changed, field):
    with pytest.raises(KefuError) as refused:
        desk.register(**changed)

    assert refused.value.field == field
    assert not Case.objects.filter(kind="claim").exists() and not Claim.objects.exists()


def test_what_came_before_the_parcel_is_told_in_our_time_wherever_the_clock_stands(desk):
    with pytest.raises(KefuError, match="11-17 09:00"):
        desk.register(now=MORNING.astimezone(UTC), demanded_at=at("2026-11-17 08:00"))


@pytest.mark.rule("LC-01.16")
def test_the_logistics_centre_wants_the_claimant_and_his_phone(desk):
    desk.work_by("LC")
    desk.lost.sealed = {}
    desk.lost.save(update_fields=["sealed"])

    for changed, field in (
        ({"customer_name": ""}, "customer_name"),
        ({"customer_phone": ""}, "customer_phone"),
    ):
        with pytest.raises(KefuError) as refused:
            desk.register(**changed)
        assert refused.value.field == field and "LC-01.16" in str(refused.value)


def test_what_is_left_blank_comes_from_the_waybill(desk):
    case = desk.register(customer_name="", customer_phone="")

    assert (case.customer_name_masked, case.sealed["customer_phone"]) == ("陈*梅", "13800004545")
    assert case.waybill == desk.lost and case.outlet == desk.chengdu


def test_one_open_claim_for_a_loss_of_a_parcel(desk):
    first = desk.register()

    with pytest.raises(Conflict) as refused:
        desk.register(now=at("09:05"))
    assert refused.value.details["number"] == first.number
    assert Case.objects.filter(kind="claim").count() == 1

    # Another loss of the same parcel is another claim.
    late = desk.register(now=at("09:06"), loss="delay", delay_days=1)
    assert late.number != first.number
    with pytest.raises(IntegrityError, match="claim_one_open_for_a_loss"), transaction.atomic():
        Claim.objects.filter(case=late).update(loss="loss")


@pytest.mark.rule("LC-04.04", "CD-01.07")
def test_claims_go_to_the_adjuster_with_the_fewest_open_ones(desk):
    owners = []
    for n in range(3):
        desk.lost = desk.waybill(f"77061204551{n}")
        owners.append(desk.register().owner)

    assert owners == [desk.gu, desk.shen, desk.gu]
    assert clause_of_the_last() == "CD-01.07"

    desk.centre.work_by("LC")
    desk.lost = desk.waybill("770612045520")
    assert desk.register().owner == desk.shen and clause_of_the_last() == "LC-04.04"


@pytest.mark.rule("ES-602.07")
def test_a_claim_passes_over_an_adjuster_who_has_not_passed_yet(desk):
    desk.work_by("ES")
    using = edition_in_force(department_id=desk.claims.pk, at=MORNING)
    day = MORNING.date()
    Course.objects.create(
        employee=desk.gu, kind="pre_job", clause="ES-602.02", rulebook_id=using.version_id, starts_on=day,
        ends_on=day, opened_at=MORNING,
    )  # fmt: skip

    assert services.next_adjuster(MORNING) == desk.shen
    assert desk.register().owner == desk.shen


def clause_of_the_last():
    """By which clause the last claim went where it went."""
    case = Case.objects.filter(kind="claim").latest("pk")
    return case.interactions.get(action="claim_demanded").data["clause"]


@pytest.mark.rule("LC-01.08")
def test_a_major_claim_is_the_heads_at_once(desk):
    case = desk.register(major=True)

    heads = {desk.centre.chen.user_id, desk.centre.he.user_id, desk.luo.user_id}
    told = Event.objects.filter(kind="claim.major", at=MORNING)
    assert set(told.values_list("user_id", flat=True)) == heads
    case.refresh_from_db()
    assert (case.priority, case.escalated_at) == (Case.Priority.URGENT, MORNING)

    other = desk.register(now=at("09:30"), loss="delay", delay_days=1)
    services.mark_major(case=other, reason="媒体在问", actor=desk.gu.user, now=at("09:40"))
    assert told.model.objects.filter(kind="claim.major", at=at("09:40")).count() == 3
    with pytest.raises(Conflict):
        services.mark_major(case=other, reason="再标", actor=desk.gu.user, now=at("09:41"))


def test_a_claim_is_the_outlets_that_handles_it_or_bears_it(desk):
    def account(party, name):
        return User.objects.create_user(name, role="outlet", party=party)

    chengdu, xian = account(desk.chengdu, "cd03"), account(desk.centre.xian, "xa02")
    case = desk.register()
    seen = Claim.objects.visible_to
    assert list(seen(chengdu)) == [desk.claim(case)] and not seen(xian).exists()

    half = [
        replace(one, percent=Decimal(50))
        for one in (
            desk.chengdu_alone()[0],
            replace(desk.chengdu_alone()[0], party=desk.centre.xian),
        )
    ]
    finding = desk.investigated(case, now=at("10:00"), liable=half)
    assert not seen(xian).exists()  # not before it is confirmed
    services.confirm_finding(finding=finding, actor=desk.centre.chen.user, now=at("10:10"))
    assert seen(xian).exists()
