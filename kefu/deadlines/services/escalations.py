"""A warning or a breach that its agent has not looked at rings the shift lead, and then the supervisor."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from kefu.cases import services as cases
from kefu.deadlines.models import Deadline, Escalation
from kefu.deadlines.services.promises import UNSEEN_BREACH
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.staff import on_shift
from kefu.staff.models import User

LIMIT = 500
FORGOTTEN = timedelta(days=1)  # what is older is on the lists of what is late, and rings nobody
Level = Escalation.Level


def escalate(*, now: datetime) -> int:
    """Ring the next level for each deadline nobody has looked at; return how many levels were reached."""
    return _escalate(Level.LEAD, now) + _escalate(Level.SUPERVISOR, now)


@transaction.atomic
def _escalate(level: Escalation.Level, now: datetime) -> int:
    waits = now - timedelta(minutes=settings.KEFU_ESCALATION_MINUTES)
    reached = Escalation.objects.filter(deadline=OuterRef("pk"))
    told = {"gte": now - FORGOTTEN, "lte": waits if level == Level.LEAD else now}
    unseen = Deadline.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(
        Q(state=Deadline.State.RUNNING, warned_at__range=(told["gte"], told["lte"]))
        & Q(warning_seen_at=None)
        | Q(state=Deadline.State.BREACHED, detected_at__range=(told["gte"], told["lte"]))
        & UNSEEN_BREACH,
        ~Exists(reached.filter(level=level)),
        answered_at=None,
        released_at=None,
    )
    if level == Level.SUPERVISOR:
        # A lead's place that nobody fills takes no time.
        unseen = unseen.filter(
            Exists(reached.filter(Q(at__lte=waits) | Q(user_ids=[]), level=Level.LEAD))
        )
    rows = list(unseen.select_related("case").order_by("due_at", "pk")[:LIMIT])
    people: dict[int, list[int]] = {}
    for deadline in rows:
        department = deadline.department_id
        if department not in people:
            people[department] = _who(level, department, now)
        Escalation.objects.create(
            deadline=deadline, level=level, user_ids=people[department], at=now
        )
        if not people[department]:
            continue
        cases.step(
            case=deadline.case,
            action=f"rung_{level}",
            actor=None,
            now=now,
            deadline=deadline.pk,
            clause=deadline.clause,
        )
        notifications.ring(
            kind=Event.Kind.ESCALATED,
            at=now,
            user_ids=people[department],
            case_id=deadline.case_id,
            data={
                "deadline": deadline.pk,
                "clause": deadline.clause,
                "due_at": deadline.due_at.isoformat(),
                "level": level,
            },
        )
    return len(rows)


def _who(level: Escalation.Level, department_id: int, now: datetime) -> list[int]:
    if level == Level.LEAD:
        return on_shift.of_role(User.Role.SHIFT_LEAD, department_id=department_id, now=now)
    return list(
        User.objects.filter(
            role=User.Role.SUPERVISOR, is_active=True, employee__department=department_id
        ).values_list("pk", flat=True)
    )
