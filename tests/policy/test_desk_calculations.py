"""The desk's rules as anybody can try them out, and told in words."""

import ast
import json
import re
import string
from decimal import Decimal
from pathlib import Path

import pytest

from kefu.policy import access, measures, processes, requirements
from kefu.policy.clauses import (
    Access,
    Criterion,
    Fields,
    Items,
    Notice,
    Process,
    Quota,
    Rate,
    Recurring,
    Remark,
    Report,
    Request,
    Retention,
    Route,
)
from kefu.policy.desk_calculations import CALCULATIONS
from kefu.policy.explanation import explain
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import load, load_all
from kefu.policy.steps import Step
from kefu.policy.vocabulary import CHINESE, word
from kefu.policy.words_desk import DESK

CD, ES, LC, OS = load("CD"), load("ES"), load("LC"), load("OS")
BY_NAME = {calculation.name: calculation for calculation in CALCULATIONS}
NINE, EIGHT = "2026-11-20T09:00:00+08:00", "2026-11-20T08:00:00+08:00"

TRIED = [
    ("form", CD, {"form": "bulk_online_post", "recorded": ["waybill_present"]}, "missing", ["goods_in_warehouse"]),
    ("choice", CD, {"of": "refusal_reason", "facts": {"problem": "collect_refused"}}, "items", None),
    ("text", CD, {"field": "signature", "text": "１２３"}, "accepted", False),
    ("words", CD, {"form": "outbound_return", "values": {"person": "王强"}, "recorded": ["reason"]}, "text", "退回 王强"),
    ("ticks", CD, {"ticks": {"CD-12.43": 3}}, "points", "0.6"),
    ("process", LC, {"process": "claim", "done": [{"code": "register"}]}, "step", "investigate"),
    ("request", CD, {"request": "absence", "filed_at": NINE, "before": {"shift": EIGHT}, "told": ["supervisor"]}, "missing", ["late"]),
    ("route", CD, {"matter": "stored_parcel", "facts": {"parcel": "bulk"}}, "result", ["zone_b"]),
    ("access", LC, {"act": "approve_case", "relations": ["subject"]}, "allowed", False),
    ("number", CD, {"of": "cleaning_checks", "numbers": {"any": "5"}}, "kept", False),
    ("class", ES, {"of": "overtime_pay", "facts": {"post_allowance": "yes", "special_approval": "yes"}}, "class", "normal_formula"),
    ("rate", OS, {"rate": "collection", "parts": {"a": {"counted": "673", "of": "724"}}}, "percent", "93.0"),
    ("report", LC, {"report": "monthly_claims"}, "done_by", {"prepare": "adjuster", "issue": "centre"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rulebook", "facts", "asked", "answer"), TRIED)
def test_each_can_be_tried_out_and_explains_itself(name, rulebook, facts, asked, answer):
    decided = BY_NAME[name].run(rulebook, facts)

    assert answer is None or decided.result[asked] == answer
    stored = json.loads(json.dumps([step.to_json() for step in decided.steps]))
    steps = [Step.from_json(step) for step in stored]
    chinese, english = explain(steps, "zh-hans"), explain(steps, "en")
    assert chinese
    assert any("\u4e00" <= sign <= "\u9fff" for line in chinese for sign in line.text)
    words = "".join(line.text + line.value for line in english).replace("退回 {person}", "")
    assert set(words) <= {*string.printable, "÷", "×"}


def test_every_calculation_is_tried_and_has_a_form():
    assert {name for name, *_rest in TRIED} == set(BY_NAME)
    for calculation in CALCULATIONS:
        for fact in calculation.schema()["properties"].values():
            assert {"zh", "en"} <= fact.keys()


@pytest.mark.parametrize(
    ("name", "rulebook", "facts", "fault"),
    [
        ("form", CD, {"form": "problem_record"}, "problem"),
        ("form", CD, {"form": "Problem Record"}, "form"),
        ("process", LC, {"process": "claim", "done": [{"code": "close"}]}, "done"),
        ("route", CD, {"matter": "stored_parcel", "facts": {"parcel": "umbrella"}}, "parcel"),
        ("ticks", CD, {"ticks": {"CD-12.43": 0}}, r"ticks.CD-12.43"),
        ("number", CD, {"of": "cleaning_checks", "numbers": {"any": "-1"}}, "numbers.any"),
        ("number", CD, {"of": "cleaning_checks", "numbers": {"any": 1.5}}, "numbers.any"),
        ("request", CD, {"request": "absence", "filed_at": "2026-11-20T09:00:00"}, "filed_at"),
        ("rate", OS, {"rate": "collection", "parts": {"a": {"counted": "2", "of": "1"}}}, "parts"),
        ("text", CD, {"field": "signature", "text": "王" * 601}, "text"),
    ],
)
def test_bad_facts_are_named(name, rulebook, facts, fault):
    with pytest.raises(BadFacts) as refused:
        BY_NAME[name].run(rulebook, facts)
    assert fault in refused.value.faults


# The words.


def test_every_step_the_desk_can_take_has_words_with_the_same_places_in_both_languages():
    taken = {"goes_owner", "goes_told", "goes_result"}
    for module in (access, measures, processes, requirements):
        for call in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "Step.of":
                taken |= _texts(call.args[1])

    assert taken
    for key in taken:
        assert {f"step.{key}", f"step.{key}.value"} <= DESK.keys()
    for key, both in DESK.items():
        assert _places(both.zh) == _places(both.en), key


def _texts(node):
    """The texts an argument can be, "" for one that is put together elsewhere."""
    found = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
    return {text for text in found if isinstance(text, str) and "_" in text and text != "goes_"}


def _places(text):
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_every_name_a_rulebook_uses_has_a_chinese_word():
    used = set()
    for rulebook in load_all().values():
        for clause in rulebook.clauses:
            used |= set(_spoken(clause))

    assert sorted(used - CHINESE.keys()) == []
    assert all(re.search("[\u4e00-\u9fff]", chinese) for chinese in CHINESE.values())


def _spoken(clause):
    match clause:
        case Fields():
            yield from clause.fields or ()
        case Items() | Notice() | Retention():
            yield from clause.fields
        case Recurring():
            yield from (*clause.about, *([clause.after] if clause.after else []))
        case Remark():
            yield from (*clause.placeholders, *clause.needs)
            yield from [clause.filler.times] if clause.filler else []
        case Process():
            for step in clause.steps:
                yield from (*step.needs, *step.outcomes, *([step.by] if step.by else []))
        case Request():
            yield from (*clause.consents, *clause.told, *clause.approvers, *clause.needs)
            yield from (*clause.late_with, *clause.afterwards, *clause.outcomes)
        case Route():
            yield from (name for targets in clause.to.values() for name in targets)
        case Access():
            yield from (*clause.roles, *clause.relations, *clause.barred)
            yield from (*clause.needs, *clause.exception)
        case Quota():
            yield from (clause.of, clause.per, *clause.needs)
        case Criterion():
            yield from (clause.gives, *([clause.measure] if clause.measure else []))
        case Report():
            yield from (*clause.columns, *clause.group_by, *clause.needs, *clause.recipients)
            yield from clause.steps.values()
        case Rate():
            yield from (clause.counted, clause.of, *clause.by)


def test_a_name_the_house_has_added_is_shown_as_it_is():
    assert word("waybill_number", "zh-hans") == "运单号"
    assert word("amount_yuan", "en") == "amount"
    assert word("id_card", "en") == "ID card"
    assert word("shoe_size", "zh-hans") == "shoe_size"
    assert word("shoe_size", "en") == "shoe size"


def test_a_decision_reads_like_a_sentence():
    found = measures.ratios(CD, "satisfaction", {"all": (Decimal(96), Decimal(100))})
    classed = measures.classify(
        ES,
        "complaint_class",
        {"category": "damaged", "contents": "damaged", "earlier_complaint": "none"},
        {"item_value_yuan": Decimal("500.00")},
    )

    assert [(line.text, line.value) for line in explain(found.steps, "zh-hans")] == [
        ("满意的答卷 96 ÷ 答卷 100", "96.0%"),
        ("目标 96%", "达标"),
    ]
    assert [(line.text, line.value) for line in explain(classed.steps, "zh-hans")] == [
        ("物品价值 500.00，不少于 500", "重大")
    ]
    assert [(line.text, line.value) for line in explain(classed.steps, "en")] == [
        ("item value: 500.00, at least 500", "major")
    ]
