"""Try the marked tests on changed rules, each change in a forked child of one pytest run."""

import enum
import functools
import gc
import hashlib
import importlib
import inspect
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from django.db import connections

from kefu.policy import rulebook
from kefu.policy.calendars import Calendar
from tools.mutate import guards

LIMIT = 60.0  # seconds until a test that hangs has noticed
BROKEN = 2  # the exit code of a child in which the change could not be made
DATABASE = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def marked(item: pytest.Item) -> set[str]:
    return {clause for mark in item.iter_markers("rule") for clause in mark.args}


def name(item: pytest.Item) -> str:
    """``tests/x/test_y.py::test_z``, whatever the parameters."""
    return item.nodeid.partition("[")[0]


def needs_database(item: Any) -> bool:
    return bool(DATABASE & set(item.fixturenames)) or bool(item.get_closest_marker("django_db"))


def digest(items: Iterable[pytest.Item]) -> str:
    """Return a digest of the tests as written, with their parameters."""
    parts = []
    for item in items:
        source = inspect.getsource(item.function)  # type: ignore[attr-defined]
        given = getattr(item, "callspec", None)
        parts.append(f"{item.nodeid}\n{source}\n{_written(given.params) if given else ''}")
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Change:
    """``make`` changes the rules, or the code, of this process. One made for good cannot be followed by another."""

    what: str
    make: Callable[[], None]
    for_good: bool = False


def _written(value: Any) -> str:
    """The same text in every process: sets have no order of their own, and addresses say nothing."""
    match value:
        case dict():
            return f"{{{', '.join(f'{key}: {_written(held)}' for key, held in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(_written, value))}]"
        case set() | frozenset():
            return f"{{{', '.join(sorted(map(_written, value)))}}}"
    return ADDRESS.sub("", repr(value))


class Trials:
    """The collected tests by clause, ready to be forked."""

    def __init__(self, session: pytest.Session) -> None:
        self._every: list[Any] = session.items
        self.items: dict[str, list[Any]] = {}
        for item in session.items:
            for clause in marked(item):
                self.items.setdefault(clause, []).append(item)
        for items in self.items.values():
            items.sort(key=lambda item: (len(marked(item)), item.nodeid))  # the most special first
        self._passing: dict[str, bool] = {}

    def prepare(self) -> None:
        """Look up what every child needs, and keep it away from their garbage collectors."""
        guards.functions()
        _remembering()
        for item in self._every:
            _holds_what_followed(item.module)
        gc.collect()
        gc.freeze()

    def open_database(self) -> None:
        """Set up the database of the session with the first test that needs it."""
        _run(next(item for item in self._every if needs_database(item)))
        for connection in connections.all(initialized_only=True):
            connection.close()

    def failing(self, items: Sequence[Any]) -> list[Any]:
        """The tests that fail, or are skipped, with the rules as they are: they prove nothing."""
        unknown = [item for item in items if item.nodeid not in self._passing]
        while unknown:
            (failed,) = self._children([Change("as it is", lambda: None)], unknown, limit=600)
            last = len(unknown) if failed is None else failed
            self._passing |= {item.nodeid: True for item in unknown[:last]}
            self._passing |= {item.nodeid: False for item in unknown[last : last + 1]}
            unknown = unknown[last + 1 :]
        return [item for item in items if not self._passing[item.nodeid]]

    def unnoticed(
        self, changes: Sequence[Change], items: Sequence[Any], undo: Change
    ) -> list[Change]:
        """The changes with which every test still passes; ``undo`` makes the rules what they were."""
        if not items:
            return list(changes)
        together = [change for change in changes if not change.for_good]
        if any(needs_database(item) for item in items):
            together = []
        found = dict(zip(together, self._together(together, items, undo), strict=False))
        for change in changes:
            if change not in found:
                (found[change],) = self._children([change], items)
        return [change for change in changes if found[change] is None]

    def _together(
        self, changes: Sequence[Change], items: Sequence[Any], undo: Change
    ) -> list[int | None]:
        """What one child found of many changes; nothing, if in the end its tests do not pass with the rules as
        they were: what one test left behind made another fail.
        """
        if not changes:
            return []
        found = self._children([*changes, undo], items)
        if len(found) <= len(changes):  # a test hung: the changes up to it are known
            return found
        return found[:-1] if found[-1] is None else []

    def _children(
        self, changes: Sequence[Change], items: Sequence[Any], *, limit: float = LIMIT
    ) -> list[int | None]:
        """Make one change after the other in a child and run the tests; of each change the place of the first
        test that failed. The list ends early with a test that hung. Raises RuntimeError if a change could not
        be made.
        """
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os._exit(_child(changes, items, writing, limit))
        os.close(writing)
        with os.fdopen(reading) as pipe:
            told = pipe.read()
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == BROKEN:
            raise RuntimeError(told)
        found = [None if line == "-" else int(line) for line in told.splitlines()]
        return found if len(found) == len(changes) else [*found, 0]


