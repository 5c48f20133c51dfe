"""What a person asks about his own data, from the call to the answer: two people decide what is changed or deleted."""

import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.privacy import lookup, masks, phones, redact
from kefu.retention import person
from kefu.retention.due import Period
from kefu.retention.models import REASON_LIMIT, PersonalRequest, Unit
from kefu.retention.services.destruction import destroy

TAKE, DECIDE = "retention.take_request", "retention.decide_request"
Kind = PersonalRequest.Kind
State = PersonalRequest.State
SHORTEST_REASON = 4
COPY_STAYS = timedelta(days=7)  # after a request was done its copy can be made once more


@dataclass(frozen=True, slots=True)
class Asked:
    """What was written down when somebody asked. The last three: what is right instead, of a correction."""

    kind: str
    name: str
    phone: str
    proof: str
    waybill_number: str = ""
    details: str = ""
    new_name: str = ""
    new_phone: str = ""
    new_address: str = ""


def due_after(day: date, days: int) -> date:
    """The day so many working days (Monday to Friday) later; the day itself is not counted."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


@transaction.atomic
def take(*, asked: Asked, actor: Any, now: datetime) -> PersonalRequest:
    """Write down what a person asks, once it is known that it is he. Raises NotAllowed, KefuError naming the field."""
    _need(actor, TAKE)
    phone = phones.normalise(asked.phone, field="phone")
    name = redact.clean(asked.name, max_length=60, field="name", multiline=False, required=True)
    details = redact.clean(asked.details, max_length=500, field="details")
    if asked.proof not in PersonalRequest.Proof.values:
        raise KefuError(_("写明怎样核实了本人身份"), code="proof_required", field="proof")
    tokens = lookup.tokens_for_person("", phone)
    if not tokens:
        raise KefuError(_("这不是电话号码"), code="phone", field="phone")
    number = redact.clean_waybill(asked.waybill_number) if asked.waybill_number.strip() else ""
    if number and not person.is_on_waybill(tokens[0], number):
        raise KefuError(
            _("这张运单上没有这个号码，不能按它办理"), code="not_on_waybill", field="waybill_number"
        )
    sealed = {"name": name, "phone": phone, "details": details}
    if asked.kind == Kind.CORRECTION:
        sealed |= _corrections(asked)
    made = PersonalRequest.objects.create(
        kind=Kind(asked.kind),
        sealed=sealed,
        name_masked=masks.mask_name(name),
        phone_masked=masks.mask_phone(phone),
        token=tokens[0],
        waybill_number=number,
        proof=asked.proof,
        details=redact.redact(details, names=[name]),
        received_by=actor,
        received_at=now,
        due_on=due_after(now.astimezone(SHANGHAI).date(), settings.KEFU_REQUEST_WORKING_DAYS),
    )
    _record("request_taken", made, actor, now, kind=made.kind)
    return made


def _corrections(asked: Asked) -> dict[str, str]:
    given = {
        "new_name": redact.clean(asked.new_name, max_length=60, field="new_name", multiline=False),
        "new_phone": phones.normalise(asked.new_phone, field="new_phone")
        if asked.new_phone
        else "",
        "new_address": redact.clean(
            asked.new_address, max_length=200, field="new_address", multiline=False
        ),
    }
    if not any(given.values()):
        raise KefuError(_("写明要改成什么"), code="nothing_to_correct", field="new_name")
    return given


def copy(*, request: PersonalRequest, actor: Any, address: str = "", now: datetime) -> bytes:
    """Return a ZIP of everything we hold of the person: as JSON, as a page to read, with the photos.

    Each thing that is looked at is on record before anything is opened, so not inside a transaction. The request is
    done with it. Raises NotAllowed, Conflict.
    """
    _need(actor, TAKE)
    if request.kind != Kind.COPY:
        raise Conflict(_("这个请求不是查阅、复制"), code="wrong_kind")
    late = request.decided_at is not None and now > request.decided_at + COPY_STAYS
    if request.state not in (State.OPEN, State.DONE) or late:
        raise Conflict(_("这个请求已经办结；本人再要副本，请另立请求"), code="request_closed")
    things = person.things_of(request.token)
    with transaction.atomic(durable=True):
        locked = _lock(request)
        for thing in things:
            audit.record(
                action="copied",
                actor=actor,
                at=now,
                table=TABLES[thing.unit],
                object_id=thing.pk,
                after={"request": str(request)},
                address=address,
            )
        if locked.state == State.OPEN:
            locked.outcome = [
                {"unit": str(t.unit), "id": t.pk, "label": t.label, "outcome": "copied"}
                for t in things
            ]
            _close(locked, State.DONE, actor, now)
        _record("copy_made", locked, actor, now, things=len(things))
    found, files = person.copy_of(request)
    about = {
        "request": str(request),
        "made_at": now.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "name": request.sealed.get("name", ""),
        "phone": request.sealed.get("phone", ""),
        "things": found,
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("copy.json", orjson.dumps(about, option=orjson.OPT_INDENT_2))
        archive.writestr("copy.html", render_to_string("retention/copy.html", about))
        for name, photo in files.items():
            archive.writestr(f"photos/{name}", photo)
    return content.getvalue()


TABLES = {
    Unit.CASE: "cases_case",
    Unit.WAYBILL: "parcels_waybill",
    Unit.CUSTOMER: "customers_customer",
}


@transaction.atomic
def propose(*, request: PersonalRequest, actor: Any, now: datetime) -> PersonalRequest:
    """Put a correction or a deletion before a second person, with what would become of each thing.

    Raises NotAllowed, Conflict.
    """
    _need(actor, TAKE)
    locked = _lock(request)
    if locked.kind == Kind.COPY or locked.state != State.OPEN:
        raise Conflict(_("这个请求现在不能提请复核"), code="illegal_step")
    locked.outcome = [one.to_json() for one in _preview(locked, now)]
    locked.state, locked.proposed_by, locked.proposed_at = State.PROPOSED, actor, now
    locked.save(update_fields=["outcome", "state", "proposed_by", "proposed_at"])
    _record("request_proposed", locked, actor, now)
    return locked


def _preview(request: PersonalRequest, now: datetime) -> list[person.Outcome]:
    return person.outcomes(request.token, now=now) if request.kind == Kind.DELETION else []


@transaction.atomic
def approve(*, request: PersonalRequest, actor: Any, now: datetime) -> PersonalRequest:
    """Do what was proposed, judged anew: nobody approves his own proposal. Raises NotAllowed, Conflict."""
    locked = _to_decide(request, actor)
    if locked.kind == Kind.DELETION:
        locked.outcome = _delete(locked, actor, now)
    else:
        locked.outcome = _correct(locked, actor, now)
    _close(locked, State.DONE, actor, now)
    _record("request_approved", locked, actor, now, things=len(locked.outcome))
    return locked


@transaction.atomic
def send_back(
    *, request: PersonalRequest, reason: str, actor: Any, now: datetime
) -> PersonalRequest:
    """Give a proposal back to whoever works on it. Raises NotAllowed, Conflict, KefuError."""
    locked = _to_decide(request, actor)
    locked.reason = _reason(reason, locked)
    locked.state, locked.proposed_by, locked.proposed_at = State.OPEN, None, None
    locked.save(update_fields=["reason", "state", "proposed_by", "proposed_at"])
    _record("request_sent_back", locked, actor, now)
    return locked


@transaction.atomic
def refuse(*, request: PersonalRequest, reason: str, actor: Any, now: datetime) -> PersonalRequest:
    """End a request without doing it; the person has to be told why. Raises NotAllowed, Conflict, KefuError."""
    _need(actor, DECIDE)
    locked = _lock(request)
    if locked.state not in PersonalRequest.OPEN or actor.pk in (
        locked.received_by_id,
        locked.proposed_by_id,
    ):
        raise Conflict(_("不予办理要由受理人以外的另一位主管决定"), code="own_request")
    locked.reason = _reason(reason, locked)
    _close(locked, State.REFUSED, actor, now)
    _record("request_refused", locked, actor, now)
    return locked


def _delete(request: PersonalRequest, actor: Any, now: datetime) -> list[dict[str, Any]]:
    tokens = lookup.tokens_for_person(request.sealed["name"], request.sealed["phone"])
    told = []
    for one in person.outcomes(request.token, now=now):
        result = one.to_json()
        if one.what != "left":
            with (
                connection.cursor() as cursor
            ):  # whose tokens go from a parcel that has another person, too
                cursor.execute(
                    "SELECT set_config('kefu.tokens', %s, true)",
                    ["{" + ",".join(map(str, tokens)) + "}"],
                )
            done = destroy(
                period=_as(one),
                rows=[(one.thing.pk, one.since)],
                actor=actor,
                request_id=request.pk,
                restrict_only=one.what == "restricted",
                now=now,
            )
            if not done:  # somebody works on it at this moment
                result |= {"outcome": "left", "why": "in_use"}
        told.append(result)
    return told


def _as(one: person.Outcome) -> Period:
    """The period it is destroyed by, of the side of a parcel it concerns; without a clause by the request alone."""
    rulebook_id = one.period.rulebook_id if one.period else None
    return Period(one.unit, one.kind, one.clause, rulebook_id, one.since, 0, "days", True)


def _correct(request: PersonalRequest, actor: Any, now: datetime) -> list[dict[str, Any]]:
    """Write what is right into the cases and the customer's file; what was said on a day stays said."""
    new = {name: request.sealed.get(f"new_{name}", "") for name in ("name", "phone", "address")}
    told = []
    for thing in person.things_of(request.token):
        if thing.unit == Unit.CASE:
            corrected = _correct_case(thing.pk, new, request, actor, now)
        elif thing.unit == Unit.CUSTOMER:
            corrected = any(correct(thing.pk, new, actor, now) for correct in _correcting)
        else:
            corrected = (
                False  # a waybill is as it was written; the outlet that wrote it corrects it
            )
        told.append(
            {
                "unit": str(thing.unit),
                "id": thing.pk,
                "label": thing.label,
                "outcome": "corrected" if corrected else "left",
                "why": "" if corrected else "not_ours",
            }
        )
    return told


