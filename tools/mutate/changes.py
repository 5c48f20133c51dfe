"""What can be changed in a clause: one setting at a time, so that a valid rulebook of another meaning is left.

No change is made that could not matter: a list is never put in another order, words that only tell a rule
are left alone, and a clause that says the same after the change is no change.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from functools import cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from kefu.policy.clauses import Clause, Fields, Tariff
from kefu.policy.rulebook import Rulebook, contradictions

# How a clause is told and filed; nothing is decided by it. Which clause it yields to decides only that it is
# out of force, whatever it says.
TOLD = {
    "id", "kind", "area", "automation", "module", "enforced", "label_zh", "label_en", "reading_zh",
    "reading_en", "yields_to", "zh", "en",
}  # fmt: skip
WORDS_TRIED = 3
HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
CLAUSE: TypeAdapter[Any] = TypeAdapter(Clause)
Place = tuple[str | int, ...]
_GONE = object()


@dataclass(frozen=True)
class Change:
    """The clauses of a rulebook with one of them changed; ``what`` says how."""

    what: str
    clauses: tuple[Any, ...]


def changes(rulebook: Rulebook, written: dict[str, Any], position: int) -> Iterator[Change]:
    """Every change of one clause, ``written`` as in its file, that somebody could publish."""
    original = rulebook.clauses[position]
    seen = [original.model_dump()]
    before, after = rulebook.clauses[:position], rulebook.clauses[position + 1 :]
    for what, alternatives in _alternatives(original, written):
        for value, place in alternatives:
            changed = _with(written, place, value)
            try:
                clause = CLAUSE.validate_python(changed)
            except ValidationError:
                continue
            said = clause.model_dump()
            if said in seen or not _consistent(rulebook, (*before, clause, *after)):
                continue
            seen.append(said)
            shown = "left out" if value is _GONE else f"= {value}"
            yield Change(f"{what} {shown}", (*before, clause, *after))
            break
    if _consistent(rulebook, (*before, *after)):
        yield Change("taken out", (*before, *after))


def _consistent(rulebook: Rulebook, clauses: tuple[Any, ...]) -> bool:
    return not any(contradictions(rulebook.model_copy(update={"clauses": clauses})))


def _with(written: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    changed: Any = deepcopy(written)
    inside = changed
    for part in place[:-1]:
        inside = inside[part]
    if value is _GONE:
        del inside[place[-1]]
    else:
        inside[place[-1]] = value
    return changed  # type: ignore[no-any-return]


Alternatives = Iterator[tuple[str, list[tuple[Any, Place]]]]


def _alternatives(clause: Any, written: dict[str, Any]) -> Alternatives:
    """Each thing to try, as the values of which the first valid one is taken."""
    model: type[BaseModel] = type(clause)
    words = _words(model)
    others = _ids(clause.id)

    def inside(value: Any, place: Place) -> Alternatives:
        name = str(next(part for part in reversed(place) if isinstance(part, str)))
        what = ".".join(map(str, place))
        match value:
            case dict():
                for key, held in value.items():
                    if key not in TOLD:
                        yield from inside(held, (*place, key))
                if len(place) > 1:
                    yield what, [(_GONE, place)]
            case list():
                for n, held in enumerate(value):
                    if len(value) == 1 or isinstance(held, dict):
                        yield from inside(held, (*place, n))
                    if len(value) > 1:
                        yield f"{what}.{n}", [(_GONE, (*place, n))]
                yield what, [(_GONE, place)]
            case _:
                for tried in _others(value, words.get(name, ()), others):
                    yield what, [(other, place) for other in tried]

    for name, value in written.items():
        if name not in TOLD and not _idle(clause, name):
            yield from inside(value, (name,))


def _idle(clause: Any, name: str) -> bool:
    """What decides nothing in this very clause: in the first band of a table the whole is the excess,
    and of one field all are any.
    """
    match clause:
        case Tariff():
            return name == "basis" and clause.over == 0
        case Fields():
            return name == "required" and len(clause.fields or ()) < 2
    return False


def _others(value: Any, words: tuple[str, ...], clauses: tuple[str, ...]) -> Iterator[list[Any]]:
    """What a setting might say instead: of each list the first that is valid."""
    match value:
        case bool():
            yield [not value]
        case int():
            yield [value + 1]
            yield [value - 1]
        case Decimal():
            small = Decimal("0.01")
            yield [value + 1, value * 2, value + small, value + Decimal("0.5")]
            yield [value - 1, value / 2, value - small]
        case clock_time():
            yield [_moved(value, 17)]
            yield [_moved(value, -17)]
        case date():
            yield [value + timedelta(days=1)]
            yield [value - timedelta(days=1)]
        case "":
            yield [clock_time(7, 7), 7, Decimal("0.5"), ["other"], "other"]  # a blank filled in
        case str() if value in words:
            for word in [word for word in words if word != value][:WORDS_TRIED]:
                yield [word]
        case str() if HOUR.fullmatch(value):
            yield [f"{_moved(clock_time.fromisoformat(value), 17):%H:%M}"]
            yield [f"{_moved(clock_time.fromisoformat(value), -17):%H:%M}"]
        case str() if value in clauses:
            yield list(clauses)
        case str():
            yield [f"{value}_other"]  # a name that code or a form looks up


def _moved(moment: clock_time, minutes: int) -> clock_time:
    return (datetime.combine(date(2026, 1, 1), moment) + timedelta(minutes=minutes)).time()


@cache
def _ids(clause: str) -> tuple[str, ...]:
    from kefu.policy.rulebook import load_all

    book = next(book for book in load_all().values() if clause in book)
    return tuple(other.id for other in book.clauses if other.id != clause)


@cache
def _words(model: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """The words that each setting of this kind may be, where the schema lists them."""
    found: dict[str, tuple[str, ...]] = {}
    for field in model.model_fields.values():
        for inner in _models(field.annotation):
            found |= {key: words for key, words in _words(inner).items() if words}
    return found | {
        name: tuple(_literals(field.annotation)) for name, field in model.model_fields.items()
    }


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _literals(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from (word for word in get_args(annotation) if isinstance(word, str))
    else:
        for inner in get_args(annotation):
            yield from _literals(inner)
