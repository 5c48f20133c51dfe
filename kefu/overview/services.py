"""Housekeeping that belongs to no single app."""

from datetime import date, datetime

from django.db import connection

from kefu.clock import SHANGHAI

AHEAD = 3  # months for which a partition stands ready, besides the current one


def make_partitions(*, now: datetime) -> int:
    """Make the monthly partitions from this month until ``AHEAD`` months on; return how many were missing.

    The tables are append-only and big; without a partition rows go to the default one, where they stay.
    """
    today = now.astimezone(SHANGHAI).date()
    with connection.cursor() as cursor:
        cursor.execute("SELECT kefu_make_partitions(%s, %s)", [today, month_after(today, AHEAD)])
        return int(cursor.fetchone()[0])


def month_after(day: date, months: int) -> date:
    """Return the first day of the month that lies ``months`` after that of ``day``."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)
