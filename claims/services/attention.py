"""Who has to look: the heads at a major claim, the adjuster at one that waits, a unit at what the centre advises."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import Claim, Finding, Liability
from claims.selectors.rules import process_rules
from claims.services.doing import CALLED, need_right, need_rulebooks_leave, take_up
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.processes import routed
from kefu.policy.refusals import NotInRulebook
from kefu.privacy import redact
from kefu.staff.selectors import head_ids

LIMIT = 500  # characters


def tell_the_heads(*, case: Case, now: datetime) -> None:
    """A major claim goes to the heads at once and stays among what was escalated to them (LC-01.08)."""
    columns: dict[str, Any] = {"priority": Case.Priority.URGENT}
    if case.escalated_at is None:
        columns["escalated_at"] = now
    cases.change(case=case, **columns)  # rule: LC-01.08
    for user_id in head_ids():
        notifications.publish(
            kind=Event.Kind.CLAIM_MAJOR,
            at=now,
            user_id=user_id,
            department_id=case.department_id,
            case_id=case.pk,
        )


@transaction.atomic
def mark_major(*, case: Case, reason: str, actor: Any, now: datetime) -> Claim:
    """Mark a claim as major, with a word why; it is the heads' at once (LC-01.08)."""
    need_right(actor=actor, case=case)
    reason = redact.clean(reason, max_length=LIMIT, field="reason", required=True)
    work = take_up(case=case, stages=())
    if work.claim.major:
        raise Conflict(_("这笔理赔已经标为重大"), code="major_already")
    work.claim.major = True
    work.claim.save(update_fields=["major"])
    cases.step(case=work.case, action="claim_major", text=reason, actor=actor, now=now)
    tell_the_heads(case=work.case, now=now)
    return work.claim


@transaction.atomic
def remind(*, case: Case, text: str, actor: Any, now: datetime) -> Interaction:
    """Urge the adjuster; each reminder is kept and counted (LC-02.11, LC-05.06).

    Raises Conflict for a claim that nobody has, KefuError for one's own.
    """
    text = redact.clean(text, max_length=LIMIT, field="text", required=True)
    if not actor.has_perm("cases.work_case"):
        raise KefuError(_("你的角色不能催办"), code="not_allowed")
    work = take_up(case=case, stages=())
    owner = work.case.owner
    if owner is None:
        raise Conflict(_("这笔理赔还没有人办，先转给理赔员"), code="nobody_to_remind")
    if owner.user_id == actor.pk:
        raise KefuError(_("这是你自己的理赔，不用催自己"), code="own_claim")
    line = cases.step(
        case=work.case,
        action="claim_reminded",
        text=text,
        actor=actor,
        now=now,
        **_by(work.case, actor),
    )
    notifications.publish(
        kind=Event.Kind.CLAIM_REMINDED,
        at=now,
        user_id=owner.user_id,
        department_id=work.case.department_id,
        case_id=work.case.pk,
    )
    return line


def _by(case: Case, actor: Any) -> dict[str, str]:
    """The clause by which somebody of this role urges adjusters, where the rulebook has one."""
    using = process_rules(case)
    by_head = CALLED.get(actor.role) == "centre"
    matter = "ageing_claim_reminder" if by_head else "open_claim_reminder"
    sender = "supervisor" if by_head else "agent"
    if using is None:
        return {}
    try:
        targets, _steps = routed(using.rules, matter, {"sent_by": sender})
    except NotInRulebook:
        return {}
    return {"clause": targets[0].clause} if targets else {}


@transaction.atomic
def guide(*, case: Case, unit: Party, text: str, actor: Any, now: datetime) -> Interaction:
    """Write an instruction for a unit that handles the claim or is liable for it; the unit reads it
    (LC-01.24, LC-04.08).
    """
    need_right(actor=actor, case=case)
    need_rulebooks_leave(actor=actor, case=case, act="write_claim_guidance")
    text = redact.clean(text, max_length=2_000, field="text", required=True)
    work = take_up(case=case, stages=())
    if unit.pk not in {party.pk for party in units_of(work.case)}:
        raise KefuError(
            _("{unit} 与这笔理赔无关").format(unit=unit), code="not_concerned", field="unit"
        )
    line = cases.add(
        case=work.case,
        kind=Interaction.Kind.CONTACT,
        action="claim_guidance",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.OUTLET,
        party=unit,
        channel=Interaction.Channel.OUTLET,
        text=text,
        actor=actor,
        now=now,
    )
    notifications.publish(
        kind=Event.Kind.CLAIM_GUIDED,
        at=now,
        party_id=unit.pk,
        department_id=work.case.department_id,
        case_id=work.case.pk,
        data={"claim": work.case.number, "claim_id": work.case.pk},
    )
    return line


def units_of(case: Case) -> list[Party]:
    """The units whose claim it is: the outlet that handles it, and whoever was found liable."""
    liable = Liability.objects.filter(
        finding__claim=case.pk, finding__outcome=Finding.Outcome.CONFIRMED, party__isnull=False
    ).select_related("party")
    units = [*([case.outlet] if case.outlet else []), *(one.party for one in liable if one.party)]
    return list({unit.pk: unit for unit in units}.values())
