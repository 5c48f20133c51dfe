"""The door of partner outlets to their penalties: newest first, each with its explanation."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from kefu.api.authentication import Partner, partner_of
from kefu.api.explanations import ExplanationShown
from kefu.api.models import ApiKey
from kefu.api.objects import Link, LinkShown, links
from kefu.api.pagination import LONGEST, by_time, cut_by_time
from kefu.api.public_ids import conceal, reveal
from kefu.api.schema import ETAG, answered, paged, refusals
from kefu.api.serializers import Instant, Strict, Text, instant
from kefu.api.views import AlwaysJson, chosen_by, localised, no_parameters, versioned
from kefu.cases.api import READ, CaseShown, case_shown
from kefu.penalties.models import Penalty
from kefu.penalties.selectors import explained

KIND = "penalty"
DEADLINE = "deadline"  # the kind of public id that the door of deadlines gives them
PAGE, LARGEST_PAGE = 50, 100
# What a parameter of the address asks of the rows.
FILTERS = {
    "state": "state",
    "kind": "kind",
    "clause": "clause",
    "incurred_from": "incurred_at__gte",
    "incurred_to": "incurred_at__lt",
}


# -- What goes in and out ---------------------------------------------------------------------


class PenaltyShown(serializers.Serializer[Any]):
    """One penalty that the calling outlet bears."""

    id = serializers.CharField()
    clause = serializers.CharField(help_text=gettext_lazy("条款"))
    kind = serializers.ChoiceField(Penalty.Kind.choices)
    value = serializers.CharField(help_text=gettext_lazy("罚款为元，扣分为分"))
    condition = serializers.CharField(
        help_text=gettext_lazy(
            "什么时候才算数：at_once、complaint、repeat_call、evidence、verification、nth；以后会有别的"
        )
    )
    state = serializers.ChoiceField(
        Penalty.State.choices, help_text=gettext_lazy("payable 和 settled 才是要付的")
    )
    disputed = serializers.BooleanField(help_text=gettext_lazy("有异议在审议；审议完以前不结清"))
    incurred_at = serializers.DateTimeField(help_text=gettext_lazy("发生时间；超时的是截止时间"))
    decided_at = serializers.DateTimeField(help_text=gettext_lazy("记录时间"))
    deadline = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("超过的时限；null：不是因为超时")
    )
    case = CaseShown()
    about = LinkShown(
        allow_null=True, help_text=gettext_lazy("为了哪条查询、留言等；null：没有单独的地址")
    )


class PenaltyTold(PenaltyShown):
    """The same with its explanation."""

    explanation = ExplanationShown(help_text=gettext_lazy("条款、依据和计算"))


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class PenaltyPage(serializers.Serializer[Any]):
    results = PenaltyShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Choice(Strict):
    """Which penalties; the newest come first."""

    state = serializers.ChoiceField(Penalty.State.choices, required=False)
    kind = serializers.ChoiceField(Penalty.Kind.choices, required=False)
    clause = Text(required=False, max_length=16)
    incurred_from = Instant(required=False, help_text=gettext_lazy("从这一刻起发生的"))
    incurred_to = Instant(required=False, help_text=gettext_lazy("在这一刻之前发生的"))
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


def shown(penalty: Penalty, about: Mapping[int, Link]) -> dict[str, Any]:
    """Return a penalty read by ``_rows`` as the party that bears it sees it."""
    deadline = penalty.deadline
    # A clock of somebody else's may cost this party too; its door would not open.
    own = deadline is not None and deadline.party_id == penalty.party_id
    return {
        "id": conceal(KIND, penalty.pk),
        "clause": penalty.clause,
        "kind": penalty.kind,
        "value": str(penalty.value),
        "condition": penalty.condition,
        "state": penalty.state,
        "disputed": penalty.disputed,
        "incurred_at": instant(penalty.incurred_at),
        "decided_at": instant(penalty.decided_at),
        "deadline": conceal(DEADLINE, deadline.pk) if deadline is not None and own else None,
        "case": case_shown(penalty.case),
        "about": about.get(deadline.pk) if deadline is not None else None,
    }


# -- Which rows -------------------------------------------------------------------------------


def _rows(partner: Partner) -> Any:
    return (
        Penalty.objects.of_party(partner.party.pk)
        .select_related("case", "deadline")
        .only(
            *(
                "clause",
                "kind",
                "value",
                "condition",
                "state",
                "disputed",
                "incurred_at",
                "decided_at",
            ),
            *("party_id", "rulebook_id", "inputs", *READ),
            *("deadline__party_id", "deadline__inputs", "deadline__answered_at"),
        )
    )


def _page(choice: Mapping[str, Any], partner: Partner) -> tuple[Sequence[Penalty], str | None]:
    wanted = {asks: choice[name] for name, asks in FILTERS.items() if name in choice}
    rows = _rows(partner).filter(**wanted)
    found = by_time(rows, choice, kind=KIND, time="incurred_at", newest=True)
    page = list(found[: choice["limit"] + 1])
    return cut_by_time(page, choice, kind=KIND, time="incurred_at")


def _about(penalties: Sequence[Penalty], partner: Partner) -> dict[int, Link]:
    deadlines = [one.deadline_id for one in penalties if one.deadline_id is not None]
    return links(deadlines, party_id=partner.party.pk)


# -- The doors --------------------------------------------------------------------------------

EXAMPLE = {
    "id": "pfxxk4tfebxw42dzebqw4zdtny",
    "clause": "CD-05.10",
    "kind": "fine",
    "value": "200.00",
    "condition": "complaint",
    "state": "provisional",
    "disputed": False,
    "incurred_at": "2026-11-20T16:00:00+08:00",
    "decided_at": "2026-11-20T16:00:01+08:00",
    "deadline": "mfzwi3lqnnxw2zlsmvzxi2lpny",
    "case": {
        "id": "nbswy3dpeb3w64tmmqqho2lumy",
        "kind": "inquiry",
        "waybill_number": "880612045537",
    },
    "about": {"kind": "network_query", "id": "orsxg5bamnqxgzjanfsgk3tuny"},
}
TOLD = EXAMPLE | {
    "explanation": {
        "clause": "CD-05.10",
        "title": "超时未反馈引起投诉",
        "basis": "依据 CD-05.09",
        "result": "暂记 200.00 元",
        "facts": [{"label": "收到查询", "value": "11-20 14:00:00"}],
        "arithmetic": [{"clause": "CD-05.09", "text": "14:00:00 + 2 小时", "value": "16:00:00"}],
        "total": {"clause": "CD-05.10", "text": "应付", "value": "0.00 元"},
        "changes": [{"label": "引起投诉", "value": "罚款生效"}],
        "footer": {
            "lead": "规则手册",
            "rulebook": "客服部规章 第 3 版",
            "note": "2026-10-01 起生效",
        },
    }
}


class PenaltyViewSet(viewsets.ViewSet):
    """Penalties that the calling outlet bears; any other is 404, as if it did not exist."""

    scopes = (ApiKey.Scope.READ_PENALTIES, ApiKey.Scope.READ_PENALTIES)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_penalties",
        summary=gettext_lazy("自己的处罚"),
        description=gettext_lazy(
            "新的在前。把 next_cursor 作为下一次的 cursor，其余参数不变。新来的不会打乱正在读的页。"
        ),
        parameters=[Choice],
        responses=paged(PenaltyPage, EXAMPLE),
    )
    def list(self, request: Request) -> Response:
        partner = partner_of(request)
        page, cursor = _page(chosen_by(Choice, request), partner)
        about = _about(page, partner)
        results = [shown(penalty, about) for penalty in page]
        return localised(Response({"results": results, "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_penalty",
        summary=gettext_lazy("一条处罚，和它的条款、依据、计算"),
        description=gettext_lazy("别的网点的处罚与不存在的一样，都是 404。"),
        parameters=[ETAG],
        responses={
            200: answered(PenaltyTold, TOLD, gettext_lazy("处罚"), "200", "penalty"),
            **refusals(400, 404),
        },
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        partner = partner_of(request)
        penalty = _rows(partner).filter(pk=reveal(KIND, pk)).first()
        if penalty is None:
            raise NotFound
        told = asdict(explained(penalty, get_language() or "zh-hans"))
        return versioned({**shown(penalty, _about([penalty], partner)), "explanation": told})
