"""Problem parcels from tables: each row as if it had been entered by form, the bad ones told apart."""

import csv
import io

import pytest
from django.urls import reverse
from django.utils import translation

from kefu import clock
from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Consequence, Deadline
from kefu.imports import chunks
from kefu.jobs import services as jobs
from kefu.notifications.models import Event
from kefu.parcels.models import Scan
from kefu.policy.vocabulary import word
from problem_parcels.imports import TABLE, load
from problem_parcels.imports.columns import COLUMNS
from problem_parcels.models import ContactAttempt, Disposal, ProblemParcel, ProblemRecord
from problem_parcels.services import Attempt, Given, register
from tests.centre import at
from tests.problem_parcels.conftest import EVENING

pytestmark = pytest.mark.django_db
ADDRESS = "成都路 12 号 3 单元 502 室"


def table(*rows, header=None):
    """A CSV file of rows given by the Chinese names of their columns."""
    header = header or list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([[row.get(name, "") for name in header] for row in rows])
    return text.getvalue().encode("gb18030")


def called(problem, number="770612045501", **more):
    return {
        "运单号": number,
        "类型": problem,
        "联系结果": "没人接",
        "联系时间": "2026-11-20 16:05",
        **more,
    }


def opened(number, **more):
    """Opened for inspection: the sender was told at half past four, before the round ended."""
    told = {"拆包原因": "收件人要看货", "通知了谁": "寄件人", "通知时间": "2026-11-20 16:30"}
    return {
        "运单号": number,
        "类型": "拆包验货",
        **told,
        "派送结束时间": "2026-11-20 16:30",
        **more,
    }


def start(desk, content, *, owner="lin", name="问题件.csv"):
    return TABLE.start(
        file_name=name,
        content=content,
        department=desk.store,
        owner=getattr(desk, owner) if owner else None,
        options={},
        actor=desk.lin.user,
        now=clock.now(),
    )


def run(desk, content, **given):
    job = start(desk, content, **given)
    while not job.finished:
        jobs.run_until_next_tick()
        job.refresh_from_db()
    assert job.state == "done", job.error
    return job


def counted(job):
    return {name: count for name, count in job.counts.items() if count}


def told(job):
    return [(r.row, r.label, r.reason) for r in TABLE.refusals(job=job)]


@pytest.fixture(autouse=True)
def evening(settings):
    settings.KEFU_NOW = EVENING


NO_ANSWER = [Attempt("no_answer", at("16:05"))]
REACHED = [Attempt("reached", at("16:05"))]
# The type, what the clerk gives, and what stands in the row.
ALIKE = [
    ("nobody_home", {"attempts": NO_ANSWER}, called("送无人")),
    (
        "nobody_home",
        {"attempts": REACHED, "chosen": {"agreed": "tomorrow"}},
        called("送无人", 联系结果="已联系上", 约定="明天"),
    ),
    (
        "address_moved",
        {"attempts": REACHED, "new_address": ADDRESS, "remark": "搬到城东，回电13912345678"},
        called("地址搬迁", 联系结果="reached", 新地址=ADDRESS, 备注="搬到城东，回电13912345678"),
    ),
    (
        "self_pickup",
        {"attempts": REACHED, "chosen": {"pickup_place": "branch", "pickup_time": "明早九点"}},
        called("self_pickup", 联系结果="已联系上", 自取地点="分点", 自取时间="明早九点"),
    ),
    (
        "collect_refused",
        {"chosen": {"refusal_reason": "no_invoice"}, "courier": "courier"},
        {"类型": "到付拒收", "到付拒收理由": "没有发票", "业务员": "yw01"},
    ),
    (
        "refused",
        {"chosen": {"refusal_cause": "not_carried_upstairs"}, "reason": "不送上楼", "courier": "courier"},
        {"类型": "拒收", "拒收起因": "不送上楼", "原因说明": "不送上楼", "业务员": "马师傅"},
    ),
    ("other", {"courier": "courier"}, {"类型": "其他", "业务员": "马师傅"}),
    (
        "returned",
        {"chosen": {"return_asked_by": "recipient"}, "reason": "陈晓梅不要了", "place": "storefront"},
        {"类型": "退回", "谁要求退回": "收件人", "原因说明": "陈晓梅不要了", "存放在": "营业厅"},
    ),
    ("prohibited", {}, {"类型": "违禁品"}),
    ("no_outlet", {"outbound": True}, {"类型": "无网点"}),
    ("nobody_home", {"attempts": NO_ANSWER, "within": True}, called("送无人")),
]  # fmt: skip


def seen(model, case, *, without):
    """The rows of a case as their table holds them; what is sealed is opened."""
    field = {Case: "pk", Consequence: "deadline__case"}.get(model, "case")
    found = []
    for row in model.objects.filter(**{field: case.pk}).order_by("pk"):
        values = {f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields}
        if "data" in values:
            values["data"].pop("record", None)
        found.append({name: value for name, value in values.items() if name not in without})
    return found


