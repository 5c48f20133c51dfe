"""Whether this database may act: the data's own, or a copy of them that nobody has activated."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, connections, transaction
from django.db.backends.utils import CursorWrapper

ACTIVE = "SELECT kefu_is_active()"
HERE = """
SELECT last.number, last.copied_at, last.begun_at
FROM (SELECT * FROM continuity_installation ORDER BY number DESC LIMIT 1) last JOIN kefu_here() USING (server, database)
WHERE last.activated_at IS NULL
"""
BEGIN = """
INSERT INTO continuity_installation (number, server, database, copied_at, begun_at)
SELECT (SELECT max(number) + 1 FROM continuity_installation), h.server, h.database, %s, clock_timestamp() FROM kefu_here() h
RETURNING number, copied_at, begun_at
"""
ACTIVATE = "UPDATE continuity_installation SET activated_at = clock_timestamp() WHERE number = %s RETURNING activated_at"

# Databases this process has seen active. A database stays where it is, so that is asked once; a restored one is a
# different database, and what a process with an old answer would do there is refused by the trigger on events.
_seen: set[str] = set()


@dataclass(frozen=True, slots=True)
class Dormant:
    """A restored copy. ``copied_at``: when it was taken, as far as our own archive told; ``begun_at``: when restored."""

    number: int | None  # None: restored by other means, nothing was written down yet
    copied_at: datetime | None
    begun_at: datetime | None


def is_dormant() -> bool:
    """Whether nothing may be fired, sent or changed here."""
    name = str(connection.settings_dict["NAME"])
    if name in _seen:
        return False
    with connection.cursor() as cursor:
        cursor.execute(ACTIVE)
        (active,) = cursor.fetchone()
    if active:
        _seen.add(name)
    return not active


def dormant() -> Dormant | None:
    """What is known of the copy we stand in; None where the data live."""
    if not is_dormant():
        return None
    with connection.cursor() as cursor:
        cursor.execute(HERE)
        return Dormant(*(cursor.fetchone() or (None, None, None)))


def begin(*, copied_at: datetime) -> int:
    """Write down that a copy taken at ``copied_at`` was restored here; return its number. As the owner of the tables."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        return _begin(cursor, copied_at)


def activate() -> datetime | None:
    """Let this copy act from now on; None if it does already. As the owner of the tables.

    What fell due meanwhile is fired now and dated at its due time; our doors were closed all the while, which the next
    probes find by themselves (``kefu.deadlines.services.doors``).
    """
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("LOCK continuity_installation IN EXCLUSIVE MODE")
        cursor.execute(ACTIVE)
        if cursor.fetchone() == (True,):
            return None
        cursor.execute(HERE)
        known = cursor.fetchone()
        number = known[0] if known else _begin(cursor, None)
        cursor.execute(ACTIVATE, [number])
        at: datetime = cursor.fetchone()[0]
        return at


def _begin(cursor: CursorWrapper, copied_at: datetime | None) -> int:
    cursor.execute(BEGIN, [copied_at])
    number: int = cursor.fetchone()[0]
    cursor.execute("SELECT kefu_number_on(%s)", [number])
    return number
