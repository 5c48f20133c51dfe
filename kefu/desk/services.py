"""What an agent does with a case of any kind: take it, pass it on, hand it over, ask for help, go home.

A step of work touches both the case and its clocks, so it lives above the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case, Consultation, HandOver, Interaction
from kefu.deadlines import services as deadlines
from kefu.desk.selectors import ACROSS, FLAGGED, flags, targets
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.privacy import redact
from kefu.staff import barred
from kefu.staff import services as staff
from kefu.staff.models import Department, Employee
from kefu.staff.selectors import head_of

CONSULTATION_LIMIT = 4_000  # characters


def give(
    *, case: Case, owner: Employee | None, department: Department, actor: Any, now: datetime
) -> None:
    """Make ``owner`` answer for the case and for every clock still running on it.

    Takes part in its caller's transaction; the case is locked.
    """
    if owner is not None and owner.status != Employee.Status.ACTIVE:
        raise Conflict(_("%(who)s 已停岗，不能接单") % {"who": owner}, field="to")
    if owner is not None and owner.pk != case.owner_id:
        barred.refuse(owner, now, "to")
    # An extension that an app above keeps: reached by its relation.
    inquiry = getattr(case, "inquiry", None)
    if inquiry is not None and not inquiry.may_be_worked_by(department):
        raise Conflict(
            _("%(department)s不办理查件，不能接这一单") % {"department": department},
            code="desk_forwards_only",
            field="department",
        )
    cases.change(case=case, owner=owner, department=department)
    deadlines.repoint(case=case, party=owner.party if owner else our_company(), now=now)
    if owner is not None and owner.user != actor:
        notifications.publish(
            kind=Event.Kind.CASE_ASSIGNED,
            at=now,
            user_id=owner.user_id,
            case_id=case.pk,
            department_id=department.pk,
        )


def _open(case: Case, version: int | None = None) -> Case:
    locked = cases.lock(case=case, version=version)
    if locked.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    return locked


@transaction.atomic
def take(*, case: Case, employee: Employee, now: datetime) -> Case:
    """Take a case nobody has. Of two who press at once one gets it, the other is told whose it is."""
    case = _open(case)
    if case.owner_id == employee.pk:
        return case
    if case.owner is not None:
        raise Conflict(_("%(who)s 已经领走了这一单") % {"who": case.owner}, code="taken")
    give(case=case, owner=employee, department=employee.department, actor=employee.user, now=now)
    cases.step(case=case, action="taken", actor=employee.user, now=now)
    return case


@transaction.atomic
def transfer(
    *,
    case: Case,
    to: Employee | None,
    department: Department,
    note: str,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Case:
    """Pass a case on to a colleague or to another department's unassigned queue, with a word why.

    Its running clocks, and what breaking them costs, go with it in the same transaction.
    """
    if not note.strip():
        raise KefuError(_("请写一句转交说明，接手的人要看"), code="note_required", field="note")
    case = _open(case, version)
    before = case.owner
    give(  # rule: LC-02.04
        case=case,
        owner=to,
        department=to.department if to else department,
        actor=actor,
        now=now,
    )
    cases.step(
        case=case,
        action="transferred",
        text=note,
        actor=actor,
        now=now,
        before=str(before) if before else "",
        to=str(to) if to else "",
        department=department.name,
    )
    return case


def hand_on(
    *, case: Case, to: Employee | None, department: Department, actor: Any, now: datetime
) -> None:
    """Pass a locked case on because the rulebook says whose it is; ``to`` None: nobody's, for the moment."""
    before = case.owner
    if (to.pk if to else None) == case.owner_id and department.pk == case.department_id:
        return
    give(case=case, owner=to, department=department, actor=actor, now=now)
    cases.step(
        case=case,
        action="transferred",
        actor=actor,
        now=now,
        before=str(before) if before else "",
        to=str(to) if to else "",
        department=department.name,
    )


