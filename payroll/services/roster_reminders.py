"""Tell those who plan, once, that a roster is wanted or late (SD-221.10, SD-311.04, SD-311.08, SD-311.09)."""

from datetime import date, datetime

from django.db import transaction

from kefu.clock import SHANGHAI
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.staff.models import Department
from payroll.models import RosterReminder
from payroll.selectors import roster_dates
from payroll.selectors.departments import employing, ruled
from payroll.selectors.reach import heads_of

About = RosterReminder.About


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Ring for each department's rosters that are wanted; return how many bells were rung, nothing twice."""
    told = 0
    for department, using in ruled(employing(), at=now):
        rules = using.rules
        for duty in roster_dates.holiday_duties(department, rules, now=now):
            if duty.done_at is None and duty.late:
                told += _tell(department, About.HOLIDAY_LATE, duty.about.first_on, now)
            elif duty.soon:
                told += _tell(department, About.HOLIDAY, duty.about.first_on, now)
        today = now.astimezone(SHANGHAI).date()
        if roster_dates.days_missing(department, using.rules, today=today):
            until = roster_dates.covered_until(department, today=today)
            told += _tell(department, About.AHEAD, until or today.replace(day=1), now)
        month = roster_dates.monthly_due(department, using.rules, now=now)
        if month is not None:
            told += _tell(department, About.MONTHLY, month, now)
    return told


def _tell(department: Department, about: str, on: date, now: datetime) -> int:
    _row, new = RosterReminder.objects.get_or_create(
        department=department, about=about, on=on, defaults={"told_at": now}
    )
    if not new:
        return 0
    heads = heads_of(department.pk)
    notifications.ring(
        kind=Event.Kind.ROSTER_DUE,
        at=now,
        user_ids=heads,
        data={"department": department.name, "about": about, "on": f"{on:%m-%d}"},
    )
    return len(heads)
