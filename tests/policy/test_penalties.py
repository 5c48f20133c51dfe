"""Penalties beyond the regulations: schema, impossible facts, ladders as properties."""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy import penalties
from kefu.policy.calculations import calculation
from kefu.policy.clauses import Bearer, Compensation, Consequence, NotSet
from kefu.policy.clauses.penalties import Bounds, Counting
from kefu.policy.consequences import consequence, consequences_of
from kefu.policy.explanation import explain, explain_penalty
from kefu.policy.ladders import Happening, NoLadder, count, escalation, ladder
from kefu.policy.penalties import Breach, NobodyLiable, OutsideRange, assess, liable
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import RulebookError, load, load_all
from kefu.policy.wording import WORDS
from tests.policy.money_book import book, penalty

OS, CD = load("OS"), load("CD")
FIRST = "ZZ-01.01"


def assessed(clause, **facts):
    return assess(book(clause), Breach.model_validate({"clause": FIRST} | facts))


# What a clause may say.


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "exactly one of fine and points"),
        ({"fine": "10", "points": "1"}, "exactly one of fine and points"),
        ({"fine": "10", "measures": ["warning"]}, "exactly one of fine and points"),
        ({"fine": "10", "derived": {"of": "list_price"}}, "exactly one of fine and points"),
        ({"measures": ["beheading"]}, "measures.0"),
        ({"fine": "10", "per": "moon"}, "per"),
        ({"fine": "10", "term": {"until": "passed"}}, "a term is that of a measure"),
        ({"measures": ["suspension"], "term": {}}, "a number or says until when"),
        (
            {"measures": ["suspension"], "term": {"number": 7, "unit": "days", "until": "x"}},
            "a number or says until when",
        ),
        ({"measures": ["suspension"], "term": {"number": 7}}, "number and unit go together"),
        ({"fine_range": {"at_least": "5", "at_most": "5"}}, "at_least is below at_most"),
        (
            {
                "fine_range": {
                    "at_least": "5",
                    "at_most": "9",
                    "house": {"proposals": [{"severity": "general", "amount": "9.01"}]},
                }
            },
            "9.01 is proposed and not in the range",
        ),
        ({"derived": {"of": "list_price", "multiplier": "0"}}, "derived.multiplier"),
        ({"derived": {"of": "ZZ-09.09"}}, "derived: there is no clause ZZ-09.09"),
        ({"fine": "10", "only_with": ["ZZ-09.09"]}, "only_with: there is no clause ZZ-09.09"),
        ({"fine": "10", "not_beside": ["ZZ-09.09"]}, "not_beside: there is no clause ZZ-09.09"),
        ({"fine": "10", "when": [{"of": "minutes"}]}, "a number has a bound"),
        ({"fine": "10", "when": [{"of": "minutes", "over": "5", "at_most": "5"}]}, "leave nothing"),
        ({"fine": "10", "when": [{"of": "minutes", "over": "5", "at_least": "6"}]}, "not both"),
        ({"fine": "10", "when": [{"of": "a", "over": "5"}], "match": "any"}, "chooses among"),
        ({"fine": "10", "nth": 2}, "the condition nth and what belongs to it"),
        ({"fine": "10", "condition": "nth"}, "the condition nth and what belongs to it"),
        ({"fine": "10", "counts": {"of": "lapses"}}, "counts goes with nth"),
        ({"points": "1", "at_most": "10"}, "at_most is an amount of money"),
        ({"fine": "10", "evidence_any_of": ["photo"]}, "evidence_any_of goes with"),
        ({"fine": "10", "follows": [FIRST], "needs": ["late"]}, "raised by time alone"),
    ],
)
def test_a_clause_that_makes_no_sense_is_refused(settings, reason):
    with pytest.raises(RulebookError, match=reason.replace(".", r"\.")):
        book(penalty(**settings))


