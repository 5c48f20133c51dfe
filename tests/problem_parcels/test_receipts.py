"""Receipts: what goes out, what is written for a signature, what is missing, how long it is kept, what a loss costs."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kefu.deadlines import services as deadlines
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Account
from kefu.network.models import Party
from kefu.parcels.models import Scan, Waybill
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from kefu.penalties.selectors import explained
from kefu.replay import services as replay
from kefu.replay.decisions import Missing, differences
from kefu.rulebooks.selectors import edition
from problem_parcels.models import (
    ProblemParcel,
    ProblemRecord,
    Receipt,
    ReceiptEntry,
    ReceiptRequest,
)
from problem_parcels.receipt_rules import read_signature
from problem_parcels.selectors import receipts as selectors
from problem_parcels.services import receipt_keeping, receipt_requests
from problem_parcels.services import receipts as services
from problem_parcels.services.receipts import Slip
from tests.centre import at
from tests.frozen import centre, clock

__all__ = ["centre", "clock"]

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
State = Receipt.State
Outcome = ReceiptRequest.Outcome


class Desk:
    """The receipt clerk Lin, the courier Wu and the parcels he takes out."""

    def __init__(self, centre, clock):
        self.centre, self.clock, self.now = centre, clock, at("08:00:00")
        self.wu = Party.objects.create(kind="courier", code="2201", name="吴强")
        self.sun = Party.objects.create(kind="driver", code="3301", name="孙立")

    def parcel(self, number, **given):
        facts = {
            "number": number,
            "origin": self.centre.chengdu,
            "destination": self.centre.company,
            "route_from": "成都",
            "route_to": "扬州",
            "weight_kg": Decimal("1.00"),
            "freight": Decimal("18.00"),
            "payment": "sender",
            "accepted_at": at("2026-11-17 10:00:00"),
        }
        return Waybill.objects.create(**(facts | given))

    def out(self, *lines, courier=None, on=TODAY, when="08:00:00"):
        return services.hand_out(
            courier=courier or self.wu,
            delivered_on=on,
            lines=lines,
            clerk=self.centre.lin,
            actor=self.centre.lin.user,
            now=self.clock(when),
        )

    def enter(self, batch, number, text, *, when="2026-11-21 09:00:00", by=None, **given):
        slip = {
            name: given.pop(name)
            for name in ("source", "barcode_digits", "lower_left_digits")
            if name in given
        }
        return services.enter(
            batch=batch,
            slip=Slip(number, **slip),
            signature=read_signature(text),
            actor=(by or self.centre.lin).user,
            now=self.clock(when),
            **given,
        )

    def account(self, batch, number, state, *, note="业务员说明天交", when="21:00:00", **given):
        return services.account(
            receipt=batch.receipts.get(waybill_number=number),
            state=state,
            note=note,
            actor=self.centre.lin.user,
            now=self.clock(when),
            **given,
        )


@pytest.fixture
def desk(centre, clock):
    return Desk(centre, clock)


A, B, C, D = "880612000001", "880612000002", "880612000003", "880612000004"


@pytest.fixture
def batch(desk):
    """Wu has two parcels with him: one prepaid, one of three pieces with 25 yuan to collect."""
    desk.parcel(A)
    desk.parcel(B, payment="receiver", freight=Decimal("25.00"))
    batch, rows = desk.out(A, f"{B} 3")
    assert [row.refusal for row in rows] == ["", ""]
    return batch


def omissions(batch, *, now):
    rules = edition(batch.rulebook_id).rules
    return selectors.omissions(TODAY, TODAY, rules=rules, now=now)


# -- handing out ----------------------------------------------------------------------------------


@pytest.mark.rule("CD-10.01")
def test_what_goes_out_has_a_scan_and_until_ten_next_morning(batch, desk):
    assert list(Scan.objects.values_list("waybill_number", "kind", "at").order_by("pk")) == [
        (A, "delivering", at("08:00:00")),
        (B, "delivering", at("08:00:00")),
    ]
    clock = batch.deadline
    assert (clock.clause, clock.due_at, clock.warn_at) == (
        "CD-10.01",
        at("2026-11-21 10:00:00"),
        at("2026-11-21 09:30:00"),
    )
    assert (batch.case.kind, batch.case.number[:3], batch.case.owner) == (
        "receipts",
        "HD-",
        desk.centre.lin,
    )
    line = batch.receipts.get(waybill_number=B)
    assert (line.pieces, line.collect_due) == (3, Decimal("25.00"))


@pytest.mark.rule("CD-10.01")
def test_a_list_of_yesterday_went_out_before_all_that_happened_that_day(desk):
    desk.parcel(A)
    batch, _rows = desk.out(A, on=date(2026, 11, 19), when="09:00:00")

    assert batch.deadline.due_at == at("10:00:00")
    scan = Scan.objects.get(waybill_number=A)
    assert (scan.at, scan.text) == (at("2026-11-19 00:00:00"), "吴强")


def test_a_bad_line_is_refused_at_its_place_and_the_rest_goes_out(batch, desk):
    for number in (C, D):
        desk.parcel(number)
    desk.enter(batch, A, "张国华", when="20:00:00")

    made, rows = desk.out(
        C, "", "12", "880612999999", C, f"{D}\t0", f"{D} x", B, when="20:30:00", courier=desk.sun
    )

    told = [(row.place, row.refusal) for row in rows]
    assert [place for place, refusal in told if not refusal] == [1]
    assert told[2:] == [
        (4, "没有这个运单"),
        (5, "这张清单里已经有了"),
        (6, "件数要在 1 到 999 之间"),
        (7, "单号后面只能是件数"),
        (8, "当天已在 吴强 的清单上"),
    ]
    assert told[1][0] == 3 and told[1][1]
    assert [receipt.waybill_number for receipt in made.receipts.all()] == [C]
    # Signed for is not taken out again, and a day of nothing but faults opens no batch.
    none, rows = desk.out(
        A, courier=desk.sun, on=TODAY + timedelta(days=1), when="2026-11-21 08:00:00"
    )
    assert (none, rows[0].refusal) == (None, "已经签收录入，不能再派")
    with pytest.raises(KefuError) as refused:
        desk.out(D, on=TODAY + timedelta(days=9), when="2026-11-21 08:00:00")
    assert refused.value.field == "delivered_on"
    with pytest.raises(KefuError) as refused:
        desk.out(D, courier=desk.centre.chengdu)
    assert refused.value.field == "courier"


def test_a_long_list_asks_no_more_than_a_short_one(desk):
    numbers = [desk.parcel(f"8806120001{n:02d}").number for n in range(40)]
    with CaptureQueriesContext(connection) as short:
        desk.out(*numbers[:2])
    with CaptureQueriesContext(connection) as long:
        desk.out(*numbers[2:], courier=desk.sun)

    assert len(long) <= len(short)


# -- the signature --------------------------------------------------------------------------------


@pytest.mark.rule(
    *("CD-10.07", "CD-10.09", "CD-10.10", "CD-10.11", "CD-10.12", "CD-10.13", "CD-07.13")
)
@pytest.mark.parametrize(
    ("typed", "stored", "shown"),
    [
        ("张国华", "张国华", "张*华"),
        ("张，，", "张,,", "张,,"),  # full width is taken, half width is kept
        ("欧阳,", "欧阳,", "欧阳,"),
        (",国华", ",国华", ",**"),
        ("，，国华", ",国华", ",**"),  # one comma for a surname of any length
        (".", "草签", "草签"),
        ("-", "已收", "已收"),
        ("章", "邮件签收章", "邮件签收章"),
        ("*张国华", "张国华", "张*华"),  # a legible name wins over the stamp
        ("张国华拒收", "张国华拒收", "张*华拒收"),
        ("草签拒收", "草签拒收", "草签拒收"),
    ],
)
def test_a_signature_is_written_as_the_rulebook_wants_it(batch, desk, typed, stored, shown):
    entry = desk.enter(batch, A, typed)

    kept = ReceiptEntry.objects.get(pk=entry.pk)
    assert (kept.sealed["signer"], kept.signer_masked) == (stored, shown)
    scan = Scan.objects.get(waybill_number=A, kind="signed")
    assert scan.text == shown


@pytest.mark.rule("CD-10.04", "CD-10.08")
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        ",,",
        "，",
        "123",
        "１２３",
        "4,",
        ",56",
        "本人",
        "本人签收",
        "*本人",
        "本人拒收",
        "拒收",  # without whoever refuses
        "张,华",
    ],
)
def test_what_is_no_name_is_refused_at_its_field_and_nothing_is_kept(batch, desk, typed):
    with pytest.raises(KefuError) as refused:
        desk.enter(batch, A, typed)

    assert refused.value.field == "signature"
    assert not ReceiptEntry.objects.exists()
    assert batch.receipts.get(waybill_number=A).state == State.OUT


@pytest.mark.rule("CD-07.13")
def test_a_parcel_damaged_inside_is_signed_for_with_the_refusal(batch, desk):
    waybill = batch.receipts.get(waybill_number=A).waybill
    case = desk.centre.inquiry(now=desk.now, waybill=waybill)
    ProblemRecord.objects.create(
        case=case,
        problem=ProblemParcel.Problem.DAMAGED_INSIDE,
        scanned_at=desk.now,
        recorded_at=desk.now,
        rulebook_id=batch.rulebook_id,
    )

    with pytest.raises(KefuError, match="CD-07"):
        desk.enter(batch, A, "张国华")
    assert desk.enter(batch, A, "张国华拒收").sealed["signer"] == "张国华拒收"


@pytest.mark.rule("CD-10.03", "CD-10.06")
def test_freight_collect_wants_its_amount_and_several_pieces_their_number(batch, desk):
    for given, field in [
        ({}, "collected"),
        ({"pieces": 3}, "collected"),
        ({"collected": Decimal("25.00")}, "pieces"),
        ({"pieces": 3, "collected": Decimal("0")}, "collected"),
        ({"pieces": 3, "collected": Decimal("NaN")}, "collected"),
        ({"pieces": 3, "collected": Decimal("0.001")}, "collected"),
        ({"pieces": 0, "collected": Decimal("25")}, "pieces"),
    ]:
        with pytest.raises(KefuError) as refused:
            desk.enter(batch, B, "李敏", **given)
        assert refused.value.field == field, given

    desk.enter(batch, B, "李敏", pieces=2, collected=Decimal("20.00"))

    (line, *_others) = selectors.lines_of(batch)  # freight collect on top
    assert (line.waybill_number, line.collected, line.signed_pieces) == (B, Decimal("20.00"), 2)
    assert (line.collect_due, line.pieces) == (Decimal("25.00"), 3)  # shown beside it


# -- the number on the slip -----------------------------------------------------------------------


@pytest.mark.rule("CD-10.14", "CD-10.15")
def test_a_number_without_a_bar_code_is_typed_and_a_torn_one_put_together(batch, desk):
    assert desk.enter(batch, A, "张国华", source="typed").source == "typed"

    with pytest.raises(KefuError, match=r"CD-10\.14"):
        desk.enter(batch, " ", "李敏", source="typed")
    for digits in (("8806120", "0003"), ("88061", "002")):
        with pytest.raises(KefuError) as refused:
            desk.enter(
                batch,
                "",
                "李敏",
                source="merged",
                barcode_digits=digits[0],
                lower_left_digits=digits[1],
            )
        assert refused.value.field == "lower_left_digits"
    merged = desk.enter(
        batch,
        "",
        "李敏",
        source="merged",
        barcode_digits="8806 1200",
        lower_left_digits="200 0002",
        pieces=3,
        collected=Decimal("25"),
    )  # the groups overlap
    assert (merged.source, merged.receipt.waybill_number) == ("merged", B)


@pytest.mark.rule("CD-10.16", "CD-10.02")
def test_only_a_slip_nobody_can_read_is_skipped_and_it_is_no_omission(batch, desk):
    for upper, lower, code in [
        (A, "", "number_readable"),
        ("880612", "000001", "number_readable"),  # together they are the number
        ("8806", "9999", "other_number"),
    ]:
        with pytest.raises(KefuError) as refused:
            desk.account(batch, A, State.UNREADABLE, barcode_digits=upper, lower_left_digits=lower)
        assert refused.value.code == code
    line = desk.account(
        batch, A, State.UNREADABLE, note="", barcode_digits="8806", lower_left_digits="001"
    )
    assert "8806 / 001" in line.note
    desk.enter(batch, B, "李敏", pieces=3, collected=Decimal("25"), when="2026-11-21 10:00:00")

    batch.deadline.refresh_from_db()
    assert batch.deadline.state == "met"  # ten sharp is in time
    assert omissions(batch, now=at("2026-11-21 12:00:00")) == []
    with pytest.raises(Conflict) as refused:  # its clock has stopped: nothing would run out
        desk.account(batch, A, State.MISSING, when="2026-11-21 11:00:00")
    assert refused.value.code == "batch_complete"


# -- late, missing, forgotten ---------------------------------------------------------------------


@pytest.mark.rule("CD-10.01", "CD-10.02", "CD-10.05")
def test_a_slip_not_handed_in_lets_the_clock_run_out_and_is_entered_when_it_comes(batch, desk):
    desk.enter(batch, A, "张国华", when="2026-11-21 10:00:00")
    desk.account(batch, B, State.MISSING, when="2026-11-21 10:00:00")
    desk.clock("2026-11-21 10:00:01")
    deadlines.sweep()
    batch.deadline.refresh_from_db()
    assert (batch.deadline.state, batch.deadline.answered_at) == ("breached", None)
    (missing,) = selectors.missing_receipts(TODAY, TODAY)
    assert (missing.courier, missing.handed_out, missing.registered) == (desk.wu, 2, 1)
    assert (missing.not_handed_in, missing.not_registered) == ((B,), ())
    (left_out,) = omissions(batch, now=at("2026-11-21 10:00:01"))
    assert (left_out.late, left_out.missed, left_out.not_handed_in) == (0, 0, 1)

    desk.enter(batch, B, "李敏", pieces=3, collected=Decimal("25"), when="2026-11-22 09:00:00")

    batch.deadline.refresh_from_db()
    assert (batch.deadline.state, batch.deadline.answered_at) == (
        "breached",
        at("2026-11-22 09:00:00"),
    )
    assert [r.in_time for r in batch.receipts.order_by("pk")] == [True, False]
    (late,) = omissions(batch, now=at("2026-11-22 09:00:01"))
    assert (late.person, late.late, late.missed, late.not_handed_in) == ("林小月 0826", 1, 0, 0)
    assert list(selectors.missing_receipts(TODAY, TODAY)) == []


@pytest.mark.rule("CD-10.02")
def test_what_the_clerk_left_out_is_hers(batch, desk):
    (missed,) = omissions(batch, now=at("2026-11-21 10:00:01"))

    assert (missed.person, missed.entered, missed.missed) == ("林小月 0826", 0, 2)
    assert missed.over == 2  # none may be left out
    assert omissions(batch, now=at("2026-11-21 10:00:00")) == []


@pytest.mark.rule("CD-10.05")
def test_a_slip_that_stood_on_no_list_is_put_there_as_forgotten_once_somebody_says_so(batch, desk):
    desk.parcel(C)
    desk.out(desk.parcel(D).number, courier=desk.sun)

    for number, code in [
        (C, "not_on_list"),
        (D, "on_another_list"),
        ("880612999999", "unknown_waybill"),
    ]:
        with pytest.raises(KefuError) as refused:
            desk.enter(batch, number, "张国华")
        assert refused.value.code == code
    desk.enter(batch, C, "张国华", unlisted=True)
    with pytest.raises(Conflict, match="已经录入"):
        desk.enter(batch, C, "张国华")

    (missing, _sun) = sorted(
        selectors.missing_receipts(TODAY, TODAY), key=lambda one: one.courier.code
    )
    assert (missing.handed_out, missing.not_registered) == (2, (C,))


def test_a_parcel_that_was_brought_back_is_accounted_for_by_its_problem_scan(batch, desk):
    with pytest.raises(KefuError) as refused:
        desk.account(batch, A, State.UNDELIVERED)
    assert refused.value.code == "no_problem_scan"
    Scan.objects.create(waybill_number=A, kind="problem", at=at("19:00:00"), place="扬州本部")

    desk.account(batch, A, State.UNDELIVERED, note="送无人")
    desk.enter(batch, B, "李敏", pieces=3, collected=Decimal("25"), when="21:10:00")

    batch.deadline.refresh_from_db()
    batch.case.refresh_from_db()
    assert (batch.deadline.state, batch.case.state) == ("met", "answered")
    # It goes out again next day, on a list of its own.
    _batch, (row,) = desk.out(A, on=date(2026, 11, 21), when="2026-11-21 08:00:00")
    assert row.refusal == ""


def test_a_correction_is_another_row_and_the_last_one_counts(batch, desk):
    first = desk.enter(batch, A, "张国华")
    by = desk.centre.zhou.user
    facts = {"signature": read_signature("章国华"), "reason": "看错了姓", "actor": by}

    second = services.correct(entry=first, now=desk.clock("2026-11-21 11:00:00"), **facts)

    with pytest.raises(Conflict):
        services.correct(entry=first, now=at("2026-11-21 11:00:01"), **facts)
    line = next(one for one in selectors.lines_of(batch) if one.waybill_number == A)
    assert (line.entry_id, line.signer, line.in_time) == (second.pk, "章*华", True)
    assert (line.entered_by, second.entered_by) == (desk.centre.lin.user, by)
    for change in (second.delete, lambda: ReceiptEntry.objects.update(signer_masked="")):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change()


def test_one_entry_asks_no_more_than_fifteen_questions(batch, desk):
    with CaptureQueriesContext(connection) as asked:
        desk.enter(batch, A, "张国华")

    assert len(asked) <= 15


# -- the pile -------------------------------------------------------------------------------------


@pytest.mark.rule("CD-10.17", "CD-10.18", "CD-07.17", "CD-07.18")
def test_the_cover_and_the_way_to_headquarters(batch, desk):
    by = {"batch": batch, "actor": desk.centre.lin.user, "now": desk.clock("21:00:00")}
    for given, field in [
        ({"slips": 2, "collect_slips": 3}, "collect_slips"),
        ({"slips": 2, "collect_slips": 1, "deliverer": "吴强"}, "collect_slips_on_top"),
        ({"slips": 2, "collect_slips": 1, "collect_on_top": True}, "deliverer_name"),
    ]:
        with pytest.raises(KefuError) as refused:
            services.count_slips(**by, **given)
        assert refused.value.field == field
    hand_over = {"clerk": desk.centre.lin, "actor": desk.centre.lin.user}
    with pytest.raises(Conflict):
        services.hand_over(**hand_over, now=at("21:00:00"))
    services.count_slips(**by, slips=2, collect_slips=1, collect_on_top=True, deliverer="吴强")
    rules = edition(batch.rulebook_id).rules

    def lying(when):
        return selectors.not_sent(
            department_id=desk.centre.query_desk.pk, rules=rules, now=at(when)
        )

    (waiting,) = lying("21:00:00")
    assert (waiting.overdue, waiting.line.difference) == (False, 2)  # nothing of it is entered
    (overdue,) = lying("2026-11-21 00:00:01")
    assert (overdue.overdue, overdue.due_at) == (True, at("2026-11-21 00:00:00"))

    desk.enter(batch, A, "张国华", when="21:30:00")
    desk.enter(batch, B, "李敏", pieces=3, collected=Decimal("25"), when="21:31:00")
    given = services.hand_over(**hand_over, now=desk.clock("22:00:00"))

    batch.refresh_from_db()
    batch.case.refresh_from_db()
    assert (batch.hand_over, batch.case.state, lying("2026-11-21 09:00:00")) == (
        given,
        "closed",
        [],
    )
    with pytest.raises(Conflict, match="已经上交"):
        desk.out(desk.parcel(C).number)


# -- kept, and destroyed --------------------------------------------------------------------------


@pytest.mark.rule("CD-05.14")
def test_a_slip_is_kept_from_its_arrival_and_nobody_destroys_it_before(desk):
    for n, (number, place, day) in enumerate(
        [(A, "扬州本部", "17"), (A, "扬州本部", "18"), (B, "成都武侯三部", "16")]
    ):
        if n != 1:
            desk.parcel(number)
        Scan.objects.create(
            waybill_number=number, kind="arrived", at=at(f"2026-11-{day} 23:30:00"), place=place
        )
    batch, _rows = desk.out(A, B)
    for number in (A, B):
        desk.enter(batch, number, "张国华", when="20:00:00")
    a, b = batch.receipts.order_by("pk")
    assert (a.since, a.keep_until) == ("arrival", date(2026, 11, 17) + timedelta(days=180))
    assert (b.since, b.keep_until) == ("delivery", TODAY + timedelta(days=180))
    lin, chen, he = (one.user for one in (desk.centre.lin, desk.centre.chen, desk.centre.he))

    last_day = desk.clock(f"{a.keep_until} 23:59:59")
    with pytest.raises(KefuError) as refused:
        receipt_keeping.propose_destruction(until=a.keep_until, actor=lin, now=last_day)
    assert (refused.value.field, selectors.expired(now=last_day)) == ("until", [])
    after = desk.clock(f"{a.keep_until + timedelta(days=1)} 00:00:00")
    assert [(one.until, one.slips) for one in selectors.expired(now=after)] == [(a.keep_until, 1)]
    proposal = receipt_keeping.propose_destruction(until=a.keep_until, actor=chen, now=after)
    for who in (lin, chen):
        with pytest.raises(KefuError):
            receipt_keeping.decide_destruction(
                destruction=proposal, approve=True, actor=who, now=after
            )
    done = receipt_keeping.decide_destruction(
        destruction=proposal, approve=True, actor=he, now=after
    )

    a.refresh_from_db()
    b.refresh_from_db()
    assert (done, a.destroyed_on, b.destroyed_on) == (1, after.date(), None)
    with pytest.raises(IntegrityError, match="receipt_kept_its_time"), transaction.atomic():
        Receipt.objects.filter(pk=b.pk).update(destruction=proposal, destroyed_on=b.keep_until)
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        Receipt.objects.filter(pk=b.pk).update(keep_until=TODAY)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Receipt.objects.filter(pk=b.pk)._raw_delete("default")


# -- wanted again ---------------------------------------------------------------------------------


@pytest.fixture
def want(desk):
    """A customer or Xi'an wants the receipt of a parcel that Chengdu delivered on the first of June."""
    waybill = desk.centre.waybill
    for kind, when in [("arrived", "2026-06-01 07:00:00"), ("signed", "2026-06-01 12:00:00")]:
        Scan.objects.create(
            waybill_number=waybill.number, kind=kind, at=at(when), place="成都武侯三部"
        )

    def ask(when="2026-11-20 09:00:00", **given):
        facts = {
            "waybill": waybill,
            "asking": desk.centre.company,
            "service": "fax",
            "note": "收件人说没有签过，电话 13800004545",
            "customer_name": "陈晓梅",
            "customer_phone": "13800004545",
            "channel": "phone",
            "department": desk.centre.query_desk,
            "owner": desk.centre.lin,
            "actor": desk.centre.lin.user,
            "now": desk.clock(when),
        }
        return receipt_requests.ask_for_receipt(**(facts | given))

    return ask


