"""Follow the outbox: what came after a place in it, for whom. Places are ``(txid, id)``, opaque to browsers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db import connection

from kefu.notifications.models import Event

# Rows of a transaction become visible at its end, in any order. Below the oldest one still running nothing
# can appear any more, so a reader that stops there misses none.
READ = """
SELECT txid, id, kind, at, user_id, department_id, case_id
FROM notifications_event
WHERE (txid, id) > (%(txid)s, %(id)s) AND txid < kefu_horizon()
  AND (%(all)s OR user_id = %(user)s OR department_id = %(department)s OR case_id = %(case)s
       OR (%(everywhere)s AND department_id IS NOT NULL))
ORDER BY txid, id LIMIT %(limit)s
"""
FOR_PARTY = """
SELECT txid, id, kind, at, data
FROM notifications_event
WHERE party_id = %(party)s AND kind = ANY (%(kinds)s)
  AND (txid, id) > (%(txid)s, %(id)s) AND txid < kefu_horizon()
ORDER BY txid, id LIMIT %(limit)s
"""
NOW = "SELECT kefu_horizon()"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the outbox; reading goes on behind it."""

    txid: int
    pk: int

    def __str__(self) -> str:
        return f"{self.txid}-{self.pk}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the place a browser kept, or None for anything else."""
        txid, _dash, pk = text.partition("-")
        parts = (txid, pk)
        if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
            return None
        return cls(int(txid), int(pk))


@dataclass(frozen=True, slots=True)
class News:
    """One event, as far as a browser may know it."""

    place: Place
    kind: str
    at: datetime
    user_id: int | None
    department_id: int | None
    case_id: int | None

    def to_json(self, reader: "Reader") -> dict[str, Any]:
        mine = self.user_id is not None and self.user_id == reader.user_id
        return {
            "kind": self.kind,
            "case": self.case_id,
            "mine": mine,
            "label": str(Event.Kind(self.kind).label) if mine else "",
        }


@dataclass(frozen=True, slots=True)
class Told:
    """One event, as it concerns a partner."""

    place: Place
    kind: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who listens: a user, his department (None: all of them) and the case he has open."""

    user_id: int
    department_id: int | None
    case_id: int | None = None

    def hears(self, news: News) -> bool:
        if news.user_id == self.user_id or (news.case_id and news.case_id == self.case_id):
            return True
        if news.department_id is None:
            return False
        return self.department_id is None or news.department_id == self.department_id


def here() -> Place:
    """The place from which on nobody has read yet."""
    with connection.cursor() as cursor:
        cursor.execute(NOW)
        return Place(int(cursor.fetchone()[0]), 0)


def read(*, after: Place, limit: int, reader: Reader | None = None) -> Sequence[News]:
    """The next events behind ``after``: all of them, or those ``reader`` hears."""
    with connection.cursor() as cursor:
        cursor.execute(
            READ,
            {
                "txid": after.txid,
                "id": after.pk,
                "limit": limit,
                "all": reader is None,
                "user": reader.user_id if reader else None,
                "department": reader.department_id if reader else None,
                "case": reader.case_id if reader else None,
                "everywhere": reader is not None and reader.department_id is None,
            },
        )
        return [News(Place(row[0], row[1]), *row[2:]) for row in cursor.fetchall()]


def read_for_party(
    *, party_id: int, kinds: Iterable[str], after: Place, limit: int
) -> Sequence[Told]:
    """The next events of these kinds behind ``after`` that are a partner's."""
    values: dict[str, Any] = {
        "party": party_id,
        "kinds": [str(kind) for kind in kinds],
        "txid": after.txid,
        "id": after.pk,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(FOR_PARTY, values)
        return [
            Told(Place(txid, pk), kind, at, json.loads(data))
            for txid, pk, kind, at, data in cursor.fetchall()
        ]
