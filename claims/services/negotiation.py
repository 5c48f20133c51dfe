"""Talk with the claimant: attempts, rounds, and what both sides agree on at last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import ApprovalLimit, Claim, Finding, Offer, Settlement
from claims.selectors.amounts import Computed, agreed_besides, computed, confirmed_finding
from claims.selectors.rules import process_rules
from claims.services import clock
from claims.services.approvals import RIGHTS, settle_approved
from claims.services.doing import (
    Stage,
    Work,
    amount,
    choice,
    go,
    need_right,
    said,
    take_up,
    when_it_happened,
)
from claims.services.findings import Share, division_of
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.errors import KefuError
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.parcels.models import Waybill
from kefu.policy.compensation import divide, split
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import User
from kefu.staff.selectors import head_ids
from problem_parcels.services.asking import demand, refusals

Need, Reply = ApprovalLimit.Need, Offer.Reply
FEN = Decimal("0.01")
LIMIT = 1_000  # characters
OUTCOMES = ("reached", "no_answer", "busy", "refused", "wrong_number")


@transaction.atomic
def contact_claimant(
    *,
    case: Case,
    result: str,
    channel: str,
    text: str = "",
    happened_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> Interaction:
    """Log an attempt to reach the claimant: when, by which channel, with which result (LC-01.19). No clock stops."""
    if not actor.has_perm("cases.work_case"):
        raise KefuError(_("你的角色不能登记联系"), code="not_allowed")
    if result not in OUTCOMES:
        raise KefuError(_("请选联系的结果"), code="field_required", field="result")
    text = redact.clean(text, max_length=LIMIT, field="text")
    work = take_up(case=case, stages=())
    using = process_rules(work.case)
    if using is not None:
        demand(using.rules, "contact_attempt", {"contacted_at", "channel", "result"})
    at = when_it_happened(work, happened_at, earliest=work.claim.demanded_at, now=now)
    return said(
        work,
        action="claimant_contacted",
        text=text,
        channel=channel,
        happened_at=at,
        actor=actor,
        now=now,
        result=result,
    )


@transaction.atomic
def make_offer(
    *,
    case: Case,
    offered: Decimal,
    reply: str,
    channel: str,
    text: str = "",
    counter_amount: Decimal | None = None,
    happened_at: datetime | None = None,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Offer:
    """Log a round of the negotiation that did not end it (ES-303.22, LC-01.20). No clock stops."""
    need_right(actor=actor, case=case, act="negotiate_claim")
    if choice(reply, Reply, "reply") == Reply.ACCEPTED:
        raise KefuError(_("客户接受了，请用“谈定”登记"), code="use_agreement", field="reply")
    work = take_up(case=case, stages=[Stage.NEGOTIATION], version=version)
    at = when_it_happened(work, happened_at, earliest=_negotiable_since(work.claim), now=now)
    return _record_offer(
        work,
        offered=offered,
        counter_amount=counter_amount,
        reply=Reply(reply),
        channel=channel,
        text=text,
        action="claim_offered",
        at=at,
        actor=actor,
        now=now,
    )[0]


@transaction.atomic
def agree(
    *,
    case: Case,
    agreed: Decimal,
    channel: str,
    text: str = "",
    deviation_reason: str = "",
    happened_at: datetime | None = None,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Settlement:
    """Record what the customer accepted, beside what the rulebook computes; the amount is frozen.

    Another amount than the computed one wants a reason and the manager; the manager sees as well what comes on top of
    another claim for the same parcel. The clock stops at the moment of the agreement. Whoever has to approve is told;
    where nobody has to, it goes to be paid. Raises KefuError naming the field.

    Source: CD-05.17, ES-303.13 … ES-303.20, LC-01.07, LC-01.20.
    """
    need_right(actor=actor, case=case, act="negotiate_claim")
    reason = redact.clean(deviation_reason, max_length=500, field="deviation_reason")
    work = take_up(case=case, stages=[Stage.NEGOTIATION], version=version)
    claim = work.claim
    total = amount(agreed, "agreed", least=FEN)
    assert total is not None
    at = when_it_happened(work, happened_at, earliest=_negotiable_since(claim), now=now)
    # 1. What does the rulebook make of it?
    found = computed(claim, agreed=total)
    _alone_with_the_parcel(work.case)
    besides = agreed_besides(claim)
    deal = _deal(found, total, reason, besides=bool(besides))
    using = found.using or edition_in_force(department_id=work.case.department_id, at=now)
    if found.using is not None:
        demand(
            found.using.rules,
            "claim_agreement",
            {"offers", "agreed_amount_yuan", "agreed_at", "customer_acceptance"},
        )
    # 2. Record it.
    offer, line = _record_offer(
        work,
        offered=total,
        counter_amount=None,
        reply=Reply.ACCEPTED,
        channel=channel,
        text=text,
        action="claim_agreed",
        at=at,
        actor=actor,
        now=now,
    )
    settlement = Settlement.objects.create(
        claim=claim,
        offer=offer,
        amount=total,
        computed=deal.computed,
        clause=deal.clause,
        rulebook_id=using.version_id,
        inputs={
            **_inputs(claim, found, deal, total),
            "besides": [[one.claim.case.number, str(one.amount)] for one in besides],
        },
        deviation_reason=cases.shown(case=work.case, text=reason) if reason else "",
        needs=deal.needs,
        accepted_at=at,
        proposed_by=actor,
        proposed_at=now,
    )
    clock.stop(claim=claim, settled=line, actor=actor, now=now)
    # 3. Who goes on?
    if deal.needs:
        go(work, Stage.APPROVAL, settled_at=at)
        _ask_for_approval(work, deal.needs, actor=actor, now=now)
    else:
        claim.settled_at = at
        claim.save(update_fields=["settled_at"])
        settle_approved(work, settlement, actor=actor, now=now)
    return settlement


def _alone_with_the_parcel(case: Case) -> None:
    """Of two who agree at once on claims for one parcel the second waits here, and sees the first one's amount."""
    if case.waybill_id is not None:
        Waybill.objects.select_for_update(no_key=True).values_list("pk").get(pk=case.waybill_id)


