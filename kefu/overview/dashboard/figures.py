"""A number with the list that holds exactly its rows."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model

from kefu.admin.base import list_url
from kefu.admin.filters import midnight
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.workbench.selectors.views import SOON as SOON

OPEN_CASES = "open,waiting,answered"
STATES = {"open": "running,set_aside", "met": "met", "broken": "breached"}
EVERY = ",".join(STATES.values())


def late(now: datetime) -> dict[str, datetime]:
    """The lookups of cases beyond their next due time: what counts them and what lists them."""
    return {"next_due_at__lt": now}


def soon(now: datetime) -> dict[str, datetime]:
    """The same of cases that are close to it."""
    return {"next_due_at__gte": now, "next_due_at__lt": now + SOON}


@dataclass(frozen=True, slots=True)
class Figure:
    """``tone``: "soon" or "late" where it tells of time left."""

    n: int | Decimal
    url: str
    tone: str = ""

    @property
    def shown(self) -> str:
        return f"{self.n:,.2f}" if isinstance(self.n, Decimal) else f"{self.n:,}"


def share(met: int, over: int) -> str:
    """Kept of those that are over, to a tenth of a per cent; never 100 with one broken."""
    if not over:
        return "–"
    tenths = met * 1_000 // over
    return f"{Decimal(tenths) / 10:.1f}%"


def promises(
    first: datetime | date, end: datetime | date, state: str = EVERY, **filters: Any
) -> str:
    """The list of the promises that fall due from ``first`` to before ``end``."""
    return _list(
        Deadline,
        state__in=state,
        due_at__gte=_moment(first),
        due_at__lt=_moment(end),
        **filters,
    )


def promises_at_risk(now: datetime, **filters: Any) -> str:
    return _list(Deadline, state__exact="running", warn_at__lte=now, **filters)


def cases(**filters: Any) -> str:
    """The list of open cases."""
    return _list(Case, state__in=OPEN_CASES, **filters)


def after(day: date) -> date:
    return day + timedelta(days=1)


def _moment(at: datetime | date) -> datetime:
    return at if isinstance(at, datetime) else midnight(at)


def _list(model: type[Model], **filters: Any) -> str:
    if filters.get("department__id__exact", "") is None:
        del filters["department__id__exact"]
    shown = {name: at.isoformat() for name, at in filters.items() if isinstance(at, datetime)}
    return list_url(model, **{**filters, **shown})
