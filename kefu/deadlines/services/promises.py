"""Start, keep, move and pause promises. Every function takes part in its caller's transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Consequence, Deadline, LateEntry, Pause
from kefu.deadlines.services.sweep import sweep
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.penalties import services as penalties
from kefu.policy.clocks import (
    Due,
    OutletRules,
    PromiseRules,
    ReplyFacts,
    ReplyRules,
    outlet_due,
    promise_due,
    reply_due,
)
from kefu.policy.clocks import Pause as PausedStretch
from kefu.policy.consequences import (
    ConsequenceSpec,
    answered_in_time,
    consequences_of,
    entry_time_allowed,
)
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
    started_by: Interaction,
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
    Consequence.objects.bulk_create(_consequences(deadline, using, party, door))
    refresh_next_due(case)
    return deadline


def _consequences(
    deadline: Deadline, using: Edition, party: Party, door: Consequence.Door
) -> Iterable[Consequence]:
    for spec in consequences_of(
        using.rules, deadline.clause, _roles(deadline.action, party)
    ):
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


def _roles(action: str, party: Party) -> set[str]:
    """The roles somebody is there to bear: an unowned case costs no agent anything."""
    if action == Deadline.Action.FEEDBACK:
        return {"queried_outlet"}
    return {"owner"} if party.kind == Party.Kind.EMPLOYEE else set()


def _value(spec: ConsequenceSpec) -> Any:
    return spec.amount if spec.kind == Consequence.Kind.FINE else spec.points


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
    waiting = list(case.deadlines.unanswered().select_for_update().order_by("due_at", "id"))
    overdue = [d.pk for d in waiting if d.state == Deadline.State.RUNNING and d.due_at < now]
    if overdue and sweep(only=overdue):
        for deadline in waiting:
            deadline.refresh_from_db()
    return waiting


def keep(
    *, deadlines: Iterable[Deadline], answer: Interaction, actor: Any, now: datetime
) -> None:
    """An answer that counts: stop these clocks, in time or not by when it *happened*.

    In time, though the sweep came first: breach, penalties and all are taken back by counter-entries.
    Late: the breach stands; what could only have come true while nobody answered (a repeat call)
    lapses.
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
            penalties.lapse(
                deadline_id=deadline.pk,
                condition=Consequence.Condition.REPEAT_CALL,
                fact={
                    "answered_at": answer.happened_at.isoformat(),
                    "interaction": answer.pk,
                },
                actor=actor,
                now=now,
            )
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


def cancel(*, deadline: Deadline) -> None:
    """Nobody waits any more (a question withdrawn in time). A breach that happened stays."""
    if Deadline.objects.filter(pk=deadline.pk, state=Deadline.State.RUNNING).update(
        state=Deadline.State.CANCELLED
    ):
        refresh_next_due(deadline.case)


def repoint(*, case: Case, party: Party, now: datetime) -> None:
    """Give the case's running clocks, and what breaking them costs, to its new owner.

    ``case.owner`` is already the new one; ``party`` is his, or the company's for a case without owner.
    A clock already broken stays with whoever let it run out.
    """
    own = (Deadline.Action.REPLY, Deadline.Action.CALLBACK)
    for deadline in settle(case=case, now=now):
        deadline.owner = case.owner
        deadline.department_id = case.department_id
        if deadline.state == Deadline.State.RUNNING and deadline.action in own:
            deadline.party = party
            deadline.consequences.all().delete()
            Consequence.objects.bulk_create(
                _consequences(
                    deadline,
                    edition(deadline.rulebook_id),
                    party,
                    Consequence.Door.PAGES,
                )
            )
        deadline.warning_seen_at = None
        deadline.save(update_fields=["owner", "department", "party", "warning_seen_at"])


def note_failed_contact(
    *, case: Case, failed_at: datetime, now: datetime
) -> list[Deadline]:
    """The counterpart's line was not answered in the evening: the reply may wait for the morning.

    Due times are recomputed from their facts (start, failed contact, pauses), never moved by a delta;
    returns the clocks that changed. Source: CD-03.14.
    """
    changed = []
    for deadline in settle(case=case, now=now):
        if (
            deadline.state != Deadline.State.RUNNING
            or deadline.action != Deadline.Action.REPLY
        ):
            continue
        facts = ReplyFacts(
            received_at=deadline.starts_at,
            failed_contact_at=failed_at,
            pauses=_pauses(deadline),
        )
        due = reply_due(facts, ReplyRules.of(edition(deadline.rulebook_id).rules))
        if due is not None and due.due_at != deadline.due_at:
            _redate(deadline, due)
            changed.append(deadline)
    refresh_next_due(case)
    return changed


