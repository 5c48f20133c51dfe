"""What went out today and came to nothing: not registered, not written about, or written about without its scan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.parcels.models import Scan, Waybill
from kefu.policy.moments import DAY, day_of, end_of
from problem_parcels.models import Disposal, Message, ProblemParcel

# Why nobody is written to (CD-07.16, CD-09.28, CD-09.29).
NO_MESSAGE = (Disposal.Because.PROHIBITED, Disposal.Because.COURIER, Disposal.Because.NO_REASON)
MOST = 500  # rows of one list; what is beyond shows when these are done


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A parcel out for delivery, neither signed for nor registered. ``place``: who scanned it out."""

    number: str
    at: datetime
    place: str
    same_city: bool


@dataclass(frozen=True, slots=True)
class DayLists:
    """``silent``: scanned as a problem, and nobody told the sending outlet; ``unscanned``: the other way round."""

    undelivered: Sequence[Undelivered]
    silent: Sequence[Case]
    unscanned: Sequence[Case]


def day_lists(*, user: Any, now: datetime) -> DayLists:
    """Return the lists of today (CD-07.06, CD-07.07). Parcels within the city need the scan and no message
    (CD-07.09)."""
    return DayLists(_undelivered(now), _silent(user, now), _unscanned(user, now))


def _today(now: datetime) -> tuple[datetime, datetime]:
    end = end_of(day_of(now))
    return end - DAY, end


def _undelivered(now: datetime) -> list[Undelivered]:
    begin, end = _today(now)
    later = Scan.objects.filter(
        waybill_number=OuterRef("waybill_number"),
        kind__in=[Scan.Kind.SIGNED, Scan.Kind.PROBLEM],
        at__gte=OuterRef("at"),
    )
    registered = Case.objects.open().filter(
        kind=Case.Kind.PROBLEM_PARCEL, waybill_number=OuterRef("waybill_number")
    )
    route = Waybill.objects.filter(number=OuterRef("waybill_number"))
    found = (
        Scan.objects.filter(kind=Scan.Kind.DELIVERING, at__gte=begin, at__lt=end)
        .filter(~Exists(later), ~Exists(registered))
        .annotate(
            route_from=Subquery(route.values("route_from")[:1]),
            route_to=Subquery(route.values("route_to")[:1]),
        )
        .order_by("at")[:MOST]
    )
    latest = {scan.waybill_number: scan for scan in found}  # out twice: the later one counts
    return [
        Undelivered(
            number, scan.at, scan.place, bool(scan.route_from) and scan.route_from == scan.route_to
        )
        for number, scan in latest.items()
    ]


def _parcels(user: Any) -> Any:
    return (
        Case.objects.visible_to(user)
        .filter(kind=Case.Kind.PROBLEM_PARCEL)
        .select_related("problem_parcel", "owner", "outlet")
        .defer("sealed", "search", "lookup")
    )


def _silent(user: Any, now: datetime) -> list[Case]:
    begin, end = _today(now)
    scanned = Scan.objects.filter(kind=Scan.Kind.PROBLEM, at__gte=begin, at__lt=end)
    told = Message.objects.filter(
        case=OuterRef("pk"), reply_to=None, sender__kind=Party.Kind.COMPANY, withdrawn_at=None
    )
    unwritten = Disposal.objects.filter(
        case=OuterRef("pk"), because__in=NO_MESSAGE, withdrawn_at=None
    )
    return list(
        _parcels(user)
        .open()
        .filter(
            waybill_number__in=scanned.values("waybill_number"),
            problem_parcel__direction=ProblemParcel.Direction.INBOUND,
            problem_parcel__same_city=False,  # these need none (CD-07.09)
        )
        .filter(~Exists(told), ~Exists(unwritten))
        .order_by("pk")[:MOST]
    )


def _unscanned(user: Any, now: datetime) -> list[Case]:
    begin, end = _today(now)
    told = Message.objects.filter(
        reply_to=None, sender__kind=Party.Kind.COMPANY, posted_at__gte=begin, posted_at__lt=end
    )
    scanned = Scan.objects.filter(waybill_number=OuterRef("waybill_number"), kind=Scan.Kind.PROBLEM)
    return list(
        _parcels(user)
        .filter(
            pk__in=told.values("case"), problem_parcel__direction=ProblemParcel.Direction.INBOUND
        )
        .filter(~Exists(scanned))
        .order_by("pk")[:MOST]
    )
