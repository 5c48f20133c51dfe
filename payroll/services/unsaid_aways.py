"""Long absences that only a busy seat tells of: found once, whenever they ended, for a supervisor to judge (CD-03.01)."""

from datetime import datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.policy.presence import unsaid
from kefu.staff.models import Duty, Employee
from payroll.models import Away
from payroll.selectors.aways import seats, thresholds
from payroll.services import months

LOOK_BACK = timedelta(days=3)  # a weekend on which the sweep was not running is made up for


def sweep(*, now: datetime) -> int:
    """Put every stretch of a busy seat on the list of absences that was as long as the rulebook asks a word for, was
    in working time, and of which nobody said anything; return how many are new. What is on the list is said.
    """
    _end_at_home(now)
    found = seats(now - LOOK_BACK, now)
    bounds = thresholds((seat.employee for seat in found), now)
    made = 0
    for seat in found:
        least, clause = bounds[seat.employee.department_id]
        if not clause:
            continue
        for began, ended in unsaid(seat.busy, said=seat.said, working=seat.working):
            if ended - began >= timedelta(minutes=least):
                made += _list(seat.employee, began, ended)
    return made


def _end_at_home(now: datetime) -> None:
    """Who went off duty and did not say that he was back was away until then, and not until he comes the next day."""
    today = datetime.combine(now.astimezone(SHANGHAI).date(), time.min, SHANGHAI)
    gone = Duty.objects.filter(
        employee=OuterRef("employee"), ended_at__gt=OuterRef("began_at"), ended_at__lt=today
    )
    home = Subquery(gone.order_by("ended_at").values("ended_at")[:1])
    left = Away.objects.filter(ended_at=None).annotate(home=home).filter(home__isnull=False)
    left.update(ended_at=F("home"))


def _list(employee: Employee, began: datetime, ended: datetime) -> bool:
    if months.is_locked(began.astimezone(SHANGHAI).date()):
        return False
    try:
        with transaction.atomic():
            Away.objects.create(
                employee=employee,
                began_at=began,
                ended_at=ended,
                reason=_("席位示忙，没有说去向"),
                busy=True,
            )
    except IntegrityError as error:
        if "away_once_at_a_time" not in str(error):
            raise
        return False  # somebody has written it down meanwhile
    return True
