"""What is decided on a proposal, and what follows: given, not upheld, signed, filed, taken back (ES-138.02, ES-137.02)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.access import Actor, may
from kefu.policy.pay import reward
from kefu.policy.refusals import BadFacts, NotInRulebook
from kefu.policy.sanctions import Proposable, event_counted
from kefu.policy.steps import Step
from kefu.rulebooks.selectors import edition
from payroll.models import Level, Proposal, ProposedMeasure, RegisterEntry
from payroll.selectors.discipline import DECIDE, REVIEW, VERIFY, accumulation, right_for
from payroll.services import register
from payroll.services.discipline import check, check_second, line_of, lock, tell
from payroll.services.register import said

State = Proposal.State


def _check_authority(row: Proposal, levels: Sequence[str], actor: Any) -> None:
    """Each grade has its authority: warnings and commendations the supervisor, everything graver the manager."""
    for level in levels:
        check(DECIDE, row.employee, actor)
        if not actor.has_perm(right_for(level)):
            raise NotAllowed(_("%(level)s由经理决定") % {"level": Level(level).label})


@transaction.atomic
def decide(
    *,
    proposal: Proposal,
    given: Mapping[int, str],
    amount: Decimal | None = None,
    reason: str,
    actor: Any,
    now: datetime,
) -> Proposal:
    """Decide what is given: by measure its level, or "" for none of it. ``amount``: yuan, where the level is a fine.

    Raises NotAllowed, KefuError naming the field, Conflict (out_of_turn, second_person, not_verified).
    """
    row = lock(proposal, State.PROPOSED, State.VERIFIED)
    measures = list(row.measures.select_related("entry__employee"))
    levels = {one.pk: given.get(one.pk, "") for one in measures}
    _check_authority(row, [one.asked for one in measures], actor)
    _check_authority(row, [level for level in levels.values() if level], actor)
    check_second(row, actor)
    _check_verified(row, measures, actor)
    if not any(levels.values()):
        raise KefuError(_("一级都不给，请按“不成立”办"), code="nothing_given", field="given")
    reason, steps = said(reason, "reason", 1_000), list[Step]()
    for measure in measures:
        level, line = levels[measure.pk], line_of(measure)
        if level and level not in line.levels:
            raise KefuError(_("这一条没有这一级"), code="other_level", field="given")
        if not level:
            register.drop(entry=measure.entry, reason=reason[:500], actor=actor, now=now)
            continue
        steps += _why(row, measure, line)
        measure.entry = _given(row, measure, level, amount, actor, now)
        measure.given = level
        measure.save(update_fields=["entry", "given"])
        _count_with(measure, line, actor, now)
    row.state, row.reason = State.DECIDED, reason
    row.decided_by, row.decided_at = actor, now
    row.steps = [step.to_json() for step in steps]
    row.save(update_fields=["state", "reason", "decided_by", "decided_at", "steps"])
    tell(row, "decided", [row.employee.user_id], now)
    return row


def _check_verified(row: Proposal, measures: Sequence[ProposedMeasure], actor: Any) -> None:
    if row.rewards:
        return
    recorded = {"violation_verified"} if row.state == State.VERIFIED else set[str]()
    rules = edition(measures[0].entry.rulebook_id).rules
    try:
        allowed = may(rules, "issue_sanction", Actor(role=actor.role, recorded=recorded)).allowed
    except NotInRulebook:
        allowed = bool(recorded)
    if not allowed or row.state != State.VERIFIED:  # rule: ES-138.02
        raise Conflict(_("查实以后才能处分"), code="not_verified")


def _why(row: Proposal, measure: ProposedMeasure, line: Proposable) -> list[Step]:
    """What the decision rests on: what suggested it, what was counted, the ground. Raises KefuError for what lacks."""
    entry = measure.entry
    rules = edition(entry.rulebook_id).rules
    steps = [Step.from_json(one) for one in entry.inputs.get("steps", ())]
    if not line.rewards:
        return [*steps, *accumulation(rules, row.employee, line.clause, row.happened_on).steps]
    proof = row.evidence or ("1" if row.pictures.exists() else "")
    try:
        _level, step = reward(rules, line.clause, {"description": row.facts, "evidence": proof})
    except BadFacts as error:
        # rule: ES-137.01
        raise KefuError(
            _("%(clause)s 要有证据：先补图片，或由提议人写明出处") % {"clause": line.clause},
            code="evidence_wanted",
            field="given",
        ) from error
    return [*steps, step]


def _given(
    row: Proposal,
    measure: ProposedMeasure,
    level: str,
    amount: Decimal | None,
    actor: Any,
    now: datetime,
) -> RegisterEntry:
    """The line that counts: that of the proposal, or for a fine one with its amount in its place."""
    entry = register.lock(measure.entry)
    if level != Level.FINE:
        return register.count(entry=entry, actor=actor, now=now)
    if amount is None or amount <= 0:
        raise KefuError(_("罚款要写金额"), code="value_wanted", field="amount")
    fine = register.enter(
        employee=entry.employee,
        clause=entry.clause,
        rulebook_id=entry.rulebook_id,
        kind=RegisterEntry.Kind.FINE,
        value=amount,
        happened_on=entry.happened_on,
        reason=row.facts[:500],
        source=f"fine:{entry.pk}",
        verified=True,
        actor=actor,
        now=now,
    )
    said_so = _("按罚款 %(amount)s 元计入") % {"amount": amount}
    register.drop(entry=entry, reason=said_so, actor=actor, now=now)
    return fine


def _count_with(measure: ProposedMeasure, line: Proposable, actor: Any, now: datetime) -> None:
    """The first time is a warning, and counts: the score sheet goes on from there (SD-233.49)."""
    rules = edition(measure.entry.rulebook_id).rules
    event = event_counted(rules, line.counts) if line.counts else None
    if event is None or measure.given != Level.WARNING:
        return
    register.enter(
        employee=measure.entry.employee,
        clause=event.id,
        rulebook_id=measure.entry.rulebook_id,
        kind=RegisterEntry.Kind.POINTS,
        happened_on=measure.entry.happened_on,
        reason=measure.entry.reason,
        source=f"with:{measure.entry.pk}",
        verified=True,
        actor=actor,
        now=now,
    )


@transaction.atomic
def not_upheld(*, proposal: Proposal, reason: str, actor: Any, now: datetime) -> None:
    """It is not so, or deserves nothing: nothing of it counts, and the reason stays (ES-118.01).

    Raises NotAllowed, KefuError, Conflict (out_of_turn, second_person).
    """
    row = lock(proposal, State.PROPOSED, State.VERIFIED)
    measures = list(row.measures.select_related("entry__employee"))
    if row.rewards or row.state == State.VERIFIED:
        _check_authority(row, [one.asked for one in measures], actor)
    else:
        check(VERIFY, row.employee, actor)
    check_second(row, actor)
    row.state, row.reason = State.NOT_UPHELD, said(reason, "reason", 1_000)
    row.decided_by, row.decided_at = actor, now
    row.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    for measure in measures:
        register.drop(entry=measure.entry, reason=row.reason[:500], actor=actor, now=now)
    if not row.rewards:
        tell(row, "not_upheld", [row.employee.user_id], now)


# Afterwards.


@transaction.atomic
def sign(*, proposal: Proposal, actor: Any, now: datetime) -> None:
    """The person has read the decision; that he agrees is not said. Raises NotAllowed, Conflict."""
    row = lock(proposal, State.DECIDED)
    if row.employee.user_id != actor.pk:
        raise NotAllowed(_("由本人签阅"))
    if row.signed_at is None:
        row.signed_at = now
        row.save(update_fields=["signed_at"])


@transaction.atomic
def file(*, proposal: Proposal, actor: Any, now: datetime) -> None:
    """Human resources put the decision into the person's file. Raises NotAllowed, Conflict."""
    row = lock(proposal, State.DECIDED)
    check(REVIEW, row.employee, actor)
    if row.filed_at is not None:
        raise Conflict(_("已经归档了"), code="filed")
    if row.decided_by_id == actor.pk:
        raise Conflict(_("自己决定的由另一个人归档"), code="second_person")
    row.filed_by, row.filed_at = actor, now
    row.save(update_fields=["filed_by", "filed_at"])


@transaction.atomic
def withdraw(*, measure: ProposedMeasure, reason: str, actor: Any, now: datetime) -> None:
    """What was given is taken back, with the reason; it stays to be seen. Raises NotAllowed, KefuError, Conflict."""
    row = lock(measure.proposal, State.DECIDED)
    given = row.measures.select_related("entry__employee").get(pk=measure.pk)
    if not given.given:
        raise Conflict(_("这一级没有给，不用撤销"), code="entry_not_counted")
    _check_authority(row, [given.given], actor)
    register.drop(entry=given.entry, reason=said(reason), actor=actor, now=now)
    tell(row, "withdrawn", [row.employee.user_id], now)
