"""A courier's day: hand out, count the slips, enter the signatures, account for the rest, hand over (CD section 10).

Whoever changes a batch locks its case first.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.parcels.models import Scan, Waybill
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff import barred
from kefu.staff.models import Employee
from problem_parcels.models import (
    ProblemParcel,
    ProblemRecord,
    Receipt,
    ReceiptBatch,
    ReceiptCover,
    ReceiptEntry,
    ReceiptHandOver,
)
from problem_parcels.receipt_rules import (
    Signature,
    kept,
    lacks,
    may_enter,
    merged_numbers,
    signer,
)

MOST_ROWS = 2_000  # lines handed out at once; no courier carries so many
MOST_PIECES = 999
MOST_YUAN = Decimal("999999")
NOTE_LIMIT = 200
DELIVERERS = (Party.Kind.COURIER, Party.Kind.DRIVER)
State = Receipt.State
Source = ReceiptEntry.Source


def _check_worker(actor: Any) -> None:
    if not actor.has_perm("cases.work_case"):
        raise NotAllowed(_("你的角色不能办理回单"))


def today(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


# -- Handing out ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what was scanned, pasted or imported: what it became, or why it was refused."""

    place: int  # from 1
    number: str
    pieces: int = 1
    refusal: str = ""
    receipt: Receipt | None = None


@transaction.atomic
def hand_out(
    *,
    courier: Party,
    delivered_on: date,
    lines: Iterable[str],
    clerk: Employee,
    actor: Any,
    now: datetime,
) -> tuple[ReceiptBatch | None, list[Row]]:
    """Put waybills on a courier's list of a day, with their delivery scans; the day's clock starts with the first.

    A line is a waybill number, and after a space or a tab how many pieces it has. What is unknown, on the list
    twice, out with another courier that day or signed for already is refused at its row; the rest goes through.
    Without anything that goes through there is no batch. However long the list, it asks as many questions.
    Source: CD-10.01, CD-10.05.
    """
    _check_worker(actor)
    if courier.kind not in DELIVERERS or not courier.active:
        raise KefuError(_("请选业务员或驾驶员"), code="not_a_courier", field="courier")
    if delivered_on > today(now):
        raise KefuError(_("派件日不能在将来"), code="in_future", field="delivered_on")
    rows = _parsed(lines)
    # Of two clerks who write the same list or parcel at once the second waits, and sees the first one's.
    Party.objects.select_for_update(no_key=True).get(pk=courier.pk)
    batch = ReceiptBatch.objects.filter(courier=courier, delivered_on=delivered_on).first()
    if batch is not None:
        batch = lock(batch=batch)  # before its parcels, as whoever enters one does
    waybills = _locked([row.number for row in rows])
    rows = [_known(row, waybills) for row in rows]
    rows = _not_out(rows, waybills, courier, delivered_on)
    going = [row for row in rows if not row.refusal]
    if not going:
        return batch, rows
    if batch is not None and batch.hand_over_id is not None:
        raise Conflict(_("这一批已经上交，不能再加"), code="batch_handed_over")
    if batch is None:
        batch = _open(courier=courier, on=delivered_on, clerk=clerk, actor=actor, now=now)
    at = _delivered_at(delivered_on, now)
    line = cases.step(
        case=batch.case,
        action="receipts_handed_out",
        actor=actor,
        now=now,
        n=len(going),
        courier=courier.pk,
    )
    if batch.deadline is None or batch.deadline.answered_at is not None:
        _run_clock(batch, at=at, actor=actor, now=now)
    made = _add(
        batch, going, waybills, origin=Receipt.Origin.LISTED, actor=actor, now=line.recorded_at
    )
    place = our_place()
    Scan.objects.bulk_create(
        Scan(
            waybill_number=receipt.waybill_number,
            kind=Scan.Kind.DELIVERING,
            at=at,
            place=place,
            text=courier.name[:200],
        )
        for receipt in made.values()
    )
    return batch, [replace(row, receipt=made.get(row.number)) for row in rows]


