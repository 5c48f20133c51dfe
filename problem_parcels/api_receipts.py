"""The door for receipts: an outlet asks for one, and whoever delivered the parcel answers."""

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
from kefu.api.schema import ETAG, IDEMPOTENCY_KEY, IF_MATCH, WAS_REPLAYED, answered, paged, refusals
from kefu.api.serializers import Direction, Strict, Text, instant
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
from kefu.cases.models import Interaction
from kefu.cases.services import lock
from kefu.errors import KefuError, NotAllowed
from kefu.parcels.models import Waybill
from kefu.parcels.selectors import parcel_of
from kefu.staff.selectors import desk_for_outlets
from problem_parcels.models import ReceiptRequest
from problem_parcels.services import receipt_requests

KIND = "receipt_request"
PAGE, LARGEST_PAGE = 50, 100
Outcome = ReceiptRequest.Outcome
OUTCOMES = [(one.value, one.label) for one in Outcome if one.value]


class ReceiptShown(serializers.Serializer[Any]):
    """One request as one of its two sides sees it."""

    id = serializers.CharField()
    number = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("本公司工单号，只在自己索要的上有")
    )
    direction = serializers.ChoiceField(Direction.choices)
    waybill_number = serializers.CharField()
    service = serializers.ChoiceField(ReceiptRequest.Service.choices)
    reference = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("自己的单号，只在自己索要的上有")
    )
    note = serializers.CharField(help_text=gettext_lazy("电话、证件号等已遮盖"))
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("恰好在这一刻回复算按时；没有规定时限时为 null")
    )
    keep_until = serializers.DateField(
        allow_null=True, help_text=gettext_lazy("回单保存到这一天；null：没有期限")
    )
    owed = serializers.BooleanField(help_text=gettext_lazy("索要时还在保存期内"))
    outcome = serializers.ChoiceField(
        OUTCOMES, allow_null=True, help_text=gettext_lazy("null：还没有回复")
    )
    answer = serializers.CharField(help_text=gettext_lazy("电话、证件号等已遮盖"))
    answered_at = serializers.DateTimeField(allow_null=True)
    fine = serializers.CharField(
        allow_null=True,
        help_text=gettext_lazy("没有提供的罚款（元），只在向自己索要的上有；null：没有"),
    )


@extend_schema_serializer(many=False)
class ReceiptPage(serializers.Serializer[Any]):
    results = ReceiptShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class ReceiptWanted(Strict):
    waybill_number = Text(max_length=40)
    service = serializers.ChoiceField(
        ReceiptRequest.Service.choices, default=ReceiptRequest.Service.LOOKUP.value
    )
    note = Text(
        max_length=receipt_requests.NOTE_LIMIT, required=False, allow_blank=True, default=""
    )
    reference = Text(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text=gettext_lazy("自己的单号；同一个单号只能用一次"),
    )


class ReceiptAnswer(Strict):
    outcome = serializers.ChoiceField(OUTCOMES)
    answer = Text(
        max_length=receipt_requests.NOTE_LIMIT,
        required=False,
        allow_blank=True,
        default="",
        help_text=gettext_lazy("没有提供的要写原因"),
    )


class ReceiptChoice(Strict):
    """Which requests."""

    direction = serializers.ChoiceField(Direction.choices, required=False)
    open = serializers.BooleanField(required=False, help_text=gettext_lazy("只要还没有回复的"))
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


def shown(request: ReceiptRequest, *, partner: Partner) -> dict[str, Any]:
    sent = request.asking_id == partner.party.pk
    fine = request.penalty
    return {
        "id": conceal(KIND, request.pk),
        "number": request.case.number if sent else None,
        "direction": (Direction.SENT if sent else Direction.RECEIVED).value,
        "waybill_number": request.case.waybill_number,
        "service": request.service,
        "reference": request.reference if sent else None,
        "note": request.note,
        "asked_at": instant(request.asked_at),
        "due_at": instant(request.deadline.due_at) if request.deadline else None,
        "keep_until": request.keep_until,
        "owed": request.owed,
        "outcome": request.outcome or None,
        "answer": request.answer,
        "answered_at": instant(request.answered_at),
        "fine": None if sent or fine is None else str(fine.value),
    }


def _rows(partner: Partner) -> Any:
    """Requests that the partner has a part in; nothing sealed is read."""
    return (
        ReceiptRequest.objects.of_party(partner.party.pk)
        .select_related("case", "deadline", "penalty")
        .defer("sealed", "case__sealed", "case__search", "case__lookup")
    )


def _find(public_id: str | None, partner: Partner) -> ReceiptRequest:
    found: ReceiptRequest | None = (
        _rows(partner).filter(pk=reveal(KIND, public_id or "") or 0).first()
    )
    if found is None:
        raise NotFound
    return found


def _wanted_of(number: str, partner: Partner) -> Waybill:
    """A parcel whose receipt the partner may ask for: it sends it, and another delivers it."""
    waybill = parcel_of(number, party=partner.party)
    if waybill.destination_id == partner.party.pk:
        raise KefuError(
            _("这票件是你派的，回单在你那里"), code="own_delivery", field="waybill_number"
        )
    return waybill


