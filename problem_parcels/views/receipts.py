"""Receipts at the desk: a day's lists, one courier's slips, what is missing."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.spreadsheets import write_workbook
from kefu.workbench.door import DeskRequest, desk_only, employee_of, tell, workers_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from problem_parcels.forms import receipts as forms
from problem_parcels.models import (
    Receipt,
    ReceiptBatch,
    ReceiptEntry,
)
from problem_parcels.receipt_rules import merged_numbers, read_signature
from problem_parcels.selectors import receipts as selectors
from problem_parcels.services import receipts as services

LONGEST = 92  # days a list of missing slips covers
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Source = ReceiptEntry.Source
# What services and policy call a field, where the form calls it otherwise.
FIELDS = {
    "number_typed_in": "number",
    "collect_slips_on_top": "collect_on_top",
    "deliverer_name": "deliverer",
}


def _today(request: DeskRequest) -> date:
    return door_time(request).astimezone(SHANGHAI).date()


def refuse(form: Any, error: KefuError) -> None:
    field = FIELDS.get(error.field or "", error.field)
    form.add_error(field if field in form.fields else None, str(error))


def page(request: DeskRequest, template: str, status: int = 200, **more: Any) -> HttpResponse:
    context = {"now": door_time(request), "current": "receipts", **more}
    return render(request, f"problem_parcels/receipts/{template}.html", context, status=status)


# -- The day ----------------------------------------------------------------------------------


@desk_only
def day(request: DeskRequest) -> HttpResponse:
    """The lists of one day, and what lies here for headquarters. POST hands out a list."""
    if request.method == "POST":
        return _hand_out(request)
    return _day(request, _hand_out_form(request))


def _hand_out_form(request: DeskRequest) -> forms.HandOutForm:
    return forms.HandOutForm(initial={"delivered_on": _chosen(request)}, auto_id="out-%s")


def _chosen(request: DeskRequest) -> date:
    asked = forms.DayForm(request.GET)
    found = asked.cleaned_data["day"] if asked.is_valid() else None
    return found or _today(request)


def _day(
    request: DeskRequest,
    form: forms.HandOutForm,
    rows: list[services.Row] | None = None,
    batch: ReceiptBatch | None = None,
    refused: str = "",
) -> HttpResponse:
    chosen, now, clerk = _chosen(request), door_time(request), employee_of(request)
    if batch is not None:
        chosen = batch.delivered_on
    lines = selectors.batch_lines(chosen, chosen)
    return page(
        request,
        "day",
        422 if form.errors or refused else 200,
        form=form,
        wrong=refused,
        day=chosen,
        before=chosen - timedelta(days=1),
        after=chosen + timedelta(days=1) if chosen < _today(request) else None,
        lines=lines,
        not_sent=_not_sent(request, clerk.department_id, now),
        out=[row for row in rows or () if not row.refusal],
        refused=[row for row in rows or () if row.refusal],
        handed_out=rows is not None,
        made=batch,
        may_work=request.user.has_perm("cases.work_case"),
    )


def _not_sent(request: DeskRequest, department_id: int, now: Any) -> list[selectors.NotSent]:
    try:
        using = edition_in_force(department_id=department_id, at=now)
    except KefuError:
        return []
    return selectors.not_sent(department_id=department_id, rules=using.rules, now=now)


@workers_only
def _hand_out(request: DeskRequest) -> HttpResponse:
    form = forms.HandOutForm(request.POST, auto_id="out-%s")
    if not form.is_valid():
        return _day(request, form)
    given = form.cleaned_data
    try:
        batch, rows = services.hand_out(
            courier=given["courier"],
            delivered_on=given["delivered_on"],
            lines=given["lines"].splitlines(),
            clerk=employee_of(request),
            actor=request.user,
            now=door_time(request),
        )
    except KefuError as error:
        refuse(form, error)
        return _day(request, form)
    if not any(row.refusal for row in rows) and batch is not None:
        return redirect("problem_parcels:receipt_batch", batch.case.number)
    # What was refused stays in the field, to be mended: sent again it goes out, the rest is out already.
    texts = given["lines"].splitlines()
    kept = "\n".join(texts[row.place - 1] for row in rows if row.refusal)
    again = forms.HandOutForm(initial={**given, "lines": kept}, auto_id="out-%s")
    return _day(request, again, rows, batch)


@require_POST
@workers_only
def hand_over(request: DeskRequest) -> HttpResponse:
    """The day's slips go to headquarters."""
    try:
        services.hand_over(clerk=employee_of(request), actor=request.user, now=door_time(request))
    except KefuError as error:
        return _day(request, _hand_out_form(request), refused=str(error))
    return redirect("problem_parcels:receipts")