def _locked(numbers: Collection[str]) -> dict[str, Waybill]:
    found = (
        Waybill.objects.select_for_update(of=["self"], no_key=True)
        .filter(number__in=numbers)
        .select_related("destination")
        .defer("sealed", "lookup")
        .order_by("pk")
    )
    return {waybill.number: waybill for waybill in found}


def _parsed(lines: Iterable[str]) -> list[Row]:
    """Read the lines that hold something. Raises KefuError for more than a courier can carry."""
    rows: list[Row] = []
    for place, text in enumerate(lines, 1):
        words = re.split(r"[\t,;，；]+|\s+", unicodedata.normalize("NFKC", text).strip())
        if words == [""]:
            continue
        if len(rows) == MOST_ROWS:
            raise KefuError(
                _("一次最多 %(most)d 行") % {"most": MOST_ROWS}, code="too_many_rows", field="lines"
            )
        rows.append(_row(place, [word for word in words if word]))
    return rows


def _row(place: int, words: Sequence[str]) -> Row:
    number, rest = (words[0] if words else ""), words[1:]
    try:
        number = redact.clean_waybill(number)
    except KefuError as error:
        return Row(place, number[:40], refusal=str(error))
    if not rest:
        return Row(place, number)
    if not (len(rest) == 1 and rest[0].isascii() and rest[0].isdigit()):
        return Row(place, number, refusal=_("单号后面只能是件数"))
    pieces = int(rest[0][:6])
    if not 1 <= pieces <= MOST_PIECES:
        return Row(place, number, refusal=_("件数要在 1 到 %(most)d 之间") % {"most": MOST_PIECES})
    return Row(place, number, pieces)


def _known(row: Row, waybills: Collection[str]) -> Row:
    if row.refusal or row.number in waybills:
        return row
    return replace(row, refusal=_("没有这个运单"))


def _not_out(
    rows: Sequence[Row], waybills: dict[str, Waybill], courier: Party, on: date
) -> list[Row]:
    """Refuse what stands twice here, is out that day, or is signed for already."""
    wanted = [waybills[row.number].pk for row in rows if not row.refusal]
    out: dict[str, Receipt] = {}
    signed: set[str] = set()
    for receipt in Receipt.objects.filter(waybill__in=wanted).select_related("batch__courier"):
        if receipt.delivered_on == on:
            out[receipt.waybill_number] = receipt
        elif receipt.state == State.ENTERED:
            signed.add(receipt.waybill_number)
    seen: set[str] = set()
    found = []
    for row in rows:
        refusal = row.refusal
        if not refusal and row.number in seen:
            refusal = _("这张清单里已经有了")
        elif not refusal and row.number in out:
            other = out[row.number].batch.courier
            refusal = (
                _("已经在这一批里")
                if other == courier
                else _("当天已在 %(courier)s 的清单上") % {"courier": other}
            )
        elif not refusal and row.number in signed:
            refusal = _("已经签收录入，不能再派")
        seen.add(row.number)
        found.append(replace(row, refusal=refusal))
    return found


def _open(*, courier: Party, on: date, clerk: Employee, actor: Any, now: datetime) -> ReceiptBatch:
    barred.refuse(clerk, now, "courier")
    using = edition_in_force(department_id=clerk.department_id, at=now)
    case = cases.open_case(
        kind=Case.Kind.RECEIPTS,
        department=clerk.department,
        owner=clerk,
        summary=f"{courier.name} {on:%Y-%m-%d}",
        actor=actor,
        now=now,
    )
    return ReceiptBatch.objects.create(
        case=case,
        courier=courier,
        delivered_on=on,
        opened_at=now,
        opened_by=actor,
        rulebook_id=using.version_id,
    )


