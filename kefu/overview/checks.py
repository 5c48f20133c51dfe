"""What a check of ``verify`` is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

SHOWN = 5  # violations told of each check; the number is told in full
LAG = 60  # seconds a promise may be overdue before somebody fires it
UNSEALED = 300  # seconds an audit row may stand outside the chain; sealed within a minute in health


@dataclass(frozen=True, slots=True)
class Result:
    check: str
    n: int  # rows looked at
    found: int  # violations
    violations: list[str]  # the first few

    @property
    def ok(self) -> bool:
        return self.found == 0

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "ok": self.ok,
            "n": self.n,
            "found": self.found,
            "violations": self.violations,
        }


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    counted: str  # SELECT of one number
    violations: str  # SELECT of ``what``
    given: Callable[[datetime], dict[str, Any]] = lambda _now: {}

    def run(self, now: datetime) -> Result:
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH bad AS MATERIALIZED ({self.violations})"  # noqa: S608 our own text
                f" SELECT ({self.counted}), (SELECT count(*) FROM bad),"
                f" ARRAY(SELECT what FROM bad LIMIT {SHOWN})",
                {"now": now, "lag": LAG, "unsealed": UNSEALED, **self.given(now)},
            )
            n, found, few = cursor.fetchone()
        return Result(self.name, n, found, few)
