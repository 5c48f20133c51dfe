"""What agents report of a week, handed in before the meeting that talks about it (OS-05.04)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from payroll.models import Meeting, WeeklyReport
from payroll.selectors import meetings as selectors

TEXT = 1_000  # characters of one column


@transaction.atomic
def hand_in(
    *, employee: Employee, on: date, content: Mapping[str, str], actor: Any, now: datetime
) -> WeeklyReport:
    """Report the week before the one with ``on`` in it; written again until its meeting is held.

    Every column of the rulebook is filled in. Raises NotAllowed for another's name, KefuError naming the column,
    Conflict: no_report, meeting_held.
    """
    if employee.user_id != actor.pk:
        raise NotAllowed(_("只能交自己的汇报"))
    using = edition_in_force(department_id=employee.department_id, at=now)
    week = selectors.reported_week(using.rules, on)
    columns = selectors.weekly_columns(using.rules)
    if week is None or not columns:
        raise Conflict(_("你们部门不用交周汇报"), code="no_report")
    from_on, to_on = week
    written = {
        name: redact.redact(redact.clean(content.get(name, ""), max_length=TEXT, field=name))
        for name in columns
    }
    if missing := [name for name in columns if not written[name]]:
        raise KefuError(_("这一栏要写，没有就写“无”"), code="field_required", field=missing[0])
    held = Meeting.objects.filter(
        department=employee.department_id,
        subject=Meeting.Subject.WEEKLY,
        on__gt=to_on,
        held_at__isnull=False,
    )
    if held.filter(on__lte=to_on + (to_on - from_on)).exists():
        raise Conflict(_("这一周的会已经开过"), code="meeting_held")
    row, _new = WeeklyReport.objects.update_or_create(
        employee=employee,
        to_on=to_on,
        defaults={
            "from_on": from_on,
            "content": written,
            "rulebook_id": using.version_id,
            "handed_in_at": now,
        },
    )
    return row