def _delivered_at(on: date, now: datetime) -> datetime:
    """Now, or for the list of an earlier day its beginning: the clock counts by the day, and no contact of that
    day may seem to come before the parcel went out."""
    return now if on == today(now) else datetime.combine(on, time.min, SHANGHAI)


def _run_clock(batch: ReceiptBatch, *, at: datetime, actor: Any, now: datetime) -> None:
    """Until next morning all of it has to be entered (CD-10.01)."""
    if batch.case.state == Case.State.ANSWERED:
        cases.move(case=batch.case, to=Case.State.OPEN)
    delivered = cases.add(
        case=batch.case,
        kind=Interaction.Kind.STEP,
        action="receipts_out",
        direction=Interaction.Direction.INTERNAL,
        happened_at=at,
        actor=actor,
        now=now,
    )
    batch.deadline = deadlines.start_clock(
        case=batch.case,
        action=Deadline.Action.SIGNATURE_ENTRY,
        using=edition(batch.rulebook_id),
        party=our_company(),
        started_by=delivered,
    )
    batch.save(update_fields=["deadline"])


def _add(
    batch: ReceiptBatch,
    rows: Sequence[Row],
    waybills: dict[str, Waybill],
    *,
    origin: Receipt.Origin,
    actor: Any,
    now: datetime,
) -> dict[str, Receipt]:
    arrived = arrivals([waybills[row.number] for row in rows])
    rules = edition(batch.rulebook_id).rules
    until: dict[date, date | None] = {}  # most parcels of a day arrived on one of a few
    made = {}
    for row in rows:
        waybill = waybills[row.number]
        arrival = arrived.get(row.number)
        since = arrival or batch.delivered_on
        if since not in until:
            until[since] = kept(since, rules).until
        made[row.number] = Receipt(
            batch=batch,
            waybill=waybill,
            waybill_number=waybill.number,
            delivered_on=batch.delivered_on,
            origin=origin,
            pieces=row.pieces,
            collect_due=waybill.freight if waybill.payment == Waybill.Payment.RECEIVER else None,
            added_at=now,
            added_by=actor,
            kept_since=since,
            since=Receipt.Since.ARRIVAL if arrival else Receipt.Since.DELIVERY,
            keep_until=until[since],
        )
    Receipt.objects.bulk_create(made.values())
    return made


def arrivals(waybills: Collection[Waybill]) -> dict[str, date]:
    """The day each parcel first arrived at the outlet that delivers it, by number; one question."""
    places = {waybill.number: waybill.destination.name[:60] for waybill in waybills}
    scans = (
        Scan.objects.filter(
            waybill_number__in=places, kind=Scan.Kind.ARRIVED, place__in=set(places.values())
        )
        .order_by("-at")
        .values_list("waybill_number", "place", "at")
    )
    return {number: today(at) for number, place, at in scans if places[number] == place}


def our_place() -> str:
    return our_company().name[:60]


def lock(*, batch: ReceiptBatch) -> ReceiptBatch:
    """Return the batch as it is once its case is locked."""
    case = cases.lock(case=batch.case)
    batch = ReceiptBatch.objects.select_related("courier", "deadline").get(pk=case.pk)
    batch.case = case
    return batch


# -- Counting the slips -----------------------------------------------------------------------


