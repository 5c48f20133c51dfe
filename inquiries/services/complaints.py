"""A complaint, and what it makes payable."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries.models import Complaint, Inquiry
from inquiries.services.intake import open_inquiry
from kefu.cases import services as cases
from kefu.cases.models import Case, CaseLink, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty


@transaction.atomic
def file_complaint(
    *,
    cause: Complaint.Cause,
    against: Party | None,
    text: str,
    channel: Interaction.Channel,
    asker: Inquiry.Asker,
    origin: Case | None = None,
    waybill: Waybill | None = None,
    waybill_number: str = "",
    summary: str = "",
    priority: int = Case.Priority.NORMAL,
    customer_name: str = "",
    customer_phone: str = "",
    received_at: datetime | None = None,
    department: Any,
    owner: Any = None,
    actor: Any,
    now: datetime,
) -> Case:
    """Register a complaint (CD-01.09); grown from another case, it is linked to it by its cause and is
    about the same parcel and customer, unless they are given."""
    known = origin.sealed if origin is not None else {}
    if origin is not None and waybill is None and not waybill_number:
        waybill, waybill_number = origin.waybill, origin.waybill_number
    case = open_inquiry(
        kind=Inquiry.Kind.COMPLAINT,
        case_kind=Case.Kind.COMPLAINT,
        channel=channel,
        asker=asker,
        text=text,
        department=department,
        owner=owner,
        waybill=waybill,
        waybill_number=waybill_number,
        summary=summary,
        priority=priority,
        customer_name=customer_name or known.get("customer_name", ""),
        customer_phone=customer_phone or known.get("customer_phone", ""),
        received_at=received_at,
        actor=actor,
        now=now,
    )
    Complaint.objects.create(case=case, cause=cause, against=against)
    if against is not None and against.kind != Party.Kind.EMPLOYEE:
        cases.change(case=case, outlet=against)
    if origin is not None:
        link_complaint(complaint=case, origin=origin, cause=cause, actor=actor, now=now)
    return case


@transaction.atomic
def link_complaint(
    *, complaint: Case, origin: Case, cause: Complaint.Cause, actor: Any, now: datetime
) -> list[Penalty]:
    """Say what a complaint grew from; return the penalties its cause makes payable.

    Each consequence names the causes that confirm it; others stay provisional. Linking the same cause
    twice is refused, and a fine becomes payable once, however many complaints follow.
    Source: CD-05.10 and the other fines that want a complaint.
    """
    if complaint.kind != Case.Kind.COMPLAINT:
        raise Conflict(_("只能关联投诉单"), code="not_a_complaint")
    if complaint.pk == origin.pk:
        raise KefuError(_("投诉不能关联它自己"), code="linked_to_itself", field="number")
    # In one order everywhere, so that two people linking at once never wait for each other.
    locked = {c.pk: cases.lock(case=c) for c in sorted((complaint, origin), key=lambda c: c.pk)}
    complaint, origin = locked[complaint.pk], locked[origin.pk]
    deadlines.settle(case=origin, now=now)
    _link, new = CaseLink.objects.get_or_create(
        case=complaint,
        origin=origin,
        cause=cause,
        defaults={"linked_by": actor, "linked_at": now},
    )
    if not new:
        raise Conflict(_("这份投诉已经以这个原因关联过"), code="already_linked")
    cases.step(
        case=origin,
        action="complaint_linked",
        actor=actor,
        now=now,
        complaint=complaint.number,
        cause=cause,
    )
    cases.step(
        case=complaint,
        action="origin_linked",
        actor=actor,
        now=now,
        origin=origin.number,
        cause=cause,
    )
    waiting = origin.penalties.filter(condition=Consequence.Condition.COMPLAINT).order_by("pk")
    fact = {"complaint": complaint.number, "cause": cause}
    return [
        penalty
        for penalty in waiting
        if cause in penalty.inputs.get("causes", ())
        and penalties.confirm(penalty=penalty, fact=fact, actor=actor, now=now)
    ]
