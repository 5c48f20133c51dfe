"""What goes back and what goes on with another carrier: weighed, priced, paid for, handed to finance."""

import io
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party, Region
from kefu.parcels.models import Waybill
from kefu.policy.recurring import slips_period
from kefu.policy.rulebook import Rulebook, load
from kefu.replay import services as replay
from kefu.replay.decisions import differences
from kefu.staff.models import User
from problem_parcels.models import Forwarding, ForwardingStep, ReturnCharge, SlipBatch
from problem_parcels.selectors.carriage import monthly_bill, progress, register, register_table
from problem_parcels.services import forwardings
from problem_parcels.services.house import set_house_words
from problem_parcels.services.returns import charge_return
from tests.centre import at

NOW = at("2026-11-20 18:00")
NUMBER = "770612045501"


def kg(text):
    return Decimal(text)


# Returns.


@pytest.fixture
def regions(db):
    """Provinces with their codes, and whether our own line goes there; a city has what its province has."""
    made = {
        name: Region.objects.create(name=name, code=code, shuttle=shuttle)
        for name, code, shuttle in (
            ("江苏", "32", True),
            ("广东", "44", True),
            ("四川", "51", False),
            ("西藏", "54", False),
        )
    }
    made["广州"] = Region.objects.create(name="广州", parent=made["广东"])
    made["深圳"] = Region.objects.create(name="深圳", parent=made["广东"], shuttle=False)
    made["某地"] = Region.objects.create(name="某地")
    return made


def charge(desk, case, region, weight, *, by_air=True):
    return charge_return(
        case=case,
        by_air=by_air,
        weight_kg=kg(weight),
        destination=region,
        employee=desk.lin,
        now=NOW,
    )


@pytest.mark.rule("CD-04.16", "CD-04.17", "CD-04.18", "CD-04.19", "CD-04.20")
def test_the_freight_of_a_return_goes_by_place_shuttle_and_weight(desk, regions):
    case = desk.register("nobody_home")
    fees = {
        (place, weight): charge(desk, case, regions[place], weight).amount
        for place, weight in (
            ("江苏", "30"),  # free whatever the weight
            ("广州", "5"),  # the province's shuttle
            ("广州", "7.456"),  # 2.46 kg above the five
            ("深圳", "2"),  # its own entry: none
            ("四川", "2"),
            ("西藏", "2"),
        )
    }

    assert fees == {
        ("江苏", "30"): Decimal("0.00"),
        ("广州", "5"): Decimal("0.00"),
        ("广州", "7.456"): Decimal("4.92"),
        ("深圳", "2"): Decimal("10.00"),
        ("四川", "2"): Decimal("10.00"),
        ("西藏", "2"): Decimal("16.00"),
    }
    last = ReturnCharge.objects.first()
    assert (last.division, last.shuttle, last.rulebook.rulebook.code) == ("54", False, "CD")
    assert {step["clause"] for step in last.inputs["steps"]} == {"CD-04.20"}
    assert case.interactions.filter(action="return_charged").count() == 6
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        ReturnCharge.objects.update(amount=0)


def test_what_does_not_go_by_air_has_no_fee_and_the_row_says_so(desk, regions):
    row = charge(desk, desk.register("nobody_home"), regions["四川"], "2", by_air=False)

    assert (row.amount, row.inputs["steps"]) == (None, [])


@pytest.mark.parametrize(
    ("place", "weight", "field"),
    [(None, "2", "destination"), ("某地", "2", "destination"), ("四川", "0", "weight_kg")],
)
def test_a_return_nobody_can_price_is_refused_with_its_field(desk, regions, place, weight, field):
    with pytest.raises(KefuError) as refused:
        charge(desk, desk.register("nobody_home"), regions.get(place), weight)

    assert refused.value.field == field
    assert not ReturnCharge.objects.exists()


# Forwarding.


@pytest.fixture
def carrier(desk):
    set_house_words(given={"carrier": "EMS"}, actor=desk.centre.chen.user, now=NOW)


@pytest.fixture
def steps(desk, carrier):
    """``steps("weigh", row, weight_kg=…)``: Lin takes a step at 18:00."""

    def take(name, row=None, **given):
        if row is not None:
            given["forwarding"] = row
        return getattr(forwardings, name)(employee=desk.lin, now=NOW, **given)

    return take


