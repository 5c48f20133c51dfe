"""Every refusal of the API as problem+json (RFC 9457): one place turns errors into answers.

``type`` is ``/problems/<code>`` and stays; ``detail`` is for people, in the caller's language.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from kefu.api.parsers import BodyTooLarge
from kefu.audit.context import request_id
from kefu.errors import KefuError

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = "5"  # seconds until the database is worth another try
TITLES = {
    400: gettext_lazy("请求有误"),
    401: gettext_lazy("需要有效的密钥"),
    403: gettext_lazy("没有权限"),
    404: gettext_lazy("没有找到"),
    405: gettext_lazy("不支持这个方法"),
    406: gettext_lazy("不支持这种格式"),
    409: gettext_lazy("与当前状态冲突"),
    412: gettext_lazy("内容已经变了"),
    413: gettext_lazy("内容过大"),
    415: gettext_lazy("不支持这种内容类型"),
    422: gettext_lazy("内容不能接受"),
    429: gettext_lazy("请求过于频繁"),
    500: gettext_lazy("服务器内部错误"),
    503: gettext_lazy("暂时不能服务"),
}
# What is said in our words, where the framework's are about itself.
DETAILS = {
    "not_authenticated": gettext_lazy("请在 Authorization 头中给出密钥：Bearer 前缀.密钥"),
    "not_found": gettext_lazy("没有这个对象"),
    "method_not_allowed": gettext_lazy("这个地址不支持所用的方法"),
    "unsupported_media_type": gettext_lazy("请以 application/json（UTF-8）发送"),
    "throttled": gettext_lazy("请稍后再试"),
}


class QueryRefused(exceptions.ValidationError):
    """A parameter of the address, not of the body, is wrong."""

    status_code = 400
    default_code = "invalid_parameter"


class HeaderRefused(KefuError):
    """A header is missing or cannot be read."""

    status = 400


class Changed(KefuError):
    """The caller looked at an older version."""

    code = "precondition_failed"
    status = 412


def problem(
    *, status: int, code: str, detail: str = "", errors: Iterable[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """Return the body of a problem. ``errors``: field, code and message of each fault."""
    title = TITLES.get(status) or HTTPStatus(status).phrase
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": str(title),
        "status": status,
        "detail": detail or str(title),
        "errors": list(errors),
    }
    # What is foreign and what does not exist must look the same to the last byte;
    # the header X-Request-ID names every request.
    if status != HTTPStatus.NOT_FOUND:
        body["request_id"] = request_id()
    return body


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """Turn whatever a view raised into a problem (REST framework's EXCEPTION_HANDLER)."""
    request = context["request"]
    status, body, headers = described(error)
    if status >= 500:
        log.error("api_failed", status=status, error=type(error).__name__)
    if status == 500:
        got_request_exception.send(
            sender=None, request=request._request
        )  # the log, with the traceback
    # Pages for people and the schema have renderers of their own; a refusal is JSON everywhere.
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), CONTENT_TYPE
    return Response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def refused(error: KefuError, request: Request) -> Response:
    """A refusal to be returned instead of raised: what was done before it stays, and ``once`` remembers it."""
    return handle(error, {"request": request})


def described(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return status, body and headers that an error is answered with."""
    match error:
        case KefuError():
            return _of_kefu_error(error)
        case QueryRefused():
            return _of_faults(400, "invalid_parameter", error)
        case exceptions.ValidationError():
            return _of_faults(422, "invalid", error)
        case Http404():
            return described(exceptions.NotFound())
        case PermissionDenied():
            return described(exceptions.PermissionDenied())
        case RequestDataTooBig():
            return described(BodyTooLarge())
        case SuspiciousOperation():  # more parameters, fields or files than any door takes
            return 400, problem(status=400, code="bad_request", detail=_("请求不合规范")), {}
        case UnreadablePostError():
            return 400, problem(status=400, code="unreadable", detail=_("请求没有发送完整")), {}
        case exceptions.APIException():
            return _of_api_exception(error)
        case OperationalError() | InterfaceError():
            body = problem(status=503, code="unavailable", detail=_("数据库暂时不可用，请稍后重试"))
            return 503, body, {"Retry-After": RETRY_AFTER}
        case IntegrityError(__cause__=psycopg.errors.UniqueViolation()):
            detail = _("同样的内容刚刚已有人提交，请先查看")
            return 409, problem(status=409, code="conflict", detail=detail), {}
    return 500, problem(status=500, code="internal_error", detail=_("已记录，请稍后重试")), {}


def _of_faults(
    status: int, code: str, error: exceptions.ValidationError
) -> tuple[int, dict[str, Any], dict[str, str]]:
    faults = list(_flatten(error.detail))
    detail = faults[0]["message"] if faults else ""
    return status, problem(status=status, code=code, detail=detail, errors=faults), {}


def _of_kefu_error(error: KefuError) -> tuple[int, dict[str, Any], dict[str, str]]:
    message = str(error)
    errors = [{"field": error.field, "code": error.code, "message": message}] if error.field else []
    headers = {"Retry-After": RETRY_AFTER} if error.status == 503 else {}
    body = problem(status=error.status, code=error.code, detail=message, errors=errors)
    return error.status, body, headers


def _of_api_exception(
    error: exceptions.APIException,
) -> tuple[int, dict[str, Any], dict[str, str]]:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    body = problem(status=error.status_code, code=code, detail=str(DETAILS.get(code, error.detail)))
    return error.status_code, body, headers


def _flatten(detail: Any, field: str = "") -> Iterable[dict[str, str]]:
    """Each fault with the path of its field."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            path = "" if name == "non_field_errors" else name
            yield from _flatten(inner, ".".join(filter(None, [field, path])))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flatten(inner, field)
    else:
        yield {"field": field, "code": str(detail.code), "message": str(detail)}
