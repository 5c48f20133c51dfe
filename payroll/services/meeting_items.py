"""Problems and tasks of meetings: raised, given a measure, an owner and a day, escalated, followed up until done."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.processes import routed
from kefu.policy.refusals import NotInRulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_in_force
from kefu.rulebooks.services import require
from kefu.staff.models import Department, Employee
from payroll.models import ItemStep, Meeting, MeetingItem
from payroll.selectors import meetings as selectors

Kind, State, Action = MeetingItem.Kind, MeetingItem.State, ItemStep.Action
OPEN = (State.RAISED, State.OPEN, State.ESCALATED)


@transaction.atomic
def raise_issue(
    *,
    department: Department,
    text: str,
    raised_by: Employee,
    contractor: bool = False,
    meeting: Meeting | None = None,
    actor: Any,
    now: datetime,
) -> MeetingItem:
    """Somebody of the department writes a problem down, for the next meeting or in one (SD-233.44, SD-321.05, SD-321.07).

    One with an outside contractor is at once whoever's the rulebook says (SD-321.09).
    """
    if raised_by.user_id != actor.pk or not selectors.departments_of(actor).filter(
        pk=department.pk
    ):
        raise NotAllowed(_("只能在自己的部门提问题"))
    if meeting is not None and meeting.state not in (Meeting.State.PLANNED, Meeting.State.HELD):
        raise Conflict(_("这次会已经写完纪要，请提给下一次"), code="meeting_over")
    text = _text(text, "text", required=True)
    rules = edition_in_force(department_id=department.pk, at=now).rules
    require(rules, "problem_or_idea", content=text, author=raised_by)
    item = MeetingItem.objects.create(
        department=department,
        meeting=meeting,
        kind=Kind.ISSUE,
        text=text,
        contractor=contractor,
        raised_by=raised_by,
        raised_at=now,
        owner=_contractors_owner(rules, department) if contractor else None,
    )
    _note(item, Action.RAISED, "", actor, now)
    if item.owner is not None and item.owner != raised_by:
        _tell(item, item.owner, "raised", now)
    return item


def _contractors_owner(rules: Any, department: Department) -> Employee | None:
    try:
        targets, _steps = routed(rules, "contractor_issue")
    except NotInRulebook:
        return None
    posts = [post for target in targets for post in target.to]
    found = (selectors.held_by(post, department.pk) for post in posts)
    return next(filter(None, found), None)


@transaction.atomic
def assign(
    *,
    text: str,
    owner: Employee,
    due_on: date,
    meeting: Meeting | None = None,
    actor: Any,
    now: datetime,
) -> MeetingItem:
    """Set a task, in a meeting or between two, with whose it is and until when (SD-321.10, SD-322.11, LC-02.16).

    One between two meetings stands on the agenda of the next.
    """
    department = meeting.department if meeting else owner.department
    _check_lead(department.pk, meeting, actor)
    if meeting is not None and meeting.state not in (Meeting.State.PLANNED, Meeting.State.HELD):
        raise Conflict(_("这次会已经写完纪要，请写进下一次"), code="meeting_over")
    _check_owner(owner, department.pk)
    _check_day(due_on, now)
    item = MeetingItem.objects.create(
        department=department,
        meeting=meeting,
        kind=Kind.TASK,
        text=_text(text, "text", required=True),
        raised_by=_employee(actor),
        raised_at=now,
        owner=owner,
        due_on=due_on,
        state=State.OPEN,
    )
    _note(item, Action.RAISED, "", actor, now)
    _tell(item, owner, "assigned", now)
    return item


@transaction.atomic
def urge(*, item: MeetingItem, actor: Any, now: datetime) -> MeetingItem:
    """Whoever leads reminds the owner of what is due, besides the reminders that come by themselves (LC-02.16).

    Raises NotAllowed, Conflict where it is nobody's yet or not due before tomorrow.
    """
    row = _lock(item)
    _check_lead(row.department_id, row.meeting, actor)
    if row.owner is None or row.due_on is None:
        raise Conflict(_("还没有定谁负责，没有人可催"), code="nobody_to_remind")
    if row.due_on > now.astimezone(SHANGHAI).date():
        raise Conflict(_("还没到期，到期那天会自动提醒"), code="not_due")
    _tell(row, row.owner, "urged", now)
    return row


@transaction.atomic
def decide(
    *,
    item: MeetingItem,
    measure: str,
    owner: Employee,
    due_on: date,
    actor: Any,
    now: datetime,
) -> MeetingItem:
    """Whoever leads decides what is done about a problem, by whom and until when; again where it was not enough
    (SD-321.06).
    """
    row = _lock(item)
    _check_lead(row.department_id, row.meeting, actor)
    _check_owner(owner, row.department_id)
    _check_day(due_on, now)
    row.measure = _text(measure, "measure", required=True)
    row.owner, row.due_on, row.state, row.reminded_on = owner, due_on, State.OPEN, None
    row.save()
    _note(row, Action.DECIDED, row.measure, actor, now)
    _tell(row, owner, "assigned", now)
    return row


@transaction.atomic
def escalate(
    *,
    item: MeetingItem,
    to: Employee,
    follow_up: Employee,
    due_on: date,
    text: str,
    actor: Any,
    now: datetime,
) -> MeetingItem:
    """What cannot be solved here goes up to the manager, and somebody of ours keeps after it (SD-321.08)."""
    row = _lock(item)
    _check_lead(row.department_id, row.meeting, actor)
    _check_owner(follow_up, row.department_id)
    _check_day(due_on, now)
    if to.pk == follow_up.pk:
        raise KefuError(_("上报的人和跟进的人要分开"), code="same_person", field="follow_up")
    text = _text(text, "text", required=True)
    row.escalated_to, row.owner, row.due_on = to, follow_up, due_on
    row.state, row.reminded_on = State.ESCALATED, None
    row.save()
    _note(row, Action.ESCALATED, text, actor, now)
    _tell(row, to, "escalated", now)
    _tell(row, follow_up, "assigned", now)
    return row


@transaction.atomic
def finish(
    *, item: MeetingItem, result: str, dropped: bool = False, actor: Any, now: datetime
) -> MeetingItem:
    """It is done, says whoever has it or leads; or it is not followed up any more, says who leads. Why stands there."""
    row = _lock(item)
    owns = row.owner is not None and row.owner.user_id == actor.pk
    if dropped or not owns:
        _check_lead(row.department_id, row.meeting, actor)
    row.result = _text(result, "result", required=True)
    row.state = State.DROPPED if dropped else State.DONE
    if row.state == State.DONE and row.owner is None:
        raise KefuError(_("还没有定谁负责，请先定措施"), code="no_owner", field="result")
    row.due_on = row.due_on or now.astimezone(SHANGHAI).date()
    row.closed_at = now
    row.save()
    _note(row, Action.DROPPED if dropped else Action.DONE, row.result, actor, now)
    return row


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Ring on the day something is to be done, and, once it is late, again for whoever heads the department too
    (LC-02.16).
    """
    today = now.astimezone(SHANGHAI).date()
    rows = (
        MeetingItem.objects.unfinished()
        .filter(due_on__lte=today)
        .exclude(reminded_on__gte=today)
        .select_related("owner", "department")
        .select_for_update(of=["self"], skip_locked=True, no_key=True)
    )
    told = 0
    for row in rows:
        due_on = row.due_on or today
        late = due_on < today
        if row.reminded_on is not None and row.reminded_on > due_on:
            continue  # told once that it is late: the next meeting has it by name
        if row.owner is not None:  # rule: LC-02.16
            _tell(row, row.owner, "late" if late else "due", now)
        head = selectors.held_by("director", row.department_id) if late else None
        if head is not None and head != row.owner:
            _tell(row, head, "late", now)
        row.reminded_on = today
        row.save(update_fields=["reminded_on"])
        told += 1
    return told


