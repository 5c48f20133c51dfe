"""File, ask again, withdraw, decide, and what time does to an appeal. The case is locked first, as everywhere."""

from datetime import datetime, timedelta
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kefu.appeals.models import AWAITED, FILES, OPEN, REASON_LIMIT, Appeal, Decision, Evidence
from kefu.audit import services as audit
from kefu.cases import services as cases
from kefu.cases.files import taken_in
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.penalties.models import Penalty, PenaltyEvent
from kefu.penalties.services import LIVE, reverse
from kefu.policy.calendar_days import calendar_days
from kefu.staff.selectors import head_ids

State = Appeal.State
# Other companies; what our own people bear is objected to with a waiver (CD-02.08).
OUTLETS = frozenset({Party.Kind.OUTLET, Party.Kind.CONTRACTOR, Party.Kind.HUB})
WARNING = timedelta(days=1)  # before a decision is due


def closes_at(penalty: Penalty) -> datetime:
    """Until when an outlet may appeal, that instant included: so many days after it was last told that it counts."""
    told = penalty.events.filter(
        kind__in=[PenaltyEvent.Kind.CONFIRMED, PenaltyEvent.Kind.RELEASED]
    ).values_list("at", flat=True)
    return calendar_days(max([penalty.decided_at, *told]), settings.KEFU_APPEAL_DAYS)


@transaction.atomic
def file(*, penalty: Penalty, party: Party, reason: str, actor: Any, now: datetime) -> Appeal:
    """An outlet appeals against a penalty of its own; until that is decided, the penalty is not settled.

    ``actor`` is None where the outlet's program calls. Raises NotAllowed for a penalty of somebody else or of our own
    people, Conflict for one that counts no more, is paid or was appealed against, KefuError naming ``reason`` or
    ``penalty`` (too_late).
    """
    if penalty.party_id != party.pk:
        raise NotAllowed(_("只能对自己的处罚提出异议"), code="not_own")
    if party.kind not in OUTLETS:
        raise NotAllowed(
            _("这里只受理网点的异议；本公司员工请在工单上提异议"), code="not_an_outlet"
        )
    case = cases.lock(case=penalty.case)
    penalty = Penalty.objects.select_for_update(no_key=True).get(pk=penalty.pk)
    if penalty.state not in LIVE:
        raise Conflict(
            _("这笔处罚已经结清或不生效，不能再提异议"), code="not_live", field="penalty"
        )
    if Appeal.objects.filter(penalty=penalty).exists():
        raise Conflict(_("这笔处罚已经提过异议"), code="already_appealed", field="penalty")
    if now > closes_at(penalty):
        raise KefuError(_("已过提出异议的期限"), code="too_late", field="penalty")
    appeal = Appeal.objects.create(
        penalty=penalty,
        party=party,
        reason=_said(case, reason),
        filed_by=actor,
        filed_at=now,
        due_at=_decision_due(now),
    )
    _tell(appeal, "appeal_filed", actor=actor, now=now)
    return appeal


def add_evidence(*, appeal: Appeal, upload: IO[bytes], actor: Any, now: datetime) -> Evidence:
    """Add a file to an appeal that waits for its decision.

    Raises KefuError naming ``file`` for what is no photo, PDF or recording by its content, is too large, the
    eleventh, or there already; Conflict for an appeal that is not under review.
    """
    kept = taken_in(upload, field="file")  # takes seconds, so before anything is locked
    with transaction.atomic():
        appeal = _lock(appeal)
        if appeal.state not in AWAITED:
            raise Conflict(_("这份异议不在审议，不能再加证据"), code="not_under_review")
        size = len(kept.photo)
        evidence = Evidence.objects.create(
            appeal=appeal,
            number=_next_number(appeal, kept.digest),
            size=size,
            added_by=actor,
            added_at=now,
            **kept.columns(),
        )
        cases.step(
            case=appeal.penalty.case,
            action="appeal_evidence",
            actor=actor,
            now=now,
            appeal=appeal.pk,
            number=evidence.number,
        )
        audit.record(
            action="appeal_evidence_added",
            table=Evidence._meta.db_table,
            object_id=evidence.pk,
            after={"appeal": appeal.pk, "number": evidence.number, "digest": kept.digest},
            actor=actor,
            at=now,
        )
    return evidence


