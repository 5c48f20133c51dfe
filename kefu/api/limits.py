"""How often one may try, and how often one may call."""

import threading
import time
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from kefu.api.models import FailedAttempts

FAILURES = 20  # wrong keys from one address …
STRETCH = timedelta(minutes=10)  # … within this time; then it waits until the time is over
CALLS = 600  # calls of one key a minute, in each web process

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


def check_attempts(*, address: str, now: datetime) -> None:
    """Refuse an address that has tried too many wrong keys, whatever it brings now."""
    found = FailedAttempts.objects.filter(
        address=_bucket(address), count__gte=FAILURES, since__gt=now - STRETCH
    ).first()
    if found is not None:
        raise TooManyAttempts((found.since + STRETCH - now).total_seconds())


def count_failure(*, address: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"address": _bucket(address), "now": now, "before": now - STRETCH})


def _bucket(address: str) -> str:
    """An IPv6 customer has a whole /64 to come from."""
    if address and isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address.partition('%')[0]}/64", strict=False))
    return address


class CallRate(BaseThrottle):
    """So many calls a key and minute. Kept in the process: it guards the process, and needs no store."""

    _lock = threading.Lock()
    _minutes: dict[int, tuple[int, int]] = {}  # key: (minute, calls)

    def allow_request(self, request: Request, view: Any) -> bool:
        if not request.auth:
            return True
        minute = int(time.monotonic() // 60)
        with self._lock:
            last, calls = self._minutes.get(request.auth.pk, (minute, 0))
            calls = calls + 1 if last == minute else 1
            self._minutes[request.auth.pk] = (minute, calls)
        return calls <= CALLS

    def wait(self) -> float:
        return 60 - time.monotonic() % 60