@transaction.atomic
def count_slips(
    *,
    batch: ReceiptBatch,
    slips: int,
    collect_slips: int,
    collect_on_top: bool = False,
    deliverer: str = "",
    actor: Any,
    now: datetime,
) -> ReceiptCover:
    """Record the cover of a batch: how many slips, how many of them freight collect and torn off, by whom
    delivered (CD-10.17, CD-10.18, CD-07.18). Counted again, the new count holds.
    """
    _check_worker(actor)
    batch = lock(batch=batch)
    if not 0 <= slips <= MOST_ROWS:
        raise KefuError(
            _("张数要在 0 到 %(most)d 之间") % {"most": MOST_ROWS},
            code="out_of_range",
            field="slips",
        )
    if not 0 <= collect_slips <= slips:
        raise KefuError(_("到付单不能比回单多"), code="out_of_range", field="collect_slips")
    deliverer = redact.clean(deliverer, max_length=60, field="deliverer", multiline=False)
    recorded = {"courier_or_driver", "receipt_count", "date", "collect_slip_count"}
    recorded |= {"collect_slips_on_top"} if collect_on_top else set()
    recorded |= {"deliverer_name"} if deliverer else set()
    lacks(  # rule: CD-10.17, CD-10.18, CD-07.18
        edition(batch.rulebook_id).rules,
        "receipt_batch",
        recorded,
        {"slips": "collect" if collect_slips else "none"},
    )
    return ReceiptCover.objects.create(
        batch=batch,
        slips=slips,
        collect_slips=collect_slips,
        collect_on_top=collect_on_top,
        deliverer=deliverer,
        counted_at=now,
        counted_by=actor,
    )


# -- Entering the signatures ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slip:
    """The number as it was read off a slip: scanned or typed, or in two groups of digits."""

    number: str = ""
    source: ReceiptEntry.Source = Source.SCANNED
    barcode_digits: str = ""
    lower_left_digits: str = ""


@transaction.atomic
def enter(
    *,
    batch: ReceiptBatch,
    slip: Slip,
    signature: Signature,
    pieces: int | None = None,
    collected: Decimal | None = None,
    unlisted: bool = False,
    actor: Any,
    now: datetime,
) -> ReceiptEntry:
    """Enter whose signature stands on one slip of the batch, with its scan; the last one stops the clock.

    A slip that is not on the list is put on it as forgotten, if ``unlisted`` says that it really lies there.
    Raises KefuError naming ``number``, ``lower_left_digits``, ``signature``, ``pieces`` or ``collected``, Conflict
    for a slip that is entered, destroyed or on another list.
    Source: CD-10.01, CD-10.03 … CD-10.15, CD-07.13.
    """
    _check_worker(actor)
    batch = lock(batch=batch)
    rules = edition(batch.rulebook_id).rules
    receipt = _find(batch, slip, rules, unlisted=unlisted, pieces=pieces, actor=actor, now=now)
    if receipt.state == State.ENTERED:
        raise Conflict(
            _("%(number)s 已经录入；写错了请用更正") % {"number": receipt.waybill_number},
            code="already_entered",
            field="number",
        )
    if receipt.destruction_id is not None:
        raise Conflict(_("这张回单已经销毁"), code="destroyed", field="number")
    entry = _record(
        batch,
        receipt,
        signature,
        source=slip.source,
        pieces=pieces,
        collected=collected,
        corrects=None,
        actor=actor,
        now=now,
    )
    receipt.state, receipt.note = State.ENTERED, ""
    receipt.entered_at, receipt.entered_by = now, actor
    receipt.in_time = batch.deadline is None or now <= batch.deadline.due_at
    receipt.save(update_fields=["state", "note", "entered_at", "entered_by", "in_time"])
    _finish(batch, actor=actor, now=now)
    return entry


def _find(
    batch: ReceiptBatch,
    slip: Slip,
    rules: Rulebook,
    *,
    unlisted: bool,
    pieces: int | None,
    actor: Any,
    now: datetime,
) -> Receipt:
    """The line of a slip. Rules: a number that was typed counts like a scanned one, and two groups of digits are put
    together (CD-10.14, CD-10.15)."""
    if slip.source == Source.MERGED:
        numbers = list(merged_numbers(slip.barcode_digits, slip.lower_left_digits, rules))
        found = batch.receipts.filter(waybill_number__in=numbers).select_related("waybill").first()
        if found is None:
            raise KefuError(
                _("两处数字合起来不是这张清单上的单号"),
                code="not_on_list",
                field="lower_left_digits",
            )
        return found
    if slip.source == Source.TYPED:
        recorded = {"number_typed_in"} if slip.number.strip() else set()
        lacks(rules, "receipt_number", recorded, {"barcode": "none"})  # rule: CD-10.14
    number = redact.clean_waybill(slip.number, field="number")
    found = (
        Receipt.objects.filter(waybill_number=number, batch=batch).select_related("waybill").first()
    )
    if found is not None:
        return found
    return _forgotten(batch, number, unlisted=unlisted, pieces=pieces, actor=actor, now=now)


