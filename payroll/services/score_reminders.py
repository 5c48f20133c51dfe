"""Tell whoever judges, once before and once after, that the scores of a month are to be closed (ES-603.01, SD-221.12,
SD-233.13)."""

from datetime import datetime

from django.db import transaction

from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.staff.models import Department
from payroll.models import RosterReminder
from payroll.selectors.closings import Closing, closings
from payroll.selectors.departments import employing, ruled
from payroll.selectors.reach import heads_of

About = RosterReminder.About


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Ring for each department's months that are soon or late; return how many bells were rung, nothing twice."""
    told = 0
    for department, using in ruled(employing(), at=now):
        for one in closings(department, using.rules, now=now):
            if now >= one.due_at:
                told += _tell(department, one, About.SCORES_LATE, Event.Kind.SCORES_LATE, now)
            elif one.warn_at is not None and now >= one.warn_at:
                told += _tell(department, one, About.SCORES, Event.Kind.SCORES_DUE, now)
    return told


def _tell(department: Department, one: Closing, about: str, kind: Event.Kind, now: datetime) -> int:
    _row, new = RosterReminder.objects.get_or_create(
        department=department, about=about, on=one.month, defaults={"told_at": now}
    )
    if not new:
        return 0
    heads = heads_of(department.pk)
    said = {"department": department.name, "month": f"{one.month:%Y-%m}", "until": one.until}
    notifications.ring(kind=kind, at=now, user_ids=heads, data={**said, "n": one.open})
    return len(heads)
