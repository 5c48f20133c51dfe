"""Does a clause apply here? Conditions are facts by name, each with the values that count."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

from kefu.policy.clauses import When
from kefu.policy.refusals import BadFacts, cannot_be, wanted
from kefu.policy.vocabulary import word

Facts = Mapping[str, str]
Said = dict[str, str]  # {"zh": …, "en": …}


class Conditional(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def when(self) -> When: ...


Clauses = TypeVar("Clauses", bound=Conditional)


class MissingFact(BadFacts):
    """Whether a clause applies hangs on a fact that was not given."""

    def __init__(self, clause: str, fact: str) -> None:
        super().__init__({fact: wanted("hangs_on", clause=clause, fact=fact)})
        self.clause = clause
        self.fact = fact


def holds(clause: str, when: When, facts: Facts) -> bool:
    """Does every fact of ``when`` have one of its values? One that surely has another decides.

    Raises MissingFact where only a fact that is not given could tell.
    """
    if any(name in facts and facts[name] not in values for name, values in when.items()):
        return False
    for name in when:
        if name not in facts:
            raise MissingFact(clause, name)
    return True


def applying(clauses: Iterable[Clauses], facts: Facts) -> Iterator[Clauses]:
    """Those whose condition holds, in the order of the rulebook. Raises MissingFact."""
    return (clause for clause in clauses if holds(clause.id, clause.when, facts))


def said(names: Iterable[str]) -> Said:
    """Names of a rulebook in the words of both languages, for the inputs of a step."""
    kept = list(names)
    return {
        "zh": "、".join(word(name, "zh") for name in kept),
        "en": ", ".join(word(name, "en") for name in kept),
    }


def known(given: Collection[str], names: Collection[str], of: str, *, fact: str = "") -> None:
    """Raises BadFacts for a name that no clause knows; ``of``: what it should be one of."""
    if unknown := sorted(set(given) - set(names)):
        why = cannot_be("not_one_of", of=of, names=unknown, known=sorted(names))
        raise BadFacts({fact: why})
