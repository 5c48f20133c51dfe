"""The journal: sums to nothing, only grows, and takes back no more than it gave."""

from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum

from kefu.ledger import services as ledger
from kefu.ledger.models import Account, Entry, Posting
from tests.centre import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db

FINES, INCOME = Account.Book.FINES, Account.Book.FINE_INCOME
TWO_HUNDRED = Decimal("200.00")


@pytest.fixture
def book(centre):
    """Book a fine of an outlet, by the service."""

    def post(source="penalty:1", outlet=centre.chengdu, amount=TWO_HUNDRED):
        return ledger.post(
            kind=Entry.Kind.PENALTY,
            source=source,
            memo="CD-05.10",
            actor=None,
            at=at("09:00:00"),
            lines={(outlet.pk, FINES): amount, (centre.company.pk, INCOME): -amount},
        )

    return post


def write(entry, lines):
    """Insert an entry past the service, as a mistake in our code would, and let the database judge."""
    with transaction.atomic():
        entry.save()
        Posting.objects.bulk_create(
            Posting(entry=entry, account=account, amount=Decimal(amount))
            for account, amount in lines
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what a commit does
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def balances():
    return dict(Account.objects.values_list("party__code").annotate(balance=Sum("balance")))


def test_both_sides_move_and_balances_are_the_sums_of_their_postings(centre, book):
    book("penalty:1")
    book("penalty:2", outlet=centre.xian, amount=Decimal("0.01"))
    ledger.reverse(source="penalty:1", memo="免罚", actor=centre.chen.user, at=at("10:00:00"))

    assert balances() == {"CD03": Decimal("0.00"), "XA02": Decimal("0.01"), "KF": Decimal("-0.01")}
    summed = dict(
        Posting.objects.order_by()
        .values("account__party__code")
        .annotate(sum=Sum("amount"))
        .values_list("account__party__code", "sum")
    )
    assert summed == balances()
    assert Posting.objects.aggregate(sum=Sum("amount"))["sum"] == 0


@pytest.mark.parametrize(
    "amounts",
    [
        ["200.00", "-199.99"],
        ["200.00"],  # one side
        [],
    ],
)
def test_the_database_refuses_an_entry_that_does_not_balance(centre, book, amounts):
    book()
    accounts = list(Account.objects.order_by("pk"))
    entry = Entry(kind="penalty", source="penalty:9", at=at("09:00:00"))

    with pytest.raises(IntegrityError, match="does not balance"):
        write(entry, zip(accounts, amounts, strict=False))

    assert Entry.objects.count() == 1
    assert balances()["CD03"] == TWO_HUNDRED


def test_the_service_refuses_it_before(centre):
    with pytest.raises(ValueError, match="balance"):
        ledger.post(
            kind=Entry.Kind.PENALTY,
            source="penalty:1",
            memo="",
            actor=None,
            at=at("09:00:00"),
            lines={
                (centre.chengdu.pk, FINES): TWO_HUNDRED,
                (centre.company.pk, INCOME): Decimal("-199.99"),
            },
        )
    assert not Entry.objects.exists()


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "0.00", "100000000.00"])
def test_no_posting_of_nothing_of_no_number_or_beyond_reason(centre, book, amount):
    book()
    account = Account.objects.first()

    with pytest.raises(DatabaseError) as refused:
        _post_raw(account, amount)

    reason = str(refused.value)
    assert "posting_amount_in_range" in reason or "numeric field overflow" in reason


@transaction.atomic
def _post_raw(account, amount):
    entry = Entry.objects.create(kind="penalty", source="penalty:9", at=at("09:00:00"))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_posting (entry_id, account_id, amount) VALUES (%s, %s, %s::numeric)",
            [entry.pk, account.pk, amount],
        )


def test_a_source_is_booked_once(book):
    book("penalty:1")

    with pytest.raises(IntegrityError), transaction.atomic():
        book("penalty:1")

    assert balances()["CD03"] == TWO_HUNDRED


@pytest.mark.parametrize(
    ("first", "second", "sound"),
    [
        ("200.00", None, True),
        ("200.01", None, False),
        ("-0.01", None, False),  # the same direction again is no reversal
        ("120.00", "80.00", True),
        ("120.00", "80.01", False),
    ],
)
def test_all_reversals_together_never_exceed_what_was_booked(centre, book, first, second, sound):
    original = book()
    theirs = Account.objects.get(party=centre.chengdu)
    ours = Account.objects.get(party=centre.company)

    def reverse(amount):
        entry = Entry(kind="reversal", source="penalty:1", reverses=original, at=at("10:00:00"))
        write(entry, [(theirs, f"-{amount}".replace("--", "")), (ours, amount)])

    if second is not None:
        reverse(first)
    if sound:
        reverse(second or first)
    else:
        with pytest.raises(IntegrityError, match="reverses more"):
            reverse(second or first)

    theirs.refresh_from_db()
    expected = {("200.00", True): "0.00", ("120.00", True): "0.00", ("120.00", False): "80.00"}
    assert theirs.balance == Decimal(expected.get((first, sound), "200.00"))


def test_a_reversal_touches_no_account_the_original_did_not(centre, book):
    original = book()
    book("penalty:2", outlet=centre.xian)
    strangers, ours = (
        Account.objects.get(party=centre.xian),
        Account.objects.get(party=centre.company),
    )
    entry = Entry(kind="reversal", source="penalty:1", reverses=original, at=at("10:00:00"))

    with pytest.raises(IntegrityError, match="reverses more"):
        write(entry, [(strangers, "-200.00"), (ours, "200.00")])


def test_a_full_reversal_happens_once(book):
    book()
    ledger.reverse(source="penalty:1", memo="免罚", actor=None, at=at("10:00:00"))

    with pytest.raises(IntegrityError, match="reverses more"):
        _reverse_again()


@transaction.atomic
def _reverse_again():
    ledger.reverse(source="penalty:1", memo="再来", actor=None, at=at("10:00:00"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "table",
    ["ledger_entry", "ledger_posting", "audit_row", "audit_auditseal", "penalties_penaltyevent"],
)
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_the_application_can_neither_change_nor_remove_what_was_written(table, statement):
    with (
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))

    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


@pytest.mark.django_db(transaction=True)
def test_entries_posted_at_once_wait_for_each_other_and_never_in_a_circle(centre):
    """Whatever they touch in one transaction, and in whichever order, our own side too."""
    outlets = [(centre.chengdu, INCOME), (centre.xian, Account.Book.CLAIM_COST)]

    def post(n, sides):
        def work():
            for turn in range(8):
                with transaction.atomic():
                    for outlet, ours in sides:
                        ledger.post(
                            kind=Entry.Kind.PENALTY,
                            source=f"penalty:{n}-{turn}-{outlet.pk}",
                            memo="",
                            actor=None,
                            at=at("09:00:00"),
                            lines={
                                (outlet.pk, FINES): TWO_HUNDRED,
                                (centre.company.pk, ours): -TWO_HUNDRED,
                            },
                        )

        return work

    assert at_once(*[post(n, outlets[:: -1 if n % 2 else 1]) for n in range(6)]) == [None] * 6

    assert balances() == {
        "CD03": Decimal("9600.00"),
        "XA02": Decimal("9600.00"),
        "KF": Decimal("-19200.00"),
    }
