"""A newcomer reports: account, employment, papers, what he is told and signs for (ES-111.01, ES-123.01 to ES-123.05)."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.processes import Done
from kefu.privacy import redact
from kefu.rulebooks.wording import value_in_words
from kefu.staff import services as staff
from kefu.staff.models import Employee, User
from payroll.models import Candidate, Employment, Induction, JoiningDocument, PersonalFact
from payroll.selectors import joining as selectors
from payroll.selectors.reach import heads_of
from payroll.services import probation, register
from payroll.services.employment import agree_wage, hire, may_keep, today_of
from payroll.services.personnel import keep_fact
from payroll.services.vacancies import check_passed

PHOTOS, OFFER = "photos", "offer_letter"


@transaction.atomic
def report(
    *,
    candidate: Candidate,
    number: str,
    role: str,
    channels: list[str],
    hired_on: date,
    coach: Employee | None = None,
    actor: Any,
    now: datetime,
) -> tuple[Employment, str]:
    """A candidate with an offer letter comes to work: account, employment, department, wage, probation in one.

    Under the number of somebody who left it is a second employment of that person. Returns the employment and the
    first password, to be told once. Raises NotAllowed, Conflict (no_offer, not_passed, number_taken, hired_already),
    KefuError naming the field.
    """
    may_keep(actor)
    rows = Candidate.objects.select_for_update(of=["self"], no_key=True)
    candidate = rows.select_related("vacancy__department", "vacancy__position").get(pk=candidate.pk)
    letter = getattr(candidate, "offer", None)
    if candidate.state != Candidate.State.OFFERED or letter is None:  # rule: ES-123.01
        raise Conflict(_("凭录取通知书报到，请先发录取通知"), code="no_offer")
    check_passed(candidate)
    vacancy, known = candidate.vacancy, candidate.sealed
    place: dict[str, Any] = {"department": vacancy.department, "position": vacancy.position}
    by: dict[str, Any] = {"actor": actor, "now": now}
    former = _former(number.strip(), known["name"])
    if former is None:
        employee, password = staff.hire(
            number=number,
            name=known["name"],
            role=User.Role(role),
            channels=channels,
            **place,
            **by,
        )
    else:
        employee, password = former, ""
    employment = hire(employee=employee, hired_on=hired_on, reason=letter.number, **place, **by)
    if former is not None:
        employee = employment.employee
        if role != User.Role.AGENT:
            staff.set_role(employee=employee, role=User.Role(role), **by)
        password = staff.reset_password(employee=employee, **by)
    if letter.base is not None:
        agree_wage(
            employee=employee,
            from_on=employee.placements.order_by("-pk")[0].from_on,
            base=letter.base,
            reason=letter.number,
            **by,
        )
    probation.begin(employment=employment, coach=coach, **by)
    keep_fact(
        employee=employee, field=PersonalFact.Field.PHONE, value={"value": known["phone"]}, **by
    )
    today = today_of(now)
    JoiningDocument.objects.create(
        employment=employment, kind=OFFER, received_on=today, verified_on=today,
        recorded_by=actor, recorded_at=now,
    )  # fmt: skip
    candidate.state, candidate.employment = Candidate.State.JOINED, employment
    candidate.save(update_fields=["state", "employment"])
    return employment, password


def _former(number: str, name: str) -> Employee | None:
    """Whoever left under this number, if it is the same person by name; somebody else's number stays taken."""
    one = Employee.objects.filter(number=number, status=Employee.Status.LEFT).first()
    if one is not None and one.name != name:
        raise Conflict(
            _("工号 %(number)s 是离职员工 %(who)s 的") % {"number": number, "who": one.name},
            code="number_taken",
            field="number",
        )
    return one


@transaction.atomic
def receive(
    *,
    employment: Employment,
    kind: str,
    count: int = 1,
    not_applicable: str = "",
    actor: Any,
    now: datetime,
) -> JoiningDocument:
    """A document of the list was brought, or the post does not ask for it, for a reason (ES-123.02, ES-123.03).

    Raises NotAllowed, Conflict (verified_already), KefuError naming the field.
    """
    may_keep(actor, employment.employee)
    lines = {line.code: line for line in selectors.document_lines(employment, now)}
    if kind not in lines:
        raise KefuError(_("规章的清单里没有这一项"), code="no_such_document", field="kind")
    why = redact.redact(
        redact.clean(not_applicable, max_length=200, field="not_applicable", multiline=False)
    )
    least = 1
    if kind == PHOTOS and (
        using := selectors.edition_of_form("joining_documents", employment, now)
    ):
        least = selectors.photos_wanted(using.rules)
    if not why and count < least:  # rule: ES-123.03
        raise KefuError(
            _("%(what)s 要 %(n)d 张") % {"what": lines[kind].label, "n": least},
            code="too_few",
            field="count",
        )
    known = lines[kind].row
    if known is not None and (known.verified_on or known.false_entry_id):
        raise Conflict(_("这份材料已经核验过"), code="verified_already")
    row, _new = JoiningDocument.objects.update_or_create(
        employment=employment,
        kind=kind,
        defaults={
            "count": count,
            "received_on": None if why else today_of(now),
            "not_applicable": why,
            "recorded_by": actor,
            "recorded_at": now,
        },
    )
    return row


