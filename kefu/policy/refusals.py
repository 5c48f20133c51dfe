"""Why no decision is made, as data: what is wrong and with which inputs. The words are ``wording``'s,
in both languages, as those of a step are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kefu.policy.steps import plain
from kefu.policy.vocabulary import word
from kefu.policy.wording import WORDS

SHANGHAI = ZoneInfo("Asia/Shanghai")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason. ``inputs``: plain JSON, as a step's; ``wanted``: nothing is wrong, something is only
    not known yet.

    As text it is English, with names and instants as the program has them: for logs.
    """

    key: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    wanted: bool = False

    def said(self, language: str) -> str:
        """The reason in words of the language, instants as the clock in Shanghai shows them."""
        both = WORDS[f"refusal.{self.key}"]
        shown = {name: _shown(name, value, language) for name, value in self.inputs.items()}
        return both.said(language).format(**shown)

    def __str__(self) -> str:
        raw = {
            name: ", ".join(value) if isinstance(value, list) else value
            for name, value in self.inputs.items()
        }
        return WORDS[f"refusal.{self.key}"].en.format(**raw)


def cannot_be(key: str, /, **inputs: object) -> Refusal:
    """What is known cannot be, or the rulebook does not have it."""
    return Refusal(key, {name: plain(value) for name, value in inputs.items()})


def wanted(key: str, /, **inputs: object) -> Refusal:
    """Something has to be known first."""
    return Refusal(key, {name: plain(value) for name, value in inputs.items()}, wanted=True)


class Refused(Exception):
    """No decision is made. ``faults``: why, by the fact at fault; under "" what is of no single one."""

    def __init__(self, why: Refusal | Mapping[str, Refusal]) -> None:
        self.faults = {"": why} if isinstance(why, Refusal) else dict(why)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "; ".join(
            f"{fact}: {why}" if fact else str(why) for fact, why in self.faults.items()
        )


class BadFacts(Refused, ValueError):
    """Facts that no decision can be made on."""


class OtherKind(BadFacts, TypeError):
    """A clause that is no such clause as it is taken for."""


class NotInRulebook(Refused, KeyError):
    """The rulebook has nothing of the name that it is asked for."""


def _shown(name: str, value: Any, language: str) -> str:
    if isinstance(value, list):
        return WORDS["unit.comma"].said(language).join(_shown(name, one, language) for one in value)
    if isinstance(value, str) and name.endswith("_at"):
        local = datetime.fromisoformat(value).astimezone(SHANGHAI)
        return f"{local:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
    if isinstance(value, str) and _NAME.fullmatch(value):
        special = WORDS.get(f"{name}.{value}")
        return special.said(language) if special else word(value, language)
    return str(value)
