"""Who may not work now, by what the apps above know of him: not passed yet, or suspended (ES-602.07, ES-603.23)."""

from collections.abc import Callable
from datetime import datetime

from kefu.errors import Conflict
from kefu.staff.models import Employee

Reason = Callable[[Employee, datetime], str]
_reasons: dict[str, Reason] = {}


def register(name: str, reason: Reason) -> None:
    """``reason(employee, now)``: why he may take no case, in the reader's language; "" where he may."""
    _reasons[name] = reason


def why_not(employee: Employee, now: datetime) -> str:
    """Return why somebody may take no case now; "" where he may."""
    return next((why for ask in _reasons.values() if (why := ask(employee, now))), "")


def refuse(employee: Employee | None, now: datetime, field: str) -> None:
    """Raise Conflict, naming ``field``, where a person gives a case to somebody who may take none now."""
    if employee is not None and (why := why_not(employee, now)):
        # rule: ES-602.07, ES-603.23
        raise Conflict(why, code="may_not_work", field=field)


def who_may(employee: Employee | None, now: datetime) -> Employee | None:
    """Whom the program gives a case to: nobody where he may take none now, so that it waits for whoever does."""
    return employee if employee is not None and not why_not(employee, now) else None
