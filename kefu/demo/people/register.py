"""What was entered in the register by hand: points, fines, awards; verified, taken back, objected to."""

from datetime import datetime, timedelta
from typing import Any

from kefu.demo.people import LEAD, MANAGER, SUPERVISOR, People, moment
from payroll.models import RegisterEntry
from payroll.selectors.register import edition_of
from payroll.services import register

Kind = RegisterEntry.Kind
Lines = tuple[tuple[int, str, str, str, str, str], ...]

# day of the month, hour, who, clause, kind, what was seen
SEEN: Lines = (
    (4, "11:10", "0829", "CD-12.14", Kind.POINTS, "录音抽听：对客户语气生硬，打断两次"),
    (8, "16:20", "0826", "CD-12.98", Kind.POINTS, "客户来电表扬，连续跟进三天直到签收"),
    (11, "10:30", "0830", "CD-03.12", Kind.FINE, "下班前未交接，两票挂起件无人知道"),
    (12, "14:45", "0827", "CD-12.16", Kind.POINTS, "通话中与同事闲聊，未按静音"),
    (15, "09:40", "0831", "CD-12.72", Kind.POINTS, "两次提醒后才更新跟进记录"),
)
HEADED: Lines = (  # by the manager, at desks without a supervisor
    (18, "11:30", "0841", "SD-233.51", Kind.POINTS, "发现同事录错目的地并及时改正"),
    (21, "09:35", "0842", "SD-233.30", Kind.FINE, "未经批准下线四十分钟"),
    (16, "14:15", "0897", "SD-233.30", Kind.FINE, "未经批准隐身，客户等了二十分钟"),
    (10, "17:05", "0891", "CD-12.71", Kind.POINTS, "对派件员催件不耐烦"),
)


def plan(people: People) -> None:
    for month in people.months:
        for lines, act in ((SEEN, see), (HEADED, award)):
            for day, clock, *line in lines:
                people.at(moment(month + timedelta(days=day - 1), clock), act, people, *line)
    _last_month(people)
    _just_now(people)


def enter(
    people: People, by: str, who: str, clause: str, kind: str, reason: str,
    *, now: datetime, **more: Any,
) -> RegisterEntry | None:  # fmt: skip
    """Enter a line where the rules of the day have the clause."""
    one = people.one(who)
    using = edition_of(one, now.date(), now)
    if using is None or clause not in using.rules:
        return None
    return register.enter(
        employee=one,
        clause=clause,
        rulebook_id=using.version_id,
        kind=kind,
        happened_on=now.date(),
        reason=reason,
        actor=people.user(by),
        now=now,
        **more,
    )


def see(
    people: People, who: str, clause: str, kind: str, reason: str, *, now: datetime
) -> None:  # fmt: skip
    """A lead writes it down, the supervisor verifies it next day."""
    entry = enter(people, LEAD, who, clause, kind, reason, now=now)
    if entry is not None:
        people.at(now + timedelta(hours=20), verify, people, entry)


def verify(people: People, entry: RegisterEntry, *, now: datetime) -> None:
    register.verify(entry=entry, actor=people.user(SUPERVISOR), now=now)
    if entry.clause == "CD-12.14":
        people.at(now + timedelta(hours=4), object_to, people, entry)


def award(
    people: People, who: str, clause: str, kind: str, reason: str, *, now: datetime
) -> None:  # fmt: skip
    enter(people, MANAGER, who, clause, kind, reason, verified=True, now=now)


def object_to(people: People, entry: RegisterEntry, *, now: datetime) -> None:
    """Upheld the first time, not the second; this month's still waits for an answer if it is young."""
    text = "当时客户先骂人，我只是请他慢一点说，请再听一遍录音"
    made = register.object_to(
        entry=entry, text=text, actor=people.user(entry.employee.number), now=now
    )
    people.at(now + timedelta(hours=26), answer, people, made)


def answer(people: People, made: Any, *, now: datetime) -> None:
    first = made.entry.month == people.paid
    register.decide_objection(
        objection=made,
        upheld=first,
        answer="复听录音，确属客户先出言不逊，撤销" if first else "复听录音，打断属实，维持",
        actor=people.user(SUPERVISOR),
        now=now,
    )


def _last_month(people: People) -> None:
    """A major error, a line that was not so, and one that was taken back."""
    week = people.last + timedelta(days=15)
    people.at(moment(week, "10:00"), major_error, people)
    people.at(moment(week, "11:00"), wrong, people, "0828", False)
    people.at(moment(week, "14:00"), wrong, people, "0832", True)


def major_error(people: People, *, now: datetime) -> None:
    entry = enter(
        people, LEAD, "0831", "CD-12.88", Kind.FORFEIT,
        "把两位客户的回电号码弄反，泄露派送地址，客户投诉到总部", now=now,
    )  # fmt: skip
    if entry is not None:
        people.at(now + timedelta(hours=5), verify, people, entry)


def wrong(people: People, who: str, counted: bool, *, now: datetime) -> None:
    entry = enter(people, LEAD, who, "CD-12.60", Kind.POINTS, "处理超出权限，没有先请示", now=now)
    if entry is None:
        return
    if counted:
        verify(people, entry, now=now + timedelta(hours=1))
        people.at(now + timedelta(hours=22), take_back, people, entry)
    else:
        people.at(now + timedelta(hours=3), not_so, people, entry)


def not_so(people: People, entry: RegisterEntry, *, now: datetime) -> None:
    reason = "已查实事前请示过值班组长"
    register.not_upheld(entry=entry, reason=reason, actor=people.user(SUPERVISOR), now=now)


def take_back(people: People, entry: RegisterEntry, *, now: datetime) -> None:
    reason = "录音补齐后证明有请示"
    register.withdraw(entry=entry, reason=reason, actor=people.user(SUPERVISOR), now=now)


def _just_now(people: People) -> None:
    """What the visitor finds waiting: a line to verify, and an objection of the agent's to answer."""
    people.at(people.now - timedelta(hours=7), disputed, people)
    people.at(
        people.now - timedelta(minutes=40), see, people, "0828", "CD-12.60", Kind.POINTS,
        "改派地址没有先请示，客户改主意后退不回来",
    )  # fmt: skip


def disputed(people: People, *, now: datetime) -> None:
    entry = enter(
        people, LEAD, "0826", "CD-12.16", Kind.POINTS, "通话中未按静音，客户听到邻座说话", now=now
    )  # fmt: skip
    if entry is not None:
        register.verify(entry=entry, actor=people.user(SUPERVISOR), now=now + timedelta(hours=1))
        people.at(now + timedelta(hours=3), object_to, people, entry)
