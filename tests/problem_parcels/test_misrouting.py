"""Parcels that came the wrong way, and what head office is told about it on the fifteenth."""

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party, Region
from kefu.notifications.models import Event
from kefu.policy.misrouting import report_due
from kefu.policy.rulebook import load
from kefu.staff.models import User
from problem_parcels.models import Misrouting, MisroutingReport, ReportLine
from problem_parcels.selectors import misroutings as selectors
from problem_parcels.selectors.misroutings import digest, electronic_list
from problem_parcels.services.house import set_house_words
from problem_parcels.services.misroutings import (
    Found,
    lock_report,
    note_destination_step,
    record_misrouting,
    remind_reports,
    send_report,
    withdraw_misrouting,
)
from tests.centre import at

CD = load("CD")
NOW = at("2026-11-20 18:00")
DECEMBER = at("2026-12-03 10:00")
CONTACT = {"contact": "总部路由组", "phone": "02100000000", "chat_account": "=1+1"}


@pytest.fixture
def sichuan(desk):
    """Chengdu lies in Sichuan; the parcel that arrived was accepted there."""
    province = Region.objects.create(name="四川", code="51", shuttle=False)
    city = Region.objects.create(name="成都", parent=province)
    Party.objects.filter(pk=desk.centre.chengdu.pk).update(region=city)
    desk.centre.chengdu.refresh_from_db()
    return province


def found(desk, **changed):
    facts = Found(
        waybill_number=desk.arrived.number,
        origin=desk.centre.chengdu,
        routing_text="wrong",
        written_destination="扬州",
        correct_destination="杭州",
        source="slip",
        origin_verified=True,
    )
    return replace(facts, **changed)


def record(desk, *, now=NOW, **changed):
    return record_misrouting(found=found(desk, **changed), employee=desk.lin, now=now)


# The line.


@pytest.mark.rule("CD-06.24", "CD-08.01", "CD-08.05")
def test_a_wrongly_written_slip_is_a_line_of_the_months_report(desk, sichuan):
    row = record(desk)

    assert (row.province, row.waybill, row.cause, row.contradicted) == (
        "四川",
        desk.arrived,
        "",
        False,
    )
    assert row.origin_verified_by == desk.lin.user and row.origin_verified_at == NOW
    assert (row.report.outlet, row.report.month, row.report.state) == (
        desk.centre.company,
        date(2026, 11, 1),
        "collecting",
    )


@pytest.mark.rule("CD-06.23", "CD-06.24", "CD-08.01", "CD-08.05")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"waybill_number": ""}, "waybill"),
        ({"origin": None}, "origin"),
        ({"routing_text": "smudged"}, "routing_text"),
        ({"correct_destination": " "}, "correct_destination"),
        ({"written_destination": ""}, "old_destination"),
        ({"written_destination": "杭州"}, "correct_destination"),
        ({"origin_verified": False}, "origin_verified"),
        ({"routing_text": "missing", "correct_destination": ""}, "correct_destination"),
    ],
)
def test_an_incomplete_line_is_refused_with_its_field(desk, sichuan, changed, field):
    with pytest.raises(KefuError) as refused:
        record(desk, **changed)

    assert refused.value.field in (field, f"{field}_number")
    assert not Misrouting.objects.exists()


@pytest.mark.rule("CD-08.01")
def test_an_outlet_without_a_province_in_the_file_needs_one_by_hand(desk):
    with pytest.raises(KefuError) as refused:
        record(desk)
    assert refused.value.field == "province"

    assert record(desk, province="四川").province == "四川"


@pytest.mark.rule("CD-06.23", "CD-06.25")
def test_a_slip_without_letters_is_reported_and_a_sorting_error_is_not(desk, sichuan):
    blank = record(desk, routing_text="missing", written_destination="")
    sorted_wrong = record(desk, routing_text="correct", origin_verified=False)

    assert blank.report is not None and blank.written_destination == ""
    assert (sorted_wrong.report, sorted_wrong.cause) == (None, "sorting_error")
    with pytest.raises(IntegrityError, match="sorting_error_unreported"), transaction.atomic():
        Misrouting.objects.bulk_create(
            [replace_pk(sorted_wrong, report=blank.report, waybill_number="770612045599")]
        )


def replace_pk(row, **changed):
    values = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    copy = type(row)(**values)
    for name, value in changed.items():
        setattr(copy, name, value)
    return copy


@pytest.mark.rule("CD-08.05")
def test_an_origin_that_the_papers_contradict_has_to_be_confirmed(desk, sichuan):
    with pytest.raises(KefuError) as refused:
        record(desk, origin=desk.centre.xian, province="陕西")
    assert (refused.value.code, refused.value.field) == ("origin_contradicted", "confirmed")
    assert refused.value.details["evidence"]["waybill_origin"] == "成都武侯三部"

    row = record(desk, origin=desk.centre.xian, province="陕西", confirmed=True)
    assert row.contradicted and row.evidence["waybill_origin"] == "成都武侯三部"