# -- One courier's slips ----------------------------------------------------------------------


def find_batch(request: DeskRequest, number: str) -> ReceiptBatch:
    return get_object_or_404(
        ReceiptBatch.objects.visible_to(request.user)
        .select_related("case__department", "courier", "deadline", "hand_over")
        .defer("case__sealed", "case__search", "case__lookup"),
        case__number=number,
    )


def _batch_context(request: DeskRequest, batch: ReceiptBatch) -> dict[str, Any]:
    (line,) = selectors.batch_lines(batch.delivered_on, batch.delivered_on, batch=batch)
    return {
        "batch": batch,
        "line": line,
        "rows": selectors.lines_of(batch),
        "cover": batch.covers.last(),
        "may_work": request.user.has_perm("cases.work_case"),
        "may_reveal": request.user.has_perm("cases.reveal_personal_data"),
        "now": door_time(request),
    }


@require_GET
@desk_only
def batch(request: DeskRequest, number: str) -> HttpResponse:
    found = find_batch(request, number)
    context = _batch_context(request, found)
    cover = context["cover"]
    return page(
        request,
        "batch",
        form=forms.EntryForm(auto_id="entry-%s"),
        focus="number",
        cover_form=forms.CoverForm(initial=_counted(context["line"], cover), auto_id="cover-%s"),
        **context,
    )


def _counted(line: selectors.BatchLine, cover: Any) -> dict[str, Any]:
    """What the cover form starts with: the last count, else the name it needs anyway."""
    if cover is None:
        return {"deliverer": line.courier.name}
    return {
        "slips": cover.slips,
        "collect_slips": cover.collect_slips,
        "deliverer": cover.deliverer,
        "collect_on_top": cover.collect_on_top,
    }


@require_POST
@workers_only
def enter(request: DeskRequest, number: str) -> HttpResponse:
    """One slip. With the number alone it says what the slip needs; with the signature it is entered."""
    found = find_batch(request, number)
    form = forms.EntryForm(request.POST, auto_id="entry-%s")
    if not form.is_valid():
        return _entry(request, found, form, focus=next(iter(form.errors), "number"))
    given = form.cleaned_data
    looked = _look(found, given)
    if not given["signature"]:
        if isinstance(looked, KefuError):
            refuse(form, looked)
            return _entry(request, found, form, focus=looked.field or "number")
        return _entry(request, found, form, focus="signature", looked=looked)
    slip = services.Slip(
        given["number"],
        Source(given["source"]),
        given["barcode_digits"],
        given["lower_left_digits"],
    )
    try:
        signature = read_signature(given["signature"])
        entry = once(
            request,
            lambda: (
                services.enter(
                    batch=found,
                    slip=slip,
                    signature=signature,
                    pieces=given["pieces"],
                    collected=given["collected"],
                    unlisted=given["unlisted"],
                    actor=request.user,
                    now=door_time(request),
                ).pk
            ),
        )
    except KefuError as error:
        refuse(form, error)
        line = looked if isinstance(looked, Receipt) else None
        return _entry(request, found, form, focus=error.field or "number", looked=line)
    done = ReceiptEntry.objects.select_related("receipt").get(pk=entry)
    fresh = forms.EntryForm(initial={"source": given["source"]}, auto_id="entry-%s")
    response = _entry(request, find_batch(request, number), fresh, focus="number", done=done)
    response.headers["HX-Trigger-After-Settle"] = "entered"
    return response


