"""Moments as people write them: Shanghai time on Friday 20 November 2026, unless a date is given."""

from datetime import datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(clock: str, day: str = "2026-11-20") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SHANGHAI)


def shown(moment: datetime | None) -> str | None:
    """“11-21 09:00:00”, in Shanghai."""
    return moment and moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")
