"""Guarantees 43 and 44: a month of the audit that retention drops leaves its signed anchor, and no younger one goes."""

from datetime import date
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg.conninfo import make_conninfo

from kefu import clock
from kefu.audit import selectors, services
from kefu.audit.models import AuditAnchor, AuditRow, AuditSeal
from kefu.overview.retention_checks import retention as checks
from kefu.retention.models import Destruction
from kefu.retention.services import destruction
from kefu.staff.models import User
from tests.centre import at
from tests.transactions import wait_for_older_transactions

pytestmark = pytest.mark.django_db(transaction=True)
NOW = at("2026-11-20 02:30:00")


@pytest.fixture
def chen(settings: Any) -> User:
    settings.KEFU_NOW = NOW
    return User.objects.create_user("0801", role="supervisor")


def asked(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[Any] = cursor.fetchall()
        return found


def as_owner(statement: str) -> None:
    url = make_conninfo(settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"])
    with psycopg.connect(url) as owner:
        owner.execute(statement)


def two_months(chen: User) -> None:
    """October and November of 2023, sealed."""
    asked("SELECT kefu_make_partitions('2023-10-01', '2023-11-30')")
    for day in ("2023-10-05", "2023-10-31", "2023-11-01"):
        services.record(action="reveal", actor=chen, at=at(f"{day} 09:00:00"), reason="核对收件人")
    wait_for_older_transactions()
    services.seal_audit(now=clock.now())


def sound() -> bool:
    return not (asked(selectors.BROKEN) or asked(selectors.BESIDE) or asked(selectors.ANCHORS))


def test_a_month_over_three_years_old_goes_and_its_anchor_stays(chen: User) -> None:
    two_months(chen)
    assert sound()

    assert destruction.drop_months(now=NOW) == 1
    assert destruction.drop_months(now=NOW) == 0

    anchor = AuditAnchor.objects.get()
    last = AuditSeal.objects.filter(month=date(2023, 10, 1)).latest("number")
    assert (anchor.month, anchor.rows, anchor.links) == (date(2023, 10, 1), 2, last.number)
    assert bytes(anchor.digest) == bytes(last.digest)
    # Disclosure of November 2023 is not three years old on 20 November 2026.
    assert list(AuditRow.objects.filter(action="reveal").values_list("at", flat=True)) == [
        at("2023-11-01 09:00:00")
    ]
    record = Destruction.objects.get()
    assert (record.unit, record.rows, record.since) == ("audit_row", 2, date(2023, 10, 1))
    assert sound()
    assert all(result.ok for result in checks(NOW))


def test_a_gap_without_an_anchor_is_told(chen: User) -> None:
    two_months(chen)
    as_owner("DROP TABLE audit_row_202310")

    assert not sound()


@pytest.mark.parametrize(
    "hand",
    [
        "DELETE FROM audit_auditseal WHERE month = '2023-10-01'",
        "UPDATE audit_auditanchor SET rows = 3",
        "UPDATE audit_auditanchor SET digest = sha256('another')",
        "DELETE FROM audit_auditanchor",
    ],
)
def test_an_anchor_and_the_seals_it_stands_for_hold_each_other(chen: User, hand: str) -> None:
    two_months(chen)
    destruction.drop_months(now=NOW)
    as_owner(hand)

    assert not sound()


def test_an_anchor_that_this_house_did_not_sign_is_told(chen: User) -> None:
    two_months(chen)
    destruction.drop_months(now=NOW)
    as_owner("UPDATE audit_auditanchor SET signature = sha256('another')")

    assert sound()
    *_others, anchors = checks(NOW)
    assert anchors.violations == ["the anchor of 2023-10 is not signed by this house"]


def test_the_function_drops_no_younger_month_nothing_unsealed_and_no_other_table(
    chen: User,
) -> None:
    two_months(chen)
    services.record(action="reveal", actor=chen, at=at("2023-10-31 23:00:00"), reason="后来补记")
    for parent, month in (
        ("audit_row", "2023-10-01"),  # one row is not sealed yet
        ("audit_row", "2023-11-01"),
        ("audit_row", "2023-10-02"),
        ("ledger_posting", "2020-01-01"),
        ("cases_case", "2020-01-01"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT kefu_drop_month(%s, %s, '', NULL, %s, %s)", [parent, month, NOW, b"x" * 32]
            )
    for statement in (
        "DROP TABLE audit_row_202310",
        "INSERT INTO audit_auditanchor (month, rows, links, digest, signature, at)"
        " VALUES ('2023-10-01', 2, 1, '', '', now())",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert AuditRow.objects.filter(at__lt=at("2023-12-01 00:00:00")).count() == 4


def test_the_audit_is_kept_for_three_years_whatever_the_settings_say(
    chen: User, settings: Any
) -> None:
    two_months(chen)
    settings.KEFU_AUDIT_MONTHS = 6

    with pytest.raises(DatabaseError, match="has to be kept"):
        destruction.drop_months(now=NOW)
