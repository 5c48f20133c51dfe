"""Where a customer in a hurry can take his parcel himself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from inquiries.models import Pickup
from kefu.cases.models import Case
from kefu.network.models import ContactNumber, Party, Region

BRANCHES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Branch:
    """An outlet or contract area near a pick-up, with its duty number as lists may show it."""

    party_id: int
    name: str
    address: str
    region: str
    contact: ContactNumber | None


def nearest_branches(*, case: Case, now: datetime) -> list[Branch]:
    """Return the branches of the region a pick-up lies in, the narrowest region first (CD-06.30).

    The region is the one named in the address as lists show it, down to the road; ``[]`` where it names
    none or none has a branch. Those with a number to call come before those without.
    """
    pickup = Pickup.objects.filter(case=case).only("sender_address_masked").first()
    if pickup is None:
        return []
    for region in _named(pickup.sender_address_masked):
        parties = list(
            Party.objects.outlets()
            .filter(region__in=_with_parts(region))
            .select_related("region")
            .order_by("kind", "pinyin", "code")
        )
        if parties:  # rule: CD-06.30
            return _branches(parties, now)
    return []


def _named(address: str) -> list[Region]:
    """The regions an address names, the narrowest first: a city before its province."""
    regions = {region.pk: region for region in Region.objects.all()}

    def depth(region: Region) -> int:
        above = regions.get(region.parent_id) if region.parent_id else None
        return 1 + depth(above) if above else 0

    named = [region for region in regions.values() if region.name in address]
    # A city and a road may bear one name; of two as narrow the one named first is the place.
    return sorted(named, key=lambda region: (-depth(region), address.index(region.name)))


def _with_parts(region: Region) -> set[int]:
    """A region and all below it."""
    below: set[int] = {region.pk}
    found = below
    while found:
        found = set(Region.objects.filter(parent__in=found).values_list("pk", flat=True)) - below
        below |= found
    return below


def _branches(parties: Iterable[Party], now: datetime) -> list[Branch]:
    kept = {party.pk: party for party in parties}
    numbers = {
        contact.party_id: contact
        for contact in ContactNumber.objects.current(now).filter(
            party__in=kept, kind=ContactNumber.Kind.DUTY
        )
    }
    branches = [
        Branch(
            party_id=party.pk,
            name=party.name,
            address=party.address,
            region=party.region.name if party.region else "",
            contact=numbers.get(party.pk),
        )
        for party in kept.values()
    ]
    return sorted(branches, key=lambda branch: branch.contact is None)[:BRANCHES_SHOWN]
