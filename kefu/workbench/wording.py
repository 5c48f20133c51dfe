"""Times and lengths in the words of the desk, in the reader's language. Pure; days are those of Shanghai."""

import math
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kefu.clock import SHANGHAI

SOON = 600  # seconds left from which a countdown is outlined


def seconds_left(due_at: datetime, now: datetime) -> int:
    """Whole seconds, rounded up: 0 at the due instant and in the second before; negative is late."""
    return math.ceil((due_at - now).total_seconds())


def countdown_digits(seconds: int) -> str:
    """``seconds`` ≥ 0 as the countdown shows it, the same as countdown.js: 03:42, 1:12:40, 2 天 9 时, 21 天."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days >= 10:
        return _("{d} 天").format(d=days)
    if days:
        return _("{d} 天 {h} 时").format(d=days, h=hour)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute:02}:{second:02}"


def clock(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%H:%M:%S}"


def moment(at: datetime, now: datetime) -> str:
    local, today = at.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    if local.date() == today - timedelta(days=1):
        return _("昨 {time}").format(time=f"{local:%H:%M}")
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d}"


def due(at: datetime, now: datetime) -> str:
    local, today = at.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    day, time = local.date(), f"{local:%H:%M}"
    if local.hour == local.minute == local.second == 0:  # the end of a day is its 24:00
        day, time = day - timedelta(days=1), "24:00"
    if day == today:
        return _("今天 24:00") if time == "24:00" else _("{time} 截止").format(time=time)
    if day == today + timedelta(days=1):
        return _("明天 {time}").format(time=time)
    return f"{_date(day, today)} {time}"


def _date(day: date, today: date) -> str:
    return f"{day:%m-%d}" if day.year == today.year else f"{day:%Y-%m-%d}"


def stretch(length: timedelta) -> str:
    """The two largest units: 2 天 8 小时, 4 小时 24 分, 12 分 32 秒."""
    total = max(0, int(length.total_seconds()))
    days, hours = total // 86400, total % 86400 // 3600
    minutes, seconds = total % 3600 // 60, total % 60
    parts = [
        (days, ngettext("%d 天", "%d 天", days)),
        (hours, ngettext("%d 小时", "%d 小时", hours)),
        (minutes, _("%d 分")),
        (seconds, _("%d 秒")),
    ]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    return " ".join(text % value for value, text in parts[:2] if value or len(parts) == 1)
