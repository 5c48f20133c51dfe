"""Return freight, forwarding and entry fees at the desk."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.clauses import PlaceTariff
from kefu.policy.fees import WAREHOUSE_ENTRY
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.workbench.door import DeskRequest, desk_only, employee_of, find_case, workers_only
from kefu.workbench.forms import DeskForm
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from problem_parcels.forms.routes import (
    DecideForm,
    EntryFeeForm,
    ForwardForm,
    PeriodForm,
    RegisterForm,
    ReturnForm,
    TopUpForm,
    WeighForm,
)
from problem_parcels.models import (
    EntryFeeQuote,
    Forwarding,
    ForwardingStep,
    ReturnCharge,
    SlipBatch,
)
from problem_parcels.selectors import carriage as selectors
from problem_parcels.selectors.house import house_words
from problem_parcels.services import forwardings as services
from problem_parcels.services.entry_fees import quote_entry_fee
from problem_parcels.services.returns import charge_return
from problem_parcels.views.explaining import told, workbook

SHOWN = 60
PERIOD = "period-%s"  # ids of the second form of a page
Code = ForwardingStep.Code


def _status(*forms: Any) -> int:
    return 422 if any(form.errors for form in forms) else 200


# Returns.


@workers_only
def return_fee(request: DeskRequest, number: str) -> HttpResponse:
    """What it costs to send this parcel back, and the words for its slip."""
    case, now = find_case(request, number), door_time(request)
    weight = case.waybill.weight_kg if case.waybill else None
    form = ReturnForm(
        request.POST or None,
        initial={
            "weight_kg": weight,
            "destination": case.waybill.origin.region_id if case.waybill else None,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            once(
                request,
                lambda: (
                    charge_return(
                        case=case, employee=employee_of(request), now=now, **form.cleaned_data
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            return redirect("problem_parcels:return_fee", number)
    charge = ReturnCharge.objects.filter(case=case).select_related("charged_by").first()
    context = {
        "case": case,
        "form": form,
        "charge": charge,
        "label": case.disposals.filter(withdrawn_at=None).exclude(mark="").last(),
        "told": _charged(charge),
        "now": now,
    }
    return render(request, "problem_parcels/return_fee.html", context, status=_status(form))


def _charged(charge: ReturnCharge | None) -> dict[str, Any] | None:
    steps = charge.inputs["steps"] if charge else []
    return told(steps, charge.rulebook_id) if charge and steps else None


# Forwarding.


@workers_only
def forwardings(request: DeskRequest) -> HttpResponse:
    """The register and what waits; POST begins one by its waybill."""
    form = ForwardForm(
        request.POST or None,
        initial={"waybill_number": request.GET.get("waybill", "")[:40]},
    )
    if request.method == "POST" and form.is_valid():
        try:
            opened = once(
                request,
                lambda: (
                    services.open_forwarding(
                        employee=employee_of(request), now=door_time(request), **form.cleaned_data
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            return redirect("problem_parcels:forwarding", opened)
    return _register(request, form=form)


def _register(
    request: DeskRequest, *, form: ForwardForm | None = None, period: PeriodForm | None = None
) -> HttpResponse:
    now = door_time(request)
    today = now.astimezone(SHANGHAI).date()
    rules = _rules(request)
    known = selectors.period_of_slips(rules, today)
    first, last = known or (today.replace(day=1), today)
    period = period or PeriodForm(
        initial={"first": first, "last": last} if known else {}, auto_id=PERIOD
    )
    context = {
        "form": form or ForwardForm(),
        "period": period,
        "period_known": known is not None,
        "waiting": selectors.waiting_slips(date(2000, 1, 1), today).count(),
        "rows": Forwarding.objects.select_related("courier", "batch")[:SHOWN],
        "batches": SlipBatch.objects.select_related("handed_by", "received_by")[:10],
        "may_receive": request.user.has_perm(services.RECEIVE),
        "carrier": house_words().get("carrier", ""),
        "first": today.replace(day=1),
        "today": today,
        "now": now,
        "current": "forwardings",
    }
    return render(
        request,
        "problem_parcels/forwardings.html",
        context,
        status=_status(context["form"], period),
    )


@workers_only
def forwarding(request: DeskRequest, pk: int) -> HttpResponse:
    return _forwarding(request, pk)


def _forwarding(
    request: DeskRequest, pk: int, refused: KefuError | None = None, form: DeskForm | None = None
) -> HttpResponse:
    row = get_object_or_404(
        Forwarding.objects.select_related("courier", "case", "batch", "opened_by", "waybill").defer(
            "waybill__sealed", "waybill__lookup"
        ),
        pk=pk,
    )
    found = selectors.progress(row, edition(row.rulebook_id).rules)
    steps = row.inputs.get("steps", [])
    context = {
        "row": row,
        "progress": found,
        "due": "" if row.state in ("packed", "returned") else found.due.step,
        "form": form or _empty(row, found.due.step),
        "steps": row.steps.select_related("by", "person"),
        "told": told(steps, row.rulebook_id) if steps else None,
        "refused": refused,
        "now": door_time(request),
        "current": "forwardings",
    }
    status = refused.status if refused else _status(form) if form else 200
    return render(request, "problem_parcels/forwarding.html", context, status=status)


FORMS: dict[str, type[DeskForm]] = {
    Code.DECIDE: DecideForm,
    Code.WEIGH: WeighForm,
    Code.REGISTER: RegisterForm,
    Code.TOP_UP: TopUpForm,
}
STEPS: dict[str, Callable[..., Forwarding]] = {
    Code.DECIDE: services.decide,
    Code.WEIGH: services.weigh,
    Code.REGISTER: services.register,
    Code.PACK: services.pack,
    Code.ASK: services.ask_top_up,
    Code.TOP_UP: services.top_up,
}


def _empty(row: Forwarding, due: str) -> DeskForm:
    if row.state == Forwarding.State.HELD:
        due = Code.TOP_UP
    form = FORMS.get(due, DeskForm)(
        initial={"weight_kg": row.waybill.weight_kg, "courier": row.courier}
    )
    if row.account == Forwarding.Account.CONTRACTOR:
        form.fields.pop("fee", None)  # nobody asks a contractor for it
    return form


@require_POST
@workers_only
def forwarding_step(request: DeskRequest, pk: int, name: str) -> HttpResponse:
    """Take one step; a refusal stands at its field, with all that was written."""
    if name not in STEPS:
        raise Http404
    row = get_object_or_404(Forwarding, pk=pk)
    form: DeskForm = FORMS.get(name, DeskForm)(request.POST)
    if row.account == Forwarding.Account.CONTRACTOR:
        form.fields.pop("fee", None)
    if not form.is_valid():
        return _forwarding(request, pk, form=form)
    given = form.cleaned_data
    if name == Code.REGISTER:
        given = {"fee": None} | given
    try:
        once(
            request,
            lambda: (
                STEPS[name](
                    forwarding=row,
                    employee=employee_of(request),
                    now=door_time(request),
                    **given,
                ).pk
            ),
        )
    except KefuError as error:
        if error.field in form.fields:
            form.refuse(error)
            return _forwarding(request, pk, form=form)
        return _forwarding(request, pk, error)
    return redirect("problem_parcels:forwarding", pk)


@require_GET
@workers_only
def register_file(request: DeskRequest) -> HttpResponse:
    """The register of a month or of a period as a workbook; that it was taken is on record."""
    now = door_time(request)
    form = PeriodForm(request.GET, auto_id=PERIOD)
    if not form.is_valid():
        return _register(request, period=form)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    rows = list(selectors.register(first, last))
    audit.record(
        action="forwardings_exported",
        actor=request.user,
        at=now,
        table=Forwarding._meta.db_table,
        after={"first": f"{first}", "last": f"{last}", "rows": len(rows)},
    )
    return workbook(selectors.register_table(rows), f"forwardings-{first}-{last}")


@require_POST
@workers_only
def hand_over(request: DeskRequest) -> HttpResponse:
    form = PeriodForm(request.POST, auto_id=PERIOD)
    if form.is_valid():
        try:
            once(
                request,
                lambda: (
                    services.hand_over_slips(
                        employee=employee_of(request), now=door_time(request), **form.cleaned_data
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.info(request, _("已交单，等财务签收"))
            return redirect("problem_parcels:forwardings")
    return _register(request, period=form)


@require_POST
@desk_only
def receive(request: DeskRequest, pk: int) -> HttpResponse:
    try:
        services.receive_slips(
            batch=get_object_or_404(SlipBatch, pk=pk), actor=request.user, now=door_time(request)
        )
    except KefuError as error:
        messages.error(request, str(error))
    return redirect("problem_parcels:forwardings")


# Entry fees.


@workers_only
def entry_fee(request: DeskRequest) -> HttpResponse:
    """The calculator; POST keeps the quote and goes to it. What the house has not set is named."""
    form = EntryFeeForm(request.POST or None, places=_places(_rules(request)))
    not_set = None
    if request.method == "POST" and form.is_valid():
        try:
            quote = once(
                request,
                lambda: (
                    quote_entry_fee(
                        employee=employee_of(request), now=door_time(request), **form.cleaned_data
                    ).pk
                ),
            )
        except KefuError as error:
            not_set = error if error.code == "not_set" else None
            if not_set is None:
                form.refuse(error)
        else:
            return redirect("problem_parcels:entry_fee_quote", quote)
    context = {
        "form": form,
        "not_set": not_set,
        "quotes": EntryFeeQuote.objects.select_related("contractor", "quoted_by")[:12],
        "may_draft": request.user.has_perm("rulebooks.draft_version"),
        "places": _places(_rules(request)),
        "now": door_time(request),
        "current": "entry_fee",
    }
    status = not_set.status if not_set else _status(form)
    return render(request, "problem_parcels/entry_fee.html", context, status=status)


@require_GET
@workers_only
def entry_fee_quote(request: DeskRequest, pk: int) -> HttpResponse:
    """One line for the customer, the parts for ourselves."""
    row = get_object_or_404(EntryFeeQuote.objects.select_related("contractor", "quoted_by"), pk=pk)
    names = {"handling": _("手续费"), "warehouse_charge": _("仓库收取费用"), "ticket": _("门票")}
    context = {
        "quote": row,
        "parts": [(names.get(name, name), amount) for name, amount in row.parts.items()],
        "told": told(row.inputs["steps"], row.rulebook_id),
        "internal": "internal" in request.GET,
        "now": door_time(request),
        "current": "entry_fee",
    }
    return render(request, "problem_parcels/entry_fee_quote.html", context)


def _rules(request: DeskRequest) -> Rulebook:
    department = employee_of(request).department_id
    return edition_in_force(department_id=department, at=door_time(request)).rules


def _places(rules: Rulebook) -> list[str]:
    """The warehouses the house has filled in; none as shipped (CD-11.03)."""
    return [
        row.place
        for clause in rules.in_force(PlaceTariff)
        if clause.table == WAREHOUSE_ENTRY
        for row in clause.rows or ()
    ]
