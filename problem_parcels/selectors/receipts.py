"""Receipts as lists show them: a day's batches, what is missing, who was late, what may be destroyed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.network.models import Party
from kefu.policy.recurring import occurrences, recurring
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from problem_parcels.models import (
    Receipt,
    ReceiptBatch,
    ReceiptCover,
    ReceiptDestruction,
    ReceiptEntry,
)
from problem_parcels.receipt_rules import left_out_over

State = Receipt.State
ENTERED = Q(receipts__state=State.ENTERED)
SHOWN = 300  # lines of a page; the workbook has them all


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One courier's day in figures. ``slips`` is what was counted, None before."""

    batch: ReceiptBatch
    case: Case
    courier: Party
    listed: int
    forgotten: int  # slips that came and stood on no list
    entered: int
    late: int
    missing: int
    excused: int  # number unreadable, or not delivered after all
    slips: int | None
    collect_slips: int | None
    counted_at: datetime | None

    @property
    def total(self) -> int:
        return self.listed + self.forgotten

    @property
    def waiting(self) -> int:
        return self.total - self.entered - self.excused

    @property
    def due_at(self) -> datetime | None:
        deadline = self.batch.deadline
        return None if deadline is None or deadline.answered_at else deadline.due_at

    @property
    def difference(self) -> int | None:
        """By how many the slips that were counted differ from those that are accounted for on screen."""
        counted = self.entered + self.unreadable if self.slips is not None else 0
        return None if self.slips is None else self.slips - counted

    @property
    def unreadable(self) -> int:
        return self.batch.unreadable  # type: ignore[attr-defined,no-any-return]  # annotated below


def batch_lines(first: date, last: date, *, batch: ReceiptBatch | None = None) -> list[BatchLine]:
    """The batches of these days, the latest day first; in as many questions however many there are."""
    rows = ReceiptBatch.objects.filter(delivered_on__range=(first, last))
    return [_line(row) for row in _counted(rows if batch is None else rows.filter(pk=batch.pk))]


def _counted(rows: "QuerySet[ReceiptBatch]") -> "QuerySet[ReceiptBatch]":
    cover = ReceiptCover.objects.filter(batch=OuterRef("pk")).order_by("-pk")
    return (
        rows.select_related("case", "courier", "deadline", "hand_over")
        .defer("case__sealed", "case__search", "case__lookup")
        .annotate(
            listed=Count("receipts", filter=Q(receipts__origin=Receipt.Origin.LISTED)),
            forgotten=Count("receipts", filter=Q(receipts__origin=Receipt.Origin.UNLISTED)),
            entered=Count("receipts", filter=ENTERED),
            late=Count("receipts", filter=ENTERED & Q(receipts__in_time=False)),
            missing=Count("receipts", filter=Q(receipts__state=State.MISSING)),
            unreadable=Count("receipts", filter=Q(receipts__state=State.UNREADABLE)),
            undelivered=Count("receipts", filter=Q(receipts__state=State.UNDELIVERED)),
            slips=Subquery(cover.values("slips")[:1]),
            collect_slips=Subquery(cover.values("collect_slips")[:1]),
            counted_at=Subquery(cover.values("counted_at")[:1]),
        )
        .order_by("-delivered_on", "courier__code")
    )


def _line(row: ReceiptBatch) -> BatchLine:
    found: dict[str, int] = row.__dict__
    return BatchLine(
        batch=row,
        case=row.case,
        courier=row.courier,
        listed=found["listed"],
        forgotten=found["forgotten"],
        entered=found["entered"],
        late=found["late"],
        missing=found["missing"],
        excused=found["unreadable"] + found["undelivered"],
        slips=found["slips"],
        collect_slips=found["collect_slips"],
        counted_at=row.counted_at,  # type: ignore[attr-defined]
    )


def lines_of(batch: ReceiptBatch) -> list[Receipt]:
    """A batch's lines in the order of the pile: freight collect first (CD-07.18), each with its latest entry."""
    latest = ReceiptEntry.objects.filter(receipt=OuterRef("pk")).order_by("-pk")
    rows = (
        batch.receipts.annotate(
            signer=Subquery(latest.values("signer_masked")[:1]),
            source=Subquery(latest.values("source")[:1]),
            corrected=Subquery(latest.values("corrects_id")[:1]),
            collected=Subquery(latest.values("collected")[:1]),
            signed_pieces=Subquery(latest.values("pieces")[:1]),
            entry_id=Subquery(latest.values("pk")[:1]),
        )
        .select_related("entered_by")
        .order_by("pk")
    )
    return sorted(rows, key=lambda row: row.collect_due is None)


# -- What is missing --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Missing:
    """One courier's day on the list of CD-10.05: handed out, handed in, registered, and the waybills."""

    day: date
    courier: Party
    case_number: str
    handed_out: int
    handed_in: int | None
    registered: int
    not_handed_in: tuple[str, ...]
    not_registered: tuple[str, ...]


