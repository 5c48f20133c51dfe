"""One's own attendance: punch, the month as a picture, why a day is what it is, a punch explained, overtime."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.explanation import explain
from kefu.policy.months import last_day, month_of
from kefu.policy.steps import Step
from kefu.policy.vocabulary import word
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee, User
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import door_time
from payroll.forms import attendance as forms
from payroll.models import AttendanceDay, Away, Overtime, Punch, RegisterEntry, RosteredShift
from payroll.selectors import attendance as selectors
from payroll.selectors.people import leads, visible_to
from payroll.selectors.presence import admitted, asked_in_month, edition_of
from payroll.selectors.rosters import lunch_hours
from payroll.services import away, book, overtime, punches
from payroll.views.acting import act, sent

TOLD = (User.Role.SHIFT_LEAD, User.Role.SUPERVISOR, User.Role.MANAGER)
LISTED = 30  # rows of a list that is not paged
Direction = Punch.Direction


def page(
    request: DeskRequest, name: str, tab: str, status: int = 200, **context: Any
) -> HttpResponse:
    """A page of attendance with its tabs."""
    user = request.user
    context = {
        "tab": tab,
        "current": "attendance",
        "now": door_time(request),
        "is_lead": leads_people(user),
        "keeps": selectors.may_keep(user),
        **context,
    }
    return render(request, f"payroll/attendance/{name}", context, status=status)


def leads_people(user: Any) -> bool:
    """Does somebody have people under him, or keep the attendance of some?"""
    return bool(user.has_perm("payroll.find_away") or user.has_perm("payroll.keep_attendance"))


def month_in(text: str, today: date) -> date:
    """The first day of the month an address names: "2026-11"; empty is this one. Raises Http404."""
    if not text:
        return today.replace(day=1)
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=SHANGHAI).date()
    except ValueError:
        raise Http404 from None
    if not 2000 <= first.year < 2100:
        raise Http404
    return first


@desk_only
@require_GET
def my_month(request: DeskRequest) -> HttpResponse:
    """The month as a picture, with the buttons of today."""
    return _month(request, employee_of(request))


@desk_only
@require_GET
def persons_month(request: DeskRequest, number: str) -> HttpResponse:
    """Somebody's month, for those who are over him."""
    return _month(request, get_object_or_404(visible_to(request.user), number=number))


def _month(request: DeskRequest, employee: Employee) -> HttpResponse:
    now = door_time(request)
    today = now.astimezone(SHANGHAI).date()
    first = month_in(request.GET.get("month", ""), today)
    found = selectors.month_of([employee.pk], first)[employee.pk]
    mine = employee.user_id == request.user.pk
    totals = selectors.totals_of(employee, first)
    last = employee.punches.order_by("at").last() if mine else None
    shift = punches.shift_at(employee, now) if mine else None
    return page(
        request,
        "month.html",
        "mine" if mine else "team",
        employee=employee,
        mine=mine,
        weeks=selectors.weeks_of(employee, first, now=now),
        month=found,
        first=first,
        before=_beside(first, -1),
        after=_beside(first, 1),
        totals=totals,
        grace=_grace(employee, first) if totals.late else None,
        last=last,
        shift=shift,
        lunch=lunch_hours(shift) if shift else "",
        next_direction=_next(last, shift, now),
        gone=Away.objects.filter(employee=employee, ended_at=None).first() if mine else None,
        away_form=forms.AwayForm(leads=_leads(employee)) if mine else None,
    )


def _grace(employee: Employee, first: date) -> dict[str, Any] | None:
    """Which late arrivals of a month pass and which are charged, with why; None where the rulebook lets none pass."""
    rules = edition_of(employee, last_day(month_of(first))).rules
    found = selectors.lateness_of(employee, month_of(first), rules)
    if not found.steps:
        return None
    language = get_language() or "zh-hans"
    return {
        "passed": len(found.graced),
        "charged": len(found.charged),
        "lines": explain(found.steps, language),
    }


