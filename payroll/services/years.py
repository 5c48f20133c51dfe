"""The year's assessment: the months' mean stands beside it, the supervisor grades (ES-603.03, ES-603.04)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError
from kefu.policy.clauses import Grade
from kefu.policy.months import month_of
from kefu.policy.recurring import occurrences, recurring
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.scores import year_mean
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from payroll.models import MonthScore, YearSheet
from payroll.selectors.attendance import graced_in_year
from payroll.services.scores import check_lead, written


def totals(employees: Sequence[Employee], year: int) -> dict[int, dict[str, Decimal]]:
    """By employee: the months of a year that were assessed, each as it stands."""
    rows = MonthScore.objects.filter(
        employee__in=employees, month__year=year, points__isnull=False
    ).order_by("month", "number")
    found: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for pk, month, points in rows.values_list("employee_id", "month", "points"):
        found[pk][month_of(month)] = points or Decimal(0)
    return found


def opens_on(rules: Rulebook, year: int) -> date | None:
    """The day on which the sheets of a year are opened; None where the rulebook assesses no years."""
    try:
        clause = recurring("annual_assessment", rules)
    except Refused:
        return None
    found = occurrences(clause, date(year, 1, 1), date(year, 12, 31))
    return next((one.on for one in found), None)


@transaction.atomic
def grade_year(
    *, employee: Employee, year: int, grade: str, note: str, actor: Any, now: datetime
) -> YearSheet:
    """A supervisor grades somebody's year; the mean of its months is information and decides nothing.

    Raises NotAllowed, KefuError naming the field, Conflict before the sheets are opened.
    """
    check_lead(actor, employee)
    using = edition_in_force(department_id=employee.department_id, at=now)
    opens = opens_on(using.rules, year)
    if opens is None:
        raise KefuError(_("这里的规章没有年度考核"), code="no_year", field="year")
    if now.astimezone(SHANGHAI).date() < opens:
        raise Conflict(
            _("{day} 起才可以定级").format(day=f"{opens:%Y-%m-%d}"), code="year_not_open"
        )
    if grade not in {one.grade for one in using.rules.in_force(Grade)}:
        raise KefuError(_("请选等级"), code="no_such_grade", field="grade")
    months = totals([employee], year).get(employee.pk, {})
    if not months:
        raise KefuError(_("这一年没有公布过的得分"), code="no_months", field="year")
    mean, _step = year_mean(using.rules, months)
    rows = YearSheet.objects.filter(employee=employee, year=year)
    try:
        with transaction.atomic():
            return YearSheet.objects.create(
                employee=employee,
                year=year,
                number=(rows.aggregate(last=Max("number"))["last"] or 0) + 1,
                facts={
                    "totals": {month: str(points) for month, points in months.items()},
                    "graced_lateness": graced_in_year([employee.pk], year, using.rules).get(
                        employee.pk, 0
                    ),
                },
                mean=mean,
                rulebook_id=using.version_id,
                grade=grade,
                note=written(note, "note", 1_000),
                graded_by=actor,
                graded_at=now,
            )
    except IntegrityError as error:
        raise Conflict(_("有人刚定了级，请刷新")) from error
