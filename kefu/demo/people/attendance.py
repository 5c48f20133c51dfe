"""The time clock's tables, week by week; punches by the web; what was forgotten and signed; who left the desk."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from kefu.clock import SHANGHAI
from kefu.demo.people import HEADS, HR, LEAD, SUPERVISOR, People, moment, table, work
from kefu.demo.people.requests import head_of
from payroll.imports import TABLE
from payroll.models import Away, Leave, Punch, RosteredShift
from payroll.services import attendance, away, punches

A_DAY = timedelta(days=1)
Direction = Punch.Direction
COLUMNS = ["工号", "姓名", "打卡时间", "上下班"]
BY_WEB = ("0803", "0826", "0827")  # this week
ABSENT = {"0830": 13, "0872": 20, "0842": 4}  # the day of each month on which he does not come
LATE, EARLY = 0.03, 0.012  # of the shifts
FORGOTTEN = 0.06  # of the weekend's punches out, when nobody is there to ask


def plan(people: People) -> None:
    clock = Clock(people)
    day = people.paid
    while (day := day + A_DAY) < people.today:
        if day.isoweekday() == 1:
            people.at(moment(day, "08:05"), clock.read_in)
    people.at(people.now - timedelta(minutes=9), clock.read_in)
    monday = people.today - people.today.weekday() * A_DAY
    for n in range(people.today.weekday() + 1):
        for number in BY_WEB:
            people.at(moment(monday + n * A_DAY, "05:00"), clock.punch_today, number)
    people.at(people.now - timedelta(minutes=5), sweep)
    _desk(people)


def sweep(*, now: datetime) -> None:
    attendance.sweep(now=now)


# Who came and went when.


@dataclass(frozen=True, slots=True)
class Seen:
    shift: RosteredShift
    came_at: datetime
    left_at: datetime
    forgot: bool  # to punch out

    @property
    def punches(self) -> Iterator[tuple[str, datetime]]:
        yield Direction.IN, self.came_at
        if not self.forgot:
            yield Direction.OUT, self.left_at


class Clock:
    """What the clock on the wall saw of everybody's shifts."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.since = moment(people.paid, "00:00")  # what was before is read in

    def seen(self, since: datetime, until: datetime, *numbers: str) -> Iterator[Seen]:
        """Those whose shift begins then; the same whenever one asks."""
        shifts = RosteredShift.objects.on_duty().filter(starts_at__gte=since, starts_at__lt=until)
        if numbers:
            shifts = shifts.filter(employee__number__in=numbers)
        rows = list(
            shifts.select_related("employee__user").order_by("employee__number", "starts_at")
        )
        away_on = away_days(self.people, since, until)
        together = {
            shift.pk
            for one, other in pairwise(rows)
            if one.employee_id == other.employee_id and one.ends_at == other.starts_at
            for shift in (one, other)
        }
        for shift in rows:
            if (shift.employee_id, shift.day) not in away_on:
                yield self._seen(shift, stays_on=shift.pk in together)

    def _seen(self, shift: RosteredShift, *, stays_on: bool) -> Seen:
        number = shift.employee.number
        chance = random.Random(f"{self.people.seeder.seed}/{number}/{shift.day}/{shift.name}")
        came = shift.starts_at - timedelta(minutes=chance.randrange(2, 14))
        left = shift.ends_at + timedelta(minutes=chance.randrange(1, 12))
        draw, weekend = chance.random(), shift.day.isoweekday() >= 6
        if stays_on:  # from one shift to the next
            return Seen(shift, shift.starts_at, shift.ends_at, forgot=False)
        if draw < LATE:
            came = shift.starts_at + timedelta(minutes=chance.randrange(2, 24))
        elif draw < LATE + EARLY:
            left = shift.ends_at - timedelta(minutes=chance.randrange(6, 40))
        return Seen(
            shift,
            came,
            left,
            forgot=weekend and number not in HEADS and chance.random() < FORGOTTEN,
        )

    # The table, on Mondays and once more today.

    def read_in(self, *, now: datetime) -> None:
        day = now.astimezone(SHANGHAI).date()
        until = now if day == self.people.today else moment(day, "00:00")
        seen = list(self.seen(self.since - A_DAY, until))
        TABLE.start(
            file_name=f"考勤机-{day:%Y%m%d}.csv",
            content=table(COLUMNS, self._rows(seen, until, now)),
            department=self.people.seeder.departments["front"],
            owner=None,
            options={},
            actor=self.people.user(HR),
            now=now,
        )
        work()
        for one in seen:
            if one.forgot and self.since <= one.left_at < until:
                asks = now + timedelta(minutes=70 + one.shift.pk % 90)
                self.people.at(asks, explain, self.people, one)
        self.since = until

    def _rows(self, seen: Iterable[Seen], until: datetime, now: datetime) -> Iterator[list[str]]:
        monday = self.people.today - self.people.today.weekday() * A_DAY
        for one in seen:
            employee = one.shift.employee
            if one.shift.day >= monday and employee.number in BY_WEB:
                continue
            for direction, at in one.punches:
                if self.since <= at < until:
                    yield [
                        employee.number,
                        employee.name,
                        _local(at),
                        str(Direction(direction).label),
                    ]
        if (
            now.astimezone(SHANGHAI).date() == self.people.today
        ):  # what the clock has and nobody knows
            yield ["0999", "访客卡", _local(now - A_DAY), str(Direction.IN.label)]

    # By the web.

    def punch_today(self, number: str, *, now: datetime) -> None:
        for one in self.seen(now, now + A_DAY, number):
            for direction, at in one.punches:
                self.people.at(at, punch, self.people, number, direction)


