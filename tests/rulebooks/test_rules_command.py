"""``manage.py rules``: which clauses the tests prove, from source text alone."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from kefu.policy.rulebook import FILES, load
from kefu.rulebooks import coverage

SOURCE = """
import pytest
pytestmark = pytest.mark.rule("CD-01.01")

@pytest.mark.rule("CD-05.09", "CD-05.10")
@pytest.mark.parametrize("day", [1, pytest.param(2, marks=pytest.mark.rule("CD-05.08"))])
def test_one(day): ...

@pytest.mark.rule("CD-12.17")
class TestMore:
    @pytest.mark.rule("CD-12.18")
    async def test_two(self): ...

@pytest.mark.rule("CD-99.99")
def helper(): ...

@pytest.mark.rule("ZZ-01.01")
def test_of_a_clause_that_is_gone(): ...
"""


@pytest.fixture
def project(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    (tmp_path / "tests" / "deep").mkdir(parents=True)
    (tmp_path / "tests" / "deep" / "test_it.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def run(*args):
    out, err = StringIO(), StringIO()
    call_command("rules", *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_markers_are_found_wherever_pytest_takes_them(project):
    found = coverage.markers(project / "tests")

    assert found == {
        "CD-01.01": ["tests/deep/test_it.py"],
        "CD-05.09": ["tests/deep/test_it.py::test_one"],
        "CD-05.10": ["tests/deep/test_it.py::test_one"],
        "CD-05.08": ["tests/deep/test_it.py::test_one"],
        "CD-12.17": ["tests/deep/test_it.py::TestMore"],
        "CD-12.18": ["tests/deep/test_it.py::TestMore::test_two"],
        "ZZ-01.01": ["tests/deep/test_it.py::test_of_a_clause_that_is_gone"],
    }


def test_totals_add_up_in_each_rulebook(project):
    out, err = run("--json")

    books = json.loads(out)["rulebooks"]
    assert set(books) == set(FILES)
    for book in books.values():
        assert book["total"] == book["manual"] + book["automatable"]
        assert book["automatable"] == book["covered"] + len(book["missing"])
    assert "CD-05.09" not in books["CD"]["missing"]
    assert "ZZ-01.01: in no rulebook" in err


def test_one_rulebook_and_one_area_line_by_line(project):
    area = load("CD")["CD-05.09"].area
    out, _ = run("--rulebook", "CD", "--area", area)

    line = next(line for line in out.splitlines() if line.startswith("CD-05.09"))
    assert line.split()[1:3] == [area, "covered"]
    assert "tests/deep/test_it.py::test_one" in out
    assert "ES-" not in out


def test_without_tests_it_says_so(project):
    (project / "tests").rename(project / "elsewhere")

    out, err = run("--json")

    assert "这里没有测试" in err
    assert json.loads(out)["rulebooks"]["CD"]["covered"] == 0


def test_an_unknown_rulebook_is_one_sentence(project):
    with pytest.raises(CommandError, match="XX"):
        run("--rulebook", "XX")
