"""Register a parcel and its scans: people sealed, masked beside it, findable by look-up tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.parcels.models import Scan, Waybill
from kefu.privacy import lookup, masks, phones, redact

NAME_LIMIT, ADDRESS_LIMIT, GOODS_LIMIT = 60, 200, 100  # characters
MOST_KG, MOST_YUAN = Decimal("99999"), Decimal("999999")


@dataclass(frozen=True, slots=True)
class Side:
    """Who sends, or who receives."""

    name: str
    phone: str
    address: str


@transaction.atomic
def register_waybill(
    *,
    number: str,
    origin: Party,
    destination: Party,
    sender: Side,
    receiver: Side,
    goods: str,
    weight_kg: Decimal,
    freight: Decimal,
    payment: Waybill.Payment,
    declared_value: Decimal = Decimal(0),
    now: datetime,
) -> Waybill:
    """Record a parcel taken in now, with its first scan at the origin.

    A number is one parcel's: of two who register it at once the second gets a Conflict. Raises
    KefuError naming the field, such as ``receiver_phone``.
    """
    number = redact.clean_waybill(number, field="number")
    _in_range(
        weight_kg=(weight_kg, MOST_KG),
        freight=(freight, MOST_YUAN),
        declared_value=(declared_value, MOST_YUAN),
    )
    people = {**_side("sender", sender), **_side("receiver", receiver)}
    try:
        with transaction.atomic():
            waybill = Waybill.objects.create(
                number=number,
                origin=origin,
                destination=destination,
                route_from=_place(origin),
                route_to=_place(destination),
                sealed=people,
                lookup=lookup.tokens_for_person(people["sender_name"], people["sender_phone"])
                + lookup.tokens_for_person(people["receiver_name"], people["receiver_phone"]),
                goods=redact.clean(
                    goods, max_length=GOODS_LIMIT, field="goods", multiline=False, required=True
                ),
                weight_kg=weight_kg,
                freight=freight,
                payment=payment,
                declared_value=declared_value,
                accepted_at=now,
                **_masked(people),
            )
    except IntegrityError as error:
        if not Waybill.objects.filter(number=number).exists():
            raise
        raise Conflict(
            _("运单 %(number)s 已经收过件了，请核对单号") % {"number": number},
            code="waybill_taken",
            field="number",
        ) from error
    Scan.objects.create(
        waybill_number=number,
        kind=Scan.Kind.ACCEPTED,
        at=now,
        place=origin.name[:60],
        text=pgettext("state", "收件"),
    )
    return waybill


def _in_range(**amounts: tuple[Decimal, Decimal]) -> None:
    for field, (amount, most) in amounts.items():
        # NaN is in no range: it answers no to every comparison.
        if not (amount.is_finite() and 0 <= amount <= most):
            raise KefuError(
                _("请填 0 到 %(most)s 的数") % {"most": most}, code="out_of_range", field=field
            )


def _side(which: str, side: Side) -> dict[str, str]:
    def cleaned(name: str, value: str, limit: int) -> str:
        return redact.clean(value, max_length=limit, field=f"{which}_{name}", multiline=False)

    phone = side.phone.strip() and phones.normalise(side.phone, field=f"{which}_phone")
    return {
        f"{which}_name": cleaned("name", side.name, NAME_LIMIT),
        f"{which}_phone": phone,
        f"{which}_address": cleaned("address", side.address, ADDRESS_LIMIT),
    }


def _masked(people: dict[str, str]) -> dict[str, Any]:
    mask: dict[str, Callable[[str], str]] = {
        "name": masks.mask_name,
        "phone": masks.mask_phone,
        "address": masks.mask_address,
    }
    return {
        f"{key}_masked": mask[key.partition("_")[2]](value) if value else ""
        for key, value in people.items()
    }


def _place(party: Party) -> str:
    return (party.region.name if party.region else party.name)[:40]
