"""What an account owes before it may work: a password of its own that is not too old, a second factor where its role
asks for one.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kefu import clock
from kefu.staff import passwords
from kefu.staff.models import User
from kefu.staff.passwords import PasswordDue

YOUNG = timedelta(days=1)  # no rulebook asks for less, so nothing is looked up for a newer password
NEAR = timedelta(hours=1)  # further from the truth no host's clock is believed to be
FRESH = 60.0  # seconds a process goes by what it found
MOST = 5_000  # accounts whose answers a process keeps

_found: dict[Any, tuple[float, Any]] = {}


@dataclass(frozen=True, slots=True)
class Owed:
    """``url``: where it is made good."""

    url: str
    words: str


def owed(request: HttpRequest) -> Owed | None:
    """What this account has to do before anything else; None in nearly every request, without a question."""
    user: Any = request.user
    by_sign_on = signed_on(request)
    if not by_sign_on and (due := password_due(user)) is not None:
        now = _now_for(due)
        if due.over(now):
            return Owed(reverse("account_change_password"), passwords.words(due, now=now))
    trusted = by_sign_on and settings.KEFU_OIDC_SECOND_FACTOR == "theirs"
    if needs_second_factor(user) and not trusted and not _has_second_factor(user):
        text = _("你的角色要用两步验证：用手机验证器扫码，填上显示的 6 位数字，再开始工作。")
        return Owed(reverse("mfa_activate_totp"), text)
    return None


def warning(request: HttpRequest) -> str:
    """What the workbench says in the days before a password has to be changed."""
    due = None if signed_on(request) else password_due(request.user)
    now = _about_now()
    return passwords.words(due, now=now) if due and due.close(now) and not due.over(now) else ""


def signed_on(request: HttpRequest) -> bool:
    """Whether this session was opened by single sign-on, so that no password of ours was asked for."""
    used = {one["method"] for one in get_authentication_records(request, request.user)}
    return "socialaccount" in used and "password" not in used


def password_due(user: Any) -> PasswordDue | None:
    if user.role == User.Role.OUTLET or not user.has_usable_password():
        return None
    if not user.password_told and _about_now() - user.password_set_at < YOUNG:
        return None
    key = (user.pk, user.password_set_at, user.password_told, settings.KEFU_NOW)
    due: PasswordDue | None = _kept(key, lambda: passwords.due_of(user, now=clock.now()))
    return due


def needs_second_factor(user: Any) -> bool:
    roles = settings.KEFU_SECOND_FACTOR_ROLES
    return user.role in roles or (user.is_superuser and "admin" in roles)


def _has_second_factor(user: Any) -> bool:
    """Asked again until there is one, and kept for a moment then."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    key = ("second factor", user.pk)
    found = _kept(key, Authenticator.objects.filter(user=user, type__in=kinds).exists)
    if not found:
        _found.pop(key, None)
    return bool(found)


def _kept(key: Any, ask: Any) -> Any:
    at, found = _found.get(key, (-FRESH, None))
    if time.monotonic() - at >= FRESH:
        if len(_found) >= MOST:
            _found.clear()
        found = ask()
        _found[key] = (time.monotonic(), found)
    return found


def _about_now() -> datetime:
    """Near enough for what is far off: the database's clock would cost each request a question."""
    return settings.KEFU_NOW or timezone.now()


def _now_for(due: PasswordDue) -> datetime:
    """The database's clock decides, once it can be near."""
    now = _about_now()
    return now if due.due_at is None or now < due.due_at - NEAR else clock.now()
