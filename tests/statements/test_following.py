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
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.statements import services
from kefu.statements.models import Payment, Statement
from payroll.services.adjustments import take_late
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


def published(books, days, *, number, outlet=None):
    """The rulebook with another period, for an outlet or for all."""
    shipped = RulebookVersion.objects.get(rulebook__code="CD", number=1)
    content = {**shipped.content, "house": {**shipped.content["house"], "statement_days": days}}
    version = RulebookVersion.objects.create(
        rulebook=shipped.rulebook,
        number=number,
        content=content,
        digest=rulebooks.digest(content),
        base=shipped,
    )
    day = date(2026, 12, 1)
    version.state, version.effective_on, version.published_at = shipped.state, day, at("09:00:00")
    version.published_by = books.centre.he.user
    version.save()
    Assignment.objects.create(version=version, outlet=outlet, effective_on=day)


def test_the_period_stands_in_the_rulebook_that_holds_towards_the_outlet(books, fine, settings):
    books.fine("1.00", "2026-11-03 10:00:00", books.centre.xian)
    settings.KEFU_STATEMENT_DAYS = 3
    settings.KEFU_NOW = at("2026-12-01 09:00:00")
    published(books, 10, number=2, outlet=books.centre.chengdu)
    published(books, None, number=3)

    own = books.issue(books.draw())
    unsaid = books.issue(books.draw(party=books.centre.xian))

    assert own.confirm_by == at("2026-12-12 00:00:00")
    assert unsaid.confirm_by == at("2026-12-05 00:00:00")  # as the deployment is set


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


def take_back_payment(books, payment, when):
    services.reverse_payment(
        payment=payment, reason="记错了网点", actor=books.centre.he.user, now=at(when)
    )


def test_what_a_payment_settled_is_owed_again_when_it_is_taken_back_and_is_settled_once_more(
    books, fine, issued
):
    payment = books.pay("200.00")
    books.follow("2026-12-10 12:00:00")
    assert (state(fine), read(issued).settled_at) == ("settled", at("2026-12-10 12:00:00"))

    take_back_payment(books, payment, "2026-12-11 10:00:00")

    row = read(issued)
    assert (state(fine), row.paid_at, row.settled_at) == ("payable", None, None)
    assert fine.events.get(kind="unsettled").fact == {"payment": payment.pk}
    assert violations() == []
    books.follow("2026-12-11 12:00:00")
    assert (state(fine), read(issued).paid_at) == ("payable", None)
    assert [str(line.amount) for line in books.draw(DECEMBER).lines.all()] == ["-200.00", "200.00"]

    books.pay("200.00", "2027-01-03 10:00:00", reference="T-again")
    books.follow("2027-01-03 12:00:00")
    assert (state(fine), read(issued).settled_at) == ("settled", at("2027-01-03 12:00:00"))
    kinds = fine.events.order_by("pk").values_list("kind", "turn")
    assert list(kinds) == [("settled", 0), ("unsettled", 0), ("settled", 1)]
    assert violations() == []
    told = Event.objects.filter(kind="penalty.changed").order_by("pk").values_list("data__state", flat=True)  # fmt: skip
    assert list(told)[-3:] == ["settled", "payable", "settled"]


def test_what_the_rest_covers_stays_paid(books, fine, issued):
    books.pay("200.00")
    extra = books.pay("50.00")
    books.follow("2026-12-10 12:00:00")

    take_back_payment(books, extra, "2026-12-11 10:00:00")

    assert state(fine) == "settled" and read(issued).settled_at == at("2026-12-10 12:00:00")
    assert violations() == []


