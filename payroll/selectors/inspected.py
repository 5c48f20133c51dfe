"""Whom somebody inspects, and what he may see of inspections (CD-12.08, CD-12.43)."""

from typing import Any

from django.db.models import Q, QuerySet

from kefu.staff.models import Department, Employee, User
from payroll.models import Finding, Inspection, Sample
from payroll.selectors.people import people_of

LEADING = (User.Role.SHIFT_LEAD, User.Role.SUPERVISOR, User.Role.MANAGER)
CENTRE = {User.Role.INSPECTOR, User.Role.MANAGER}  # who inspects every department
SEE, INSPECT, SETTLE = "payroll.see_inspections", "payroll.inspect", "payroll.settle_finding"


def inspected_by(user: Any) -> QuerySet[Employee]:
    """Those somebody inspects: never himself, and an inspector not those who lead his own department; a lead and a
    supervisor their own people.
    """
    people = Employee.objects.exclude(user=user.pk)
    if not user.has_perm(INSPECT):
        return people.none()
    if user.role == User.Role.INSPECTOR:
        own = Employee.objects.filter(user=user.pk).values("department")
        return people.exclude(department__in=own, user__role__in=LEADING)
    return people if user.role == User.Role.MANAGER else people_of(user)


def departments_of(user: Any) -> QuerySet[Department]:
    """The departments whose places and calls somebody inspects."""
    active = Department.objects.filter(active=True)
    if not user.has_perm(INSPECT):
        return active.none()
    if user.role in CENTRE:
        return active
    return active.filter(employees__user=user.pk)


def seen_by(user: Any) -> QuerySet[Employee]:
    """Those whose inspections somebody may look at; himself not among them."""
    if user.role == User.Role.INSPECTOR:
        return inspected_by(user)
    return people_of(user)


def findings_of(user: Any) -> QuerySet[Finding]:
    """The findings somebody may see: about himself, about his people and their places, and what he is to set right or
    to look at again.
    """
    mine = Q(employee__user=user.pk) | Q(rectifications__assignee__user=user.pk)
    if user.has_perm(SEE):
        departments = (
            Department.objects.all()
            if user.role in {*CENTRE, User.Role.HR}
            else Department.objects.filter(employees__user=user.pk)
        )
        mine |= Q(employee__in=seen_by(user)) | Q(employee=None, department__in=departments)
        mine |= Q(found_by=user.pk)
    mine |= Q(rectifications__recheck_by=user.pk)
    return Finding.objects.filter(pk__in=Finding.objects.filter(mine).values("pk"))


def inspections_of(user: Any) -> QuerySet[Inspection]:
    """The filled sheets somebody may see: of what he inspects, and of himself."""
    mine = Q(employee__user=user.pk)
    if user.has_perm(SEE):
        departments = (
            Department.objects.all()
            if user.role in {*CENTRE, User.Role.HR}
            else Department.objects.filter(employees__user=user.pk)
        )
        mine |= Q(employee__in=seen_by(user)) | Q(employee=None, department__in=departments)
        mine |= Q(inspector=user.pk)
    return Inspection.objects.filter(mine)


def samples_of(user: Any) -> QuerySet[Sample]:
    """The samples somebody may hear: of those he inspects, never his own."""
    return Sample.objects.filter(employee__in=inspected_by(user))
