"""The checks on the money of claims are checked: silent on a sound world, and each speaks when its fact is broken."""

from decimal import Decimal

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from claims.models import Document, Recovery
from claims.services import documents, insurance, recoveries
from kefu.overview.claim_money_checks import CLAIM_MONEY_CHECKS
from kefu.overview.contents import paper_contents
from kefu.overview.verify import verify
from tests.centre import at
from tests.claims.conftest import build_desk
from tests.claims.money import approved, booked, reported

SOUND = {name: violations for name, _counted, violations in CLAIM_MONEY_CHECKS}
BROKEN = [
    ("claim_payment_is_what_was_approved", "UPDATE claims_payment SET amount = amount + 0.01"),
    ("claim_payment_is_what_was_approved", "UPDATE claims_settlement SET state = 'proposed'"),
    ("claim_payment_is_booked_once", "UPDATE ledger_posting SET amount = amount * 2"),
    ("claim_payment_is_booked_once", "DELETE FROM claims_payment WHERE claim_id = (SELECT max(claim_id) FROM claims_payment)"),
    ("recovery_is_booked_as_it_stands", "UPDATE claims_recovery SET reversed_at = NULL, reversal_reason = ''"),
    ("recovery_is_booked_as_it_stands", "UPDATE claims_recovery SET entry_id = NULL, reversed_at = NULL, reversal_reason = ''"),
    ("recovery_is_booked_as_it_stands", "UPDATE claims_recovery SET amount = amount - 0.01"),
    ("debt_is_its_recoveries", "UPDATE ledger_account SET balance = balance + 1 WHERE book = 'recovery'"),
    ("debt_is_its_recoveries", "UPDATE claims_recovery SET amount = amount + 1"),
    ("recovered_no_more_than_was_paid", "UPDATE claims_recovery SET amount = amount + 1"),
    ("insurer_owes_what_was_asked", "UPDATE claims_insurancecase SET received_amount = received_amount + 1"),
    ("insurer_owes_what_was_asked", "UPDATE claims_insurancecase SET state = 'documented', received_amount = NULL, received_at = NULL"),
    ("insurance_ends_with_an_unpaid_claim", "UPDATE claims_claim SET stage = 'closed', ending = 'withdrawn', closed_at = now()"),
    ("second_amount_for_a_parcel_is_the_managers", "UPDATE cases_case SET waybill_id = (SELECT min(waybill_id) FROM cases_case)"),
]  # fmt: skip


def world():
    """A claim paid, booked and insured short; another whose booking was taken back."""
    desk = build_desk()
    gu = desk.gu.user
    case = approved(desk)
    booked(desk, case)
    row = reported(desk, case)
    insurance.hand_in(
        insured=row, claimed_amount=Decimal(700), insurer_number="R1", actor=gu, now=at("16:10")
    )
    insurance.receive(insured=row, amount=Decimal(650), actor=gu, now=at("16:20"))
    documents.issue(
        case=case,
        kind=Document.Kind.LIABILITY_NOTICE,
        recovery=Recovery.objects.get(),
        actor=gu,
        now=at("16:30"),
    )
    other = approved(desk, waybill_number=desk.waybill("770612045502").number)
    booked(desk, other)
    recoveries.reverse(
        recovery=Recovery.objects.get(claim=other.pk),
        reason="责任有误",
        actor=desk.shen.user,
        now=at("17:00"),
    )


@pytest.mark.django_db(transaction=True)
def test_what_is_broken_is_reported(settings):
    settings.KEFU_NOW = at("18:00")
    world()
    ours = {one.check: one for one in verify() if one.check in {*SOUND, "papers_are_as_issued"}}
    assert {name: one.violations for name, one in ours.items() if not one.ok} == {}
    assert all(one.n for one in ours.values()) and len(ours) == len(SOUND) + 1
    assert {check for check, _statement in BROKEN} == set(SOUND)

    database = make_conninfo(
        django_settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"]
    )
    with psycopg.connect(database) as owner:
        for check, statement in BROKEN:
            for table in ("claims_payment", "claims_settlement", "claims_recovery",
                          "claims_insurancecase", "claims_claim", "cases_case", "ledger_posting", "ledger_account"):  # fmt: skip
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            assert owner.execute(statement).rowcount, statement
            assert owner.execute(SOUND[check]).fetchall(), (check, statement)
            owner.rollback()
        owner.execute("ALTER TABLE claims_document DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE claims_document SET inputs = jsonb_set(inputs, '{amount}', '\"1.00\"')"
        )
    assert paper_contents().found == 1
