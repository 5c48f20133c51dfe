"""Which clauses are proved: each change of a clause, and each guard asleep, must make a marked test fail."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from kefu.policy import rulebook
from kefu.rulebooks.coverage import PROVED, Proof, digest, read, write
from tools.mutate import guards, trial
from tools.mutate.changes import changes
from tools.mutate.guards import Guard
from tools.mutate.trial import Change, Trials

Tell = Callable[[str], None]
SHOWN = 12  # changes named in a line


@dataclass(frozen=True)
class Task:
    code: str
    position: int
    written: dict[str, Any]
    tests: Sequence[Any]
    guards: Sequence[Guard]

    @property
    def clause(self) -> str:
        return str(self.written["id"])

    def basis(self) -> str:
        """A digest of what the proof rests on besides the clause."""
        return f"{trial.digest(self.tests)}{''.join(guard.digest for guard in self.guards)}"

    def undo(self) -> Change:
        return Change("as it was", partial(trial.put, self.code, rulebook.load(self.code).clauses))

    def changes(self) -> Iterator[Change]:
        for guard in self.guards:
            yield Change(f"asleep: {guard.place}", partial(guards.disable, guard), for_good=True)
        # A bare duty that a guard keeps has nothing else to change: its subject is but a name.
        if self.guards and self.written["kind"] == "duty" and "counts" not in self.written:
            return
        for change in changes(rulebook.load(self.code), self.written, self.position):
            yield Change(change.what, partial(trial.put, self.code, change.clauses))


def prove(
    session: pytest.Session,
    *,
    prefixes: tuple[str, ...] = (),
    anew: bool = False,
    tell: Tell = print,
) -> int:
    """Try every clause that bears tests and was changed since, itself or its tests; keep what was found.

    Return how many of those tried are not proved.
    """
    trials = Trials(session)
    if unknown := sorted(set(trials.items) - _ids()):
        where = trials.items[unknown[0]][0].nodeid
        raise pytest.UsageError(f"{unknown[0]} is in no rulebook, but {where} is marked with it")
    known = read()
    every = list(_tasks(trials))
    tasks = [
        task
        for task in every
        if (not prefixes or task.clause.startswith(prefixes)) and (anew or not _stands(task, known))
    ]
    for n, found in enumerate(_tried(trials, tasks), start=1):
        known[found.task.clause] = found.proof()
        tell(found.line())
        if n % 50 == 0:  # a run that is broken off has not been for nothing
            write(known)
    tested = {task.clause for task in every}
    write({clause: proof for clause, proof in known.items() if clause in tested})
    alive = sum(not known[task.clause].proved for task in tasks)
    tell(f"{len(tasks) - alive} proved, {alive} not; {PROVED}")
    return alive


def _ids() -> set[str]:
    return {clause.id for book in rulebook.load_all().values() for clause in book.clauses}


def _tasks(trials: Trials) -> Iterator[Task]:
    kept: dict[str, list[Guard]] = {}
    for guard in guards.guards():
        for clause in guard.clauses:
            kept.setdefault(clause, []).append(guard)
    if unknown := sorted(set(kept) - _ids()):
        raise pytest.UsageError(
            f"{unknown[0]} is in no rulebook, but {kept[unknown[0]][0].place} keeps it"
        )
    for code in rulebook.FILES:
        for position, written in enumerate(rulebook.shipped(code)["clauses"]):
            clause = written["id"]
            if clause in trials.items:
                yield Task(code, position, written, trials.items[clause], kept.get(clause, ()))


def _stands(task: Task, known: dict[str, Proof]) -> bool:
    found = known.get(task.clause)
    return (
        found is not None
        and found.proved
        and found.clause == digest(task.written)
        and found.basis == task.basis()
    )


@dataclass
class Attempt:
    """``alive``: the changes that nothing has noticed yet; ``failing``: tests that prove nothing."""

    task: Task
    made: list[Change]
    alive: list[Change]
    failing: list[Any]

    def proof(self) -> Proof:
        task = self.task
        return Proof(
            clause=digest(task.written),
            basis=task.basis(),
            changes=len(self.made),
            unnoticed=tuple(change.what for change in self.alive),
            tests=tuple(sorted({trial.name(item) for item in task.tests})),
            guards=tuple(sorted({guard.place for guard in task.guards})),
            failing=tuple(sorted({trial.name(item) for item in self.failing})),
        )

    def line(self) -> str:
        found = self.proof()
        if found.proved:
            return f"{self.task.clause}: proved by {found.changes} changes"
        if found.failing:
            return f"{self.task.clause}: a test fails as it is: {', '.join(found.failing)}"
        shown = "; ".join(found.unnoticed[:SHOWN])
        unnoticed = f"{len(found.unnoticed)} of {found.changes} changes unnoticed"
        return f"{self.task.clause}: {unnoticed}: {shown}"


def _tried(trials: Trials, tasks: Sequence[Task]) -> Iterator[Attempt]:
    """The cheap tests of all clauses first, then the database's on the changes that are left."""
    trials.prepare()
    left = []
    for task in tasks:
        made = list(task.changes())
        attempt = Attempt(task, made, made, [])
        _try(trials, attempt, [item for item in task.tests if not trial.needs_database(item)])
        if attempt.alive and any(trial.needs_database(item) for item in task.tests):
            left.append(attempt)
        else:
            yield attempt
    if left:
        trials.open_database()
    for attempt in left:
        _try(trials, attempt, [item for item in attempt.task.tests if trial.needs_database(item)])
        yield attempt


def _try(trials: Trials, attempt: Attempt, items: Sequence[Any]) -> None:
    failing = trials.failing(items)
    attempt.failing += failing
    passing = [item for item in items if item not in failing]
    attempt.alive = trials.unnoticed(attempt.alive, passing, attempt.task.undo())
