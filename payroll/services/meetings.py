"""Meetings: planned by the rulebook's rhythm or called, moved, held with everybody's attendance."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.clauses import Recurring
from kefu.policy.moments import DAY
from kefu.policy.recurring import Occurrence, occurrences
from kefu.policy.requirements import requirements
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition, edition_in_force
from kefu.staff.models import Department, Employee
from payroll.models import (
    Announcement,
    BookEntry,
    ItemStep,
    Meeting,
    MeetingAttendance,
    MeetingItem,
)
from payroll.selectors import meetings as selectors
from payroll.selectors.departments import ruled
from payroll.selectors.meetings import chair_of, leads, staff_of, usual_mode

State = Meeting.State
AHEAD = timedelta(days=7)  # planned so that everybody sees the week


@transaction.atomic
def plan(*, now: datetime) -> int:
    """Write down the meetings of the days ahead that the rulebooks ask for; return how many are new.

    One that falls on a day that is not worked and is not held then stands there as cancelled, with a note.
    Source: SD-150.01, SD-321.04, SD-322.01, OS-05.01.
    """
    made = 0
    staffed = Employee.objects.assignable().values("department_id")
    for department, using in ruled(Department.objects.filter(active=True, pk__in=staffed), at=now):
        for clause in selectors.subjects(using.rules):
            for found, held in _occurring(using, clause, now):
                made += _planned(department, using, clause.subject, found, held, now)
    return made


def _occurring(
    using: Edition, clause: Recurring, now: datetime
) -> Iterator[tuple[Occurrence, bool]]:
    """The times of the days ahead, and whether the meeting is held then."""
    first = now.astimezone(SHANGHAI).date()
    last = first + AHEAD
    every = clause.model_copy(update={"on_holiday": "keep"})
    for one in occurrences(every, first, last):
        held = clause.on_holiday == "keep" or selectors.is_worked(using.rules, one.on)
        yield one, held


def _planned(
    department: Department,
    using: Edition,
    subject: str,
    found: Occurrence,
    held: bool,
    now: datetime,
) -> bool:
    # Without an hour the policy's moment is the end of the day: that is no beginning.
    clause = using.rules[found.clause]
    timed = isinstance(clause, Recurring) and bool(clause.at_times)
    if timed and found.due_at <= now:
        return False
    _row, new = Meeting.objects.get_or_create(
        department=department,
        subject=subject,
        on=found.on,
        clause=found.clause,
        defaults={
            "starts_at": found.due_at if timed else None,
            "ends_at": found.ends_at if timed else None,
            "remind_at": found.warn_at if timed else None,
            "mode": usual_mode(using.rules),
            "chair": chair_of(using.rules, subject, department.pk),
            "state": State.PLANNED if held else State.CANCELLED,
            "note": "" if held else _("这天不上班，不开"),
            "rulebook_id": using.version_id,
            "planned_at": now,
        },
    )
    return new


@transaction.atomic
def call(
    *,
    department: Department,
    subject: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    mode: str = "",
    chair: Employee | None = None,
    minute_taker: Employee | None = None,
    announcement: Announcement | None = None,
    note: str = "",
    actor: Any,
    now: datetime,
) -> Meeting:
    """Call a meeting besides those that come round: of the company, or about a product (SD-130.04, OS-05.05, OS-05.07).

    Raises NotAllowed for who does not lead the department, KefuError naming the field.
    """
    if not leads(actor, department.pk):
        raise NotAllowed(_("只有组长和主管可以召集本部门的会议"))
    if starts_at <= now:
        raise KefuError(_("开会时间要晚于现在"), code="in_the_past", field="starts_at")
    if ends_at is not None and ends_at <= starts_at:
        raise KefuError(_("结束时间要晚于开始时间"), code="ends_before", field="ends_at")
    using = edition_in_force(department_id=department.pk, at=now)
    if announcement is not None:
        mode = _briefing_mode(announcement, starts_at, mode)
    note = redact.clean(note, max_length=200, field="note", multiline=False)
    meeting = Meeting.objects.create(
        department=department,
        subject=subject,
        on=starts_at.astimezone(SHANGHAI).date(),
        starts_at=starts_at,
        ends_at=ends_at,
        mode=mode or usual_mode(using.rules),
        chair=chair or chair_of(using.rules, subject, department.pk),
        minute_taker=minute_taker,
        announcement=announcement,
        note=redact.redact(note),
        rulebook_id=using.version_id,
        planned_by=actor,
        planned_at=now,
    )
    _tell(meeting, staff_of(department.pk), "called", now, but=actor)
    return meeting


def _briefing_mode(announcement: Announcement, starts_at: datetime, mode: str) -> str:
    """A product is explained before it comes on sale; where many come at once, on site (OS-05.05, OS-05.07)."""
    if announcement.launch_at is None:
        raise KefuError(_("这份公告不是新品"), code="no_product", field="announcement")
    if starts_at >= announcement.launch_at:
        raise KefuError(_("讲解要在上架之前"), code="after_launch", field="starts_at")
    if announcement.large and mode == Meeting.Mode.ONLINE:
        raise KefuError(_("大批新品要现场培训"), code="on_site", field="mode")
    return Meeting.Mode.ON_SITE if announcement.large else mode


def lock(meeting: Meeting, *states: str) -> Meeting:
    """The meeting, held until the end; Conflict where it stands elsewhere by now."""
    row = (
        Meeting.objects.select_for_update(of=["self"], no_key=True)
        .select_related("department", "chair", "minute_taker", "announcement")
        .get(pk=meeting.pk)
    )
    if row.state not in states:
        raise Conflict(
            _("会议现在是“%(state)s”，不能这样办") % {"state": row.get_state_display()},
            code="meeting_moved_on",
        )
    return row


def check_lead(meeting: Meeting, actor: Any) -> None:
    """The chair leads it, and whoever leads the department."""
    chairs = meeting.chair is not None and meeting.chair.user_id == actor.pk
    if not chairs and not leads(actor, meeting.department_id):
        raise NotAllowed(_("只有主持人和本部门的组长、主管可以办"))


@transaction.atomic
def arrange(
    *,
    meeting: Meeting,
    starts_at: datetime | None,
    mode: str,
    chair: Employee,
    minute_taker: Employee | None,
    actor: Any,
    now: datetime,
) -> Meeting:
    """Move a meeting, say how it is held, who chairs it and who takes the minutes (OS-05.01, SD-322.07)."""
    row = lock(meeting, State.PLANNED)
    check_lead(row, actor)
    moved = starts_at != row.starts_at
    if moved and starts_at is not None and starts_at <= now:
        raise KefuError(_("开会时间要晚于现在"), code="in_the_past", field="starts_at")
    if row.announcement is not None and starts_at is not None:
        _briefing_mode(row.announcement, starts_at, mode)
    if moved and starts_at is not None:
        was = row.starts_at
        row.ends_at = row.ends_at + (starts_at - was) if row.ends_at and was else None
        row.remind_at = row.remind_at + (starts_at - was) if row.remind_at and was else None
        row.reminded_at = None
    row.starts_at, row.mode, row.chair, row.minute_taker = starts_at, mode, chair, minute_taker
    row.save()
    if moved:
        _tell(row, staff_of(row.department_id), "moved", now, but=actor)
    return row


@transaction.atomic
def cancel(*, meeting: Meeting, reason: str, actor: Any, now: datetime) -> Meeting:
    """A meeting is not held; why stands there for everybody."""
    row = lock(meeting, State.PLANNED)
    check_lead(row, actor)
    reason = redact.clean(reason, max_length=200, field="reason", required=True, multiline=False)
    row.state, row.note = State.CANCELLED, redact.redact(reason)
    row.save()
    _tell(row, staff_of(row.department_id), "cancelled", now, but=actor)
    return row


@transaction.atomic
def submit(
    *,
    meeting: Meeting,
    employee: Employee,
    text: str = "",
    entry: BookEntry | None = None,
    actor: Any,
    now: datetime,
) -> MeetingAttendance:
    """Who cannot come says beforehand in writing what he has to say, or names his page of the book (SD-322.05).

    Once the meeting begins it is too late. Raises NotAllowed for another's name, Conflict: too_late.
    """
    if employee.user_id != actor.pk:
        raise NotAllowed(_("只能由本人提交"))
    row = lock(meeting, State.PLANNED)
    if not staff_of(row.department_id).filter(pk=employee.pk).exists():
        raise NotAllowed(_("这不是你们部门的会"))
    until = selectors.written_by(row) or row.starts_at
    if until is not None and now >= until:
        raise Conflict(_("会议已经开始，不能再提交"), code="too_late")
    text = redact.redact(redact.clean(text, max_length=1000, field="text"))
    if entry is not None and entry.giver_id != employee.pk:
        raise NotAllowed(_("只能写明自己的交接记录"), field="entry")
    recorded = {"written_submission"} if text else set()
    recorded |= {"handover_log_entry"} if entry else set()
    rules = edition(row.rulebook_id).rules
    if not recorded or not requirements(rules, "absence_submission", recorded).complete:
        raise KefuError(
            _("请写下要说的，或指明交接本里的一页"), code="field_required", field="text"
        )
    made, _new = MeetingAttendance.objects.update_or_create(
        meeting=row,
        employee=employee,
        defaults={"written": text, "entry": entry, "written_at": now},
    )
    if row.chair is not None:
        _tell(row, [row.chair], "submitted", now, but=actor, who=employee.name)
    return made


@transaction.atomic
def hold(*, meeting: Meeting, came: Collection[Employee], actor: Any, now: datetime) -> Meeting:
    """The meeting begins: who is there, and, by name, what earlier ones left open.

    ``came``: everybody else of the department is absent, and seen to be. Where the rulebook has the hand-over
    signed first, it begins after that (SD-321.03, SD-321.04). Raises KefuError (field_required) without a minute
    taker where there has to be one, Conflict: hand_over_unsigned.
    """
    row = lock(meeting, State.PLANNED)
    check_lead(row, actor)
    rules = edition(row.rulebook_id).rules
    if row.starts_at is not None and now < row.starts_at - DAY:
        raise Conflict(_("还没到开会的日子"), code="too_early")
    here = {one.pk for one in came}
    people = list(staff_of(row.department_id))
    if not here & {one.pk for one in people}:
        raise KefuError(_("请勾选到会的人"), code="nobody_came", field="came")
    absent = [one for one in people if one.pk not in here]
    _check_form(row, rules)
    if row.minute_taker is None or row.chair is None:
        raise KefuError(_("请先定好主持人和记录员"), code="field_required", field="minute_taker")
    _check_handed_over(row, rules)
    _record_attendance(row, people, here)
    MeetingItem.objects.filter(department=row.department_id, meeting=None).update(meeting=row)
    ItemStep.objects.bulk_create(
        ItemStep(item=one, action=ItemStep.Action.CARRIED, meeting=row, by=actor, at=now)
        for one in selectors.carried(row)
    )
    row.state, row.held_at = State.HELD, now
    row.save()
    if row.chair is not None and absent:
        _tell(row, [row.chair], "absent", now, but=actor, who=selectors.by_name(absent)[:100])
    return row


def _check_form(row: Meeting, rules: Rulebook) -> None:
    """What the rulebook wants on record of such a meeting (SD-130.04, SD-322.04, SD-322.07, OS-05.07)."""
    recorded = {"attendance", "absentees"}
    recorded |= {"minute_taker"} if row.minute_taker else set()
    recorded |= {"held_on_site"} if row.mode == Meeting.Mode.ON_SITE else set()
    large = row.announcement is not None and row.announcement.large
    found = requirements(rules, row.subject, recorded, {"launch": "large" if large else "small"})
    if found.lacks:
        lack = found.lacks[0]
        raise KefuError(
            _("按 %(clause)s 还要填写") % {"clause": lack.clause},
            code="field_required",
            field={"held_on_site": "mode"}.get(lack.names[0], lack.names[0]),
        )


def _check_handed_over(row: Meeting, rules: Rulebook) -> None:
    clause = rules[row.clause] if row.clause else None
    if not (isinstance(clause, Recurring) and clause.after == "handover_signed"):
        return
    waiting = BookEntry.objects.filter(
        department=row.department_id, taker=None, withdrawn_at=None, on__lt=row.on
    )
    if found := list(waiting.select_related("giver")[:5]):
        names = "、".join(f"{one.on:%m-%d} {one.giver.name}" for one in found)
        raise Conflict(
            _("交接本先签字再开会，还没签的：%(names)s") % {"names": names},
            code="hand_over_unsigned",
        )


def _record_attendance(row: Meeting, people: Collection[Employee], here: set[int]) -> None:
    there = {one.employee_id: one for one in row.attendances.all()}
    for one in there.values():
        one.came = one.employee_id in here
    MeetingAttendance.objects.bulk_update(there.values(), ["came"])
    MeetingAttendance.objects.bulk_create(
        MeetingAttendance(meeting=row, employee=one, came=one.pk in here)
        for one in people
        if one.pk not in there
    )


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Ring for the meetings that are about to begin; return how many that were, nothing twice."""
    waiting = Meeting.objects.select_for_update(of=["self"], skip_locked=True, no_key=True).filter(
        state=State.PLANNED, reminded_at=None, remind_at__lte=now, starts_at__gt=now
    )
    rows = list(waiting.select_related("department"))
    for row in rows:
        _tell(row, staff_of(row.department_id), "soon", now)
        row.reminded_at = now
        row.save(update_fields=["reminded_at"])
    return len(rows)


def starts_in_words(meeting: Meeting) -> str:
    """The day, with the time where it has one: 11-22 09:00."""
    if meeting.starts_at is None:
        return f"{meeting.on:%m-%d}"
    return f"{meeting.starts_at.astimezone(SHANGHAI):%m-%d %H:%M}"


def _tell(
    meeting: Meeting, people: Any, what: str, now: datetime, *, but: Any = None, who: str = ""
) -> None:
    notifications.ring(
        kind=Event.Kind.MEETING,
        at=now,
        user_ids=[one.user_id for one in people if but is None or one.user_id != but.pk],
        data={
            "meeting": meeting.pk,
            "url": reverse("payroll:meeting", args=[meeting.pk]),
            "subject": meeting.subject,
            "what": what,
            "on": starts_in_words(meeting),
            "who": who,
        },
    )
