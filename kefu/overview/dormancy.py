"""What people and machines see of a restored copy that nobody has activated: everything, and they change nothing."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kefu.api.problems import CONTENT_TYPE, problem
from kefu.continuity import standing

API = "/api/"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Coming in, going out, and in which language to look at it.
OPEN = frozenset(
    {"account_login", "account_logout", "account_reauthenticate", "mfa_authenticate"}
    | {"mfa_reauthenticate", "set_language", "admin:logout"}
)
RETRY = "3600"  # seconds; until people have decided


class DormancyMiddleware:
    """Refuses every change in a copy before a door is reached. In a living system it asks nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if (
            request.method in READING
            or (match and match.view_name in OPEN)
            or not standing.is_dormant()
        ):
            return None
        if request.path_info.startswith(API):
            body = problem(status=503, code="dormant", detail=_("这是恢复的副本，启用前不接受改动"))
            answer: HttpResponse = JsonResponse(body, status=503, content_type=CONTENT_TYPE)
        else:
            answer = render(request, "dormant.html", status=503)
        answer.headers["Retry-After"] = RETRY
        return answer


def told(request: HttpRequest) -> dict[str, Any]:
    """For templates: ``dormant``, a call that tells of the copy; nothing where the data live."""
    return {"dormant": standing.dormant}


def badge(request: HttpRequest) -> list[str] | None:
    """What stands beside the title in the admin."""
    return [_("恢复的副本，尚未启用"), "info"] if standing.is_dormant() else None
