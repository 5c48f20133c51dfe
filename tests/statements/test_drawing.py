"""A month becomes a statement: once, to the fen, by the months of Shanghai."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from kefu.errors import Conflict
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.ledger.models import Posting
from kefu.network.models import Party
from kefu.statements import services
from kefu.statements.models import Drawing, Line, Statement
from tests.centre import at
from tests.statements.conftest import DECEMBER, JANUARY, NOVEMBER, violations

pytestmark = pytest.mark.django_db


def figures(statement):
    row = Statement.objects.get(pk=statement.pk)
    return [
        str(value)
        for value in (row.opening, row.penalties, row.recoveries, row.reversals, row.payments, row.closing)
    ]  # fmt: skip


def test_opening_lines_and_closing_agree_to_the_fen(books):
    books.fine("200.01", "2026-11-03 10:00:00")
    wrong = books.fine("99.99", "2026-11-04 10:00:00")
    books.take_back(wrong, "2026-11-05 10:00:00")
    books.pay("50.33", "2026-11-20 10:00:00")
    november = books.draw()

    books.fine("0.07", "2026-12-24 10:00:00")
    december = books.draw(DECEMBER)

    assert figures(november) == ["0.00", "300.00", "0.00", "-99.99", "-50.33", "149.68"]
    assert figures(december) == ["149.68", "0.07", "0.00", "0.00", "0.00", "149.75"]
    assert [str(line.amount) for line in november.lines.all()] == [
        "200.01", "99.99", "-99.99", "-50.33"
    ]  # fmt: skip
    assert violations() == []


@pytest.mark.parametrize(
    ("when", "month"),
    [
        ("2026-11-30 23:59:59.999999", NOVEMBER),
        ("2026-12-01 00:00:00", DECEMBER),  # in London it is still November
    ],
)
def test_months_end_at_midnight_in_shanghai(books, when, month):
    books.fine("200.00", when)

    drawn = {
        row.month: row.size
        for row in (books.draw(NOVEMBER), books.draw(DECEMBER))
        if row is not None and row.size
    }

    assert drawn == {month: 1}


def test_drawn_up_twice_it_is_one_statement(books):
    books.fine("200.00", "2026-11-03 10:00:00")

    first = books.draw()
    # Booked with a moment of the month that is drawn up already: on the next.
    books.fine("7.00", "2026-11-30 12:00:00")
    again = books.draw()
    december = books.draw(DECEMBER)

    assert again == first
    assert figures(first)[-1] == "200.00"
    assert figures(december) == ["200.00", "7.00", "0.00", "0.00", "0.00", "207.00"]
    (late,) = december.lines.all()
    assert (late.of_month, late.late) == (NOVEMBER, True)


def test_a_reversal_comes_on_the_next_statement_and_names_its_month(books):
    fine = books.fine("200.00", "2026-11-03 10:00:00")
    november = books.issue(books.draw())
    services.confirm(statement=november, now=at("2026-12-02 10:00:00"))
    books.follow("2026-12-09 00:00:00")

    books.take_back(fine, "2026-12-15 10:00:00")
    december = books.draw(DECEMBER)

    assert Statement.objects.get(pk=november.pk).state == "locked"
    assert figures(november)[-1] == "200.00"
    assert figures(december) == ["200.00", "0.00", "0.00", "-200.00", "0.00", "0.00"]
    (line,) = december.lines.all()
    assert (line.kind, line.of_month, line.penalty) == ("reversal", NOVEMBER, fine)
    assert line.told["zh"]["summary"].startswith("冲销：CD-05.10")
    assert line.told["en"]["summary"].startswith("Reversed: CD-05.10")


def test_each_line_tells_why_in_both_languages(books):
    books.fine("200.00", "2026-11-03 10:00:00")

    (line,) = books.draw().lines.all()

    assert line.clause == "CD-05.10"
    assert line.waybill_number == books.centre.waybill.number
    assert "200.00 元" in str(line.told["zh"]["details"])
    assert "200.00" in str(line.told["en"]["details"]) and "元" not in str(line.told["en"])


def test_a_contract_area_stands_on_the_statement_of_its_outlet(books):
    area = Party.objects.create(
        kind="contractor", code="CD03-1", name="成都三部一区", parent=books.centre.chengdu
    )
    books.fine("30.00", "2026-11-03 10:00:00", area)
    books.fine("500.00", "2026-11-03 10:00:00", books.centre.xian)

    (line,) = books.draw().lines.all()

    assert (line.party, str(line.amount)) == (area, "30.00")


def test_nothing_to_tell_is_no_statement(books):
    assert books.draw() is None
    with pytest.raises(Conflict) as refused:
        services.draw_up(party=books.centre.chengdu, month=NOVEMBER, now=at("2026-11-30 23:59:59"))
    assert refused.value.code == "month_runs"


def test_the_database_refuses_what_does_not_add_up(books):
    books.fine("200.00", "2026-11-03 10:00:00")
    statement = books.draw()
    line = statement.lines.get()

    def refuses(change):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()

    def statement_of(month, opening, closing, **more):
        zero = dict.fromkeys(("penalties", "recoveries", "reversals", "payments"), 0)
        facts = {"month": month, "opening": opening, "closing": closing, "size": 0}
        facts |= {"party": books.centre.chengdu, "drawn_at": at("2027-01-01 01:00:00")}
        Statement.objects.create(**{**zero, **facts, **more})
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    refuses(lambda: statement_of(DECEMBER, 0, 0))  # opens with other than 200
    refuses(lambda: statement_of(DECEMBER, 200, 201))  # 1 of nothing
    refuses(lambda: statement_of(DECEMBER, 200, 201, penalties=1))  # of no line
    refuses(lambda: statement_of(date_before(), 0, 0))  # before one that is there
    line.pk, line.number = None, 2
    refuses(line.save)  # a posting twice
    for change in (
        lambda: Line.objects.update(amount=1),
        lambda: statement.lines.all().delete(),
        lambda: Statement.objects.update(closing=1),
        lambda: Statement.objects.all().delete(),
    ):
        with pytest.raises(Exception, match=r"Cannot|denied"), transaction.atomic():
            change()
    assert figures(statement)[-1] == "200.00"


def date_before():
    return NOVEMBER.replace(month=10)


def test_lines_cannot_be_added_afterwards_not_even_a_pair_that_makes_nothing(books):
    books.fine("200.00", "2026-11-03 10:00:00")
    november = books.draw()
    books.take_back(books.fine("5.00", "2026-11-30 12:00:00"), "2026-11-30 13:00:00")
    pair = Posting.objects.filter(account__party=books.centre.chengdu, statement_line=None)
    assert [str(posting.amount) for posting in pair.order_by("pk")] == ["5.00", "-5.00"]

    with pytest.raises(IntegrityError, match="do not make it"), transaction.atomic():
        Line.objects.bulk_create(
            Line(
                statement=november,
                number=number,
                posting=posting,
                party=books.centre.chengdu,
                kind=posting.entry.kind,
                at=posting.entry.at,
                of_month=NOVEMBER,
                amount=posting.amount,
                told={},
            )
            for number, posting in enumerate(pair.order_by("pk"), 2)
        )


def test_the_job_draws_up_one_month_after_the_other(books, settings):
    books.fine("200.00", "2026-11-03 10:00:00")
    books.fine("40.00", "2026-12-03 10:00:00", books.centre.xian)

    def run(when):
        settings.KEFU_NOW = at(when)
        job = services.begin(now=settings.KEFU_NOW)
        twice = services.begin(now=settings.KEFU_NOW)
        jobs.run_until_next_tick()
        return job, twice

    assert run("2026-12-01 00:59:59") == (
        None,
        None,
    )  # what was booked at midnight may not be there
    first, twice = run("2027-01-01 01:00:00")  # a month late
    second, _twice = run("2027-01-01 01:10:00")
    none, _twice = run("2027-01-01 01:20:00")

    assert (twice, none) == (None, None)
    assert {first.params["month"], second.params["month"]} == {"2026-11-01", "2026-12-01"}
    assert not Job.objects.exclude(state="done").exists()
    assert list(
        Statement.objects.order_by("month", "party__code").values_list("month", "closing")
    ) == [(NOVEMBER, Decimal(200)), (DECEMBER, Decimal(200)), (DECEMBER, Decimal(40))]
    assert Drawing.objects.count() == 2
    assert not Statement.objects.filter(month=JANUARY).exists()


def test_hundreds_of_lines_take_no_more_questions_than_ten(books, django_assert_max_num_queries):
    for n in range(10):
        books.fine("1.00", f"2026-11-03 10:00:{n:02}")
    with django_assert_max_num_queries(30):
        assert books.draw().size == 10
    for n in range(200):
        books.fine("1.00", f"2026-12-03 10:{n // 60:02}:{n % 60:02}")

    with django_assert_max_num_queries(30):
        statement = books.draw(DECEMBER)

    assert (statement.size, figures(statement)[-1]) == (200, "210.00")
