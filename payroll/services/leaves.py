"""Leave: asked for beforehand or told by phone, approved level by level, covered where it has to be."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.rulebook import Rulebook
from kefu.policy.shift_requests import (
    AwayFacts,
    LeaveFacts,
    LeaveVerdict,
    approvers,
    judge_away,
    judge_leave,
)
from kefu.policy.vocabulary import word
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Employee, User
from payroll.models import Leave, LeaveApproval, RosteredShift
from payroll.refusing import check_allowed, refusals, told
from payroll.selectors import leaves as selectors
from payroll.selectors.reach import HEADS, heads_of, overseen, oversees
from payroll.selectors.swaps import is_busy
from payroll.services import months
from payroll.services.swaps import APPROVE, roles_of, taken_over

ONE_UP = "general_manager"  # who decides on a supervisor's own leave
State = Leave.State


@transaction.atomic
def ask(
    *,
    employee: Employee,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    emergency: bool = False,
    cover: Employee | None = None,
    handover: str = "",
    told_by_phone_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> Leave:
    """Ask for leave, or write down that somebody phoned (``told_by_phone_at``, by whoever took the call).

    Raises NotAllowed for another's leave; KefuError naming the field for what the rulebook wants or refuses;
    Conflict where he is on leave then, and in a locked month.
    Source: CD-02.13, ES-133.09 to ES-133.11, OS-04.08, SD-215.11, SD-233.34 to SD-233.38.
    """
    by_phone = told_by_phone_at is not None
    if employee.user_id != actor.pk and not (
        by_phone and actor.has_perm(APPROVE) and oversees(actor, employee.department_id)
    ):
        raise NotAllowed(_("只能为自己请假；电话请假由接听的主管登记"))
    if ends_at <= starts_at:
        raise KefuError(_("请假结束要晚于开始"), code="stretch", field="ends_at")
    if told_by_phone_at is not None and told_by_phone_at > now:
        raise KefuError(_("电话时间不能晚于现在"), code="in_future", field="told_by_phone_at")
    for day in selectors.days_in(starts_at, ends_at):
        months.check_open(day, field="starts_at")
    using = edition_in_force(department_id=employee.department_id, at=now)
    if kind not in selectors.kinds_offered(using.rules):
        raise KefuError(_("规章没有这种假"), code="no_such_leave", field="kind")
    leave = Leave(
        employee=employee,
        kind=kind,
        emergency=emergency,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=_text(reason, "reason", required=True),
        cover=cover,
        handover=_text(handover, "handover"),
        asked_at=now,
        asked_by=actor,
        told_by_phone_at=told_by_phone_at,
        told_to=_employee(actor) if by_phone else None,
        rulebook_id=using.version_id,
    )
    if cover is not None:
        _check_cover(leave)
    verdict = judge(leave)
    check_allowed(verdict.refused)
    for name, field in (("cover_person", "cover"), ("handover", "handover")):
        if name in verdict.lacks:
            raise KefuError(
                _("还缺：%(what)s") % {"what": word(name, get_language() or "zh-hans")},
                code="field_required",
                field=field,
            )
    leave.inputs = _inputs(leave, verdict, using.rules)
    try:
        with transaction.atomic():
            leave.save()
    except IntegrityError as error:
        raise Conflict(_("这段时间已有请假"), code="leave_twice", field="starts_at") from error
    people = [*heads_of(employee.department_id), *([cover.user_id] if cover else [])]
    _tell(leave, people, now)
    return leave


def _text(text: str, field: str, *, required: bool = False) -> str:
    return redact.redact(redact.clean(text, max_length=500, field=field, required=required))


def _employee(user: Any) -> Employee | None:
    return Employee.objects.filter(user=user).first()


def _check_cover(leave: Leave) -> None:
    cover, employee = leave.cover, leave.employee
    assert cover is not None
    if cover.pk == employee.pk or cover.department_id != employee.department_id:
        raise KefuError(_("请选本部门的同事代班"), code="not_of_department", field="cover")
    for shift in selectors.shifts_in(employee, leave.starts_at, leave.ends_at):
        if is_busy(cover, shift, without=None):
            raise KefuError(
                _("%(who)s %(on)s 这段时间已有班或请假")
                % {"who": cover.name, "on": f"{shift.day:%m-%d}"},
                code="busy_then",
                field="cover",
            )


def judge(leave: Leave, *, approvals: Sequence[str] = ()) -> LeaveVerdict:
    """What the rulebook it was asked under says of a leave with these approvals. Raises KefuError naming the field."""
    rules = edition(leave.rulebook_id).rules
    with refusals(rules):
        return judge_leave(facts_of(leave, rules, approvals=approvals), rules)


def facts_of(leave: Leave, rules: Rulebook, *, approvals: Sequence[str] = ()) -> LeaveFacts:
    """As policy asks for them; it is counted from the first shift it covers, or its own beginning."""
    shifts = selectors.shifts_in(leave.employee, leave.starts_at, leave.ends_at)
    first = min((shift.starts_at for shift in shifts), default=leave.starts_at)
    return LeaveFacts(
        kind=leave.kind,
        emergency=leave.emergency,
        phone=leave.told_by_phone_at is not None,
        sorts=selectors.sorts_in(shifts),
        filed_at=leave.told_by_phone_at or leave.asked_at,
        starts_at=leave.starts_at,
        shift_at=first,
        cover=leave.cover_id is not None,
        handover=bool(leave.handover),
        slip=leave.slip_at is not None,
        approvals=approvals,
        chain=chain_of(leave, rules),
    )


def chain_of(leave: Leave, rules: Rulebook) -> tuple[str, ...]:
    """Who decides, one after the other; on a supervisor's own the next level up (SD-215.12, SD-215.14)."""
    if leave.employee.user.role in HEADS:
        return (ONE_UP,)
    sort = "ordinary" if leave.kind == "personal" and not leave.emergency else "emergency"
    sort = sort if leave.kind == "personal" else leave.kind
    by = "phone" if leave.told_by_phone_at is not None else "slip"
    return approvers("leave", rules, {"leave": sort, "announced_by": by})


