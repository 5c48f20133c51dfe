"""How often one may try, and how often one may call."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.db import connection
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled

from kefu.api.models import ApiKey

FAILURES = 20  # wrong keys from one address …
STRETCH = timedelta(minutes=10)  # … within this time; then it waits until the time is over
CALLS = 600  # calls of one key in a minute of the clock
ITEMS_A_CALL = 10  # of a bulk call: 1,000 items are 100 calls
MINUTE = timedelta(minutes=1)

# One statement, so that attempts at the same time are all counted.
COUNT = """
INSERT INTO api_failedattempts AS a (address, count, since) VALUES (%(address)s, 1, %(now)s)
ON CONFLICT (address) DO UPDATE SET
    count = CASE WHEN a.since <= %(before)s THEN 1 ELSE a.count + 1 END,
    since = CASE WHEN a.since <= %(before)s THEN %(now)s ELSE a.since END
"""


class TooManyAttempts(Throttled):
    default_code = "too_many_attempts"

    def __init__(self, wait: float) -> None:
        super().__init__(wait, _("无效密钥尝试过多，请稍后再试"), self.default_code)


def count_failure(*, address: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"address": bucket(address), "now": now, "before": now - STRETCH})


def bucket(address: str) -> str:
    """An IPv6 customer has a whole /64 to come from."""
    if address and isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address.partition('%')[0]}/64", strict=False))
    return address


# The row is locked for this one statement only. A process whose clock lags counts in the minute that has begun.
COUNTED = """
ON CONFLICT (api_key_id) DO UPDATE SET
    calls = CASE WHEN c.minute >= EXCLUDED.minute THEN c.calls + EXCLUDED.calls ELSE EXCLUDED.calls END,
    minute = GREATEST(c.minute, EXCLUDED.minute)
RETURNING calls
"""
CALL = f"""
INSERT INTO api_callcount AS c (api_key_id, minute, calls) VALUES (%(key)s, %(minute)s, %(calls)s)
{COUNTED}
"""  # noqa: S608  our own words


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a key may still call in this minute; ``resets_in``: whole seconds until the next one."""

    remaining: int
    resets_in: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(CALLS),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.resets_in),
        }


def count_items(request: HttpRequest, *, key: ApiKey, items: int, now: datetime) -> None:
    """Count the items of a bulk call: every ``ITEMS_A_CALL`` begun are one call, and the first was counted on arrival."""
    more = math.ceil(items / ITEMS_A_CALL) - 1
    if more > 0:
        count_call(request, key=key, now=now, calls=more)


def count_call(request: HttpRequest, *, key: ApiKey, now: datetime, calls: int = 1) -> None:
    """Count a call of a key, whatever becomes of it: so many a minute, whichever process answers, by the database's clock.

    Raises Throttled for one too many. Whoever holds the secret uses up the key's calls, from wherever: a stolen key is revoked.
    """
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(CALL, {"key": key.pk, "minute": minute, "calls": calls})
        counted: int = cursor.fetchone()[0]
    allow(request, counted=counted, now=now)


def allow(request: HttpRequest, *, counted: int, now: datetime) -> None:
    """Keep what is left of this minute's calls, of which this was the ``counted``-th. Raises Throttled for one too many."""
    resets_in = math.ceil((now.replace(second=0, microsecond=0) + MINUTE - now).total_seconds())
    # The middleware tells it with every answer, a refusal too.
    request.allowance = Allowance(max(0, CALLS - counted), resets_in)  # type: ignore[attr-defined]
    if counted > CALLS:
        raise Throttled(resets_in)
