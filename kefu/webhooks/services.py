"""Addresses of partners: registered, their secrets exchanged, paused, tried out; what did not arrive sent again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications.models import Event
from kefu.notifications.outbox import here
from kefu.webhooks.models import Delivery, Endpoint, EndpointSecret, Reading
from kefu.webhooks.objects import TEST, TYPES
from kefu.webhooks.queue import TRIED_FOR
from kefu.webhooks.signatures import new_secret

BOTH_VALID = timedelta(hours=24)  # the old secret beside the new one
LONGEST_URL = 500
State = Endpoint.State


@transaction.atomic
def register(
    *, party: Party, url: str, types: Sequence[str], actor: Any, now: datetime
) -> tuple[Endpoint, str]:
    """Register where a partner is told of what happens from now on; return it with its secret.

    Raises KefuError naming the field, NotAllowed for anybody but a supervisor.
    """
    _need_right(actor)
    if party.kind not in Party.PARTNERS or not party.active:
        raise KefuError(_("通知只能发给在用的网点或承包区"), code="not_a_partner", field="party")
    if not types or not set(types) <= set(TYPES):
        raise KefuError(_("请至少选一种事件"), code="types_required", field="types")
    place = here()
    endpoint = Endpoint.objects.create(
        party=party, url=_checked(url), types=sorted(set(types)), created_by=actor, created_at=now
    )
    Reading.objects.create(endpoint=endpoint, txid=place.txid, event_id=place.pk)
    return endpoint, _give_secret(endpoint, actor, now)


def _checked(url: str) -> str:
    """Return the address. Where it leads is checked whenever we connect: names change their addresses."""
    url = url.strip()
    schemes = ("https", "http") if settings.KEFU_WEBHOOK_NETWORKS else ("https",)
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if (
        parsed.scheme not in schemes
        or not parsed.host
        or parsed.userinfo
        or parsed.fragment
        or len(url) > LONGEST_URL
    ):
        message = _("要是 https 地址，不带用户名和 # 后面的部分，如 https://wd.example/kefu")
        raise KefuError(message, code="not_a_url", field="url")
    return url


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, actor: Any, now: datetime) -> str:
    """Give the endpoint a new secret and return it; the old one signs beside it for a day."""
    _need_right(actor)
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    EndpointSecret.objects.filter(endpoint=endpoint, valid_until__isnull=False).delete()
    EndpointSecret.objects.filter(endpoint=endpoint).update(valid_until=now + BOTH_VALID)
    return _give_secret(endpoint, actor, now)


def _give_secret(endpoint: Endpoint, actor: Any, now: datetime) -> str:
    secret = new_secret()
    EndpointSecret.objects.create(
        endpoint=endpoint, sealed={"secret": secret}, created_by=actor, created_at=now
    )
    return secret


@transaction.atomic
def pause(*, endpoint: Endpoint, actor: Any) -> None:
    """Send nothing there for now; what happens meanwhile is sent when it goes on."""
    _need_right(actor)
    if not Endpoint.objects.filter(pk=endpoint.pk, state=State.ACTIVE).update(state=State.PAUSED):
        raise Conflict(_("这个地址没有在用"), code="not_active")


@transaction.atomic
def resume(*, endpoint: Endpoint, actor: Any, now: datetime) -> None:
    """Send there again, from where it stopped; what waits has its three days anew."""
    _need_right(actor)
    stopped = Endpoint.objects.filter(pk=endpoint.pk).exclude(state=State.ACTIVE)
    if not stopped.update(state=State.ACTIVE):
        raise Conflict(_("这个地址已经在用"), code="already_active")
    endpoint.deliveries.filter(state=Delivery.State.PENDING).update(give_up_at=now + TRIED_FOR)


@transaction.atomic
def send_test(*, endpoint: Endpoint, actor: Any, now: datetime) -> Delivery:
    """Send an event of no meaning to this address only. Raises Conflict while it is paused."""
    _need_right(actor)
    if not Endpoint.objects.filter(pk=endpoint.pk, state=State.ACTIVE).exists():
        raise Conflict(_("这个地址没有在用"), code="not_active")
    event = Event.objects.create(kind=TEST, at=now, party_id=endpoint.party_id)
    return Delivery.objects.create(
        endpoint=endpoint,
        event_id=event.pk,
        type=TEST,
        at=now,
        next_at=now,
        give_up_at=now + TRIED_FOR,
    )


@transaction.atomic
def send_again(*, delivery: Delivery, actor: Any, now: datetime) -> None:
    """Try a delivery that was given up anew, for another three days, under the same id."""
    _need_right(actor)
    dead = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.DEAD)
    if not dead.update(
        state=Delivery.State.PENDING,
        tries=0,
        next_at=now,
        give_up_at=now + TRIED_FOR,
        done_at=None,
    ):
        raise Conflict(_("只有没有送达的才能重发"), code="not_dead")


def _need_right(actor: Any) -> None:
    if not actor.has_perm("api.issue_key"):
        raise NotAllowed(_("只有主管可以管理网点通知"))
