"""Misroutings at the desk: record one, find out where it should go, and the month's report."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.misrouting import grouped_by
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition
from kefu.workbench.door import DeskRequest, desk_only, employee_of, workers_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from problem_parcels.forms.routes import DestinationForm, HouseForm, MisroutingForm, WithdrawForm
from problem_parcels.models import Misrouting, MisroutingReport
from problem_parcels.selectors import misroutings as selectors
from problem_parcels.selectors.house import house_words
from problem_parcels.services import misroutings as services
from problem_parcels.services.house import set_house_words
from problem_parcels.views.explaining import told, workbook

SHOWN = 50
BESIDE = "beside-%s"  # ids of the second form of a page
WRITTEN_WRONG = {"source": "slip", "routing_text": "wrong"}  # what it mostly is
# What services call a field, where the form calls it otherwise.
FIELDS = {"old_destination": "written_destination", "waybill": "waybill_number"}


@workers_only
def misroutings(request: DeskRequest) -> HttpResponse:
    """The form and the latest lines; POST records one and is ready for the next scan."""
    scanned = request.POST.get("waybill_number", "").strip()
    if scanned and not (request.POST.get("origin") or request.POST.get("correct_destination")):
        # A scanner ends with Enter: nothing else was written yet.
        return redirect(
            f"{reverse('problem_parcels:misroutings')}?{urlencode({'waybill': scanned})}"
        )
    form = MisroutingForm(request.POST or None, initial=_initial(request.GET.get("waybill", "")))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            number = once(
                request,
                lambda: (
                    services.record_misrouting(
                        found=services.Found(**given),
                        employee=employee_of(request),
                        now=door_time(request),
                    ).waybill_number
                ),
            )
        except KefuError as error:
            form.contradicted = error.code == "origin_contradicted"
            if form.contradicted:
                form.evidence = error.details["evidence"]  # type: ignore[attr-defined]
            _refuse(form, error)
        else:
            messages.info(request, _("已登记 %(number)s") % {"number": number})
            return redirect("problem_parcels:misroutings")
    return _page(request, form, DestinationForm(auto_id=BESIDE))


def _initial(scanned: str) -> dict[str, str]:
    """What the form begins with: what a scanned parcel's own waybill says of where it came from."""
    try:
        number = redact.clean_waybill(scanned[:40])
    except KefuError:
        return {**WRITTEN_WRONG, "waybill_number": scanned[:40]}
    waybill = selectors.evidence_of(number).waybill
    if waybill is None:
        return {**WRITTEN_WRONG, "waybill_number": number}
    return {
        **WRITTEN_WRONG,
        "waybill_number": number,
        "origin": f"{waybill.origin.code} {waybill.origin.name}",
        "province": selectors.province_of(waybill.origin),
    }


@require_POST
@workers_only
def destination(request: DeskRequest) -> HttpResponse:
    """Note one step of finding out a destination."""
    form = DestinationForm(request.POST, auto_id=BESIDE)
    if form.is_valid():
        outcome = form.cleaned_data["outcome"]
        call = outcome != "told"
        try:
            number = once(
                request,
                lambda: (
                    services.note_destination_step(
                        waybill_number=form.cleaned_data["waybill_number"],
                        code="call_recipient" if call else "notify_sending_company",
                        outcome=outcome if call else "",
                        note=form.cleaned_data["note"],
                        employee=employee_of(request),
                        now=door_time(request),
                    ).waybill_number
                ),
            )
        except KefuError as error:
            _refuse(form, error)
        else:
            messages.info(request, _("已记下 %(number)s 的经过") % {"number": number})
            return redirect("problem_parcels:misroutings")
    return _page(request, MisroutingForm(initial=WRITTEN_WRONG), form)


def _page(
    request: DeskRequest, form: MisroutingForm, destination_form: DestinationForm
) -> HttpResponse:
    now = door_time(request)
    rows = Misrouting.objects.filter(withdrawn_at=None).select_related(
        "origin", "report", "recorded_by"
    )
    context = {
        "form": form,
        "destination_form": destination_form,
        "rows": rows[:SHOWN],
        "reports": selectors.overviews(now=now, limit=3),
        "now": now,
        "current": "misroutings",
    }
    bad = form.errors or destination_form.errors
    return render(request, "problem_parcels/misroutings.html", context, status=422 if bad else 200)


