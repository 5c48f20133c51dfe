"""What cannot be explained keeps its own outlet waiting, with the reason, and nobody else."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.urls import reverse

from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.ledger import services as ledger
from kefu.ledger.models import Account, Entry
from kefu.statements import services, telling
from kefu.statements.models import Drawing, Statement
from tests.admin.conftest import account, as_user
from tests.centre import at
from tests.statements.conftest import DECEMBER, NOVEMBER, violations

__all__ = ["as_user"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def odd(books, monkeypatch):
    """An entry of Chengdu's November of a kind that an app explains wrongly; ``odd()`` mends the app."""

    def explain_as(teller):
        monkeypatch.setitem(telling._tellers, "odd", teller)

    book(books, "odd:7")
    explain_as(lambda numbers: dict.fromkeys(numbers, 1 // 0))

    def mend():
        words = telling.in_both(lambda: ("说清楚了", []))
        explain_as(lambda numbers: dict.fromkeys(numbers, telling.Told(words)))

    return mend


def book(books, source):
    with transaction.atomic():
        ledger.post(
            kind=Entry.Kind.RECOVERY,
            source=source,
            lines={
                (books.centre.chengdu.pk, Account.Book.RECOVERY): Decimal(10),
                (books.centre.company.pk, Account.Book.BANK): Decimal(-10),
            },
            memo="",
            actor=None,
            at=at("2026-11-05 10:00:00"),
        )


@pytest.fixture
def run(books, settings):
    def move(when):
        settings.KEFU_NOW = at(when)
        job = services.begin(now=settings.KEFU_NOW)
        jobs.run_until_next_tick()
        return job and Job.objects.get(pk=job.pk)

    books.fine("200.00", "2026-11-03 10:00:00")
    books.fine("40.00", "2026-11-03 10:00:00", books.centre.xian)
    return move


def drawn():
    return list(
        Statement.objects.order_by("month", "party__code").values_list(
            "party__code", "month", "closing"
        )
    )


def test_an_outlet_that_cannot_be_drawn_up_is_listed_and_those_after_it_go_on(odd, run):
    job = run("2026-12-01 01:00:00")

    assert drawn() == [("XA02", NOVEMBER, Decimal(40))]
    assert (job.state, job.done, job.counts) == ("done", 2, {"refused": 1, "drawn": 1})
    (refusal,) = job.refusals.all()
    assert refusal.shown == "CD03 成都武侯三部"
    assert jobs.reason(refusal) == "写不出说明：odd:7（ZeroDivisionError）"


def test_what_is_missing_is_drawn_up_later_each_month_as_its_own(odd, run, books):
    run("2026-12-01 01:00:00")
    books.fine("5.00", "2026-12-03 10:00:00")

    assert run("2026-12-01 01:59:59") is None  # it is left alone for an hour
    again = run("2026-12-01 02:00:00")
    assert (again.total, again.counts) == (1, {"refused": 1})  # and only what is missing
    december = run("2027-01-01 01:00:00")  # the others do not wait for it
    assert drawn() == [("XA02", NOVEMBER, Decimal(40)), ("XA02", DECEMBER, Decimal(40))]
    assert jobs.reason(december.refusals.get()) == "2026-11 的对账单还没有编制成，先等它"

    odd()
    first, second = run("2027-01-01 02:00:00"), run("2027-01-01 02:10:00")

    assert [job.params for job in (first, second)] == [
        {"month": month, "only": [books.centre.chengdu.pk]}
        for month in ("2026-11-01", "2026-12-01")
    ]
    assert drawn() == [
        ("CD03", NOVEMBER, Decimal(210)),
        ("XA02", NOVEMBER, Decimal(40)),
        ("CD03", DECEMBER, Decimal(215)),
        ("XA02", DECEMBER, Decimal(40)),
    ]
    assert run("2027-01-01 05:00:00") is None
    assert Drawing.objects.count() == 2 and violations() == []


def test_a_try_that_somebody_stopped_is_taken_up_again(odd, run, books):
    run("2026-12-01 01:00:00")
    again = services.begin(now=at("2026-12-01 02:00:00"))
    jobs.stop(job=again, actor=books.centre.chen.user, now=at("2026-12-01 02:00:01"))
    odd()

    job = run("2026-12-01 02:10:00")

    assert (job.params["only"], job.counts) == ([books.centre.chengdu.pk], {"drawn": 1})


def test_every_app_is_asked_though_one_has_failed_and_each_fault_is_named(odd, books, monkeypatch):
    def refused_by_the_database(numbers):
        if 3 in numbers:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return {}

    monkeypatch.setitem(telling._tellers, "odder", refused_by_the_database)
    for source in ("odder:2", "odder:3"):
        book(books, source)
    books.fine("200.00", "2026-11-03 10:00:00")

    with pytest.raises(telling.NotTold) as failed:
        books.draw()

    assert set(failed.value.details["sources"].split(", ")) == {"odd:7", "odder:3"}
    assert not Statement.objects.exists()


def test_the_page_of_the_job_gives_the_reason_in_the_readers_language(odd, run, as_user):
    job = run("2026-12-01 01:00:00")
    chief = as_user(account("supervisor"))
    place = reverse("admin:jobs_job_change", args=[job.pk])

    chinese = chief.get(place).content.decode()
    chief.cookies["django_language"] = "en"
    english = chief.get(place).content.decode()

    assert "写不出说明：odd:7" in chinese and "CD03 成都武侯三部" in chinese
    assert "not be explained: odd:7" in english
