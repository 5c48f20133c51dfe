"""What calls bring into the books, and the word that a month of them is whole."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.contacts import ContactRules
from kefu.policy.months import last_day, month_of
from kefu.rulebooks.selectors import Edition
from kefu.staff.models import Department, Employee
from payroll.models import Call, CallsComplete, RegisterEntry
from payroll.selectors.calls import IMPORT, recorded_for
from payroll.selectors.register import edition_of
from payroll.services import months, register

KINDS = RegisterEntry.Kind


def missed_calls(missed: Iterable[tuple[Employee, datetime]], *, actor: Any, now: datetime) -> None:
    """Propose for whoever was to answer the business line in the evening, and did not; a supervisor verifies it.

    A call that is told again changes nothing. Source: CD-12.45.
    """
    rules: dict[tuple[int, date], tuple[Edition, ContactRules] | None] = {}
    for employee, at in missed:
        wall = at.astimezone(SHANGHAI)
        key = (employee.pk, wall.date())
        if key not in rules:
            using = edition_of(employee, wall.date(), now)
            rules[key] = (using, ContactRules.of(using.rules)) if using else None
        found = rules[key]
        if found is None or not found[1].missed_in_the_evening(wall.time()):
            continue
        using, contacts = found
        assert contacts.missed is not None
        register.enter(  # rule: CD-12.45
            employee=employee,
            clause=contacts.missed,
            rulebook_id=using.version_id,
            kind=KINDS.POINTS,
            happened_on=wall.date(),
            reason=_("业务电话 %(at)s 没有接") % {"at": f"{wall:%H:%M:%S}"},
            source=f"call:{wall:%Y-%m-%dT%H:%M:%S}",
            inputs={"at": at.isoformat()},
            actor=actor,
            now=now,
        )


@transaction.atomic
def say_complete(
    *, department: Department, month: date, actor: Any, now: datetime
) -> CallsComplete:
    """Say that all calls of a month that is over are in: who has none answered none (CD-12.06, CD-12.07).

    ``month``: its first day. Raises NotAllowed, KefuError (month_runs, no_calls), Conflict (month_locked,
    calls_complete).
    """
    if not actor.has_perm(IMPORT) or not recorded_for(actor).filter(department=department).exists():
        raise NotAllowed(_("只能确认自己部门的话务"))
    if now.astimezone(SHANGHAI).date() <= last_day(month_of(month)):
        raise KefuError(_("这个月还没有过完"), code="month_runs", field="month")
    months.check_open(month, field="month")
    last = last_day(month_of(month))
    rows = Call.objects.filter(
        employee__department=department, at__gte=_start(month), at__lt=_start(_next(last))
    )
    if not rows.exists():
        raise KefuError(
            _("这个月还没有导入这个部门的通话，请先导入"), code="no_calls", field="month"
        )
    row, made = CallsComplete.objects.get_or_create(
        department=department, month=month, defaults={"said_by": actor, "said_at": now}
    )
    if not made:
        raise Conflict(_("这个月已经确认过了"), code="calls_complete")
    return row


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
