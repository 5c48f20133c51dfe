"""One version beside another, clause by clause: only what is not the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel

from kefu import punctuation
from kefu.policy.clauses import Clause, is_chinese
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks import wording
from kefu.rulebooks.selectors import ClauseRow, clause_row
from kefu.rulebooks.shapes import blanks

# Told in words of their own; that the clauses of a rulebook differ is told one by one.
_TOLD_OTHERWISE = frozenset({"id", "clauses", "code"})


@dataclass(frozen=True, slots=True)
class Change:
    """One setting: its value before and after, or what left its list and what came."""

    setting: str
    before: str
    after: str
    gone: tuple[str, ...] = ()
    come: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A clause that is in both and not the same. ``reading``: as it is now, where that did not change."""

    id: str
    title: str
    kind: str
    changes: tuple[Change, ...]
    reading: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``whole``: what the rulebook sets for all its clauses. ``same``: how many clauses did not change."""

    added: tuple[ClauseRow, ...]
    removed: tuple[ClauseRow, ...]
    changed: tuple[Changed, ...]
    whole: tuple[Change, ...]
    same: int

    @property
    def anything(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.whole)


def compare(old: Rulebook, new: Rulebook, language: str) -> Comparison:
    """Hold ``new`` against ``old``, in the order of the regulation."""
    both = [(old[clause.id], clause) for clause in new.clauses if clause.id in old]
    changed = [(before, after) for before, after in both if _other(before, after)]
    return Comparison(
        added=tuple(clause_row(one, language) for one in new.clauses if one.id not in old),
        removed=tuple(clause_row(one, language) for one in old.clauses if one.id not in new),
        changed=tuple(_changed(before, after, language) for before, after in changed),
        whole=changes(old, new, language),
        same=len(both) - len(changed),
    )


def changes(old: BaseModel, new: BaseModel, language: str) -> tuple[Change, ...]:
    """How one clause, or what a rulebook sets as a whole, differs from another."""
    return tuple(_changes(old, new, language))


def _changed(old: Clause, new: Clause, language: str) -> Changed:
    reading = new.reading_zh if is_chinese(language) else new.reading_en
    before = old.reading_zh if is_chinese(language) else old.reading_en
    return Changed(
        id=new.id,
        title=new.label(language),
        kind=wording.kind(new.kind),
        changes=changes(old, new, language),
        reading=(reading or "") if reading == before else "",
    )


def _changes(
    old: BaseModel, new: BaseModel, language: str, under: str = "", *, house: bool = False
) -> Iterator[Change]:
    """The settings that differ; those of a table within one by one. ``house``: they are the house's own."""
    names = dict.fromkeys((*type(old).model_fields, *type(new).model_fields))
    for name in names:
        if name in _TOLD_OTHERWISE:
            continue
        before, after = (_Side.of(one, name, language, house=house) for one in (old, new))
        if before.same(after):
            continue
        label = f"{under}{wording.setting(name, wording.table_of(type(new), name))}"
        if (
            isinstance(before.value, BaseModel)
            and isinstance(after.value, BaseModel)
            and type(before.value) is type(after.value)
        ):
            yield from _changes(
                before.value,
                after.value,
                language,
                f"{label} · ",
                house=house or name == "house",
            )
        else:
            yield _change(label, before, after)


@dataclass(frozen=True, slots=True)
class _Side:
    """A setting in one of the two. ``blank``: it stands there, and the regulation gives nothing for it; that
    is not the same as a setting that does not stand there.
    """

    name: str
    value: Any
    blank: bool
    language: str
    house: bool

    @classmethod
    def of(cls, model: BaseModel, name: str, language: str, *, house: bool = False) -> "_Side":
        value = getattr(model, name, None)
        blank = value is None and name in model.model_fields_set and name in blanks(type(model))
        return cls(name, value, blank, language, house)

    def same(self, other: "_Side") -> bool:
        if isinstance(self.value, BaseModel) and isinstance(other.value, BaseModel):
            return not _other(self.value, other.value)
        return _alike(self.value, other.value) and self.blank == other.blank

    def text(self) -> str:
        if self.value is None and not self.blank:
            return "–"
        if self.value is None:
            return wording.open_word(house=self.house)
        if self.name == "kind":
            return wording.kind(str(self.value))
        if self.value == ():
            return _("没有")
        return wording.text(self.name, self.value, self.language)


def same(one: BaseModel, other: BaseModel, name: str) -> bool:
    """Do two of one table set the same there, however it is written?"""
    return _Side.of(one, name, "").same(_Side.of(other, name, ""))


def _change(label: str, before: _Side, after: _Side) -> Change:
    if isinstance(before.value, tuple) and isinstance(after.value, tuple):
        gone = [one for one in before.value if not _among(one, after.value)]
        come = [one for one in after.value if not _among(one, before.value)]
        if gone or come:
            say = [
                tuple(_told(before.name, one, before.language) for one in part)
                for part in (gone, come)
            ]
            return Change(label, before.text(), after.text(), *say)
    return Change(label, before.text(), after.text())


def _told(name: str, value: Any, language: str) -> str:
    """A row with its code, so that one of which only the code changed is told apart."""
    code = getattr(value, "code", None)
    shown = wording.text(name, value, language)
    return punctuation.listed(shown, str(code)) if code else shown


def _among(one: Any, many: tuple[Any, ...]) -> bool:
    return any(_alike(one, other) for other in many)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, BaseModel) and isinstance(other, BaseModel):
        return not _other(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _other(one: BaseModel, other: BaseModel) -> bool:
    """Do they differ in a value, or in which blanks are written?"""
    if type(one) is not type(other):
        return True
    return any(not same(one, other, name) for name in type(one).model_fields)