@transaction.atomic
def escalate(
    *,
    case: Case,
    note: str,
    flag: str = "",
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Case:
    """Ask the supervisors for help; the age of it shows in their queue (CD-02.07, LC-02.20).

    With a ``flag`` of the rulebook (an emergency, a major complaint) the case is the supervisor's at once, one that
    waits for help already too (SD-221.04).
    """
    if not note.strip():
        raise KefuError(_("请写明卡在哪里"), code="note_required", field="note")
    case = _open(case, version)
    if flag and flag not in flags(case, now):
        raise KefuError(_("规章没有这种标记"), code="no_such_flag", field="flag")
    if case.escalated_at is not None and not flag:
        raise Conflict(_("这一单已经升级，主管在处理"), code="already_escalated")
    if case.escalated_at is None:
        cases.change(case=case, escalated_at=now)  # rule: CD-02.07, LC-02.20
    cases.step(case=case, action="escalated", text=note, actor=actor, now=now, flag=flag)
    if flag:  # rule: SD-221.04
        _to_the_supervisor(case, flag, actor=actor, now=now)
    return case


def _to_the_supervisor(case: Case, flag: str, *, actor: Any, now: datetime) -> None:
    """Where he may take no case now it waits, urgent, for whoever leads the department."""
    cases.change(case=case, priority=Case.Priority.URGENT)
    for target in targets(FLAGGED, case, now, flag=flag):
        for post in target.to:
            head = barred.who_may(_held_by(post, case), now)
            if target.how == "owner" and head is not None:
                hand_on(case=case, to=head, department=case.department, actor=actor, now=now)


def _held_by(post: str, case: Case) -> Employee | None:
    return head_of(case.department_id) if post == "supervisor" else None


@transaction.atomic
def settle_escalation(*, case: Case, note: str, actor: Any, now: datetime) -> Case:
    """A supervisor has helped; the case is the agent's again."""
    if not actor.has_perm("cases.reassign_case"):
        raise NotAllowed(_("只有组长和主管可以处理升级"))
    case = cases.lock(case=case)
    if case.escalated_at is None:
        raise Conflict(_("这一单没有在升级中"))
    cases.change(case=case, escalated_at=None)
    cases.step(case=case, action="escalation_settled", text=note, actor=actor, now=now)
    return case


@transaction.atomic
def add_note(*, case: Case, text: str, actor: Any, now: datetime) -> Interaction:
    """Leave a word for colleagues; no clock stops."""
    case = cases.lock(case=case)
    return cases.add(
        case=case,
        kind=Interaction.Kind.NOTE,
        direction=Interaction.Direction.INTERNAL,
        text=text,
        actor=actor,
        now=now,
    )


@transaction.atomic
def log_contact(
    *,
    case: Case,
    counterpart: Interaction.Counterpart,
    direction: Interaction.Direction,
    channel: str,
    text: str,
    party: Party | None = None,
    actor: Any,
    now: datetime,
) -> Interaction:
    """Record a word with the courier, the driver or the company about a case (CD-01.06); no clock stops.

    What is said to the customer or to an outlet has clocks, and services of its own.
    """
    if counterpart in (Interaction.Counterpart.CUSTOMER, Interaction.Counterpart.OUTLET):
        raise ValueError(f"contacts with the {counterpart} go through the inquiry's own services")
    return cases.add(
        case=cases.lock(case=case),
        kind=Interaction.Kind.CONTACT,
        direction=direction,
        counterpart=counterpart,
        party=party,
        channel=channel,
        text=redact.clean(text, max_length=cases.TEXT_LIMIT, field="text", required=True),
        actor=actor,
        now=now,
    )


@transaction.atomic
def note_need(*, case: Case, text: str, actor: Any, now: datetime) -> Interaction:
    """Keep what a customer wishes for beyond his case, for those who study it (LC-02.03); no clock stops."""
    return cases.add(  # rule: LC-02.03
        case=cases.lock(case=case),
        kind=Interaction.Kind.NOTE,
        action="customer_need",
        direction=Interaction.Direction.INTERNAL,
        text=redact.clean(text, max_length=cases.TEXT_LIMIT, field="text", required=True),
        data={"need": True},
        actor=actor,
        now=now,
    )


@transaction.atomic
def consult_department(
    *,
    case: Case,
    department: Department,
    question: str,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Consultation:
    """Ask another department about a case that stays with its owner, and whose clocks run on (LC-05.04); the
    supervisor hears of it where the rulebook has him keep in touch with the departments (SD-221.05).
    """
    question = redact.clean(
        question, max_length=CONSULTATION_LIMIT, field="question", required=True
    )
    case = _open(case, version)
    if department.pk == case.department_id:
        raise KefuError(
            _("这一单就在%(department)s，请选别的部门") % {"department": department},
            code="own_department",
            field="department",
        )
    if case.consultations.open().filter(department=department).exists():
        raise Conflict(
            _("已经转办给%(department)s，还没有答复") % {"department": department},
            code="already_consulted",
        )
    line = cases.step(
        case=case,
        action="consulted",
        text=question,
        actor=actor,
        now=now,
        department=department.name,
    )
    consultation = Consultation.objects.create(
        case=case,
        department=department,
        sealed={"question": question, "reply": ""},
        question=line.text,
        asked_by=actor,
        asked_at=now,
    )
    notifications.publish(  # rule: LC-05.04
        kind=Event.Kind.CASE_CHANGED,
        at=now,
        department_id=department.pk,
        case_id=case.pk,
        data={"action": "consulted", "consultation": consultation.pk},
    )
    heads = {_held_by(post, case) for one in targets(ACROSS, case, now) for post in one.to}
    told = [head.user_id for head in heads if head is not None and head.user_id != actor.pk]
    notifications.ring(  # rule: SD-221.05
        kind=Event.Kind.CASE_CONSULTED,
        at=now,
        user_ids=told,
        data={"consultation": consultation.pk},
        case_id=case.pk,
    )
    return consultation


@transaction.atomic
def department_replied(
    *, consultation: Consultation, reply: str, actor: Any, now: datetime
) -> Consultation:
    """The department has replied; what it said is still to be told to the customer (LC-05.05).

    Its own people record it, or whoever heard it by phone. Of two replies the first stands.
    """
    if not actor.has_perm("cases.work_case"):
        raise NotAllowed(_("您的角色不能答复转办"))
    reply = redact.clean(reply, max_length=CONSULTATION_LIMIT, field="reply", required=True)
    case = _open(consultation.case)
    consultation = Consultation.objects.select_related("department").get(pk=consultation.pk)
    if consultation.replied_at is not None:
        raise Conflict(
            _("%(department)s 已经答复过了") % {"department": consultation.department},
            code="already_replied",
        )
    line = cases.step(
        case=case,
        action="department_replied",
        text=reply,
        actor=actor,
        now=now,
        department=consultation.department.name,
    )
    consultation.sealed = {**consultation.sealed, "reply": reply}
    consultation.reply, consultation.replied_by, consultation.replied_at = line.text, actor, now
    consultation.save(update_fields=["sealed", "reply", "replied_by", "replied_at"])
    if case.owner is not None:
        notifications.publish(
            kind=Event.Kind.CASE_CHANGED,
            at=now,
            user_id=case.owner.user_id,
            department_id=case.department_id,
            case_id=case.pk,
            data={"action": "department_replied", "consultation": consultation.pk},
        )
    return consultation


@dataclass(frozen=True, slots=True)
class HandOverItem:
    """One case left to somebody: a colleague, or the department's unassigned queue."""

    case: Case
    to: Employee | None
    note: str


@transaction.atomic
def hand_over(
    *, giver: Employee, items: Sequence[HandOverItem], actor: Any, now: datetime
) -> list[HandOver]:
    """Leave open cases to others at the end of a shift, each with a note (CD-03.11, ES-203.11)."""
    done = []
    for item in sorted(items, key=lambda item: item.case.pk):  # locked in one order everywhere
        if not item.note.strip():
            raise KefuError(
                _("%(case)s 还没写交接说明") % {"case": item.case.number},
                code="note_required",
                field="note",
            )
        case = _open(item.case)
        if case.owner_id != giver.pk:
            raise Conflict(_("%(case)s 已不在你名下") % {"case": case.number}, code="not_yours")
        department = item.to.department if item.to else case.department
        give(case=case, owner=item.to, department=department, actor=actor, now=now)
        cases.change(case=case, handed_over=True)
        cases.step(
            case=case,
            action="handed_over",
            text=item.note,
            actor=actor,
            now=now,
            to=str(item.to) if item.to else "",
            before=str(giver),
        )
        done.append(
            HandOver.objects.create(
                case=case,
                giver=giver,
                taker=item.to,
                department=department,
                note=cases.shown(case=case, text=item.note, field="note"),
                at=now,
            )
        )
    return done


@transaction.atomic
def leave(*, employee: Employee, now: datetime) -> None:
    """Go off duty; refused while open cases are still in one's name (CD-03.11)."""
    left = Case.objects.open().of(employee).count()
    if left:  # rule: CD-03.11
        raise Conflict(
            _("还有 %(n)d 件没有交接，请先交接再下班") % {"n": left},
            code="cases_left",
            count=left,
        )
    staff.go_off_duty(employee=employee, now=now)
