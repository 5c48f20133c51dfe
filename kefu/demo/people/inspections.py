"""Calls drawn by lot and heard, rooms and desks looked at; what was found, answered, decided and set right."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO

from kefu.demo import pictures
from kefu.demo.people import LEAD, MANAGER, SUPERVISOR, People, moment, next_month
from kefu.policy.inspections import CALL, CLEANING, SPOT_CHECK
from kefu.staff.models import Department
from payroll.models import Finding, FindingReply, InspectionMark, Rectification, Sample, SampleDraw
from payroll.selectors.inspections import items_of
from payroll.services import findings, inspections, rectifications, samples
from payroll.services.inspections import Given

INSPECTOR = "0811"
A_DAY, AN_HOUR, A_MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
Mark, Sort = InspectionMark.Mark, FindingReply.Sort


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found: by which line, on whom, how he answers (None: not yet), whether it is so (None: not decided)."""

    clause: str
    who: str
    text: str
    sort: FindingReply.Sort | None = None
    answer: str = ""
    upheld: bool | None = None


# Calls: fourteen a draw, so that each of the seven at the desk is drawn twice.

SIZE, TODAY = 14, 6
IN_PAID = (
    Seen("CD-12.14", "0829", "02:10 起语气急，打断客户两次", Sort.ACCEPT, "", True),
    Seen("CD-12.18", "0831", "开头没有报工号", Sort.EXPLAIN, "耳机刚换好，第一句没录进去", True),
    Seen("CD-12.16", "0827", "00:48 与人说话，没有静音", Sort.OBJECT, "是邻座在接电话", False),
)
IN_LAST = (
    Seen("CD-12.18", "0830", "结束语没有报工号", Sort.ACCEPT, "", True),
    Seen("CD-12.15", "0828", "让客户自己打网点电话", Sort.OBJECT, "客户自己要的号码", True),
    Seen("CD-12.14", "0832", "回答生硬，没有致歉", upheld=True),
)
JUST_NOW = (
    Seen("CD-12.16", "0826", "01:22 放下耳机与同事说话，没有静音"),
    Seen("CD-12.18", "0829", "开头没有报工号", Sort.EXPLAIN, "连着接的第三通，报了姓没报工号"),
)

# Rooms and desks.

WEEKS = 4  # of cleaning checks before this one
DESKS = ("query", "report", "processing", "front", "warehouse")  # whose rules want them
LIMIT = "CD-12.46"  # how long the cleaning may take
DUSTY = Seen("CD-12.48", "0891", "货架下层积灰，三天没擦", Sort.ACCEPT, "", True)
CLUTTERED = Seen("CD-12.47", "0861", "墙角堆着旧纸箱", Sort.EXPLAIN, "等后勤来收，已催过", True)
UNTIDY = Seen("CD-12.49", "0830", "抽屉里有过期面单，桌下有饭盒")
LATE_DINNER = Seen("CD-12.43/dinner_run", "0831", "19:20 才回来，其间只剩一人接线", upheld=True)
LOOSE_WIRE = Seen("ES-136.06", "0896", "插线板上放水杯，电线拖在过道", Sort.ACCEPT, "", True)


def plan(people: People) -> None:
    _calls(people)
    _rooms(people)
    people.at(moment(people.today - 12 * A_DAY, "15:10"), look_at_desk, people)
    people.at(people.now - 6 * AN_HOUR, follow)


def follow(*, now: datetime) -> None:
    rectifications.tell_overdue(now=now)


def _calls(people: People) -> None:
    for month, seen in ((people.paid, IN_PAID), (people.last, IN_LAST)):
        drawn = moment(next_month(month) + A_DAY, "10:20")  # what the switchboard has is read in
        if drawn < people.now - 3 * A_DAY:
            people.at(drawn, draw, people, month, next_month(month) - A_DAY, seen)
    since, until = people.today - 14 * A_DAY, people.today - A_DAY
    people.at(people.now - 85 * A_MINUTE, draw, people, since, until, JUST_NOW)


