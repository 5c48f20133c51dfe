"""One's own shifts: the month as a picture, what one asks for and what one is asked."""

from datetime import date
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.moments import DAY
from kefu.policy.months import first_day, last_day, month_of
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms.rosters import AnswerForm, LeaveForm, OutingForm, SwapForm
from payroll.models import Leave, Outing, OvertimeCall, Swap
from payroll.selectors import leaves as leave_selectors
from payroll.selectors import overtime_calls as call_selectors
from payroll.selectors import rosters as roster_selectors
from payroll.selectors import swaps as swap_selectors
from payroll.selectors.months import asked_month
from payroll.services import leaves, outings, overtime_calls, rosters, swaps

SHOWN = 12


@require_GET
@desk_only
def my_shifts(request: DeskRequest) -> HttpResponse:
    """The month as a picture; what is asked for stands beside it."""
    return _page(request)


def _page(request: DeskRequest, **more: Any) -> HttpResponse:
    me, now = employee_of(request), door_time(request)
    today = now.astimezone(SHANGHAI).date()
    month = asked_month(request.GET.get("month", ""), today)
    first, last = first_day(month), last_day(month)
    weeks = roster_selectors.month_picture(me, first, last)
    rosters.see_copy(user=request.user, now=now)
    context = {
        "me": me,
        "month": month,
        "before": month_of(first - DAY),
        "after": month_of(last + DAY),
        "weeks": weeks,
        "tally": roster_selectors.tally_of(weeks),
        "swaps": swap_selectors.of_employee(me, since=first - 31 * DAY)[:SHOWN],
        "calls": [
            (one, call_selectors.clause_of(one))
            for one in call_selectors.open_for(me.pk, now).select_related("called_by")
        ],
        "answered_calls": call_selectors.of_employee(me.pk, now).filter(answered_at__isnull=False)[
            :SHOWN
        ],
        "asked_of_me": swap_selectors.waiting_for(request.user),
        "to_cover": leave_selectors.to_cover(request.user),
        "leaves": Leave.objects.filter(employee=me).select_related("cover")[:SHOWN],
        "outings": Outing.objects.filter(employee=me)[:SHOWN],
        "slips": leave_selectors.slips_missing(request.user, now=now).filter(employee=me),
        "swap_form": _swap_form(me, now),
        "leave_form": _leave_form(me, now),
        "outing_form": OutingForm(prefix="outing"),
        "going": _going(me, now),
        "today": today,
        "now": now,
        "current": "my_shifts",
        "opened": "",
        **more,
    }
    status = 422 if more.get("opened") else 200
    return render(request, "payroll/shifts/my.html", context, status=status)


def _going(me: Employee, now: Any) -> str:
    """What leaving for a while is called here."""
    try:
        rules = roster_selectors.edition_of(me.department_id, at=now).rules
    except KefuError:
        return _("外出")
    return {"leaving_post": pgettext("request", "离岗"), "going_offline": _("下线、外出")}.get(
        outings.request_of(rules), _("外出")
    )


def _colleagues(me: Employee) -> Any:
    others = Employee.objects.assignable().filter(department=me.department_id)
    return others.exclude(pk=me.pk).order_by("number")


def _swap_form(me: Employee, now: Any, data: Any = None) -> SwapForm:
    form = SwapForm(data, prefix="swap")
    form.choose("shift", swap_selectors.ahead_of(me, now=now).select_related("employee"))
    form.choose("other", _colleagues(me))
    form.choose("returned", swap_selectors.to_offer(me, now=now))
    form.choose("pays_back", swap_selectors.owed_to(me))
    return form


def _leave_form(me: Employee, now: Any, data: Any = None) -> LeaveForm:
    form = LeaveForm(data, prefix="leave")
    form.choose("cover", _colleagues(me))
    try:
        rules = roster_selectors.edition_of(me.department_id, at=now).rules
    except KefuError:
        return form
    field: Any = form.fields["kind"]
    field.choices = [(one, Leave.Kind(one).label) for one in leave_selectors.kinds_offered(rules)]
    return form


def _ask(
    request: DeskRequest, form: Any, opened: str, do: Any, said: str, **shown: Any
) -> HttpResponse:
    if form.is_valid():
        try:
            once(request, lambda: do(**form.cleaned_data).pk)
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, said)
            return redirect("payroll:my_shifts")
    return _page(request, opened=opened, **shown)


@require_POST
@desk_only
def ask_swap(request: DeskRequest) -> HttpResponse:
    me, now = employee_of(request), door_time(request)
    form = _swap_form(me, now, request.POST)

    def do(**given: Any) -> Swap:
        return swaps.ask(actor=request.user, now=now, **given)

    return _ask(request, form, "swap", do, _("已请同事答复"), swap_form=form)


@require_POST
@desk_only
def ask_leave(request: DeskRequest) -> HttpResponse:
    me, now = employee_of(request), door_time(request)
    form = _leave_form(me, now, request.POST)

    def do(**given: Any) -> Leave:
        return leaves.ask(employee=me, actor=request.user, now=now, **given)

    return _ask(request, form, "leave", do, _("已提交，等审批"), leave_form=form)


@require_POST
@desk_only
def ask_outing(request: DeskRequest) -> HttpResponse:
    me, now = employee_of(request), door_time(request)
    form = OutingForm(request.POST, prefix="outing")

    def do(**given: Any) -> Outing:
        return outings.ask(employee=me, actor=request.user, now=now, **given)

    return _ask(request, form, "outing", do, _("外出已登记"), outing_form=form)


SWAP_ANSWERS = {"agree": swaps.agree, "decline": swaps.decline, "withdraw": swaps.withdraw}
CALL_ANSWERS = {
    "accept": partial(overtime_calls.answer, accepted=True),
    "decline": partial(overtime_calls.answer, accepted=False),
}
LEAVE_ANSWERS = {
    "cover": leaves.agree_to_cover,
    "withdraw": leaves.withdraw,
    "slip": leaves.bring_slip,
}


@require_POST
@desk_only
def answer_swap(request: DeskRequest, pk: int) -> HttpResponse:
    """Agree to a swap or not; take one's own back."""
    mine = swap_selectors.of_employee(employee_of(request), since=date(2000, 1, 1))
    return _answer(request, "swap", get_object_or_404(mine, pk=pk), SWAP_ANSWERS)


@require_POST
@desk_only
def answer_leave(request: DeskRequest, pk: int) -> HttpResponse:
    """Stand in for somebody; take one's own leave back; bring the slip."""
    me = employee_of(request)
    rows = Leave.objects.filter(employee=me) | Leave.objects.filter(cover=me)
    return _answer(request, "leave", get_object_or_404(rows, pk=pk), LEAVE_ANSWERS)


@require_POST
@desk_only
def answer_call(request: DeskRequest, pk: int) -> HttpResponse:
    """Accept overtime for a promotion, or decline it (SD-233.55)."""
    row = get_object_or_404(OvertimeCall, pk=pk, employee=employee_of(request))
    return _answer(request, "call", row, CALL_ANSWERS)


def _answer(request: DeskRequest, name: str, row: Any, answers: Any) -> HttpResponse:
    form = AnswerForm(request.POST)
    if not form.is_valid() or form.cleaned_data["answer"] not in answers:
        messages.error(request, _("没有看懂，请再按一次"))
        return redirect("payroll:my_shifts")
    act = answers[form.cleaned_data["answer"]]
    try:
        more = {"note": form.cleaned_data["note"]} if name == "call" else {}
        act(**{name: row}, **more, actor=request.user, now=door_time(request))
    except KefuError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("已记下"))
    return redirect("payroll:my_shifts")
