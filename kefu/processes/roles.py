"""Whose a step is: the names that rulebooks and templates give owners, and who of the house that is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from kefu.staff.models import Department, Employee, User

Role = User.Role
Desk = Department.Desk

# By role. "Agent" and "colleague" are whoever works cases.
ROLES = {
    "supervisor": {Role.SUPERVISOR, Role.MANAGER},
    "shift_lead": {Role.SHIFT_LEAD, Role.SUPERVISOR, Role.MANAGER},
    "group_leader": {Role.SHIFT_LEAD},
    "area_manager": {Role.MANAGER},
    "manager": {Role.MANAGER},
    "inspector": {Role.INSPECTOR},
    "adjuster": {Role.ADJUSTER},
    "finance": {Role.FINANCE},
    "hr": {Role.HR},
}
ANYBODY = {"agent", "colleague", "requesting_agent"}
DESKS = {"warehouse": Desk.WAREHOUSE.value, **{desk.value: desk.value for desk in Desk}}

# What a supervisor chooses from.
CHOICES = [
    ("", gettext_lazy("办单的人都可以")),
    *((role, Role(role).label) for role in ("supervisor", "shift_lead", "inspector", "adjuster")),
    *((role, Role(role).label) for role in ("finance", "hr", "manager")),
    *((desk.value, desk.label) for desk in Desk),
]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a step is. ``department``: the desk that has it, None for a role or where the house has no such desk."""

    name: str
    roles: frozenset[str]
    department: Department | None

    def allows(self, user: Any) -> bool:
        """May ``user`` do it? A desk that the house does not have keeps nobody out."""
        if not user.has_perm("processes.do_step"):
            return False
        if self.roles:
            return user.role in self.roles
        if self.department is None:
            return True
        employee = Employee.objects.filter(user=user.pk).only("department_id").first()
        return employee is not None and employee.department_id == self.department.pk

    def people(self) -> Iterator[int]:
        """Users to tell; nobody in particular where anybody may do it."""
        if self.roles:
            found = User.objects.filter(role__in=self.roles, is_active=True)
        elif self.department is not None:
            found = User.objects.filter(employee__department=self.department, is_active=True)
        else:
            return iter(())
        return found.order_by("pk").values_list("pk", flat=True).iterator()


def owner_of(name: str | None) -> Owner:
    name = name or ""
    if name in ROLES:
        return Owner(name, frozenset(ROLES[name]), None)
    desk = DESKS.get(name)
    found = Department.objects.filter(desk=desk, active=True).first() if desk else None
    return Owner(name, frozenset(), found)
