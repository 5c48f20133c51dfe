"""Chats from the chat tool's table: each counted once, with what its customer gave."""

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from kefu.clock import SHANGHAI
from kefu.imports import cells as read
from kefu.imports import chunks, tables
from kefu.imports.chunks import Refused, Written
from kefu.imports.columns import Column, Columns, words
from kefu.imports.services import TableImport
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.policy.contacts import ContactRules
from kefu.spreadsheets import unquoted
from payroll.imports import records
from payroll.imports.calls import WHO
from payroll.models import Chat, Rating
from payroll.models.calls import DAY
from payroll.selectors.calls import STARS, may_import
from payroll.services.ratings import POOR, enter_chat, was_closed

KIND = "payroll.chats"
COLUMNS = Columns(
    Column(
        "chat",
        _("会话编号"),
        ("会话编号", "会话id", "会话号", "会话", "chat id", "session id", "conversation id", "chat"),
        _("必填；聊天工具给的编号，同一编号只导入一次"),
        "S20261120-0017",
        20,
    ),
    *WHO,
    Column(
        "at",
        _("会话开始"),
        ("会话开始", "会话开始时间", "开始时间", "接入时间", "时间", "started at", "start time", "time"),
        _("必填；写到秒，如 2026-11-20 08:02:31，按北京时间"),
        "2026-11-20 08:02:31",
        22,
    ),
    Column(
        "first",
        _("首次响应"),
        ("首次响应", "首次响应时长", "首次响应时间", "首响时长", "首响", "first response", "first response time", "first reply"),
        _("秒数或 时:分:秒；人工的第一句，自动回复不算；一直没有人答的空着"),
        "8",
        10,
    ),
    Column(
        "slowest",
        _("最慢回复"),
        ("最慢回复", "最长响应", "最长响应时长", "最大响应时长", "slowest reply", "longest response", "max response time"),
        _("第一句以后最慢的一次，秒数或 时:分:秒；平均时长判断不了每一句，不要填在这里"),
        "17",
        10,
    ),
    Column(
        "closed",
        _("已关闭"),
        ("已关闭", "是否关闭", "会话状态", "关闭", "状态", "closed", "status"),
        _("是或否：对话框有没有关；空着算关了"),
        "是",
        8,
    ),
    Column(
        "ordered",
        _("订单已确认"),
        ("订单已确认", "是否下单", "订单确认", "下单", "order confirmed", "ordered"),
        _("是或否；没有这一栏时由主管核实"),
        "是",
        10,
    ),
    Column(
        "stars",
        _("评分"),
        ("评分", "满意度评分", "客户评分", "星级", "rating", "stars", "csat"),
        _("1 到 5；客户没有评的空着"),
        "5",
        8,
    ),
    Column(
        "review",
        _("评价"),
        ("评价", "客户评价", "评价结果", "review", "feedback"),
        _("好评、中评或差评；没有的空着"),
        "好评",
        8,
    ),
    Column(
        "waybill",
        _("运单号"),
        ("运单号", "单号", "快递单号", "订单运单", "waybill", "tracking number"),
        _("可以不填；同一票有投诉时，差评和投诉算一件事"),
        "YT1234567890123",
        20,
    ),
    hint=_("会话编号、工号、会话开始"),
)  # fmt: skip
YES = words(("是 有 已关闭 关闭 已结束 结束 yes y true closed done 1", 1), ("否 没有 未关闭 未结束 打开 进行中 no n false open 0", 0))  # fmt: skip
REVIEWS = words(
    ("好评 好 满意 非常满意 good positive", Rating.Review.GOOD.value),
    ("中评 中 一般 neutral", Rating.Review.NEUTRAL.value),
    ("差评 差 不满意 非常不满意 bad negative", Rating.Review.BAD.value),
)
REASONS = records.REASONS | {
    "chat_required": _("没有会话编号"),
    "chat_characters": _("会话编号只能有数字、字母和 - _ . :，最多 40 个"),
    "closed_unknown": _("要写是或否"),
    "ordered_unknown": _("要写是或否"),
    "review_unknown": _("评价要写好评、中评或差评"),
    "slowest_without_first": _("没有首次响应，却有后面的回复"),
    "rating_differs": _("这个会话已有另一个评价"),
}
_NUMBER = re.compile(r"[\w.:-]{1,40}", re.ASCII)
FILE = """
INSERT INTO payroll_chat (number, employee_id, place, began_at, first_seconds, slowest_seconds, closed, ordered,
                          waybill_number, recorded_by_id, recorded_at)
SELECT *, %(actor)s, %(now)s
FROM unnest(%(numbers)s::text[], %(employees)s::bigint[], %(places)s::smallint[], %(moments)s::timestamptz[],
            %(first)s::integer[], %(slowest)s::integer[], %(closed)s::boolean[], %(ordered)s::boolean[],
            %(waybills)s::text[])
ON CONFLICT (number, employee_id, place) DO NOTHING
RETURNING id
"""
# A customer may rate later than the chat was told of: what is there is compared, a rating is added.
RATE = """
INSERT INTO payroll_rating (employee_id, source, chat_id, stars, review, rated_on, recorded_by_id, recorded_at)
SELECT c.employee_id, 'online', c.id, r.stars, r.review, r.rated_on, %(actor)s, %(now)s
FROM unnest(%(chats)s::bigint[], %(stars)s::smallint[], %(reviews)s::text[], %(days)s::date[]) AS r(chat, stars, review, rated_on)
JOIN payroll_chat c ON c.id = r.chat
ON CONFLICT (chat_id) DO NOTHING
RETURNING chat_id
"""


