"""Insurance beside a claim: policies, cases reported, what is asked and received, and staying in touch (LC-01.22, LC-01.23).

What an insurer owes stands in its own book, apart from what the customer gets and from what the liable pay.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from claims.models import Claim, InsuranceCase, InsurancePolicy, InsurerContact, Reminder
from claims.selectors.insurance import Due, dues, reminded
from claims.services import doing
from claims.services.recoveries import SHORTEST_REASON, need_right
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict, KefuError
from kefu.ledger import services as ledger
from kefu.ledger.models import Account, Entry
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.moments import day_of
from kefu.privacy import redact
from kefu.staff.models import User

NUMBER_LIMIT, TEXT_LIMIT = 64, 1_000
MOST_DAYS = 3_650  # of a policy's periods
State = InsuranceCase.State


# Policies.


@transaction.atomic
def save_policy(*, policy: InsurancePolicy, actor: Any) -> InsurancePolicy:
    """Save a new policy or a changed one. Cases keep the due days they were reported with."""
    need_right(actor)
    policy.number = redact.clean(
        policy.number, max_length=NUMBER_LIMIT, field="number", multiline=False, required=True
    )
    policy.title = redact.clean(
        policy.title, max_length=60, field="title", multiline=False, required=True
    )
    if policy.insurer.kind != Party.Kind.INSURER:
        raise KefuError(_("请选保险公司"), code="no_insurer", field="insurer")
    if policy.valid_to < policy.valid_from:
        raise KefuError(_("到期日不能早于生效日"), code="out_of_order", field="valid_to")
    if policy.cover <= 0 or policy.deductible < 0 or policy.deductible >= policy.cover:
        raise KefuError(_("免赔额要小于限额"), code="out_of_range", field="deductible")
    for field in ("report_within_days", "documents_within_days", "warn_days"):
        if not 0 <= getattr(policy, field) <= MOST_DAYS:
            raise KefuError(_("天数不对"), code="out_of_range", field=field)
    try:
        with transaction.atomic():
            policy.save()
    except IntegrityError as error:
        if "claims_insurancepolicy_number" not in str(error):
            raise
        raise KefuError(_("这个保单号已经登记过"), code="policy_there", field="number") from error
    return policy


# A case with the insurer.


@transaction.atomic
def report(
    *,
    case: Case,
    policy: InsurancePolicy,
    insurer_number: str = "",
    reported_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> InsuranceCase:
    """Record that a claim was reported under a policy; by when the papers have to follow is counted from here.

    The policy has to be valid on the day of the customer's demand. Late is recorded as well. Raises NotAllowed,
    Conflict, KefuError.
    """
    need_right(actor)
    work = _open(case)
    if InsuranceCase.objects.standing().filter(claim=work.claim).exists():
        raise Conflict(_("这笔理赔已经报过案"), code="reported_before")
    happened_on = day_of(work.claim.demanded_at)
    if not policy.valid_from <= happened_on <= policy.valid_to:
        raise KefuError(
            _("这份保单在 {on} 不生效").format(on=happened_on), code="not_valid", field="policy"
        )
    reported_at = reported_at or now
    if not work.claim.demanded_at <= reported_at <= now:
        raise KefuError(
            _("报案时间要在客户索赔之后、现在之前"), code="out_of_order", field="reported_at"
        )
    row = InsuranceCase.objects.create(
        claim=work.claim,
        policy=policy,
        insurer_number=_number(insurer_number),
        reported_at=reported_at,
        report_due=happened_on + timedelta(days=policy.report_within_days),
        documents_due=day_of(reported_at) + timedelta(days=policy.documents_within_days),
        reported_by=actor,
    )
    _step(row, "insurance_reported", actor=actor, now=now, policy=policy.number)
    return row


@transaction.atomic
def hand_in(
    *,
    insured: InsuranceCase,
    claimed_amount: Decimal,
    insurer_number: str = "",
    actor: Any,
    now: datetime,
) -> InsuranceCase:
    """The papers are with the insurer, who is asked for ``claimed_amount``: it owes that from now on in our books.

    Raises NotAllowed, Conflict, KefuError.
    """
    row = _locked(insured, {State.REPORTED}, actor)
    doing.amount(claimed_amount, "claimed_amount")
    if not 0 < claimed_amount <= row.policy.cover:
        raise KefuError(
            _("索赔金额要大于 0，不超过每案限额 {cover} 元").format(
                cover=f"{row.policy.cover:,.2f}"
            ),
            code="out_of_range",
            field="claimed_amount",
        )
    row.insurer_number = _number(insurer_number) or row.insurer_number
    if not row.insurer_number:
        raise KefuError(_("请填保险报案号"), code="field_required", field="insurer_number")
    row.state, row.documented_at, row.claimed_amount = State.DOCUMENTED, now, claimed_amount
    row.save()
    ledger.post(
        kind=Entry.Kind.INSURANCE_CLAIM,
        source=_source(row),
        lines={
            (row.policy.insurer_id, Account.Book.INSURANCE): claimed_amount,
            (our_company().pk, Account.Book.CLAIM_COST): -claimed_amount,
        },
        memo=row.claim.case.number,
        actor=actor,
        at=now,
    )
    _step(row, "insurance_documented", actor=actor, now=now, amount=str(claimed_amount))
    return row


@transaction.atomic
def receive(
    *,
    insured: InsuranceCase,
    amount: Decimal,
    received_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> InsuranceCase:
    """The insurer paid: the money is in the bank, and what it did not pay of our claim is taken back.

    Raises NotAllowed, Conflict, KefuError.
    """
    row = _locked(insured, {State.DOCUMENTED}, actor)
    asked = row.claimed_amount or Decimal(0)
    doing.amount(amount, "amount")
    if not 0 < amount <= asked:
        raise KefuError(
            _("到账金额要大于 0，不超过索赔的 {asked} 元").format(asked=f"{asked:,.2f}"),
            code="out_of_range",
            field="amount",
        )
    received_at = received_at or now
    if row.documented_at is None or not row.documented_at <= received_at <= now:
        raise KefuError(
            _("到账时间要在交材料之后、现在之前"), code="out_of_order", field="received_at"
        )
    row.state, row.received_amount, row.received_at = State.RECEIVED, amount, received_at
    row.save()
    ours = our_company().pk
    ledger.post(
        kind=Entry.Kind.INSURANCE_RECEIPT,
        source=_receipt(row),
        lines={
            (ours, Account.Book.BANK): amount,
            (row.policy.insurer_id, Account.Book.INSURANCE): -amount,
        },
        memo=row.claim.case.number,
        actor=actor,
        at=now,
    )
    _take_back(row, asked - amount, actor=actor, now=now)
    _step(row, "insurance_received", actor=actor, now=now, amount=str(amount))
    return row


@transaction.atomic
def decline(*, insured: InsuranceCase, reason: str, actor: Any, now: datetime) -> InsuranceCase:
    """The insurer pays nothing, for its ``reason``: what we asked for is taken back. Raises NotAllowed, Conflict, KefuError."""
    row = _locked(insured, {State.REPORTED, State.DOCUMENTED}, actor)
    if len(reason.strip()) < SHORTEST_REASON:
        raise KefuError(_("请写明拒赔理由"), code="reason_required", field="reason")
    row.state = State.DECLINED
    row.declined_reason = cases.shown(case=row.claim.case, text=reason)
    row.save()
    _take_back(row, row.claimed_amount or Decimal(0), actor=actor, now=now)
    _step(row, "insurance_declined", actor=actor, now=now)
    return row


@transaction.atomic
def withdraw(*, insured: InsuranceCase, reason: str, actor: Any, now: datetime) -> InsuranceCase:
    """We take our case back, for a ``reason``: what we asked for is no longer owed, and what the insurer paid goes
    back to it. The claim may be reported anew. Raises NotAllowed, Conflict, KefuError.
    """
    row = _locked(insured, {State.REPORTED, State.DOCUMENTED, State.RECEIVED}, actor)
    if len(reason.strip()) < SHORTEST_REASON:
        raise KefuError(_("请写明撤案理由"), code="reason_required", field="reason")
    return _withdraw(row, reason, actor=actor, now=now)


def withdraw_with_claim(work: doing.Work, *, reason: str, actor: Any, now: datetime) -> None:
    """The claim ends and nothing is paid: nor does its insurer owe anything. Raises Conflict while its money is with us."""
    row = (
        InsuranceCase.objects.standing()
        .filter(claim=work.claim)
        .select_for_update(of=["self"], no_key=True)
        .select_related("policy__insurer")
        .first()
    )
    if row is None or row.state == State.DECLINED:
        return
    if row.state == State.RECEIVED:
        raise Conflict(
            _("{insurer}已经赔了 {amount} 元，先退回给它并撤案，再结束这笔理赔").format(
                insurer=row.policy.insurer, amount=f"{row.received_amount:,.2f}"
            ),
            code="insurer_paid",
        )
    row.claim = work.claim
    _withdraw(row, reason, actor=actor, now=now)


def _withdraw(row: InsuranceCase, reason: str, *, actor: Any, now: datetime) -> InsuranceCase:
    got = row.received_amount
    row.state, row.withdrawn_at, row.withdrawn_by = State.WITHDRAWN, now, actor
    row.withdrawn_for = cases.shown(case=row.claim.case, text=reason)
    row.save()
    if got is not None:
        ledger.reverse(source=_receipt(row), memo=row.claim.case.number, actor=actor, at=now)
    # Of a claim that was paid short the rest was taken back before.
    _take_back(row, got or row.claimed_amount or Decimal(0), actor=actor, now=now)
    _step(row, "insurance_withdrawn", actor=actor, now=now, text=row.withdrawn_for)
    return row


def _take_back(row: InsuranceCase, amount: Decimal, *, actor: Any, now: datetime) -> None:
    if amount > 0:
        ledger.reverse(
            source=_source(row), memo=row.claim.case.number, actor=actor, at=now, part=amount
        )


# Staying in touch.


@transaction.atomic
def log_contact(
    *,
    insurer: Party,
    text: str,
    channel: str,
    case: Case | None = None,
    contacted_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> InsurerContact:
    """Keep a word with an insurer, about one claim or all of them; the next is due a period later (LC-04.07)."""
    need_right(actor)
    if insurer.kind != Party.Kind.INSURER:
        raise KefuError(_("请选保险公司"), code="no_insurer", field="insurer")
    text = redact.clean(text, max_length=TEXT_LIMIT, field="text", required=True)
    contacted_at = contacted_at or now
    if contacted_at > now:
        raise KefuError(_("联系时间不能在将来"), code="in_future", field="contacted_at")
    row = InsurerContact.objects.create(
        insurer=insurer,
        claim=case.claim if case else None,
        channel=doing.choice(channel, Interaction.Channel, "channel"),
        sealed={"text": text},
        text=cases.shown(case=case, text=text, field="text", limit=TEXT_LIMIT)
        if case
        else redact.redact(text),
        contacted_at=contacted_at,
        recorded_by=actor,
        recorded_at=now,
    )
    if case is not None:
        locked = cases.lock(case=case)
        cases.step(case=locked, action="insurer_contacted", actor=actor, now=now, text=text)
    return row


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Tell the adjusters once of what is due soon towards an insurer, and once of what is overdue; return how many.

    Twice is harmless. Source: LC-01.22, LC-04.07.
    """
    told = 0
    waiting = [due for due in dues(now=now) if due.warns]
    already, users = reminded(waiting), _adjusters()
    for due in waiting:
        if due.key in already:
            continue
        _row, first = Reminder.objects.get_or_create(
            kind=due.kind,
            claim=due.claim,
            insurer=due.insurer if due.claim is None else None,
            due_on=due.on,
            late=due.late,
            defaults={"told_at": now},
        )
        if first:
            _ring(due, users, now)
            told += 1
    return told


