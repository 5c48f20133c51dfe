"""An outlet asks for a receipt by its own key, and the one that delivered answers; nobody else sees it."""

from decimal import Decimal

import pytest

from kefu.parcels.models import Scan
from kefu.penalties.models import Penalty
from problem_parcels.models import ReceiptRequest
from problem_parcels.services import receipt_requests
from tests.api.conftest import Outlet
from tests.centre import at

pytestmark = pytest.mark.django_db

RECEIPTS = "/api/v1/receipt-requests/"
WANTED = {"waybill_number": "880612045537", "service": "fax", "note": "收件人称没有签收"}


@pytest.fixture
def sender(centre, issue):
    """Xi'an has sent the parcel that Chengdu delivered on the first of November."""
    waybill = centre.waybill
    waybill.origin = centre.xian
    waybill.save()
    for kind, when in [("arrived", "2026-11-01 07:00:00"), ("signed", "2026-11-01 12:00:00")]:
        Scan.objects.create(
            waybill_number=waybill.number, kind=kind, at=at(when), place="成都武侯三部"
        )
    return Outlet(issue(centre.xian)[1])


@pytest.mark.rule("CD-05.09", "CD-05.15", "CD-05.16")
def test_a_receipt_is_asked_for_and_its_loss_costs_the_outlet_that_delivered(
    sender, chengdu, centre, settings
):
    asked = sender.send(RECEIPTS, {**WANTED, "reference": "XA-7"})

    assert asked.status_code == 201, asked.content
    mine = asked.json()
    assert mine["number"].startswith("HD-")
    assert (mine["direction"], mine["due_at"], mine["keep_until"], mine["owed"]) == (
        "sent",
        "2026-11-20T16:00:00+08:00",
        "2027-04-30",
        True,
    )
    path = asked["Location"]
    again = sender.send(RECEIPTS, {**WANTED, "reference": "XA-8"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already_asked")
    assert sender.send(f"{path}answer/", {"outcome": "produced"}).status_code == 403

    settings.KEFU_NOW = at("15:00:00")
    (theirs,) = chengdu.get(f"{RECEIPTS}?open=true").json()["results"]
    assert (theirs["direction"], theirs["number"], theirs["reference"]) == ("received", None, None)
    unsaid = chengdu.send(f"{path}answer/", {"outcome": "not_found"})
    assert (unsaid.status_code, unsaid.json()["errors"][0]["field"]) == (422, "answer")
    lost = chengdu.send(f"{path}answer/", {"outcome": "not_found", "answer": "翻遍了没有"})

    assert (lost.status_code, lost.json()["fine"]) == (200, "100.00")
    assert sender.get(path).json()["fine"] is None  # what another owes is not for him
    fine = Penalty.objects.get()
    assert (fine.party, fine.value, fine.state) == (centre.chengdu, Decimal("100.00"), "payable")
    assert chengdu.get(f"{RECEIPTS}?open=true").json()["results"] == []


def test_others_see_nothing_of_it_and_ask_for_nothing_of_others(sender, chengdu, centre, issue):
    path = sender.send(RECEIPTS, WANTED)["Location"]
    stranger = Outlet(
        issue(type(centre.xian).objects.create(kind="outlet", code="WH", name="武汉"))[1]
    )

    assert stranger.get(path).status_code == 404
    assert stranger.get(RECEIPTS).json() == {"results": [], "next_cursor": None}
    refused = stranger.send(RECEIPTS, WANTED)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/unknown_waybill")
    own = chengdu.send(RECEIPTS, WANTED)
    assert (own.status_code, own.json()["type"]) == (422, "/problems/own_delivery")


def test_a_long_list_is_read_page_by_page(sender, centre):
    path = sender.send(RECEIPTS, WANTED)["Location"]
    Scan.objects.create(
        waybill_number=centre.waybill.number, kind="signed", at=at("13:00:00"), place="成都"
    )
    receipt_requests.answer_request(
        request=ReceiptRequest.objects.get(),
        outcome="produced",
        channel="phone",
        actor=centre.lin.user,
        now=at("14:30:00"),
    )
    newer = sender.send(RECEIPTS, WANTED)["Location"]

    first = sender.get(f"{RECEIPTS}?limit=1").json()
    second = sender.get(RECEIPTS, {"limit": 1, "cursor": first["next_cursor"]}).json()

    assert first["results"][0]["id"] in newer
    assert second["results"][0]["id"] in path
    assert second["next_cursor"] is None
    assert sender.get(RECEIPTS, {"cursor": "x"}).status_code == 400


def test_an_answer_to_an_older_version_is_refused(sender, chengdu, centre, now):
    place = f"{RECEIPTS}{sender.send(RECEIPTS, WANTED).json()['id']}/"
    lost = {"outcome": "not_found", "answer": "当天的回单没有找到"}

    refused = chengdu.send(f"{place}answer/", lost, **{"If-Match": '"older"'})
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/precondition_failed")
    assert ReceiptRequest.objects.get().outcome == ""

    seen = chengdu.get(place)["ETag"]
    assert chengdu.send(f"{place}answer/", lost, **{"If-Match": seen}).status_code == 200
