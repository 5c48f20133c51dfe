"""What the switchboard and the chat tool wrote down: a table a month, and the word that it is whole."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from kefu.clock import SHANGHAI
from kefu.demo import words
from kefu.demo.people import HR, People, moment, next_month, table, work
from kefu.demo.people.attendance import away_days
from kefu.policy.clauses import Season
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department, Employee
from payroll.imports import calls, chats
from payroll.models import RosteredShift
from payroll.services import calls as service

A_DAY = timedelta(days=1)
CHATS = {"query": 4, "complaint": 9, "claims": 7, "after_sale": 12}  # a day and person
RINGING = {"complaint": 6, "claims": 5}  # calls a day and person
USUAL = 47  # calls a day of who answers the phone, in the season with many
LOW = 0.6
MISSED, LATE = 0.05, 0.06
CALL_COLUMNS = [
    "工号",
    "来电时间",
    "呼叫方向",
    "振铃时长",
    "响铃声数",
    "是否接通",
    "通话时长",
    "线路",
]
CHAT_COLUMNS = ["会话编号", "工号", "会话开始", "首次响应", "最慢回复", "已关闭", "评分", "评价"]

Days = list[tuple[Employee, date]]
Row = list[str]


def plan(people: People) -> None:
    for month in (people.paid, people.last):
        after = moment(next_month(month) + A_DAY, "09:00")
        people.at(min(after, people.now - timedelta(hours=2)), bring, people, month)
    people.at(people.now - timedelta(minutes=100), bring, people, people.this)


def bring(people: People, month: date, *, now: datetime) -> None:
    """Read in what the machines have of a month, up to yesterday."""
    until = min(next_month(month), now.astimezone(SHANGHAI).date())
    worked = list(_worked(people, month, until))
    if not worked:
        return
    _import(
        people,
        calls.TABLE,
        f"话务系统-{month:%Y-%m}.csv",
        CALL_COLUMNS,
        _calls(people, worked),
        now,
    )
    _import(
        people,
        chats.TABLE,
        f"在线会话-{month:%Y-%m}.csv",
        CHAT_COLUMNS,
        _chats(people, worked),
        now,
    )
    if until == next_month(month):
        for code in words.PHONES:
            service.say_complete(
                department=Department.objects.get(code=code),
                month=month,
                actor=people.user(HR),
                now=now + timedelta(minutes=30),
            )


def _import(
    people: People, to: Any, name: str, columns: Row, rows: Iterator[Row], now: datetime
) -> None:  # fmt: skip
    to.start(
        file_name=name,
        content=table(columns, rows),
        department=people.seeder.departments["query"],
        owner=None,
        options={},
        actor=people.user(HR),
        now=now,
    )
    work()


def _worked(people: People, month: date, until: date) -> Iterator[tuple[Employee, date]]:
    """Who was there on which day; a desk without a roster from Monday to Saturday."""
    away = away_days(people, moment(month, "00:00"), moment(until, "00:00"))
    shifts = RosteredShift.objects.on_duty().filter(day__gte=month, day__lt=until)
    rows = shifts.select_related("employee__department").order_by("employee__number", "day")
    for shift in rows.distinct("employee__number", "day"):
        if (shift.employee_id, shift.day) not in away:
            yield shift.employee, shift.day
    for one in Employee.objects.filter(department__code="on_site").select_related("department"):
        for n in range((until - month).days):
            if (month + n * A_DAY).isoweekday() < 7:
                yield one, month + n * A_DAY


def _calls(people: People, worked: Days) -> Iterator[Row]:
    chance = people.chance
    usual = {one.pk: USUAL * chance.uniform(0.9, 1.06) for one, _day in worked}
    season: dict[int, float] = {}  # of this month
    for one, day in worked:
        code = one.department.code
        number = RINGING.get(code, 0)
        if code in words.PHONES and "phone" in one.channels:
            if one.department_id not in season:
                season[one.department_id] = _season(one, day)
            number = round(usual[one.pk] * season[one.department_id] * chance.uniform(0.88, 1.12))
        for at in _moments(people, day, number):
            yield _call(people, one, at, "业务电话" if code == "business" else "查询电话")


def _season(one: Employee, day: date) -> float:
    """How much of the usual there is to do at this time of the year, as the rulebook has it (CD-12.04)."""
    rules = edition_in_force(department_id=one.department_id, at=moment(day, "12:00")).rules
    seasons = [clause.seasons for clause in rules.in_force(Season) if clause.exception]
    seasons += [clause.seasons for clause in rules.in_force(Season) if not clause.exception]
    found = (name for some in seasons for name, months in some.items() if day.month in months)
    return LOW if next(found, "") == "low" else 1


def _call(people: People, one: Employee, at: datetime, line: str) -> Row:
    chance = people.chance
    answered = chance.random() > MISSED
    ring = (
        chance.randrange(2, 9) if answered and chance.random() > LATE else chance.randrange(10, 24)
    )
    talk = chance.randrange(35, 320) if answered else 0
    return [
        one.number,
        f"{at:%Y-%m-%d %H:%M:%S}",
        "呼出" if answered and chance.random() < 0.04 else "呼入",
        str(ring),
        str(1 + ring // 3),
        "接通" if answered else "未接",
        str(talk or ""),
        line,
    ]


def _chats(people: People, worked: Days) -> Iterator[Row]:
    chance, counted = people.chance, 0
    for one, day in worked:
        usual = CHATS.get(one.department.code, 0)
        number = round(usual * chance.uniform(0.6, 1.4)) if "online" in one.channels else 0
        for at in _moments(people, day, number):
            counted += 1
            stars, review = chance.choices(
                [("5", "好评"), ("4", "好评"), ("3", "中评"), ("2", "差评"), ("", "")],
                [55, 18, 1.2, 0.6, 25],
            )[0]
            yield [
                f"S{day:%Y%m%d}-{counted:05}",
                one.number,
                f"{at:%Y-%m-%d %H:%M:%S}",
                str(
                    chance.randrange(2, 10) if chance.random() > LATE else chance.randrange(11, 45)
                ),
                str(chance.randrange(5, 40)),
                "是",
                stars,
                review,
            ]


def _moments(people: People, day: date, number: int) -> list[datetime]:
    """So many moments of a working day, no two the same."""
    seconds = people.chance.sample(range(5 * 60, 9 * 3600), number)
    return [moment(day, "08:05") + timedelta(seconds=one) for one in sorted(seconds)]