def _redate(deadline: Deadline, due: Due) -> None:
    deadline.clause = due.clause
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
    return tuple(
        PausedStretch(p.starts_at, p.ends_at, p.reason) for p in deadline.pauses.all()
    )


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
        note=note,
        starts_at=now,
        ends_at=until,
        paused_by=actor,
    )
    rules = edition(deadline.rulebook_id).rules
    try:
        due = _recompute(deadline, rules)
    except ValueError as error:
        raise KefuError(
            _("规则手册不允许以这个理由挂起 %(clause)s") % {"clause": deadline.clause},
            code="pause_not_allowed",
            field="reason",
        ) from error
    if due is not None:
        _redate(deadline, due)
        refresh_next_due(deadline.case)


def _recompute(deadline: Deadline, rules: Any) -> Due | None:
    pauses = _pauses(deadline)
    if deadline.action == Deadline.Action.FEEDBACK:
        return outlet_due(deadline.starts_at, OutletRules.of(rules), pauses)
    if deadline.action == Deadline.Action.CALLBACK:
        return promise_due(
            deadline.starts_at, deadline.due_at, PromiseRules.of(rules), pauses
        )
    return reply_due(
        ReplyFacts(deadline.starts_at, pauses=pauses), ReplyRules.of(rules)
    )


@transaction.atomic
def see_warnings(*, case: Case, now: datetime) -> None:
    """The owner has opened the case after the warning: the shift lead need not be told."""
    Deadline.objects.running().filter(
        case=case, warned_at__isnull=False, warning_seen_at=None
    ).update(warning_seen_at=now)


def check_entry_time(*, happened_at: datetime, now: datetime, using: Edition) -> None:
    """Refuse a stated time in the future or further back than the rulebook lets an author go alone."""
    if happened_at > now:
        raise KefuError(
            _("发生时间不能晚于现在"), code="in_future", field="happened_at"
        )
    if not entry_time_allowed(happened_at, now, using.rules.entry_allowance):
        raise KefuError(
            _(
                "发生时间最多往前补记 %(minutes)d 分钟，更早的请提交补记申请，由另一位审批"
            )
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
    """Claim that the answer happened earlier than the author may state alone."""
    if (
        deadline.state != Deadline.State.BREACHED
        or interaction.case_id != deadline.case_id
    ):
        raise Conflict(_("只有已超时的时限，才需要补记申请"))
    if not deadline.starts_at <= claimed_at <= interaction.recorded_at:
        raise KefuError(
            _("申明的时间要在起算之后、登记之前"),
            code="claim_out_of_range",
            field="claimed_at",
        )
    if deadline.late_entries.filter(approved=None).exists():
        raise Conflict(_("这个时限已有一份补记申请在等审批"))
    return LateEntry.objects.create(
        deadline=deadline,
        interaction=interaction,
        claimed_at=claimed_at,
        reason=reason,
        proposed_by=actor,
        proposed_at=now,
    )


@transaction.atomic
def decide_late_entry(
    *, entry: LateEntry, approve: bool, actor: Any, now: datetime
) -> None:
    """Approve or refuse a late entry; never one's own. Approved and in time, the breach is taken back."""
    entry = (
        LateEntry.objects.select_for_update()
        .select_related("deadline", "interaction")
        .get(pk=entry.pk)
    )
    if entry.approved is not None:
        raise Conflict(_("这份补记申请已经审批过了"))
    if entry.proposed_by_id == actor.pk:
        raise KefuError(_("不能审批自己的补记申请"), code="own_proposal")
    entry.approved, entry.decided_by, entry.decided_at = approve, actor, now
    entry.save(update_fields=["approved", "decided_by", "decided_at"])
    deadline = Deadline.objects.select_for_update().get(pk=entry.deadline_id)
    if approve and answered_in_time(deadline.due_at, entry.claimed_at):
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
        refresh_next_due(deadline.case)


@transaction.atomic
def requeue(*, deadline: Deadline) -> None:
    """Let a row that was set aside fire again, once its fault is mended."""
    if not Deadline.objects.filter(
        pk=deadline.pk, state=Deadline.State.SET_ASIDE
    ).update(state=Deadline.State.RUNNING, set_aside_reason=""):
        raise Conflict(_("这个时限没有被搁置"))


def owner_party(owner: Employee | None, company: Party) -> Party:
    """Who answers for a case's replies: its owner, or the company while nobody has it."""
    return owner.party if owner is not None else company
