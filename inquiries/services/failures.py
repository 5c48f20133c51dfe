"""A system fails: who is told, what is written down on paper meanwhile, and whom we call when it is back."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inquiries.models import Complaint, Incident, Inquiry, WaitingCustomer
from inquiries.services.complaints import Details, file_complaint
from inquiries.services.incident_opening import open_case_of
from inquiries.services.incidents import (
    RUN,
    demand,
    edition_for_incidents,
    keep_clock,
    lock,
    need,
    rules_of,
    start_clock,
)
from inquiries.services.intake import open_inquiry
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError
from kefu.parcels.models import Waybill
from kefu.privacy import masks, redact
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Department, Employee

Action = Deadline.Action


@transaction.atomic
def report_failure(
    *, system: str, noticed_at: datetime, department: Department, actor: Any, now: datetime
) -> Incident:
    """Anybody of the desk reports a failure; those who lead hear of it at once and have to call the technical
    department. Source: ES-502.10, ES-502.11, ES-502.13."""
    system = redact.clean(system, max_length=60, field="system", multiline=False, required=True)
    if noticed_at > now:
        raise KefuError(_("发现时间不能晚于现在"), code="in_future", field="noticed_at")
    return open_case_of(
        kind=Incident.Kind.SYSTEM_FAILURE,
        summary=_("系统故障：{system}").format(system=system),
        started_at=noticed_at,
        department=department,
        told={"system": system},
        using=edition_for_incidents(department_id=department.pk, at=now),
        actor=actor,
        now=now,
    )


@transaction.atomic
def contact_technical(
    *,
    incident: Incident,
    system: str,
    symptom: str,
    error_text: str,
    actor: Any,
    now: datetime,
) -> Incident:
    """The technical department was told what failed, how it shows and what it says (ES-502.11, ES-502.12)."""
    need(actor, RUN, _("由组长或主管联系技术部门"))
    incident = _lock_failure(incident)
    texts = {
        "system": redact.clean(system, max_length=60, field="system", multiline=False),
        "symptom": redact.clean(symptom, max_length=300, field="symptom"),
        "error_text": redact.clean(error_text, max_length=300, field="error_text"),
    }
    demand(rules_of(incident), "failure_description", {n for n, text in texts.items() if text})
    line = cases.step(
        case=incident.case,
        action="technical_contacted",
        text=texts["symptom"],
        actor=actor,
        now=now,
    )
    shown = {name: redact.redact(text) for name, text in texts.items()}
    Incident.objects.filter(pk=incident.pk).update(**shown)
    keep_clock(incident, Action.TECHNICAL_CONTACT, line=line, actor=actor, now=now)
    return Incident.objects.get(pk=incident.pk)


@transaction.atomic
def add_waiting(
    *,
    incident: Incident,
    name: str,
    contact: str,
    need_text: str,
    asked_at: datetime | None = None,
    on_paper: bool = False,
    actor: Any,
    now: datetime,
) -> WaitingCustomer:
    """A customer who asked while the system was down leaves his number and what he needs (ES-502.14).

    ``asked_at``: as it stands on the paper form, within the failure. Raises KefuError naming the field.
    """
    incident = _lock_failure(incident)
    phone = cases.callable_phone(contact, field="contact")
    text = redact.clean(need_text, max_length=300, field="need")
    demand(
        rules_of(incident),
        "failure_waiting_list",
        {n for n, value in (("contact", phone), ("need", text)) if value},
    )
    name = redact.clean(name, max_length=60, field="name", multiline=False)
    if asked_at is not None:
        check_within(incident, asked_at, now=now, field="asked_at")
    waiting = WaitingCustomer.objects.create(
        incident=incident,
        sealed={"name": name, "contact": phone, "need": text},
        name_masked=masks.mask_name(name),
        contact_masked=masks.mask_phone(phone),
        need=redact.redact(text, names=[name] if name else ()),
        on_paper=on_paper,
        asked_at=asked_at or now,
        recorded_at=now,
        recorded_by=actor,
    )
    if incident.ended_at is not None:  # typed in after the recovery: he waits like the others
        _wait(incident, actor=actor, now=now)
    return waiting


@transaction.atomic
def recover(*, incident: Incident, recovered_at: datetime, actor: Any, now: datetime) -> Incident:
    """It works again: from then on every customer who waits is called within the hour (ES-502.15)."""
    need(actor, RUN, _("只有组长和主管可以登记恢复"))
    incident = _lock_failure(incident)
    if incident.ended_at is not None:
        raise Conflict(_("已经登记过恢复"), code="recovered_before")
    if not incident.started_at <= recovered_at <= now:
        raise KefuError(
            _("恢复时间要在故障开始之后，不能晚于现在"), code="out_of_span", field="recovered_at"
        )
    incident.ended_at, incident.stage = recovered_at, Incident.Stage.OVER
    incident.save(update_fields=["ended_at", "stage"])
    line = cases.add(
        case=incident.case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="recovered",
        happened_at=recovered_at,
        actor=actor,
        now=now,
    )
    keep_clock(incident, Action.RECOVERY_ESTIMATE, line=line, actor=actor, now=now)
    if not incident.is_drill and incident.waiting.filter(contacted_at=None).exists():
        start_clock(
            incident, Action.WAITING_CUSTOMERS, line=line, using=edition(incident.rulebook_id)
        )
    return incident


def _wait(incident: Incident, *, actor: Any, now: datetime) -> None:
    """Start the hour for somebody put on the list after the recovery, unless one runs already."""
    running = incident.case.deadlines.unanswered().filter(action=Action.WAITING_CUSTOMERS)
    if incident.is_drill or running.exists():
        return
    line = cases.step(case=incident.case, action="waiting_added", actor=actor, now=now)
    start_clock(incident, Action.WAITING_CUSTOMERS, line=line, using=edition(incident.rulebook_id))


@transaction.atomic
def contacted(
    *, waiting: WaitingCustomer, outcome: str, actor: Any, now: datetime
) -> WaitingCustomer:
    """A customer who waited was called. The last one keeps the clock of all (ES-502.15)."""
    outcome = redact.clean(outcome, max_length=300, field="outcome", required=True)
    incident = lock(incident=waiting.incident)
    shown = redact.redact(outcome, names=[waiting.sealed["name"]] if waiting.sealed["name"] else ())
    done = WaitingCustomer.objects.filter(pk=waiting.pk, contacted_at=None).update(
        contacted_at=now, contacted_by=actor, outcome=shown
    )
    if not done:
        raise Conflict(_("已经联系过这位客户"), code="contacted_before")
    line = cases.step(case=incident.case, action="waiting_contacted", actor=actor, now=now)
    if incident.ended_at is not None and not incident.waiting.filter(contacted_at=None).exists():
        keep_clock(incident, Action.WAITING_CUSTOMERS, line=line, actor=actor, now=now)
    waiting.refresh_from_db()
    return waiting


@transaction.atomic
def type_in(
    *,
    incident: Incident,
    kind: str,
    original_time: datetime | None,
    waybill_number: str,
    channel: Interaction.Channel,
    asker: str,
    customer_name: str,
    customer_phone: str,
    text: str,
    details: Details | None = None,
    owner: Employee,
    actor: Any,
    now: datetime,
) -> Case:
    """Type in what was written on a paper form, with its original time, as an ordinary inquiry or complaint.
    ``details``: what a complaint's form asks besides.

    The time has to lie within the failure: only then was there nothing to type into. Raises KefuError naming
    the field. Source: ES-503.03.
    """
    if incident.kind != Incident.Kind.SYSTEM_FAILURE or incident.is_drill:
        raise Conflict(_("只有系统故障期间的纸质登记可以补录"), code="not_a_failure")
    given = {"waybill_number": waybill_number.strip(), "original_time": original_time}
    demand(rules_of(incident), "paper_record_entry", {n for n, value in given.items() if value})
    if original_time is None:
        raise KefuError(_("请填纸上的时间"), code="field_required", field="original_time")
    check_within(incident, original_time, now=now, field="original_time")  # rule: ES-503.03
    number = redact.clean_waybill(waybill_number, field="waybill_number")
    waybill = Waybill.objects.filter(number=number).first()
    common: dict[str, Any] = {
        "channel": channel,
        "asker": asker,
        "text": text,
        "waybill": waybill,
        "waybill_number": number,
        "customer_name": customer_name,
        "customer_phone": customer_phone,
        "received_at": original_time,
        "typed_in": True,
        "department": owner.department,
        "owner": owner,
        "actor": actor,
        "now": now,
    }
    if kind == Inquiry.Kind.COMPLAINT:
        case = file_complaint(
            cause=Complaint.Cause.OTHER,
            against=waybill.destination if waybill else None,
            details=details,
            **common,
        )
    else:
        case = open_inquiry(kind=Inquiry.Kind(kind), **common)
    cases.step(
        case=case,
        action="typed_in",
        actor=actor,
        now=now,
        incident=incident.case.number,
    )
    return case


def check_within(incident: Incident, moment: datetime, *, now: datetime, field: str) -> None:
    """Refuse a time outside the failure."""
    if not incident.started_at <= moment <= (incident.ended_at or now):
        raise KefuError(
            _("时间要在故障期间之内（{since} 到 {until}）").format(
                since=_told(incident.started_at), until=_told(incident.ended_at or now)
            ),
            code="out_of_span",
            field=field,
        )


def _told(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%m-%d %H:%M}"


def _lock_failure(incident: Incident) -> Incident:
    incident = lock(incident=incident)
    if incident.kind != Incident.Kind.SYSTEM_FAILURE:
        raise Conflict(_("这不是系统故障"), code="not_a_failure")
    return incident