@pytest.mark.parametrize("owner", ["lin", None])
def test_an_imported_row_equals_one_entered_by_form_column_by_column(desk, owner):
    rows, entered = [], []
    for number, (problem, given, cells) in enumerate(ALIKE):
        more = {}
        if given.get("outbound"):
            more = {
                "origin": desk.centre.company,
                "destination": desk.centre.chengdu,
                "route_from": "扬州",
                "route_to": "成都",
            }
        elif given.get("within"):
            more = {"route_from": "扬州"}
        by_form, by_table = f"7706120456{number:02}", f"7706120457{number:02}"
        for one in (by_form, by_table):
            desk.waybill(one, **more)
            desk.delivering(one, at("14:00"))
        given = {k: v for k, v in given.items() if k not in ("outbound", "within")}
        if "courier" in given:
            given["courier"] = desk.courier
        case = register(
            number=by_form,
            given=Given(problem, **given),
            owner=desk.lin if owner else None,
            department=desk.store,
            actor=desk.lin.user,
            now=EVENING,
        )
        entered.append((case, by_table))
        rows.append({**cells, "运单号": by_table})
    before = Event.objects.latest("id").pk

    job = run(desk, table(*rows), owner=owner)

    assert counted(job) == {"accepted": len(ALIKE)}, told(job)
    kinds = set()
    for case, number in entered:
        imported = Case.objects.get(waybill_number=number)
        assert imported.number.startswith("WT-261120-")
        for model, own in (
            (Case, {"id", "number", "source_key", "waybill_id", "waybill_number"}),
            (ProblemParcel, {"case_id"}),
            (ProblemRecord, {"id", "case_id"}),
            (ContactAttempt, {"id", "case_id"}),
            (Interaction, {"id", "case_id"}),
            (Deadline, {"id", "case_id", "started_by_id"}),
            (Consequence, {"id", "deadline_id"}),
            (Disposal, {"id", "case_id", "deadline_id"}),
        ):
            expected = seen(model, case, without=own)
            assert seen(model, imported, without=own) == expected, (model, case.problem_parcel)
            kinds |= {model} if expected else set()
        scans = {"kind", "at", "place", "text"}
        both = [
            list(Scan.objects.filter(waybill_number=one).order_by("id").values(*scans))
            for one in (number, case.waybill_number)
        ]
        assert both[0] == both[1]
        record = imported.problem_records.get()
        line = imported.interactions.get(action="problem_registered")
        assert line.data["record"] == record.pk
        for deadline in imported.deadlines.all():
            decided = getattr(deadline, "disposal", None)
            action = "disposal_decided" if decided else "problem_registered"
            assert deadline.started_by == imported.interactions.get(action=action)
    assert kinds >= {Case, ProblemRecord, ContactAttempt, Deadline, Disposal}
    event = Event.objects.get(pk__gt=before, kind=Event.Kind.CASE_NEW)  # one for all of them
    assert event.department_id == desk.store.pk
    assert event.data == {"imported": len(ALIKE)}


