"""The door of partner outlets to their claims: those they handle or answer for, with what the centre advises."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from claims.models import Claim, Finding, Liability
from kefu.api.authentication import Partner, partner_of
from kefu.api.models import ApiKey
from kefu.api.pagination import LONGEST, cut, newest_first
from kefu.api.public_ids import conceal, reveal
from kefu.api.schema import ETAG, answered, paged, refusals
from kefu.api.serializers import Strict, Text, instant
from kefu.api.views import AlwaysJson, chosen_by, localised, no_parameters, versioned
from kefu.cases.models import Interaction

KIND = "claim"
PAGE, LARGEST_PAGE = 50, 100


class GuidanceShown(serializers.Serializer[Any]):
    """One instruction of the centre to the calling unit."""

    text = serializers.CharField(help_text=gettext_lazy("电话、证件号等已遮盖"))
    written_at = serializers.DateTimeField()


class ClaimShown(serializers.Serializer[Any]):
    """One claim as the unit sees it that handles it or answers for it; nothing of the customer."""

    id = serializers.CharField()
    number = serializers.CharField()
    waybill_number = serializers.CharField()
    loss = serializers.ChoiceField(Claim.Loss.choices)
    stage = serializers.ChoiceField(Claim.Stage.choices)
    ending = serializers.ChoiceField(
        Claim.Ending.choices, help_text=gettext_lazy("空：还没有结案"), allow_blank=True
    )
    demanded_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("在这一刻之前谈定或赔付；null：规章没有定时限")
    )
    handled_here = serializers.BooleanField(help_text=gettext_lazy("由自己处理（发件网点）"))
    percent = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        allow_null=True,
        help_text=gettext_lazy("自己承担的比例；null：还没有确认，或不承担"),
    )
    guidance = GuidanceShown(many=True)


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class ClaimPage(serializers.Serializer[Any]):
    results = ClaimShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Choice(Strict):
    """Which claims; the newest come first."""

    open = serializers.BooleanField(default=False, help_text=gettext_lazy("只要还没有结案的"))
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


EXAMPLE = {
    "id": "mnwgc2lnhiytemzugu3dooby",
    "number": "LP-261120-0007",
    "waybill_number": "770612045501",
    "loss": "loss",
    "stage": "negotiation",
    "ending": "",
    "demanded_at": "2026-11-20T09:00:00+08:00",
    "due_at": "2026-12-21T00:00:00+08:00",
    "handled_here": True,
    "percent": "100.00",
    "guidance": [{"text": "先向客户要发票", "written_at": "2026-11-20T10:00:00+08:00"}],
}


class ClaimViewSet(viewsets.ViewSet):
    """Claims that the calling unit handles or is liable for; of any other it is told nothing (LC-01.24)."""

    scopes = (ApiKey.Scope.READ_CLAIMS, ApiKey.Scope.READ_CLAIMS)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_claims",
        summary=gettext_lazy("自己的理赔"),
        description=gettext_lazy(
            "由自己处理的，和自己被确认承担责任的；新的在前。把 next_cursor 作为下一次的 cursor，其余参数不变。"
        ),
        parameters=[Choice],
        responses=paged(ClaimPage, EXAMPLE),
    )
    def list(self, request: Request) -> Response:
        partner = partner_of(request)
        page, cursor = _page(chosen_by(Choice, request), partner)
        return localised(Response({"results": _shown(page, partner), "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_claim",
        summary=gettext_lazy("一件理赔"),
        description=gettext_lazy("与自己无关的理赔与不存在的一样，都是 404。"),
        parameters=[ETAG],
        responses={
            200: answered(ClaimShown, EXAMPLE, gettext_lazy("理赔"), "200", "claim"),
            **refusals(400, 404),
        },
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        partner = partner_of(request)
        found = _rows(partner).filter(pk=reveal(KIND, pk or "")).first()
        if found is None:
            raise NotFound
        return versioned(_shown([found], partner)[0])


def _rows(partner: Partner) -> Any:
    """The partner's claims; nothing sealed is read."""
    return (
        Claim.objects.of_party(partner.party.pk)
        .select_related("case", "deadline")
        .only(
            *("waybill_number", "loss", "stage", "ending", "demanded_at"),
            *("case__number", "case__outlet_id", "deadline__due_at"),
        )
    )


def _page(choice: Mapping[str, Any], partner: Partner) -> tuple[Sequence[Claim], str | None]:
    rows = _rows(partner)
    if choice["open"]:
        rows = rows.open()
    rows = newest_first(rows, choice, kind=KIND)
    return cut(list(rows[: choice["limit"] + 1]), choice, kind=KIND)


def _shown(claims: Sequence[Claim], partner: Partner) -> list[dict[str, Any]]:
    """Two questions more, however many claims there are."""
    party = partner.party.pk
    pks = [claim.pk for claim in claims]
    last = (
        Finding.objects.filter(claim__in=pks, outcome=Finding.Outcome.CONFIRMED)
        .order_by("claim", "-pk")
        .distinct("claim")
    )
    percents = dict(
        Liability.objects.filter(finding__in=last.values("pk"), party=party).values_list(
            "finding__claim", "percent"
        )
    )
    advised: dict[int, list[dict[str, Any]]] = {}
    lines = Interaction.objects.filter(case__in=pks, action="claim_guidance", party=party)
    for line in lines.order_by("pk").only("case_id", "text", "happened_at"):
        told = {"text": line.text, "written_at": instant(line.happened_at)}
        advised.setdefault(line.case_id, []).append(told)
    return [
        {
            "id": conceal(KIND, claim.pk),
            "number": claim.case.number,
            "waybill_number": claim.waybill_number,
            "loss": claim.loss,
            "stage": claim.stage,
            "ending": claim.ending,
            "demanded_at": instant(claim.demanded_at),
            "due_at": instant(claim.deadline.due_at) if claim.deadline else None,
            "handled_here": claim.case.outlet_id == party,
            "percent": str(percents[claim.pk]) if claim.pk in percents else None,
            "guidance": advised.get(claim.pk, []),
        }
        for claim in claims
    ]
