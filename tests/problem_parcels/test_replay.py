"""What was decided about problem parcels comes out again from its facts, and otherwise under another rulebook."""

import pytest

from kefu.deadlines import services as deadlines
from kefu.policy.rulebook import Rulebook, shipped
from kefu.replay import services as replay
from kefu.replay.decisions import Missing, differences, replayables
from problem_parcels import services
from problem_parcels.services import Attempt
from tests.centre import at
from tests.problem_parcels.conftest import EVENING

MONTH = "2026-11"


def test_a_warehouse_week_is_decided_anew_without_a_difference(desk, settings):
    case = desk.register("nobody_home")
    services.post_message(
        case=case, text="请联系收件人", by=desk.lin, actor=desk.lin.user, now=EVENING
    )
    desk.waybill("770612045520")
    refused = desk.register(
        "collect_refused",
        number="770612045520",
        attempts=[],
        chosen={"refusal_reason": "no_invoice"},
        courier=desk.courier,
    )
    desk.waybill("770612045521")
    other = desk.register("other", number="770612045521", attempts=[], courier=desk.courier)
    desk.waybill("770612045522")
    pickup = desk.register("nobody_home", number="770612045522", place="storefront")
    services.notify_pickup(
        case=pickup, place="总公司", when="明早", actor=desk.lin.user, now=EVENING
    )
    settings.KEFU_NOW = end = at("2026-11-26 08:00")
    deadlines.sweep()
    assert services.return_unanswered(now=end) == 1
    found = list(replay.each(MONTH, at=end))
    kinds = {one.kind for one in found}
    assert {"promise", "problem_record"} <= kinds
    promised = {one.decision.clause for one in found if one.kind == "promise"}
    assert {"CD-07.06", "CD-05.09", "CD-07.12", "CD-07.11", "CD-09.30", "CD-04.14"} <= promised
    for one in found:
        assert not isinstance(one.outcome, Missing), one
        assert list(differences(one.decision, one.outcome)) == [], one
    assert {refused.pk, other.pk} <= {one.decision.case_id for one in found}


@pytest.mark.rule("CD-09.18")
def test_under_a_rulebook_that_lets_no_invoice_count_the_record_is_valid(desk):
    desk.register(
        "collect_refused",
        attempts=[],
        chosen={"refusal_reason": "no_invoice"},
        courier=desk.courier,
    )
    content = shipped("CD")
    content["clauses"] = [one for one in content["clauses"] if one["id"] != "CD-09.18"]
    records = replayables()["problem_record"]
    (decision,) = records.read(MONTH, None, after=0, limit=9, at=EVENING)
    assert decision.stored.fields["valid"] is False
    assert records.decide(decision.facts, Rulebook.from_json(content)).fields["valid"] is True


def test_a_call_is_a_row_of_its_own(desk):
    case = desk.register("nobody_home")
    again = Attempt("reached", at("17:30"), number="0514-87654321", whose="other")
    services.log_attempt(case=case, attempt=again, actor=desk.lin.user, now=EVENING)
    assert list(case.contact_attempts.values_list("outcome", "number_masked")) == [
        ("no_answer", "138******45"),
        ("reached", "0514-******21"),
    ]
