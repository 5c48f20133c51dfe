"""What the big screen shows: how much time is left, what was kept, who waits longest, who is here. No personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from kefu.admin.filters import midnight
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.deadlines.selectors import Kept, standing
from kefu.overview.dashboard.figures import SOON, share
from kefu.overview.dashboard.matters import GoesOn, incidents_of
from kefu.overview.dashboard.promises import on_strip
from kefu.rulebooks.selectors import titles
from kefu.staff.models import Department, Duty

MOST_CLAUSES, MOST_WAITING = 7, 5
STACK = 1036.0  # the width of the bar of all open cases
GAP = 3.0


@dataclass(frozen=True, slots=True)
class Band:
    """Open cases with so much time left; ``x``, ``width``: their part of the bar."""

    name: str
    label: str
    n: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    clause: str
    title: str
    kept: Kept
    share: str
    at: float | None  # on a strip of 70


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case by its number; ``left`` None: nothing is due."""

    case: Case
    waited: timedelta
    left: timedelta | None

    @property
    def late(self) -> bool:
        return self.left is not None and self.left < timedelta(0)

    @property
    def soon(self) -> bool:
        return self.left is not None and timedelta(0) <= self.left < SOON


@dataclass(frozen=True, slots=True)
class Wallboard:
    now: datetime
    department: Department | None
    bands: Sequence[Band]
    open: int
    lines: Sequence[Line]
    whole: Line
    waiting: Sequence[Waiting]
    free: int
    busy: int
    incidents: Sequence[GoesOn]

    @property
    def seats(self) -> Sequence[str]:
        """One a person, those who take calls first."""
        return ["free"] * self.free + ["busy"] * self.busy


def wallboard(*, department: Department | None, now: datetime) -> Wallboard:
    """The screen as it is now: eight questions, whatever the day held."""
    open_ = Case.objects.open().order_by()
    duties = Duty.objects.filter(ended_at=None)
    if department is not None:
        open_ = open_.filter(department=department)
        duties = duties.filter(employee__department=department)
    today = now.astimezone(SHANGHAI).date()
    found = standing(first=today, last=today, department_id=department.pk if department else None)
    names = titles(get_language() or "zh-hans")
    ranked = sorted(found.clauses, key=lambda one: (-found.clauses[one].due, one))[:MOST_CLAUSES]
    seats = duties.aggregate(busy=Count("pk", filter=Q(seat=Duty.Seat.BUSY)), people=Count("pk"))
    bands = _bands(open_, now)
    return Wallboard(
        now,
        department,
        bands,
        sum(band.n for band in bands),
        [_line(one, names.get(one, _("自己的承诺")), found.clauses[one]) for one in ranked],
        _line("", _("合计"), found.whole),
        _longest(open_, now),
        seats["people"] - seats["busy"],
        seats["busy"],
        [one for one in incidents_of() if not one.incident.is_drill],
    )


def _line(clause: str, title: str, kept: Kept) -> Line:
    return Line(clause, title, kept, share(kept.met, kept.over), on_strip(kept))


def _bands(open_: QuerySet[Case], now: datetime) -> list[Band]:
    tomorrow = midnight(now.astimezone(SHANGHAI).date() + timedelta(days=1))
    edges = [
        now,
        now + SOON,
        now + timedelta(minutes=30),
        now + timedelta(hours=2),
    ]
    edges.append(max(tomorrow, edges[-1]))
    labels = {
        "late": pgettext("wallboard", "已超时"),
        "soon": pgettext("wallboard", "10 分钟内"),
        "half": pgettext("wallboard", "30 分钟内"),
        "hours": pgettext("wallboard", "2 小时内"),
        "today": pgettext("wallboard", "今天内"),
        "later": pgettext("wallboard", "以后"),
    }
    spans = list(zip(labels, [None, *edges], [*edges, None], strict=True))
    numbers = open_.aggregate(
        **{name: Count("pk", filter=_due(since, before)) for name, since, before in spans}
    )
    whole = sum(numbers.values())
    width = STACK - GAP * (len(labels) - 1)
    found, x = [], 0.0
    for name, label in labels.items():
        part = width * numbers[name] / whole if whole else 0.0
        found.append(Band(name, label, numbers[name], round(x, 1), round(part, 1)))
        x += part + GAP
    return found


def _due(since: datetime | None, before: datetime | None) -> Q:
    """Due in this span; what nothing is due for counts as later."""
    if before is None:
        return Q(next_due_at__gte=since) | Q(next_due_at=None)
    due = Q(next_due_at__lt=before)
    return due if since is None else due & Q(next_due_at__gte=since)


def _longest(open_: QuerySet[Case], now: datetime) -> list[Waiting]:
    """The oldest of today's: yesterday's stand among the late ones, and would stand here for days."""
    today = open_.filter(opened_at__gte=midnight(now.astimezone(SHANGHAI).date()))
    rows = today.select_related("department").order_by("opened_at", "pk")
    return [
        Waiting(
            case,
            now - case.opened_at,
            case.next_due_at - now if case.next_due_at else None,
        )
        for case in rows.defer("sealed", "lookup", "search")[:MOST_WAITING]
    ]
