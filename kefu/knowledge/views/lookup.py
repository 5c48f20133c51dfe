"""One box for an address: who delivers there, and what it costs. Addresses are posted: none stands in a URL or a log."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.imports.pages import ImportPages
from kefu.jobs.models import Job
from kefu.knowledge.forms import LookupForm, TableImportForm
from kefu.knowledge.imports import coverage, prices, rows
from kefu.knowledge.models import Edition
from kefu.knowledge.selectors import lookup as selectors
from kefu.workbench.door import DeskRequest, desk_only, find_case
from kefu.workbench.frame import door_time

LATEST = 6


@require_GET
@desk_only
def page(request: DeskRequest) -> HttpResponse:
    context = _context(request, _form(request))
    editions = Edition.objects.select_related("brought_by__employee__party")
    context["editions"] = [
        (one, selectors.edition_name(one)) for one in editions.order_by("-pk")[:LATEST]
    ]
    context["may_import"] = rows.may_import(request.user)
    return render(request, "knowledge/lookup.html", context)


@require_GET
@desk_only
def dialog(request: DeskRequest) -> HttpResponse:
    """The same over any page, on a case's with its destination filled in."""
    return render(request, "knowledge/_lookup_dialog.html", _context(request, _form(request)))


@require_POST
@desk_only
def found(request: DeskRequest) -> HttpResponse:
    """What is known of the address."""
    form = LookupForm(request.POST)
    context = _context(request, form)
    status = 200
    if form.is_valid():
        given = form.cleaned_data
        today = door_time(request).astimezone(SHANGHAI).date()
        context["found"] = looked = selectors.look_up(
            text=given["q"],
            on=given["on"] or today,
            place=given["place"],
            kg=given["kg"],
            size_cm=given["size_cm"],
        )
        context["kg"] = given["kg"]
        context["choices"] = [
            (one.pk, selectors.full_name(selectors.chain_of(one)))
            for one in looked.recognised.choices
        ]
    else:
        status = 422
    response = render(request, "knowledge/_found.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _form(request: DeskRequest) -> LookupForm:
    number, initial = request.GET.get("case", ""), {}
    if number:
        where, kg = selectors.destination(find_case(request, number))
        initial = {"q": where, "kg": kg}
    return LookupForm(initial=initial)


def _context(request: DeskRequest, form: LookupForm) -> dict[str, Any]:
    return {"form": form, "now": door_time(request), "current": "lookup"}


def _frame(request: HttpRequest) -> str:
    return "knowledge/import.html"


def _jobs(user: Any) -> Any:
    """Whoever may bring a table sees what others brought."""
    return Job.objects.all() if rows.may_import(user) else Job.objects.none()


def _given(form: Any) -> dict[str, Any]:
    return {"effective_on": form.cleaned_data["effective_on"].isoformat()}


COVERAGE_PAGES = ImportPages(
    app_name="knowledge",
    table=coverage.TABLE,
    form=TableImportForm,
    given=_given,
    options="knowledge/_import_options.html",
    frame=_frame,
    jobs_of=_jobs,
    prefix="coverage_",
    after=("knowledge:lookup", gettext_lazy("去查派送和运价")),
)
PRICE_PAGES = ImportPages(
    app_name="knowledge",
    table=prices.TABLE,
    form=TableImportForm,
    given=_given,
    options="knowledge/_import_options.html",
    frame=_frame,
    jobs_of=_jobs,
    prefix="prices_",
    after=("knowledge:lookup", gettext_lazy("去查派送和运价")),
)
