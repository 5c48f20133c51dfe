"""Does the tool that looks for toothless tests find them?"""

import gc
import importlib.util

import pytest

from kefu.policy import rulebook
from kefu.rulebooks import coverage
from tools.mutate import guards
from tools.mutate.__main__ import Runner
from tools.mutate.changes import changes

# Its last test is skipped on purpose: such a one proves nothing, and the tool has to say so.
MARKED = """
import pytest
from kefu.policy.clocks import OutletRules
from kefu.policy.rulebook import load

CD = load("CD")
RULES = OutletRules.of(CD)  # follows from the rulebook

@pytest.mark.rule("CD-05.09")
def test_that_has_teeth():
    clause = RULES.clock
    assert clause.model_dump(exclude={"label_zh"}) == %r

@pytest.fixture(scope="module")
def shared():
    return []

@pytest.mark.rule("CD-05.10")
@pytest.mark.parametrize("clause", ["CD-05.10"])
def test_that_looks_at_nothing_but_the_fine(clause, shared, tmp_path):
    assert CD[clause].fine == 200

@pytest.mark.rule("CD-05.11")
def test_that_fails_anyhow():
    assert CD["CD-05.11"].fine == 1

@pytest.mark.rule("CD-05.12")
@pytest.mark.skip
def test_that_is_skipped():
    assert CD["CD-05.12"].fine == 1
"""


@pytest.fixture
def found(tmp_path, monkeypatch):
    """What came of it for each clause, in a run of its own over four tests."""
    monkeypatch.setattr(coverage, "PROVED", tmp_path / "proved.json")
    sample = tmp_path / "test_marked.py"
    told = rulebook.load("CD")["CD-05.09"].model_dump(exclude={"label_zh"})
    sample.write_text(MARKED % told, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = rule(*ids)\n")
    quiet = ["-qq", "-s", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:django"]
    try:
        pytest.main(
            [*quiet, "-c", str(tmp_path / "pytest.ini"), str(sample)], plugins=[Runner(("CD-05",))]
        )
    finally:
        gc.unfreeze()
    return coverage.read()


def test_only_the_test_with_teeth_proves_its_clause(found):
    assert {clause: one.proved for clause, one in found.items()} == {
        "CD-05.09": True,
        "CD-05.10": False,
        "CD-05.11": False,
        "CD-05.12": False,
    }
    fine = found["CD-05.10"]
    # All but the fine, more or less, and the clause itself.
    assert len(fine.unnoticed) == fine.changes - 3
    assert not any(change.startswith(("fine", "taken")) for change in fine.unnoticed)
    assert [test.partition("::")[2] for test in found["CD-05.11"].failing] == [
        "test_that_fails_anyhow"
    ]
    assert [test.partition("::")[2] for test in found["CD-05.12"].failing] == [
        "test_that_is_skipped"
    ]
    assert rulebook.load("CD")["CD-05.10"].fine == 200  # here nothing was changed


# Changes.


def changed(code, clause):
    written = rulebook.shipped(code)["clauses"]
    place = next(n for n, one in enumerate(written) if one["id"] == clause)
    return {
        change.what: next((c for c in change.clauses if c.id == clause), None)
        for change in changes(rulebook.load(code), written[place], place)
    }


def test_each_setting_is_changed_in_either_direction_and_the_clause_taken_out():
    found = changed("CD", "CD-05.10")

    assert {"fine = 201.00", "fine = 199.00", "causes.0 left out", "taken out"} <= set(found)
    assert found["fine = 201.00"].fine == 201
    assert found["taken out"] is None


def test_no_change_leaves_the_clause_as_it_was_or_a_rulebook_nobody_could_publish():
    for code in ("CD", "SD-2"):
        rules = rulebook.load(code)
        for position, written in list(enumerate(rulebook.shipped(code)["clauses"]))[::25]:
            said = []
            for change in changes(rules, written, position):
                assert not any(
                    rulebook.contradictions(rules.model_copy(update={"clauses": change.clauses}))
                )
                said.append([one.model_dump() for one in change.clauses])
            assert [one.model_dump() for one in rules.clauses] not in said
            assert all(said.count(one) == 1 for one in said), written["id"]


# Guards.

SOURCE = """
def wrapped(function):
    def inner(*args):
        return function(*args)
    return inner

@wrapped
def leave(left):
    if left:  # rule: CD-03.11
        raise ValueError(left)
    else:
        done = "gone"
    # rule: CD-02.07, LC-02.20
    told.append(done)
    return done

told = []
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A product with one file."""
    home = tmp_path / "kefu"
    home.mkdir()
    (home / "duty.py").write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("duty", home / "duty.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(guards, "PROJECT", tmp_path)
    guards.functions.cache_clear()
    yield tmp_path, module
    guards.functions.cache_clear()


def test_a_guard_is_found_beside_its_mark_and_put_to_sleep(project):
    path, duty = project
    refusal, telling = guards.guards(path)
    assert (refusal.clauses, refusal.place) == (("CD-03.11",), "kefu/duty.py::leave")
    assert telling.clauses == ("CD-02.07", "LC-02.20")
    with pytest.raises(ValueError, match="2"):
        duty.leave(2)

    guards.disable(refusal)

    assert duty.leave(2) == "gone"
    assert duty.told == ["gone"]

    guards.disable(telling)

    assert duty.leave(0) == "gone"
    assert duty.told == ["gone"]
    with pytest.raises(ValueError, match="2"):  # only one sleeps at a time
        duty.leave(2)


def test_a_mark_beside_nothing_is_refused(project):
    path, _duty = project
    (path / "kefu" / "duty.py").write_text("LIMIT = 3  # rule: CD-03.11\n")

    with pytest.raises(ValueError, match=r"duty.py:1"):
        guards.guards(path)


def test_a_mark_beside_a_name_that_others_use_is_refused(project):
    path, _duty = project
    (path / "kefu" / "duty.py").write_text(
        "def f():\n    line = add()  # rule: CD-03.11\n    return line\n"
    )

    with pytest.raises(ValueError, match=r"duty.py:2"):
        guards.guards(path)


def test_every_guard_of_the_product_keeps_a_clause_there_is():
    known = {clause.id for rules in rulebook.load_all().values() for clause in rules.clauses}

    assert {clause for guard in guards.guards() for clause in guard.clauses} <= known