def draw(
    people: People, since: date, until: date, seen: tuple[Seen, ...], *, now: datetime
) -> None:
    drawn = samples.draw_samples(
        department=people.seeder.departments["query"],
        medium=SampleDraw.Medium.CALL,
        from_on=since,
        to_on=until,
        size=SIZE,
        seed=random.Random(f"{people.seeder.seed}/{until}").randrange(samples.SEEDS),
        actor=people.user(INSPECTOR),
        now=now,
    )
    left = {one.who: one for one in seen}
    rows = [
        (sample, left.pop(sample.employee.number, None))
        for sample in drawn.samples.select_related("employee__department").order_by("number")
    ]
    if seen is JUST_NOW:  # the others wait to be heard
        rows = sorted(rows, key=lambda row: row[1] is None)[:TODAY]
    pace = (9 if seen is JUST_NOW else 30) * A_MINUTE
    for n, (sample, found) in enumerate(rows, 1):
        if n == SIZE:
            people.at(now + n * pace, set_aside, people, sample)
        else:
            people.at(now + n * pace, hear, people, sample, found)


def set_aside(people: People, sample: Sample, *, now: datetime) -> None:
    reason = "录音只有十几秒，后半段没有声音"
    samples.set_aside(sample=sample, reason=reason, actor=people.user(INSPECTOR), now=now)


def hear(people: People, sample: Sample, seen: Seen | None, *, now: datetime) -> None:
    one = sample.employee
    made = inspections.record(
        occasion=CALL,
        department=one.department,
        employee=one,
        sample=sample,
        marks=_marks(people, one.department, CALL, seen, now),
        note="" if seen else "问清单号，说明时限，结束前复述一遍",
        actor=people.user(INSPECTOR),
        now=now,
    )
    if seen:
        _goes_on(people, made.findings.get(), seen, now)


def _marks(
    people: People, department: Department, occasion: str, seen: Seen | None, now: datetime
) -> Mapping[str, Given]:
    marks = {item.key: Given(Mark.KEPT) for item in items_of(department, occasion, now)}
    if seen:
        marks[seen.clause] = Given(Mark.BREACH, seen.text, people.one(seen.who))
    return marks


def _goes_on(people: People, found: Finding, seen: Seen, now: datetime) -> None:
    """The person answers, or not; a supervisor decides, or has not yet."""
    if seen.sort is not None:
        people.at(now + 15 * A_MINUTE, reply, people, found, seen)
    if seen.upheld is not None:
        decided_at = now + 3 * AN_HOUR if seen.sort else found.reply_by + AN_HOUR
        people.at(decided_at, settle, people, found, seen.upheld)


def reply(people: People, found: Finding, seen: Seen, *, now: datetime) -> None:
    assert seen.sort is not None
    actor = people.user(seen.who)
    findings.reply(finding=found, sort=seen.sort, text=seen.answer, actor=actor, now=now)


def settle(people: People, found: Finding, upheld: bool, *, now: datetime) -> None:
    heads = {"query": SUPERVISOR, "processing": "0802"}
    findings.settle(
        finding=found,
        upheld=upheld,
        reason="" if upheld else "复听录音，是邻座的声音，本人没有离开通话",
        actor=people.user(heads.get(found.department.code, MANAGER)),
        now=now,
    )


# Rooms.


def _rooms(people: People) -> None:
    monday = people.today - people.today.weekday() * A_DAY
    found = {
        (monday - 11 * A_DAY, "warehouse"): DUSTY,
        (monday - 18 * A_DAY, "report"): CLUTTERED,
        # The last one before today.
        (people.today - (2 if people.today.isoweekday() == 1 else 1) * A_DAY, "query"): UNTIDY,
    }
    missed = (monday - 4 * A_DAY, "report")
    for n in range(WEEKS * 7 + people.today.weekday()):
        day = monday - (WEEKS * 7 - n) * A_DAY
        for place, code in enumerate(DESKS):
            if day.isoweekday() < 7 and (day, code) != missed:
                when = moment(day, "16:40") + 9 * place * A_MINUTE
                people.at(when, check_room, people, code, found.get((day, code)))
        if day.isoweekday() == 3:
            seen = LATE_DINNER if day == monday - 12 * A_DAY else None
            people.at(moment(day, "19:25"), check_evening, people, seen)


