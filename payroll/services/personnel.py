"""What the company keeps about a person: sealed, masked, added to; what changed is reported in time (ES-123.04, ES-125.03)."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import KefuError, NotAllowed
from kefu.policy.due import due_since
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.privacy import masks, numbers, phones, redact
from kefu.rulebooks.selectors import edition_saying
from kefu.staff.models import Employee
from payroll.models import PersonalFact
from payroll.selectors.employment import latest_employment
from payroll.services.employment import KEEP, may_keep, today_of

Field = PersonalFact.Field
CLOCK = "personal_change"
SHORTEST_REASON, REASON_LIMIT = 4, 200
MARITAL = {
    "single": gettext_lazy("未婚"),
    "married": gettext_lazy("已婚"),
    "divorced": gettext_lazy("离异"),
    "widowed": gettext_lazy("丧偶"),
}
_IDENTITY = re.compile(r"\d{17}[\dX]")


@transaction.atomic
def fill_form(
    *, employee: Employee, values: Mapping[str, Mapping[str, str]], actor: Any, now: datetime
) -> list[PersonalFact]:
    """The personnel form that a newcomer fills in, field by field; what is left empty stays as it was.

    Raises NotAllowed, KefuError naming the field.
    """
    may_keep(actor, employee)
    return [
        keep_fact(employee=employee, field=name, value=value, actor=actor, now=now)
        for name, value in values.items()
        if any(part.strip() for part in value.values())
    ]


@transaction.atomic
def report_change(
    *,
    employee: Employee,
    field: str,
    value: Mapping[str, str],
    changed_on: date,
    actor: Any,
    now: datetime,
) -> PersonalFact:
    """Something changed on a day, and the employee himself, or the office for him, says so.

    Marked where it comes after the rulebook's time: a month for what ES-125.03 to ES-125.05 name. Raises NotAllowed,
    KefuError naming the field (in_the_future, before_hire …).
    """
    if employee.user_id != actor.pk:
        may_keep(actor, employee)
    if changed_on > today_of(now):
        raise KefuError(_("变更日期不能晚于今天"), code="in_the_future", field="changed_on")
    stay = latest_employment(employee)
    if stay is not None and changed_on < stay.hired_on:
        raise KefuError(
            _("入职（%(day)s）以前的情况写在人事资料里，不算变更") % {"day": stay.hired_on},
            code="before_hire",
            field="changed_on",
        )
    return keep_fact(
        employee=employee, field=field, value=value, changed_on=changed_on, actor=actor, now=now
    )


def keep_fact(
    *,
    employee: Employee,
    field: str,
    value: Mapping[str, str],
    changed_on: date | None = None,
    actor: Any,
    now: datetime,
) -> PersonalFact:
    """Add one thing to what is kept. Takes part in its caller's transaction. Raises KefuError naming the field."""
    plain, masked = _checked(Field(field), value)
    due: dict[str, Any] = {}
    if changed_on is not None:
        due = due_of(field, changed_on, employee.department_id, now)
    return PersonalFact.objects.create(
        employee=employee,
        field=field,
        masked=masked,
        sealed=plain,
        changed_on=changed_on,
        reported_by=actor,
        reported_at=now,
        **due,
    )


def due_of(field: str, changed_on: date, department_id: int, now: datetime) -> dict[str, Any]:
    """By when a change has to be reported, by which clause of which edition; nothing where no clause says."""

    def says(rules: Rulebook) -> bool:
        return due_since(CLOCK, at, rules, case=field) is not None

    at = datetime.combine(changed_on, time.min, SHANGHAI)
    try:
        using = edition_saying(says, department_id=department_id, at=now)
    except NotInRulebook:
        return {}
    if using is None:
        return {}
    found = due_since(CLOCK, at, using.rules, case=field)
    assert found is not None  # ``says`` asked
    return {"clause": found.clause, "rulebook_id": using.version_id, "due_at": found.due_at}


def _checked(field: Field, value: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """The plain values as they are kept, and what is shown of them. Raises KefuError naming the field."""
    if field == Field.EMERGENCY_CONTACT:
        name = _clean(value.get("name", ""), 60, field)
        relation = _clean(value.get("relation", ""), 20, field)
        phone = phones.normalise(value.get("phone", ""), field=field)
        shown = f"{masks.mask_name(name)} {relation} {masks.mask_phone(phone)}"
        return {"name": name, "relation": relation, "phone": phone}, shown
    text = value.get("value", "")
    if field == Field.ID_NUMBER:
        number = numbers.ascii_digits("".join(text.split())).upper()
        if not _IDENTITY.fullmatch(number) or not numbers.identity_checks(number):
            raise KefuError(_("身份证号不对，请核对 18 位号码"), code="bad_id_number", field=field)
        return {"value": number}, masks.mask_id_number(number)
    if field == Field.PHONE:
        number = phones.normalise(text, field=field)
        return {"value": number}, masks.mask_phone(number)
    if field == Field.MARITAL_STATUS:
        if text not in MARITAL:
            raise KefuError(_("请选择婚姻状况"), code="no_such_choice", field=field)
        return {"value": text}, "***"
    if field == Field.ADDRESS:
        cleaned = _clean(text, 200, field)
        return {"value": cleaned}, masks.mask_address(cleaned)
    cleaned = _clean(text, 200, field)
    return {"value": cleaned}, redact.redact(cleaned)


def _clean(text: str, most: int, field: str) -> str:
    return redact.clean(text, max_length=most, field=field, required=True, multiline=False)


def in_words(field: str, value: Mapping[str, str]) -> str:
    """What is kept, as people read it, in the reader's language."""
    if field == Field.MARITAL_STATUS:
        return str(MARITAL.get(value["value"], value["value"]))
    return " ".join(value[name] for name in ("name", "relation", "phone", "value") if name in value)


def may_look(actor: Any, employee: Employee) -> bool:
    return bool(employee.user_id == actor.pk or actor.has_perm(KEEP))


def reveal(
    *,
    employee: Employee,
    reason: str,
    actor: Any,
    address: str = "",
    request_id: str = "",
    now: datetime,
) -> dict[str, list[dict[str, str]]]:
    """What is kept of a person in plain, by field, the newest first; the look is on record before it is shown.

    Raises NotAllowed, KefuError (reason_required): one's own file needs no reason.
    """
    if not may_look(actor, employee):
        raise NotAllowed(_("只有人事、经理和本人可以看"))
    why = redact.redact(
        redact.clean(reason, max_length=REASON_LIMIT, field="reason", multiline=False)
    )
    if employee.user_id == actor.pk:
        why = "own"
    elif len(why) < SHORTEST_REASON:
        raise KefuError(_("请写明为什么要看，至少四个字"), code="reason_required", field="reason")
    rows = list(employee.personal_facts.order_by("-pk"))
    audit.record_reveal(
        table="payroll_personalfact",
        object_id=employee.pk,
        fields=sorted({row.field for row in rows}),
        reason=why,
        actor=actor,
        at=now,
        address=address,
        request_id=request_id,
    )
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row.field, []).append(dict(row.sealed))
    return found