def _inputs(leave: Leave, verdict: LeaveVerdict, rules: Rulebook) -> dict[str, Any]:
    facts = facts_of(leave, rules)
    announced = AwayFacts("absence", facts.filed_at, facts.shift_at)
    _asked, late, steps = judge_away(announced, rules)
    return {
        "facts": facts.to_json(),
        "warned": list(dict.fromkeys(step.clause for step in verdict.warned)),
        "steps": told((*verdict.steps, *steps)),
        "announced_late": late,
    }


@transaction.atomic
def agree_to_cover(*, leave: Leave, actor: Any, now: datetime) -> Leave:
    """The colleague who is named says that he stands in (SD-233.37). Raises NotAllowed, Conflict."""
    row = _locked(leave)
    if row.cover is None or row.cover.user_id != actor.pk:
        raise NotAllowed(_("要代班人本人同意"))
    _expect(row, State.ASKED)
    _check_cover(row)
    row.cover_agreed_at = now
    row.save(update_fields=["cover_agreed_at"])
    return row


@transaction.atomic
def approve(*, leave: Leave, note: str = "", actor: Any, now: datetime) -> Leave:
    """One level agrees; after the last the leave is granted, and who stands in gets the shifts.

    Raises NotAllowed for whoever is not the next level and for his own, Conflict while the colleague has not agreed
    to stand in. Source: CD-02.13, SD-215.12 to SD-215.14, SD-233.34, SD-233.37.
    """
    row = _locked(leave)
    _expect(row, State.ASKED)
    level, role = _check_turn(row, actor)
    if row.cover is not None and row.cover_agreed_at is None:
        raise Conflict(_("代班人还没有同意"), code="cover_not_agreed")
    for day in selectors.days_in(row.starts_at, row.ends_at):
        months.check_open(day)
    before = [one.role for one in row.approvals.all()]
    _record(row, level, role, True, note, actor, now)
    verdict = judge(row, approvals=[*before, role])
    if verdict.next_level:
        _tell(row, _next_heads(verdict.next_level, row), now)
        return row
    row.state = State.APPROVED
    row.save(update_fields=["state"])
    if row.cover is not None:
        _check_cover(row)
        RosteredShift.objects.bulk_create(
            taken_over(shift, row.cover, RosteredShift.Origin.COVER)
            for shift in selectors.shifts_in(row.employee, row.starts_at, row.ends_at)
        )
    _tell(row, [row.employee.user_id, *([row.cover.user_id] if row.cover else [])], now)
    return row


@transaction.atomic
def refuse(*, leave: Leave, note: str, actor: Any, now: datetime) -> Leave:
    """The level whose turn it is says no, with a reason. Raises NotAllowed, Conflict."""
    row = _locked(leave)
    _expect(row, State.ASKED)
    level, role = _check_turn(row, actor)
    _record(row, level, role, False, _text(note, "note", required=True), actor, now)
    row.state = State.REFUSED
    row.save(update_fields=["state"])
    _tell(row, [row.employee.user_id], now)
    return row


@transaction.atomic
def withdraw(*, leave: Leave, actor: Any, now: datetime) -> Leave:
    """Whoever asked takes it back before it begins; who was to stand in is free again. Raises NotAllowed, Conflict."""
    row = _locked(leave)
    if actor.pk not in (row.employee.user_id, row.asked_by_id):
        raise NotAllowed(_("只能撤回自己的请假"))
    _expect(row, State.ASKED, State.APPROVED)
    if row.state == State.APPROVED and row.starts_at <= now:
        raise Conflict(_("假期已经开始，不能撤回"), code="begun")
    if row.state == State.APPROVED and row.cover_id is not None:
        shifts = selectors.shifts_in(row.employee, row.starts_at, row.ends_at)
        RosteredShift.objects.in_force().filter(
            replaces__in=shifts, employee=row.cover_id, origin=RosteredShift.Origin.COVER
        ).update(live=False)
    row.state = State.WITHDRAWN
    row.save(update_fields=["state"])
    _tell(row, heads_of(row.employee.department_id), now)
    return row


