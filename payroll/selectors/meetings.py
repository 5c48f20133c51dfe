"""Whose meetings, what is on their agenda, who is to come, and what is still open."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from kefu.clock import SHANGHAI
from kefu.policy.both import is_chinese
from kefu.policy.clauses import Recurring, Report
from kefu.policy.due import ClockFacts, NoClock, due
from kefu.policy.moments import DAY
from kefu.policy.processes import Done, next_step, routed, template
from kefu.policy.recurring import period
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import offered
from kefu.policy.rulebook import Rulebook
from kefu.policy.vocabulary import word
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Department, Employee, User
from kefu.staff.selectors import head_of
from payroll.models import Holiday, Meeting, MeetingAttendance, MeetingItem, Minutes
from payroll.selectors.presence import working_days
from payroll.selectors.reach import overseen

Subject, State = Meeting.Subject, Meeting.State
LEAD, REVIEW = "payroll.lead_meetings", "payroll.review_minutes"
WEEKLY_REPORT = "weekly_agent_report"
# Who the rulebooks' posts are in the house.
HEADS = {"director", "shop_manager", "supervisor", "department"}
MANAGERS = {"manager", "project_manager"}
# The process that the minutes of a meeting go through, where there is one.
MINUTES = {Subject.WEEKLY: "weekly_minutes"}


# Whose.


def departments_of(user: Any) -> QuerySet[Department]:
    """The departments whose meetings and book somebody may see: his own, and those he answers for."""
    own = Employee.objects.filter(user=user.pk).values("department_id")
    return Department.objects.filter(active=True).filter(
        Q(pk__in=own) | Q(pk__in=overseen(user).values("pk"))
    )


def led_by(user: Any) -> QuerySet[Department]:
    """Those whose meetings somebody calls and leads; a shift lead those of his own department."""
    if not user.has_perm(LEAD):
        return Department.objects.none()
    return departments_of(user) if user.role == User.Role.SHIFT_LEAD else overseen(user)


def leads(user: Any, department_id: int) -> bool:
    return led_by(user).filter(pk=department_id).exists()


def visible_to(user: Any) -> QuerySet[Meeting]:
    return Meeting.objects.filter(department__in=departments_of(user))


def staff_of(department_id: int) -> QuerySet[Employee]:
    """Everybody who is to come: all who work in the department now (SD-322.04, SD-130.04)."""
    people = Employee.objects.assignable().filter(department=department_id, user__is_active=True)
    return people.select_related("user").order_by("number")


def held_by(post: str, department_id: int) -> Employee | None:
    """Who of the house holds a post that a rulebook names; None where it is nobody in particular."""
    if post in HEADS:
        return head_of(department_id)
    if post in MANAGERS:
        return the_manager()
    return None


def the_manager() -> Employee | None:
    managers = Employee.objects.assignable().filter(
        user__is_active=True, user__role=User.Role.MANAGER
    )
    return managers.select_related("user").order_by("number").first()


def chair_of(rules: Rulebook, subject: str, department_id: int) -> Employee | None:
    """Who chairs by the rulebook, else whoever heads the department (SD-321.04, SD-322.02, OS-05.03)."""
    for matter in (f"{subject}_chair", "meeting_chair"):
        try:
            targets, _steps = routed(rules, matter)
        except NotInRulebook:
            continue
        for target in targets:
            for post in target.to:
                if found := held_by(post, department_id):
                    return found
    return head_of(department_id)


# By the rulebook.


def subjects(rules: Rulebook) -> list[Recurring]:
    """The meetings that come round by themselves."""
    known = set(Subject.values)
    return [clause for clause in rules.in_force(Recurring) if clause.subject in known]


def is_worked(rules: Rulebook, on: date) -> bool:
    """By the department's calendar; where its rulebook gives no working week, every day but the holidays."""
    days = working_days(rules, on)
    if days is not None:
        return days.works(on)
    return not Holiday.objects.exclude(kind=Holiday.Kind.MAKE_UP).filter(day=on).exists()


