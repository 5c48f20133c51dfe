"""Put every change that a page makes down to the person who is signed in."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from kefu.audit.context import forget_who, say_who

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class AuditContextMiddleware:
    """Tell the connection who acts, for the length of an unsafe request; a safe one costs nothing.

    Stands after the authentication. Views that are exempt from the CSRF check do not act for the
    session's user: they name their actor themselves (the API does, by its key).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            if hasattr(request, "audited"):
                forget_who()

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.method in SAFE or getattr(view, "csrf_exempt", False):
            return
        user = request.user
        request.audited = True  # type: ignore[attr-defined]
        say_who(
            request,
            actor_id=user.pk,
            actor_name=user.get_username(),
            role=getattr(user, "role", ""),
            local=False,
        )