def _local(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def away_days(people: People, since: datetime, until: datetime) -> set[tuple[int, date]]:
    """Who did not come on which day: on leave, or absent."""
    rows = Leave.objects.filter(
        state=Leave.State.APPROVED, starts_at__lt=until + A_DAY, ends_at__gt=since - A_DAY
    )
    absent = {(people.one(number).pk, day) for number, day in ABSENT.items()}
    first, last = since.astimezone(SHANGHAI).date(), until.astimezone(SHANGHAI).date()
    days = [first + n * A_DAY for n in range(-1, (last - first).days + 2)]
    return {
        (pk, (starts_at.astimezone(SHANGHAI) + n * A_DAY).date())
        for pk, starts_at, ends_at in rows.values_list("employee_id", "starts_at", "ends_at")
        for n in range((ends_at - starts_at).days + 1)
    } | {(pk, day) for day in days for pk, of in absent if day.day == of}


def punch(people: People, number: str, direction: str, *, now: datetime) -> None:
    one = people.one(number)
    punches.punch(employee=one, direction=direction, actor=one.user, now=now)


# What was forgotten.


def explain(people: People, seen: Seen, *, now: datetime) -> None:
    shift = seen.shift
    asked = punches.ask_correction(
        shift=shift,
        direction=Direction.OUT,
        at=seen.left_at.astimezone(SHANGHAI).time(),
        reason="周末值守，交接完直接走了，忘了打下班卡",
        actor=shift.employee.user,
        now=now,
    )
    if now > people.now - timedelta(hours=30):
        return  # it still waits
    people.at(now + timedelta(hours=3), sign, people, asked, shift.pk % 6 != 0)


def sign(people: People, asked: Any, signed: bool, *, now: datetime) -> None:
    punches.decide_correction(
        correction=asked,
        signed=signed,
        answer="" if signed else "当班记录显示 17:00 已无人接线，请补充说明",
        actor=head_of(people, people.one(asked.employee.number)),
        now=now,
    )


# Away from the desk.


def _desk(people: People) -> None:
    for month in people.months:
        for nth, clock, who, minutes, finding in (
            (6, "10:20", "0829", 14, Away.Finding.IN_ORDER),
            (14, "15:05", "0831", 35, Away.Finding.NOT_TOLD),
        ):
            when = moment(month + timedelta(days=nth), clock)
            people.at(when, report, people, who, minutes, finding)
        for nth, clock, who, minutes, reason in (
            (9, "14:30", "0827", 22, "去三号库核对破损件"),
            (16, "10:50", "0826", 9, "给客户复印底单"),
        ):
            when = moment(month + timedelta(days=nth), clock)
            people.at(when, leave, people, who, minutes, reason)
    people.at(people.now - timedelta(minutes=50), report, people, "0828", 12, None)
    people.at(people.now - timedelta(minutes=95), leave, people, "0827", 16, "陪客户到前台看件")


def leave(people: People, who: str, minutes: int, reason: str, *, now: datetime) -> None:
    """Somebody says where he goes and tells the lead; the seat of a day long past is not to be shown busy any more."""
    one, lead = people.one(who), people.user(LEAD)
    busy = now > people.now - timedelta(hours=2)
    away.leave_desk(employee=one, reason=reason, told=lead, busy=busy, actor=one.user, now=now)
    people.at(now + timedelta(minutes=minutes), come_back, people, who)


def come_back(people: People, who: str, *, now: datetime) -> None:
    one = people.one(who)
    row = away.come_back(employee=one, actor=one.user, now=now)
    if now < people.now - A_DAY:
        people.at(now + timedelta(hours=1), find, people, row, Away.Finding.IN_ORDER)


def report(
    people: People, who: str, minutes: int, finding: Away.Finding | None, *, now: datetime
) -> None:
    """The lead saw an empty desk; the supervisor says what it was."""
    row = away.report(
        employee=people.one(who),
        began_at=now - timedelta(minutes=minutes),
        ended_at=now,
        note="座位无人，电话未示忙",
        actor=people.user(LEAD),
        now=now,
    )
    if finding is not None:
        people.at(now + timedelta(hours=2), find, people, row, finding)


def find(people: People, row: Away, finding: Away.Finding, *, now: datetime) -> None:
    in_order = finding == Away.Finding.IN_ORDER
    note = "" if in_order else "离席三十多分钟，没有告知任何人"
    away.find(away=row, finding=finding, note=note, actor=people.user(SUPERVISOR), now=now)
