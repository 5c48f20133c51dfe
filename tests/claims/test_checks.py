"""What must hold for claims holds along their way, and what is tampered with is told."""

from decimal import Decimal

import pytest

from claims import services
from claims.models import Claim, Finding, Liability, Settlement
from kefu.overview.checks import Check
from kefu.overview.claim_checks import CLAIM_CHECKS
from tests.centre import at


def violations():
    found = {}
    for row in CLAIM_CHECKS:
        told = Check(*row).run(at("18:00"))
        if not told.ok:
            found[told.check] = told.violations
    return found


@pytest.fixture
def approved(desk):
    case = desk.register()
    assert violations() == {}
    desk.confirmed(case, now=at("10:00"))
    assert violations() == {}
    settlement = desk.agreed(case, "100.01", now=at("11:00"))
    assert violations() == {}
    services.decide_settlement(
        settlement=settlement, approve=True, actor=desk.centre.chen.user, now=at("11:10")
    )
    return case


def test_a_claim_on_its_way_is_sound_and_so_are_those_that_ended(desk, approved):
    for n, end in enumerate((services.withdraw, services.decline)):
        desk.lost = desk.waybill(f"77061204552{n}")
        case = desk.register()
        end(case=case, reason="不用了", actor=desk.gu.user, now=at("12:00"))

    assert violations() == {}


def test_a_stage_its_rows_do_not_bear_out_is_told(desk):
    case = desk.register()
    Claim.objects.filter(case=case).update(stage="confirmation")

    assert case.number in violations()["claim_stage_agrees_with_its_rows"][0]


def test_a_settlement_nobody_approved_is_told(desk):
    case = desk.register()
    desk.confirmed(case, now=at("10:00"))
    settlement = desk.agreed(case, "100.01", now=at("11:00"))
    Settlement.objects.filter(pk=settlement.pk).update(state="approved")

    assert "without supervisor" in violations()["settlement_approved_by_all_it_needs"][0]


def test_shares_that_make_no_hundred_are_told(desk):
    case = desk.register()
    finding = Finding.objects.create(
        claim_id=case.pk,
        facts="查明",
        cause="other",
        reason="理由",
        submitted_by=desk.gu.user,
        submitted_at=at("10:00"),
    )
    Liability.objects.create(finding=finding, kind="customer", percent=Decimal("99.99"))

    assert "make 99.99" in violations()["liable_shares_make_a_hundred"][0]
