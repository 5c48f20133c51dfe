"""The contact book of outlets."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.audit.context import address_of, request_id
from kefu.errors import KefuError
from kefu.knowledge.forms import HoursForm, SettleForm, ShowNumberForm
from kefu.knowledge.models import NumberReport
from kefu.knowledge.selectors import outlets as selectors
from kefu.knowledge.services import outlets as services
from kefu.network.models import ContactNumber, Party
from kefu.network.selectors import OUTLETS_OWN
from kefu.network.services import PERMISSION
from kefu.workbench.door import DeskRequest, desk_only, find_case, tell, workers_only
from kefu.workbench.frame import door_time

LONGEST = 60


@require_GET
@desk_only
def book(request: DeskRequest) -> HttpResponse:
    """Outlets by name, code, pinyin or number."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    entries, more = selectors.found(text, now=door_time(request))
    context = _context(request) | {"entries": entries, "more": more, "text": text}
    by_htmx = "HX-Request" in request.headers
    page = "knowledge/_outlets.html" if by_htmx else "knowledge/outlets.html"
    return render(request, page, context)


@require_GET
@desk_only
def file(request: DeskRequest, pk: int) -> HttpResponse:
    return _file(request, _outlet(pk), HoursForm())


@require_POST
@desk_only
def hours(request: DeskRequest, pk: int) -> HttpResponse:
    """A supervisor enters when an outlet is open."""
    party, form = _outlet(pk), HoursForm(request.POST)
    if form.is_valid():
        try:
            services.set_hours(
                party=party, actor=request.user, now=door_time(request), **form.cleaned_data
            )
        except KefuError as error:
            form.refuse(error)
        else:
            return redirect("knowledge:outlet", pk)
    return _file(request, party, form, status=422)


@require_POST
@workers_only
def wrong(request: DeskRequest, pk: int) -> HttpResponse:
    """One click: this number is wrong."""
    number = _number(pk)
    try:
        services.report_wrong(number=number, actor=request.user, now=door_time(request))
        said = _("已报给主管：%(outlet)s 的%(kind)s有误") % {
            "outlet": number.party,
            "kind": number.get_kind_display(),
        }
    except KefuError as error:
        said = str(error)
    entry = selectors.entries([number.party], now=door_time(request))[0]
    context = _context(request) | {"entry": entry}
    return tell(render(request, "knowledge/_numbers.html", context), said)


@workers_only
def show(request: DeskRequest, pk: int) -> HttpResponse:
    """A number in the clear, to call about a case; the look is recorded first."""
    number = _number(pk)
    form = ShowNumberForm(request.POST or None, initial={"case": request.GET.get("case", "")})
    context: dict[str, Any] = {"number": number, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            context["plain"] = services.show_number(
                number=number,
                case=find_case(request, form.cleaned_data["case"].strip()),
                actor=request.user,
                address=address_of(request),
                request_id=request_id(),
                now=door_time(request),
            )
        except Http404:
            form.add_error("case", _("没有这张工单"))
        except KefuError as error:
            form.refuse(error)
    status = 422 if form.errors else 200
    response = render(request, "knowledge/_show_number.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_GET
@desk_only
def reports(request: DeskRequest) -> HttpResponse:
    """Numbers that agents found wrong, for a supervisor to settle."""
    rows = (
        NumberReport.objects.visible_to(request.user)
        .open()
        .select_related("number__party", "reported_by__employee__party")
        .defer("number__sealed", "number__lookup")
        .order_by("reported_at")[: selectors.SHOWN]
    )
    return render(request, "knowledge/reports.html", _context(request) | {"reports": rows})


@require_POST
@desk_only
def settle(request: DeskRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(NumberReport.objects.visible_to(request.user), pk=pk)
    form = SettleForm(request.POST)
    said = _("请选结果")
    if form.is_valid():
        try:
            services.settle(
                report=report,
                outcome=form.cleaned_data["outcome"],
                actor=request.user,
                now=door_time(request),
            )
            return redirect("knowledge:reports")
        except KefuError as error:
            said = str(error)
    return tell(HttpResponse(status=204), said)


def _outlet(pk: int) -> Party:
    return get_object_or_404(
        Party.objects.filter(kind__in=Party.PARTNERS).select_related("region__parent", "parent"),
        pk=pk,
    )


def _number(pk: int) -> ContactNumber:
    return get_object_or_404(
        ContactNumber.objects.filter(
            party__kind__in=Party.PARTNERS, kind__in=OUTLETS_OWN
        ).select_related("party"),
        pk=pk,
    )


def _file(
    request: DeskRequest, party: Party, form: HoursForm, *, status: int = 200
) -> HttpResponse:
    told = selectors.file_of(party, now=door_time(request))
    context = _context(request) | {"told": told, "entry": told.entry, "party": party, "form": form}
    return render(request, "knowledge/outlet.html", context, status=status)


def _context(request: DeskRequest) -> dict[str, Any]:
    return {
        "now": door_time(request),
        "current": "outlets",
        "may_edit": request.user.has_perm(PERMISSION),
        "may_work": request.user.has_perm("cases.work_case"),
        "may_reveal": request.user.has_perm("cases.reveal_personal_data"),
        "case_number": request.GET.get("case", ""),
    }
