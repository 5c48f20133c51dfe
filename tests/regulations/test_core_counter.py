"""What the counter takes and what it does not: the front desk and the storefront, on policy alone."""

import dataclasses
import json
from decimal import Decimal

import pytest

from kefu.policy.acceptance import AcceptanceRules, ParcelFacts, judge_parcel
from kefu.policy.explanation import explain
from kefu.policy.rulebook import Rulebook, load
from kefu.policy.steps import Step

CD = load("CD")
ES = load("ES")

WALK_IN = ParcelFacts(
    settlement="prepaid",
    price=Decimal("12.00"),
    fee_told=True,
    inspected=True,
    clerk="0881",
)


def judged(rules=CD, **changed):
    return judge_parcel(dataclasses.replace(WALK_IN, **changed), AcceptanceRules.of(rules))


def refused(rules=CD, **changed):
    """(field, clause, key) of each reason against the parcel."""
    return [(r.field, r.step.clause, r.step.key) for r in judged(rules, **changed).refusals]


def clauses(decision):
    return [step.clause for step in decision.steps]


def without(rules: Rulebook, clause: str) -> Rulebook:
    kept = tuple(c for c in rules.clauses if c.id != clause)
    return rules.model_copy(update={"clauses": kept})


def test_a_parcel_in_order_is_taken():
    decision = judged()

    assert decision.accepted
    assert (decision.form, decision.mark) == ("prepaid", "柜台 0881")


@pytest.mark.rule("CD-06.02")
def test_prohibited_goods_are_refused_and_no_supervisor_changes_that():
    reason = ("found", "CD-06.02", "goods_refused")

    assert reason in refused(found=frozenset({"prohibited"}))
    assert reason in refused(found=frozenset({"prohibited"}), released=True)


@pytest.mark.rule("CD-06.02")
def test_fragile_goods_are_stopped_until_a_supervisor_lets_them_pass():
    assert refused(found=frozenset({"fragile"})) == [("found", "CD-06.02", "goods_stopped")]

    released = judged(found=frozenset({"fragile"}), released=True)

    assert released.accepted
    assert ("CD-06.02", "goods_released") in [(s.clause, s.key) for s in released.steps]


@pytest.mark.rule("CD-07.19")
@pytest.mark.parametrize("goods", ["prohibited", "rival"])
def test_the_storefront_refuses_prohibited_goods_and_other_carriers_parcels(goods):
    for released in (False, True):
        assert ("found", "CD-07.19", "goods_refused") in refused(
            found=frozenset({goods}), released=released
        )


@pytest.mark.rule("CD-07.19")
def test_what_was_not_inspected_is_not_taken():
    assert refused(inspected=False) == [("inspected", "CD-07.19", "lacks.inspected")]
    assert judged(inspected=True).accepted


@pytest.mark.rule("CD-07.15")
@pytest.mark.parametrize("goods", ["battery", "liquid", "blade", "powder"])
def test_some_goods_travel_by_road_but_not_by_air(goods):
    found = frozenset({goods})

    assert refused(found=found, by_air=True) == [("found", "CD-07.15", "goods_refused_by_air")]
    assert refused(found=found, by_air=True, released=True)  # no supervisor decides about a plane
    assert judged(found=found, by_air=False).accepted


def test_the_house_adds_a_class_and_it_is_refused():
    content = CD.to_json()
    air = next(c for c in content["clauses"] if c["id"] == "CD-07.15")
    air["items"].append({"zh": "磁铁", "en": "Magnets"})
    edited = Rulebook.from_json(content)

    assert "磁铁" in AcceptanceRules.of(edited).kinds_by_air
    assert refused(edited, found=frozenset({"磁铁"}), by_air=True)
    with pytest.raises(ValueError, match="not on any list: 磁铁"):
        judged(CD, found=frozenset({"磁铁"}))


@pytest.mark.rule("CD-06.04")
@pytest.mark.parametrize(
    ("settlement", "form"),
    [("prepaid", "prepaid"), ("collect", "collect"), ("contract", "prepaid")],
)
def test_who_pays_decides_the_form(settlement, form):
    decision = judged(settlement=settlement)

    assert decision.form == form
    assert ("CD-06.04", "form_chosen") in [(s.clause, s.key) for s in decision.steps]


@pytest.mark.rule("CD-06.04", "CD-06.06")
def test_without_a_settlement_nothing_is_taken():
    assert refused(settlement="") == [
        ("settlement", "CD-06.06", "unsettled"),
        ("settlement", "CD-06.04", "form_open"),
    ]


@pytest.mark.rule("CD-06.06")
def test_there_are_three_settlements_and_no_other():
    for settlement in ("prepaid", "collect", "contract"):
        assert judged(settlement=settlement).accepted
    with pytest.raises(ValueError, match=r"CD-06\.06 knows no settlement 'on_tick'"):
        judged(settlement="on_tick")


@pytest.mark.rule("CD-06.05")
@pytest.mark.parametrize("settlement", ["prepaid", "collect", "contract"])
def test_the_customer_is_told_the_fee(settlement):
    told = refused(settlement=settlement, fee_told=False)

    assert told == [("fee_told", "CD-06.05", "lacks.fee_told")]
    assert judged(settlement=settlement, fee_told=True).accepted


