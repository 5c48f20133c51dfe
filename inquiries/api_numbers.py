"""The door by which a partner outlet changes how it is reached: its own numbers, with the day each takes effect."""

from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers, status, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from inquiries.services.lines import HOLDER_LIMIT, NUMBER_LIMIT, Reported, report_number, reported
from kefu.api.authentication import Partner, partner_of
from kefu.api.idempotency import once
from kefu.api.models import ApiKey
from kefu.api.pagination import LONGEST, cursor_refused, read_cursor, write_cursor
from kefu.api.problems import QueryRefused
from kefu.api.public_ids import conceal, reveal
from kefu.api.schema import IDEMPOTENCY_KEY, WAS_REPLAYED, refusals
from kefu.api.serializers import Strict, Text, instant
from kefu.api.views import AlwaysJson, given_by, localised, no_parameters
from kefu.clock import SHANGHAI
from kefu.network.models import ContactNumber
from kefu.network.selectors import OUTLETS_OWN

PUBLIC = "contact_number"
PAGE, LARGEST_PAGE = 50, 100
KINDS = [(kind.value, kind.label) for kind in OUTLETS_OWN]


# -- What goes in and out ---------------------------------------------------------------------


class NumberShown(serializers.Serializer[Any]):
    """One number as its outlet sees it; a change ends one row and begins another."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    number = serializers.CharField(help_text=gettext_lazy("已遮盖"))
    holder = serializers.CharField(help_text=gettext_lazy("接听人，已遮盖；空：没有写"))
    effective_on = serializers.DateField(help_text=gettext_lazy("从哪一天起用"))
    until = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("用到什么时候；null：还没有换")
    )
    reported_at = serializers.DateTimeField()
    in_time = serializers.BooleanField(
        allow_null=True,
        help_text=gettext_lazy("启用当日及以前报的算及时；null：规章没有规定"),
    )


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class NumberPage(serializers.Serializer[Any]):
    results = NumberShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Change(Strict):
    kind = serializers.ChoiceField(KINDS)
    number = Text(max_length=NUMBER_LIMIT)
    holder = Text(
        max_length=HOLDER_LIMIT,
        required=False,
        allow_blank=True,
        default="",
        help_text=gettext_lazy("接听人"),
    )
    effective_on = serializers.DateField(help_text=gettext_lazy("从哪一天起用，前后一年之内"))


class Choice(Strict):
    """Which numbers; those reported last come first."""

    kind = serializers.ChoiceField(KINDS, required=False)
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


def shown(one: Reported) -> dict[str, Any]:
    number = one.number
    return {
        "id": conceal(PUBLIC, number.pk),
        "kind": number.kind,
        "number": number.number_masked,
        "holder": number.holder_masked,
        "effective_on": number.valid_from.astimezone(SHANGHAI).date().isoformat(),
        "until": instant(number.valid_to),
        "reported_at": instant(number.recorded_at),
        "in_time": one.in_time,
    }


# -- Which rows -------------------------------------------------------------------------------


def _rows(partner: Partner) -> Any:
    """The partner's own numbers; nothing sealed is read."""
    kinds = [kind for kind, _label in KINDS]
    return ContactNumber.objects.filter(party=partner.party, kind__in=kinds).defer("sealed")


def _page(choice: dict[str, Any], partner: Partner) -> tuple[list[Reported], str | None]:
    rows, limit = _rows(partner).order_by("-pk"), choice["limit"]
    if "kind" in choice:
        rows = rows.filter(kind=choice["kind"])
    if "cursor" in choice:
        (public_id,) = read_cursor(choice["cursor"], parts=1)
        last = reveal(PUBLIC, public_id)
        if not last:
            raise cursor_refused()
        rows = rows.filter(pk__lt=last)
    found = list(rows[: limit + 1])
    page = reported(found[:limit], now=partner.seen_at)
    more = len(found) > limit
    return page, write_cursor(conceal(PUBLIC, page[-1].number.pk)) if more else None


# -- The doors --------------------------------------------------------------------------------

EXAMPLE = {
    "id": "mfzwi3lqnnxw2zlsmvzxi2lpny",
    "kind": "complaint",
    "number": "138******45",
    "holder": "马**",
    "effective_on": "2026-11-24",
    "until": None,
    "reported_at": "2026-11-20T14:00:00+08:00",
    "in_time": True,
}


def _one(description: Any, code: str) -> OpenApiResponse:
    example = OpenApiExample("number", EXAMPLE, response_only=True, status_codes=[code])
    return OpenApiResponse(NumberShown, description, [example])


class ContactNumberViewSet(viewsets.ViewSet):
    """The calling outlet's own numbers, the present ones and those before; any other's is 404, as if it did not exist."""

    scopes = (ApiKey.Scope.READ_NUMBERS, ApiKey.Scope.WRITE_NUMBERS)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head", "post")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_contact_numbers",
        summary=gettext_lazy("自己的号码和历次变更"),
        description=gettext_lazy("后报的在前，一页一页地读；换下来的号码留作记录。"),
        parameters=[Choice],
        responses={
            200: OpenApiResponse(
                NumberPage,
                gettext_lazy("一页"),
                [
                    OpenApiExample(
                        "page",
                        {"results": [EXAMPLE], "next_cursor": None},
                        response_only=True,
                        status_codes=["200"],
                    )
                ],
            ),
            **refusals(400),
        },
    )
    def list(self, request: Request) -> Response:
        choice = Choice(data=request.query_params)
        if not choice.is_valid():
            raise QueryRefused(choice.errors)
        page, cursor = _page(choice.validated_data, partner_of(request))
        return localised(Response({"results": [shown(one) for one in page], "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_contact_number",
        summary=gettext_lazy("一个号码"),
        description=gettext_lazy("别的网点的号码与不存在的一样，都是 404。"),
        responses={200: _one(gettext_lazy("号码"), "200"), **refusals(400, 404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        partner = partner_of(request)
        number = _rows(partner).filter(pk=reveal(PUBLIC, pk or "")).first()
        if number is None:
            raise NotFound
        return _answer(number, partner)

    @extend_schema(
        operation_id="change_contact_number",
        summary=gettext_lazy("换一个号码"),
        description=gettext_lazy(
            "新号码从 effective_on 起用，原来的用到那时，留作记录。启用当日及以前报的算及时（CD-05.24）；"
            "迟报的照样登记，in_time 为 false。同样的号码和接听人再报一次，什么也不变。"
        ),
        request=Change,
        parameters=[IDEMPOTENCY_KEY, WAS_REPLAYED],
        responses={
            201: _one(gettext_lazy("已登记"), "201"),
            **refusals(400, 413, 415, 422),
        },
        examples=[
            OpenApiExample(
                "change",
                {"kind": "complaint", "number": "13800004545", "effective_on": "2026-11-24"},
                request_only=True,
            )
        ],
    )
    @once
    def create(self, request: Request) -> Response:
        given, partner = given_by(Change, request), partner_of(request)
        number = report_number(
            party=partner.party,
            kind=given["kind"],
            number=given["number"],
            holder=given["holder"],
            effective_on=given["effective_on"],
            actor=None,
            now=partner.seen_at,
        )
        answer = _answer(number, partner, status=status.HTTP_201_CREATED)
        answer.headers["Location"] = reverse("contact-number-detail", [conceal(PUBLIC, number.pk)])
        return answer


def _answer(number: ContactNumber, partner: Partner, *, status: int = 200) -> Response:
    (one,) = reported([number], now=partner.seen_at)
    return localised(Response(shown(one), status=status))
