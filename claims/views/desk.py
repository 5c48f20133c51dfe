"""The lists of the claims desk, and registering a claim."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from claims import services
from claims.forms.intake import ClaimForm
from claims.models import Claim, Settlement
from claims.selectors import lists
from claims.selectors.explaining import explained
from claims.selectors.intake import Beside, beside
from claims.services import Given
from kefu.cases.models import Case, Interaction
from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, desk_only, employee_of, find_case, workers_only
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.once import once, sent_before

Loss = Claim.Loss


@require_GET
@desk_only
def desk(request: DeskRequest) -> HttpResponse:
    """One list of the claims desk, with the numbers of all."""
    given = request.GET
    asked = lists.Asked(
        view=given.get("view") or "open",
        whose=given.get("whose", ""),
        after=given.get("after", ""),
    )
    if asked.view not in lists.VIEWS or asked.whose not in lists.WHOSE:
        raise Http404
    now = door_time(request)
    page = lists.list_page(desk=desk_of(request), asked=asked, now=now)

    def url(**changed: str) -> str:
        query = {"view": asked.view, "whose": asked.whose} | changed
        return "?" + urlencode({name: value for name, value in query.items() if value})

    return render(
        request,
        "claims/desk.html",
        {
            "page": page,
            "asked": asked,
            "tabs": [
                (name, view.label, url(view=name), page.shown[name])
                for name, view in lists.VIEWS.items()
            ],
            "whose": [(value, label, url(whose=value)) for value, label in lists.WHOSE.items()],
            "next_url": url(after=page.next_cursor) if page.next_cursor else "",
            "first_url": url(),
            "now": now,
            "current": "claims",
            "tab": "desk",
        },
    )


@workers_only
def new(request: DeskRequest) -> HttpResponse:
    """Register a claim from a call, or from the case named by ``from``."""
    origin, now = _origin(request), door_time(request)
    if request.method != "POST":
        form = ClaimForm(initial=_usual(request, origin), auto_id="claim-%s")
        return _intake(request, form, origin, now)
    form = ClaimForm(request.POST, auto_id="claim-%s")
    number, valid = "", form.is_valid()
    try:
        number = sent_before(request) or ""
        if valid and not number:
            number = once(
                request,
                lambda: (
                    services.register(
                        given=_given(form.cleaned_data),
                        department=employee_of(request).department,
                        origin=origin,
                        actor=request.user,
                        now=now,
                    ).number
                ),
            )
    except KefuError as error:
        form.refuse(error)
    if number:
        return redirect("workbench:case", number)
    return _intake(request, form, origin, now)


@require_GET
@workers_only
def parcel(request: DeskRequest) -> HttpResponse:
    """What is known of the parcel that is being typed."""
    found = _beside(request, request.GET, door_time(request))
    return render(request, "claims/_beside.html", {"beside": found, "now": door_time(request)})


def _origin(request: DeskRequest) -> Case | None:
    number = (request.POST or request.GET).get("from", "")
    return find_case(request, number) if number else None


# What the case it grows from says is wrong: the cause of a complaint, the problem of a parcel.
GUESSED: dict[str, dict[str, str]] = {
    "lost": {"loss": Loss.LOSS},
    "damaged": {"loss": Loss.DAMAGE},
    "damaged_outside": {"loss": Loss.DAMAGE, "place": Claim.Place.OUTER},
    "damaged_inside": {"loss": Loss.DAMAGE, "place": Claim.Place.INNER},
    "delayed": {"loss": Loss.DELAY},
}


def _usual(request: DeskRequest, origin: Case | None) -> dict[str, Any]:
    usual = {
        "waybill_number": request.GET.get("waybill", "")[:40],
        "loss": Loss.LOSS,
        "claimant": Claim.Claimant.SENDER,
        "channel": Interaction.Channel.PHONE,
    }
    if origin is None:
        return usual
    inquiry, complaint = getattr(origin, "inquiry", None), getattr(origin, "complaint", None)
    parcel = getattr(origin, "problem_parcel", None)
    wrong = complaint.cause if complaint else parcel.problem if parcel else ""
    if inquiry is not None and inquiry.asker in Claim.Claimant.values:
        usual["claimant"] = inquiry.asker
    return usual | {"waybill_number": origin.waybill_number} | GUESSED.get(wrong, {})


def _intake(
    request: DeskRequest, form: ClaimForm, origin: Case | None, now: datetime
) -> HttpResponse:
    typed = form.data if form.is_bound else form.initial
    context = {
        "form": form,
        "origin": origin,
        "beside": _beside(request, typed, now),
        "loss": typed.get("loss", ""),
        "now": now,
        "current": "claims",
        "tab": "new",
    }
    return render(request, "claims/new.html", context, status=422 if form.errors else 200)


def _beside(request: DeskRequest, typed: Any, now: datetime) -> Beside:
    return beside(
        user=request.user,
        department_id=desk_of(request).department_id,
        number=str(typed.get("waybill_number", ""))[:60],
        loss=str(typed.get("loss", "")),
        now=now,
    )


def _given(data: dict[str, Any]) -> Given:
    """What is asked of another loss than the one that was chosen at last is not shown, and not meant."""
    lost = data.pop("percent_lost")
    if lost is not None and data["loss"] in (Loss.DAMAGE, Loss.SHORTAGE):
        data["share"] = lost / 100
    if data["loss"] != Loss.DAMAGE:
        data["place"] = ""
    if data["loss"] != Loss.DELAY:
        data["delay_days"] = None
    return Given(**data)


@require_GET
@desk_only
def why(request: DeskRequest, number: str) -> HttpResponse:
    """Why this amount: from the facts of the settlement, or of the claim as it stands."""
    claim = get_object_or_404(
        Claim.objects.visible_to(request.user).select_related("case__waybill", "deadline"),
        case__number=number,
    )
    settlement = (
        claim.settlements.exclude(state=Settlement.State.REFUSED).select_related("claim").last()
    )
    told = explained(claim, settlement, get_language() or "zh-hans")
    if told is None:
        raise Http404(_("规章没有给出金额"))
    return render(request, "cases/_why.html", {"told": told, "unread": False})
