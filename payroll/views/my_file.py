"""One's own file: what the company keeps about me, what I hold, what I was told; changes are reported here."""

from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kefu.audit.context import address_of, request_id
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import door_time
from payroll.forms import people as forms
from payroll.models import Induction, Issue, Probation, Replacement
from payroll.selectors import files
from payroll.selectors import leaving as leaving_selectors
from payroll.selectors.employment import latest_employment, leaving_of
from payroll.services import equipment, joining, personnel
from payroll.services.employment import today_of
from payroll.views.acting import Do, Make, answered
from payroll.views.people import rendered
from payroll.views.person import confirmation_of, shown_facts

ROWS = 50
Offers = dict[str, tuple[Make, Do]]


@require_http_methods(["GET", "POST"])
@desk_only
def my_file(request: DeskRequest) -> HttpResponse:
    """My employment, my data (masked until I ask), what I hold; report a change, ask for a new piece, sign."""
    me, now = employee_of(request), door_time(request)
    stay = latest_employment(me)
    induction = Induction.objects.filter(employment=stay).select_related("supervisor").first()
    plain: dict[str, Any] = {}
    looks = request.method == "POST" and request.POST.get("do") == "look"
    if looks:
        plain = personnel.reveal(
            employee=me, reason="", actor=request.user, address=address_of(request),
            request_id=request_id(), now=now,
        )  # fmt: skip
    offers = _steps(request, me, induction)
    if looks:
        shown, done = {n: make(None, auto_id=f"{n}-%s") for n, (make, _do) in offers.items()}, False
    else:
        shown, done = answered(request, offers)
    if done:
        return redirect("payroll:my_file")
    asked = Replacement.objects.filter(issue__employee=me).select_related("issue__article")
    held = list(leaving_selectors.open_issues(me))
    context = {
        "me": me,
        "employment": stay,
        "leaving": leaving_of(stay) if stay else None,
        "placements": files.placements(me),
        "probation": Probation.objects.filter(employment=stay).select_related("coach").first(),
        "induction": induction,
        "rules": files.confirmed_rules(me, now),
        "facts": shown_facts(me, plain),
        "late": me.personal_facts.filter(late=True).order_by("-pk")[:ROWS],
        "held": held,
        "asked": asked.order_by("-asked_at")[:ROWS],
        "waiting": {one.issue_id for one in asked if one.state == Replacement.State.ASKED},
        "forms": shown,
        "now": now,
        "current": "my_file",
    }
    return rendered(request, "mine", context)


def _steps(request: DeskRequest, me: Any, induction: Induction | None) -> Offers:
    by: dict[str, Any] = {"actor": request.user, "now": door_time(request)}

    def change(data: dict[str, Any]) -> str:
        row = personnel.report_change(employee=me, **data, **by)
        row.refresh_from_db()
        return _("已登记；这次报告已超过期限") if row.late else _("已登记，人事可以看到")

    def ask(data: dict[str, Any]) -> str:
        piece = get_object_or_404(Issue, pk=data.pop("issue"), employee=me)
        equipment.ask(issue=piece, **data, **by)
        return _("已申请，人事办理后会补发")

    def sign(_data: dict[str, Any]) -> str:
        assert induction is not None  # offered only then
        joining.sign(induction=induction, **by)
        return _("已签收")

    today = {"changed_on": today_of(by["now"])}
    offers: Offers = {
        "change": (partial(forms.ChangeForm, initial=today), change),
        "ask": (forms.AskForm, ask),
    }
    if induction is not None and induction.signed_at is None:
        offers["sign"] = (forms.NothingForm, sign)
    return offers


@require_GET
@desk_only
def confirmation(request: DeskRequest) -> HttpResponse:
    """My own letter of confirmation."""
    return confirmation_of(employee_of(request))