def opened(steps, **given):
    return steps("open_forwarding", waybill_number=given.pop("number", NUMBER), **given)


@pytest.mark.rule("CD-06.14", "CD-06.16")
def test_a_prepaid_parcel_is_weighed_registered_held_topped_up_and_packed(desk, steps):
    case = desk.register("no_outlet")
    row = opened(steps, case=case, courier=desk.courier)
    assert (row.account, row.carrier) == ("prepaid", "EMS")
    with pytest.raises(Conflict, match="称重"):
        steps("register", row, slip_number="EA1", fee=Decimal(25))
    with pytest.raises(KefuError) as refused:
        steps("weigh", row, weight_kg=kg("NaN"))
    assert refused.value.field == "weight_kg"
    row = steps("weigh", row, weight_kg=kg("1.8"))
    with pytest.raises(Conflict, match="登记"):
        steps("pack", row)
    with pytest.raises(KefuError) as refused:
        steps("register", row, slip_number="EA1", fee=None)
    assert refused.value.field == "fee"

    row = steps("register", row, slip_number="EA100000001CN", fee=Decimal("25.50"))

    assert (row.state, row.paid, row.shortfall) == ("held", Decimal("18.00"), Decimal("7.50"))
    with pytest.raises(Conflict, match=r"还差 7\.50 元"):
        steps("pack", row)
    steps("ask_top_up", row)
    for amount in ("0", "7.51", "-1"):
        with pytest.raises(KefuError) as refused:
            steps("top_up", row, amount=kg(amount))
        assert refused.value.field == "amount"
    assert steps("top_up", row, amount=kg("7")).state == "held"
    row = steps("top_up", row, amount=kg("0.50"))
    assert row.state == "open"
    row = steps("pack", row)

    assert (row.state, row.packed_at) == ("packed", NOW)
    told = list(row.steps.values_list("code", "amount", "at"))
    assert [code for code, _amount, _at in told] == [
        *("weigh", "register", "ask_top_up", "top_up", "top_up", "pack"),
    ]
    assert all(when == NOW for _code, _amount, when in told)
    assert set(case.interactions.values_list("action", flat=True)) >= {
        *("forwarding_opened", "forwarding_registered", "forwarding_packed"),
    }
    with pytest.raises(Conflict, match="已经办完"):
        steps("weigh", row, weight_kg=kg("2"))


@pytest.mark.rule("CD-06.17")
def test_a_monthly_account_wants_weight_and_fee_and_passes_to_the_bill(desk, steps):
    Waybill.objects.filter(number=NUMBER).update(payment="monthly")
    row = steps("weigh", opened(steps), weight_kg=kg("3"))
    assert row.account == "monthly"
    with pytest.raises(KefuError) as refused:
        steps("register", row, slip_number="EA2", fee=None)
    assert (refused.value.field, refused.value.details["clause"]) == ("fee", "CD-06.17")

    row = steps("register", row, slip_number="EA2", fee=Decimal(30))
    assert (row.state, row.shortfall) == ("open", Decimal("0.00"))
    steps("pack", row)

    rows, total = monthly_bill(date(2026, 11, 1), date(2026, 11, 30))
    assert ([one.pk for one in rows], total) == ([row.pk], Decimal("30.00"))


@pytest.mark.rule("CD-06.18", "CD-11.10")
def test_a_contractor_is_asked_for_the_weight_only_and_his_slip_is_marked_paid(desk, steps):
    area = Party.objects.create(
        kind="contractor", code="CD03-1", name="武侯一区", parent=desk.centre.chengdu
    )
    Waybill.objects.filter(number=NUMBER).update(origin=area)
    row = steps("weigh", opened(steps), weight_kg=kg("3"))
    assert row.account == "contractor"
    with pytest.raises(KefuError) as refused:
        steps("register", row, slip_number="EA3", fee=Decimal(30))
    assert refused.value.field == "fee"

    row = steps("register", row, slip_number="EA3", fee=None)

    assert (row.mark, row.fee, row.state) == ("转寄 EMS 费用已付", None, "open")
    with pytest.raises(IntegrityError, match="contractor_no_fee"), transaction.atomic():
        Forwarding.objects.update(fee=1)


