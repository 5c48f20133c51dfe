"""The list of customers, and the file of one: identity, cases at a glance, visits, grade, contracts."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kefu.audit.context import address_of, request_id
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.customers import selectors
from kefu.customers.forms import ContractForm, FileForm, GradeForm, ListForm, RevealForm, VisitForm
from kefu.customers.models import Customer, Visit
from kefu.customers.services import files as services
from kefu.errors import KefuError
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only, employee_of, find_case, workers_only
from kefu.workbench.forms import DeskForm
from kefu.workbench.frame import door_time
from kefu.workbench.once import once

ROWS = 50
HISTORY = 20


@require_GET
@desk_only
def customers(request: DeskRequest) -> HttpResponse:
    """The files, the latest first; whom to visit, the most overdue first."""
    _refuse_the_rest(request)
    form = ListForm(request.GET)
    if not form.is_valid():
        raise Http404
    view, search = form.cleaned_data["view"] or "all", form.cleaned_data["q"].strip()
    page = form.cleaned_data["page"] or 1
    now = door_time(request)
    today = now.astimezone(SHANGHAI).date()
    employee = Employee.objects.filter(user=request.user).first()
    found = selectors.listed(request.user, view=view, search=search, employee=employee, today=today)
    start = (page - 1) * ROWS
    rows = list(found[start : start + ROWS + 1])
    context = {
        "rows": rows[:ROWS],
        "view": view,
        "search": search,
        "today": today,
        "next_url": f"?{urlencode({'view': view, 'q': search, 'page': page + 1})}"
        if len(rows) > ROWS
        else "",
        **_place(request),
    }
    return render(request, "customers/list.html", context)


@require_http_methods(["GET", "POST"])
@workers_only
def new(request: DeskRequest) -> HttpResponse:
    """A new file. With ``case`` it is of whoever called about it: what is left empty is taken over from there, unseen."""
    case = _case_of(request)
    if request.method == "GET":
        if case is not None and (there := selectors.customer_of(case)):
            return redirect("customers:customer", there.pk)
        form = FileForm()
        return _form(request, _partial(form) if case else form, None, case)
    form = FileForm(request.POST)
    known = {}
    if case is not None:
        _partial(form)
        known = {name: case.sealed.get(f"customer_{name}", "") for name in ("phone", "name")}
    if form.is_valid():
        try:
            pk = once(
                request,
                lambda: (
                    services.open_file(
                        given=form.given(known),
                        case=case,
                        actor=request.user,
                        now=door_time(request),
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("档案已建"))
            return redirect("customers:customer", pk)
    return _form(request, form, None, case)


def _case_of(request: DeskRequest) -> Case | None:
    number = request.GET.get("case", "")
    return find_case(request, number) if number else None


@require_http_methods(["GET", "POST"])
@workers_only
def edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Complete a file. What is sealed is not shown: a field left empty stays as it is."""
    customer = _find(request, pk)
    if request.method == "GET":
        known = {"company": customer.company, "needs": customer.needs, "owner": customer.owner_id}
        return _form(request, _partial(FileForm(initial=known)), customer)
    form = _partial(FileForm(request.POST))
    if form.is_valid():
        try:
            services.change_file(
                customer=customer,
                given=form.given(customer.sealed),
                actor=request.user,
                now=door_time(request),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("档案已更新"))
            return redirect("customers:customer", pk)
    return _form(request, form, customer)


def _partial(form: FileForm) -> FileForm:
    form.fields["phone"].required = False
    return form


def _form(
    request: DeskRequest, form: FileForm, customer: Customer | None, case: Case | None = None
) -> HttpResponse:
    context = {"form": form, "customer": customer, "case": case, **_place(request)}
    return render(request, "customers/form.html", context, status=422 if form.errors else 200)


