"""Every reason why no decision is made is known by a key and has its words in both languages."""

import ast
import re
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kefu import policy
from kefu.policy.refusals import BadFacts, cannot_be, wanted
from kefu.policy.wording import WORDS

POLICY = Path(policy.__file__).parent
# The schema of rulebooks speaks for itself: what it says is told in ``kefu.rulebooks.sentences``.
SCHEMA = {"clauses", "rulebook.py"}
# A moment without zone, a field that no form has: mistakes of the program, which nobody reads.
PROGRAM = {"steps.py", "acceptance.py", "money.py"}


def calls():
    for source in sorted(POLICY.rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield source, node


def refusals():
    """(key, names of the inputs) of every refusal in policy's source."""
    for _source, call in calls():
        if call.func.id in ("cannot_be", "wanted"):
            yield call.args[0].value, frozenset(given.arg for given in call.keywords)


@pytest.mark.parametrize(("key", "inputs"), sorted(set(refusals()), key=str))
def test_a_refusal_has_its_words_with_exactly_its_inputs(key, inputs):
    said = WORDS[f"refusal.{key}"]

    assert re.search("[\\u4e00-\\u9fff]", said.zh)
    for text in said:
        assert {name for _t, name, _f, _c in string.Formatter().parse(text) if name} == inputs


def test_no_words_wait_for_a_refusal_that_nobody_makes():
    written = {key.removeprefix("refusal.") for key in WORDS if key.startswith("refusal.")}

    assert written == {key for key, _inputs in refusals()}


def test_policy_refuses_in_no_words_of_its_own():
    errors = ("ValueError", "LookupError", "KeyError")
    said = [
        (source.name, call.lineno)
        for source, call in calls()
        if call.func.id in errors and not SCHEMA & set(source.relative_to(POLICY).parts)
    ]

    assert {name for name, _line in said} <= PROGRAM


def test_it_is_told_in_words_and_logged_as_the_program_has_it():
    found = wanted("hangs_on", clause="CD-05.07", fact="delay_days")

    assert found.wanted
    assert found.said("zh") == "CD-05.07 要看“延误天数”，还没有填"
    assert (
        found.said("en") == "CD-05.07: whether it applies hangs on delay days, which is not given"
    )
    assert "hangs on delay_days" in str(found)


def test_instants_are_told_as_the_clock_in_shanghai_shows_them():
    refused = cannot_be(
        "before_start",
        until_at=datetime(2026, 11, 20, 1, 30, tzinfo=UTC),
        starts_at=datetime(2026, 11, 20, 2, 0, 5, tzinfo=UTC),
    )

    assert refused.said("en") == "2026-11-20 09:30 lies before the start at 2026-11-20 10:00:05"


def test_names_are_listed_in_words():
    refused = cannot_be("not_one_of", of="parcel", names=["umbrella"], known=["bulk", "missent"])

    assert refused.said("en") == "parcel: umbrella is not one of bulk, missent"
    assert str(BadFacts({"parcel": refused, "": cannot_be("day_twice")})) == (
        "parcel: parcel: umbrella is not one of bulk, missent; a day is named twice"
    )
