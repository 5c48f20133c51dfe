"""Out of the house: events become deliveries, deliveries become messages, each sent once.

Words outside name nobody: what happened, the number of the case, when it is due, a link.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.notifications import naming, sending, ways
from kefu.notifications.models import Channel, Delivery, Event, Message, Planning, Preference
from kefu.notifications.outbox import Place, here, read
from kefu.notifications.services import ring
from kefu.staff.models import User

log = logging.getLogger(__name__)

BATCH = 500
MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=2)  # longer than any try to send lasts
BACK_OFF = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 30)]
TRIES = len(BACK_OFF) + 1
A_MINUTE = 20  # messages a robot takes within a minute; the three kinds agree
LINES = 8  # of a joined message: WeCom takes 2,048 bytes
State = Delivery.State


@dataclass(frozen=True, slots=True)
class Letter:
    """One message under way and what it tells."""

    message: Message
    channel: Channel
    deliveries: Sequence[Delivery]


def plan(*, now: datetime) -> int:
    """Make the deliveries of what has been committed since the last time; return how many.

    Nobody plans beside another: whoever finds the place taken leaves it to him.
    """
    with transaction.atomic():
        start = here()
        Planning.objects.bulk_create(
            [Planning(one=True, txid=start.txid, event_id=start.pk)], ignore_conflicts=True
        )
    with transaction.atomic():
        place = Planning.objects.select_for_update(skip_locked=True).first()
        if place is None:
            return 0
        news = read(after=Place(place.txid, place.event_id), limit=BATCH)
        if not news:
            return 0
        events = Event.objects.filter(
            pk__in=[one.place.pk for one in news], at__in={one.at for one in news}
        )
        made = Delivery.objects.bulk_create(_deliveries(list(events), now), ignore_conflicts=True)
        last = news[-1].place
        Planning.objects.update(txid=last.txid, event_id=last.pk)
        return len(made)


def _deliveries(events: Sequence[Event], now: datetime) -> list[Delivery]:
    channels = list(
        Channel.objects.filter(active=True, user__in={event.user_id for event in events})
        .exclude(user__role=User.Role.OUTLET)
        .select_related("user")
    )
    robots = list(
        Channel.objects.filter(
            active=True, department__in={event.department_id for event in events}
        )
    )
    preferences = Preference.objects.in_bulk([channel.user_id for channel in channels])
    made = []
    for event in sorted(events, key=lambda event: event.pk):
        if event.kind in ways.INSIDE:
            continue
        for channel in channels:
            if channel.user is not None and channel.user_id == event.user_id:
                preference = preferences.get(channel.user_id)
                wanted = ways.ways_of(
                    role=channel.user.role, preference=preference, kind=event.kind
                )
                if ways.way_of(channel) in wanted:
                    held = ways.held_until(preference=preference, kind=event.kind, now=now)
                    made.append(_delivery(event, channel, held, now))
        made += [
            _delivery(event, robot, None, now)
            for robot in robots
            if robot.department_id == event.department_id and event.kind in ways.DEPARTMENTS
        ]
    return made


def _delivery(event: Event, channel: Channel, held: datetime | None, now: datetime) -> Delivery:
    due = event.data.get("due_at")
    return Delivery(
        event_id=event.pk,
        kind=event.kind,
        at=event.at,
        case_id=event.case_id,
        case_due_at=parse_datetime(due) if isinstance(due, str) else None,
        user_id=channel.user_id,
        channel=channel,
        state=State.HELD if held else State.PENDING,
        due_at=held or now,
    )


def send_due() -> int:
    """Send what is due, channel by channel; return how many messages were taken."""
    now = clock.now()
    due = Delivery.objects.filter(due_at__lte=now).order_by().values("channel").distinct()
    sent = 0
    for channel_id in due.values_list("channel", flat=True):
        for letter in claim(channel_id=channel_id, now=now):
            error = sending.send(letter.channel, _words(letter))
            sent += not error
            finish(letter=letter, error=error, now=clock.now())
    return sent


@transaction.atomic
def claim(*, channel_id: int, now: datetime) -> Sequence[Letter]:
    """Take what is due for a channel that nobody else is at, in no more messages than it takes in a minute."""
    channel = (
        Channel.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
        .select_related("user")
        .filter(pk=channel_id)
        .first()
    )
    if channel is None:
        return []
    due = list(
        Delivery.objects.select_for_update(of=("self",))
        .filter(channel=channel, due_at__lte=now)
        .order_by("at", "pk")[:BATCH]
    )
    if not channel.active or (channel.user is not None and not channel.user.is_active):
        _give_up(due, error="closed")
        return []
    room = A_MINUTE - channel.messages.filter(at__gt=now - MINUTE).count()
    letters = []
    for group in grouped(due, room=room):
        message = Message.objects.create(channel=channel, at=now)
        Delivery.objects.filter(pk__in=[one.pk for one in group]).update(
            message=message, due_at=now + LEASE, tries=F("tries") + 1
        )
        for one in group:
            one.tries += 1
        letters.append(Letter(message, channel, group))
    return letters


def grouped(due: Sequence[Delivery], *, room: int) -> Sequence[Sequence[Delivery]]:
    """Return what goes into each message: urgent ones first, the held and the tried ones together, and what is more
    than there is room for joined into one."""
    if room <= 0 or not due:
        return []
    first = [one for one in due if one.kind in ways.URGENT and not one.tries]
    together = [one for one in due if one not in first and (one.state == State.HELD or one.tries)]
    alone = [*first, *(one for one in due if one not in first and one not in together)]
    groups = [[one] for one in alone] + ([together] if together else [])
    if len(groups) <= room:
        return groups
    rest = [one for group in groups[room - 1 :] for one in group]
    return [*groups[: room - 1], rest]


@transaction.atomic
def finish(*, letter: Letter, error: str, now: datetime) -> None:
    """Write down what came of a message. Whoever was overtaken meanwhile changes no delivery."""
    Message.objects.filter(pk=letter.message.pk, error=None).update(error=error)
    channel = Channel.objects.select_for_update(no_key=True).get(pk=letter.channel.pk)
    mine = list(
        Delivery.objects.select_for_update().filter(message=letter.message, due_at__isnull=False)
    )
    if not error:
        Delivery.objects.filter(pk__in=[one.pk for one in mine]).update(
            state=State.SENT, due_at=None, error=""
        )
        Channel.objects.filter(pk=channel.pk).update(failing_since=None)
        return
    Channel.objects.filter(pk=channel.pk, failing_since=None).update(failing_since=now)
    for one in mine:
        if one.tries < TRIES:
            one.state, one.error = State.FAILED, error
            one.due_at = now + BACK_OFF[one.tries - 1]
            one.save(update_fields=["state", "error", "due_at"])
    over = [one for one in mine if one.tries >= TRIES]
    if over:
        _give_up(over, error=error)
        ring(
            kind=Event.Kind.CHANNEL_FAILED,
            at=now,
            user_ids=owners_of(channel),
            data={"channel": channel.pk, "n": len(over)},
        )


def _give_up(deliveries: Sequence[Delivery], *, error: str) -> None:
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries]).update(
        state=State.GAVE_UP, due_at=None, error=error
    )


def owners_of(channel: Channel) -> Collection[int]:
    """Who is told that a channel is broken: its owner; of a department's, its supervisors."""
    if channel.user_id is not None:
        return [channel.user_id]
    return list(
        User.objects.filter(
            role=User.Role.SUPERVISOR, is_active=True, employee__department=channel.department_id
        ).values_list("pk", flat=True)
    )