def test_of_two_months_the_one_that_is_not_covered_any_more_is_owed_again(books, fine, issued):
    first = books.pay("200.00")
    books.follow("2026-12-10 12:00:00")
    second = books.fine("30.00", "2026-12-15 10:00:00")
    december = books.issue(books.draw(DECEMBER), "2027-01-02 10:00:00")
    payment = books.pay("30.00", "2027-01-05 10:00:00")
    books.follow("2027-01-10 12:00:00")
    assert (state(fine), state(second)) == ("settled", "settled")

    take_back_payment(books, payment, "2027-01-11 10:00:00")
    assert (state(fine), state(second)) == ("settled", "payable")
    assert (read(issued).paid_at, read(december).paid_at) == (at("2026-12-10 12:00:00"), None)
    assert violations() == []

    books.pay("30.00", "2027-01-12 10:00:00", reference="T-again")
    books.follow("2027-01-12 12:00:00")
    take_back_payment(books, first, "2027-01-13 10:00:00")  # December counts on it as well
    assert (state(fine), state(second)) == ("payable", "payable")
    assert (read(issued).paid_at, read(december).paid_at) == (None, None)
    books.follow("2027-01-13 12:00:00")
    assert violations() == []

    books.pay("200.00", "2027-01-14 10:00:00", reference="T-thrice")
    books.follow("2027-01-14 12:00:00")
    assert (state(fine), state(second)) == ("settled", "settled")


def test_a_fine_that_was_reversed_meanwhile_stays_so_and_an_unsettled_one_may_be_disputed(
    books, fine
):
    other = books.fine("10.00", "2026-11-04 10:00:00")
    books.issue(books.draw())
    payment = books.pay("210.00")
    books.follow("2026-12-10 12:00:00")
    books.take_back(other, "2026-12-11 09:00:00")

    take_back_payment(books, payment, "2026-12-11 10:00:00")
    assert (state(fine), state(other)) == ("payable", "reversed")
    books.take_back(fine, "2026-12-12 09:00:00")

    assert books.draw(DECEMBER).closing == 0
    assert violations() == []


@pytest.mark.django_db(transaction=True)
def test_a_payment_taken_back_while_it_settles_leaves_nothing_settled(books, fine):
    more = [books.fine("1.00", f"2026-11-04 10:00:{n:02}") for n in range(20)]
    books.issue(books.draw())
    payment = books.pay("220.00")

    at_once(
        lambda: books.follow("2026-12-10 12:00:00"),
        lambda: take_back_payment(books, payment, "2026-12-10 12:00:00"),
        lambda: books.follow("2026-12-10 12:00:01"),
    )

    assert {state(one) for one in (fine, *more)} == {"payable"}
    assert Statement.objects.get().paid_at is None
    assert violations() == []


def test_the_moment_it_was_paid_is_not_moved(books, fine, issued):
    books.pay("200.00")
    books.follow("2026-12-10 12:00:00")

    for change in ({"paid_at": at("2026-12-09 12:00:00")}, {"paid_at": None}, {"settled_at": at("2026-12-11 12:00:00")}):  # fmt: skip
        with pytest.raises(Exception, match=r"Cannot|violates"), transaction.atomic():
            Statement.objects.filter(pk=issued.pk).update(**change)


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
    assert state(other) == "payable"
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


def test_a_storm_takes_back_what_is_settled_too_and_it_comes_on_the_next_statement(books, fine):
    """Whoever paid in time is not worse off than whoever did not (decision 0070)."""
    unpaid = books.fine("30.00", "2026-12-01 10:00:00")
    books.issue(books.draw())
    books.pay("200.00")
    books.follow("2026-12-10 12:00:00")
    assert (state(fine), state(unpaid)) == ("settled", "payable")

    with transaction.atomic():
        waived = [
            penalties.waive_in_batch(
                penalty=penalty,
                ground=Waiver.Ground.FORCE_MAJEURE,
                reason="暴雨停电",
                batch="force_majeure:1",
                proposer=books.centre.chen.user,
                proposed_at=at("2026-12-15 10:00:00"),
                actor=books.centre.he.user,
                now=at("2026-12-15 10:00:00"),
            )
            for penalty in (fine, unpaid)
        ]

    assert waived == [True, True] and (state(fine), state(unpaid)) == ("reversed",) * 2
    december = books.draw(DECEMBER)
    assert str(december.closing) == "-200.00"
    assert [line.penalty for line in december.lines.filter(kind="reversal")] == [fine, unpaid]
    assert violations() == []


def test_a_fine_that_an_outlet_paid_and_that_is_taken_back_is_no_matter_of_wages(books, fine):
    books.issue(books.draw())
    books.pay("200.00")
    books.follow("2026-12-10 12:00:00")
    books.take_back(fine, "2026-12-15 10:00:00")

    assert take_late(month=DECEMBER, now=at("2026-12-31 10:00:00")) == 0
