"""What the liable owe: told to each, booked once the customer is paid, taken back only by a counter-entry.

The customer's own share and what nobody is liable for stay with the company. A contract area owes by itself and
settles on the statement of the outlet it belongs to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import Claim, Finding, Liability, Recovery, Settlement
from claims.selectors.amounts import borne, confirmed_finding
from claims.services import doing
from claims.services.findings import Share as Bears
from claims.services.findings import judge_shares
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger import services as ledger
from kefu.ledger.models import Account, Entry
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.compensation import split
from kefu.privacy import redact

RECOVER = "claims.recover"
REASON_LIMIT = 500
SHORTEST_REASON = 4
Form = Recovery.Form
Stage = Claim.Stage
# Who settles month by month; everybody else gets a deduction note.
ON_STATEMENT = {Party.Kind.OUTLET, Party.Kind.CONTRACTOR, Party.Kind.HUB}


@dataclass(frozen=True, slots=True)
class Share:
    """What one of the liable bears of an amount, in yuan. ``recovered``: whether it is asked of somebody."""

    liability: Liability
    amount: Decimal

    @property
    def recovered(self) -> bool:
        party = self.liability.party
        return party is not None and party.kind != Party.Kind.COMPANY


def shares(claim: Claim, settlement: Settlement) -> list[Share]:
    """What each of the liable bears by the finding that holds: as it was divided when it was agreed, or divided anew,
    to the fen, by largest remainders (LC-04.12). Of a coupon nobody bears anything (ES-303.13).
    """
    finding = confirmed_finding(claim)
    if finding is None or settlement.inputs["form"] == "coupon":
        return []
    agreed = [Share(*one) for one in borne(settlement) if one[0].finding_id == finding.pk]
    if agreed:
        return agreed
    liable = sorted(finding.liable.all(), key=lambda one: one.pk)
    parts = split(settlement.amount, [one.percent for one in liable])
    return [Share(*one) for one in zip(liable, parts, strict=True)]


def share_out(work: doing.Work, *, actor: Any, now: datetime) -> list[Recovery]:
    """Write down what each of the liable owes by the finding that holds; twice is harmless."""
    settlement = work.claim.settlements.filter(state=Settlement.State.APPROVED).first()
    if settlement is None:
        raise Conflict(_("金额还没有谈定和批准"), code="not_agreed")
    found = []
    for share in shares(work.claim, settlement):
        party = share.liability.party
        if party is None or not share.recovered:
            continue
        row, _made = Recovery.objects.get_or_create(
            liability=share.liability,
            defaults={
                "claim": work.claim,
                "party": party,
                "amount": share.amount,
                "form": Form.STATEMENT if party.kind in ON_STATEMENT else Form.DEDUCTION,
            },
        )
        found.append(row)
    return found


def standing(claim: Claim) -> list[Recovery]:
    """What is asked by the finding that holds, in its order."""
    finding = claim.findings.filter(outcome=Finding.Outcome.CONFIRMED).last()
    rows = (
        Recovery.objects.filter(liability__finding=finding) if finding else Recovery.objects.none()
    )
    return list(rows.select_related("party", "entry", "liability").order_by("liability_id"))


@transaction.atomic
def notify(*, case: Case, party: Party, actor: Any, now: datetime) -> Recovery:
    """Tell one of the liable its share; he is informed, not asked (LC-01.21). After the amount was agreed. Raises NotAllowed, Conflict."""
    need_right(actor)
    work = doing.take_up(case=case, stages=[Stage.PAYMENT, Stage.RECOVERY, Stage.CLOSED])
    doing.need_rulebooks_leave(
        actor=actor, case=work.case, act="notify_liable_party", recorded={"amount_agreed"}
    )
    rows = {row.party_id: row for row in share_out(work, actor=actor, now=now)}
    row = rows.get(party.pk)
    if row is None:
        raise Conflict(_("{party} 没有要承担的份额").format(party=party), code="not_liable")
    if row.notified_at is not None:
        raise Conflict(_("已经通知过 {party}").format(party=party), code="notified_before")
    row.notified_at, row.notified_by = now, actor
    row.save(update_fields=["notified_at", "notified_by"])
    _tell(work.case, row, "liable_notified", actor=actor, now=now)
    return row


@transaction.atomic
def acknowledge(
    *, recovery: Recovery, at: datetime | None = None, actor: Any, now: datetime
) -> Recovery:
    """Record that the party said it had the notice, ``at`` some moment after it. Raises NotAllowed, Conflict, KefuError."""
    need_right(actor)
    case, row = _locked(recovery)
    if row.notified_at is None:
        raise Conflict(_("还没有通知 {party}").format(party=row.party), code="not_notified")
    if row.acknowledged_at is not None:
        raise Conflict(_("{party} 已经确认过").format(party=row.party), code="acknowledged_before")
    at = at or now
    if not row.notified_at <= at <= now:
        raise KefuError(_("确认时间要在通知之后、现在之前"), code="out_of_order", field="at")
    row.acknowledged_at, row.acknowledged_by = at, actor
    row.save(update_fields=["acknowledged_at", "acknowledged_by"])
    cases.step(
        case=case,
        action="liability_acknowledged",
        actor=actor,
        now=now,
        party=row.party_id,
        name=row.party.name,
    )
    return row


@transaction.atomic
def book(*, case: Case, actor: Any, now: datetime) -> list[Recovery]:
    """Book what the liable were told and do not owe yet; the customer has to be paid first, his claim may be closed
    already. Raises NotAllowed, Conflict where there is nothing to book, somebody was not told, or another division waits.
    """
    need_right(actor)
    work = _paid(case)
    if work.claim.findings.filter(outcome=Finding.Outcome.PENDING).exists():
        # Confirmed afterwards, it would make its own liable owe the same money once more.
        raise Conflict(_("重新划分在等确认，先确认或退回，再入账"), code="division_waits")
    waiting = [row for row in standing(work.claim) if row.entry_id is None and row.amount > 0]
    if not waiting:
        raise Conflict(_("没有要入账的追偿"), code="nothing_to_book")
    untold = next((row for row in waiting if row.notified_at is None), None)
    if untold is not None:  # rule: LC-01.21
        raise Conflict(_("先通知 {party}，再入账").format(party=untold.party), code="not_notified")
    for row in waiting:
        row.entry, row.booked_at = _post(row, work.case, actor=actor, at=now), now
        row.save(update_fields=["entry", "booked_at"])
        _tell(work.case, row, "recovery_booked", actor=actor, now=now)
    return waiting


def _post(row: Recovery, case: Case, *, actor: Any, at: datetime) -> Entry:
    return ledger.post(
        kind=Entry.Kind.RECOVERY,
        source=f"recovery:{row.pk}",
        lines={
            (row.party_id, Account.Book.RECOVERY): row.amount,
            (our_company().pk, Account.Book.CLAIM_COST): -row.amount,
        },
        memo=case.number,
        actor=actor,
        at=at,
    )


@transaction.atomic
def reverse(*, recovery: Recovery, reason: str, actor: Any, now: datetime) -> Recovery:
    """Take a booked recovery back by a counter-entry. Whoever booked it does not. Raises NotAllowed, Conflict, KefuError."""
    need_right(actor)
    case, row = _locked(recovery)
    if row.entry is None:
        raise Conflict(_("这一笔还没有入账"), code="not_booked")
    if row.reversed_at is not None:
        raise Conflict(_("这一笔已经冲销"), code="reversed_before")
    if row.entry.posted_by_id == actor.pk:
        raise KefuError(_("不能冲销自己入的账，请另一位同事办"), code="own_entry")
    if row.party_id == actor.party_id:
        raise KefuError(_("不能冲销自己要承担的追偿"), code="own_debt")
    if len(reason.strip()) < SHORTEST_REASON:
        raise KefuError(_("请写明为什么冲销"), code="reason_required", field="reason")
    row.reversed_at = now
    row.reversal_reason = cases.shown(case=case, text=reason, limit=REASON_LIMIT)
    row.save(update_fields=["reversed_at", "reversal_reason"])
    ledger.reverse(source=f"recovery:{row.pk}", memo=case.number, actor=actor, at=now)
    _tell(case, row, "recovery_reversed", actor=actor, now=now)
    return row


@transaction.atomic
def divide_again(
    *, case: Case, liable: Sequence[Bears], reason: str, actor: Any, now: datetime
) -> Finding:
    """Submit another division of what was paid, once all that was booked by the last one is reversed.

    Facts and cause stay those of the last finding; another person confirms it. Raises NotAllowed, Conflict, KefuError.
    """
    doing.need_right(actor=actor, case=case, act="investigate_claim")
    reason = redact.clean(reason, max_length=REASON_LIMIT, field="reason", required=True)
    work = _paid(case)
    before = confirmed_finding(work.claim)
    if before is None or work.claim.findings.filter(outcome=Finding.Outcome.PENDING).exists():
        raise Conflict(_("已有一份定责在等确认"), code="finding_waits")
    if any(row.entry_id and row.reversed_at is None for row in standing(work.claim)):
        raise Conflict(_("先冲销已经入账的追偿，再重新划分"), code="still_booked")
    judge_shares(work.case, liable, reason)
    finding = Finding.objects.create(
        claim=work.claim,
        facts=before.facts,
        cause=before.cause,
        reason=cases.shown(case=work.case, text=reason),
        submitted_by=actor,
        submitted_at=now,
    )
    Liability.objects.bulk_create(
        Liability(finding=finding, kind=one.kind, party=one.party, percent=one.percent)
        for one in liable
    )
    cases.step(
        case=work.case,
        action="redivision_submitted",
        text=reason,
        actor=actor,
        now=now,
        finding=finding.pk,
    )
    return finding


@transaction.atomic
def decide_division(
    *, finding: Finding, approve: bool, note: str = "", actor: Any, now: datetime
) -> None:
    """Confirm another division, or send it back with the reason; never one's own. Confirmed, its liable are to be told
    and booked anew.
    """
    note = redact.clean(note, max_length=REASON_LIMIT, field="note", required=not approve)
    if not actor.has_perm("claims.confirm_finding"):
        raise NotAllowed(_("只有主管可以确认定责"))
    work = _paid(finding.claim.case)
    finding = Finding.objects.select_for_update(of=["self"], no_key=True).get(pk=finding.pk)
    if finding.outcome != Finding.Outcome.PENDING:
        raise Conflict(_("这份定责已经处理过了"), code="decided_before")
    if finding.submitted_by_id == actor.pk:
        raise KefuError(_("不能确认自己提交的定责"), code="own_finding")
    if actor.party_id and finding.liable.filter(party=actor.party_id).exists():
        raise KefuError(_("不能确认自己要承担的责任"), code="own_liability")
    finding.outcome = Finding.Outcome.CONFIRMED if approve else Finding.Outcome.SENT_BACK
    finding.decided_by, finding.decided_at = actor, now
    finding.note = cases.shown(case=work.case, text=note, field="note")
    finding.save(update_fields=["outcome", "decided_by", "decided_at", "note"])
    action = "redivision_confirmed" if approve else "redivision_sent_back"
    cases.step(case=work.case, action=action, text=note, actor=actor, now=now, finding=finding.pk)
    if approve:
        share_out(work, actor=actor, now=now)


def _paid(case: Case) -> doing.Work:
    """Lock a claim whose customer has his money. That it is closed for him ends nothing between us and the liable."""
    work = doing.take_up(case=case, stages=[Stage.RECOVERY, Stage.CLOSED])
    if not hasattr(work.claim, "payment"):
        raise Conflict(_("客户还没有拿到赔款"), code="not_paid")
    return work


def _locked(recovery: Recovery) -> tuple[Case, Recovery]:
    """The case first, as everywhere."""
    case = cases.lock(case=recovery.claim.case)
    row = (
        Recovery.objects.select_for_update(of=["self"], no_key=True)
        .select_related("party", "entry")
        .get(pk=recovery.pk)
    )
    return case, row


def need_right(actor: Any) -> None:
    """Refuse whoever may not ask the liable or an insurer for money."""
    if not actor.has_perm(RECOVER):
        raise NotAllowed(_("你的角色不能办理追偿和保险"))


def _tell(case: Case, row: Recovery, action: str, *, actor: Any, now: datetime) -> None:
    cases.step(
        case=case,
        action=action,
        actor=actor,
        now=now,
        recovery=row.pk,
        party=row.party_id,
        name=row.party.name,
        amount=str(row.amount),
    )
    notifications.publish(
        kind=Event.Kind.RECOVERY,
        at=now,
        party_id=row.party_id,
        department_id=case.department_id,
        case_id=case.pk,
        data={"recovery": row.pk, "action": action, "amount": str(row.amount)},
    )