@dataclass(frozen=True, slots=True)
class _Deal:
    """What was agreed, as the rulebook sees it. ``computed`` None: it sets no amount."""

    computed: Decimal | None
    clause: str
    form: str
    needs: list[str]


def _deal(found: Computed, total: Decimal, reason: str, *, besides: bool) -> _Deal:
    """``besides``: whether something is paid for the same parcel already; then the manager looks at it too."""
    by_rulebook = found.found
    if found.fault and not (found.field == "chosen" and reason):
        raise KefuError(
            found.fault, code="not_decided", field=_FIELDS.get(found.field, found.field)
        )
    sum_computed = by_rulebook.amount if by_rulebook else None
    clause = by_rulebook.clause if by_rulebook else ""
    form = by_rulebook.form if by_rulebook else "money"
    deviates = bool(found.fault) or (sum_computed is not None and sum_computed != total)
    if deviates and not reason:
        raise KefuError(
            _("按 {clause} 算是 {computed} 元，谈定的不同，要写明理由").format(
                clause=clause, computed=sum_computed
            ),
            code="deviation_unexplained",
            field="deviation_reason",
        )
    if not deviates and reason:
        raise KefuError(
            _("谈定的与规章计算一致，不用写偏离理由")
            if by_rulebook
            else _("规章在这里没有算出金额，没有可偏离的；说明请写在谈定的话里"),
            code="no_deviation",
            field="deviation_reason",
        )
    needs = set(by_rulebook.approvals) if by_rulebook else set()
    needs |= {Need.MANAGER} if deviates or besides else set()
    if form == "money":  # a coupon is bounded by its clause
        needs |= {limit.need for limit in ApprovalLimit.objects.filter(above__lt=total)}
    return _Deal(sum_computed, clause, form, [need.value for need in Need if need in needs])


# What the form of the agreement calls a fact of policy.
_FIELDS = {"chosen": "agreed", "liable": ""}


def _inputs(claim: Claim, found: Computed, deal: _Deal, total: Decimal) -> dict[str, Any]:
    """What was decided and by what, to be told and decided anew."""
    kept: dict[str, Any] = {
        "claim": found.facts.model_dump(mode="json", exclude_none=True),
        "form": deal.form,
        "steps": [step.to_json() for step in found.found.steps] if found.found else [],
    }
    finding = confirmed_finding(claim)
    if deal.form == "money" and finding is not None:
        kept["division"] = _division(claim, finding, total)
    return kept


def _division(claim: Claim, finding: Finding, total: Decimal) -> dict[str, Any]:
    """The amount among the liable, exact to the fen and in sum (LC-01.18)."""
    rows = list(finding.liable.all())
    shares: Sequence[Share] = [Share(one.kind, one.party, one.percent) for one in rows]
    using = process_rules(claim.case)
    kept: dict[str, Any] = {"finding": finding.pk, "liable": [one.pk for one in rows]}
    if using is None:
        parts = split(total, [one.percent for one in shares])
        return kept | {"amounts": [str(part) for part in parts], "steps": []}
    facts = division_of(total, shares, finding.reason)
    with refusals(using.rules):
        divided = divide(using.rules, facts)
    return kept | {
        "rulebook": using.version_id,
        "facts": facts.model_dump(mode="json"),
        "amounts": [str(part) for part in divided.amounts],
        "steps": [step.to_json() for step in divided.steps],
    }


def _negotiable_since(claim: Claim) -> datetime:
    """No amount before the liability was confirmed (LC-01.07)."""
    finding = confirmed_finding(claim)
    return (finding.decided_at if finding else None) or claim.demanded_at


def _record_offer(
    work: Work,
    *,
    offered: Decimal,
    counter_amount: Decimal | None,
    reply: Offer.Reply,
    channel: str,
    text: str,
    action: str,
    at: datetime,
    actor: Any,
    now: datetime,
) -> tuple[Offer, Interaction]:
    words = redact.clean(text, max_length=LIMIT, field="text")
    total, counter = amount(offered, "offered"), amount(counter_amount, "counter_amount")
    assert total is not None
    line = said(
        work,
        action=action,
        text=words,
        channel=channel,
        happened_at=at,
        actor=actor,
        now=now,
        amount=str(total),
        counter=None if counter is None else str(counter),
        reply=reply,
    )
    offer = Offer.objects.create(
        claim=work.claim,
        amount=total,
        counter_amount=counter,
        reply=reply,
        channel=channel,
        sealed={"text": words} if words else {},
        text=line.text,
        offered_at=at,
        recorded_by=actor,
        recorded_at=now,
    )
    return offer, line


def _ask_for_approval(work: Work, needs: Sequence[str], *, actor: Any, now: datetime) -> None:
    rights = {RIGHTS[need] for need in needs}
    for user in User.objects.filter(pk__in=head_ids()).exclude(pk=actor.pk):
        if any(user.has_perm(right) for right in rights):
            notifications.publish(
                kind=Event.Kind.CLAIM_WAITING,
                at=now,
                user_id=user.pk,
                department_id=work.case.department_id,
                case_id=work.case.pk,
            )
