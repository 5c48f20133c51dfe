"""The store of the warehouse office: in with its slip and a reason, out when it was dealt with."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications.models import Event
from kefu.staff.models import User
from problem_parcels import services
from problem_parcels.models import Disposal, MissingOutScan, Stay, WarehouseRequest
from problem_parcels.selectors import store as selectors
from problem_parcels.services import collections, stays, store, warehouse_requests
from tests.centre import at

MORNING, EVENING = at("09:00"), at("18:00")


def into_store(desk, *, now=MORNING, **given):
    facts = {
        "number": desk.arrived.number,
        "location": "A-03",
        "reason": "送无人，明天再派",
        "waybill_present": True,
        "keeper": desk.lin,
        "actor": desk.lin.user,
        "now": now,
    }
    return stays.enter(**(facts | given))


def out_of_store(stay, desk, *, now, by=None):
    by = by or desk.lin
    return stays.leave(stay=stay, left_for="再派", by=by, actor=by.user, now=now)


@pytest.mark.rule("CD-04.03", "CD-04.06", "CD-04.26")
def test_a_parcel_lies_in_the_store_once_for_a_reason_and_with_a_keeper_until_it_is_scanned_out(
    desk,
):
    with pytest.raises(KefuError) as refused:
        into_store(desk, reason="  ")
    assert (refused.value.code, refused.value.field) == ("field_required", "reason")
    with pytest.raises(KefuError) as refused:
        into_store(desk, number="990000000001")
    assert (refused.value.code, refused.value.field) == ("unknown_waybill", "number")
    assert not Stay.objects.exists()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        stay = into_store(desk)

    assert len(queries) <= 15
    assert [(k.keeper, k.since) for k in stay.keepings.all()] == [(desk.lin, MORNING)]
    with pytest.raises(Conflict, match="林小月") as refused:
        into_store(desk, keeper=desk.zhou)
    assert refused.value.code == "already_in_store"

    out_of_store(stay, desk, by=desk.zhou, now=EVENING)

    stay.refresh_from_db()
    assert (stay.left_at, stay.left_by, stay.left_for) == (EVENING, desk.zhou, "再派")
    assert stays.open_stay(stay.waybill_number) is None
    with pytest.raises(Conflict, match="周明"):
        out_of_store(stay, desk, now=EVENING)
    again = into_store(desk, now=EVENING)
    assert stays.open_stay(stay.waybill_number) == again


@pytest.mark.rule("CD-04.04", "CD-04.05")
def test_without_its_slip_a_parcel_comes_in_and_goes_online_only_on_a_leads_word(desk):
    bulk = {"sort": Stay.Sort.BULK, "waybill_present": False}
    with pytest.raises(KefuError, match=r"CD-04\.04") as refused:
        into_store(desk, **bulk)
    assert (refused.value.code, refused.value.field) == ("waybill_absent", "waybill_present")
    with pytest.raises(NotAllowed):
        into_store(desk, **bulk, override_by=desk.lin.user)
    wang = desk.centre.wang.user
    with pytest.raises(NotAllowed):  # nobody makes another answer for it
        into_store(desk, **bulk, override_by=wang)
    assert not Stay.objects.exists()

    stay = into_store(desk, **bulk, override_by=wang, actor=wang)
    case = desk.register("nobody_home", now=EVENING)
    stays.need_bulk_there(case=case, now=EVENING)  # Wang let it in, so it may go online

    assert stay.overridden_by == desk.centre.wang.user
    incident = store.record_incident(
        stay=stay, text="外箱被压坏", happened_at=EVENING, actor=desk.zhou.user, now=EVENING
    )
    assert (incident.clause, incident.liable) == ("CD-04.05", desk.centre.wang.party)

    out_of_store(stay, desk, now=EVENING)
    gone = into_store(desk, now=EVENING, sort=Stay.Sort.BULK)
    out_of_store(gone, desk, now=EVENING)
    with pytest.raises(Conflict, match=r"CD-04\.04"):  # its goods have left
        stays.need_bulk_there(case=case, now=EVENING)


@pytest.mark.rule("CD-04.03")
def test_an_incident_names_its_keeper_and_only_a_supervisor_says_what_it_comes_to(desk):
    stay = into_store(desk)
    with pytest.raises(KefuError) as refused:
        store.record_incident(
            stay=stay, text="找不到", happened_at=at("08:00"), actor=desk.lin.user, now=EVENING
        )
    assert (refused.value.code, refused.value.field) == ("not_in_store", "happened_at")

    incident = store.record_incident(
        stay=stay,
        text="外箱进水，收件人 13800004545",
        happened_at=at("10:00"),
        actor=desk.zhou.user,
        now=EVENING,
    )

    assert (incident.clause, incident.liable) == ("CD-04.03", desk.lin.party)
    assert incident.amount is None
    assert "13800004545" not in incident.text
    price = {"incident": incident, "amount": Decimal("50.00"), "now": EVENING}
    with pytest.raises(NotAllowed):
        store.price_incident(**price, actor=desk.centre.wang.user)
    with pytest.raises(KefuError):
        store.price_incident(**price | {"amount": Decimal("NaN")}, actor=desk.centre.chen.user)
    store.price_incident(**price, actor=desk.centre.chen.user)
    with pytest.raises(Conflict):
        store.price_incident(**price, actor=desk.centre.he.user)
    incident.refresh_from_db()
    assert (incident.amount, incident.priced_by) == (Decimal("50.00"), desk.centre.chen.user)


@pytest.mark.rule("CD-04.21")
def test_small_returns_and_missent_parcels_lie_together_and_bulk_by_itself(desk):
    rules = selectors.warehouse_edition(at=MORNING).rules

    zones = {sort.value: selectors.zone_for(sort, rules) for sort in Stay.Sort}

    assert zones == {"small_return": "zone_a", "missent": "zone_a", "bulk": "zone_b", "other": ""}


@pytest.mark.rule("CD-04.08", "CD-04.12")
@pytest.mark.parametrize(
    ("trigger", "clause"),
    [("afternoon_round_closed", "CD-04.08"), ("city_driver_left", "CD-04.12")],
)
def test_what_a_round_left_behind_is_listed_until_it_is_registered_with_a_reason(
    desk, trigger, clause
):
    stay = into_store(desk)
    assert list(selectors.leftovers(now=at("16:00"))) == []
    with pytest.raises(NotAllowed):
        store.close_round(trigger=trigger, closed_at=at("17:00"), actor=desk.lin.user, now=EVENING)
    lead = desk.centre.wang.user
    with pytest.raises(KefuError) as refused:
        store.close_round(trigger=trigger, closed_at=at("18:01"), actor=lead, now=EVENING)
    assert refused.value.field == "closed_at"
    store.close_round(trigger=trigger, closed_at=at("17:00"), actor=lead, now=EVENING)
    desk.waybill("770612045502")
    after = into_store(desk, number="770612045502", now=at("17:30"))

    assert list(selectors.leftovers(now=EVENING)) == [stay]
    tomorrow = at("2026-11-21 09:00")
    assert list(selectors.leftovers(now=tomorrow)) == [stay, after]  # an earlier day's stay on it
    rules = selectors.warehouse_edition(at=EVENING).rules
    assert stays.left_unposted(trigger, (), rules) == (clause,)

    case = desk.register("nobody_home", now=EVENING)

    stay.refresh_from_db()
    assert stay.case == case
    assert list(selectors.leftovers(now=EVENING)) == []


@pytest.mark.rule("CD-04.07")
def test_what_was_dealt_with_and_not_scanned_out_is_listed_once_a_day_by_its_handler(desk):
    into_store(desk)
    case = desk.register("nobody_home", now=EVENING)
    services.decide(
        case=case,
        kind=Disposal.Kind.REDISPATCH,
        asked_by=Disposal.AskedBy.DESK,
        reason="改约明天",
        actor=desk.zhou.user,
        now=at("19:00"),
    )
    assert store.draw_up_missing_out_scans(now=at("21:29:59")) == 0  # the late shift is still here

    assert store.draw_up_missing_out_scans(now=at("21:30")) == 1
    assert store.draw_up_missing_out_scans(now=at("21:40")) == 0

    line = MissingOutScan.objects.get(list__on=date(2026, 11, 20))
    assert (line.stay.waybill_number, line.handler) == (desk.arrived.number, desk.zhou.user)
    ring = Event.objects.get(kind=Event.Kind.NO_OUT_SCAN)
    assert (ring.user_id, ring.data) == (desk.zhou.user_id, {"on": "2026-11-20", "number": 1})
    out_of_store(stays.open_stay(desk.arrived.number), desk, now=at("22:00"))
    assert store.draw_up_missing_out_scans(now=at("2026-11-21 21:30")) == 0


@pytest.mark.rule("CD-04.09", "CD-04.10")
def test_a_driver_gets_what_is_on_his_sheet_and_nothing_else(desk):
    wu, qian = (
        Party.objects.create(kind="driver", code=code, name=name)
        for code, name in (("SJ01", "吴师傅"), ("SJ02", "钱师傅"))
    )
    numbers = [f"77061204560{n}" for n in range(4)]
    for number in numbers:
        desk.waybill(number)
        into_store(desk, number=number, sort=Stay.Sort.BULK, now=at("08:00"))
    with pytest.raises(KefuError):
        collections.open_sheet(driver=desk.courier, actor=desk.lin.user, now=MORNING)
    his = collections.open_sheet(driver=wu, actor=desk.lin.user, now=MORNING)
    other = collections.open_sheet(driver=qian, actor=desk.lin.user, now=MORNING)
    assert collections.open_sheet(driver=wu, actor=desk.zhou.user, now=MORNING) == his

    assert collections.put_on(sheet=other, numbers=numbers[3:], now=MORNING) == []
    refused = collections.put_on(sheet=his, numbers=[*numbers, "990000000001"], now=MORNING)

    assert {r.number: r.why for r in refused} == {
        numbers[3]: "已在 钱师傅 的提货单上",
        "990000000001": "990000000001 不在库",
    }
    with pytest.raises(Conflict, match=r"拿错了！.*钱师傅") as wrong:
        collections.tick(
            sheet=his, number=numbers[3], by=desk.lin, actor=desk.lin.user, now=MORNING
        )
    assert wrong.value.code == "wrong_parcel"
    assert stays.open_stay(numbers[3]) is not None

    for number in numbers[:2]:
        with override("en"):
            collections.tick(
                sheet=his, number=number, by=desk.lin, actor=desk.lin.user, now=MORNING
            )
    assert stays.open_stay(numbers[0]) is None  # ticked is scanned out
    taken = Stay.objects.get(waybill_number=numbers[0])
    assert (taken.left_as, taken.left_for) == ("driver", "吴师傅")  # whatever the clerk reads
    assert taken.went == "驾驶员提走 吴师傅"
    with override("en"):
        assert taken.went == "Taken by driver 吴师傅"
    with pytest.raises(Conflict) as open_still:
        collections.finish(sheet=his, by=desk.lin, now=MORNING)
    assert open_still.value.code == "not_all_ticked"
    left = his.lines.get(stay__waybill_number=numbers[2])
    collections.strike(line=left, reason="客户改下午", by=desk.lin, now=MORNING)
    collections.finish(sheet=his, by=desk.lin, now=MORNING)

    assert stays.open_stay(numbers[2]) is not None
    with pytest.raises(Conflict):
        collections.tick(
            sheet=his, number=numbers[2], by=desk.lin, actor=desk.lin.user, now=MORNING
        )


@pytest.mark.rule("SD-233.57", "SD-233.59", "SD-233.60")
def test_the_warehouse_may_leave_an_unsigned_slip_and_the_agent_bears_what_comes_of_it(desk):
    desk.centre.work_by("SD-2")  # the query desk's own rulebook
    agent = desk.centre.wang
    whole = {
        "made_by": agent,
        "text": "请找出客户的件先拍照，电话 13800004545",
        "customer_id": "tb_88231",
        "name": "陈晓梅",
        "address": "扬州市邗江区文汇西路 12 号",
        "actor": agent.user,
        "now": MORNING,
    }
    for field in ("customer_id", "name", "address"):
        with pytest.raises(KefuError) as refused:
            warehouse_requests.ask(**whole | {field: ""})
        assert refused.value.field == field
    signed = {"urgent": True, "signed_by": "王芳", "signed_on": date(2026, 11, 20)}
    for field, nothing in (("signed_by", ""), ("signed_on", None)):
        with pytest.raises(KefuError) as refused:
            warehouse_requests.ask(**whole | signed | {field: nothing})
        assert refused.value.field == field
    assert not WarehouseRequest.objects.exists()

    slip = warehouse_requests.ask(**whole | signed)
    assert (slip.name_masked, "13800004545" in slip.text) == ("陈*梅", False)
    refusal = {"reason": WarehouseRequest.Refusal.UNSIGNED, "by": desk.lin, "now": EVENING}
    with pytest.raises(KefuError) as refused:
        warehouse_requests.refuse(request=slip, **refusal)
    assert refused.value.code == "signed"

    paper = warehouse_requests.ask(
        **whole | signed | {"on_paper": True, "signed_on": None, "actor": desk.lin.user}
    )
    warehouse_requests.refuse(request=paper, **refusal)
    warehouse_requests.carry_out(request=slip, by=desk.lin, now=EVENING)

    paper.refresh_from_db()
    assert (paper.refusal, paper.liable, paper.decided_by) == ("unsigned", agent.party, desk.lin)
    with pytest.raises(Conflict):
        warehouse_requests.carry_out(request=paper, by=desk.lin, now=EVENING)


@pytest.mark.rule("CD-04.26")
def test_the_stock_is_read_oldest_first_page_by_page_with_counts_by_age(desk):
    for n in range(53):
        number = f"7706120470{n:02}"
        desk.waybill(number)
        into_store(desk, number=number, now=MORNING - timedelta(days=n % 7))

    counts = selectors.stock_counts(user=desk.lin.user, now=EVENING)
    with CaptureQueriesContext(connection) as queries:
        first = selectors.stock_page(now=EVENING)
        second = selectors.stock_page(after=first.next_cursor, now=EVENING)

    assert counts == {"old": 14, "third": 15, "days": 16, "today": 8, "all": 53, "unposted": 53}
    assert len(queries) == 2
    assert (len(first.rows), len(second.rows), second.next_cursor) == (50, 3, "")
    seen = [(stay.entered_at, stay.pk) for stay in (*first.rows, *second.rows)]
    assert seen == sorted(set(seen))
    assert all(stay.reason and stay.keeper == desk.lin for stay in first.rows)
    assert len(selectors.stock_page(band="old", now=EVENING).rows) == 14
    for none_of_ours in ("nonsense_1", "2026-13-45T10:00:00+08:00_1", "2026-11-20T10:00:00_1"):
        assert len(selectors.stock_page(after=none_of_ours, now=EVENING).rows) == 50


def test_the_database_keeps_what_the_services_promise(desk):
    stay = into_store(desk)
    for change in (
        lambda: stay.keepings.all().update(keeper=desk.zhou),
        lambda: Stay.objects.filter(pk=stay.pk).update(reason=""),
        lambda: Stay.objects.filter(pk=stay.pk).update(waybill_present=False),
        lambda: Stay.objects.filter(pk=stay.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_paste_of_scans_goes_in_row_by_row_and_the_refused_say_why(desk, client, settings):
    settings.KEFU_NOW = EVENING
    desk.waybill("770612045503")
    client.force_login(desk.lin.user)
    numbers = f"{desk.arrived.number}\n770612045503 {desk.arrived.number}\n990000000001\n12"
    given = {"numbers": numbers, "sort": "bulk", "location": "B-01", "reason": "等大货司机"}

    without_slip = client.post("/parcels/store/", given, headers={"HX-Request": "true"})
    assert "面单不在，不能入库（CD-04.04）" in without_slip.content.decode()
    assert not Stay.objects.exists()
    page = client.post(
        "/parcels/store/", given | {"waybill_present": "on"}, headers={"HX-Request": "true"}
    ).content.decode()

    assert page.count("data-done") == 2
    assert page.count("data-refused") == 3
    for why in ("已经在库：B-01，林小月", "没有运单 990000000001", "运单号应为"):
        assert why in page
    assert {stay.keeper for stay in Stay.objects.all()} == {desk.lin}

    client.cookies["django_language"] = "en"
    out = {"numbers": "770612045503", "left_for": "Delivery"}
    client.post("/parcels/store/out/", out, headers={"HX-Request": "true"})
    client.cookies["django_language"] = "zh-hans"
    out = {"numbers": f"{desk.arrived.number} 880612045537", "left_for": "给赵师傅"}
    page = client.post("/parcels/store/out/", out, headers={"HX-Request": "true"}).content.decode()
    assert (page.count("data-done"), page.count("不在库，没有可出的")) == (1, 1)
    left = Stay.objects.order_by("waybill_number").values_list("left_as", "left_for")
    assert list(left) == [("", "给赵师傅"), ("delivery", "")]
    stock = client.get("/parcels/store/stock/?number=770612045503").content.decode()
    assert "林小月 0826 出库 派送" in stock


def test_the_pages_of_the_store_open_for_its_people_and_ask_no_more_for_more(
    desk, client, settings
):
    settings.KEFU_NOW = EVENING
    driver = Party.objects.create(kind="driver", code="SJ01", name="吴师傅")
    sheet = collections.open_sheet(driver=driver, actor=desk.lin.user, now=EVENING)
    slip = warehouse_requests.ask(
        made_by=desk.zhou,
        text="找一下客户的件",
        customer_id="tb_88231",
        name="陈晓梅",
        address="扬州市邗江区",
        actor=desk.zhou.user,
        now=MORNING,
    )
    stay = into_store(desk)
    store.record_incident(
        stay=stay, text="外箱进水", happened_at=MORNING, actor=desk.lin.user, now=EVENING
    )
    pages = [
        *("", "out/", "stock/", "stock/?band=unposted", f"stock/?number={stay.waybill_number}"),
        *("left/", "shift/", "keys/", "collections/", "requests/"),
        *(f"stays/{stay.pk}/", f"collections/{sheet.pk}/", f"requests/{slip.pk}/"),
    ]
    client.force_login(desk.centre.chen.user)

    def asked():
        found = {}
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(f"/parcels/store/{page}")
            assert answer.status_code == 200, page
            found[page] = len(queries)
        return found

    asked()  # what is read once is read by now
    few = asked()
    for n in range(5):
        desk.waybill(f"77061204580{n}")
        into_store(desk, number=f"77061204580{n}", sort=Stay.Sort.BULK)
    collections.put_on(sheet=sheet, numbers=collections.bulk_in_store(), now=EVENING)
    assert sheet.lines.count() == 5

    assert asked() == few
    client.force_login(User.objects.create_user("hr1", role="hr"))
    assert client.get("/parcels/store/").status_code == 403
