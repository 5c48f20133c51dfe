"""Put every change that a page makes down to the person who is signed in."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase

from kefu.audit.context import forget_who, say_who

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class AuditContextMiddleware:
    """Tell the connection who acts, for the length of an unsafe request; a safe one costs nothing.

    Stands after the authentication. Views that are exempt from the CSRF check do not act for the
    session's user: they name their actor themselves (the API does, by its key).
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer_async(request)
        try:
            return self.get_response(request)
        finally:
            self._forget(request)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        try:
            response: HttpResponseBase = await self.get_response(request)
            return response
        finally:
            if hasattr(request, "audited"):
                # In the thread of the view, and behind it even when the caller has gone away.
                await sync_to_async(self._forget)(request)

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

    @staticmethod
    def _forget(request: HttpRequest) -> None:
        if hasattr(request, "audited"):
            forget_who()
