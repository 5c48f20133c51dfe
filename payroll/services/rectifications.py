"""Set right by a day what was found, and have a named person look again; what is late is told and proposed (ES-138.09,
ES-138.12).
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.inspections import neglected_checks, overdue_order, recheck_due
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Employee, User
from payroll.models import Finding, Rectification, RegisterEntry
from payroll.selectors.inspected import INSPECT, inspected_by
from payroll.selectors.reach import heads_of
from payroll.services import register
from payroll.services.inspections import ring

FURTHEST = timedelta(days=90)
Outcome = Rectification.Outcome


@transaction.atomic
def order(
    *,
    finding: Finding,
    what: str,
    assignee: Employee,
    due_on: date,
    recheck_by: User,
    actor: Any,
    now: datetime,
) -> Rectification:
    """Tell somebody to set it right by the end of a day, and say who looks again.

    Raises NotAllowed, KefuError naming the field, Conflict (not_upheld, order_open).
    """
    row = Finding.objects.select_for_update(of=["self"], no_key=True).get(pk=finding.pk)
    _check_orders(row, assignee, actor)
    if getattr(getattr(row, "decision", None), "outcome", "") == "not_upheld":
        raise Conflict(_("不成立的检查不用整改"), code="not_upheld")
    today = now.astimezone(SHANGHAI).date()
    if not today <= due_on <= today + FURTHEST:
        raise KefuError(
            _("期限在今天到 {n} 天以内").format(n=FURTHEST.days), code="due_on", field="due_on"
        )
    if recheck_by.pk == assignee.user_id:
        raise KefuError(_("不能由责任人自己复查"), code="oneself", field="recheck_by")
    if not recheck_by.has_perm(INSPECT):
        raise KefuError(_("由检查员、组长或主管复查"), code="no_inspector", field="recheck_by")
    last = row.rectifications.order_by("pk").last()
    using = edition_in_force(department_id=assignee.department_id, at=now)
    try:
        with transaction.atomic():
            made = Rectification.objects.create(
                finding=row,
                earlier=last,
                what=_said(what, "what", required=True),
                assignee=assignee,
                due_on=due_on,
                recheck_by=recheck_by,
                ordered_by=actor,
                ordered_at=now,
                rulebook_id=using.version_id,
            )
    except IntegrityError as error:
        if "rectification_one_open" not in str(error):
            raise
        raise Conflict(_("这条已有一份整改在办"), code="order_open") from error
    ring(row, "ordered", [assignee.user_id, recheck_by.pk], now)
    return made


def _check_orders(row: Finding, assignee: Employee, actor: Any) -> None:
    mine = inspected_by(actor)
    if row.found_by_id != actor.pk and not mine.filter(department=row.department_id).exists():
        raise NotAllowed(_("由检查人或主管责令整改"))
    if row.employee is not None and row.employee.user_id == actor.pk:
        raise NotAllowed(_("关于自己的检查，由别人责令整改"))
    if not mine.filter(pk=assignee.pk).exists():
        raise KefuError(_("责任人不是你检查的人"), code="whom", field="assignee")


def _said(text: str, field: str, *, required: bool) -> str:
    cleaned = redact.clean(text, max_length=500, field=field, required=required, multiline=False)
    return redact.redact(cleaned)


def _lock(row: Rectification) -> Rectification:
    rows = Rectification.objects.select_related("assignee", "finding__mark", "finding__employee")
    found = rows.select_for_update(of=["self"], no_key=True).get(pk=row.pk)
    if found.outcome:
        raise Conflict(_("已经复查过了"), code="rechecked")
    return found


def _own(row: Rectification, actor: Any) -> None:
    if row.assignee.user_id != actor.pk:
        raise NotAllowed(_("由责任人填写"))


def due_at(row: Rectification) -> datetime:
    """The end of its day."""
    return datetime.combine(row.due_on + timedelta(days=1), time.min, SHANGHAI)


@transaction.atomic
def give_reason(*, rectification: Rectification, text: str, actor: Any, now: datetime) -> None:
    """Say before the day is over why it cannot be done by then (ES-138.12).

    Raises NotAllowed, Conflict (too_late, reason_given, rechecked).
    """
    row = _lock(rectification)
    _own(row, actor)
    if row.reason:
        raise Conflict(_("原因已经写过了"), code="reason_given")
    if now >= due_at(row):
        raise Conflict(_("期限已过，不能再补原因"), code="too_late")
    row.reason, row.reason_at = _said(text, "text", required=True), now
    row.save(update_fields=["reason", "reason_at"])
    ring(row.finding, "reason", [row.recheck_by_id, row.ordered_by_id], now)


@transaction.atomic
def report_done(*, rectification: Rectification, text: str, actor: Any, now: datetime) -> None:
    """It has been set right; now it is looked at again. Raises NotAllowed, Conflict (done, rechecked)."""
    row = _lock(rectification)
    _own(row, actor)
    if row.done_at is not None:
        raise Conflict(_("已经报过整改完成"), code="done")
    row.done_note, row.done_at = _said(text, "text", required=True), now
    row.save(update_fields=["done_note", "done_at"])
    ring(row.finding, "done", [row.recheck_by_id], now)


@transaction.atomic
def recheck(
    *, rectification: Rectification, fixed: bool, note: str = "", actor: Any, now: datetime
) -> None:
    """The named person has looked again; where he is not with us any more, a supervisor does.

    Raises NotAllowed, KefuError (note), Conflict (rechecked).
    """
    row = _lock(rectification)
    if row.assignee.user_id == actor.pk:
        raise NotAllowed(_("不能复查自己的整改"))
    if row.recheck_by_id != actor.pk and (row.recheck_by.is_active or not _heads(row, actor)):
        raise NotAllowed(_("由指定的复查人复查：{who}").format(who=row.recheck_by))
    row.outcome = Outcome.FIXED if fixed else Outcome.NOT_FIXED
    row.recheck_note = _said(note, "note", required=not fixed)
    row.rechecked_by, row.rechecked_at = actor, now
    row.save(update_fields=["outcome", "recheck_note", "rechecked_by", "rechecked_at"])
    ring(row.finding, row.outcome, [row.assignee.user_id, row.ordered_by_id], now)


def _heads(row: Rectification, actor: Any) -> bool:
    return actor.pk in heads_of(row.assignee.department_id)


def tell_overdue(*, now: datetime) -> int:
    """Tell of every order whose day is over and that nobody reported done, once; return how many. Where the rulebook
    has a measure for it and no reason was given in time, it is proposed, for a supervisor to verify. Source: ES-138.12.
    """
    today = now.astimezone(SHANGHAI).date()
    keys = (
        Rectification.objects.open()
        .filter(due_on__lt=today, done_at=None, overdue_at=None)
        .values_list("pk", flat=True)
    )
    return sum(_tell(pk, now) for pk in list(keys))


@transaction.atomic
def _tell(pk: int, now: datetime) -> bool:
    row = (
        Rectification.objects.select_for_update(of=["self"], no_key=True, skip_locked=True)
        .select_related("assignee", "finding__mark", "finding__employee", "finding__department")
        .filter(pk=pk, overdue_at=None, done_at=None, outcome="")
        .first()
    )
    if row is None:
        return False
    row.overdue_at = now
    row.save(update_fields=["overdue_at"])
    clause = overdue_order(edition(row.rulebook_id).rules)
    if clause and not row.reason:
        # rule: ES-138.12
        register.enter(
            employee=row.assignee,
            clause=clause,
            rulebook_id=row.rulebook_id,
            kind=RegisterEntry.Kind.REMARK,
            happened_on=row.due_on,
            reason=row.what,
            source=f"rectification:{row.pk}",
            inputs={"finding": row.finding_id, "due_on": row.due_on.isoformat()},
            actor=None,
            now=now,
        )
    people = [row.assignee.user_id, row.recheck_by_id, *heads_of(row.assignee.department_id)]
    ring(row.finding, "overdue", people, now)
    return True


def tell_not_rechecked(*, now: datetime) -> int:
    """Where the rulebook has a measure for whoever had to check and did not, propose it for whoever was named to look
    again and has not in the time the house gives, once each; return how many. A supervisor hears him and verifies.
    Source: ES-138.09.
    """
    known = RegisterEntry.objects.filter(
        source=Concat(Value("recheck:"), Cast(OuterRef("pk"), CharField()))
    )
    rows = (
        Rectification.objects.open()
        .filter(~Exists(known), done_at__isnull=False, recheck_by__is_active=True)
        .exclude(recheck_by__employee=None)
        .select_related("recheck_by__employee", "finding__employee", "finding__department")
        .order_by("pk")
    )
    return sum(_propose(row, now) for row in rows)


@transaction.atomic
def _propose(row: Rectification, now: datetime) -> bool:
    assert row.done_at is not None
    rules = edition(row.rulebook_id).rules
    clause, until = neglected_checks(rules), recheck_due(rules, row.done_at, due_at(row))
    if not clause or until is None or now < until:
        return False
    inspector = row.recheck_by.employee
    register.enter(  # rule: ES-138.09
        employee=inspector,
        clause=clause,
        rulebook_id=row.rulebook_id,
        kind=RegisterEntry.Kind.REMARK,
        happened_on=(until - timedelta(microseconds=1)).astimezone(SHANGHAI).date(),
        reason=_("整改已报完成，到期没有复查：{what}").format(what=row.what)[:500],
        source=f"recheck:{row.pk}",
        inputs={"finding": row.finding_id, "until": until.isoformat()},
        actor=None,
        now=now,
    )
    ring(row.finding, "not_rechecked", [inspector.user_id, *heads_of(inspector.department_id)], now)
    return True