def usual_mode(rules: Rulebook) -> str:
    """The first that the rulebook offers, else on site (OS-05.02)."""
    keys = offered(rules, "meeting_mode").keys
    return keys[0] if keys else Meeting.Mode.ON_SITE


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the agenda: its clause, whose it is, and what was written under it so far."""

    clause: str
    code: str
    zh: str
    en: str
    by: str
    text: str = ""

    @property
    def name(self) -> str:
        return self.zh if is_chinese(get_language() or "zh-hans") else self.en

    @property
    def who(self) -> str:
        return word(self.by, get_language() or "zh-hans") if self.by else ""


def agenda(rules: Rulebook, subject: str, texts: Mapping[str, str] | None = None) -> list[Part]:
    """The parts of a meeting in the order of the rulebook; one without parts has one for all of it."""
    written = texts or {}
    try:
        parts = template(rules, subject).parts
    except NotInRulebook:
        return [Part("", "minutes", "纪要", "Minutes", "", written.get("minutes", ""))]
    return [
        Part(
            one.clause, one.step.code, one.step.zh, one.step.en, one.step.by or "",
            written.get(one.step.code, ""),
        )
        for one in parts
    ]  # fmt: skip


def lacking(meeting: Meeting, items: Sequence[MeetingItem]) -> tuple[str, tuple[str, ...]] | None:
    """The first part of the agenda that is not complete, and what it lacks; None where all are.

    The rulebook's process decides, told what is on record: texts, measures, tasks, who follows up.
    """
    rules = edition(meeting.rulebook_id).rules
    recorded = _recorded(meeting, items, rules)
    unsolved = any(one.state == MeetingItem.State.ESCALATED for one in items)
    facts = {"issue": "unsolved" if unsolved else "solved"}
    done: list[Done] = []
    while True:
        try:
            at = next_step(rules, meeting.subject, done, recorded=recorded, facts=facts)
        except NotInRulebook:
            return None
        if at.finished:
            return None
        if not at.ready:
            return at.step, at.missing
        done.append(Done(at.step))


def _recorded(meeting: Meeting, items: Sequence[MeetingItem], rules: Rulebook) -> set[str]:
    """What is on record, by the names the agenda's parts need: a text under a part stands for all it needs."""
    try:
        parts = template(rules, meeting.subject).parts
    except NotInRulebook:
        return set()
    found = {
        name for part in parts for name in part.step.needs if meeting.draft.get(part.step.code)
    }
    issues = [one for one in items if one.kind == MeetingItem.Kind.ISSUE]
    # Every problem has a measure or was escalated: a word about them all does not do (SD-321.06).
    found.discard("measure")
    if not any(one.state == MeetingItem.State.RAISED for one in issues):
        found.add("measure")
    if all(one.owner_id for one in issues if one.state == MeetingItem.State.ESCALATED):
        found.add("follow_up_owner")
    if any(one.kind == MeetingItem.Kind.TASK for one in items):
        found |= {"day_tasks", "next_week_tasks", "action_items", "day_plan"}
    came = MeetingAttendance.objects.filter(meeting=meeting, came=True).exists()
    return found | ({"attendance"} if came else set())


def reviewed_by(rules: Rulebook, subject: str) -> str:
    """Whose review the minutes wait for once everybody has signed; "" where the rulebook asks for none (SD-322.09)."""
    if subject not in MINUTES:
        return ""
    try:
        at = next_step(
            rules, MINUTES[Subject(subject)], [Done("sign")], recorded={"all_attendees_signed"}
        )
    except NotInRulebook:
        return ""
    return at.by or ""


def written_by(meeting: Meeting) -> datetime | None:
    """Until when somebody who cannot come hands in what he has to say (SD-322.05); None where nobody asks for it."""
    if meeting.starts_at is None:
        return None
    facts = ClockFacts({"meeting_start": meeting.starts_at})
    try:
        found = due("absence_submission", facts, edition(meeting.rulebook_id).rules)
    except NoClock:
        return None
    return found.due_at if found else None


# The papers.


def weekly_columns(rules: Rulebook) -> tuple[str, ...]:
    """What an agent reports of a week; () where the rulebook wants no report (OS-05.04)."""
    for clause in rules.in_force(Report):
        if WEEKLY_REPORT in clause.reports:
            return tuple(clause.columns)
    return ()