@pytest.mark.rule("CD-06.26")
def test_an_unknown_destination_is_asked_for_and_never_guessed(desk, sichuan):
    def step(code, **more):
        return note_destination_step(
            waybill_number=desk.arrived.number, code=code, employee=desk.lin, now=NOW, **more
        )

    for source in ("", "guess", "recipient", "sending_company"):
        with pytest.raises(KefuError) as refused:
            record(desk, source=source)
        assert refused.value.field == "source"
    with pytest.raises(Conflict):  # the recipient first
        step("notify_sending_company", note="网上告知成都武侯三部")
    with pytest.raises(KefuError) as refused:
        step("call_recipient", outcome="busy")
    assert refused.value.field == "outcome"
    step("call_recipient", outcome="unreachable")
    with pytest.raises(KefuError) as refused:
        record(desk, source="recipient")
    assert refused.value.code == "source_unproved"
    with pytest.raises(KefuError) as refused:
        step("notify_sending_company")
    assert refused.value.field == "note"
    step("notify_sending_company", note="网上告知成都武侯三部")

    assert record(desk, source="sending_company").source == "sending_company"


@pytest.mark.rule("CD-06.26")
def test_a_recipient_who_was_reached_is_the_source(desk, sichuan):
    note_destination_step(
        waybill_number=desk.arrived.number,
        code="call_recipient",
        outcome="reached",
        employee=desk.lin,
        now=NOW,
    )

    assert record(desk, source="recipient").source == "recipient"


def test_a_line_is_there_once_and_may_be_taken_back(desk, sichuan):
    first = record(desk)
    with pytest.raises(Conflict) as twice:
        record(desk)
    assert twice.value.field == "waybill_number"

    with pytest.raises(KefuError):
        withdraw_misrouting(misrouting=first, reason=" ", employee=desk.lin, now=NOW)
    withdraw_misrouting(misrouting=first, reason="目的地看错", employee=desk.lin, now=NOW)
    assert record(desk, correct_destination="湖州").report == first.report
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        Misrouting.objects.filter(pk=first.pk).update(correct_destination="宁波")


# The report.


@pytest.mark.rule("CD-08.07", "CD-08.08")
@pytest.mark.parametrize(
    ("given", "due"),
    [
        ({}, "2026-12-16 00:00"),
        ({"remote": True}, "2026-12-13 00:00"),  # the rulebook's three days
        ({"remote": True, "days_ahead": 5}, "2026-12-11 00:00"),
        ({"remote": False, "days_ahead": 5}, "2026-12-16 00:00"),
    ],
)
def test_the_report_is_due_on_the_fifteenth_and_from_afar_some_days_before(given, due):
    assert report_due(CD, "2026-11", **given).due_at == at(due)


@pytest.mark.rule("CD-08.08")
def test_a_remote_outlets_report_has_its_own_day(desk, sichuan):
    Party.objects.filter(pk=desk.centre.xian.pk).update(remote=True, report_lead_days=4)
    desk.centre.xian.refresh_from_db()

    row = record(desk, outlet=desk.centre.xian)

    assert row.report.due_at == at("2026-12-12 00:00")


@pytest.fixture
def november(desk, sichuan):
    """Four lines out of order: two origins of Sichuan, one of Shaanxi, and one number that looks like a formula."""
    set_house_words(given=CONTACT, actor=desk.centre.chen.user, now=NOW)
    mianyang = Party.objects.create(
        kind="outlet", code="MY01", name="绵阳涪城部", region=Region.objects.get(name="四川")
    )
    for number, origin, province, text in (
        ("770612049904", desk.centre.xian, "陕西", "=HYPERLINK"),
        ("770612049903", mianyang, "四川", "扬州"),
        ("770612049902", desk.centre.chengdu, "四川", "+86"),
        ("770612049901", desk.centre.chengdu, "四川", "扬州"),
    ):
        record(
            desk,
            waybill_number=number,
            origin=origin,
            province=province,
            written_destination=text,
        )
    record(desk, waybill_number="770612049905", routing_text="correct")
    return MisroutingReport.objects.get()