@pytest.fixture
def answer(desk):
    def say(request, outcome, text="翻遍了没有", when="10:00:00"):
        return receipt_requests.answer_request(
            request=request,
            outcome=outcome,
            answer=text,
            channel="phone",
            actor=desk.centre.lin.user,
            now=desk.clock(when),
        )

    return say


def recomputed():
    found = []
    for one in replay.each("2026-11", at=at("2026-11-28 12:00:00")):
        assert not isinstance(one.outcome, Missing)
        found += differences(one.decision, one.outcome)
    return found


@pytest.mark.rule("CD-05.09", "CD-05.15", "CD-05.16")
@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.NOT_FOUND])
def test_a_receipt_that_is_not_produced_in_its_time_costs_the_outlet_a_hundred(
    want, answer, desk, outcome
):
    request = want()
    assert (request.since, request.keep_until, request.owed) == (
        "arrival",
        date(2026, 11, 28),
        True,
    )
    assert (request.deadline.due_at, request.deadline.party) == (
        at("11:00:00"),
        desk.centre.chengdu,
    )
    assert "13800004545" not in request.note
    with pytest.raises(Conflict):
        want()

    request = answer(request, outcome)

    fine = request.penalty
    assert (fine.clause, fine.party, fine.value, fine.state) == (
        "CD-05.16",
        desk.centre.chengdu,
        Decimal("100.00"),
        "payable",
    )
    assert Account.objects.get(party=desk.centre.chengdu).balance == Decimal("100.00")
    request.deadline.refresh_from_db()
    assert request.deadline.state == "met"
    assert "100.00" in explained(fine, "zh-hans").total.value
    with pytest.raises(Conflict):
        answer(request, outcome)
    assert recomputed() == []
    waiver = penalties.propose_waiver(
        penalty=fine,
        ground=Waiver.Ground.GOODWILL,
        reason="当天火灾",
        actor=desk.centre.chen.user,
        now=at("11:00:00"),
    )
    penalties.decide_waiver(
        waiver=waiver, approve=True, actor=desk.centre.he.user, now=at("12:00:00")
    )
    assert Account.objects.get(party=desk.centre.chengdu).balance == Decimal("0.00")
    assert recomputed() == []


