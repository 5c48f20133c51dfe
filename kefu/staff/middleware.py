"""Nobody works before his account is in order."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from kefu.staff.duties import owed

# Where an account is put in order, or left; and what asks for no account.
OPEN = ("account_", "mfa_", "socialaccount_", "openid_connect_", "set_language", "admin:log")
ELSEWHERE = frozenset(
    {
        "overview:healthz",
        "overview:readyz",
        "overview:metrics",
        "overview:shared_wallboard",
        "customers:survey",
    }
)
API = "/api/"  # keys, not sessions


class DutiesMiddleware:
    """Leads whoever has a password to change, or a second factor to set up, there and nowhere else.

    Stands behind everything that says who is signed in. A stream that is open goes on until it ends, after ten
    minutes at most (``kefu.notifications.live``).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if (
            settings.SESSION_COOKIE_NAME not in request.COOKIES
            or request.path_info.startswith(API)
            or name.startswith(OPEN)
            or name in ELSEWHERE
            or not request.user.is_authenticated
        ):
            return None
        first = owed(request)
        if first is None:
            return None
        if "text/event-stream" in request.headers.get("Accept", ""):
            return HttpResponse(status=204)  # and the browser does not ask again
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponseClientRedirect(first.url)
        return redirect(first.url)
