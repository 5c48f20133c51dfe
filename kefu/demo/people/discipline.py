"""Rewards and sanctions where the rules of a desk have them: proposed, heard, verified, decided, signed, filed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kefu.demo.people import HR, MANAGER, People, moment
from payroll.models import Level, Proposal
from payroll.services import decisions, discipline

A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
WARNING, COMMENDATION = Level.WARNING, Level.COMMENDATION


@dataclass(frozen=True, slots=True)
class Case:
    """``answer``: what the person says, "" nothing. ``found``: what was verified, "" not yet. ``given``: the level,
    "" where it is not so, None where nobody has decided. ``signs``: he has read the decision, and it is filed.
    """

    who: str
    clause: str
    facts: str
    evidence: str = ""
    answer: str = ""
    found: str = ""
    given: str | None = None
    why: str = ""
    signs: bool = True


MISSED_TRAINING = Case(
    "0896", "ES-138.07", "当月投诉处理培训未到，事前没有请假", "培训签到表",
    answer="当天在接一通长投诉，结束时已经散会", found="签到表和话务记录核对过，开课前半小时有空当",
    given=WARNING, why="事前可以说明而没有说明，给予警告",
)  # fmt: skip
MISTAKE = Case(
    "0815", "ES-138.05", "理赔金额录错一位，客户来电才发现", "工单时间线",
    answer="系统当时提示已保存，金额是后来改的", found="", given="",
    why="查实录入时金额正确，是接口重复写入，不是本人差错",
)  # fmt: skip
HELPED = Case(
    "0895", "ES-137.05", "下班后陪老年客户找到错送的药品，当晚送达", "客户来信和通话录音",
    given=COMMENDATION, why="事迹清楚，客户书面感谢，予以表扬",
)  # fmt: skip
GAMES = Case(
    "0897", "SD-233.48", "当班时间看视频，客户消息三分钟没有回", "主管现场看到，有截图",
    found="截图和在线会话记录一致，本人没有陈述", given=WARNING, why="首次，给予警告", signs=False,
)  # fmt: skip
BADGE = Case(
    "0898", "ES-138.10", "连续两天没有佩戴胸牌", "前台登记",
    answer="胸牌的别针坏了，已向人事申请补领",
)  # fmt: skip
LOST_SLIP = Case(
    "0812", "ES-138.13", "客户发票原件随快递寄丢，重开花了八十元", "寄件底单",
    answer="按流程挂号寄的，底单上写明了内件", found="底单没有写明内件，也没有保价",
)  # fmt: skip
CHATTED = Case("0896", "ES-138.03", "上班时间闲聊，影响邻座接线", "邻座反映")


def plan(people: People) -> None:
    last_week = people.now - 4 * A_DAY
    for when, case in (
        (moment(people.paid + 11 * A_DAY, "10:10"), MISSED_TRAINING),
        (moment(people.last + 5 * A_DAY, "11:25"), MISTAKE),
        (moment(people.last + 17 * A_DAY, "09:15"), HELPED),
        (moment(people.last + 19 * A_DAY, "16:35"), GAMES),
        (last_week, LOST_SLIP),
        (people.now - 50 * AN_HOUR, BADGE),
        (people.now - 20 * AN_HOUR, CHATTED),
    ):
        people.at(when, propose, people, case)


def propose(people: People, case: Case, *, now: datetime) -> None:
    """The office proposes; what follows is the manager's: nobody decides on what he proposed."""
    reward = case.given == COMMENDATION
    row = discipline.propose(
        employee=people.one(case.who),
        clauses={case.clause: ""},
        happened_on=(now - A_DAY).date(),
        facts=case.facts,
        evidence=case.evidence,
        answer_by=None if reward else now + 44 * AN_HOUR,
        actor=people.user(HR),
        now=now,
    )
    steps: list[tuple[float, Callable[..., None]]] = []
    if case.answer:
        steps.append((5, answer))
    if case.found:
        steps.append((47, verify))
    if case.given is not None:
        steps.append((52, decide))
    if case.given and case.signs:
        steps += [(70, sign), (75, file)]
    for hours, step in steps:
        people.at(now + hours * AN_HOUR, step, people, row, case)


def answer(people: People, row: Proposal, case: Case, *, now: datetime) -> None:
    discipline.answer(proposal=row, text=case.answer, actor=people.user(case.who), now=now)


def verify(people: People, row: Proposal, case: Case, *, now: datetime) -> None:
    discipline.verify(proposal=row, finding=case.found, actor=people.user(MANAGER), now=now)


def decide(people: People, row: Proposal, case: Case, *, now: datetime) -> None:
    by: dict[str, Any] = {"reason": case.why, "actor": people.user(MANAGER), "now": now}
    if case.given:
        given = dict.fromkeys(row.measures.values_list("pk", flat=True), case.given)
        decisions.decide(proposal=row, given=given, **by)
    else:
        decisions.not_upheld(proposal=row, **by)


def sign(people: People, row: Proposal, case: Case, *, now: datetime) -> None:
    decisions.sign(proposal=row, actor=people.user(case.who), now=now)


def file(people: People, row: Proposal, case: Case, *, now: datetime) -> None:
    decisions.file(proposal=row, actor=people.user(HR), now=now)
