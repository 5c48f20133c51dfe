"""The door of partner outlets to what runs against them: soonest first, with what a breach costs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import Prefetch
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
from kefu.deadlines.models import Consequence, Deadline
from kefu.policy.explanation import Explanation, explain_cost, explain_due
from kefu.rulebooks.selectors import edition

KIND = "deadline"
PAGE, LARGEST_PAGE = 50, 100


# -- What goes in and out ---------------------------------------------------------------------


class BreachCost(serializers.Serializer[Any]):
    """What a breach costs the calling outlet by one clause."""

    clause = serializers.CharField(help_text=gettext_lazy("条款"))
    kind = serializers.ChoiceField(Consequence.Kind.choices)
    value = serializers.CharField(help_text=gettext_lazy("罚款为元，扣分为分"))
    condition = serializers.ChoiceField(
        Consequence.Condition.choices, help_text=gettext_lazy("什么时候才算数")
    )
    text = serializers.CharField(help_text=gettext_lazy("给人看的一句话"))


class DeadlineShown(serializers.Serializer[Any]):
    """One deadline that runs against the calling outlet."""

    id = serializers.CharField()
    clause = serializers.CharField(help_text=gettext_lazy("条款"))
    action = serializers.ChoiceField(Deadline.Action.choices, help_text=gettext_lazy("要做什么"))
    starts_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text=gettext_lazy("恰好在这一刻办到算按时"))
    answered_at = serializers.DateTimeField(allow_null=True)
    breached = serializers.BooleanField(help_text=gettext_lazy("到时没有办到"))
    case = CaseShown()
    about = LinkShown(
        allow_null=True, help_text=gettext_lazy("在哪里办：那条查询、留言等；null：没有单独的地址")
    )
    costs = BreachCost(many=True, help_text=gettext_lazy("超时的代价，只有自己承担的"))


class DeadlineTold(DeadlineShown):
    """The same with its explanation."""

    explanation = ExplanationShown(help_text=gettext_lazy("截止时间是怎样算出来的"))


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class DeadlinePage(serializers.Serializer[Any]):
    results = DeadlineShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Choice(Strict):
    """Which deadlines; the soonest come first."""

    clause = Text(required=False, max_length=16)
    due_before = Instant(required=False, help_text=gettext_lazy("截止时间早于它的"))
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


def shown(deadline: Deadline, about: Link | None, partner: Partner) -> dict[str, Any]:
    """Return a deadline read by ``_rows`` as the partner sees it."""
    return {
        "id": conceal(KIND, deadline.pk),
        "clause": deadline.clause,
        "action": deadline.action,
        "starts_at": instant(deadline.starts_at),
        "due_at": instant(deadline.due_at),
        "answered_at": instant(deadline.answered_at),
        "breached": _breached(deadline, partner),
        "case": case_shown(deadline.case),
        "about": about,
        "costs": [_cost(consequence) for consequence in deadline.consequences.all()],
    }


def _cost(consequence: Consequence) -> dict[str, Any]:
    facts = {
        "kind": consequence.kind,
        "condition": consequence.condition,
        "each": str(consequence.value),
    }
    return {
        "clause": consequence.clause,
        "kind": consequence.kind,
        "value": str(consequence.value),
        "condition": consequence.condition,
        "text": explain_cost(facts, get_language() or "zh-hans"),
    }


def _waits(deadline: Deadline) -> bool:
    return deadline.state in (Deadline.State.RUNNING, Deadline.State.SET_ASIDE)


def _breached(deadline: Deadline, partner: Partner) -> bool:
    if _waits(deadline):
        return deadline.due_at < partner.seen_at  # the sweep has not come by yet
    return deadline.state == Deadline.State.BREACHED


def _told(deadline: Deadline, partner: Partner) -> Explanation:
    using = edition(deadline.rulebook_id)
    state = "running" if _waits(deadline) else deadline.state  # set aside is our own affair
    if _breached(deadline, partner):
        state = "breached"
    given = deadline.answered_at.isoformat() if deadline.answered_at else None
    return explain_due(
        {**deadline.inputs, "state": state, "answered_at": given},
        get_language() or "zh-hans",
        using.rules,
        version=using.number,
        effective_on=using.effective_on,
    )


# -- Which rows -------------------------------------------------------------------------------


def _rows(partner: Partner) -> Any:
    """What runs against the partner, with what it bears itself: what our own people bear is our affair."""
    own = Consequence.objects.filter(party=partner.party.pk).order_by("clause", "pk")
    return (
        Deadline.objects.of_party(partner.party.pk)
        .select_related("case")
        .prefetch_related(Prefetch("consequences", own))
        .only(
            *("clause", "action", "starts_at", "due_at", "answered_at", "state"),
            *("rulebook_id", "inputs", *READ),
        )
    )


def _page(choice: Mapping[str, Any], partner: Partner) -> tuple[Sequence[Deadline], str | None]:
    rows = _rows(partner).unanswered()
    if "clause" in choice:
        rows = rows.filter(clause=choice["clause"])
    if "due_before" in choice:
        rows = rows.filter(due_at__lt=choice["due_before"])
    found = by_time(rows, choice, kind=KIND, time="due_at")[: choice["limit"] + 1]
    return cut_by_time(list(found), choice, kind=KIND, time="due_at")


def _about(deadlines: Sequence[Deadline], partner: Partner) -> dict[int, Link]:
    return links([deadline.pk for deadline in deadlines], party_id=partner.party.pk)


# -- The doors --------------------------------------------------------------------------------

EXAMPLE = {
    "id": "mfzwi3lqnnxw2zlsmvzxi2lpny",
    "clause": "CD-05.09",
    "action": "feedback",
    "starts_at": "2026-11-20T14:00:00+08:00",
    "due_at": "2026-11-20T16:00:00+08:00",
    "answered_at": None,
    "breached": False,
    "case": {
        "id": "nbswy3dpeb3w64tmmqqho2lumy",
        "kind": "inquiry",
        "waybill_number": "880612045537",
    },
    "about": {"kind": "network_query", "id": "orsxg5bamnqxgzjanfsgk3tuny"},
    "costs": [
        {
            "clause": "CD-05.10",
            "kind": "fine",
            "value": "200.00",
            "condition": "complaint",
            "text": "超时罚 200.00 元，有投诉才罚",
        }
    ],
}
TOLD = EXAMPLE | {
    "explanation": {
        "clause": "CD-05.09",
        "title": "网点两小时内反馈",
        "basis": "",
        "result": "计时中",
        "facts": [{"label": "收到查询", "value": "11-20 14:00:00"}],
        "arithmetic": [{"clause": "CD-05.09", "text": "14:00:00 + 2 小时", "value": "16:00:00"}],
        "total": {"clause": "CD-05.09", "text": "截止", "value": "16:00:00"},
        "changes": [{"label": "现在反馈", "value": "16:00:00 之前算按时"}],
        "footer": {
            "lead": "规则手册",
            "rulebook": "客服部规章 第 3 版",
            "note": "2026-10-01 起生效",
        },
    }
}


class DeadlineViewSet(viewsets.ViewSet):
    """Deadlines that run against the calling outlet; any other is 404, as if it did not exist."""

    scopes = (ApiKey.Scope.READ_DEADLINES, ApiKey.Scope.READ_DEADLINES)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_deadlines",
        summary=gettext_lazy("自己要遵守、还没有办到的时限"),
        description=gettext_lazy(
            "快到时的在前，已超时的最先；costs 是超时的代价。把 next_cursor 作为下一次的 cursor，其余参数不变。"
        ),
        parameters=[Choice],
        responses=paged(DeadlinePage, EXAMPLE),
    )
    def list(self, request: Request) -> Response:
        partner = partner_of(request)
        page, cursor = _page(chosen_by(Choice, request), partner)
        about = _about(page, partner)
        results = [shown(deadline, about.get(deadline.pk), partner) for deadline in page]
        return localised(Response({"results": results, "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_deadline",
        summary=gettext_lazy("一个时限，和它是怎样算出来的"),
        description=gettext_lazy("已经办到的也能读。别的网点的时限与不存在的一样，都是 404。"),
        parameters=[ETAG],
        responses={
            200: answered(DeadlineTold, TOLD, gettext_lazy("时限"), "200", "deadline"),
            **refusals(400, 404),
        },
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        partner = partner_of(request)
        deadline = _rows(partner).filter(pk=reveal(KIND, pk)).first()
        if deadline is None:
            raise NotFound
        about = _about([deadline], partner).get(deadline.pk)
        told = asdict(_told(deadline, partner))
        return versioned({**shown(deadline, about, partner), "explanation": told})
