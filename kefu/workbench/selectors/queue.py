"""The queue: soonest due first, fifty rows a page by keyset, each row complete."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Deadline
from kefu.workbench import wording
from kefu.workbench.selectors import costs
from kefu.workbench.selectors.desk import Desk, view_url
from kefu.workbench.selectors.views import (
    COUNT_CAP,
    SOON,
    VIEWS,
    Cases,
    cursor_of,
    place_of,
    shown_count,
)

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One case as the queue shows it: two lines a cell."""

    pk: int
    number: str
    kind: str
    state: str
    due_at: datetime | None
    more: int  # clocks besides the soonest
    more_words: str
    waybill_number: str
    route: str
    customer: str
    phone: str
    summary: str
    last_text: str
    last_at: datetime
    last_direction: str
    last_words: str
    tags: tuple[str, ...]
    liable: str
    liable_is_me: bool
    cost: str

    @property
    def last_said(self) -> str:
        """The latest words, unless they are the question itself, which stands above them."""
        return "" if self.summary.startswith(self.last_text) else self.last_text


@dataclass(frozen=True, slots=True)
class Chip:
    """One kind of case as a filter of the view."""

    label: str
    url: str
    shown: str
    current: bool


@dataclass(frozen=True, slots=True)
class QueuePage:
    view: str
    label: str
    kind: str
    rows: Sequence[QueueRow]
    next_cursor: str  # "" on the last page
    is_later: bool  # not the first page
    chips: Sequence[Chip]
    total: int
    shown_total: str
    late: int
    soon: int

    @property
    def first_url(self) -> str:
        return view_url(self.view, kind=self.kind)

    @property
    def next_url(self) -> str:
        return view_url(self.view, kind=self.kind, after=self.next_cursor)


def view_cases(*, desk: Desk, view: str, kind: str, now: datetime) -> Cases:
    """The cases of a view, unordered. Raises KeyError for a view there is not."""
    cases = VIEWS[view].cases(desk, now)
    return cases.filter(kind=kind) if kind else cases


def queue_page(*, desk: Desk, view: str, kind: str, after: str, now: datetime) -> QueuePage:
    cases = view_cases(desk=desk, view=view, kind=kind, now=now)
    found = _after(cases, after)
    page = found[:PAGE_ROWS]
    counts = _counts(desk=desk, view=view, now=now)
    chosen = counts[kind or "all"]
    return QueuePage(
        view=view,
        label=str(VIEWS[view].label),
        kind=kind,
        rows=_rows(page, desk=desk, now=now),
        next_cursor=cursor_of(page[-1].next_due_at, page[-1].pk) if len(found) > PAGE_ROWS else "",
        is_later=bool(after),
        chips=_chips(view, kind, counts),
        total=chosen,
        shown_total=shown_count(chosen),
        late=counts["late"],
        soon=counts["soon"],
    )


def queue_rows(
    *, desk: Desk, view: str, kind: str, pks: Iterable[int], now: datetime
) -> Sequence[QueueRow]:
    """The rows of these cases, as far as they (still) belong to the view."""
    cases = view_cases(desk=desk, view=view, kind=kind, now=now).filter(pk__in=list(pks))
    return _rows(list(_complete(cases.soonest_first()[:PAGE_ROWS])), desk=desk, now=now)


def neighbours(*, case: Case, desk: Desk, view: str, now: datetime) -> tuple[str, str]:
    """Numbers of the cases before and after ``case`` in a view's order; "" at either end."""
    cases = view_cases(desk=desk, view=view, kind="", now=now).exclude(pk=case.pk)
    following = _keyset(cases, case.next_due_at, case.pk, limit=1)
    if case.next_due_at is None:
        earlier = cases.filter(Q(next_due_at=None, pk__lt=case.pk) | Q(next_due_at__isnull=False))
    else:
        earlier = cases.filter(next_due_at__lte=case.next_due_at).exclude(
            next_due_at=case.next_due_at, pk__gt=case.pk
        )
    before = earlier.soonest_first().reverse().first()
    return (before.number if before else "", following[0].number if following else "")


def _after(cases: Cases, cursor: str) -> list[Case]:
    """One page and one more; a cursor that is none of ours starts at the beginning."""
    limit, place = PAGE_ROWS + 1, place_of(cursor)
    if place is None:
        return list(_complete(cases.soonest_first()[:limit]))
    due_at, pk = place
    return _keyset(cases, due_at, pk, limit=limit)


