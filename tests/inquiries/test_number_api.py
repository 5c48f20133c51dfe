"""An outlet changes how it is reached, through its own door."""

import uuid

import pytest

from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.network.models import ContactNumber
from tests.api.conftest import Outlet

pytestmark = pytest.mark.django_db
NUMBERS = "/api/v1/contact-numbers/"
SCOPES = [ApiKey.Scope.READ_NUMBERS, ApiKey.Scope.WRITE_NUMBERS]


@pytest.fixture
def door(centre, clock):
    now = clock("14:00:00")

    def door(party, scopes=SCOPES):
        facts = {"name": "业务系统", "expires_at": None, "actor": centre.chen.user, "now": now}
        return Outlet(keys.issue_key(party=party, scopes=scopes, **facts)[1])

    return door


@pytest.mark.rule("CD-05.24")
def test_an_outlet_changes_its_own_numbers_with_a_day_and_what_was_before_stays(
    centre, door, clock
):
    chengdu, xian = door(centre.chengdu), door(centre.xian)
    asked = {"kind": "complaint", "number": "13800004545", "effective_on": "2026-11-20"}
    key = str(uuid.uuid4())

    first = chengdu.send(NUMBERS, asked | {"holder": "马小军"}, key=key)

    assert (first.status_code, first.json()) == (
        201,
        {
            "id": first.json()["id"],
            "kind": "complaint",
            "number": "138******45",
            "holder": "马*军",
            "effective_on": "2026-11-20",
            "until": None,
            "reported_at": "2026-11-20T14:00:00+08:00",
            "in_time": True,  # on the day is in time
        },
    )
    again = chengdu.send(NUMBERS, asked | {"holder": "马小军"}, key=key)
    assert (again.json(), again["Idempotency-Replayed"]) == (first.json(), "true")
    assert ContactNumber.objects.filter(kind="complaint").count() == 1

    # Ahead, it takes over on its day; afterwards it is late, taken down all the same.
    ahead = chengdu.send(NUMBERS, asked | {"number": "13800005555", "effective_on": "2026-11-24"})
    clock("2026-11-26 00:00:01")  # of the day that is over
    late = chengdu.send(NUMBERS, asked | {"number": "13800006666", "effective_on": "2026-11-25"})
    assert (ahead.json()["in_time"], late.json()["in_time"]) == (True, False)
    history = chengdu.get(NUMBERS, {"kind": "complaint"}).json()["results"]
    assert [(one["number"], one["until"]) for one in history] == [
        ("138******66", None),
        ("138******55", "2026-11-25T00:00:00+08:00"),
        ("138******45", "2026-11-24T00:00:00+08:00"),
    ]
    page = chengdu.get(NUMBERS, {"limit": 2}).json()
    rest = chengdu.get(NUMBERS, {"limit": 2, "cursor": page["next_cursor"]}).json()["results"]
    assert rest == [history[-1]]

    # Nobody else's: neither seen nor changed.
    path = f"{NUMBERS}{first.json()['id']}/"
    assert chengdu.get(path).json()["id"] == first.json()["id"]
    assert xian.get(path).status_code == xian.get(f"{NUMBERS}nothing/").status_code == 404
    assert xian.get(NUMBERS).json()["results"] == []
    xian.send(NUMBERS, asked | {"effective_on": "2026-11-26"})
    assert [one["number"] for one in xian.get(NUMBERS).json()["results"]] == ["138******45"]
    assert len(chengdu.get(NUMBERS).json()["results"]) == 3
    blind = door(centre.chengdu, [ApiKey.Scope.READ_NUMBERS])
    assert blind.send(NUMBERS, asked).json()["type"] == "/problems/scope_missing"

    for wrong, field in (
        ({"number": "12"}, "number"),
        ({"number": 13800004545}, "number"),
        ({"kind": "technical"}, "kind"),
        ({"effective_on": "2028-01-01"}, "effective_on"),
        ({"effective_on": "2026-11-21"}, "effective_on"),  # the present one is newer
        ({"party": "XA02"}, "party"),
    ):
        refused = chengdu.send(NUMBERS, asked | {"number": "13800007777"} | wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field), wrong
    assert ContactNumber.objects.filter(party=centre.chengdu, kind="complaint").count() == 3
