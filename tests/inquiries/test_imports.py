"""Inquiries from the tables that offices send: read, checked, filed once, and given back where refused."""

import csv
import io
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import xlsxwriter
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import translation
from python_calamine import CalamineWorkbook

from inquiries import imports
from inquiries import services as inquiries
from inquiries.imports import load, rows
from inquiries.imports.columns import COLUMNS
from inquiries.models import Inquiry
from kefu import clock
from kefu.audit.models import AuditRow
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.errors import KefuError, NotAllowed
from kefu.imports import chunks, tables
from kefu.imports.services import PreviewColumn
from kefu.jobs import services as jobs
from kefu.jobs.models import Job, Refusal
from kefu.notifications.models import Event
from kefu.penalties.models import Penalty
from kefu.policy import rulebook
from kefu.privacy.lookup import tokens_for_query
from kefu.privacy.search import matching
from tests import centre as tests

HEADER = ["运单号", "类型", "客户姓名", "联系电话", "事由", "来电时间", "渠道", "谁在问"]
ROW = {
    "运单号": "880612045537",
    "类型": "查件",
    "客户姓名": "陈晓梅",
    "联系电话": "138-0000-4545",
    "事由": "三天没有扫描，请查一下在哪里，回电13800004545",
    "来电时间": "",
    "渠道": "电话",
    "谁在问": "收件方",
}


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def centre(now):
    return tests.build(now=now)


