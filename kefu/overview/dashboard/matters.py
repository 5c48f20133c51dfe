"""Claims by their age, and what goes on that touches many customers at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.http import urlencode

from claims.models import Claim
from claims.selectors.ageing import AgeRow, Limits, ageing
from inquiries.models import Incident
from inquiries.selectors import incidents
from kefu.overview.dashboard import charts
from kefu.overview.dashboard.figures import Figure


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """Open claims of one type of loss; ``limit``: the days the rulebook gives them, None where it gives none."""

    label: str
    limit: int | None
    cells: Sequence[tuple[Figure, int]]  # with the length of a bar, of 100
    whole: Figure
    late: Figure


@dataclass(frozen=True, slots=True)
class Claims:
    heads: Sequence[str]
    lines: Sequence[ClaimLine]
    whole: Figure
    late: Figure


def claims_of(now: datetime) -> Claims:
    """The open claims of the whole centre by type and age."""
    found = ageing(by="outlet", now=now)
    rows = [row for row in found.losses if row.whole.number]
    most = max((cell.number for row in rows for cell in row.cells), default=0)
    return Claims(
        found.heads,
        [_line(row, found.limits, most) for row in rows],
        Figure(int(found.total.whole.number), _aged()),
        Figure(int(found.total.whole.late), _aged(late="1"), "late"),
    )


def _line(row: AgeRow, limits: Limits, most: int) -> ClaimLine:
    return ClaimLine(
        row.label,
        limits.allowed.get(Claim.Loss(row.key)),
        [
            (
                Figure(int(cell.number), _aged(loss=row.key, band=str(n))),
                charts.part(int(cell.number), int(most)),
            )
            for n, cell in enumerate(row.cells)
        ],
        Figure(int(row.whole.number), _aged(loss=row.key)),
        Figure(int(row.whole.late), _aged(loss=row.key, late="1"), "late"),
    )


def _aged(**asked: str) -> str:
    return f"{reverse('claims:aged_claims')}?{urlencode(asked)}"


@dataclass(frozen=True, slots=True)
class GoesOn:
    """An incident that is not over; ``open`` of its complaints wait, ``told`` customers were told."""

    incident: Incident
    url: str
    open: int
    told: int


def incidents_of() -> list[GoesOn]:
    """What goes on, drills last."""
    found = list(incidents.banner(None).incidents)
    progress = incidents.progress_of(found)
    return [
        GoesOn(
            one,
            reverse("workbench:case", args=[one.case.number]),
            progress[one.pk].open,
            progress[one.pk].told,
        )
        for one in found
    ]
