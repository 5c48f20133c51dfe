"""A scanned number: the waybill and what is known of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from kefu.cases.models import Case
from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.parcels.models import Scan, Waybill
from kefu.privacy import redact
from problem_parcels.models import ProblemParcel, Stay


@dataclass(frozen=True, slots=True)
class Parcel:
    """A waybill, its open case if there is one, and its last scans out for delivery and signed."""

    waybill: Waybill
    open_case_id: int | None
    open_owner_id: int | None
    delivering_at: datetime | None
    signed_at: datetime | None
    stay_id: int | None  # where it lies in store and belongs to no case yet

    @property
    def direction(self) -> str:
        """Outbound is what we sent; whatever another sent has arrived here."""
        if self.waybill.origin.kind == Party.Kind.COMPANY:
            return ProblemParcel.Direction.OUTBOUND
        return ProblemParcel.Direction.INBOUND

    @property
    def same_city(self) -> bool:
        return self.waybill.route_from == self.waybill.route_to


def look_up(number: str, *, field: str = "waybill_number") -> Parcel:
    """Return the parcel of a scanned or typed number, in one question.

    Raises KefuError naming ``field`` for a number that is none, and for a parcel that is not ours.
    """
    number = redact.clean_waybill(number, field=field)
    opened = Case.objects.filter(
        kind=Case.Kind.PROBLEM_PARCEL, waybill_number=OuterRef("number")
    ).exclude(state=Case.State.CLOSED)
    unposted = Stay.objects.filter(waybill_number=OuterRef("number"), left_at=None, case=None)
    found: Any = (
        _scanned(Waybill.objects.filter(number=number).select_related("origin", "destination"))
        .annotate(
            open_case=Subquery(opened.values("pk")[:1]),
            open_owner=Subquery(opened.values("owner")[:1]),
            stay=Subquery(unposted.values("pk")[:1]),
        )
        .first()
    )
    if found is None:
        raise KefuError(
            _("查无此单：%(number)s 不是本公司的运单，请核对") % {"number": number},
            code="waybill_unknown",
            field=field,
        )
    return Parcel(
        found,
        found.open_case,
        found.open_owner,
        found.delivering_at,
        found.signed_at,
        found.stay,
    )


def _scanned(waybills: QuerySet[Waybill]) -> QuerySet[Waybill]:
    """Waybills with their last scans out for delivery and signed."""
    scans = Scan.objects.filter(waybill_number=OuterRef("number")).order_by("-at").values("at")
    return waybills.defer("lookup").annotate(
        delivering_at=Subquery(scans.filter(kind=Scan.Kind.DELIVERING)[:1]),
        signed_at=Subquery(scans.filter(kind=Scan.Kind.SIGNED)[:1]),
    )


def parcels_of(numbers: Collection[str]) -> dict[str, Parcel]:
    """The parcels of many numbers, in two questions; those that are not ours are missing. Whether somebody has
    one in hand is not told: ``in_hand`` does."""
    needed = ("number", "origin", "destination", "route_from", "route_to", "sealed")
    found: list[Any] = list(
        _scanned(Waybill.objects.filter(number__in=_any_of(numbers))).only(*needed).order_by()
    )
    ends = {end for waybill in found for end in (waybill.origin_id, waybill.destination_id)}
    parties = Party.objects.in_bulk(ends)
    for waybill in found:
        waybill.origin = parties[waybill.origin_id]
        waybill.destination = parties[waybill.destination_id]
    return {w.number: Parcel(w, None, None, w.delivering_at, w.signed_at, None) for w in found}


def in_hand(numbers: Collection[str]) -> dict[str, Case]:
    """The open cases of parcels, by their numbers."""
    opened = Case.objects.filter(kind=Case.Kind.PROBLEM_PARCEL, waybill_number__in=_any_of(numbers))
    found = (
        opened.exclude(state=Case.State.CLOSED)
        .select_related("owner", "problem_parcel")
        .defer("search", "lookup", "sealed")
    )
    return {case.waybill_number: case for case in found}


def _any_of(numbers: Collection[str]) -> RawSQL:
    """Numbers as one parameter: each on its own, thousands take longer to write down than to look up."""
    return RawSQL("SELECT unnest(%s::text[])", [list(numbers)])
