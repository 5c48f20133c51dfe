"""Reports that people build for themselves: what they find, who may look at them, when they are made by themselves."""

import io
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from inquiries import services as inquiries
from inquiries.models import Complaint
from kefu.audit.models import AuditRow
from kefu.cases.models import Case
from kefu.errors import Conflict, NotAllowed
from kefu.notifications.models import Event
from kefu.reports.models import BuiltFile, BuiltReport
from kefu.reports.selectors.built import found, lines
from kefu.reports.services.built import drop, make_due, next_time, save
from kefu.reports.shapes import Period, Shape
from tests import centre as centres
from tests.centre import at
from tests.pages import fields
from tests.threads import at_once

FRIDAY = at("2026-11-20 14:00")
TODAY = date(2026, 11, 20)


@pytest.fixture
def centre(db, settings):
    settings.KEFU_NOW = FRIDAY
    return centres.build(now=at("2026-11-01 08:00"))


def signed_in(person):
    client = Client()
    client.force_login(person.user)
    return client


def built(owner, shape, *, name="上周查询", shared=False, schedule="", now=FRIDAY):
    return save(
        report=None, name=name, shape=shape, shared=shared, schedule=schedule, actor=owner.user, now=now,
    )  # fmt: skip


def asked(centre, when, **given):
    return centre.inquiry(now=at(when), **given)


SHAPE = Shape("inquiry", ("number", "inquiry", "opened_at"), period=Period.LAST_WEEK)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", "2026-11-20", "2026-11-20"),
        ("yesterday", "2026-11-19", "2026-11-19"),
        ("last_7_days", "2026-11-13", "2026-11-19"),
        ("this_week", "2026-11-16", "2026-11-20"),
        ("last_week", "2026-11-09", "2026-11-15"),
        ("this_month", "2026-11-01", "2026-11-20"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("this_year", "2026-01-01", "2026-11-20"),
    ],
)
def test_a_period_is_seen_from_the_day_the_report_is_made(period, first, last):
    span = Shape("inquiry", (), period=period).span(TODAY)

    assert (span.first_on.isoformat(), span.last_on.isoformat()) == (first, last)


def test_a_report_has_the_cases_of_its_kind_and_its_days_by_the_clock_in_shanghai(centre):
    asked(centre, "2026-11-08 23:59:59")
    first = asked(centre, "2026-11-09 00:00")
    last = asked(centre, "2026-11-15 23:59:59")
    asked(centre, "2026-11-16 00:00")

    rows = list(lines(SHAPE, centre.chen.user, TODAY))

    assert [row[0] for row in rows] == [last.number, first.number]
    shown = found(SHAPE, centre.chen.user, FRIDAY)
    assert [text for text, _head in shown.lines[0].cells] == [
        last.number,
        last.inquiry.get_kind_display(),
        "2026-11-15 23:59",
    ]


def test_groups_count_each_case_once_and_measure_what_they_have(centre):
    """Two complaints of the query desk about delay, of 100 and 50.50 yuan; one of the front desk without a value."""
    for cause, value, desk in (
        ("delayed", "100", centre.query_desk),
        ("delayed", "50.50", centre.query_desk),
        ("lost", None, centre.front_desk),
    ):
        case = inquiries.file_complaint(
            cause=cause,
            against=centre.chengdu,
            text="晚了",
            channel="phone",
            asker="receiver",
            customer_name="陈晓梅",
            customer_phone="13800004545",
            waybill=None,
            details=inquiries.Details(category="other"),
            department=desk,
            actor=centre.chen.user,
            now=at("2026-11-10 09:00"),
        )
        Complaint.objects.filter(case=case).update(item_value=value)
    shape = Shape(
        "complaint", (), groups=("department", "cause"), measures=("item_value",), period="last_week",
    )  # fmt: skip

    shown = found(shape, centre.chen.user, FRIDAY)

    assert [[text for text, _head in line.cells] for line in shown.lines] == [
        ["查询部", "延误", "2", "150.50", "75.25"],
        ["前台", "遗失", "1", "", ""],
    ]
    assert [line.share for line in shown.lines] == ["100.0", "50.0"]


