"""Search: a few suggestions while typing, a page of them on Enter."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from kefu.workbench import selectors
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time

LONGEST = 100  # characters


@require_GET
@desk_only
def search(request: DeskRequest) -> HttpResponse:
    """All finds, and which outlets deliver at a place; a single case is opened at once."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    finds = selectors.search_cases(user=request.user, text=text)
    outlets = selectors.served(text)
    if len(finds) == 1 and finds[0].number and not outlets:
        return redirect(finds[0].url)
    return render(
        request,
        "workbench/search.html",
        {
            "finds": finds,
            "outlets": outlets,
            "search_text": text,
            "now": door_time(request),
        },
    )


@require_GET
@desk_only
def suggest(request: DeskRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:LONGEST]
    finds = selectors.suggest(user=request.user, text=text)
    return render(
        request,
        "workbench/_found.html",
        {"finds": finds, "search_text": text, "now": door_time(request)},
    )
