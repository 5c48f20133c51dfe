"""The door of partner outlets to their parcels: one by its number, with its scans; nobody else's."""

import re
from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from kefu.api.authentication import Partner, partner_of
from kefu.api.models import ApiKey
from kefu.api.schema import ETAG, answered, refusals
from kefu.api.serializers import instant
from kefu.api.views import AlwaysJson, no_parameters, versioned
from kefu.parcels.models import Scan, Waybill
from kefu.parcels.selectors import find_parcel
from kefu.privacy import redact

MOST_SCANS = 200
SHAPE = re.compile(r"[0-9A-Z]{1,24}")  # of any number that is stored


class ScanShown(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(Scan.Kind.choices)
    at = serializers.DateTimeField()
    place = serializers.CharField()
    text = serializers.CharField(help_text=gettext_lazy("电话、证件号等已遮盖"))


class SideShown(serializers.Serializer[Any]):
    """One end of the way."""

    outlet = serializers.CharField(help_text=gettext_lazy("网点名称"))
    place = serializers.CharField()
    name = serializers.CharField(help_text=gettext_lazy("已遮盖"))
    phone = serializers.CharField(help_text=gettext_lazy("已遮盖"))
    address = serializers.CharField(help_text=gettext_lazy("已遮盖"))


class WaybillShown(serializers.Serializer[Any]):
    """One parcel as the outlets that send or deliver it see it."""

    number = serializers.CharField()
    sent_here = serializers.BooleanField(help_text=gettext_lazy("自己收寄的"))
    delivered_here = serializers.BooleanField(help_text=gettext_lazy("自己派送的"))
    sender = SideShown()
    receiver = SideShown()
    goods = serializers.CharField()
    weight_kg = serializers.CharField(help_text=gettext_lazy("公斤"))
    freight = serializers.CharField(help_text=gettext_lazy("元"))
    payment = serializers.ChoiceField(Waybill.Payment.choices)
    declared_value = serializers.CharField(help_text=gettext_lazy("元"))
    accepted_at = serializers.DateTimeField()
    scans = ScanShown(many=True, help_text=gettext_lazy("新的在前，最多 200 条"))


EXAMPLE = {
    "number": "770612045501",
    "sent_here": False,
    "delivered_here": True,
    "sender": {
        "outlet": "扬州本部",
        "place": "扬州",
        "name": "王**",
        "phone": "138****4545",
        "address": "江苏省扬州市***",
    },
    "receiver": {
        "outlet": "成都三部",
        "place": "成都",
        "name": "李*",
        "phone": "139****0007",
        "address": "四川省成都市***",
    },
    "goods": "茶叶",
    "weight_kg": "1.20",
    "freight": "15.00",
    "payment": "sender",
    "declared_value": "0.00",
    "accepted_at": "2026-11-18T17:05:00+08:00",
    "scans": [
        {
            "kind": "delivering",
            "at": "2026-11-20T09:12:00+08:00",
            "place": "成都三部",
            "text": "派件中",
        }
    ],
}


NUMBER = OpenApiParameter(
    "id", str, OpenApiParameter.PATH, description=gettext_lazy("运单号：大写字母和数字")
)


class WaybillViewSet(viewsets.ViewSet):
    """Parcels that the calling outlet sends or delivers; any other is 404, as if it did not exist."""

    scopes = (ApiKey.Scope.READ_WAYBILLS, ApiKey.Scope.READ_WAYBILLS)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="read_waybill",
        summary=gettext_lazy("一票件和它的扫描"),
        description=gettext_lazy("只有自己发件或派件的；别的与不存在的一样，都是 404。"),
        parameters=[NUMBER, ETAG],
        responses={
            200: answered(WaybillShown, EXAMPLE, gettext_lazy("运单"), "200", "waybill"),
            **refusals(400, 404),
        },
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        partner = partner_of(request)
        waybill = find_parcel(pk, party=partner.party) if SHAPE.fullmatch(pk) else None
        if waybill is None:
            raise NotFound
        return versioned(_shown(waybill, partner))


def _shown(waybill: Waybill, partner: Partner) -> dict[str, Any]:
    party = partner.party.pk
    scans = Scan.objects.filter(waybill_number=waybill.number).order_by("-at", "-pk")
    return {
        "number": waybill.number,
        "sent_here": waybill.origin_id == party,
        "delivered_here": waybill.destination_id == party,
        "sender": {
            "outlet": waybill.origin.name,
            "place": waybill.route_from,
            "name": waybill.sender_name_masked,
            "phone": waybill.sender_phone_masked,
            "address": waybill.sender_address_masked,
        },
        "receiver": {
            "outlet": waybill.destination.name,
            "place": waybill.route_to,
            "name": waybill.receiver_name_masked,
            "phone": waybill.receiver_phone_masked,
            "address": waybill.receiver_address_masked,
        },
        "goods": waybill.goods,
        "weight_kg": str(waybill.weight_kg),
        "freight": str(waybill.freight),
        "payment": waybill.payment,
        "declared_value": str(waybill.declared_value),
        "accepted_at": instant(waybill.accepted_at),
        "scans": [
            {
                "kind": scan.kind,
                "at": instant(scan.at),
                "place": scan.place,
                "text": redact.redact(scan.text),
            }
            for scan in scans[:MOST_SCANS]
        ],
    }
