"""Tables are brought with refused rows given back; what they say takes over from a day on."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from kefu.errors import NotAllowed
from kefu.jobs import services as jobs
from kefu.jobs.models import Refusal
from kefu.knowledge.imports import coverage, prices
from kefu.knowledge.models import Coverage, Edition, Place, Rate
from tests.centre import at, build

pytestmark = pytest.mark.django_db
ONE = "四川,成都,,1,10.00,0.5,2.50,8000,,,,2"


def rates():
    return [
        (row.first_price, str(row.valid_from), row.valid_to and str(row.valid_to))
        for row in Rate.objects.order_by("valid_from", "pk")
    ]


def test_refused_rows_come_back_with_their_reason_and_the_others_are_filed(centre, bring):
    job = bring(
        prices.TABLE,
        "四川,成都,,1,10.00,0.5,2.50,,,,,2\n"
        ",成都,,1,10.00,1,2.50,,,,,\n"
        "东川省,成都,,1,10.00,1,2.50,,,,,\n"
        "四川,,武侯区,1,10.00,1,2.50,,,,,\n"
        "陕西,,,1,十元,1,2.50,,,,,\n"
        "陕西,,,1,10.005,1,2.50,,,,,\n"
        "陕西,,,1,,1,2.50,,,,,\n"
        "陕西,,,0,10.00,1,2.50,,,,,\n"
        "陕西,,,1,NaN,1,2.50,,,,,\n"
        "成都1,,,1,10.00,1,2.50,,,,,\n"
        "四川省,成都市,,1,10.00,0.5,2.50,,,,,2\n"  # the same by its full name
        "四川省,成都市,,1,99.00,0.5,2.50,,,,,2",
    )

    assert job.state == "done"
    assert job.counts == {"accepted": 1, "duplicates": 1, "refused": 10, "open_already": 0}
    assert list(Refusal.objects.order_by("row").values_list("row", "field", "code")) == [
        (3, "province", "province_required"),
        (4, "province", "province_unknown"),
        (5, "city", "place_gap"),
        (6, "first_price", "number_unreadable"),
        (7, "first_price", "too_many_places"),
        (8, "first_price", "price_required"),
        (9, "first_kg", "out_of_range"),
        (10, "first_price", "number_unreadable"),
        (11, "province", "name_unreadable"),
        (13, "province", "row_differs"),
    ]
    name, back = prices.TABLE.refused_file(job=job, actor=centre.chen.user, now=at("09:00:00"))
    assert name.endswith(".csv")
    assert "没有这个省份" in back.decode()
    assert Rate.objects.get().first_price == Decimal("10.00")


def test_outlets_are_named_by_code_or_by_a_name_that_one_has(centre, bring):
    job = bring(
        coverage.TABLE,
        "四川,成都,武侯区,,,cd03,是,,,,\n"
        "四川,成都,锦江区,,,成都武侯三部,是,1,2.5,15:30,\n"
        "四川,成都,青羊区,,,没有这家,是,,,,\n"
        "四川,成都,金牛区,,,,是,,,,\n"
        "四川,成都,高新区,,,,否,,,,超区\n"
        "四川,成都,成华区,,,CD03,也许,,,,\n"
        "四川,成都,新都区,,,CD03,是,,,25:00,",
    )

    assert job.counts["accepted"] == 3
    assert list(Refusal.objects.order_by("row").values_list("field", "code")) == [
        ("outlet", "outlet_unknown"),
        ("outlet", "outlet_required"),
        ("delivered", "state_unknown"),
        ("cut_off", "clock_unreadable"),
    ]
    assert not Place.objects.filter(name="青羊区").exists()  # a refused row adds no place


def test_a_new_table_takes_over_from_its_day_and_yesterday_stays(bring):
    bring(prices.TABLE, ONE)
    bring(prices.TABLE, ONE.replace("10.00", "12.00"), on="2026-12-01")
    again = bring(prices.TABLE, ONE.replace("10.00", "12.00"), on="2026-12-01")

    assert again.counts["accepted"] == 0
    assert again.counts["duplicates"] == 1
    assert rates() == [
        (Decimal("10.00"), "2026-11-20", "2026-12-01"),
        (Decimal("12.00"), "2026-12-01", None),
    ]

    # One for the days between ends where the next begins; one of the same day replaces it before it ever held.
    bring(prices.TABLE, ONE.replace("10.00", "11.00"), on="2026-11-25")
    bring(prices.TABLE, ONE.replace("10.00", "11.50"), on="2026-11-25")
    assert rates() == [
        (Decimal("10.00"), "2026-11-20", "2026-11-25"),
        (Decimal("11.00"), "2026-11-25", "2026-11-25"),
        (Decimal("11.50"), "2026-11-25", "2026-12-01"),
        (Decimal("12.00"), "2026-12-01", None),
    ]
    # A table that changed nothing is still told of.
    assert list(Edition.objects.order_by("number").values_list("number", flat=True)) == [
        1,
        2,
        3,
        4,
        5,
    ]


def test_a_table_cannot_hold_since_yesterday(bring):
    bring(prices.TABLE, ONE)

    job = bring(prices.TABLE, ONE.replace("10.00", "12.00"), on="2026-11-19")

    assert job.counts.get("accepted", 0) == 0
    assert rates() == [(Decimal("10.00"), "2026-11-20", None)]


def test_overlapping_spans_are_refused_by_the_database(bring):
    bring(prices.TABLE, ONE)
    row = Rate.objects.get()
    row.pk, row.valid_from = None, date(2027, 1, 1)

    with pytest.raises(IntegrityError, match="rate_once_at_a_time"), transaction.atomic():
        row.save(force_insert=True)

    bring(coverage.TABLE, "四川,成都,武侯区,,科华北路,CD03,是,,,,")
    street = Coverage.objects.get()
    street.pk = None
    with pytest.raises(IntegrityError, match="coverage_once_at_a_time"), transaction.atomic():
        street.save(force_insert=True)
    street.keyword = "人民南路"
    street.save(force_insert=True)


def test_what_held_is_not_rewritten_nor_deleted(bring):
    bring(prices.TABLE, ONE)
    row = Rate.objects.get()

    with pytest.raises(DatabaseError), transaction.atomic():
        Rate.objects.update(first_price=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        Rate.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Edition.objects.update(effective_on=date(2026, 1, 1))

    row.refresh_from_db()
    assert row.first_price == Decimal("10.00")


def test_agents_bring_no_tables(centre):
    with pytest.raises(NotAllowed):
        prices.TABLE.start(
            file_name="a.csv",
            content="省,首重价,续重价\n四川,1,1\n".encode(),
            department=centre.query_desk,
            owner=None,
            options={"effective_on": "2026-11-20"},
            actor=centre.lin.user,
            now=at("09:00:00"),
        )


@pytest.mark.django_db(transaction=True)
def test_two_tables_at_once_queue_up_and_one_ends_the_other(settings, transactional_db):
    settings.KEFU_NOW = at("09:00:00")
    centre = build(now=at("09:00:00"))
    for price in ("10.00", "11.00", "12.00"):
        prices.TABLE.start(
            file_name=f"{price}.csv",
            content=f"省,市,首重价,续重价\n四川,成都,{price},1\n".encode(),
            department=centre.query_desk,
            owner=None,
            options={"effective_on": "2026-11-20"},
            actor=centre.chen.user,
            now=at("09:00:00"),
        )
    failed = []

    def work():
        try:
            jobs.run_until_next_tick()
        except Exception as error:  # told below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert Refusal.objects.count() == 0
    assert Place.objects.filter(name="成都市").count() == 1
    assert Rate.objects.count() == 3
    assert Rate.objects.on(date(2026, 11, 20)).count() == 1
    assert sorted(Edition.objects.values_list("number", flat=True)) == [1, 2, 3]
