"""A POST repeated with the same ``Idempotency-Key`` has one effect and gets the first answer again."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from kefu.api.authentication import Partner, partner_of
from kefu.api.models import IdempotentAnswer
from kefu.api.problems import CONTENT_TYPE, HeaderRefused
from kefu.audit.context import say_who
from kefu.errors import Conflict, KefuError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT = ("ETag", "Location")
LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"

Handler = Callable[..., Response]


def once(handler: Handler) -> Handler:
    """Run a POST handler at most once for a key: the row and the effect commit together, or neither.

    What is refused had no effect and is not remembered: the same key may carry the corrected request. A refusal
    that the handler returns had one, and is remembered like any answer.
    The same key with another request is refused (422), as is one whose first request is under way (409).
    """

    @wraps(handler)
    def answer(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key, digest, partner = _key(request), _digest(request), partner_of(request)
        with transaction.atomic():
            _say_who(request, partner)
            _claim(partner, key)
            row, new = IdempotentAnswer.objects.get_or_create(
                api_key=partner.key,
                key=key,
                defaults={"request_digest": digest, "created_at": partner.seen_at},
            )
            if not new:
                return _again(row, digest)
            response = handler(view, request, *args, **kwargs)
            row.status = response.status_code
            row.sealed = {
                "body": orjson.dumps(response.data).decode(),
                **{name: response.headers[name] for name in KEPT if name in response.headers},
            }
            row.save(update_fields=["status", "sealed"])
        return response

    return answer


def _key(request: Request) -> str:
    key: str | None = request.headers.get(HEADER)
    if key is None:
        raise HeaderRefused(
            _("每个 POST 请求都要带 Idempotency-Key 头，如一个新的 UUID"),
            code="idempotency_key_required",
            field=HEADER,
        )
    if not KEY.fullmatch(key):
        raise HeaderRefused(
            _("Idempotency-Key 应是 1 到 255 个可见的 ASCII 字符"),
            code="idempotency_key_invalid",
            field=HEADER,
        )
    return key


def _digest(request: Request) -> bytes:
    """What makes two requests the same: where they go and what they say, not how it is spaced."""
    body = orjson.dumps(request.data, _digest_of_file, orjson.OPT_SORT_KEYS)
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + body).digest()


def _digest_of_file(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        raise TypeError(f"not of a request: {type(value)}")
    digest = hashlib.file_digest(value, "sha256").hexdigest()
    value.seek(0)
    return digest


def _say_who(request: Request, partner: Partner) -> None:
    say_who(
        request._request,
        actor_id=None,
        actor_name=f"{partner.party.code} {partner.key.prefix}",
        role="outlet",
        local=True,
    )


def _claim(partner: Partner, key: str) -> None:
    """Let one of two at the same time go on, and tell the other instead of letting it wait.

    The unique constraint decides; the lock only spares the second one a wait for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [f"kefu.api {partner.key.pk} {key}"])
        if not cursor.fetchone()[0]:
            raise Conflict(
                _("同一个 Idempotency-Key 的请求还在处理，请稍后用同样的内容重试"),
                code="idempotency_in_progress",
            )


def _again(row: IdempotentAnswer, digest: bytes) -> Response:
    if bytes(row.request_digest) != digest:
        raise KefuError(
            _("这个 Idempotency-Key 已用于另一个请求，请换一个"),
            code="idempotency_key_reused",
            field=HEADER,
        )
    kept = dict(row.sealed)
    body = orjson.loads(kept.pop("body"))
    again = Response(body, status=row.status, headers={**kept, REPLAYED: "true"})
    if row.status is not None and row.status >= 400:
        again.content_type = CONTENT_TYPE
    return again
