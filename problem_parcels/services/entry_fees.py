"""What delivery into a warehouse costs, by the rates the house has filled in (CD section 11)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError

from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.policy.fees import EntryFee, Piece, WarehouseEntry, warehouse_entry
from kefu.policy.requirements import composed
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Employee
from problem_parcels.models import EntryFeeQuote
from problem_parcels.services.asking import refusals, words

Weighed = tuple[Decimal, Decimal]  # kilograms, cubic metres


def entry_fee(
    *, place: str, pieces: Sequence[Weighed], agreed: Decimal | None, using: Edition
) -> tuple[WarehouseEntry, EntryFee]:
    """Work out the fee without keeping it. Raises KefuError naming the field, or what the house has not set yet
    (code "not_set" with the clause).
    """
    try:
        facts = WarehouseEntry(
            place=place,
            pieces=tuple(Piece(weight=weight, volume=volume) for weight, volume in pieces),
            agreed=agreed,
        )
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        field = "pieces" if field in ("weight", "volume") else field
        raise KefuError(
            _("请核对：重量要大于 0，体积和金额不能小于 0"), code="out_of_range", field=field
        ) from error
    with refusals(using.rules):
        return facts, warehouse_entry(using.rules, facts)


@transaction.atomic
def quote_entry_fee(
    *,
    place: str,
    pieces: Sequence[Weighed],
    agreed: Decimal | None = None,
    waybill_number: str = "",
    contractor: Party | None = None,
    employee: Employee,
    now: datetime,
) -> EntryFeeQuote:
    """Quote the fee and keep the quote with its reasons. The customer reads one name and one sum.

    Where the rates say "by agreement" somebody types what was agreed; a contractor's slip is marked paid.
    Raises KefuError naming the field. Source: CD-11.01 … CD-11.10.
    """
    number = redact.clean_waybill(waybill_number, field="waybill_number") if waybill_number else ""
    using = edition_in_force(department_id=employee.department_id, at=now)
    facts, fee = entry_fee(place=place, pieces=pieces, agreed=agreed, using=using)
    if fee.total is None:  # rule: CD-11.06
        raise KefuError(
            _("这么重的件手续费要当面议，请填议定的金额"), code="to_agree", field="agreed"
        )
    payer = "contractor" if contractor is not None else "customer"
    return EntryFeeQuote.objects.create(
        waybill_number=number,
        place=facts.place,
        pieces=[
            {"weight": str(piece.weight), "volume": str(piece.volume)} for piece in facts.pieces
        ],
        agreed=facts.agreed,
        total=fee.total,
        parts={name: str(part) for name, part in fee.parts.items()},
        label=words(composed(using.rules, "customer_invoice", {"fee": "warehouse_entry"})),
        contractor=contractor,
        mark=words(
            composed(using.rules, "fee_slip", {"party": payer, "fee_case": "warehouse_entry"})
        ),
        rulebook_id=using.version_id,
        inputs={
            "facts": facts.model_dump(mode="json"),
            "steps": [step.to_json() for step in fee.steps],
        },
        quoted_at=now,
        quoted_by=employee.user,
    )
