"""The ageing of claims, and the claims behind each of its figures."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from claims.forms.ageing import AgeingForm
from claims.selectors import ageing as ages
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time


@require_GET
@desk_only
def ageing(request: DeskRequest) -> HttpResponse:
    """How old the open claims are, by stage, type and party."""
    asked = _asked(request)
    now = door_time(request)
    context = {
        "ageing": ages.ageing(by=asked.by, now=now),
        "by": asked.by,
        "now": now,
        "tab": "ageing",
        "current": "registers",
    }
    return render(request, "claims/ageing/ageing.html", context)


@require_GET
@desk_only
def aged_claims(request: DeskRequest) -> HttpResponse:
    """The claims behind a figure, the oldest first; each can be urged on from its row."""
    asked, now = _asked(request), door_time(request)
    found = ages.limits_now(now)
    page = AgeingForm(request.GET)
    page.is_valid()
    number = page.cleaned_data["page"] or 1
    start = (number - 1) * ages.ROWS
    rows = ages.aged_claims(user=request.user, asked=asked, found=found, now=now)
    claims = list(rows[start : start + ages.ROWS + 1])
    shown = claims[: ages.ROWS]
    query = {name: value for name, value in request.GET.items() if name != "page" and value}
    context = {
        "rows": [
            (claim, ages.age_in_days(claim, now), found.allowed.get(claim.loss)) for claim in shown
        ],
        "heading": ages.heading(asked, found),
        "first": start,
        "next_url": f"?{urlencode({**query, 'page': number + 1})}"
        if len(claims) > ages.ROWS
        else "",
        "now": now,
        "tab": "ageing",
        "current": "registers",
    }
    return render(request, "claims/ageing/aged.html", context)


def _asked(request: DeskRequest) -> ages.Asked:
    form = AgeingForm(request.GET)
    if not form.is_valid():
        raise Http404
    return ages.Asked(**form.asked())
