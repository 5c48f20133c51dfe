"""Targets, judged parts, months published, talks about them, and the departments' monthly reward details."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kefu.demo.people import MANAGER, SUPERVISOR, People, moment, next_month
from kefu.demo.people.rosters import PLANNERS
from kefu.policy import sheets
from kefu.rulebooks.selectors import edition_in_force
from payroll.models import MonthScore, RewardSheet
from payroll.selectors.people import UNSCORED, people_of
from payroll.services import rewards, scores

DESKS = ("query", "processing")  # with a supervisor of their own
PUBLISHED = (
    (2, "16:30"),
    (8, "17:10"),
)  # days after the first; the second for what closes with the payday


def plan(people: People) -> None:
    for month in people.months:
        people.at(moment(month, "09:30"), set_targets, people, month)
        after = next_month(month)
        judged = moment(after - timedelta(days=3), "15:00")
        people.at(judged, judge, people, month)
        for days, clock in PUBLISHED:
            people.at(moment(after + timedelta(days=days), clock), publish, people, month)
        people.at(moment(after + timedelta(days=4), "14:00"), talk, people, month)
        people.at(moment(after + timedelta(days=5), "09:00"), prepare, people, month)
    people.at(people.now - timedelta(minutes=55), prepare, people, people.last, True)


def set_targets(people: People, month: date, *, now: datetime) -> None:
    for number, text in (
        ("0826", "把挂起超过三天的查件清到 5 票以内"),
        ("0829", "参加月底的疑难件复盘，讲一例"),
    ):
        scores.set_target(
            employee=people.one(number),
            month=month,
            text=text,
            actor=people.user(SUPERVISOR),
            now=now,
        )


def judge(people: People, month: date, *, now: datetime) -> None:
    """The parts of an assessment that a supervisor gives, where the rules of the desk have any."""
    manager = people.user(MANAGER)
    for one in people_of(manager).order_by("number"):
        using = edition_in_force(department_id=one.department_id, at=now)
        if sheets.mechanism(using.rules) != "assessment":
            continue
        for rating in sheets.ratings(using.rules):
            scores.judge(
                employee=one,
                month=month,
                part=rating.name,
                points=Decimal(people.chance.randrange(82, 97)),
                note="抽查十通录音和当月台账，用语规范，记录完整",
                actor=manager,
                now=now,
            )


def publish(people: People, month: date, *, now: datetime) -> None:
    for number in (*PLANNERS.values(), MANAGER):
        actor = people.user(number)
        mine = people_of(actor).exclude(user__role__in=UNSCORED)
        if number == MANAGER:
            mine = mine.exclude(department__code__in=DESKS)
        done = scores.publish(employees=mine, month=month, actor=actor, now=now).done
        for score in done:
            if score.employee.number != "0830":  # who has not looked yet
                scores.see(score=score, actor=score.employee.user, now=now + timedelta(hours=2))


def talk(people: People, month: date, *, now: datetime) -> None:
    one = people.one("0829")
    if not MonthScore.objects.filter(employee=one, month=month).exists():
        return
    talked = scores.record_talk(
        employee=one,
        month=month,
        talked_on=now.date(),
        strengths="响应快，疑难件肯钻研",
        weaknesses="语气急，客户重复时容易打断",
        plans=[scores.Plan("跟听三通示范录音，写出改进点", now.date() + timedelta(days=10))],
        actor=people.user(SUPERVISOR),
        now=now,
    )
    for plan in talked.improvements.all():
        people.at(now + timedelta(days=8), done, people, plan)


def done(people: People, plan: Any, *, now: datetime) -> None:
    scores.improvement_done(improvement=plan, actor=people.user(SUPERVISOR), now=now)


def prepare(people: People, month: date, waits: bool = False, *, now: datetime) -> None:
    """The detail of the month; ``waits``: a new version that nobody has reviewed yet."""
    for code, number in PLANNERS.items():
        sheet = rewards.prepare(
            department=people.seeder.departments[code],
            month=month,
            actor=people.user(number),
            now=now,
        )
        if not waits:
            people.at(now + timedelta(hours=3), issue, people, sheet, number)


def issue(people: People, sheet: RewardSheet, number: str, *, now: datetime) -> None:
    rewards.review(sheet=sheet, actor=people.user(MANAGER), now=now)
    rewards.issue(sheet=sheet, actor=people.user(number), now=now + timedelta(minutes=30))
