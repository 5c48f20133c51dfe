"""Cases to learn from."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from payroll.selectors import examples as selectors
from payroll.selectors.meetings import departments_of

SHOWN = 60


@require_GET
@desk_only
def examples(request: DeskRequest) -> HttpResponse:
    """What cases of one's departments taught, good and bad; everybody reads them (ES-602.12)."""
    departments = departments_of(request.user)
    offered = selectors.sorts(department_id=_department_of(request), at=door_time(request))
    sort = request.GET.get("sort", "")
    sort = sort if sort.isprintable() else ""  # nothing the database could look for
    context = {
        "examples": selectors.examples(departments, sort, limit=SHOWN),
        "sorts": offered,
        "sort": sort,
        "may_open": request.user.has_perm(selectors.PICK),
        "tab": "examples",
        "current": "training" if request.user.has_perm("payroll.see_training") else "my_training",
        "now": door_time(request),
    }
    return render(request, "payroll/training/examples.html", context)


def _department_of(request: DeskRequest) -> int | None:
    own = Employee.objects.filter(user=request.user).values_list("department_id", flat=True)
    return own.first()
