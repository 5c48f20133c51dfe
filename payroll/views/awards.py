"""The excellent agents of a month, and the list beside a promotion; and the clauses that are shipped switched off."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.rulebooks.models import Rulebook
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.forms import DeskForm
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms.discipline import NominateForm, OptInForm, RoundForm
from payroll.models import AwardRound, OptIn
from payroll.selectors import awards as selectors
from payroll.selectors import optins
from payroll.selectors.sheets import first_days
from payroll.services import awards as services
from payroll.services import optins as optin_services

SHOWN = 36


def _round_form(request: DeskRequest, data: Any = None) -> RoundForm:
    today = door_time(request).astimezone(SHANGHAI).date()
    months = first_days(today, 6)
    departments = selectors.departments_of(request.user)
    return RoundForm(
        data, departments=departments, months=months, initial={"month": f"{months[1]:%Y-%m}"}
    )


@desk_only
def awards(request: DeskRequest) -> HttpResponse:
    """What was published, for everybody; POST opens the choice of a month."""
    holds = request.user.has_perm(selectors.HOLD)
    form = _round_form(request, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not holds:
            raise PermissionDenied
        if form.is_valid():
            try:
                pk = once(
                    request,
                    lambda: (
                        services.open_round(
                            actor=request.user, now=door_time(request), **form.cleaned_data
                        ).pk
                    ),
                )
            except KefuError as error:
                form.refuse(error)
            else:
                return redirect("payroll:award_round", pk)
    rows = selectors.visible_rounds(request.user).prefetch_related("nominees__employee")
    context = {
        "rounds": rows[:SHOWN],
        "holds": holds,
        "form": form,
        "now": door_time(request),
        "current": "awards",
        "tab": "rounds",
    }
    status = 422 if form.errors else 200
    return render(request, "payroll/discipline/awards.html", context, status=status)


def _find(request: DeskRequest, pk: int) -> AwardRound:
    return get_object_or_404(selectors.visible_rounds(request.user), pk=pk)


@require_GET
@desk_only
def award_round(request: DeskRequest, pk: int) -> HttpResponse:
    """One month: who was in question with which figures, who was chosen, who signed."""
    return _page(request, _find(request, pk))


def _page(
    request: DeskRequest, row: AwardRound, refused: str = "", form: NominateForm | None = None
) -> HttpResponse:
    holds = selectors.departments_of(request.user).filter(pk=row.department_id).exists()
    nominees = list(row.nominees.select_related("employee__user", "nominated_by", "entry"))
    if form is None:
        form = NominateForm()
    if holds:
        _offer(form, row, nominees)
    rules = edition(row.rulebook_id).rules
    award = selectors.award_of(rules)
    context = {
        "row": row,
        "nominees": [
            (one, request.POST.get(f"evidence-{one.pk}", one.evidence))
            for one in nominees
            if holds or one.chosen
        ],
        "holds": holds,
        "form": form,
        "award": award,
        "award_title": award.label(get_language() or "zh-hans") if award else "",
        "refused": refused,
        "now": door_time(request),
        "current": "awards",
        "tab": "rounds",
    }
    status = 422 if refused or form.errors else 200
    return render(request, "payroll/discipline/round.html", context, status=status)


def _offer(form: NominateForm, row: AwardRound, nominees: list[Any]) -> None:
    there = [one.employee_id for one in nominees]
    people = Employee.objects.filter(department=row.department_id).exclude(pk__in=there)
    form.choose("employee", people.exclude(status=Employee.Status.LEFT).order_by("number"))


@require_POST
@desk_only
def award_step(request: DeskRequest, pk: int, name: str) -> HttpResponse:
    """Nominate, choose, publish."""
    row = _find(request, pk)
    if not selectors.departments_of(request.user).filter(pk=row.department_id).exists():
        raise PermissionDenied
    by: dict[str, Any] = {"actor": request.user, "now": door_time(request)}
    form, do = NominateForm(), None
    if name == "nominate":
        form = NominateForm(request.POST)
        _offer(form, row, list(row.nominees.all()))
        if not form.is_valid():
            return _page(request, row, form=form)
        do = _nominating(row, form, by)
    elif name == "choose":
        do = _choosing(request, row, by)
    elif name == "publish":
        do = _publishing(row, by)
    if do is None:
        raise Http404
    try:
        messages.success(request, once(request, do))
    except KefuError as error:
        return _page(request, row, str(error))
    return redirect("payroll:award_round", pk)


def _nominating(row: AwardRound, form: DeskForm, by: dict[str, Any]) -> Callable[[], str]:
    def do() -> str:
        services.nominate(row=row, **form.cleaned_data, **by)
        return _("已提名")

    return do


def _choosing(request: DeskRequest, row: AwardRound, by: dict[str, Any]) -> Callable[[], str]:
    ticked = {
        int(one) for one in request.POST.getlist("chosen") if one.isdecimal() and len(one) < 19
    }
    evidence = {pk: request.POST.get(f"evidence-{pk}", "") for pk in ticked}

    def do() -> str:
        services.choose(row=row, evidence=evidence, **by)
        return _("已评选，等另一个人签发")

    return do


def _publishing(row: AwardRound, by: dict[str, Any]) -> Callable[[], str]:
    def do() -> str:
        services.publish(row=row, **by)
        return _("已签发公布")

    return do


@require_GET
@desk_only
def promotion(request: DeskRequest) -> HttpResponse:
    """Everybody of a department with comparable figures, for whoever fills a higher post."""
    departments = list(selectors.departments_of(request.user))
    if not departments:
        raise PermissionDenied
    wanted = request.GET.get("department", "")
    department = next((one for one in departments if str(one.pk) == wanted), departments[0])
    now = door_time(request)
    people = Employee.objects.filter(department=department).exclude(status=Employee.Status.LEFT)
    try:
        rules = edition_in_force(department_id=department.pk, at=now).rules
    except KefuError:
        raise Http404 from None
    context = {
        "rows": selectors.promotion_list(
            people.exclude(user=request.user.pk).select_related("position").order_by("number"),
            rules,
            now.astimezone(SHANGHAI).date(),
        ),
        "department": department,
        "departments": departments,
        "now": now,
        "current": "awards",
        "tab": "promotion",
    }
    return render(request, "payroll/discipline/promotion.html", context)


@desk_only
def opt_ins(request: DeskRequest) -> HttpResponse:
    """The clauses that are shipped switched off: who decided that one holds here, and why."""
    user = request.user
    if not user.has_perm(optin_services.DECIDE) and not user.has_perm(optin_services.CONFIRM):
        raise PermissionDenied
    form, refused = OptInForm(request.POST or None), ""
    if request.method == "POST":
        try:
            messages.success(request, once(request, lambda: _opt_in(request, form)))
        except KefuError as error:
            refused = str(error)
        else:
            return redirect("payroll:opt_ins")
    context = {
        "rows": optins.listed(),
        "decides": user.has_perm(optin_services.DECIDE),
        "confirms": user.has_perm(optin_services.CONFIRM),
        "refused": refused,
        "now": door_time(request),
        "current": "proposals",
    }
    status = 422 if refused else 200
    return render(request, "payroll/discipline/opt_ins.html", context, status=status)


def _opt_in(request: DeskRequest, form: OptInForm) -> str:
    by: dict[str, Any] = {"actor": request.user, "now": door_time(request)}
    if (pk := request.POST.get("confirm", "")).isdecimal():
        optin_services.confirm(opt_in=get_object_or_404(OptIn, pk=pk[:18]), **by)
        return _("已确认，现在可以在规章草稿里启用")
    if not form.is_valid():
        raise KefuError(_("请写理由"), code="field_required", field="reason")
    data = form.cleaned_data
    book = get_object_or_404(Rulebook, code=data["rulebook"])
    optin_services.decide(rulebook=book, clause=data["clause"], reason=data["reason"], **by)
    return _("已决定，等另一个人确认")
