"""What was decided about claims comes out again from its facts, and otherwise under another rulebook."""

from decimal import Decimal

import pytest

from claims.services import Share
from kefu.deadlines import services as deadlines
from kefu.policy.rulebook import Rulebook, shipped
from kefu.replay import services as replay
from kefu.replay.decisions import Missing, differences, replayables
from tests.centre import at

MONTH = "2026-11"
AGREED = at("11:00")


def test_a_month_of_claims_is_decided_anew_without_a_difference(desk, settings):
    desk.work_by("LC")
    halves = [
        Share("outlet", desk.chengdu, Decimal("33.33")),
        Share("customer", None, Decimal("66.67")),
    ]
    negotiated = desk.register()
    desk.confirmed(negotiated, now=at("10:00"), liable=halves)
    settlement = desk.agreed(negotiated, "100.01", now=AGREED)
    desk.lost = desk.waybill("770612045502")
    late = desk.register(loss="damage", place="outer")
    settings.KEFU_NOW = end = at("2026-12-07 08:00")
    deadlines.sweep()

    found = [*replay.each(MONTH, at=end), *replay.each("2026-12", at=end)]

    assert {"promise", "compensation", "liability_division"} <= {one.kind for one in found}
    for one in found:
        assert not isinstance(one.outcome, Missing), one
        assert list(differences(one.decision, one.outcome)) == [], one
    clauses = {one.decision.clause for one in found if one.decision.case_id == late.pk}
    assert clauses == {"CD-05.19"} and late.penalties.get().clause == "CD-05.20"
    assert settlement.inputs["division"]["amounts"] == ["33.33", "66.68"]


@pytest.mark.rule("ES-303.18")
def test_under_a_rulebook_with_another_cap_another_amount_comes_out(desk):
    desk.work_by("ES")
    case = desk.register(insured_amount=Decimal(0), proved_value=Decimal(900))
    desk.confirmed(case, now=at("10:00"))
    desk.agreed(case, "500.00", now=AGREED)
    content = shipped("ES")
    for clause in content["clauses"]:
        if clause["id"] == "ES-303.18":
            clause["amount"] = 600
    compensations = replayables()["compensation"]

    (decision,) = compensations.read(MONTH, None, after=0, limit=9, at=AGREED)

    assert decision.stored.fields == {"computed": "500.00", "clause": "ES-303.17"}
    anew = compensations.decide(decision.facts, Rulebook.from_json(content))
    assert anew.fields["computed"] == "600.00"
