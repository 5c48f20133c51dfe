"""Open and close accounts of outlets."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.partners.models import OutletAccount
from kefu.privacy import redact
from kefu.staff.models import User
from kefu.staff.services import new_password

RIGHT = "partners.manage_account"
LONGEST = 30  # characters of a user name


@transaction.atomic
def open_account(
    *, party: Party, username: str, name: str, actor: Any, now: datetime
) -> tuple[OutletAccount, str]:
    """Let somebody of an outlet sign in; return the account and its first password, to be told once.

    Raises KefuError naming the field, Conflict: username_taken, NotAllowed for anybody but a supervisor.
    """
    _need_right(actor)
    if party.kind not in Party.PARTNERS or not party.active:
        raise KefuError(_("账号只能开给在用的网点或承包区"), code="not_a_partner", field="party")
    username = redact.clean(
        username, max_length=LONGEST, field="username", multiline=False, required=True
    )
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict(_("这个登录名已经有人用了"), code="username_taken", field="username")
    name = redact.clean(name, max_length=60, field="name", multiline=False, required=True)
    password = new_password()
    account = OutletAccount.objects.create_user(
        username, password=password, first_name=name, role=User.Role.OUTLET, party=party
    )
    _record("opened", account, actor=actor, now=now, after={"party": party.code})
    return account, password


@transaction.atomic
def close_account(*, account: OutletAccount, actor: Any, now: datetime) -> None:
    """Nobody signs in with it any more; open sessions end at their next click."""
    _need_right(actor)
    if not OutletAccount.objects.filter(pk=account.pk, is_active=True).update(is_active=False):
        raise Conflict(_("这个账号已经停用了"), code="already_closed")
    notifications.publish(kind=Event.Kind.ACCOUNT_CLOSED, at=now, user_id=account.pk)
    _record("closed", account, actor=actor, now=now)


@transaction.atomic
def reset_password(*, account: OutletAccount, actor: Any, now: datetime) -> str:
    """Give a new first password, to be told once; it opens a closed account again, and ends every session."""
    _need_right(actor)
    password = new_password()
    account.set_password(password)
    account.is_active = True
    account.save(update_fields=["password", "is_active"])
    _record("password_reset", account, actor=actor, now=now)
    return password


def _need_right(actor: Any) -> None:
    if not actor.has_perm(RIGHT):
        raise NotAllowed(_("只有主管可以办理网点账号"))


def _record(action: str, account: OutletAccount, *, actor: Any, now: datetime, **what: Any) -> None:
    audit.record(
        action=f"outlet_account_{action}",
        actor=actor,
        at=now,
        table="staff_user",
        object_id=account.pk,
        **what,
    )