def table(*given, header=HEADER, encoding="utf-8", delimiter=",", above=()):
    """A CSV file of rows that differ from ROW as given."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows(above)
    writer.writerow(header)
    writer.writerows([[{**ROW, **row}.get(name, "") for name in header] for row in given])
    return text.getvalue().encode(encoding)


TYPED = {"default_date_format": "yyyy-mm-dd hh:mm:ss", "strings_to_formulas": False}


def workbook(*lines):
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, TYPED) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    return file.getvalue()


def start(centre, content, *, name="名单.csv", owner="lin", options=None, now=None):
    return imports.start_import(
        file_name=name,
        content=content,
        department=centre.query_desk,
        owner=getattr(centre, owner) if owner else None,
        options=options or imports.Options(),
        actor=centre.lin.user,
        now=now or clock.now(),
    )


def finish(job):
    while not job.finished:
        jobs.run_until_next_tick()
        job.refresh_from_db()
    return job


def run(centre, content, **given):
    return finish(start(centre, content, **given))


def counted(job):
    return {name: count for name, count in job.counts.items() if count}


def seen(model, case, *, without):
    """A row of a case as its table holds it; what is sealed is opened."""
    field = "pk" if model is Case else "deadline__case" if model is Consequence else "case"
    found = []
    for row in model.objects.filter(**{field: case.pk}).order_by("pk"):
        values = {f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields}
        found.append({name: value for name, value in values.items() if name not in without})
    return found


# Filing.


@pytest.mark.django_db
@pytest.mark.parametrize("owner", ["lin", None])
@pytest.mark.parametrize("ago", [timedelta(0), timedelta(minutes=20)])
def test_an_imported_row_equals_one_entered_by_form_column_by_column(centre, settings, owner, ago):
    settings.KEFU_NOW = now = tests.at("10:30:00").astimezone(UTC)
    received = now - ago
    when = received.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if ago else ""
    entered = inquiries.open_inquiry(
        kind=Inquiry.Kind.TRACE,
        channel=Interaction.Channel.PHONE,
        asker=Inquiry.Asker.RECEIVER,
        text=ROW["事由"],
        customer_name=ROW["客户姓名"],
        customer_phone=ROW["联系电话"],
        department=centre.query_desk,
        owner=centre.lin if owner else None,
        waybill=centre.waybill,
        received_at=received,
        actor=centre.lin.user,
        now=now,
    )

    job = run(centre, table({"来电时间": when}), owner=owner)

    assert counted(job)["accepted"] == 1
    imported = Case.objects.exclude(source_key=None).get()
    assert imported.number[:10] == entered.number[:10] == "CX-261120-"
    for model, own in (
        (Case, {"id", "number", "source_key", "version"}),
        (Inquiry, {"case_id"}),
        (Interaction, {"id", "case_id"}),
        (Deadline, {"id", "case_id", "started_by_id"}),
        (Consequence, {"id", "deadline_id"}),
    ):
        expected = seen(model, entered, without=own)
        assert seen(model, imported, without=own) == expected, model
        assert expected or model is Consequence
    if owner:
        assert Consequence.objects.filter(deadline__case=imported).exists()
    deadline = imported.deadlines.get()
    assert deadline.started_by == imported.interactions.get()
    assert imported.next_due_at == deadline.due_at == received + timedelta(minutes=30)


@pytest.mark.django_db
@pytest.mark.rule("CD-03.23")
def test_old_rows_start_their_clock_at_the_import_and_breach_nothing_at_once(centre, settings):
    settings.KEFU_NOW = now = tests.at("10:30:00")
    job = run(
        centre,
        table(
            {"事由": "上个月的", "来电时间": "2026-10-01 09:00"},
            {"事由": "三十分钟前的", "来电时间": "2026-11-20 10:00"},
            {"事由": "三十一分钟前的", "来电时间": "2026/11/20 9:59"},
            {"事由": "没有时间的"},
        ),
    )

    assert counted(job)["accepted"] == 4
    starts = {d.case.summary: d.starts_at for d in Deadline.objects.select_related("case")}
    assert starts == {
        "上个月的": now,
        "三十分钟前的": tests.at("10:00:00"),
        "三十一分钟前的": now,
        "没有时间的": now,
    }
    told = Interaction.objects.get(text="上个月的")
    assert told.happened_at == tests.at("2026-10-01 09:00:00")  # the fact stays what it was
    assert told.case.inquiry.received_at == told.happened_at
    deadlines.sweep()
    assert not Penalty.objects.exists()


@pytest.mark.django_db
def test_a_suggestion_is_filed_without_a_clock(centre):
    run(centre, table({"类型": "建议", "运单号": "", "事由": "柜台放个椅子吧"}))

    case = Case.objects.get()
    assert (case.inquiry.kind, case.next_due_at) == ("suggestion", None)
    assert not Deadline.objects.exists()


@pytest.mark.django_db
def test_people_find_an_imported_case_by_phone_name_and_words_and_see_it_masked(centre):
    run(centre, table({}))

    case = Case.objects.get()
    assert case.sealed == {
        "customer_name": "陈晓梅",
        "customer_phone": "13800004545",
        "summary": ROW["事由"],
    }
    assert (case.customer_name_masked, case.customer_phone_masked) == ("陈*梅", "138******45")
    assert "13800004545" not in case.summary + case.last_text + case.interactions.get().text
    for term in ("4545", "13800004545", "陈晓梅", "cxm"):
        assert Case.objects.filter(lookup__overlap=tokens_for_query(term)).exists(), term
    assert Case.objects.filter(matching("没有扫描")).exists()
    assert Interaction.objects.filter(matching("没有扫描")).exists()


@pytest.mark.django_db
def test_a_long_text_is_kept_whole_and_summed_up(centre):
    text = "。".join(f"第{n}次来电说没有收到" for n in range(200))

    run(centre, table({"事由": text}))

    case = Case.objects.get()
    line = case.interactions.get()
    assert (line.sealed["text"], line.text, case.summary) == (text, text, text[:500])
    assert case.last_text == text[:120]


@pytest.mark.django_db
def test_one_event_tells_the_department_of_all_rows(centre):
    run(centre, table(*({"事由": f"第{n}件"} for n in range(5))))

    event = Event.objects.get(kind=Event.Kind.CASE_NEW)
    assert (event.department_id, event.user_id) == (centre.query_desk.pk, centre.lin.user.pk)
    assert event.data == {"imported": 5}


@pytest.mark.django_db
def test_rows_of_an_agent_suspended_meanwhile_wait_for_anybody(centre):
    job = start(centre, table({}))
    centre.lin.status = "suspended"
    centre.lin.save()

    finish(job)

    case = Case.objects.get()
    assert case.owner is None
    assert case.deadlines.get().party == centre.company


@pytest.mark.django_db
def test_optional_columns_name_outlet_priority_and_who_asks(centre):
    header = [*HEADER, "网点", "优先级"]

    job = run(
        centre,
        table(
            {"网点": "cd03", "优先级": "加急", "谁在问": "网点", "事由": "甲"},
            {"网点": "西安雁塔二部", "谁在问": "", "渠道": "", "类型": "", "事由": "乙"},
            header=header,
        ),
        options=imports.Options(kind="expedite"),
    )

    assert counted(job)["accepted"] == 2
    first, second = Case.objects.order_by("pk")
    assert (first.outlet, first.priority) == (centre.chengdu, Case.Priority.URGENT)
    assert first.interactions.get().counterpart == "outlet"
    assert (second.outlet, second.inquiry.kind) == (centre.xian, "expedite")
    assert (second.inquiry.channel, second.inquiry.asker) == ("import", "other")


# Once, and no more.


@pytest.mark.django_db
def test_the_same_file_twice_adds_nothing(centre):
    content = table({}, {"事由": "另一件"}, {})
    first = run(centre, content)
    number = Case.objects.order_by("-pk").first().number

    again = run(centre, table({}, {"事由": "另一件"}, {}, encoding="gb18030", delimiter=";"))

    assert counted(first) == {"accepted": 2, "duplicates": 1}
    assert counted(again) == {"duplicates": 3}
    assert Case.objects.count() == 2
    run(centre, table({"事由": "第三件"}))
    last = Case.objects.order_by("-pk").first().number
    assert int(last[10:]) == int(number[10:]) + 1  # what was left out took no numbers


@pytest.mark.django_db
def test_of_two_imports_at_once_one_files_the_row(centre, monkeypatch):
    content = table({}, {"事由": "另一件"})
    first, second = start(centre, content), start(centre, content)
    check = load.Prepared._check

    def overtaken(self):  # the other import is done between our check and our load
        found = check(self)
        monkeypatch.setattr(load.Prepared, "_check", check)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE imported RENAME TO ours")
            cursor.execute("ALTER TABLE imported_clock RENAME TO ours_clock")
            cursor.execute("ALTER TABLE imported_cost RENAME TO ours_cost")
            self.stage([line for _row, line in self.rows])
            self.load(len(self.rows))
            cursor.execute("ALTER TABLE ours RENAME TO imported")
            cursor.execute("ALTER TABLE ours_clock RENAME TO imported_clock")
            cursor.execute("ALTER TABLE ours_cost RENAME TO imported_cost")
        return found

    monkeypatch.setattr(load.Prepared, "_check", overtaken)
    finish(first)
    finish(second)

    assert counted(first) == {"duplicates": 2}
    for model in (Case, Inquiry, Interaction, Deadline):
        assert model.objects.count() == 2, model


@pytest.mark.django_db
def test_rows_that_ask_about_a_parcel_with_an_open_case_are_filed_and_counted(centre, now):
    centre.inquiry(now=now)

    job = run(centre, table({"事由": "又来电了"}))

    assert counted(job) == {"accepted": 1, "open_already": 1}


@pytest.mark.django_db
def test_chunks_are_filed_one_by_one_and_stopping_keeps_them(centre, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 3)
    job = start(centre, table(*({"事由": f"第{n}件"} for n in range(10))))

    jobs.run_until_next_tick(seconds=0)
    job.refresh_from_db()
    assert (job.state, job.done, job.total, Case.objects.count()) == ("running", 3, 10, 3)
    jobs.run_until_next_tick(seconds=0)
    jobs.stop(job=job, actor=centre.lin.user, now=clock.now())

    job.refresh_from_db()
    assert (job.state, job.done, Case.objects.count()) == ("stopped", 6, 6)
    assert job.file.content.stored == b""


@pytest.mark.django_db
def test_a_row_the_database_will_not_take_is_set_aside_and_the_others_go_in(centre, monkeypatch):
    line = load._line

    def spoilt(row, *rest):
        made = line(row, *rest)
        return (*made[:13], "*" * 41, *made[14:]) if row.text == "坏的" else made

    monkeypatch.setattr(load, "_line", spoilt)
    given = [{"事由": f"第{n}件"} for n in range(7)]
    job = run(centre, table(*given[:4], {"事由": "坏的"}, *given[4:]))

    assert counted(job) == {"accepted": 7, "refused": 1}
    assert [(r.row, r.reason) for r in imports.TABLE.refusals(job=job)] == [
        (6, "这一行没能保存，程序已记录")
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "where", ["inquiries.imports.rows.source_key", "kefu.privacy.redact.redact"]
)
def test_a_row_our_own_code_stumbles_over_is_set_aside_without_telling_the_log(
    centre, monkeypatch, caplog, where
):
    module, _dot, name = where.rpartition(".")
    function = getattr(sys.modules[module], name)

    def stumble(*given, **more):
        if "绊脚石" in given + tuple(more.values()):
            raise RuntimeError("绊脚石")
        return function(*given, **more)

    monkeypatch.setattr(where, stumble)
    job = run(centre, table({}, {"事由": "绊脚石"}, {"事由": "丙"}))

    assert counted(job) == {"accepted": 2, "refused": 1}
    assert "RuntimeError" in caplog.text
    assert "绊脚石" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_an_import_whose_workers_are_killed_loses_and_repeats_nothing():
    centre = tests.build(now=clock.now())
    total, chance = 3_000, random.Random(20_261_120)
    job = start(centre, table(*({"事由": f"第{n}件"} for n in range(total))))
    worker = f"""
