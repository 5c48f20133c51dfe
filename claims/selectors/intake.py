"""What is known beside the intake of a claim: the parcel, what was claimed before, until when it has to be settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from claims.models import Claim
from claims.selectors.rules import CLOCK
from claims.services.clock import SORTS
from claims.services.registration import next_adjuster
from kefu.errors import KefuError
from kefu.parcels.models import Waybill
from kefu.policy.clauses import Clock
from kefu.policy.clocks import Due
from kefu.policy.due import due_since
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_saying


@dataclass(frozen=True, slots=True)
class Beside:
    """``unknown``: a well-formed number of no waybill of ours. ``due``: by when, counted from now; None: no clock."""

    waybill: Waybill | None = None
    unknown: str = ""
    claims: Sequence[Claim] = ()
    due: Due | None = None
    owner: Any = None


def beside(
    *, user: Any, department_id: int | None, number: str, loss: str, now: datetime
) -> Beside:
    try:
        number = redact.clean_waybill(number)
    except KefuError:
        return Beside()
    waybill = (
        Waybill.objects.select_related("origin", "destination")
        .defer("sealed", "lookup")
        .filter(number=number)
        .first()
    )
    if waybill is None:
        return Beside(unknown=number)
    claims = (
        Claim.objects.visible_to(user)
        .filter(waybill_number=number)
        .select_related("case")
        .order_by("-demanded_at")[:5]
    )
    owner = next_adjuster(now)
    return Beside(
        waybill=waybill,
        claims=list(claims),
        due=_due(waybill, loss, owner.department_id if owner else department_id, now),
        owner=owner,
    )


def _due(waybill: Waybill, loss: str, department_id: int | None, now: datetime) -> Due | None:
    if loss not in Claim.Loss.values:
        return None
    using = edition_saying(
        lambda rules: any(clause.times == CLOCK for clause in rules.in_force(Clock)),
        department_id=department_id,
        outlet_id=waybill.origin_id,
        at=now,
    )
    if using is None:
        return None
    return due_since(CLOCK, now, using.rules, case=SORTS.get(Claim.Loss(loss), loss))
