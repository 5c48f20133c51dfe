"""What every clause has, and how a setting is written."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from kefu.policy.both import is_chinese
from kefu.policy.clauses.enforcement import Enforcement
from kefu.policy.refusals import Refused, cannot_be


class NotSet(Refused, LookupError):
    """The regulation leaves this setting blank; whoever needs it must be told, not served a
    default.
    """

    def __init__(self, clause: str, setting: str) -> None:
        super().__init__(cannot_be("not_set", clause=clause, setting=setting))
        self.clause = clause
        self.setting = setting


T = TypeVar("T")


def _blank(value: object) -> object:
    return None if value == "" else value


def _no_float(value: object) -> object:
    # TOML is read with Decimal and JSON carries text, so a float is somebody's rounded number.
    if isinstance(value, float | bool):
        raise ValueError("write the number as a decimal, not as a float")  # noqa: TRY004 pydantic's kind
    return value


Blank = Annotated[T | None, BeforeValidator(_blank)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ClauseId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-\d)?-\d{2,3}\.\d{2,3}$")]
Count = Annotated[int, Field(strict=True, gt=0, le=100_000)]
Money = Annotated[Decimal, BeforeValidator(_no_float), Field(gt=0, le=1_000_000, decimal_places=2)]
Amount = Annotated[Decimal, BeforeValidator(_no_float), Field(ge=0, le=1_000_000, decimal_places=2)]
Points = Annotated[Decimal, BeforeValidator(_no_float), Field(gt=0, le=100, decimal_places=2)]
Quantity = Annotated[
    Decimal, BeforeValidator(_no_float), Field(ge=0, le=1_000_000, decimal_places=4)
]
Factor = Annotated[Decimal, BeforeValidator(_no_float), Field(gt=0, le=10_000, decimal_places=4)]
Share = Annotated[Decimal, BeforeValidator(_no_float), Field(ge=0, le=1, decimal_places=4)]
Area = Literal["core", "parcels", "claims", "people", "customers", "overview", "trust", "templates"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClauseBase(Strict):
    """What every clause has. ``module`` is where in the house the rule is kept and ``enforced`` how,
    where its kind does not decide it; ``reading_*`` say
    which reading of an ambiguous text was chosen, and why, or that a blank is deliberate."""

    id: ClauseId
    label_zh: Text
    label_en: Text
    area: Area
    automation: Literal["full", "assisted", "manual"]
    module: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=80)]
    enforced: Enforcement | None = None
    reading_zh: Text | None = None
    reading_en: Text | None = None
    # A clause of the same regulation that says otherwise and wins.
    yields_to: ClauseId | None = None

    @model_validator(mode="after")
    def _readings_in_both_languages(self) -> Self:
        if (self.reading_zh is None) != (self.reading_en is None):
            raise ValueError("a reading is given in both languages or in none")
        return self

    def label(self, language: str) -> str:
        return self.label_zh if is_chinese(language) else self.label_en

    def given(self, setting: str) -> Any:
        """Return a setting; raises NotSet if it is blank, AttributeError if the clause has no such
        setting.
        """
        value = getattr(self, setting)
        if value is None:
            raise NotSet(self.id, setting)
        return value

    def references(self) -> Iterator[tuple[str, str]]:
        """The clauses of the same rulebook that it speaks of, each with the setting that names it."""
        if self.yields_to is not None:
            yield "yields_to", self.yields_to

    @property
    def question(self) -> tuple[str, ...] | None:
        """What a clause is looked up by, or None if only its id finds it: two in force with one question would
        each be half the answer."""
        return None

    @property
    def questions(self) -> tuple[tuple[str, ...], ...]:
        """All that a clause is looked up by, for one that answers several questions."""
        return () if self.question is None else (self.question,)
