"""Single sign-on by OpenID Connect: the office's own service says who somebody is, and never who may be here.

Nobody gets an account by it. Each time it is looked up anew by the claim that the settings name, and nothing of what the
service told is kept.
"""

import logging
from collections.abc import Mapping
from typing import Any, Never

import requests
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from kefu.staff.models import User

log = logging.getLogger(__name__)


class SignOnAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find whose account it is, or refuse."""
        told, sociallogin.account.extra_data = sociallogin.account.extra_data, {}
        if sociallogin.state.get("process", "login") != "login":
            _refuse(request, _("这里的账号不能自己关联。"))
        user = account_of(_claims(told))
        if user is None:
            log.warning("single sign-on of somebody who has no account here")
            _refuse(request, _("单点登录成功，但这里没有你的在用工号，请找主管。"))
        sociallogin.user = user

    def get_requests_session(self) -> Any:
        """One whose failures lead back to the sign-in page: allauth has no answer to a service that is away."""
        session = super().get_requests_session()
        ask = session.request

        def request(*args: Any, **given: Any) -> Any:
            try:
                return ask(*args, **given)
            except requests.RequestException as error:
                self.on_authentication_error(self.request, None, exception=error)

        session.request = request
        return session

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> Never:
        """Back to the sign-in page, whatever it was; the log knows more."""
        log.warning("single sign-on failed: %s %s", error, type(exception).__name__)
        _refuse(request, _("单点登录没有成功，请再试一次；还不行，请找系统管理员。"))


def account_of(claims: Mapping[str, Any]) -> User | None:
    """The one account that these claims speak of, if it is in use and of our own people."""
    value = str(claims.get(settings.KEFU_OIDC_CLAIM) or "").strip()
    ours = User.objects.filter(is_active=True).exclude(role=User.Role.OUTLET)
    if not value:
        return None
    if settings.KEFU_OIDC_CLAIM != "email":
        return ours.filter(username=value).first()
    if claims.get("email_verified") is not True:
        return None
    # An address that somebody entered himself, and nobody looked at, names nobody.
    unproved = EmailAddress.objects.filter(verified=False).values("user")
    found = list(ours.filter(email__iexact=value).exclude(pk__in=unproved)[:2])
    return found[0] if len(found) == 1 else None


def _claims(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the service says of the person: the token made out to us, and what it adds about the same person."""
    token, more = told.get("id_token") or {}, told.get("userinfo") or {}
    return {**more, **token} if token.get("sub") and more.get("sub") in (None, token["sub"]) else {}


def may_use_password(username: str) -> bool:
    """Whether this name may sign in here: with single sign-on alone, outlets and the accounts for emergencies do."""
    if settings.KEFU_LOCAL_LOGIN or username in settings.KEFU_BREAK_GLASS:
        return True
    return User.objects.filter(username=username, role=User.Role.OUTLET).exists()


def _refuse(request: HttpRequest, words: str) -> Never:
    messages.error(request, words)
    raise ImmediateHttpResponse(redirect(settings.LOGIN_URL))