def _child(changes: Sequence[Change], items: Sequence[Any], pipe: int, limit: float) -> int:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    # What noticed one change may well notice the next.
    order = list(range(len(items)))
    for change in changes:
        signal.setitimer(signal.ITIMER_REAL, limit)
        try:
            change.make()
        except Exception:
            os.write(pipe, traceback.format_exc().encode())
            return BROKEN
        _forget()
        noticed = _first_failing([items[n] for n in order])
        if noticed is not None:
            order.insert(0, order.pop(noticed))
        os.write(pipe, b"-\n" if noticed is None else f"{order[0]}\n".encode())
    return 0


def _first_failing(items: Sequence[Any]) -> int | None:
    """The place of the first test that fails, or whose module cannot even be read under these rules."""
    for n, item in enumerate(items):
        if not _read_again(item.module, anew=n == 0 or item.module is not items[n - 1].module):
            return n
    for n, item in enumerate(items):
        if not _run(item):
            return n
    return None


class _Somewhere:
    """Stands for a next test that shares nothing with this one but the session, so that all else is torn
    down and any test can follow, the same one too.
    """

    def __init__(self, session: pytest.Session) -> None:
        self.session = session

    def listchain(self) -> list[Any]:
        return [self.session]


def _run(item: Any) -> bool:
    """Return whether the test passed; a skipped one did not."""
    item.repr_failure = lambda failure, style=None: "failed"
    reports = runtestprotocol(item, log=False, nextitem=_Somewhere(item.session))  # type: ignore[arg-type]
    return all(report.passed for report in reports if report.when != "teardown")


@functools.cache
def _remembering() -> list[Any]:
    """The functions of the product and its tests that keep what they once returned."""
    found = {}
    for module, held in list(sys.modules.items()):
        if module.partition(".")[0] in {*guards.HOMES, "tests"}:
            for value in list(vars(held).values()):
                if type(value) is functools._lru_cache_wrapper:
                    found[id(value)] = value
    return list(found.values())


def _forget() -> None:
    """Empty every cache that may hold what followed from the rules as they were."""
    for function in _remembering():
        if function is not rulebook.load:
            function.cache_clear()


def _read_again(module: Any, *, anew: bool) -> bool:
    """Let a tests' module work out its constants anew; the collected functions look them up there."""
    if anew and _holds_what_followed(module):
        try:
            importlib.reload(module)
        except Exception:
            return False
    return True


@functools.cache
def _holds_what_followed(module: Any) -> bool:
    """Whether a constant of the module may follow from a rulebook; the rulebooks themselves change in place."""
    return any(
        type(value).__module__.startswith("kefu.policy")
        and not isinstance(value, (rulebook.Rulebook, enum.Enum, Calendar))
        for held in vars(module).values()
        for value in (held if isinstance(held, (list, tuple)) else [held])
    )


def put(code: str, clauses: tuple[Any, ...]) -> None:
    """Change a loaded rulebook in place, so that whoever holds it sees it."""
    loaded = rulebook.load(code)
    vars(loaded)["clauses"] = clauses
    loaded.forget()
