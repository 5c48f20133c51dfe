"""Search: a few suggestions while typing, a page of them on Enter."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from inquiries import selectors
from inquiries.frame import door_time
from inquiries.views.door import DeskRequest, desk_only

LONGEST = 100  # characters


@require_GET
@desk_only
def search(request: DeskRequest) -> HttpResponse:
    """All finds; a single case is opened at once."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    finds = selectors.search_cases(user=request.user, text=text)
    if len(finds) == 1 and finds[0].number:
        return redirect(finds[0].url)
    return render(
        request,
        "inquiries/search.html",
        {"finds": finds, "search_text": text, "now": door_time(request)},
    )


@require_GET
@desk_only
def suggest(request: DeskRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:LONGEST]
    finds = selectors.suggest(user=request.user, text=text)
    return render(
        request,
        "inquiries/_found.html",
        {"finds": finds, "search_text": text, "now": door_time(request)},
    )
