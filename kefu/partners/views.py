"""The pages of an outlet without programmers. Each reads and writes by the doors of the REST interface."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kefu import clock
from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.errors import KefuError, NotAllowed
from kefu.partners import doors
from kefu.partners.forms import ANSWERS, DoorForm, KeyForm, NumberForm, QuestionForm
from kefu.partners.todo import KINDS, Item, Refused, one, todo
from kefu.staff.models import User

View = Callable[..., HttpResponse]
PAGE = 50


def outlet_only(view: View) -> View:
    """For people of an outlet; our own people have the workbench."""

    @login_required
    @wraps(view)
    def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.role != User.Role.OUTLET:  # type: ignore[union-attr]  # signed in
            raise PermissionDenied
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            return _page(request, "refused", {"said": refused.answer.data["detail"]}, status=503)
        except NotAllowed as refused:  # the pages' key is revoked
            return _page(request, "refused", {"said": str(refused)}, status=403)

    return inside


def _page(
    request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = {"tab": name, "now": clock.now(), **context}
    return render(request, f"partners/{name}.html", context, status=status)


# -- What is asked of me ----------------------------------------------------------------------


@outlet_only
@require_GET
def show_todo(request: HttpRequest) -> HttpResponse:
    """Everything that waits for an answer, soonest first, and the first of it to be answered."""
    items = todo(request, now=clock.now())
    return _todo(request, items, request.GET.get("open", items[0].place if items else ""))


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
        form = form or ANSWERS[kind](initial={"etag": etag})
    context = {"items": items, "item": item, "form": form}
    return _page(request, "todo", context, status=status)


@outlet_only
@require_POST
def answer(request: HttpRequest, kind: str, public_id: str) -> HttpResponse:
    """Answer one of them; the door decides by the moment it is asked."""
    if kind not in KINDS:
        raise Http404
    now = clock.now()
    form = ANSWERS[kind](request.POST)
    said = _sent(request, f"{kind}/{public_id}/{KINDS[kind].door}", form)
    if said is None or said.refused:
        status = said.status if said else 422
        return _todo(request, todo(request, now=now), f"{kind}/{public_id}", form, status)
    messages.success(request, _("已答复，以服务器收到的时刻为准。"))
    return redirect("partners:todo")


def _sent(request: HttpRequest, door: str, form: DoorForm) -> doors.Answer | None:
    """Post a form to a door; None if the form itself cannot be. What the door refuses stands in the form."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    said = doors.send(
        request, door, form.body(), ticket=given["ticket"], etag=given["etag"], now=clock.now()
    )
    if said.refused:
        form.take(said)
    return said


# -- What I ask -------------------------------------------------------------------------------


@outlet_only
@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: HttpRequest) -> HttpResponse:
    """What the outlet asked us or others, with what came back; and a new question."""
    form = QuestionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        said = _sent(request, "network-queries/", form)
        if said is not None and not said.refused:
            messages.success(request, _("已发出 %(number)s") % {"number": said.data["number"]})
            return redirect("partners:asked")
        status = said.status if said else 422
    return _list(request, "asked", "network-queries/", form=form, status=status, direction="sent")


@outlet_only
@require_GET
def claims(request: HttpRequest) -> HttpResponse:
    """Claims the outlet handles or is liable for."""
    return _list(request, "claims", "claims/")


@outlet_only
@require_http_methods(["GET", "HEAD", "POST"])
def numbers(request: HttpRequest) -> HttpResponse:
    """The outlet's own numbers and their changes (CD-05.24)."""
    form = NumberForm(request.POST or None)
    status = 200
    if request.method == "POST":
        said = _sent(request, "contact-numbers/", form)
        if said is not None and not said.refused:
            messages.success(request, _("已登记。"))
            return redirect("partners:numbers")
        status = said.status if said else 422
    return _list(request, "numbers", "contact-numbers/", form=form, status=status)


def _list(
    request: HttpRequest,
    name: str,
    door: str,
    *,
    form: DoorForm | None = None,
    status: int = 200,
    **wanted: Any,
) -> HttpResponse:
    """One page of a door's list; the cursor of the next is in the address."""
    if cursor := request.GET.get("cursor"):
        wanted["cursor"] = cursor
    said = doors.read(request, door, now=clock.now(), limit=PAGE, **wanted)
    if said.refused:
        if said.status == 400:
            raise Http404  # a cursor that nobody gave
        raise Refused(said)
    rows = [_timed(row) for row in said.data["results"]]
    context = {"rows": rows, "next": said.data["next_cursor"], "form": form}
    return _page(request, name, context, status=status)


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    """The same row, its instants as instants."""
    return {
        name: parse_datetime(value) if name.endswith("_at") and value else value
        for name, value in row.items()
    }


# -- Keys -------------------------------------------------------------------------------------


@outlet_only
@require_http_methods(["GET", "HEAD", "POST"])
def show_keys(request: HttpRequest) -> HttpResponse:
    """The keys of the outlet's own programs: made here, shown once, revoked here."""
    account: Any = request.user
    now = clock.now()
    form = KeyForm(request.POST or None)
    issued, secret, status = None, "", 200
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                issued, secret = keys.issue_key(
                    **form.cleaned_data,
                    party=account.party,
                    expires_at=None,
                    actor=account,
                    now=now,
                )
        except KefuError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    if request.method == "POST" and issued is None:
        status = 422
    response = _page(
        request,
        "keys",
        {
            "rows": _own_keys(account),
            "form": KeyForm() if issued else form,
            "issued": issued,
            "secret": secret,
            "signing_secret": keys.signing_secret(issued) if issued else "",
        },
        status=status,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@outlet_only
@require_POST
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(_own_keys(request.user), pk=pk)
    try:
        keys.revoke_key(key=key, actor=request.user, now=clock.now())
        messages.success(request, _("已吊销，下一次调用就会被拒。"))
    except KefuError as error:
        messages.error(request, str(error))
    return redirect("partners:keys")


def _own_keys(account: Any) -> Any:
    """Keys of the outlet's programs; not those of pages."""
    return ApiKey.objects.filter(party=account.party, account=None).order_by("-pk")
