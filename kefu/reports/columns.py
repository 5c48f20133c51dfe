"""What a report that people build for themselves can show of a case: columns of every kind, and what an app adds of its
own kinds. None of them shows personal data: names and phones are the masked ones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, Extract, TruncDate, TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline
from kefu.penalties.models import Penalty


class Of(StrEnum):
    """What a column is of: how it is written, and whether it groups, measures or narrows."""

    TEXT = "text"
    NAME = "name"  # of a thing of ours: cases are told apart by it
    CHOICE = "choice"
    YES = "yes"
    INSTANT = "instant"
    DAY = "day"
    MONTH = "month"
    NUMBER = "number"
    MINUTES = "minutes"
    YUAN = "yuan"


GROUPS = frozenset({Of.NAME, Of.CHOICE, Of.YES, Of.DAY, Of.MONTH})
MEASURES = frozenset({Of.NUMBER, Of.MINUTES, Of.YUAN})


@dataclass(frozen=True, slots=True)
class Column:
    """``source``: a path from the case, or an expression over it. ``choices``: of a CHOICE, in words."""

    name: str
    label: str | Promise
    source: Any
    of: Of = Of.TEXT
    choices: Any = None


def _minutes(until: str, since: str) -> Any:
    return Extract(F(until) - F(since), "epoch", output_field=IntegerField()) / 60


def _breaches() -> Any:
    broken = Deadline.objects.filter(case=OuterRef("pk"), breached_at__isnull=False)
    return Coalesce(
        Subquery(broken.order_by().values("case").annotate(n=Count("pk")).values("n")), 0
    )


def _fines() -> Any:
    counted = Penalty.objects.filter(
        case=OuterRef("pk"), kind=Penalty.Kind.FINE, state__in=["payable", "settled"]
    )
    return Subquery(counted.order_by().values("case").annotate(n=Sum("value")).values("n"))


COMMON: tuple[Column, ...] = (
    Column("number", _("单号"), "number"),
    Column("state", _("状态"), "state", Of.CHOICE, Case.State),
    Column("priority", _("优先级"), "priority", Of.CHOICE, Case.Priority),
    Column("department", _("部门"), "department__name", Of.NAME),
    Column("owner", _("负责人"), "owner__name", Of.NAME),
    Column("outlet", _("对方网点"), "outlet__name", Of.NAME),
    Column("waybill_number", _("运单号"), "waybill_number"),
    Column("route_from", _("始发"), "waybill__route_from", Of.NAME),
    Column("route_to", _("目的"), "waybill__route_to", Of.NAME),
    Column("customer", _("客户"), "customer_name_masked"),
    Column("phone", _("回电"), "customer_phone_masked"),
    Column("summary", _("事由"), "summary"),
    Column("opened_at", _("建单时间"), "opened_at", Of.INSTANT),
    Column("opened_on", _("建单日"), TruncDate("opened_at", tzinfo=SHANGHAI), Of.DAY),
    Column("opened_month", _("建单月"), TruncMonth("opened_at", tzinfo=SHANGHAI), Of.MONTH),
    Column("closed_at", _("结案时间"), "closed_at", Of.INSTANT),
    Column("closed_on", _("结案日"), TruncDate("closed_at", tzinfo=SHANGHAI), Of.DAY),
    Column("minutes", _("办理时长（分钟）"), _minutes("closed_at", "opened_at"), Of.MINUTES),
    Column("breaches", _("超时（次）"), _breaches(), Of.NUMBER),
    Column("fines", _("罚款（元）"), _fines(), Of.YUAN),
)
_own: dict[str, list[Column]] = {}


def add(kind: str, columns: Iterable[Column]) -> None:
    """Columns that only cases of this kind have. Called from ``AppConfig.ready()``."""
    _own.setdefault(kind, []).extend(columns)


def columns_of(kind: str) -> Mapping[str, Column]:
    """By name: what a report about cases of this kind can show, in the order of its form."""
    return {one.name: one for one in (*COMMON, *_own.get(kind, ()))}
