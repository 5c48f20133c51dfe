"""The doors of partner outlets: what they were asked, and what they ask us."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from django.db import IntegrityError, models
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
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

from inquiries import services
from inquiries.api_rows import Row, rows
from inquiries.models import NetworkQuery
from inquiries.services.network import QUESTION_LIMIT
from kefu.api.authentication import Partner, partner_of
from kefu.api.bulk import MOST, Outcome, bulk, each_of
from kefu.api.idempotency import once
from kefu.api.models import ApiKey
from kefu.api.pagination import LONGEST, cursor_refused, read_cursor, write_cursor
from kefu.api.parsers import BatchParser
from kefu.api.public_ids import conceal, conceal_all, reveal
from kefu.api.schema import ETAG, IDEMPOTENCY_KEY, IF_MATCH, WAS_REPLAYED, answered, paged, refusals
from kefu.api.serializers import Direction, Instant, Strict, Text
from kefu.api.views import (
    AlwaysJson,
    chosen_by,
    given_by,
    localised,
    no_parameters,
    refuse_if_changed,
)
from kefu.cases.models import Interaction
from kefu.cases.services import lock
from kefu.deadlines.models import Consequence
from kefu.errors import Conflict, NotAllowed
from kefu.parcels.selectors import parcel_of
from kefu.penalties.models import Penalty
from kefu.policy.explanation import explain_cost
from kefu.staff.selectors import desk_for_outlets

KIND = "network_query"
PAGE, LARGEST_PAGE = 50, 100
REASON_LIMIT = 500  # characters


class Order(models.TextChoices):
    NEWEST = "newest", gettext_lazy("新的在前")
    SOONEST = "due_at", gettext_lazy("快到时的在前，只用于 state=open")


# -- What goes in and out ---------------------------------------------------------------------


class Cost(serializers.Serializer[Any]):
    """What a late answer costs the asked outlet."""

    clause = serializers.CharField(help_text=gettext_lazy("条款"))
    kind = serializers.ChoiceField(Consequence.Kind.choices)
    amount = serializers.CharField(help_text=gettext_lazy("罚款为元，扣分为分"))
    condition = serializers.ChoiceField(
        Consequence.Condition.choices, help_text=gettext_lazy("什么时候才算数")
    )
    state = serializers.ChoiceField(
        Penalty.State.choices,
        allow_null=True,
        help_text=gettext_lazy("null：没有发生（还没超时，或按时反馈）"),
    )
    text = serializers.CharField(help_text=gettext_lazy("给人看的一句话"))


class QueryShown(serializers.Serializer[Any]):
    """One query as one of its two sides sees it."""

    # ``shown`` makes the very same fields, at a fraction of the time.
    id = serializers.CharField()
    number = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("本公司工单号，只在自己发出的查询上有")
    )
    direction = serializers.ChoiceField(Direction.choices)
    waybill_number = serializers.CharField()
    reference = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("自己的单号，只在自己发出的查询上有")
    )
    question = serializers.CharField(help_text=gettext_lazy("电话、证件号等已遮盖"))
    answer = serializers.CharField(help_text=gettext_lazy("电话、证件号等已遮盖"))
    state = serializers.ChoiceField(NetworkQuery.State.choices)
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("恰好在这一刻反馈算按时；没有规定时限时为 null")
    )
    chased_at = serializers.DateTimeField(allow_null=True, help_text=gettext_lazy("最近一次催促"))
    answered_at = serializers.DateTimeField(allow_null=True)
    overdue = serializers.BooleanField(help_text=gettext_lazy("到时没有反馈"))
    costs = Cost(many=True, help_text=gettext_lazy("超时的代价，只在自己被查询的查询上有"))


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class QueryPage(serializers.Serializer[Any]):
    results = QueryShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Question(Strict):
    waybill_number = Text(max_length=40)
    question = Text(max_length=QUESTION_LIMIT)
    reference = Text(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text=gettext_lazy("自己的单号；同一个单号只能用一次"),
    )


class Feedback(Strict):
    answer = Text(max_length=QUESTION_LIMIT)


class FeedbackItem(Feedback):
    id = Text(max_length=64)


class Questions(Strict):
    items = serializers.ListField(child=Question(), min_length=1, max_length=MOST)


class Feedbacks(Strict):
    items = serializers.ListField(child=FeedbackItem(), min_length=1, max_length=MOST)


class QueryOutcome(Outcome):
    query = QueryShown(allow_null=True)


class QueryOutcomes(serializers.Serializer[Any]):
    results = QueryOutcome(many=True, help_text=gettext_lazy("每一项一个结果，顺序不变"))


class Withdrawal(Strict):
    reason = Text(max_length=REASON_LIMIT)


class Choice(Strict):
    """Which queries, in which order."""

    direction = serializers.ChoiceField(Direction.choices, required=False)
    state = serializers.ChoiceField(NetworkQuery.State.choices, required=False)
    due_before = Instant(required=False, help_text=gettext_lazy("截止时间早于它的"))
    waybill_number = Text(required=False, max_length=40)
    order = serializers.ChoiceField(Order.choices, default=Order.NEWEST.value)
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["order"] == Order.SOONEST and attrs.get("state") != NetworkQuery.State.OPEN:
            message = _("快到时的在前，只用于还没有反馈的：请加上 state=open")
            raise serializers.ValidationError({"order": [message]}, code="needs_open")
        return attrs


def shown(row: Row) -> dict[str, Any]:
    """Return a query as the party it was read for sees it."""
    return all_shown([row])[0]


def all_shown(rows: Sequence[Row]) -> list[dict[str, Any]]:
    ids = conceal_all(KIND, [row.pk for row in rows])
    language = get_language() or "zh-hans"
    return [_shown(row, public_id, language) for row, public_id in zip(rows, ids, strict=True)]


def _shown(row: Row, public_id: str, language: str) -> dict[str, Any]:
    return {
        "id": public_id,
        "number": row.number if row.sent else None,
        "direction": (Direction.SENT if row.sent else Direction.RECEIVED).value,
        "waybill_number": row.waybill_number,
        "reference": row.reference if row.sent else None,
        "question": row.question,
        "answer": row.answer,
        "state": row.state,
        "asked_at": row.asked_at,
        "due_at": row.due_at,
        "chased_at": row.chased_at,
        "answered_at": row.answered_at,
        "overdue": row.overdue,
        "costs": _costs(row.costs, language),
    }


@lru_cache(maxsize=256)
def _costs(text: str | None, language: str) -> tuple[dict[str, Any], ...]:
    """What ``COSTS`` found, in words; kept, for most queries of a list cost the same."""
    return tuple(_cost(**cost, language=language) for cost in orjson.loads(text or "[]"))


def _cost(*, each: str, language: str, **cost: Any) -> dict[str, Any]:
    facts = {"kind": cost["kind"], "condition": cost["condition"], "each": each}
    return {**cost, "text": explain_cost(facts, language)}


def etag(row: Row) -> str:
    """Return the version of a query: it changes with every fact a partner can see."""
    facts = [
        row.pk,
        row.state,
        row.answered_at,
        row.chased_at,
        row.clock and (row.clock, row.due_at),
        [(cost["clause"], cost["state"]) for cost in _costs(row.costs, "zh-hans")],
    ]
    return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'


# -- Which rows -------------------------------------------------------------------------------


def _find(public_id: str | None, partner: Partner) -> NetworkQuery:
    """Return a query that the partner has a part in; for any other the answer is as if there were none."""
    query = (
        NetworkQuery.objects.of_party(partner.party.pk)
        .select_related("case")
        # An id that is none is looked for as well: it takes as long as somebody else's.
        .filter(pk=reveal(KIND, public_id or ""))
        .first()
    )
    if query is None:
        raise NotFound
    return query


def _read(public_id: str, partner: Partner) -> Row:
    """The same, as it is shown."""
    wanted = {"pk": reveal(KIND, public_id)}
    found = rows(partner.party.pk, wanted, limit=1, now=partner.seen_at)
    if not found:
        raise NotFound
    return found[0]


def _page(choice: dict[str, Any], partner: Partner) -> tuple[list[Row], str | None]:
    """Return one page and the cursor of the next."""
    soonest, limit = choice["order"] == Order.SOONEST, choice["limit"]
    given = dict(choice)
    if "cursor" in choice:
        given |= _place(choice["cursor"], choice["order"])
    sides = [Direction(choice["direction"])] if "direction" in choice else list(Direction)
    found = rows(
        partner.party.pk, given, sides=sides, soonest=soonest, limit=limit + 1, now=partner.seen_at
    )
    page = found[:limit]
    if len(found) <= limit:
        return page, None
    last = page[-1]
    due = last.due_at if soonest and last.due_at else ""
    return page, write_cursor(choice["order"], due, conceal(KIND, last.pk))


def _place(cursor: str, order: str) -> dict[str, Any]:
    """Return the place that a cursor names. Raises QueryRefused for one of another order."""
    made_for, place, public_id = read_cursor(cursor, parts=3)
    pk = reveal(KIND, public_id)
    due_at = _parsed(place)
    if made_for != order or not pk or (order == Order.SOONEST) != (due_at is not None):
        raise cursor_refused()
    return {"before": pk} if due_at is None else {"after": due_at, "after_pk": pk}


def _parsed(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


# -- The doors --------------------------------------------------------------------------------

EXAMPLE = {
    "id": "mfzwi3lqnnxw2zlsmvzxi2lpny",
    "number": None,
    "direction": "received",
    "waybill_number": "880612045537",
    "reference": None,
    "question": "件到成都后没有扫描，请核实",
    "answer": "",
    "state": "open",
    "asked_at": "2026-11-20T14:00:00+08:00",
    "due_at": "2026-11-20T16:00:00+08:00",
    "chased_at": None,
    "answered_at": None,
    "overdue": False,
    "costs": [
        {
            "clause": "CD-05.10",
            "kind": "fine",
            "amount": "200.00",
            "condition": "complaint",
            "state": None,
            "text": "超时罚 200.00 元，有投诉才罚",
        }
    ],
}
ANSWERED = EXAMPLE | {
    "answer": "件在分拨中心，今晚派送",
    "state": "answered",
    "answered_at": "2026-11-20T15:12:09+08:00",
}
ASKED = EXAMPLE | {
    "number": "WD-261120-0007",
    "direction": "sent",
    "reference": "CD03-1120-18",
    "question": "收件人称少一件，请核对发件重量",
    "costs": [],
}
OUTCOMES = {"results": [{"index": 0, "status": 201, "problem": None, "query": ASKED}]}
FED_BACK = {"results": [{"index": 0, "status": 200, "problem": None, "query": ANSWERED}]}
WITHDRAWN = ASKED | {"state": "withdrawn"}


def _one(example: dict[str, Any], description: Any, code: str) -> OpenApiResponse:
    return answered(QueryShown, example, description, code, name=str(example["state"]))


class NetworkQueryViewSet(viewsets.ViewSet):
    """Queries that the calling outlet was asked or has asked; any other is 404, as if it did not exist."""

    scopes = (ApiKey.Scope.READ, ApiKey.Scope.WRITE)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head", "post")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_network_queries",
        summary=gettext_lazy("收到的和发出的查询"),
        description=gettext_lazy(
            "一页一页地读：把 next_cursor 作为下一次的 cursor，其余参数不变。新来的不会打乱正在读的页。"
        ),
        parameters=[Choice],
        responses=paged(QueryPage, EXAMPLE),
    )
    def list(self, request: Request) -> Response:
        partner = partner_of(request)
        page, cursor = _page(chosen_by(Choice, request), partner)
        results = all_shown(page)
        return localised(Response({"results": results, "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_network_query",
        summary=gettext_lazy("一条查询"),
        description=gettext_lazy("别的网点的查询与不存在的一样，都是 404。"),
        parameters=[ETAG],
        responses={200: _one(EXAMPLE, gettext_lazy("查询"), "200"), **refusals(400, 404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        return _answer(pk, request)

    @extend_schema(
        operation_id="ask_network_query",
        summary=gettext_lazy("就一个运单向本公司发出查询"),
        description=gettext_lazy(
            "只能问自己发件或派件的运单。本公司与别人一样，要在 due_at 之前反馈（CD-05.06、CD-05.09）。"
        ),
        request=Question,
        parameters=[IDEMPOTENCY_KEY, ETAG, WAS_REPLAYED],
        responses={
            201: _one(ASKED, gettext_lazy("已发出"), "201"),
            **refusals(400, 409, 413, 415, 422),
        },
        examples=[
            OpenApiExample(
                "question",
                {
                    "waybill_number": "880612045537",
                    "question": "收件人称少一件，请核对发件重量",
                    "reference": "CD03-1120-18",
                },
                request_only=True,
            )
        ],
    )
    @once
    def create(self, request: Request) -> Response:
        given, partner = given_by(Question, request), partner_of(request)
        public_id = _ask_us(given, partner)
        answer = _answer(public_id, request, status=status.HTTP_201_CREATED)
        answer.headers["Location"] = reverse("network-query-detail", [public_id])
        return answer

    @extend_schema(
        operation_id="answer_network_query",
        summary=gettext_lazy("反馈收到的查询"),
        description=gettext_lazy("反馈时间以本公司收到请求的时刻为准；恰好在 due_at 也算按时。"),
        request=Feedback,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={
            200: _one(ANSWERED, gettext_lazy("已反馈"), "200"),
            **refusals(400, 404, 409, 412, 413, 415, 422),
        },
        examples=[
            OpenApiExample("answer", {"answer": "件在分拨中心，今晚派送"}, request_only=True)
        ],
    )
    @action(detail=True, methods=["post"])
    @once
    def answer(self, request: Request, pk: str) -> Response:
        partner = partner_of(request)
        query = _find(pk, partner)
        given = given_by(Feedback, request)
        _asked_of(query, partner)
        _unchanged(query, request)
        _feed_back(query, given["answer"], partner)
        return _answer(pk, request)

    @extend_schema(
        operation_id="ask_network_queries",
        summary=gettext_lazy("一次发出最多 1,000 条查询"),
        description=gettext_lazy(
            "每一项各自办成或不办，一项有误不影响别的；结果按顺序给出。每 10 项（不足 10 项也算）计为一次调用。"
        ),
        request=Questions,
        parameters=[IDEMPOTENCY_KEY, WAS_REPLAYED],
        responses={
            200: answered(
                QueryOutcomes, OUTCOMES, gettext_lazy("每一项的结果"), "200", name="outcomes"
            ),
            **refusals(400, 409, 413, 415, 422),
        },
        examples=[
            OpenApiExample(
                "questions",
                {"items": [{"waybill_number": "880612045537", "question": "少一件，请核对"}]},
                request_only=True,
            )
        ],
    )
    @action(detail=False, methods=["post"], url_path="bulk", parser_classes=[BatchParser])
    @bulk
    def ask_many(self, request: Request) -> Response:
        partner = partner_of(request)

        def ask(given: dict[str, Any]) -> dict[str, Any]:
            return shown(_read(_ask_us(given, partner), partner))

        return each_of(request, form=Question, status=201, name="query", do=ask)

    @extend_schema(
        operation_id="answer_network_queries",
        summary=gettext_lazy("一次反馈最多 1,000 条收到的查询"),
        description=gettext_lazy(
            "每一项各自办成或不办，一项有误不影响别的；反馈时间以本公司收到请求的时刻为准。"
            "每 10 项（不足 10 项也算）计为一次调用。"
        ),
        request=Feedbacks,
        parameters=[IDEMPOTENCY_KEY, WAS_REPLAYED],
        responses={
            200: answered(
                QueryOutcomes, FED_BACK, gettext_lazy("每一项的结果"), "200", name="outcomes"
            ),
            **refusals(400, 409, 413, 415, 422),
        },
        examples=[
            OpenApiExample(
                "answers",
                {"items": [{"id": EXAMPLE["id"], "answer": "件在分拨中心，今晚派送"}]},
                request_only=True,
            )
        ],
    )
    @action(detail=False, methods=["post"], url_path="answers", parser_classes=[BatchParser])
    @bulk
    def answer_many(self, request: Request) -> Response:
        partner = partner_of(request)

        def feed_back(given: dict[str, Any]) -> dict[str, Any]:
            query = _find(given["id"], partner)
            _asked_of(query, partner)
            _feed_back(query, given["answer"], partner)
            return shown(_read(given["id"], partner))

        return each_of(request, form=FeedbackItem, status=200, name="query", do=feed_back)

    @extend_schema(
        operation_id="withdraw_network_query",
        summary=gettext_lazy("撤回自己发出的查询"),
        description=gettext_lazy("还没有反馈的才能撤回。"),
        request=Withdrawal,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={
            200: _one(WITHDRAWN, gettext_lazy("已撤回"), "200"),
            **refusals(400, 404, 409, 412, 413, 415, 422),
        },
        examples=[OpenApiExample("reason", {"reason": "收件人已找到"}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    @once
    def withdraw(self, request: Request, pk: str) -> Response:
        partner = partner_of(request)
        query = _find(pk, partner)
        given = given_by(Withdrawal, request)
        if query.asking_id != partner.party.pk:
            raise NotAllowed(_("这是问你的查询，只有发出的一方可以撤回"), code="not_asking")
        _unchanged(query, request)
        services.withdraw(query=query, reason=given["reason"], actor=None, now=partner.seen_at)
        return _answer(pk, request)


def _ask_us(given: dict[str, Any], partner: Partner) -> str:
    """Take a partner's question; return the public id of the query."""
    waybill = parcel_of(given["waybill_number"], party=partner.party)
    try:
        query = services.receive_query(
            asking=partner.party,
            waybill=waybill,
            waybill_number=waybill.number,
            question=given["question"],
            reference=given["reference"],
            channel=Interaction.Channel.OUTLET,
            department=desk_for_outlets(),
            actor=None,
            now=partner.seen_at,
        )
    except IntegrityError as error:
        if "query_reference_once" not in str(error):
            raise
        # Two calls with one reference at the same time: the constraint let one through.
        raise Conflict(
            _("这个对方单号已经用过"), code="reference_used", field="reference"
        ) from error
    return conceal(KIND, query.pk)


def _asked_of(query: NetworkQuery, partner: Partner) -> None:
    if query.asked_id != partner.party.pk:
        raise NotAllowed(_("这是你发出的查询，由被查询方反馈"), code="not_asked")


def _feed_back(query: NetworkQuery, answer: str, partner: Partner) -> None:
    services.record_feedback(
        query=query,
        answer=answer,
        channel=Interaction.Channel.OUTLET,
        actor=None,
        now=partner.seen_at,
    )


def _unchanged(query: NetworkQuery, request: Request) -> None:
    """Refuse if the caller looked at another version; from here on nobody else changes this one."""
    if "If-Match" not in request.headers:
        return
    lock(case=query.case)
    row = _read(conceal(KIND, query.pk), partner_of(request))
    refuse_if_changed(request, etag(row), _("这条查询已经变了，请重新读取再决定"))


def _answer(public_id: str, request: Request, *, status: int = 200) -> Response:
    partner = partner_of(request)
    row = _read(public_id, partner)
    answer = Response(shown(row), status=status)
    answer.headers["ETag"] = etag(row)
    return localised(answer)
