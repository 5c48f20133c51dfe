"""Calls from the switchboard's table: each counted once for the person whose phone rang."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from kefu.imports import cells as read
from kefu.imports import chunks, tables
from kefu.imports.chunks import Refused, Written
from kefu.imports.columns import Column, Columns, words
from kefu.imports.services import TableImport
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from payroll.imports import records
from payroll.models import Call
from payroll.models.calls import DAY, HOUR, MOST_RINGS
from payroll.selectors.calls import may_import
from payroll.services.calls import missed_calls

KIND = "payroll.calls"
WHO = (
    Column(
        "number",
        _("工号"),
        ("工号", "员工编号", "坐席工号", "坐席", "客服工号", "agent", "agent id", "employee number", "staff number"),
        _("单元格设为文本，前面的 0 才不会丢；没有工号的填分机"),
        "0826",
        10,
    ),
    Column(
        "extension",
        _("分机"),
        ("分机", "分机号", "分机号码", "extension", "ext", "ext."),
        _("没有工号时按分机找人；几个人共用一个分机的必须填工号"),
        "8026",
        10,
    ),
)  # fmt: skip
COLUMNS = Columns(
    *WHO,
    Column(
        "at",
        _("来电时间"),
        ("来电时间", "呼叫时间", "开始时间", "振铃时间", "时间", "日期时间", "call time", "started at", "start time", "time"),
        _("必填；开始振铃的时间，写到秒，如 2026-11-20 08:02:31，按北京时间"),
        "2026-11-20 08:02:31",
        22,
    ),
    Column(
        "direction",
        _("呼叫方向"),
        ("呼叫方向", "方向", "呼叫类型", "类型", "direction", "call type"),
        _("呼入或呼出；空着算呼入"),
        "呼入",
        10,
    ),
    Column(
        "ring_seconds",
        _("振铃时长"),
        ("振铃时长", "振铃秒数", "振铃", "等待时长", "ring", "ring seconds", "ring time", "ring duration"),
        _("必填；秒数或 时:分:秒"),
        "6",
        10,
    ),
    Column(
        "rings",
        _("响铃声数"),
        ("响铃声数", "响铃次数", "铃声数", "声数", "rings", "ring count"),
        _("响了几声；考核“几声内接起”的部门要有这一栏，秒数不折算成声数"),
        "2",
        10,
    ),
    Column(
        "answered",
        _("是否接通"),
        ("是否接通", "接通", "是否应答", "应答", "通话状态", "呼叫结果", "结果", "状态", "answered", "status", "disposition"),
        _("接通或未接；空着按通话时长判断"),
        "接通",
        10,
    ),
    Column(
        "talk_seconds",
        _("通话时长"),
        ("通话时长", "通话秒数", "通话", "talk", "talk seconds", "talk time", "billsec", "duration"),
        _("秒数或 时:分:秒；没有接通的空着"),
        "00:03:25",
        12,
    ),
    Column(
        "line",
        _("线路"),
        ("线路", "队列", "技能组", "业务线", "line", "queue", "skill"),
        _("查询电话或业务电话；空着不分线路"),
        "查询电话",
        12,
    ),
    hint=_("工号（或分机）、来电时间、振铃时长"),
)  # fmt: skip
DIRECTIONS = words(
    ("呼入 来电 接入 in inbound incoming 入", Call.Direction.IN.value),
    ("呼出 去电 外呼 out outbound outgoing 出", Call.Direction.OUT.value),
)
ANSWERED = words(
    ("接通 已接 已接通 已接听 接听 应答 已应答 是 成功 有 yes y true answered connected 1", 1),
    ("未接 未接通 未接听 未应答 漏接 漏话 无应答 放弃 振铃放弃 否 失败 无 no n false noanswer missed abandoned unanswered busy 0", 0),
)  # fmt: skip
LINES = words(
    ("查询电话 查询 查询线 查件 query", Call.Line.QUERY.value),
    ("业务电话 业务 业务线 下单 business", Call.Line.BUSINESS.value),
)
REASONS = records.REASONS | {
    "direction_unknown": _("方向要写呼入或呼出"),
    "answered_unknown": _("是否接通要写接通或未接"),
    "answer_unclear": _("没有写是否接通，也没有通话时长"),
    "line_unknown": _("线路要写查询电话或业务电话"),
    "ring_required": _("没有振铃时长"),
    "talk_without_answer": _("没有接通，却有通话时长"),
}
# What another table has brought is left out.
FILE = """
INSERT INTO payroll_call (employee_id, at, direction, line, answered, ring_seconds, rings, talk_seconds, recorded_by_id, recorded_at)
SELECT *, %(actor)s, %(now)s
FROM unnest(%(employees)s::bigint[], %(moments)s::timestamptz[], %(directions)s::text[], %(lines)s::text[],
            %(answered)s::boolean[], %(ring)s::smallint[], %(rings)s::smallint[], %(talk)s::integer[])
