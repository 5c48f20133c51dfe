"""What was typed into a form: texts by the names of its fields, and facts written as such texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kefu.calculator.shapes import Shape
from kefu.clock import SHANGHAI

PREFIX = "f"  # of a fact's name in an address: f.month
DEEPEST = 10
MOST_ROWS = 60  # a form; the command line takes as many as the schema allows


@dataclass(slots=True)
class Typed:
    """What stands at one place of the form: its own texts, and what is in it by name or position."""

    texts: list[str] = field(default_factory=list)
    parts: dict[str, "Typed"] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.texts[-1] if self.texts else ""

    def at(self, name: str) -> "Typed":
        """What stands there; nothing, if nothing was typed."""
        return self.parts.get(name) or Typed()

    def make(self, names: Iterable[str]) -> "Typed":
        here = self
        for name in names:
            here = here.parts.setdefault(name, Typed())
        return here

    def rows(self) -> list["Typed"]:
        """What is in it by position, in order, whatever positions were left out."""
        return [self.parts[name] for name in _positions(self)]

    def add_row(self) -> None:
        last = _positions(self)
        self.parts[str(int(last[-1]) + 1 if last else 0)] = Typed()


def _positions(typed: Typed) -> list[str]:
    return sorted((name for name in typed.parts if name.isdecimal() and len(name) < 8), key=int)


def typed_of(fields: Iterable[tuple[str, Sequence[str]]]) -> Typed:
    """Sort the fields of a request by the facts they are of."""
    found = Typed()
    for name, texts in fields:
        names = name.split(".", DEEPEST)
        if names[0] == PREFIX and len(names) > 1:
            found.make(names[1:]).texts += texts
    return found


def place_of(names: Iterable[str | int]) -> str:
    """The name of a field: f.worked.0.starts_at."""
    return ".".join((PREFIX, *map(str, names)))


def names_of(place: str) -> list[str]:
    return place.split(".", DEEPEST)[1:]


def written(facts: Any, shape: Shape) -> Typed:
    """Facts as somebody would have typed them."""
    if facts is None:
        return Typed()
    match shape.kind:
        case "group" if isinstance(facts, Mapping):
            given = {part.name: facts[part.name] for part in shape.parts if part.name in facts}
            parts = {part.name: part for part in shape.parts}
            return Typed(parts={name: written(one, parts[name]) for name, one in given.items()})
        case "rows" if shape.item and _is_list(facts):
            rows = (written(one, shape.item) for one in facts)
            return Typed(parts={str(i): row for i, row in enumerate(rows)})
        case "entries" if shape.item and isinstance(facts, Mapping):
            pairs = [
                Typed(parts={"key": Typed([str(key)]), "value": written(one, shape.item)})
                for key, one in facts.items()
            ]
            return Typed(parts={str(i): pair for i, pair in enumerate(pairs)})
        case "list" if shape.item and _is_list(facts):
            return Typed([scalar_text(one, shape.item) for one in facts])
        case "spans" if _is_list(facts):
            return Typed([" ".join("-".join(map(str, one.values())) for one in facts)])
    return Typed([scalar_text(facts, shape)])


def _is_list(facts: object) -> bool:
    return isinstance(facts, Sequence) and not isinstance(facts, str)


def scalar_text(fact: object, shape: Shape) -> str:
    if isinstance(fact, bool):
        return "true" if fact else "false"
    if shape.kind == "moment":
        return wall(str(fact))
    return str(fact)


def wall(text: str) -> str:
    """An instant as the clock in Shanghai shows it, if it can be read."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    local = moment.astimezone(SHANGHAI).replace(tzinfo=None)
    return local.isoformat(sep=" ", timespec="seconds" if local.second else "minutes")


def pairs_of(typed: Typed, names: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """The fields of an address that hold what was typed; what is blank is left out."""
    for text in typed.texts:
        if text.strip():
            yield place_of(names), text
    for name, part in typed.parts.items():
        yield from pairs_of(part, (*names, name))