@pytest.mark.rule("CD-09.22")
def test_bad_rows_are_refused_with_column_and_reason_and_the_rest_goes_through(desk):
    for number in range(502, 512):
        desk.waybill(f"770612045{number}")
        desk.delivering(f"770612045{number}", at("14:00"))
    Scan.objects.create(waybill_number="770612045502", kind="signed", at=at("15:00"), place="扬州")
    mine = desk.register("nobody_home", number="770612045503")
    waiting = desk.register("nobody_home", number="770612045504", owner=desk.zhou)

    job = run(
        desk,
        table(
            called("送无人"),
            called("送无人", "990612045599"),
            called("送无人", "770612045502"),
            called("送无人", "770612045503"),
            called("送无人", "770612045504"),
            called("送无人"),
            called("送无人", "770612045505", 联系时间="2026-11-20 13:59"),
            called("送无人", "770612045506", 联系时间="2026-11-20 18:01"),
            called("送无人", "770612045507", 联系结果="正在通话"),
            called("地址搬迁", "770612045508", 备注="搬地方"),
            called("送无人", "770612045509", 联系结果="", 联系时间=""),
            called("飞走了", "770612045510"),
            called("送无人", "770612045510", 联系结果=""),
            called("送无人", "770612045510", 业务员="没有这人"),
            called("送无人", "8.8E+11"),
            called("送无人", ""),
            called("送无人", "770612045510"),
            opened("770612045511", 通知时间="2026-11-20 18:01"),
            opened("770612045511", 派送结束时间="2026-11-20 18:01"),
            opened("770612045511", 通知时间="2026-11-20 16:31"),
            opened("770612045511"),
        ),
    )

    assert counted(job) == {"accepted": 3, "refused": 18}
    assert told(job) == [
        (3, "运单号", "查无此单"),
        (4, "运单号", "这一票已经签收，不能再登记为问题件"),
        (5, "运单号", f"{mine.number} 在{desk.lin}手上，请找他办理或先转交"),
        (6, "运单号", f"{waiting.number} 在{desk.zhou}手上，请找他办理或先转交"),
        (7, "运单号", "这张表里前面已有这个运单"),
        (8, "联系时间", "联系时间早于派件扫描，请核对"),
        (9, "联系时间", "时间在将来"),
        (10, "联系结果", f"CD-09.15：“{word('nobody_home_remark', 'zh-hans')}”不能这样写，请从列出的里面选，写清楚"),
        (11, "备注", f"CD-09.10：“{word('remark', 'zh-hans')}”不能这样写，请从列出的里面选，写清楚"),
        (12, "联系结果", told(job)[9][2]),
        (13, "问题类型", "没有这个问题类型"),
        (14, "联系结果", "有联系时间，没有联系结果"),
        (15, "业务员", "没有这个业务员"),
        (16, "运单号", "长数字被 Excel 改写，末几位已丢失；请把单元格设为文本再填"),
        (17, "运单号", "没有运单号"),
        (19, "通知时间", "时间在将来"),
        (20, "派送结束时间", "时间在将来"),
        (21, "通知时间", "要在派送结束之前通知，不能带回来再说"),
    ]  # fmt: skip
    assert told(job)[9][2].startswith("CD-09.15：还要填")
    assert Case.objects.filter(kind="problem_parcel").count() == 5
    with translation.override("en"):
        assert "CD-09.15" in told(job)[9][2]
        assert not any("一" <= char <= "鿿" for char in told(job)[9][2])
    name, content = TABLE.refused_file(job=job, actor=desk.lin.user, now=clock.now())
    back = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert (len(back), back[0][-1]) == (19, "原因")
    assert name == "拒收-问题件.csv"


def test_a_table_brought_again_adds_nothing_and_twice_is_told_across_chunks(desk, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 2)
    for number in ("770612045502", "770612045503"):
        desk.waybill(number)
    content = table(
        called("送无人"),
        called("送无人", "770612045502"),
        called("送无人"),
        called("错分", "770612045503"),
    )

    first = run(desk, content)

    assert counted(first) == {"accepted": 3, "refused": 1}
    assert told(first) == [(4, "运单号", "这张表里前面已有这个运单")]
    again = run(desk, content)
    assert counted(again) == {"duplicates": 4}
    assert ProblemRecord.objects.count() == Case.objects.filter(kind="problem_parcel").count() == 3


def test_a_parcel_somebody_registers_meanwhile_stays_his(desk, monkeypatch):
    desk.waybill("770612045502")
    prepared = load.Prepared.stage

    def overtaken(self, lines):
        monkeypatch.setattr(load.Prepared, "stage", prepared)
        desk.register("nobody_home", owner=desk.zhou)
        return prepared(self, lines)

    monkeypatch.setattr(load.Prepared, "stage", overtaken)
    job = run(desk, table(called("送无人"), called("送无人", "770612045502")))

    assert counted(job) == {"accepted": 1, "refused": 1}
    assert f"在{desk.zhou}手上" in told(job)[0][2]
    assert Deadline.objects.count() == 2


def test_the_template_names_every_column_and_the_pages_lead_from_file_to_refused_rows(desk, client):
    name, content = TABLE.template_file()
    assert name == "问题件导入模板.xlsx"
    shown = TABLE.preview(content=content, file_name=name)
    assert [column.field for column in shown.columns] == [column.field for column in COLUMNS]
    for column in COLUMNS:
        for alias in (str(column.label), *column.aliases):
            assert COLUMNS.field_of(alias) == column.field, alias
    client.force_login(desk.lin.user, backend="django.contrib.auth.backends.ModelBackend")
    new = reverse("problem_parcels:new_import")

    page = client.get(new).content.decode()
    assert reverse("problem_parcels:import_template", args=["xlsx"]) in page
    file = io.BytesIO(table(called("送无人"), called("送无人", "990612045599")))
    file.name = "问题件.csv"
    preview = client.post(reverse("problem_parcels:import_preview"), {"file": file})
    assert preview.status_code == 200
    assert "→ 问题类型" in preview.content.decode()
    file.seek(0)
    started = client.post(new, {"file": file, "owner": f"e{desk.lin.pk}"})
    assert started.status_code == 302
    jobs.run_until_next_tick()
    followed = client.get(started["Location"]).content.decode()
    assert "查无此单" in followed
    assert Case.objects.filter(kind="problem_parcel").count() == 1
