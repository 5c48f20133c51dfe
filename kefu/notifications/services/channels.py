"""The ways out that people name, and what they want to hear there."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, NotAllowed
from kefu.notifications import sending, ways
from kefu.notifications.models import Channel, Delivery, Message, Preference
from kefu.staff.models import Department, User


def may_keep(*, channel: Channel, actor: User) -> bool:
    """Whether a channel is the actor's own, or a robot of the department he supervises."""
    if channel.user_id is not None:
        return channel.user_id == actor.pk
    return channel.department_id is not None and channel.department_id in departments_of(actor)


def departments_of(actor: User) -> Sequence[int]:
    """The departments whose robots somebody keeps: a supervisor's own, every one for the manager."""
    if actor.role == User.Role.MANAGER or actor.is_superuser:
        return list(Department.objects.filter(active=True).values_list("pk", flat=True))
    if actor.role != User.Role.SUPERVISOR:
        return []
    return list(
        Department.objects.filter(active=True, employees__user=actor).values_list("pk", flat=True)
    )


def add_channel(
    *,
    kind: str,
    address: str,
    secret: str = "",
    department: Department | None,
    actor: User,
    now: datetime,
) -> Channel:
    """Name a way out: the actor's own, or a department's. Raises NotAllowed, Conflict."""
    channel = Channel(
        user=None if department else actor,
        department=department,
        kind=kind,
        sealed={"address": address, **({"secret": secret} if secret else {})},
        hint=sending.masked(kind, address),
        added_by=actor,
        added_at=now,
    )
    if not may_keep(channel=channel, actor=actor):
        raise NotAllowed(_("只能管本部门的机器人"))
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError as error:
        raise Conflict(_("这种渠道已经有一个，先停用再换"), code="channel_exists") from error
    return channel


@transaction.atomic
def remove_channel(*, channel: Channel, actor: User) -> None:
    """Stop using a channel; what still waits for it is not sent. Raises NotAllowed."""
    if not may_keep(channel=channel, actor=actor):
        raise NotAllowed(_("只能管本部门的机器人"))
    Channel.objects.select_for_update().get(pk=channel.pk)
    Channel.objects.filter(pk=channel.pk).update(active=False)
    Delivery.objects.filter(channel=channel, due_at__isnull=False).update(
        state=Delivery.State.GAVE_UP, due_at=None, error="closed"
    )


def try_channel(*, channel: Channel, actor: User, now: datetime) -> str:
    """Send a word on a channel now; return "" or what went wrong. Raises NotAllowed, Conflict."""
    if not may_keep(channel=channel, actor=actor):
        raise NotAllowed(_("只能管本部门的机器人"))
    if not channel.active:
        raise Conflict(_("这个渠道已停用"), code="channel_closed")
    # Counted like any other: trying is no way around what the robot takes in a minute.
    message = Message.objects.create(channel=channel, at=now)
    error = sending.send(channel, _("客服工作台：这是一条测试通知"))
    Message.objects.filter(pk=message.pk).update(error=error)
    failing = Channel.objects.filter(pk=channel.pk)
    if error:
        failing.filter(failing_since=None).update(failing_since=now)
    else:
        failing.update(failing_since=None)
    return error


def save_preference(
    *,
    user: User,
    quiet_from: time | None,
    quiet_until: time | None,
    digest_at: time | None,
    choices: Mapping[str, Any],
) -> Preference:
    return Preference.objects.update_or_create(
        user=user,
        defaults={
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
            "digest_at": digest_at,
            "ways": ways.chosen(choices, role=user.role),
        },
    )[0]
