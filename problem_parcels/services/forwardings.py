"""Send a parcel on with another carrier: decide, weigh, register, top up, pack, hand the slips over (CD-06.14 … 06.22)."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.policy.fees import Forwarding as Costs
from kefu.policy.fees import Shortfall, forwarding_shortfall
from kefu.policy.requirements import composed
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Employee
from problem_parcels.models import Forwarding, ForwardingStep, HouseWord, SlipBatch
from problem_parcels.selectors.carriage import account_of, progress, waiting_slips
from problem_parcels.selectors.house import house_words
from problem_parcels.services.asking import demand, refusals, words
from problem_parcels.services.returns import weighed
from problem_parcels.wording import names_in_words

Account, State, Code = Forwarding.Account, Forwarding.State, ForwardingStep.Code
FORWARD, BACK = "forward", "return_to_sender"
MOST_YUAN = Decimal("999999")
RECEIVE = "problem_parcels.receive_slips"


@transaction.atomic
def open_forwarding(
    *,
    waybill_number: str,
    case: Case | None = None,
    courier: Party | None = None,
    unserved: bool = False,
    employee: Employee,
    now: datetime,
) -> Forwarding:
    """Begin to send one of our parcels on; ``unserved``: its courier has to decide first.

    How it is settled follows from its waybill, the carrier is the house's. Raises KefuError naming the field,
    Conflict while it is being forwarded already. Source: CD-06.14, CD-06.15.
    """
    number = redact.clean_waybill(waybill_number, field="waybill_number")
    waybill = Waybill.objects.select_related("origin").filter(number=number).first()
    if waybill is None:
        raise KefuError(
            _("没有 %(number)s 这张运单，请核对") % {"number": number},
            code="no_waybill",
            field="waybill_number",
        )
    carrier = house_words().get(HouseWord.Name.CARRIER, "")
    if not carrier:
        raise KefuError(_("还没有设定转寄公司，请主管先填"), code="not_set", field="carrier")
    using = edition_in_force(department_id=employee.department_id, at=now)
    try:
        with transaction.atomic():
            row = Forwarding.objects.create(
                waybill=waybill,
                waybill_number=number,
                case=case,
                account=account_of(waybill),
                unserved=unserved,
                courier=courier,
                carrier=carrier,
                rulebook_id=using.version_id,
                opened_at=now,
                opened_by=employee.user,
            )
    except IntegrityError as error:
        if not Forwarding.objects.filter(
            waybill_number=number, state__in=["open", "held"]
        ).exists():
            raise
        raise Conflict(
            _("%(number)s 正在转寄") % {"number": number}, code="forwarded", field="waybill_number"
        ) from error
    _tell_case(row, "forwarding_opened", employee, now)
    return row


@transaction.atomic
def decide(
    *, forwarding: Forwarding, outcome: str, courier: Party, employee: Employee, now: datetime
) -> Forwarding:
    """Record what the courier decided about a parcel whose destination nobody serves: on, or back to the sender.

    The slip is marked accordingly. Raises KefuError for another outcome, Conflict where nothing is to be decided.
    Source: CD-06.15, CD-06.21, CD-06.22.
    """
    row, rules = _locked(forwarding)
    due = _need_step(row, rules, Code.DECIDE)
    if outcome not in due:
        raise KefuError(_("请选转寄或退回"), code="outcome_required", field="outcome")
    if courier.kind not in (Party.Kind.COURIER, Party.Kind.EMPLOYEE):
        raise KefuError(_("请选作决定的业务员"), code="no_courier", field="courier")
    back = outcome == BACK
    row.courier = courier
    row.mark = words(
        composed(
            rules,
            "destination_check",
            {"decision": "return" if back else "send"},
            values={"courier": courier.name},
        )
    )
    if back:
        row.state = State.RETURNED
    row.save(update_fields=["courier", "mark", "state"])
    _step(row, Code.DECIDE, employee, now, outcome=outcome, person=courier)
    return row


@transaction.atomic
def weigh(
    *, forwarding: Forwarding, weight_kg: Decimal, employee: Employee, now: datetime
) -> Forwarding:
    """Record the weight; nothing goes without one (CD-06.14)."""
    row, rules = _locked(forwarding)
    row.weight_kg = weighed(weight_kg)
    _need_step(row, rules, Code.WEIGH)
    row.save(update_fields=["weight_kg"])
    _step(row, Code.WEIGH, employee, now)
    return row


@transaction.atomic
def register(
    *,
    forwarding: Forwarding,
    slip_number: str,
    fee: Decimal | None,
    employee: Employee,
    now: datetime,
) -> Forwarding:
    """Enter it in the register, with what its way of paying asks for; a prepaid one that falls short is held.

    Raises KefuError naming the field: a monthly account wants weight and fee, a contractor is not asked for the fee.
    Source: CD-06.14, CD-06.16 … CD-06.18, CD-11.10.
    """
    row, rules = _locked(forwarding)
    _need_step(row, rules, Code.REGISTER)
    fee = _in_range(fee, "fee")
    if row.account == Account.CONTRACTOR and fee is not None:  # rule: CD-06.18
        raise KefuError(_("承包区的转寄只记重量，不填费用"), code="fee_not_asked", field="fee")
    there = [name for name, value in (("weight", row.weight_kg), ("fee", fee)) if value is not None]
    demand(rules, "forwarding_record", there, {"account": row.account})
    if row.account == Account.PREPAID and fee is None:
        raise KefuError(_("现付件要填转寄费用，才知道够不够"), code="field_required", field="fee")
    row.slip_number = redact.clean(
        slip_number, max_length=40, field="slip_number", multiline=False, required=True
    )
    row.fee, row.registered_at = fee, now
    _settle_costs(row, rules)
    row.mark = " ".join(filter(None, (row.mark, _slip_marks(row, rules))))[:120]
    row.save()
    _step(row, Code.REGISTER, employee, now, amount=fee)
    _tell_case(row, "forwarding_registered", employee, now)
    return row


def _settle_costs(row: Forwarding, rules: Rulebook) -> None:
    """What the courier has to top up, and whether the parcel waits for it (CD-06.16)."""
    if row.account == Account.CONTRACTOR or row.fee is None:
        return
    row.paid = row.waybill.freight if row.account == Account.PREPAID else Decimal(0)
    costs = Costs(payment=row.account, paid=row.paid, cost=row.fee)
    found = shortfall(rules, costs)
    row.shortfall = found.amount
    row.inputs = {
        "facts": costs.model_dump(mode="json"),
        "steps": [step.to_json() for step in found.steps],
        "hold": found.hold,
    }
    if found.hold:
        row.state = State.HELD


def shortfall(rules: Rulebook, costs: Costs) -> Shortfall:
    with refusals(rules, payment="account", cost="fee"):
        return forwarding_shortfall(rules, costs)


def _slip_marks(row: Forwarding, rules: Rulebook) -> str:
    """A contractor's slip says that it is forwarded and that the costs are paid (CD-06.18, CD-11.10)."""
    forwarded = words(
        composed(
            rules,
            "forwarding_mark",
            {"account": row.account},
            values={"carrier": row.carrier},
            recorded=["weight"] if row.weight_kg is not None else [],
        )
    )
    paid = words(
        composed(
            rules,
            "fee_slip",
            {
                "party": "contractor" if row.account == Account.CONTRACTOR else "customer",
                "fee_case": "forwarding",
            },
        )
    )
    return " ".join(filter(None, (forwarded, paid)))


