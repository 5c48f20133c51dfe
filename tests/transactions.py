"""Numbers of transactions are the whole server's: those of the databases beside ours count, too."""

import time

import pytest
from django.db import connection

PATIENCE = (
    300.0  # seconds; the other worker may hold the world of a whole module in one transaction
)

OLDER = """
SELECT coalesce((SELECT max(txid) FROM audit_row), 0) < kefu_horizon()
"""


def wait_for_older_transactions(*, seconds: float = PATIENCE) -> None:
    """Wait until no transaction runs that is older than the last audit row, so that all rows can be sealed."""
    _wait(OLDER, "audit row", seconds)


NEWER = """
SELECT coalesce((SELECT max(txid) FROM notifications_event), 0) < kefu_horizon()
"""


def wait_until_events_can_be_read(*, seconds: float = PATIENCE) -> None:
    """Wait until no transaction runs that is older than the last event, so that readers of the outbox see all."""
    _wait(NEWER, "event", seconds)


def _wait(question: str, last: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(question)
            if cursor.fetchone() == (True,):
                return
        time.sleep(0.1)
    pytest.fail(f"a transaction older than the last {last} still runs after {seconds:g} seconds")
