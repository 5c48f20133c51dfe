"""Confirm, lapse, release, reverse, waive. Money moves only here, and only by way of the journal."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger import services as ledger
from kefu.ledger.models import Account, Entry
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.penalties.models import FOUND_BY_PEOPLE, Penalty, PenaltyEvent, Waiver

# What may still be paid and is not.
LIVE = frozenset({Penalty.State.PROVISIONAL, Penalty.State.HELD, Penalty.State.PAYABLE})
# All that there is something of to take back, paid or not.
REVERSIBLE = LIVE | {Penalty.State.SETTLED}


# What apps above do about a penalty that counts no more, whatever undid it.
_when_gone: list[Callable[[Penalty, datetime], None]] = []


def when_gone(follow: Callable[[Penalty, datetime], None]) -> None:
    """Have ``follow`` called with each penalty that lapses or is reversed, in that transaction.

    Called from ``AppConfig.ready()``.
    """
    _when_gone.append(follow)


def _lock(penalty: Penalty) -> Penalty:
    """Return the penalty locked. Its case comes first wherever both are locked, so that nobody waits in a circle."""
    return Penalty.objects.select_for_update(no_key=True).get(pk=penalty.pk)


def _post(penalty: Penalty, *, actor: Any, at: datetime) -> None:
    """Book a payable fine: the party owes it to the company. Points are no money."""
    if penalty.kind != Penalty.Kind.FINE:
        return
    ledger.post(
        kind=Entry.Kind.PENALTY,
        source=f"penalty:{penalty.pk}",
        lines={
            (penalty.party_id, Account.Book.FINES): penalty.value,
            (our_company().pk, Account.Book.FINE_INCOME): -penalty.value,
        },
        memo=f"{penalty.clause} {penalty.case_id}",
        actor=actor,
        at=at,
    )


def post_payable(*, ids: Collection[int], at: datetime) -> None:
    """Post what the sweep found payable at once."""
    for penalty in Penalty.objects.filter(pk__in=ids).order_by("pk"):
        _post(penalty, actor=None, at=at)


def impose(
    *,
    case: Case,
    clause: str,
    version_id: int,
    party: Party,
    kind: Penalty.Kind,
    value: Decimal,
    inputs: dict[str, Any],
    actor: Any,
    now: datetime,
) -> Penalty:
    """Record what a breach costs that follows no clock, as policy assessed it; what counts at once is booked,
    anything else waits for its condition.

    The case is locked. ``inputs``: what the price of the clause keeps (``ConsequenceSpec.inputs``); ``value``
    in yuan or points. That it is imposed once is for the fact to see to: it keeps the penalty's id.
    """
    condition = str(inputs["condition"])
    at_once = condition == "at_once"
    happened = {"happened_at": now.isoformat()}
    penalty = Penalty.objects.create(
        case=case,
        clause=clause,
        rulebook_id=version_id,
        party=party,
        kind=kind,
        value=value,
        condition=condition,
        state=Penalty.State.PAYABLE if at_once else Penalty.State.PROVISIONAL,
        incurred_at=now,
        decided_at=now,
        inputs={**inputs, **happened},
    )
    _tell(penalty, case=case, actor=actor, now=now)
    if at_once:
        _post(penalty, actor=actor, at=now)
    return penalty


def confirm(*, penalty: Penalty, fact: dict[str, Any], actor: Any, now: datetime) -> bool:
    """The condition of a provisional penalty has come true by ``fact``: it counts from now on.

    A held penalty keeps the fact and waits for its review. Returns whether it became payable.
    """
    penalty = _lock(penalty)
    if penalty.state == Penalty.State.HELD:
        _event(penalty, PenaltyEvent.Kind.CONFIRMED, fact=fact, actor=actor, now=now)
        return False
    if penalty.state != Penalty.State.PROVISIONAL:
        return False
    _event(penalty, PenaltyEvent.Kind.CONFIRMED, fact=fact, actor=actor, now=now)
    _move(penalty, Penalty.State.PAYABLE, actor=actor, now=now, fact=fact)
    _post(penalty, actor=actor, at=now)
    return True


@transaction.atomic
def confirm_finding(*, penalty: Penalty, reason: str, actor: Any, now: datetime) -> None:
    """A supervisor found what no program can see, the evidence or the truth of it: the penalty counts from now on.

    ``reason`` says what was found and how; numbers and names are taken out of it. Raises NotAllowed without the
    right, KefuError for a penalty that the actor bears himself, Conflict where the program judges the condition
    or the penalty is not provisional.
    """
    if not actor.has_perm("penalties.release_penalty"):
        raise NotAllowed(_("只有主管可以确认条件成立"))
    if penalty.condition not in FOUND_BY_PEOPLE:
        raise Conflict(_("这笔处罚的生效条件由程序判断，不用人确认"))
    if penalty.party_id == actor.party_id:
        raise KefuError(_("不能确认自己要承担的处罚"), code="own_penalty")
    case = cases.lock(case=penalty.case)
    fact = {"reason": cases.shown(case=case, text=reason)}
    if not confirm(penalty=penalty, fact=fact, actor=actor, now=now):
        raise Conflict(_("这笔处罚不是暂记，不用确认"))


def lapse(
    *, deadline_id: int, condition: str, fact: dict[str, Any], actor: Any, now: datetime
) -> None:
    """The condition can no longer come true: what waited for it counts for nothing."""
    for penalty in Penalty.objects.select_for_update(no_key=True).filter(
        deadline_id=deadline_id, condition=condition, state__in=["provisional", "held"]
    ):
        if penalty.events.filter(kind=PenaltyEvent.Kind.CONFIRMED).exists():
            continue
        _event(penalty, PenaltyEvent.Kind.LAPSED, fact=fact, actor=actor, now=now)
        _move(penalty, Penalty.State.LAPSED, actor=actor, now=now)


def confirmed(*, deadline_id: int, condition: str) -> list[tuple[Penalty, dict[str, Any]]]:
    """Return what this breach costs on a condition that came true, each with the fact that says so."""
    events = (
        PenaltyEvent.objects.filter(
            kind=PenaltyEvent.Kind.CONFIRMED,
            penalty__deadline=deadline_id,
            penalty__condition=condition,
        )
        .exclude(penalty__state__in=[Penalty.State.REVERSED, Penalty.State.LAPSED])
        .select_related("penalty")
    )
    return [(event.penalty, event.fact) for event in events]


def hold(*, penalty: Penalty, now: datetime) -> bool:
    """Our own door turns out to have been shut at the due time: a supervisor decides whether it counts."""
    cases.lock(case=penalty.case)
    penalty = _lock(penalty)
    if penalty.state != Penalty.State.PROVISIONAL:
        return False
    _move(penalty, Penalty.State.HELD, actor=None, now=now)
    return True


@transaction.atomic
def release(*, penalty: Penalty, reason: str, actor: Any, now: datetime) -> None:
    """A supervisor found that our own interruption was no excuse: the held penalty stands.

    It becomes payable if its condition is met already, provisional otherwise.
    """
    if not actor.has_perm("penalties.release_penalty"):
        raise NotAllowed(_("只有主管可以复核"))
    cases.lock(case=penalty.case)
    penalty = _lock(penalty)
    if penalty.party_id == actor.party_id:
        raise KefuError(_("不能复核自己要承担的处罚"), code="own_penalty")
    if penalty.state != Penalty.State.HELD:
        raise Conflict(_("这笔处罚不在待复核状态"))
    reason = cases.shown(case=penalty.case, text=reason)
    _event(penalty, PenaltyEvent.Kind.RELEASED, reason=reason, actor=actor, now=now)
    met = (
        penalty.condition == "at_once"
        or penalty.events.filter(kind=PenaltyEvent.Kind.CONFIRMED).exists()
    )
    _move(
        penalty,
        Penalty.State.PAYABLE if met else Penalty.State.PROVISIONAL,
        actor=actor,
        now=now,
    )
    if met:
        _post(penalty, actor=actor, at=now)


def reverse(
    *, penalty: Penalty, reason: str, fact: dict[str, Any], actor: Any, now: datetime
) -> None:
    """Take a penalty back. What was posted is met by a counter-entry; nothing is removed."""
    penalty = _lock(penalty)
    if penalty.state in (Penalty.State.REVERSED, Penalty.State.LAPSED):
        raise Conflict(_("这笔处罚已经不生效，不用再冲销"))
    posted = penalty.state in (Penalty.State.PAYABLE, Penalty.State.SETTLED)
    _event(
        penalty,
        PenaltyEvent.Kind.REVERSED,
        reason=reason,
        fact=fact,
        actor=actor,
        now=now,
    )
    _move(penalty, Penalty.State.REVERSED, actor=actor, now=now)
    if posted and penalty.kind == Penalty.Kind.FINE:
        memo = str(fact.get("reversal", "correction"))
        part = _paid_by_wage(penalty)
        if part is None or part:  # what was written off already is not owed a second time
            source = f"penalty:{penalty.pk}"
            ledger.reverse(source=source, memo=memo, actor=actor, at=now, part=part)


def settle(
    *, penalty: Penalty, taken: Decimal, kept: Decimal, month: date, actor: Any, now: datetime
) -> None:
    """A wage has paid a fine: ``taken`` of it in yuan, ``kept`` of it was beyond what may come off a wage and is
    written off. ``month``: whose wage. Raises Conflict for a fine that is not payable or under appeal.
    """
    fact = {"month": month.isoformat(), "taken": str(taken), "kept": str(kept)}
    penalty = _settled(penalty, fact=fact, actor=actor, now=now)
    if taken:
        ledger.post(
            kind=Entry.Kind.PAYROLL,
            source=f"payroll:penalty:{penalty.pk}",
            lines={
                (penalty.party_id, Account.Book.FINES): -taken,
                (our_company().pk, Account.Book.WAGES): taken,
            },
            memo=f"{penalty.clause} {month:%Y-%m}",
            actor=actor,
            at=now,
        )
    if kept:
        memo = f"limit {month:%Y-%m}"
        ledger.reverse(source=f"penalty:{penalty.pk}", memo=memo, actor=actor, at=now, part=kept)


def settle_paid(*, penalty: Penalty, fact: dict[str, Any], actor: Any, now: datetime) -> None:
    """Money has come for a fine and is booked already; ``fact`` says with what.

    Raises Conflict for one that is not payable or under appeal, or whose waiver waits for a decision.
    """
    cases.lock(case=penalty.case)
    if penalty.waivers.filter(approved=None).exists():
        raise Conflict(_("这笔处罚有免罚申请在等审批，不能结清"), code="disputed")
    _settled(penalty, fact=fact, actor=actor, now=now)


def unsettle(*, penalty: Penalty, fact: dict[str, Any], actor: Any, now: datetime) -> None:
    """The money that came for a fine was taken back, as ``fact`` says: it is owed as before, and may be disputed.

    Nothing is booked: whoever took the money back did. Raises Conflict for one that no such money settled.
    """
    cases.lock(case=penalty.case)
    penalty = _lock(penalty)
    if penalty.state != Penalty.State.SETTLED or _paid_by_wage(penalty) is not None:
        raise Conflict(_("这笔处罚不是由来款结清的"), code="not_settled")
    _event(penalty, PenaltyEvent.Kind.UNSETTLED, fact=fact, actor=actor, now=now)
    _move(penalty, Penalty.State.PAYABLE, actor=actor, now=now, fact=fact)


def _settled(penalty: Penalty, *, fact: dict[str, Any], actor: Any, now: datetime) -> Penalty:
    penalty = _lock(penalty)
    if penalty.state != Penalty.State.PAYABLE:
        raise Conflict(_("这笔处罚不在应付状态，不能结清"), code="not_payable")
    if penalty.disputed:
        raise Conflict(_("这笔处罚有异议在审议，审议完才能结清"), code="disputed")
    _event(penalty, PenaltyEvent.Kind.SETTLED, fact=fact, actor=actor, now=now)
    _move(penalty, Penalty.State.SETTLED, actor=actor, now=now)
    return penalty


def _paid_by_wage(penalty: Penalty) -> Decimal | None:
    """How much of a settled fine a wage paid; None where none did."""
    event = penalty.events.filter(kind=PenaltyEvent.Kind.SETTLED, fact__has_key="taken").first()
    return Decimal(event.fact["taken"]) if event else None


def reverse_all(
    *, deadline_id: int, reason: str, fact: dict[str, Any], actor: Any, now: datetime
) -> None:
    """Take back all that one breach cost."""
    for penalty in Penalty.objects.filter(deadline_id=deadline_id).exclude(
        state__in=[Penalty.State.REVERSED, Penalty.State.LAPSED]
    ):
        reverse(penalty=penalty, reason=reason, fact=fact, actor=actor, now=now)


@transaction.atomic
def propose_waiver(
    *, penalty: Penalty, ground: Waiver.Ground, reason: str, actor: Any, now: datetime
) -> Waiver:
    """Propose not to collect a penalty; another person decides.

    Shift leads and their superiors may, on any ground; an employee may object to what he is to bear
    himself (CD-02.08). Either way it goes to a supervisor.
    """
    if ground == Waiver.Ground.OBJECTION:
        if actor.party_id != penalty.party_id:  # rule: CD-02.08
            raise NotAllowed(_("只能对自己要承担的处罚提异议"))
    elif not actor.has_perm("penalties.propose_waiver"):
        raise NotAllowed(_("只有值班组长以上可以提出免罚；对自己的处罚可以提异议"))
    if len(reason.strip()) < 4:
        raise KefuError(_("请写明发生了什么、凭什么免"), code="reason_required", field="reason")
    case = cases.lock(case=penalty.case)
    penalty = _lock(penalty)
    if penalty.state in (Penalty.State.REVERSED, Penalty.State.LAPSED):
        raise Conflict(_("这笔处罚已经不生效，不用免罚"))
    if penalty.waivers.filter(approved=None).exists():
        raise Conflict(_("这笔处罚已有一份免罚申请在等审批"))
    waiver = Waiver.objects.create(
        penalty=penalty,
        ground=ground,
        reason=cases.shown(case=case, text=reason),
        proposed_by=actor,
        proposed_at=now,
    )
    cases.step(
        case=case,
        action="waiver_proposed",
        actor=actor,
        now=now,
        penalty=penalty.pk,
        ground=ground,
    )
    return waiver


@transaction.atomic
def decide_waiver(
    *, waiver: Waiver, approve: bool, note: str = "", actor: Any, now: datetime
) -> None:
    """Approve or refuse a waiver; never one's own. Approved, the penalty is reversed by a counter-entry."""
    if not actor.has_perm("penalties.decide_waiver"):
        raise NotAllowed(_("只有主管可以审批免罚"))
    case = cases.lock(case=waiver.penalty.case)  # before its rows, as everywhere
    # One of two supervisors who press at once gets the row, the other the news.
    waiver = (
        Waiver.objects.select_for_update(of=["self"], no_key=True)
        .select_related("penalty__case")
        .get(pk=waiver.pk)
    )
    if waiver.approved is not None:
        raise Conflict(_("这份免罚申请已经审批过了"))
    if waiver.proposed_by_id == actor.pk:
        raise KefuError(_("不能审批自己提出的免罚"), code="own_proposal")
    if waiver.penalty.party_id == actor.party_id:
        raise KefuError(_("不能审批自己要承担的处罚"), code="own_penalty")
    waiver.approved, waiver.decided_by, waiver.decided_at = approve, actor, now
    waiver.decision_note = cases.shown(case=case, text=note, field="note")
    waiver.save(update_fields=["approved", "decided_by", "decided_at", "decision_note"])
    cases.step(
        case=case,
        action="waiver_approved" if approve else "waiver_refused",
        actor=actor,
        now=now,
        penalty=waiver.penalty_id,
        ground=waiver.ground,
    )
    if approve:
        reverse(
            penalty=waiver.penalty,
            reason=waiver.reason,
            fact={"reversal": "waiver", "waiver": waiver.pk},
            actor=actor,
            now=now,
        )


