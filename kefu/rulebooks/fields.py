"""One setting as a field: what may be written there, what stands there, what somebody typed as the JSON of it.

The schema is the only judge: a number that is none goes on as text, and it says what is wrong with it.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.privacy.redact import clean
from kefu.rulebooks import wording
from kefu.rulebooks.faults import pattern_in_words
from kefu.rulebooks.services import UNWRITTEN
from kefu.rulebooks.shapes import SINGLE, Setting, Shape

LONGEST = 20_000  # characters in one field


def hint(shape: Shape) -> str:
    """What may be written there, in words."""
    told = _hint(shape)
    return told[:1].upper() + told[1:]


def _hint(shape: Shape) -> str:
    bounds, inner = shape.bounds, shape.inner
    parts: list[str] = []
    if shape.what in ("number", "whole"):
        if shape.what == "whole":
            parts.append(_("整数"))
        parts += _limits(shape)
        if bounds.places is not None:
            parts.append(_("最多 {n} 位小数").format(n=bounds.places))
    elif shape.what == "text" and bounds.pattern:
        parts.append(pattern_in_words(bounds.pattern))
    elif shape.what == "words":
        parts.append(_("每行一个"))
        if inner is not None:
            parts.append(_hint(inner))
    elif shape.what == "mapping":
        of_lists = inner is not None and inner.what in ("words", "choices")
        parts.append(
            _("每行一个“名称 = 值”，多个值用逗号隔开") if of_lists else _("每行一个“名称 = 值”")
        )
        if inner is not None and not of_lists:
            parts.append(_hint(inner))
    elif shape.what == "json":
        parts.append(_("按 JSON 写，数字加引号"))
    return punctuation.listed(*parts)


def _limits(shape: Shape) -> Iterator[str]:
    bounds = shape.bounds
    if bounds.above is not None:
        yield _("大于 {n}").format(n=_plain(bounds.above))
    if bounds.at_least is not None:
        yield _("不小于 {n}").format(n=_plain(bounds.at_least))
    if bounds.below is not None:
        yield _("小于 {n}").format(n=_plain(bounds.below))
    if bounds.at_most is not None:
        yield _("不大于 {n}").format(n=_plain(bounds.at_most))


def _plain(number: Decimal) -> str:
    return f"{number:,f}"


def _lines(shape: Shape, was: Any, *, in_row: bool) -> int:
    """How many lines its field has; one: an input."""
    if shape.what not in SINGLE:
        return min(8, max(2, len(was) + 1)) if isinstance(was, list | dict) else 2
    if in_row or (shape.bounds.longest or 0) <= 200:
        return 1
    return min(6, len(str(was or "")) // 50 + 1)


def field(setting: Setting, was: Any, *, label: str, in_row: bool) -> forms.Field:
    """Return the field of one setting. ``was``: as it is written now, or UNWRITTEN."""
    shape = setting.shape
    kept = setting.default if was is UNWRITTEN else was
    shared: dict[str, Any] = {"required": False, "label": label}
    if shape.what == "flag" and not shape.nullable:
        return forms.BooleanField(initial=bool(kept), **shared)
    if shape.what == "flag":
        answers = [("", "–"), ("true", _("是")), ("false", _("否"))]
        return forms.ChoiceField(choices=answers, initial=_flag(kept), **shared)
    if shape.what == "choice":
        choices = _in_words(setting)
        if in_row or shape.nullable or was is UNWRITTEN:
            choices = [("", "–"), *choices]
        if kept is not None and kept not in shape.choices:  # a value of an older schema
            choices.append((kept, str(kept)))
        # In a spare row nothing is chosen: what is would make it a row.
        initial = "" if in_row and was is UNWRITTEN else kept
        return forms.ChoiceField(choices=choices, initial=initial or "", **shared)
    if shape.what == "choices":
        return forms.MultipleChoiceField(
            choices=_in_words(setting),
            initial=list(kept or ()),
            widget=forms.CheckboxSelectMultiple,
            **shared,
        )
    return forms.CharField(
        initial=_shown(shape, kept),
        max_length=LONGEST,
        strip=False,
        widget=_widget(shape, was, in_row=in_row),
        **shared,
    )


def _in_words(setting: Setting) -> list[tuple[str, str]]:
    return [(one, wording.value_in_words(setting.name, one)) for one in setting.shape.choices]


def _widget(shape: Shape, was: Any, *, in_row: bool) -> forms.Widget:
    if shape.what in ("number", "whole"):
        mode = "numeric" if shape.what == "whole" else "decimal"
        return forms.TextInput(
            attrs={"inputmode": mode, "class": "kf-short", "autocomplete": "off"}
        )
    if shape.what == "time":
        return forms.TimeInput(attrs={"type": "time", "class": "kf-short"})
    lines = _lines(shape, was, in_row=in_row)
    if lines > 1 or (shape.what == "text" and (shape.bounds.longest or 0) > 200 and not in_row):
        code = {"class": "kf-code"} if shape.what in ("json", "mapping", "words") else {}
        return forms.Textarea(attrs={"rows": lines, "autocomplete": "off", **code})
    return forms.TextInput(attrs={"autocomplete": "off"})


def _flag(value: Any) -> str:
    return "" if value is None else str(bool(value)).lower()


def _shown(shape: Shape, value: Any) -> str:
    """A written value as it stands in its field."""
    if value is None:
        return ""
    match shape.what:
        case "words":
            return "\n".join(map(str, value))
        case "mapping":
            return "\n".join(f"{key} = {_right_side(one)}".rstrip() for key, one in value.items())
        case "json" | "table" | "rows":
            return json.dumps(value, ensure_ascii=False, indent=1) if value else ""
        case "time":
            return str(value).removesuffix(":00") if str(value).count(":") == 2 else str(value)
    return str(value)


def _right_side(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def value(shape: Shape, typed: Any, was: Any) -> Any:
    """Return what was typed as JSON; UNWRITTEN if nothing was. Raises ValueError for text of a wrong form,
    TextRefused for one that nobody could read.
    """
    match shape.what:
        case "flag":
            if shape.nullable:
                return {"true": True, "false": False}.get(typed, UNWRITTEN)
            return bool(typed)
        case "choices":
            return _in_their_order(list(typed or ()), was)
        case "words":
            assert shape.inner is not None
            lines = [line.strip() for line in str(typed or "").splitlines()]
            return [_single(shape.inner, line) for line in lines if line]
        case "mapping":
            assert shape.inner is not None
            return _mapping(shape.inner, str(typed or ""))
        case "json" | "table" | "rows":
            return _json(str(typed or ""))
    text = str(typed or "").strip()
    return _single(shape, text) if text else UNWRITTEN


def _in_their_order(ticked: list[str], was: Any) -> list[str]:
    """What was there stays in its place, what is new comes after it."""
    before = [one for one in (was if isinstance(was, list) else []) if one in ticked]
    return before + [one for one in ticked if one not in before]


def _single(shape: Shape, text: str) -> Any:
    if shape.what == "whole":
        digits = narrow(text).replace(",", "")
        return int(digits) if re.fullmatch(r"-?\d{1,18}", digits) else text
    if shape.what == "number":
        return narrow(text).replace(",", "")
    if shape.what == "time":
        return narrow(text)
    return clean(text, max_length=LONGEST)


def narrow(text: str) -> str:
    """Digits and signs as typed with a Chinese keyboard in their plain form."""
    return unicodedata.normalize("NFKC", text).strip()


def _mapping(inner: Shape, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        key, sign, right = narrow(line).partition("=")
        if not sign:
            raise ValueError(_("这一行没有等号：{line}").format(line=line))
        right = right.strip()
        if inner.what in ("words", "choices"):
            assert inner.inner is not None
            parts = [one.strip() for one in re.split(r"[,，、]", right)]
            found[key.strip()] = [_single(inner.inner, one) for one in parts if one]
        else:
            found[key.strip()] = _single(inner, right) if right else None
    return found


def _json(text: str) -> Any:
    if not text.strip():
        return UNWRITTEN
    try:
        return json.loads(text, parse_float=str, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ValueError(_("不是正确的 JSON")) from error


def _no_number(name: str) -> Any:
    """Infinity and NaN are JSON to Python, and no numbers of ours."""
    raise ValueError(name)