ON CONFLICT (employee_id, at, direction) DO NOTHING
"""
# Which rows say something else of a call than what is there; each looks into the index of its month.
DIFFER = """
SELECT r.place - 1
FROM unnest(%(employees)s::bigint[], %(moments)s::timestamptz[], %(directions)s::text[], %(lines)s::text[],
            %(answered)s::boolean[], %(ring)s::smallint[], %(rings)s::smallint[], %(talk)s::integer[])
     WITH ORDINALITY AS r(employee_id, at, direction, line, answered, ring_seconds, rings, talk_seconds, place)
CROSS JOIN LATERAL (
    SELECT * FROM payroll_call c
    WHERE c.employee_id = r.employee_id AND c.at = r.at AND c.direction = r.direction OFFSET 0
) c
WHERE (c.line, c.answered, c.ring_seconds, c.rings, c.talk_seconds)
      IS DISTINCT FROM (r.line, r.answered, r.ring_seconds, r.rings, r.talk_seconds)
ORDER BY 1
"""


def run(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """The handler of these jobs."""
    return chunks.run(job, more, Filing.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(records.Filing):
    @classmethod
    def of(cls, job: Job, table: tables.Table) -> "Filing":
        return cls(**cls.about(job, table, COLUMNS))

    def row(self, number: int, cells: Sequence[str], now: datetime) -> records.Row:
        employee, at = self.who(cells), self.moment(cells, now)
        direction = read.one_of(
            DIRECTIONS, self.cell(cells, "direction"), "direction", Call.Direction.IN.value
        )
        line = read.one_of(LINES, self.cell(cells, "line"), "line", "")
        ring = self.seconds(cells, "ring_seconds", HOUR)
        if ring is None:
            raise read.refused("ring_seconds", "ring_required")
        rings = self.whole(cells, "rings", MOST_RINGS)
        talk = self.seconds(cells, "talk_seconds", DAY)
        answered = read.one_of(ANSWERED, self.cell(cells, "answered"), "answered", -1)
        if answered < 0:
            if talk is None:
                raise read.refused("answered", "answer_unclear")
            answered = int(talk > 0)
        if talk and not answered:
            raise read.refused("talk_seconds", "talk_without_answer")
        said = (line, bool(answered), ring, rings, talk or 0)
        return records.Row(number, cells, employee, at, (employee.pk, at, direction), said)

    def prepared(self, **given: Any) -> "Prepared":
        return Prepared(filing=self, **given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(chunks.Prepared[records.Row]):
    """A chunk ready to be written; called inside its transaction."""

    filing: Filing

    def write(self, rows: Sequence[tuple[records.Row, Any]]) -> Written:
        """File the calls that are not there yet."""
        found = [row for row, _line in rows]
        lines, answered, ring, rings, talk = (
            [row.said[place] for row in found] for place in range(5)
        )
        given: dict[str, Any] = {
            "employees": [row.employee.pk for row in found],
            "moments": [row.at for row in found],
            "directions": [row.key[2] for row in found],
            "lines": lines,
            "answered": answered,
            "ring": ring,
            "rings": rings,
            "talk": talk,
            "actor": self.filing.job.created_by_id,
            "now": self.now,
        }
        differing: list[records.Row] = []
        with connection.cursor() as cursor:
            cursor.execute(FILE, given)
            new = cursor.rowcount
            if new < len(found):
                cursor.execute(DIFFER, given)
                differing = [found[place] for (place,) in cursor.fetchall()]
        refused = [Refused(row.number, row.cells, "at", "row_differs") for row in differing]
        self._missed([row for row in found if row not in differing])
        duplicates = len(found) - new - len(refused)
        return Written(accepted=new, duplicates=duplicates, refused=refused)

    def _missed(self, rows: Sequence[records.Row]) -> None:
        """Propose what unanswered calls of the business line cost; a second time does nothing."""
        missed = [
            (row.employee, row.at)
            for row in rows
            if row.said[:2] == (Call.Line.BUSINESS, False) and row.key[2] == Call.Direction.IN
        ]
        if missed:
            missed_calls(missed, actor=self.filing.job.created_by, now=self.now)

    def announce(self, accepted: int) -> None:
        """Nobody's queue changes by what was said on the phone."""


TABLE = TableImport(
    kind=KIND,
    columns=COLUMNS,
    reasons=REASONS,
    required=[
        (["number", "extension"], _("缺少“工号”或“分机”一栏")),
        (["at"], _("缺少“来电时间”一栏")),
        (["ring_seconds"], _("缺少“振铃时长”一栏")),
        (["answered", "talk_seconds"], _("缺少“是否接通”或“通话时长”一栏")),
    ],
    noted={
        "rings": _("没有“响铃声数”一栏：考核“几声内接起”的部门，这些接通的电话不计入响应达标率"),
        "direction": _("没有“呼叫方向”一栏：都算呼入"),
    },
    name=_("通话记录"),
    run=run,
    may=may_import,
    about="payroll_call",
)