def _forgotten(
    batch: ReceiptBatch,
    number: str,
    *,
    unlisted: bool,
    pieces: int | None,
    actor: Any,
    now: datetime,
) -> Receipt:
    """Put a slip on the list that nobody wrote there when the parcel went out (CD-10.05)."""
    waybill = _locked([number]).get(number)
    if waybill is None:
        raise KefuError(_("没有这个运单"), code="unknown_waybill", field="number")
    elsewhere = (
        Receipt.objects.filter(waybill=waybill)
        .exclude(state=State.UNDELIVERED)
        .select_related("batch__courier")
        .order_by("-delivered_on")
        .first()
    )
    if elsewhere is not None:
        raise Conflict(
            _("%(number)s 在 %(courier)s %(on)s 的清单上")
            % {
                "number": number,
                "courier": elsewhere.batch.courier,
                "on": f"{elsewhere.delivered_on:%m-%d}",
            },
            code="on_another_list",
            field="number",
            batch=elsewhere.batch_id,
        )
    if not unlisted:
        raise Conflict(
            _("%(number)s 不在这张清单上；回单确实在手里，就按忘记登记录入") % {"number": number},
            code="not_on_list",
            field="unlisted",
        )
    row = Row(1, number, pieces or 1)
    return _add(
        batch, [row], {number: waybill}, origin=Receipt.Origin.UNLISTED, actor=actor, now=now
    )[number]


def _record(
    batch: ReceiptBatch,
    receipt: Receipt,
    signature: Signature,
    *,
    source: ReceiptEntry.Source,
    pieces: int | None,
    collected: Decimal | None,
    corrects: ReceiptEntry | None,
    actor: Any,
    now: datetime,
) -> ReceiptEntry:
    """Judge one entry by the edition of the batch and keep it, with the scan that tells of it."""
    rules = edition(batch.rulebook_id).rules
    several, collect = receipt.pieces > 1, receipt.collect_due is not None
    damaged = ProblemRecord.objects.filter(
        case__waybill=receipt.waybill_id, problem=ProblemParcel.Problem.DAMAGED_INSIDE
    ).exists()
    written = signer(signature, rules, damaged_inside=damaged)
    if pieces is not None and not 1 <= pieces <= MOST_PIECES:
        raise KefuError(
            _("件数要在 1 到 %(most)d 之间") % {"most": MOST_PIECES},
            code="out_of_range",
            field="pieces",
        )
    if collected is not None and not (
        collected.is_finite() and 0 < collected <= MOST_YUAN and collected == round(collected, 2)
    ):
        raise KefuError(_("到付金额要大于 0，最多到分"), code="out_of_range", field="collected")
    facts = {
        "settlement": "collect" if collect else "prepaid",
        "pieces": "several" if several else "one",
    }
    recorded = {"signer_name"}
    recorded |= {"collect_price"} if collected is not None else set()
    recorded |= {"pieces"} if pieces is not None else set()
    try:
        lacks(rules, "receipt_entry", recorded, facts)  # rule: CD-10.03, CD-10.06
    except KefuError as error:
        error.field = {"collect_price": "collected"}.get(error.field or "", error.field)
        raise
    entry = ReceiptEntry.objects.create(
        case=batch.case,
        receipt=receipt,
        corrects=corrects,
        source=source,
        read=signature.read,
        refused=signature.refused,
        sealed={"signer": written.text},
        signer_masked=written.masked,
        pieces=pieces,
        collected=collected if collect else None,
        entered_at=now,
        entered_by=actor,
        inputs={"facts": facts, "steps": [step.to_json() for step in written.steps]},
    )
    Scan.objects.create(
        waybill_number=receipt.waybill_number,
        kind=Scan.Kind.SIGNED,
        at=now,
        place=our_place(),
        text=written.masked,
    )
    return entry


