"""Finance pays what was agreed and approved, once."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import Claim, Payment, Settlement
from claims.services import clock, doing, recoveries
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger import services as ledger
from kefu.ledger.models import Account, Entry
from kefu.network.selectors import our_company
from kefu.privacy import masks, redact

PAY = "claims.pay_claim"
NAME_LIMIT, ACCOUNT_LIMIT, REFERENCE_LIMIT = 60, 40, 64
SHOWN = 4  # last signs of an account
Method = Payment.Method


@transaction.atomic
def pay(
    *,
    case: Case,
    amount: Decimal,
    method: str,
    payee: str,
    account: str = "",
    reference: str = "",
    paid_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> Payment:
    """Record the one payment of a claim and book it: the company's cost against its bank account.

    ``amount`` is what finance paid out and must be what was approved; ``paid_at`` lies between the customer's
    agreement and ``now``. The clock, if it still runs, stops by the moment of payment (CD-05.17). Raises NotAllowed,
    Conflict (paid before, closed, nothing approved), KefuError naming the field.
    """
    if not actor.has_perm(PAY):
        raise NotAllowed(_("只有财务可以付款"))
    work = _payable(case)
    settlement = _approved(work.claim)
    _need_another(settlement, actor)
    if amount != settlement.amount:
        raise KefuError(
            _("批准的是 {amount} 元，不能付别的数目").format(amount=f"{settlement.amount:,.2f}"),
            code="other_amount",
            field="amount",
        )
    paid_at = _paid_at(paid_at, settlement, now)
    method = doing.choice(method, Method, "method")
    payee = redact.clean(
        payee, max_length=NAME_LIMIT, field="payee", multiline=False, required=True
    )
    transfer = method == Method.TRANSFER
    account, reference = (
        redact.clean(text, max_length=most, field=field, multiline=False, required=transfer)
        for text, most, field in (
            (account, ACCOUNT_LIMIT, "account"),
            (reference, REFERENCE_LIMIT, "reference"),
        )
    )
    payment = Payment.objects.create(
        claim=work.claim,
        settlement=settlement,
        amount=settlement.amount,
        method=method,
        sealed={"payee": payee, "account": account},
        payee_masked=masks.mask_name(payee),
        account_masked=_mask_account(account),
        reference=reference,
        paid_by=actor,
        paid_at=paid_at,
        entry=_book(case=work.case, amount=settlement.amount, actor=actor, at=now),
    )
    paid = cases.add(
        case=work.case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="claim_paid",
        data={"amount": str(settlement.amount), "method": method},
        happened_at=paid_at,
        actor=actor,
        now=now,
    )
    clock.stop(claim=work.claim, settled=paid, actor=actor, now=now)
    claim = work.claim
    doing.go(work, Claim.Stage.RECOVERY, settled_at=claim.settled_at or paid_at)
    recoveries.share_out(work, actor=actor, now=now)
    return payment


def _payable(case: Case) -> doing.Work:
    """Lock the claim; of several who pay at once the first goes through and the others find it paid."""
    locked = cases.lock(case=case)
    before = Payment.objects.filter(claim=locked.pk).select_related("paid_by").first()
    if before is not None:
        raise Conflict(
            _("{who} 已经付过这一笔，不能再付").format(who=before.paid_by), code="already_paid"
        )
    return doing.take_up(case=case, stages=[Claim.Stage.PAYMENT])


def _approved(claim: Claim) -> Settlement:
    settlement = claim.settlements.filter(state=Settlement.State.APPROVED).first()
    if settlement is None:
        raise Conflict(_("这笔赔付还没有批准，不能付款"), code="not_approved")
    return settlement


def _need_another(settlement: Settlement, actor: Any) -> None:
    """Whoever proposed or approved it does not pay it."""
    decided = settlement.approvals.filter(decided_by=actor)
    if settlement.proposed_by_id == actor.pk or decided.exists():
        raise KefuError(_("不能付自己经办或审批的赔付，请另一位财务付款"), code="own_settlement")


def _paid_at(paid_at: datetime | None, settlement: Settlement, now: datetime) -> datetime:
    if paid_at is None:
        return now
    if paid_at > now:
        raise KefuError(_("付款时间不能在将来"), code="in_future", field="paid_at")
    if paid_at < settlement.accepted_at:
        raise KefuError(_("付款时间不能早于客户同意"), code="before_agreement", field="paid_at")
    return paid_at


def _book(*, case: Case, amount: Decimal, actor: Any, at: datetime) -> Entry:
    ours = our_company().pk
    return ledger.post(
        kind=Entry.Kind.CLAIM_PAYMENT,
        source=f"claim_payment:{case.pk}",
        lines={(ours, Account.Book.CLAIM_COST): amount, (ours, Account.Book.BANK): -amount},
        memo=case.number,
        actor=actor,
        at=at,
    )


def _mask_account(account: str) -> str:
    shown = SHOWN if len(account) > 2 * SHOWN else 0
    return "*" * (len(account) - shown) + account[len(account) - shown :]
