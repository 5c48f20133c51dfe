"""An address becomes an outlet and a price, along the indexes, whatever is left out of it."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from kefu.knowledge.imports import coverage, prices
from kefu.knowledge.models import Coverage, Place, PlaceName
from kefu.knowledge.selectors.lookup import full_name, look_up
from kefu.knowledge.selectors.recognise import recognise
from kefu.knowledge.services.places import PROVINCES, add_places, short
from kefu.policy.freight import FreightRate, freight
from kefu.policy.refusals import BadFacts

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


def where(text):
    return full_name(recognise(text).chain)


def choices(text):
    return [full_name((one.parent, one)) for one in recognise(text).choices]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("四川省成都市武侯区科华北路65号", "四川省成都市武侯区"),
        ("四川成都武侯科华北路65号", "四川省成都市武侯区"),
        ("成都市武侯区 ****", "四川省成都市武侯区"),
        ("陈先生，四川 成都 武侯区，13800004545", "四川省成都市武侯区"),
        ("江苏南京鼓楼区中山北路1号", "江苏省南京市鼓楼区"),
        ("徐州鼓楼区煤建路", "江苏省徐州市鼓楼区"),
        ("北京市朝阳区建国路", "北京市朝阳区"),
        ("北京朝阳建国路", "北京市朝阳区"),
        ("陕西西安雁塔区小寨路街道兴善寺西街", "陕西省西安市雁塔区小寨路街道"),
        ("四川", "四川省"),
        ("扬州南京路12号", "江苏省扬州市"),  # a street is no city
        ("cd wh", "四川省成都市武侯区"),
        ("chengdu wuhou", "四川省成都市武侯区"),
    ],
)
def test_an_address_is_recognised_with_what_people_leave_out(tables, text, meant):
    assert where(text) == meant


@pytest.mark.parametrize("name", PROVINCES)
def test_each_province_is_known_without_its_ending(db, name):
    brief = short(name, 1)

    assert 2 <= len(brief) <= 3
    assert where(brief) == where(name) == name


def test_a_district_of_several_cities_is_asked_back(tables):
    assert recognise("鼓楼区中山北路").chain == ()
    assert sorted(choices("鼓楼区中山北路")) == ["南京市鼓楼区", "徐州市鼓楼区", "福州市鼓楼区"]


def test_a_district_that_its_city_does_not_have_is_named(tables):
    found = recognise("扬州鼓楼区")

    assert found.chain == ()
    assert found.missing == "鼓楼区"
    assert "江苏省扬州市" in choices("扬州鼓楼区")


def test_what_is_misspelt_is_named_and_the_nearest_are_offered(tables):
    assert choices("杨洲市")[0] == "江苏省扬州市"  # sounds alike
    assert recognise("杨洲市").missing == "杨洲市"

    found = recognise("四川成都五侯区科华北路")
    assert full_name(found.chain) == "四川省成都市"
    assert found.missing == "五侯区"
    assert found.choices[0].name == "武侯区"


@pytest.mark.parametrize("text", ["", "   ", "*", "12345", "火星", "\x00", "a" * 300, "区" * 300])
def test_anything_may_be_typed(tables, text):
    found = look_up(text=text, on=TODAY, kg=Decimal(1))

    assert found.served == []
    assert found.told is None


def test_a_street_goes_before_its_district_and_a_town_before_both(tables):
    def served(text):
        return [
            (one.coverage.outlet and one.coverage.outlet.code, one.coverage.delivered, one.days)
            for one in look_up(text=text, on=TODAY).served
        ]

    assert served("成都武侯区科华北路65号") == [("XA02", True, 3)]
    assert served("成都科华北路65号") == [("XA02", True, 3)]  # the district is not said
    assert served("科华北路65号") == [("XA02", True, 3)]
    assert served("成都武侯区人民南路1号") == [("CD03", True, 2)]
    assert served("西安雁塔区长安路") == [("XA02", True, None)]
    assert served("西安雁塔区小寨路街道") == [(None, False, None)]
    assert served("四川成都") == []


def test_a_place_is_chosen_where_several_were_meant(tables):
    suzhou = Place.objects.get(name="鼓楼区", parent__name="徐州市")

    found = look_up(text="鼓楼区煤建路", place=suzhou, on=TODAY)

    assert found.where == "江苏省徐州市鼓楼区"
    assert len(found.served) == 1


def test_the_price_is_explained_line_by_line(tables):
    size = (Decimal(40), Decimal(30), Decimal(20))

    found = look_up(text="四川绵阳", on=TODAY, kg=Decimal("2.3"), size_cm=size)

    assert found.price.total == Decimal("29.34")  # 12 + 2 × 8 = 28; 3 % of it 0.84; 0.50
    assert [line.value for line in found.told.arithmetic] == [
        "3 公斤", "3 公斤", "12.00", "16.00", "0.84", "0.50",
    ]  # fmt: skip
    assert found.told.total.value == "29.34 元"
    assert "运价表第 1 版" in found.told.footer.rulebook
    # The city's own price goes before its province's, and the street's addition is in it.
    inside = look_up(text="成都武侯区科华北路", on=TODAY, kg=Decimal("1.2"))
    assert inside.price.total == Decimal("15.50")  # 10 + 1 × 2.50 + 3.00


RATE = FreightRate(Decimal(1), Decimal("8.00"), Decimal("0.5"), Decimal("1.55"), divisor=6000)


@pytest.mark.parametrize(
    ("kg", "steps", "total"),
    [
        ("0.01", 0, "8.00"),
        ("1", 0, "8.00"),  # exactly the first weight
        ("1.01", 1, "9.55"),
        ("1.5", 1, "9.55"),  # exactly on a step
        ("1.51", 2, "11.10"),
        ("2", 2, "11.10"),
    ],
)
def test_a_weight_on_a_step_costs_that_step(kg, steps, total):
    found = freight(RATE, kg=Decimal(kg))

    assert (found.steps, found.total) == (steps, Decimal(total))


def test_the_heavier_of_weight_and_volume_counts():
    cube = (Decimal(30), Decimal(20), Decimal(10))  # 6000 cubic centimetres: a kilogram

    assert freight(RATE, kg=Decimal("0.3"), size_cm=cube).charged_kg == Decimal("1.00")
    assert freight(RATE, kg=Decimal(2), size_cm=cube).charged_kg == Decimal(2)


@pytest.mark.parametrize("kg", ["0", "-1", "NaN", "Infinity"])
def test_a_parcel_weighs_something(kg):
    with pytest.raises(BadFacts):
        freight(RATE, kg=Decimal(kg))


def test_a_lookup_reads_along_the_indexes_however_many_places_there_are(tables):
    nanjing = Place.objects.get(name="南京市")
    add_places((nanjing, f"江宁{n}号街区", 3) for n in range(4_000))
    edition = Coverage.objects.first().edition
    Coverage.objects.bulk_create(
        Coverage(
            edition=edition,
            place=place,
            keyword=word,
            delivered=False,
            valid_from=TODAY,
        )
        for place in Place.objects.filter(parent=nanjing, name__startswith="江宁")
        for word in ("", "某某大道")
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE knowledge_placename, knowledge_coverage")
    keys = ["江苏", "南京", "鼓楼区", "中山北路"]

    def plan(rows):
        return rows.explain()

    assert "Seq Scan on knowledge_placename" not in plan(PlaceName.objects.filter(key__in=keys))
    streets = Coverage.objects.on(TODAY).filter(keyword__in=keys).exclude(keyword="")
    assert "Seq Scan on knowledge_coverage" not in plan(streets)
    whole = Coverage.objects.on(TODAY).filter(place__in=[nanjing.pk], keyword="")
    assert "Seq Scan on knowledge_coverage" not in plan(whole)


def test_a_lookup_asks_as_many_questions_however_long_the_address(
    tables, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        look_up(text="四川省成都市武侯区科华北路65号" + "某小区" * 30, on=TODAY, kg=Decimal(1))


def test_tables_are_for_the_day_that_is_asked_for(tables, bring):
    bring(prices.TABLE, "四川,成都,,1,11.00,0.5,2.50,,,,,2", on="2026-12-01")
    bring(coverage.TABLE, "四川,成都,武侯区,,科华北路,,撤销,,,,", on="2026-12-01")

    def price(day):
        return look_up(text="成都武侯区科华北路", on=day, kg=Decimal(1)).price.total

    assert price(date(2026, 11, 30)) == Decimal("13.00")
    assert price(date(2026, 12, 1)) == Decimal("11.00")