@pytest.mark.rule("CD-08.02", "CD-08.06", "CD-08.09", "CD-08.10")
def test_cover_form_and_list_of_the_workbook_agree_line_by_line(desk, november, monkeypatch):
    lead, lin = desk.centre.wang.user, desk.lin.user
    with pytest.raises(Conflict, match="还没有过完"):
        lock_report(report=november, actor=lead, now=NOW)
    with pytest.raises(NotAllowed):
        lock_report(report=november, actor=lin, now=DECEMBER)
    with pytest.raises(Conflict, match="先锁定"):
        send_report(report=november, actor=lead, now=DECEMBER)

    locked = lock_report(report=november, actor=lead, now=DECEMBER)
    before = electronic_list(MisroutingReport.objects.get())
    Party.objects.filter(pk=desk.centre.company.pk).update(name="扬州总部")
    assert electronic_list(MisroutingReport.objects.get()) == before  # locked under its old name
    content = send_report(report=locked, actor=lead, now=DECEMBER)

    # In order of province and origin, and the sorting error is not there.
    numbers = [f"77061204990{n}" for n in (4, 1, 2, 3)]
    assert list(locked.lines.values_list("waybill_number", flat=True)) == numbers
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["封面", "清单"]
    cover, listed = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    on_the_list = listed[1:]
    on_the_cover = [row for row in cover if row[0].isdigit() and row[1]]
    assert on_the_cover == on_the_list
    assert [row[1] for row in on_the_list] == numbers
    groups = [row[:5] for row in cover if row[3].endswith("件")]
    assert groups == [
        ["陕西", "", "西安雁塔二部", "1 件", "行号 1"],
        ["四川", "", "成都武侯三部", "2 件", "行号 2 3"],
        ["四川", "", "绵阳涪城部", "1 件", "行号 4"],
    ]
    assert [row[2] for row in cover[1:4]] == list(CONTACT.values())
    # What begins like a formula is text; the same report gives the same file again.
    assert "=HYPERLINK" in on_the_list[0] and b"<f>" not in content
    sent = MisroutingReport.objects.get()
    assert (sent.state, sent.sent_by, sent.sent_at) == ("sent", lead, DECEMBER)
    assert content == before and sent.digest == digest(content)
    # What was sent is kept, however lists are made by then.
    monkeypatch.setattr(selectors, "write_workbook", lambda *sheets, created: b"another")
    assert electronic_list(sent) == content


@pytest.mark.rule("CD-08.10")
def test_what_was_locked_does_not_change(desk, november):
    report = lock_report(report=november, actor=desk.centre.wang.user, now=DECEMBER)
    line = report.lines.first()

    with pytest.raises(Conflict, match="已经锁定"):
        withdraw_misrouting(
            misrouting=line.misrouting, reason="看错", employee=desk.lin, now=DECEMBER
        )
    with pytest.raises(Conflict, match="已经锁定"):
        lock_report(report=report, actor=desk.centre.wang.user, now=DECEMBER)
    for change in (
        lambda: ReportLine.objects.filter(pk=line.pk).update(province="云南"),
        lambda: ReportLine.objects.create(
            report=report, number=9, misrouting=Misrouting.objects.get(report=None)
        ),
        lambda: MisroutingReport.objects.filter(pk=report.pk).update(state="collecting"),
        lambda: MisroutingReport.objects.filter(pk=report.pk).update(lines_locked=0),
        lambda: report.delete(),
    ):
        with pytest.raises(Exception, match=r"permission denied|locked|Cannot|transition"):  # noqa: SIM117
            with transaction.atomic():
                change()
    # A line that came in before midnight and waited for the lock does not slip in behind it.
    with pytest.raises(Conflict, match="已经锁定"):
        record(desk, waybill_number="770612049908")
    # What is found now goes into this month's.
    later = record(desk, waybill_number="770612049909", now=DECEMBER)
    assert later.report.month == date(2026, 12, 1)


@pytest.mark.rule("CD-08.09")
def test_nobody_makes_up_a_contact_at_head_office(desk, sichuan):
    row = record(desk)

    with pytest.raises(NotAllowed):
        set_house_words(given=CONTACT, actor=desk.centre.wang.user, now=NOW)
    with pytest.raises(KefuError) as refused:
        lock_report(report=row.report, actor=desk.centre.wang.user, now=DECEMBER)
    assert refused.value.field == "contact"
    assert set_house_words(given=CONTACT, actor=desk.centre.chen.user, now=NOW) == 3
    assert set_house_words(given=CONTACT, actor=desk.centre.chen.user, now=NOW) == 0
    assert lock_report(report=row.report, actor=desk.centre.wang.user, now=DECEMBER).lines_locked


@pytest.mark.rule("CD-08.07")
def test_the_leads_are_reminded_once_before_and_once_after_the_day(desk):
    def rung(kind):
        return set(Event.objects.filter(kind=kind).values_list("user_id", flat=True))

    leads = {desk.centre.wang.user_id, desk.centre.chen.user_id, desk.centre.he.user_id}
    due = at("2026-12-16 00:00")
    three_days = timedelta(minutes=4320)

    assert remind_reports(now=due - three_days - timedelta(seconds=1)) == 0
    assert MisroutingReport.objects.get().month == date(2026, 11, 1)  # there without a line
    assert [remind_reports(now=due - three_days) for _twice in range(2)] == [1, 0]
    assert rung("report.due") == leads
    assert remind_reports(now=due) == 0  # 24:00 of the day is in time
    assert [remind_reports(now=due + timedelta(seconds=1)) for _twice in range(2)] == [1, 0]
    assert rung("report.late") == leads
    assert User.objects.filter(pk__in=leads).count() == 3