@transaction.atomic
def correct(
    *,
    entry: ReceiptEntry,
    signature: Signature,
    pieces: int | None = None,
    collected: Decimal | None = None,
    reason: str,
    actor: Any,
    now: datetime,
) -> ReceiptEntry:
    """Correct an entry by another row; the last one counts, and when the first was made stays.

    Of two who correct the same one the second gets a Conflict.
    """
    _check_worker(actor)
    batch = lock(batch=entry.receipt.batch)
    reason = cases.shown(case=batch.case, text=reason, limit=NOTE_LIMIT)
    if not reason:
        raise KefuError(_("请写明改了什么"), code="reason_required", field="reason")
    if ReceiptEntry.objects.filter(corrects=entry).exists():
        raise Conflict(_("这次录入已经更正过了，请看最新的"), code="already_corrected")
    made = _record(
        batch,
        entry.receipt,
        signature,
        source=ReceiptEntry.Source(entry.source),
        pieces=pieces,
        collected=collected,
        corrects=entry,
        actor=actor,
        now=now,
    )
    cases.step(
        case=batch.case,
        action="receipt_corrected",
        text=reason,
        actor=actor,
        now=now,
        receipt=entry.receipt_id,
    )
    return made


def _finish(batch: ReceiptBatch, *, actor: Any, now: datetime) -> None:
    """Stop the clock once every line is entered or accounted for; a slip not handed in is neither (CD-10.02)."""
    if batch.receipts.waited_for().exists():
        return
    if batch.deadline is not None and batch.deadline.answered_at is None:
        waiting = deadlines.settle(case=batch.case, now=now)
        done = cases.step(case=batch.case, action="receipts_complete", actor=actor, now=now)
        deadlines.keep(
            deadlines=[one for one in waiting if one.pk == batch.deadline_id],
            answer=done,
            actor=actor,
            now=now,
        )
    if batch.case.state == Case.State.OPEN:
        cases.move(case=batch.case, to=Case.State.ANSWERED)
        if batch.hand_over_id is not None:
            cases.move(case=batch.case, to=Case.State.CLOSED, closed_at=now)


# -- What is not entered ----------------------------------------------------------------------


@transaction.atomic
def account(
    *,
    receipt: Receipt,
    state: Receipt.State,
    note: str,
    barcode_digits: str = "",
    lower_left_digits: str = "",
    actor: Any,
    now: datetime,
) -> Receipt:
    """Say why a line is not entered: the slip was not handed in, its number cannot be read, or the parcel was not
    delivered after all.

    Not handed in is waited for all the same: the clock runs out, and the slip is entered when it comes (CD-10.02,
    CD-10.05). A number that can be read or put together is entered, not skipped (CD-10.14 … CD-10.16). Not
    delivered is only what has a problem scan since. Raises KefuError naming the field, Conflict for an entered line.
    """
    _check_worker(actor)
    batch = lock(batch=receipt.batch)
    receipt = Receipt.objects.get(pk=receipt.pk)
    if receipt.state == State.ENTERED:
        raise Conflict(_("这张回单已经录入"), code="already_entered")
    if receipt.destruction_id is not None:
        raise Conflict(_("这张回单已经销毁"), code="destroyed")
    if state == State.MISSING and batch.case.state != Case.State.OPEN:
        # Its clock has stopped and would not run out for it any more.
        raise Conflict(_("这一批已经录完，不能再改成未交"), code="batch_complete", field="state")
    if state not in (State.MISSING, State.UNREADABLE, State.UNDELIVERED):
        raise KefuError(_("请选没有录入的原因"), code="state_required", field="state")
    note = cases.shown(case=batch.case, text=note, field="note", limit=NOTE_LIMIT)
    if state == State.UNREADABLE:
        note = _unreadable(batch, receipt, barcode_digits, lower_left_digits, note)
    elif not note:
        raise KefuError(_("请写一句说明"), code="note_required", field="note")
    if state == State.UNDELIVERED and not _came_back(receipt):
        raise KefuError(
            _("派件之后没有问题件扫描：没有派成的先登记问题件"),
            code="no_problem_scan",
            field="state",
        )
    receipt.state, receipt.note = state, note
    receipt.save(update_fields=["state", "note"])
    cases.step(
        case=batch.case,
        action=f"receipt_{state}",
        text=note,
        actor=actor,
        now=now,
        receipt=receipt.pk,
        waybill=receipt.waybill_number,
    )
    _finish(batch, actor=actor, now=now)
    return receipt


