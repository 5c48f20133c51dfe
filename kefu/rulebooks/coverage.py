"""Which clauses of the shipped rulebooks the tests prove. Reads source text; needs no database."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kefu.policy.rulebook import Rulebook, load_all


@dataclass(frozen=True, slots=True)
class Rule:
    """One clause: where it is kept, and the tests that name it (``file::Class::function``)."""

    id: str
    area: str
    automation: str  # full, assisted or manual
    module: str
    title: str
    tests: tuple[str, ...]

    @property
    def manual(self) -> bool:
        """A matter for people: no program can prove it."""
        return self.automation == "manual"

    @property
    def covered(self) -> bool:
        return bool(self.tests)


def rules(tests: Path, *, code: str = "", area: str = "", language: str) -> dict[str, list[Rule]]:
    """Return the clauses of each rulebook with their tests. Raises KeyError for an unknown ``code``."""
    marked = markers(tests)
    books: dict[str, Rulebook] = load_all()
    chosen = {code: books[code]} if code else books
    return {
        name: [
            Rule(
                clause.id,
                clause.area,
                clause.automation,
                clause.module,
                clause.label(language),
                tuple(marked.get(clause.id, ())),
            )
            for clause in book.clauses
            if area in ("", clause.area)
        ]
        for name, book in chosen.items()
    }


def unknown(tests: Path) -> dict[str, list[str]]:
    """What tests name and no rulebook has: a slip of the pen, or a clause that is gone."""
    known = {clause.id for book in load_all().values() for clause in book.clauses}
    return {clause: where for clause, where in markers(tests).items() if clause not in known}


def markers(tests: Path) -> dict[str, list[str]]:
    """Return the tests that bear ``@pytest.mark.rule(id, …)``, by clause."""
    found: dict[str, list[str]] = {}
    for file in sorted(tests.rglob("test_*.py")):
        place = file.relative_to(tests.parent).as_posix()
        tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
        for clause, test in _marks(tree.body, place):
            if test not in found.setdefault(clause, []):
                found[clause].append(test)
    return found


def _marks(body: Sequence[ast.stmt], place: str) -> Iterator[tuple[str, str]]:
    """Markers of this module or class (``pytestmark``), of its tests, and of their parameters."""
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            inside = f"{place}::{statement.name}"
            for decorator in statement.decorator_list:
                yield from ((clause, inside) for clause in _ids(decorator))
            yield from _marks(statement.body, inside)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            if statement.name.startswith("test"):
                inside = f"{place}::{statement.name}"
                for decorator in statement.decorator_list:
                    yield from ((clause, inside) for clause in _ids(decorator))
        elif isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark"
            for target in statement.targets
        ):
            yield from ((clause, place) for clause in _ids(statement.value))


def _ids(node: ast.expr) -> Iterator[str]:
    """The clauses of every ``pytest.mark.rule(...)`` in an expression."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.rule":
            for argument in call.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value
