"""Filters in the words of the office. Days and months are those of Shanghai."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu import clock
from kefu.clock import SHANGHAI

MONTHS = 13  # this one and a year back


def month_start(day: date, back: int = 0) -> date:
    years, month = divmod(day.month - 1 - back, 12)
    return date(day.year + years, month + 1, 1)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)


class PeriodFilter(SimpleListFilter):
    """A stretch of time on ``field``: bounds on an index, where a date hierarchy would read the table."""

    field: ClassVar[str]
    parameter_name = "period"
    title = _("时间")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("today", _("今天")),
            ("yesterday", _("昨天")),
            ("week", _("近 7 天")),
            ("month", _("本月")),
            ("last_month", _("上月")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen is None:
            return queryset
        today = clock.now().astimezone(SHANGHAI).date()
        tomorrow = today + timedelta(days=1)
        first, end = {
            "today": (today, tomorrow),
            "yesterday": (today - timedelta(days=1), today),
            "week": (today - timedelta(days=6), tomorrow),
            "month": (month_start(today), tomorrow),
            "last_month": (month_start(today, 1), month_start(today)),
        }[chosen]
        return between(queryset, self.field, first, end)


class MonthFilter(SimpleListFilter):
    """A calendar month on ``field``."""

    field: ClassVar[str]
    parameter_name = "month"
    title = _("月份")

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        today = clock.now().astimezone(SHANGHAI).date()
        months = [month_start(today, back) for back in range(MONTHS)]
        return [(f"{month:%Y-%m}", f"{month:%Y-%m}") for month in months]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        first = date.fromisoformat(f"{self.value()}-01")
        return between(queryset, self.field, first, month_start(first, -1))


def between(queryset: QuerySet[Any], field: str, first: date, end: date) -> QuerySet[Any]:
    return queryset.filter(**{f"{field}__gte": midnight(first), f"{field}__lt": midnight(end)})


def period(field: str) -> type[PeriodFilter]:
    return type("PeriodOn" + field.title().replace("_", ""), (PeriodFilter,), {"field": field})


def month(field: str) -> type[MonthFilter]:
    return type("MonthOn" + field.title().replace("_", ""), (MonthFilter,), {"field": field})


class UndecidedFilter(SimpleListFilter):
    """Proposals by what has become of them."""

    title = _("审批")
    parameter_name = "decision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("open", _("待审批")),
            ("mine", _("待我审批")),
            ("yes", _("已同意")),
            ("no", pgettext_lazy("state", "不同意")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "open":
                return queryset.filter(approved=None)
            case "mine":  # never one's own
                return queryset.filter(approved=None).exclude(proposed_by=request.user)
            case "yes":
                return queryset.filter(approved=True)
            case "no":
                return queryset.filter(approved=False)
        return queryset