EXAMPLE = {
    "id": "mfzwi3lqnnxw2zlsmvzxi2lpny",
    "number": "HD-261120-0003",
    "direction": "sent",
    "waybill_number": "880612045537",
    "service": "fax",
    "reference": "CD03-1120-21",
    "note": "收件人称没有签收",
    "asked_at": "2026-11-20T14:00:00+08:00",
    "due_at": "2026-11-20T16:00:00+08:00",
    "keep_until": "2027-05-16",
    "owed": True,
    "outcome": None,
    "answer": "",
    "answered_at": None,
    "fine": None,
}
LOST = EXAMPLE | {
    "number": None,
    "direction": "received",
    "reference": None,
    "outcome": "not_found",
    "answer": "当天的回单没有找到",
    "answered_at": "2026-11-20T15:12:09+08:00",
    "fine": "100.00",
}


def _one(example: Any, description: Any, code: str) -> OpenApiResponse:
    return answered(ReceiptShown, example, description, code, "receipt")


class ReceiptRequestViewSet(viewsets.ViewSet):
    """Receipts that the calling outlet wants or is asked for; any other is 404, as if it did not exist."""

    # A receipt wanted is a question between outlets like any other: the same rights open it.
    scopes = (ApiKey.Scope.READ, ApiKey.Scope.WRITE)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head", "post")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_receipt_requests",
        summary=gettext_lazy("索要的回单"),
        description=gettext_lazy("自己索要的和向自己索要的，新的在前，一页一页地读。"),
        parameters=[ReceiptChoice],
        responses=paged(ReceiptPage, EXAMPLE),
    )
    def list(self, request: Request) -> Response:
        choice, partner = chosen_by(ReceiptChoice, request), partner_of(request)
        rows = _rows(partner)
        if choice.get("open"):
            rows = rows.open()
        if "direction" in choice:
            side = "asked" if choice["direction"] == Direction.RECEIVED else "asking"
            rows = rows.filter(**{side: partner.party})
        rows = newest_first(rows, choice, kind=KIND)
        page, cursor = cut(list(rows[: choice["limit"] + 1]), choice, kind=KIND)
        results = [shown(one, partner=partner) for one in page]
        return localised(Response({"results": results, "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_receipt_request",
        summary=gettext_lazy("一次索要"),
        description=gettext_lazy("与自己无关的和不存在的一样，都是 404。"),
        parameters=[ETAG],
        responses={200: _one(EXAMPLE, gettext_lazy("索要回单"), "200"), **refusals(400, 404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        partner = partner_of(request)
        return versioned(shown(_find(pk, partner), partner=partner))

    @extend_schema(
        operation_id="ask_receipt_request",
        summary=gettext_lazy("索要一票件的回单"),
        description=gettext_lazy(
            "只能索要自己寄出的件。派件方要在 due_at 之前回复（CD-05.09）；回单保存到 keep_until，"
            "期内拒绝提供或找不到的罚派件方（CD-05.15、CD-05.16）。"
        ),
        request=ReceiptWanted,
        parameters=[IDEMPOTENCY_KEY, WAS_REPLAYED],
        responses={
            201: _one(EXAMPLE, gettext_lazy("已发出"), "201"),
            **refusals(400, 409, 413, 415, 422),
        },
        examples=[
            OpenApiExample(
                "wanted",
                {
                    "waybill_number": "880612045537",
                    "service": "fax",
                    "note": "收件人称没有签收",
                    "reference": "CD03-1120-21",
                },
                request_only=True,
            )
        ],
    )
    @once
    def create(self, request: Request) -> Response:
        given = given_by(ReceiptWanted, request)
        partner = partner_of(request)
        waybill = _wanted_of(given["waybill_number"], partner)
        made = receipt_requests.ask_for_receipt(
            waybill=waybill,
            asking=partner.party,
            service=ReceiptRequest.Service(given["service"]),
            note=given["note"],
            reference=given["reference"],
            channel=Interaction.Channel.OUTLET,
            department=desk_for_outlets(),
            owner=None,
            actor=None,
            now=partner.seen_at,
        )
        public_id = conceal(KIND, made.pk)
        answer = Response(
            shown(_find(public_id, partner), partner=partner), status=status.HTTP_201_CREATED
        )
        answer.headers["Location"] = reverse("receipt-request-detail", [public_id])
        return localised(answer)

    @extend_schema(
        operation_id="answer_receipt_request",
        summary=gettext_lazy("回复向自己索要的回单"),
        description=gettext_lazy("时间以本公司收到请求的时刻为准；恰好在 due_at 也算按时。"),
        request=ReceiptAnswer,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={
            200: _one(LOST, gettext_lazy("已回复"), "200"),
            **refusals(400, 404, 409, 412, 413, 415, 422),
        },
        examples=[
            OpenApiExample(
                "lost",
                {"outcome": "not_found", "answer": "当天的回单没有找到"},
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"])
    @once
    def answer(self, request: Request, pk: str) -> Response:
        partner = partner_of(request)
        found = _find(pk, partner)
        given = given_by(ReceiptAnswer, request)
        if found.asked_id != partner.party.pk:
            raise NotAllowed(_("这是你索要的，由派件方回复"), code="not_asked")
        _unchanged(found, request)
        receipt_requests.answer_request(
            request=found,
            outcome=Outcome(given["outcome"]),
            answer=given["answer"],
            channel=Interaction.Channel.OUTLET,
            actor=None,
            now=partner.seen_at,
        )
        return versioned(shown(_find(pk, partner), partner=partner))


def _unchanged(found: ReceiptRequest, request: Request) -> None:
    """Refuse if the caller looked at another version; from here on nobody else changes this one."""
    if "If-Match" not in request.headers:
        return
    lock(case=found.case)
    partner = partner_of(request)
    told = shown(_find(conceal(KIND, found.pk), partner), partner=partner)
    refuse_if_changed(request, etag(told), _("这次索要已经变了，请重新读取再决定"))