@pytest.mark.rule("CD-06.15", "CD-06.21", "CD-06.22")
@pytest.mark.parametrize(
    ("outcome", "state", "mark"),
    [("forward", "open", "发"), ("return_to_sender", "returned", "退 马师傅")],
)
def test_where_nobody_delivers_the_courier_decides_and_the_slip_says_so(
    desk, steps, outcome, state, mark
):
    row = opened(steps, unserved=True)
    with pytest.raises(Conflict, match="业务员决定"):
        steps("weigh", row, weight_kg=kg("1"))
    with pytest.raises(KefuError) as refused:
        steps("decide", row, outcome="throw_away", courier=desk.courier)
    assert refused.value.field == "outcome"
    with pytest.raises(KefuError) as refused:
        steps("decide", row, outcome=outcome, courier=desk.centre.xian)
    assert refused.value.field == "courier"

    row = steps("decide", row, outcome=outcome, courier=desk.courier)

    assert (row.state, row.mark) == (state, mark)
    step = row.steps.get()
    assert (step.outcome, step.person) == (outcome, desk.courier)


def test_a_parcel_is_ours_is_forwarded_once_and_by_somebody(desk, carrier, steps):
    with pytest.raises(KefuError) as refused:
        opened(steps, number="990612045501")
    assert refused.value.code == "no_waybill"
    opened(steps)
    with pytest.raises(Conflict, match="正在转寄"):
        opened(steps)


def test_without_a_carrier_nothing_is_forwarded(desk):
    with pytest.raises(KefuError, match="还没有设定转寄公司"):
        forwardings.open_forwarding(waybill_number=NUMBER, employee=desk.lin, now=NOW)


def packed(steps):
    row = steps("weigh", opened(steps), weight_kg=kg("1"))
    return steps("pack", steps("register", row, slip_number="=EA4", fee=Decimal(9)))


@pytest.mark.rule("CD-06.19")
def test_slips_go_to_finance_signed_by_both(desk, steps):
    row = packed(steps)
    finance = User.objects.create_user("0900", password="correct-horse-9", role="finance")
    with pytest.raises(KefuError) as refused:
        steps("hand_over_slips", first=date(2026, 11, 1), last=date(2026, 11, 19))
    assert refused.value.code == "no_slips"

    batch = steps("hand_over_slips", first=date(2026, 11, 1), last=date(2026, 11, 20))

    row.refresh_from_db()
    assert (row.batch, batch.handed_by) == (batch, desk.lin.user)
    with pytest.raises(NotAllowed):
        forwardings.receive_slips(batch=batch, actor=desk.zhou.user, now=NOW)
    batch = forwardings.receive_slips(batch=batch, actor=finance, now=NOW)
    assert batch.received_by == finance
    with pytest.raises(Conflict):
        forwardings.receive_slips(batch=batch, actor=finance, now=NOW)
    table = register_table(register(date(2026, 11, 20), date(2026, 11, 20)))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(table)).get_sheet_by_index(0).to_python()
    assert [cells[1:5] for cells in sheet[1:]] == [[NUMBER, "EMS", "=EA4", "现付"]]


@pytest.mark.rule("CD-06.19")
@pytest.mark.parametrize(
    ("per", "period"),
    [
        ("", None),  # as shipped: somebody says which
        ("month", (date(2026, 10, 1), date(2026, 10, 31))),
        ("week", (date(2026, 11, 9), date(2026, 11, 15))),
    ],
)
def test_the_house_sets_how_often_slips_go_to_finance(per, period):
    content = load("CD").to_json()
    next(one for one in content["clauses"] if one["id"] == "CD-06.19")["per"] = per

    assert slips_period(Rulebook.from_json(content), date(2026, 11, 20)) == period


@pytest.mark.rule("CD-06.19")
def test_nobody_signs_for_his_own_slips(desk, steps):
    packed(steps)
    batch = forwardings.hand_over_slips(
        first=date(2026, 11, 20), last=date(2026, 11, 20), employee=desk.centre.chen, now=NOW
    )

    with pytest.raises(NotAllowed, match="同一个人"):
        forwardings.receive_slips(batch=batch, actor=desk.centre.chen.user, now=NOW)


