"""What is still to be done when somebody leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu.api.models import ApiKey
from kefu.cases.models import Case
from kefu.policy.processes import template
from kefu.staff.models import Employee
from payroll.models import Article, Issue, Leaving
from payroll.selectors.joining import edition_of_process

UNIFORM = "uniform_items_listed"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list: what, by which clause, how many are open; ``blocks``: the file is not closed before."""

    code: str
    label: str
    clause: str
    open: int
    blocks: bool = True

    @property
    def done(self) -> bool:
        return self.open == 0


def open_cases(employee: Employee) -> QuerySet[Case]:
    """What he has to hand over, the soonest first."""
    rows = Case.objects.open().of(employee).select_related("department")
    return rows.order_by("next_due_at", "pk")


def open_issues(employee: Employee) -> QuerySet[Issue]:
    return employee.issues.filter(outcome="").select_related("article").order_by("article", "pk")


def keys_known_to(employee: Employee, at: datetime) -> QuerySet[ApiKey]:
    """The outlets' keys whose secret he has seen because he issued them: they outlive his account."""
    rows = ApiKey.objects.filter(created_by=employee.user_id, revoked_at=None)
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=at))


def checklist(leaving: Leaving, at: datetime) -> Sequence[Check]:
    """Hand-over, what the rulebook's process of leaving asks for, access (ES-134.05, ES-135.03)."""
    employee = leaving.employment.employee
    held = list(open_issues(employee))
    uniforms = sum(one.article.category == Article.Category.UNIFORM for one in held)
    found = [Check("cases", _("交接未结工单"), "", open_cases(employee).count())]
    using = edition_of_process("leaving", employee.department_id, at)
    if using is None:
        found.append(Check("items", _("交回制服和配备"), "", len(held)))
    else:
        english = (get_language() or "").startswith("en")
        for part in template(using.rules, "leaving").parts:
            count = uniforms if UNIFORM in part.step.needs else len(held) - uniforms
            label = part.step.en if english else part.step.zh
            found.append(Check(part.step.code, label, part.clause, count))
    if known := keys_known_to(employee, at).count():
        found.append(Check("keys", _("换掉他签发过、还有效的接口密钥"), "", known))
    open_account = int(leaving.effected_at is None)
    found.append(Check("access", _("停用账号"), "", open_account))
    return found


def with_open(rows: Sequence[Leaving]) -> list[tuple[Leaving, int, int]]:
    """Each with how many cases and how many pieces are still in his hands."""
    people = [row.employment.employee_id for row in rows]
    cases = (
        Case.objects.open().filter(owner__in=people).values_list("owner").annotate(n=Count("pk"))
    )
    held = Issue.objects.filter(employee__in=people, outcome="").values_list("employee")
    of_cases = dict(cases.order_by())
    of_held = dict(held.annotate(n=Count("pk")).order_by())
    return [
        (row, of_cases.get(pk, 0), of_held.get(pk, 0)) for row, pk in zip(rows, people, strict=True)
    ]
