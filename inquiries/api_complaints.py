"""The door of partner outlets to complaints against them: of what, how far it has got, what was found."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from inquiries.models import Complaint, Finding, Rectification
from kefu.api.authentication import Partner, partner_of
from kefu.api.models import ApiKey
from kefu.api.pagination import LONGEST, cut, newest_first
from kefu.api.public_ids import conceal, reveal
from kefu.api.schema import ETAG, answered, paged, refusals
from kefu.api.serializers import Strict, Text, instant
from kefu.api.views import AlwaysJson, chosen_by, localised, no_parameters, versioned

KIND = "complaint"
PENALTY = "penalty"  # the kind of public id that the door of penalties gives them
PAGE, LARGEST_PAGE = 50, 100


# -- What goes in and out ---------------------------------------------------------------------


class RectificationShown(serializers.Serializer[Any]):
    """What the calling outlet has to mend, and by when (CD-05.22)."""

    measure = serializers.ChoiceField(Rectification.Measure.choices)
    due_on = serializers.DateField()
    heavier = serializers.CharField(help_text=gettext_lazy("逾期没有整改的罚款（元）"))
    outcome = serializers.ChoiceField(
        Rectification.Outcome.choices,
        allow_blank=True,
        help_text=gettext_lazy("复查结果；空：还没有复查"),
    )


class FindingShown(serializers.Serializer[Any]):
    """What was found against the calling outlet by one clause."""

    clause = serializers.CharField(help_text=gettext_lazy("条款"))
    measure = serializers.CharField(help_text=gettext_lazy("措施；空：没有"))
    penalty = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("为此的处罚；null：没有")
    )
    found_at = serializers.DateTimeField()
    rectification = RectificationShown(
        allow_null=True, help_text=gettext_lazy("责令整改；null：没有")
    )


class ComplaintShown(serializers.Serializer[Any]):
    """One complaint as the outlet that it is against sees it; nothing of the customer."""

    id = serializers.CharField()
    number = serializers.CharField(help_text=gettext_lazy("本公司工单号"))
    waybill_number = serializers.CharField(
        allow_blank=True, help_text=gettext_lazy("空：不是为了某一票件")
    )
    cause = serializers.ChoiceField(Complaint.Cause.choices)
    category = serializers.ChoiceField(
        Complaint.Category.choices, allow_blank=True, help_text=gettext_lazy("空：没有分类")
    )
    grade = serializers.ChoiceField(
        Complaint.Grade.choices, allow_blank=True, help_text=gettext_lazy("空：规章不分等级")
    )
    stage = serializers.ChoiceField(
        Complaint.Stage.choices, allow_blank=True, help_text=gettext_lazy("空：规章没有规定环节")
    )
    conclusion = serializers.ChoiceField(
        Complaint.Conclusion.choices, allow_blank=True, help_text=gettext_lazy("空：还没有结论")
    )
    demand = serializers.CharField(help_text=gettext_lazy("客户要什么；电话、证件号等已遮盖"))
    received_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("null：还没有结案")
    )
    findings = FindingShown(many=True, help_text=gettext_lazy("对自己的认定"))


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class ComplaintPage(serializers.Serializer[Any]):
    results = ComplaintShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Choice(Strict):
    """Which complaints; the newest come first."""

    open = serializers.BooleanField(default=False, help_text=gettext_lazy("只要还没有结案的"))
    cause = serializers.ChoiceField(Complaint.Cause.choices, required=False)
    waybill_number = Text(required=False, max_length=40)
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


EXAMPLE = {
    "id": "nzswi3lqnnxw2zlsmvzxi2lpny",
    "number": "TS-261120-0003",
    "waybill_number": "770612045501",
    "cause": "no_reply",
    "category": "attitude",
    "grade": "general",
    "stage": "solution",
    "conclusion": "",
    "demand": "两天没有人回复，要求道歉",
    "received_at": "2026-11-20T09:30:00+08:00",
    "closed_at": None,
    "findings": [
        {
            "clause": "CD-05.21",
            "measure": "",
            "penalty": "mfzwi3lqnnxw2zlsmvzxi2lpny",
            "found_at": "2026-11-20T11:00:00+08:00",
            "rectification": {
                "measure": "more_seats",
                "due_on": "2026-11-30",
                "heavier": "500.00",
                "outcome": "",
            },
        }
    ],
}


class ComplaintViewSet(viewsets.ViewSet):
    """Complaints against the calling outlet; any other is 404, as if it did not exist."""

    scopes = (ApiKey.Scope.READ_COMPLAINTS, ApiKey.Scope.READ_COMPLAINTS)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_complaints",
        summary=gettext_lazy("针对自己的投诉"),
        description=gettext_lazy(
            "新的在前，一页一页地读：把 next_cursor 作为下一次的 cursor，其余参数不变。要答复的另有网点查询，"
            "要遵守的时限见 /deadlines/。"
        ),
        parameters=[Choice],
        responses=paged(ComplaintPage, EXAMPLE),
    )
    def list(self, request: Request) -> Response:
        partner = partner_of(request)
        page, cursor = _page(chosen_by(Choice, request), partner)
        return localised(Response({"results": _shown(page, partner), "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_complaint",
        summary=gettext_lazy("一件投诉"),
        description=gettext_lazy("针对别的网点的投诉与不存在的一样，都是 404。"),
        parameters=[ETAG],
        responses={
            200: answered(ComplaintShown, EXAMPLE, gettext_lazy("投诉"), "200", "complaint"),
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


# -- Which rows -------------------------------------------------------------------------------


def _rows(partner: Partner) -> Any:
    """Complaints against the partner; nothing sealed is read."""
    return (
        Complaint.objects.filter(against=partner.party.pk)
        .select_related("case")
        .only(
            *("cause", "category", "grade", "stage", "conclusion", "demand", "received_at"),
            *("case__number", "case__waybill_number", "case__opened_at", "case__closed_at"),
        )
    )


def _page(choice: Mapping[str, Any], partner: Partner) -> tuple[Sequence[Complaint], str | None]:
    rows = _rows(partner)
    if choice["open"]:
        rows = rows.open()
    if "cause" in choice:
        rows = rows.filter(cause=choice["cause"])
    if "waybill_number" in choice:
        rows = rows.filter(case__waybill_number=choice["waybill_number"])
    rows = newest_first(rows, choice, kind=KIND)
    return cut(list(rows[: choice["limit"] + 1]), choice, kind=KIND)


def _shown(complaints: Sequence[Complaint], partner: Partner) -> list[dict[str, Any]]:
    """One question more, however many complaints there are."""
    found: dict[int, list[dict[str, Any]]] = {}
    cases = [complaint.pk for complaint in complaints]
    findings = Finding.objects.filter(case__in=cases, party=partner.party.pk)
    for finding in findings.select_related("rectification").order_by("pk"):
        found.setdefault(finding.case_id, []).append(_finding(finding))
    return [
        {
            "id": conceal(KIND, complaint.pk),
            "number": complaint.case.number,
            "waybill_number": complaint.case.waybill_number,
            "cause": complaint.cause,
            "category": complaint.category,
            "grade": complaint.grade,
            "stage": complaint.stage,
            "conclusion": complaint.conclusion,
            "demand": complaint.demand,
            "received_at": instant(complaint.received_at or complaint.case.opened_at),
            "closed_at": instant(complaint.case.closed_at),
            "findings": found.get(complaint.pk, []),
        }
        for complaint in complaints
    ]


def _finding(finding: Finding) -> dict[str, Any]:
    order = getattr(finding, "rectification", None)
    return {
        "clause": finding.clause,
        "measure": finding.measure,
        "penalty": conceal(PENALTY, finding.penalty_id) if finding.penalty_id else None,
        "found_at": instant(finding.found_at),
        "rectification": rectification_shown(order) if order else None,
    }


def rectification_shown(order: Rectification) -> dict[str, Any]:
    return {
        "measure": order.measure,
        "due_on": order.due_on.isoformat(),
        "heavier": str(order.heavier),
        "outcome": order.outcome,
    }
