"""At the desk's speed: parcel after parcel under the scanner, or a pasted list of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inquiries.recognition import recognise
from kefu import clock
from kefu.errors import KefuError
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, workers_only
from problem_parcels import services
from problem_parcels.forms.scan import KEYS, OneParcelForm, PasteForm, ScanForm, couriers
from problem_parcels.models import ContactAttempt, ProblemParcel
from problem_parcels.selectors.asking import asked_fields
from problem_parcels.services.closing import AT_ONCE, Result

WORK: dict[str, Callable[..., list[Result]]] = {
    "register": services.register_many,
    "close": services.close_many,
}
TYPES = [
    (problem.value, problem.label, KEYS[at] if at < len(KEYS) else "")
    for at, problem in enumerate(ProblemParcel.Problem)
]


def _sitting(request: DeskRequest) -> tuple[Employee, datetime]:
    """Who sits here and the moment, in one question: a saved parcel may cost fifteen in all."""
    employee: Any = (
        Employee.objects.select_related("department", "user", "party")
        .filter(user=request.user)
        .annotate(door_time=clock.column())
        .first()
    )
    if employee is None:
        raise PermissionDenied
    request.kefu_now = employee.door_time  # type: ignore[attr-defined]
    return employee, employee.door_time


def _chosen(request: DeskRequest, employee: Employee, form: ScanForm, now: datetime) -> Any:
    """What a page shows of the record: the types, and what the chosen one asks for."""
    problem = form.data.get("problem", "")
    fields = []
    if problem in ProblemParcel.Problem:
        rules = edition_in_force(department_id=employee.department_id, at=now).rules
        fields = asked_fields(rules, problem, form.said)
    return {
        "form": form,
        "types": TYPES,
        "problem": problem,
        "asked": fields,
        "said": form.chosen | {name: form.data.get(name, "") for name in form.fields},
        "couriers": couriers() if any(one.kind == "courier" for one in fields) else (),
    }


@workers_only
def scan(request: DeskRequest) -> HttpResponse:
    """The page; POST registers one parcel and answers with its row."""
    employee, now = _sitting(request)
    form = OneParcelForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        result = _register(form, employee, request.user, now)
        if request.htmx:
            return render(request, "problem_parcels/_result.html", result)
        shown = {**_chosen(request, employee, form, now), "results": [result]}
    else:
        shown = _chosen(request, employee, form, now)
    return render(
        request,
        "problem_parcels/scan.html",
        {**shown, "now": now, "current": "parcels", "tab": "scan"},
        status=422 if form.errors else 200,
    )


def _register(form: OneParcelForm, by: Employee, actor: Any, now: datetime) -> dict[str, Any]:
    """What the row of one scanned number shows."""
    shown: dict[str, Any] = {"number": form.data.get("number", "").strip()[:60], "now": now}
    if not form.is_valid():
        return {**shown, "error": _first_error(form)}
    data = form.cleaned_data
    try:
        given = form.given(now)
        case = services.register(
            number=data["number"],
            given=given,
            owner=by,
            department=by.department,
            again=data["again"],
            actor=actor,
            now=now,
        )
    except KefuError as error:
        return {
            **shown,
            "error": str(error),
            "again": error.code == "recorded_today",
            "other": error.details.get("case", ""),
        }
    return {
        **shown,
        "number": case.waybill_number,
        "case": case,
        "problem": ProblemParcel.Problem(given.problem).label,
        "call": given.attempts[0] if given.attempts else None,
        "outcome": ContactAttempt.Outcome(data["outcome"]).label if data["outcome"] else "",
    }


def _first_error(form: ScanForm) -> str:
    return str(next(iter(form.errors.values()))[0])


@require_POST
@workers_only
def fields(request: DeskRequest) -> HttpResponse:
    """What the type asks for now, with all that was written so far."""
    employee, now = _sitting(request)
    shown = _chosen(request, employee, ScanForm(request.POST), now)
    return render(request, "problem_parcels/_asked.html", shown)


@workers_only
def batch(request: DeskRequest) -> HttpResponse:
    """Paste numbers; POST shows which were read, ready to be worked."""
    employee, now = _sitting(request)
    do = _work(request)
    form = ScanForm(request.POST if request.method == "POST" else None)
    paste = PasteForm(request.POST if request.method == "POST" else None)
    numbers: list[str] = []
    if paste.is_valid():
        try:
            read = recognise(paste.cleaned_data["text"], most=AT_ONCE).waybills
            numbers = [found.value for found in read]
            if not numbers:
                paste.add_error("text", _("没有认出运单号，请一行粘贴一个"))
        except KefuError as error:
            paste.refuse(error)
    if do == "register" and paste.is_bound and "problem" in form.errors:
        paste.add_error(None, _("请先选类型"))
    return _batch_page(request, employee, do, form, paste, now, numbers=numbers)


@require_POST
@workers_only
def run(request: DeskRequest) -> HttpResponse:
    """Work these numbers and answer with a result a row; what was refused is offered again in the box."""
    employee, now = _sitting(request)
    do = _work(request)
    form, numbers = ScanForm(request.POST), request.POST.getlist("number")
    more: dict[str, Any] = {}
    refused = ""
    results: list[Result] = []
    try:
        if do == "register":
            if not form.is_valid():
                raise KefuError(_first_error(form), code="record_incomplete")
            more["given"] = form.given(now)
        results = WORK[do](numbers=numbers, by=employee, actor=request.user, now=now, **more)
    except KefuError as error:
        refused = str(error)
        results = [Result(number, "", refused, error.code) for number in numbers[:AT_ONCE]]
    if request.htmx:
        return render(request, "problem_parcels/_batch_rows.html", {"results": results})
    left = "\n".join(result.number for result in results if result.error)
    return _batch_page(
        request, employee, do, form, PasteForm(initial={"text": left}), now, results=results
    )


def _work(request: DeskRequest) -> str:
    do = request.POST.get("do") or request.GET.get("do", "register")
    if do not in WORK:
        raise Http404
    return do


def _batch_page(
    request: DeskRequest,
    employee: Employee,
    do: str,
    form: ScanForm,
    paste: PasteForm,
    now: datetime,
    **more: Any,
) -> HttpResponse:
    shown = {
        **_chosen(request, employee, form, now),
        "paste": paste,
        "do": do,
        "most": AT_ONCE,
        "current": "parcels",
        "tab": do,
        "now": now,
        **more,
    }
    status = 422 if paste.errors else 200
    return render(request, "problem_parcels/batch.html", shown, status=status)