import os, time
from datetime import timedelta
import django
django.setup()
from kefu.imports import chunks
from kefu.jobs import services as jobs
chunks.CHUNK, jobs.LEASE = 100, timedelta(seconds=1)
while True:
    jobs.run_until_next_tick(seconds={chance.random()})
    time.sleep(0.02)
"""
    address = urlsplit(settings.DATABASE_URL)
    url = address._replace(path="/" + connection.settings_dict["NAME"]).geturl()
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "kefu.settings.test",
    }
    places = []
    for _kill in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", worker], env=environment, cwd=Path(__file__).parents[2]
        )
        try:
            behind = job.done
            patience = time.monotonic() + 60
            while job.done <= behind and not job.finished:
                assert time.monotonic() < patience, "the worker does nothing"
                time.sleep(0.02)
                job.refresh_from_db()
            time.sleep(chance.random() / 4)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        job.refresh_from_db()
        places.append(job.done)
        assert Case.objects.count() >= job.done

    patience = time.monotonic() + 60
    while not job.finished and time.monotonic() < patience:
        if not jobs.run_until_next_tick():
            time.sleep(0.1)
        job.refresh_from_db()

    assert 0 < places[0] < total
    assert (job.state, job.done, counted(job)) == ("done", total, {"accepted": total})
    for model in (Case, Inquiry, Interaction, Deadline):
        assert model.objects.count() == total, model
    assert {c.sealed["summary"] for c in Case.objects.all()} == {f"第{n}件" for n in range(total)}


# Reading.


@pytest.mark.django_db
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_encodings_and_separators_of_chinese_offices_are_read(encoding, delimiter):
    content = table({}, encoding=encoding, delimiter=delimiter)

    shown = imports.TABLE.preview(content=content, file_name="名单.csv")

    assert shown.ready
    assert (shown.format, shown.total, shown.header_row) == ("csv", 1, 1)
    said = {"utf-8-sig": "utf-8", "gbk": "gb18030", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}
    assert shown.encoding == said.get(encoding, encoding)
    assert [column.field for column in shown.columns] == [COLUMNS.field_of(name) for name in HEADER]


def test_a_preview_shows_what_will_be_read_and_masks_people():
    content = table(
        *({"事由": f"第{n}件，回电13800004545"} for n in range(20)),
        header=["序号", *HEADER, "客户身份证"],
        above=[["十一月查件登记"], ["制表：查询部"], []],
    )

    shown = imports.TABLE.preview(content=content, file_name="名单.csv")

    assert (shown.header_row, shown.total, len(shown.rows), shown.ready) == (4, 20, 8, True)
    assert shown.rows[0][:6] == (
        "", "880612045537", "查件", "陈*梅", "138******45", "第0件，回电138******45",
    )  # fmt: skip
    assert shown.columns[0] == PreviewColumn("序号", "", "")
    assert shown.columns[3].label == "客户姓名"
    assert "序号、客户身份证" in shown.notes[0]


@pytest.mark.django_db
def test_a_workbook_is_read_with_its_numbers_and_times(centre):
    at = datetime(2026, 3, 2, 9, 5, 7)
    content = workbook(
        [], ["", *HEADER[:6]], [],
        ["", 880612045537, "查件", "陈晓梅", 13800004545, "甲", at],
        ["", "880612045537", "催件", "", 13800004545.0, 20261120, "2026年3月2日 9时05分"],
        ["", 880612045537123456, "查件", "", "", "丙", ""],
    )  # fmt: skip

    job = run(centre, content, name="名单.xlsx")

    assert (job.done, job.total) == (4, 4)
    assert counted(job)["accepted"] == 2
    first, second = Case.objects.order_by("pk")
    assert (first.waybill, first.sealed["customer_phone"]) == (centre.waybill, "13800004545")
    assert first.inquiry.received_at == at.replace(tzinfo=SHANGHAI)
    assert (second.summary, second.inquiry.kind) == ("20261120", "expedite")
    assert second.inquiry.received_at == tests.at("2026-03-02 09:05:00")
    (refused,) = imports.TABLE.refusals(job=job)
    assert (refused.row, refused.label) == (6, "运单号")
    assert "文本" in refused.reason


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b" \r\n\n", "file_empty"),
        ("天气,心情\n晴,好\n".encode(), "header_missing"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "file_format"),
        (b"%PDF-1.7 ...", "file_format"),
        (b"PK\x03\x04 and then nothing", "file_broken"),
        (bytes(range(256)) * 20, "file_encoding"),
        ("运单号,事由\n1,".encode() + b'"' + b"x" * 140_000, "file_broken"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(content, code):
    with pytest.raises(KefuError) as refusal:
        imports.TABLE.preview(content=content, file_name="x")

    assert (refusal.value.code, refusal.value.field) == (code, "file")
    assert str(refusal.value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "rows_", "code"),
    [
        (HEADER, 0, "no_rows"),
        (["运单号", "类型"], 1, "column_missing"),
        (["类型", "事由"], 1, "column_missing"),
        ([*HEADER, "电话"], 1, "column_twice"),
    ],
)
def test_what_lacks_a_column_or_rows_cannot_be_started(centre, header, rows_, code):
    content = table(*[{}] * rows_, header=header)

    shown = imports.TABLE.preview(content=content, file_name="x.csv")
    assert not shown.ready
    assert shown.problems

    with pytest.raises(KefuError) as refusal:
        start(centre, content)
    assert (refusal.value.code, refusal.value.field) == (code, "file")
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_too_many_rows_and_too_many_bytes_are_refused(centre, monkeypatch):
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    with pytest.raises(KefuError) as refusal:
        start(centre, table({}, {}, {}))
    assert refusal.value.code == "too_many_rows"

    monkeypatch.setattr(jobs, "MAX_BYTES", 50)
    for refused in (
        lambda c: imports.TABLE.preview(content=c, file_name="x"),
        lambda c: start(centre, c),
    ):
        with pytest.raises(KefuError) as refusal:
            refused(table({}))
        assert refusal.value.code == "file_too_large"


def test_a_workbook_that_unpacks_to_no_end_is_refused_by_the_process_that_unpacks_it():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write(1_048_575, 16_383, "x")  # the cells between would fill hundreds of gigabytes

    with pytest.raises(KefuError) as refusal:
        imports.TABLE.preview(content=file.getvalue(), file_name="x.xlsx")

    assert refusal.value.code == "file_unpacks_too_large"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "label", "code"),
    [
        ({"运单号": "12345"}, "运单号", "waybill_length"),
        ({"运单号": "88061204553七"}, "运单号", "waybill_characters"),
        ({"运单号": "880612049999"}, "运单号", "waybill_unknown"),
        ({"运单号": "8.80612E+11"}, "运单号", "digits_lost"),
        ({"联系电话": "1380000454"}, "联系电话", "phone_too_short"),
        ({"联系电话": "1.38E+10"}, "联系电话", "digits_lost"),
        ({"联系电话": "陈先生"}, "联系电话", "phone_characters"),
        ({"类型": "闲聊"}, "类型", "kind_unknown"),
        ({"类型": "投诉"}, "类型", "kind_by_form"),
        ({"类型": "取件"}, "类型", "kind_by_form"),
        ({"事由": ""}, "事由", "text_required"),
        ({"事由": "响铃\x07"}, "事由", "text_control_character"),
        ({"事由": "长" * 20_001}, "事由", "text_too_long"),
        ({"客户姓名": "名" * 61}, "客户姓名", "text_too_long"),
        ({"来电时间": "昨天"}, "来电时间", "time_unreadable"),
        ({"来电时间": "2026-02-30 09:00"}, "来电时间", "time_unreadable"),
        ({"来电时间": "2026-11-20"}, "来电时间", "time_without_hour"),
        ({"来电时间": "2999-01-01 00:00"}, "来电时间", "in_future"),
        ({"来电时间": "1999-12-31 23:59"}, "来电时间", "too_long_ago"),
        ({"渠道": "飞鸽"}, "渠道", "channel_unknown"),
        ({"谁在问": "路人甲"}, "谁在问", "asker_unknown"),
    ],
)
def test_a_row_is_refused_with_the_column_and_the_reason(centre, row, label, code):
    job = run(centre, table(row, {"事由": "好的一行"}))

    assert counted(job) == {"accepted": 1, "refused": 1}
    (refused,) = imports.TABLE.refusals(job=job)
    assert (refused.row, refused.label, refused.reason) == (2, label, str(rows.REASONS[code]))
    assert Refusal.objects.get().code == code
    with translation.override("en"):
        assert imports.TABLE.refusals(job=job)


@pytest.mark.rule("ES-203.14")
@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"运单号": "", "联系电话": ""}, "field_required"),
        ({"运单号": ""}, ""),
        ({"联系电话": ""}, ""),
        ({"运单号": "", "联系电话": "", "类型": "咨询"}, ""),
    ],
)
def test_where_the_rulebook_says_so_a_trace_needs_a_number_or_a_phone(row, code):
    places = COLUMNS.places_of(HEADER)
    form = rows.Form(places, "trace", rulebook.load("ES"), {})

    read = rows.RowReader(form, now=datetime.now(UTC)).read(2, list({**ROW, **row}.values()))

    assert getattr(read, "code", "") == code


@pytest.mark.django_db
def test_times_with_a_zone_are_taken_at_their_word(centre):
    run(centre, table({"来电时间": "2026-03-02T01:05:00Z"}))

    assert Inquiry.objects.get().received_at == tests.at("2026-03-02 09:05:00")


@pytest.mark.django_db
def test_unknown_waybills_are_taken_when_the_import_allows_them(centre):
    content = table({"运单号": "yt8800 6120 4999 9"}, {"运单号": "12345"})

    job = run(centre, content, options=imports.Options(allow_unknown_waybills=True))

    assert counted(job) == {"accepted": 1, "refused": 1}
    case = Case.objects.get()
    assert (case.waybill, case.waybill_number) == (None, "YT8800612049999")


@pytest.mark.django_db
def test_what_shows_of_a_refused_row_is_masked(centre):
    job = run(
        centre,
        table({"联系电话": "138000045451"}, {"事由": "x" * 20_001}, {"客户姓名": "欧阳" * 40}),
    )

    shown = [refusal.shown for refusal in imports.TABLE.refusals(job=job)]
    assert "138000045451" not in shown[0]
    assert all(len(text) <= 60 for text in shown)
    assert "欧阳" * 2 not in shown[2]
    stored = bytes(Refusal.objects.order_by("row").values_list("sealed", flat=True)[0].stored)
    assert "陈晓梅".encode() not in stored


# Giving back.


@pytest.mark.django_db
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_refused_rows_come_back_as_a_file_that_can_be_mended_and_sent_again(centre, format_):
    header = ["序号", *HEADER]
    lines = [
        header,
        ["1", "880612045537", "查件", "陈晓梅", "13800004545", "甲", "", "", ""],
        ["=2+3", "88061204", "查件", "陈晓梅", "13800004545", "@SUM(A1:A9)，乙", "", "", ""],
        ["3", "880612045537", "查件", "", "+85291234567", "丙", "明天", "", ""],
    ]
    content = workbook(*lines)
    if format_ == "csv":
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        content = text.getvalue().encode("gb18030")
    first = run(centre, content, name=f"名单.{format_}")
    assert counted(first) == {"accepted": 1, "refused": 2}

    name, refused = imports.TABLE.refused_file(job=first, actor=centre.lin.user, now=clock.now())

    assert name == f"拒收-名单.{format_}"
    assert AuditRow.objects.get(action="reveal").object_id == str(first.pk)
    if format_ == "csv":
        assert refused.startswith(b"\xef\xbb\xbf")
        back = list(csv.reader(io.StringIO(refused.decode("utf-8-sig"))))
        assert not any(cell.startswith(("=", "+", "-", "@")) for line in back for cell in line)
        assert back[1][0] == "'=2+3"
    else:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(refused)).get_sheet_by_index(0)
        back = sheet.to_python()
        assert back[1][0] == "=2+3"  # a text: nothing runs it
    assert back[0] == [*header, "原因"]
    assert [line[-1] for line in back[1:]] == [
        "运单号：运单号位数不对",
        "来电时间：时间认不出，请写成 2026-11-20 09:05",
    ]

    back[1][1], back[2][6] = "880612045537", "2026-01-05 10:00"
    mended = workbook(*back)
    if format_ == "csv":
        text = io.StringIO()
        csv.writer(text).writerows(back)
        mended = text.getvalue().encode("utf-8")
    second = run(centre, mended, name=name)

    assert counted(second)["accepted"] == 2
    assert {c.sealed["summary"] for c in Case.objects.all()} == {"甲", "@SUM(A1:A9)，乙", "丙"}
    assert Case.objects.get(customer_phone_masked__startswith="+852")


@pytest.mark.django_db
@pytest.mark.rule("CD-06.28")
@pytest.mark.parametrize("front", ["department", "owner"])
def test_the_front_desk_is_given_no_inquiries_to_work(centre, front):
    if front == "owner":
        centre.lin.department = centre.front_desk
        centre.lin.save(update_fields=["department"])
    else:
        centre.query_desk = centre.front_desk
    owner = "lin" if front == "owner" else None

    job = run(centre, table({}, {"类型": "建议", "事由": "柜台放个椅子吧"}), owner=owner)

    assert counted(job) == {"accepted": 1, "refused": 1}
    assert Inquiry.objects.get().kind == "suggestion"
    refused = imports.TABLE.refusals(job=job)[0]
    assert (refused.label, refused.reason) == (
        "类型",
        "所选部门或负责人不办理查件，请导入给办理的部门",
    )


@pytest.mark.django_db
def test_taking_refused_rows_home_is_recorded_with_place_and_request(centre, settings, client):
    settings.PROXIES = 1
    job = run(centre, table({"运单号": "1"}))
    client.force_login(centre.lin.user, backend="django.contrib.auth.backends.ModelBackend")

    client.post(
        reverse("inquiries:import_refused", args=[job.pk]),
        headers={"X-Forwarded-For": "203.0.113.9"},
    )

    look = AuditRow.objects.get(action="reveal")
    assert (look.address, bool(look.request_id)) == ("203.0.113.9", True)


@pytest.mark.django_db
def test_refused_rows_are_for_whoever_imported_them_and_the_supervisors(centre, now):
    job = run(centre, table({"运单号": "1"}))

    for stranger in (centre.zhou, centre.wang):
        with pytest.raises(NotAllowed):
            imports.TABLE.refused_file(job=job, actor=stranger.user, now=now)
    assert not AuditRow.objects.filter(action="reveal").exists()
    assert imports.TABLE.refused_file(job=job, actor=centre.chen.user, now=now)


@pytest.mark.django_db
def test_refusals_are_told_page_by_page(centre):
    job = run(centre, table(*({"运单号": str(n)} for n in range(5))))

    first = imports.TABLE.refusals(job=job, limit=2)
    rest = imports.TABLE.refusals(job=job, after=first[-1].row)

    assert [refusal.row for refusal in [*first, *rest]] == [2, 3, 4, 5, 6]


@pytest.mark.django_db
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_the_template_can_be_filled_in_and_sent(centre, format_):
    name, content = imports.TABLE.template_file(format=format_)

    assert name.endswith(f".{format_}")
    shown = imports.TABLE.preview(content=content, file_name=name)
    assert [column.field for column in shown.columns] == [c.field for c in COLUMNS]
    assert shown.total == 0
    assert not shown.ready
    example = [[str(c.label) for c in COLUMNS], [c.example for c in COLUMNS]]
    assert counted(run(centre, workbook(*example), name="x.xlsx"))["accepted"] == 1


def test_every_label_and_alias_leads_to_its_column():
    for column in COLUMNS:
        for name in (str(column.label), *column.aliases, f" {column.label}（必填）*："):
            assert COLUMNS.field_of(name) == column.field, name


# Who may, and what is recorded.


@pytest.mark.django_db
def test_an_import_is_recorded_and_needs_the_right_to_it(centre, now):
    job = start(centre, table({}))
    recorded = AuditRow.objects.get(action="import")
    assert (recorded.object_id, recorded.actor_id) == (str(job.pk), centre.lin.user.pk)
    assert recorded.after == {"rows": 1, "department": "query", "owner": "0826"}

    centre.zhou.user.role = "inspector"
    with pytest.raises(NotAllowed):
        imports.start_import(
            file_name="x",
            content=table({}),
            department=centre.query_desk,
            actor=centre.zhou.user,
            now=now,
        )
    centre.zhou.status = "suspended"
    with pytest.raises(KefuError) as refusal:
        start(centre, table({}), owner="zhou")
    assert (refusal.value.code, refusal.value.field) == ("owner_not_assignable", "owner")
    with pytest.raises(KefuError) as refusal:
        start(centre, table({}), options=imports.Options(kind="pickup"))
    assert (refusal.value.code, refusal.value.field) == ("kind_not_imported", "kind")
    assert Job.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("C:\\fakepath\\名单.csv", "名单.csv"),
        ("../../etc/x\n.csv", "x.csv"),
        ("", "未命名"),
        ("回电13800004545.csv", "回电138******45.csv"),
    ],
)
def test_a_hostile_file_name_is_only_a_title(centre, given, title):
    assert start(centre, table({}), name=given).title == title
