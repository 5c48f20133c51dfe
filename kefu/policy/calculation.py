"""A decision that anybody can try out: typed facts go in, the decision comes out with its steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, ValidationError

from kefu.policy.clauses.base import Strict
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, plain
from kefu.policy.wording import Both


def labelled(zh: str, en: str, unit: str = "") -> Any:
    """What a form writes beside a fact: ``Annotated[Month, labelled("月份", "Month")]``."""
    said: dict[str, Any] = {"zh": zh, "en": en} | ({"unit": unit} if unit else {})
    return Field(json_schema_extra=said)


class BadFacts(ValueError):
    """Facts that no decision can be made on. ``faults``: by field, what is wrong with it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in faults.items()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class Decided:
    """What came out: ``result`` by name (plain JSON: amounts as text, instants as ISO text) and why."""

    result: Mapping[str, Any]
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, steps: tuple[Step, ...], **result: object) -> "Decided":
        return cls({name: plain(value) for name, value in result.items()}, steps)


@dataclass(frozen=True, slots=True)
class Calculation:
    """One kind of decision. ``facts`` is the model whose JSON Schema makes the form; ``decide`` takes an instance.

    ``decide`` raises NotSet for a blank of the rulebook, KeyError for a clause it does not have, BadFacts.
    """

    name: str
    title: Both
    facts: type[Strict]
    decide: Callable[[Rulebook, Any], Decided]

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the facts (draft 2020-12)."""
        return self.facts.model_json_schema()

    def run(self, rulebook: Rulebook, facts: Mapping[str, Any]) -> Decided:
        """Check the facts against the schema and decide. Raises BadFacts with the field that is wrong."""
        try:
            checked = self.facts.model_validate(facts)
        except ValidationError as error:
            faults = {
                ".".join(str(part) for part in fault["loc"]) or "facts": fault["msg"]
                for fault in error.errors()
            }
            raise BadFacts(faults) from error
        return self.decide(rulebook, checked)