@transaction.atomic
def ask_second(*, appeal: Appeal, reason: str, actor: Any, now: datetime) -> None:
    """The outlet asks for the second instance. Raises Conflict unless the first has rejected it, KefuError too_late."""
    appeal = _lock(appeal)
    if appeal.state != State.REJECTED or appeal.second_until is None:
        raise Conflict(_("只有第一次审议不成立的异议可以申请第二次审议"), code="not_rejected")
    if now > appeal.second_until:
        raise KefuError(_("已过申请第二次审议的期限"), code="too_late")
    appeal.second_reason, appeal.second_at = _said(appeal.penalty.case, reason), now
    appeal.due_at, appeal.warned_at, appeal.late_at = _decision_due(now), None, None
    _move(appeal, State.SECOND, "appeal_second", actor=actor, now=now)


@transaction.atomic
def withdraw(*, appeal: Appeal, actor: Any, now: datetime) -> None:
    """The outlet gives up; the penalty stands. Raises Conflict for an appeal that is decided."""
    appeal = _lock(appeal)
    if appeal.state not in OPEN:
        raise Conflict(_("这份异议已经终结，不用撤回"), code="appeal_closed")
    _move(appeal, State.WITHDRAWN, "appeal_withdrawn", actor=actor, now=now)


@transaction.atomic
def decide(*, appeal: Appeal, uphold: bool, reason: str, actor: Any, now: datetime) -> None:
    """Decide the instance that runs. Upheld, a counter-entry reverses the penalty; rejected, it stands.

    Raises NotAllowed without the right, KefuError for whoever bears, imposed, waived or decided on it before, Conflict
    where nothing waits for a decision.
    """
    if not actor.has_perm("appeals.decide_appeal"):
        raise NotAllowed(_("只有主管可以审议异议"))
    appeal = _lock(appeal)
    if appeal.state not in AWAITED:
        raise Conflict(_("这份异议已经审议过了"), code="already_decided")
    _refuse_if_involved(appeal, actor)
    reason = _said(appeal.penalty.case, reason)
    second = appeal.state == State.SECOND
    Decision.objects.create(
        appeal=appeal,
        instance=2 if second else 1,
        upheld=uphold,
        reason=reason,
        decided_by=actor,
        decided_at=now,
    )
    if uphold:
        _move(appeal, State.UPHELD, "appeal_upheld", actor=actor, now=now)
        fact = {"reversal": "appeal", "appeal": appeal.pk}
        reverse(penalty=appeal.penalty, reason=reason, fact=fact, actor=actor, now=now)
    elif second:
        _move(appeal, State.FINAL, "appeal_final", actor=actor, now=now)
    else:
        appeal.second_until = calendar_days(now, settings.KEFU_APPEAL_SECOND_DAYS)
        _move(appeal, State.REJECTED, "appeal_rejected", actor=actor, now=now)


def close_for(penalty: Penalty, now: datetime) -> None:
    """The penalty counts no more, for another reason: nothing is left to decide."""
    for appeal in Appeal.objects.open().filter(penalty=penalty):
        _move(_lock(appeal), State.CLOSED, "appeal_closed", actor=None, now=now)


def follow(*, now: datetime) -> int:
    """Warn of decisions due within a day, mark those overdue, close what was not taken to the second instance.

    Changes nothing when run twice. Returns how many appeals it changed.
    """
    soon = Appeal.objects.filter(due_at__lte=now + WARNING, warned_at=None)
    late = Appeal.objects.filter(due_at__lt=now, late_at=None)
    over = Appeal.objects.filter(state=State.REJECTED, second_until__lt=now)
    return sum(
        (
            *(_once(pk, _warn, now) for pk in soon.values_list("pk", flat=True)),
            *(_once(pk, _mark_late, now) for pk in late.values_list("pk", flat=True)),
            *(_once(pk, _end, now) for pk in over.values_list("pk", flat=True)),
        )
    )


@transaction.atomic
def _once(pk: int, step: Any, now: datetime) -> bool:
    return bool(step(_lock(Appeal.objects.get(pk=pk)), now))


