"""What a form asks for, what may be chosen and written, what a checklist takes off: the mechanism."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy.conditions import MissingFact, holds
from kefu.policy.requirements import (
    checklist_tally,
    composed,
    judge_text,
    offered,
    prevailing,
    requirements,
)
from kefu.policy.rulebook import RulebookError, load
from tests.policy.books import edited

CD, ES, LC = load("CD"), load("ES"), load("LC")
FEW = settings(max_examples=30, deadline=None)

NOBODY_HOME = {"problem": "nobody_home", "reached": "no", "phone_on_waybill": "yes"}


def test_every_clause_that_applies_asks_for_its_own():
    found = requirements(CD, "problem_record", (), NOBODY_HOME)

    assert [(lack.clause, lack.names) for lack in found.lacks] == [
        ("CD-09.05", ("every_number_called",)),
        ("CD-09.16", ("attempt_date", "attempt_hour_and_minute")),
    ]
    assert requirements(CD, "problem_record", found.missing, NOBODY_HOME).complete


@FEW
@given(st.sets(st.sampled_from(["every_number_called", "attempt_date", "attempt_hour_and_minute"])))
def test_recording_more_never_makes_more_missing(recorded):
    missing = set(requirements(CD, "problem_record", recorded, NOBODY_HOME).missing)

    assert missing == {"every_number_called", "attempt_date", "attempt_hour_and_minute"} - recorded


def test_a_form_that_no_clause_speaks_of_lacks_nothing():
    assert requirements(CD, "shopping_list", ()).complete
    assert offered(CD, "pudding").keys == ()
    assert composed(CD, "shopping_list").text == ""
    assert judge_text(CD, "shoe_size", "44").accepted


def test_a_fact_that_decides_has_to_be_given():
    with pytest.raises(MissingFact, match=r"CD-09\.\d\d: whether it applies hangs on") as refused:
        requirements(CD, "problem_record", (), {"problem": "address_unclear"})
    assert refused.value.clause.startswith("CD-09.")


@FEW
@given(
    st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz")),
    st.dictionaries(st.sampled_from("abc"), st.tuples(st.sampled_from("xyz"))),
)
def test_one_fact_that_differs_decides_whatever_else_is_missing(facts, when):
    differs = any(name in facts and facts[name] not in values for name, values in when.items())
    unknown = set(when) - set(facts)

    if differs:
        assert not holds("CD-01.01", when, facts)
    elif unknown:
        with pytest.raises(MissingFact):
            holds("CD-01.01", when, facts)
    else:
        assert holds("CD-01.01", when, facts)


def test_a_list_the_house_has_not_filled_says_so():
    found = offered(CD, "report_contact")

    assert (found.keys, [step.key for step in found.steps]) == ((), ["list_not_set"])


def test_a_house_strikes_out_a_choice_and_it_is_not_offered():
    kept = [{"zh": "愿意来取", "en": "Will collect it", "code": "willing"}]
    house = edited(CD, "CD-09.19", items=kept)

    assert offered(house, "pickup_answer", {"problem": "out_of_area"}).keys == ("willing",)


def test_what_is_on_no_list_has_no_precedence():
    assert prevailing(ES, "day_type_source", ()) is None
    with pytest.raises(ValueError, match="birthday is not one of"):
        prevailing(ES, "day_type_source", {"birthday"})


# Texts.


def identity(seventeen: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(w * int(d) for w, d in zip(weights, seventeen, strict=True))
    return seventeen + "10X98765432"[total % 11]


DIGITS = st.text("0123456789", min_size=17, max_size=17)


@FEW
@given(DIGITS)
def test_an_identity_number_with_its_check_digit_is_taken(seventeen):
    assert judge_text(ES, "id_number", f" {identity(seventeen)} ").accepted


@FEW
@given(DIGITS, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_of_an_identity_number_is_found(seventeen, place, by):
    number = identity(seventeen)
    wrong = str((int(number[place]) + by) % 10)

    verdict = judge_text(ES, "id_number", number[:place] + wrong + number[place + 1 :])

    assert [step.key for step in verdict.steps] == ["text_checksum"]


@FEW
@given(st.text(max_size=600))
def test_any_text_is_judged_and_none_breaks_the_judge(text):
    judge_text(ES, "id_number", text)
    judge_text(CD, "signature", text)


def test_a_text_beyond_all_measure_is_refused_by_name():
    with pytest.raises(ValueError, match="signature: an entry has at most 600 signs"):
        judge_text(CD, "signature", "王" * 601)


# Words.


@FEW
@given(st.text(min_size=1, max_size=40).filter(str.strip))
def test_what_is_filled_in_is_only_text(name):
    found = composed(CD, "outbound_return", values={"person": name}, recorded=("reason",))

    assert found.text == f"退回 {name.strip()}"


def test_a_name_goes_into_the_words_and_not_into_the_reasons():
    found = composed(CD, "outbound_return", values={"person": "王强"}, recorded=("reason",))

    assert "王强" in found.text
    assert "王强" not in str([step.to_json() for step in found.steps])


def test_braces_in_a_name_fill_nothing():
    values = {"person": "{reason}"}

    assert (
        composed(CD, "outbound_return", values=values, recorded=("reason",)).text == "退回 {reason}"
    )


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("退回 {person", "cannot be read"),
        ("退回 {person.__class__}", "a plain name"),
        ("退回 {0}", "a plain name"),
        ("退回 {人}", "a plain name"),
        ("退回 {filler}", "go together"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(template, reason):
    with pytest.raises(RulebookError, match=reason):
        edited(CD, "CD-04.23", template=template)


@pytest.mark.parametrize("unreadable", [-1, 61])
def test_nobody_has_so_many_characters(unreadable):
    with pytest.raises(ValueError, match=r"CD-10\.09: unreadable_characters"):
        composed(
            CD,
            "signature_entry",
            {"signature": "surname"},
            values={"surname": "王"},
            counts={"unreadable_characters": unreadable},
        )


def test_two_clauses_that_want_different_words_are_a_fault():
    other = edited(CD, "CD-10.12", when={"signature": ["illegible", "missing"]})

    with pytest.raises(ValueError, match="want different words: 已收 / 草签"):
        composed(other, "signature_entry", {"signature": "illegible"})


# Checklists.


@FEW
@given(st.dictionaries(st.sampled_from(["CD-12.27", "CD-12.32", "CD-12.43"]), st.integers(1, 1000)))
def test_points_add_up_exactly(ticks):
    each = {"CD-12.27": Decimal("0.5"), "CD-12.32": Decimal("0.5"), "CD-12.43": Decimal("0.2")}

    found = checklist_tally(CD, ticks)

    assert found.points == sum(each[clause] * times for clause, times in ticks.items())
    assert (found.fine, len(found.steps)) == (0, len(ticks))


@pytest.mark.parametrize("times", [0, -1, 1001])
def test_a_line_is_ticked_a_number_of_times(times):
    with pytest.raises(ValueError, match=r"CD-12\.43: ticked"):
        checklist_tally(CD, {"CD-12.43": times})


def test_only_lines_are_ticked():
    with pytest.raises(TypeError, match=r"CD-09\.03 is no line"):
        checklist_tally(CD, {"CD-09.03": 1})
    with pytest.raises(KeyError, match=r"CD has no clause CD-99\.99"):
        checklist_tally(CD, {"CD-99.99": 1})


# What a clause must not say.


@pytest.mark.parametrize(
    ("clause", "settings", "reason"),
    [
        ("CD-09.13", {"only": {"shoe_size": {"changed": ["phone"]}}}, "is not asked for"),
        ("CD-09.03", {"when": {"problem": []}}, "at least 1 item"),
        ("CD-09.03", {"fields": []}, "at least 1 item"),
        ("CD-10.04", {"refuse_digits_only": False}, "asks for something"),
        ("ES-403.04", {"digits": None}, "goes with a number of digits"),
        ("ES-403.03", {"house_pattern": "("}, "no regular expression"),
        ("CD-10.09", {"filler": None}, "go together"),
    ],
)
def test_a_clause_that_makes_no_sense_is_refused(clause, settings, reason):
    rulebook = CD if clause.startswith("CD") else ES

    with pytest.raises(RulebookError, match=reason):
        edited(rulebook, clause, **settings)
