"""Departments that are asked something by a rulebook."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import QuerySet

from kefu.errors import KefuError
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Department, Employee


def employing() -> QuerySet[Department]:
    """The departments in which somebody works."""
    employed = Employee.objects.filter(status=Employee.Status.ACTIVE).values("department_id")
    return Department.objects.filter(active=True, pk__in=employed)


def ruled(
    departments: Iterable[Department], *, at: datetime
) -> Iterator[tuple[Department, Edition]]:
    """Each of ``departments`` with the edition it works under; those where none holds yet are asked nothing."""
    for department in departments:
        try:
            using = edition_in_force(department_id=department.pk, at=at)
        except KefuError:
            continue
        yield department, using
