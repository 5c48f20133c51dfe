"""The agent's home: the queue in its views, live, with the case beside it."""

from contextlib import suppress
from dataclasses import replace

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.cases.models import Case
from kefu.desk import services as desk_services
from kefu.errors import Conflict
from kefu.notifications import presence
from kefu.workbench import selectors
from kefu.workbench.door import DeskRequest, desk_only, employee_of, find_case, tell, workers_only
from kefu.workbench.frame import desk_of, door_time, frame_of
from kefu.workbench.once import once
from kefu.workbench.selectors import QueueRow
from kefu.workbench.selectors.views import VIEWS, row_of

TAKE_TRIES = 5  # cases somebody else may take in the same second


def _asked(request: DeskRequest) -> tuple[str, str]:
    """View and kind of the address; Http404 for what there is not."""
    view, kind = request.GET.get("view", "mine"), request.GET.get("kind", "")
    if view not in VIEWS or (kind and kind not in Case.Kind.values):
        raise Http404
    return view, kind


def _watched(request: DeskRequest, rows: list[QueueRow]) -> list[QueueRow]:
    """Add to each row who else has it open."""
    seen = presence.others(
        case_ids=[row.pk for row in rows],
        user_id=request.user.pk,
        at=door_time(request).timestamp(),
    )
    return [
        replace(row, tags=(*row.tags, _("{name} 在看").format(name=seen[row.pk].name)))
        if row.pk in seen
        else row
        for row in rows
    ]


@require_GET
@desk_only
def queue(request: DeskRequest) -> HttpResponse:
    view, kind = _asked(request)
    now = door_time(request)
    page = selectors.queue_page(
        desk=desk_of(request), view=view, kind=kind, after=request.GET.get("after", ""), now=now
    )
    frame = frame_of(request)
    return render(
        request,
        "workbench/queue.html",
        {
            "page": page,
            "rows": _watched(request, list(page.rows)),
            "now": now,
            "current": view,
            "query": request.GET.urlencode(),
            "counts": {one.name: one for one in frame.views} if frame else {},
        },
    )


@require_GET
@desk_only
def rows(request: DeskRequest) -> HttpResponse:
    """The rows of these cases as the view shows them; those that left it are missing."""
    view, kind = _asked(request)
    pks = [row_of(text) for text in request.GET.getlist("id")[: selectors.PAGE_ROWS]]
    found = selectors.queue_rows(
        desk=desk_of(request), view=view, kind=kind, pks=pks, now=door_time(request)
    )
    return render(
        request,
        "workbench/_rows.html",
        {"rows": _watched(request, list(found)), "now": door_time(request)},
    )


@require_GET
@desk_only
def counts(request: DeskRequest) -> HttpResponse:
    """The figures beside the views and on the bell, each replacing the one on the page."""
    return render(request, "workbench/_counts.html", {"frame": frame_of(request)})


@require_GET
@desk_only
def preview(request: DeskRequest, number: str) -> HttpResponse:
    case = find_case(request, number)
    shown = selectors.preview(case=case, desk=desk_of(request), now=door_time(request))
    return render(request, "workbench/_preview.html", {**shown, "now": door_time(request)})


@require_POST
@workers_only
def take_next(request: DeskRequest) -> HttpResponse:
    """Take the most urgent case nobody has, and go there; sent again, go there again."""
    if number := once(request, lambda: _take_most_urgent(request)):
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Redirect": _page(number)})
        return redirect(_page(number))
    if request.htmx:
        return tell(HttpResponse(status=204), _("没有未分配的单了"))
    return redirect("workbench:queue")


def _take_most_urgent(request: DeskRequest) -> str:
    employee, now = employee_of(request), door_time(request)
    waiting = selectors.view_cases(desk=desk_of(request), view="unassigned", kind="", now=now)
    for case in waiting.soonest_first()[:TAKE_TRIES]:
        with suppress(Conflict):  # somebody was faster: the next one
            return desk_services.take(case=case, employee=employee, now=now).number
    return ""


def _page(number: str) -> str:
    return reverse("workbench:case", args=[number])
