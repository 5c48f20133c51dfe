"""The lock of a month: what is paid stands, and no fact of it changes."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from kefu.errors import Conflict
from payroll.models import LockedMonth


def check_open(day: date, *, field: str | None = None) -> None:
    """Raises Conflict (month_locked) for a day of a month whose pay is locked. The database refuses it too."""
    if is_locked(day):
        raise _locked(f"{day:%Y-%m}", field)


def _locked(month: str, field: str | None = None) -> Conflict:
    return Conflict(
        _("%(month)s 的工资已锁定，不能再改这个月的记录；差额请登记为以后月份的调整")
        % {"month": month},
        code="month_locked",
        field=field,
        month=month,
    )


def speak_for_the_database(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Let whoever meets the lock only in the database, at the very same moment, hear what ``check_open`` says."""
    if _told not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _told)


def _told(execute: Callable[..., Any], *statement: Any) -> Any:
    try:
        return execute(*statement)
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.constraint_name != "month_stays":
            raise
        found = re.search(r"\d{4}-\d{2}", diagnosis.message_primary or "")
        raise _locked(found[0] if found else "") from error


def is_locked(day: date) -> bool:
    """Whether the wages of its month are locked, so that its facts stay as they are."""
    return LockedMonth.objects.filter(month=day.replace(day=1)).exists()


def open_month(day: date) -> date:
    """The first day of the month that takes what happened on ``day``: its own, or the next that is not locked."""
    month = day.replace(day=1)
    locked = set(LockedMonth.objects.filter(month__gte=month).values_list("month", flat=True))
    while month in locked:
        month = (month + timedelta(days=31)).replace(day=1)
    return month


def open_month_day(day: date) -> date:
    """``day`` itself, or the first day after it of a month that is not locked."""
    month = open_month(day)
    return max(day, month)


def hold(month: date) -> None:
    """Let no fact of the month come in until this transaction ends; wait for those on their way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(payroll_month_key(%s))", [month])


def lock(month: date, *, actor: Any, now: datetime) -> LockedMonth:
    """Lock the month, in the caller's transaction and after ``hold``."""
    return LockedMonth.objects.create(month=month, locked_by=actor, locked_at=now)
