"""The views of the queue, each one a chain of the case's own words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet, Subquery
from django.db.models.fields import IntegerField
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kefu.cases.models import Case, CaseQuerySet
from kefu.workbench import wording

if TYPE_CHECKING:
    from kefu.workbench.selectors.desk import Desk

SOON = timedelta(seconds=wording.SOON)  # before its next due time a case is close to it
COUNT_CAP = 1000  # a count reads at most so many index entries; more is shown as 999+

Cases = CaseQuerySet


def moment_of(text: str) -> datetime | None:
    """The moment that a cursor names; None where it names none: an address may be typed by anybody."""
    try:
        at = parse_datetime(text)
    except ValueError:  # written like one, such as the 32nd of a month
        return None
    return at if at is not None and at.tzinfo is not None else None


def row_of(text: str) -> int:
    """The number of the row that an address or a form names; 0, which no row has, where it names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def cursor_of(at: datetime | None, pk: int) -> str:
    """Where a page ended that is ordered by a moment and the row's number."""
    return f"{at.isoformat() if at else ''}_{pk}"


def place_of(cursor: str) -> tuple[datetime | None, int] | None:
    """The moment and the number of the row where a page ended; None for a cursor that is none of ours."""
    text, _sep, key = cursor.rpartition("_")
    at, pk = moment_of(text), row_of(key)
    return None if not pk or (text and at is None) else (at, pk)


@dataclass(frozen=True, slots=True)
class View:
    """One entry of the side navigation: which open cases, for whom."""

    name: str
    label: Promise
    cases: Callable[["Desk", datetime], Cases]


def _mine(desk: "Desk", now: datetime) -> Cases:
    return Case.objects.visible_to(desk.user).open().filter(owner_id=desk.employee_id)


def _department(desk: "Desk", now: datetime) -> Cases:
    """Those of the department; somebody without a desk of his own (a manager) sees all departments."""
    cases = Case.objects.visible_to(desk.user).open()
    return cases.filter(department_id=desk.department_id) if desk.department_id else cases


VIEWS = {
    view.name: view
    for view in (
        View("mine", _("我的"), _mine),
        View("department", _("本部门"), _department),
        View("unassigned", _("未分配"), lambda d, n: _department(d, n).unassigned()),
        View(
            "waiting",
            _("等网点"),
            lambda d, n: _department(d, n).filter(state=Case.State.WAITING),
        ),
        View(
            "soon",
            _("10 分钟内到期"),
            lambda d, n: _department(d, n).filter(next_due_at__gte=n, next_due_at__lte=n + SOON),
        ),
        View("breached", _("已超时"), lambda d, n: _department(d, n).due_before(n)),
        View(
            "handed_over",
            _("交接来的"),
            lambda d, n: _department(d, n).filter(handed_over=True),
        ),
        View(
            "escalated",
            _("升级的"),
            lambda d, n: _department(d, n).filter(escalated_at__isnull=False),
        ),
        View(
            "consulted",
            _("转办来的"),
            lambda d, n: Case.objects.visible_to(d.user).open().consulting(d.department_id),
        ),
        View("consulting", _("转办出去的"), lambda d, n: _department(d, n).consulted()),
    )
}


class CappedCount(Subquery):
    """How many rows a sliced queryset has: the count stops where the slice does."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS capped)"
    output_field = IntegerField()


def capped_count(rows: QuerySet[Any]) -> CappedCount:
    return CappedCount(rows.order_by().values("pk")[:COUNT_CAP])


def shown_count(count: int) -> str:
    return f"{COUNT_CAP - 1}+" if count >= COUNT_CAP else str(count)
