"""Locking a month: its facts are looked at once more while nobody can add to them, then it is paid and stays."""

import json
from collections.abc import Callable, Generator, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu import clock
from kefu.errors import Conflict
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.staff.models import Employee, User
from payroll.models import PayRun, PayslipPart
from payroll.selectors import payfacts
from payroll.services import months, pay_slips, settlement
from payroll.services.pay_runs import APPROVE, LOCK_JOB, State, check, expect, is_locking, lock_row


@transaction.atomic
def begin_lock(*, run: PayRun, actor: Any, now: datetime) -> Job:
    """Let a job lock the month: it reads everybody's facts once more, which takes its time.

    Raises NotAllowed, Conflict (wrong_state, earlier_month, locking).
    """
    check(APPROVE, actor)
    run = lock_row(run)
    expect(run, State.APPROVED)
    _check_earlier(run)
    if is_locking(run):
        raise Conflict(_("正在锁定"), code="locking")
    run.job = jobs.start(
        kind=LOCK_JOB,
        title=_("锁定 %(month)s 工资") % {"month": f"{run.month:%Y-%m}"},
        params={"run": run.pk, "actor": actor.pk},
        total=run.slips.count(),
        actor=actor,
        now=now,
    )
    run.save(update_fields=["job"])
    return run.job


def work_lock(job: Job, _more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """Lock the month in one go: nobody may add to it between the last look and the lock."""
    if job.cursor:
        return

    def locked() -> dict[str, int]:
        run = PayRun.objects.get(pk=job.params["run"])
        lock(run=run, actor=User.objects.get(pk=job.params["actor"]), now=clock.now())
        return {}

    yield Chunk({"phase": "locked"}, job.total or 0, locked)


@transaction.atomic
def lock(*, run: PayRun, actor: Any, now: datetime) -> None:
    """Lock the month: what was computed is paid, fines are settled, and no fact of the month changes any more.

    The facts are read once more while nobody can add to them. Raises NotAllowed, Conflict (wrong_state,
    earlier_month, facts_changed).
    """
    check(APPROVE, actor)
    months.hold(run.month)
    run = lock_row(run)
    expect(run, State.APPROVED)
    _check_earlier(run)
    if changed := changed_since(run):
        raise Conflict(
            _("核算之后有人的记录变了（%(who)s），请作废后重算")
            % {"who": _("、").join(str(one) for one in changed[:3])},
            code="facts_changed",
        )
    run.state, run.locked_by, run.locked_at = State.LOCKED, actor, now
    run.save(update_fields=["state", "locked_by", "locked_at"])
    settlement.settle(run=run, actor=actor, now=now)
    months.lock(run.month, actor=actor, now=now)


def _check_earlier(run: PayRun) -> None:
    earlier = PayRun.objects.standing().filter(month__lt=run.month).exclude(state=State.LOCKED)
    if (first := earlier.order_by("month").first()) is not None:
        raise Conflict(
            _("先锁定 %(month)s 的工资") % {"month": f"{first.month:%Y-%m}"}, code="earlier_month"
        )


def changed_since(run: PayRun) -> list[Employee]:
    """Whose facts are not those that were frozen."""
    frozen: dict[int, list[Any]] = {}
    for part in (
        PayslipPart.objects.filter(slip__run=run)
        .order_by("slip", "number")
        .values("slip__employee_id", "facts", "sources")
    ):
        frozen.setdefault(part["slip__employee_id"], []).append([part["facts"], part["sources"]])
    failed = set(run.failures.values_list("employee_id", flat=True))
    changed, after = [], 0
    editions: dict[tuple[int, date], int | None] = {}
    while some := list(
        pay_slips.people(run.month).filter(pk__gt=after).select_related("user")[: pay_slips.FREEZE]
    ):
        for one, found in pay_slips.frozen(run, some, editions):
            if one.pk in failed:
                continue
            now = None if isinstance(found, tuple) else _as_kept(found)
            if now != frozen.get(one.pk):
                changed.append(one)
        after = some[-1].pk
    return changed


def _as_kept(parts: Sequence[payfacts.Part]) -> Any:
    told = [[part.facts, [source.to_json() for source in part.sources]] for part in parts]
    return json.loads(json.dumps(told))