def _lock(item: MeetingItem) -> MeetingItem:
    row = (
        MeetingItem.objects.select_for_update(of=["self"], no_key=True)
        .select_related("department", "owner", "meeting__chair")
        .get(pk=item.pk)
    )
    if row.state not in OPEN:
        raise Conflict(_("这件事已经办结"), code="item_closed")
    return row


def _check_lead(department_id: int, meeting: Meeting | None, actor: Any) -> None:
    chairs = meeting is not None and meeting.chair is not None and meeting.chair.user_id == actor.pk
    if not chairs and not selectors.leads(actor, department_id):
        raise NotAllowed(_("只有主持人和本部门的组长、主管可以定"))


def _check_owner(owner: Employee, department_id: int) -> None:
    if not selectors.staff_of(department_id).filter(pk=owner.pk).exists():
        raise KefuError(_("负责人要是本部门在岗的人"), code="other_department", field="owner")


def _check_day(due_on: date, now: datetime) -> None:
    if due_on < now.astimezone(SHANGHAI).date():
        raise KefuError(_("完成日不能早于今天"), code="in_the_past", field="due_on")


def _employee(actor: Any) -> Employee:
    found = Employee.objects.filter(user=actor.pk).first()
    if found is None:
        raise NotAllowed(_("没有工号的账号不能布置工作"))
    return found


def _text(text: str, field: str, *, required: bool = False) -> str:
    cleaned = redact.clean(text, max_length=500, field=field, required=required, multiline=False)
    return redact.redact(cleaned)


def _note(item: MeetingItem, action: str, text: str, actor: Any, now: datetime) -> None:
    ItemStep.objects.create(
        item=item, action=action, text=text, meeting=item.meeting, by=actor, at=now
    )


def _tell(item: MeetingItem, to: Employee, what: str, now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.TASK,
        at=now,
        user_ids=[to.user_id],
        data={
            "item": item.pk,
            "url": reverse("payroll:meeting", args=[item.meeting_id])
            if item.meeting_id
            else reverse("payroll:today"),
            "what": what,
            "text": item.text[:60],
            "on": f"{item.due_on:%m-%d}" if item.due_on else "",
        },
    )
