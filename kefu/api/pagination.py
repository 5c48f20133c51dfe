"""Pages by the place of their last row, never by counting: stable while rows are added."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail

from kefu.api.problems import QueryRefused
from kefu.api.public_ids import conceal, reveal

LONGEST = 512  # characters
Rows = TypeVar("Rows", bound=QuerySet[Any])
Row = TypeVar("Row", bound=Model)


def newest_first(rows: Rows, choice: Mapping[str, Any], *, kind: str, number: str = "pk") -> Rows:
    """Return the rows after the place that the ``cursor`` of ``choice`` names; ``number``: the field that orders them.

    Raises QueryRefused for another text.
    """
    if "cursor" in choice:
        (public_id,) = read_cursor(choice["cursor"], parts=1)
        last = reveal(kind, public_id)
        if not last:
            raise cursor_refused()
        rows = rows.filter(**{f"{number}__lt": last})
    return rows.order_by(f"-{number}")


def cut(
    found: Sequence[Row], choice: Mapping[str, Any], *, kind: str, number: str = "pk"
) -> tuple[Sequence[Row], str | None]:
    """Return the page and the cursor of the next; ``found`` is newest first, with a row more where there is a next."""
    page = found[: choice["limit"]]
    more = len(found) > len(page)
    return page, write_cursor(conceal(kind, getattr(page[-1], number))) if more else None


def by_time(
    rows: Rows, choice: Mapping[str, Any], *, kind: str, time: str, newest: bool = False
) -> Rows:
    """Return the rows by their field ``time`` and then their number, soonest or newest first, after the place that the
    ``cursor`` of ``choice`` names. Raises QueryRefused for another text.
    """
    if "cursor" in choice:
        at, last = _moment(choice["cursor"], kind)
        beyond = "lt" if newest else "gt"
        # The first condition says nothing new: it is the one by which an index is entered at the place.
        rows = rows.filter(
            Q(**{f"{time}__{beyond}e": at})
            & (Q(**{f"{time}__{beyond}": at}) | Q(**{time: at, f"pk__{beyond}": last}))
        )
    sign = "-" if newest else ""
    return rows.order_by(f"{sign}{time}", f"{sign}pk")


def cut_by_time(
    found: Sequence[Row], choice: Mapping[str, Any], *, kind: str, time: str
) -> tuple[Sequence[Row], str | None]:
    """Return the page and the cursor of the next; ``found`` has a row more where there is a next."""
    page = found[: choice["limit"]]
    if len(found) == len(page):
        return page, None
    at = getattr(page[-1], time).isoformat()
    return page, write_cursor(at, conceal(kind, page[-1].pk))


def _moment(cursor: str, kind: str) -> tuple[datetime, int]:
    text, public_id = read_cursor(cursor, parts=2)
    last = reveal(kind, public_id)
    try:
        at = datetime.fromisoformat(text)
        if not last or at.tzinfo is None:
            raise cursor_refused()
        return at.astimezone(UTC), last
    except (ValueError, OverflowError):
        raise cursor_refused() from None


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
