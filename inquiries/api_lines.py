"""The door of partner outlets to their reachability: each call to a number of theirs, answered or not."""

from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from inquiries.models import LineCheck
from kefu.api.authentication import Partner, partner_of
from kefu.api.models import ApiKey
from kefu.api.pagination import LONGEST, cut, newest_first
from kefu.api.public_ids import conceal
from kefu.api.schema import paged
from kefu.api.serializers import Strict, Text, instant
from kefu.api.views import AlwaysJson, chosen_by, localised
from kefu.network.selectors import OUTLETS_OWN

KIND = "line_check"
NUMBER = "contact_number"  # the kind of public id that the door of numbers gives them
PAGE, LARGEST_PAGE = 50, 100
KINDS = [(kind.value, kind.label) for kind in OUTLETS_OWN]


class CheckShown(serializers.Serializer[Any]):
    """One call of ours to a number of the calling outlet."""

    id = serializers.CharField()
    number = serializers.CharField(help_text=gettext_lazy("拨打的号码，见 /contact-numbers/"))
    kind = serializers.ChoiceField(KINDS)
    outcome = serializers.ChoiceField(LineCheck.Outcome.choices)
    called_at = serializers.DateTimeField()


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class CheckPage(serializers.Serializer[Any]):
    results = CheckShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Choice(Strict):
    """Which calls; the latest come first."""

    kind = serializers.ChoiceField(KINDS, required=False)
    outcome = serializers.ChoiceField(LineCheck.Outcome.choices, required=False)
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


EXAMPLE = {
    "id": "nruw4zk7mnugky3lgi3tcnzzge",
    "number": "mfzwi3lqnnxw2zlsmvzxi2lpny",
    "kind": "complaint",
    "outcome": "no_answer",
    "called_at": "2026-11-20T15:20:00+08:00",
}


class ReachabilityViewSet(viewsets.ViewSet):
    """Calls to the calling outlet's own numbers (CD-05.21, CD-05.23)."""

    scopes = (ApiKey.Scope.READ_NUMBERS, ApiKey.Scope.READ_NUMBERS)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head")

    @extend_schema(
        operation_id="list_reachability",
        summary=gettext_lazy("自己的号码打得通吗"),
        description=gettext_lazy(
            "本公司拨打自己号码的每一次，新的在前。打不通的核实后可能罚款（CD-05.21、CD-05.23），见 /penalties/。"
        ),
        parameters=[Choice],
        responses=paged(CheckPage, EXAMPLE),
    )
    def list(self, request: Request) -> Response:
        choice, partner = chosen_by(Choice, request), partner_of(request)
        rows = newest_first(_rows(choice, partner), choice, kind=KIND)
        page, cursor = cut(list(rows[: choice["limit"] + 1]), choice, kind=KIND)
        return localised(
            Response({"results": [_shown(check) for check in page], "next_cursor": cursor})
        )


def _rows(choice: dict[str, Any], partner: Partner) -> Any:
    rows = LineCheck.objects.filter(number__party=partner.party.pk, number__kind__in=OUTLETS_OWN)
    if "kind" in choice:
        rows = rows.filter(number__kind=choice["kind"])
    if "outcome" in choice:
        rows = rows.filter(outcome=choice["outcome"])
    return rows.select_related("number").only("outcome", "called_at", "number__kind")


def _shown(check: LineCheck) -> dict[str, Any]:
    return {
        "id": conceal(KIND, check.pk),
        "number": conceal(NUMBER, check.number_id),
        "kind": check.number.kind,
        "outcome": check.outcome,
        "called_at": instant(check.called_at),
    }
