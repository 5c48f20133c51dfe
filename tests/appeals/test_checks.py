"""The checks on appeals are checked: silent on a sound world, and each speaks when its fact is broken."""

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from kefu.overview.appeal_checks import APPEAL_CHECKS
from kefu.overview.verify import verify
from tests.appeals.conftest import decide, file
from tests.statements.conftest import Books

SOUND = {name: violations for name, _counted, violations in APPEAL_CHECKS}
BROKEN = [
    ("upheld_appeal_reverses_its_penalty", "UPDATE appeals_appeal SET state = 'upheld', due_at = NULL, closed_at = now() WHERE state = 'first'"),
    ("upheld_appeal_reverses_its_penalty", "UPDATE penalties_penaltyevent SET fact = '{}' WHERE fact ? 'appeal'"),
    ("penalty_under_appeal_is_not_settled", "UPDATE penalties_penalty SET disputed = false, state = 'settled' WHERE disputed"),
    ("penalty_under_appeal_is_not_settled", "UPDATE penalties_penalty SET disputed = true WHERE NOT disputed"),
    ("appeal_state_has_its_decisions", "UPDATE appeals_decision SET upheld = false"),
    ("appeal_state_has_its_decisions", "UPDATE appeals_appeal SET state = 'rejected', due_at = NULL, second_until = now() WHERE state = 'first'"),
]  # fmt: skip
TABLES = (
    *("appeals_appeal", "appeals_decision"),
    *("penalties_penalty", "penalties_penaltyevent"),
)


@pytest.mark.django_db(transaction=True)
def test_what_is_broken_is_reported(centre, fine, filed, clock):
    other = Books(centre, fine.case, clock=None).fine("50.00", "2026-11-20 11:00:00")
    upheld = file(other, centre.chengdu, clock("12:00:00"))
    decide(upheld, centre.he, clock("13:00:00"), uphold=True)
    ours = {one.check: one for one in verify() if one.check in SOUND}
    assert {name: one.violations for name, one in ours.items() if not one.ok} == {}
    assert all(one.n for one in ours.values()) and set(ours) == set(SOUND)
    assert {check for check, _statement in BROKEN} == set(SOUND)

    database = make_conninfo(settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"])
    with psycopg.connect(database) as owner:
        for check, statement in BROKEN:
            for table in TABLES:
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            assert owner.execute(statement).rowcount, statement
            assert owner.execute(SOUND[check]).fetchall(), (check, statement)
            owner.rollback()
