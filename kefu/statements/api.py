"""The door of partner outlets to their statements: read them, take them as files, confirm them."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from kefu.api.authentication import partner_of
from kefu.api.idempotency import once
from kefu.api.models import ApiKey
from kefu.api.pagination import (
    LONGEST,
    cursor_refused,
    cut,
    newest_first,
    read_cursor,
    write_cursor,
)
from kefu.api.public_ids import conceal, reveal
from kefu.api.schema import ETAG, IDEMPOTENCY_KEY, IF_MATCH, WAS_REPLAYED, answered, paged, refusals
from kefu.api.serializers import Strict, Text, instant
from kefu.api.views import (
    AlwaysJson,
    chosen_by,
    given_by,
    localised,
    no_parameters,
    refuse_if_changed,
)
from kefu.ledger.models import Entry
from kefu.statements import papers, services
from kefu.statements.models import Line, Statement

KIND, LINE_KIND, PENALTY_KIND = "statement", "statement_line", "penalty"
PAGE, LARGEST_PAGE = 50, 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
State = Statement.State
SEEN = [(state.value, state.label) for state in State if state != State.DRAWN]
MONTH = r"[12]\d{3}-(0[1-9]|1[0-2])"


def _money(words: Any) -> serializers.CharField:
    return serializers.CharField(help_text=words)


class StatementShown(serializers.Serializer[Any]):
    """One month of the calling outlet. opening and the five sums make closing, to the fen."""

    id = serializers.CharField()
    number = serializers.CharField()
    month = serializers.CharField(help_text=gettext_lazy("北京时间的月份，如 2026-11"))
    state = serializers.ChoiceField(SEEN)
    opening = _money(gettext_lazy("期初应付，元；等于上一份的期末应付"))
    penalties = _money(gettext_lazy("考核款，元"))
    recoveries = _money(gettext_lazy("理赔追偿及其他，元"))
    reversals = _money(gettext_lazy("冲销，元；冲销应付的为负，冲销来款的为正"))
    payments = _money(gettext_lazy("来款，元，为负"))
    closing = _money(gettext_lazy("期末应付，元；为负：多付"))
    lines = serializers.IntegerField(help_text=gettext_lazy("明细行数"))
    issued_at = serializers.DateTimeField()
    confirm_by = serializers.DateTimeField(
        help_text=gettext_lazy("到这一刻没有确认，视为确认；同时锁定")
    )
    confirmation = serializers.ChoiceField(
        Statement.Confirmation.choices, allow_blank=True, help_text=gettext_lazy("空：还没有确认")
    )
    confirmed_at = serializers.DateTimeField(allow_null=True)
    locked_at = serializers.DateTimeField(allow_null=True)
    paid_at = serializers.DateTimeField(
        allow_null=True,
        help_text=gettext_lazy("之后的来款付清了期末应付；null：还没有，或者这样的来款已经冲销"),
    )


@extend_schema_serializer(many=False)  # the page is one object, though the operation is a list
class StatementPage(serializers.Serializer[Any]):
    results = StatementShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Explanation(serializers.Serializer[Any]):
    summary = serializers.CharField()
    details = serializers.ListField(child=serializers.CharField())


class StatementLineShown(serializers.Serializer[Any]):
    """One entry of the journal, with its explanation as it was when the statement was drawn up."""

    id = serializers.CharField()
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(Entry.Kind.choices)
    at = serializers.DateTimeField(help_text=gettext_lazy("入账时间"))
    of_month = serializers.CharField(
        help_text=gettext_lazy("所属月份；早于对账单月份的，是后来冲销或补记的")
    )
    amount = _money(gettext_lazy("元；为正增加应付，为负减少"))
    party = serializers.CharField(help_text=gettext_lazy("自己的编号，或所属承包区的"))
    clause = serializers.CharField(allow_blank=True, help_text=gettext_lazy("条款"))
    waybill_number = serializers.CharField(allow_blank=True)
    penalty_id = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("这笔处罚的 id；null：不是处罚")
    )
    explanation = Explanation(help_text=gettext_lazy("语言按 Accept-Language"))


@extend_schema_serializer(many=False)
class StatementLinePage(serializers.Serializer[Any]):
    results = StatementLineShown(many=True)
    next_cursor = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("下一页的 cursor；null：没有了")
    )


class Choice(Strict):
    """Which statements; the newest come first."""

    month = serializers.RegexField(
        f"^{MONTH}$", required=False, help_text=gettext_lazy("如 2026-11")
    )
    state = serializers.ChoiceField(SEEN, required=False)
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


class LineChoice(Strict):
    """Which lines; in their order."""

    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=LARGEST_PAGE)
    cursor = Text(required=False, max_length=LONGEST)


class Confirmation(Strict):
    """Nothing but the wish: the body is an empty object."""


EXAMPLE = {
    "id": "mfzwi3lqnnxw2zlsmvzxi2lpny",
    "number": "DZ-202611-CD03",
    "month": "2026-11",
    "state": "issued",
    "opening": "120.00",
    "penalties": "200.00",
    "recoveries": "1200.00",
    "reversals": "0.00",
    "payments": "-120.00",
    "closing": "1400.00",
    "lines": 3,
    "issued_at": "2026-12-01T10:00:00+08:00",
    "confirm_by": "2026-12-09T00:00:00+08:00",
    "confirmation": "",
    "confirmed_at": None,
    "locked_at": None,
    "paid_at": None,
}
AGREED = EXAMPLE | {
    "state": "confirmed",
    "confirmation": "outlet",
    "confirmed_at": "2026-12-02T09:30:00+08:00",
}
LINE = {
    "id": "nbswy3dpeb3w64tmmqqho2ltni",
    "number": 1,
    "kind": "penalty",
    "at": "2026-11-20T16:00:01+08:00",
    "of_month": "2026-11",
    "amount": "200.00",
    "party": "CD03",
    "clause": "CD-05.10",
    "waybill_number": "880612045537",
    "penalty_id": "ob2xe43fnzqxe5dzebuw4zdjmn",
    "explanation": {"summary": "CD-05.10 网点超时不反馈", "details": ["每次 200.00 元 200.00 元"]},
}


def shown(statement: Statement) -> dict[str, Any]:
    return {
        "id": conceal(KIND, statement.pk),
        "number": statement.number,
        "month": f"{statement.month:%Y-%m}",
        "state": statement.state,
        "opening": str(statement.opening),
        "penalties": str(statement.penalties),
        "recoveries": str(statement.recoveries),
        "reversals": str(statement.reversals),
        "payments": str(statement.payments),
        "closing": str(statement.closing),
        "lines": statement.size,
        "issued_at": instant(statement.issued_at),
        "confirm_by": instant(statement.confirm_by),
        "confirmation": statement.confirmation,
        "confirmed_at": instant(statement.confirmed_at),
        "locked_at": instant(statement.locked_at),
        "paid_at": instant(statement.paid_at),
    }


def shown_line(line: Line) -> dict[str, Any]:
    return {
        "id": conceal(LINE_KIND, line.pk),
        "number": line.number,
        "kind": line.kind,
        "at": instant(line.at),
        "of_month": f"{line.of_month:%Y-%m}",
        "amount": str(line.amount),
        "party": line.party.code,
        "clause": line.clause,
        "waybill_number": line.waybill_number,
        "penalty_id": conceal(PENALTY_KIND, line.penalty_id) if line.penalty_id else None,
        "explanation": line.telling,
    }


def etag(statement: Statement) -> str:
    """Return the version of a statement: its figures stay, so its state and when it was paid are all of it."""
    facts = [statement.pk, statement.state, instant(statement.paid_at)]
    return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'


def _find(public_id: str | None, request: Request, *, lock: bool = False) -> Statement:
    """Return a statement of the caller; for any other, or one not issued yet, the answer is as if there were none."""
    rows = Statement.objects.issued_to(partner_of(request).party.pk).select_related("party")
    if lock:
        rows = rows.select_for_update(of=["self"], no_key=True)
    found = rows.filter(pk=reveal(KIND, public_id or "")).first()
    if found is None:
        raise NotFound
    return found


def _lines(statement: Statement, choice: dict[str, Any]) -> tuple[Sequence[Line], str | None]:
    rows, limit = statement.lines.select_related("party").order_by("number"), choice["limit"]
    if "cursor" in choice:
        (after,) = read_cursor(choice["cursor"], parts=1)
        if not (after.isascii() and after.isdecimal() and len(after) < 10):
            raise cursor_refused()
        rows = rows.filter(number__gt=int(after))
    found = list(rows[: limit + 1])
    page = found[:limit]
    return page, write_cursor(str(page[-1].number)) if len(found) > limit else None


def _file(content_type: str, words: Any) -> dict[Any, Any]:
    return {(200, content_type): OpenApiResponse(OpenApiTypes.BINARY, words), **refusals(400, 404)}


class StatementViewSet(viewsets.ViewSet):
    """Statements that were issued to the calling outlet; any other is 404, as if it did not exist."""

    scopes = (ApiKey.Scope.READ_STATEMENTS, ApiKey.Scope.WRITE_STATEMENTS)
    content_negotiation_class = AlwaysJson
    http_method_names = ("get", "head", "post")
    lookup_value_regex = "[^/]{1,64}"

    @extend_schema(
        operation_id="list_statements",
        summary=gettext_lazy("自己的对账单"),
        description=gettext_lazy("新的在前。把 next_cursor 作为下一次的 cursor，其余参数不变。"),
        parameters=[Choice],
        responses=paged(StatementPage, EXAMPLE),
    )
    def list(self, request: Request) -> Response:
        choice = chosen_by(Choice, request)
        rows = Statement.objects.issued_to(partner_of(request).party.pk).select_related("party")
        if "month" in choice:
            rows = rows.filter(month=f"{choice['month']}-01")
        if "state" in choice:
            rows = rows.filter(state=choice["state"])
        rows = newest_first(rows, choice, kind=KIND)
        page, cursor = cut(list(rows[: choice["limit"] + 1]), choice, kind=KIND)
        results = [shown(statement) for statement in page]
        return localised(Response({"results": results, "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_statement",
        summary=gettext_lazy("一份对账单"),
        description=gettext_lazy("别的网点的对账单、还没有发出的，与不存在的一样，都是 404。"),
        parameters=[ETAG],
        responses={
            200: answered(StatementShown, EXAMPLE, gettext_lazy("对账单"), "200", "issued"),
            **refusals(400, 404),
        },
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        no_parameters(request)
        return _answer(_find(pk, request))

    @extend_schema(
        operation_id="list_statement_lines",
        summary=gettext_lazy("一份对账单的明细"),
        description=gettext_lazy("按行号。期初应付加上所有明细，等于期末应付，一分不差。"),
        parameters=[LineChoice],
        responses={**paged(StatementLinePage, LINE), **refusals(400, 404)},
    )
    @action(detail=True, methods=["get"])
    def lines(self, request: Request, pk: str) -> Response:
        choice = chosen_by(LineChoice, request)
        page, cursor = _lines(_find(pk, request), choice)
        results = [shown_line(line) for line in page]
        return localised(Response({"results": results, "next_cursor": cursor}))

    @extend_schema(
        operation_id="read_statement_pdf",
        summary=gettext_lazy("一份对账单的 PDF"),
        description=gettext_lazy("用中文写，与页面和接口逐笔一致。"),
        responses=_file(PDF, gettext_lazy("PDF 文件")),
    )
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        no_parameters(request)
        statement = _find(pk, request)
        return as_file(papers.as_pdf(statement), PDF, file_name(statement, "pdf"))

    @extend_schema(
        operation_id="read_statement_xlsx",
        summary=gettext_lazy("一份对账单的 Excel"),
        description=gettext_lazy("汇总和明细两张表；语言按 Accept-Language。"),
        responses=_file(XLSX, gettext_lazy("Excel 文件")),
    )
    @action(detail=True, methods=["get"])
    def xlsx(self, request: Request, pk: str) -> HttpResponse:
        no_parameters(request)
        statement = _find(pk, request)
        return as_file(papers.as_workbook(statement), XLSX, file_name(statement, "xlsx"))

    @extend_schema(
        operation_id="confirm_statement",
        summary=gettext_lazy("确认一份对账单"),
        description=gettext_lazy(
            "到 confirm_by 没有确认的，视为确认。提前确认不缩短提异议的时间：到 confirm_by 才锁定。"
        ),
        request=Confirmation,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, ETAG, WAS_REPLAYED],
        responses={
            200: answered(StatementShown, AGREED, gettext_lazy("已确认"), "200", "confirmed"),
            **refusals(400, 404, 409, 412, 413, 415, 422),
        },
        examples=[OpenApiExample("confirm", {}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    @once
    def confirm(self, request: Request, pk: str) -> Response:
        statement = _find(pk, request, lock=True)
        given_by(Confirmation, request)
        refuse_if_changed(request, etag(statement), _("这份对账单已经变了，请重新读取再决定"))
        services.confirm(statement=statement, now=partner_of(request).seen_at)
        return _answer(_find(pk, request))


def file_name(statement: Statement, ending: str) -> str:
    return f"statement-{statement.month:%Y-%m}.{ending}"  # an outlet's code may be of any signs


def as_file(content: bytes, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _answer(statement: Statement) -> Response:
    answer = Response(shown(statement))
    answer.headers["ETag"] = etag(statement)
    return localised(answer)
