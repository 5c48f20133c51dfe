"""An area of the network, given by regions and outlets, and what lies in it."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from kefu.network.models import Party, Region


def parties_of(regions: Iterable[Region], outlets: Iterable[Party]) -> list[int]:
    """The parties in these regions, in all below them, and these outlets with their contract areas."""
    inside = {region.pk for region in regions}
    level = inside
    while level:
        below = set(Region.objects.filter(parent__in=level).values_list("pk", flat=True)) - inside
        inside, level = inside | below, below
    own = {party.pk for party in outlets}
    found = set(
        Party.objects.filter(Q(region__in=inside) | Q(pk__in=own)).values_list("pk", flat=True)
    )
    found |= set(Party.objects.filter(parent__in=found).values_list("pk", flat=True))
    return sorted(found)


def area_of(place: Any) -> list[int]:
    """The parties in the area of an incident or a declaration."""
    return parties_of(place.regions.all(), place.outlets.all())


def in_area(parties: list[int], case: str = "") -> Q:
    """Cases whose parcel comes from there or goes there, or that are about an outlet there."""
    return (
        Q(**{f"{case}waybill__origin__in": parties})
        | Q(**{f"{case}waybill__destination__in": parties})
        | Q(**{f"{case}outlet__in": parties})
    )
