"""Suggestions of the staff with what was answered, and the excellent agents of each month."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from kefu.demo.people import HR, MANAGER, SUPERVISOR, People, moment, next_month
from kefu.demo.people.joining import NEWCOMER
from kefu.demo.people.requests import head_of
from payroll.models import AwardRound, Idea
from payroll.services import awards, discipline, ideas

A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
Shown = Idea.Shown


@dataclass(frozen=True, slots=True)
class Thought:
    """``answer``: "" while nobody has answered; ``points`` or ``cash`` where the rules of the desk have them."""

    who: str
    title: str
    content: str
    shown: Shown = Shown.NAMED
    answer: str = ""
    adopted: bool = True
    points: Decimal | None = None
    cash: Decimal | None = None


SCAN = Thought(
    "0841", "退件登记改成扫码", "现在手抄单号，一天错两三个。扫码枪仓库有多的，接上就能用。",
    answer="下周起业务部用扫码枪登记，谢谢", points=Decimal(5),
)  # fmt: skip
REPLIES = Thought(
    "0897", "售后常用回复按商品分类", "同一句话每天打几十遍，按商品分类后点两下就能发。",
    answer="已按你的分类整理进快捷回复", cash=Decimal(80),
)  # fmt: skip
NIGHT_LIST = Thought(
    "0826", "夜间催件号码表", "成都方向晚上没人接，建议每周更新一份值班号码。",
    answer="已采纳，由组长每周五更新，放在知识库首页",
)  # fmt: skip
LONGER_LUNCH = Thought(
    "0830", "午休改成一个半小时", "轮到第二批吃饭时食堂已经没菜。", Shown.UNNAMED,
    answer="午间来电多，改不了；已请食堂给第二批留菜", adopted=False,
)  # fmt: skip
CARD = Thought(
    "0895", "重大投诉一页纸交接", "把经过、诉求、承诺写在一页，换人接手不用再问客户。",
    answer="试用一周，接手的人反映好用，全部门采用",
)  # fmt: skip
SCREENS = Thought("0831", "给每个工位配第二块屏", "一边看轨迹一边写回复，来回切窗口容易抄错单号。")
QUIET = Thought("0828", "接线区地毯", "脚步声会进录音。")


def plan(people: People) -> None:
    for when, thought in (
        (moment(people.paid + 13 * A_DAY, "10:30"), REPLIES),
        (moment(people.last + 8 * A_DAY, "16:50"), NIGHT_LIST),
        (moment(people.last + 17 * A_DAY, "09:50"), SCAN),
        (moment(people.last + 20 * A_DAY, "13:40"), LONGER_LUNCH),
        (moment(people.last + 21 * A_DAY, "15:05"), CARD),
        (people.now - 26 * AN_HOUR, SCREENS),
        (people.now - 30 * AN_HOUR, QUIET),
    ):
        people.at(when, submit, people, thought)
    for code, chooser in (("query", SUPERVISOR), ("complaint", HR)):
        for month in (people.paid, people.last):
            opened = moment(next_month(month) + 3 * A_DAY, "11:00")
            people.at(opened, open_round, people, code, month, chooser)


def submit(people: People, thought: Thought, *, now: datetime) -> None:
    one = people.one(thought.who)
    idea = ideas.submit(
        employee=one,
        title=thought.title,
        content=thought.content,
        shown=thought.shown,
        actor=one.user,
        now=now,
    )
    if thought.answer:
        people.at(now + 23 * AN_HOUR, answer, people, idea, thought)
    elif thought is QUIET:
        people.at(now + 2 * AN_HOUR, withdraw, people, idea)


def withdraw(people: People, idea: Idea, *, now: datetime) -> None:
    ideas.withdraw(idea=idea, actor=people.user(idea.employee.number), now=now)


def answer(people: People, idea: Idea, thought: Thought, *, now: datetime) -> None:
    ideas.reply(
        idea=idea,
        adopted=thought.adopted,
        answer=thought.answer,
        points=thought.points,
        cash=thought.cash,
        actor=head_of(people, people.one(thought.who)),
        now=now,
    )
    if thought is CARD:
        people.at(people.now - 22 * AN_HOUR, propose_merit, people, idea)


def propose_merit(people: People, idea: Idea, *, now: datetime) -> None:
    """Where the rules give neither points nor cash for it, it can be a merit; the manager has not decided yet."""
    discipline.propose(
        employee=idea.employee,
        clauses={"ES-137.07": ""},
        happened_on=now.date(),
        facts="提出的交接一页纸全部门采用，重复询问客户的投诉明显减少",
        evidence="建议和一周试用记录",
        idea=idea,
        actor=people.user(HR),
        now=now,
    )


# The excellent agents of a month.


def open_round(people: People, code: str, month: date, chooser: str, *, now: datetime) -> None:
    row = awards.open_round(
        department=people.seeder.departments[code],
        month=month,
        actor=people.user(chooser),
        now=now,
    )
    if not row.nominees.exclude(employee__number=NEWCOMER).exists():  # the figures speak for nobody
        awards.nominate(
            row=row,
            employee=people.one({"query": "0826", "complaint": "0895"}[code]),
            evidence="当月重大投诉零超时",
            actor=people.user(chooser),
            now=now,
        )
    people.at(now + AN_HOUR, choose, people, row, chooser)
    if month == people.paid or code == "query":  # of the last one a signature is still wanting
        people.at(now + 5 * AN_HOUR, publish, people, row)


def choose(people: People, row: AwardRound, chooser: str, *, now: datetime) -> None:
    first = row.nominees.exclude(employee__number=NEWCOMER).order_by("pk").first()
    assert first is not None
    evidence = "全月零超时，客户书面表扬两次，工单抽查无差错"
    awards.choose(row=row, evidence={first.pk: evidence}, actor=people.user(chooser), now=now)


def publish(people: People, row: AwardRound, *, now: datetime) -> None:
    awards.publish(row=row, actor=people.user(MANAGER), now=now)
