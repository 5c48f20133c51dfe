"""What stands between the network and every page: sign-in, content policy, request log, failures."""

import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import get_next_redirect_url
from axes.handlers.proxy import AxesProxyHandler
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import defaults
from django_structlog.middlewares import RequestMiddleware

from kefu import clock
from kefu.audit import services as audit
from kefu.audit.context import address_of, request_id
from kefu.settings.logs import SECRET_ADDRESS
from kefu.staff.sign_on import may_use_password

log = structlog.get_logger(__name__)

REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
OTHER_LETTERS = re.compile(
    r"[^\x21-\x7e]+"
)  # our own addresses have none: a name that somebody typed
RETRY_AFTER = "5"  # seconds until the database is worth another try
WATCHDOG = "kefu-watchdog"  # the user agent of our own probes, which nobody wants in the log


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the supervisors: nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(
        self, request: HttpRequest, user: Any, *, redirect_url: str | None = None, **given: Any
    ) -> HttpResponse:
        """Whoever asked for no page of its own comes to what he has to read first; an open page comes back to him."""
        if not settings.KEFU_LOCAL_LOGIN and user.username in settings.KEFU_BREAK_GLASS:
            log.warning("account for emergencies signed in: %s", user.pk)
            audit.record(
                action="emergency_sign_in",
                actor=user,
                at=clock.now(),
                table="staff_user",
                object_id=user.pk,
                address=address_of(request),
            )
        wanted = redirect_url or get_next_redirect_url(request)
        if wanted in (None, "/"):
            redirect_url = str(settings.LOGIN_REDIRECT_URL)
        done: HttpResponse = super().post_login(request, user, redirect_url=redirect_url, **given)
        return done

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        super().pre_authenticate(request, **credentials)
        if not AxesProxyHandler.is_allowed(request, credentials):
            raise ValidationError(lock_message())
        if not may_use_password(str(credentials.get("username") or "").strip()):
            raise ValidationError(_("密码登录已停用，请用单点登录。"), code="sign_on_only")


def login_name(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """Whose sign-in this is, for counting failures: the same however it is spelt."""
    given = (credentials or {}).get("username") or request.POST.get("login") or ""
    return str(given).strip().casefold()


def lock_rule() -> dict[str, int]:
    """After how many failures in a row a sign-in is locked, and for how many minutes."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return {"limit": settings.AXES_FAILURE_LIMIT, "minutes": minutes}


def lock_message() -> str:
    return (
        _("连错 %(limit)s 次，此工号在本机已锁定 %(minutes)s 分钟；急用请找值班主管解锁。")
        % lock_rule()
    )


def locked_out(request: HttpRequest, *__: Any) -> HttpResponse:
    """Answer the failure that locks: back to the form, which says so."""
    messages.error(request, lock_message())
    return redirect(settings.LOGIN_URL)


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Our pages run our own files only; the admin's own toolkit needs eval and inline styles."""

    @cached_property
    def admin_path(self) -> str:
        return reverse("admin:index")

    def get_policy_parts(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        report_only: bool = False,
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path_info.startswith(self.admin_path):
            update: dict[str, Any] = {
                "script-src": ["'unsafe-eval'"],
                "style-src": ["'unsafe-inline'"],
            }
            parts.update = update | (parts.update or {})
        return parts


class RequestLogMiddleware(RequestMiddleware):
    """One log line a request, with its id, which the answer tells; without the query, which may hold a name or a phone."""

    probes = frozenset({"/healthz", "/readyz", "/metrics"})  # asked every few seconds by machines

    def __call__(self, request: HttpRequest) -> Any:
        if request.path in self.probes or request.headers.get("User-Agent") == WATCHDOG:
            return self.get_response(request)
        if not _may_name(request, request.headers.get("X-Request-ID", "")):
            request.META.pop("HTTP_X_REQUEST_ID", None)
            request.__dict__.pop("headers", None)  # read once and kept
        self.prepare(request)
        named = request_id()
        response: Any = self.get_response(request)
        response.headers["X-Request-ID"] = named
        self.handle_response(request, response)
        return response

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        path = SECRET_ADDRESS.sub(r"/\1/…", request.path)
        return f"{request.method} {OTHER_LETTERS.sub('…', path)}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """The address that we believe, not what anybody writes into a header."""
        structlog.contextvars.bind_contextvars(ip=address_of(request))


def _may_name(request: HttpRequest, given: str) -> bool:
    """Whether to go by the id a request came with: only a proxy of ours may name one, and only plainly."""
    return bool(settings.PROXIES and address_of(request) and REQUEST_ID.fullmatch(given))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what nobody caught (``handler500``), in a view or on the way to it.

    A database that is away, a lock waited for too long and a deadlock pass: that is a 503, and the page
    keeps what was written. Asks nothing of the request, whose session may be what could not be read.
    """
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
        return HttpResponse(render_to_string("503.html"), status=503, headers=headers)
    return defaults.server_error(request)
