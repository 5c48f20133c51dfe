"""The settings of a clause in the words of the office (``terms``)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from kefu import punctuation
from kefu.policy.clauses import Clause, is_chinese
from kefu.policy.vocabulary import word
from kefu.rulebooks import shapes
from kefu.rulebooks.shapes import FIXED, TOLD
from kefu.rulebooks.terms import (
    AREAS,
    AUTOMATION,
    CHOICES,
    KINDS,
    SETTINGS,
    SETTINGS_OF,
    VALUES,
    VALUES_OF,
)

MONEY = frozenset({"fine", "amount"})
_CODE = re.compile(r"[a-z][a-z0-9_]*")


def kind(code: str) -> str:
    return str(KINDS.get(code) or readable(code))


def automation(code: str) -> str:
    return str(AUTOMATION.get(code) or readable(code))


def area(code: str) -> str:
    return str(AREAS.get(code) or readable(code))


def setting(name: str, table: str = "") -> str:
    """What a setting is called; ``table``: the class of the schema that it stands in."""
    return str(SETTINGS_OF.get((table, name)) or SETTINGS.get(name) or readable(name))


def value_in_words(setting: str, code: str) -> str:
    return _word(setting, code) or readable(code)


def _word(setting: str, code: str) -> str:
    """The word for a code that stands in a setting; "" if it has none there."""
    found = VALUES_OF.get((setting, code)) or VALUES.get(code)
    if not found and (setting, code) in shapes.choices():
        found = CHOICES.get(code)
    return str(found or "")


def readable(code: str) -> str:
    """A code without words here by the word that explanations have for it, else as near to words as it comes."""
    if not _CODE.fullmatch(code):
        return code
    return word(code, get_language() or "zh-hans").replace("_", " ")


def settings(clause: Clause, language: str) -> list[tuple[str, str]]:
    """Return what the clause sets and a reader wants to know, in the order of the schema.

    A blank of the regulation says so; what is as usual, and codes that only the program knows, are left out.
    """
    return [
        (setting(one.name, one.table), one.text(language))
        for one in _flat(clause)
        if _tells(one.name, one.value)
    ]


@dataclass(frozen=True, slots=True)
class _Set:
    """A setting with its value. ``house``: it is the house's, and not one of the regulation."""

    table: str
    name: str
    value: Any
    house: bool

    def text(self, language: str) -> str:
        return (
            open_word(house=self.house)
            if self.value is None
            else text(self.name, self.value, language)
        )


def open_word(*, house: bool) -> str:
    """What is told of a setting that is left open: by the house, or by the regulation."""
    return _("不设") if house else _("规章未定")


def _flat(model: BaseModel, *, house: bool = False) -> Iterator[_Set]:
    """The settings with those of the house among them. What is not given at all is left out, and what is as
    the schema has it if nobody says otherwise.
    """
    for one in shapes.settings(type(model)):
        value = getattr(model, one.name)
        as_usual = one.default is not None and to_jsonable_python(value) == one.default
        if one.name in _NOT_SETTINGS or as_usual:
            continue
        if one.name == "house" and isinstance(value, BaseModel):
            yield from _flat(value, house=True)
        elif value is not None or one.name in model.model_fields_set:
            yield _Set(table_of(type(model), one.name), one.name, value, house)


_NOT_SETTINGS = (FIXED | set(TOLD)) - {"yields_to"}


def table_of(table: type[BaseModel], name: str) -> str:
    """The class among a table's own and those above it that has a word of its own for a setting."""
    for one in table.__mro__:
        if (one.__name__, name) in SETTINGS_OF:
            return one.__name__
    return table.__name__


def _tells(name: str, value: Any) -> bool:
    """Is it more than the name under which the program knows something?"""
    if isinstance(value, str) and _CODE.fullmatch(value):
        return bool(_word(name, value))
    if isinstance(value, tuple):
        return any(_tells(name, one) for one in value)
    return True


def text(name: str, value: Any, language: str) -> str:
    """A value of the schema as people read it."""
    if value is None:
        return _("规章未定")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, BaseModel):
        return _table(value, language)
    if isinstance(value, tuple):
        parts = [text(name, one, language) for one in value]
        simple = not any(
            isinstance(one, BaseModel | tuple) and not _words_only(one) for one in value
        )
        return punctuation.alike(*parts) if simple else punctuation.in_turn(*parts)
    if isinstance(value, dict):
        return punctuation.alike(
            *(
                f"{value_in_words(name, str(key))} {text(name, one, language)}"
                for key, one in value.items()
            )
        )
    if isinstance(value, Decimal):
        return f"{value:,.2f}" if name in MONEY else f"{value.normalize():f}"
    if isinstance(value, time):
        return value.strftime("%H:%M" if not value.second else "%H:%M:%S")
    return value_in_words(name, str(value))


def _words_only(value: Any) -> bool:
    """Is it a line of words, with at most what a form calls it?"""
    known = {"zh", "en", "code", "override"}
    return isinstance(value, BaseModel) and type(value).model_fields.keys() <= known


def _table(row: BaseModel, language: str) -> str:
    """A row by its words; else what it sets, one after the other."""
    words = getattr(row, "zh" if is_chinese(language) else "en", "")
    if _words_only(row):
        return str(words)
    parts = [
        f"{setting(one.name, one.table)} {one.text(language)}"
        for one in _flat(row)
        if one.name not in ("zh", "en")
    ]
    return punctuation.listed(str(words), *parts)


def written(name: str, value: Any, language: str) -> str:
    """A value as it stands in the JSON of a version, in words."""
    if isinstance(value, list):
        return punctuation.alike(*(written(name, one, language) for one in value)) or _("没有")
    if isinstance(value, dict):
        words = value.get("zh" if is_chinese(language) else "en")
        if words is not None and value.keys() <= {"zh", "en", "code", "override"}:
            return str(words)
        parts = (f"{setting(key)} {written(key, one, language)}" for key, one in value.items())
        return punctuation.listed(*parts)
    return text(name, value, language)
