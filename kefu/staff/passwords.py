"""How old a password may be and which may not come back: what the rulebook of its owner's department asks (ES-404.06,
SD-214.02).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kefu import clock
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.access import Actor, may
from kefu.policy.due import due_since
from kefu.policy.refusals import NotInRulebook
from kefu.staff import selectors
from kefu.staff.models import Employee, UsedPassword, User

KEPT = 5  # earlier passwords that may not come back
WARNED = timedelta(days=3)  # before a password has to be changed


@dataclass(frozen=True, slots=True)
class PasswordDue:
    """By when a password has to be changed and which clause says so; ``due_at`` None: before anything else, because
    somebody else knows it.
    """

    clause: str
    due_at: datetime | None

    def over(self, now: datetime) -> bool:
        return self.due_at is None or now >= self.due_at

    def close(self, now: datetime) -> bool:
        return self.due_at is not None and now >= self.due_at - WARNED


def due_of(user: User, *, now: datetime) -> PasswordDue | None:
    """None where no rulebook asks anything of this account: an outlet's, or that of nobody in a department."""
    employee: Employee | None = getattr(user, "employee", None)  # read once a request
    rules = selectors.rules_of(employee, now=now) if employee is not None else None
    if rules is None:
        return None
    if user.password_told:
        try:
            refused = may(rules, "work_in_account", Actor()).refused_by
        except NotInRulebook:
            refused = ()
        if refused:
            return PasswordDue(refused[0], None)
    due = due_since("password_change", user.password_set_at, rules)
    return PasswordDue(due.clause, due.due_at) if due is not None else None


class NotUsedBefore:
    """Django's way to hear of every password that is set through ``save``: by its owner, by an administrator, by a
    command. Refuses one of the last, and keeps how old the new one is.
    """

    def validate(self, password: str, user: Any = None) -> None:
        if user is None or user.pk is None:
            return
        used = UsedPassword.objects.filter(user=user).order_by("-pk").values_list("hash", flat=True)
        if any(check_password(password, hash_) for hash_ in (user.password, *used[:KEPT])):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def get_help_text(self) -> str:
        return ngettext(
            "不能与最近用过的 %(n)d 个密码相同。", "不能与最近用过的 %(n)d 个密码相同。", KEPT
        ) % {"n": KEPT}

    def password_changed(self, _password: str, user: Any = None) -> None:
        if user is None or not user.has_usable_password():
            return
        now = clock.now()
        with transaction.atomic():
            remember(user, now=now)
            # Sessions end by themselves, as their hash does not fit any more; streams that are open have to be told.
            notifications.ring(
                kind=Event.Kind.PASSWORD_CHANGED, at=now, user_ids=[user.pk], data={}
            )


@transaction.atomic
def remember(user: User, *, now: datetime, told: bool = False) -> None:
    """A password was set: its age begins. ``told``: by somebody else, who knows it."""
    UsedPassword.objects.create(user=user, hash=user.password, set_at=now)
    kept = UsedPassword.objects.filter(user=user).order_by("-pk").values("pk")[:KEPT]
    UsedPassword.objects.filter(user=user).exclude(pk__in=kept).delete()
    user.password_set_at, user.password_told = now, told
    User.objects.filter(pk=user.pk).update(password_set_at=now, password_told=told)


def words(due: PasswordDue, *, now: datetime) -> str:
    """What is asked, for a person: with its clause."""
    if due.due_at is None:
        return _("这个密码是别人告诉你的，先换成自己的密码，再开始工作（{clause}）。").format(
            clause=due.clause
        )
    if due.over(now):
        return _("密码已到更换的时候，换了才能继续（{clause}）。").format(clause=due.clause)
    left = max(1, -(-(due.due_at - now) // timedelta(days=1)))
    text = ngettext(
        "密码还有 {n} 天就要更换（{clause}）。", "密码还有 {n} 天就要更换（{clause}）。", left
    )
    return text.format(n=left, clause=due.clause)