def test_two_steps_cannot_begin_at_one_count():
    step = penalty(fine="10", condition="nth", nth=2, counts={"of": "lapses"})

    with pytest.raises(RulebookError, match=r"ZZ-01\.02: says what ZZ-01\.01 says already"):
        book(step, step)


def test_a_measure_is_never_raised_by_a_clock():
    clock = {"kind": "elapsed", "times": "outlet_reply", "role": "queried_outlet", "limit": 2}
    warnings = {"warn_before_minutes": None, "lead_before_minutes": None}
    timed = clock | {"unit": "hours", "house": warnings}
    rules = book(timed, penalty(measures=["warning"], follows=[FIRST]))

    assert consequences_of(rules, FIRST) == ()
    assert consequence(rules, "ZZ-01.02").kind == "measure"


# What cannot be.


@pytest.mark.parametrize(
    ("clause", "facts", "fault"),
    [
        (penalty(fine="10", per="month"), {"times": 2}, "times"),
        (penalty(fine="10"), {"chosen": "20"}, "chosen"),
        (penalty(measures=["warning"]), {"chosen": "20"}, "chosen"),
        (penalty(fine="10"), {"base": "20"}, "base"),
        (penalty(fine="10"), {"measure": "warning"}, "measure"),
        (penalty(fine=None), {"chosen": "0"}, "chosen"),
    ],
)
def test_facts_that_do_not_belong_to_the_clause_are_refused_by_name(clause, facts, fault):
    with pytest.raises(BadFacts) as refused:
        assessed(clause, **facts)

    assert list(refused.value.faults) == [fault]


@pytest.mark.parametrize(
    "facts",
    [
        {"times": 0},
        {"times": -1},
        {"times": 1.5},
        {"base": "-1"},
        {"base": "NaN"},
        {"base": "Infinity"},
        {"base": "1e30"},
        {"chosen": 12.5},
        {"chosen": "0.001"},
        {"count": -1},
        {"numbers": {"score": "NaN"}},
        {"numbers": {"Score!": "1"}},
        {"complaint": "bad_mood"},
        {"on": "1066-10-14"},
        {"clause": "7"},
        {"parties": {"king": "周"}},
        {"colour": "red"},
    ],
)
def test_bad_facts_are_named_by_the_calculator(facts):
    with pytest.raises(BadFacts) as refused:
        calculation("penalty").run(CD, {"clause": "CD-05.07"} | facts)

    assert next(iter(refused.value.faults)).split(".")[0] in facts


def test_a_clause_that_is_not_there_or_no_penalty():
    with pytest.raises(KeyError, match=r"CD has no clause CD-99\.99"):
        assess(CD, Breach(clause="CD-99.99"))
    with pytest.raises(TypeError, match=r"CD-05\.09 is no consequence"):
        assess(CD, Breach(clause="CD-05.09"))


def test_what_has_not_happened_yet_is_not_counted():
    tomorrow = Happening(of="service_complaints", on=date(2026, 11, 22))

    with pytest.raises(BadFacts, match="2026-11-22 is after the day it is judged"):
        assess(OS, Breach(clause="OS-04.21", history=(tomorrow,), on=date(2026, 11, 21)))


def test_the_liable_party_is_named_for_the_role():
    assert liable("origin_outlet", {"origin_outlet": "城北网点"}) == "城北网点"
    with pytest.raises(NobodyLiable, match="nobody is named as parent_outlet"):
        liable("parent_outlet", {"contractor": "城北三区"})


def test_the_calculator_names_whom_it_costs():
    facts = {"clause": "CD-05.05", "parties": {"parent_outlet": "城北网点", "contractor": "三区"}}

    assert calculation("penalty").run(CD, facts).result["party"] == "城北网点"


# What it comes to.


@pytest.mark.parametrize("per", ["occurrence", "parcel", "report", "person", "day", "hour"])
def test_what_is_counted_is_multiplied_to_the_fen(per):
    assert assessed(penalty(fine="0.07", per=per), times=13).amount == Decimal("0.91")


