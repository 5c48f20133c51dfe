"""A parcel over the counter: what is recorded, what a refusal says and keeps, who may let what pass."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from inquiries import services as inquiries
from inquiries.models import CounterAcceptance
from inquiries.services import OfferedParcel, ParcelRefused
from inquiries.services.acceptance import reasons
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party, Region
from kefu.parcels.models import Scan, Waybill
from kefu.parcels.services import Side
from kefu.privacy import lookup
from tests import centre as tests
from tests.threads import at_once

NUMBER = "880612099999"


@pytest.fixture
def now(settings):
    settings.KEFU_NOW = tests.at("14:00:00")
    return settings.KEFU_NOW


@pytest.fixture
def centre(now, db):
    return tests.build(now=now)


def offered(centre, **changed):
    facts = {
        "number": NUMBER,
        "destination": centre.chengdu,
        "sender": Side("陈晓梅", "13800004545", "扬州市邗江区文昌西路 18 号"),
        "receiver": Side("张国华", "13912345678", "成都市武侯区科华北路 65 号"),
        "goods": "衣物",
        "weight_kg": Decimal("1.80"),
        "settlement": "prepaid",
        "price": Decimal("18.00"),
        "fee_told": True,
        "inspected": True,
    }
    return OfferedParcel(**(facts | changed))


def accept(centre, now, *, by=None, release=False, **changed):
    clerk = by or centre.zhou
    return inquiries.accept_parcel(
        parcel=offered(centre, **changed), clerk=clerk, release=release, actor=clerk.user, now=now
    )


# -- what is recorded -----------------------------------------------------------------------------


@pytest.mark.rule("CD-06.04", "CD-06.05", "CD-06.06", "CD-06.07", "CD-06.08", "CD-07.19")
def test_a_parcel_that_is_taken_has_a_waybill_a_scan_and_the_clerks_word(centre, now):
    waybill = accept(centre, now)

    assert (waybill.number, waybill.freight, waybill.payment) == (
        NUMBER,
        Decimal("18.00"),
        "sender",
    )
    assert (waybill.origin, waybill.destination) == (centre.company, centre.chengdu)
    assert (waybill.sender_name_masked, waybill.receiver_phone_masked) == ("陈*梅", "139******78")
    assert waybill.receiver_address_masked.endswith("***")
    scan = Scan.objects.get(waybill_number=NUMBER)
    assert (scan.kind, scan.at, scan.place) == ("accepted", now, centre.company.name)
    taken = waybill.counter_acceptance
    assert (taken.settlement, taken.mark, taken.clerk) == ("prepaid", "柜台 0831", centre.zhou)
    assert (taken.inspected, taken.fee_told, taken.fragile_approved_by) == (True, True, None)
    assert taken.rulebook.rulebook.code == "CD"
    assert taken.inputs["form"] == "prepaid"


def test_the_people_are_sealed_and_can_be_found(centre, now):
    accept(centre, now)

    waybill = Waybill.objects.get(number=NUMBER)
    assert waybill.sealed["receiver_name"] == "张国华"
    for text in ("13912345678", "张国华", "zhangguohua", "5678"):
        assert Waybill.objects.filter(
            number=NUMBER, lookup__overlap=lookup.tokens_for_query(text)
        ).exists(), text


@pytest.mark.rule("CD-06.06")
@pytest.mark.parametrize(
    ("settlement", "payment"),
    [("prepaid", "sender"), ("collect", "receiver"), ("contract", "monthly")],
)
def test_the_settlement_says_who_pays(centre, now, settlement, payment):
    assert accept(centre, now, settlement=settlement).payment == payment


def test_what_was_vouched_for_stays(centre, now):
    taken = accept(centre, now).counter_acceptance

    for change in (lambda: taken.delete(), lambda: CounterAcceptance.objects.update(mark="")):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change()


# -- refusals -------------------------------------------------------------------------------------


def nothing_is_recorded():
    return not (
        Waybill.objects.filter(number=NUMBER).exists()
        or Scan.objects.filter(waybill_number=NUMBER).exists()
        or CounterAcceptance.objects.exists()
    )


@pytest.mark.rule("CD-06.02", "CD-07.15", "CD-07.19")
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"found": {"prohibited"}}, "违禁品，谁都不能放行（CD-06.02、CD-07.19）"),
        ({"found": {"fragile"}}, "易碎品，要主管放行（CD-06.02）"),
        ({"found": {"rival"}}, "其他快递公司的件，谁都不能放行（CD-07.19）"),
        ({"found": {"battery"}, "by_air": True}, "电池不能走航空（CD-07.15）"),
        ({"inspected": False}, "没有验视，不能收（CD-07.19）"),
        ({"fee_told": False}, "还没有告知客户费用（CD-06.05）"),
        ({"price": None}, "现付件要注明价格（CD-06.07）"),
        ({"settlement": ""}, "没有选结算方式（CD-06.06）"),
    ],
)
def test_a_refusal_names_its_clauses_and_records_nothing(centre, now, changed, told):
    changed = {k: frozenset(v) if k == "found" else v for k, v in changed.items()}

    with pytest.raises(ParcelRefused) as refused:
        accept(centre, now, **changed)

    assert told in [text for _field, text in reasons(refused.value.decision)]
    assert nothing_is_recorded()


@pytest.mark.rule("CD-06.02")
def test_a_supervisor_lets_fragile_goods_pass_and_an_agent_does_not(centre, now):
    fragile = frozenset({"fragile"})
    with pytest.raises(NotAllowed):
        accept(centre, now, found=fragile, release=True)
    with pytest.raises(NotAllowed):
        accept(centre, now, by=centre.wang, found=fragile, release=True)
    with pytest.raises(ParcelRefused):
        accept(centre, now, by=centre.chen, found=fragile)
    assert nothing_is_recorded()

    taken = accept(centre, now, by=centre.chen, found=fragile, release=True).counter_acceptance

    assert (taken.fragile, taken.fragile_approved_by) == (True, centre.chen.user)


def test_a_release_that_was_not_needed_is_not_recorded(centre, now):
    taken = accept(centre, now, by=centre.chen, release=True).counter_acceptance

    assert (taken.fragile, taken.fragile_approved_by) == (False, None)


@pytest.mark.rule("ES-203.15", "ES-203.16")
def test_under_the_express_rulebook_its_own_clauses_count(centre, now):
    centre.work_by("ES")

    with pytest.raises(KefuError) as refused:
        accept(centre, now, sender=Side("陈晓梅", "13800004545", ""))
    assert (refused.value.field, "ES-203.15" in str(refused.value)) == ("sender_address", True)
    with pytest.raises(ParcelRefused, match=r"ES-203\.16"):
        accept(centre, now, inspected=False)
    with pytest.raises(KefuError) as refused:
        accept(centre, now, found=frozenset({"rival"}))  # not on this list
    assert refused.value.code == "not_on_the_list"
    assert nothing_is_recorded()
    assert accept(centre, now, found=frozenset({"fragile"})).counter_acceptance.mark == ""


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"number": "12"}, "number", "waybill_length"),
        (
            {"receiver": Side("张国华", "139", "科华北路 65 号")},
            "receiver_phone",
            "phone_too_short",
        ),
        ({"goods": " "}, "goods", "text_required"),
        ({"weight_kg": Decimal("NaN")}, "weight_kg", "out_of_range"),
        ({"weight_kg": Decimal("-1")}, "weight_kg", "out_of_range"),
        ({"declared_value": Decimal("1000000")}, "declared_value", "out_of_range"),
        ({"price": Decimal("1000000")}, "freight", "out_of_range"),
    ],
)
def test_a_wrong_field_is_named(centre, now, changed, field, code):
    with pytest.raises(KefuError) as refused:
        accept(centre, now, **changed)

    assert (refused.value.field, refused.value.code) == (field, code)
    assert nothing_is_recorded()


def test_a_suspended_clerk_takes_nothing_in(centre, now):
    centre.zhou.status = "suspended"
    centre.zhou.save()

    with pytest.raises(KefuError) as refused:
        accept(centre, now)
    assert refused.value.field == "clerk"


def test_an_outlets_account_takes_nothing_in(centre, now):
    centre.zhou.user.role = "outlet"

    with pytest.raises(NotAllowed):
        accept(centre, now)


def test_a_number_is_taken_in_once(centre, now):
    accept(centre, now)

    with pytest.raises(Conflict) as refused:
        accept(centre, now + timedelta(seconds=1))

    assert (refused.value.code, refused.value.field) == ("waybill_taken", "number")
    assert Scan.objects.filter(waybill_number=NUMBER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_with_the_same_number_one_gets_it(now):
    centre = tests.build(now=now)

    done = at_once(*[lambda: accept(centre, now)] * 2)

    assert sorted(type(one).__name__ for one in done) == ["Conflict", "Waybill"]
    assert CounterAcceptance.objects.count() == 1


# -- the page -------------------------------------------------------------------------------------


def posted(centre, **changed):
    return {
        "number": NUMBER,
        "outlet": "CD03 成都武侯三部",
        "sender_name": "陈晓梅",
        "sender_phone": "13800004545",
        "sender_address": "",
        "receiver_name": "张国华",
        "receiver_phone": "139 1234 5678",
        "receiver_address": "成都市武侯区科华北路 65 号",
        "goods": "衣物",
        "weight_kg": "1.8",
        "settlement": "prepaid",
        "price": "18",
        "fee_told": "on",
        "inspected": "on",
    } | changed


def signed_in(employee):
    client = Client()
    client.force_login(employee.user)
    return client


COUNTER = "/counter/"


@pytest.mark.rule("CD-06.08")
def test_the_counter_takes_a_parcel_and_shows_what_to_write_on_it(centre):
    client = signed_in(centre.zhou)
    assert client.get(COUNTER).status_code == 200

    answer = client.post(COUNTER, posted(centre), follow=True)

    assert answer.redirect_chain == [(reverse("inquiries:counter_slip", args=[NUMBER]), 302)]
    html = answer.content.decode()
    assert "柜台 0831" in html and "139******78" in html
    assert "13912345678" not in html


@pytest.mark.rule("CD-06.02", "CD-07.19")
def test_a_refused_parcel_is_told_why_and_everything_written_stays(centre):
    client = signed_in(centre.zhou)

    answer = client.post(COUNTER, posted(centre, found=["fragile", "rival"], inspected=""))

    html = answer.content.decode()
    assert answer.status_code == 422
    for told in (
        "易碎品，要主管放行（CD-06.02）",
        "没有验视，不能收（CD-07.19）",
        "为什么",
        "拒收",
    ):
        assert told in html
    for kept in (NUMBER, "陈晓梅", "139 1234 5678", "科华北路 65 号", "衣物", "1.8"):
        assert kept in html
    assert html.count("checked") == 4  # what was found, twice; the settlement; the fee
    assert nothing_is_recorded()


def test_a_field_left_out_is_named(centre):
    client = signed_in(centre.zhou)

    for field in (
        "number",
        "outlet",
        "receiver_name",
        "receiver_phone",
        "receiver_address",
        "goods",
        "weight_kg",
    ):
        answer = client.post(COUNTER, posted(centre, **{field: ""}))
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
    assert nothing_is_recorded()


@pytest.mark.parametrize("weight", ["0", "-1", "1e9", "NaN", "Infinity", "一公斤", "1.234"])
def test_no_weight_is_too_strange_to_be_refused_politely(centre, weight):
    answer = signed_in(centre.zhou).post(COUNTER, posted(centre, weight_kg=weight))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["weight_kg"]


def test_only_a_supervisor_sees_the_release_and_may_act_for_a_clerk(centre):
    fragile = posted(centre, found=["fragile"], release="on", clerk=str(centre.zhou.pk))

    refused = signed_in(centre.zhou).post(COUNTER, fragile)
    assert refused.status_code == 422 and "release" not in refused.context["form"].fields

    taken = signed_in(centre.chen).post(COUNTER, fragile, follow=True)
    assert "柜台 0831" in taken.content.decode()
    row = CounterAcceptance.objects.get()
    assert (row.clerk, row.fragile_approved_by) == (centre.zhou, centre.chen.user)


def test_a_number_taken_in_before_is_told_at_the_number(centre, now):
    accept(centre, now)

    answer = signed_in(centre.zhou).post(COUNTER, posted(centre))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["number"]


def test_an_outlets_account_has_no_counter(centre):
    centre.zhou.user.role = "outlet"
    centre.zhou.user.save()
    client = signed_in(centre.zhou)

    assert client.get(COUNTER).status_code == 403
    assert client.post(COUNTER, posted(centre)).status_code == 403
    assert client.get(f"{COUNTER}{NUMBER}/").status_code == 403


def test_a_slip_that_is_not_there_is_not_found(centre):
    client = signed_in(centre.zhou)

    assert client.get(f"{COUNTER}{centre.waybill.number}/").status_code == 404


def test_a_stranger_signs_in_first(centre):
    assert Client().get(COUNTER).status_code == 302


@pytest.mark.rule("CD-03.24", "CD-06.03")
def test_a_place_leads_to_its_outlets_and_one_that_nobody_serves_is_refused(centre, now):
    sichuan = Region.objects.create(name="四川省")
    city = Region.objects.create(name="成都市", parent=sichuan)
    Party.objects.filter(pk=centre.chengdu.pk).update(region=city, address="科华北路 9 号")
    client = signed_in(centre.zhou)
    search, choose = reverse("workbench:search"), reverse("inquiries:new_parties")

    for place in ("四川", "成都市", "科华北路", "chengdu"):
        shown = client.get(search, {"q": place}).content.decode()
        assert "派送范围" in shown and "成都武侯三部" in shown and "西安雁塔二部" not in shown, (
            place
        )
        offered = client.get(choose, {"kind": "outlet", "outlet": place}).content.decode()
        assert "CD03 成都武侯三部" in offered and "XA02" not in offered, place
    nowhere = client.get(search, {"q": "漠河"}).content.decode()
    assert "没有网点在那里派送" in nowhere
    assert "派送范围" not in nowhere.split("<main")[1].split("</main>")[0]

    Party.objects.filter(pk=centre.chengdu.pk).update(active=False)
    assert "成都武侯三部" not in client.get(search, {"q": "四川"}).content.decode()
    with pytest.raises(KefuError) as refused:
        accept(centre, now)
    assert (refused.value.code, refused.value.field) == ("not_served", "destination")
    assert nothing_is_recorded()


def test_without_a_rulebook_the_counter_says_so(now, db):
    centre = tests.build(now=now, rules_since=date(2999, 1, 1))

    answer = signed_in(centre.zhou).get(COUNTER)

    assert answer.status_code == 422
    assert "还没有适用的规则手册" in answer.content.decode()


def test_the_form_speaks_english(centre):
    html = signed_in(centre.zhou).get(COUNTER, headers={"accept-language": "en"}).content.decode()

    assert "Fragile goods" in html


def test_a_closed_outlet_is_no_destination(centre):
    Party.objects.filter(pk=centre.chengdu.pk).update(active=False)

    answer = signed_in(centre.zhou).post(COUNTER, posted(centre))

    assert list(answer.context["form"].errors) == ["outlet"]
    assert nothing_is_recorded()
