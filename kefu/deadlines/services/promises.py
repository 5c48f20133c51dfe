"""Start, keep, move and pause promises. Every function takes part in its caller's transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from kefu.cases.models import Case, Interaction
from kefu.cases.services import lock, shown
from kefu.deadlines.models import Consequence, Deadline, LateEntry, Pause
from kefu.deadlines.services.sweep import sweep
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.penalties import services as penalties
from kefu.policy.clocks import (
    Due,
    OutletRules,
    ReplyFacts,
    ReplyRules,
    outlet_due,
    reply_due,
)
from kefu.policy.clocks import Pause as PausedStretch
from kefu.policy.consequences import (
    ConsequenceSpec,
    answered_in_time,
    consequences_of,
    entry_time_allowed,
    repeat_call_counts,
)
from kefu.policy.due import due_since
from kefu.rulebooks.selectors import Edition, edition
from kefu.staff.models import Employee


def start(
    *,
    case: Case,
    action: Deadline.Action,
    due: Due,
    using: Edition,
    party: Party,
    door: Consequence.Door,
    started_by: Interaction | None,
) -> Deadline:
    """Start a clock on ``case`` with all that its breach will need; ``party`` must act.

    ``due`` is what policy decided from the facts; it is stored with its inputs and never recomputed
    under a later edition.
    """
    deadline = Deadline.objects.create(
        case=case,
        action=action,
        clause=due.clause,
        rulebook_id=using.version_id,
        party=party,
        owner=case.owner,
        department_id=case.department_id,
        started_by=started_by,
        starts_at=due.starts_at,
        due_at=due.due_at,
        warn_at=due.warn_at,
        lead_warn_at=due.lead_warn_at,
        inputs=due.inputs(),
    )
    Consequence.objects.bulk_create(costs(deadline, using, party, door))
    _bring_forward(case, due.due_at)
    return deadline


def _bring_forward(case: Case, due_at: datetime) -> None:
    """In the database: a clock that ended in this transaction may have moved what ``case`` here still holds."""
    soonest = Least("next_due_at", Value(due_at))  # null counts as later
    Case.objects.filter(pk=case.pk).update(next_due_at=soonest)
    case.next_due_at = due_at if case.next_due_at is None else min(case.next_due_at, due_at)


def start_clock(
    *,
    case: Case,
    action: Deadline.Action,
    using: Edition,
    party: Party,
    door: Consequence.Door = Consequence.Door.PAGES,
    started_by: Interaction,
) -> Deadline | None:
    """Start the clock that the rulebook has for ``action``, from when ``started_by`` happened.

    That line says what else decides (``data``): "sort", the sort of case, if the rulebook tells sorts apart;
    "since", where it counts from an earlier moment; "classed_at", when it became of this sort; "promised_for".
    None where the rulebook sets no time.
    """
    since = _instant(started_by.data.get("since")) or started_by.happened_at
    due = due_since(action, since, using.rules, **_said(started_by))
    if due is None:
        return None
    return start(
        case=case,
        action=action,
        due=due,
        using=using,
        party=party,
        door=door,
        started_by=started_by,
    )


def _said(line: Interaction | None) -> dict[str, Any]:
    """What a line says that decides about the clocks it starts."""
    data = line.data if line is not None else {}
    return {
        "case": data.get("sort", "any"),
        "classed_at": _instant(data.get("classed_at")),
        "promised_for": _instant(data.get("promised_for")),
    }


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def costs(
    deadline: Deadline, using: Edition, party: Party, door: Consequence.Door
) -> Iterable[Consequence]:
    """What breaking ``deadline`` will cost ``party``: rows that are not saved yet. Of the deadline
    only action and clause count."""
    for spec in consequences_of(using.rules, deadline.clause, _roles(deadline.action, party)):
        yield Consequence(
            deadline=deadline,
            clause=spec.clause,
            party=party,
            kind=spec.kind,
            value=_value(spec),
            condition=spec.condition,
            door=door,
            inputs={
                **spec.inputs,
                "interruption_share": str(using.rules.interruption_share),
            },
        )


# What the rulebooks call the outlet that answers for a clock.
OUTLETS: dict[str, str] = {
    Deadline.Action.FEEDBACK: "queried_outlet",
    Deadline.Action.CLAIM_SETTLEMENT: "origin_outlet",
}


def _roles(action: str, party: Party) -> set[str]:
    """The roles somebody is there to bear: an unowned case costs no agent anything."""
    if role := OUTLETS.get(action):
        return {role}
    return {"owner"} if party.kind == Party.Kind.EMPLOYEE else set()


def _value(spec: ConsequenceSpec) -> Any:
    return spec.amount if spec.kind == "fine" else spec.points


def refresh_next_due(case: Case) -> None:
    """Keep the queue's sort key: the soonest clock somebody still waits on."""
    case.next_due_at = (
        Deadline.objects.filter(case=case)
        .unanswered()
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    Case.objects.filter(pk=case.pk).update(next_due_at=case.next_due_at)


def settle(*, case: Case, now: datetime) -> list[Deadline]:
    """Lock the clocks still waited on and break those already run out, so that facts meet decided rows."""
    waiting = list(
        case.deadlines.unanswered().select_for_update(no_key=True).order_by("due_at", "id")
    )
    overdue = [d for d in waiting if d.state == Deadline.State.RUNNING and d.due_at < now]
    if overdue:
        sweep(only=[d.pk for d in overdue])
    for deadline in overdue:  # broken now, or set aside
        deadline.refresh_from_db()
    return waiting


def keep(*, deadlines: Iterable[Deadline], answer: Interaction, actor: Any, now: datetime) -> None:
    """An answer that counts: stop these clocks, in time or not by when it *happened*.

    In time, though the sweep came first: breach, penalties and all are taken back by counter-entries.
    Late: the breach stands; what could only have come true while nobody answered (a repeat call)
    lapses, and is taken back where the call turns out to have come after the answer.
    """
    cases = {}
    for deadline in deadlines:
        deadline.answered_at = answer.happened_at
        deadline.answered_by = answer
        if answered_in_time(deadline.due_at, answer.happened_at):
            late_entry = deadline.state == Deadline.State.BREACHED
            deadline.state = Deadline.State.MET
            deadline.breached_at = deadline.detected_at = None
            if late_entry:
                penalties.reverse_all(
                    deadline_id=deadline.pk,
                    reason=_("答复在时限内，登记在后"),
                    fact={"reversal": "in_time", "interaction": answer.pk},
                    actor=actor,
                    now=now,
                )
        else:
            _answered_late(deadline=deadline, answer=answer, actor=actor, now=now)
        deadline.save(
            update_fields=[
                "state",
                "answered_at",
                "answered_by",
                "breached_at",
                "detected_at",
            ]
        )
        cases[deadline.case_id] = deadline.case
    for case in cases.values():
        refresh_next_due(case)


def _answered_late(*, deadline: Deadline, answer: Interaction, actor: Any, now: datetime) -> None:
    """Nobody can call again before this answer any more; a call after it never counted (CD-12.17)."""
    fact = {"answered_at": answer.happened_at.isoformat(), "interaction": answer.pk}
    condition = Consequence.Condition.REPEAT_CALL
    penalties.lapse(deadline_id=deadline.pk, condition=condition, fact=fact, actor=actor, now=now)
    for penalty, called in penalties.confirmed(deadline_id=deadline.pk, condition=condition):
        called_at = datetime.fromisoformat(called["called_at"])
        if not repeat_call_counts(deadline.due_at, answer.happened_at, called_at):
            penalties.reverse(
                penalty=penalty,
                reason=_("客户再次来电之前已经答复，登记在后"),
                fact={"reversal": "correction", **fact},
                actor=actor,
                now=now,
            )


def cancel(*, deadline: Deadline, now: datetime) -> None:
    """Nobody waits any more (a question withdrawn). A breach that happened stays one."""
    deadline = Deadline.objects.select_for_update(no_key=True).get(pk=deadline.pk)
    if deadline.state in (Deadline.State.RUNNING, Deadline.State.SET_ASIDE):
        deadline.state = Deadline.State.CANCELLED
    deadline.released_at = now
    deadline.save(update_fields=["state", "released_at"])
    refresh_next_due(deadline.case)


def start_again(*, deadline: Deadline) -> Deadline:
    """What had stopped it holds no longer: the same clock from the same start, pauses and all, as a row of its own.

    Past its due time it breaks with the next sweep. Raises ValueError for one without a due time.
    """
    due = _recompute(deadline)
    if due is None:
        raise ValueError(f"{deadline.clause} sets no time")
    again = start(
        case=deadline.case,
        action=Deadline.Action(deadline.action),
        due=due,
        using=edition(deadline.rulebook_id),
        party=deadline.party,
        door=Consequence.Door.PAGES,
        started_by=deadline.started_by,
    )
    Pause.objects.bulk_create(
        Pause(
            deadline=again,
            reason=pause.reason,
            note=pause.note,
            starts_at=pause.starts_at,
            ends_at=pause.ends_at,
            paused_by_id=pause.paused_by_id,
        )
        for pause in deadline.pauses.all()
    )
    return again


def repoint(*, case: Case, party: Party, now: datetime) -> None:
    """Give the case's running clocks, and what breaking them costs, to its new owner.

    ``case.owner`` is already the new one; ``party`` is his, or the company's for a case without owner.
    A clock already broken stays with whoever let it run out.
    """
    for deadline in settle(case=case, now=now):
        if deadline.owner_id != case.owner_id:  # whoever has it now is warned in his turn
            deadline.warned_at = deadline.lead_warned_at = None
        deadline.owner = case.owner
        deadline.department_id = case.department_id
        if deadline.state == Deadline.State.RUNNING and deadline.action in Deadline.OF_THE_OWNER:
            deadline.party = party
            _cost_anew(deadline)
        deadline.warning_seen_at = None
        deadline.save(
            update_fields=[
                "owner",
                "department",
                "party",
                "warned_at",
                "lead_warned_at",
                "warning_seen_at",
            ]
        )


def _cost_anew(deadline: Deadline) -> None:
    """Write down again what breaking a clock of ours costs, for the clause and party it has now."""
    deadline.consequences.all().delete()
    using = edition(deadline.rulebook_id)
    Consequence.objects.bulk_create(costs(deadline, using, deadline.party, Consequence.Door.PAGES))


def note_failed_contact(*, case: Case, actor: Any, now: datetime) -> list[Deadline]:
    """The counterpart's line was not answered in the evening: the reply may wait for the morning.

    The failed contact is on the timeline already. Due times are recomputed from their facts (start,
    first failed contact, pauses), never moved by a delta; returns the clocks that changed. What
    happened decides, not what was entered first: a clock broken in between is replaced by the one it
    should have been. Source: CD-03.14.
    """
    changed = []
    for deadline in settle(case=case, now=now):
        if deadline.action != Deadline.Action.REPLY:
            continue
        due = _recompute(deadline)
        # The clause too: the same morning costs another price under another one.
        if due is None or (due.clause, due.due_at) == (deadline.clause, deadline.due_at):
            continue
        if deadline.state == Deadline.State.RUNNING:
            _redate(deadline, due)
            changed.append(deadline)
        elif deadline.state == Deadline.State.BREACHED and due.due_at >= deadline.due_at:
            changed.append(_replace(deadline, due, actor=actor, now=now))
    refresh_next_due(case)
    return changed


def _replace(deadline: Deadline, due: Due, *, actor: Any, now: datetime) -> Deadline:
    """Take a breach back that, by a fact entered late, was none, and start the clock it should have been."""
    penalties.reverse_all(
        deadline_id=deadline.pk,
        reason=_("按补记的事实，当时还没有到期"),
        fact={"reversal": "correction"},
        actor=actor,
        now=now,
    )
    deadline.state = Deadline.State.CANCELLED
    deadline.released_at = now
    deadline.breached_at = deadline.detected_at = None
    deadline.save(update_fields=["state", "released_at", "breached_at", "detected_at"])
    return start(
        case=deadline.case,
        action=Deadline.Action.REPLY,
        due=due,
        using=edition(deadline.rulebook_id),
        party=deadline.party,
        door=Consequence.Door.PAGES,
        started_by=deadline.started_by,
    )


def _redate(deadline: Deadline, due: Due) -> None:
    if deadline.clause != due.clause:  # another clause, and what that one costs
        deadline.clause = due.clause
        _cost_anew(deadline)
    deadline.due_at = due.due_at
    deadline.warn_at = due.warn_at
    deadline.lead_warn_at = due.lead_warn_at
    deadline.warned_at = deadline.lead_warned_at = deadline.warning_seen_at = None
    deadline.inputs = due.inputs()
    deadline.save(
        update_fields=[
            "clause",
            "due_at",
            "warn_at",
            "lead_warn_at",
            "warned_at",
            "lead_warned_at",
            "warning_seen_at",
            "inputs",
        ]
    )


def _pauses(deadline: Deadline) -> tuple[PausedStretch, ...]:
    return tuple(PausedStretch(p.starts_at, p.ends_at, p.reason) for p in deadline.pauses.all())


@transaction.atomic
def pause(
    *,
    deadline: Deadline,
    reason: str,
    note: str,
    until: datetime,
    actor: Any,
    now: datetime,
) -> None:
    """Stop counting from now until ``until``, if the rulebook allows ``reason`` for this clock."""
    settle(case=deadline.case, now=now)
    deadline.refresh_from_db()
    if deadline.state != Deadline.State.RUNNING:
        raise Conflict(_("这个时限已经结束，不能挂起"))
    if until <= now:
        raise KefuError(_("挂起要到将来的时间"), code="not_in_future", field="until")
    Pause.objects.create(
        deadline=deadline,
        reason=reason,
        note=shown(case=deadline.case, text=note),
        starts_at=now,
        ends_at=until,
        paused_by=actor,
    )
    try:
        due = _recompute(deadline)
    except ValueError as error:
        raise KefuError(
            _("规则手册不允许以这个理由挂起 %(clause)s") % {"clause": deadline.clause},
            code="pause_not_allowed",
            field="reason",
        ) from error
    if due is not None:
        _redate(deadline, due)
        refresh_next_due(deadline.case)


def _recompute(deadline: Deadline) -> Due | None:
    """Return when it is due by all its facts, under the edition it started with.

    Raises ValueError for a pause that its clause does not know; a promised time knows none.
    """
    rules, pauses = edition(deadline.rulebook_id).rules, _pauses(deadline)
    if deadline.action == Deadline.Action.FEEDBACK:
        return outlet_due(deadline.starts_at, OutletRules.of(rules), pauses)
    if deadline.action in (Deadline.Action.CALLBACK, Deadline.Action.PROCESS_STEP):
        raise ValueError("a promised time does not pause")
    asked = deadline.started_by
    if deadline.action != Deadline.Action.REPLY:
        since = _instant(asked.data.get("since")) if asked else None
        return due_since(
            deadline.action, since or deadline.starts_at, rules, pauses=pauses, **_said(asked)
        )
    facts = ReplyFacts(
        received_at=deadline.starts_at,
        failed_contact_at=_first_failed_contact(deadline),
        channel=asked.channel if asked else "phone",
        first=asked is None or asked.action != "again",
        pauses=pauses,
    )
    return reply_due(facts, ReplyRules.of(rules))


def _first_failed_contact(deadline: Deadline) -> datetime | None:
    """The first since the clock started: a second call in vain takes nothing back."""
    return (
        Interaction.objects.filter(
            case=deadline.case_id, action="contact_failed", happened_at__gte=deadline.starts_at
        )
        .order_by("happened_at")
        .values_list("happened_at", flat=True)
        .first()
    )


# Who looked at the warning has not looked at the breach.
UNSEEN_BREACH = Q(warning_seen_at=None) | Q(warning_seen_at__lt=F("detected_at"))


@transaction.atomic
def see_warnings(*, case: Case, now: datetime) -> None:
    """The owner has opened the case after the warning: the shift lead need not be told."""
    Deadline.objects.filter(
        Q(state=Deadline.State.RUNNING, warned_at__isnull=False, warning_seen_at=None)
        | Q(state=Deadline.State.BREACHED, answered_at=None) & UNSEEN_BREACH,
        case=case,
    ).update(warning_seen_at=now)


def check_entry_time(*, happened_at: datetime, now: datetime, using: Edition) -> None:
    """Refuse a stated time in the future or further back than the rulebook lets an author go alone."""
    if happened_at > now:
        raise KefuError(_("发生时间不能晚于现在"), code="in_future", field="happened_at")
    if not entry_time_allowed(happened_at, now, using.rules.entry_allowance):
        raise KefuError(
            _("发生时间最多往前补记 %(minutes)d 分钟，更早的请提交补记申请，由另一位审批")
            % {"minutes": using.rules.entry_allowance.total_seconds() // 60},
            code="entry_too_old",
            field="happened_at",
        )


@transaction.atomic
def propose_late_entry(
    *,
    deadline: Deadline,
    interaction: Interaction,
    claimed_at: datetime,
    reason: str,
    actor: Any,
    now: datetime,
) -> LateEntry:
    """Claim that an answer on the timeline was given in time, earlier than its author may state alone."""
    if not reason.strip():
        raise KefuError(_("请写明凭什么说当时已经答复"), code="reason_required", field="reason")
    case = lock(case=deadline.case)
    deadline = Deadline.objects.select_for_update(no_key=True).get(pk=deadline.pk)
    if deadline.state != Deadline.State.BREACHED:
        raise Conflict(_("只有已超时的时限，才需要补记申请"))
    if interaction.case_id != case.pk or not interaction.substantive:
        raise KefuError(_("要选这一单的一条实质答复"), code="not_an_answer", field="interaction")
    if not deadline.starts_at <= claimed_at <= min(deadline.due_at, interaction.recorded_at):
        raise KefuError(
            _("申明的时间要在起算之后，截止和登记之前"),
            code="claim_out_of_range",
            field="claimed_at",
        )
    if deadline.late_entries.filter(approved=None).exists():
        raise Conflict(_("这个时限已有一份补记申请在等审批"))
    return LateEntry.objects.create(
        deadline=deadline,
        interaction=interaction,
        claimed_at=claimed_at,
        reason=shown(case=case, text=reason),
        proposed_by=actor,
        proposed_at=now,
    )


@transaction.atomic
def decide_late_entry(*, entry: LateEntry, approve: bool, actor: Any, now: datetime) -> None:
    """Approve or refuse a late entry; never one's own. Approved and in time, the breach is taken back."""
    if not actor.has_perm("deadlines.decide_late_entry"):
        raise NotAllowed(_("只有主管可以审批补记申请"))
    case = lock(case=entry.deadline.case)  # first, like everybody who touches its clocks
    entry = (
        LateEntry.objects.select_for_update(of=["self"], no_key=True)
        .select_related("interaction", "deadline")
        .get(pk=entry.pk)
    )
    if entry.approved is not None:
        raise Conflict(_("这份补记申请已经审批过了"))
    if entry.proposed_by_id == actor.pk:
        raise KefuError(_("不能审批自己的补记申请"), code="own_proposal")
    if entry.deadline.party_id == actor.party_id:
        raise KefuError(_("不能审批自己要承担的超时"), code="own_penalty")
    entry.approved, entry.decided_by, entry.decided_at = approve, actor, now
    entry.save(update_fields=["approved", "decided_by", "decided_at"])
    deadline = Deadline.objects.select_for_update(no_key=True).get(pk=entry.deadline_id)
    if approve and deadline.state == Deadline.State.BREACHED:
        deadline.state = Deadline.State.MET
        deadline.answered_at, deadline.answered_by = entry.claimed_at, entry.interaction
        deadline.breached_at = deadline.detected_at = None
        deadline.save(
            update_fields=[
                "state",
                "answered_at",
                "answered_by",
                "breached_at",
                "detected_at",
            ]
        )
        penalties.reverse_all(
            deadline_id=deadline.pk,
            reason=entry.reason,
            fact={"reversal": "in_time", "late_entry": entry.pk},
            actor=actor,
            now=now,
        )
        refresh_next_due(case)


@transaction.atomic
def requeue(*, deadline: Deadline, actor: Any, now: datetime) -> None:
    """Let a row that was set aside go on, once its fault is mended: run, or, if it was answered
    meanwhile, end as that answer says."""
    case = lock(case=deadline.case)
    deadline = Deadline.objects.select_for_update(no_key=True).get(pk=deadline.pk)
    if deadline.state != Deadline.State.SET_ASIDE:
        raise Conflict(_("这个时限没有被搁置"))
    deadline.state, deadline.set_aside_reason = Deadline.State.RUNNING, ""
    deadline.save(update_fields=["state", "set_aside_reason"])
    if deadline.answered_by is not None:
        sweep(only=[deadline.pk])
        deadline.refresh_from_db()
        _answered_late(deadline=deadline, answer=deadline.answered_by, actor=actor, now=now)
    refresh_next_due(case)


def owner_party(owner: Employee | None, company: Party) -> Party:
    """Who answers for a case's replies: its owner, or the company while nobody has it."""
    return owner.party if owner is not None else company
