"""``manage.py rules``: which clauses are proved, and of each other one why not."""

import importlib.util
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from kefu.policy.rulebook import FILES, load, load_all, shipped
from kefu.rulebooks import coverage
from kefu.rulebooks.coverage import Proof, State, digest

TEST = "tests/policy/test_it.py::test_a_late_answer"


def proof(of, **changed):
    written = next(one for one in shipped("CD")["clauses"] if one["id"] == of)
    facts = {
        "clause": digest(written),
        "basis": "b",
        "changes": 7,
        "unnoticed": (),
        "tests": (TEST,),
    }
    return Proof(**(facts | changed))


@pytest.fixture
def proofs(tmp_path, monkeypatch):
    """One clause is proved; the others lack something each."""
    monkeypatch.setattr(coverage, "PROVED", tmp_path / "proved.json")
    coverage.write(
        {
            "CD-05.09": proof("CD-05.09"),
            "CD-05.10": proof("CD-05.10", unnoticed=("fine = 201", "taken out")),
            "CD-05.11": proof("CD-05.11", clause="of another day"),
            "CD-05.12": proof("CD-05.12", failing=(TEST,)),
            "CD-05.13": proof("CD-05.13", changes=0),
        }
    )


def run(*args):
    out = StringIO()
    call_command("rules", *args, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("proofs")
def test_only_what_is_proved_counts_and_the_rest_says_why():
    found = json.loads(run("--json"))["rulebooks"]

    assert set(found) == set(FILES)
    for book in found.values():
        assert book["total"] == book["manual"] + book["automatable"]
        assert book["automatable"] == book["covered"] + len(book["missing"])
    courier = found["CD"]
    assert courier["covered"] == 1
    assert "CD-05.09" not in courier["missing"]
    assert {clause: courier["missing"][clause] for clause in sorted(courier["missing"]) if "CD-05.1" in clause} == {
        "CD-05.10": ["unnoticed: fine = 201", "unnoticed: taken out"],
        "CD-05.11": ["changed since it was proved: make mutate"],
        "CD-05.12": [f"fails as it is: {TEST}"],
        "CD-05.13": ["there is nothing to change"],
        **{f"CD-05.1{n}": ["no test"] for n in range(4, 10)},
    }  # fmt: skip


@pytest.mark.usefixtures("proofs")
def test_line_by_line_it_says_how_and_where_and_which_tests():
    area = load("CD")["CD-05.09"].area
    out = run("--rulebook", "CD", "--area", area)

    line = next(line for line in out.splitlines() if line.startswith("CD-05.09"))
    assert line.split()[1:5] == ["proved", area, "timer", "kefu.policy.clocks"]
    assert TEST in out
    assert "ES-" not in out
    assert "CD-05.09" not in run("--rulebook", "CD", "--missing")


def test_an_unknown_rulebook_is_one_sentence():
    with pytest.raises(CommandError, match="XX"):
        run("--rulebook", "XX")


def test_what_is_written_is_read_again(proofs):
    before = coverage.read()
    coverage.write(before)

    assert coverage.read() == before
    assert len(coverage.PROVED.read_text().splitlines()) == len(before) + 2  # one clause a line


# What ships with the product.


def test_the_proofs_are_of_the_clauses_as_they_stand():
    rules = {rule.id: rule for held in coverage.rules().values() for rule in held}

    stale = [rule.id for rule in rules.values() if rule.state == State.CHANGED]
    assert stale == [], "make mutate"
    assert set(coverage.read()) <= set(rules)


@pytest.fixture
def marked(request):
    """The tests of this run by the clauses that they name."""
    found: dict[str, set[str]] = {}
    for item in request.session.items:
        for mark in item.iter_markers("rule"):
            for clause in mark.args:
                found.setdefault(clause, set()).add(item.nodeid.partition("[")[0])
    return found


def test_every_mark_names_a_clause_there_is(marked):
    assert set(marked) <= {clause.id for rules in load_all().values() for clause in rules.clauses}


def test_every_proof_names_tests_there_are(marked, request):
    options = request.config.option
    if options.keyword or options.markexpr or any("::" in one for one in request.config.args):
        pytest.skip("only some tests of a file are run")
    files = {item.nodeid.partition("::")[0] for item in request.session.items}
    for clause, found in coverage.read().items():
        collected = {test for test in found.tests if test.partition("::")[0] in files}
        assert collected <= marked.get(clause, set()), f"{clause}: make mutate"


@pytest.mark.parametrize("code", FILES)
def test_each_rule_says_how_it_is_enforced_and_where(code):
    for rule in coverage.rules(code=code)[code]:
        assert rule.enforced or not rule.automatable, rule.id
        assert importlib.util.find_spec(rule.clause.module), f"{rule.id}: {rule.clause.module}"
