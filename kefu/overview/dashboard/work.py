"""What is open: how long it has been waiting, and who is here to do it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from kefu.cases.models import Case
from kefu.overview.dashboard import charts
from kefu.overview.dashboard.asked import Asked
from kefu.overview.dashboard.figures import Figure, cases, late, soon
from kefu.staff.models import Department, Duty, Employee

MOST_PEOPLE = 8
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
    """Open cases by their age, and how many are late; ``oldest``: None without any; ``latest_by``: how long the one
    that waits longest beyond its due time has done so.
    """

    bands: list[AgeBand]
    whole: Figure
    late: Figure
    oldest: Case | None
    latest_by: timedelta | None


def queue_of(asked: Asked) -> Queue:
    """Three questions: the bands by the index of open cases, the oldest of them, and the one that is late the longest."""
    now = asked.now
    open_ = Case.objects.open().order_by()
    if asked.department:
        open_ = open_.filter(department=asked.department)
    edges = [None, *(now - age for age in AGES), None]
    spans = [_opened(*span) for span in zip(edges[1:], edges[:-1], strict=True)]
    bands = {f"band_{n}": Count("pk", filter=Q(**span)) for n, span in enumerate(spans)}
    numbers = open_.aggregate(**bands, late=Count("pk", filter=Q(**late(now))))
    only = {"department__id__exact": asked.department_id}
    most = max(numbers[name] for name in bands)
    first = open_.order_by("opened_at", "pk").only("pk", "number", "opened_at").first()
    waited = open_.filter(**late(now)).order_by("next_due_at", "pk")
    overdue = waited.values_list("next_due_at", flat=True).first()
    return Queue(
        [
            AgeBand(
                label,
                Figure(numbers[f"band_{n}"], cases(**spans[n], **only)),
                charts.part(numbers[f"band_{n}"], most),
            )
            for n, label in enumerate(_labels())
        ],
        Figure(sum(numbers[name] for name in bands), cases(**only)),
        Figure(numbers["late"], cases(**late(now), **only), "late"),
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


def _opened(since: datetime | None, before: datetime | None) -> dict[str, datetime]:
    bounds = {"opened_at__gte": since, "opened_at__lt": before}
    return {name: at for name, at in bounds.items() if at is not None}


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
            soon=Count("pk", filter=Q(**soon(now))),
            late=Count("pk", filter=Q(**late(now))),
        )
    )
    return dict.fromkeys(people, (0, 0, 0)) | {pk: (a, b, c) for pk, a, b, c in rows}


def _seat(duty: Duty, load: tuple[int, int, int], most: int, now: datetime) -> Seat:
    open_, close, overdue = load
    mine = {"owner__id__exact": duty.employee_id}
    return Seat(
        duty.employee,
        duty.employee.department,
        duty.seat == Duty.Seat.BUSY,
        duty.seat_since,
        Figure(open_, cases(**mine)),
        Figure(close, cases(**mine, **soon(now)), "soon"),
        Figure(overdue, cases(**mine, **late(now)), "late"),
        charts.part(open_, most),
    )
