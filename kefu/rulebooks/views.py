"""The rules for those who work by them: what holds for me, what changed, and that I have read it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu import clock
from kefu.rulebooks import selectors, services, telling
from kefu.rulebooks.comparison import Comparison
from kefu.rulebooks.models import RulebookVersion
from kefu.rulebooks.selectors import Holding
from kefu.staff.models import Employee, User

LONGEST = 100  # characters of a search


@require_GET
@login_required
def rules(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The edition that holds for me, or one that is to hold later; its clauses grouped, and found by words."""
    employee, held = _held(request)
    shown = _chosen(held, pk)
    text = request.GET.get("q", "")[:LONGEST].strip()
    context: dict[str, Any] = {"current": "rules", "shown": shown, "held": held, "q": text}
    if shown is not None:
        language = get_language() or "zh-hans"
        using = selectors.edition(shown.version_id)
        rows = selectors.clause_rows(using.rules, language)
        found = selectors.matching(rows, text)
        before, changes = _changes(shown, employee)
        context |= {
            "groups": telling.grouped(found),
            "found": len(found),
            "total": len(rows),
            "before": before,
            "comparison": changes,
            "may_confirm": employee is not None and shown.confirmed_at is None,
        }
    return render(request, "rulebooks/rules.html", context)


@require_POST
@login_required
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """I have read it."""
    employee, held = _held(request)
    if employee is None:
        raise PermissionDenied
    shown = _chosen(held, pk)
    services.acknowledge(
        employee=employee,
        version=get_object_or_404(RulebookVersion, pk=pk),
        actor=request.user,
        now=clock.now(),
    )
    assert shown is not None
    messages.success(
        request,
        _("已记下：你确认阅读了%(rulebook)s 第 %(number)d 版")
        % {"rulebook": shown.rulebook, "number": shown.number},
    )
    return redirect("rulebooks:rules") if shown.holds else redirect("rulebooks:version", pk=pk)


def _held(request: HttpRequest) -> tuple[Employee | None, list[Holding]]:
    """Who asks, and the editions that hold for him. A partner's account has no business here."""
    user: Any = request.user
    if user.role == User.Role.OUTLET:
        raise PermissionDenied
    employee = Employee.objects.filter(user=user).first()
    held = selectors.holdings(
        employee_id=employee.pk if employee else None,
        department_id=employee.department_id if employee else None,
        at=clock.now(),
    )
    return employee, held


def _chosen(held: Sequence[Holding], pk: int | None) -> Holding | None:
    """The one asked for, if it is his; without a number the one that holds."""
    if pk is None:
        return held[0] if held else None
    for one in held:
        if one.version_id == pk:
            return one
    raise Http404


def _changes(shown: Holding, employee: Employee | None) -> tuple[int | None, Comparison | None]:
    """What is new against the edition that held before; None where that was the first, or of another rulebook."""
    version = RulebookVersion.objects.defer("content").get(pk=shown.version_id)
    department = employee.department_id if employee else None
    before = selectors.held_before(shown, department_id=department)
    if before is None or before.rulebook_id != version.rulebook_id:
        return None, None
    return before.number, telling.compared(before, version)