def _look(batch: ReceiptBatch, given: dict[str, Any]) -> Receipt | KefuError | None:
    """The line that a slip stands for, None where it is on no list; or what is wrong with its number."""
    rows = batch.receipts.select_related("waybill")
    if given["source"] == Source.MERGED:
        rules = edition(batch.rulebook_id).rules
        numbers = merged_numbers(given["barcode_digits"], given["lower_left_digits"], rules)
        found = rows.filter(waybill_number__in=list(numbers)).first()
        return found or KefuError(
            _("两处数字合起来不是这张清单上的单号"), field="lower_left_digits"
        )
    try:
        number = redact.clean_waybill(given["number"], field="number")
    except KefuError as error:
        return error
    line = rows.filter(waybill_number=number).first()
    if line is not None and line.state == Receipt.State.ENTERED:
        return KefuError(
            _("%(number)s 已经录入；写错了请用更正") % {"number": number}, field="number"
        )
    return line


def _entry(
    request: DeskRequest,
    batch: ReceiptBatch,
    form: forms.EntryForm,
    *,
    focus: str,
    looked: Receipt | None = None,
    done: ReceiptEntry | None = None,
) -> HttpResponse:
    """The entry form again, and with ``done`` the list beside it."""
    context = {"batch": batch, "form": form, "focus": focus, "looked": looked, "done": done}
    asked = form.data.get("signature", "") == "" and form.is_bound and not form.errors
    context["unknown"] = asked and looked is None
    if done is not None:
        context |= _batch_context(request, batch)
    return page(request, "_entry", 422 if form.errors else 200, **context)


@require_POST
@workers_only
def count(request: DeskRequest, number: str) -> HttpResponse:
    """How many slips there are, for the first of them."""
    found = find_batch(request, number)
    form = forms.CoverForm(request.POST, auto_id="cover-%s")
    if form.is_valid():
        try:
            services.count_slips(
                batch=found, actor=request.user, now=door_time(request), **form.cleaned_data
            )
        except KefuError as error:
            refuse(form, error)
        else:
            return redirect("problem_parcels:receipt_cover", found.case.number)
    context = _batch_context(request, found)
    entry = forms.EntryForm(auto_id="entry-%s")
    return page(
        request, "batch", 422, form=entry, focus="", cover_form=form, cover_open=True, **context
    )


@require_GET
@desk_only
def cover(request: DeskRequest, number: str) -> HttpResponse:
    """The sheet that lies on top of the pile."""
    found = find_batch(request, number)
    context = _batch_context(request, found)
    if context["cover"] is None:
        return redirect("problem_parcels:receipt_batch", number)
    return page(request, "cover", **context)


