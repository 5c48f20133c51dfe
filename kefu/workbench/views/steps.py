"""The dialogs of a case's steps, and taking it.

A refusal (422) or a conflict (409) gives the form back with what was written.
"""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kefu.cases.models import Case, Interaction
from kefu.desk import services as desk
from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, employee_of, find_case, tell, workers_only
from kefu.workbench.frame import door_time
from kefu.workbench.kinds import step_of
from kefu.workbench.once import once, sent_before
from kefu.workbench.steps import STEPS, Act
from kefu.workbench.views.case import page_context


@workers_only
def step(request: DeskRequest, number: str, name: str) -> HttpResponse:
    """GET gives a step's dialog, POST takes it."""
    case = find_case(request, number)
    if name == "take":
        return _take(request, case)
    chosen = STEPS.get(name) or step_of(case, name)
    if chosen is None:
        raise Http404
    if request.method != "POST":
        form = chosen.form(
            case=case,
            user=request.user,
            now=door_time(request),
            initial=_initial(request, case),
        )
        return render(
            request, "cases/_step.html", {"case": case, "step": chosen, "name": name, "form": form}
        )
    form = chosen.form(request.POST, case=case, user=request.user, now=door_time(request))
    status, said = 422, ""  # the page swaps refusals in by 409 and 422; the words say which it was
    valid = form.is_valid()
    try:
        said = sent_before(request) or ""
        if valid and not said:
            given = Act(request, case, form.cleaned_data, door_time(request))
            said = once(request, lambda: chosen.do(given))
    except KefuError as error:
        form.refuse(error)
        status = 409 if error.status == 409 else 422
    if said:
        return done(request, number, said)
    fresh = find_case(request, number)
    if status == 409:  # told what happened meanwhile; pressed again, it answers to that
        form.data = {**request.POST.dict(), "version": fresh.version}
    context = {"case": fresh, "step": chosen, "name": name, "form": form}
    return render(request, "cases/_step.html", context, status=status)


def _initial(request: DeskRequest, case: Case) -> dict[str, Any]:
    return {
        "version": case.version,
        "department": case.department_id,
        "channel": Interaction.Channel.PHONE,
    }


def _take(request: DeskRequest, case: Case) -> HttpResponse:
    if request.method != "POST":
        raise Http404
    try:
        desk.take(case=case, employee=employee_of(request), now=door_time(request))
    except KefuError as error:
        return tell(HttpResponse(status=204), str(error))
    return done(request, case.number, _("这一单归你了"))


def done(request: DeskRequest, number: str, said: str) -> HttpResponse:
    """Close the dialog, say so, and bring the page up to date."""
    context = page_context(request, find_case(request, number))
    response = render(request, "cases/_parts.html", {**context, "oob": True, "with_forms": True})
    response.headers["HX-Reswap"] = "none"
    return tell(response, said, **{"dialog-close": {}})
