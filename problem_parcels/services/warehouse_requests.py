"""What agents ask of the warehouse, in writing; a slip without name or date may be refused (SD-233.57–.60)."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.policy.processes import routed
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import requirements
from kefu.policy.rulebook import Rulebook
from kefu.privacy import masks, redact
from kefu.rulebooks.selectors import edition_in_force
from kefu.rulebooks.services import require
from kefu.staff.models import Employee
from problem_parcels.models import WarehouseRequest

TEXT_LIMIT, ID_LIMIT, NAME_LIMIT, ADDRESS_LIMIT, NOTE_LIMIT = 2_000, 60, 60, 200, 200  # characters
# Where a slip bears what the rulebook calls so.
SIGNATURE = {"name": "signed_by", "date": "signed_on"}


@transaction.atomic
def ask(
    *,
    made_by: Employee,
    text: str,
    customer_id: str,
    name: str,
    address: str,
    waybill_number: str = "",
    urgent: bool = False,
    on_paper: bool = False,
    signed_by: str = "",
    signed_on: date | None = None,
    actor: Any,
    now: datetime,
) -> WarehouseRequest:
    """An agent asks the warehouse for help. Whose, by his own department's rulebook, it has to say.

    ``on_paper``: the warehouse copies a slip that somebody brought; it may lack what it should have, and may
    then be refused. Raises KefuError naming the field. Source: SD-233.57, SD-233.59.
    """
    rules = _rules(made_by, now)
    given = {
        "customer_id": _line(customer_id, ID_LIMIT, "customer_id"),
        "name": _line(name, NAME_LIMIT, "name"),
        "address": _line(address, ADDRESS_LIMIT, "address"),
    }
    signed_by = _line(signed_by, NAME_LIMIT, "signed_by")
    if not on_paper:
        require(rules, "warehouse_request", **given)  # rule: SD-233.57
        lacks = lacking_signature(rules, signed_by=signed_by, signed_on=signed_on)
        if urgent and lacks:  # rule: SD-233.59
            raise KefuError(
                _("紧急便签要写署名和日期"), code="field_required", field=SIGNATURE[lacks[0]]
            )
    text = redact.clean(text, max_length=TEXT_LIMIT, field="text", required=True)
    number = redact.clean_waybill(waybill_number) if waybill_number.strip() else ""
    return WarehouseRequest.objects.create(
        sealed={**given, "text": text},
        customer_id_masked=_masked_id(given["customer_id"]),
        name_masked=masks.mask_name(given["name"]) if given["name"] else "",
        address_masked=masks.mask_address(given["address"]) if given["address"] else "",
        text=redact.redact(text, keep=[number] if number else (), names=[given["name"]]),
        waybill_number=number,
        urgent=urgent,
        on_paper=on_paper,
        signed_by=signed_by,
        signed_on=signed_on,
        made_at=now,
        made_by=made_by,
        recorded_by=actor,
    )


def _rules(made_by: Employee, now: datetime) -> Rulebook:
    return edition_in_force(department_id=made_by.department_id, at=now).rules


def _line(text: str, limit: int, field: str) -> str:
    return redact.clean(text, max_length=limit, field=field, multiline=False)


def _masked_id(text: str) -> str:
    return "*" * max(0, len(text) - 4) + text[-4:] if len(text) > 4 else "*" * len(text)


def lacking_signature(
    rules: Rulebook, *, signed_by: str, signed_on: date | None
) -> tuple[str, ...]:
    """What an urgent slip lacks of what the rulebook wants on it: "name", "date" (SD-233.59)."""
    there = [name for name, value in (("name", signed_by), ("date", signed_on)) if value]
    return requirements(rules, "urgent_warehouse_slip", there).missing


@transaction.atomic
def carry_out(
    *, request: WarehouseRequest, note: str = "", by: Employee, now: datetime
) -> WarehouseRequest:
    """The warehouse has done what was asked."""
    request = _waiting(request)
    return _decide(request, note=note, by=by, now=now)


@transaction.atomic
def refuse(
    *,
    request: WarehouseRequest,
    reason: str,
    note: str = "",
    by: Employee,
    now: datetime,
) -> WarehouseRequest:
    """The warehouse does not do it, and why. For an unsigned slip the agent bears what comes of it.

    Raises KefuError: signed for a slip that has name and date, note for another reason without a word.
    Source: SD-233.60.
    """
    request = _waiting(request)
    rules = _rules(request.made_by, now)
    if reason == WarehouseRequest.Refusal.UNSIGNED:
        if not request.urgent or not lacking_signature(
            rules, signed_by=request.signed_by, signed_on=request.signed_on
        ):
            raise KefuError(_("便签有署名和日期，不能以此不办"), code="signed", field="reason")
        request.liable = _liable(request, rules)  # rule: SD-233.60
    elif not note.strip():
        raise KefuError(_("请写明为什么不办"), code="note_required", field="note")
    request.refusal = reason
    return _decide(request, note=note, by=by, now=now)


def _liable(request: WarehouseRequest, rules: Rulebook) -> Party | None:
    try:
        targets, _steps = routed(rules, "harm_of_unsigned_slip")
    except NotInRulebook:
        return None
    agents = any("agent" in target.to for target in targets)
    return request.made_by.party if agents else None


def _waiting(request: WarehouseRequest) -> WarehouseRequest:
    request = (
        WarehouseRequest.objects.select_for_update(of=["self"])
        .select_related("made_by__party", "decided_by")
        .get(pk=request.pk)
    )
    if request.decided_at is not None:
        raise Conflict(_("%(who)s 已经办过") % {"who": request.decided_by}, code="already_decided")
    return request


def _decide(
    request: WarehouseRequest, *, note: str, by: Employee, now: datetime
) -> WarehouseRequest:
    request.note = redact.redact(_line(note, NOTE_LIMIT, "note"))
    request.decided_at, request.decided_by = now, by
    request.save(update_fields=["note", "refusal", "liable", "decided_at", "decided_by"])
    return request
