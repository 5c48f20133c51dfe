"""A month of the demo: it comes out as it is stored, and half the two-hour fine is a list that adds up."""

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from kefu.deadlines import services as deadlines
from kefu.demo.house import House
from kefu.demo.next_minutes import NextMinutes
from kefu.demo.seed import live_through
from kefu.demo.seeder import PARTS, Seeder
from kefu.jobs import services as jobs
from kefu.penalties.models import Penalty
from kefu.replay import selectors, services
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import RulebookVersion
from kefu.staff.models import User
from kefu.workbench.selectors.desk import desk
from problem_parcels.selectors.desk import to_handle
from tests.centre import at

NOW = at("2026-11-01 15:00:00")
MONTH = "2026-10"


@pytest.fixture
def demo(db: None, settings: Any) -> None:
    """October of a small demo."""
    settings.KEFU_NOW = NOW
    seeder = Seeder(now=NOW, seed=2, scale=0.06, days=31)
    House(seeder).build()
    # With the usual outlets hardly anybody would complain among so few.
    seeder.slow = {outlet.pk for outlet in seeder.outlets}
    for part in range(PARTS):
        live_through(seeder, part)
    deadlines.sweep()


@pytest.mark.parametrize("hour", [3, 15])
def test_at_any_hour_every_desk_of_problem_parcels_has_something_to_handle(
    db: None, settings: Any, hour: int
) -> None:
    settings.KEFU_NOW = now = NOW.replace(hour=hour)
    seeder = Seeder(now=now, seed=2, scale=0.06)
    House(seeder).build()
    for _again in range(2):  # started anew, it has not twice as much
        seeder.load()
        NextMinutes(seeder).add()
    for number, least in (("0826", 6), ("0871", 8), ("0891", 12)):
        waits = to_handle(desk(User.objects.get(username=number)), now)
        assert waits.count() == least, number
        assert not waits.filter(next_due_at__lt=now).exists()


def test_the_demo_s_last_month_is_clean_and_half_the_fine_adds_up(demo: None) -> None:
    out = StringIO()
    call_command("replay", MONTH, "--json", stdout=out)  # exits where something differs
    replayed = json.loads(out.getvalue())
    assert replayed["decisions"] > 30
    assert (replayed["differences"], replayed["missing"]) == ([], [])

    supervisor = User.objects.get(username="0801")
    version = RulebookVersion.objects.get(rulebook__code="CD", number=1)
    draft = rulebooks.start_draft(version=version, actor=supervisor, now=NOW)
    rulebooks.amend_clause(
        version=draft,
        clause="CD-05.10",
        settings={"fine": "100.00"},
        seen=rulebooks.clause_digest(draft.content, "CD-05.10"),
        actor=supervisor,
        now=NOW,
    )
    draft.refresh_from_db()
    run = services.ask(version=draft, months=[MONTH], actor=supervisor, now=NOW)
    while jobs.run_until_next_tick(seconds=0):
        pass

    owed = Penalty.objects.filter(
        clause="CD-05.10", state="payable", incurred_at__lt=at("2026-11-01 00:00:00")
    ).count()
    assert owed > 0
    found = selectors.result(run)
    fine, points = found.counting.fine, found.counting.points
    assert (fine.before, fine.after) == (200 * owed, 100 * owed)
    assert points.difference == 0
    tables = selectors.tables(found)
    of_outlets, of_departments, of_clauses = (
        sum(one.sums.fine.difference for one in table)
        for table in (tables.outlets, tables.departments, tables.clauses)
    )
    assert of_outlets == of_departments == of_clauses == -100 * owed
    assert not any(one.sums.fine.difference for one in tables.people)
    cases = run.lines.changed()
    assert set(cases.values_list("clause", "before", "after")) == {
        ("CD-05.10", Decimal(200), Decimal(100))
    }
    assert cases.counting().count() == owed
    assert not run.gaps.exists()
    assert not run.mismatches.exists()
