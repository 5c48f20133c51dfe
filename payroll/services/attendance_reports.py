"""The attendance of a department as it goes to HR, each month on its day (SD-311.01, SD-311.03)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.recurring import Occurrence, occurrences, recurring
from kefu.policy.refusals import NotInRulebook
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Department, Employee, User
from payroll.models import AttendanceReport, RosteredShift
from payroll.selectors.attendance import clerks, kept_by, report_lines
from payroll.selectors.departments import ruled

REPORT = "attendance_report"
ROUND = timedelta(days=31)


def periods(department: Department, *, now: datetime) -> tuple[Edition, list[Occurrence]]:
    """The reports of a department around now, the earliest first; [] where its rulebook asks for none."""
    using = edition_in_force(department_id=department.pk, at=now)
    return using, _periods(using, now)


def _periods(using: Edition, now: datetime) -> list[Occurrence]:
    today = now.astimezone(SHANGHAI).date()
    try:
        clause = recurring(REPORT, using.rules)
    except NotInRulebook:
        return []
    return list(occurrences(clause, today - ROUND, today + ROUND))


@transaction.atomic
def send(
    *, department: Department, about: Occurrence, actor: Any, now: datetime
) -> AttendanceReport:
    """Report a period to HR as it stands now; it stays so, and what comes later is in the next.

    Raises NotAllowed for who does not keep this department's attendance, Conflict: sent_already, not_over.
    """
    if department not in kept_by(actor):
        raise NotAllowed(_("不是你管考勤的部门"))
    if about.covers is None:
        raise KefuError(_("规章没有说月报从哪天到哪天"), code="no_period")
    first, last = about.covers
    if now.astimezone(SHANGHAI).date() < last:
        raise Conflict(_("这一期还没有结束"), code="not_over")
    using = edition_in_force(department_id=department.pk, at=now)
    try:
        with transaction.atomic():
            report = AttendanceReport.objects.create(
                department=department,
                from_on=first,
                to_on=last,
                due_at=about.due_at,
                lines=report_lines(department, first, last),
                rulebook_id=using.version_id,
                sent_by=actor,
                sent_at=now,
            )
    except IntegrityError as error:
        if "attendance_report_once" not in str(error):
            raise
        raise Conflict(_("这一期已经报送"), code="sent_already") from error
    audit.record(
        action="send", actor=actor, at=now, table="payroll_attendancereport", object_id=report.pk
    )
    people = User.objects.filter(role=User.Role.HR, is_active=True)
    _ring(Event.Kind.REGISTER_DUE, department, about, people.values_list("pk", flat=True), now)
    return report


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Tell clerks and supervisors of a report that is due soon, and of one that is late, once each; return how many
    were told of. A department that was not rostered in the period owes none. Source: SD-311.03.
    """
    told = 0
    for department, about, kind in _waiting(now):
        people = {one.employee.user_id for one in clerks(department)} | set(
            Employee.objects.filter(
                department=department,
                status=Employee.Status.ACTIVE,
                user__role=User.Role.SUPERVISOR,
            ).values_list("user_id", flat=True)
        )
        known = Event.objects.filter(
            kind=kind, at__gte=now - 2 * ROUND, data=_data(department, about)
        )
        if people and not known.exists():
            _ring(kind, department, about, people, now)
            told += 1
    return told


def _waiting(now: datetime) -> Iterator[tuple[Department, Occurrence, Event.Kind]]:
    for department, using in ruled(Department.objects.filter(active=True), at=now):
        for about in _periods(using, now):
            if about.covers is None or (about.warn_at or about.due_at) > now:
                continue
            sent = AttendanceReport.objects.filter(department=department, to_on=about.covers[1])
            if owed(department, about) and not sent.exists():
                late = about.due_at < now
                yield (
                    department,
                    about,
                    Event.Kind.REGISTER_LATE if late else Event.Kind.REGISTER_DUE,
                )


def owed(department: Department, about: Occurrence) -> bool:
    """Was anybody of the department rostered in the period?"""
    assert about.covers is not None
    first, last = about.covers
    shifts = RosteredShift.objects.on_duty().filter(employee__department=department)
    return shifts.filter(day__gte=first, day__lte=last).exists()


def _data(department: Department, about: Occurrence) -> dict[str, str]:
    assert about.covers is not None
    first, last = about.covers
    return {"register": REPORT, "period": f"{department} {first:%m-%d}–{last:%m-%d}"}


def _ring(
    kind: Event.Kind, department: Department, about: Occurrence, users: Any, now: datetime
) -> None:
    notifications.ring(kind=kind, at=now, user_ids=users, data=_data(department, about))
