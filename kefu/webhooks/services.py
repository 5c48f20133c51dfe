"""Addresses of partners: registered, their secrets exchanged, paused, tried out; what did not arrive sent again.

``actor``: a supervisor, an account of the partner, or None: a program of the partner's, let in by its key.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kefu.api.services import may_manage
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications.models import Event
from kefu.notifications.outbox import here
from kefu.webhooks.models import Attempt, Delivery, Endpoint, EndpointSecret, Reading
from kefu.webhooks.objects import TEST, TYPES
from kefu.webhooks.queue import TRIED_FOR
from kefu.webhooks.signatures import new_secret

BOTH_VALID = timedelta(hours=24)  # the old secret beside the new one
LONGEST_URL = 500
MOST_ENDPOINTS = 10  # of a partner's at a time
KEPT = timedelta(days=90)  # what became of a delivery
DELETED_AT_ONCE = 5_000  # deliveries
State = Endpoint.State


@transaction.atomic
def register(
    *, party: Party, url: str, types: Sequence[str], actor: Any, now: datetime
) -> tuple[Endpoint, str]:
    """Register where a partner is told of what happens from now on; return it with its secret.

    Raises KefuError naming the field, NotAllowed for whoever may not.
    """
    _need_right(actor, party)
    if party.kind not in Party.PARTNERS or not party.active:
        raise KefuError(_("通知只能发给在用的网点或承包区"), code="not_a_partner", field="party")
    if not types or not set(types) <= set(TYPES):
        raise KefuError(_("请至少选一种事件"), code="types_required", field="types")
    _need_room(party)
    place = here()
    endpoint = Endpoint.objects.create(
        party=party, url=_checked(url), types=sorted(set(types)), created_by=actor, created_at=now
    )
    Reading.objects.create(endpoint=endpoint, txid=place.txid, event_id=place.pk)
    return endpoint, _give_secret(endpoint, actor, now)


def _need_room(party: Party) -> None:
    Party.objects.select_for_update(no_key=True).get(pk=party.pk)  # one after the other
    if Endpoint.objects.filter(party=party).exclude(state=State.REMOVED).count() >= MOST_ENDPOINTS:
        raise Conflict(
            _("最多 {n} 个接收地址，请先停用不用的").format(n=MOST_ENDPOINTS),
            code="too_many_endpoints",
        )


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
        or not parsed.raw_host  # ``host`` would read it as a person does, and refuse some that there are
        or parsed.userinfo
        or parsed.fragment
        or len(url) > LONGEST_URL
    ):
        message = _("要是 https 地址，不带用户名和 # 后面的部分，如 https://wd.example/kefu")
        raise KefuError(message, code="not_a_url", field="url")
    return url


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, actor: Any, now: datetime) -> str:
    """Give the endpoint a new secret and return it; the last one signs beside it for a day, one before that ends now."""
    _need_right(actor, endpoint.party)
    locked = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if locked.state == State.REMOVED:
        raise _removed()
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
    _need_right(actor, endpoint.party)
    if not Endpoint.objects.filter(pk=endpoint.pk, state=State.ACTIVE).update(state=State.PAUSED):
        raise Conflict(_("这个地址没有在用"), code="not_active")


@transaction.atomic
def resume(*, endpoint: Endpoint, actor: Any, now: datetime) -> None:
    """Send there again, from where it stopped; what waits has its three days anew."""
    _need_right(actor, endpoint.party)
    locked = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if locked.state == State.REMOVED:
        raise _removed()
    if locked.state == State.ACTIVE:
        raise Conflict(_("这个地址已经在用"), code="already_active")
    Endpoint.objects.filter(pk=endpoint.pk).update(state=State.ACTIVE)
    endpoint.deliveries.filter(state=Delivery.State.PENDING).update(give_up_at=now + TRIED_FOR)


@transaction.atomic
def remove(*, endpoint: Endpoint, actor: Any, now: datetime) -> None:
    """Send nothing there any more; what waits is given up. It stays on record and does not come back."""
    _need_right(actor, endpoint.party)
    there = Endpoint.objects.filter(pk=endpoint.pk).exclude(state=State.REMOVED)
    if not there.update(state=State.REMOVED):
        raise _removed()
    endpoint.deliveries.filter(state=Delivery.State.PENDING).update(
        state=Delivery.State.DEAD, next_at=None, lease=None, done_at=now
    )


def _removed() -> Conflict:
    return Conflict(_("这个地址已经停用"), code="already_removed")


@transaction.atomic
def send_test(*, endpoint: Endpoint, actor: Any, now: datetime) -> Delivery:
    """Send an event of no meaning to this address only. Raises Conflict while it is paused."""
    _need_right(actor, endpoint.party)
    locked = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if locked.state != State.ACTIVE:
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
    if not _revive(delivery.endpoint, Delivery.objects.filter(pk=delivery.pk), actor, now):
        raise Conflict(_("只有没有送达的才能重发"), code="not_dead")


@transaction.atomic
def send_all_again(*, endpoint: Endpoint, actor: Any, now: datetime) -> int:
    """The same for all that were given up there; return how many."""
    return _revive(endpoint, Delivery.objects.filter(endpoint=endpoint), actor, now)


def _revive(endpoint: Endpoint, rows: QuerySet[Delivery], actor: Any, now: datetime) -> int:
    _need_right(actor, endpoint.party)
    locked = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if locked.state == State.REMOVED:
        raise _removed()
    return rows.filter(state=Delivery.State.DEAD).update(
        state=Delivery.State.PENDING,
        tries=0,
        next_at=now,
        give_up_at=now + TRIED_FOR,
        done_at=None,
    )


def forget_old(*, now: datetime) -> int:
    """Delete deliveries that were over 90 days ago, with their tries, a few at a time; return how many."""
    deleted = 0
    while True:
        with transaction.atomic():
            old = Delivery.objects.filter(done_at__lt=now - KEPT).order_by("done_at", "pk")
            # Locked: one that is sent again meanwhile is not over any more.
            some = list(
                old.select_for_update(skip_locked=True).values_list("pk", flat=True)[
                    :DELETED_AT_ONCE
                ]
            )
            Attempt.objects.filter(delivery__in=some).delete()
            Delivery.objects.filter(pk__in=some).delete()
        deleted += len(some)
        if len(some) < DELETED_AT_ONCE:
            return deleted


def _need_right(actor: Any, party: Party) -> None:
    if actor is not None and not may_manage(actor, party):
        raise NotAllowed(_("只有主管和网点自己可以管理接收地址"))
