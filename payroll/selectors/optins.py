"""The clauses that the rulebooks ship switched off, and which of them hold where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu.policy import rulebook as shipped
from kefu.policy.clauses import ScoreEvent
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.models import Rulebook as DatabaseRulebook
from payroll.models import OptIn


def switched_off(code: str) -> dict[str, ScoreEvent]:
    """Those of a shipped rulebook, by clause; none of a rulebook of the house's own."""
    try:
        rules = shipped.load(code)
    except KeyError:
        return {}
    return {one.id: one for one in rules.in_force(ScoreEvent) if not one.active}


def switched_on(code: str, content: Mapping[str, Any]) -> list[ScoreEvent]:
    """Those that an edition's content has in use nevertheless."""
    off = switched_off(code)
    if not off:
        return []
    in_use = {
        one["id"] for one in content["clauses"] if one["id"] in off and one.get("active", True)
    }
    return [clause for name, clause in off.items() if name in in_use]


def agreed(rules: Rulebook, clause: str) -> OptIn | None:
    """Who decided that such a clause holds, to be shown beside what it moves; None for every other clause."""
    if clause not in switched_off(rules.code):
        return None
    rows = OptIn.objects.filter(
        rulebook__code=rules.code, clause=clause, confirmed_at__isnull=False
    )
    return rows.select_related("decided_by", "confirmed_by").first()


@dataclass(frozen=True, slots=True)
class Listed:
    """A clause that is shipped switched off, whether the edition in force has it in use, who decided so."""

    rulebook: DatabaseRulebook
    clause: ScoreEvent
    title: str
    reading: str
    in_use: bool
    opt_in: OptIn | None


def listed() -> list[Listed]:
    """All of them, by rulebook."""
    language = get_language() or "zh-hans"
    decided = {
        (one.rulebook_id, one.clause): one
        for one in OptIn.objects.select_related("decided_by", "confirmed_by")
    }
    found = []
    for book in DatabaseRulebook.objects.order_by("code"):
        off = switched_off(book.code)
        if not off:
            continue
        latest = book.versions.filter(state="published").order_by("-number").first()
        on = {one.id for one in switched_on(book.code, latest.content)} if latest else set()
        for name, clause in off.items():
            reading = clause.reading_en if language.startswith("en") else clause.reading_zh
            row = decided.get((book.pk, name))
            found.append(
                Listed(book, clause, clause.label(language), reading or "", name in on, row)
            )
    return found


def titled(rules: Rulebook, clause: str, language: str) -> str:
    """What a clause is called; of one that was shipped switched off, who decided that it holds here, and why."""
    if clause not in rules:
        return ""
    title, row = rules[clause].label(language), agreed(rules, clause)
    if row is None:
        return title
    return _("{title}（{who} 决定启用：{reason}）").format(
        title=title, who=row.decided_by, reason=row.reason
    )
