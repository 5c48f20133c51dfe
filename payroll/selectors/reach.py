"""Whose shifts, leave and requests somebody answers for."""

from typing import Any

from django.db.models import QuerySet

from kefu.jobs.models import Job
from kefu.staff.models import Department, Employee, User

EVERYWHERE = {User.Role.MANAGER, User.Role.HR}
HEADS = {User.Role.SUPERVISOR, User.Role.MANAGER}  # who decide on what people ask


def overseen(user: Any) -> QuerySet[Department]:
    """The departments whose people ``user`` plans for or approves: a supervisor's own and those without a supervisor
    of their own; all of them for a manager and for HR.
    """
    active = Department.objects.filter(active=True)
    if user.role in EVERYWHERE:
        return active
    if user.role != User.Role.SUPERVISOR:
        return active.none()
    headed = Employee.objects.filter(
        status=Employee.Status.ACTIVE, user__is_active=True, user__role=User.Role.SUPERVISOR
    ).values("department_id")
    own = Employee.objects.filter(user=user).values("department_id")
    return active.filter(pk__in=own) | active.exclude(pk__in=headed)


def oversees(user: Any, department_id: int) -> bool:
    return overseen(user).filter(pk=department_id).exists()


def imports_of(user: Any) -> QuerySet[Job]:
    """The tables about people that somebody brought: they hold everybody's lines, so they are his, the manager's and
    HR's.
    """
    rows = Job.objects.all()
    return rows if user.role in EVERYWHERE else rows.filter(created_by=user.pk)


def heads_of(department_id: int) -> list[int]:
    """The accounts whose bells ring for a department: its supervisors, else the centre's managers, else any supervisor."""
    people = Employee.objects.filter(status=Employee.Status.ACTIVE, user__is_active=True)
    supervisors = people.filter(user__role=User.Role.SUPERVISOR)
    for found in (
        supervisors.filter(department=department_id),
        people.filter(user__role=User.Role.MANAGER),
        supervisors,
    ):
        if ids := list(found.order_by("number").values_list("user_id", flat=True)):
            return ids
    return []
