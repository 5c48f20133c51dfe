"""What waits for a supervisor: swaps, leave, outings; and leave that somebody phoned in."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.explanation import explain
from kefu.policy.moments import DAY
from kefu.policy.steps import Step
from kefu.policy.vocabulary import word
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms.rosters import (
    AnswerForm,
    BlameForm,
    OvertimeCallForm,
    PhoneLeaveForm,
    PromotionForm,
)
from payroll.models import Leave, Outing, OvertimeCall, Swap
from payroll.selectors import leaves as leave_selectors
from payroll.selectors import overtime_calls
from payroll.selectors import swaps as swap_selectors
from payroll.selectors.people import people_of
from payroll.selectors.reach import overseen
from payroll.selectors.rosters import edition_of
from payroll.services import leaves, outings, swaps
from payroll.services import overtime_calls as call_services

SHOWN = 60


@require_GET
@desk_only
def requests(request: DeskRequest) -> HttpResponse:
    """What waits, the soonest first, each with who is on duty then and what the rulebook says."""
    return _page(request, _phone_form(request))


def _phone_form(request: DeskRequest, data: Any = None) -> PhoneLeaveForm:
    form = PhoneLeaveForm(data, initial={"kind": "sick"})
    people = Employee.objects.assignable().filter(department__in=overseen(request.user))
    form.choose("employee", people.exclude(user=request.user).order_by("number"))
    form.choose("cover", people.order_by("number"))
    return form


def _promotion_form(request: DeskRequest, data: Any = None) -> PromotionForm:
    form, departments = PromotionForm(data, prefix="promotion"), overseen(request.user)
    form.choose("shift", swap_selectors.ahead_in(departments, now=door_time(request)))
    people = Employee.objects.assignable().filter(department__in=departments)
    form.choose("to", people.order_by("number"))
    return form


def _call_form(request: DeskRequest, data: Any = None) -> OvertimeCallForm:
    form = OvertimeCallForm(data, prefix="call", initial={"settle": "time_off"})
    people = Employee.objects.assignable().filter(pk__in=people_of(request.user).values("pk"))
    form.choose("people", people.order_by("department__order", "number"))
    return form


def _blame_form(request: DeskRequest, data: Any = None) -> BlameForm | None:
    """None where no rulebook of his departments fines an unclear briefing."""
    departments, now = overseen(request.user), door_time(request)
    fining = []
    for department in departments:
        try:
            rules = edition_of(department.pk, at=now).rules
        except KefuError:
            continue
        if swaps.unclear_briefing(rules, "shift_late"):
            fining.append(department)
    if not fining:
        return None
    today = now.astimezone(SHANGHAI).date()
    form = BlameForm(data, prefix="blame")
    recent = swap_selectors.of_departments(fining, since=today - 31 * DAY, until=today)
    form.choose("swap", recent)
    return form


def _page(request: DeskRequest, form: PhoneLeaveForm, **more: Any) -> HttpResponse:
    if not request.user.has_perm(swaps.APPROVE):
        raise PermissionDenied
    now, language = door_time(request), get_language() or "zh-hans"
    waiting = list(swap_selectors.to_approve(request.user)[:SHOWN])
    away = list(leave_selectors.to_approve(request.user)[:SHOWN])
    stretches = [(one.shift.starts_at, one.shift.ends_at) for one in waiting]
    stretches += [(one.starts_at, one.ends_at) for one in away]
    on_duty = swap_selectors.OnDuty(())
    if stretches:
        first = min(starts_at for starts_at, _ends_at in stretches)
        last = max(ends_at for _starts_at, ends_at in stretches)
        on_duty = swap_selectors.OnDuty.between(overseen(request.user), first, last)
    heads = leaves.Heads.for_actor(request.user)
    shown_swaps = [
        (row, on_duty.beside(row.shift), explain(_warned(row), language)) for row in waiting
    ]
    shown_leaves = [
        (
            row,
            [
                (shift, on_duty.beside(shift))
                for shift in on_duty.of(row.employee_id, row.starts_at, row.ends_at)[:7]
            ],
            explain(_warned(row), language),
            word(leaves.next_level(row), language),
            leaves.may_decide(row, request.user, heads),
        )
        for row in away
    ]
    context = {
        "swaps": shown_swaps,
        "leaves": shown_leaves,
        "outings": leave_selectors.outings_to_approve(request.user)[:SHOWN],
        "slips": leave_selectors.slips_missing(request.user, now=now)[:SHOWN],
        "form": form,
        "promotion_form": _promotion_form(request),
        "call_form": _call_form(request),
        "rounds": overtime_calls.rounds(request.user, now),
        "blame_form": _blame_form(request),
        "opened": "phone" if form.errors else "",
        "now": now,
        "current": "requests",
        **more,
    }
    status = 422 if context["opened"] else 200
    return render(request, "payroll/requests/waiting.html", context, status=status)


def _warned(row: Swap | Leave) -> list[Step]:
    """What the rulebook has whoever decides know."""
    warned = row.inputs.get("warned", ())
    return [Step.from_json(one) for one in row.inputs.get("steps", ()) if one["clause"] in warned]


@require_POST
@desk_only
def phone(request: DeskRequest) -> HttpResponse:
    """Write down that somebody phoned: he stays away, and brings the slip when he is back (ES-133.11)."""
    form = _phone_form(request, request.POST)
    if form.is_valid():
        try:
            once(
                request,
                lambda: (
                    leaves.ask(actor=request.user, now=door_time(request), **form.cleaned_data).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已登记，回来后补假条"))
            return redirect("payroll:requests")
    return _page(request, form)


@require_POST
@desk_only
def promotion(request: DeskRequest) -> HttpResponse:
    """Give a shift to somebody else for a promotion; no swap of either of them (OS-04.12)."""
    form = _promotion_form(request, request.POST)
    if form.is_valid():
        try:
            once(
                request,
                lambda: (
                    swaps.move_for_promotion(
                        actor=request.user, now=door_time(request), **form.cleaned_data
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已调班，双方都收到通知"))
            return redirect("payroll:requests")
    return _page(request, _phone_form(request), promotion_form=form, opened="promotion")


@require_POST
@desk_only
def call_overtime(request: DeskRequest) -> HttpResponse:
    """Call people to work overtime for a promotion (SD-233.55)."""
    form = _call_form(request, request.POST)
    if form.is_valid():
        given = {"actor": request.user, "now": door_time(request), **form.cleaned_data}
        try:
            many = once(request, lambda: len(call_services.call(**given)))
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已通知，共 {n} 人次；答复会出现在这里").format(n=many))
            return redirect("payroll:requests")
    return _page(request, _phone_form(request), call_form=form, opened="call")


@require_POST
@desk_only
def withdraw_call(request: DeskRequest, pk: int) -> HttpResponse:
    """Take back a call that nobody has answered."""
    mine = OvertimeCall.objects.filter(employee__in=people_of(request.user))
    try:
        call_services.withdraw(
            call=get_object_or_404(mine, pk=pk), actor=request.user, now=door_time(request)
        )
    except KefuError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("已撤回，并告诉了本人"))
    return redirect("payroll:requests")


@require_POST
@desk_only
def blame(request: DeskRequest) -> HttpResponse:
    """Find who is liable for a swapped shift that was late or missed (OS-04.16)."""
    form = _blame_form(request, request.POST)
    if form is None:
        raise PermissionDenied
    if form.is_valid():
        try:
            swaps.blame(
                swap=form.cleaned_data["swap"],
                liable=form.liable(),
                happened=form.cleaned_data["happened"],
                actor=request.user,
                now=door_time(request),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已记入奖惩登记"))
            return redirect("payroll:requests")
    return _page(request, _phone_form(request), blame_form=form, opened="blame")


@require_POST
@desk_only
def swap(request: DeskRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(swap_selectors.to_approve(request.user), pk=pk)

    def do(answer: str, note: str, **given: Any) -> Swap:
        if answer == "approve":
            return swaps.approve(swap=row, **given)
        return swaps.refuse(swap=row, reason=note, **given)

    return _decide(request, do)


@require_POST
@desk_only
def leave(request: DeskRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(leave_selectors.to_approve(request.user), pk=pk)

    def do(answer: str, note: str, **given: Any) -> Leave:
        act = leaves.approve if answer == "approve" else leaves.refuse
        return act(leave=row, note=note, **given)

    return _decide(request, do)


@require_POST
@desk_only
def outing(request: DeskRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(leave_selectors.outings_to_approve(request.user), pk=pk)

    def do(answer: str, note: str, **given: Any) -> Outing:
        return outings.decide(outing=row, approved=answer == "approve", **given)

    return _decide(request, do)


def _decide(request: DeskRequest, do: Any) -> HttpResponse:
    form = AnswerForm(request.POST)
    if not form.is_valid() or form.cleaned_data["answer"] not in ("approve", "refuse"):
        messages.error(request, _("没有看懂，请再按一次"))
        return redirect("payroll:requests")
    try:
        do(actor=request.user, now=door_time(request), **form.cleaned_data)
    except KefuError as error:
        refused = form.cleaned_data["answer"] == "refuse" and error.code == "text_required"
        messages.error(request, _("不批准要写理由") if refused else str(error))
    else:
        messages.success(request, _("已记下，双方都收到通知"))
    return redirect("payroll:requests")