def missing_receipts(first: date, last: date) -> Iterator[Missing]:
    """Couriers with a slip that was not handed in, or that stood on no list, the latest day first (CD-10.05).

    Two questions, whatever the number of days.
    """
    figures = {line.batch.pk: line for line in batch_lines(first, last)}
    found = (
        Receipt.objects.filter(delivered_on__range=(first, last))
        .filter(Q(state__in=[State.OUT, State.MISSING]) | Q(origin=Receipt.Origin.UNLISTED))
        .order_by("-delivered_on", "batch__courier__code", "batch_id", "pk")
        .values_list("batch_id", "waybill_number", "state", "origin")
    )
    for batch_id, rows in groupby(found, key=lambda row: row[0]):
        line, kept = figures[batch_id], list(rows)
        yield Missing(
            day=line.batch.delivered_on,
            courier=line.courier,
            case_number=line.case.number,
            handed_out=line.listed,
            handed_in=line.slips,
            registered=line.entered,
            not_handed_in=tuple(row[1] for row in kept if row[2] in (State.OUT, State.MISSING)),
            not_registered=tuple(row[1] for row in kept if row[3] == Receipt.Origin.UNLISTED),
        )


@dataclass(frozen=True, slots=True)
class Omissions:
    """What one person left out on one day: entered late, or not at all when the time was over (CD-10.02)."""

    person: str
    day: date
    entered: int
    late: int
    missed: int
    not_handed_in: int  # by the courier: not the clerk's omission, and not entered either
    over: int  # by how many more than the rulebook lets pass


def omissions(first: date, last: date, *, rules: Rulebook, now: datetime) -> list[Omissions]:
    """Count by the clerk who has the batch and the day of delivery; one indexed question.

    What nobody could read is no omission (CD-10.16), what was not handed in is the courier's.
    """
    over = Q(batch__deadline__due_at__lt=now)
    rows = (
        Receipt.objects.filter(delivered_on__range=(first, last))
        .values("batch__case__owner__name", "batch__case__owner__number", "delivered_on")
        .annotate(
            entered=Count("pk", filter=Q(state=State.ENTERED)),
            late=Count("pk", filter=Q(in_time=False)),
            missed=Count("pk", filter=Q(state=State.OUT) & over),
            not_handed_in=Count("pk", filter=Q(state=State.MISSING)),
        )
        .filter(Q(late__gt=0) | Q(missed__gt=0) | Q(not_handed_in__gt=0))
        .order_by("-delivered_on", "batch__case__owner__number")
    )
    return [
        Omissions(
            " ".join(
                filter(None, [row["batch__case__owner__name"], row["batch__case__owner__number"]])
            ),
            row["delivered_on"],
            row["entered"],
            row["late"],
            row["missed"],
            row["not_handed_in"],
            left_out_over(row["late"] + row["missed"], rules),
        )
        for row in rows
    ]


# -- On the way to headquarters ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotSent:
    """A batch whose slips were counted and have not gone to headquarters; ``overdue`` after its day (CD-07.17)."""

    line: BatchLine
    due_at: datetime
    overdue: bool


def not_sent(*, department_id: int, rules: Rulebook, now: datetime) -> list[NotSent]:
    """What lies here counted, the oldest first; each is due on the day it was counted."""
    rows = ReceiptBatch.objects.filter(
        hand_over=None,
        case__department=department_id,
        pk__in=ReceiptCover.objects.values("batch"),
    )
    lines = sorted((_line(row) for row in _counted(rows)), key=lambda line: line.counted_at or now)
    found = []
    for line in lines:
        assert line.counted_at is not None
        due_at = _handed_over_by(line.counted_at, rules)
        if due_at is not None:
            found.append(NotSent(line, due_at, due_at < now))
    return found


def _handed_over_by(counted_at: datetime, rules: Rulebook) -> datetime | None:
    """The end of the day on which the slips were counted; None where the rulebook asks for no hand-over."""
    day = counted_at.astimezone(SHANGHAI).date()
    try:
        clause = recurring("receipt_handover", rules)
    except NotInRulebook:
        return None
    due = next(occurrences(clause, day, day + timedelta(days=31)), None)
    return due.due_at if due else None


# -- What may be destroyed --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expired:
    """How many slips were to be kept until a day that is over."""

    until: date
    slips: int


def expired(*, now: datetime) -> list[Expired]:
    yesterday = now.astimezone(SHANGHAI).date() - timedelta(days=1)
    rows = (
        Receipt.objects.to_destroy(yesterday)
        .values("keep_until")
        .annotate(slips=Count("pk"))
        .order_by("keep_until")
    )
    return [Expired(row["keep_until"], row["slips"]) for row in rows if row["keep_until"]]


def destructions() -> list[ReceiptDestruction]:
    return list(
        ReceiptDestruction.objects.select_related("proposed_by", "decided_by").order_by("-pk")[:50]
    )
