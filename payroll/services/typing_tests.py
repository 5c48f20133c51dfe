"""Typing tests: how fast, how many wrong (OS-06.03, OS-06.04)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import KefuError, NotAllowed
from kefu.policy.clauses import Indicator
from kefu.policy.measures import counted
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.policy.scores import Measured, target_met
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from payroll.models import TypingTest
from payroll.services.training import check_runs


@transaction.atomic
def record(
    *,
    employee: Employee,
    tested_on: date,
    characters: int,
    seconds: int,
    errors: int,
    actor: Any,
    now: datetime,
) -> TypingTest:
    """Record a test and judge it by the rulebook of the department. Raises NotAllowed, KefuError naming the field."""
    check_runs(actor, employee.department_id)
    if employee.user_id == actor.pk:
        raise NotAllowed(_("不能给自己登记成绩"))
    if tested_on > now.astimezone(SHANGHAI).date():
        raise KefuError(_("日期不能晚于今天"), code="in_the_future", field="tested_on")
    if errors > characters:
        raise KefuError(_("错字不能比字数多"), code="too_many_errors", field="errors_made")
    using = edition_in_force(department_id=employee.department_id, at=now)
    fast, speed = _fast(using.rules, characters, seconds)
    clean, steps = _clean(using.rules, errors)
    return TypingTest.objects.create(
        employee=employee, tested_on=tested_on, characters=characters, seconds=seconds, errors=errors,
        fast_enough=fast, clean_enough=clean, inputs={"clauses": [*speed, *steps]},
        rulebook_id=using.version_id, recorded_by=actor, recorded_at=now,
    )  # fmt: skip


def _fast(rules: Rulebook, characters: int, seconds: int) -> tuple[bool | None, list[str]]:
    """Compared exactly, by the fraction of a minute."""
    for indicator in rules.in_force(Indicator):
        if indicator.metric == "typing_speed":
            measured = Measured(done=Decimal(characters) * 60, out_of=Decimal(seconds))
            return target_met(measured, indicator), [indicator.id]
    return None, []


def _clean(rules: Rulebook, errors: int) -> tuple[bool | None, list[str]]:
    try:
        found = counted(rules, "typing_errors", {"any": Decimal(errors)})
    except NotInRulebook:
        return None, []
    return found.kept, [count.clause for count in found.counts]
