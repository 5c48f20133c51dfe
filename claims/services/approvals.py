"""Who has to agree to a settlement, and what his yes or no does."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import Approval, ApprovalLimit, Claim, Settlement
from claims.services import clock
from claims.services.doing import Stage, Work, go, take_up
from kefu import punctuation
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.privacy import redact

Need = ApprovalLimit.Need
RIGHTS: dict[str, str] = {
    Need.SPECIALIST: "claims.approve_settlement",
    Need.SUPERVISOR: "claims.approve_settlement",
    Need.MANAGER: "claims.approve_any_settlement",
}


@transaction.atomic
def decide_settlement(
    *,
    settlement: Settlement,
    approve: bool,
    note: str = "",
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Settlement:
    """Approve or refuse a settlement; never one's own, and each level is another person: whoever may give several
    gives the highest that is missing.

    Approved by all it goes to be paid; refused by anybody it goes back to be negotiated, and its clock runs on as
    if nothing had been agreed. Raises NotAllowed, KefuError, Conflict where it was decided before.
    """
    note = redact.clean(note, max_length=500, field="note", required=not approve)
    work = take_up(case=settlement.claim.case, stages=[Stage.APPROVAL], version=version)
    settlement = Settlement.objects.select_for_update(of=["self"]).get(pk=settlement.pk)
    if settlement.state != Settlement.State.PROPOSED:
        raise Conflict(_("这份和解已经审批过"), code="decided_already")
    if settlement.proposed_by_id == actor.pk:
        raise KefuError(_("不能审批自己谈定的赔付"), code="own_settlement")
    if actor.party_id and _bears(work.claim, actor.party_id):
        raise KefuError(_("不能审批自己要承担的赔付"), code="own_liability")
    left = settlement.open_needs
    who = punctuation.alike(*(str(Need(need).label) for need in left))
    if settlement.approvals.filter(decided_by=actor).exists():
        raise KefuError(
            _("你已经批过这一笔，{who}要由另一个人审批").format(who=who), code="approved_by_you"
        )
    need = next((need for need in reversed(left) if actor.has_perm(RIGHTS[need])), None)
    if need is None:
        raise NotAllowed(_("要由{who}审批").format(who=who), code="not_by_you", need=left[0])
    Approval.objects.create(
        settlement=settlement,
        need=need,
        approved=approve,
        note=cases.shown(case=work.case, text=note, field="note") if note else "",
        decided_by=actor,
        decided_at=now,
    )
    cases.step(
        case=work.case,
        action="settlement_approved" if approve else "settlement_refused",
        text=note,
        actor=actor,
        now=now,
        settlement=settlement.pk,
        amount=str(settlement.amount),
        needs=[need],
    )
    if not approve:
        _refused(work, settlement)
    elif left == [need]:
        settle_approved(work, settlement, actor=actor, now=now)
    notifications.publish(
        kind=Event.Kind.CLAIM_DECIDED,
        at=now,
        user_id=settlement.proposed_by_id,
        department_id=work.case.department_id,
        case_id=work.case.pk,
    )
    return settlement


def settle_approved(work: Work, settlement: Settlement, *, actor: Any, now: datetime) -> None:
    """Nobody has to say anything any more: to be paid; a coupon is given and no payment (ES-303.13)."""
    settlement.state = Settlement.State.APPROVED
    settlement.save(update_fields=["state"])
    if settlement.inputs["form"] != "coupon":
        go(work, Stage.PAYMENT)
        return
    cases.step(
        case=work.case,
        action="coupon_given",
        actor=actor,
        now=now,
        amount=str(settlement.amount),
    )
    finish(work, Claim.Ending.COUPON, actor=actor, now=now)


def finish(work: Work, ending: Claim.Ending, *, actor: Any, now: datetime, **columns: Any) -> None:
    """Close the claim and its case."""
    go(work, Stage.CLOSED, ending=ending, closed_at=now, **columns)
    clock.release(claim=work.claim, now=now)
    if work.case.state != Case.State.ANSWERED:
        cases.move(case=work.case, to=Case.State.ANSWERED)
    cases.move(
        case=work.case,
        to=Case.State.CLOSED,
        closed_at=now,
        handed_over=False,
        escalated_at=None,
    )
    cases.step(case=work.case, action="closed", actor=actor, now=now, ending=ending)


def drop(settlement: Settlement | None) -> None:
    """What was agreed and is not approved holds no longer."""
    if settlement is not None:
        settlement.state = Settlement.State.REFUSED
        settlement.save(update_fields=["state"])


def _refused(work: Work, settlement: Settlement) -> None:
    drop(settlement)
    go(work, Stage.NEGOTIATION, settled_at=None)
    clock.run_again(claim=work.claim)


def _bears(claim: Claim, party_id: int) -> bool:
    return claim.findings.filter(outcome="confirmed", liable__party=party_id).exists()
