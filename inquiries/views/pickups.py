"""Beside a case: branches near a pick-up, their numbers, and words that a reply had better do without."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from inquiries import services
from inquiries.selectors.phrases import unadvised_words
from inquiries.selectors.pickups import nearest_branches
from kefu.audit.context import address_of, request_id
from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.workbench.door import DeskRequest, desk_only, find_case, workers_only
from kefu.workbench.frame import door_time

LONGEST = 20_000  # characters of a reply that is looked through


@require_GET
@desk_only
def branches(request: DeskRequest, number: str) -> HttpResponse:
    """Where a customer in a hurry can take his parcel himself, as a dialog."""
    case = find_case(request, number)
    context = {
        "case": case,
        "branches": nearest_branches(case=case, now=door_time(request)),
        "may_reveal": request.user.has_perm("cases.reveal_personal_data"),
    }
    return render(request, "inquiries/_branches.html", context)


@require_POST
@workers_only
def branch_number(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """A branch's duty number, to tell the customer; the look is recorded first."""
    case, plain, refused = find_case(request, number), "", ""
    try:
        plain = services.branch_number(
            case=case,
            branch=get_object_or_404(Party.objects.outlets(), pk=pk),
            actor=request.user,
            address=address_of(request),
            request_id=request_id(),
            now=door_time(request),
        )
    except KefuError as error:
        refused = str(error)
    response = render(
        request,
        "inquiries/_branch_number.html",
        {"number": plain, "refused": refused},
        status=422 if refused else 200,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@workers_only
def words(request: DeskRequest, number: str) -> HttpResponse:
    """Warn of words in a reply while it is written; it may be sent all the same (ES-203.04)."""
    try:
        found = unadvised_words(
            case=find_case(request, number),
            text=request.POST.get("text", "")[:LONGEST],
            channel=request.POST.get("channel", ""),
            now=door_time(request),
        )
    except KefuError:
        found = []  # without a rulebook there is no list
    return render(request, "inquiries/_words.html", {"words": found})
