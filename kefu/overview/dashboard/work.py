"""What is open: how long it has been waiting, and who is here to do it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from kefu.cases.models import Case
from kefu.overview.dashboard import charts
from kefu.overview.dashboard.asked import Asked
from kefu.overview.dashboard.figures import Figure, cases
from kefu.staff.models import Department, Duty, Employee

MOST_PEOPLE = 8
SOON = timedelta(minutes=10)  # before its next due time a case counts as one that is close
# Where the bands of age end; the last goes on.
AGES = (
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
    timedelta(days=3),
)


@dataclass(frozen=True, slots=True)
class AgeBand:
    label: str
    number: Figure
    bar: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Open cases by their age, how many of them are close and late; ``oldest``: None without any."""

    bands: list[AgeBand]
    whole: Figure
    soon: Figure
    late: Figure
    oldest: Case | None
    latest_by: (
        timedelta | None
    )  # how long the one that waits longest beyond its due time has done so


def queue_of(asked: Asked) -> Queue:
    """Two questions: the bands by the index of open cases, and the oldest of them."""
    now = asked.now
    open_ = Case.objects.open().order_by()
    if asked.department:
        open_ = open_.filter(department=asked.department)
    edges = [None, *(now - age for age in AGES), None]
    spans = list(zip(edges[1:], edges[:-1], strict=True))  # (not before, before)
    bands = {f"band_{n}": Count("pk", filter=_within(*span)) for n, span in enumerate(spans)}
    soon = Q(next_due_at__gte=now, next_due_at__lt=now + SOON)
    numbers = open_.aggregate(
        **bands, soon=Count("pk", filter=soon), late=Count("pk", filter=Q(next_due_at__lt=now))
    )
    only = {"department__id__exact": asked.department_id}
    most = max(numbers[name] for name in bands)
    first = open_.order_by("opened_at", "pk").only("pk", "number", "opened_at").first()
    waited = open_.filter(next_due_at__lt=now).order_by("next_due_at", "pk")
    overdue = waited.values_list("next_due_at", flat=True).first()
    return Queue(
        [
            AgeBand(
                label,
                Figure(numbers[f"band_{n}"], cases(**_opened(*spans[n]), **only)),
                charts.part(numbers[f"band_{n}"], most),
            )
            for n, label in enumerate(_labels())
        ],
        Figure(sum(numbers[name] for name in bands), cases(**only)),
        Figure(
            numbers["soon"],
            cases(
                next_due_at__gte=now.isoformat(), next_due_at__lt=(now + SOON).isoformat(), **only
            ),
            "soon",
        ),
        Figure(numbers["late"], cases(next_due_at__lt=now.isoformat(), **only), "late"),
        first,
        now - overdue if overdue else None,
    )


def _labels() -> list[str]:
    return [
        _("30 分钟内"),
        _("30 分钟–2 小时"),
        _("2–8 小时"),
        _("8–24 小时"),
        _("1–3 天"),
        _("3 天以上"),
    ]


def _within(since: datetime | None, before: datetime | None) -> Q:
    found = Q()
    if since is not None:
        found &= Q(opened_at__gte=since)
    if before is not None:
        found &= Q(opened_at__lt=before)
    return found


def _opened(since: datetime | None, before: datetime | None) -> dict[str, str]:
    bounds = {"opened_at__gte": since, "opened_at__lt": before}
    return {name: at.isoformat() for name, at in bounds.items() if at is not None}


@dataclass(frozen=True, slots=True)
class Seat:
    """One person at a desk, with what lies there."""

    employee: Employee
    department: Department
    busy: bool
    since: datetime
    open: Figure
    soon: Figure
    late: Figure
    bar: int


@dataclass(frozen=True, slots=True)
class Seats:
    """Who is on duty, the most loaded first; ``more``: how many are not listed, with at most ``below`` each."""

    lines: list[Seat]
    people: int
    busy: int
    open: int  # cases that lie with them
    more: int
    below: int


def seats_of(asked: Asked, *, every: bool = False) -> Seats:
    """Two questions: who is on duty, and the open cases of those."""
    duties = Duty.objects.filter(ended_at=None).select_related("employee__department")
    if asked.department:
        duties = duties.filter(employee__department=asked.department)
    here = list(duties.order_by("employee__number"))
    load = _load([duty.employee_id for duty in here], asked.now)
    most = max((load[duty.employee_id][0] for duty in here), default=0)
    lines = sorted(
        (_seat(duty, load[duty.employee_id], most, asked.now) for duty in here),
        key=lambda one: (-one.open.n, one.employee.number),
    )
    shown, rest = (lines, []) if every else (lines[:MOST_PEOPLE], lines[MOST_PEOPLE:])
    return Seats(
        shown,
        len(lines),
        sum(one.busy for one in lines),
        sum(int(one.open.n) for one in lines),
        len(rest),
        max((int(one.open.n) for one in rest), default=0),
    )


def _load(people: list[int], now: datetime) -> dict[int, tuple[int, int, int]]:
    """(open, close, late) of each."""
    rows = (
        Case.objects.open()
        .filter(owner__in=people)
        .order_by()
        .values_list("owner")
        .annotate(
            open=Count("pk"),
            soon=Count("pk", filter=Q(next_due_at__gte=now, next_due_at__lt=now + SOON)),
            late=Count("pk", filter=Q(next_due_at__lt=now)),
        )
    )
    return dict.fromkeys(people, (0, 0, 0)) | {pk: (a, b, c) for pk, a, b, c in rows}


def _seat(duty: Duty, load: tuple[int, int, int], most: int, now: datetime) -> Seat:
    open_, soon, late = load
    mine = {"owner__id__exact": duty.employee_id}
    close = {"next_due_at__gte": now.isoformat(), "next_due_at__lt": (now + SOON).isoformat()}
    return Seat(
        duty.employee,
        duty.employee.department,
        duty.seat == Duty.Seat.BUSY,
        duty.seat_since,
        Figure(open_, cases(**mine)),
        Figure(soon, cases(**mine, **close), "soon"),
        Figure(late, cases(**mine, next_due_at__lt=now.isoformat()), "late"),
        charts.part(open_, most),
    )
