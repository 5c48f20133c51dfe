"""What every page of an outlet stands on: who may come in, one page of a door's list, a form posted to a door."""

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime

from kefu import clock
from kefu.errors import NotAllowed
from kefu.partners import doors
from kefu.partners.doors import Refused
from kefu.partners.forms import DoorForm
from kefu.staff.models import User

View = Callable[..., HttpResponse]
PAGE = 50
ID = re.compile(r"[a-z2-7]{26}")
INSTANT = re.compile(r"(^|_)(at|by|until)$")  # what fields of the doors that hold one are called


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
            answer = refused.answer
            return page(request, "refused", {"said": answer.data["detail"]}, status=answer.status)
        except NotAllowed as refused:  # the pages' key is revoked
            return page(request, "refused", {"said": str(refused)}, status=403)

    return inside


def page(
    request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    context = {"tab": name, "now": clock.now(), **context}
    return render(request, f"partners/{name}.html", context, status=status)


def sent(request: HttpRequest, door: str, form: DoorForm, **more: str) -> doors.Answer | None:
    """Post a form, and what the page adds, to a door; None if the form itself cannot be. What the door refuses stands in
    the form.
    """
    if not form.is_valid():
        return None
    given = form.cleaned_data
    body = form.body() | more
    said = doors.send(
        request, door, body, ticket=given["ticket"], etag=given["etag"], now=clock.now()
    )
    if said.refused:
        form.take(said)
    return said


def listed(
    request: HttpRequest,
    name: str,
    door: str,
    *,
    wanted: dict[str, str] | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """One page of a door's list, and what else the page needs."""
    rows, cursor = rows_of(request, door, **(wanted or {}))
    return page(request, name, {"rows": rows, "next": cursor, **more}, status=status)


def opened(request: HttpRequest, default: str = "") -> str:
    """The id that the address of a page names as opened. Raises Http404 for what is none."""
    public_id = request.GET.get("open", default)
    if public_id and not ID.fullmatch(public_id.rpartition("/")[2]):
        raise Http404
    return public_id


def rows_of(
    request: HttpRequest, door: str, *, parameter: str = "cursor", **wanted: str
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of a door's list, and the cursor of the next, which comes back in the page's ``parameter``."""
    if cursor := request.GET.get(parameter):
        wanted["cursor"] = cursor
    try:
        said = doors.read(request, door, now=clock.now(), limit=PAGE, **wanted)
    except Refused as refused:
        if refused.answer.status == 400:
            raise Http404 from refused  # a cursor that nobody gave
        raise
    return [timed(row) for row in said.data["results"]], said.data["next_cursor"]


def timed(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same row, its instants as instants."""
    return {
        name: parse_datetime(value) if INSTANT.search(name) and value else value
        for name, value in row.items()
    }
