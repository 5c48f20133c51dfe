"""The way out: hand over case by case, give back or settle what one holds, close the file (ES-134.05, ES-135.03)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases.models import HandOver
from kefu.desk import services as desk
from kefu.errors import Conflict
from kefu.policy.processes import Done
from payroll.models import Article, Issue, Leaving
from payroll.selectors import joining as joining_selectors
from payroll.selectors.leaving import UNIFORM, checklist
from payroll.services.employment import may_keep, today_of


@transaction.atomic
def hand_over(
    *, leaving: Leaving, items: Sequence[desk.HandOverItem], actor: Any, now: datetime
) -> list[HandOver]:
    """The office hands open cases on for somebody who leaves, each with a note. Raises what the desk's raises."""
    employee = leaving.employment.employee
    may_keep(actor, employee)
    return desk.hand_over(giver=employee, items=items, actor=actor, now=now)


@transaction.atomic
def close(*, leaving: Leaving, actor: Any, now: datetime) -> Leaving:
    """Everything is handed over, given back or charged, and access has ended: the file is closed.

    Raises NotAllowed, Conflict (not_effected, items_open).
    """
    rows = Leaving.objects.select_for_update(of=["self"], no_key=True)
    row = rows.select_related("employment__employee").get(pk=leaving.pk)
    employee = row.employment.employee
    may_keep(actor, employee)
    if row.closed_at is not None:
        raise Conflict(_("手续已经办结"), code="closed_already")
    if row.effected_at is None:
        raise Conflict(_("账号还没有停用"), code="not_effected")
    for check in checklist(row, now):
        if not check.done:  # rule: ES-134.05
            raise Conflict(
                _("还没有办完：%(what)s（%(n)d）") % {"what": check.label, "n": check.open},
                code="items_open",
            )
    _follows_the_process(row, now)
    row.closed_at, row.closed_by = now, actor
    row.save(update_fields=["closed_at", "closed_by"])
    return row


def _follows_the_process(row: Leaving, now: datetime) -> None:
    """Each step of the rulebook's process with what came of it; policy refuses an outcome it does not know."""
    employee = row.employment.employee
    using = joining_selectors.edition_of_process("leaving", employee.department_id, now)
    if using is None:
        return
    done: list[Done] = []
    while not (step := joining_selectors.standing(using.rules, "leaving", done)).finished:
        uniform = UNIFORM in step.missing
        done.append(Done(step.step, _outcome(row, uniform) if step.outcomes else ""))


def _outcome(row: Leaving, uniform: bool) -> str:
    """Charged, if anything was; else given back."""
    issues = Issue.objects.filter(employee=row.employment.employee, charge__isnull=False)
    issues = issues.filter(ended_on__gte=today_of(row.recorded_at))
    of_kind = (
        issues.filter(article__category=Article.Category.UNIFORM)
        if uniform
        else (issues.exclude(article__category=Article.Category.UNIFORM))
    )
    return "charged" if of_kind.exists() else "returned"