def test_what_narrows_a_report_leaves_the_others_out(centre):
    one = asked(centre, "2026-11-10 09:00")
    other = asked(centre, "2026-11-10 10:00")
    Case.objects.filter(pk=other.pk).update(department=centre.front_desk, state="waiting")

    def numbers(**given):
        shape = Shape("inquiry", ("number",), period="last_week", **given)
        return {row[0] for row in lines(shape, centre.chen.user, TODAY)}

    assert numbers(departments=(centre.front_desk.pk,)) == {other.number}
    assert numbers(choices={"state": ("waiting", "closed")}) == {other.number}
    assert numbers(ranges={"breaches": (Decimal(0), None)}) == {one.number, other.number}
    assert numbers(ranges={"breaches": (Decimal(1), None)}) == set()
    assert numbers(outlet=centre.chengdu.pk) == {
        case.number for case in (one, other) if case.outlet_id == centre.chengdu.pk
    }


def test_a_report_shows_nobodys_number(centre):
    asked(centre, "2026-11-10 09:00")
    shape = Shape("inquiry", ("customer", "phone", "summary"), period="last_week")

    told = str(found(shape, centre.chen.user, FRIDAY).lines)

    assert "13800004545" not in told
    assert "138" in told


def test_from_the_form_by_a_preview_to_the_page_and_the_file(centre):
    for minute in range(3):
        asked(centre, f"2026-11-10 09:0{minute}")
    client = signed_in(centre.chen)
    to = reverse("reports:new_built") + "?kind=inquiry"
    page = client.get(to).content.decode()
    form = fields(page)
    form |= {"name": "上周查询", "period": "last_week", "columns": ["number", "state", "opened_at"]}

    previewed = client.post(to, {**form, "preview": "1"})
    assert previewed.status_code == 200
    assert previewed.content.decode().count("/cases/") >= 3
    assert not BuiltReport.objects.exists()
    kept = client.post(to, form)

    report = BuiltReport.objects.get()
    assert kept.url == reverse("reports:built", args=[report.pk])
    assert len(client.get(kept.url).context["found"].lines) == 3
    file = client.get(reverse("reports:export_built", args=[report.pk]))
    sheet = CalamineWorkbook.from_filelike(
        io.BytesIO(b"".join(file.streaming_content))
    ).get_sheet_by_index(0)
    rows = sheet.to_python()
    assert rows[0] == ["单号", "状态", "建单时间"]
    assert rows[1][2] == datetime(2026, 11, 10, 9, 2)
    assert len(rows) == 4
    taken = AuditRow.objects.get(action="report_exported")
    assert taken.after["rows"] == 3


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"columns": []}, "columns"),
        ({"columns": ["no_such"]}, "columns"),
        ({"period": "between", "first": "2026-11-01"}, "last"),
        ({"period": "between", "first": "2026-11-02", "last": "2026-11-01"}, "last"),
        ({"group": "state", "then": "state"}, "then"),
        ({"then": "state"}, "group"),
        ({"measures": ["minutes"]}, "group"),
        ({"least_minutes": "5", "most_minutes": "4"}, "most_minutes"),
        ({"name": " "}, "name"),
        ({"outlet": "没有这个网点"}, "outlet"),
        ({"schedule": "hourly"}, "schedule"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(centre, given, field):
    client = signed_in(centre.chen)
    to = reverse("reports:new_built") + "?kind=inquiry"
    form = {"name": "一", "columns": ["number"], "on": "opened_at", "period": "last_week"}

    answer = client.post(to, form | given)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not BuiltReport.objects.exists()


def test_a_shared_report_is_seen_and_copied_but_changed_by_its_owner_alone(centre):
    mine = built(centre.chen, SHAPE, shared=True)
    own = built(centre.chen, SHAPE, name="不共享")
    he = signed_in(centre.he)

    assert he.get(reverse("reports:built", args=[mine.pk])).status_code == 200
    assert he.get(reverse("reports:built", args=[own.pk])).status_code == 404
    assert he.get(reverse("reports:edit_built", args=[mine.pk])).status_code == 404
    assert he.post(reverse("reports:drop_built", args=[mine.pk])).status_code == 404
    copied = he.get(f"{reverse('reports:new_built')}?kind=inquiry&copy={mine.pk}")
    assert copied.context["form"].initial["columns"] == SHAPE.columns
    assert copied.context["form"].initial["name"] == "上周查询 副本"
    with pytest.raises(NotAllowed):
        save(
            report=mine, name="我的", shape=SHAPE, shared=False, schedule="", actor=centre.he.user, now=FRIDAY,
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        drop(report=mine, actor=centre.he.user, now=FRIDAY)
    with pytest.raises(Conflict) as taken:
        built(centre.chen, SHAPE)
    assert (taken.value.code, taken.value.field) == ("name_taken", "name")
    assert signed_in(centre.lin).get(reverse("reports:all_built")).status_code == 403


@pytest.mark.parametrize(
    ("schedule", "after", "then"),
    [
        ("daily", "2026-11-20 06:59", "2026-11-20 07:00"),
        ("daily", "2026-11-20 07:00", "2026-11-21 07:00"),
        ("weekly", "2026-11-20 14:00", "2026-11-23 07:00"),
        ("weekly", "2026-11-23 06:59", "2026-11-23 07:00"),
        ("monthly", "2026-12-01 07:00", "2027-01-01 07:00"),
        ("monthly", "2027-01-31 12:00", "2027-02-01 07:00"),
    ],
)
def test_the_next_morning_it_is_made(schedule, after, then):
    assert next_time(schedule, at(after)) == at(then)


def test_a_scheduled_report_is_made_once_for_its_morning_and_rings(centre):
    """The worker comes two hours late: the file is about the week that was over at seven."""
    asked(centre, "2026-11-18 09:00")
    report = built(centre.chen, SHAPE, schedule="weekly")
    monday = at("2026-11-23 07:00")
    assert report.next_at == monday
    assert make_due(now=monday - timedelta(seconds=1)) == 0

    assert make_due(now=monday + timedelta(hours=2)) == 1
    assert make_due(now=monday + timedelta(hours=2)) == 0

    file = BuiltFile.objects.get()
    assert (file.due_at, file.first_on, file.rows) == (monday, date(2026, 11, 16), 1)
    report.refresh_from_db()
    assert report.next_at == at("2026-11-30 07:00")
    rung = Event.objects.get(kind="report.built")
    assert rung.user_id == centre.chen.user_id
    assert rung.data["url"] == reverse("reports:built", args=[report.pk])
    taken = signed_in(centre.chen).get(reverse("reports:built_file", args=[file.pk]))
    assert CalamineWorkbook.from_filelike(io.BytesIO(taken.content)).sheet_names == ["上周查询"]
    assert (
        signed_in(centre.he).get(reverse("reports:built_file", args=[file.pk])).status_code == 404
    )
    make_due(now=monday + timedelta(days=91))
    assert not BuiltFile.objects.filter(pk=file.pk).exists()


def test_what_its_owner_may_no_longer_build_is_not_made_again(centre):
    report = built(centre.chen, SHAPE, schedule="daily")
    centre.chen.user.is_active = False
    centre.chen.user.save(update_fields=["is_active"])

    make_due(now=at("2026-11-21 08:00"))

    report.refresh_from_db()
    assert (report.schedule, report.next_at) == ("", None)
    assert not BuiltFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_a_report_once():
    centre = centres.build(now=at("2026-11-01 08:00"))
    built(centre.chen, SHAPE, schedule="daily")

    made = at_once(*[lambda: make_due(now=at("2026-11-21 08:00"))] * 2)

    assert sorted(made) == [0, 1]
    assert BuiltFile.objects.count() == 1


def test_a_page_costs_the_same_queries_however_many_cases_it_shows(centre):
    report = built(centre.chen, Shape("inquiry", SHAPE.columns, period="last_week"))
    client = signed_in(centre.chen)
    address = reverse("reports:built", args=[report.pk])
    asked(centre, "2026-11-10 09:00")
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for minute in range(5):
        asked(centre, f"2026-11-10 10:0{minute}")
    with CaptureQueriesContext(connection) as six:
        assert len(client.get(address).context["found"].lines) == 6

    assert len(six) == len(one)
