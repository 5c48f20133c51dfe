"""The door to a parcel: for the outlets that send or deliver it, with its people masked."""

import pytest

from kefu.api.models import ApiKey
from kefu.parcels.models import Scan
from tests.api.conftest import Outlet, centre, issue, now
from tests.centre import at

__all__ = ["centre", "issue", "now"]
pytestmark = pytest.mark.django_db
DOOR = "/api/v1/waybills/"


@pytest.fixture
def keyed(issue):
    """``keyed(party)``: a program of that outlet which may look up parcels."""
    return lambda party: Outlet(issue(party, [ApiKey.Scope.READ_WAYBILLS])[1])


def scanned(parcel, kind, time, text=""):
    return Scan.objects.create(
        waybill_number=parcel.number, kind=kind, at=at(time), place="成都武侯三部", text=text
    )


def test_the_delivering_outlet_sees_its_parcel_with_its_scans_and_masked_people(centre, keyed):
    parcel = centre.waybill
    scanned(parcel, "arrived", "08:00")
    scanned(parcel, "delivering", "09:00", "派件员 13812344545")
    scanned(parcel, "signed", "07:00")

    answer = keyed(centre.chengdu).get(f"{DOOR}{parcel.number}/")

    told = answer.json()
    assert (told["number"], told["delivered_here"]) == (parcel.number, True)
    assert told["sent_here"] == (parcel.origin_id == centre.chengdu.pk)
    assert [scan["kind"] for scan in told["scans"]] == ["delivering", "arrived", "signed"]
    secrets = [secret for secret in parcel.sealed.values() if secret]
    assert secrets
    for secret in [*secrets, "13812344545"]:
        assert secret not in answer.content.decode()
    assert told["receiver"]["phone"] == parcel.receiver_phone_masked
    assert answer.headers["ETag"]


def test_somebody_else_s_parcel_does_not_exist(centre, keyed):
    xian = keyed(centre.xian)
    foreign = xian.get(f"{DOOR}{centre.waybill.number}/")
    for missing in ("880612999999", "880612045537x", "x", "880612045537%00"):
        answer = xian.get(f"{DOOR}{missing}/")
        assert (answer.status_code, answer.json()["type"]) == (404, foreign.json()["type"])
    assert foreign.status_code == 404


def test_a_key_without_the_scope_is_refused(centre, issue):
    key = Outlet(issue(centre.chengdu, [ApiKey.Scope.READ_CLAIMS])[1])
    assert key.get(f"{DOOR}{centre.waybill.number}/").status_code == 403
