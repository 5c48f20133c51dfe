"""What the OpenAPI document says about all operations alike."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from kefu.api.idempotency import HEADER, REPLAYED
from kefu.api.problems import CONTENT_TYPE
from kefu.api.signatures import NONCE, READS, SIGNATURE, TIMESTAMP


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "kefu.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "prefix.secret",
            "description": str(_("网点自己的密钥，由本公司主管签发：前缀.密钥")),
        }


class Fault(serializers.Serializer[Any]):
    field = serializers.CharField(help_text=_("哪个字段、参数或请求头"))
    code = serializers.CharField(help_text=_("固定的代码"))
    message = serializers.CharField(help_text=_("给人看的说明"))


class Problem(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField(help_text=_("/problems/代码，不会变；程序按它判断"))
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text=_("给人看的说明，语言按 Accept-Language"))
    errors = Fault(many=True)  # type: ignore[assignment]
    request_id = serializers.CharField(
        required=False, help_text=_("报障时请给出；404 的在响应头 X-Request-ID 中")
    )


def _refusal(status: int, code: str, description: Any, detail: Any, field: str = "") -> Any:
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": description,
        "status": status,
        "detail": detail,
        "errors": [{"field": field, "code": code, "message": detail}] if field else [],
    }
    if status != 404:
        body["request_id"] = "6f1d0a52-6a3e-4a56-9a55-0f4f1f0f7c11"
    example = OpenApiExample(
        code, body, media_type=CONTENT_TYPE, response_only=True, status_codes=[str(status)]
    )
    return OpenApiResponse(Problem, description, [example])


def answered(
    form: type[serializers.BaseSerializer[Any]],
    example: Any,
    description: Any,
    code: str,
    name: str,
) -> OpenApiResponse:
    """Return the documented answer of an operation with its one example."""
    shown_as = OpenApiExample(name, example, response_only=True, status_codes=[code])
    return OpenApiResponse(form, description, [shown_as])


def paged(form: type[serializers.BaseSerializer[Any]], example: Any) -> dict[Any, Any]:
    """Return the documented answers of a list: a page with this one row, and the refusals."""
    page = {"results": [example], "next_cursor": None}
    return {200: answered(form, page, _("一页"), "200", "page"), **refusals(400)}


def refusals(*statuses: int) -> dict[Any, Any]:
    """Return the documented refusals of an operation: those every one has, and ``statuses``."""
    every = (401, 403, 429, 500, 503)
    return {(status, CONTENT_TYPE): REFUSALS[status] for status in sorted({*every, *statuses})}


REFUSALS = {
    400: _refusal(400, "invalid_parameter", _("请求有误"), _("没有这个字段"), "colour"),
    401: _refusal(401, "key_invalid", _("需要有效的密钥"), _("密钥无效")),
    403: _refusal(403, "scope_missing", _("没有权限"), _("这把密钥没有所需的权限")),
    404: _refusal(404, "not_found", _("没有找到"), _("没有这个对象")),
    409: _refusal(409, "query_closed", _("与当前状态冲突"), _("这条网点查询已反馈，不能再改")),
    412: _refusal(412, "precondition_failed", _("内容已经变了"), _("查询已经变了，请重新读取")),
    413: _refusal(413, "body_too_large", _("内容过大"), _("请求内容最多 256 KB")),
    415: _refusal(
        415,
        "unsupported_media_type",
        _("不支持这种内容类型"),
        _("请以 application/json（UTF-8）发送"),
    ),
    422: _refusal(422, "text_required", _("内容不能接受"), _("请填写此项"), "answer"),
    429: _refusal(429, "throttled", _("请求过于频繁"), _("请稍后再试")),
    500: _refusal(500, "internal_error", _("服务器内部错误"), _("已记录，请稍后重试")),
    503: _refusal(503, "unavailable", _("暂时不能服务"), _("数据库暂时不可用，请稍后重试")),
}

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    required=True,
    description=_(
        "每件事一个新的值（如 UUID）。没有收到答复时，用同一个值和同样的内容重发："
        "只办一次，并得到第一次的答复。保留 24 小时"
    ),
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description=_("读取时得到的 ETag：查询后来变了就不执行（412）"),
)
ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[200, 201], description=_("这一条的版本")
)
WAS_REPLAYED = OpenApiParameter(
    REPLAYED,
    str,
    OpenApiParameter.HEADER,
    response=[200, 201, 202],
    description=_("true：这是第一次的答复，没有再办一次"),
)


ALLOWANCE = {
    "RateLimit-Limit": _("这把密钥每分钟最多调用几次"),
    "RateLimit-Remaining": _("这一分钟还可以调用几次"),
    "RateLimit-Reset": _("几秒后重新计数"),
}
# A key we do not know has no calls to count; 500 and 503 tell it only where the key was still found.
NOT_COUNTED = {"401", "500", "503"}


def tell_allowance(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """Say of the answers that they tell how often the key may still call (a hook of drf-spectacular)."""
    result["components"]["headers"] = {
        name: {"description": str(words), "schema": {"type": "integer"}}
        for name, words in ALLOWANCE.items()
    }
    told = {name: {"$ref": f"#/components/headers/{name}"} for name in ALLOWANCE}
    for operation in (each for path in result["paths"].values() for each in path.values()):
        for status, answer in operation["responses"].items():
            if status not in NOT_COUNTED:
                answer["headers"] = {**answer.get("headers", {}), **told}
    return result


# Plain texts for the document: to a key that does not sign they mean nothing, whatever stands in them.
SIGNED = {
    TIMESTAMP: _("签名的时间：1970 年以来的秒数，与本公司的时钟相差 5 分钟以内"),
    NONCE: _("16 到 64 个可见的 ASCII 字符，每个请求新的，重发时也是"),
    SIGNATURE: _(
        "用签名密钥对五行（以换行相连）做 HMAC-SHA256，小写十六进制：时间、随机数、方法、带参数的路径、"
        "请求内容的 SHA-256（小写十六进制）"
    ),
}


def tell_signature(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """Say of each write what a key that signs brings besides (a hook of drf-spectacular)."""
    only = _("签发时要求签名的密钥才要带，别的密钥不用。")
    headers = [
        {
            "in": "header",
            "name": name,
            "schema": {"type": "string"},
            "description": f"{only}{words}",
        }
        for name, words in SIGNED.items()
    ]
    for path in result["paths"].values():
        for verb, operation in path.items():
            if verb.upper() not in READS:
                operation["parameters"] = [*operation.get("parameters", ()), *headers]
    return result
