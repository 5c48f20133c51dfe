"""How the promises of some days stand: by clause, by time, by outlet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu.admin.filters import midnight, month_start
from kefu.deadlines.models import Deadline
from kefu.deadlines.selectors import Kept, standing, standing_of_parties
from kefu.network.models import Party
from kefu.overview.dashboard import charts
from kefu.overview.dashboard.asked import Asked, Period
from kefu.overview.dashboard.figures import (
    EVERY,
    STATES,
    Figure,
    after,
    promises,
    promises_at_risk,
    share,
)
from kefu.rulebooks.selectors import titles

MOST_CLAUSES, MOST_OUTLETS = 9, 8
OUTLETS = (Party.Kind.OUTLET, Party.Kind.CONTRACTOR, Party.Kind.HUB)
# Of how many promises on a share says something: as many as an outlet has on average, at least and at most so many.
FEWEST = 3
ENOUGH = {Period.TODAY: 5, Period.WEEK: 20, Period.MONTH: 50, Period.YEAR: 200}
FLOOR = 90  # per cent, where the strip of a share begins


@dataclass(frozen=True, slots=True)
class ClauseLine:
    """One clause; ``at``: where its share stands on a strip of 70, None while nothing is over."""

    clause: str
    title: str
    due: Figure
    met: Figure
    open: Figure
    risk: Figure
    broken: Figure
    share: str
    at: float | None


@dataclass(frozen=True, slots=True)
class Promises:
    lines: list[ClauseLine]
    whole: ClauseLine
    more: int  # clauses that are not listed
    chart: charts.Columns


def promises_of(asked: Asked, *, every: bool = False) -> Promises:
    """Two questions: the counts that are kept, and what is at risk now. ``every``: all clauses."""
    found = standing(
        first=asked.first, last=asked.last, department_id=asked.department_id, by=asked.by
    )
    risks = at_risk(asked)
    names = titles(get_language() or "zh-hans")
    clauses = {clause: found.clauses.get(clause, Kept()) for clause in {*found.clauses, *risks}}
    ranked = sorted(clauses, key=lambda one: (-clauses[one].due, one))
    shown = ranked if every else ranked[:MOST_CLAUSES]
    lines = [
        _line(asked, one, names.get(one, _("自己的承诺")), clauses[one], risks.get(one, 0))
        for one in shown
    ]
    whole = _line(asked, "", _("合计"), found.whole, sum(risks.values()))
    chart = charts.columns(list(_columns(asked, found.moments)))
    return Promises(lines, whole, len(ranked) - len(shown), chart)


def at_risk(asked: Asked) -> dict[str, int]:
    """Running promises whose warning has come, by clause, whenever they fall due."""
    rows = Deadline.objects.running().filter(warn_at__lte=asked.now)
    if asked.department:
        rows = rows.filter(department=asked.department)
    return dict(rows.order_by().values_list("clause").annotate(n=Count("pk")))


def _line(asked: Asked, clause: str, title: str, kept: Kept, risk: int) -> ClauseLine:
    only: dict[str, Any] = {"department__id__exact": asked.department_id}
    if clause:
        only["clause"] = clause
    span = (asked.first, after(asked.last))
    return ClauseLine(
        clause,
        title,
        due=Figure(kept.due, promises(*span, EVERY, **only)),
        met=Figure(kept.met, promises(*span, STATES["met"], **only)),
        open=Figure(kept.open, promises(*span, STATES["open"], **only)),
        risk=Figure(risk, promises_at_risk(asked.now, **only), "soon"),
        broken=Figure(kept.broken, promises(*span, STATES["broken"], **only)),
        share=share(kept.met, kept.over),
        at=on_strip(kept),
    )


def on_strip(kept: Kept) -> float | None:
    """Where a share stands on a strip of 70 that begins at FLOOR; None while nothing is over."""
    if not kept.over:
        return None
    per_cent = 100 * kept.met / kept.over
    return round(70 * max(per_cent - FLOOR, 0) / (100 - FLOOR), 1)


def _columns(asked: Asked, moments: dict[Any, Kept]) -> Iterator[charts.Column]:
    """Every hour between the first and the last with a promise, every day, every month."""
    only: dict[str, Any] = {"department__id__exact": asked.department_id}
    for key, label, first, end in _places(asked, moments):
        kept = moments.get(key, Kept())
        yield charts.Column(
            label,
            met=Figure(kept.met, promises(first, end, STATES["met"], **only)),
            broken=Figure(kept.broken, promises(first, end, STATES["broken"], **only)),
            open=Figure(kept.open, promises(first, end, STATES["open"], **only)),
        )


def _places(asked: Asked, moments: dict[Any, Kept]) -> Iterator[tuple[Any, str, Any, Any]]:
    if asked.by == "hour":
        midnight_ = midnight(asked.first)
        for hour in range(min(moments, default=8), max(moments, default=17) + 1):
            first = midnight_ + timedelta(hours=hour)
            yield hour, str(hour), first, first + timedelta(hours=1)
    elif asked.by == "day":
        for n in range((asked.last - asked.first).days + 1):
            day = asked.first + timedelta(days=n)
            label = date_format(day, "D") if asked.period == Period.WEEK else str(day.day)
            yield day, label, day, after(day)
    else:
        for n in range(12):
            month = date(asked.first.year, n + 1, 1)
            yield month, str(n + 1), month, month_start(month, -1)


@dataclass(frozen=True, slots=True)
class OutletLine:
    """An outlet by its broken promises of a hundred."""

    name: str
    url: str
    due: Figure
    broken: Figure
    share: str
    bar: int


@dataclass(frozen=True, slots=True)
class Outlets:
    lines: list[OutletLine]
    enough: int
    more: int
    broken: int
    over: int
    share: str


def outlets_of(asked: Asked, *, every: bool = False) -> Outlets:
    """Rank those of whom enough fell due; what is not over counts for nobody. Two questions."""
    found = standing_of_parties(
        first=asked.first,
        last=asked.last,
        kinds=[kind.value for kind in OUTLETS],
        department_id=asked.department_id,
        by=asked.by,
    )
    whole = sum(found.values(), Kept())
    average = whole.over // len(found) if found else 0
    enough = max(FEWEST, min(average, ENOUGH[asked.period]))
    measured = {party: kept for party, kept in found.items() if kept.over >= enough}
    ranked = sorted(
        (party for party, kept in measured.items() if kept.broken),
        key=lambda one: (-measured[one].broken / measured[one].over, -measured[one].broken, one),
    )
    shown = ranked if every else ranked[:MOST_OUTLETS]
    names = Party.objects.in_bulk(shown)
    worst = _per_hundred(measured[ranked[0]]) if ranked else 0.0
    return Outlets(
        [_outlet(asked, names[one], measured[one], worst) for one in shown],
        enough,
        len(ranked) - len(shown),
        whole.broken,
        whole.over,
        f"{_per_hundred(whole):.1f}" if whole.over else "–",
    )


def _per_hundred(kept: Kept) -> float:
    return 100 * kept.broken / kept.over


def _outlet(asked: Asked, party: Party, kept: Kept, worst: float) -> OutletLine:
    only: dict[str, Any] = {
        "department__id__exact": asked.department_id,
        "party__id__exact": party.pk,
    }
    span = (asked.first, after(asked.last))
    over = f"{STATES['met']},{STATES['broken']}"
    return OutletLine(
        party.name,
        promises(*span, EVERY, **only),
        Figure(kept.over, promises(*span, over, **only)),
        Figure(kept.broken, promises(*span, STATES["broken"], **only)),
        f"{_per_hundred(kept):.1f}",
        charts.part(round(_per_hundred(kept) * 100), round(worst * 100)),
    )
