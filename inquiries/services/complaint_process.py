"""A complaint from its verification to the solution that the customer takes, one step after the other."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.models import Complaint, ComplaintStep
from inquiries.services.answers import CUSTOMER_CLOCKS
from inquiries.services.complaint_classes import facts_of
from inquiries.services.complaint_standing import (
    Action,
    Code,
    Stage,
    check_form,
    keep_clocks,
    lock_at_stage,
    need_doer,
    round_of,
    start_clock,
    stated,
    take_step,
    written,
)
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.errors import KefuError


@transaction.atomic
def verify(
    *,
    case: Case,
    method: str = "",
    text: str,
    courier_said: str = "",
    head_said: str = "",
    evidence: Sequence[str] = (),
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """Record what was found out. A general complaint names the method; of a grave one the courier and the outlet's
    head were heard, and there is evidence. Source: ES-303.05, ES-303.08, ES-303.09.
    """
    at = lock_at_stage(case, Stage.VERIFICATION, version=version)
    need_doer(at, actor)
    text = written(text, "text")
    heard = {
        "courier_questioned": written(courier_said, "courier_said", required=False),
        "outlet_head_questioned": written(head_said, "head_said", required=False),
    }
    for need in at.position.missing:
        if not heard.get(need):
            raise KefuError(
                _("按 %(clause)s 要写明问到了什么") % {"clause": at.position.clause},
                code="field_required",
                field={"courier_questioned": "courier_said"}.get(need, "head_said"),
            )
    if at.position.outcomes and method not in at.position.outcomes:
        raise KefuError(_("请选怎么核实的"), code="method_required", field="method")
    if at.complaint.grade == Complaint.Grade.MAJOR:
        clause, short = rules_of.evidence_short(at.using.rules, evidence)
        if short:
            raise KefuError(
                _("按 %(clause)s 至少要有一种证据") % {"clause": clause},
                code="evidence_required",
                field="evidence",
            )
    line = cases.step(case=at.case, action="complaint_verified", text=text, actor=actor, now=now)
    names = {"courier_said": "courier_questioned", "head_said": "outlet_head_questioned"}
    told = {name: heard[need] for name, need in names.items() if heard[need]}
    for name, words in told.items():
        cases.step(case=at.case, action=f"complaint_{name}", text=words, actor=actor, now=now)
    step = take_step(
        at,
        at.position.step,
        outcome=method if at.position.outcomes else "",
        text=text,
        line=line,
        data={"evidence": list(evidence), "heard": sorted(told)},
        actor=actor,
        now=now,
    )
    keep_clocks(at.case, [Action.COMPLAINT_VERIFICATION], line, actor=actor, now=now)
    return step


@transaction.atomic
def propose(
    *,
    case: Case,
    text: str,
    apology: bool = False,
    delay_reason: str = "",
    coupon: Decimal | None = None,
    force_majeure: bool = False,
    channel: str,
    happened_at: datetime | None = None,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """Propose a solution to the customer; for a delay with an apology, the reason and a coupon within the rulebook's
    range. Money goes to a claim. Source: ES-303.11 … ES-303.13.
    """
    at = lock_at_stage(case, Stage.SOLUTION, version=version)
    need_doer(at, actor)
    text = written(text, "text")
    delay_reason = written(delay_reason, "delay_reason", required=False)
    given = {"apology": apology, "delay_reason": delay_reason, "proposal": text}
    check_form(at.using.rules, "complaint_solution", given, {"category": at.complaint.category})
    data: dict[str, Any] = {"apology": apology}
    amount = None
    if at.complaint.category == Complaint.Category.DELAY:
        days = facts_of(at.complaint, same_issue=1, now=now).delay_days
        offer = rules_of.coupon(
            at.using.rules, days=days, chosen=coupon, force_majeure=force_majeure
        )
        if offer is not None:
            amount = offer.amount
            data |= {
                "form": offer.form,
                "facts": {
                    "event": "delay",
                    "delay_days": days,
                    "force_majeure": force_majeure,
                    "chosen": None if coupon is None else str(coupon),
                },
                "steps": rules_of.said_in(offer.steps),
            }
        elif coupon is not None:
            raise KefuError(_("规章没有给券"), code="no_coupon", field="coupon")
    elif coupon is not None:
        raise KefuError(_("优惠券只用于延误；赔钱的转为理赔"), code="no_coupon", field="coupon")
    happened_at = stated(at, happened_at, channel, now=now)
    waiting = deadlines.settle(case=at.case, now=now)
    words = "\n".join(filter(None, [text, delay_reason]))
    line = cases.add(
        case=at.case,
        kind=Interaction.Kind.CONTACT,
        action="solution_proposed",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=channel,
        text=words,
        substantive=True,
        happened_at=happened_at,
        data={"round": round_of(at.case) + 1, **({"coupon": str(amount)} if amount else {})},
        actor=actor,
        now=now,
    )
    step = take_step(
        at, Code.PROPOSE, text=words, line=line, data=data, amount=amount, actor=actor, now=now
    )
    answered = [
        d for d in waiting if d.action in CUSTOMER_CLOCKS and d.starts_at <= line.happened_at
    ]
    deadlines.keep(deadlines=answered, answer=line, actor=actor, now=now)
    at.case.refresh_from_db(fields=["next_due_at"])
    if not at.case.network_queries.open().exists():
        cases.move(case=at.case, to=Case.State.ANSWERED)
    return step


@transaction.atomic
def answer_solution(
    *,
    case: Case,
    accepted: bool,
    text: str,
    channel: str,
    happened_at: datetime | None = None,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """Record what the customer says to the proposal. Accepted, it is solved and the follow-up's clock begins; if not,
    the next round does. Source: ES-303.20 … ES-303.23.
    """
    at = lock_at_stage(case, Stage.NEGOTIATION, version=version)
    text = written(text, "text", required=False)
    logged = {"negotiated_at": now, "proposal": True, "customer_reply": text}
    check_form(at.using.rules, "negotiation_round", logged)
    happened_at = stated(at, happened_at, channel, now=now)
    if accepted:
        rules_of.may_resolve(at.using.rules, accepted=accepted)
    line = cases.add(
        case=at.case,
        kind=Interaction.Kind.CONTACT,
        action="solution_accepted" if accepted else "solution_rejected",
        direction=Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=channel,
        text=text,
        happened_at=happened_at,
        data={"round": round_of(at.case)},
        actor=actor,
        now=now,
    )
    outcome = "accepted" if accepted else "rejected"
    step = take_step(at, Code.ANSWER, outcome=outcome, text=text, line=line, actor=actor, now=now)
    if not accepted:
        cases.move(case=at.case, to=Case.State.OPEN)
        return step
    keep_clocks(at.case, [Action.COMPLAINT_SOLUTION], line, actor=actor, now=now)
    revisited = at.case.deadlines.unanswered().filter(action=Action.COMPLAINT_REVISIT).exists()
    if not revisited:  # else the next call is promised already
        start_clock(at.case, Action.COMPLAINT_FOLLOW_UP, at.using, line)
    return step
