"""The money of claims as people read it: what waits for finance, one claim's, and what each party owes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from claims.models import (
    Claim,
    Document,
    Finding,
    InsuranceCase,
    InsurancePolicy,
    Payment,
    Recovery,
    Settlement,
)
from claims.services.recoveries import Share, shares, standing
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.ledger.models import Account, Entry, Posting
from kefu.network.models import Party
from kefu.penalties.models import Penalty
from kefu.policy.moments import day_of
from kefu.workbench.selectors import Desk

LISTED = 200  # rows of a list that is not paged
RECENT = 30
RIGHTS = ("claims.pay_claim", "claims.recover", "claims.work_claim")
Book = Account.Book
OWED = (Book.FINES, Book.RECOVERY, Book.PAID_IN)


def to_pay(desk: Desk, _now: datetime) -> QuerySet[Claim]:
    """What waits for whoever may pay; for everybody else nothing does."""
    waiting = Claim.objects.filter(stage=Claim.Stage.PAYMENT)
    return waiting if desk.user.has_perm("claims.pay_claim") else waiting.none()


@dataclass(frozen=True, slots=True)
class Payable:
    """A claim whose customer waits for his money; ``age``: since he agreed."""

    claim: Claim
    settlement: Settlement


def payables() -> Sequence[Payable]:
    """The oldest agreement first."""
    rows = (
        Settlement.objects.filter(state=Settlement.State.APPROVED, claim__stage=Claim.Stage.PAYMENT)
        .select_related("claim__case", "proposed_by")
        .defer("claim__case__sealed", "claim__case__search", "claim__case__lookup")
        .order_by("accepted_at", "pk")
    )
    return [Payable(row.claim, row) for row in rows[:LISTED]]


def recent_payments() -> QuerySet[Payment]:
    rows = Payment.objects.select_related("claim__case", "paid_by").order_by("-entry_id")
    return rows.defer("sealed", "claim__case__sealed")[:RECENT]


def to_recover() -> QuerySet[Claim]:
    """Paid claims that are not closed, or of which something is not booked."""
    later = Finding.objects.filter(
        claim=OuterRef("claim"),
        outcome=Finding.Outcome.CONFIRMED,
        pk__gt=OuterRef("liability__finding"),
    )
    unbooked = Recovery.objects.filter(claim=OuterRef("pk"), entry=None, amount__gt=0).exclude(
        Exists(later)  # no longer asked
    )
    left = Q(stage=Claim.Stage.CLOSED) & Exists(unbooked)
    rows = Claim.objects.filter(Q(stage=Claim.Stage.RECOVERY) | left, payment__isnull=False)
    rows = rows.select_related("case", "payment")
    return rows.defer("case__sealed", "payment__sealed").order_by("payment__paid_at")[:LISTED]


# One claim.


@dataclass(frozen=True, slots=True)
class Line:
    """One of the liable: his share, and what became of it. ``recovery`` None: it stays with the company, or is not
    asked yet.
    """

    share: Share
    recovery: Recovery | None


@dataclass(frozen=True, slots=True)
class ClaimMoney:
    claim: Claim
    settlement: Settlement | None
    payment: Payment | None
    lines: Sequence[Line]
    reversed: Sequence[Recovery]
    division: Finding | None  # another one that waits to be confirmed
    insured: InsuranceCase | None  # the one that stands
    uninsured: Sequence[InsuranceCase]  # those that were withdrawn
    documents: Sequence[Document]

    @property
    def to_book(self) -> bool:
        """Whether all that is asked was told, no other division waits, and some of it is not booked."""
        asked = [line.recovery for line in self.lines if line.recovery]
        untold = any(row.notified_at is None for row in asked)
        waits = untold or self.division is not None
        return not waits and any(row.entry_id is None and row.amount > 0 for row in asked)

    @property
    def all_reversed(self) -> bool:
        asked = [line.recovery for line in self.lines if line.recovery]
        booked = [row for row in asked if row.entry_id]
        return bool(booked) and all(row.reversed_at for row in booked)


def money_of(case: Case) -> ClaimMoney:
    """All of one claim's money, in as many questions however many are liable. Raises Claim.DoesNotExist."""
    claim = Claim.objects.select_related("case", "payment__paid_by").get(pk=case.pk)
    claim.case = case
    settlement = claim.settlements.exclude(state=Settlement.State.REFUSED).last()
    rows = standing(claim)
    by_liability = {row.liability_id: row for row in rows}
    divided = shares(claim, settlement) if settlement else []
    former = (
        Recovery.objects.filter(claim=claim)
        .exclude(pk__in=[row.pk for row in rows])
        .select_related("party")
    )
    insured = list(claim.insurance_cases.select_related("policy__insurer", "withdrawn_by"))
    withdrawn = InsuranceCase.State.WITHDRAWN
    return ClaimMoney(
        claim=claim,
        settlement=settlement,
        payment=getattr(claim, "payment", None),
        lines=[Line(one, by_liability.get(one.liability.pk)) for one in divided],
        reversed=list(former),
        division=claim.findings.filter(outcome=Finding.Outcome.PENDING)
        .prefetch_related("liable__party")
        .first()
        if hasattr(claim, "payment")
        else None,
        insured=next((row for row in insured if row.state != withdrawn), None),
        uninsured=[row for row in insured if row.state == withdrawn],
        documents=list(
            Document.objects.filter(case=case)
            .select_related("issued_by", "recovery__party")
            .defer("sealed")
        ),
    )


def policies_for(claim: Claim) -> QuerySet[InsurancePolicy]:
    """Those in force on the day of the customer's demand."""
    on = day_of(claim.demanded_at)
    return InsurancePolicy.objects.filter(valid_from__lte=on, valid_to__gte=on)


