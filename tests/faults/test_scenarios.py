"""``make faults`` itself: its scenarios at a tiny scale, and that it notices what it is there to notice."""

import pytest

from faults import kills

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_killed_workers_lose_nothing_and_do_nothing_twice(tmp_path):
    result = kills.run("tiny", 7, tmp_path)

    assert result["ok"], result
    assert (result["n"], result["lost"], result["double"]) == (200, 0, 0)