def check_room(people: People, code: str, seen: Seen | None, *, now: datetime) -> None:
    department = people.seeder.departments[code]
    made = inspections.record(
        occasion=CLEANING,
        department=department,
        marks=_marks(people, department, CLEANING, seen, now),
        minutes=people.chance.randrange(22, 39),
        pictures=[BytesIO(pictures.untidy_desk(people.chance))] if seen else [],
        actor=people.user(INSPECTOR),
        now=now,
    )
    if seen:
        found = made.findings.get()
        _goes_on(people, found, seen, now)
        people.at(now + 30 * A_MINUTE, order, people, found, seen, 3)


def check_evening(people: People, seen: Seen | None, *, now: datetime) -> None:
    """Those who stay on are looked in on (CD-12.43)."""
    department = people.seeder.departments["query"]
    made = inspections.record(
        occasion=SPOT_CHECK,
        department=department,
        marks=_marks(people, department, SPOT_CHECK, seen, now),
        actor=people.user(LEAD),
        now=now,
    )
    if seen:
        _goes_on(people, made.findings.get(), seen, now)


def look_at_desk(people: People, *, now: datetime) -> None:
    """What he is told to set right there he neither does nor says why not: its day passes (ES-138.12)."""
    one = people.one(LOOSE_WIRE.who)
    made = inspections.record(
        occasion="conduct",
        department=one.department,
        employee=one,
        marks=_marks(people, one.department, "conduct", LOOSE_WIRE, now),
        pictures=[BytesIO(pictures.untidy_desk(people.chance))],
        actor=people.user(INSPECTOR),
        now=now,
    )
    _goes_on(people, made.findings.get(), LOOSE_WIRE, now)
    people.at(now + AN_HOUR, order, people, made.findings.get(), LOOSE_WIRE, 4)


# Setting it right.

WANTED = {
    DUSTY: "货架每天擦一遍，下层先擦",
    CLUTTERED: "旧纸箱当天清走，墙角不再堆放",
    UNTIDY: "过期面单交前台销毁，饭盒带走",
    LOOSE_WIRE: "电线收进线槽，水杯移开",
}


def order(
    people: People, found: Finding, seen: Seen, days: int, *, now: datetime, again: bool = False
) -> None:
    ordered = rectifications.order(
        finding=found,
        what=WANTED[seen],
        assignee=people.one(seen.who),
        due_on=now.date() + days * A_DAY,
        recheck_by=people.user(INSPECTOR),
        actor=people.user(INSPECTOR),
        now=now,
    )
    if seen in (DUSTY, CLUTTERED):
        people.at(now + 26 * AN_HOUR, report_done, people, ordered, seen)
        people.at(now + 45 * AN_HOUR, recheck, people, ordered, seen, again or seen is DUSTY)


def report_done(people: People, ordered: Rectification, seen: Seen, *, now: datetime) -> None:
    rectifications.report_done(
        rectification=ordered, text="已清理，请复查", actor=people.user(seen.who), now=now
    )


def recheck(
    people: People, ordered: Rectification, seen: Seen, fixed: bool, *, now: datetime
) -> None:
    rectifications.recheck(
        rectification=ordered,
        fixed=fixed,
        note="" if fixed else "绿植后面还有两只箱子",
        actor=people.user(INSPECTOR),
        now=now,
    )
    if not fixed:
        people.at(now + AN_HOUR, order, people, ordered.finding, seen, 3, again=True)
