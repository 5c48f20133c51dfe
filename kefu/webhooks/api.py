"""The feed of changes: what happened for the calling outlet, for those who cannot take webhooks."""

from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from kefu.api.authentication import partner_of
from kefu.api.models import ApiKey
from kefu.api.objects import object_of
from kefu.api.pagination import LONGEST, cursor_refused, read_cursor, write_cursor
from kefu.api.public_ids import conceal, reveal
from kefu.api.schema import answered, refusals
from kefu.api.serializers import Strict, Text, instant
from kefu.api.views import AlwaysJson, chosen_by, localised
from kefu.notifications.outbox import Place, Told, read_for_party
from kefu.webhooks.objects import CHOICES, TYPES, public_event_id

PAGE, LARGEST_PAGE = 100, 500
BEGINNING = Place(1, 1)  # before the first transaction that PostgreSQL numbers


class ObjectShown(serializers.Serializer[Any]):
    """What changed: fetch it to learn how."""

    type = serializers.CharField()
    id = serializers.CharField()
    url = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("在哪里读取；null：没有自己的地址")
    )


class ChangeShown(serializers.Serializer[Any]):
    """One thing that happened, by ids only."""

    id = serializers.CharField(
        help_text=gettext_lazy("事件的编号，不会变，与 webhook-id 相同：见过的就不用再办")
    )
    type = serializers.ChoiceField(CHOICES)
    at = serializers.DateTimeField()
    object = ObjectShown(allow_null=True)


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class ChangePage(serializers.Serializer[Any]):
    results = ChangeShown(many=True)
    next_cursor = serializers.CharField(
        help_text=gettext_lazy("下一次从这里读起；没有新的也有，一直有效")
    )
    more = serializers.BooleanField(help_text=gettext_lazy("true：后面还有，可以马上再读"))


class Choice(Strict):
    """From where, how many."""

    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(
        required=False, max_length=LONGEST, help_text=gettext_lazy("不给：从最早的事件读起")
    )


EXAMPLE = {
    "results": [
        {
            "id": "w5ijd3qmx2nq4mfzwi3lqnnxw2",
            "type": "query.asked",
            "at": "2026-11-20T14:00:00+08:00",
            "object": {
                "type": "network_query",
                "id": "mfzwi3lqnnxw2zlsmvzxi2lpny",
                "url": "/api/v1/network-queries/mfzwi3lqnnxw2zlsmvzxi2lpny/",
            },
        }
    ],
    "next_cursor": "WyJtZnp3aTNscW5ueHcyemxzbXZ6eGkybHBueSIsInc1aWpkM3FteDJucTRtZnp3aTNscW5ueHcyIl0",
    "more": False,
}


class ChangesViewSet(viewsets.ViewSet):
    """Events of the calling outlet in the order in which they were committed; none is skipped."""

    scopes = (ApiKey.Scope.READ_CHANGES, ApiKey.Scope.READ_CHANGES)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head")

    @extend_schema(
        operation_id="list_changes",
        summary=gettext_lazy("与自己有关的变化"),
        description=gettext_lazy(
            "按提交的先后，不会漏掉一件。把 next_cursor 记下，作为下一次的 cursor；没有新的时也给。只有编号和地址，内容另外读取。"
        ),
        parameters=[Choice],
        responses={
            200: answered(ChangePage, EXAMPLE, gettext_lazy("一页"), "200", name="page"),
            **refusals(400),
        },
    )
    def list(self, request: Request) -> Response:
        choice, partner = chosen_by(Choice, request), partner_of(request)
        after = _place(choice["cursor"]) if "cursor" in choice else BEGINNING
        found = read_for_party(
            party_id=partner.party.pk, kinds=TYPES, after=after, limit=choice["limit"] + 1
        )
        page = found[: choice["limit"]]
        answer = {
            "results": [_shown(told) for told in page],
            "next_cursor": _cursor(page[-1].place if page else after),
            "more": len(found) > len(page),
        }
        return localised(Response(answer))


def _shown(told: Told) -> dict[str, Any]:
    return {
        "id": public_event_id(told.place.pk),
        "type": told.kind,
        "at": instant(told.at),
        "object": object_of(told.data),
    }


# The numbers of transactions and events would tell how much goes on for others.
def _cursor(place: Place) -> str:
    return write_cursor(conceal("transaction", place.txid), conceal("event", place.pk))


def _place(cursor: str) -> Place:
    transaction, event = read_cursor(cursor, parts=2)
    place = Place(reveal("transaction", transaction), reveal("event", event))
    if not (place.txid and place.pk):
        raise cursor_refused()
    return place
