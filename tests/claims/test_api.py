"""What a unit reads of its own claims through its door, and that it reads nobody else's."""

from decimal import Decimal

import pytest

from claims import services
from claims.models import Finding, Liability
from kefu.api import services as keys
from kefu.api.models import ApiKey
from tests.api.conftest import Outlet
from tests.centre import at
from tests.claims.conftest import MORNING


@pytest.mark.rule("LC-01.24", "LC-04.08")
def test_a_unit_reads_its_own_claims_with_what_the_centre_advises(desk, settings):
    settings.KEFU_NOW = at("10:30")

    def door(party, scope=ApiKey.Scope.READ_CLAIMS):
        facts = {"name": "业务系统", "expires_at": None, "actor": desk.centre.chen.user}
        return Outlet(keys.issue_key(party=party, scopes=[scope], now=MORNING, **facts)[1])

    case = desk.register()
    services.guide(
        case=case, unit=desk.chengdu, text="先向客户要发票", actor=desk.gu.user, now=at("10:00")
    )
    chengdu, xian = door(desk.chengdu), door(desk.centre.xian)

    (shown,) = chengdu.get("/api/v1/claims/").json()["results"]

    assert shown["number"] == case.number and shown["due_at"] == "2026-12-21T00:00:00+08:00"
    assert (shown["handled_here"], shown["percent"], shown["stage"]) == (True, None, "evidence")
    assert [one["text"] for one in shown["guidance"]] == ["先向客户要发票"]
    assert "陈" not in str(shown) and "13800004545" not in str(shown)
    assert xian.get("/api/v1/claims/").json()["results"] == []
    assert door(desk.chengdu, ApiKey.Scope.READ).get("/api/v1/claims/").status_code == 403

    desk.confirmed(case, now=at("10:10"))
    (shown,) = chengdu.get("/api/v1/claims/?open=true&limit=1").json()["results"]
    assert (shown["percent"], shown["stage"]) == ("100.00", "negotiation")
    for query in ("cursor=nonsense", "opne=true", "limit=1&limit=2"):
        assert chengdu.get(f"/api/v1/claims/?{query}").status_code == 400, query

    # Divided anew, it is another's: nobody is told that he still bears it.
    decided = {"submitted_by": desk.gu.user, "decided_by": desk.centre.chen.user}
    times = {"submitted_at": at("10:20"), "decided_at": at("10:25")}
    later = Finding.objects.create(
        claim_id=case.pk, cause="other", outcome="confirmed", **decided, **times
    )
    Liability.objects.create(
        finding=later, kind="outlet", party=desk.centre.xian, percent=Decimal(100)
    )
    (shown,), (xians,) = (one.get("/api/v1/claims/").json()["results"] for one in (chengdu, xian))
    assert (shown["percent"], xians["percent"]) == (None, "100.00")