def waive_in_batch(
    *,
    penalty: Penalty,
    ground: Waiver.Ground,
    reason: str,
    batch: str,
    proposer: Any,
    proposed_at: datetime,
    actor: Any,
    now: datetime,
) -> bool:
    """Waive one of many penalties that two people have decided about together; return whether it was.

    Not one that does not count any more, and none that either of the two bears himself. What is paid already is owed
    back by the counter-entry, as after a waiver of one. A waiver of its own that waits is settled by this one. The case
    is locked before the penalty, as everywhere.
    """
    case = cases.lock(case=penalty.case)
    penalty = _lock(penalty)
    if penalty.state not in REVERSIBLE or penalty.party_id in (proposer.party_id, actor.party_id):
        return False
    penalty.waivers.filter(approved=None).exclude(proposed_by=actor).update(
        approved=False, decided_by=actor, decided_at=now, decision_note=reason
    )
    waiver = Waiver.objects.create(
        penalty=penalty,
        ground=ground,
        reason=reason,
        proposed_by=proposer,
        proposed_at=proposed_at,
        decided_by=actor,
        decided_at=now,
        approved=True,
        batch=batch,
    )
    cases.step(
        case=case,
        action="waiver_approved",
        actor=actor,
        now=now,
        penalty=penalty.pk,
        ground=ground,
    )
    fact = {"reversal": "waiver", "waiver": waiver.pk}
    reverse(penalty=penalty, reason=reason, fact=fact, actor=actor, now=now)
    return True