@require_GET
@desk_only
def customer(request: DeskRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


@require_POST
@workers_only
def visit(request: DeskRequest, pk: int) -> HttpResponse:
    """Record a follow-up, then ask what it means for the file."""
    found, form = _find(request, pk), VisitForm(request.POST)

    def do() -> int:
        return services.record_visit(
            customer=found,
            employee=employee_of(request),
            now=door_time(request),
            **form.cleaned_data,
        ).pk

    return _done(request, found, form, do, _("回访已登记，请看档案要不要更新"), visit_form=form)


@require_POST
@workers_only
def visited(request: DeskRequest, pk: int, visit_pk: int) -> HttpResponse:
    """What a visit meant for the file: written into it, or nothing new."""
    found = _find(request, pk)
    row = get_object_or_404(Visit, pk=visit_pk, customer=found)
    outcome = request.POST.get("outcome", "")
    if outcome not in Visit.Outcome.values:
        raise Http404
    try:
        services.after_visit(visit=row, outcome=outcome, actor=request.user)
    except KefuError as error:
        messages.error(request, str(error))
    if outcome == Visit.Outcome.UPDATED:
        return redirect("customers:edit", pk)
    return redirect("customers:customer", pk)


@require_POST
@desk_only
def grade(request: DeskRequest, pk: int) -> HttpResponse:
    found, form = _find(request, pk), GradeForm(request.POST)

    def do() -> int:
        return services.grade(
            customer=found, actor=request.user, now=door_time(request), **form.cleaned_data
        ).pk

    return _done(request, found, form, do, _("等级已定"), grade_form=form)


@require_POST
@desk_only
def contract(request: DeskRequest, pk: int) -> HttpResponse:
    found, form = _find(request, pk), ContractForm(request.POST)

    def do() -> int:
        return services.add_contract(
            customer=found, actor=request.user, now=door_time(request), **form.cleaned_data
        ).pk

    return _done(request, found, form, do, _("合同已登记"), contract_form=form)


@require_POST
@desk_only
def reveal(request: DeskRequest, pk: int) -> HttpResponse:
    """The identity in the clear, once the look is on record."""
    found, form = _find(request, pk), RevealForm(request.POST)
    if form.is_valid():
        try:
            plain = services.reveal(
                customer=found,
                actor=request.user,
                address=address_of(request),
                request_id=request_id(),
                now=door_time(request),
                **form.cleaned_data,
            )
        except KefuError as error:
            form.refuse(error)
        else:
            return _page(request, found, plain=plain)
    return _page(request, found, reveal_form=form)


def _done(
    request: DeskRequest, found: Customer, form: DeskForm, do: Any, said: str, **forms: DeskForm
) -> HttpResponse:
    """Do it once, and show the file again; what was refused keeps its words."""
    if form.is_valid():
        try:
            once(request, do)
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, said)
            return redirect("customers:customer", found.pk)
    return _page(request, found, **forms)


def _page(request: DeskRequest, found: Customer, **more: Any) -> HttpResponse:
    user, now = request.user, door_time(request)
    gradings = list(found.gradings.select_related("by__employee")[:HISTORY])
    cases = list(selectors.cases_of(found, user)[: selectors.AT_A_GLANCE + 1])
    visits = list(found.visits.select_related("by")[:HISTORY])
    clause, days = selectors.interval(now)
    context: dict[str, Any] = {
        "customer": found,
        "cases": cases[: selectors.AT_A_GLANCE],
        "more_cases": len(cases) > selectors.AT_A_GLANCE,
        "glance": selectors.glance(found, user),
        "visits": visits,
        "to_update": next((one for one in visits if not one.outcome), None),
        "gradings": gradings,
        "ruled": next((one for one in gradings if one.inputs), None),
        "contracts": found.contracts.all()[:HISTORY],
        "surveys": selectors.surveys_of(found)[:HISTORY],
        "interval_clause": clause,
        "interval_days": days,
        "today": now.astimezone(SHANGHAI).date(),
        "visit_form": VisitForm(),
        "grade_form": GradeForm(),
        "contract_form": ContractForm(),
        "reveal_form": RevealForm(),
        "plain": None,
        **_place(request),
        **more,
    }
    faulty = any(one.errors for one in more.values() if isinstance(one, DeskForm))
    return render(request, "customers/customer.html", context, status=422 if faulty else 200)


def _find(request: DeskRequest, pk: int) -> Customer:
    """The only way to a file from a page."""
    _refuse_the_rest(request)
    rows = Customer.objects.visible_to(request.user).select_related(
        "owner", "opened_by", "opened_from"
    )
    return get_object_or_404(
        rows.defer("opened_from__sealed", "opened_from__lookup", "opened_from__search"), pk=pk
    )


def _refuse_the_rest(request: DeskRequest) -> None:
    if not request.user.has_perm(selectors.SEE):
        raise PermissionDenied


def _place(request: DeskRequest) -> dict[str, Any]:
    return {"current": "customers", "now": door_time(request)}
