"""The shifts of the warehouse office: what one leaves to the next, the keys, the door locked at night."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from problem_parcels.models import ShiftHandOver
from problem_parcels.selectors import shifts as selectors
from problem_parcels.selectors.store import warehouse_edition
from problem_parcels.services import collections, shifts, store
from tests.centre import at
from tests.pages import fields
from tests.problem_parcels.test_store import into_store

TODAY = date(2026, 11, 20)


def rules(when):
    return warehouse_edition(at=when).rules


def leave_to_the_next(desk, *, now=None, giver=None, **given):
    giver = giver or desk.lin
    facts = {
        "giver": giver,
        "on": TODAY,
        "shift": "early",
        "note": "三号架两件等自取",
        "actor": giver.user,
        "now": now or at("14:40"),
    }
    return shifts.sign_over(**(facts | given))


@pytest.mark.rule("CD-04.01", "CD-12.40")
@pytest.mark.parametrize(
    ("clock_time", "whose"),
    [
        ("07:29:59", []),
        ("07:30", ["early"]),
        ("14:29:59", ["early"]),
        ("14:30", ["early", "late"]),  # the half hour in which they hand over
        ("14:59:59", ["early", "late"]),
        ("15:00", ["late"]),
        ("21:29:59", ["late"]),
        ("21:30", []),
    ],
)
def test_whose_turn_it_is_comes_from_the_rulebook(desk, clock_time, whose):
    now = at(clock_time)

    assert [turn.shift for turn in selectors.turns_now(now=now, rules=rules(now))] == whose


@pytest.mark.rule("CD-04.29", "CD-04.03")
def test_a_shift_hands_over_with_two_hands_and_the_keeping_passes_with_the_second(desk):
    stay = into_store(desk, now=at("09:00"))
    key = shifts.add_key(name="仓库大门", actor=desk.centre.wang.user, now=at("07:30"))
    shifts.move_key(key=key, holder=desk.lin, actor=desk.lin.user, now=at("07:31"))
    spare = shifts.add_key(name="仓库边门", actor=desk.centre.wang.user, now=at("07:30"))
    shifts.move_key(key=spare, holder=desk.lin, actor=desk.lin.user, now=at("07:31"))
    with pytest.raises(NotAllowed):  # nobody signs for another
        leave_to_the_next(desk, actor=desk.zhou.user)
    with pytest.raises(Conflict) as refused:
        leave_to_the_next(desk, shift="late", now=at("14:29"))
    assert refused.value.code == "no_such_shift"
    with pytest.raises(Conflict) as refused:
        leave_to_the_next(desk, giver=desk.zhou, keys=[key])
    assert refused.value.code == "key_elsewhere"

    signed = leave_to_the_next(desk, keys=[key, spare])
    shifts.move_key(key=spare, holder=None, actor=desk.lin.user, now=at("14:40"))

    assert signed.open_items == {
        "stays": 1,
        "cases": 0,
        "replies": 0,
        "keys": [
            {"id": key.pk, "name": "仓库大门"},
            {"id": spare.pk, "name": "仓库边门"},
        ],
    }
    with pytest.raises(Conflict):
        leave_to_the_next(desk, giver=desk.zhou)
    stay.refresh_from_db()
    assert stay.keeper == desk.lin  # one signature passes nothing on
    with pytest.raises(Conflict) as refused:
        shifts.take_over(hand_over=signed, taker=desk.lin, actor=desk.lin.user, now=at("14:45"))
    assert refused.value.code == "same_person"
    with pytest.raises(IntegrityError), transaction.atomic():
        ShiftHandOver.objects.filter(pk=signed.pk).update(
            taker=desk.lin, taker_signed_at=at("14:45")
        )
    with pytest.raises(NotAllowed):
        shifts.take_over(hand_over=signed, taker=desk.zhou, actor=desk.lin.user, now=at("14:45"))

    shifts.take_over(hand_over=signed, taker=desk.zhou, actor=desk.zhou.user, now=at("14:45"))

    stay.refresh_from_db()
    assert stay.keeper == desk.zhou
    kept = [(k.keeper, k.since) for k in stay.keepings.all()]
    assert kept == [(desk.lin, at("09:00")), (desk.zhou, at("14:45"))]
    holders = {held.key: held.holder for held in selectors.held_keys()}
    assert holders == {key: desk.zhou, spare: None}  # what went elsewhere meanwhile stays there
    with pytest.raises(Conflict):
        shifts.take_back(hand_over=signed, actor=desk.lin.user, now=at("15:00"))
    # What happens now is the taker's, what happened before stays the giver's.
    for when, whose in ((at("14:44:59"), desk.lin), (at("14:45"), desk.zhou)):
        told = store.record_incident(
            stay=stay, text="外箱进水", happened_at=when, actor=desk.zhou.user, now=at("16:00")
        )
        assert told.liable == whose.party


@pytest.mark.rule("CD-04.29")
def test_a_shift_that_is_over_and_left_nothing_written_stands_out(desk):
    into_store(desk, now=at("09:00"))

    def missing(now):
        found = selectors.standings(now=now, rules=rules(now))
        return [(s.turn.on, s.turn.shift) for s in found if s.missing]

    assert missing(at("14:59:59")) == []
    assert missing(at("15:00")) == [(TODAY, "early")]
    first = leave_to_the_next(desk, now=at("15:05"))
    assert missing(at("15:06")) == []
    shifts.take_back(hand_over=first, actor=desk.lin.user, now=at("15:07"))
    assert missing(at("15:08")) == [(TODAY, "early")]
    leave_to_the_next(desk, now=at("15:10"))
    assert missing(at("2026-11-21 08:00")) == [(TODAY, "late")]


@pytest.mark.rule("CD-04.10", "CD-04.11")
def test_the_door_is_locked_line_by_line_and_what_was_not_shows_the_next_morning(desk):
    lead = desk.centre.wang.user
    stay = into_store(desk, now=at("08:00"))
    driver = Party.objects.create(kind="driver", code="SJ01", name="吴师傅")
    sheet = collections.open_sheet(driver=driver, actor=desk.lin.user, now=at("08:30"))
    collections.put_on(sheet=sheet, numbers=[stay.waybill_number], now=at("08:30"))
    with pytest.raises(NotAllowed):
        shifts.add_line(text="关灯", actor=desk.lin.user, now=at("09:00"))
    light = shifts.add_line(text="关灯", text_en="Lights off", actor=lead, now=at("09:00"))
    shifts.add_line(text="关窗", actor=lead, now=at("2026-11-21 09:00"))  # from tomorrow on

    def tick(code, when, who=desk.zhou):
        return shifts.tick(code=code, employee=who, actor=who.user, now=when)

    listed = [line.code for line in selectors.lock_up(on=TODAY, rules=rules(at("21:00")))]
    assert listed == ["CD-04.10", "CD-04.11", str(light.pk)]
    with pytest.raises(Conflict) as refused:
        tick("CD-04.10", at("09:30"))  # a driver has not collected yet
    assert refused.value.code == "not_yet"
    by = {"by": desk.zhou, "now": at("10:00")}
    collections.tick(sheet=sheet, number=stay.waybill_number, actor=desk.zhou.user, **by)
    collections.finish(sheet=sheet, **by)
    tick("CD-04.10", at("10:30"))
    with pytest.raises(KefuError):
        tick("CD-99.99", at("21:20"))
    with pytest.raises(NotAllowed):
        shifts.tick(code="CD-04.11", employee=desk.zhou, actor=lead, now=at("21:20"))
    tick(str(light.pk), at("2026-11-21 00:10"))  # past midnight it is still that evening
    with pytest.raises(Conflict, match="周明"):
        tick(str(light.pk), at("2026-11-21 00:11"), who=desk.lin)

    morning = at("2026-11-21 07:45")
    evening, left = selectors.not_locked_up(now=morning, rules=rules(morning))

    assert (evening, [line.code for line in left]) == (TODAY, ["CD-04.11"])


def test_a_key_is_where_its_last_move_says(desk):
    key = shifts.add_key(name="货架", actor=desk.centre.wang.user, now=at("08:00"))
    with pytest.raises(Conflict):
        shifts.add_key(name="货架", actor=desk.centre.wang.user, now=at("08:00"))
    shifts.move_key(key=key, holder=desk.lin, actor=desk.lin.user, now=at("08:01"))
    with pytest.raises(Conflict):
        shifts.move_key(key=key, holder=desk.lin, actor=desk.zhou.user, now=at("08:02"))
    shifts.move_key(key=key, holder=None, actor=desk.lin.user, now=at("08:03"))

    (held,) = selectors.held_keys()
    assert (held.holder, held.since) == (None, at("08:03"))
    assert [move.holder for move in key.moves.all()] == [None, desk.lin]


def test_each_signs_on_a_page_of_his_own(desk, client, settings):
    into_store(desk, now=at("09:00"))
    settings.KEFU_NOW = at("14:50")
    client.force_login(desk.lin.user)
    page = client.get("/parcels/store/shift/").content.decode()
    assert "早班 07:30–15:00" in page
    assert "交接时间" in page
    sign = fields(page, form="") | {"turn": "2026-11-20 early", "note": "等自取两件"}
    refused = client.post("/parcels/store/shift/", sign)
    assert refused.status_code == 422  # the box was not ticked; the note is kept
    assert "等自取两件" in refused.content.decode()
    client.post("/parcels/store/shift/", sign | {"checked": "on"})
    left = ShiftHandOver.objects.get()
    place = f"/parcels/store/shift/{left.pk}/"
    client.post(place, {"do": "take"})
    left.refresh_from_db()
    assert left.taker is None

    client.force_login(desk.zhou.user)
    settings.KEFU_NOW = at("15:10")
    client.post(place, {"do": "take"})

    left.refresh_from_db()
    assert left.taker == desk.zhou
    assert "库里由 周明 0831 接管" in client.get("/parcels/store/shift/").content.decode()
    settings.KEFU_NOW = at("22:00")
    page = client.get("/parcels/store/shift/").content.decode()
    assert page.count("下班了没有交接") == 1
    settings.KEFU_NOW = at("2026-11-21 08:00")
    assert "11-20 晚上没有锁完门" in client.get("/parcels/store/keys/").content.decode()
    client.post("/parcels/store/keys/", {"do": "tick", "code": "CD-04.11"})
    assert "做完了，勾上" in client.get("/parcels/store/keys/").content.decode()  # the other line