def _words(letter: Letter) -> str:
    cases = {one.case_id for one in letter.deliveries if one.case_id is not None}
    numbers = naming.numbers(
        user=letter.channel.user, department_id=letter.channel.department_id, case_ids=cases
    )
    lines = [_line(one, numbers) for one in letter.deliveries[:LINES]]
    more = len(letter.deliveries) - len(lines)
    if len(letter.deliveries) > 1:
        lines.insert(0, _("客服工作台：{n} 条通知").format(n=len(letter.deliveries)))
    if more > 0:
        lines.append(_("还有 {n} 条，请到工作台看").format(n=more))
    return "\n".join(lines)


def _line(delivery: Delivery, numbers: Mapping[int, Any]) -> str:
    number = numbers.get(delivery.case_id) if delivery.case_id is not None else None
    words = [str(delivery.get_kind_display())]
    if number:
        words.append(number)
    if delivery.case_due_at is not None:
        due = delivery.case_due_at.astimezone(SHANGHAI)
        words.append(_("{at:%m-%d %H:%M} 到期").format(at=due))
    if settings.KEFU_PUBLIC_URL:
        path = f"/cases/{number}/" if number else "/"
        words.append(settings.KEFU_PUBLIC_URL.rstrip("/") + path)
    return " · ".join(words)