def run(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """The handler of these jobs."""
    return chunks.run(job, more, Filing.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(records.Filing):
    """``scale``: what a customer may give."""

    scale: tuple[int, int]

    @classmethod
    def of(cls, job: Job, table: tables.Table) -> "Filing":
        given = cls.about(job, table, COLUMNS)
        using = records.edition_now(given["department"])
        scale = (ContactRules.of(using.rules).stars if using else None) or STARS
        return cls(**given, scale=scale)

    def row(self, number: int, cells: Sequence[str], now: datetime) -> records.Row:
        name = unquoted(self.cell(cells, "chat").strip())
        if not name:
            raise read.refused("chat", "chat_required")
        if not _NUMBER.fullmatch(name):
            raise read.refused("chat", "chat_characters")
        employee, at = self.who(cells), self.moment(cells, now)
        first, slowest = self.seconds(cells, "first", DAY), self.seconds(cells, "slowest", DAY)
        if first is None and slowest is not None:
            raise read.refused("slowest", "slowest_without_first")
        closed = read.one_of(YES, self.cell(cells, "closed"), "closed", 1)
        ordered = read.one_of(YES, self.cell(cells, "ordered"), "ordered", -1)
        stars = self.whole(cells, "stars", self.scale[1])
        if stars is not None and stars < self.scale[0]:
            raise read.refused("stars", "out_of_range")
        review = read.one_of(REVIEWS, self.cell(cells, "review"), "review", "")
        waybill = read.waybill(self.cell(cells, "waybill"), field="waybill")
        said = (
            at, first, slowest, bool(closed), None if ordered < 0 else bool(ordered), waybill, stars, review,
        )  # fmt: skip
        return records.Row(number, cells, employee, at, (name, employee.pk), said)

    def prepared(self, **given: Any) -> "Prepared":
        return Prepared(filing=self, **given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(chunks.Prepared[records.Row]):
    """A chunk ready to be written; called inside its transaction."""

    filing: Filing

    def write(self, rows: Sequence[tuple[records.Row, Any]]) -> Written:
        """File the chats that are not there yet, what completes those that were told while they ran, and the ratings
        that are new; enter what they bring.
        """
        found = {row.key: row for row, _line in rows}
        new = self._add([(row, 0) for row in found.values()])
        states = self._states(found)
        refused = []
        further = []
        for key, (first, latest) in states.items():
            row = found[key]
            code = "" if first.pk in new else _differs(first, latest, row)
            if code:
                field = "review" if code == "rating_differs" else "at"
                refused.append(Refused(row.number, row.cells, field, code))
            elif not _completes(row.said, _said(latest)):
                further.append((row, latest.place + 1))
        bad = {row.number for row in refused}
        completed = {row.key for row, _place in further} if self._add(further) else set()
        if completed:
            states = self._states(found)
        told = {key: pair for key, pair in states.items() if found[key].number not in bad}
        rated = self._rate([(first, found[key]) for key, (first, _latest) in told.items()])
        actor = self.filing.job.created_by
        for key, (first, latest) in told.items():
            review = found[key].said[-1]
            left_open = (first.pk in new or key in completed) and not latest.closed
            if left_open or (first.pk in rated and review in POOR):
                enter_chat(first, state=latest, review=review, actor=actor, now=self.now)
            if key in completed and latest.closed:
                was_closed(first, actor=actor, now=self.now)
        accepted = len(
            {key for key, (first, _l) in told.items() if first.pk in new | rated} | completed
        )
        return Written(
            accepted=accepted,
            duplicates=len(found) - accepted - len(refused),
            refused=refused,
        )

    def _states(
        self, found: Mapping[tuple[Any, ...], records.Row]
    ) -> dict[tuple[str, int], tuple[Chat, Chat]]:
        """Each chat as it was told first, and last."""
        there = Chat.objects.filter(
            number__in=[key[0] for key in found], employee__in={key[1] for key in found}
        )
        states: dict[tuple[str, int], tuple[Chat, Chat]] = {}
        for chat in there.select_related("employee", "rating").order_by("place"):
            key = (chat.number, chat.employee_id)
            if key in found:
                states[key] = (states[key][0] if key in states else chat, chat)
        return states

    def _add(self, given: Sequence[tuple[records.Row, int]]) -> set[int]:
        """File rows, each as this state of its chat; what somebody else files at the same moment is there already."""
        if not given:
            return set()
        rows = [row for row, _place in given]
        at, first, slowest, closed, ordered, waybills = (
            [row.said[place] for row in rows] for place in range(6)
        )
        with connection.cursor() as cursor:
            cursor.execute(
                FILE,
                {
                    "numbers": [row.key[0] for row in rows],
                    "employees": [row.employee.pk for row in rows],
                    "places": [place for _row, place in given],
                    "moments": at,
                    "first": first,
                    "slowest": slowest,
                    "closed": closed,
                    "ordered": ordered,
                    "waybills": waybills,
                    "actor": self.filing.job.created_by_id,
                    "now": self.now,
                },
            )
            return {pk for (pk,) in cursor.fetchall()}

    def _rate(self, rows: Sequence[tuple[Chat, records.Row]]) -> set[int]:
        given = [(chat, row) for chat, row in rows if row.said[6] is not None or row.said[7]]
        if not given:
            return set()
        with connection.cursor() as cursor:
            cursor.execute(
                RATE,
                {
                    "chats": [chat.pk for chat, _row in given],
                    "stars": [row.said[6] for _chat, row in given],
                    "reviews": [row.said[7] for _chat, row in given],
                    "days": [row.at.astimezone(SHANGHAI).date() for _chat, row in given],
                    "actor": self.filing.job.created_by_id,
                    "now": self.now,
                },
            )
            return {pk for (pk,) in cursor.fetchall()}

    def announce(self, accepted: int) -> None:
        """Nobody's queue changes by what was written in a chat."""


def _said(chat: Chat) -> tuple[Any, ...]:
    return (
        chat.began_at, chat.first_seconds, chat.slowest_seconds, chat.closed, chat.ordered, chat.waybill_number,
    )  # fmt: skip


def _completes(before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    """Is ``after`` the same chat, told at the same moment or later? Once it was closed it stays as it was."""
    at, first, slowest, closed, ordered, waybill = before[:6]
    if before[:6] == after[:6]:
        return True
    return (
        not closed
        and at == after[0]
        and first in (None, after[1])
        and (slowest is None or (after[2] is not None and slowest <= after[2]))
        and (not ordered or bool(after[4]))
        and waybill in ("", after[5])
    )


def _differs(first: Chat, latest: Chat, row: records.Row) -> str:
    """The code of what a row says otherwise than the books; "" where it says what they say, or said, or will say
    when it is in, or a rating that is new.
    """
    there = _said(latest)
    if not _completes(there, row.said) and not _completes(row.said, there):
        return "row_differs"
    rating: Rating | None = getattr(first, "rating", None)
    given = row.said[6:]
    if rating is None or given == (None, "") or given == (rating.stars, rating.review):
        return ""
    return "rating_differs"


TABLE = TableImport(
    kind=KIND,
    columns=COLUMNS,
    reasons=REASONS,
    required=[
        (["chat"], _("缺少“会话编号”一栏")),
        (["number", "extension"], _("缺少“工号”或“分机”一栏")),
        (["at"], _("缺少“会话开始”一栏")),
    ],
    noted={
        "first": _("没有“首次响应”一栏：都算没有人工答复"),
        "closed": _("没有“已关闭”一栏：都算关了"),
    },
    name=_("会话记录"),
    run=run,
    may=may_import,
    about="payroll_chat",
)
