"""What a locked month does to the books: fines settled, the department's activity fund credited (SD-233.04)."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from kefu.ledger import services as ledger
from kefu.ledger.models import Account, Entry
from kefu.network.selectors import our_company
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.policy.clauses import Consequence, Fund
from kefu.policy.fees import FundFacts, fund_income
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition
from payroll.models import FundEntry, PayAdjustment, PayRun, PayslipLine, PayslipPart

# What the fund's clause calls the deductions of a slip.
DEDUCTIONS = {
    "penalty": "cash_fine",
    "score_money": "score_money",
    "absence_penalty": "absence_deduction",
}


def settle(*, run: PayRun, actor: Any, now: datetime) -> None:
    """Book what the slips of a run took off the wages, in the caller's transaction.

    A fine is settled by what was taken; what the limits of the place kept is written off, never carried over.
    """
    parts = PayslipPart.objects.filter(slip__run=run).exclude(result=None)
    for part in parts.prefetch_related("lines").select_related("slip").order_by("pk").iterator(200):
        for (of, key, _version), taken, kept in shared_out(part):
            if of == "penalty":
                penalty = Penalty.objects.get(pk=key)
                penalties.settle(
                    penalty=penalty, taken=taken, kept=kept, month=run.month, actor=actor, now=now
                )
            elif of == "adjustment":
                _adjusted(PayAdjustment.objects.get(pk=key), taken, kept, run, actor, now)
        _into_fund(part, run, actor, now)


def shared_out(part: PayslipPart) -> Iterator[tuple[Any, Decimal, Decimal]]:
    """Each source of a part's penalties and adjustments with what was taken and what was kept of it, in yuan.

    Policy takes them one after the other until the room is used up: so does this.
    """
    facts, sources = part.facts, [tuple(one) for one in part.sources]
    fines = [Decimal(one["amount"]) for one in facts["penalties"]]
    owed = [-Decimal(one["amount"]) for one in facts["adjustments"]]
    lines = [line for line in part.lines.all() if not line.kept]
    left = {
        item: -sum(
            (line.amount for line in lines if line.item == item and line.amount < 0), Decimal(0)
        )
        for item in ("penalty", "adjustment")
    }
    named = [
        *(("penalty", amount) for amount in fines),
        *(("adjustment", amount) for amount in owed),
    ]
    for source, (item, amount) in zip(sources, named, strict=True):
        if amount < 0:  # owed to the employee
            yield source, amount, Decimal(0)
            continue
        taken = min(amount, left[item])
        left[item] -= taken
        yield source, taken, amount - taken


def _adjusted(
    row: PayAdjustment, taken: Decimal, kept: Decimal, run: PayRun, actor: Any, now: datetime
) -> None:
    of, _colon, key = row.source.partition(":")
    if of == "penalty":
        penalty = Penalty.objects.get(pk=int(key))
        if penalty.state == Penalty.State.PAYABLE:
            penalties.settle(
                penalty=penalty, taken=taken, kept=kept, month=run.month, actor=actor, now=now
            )
    elif of == "refund":
        ledger.post(
            kind=Entry.Kind.PAYROLL,
            source=f"payroll:{row.source}",
            lines={
                (row.employee.party_id, Account.Book.FINES): row.amount,
                (our_company().pk, Account.Book.WAGES): -row.amount,
            },
            memo=f"{row.clause} {row.of_month:%Y-%m}",
            actor=actor,
            at=now,
        )


def _into_fund(part: PayslipPart, run: PayRun, actor: Any, now: datetime) -> None:
    rules = edition(part.rulebook_id).rules
    if next(iter(rules.in_force(Fund)), None) is None:
        return
    rows = []
    for line in part.lines.all():
        if line.kept or line.amount >= 0 or line.item not in DEDUCTIONS:
            continue
        found = fund_income(rules, FundFacts(kind=deduction_of(line, rules), amount=-line.amount))
        if found.amount:
            rows.append(
                FundEntry(
                    department=part.department,
                    on=part.until_on,
                    amount=found.amount,
                    line=line,
                    steps=[step.to_json() for step in found.steps],
                    entered_by=actor,
                    entered_at=now,
                )
            )
    FundEntry.objects.bulk_create(rows)


def deduction_of(line: PayslipLine, rules: Rulebook) -> str:
    """What the fund's clause calls a deduction: a fine by whom it is imposed on and for what."""
    clause = rules.get(line.clause)
    if line.item == "penalty" and isinstance(clause, Consequence):
        if clause.role == "supervisor":
            return "supervisor_fine"
        if "absent" in clause.needs:
            return "absence_deduction"
    return DEDUCTIONS[line.item]