@pytest.mark.rule("CD-06.07")
@pytest.mark.parametrize(
    ("price", "taken"),
    [
        (None, False),
        (Decimal("0"), False),
        (Decimal("0.004"), False),  # rounds to nothing
        (Decimal("0.01"), True),
    ],
)
def test_a_prepaid_parcel_shows_its_price(price, taken):
    decision = judged(price=price)

    assert decision.accepted is taken
    if not taken:
        assert refused(price=price) == [("price", "CD-06.07", "lacks.price")]


@pytest.mark.rule("CD-06.07")
@pytest.mark.parametrize("settlement", ["collect", "contract"])
def test_others_need_no_price(settlement):
    assert judged(settlement=settlement, price=None).accepted


@pytest.mark.rule("CD-06.08")
def test_a_prepaid_parcel_bears_the_counters_mark_with_the_clerks_number():
    assert judged(clerk="0882").mark == "柜台 0882"
    assert judged(settlement="collect").mark == ""
    assert judged(settlement="contract").mark == ""
    assert judged(inspected=False).mark == ""  # nothing to write on what is not taken


def test_the_words_of_the_mark_are_the_houses():
    content = CD.to_json()
    mark = next(c for c in content["clauses"] if c["id"] == "CD-06.08")
    mark["items"] = [{"zh": "{0.__class__} {clerk} 号", "en": "No. {clerk}"}]

    assert judged(Rulebook.from_json(content)).mark == "{0.__class__} 0881 号"


@pytest.mark.rule("ES-203.16")
@pytest.mark.parametrize("goods", ["explosive", "toxic", "restricted", "live_animal"])
def test_the_express_counter_checks_against_its_list(goods):
    assert ("inspected", "ES-203.16", "lacks.prohibited_checked") in refused(ES, inspected=False)
    assert refused(ES, found=frozenset({goods})) == [("found", "ES-203.16", "goods_refused")]
    assert refused(ES, found=frozenset({goods}), released=True)
    assert judged(ES).accepted


@pytest.mark.rule("ES-203.18")
def test_fragile_goods_want_a_notice_about_packing():
    fragile = judged(ES, found=frozenset({"fragile"}))

    assert fragile.accepted
    assert "ES-203.18" in clauses(fragile)
    assert "ES-203.18" not in clauses(judged(ES))


@pytest.mark.parametrize(
    "clause",
    [
        "CD-06.02",
        "CD-06.04",
        "CD-06.05",
        "CD-06.06",
        "CD-06.07",
        "CD-06.08",
        "CD-07.15",
        "CD-07.19",
    ],
)
def test_a_rulebook_without_the_clause_asks_for_nothing_there(clause):
    everything = {"prohibited", "fragile", "rival", "battery"}
    known = AcceptanceRules.of(without(CD, clause))
    found = frozenset(everything & (known.kinds | known.kinds_by_air).keys())
    facts = dataclasses.replace(
        WALK_IN, found=found, by_air=True, inspected=False, fee_told=False, price=None
    )

    assert clause not in clauses(judge_parcel(facts, known))
    assert clause not in clauses(judge_parcel(WALK_IN, known))
    asked = {*clauses(judge_parcel(WALK_IN, AcceptanceRules.of(CD)))}
    in_full = dataclasses.replace(facts, found=frozenset(everything))
    assert clause in asked | {*clauses(judge_parcel(in_full, AcceptanceRules.of(CD)))}


def test_every_reason_is_named_not_the_first_only():
    reasons = refused(
        settlement="", price=None, fee_told=False, inspected=False, found=frozenset({"rival"})
    )

    assert [(field, clause) for field, clause, _key in reasons] == [
        ("inspected", "CD-07.19"),
        ("found", "CD-07.19"),
        ("settlement", "CD-06.06"),
        ("settlement", "CD-06.04"),
        ("fee_told", "CD-06.05"),
    ]


def test_the_decision_explains_itself_from_what_was_stored():
    decision = judged(found=frozenset({"fragile"}), released=True)

    stored = json.loads(json.dumps(decision.inputs()))
    steps = [Step.from_json(step) for step in stored["steps"]]

    assert [(line.clause, line.text, line.value) for line in explain(steps, "zh-hans")] == [
        ("CD-06.02", "易碎品，主管已放行", "可收"),
        ("CD-06.02", "没有违禁品", "可收"),
        ("CD-07.19", "开箱验视过", "已验视"),
        ("CD-07.19", "没有违禁品、其他快递公司的件", "可收"),
        ("CD-06.06", "结算方式：现付", "已选"),
        ("CD-06.04", "用现付面单", "已定"),
        ("CD-06.05", "费用已告知客户", "已告知"),
        ("CD-06.07", "面单注明价格", "12.00 元"),
        ("CD-06.08", "面单右下角写“柜台 0881”", "要写"),
    ]
    english = [line.text for line in explain(steps, "en")]
    assert "Goes on: Prepaid waybill" in english
    assert not any("\u4e00" <= sign <= "\u9fff" for line in english[:-1] for sign in line)


def test_a_field_that_no_form_has_is_a_fault_of_the_rulebook():
    content = CD.to_json()
    told = next(c for c in content["clauses"] if c["id"] == "CD-06.05")
    told["fields"] = ["shoe_size"]

    with pytest.raises(ValueError, match="no field 'shoe_size'"):
        judged(Rulebook.from_json(content))
