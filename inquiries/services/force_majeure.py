"""Declare force majeure for an area and a span; another signs; then what fell due there costs nobody anything.

The deadlines themselves are left as they are: a running clock still says that a customer waits, and a breach
that happened stays on record. What is taken back is what they cost, by a waiver and a counter-entry each.
"""

from collections.abc import Callable, Generator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from inquiries.models import Exemption, ForceMajeure, Incident
from inquiries.selectors.areas import area_of
from inquiries.selectors.force_majeure import (
    found_without_clock,
    live_penalties,
    still_costing,
    touched,
)
from inquiries.services.incidents import need
from kefu import clock
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.network.models import Party, Region
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from kefu.privacy import redact

DECLARE = "inquiries.declare_force_majeure"
SIGN = "inquiries.sign_force_majeure"
JOB = "force_majeure"
CHUNK = 50  # deadlines; about half a second
LONGEST = timedelta(days=60)  # a longer one is a typing mistake in a date
WATCHED = timedelta(days=2)  # after its end: until the last breach inside it has been noticed
TICK_LIMIT = 200  # deadlines a tick
State = ForceMajeure.State


@transaction.atomic
def declare(
    *,
    reason: str,
    regions: Sequence[Region],
    outlets: Sequence[Party],
    starts_at: datetime,
    ends_at: datetime,
    incident: Incident | None = None,
    actor: Any,
    now: datetime,
) -> ForceMajeure:
    """A supervisor says where and when it was nobody's fault, and why. Nothing happens until another signs."""
    need(actor, DECLARE, _("只有主管可以提出不可抗力"))
    reason = redact.clean(reason, max_length=300, field="reason", required=True)
    if not regions and not outlets:
        raise KefuError(_("请选区域或网点"), code="area_required", field="regions")
    if ends_at <= starts_at:
        raise KefuError(_("结束要晚于开始"), code="ends_before_start", field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise KefuError(
            _("最长 %(days)d 天，请核对日期") % {"days": LONGEST.days},
            code="span_too_long",
            field="ends_at",
        )
    if starts_at > now:
        raise KefuError(_("还没有发生的不能提出"), code="in_future", field="starts_at")
    if incident is not None and incident.is_drill:
        raise Conflict(_("演练不能免责"), code="drill", field="incident")
    declaration = ForceMajeure.objects.create(
        incident=incident,
        reason=redact.redact(reason),
        starts_at=starts_at,
        ends_at=ends_at,
        declared_by=actor,
        declared_at=now,
    )
    declaration.regions.set(regions)
    declaration.outlets.set(outlets)
    if not area_of(declaration):
        raise KefuError(_("这个区域里没有网点"), code="area_empty", field="regions")
    _step(declaration, "declared", actor=actor, now=now)
    return declaration


def _step(declaration: ForceMajeure, what: str, *, actor: Any, now: datetime) -> None:
    """Say so on the timeline of its incident, where it has one."""
    if declaration.incident is not None:
        cases.step(
            case=cases.lock(case=declaration.incident.case),
            action=f"force_majeure_{what}",
            actor=actor,
            now=now,
            declaration=declaration.pk,
        )


def _lock(declaration: ForceMajeure) -> ForceMajeure:
    return (
        ForceMajeure.objects.select_for_update(of=["self"])
        .select_related("declared_by", "decided_by", "incident__case")
        .get(pk=declaration.pk)
    )


@transaction.atomic
def decide(
    *, declaration: ForceMajeure, sign: bool, note: str = "", actor: Any, now: datetime
) -> ForceMajeure:
    """Sign a declaration or refuse it; never one's own. Signed, a job exempts what it touches."""
    need(actor, SIGN, _("只有主管可以签署不可抗力"))
    declaration = _lock(declaration)
    if declaration.state != State.DECLARED:
        raise Conflict(_("这份不可抗力已经处理过了"), code="decided_before")
    if declaration.declared_by_id == actor.pk:
        raise KefuError(_("不能签署自己提出的不可抗力"), code="own_proposal")
    note = redact.clean(note, max_length=300, field="note", required=not sign)
    declaration.state = State.SIGNED if sign else State.REFUSED
    declaration.decided_by, declaration.decided_at = actor, now
    declaration.note = redact.redact(note)
    if sign:
        declaration.job = jobs.start(
            kind=JOB,
            title=_("不可抗力免责：{reason}").format(reason=declaration.reason),
            params={"declaration": declaration.pk},
            total=touched(declaration).count() + _fines(declaration).count(),
            actor=actor,
            now=now,
        )
    declaration.save(update_fields=["state", "decided_by", "decided_at", "note", "job"])
    _step(declaration, "signed" if sign else "refused", actor=actor, now=now)
    return declaration


@transaction.atomic
def propose_revocation(
    *, declaration: ForceMajeure, reason: str, actor: Any, now: datetime
) -> ForceMajeure:
    """Propose that it ends here; another agrees. What was exempted stays: a fine that was taken back is not
    imposed again."""
    need(actor, DECLARE, _("只有主管可以提出停止"))
    reason = redact.clean(reason, max_length=300, field="reason", required=True)
    declaration = _lock(declaration)
    if declaration.state != State.SIGNED:
        raise Conflict(_("只有已签署的可以停止"), code="not_signed")
    if declaration.ends_at <= now:
        raise Conflict(
            _("它的时间已经过完，免去的不再追回；要追究的请另行处理"), code="over_already"
        )
    declaration.revocation, declaration.revocation_by = redact.redact(reason), actor
    declaration.save(update_fields=["revocation", "revocation_by"])
    _step(declaration, "ending", actor=actor, now=now)
    return declaration


@transaction.atomic
def revoke(*, declaration: ForceMajeure, actor: Any, now: datetime) -> ForceMajeure:
    """Agree that it ends now: what falls due from here on is not exempted."""
    need(actor, SIGN, _("只有主管可以同意停止"))
    declaration = _lock(declaration)
    if declaration.state != State.SIGNED or declaration.revocation_by_id is None:
        raise Conflict(_("没有人提出停止"), code="not_proposed")
    if declaration.revocation_by_id == actor.pk:
        raise KefuError(_("不能同意自己提出的停止"), code="own_proposal")
    declaration.state = State.REVOKED
    declaration.revoked_by, declaration.revoked_at = actor, now
    declaration.save(update_fields=["state", "revoked_by", "revoked_at"])
    _step(declaration, "revoked", actor=actor, now=now)
    return declaration


# Carrying it out.


def run(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """The handler of these jobs: what is touched, in the order of the deadlines; then what was found without one."""
    declaration = _read(job.params["declaration"])
    done, cursor = job.done, {"after": 0, "fine": 0} | job.cursor
    while more():
        if ids := _next(touched(declaration), cursor["after"]):
            cursor, act = cursor | {"after": ids[-1]}, partial(exempt, declaration, ids)
        elif ids := _next(_fines(declaration), cursor["fine"]):
            cursor, act = cursor | {"fine": ids[-1]}, partial(exempt_findings, declaration, ids)
        else:
            return
        done += len(ids)
        yield Chunk(cursor, done, act)


def _next(rows: QuerySet[Any, Any], after: int) -> list[int]:
    return list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:CHUNK])