@pytest.mark.rule("CD-05.15", "CD-05.16")
@pytest.mark.parametrize(
    ("asked", "outcome", "fined"),
    [
        ("2026-11-28 23:50:00", Outcome.NOT_FOUND, True),  # the 180th day
        ("2026-11-29 00:00:00", Outcome.NOT_FOUND, False),  # kept long enough
        ("2026-11-20 09:00:00", Outcome.PRODUCED, False),
    ],
)
def test_it_costs_nothing_after_its_time_or_when_it_is_found(want, answer, asked, outcome, fined):
    request = answer(want(asked), outcome, when="2026-11-29 00:10:00")

    fines = Penalty.objects.filter(clause="CD-05.16")
    assert (request.penalty is not None, fines.exists()) == (fined, fined)
    told = {step["key"] for step in request.inputs.get("fined", [])}
    assert ("penalty_missing" in told) == (outcome != Outcome.PRODUCED and not fined)


def test_what_is_asked_for_is_not_destroyed_and_what_nobody_delivered_is_not_asked_for(
    want, desk, batch
):
    with pytest.raises(KefuError) as refused:
        want(waybill=desk.parcel(C))
    assert refused.value.code == "not_delivered"
    desk.enter(batch, A, "张国华", when="20:00:00")
    line = batch.receipts.get(waybill_number=A)
    over = f"{line.keep_until + timedelta(days=1)} 08:00:00"
    request = want(over, waybill=line.waybill, asking=desk.centre.xian)

    assert selectors.expired(now=at(over)) == []
    assert (request.asked, request.owed, request.case.outlet) == (
        desk.centre.company,
        False,
        desk.centre.xian,
    )


