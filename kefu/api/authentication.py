"""Partners come with a key of their own. A session of a colleague opens nothing here."""

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

from kefu.api.arrival import arrive
from kefu.api.limits import TooManyAttempts, allow, count_failure
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
        address = address_of(request)
        prefix, digest = _shown(header)
        arrival = arrive(prefix=prefix, digest=digest, address=address)
        key, now = arrival.key, arrival.at
        if arrival.shut_until is not None:
            raise TooManyAttempts((arrival.shut_until - now).total_seconds())
        if key is None:
            count_failure(address=address, now=now)
            raise AuthenticationFailed(_("密钥无效"), code="key_invalid")
        # What is refused from here on is a call as well, or refusals could be had without end.
        allow(request._request, counted=arrival.calls, now=now)
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


def _shown(header: str) -> tuple[str, bytes]:
    """Return the prefix of the key that the header shows and the digest of its secret; nobody's for anything else."""
    scheme, _space, token = header.partition(" ")
    shape = TOKEN.fullmatch(token.strip())
    if scheme.lower() != "bearer" or shape is None:
        return "", NOBODY
    return shape["prefix"], digest(shape["secret"])


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
