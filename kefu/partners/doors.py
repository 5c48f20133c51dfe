"""The outlets' pages are one more program of the outlet: they call the doors of the REST interface and nothing else.

So whoever sits at a page sees and does exactly what a key of his outlet sees and does, and is counted and put on
record in the same way.
"""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import orjson
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest
from django.urls import resolve
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from kefu.api.authentication import Partner
from kefu.api.limits import count_call
from kefu.api.problems import handle
from kefu.api.services import page_key
from kefu.audit.context import address_of

HOME = "/api/v1/"


@dataclass(frozen=True)
class Answer:
    """What a door said: the status, the body as data, and the version of what was read."""

    status: int
    data: Any
    etag: str = ""

    @property
    def refused(self) -> bool:
        return self.status >= 400

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong, by field; "" for what belongs to none."""
        if not self.refused:
            return {}
        faults = {one["field"]: one["message"] for one in self.data["errors"]}
        return faults or {"": self.data["detail"]}


def read(request: HttpRequest, path: str, *, now: datetime, **parameters: Any) -> Answer:
    """Read from a door, e.g. ``read(request, "claims/", limit=50)``. Raises Http404 for what is not the outlet's."""
    answer = _call(request, "GET", path, now=now, query=urlencode(parameters))
    if answer.status == 404:
        raise Http404
    return answer


def send(
    request: HttpRequest,
    path: str,
    body: dict[str, Any],
    *,
    ticket: str,
    etag: str = "",
    now: datetime,
) -> Answer:
    """Post to a door. ``ticket``: the same for a form that is sent twice; ``etag``: the version that was looked at."""
    headers = {"HTTP_IDEMPOTENCY_KEY": ticket} | ({"HTTP_IF_MATCH": etag} if etag else {})
    answer = _call(request, "POST", path, now=now, body=orjson.dumps(body), headers=headers)
    if answer.status == 404:
        raise Http404
    return answer


def _call(
    request: HttpRequest,
    method: str,
    path: str,
    *,
    now: datetime,
    query: str = "",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> Answer:
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": HOME + path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": address_of(request),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": BytesIO(body),
        **(headers or {}),
    }
    inner: Any = WSGIRequest(environ)
    account: Any = request.user
    key = page_key(account=account, now=now)
    # REST framework takes these for signed in: the session is, and the key is the account's own.
    inner._force_auth_user, inner._force_auth_token = Partner(account.party, key, now), key
    match = resolve(HOME + path)
    response: Any
    try:
        count_call(inner, key=key, now=now)
    except Throttled as error:
        response = handle(error, {"request": Request(inner)})
    else:
        response = match.func(inner, *match.args, **match.kwargs)
    return Answer(response.status_code, response.data, response.headers.get("ETag", ""))
