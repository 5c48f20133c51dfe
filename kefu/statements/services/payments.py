"""Money that came from an outlet: booked at most once, taken back by another person."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger import services as ledger
from kefu.ledger.models import Account, Entry
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.privacy import redact
from kefu.statements.models import MOST, Payment
from kefu.statements.services.following import reopen

PAYMENT = "payment"
RECORD = "statements.record_payment"
REFERENCE_LIMIT, REASON_LIMIT, SHORTEST_REASON = 64, 500, 4
FEN = Decimal("0.01")


@transaction.atomic
def record_payment(
    *, party: Party, amount: Decimal, paid_on: date, reference: str, actor: Any, now: datetime
) -> Payment:
    """Record what an outlet paid and book it: less that it owes, more in our bank account.

    ``reference`` is the bank's number of the transfer; it is recorded once for an outlet. Raises NotAllowed, Conflict
    (already_recorded), KefuError naming the field.
    """
    _need_right(actor)
    if party.kind not in Party.HOLDERS:
        raise KefuError(
            _("来款只登记在网点或分拨中心名下；承包区在所属网点的对账单上结算"),
            code="no_statement",
            field="party",
        )
    if not amount.is_finite() or not 0 < amount <= MOST or amount != amount.quantize(FEN):
        raise KefuError(_("金额要大于 0，最多两位小数"), code="out_of_range", field="amount")
    if paid_on > now.astimezone(SHANGHAI).date():
        raise KefuError(_("到账日期不能在将来"), code="in_future", field="paid_on")
    reference = redact.clean(
        reference, max_length=REFERENCE_LIMIT, field="reference", multiline=False, required=True
    )
    try:
        with transaction.atomic():
            payment = Payment.objects.create(
                party=party,
                amount=amount,
                paid_on=paid_on,
                reference=reference,
                recorded_by=actor,
                recorded_at=now,
            )
    except IntegrityError as error:
        if "payment_in_once" not in str(error):
            raise
        raise Conflict(
            _("这个银行流水号已经登记过"), code="already_recorded", field="reference"
        ) from error
    ledger.post(
        kind=Entry.Kind.PAYMENT,
        source=_source(payment),
        lines={
            (party.pk, Account.Book.PAID_IN): -amount,
            (our_company().pk, Account.Book.BANK): amount,
        },
        memo=reference,
        actor=actor,
        at=now,
    )
    return payment


@transaction.atomic
def reverse_payment(*, payment: Payment, reason: str, actor: Any, now: datetime) -> Payment:
    """Take back a payment that was recorded by mistake; what only it had paid is not paid any more (decision 0093).

    Whoever recorded it does not. Raises NotAllowed, Conflict, KefuError.
    """
    _need_right(actor)
    # The outlet first: a fine is settled only as long as its payment stands.
    Party.objects.select_for_update(no_key=True).get(pk=payment.party_id)
    row = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
    if row.reversed_at is not None:
        raise Conflict(_("这笔来款已经冲销"), code="reversed_before")
    if row.recorded_by_id == actor.pk:
        raise KefuError(_("不能冲销自己登记的来款，请另一位同事办"), code="own_entry")
    reason = redact.clean(reason, max_length=REASON_LIMIT, field="reason", required=True)
    if len(reason) < SHORTEST_REASON:
        raise KefuError(_("请写明为什么冲销"), code="reason_required", field="reason")
    row.reversed_by, row.reversed_at, row.reversed_for = actor, now, reason
    row.save(update_fields=["reversed_by", "reversed_at", "reversed_for"])
    fact = {"payment": row.pk}
    reopen(party_id=row.party_id, less=row.amount, fact=fact, actor=actor, now=now)
    ledger.reverse(source=_source(row), memo=row.reference, actor=actor, at=now)
    return row


def _source(payment: Payment) -> str:
    return f"{PAYMENT}:{payment.pk}"


def _need_right(actor: Any) -> None:
    if not actor.has_perm(RECORD):
        raise NotAllowed(_("只有主管和财务可以登记网点来款"))