def _unreadable(
    batch: ReceiptBatch, receipt: Receipt, barcode: str, lower_left: str, note: str
) -> str:
    """Refuse to skip a slip whose number is there; return the note, with what can be read of it (CD-10.16)."""
    rules = edition(batch.rulebook_id).rules
    number = receipt.waybill_number
    upper = re.sub(r"\s", "", unicodedata.normalize("NFKC", barcode)).upper()
    lower = re.sub(r"\s", "", unicodedata.normalize("NFKC", lower_left)).upper()
    for digits, field in ((upper, "barcode_digits"), (lower, "lower_left_digits")):
        if digits not in number:
            raise KefuError(
                _("这几位不在 %(number)s 里") % {"number": number}, code="other_number", field=field
            )
    together = number in merged_numbers(upper, lower, rules)
    if may_enter(  # rule: CD-10.16
        upper_complete=upper == number, lower_complete=lower == number or together, rules=rules
    ):
        raise KefuError(
            _("单号读得全，照样要录入：手输，或把两处数字合起来（CD-10.14、CD-10.15）"),
            code="number_readable",
            field="barcode_digits",
        )
    return f"{upper or '—'} / {lower or '—'} {note}".strip()[:NOTE_LIMIT]


def _came_back(receipt: Receipt) -> bool:
    day = datetime.combine(receipt.delivered_on, time.min, SHANGHAI)
    return Scan.objects.filter(
        waybill_number=receipt.waybill_number, kind=Scan.Kind.PROBLEM, at__gte=day
    ).exists()


# -- To headquarters --------------------------------------------------------------------------


@transaction.atomic
def hand_over(*, clerk: Employee, actor: Any, now: datetime) -> ReceiptHandOver:
    """Send what the desk has counted and not sent yet to headquarters; finished batches are closed (CD-07.17).

    Raises Conflict where nothing is ready.
    """
    _check_worker(actor)
    ready = list(
        ReceiptBatch.objects.filter(
            hand_over=None,
            case__department=clerk.department_id,
            pk__in=ReceiptCover.objects.values("batch"),
        )
        .select_related("case")
        .order_by("pk")
    )
    if not ready:
        raise _nothing_ready()
    given = ReceiptHandOver.objects.create(
        department=clerk.department, handed_over_at=now, handed_over_by=actor
    )
    locked = [one for one in (lock(batch=batch) for batch in ready) if one.hand_over_id is None]
    if not locked:  # somebody was faster with all of them
        raise _nothing_ready()
    for batch in locked:
        batch.hand_over = given
        batch.save(update_fields=["hand_over"])
        cases.step(
            case=batch.case, action="receipts_handed_over", actor=actor, now=now, to=given.pk
        )
        if batch.case.state == Case.State.ANSWERED:
            cases.move(case=batch.case, to=Case.State.CLOSED, closed_at=now)
    return given


def _nothing_ready() -> Conflict:
    return Conflict(_("没有清点好还没上交的回单"), code="nothing_to_hand_over")
