"""The lists of a problem-parcel desk: what to handle, what waits, what is due, what grows old.

Fifty rows a page by keyset, counts that stop at a thousand: as fast with very many open parcels as with few.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.cases.models import Case, CaseQuerySet
from kefu.policy.moments import day_of, end_of
from kefu.staff.models import Department, Employee
from kefu.workbench import wording
from kefu.workbench.selectors import PAGE_ROWS, Desk
from kefu.workbench.selectors.views import COUNT_CAP, CappedCount, cursor_of, place_of, shown_count
from problem_parcels.models import ProblemParcel
from problem_parcels.selectors.replies import unread_replies

# A parcel nobody answers for goes back after five days: one open longer has been forgotten by somebody.
AGEING = timedelta(days=5)
State = Case.State


def open_parcels(user: Any) -> CaseQuerySet:
    """Open problem parcels that ``user`` may know of."""
    return Case.objects.visible_to(user).open().filter(kind=Case.Kind.PROBLEM_PARCEL)


@dataclass(frozen=True, slots=True)
class View:
    """One list of the desk. ``order``: the column its rows stand by, the first the most pressing."""

    name: str
    label: Promise
    empty: Promise
    of: Callable[[CaseQuerySet, datetime], CaseQuerySet]
    order: str = "next_due_at"


VIEWS = {
    view.name: view
    for view in (
        View(
            "handle",
            gettext_lazy("待处理"),
            gettext_lazy("没有待处理的件。扫到问题件，去“扫描登记”。"),
            lambda parcels, now: parcels.filter(state=State.OPEN),
        ),
        View(
            "waiting",
            gettext_lazy("等回复"),
            gettext_lazy("没有在等网点回复的件。"),
            lambda parcels, now: parcels.filter(state=State.WAITING),
        ),
        View(
            "answered",
            gettext_lazy("待办结"),
            gettext_lazy("没有已定下去向、还没办结的件。"),
            lambda parcels, now: parcels.filter(state=State.ANSWERED),
        ),
        View(
            "due",
            gettext_lazy("今天到期"),
            gettext_lazy("今天没有到期的件。"),
            lambda parcels, now: parcels.filter(next_due_at__lte=end_of(day_of(now))),
        ),
        View(
            "ageing",
            gettext_lazy("久未结"),
            gettext_lazy("没有超过五天还没结的件。"),
            lambda parcels, now: parcels.filter(opened_at__lt=now - AGEING),
            order="opened_at",
        ),
    )
}
WHOSE = {
    "": gettext_lazy("全部"),
    "mine": gettext_lazy("我的"),
    "nobody": gettext_lazy("待领"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: a view, a department, and what narrows both."""

    view: str = "handle"
    department_id: int | None = None
    direction: str = ""
    whose: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """One parcel as the desk shows it: two lines a cell."""

    pk: int
    number: str
    waybill_number: str
    route: str
    problem: str
    direction: str
    outlet: str
    due_at: datetime | None
    state: str
    age: str
    old: bool
    opened_at: datetime
    last_text: str
    last_at: datetime
    owner: str
    owner_is_me: bool
    same_city: bool


@dataclass(frozen=True, slots=True)
class DeskPage:
    view: View
    rows: Sequence[ParcelRow]
    next_cursor: str  # "" on the last page
    counts: dict[str, int]  # of every view, and "replies"

    @property
    def shown(self) -> dict[str, str]:
        return {name: shown_count(count) for name, count in self.counts.items()}


def desk_page(*, desk: Desk, asked: Asked, now: datetime) -> DeskPage:
    """Return one page of a view, and how much is in each."""
    view = VIEWS[asked.view]
    found = _page(parcels_of(desk, asked, now), view.order, asked.after)
    page = found[:PAGE_ROWS]
    return DeskPage(
        view=view,
        rows=[_row(case, desk=desk, now=now) for case in page],
        next_cursor=cursor_of(getattr(page[-1], view.order), page[-1].pk)
        if len(found) > PAGE_ROWS
        else "",
        counts=_counts(desk, asked, now),
    )


def parcels_of(desk: Desk, asked: Asked, now: datetime) -> CaseQuerySet:
    """The parcels of a view, unordered."""
    return VIEWS[asked.view].of(_narrowed(desk, asked), now)


def rows_of(*, desk: Desk, asked: Asked, pks: Sequence[int], now: datetime) -> list[ParcelRow]:
    """The rows of these cases, as far as they (still) belong to the view."""
    cases = _complete(parcels_of(desk, asked, now).filter(pk__in=pks).soonest_first()[:PAGE_ROWS])
    return [_row(case, desk=desk, now=now) for case in cases]


