"""A form that is sent twice has one effect.

Each form carries a ticket. The first sending uses it up in the transaction of its effect; sent again, because
the line broke before the answer came, it gives the first result and does nothing. A draft keeps its ticket.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection, transaction
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from kefu import clock
from kefu.errors import Conflict
from kefu.workbench.models import SentForm

KEPT = timedelta(days=3)  # longer than a draft lives in a browser
# What the page adds to what somebody wrote: hidden fields that may differ when the same words are sent again.
OF_THE_PAGE = {"csrfmiddlewaretoken", "version", "ticket", "current", "done", "receipt"}
SUGGESTED = "was-"
# Whoever sends the same form at the same time waits here until the first is through, or takes its place.
USE_UP = """
INSERT INTO inquiries_sentform (user_id, ticket, path, digest, sent_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (user_id, ticket) DO NOTHING
"""
Result = TypeVar("Result")


def new_ticket() -> str:
    return uuid.uuid4().hex


def renewed(posted: QueryDict) -> QueryDict:
    """The same words in a form that has not been sent yet."""
    fresh = posted.copy()
    fresh["ticket"] = new_ticket()
    return fresh


def sent_before(request: HttpRequest) -> Any:
    """Return the result of the sending that used this form's ticket up, None if there was none.

    Asked before the form is checked: what was possible the first time may not be any more. Raises Conflict:
    already_sent if other words come under the ticket; then the first ones are on record and these are not.
    """
    if not (ticket := _ticket(request)):
        return None
    before = SentForm.objects.filter(user=request.user.pk, ticket=ticket).first()
    if before is None:
        return None
    if bytes(before.digest) != _digest(request):
        said = _("刚才发的已经记下了，只是网络断了没有告诉你。内容改过，要另记一条就再按一次")
        raise Conflict(said, code="already_sent", result=before.result)
    return before.result


def once(request: HttpRequest, do: Callable[[], Result]) -> Result:
    """Return what ``do`` returns, and do it once however often the form is sent.

    ``do`` returns what can be kept as JSON and is not None. Whatever it raises, nothing is done and the ticket
    is not used up.
    """
    if not (ticket := _ticket(request)):
        return do()
    with transaction.atomic():
        row = [request.user.pk, ticket, request.path[:200], _digest(request), clock.now()]
        with connection.cursor() as cursor:
            cursor.execute(USE_UP, row)
            used_up_before = cursor.rowcount == 0
        if used_up_before:
            result: Result = sent_before(request)
            return result
        result = do()
        SentForm.objects.filter(user=request.user.pk, ticket=ticket).update(result=result)
    return result


def forget_old(*, now: datetime) -> int:
    """Delete what nobody sends again; return how many rows."""
    return SentForm.objects.filter(sent_at__lt=now - KEPT).delete()[0]


def _ticket(request: HttpRequest) -> str:
    ticket = request.POST.get("ticket", "")[:40]
    return (
        ticket if ticket.isprintable() else ""
    )  # none of ours, and nothing the database could look for


def _digest(request: HttpRequest) -> bytes:
    written = sorted(
        (name, values)
        for name, values in request.POST.lists()
        if name not in OF_THE_PAGE and not name.startswith(SUGGESTED)
    )
    return hashlib.sha256(json.dumps([request.path, written]).encode()).digest()
