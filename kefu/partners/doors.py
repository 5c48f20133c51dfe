"""The outlets' pages are one more program of the outlet: they call the doors of the REST interface and nothing else.

So whoever sits at a page sees and does exactly what a key of his outlet sees and does, and is counted and put on
record in the same way.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from kefu.api.authentication import Partner
from kefu.api.limits import count_call
from kefu.api.problems import handle
from kefu.api.services import page_key
from kefu.audit.context import address_of

HOME = "/api/v1/"
# What a page reads: a list, an object by its id, a parcel by its number, the lines or deliveries of one.
PATH = re.compile(r"[a-z-]+/([a-z2-7]{26}/((lines|deliveries)/)?|[A-Z0-9]{1,40}/)?")


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


class Refused(Exception):
    """A door was shut: too many calls, the outlet is not active any more."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def read(request: HttpRequest, path: str, *, now: datetime, **parameters: Any) -> Answer:
    """Read from a door, e.g. ``read(request, "claims/", limit=50)``. Raises Http404 for what is not the outlet's."""
    if not PATH.fullmatch(path):
        raise Http404
    answer = _answer(_call(request, "GET", path, now=now, query=urlencode(parameters)))
    if answer.refused:
        raise Refused(answer)
    return answer


def fetch(request: HttpRequest, path: str, *, now: datetime) -> HttpResponse:
    """Take a file from a door as it gives it. Raises Http404 for what is not the outlet's."""
    response: HttpResponse = _call(request, "GET", path, now=now)
    if response.status_code >= 400:
        raise Refused(_answer(response))
    return response


def send(
    request: HttpRequest,
    path: str,
    body: dict[str, Any],
    *,
    ticket: str,
    etag: str = "",
    now: datetime,
) -> Answer:
    """Post to a door, as a form where there is a file in it. ``ticket``: the same for a form that is sent twice;
    ``etag``: the version that was looked at. Raises Http404.
    """
    headers = {"HTTP_IDEMPOTENCY_KEY": ticket} | ({"HTTP_IF_MATCH": etag} if etag else {})
    if any(isinstance(value, UploadedFile) for value in body.values()):
        content_type, content = _as_form(body)
        headers["CONTENT_TYPE"] = content_type
    else:
        content = orjson.dumps(body)
    return _answer(_call(request, "POST", path, now=now, body=content, headers=headers))


def _as_form(body: dict[str, Any]) -> tuple[str, bytes]:
    """Its type and its bytes. Every value is a file; its name is nobody's business."""
    boundary = secrets.token_hex(16)
    lines: list[bytes] = []
    for name, file in body.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
        lines += head.encode(), file.read(), b"\r\n"
    return f"multipart/form-data; boundary={boundary}", b"".join(
        [*lines, f"--{boundary}--\r\n".encode()]
    )


def _answer(response: Any) -> Answer:
    if response.status_code == 404:
        raise Http404
    return Answer(response.status_code, response.data, response.headers.get("ETag", ""))


def _call(
    request: HttpRequest,
    method: str,
    path: str,
    *,
    now: datetime,
    query: str = "",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> Any:
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
    try:
        count_call(inner, key=key, now=now)
    except Throttled as error:
        return handle(error, {"request": Request(inner)})
    return match.func(inner, *match.args, **match.kwargs)
