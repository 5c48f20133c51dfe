"""A month at the centre, and what becomes of it when it is decided anew."""

from datetime import date
from typing import Any

import pytest

from kefu.clock import now as this_moment
from kefu.deadlines import services as deadlines
from kefu.jobs import services as jobs
from kefu.policy.rulebook import Rulebook
from kefu.replay import services
from kefu.replay.decisions import Change, Difference, Missing, changes, differences
from kefu.replay.models import Run
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import RulebookVersion
from tests.centre import at
from tests.frozen import centre, clock
from tests.replay.stories import Told

__all__ = ["centre", "clock"]

MONTH = "2026-11"
TODAY = date(2026, 11, 20)


@pytest.fixture
def told(centre: Any, clock: Any) -> Told:
    return Told(centre, clock)


@pytest.fixture
def replayed(db: None) -> Any:
    """Decide the month anew; the differences and what is missing, a line each. Without ``now`` what is overdue
    is swept before."""

    def replay(now: str = "") -> list[str]:
        if not now:
            deadlines.sweep()
        found = []
        for one in services.each(MONTH, at=at(now) if now else this_moment()):
            if isinstance(one.outcome, Missing):
                found.append(f"lacks {one.outcome}")
            else:
                found += [different(each) for each in differences(one.decision, one.outcome)]
        return found

    return replay


def different(one: Difference) -> str:
    return f"{one.clause} {one.field}: {one.stored} / {one.recomputed}"


@pytest.fixture
def draft(centre: Any) -> Any:
    """A draft of the Courier Department's rulebook: ``draft(CD_05_10={"fine": "100.00"})``."""

    def write(**amended: dict[str, Any]) -> RulebookVersion:
        version = RulebookVersion.objects.get(rulebook__code="CD", number=1)
        now = at("09:00:00")
        made = rulebooks.start_draft(version=version, actor=centre.chen.user, now=now)
        for name, settings in amended.items():
            clause = name.replace("_", "-", 1).replace("_", ".")
            made.refresh_from_db()
            rulebooks.amend_clause(
                version=made,
                clause=clause,
                settings=settings,
                seen=rulebooks.clause_digest(made.content, clause),
                actor=centre.chen.user,
                now=now,
            )
        made.refresh_from_db()
        return made

    return write


@pytest.fixture
def hold(centre: Any, draft: Any) -> Any:
    """Such a draft, published by the other supervisor and in force at the query desk from today on."""

    def publish(**amended: dict[str, Any]) -> RulebookVersion:
        version, now = draft(**amended), at("09:00:00")
        rulebooks.publish(
            version=version,
            effective_on=TODAY,
            seen=version.digest,
            actor=centre.he.user,
            now=now,
        )
        rulebooks.assign(
            version=version,
            effective_on=TODAY,
            department=centre.query_desk,
            actor=centre.he.user,
            now=now,
        )
        return version

    return publish


@pytest.fixture
def try_out(told: Told, draft: Any) -> Any:
    """Ask for a try-out, of half the two-hour fine in November, and let the workers do it."""

    def run(version: RulebookVersion | None = None, **given: Any) -> Run:
        facts = {
            "version": version or draft(CD_05_10={"fine": "100.00"}),
            "months": [MONTH],
            "actor": told.centre.chen.user,
            "now": given.get("now") or told.clock("20:00:00"),
        }
        deadlines.sweep()
        asked = services.ask(**(facts | given))
        while jobs.run_until_next_tick(seconds=0):
            pass
        return Run.objects.select_related("job").get(pk=asked.pk)

    return run


@pytest.fixture
def what_if(draft: Any) -> Any:
    """What such a draft makes of the month: what changes, and what cannot be told."""

    def compare(**amended: dict[str, Any]) -> list[str]:
        version = draft(**amended)
        rules = Rulebook.from_json(version.content)
        deadlines.sweep()
        found: list[str] = []
        for one in services.each(
            MONTH, at=this_moment(), rules=rules, rulebook_id=version.rulebook_id
        ):
            if isinstance(one.outcome, Missing):
                found.append(f"lacks {one.outcome}")
            else:
                found += map(changed, changes(one.decision.stored, one.outcome))
        return [line for line in found if line]

    return compare


def changed(one: Change) -> str:
    """What it was and what it would be; nothing where that is the same."""
    before = f"{one.before.normalize():f} {one.before_state}" if one.before_state else "nothing"
    after = f"{one.after.normalize():f} {one.after_state}" if one.after_state else "nothing"
    return "" if before == after else f"{one.clause}: {before} -> {after}"