# Replay.


def test_what_was_charged_comes_out_again(desk, steps, regions):
    case = desk.register("nobody_home")
    charge(desk, case, regions["广州"], "7.456")
    charge(desk, case, regions["四川"], "2", by_air=False)
    row = steps("weigh", opened(steps), weight_kg=kg("1"))
    row = steps("register", row, slip_number="EA5", fee=Decimal(25))
    assert progress(row, replay.edition(row.rulebook_id).rules).missing == Decimal("7.00")

    again = {
        one.kind: one
        for one in replay.each("2026-11", at=NOW)
        if one.kind in ("return_fee", "forwarding_shortfall")
    }

    assert set(again) == {"return_fee", "forwarding_shortfall"}
    assert again["return_fee"].decision.case_number == case.number
    assert again["return_fee"].outcome.fields == {"amount": "4.92"}
    for one in again.values():
        assert list(differences(one.decision, one.outcome)) == []
    assert ForwardingStep.objects.exists()


# The pages.


def signed_in(employee):
    client = Client()
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_return_is_priced_on_its_page_and_explained(desk, regions, settings):
    settings.KEFU_NOW = NOW
    case = desk.register("nobody_home")
    lin, page = signed_in(desk.lin), reverse("problem_parcels:return_fee", args=[case.number])

    assert "还没有算过" in lin.get(page).content.decode()
    assert list(lin.post(page, {"weight_kg": "x"}).context["form"].errors) == ["weight_kg"]
    air = {"by_air": "on", "weight_kg": "7.46", "destination": regions["广州"].pk}
    assert lin.post(page, air).status_code == 302
    html = lin.get(page).content.decode()
    assert "4.92 元" in html and "CD-04.18" in html
    lin.post(page, {"weight_kg": "2", "destination": regions["广州"].pk})
    assert "规章只规定航空件的退回运费" in lin.get(page).content.decode()


def test_a_parcel_is_forwarded_from_scan_to_slip_on_the_pages(desk, carrier, settings):
    settings.KEFU_NOW = NOW
    lin, chen = signed_in(desk.lin), signed_in(desk.centre.chen)
    page = reverse("problem_parcels:forwardings")

    unknown = lin.post(page, {"waybill_number": "990612045501"})
    assert list(unknown.context["form"].errors) == ["waybill_number"]
    one = lin.post(page, {"waybill_number": NUMBER, "courier": "马师傅"}).url
    assert lin.post(f"{one}weigh/", {"weight_kg": "0"}).status_code == 422
    assert lin.post(f"{one}weigh/", {"weight_kg": "1.8"}).status_code == 302
    lacking = lin.post(f"{one}register/", {"slip_number": "EA1", "fee": ""})
    assert list(lacking.context["form"].errors) == ["fee"]
    lin.post(f"{one}register/", {"slip_number": "EA1", "fee": "20"})
    assert "还差 <b>2.00 元</b>" in lin.get(one).content.decode()
    assert lin.post(f"{one}pack/").status_code == 409
    assert lin.post(f"{one}ask_top_up/").status_code == 302
    assert lin.post(f"{one}top_up/", {"amount": "2"}).status_code == 302
    assert lin.post(f"{one}pack/").status_code == 302
    assert lin.post(f"{one}burn/").status_code == 404
    period = {"first": "2026-11-20", "last": "2026-11-20"}
    file = lin.get(reverse("problem_parcels:register_file"), period)
    assert file.status_code == 200 and "spreadsheetml" in file.headers["Content-Type"]
    assert "请选一段时间" in lin.get(page).content.decode()
    assert lin.post(reverse("problem_parcels:hand_over_slips"), {}).status_code == 422
    assert lin.post(reverse("problem_parcels:hand_over_slips"), period).status_code == 302
    batch = SlipBatch.objects.get()
    assert chen.post(reverse("problem_parcels:receive_slips", args=[batch.pk])).status_code == 302
    batch.refresh_from_db()
    assert batch.received_by == desk.centre.chen.user