def test_a_cap_is_never_passed():
    capped = penalty(fine="200", per="day", at_most="1000.00")

    assert assessed(capped, times=5).amount == Decimal("1000.00")
    found = assessed(capped, times=6)
    assert found.amount == Decimal("1000.00")
    assert [line.value for line in explain(found.steps, "en")][-2:] == [
        "1,200.00 yuan",
        "1,000.00 yuan",
    ]


def test_points_are_not_rounded_and_a_blank_is_entered():
    assert assessed(penalty(points="0.25"), times=3).points == Decimal("0.75")
    blank = penalty(points=None)
    assert assessed(blank).missing == ("points",)
    assert assessed(blank, chosen="1.50").points == Decimal("1.5")


def test_days_of_wage():
    wages = penalty(derived={"of": "monthly_wage", "multiplier": "3", "divisor": "21.75"})

    assert assessed(wages, base="3000").amount == Decimal("413.79")  # 413.793…
    assert assessed(wages, base="3000", times=2).amount == Decimal("827.58")


def test_a_fine_that_comes_out_of_a_blank_one_is_not_set():
    first, double = penalty(fine=None), penalty(derived={"of": FIRST, "multiplier": "2"})

    with pytest.raises(NotSet, match=r"ZZ-01\.01: fine is not set"):
        assess(book(first, double), Breach(clause="ZZ-01.02"))


def test_a_range_says_what_was_refused():
    ranged = penalty(fine_range={"at_least": "200", "at_most": "500"})

    assert assessed(ranged, chosen="200").proposed is None
    with pytest.raises(OutsideRange, match=r"ZZ-01\.01: chosen 199\.99 is not between 200 and 500"):
        assessed(ranged, chosen="199.99")


def test_what_is_not_there_yet_is_missing_and_what_is_ruled_out_costs_nothing():
    clause = penalty(
        fine="10",
        condition="complaint",
        causes=["lost"],
        when=[{"of": "days", "at_least": "3"}],
        liability="claim",
    )

    open_ = assessed(clause)
    other = assessed(clause, complaint="damaged", numbers={"days": "3"})
    out = assessed(clause, complaint="lost", numbers={"days": "2.9"})
    owed = assessed(clause, complaint="lost", numbers={"days": "3"})

    assert (open_.state, open_.amount, open_.missing) == ("open", 10, ("complaint", "days"))
    assert (other.state, other.missing) == ("open", ("complaint",))
    assert (out.state, out.amount, out.liability, out.missing) == ("does_not_apply", None, None, ())
    assert (owed.state, owed.amount, owed.liability) == ("applies", 10, "claim")


def test_a_clause_that_yields_to_another_costs_nothing():
    rules = book(penalty(fine="10", yields_to="ZZ-01.02"), penalty(fine="20"))

    yielding, winning = (assess(rules, Breach(clause=one)) for one in (FIRST, "ZZ-01.02"))

    assert (yielding.state, yielding.amount) == ("does_not_apply", None)
    assert (winning.state, winning.amount) == ("applies", 20)


@pytest.mark.parametrize(
    ("match", "a", "b", "state"),
    [
        ("all", "6", "6", "applies"),
        ("all", "6", "5", "does_not_apply"),
        ("all", "5", None, "does_not_apply"),
        ("all", "6", None, "open"),
        ("any", "6", None, "applies"),
        ("any", "5", "5", "does_not_apply"),
        ("any", "5", None, "open"),
        ("any", None, None, "open"),
    ],
)
def test_one_number_or_all_of_them(match, a, b, state):
    when = [{"of": "a", "over": "5"}, {"of": "b", "over": "5"}]
    numbers = {name: number for name, number in (("a", a), ("b", b)) if number}

    assert assessed(penalty(fine="1", when=when, match=match), numbers=numbers).state == state


