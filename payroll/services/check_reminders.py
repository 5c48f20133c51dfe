"""Remind of checks that a week still lacks (CD-12.51)."""

from datetime import datetime, timedelta

from django.db import transaction

from kefu.clock import SHANGHAI
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.staff.models import Department, Employee, User
from payroll.selectors.inspections import cleaning_weeks
from payroll.selectors.reach import heads_of


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Tell supervisors and inspectors once a week, when no more days are left than checks are lacking; return how
    many departments were told of.
    """
    today = now.astimezone(SHANGHAI).date()
    told = 0
    for week in cleaning_weeks(Department.objects.filter(active=True), now):
        left = (week.last - today).days + 1
        if not 0 < left <= week.short:
            continue
        data = {"department": str(week.department), "on": f"{week.last:%m-%d}"}
        known = Event.objects.filter(
            kind=Event.Kind.CHECKS_SHORT, at__gte=now - timedelta(days=7), data__contains=data
        )
        if known.exists():
            continue
        inspectors = Employee.objects.filter(
            status=Employee.Status.ACTIVE,
            user__is_active=True,
            user__role=User.Role.INSPECTOR,
        ).values_list("user_id", flat=True)
        notifications.ring(
            kind=Event.Kind.CHECKS_SHORT,
            at=now,
            user_ids=sorted({*heads_of(week.department.pk), *inspectors}),
            data={**data, "done": week.done, "wanted": week.wanted},
        )
        told += 1
    return told