@transaction.atomic
def verify(*, document: JoiningDocument, actor: Any, now: datetime) -> None:
    """The office looked at the original: it is genuine. Raises NotAllowed, Conflict."""
    row = _lock(document, actor)
    if row.received_on is None or row.verified_on or row.false_entry_id:
        raise Conflict(_("没有收到或已经核验过"), code="not_received")
    row.verified_on = today_of(now)
    row.save(update_fields=["verified_on"])


@transaction.atomic
def found_false(
    *, document: JoiningDocument, clause: str, reason: str, actor: Any, now: datetime
) -> None:
    """A document turned out to be false: a line of the register says so under one of the clauses that are offered.
    A supervisor verifies it; how severe it is, up to dismissal, management decides (ES-125.02).

    Raises NotAllowed, Conflict (false_already), KefuError naming the field.
    """
    row = _lock(document, actor)
    if row.false_entry_id:
        raise Conflict(_("已经登记过不实"), code="false_already")
    employee = row.employment.employee
    offered = selectors.false_document_clauses(employee, now)
    if offered is None or clause not in dict(offered.clauses):
        raise KefuError(_("请选规章里的一条"), code="no_clause", field="clause")
    line = register.enterable(offered.using.rules, clause)
    said = redact.clean(reason, max_length=300, field="reason", required=True, multiline=False)
    what = value_in_words("fields", row.kind)
    row.false_entry = register.enter(
        employee=employee,
        clause=clause,
        rulebook_id=offered.using.version_id,
        kind=line.kind,
        happened_on=today_of(now),
        reason=_("入职材料不实：%(what)s。%(said)s") % {"what": what, "said": redact.redact(said)},
        source=f"joining_document:{row.pk}",
        inputs={"document": row.kind, "measures": list(line.measures)},
        actor=actor,
        now=now,
    )
    row.save(update_fields=["false_entry"])
    notifications.ring(
        kind=Event.Kind.PERSON_DUE,
        at=now,
        user_ids=[one for one in heads_of(employee.department_id) if one != employee.user_id],
        data={"who": str(employee), "what": "false_document", "on": f"{today_of(now):%m-%d}"},
    )


def _lock(document: JoiningDocument, actor: Any) -> JoiningDocument:
    rows = JoiningDocument.objects.select_for_update(of=["self"], no_key=True)
    row = rows.select_related("employment__employee").get(pk=document.pk)
    may_keep(actor, row.employment.employee)
    return row


@transaction.atomic
def brief(
    *,
    employment: Employment,
    told: Collection[str],
    supervisor: Employee | None,
    actor: Any,
    now: datetime,
) -> Induction:
    """The newcomer was told what he has to know, and under whom he works (ES-123.05).

    Raises NotAllowed, Conflict (briefed_already), KefuError naming what is missing.
    """
    may_keep(actor, employment.employee)
    if Induction.objects.filter(employment=employment).exists():
        raise Conflict(_("已经告知过"), code="briefed_already")
    if supervisor is None or supervisor.status != Employee.Status.ACTIVE:
        raise KefuError(_("请指定在岗的直接主管"), code="supervisor_named", field="supervisor")
    told = [*told, "supervisor_named"]
    using = selectors.edition_of_process("joining", employment.employee.department_id, now)
    if using is not None:
        step = selectors.standing(using.rules, "joining", [Done("offer")], told)
        if step.missing:  # rule: ES-123.05
            raise KefuError(
                _("按 %(clause)s 还要告知：%(what)s")
                % {"clause": step.clause, "what": value_in_words("needs", step.missing[0])},
                code="not_told",
                field="told",
            )
    return Induction.objects.create(
        employment=employment,
        told=list(dict.fromkeys(told)),
        supervisor=supervisor,
        briefed_by=actor,
        briefed_at=now,
    )


@transaction.atomic
def sign(*, induction: Induction, actor: Any, now: datetime) -> None:
    """The newcomer himself signs that he was told and is bound by the rules (ES-111.01). Raises NotAllowed, Conflict."""
    rows = Induction.objects.select_for_update(of=["self"], no_key=True)
    row = rows.select_related("employment__employee").get(pk=induction.pk)
    if row.employment.employee.user_id != actor.pk:
        raise NotAllowed(_("要由本人签收"))
    if row.signed_at is not None:
        raise Conflict(_("已经签收过"), code="signed_already")
    row.signed_at = now
    row.save(update_fields=["signed_at"])
