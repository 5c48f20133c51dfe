"""Who calls, read and counted in one statement: every call of a partner begins with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Field, Model

from kefu.api.limits import COUNTED, FAILURES, STRETCH, bucket
from kefu.api.models import ApiKey
from kefu.network.models import Party

# A count that a crash of the machine takes back by a second is no loss: nobody waits for the disk.
# Of an address that has tried too many wrong keys nothing is looked up, whatever it brings now.
STATEMENT = """
WITH moment AS (
    SELECT coalesce(%(now)s::timestamptz, clock_timestamp()) AS now
), tried AS (
    SELECT since FROM api_failedattempts, moment
    WHERE address = %(address)s AND count >= %(failures)s AND since > now - %(stretch)s
), found AS (
    SELECT {columns}, s.api_key_id IS NOT NULL AS signs
    FROM api_apikey k JOIN network_party p ON p.id = k.party_id
    LEFT JOIN api_signingsecret s ON s.api_key_id = k.id
    WHERE k.prefix = %(prefix)s AND k.secret_digest = %(digest)s AND NOT EXISTS (SELECT FROM tried)
), counted AS (
    INSERT INTO api_callcount AS c (api_key_id, minute, calls)
    SELECT k_id, date_trunc('minute', now), 1 FROM found, moment
    {counted}
)
SELECT set_config('synchronous_commit', 'off', true), moment.now, (SELECT since FROM tried), (SELECT calls FROM counted), found.*
FROM moment LEFT JOIN found ON true
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call that came in ``at`` this moment. ``shut_until``: for its address; ``key``: None for a secret nobody has;
    ``calls``: how many this one makes in the key's minute.
    """

    at: datetime
    shut_until: datetime | None
    key: ApiKey | None
    calls: int


def arrive(*, prefix: str, digest: bytes, address: str) -> Arrival:
    """Read the key with this digest, revoked ones too, and count the call, whatever becomes of it.

    An unknown prefix takes as long as a wrong secret: neither is found.
    """
    values: dict[str, Any] = {
        "now": settings.KEFU_NOW,
        "address": bucket(address),
        "failures": FAILURES,
        "stretch": STRETCH,
        "prefix": prefix,
        "digest": digest,
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(), values)
        _set, at, since, calls, *rest = cursor.fetchone()
    key = None if calls is None else _key(rest)
    return Arrival(at, since + STRETCH if since else None, key, calls or 0)


def _key(values: Sequence[Any]) -> ApiKey:
    """Make the key and its party of a row; what is sealed about them is read when somebody asks for it."""
    own = len(_fields(ApiKey))
    key = ApiKey.from_db("default", _names(ApiKey), values[:own])
    key.party = Party.from_db("default", _names(Party), values[own:-1])
    if not values[-1]:
        key._state.fields_cache["signing_secret"] = None
    return key


@cache
def _statement() -> str:
    columns = (
        f"{alias}.{field.column} AS {alias}_{field.column}"
        for alias, model in (("k", ApiKey), ("p", Party))
        for field in _fields(model)
    )
    return STATEMENT.format(columns=", ".join(columns), counted=COUNTED)


@cache
def _fields(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    """The columns that stand in the database as they are used."""
    return tuple(each for each in model._meta.concrete_fields if not hasattr(each, "from_db_value"))


@cache
def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in _fields(model)]
