"""The wages of a month as people move them: begun, computed by a job (``pay_slips``), approved by a second person, locked
(``pay_locks``), acknowledged (ES-116.01, CD-12.86).
"""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.privacy import redact
from payroll.models import (
    PayAcknowledgement,
    PayRun,
    Payslip,
    PayslipPart,
    PayTerms,
)
from payroll.services import adjustments, months, pay_slips

RUN, APPROVE = "payroll.run_pay", "payroll.approve_pay"
State = PayRun.State
JOB, LOCK_JOB = "pay_run", "pay_lock"


@transaction.atomic
def begin(*, month: date, actor: Any, now: datetime) -> PayRun:
    """Begin a month's pay; nothing is frozen yet.

    Raises NotAllowed, KefuError (future_month, no_terms), Conflict (month_locked, run_exists).
    """
    check(RUN, actor)
    month = month.replace(day=1)
    if month > now.astimezone(SHANGHAI).date():
        raise KefuError(_("这个月还没有开始"), code="future_month", field="month")
    months.check_open(month, field="month")
    terms = terms_of(month)
    earlier = PayRun.objects.select_for_update().filter(month=month).order_by("-number")
    for run in earlier:
        _give_up_lost(run)
        if run.state not in (State.FAILED, State.SET_ASIDE):
            raise _exists(month)
    number = earlier[0].number + 1 if earlier else 1
    try:
        with transaction.atomic():
            return PayRun.objects.create(
                month=month, number=number, terms=terms, begun_by=actor, begun_at=now
            )
    except IntegrityError as error:
        raise _exists(month) from error


def _exists(month: date) -> Conflict:
    return Conflict(
        _("%(month)s 已有一次核算，先看那一次；要重算就先把它作废") % {"month": f"{month:%Y-%m}"},
        code="run_exists",
        field="month",
    )


def terms_of(month: date) -> PayTerms:
    """The terms that hold in a month. Raises KefuError (no_terms)."""
    confirmed = PayTerms.objects.filter(confirmed_by__isnull=False, from_month__lte=month)
    terms = confirmed.order_by("-from_month").first()
    if terms is None:
        raise KefuError(
            _("这个月还没有确认过的薪资口径（扣款上限、最低工资），请先起草并由另一人确认"),
            code="no_terms",
            field="month",
        )
    return terms


@transaction.atomic
def compute(*, run: PayRun, actor: Any, now: datetime) -> Job:
    """Let a job freeze the facts and compute the slips. Raises NotAllowed, Conflict."""
    check(RUN, actor)
    run = lock_row(run)
    expect(run, State.PREVIEW)
    adjustments.take_late(month=run.month, now=now)
    job = jobs.start(
        kind=JOB,
        title=_("%(month)s 工资核算") % {"month": f"{run.month:%Y-%m}"},
        params={"run": run.pk},
        total=pay_slips.people(run.month).count(),
        actor=actor,
        now=now,
    )
    run.state, run.job = State.COMPUTING, job
    run.save(update_fields=["state", "job"])
    return job


# What people decide.


@transaction.atomic
def approve(*, run: PayRun, reason: str = "", actor: Any, now: datetime) -> None:
    """A second person has looked at it. Where somebody's pay could not be computed, or the rulebook leaves an amount
    open that was paid nothing, a reason says why the rest is paid.

    Raises NotAllowed, Conflict (own_run, wrong_state), KefuError (reason_required).
    """
    check(APPROVE, actor)
    run = lock_row(run)
    expect(run, State.COMPUTED)
    if run.begun_by_id == actor.pk:
        raise Conflict(_("自己核算的工资要由另一个人审批"), code="own_run")
    if not reason.strip() and (run.failures.exists() or blanks(run)):
        raise KefuError(
            _("还有算不出的人或规章没填的数额，要审批请写明为什么其余的先发"),
            code="reason_required",
            field="reason",
        )
    run.state, run.approved_by, run.approved_at = State.APPROVED, actor, now
    run.reason = redact.clean(reason, max_length=500, field="reason", multiline=False)
    run.save(update_fields=["state", "approved_by", "approved_at", "reason"])


def blanks(run: PayRun) -> list[tuple[str, str]]:
    """(clause, setting) of what the rulebooks leave open and this run paid nothing for."""
    parts = PayslipPart.objects.filter(slip__run=run).exclude(result=None)
    found = parts.exclude(result__not_set=[]).values_list("result__not_set", flat=True)
    return sorted({(clause, setting) for pairs in found for clause, setting in pairs})


def is_locking(run: PayRun) -> bool:
    return (
        run.state == State.APPROVED
        and run.job is not None
        and run.job.kind == LOCK_JOB
        and not run.job.finished
    )


@transaction.atomic
def set_aside(*, run: PayRun, reason: str, actor: Any, now: datetime) -> None:
    """Give a run up, to begin another. Raises NotAllowed, Conflict (wrong_state), KefuError (reason_required)."""
    check(RUN, actor)
    run = lock_row(run)
    _give_up_lost(run)
    if run.state == State.FAILED:
        return
    expect(run, State.PREVIEW, State.COMPUTED, State.APPROVED)
    if is_locking(run):
        raise Conflict(_("正在锁定"), code="locking")
    run.reason = redact.clean(
        reason, max_length=500, field="reason", required=True, multiline=False
    )
    run.state = State.SET_ASIDE
    run.save(update_fields=["state", "reason"])


def _give_up_lost(run: PayRun) -> None:
    """A run whose job was stopped or failed is one that failed."""
    job = run.job
    if run.state == State.COMPUTING and job and job.state in (Job.State.FAILED, Job.State.STOPPED):
        run.state, run.reason = State.FAILED, job.error or str(job.get_state_display())
        run.save(update_fields=["state", "reason"])


@transaction.atomic
def acknowledge(*, slip: Payslip, actor: Any, now: datetime) -> PayAcknowledgement:
    """The employee has seen his slip; a second time says nothing new. Raises NotAllowed, Conflict (not_locked)."""
    if slip.employee.user_id != actor.pk:
        raise NotAllowed(_("只能确认自己的工资条"))
    if slip.run.state != State.LOCKED:
        raise Conflict(_("这个月的工资还没有锁定"), code="not_locked")
    seen, _new = PayAcknowledgement.objects.get_or_create(
        slip=slip, defaults={"by": actor, "at": now}
    )
    return seen


def check(permission: str, actor: Any) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed(_("你没有办理工资的权限"))


def lock_row(run: PayRun) -> PayRun:
    rows = PayRun.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("job", "terms").get(pk=run.pk)


def expect(run: PayRun, *states: str) -> None:
    if run.state not in states:
        raise Conflict(
            _("这次核算现在是“%(state)s”，不能这样做，请刷新") % {"state": run.get_state_display()},
            code="wrong_state",
        )
