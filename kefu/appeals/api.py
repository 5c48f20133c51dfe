"""The door of partner outlets to their appeals."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
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

from kefu.api.authentication import Partner, partner_of
from kefu.api.idempotency import once
from kefu.api.models import ApiKey
from kefu.api.pagination import LONGEST, cut, newest_first
from kefu.api.parsers import FilesParser
from kefu.api.public_ids import conceal, reveal
from kefu.api.schema import ETAG, IDEMPOTENCY_KEY, IF_MATCH, WAS_REPLAYED, answered, paged, refusals
from kefu.api.serializers import Strict, Text, instant
from kefu.api.views import (
    AlwaysJson,
    chosen_by,
    etag,
    given_by,
    localised,
    no_parameters,
    refuse_if_changed,
    versioned,
)
from kefu.appeals import services
from kefu.appeals.models import REASON_LIMIT, Appeal, AppealQuerySet, Evidence
from kefu.cases.files import Media
from kefu.cases.services import lock
from kefu.penalties.models import Penalty

KIND, PENALTY = "appeal", "penalty"
PAGE, LARGEST_PAGE = 50, 100


# -- What goes in and out ---------------------------------------------------------------------


class DecisionShown(serializers.Serializer[Any]):
    instance = serializers.IntegerField(help_text=gettext_lazy("第几次审议"))
    upheld = serializers.BooleanField()
    reason = serializers.CharField(help_text=gettext_lazy("电话、证件号等已遮盖"))
    decided_at = serializers.DateTimeField()


class EvidenceShown(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    media = serializers.ChoiceField(Media.choices)
    size = serializers.IntegerField()
    added_at = serializers.DateTimeField()


class AppealShown(serializers.Serializer[Any]):
    """One appeal, as the outlet sees it that filed it."""

    id = serializers.CharField()
    penalty = serializers.CharField(help_text=gettext_lazy("处罚的 id"))
    clause = serializers.CharField()
    penalty_state = serializers.ChoiceField(Penalty.State.choices)
    state = serializers.ChoiceField(Appeal.State.choices)
    reason = serializers.CharField(help_text=gettext_lazy("电话、证件号等已遮盖"))
    filed_at = serializers.DateTimeField()
    second_reason = serializers.CharField(help_text=gettext_lazy("电话、证件号等已遮盖"))
    second_at = serializers.DateTimeField(allow_null=True)
    second_until = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("在这一刻之前（含）可以申请第二次审议")
    )
    due_at = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("这次审议最迟的时间；null：没有在审议")
    )
    closed_at = serializers.DateTimeField(allow_null=True)
    decisions = DecisionShown(many=True)
    evidence = EvidenceShown(many=True)


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class AppealPage(serializers.Serializer[Any]):
    results = AppealShown(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class Filing(Strict):
    penalty = Text(max_length=64, help_text=gettext_lazy("处罚的 id"))
    reason = Text(max_length=REASON_LIMIT)


class SecondReason(Strict):
    reason = Text(max_length=REASON_LIMIT)


class AppealNothing(Strict):
    """Nothing is to be given."""


class EvidenceFile(Strict):
    file = serializers.FileField(
        help_text=gettext_lazy(
            "照片（JPEG、PNG、HEIC）、PDF 或录音（WAV、MP3、M4A、AMR），最多 15 MB，一份异议最多 10 份"
        )
    )


class AppealChoice(Strict):
    """Which appeals; the newest come first."""

    open = serializers.BooleanField(default=False, help_text=gettext_lazy("只要还没有终结的"))
    penalty = Text(required=False, max_length=64, help_text=gettext_lazy("只要对这笔处罚的"))
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


def shown(appeal: Appeal) -> dict[str, Any]:
    """Return an appeal as its outlet sees it: who decided is not named."""
    return {
        "id": conceal(KIND, appeal.pk),
        "penalty": conceal(PENALTY, appeal.penalty_id),
        "clause": appeal.penalty.clause,
        "penalty_state": appeal.penalty.state,
        "state": appeal.state,
        "reason": appeal.reason,
        "filed_at": instant(appeal.filed_at),
        "second_reason": appeal.second_reason,
        "second_at": instant(appeal.second_at),
        "second_until": instant(appeal.second_until),
        "due_at": instant(appeal.due_at),
        "closed_at": instant(appeal.closed_at),
        "decisions": [
            {
                "instance": each.instance,
                "upheld": each.upheld,
                "reason": each.reason,
                "decided_at": instant(each.decided_at),
            }
            for each in appeal.decisions.all()
        ],
        "evidence": [
            {
                "number": each.number,
                "media": each.media,
                "size": each.size,
                "added_at": instant(each.added_at),
            }
            for each in appeal.evidence.all()
        ],
    }


# -- Which rows -------------------------------------------------------------------------------


def _of(partner: Partner) -> AppealQuerySet:
    """The partner's appeals with all that is shown of them, but for the content of their files."""
    evidence = Evidence.objects.defer("photo", "thumbnail")
    return (
        Appeal.objects.filter(party=partner.party.pk)
        .select_related("penalty__case")
        .prefetch_related("decisions", Prefetch("evidence", evidence))
    )


