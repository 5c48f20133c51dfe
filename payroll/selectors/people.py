"""Whose people somebody's are: an employee sees himself, a supervisor her department, the manager and HR all."""

from typing import Any

from django.db.models import Q, QuerySet

from kefu.staff.models import Employee, User

EVERYBODY = {User.Role.MANAGER, User.Role.HR}
# Whose months nobody scores: they score others, or belong to no desk.
UNSCORED = {
    User.Role.SUPERVISOR,
    User.Role.MANAGER,
    User.Role.HR,
    User.Role.FINANCE,
    User.Role.OUTLET,
}


def people_of(user: Any) -> QuerySet[Employee]:
    """Those somebody leads, himself not among them; nobody for who leads nobody."""
    others = Employee.objects.exclude(user=user.pk)
    if not user.has_perm("payroll.see_scores"):
        return others.none()
    return others if user.role in EVERYBODY else others.filter(department__employees__user=user.pk)


def visible_to(user: Any) -> QuerySet[Employee]:
    """Those whose score and register somebody may look at."""
    return Employee.objects.filter(Q(user=user.pk) | Q(pk__in=people_of(user).values("pk")))


def leads(user: Any, employee: Employee) -> bool:
    return people_of(user).filter(pk=employee.pk).exists()
