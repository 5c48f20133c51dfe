"""The pages of people's files: the list, one person's file by its parts, what waits; each part for whom it concerns."""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from payroll.forms import people as forms
from payroll.models import Probation
from payroll.selectors import files
from payroll.selectors import joining as selectors
from payroll.selectors import leaving as leaving_selectors
from payroll.services import equipment as equipment_services
from payroll.services.employment import KEEP, today_of
from payroll.views.acting import Do, Make, answered

ROWS = 50
Offers = dict[str, tuple[Make, Do]]


def framed(request: DeskRequest, page: str) -> dict[str, Any]:
    """The tabs over the pages of people, and which is shown."""
    user = request.user
    tabs = [("people", pgettext("plural", "员工"), reverse("payroll:people"))]
    if user.has_perm(files.SEE):
        tabs += [
            ("vacancies", _("空缺和候选人"), reverse("payroll:vacancies")),
            ("probations", _("试用期"), reverse("payroll:probations")),
            ("leavings", _("离职手续"), reverse("payroll:leavings")),
        ]
    if user.has_perm(KEEP):
        tabs.append(("replacements", _("补领"), reverse("payroll:replacements")))
    now = door_time(request)
    return {
        "pages": tabs, "shown_page": page, "now": now, "today": today_of(now), "current": "people",
        "keeps": user.has_perm(KEEP),
    }  # fmt: skip


def rendered(
    request: DeskRequest, name: str, context: dict[str, Any], *, bad: bool = False
) -> HttpResponse:
    bad = bad or any(form.errors for form in context.get("forms", {}).values())
    return render(request, f"payroll/people/{name}.html", context, status=422 if bad else 200)


# Lists.


@require_http_methods(["GET", "POST"])
@desk_only
def people(request: DeskRequest) -> HttpResponse:
    """Everybody one answers for, by department and by how they stand; POST looks for a name, which is no part of an
    address.
    """
    user, today = request.user, today_of(door_time(request))
    if not (user.has_perm(files.SEE) or user.has_perm(files.WAGES)):
        raise PermissionDenied
    asked = request.POST if request.method == "POST" else request.GET
    form = forms.FilterForm(asked, states=files.states())
    given = form.cleaned_data if form.is_valid() else {}
    text = given.get("q", "") if request.method == "POST" else ""
    kept = {name: asked[name] for name in ("department", "state") if asked.get(name)}
    if request.method == "POST" and not text:
        return redirect(f"{reverse('payroll:people')}?{urlencode(kept)}")
    rows = files.found(
        user,
        today,
        text=text,
        department=getattr(given.get("department"), "pk", None),
        state=given.get("state", ""),
    )
    page = Paginator(rows, ROWS).get_page(asked.get("page"))
    words, counts = dict(files.states()), files.counted(user, today)
    for one in page.object_list:
        one.word = words[one.stands]
    states = [(key, word, counts.get(key, 0)) for key, word in files.states()]
    context = {
        "form": form, "page": page, "states": states, "kept": kept, "text": text,
        **framed(request, "people"),
    }  # fmt: skip
    return rendered(request, "list", context)


@require_GET
@desk_only
def probations(request: DeskRequest) -> HttpResponse:
    """Who is on trial, the soonest end first; who passed and waits for the manager's letter."""
    user = request.user
    if not user.has_perm(files.SEE):
        raise PermissionDenied
    open_states = [Probation.State.RUNNING, Probation.State.PASSED]
    rows = selectors.probations_visible_to(user).filter(state__in=open_states)
    rows = rows.filter(employment__left_on=None).order_by("ends_on", "pk")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {"page": page, **framed(request, "probations")}
    return rendered(request, "probations", context)


@require_GET
@desk_only
def leavings(request: DeskRequest) -> HttpResponse:
    """Who leaves and what is still open; the last that were closed."""
    if not request.user.has_perm(files.SEE):
        raise PermissionDenied
    page = Paginator(files.leavings(request.user), ROWS).get_page(request.GET.get("page"))
    rows = leaving_selectors.with_open(list(page.object_list))
    return rendered(
        request, "leavings", {"page": page, "rows": rows, **framed(request, "leavings")}
    )


@require_http_methods(["GET", "POST"])
@desk_only
def replacements(request: DeskRequest) -> HttpResponse:
    """Who asks for a new piece: hand it out, free where it wore out by itself, or refuse."""
    user, now = request.user, door_time(request)
    if not user.has_perm(KEEP):
        raise PermissionDenied
    waiting = files.replacements(user)

    def replace(data: dict[str, Any]) -> str:
        asked = get_object_or_404(waiting, pk=data["asked"])
        equipment_services.replace(
            asked=asked, natural=data["cause"] == "natural", careless=data["cause"] == "careless",
            answer=data["answer"], actor=user, now=now,
        )  # fmt: skip
        return _("已补发并登记")

    def refuse(data: dict[str, Any]) -> str:
        asked = get_object_or_404(waiting, pk=data["asked"])
        equipment_services.refuse(asked=asked, answer=data["answer"], actor=user, now=now)
        return _("已答复")

    offers: Offers = {
        "replace": (forms.ReplaceForm, replace),
        "refuse": (forms.ReplaceForm, refuse),
    }
    shown, done = answered(request, offers)
    if done:
        return redirect("payroll:replacements")
    context = {"rows": waiting[:ROWS], "forms": shown, **framed(request, "replacements")}
    return rendered(request, "replacements", context)