def _fines(declaration: ForceMajeure) -> QuerySet[Penalty, Penalty]:
    """What was found without a clock and still costs something."""
    return live_penalties(declaration).filter(pk__in=found_without_clock(declaration).values("pk"))


def _read(pk: int) -> ForceMajeure:
    return ForceMajeure.objects.select_related("declared_by", "decided_by").get(pk=pk)


@transaction.atomic
def exempt(declaration: ForceMajeure, deadline_ids: Sequence[int]) -> dict[str, int]:
    """Exempt these deadlines: each is noted once, and what its breach costs is waived. Twice does nothing."""
    now, signer = clock.now(), declaration.decided_by
    deadlines = list(
        Deadline.objects.filter(pk__in=deadline_ids).select_related("case").order_by("case", "pk")
    )
    locked: dict[int, Case] = {}
    for deadline in deadlines:  # in one order everywhere
        if deadline.case_id not in locked:
            locked[deadline.case_id] = cases.lock(case=deadline.case)
    noted = 0
    for deadline in deadlines:
        _row, new = Exemption.objects.get_or_create(
            deadline=deadline, defaults={"declaration": declaration, "exempted_at": now}
        )
        if new:
            noted += 1
            cases.step(
                case=locked[deadline.case_id],
                action="force_majeure_exempted",
                actor=signer,
                now=now,
                clause=deadline.clause,
                deadline=deadline.pk,
                declaration=declaration.pk,
            )
    costs = live_penalties(declaration).filter(deadline__in=deadline_ids)
    return {"deadlines": noted, "penalties": _waive(declaration, costs, now=now)}


@transaction.atomic
def exempt_findings(declaration: ForceMajeure, penalty_ids: Sequence[int]) -> dict[str, int]:
    """Take back these fines, which follow no clock. Twice does nothing."""
    costs = live_penalties(declaration).filter(pk__in=penalty_ids)
    return {"penalties": _waive(declaration, costs, now=clock.now())}


def _waive(declaration: ForceMajeure, costs: QuerySet[Penalty, Penalty], *, now: datetime) -> int:
    """Waive each with both names; return how many."""
    return sum(
        penalties.waive_in_batch(
            penalty=penalty,
            ground=Waiver.Ground.FORCE_MAJEURE,
            reason=declaration.reason,
            batch=declaration.batch,
            proposer=declaration.declared_by,
            proposed_at=declaration.declared_at,
            actor=declaration.decided_by,
            now=now,
        )
        for penalty in costs.select_related("case").order_by("case", "pk")
    )


def exempt_broken(*, now: datetime, limit: int = TICK_LIMIT) -> int:
    """Exempt what was broken inside a signed span since it was signed; return how many deadlines."""
    found = 0
    watched = ForceMajeure.objects.in_force().until_after(now - WATCHED)
    for declaration in watched.select_related("declared_by", "decided_by"):
        ids = still_costing(declaration).order_by("pk").values_list("pk", flat=True)
        if chosen := list(ids[:limit]):
            exempt(declaration, chosen)
            found += len(chosen)
    return found
