"""A receipt is wanted again: by an outlet, or by a customer through us. Found, refused or lost (CD-05.15, CD-05.16)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.parcels.models import Scan, Waybill
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.policy.clocks import OutletRules, outlet_due
from kefu.policy.steps import Step
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition, edition_in_force
from kefu.staff import barred
from kefu.staff.models import Department, Employee
from problem_parcels.models import Receipt, ReceiptRequest
from problem_parcels.receipt_rules import kept, receipt_fine, service_owed
from problem_parcels.services.receipts import arrivals, today

NOTE_LIMIT = 500
WANTED = "索要回单"  # stored: in the house's language, whoever asks
Outcome = ReceiptRequest.Outcome
# Who found it out, where: what is wanted by an outlet comes in by its door.
SPOKEN = frozenset({Interaction.Channel.PHONE, Interaction.Channel.COUNTER})


@transaction.atomic
def ask_for_receipt(
    *,
    waybill: Waybill,
    asking: Party,
    service: ReceiptRequest.Service,
    note: str = "",
    reference: str = "",
    customer_name: str = "",
    customer_phone: str = "",
    channel: Interaction.Channel,
    department: Department,
    owner: Employee | None,
    actor: Any,
    now: datetime,
) -> ReceiptRequest:
    """Ask the delivering outlet, which may be ourselves, for a receipt; it has the two hours of every question.

    ``asking`` is the outlet that wants it, or our company for a customer. Whether it has to be there is decided now,
    by the day it is asked for. Raises KefuError for a parcel nobody has delivered, Conflict where the same is being
    asked already. Source: CD-05.09, CD-05.14, CD-05.15.
    """
    note = redact.clean(note, max_length=NOTE_LIMIT, field="note")
    reference = redact.clean(reference, max_length=64, field="reference", multiline=False)
    barred.refuse(owner, now, "waybill_number")
    asked = waybill.destination
    since, source = _kept_since(waybill)
    # Of two who ask at once the second waits here, and sees the first one's question.
    Waybill.objects.select_for_update(no_key=True).values_list("pk").get(pk=waybill.pk)
    if ReceiptRequest.objects.open().filter(waybill=waybill, asking=asking).exists():
        raise Conflict(
            _("已经在要这张回单，还没有回复"), code="already_asked", field="waybill_number"
        )
    if reference and ReceiptRequest.objects.filter(asking=asking, reference=reference).exists():
        raise Conflict(_("这个对方单号已经用过"), code="reference_used", field="reference")
    using = edition_in_force(department_id=department.pk, outlet_id=asked.outlet_id, at=now)
    keeping = kept(since, using.rules)
    owed = service_owed(service, since, today(now), using.rules)
    case = cases.open_case(
        kind=Case.Kind.RECEIPTS,
        department=department,
        owner=owner,
        waybill=waybill,
        outlet=asking if asking.kind != Party.Kind.COMPANY else asked,
        customer_name=redact.clean(
            customer_name, max_length=60, field="customer_name", multiline=False
        ),
        customer_phone=cases.callable_phone(customer_phone),
        summary=note or WANTED,
        actor=actor,
        now=now,
    )
    ours = asked.kind == Party.Kind.COMPANY
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="receipt_asked",
        direction=Interaction.Direction.IN if ours else Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.OUTLET,
        party=asking if ours else asked,
        channel=channel,
        text=note,
        actor=actor,
        now=now,
    )
    request = ReceiptRequest.objects.create(
        case=case,
        waybill=waybill,
        asking=asking,
        asked=asked,
        service=service,
        reference=reference,
        asked_at=now,
        asked_by=actor,
        kept_since=since,
        since=source,
        keep_until=keeping.until,
        owed=owed.owed,
        deadline=_two_hours(case, asked, using, line, now),
        sealed={"note": note, "answer": ""},
        note=line.text[:NOTE_LIMIT],
        rulebook_id=using.version_id,
        inputs={"kept": _plain(keeping.steps), "owed": _plain(owed.steps)},
    )
    if not ours:
        cases.move(case=case, to=Case.State.WAITING)
    notifications.publish(
        kind=Event.Kind.QUERY_ASKED,
        at=now,
        party_id=asked.pk,
        department_id=department.pk,
        case_id=case.pk,
        data={"receipt_request": case.pk},
    )
    return request


def _kept_since(waybill: Waybill) -> tuple[date, Receipt.Since]:
    """The day its keeping is counted from: the arrival at the outlet that delivers, else the day it went out."""
    arrived = arrivals([waybill]).get(waybill.number)
    delivered = (
        Scan.objects.filter(
            waybill_number=waybill.number, kind__in=[Scan.Kind.DELIVERING, Scan.Kind.SIGNED]
        )
        .order_by("at")
        .values_list("at", flat=True)
        .first()
    )
    if delivered is None:
        raise KefuError(
            _("这票件还没有派过，没有回单"), code="not_delivered", field="waybill_number"
        )
    if arrived is not None:
        return arrived, Receipt.Since.ARRIVAL
    return today(delivered), Receipt.Since.DELIVERY


def _two_hours(
    case: Case, asked: Party, using: Edition, line: Interaction, now: datetime
) -> Deadline | None:
    """The clock that every asked outlet has, with what being late costs (CD-05.09)."""
    due = outlet_due(now, OutletRules.of(using.rules))
    if due is None:
        return None
    return deadlines.start(
        case=case,
        action=Deadline.Action.FEEDBACK,
        due=due,
        using=using,
        party=asked,
        door=Consequence.Door.PAGES if asked.kind == Party.Kind.COMPANY else Consequence.Door.API,
        started_by=line,
    )


def _plain(steps: Iterable[Step]) -> list[dict[str, Any]]:
    return [step.to_json() for step in steps]


@transaction.atomic
def answer_request(
    *,
    request: ReceiptRequest,
    outcome: ReceiptRequest.Outcome,
    answer: str = "",
    channel: Interaction.Channel,
    actor: Any,
    now: datetime,
) -> ReceiptRequest:
    """Say what became of a request. Refused or not found while it has to be kept, the delivering outlet is fined at
    once; after that it owes nothing, and the request says why. Our own company fines nobody where it delivered.

    Raises KefuError naming ``outcome`` or ``answer``, Conflict for a request that is answered.
    Source: CD-05.09, CD-05.15, CD-05.16.
    """
    if outcome not in (Outcome.PRODUCED, Outcome.REFUSED, Outcome.NOT_FOUND):
        raise KefuError(_("请选结果"), code="outcome_required", field="outcome")
    answer = redact.clean(
        answer, max_length=NOTE_LIMIT, field="answer", required=outcome != Outcome.PRODUCED
    )
    case = cases.lock(case=request.case)
    request = ReceiptRequest.objects.select_related("asking", "asked").get(pk=case.pk)
    request.case = case
    if request.outcome != Outcome.OPEN:
        raise Conflict(_("这次索要已经有结果了，不能再改"), code="request_closed")
    waiting = deadlines.settle(case=case, now=now)
    ours = request.asked.kind == Party.Kind.COMPANY
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action=f"receipt_{outcome}",
        direction=Interaction.Direction.OUT if ours else Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.OUTLET,
        party=request.asking if ours else request.asked,
        channel=channel,
        text=answer,
        substantive=True,
        actor=actor,
        now=now,
    )
    deadlines.keep(
        deadlines=[one for one in waiting if one.pk == request.deadline_id],
        answer=line,
        actor=actor,
        now=now,
    )
    request.outcome, request.answered_at, request.answered_by = outcome, now, actor
    request.sealed = {**request.sealed, "answer": answer}
    request.answer = line.text[:NOTE_LIMIT]
    request.penalty = _fine(request, outcome, actor=actor, now=now)
    request.save(
        update_fields=[
            *("outcome", "answered_at", "answered_by", "sealed", "answer", "penalty", "inputs")
        ]
    )
    cases.move(case=case, to=Case.State.ANSWERED)
    notifications.publish(
        kind=Event.Kind.QUERY_ANSWERED,
        at=now,
        party_id=request.asking_id,
        department_id=case.department_id,
        user_id=case.owner.user_id if case.owner and not ours else None,
        case_id=case.pk,
        data={"receipt_request": case.pk},
    )
    return request


def _fine(
    request: ReceiptRequest, outcome: ReceiptRequest.Outcome, *, actor: Any, now: datetime
) -> Penalty | None:
    """Impose what a receipt that is not produced costs; keep why, also where it costs nothing."""
    if outcome == Outcome.PRODUCED:
        return None
    using = edition(request.rulebook_id)
    ours = request.asked.kind == Party.Kind.COMPANY
    fined = receipt_fine(outcome, owed=request.owed, ours=ours, rules=using.rules)
    if fined is None:
        return None
    request.inputs = {**request.inputs, "fined": _plain(fined.steps)}
    if fined.amount is None:
        return None
    return penalties.impose(  # rule: CD-05.16
        case=request.case,
        clause=fined.clause,
        version_id=using.version_id,
        party=request.asked,
        kind=Penalty.Kind.FINE,
        value=fined.amount,
        inputs=fined.inputs,
        actor=actor,
        now=now,
    )
