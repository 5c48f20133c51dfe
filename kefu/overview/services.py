"""Housekeeping that belongs to no single app."""

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.overview.models import WallboardLink
from kefu.staff.models import Department

AHEAD = 3  # months for which a partition stands ready, besides the current one


def make_partitions(*, now: datetime) -> int:
    """Make the monthly partitions from this month until ``AHEAD`` months on; return how many were missing.

    The tables are append-only and big; without a partition rows go to the default one, where they stay.
    """
    today = now.astimezone(SHANGHAI).date()
    with connection.cursor() as cursor:
        cursor.execute("SELECT kefu_make_partitions(%s, %s)", [today, month_after(today, AHEAD)])
        return int(cursor.fetchone()[0])


def month_after(day: date, months: int) -> date:
    """Return the first day of the month that lies ``months`` after that of ``day``."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


# The wallboard.

SHARE = "overview.share_wallboard"


@transaction.atomic
def make_wallboard_link(
    *, name: str, department: Department | None, actor: Any, now: datetime
) -> WallboardLink:
    """Let a screen show the wallboard to whoever stands before it. Raises NotAllowed, KefuError naming ``name``."""
    if not actor.has_perm(SHARE):
        raise NotAllowed(_("你没有开通大屏链接的权限"))
    name = name.strip()
    if not name:
        raise KefuError(_("写明挂在哪里，以后好收回"), field="name")
    made = WallboardLink.objects.create(
        name=name, department=department, made_by=actor, made_at=now
    )
    _told("wallboard_shared", made, actor, now)
    return made


@transaction.atomic
def revoke_wallboard_link(*, link: WallboardLink, actor: Any, now: datetime) -> None:
    """End a link at once, for good. Raises NotAllowed, Conflict for one that is over."""
    if not actor.has_perm(SHARE):
        raise NotAllowed(_("你没有收回大屏链接的权限"))
    link = WallboardLink.objects.select_for_update(no_key=True).get(pk=link.pk)
    if link.revoked_at is not None:
        raise Conflict(_("这个链接已经收回"), code="revoked")
    link.revoked_by, link.revoked_at = actor, now
    link.save(update_fields=["revoked_by", "revoked_at"])
    _told("wallboard_revoked", link, actor, now)


def _told(action: str, link: WallboardLink, actor: Any, now: datetime) -> None:
    table = WallboardLink._meta.db_table
    after = {"name": link.name, "department": link.department_id}
    audit.record(action=action, actor=actor, at=now, table=table, object_id=link.pk, after=after)