def to_handle(desk: Desk, now: datetime) -> CaseQuerySet:
    """What waits for the person's own desk, for the number beside the page in the navigation."""
    parcels = open_parcels(desk.user).filter(department=desk.department_id)
    return VIEWS["handle"].of(parcels, now)


def _narrowed(desk: Desk, asked: Asked) -> CaseQuerySet:
    parcels = open_parcels(desk.user).filter(department=asked.department_id)
    if asked.direction:
        parcels = parcels.filter(problem_parcel__direction=asked.direction)
    if asked.whose:
        parcels = parcels.filter(owner_id=desk.employee_id if asked.whose == "mine" else None)
    return parcels


def _counts(desk: Desk, asked: Asked, now: datetime) -> dict[str, int]:
    """All of them in one question."""
    parcels = _narrowed(desk, asked)
    replies = unread_replies(desk.user, asked.department_id)
    columns = {
        # In the order of its index: unordered, the planner may look for the first thousand in the table.
        f"in_{view.name}": CappedCount(
            view.of(parcels, now).order_by(view.order, "pk").values("pk")[:COUNT_CAP]
        )
        for view in VIEWS.values()
    }
    row: Any = (
        Department.objects.filter(pk=asked.department_id or 0)
        .values(in_replies=CappedCount(replies.values("pk")[:COUNT_CAP]), **columns)
        .get()
    )
    return {name.removeprefix("in_"): count for name, count in row.items()}


def _page(parcels: CaseQuerySet, order: str, cursor: str) -> list[Case]:
    """One page and one more; a cursor that is none of ours starts at the beginning."""
    limit, place = PAGE_ROWS + 1, place_of(cursor)
    if place is None:
        return list(_complete(parcels.order_by(F(order).asc(nulls_last=True), "pk")[:limit]))
    at, pk = place
    timeless = parcels.filter(**{order: None}).order_by("pk")
    if at is None:
        return list(_complete(timeless.filter(pk__gt=pk)[:limit]))
    timed = parcels.filter(**{f"{order}__gte": at})
    timed = timed.filter(Q(**{f"{order}__gt": at}) | Q(pk__gt=pk))
    # Two ranges of the index, the second only where the first runs out: one OR would read from the start.
    found = list(_complete(timed.order_by(order, "pk")[:limit]))
    if len(found) < limit:
        found += _complete(timeless[: limit - len(found)])
    return found


def _complete(cases: CaseQuerySet) -> CaseQuerySet:
    return cases.select_related("waybill", "owner", "outlet", "problem_parcel").defer(
        "sealed", "search", "lookup", "waybill__sealed", "waybill__lookup"
    )


def _row(case: Case, *, desk: Desk, now: datetime) -> ParcelRow:
    parcel = case.problem_parcel
    return ParcelRow(
        pk=case.pk,
        number=case.number,
        waybill_number=case.waybill_number,
        route=f"{case.waybill.route_from} → {case.waybill.route_to}" if case.waybill else "",
        problem=parcel.get_problem_display(),
        direction=parcel.get_direction_display(),
        outlet=case.outlet.name if case.outlet else "",
        due_at=case.next_due_at,
        state=state_in_words(case.state),
        age=wording.stretch(now - case.opened_at),
        old=case.opened_at < now - AGEING,
        opened_at=case.opened_at,
        last_text=case.last_text,
        last_at=case.last_at,
        owner=case.owner.name if case.owner else "",
        owner_is_me=case.owner_id is not None and case.owner_id == desk.employee_id,
        same_city=parcel.same_city,
    )


def state_in_words(state: str) -> str:
    """The state of a case as this desk calls it."""
    words = {
        State.OPEN: VIEWS["handle"].label,
        State.WAITING: VIEWS["waiting"].label,
        State.ANSWERED: VIEWS["answered"].label,
        State.CLOSED: State.CLOSED.label,
    }
    return str(words[State(state)])


def departments() -> Sequence[Department]:
    return list(Department.objects.filter(active=True))


def colleagues(department_id: int | None) -> Sequence[Employee]:
    """Whom a lead may give parcels to."""
    return list(Employee.objects.assignable().filter(department=department_id).order_by("number"))


def direction_words() -> list[tuple[str, str]]:
    return [("", _("进出港")), *((one.value, str(one.label)) for one in ProblemParcel.Direction)]
