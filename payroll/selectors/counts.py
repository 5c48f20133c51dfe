"""What waits for somebody, as the side navigation counts it."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from kefu.clock import SHANGHAI
from kefu.staff.models import Employee
from payroll.models import Induction, Leave, Outing, Paper, Probation, Replacement, Swap
from payroll.selectors.files import replacements
from payroll.selectors.joining import to_confirm, to_evaluate
from payroll.selectors.reach import overseen
from payroll.selectors.training import reach


def asked_of(desk: Any, now: datetime) -> QuerySet[Any]:
    """Swaps in which a colleague waits for an answer."""
    return Swap.objects.filter(state=Swap.State.ASKED, other=desk.employee_id)


def to_approve(desk: Any, now: datetime) -> QuerySet[Any]:
    """The people of one's departments for whom something waits: swaps, leave, outings."""
    people = Employee.objects.filter(department__in=overseen(desk.user)).exclude(user=desk.user)
    mine = OuterRef("pk")
    return people.filter(
        Exists(Swap.objects.filter(state=Swap.State.AGREED, asker=mine))
        | Exists(Leave.objects.filter(state=Leave.State.ASKED, employee=mine))
        | Exists(Outing.objects.filter(state=Outing.State.ASKED, employee=mine))
    )


def people_waiting(desk: Any, now: datetime) -> QuerySet[Any]:
    """The people for whom something is to be judged, signed or handed out."""
    today = now.astimezone(SHANGHAI).date()
    mine = OuterRef("pk")
    trials: QuerySet[Probation] = to_evaluate(desk.user, today) | to_confirm(desk.user)
    asked: QuerySet[Replacement] = replacements(desk.user)
    return Employee.objects.filter(
        Exists(trials.filter(employment__employee=mine))
        | Exists(asked.filter(issue__employee=mine))
    )


def to_sign(desk: Any, now: datetime) -> QuerySet[Any]:
    """What one was told when one joined and has not signed for."""
    return Induction.objects.filter(employment__employee=desk.employee_id, signed_at=None)


def to_sit(desk: Any, now: datetime) -> QuerySet[Any]:
    """Examinations that one may sit now."""
    waiting = Paper.objects.filter(
        employee=desk.employee_id,
        state__in=[Paper.State.WAITING, Paper.State.SITTING],
        exam__on_paper=False,
        exam__opens_at__lte=now,
    )
    return waiting.exclude(exam__state="draft")


def to_mark(desk: Any, now: datetime) -> QuerySet[Any]:
    """Papers with answers in words that wait for a marker."""
    waiting = Paper.objects.filter(
        state=Paper.State.HANDED_IN, exam__department__in=reach(desk.user)
    )
    return waiting.exclude(employee=desk.employee_id)
