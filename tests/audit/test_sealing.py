"""The audit's hash chain: made within a minute, and any later hand in it shows."""

import threading
from datetime import date

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from psycopg.conninfo import make_conninfo

from kefu import clock
from kefu.audit import selectors, services
from kefu.audit.models import AuditRow, AuditSeal
from kefu.staff.models import User
from tests.centre import at
from tests.threads import at_once
from tests.transactions import wait_for_older_transactions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chen(db):
    return User.objects.create_user("0801", role="supervisor")


@pytest.fixture
def act(chen):
    def record(when="09:00:00", **given):
        return services.record(action="looked", actor=chen, at=at(when), reason="核对", **given)

    return record


def as_owner(statement):
    """What only somebody with the owner's password can do."""
    url = make_conninfo(settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"])
    with psycopg.connect(url) as owner:
        owner.execute(statement)


def seal():
    wait_for_older_transactions()
    return services.seal_audit(now=clock.now())


def asked(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def broken_links():
    return sorted((month, number) for month, number, *_ in asked(selectors.BROKEN))


def months_with_rows_beside():
    return asked(selectors.BESIDE)


def test_each_link_covers_the_rows_since_the_last_and_a_month_is_a_chain_of_its_own(act):
    seal()  # what made the account
    made = AuditSeal.objects.count()
    act("2026-11-30 23:59:59")
    act("2026-12-01 00:00:00")
    act("2026-12-01 00:00:01")

    assert [seal(), seal()] == [3, 0]

    links = list(AuditSeal.objects.filter(pk__gt=made).values_list("month", "number", "rows"))
    assert [(month, rows) for month, _, rows in links if month >= date(2026, 11, 1)][-2:] == [
        (date(2026, 11, 1), 1),
        (date(2026, 12, 1), 2),
    ]
    act("2026-12-02 09:00:00")
    assert seal() == 1
    assert list(
        AuditSeal.objects.filter(month=date(2026, 12, 1)).values_list("number", flat=True)
    ) == [1, 2]
    assert broken_links() == []
    assert months_with_rows_beside() == []


@pytest.mark.parametrize(
    ("hand", "broken"),
    [
        ("UPDATE audit_row SET reason = '例行' WHERE reason = '核对' AND object_id = '2'", [2]),
        ("UPDATE audit_row SET at = at + interval '1 second' WHERE object_id = '2'", [2]),
        ("DELETE FROM audit_row WHERE object_id = '1'", [1]),
        (
            "INSERT INTO audit_row (txid, at, action) SELECT txid, at, 'looked' FROM audit_row WHERE object_id = '1'",
            [1],
        ),
        (
            "UPDATE audit_auditseal SET digest = sha256('x') WHERE number = 1 AND month = '2026-11-01'",
            [1, 2],
        ),
        ("UPDATE audit_auditseal SET rows = 7 WHERE number = 3 AND month = '2026-11-01'", [3]),
        ("DELETE FROM audit_auditseal WHERE number = 2 AND month = '2026-11-01'", [3]),
    ],
)
def test_whoever_alters_a_row_or_a_seal_breaks_the_chain_there(act, hand, broken):
    AuditRow.objects.all()
    as_owner("TRUNCATE audit_row")  # the account's own rows
    for n in (1, 2, 3):
        act(f"09:00:0{n}", object_id=n)
        seal()
    assert broken_links() == []

    as_owner(hand)

    assert broken_links() == [(date(2026, 11, 1), number) for number in broken]


def test_a_row_dated_back_below_the_chain_shows_too(act):
    act()
    seal()

    with connection.cursor() as cursor:  # the application may insert, and could lie about when
        cursor.execute(
            "INSERT INTO audit_row (txid, at, action) VALUES (1, '2026-11-20', 'looked')"
        )

    ((month, found, sealed),) = months_with_rows_beside()
    assert (month, found - sealed) == (date(2026, 11, 1), 1)


def test_a_row_still_being_written_is_left_for_the_next_link(act):
    seal()
    written, done = threading.Event(), threading.Event()

    def slow_writer():
        try:
            with transaction.atomic():
                act("09:00:00", object_id="slow")
                written.set()
                done.wait(timeout=10)
        finally:
            connections.close_all()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    written.wait(timeout=10)
    act("09:00:01", object_id="quick")  # a later transaction, committed first

    assert services.seal_audit(now=clock.now()) == 0  # nothing above the oldest one still open

    done.set()
    writer.join()
    assert seal() == 2
    assert broken_links() == []


def test_sealers_at_once_make_one_chain(act):
    for n in range(6):
        act(f"09:00:0{n}")

    sealed = at_once(*[seal] * 4)

    assert sum(sealed) == AuditRow.objects.count()
    assert broken_links() == []


def test_a_look_at_personal_data_is_on_record_even_if_what_follows_fails(chen):
    def reveal():
        services.record_reveal(
            table="cases_case",
            object_id=7,
            fields=["customer_phone"],
            reason="回电核实",
            actor=chen,
            at=at("09:00:00"),
            address="10.0.0.8",
        )

    # Inside a transaction that might be rolled back the record could vanish, so it is refused there.
    with pytest.raises(RuntimeError), transaction.atomic():
        reveal()
    assert not AuditRow.objects.filter(action="reveal").exists()

    reveal()

    row = AuditRow.objects.get(action="reveal")
    assert (row.actor_name, row.after, row.object_id) == (
        "0801",
        {"fields": ["customer_phone"]},
        "7",
    )
