"""The case page: as a whole, and in the parts that follow what happens."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from inquiries import selectors
from inquiries.forms import AnswerQueryForm, AskForm, DeskForm, NoteForm, ReplyForm
from inquiries.frame import desk_of, door_time
from inquiries.selectors import CasePage
from inquiries.selectors.views import VIEWS
from inquiries.views.door import DeskRequest, desk_only, find_case
from kefu.audit.models import AuditRow
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines

REVEALS = 6  # looks at personal data listed on the page


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
    return reverse("inquiries:case", args=[number]) + (f"?view={view}" if view != "mine" else "")


@require_GET
@desk_only
def by_id(request: DeskRequest, pk: int) -> HttpResponse:
    """For live news, which know a case by its row."""
    return redirect(
        "inquiries:case", get_object_or_404(Case.objects.visible_to(request.user), pk=pk).number
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
        "reveals": reveals_of(found),
        "may_work": request.user.has_perm("cases.work_case"),
        "may_reveal": request.user.has_perm("cases.reveal_personal_data"),
        **forms_of(page),
    }


def forms_of(page: CasePage) -> Mapping[str, DeskForm]:
    """The empty forms below the timeline, answering to the version shown."""
    start = {"version": page.case.version}
    channel = Interaction.Channel.PHONE
    return {
        "reply_form": ReplyForm(initial={**start, "channel": channel}, auto_id="reply-%s"),
        "ask_form": AskForm(initial=start, askable=page.askable, auto_id="outlet-%s"),
        "answer_form": AnswerQueryForm(initial=start, auto_id="answer-%s"),
        "note_form": NoteForm(auto_id="note-%s"),
    }


def reveals_of(found: Case) -> list[AuditRow]:
    """Who looked at the customer's or the parcel's personal data lately."""
    looked_at = Q(table="cases_case", object_id=str(found.pk))
    if found.waybill_id is not None:
        looked_at |= Q(table="parcels_waybill", object_id=str(found.waybill_id))
    return list(AuditRow.objects.filter(looked_at, action="reveal").order_by("-id")[:REVEALS])
