"""An incident while it is worked on, and its end: its lock, its clocks, what its rulebook wants."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from inquiries.models import AffectedCase, Incident
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.deadlines.services.promises import owner_party
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.selectors import our_company
from kefu.policy.requirements import offered, requirements
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition, edition_in_force, edition_saying
from kefu.staff import barred
from kefu.staff.selectors import head_of

RUN = "inquiries.run_incident"


# Whoever files a complaint of an issue waits here until the one before him is through: of 21 at once
# the last sees the 20 others, and nobody else opens what he opens.
IN_TURN = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))"


Action = Deadline.Action


def edition_for_incidents(*, department_id: int, at: datetime) -> Edition:
    """The edition an incident goes by: the first that binds here and has types of emergencies, else that of the
    department."""
    found = edition_saying(
        lambda rules: bool(offered(rules, "emergency_type").keys),
        department_id=department_id,
        at=at,
    )
    return found or edition_in_force(department_id=department_id, at=at)


def start_clock(
    incident: Incident, action: Deadline.Action, *, line: Interaction, using: Edition
) -> Deadline | None:
    """Start the rulebook's clock of this name from the line; None where the rulebook has none."""
    return deadlines.start_clock(
        case=incident.case,
        action=action,
        using=using,
        party=owner_party(incident.case.owner, our_company()),
        started_by=line,
    )


def keep_clock(
    incident: Incident, action: Deadline.Action, *, line: Interaction, actor: Any, now: datetime
) -> None:
    """What the clocks of this action waited for has happened."""
    waiting = [d for d in deadlines.settle(case=incident.case, now=now) if d.action == action]
    deadlines.keep(deadlines=waiting, answer=line, actor=actor, now=now)


def lock(*, incident: Incident, is_open: bool = True) -> Incident:
    """Return the incident with its case locked. Raises Conflict once it is completed."""
    case = cases.lock(case=incident.case)
    found = Incident.objects.get(pk=incident.pk)
    found.case = case
    if is_open and not found.is_open:
        raise Conflict(_("这个突发事件已经处理完毕"), code="incident_done")
    return found


def need(actor: Any, permission: str, refusal: str) -> None:
    """Raises NotAllowed with these words for whoever lacks the right."""
    if not actor.has_perm(permission):
        raise NotAllowed(refusal)


def demand(rules: Rulebook, form: str, recorded: Iterable[str]) -> None:
    """Refuse what lacks something its clauses want, naming clause and first field."""
    for lack in requirements(rules, form, set(recorded)).lacks:
        raise KefuError(
            _("按 %(clause)s 还要填写") % {"clause": lack.clause},
            code="field_required",
            field=lack.names[0],
            clause=lack.clause,
        )


def rules_of(incident: Incident) -> Rulebook:
    """The rulebook the incident was opened by; a newer one does not touch it."""
    return edition(incident.rulebook_id).rules


@transaction.atomic
def mark_major(*, incident: Incident, actor: Any, now: datetime) -> Incident:
    """A grave one goes to the head's queue at once and stays on top until it is done (LC-01.08)."""
    need(actor, RUN, _("只有组长和主管可以标为重大"))
    incident = lock(incident=incident)
    if incident.is_major:
        raise Conflict(_("已经是重大"), code="major_already")
    Incident.objects.filter(pk=incident.pk).update(is_major=True)
    head = barred.who_may(head_of(incident.case.department_id), now)
    cases.change(case=incident.case, escalated_at=now, owner=head or incident.case.owner)
    deadlines.repoint(
        case=incident.case, party=owner_party(incident.case.owner, our_company()), now=now
    )
    cases.step(case=incident.case, action="marked_major", actor=actor, now=now)
    return incident


@transaction.atomic
def complete(*, incident: Incident, note: str, actor: Any, now: datetime) -> Incident:
    """Everything is done: refused while a complaint is open, a customer waits or a recovery is not told. What was
    warned of and has not begun is called off by it.

    Source: ES-502.24, ES-502.15, ES-502.16.
    """
    need(actor, RUN, _("只有组长和主管可以了结突发事件"))
    note = redact.clean(note, max_length=2_000, field="note", required=True)
    if incident.issue:
        with connection.cursor() as cursor:  # nothing joins while we look
            cursor.execute(IN_TURN, [f"incident:{incident.issue}"])
    incident = lock(incident=incident)
    came = incident.started_at <= now
    for refusal, n in left_open(incident, came=came):
        raise Conflict(refusal.format(n=n), code="not_done")
    ended_at = incident.ended_at or (now if came else None)
    Incident.objects.filter(pk=incident.pk).update(
        stage=Incident.Stage.DONE, completed_at=now, ended_at=ended_at
    )
    line = cases.step(
        case=incident.case,
        action="drill_completed" if incident.is_drill else "incident_completed",
        text=note,
        actor=actor,
        now=now,
    )
    waiting = deadlines.settle(case=incident.case, now=now)
    done = [d for d in waiting if d.action == Action.INCIDENT_COMPLETION]
    deadlines.keep(deadlines=done, answer=line, actor=actor, now=now)
    for deadline in waiting:
        if deadline not in done:  # an estimate nobody waits for any more
            deadlines.cancel(deadline=deadline, now=now)
    cases.move(case=incident.case, to=Case.State.ANSWERED)
    cases.move(case=incident.case, to=Case.State.CLOSED, closed_at=now, escalated_at=None)
    return Incident.objects.get(pk=incident.pk)


def left_open(incident: Incident, *, came: bool) -> list[tuple[str, int]]:
    """What still has to be done before an incident is complete: words with ``{n}``, and how many. ``came``: no warning
    any more."""
    if incident.is_drill:
        lacking = 0 if incident.members.exists() else 1
        return [(_("还没有登记参加演练的人"), 1)] if lacking else []
    found = [
        (_("还有 {n} 件投诉没有处理完"), incident.complaints.unfinished().count()),
        (_("还有 {n} 位等待的客户没有联系"), incident.waiting.filter(contacted_at=None).count()),
        (_("还有 {n} 位受影响的客户没有回访"), _follow_ups(incident)),
        (_("还有 {n} 个渠道没有发布恢复通知"), len(notice_lacking(incident))),
    ]
    if came and incident.kind in (Incident.Kind.NATURAL_DISASTER, Incident.Kind.SYSTEM_FAILURE):
        found.append((_("还没有恢复"), 0 if incident.ended_at else 1))
    return [(words, n) for words, n in found if n]


def _follow_ups(incident: Incident) -> int:
    return AffectedCase.objects.filter(
        Q(incident=incident, follow_up__answered_at=None, follow_up__released_at=None),
        follow_up__isnull=False,
    ).count()


def notice_lacking(incident: Incident) -> tuple[str, ...]:
    """The channels on which a failure's recovery has not been told yet (ES-502.16)."""
    if incident.kind != Incident.Kind.SYSTEM_FAILURE or incident.ended_at is None:
        return ()
    told = {
        f"published_on_{channel}"
        for channel in incident.statements.filter(kind="recovery").values_list(
            "publications__channel", flat=True
        )
        if channel
    }
    return requirements(rules_of(incident), "recovery_notice", told).missing
