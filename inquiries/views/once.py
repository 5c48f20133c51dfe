"""A form that is sent twice has one effect.

Each form carries a ticket. The first sending uses it up in the transaction of its effect; sent again, because
the line broke before the answer came, it gives the first result and does nothing.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from kefu.errors import Conflict

LIFE = 24 * 3600  # seconds for which a used ticket is remembered
OF_THE_PAGE = {"csrfmiddlewaretoken", "version", "ticket"}  # not what somebody wrote


Result = TypeVar("Result")


def new_ticket() -> str:
    return uuid.uuid4().hex


def sent_before(request: HttpRequest, *, edited: bool = False) -> Any:
    """Return the result of the sending that used this form's ticket up, None if there was none.

    Asked before the form is checked: what was possible the first time may not be any more. Raises Conflict:
    already_sent if other words come under the ticket, unless ``edited`` is no matter.
    """
    digest, result = cache.get(_key(request)) or ("", None)
    if digest and digest != _digest(request) and not edited:
        said = _("刚才发的已经记下了，只是网络断了没有告诉你。内容改过，要另记一条就再按一次")
        raise Conflict(said, code="already_sent")
    return result


def once(request: HttpRequest, do: Callable[[], Result]) -> Result:
    """Return what ``do`` returns, and do it once however often the form is sent.

    ``do`` returns something that can be kept: words, numbers, lists of them. Whatever it raises, nothing is done.
    """
    if not request.POST.get("ticket"):
        return do()
    key = _key(request)
    with transaction.atomic():
        # The cache is a table of this database: whoever sends at the same time waits here for the first.
        if not cache.add(key, None, LIFE):
            return cast("Result", sent_before(request))
        result = do()
        cache.set(key, (_digest(request), result), LIFE)
    return result


def _key(request: HttpRequest) -> str:
    ticket = request.POST.get("ticket", "")[:40]
    return f"sent:{request.user.pk}:{request.path}:{ticket}"


def _digest(request: HttpRequest) -> str:
    written = sorted(
        (name, values) for name, values in request.POST.lists() if name not in OF_THE_PAGE
    )
    return hashlib.sha256(json.dumps(written).encode()).hexdigest()
