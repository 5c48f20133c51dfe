"""Parcels as others may ask for them."""

from django.db.models import Q
from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.privacy import redact


def find_parcel(number: str, *, party: Party) -> Waybill | None:
    """Return a parcel that the party sends or delivers, with what lists show of its people; None for any other.

    Nobody finds out here who sends what.
    """
    mine = Waybill.objects.filter(Q(origin=party) | Q(destination=party))
    ends = mine.select_related("origin", "destination")
    return ends.filter(number=number).defer("sealed", "lookup").first()


def parcel_of(number: str, *, party: Party) -> Waybill:
    """The same for a number that was filled in. Raises KefuError on ``waybill_number``."""
    waybill = find_parcel(redact.clean_waybill(number, field="waybill_number"), party=party)
    if waybill is None:
        raise KefuError(
            _("没有这个运单，或它不经过你的网点"), code="unknown_waybill", field="waybill_number"
        )
    return waybill