def _find(public_id: str, partner: Partner) -> Appeal:
    """Return an appeal of the partner; for any other the answer is as if there were none."""
    appeal = _of(partner).filter(pk=reveal(KIND, public_id)).first()
    if appeal is None:
        raise NotFound
    return appeal


# -- The doors --------------------------------------------------------------------------------

EXAMPLE: dict[str, Any] = {
    "id": "mfzwi3lqnnxw2zlsmvzxi2lpny",
    "penalty": "obsw4ylmor4xmzlsmvzxi2lpny",
    "clause": "CD-05.10",
    "penalty_state": "payable",
    "state": "first",
    "reason": "当天 10:50 已电话反馈，有录音",
    "filed_at": "2026-11-20T14:00:00+08:00",
    "second_reason": "",
    "second_at": None,
    "second_until": None,
    "due_at": "2026-12-01T00:00:00+08:00",
    "closed_at": None,
    "decisions": [],
    "evidence": [],
}
FILE = {
    "number": 1,
    "media": "audio/mpeg",
    "size": 481201,
    "added_at": "2026-11-20T14:01:00+08:00",
}
PROVED = EXAMPLE | {"evidence": [FILE]}
REJECTED = {
    "instance": 1,
    "upheld": False,
    "reason": "录音是次日的",
    "decided_at": "2026-11-21T09:00:00+08:00",
}
AGAIN = PROVED | {
    "state": "second",
    "second_reason": "录音没有听全",
    "second_at": "2026-11-21T10:00:00+08:00",
    "second_until": "2026-11-29T00:00:00+08:00",
    "due_at": "2026-12-02T00:00:00+08:00",
    "decisions": [REJECTED],
}
WITHDRAWN = EXAMPLE | {
    "state": "withdrawn",
    "due_at": None,
    "closed_at": "2026-11-20T15:00:00+08:00",
}
CHANGES = (400, 404, 409, 412, 413, 415, 422)


def _one(example: dict[str, Any], description: Any, code: str) -> OpenApiResponse:
    return answered(AppealShown, example, description, code, name=str(example["state"]))


