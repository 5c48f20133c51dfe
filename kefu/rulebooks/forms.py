"""The form of a clause, made from the schema: single settings, tables within it, rows of a table.

The form checks nothing: what was typed becomes the JSON of the clause, and the schema says what is wrong with it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from pydantic import BaseModel

from kefu.privacy.redact import TextRefused
from kefu.rulebooks import wording
from kefu.rulebooks.faults import Fault, Place
from kefu.rulebooks.fields import field as field_of
from kefu.rulebooks.fields import hint, narrow
from kefu.rulebooks.fields import value as value_of
from kefu.rulebooks.services import UNWRITTEN
from kefu.rulebooks.shapes import FIXED, SINGLE, TOLD, Setting, Shape, settings

SPARE_ROWS = 3  # empty ones below those of a table
MOST_ROWS = 200
Written = Mapping[str, Any]


@dataclass
class Leaf:
    """One setting with a field of its own. ``was``: as it is written now, or UNWRITTEN."""

    place: Place
    setting: Setting
    label: str
    was: Any
    in_row: bool = False
    bound: forms.BoundField | None = None
    blank: forms.BoundField | None = None  # the tick "the regulation leaves it open"
    errors: list[str] = field(default_factory=list)
    what = "leaf"

    @property
    def name(self) -> str:
        return _name(self.place)

    @property
    def shape(self) -> Shape:
        return self.setting.shape

    @property
    def hint(self) -> str:
        return hint(self.shape)


@dataclass
class Group:
    """A table within the clause. An ``optional`` one has a tick whether it is there at all."""

    place: Place
    label: str
    parts: list["Part"]
    was: Any
    optional: bool
    there: forms.BoundField | None = None
    errors: list[str] = field(default_factory=list)
    what = "group"

    @property
    def name(self) -> str:
        return _name(self.place)


@dataclass
class Row:
    """One row of a table: its cells, where it stands, and whether it goes."""

    number: int
    cells: list["Part"]
    new: bool
    position: forms.BoundField | None = None
    gone: forms.BoundField | None = None
    errors: list[str] = field(default_factory=list)


@dataclass
class Rows:
    """A table of as many rows as one likes, with some spare ones below."""

    place: Place
    setting: Setting
    label: str
    columns: list[tuple[str, str]]  # what each is called, and what may stand there
    rows: list[Row]
    was: Any
    wide: bool  # its rows are too much for one line each
    order: list[int] = field(default_factory=list)  # the rows that stay, as the result has them
    blank: forms.BoundField | None = None
    errors: list[str] = field(default_factory=list)
    what = "rows"

    @property
    def name(self) -> str:
        return _name(self.place)


Part = Leaf | Group | Rows


@dataclass(frozen=True)
class Layout:
    """The form as its page shows it: what is written, what could be (folded up unless something is wrong
    there), and how the clause is told. Not the form itself: a template would take a setting of such a name
    for it.
    """

    written: Sequence[Part]
    unwritten: Sequence[Part]
    unfolded: bool
    told: Sequence[Part]
    hidden: Sequence[forms.BoundField]
    faulty: bool
    elsewhere: Sequence[Fault]  # faults that belong to no field of this form


def _name(place: Place) -> str:
    return ".".join(map(str, place))


def _open(place: Place) -> str:
    """What the tick says that leaves a setting open."""
    return wording.open_word(house="house" in place)


def _both(place: Place) -> str:
    return _("既填了，又勾了“{open}”，请只留一样").format(open=_open(place))


class ClauseForm(forms.Form):
    """The settings of one table of the schema, as ``written`` or as somebody typed them."""

    def __init__(
        self,
        table: type[BaseModel],
        written: Written,
        data: Any = None,
        *,
        leave_out: frozenset[str] = FIXED,
    ) -> None:
        super().__init__(data, auto_id="id_%s")
        self.parts: list[Part] = [
            self._part((one.name,), one, table, written.get(one.name, UNWRITTEN))
            for one in settings(table)
            if one.name not in leave_out
        ]
        # Faults that belong to no field of this form.
        self.elsewhere: list[Fault] = []
        self._bind(self.parts)

    # From the schema to fields.

    def _part(
        self, place: Place, setting: Setting, table: type[BaseModel], was: Any, *, row: bool = False
    ) -> Part:
        name = place[-1]
        label = wording.setting(str(name), wording.table_of(table, str(name)))
        shape = setting.shape
        if shape.what == "table" and shape.table is not None and not row:
            return self._group(place, setting, label, was)
        if shape.what == "rows" and shape.table is not None and not row:
            return self._rows(place, setting, label, was)
        leaf = Leaf(place, setting, label, was, in_row=row)
        self.fields[leaf.name] = field_of(setting, was, label=label, in_row=row)
        if shape.blank:
            self._tick(f"{leaf.name}:blank", _open(place), ticked=was is None)
        return leaf

    def _group(self, place: Place, setting: Setting, label: str, was: Any) -> Group:
        table = setting.shape.table
        assert table is not None
        inside = was if isinstance(was, Mapping) else {}
        # Where the schema itself has one if nobody says otherwise, it is always there.
        optional = setting.shape.nullable
        if optional:
            self._tick(f"{_name(place)}:there", _("有这一组"), ticked=isinstance(was, Mapping))
        parts = [
            self._part((*place, one.name), one, table, inside.get(one.name, UNWRITTEN))
            for one in settings(table)
        ]
        return Group(place, label, parts, was, optional)

    def _rows(self, place: Place, setting: Setting, label: str, was: Any) -> Rows:
        table = setting.shape.table
        assert table is not None
        written = list(was) if isinstance(was, list | tuple) else []
        rows = []
        wide = _wide(table)
        for number in range(self._how_many(place, len(written), 1 if wide else SPARE_ROWS)):
            inside = written[number] if number < len(written) else {}
            new = number >= len(written)
            at = (*place, number)
            cells = [
                self._part((*at, one.name), one, table, inside.get(one.name, UNWRITTEN), row=True)
                for one in settings(table)
            ]
            self.fields[f"{_name(at)}:position"] = forms.CharField(
                required=False,
                max_length=6,
                label=_("次序"),
                initial="" if new else str(number + 1),
                widget=forms.TextInput(attrs={"class": "kf-short", "inputmode": "decimal"}),
            )
            self._tick(f"{_name(at)}:gone", _("删除"), ticked=False)
            rows.append(Row(number, cells, new))
        if setting.shape.blank:
            self._tick(f"{_name(place)}:blank", _open(place), ticked=was is None)
        self.fields[f"{_name(place)}:rows"] = forms.CharField(
            required=False, initial=str(len(rows)), widget=forms.HiddenInput
        )
        columns = [
            (wording.setting(one.name, wording.table_of(table, one.name)), hint(one.shape))
            for one in settings(table)
        ]
        return Rows(place, setting, label, columns, rows, was, wide)

    def _how_many(self, place: Place, written: int, spare: int) -> int:
        """As many rows as the page had that was sent; else those there are and some spare ones."""
        sent = str(self.data.get(f"{_name(place)}:rows", "")) if self.is_bound else ""
        return min(int(sent), MOST_ROWS) if sent.isdecimal() else written + spare

    def _tick(self, name: str, label: str, *, ticked: bool) -> None:
        self.fields[name] = forms.BooleanField(required=False, label=label, initial=ticked)

    def _bind(self, parts: Sequence[Part]) -> None:
        """Give each part its fields as the page shows them."""
        for part in parts:
            match part:
                case Leaf():
                    part.bound = self[part.name]
                    part.blank = self._maybe(f"{part.name}:blank")
                case Group():
                    part.there = self._maybe(f"{part.name}:there")
                    self._bind(part.parts)
                case Rows():
                    part.blank = self._maybe(f"{part.name}:blank")
                    for row in part.rows:
                        row.position = self[f"{part.name}.{row.number}:position"]
                        row.gone = self[f"{part.name}.{row.number}:gone"]
                        self._bind(row.cells)

    def _maybe(self, name: str) -> forms.BoundField | None:
        return self[name] if name in self.fields else None

    # From fields to what is to be written.

    def settings(self) -> dict[str, Any]:
        """What was typed, by setting, as JSON; UNWRITTEN what is not to stand there.

        Call it on a valid form; it finds further errors of form (a blank that is filled in, JSON that is none).
        """
        return {str(part.place[0]): self._typed(part) for part in self.parts}

    def _typed(self, part: Part) -> Any:
        match part:
            case Leaf():
                return self._leaf(part)
            case Group():
                return self._grouped(part)
            case Rows():
                return self._rowed(part)

    def _grouped(self, part: Group) -> Any:
        inside = {str(one.place[-1]): self._typed(one) for one in part.parts}
        found = {name: value for name, value in inside.items() if value is not UNWRITTEN}
        # Unticked, it goes; but whoever fills in a new one may forget the tick.
        ticked = not part.optional or self.cleaned_data[f"{part.name}:there"]
        if not ticked and (isinstance(part.was, Mapping) or not _anything(part.parts, found)):
            return None if part.was is None else UNWRITTEN
        if part.was is UNWRITTEN and not part.optional and not found:
            return UNWRITTEN
        return found

    def _rowed(self, part: Rows) -> Any:
        found: list[tuple[Decimal, int, dict[str, Any]]] = []
        for row in part.rows:
            name = f"{part.name}.{row.number}"
            inside = {str(one.place[-1]): self._typed(one) for one in row.cells}
            written = {key: value for key, value in inside.items() if value is not UNWRITTEN}
            if self.cleaned_data[f"{name}:gone"] or (row.new and not _anything(row.cells, written)):
                continue
            found.append((self._position(row, name), row.number, written))
        found.sort(key=lambda one: one[:2])
        part.order = [number for _position, number, _written in found]
        values = [written for _position, _number, written in found]
        return self._listed(part, values)

    def _position(self, row: Row, name: str) -> Decimal:
        text = narrow(self.cleaned_data[f"{name}:position"])
        if re.fullmatch(r"\d{1,4}(\.\d)?", text):
            return Decimal(text)
        return Decimal(row.number + 1)

    def _listed(self, part: Rows, values: list[Any]) -> Any:
        if part.blank is not None and self.cleaned_data[f"{part.name}:blank"]:
            if values:
                part.errors.append(_both(part.place))
            return None
        return self._unless_default(part.setting, part.was, values)

    def _leaf(self, leaf: Leaf) -> Any:
        typed = self.cleaned_data.get(leaf.name)
        if leaf.shape.blank and self.cleaned_data[f"{leaf.name}:blank"]:
            if typed not in ("", None, [], False):
                leaf.errors.append(_both(leaf.place))
            return None
        try:
            value = value_of(leaf.shape, typed, leaf.was)
        except (ValueError, TextRefused) as error:
            leaf.errors.append(str(error))
            return UNWRITTEN
        if value in ([], {}) and leaf.shape.nullable and not isinstance(leaf.was, list | dict):
            value = UNWRITTEN
        if value is UNWRITTEN:
            if leaf.was is None and not leaf.shape.blank:
                return None
            return leaf.was if leaf.was == "" else UNWRITTEN
        return self._unless_default(leaf.setting, leaf.was, value)

    def _unless_default(self, setting: Setting, was: Any, value: Any) -> Any:
        """What was not written stays so if it is what holds anyway."""
        if was is UNWRITTEN and not setting.required and value == setting.default:
            return UNWRITTEN
        return value

    # From faults back to fields.

    def show(self, faults: Sequence[Fault], clause: str) -> None:
        """Put each fault of this clause at its field, and keep the others for the head of the page."""
        for fault in faults:
            part = self._at(fault.setting) if fault.clause == clause else None
            if part is None:
                self.elsewhere.append(fault)
            else:
                part.errors.append(fault.text)

    @property
    def faulty(self) -> bool:
        return bool(self.elsewhere) or any(part.errors for part in _all(self.parts))

    def layout(self) -> "Layout":
        own = [part for part in self.parts if part.place[0] not in TOLD]
        unwritten = [part for part in own if _unwritten(part)]
        written = [part for part in own if not _unwritten(part)]
        wrong = any(
            part.errors or (isinstance(part, Leaf) and part.name in self.errors)
            for part in _all(unwritten)
        )
        return Layout(
            written=written,
            unwritten=unwritten,
            unfolded=wrong or not written,
            told=[part for part in self.parts if part.place[0] in TOLD],
            hidden=self.hidden_fields(),
            faulty=self.faulty or bool(self.errors),
            elsewhere=self.elsewhere,
        )

    def _at(self, place: Place) -> "Part | Row | None":
        """The field nearest to a place: the schema may name one deeper than any field goes."""
        found: Part | Row | None = None
        parts: Sequence[Part] = self.parts
        rows: Rows | None = None
        for step in place:
            if rows is not None:
                row = _nth_row(rows, step)
                if row is None:
                    return found
                found, parts, rows = row, row.cells, None
                continue
            part = next((one for one in parts if str(one.place[-1]) == str(step)), None)
            if part is None:
                return found
            found = part
            rows = part if isinstance(part, Rows) else None
            parts = part.parts if isinstance(part, Group) else []
        return found


def _unwritten(part: Part) -> bool:
    """May it stand there, and does not?"""
    if isinstance(part, Group):
        return part.optional and not isinstance(part.was, Mapping)
    return part.was is UNWRITTEN and not part.setting.required


def _nth_row(rows: Rows, step: object) -> Row | None:
    """The row on the page that is the ``step``-th of the result."""
    if isinstance(step, int) and step < len(rows.order):
        return next(row for row in rows.rows if row.number == rows.order[step])
    return None


def _all(parts: Sequence[Part]) -> Iterator["Part | Row"]:
    for part in parts:
        yield part
        if isinstance(part, Group):
            yield from _all(part.parts)
        if isinstance(part, Rows):
            for row in part.rows:
                yield row
                yield from _all(row.cells)


def _anything(cells: Sequence[Part], written: Written) -> bool:
    """Was anything typed into a spare row or table? Choices and ticks stand there by themselves."""
    return any(
        cell.shape.what not in ("flag", "choice")
        and written.get(str(cell.place[-1])) not in (None, "", [], {})
        for cell in cells
        if isinstance(cell, Leaf)
    )


def _wide(table: type[BaseModel]) -> bool:
    """Is a row of it too much for one line?"""
    inside = settings(table)
    return len(inside) > 5 or any(one.shape.what not in SINGLE for one in inside)