@given(
    st.decimals(0, 100, places=2),
    st.decimals(0, 50, places=2),
    st.decimals("50.01", 100, places=2),
)
@settings(max_examples=20, deadline=None)
def test_bounds_split_the_numbers_without_a_gap(number, low, high):
    below, within, above = (
        Bounds(of="x", at_most=low),
        Bounds(of="x", over=low, under=high),
        Bounds(of="x", at_least=high),
    )

    assert sum(bounds.holds(number) for bounds in (below, within, above)) == 1


# Ladders.


@st.composite
def ladders(draw):
    nths = sorted(draw(st.sets(st.integers(1, 12), min_size=1, max_size=5)))
    fine = {"condition": "nth", "counts": {"of": "lapses"}}
    return book(*(penalty(fine=str(10 * nth), nth=nth, **fine) for nth in nths)), nths


@given(ladders(), st.integers(0, 30))
@settings(max_examples=15, deadline=None)
def test_each_count_has_one_step_and_the_ladder_no_gap(made, counted):
    rules, nths = made
    history = tuple(Happening(of="lapses", on=date(2026, 1, 1)) for _ in range(counted))
    states = {
        step.id: assess(rules, Breach(clause=step.id, history=history)).state
        for step in ladder(rules, "lapses")
    }

    reached = [nth for nth in nths if nth <= counted]
    step = escalation(rules, "lapses", counted)

    assert (step and step.nth) == (reached[-1] if reached else None)
    assert list(states.values()).count("applies") == bool(reached)
    if reached:
        later = escalation(rules, "lapses", counted + 1)
        assert later.fine >= step.fine  # monotone, as the steps are