def _event(
    penalty: Penalty,
    kind: PenaltyEvent.Kind,
    *,
    fact: dict[str, Any] | None = None,
    reason: str = "",
    actor: Any,
    now: datetime,
) -> None:
    if kind == PenaltyEvent.Kind.CONFIRMED and penalty.events.filter(kind=kind).exists():
        return  # a second complaint confirms nothing new
    turn = 0
    if kind in (PenaltyEvent.Kind.SETTLED, PenaltyEvent.Kind.UNSETTLED):
        turn = penalty.events.filter(kind=PenaltyEvent.Kind.UNSETTLED).count()
    PenaltyEvent.objects.create(
        penalty=penalty, kind=kind, turn=turn, fact=fact or {}, reason=reason, actor=actor, at=now
    )


def _move(
    penalty: Penalty,
    to: Penalty.State,
    *,
    actor: Any,
    now: datetime,
    fact: dict[str, Any] | None = None,
) -> None:
    """Change the derived state and tell the case and the party."""
    Penalty.objects.filter(pk=penalty.pk).update(state=to)
    penalty.state = to
    _tell(penalty, case=cases.lock(case=penalty.case), actor=actor, now=now, fact=fact)
    if to in (Penalty.State.LAPSED, Penalty.State.REVERSED):
        for follow in _when_gone:
            follow(penalty, now)


def _tell(
    penalty: Penalty,
    *,
    case: Case,
    actor: Any,
    now: datetime,
    fact: dict[str, Any] | None = None,
) -> None:
    cases.step(
        case=case,
        action=f"penalty_{penalty.state}",
        actor=actor,
        now=now,
        penalty=penalty.pk,
        clause=penalty.clause,
        kind=penalty.kind,
        value=str(penalty.value),
        party=penalty.party_id,
        **(fact or {}),
    )
    notifications.publish(
        kind=Event.Kind.PENALTY,
        at=now,
        party_id=penalty.party_id,
        department_id=penalty.case.department_id,
        case_id=penalty.case_id,
        data={"penalty": penalty.pk, "state": penalty.state},
    )
