"""What an outlet has to do, what it asks itself, complaints, parcels, claims and numbers of its own."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kefu import clock
from kefu.partners import doors
from kefu.partners.forms import ANSWERS, DoorForm, NumberForm, ParcelForm, QuestionForm
from kefu.partners.todo import KINDS, Item, one, todo
from kefu.partners.views.frame import (
    listed,
    opened,
    outlet_only,
    page,
    rows_of,
    sent,
    timed,
)

# -- What is asked of me ----------------------------------------------------------------------


@outlet_only
@require_GET
def show_todo(request: HttpRequest) -> HttpResponse:
    """Everything that waits for an answer, soonest first, and the first of it to be answered."""
    items = todo(request, now=clock.now())
    return _todo(request, items, opened(request, items[0].place if items else ""))


def _todo(
    request: HttpRequest,
    items: list[Item],
    place: str,
    form: DoorForm | None = None,
    status: int = 200,
) -> HttpResponse:
    item = None
    kind, _slash, public_id = place.partition("/")
    if kind in KINDS and public_id:
        item, etag = one(request, kind, public_id, now=clock.now())
        if kind in ANSWERS:
            form = form or ANSWERS[kind](initial={"etag": etag})
    context = {"items": items, "item": item, "form": form}
    return page(request, "todo", context, status=status)


@outlet_only
@require_POST
def answer(request: HttpRequest, kind: str, public_id: str) -> HttpResponse:
    """Answer one of them; the door decides by the moment it is asked."""
    if kind not in ANSWERS:
        raise Http404
    now = clock.now()
    form = ANSWERS[kind](request.POST)
    said = sent(request, f"{kind}/{public_id}/{KINDS[kind].door}", form)
    if said is None or said.refused:
        status = said.status if said else 422
        return _todo(request, todo(request, now=now), f"{kind}/{public_id}", form, status)
    messages.success(request, _("已答复，以服务器收到的时刻为准。"))
    return redirect("partners:todo")


# -- What I ask -------------------------------------------------------------------------------


@outlet_only
@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: HttpRequest) -> HttpResponse:
    """What the outlet asked us or others, with what came back; and a new question."""
    form = QuestionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        said = sent(request, "network-queries/", form)
        if said is not None and not said.refused:
            messages.success(request, _("已发出 %(number)s") % {"number": said.data["number"]})
            return redirect("partners:asked")
        status = said.status if said else 422
    wanted = {"direction": "sent"}
    return listed(request, "asked", "network-queries/", wanted=wanted, form=form, status=status)


@outlet_only
@require_GET
def complaints(request: HttpRequest) -> HttpResponse:
    """Complaints against the outlet, newest first; of one, what was found."""
    more: dict[str, Any] = {}
    if public_id := opened(request):
        more["one"] = timed(doors.read(request, f"complaints/{public_id}/", now=clock.now()).data)
    return listed(request, "complaints", "complaints/", **more)


@outlet_only
@require_GET
def parcel(request: HttpRequest) -> HttpResponse:
    """A parcel that the outlet sends or delivers, with its scans."""
    form = ParcelForm(request.GET if "number" in request.GET else None)
    found, status = None, 200
    if form.is_bound and form.is_valid():
        try:
            path = f"waybills/{form.cleaned_data['number']}/"
            found = timed(doors.read(request, path, now=clock.now()).data)
            found["scans"] = [timed(scan) for scan in found["scans"]]
        except Http404:
            form.add_error("number", _("没有这个运单，或它不经过你的网点"))
    if form.errors:
        status = 422
    return page(request, "parcel", {"form": form, "one": found}, status=status)


@outlet_only
@require_GET
def claims(request: HttpRequest) -> HttpResponse:
    """Claims the outlet handles or is liable for."""
    return listed(request, "claims", "claims/")


@outlet_only
@require_http_methods(["GET", "HEAD", "POST"])
def numbers(request: HttpRequest) -> HttpResponse:
    """The outlet's own numbers and their changes (CD-05.24)."""
    form = NumberForm(request.POST or None)
    status = 200
    if request.method == "POST":
        said = sent(request, "contact-numbers/", form)
        if said is not None and not said.refused:
            messages.success(request, _("已登记。"))
            return redirect("partners:numbers")
        status = said.status if said else 422
    calls, _cursor = rows_of(request, "reachability/", parameter="calls")
    return listed(request, "numbers", "contact-numbers/", form=form, calls=calls, status=status)
