"""The call after the solution: the customer is content, or not, or cannot be reached (ES-303.24 … ES-303.27)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries.models import ComplaintStep
from inquiries.services.complaint_standing import (
    JUDGE,
    Action,
    Code,
    Stage,
    add_beside,
    check_form,
    keep_clocks,
    lock_at_stage,
    start_clock,
    stated,
    take_step,
    written,
)
from inquiries.services.telling import tell_outlet
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.errors import Conflict, KefuError, NotAllowed

FOLLOW_UPS = (Action.COMPLAINT_FOLLOW_UP, Action.COMPLAINT_REVISIT)
# After so many calls in vain a supervisor may close; ES-303.25 does not say, the house does.
ATTEMPTS = 3


@transaction.atomic
def follow_up(
    *,
    case: Case,
    satisfied: bool | None,
    further_needs: str,
    text: str = "",
    channel: str = Interaction.Channel.PHONE,
    happened_at: datetime | None = None,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """Record the call after the solution. Content, the complaint may be closed; if not, it goes back to the solution
    and the next call is due. Source: ES-303.24 … ES-303.27.
    """
    at = lock_at_stage(case, Stage.FOLLOW_UP, version=version)
    if satisfied is None:
        raise KefuError(_("请选客户满意不满意"), code="field_required", field="satisfied")
    needs = written(further_needs, "further_needs", required=False)
    check_form(at.using.rules, "follow_up_questions", {"satisfied": True, "further_needs": needs})
    recorded = {"followed_up_at": now, "result": True, "agent": actor}
    check_form(at.using.rules, "follow_up_record", recorded)
    text = written(text, "text", required=False)
    happened_at = stated(at, happened_at, channel, now=now)
    line = cases.add(
        case=at.case,
        kind=Interaction.Kind.CONTACT,
        action="followed_up_satisfied" if satisfied else "followed_up_dissatisfied",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=channel,
        text="\n".join(filter(None, [text, needs])),
        happened_at=happened_at,
        actor=actor,
        now=now,
    )
    step = take_step(
        at,
        Code.FOLLOW_UP,
        outcome="satisfied" if satisfied else "dissatisfied",
        text=needs,
        line=line,
        actor=actor,
        now=now,
    )
    keep_clocks(at.case, FOLLOW_UPS, line, actor=actor, now=now)
    if satisfied:
        cases.move(case=at.case, to=Case.State.ANSWERED)
    else:
        cases.move(case=at.case, to=Case.State.OPEN)
        start_clock(at.case, Action.COMPLAINT_REVISIT, at.using, line)
    return step


@transaction.atomic
def note_unreached(
    *, case: Case, text: str = "", version: int | None = None, actor: Any, now: datetime
) -> ComplaintStep:
    """The customer did not answer the follow-up call: it is on record and meets no deadline (ES-303.25)."""
    at = lock_at_stage(case, Stage.FOLLOW_UP, version=version)
    line = cases.add(
        case=at.case,
        kind=Interaction.Kind.CONTACT,
        action="follow_up_unreached",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=Interaction.Channel.PHONE,
        text=written(text, "text", required=False),
        actor=actor,
        now=now,
    )
    return add_beside(at.case, Code.UNREACHED, line=line, actor=actor, now=now)


def unreached(case: Case) -> int:
    """Calls in vain since the customer last spoke."""
    last = (
        case.complaint_steps.filter(code__in=[Code.ANSWER, Code.FOLLOW_UP])
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )
    return case.complaint_steps.filter(code=Code.UNREACHED, pk__gt=last or 0).count()


@transaction.atomic
def give_up_follow_up(
    *, case: Case, reason: str, version: int | None = None, actor: Any, now: datetime
) -> ComplaintStep:
    """A supervisor lets a complaint end whose customer cannot be reached any more, with a reason (ES-303.25)."""
    if not actor.has_perm(JUDGE):
        raise NotAllowed(_("联系不上的投诉由主管结案"))
    at = lock_at_stage(case, Stage.FOLLOW_UP, version=version)
    if unreached(at.case) < ATTEMPTS:
        raise Conflict(
            _("至少打过 %(n)d 次没接通才能这样结案") % {"n": ATTEMPTS}, code="too_few_attempts"
        )
    reason = written(reason, "reason")
    line = cases.step(case=at.case, action="follow_up_given_up", text=reason, actor=actor, now=now)
    for clock in deadlines.settle(case=at.case, now=now):
        if clock.action in FOLLOW_UPS:
            deadlines.cancel(deadline=clock, now=now)
    at.case.refresh_from_db(fields=["next_due_at"])
    at.complaint.stage = Stage.DONE
    at.complaint.save(update_fields=["stage"])
    cases.move(case=at.case, to=Case.State.ANSWERED)
    tell_outlet(case=at.case, now=now)
    return add_beside(at.case, Code.GIVEN_UP, line=line, actor=actor, now=now)