# The pages.


def signed_in(employee):
    client = Client()
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def posted(desk, **changed):
    facts = {
        "waybill_number": desk.arrived.number,
        "origin": "CD03",
        "routing_text": "wrong",
        "written_destination": "扬州",
        "correct_destination": "杭州",
        "source": "slip",
        "origin_verified": "on",
    }
    return facts | changed


def test_the_page_records_shows_a_contradiction_and_takes_it_confirmed(desk, sichuan, settings):
    settings.KEFU_NOW = NOW
    lin, page = signed_in(desk.lin), reverse("problem_parcels:misroutings")
    strange = posted(desk, origin="XA02", province="陕西")

    scan = {"waybill_number": desk.arrived.number, "routing_text": "wrong", "source": "slip"}
    begun = lin.post(page, scan, follow=True).context["form"].initial
    assert (begun["origin"], begun["province"]) == ("CD03 成都武侯三部", "四川")
    refused = lin.post(page, strange)
    assert refused.status_code == 422 and list(refused.context["form"].errors) == ["confirmed"]
    assert "运单的发件网点是 成都武侯三部" in refused.content.decode()

    assert lin.post(page, strange | {"confirmed": "on"}, follow=True).status_code == 200
    lacking = lin.post(page, posted(desk, written_destination=""))
    assert list(lacking.context["form"].errors) == ["written_destination"]
    asked = {"waybill_number": desk.arrived.number, "outcome": "told", "note": "网上"}
    early = lin.post(reverse("problem_parcels:destination"), asked)
    assert early.status_code == 422 and "先联系收件人" in early.content.decode()
    done = lin.post(reverse("problem_parcels:destination"), asked | {"outcome": "unreachable"})
    assert done.status_code == 302


def test_the_report_is_locked_sent_and_taken_from_its_page(desk, november, settings):
    settings.KEFU_NOW = DECEMBER
    wang, lin = signed_in(desk.centre.wang), signed_in(desk.lin)
    page = reverse("problem_parcels:report", args=[november.pk])
    taken = reverse("problem_parcels:electronic_list", args=[november.pk])

    assert "锁定" in wang.get(page).content.decode()
    assert wang.get(taken).status_code == 404
    lock = reverse("problem_parcels:report_step", args=[november.pk, "lock"])
    assert lin.post(lock).status_code == 403
    line = november.misroutings.first()
    away = reverse("problem_parcels:withdraw_misrouting", args=[line.pk])
    assert lin.post(away, {"reason": ""}).status_code == 422
    assert wang.post(lock).status_code == 302
    assert lin.post(away, {"reason": "看错"}).status_code == 409
    send = reverse("problem_parcels:report_step", args=[november.pk, "send"])
    assert wang.post(send).status_code == 302
    november.refresh_from_db()
    assert digest(wang.get(taken).content) == november.digest
    assert "已上报" in lin.get(reverse("problem_parcels:reports")).content.decode()


def test_the_settings_are_a_supervisors(desk, settings):
    settings.KEFU_NOW = NOW
    page = reverse("problem_parcels:house")

    assert signed_in(desk.lin).get(page).status_code == 403
    chen = signed_in(desk.centre.chen)
    assert chen.post(page, CONTACT | {"carrier": "x" * 41}).status_code == 422
    assert chen.post(page, CONTACT | {"carrier": "EMS"}).status_code == 302
    assert "总部路由组" in chen.get(page).content.decode()


def test_the_bell_says_which_report(desk, settings):
    settings.KEFU_NOW = at("2026-12-16 09:00")
    remind_reports(now=settings.KEFU_NOW)

    bell = signed_in(desk.centre.wang).get(reverse("workbench:bell")).content.decode()
    assert "上报已逾期" in bell and "扬州本部 2026-11 错写上报表" in bell


def test_more_lines_take_no_more_questions(desk, november, settings, django_assert_num_queries):
    settings.KEFU_NOW = NOW
    lin = signed_in(desk.lin)
    pages = [
        reverse("problem_parcels:misroutings"),
        reverse("problem_parcels:reports"),
        reverse("problem_parcels:report", args=[november.pk]),
    ]
    asked = []
    for page in pages:
        with CaptureQueriesContext(connection) as seen:
            assert lin.get(page).status_code == 200
        asked.append(len(seen))

    for n in range(10, 14):
        record(desk, waybill_number=f"7706120499{n}")

    for page, before in zip(pages, asked, strict=True):
        with django_assert_num_queries(before):
            lin.get(page)
