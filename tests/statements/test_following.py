"""Issued, confirmed or passed over in silence, locked, paid, settled."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Account, Entry
from kefu.notifications.models import Event
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from kefu.statements import services
from kefu.statements.models import Payment, Statement
from tests.centre import at
from tests.statements.conftest import DECEMBER, violations
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def fine(books):
    return books.fine("200.00", "2026-11-03 10:00:00")


@pytest.fixture
def issued(books, fine):
    return books.issue(books.draw())


def read(statement):
    return Statement.objects.get(pk=statement.pk)


def state(penalty):
    return Penalty.objects.get(pk=penalty.pk).state


def balance(centre, book):
    account = Account.objects.filter(party=centre.chengdu, book=book).first()
    return account.balance if account else Decimal(0)


def test_silence_confirms_at_the_end_of_the_seventh_day_and_not_before(books, issued):
    assert issued.confirm_by == at("2026-12-09 00:00:00")

    assert books.follow("2026-12-08 23:59:59.999999") == 0
    assert read(issued).state == "issued"

    assert books.follow("2026-12-11 07:00:00") == 1  # late: it counts from the end of the time
    row = read(issued)
    assert (row.state, row.confirmation, row.confirmed_at) == ("locked", "silence", at("2026-12-09 00:00:00"))  # fmt: skip
    assert books.follow("2026-12-11 07:00:01") == 0
    told = [event.data["state"] for event in Event.objects.filter(kind="statement.changed").order_by("pk")]  # fmt: skip
    assert told == ["issued", "confirmed", "locked"]


def test_confirmed_early_it_is_locked_when_the_time_is_over(books, issued):
    services.confirm(statement=issued, now=at("2026-12-02 10:00:00"))

    with pytest.raises(Conflict):
        services.confirm(statement=issued, now=at("2026-12-02 10:00:01"))
    books.follow("2026-12-08 23:59:59")
    assert read(issued).state == "confirmed"  # an early word takes nothing of its time to appeal

    books.follow("2026-12-09 00:00:00")
    row = read(issued)
    assert (row.state, row.confirmation, row.confirmed_at) == ("locked", "outlet", at("2026-12-02 10:00:00"))  # fmt: skip


def test_only_a_supervisor_issues_and_in_the_order_of_the_months(books, fine):
    november = books.draw()
    december = books.draw(DECEMBER)

    with pytest.raises(NotAllowed):
        services.issue(statement=november, actor=books.centre.wang.user, now=at("2027-01-01 09:00:00"))  # fmt: skip
    with pytest.raises(Conflict) as refused:
        books.issue(december)
    assert refused.value.code == "earlier_month"

    books.issue(november)
    with pytest.raises(Conflict) as refused:
        books.issue(november)
    assert refused.value.code == "already_issued"
    with pytest.raises(Conflict):  # nobody confirms what he was not sent
        services.confirm(statement=december, now=at("2027-01-01 09:00:00"))
    assert read(december).state == "drawn"


@pytest.mark.parametrize(
    "change",
    [
        {"state": "drawn"},
        {"state": "confirmed", "confirmation": "silence", "confirmed_at": at("2026-12-02 10:00:00")},
        {"confirm_by": at("2027-12-09 00:00:00")},
        {"confirmed_at": at("2026-12-03 10:00:00")},
        {"locked_at": None},
        {"settled_at": at("2026-12-12 10:00:00")},  # not paid
    ],
)  # fmt: skip
def test_the_database_lets_nothing_of_a_locked_statement_change(books, issued, change):
    books.follow("2026-12-09 00:00:00")
    before = read(issued)

    with pytest.raises(Exception, match=r"Invalid|Cannot|violates"), transaction.atomic():
        Statement.objects.filter(pk=issued.pk).update(**change)

    assert (
        read(issued).__dict__.items()
        >= {key: value for key, value in before.__dict__.items() if key != "_state"}.items()
    )


def test_a_payment_is_booked_and_settles_what_is_locked_and_paid_in_full(books, fine, issued):
    books.pay("199.99")
    books.follow("2026-12-10 12:00:00")
    assert (read(issued).paid_at, state(fine)) == (None, "payable")

    books.pay("0.01", "2026-12-11 10:00:00")
    books.follow("2026-12-11 12:00:00")

    row = read(issued)
    assert (row.paid_at, row.settled_at) == (at("2026-12-11 12:00:00"),) * 2
    assert state(fine) == "settled"
    assert fine.events.get(kind="settled").fact["statement"] == issued.pk
    assert balance(books.centre, "paid_in") == Decimal("-200.00")
    assert balance(books.centre, "fines") == Decimal("200.00")
    assert books.draw(DECEMBER).closing == 0
    assert violations() == []


def test_nothing_is_settled_before_the_lock(books, fine, issued):
    books.pay("200.00", "2026-12-02 10:00:00")
    services.confirm(statement=issued, now=at("2026-12-02 11:00:00"))

    books.follow("2026-12-08 12:00:00")
    assert state(fine) == "payable"

    books.follow("2026-12-09 00:00:00")
    assert state(fine) == "settled"


def test_a_payment_of_the_month_itself_does_not_pay_it_twice(books, fine):
    books.pay("150.00", "2026-11-20 10:00:00")
    statement = books.issue(books.draw())
    assert str(read(statement).closing) == "50.00"

    books.follow("2026-12-09 00:00:00")
    assert read(statement).paid_at is None
    books.pay("50.00")
    books.follow("2026-12-10 12:00:00")
    assert read(statement).paid_at is not None


def test_a_later_statement_that_is_paid_pays_those_before_it(books, fine, issued):
    second = books.fine("30.00", "2026-12-05 10:00:00")
    books.follow("2026-12-09 00:00:00")
    books.take_back(fine, "2026-12-15 10:00:00")
    december = books.issue(books.draw(DECEMBER), "2027-01-02 10:00:00")
    books.follow("2027-01-10 00:00:00")
    assert read(issued).paid_at is None

    books.pay("30.00", "2027-01-11 10:00:00")
    books.follow("2027-01-11 12:00:00")

    assert {read(issued).settled_at, read(december).settled_at} == {at("2027-01-11 12:00:00")}
    assert (state(fine), state(second)) == ("reversed", "settled")
    assert violations() == []


def test_what_is_disputed_waits_and_the_rest_is_settled(books, fine):
    other = books.fine("10.00", "2026-11-04 10:00:00")
    statement = books.issue(books.draw())
    waiver = penalties.propose_waiver(
        penalty=fine,
        ground=Waiver.Ground.GOODWILL,
        reason="网点提交了交接记录",
        actor=books.centre.wang.user,
        now=at("2026-12-08 10:00:00"),
    )
    books.pay("210.00")

    books.follow("2026-12-10 12:00:00")
    assert (state(fine), state(other)) == ("payable", "settled")
    assert read(statement).paid_at is not None and read(statement).settled_at is None

    penalties.decide_waiver(
        waiver=waiver, approve=False, actor=books.centre.chen.user, now=at("2026-12-11 10:00:00")
    )
    books.follow("2026-12-11 12:00:00")
    assert (state(fine), read(statement).settled_at) == ("settled", at("2026-12-11 12:00:00"))


def test_nothing_more_is_settled_once_the_payment_is_taken_back(books, fine):
    other = books.fine("10.00", "2026-11-04 10:00:00")
    statement = books.issue(books.draw())
    waiver = penalties.propose_waiver(
        penalty=fine,
        ground=Waiver.Ground.GOODWILL,
        reason="网点提交了交接记录",
        actor=books.centre.wang.user,
        now=at("2026-12-08 10:00:00"),
    )
    payment = books.pay("210.00")
    books.follow("2026-12-10 12:00:00")
    assert (state(fine), state(other)) == ("payable", "settled")
    when = {"now": at("2026-12-11 10:00:00")}
    services.reverse_payment(
        payment=payment, reason="记错了网点", actor=books.centre.he.user, **when
    )
    penalties.decide_waiver(waiver=waiver, approve=False, actor=books.centre.chen.user, **when)

    books.follow("2026-12-11 12:00:00")
    assert (state(fine), read(statement).settled_at) == ("payable", None)

    books.pay("210.00", "2026-12-12 10:00:00", reference="T-again")
    books.follow("2026-12-12 12:00:00")
    assert (state(fine), read(statement).settled_at) == ("settled", at("2026-12-12 12:00:00"))


def test_an_outlets_word_comes_too_late_when_silence_has_confirmed(books, issued):
    """The sweep has not come by yet; the time is over all the same."""
    with pytest.raises(Conflict) as refused:
        services.confirm(statement=issued, now=at("2026-12-09 00:00:00"))
    assert refused.value.code == "already_confirmed"
    books.follow("2026-12-09 00:00:01")
    assert read(issued).confirmation == "silence"


def test_a_settled_fine_that_is_taken_back_is_owed_to_the_outlet(books, fine, issued):
    books.pay("200.00")
    books.follow("2026-12-10 12:00:00")

    books.take_back(fine, "2026-12-20 10:00:00")

    assert str(books.draw(DECEMBER).closing) == "-200.00"
    assert violations() == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal("-1.00")}, "amount"),
        ({"amount": Decimal("1.005")}, "amount"),
        ({"amount": Decimal(100_000_000)}, "amount"),
        ({"amount": Decimal("NaN")}, "amount"),
        ({"paid_on": date(2026, 12, 11)}, "paid_on"),
        ({"reference": "  "}, "reference"),
        ({"reference": "9" * 65}, "reference"),
    ],
)
def test_a_wrong_payment_names_its_field_and_books_nothing(books, given, field):
    facts = {
        "party": books.centre.chengdu,
        "amount": Decimal("1.00"),
        "paid_on": date(2026, 12, 10),
        "reference": "T1",
        "actor": books.centre.chen.user,
        "now": at("2026-12-10 23:59:00"),
    }

    with pytest.raises(KefuError) as refused:
        services.record_payment(**(facts | given))

    assert refused.value.field == field
    assert not Payment.objects.exists() and not Entry.objects.exists()


def test_a_payment_is_for_an_outlet_and_by_somebody_with_the_right(books):
    with pytest.raises(KefuError) as refused:
        books.pay("1.00", party=books.centre.lin.party)
    assert refused.value.field == "party"
    with pytest.raises(NotAllowed):
        books.pay("1.00", actor=books.centre.wang.user)


def test_a_transfer_is_recorded_once_and_taken_back_by_another(books, fine):
    payment = books.pay("200.00", reference="2026121000017")
    with pytest.raises(Conflict) as refused:
        books.pay("200.00", reference=" 2026121000017 ")
    assert (refused.value.code, refused.value.field) == ("already_recorded", "reference")

    def take_back(who):
        return services.reverse_payment(
            payment=payment, reason="记错了网点", actor=who.user, now=at("2026-12-12 10:00:00")
        )

    with pytest.raises(KefuError) as refused:
        take_back(books.centre.chen)
    assert refused.value.code == "own_entry"
    take_back(books.centre.he)
    with pytest.raises(Conflict):
        take_back(books.centre.he)

    assert balance(books.centre, "paid_in") == 0
    books.pay("20.00", reference="2026121000017")  # now rightly
    books.draw()
    december = books.draw(DECEMBER)
    assert [str(line.amount) for line in december.lines.all()] == ["-200.00", "-20.00", "200.00"]
    assert violations() == []
    with pytest.raises(Exception, match=r"Cannot|denied"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(amount=1)


@pytest.mark.django_db(transaction=True)
def test_the_same_transfer_recorded_by_four_at_once_is_booked_once(books, fine):
    done = at_once(*[lambda: books.pay("200.00", reference="T77")] * 4)

    assert sorted(type(one).__name__ for one in done) == ["Conflict"] * 3 + ["Payment"]
    assert balance(books.centre, "paid_in") == Decimal("-200.00")


@pytest.mark.django_db(transaction=True)
def test_drawn_up_by_four_at_once_it_is_one_statement(books, fine):
    done = at_once(*[books.draw] * 4)

    assert {type(one) for one in done} == {Statement}
    assert len({one.pk for one in done}) == 1
