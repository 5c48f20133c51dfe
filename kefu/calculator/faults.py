"""Why a decision does not come out, in the reader's language.

The schema says what is wrong with a fact by a code; what policy refuses has words of its own.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from kefu import punctuation
from kefu.calculator import words
from kefu.calculator.reading import Loc
from kefu.policy.clauses import NotSet, is_chinese
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks import wording
from kefu.rulebooks.faults import WORDS
from kefu.rulebooks.faults import wording as of_contradiction


@dataclass(frozen=True, slots=True)
class Fault:
    """``loc``: the fact at fault, () for all of them. ``missing``: it is only not there yet."""

    loc: Loc
    text: str
    missing: bool = False


def of_refused(error: Refused) -> Iterator[Fault]:
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        for one in cause.errors():
            yield from _of_schema(one)
        return
    yield from _of_policy(error)


def _of_policy(error: Refused, at: Loc = ()) -> Iterator[Fault]:
    for name, why in error.faults.items():
        fact, _dot, inside = name.partition(".")  # penalties.CD-03.12
        loc = (*at, *filter(None, (fact, inside)))
        # Nobody can be asked for what has no field.
        yield Fault(loc, why.said(words.language()), why.wanted and bool(loc))


SCHEMA: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    **WORDS,
    "extra_forbidden": lambda c: _("没有这一栏"),
    "timezone_aware": lambda c: _("要带时区，如 2026-03-01T09:30+08:00"),
    "datetime_parsing": lambda c: _("要填日期和时间，如 2026-03-01 09:30"),
    "datetime_from_date_parsing": lambda c: _("要填日期和时间，如 2026-03-01 09:30"),
    "datetime_type": lambda c: _("要填日期和时间，如 2026-03-01 09:30"),
    "date_parsing": lambda c: _("要填日期，如 2026-03-01"),
    "date_from_datetime_parsing": lambda c: _("要填日期，如 2026-03-01"),
    "date_from_datetime_inexact": lambda c: _("要填日期，如 2026-03-01"),
    "date_type": lambda c: _("要填日期，如 2026-03-01"),
    "int_parsing_size": lambda c: _("数字太长"),
    "decimal_max_digits": lambda c: _("数字太长"),
    "frozen_set_type": lambda c: _("要填一列"),
    "list_type": lambda c: _("要填一列"),
    "mapping_type": lambda c: _("要填“名称 = 值”"),
    "literal_error": lambda c: _("没有这一项可选"),
    "enum": lambda c: _("没有这一项可选"),
    "string_pattern_mismatch": lambda c: _of_pattern(str(c["pattern"])),
}


def _of_pattern(pattern: str) -> str:
    for example, text in (
        ("2026-03", _("要填月份，如 2026-03")),
        ("09:00", _("要填时刻，如 09:00")),
        ("510100", _("要填行政区划代码，如 510100")),
    ):
        if re.search(pattern, example):
            return text
    return WORDS["string_pattern_mismatch"]({"pattern": pattern})


def _of_schema(error: Any) -> Iterator[Fault]:
    kind, context, loc = error["type"], error.get("ctx", {}), tuple(error["loc"])
    own = context.get("error")
    if isinstance(own, Refused):
        yield from _of_policy(own, loc)
    elif own is not None:
        yield Fault(loc, of_contradiction(str(own)))
    elif say := SCHEMA.get(kind):
        yield Fault(loc, say(context), kind == "missing")
    else:
        yield Fault(loc, _("这里的内容不对：{reason}").format(reason=error["msg"]))


def of_blank(error: NotSet, rulebook: Rulebook) -> str:
    """“规章未定：CD-13.01 夜班计薪，时薪”; where no clause is blank but none is there, that."""
    clause = rulebook.get(error.clause)
    if clause is not None:
        place = f"{clause.id} {clause.label(words.language())}"
        return _("规章未定：{clause}，{setting}").format(
            clause=place, setting=_in_words(error.setting)
        )
    if error.clause == rulebook.code:
        # What is told instead of a setting may be a name that only the program knows.
        what = _in_words(error.setting)
        silent = _("这本规章对此没有规定")
        return (
            silent
            if re.search(r"[a-z]{3}", what) and is_chinese(words.language())
            else (punctuation.headed(silent, what))
        )
    what = punctuation.listed(error.clause, _in_words(error.setting))
    return _("还没有定：{what}").format(what=what)


_IDLE = {"for", "of", "the", "house"}


def _in_words(setting: str) -> str:
    """A setting, or what stands in its place: “compensation for loss”, “hours of the query”."""
    parts = [part for part in re.split(r"[\s.:|]+", setting) if part and part not in _IDLE]
    return " ".join(_one(part) for part in parts)


def _one(part: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", part):
        return part
    for said in (wording.setting(part), wording.kind(part), words.value("", part)):
        if said != wording.readable(part):
            return said
    return wording.readable(part)
