"""Write an event where its cause is written; wake the readers once it is true."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.db import transaction

from kefu.notifications.models import BellMark, Event
from kefu.notifications.wakeup import client

log = logging.getLogger(__name__)

CHANNEL = "kefu:events"


def publish(
    *,
    kind: Event.Kind,
    at: datetime,
    user_id: int | None = None,
    department_id: int | None = None,
    party_id: int | None = None,
    case_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Add one event to the outbox, in the caller's transaction."""
    Event.objects.create(
        kind=kind,
        at=at,
        user_id=user_id,
        department_id=department_id,
        party_id=party_id,
        case_id=case_id,
        data=data or {},
    )
    transaction.on_commit(wake_readers, robust=True)


def ring(
    *,
    kind: Event.Kind,
    at: datetime,
    user_ids: Iterable[int],
    data: dict[str, Any],
    case_id: int | None = None,
) -> None:
    """Ring the bells of several people at once, in the caller's transaction."""
    Event.objects.bulk_create(
        Event(kind=kind, at=at, user_id=user_id, case_id=case_id, data=data) for user_id in user_ids
    )
    transaction.on_commit(wake_readers, robust=True)


def wake_readers() -> None:
    """Tell the live streams to look now. Only a hint: they look by themselves when Redis is silent."""
    try:
        client(settings.REDIS_URL).publish(CHANNEL, b"1")
    except redis.RedisError as error:
        log.warning("wake-up not sent: %s", error)


def mark_bell_read(*, user_id: int, up_to: int) -> None:
    BellMark.objects.update_or_create(user_id=user_id, defaults={"seen_id": up_to})
