"""``make faults`` itself: its scenarios at a tiny scale, and that it notices what it is there to notice."""

from datetime import timedelta

import pytest

from faults import checks, kills, stage
from faults.tamper import tamper
from kefu import clock
from kefu.deadlines import services as deadlines

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_killed_workers_lose_nothing_and_do_nothing_twice(tmp_path):
    result = kills.run("tiny", 7, tmp_path)

    assert result["ok"], str(result)
    assert (result["n"], result["lost"], result["double"]) == (200, 0, 0)


def test_what_is_tampered_with_is_noticed(tmp_path):
    result = checks.run("tiny", 7, tmp_path)

    assert result["ok"], str(result)


def test_a_missing_and_a_half_effect_are_counted_as_lost_and_a_second_one_as_double(settings):
    centre = stage.centre()
    promises = stage.Promises(
        centre, 5, start=clock.now() - timedelta(minutes=1), apart=timedelta(milliseconds=1)
    )
    while deadlines.sweep():
        pass
    assert promises.count() | {"latest_seconds": 0} == {
        "n": 5,
        "lost": 0,
        "double": 0,
        "early": 0,
        "latest_seconds": 0,
    }

    key = promises.after
    tamper(
        f"UPDATE deadlines_deadline SET state = 'running', breached_at = NULL, detected_at = NULL WHERE id = {key + 1}",
        f"DELETE FROM notifications_event WHERE kind = 'deadline.breach' AND data->>'deadline' = '{key + 2}'",
        "INSERT INTO notifications_event (kind, at, department_id, party_id, case_id, data) SELECT kind, at,"
        f" department_id, party_id, case_id, data FROM notifications_event WHERE data->>'deadline' = '{key + 3}'",
    )

    found = promises.count()
    assert (found["lost"], found["double"]) == (2, 1)
