"""What becomes of a finding: the answer to it, and what a supervisor makes of it (ES-118.01, ES-138.02, SD-233.02)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.entries import enterable
from kefu.policy.inspections import charged, ladder_of
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee
from payroll.models import Finding, FindingDecision, FindingReply, RegisterEntry
from payroll.selectors.inspected import SETTLE
from payroll.selectors.people import leads
from payroll.selectors.reach import heads_of, oversees
from payroll.services import register
from payroll.services.inspections import ring

Outcome, Sort = FindingDecision.Outcome, FindingReply.Sort


def _lock(finding: Finding) -> Finding:
    rows = Finding.objects.select_related("employee", "department", "mark__inspection")
    return rows.select_for_update(of=["self"], no_key=True).get(pk=finding.pk)


@transaction.atomic
def reply(
    *, finding: Finding, sort: str, text: str = "", actor: Any, now: datetime
) -> FindingReply:
    """The person concerned answers, once; late as well, until it is decided.

    Raises NotAllowed for another's finding, KefuError (text), Conflict (replied, decided).
    """
    row = _lock(finding)
    if row.employee is None or row.employee.user_id != actor.pk:
        raise NotAllowed(_("只能答复关于自己的检查"))
    if hasattr(row, "decision"):
        raise Conflict(_("已经认定过了，有异议请在奖惩记录里提"), code="decided")
    if hasattr(row, "reply"):
        raise Conflict(_("已经答复过了"), code="replied")
    if sort not in Sort.values:
        raise KefuError(_("请选一种答复"), code="sort_wanted", field="sort")
    if sort != Sort.ACCEPT and not text.strip():
        raise KefuError(_("请写说明"), code="text_wanted", field="text")
    text = redact.redact(redact.clean(text, max_length=1_000, field="text"))
    made = FindingReply.objects.create(
        finding=row, sort=sort, text=text, made_by=actor, made_at=now
    )
    ring(row, sort, [row.found_by_id, *heads_of(row.department_id)], now)
    return made


def waits(finding: Finding, now: datetime) -> bool:
    """May it not be decided yet, because the person concerned can still answer in time?"""
    return (
        finding.employee_id is not None and not hasattr(finding, "reply") and now < finding.reply_by
    )


@transaction.atomic
def settle(
    *, finding: Finding, upheld: bool, reason: str = "", actor: Any, now: datetime
) -> FindingDecision:
    """A supervisor has verified it, or found that it is not so. Only what is verified enters the register, by the
    clause of its line or the next step of its ladder; whoever inspected is named as the one who reported it.

    Raises NotAllowed, KefuError, Conflict: decided, may_answer, second_person.
    """
    row = _lock(finding)
    _check(row, actor)
    if hasattr(row, "decision"):
        raise Conflict(_("已经认定过了"), code="decided")
    if waits(row, now):
        raise Conflict(_("还在答复期内，等本人答复或期限过后再认定"), code="may_answer")
    objected = getattr(getattr(row, "reply", None), "sort", "") == Sort.OBJECT
    if objected and row.found_by_id == actor.pk:
        raise Conflict(_("本人有异议的，由检查人以外的主管认定"), code="second_person")
    reason = redact.redact(
        redact.clean(reason, max_length=500, field="reason", required=not upheld, multiline=False)
    )
    made = FindingDecision.objects.create(
        finding=row,
        outcome=Outcome.UPHELD if upheld else Outcome.NOT_UPHELD,
        reason=reason,
        decided_by=actor,
        decided_at=now,
    )
    if row.employee is not None:
        if upheld:
            _enter(row, row.employee, actor, now)
        ring(row, made.outcome, [row.employee.user_id], now)
    return made


def _check(row: Finding, actor: Any) -> None:
    if not actor.has_perm(SETTLE):
        raise NotAllowed(_("由主管认定"))
    if row.employee is None:
        if not oversees(actor, row.department_id):
            raise NotAllowed(_("只能认定自己部门的检查"))
        return
    if row.employee.user_id == actor.pk:
        raise KefuError(_("不能认定关于自己的检查"), code="oneself")
    if not leads(actor, row.employee):
        raise NotAllowed(_("只能认定自己部门的人"))


def _enter(row: Finding, employee: Employee, actor: Any, now: datetime) -> None:
    inspection, clause = row.mark.inspection, row.mark.clause
    rules = edition(inspection.rulebook_id).rules
    ladder = ladder_of(rules, clause)
    if ladder:  # two findings at once are two steps of it
        Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
    before = RegisterEntry.objects.counted().filter(employee=employee, clause=ladder)
    known = enterable(rules)
    for entered, kind in charged(rules, clause, before.count() if ladder else 0):
        if known[entered].chosen:  # how much is for a person to say: by hand, in the register
            continue
        entry = register.enter(
            employee=employee,
            clause=entered,
            rulebook_id=inspection.rulebook_id,
            kind=kind,
            happened_on=row.happened_on,
            reason=row.text,
            source=source_of(row),
            inputs={"finding": row.pk, "line": row.mark.clause},
            actor=row.found_by,
            now=now,
        )
        if entry.state == RegisterEntry.State.REPORTED and not known[entered].levels:
            register.verify(entry=entry, actor=actor, now=now)


def source_of(finding: Finding) -> str:
    return f"inspected:{finding.pk}"  # what is found on a case has numbers of its own
