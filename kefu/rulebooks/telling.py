"""What a page tells of a version: its name, its clauses, how it differs, what stands against publishing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import BaseModel

from kefu import punctuation
from kefu.policy import rulebook as policy
from kefu.policy.clauses import is_chinese
from kefu.rulebooks import selectors, services, wording
from kefu.rulebooks.comparison import Change, Comparison, changes, compare
from kefu.rulebooks.faults import Fault, faults_of
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.rulebooks.selectors import ClauseRow
from kefu.rulebooks.shapes import kinds

State = RulebookVersion.State


def language() -> str:
    return get_language() or "zh-hans"


def read(version: RulebookVersion) -> tuple[policy.Rulebook | None, list[Fault]]:
    """What a version says, or what the schema of this release has against it."""
    try:
        return selectors.rules_of(version), []
    except policy.RulebookError as error:
        return None, faults_of(error, version.content)


def compared(old: RulebookVersion | None, new: RulebookVersion) -> Comparison | None:
    """One version beside another; None where one of them cannot be read."""
    before, after = read(old)[0] if old else None, read(new)[0]
    return compare(before, after, language()) if before and after else None


def clause_changes(
    old: RulebookVersion | None, new: RulebookVersion, clause: str
) -> tuple[Change, ...]:
    """How one clause differs, or what the rulebook sets as a whole; nothing where one of them cannot be read."""
    before, after = read(old)[0] if old else None, read(new)[0]
    if before is None or after is None:
        return ()
    if not clause:
        return changes(before, after, language())
    if clause not in before or clause not in after:
        return ()
    return changes(before[clause], after[clause], language())


def in_numbers(found: Comparison, other: str) -> str:
    """与 CD 第 1 版（已发布）相比：改动 1 条，新增 0 条，删除 0 条。"""
    return _("与 {other}相比：改动 {changed} 条，新增 {added} 条，删除 {removed} 条。").format(
        other=other,
        changed=len(found.changed),
        added=len(found.added),
        removed=len(found.removed),
    )


def grouped(rows: list[ClauseRow]) -> list[tuple[str, str, list[ClauseRow]]]:
    """By subject, in the order of the regulation: its code, its name, its clauses."""
    areas = dict.fromkeys(row.area for row in rows)
    return [(area, wording.area(area), [row for row in rows if row.area == area]) for area in areas]


@dataclass(frozen=True, slots=True)
class Told:
    """``other``: the version it is held against. ``clauses`` by subject, also of one that the schema refuses.
    ``own`` and ``objections``: why this reader does not publish a draft, and why nobody does yet.
    """

    version: RulebookVersion
    faults: list[Fault]
    clauses: list[tuple[str, str, list[ClauseRow]]]
    total: int
    other: RulebookVersion | None
    comparison: Comparison | None
    amended_by: str
    own: str
    objections: list[str]
    places: list[Assignment]

    @property
    def draft(self) -> bool:
        return self.version.state == State.DRAFT

    @property
    def touched(self) -> frozenset[str]:
        """The clauses that are not as in the other version."""
        if self.comparison is None:
            return frozenset()
        found = self.comparison
        return frozenset([one.id for one in found.added] + [one.id for one in found.changed])


def told(version: RulebookVersion, *, reader: Any, at: datetime) -> Told:
    rules, faults = read(version)
    # Of an older schema, maybe: a draft can still be put right, clause by clause.
    rows = selectors.clause_rows(rules, language()) if rules else _raw_rows(version)
    other = selectors.counterpart(version, at=at)
    people = {str(one.amended_by) for one in version.amendments.select_related("amended_by")}
    draft = version.state == State.DRAFT
    return Told(
        version=version,
        faults=faults,
        clauses=grouped(rows),
        total=len(rows),
        other=other,
        comparison=compared(other, version),
        amended_by=punctuation.alike(*sorted(people)),
        own=services.own_draft(version, reader) if draft else "",
        objections=services.objections(version, now=at) if draft else [],
        places=list(version.assignments.select_related("department", "outlet")),
    )


def overtaken_by(version: RulebookVersion) -> RulebookVersion | None:
    """An edition that came out after the one a draft was made from: its changes are not in the draft."""
    based_on = version.base.number if version.base else 0
    newer = version.rulebook.versions.issued().filter(number__gt=based_on).exclude(pk=version.pk)
    return newer.select_related("rulebook").defer("content").order_by("-number").first()


def table(clause: str, written: Mapping[str, Any] | None) -> type[BaseModel] | None:
    """The schema of what is edited; None for a kind that this release does not know."""
    if not clause:
        return policy.Rulebook
    return kinds().get(str(written.get("kind"))) if written else None


def heading(clause: str, written: Mapping[str, Any]) -> str:
    return f"{clause} {_label(written)}" if clause else _("整本规章")


def _label(written: Mapping[str, Any]) -> str:
    return str(written.get("label_zh" if is_chinese(language()) else "label_en", ""))


def _raw_rows(version: RulebookVersion) -> list[ClauseRow]:
    """The clauses of a version that the schema refuses, by what can be read of them."""
    return [
        ClauseRow(
            id=str(one.get("id", "")),
            title=_label(one),
            kind=wording.kind(str(one.get("kind", ""))),
            area=str(one.get("area", "")),
            automation=wording.automation(str(one.get("automation", ""))),
            settings=(),
            reading="",
            words=f"{one.get('id')} {one.get('label_zh')} {one.get('label_en')}".lower(),
        )
        for one in version.content.get("clauses", ())
    ]
