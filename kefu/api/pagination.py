"""Pages by the place of their last row, never by counting: stable while rows are added."""

import base64
import binascii
from typing import Any

import orjson
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail

from kefu.api.problems import QueryRefused

LONGEST = 512  # characters


def write_cursor(*place: str) -> str:
    """Return an opaque text for the place after which the next page begins."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def read_cursor(text: str, *, parts: int) -> list[str]:
    """Return the place again. Raises QueryRefused for a text that we have not written."""
    try:
        place: Any = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        place = None
    if (
        not isinstance(place, list)
        or len(place) != parts
        or not all(isinstance(part, str) for part in place)
    ):
        raise cursor_refused()
    return place


def cursor_refused() -> QueryRefused:
    message = _("cursor 不是上一页给出的，或排序方式变了")
    return QueryRefused({"cursor": [ErrorDetail(message, "cursor_invalid")]})
