"""What units settled themselves, for the monthly statistics; never part of what ordinary claims paid (LC-02.13)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from claims.models import SelfSettledCase
from claims.services import doing
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.policy.clauses import Fields
from kefu.policy.moments import day_of
from kefu.policy.money import FEN
from kefu.policy.requirements import requirements
from kefu.policy.rulebook import Rulebook
from kefu.privacy import masks, redact
from kefu.rulebooks.selectors import Edition, edition_saying

FORM = "self_settled_case"
NAME_LIMIT = 60
RECORD = "claims.work_claim"
PartyType = SelfSettledCase.PartyType
UNITS = (Party.Kind.OUTLET, Party.Kind.CONTRACTOR, Party.Kind.HUB)
KINDS: dict[str, tuple[str, ...]] = {
    PartyType.MARKET_AREA: UNITS,
    PartyType.OUTLET: UNITS,
    PartyType.LINE_HAUL_DRIVER: (Party.Kind.DRIVER,),
    PartyType.LOADER: (Party.Kind.EMPLOYEE, Party.Kind.COURIER),
}


@dataclass(frozen=True, slots=True)
class Settled:
    """What was told: who settled with whom about which parcel, for how much, when."""

    party_type: str
    party: Party | None
    customer: str
    waybill_number: str
    amount_yuan: Decimal | None
    settled_on: date | None


@transaction.atomic
def record(
    *, told: Settled, department_id: int | None, actor: Any, now: datetime
) -> SelfSettledCase:
    """Keep one. Raises NotAllowed, KefuError naming the field, Conflict for the same parcel by the same party."""
    _need_right(actor)
    using = _rules(department_id, now)
    _demand(using, told)
    party, amount, settled_on = told.party, told.amount_yuan, told.settled_on
    assert party is not None and amount is not None and settled_on is not None
    party_type = doing.choice(told.party_type, PartyType, "party_type")
    if party.kind not in KINDS[party_type]:
        raise KefuError(_("这一方不是所选的类别"), code="other_kind", field="party")
    doing.amount(amount, "amount_yuan", least=FEN)
    if settled_on > day_of(now):
        raise KefuError(_("了结日期不能在将来"), code="in_future", field="settled_on")
    number = redact.clean_waybill(told.waybill_number, field="waybill_number")
    waybill = Waybill.objects.filter(number=number).only("accepted_at").first()
    if waybill is not None and settled_on < day_of(waybill.accepted_at):
        raise KefuError(
            _("了结日期早于这一票的收件日期，请核对"), code="before_acceptance", field="settled_on"
        )
    customer = redact.clean(
        told.customer, max_length=NAME_LIMIT, field="customer", multiline=False, required=True
    )
    try:
        with transaction.atomic():
            return SelfSettledCase.objects.create(
                party_type=party_type,
                party=party,
                sealed={"customer": customer},
                customer_masked=masks.mask_name(customer),
                waybill_number=number,
                amount=amount,
                settled_on=settled_on,
                rulebook_id=using.version_id if using else None,
                recorded_by=actor,
                recorded_at=now,
            )
    except IntegrityError as error:
        if "self_settled_once" not in str(error):
            raise
        raise Conflict(
            _("这一方这票已经登记过"), code="recorded_before", field="waybill_number"
        ) from error


@transaction.atomic
def withdraw(*, row: SelfSettledCase, reason: str, actor: Any, now: datetime) -> SelfSettledCase:
    """It was recorded by mistake; the row stays and counts no more. Raises NotAllowed, Conflict, KefuError."""
    _need_right(actor)
    row = SelfSettledCase.objects.select_for_update(of=["self"], no_key=True).get(pk=row.pk)
    if row.withdrawn_at is not None:
        raise Conflict(_("已经撤回过了"), code="withdrawn_before")
    row.withdrawn_for = redact.redact(
        redact.clean(reason, max_length=200, field="reason", multiline=False, required=True),
        keep=[row.waybill_number],
        names=[row.sealed["customer"]],
    )[:200]
    row.withdrawn_at, row.withdrawn_by = now, actor
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_for"])
    return row


def _need_right(actor: Any) -> None:
    if not actor.has_perm(RECORD):
        raise NotAllowed(_("你的角色不能办理理赔"))


def _rules(department_id: int | None, at: datetime) -> Edition | None:
    return edition_saying(_says, department_id=department_id, at=at)


def _says(rules: Rulebook) -> bool:
    return any(clause.form == FORM for clause in rules.in_force(Fields))


def _demand(using: Edition | None, told: Settled) -> None:
    """All six facts are needed, whatever the rulebook; by its clause where there is one (LC-02.13)."""
    names = Settled.__slots__
    given = [name for name in names if getattr(told, name) not in (None, "")]
    found = requirements(using.rules, FORM, given) if using else None
    lacking = [*(found.missing if found else ()), *(name for name in names if name not in given)]
    if lacking:
        clause = found.lacks[0].clause if found and found.lacks else ""
        raise KefuError(_("请填写此项"), code="field_required", field=lacking[0], clause=clause)
