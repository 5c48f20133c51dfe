"""Register all that one pasted message asks for: new cases, and additions to cases already open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries.models import Complaint, Inquiry
from inquiries.services.answers import customer_again
from inquiries.services.complaints import Details, file_complaint
from inquiries.services.intake import open_inquiry
from inquiries.services.network import ask_outlet
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.desk import services as desk
from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.staff.models import Department, Employee


@dataclass(frozen=True, slots=True)
class NewCase:
    """A parcel of the message that becomes a case of its own; ``reason`` where one is open already."""

    number: str
    waybill: Waybill | None
    kind: Inquiry.Kind
    summary: str
    priority: int = Case.Priority.NORMAL
    cause: Complaint.Cause | None = None  # for a complaint, with what its form asks besides
    against: Party | None = None
    details: Details | None = None
    ask: Party | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Addition:
    """A parcel of the message whose open case it is added to."""

    number: str
    case: Case


@transaction.atomic
def register_paste(
    *,
    lines: Sequence[NewCase | Addition],
    text: str,
    channel: Interaction.Channel,
    asker: Inquiry.Asker,
    customer_name: str,
    customer_phone: str,
    department: Department,
    owner: Employee | None,
    actor: Any,
    now: datetime,
) -> list[Case]:
    """Open or add to one case a line, all of them or none; return them in order.

    The message as it was pasted becomes the first entry of every case. Raises KefuError naming the field;
    its details say the ``number`` of the line it is about.
    """
    for case in sorted(
        (line.case for line in lines if isinstance(line, Addition)), key=lambda case: case.pk
    ):
        cases.lock(
            case=case
        )  # in one order everywhere, so that two messages never wait in a circle
    done = []
    for line in lines:
        try:
            if isinstance(line, Addition):
                customer_again(case=line.case, text=text, channel=channel, actor=actor, now=now)
                done.append(line.case)
                continue
            common: dict[str, Any] = {
                "channel": channel,
                "asker": asker,
                "text": text,
                "summary": line.summary,
                "department": department,
                "owner": owner,
                "waybill": line.waybill,
                "waybill_number": line.number,
                "customer_name": customer_name,
                "customer_phone": customer_phone,
                "priority": line.priority,
                "actor": actor,
                "now": now,
            }
            if line.cause is not None:
                case = file_complaint(
                    cause=line.cause, against=line.against, details=line.details, **common
                )
            else:
                case = open_inquiry(kind=line.kind, **common)
            if line.reason:
                note = _("同一运单另建的理由：%(reason)s") % {"reason": line.reason}
                desk.add_note(case=case, text=note, actor=actor, now=now)
            if line.ask is not None:
                ask_outlet(case=case, outlet=line.ask, question=line.summary, actor=actor, now=now)
            done.append(case)
        except KefuError as error:
            error.details["number"] = line.number
            raise
    return done
