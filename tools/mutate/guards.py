"""Guards: the places in the code that keep a clause without a number.

``# rule: CD-03.11`` beside or above a statement says that the clause is kept there. Disabled, the statement
does not happen: of an ``if`` the condition is false, anything else is passed over.
"""

import ast
import gc
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
HOMES = ("kefu", "inquiries", "problem_parcels", "claims", "payroll")
COMMENT = re.compile(r"# rule: ([A-Z]{2}-\d+\.\d+(?:, [A-Z]{2}-\d+\.\d+)*)")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Guard:
    """``line`` is that of the statement, ``function`` the outermost one around it."""

    clauses: tuple[str, ...]
    path: str  # from the project's root
    function: str
    line: int
    text: str

    @property
    def place(self) -> str:
        return f"{self.path}::{self.function}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.place}\n{self.text}".encode()).hexdigest()[:8]


def guards(project: Path = PROJECT) -> list[Guard]:
    """Return every guard of the product. Raises ValueError for a mark that stands beside nothing."""
    files = (file for home in HOMES for file in sorted((project / home).rglob("*.py")))
    return [guard for file in files for guard in _of(file, project)]


def _of(file: Path, project: Path) -> Iterator[Guard]:
    source = file.read_text(encoding="utf-8")
    marks = [
        (number, line, found)
        for number, line in enumerate(source.splitlines(), start=1)
        if (found := COMMENT.search(line))
    ]
    if not marks:
        return
    inside = list(_statements(ast.parse(source)))
    for number, line, found in marks:
        beside = not line.lstrip().startswith("#")
        placed = [
            (name, statement)
            for name, statement in inside
            if (statement.lineno == number if beside else statement.lineno > number)
        ]
        if not placed:
            raise ValueError(f"{file}:{number}: no statement of a function is marked")
        name, statement = placed[0] if beside else min(placed, key=lambda one: one[1].lineno)
        if _binds(statement):
            raise ValueError(
                f"{file}:{number}: asleep it leaves a name unknown, and any test fails"
            )
        yield Guard(
            tuple(found[1].split(", ")),
            file.relative_to(project).as_posix(),
            name,
            statement.lineno,
            ast.unparse(statement),
        )


def _statements(
    tree: ast.AST, prefix: str = "", function: str = ""
) -> Iterator[tuple[str, ast.stmt]]:
    """The statements inside functions, each with the name of the outermost function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not function:
            yield from _statements(node, f"{prefix}{node.name}.", "")
        elif isinstance(node, Function) and not function:
            for statement in node.body:
                yield from _inside(statement, f"{prefix}{node.name}")


def _binds(statement: ast.stmt) -> bool:
    """Whether others may use a name that the statement gives; an ``if`` is asleep in its condition only."""
    return not isinstance(statement, ast.If) and any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        for node in ast.walk(statement)
    )


def _inside(statement: ast.stmt, function: str) -> Iterator[tuple[str, ast.stmt]]:
    yield function, statement
    for node in ast.iter_child_nodes(statement):
        inner = [node] if isinstance(node, ast.stmt) else getattr(node, "body", [])
        for one in inner if isinstance(inner, list) else []:
            yield from _inside(one, function)


class _Disabled(ast.NodeTransformer):
    def __init__(self, line: int) -> None:
        self.line = line

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.stmt) and node.lineno == self.line:
            # The names stay in sight, so that closures keep their shape.
            if isinstance(node, ast.If):
                node.test = ast.BoolOp(ast.And(), [ast.Constant(False), node.test])
                return node
            return ast.If(ast.Constant(False), [node], [])
        return super().visit(node)


@cache
def functions() -> dict[tuple[str, str], list[FunctionType]]:
    """Every function of the product that lives, by file and qualified name. Call it before forking."""
    found: dict[tuple[str, str], list[FunctionType]] = {}
    homes = tuple(f"{PROJECT / home}/" for home in HOMES)
    for held in gc.get_objects():
        if type(held) is FunctionType and held.__code__.co_filename.startswith(homes):
            key = held.__code__.co_filename, held.__code__.co_qualname
            found.setdefault(key, []).append(held)
    return found


def disable(guard: Guard) -> None:
    """Let the guard sleep in this process, whoever holds its function. Raises LookupError."""
    file = str(PROJECT / guard.path)
    tree: ast.Module = _Disabled(guard.line).visit(
        ast.parse(Path(file).read_text(encoding="utf-8"))
    )
    changed = compile(ast.fix_missing_locations(tree), file, "exec")
    code = next(code for code in _codes(changed) if code.co_qualname == guard.function)
    living = functions().get((file, guard.function), [])
    if not living:
        raise LookupError(f"{guard.place} is not loaded")
    for function in living:
        function.__code__ = code


def _codes(code: CodeType) -> Iterator[CodeType]:
    for held in code.co_consts:
        if isinstance(held, CodeType):
            yield held
            yield from _codes(held)