# Who owes what.


def debtors() -> QuerySet[Account]:
    """Parties that owe something for claims, the most first, each with what it has not acknowledged."""
    unheard = Q(party__recoveries__notified_at__isnull=False) & Q(
        party__recoveries__acknowledged_at=None, party__recoveries__reversed_at=None
    )
    return (
        Account.objects.filter(book=Book.RECOVERY)
        .exclude(balance=0)
        .select_related("party__parent")
        .annotate(unheard=Count("party__recoveries", filter=unheard))
        .order_by("-balance", "party__pinyin")[:LISTED]
    )


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting: when, what for, of whom (a contract area settles with its outlet), how much, and what is owed then."""

    at: datetime
    what: str
    about: str
    clause: str
    party: Party
    fine: Decimal | None
    recovery: Decimal | None
    paid: Decimal | None
    owed: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """What a party and its contract areas owe over one month; every amount is a posting of the journal."""

    party: Party
    month: date
    opening: Decimal
    lines: Sequence[StatementLine]
    fines: Decimal
    recoveries: Decimal
    payments: Decimal
    closing: Decimal


def statement(party: Party, month: date) -> Statement:
    """Put a month's statement together; in as many questions however many lines it has. ``month``: its first day."""
    first = datetime.combine(month, time.min, SHANGHAI)
    end = datetime.combine(_month_after(month), time.min, SHANGHAI)
    owing = Posting.objects.filter(
        Q(account__party=party)
        | Q(account__party__parent=party, account__party__kind=Party.Kind.CONTRACTOR),
        account__book__in=OWED,
        entry__at__lt=end,
    )
    before = owing.filter(entry__at__lt=first).aggregate(sum=Sum("amount"))["sum"]
    opening = before or Decimal(0)
    rows = list(
        owing.filter(entry__at__gte=first)
        .select_related("entry", "account__party")
        .order_by("entry__at", "entry_id", "account_id")
    )
    told = _about([row.entry for row in rows])
    lines, owed = [], opening
    for row in rows:
        owed += row.amount
        clause, about = told.get(row.entry.source, ("", row.entry.memo))
        book = row.account.book
        lines.append(
            StatementLine(
                at=row.entry.at,
                what=str(row.entry.get_kind_display()),
                about=about,
                clause=clause,
                party=row.account.party,
                fine=row.amount if book == Book.FINES else None,
                recovery=row.amount if book == Book.RECOVERY else None,
                paid=row.amount if book == Book.PAID_IN else None,
                owed=owed,
            )
        )
    fines = sum((line.fine or Decimal(0) for line in lines), Decimal(0))
    recoveries = sum((line.recovery or Decimal(0) for line in lines), Decimal(0))
    payments = sum((line.paid or Decimal(0) for line in lines), Decimal(0))
    return Statement(party, month, opening, lines, fines, recoveries, payments, owed)


def _about(entries: Sequence[Entry]) -> dict[str, tuple[str, str]]:
    """By source: the clause of a fine, and the case it or a recovery is about."""
    ids: dict[str, set[int]] = {"penalty": set(), "recovery": set()}
    for entry in entries:
        kind, _colon, key = entry.source.partition(":")
        if kind in ids and key.isdecimal():
            ids[kind].add(int(key))
    found = {
        f"penalty:{pk}": (clause, number)
        for pk, clause, number in Penalty.objects.filter(pk__in=ids["penalty"]).values_list(
            "pk", "clause", "case__number"
        )
    }
    found |= {
        f"recovery:{pk}": ("", number)
        for pk, number in Recovery.objects.filter(pk__in=ids["recovery"]).values_list(
            "pk", "claim__case__number"
        )
    }
    return found


def _month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def statement_table(found: Statement) -> list[list[str]]:
    """The statement as a spreadsheet has it; the header first."""

    def yuan(value: Decimal | None) -> str:
        return "" if value is None else f"{value:.2f}"

    head = [
        _("日期"),
        _("事项"),
        _("单号"),
        _("条款"),
        _("哪一方"),
        _("考核款"),
        _("理赔追偿"),
        _("来款"),
        _("累计应付"),
    ]
    rows = [["", _("期初应付"), "", "", "", "", "", "", yuan(found.opening)]]
    for line in found.lines:
        on = f"{line.at.astimezone(SHANGHAI):%Y-%m-%d}"
        amounts = [yuan(line.fine), yuan(line.recovery), yuan(line.paid), yuan(line.owed)]
        rows.append([on, line.what, line.about, line.clause, line.party.name, *amounts])
    sums = (found.fines, found.recoveries, found.payments, found.closing)
    total = [yuan(value) for value in sums]
    return [head, *rows, ["", _("本月合计与期末应付"), "", "", "", *total]]


def sent_to(party: Party) -> QuerySet[Recovery]:
    """What was asked of a party, the latest first."""
    rows = Recovery.objects.filter(party=party).select_related("claim__case")
    return rows.defer("claim__case__sealed").order_by("-pk")[:RECENT]


def insured_cases() -> QuerySet[InsuranceCase]:
    """Those that go on first, then the latest."""
    going = Q(state__in=[InsuranceCase.State.REPORTED, InsuranceCase.State.DOCUMENTED])
    rows = InsuranceCase.objects.select_related("claim__case", "policy__insurer")
    rows = rows.defer("claim__case__sealed").annotate(going=Count("pk", filter=going))
    return rows.order_by("-going", F("reported_at").desc())[:LISTED]


def may_see_money(user: Any) -> bool:
    return any(user.has_perm(right) for right in RIGHTS)
