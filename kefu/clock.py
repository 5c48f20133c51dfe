"""The one clock: PostgreSQL's. Read once at the door of a request or a batch, then handed down."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, Func, Value

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the database server's instant (aware, UTC), or the one frozen by ``KEFU_NOW``."""
    frozen: datetime | None = settings.KEFU_NOW
    if frozen is not None:
        return frozen
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def column() -> Func | Value:
    """The same instant as a column of a query that is made anyway, where every question counts."""
    moment = DateTimeField()
    if settings.KEFU_NOW is not None:
        return Value(settings.KEFU_NOW, output_field=moment)
    return Func(function="clock_timestamp", output_field=moment)
