"""Partners come with a key of their own. A session of a colleague opens nothing here."""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any, ClassVar

import structlog
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from kefu import clock
from kefu.api.limits import check_attempts, count_call, count_failure
from kefu.api.models import ApiKey
from kefu.api.services import digest
from kefu.api.signatures import check_signature
from kefu.audit.context import address_of
from kefu.network.models import Party

TOKEN = re.compile(r"(?P<prefix>kf[a-z0-9]{10})\.(?P<secret>[A-Za-z0-9_-]{43})")
USE_NOTED = timedelta(minutes=1)  # last_used_at is written at most so often
NOBODY = digest("")


@dataclass(frozen=True, slots=True)
class Partner:
    """Who calls: a party by one of its keys. ``seen_at`` is when the call came in, by the one clock."""

    party: Party
    key: ApiKey
    seen_at: datetime

    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True


def partner_of(request: Request) -> Partner:
    """Return who calls; behind ``KeyAuthentication`` and ``HasScope`` it is always a partner."""
    partner: Any = request.user
    if not isinstance(partner, Partner):
        raise TypeError(f"a partner should call here, not {partner!r}")
    return partner


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer prefix.secret``. The row is read at every call: revoking works at once."""

    def authenticate(self, request: Request) -> tuple[Partner, ApiKey] | None:
        header = request.headers.get("Authorization")
        if not header:
            return None
        now = clock.now()
        address = address_of(request)
        check_attempts(address=address, now=now)
        key = _find(header)
        if key is None:
            count_failure(address=address, now=now)
            raise AuthenticationFailed(_("密钥无效"), code="key_invalid")
        # What is refused from here on is a call as well, or refusals could be had without end.
        count_call(request._request, key=key, now=now)
        # Whoever has shown the secret may know what is wrong with the key.
        if key.revoked_at is not None:
            raise AuthenticationFailed(_("密钥已吊销"), code="key_revoked")
        if key.expires_at is not None and key.expires_at <= now:
            raise AuthenticationFailed(_("密钥已过期"), code="key_expired")
        if key.networks and not _within(address, key.networks):
            raise PermissionDenied(_("这把密钥不能从这个地址使用"), code="address_not_allowed")
        if not key.party.active:
            raise PermissionDenied(_("网点已停用，请联系客服部"), code="party_inactive")
        check_signature(request._request, key=key, now=now)
        _note_use(key, now)
        structlog.contextvars.bind_contextvars(party=key.party.code, api_key=key.prefix)
        return Partner(key.party, key, now), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="kefu"'


def _find(header: str) -> ApiKey | None:
    """Return the key whose secret the header holds, revoked ones too."""
    scheme, _space, token = header.partition(" ")
    shape = TOKEN.fullmatch(token.strip())
    if scheme.lower() != "bearer" or shape is None:
        return None
    key = (
        ApiKey.objects.select_related("party", "signing_secret")
        .filter(prefix=shape["prefix"])
        .first()
    )
    # An unknown prefix takes as long as a wrong secret.
    known = bytes(key.secret_digest) if key else NOBODY
    return key if hmac.compare_digest(known, digest(shape["secret"])) else None


def _within(address: str, networks: Iterable[str]) -> bool:
    """Whether a call comes from one of these. An address we could not learn is in none."""
    return bool(address) and any(ip_address(address) in ip_network(each) for each in networks)


def _note_use(key: ApiKey, now: datetime) -> None:
    if key.last_used_at is None or key.last_used_at < now - USE_NOTED:
        ApiKey.objects.filter(
            Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED), pk=key.pk
        ).update(last_used_at=now)


class HasScope(BasePermission):
    """The key may do this. Views say ``scopes = (to read, to write)``; one that does not is closed."""

    message = gettext_lazy("这把密钥没有所需的权限")
    code = "scope_missing"

    def has_permission(self, request: Request, view: Any) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        read, write = view.scopes
        return (read if request.method in ("GET", "HEAD") else write) in key.scopes