@pytest.mark.rule("CD-05.16")
def test_our_own_company_does_not_fine_itself_for_a_receipt_it_lost(want, answer, desk, batch):
    desk.enter(batch, A, "张国华", when="09:30:00")
    desk.enter(batch, B, "李敏", pieces=3, collected=Decimal("25"), when="09:31:00")
    waybill = batch.receipts.get(waybill_number=A).waybill
    request = want("2026-11-20 09:45:00", waybill=waybill, asking=desk.centre.xian)
    assert (request.asked, request.owed) == (desk.centre.company, True)

    request = answer(request, Outcome.NOT_FOUND)

    assert (request.outcome, request.penalty) == ("not_found", None)
    assert not Penalty.objects.filter(clause="CD-05.16").exists()
    assert recomputed() == []


def test_those_who_do_not_work_cases_touch_nothing(batch, desk):
    user = desk.centre.zhou.user
    user.role = "hr"
    with pytest.raises(NotAllowed):
        services.enter(
            batch=batch, slip=Slip(A), signature=read_signature("张国华"), actor=user, now=desk.now
        )


def test_what_was_decided_comes_out_again(batch, desk):
    desk.enter(batch, A, "张国华")
    desk.enter(batch, B, "李敏", pieces=3, collected=Decimal("25"))

    assert recomputed() == []
