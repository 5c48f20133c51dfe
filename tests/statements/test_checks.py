"""The checks on statements are checked: silent on a sound world, and each speaks when its fact is broken."""

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from kefu.network.models import Party
from kefu.overview.statement_checks import STATEMENT_CHECKS
from kefu.overview.verify import verify
from tests.statements.conftest import DECEMBER

SOUND = {name: violations for name, _counted, violations in STATEMENT_CHECKS}
BROKEN = [
    ("statement_follows_on_the_one_before", "UPDATE statements_statement SET opening = opening + 1, closing = closing + 1 WHERE month = '2026-12-01'"),
    ("statement_is_what_its_lines_make", "UPDATE statements_statement SET penalties = penalties + 0.01, closing = closing + 0.01"),
    ("statement_is_what_its_lines_make", "DELETE FROM statements_line WHERE number = 1"),
    ("statement_line_is_its_posting", "UPDATE statements_line SET amount = amount + 0.01"),
    ("statement_line_is_its_posting", "UPDATE ledger_posting SET amount = amount * 2"),
    ("posting_is_on_a_statement", "DELETE FROM statements_line WHERE number = 1"),
    ("contract_area_settles_with_an_outlet", "UPDATE network_party SET parent_id = (SELECT id FROM network_party WHERE kind = 'company') WHERE kind = 'contractor'"),
    ("contract_area_stays_on_one_statement", "UPDATE statements_statement SET party_id = (SELECT id FROM network_party WHERE code = 'XA02') WHERE month = '2026-12-01'"),
    ("payment_in_is_booked_once", "UPDATE statements_payment SET amount = amount + 0.01"),
    ("payment_in_is_booked_once", "DELETE FROM statements_payment"),
    ("paid_statement_is_covered", "UPDATE statements_statement SET opening = opening + 1, closing = closing + 1"),
    ("fine_settled_by_a_statement_was_paid", "UPDATE statements_statement SET paid_at = NULL, settled_at = NULL"),
]  # fmt: skip
TABLES = (
    *("statements_statement", "statements_line", "statements_payment", "ledger_posting"),
    *("penalties_penaltyevent", "network_party"),
)


@pytest.mark.django_db(transaction=True)
def test_what_is_broken_is_reported(books):
    books.fine("200.00", "2026-11-03 10:00:00")
    area = Party.objects.create(
        kind="contractor", code="CD03-1", name="成都三部一区", parent=books.centre.chengdu
    )
    books.take_back(books.fine("5.00", "2026-11-03 10:00:00", area), "2026-12-03 10:00:00")
    books.issue(books.draw())
    books.pay("205.00")
    books.follow("2026-12-10 12:00:00")
    books.draw(DECEMBER)
    ours = {one.check: one for one in verify() if one.check in SOUND}
    assert {name: one.violations for name, one in ours.items() if not one.ok} == {}
    assert all(one.n for one in ours.values()) and set(ours) == set(SOUND)
    assert {check for check, _statement in BROKEN} == set(SOUND)

    database = make_conninfo(settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"])
    with psycopg.connect(database) as owner:
        for check, statement in BROKEN:
            for table in TABLES:
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            assert owner.execute(statement).rowcount, statement
            assert owner.execute(SOUND[check]).fetchall(), (check, statement)
            owner.rollback()