def _keyset(cases: Cases, due_at: datetime | None, pk: int, *, limit: int) -> list[Case]:
    """Those after (due_at, pk). Two ranges of the index, the second only where the first runs out:
    one condition with OR would read the queue from its start."""
    timeless = cases.filter(next_due_at=None)
    if due_at is None:
        return list(_complete(timeless.filter(pk__gt=pk).order_by("pk")[:limit]))
    timed = cases.filter(next_due_at__gte=due_at).filter(Q(next_due_at__gt=due_at) | Q(pk__gt=pk))
    found = list(_complete(timed.order_by("next_due_at", "pk")[:limit]))
    if len(found) < limit:
        found += _complete(timeless.order_by("pk")[: limit - len(found)])
    return found


def _complete(cases: Cases) -> Cases:
    return cases.select_related("waybill", "owner", "outlet").defer(
        "sealed", "search", "lookup", "waybill__sealed", "waybill__lookup"
    )


def _counts(*, desk: Desk, view: str, now: datetime) -> dict[str, int]:
    """How many of each kind, how many late and soon: one query over the soonest COUNT_CAP cases.

    A count per kind of its own would read the whole view for a kind there is none of.
    """
    cases = view_cases(desk=desk, view=view, kind="", now=now)
    kinds = {kind: Count("pk", filter=Q(kind=kind)) for kind in Case.Kind.values}
    found: dict[str, int] = cases.soonest_first()[:COUNT_CAP].aggregate(
        all=Count("pk"),
        late=Count("pk", filter=Q(next_due_at__lt=now)),
        soon=Count("pk", filter=Q(next_due_at__gte=now, next_due_at__lte=now + SOON)),
        **kinds,
    )
    return found


def _chips(view: str, kind: str, counts: dict[str, int]) -> list[Chip]:
    chips = [Chip(_("全部"), view_url(view), shown_count(counts["all"]), not kind)]
    chips += [
        Chip(str(one.label), view_url(view, kind=one.value), shown_count(counts[one]), one == kind)
        for one in Case.Kind
        if counts[one] or one == kind
    ]
    return chips


def _rows(cases: Sequence[Case], *, desk: Desk, now: datetime) -> list[QueueRow]:
    waiting: dict[int, list[Deadline]] = {}
    for deadline in (
        Deadline.objects.filter(case__in=[case.pk for case in cases])
        .unanswered()
        .select_related("party")
        .prefetch_related("consequences", "penalties")
        .order_by("due_at", "pk")
    ):
        waiting.setdefault(deadline.case_id, []).append(deadline)
    return [_row(case, waiting.get(case.pk, []), desk=desk, now=now) for case in cases]


def _row(case: Case, deadlines: Sequence[Deadline], *, desk: Desk, now: datetime) -> QueueRow:
    first = deadlines[0] if deadlines else None
    others = [f"{d.get_action_display()} {wording.due(d.due_at, now)}" for d in deadlines[1:]]
    tags = []
    if case.priority == Case.Priority.URGENT:
        tags.append(_("加急"))
    if case.escalated_at:
        tags.append(_("已升级 {age}").format(age=wording.stretch(now - case.escalated_at)))
    if case.handed_over:
        tags.append(_("交接件"))
    liable = (first.party if first else None) or case.outlet
    return QueueRow(
        pk=case.pk,
        number=case.number,
        kind=case.get_kind_display(),
        state=case.get_state_display(),
        due_at=case.next_due_at,
        more=len(others),
        more_words=punctuation.in_turn(*others),
        waybill_number=case.waybill_number,
        route=f"{case.waybill.route_from} → {case.waybill.route_to}" if case.waybill else "",
        customer=case.customer_name_masked,
        phone=case.customer_phone_masked,
        summary=case.summary,
        last_text=case.last_text,
        last_at=case.last_at,
        last_direction=case.last_direction,
        last_words=_direction_words(case.last_direction),
        tags=tuple(tags),
        liable=liable.name if liable else (case.owner.name if case.owner else _("未分配")),
        liable_is_me=bool(first and desk.party_id and first.party_id == desk.party_id),
        cost=costs.of(first) if first else "",
    )


def _direction_words(direction: str) -> str:
    words: dict[str, str] = {
        Interaction.Direction.IN: _("收到"),
        Interaction.Direction.OUT: _("发出"),
        Interaction.Direction.INTERNAL: _("内部"),
    }
    return words.get(direction, "")
