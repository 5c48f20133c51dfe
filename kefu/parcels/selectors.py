"""Parcels as others may ask for them."""

from django.db.models import Q
from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.privacy import redact


def parcel_of(number: str, *, party: Party) -> Waybill:
    """Return a parcel that the party sends or delivers, without its people. Raises KefuError on ``waybill_number``.

    Any other is unknown, whether it exists or not: nobody finds out here who sends what.
    """
    number = redact.clean_waybill(number, field="waybill_number")
    mine = Waybill.objects.filter(Q(origin=party) | Q(destination=party))
    waybill = mine.filter(number=number).defer("sealed", "lookup").first()
    if waybill is None:
        raise KefuError(
            _("没有这个运单，或它不经过你的网点"), code="unknown_waybill", field="waybill_number"
        )
    return waybill
