"""The doors of partner outlets to their webhooks: addresses, secrets, what did not arrive."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from kefu.api.authentication import Partner, partner_of
from kefu.api.idempotency import once
from kefu.api.models import ApiKey
from kefu.api.pagination import LONGEST, cut, newest_first
from kefu.api.public_ids import conceal, reveal
from kefu.api.schema import (
    ETAG,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    WAS_REPLAYED,
    answered,
    paged,
    refusals,
)
from kefu.api.serializers import Strict, Text, instant
from kefu.api.views import (
    AlwaysJson,
    chosen_by,
    etag,
    given_by,
    localised,
    no_parameters,
    refuse_if_changed,
    versioned,
)
from kefu.webhooks import services
from kefu.webhooks.models import Attempt, Delivery, Endpoint
from kefu.webhooks.objects import CHOICES, TEST, public_event_id

KIND, DELIVERY = "webhook", "webhook_delivery"
EVENT = "event"  # the kind of public id that events have
PAGE, LARGEST_PAGE = 50, 100
SENT = [*CHOICES, (TEST.value, TEST.label)]


# -- What goes in and out ---------------------------------------------------------------------


class WebhookShown(serializers.Serializer[Any]):
    """An address of the calling outlet."""

    id = serializers.CharField()
    url = serializers.CharField()
    types = serializers.ListField(
        child=serializers.ChoiceField(CHOICES), help_text=gettext_lazy("要收的事件")
    )
    state = serializers.ChoiceField(
        Endpoint.State.choices, help_text=gettext_lazy("active 以外的都不发送")
    )
    created_at = serializers.DateTimeField()


class WebhookMade(WebhookShown):
    """The same with what its letters are signed with, told this once."""

    secret = serializers.CharField(help_text=gettext_lazy("签名密钥，只给这一次"))


class SecretMade(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text=gettext_lazy("新的签名密钥，只给这一次"))


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class WebhookPage(serializers.Serializer[Any]):
    results = WebhookShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class DeliveryShown(serializers.Serializer[Any]):
    """One event on its way to an address."""

    id = serializers.CharField()
    event = serializers.CharField(help_text=gettext_lazy("与 webhook-id 相同"))
    type = serializers.ChoiceField(SENT)
    at = serializers.DateTimeField(help_text=gettext_lazy("事件发生的时间"))
    state = serializers.ChoiceField(
        Delivery.State.choices, help_text=gettext_lazy("dead：试到最后也没有送达，可以重发")
    )
    tries = serializers.IntegerField(help_text=gettext_lazy("已试次数"))
    next_at = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("下一次什么时候试；null：不再试")
    )
    status = serializers.IntegerField(
        allow_null=True, help_text=gettext_lazy("最近一次的 HTTP 状态；null：没有收到答复")
    )
    error = serializers.ChoiceField(
        Attempt.Error.choices,
        allow_blank=True,
        help_text=gettext_lazy("最近一次的错误；空：没有，或还没有试"),
    )


@extend_schema_serializer(many=False)
class DeliveryPage(serializers.Serializer[Any]):
    results = DeliveryShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Queued(serializers.Serializer[Any]):
    queued = serializers.IntegerField(help_text=gettext_lazy("重新排队的件数"))


class Address(Strict):
    url = Text(
        max_length=services.LONGEST_URL,
        help_text=gettext_lazy("公网上的 https 地址，不带用户名和 # 后面的部分"),
    )
    types = serializers.ListField(
        child=serializers.ChoiceField(CHOICES), min_length=1, max_length=len(CHOICES)
    )


class Nothing(Strict):
    """An empty object."""


class Again(Strict):
    delivery = Text(
        max_length=64,
        required=False,
        help_text=gettext_lazy("只重发这一件；不给：所有没有送达的"),
    )


class Choice(Strict):
    """Which addresses; the newest come first."""

    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


class DeliveryChoice(Choice):
    """Which deliveries; the newest events come first."""

    state = serializers.ChoiceField(Delivery.State.choices, required=False)


EXAMPLE = {
    "id": "o5swe2dpn5vs2zlsmvzxi2lpny",
    "url": "https://wd.example/kefu",
    "types": ["query.asked", "penalty.changed"],
    "state": "active",
    "created_at": "2026-11-20T14:00:00+08:00",
}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  an example
DELIVERED = {
    "id": "mrswy2lwmvzhsmtsmvzxi2lpny",
    "event": "w5ijd3qmx2nq4mfzwi3lqnnxw2",
    "type": "query.asked",
    "at": "2026-11-20T14:00:00+08:00",
    "state": "dead",
    "tries": 14,
    "next_at": None,
    "status": 500,
    "error": "status",
}


def shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": conceal(KIND, endpoint.pk),
        "url": endpoint.url,
        "types": endpoint.types,
        "state": endpoint.state,
        "created_at": instant(endpoint.created_at),
    }


def _delivery_shown(delivery: Delivery, last: Attempt | None) -> dict[str, Any]:
    return {
        "id": conceal(DELIVERY, delivery.pk),
        "event": public_event_id(delivery.event_id),
        "type": delivery.type,
        "at": instant(delivery.at),
        "state": delivery.state,
        "tries": delivery.tries,
        "next_at": instant(delivery.next_at),
        "status": last.status if last else None,
        "error": last.error if last else "",
    }


# -- The doors --------------------------------------------------------------------------------


def _webhook(description: Any, code: str = "200") -> OpenApiResponse:
    return answered(WebhookShown, EXAMPLE, description, code, "webhook")


class WebhookViewSet(viewsets.ViewSet):
    """Addresses of the calling outlet; any other is 404, as if it did not exist."""

    scopes = (ApiKey.Scope.READ_WEBHOOKS, ApiKey.Scope.WRITE_WEBHOOKS)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head", "post")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_webhooks",
        summary=gettext_lazy("自己的接收地址"),
        parameters=[Choice],
        responses=paged(WebhookPage, EXAMPLE),
    )
    def list(self, request: Request) -> Response:
        choice, partner = chosen_by(Choice, request), partner_of(request)
        rows = newest_first(_endpoints(partner), choice, kind=KIND)
        page, cursor = cut(list(rows[: choice["limit"] + 1]), choice, kind=KIND)
        return localised(Response({"results": list(map(shown, page)), "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_webhook",
        summary=gettext_lazy("一个接收地址"),
        description=gettext_lazy("别的网点的地址与不存在的一样，都是 404。"),
        parameters=[ETAG],
        responses={200: _webhook(gettext_lazy("接收地址")), **refusals(400, 404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        return _answer(_find(pk, partner_of(request)))

    @extend_schema(
        operation_id="register_webhook",
        summary=gettext_lazy("登记一个接收地址"),
        description=gettext_lazy(
            "从现在起发生的事件会发到这里（Standard Webhooks）。签名密钥只在这个答复里。最多同时 10 个地址。"
        ),
        request=Address,
        parameters=[IDEMPOTENCY_KEY, WAS_REPLAYED],
        responses={
            201: answered(
                WebhookMade,
                EXAMPLE | {"secret": SECRET},
                gettext_lazy("已登记"),
                "201",
                "webhook",
            ),
            **refusals(400, 409, 413, 415, 422),
        },
        examples=[
            OpenApiExample(
                "address",
                {"url": "https://wd.example/kefu", "types": ["query.asked", "penalty.changed"]},
                request_only=True,
            )
        ],
    )
    @once
    def create(self, request: Request) -> Response:
        given, partner = given_by(Address, request), partner_of(request)
        endpoint, secret = services.register(
            party=partner.party,
            url=given["url"],
            types=given["types"],
            actor=partner.key.account,
            now=partner.seen_at,
        )
        answer = Response(shown(endpoint) | {"secret": secret}, status=status.HTTP_201_CREATED)
        answer.headers["Location"] = reverse("webhook-detail", [conceal(KIND, endpoint.pk)])
        return localised(answer)

    @extend_schema(
        operation_id="rotate_webhook_secret",
        summary=gettext_lazy("换签名密钥"),
        description=gettext_lazy("新旧两个密钥同时签名 24 小时，之后只用新的。"),
        request=Nothing,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, WAS_REPLAYED],
        responses={
            200: answered(
                SecretMade, {"secret": SECRET}, gettext_lazy("新的密钥"), "200", "secret"
            ),
            **refusals(400, 404, 409, 412, 413, 415, 422),
        },
        examples=[OpenApiExample("nothing", {}, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="rotate")
    @once
    def rotate(self, request: Request, pk: str) -> Response:
        endpoint, partner = _named(request, pk)
        secret = services.rotate_secret(
            endpoint=endpoint, actor=partner.key.account, now=partner.seen_at
        )
        return localised(Response({"secret": secret}))

    @extend_schema(
        operation_id="test_webhook",
        summary=gettext_lazy("试发"),
        description=gettext_lazy("发出一个没有内容的 webhook.test 事件，结果在 deliveries/ 里。"),
        request=Nothing,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, WAS_REPLAYED],
        responses={
            202: answered(
                DeliveryShown,
                DELIVERED
                | {"type": "webhook.test", "state": "pending", "tries": 0, "status": None}
                | {"error": "", "next_at": "2026-11-20T14:00:00+08:00"},
                gettext_lazy("已排队"),
                "202",
                "delivery",
            ),
            **refusals(400, 404, 409, 412, 413, 415, 422),
        },
        examples=[OpenApiExample("nothing", {}, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="test")
    @once
    def try_out(self, request: Request, pk: str) -> Response:
        endpoint, partner = _named(request, pk)
        delivery = services.send_test(
            endpoint=endpoint, actor=partner.key.account, now=partner.seen_at
        )
        return localised(Response(_delivery_shown(delivery, None), status=status.HTTP_202_ACCEPTED))

    @extend_schema(
        operation_id="pause_webhook",
        summary=gettext_lazy("暂停"),
        description=gettext_lazy("暂停期间的事件留着，恢复后补发。"),
        request=Nothing,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={
            200: _webhook(gettext_lazy("已暂停")),
            **refusals(400, 404, 409, 412, 413, 415, 422),
        },
        examples=[OpenApiExample("nothing", {}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    @once
    def pause(self, request: Request, pk: str) -> Response:
        return _step(
            request,
            pk,
            lambda endpoint, actor, _now: services.pause(endpoint=endpoint, actor=actor),
        )

    @extend_schema(
        operation_id="resume_webhook",
        summary=gettext_lazy("恢复发送"),
        description=gettext_lazy("从停下的地方补发，一件不少。"),
        request=Nothing,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={
            200: _webhook(gettext_lazy("已恢复")),
            **refusals(400, 404, 409, 412, 413, 415, 422),
        },
        examples=[OpenApiExample("nothing", {}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    @once
    def resume(self, request: Request, pk: str) -> Response:
        return _step(
            request,
            pk,
            lambda endpoint, actor, now: services.resume(endpoint=endpoint, actor=actor, now=now),
        )

    @extend_schema(
        operation_id="remove_webhook",
        summary=gettext_lazy("停用"),
        description=gettext_lazy("不再发到这里，还没有送达的也不发了；不能恢复。"),
        request=Nothing,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={
            200: _webhook(gettext_lazy("已停用")),
            **refusals(400, 404, 409, 412, 413, 415, 422),
        },
        examples=[OpenApiExample("nothing", {}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    @once
    def remove(self, request: Request, pk: str) -> Response:
        return _step(
            request,
            pk,
            lambda endpoint, actor, now: services.remove(endpoint=endpoint, actor=actor, now=now),
        )

    @extend_schema(
        operation_id="list_webhook_deliveries",
        summary=gettext_lazy("送达和没有送达的"),
        description=gettext_lazy("新的在前；了结 90 天以后的不再保留。"),
        parameters=[DeliveryChoice],
        responses={**paged(DeliveryPage, DELIVERED), **refusals(400, 404)},
    )
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, pk: str) -> Response:
        endpoint, choice = _find(pk, partner_of(request)), chosen_by(DeliveryChoice, request)
        rows = Delivery.objects.filter(endpoint=endpoint)
        if "state" in choice:
            rows = rows.filter(state=choice["state"])
        rows = newest_first(rows, choice, kind=EVENT, number="event_id")
        page, cursor = cut(list(rows[: choice["limit"] + 1]), choice, kind=EVENT, number="event_id")
        tries = Attempt.objects.filter(delivery__in=[each.pk for each in page])
        last = {one.delivery_id: one for one in tries.order_by("pk")}
        results = [_delivery_shown(delivery, last.get(delivery.pk)) for delivery in page]
        return localised(Response({"results": results, "next_cursor": cursor}))

    @extend_schema(
        operation_id="resend_webhook_deliveries",
        summary=gettext_lazy("重发没有送达的"),
        description=gettext_lazy("编号不变，再试三天。"),
        request=Again,
        parameters=[IDEMPOTENCY_KEY, WAS_REPLAYED],
        responses={
            200: answered(Queued, {"queued": 3}, gettext_lazy("已重新排队"), "200", "queued"),
            **refusals(400, 404, 409, 413, 415, 422),
        },
        examples=[OpenApiExample("one", {"delivery": DELIVERED["id"]}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    @once
    def resend(self, request: Request, pk: str) -> Response:
        partner = partner_of(request)
        endpoint, given = _find(pk, partner), given_by(Again, request)
        by: dict[str, Any] = {"actor": partner.key.account, "now": partner.seen_at}
        if "delivery" not in given:
            return localised(Response({"queued": services.send_all_again(endpoint=endpoint, **by)}))
        wanted = reveal(DELIVERY, given["delivery"])
        delivery = Delivery.objects.filter(endpoint=endpoint, pk=wanted).first()
        if delivery is None:
            raise NotFound
        services.send_again(delivery=delivery, **by)
        return localised(Response({"queued": 1}))


def _endpoints(partner: Partner) -> Any:
    return Endpoint.objects.filter(party=partner.party).select_related("party")


def _find(public_id: str, partner: Partner) -> Endpoint:
    """Return an address of the partner's; for any other the answer is as if there were none."""
    endpoint: Endpoint | None = _endpoints(partner).filter(pk=reveal(KIND, public_id)).first()
    if endpoint is None:
        raise NotFound
    return endpoint


def _named(request: Request, public_id: str) -> tuple[Endpoint, Partner]:
    """Return what a POST without any words is about, and whose it is. Raises Changed if the caller saw another version."""
    partner = partner_of(request)
    endpoint = _find(public_id, partner)
    given_by(Nothing, request)
    if "If-Match" in request.headers:
        Endpoint.objects.select_for_update().get(
            pk=endpoint.pk
        )  # nobody else changes it from here on
        endpoint = _find(public_id, partner)
        refuse_if_changed(request, etag(shown(endpoint)), _("这个地址已经变了，请重新读取再决定"))
    return endpoint, partner


def _step(request: Request, public_id: str, do: Callable[[Endpoint, Any, Any], None]) -> Response:
    endpoint, partner = _named(request, public_id)
    do(endpoint, partner.key.account, partner.seen_at)
    return _answer(_find(public_id, partner))


def _answer(endpoint: Endpoint) -> Response:
    return versioned(shown(endpoint))
