"""The doors of partner outlets: what they were asked, and what they ask us."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models
from django.db.models import Q, prefetch_related_objects
from django.utils.dateparse import parse_datetime
from django.utils.http import parse_etags
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
from inquiries.models import NetworkQuery, NetworkQueryQuerySet
from inquiries.services.network import QUESTION_LIMIT
from kefu.api.authentication import Partner, partner_of
from kefu.api.idempotency import once
from kefu.api.models import ApiKey
from kefu.api.pagination import LONGEST, cursor_refused, read_cursor, write_cursor
from kefu.api.problems import Changed
from kefu.api.public_ids import conceal, reveal
from kefu.api.schema import ETAG, IDEMPOTENCY_KEY, IF_MATCH, WAS_REPLAYED, answered, paged, refusals
from kefu.api.serializers import Direction, Strict, Text, instant
from kefu.api.views import AlwaysJson, chosen_by, given_by, localised, no_parameters
from kefu.cases.models import Interaction
from kefu.cases.services import lock
from kefu.deadlines.models import Consequence, Deadline
from kefu.errors import Conflict, NotAllowed
from kefu.network.models import Party
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


class Withdrawal(Strict):
    reason = Text(max_length=REASON_LIMIT)


class Instant(serializers.DateTimeField):
    """An instant with its offset: a partner's clock may run in another zone."""

    default_error_messages = {"no_offset": gettext_lazy("时间要带时区，如 +08:00（写作 %2B08:00）")}

    def to_internal_value(self, value: Any) -> datetime:
        # A plus sign that was not escaped arrives as a space.
        value = str(value).replace(" ", "+")
        instant = super().to_internal_value(value)
        given = parse_datetime(value)
        if given is None or given.tzinfo is None:
            self.fail("no_offset")
        return instant


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


def shown(query: NetworkQuery, *, partner: Partner) -> dict[str, Any]:
    """Return a query as the partner sees it; consequences and penalties are prefetched."""
    sent = query.asking_id == partner.party.pk
    return {
        "id": conceal(KIND, query.pk),
        "number": query.case.number if sent else None,
        "direction": (Direction.SENT if sent else Direction.RECEIVED).value,
        "waybill_number": query.case.waybill_number,
        "reference": query.reference if sent else None,
        "question": query.question,
        "answer": query.answer,
        "state": query.state,
        "asked_at": instant(query.asked_at),
        "due_at": instant(query.deadline.due_at) if query.deadline else None,
        "chased_at": instant(query.chased_at),
        "answered_at": instant(query.answered_at),
        "overdue": _overdue(query.deadline, now=partner.seen_at),
        "costs": [] if sent else list(_costs(query.deadline, party=partner.party)),
    }


def _overdue(deadline: Deadline | None, *, now: datetime) -> bool:
    if deadline is None:
        return False
    if deadline.state in (Deadline.State.RUNNING, Deadline.State.SET_ASIDE):
        return deadline.due_at < now  # the sweep has not come by yet
    return deadline.state == Deadline.State.BREACHED


def _costs(deadline: Deadline | None, *, party: Party) -> Iterable[dict[str, Any]]:
    if deadline is None:
        return
    states = {p.clause: p.state for p in deadline.penalties.all() if p.party_id == party.pk}
    for cost in deadline.consequences.all():
        if cost.party_id == party.pk:
            yield {
                "clause": cost.clause,
                "kind": cost.kind,
                "amount": str(cost.value),
                "condition": cost.condition,
                "state": states.get(cost.clause),
                "text": explain_cost(cost.inputs, get_language() or "zh-hans"),
            }


def etag(query: NetworkQuery) -> str:
    """Return the version of a query: it changes with every fact a partner can see."""
    deadline = query.deadline
    facts = [
        query.pk,
        query.state,
        instant(query.answered_at),
        instant(query.chased_at),
        deadline and (str(deadline.state), instant(deadline.due_at)),
        sorted((p.clause, p.state) for p in deadline.penalties.all()) if deadline else [],
    ]
    return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'


# -- Which rows -------------------------------------------------------------------------------


def _rows() -> NetworkQueryQuerySet:
    """Queries with what is shown of them; nothing sealed is read."""
    return (
        NetworkQuery.objects.all()
        .select_related("case", "deadline")
        .only(
            "state",
            "question",
            "answer",
            "reference",
            "asked_at",
            "answered_at",
            "chased_at",
            "asking_id",
            "asked_id",
            "case__number",
            "case__waybill_number",
            "deadline__state",
            "deadline__due_at",
        )
    )


COSTS = ("deadline__consequences", "deadline__penalties")