@transaction.atomic
def ask_top_up(*, forwarding: Forwarding, employee: Employee, now: datetime) -> Forwarding:
    """Note that the courier was told what is missing. Raises Conflict where nothing is (CD-06.16)."""
    row, rules = _locked(forwarding)
    missing = _need_held(row, rules)
    _step(row, Code.ASK, employee, now, amount=missing, person=row.courier)
    return row


@transaction.atomic
def top_up(
    *, forwarding: Forwarding, amount: Decimal, employee: Employee, now: datetime
) -> Forwarding:
    """Record money that the courier brought; once it is enough the parcel goes on (CD-06.16)."""
    row, rules = _locked(forwarding)
    missing = _need_held(row, rules)
    given = _in_range(amount, "amount")
    if not given or given > missing:
        raise KefuError(
            _("请填 0.01 到 %(most)s 的数") % {"most": missing}, code="out_of_range", field="amount"
        )
    _step(row, Code.TOP_UP, employee, now, amount=given, person=row.courier)
    if given == missing:
        row.state = State.OPEN
        row.save(update_fields=["state"])
    return row


@transaction.atomic
def pack(*, forwarding: Forwarding, employee: Employee, now: datetime) -> Forwarding:
    """The parcel is packed and goes. Raises Conflict while it is held or a step before is missing (CD-06.14)."""
    row, rules = _locked(forwarding)
    if row.state == State.HELD:  # rule: CD-06.16
        raise Conflict(
            _("还差 %(amount)s 元没有补，补齐才能打包") % {"amount": progress(row, rules).missing},
            code="held",
        )
    _need_step(row, rules, Code.PACK)
    row.state, row.packed_at = State.PACKED, now
    row.save(update_fields=["state", "packed_at"])
    _step(row, Code.PACK, employee, now)
    _tell_case(row, "forwarding_packed", employee, now)
    return row


