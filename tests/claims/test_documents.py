"""Papers: from the facts of their day, the same bytes each time, masked unless somebody gives a reason."""

import hashlib
from decimal import Decimal

import pytest

from claims.models import Document, Recovery
from claims.services import Share, documents, recoveries
from kefu import pdf
from kefu.audit.models import AuditRow
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from tests.centre import at
from tests.claims.conftest import build_desk
from tests.claims.money import approved, booked, pay, tell

Kind = Document.Kind


def test_what_was_issued_stays_whatever_names_and_amounts_become(desk):
    courier = Party.objects.create(kind="courier", code="YW01", name="马师傅")
    half = Decimal(50)
    case = approved(
        desk, liable=[Share("outlet", desk.chengdu, half), Share("staff", courier, half)]
    )
    booked(desk, case)
    row, his = Recovery.objects.order_by("pk")
    common = {"case": case, "actor": desk.gu.user, "now": at("16:00")}

    issued = [
        documents.issue(kind=Kind.CLAIM_FORM, **common),
        documents.issue(kind=Kind.AGREEMENT, **common),
        documents.issue(kind=Kind.LIABILITY_NOTICE, recovery=row, **common),
        documents.issue(kind=Kind.DEDUCTION_NOTE, recovery=his, **common),
    ]
    files = [documents.drawn(one) for one in issued]
    desk.chengdu.name = "成都高新一部"
    desk.chengdu.save()
    desk.centre.company.name = "扬州新公司"
    desk.centre.company.save()

    for before, file in zip(issued, files, strict=True):
        one = Document.objects.get(pk=before.pk)
        assert documents.drawn(one) == file and file.startswith(b"%PDF-")
        assert one.digest == hashlib.sha256(file).hexdigest()
        assert one.digest == documents.digest(one)
    assert [one.number for one in issued] == [1, 2, 3, 4]
    again = Recovery.objects.get(pk=row.pk)
    later = documents.issue(kind=Kind.LIABILITY_NOTICE, recovery=again, **common)
    assert later.inputs["party"] == "成都高新一部" and later.digest != issued[2].digest
    assert issued[2].inputs["party"] == "成都武侯三部"


def test_personal_data_is_masked_and_every_drawing_is_on_record(desk):
    case = approved(desk)
    pay(desk, case)
    one = documents.issue(case=case, kind=Kind.AGREEMENT, actor=desk.gu.user, now=at("16:00"))

    documents.open_masked(document=one, actor=desk.fang.user, now=at("16:05"))

    kept = str(one.inputs)
    assert "陈*梅" in kept and "*" * 15 + "3445" in kept
    assert not any(plain in kept for plain in ("陈晓梅", "13800004545", "6222020200112233445"))
    assert one.digest != one.plain_digest == documents.digest(one, plain=True)
    row = AuditRow.objects.get(action="document_drawn")
    assert (row.actor_id, row.object_id) == (desk.fang.user_id, str(one.pk))
    assert row.after == {"case": case.number, "kind": "agreement"}
    with pytest.raises(NotAllowed):
        documents.open_masked(document=one, actor=desk.centre.lin.user, now=at("16:05"))


@pytest.mark.django_db(transaction=True)
def test_the_plain_one_wants_a_right_and_a_reason_and_is_a_look_at_personal_data():
    desk = build_desk()
    case = approved(desk)
    one = documents.issue(case=case, kind=Kind.CLAIM_FORM, actor=desk.gu.user, now=at("16:00"))
    given = {"document": one, "now": at("16:05")}

    with pytest.raises(NotAllowed):
        documents.open_plain(reason="打印签字", actor=desk.fang.user, **given)
    with pytest.raises(KefuError) as refused:
        documents.open_plain(reason="", actor=desk.gu.user, **given)
    assert refused.value.field == "reason"
    assert not AuditRow.objects.filter(action="reveal").exists()
    file = documents.open_plain(reason="打印请客户签字", actor=desk.gu.user, **given)

    assert hashlib.sha256(file).hexdigest() == one.plain_digest
    look = AuditRow.objects.get(action="reveal")
    assert look.after == {"fields": ["claim_document", case.number]}


def test_nothing_is_issued_before_there_is_something_to_write(desk):
    case = desk.register()
    desk.confirmed(case, now=at("10:00"))
    common = {"case": case, "actor": desk.gu.user, "now": at("16:00")}

    with pytest.raises(Conflict):
        documents.issue(kind=Kind.AGREEMENT, **common)
    with pytest.raises(KefuError):
        documents.issue(kind="letter", **common)
    with pytest.raises(KefuError):
        documents.issue(kind=Kind.LIABILITY_NOTICE, **common)
    other = approved(desk, waybill_number=desk.waybill("770612045502").number)
    booked(desk, other)
    with pytest.raises(KefuError):  # a share of another claim
        documents.issue(kind=Kind.LIABILITY_NOTICE, recovery=Recovery.objects.get(), **common)
    desk.agreed(case, "1200", now=at("11:00"))
    with pytest.raises(Conflict):  # the approval is not given yet
        documents.issue(kind=Kind.AGREEMENT, **common)
    assert not Document.objects.exists()


def test_nothing_is_taken_by_a_note_that_stands_on_a_statement_or_is_not_owed(desk):
    courier = Party.objects.create(kind="courier", code="YW01", name="马师傅")
    half = Decimal(50)
    case = approved(
        desk, liable=[Share("outlet", desk.chengdu, half), Share("staff", courier, half)]
    )
    pay(desk, case)
    outlets, his = Recovery.objects.order_by("pk")
    common = {"case": case, "actor": desk.gu.user, "now": at("16:00")}

    def refused(kind, row):
        with pytest.raises(Conflict) as found:
            documents.issue(kind=kind, recovery=Recovery.objects.get(pk=row.pk), **common)
        return found.value.code

    assert refused(Kind.DEDUCTION_NOTE, his) == "not_booked"
    tell(desk, case)
    recoveries.book(case=case, actor=desk.gu.user, now=at("16:00"))
    assert refused(Kind.DEDUCTION_NOTE, outlets) == "on_statement"
    recoveries.reverse(recovery=his, reason="责任有误", actor=desk.shen.user, now=at("16:00"))
    assert refused(Kind.DEDUCTION_NOTE, his) == "no_longer_owed"
    assert refused(Kind.LIABILITY_NOTICE, his) == "no_longer_owed"
    assert not Document.objects.exists()


def test_without_a_font_the_paper_is_refused_with_the_settings_name(desk, settings):
    case = desk.register()
    settings.KEFU_PDF_FONT = "/nowhere.ttf"

    with pytest.raises(pdf.NoFont) as refused:
        documents.issue(case=case, kind=Kind.CLAIM_FORM, actor=desk.gu.user, now=at("16:00"))

    assert refused.value.status == 503 and "KEFU_PDF_FONT" in str(refused.value)
    assert not Document.objects.exists()