def _beside(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _next(last: Punch | None, shift: RosteredShift | None, now: datetime) -> str:
    """Which punch comes next: going, once one has come to this shift."""
    if last is None or last.direction == Direction.OUT:
        return Direction.IN.value
    since = shift.starts_at - selectors.NEAR if shift else now - selectors.NEAR * 3
    return Direction.OUT.value if last.at >= since else Direction.IN.value


def _leads(employee: Employee) -> Any:
    return (
        User.objects.filter(is_active=True, role__in=TOLD, employee__status=Employee.Status.ACTIVE)
        .exclude(pk=employee.user_id)
        .order_by("username")
    )


@desk_only
@require_POST
def punch(request: DeskRequest) -> HttpResponse:
    """Come or go; leave the desk for a while, or be back."""
    now, me = door_time(request), employee_of(request)

    def come_or_go(direction: str) -> str:
        made = punches.punch(employee=me, direction=direction, actor=request.user, now=now)
        if direction == Direction.OUT and not book.leaving(me, now=now)[0]:
            # rule: SD-331.11
            messages.warning(request, _("今天的事还没办完，请办好或请主管同意；照样可以下班"))
        return _("已打{what}卡 {at}").format(
            what=made.get_direction_display(), at=f"{made.at.astimezone(SHANGHAI):%H:%M:%S}"
        )

    def leave(given: dict[str, Any]) -> str:
        away.leave_desk(employee=me, actor=request.user, now=now, **given)
        return _("已登记离席，回来请按“回席”")

    def back(_given: dict[str, Any]) -> str:
        away.come_back(employee=me, actor=request.user, now=now)
        return _("已回席")

    steps: Any = {
        "in": (None, lambda _given: come_or_go(Direction.IN)),
        "out": (None, lambda _given: come_or_go(Direction.OUT)),
        "leave": (forms.AwayForm(request.POST, leads=_leads(me)), leave),
        "back": (None, back),
    }
    return act(request, steps, "payroll:attendance")


@desk_only
@require_POST
def take_break(request: DeskRequest) -> HttpResponse:
    """Show oneself away in one's break, or be back; and go on where one was."""
    me, who = employee_of(request), {"actor": request.user, "now": door_time(request)}
    try:
        if request.POST.get("do") == "back":
            away.come_back(employee=me, **who)
            messages.success(request, _("已回席，显示在线"))
        else:
            until = away.rest(employee=me, **who).rest_until
            at = f"{until.astimezone(SHANGHAI):%H:%M}" if until else ""
            messages.success(request, _("已设为离开，{at} 前回来").format(at=at))
    except KefuError as error:
        messages.warning(request, str(error))
    there = request.POST.get("next", "")
    known = url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()})
    return redirect(there if known else "payroll:attendance")


@desk_only
def shift(request: DeskRequest, pk: int) -> HttpResponse:
    """Why a shift is what it is: the facts, the arithmetic, what it cost; and the form for a punch that is missing."""
    now = door_time(request)
    one = get_object_or_404(
        RosteredShift.objects.filter(employee__in=visible_to(request.user)).select_related(
            "employee__department", "attendance"
        ),
        pk=pk,
    )
    day: AttendanceDay | None = getattr(one, "attendance", None)
    mine = one.employee.user_id == request.user.pk
    missing = day.inputs.get("missing", []) if day else []
    initial = {"direction": missing[0] if missing else Direction.IN}
    manages = not mine and request.user.role == User.Role.MANAGER
    judging = "kind" in request.POST
    form = false_form = None
    if mine or manages:
        given = None if judging else request.POST or None
        form = forms.CorrectionForm(given, initial=initial)
    if _may_judge(request.user, one):
        false_form = forms.FalsePunchForm(request.POST if judging else None)

    def ask(given: dict[str, Any]) -> str:
        punches.ask_correction(shift=one, actor=request.user, now=now, **given)
        return _("已申请补签，等主管签卡")

    def judge(given: dict[str, Any]) -> str:
        punches.find_false(shift=one, actor=request.user, now=now, **given)
        return _("已记为假卡，当天按旷工算")

    if request.method == "POST":
        wanted, do = (false_form, judge) if judging else (form, ask)
        if wanted is not None and sent(request, wanted, do):
            return redirect("payroll:attendance_shift", one.pk)
    language = get_language() or "zh-hans"
    using = edition(day.rulebook_id) if day else edition_of(one.employee, one.day)
    before = asked_in_month(one.employee, one.day)
    verdict = admitted(one, initial["direction"], using, before=before, asked_at=now)
    status = 422 if request.method == "POST" else 200
    return page(
        request,
        "shift.html",
        "mine" if mine else "team",
        status,
        shift=one,
        day=day,
        mine=mine,
        lines=explain((Step.from_json(s) for s in day.inputs["steps"]), language) if day else (),
        rulebook=using.rules.name(language),
        version=using.number,
        entries=RegisterEntry.objects.filter(
            employee=one.employee, source__startswith=f"shift:{one.pk}:"
        ).order_by("pk"),
        corrections=one.corrections.select_related("decided_by").order_by("asked_at"),
        form=form,
        closed=() if verdict.admitted or not mine else explain(verdict.steps, language),
        false_form=false_form,
        false_punch=getattr(one, "false_punch", None),
        punches=selectors.punches_of(one),
    )


def _may_judge(user: Any, one: RosteredShift) -> bool:
    return bool(user.has_perm(punches.SIGN)) and leads(user, one.employee)


@desk_only
def my_overtime(request: DeskRequest) -> HttpResponse:
    """Ask for overtime, and see what became of it."""
    now, me = door_time(request), employee_of(request)
    rules = edition_of(me, now.astimezone(SHANGHAI).date()).rules
    language = get_language() or "zh-hans"
    kinds = [(name, word(name, language)) for name in overtime.duties(rules)]
    paid = overtime.paid(rules)
    form = forms.OvertimeForm(request.POST or None, duties=kinds, paid=paid)

    def ask(given: dict[str, Any]) -> str:
        overtime.ask(employee=me, actor=request.user, now=now, **given)
        return _("已申请，等主管批准")

    if request.method == "POST" and sent(request, form, ask):
        return redirect("payroll:overtime")
    rows = Overtime.objects.filter(employee=me).select_related("decided_by")[:LISTED]
    return page(
        request,
        "overtime.html",
        "overtime",
        422 if form.errors else 200,
        form=form,
        rows=[(one, overtime.day_types(one, rules)) for one in rows],
        back_only=overtime.allowance_holder(me, now),
        paid=paid,
    )
