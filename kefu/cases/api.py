"""What partners are told of a case: which one, of which kind, about which parcel; nothing of the customer."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from kefu.api.public_ids import conceal
from kefu.cases.models import Case

KIND = "case"
READ = ("case__kind", "case__waybill_number")  # columns that ``case_shown`` needs


class CaseShown(serializers.Serializer[Any]):
    id = serializers.CharField(help_text=_("同一件工单总是同一个"))
    kind = serializers.ChoiceField(Case.Kind.choices)
    waybill_number = serializers.CharField(allow_blank=True)


def case_shown(case: Case) -> dict[str, Any]:
    return {
        "id": conceal(KIND, case.pk),
        "kind": case.kind,
        "waybill_number": case.waybill_number,
    }
