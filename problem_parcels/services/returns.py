"""What it costs to send a parcel back (CD-04.16 … CD-04.20)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import KefuError
from kefu.network.models import Region
from kefu.network.selectors import place_of
from kefu.policy.fees import AirReturn, air_return
from kefu.policy.steps import Step
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from problem_parcels.models import Disposal, ReturnCharge
from problem_parcels.services.asking import refusals

MOST_KG = Decimal("99999")
RETURNS = (Disposal.Kind.RETURN, Disposal.Kind.RETURN_TO_COURIER)


@transaction.atomic
def charge_return(
    *,
    case: Case,
    by_air: bool,
    weight_kg: Decimal,
    destination: Region | None = None,
    employee: Employee,
    now: datetime,
) -> ReturnCharge:
    """Work out the freight of a parcel that goes back, and keep it with its reasons.

    ``destination``: where it goes, the region of the sending outlet if None. What does not go by air has no fee
    in the rulebook: its row says so with no amount. Raises KefuError naming the field. Source: CD-04.16 … CD-04.20.
    """
    case = cases.lock(case=case)
    weight = weighed(weight_kg)
    region = destination or (case.waybill.origin.region if case.waybill else None)
    if region is None:
        raise KefuError(
            _("发件网点没有填所在区域，请选退往哪里"), code="field_required", field="destination"
        )
    place = place_of(region)
    using = edition_in_force(department_id=case.department_id, at=now)
    amount: Decimal | None = None
    steps: tuple[Step, ...] = ()
    facts: dict[str, Any] = {}
    if by_air:
        if not place.division or place.shuttle is None:
            raise KefuError(
                _("%(place)s 还没有填行政区划代码或有无班车，请主管在区域里填好")
                % {"place": place.name},
                code="region_not_set",
                field="destination",
            )
        air = AirReturn(destination=place.division, weight=weight, shuttle=place.shuttle)
        with refusals(using.rules):
            fee = air_return(using.rules, air)
        amount, steps, facts = fee.amount, fee.steps, air.model_dump(mode="json")
    charge = ReturnCharge.objects.create(
        case=case,
        disposal=case.disposals.filter(kind__in=RETURNS, withdrawn_at=None).last(),
        by_air=by_air,
        destination=place.name,
        division=place.division,
        shuttle=place.shuttle,
        weight_kg=weight,
        amount=amount,
        rulebook_id=using.version_id,
        inputs={"facts": facts, "steps": [step.to_json() for step in steps]},
        charged_at=now,
        charged_by=employee.user,
    )
    cases.step(
        case=case,
        action="return_charged",
        actor=employee.user,
        now=now,
        charge=charge.pk,
        amount="" if amount is None else str(amount),
    )
    return charge


def weighed(weight: Decimal) -> Decimal:
    """A weight to two decimals. Raises KefuError naming ``weight_kg``."""
    if not (weight.is_finite() and 0 < weight <= MOST_KG):
        raise KefuError(
            _("请填 0 以上、%(most)s 以下的重量") % {"most": MOST_KG},
            code="out_of_range",
            field="weight_kg",
        )
    return weight.quantize(Decimal("0.01"))