def _warn(appeal: Appeal, now: datetime) -> bool:
    if appeal.warned_at is not None or appeal.due_at is None:
        return False
    Appeal.objects.filter(pk=appeal.pk).update(warned_at=now)
    _ring(appeal, Event.Kind.APPEAL_DUE, now)
    return True


def _mark_late(appeal: Appeal, now: datetime) -> bool:
    if appeal.late_at is not None or appeal.due_at is None:
        return False
    Appeal.objects.filter(pk=appeal.pk).update(late_at=now)
    _ring(appeal, Event.Kind.APPEAL_LATE, now)
    cases.step(
        case=appeal.penalty.case, action="appeal_late", actor=None, now=now, appeal=appeal.pk
    )
    return True


def _end(appeal: Appeal, now: datetime) -> bool:
    if appeal.state != State.REJECTED:
        return False
    _move(appeal, State.FINAL, "appeal_final", actor=None, now=now)
    return True


def _lock(appeal: Appeal) -> Appeal:
    """Return the appeal locked, its case before it."""
    cases.lock(case=appeal.penalty.case)
    Appeal.objects.select_for_update(no_key=True).values_list("pk").get(pk=appeal.pk)
    return Appeal.objects.select_related("penalty__case", "party").get(pk=appeal.pk)


def _move(appeal: Appeal, to: Appeal.State, action: str, *, actor: Any, now: datetime) -> None:
    appeal.state = to
    if to not in AWAITED:
        appeal.due_at = None
    if to not in OPEN:
        appeal.closed_at = now
    appeal.save()
    _tell(appeal, action, actor=actor, now=now)


def _tell(appeal: Appeal, action: str, *, actor: Any, now: datetime) -> None:
    case = appeal.penalty.case
    told: dict[str, Any] = {"appeal": appeal.pk}
    cases.step(case=case, action=action, actor=actor, now=now, penalty=appeal.penalty_id, **told)
    notifications.publish(
        kind=Event.Kind.APPEAL,
        at=now,
        party_id=appeal.party_id,
        department_id=case.department_id,
        case_id=case.pk,
        data={**told, "state": appeal.state},
    )


def _ring(appeal: Appeal, kind: Event.Kind, now: datetime) -> None:
    notifications.ring(
        kind=kind,
        at=now,
        user_ids=head_ids(),
        data={"appeal": appeal.pk},
        case_id=appeal.penalty.case_id,
    )


def _refuse_if_involved(appeal: Appeal, actor: Any) -> None:
    penalty = appeal.penalty
    if actor.party_id == penalty.party_id:
        raise KefuError(_("不能审议自己要承担的处罚"), code="own_penalty")
    if appeal.decisions.filter(decided_by=actor).exists():
        raise KefuError(_("第一次是你审议的，第二次由另一位主管审议"), code="same_person")
    took_part = (
        penalty.events.filter(actor=actor).exists()
        or penalty.waivers.filter(proposed_by=actor).exists()
        or penalty.waivers.filter(decided_by=actor).exists()
        or _imposed(penalty, actor)
    )
    if took_part:
        raise KefuError(_("这笔处罚由你经手过，请另一位主管审议"), code="involved")


def _imposed(penalty: Penalty, actor: Any) -> bool:
    """Whether the timeline names him as who recorded it."""
    lines = penalty.case.interactions.filter(author=actor, action__startswith="penalty_")
    return lines.filter(data__penalty=penalty.pk).exists()


def _decision_due(now: datetime) -> datetime:
    return calendar_days(now, settings.KEFU_APPEAL_DECISION_DAYS)


def _said(case: Any, reason: str) -> str:
    if len(reason.strip()) < 4:
        raise KefuError(_("请写明理由"), code="reason_required", field="reason")
    return cases.shown(case=case, text=reason, limit=REASON_LIMIT)[:REASON_LIMIT]


def _next_number(appeal: Appeal, digest: str) -> int:
    there = dict(appeal.evidence.values_list("digest", "number"))
    if digest in there:
        raise Conflict(
            _("这份文件已经在了，是第 {n} 份").format(n=there[digest]),
            code="evidence_already_there",
            field="file",
        )
    if len(there) >= FILES:
        raise Conflict(
            _("一份异议最多 {n} 份证据，已经满了").format(n=FILES),
            code="too_much_evidence",
            field="file",
        )
    return len(there) + 1
