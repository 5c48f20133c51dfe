"""Which rules hold, for whom, when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.policy.clauses import is_chinese
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks import wording
from kefu.rulebooks.models import Assignment, RulebookVersion


@dataclass(frozen=True, slots=True)
class Edition:
    """A published edition, ready for policy."""

    version_id: int
    number: int
    effective_on: date | None
    rules: Rulebook


def edition_in_force(*, department_id: int | None, at: datetime) -> Edition:
    """Return the edition a department works under at ``at``.

    Raises KefuError if the centre has no rulebook yet: no promise can be timed without one.
    """
    version_id = (
        Assignment.objects.in_force(department_id=department_id, at=at)
        .values_list("version_id", flat=True)
        .first()
    )
    if version_id is None:
        raise KefuError(_("还没有适用的规则手册，请主管先发布并指定"), code="no_rulebook")
    return edition(version_id)


@lru_cache(maxsize=64)
def edition(version_id: int) -> Edition:
    """Return one edition by its row; kept, because what is published never changes."""
    version = RulebookVersion.objects.get(pk=version_id)
    return Edition(
        version.pk,
        version.number,
        version.effective_on,
        Rulebook.from_json(version.content),
    )


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause as people read it; ``settings`` are (name, value) in the reader's language."""

    id: str
    title: str
    kind: str
    automation: str
    settings: Sequence[tuple[str, str]]
    reading: str


def clause_rows(content: Mapping[str, Any], language: str) -> list[ClauseRow]:
    """Return the clauses of an edition in the order of the regulation."""
    rules = Rulebook.from_json(content)
    return [
        ClauseRow(
            id=clause.id,
            title=clause.label(language),
            kind=wording.kind(clause.kind),
            automation=wording.automation(clause.automation),
            settings=wording.settings(clause, language),
            reading=(clause.reading_zh if is_chinese(language) else clause.reading_en) or "",
        )
        for clause in rules.clauses
    ]
