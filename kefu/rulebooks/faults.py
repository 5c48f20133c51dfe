"""What is wrong with a rulebook, told at its clause and setting in the reader's language."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import ValidationError

from kefu import punctuation
from kefu.errors import KefuError
from kefu.policy.clauses import is_chinese
from kefu.policy.rulebook import RulebookError
from kefu.rulebooks.sentences import in_chinese

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """``clause`` is empty where the rulebook as a whole is at fault, ``setting`` where all of a clause is."""

    clause: str
    setting: Place
    text: str

    def __str__(self) -> str:
        place = " ".join(filter(None, (self.clause, ".".join(map(str, self.setting)))))
        return punctuation.headed(place, self.text) if place else self.text


class Faulty(KefuError):
    """A change that would leave the rulebook faulty. Nothing of it was kept."""

    code = "rulebook_faulty"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        super().__init__(
            punctuation.in_turn(*map(str, self.faults)),
            field=str(first.setting[0]) if first.setting else None,
        )


def faults_of(error: RulebookError, content: Mapping[str, Any]) -> list[Fault]:
    """Return the faults of ``content``, each at its place."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return [_of_schema(one, content) for one in cause.errors()]
    return [_between_clauses(clause, reason) for _source, clause, reason in error.faults]


def _of_schema(error: Any, content: Mapping[str, Any]) -> Fault:
    place, clause = tuple(error["loc"]), ""
    if place[:1] == ("clauses",) and len(place) > 1:
        clause = str(content["clauses"][place[1]].get("id", ""))
        place = place[3:]  # the list, the position and the kind
    return Fault(clause, place, _told(error))


def _told(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return wording(str(context.get("error", error["msg"])))
    say = WORDS.get(kind)
    return say(context) if say else str(error["msg"])


# By pydantic's names of what can be wrong with a value.
WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda c: _("要填写"),
    "extra_forbidden": lambda c: _("这种条款没有这个参数"),
    "greater_than": lambda c: _("要大于 {n}").format(n=c["gt"]),
    "greater_than_equal": lambda c: _("不能小于 {n}").format(n=c["ge"]),
    "less_than": lambda c: _("要小于 {n}").format(n=c["lt"]),
    "less_than_equal": lambda c: _("不能大于 {n}").format(n=c["le"]),
    "decimal_max_places": lambda c: _("小数最多 {n} 位").format(n=c["decimal_places"]),
    "int_type": lambda c: _("要填整数"),
    "int_parsing": lambda c: _("要填整数"),
    "int_from_float": lambda c: _("要填整数"),
    "decimal_parsing": lambda c: _("要填数字"),
    "decimal_type": lambda c: _("要填数字"),
    "finite_number": lambda c: _("要填数字"),
    "decimal_max_digits": lambda c: _("数字太长"),
    "decimal_whole_digits": lambda c: _("数字太长"),
    "bool_type": lambda c: _("要填是或否"),
    "bool_parsing": lambda c: _("要填是或否"),
    "time_parsing": lambda c: _("要填时刻，如 09:00"),
    "time_type": lambda c: _("要填时刻，如 09:00"),
    "string_type": lambda c: _("要填文字"),
    "string_too_short": lambda c: _("要填写"),
    "string_too_long": lambda c: _("最多 {n} 个字").format(n=c["max_length"]),
    "string_pattern_mismatch": lambda c: _("格式不对：{pattern}").format(
        pattern=pattern_in_words(str(c["pattern"]))
    ),
    "literal_error": lambda c: _("只能填其中之一：{these}").format(these=c["expected"]),
    "enum": lambda c: _("只能填其中之一：{these}").format(these=c["expected"]),
    "too_short": lambda c: _("至少要有 {n} 项").format(n=c["min_length"]),
    "too_long": lambda c: _("最多 {n} 项").format(n=c["max_length"]),
    "tuple_type": lambda c: _("要填一列"),
    "dict_type": lambda c: _("要填“名称 = 值”"),
    "model_type": lambda c: _("要填一组参数"),
    "model_attributes_type": lambda c: _("要填一组参数"),
}


def pattern_in_words(pattern: str) -> str:
    """What a text of the schema's pattern looks like."""
    if pattern.startswith("^[a-z]"):
        return _("用小写字母、数字和下划线，字母开头")
    if pattern.startswith("^[A-Z]{2}"):
        return _("条款编号，如 CD-05.10")
    return _("不合格式 {pattern}").format(pattern=pattern)


_NO_CLAUSE = re.compile(r"^(?P<setting>[a-z_.]+): there is no clause (?P<clause>\S+)$")
_NO_CLOCK = re.compile(r"^follows: (?P<clause>\S+) is no clock$")
_TWICE = re.compile(r"^says what (?P<clause>\S+) says already")


def _between_clauses(clause: str, reason: str) -> Fault:
    """A contradiction: the schema's own sentence, in words, at the setting it names."""
    if found := _NO_CLAUSE.match(reason):
        text = _("没有条款 {clause}").format(clause=found["clause"])
        return Fault(clause, tuple(found["setting"].split(".")), text)
    if found := _NO_CLOCK.match(reason):
        text = _("{clause} 不是计时条款").format(clause=found["clause"])
        return Fault(clause, ("follows",), text)
    if found := _TWICE.match(reason):
        text = _("和 {clause} 说的是同一件事，其中一条要让位于另一条")
        return Fault(clause, ("yields_to",), text.format(clause=found["clause"]))
    setting, colon, rest = reason.partition(": ")
    if colon and re.fullmatch(r"[a-z_.]+", setting):
        return Fault(clause, tuple(setting.split(".")), wording(rest))
    return Fault(clause, (), wording(reason))


def wording(sentence: str) -> str:
    """A sentence of the schema in the reader's language; one that has no words yet stays as it is."""
    return in_chinese(sentence) if is_chinese(get_language() or "zh") else sentence
