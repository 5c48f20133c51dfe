"""Signed writes: a key that has a signing secret proves of each change that nobody else made or repeated it.

The signature is the lower-case hexadecimal HMAC-SHA256, under the signing secret, of five lines:
time (seconds since 1970), nonce, method, path with its parameters, SHA-256 of the body in hexadecimal.
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from kefu.api.models import ApiKey, Nonce
from kefu.api.parsers import LARGEST_BATCH, BodyTooLarge
from kefu.api.problems import HeaderRefused

TIMESTAMP, NONCE, SIGNATURE = "X-Kefu-Timestamp", "X-Kefu-Nonce", "X-Kefu-Signature"
SKEW = timedelta(minutes=5)  # how far a caller's clock may be from ours
NONCES_KEPT = 2 * SKEW  # as long as a request could still be accepted again
SHAPES = {
    TIMESTAMP: re.compile(r"\d{1,12}"),
    NONCE: re.compile(r"[\x21-\x7e]{16,64}"),
    SIGNATURE: re.compile(r"[0-9a-f]{64}"),
}
READS = ("GET", "HEAD", "OPTIONS", "TRACE")


class SignatureRefused(HeaderRefused):
    """Who shows the key is known; that he sent just this, just now, is not."""

    status = 403


def check_signature(request: HttpRequest, *, key: ApiKey, now: datetime) -> None:
    """Let a write of a key with a signing secret pass once. Raises SignatureRefused naming the header, BodyTooLarge."""
    secret = getattr(key, "signing_secret", None)
    if secret is None or request.method in READS:
        return
    if len(request.body) > LARGEST_BATCH:
        raise BodyTooLarge(LARGEST_BATCH)
    given = {name: _header(request, name) for name in SHAPES}
    expected = sign(secret.sealed["secret"], request, given[TIMESTAMP], given[NONCE])
    if not hmac.compare_digest(expected, given[SIGNATURE]):
        raise SignatureRefused(_("签名不对"), code="signature_invalid", field=SIGNATURE)
    # Said only to whoever can sign: others learn nothing of our clock and of the nonces.
    if abs(now.timestamp() - int(given[TIMESTAMP])) > SKEW.total_seconds():
        message = _("时间与本公司的时钟相差超过 %(n)d 秒") % {"n": SKEW.total_seconds()}
        raise SignatureRefused(message, code="timestamp_stale", field=TIMESTAMP)
    _use(key, given[NONCE], now)


def sign(secret: str, request: HttpRequest, timestamp: str, nonce: str) -> str:
    body = hashlib.sha256(request.body).hexdigest()
    lines = [timestamp, nonce, str(request.method), request.get_full_path(), body]
    return hmac.digest(secret.encode(), "\n".join(lines).encode(), "sha256").hex()


def _header(request: HttpRequest, name: str) -> str:
    value: str | None = request.headers.get(name)
    if value is None:
        message = _("这把密钥的写入要签名，缺少 %(name)s 头") % {"name": name}
        raise SignatureRefused(message, code="signature_required", field=name)
    if not SHAPES[name].fullmatch(value):
        message = _("%(name)s 头的格式不对") % {"name": name}
        raise SignatureRefused(message, code="signature_invalid", field=name)
    return value


def _use(key: ApiKey, nonce: str, now: datetime) -> None:
    """Take a nonce for good, whatever becomes of the request: the constraint lets one of two through."""
    try:
        with transaction.atomic():
            Nonce.objects.create(api_key=key, nonce=nonce, used_at=now)
    except IntegrityError:
        message = _("这个 %(name)s 已经用过，每个请求要用新的") % {"name": NONCE}
        raise SignatureRefused(message, code="nonce_used", field=NONCE) from None
