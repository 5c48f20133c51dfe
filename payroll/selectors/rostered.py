"""Who is at work by the roster."""

from collections.abc import Collection
from datetime import datetime, timedelta

from kefu.clock import SHANGHAI
from payroll.models import RosteredShift


def rostered_now(department_id: int, now: datetime) -> Collection[int] | None:
    """The employees of a department whose shift runs now; None where no roster covers the day."""
    today = now.astimezone(SHANGHAI).date()
    shifts = list(
        RosteredShift.objects.on_duty()
        .filter(
            employee__department=department_id,
            # Yesterday's may go past midnight.
            day__range=(today - timedelta(days=1), today),
        )
        .values_list("employee", "day", "starts_at", "ends_at")
    )
    if not any(day == today for _employee, day, _starts, _ends in shifts):
        return None
    return {employee for employee, _day, starts, ends in shifts if starts <= now < ends}
