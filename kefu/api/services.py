"""Issue and revoke keys; forget what need not be remembered any more."""

import hashlib
import secrets
import string
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Network, ip_network
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.api.limits import STRETCH
from kefu.api.models import ApiKey, FailedAttempts, IdempotentAnswer, Nonce, SigningSecret
from kefu.api.signatures import NONCES_KEPT
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.privacy import redact
from kefu.staff.models import User

PREFIX_LETTERS = string.ascii_lowercase + string.digits
SECRET_BYTES = 32
SIGNING = "ks_"  # so that nobody takes it for the key
MOST_NETWORKS = 20
MOST_KEYS = 20  # good at a time: each may call so often a minute
# A caller is known by the IPv4 address inside, so such a range would let nobody in.
IPV4_IN_IPV6 = IPv6Network("::ffff:0:0/96")
ANSWERS_KEPT = timedelta(hours=24)


def digest(secret: str) -> bytes:
    """What is stored of a secret. It is random and long, so a slow hash would protect nothing."""
    return hashlib.sha256(secret.encode()).digest()


@transaction.atomic
def issue_key(
    *,
    party: Party,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
    networks: Iterable[str] = (),
    signed: bool = False,
    actor: Any,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Give a partner a key; return it with ``prefix.secret``, which nobody can read again.

    ``networks``: addresses or CIDR ranges it may be used from; none: from anywhere. ``signed``: its writes
    have to be signed, with what ``signing_secret`` tells.
    Raises KefuError naming the field, NotAllowed for anybody but a supervisor and the outlet itself.
    """
    if not may_manage(actor, party):
        raise NotAllowed(_("只有主管和网点自己可以签发接口密钥"))
    if party.kind not in Party.PARTNERS or not party.active:
        raise KefuError(_("密钥只能签发给在用的网点或承包区"), code="not_a_partner", field="party")
    if not scopes or not set(scopes) <= set(ApiKey.Scope.values):
        raise KefuError(_("请至少选一项权限"), code="scopes_required", field="scopes")
    if expires_at is not None and expires_at <= now:
        raise KefuError(_("到期时间要在将来"), code="not_in_future", field="expires_at")
    _need_room(party, now)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey.objects.create(
        party=party,
        name=redact.clean(name, max_length=60, field="name", multiline=False, required=True),
        prefix=_prefix(),
        secret_digest=digest(secret),
        scopes=sorted(set(scopes)),
        networks=_networks(networks),
        created_by=actor,
        created_at=now,
        expires_at=expires_at,
    )
    if signed:
        SigningSecret.objects.create(
            api_key=key, sealed={"secret": SIGNING + secrets.token_urlsafe(SECRET_BYTES)}
        )
    return key, f"{key.prefix}.{secret}"


def _need_room(party: Party, now: datetime) -> None:
    Party.objects.select_for_update(no_key=True).get(pk=party.pk)  # one after the other
    good = ApiKey.objects.filter(party=party, account=None, revoked_at=None)
    if good.exclude(expires_at__lte=now).count() >= MOST_KEYS:
        raise Conflict(
            _("最多同时 {n} 把密钥，请先吊销不用的").format(n=MOST_KEYS), code="too_many_keys"
        )


def page_key(*, account: Any, now: datetime) -> ApiKey:
    """Return the key by which an outlet's account calls from our own pages: it may all that a key may.

    Made at the first call; revoking it shuts the pages. Raises NotAllowed for one that is revoked.
    """
    key, _new = ApiKey.objects.select_related("party").get_or_create(
        account=account,
        defaults={
            "party": account.party,
            "name": account.username,
            "prefix": _prefix(),
            "secret_digest": digest(secrets.token_urlsafe(SECRET_BYTES)),
            "scopes": ApiKey.Scope.values,
            "created_by": account,
            "created_at": now,
        },
    )
    if key.revoked_at is not None or not key.party.active:
        raise NotAllowed(_("这个账号的网页已停用，请联系客服部"))
    key.scopes = ApiKey.Scope.values  # those added since, too
    return key


def may_manage(actor: Any, party: Party) -> bool:
    """Whether somebody keeps a partner's keys and addresses: a supervisor, or an account of its own."""
    own = actor.is_active and actor.role == User.Role.OUTLET and actor.party_id == party.pk
    return bool(own or actor.has_perm("api.issue_key"))


def _prefix() -> str:
    return "kf" + "".join(secrets.choice(PREFIX_LETTERS) for _letter in range(10))


def signing_secret(key: ApiKey) -> str:
    """Return what the key's writes are signed with, to be shown once at the issue; "" for one that does not sign."""
    found = SigningSecret.objects.filter(api_key=key).first()
    return found.sealed["secret"] if found else ""


def _networks(given: Iterable[str]) -> list[str]:
    """Return the ranges in their canonical spelling. Raises KefuError for a text that is none."""
    networks = {}
    for text in given:
        try:
            network = ip_network(text.strip(), strict=False)
            if "%" in text or (
                isinstance(network, IPv6Network) and network.subnet_of(IPV4_IN_IPV6)
            ):
                raise ValueError(text)
        except ValueError:
            message = _("“%(text)s”不是 IP 地址或网段") % {"text": text.strip()[:60]}
            raise KefuError(message, code="not_a_network", field="networks") from None
        networks[str(network)] = network
    if len(networks) > MOST_NETWORKS:
        message = _("来源地址最多 %(most)d 个") % {"most": MOST_NETWORKS}
        raise KefuError(message, code="too_many", field="networks")
    return list(networks)


@transaction.atomic
def revoke_key(*, key: ApiKey, actor: Any, now: datetime) -> ApiKey:
    """End a key; the next call with it is refused."""
    if not may_manage(actor, key.party):
        raise NotAllowed(_("只有主管和网点自己可以吊销接口密钥"))
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        raise Conflict(_("这把密钥已经吊销了"), code="already_revoked")
    key.revoked_at = now
    return key


def forget_old(*, now: datetime) -> int:
    """Delete answers older than a day, attempts that no longer count and nonces; return how many rows."""
    answers, _models = IdempotentAnswer.objects.filter(created_at__lt=now - ANSWERS_KEPT).delete()
    attempts, _models = FailedAttempts.objects.filter(since__lt=now - STRETCH).delete()
    nonces, _models = Nonce.objects.filter(used_at__lt=now - NONCES_KEPT).delete()
    return answers + attempts + nonces
