"""The case page: as a whole, and in the parts that follow what happens."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kefu.cases.models import Case
from kefu.deadlines import services as deadlines
from kefu.workbench import selectors
from kefu.workbench.door import DeskRequest, desk_only, find_case
from kefu.workbench.forms import NoteForm
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.kinds import Tab
from kefu.workbench.selectors.beside import reveals
from kefu.workbench.selectors.views import VIEWS


@require_GET
@desk_only
def case(request: DeskRequest, number: str) -> HttpResponse:
    found = find_case(request, number)
    desk, now = desk_of(request), door_time(request)
    if desk.employee_id is not None and found.owner_id == desk.employee_id:
        deadlines.see_warnings(case=found, now=now)
    view = request.GET.get("view", "mine")
    view = view if view in VIEWS else "mine"
    before, after = selectors.neighbours(case=found, desk=desk, view=view, now=now)
    context = page_context(request, found, whole="all" in request.GET)
    return render(
        request,
        "cases/case.html",
        {
            **context,
            "current": view,
            "before": _beside(before, view),
            "after": _beside(after, view),
        },
    )


def _beside(number: str, view: str) -> str:
    if not number:
        return ""
    return reverse("workbench:case", args=[number]) + (f"?view={view}" if view != "mine" else "")


@require_GET
@desk_only
def by_id(request: DeskRequest, pk: int) -> HttpResponse:
    """For live news, which know a case by its row."""
    return redirect(
        "workbench:case", get_object_or_404(Case.objects.visible_to(request.user), pk=pk).number
    )


@require_GET
@desk_only
def parts(request: DeskRequest, number: str) -> HttpResponse:
    """What changed on an open page; with ``fresh`` its empty forms too, so that they answer to what is shown now."""
    found = find_case(request, number)
    context = page_context(request, found, whole="all" in request.GET)
    return render(
        request, "cases/_parts.html", {**context, "oob": True, "with_forms": "fresh" in request.GET}
    )


def page_context(request: DeskRequest, found: Case, *, whole: bool = False) -> dict[str, Any]:
    desk, now = desk_of(request), door_time(request)
    page = selectors.case_page(case=found, desk=desk, now=now, whole=whole)
    return {
        "page": page,
        "desk": desk,
        "case": found,
        "now": now,
        "reveals": reveals(found),
        "may_work": request.user.has_perm("cases.work_case"),
        "may_reveal": request.user.has_perm("cases.reveal_personal_data"),
        "tabs": [*page.kind.tabs(page.facts), note_tab(NoteForm(auto_id="note-%s"))],
    }


def note_tab(form: NoteForm) -> Tab:
    return Tab("note", _("内部备注"), "i", "cases/_compose_note.html", form)