class AppealViewSet(viewsets.ViewSet):
    """Appeals of the calling outlet; any other is 404, as if it did not exist."""

    scopes = (ApiKey.Scope.READ_APPEALS, ApiKey.Scope.WRITE_APPEALS)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head", "post")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_appeals",
        summary=gettext_lazy("自己的异议"),
        description=gettext_lazy("新的在前。把 next_cursor 作为下一次的 cursor，其余参数不变。"),
        parameters=[AppealChoice],
        responses=paged(AppealPage, EXAMPLE),
    )
    def list(self, request: Request) -> Response:
        partner = partner_of(request)
        choice = chosen_by(AppealChoice, request)
        rows = _of(partner)
        if choice["open"]:
            rows = rows.open()
        if "penalty" in choice:
            rows = rows.filter(penalty=reveal(PENALTY, choice["penalty"]))
        rows = newest_first(rows, choice, kind=KIND)
        page, cursor = cut(list(rows[: choice["limit"] + 1]), choice, kind=KIND)
        results = [shown(row) for row in page]
        return localised(Response({"results": results, "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_appeal",
        summary=gettext_lazy("一份异议"),
        description=gettext_lazy("别的网点的异议与不存在的一样，都是 404。"),
        parameters=[ETAG],
        responses={200: _one(EXAMPLE, gettext_lazy("异议"), "200"), **refusals(400, 404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        return _answer(pk, request)

    @extend_schema(
        operation_id="file_appeal",
        summary=gettext_lazy("对自己的一笔处罚提出异议"),
        description=gettext_lazy(
            "处罚告知后 15 天内（当天不算）提出；审议期间处罚不结清。证据随后一份一份地加。"
        ),
        request=Filing,
        parameters=[IDEMPOTENCY_KEY, ETAG, WAS_REPLAYED],
        responses={
            201: _one(EXAMPLE, gettext_lazy("已提出"), "201"),
            **refusals(400, 404, 409, 413, 415, 422),
        },
        examples=[
            OpenApiExample(
                "filing",
                {"penalty": EXAMPLE["penalty"], "reason": EXAMPLE["reason"]},
                request_only=True,
            )
        ],
    )
    @once
    def create(self, request: Request) -> Response:
        given, partner = given_by(Filing, request), partner_of(request)
        own = Penalty.objects.filter(party=partner.party.pk).select_related("case")
        penalty = own.filter(pk=reveal(PENALTY, given["penalty"])).first()
        if penalty is None:
            raise NotFound
        appeal = services.file(
            penalty=penalty,
            party=partner.party,
            reason=given["reason"],
            actor=None,
            now=partner.seen_at,
        )
        public_id = conceal(KIND, appeal.pk)
        answer = _answer(public_id, request, status=status.HTTP_201_CREATED)
        answer.headers["Location"] = reverse("appeal-detail", [public_id])
        return answer

    @extend_schema(
        operation_id="add_appeal_evidence",
        summary=gettext_lazy("为异议加一份证据"),
        description=gettext_lazy("证据以 multipart/form-data 发送，字段 file"),
        request={"multipart/form-data": EvidenceFile},
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={201: _one(PROVED, gettext_lazy("已加上"), "201"), **refusals(*CHANGES)},
    )
    @action(detail=True, methods=["post"], parser_classes=[FilesParser])
    @once
    def evidence(self, request: Request, pk: str) -> Response:
        partner = partner_of(request)
        appeal = _find(pk, partner)
        given = given_by(EvidenceFile, request)
        _unchanged(appeal, request)
        services.add_evidence(appeal=appeal, upload=given["file"], actor=None, now=partner.seen_at)
        return _answer(pk, request, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="read_appeal_evidence",
        summary=gettext_lazy("证据的内容"),
        description=gettext_lazy("加上时的内容；照片是重新绘制的 JPEG。"),
        parameters=[
            OpenApiParameter(
                "number", int, OpenApiParameter.PATH, description=gettext_lazy("第几份")
            )
        ],
        responses={
            **{(200, media): OpenApiTypes.BINARY for media in Media.values},
            **refusals(400, 404),
        },
    )
    @action(detail=True, methods=["get"], url_path=r"evidence/(?P<number>[0-9]{1,2})")
    def content(self, request: Request, pk: str, number: str) -> HttpResponse:
        no_parameters(request)
        found = _find(pk, partner_of(request)).evidence.filter(number=int(number)).first()
        if found is None:
            raise NotFound
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": f'attachment; filename="evidence-{found.number}"',
        }
        return HttpResponse(found.photo.open(), content_type=found.media, headers=headers)

    @extend_schema(
        operation_id="ask_second_instance",
        summary=gettext_lazy("申请第二次审议"),
        description=gettext_lazy("第一次审议不成立后 7 天内；由另一位主管审议。"),
        request=SecondReason,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={200: _one(AGAIN, gettext_lazy("已申请"), "200"), **refusals(*CHANGES)},
        examples=[OpenApiExample("reason", {"reason": "录音没有听全"}, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="second-instance")
    @once
    def second_instance(self, request: Request, pk: str) -> Response:
        partner = partner_of(request)
        appeal = _find(pk, partner)
        given = given_by(SecondReason, request)
        _unchanged(appeal, request)
        services.ask_second(appeal=appeal, reason=given["reason"], actor=None, now=partner.seen_at)
        return _answer(pk, request)

    @extend_schema(
        operation_id="withdraw_appeal",
        summary=gettext_lazy("撤回异议"),
        description=gettext_lazy("处罚照旧，不能再提。"),
        request=AppealNothing,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={200: _one(WITHDRAWN, gettext_lazy("已撤回"), "200"), **refusals(*CHANGES)},
    )
    @action(detail=True, methods=["post"])
    @once
    def withdraw(self, request: Request, pk: str) -> Response:
        partner = partner_of(request)
        appeal = _find(pk, partner)
        given_by(AppealNothing, request)
        _unchanged(appeal, request)
        services.withdraw(appeal=appeal, actor=None, now=partner.seen_at)
        return _answer(pk, request)


def _unchanged(appeal: Appeal, request: Request) -> None:
    """Refuse if the caller looked at another version; from here on nobody else changes this one."""
    if "If-Match" not in request.headers:
        return
    lock(case=appeal.penalty.case)
    told = shown(_find(conceal(KIND, appeal.pk), partner_of(request)))
    refuse_if_changed(request, etag(told), _("这份异议已经变了，请重新读取再决定"))


def _answer(public_id: str, request: Request, *, status: int = 200) -> Response:
    return versioned(shown(_find(public_id, partner_of(request))), status=status)