@given(st.lists(st.booleans(), max_size=30), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_a_row_is_as_long_as_the_last_run(hits, top):
    history = [
        Happening(of="x", on=date(2026, 1, i), other=not hit) for i, hit in enumerate(hits, 1)
    ]
    run = len("".join("x" if hit else " " for hit in hits).split(" ")[-1])

    in_a_row = Counting(of="x", others_break=True)
    restarting = Counting(of="x", others_break=True, restarts=True)

    assert count(history, in_a_row, None, top) == run
    assert count(history, Counting(of="x"), None, top) == sum(hits)
    assert count(history, restarting, None, top) == ((run - 1) % top + 1 if run else 0)


@pytest.mark.parametrize(
    ("within", "counted"), [("all", 4), ("calendar_year", 2), ("calendar_month", 1)]
)
def test_a_period_is_that_of_the_day_it_is_judged(within, counted):
    days = [date(2025, 11, 20), date(2025, 12, 31), date(2026, 1, 1), date(2026, 11, 1)]
    history = [Happening(of="x", on=day) for day in days]

    assert count(history, Counting(of="x", within=within), date(2026, 11, 21), 9) == counted


def test_the_calculator_tells_the_step_of_a_count():
    run = calculation("escalation").run

    assert run(OS, {"of": "service_complaints", "count": 2}).result["amount"] == "60.00"
    assert run(OS, {"of": "service_complaints", "count": 3}).result["measures"] == ["dismissal"]
    assert run(CD, {"of": "contacts_without_result", "count": 1}).result["clause"] is None
    with pytest.raises(NoLadder):
        run(OS, {"of": "lapses", "count": 1})


# Words.


def test_the_arithmetic_is_told_in_both_languages():
    facts = {"clause": "OS-04.22", "verified": True, "count": 2, "times": 2}
    found = assess(OS, Breach.model_validate(facts))

    told = {
        language: [(line.text, line.value) for line in explain(found.steps, language)]
        for language in ("zh", "en")
    }

    assert told["zh"] == [
        ("核实：已查明", "具备"),
        ("服务投诉第 2 次，从第 2 次起", "适用"),
        ("OS-04.21 30.00 元 × 2", "60.00 元"),
        ("每次 60.00 元 × 2", "120.00 元"),
    ]
    assert told["en"] == [
        ("Verification: established", "met"),
        ("Service complaints: number 2, from number 2 on", "applies"),
        ("OS-04.21 30.00 yuan × 2", "60.00 yuan"),
        ("60.00 yuan per occurrence × 2", "120.00 yuan"),
    ]


def test_a_measure_explains_itself_in_the_frame_of_a_penalty():
    row = consequence(OS, "OS-04.23").inputs | {"happened_at": "2026-11-20T10:00:00+08:00"}

    told = explain_penalty(row | {"state": "payable"}, "zh", OS)

    assert told.result == "应执行 由主管决定"


def names_of(clause: Consequence):
    yield from (*clause.conditions, *clause.needs, *clause.needs_any)
    yield from (bounds.of for bounds in clause.when)
    if clause.counts:
        yield clause.counts.of
    if clause.derived and clause.derived.of[0].islower():
        yield clause.derived.of
    if clause.term and clause.term.until:
        yield clause.term.until


@pytest.mark.parametrize("code", load_all())
def test_every_fact_measure_and_role_has_its_words(code):
    for clause in load(code).in_force(Consequence):
        for name in set(names_of(clause)) - {"at_once"}:
            assert f"fact.{name}" in WORDS, (clause.id, name)
        for measure in clause.measures:
            assert f"measure.{measure}" in WORDS
        assert {f"role.{clause.role}", f"per.{clause.per}"} <= WORDS.keys()


def test_every_step_has_its_words():
    for module in ("penalties", "fees", "compensation"):
        source = Path(penalties.__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
        for key in set(re.findall(r'"((?:penalty|fee|claim|fund)_[a-z_]+)"', source)) - {FORM}:
            assert {f"step.{key}", f"step.{key}.value"} <= WORDS.keys(), key
    for basis in get_args(Compensation.model_fields["basis"].annotation):
        assert f"basis.{basis}" in WORDS or basis == "chosen"
        assert f"step.claim_{basis}" in WORDS
    for limit in ("maximum", "minimum"):
        assert {f"step.claim_{limit}", f"step.claim_within_{limit}"} <= WORDS.keys()
    for act in get_args(Bearer.model_fields["act"].annotation):
        assert f"step.fee_{act}" in WORDS or act == "tops_up"


FORM = "claim_agreement"


# The calculator.


@pytest.mark.parametrize("name", ["penalty", "escalation"])
def test_the_form_is_labelled_in_both_languages(name):
    schema = calculation(name).schema()

    json.dumps(schema)
    for field, shown in schema["properties"].items():
        assert shown["zh"] and shown["en"], field


@given(
    st.fixed_dictionaries(
        {"clause": st.sampled_from(sorted(c.id for c in CD.in_force(Consequence)))},
        optional={
            "times": st.integers(-1, 5),
            "chosen": st.decimals(-1, 600, places=2).map(str),
            "base": st.decimals(0, 10**6, places=2).map(str),
            "verified": st.booleans(),
            "count": st.integers(0, 5),
            "complaint": st.sampled_from(["lost", "damaged", "shirking", "nonsense"]),
            "raised": st.lists(st.sampled_from(["CD-05.21", "CD-05.29"]), max_size=2),
            "measure": st.sampled_from(["dismissal", "performance_pay_lost"]),
            "established": st.lists(st.sampled_from(["shirked", "abusive", "incident"])),
        },
    )
)
@settings(max_examples=20, deadline=None)
def test_whatever_is_tried_out_is_decided_or_refused_by_name(facts):
    try:
        found = calculation("penalty").run(CD, facts)
    except (BadFacts, OutsideRange):
        return

    json.dumps(found.result)
    amount = found.result["amount"]
    assert amount is None or Decimal(amount) == Decimal(amount).quantize(Decimal("0.01"))
    for language in ("zh", "en"):
        for line in explain(found.steps, language):
            assert line.text and "{" not in line.text
