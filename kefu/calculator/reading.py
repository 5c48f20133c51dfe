"""A filled-in form: the facts it says, the fields that show it again, and what could not be read.

What is left blank is not a fact: the schema's own default holds, or the schema says that it is
missing. Dates and times are those of the clock in Shanghai.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext as _

from kefu.calculator import words
from kefu.calculator.offers import Choice, choices, condition_values, is_offered, offered
from kefu.calculator.shapes import Kind, Shape
from kefu.calculator.typed import MOST_ROWS, Typed, place_of, scalar_text
from kefu.clock import SHANGHAI
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact

MISSING = object()
LONGEST = 20_000  # characters in one field
MOST_ITEMS = 2_000  # values in one field
MOST_TICKS = 60  # boxes to tick; more names than that are typed
MOST_KNOWN = 12  # names that stand in the form by themselves, to be given a value
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BETWEEN = re.compile(r"[\n,，、;；]+")
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_MOMENT = re.compile(
    rf"{_DAY.pattern}[T ]\s*(\d{{1,2}}:\d{{2}}(:\d{{2}}(\.\d{{1,6}})?)?)\s*(Z|[+-]\d{{2}}:?\d{{2}})?"
)
_SPAN = re.compile(r"(\d{1,2}:\d{2})\s*[-–—~～至到]\s*(\d{1,2}:\d{2})")

SAMPLES: Mapping[Kind, str] = {
    "moment": "2026-03-02 09:30",
    "day": "2026-03-02",
    "month": "2026-03",
    "clock": "09:00",
    "clause": "CD-05.10",
    "spans": "08:30-12:00 13:30-17:30",
}

Loc = tuple[str | int, ...]


class Unreadable(ValueError):
    """A text that says no value of its kind; the message is for the reader."""


@dataclass(slots=True)
class Field:
    """One field of the form. ``loc``: where its fact stands; ``parts``: of a group, or its rows."""

    shape: Shape
    place: str
    label: str
    loc: Loc = ()
    text: str = ""
    texts: tuple[str, ...] = ()
    faults: list[str] = field(default_factory=list)
    parts: list["Field"] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    required: bool = False
    known: bool = False  # an entry whose name the rulebook gives
    fact: Any = MISSING
    personal: bool = False
    steers: bool = False  # what else is asked hangs on it
    unknown: bool = False  # the rulebook knows nothing that could stand in it

    @property
    def id(self) -> str:
        return self.place.replace(".", "-")

    @property
    def kind(self) -> Kind:
        return self.shape.kind

    @property
    def unit(self) -> str:
        return words.unit(self.shape)

    @property
    def widget(self) -> str:
        """How it is asked for; a template of this name draws it."""
        match self.kind:
            case "group" | "rows" | "entries" | "yes_no":
                return self.kind
            case "choice":
                return "select"
            case "code" if self.choices:
                return "select"
            case "list" if 0 < len(self.choices) <= MOST_TICKS:
                return "ticks"
            case "list" | "json":
                return "lines"
            case "text" if (self.shape.longest or 0) > 200:
                return "lines" if self.shape.name == "text" else "line"
        return "line"

    @property
    def blank(self) -> bool:
        """Does it hold nothing but what it holds by itself?"""
        untouched = not self.text.strip() or self.text == self.default_text
        return untouched and all(part.blank or part.known for part in self.parts)

    @property
    def title(self) -> str:
        """What the clause is called whose number stands in it."""
        if self.kind != "clause":
            return ""
        return next((one.words for one in self.choices if one.code == self.text.strip()), "")

    @property
    def holds_something(self) -> bool:
        """Was anything typed into it, or is anything wrong with it?"""
        if self.faults or (self.text.strip() and self.text != self.default_text):
            return True
        parts = self.parts[1:] if self.known else self.parts  # a known name is not typed
        return any(part.holds_something for part in parts)

    @property
    def idle(self) -> bool:
        return self.unknown and not self.required and not self.holds_something

    @property
    def default_text(self) -> str:
        return default_text(self.shape)

    @property
    def can_grow(self) -> bool:
        if self.kind not in ("rows", "entries") or self.shape.fixed:
            return False
        if self.parts and all(part.known for part in self.parts):
            return False
        return len(self.parts) < min(self.shape.most or MOST_ROWS, MOST_ROWS)

    @property
    def sample(self) -> str:
        """What stands in it in grey while it is blank."""
        kind = self.shape.item.kind if self.kind == "list" and self.shape.item else self.kind
        one = SAMPLES.get(kind, "") or self.limit
        return _("每行一个，如 {sample}").format(sample=one) if self.kind == "list" and one else one

    @property
    def lines(self) -> int:
        """How many lines a text of several has room for."""
        return min(8, max(1 if self.kind == "list" else 3, self.text.count("\n") + 1))

    @property
    def inputmode(self) -> str:
        return {"whole": "numeric", "number": "decimal"}.get(self.kind, "")

    @property
    def limit(self) -> str:
        """What a number has to keep to, where that is worth a word."""
        shape = self.shape
        if shape.kind in ("whole", "number") and shape.high and len(shape.high) <= 4:
            return f"{shape.low}–{shape.high}"
        return ""

    def walk(self) -> Iterator["Field"]:
        yield self
        for part in self.parts:
            yield from part.walk()

    def shown(self) -> Iterator["Field"]:
        """Those that stand in the form with their faults: a known name is only written beside its value."""
        for part in self.parts:
            if part.known:
                yield part.parts[1]
                yield from part.parts[1].shown()
            else:
                yield part
                yield from part.shown()

    def places(self) -> dict[Loc, "Field"]:
        """Where the fact of each field stands."""
        found: dict[Loc, Field] = {}
        for one in self.walk():
            if one.loc and (one.loc not in found or not one.parts):
                found[one.loc] = one
        return found

    def blame(self, loc: Loc, text: str) -> None:
        """Say what is wrong with the fact at ``loc``, which is this one or inside of it."""
        inside = loc[len(self.loc) :]
        if self.kind == "list" and inside and isinstance(inside[0], int):
            text = _("第 {n} 项：{fault}").format(n=inside[0] + 1, fault=text)
        if text not in self.faults:
            self.faults.append(text)


def nearest(places: Mapping[Loc, Field], loc: Loc) -> Field | None:
    """The field whose fact stands at ``loc``, or else the nearest one around it."""
    found = (places.get(loc[:length]) for length in range(len(loc), 0, -1))
    return next((one for one in found if one is not None), None)


def default_text(shape: Shape) -> str:
    default = shape.default
    if default is None or shape.kind in ("rows", "entries", "group"):
        return ""
    if shape.kind == "list" and shape.item:
        return _("、").join(scalar_text(one, shape.item) for one in default)
    return "" if shape.kind == "spans" else scalar_text(default, shape)


def read(calculation: str, shape: Shape, typed: Typed, rulebook: Rulebook | None) -> Field:
    """Return the form as it was filled in; its ``fact`` is the facts. Without a rulebook nothing is offered."""
    told = _Form(calculation, rulebook, _first_texts(shape, typed))
    return told.group(shape, typed, (), (), label="")


def _first_texts(shape: Shape, typed: Typed) -> dict[str, str]:
    """What offers may hang on: the names typed at the top of the form."""
    return {
        part.name: typed.at(part.name).text.strip()
        for part in shape.parts
        if part.kind in ("code", "clause", "choice")
    }


@dataclass(frozen=True, slots=True)
class _Form:
    calculation: str
    rulebook: Rulebook | None
    top: Mapping[str, str]

    def field(self, shape: Shape, typed: Typed, names: tuple[str, ...], loc: Loc) -> Field:
        label = words.label(shape)
        match shape.kind:
            case "group":
                return self.group(shape, typed, names, loc, label=label)
            case "rows":
                return self.rows(shape, typed, names, loc, label=label)
            case "entries":
                return self.entries(shape, typed, names, loc, label=label)
            case "list":
                return self.values(shape, typed, names, loc, label=label)
        return self.scalar(shape, typed, names, loc, label=label)

    def made(self, shape: Shape, names: tuple[str, ...], loc: Loc, label: str) -> Field:
        return Field(shape, place_of(names), label, loc, required=shape.required)

    # What holds other facts.

    def group(
        self, shape: Shape, typed: Typed, names: tuple[str, ...], loc: Loc, *, label: str
    ) -> Field:
        made = self.made(shape, names, loc, label)
        made.parts = [
            self.field(part, typed.at(part.name), (*names, part.name), (*loc, part.name))
            for part in shape.parts
        ]
        facts = {part.shape.name: part.fact for part in made.parts if part.fact is not MISSING}
        if facts or shape.required:
            made.fact = facts
        if not shape.required:
            for part in made.parts:
                part.required = part.required and bool(facts)
        return made

    def rows(
        self, shape: Shape, typed: Typed, names: tuple[str, ...], loc: Loc, *, label: str
    ) -> Field:
        assert shape.item is not None
        made = self.made(shape, names, loc, label)
        rows = self.limited(made, typed.rows())
        if shape.fixed:
            rows = [typed.at(str(i)) for i in range(shape.least)]
        rows += [Typed()] * max(0, shape.least - len(rows))
        facts: list[Any] = []
        for i, row in enumerate(rows):
            part = self.field(shape.item, row, (*names, str(i)), (*loc, len(facts)))
            part.label = words.row_label(shape, i) if shape.fixed else str(i + 1)
            made.parts.append(part)
            if shape.fixed:
                facts.append([] if part.fact is MISSING else part.fact)
            elif not part.blank and part.fact is not MISSING:
                facts.append(part.fact)
            elif not part.blank:  # something stands there that could not be read
                facts.append({} if part.kind == "group" else [])
            else:
                self.unasked(part)
        if any(not part.blank for part in made.parts):
            made.fact = facts
        return made

    def unasked(self, row: Field) -> None:
        """A row that is left blank is no row, so nothing of it has to be filled in."""
        for part in row.walk():
            part.required, part.loc = False, ("", part.place)

    def limited(self, made: Field, rows: list[Typed]) -> list[Typed]:
        if len(rows) > MOST_ROWS:
            more = _("页面上最多 {n} 行；更多的用命令行 manage.py calculate 算")
            made.faults.append(more.format(n=MOST_ROWS))
        return rows[:MOST_ROWS]

    def entries(
        self, shape: Shape, typed: Typed, names: tuple[str, ...], loc: Loc, *, label: str
    ) -> Field:
        assert shape.item is not None and shape.key is not None
        made = self.made(shape, names, loc, label)
        known = self.offer(shape.key) if shape.key.kind != "choice" else list(shape.key.values)
        made.unknown = not known and self.is_offered(shape.key)
        rows = self.limited(made, typed.rows())
        given = [row.at("key").text.strip() for row in rows]
        if len(known) <= MOST_KNOWN:
            rows += [Typed(parts={"key": Typed([one])}) for one in known if one not in given]
            rows.sort(key=lambda row: _order(known, row.at("key").text.strip()))
        facts: dict[str, Any] = {}
        for i, row in enumerate(rows):
            at = (*names, str(i))
            name = self.scalar(shape.key, row.at("key"), (*at, "key"), ())
            key = name.text.strip()
            name.loc = (*loc, key, "[key]")
            item = self.field(shape.item, row.at("value"), (*at, "value"), (*loc, key))
            item.required = False
            part = Field(Shape(shape.path, "group"), place_of(at), str(i + 1), (*loc, key))
            part.known = key in known and len(known) <= MOST_KNOWN
            if part.known:
                part.label = item.label = self.in_words(shape.key, key)
            self.values_of_condition(shape, key, item)
            part.parts = [name, item]
            made.parts.append(part)
            if item.blank and (part.known or name.blank):
                continue
            if key in facts:
                name.faults.append(_("“{name}”写了两次").format(name=key))
            elif name.blank:
                name.faults.append(_("要填写"))
            elif item.fact is not MISSING:
                facts[key] = item.fact
            elif item.kind == "group":
                facts[key] = {}
            elif not item.faults:
                item.faults.append(_("要填写"))
        if facts or shape.required or made.holds_something:
            made.fact = facts
        return made

    def values_of_condition(self, shape: Shape, key: str, item: Field) -> None:
        """A fact that clauses hang on has the values those clauses know."""
        if shape.name == "facts" and self.rulebook is not None and key and not item.choices:
            found = condition_values(self.calculation, self.rulebook, self.top, key)
            self.choose(item, found, key)

    # Single facts.

    def values(
        self, shape: Shape, typed: Typed, names: tuple[str, ...], loc: Loc, *, label: str
    ) -> Field:
        assert shape.item is not None
        made = self.made(shape, names, loc, label)
        untouched = not typed.texts
        if untouched and shape.default:
            made.text = made.default_text
            made.texts = tuple(scalar_text(one, shape.item) for one in shape.default)
        else:
            made.text = "\n".join(self.clean(made, text) for text in typed.texts)
            made.texts = tuple(filter(None, map(str.strip, _BETWEEN.split(made.text))))
            made.personal = any(map(_looks_personal, made.texts))
        self.choose(made, self.offer(shape), shape.name)
        made.unknown = not made.choices and self.is_offered(shape)
        items = list(dict.fromkeys(made.texts)) if made.choices else list(made.texts)
        facts, at = [], 0
        for at, text in enumerate(items[:MOST_ITEMS], start=1):
            try:
                facts.append(_value(shape.item, text))
            except Unreadable as error:
                fault = _("第 {n} 项“{text}”：{fault}")
                made.faults.append(fault.format(n=at, text=text[:40], fault=error))
        if len(items) > MOST_ITEMS:
            made.faults.append(_("最多 {n} 项").format(n=MOST_ITEMS))
        if facts or (not untouched and shape.default):
            made.fact = facts
        elif made.text.strip():
            made.fact = []
        if len(made.faults) > 4:
            made.faults[3:] = [_("另有 {n} 处不对").format(n=len(made.faults) - 3)]
        return made

    def scalar(
        self,
        shape: Shape,
        typed: Typed,
        names: tuple[str, ...],
        loc: Loc,
        *,
        label: str | None = None,
    ) -> Field:
        made = self.made(shape, names, loc, words.label(shape) if label is None else label)
        made.text = self.clean(made, typed.text).strip(" \t" if shape.kind == "text" else None)
        if not typed.texts and shape.default is not None:
            made.text = made.default_text
        made.choices = [Choice(code, words.value(shape.name, code)) for code in shape.values]
        self.choose(made, self.offer(shape), shape.name)
        made.unknown = not made.choices and self.is_offered(shape)
        made.steers = len(names) == 1 and shape.required and shape.kind in ("code", "clause")
        if made.text.strip() and not made.faults:
            try:
                made.fact = _value(shape, made.text)
            except Unreadable as error:
                made.faults.append(str(error))
        made.personal = _looks_personal(made.text)
        return made

    def clean(self, made: Field, text: str) -> str:
        """What may be shown again: without control characters, and not endlessly long."""
        if len(text) > LONGEST:
            made.faults.append(_("太长，最多 {n} 个字").format(n=LONGEST))
        text = text.replace("\r\n", "\n")[:LONGEST]
        found = _CONTROL.sub("", text)
        if found != text:
            made.faults.append(_("里面有不能用的控制字符，已去掉，请再核对"))
        # What is not seen goes without a word, as it does where the desk takes a text.
        return redact.clean(found, max_length=LONGEST) if redact.has_hidden(found) else found

    # What the rulebook offers.

    def offer(self, shape: Shape) -> list[str]:
        if self.rulebook is None:
            return []
        return offered(self.calculation, shape.path, self.rulebook, self.top)

    def is_offered(self, shape: Shape) -> bool:
        return self.rulebook is not None and is_offered(self.calculation, shape.path)

    def choose(self, made: Field, codes: list[str], name: str) -> None:
        if not codes or self.rulebook is None:
            return
        # What stands there already stays to be chosen, whether the rulebook knows it or not.
        typed = made.texts if made.kind == "list" else (made.text.strip(),)
        extra = [text for text in typed if text and text not in codes]
        made.choices = choices(name, [*codes, *extra], self.rulebook)

    def in_words(self, shape: Shape, code: str) -> str:
        if self.rulebook is None:
            return words.value(shape.name, code)
        return choices(shape.path[0], [code], self.rulebook)[0].words


def _looks_personal(text: str) -> bool:
    """Whatever the field is for: a number is soon pasted into the wrong one."""
    return redact.redact(text) != text


def _order(known: list[str], key: str) -> int:
    return known.index(key) if key in known else len(known)


# A text as the value it says.


def _value(shape: Shape, text: str) -> Any:
    plain = unicodedata.normalize("NFKC", text).strip()
    match shape.kind:
        case "whole":
            if not _WHOLE.fullmatch(plain.replace(",", "")):
                raise Unreadable(_("要填整数，最多 18 位"))
            return int(plain.replace(",", ""))
        case "number":
            if not _NUMBER.fullmatch(plain.replace(",", "")):
                raise Unreadable(_("要填普通写法的数字，最多 30 位，如 12.50"))
            return plain.replace(",", "")
        case "yes_no":
            if plain not in ("true", "false"):
                raise Unreadable(_("要填是或否"))
            return plain == "true"
        case "day":
            return _day(plain)
        case "moment":
            return _moment(plain)
        case "month":
            return _month(plain)
        case "clock":
            return plain.zfill(5) if plain[1:2] == ":" else plain
        case "clause" | "code":
            return plain
        case "spans":
            return _spans(plain)
        case "json":
            return _json(text)
    return plain if shape.pattern else text


def _month(text: str) -> str:
    found = _MONTH.fullmatch(text)
    return f"{found[1]}-{int(found[2]):02}" if found else text  # the schema says what is wrong


def _day(text: str) -> str:
    found = _DAY.fullmatch(text)
    if not found:
        raise Unreadable(_("要填日期，如 2026-03-01"))
    try:
        return date(*map(int, found.groups())).isoformat()
    except ValueError as error:
        raise Unreadable(_("没有 {day} 这一天").format(day=text)) from error


def _moment(text: str) -> str:
    found = _MOMENT.fullmatch(text)
    if not found:
        raise Unreadable(
            _("要填日期和时间，如 2026-03-01 09:30，按上海时间；时区只认 +08:00 这样的写法")
        )
    year, month, day, clock_time, *_parts, zone = found.groups()
    padded = clock_time if clock_time[1:2] != ":" else f"0{clock_time}"
    iso = f"{year}-{int(month):02}-{int(day):02}T{padded}"
    try:
        moment = datetime.fromisoformat(iso + (zone or ""))
        if zone is None:
            moment = _in_shanghai(moment)
        moment.astimezone(UTC)
    except Unreadable:
        raise
    except (ValueError, OverflowError) as error:
        raise Unreadable(_("没有 {moment} 这个时刻").format(moment=text)) from error
    return moment.isoformat()


def _in_shanghai(wall: datetime) -> datetime:
    """The instant at which the clock in Shanghai shows this; not every wall time is just one."""
    first, second = (wall.replace(tzinfo=SHANGHAI, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(UTC).astimezone(SHANGHAI).replace(tzinfo=None) != wall:
        raise Unreadable(_("那天改夏令时，上海没有过这个时刻"))
    raise Unreadable(_("那天改夏令时，上海有过两次这个时刻：后面写上 +08:00 或 +09:00"))


def _spans(text: str) -> list[dict[str, str]]:
    rest = _SPAN.sub("", text)
    if re.sub(r"[\s,、;]", "", rest):
        raise Unreadable(_("要填时段，如 08:30-12:00 13:30-17:30"))
    return [
        {"opens": opens.zfill(5), "closes": closes.zfill(5)}
        for opens, closes in _SPAN.findall(text)
    ]


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise Unreadable(_("要填 JSON")) from error
