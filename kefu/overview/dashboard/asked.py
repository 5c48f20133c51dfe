"""Which days and whose work a reader asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import TextChoices
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from kefu.clock import SHANGHAI
from kefu.staff.models import Department


class Period(TextChoices):
    TODAY = "today", _("今天")
    WEEK = "week", _("本周")
    MONTH = "month", _("本月")
    YEAR = "year", _("今年")


@dataclass(frozen=True, slots=True)
class Asked:
    """From ``first`` to ``last``, days of Shanghai; ``department`` None: all of them."""

    now: datetime
    period: Period
    first: date
    last: date
    department: Department | None
    departments: tuple[Department, ...]

    @property
    def department_id(self) -> int | None:
        return self.department.pk if self.department else None

    @property
    def by(self) -> str:
        """What the chart has a column for."""
        return {Period.TODAY: "hour", Period.YEAR: "month"}.get(self.period, "day")

    @property
    def periods(self) -> list[tuple[str, str, bool]]:
        """(label, query, chosen) of the switch."""
        return [
            (str(one.label), self.query(period=one.value), one == self.period) for one in Period
        ]

    def query(self, **changed: str) -> str:
        asked = {"period": self.period.value, "department": str(self.department_id or "")}
        kept = {name: value for name, value in {**asked, **changed}.items() if value}
        return f"?{urlencode(kept)}"


def read(given: Mapping[str, str], now: datetime) -> Asked:
    """Read the switches; what is none of them counts as not asked for."""
    today = now.astimezone(SHANGHAI).date()
    wanted = given.get("period", "")
    period = Period(wanted) if wanted in Period.values else Period.TODAY
    first, last = _span(period, today)
    departments = tuple(Department.objects.filter(active=True).order_by("pk"))
    chosen = next((one for one in departments if str(one.pk) == given.get("department")), None)
    return Asked(now, period, first, last, chosen, departments)


def _span(period: Period, today: date) -> tuple[date, date]:
    if period == Period.WEEK:
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=6)
    if period == Period.MONTH:
        first = today.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if period == Period.YEAR:
        return date(today.year, 1, 1), date(today.year, 12, 31)
    return today, today
