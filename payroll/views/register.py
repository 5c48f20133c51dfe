"""The register of rewards and penalties: enter a line, decide those that wait, answer objections."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms.scores import AnswerForm, DecideForm, EntryForm, ReasonForm
from payroll.models import RegisterEntry
from payroll.selectors import register as selectors
from payroll.selectors.people import people_of
from payroll.services import outings
from payroll.services import register as services


def _today(request: DeskRequest) -> date:
    return door_time(request).astimezone(SHANGHAI).date()


@require_GET
@desk_only
def register(request: DeskRequest) -> HttpResponse:
    """A line to enter, what waits, what was decided."""
    form = EntryForm(user=request.user, initial={"happened_on": _today(request)})
    return _page(request, form)


def _page(
    request: DeskRequest, form: EntryForm, refused: str = "", found: Any = ()
) -> HttpResponse:
    if not request.user.has_perm(services.ENTER):
        raise PermissionDenied
    user = request.user
    waiting = list(selectors.undecided(user)[: selectors.ROWS])
    decided = list(selectors.decided(user)[: selectors.ROWS])
    context = {
        "form": form,
        "found": found,
        "refused": refused,
        "waiting": [(one, selectors.told(one)) for one in waiting],
        "objections": [(one, selectors.told(one.entry)) for one in selectors.objections(user)],
        "decided": [(one, selectors.told(one)) for one in decided],
        "verifies": user.has_perm(services.VERIFY),
        "now": door_time(request),
        "current": "register",
    }
    status = 422 if refused or form.errors else 200
    return render(request, "payroll/register/register.html", context, status=status)


@require_GET
@desk_only
def clauses(request: DeskRequest) -> HttpResponse:
    """The clauses that hold what is typed, of the rulebook that binds the person who is chosen."""
    found, known = _found(request, request.GET)
    context = {"found": found, "known": known, "permitted": _permitted(request, found)}
    return render(request, "payroll/register/_clauses.html", context)


def _permitted(request: DeskRequest, found: list[Any]) -> list[Any]:
    """When the person was allowed to be away that day, where a clause that is found is about that (SD-233.33)."""
    if not found:
        return []
    employee = people_of(request.user).get(pk=request.GET["employee"])
    on = _day_of(request, request.GET)
    using = selectors.edition_of(employee, on, door_time(request))
    clauses = [using.rules[one.clause] for one in found] if using is not None else []
    if not any("no_prior_approval" in getattr(clause, "needs", ()) for clause in clauses):
        return []
    return outings.permitted(employee, on)


def _day_of(request: DeskRequest, data: Any) -> date:
    try:
        return date.fromisoformat(data.get("happened_on", ""))
    except ValueError:
        return _today(request)


def _found(request: DeskRequest, data: Any) -> tuple[list[Any], bool]:
    number = data.get("employee", "")
    if not number.isdecimal() or len(number) > 18:
        return [], False
    employee = people_of(request.user).filter(pk=number).first()
    if employee is None:
        return [], False
    using = selectors.edition_of(employee, _day_of(request, data), door_time(request))
    if using is None:
        return [], False
    return selectors.choices(using, data.get("clause", "")[:100])[: selectors.FOUND], True


@require_POST
@desk_only
def enter(request: DeskRequest) -> HttpResponse:
    """Write a line."""
    form = EntryForm(request.POST, user=request.user)
    found, _known = _found(request, request.POST)
    if form.is_valid():
        try:
            once(request, lambda: _enter(request, dict(form.cleaned_data)))
        except KefuError as error:
            form.refuse(error)
        else:
            said = _("已登记并计入") if form.cleaned_data["verified"] else _("已登记，待核实")
            messages.success(request, said)
            return redirect("payroll:register")
    return _page(request, form, found=found)


def _enter(request: DeskRequest, data: dict[str, Any]) -> int:
    employee, now = data["employee"], door_time(request)
    using = selectors.edition_of(employee, data["happened_on"], now)
    if using is None:
        raise KefuError(_("这个部门还没有适用的规章"), code="no_rulebook", field="employee")
    text = data.pop("chosen") or data["clause"].strip()
    offered = selectors.choices(using, "")
    line = next((one for one in offered if one.clause == text.upper()), None)
    if line is None:
        matching = selectors.choices(using, text) if text else []
        if len(matching) != 1:
            said = _("请选一条条款") if not matching else _("对得上的不止一条，请选一条")
            raise KefuError(said, code="clause_wanted", field="clause")
        line = matching[0]
    return services.enter(
        employee=employee,
        clause=line.clause,
        rulebook_id=using.version_id,
        kind=line.line.kind,
        happened_on=data["happened_on"],
        reason=data["reason"],
        value=data["value"],
        incident=data["incident"],
        verified=data["verified"],
        actor=request.user,
        now=now,
    ).pk


@require_POST
@desk_only
def decide(request: DeskRequest) -> HttpResponse:
    """Verify what is ticked, or find that it is not so; one that cannot be decided does not hold up the others."""
    form = DecideForm(request.POST)
    blank = EntryForm(user=request.user, initial={"happened_on": _today(request)})
    if not form.is_valid() or not form.cleaned_data["entries"]:
        return _page(request, blank, refused=_("请先勾选要核实的行"))
    data, now = form.cleaned_data, door_time(request)
    if data["outcome"] == "not_upheld" and not data["reason"].strip():
        return _page(request, blank, refused=_("不成立要写理由"))
    rows = selectors.undecided(request.user).filter(pk__in=data["entries"])
    done, faults = 0, []
    for entry in rows:
        try:
            if data["outcome"] == "verify":
                services.verify(entry=entry, actor=request.user, now=now)
            else:
                services.not_upheld(entry=entry, reason=data["reason"], actor=request.user, now=now)
        except KefuError as error:
            faults.append(f"{entry.clause} {entry.employee}: {error}")
        else:
            done += 1
    if done:
        messages.success(request, _("已办 {n} 条").format(n=done))
    if faults:
        return _page(request, blank, refused="；".join(faults))
    return redirect("payroll:register")


@require_POST
@desk_only
def withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    """Take back a line that counts."""
    entry = get_object_or_404(RegisterEntry, pk=pk, employee__in=people_of(request.user))
    form = ReasonForm(request.POST)
    refused = "" if form.is_valid() else _("请写理由")
    if not refused:
        try:
            services.withdraw(
                entry=entry, actor=request.user, now=door_time(request), **form.cleaned_data
            )
        except KefuError as error:
            refused = str(error)
    if refused:
        blank = EntryForm(user=request.user, initial={"happened_on": _today(request)})
        return _page(request, blank, refused=refused)
    messages.success(request, _("已撤销"))
    return redirect("payroll:register")


@require_POST
@desk_only
def answer(request: DeskRequest, pk: int) -> HttpResponse:
    """Answer an objection."""
    objection = get_object_or_404(selectors.objections(request.user), pk=pk)
    form = AnswerForm(request.POST)
    refused = "" if form.is_valid() else _("请选结果并写答复")
    if not refused:
        try:
            services.decide_objection(
                objection=objection,
                actor=request.user,
                now=door_time(request),
                **form.cleaned_data,
            )
        except KefuError as error:
            refused = str(error)
    if refused:
        blank = EntryForm(user=request.user, initial={"happened_on": _today(request)})
        return _page(request, blank, refused=refused)
    messages.success(request, _("已答复"))
    return redirect("payroll:register")