def _correct_case(
    pk: int, new: dict[str, str], request: PersonalRequest, actor: Any, now: datetime
) -> bool:
    case = cases.lock(case=Case.objects.get(pk=pk))
    if not case.sealed.get("customer_phone"):
        return False
    name = new["name"] or case.sealed.get("customer_name", "")
    phone = new["phone"] or case.sealed["customer_phone"]
    sealed = {**case.sealed, "customer_name": name, "customer_phone": phone}
    cases.change(
        case=case,
        sealed=sealed,
        customer_name_masked=masks.mask_name(name) if name else "",
        customer_phone_masked=masks.mask_phone(phone),
        lookup=lookup.tokens_for_person(name, phone),
    )
    cases.step(case=case, action="person_corrected", request=str(request), actor=actor, now=now)
    return True


_correcting: list[Any] = []


def correct_by(correct: Any) -> None:
    """Have an app above correct its own rows: ``correct(pk, new, actor, now)`` tells whether it did."""
    if correct not in _correcting:
        _correcting.append(correct)


def _to_decide(request: PersonalRequest, actor: Any) -> PersonalRequest:
    _need(actor, DECIDE)
    locked = _lock(request)
    if locked.state != State.PROPOSED:
        raise Conflict(_("这个请求没有待复核的提议"), code="illegal_step")
    if locked.proposed_by_id == actor.pk:
        raise Conflict(_("自己提议的要由另一位主管复核"), code="own_proposal")
    return locked


def _lock(request: PersonalRequest) -> PersonalRequest:
    return PersonalRequest.objects.select_for_update(no_key=True).get(pk=request.pk)


def _close(request: PersonalRequest, state: str, actor: Any, now: datetime) -> None:
    request.state, request.decided_by, request.decided_at = state, actor, now
    request.save(update_fields=["state", "decided_by", "decided_at", "outcome", "reason"])


def _reason(text: str, request: PersonalRequest) -> str:
    reason = redact.clean(text, max_length=REASON_LIMIT, field="reason", multiline=False)
    if len(reason) < SHORTEST_REASON:
        raise KefuError(_("请写明理由"), code="reason_required", field="reason")
    return redact.redact(reason, names=[request.sealed.get("name", "")])[:REASON_LIMIT]


def _need(actor: Any, permission: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed(_("你的角色不能办理个人信息请求"))


def _record(
    action: str, request: PersonalRequest, actor: Any, now: datetime, **after: object
) -> None:
    audit.record(
        action=action,
        actor=actor,
        at=now,
        table=PersonalRequest._meta.db_table,
        object_id=request.pk,
        after=after or None,
    )
