"""Rewards and sanctions: what waits, a new proposal, somebody's record."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu import punctuation
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.forms import DeskForm
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms import discipline as forms
from payroll.models import Idea, Proposal
from payroll.selectors import discipline as selectors
from payroll.selectors.people import people_of
from payroll.selectors.register import edition_of
from payroll.services import discipline as services

SHOWN = 60
HEARING = timedelta(days=3)  # offered on the form; whoever proposes says how long
HEARD_UNTIL = time(18, 0)


def _today(request: DeskRequest) -> date:
    return door_time(request).astimezone(SHANGHAI).date()


def _offered(request: DeskRequest) -> datetime:
    return datetime.combine(_today(request) + HEARING, HEARD_UNTIL, SHANGHAI)


@require_GET
@desk_only
def proposals(request: DeskRequest) -> HttpResponse:
    """What the facts suggest, what waits for me, what runs, what was decided."""
    return _list(request)


def _list(request: DeskRequest, refused: str = "") -> HttpResponse:
    user = request.user
    if not user.has_perm(selectors.PROPOSE) and not user.has_perm(selectors.VERIFY):
        raise PermissionDenied
    rows = list(
        selectors.with_all(selectors.visible_to(user).exclude(employee__user=user.pk))[:SHOWN]
    )
    mine = (
        {row.pk for row in selectors.to_verify(user)},
        {row.pk for row in selectors.to_decide(user)},
    )
    file = {row.pk for row in selectors.to_file(user)}
    waiting = Proposal.State.PROPOSED, Proposal.State.VERIFIED
    without = selectors.nothing_to_propose(user, at=door_time(request))
    names = [using.rules.name(get_language() or "zh-hans") for using in without]
    context = {
        "hints": [(one, selectors.ground_of(one)) for one in selectors.hints(user)],
        "to_verify": [row for row in rows if row.pk in mine[0]],
        "to_decide": [row for row in rows if row.pk in mine[1]],
        "running": [
            row for row in rows if row.state in waiting and row.pk not in mine[0] | mine[1]
        ],
        "to_file": [row for row in rows if row.pk in file],
        "done": [row for row in rows if row.state not in waiting and row.pk not in file],
        "objections": selectors.objections(user).select_related(
            "entry__employee", "entry__measure"
        ),
        "proposes": user.has_perm(selectors.PROPOSE),
        "verifies": user.has_perm(selectors.VERIFY),
        "without": punctuation.alike(*dict.fromkeys(names)),
        "offered": _offered(request),
        "refused": refused,
        "now": door_time(request),
        "current": "proposals",
    }
    status = 422 if refused else 200
    return render(request, "payroll/discipline/list.html", context, status=status)


@desk_only
def propose(request: DeskRequest) -> HttpResponse:
    """A form with the person, the clause in our words, the facts; posted, a proposal."""
    if not request.user.has_perm(selectors.PROPOSE):
        raise PermissionDenied
    idea = _idea(request)
    if request.method != "POST":
        initial: dict[str, Any] = {
            "happened_on": _today(request),
            "answer_by": _offered(request),
            "clause": request.GET.get("clause", "")[:100],
        }
        if idea is not None:
            initial |= {
                "employee": idea.employee_id,
                "facts": f"{idea.title}：{idea.content}"[:1000],
            }
        elif request.GET.get("employee", "").isdecimal():
            initial["employee"] = request.GET["employee"][:18]
        return _form(request, forms.ProposeForm(user=request.user, initial=initial), idea)
    form = forms.ProposeForm(request.POST, user=request.user)
    if form.is_valid():
        data = form.cleaned_data
        try:
            pk = once(
                request,
                lambda: (
                    services.propose(
                        employee=data["employee"],
                        clauses=form.levels(),
                        happened_on=data["happened_on"],
                        facts=data["facts"],
                        evidence=data["evidence"],
                        answer_by=data["answer_by"],
                        idea=idea,
                        actor=request.user,
                        now=door_time(request),
                    ).pk
                ),
            )
        except KefuError as error:
            error.field = "chosen" if error.field in ("clauses", "level") else error.field
            form.refuse(error)
        else:
            messages.success(request, _("已提议"))
            return redirect("payroll:proposal", pk)
    return _form(request, form, idea)


def _idea(request: DeskRequest) -> Idea | None:
    number = (request.GET if request.method == "GET" else request.POST).get("idea", "")
    if not number.isdecimal() or len(number) > 18:
        return None
    people = people_of(request.user)
    return Idea.objects.filter(pk=number, state=Idea.State.ADOPTED, employee__in=people).first()


def _form(request: DeskRequest, form: forms.ProposeForm, idea: Idea | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else form.initial
    context = {
        "form": form,
        "idea": idea,
        **_grounds(request, data),
        "chosen": request.POST.getlist("chosen"),
        "now": door_time(request),
        "current": "proposals",
    }
    status = 422 if form.errors else 200
    return render(request, "payroll/discipline/propose.html", context, status=status)


@require_GET
@desk_only
def grounds(request: DeskRequest) -> HttpResponse:
    """The clauses that hold what is typed, of the rulebook that binds the person, and what is on his record."""
    if not request.user.has_perm(selectors.PROPOSE):
        raise PermissionDenied
    context = {**_grounds(request, request.GET), "chosen": request.GET.getlist("chosen")}
    return render(request, "payroll/discipline/_grounds.html", context)


def _ticked(data: Any) -> list[str]:
    return data.getlist("chosen") if hasattr(data, "getlist") else []


def _grounds(request: DeskRequest, data: Any) -> dict[str, Any]:
    number = str(data.get("employee") or "")
    none: dict[str, Any] = {"found": [], "using": None, "record": [], "lines": []}
    if not number.isdecimal() or len(number) > 18:
        return none
    employee = people_of(request.user).filter(pk=number).first()
    if employee is None:
        return none
    try:
        on = date.fromisoformat(str(data.get("happened_on") or ""))
    except ValueError:
        on = _today(request)
    using = edition_of(employee, on, door_time(request))
    if using is None:
        return none
    text, ticked = str(data.get("clause") or "")[:100], set(_ticked(data))
    everything = selectors.grounds(using)
    matching = {one.clause for one in (selectors.grounds(using, text) if text else everything)}
    counted = selectors.counted_levels([employee.pk])[employee.pk]
    return {
        # What is ticked stays, whatever is looked for next.
        "found": [one for one in everything if one.clause in matching | ticked],
        "using": using,
        "book": using.rules.name(get_language() or "zh-hans"),
        "record": selectors.in_words(counted),
        "lines": selectors.other_lines(employee, 6),
    }


@require_POST
@desk_only
def hint(request: DeskRequest, pk: int) -> HttpResponse:
    """Make what the facts suggest a proposal, or say why not."""
    entry = next((one for one in selectors.hints(request.user) if one.pk == pk), None)
    if entry is None:
        raise Http404
    dismissed = request.POST.get("do") == "dismiss"
    form: DeskForm = (forms.ReasonForm if dismissed else forms.HintForm)(request.POST)
    if not form.is_valid():
        return _list(request, "；".join(str(one) for few in form.errors.values() for one in few))
    data, now = form.cleaned_data, door_time(request)
    try:
        if dismissed:
            services.dismiss_hint(entry=entry, reason=data["reason"], actor=request.user, now=now)
            messages.success(request, _("已记下不提议的理由"))
            return redirect("payroll:proposals")
        found = once(
            request,
            lambda: (
                services.propose(
                    employee=entry.employee,
                    clauses={entry.clause: data["level"]},
                    happened_on=entry.happened_on,
                    facts=data["facts"],
                    answer_by=data["answer_by"],
                    hint=entry,
                    actor=request.user,
                    now=now,
                ).pk
            ),
        )
    except KefuError as error:
        return _list(request, str(error))
    messages.success(request, _("已提议"))
    return redirect("payroll:proposal", found)


# Records.


@require_GET
@desk_only
def my_record(request: DeskRequest) -> HttpResponse:
    """What is said about me and waits for me, what was decided, what else stands in the register."""
    return _record(request, employee_of(request), mine=True)


@require_GET
@desk_only
def record(request: DeskRequest, number: str) -> HttpResponse:
    """The same of one of those whose rewards and sanctions I decide on or keep."""
    user = request.user
    if not user.has_perm(selectors.VERIFY):
        raise PermissionDenied
    employee = get_object_or_404(people_of(user).select_related("department"), number=number)
    return _record(request, employee, mine=False)


def _record(request: DeskRequest, employee: Employee, *, mine: bool) -> HttpResponse:
    rows = selectors.visible_to(request.user).filter(employee=employee)
    waiting = Proposal.State.PROPOSED, Proposal.State.VERIFIED
    found = list(selectors.with_all(rows)[:SHOWN])
    counted = selectors.counted_levels([employee.pk])[employee.pk]
    context = {
        "employee": employee,
        "mine": mine,
        "waiting": [row for row in found if row.state in waiting],
        "unread": [
            row for row in found if row.state == Proposal.State.DECIDED and not row.signed_at
        ],
        "done": [row for row in found if row.state not in waiting],
        "record": selectors.in_words(counted),
        "lines": selectors.other_lines(employee),
        "now": door_time(request),
        "current": "my_record" if mine else "proposals",
    }
    return render(request, "payroll/discipline/record.html", context)