def _find(public_id: str | None, partner: Partner) -> NetworkQuery:
    """Return a query that the partner has a part in; for any other the answer is as if there were none."""
    query = (
        _rows()
        .of_party(partner.party.pk)
        .prefetch_related(*COSTS)
        # An id that is none is looked for as well: it takes as long as somebody else's.
        .filter(pk=reveal(KIND, public_id or ""))
        .first()
    )
    if query is None:
        raise NotFound
    return query


def _page(choice: dict[str, Any], partner: Partner) -> tuple[list[NetworkQuery], str | None]:
    """Return one page and the cursor of the next.

    Each direction is a range of an index of its own, read up to the page's length and merged here:
    the work does not grow with the table, nor with the depth of the page.
    """
    soonest = choice["order"] == Order.SOONEST
    rows = _filtered(choice)
    rows = rows.order_by("deadline__due_at", "pk") if soonest else rows.order_by("-pk")
    party = partner.party.pk
    received = rows.filter(asked=party)
    if soonest:
        # The clock names the party as well, and an index has it there beside the due time.
        received = received.filter(deadline__party=party)
    sides = {Direction.RECEIVED: received, Direction.SENT: rows.filter(asking=party)}
    if "direction" in choice:
        sides = {choice["direction"]: sides[choice["direction"]]}
    limit = choice["limit"]
    found = [query for side in sides.values() for query in side[: limit + 1]]
    found.sort(key=_due if soonest else _age)
    page = found[:limit]
    prefetch_related_objects(page, *COSTS)
    if len(found) <= limit:
        return page, None
    last = page[-1]
    place = _due(last)[0].isoformat() if soonest else ""
    return page, write_cursor(choice["order"], place, conceal(KIND, last.pk))


def _due(query: NetworkQuery) -> tuple[datetime, int]:
    assert query.deadline is not None
    return query.deadline.due_at, query.pk


def _age(query: NetworkQuery) -> int:
    return -query.pk


def _filtered(choice: dict[str, Any]) -> NetworkQueryQuerySet:
    rows = _rows()
    if "state" in choice:
        rows = rows.filter(state=choice["state"])
    if "due_before" in choice:
        rows = rows.filter(deadline__due_at__lt=choice["due_before"])
    if "waybill_number" in choice:
        rows = rows.filter(case__waybill_number=choice["waybill_number"])
    if choice["order"] == Order.SOONEST:
        rows = rows.filter(
            deadline__answered_at=None, deadline__released_at=None, deadline__due_at__isnull=False
        )
    if "cursor" in choice:
        rows = rows.filter(_after(choice["cursor"], choice["order"]))
    return rows


def _after(cursor: str, order: str) -> Q:
    made_for, place, public_id = read_cursor(cursor, parts=3)
    pk = reveal(KIND, public_id)
    due_at = _parsed(place)
    if made_for != order or not pk or (order == Order.SOONEST) != (due_at is not None):
        raise cursor_refused()
    if due_at is None:
        return Q(pk__lt=pk)
    return Q(deadline__due_at__gte=due_at) & (
        Q(deadline__due_at__gt=due_at) | Q(deadline__due_at=due_at, pk__gt=pk)
    )


def _parsed(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


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
        results = [shown(query, partner=partner) for query in page]
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
        return _answer(_find(pk, partner_of(request)), request)

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
        public_id = conceal(KIND, query.pk)
        answer = _answer(_find(public_id, partner), request, status=status.HTTP_201_CREATED)
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
        if query.asked_id != partner.party.pk:
            raise NotAllowed(_("这是你发出的查询，由被查询方反馈"), code="not_asked")
        _unchanged(query, request)
        services.record_feedback(
            query=query,
            answer=given["answer"],
            channel=Interaction.Channel.OUTLET,
            actor=None,
            now=partner.seen_at,
        )
        return _answer(_find(pk, partner), request)

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
        return _answer(_find(pk, partner), request)


def _unchanged(query: NetworkQuery, request: Request) -> None:
    """Refuse if the caller looked at another version; from here on nobody else changes this one."""
    wanted = request.headers.get("If-Match")
    if wanted is None:
        return
    lock(case=query.case)
    if wanted.strip() != "*" and etag(_find(conceal(KIND, query.pk), partner_of(request))) not in (
        parse_etags(wanted)
    ):
        raise Changed(_("这条查询已经变了，请重新读取再决定"), field="If-Match")


def _answer(query: NetworkQuery, request: Request, *, status: int = 200) -> Response:
    answer = Response(shown(query, partner=partner_of(request)), status=status)
    answer.headers["ETag"] = etag(query)
    return localised(answer)