def _ring(due: Due, users: list[int], now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.INSURANCE_LATE if due.late else Event.Kind.INSURANCE_DUE,
        at=now,
        user_ids=users,
        data={
            "what": due.kind,
            "about": due.claim.case.number if due.claim else due.insurer.name,
            "on": f"{due.on}",
        },
    )


def _adjusters() -> list[int]:
    """Who is to stay in touch; without any adjuster the supervisors."""
    active = User.objects.filter(is_active=True).order_by("pk")
    found = list(active.filter(role=User.Role.ADJUSTER).values_list("pk", flat=True))
    return found or list(active.filter(role=User.Role.SUPERVISOR).values_list("pk", flat=True))


def _open(case: Case) -> doing.Work:
    work = doing.take_up(case=case, stages=())
    if work.claim.loss == Claim.Loss.DELAY:
        raise Conflict(_("延误不在货运保险之内"), code="not_insured")
    return work


def _locked(insured: InsuranceCase, states: set[str], actor: Any) -> InsuranceCase:
    need_right(actor)
    case = cases.lock(case=insured.claim.case)
    row = (
        InsuranceCase.objects.select_for_update(of=["self"], no_key=True)
        .select_related("policy__insurer", "claim")
        .get(pk=insured.pk)
    )
    row.claim.case = case
    if row.state not in states:
        raise Conflict(
            _("保险案件现在是“{state}”，不能这样办").format(state=row.get_state_display()),
            code="other_state",
        )
    return row


def _number(text: str) -> str:
    return redact.clean(text, max_length=NUMBER_LIMIT, field="insurer_number", multiline=False)


def _source(row: InsuranceCase) -> str:
    return f"insurance:{row.pk}"


def _receipt(row: InsuranceCase) -> str:
    return f"insurance_receipt:{row.pk}"


def _step(row: InsuranceCase, action: str, *, actor: Any, now: datetime, **data: Any) -> None:
    data |= {"insurer": row.policy.insurer_id, "name": row.policy.insurer.name}
    cases.step(case=row.claim.case, action=action, actor=actor, now=now, **data)
