"""The doors of partner outlets to messages on problem parcels: what they were written, and what they write us."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError
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
from kefu.api.bulk import MOST, Outcome, bulk, each_of
from kefu.api.idempotency import once
from kefu.api.models import ApiKey
from kefu.api.pagination import LONGEST, cut, newest_first
from kefu.api.parsers import BatchParser
from kefu.api.problems import refused
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
from kefu.cases.services import lock
from kefu.errors import Conflict, NotAllowed
from problem_parcels import services
from problem_parcels.models import Message, MessageQuerySet, ProblemParcel
from problem_parcels.services.messages import REFERENCE_LIMIT, TEXT_LIMIT

KIND = "parcel_message"
PAGE, LARGEST_PAGE = 50, 100


# -- What goes in and out ---------------------------------------------------------------------


class MessageShown(serializers.Serializer[Any]):
    """One message as one of its two sides sees it."""

    # ``shown`` makes the very same fields, at a fraction of the time.
    id = serializers.CharField()
    box = serializers.ChoiceField(Direction.choices)
    waybill_number = serializers.CharField()
    problem = serializers.ChoiceField(
        ProblemParcel.Problem.choices, help_text=gettext_lazy("这一票现在的问题类型")
    )
    text = serializers.CharField(help_text=gettext_lazy("电话、证件号等已遮盖"))
    wish = serializers.ChoiceField(
        Message.Wish.choices, help_text=gettext_lazy("回复里要求怎样处理；空：没有要求")
    )
    reply_to = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("回复的是哪一条；null：不是回复")
    )
    reference = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("自己的单号，只在自己发出的留言上有")
    )
    posted_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("两小时内要回复；恰好在这一刻算按时")
    )
    returned_after = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("到这一刻还没有回复，件就退回")
    )
    answered_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class MessagePage(serializers.Serializer[Any]):
    results = MessageShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Reference(Text):
    def __init__(self) -> None:
        super().__init__(
            max_length=REFERENCE_LIMIT,
            required=False,
            allow_blank=True,
            default="",
            help_text=gettext_lazy("自己的单号；同一个单号只能用一次"),
        )


class Letter(Strict):
    waybill_number = Text(max_length=40)
    problem = serializers.ChoiceField(ProblemParcel.Problem.choices)
    text = Text(max_length=TEXT_LIMIT)
    reference = Reference()


class Reply(Strict):
    text = Text(max_length=TEXT_LIMIT)
    wish = serializers.ChoiceField(
        Message.Wish.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text=gettext_lazy("要求怎样处理；要求退回的当天退"),
    )
    reference = Reference()


class ReplyItem(Reply):
    id = Text(max_length=64, help_text=gettext_lazy("回复的是哪一条"))


class Letters(Strict):
    items = serializers.ListField(child=Letter(), min_length=1, max_length=MOST)


class Replies(Strict):
    items = serializers.ListField(child=ReplyItem(), min_length=1, max_length=MOST)


class MessageOutcome(Outcome):
    message = MessageShown(allow_null=True)


class MessageOutcomes(serializers.Serializer[Any]):
    results = MessageOutcome(many=True, help_text=gettext_lazy("每一项一个结果，顺序不变"))


class Choice(Strict):
    """Which messages; the newest come first."""

    box = serializers.ChoiceField(Direction.choices, required=False)
    unanswered = serializers.BooleanField(
        default=False, help_text=gettext_lazy("只要还在等回复的；回复本身不等回复")
    )
    waybill_number = Text(required=False, max_length=40)
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


def shown(message: Message, *, partner: Partner) -> dict[str, Any]:
    """Return a message as the partner sees it."""
    sent = message.sender_id == partner.party.pk
    return {
        "id": conceal(KIND, message.pk),
        "box": (Direction.SENT if sent else Direction.RECEIVED).value,
        "waybill_number": message.case.waybill_number,
        "problem": message.case.problem_parcel.problem,
        "text": message.text,
        "wish": message.wish,
        "reply_to": conceal(KIND, message.reply_to_id) if message.reply_to_id else None,
        "reference": message.reference if sent else None,
        "posted_at": instant(message.posted_at),
        "due_at": instant(message.deadline.due_at) if message.deadline else None,
        "returned_after": instant(message.wait.due_at) if message.wait else None,
        "answered_at": instant(message.answered_at),
        "withdrawn_at": instant(message.withdrawn_at),
    }


# -- Which rows -------------------------------------------------------------------------------


def _rows() -> MessageQuerySet:
    """Messages with what is shown of them; nothing sealed is read."""
    return (
        Message.objects.all()
        .select_related("case__problem_parcel", "deadline", "wait")
        .only(
            "sender_id",
            "receiver_id",
            "reply_to_id",
            "wish",
            "text",
            "reference",
            "posted_at",
            "answered_at",
            "withdrawn_at",
            "case__waybill_number",
            "case__problem_parcel__problem",
            "deadline__due_at",
            "wait__due_at",
        )
    )


def _find(public_id: str | None, partner: Partner) -> Message:
    """Return a message that the partner wrote or got; for any other the answer is as if there were none."""
    # An id that is none is looked for as well: it takes as long as somebody else's.
    mine = _rows().of_party(partner.party.pk)
    message = mine.filter(pk=reveal(KIND, public_id or "")).first()
    if message is None:
        raise NotFound
    return message


def _page(choice: dict[str, Any], partner: Partner) -> tuple[Sequence[Message], str | None]:
    """Return one page and the cursor of the next.

    Each box is a range of an index of its own, read up to the page's length and merged here: the work does not
    grow with the table, nor with the depth of the page.
    """
    rows = _filtered(choice)
    party = partner.party.pk
    boxes = {
        Direction.RECEIVED: rows.filter(receiver=party),
        Direction.SENT: rows.filter(sender=party),
    }
    if "box" in choice:
        boxes = {choice["box"]: boxes[choice["box"]]}
    found = [message for box in boxes.values() for message in box[: choice["limit"] + 1]]
    found.sort(key=lambda message: -message.pk)
    return cut(found, choice, kind=KIND)


def _filtered(choice: dict[str, Any]) -> MessageQuerySet:
    rows = _rows()
    if choice["unanswered"]:
        rows = rows.unanswered()
    if "waybill_number" in choice:
        rows = rows.filter(case__waybill_number=choice["waybill_number"])
    return newest_first(rows, choice, kind=KIND)


# -- The doors --------------------------------------------------------------------------------

RECEIVED = {
    "id": "mfzwi3lqnnxw2zlsmvzxi2lpny",
    "box": "received",
    "waybill_number": "770612045501",
    "problem": "nobody_home",
    "text": "送无人，电话没人接，请联系发件人后回复",
    "wish": "",
    "reply_to": None,
    "reference": None,
    "posted_at": "2026-11-20T18:00:00+08:00",
    "due_at": "2026-11-20T20:00:00+08:00",
    "returned_after": "2026-11-26T00:00:00+08:00",
    "answered_at": None,
    "withdrawn_at": None,
}
SENT = RECEIVED | {
    "id": "gezdgnbvgy3tqojqgezdgnbvgy",
    "box": "sent",
    "text": "请核实外包装是否破损",
    "problem": "damaged_outside",
    "reference": "CD03-1120-18",
    "returned_after": None,
}
REPLIED = SENT | {
    "problem": "nobody_home",
    "text": "发件人要求退回",
    "wish": "return",
    "reply_to": RECEIVED["id"],
    "reference": "",
    "posted_at": "2026-11-20T18:40:12+08:00",
    "due_at": None,
}


def _one(example: dict[str, Any], description: Any, code: str, name: str) -> OpenApiResponse:
    return answered(MessageShown, example, description, code, name)


def _outcomes(example: dict[str, Any], code: int) -> dict[Any, Any]:
    result = {"index": 0, "status": code, "problem": None, "message": example}
    described = gettext_lazy("每一项的结果")
    return {
        200: answered(MessageOutcomes, {"results": [result]}, described, "200", name="outcomes"),
        **refusals(400, 409, 413, 415, 422),
    }


class MessageViewSet(viewsets.ViewSet):
    """Messages that the calling outlet wrote or got; any other is 404, as if it did not exist."""

    scopes = (ApiKey.Scope.READ_MESSAGES, ApiKey.Scope.WRITE_MESSAGES)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head", "post")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_parcel_messages",
        summary=gettext_lazy("收到的和发出的问题件留言"),
        description=gettext_lazy(
            "新的在前，一页一页地读：把 next_cursor 作为下一次的 cursor，其余参数不变。读取不算回复，也不改变任何东西。"
        ),
        parameters=[Choice],
        responses=paged(MessagePage, RECEIVED),
    )
    def list(self, request: Request) -> Response:
        partner = partner_of(request)
        page, cursor = _page(chosen_by(Choice, request), partner)
        results = [shown(message, partner=partner) for message in page]
        return localised(Response({"results": results, "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_parcel_message",
        summary=gettext_lazy("一条留言"),
        description=gettext_lazy("别的网点的留言与不存在的一样，都是 404。"),
        parameters=[ETAG],
        responses={
            200: _one(RECEIVED, gettext_lazy("留言"), "200", "received"),
            **refusals(400, 404),
        },
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        return _answer(_find(pk, partner_of(request)), request)

    @extend_schema(
        operation_id="post_parcel_message",
        summary=gettext_lazy("就一票问题件给本公司留言"),
        description=gettext_lazy(
            "只能写自己发件或派件的运单。本公司与别人一样，要在 due_at 之前回复（CD-05.09）。"
        ),
        request=Letter,
        parameters=[IDEMPOTENCY_KEY, ETAG, WAS_REPLAYED],
        responses={
            201: _one(SENT, gettext_lazy("已留言"), "201", "sent"),
            **refusals(400, 409, 413, 415, 422),
        },
        examples=[
            OpenApiExample(
                "letter",
                {
                    "waybill_number": "770612045501",
                    "problem": "damaged_outside",
                    "text": "请核实外包装是否破损",
                    "reference": "CD03-1120-18",
                },
                request_only=True,
            )
        ],
    )
    @once
    def create(self, request: Request) -> Response:
        return _posted(_write(given_by(Letter, request), partner_of(request)), request)

    @extend_schema(
        operation_id="reply_to_parcel_message",
        summary=gettext_lazy("回复收到的留言"),
        description=gettext_lazy(
            "时间以本公司收到请求的时刻为准。要求退回的，件当天退（CD-04.14）；满五天没有回复的，件自动退回（CD-07.12）。"
            "留言已经收回的是 409（message_withdrawn）：detail 说明这票的去向，回复照样记下。"
        ),
        request=Reply,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={
            201: _one(REPLIED, gettext_lazy("已回复"), "201", "reply"),
            **refusals(400, 404, 409, 412, 413, 415, 422),
        },
        examples=[
            OpenApiExample("reply", {"text": "发件人要求退回", "wish": "return"}, request_only=True)
        ],
    )
    @action(detail=True, methods=["post"])
    @once
    def replies(self, request: Request, pk: str) -> Response:
        partner = partner_of(request)
        message = _find(pk, partner)
        given = given_by(Reply, request)
        _received_by(message, partner)
        _unchanged(message, request)
        try:
            return _posted(_reply(message, given, partner), request)
        except services.TooLate as error:
            return refused(error, request)

    @extend_schema(
        operation_id="post_parcel_messages",
        summary=gettext_lazy("一次发出最多 1,000 条留言"),
        description=gettext_lazy(
            "每一项各自办成或不办，一项有误不影响别的；结果按顺序给出。每 10 项（不足 10 项也算）计为一次调用。"
        ),
        request=Letters,
        parameters=[IDEMPOTENCY_KEY, WAS_REPLAYED],
        responses=_outcomes(SENT, 201),
        examples=[
            OpenApiExample(
                "letters",
                {
                    "items": [
                        {
                            "waybill_number": "770612045501",
                            "problem": "damaged_outside",
                            "text": "请核实外包装是否破损",
                        }
                    ]
                },
                request_only=True,
            )
        ],
    )
    @action(detail=False, methods=["post"], url_path="bulk", parser_classes=[BatchParser])
    @bulk
    def write_many(self, request: Request) -> Response:
        partner = partner_of(request)

        def write(given: dict[str, Any]) -> dict[str, Any]:
            return _read(_write(given, partner), partner)

        return each_of(request, form=Letter, status=201, name="message", do=write)

    @extend_schema(
        operation_id="reply_to_parcel_messages",
        summary=gettext_lazy("一次回复最多 1,000 条收到的留言"),
        description=gettext_lazy(
            "每一项各自办成或不办，一项有误不影响别的；时间以本公司收到请求的时刻为准。"
            "留言已经收回的是 409，回复照样记下。每 10 项（不足 10 项也算）计为一次调用。"
        ),
        request=Replies,
        parameters=[IDEMPOTENCY_KEY, WAS_REPLAYED],
        responses=_outcomes(REPLIED, 201),
        examples=[
            OpenApiExample(
                "replies",
                {"items": [{"id": RECEIVED["id"], "text": "发件人要求退回", "wish": "return"}]},
                request_only=True,
            )
        ],
    )
    @action(detail=False, methods=["post"], url_path="replies", parser_classes=[BatchParser])
    @bulk
    def reply_many(self, request: Request) -> Response:
        partner = partner_of(request)

        def reply(given: dict[str, Any]) -> dict[str, Any]:
            message = _find(given["id"], partner)
            _received_by(message, partner)
            return _read(_reply(message, given, partner), partner)

        return each_of(
            request, form=ReplyItem, status=201, name="message", do=reply, keeps=services.TooLate
        )


def _write(given: dict[str, Any], partner: Partner) -> Message:
    try:
        return services.outlet_writes(
            sender=partner.party,
            number=given["waybill_number"],
            text=given["text"],
            problem=given["problem"],
            reference=given["reference"],
            actor=None,
            now=partner.seen_at,
        )
    except IntegrityError as error:
        raise _used(error) from error


def _received_by(message: Message, partner: Partner) -> None:
    if message.receiver_id != partner.party.pk:
        raise NotAllowed(_("这是你发出的留言，由收到的一方回复"), code="not_receiver")


def _reply(message: Message, given: dict[str, Any], partner: Partner) -> Message:
    """Reply to a message. Raises TooLate, whose effect is to stay."""
    try:
        return services.reply(
            message=message,
            text=given["text"],
            wish=given["wish"],
            party=partner.party,
            reference=given["reference"],
            actor=None,
            now=partner.seen_at,
        )
    except IntegrityError as error:
        raise _used(error) from error


def _read(message: Message, partner: Partner) -> dict[str, Any]:
    return shown(_find(conceal(KIND, message.pk), partner), partner=partner)


def _used(error: IntegrityError) -> Exception:
    """Two calls with one reference: the constraint let one through."""
    if "message_reference_once" not in str(error):
        return error
    return Conflict(_("这个对方单号已经用过"), code="reference_used", field="reference")


def _posted(message: Message, request: Request) -> Response:
    public_id = conceal(KIND, message.pk)
    answer = _answer(_find(public_id, partner_of(request)), request, status=status.HTTP_201_CREATED)
    answer.headers["Location"] = reverse("parcel-message-detail", [public_id])
    return answer


def _answer(message: Message, request: Request, *, status: int = 200) -> Response:
    return versioned(shown(message, partner=partner_of(request)), status=status)


def _unchanged(message: Message, request: Request) -> None:
    """Refuse if the caller looked at another version; from here on nobody else changes this one."""
    if "If-Match" not in request.headers:
        return
    lock(case=message.case)
    partner = partner_of(request)
    told = shown(_find(conceal(KIND, message.pk), partner), partner=partner)
    refuse_if_changed(request, etag(told), _("这条留言已经变了，请重新读取再决定"))
