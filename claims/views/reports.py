"""The register of reports about losses, delays and damages; filing one; those that seem forgotten."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from claims.forms.reports import FindForm, ForgottenForm, ReportForm
from claims.models import FaultReport, ForgottenReport
from claims.selectors import reports as selectors
from claims.services import forgotten as forgotten_services
from claims.services.reports import Reported, file_report
from kefu.cases.models import Case
from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, desk_only, employee_of, workers_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once

# What the service calls a field, where the form calls it otherwise.
FIELDS = {"responsible": "against", "sender": "outlet"}


@require_GET
@desk_only
def reports(request: DeskRequest) -> HttpResponse:
    """What came in and what went out, the newest first."""
    form = FindForm(request.GET)
    if not form.is_valid():
        raise Http404
    view, search = form.cleaned_data["view"] or "open", form.cleaned_data["q"].strip()
    rows = selectors.register(view, search=search, before=form.cleaned_data["before"])
    shown, more = rows[: selectors.ROWS], rows[selectors.ROWS :]
    counts = selectors.counts()
    following = {"view": view, "q": search, "before": str(shown[-1].pk)} if more else {}
    context = {
        "rows": shown,
        "view": view,
        "q": search,
        "tabs": [
            ("open", _("没有结案的"), counts["open"]),
            ("incoming", _("打进"), counts["incoming"]),
            ("outgoing", _("打出"), counts["outgoing"]),
        ],
        "next_url": f"?{urlencode(following)}" if following else "",
        "waiting": _waiting(request),
        "now": door_time(request),
        "current": "reports",
    }
    return render(request, "claims/reports/register.html", context)


def _waiting(request: DeskRequest) -> int:
    """How many forgotten reports wait for a word of this person."""
    if not request.user.has_perm(forgotten_services.JUDGE):
        return 0
    return selectors.forgotten(waiting=True).count()


@workers_only
def new_report(request: DeskRequest) -> HttpResponse:
    """The form; POST registers a report and shows its case."""
    initial = {
        "direction": FaultReport.Direction.OUTGOING,
        "waybill_number": request.GET.get("waybill", "")[:40],
        "about": request.GET.get("about", "")[:24],
    }
    form = ReportForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            number = once(request, lambda: _file(request, form))
        except KefuError as error:
            _refuse(form, error)
        else:
            messages.success(request, _("已登记 %(number)s") % {"number": number})
            return redirect("workbench:case", number)
    context = {"form": form, "now": door_time(request), "current": "reports"}
    return render(request, "claims/reports/new.html", context, status=422 if form.errors else 200)


def _file(request: DeskRequest, form: ReportForm) -> str:
    given = form.cleaned_data
    reported = Reported(
        direction=given["direction"],
        fault=given["fault"],
        waybill_number=given["waybill_number"],
        text=given["text"],
        responsible=given["against"],
        department=given["department"],
        sender=given["outlet"],
        about=_about(request, given["about"]),
        submitted_at=given["submitted_at"],
    )
    case = file_report(reported=reported, employee=employee_of(request), now=door_time(request))
    return str(case.number)


def _about(request: DeskRequest, number: str) -> Case | None:
    """The case a report grew from. Raises KefuError naming the field."""
    if not number.strip():
        return None
    found = Case.objects.visible_to(request.user).filter(number=number.strip().upper()).first()
    if found is None:
        raise KefuError(_("没有这一单，请核对单号"), code="no_case", field="about")
    return found


def _refuse(form: ReportForm, error: KefuError) -> None:
    field = FIELDS.get(error.field or "", error.field)
    form.add_error(field if field in form.fields else None, str(error))


@require_GET
@desk_only
def forgotten(request: DeskRequest) -> HttpResponse:
    """What seems forgotten and waits for a word, and the latest that were decided."""
    if not request.user.has_perm(forgotten_services.JUDGE):
        raise PermissionDenied
    context = {
        "waiting": selectors.forgotten(waiting=True)[: selectors.ROWS],
        "decided": selectors.forgotten(waiting=False)[:20],
        "now": door_time(request),
        "current": "reports",
    }
    return render(request, "claims/reports/forgotten.html", context)


@require_POST
@desk_only
def decide_forgotten(request: DeskRequest, pk: int) -> HttpResponse:
    """Confirm it, or say why not."""
    row = get_object_or_404(ForgottenReport.objects.select_related("case"), pk=pk)
    form = ForgottenForm(request.POST)
    if not form.is_valid():
        raise Http404
    given: dict[str, Any] = {"found": row, "actor": request.user, "now": door_time(request)}

    def decide() -> str:
        if form.cleaned_data["do"] == "confirm":
            penalty = forgotten_services.confirm_forgotten(**given)
            return _("已罚 {who} {amount} 元").format(who=row.employee, amount=penalty.value)
        forgotten_services.dismiss_forgotten(reason=form.cleaned_data["reason"], **given)
        return _("已记为不成立")

    try:
        messages.success(request, once(request, decide))
    except KefuError as error:
        messages.warning(request, str(error))
    return redirect(reverse("claims:forgotten"))