def _dialog(
    request: DeskRequest,
    batch: ReceiptBatch,
    form: Any,
    *,
    title: str,
    submit: str,
    line: Receipt,
    act: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """A dialog beside the list: GET shows it, POST acts and the page comes anew."""
    if request.method == "POST" and form.is_valid():
        try:
            told = act(form.cleaned_data)
        except KefuError as error:
            refuse(form, error)
        else:
            response = HttpResponse(status=204)
            response.headers["HX-Redirect"] = reverse(
                "problem_parcels:receipt_batch", args=[batch.case.number]
            )
            return tell(response, told)
    return page(
        request,
        "_dialog",
        422 if form.errors else 200,
        batch=batch,
        form=form,
        title=title,
        submit=submit,
        line=line,
    )


@workers_only
def account(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """Why a slip is not entered."""
    found = find_batch(request, number)
    line = get_object_or_404(found.receipts.select_related("batch__case"), pk=pk)
    start = {"state": Receipt.State.MISSING, "note": line.note}

    def act(given: dict[str, Any]) -> str:
        done = services.account(
            receipt=line,
            state=Receipt.State(given["state"]),
            note=given["note"],
            barcode_digits=given["barcode_digits"],
            lower_left_digits=given["lower_left_digits"],
            actor=request.user,
            now=door_time(request),
        )
        return f"{done.waybill_number} {done.get_state_display()}"

    return _dialog(
        request,
        found,
        forms.AccountForm(request.POST if request.method == "POST" else None, initial=start),
        title=_("没有录入"),
        submit=_("记下"),
        line=line,
        act=act,
    )


@workers_only
def correct(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """Another row in place of the last entry of a slip."""
    found = find_batch(request, number)
    line = get_object_or_404(found.receipts, pk=pk)
    latest = line.entries.select_related("receipt__batch__case").order_by("-pk").first()
    if latest is None:
        return redirect("problem_parcels:receipt_batch", number)

    def act(given: dict[str, Any]) -> str:
        services.correct(
            entry=latest,
            signature=read_signature(given["signature"]),
            pieces=given.get("pieces"),
            collected=given.get("collected"),
            reason=given["reason"],
            actor=request.user,
            now=door_time(request),
        )
        return _("%(number)s 已更正") % {"number": line.waybill_number}

    form = forms.CorrectForm(
        request.POST if request.method == "POST" else None,
        initial={"pieces": latest.pieces, "collected": latest.collected},
    )
    if line.pieces == 1:
        del form.fields["pieces"]
    if line.collect_due is None:
        del form.fields["collected"]
    return _dialog(request, found, form, title=_("更正签收"), submit=_("更正"), line=line, act=act)


# -- What is missing --------------------------------------------------------------------------


def _span(request: DeskRequest) -> tuple[date, date]:
    """The days asked for; without an answer the two before today, whose slips should be here. At most a quarter."""
    asked = forms.SpanForm(request.GET)
    asked.is_valid()
    last = asked.cleaned_data.get("last") or _today(request) - timedelta(days=1)
    first = asked.cleaned_data.get("first") or last - timedelta(days=1)
    return max(min(first, last), last - timedelta(days=LONGEST - 1)), last


@require_GET
@desk_only
def missing(request: DeskRequest) -> HttpResponse:
    """Handed out, handed in, registered: where a slip is missing, and who entered late (CD-10.05, CD-10.02)."""
    first, last = _span(request)
    return page(
        request,
        "missing",
        first=first,
        last=last,
        rows=list(selectors.missing_receipts(first, last)),
        omissions=_omissions(request, first, last),
    )


def _omissions(request: DeskRequest, first: date, last: date) -> list[selectors.Omissions]:
    now = door_time(request)
    try:
        using = edition_in_force(department_id=employee_of(request).department_id, at=now)
    except KefuError:
        return []
    return selectors.omissions(first, last, rules=using.rules, now=now)


@require_GET
@desk_only
def missing_workbook(request: DeskRequest) -> HttpResponse:
    """The same list to take along, a line a waybill."""
    first, last = _span(request)
    content = write_workbook(
        (_("未交回单"), (12, 12, 14, 10, 10, 10, 20, 12), _sheet(first, last)),
        created=door_time(request),
    )
    name = f"{_('未交回单')}-{first:%Y%m%d}-{last:%Y%m%d}.xlsx"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        content, content_type=XLSX, headers={"Content-Disposition": disposition or "attachment"}
    )


def _sheet(first: date, last: date) -> Iterator[list[str]]:
    yield [
        *(_("派件日"), _("编号"), _("派件员"), _("领走"), _("交回"), _("已录入")),
        *(_("运单号"), _("情况")),
    ]
    for one in selectors.missing_receipts(first, last):
        handed_in = "" if one.handed_in is None else str(one.handed_in)
        head = [
            *(f"{one.day:%Y-%m-%d}", one.courier.code, one.courier.name),
            *(str(one.handed_out), handed_in, str(one.registered)),
        ]
        yield from ([*head, number, _("未交")] for number in one.not_handed_in)
        yield from ([*head, number, _("忘记登记")] for number in one.not_registered)