# The slips.


@transaction.atomic
def hand_over_slips(*, first: date, last: date, employee: Employee, now: datetime) -> SlipBatch:
    """Hand the slips of a period to finance, signed by whoever does. Raises KefuError for a period without slips.

    Source: CD-06.19.
    """
    if first > last:
        raise KefuError(_("开始日期不能晚于结束日期"), code="period", field="first")
    slips = list(waiting_slips(first, last).select_for_update(of=["self"]))
    if not slips:
        raise KefuError(_("这段时间没有要交的转寄单"), code="no_slips", field="first")
    batch = SlipBatch.objects.create(
        from_on=first, to_on=last, handed_by=employee.user, handed_at=now
    )
    Forwarding.objects.filter(pk__in=[slip.pk for slip in slips]).update(batch=batch)
    return batch


@transaction.atomic
def receive_slips(*, batch: SlipBatch, actor: Any, now: datetime) -> SlipBatch:
    """Finance signs for the slips; nobody for his own. Raises NotAllowed, Conflict (CD-06.19)."""
    if not actor.has_perm(RECEIVE):
        raise NotAllowed(_("只有财务和主管可以签收"))
    batch = SlipBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.received_at is not None:
        raise Conflict(_("这一批已经签收"), code="received")
    if batch.handed_by_id == actor.pk:  # rule: CD-06.19
        raise NotAllowed(_("交单和签收不能是同一个人"))
    batch.received_by, batch.received_at = actor, now
    batch.save(update_fields=["received_by", "received_at"])
    return batch


# What they share.


def _locked(forwarding: Forwarding) -> tuple[Forwarding, Rulebook]:
    row = (
        Forwarding.objects.select_for_update(of=["self"])
        .select_related("waybill", "courier", "case")
        .get(pk=forwarding.pk)
    )
    return row, edition(row.rulebook_id).rules


def _need_step(row: Forwarding, rules: Rulebook, code: ForwardingStep.Code) -> tuple[str, ...]:
    """Refuse a step that is not due; return what it can come to."""
    if row.state in (State.PACKED, State.RETURNED):
        raise Conflict(_("这一件已经办完了"), code="finished")
    due = progress(row, rules).due
    if due.step != code:  # rule: CD-06.14, CD-06.15
        raise Conflict(
            _("现在该办的是：%(step)s") % {"step": Code(due.step).label}, code="step_not_due"
        )
    if due.missing:
        raise KefuError(
            _("按 %(clause)s 还要填写：%(what)s")
            % {"clause": due.clause, "what": names_in_words(due.missing)},
            code="field_required",
            field=due.missing[0],
        )
    return due.outcomes


def _need_held(row: Forwarding, rules: Rulebook) -> Decimal:
    if row.state != State.HELD:
        raise Conflict(_("这一件没有等补费"), code="not_held")
    return progress(row, rules).missing


def _step(
    row: Forwarding, code: ForwardingStep.Code, employee: Employee, now: datetime, **more: Any
) -> ForwardingStep:
    return ForwardingStep.objects.create(
        forwarding=row, code=code, at=now, by=employee.user, **more
    )


def _tell_case(row: Forwarding, action: str, employee: Employee, now: datetime) -> None:
    if row.case is not None:
        data: Mapping[str, Any] = {"forwarding": row.pk, "carrier": row.carrier}
        cases.step(
            case=cases.lock(case=row.case), action=action, actor=employee.user, now=now, **data
        )


def _in_range(amount: Decimal | None, field: str) -> Decimal | None:
    if amount is None:
        return None
    if not (amount.is_finite() and 0 <= amount <= MOST_YUAN):
        raise KefuError(
            _("请填 0 到 %(most)s 的数") % {"most": MOST_YUAN}, code="out_of_range", field=field
        )
    return amount.quantize(Decimal("0.01"))
