"""Who is rostered at a moment, as the app above that keeps rosters tells it."""

from collections.abc import Callable, Collection
from datetime import datetime

from kefu.staff.models import Employee

Rostered = Callable[[int, datetime], Collection[int] | None]
_rostered: list[Rostered] = []


def register(rostered: Rostered) -> None:
    """``rostered(department_id, now)``: the employees at work by the roster; None where there is no roster."""
    _rostered[:] = [rostered]


def of_role(role: str, *, department_id: int, now: datetime) -> list[int]:
    """Return the accounts of this role that work now: by the roster, or where there is none by who came on duty."""
    people = Employee.objects.assignable().filter(
        department=department_id, user__role=role, user__is_active=True
    )
    rostered = _rostered[0](department_id, now) if _rostered else None
    people = people.on_duty() if rostered is None else people.filter(pk__in=rostered)
    return list(people.order_by("number").values_list("user", flat=True).distinct())
