"""Who is employed here, and where he is placed, on a day."""

from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from kefu.staff.models import Department, Employee
from payroll.models import Employment, Leaving, Placement, Wage


def employment_on(employee: Employee, day: date) -> Employment | None:
    """The stay that ``day`` belongs to; the last day is one of it."""
    stays = employee.employments.filter(hired_on__lte=day)
    return stays.filter(Q(left_on=None) | Q(left_on__gte=day)).first()


def latest_employment(employee: Employee) -> Employment | None:
    return employee.employments.order_by("-hired_on").first()


def placement_on(employee: Employee, day: date) -> Placement | None:
    """Where he works on ``day``, by what was recorded last."""
    rows = employee.placements.filter(from_on__lte=day).select_related("department", "position")
    return rows.order_by("-from_on", "-pk").first()


def wage_on(employee: Employee, day: date) -> Wage | None:
    """What is agreed with him for ``day``; None: what the rulebook says."""
    return employee.wages.filter(from_on__lte=day).order_by("-from_on", "-pk").first()


def employed_between(since: date, until: date) -> QuerySet[Employee]:
    """Those with a day of employment from ``since`` to ``until``, both included."""
    stays = Employment.objects.filter(employee=OuterRef("pk"), hired_on__lte=until)
    return Employee.objects.filter(Exists(stays.exclude(left_on__lt=since)))


def placed_in(department: Department, since: date, until: date) -> QuerySet[Employee]:
    """Those employed between two days who work in a department on one of them."""
    rows = Placement.objects.filter(employee=OuterRef("pk"))
    before = rows.filter(from_on__lte=since).order_by("-from_on", "-pk").values("department")[:1]
    within = rows.filter(from_on__gt=since, from_on__lte=until, department=department)
    people = employed_between(since, until).annotate(placed_before=before)
    return people.filter(Q(placed_before=department.pk) | Exists(within))


def leaving_of(employment: Employment) -> Leaving | None:
    """The leaving that ends this stay, unless it was taken back."""
    return employment.leavings.filter(withdrawn_at=None).first()


def seated_elsewhere(day: date) -> QuerySet[Employee]:
    """Those whose file does not say yet where they work on ``day``."""
    held = Placement.objects.filter(employee=OuterRef("pk"), from_on__lte=day)
    newest = held.order_by("-from_on", "-pk")
    placed = Employee.objects.annotate(
        held_department=Subquery(newest.values("department")[:1]),
        held_position=Subquery(newest.values("position")[:1]),
    ).exclude(held_department=None)
    return placed.exclude(department=F("held_department"), position=F("held_position"))
