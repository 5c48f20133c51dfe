"""Where sealed values stand in the database: found by walking the models, so that a new column is not forgotten.

What a library of others keeps in a column of its own is registered by the app that seals it (``register``).
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.apps import apps
from django.db import connection, transaction

from kefu.privacy import seal
from kefu.privacy.fields import SealedColumn
from kefu.privacy.keys import KeyRing, KeyUnknown

BATCH_BYTES = 8_000_000  # of sealed content in a batch: photos are large
# Rows that somebody holds are left for the next pass; a large table takes its time to be walked.
LIMITS = "SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '300s'"


@dataclass(slots=True)
class Batch:
    """What one step did: ``after`` is the last key looked at, None at the end of the table."""

    after: Any = None
    resealed: int = 0
    broken: list[str] = field(default_factory=list)  # keys of rows that could not be opened


class Place(Protocol):
    """One column of one table that holds sealed values."""

    @property
    def name(self) -> str: ...

    def counts(self) -> dict[str, int]:
        """How many blobs stand under each key."""

    def reseal(self, *, after: Any, limit: int, ring: KeyRing) -> Batch:
        """Bring the next rows that are not under the current key under it, in one transaction."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a model of ours, or any other that holds a blob and nothing else."""

    table: str
    column: str
    key: str
    key_type: str
    aad: str

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"

    def counts(self) -> dict[str, int]:
        # Slices only: a photo is not read to learn its key. A CASE, for a planner may turn conditions round.
        return _counted(
            f"""SELECT CASE WHEN octet_length(c) > 2 THEN encode(substr(c, 3, get_byte(substr(c, 2, 1), 0)), 'escape')
                       ELSE '?' END, count(*)
                FROM (SELECT "{self.column}" AS c FROM "{self.table}") t WHERE octet_length(c) > 0 GROUP BY 1"""  # noqa: S608 names of our own models
        )

    def reseal(self, *, after: Any, limit: int, ring: KeyRing) -> Batch:
        header = seal.header(ring.current_id)
        given = {
            "after": after,
            "limit": limit,
            "header": header,
            "n": len(header),
            "bytes": BATCH_BYTES,
        }
        start = f'AND "{self.key}" > %(after)s::{self.key_type}' if after is not None else ""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LIMITS)
            cursor.execute(
                f"""SELECT k FROM (
                        SELECT "{self.key}" AS k, sum(octet_length("{self.column}")) OVER (ORDER BY "{self.key}")
                               - octet_length("{self.column}") AS before
                        FROM (SELECT "{self.key}", "{self.column}" FROM "{self.table}"
                              WHERE octet_length("{self.column}") > 0
                                AND substr("{self.column}", 1, %(n)s) <> %(header)s {start}
                              ORDER BY "{self.key}" LIMIT %(limit)s) t
                    ) t WHERE before < %(bytes)s ORDER BY k""",  # noqa: S608
                given,
            )
            keys = [row[0] for row in cursor.fetchall()]
            if not keys:
                return Batch()
            done = Batch(after=keys[-1])
            # Nobody is made to wait for us, and we wait for nobody: what is held now comes with the next pass.
            cursor.execute(
                f"""SELECT "{self.key}", "{self.column}" FROM "{self.table}"
                    WHERE "{self.key}" = ANY(%(keys)s) AND octet_length("{self.column}") > 0
                    FOR NO KEY UPDATE SKIP LOCKED""",  # noqa: S608
                {"keys": keys},
            )
            changed: dict[Any, bytes] = {}
            for key, blob in cursor.fetchall():
                try:
                    again = seal.reseal(blob, self.aad, ring=ring)
                except (seal.SealBroken, KeyUnknown):
                    done.broken.append(str(key))
                else:
                    if again is not None:
                        changed[key] = again
            if changed:
                cursor.execute(
                    f"""UPDATE "{self.table}" t SET "{self.column}" = v.blob
                        FROM unnest(%s::{self.key_type}[], %s::bytea[]) v (key, blob) WHERE t."{self.key}" = v.key""",  # noqa: S608
                    [list(changed), list(changed.values())],
                )
            done.resealed = len(changed)
        return done


@dataclass(frozen=True, slots=True)
class Text:
    """A column of text or JSON in which sealed values stand as ``mark`` and base64."""

    table: str
    column: str
    aad: str
    mark: str

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"

    @property
    def _value(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.mark) + r"([A-Za-z0-9+/=]+)")

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT "{self.column}"::text FROM "{self.table}"')  # noqa: S608
            for (text,) in cursor.fetchall():
                for sealed in self._value.findall(text or ""):
                    try:
                        key = seal.key_id(b64decode(sealed))
                    except (seal.SealBroken, ValueError):
                        key = "?"
                    found[key] = found.get(key, 0) + 1
        return found

    def reseal(self, *, after: Any, limit: int, ring: KeyRing) -> Batch:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LIMITS)
            cursor.execute(
                f"""SELECT id, "{self.column}"::text, pg_typeof("{self.column}")::text FROM "{self.table}"
                    WHERE id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED""",  # noqa: S608
                [after or 0, limit],
            )
            rows = cursor.fetchall()
            done = Batch(after=rows[-1][0] if rows else None)
            for key, text, type_ in rows:
                try:
                    changed = self._value.sub(lambda found: self._again(found, ring), text or "")
                except (seal.SealBroken, KeyUnknown, ValueError):
                    done.broken.append(str(key))
                    continue
                if changed != (text or ""):
                    cursor.execute(
                        f'UPDATE "{self.table}" SET "{self.column}" = %s::{type_} WHERE id = %s',  # noqa: S608
                        [changed, key],
                    )
                    done.resealed += 1
        return done

    def _again(self, found: re.Match[str], ring: KeyRing) -> str:
        blob = seal.reseal(b64decode(found[1]), self.aad, ring=ring)
        return found[0] if blob is None else self.mark + b64encode(blob).decode()


_registered: dict[str, Place] = {}


def register(place: Place) -> None:
    """Tell of a column that no model of ours has."""
    _registered[place.name] = place


def places() -> Iterator[Place]:
    """Every column that holds sealed values, by its name."""
    found: dict[str, Place] = dict(_registered)
    for model in apps.get_models():
        if model._meta.proxy:
            continue
        for column in model._meta.local_concrete_fields:
            if isinstance(column, SealedColumn):
                key = model._meta.pk
                place = Column(
                    table=model._meta.db_table,
                    column=str(column.column),
                    key=str(key.column),
                    key_type=(key.rel_db_type(connection) or "bigint"),
                    aad=column.aad,
                )
                found[place.name] = place
    yield from (found[name] for name in sorted(found))


def _counted(query: str) -> dict[str, int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LIMITS)
        cursor.execute(query)
        return dict(cursor.fetchall())
