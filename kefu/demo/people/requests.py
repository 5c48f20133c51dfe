"""What people ask for: swaps and leave in every state, an errand in working time, evenings and overtime."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from kefu.demo.people import MANAGER, SUPERVISOR, People, moment
from kefu.staff.models import Employee
from payroll.models import RosteredShift
from payroll.services import leaves, outings, overtime, swaps

A_DAY = timedelta(days=1)
NOTE = "当天挂起的件都写了备注，9:30 前要回的两票已标星"


def plan(people: People) -> None:
    _swaps(people)
    _leaves(people)
    _extra_hours(people)
    people.at(people.now - timedelta(minutes=30), _settle)


def _settle(*, now: datetime) -> None:
    swaps.void_late(now=now)
    swaps.count_in_register(now=now)


# Swaps.


def _swaps(people: People) -> None:
    """(who, with whom, on which day and at what time, what becomes of it)"""
    middle, soon = people.last + timedelta(days=8), people.now - timedelta(hours=3)
    this = min(moment(people.this + timedelta(days=2), "10:15"), soon)
    for who, other, when, step in (
        ("0827", "0828", moment(people.paid + timedelta(days=11), "11:20"), approve),
        ("0829", "0830", moment(middle, "10:05"), approve),
        ("0826", "0827", moment(middle + 3 * A_DAY, "14:40"), approve),
        ("0831", "0829", moment(middle + 5 * A_DAY, "09:50"), refuse),
        ("0830", "0831", moment(middle + 8 * A_DAY, "16:10"), decline),
        ("0828", "0826", moment(middle + 9 * A_DAY, "11:05"), withdraw),
        ("0828", "0830", moment(middle + 10 * A_DAY, "13:20"), None),  # nobody answers in time
        ("0841", "0842", this, approve),
        ("0827", "0829", this, approve),
        ("0831", "0826", soon, None),
        ("0826", "0828", soon + timedelta(minutes=20), agree),
        ("0829", "0831", soon + timedelta(minutes=35), agree),
    ):
        people.at(when, ask_swap, people, who, other, step)


def exchange(
    asker: Employee, other: Employee, since: date
) -> tuple[RosteredShift, RosteredShift] | None:
    """A shift of each on which the other one is free, the nearest first."""
    until = since + timedelta(days=21)
    mine = {one.day: one for one in _own(asker, since, until)}
    his = {one.day: one for one in _own(other, since, until)}
    gives = [shift for day, shift in sorted(mine.items()) if day not in his]
    gets = [shift for day, shift in sorted(his.items()) if day not in mine]
    return (gives[0], gets[0]) if gives and gets else None


def _own(one: Employee, since: date, until: date) -> list[RosteredShift]:
    return list(RosteredShift.objects.on_duty().of(one, since=since, until=until))


def ask_swap(
    people: People, who: str, other: str, step: Callable[..., None] | None, *, now: datetime
) -> None:
    asker, colleague = people.one(who), people.one(other)
    found = exchange(asker, colleague, now.date() + 2 * A_DAY)
    if found is None:
        return  # both have the same rest day
    swap = swaps.ask(
        shift=found[0], returned=found[1], other=colleague, note=NOTE, actor=asker.user, now=now
    )
    if step is not None:
        people.at(now + timedelta(minutes=14), step, people, swap)


def agree(people: People, swap: Any, *, now: datetime) -> None:
    swaps.agree(swap=swap, actor=people.user(swap.other.number), now=now)


def approve(people: People, swap: Any, *, now: datetime) -> None:
    agree(people, swap, now=now)
    head = MANAGER if swap.asker.number.startswith("084") else SUPERVISOR
    swaps.approve(swap=swap, actor=people.user(head), now=now + timedelta(minutes=25))


def refuse(people: People, swap: Any, *, now: datetime) -> None:
    agree(people, swap, now=now)
    swaps.refuse(
        swap=swap,
        reason="当天查询线只剩三人，换不开",
        actor=people.user(SUPERVISOR),
        now=now + timedelta(minutes=25),
    )


def decline(people: People, swap: Any, *, now: datetime) -> None:
    swaps.decline(swap=swap, actor=people.user(swap.other.number), now=now)


def withdraw(people: People, swap: Any, *, now: datetime) -> None:
    swaps.withdraw(swap=swap, actor=people.user(swap.asker.number), now=now)


# Leave.


def _leaves(people: People) -> None:
    soon = people.now - timedelta(hours=2)
    for who, begins, days, more in (
        ("0828", people.paid + timedelta(days=16), 1, {"kind": "personal", "reason": "孩子开家长会"}),
        ("0831", people.last + timedelta(days=6), 2, {"kind": "sick", "reason": "感冒发烧，医院开了病假条"}),
        ("0872", people.last + timedelta(days=18), 1, {"kind": "personal", "reason": "办理房产过户"}),
        ("0881", people.this + timedelta(days=5), 1, {"kind": "personal", "reason": "家里装修验收"}),
    ):  # fmt: skip
        people.at(
            moment(begins - 3 * A_DAY, "09:40"), ask_leave, people, who, begins, days, grant, **more
        )
    phoned = min(moment(people.this + timedelta(days=3), "07:25"), soon - timedelta(hours=3))
    people.at(phoned, by_phone, people, "0830")
    ahead = people.today + 4 * A_DAY
    for who, begins, step, reason in (
        ("0827", ahead, None, "老家亲戚结婚"),
        ("0826", ahead + 3 * A_DAY, None, "带父亲体检"),
        ("0829", ahead + 2 * A_DAY, say_no, "想多休一天"),
        ("0871", ahead, take_back, "原定的手术改期"),
        ("0861", ahead + A_DAY, grant, "驾照科目考试"),
    ):
        people.at(soon, ask_leave, people, who, begins, 1, step, kind="personal", reason=reason)


def ask_leave(
    people: People, who: str, begins: date, days: int, step: Callable[..., None] | None, *, kind: str,
    reason: str, now: datetime,
) -> None:  # fmt: skip
    one = people.one(who)
    leave = leaves.ask(
        employee=one,
        kind=kind,
        starts_at=moment(begins, "00:00"),
        ends_at=moment(begins + (days - 1) * A_DAY, "23:59"),
        reason=reason,
        handover="手上的件已分给同组，跟进要点写在备注里",
        actor=one.user,
        now=now,
    )
    if step is not None:
        people.at(now + timedelta(minutes=50), step, people, leave)


def head_of(people: People, one: Employee) -> Any:
    return people.user(
        {"query": SUPERVISOR, "processing": "0802"}.get(one.department.code, MANAGER)
    )


def grant(people: People, leave: Any, *, now: datetime) -> None:
    leaves.approve(leave=leave, note="同意", actor=head_of(people, leave.employee), now=now)


def say_no(people: People, leave: Any, *, now: datetime) -> None:
    note = "那两天已有一人请假，请改期"
    leaves.refuse(leave=leave, note=note, actor=head_of(people, leave.employee), now=now)


def take_back(people: People, leave: Any, *, now: datetime) -> None:
    leaves.withdraw(leave=leave, actor=leave.employee.user, now=now)


def by_phone(people: People, who: str, *, now: datetime) -> None:
    """Ill in the morning: the supervisor who takes the call writes it down."""
    leave = leaves.ask(
        employee=people.one(who),
        kind="sick",
        starts_at=moment(now.date(), "00:00"),
        ends_at=moment(now.date(), "23:59"),
        reason="肠胃炎，电话请病假",
        told_by_phone_at=now - timedelta(minutes=10),
        actor=people.user(SUPERVISOR),
        now=now,
    )
    people.at(now + timedelta(minutes=20), grant, people, leave)
    people.at(now + timedelta(hours=26), _slip, people, leave)


def _slip(people: People, leave: Any, *, now: datetime) -> None:
    leaves.bring_slip(leave=leave, actor=people.user(leave.employee.number), now=now)


# An errand, evenings, overtime.


def _extra_hours(people: People) -> None:
    purposes = ("到派件网点取签收底单", "去税务窗口送资料", "陪同客户到仓库看件")
    for month, who, purpose in zip(people.months, ("0803", "0881", "0827"), purposes, strict=True):
        day = month + timedelta(days=7)
        people.at(moment(day, "09:10"), errand, people, who, purpose)
    for month in people.months:
        for nth, who, settle, decided in (
            (4, "0826", "time_off", True),
            (9, "0829", "time_off", True),
            (12, "0871", "time_off", False),
            (17, "0895", "time_off", True),
            (19, "0812", "pay", True),
        ):
            day = month + timedelta(days=nth)
            people.at(moment(day, "16:30"), stay_late, people, who, settle, decided)
    for who in ("0828", "0891"):
        soon = people.now - timedelta(minutes=70)
        people.at(soon, stay_late, people, who, "time_off", None)


def errand(people: People, who: str, purpose: str, *, now: datetime) -> None:
    one = people.one(who)
    outing = outings.ask(
        employee=one,
        purpose=purpose,
        starts_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=3),
        actor=one.user,
        now=now,
    )
    if outing.state == outing.State.ASKED:
        outings.decide(outing=outing, approved=True, actor=head_of(people, one), now=now)


def stay_late(
    people: People, who: str, settle: str, approved: bool | None, *, now: datetime
) -> None:
    """Asked for in the afternoon, for the evening; ``approved`` None: nobody has answered yet."""
    one = people.one(who)
    begins = moment(now.date(), "17:30")
    if begins < now:
        begins += A_DAY
    asked = overtime.ask(
        employee=one,
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        settle=settle,
        reason="月末集中清理挂起件" if now.day > 15 else "促销后来电多，留下来接线",
        actor=one.user,
        now=now,
    )
    if approved is not None:
        overtime.decide(
            overtime=asked,
            approved=approved,
            actor=head_of(people, one),
            now=now + timedelta(minutes=20),
        )
