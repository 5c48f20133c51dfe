"""The counter: take a parcel in, or see by which clause it is not taken; then the slip to write on the waybill."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from inquiries import services
from inquiries.forms_counter import CounterForm
from inquiries.models import CounterAcceptance
from inquiries.services import ParcelRefused
from inquiries.services.acceptance import reasons
from kefu.errors import KefuError
from kefu.policy.acceptance import AcceptanceRules
from kefu.policy.clauses import Items
from kefu.policy.explanation import explain
from kefu.policy.steps import Step
from kefu.rulebooks.selectors import Edition, edition, edition_in_force
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import door_time
from kefu.workbench.once import once

# What services call a field, where the form calls it otherwise.
FIELDS = {
    "recipient_address": "receiver_address",
    "item_type": "goods",
    "freight": "price",
    "destination": "outlet",
}


@desk_only
def counter(request: DeskRequest) -> HttpResponse:
    """The form; POST takes the parcel in and goes to its slip. Refused, all that was written stays."""
    if not request.user.has_perm("parcels.accept_parcel"):
        raise PermissionDenied
    clerk, now = employee_of(request), door_time(request)
    try:
        using = edition_in_force(department_id=clerk.department_id, at=now)
    except KefuError as error:
        without = {"refused": str(error), "current": "counter"}
        return render(request, "counter/counter.html", without, status=error.status)
    rules = AcceptanceRules.of(using.rules)
    form = CounterForm(
        request.POST if request.method == "POST" else None,
        rules=rules,
        may_release=request.user.has_perm("parcels.release_fragile"),
        initial={"clerk": clerk.pk},
    )
    told: dict[str, Any] = {}
    if form.is_valid():
        given = form.cleaned_data
        try:
            number = once(
                request,
                lambda: (
                    services.accept_parcel(
                        parcel=form.parcel(),
                        clerk=given.get("clerk", clerk),
                        release=given.get("release", False),
                        actor=request.user,
                        now=now,
                    ).number
                ),
            )
        except ParcelRefused as refusal:
            for name, text in reasons(refusal.decision):
                form.add_error(name, text)
            told = _told(refusal.decision.steps, using)
        except KefuError as error:
            _refuse(form, error)
        else:
            return redirect("inquiries:counter_slip", number)
    context = {
        "form": form,
        "told": told,
        "using": using,
        "lists": _lists(using),
        "current": "counter",
    }
    return render(request, "counter/counter.html", context, status=422 if form.errors else 200)


@require_GET
@desk_only
def slip(request: DeskRequest, number: str) -> HttpResponse:
    """What the clerk writes on the waybill, and why the parcel was taken."""
    taken = get_object_or_404(
        CounterAcceptance.objects.visible_to(request.user)
        .select_related("waybill__destination", "clerk", "fragile_approved_by")
        .defer("waybill__sealed", "waybill__lookup"),
        waybill__number=number,
    )
    steps = [Step.from_json(step) for step in taken.inputs["steps"]]
    context = {
        "taken": taken,
        "told": _told(steps, edition(taken.rulebook_id)),
        "now": door_time(request),
        "current": "counter",
    }
    return render(request, "counter/slip.html", context)


def _told(steps: Any, using: Edition) -> dict[str, Any]:
    """The decision line by line, and the rulebook it rests on."""
    language = get_language() or "zh-hans"
    return {
        "lines": explain(steps, language),
        "rulebook": using.rules.name(language),
        "version": using.number,
    }


def _lists(using: Edition) -> list[Items]:
    """The clauses whose goods the clerk looks for, to be shown beside the form."""
    rules = AcceptanceRules.of(using.rules)
    return [clause for clause in (*rules.refused, *rules.refused_by_air) if clause.items]


def _refuse(form: CounterForm, error: KefuError) -> None:
    """Put a refusal at the field it names, or above everything."""
    name = FIELDS.get(error.field or "", error.field)
    form.add_error(name if name in form.fields else None, str(error) or _("没有收下"))