@transaction.atomic
def bring_slip(*, leave: Leave, actor: Any, now: datetime) -> Leave:
    """The slip that was to follow a call is there (ES-133.11). Raises NotAllowed, Conflict."""
    row = _locked(leave)
    if row.employee.user_id != actor.pk:
        raise NotAllowed(_("假条由本人补交"))
    if row.told_by_phone_at is None or row.slip_at is not None:
        raise Conflict(_("这份请假不欠假条"), code="no_slip_wanted")
    for day in selectors.days_in(row.starts_at, row.ends_at):
        months.check_open(day)
    row.slip_at = now
    row.save(update_fields=["slip_at"])
    return row


def next_level(leave: Leave) -> str:
    """Whose word it waits for, as the rulebook calls him; ``approvals`` may be prefetched."""
    if leave.state != State.ASKED:
        return ""
    chain = chain_of(leave, edition(leave.rulebook_id).rules)
    done = len(leave.approvals.all())
    return chain[done] if done < len(chain) else ""


@dataclass(frozen=True, slots=True)
class Heads:
    """Who there is to decide: read once for a page of requests. ``overseen``: the departments of the one who looks."""

    overseen: Collection[int]
    supervisors: Collection[tuple[int, int]]  # department and employee
    manager: bool

    @classmethod
    def for_actor(cls, actor: Any) -> Self:
        people = Employee.objects.filter(status=Employee.Status.ACTIVE, user__is_active=True)
        found = people.filter(user__role__in=HEADS).values_list("department_id", "pk", "user__role")
        return cls(
            set(overseen(actor).values_list("pk", flat=True)),
            {(place, pk) for place, pk, role in found if role == User.Role.SUPERVISOR},
            any(role == User.Role.MANAGER for _place, _pk, role in found),
        )

    def supervised(self, leave: Leave) -> bool:
        """Has the department a supervisor besides the one on leave?"""
        place = leave.employee.department_id
        return any(one == place and pk != leave.employee_id for one, pk in self.supervisors)


def may_decide(leave: Leave, actor: Any, heads: Heads | None = None) -> bool:
    """Is it this person's turn? Nobody passes over the level before him (SD-215.13)."""
    level = next_level(leave)
    if not level or not actor.has_perm(APPROVE) or leave.employee.user_id == actor.pk:
        return False
    heads = heads or Heads.for_actor(actor)
    if leave.employee.department_id not in heads.overseen:
        return False
    if actor.role == User.Role.MANAGER:
        return level == ONE_UP or not heads.supervised(leave)
    if level == ONE_UP:  # where there is no manager, another supervisor
        return not heads.manager and leave.employee.user.role in HEADS
    return level in roles_of(actor, [level])


def _check_turn(row: Leave, actor: Any) -> tuple[int, str]:
    if row.employee.user_id == actor.pk:
        raise KefuError(_("不能审批自己的请假，请上一级审批"), code="own_request")
    role = next_level(row)
    if not may_decide(row, actor):
        who = word(role, get_language() or "zh-hans")
        raise NotAllowed(_("现在轮到%(who)s审批，不能越级") % {"who": who}, code="not_your_level")
    return len(row.approvals.all()) + 1, role


def _record(
    row: Leave, level: int, role: str, approved: bool, note: str, actor: Any, now: datetime
) -> None:
    try:
        with transaction.atomic():
            LeaveApproval.objects.create(
                leave=row,
                level=level,
                role=role,
                approved=approved,
                note=_text(note, "note")[:300],
                decided_by=actor,
                decided_at=now,
            )
    except IntegrityError as error:
        raise Conflict(_("这一级刚有人审批过"), code="decided_already") from error


def _next_heads(role: str, row: Leave) -> list[int]:
    if role != ONE_UP:
        return heads_of(row.employee.department_id)
    managers = User.objects.filter(is_active=True, role=User.Role.MANAGER)
    return list(managers.values_list("pk", flat=True))


def _locked(leave: Leave) -> Leave:
    return (
        Leave.objects.select_for_update(of=["self"])
        .select_related("employee__user", "cover__user")
        .get(pk=leave.pk)
    )


def _expect(row: Leave, *states: str) -> None:
    if row.state not in states:
        raise Conflict(
            _("这份请假现在是“%(state)s”") % {"state": row.get_state_display()}, code="out_of_turn"
        )


def _tell(row: Leave, user_ids: Sequence[int], now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.LEAVE,
        at=now,
        user_ids=sorted(set(user_ids)),
        data={"state": row.state, "who": row.employee.name, "on": f"{row.starts_at:%m-%d}"},
    )