def _refuse(form: Any, error: KefuError) -> None:
    name = FIELDS.get(error.field or "", error.field)
    form.add_error(name if name in form.fields else None, str(error))


# The report.


@require_GET
@desk_only
def reports(request: DeskRequest) -> HttpResponse:
    now = door_time(request)
    context = {
        "reports": selectors.overviews(now=now),
        "now": now,
        "current": "misrouting_reports",
    }
    return render(request, "problem_parcels/reports.html", context)


@require_GET
@desk_only
def report(request: DeskRequest, pk: int) -> HttpResponse:
    return _report(request, pk)


def _report(request: DeskRequest, pk: int, refused: KefuError | None = None) -> HttpResponse:
    row = _find(pk)
    rules = edition(row.rulebook_id).rules
    if row.state == MisroutingReport.State.COLLECTING:
        held = row.misroutings.filter(withdrawn_at=None).select_related("origin")
        lines: Any = selectors.in_order(held, grouped_by(rules))
        header = house_words()
    else:
        lines, header = selectors.frozen_lines(row), dict(row.sealed)
    now = door_time(request)
    context = {
        "report": row,
        "lines": lines,
        "header": header,
        "withdraw": WithdrawForm(),
        "may_send": request.user.has_perm(services.SEND),
        "month_over": services.month_after(row.month) <= now.astimezone(SHANGHAI).date(),
        "told": told(row.inputs["steps"], row.rulebook_id),
        "late": row.sent_at is None and row.due_at < now,
        "refused": refused,
        "now": now,
        "current": "misrouting_reports",
    }
    status = refused.status if refused else 200
    return render(request, "problem_parcels/report.html", context, status=status)


@require_POST
@desk_only
def step(request: DeskRequest, pk: int, name: str) -> HttpResponse:
    """Lock, or mark as sent."""
    take = {"lock": services.lock_report, "send": services.send_report}.get(name)
    if take is None:
        raise Http404
    try:
        take(report=_find(pk), actor=request.user, now=door_time(request))
    except KefuError as error:
        return _report(request, pk, error)
    return redirect("problem_parcels:report", pk)


@require_POST
@workers_only
def withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Misrouting.objects.exclude(report=None), pk=pk)
    assert row.report_id is not None
    form = WithdrawForm(request.POST)
    try:
        services.withdraw_misrouting(
            misrouting=row,
            reason=form.data.get("reason", ""),
            employee=employee_of(request),
            now=door_time(request),
        )
    except KefuError as error:
        return _report(request, row.report_id, error)
    return redirect("problem_parcels:report", row.report_id)


@require_GET
@desk_only
def electronic_list(request: DeskRequest, pk: int) -> HttpResponse:
    """The file of a locked or sent report; that it was taken is on record."""
    row = _find(pk)
    if row.state == MisroutingReport.State.COLLECTING:
        raise Http404
    content = selectors.electronic_list(row)
    audit.record(
        action="report_taken",
        actor=request.user,
        at=door_time(request),
        table=MisroutingReport._meta.db_table,
        object_id=row.pk,
        after={"digest": selectors.digest(content)},
    )
    return workbook(content, f"misrouting-{row.outlet.code}-{row.month:%Y-%m}")


def _find(pk: int) -> MisroutingReport:
    return get_object_or_404(
        MisroutingReport.objects.select_related("outlet", "locked_by", "sent_by"), pk=pk
    )


@desk_only
def house(request: DeskRequest) -> HttpResponse:
    """Contact at head office and carrier: what the regulation leaves to the house."""
    if not request.user.has_perm("problem_parcels.set_house_words"):
        raise PermissionDenied
    form = HouseForm(request.POST or None, initial=house_words())
    if request.method == "POST" and form.is_valid():
        try:
            set_house_words(given=form.cleaned_data, actor=request.user, now=door_time(request))
        except KefuError as error:
            form.refuse(error)
        else:
            messages.info(request, _("已保存"))
            return redirect("problem_parcels:house")
    context = {"form": form, "current": "misrouting_reports"}
    return render(
        request, "problem_parcels/house.html", context, status=422 if form.errors else 200
    )