def reported_week(rules: Rulebook, on: date) -> tuple[date, date] | None:
    """The week that is talked about on a day: the one before it. None where the rulebook wants no report."""
    for clause in rules.in_force(Report):
        if WEEKLY_REPORT in clause.reports and clause.per is not None:
            this, _last = period(clause.per, on, clause.id)
            return period(clause.per, this - DAY, clause.id)
    return None


def without_report(meeting: Meeting) -> list[Employee]:
    """Who of the department's agents has not handed in his report before the meeting; the missing are listed."""
    week = reported_week(edition(meeting.rulebook_id).rules, meeting.on)
    if week is None or meeting.subject != Subject.WEEKLY:
        return []
    people = staff_of(meeting.department_id).filter(user__role=User.Role.AGENT)
    return list(people.exclude(weekly_reports__to_on=week[1]))


# What is open.


def carried(meeting: Meeting) -> QuerySet[MeetingItem]:
    """What earlier meetings left and nobody has finished, the one that is due first at the top."""
    items = MeetingItem.objects.unfinished().filter(department=meeting.department_id)
    others = items.exclude(meeting=meeting).filter(meeting__held_at__isnull=False)
    return others.select_related("owner", "meeting", "escalated_to").order_by("due_on", "pk")


def raised_for(meeting: Meeting) -> QuerySet[MeetingItem]:
    """What belongs to a meeting: raised or agreed in it; before it is held, also what waits for the next one."""
    mine = Q(meeting=meeting)
    if meeting.state == State.PLANNED:
        mine |= Q(meeting=None, department=meeting.department_id)
    found = MeetingItem.objects.filter(mine)
    return found.select_related("owner", "raised_by", "escalated_to", "meeting")


def tasks_of(employee: Employee | int) -> QuerySet[MeetingItem]:
    """What somebody has to do by a day."""
    own = MeetingItem.objects.unfinished().filter(owner=employee)
    return own.select_related("department", "meeting").order_by("due_on", "pk")


def team_tasks(user: Any) -> QuerySet[MeetingItem]:
    """What others of the departments somebody leads have to do, what is late first (LC-02.16)."""
    theirs = MeetingItem.objects.unfinished().filter(department__in=led_by(user))
    return (
        theirs.exclude(owner=None)
        .exclude(owner__user=user.pk)
        .select_related("owner", "department")
        .order_by("due_on", "pk")
    )


def led_people(user: Any) -> QuerySet[Employee]:
    """Everybody at work in the departments somebody leads."""
    people = Employee.objects.assignable().filter(department__in=led_by(user), user__is_active=True)
    return people.select_related("user").order_by("department__order", "number")


def due_today(employee: Employee, now: datetime) -> QuerySet[MeetingItem]:
    """What he was to have done by the end of this day (SD-331.11)."""
    return tasks_of(employee).filter(
        due_on__lte=now.astimezone(SHANGHAI).date(), state=MeetingItem.State.OPEN
    )


def to_sign(employee_id: int | None) -> QuerySet[Minutes]:
    """Minutes that circulate, of meetings somebody came to, and that he has not signed."""
    return (
        Minutes.objects.filter(
            meeting__state=State.CIRCULATED,
            meeting__attendances__employee=employee_id,
            meeting__attendances__came=True,
            review=None,
        )
        .exclude(signatures__employee=employee_id)
        .select_related("meeting__department")
    )


def unsigned(minutes: Minutes) -> list[Employee]:
    """Those who came and have not signed."""
    came = MeetingAttendance.objects.filter(meeting=minutes.meeting_id, came=True)
    people = Employee.objects.filter(pk__in=came.values("employee_id"))
    return list(people.exclude(pk__in=minutes.signatures.values("employee_id")).order_by("number"))


def to_sign_at_desk(desk: Any, now: datetime) -> QuerySet[Any]:
    return to_sign(desk.employee_id)


def by_name(people: Collection[Employee]) -> str:
    return "、".join(one.name for one in people)
