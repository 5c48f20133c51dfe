"""The checks on rosters are checked, and swaps and leave are decided anew as they were."""

from datetime import time

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from kefu.overview.roster_checks import ROSTER_CHECKS
from kefu.overview.verify import verify
from kefu.replay.decisions import differences, replayables
from kefu.rulebooks.selectors import edition
from payroll.services import leaves, overtime_calls, rosters
from tests import centre as centres
from tests.centre import at
from tests.payroll.test_rosters import (
    EARLY,
    NIGHT,
    NOW,
    carried_out,
    day,
    leave,
    only_two,
    planned_by_hand,
    shift_of,
)

SOUND = {name: violations for name, _counted, violations in ROSTER_CHECKS}
BROKEN = [
    ("shift_in_force_is_of_a_published_roster", "UPDATE payroll_roster SET state = 'draft' WHERE state = 'published'"),
    ("shift_in_force_is_of_a_published_roster", "UPDATE payroll_roster SET state = 'published' WHERE state = 'withdrawn'"),
    ("swap_changed_the_roster", "UPDATE payroll_rosteredshift SET live = true WHERE id IN (SELECT shift_id FROM payroll_swap)"),
    ("swap_changed_the_roster", "UPDATE payroll_swap SET state = 'refused'"),
    ("swap_changed_the_roster", "UPDATE payroll_rosteredshift SET replaces_id = NULL WHERE origin = 'swapped'"),
    ("leave_was_approved_level_by_level", "DELETE FROM payroll_leaveapproval"),
    ("leave_was_approved_level_by_level", "UPDATE payroll_leaveapproval SET approved = false"),
    ("leave_was_approved_level_by_level", "UPDATE payroll_leaveapproval SET decided_by_id = (SELECT user_id FROM staff_employee WHERE number = '0826')"),
    ("accepted_call_is_approved_overtime", "UPDATE payroll_overtime SET ends_at = ends_at + interval '1 hour'"),
    ("accepted_call_is_approved_overtime", "UPDATE payroll_overtime SET settle = 'pay'"),
    ("accepted_call_is_approved_overtime", "UPDATE payroll_overtimecall SET answered_at = starts_at + interval '1 s'"),
]  # fmt: skip


def world():
    """A roster and its next version, a swap, leave that somebody covers, overtime that somebody was called to."""
    shop = only_two(centres.build(now=at("08:00")), "SD-2")
    cells = {(shop.lin, day(n)): EARLY for n in (0, 2, 4)} | {(shop.zhou, day(6)): NIGHT}
    row = planned_by_hand(shop, cells)
    new = rosters.revise(roster=row, actor=shop.chen.user, now=NOW)
    rosters.publish(roster=new, posts_filled=True, actor=shop.chen.user, now=NOW)
    carried_out(shop, shift_of(shop.lin, day(0)), shift_of(shop.zhou, day(6)))
    away = leave(shop, day(4), cover=shop.zhou)
    leaves.agree_to_cover(leave=away, actor=shop.zhou.user, now=NOW)
    leaves.approve(leave=away, actor=shop.chen.user, now=NOW)
    (call,) = overtime_calls.call(
        people=[shop.zhou], first_on=day(8), starts=time(19), ends=time(21), settle="time_off",
        answer_by=at("2026-11-27 18:00"), reason="双十二", actor=shop.chen.user, now=NOW,
    )  # fmt: skip
    overtime_calls.answer(call=call, accepted=True, actor=shop.zhou.user, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_what_is_broken_is_reported_and_what_is_sound_is_decided_again(settings):
    settings.KEFU_NOW = at("18:00")
    world()
    ours = {one.check: one for one in verify() if one.check in SOUND}
    assert {name: one.violations for name, one in ours.items() if not one.ok} == {}
    assert all(one.n for one in ours.values()) and len(ours) == len(SOUND)
    assert {check for check, _statement in BROKEN} == set(SOUND)

    for kind in ("shift_swap", "leave"):
        decided = replayables()[kind]
        (decision,) = decided.read("2026-11", None, after=0, limit=10, at=at("18:00"))
        found = decided.decide(decision.facts, edition(decision.version_id).rules)
        assert decided.count("2026-11", None) == 1
        assert list(differences(decision, found)) == []

    database = make_conninfo(
        django_settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"]
    )
    tables = ("roster", "rosteredshift", "swap", "leave", "leaveapproval")
    with psycopg.connect(database) as owner:
        for check, statement in BROKEN:
            for table in tables:
                owner.execute(f"ALTER TABLE payroll_{table} DISABLE TRIGGER USER")
            assert owner.execute(statement).rowcount, statement
            assert owner.execute(SOUND[check]).fetchall(), (check, statement)
            owner.rollback()
