"""The way in: who may come, the one way to a case, and how a refusal goes back."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme

from kefu.cases.models import Case
from kefu.staff.models import Employee, User

View = Callable[..., HttpResponse]


class DeskRequest(HttpRequest):
    """A request behind the door: its user is signed in and of the centre."""

    user: Any
    htmx: Any


def desk_only(view: View) -> View:
    """For people of the centre; a partner's account is refused (it has the REST interface)."""

    @login_required
    @wraps(view)
    def inside(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.role == User.Role.OUTLET:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inside


def workers_only(view: View) -> View:
    """For those who work cases; everybody else of the centre may look, not touch."""

    @desk_only
    @wraps(view)
    def inside(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("cases.work_case"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inside


def came_from(request: DeskRequest, otherwise: str) -> str:
    """The address of ours that a form says it stood at; nowhere outside."""
    back = request.POST.get("back", "")
    inside = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if inside else otherwise


def find_case(request: DeskRequest, number: str) -> Case:
    """The only way to a case from a page."""
    if not number.isprintable():  # typed by hand: the database refuses to look for such signs
        raise Http404
    return get_object_or_404(
        Case.objects.visible_to(request.user)
        .select_related("waybill__origin", "waybill__destination", "owner", "department", "outlet")
        .prefetch_related("consultations__department")
        .defer("search", "lookup", "waybill__sealed", "waybill__lookup"),
        number=number,
    )


def employee_of(request: DeskRequest) -> Employee:
    """The employee who sits here. Accounts without a staff number work no cases."""
    employee = (
        Employee.objects.select_related("department", "user").filter(user=request.user).first()
    )
    if employee is None:
        raise PermissionDenied
    return employee


def tell(response: HttpResponse, text: str, **more: Any) -> HttpResponse:
    """Ask the page to show a short message, and maybe more events."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    response.headers["HX-Trigger"] = json.dumps({**events, "toast": {"text": text}, **more})
    return response
