"""The case page, put together: its clocks, its timeline, what may be done next, and the facts beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kefu.cases.models import Case
from kefu.parcels.models import Scan
from kefu.workbench import wording
from kefu.workbench.kinds import CaseKind, Facts, NextStep, additions, kind_of
from kefu.workbench.selectors import beside, timeline
from kefu.workbench.selectors.beside import OutletCard, Related
from kefu.workbench.selectors.clocks import Clock, clocks
from kefu.workbench.selectors.desk import Desk
from kefu.workbench.selectors.next_steps import next_steps
from kefu.workbench.selectors.timeline import Entry

TIMELINE_ROWS = 100
PREVIEW_ROWS = 5


@dataclass(frozen=True, slots=True)
class CasePage:
    """``own``: what the kind of case reads for its own forms and panels."""

    facts: Facts
    kind: CaseKind
    own: Any
    customer_role: str
    state: str
    age: str
    clocks: Sequence[Clock]
    entries: Sequence[Entry]
    has_earlier: bool
    steps: Sequence[NextStep]
    hint: str
    outlets: Sequence[OutletCard]
    scans: Sequence[Scan]
    silence: str
    related: Sequence[Related]
    additions: Sequence[tuple[str, Any]]  # templates of other apps, each with its own facts

    @property
    def has_rare(self) -> bool:
        return any(step.rare for step in self.steps)


def case_page(*, case: Case, desk: Desk, now: datetime, whole: bool = False) -> CasePage:
    """Everything on the page of ``case`` (with waybill, owner, department and outlet loaded).

    ``whole`` tells the timeline from its beginning instead of its newest ``TIMELINE_ROWS``.
    """
    facts = facts_of(case=case, desk=desk, now=now)
    lines, has_earlier = timeline.newest(case, None if whole else TIMELINE_ROWS)
    scans, kind = beside.scans(case), kind_of(case)
    held_up = facts.held_up
    waits = case.state != Case.State.CLOSED and (held_up or not kind.closable(facts))
    return CasePage(
        facts=facts,
        kind=kind,
        own=facts.own,
        customer_role=kind.customer_role(case),
        state=kind.state(case, facts.own),
        age=wording.stretch(now - case.opened_at),
        clocks=clocks(facts),
        entries=timeline.entries(lines, facts),
        has_earlier=has_earlier,
        steps=next_steps(facts),
        hint=(held_up or kind.hint(facts)) if waits else "",
        outlets=beside.outlets(facts),
        scans=scans,
        silence=beside.silence(scans, now),
        related=beside.related(case, desk=desk),
        additions=[(one.panel, own) for one, own in facts.added],
    )


def preview(*, case: Case, desk: Desk, now: datetime) -> dict[str, Any]:
    """What the pane beside the queue shows of a case."""
    facts, kind = facts_of(case=case, desk=desk, now=now), kind_of(case)
    lines, has_earlier = timeline.newest(case, PREVIEW_ROWS)
    scans = beside.scans(case)
    return {
        "case": case,
        "answers_customers": kind.answers_customers,
        "clocks": [clock for clock in clocks(facts) if clock.ticking],
        "entries": timeline.entries(lines, facts),
        "has_earlier": has_earlier,
        "scans": scans,
        "silence": beside.silence(scans, now),
        "outlets": beside.outlets(facts),
        "related": beside.related(case, desk=desk),
        "steps": [step for step in next_steps(facts) if step.name in kind.in_preview],
    }


def facts_of(*, case: Case, desk: Desk, now: datetime) -> Facts:
    deadlines = list(
        case.deadlines.select_related("party")
        .prefetch_related("consequences", "penalties")
        .order_by("due_at")
    )
    added = [(one, own) for one in additions() if (own := one.read(case)) is not None]
    return Facts(case, deadlines, desk, now, own=kind_of(case).read(case), added=added)
