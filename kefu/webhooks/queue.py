"""Which deliveries there are, whose turn it is, and what became of them. No transaction lasts while one is sent."""

import random
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Prefetch, Q, QuerySet

from kefu.api.objects import object_of
from kefu.api.serializers import instant
from kefu.webhooks.models import Attempt, Delivery, Endpoint, EndpointSecret
from kefu.webhooks.objects import public_event_id
from kefu.webhooks.posting import Answer, Letter
from kefu.webhooks.signatures import sign

FAN_OUT = (Path(__file__).parent / "fan_out.sql").read_text()
CLAIM = (Path(__file__).parent / "claim.sql").read_text()
EVENTS = 500  # of an endpoint at once
SHARE = (
    4  # deliveries of one endpoint under way at the same time: a slow one takes no more of the room
)
PARTNER_SHARE = 8  # the same of all endpoints of one partner
LEASE = timedelta(seconds=15)  # thrice what a delivery may last; then its sender was killed
TRIED_FOR = timedelta(days=3)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=6)
GONE = 410


def fan_out(*, now: datetime) -> None:
    """Make a delivery of each event that an active endpoint has not been given yet."""
    with connection.cursor() as cursor:
        cursor.execute(FAN_OUT, {"limit": EVENTS, "now": now, "give_up_at": now + TRIED_FOR})


def claim(*, room: int, now: datetime) -> Sequence[Delivery]:
    """Take at most ``room`` deliveries that are due; nobody else takes them before the lease is over."""
    values: dict[str, Any] = {
        "share": SHARE,
        "partner": PARTNER_SHARE,
        "room": room,
        "now": now,
        "until": now + LEASE,
        "lease": uuid.uuid4(),
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        taken = [row[0] for row in cursor.fetchall()]
    valid = EndpointSecret.objects.filter(Q(valid_until=None) | Q(valid_until__gt=now))
    return list(
        Delivery.objects.filter(pk__in=taken)
        .select_related("endpoint")
        .prefetch_related(Prefetch("endpoint__secrets", valid.order_by("-pk")))
        .order_by("event_id")
    )


def letter(delivery: Delivery, *, now: datetime) -> Letter:
    """Return what is sent: the same id and body at each try, the time and the signatures of this one."""
    payload = {
        "type": delivery.type,
        "timestamp": instant(delivery.at),
        "data": object_of(delivery.data) or {},
    }
    body, message_id = orjson.dumps(payload), public_event_id(delivery.event_id)
    timestamp = int(now.timestamp())
    keys = [row.sealed["secret"] for row in delivery.endpoint.secrets.all()]
    headers = {
        "content-type": "application/json",
        "user-agent": "kefu-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(body, message_id=message_id, timestamp=timestamp, secrets=keys),
    }
    return Letter(delivery.endpoint.url, headers, body)


@transaction.atomic
def record(results: Iterable[tuple[Delivery, Answer]], *, now: datetime) -> None:
    """Write what came of these: delivered, to be tried again, or given up."""
    results = list(results)
    Attempt.objects.bulk_create(
        Attempt(
            delivery=delivery,
            at=now,
            status=answer.status,
            error=answer.error,
            milliseconds=answer.milliseconds,
        )
        for delivery, answer in results
    )
    _held(delivery for delivery, answer in results if answer.taken).update(
        state=Delivery.State.DELIVERED, next_at=None, lease=None, done_at=now
    )
    for delivery, answer in results:
        if answer.taken:
            continue
        if answer.status == GONE or delivery.give_up_at <= now:
            left = {"state": Delivery.State.DEAD, "next_at": None, "done_at": now}
        else:
            left = {"next_at": min(now + _pause(delivery.tries), delivery.give_up_at)}
        _held([delivery]).update(lease=None, **left)
    gone = {delivery.endpoint_id for delivery, answer in results if answer.status == GONE}
    Endpoint.objects.filter(pk__in=gone, state=Endpoint.State.ACTIVE).update(
        state=Endpoint.State.GONE
    )


def _held(deliveries: Iterable[Delivery]) -> QuerySet[Delivery]:
    """Those that nobody has taken over meanwhile: of the others he says what became of them."""
    deliveries = list(deliveries)
    return Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries],
        lease__in={delivery.lease for delivery in deliveries},
    )


def _pause(tries: int) -> timedelta:
    """Three times as long after each try, give or take a third: those that failed together do not come together."""
    pause: timedelta = min(FIRST_PAUSE * 3 ** min(tries - 1, 12), LONGEST_PAUSE)
    return pause * random.uniform(2 / 3, 4 / 3)  # noqa: S311 no secret
