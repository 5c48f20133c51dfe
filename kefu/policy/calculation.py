"""A decision that anybody can try out: typed facts go in, the decision comes out with its steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, ValidationError

from kefu.policy.clauses.base import Strict
from kefu.policy.refusals import BadFacts, Refusal, Refused, cannot_be, wanted
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, plain
from kefu.policy.wording import Both


def labelled(zh: str, en: str, unit: str = "") -> Any:
    """What a form writes beside a fact: ``Annotated[Month, labelled("月份", "Month")]``."""
    said: dict[str, Any] = {"zh": zh, "en": en} | ({"unit": unit} if unit else {})
    return Field(json_schema_extra=said)


def unfit(error: ValidationError, fact: str = "") -> BadFacts:
    """What the schema says against facts; ``fact``: at fault where the schema names none."""
    faults: dict[str, Refusal] = {}
    for fault in error.errors():
        place = ".".join(str(part) for part in fault["loc"]) or fact
        own = fault.get("ctx", {}).get("error")
        if isinstance(own, Refused):
            faults |= {place or name: why for name, why in own.faults.items()}
        else:
            said = fault["msg"]
            missing = fault["type"] == "missing"
            faults[place] = (
                wanted("schema", said=said) if missing else cannot_be("schema", said=said)
            )
    return BadFacts(faults)


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

    ``decide`` raises NotSet for a blank of the rulebook, NotInRulebook for what it does not have, BadFacts.
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
            raise unfit(error) from error
        return self.decide(rulebook, checked)
