"""The pages of scores: one's own, those of one's people, who did how much."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError, NotAllowed
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from kefu.policy.months import last_day, month_of
from kefu.policy.vocabulary import word
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.once import once
from payroll.forms.scores import (
    JudgeForm,
    MonthForm,
    ObjectionForm,
    ReasonForm,
    TalkForm,
    TargetForm,
)
from payroll.models import Improvement, MonthScore, RegisterEntry
from payroll.selectors import scores as selectors
from payroll.selectors.closings import closings
from payroll.selectors.leaderboard import boards
from payroll.selectors.people import UNSCORED, people_of
from payroll.selectors.score_facts import gather, indicators, sheet_month, wanted_of
from payroll.selectors.sheets import Sheet, first_days, sheet_of
from payroll.services import register as register_services
from payroll.services import scores as services
from payroll.services.scores import LEAD, Plan


def today_of(request: DeskRequest) -> date:
    return door_time(request).astimezone(SHANGHAI).date()


def asked_month(request: DeskRequest) -> date:
    """The month in the address; without, the one whose sheet runs today where the reader works. Raises Http404."""
    form = MonthForm(request.GET if request.method == "GET" else request.POST)
    if not form.is_valid():
        raise Http404
    today = today_of(request)
    month: date = form.cleaned_data["month"] or _running_month(request, today)
    if month > today or month.year < 2000:
        raise Http404
    return month


def _running_month(request: DeskRequest, today: date) -> date:
    """A sheet that runs from payday to payday is still that of the month before in the first days (SD-233.15)."""
    try:
        using = edition_in_force(
            department_id=desk_of(request).department_id, at=door_time(request)
        )
    except KefuError:
        return today.replace(day=1)
    return sheet_month(using, today)


def address(name: str, month: date, *args: Any) -> str:
    return f"{reverse(f'payroll:{name}', args=args)}?month={month:%Y-%m}"


@require_GET
@desk_only
def my_score(request: DeskRequest) -> HttpResponse:
    """What my month is worth today, and what moved it."""
    return _sheet(request, _me(request), mine=True)


def _me(request: DeskRequest) -> int:
    """My employee's id, from what the frame has read already. Accounts without a staff number have no score."""
    found = desk_of(request).employee_id
    if found is None:
        raise PermissionDenied
    return found


@require_GET
@desk_only
def beside(request: DeskRequest) -> HttpResponse:
    """My targets and the talk about the month; fetched by the page, so that it is there at once."""
    month, today = asked_month(request), today_of(request)
    sheet = sheet_of(_me(request), month, today=today, beside=True)
    context = {"sheet": sheet, "mine": True, "leads": False, "month": month, "today": today}
    return render(request, "payroll/scores/_beside.html", context)


@require_GET
@desk_only
def person(request: DeskRequest, number: str) -> HttpResponse:
    """The same of one of my people, with what I judge, want and talked about."""
    return _sheet(request, find_person(request, number).pk, mine=False)


def find_person(request: DeskRequest, number: str) -> Employee:
    """The only way to somebody else's score."""
    return get_object_or_404(
        people_of(request.user).select_related("department", "user"), number=number
    )


def _sheet(
    request: DeskRequest,
    employee_id: int,
    *,
    mine: bool,
    forms: dict[str, Any] | None = None,
    refused: str = "",
) -> HttpResponse:
    month, today = asked_month(request), today_of(request)
    sheet = sheet_of(employee_id, month, today=today, beside=not mine)
    leads = not mine and request.user.has_perm(LEAD)
    context = {
        "sheet": sheet,
        "employee": sheet.employee if sheet is not None else None,
        "mine": mine,
        "leads": leads,
        "month": month,
        "months": first_days(today),
        "today": today,
        "now": door_time(request),
        "metrics": _metrics(sheet) if leads and sheet is not None else [],
        "forms": forms or {},
        "refused": refused,
        "current": "my_score" if mine else "scores",
    }
    status = 422 if forms or refused else 200
    return render(request, "payroll/scores/sheet.html", context, status=status)


def _metrics(sheet: Sheet) -> list[tuple[str, str]]:
    """What a target may be set for."""
    language = get_language() or "zh-hans"
    names = [one.metric for one in wanted_of(sheet.gathered)]
    return [(name, word(name, language)) for name in (*names, *indicators(sheet.using))]


@require_POST
@desk_only
def object_to(request: DeskRequest) -> HttpResponse:
    """I say that a line is wrong; of a penalty that is an objection to the penalty itself."""
    form = ObjectionForm(request.POST)
    employee = employee_of(request)
    if not form.is_valid():
        return _sheet(request, employee.pk, mine=True, refused=_("请写明哪里不对"))
    data, now = form.cleaned_data, door_time(request)

    def do() -> int:
        if data["what"] == "entry":
            entry = get_object_or_404(RegisterEntry, pk=data["key"], employee=employee)
            return register_services.object_to(
                entry=entry, text=data["text"], actor=request.user, now=now
            ).pk
        penalty = get_object_or_404(Penalty, pk=data["key"], party=employee.party_id)
        return penalties.propose_waiver(
            penalty=penalty,
            ground=Waiver.Ground.OBJECTION,
            reason=data["text"],
            actor=request.user,
            now=now,
        ).pk

    try:
        once(request, do)
    except KefuError as error:
        return _sheet(request, employee.pk, mine=True, refused=str(error))
    messages.success(request, _("异议已提交，主管会答复；答复前这条照旧计入。"))
    return redirect(address("my_score", asked_month(request)))


@require_POST
@desk_only
def seen(request: DeskRequest, pk: int) -> HttpResponse:
    """I have looked at my result."""
    score = get_object_or_404(
        MonthScore.objects.select_related("employee"), pk=pk, employee__user=request.user
    )
    services.see(score=score, actor=request.user, now=door_time(request))
    return redirect(address("my_score", score.month))


@require_GET
@desk_only
def team(request: DeskRequest) -> HttpResponse:
    """The months of my people side by side."""
    return _team(request)


def _people(request: DeskRequest) -> list[Employee]:
    if not request.user.has_perm("payroll.see_scores"):
        raise PermissionDenied
    people = people_of(request.user).exclude(user__role__in=UNSCORED)
    return list(people.exclude(status=Employee.Status.LEFT).order_by("department__order", "number"))


def _team(
    request: DeskRequest, left: dict[int, str] | None = None, refused: str = ""
) -> HttpResponse:
    month, today = asked_month(request), today_of(request)
    people = _people(request)
    gathered = [one for one in gather(people, month) if one.mechanism]
    rows = []
    for one in gathered:
        published = next((row for row in one.history if row.month == month), None)
        running = published is None and today <= one.last_on and one.mechanism == "month_score"
        scored = (
            selectors.stored(published) if published else selectors.decide(one, numbers=not running)
        )
        rows.append((one, scored, (left or {}).get(one.employee.pk, "")))
    context = {
        "rows": rows,
        "refused": refused,
        "month": month,
        "months": first_days(today),
        "today": today,
        "over": today > last_day(month_of(month)),
        "open": [one for one, scored, _why in rows if scored.published is None],
        "closings": _closings(request, {one.department.pk: one for one in gathered}),
        "now": door_time(request),
        "tab": "team",
        "current": "scores",
    }
    status = 422 if refused else 200
    return render(request, "payroll/scores/team.html", context, status=status)


def _closings(request: DeskRequest, gathered: dict[int, Any]) -> list[tuple[Any, Any, bool]]:
    """Which departments' months are to be closed soon or are late, for who closes them."""
    now = door_time(request)
    if not request.user.has_perm(LEAD):
        return []
    return [
        (one.department, closing, now >= closing.due_at)
        for one in gathered.values()
        for closing in closings(one.department, one.using.rules, now=now)
        if now >= (closing.warn_at or closing.due_at)
    ]


@require_POST
@desk_only
def publish(request: DeskRequest) -> HttpResponse:
    """Publish the month for the people that are ticked; whoever is not whole stays, with the reason."""
    month = asked_month(request)
    wanted = {one for one in request.POST.getlist("people") if one.isdecimal() and len(one) < 19}
    people = [one for one in _people(request) if str(one.pk) in wanted]
    if not people:
        return _team(request, refused=_("请先勾选要公布的人"))
    kept: dict[str, Any] = {}

    def do() -> int:
        kept["found"] = services.publish(
            employees=people, month=month, actor=request.user, now=door_time(request)
        )
        return len(kept["found"].done)

    try:
        count = once(request, do)
    except KefuError as error:
        return _team(request, refused=str(error))
    found = kept.get("found")
    if found is not None and found.left:
        messages.success(request, _("已公布 {n} 人").format(n=count))
        return _team(request, left={one.pk: why for one, why in found.left})
    messages.success(request, _("已公布 {n} 人").format(n=count))
    return redirect(address("scores", month))


@require_GET
@desk_only
def board(request: DeskRequest) -> HttpResponse:
    """Who did how much in the hours he was there."""
    month = asked_month(request)
    context = {
        "boards": boards(gather(_people(request), month), month),
        "month": month,
        "months": first_days(today_of(request)),
        "now": door_time(request),
        "tab": "board",
        "current": "scores",
    }
    return render(request, "payroll/scores/board.html", context)


FORMS: dict[str, Any] = {
    "judge": JudgeForm,
    "target": TargetForm,
    "talk": TalkForm,
    "correct": ReasonForm,
}


@require_POST
@desk_only
def act(request: DeskRequest, number: str, act: str) -> HttpResponse:
    """Judge, set a target, record a talk, correct: of one of my people."""
    if act not in FORMS:
        raise Http404
    employee, month, form = (
        find_person(request, number),
        asked_month(request),
        FORMS[act](request.POST),
    )
    if form.is_valid():
        try:
            once(request, lambda: _act(request, act, employee, month, form.cleaned_data))
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已记录"))
            return redirect(address("score_of", month, number))
    return _sheet(request, employee.pk, mine=False, forms={act: form})


def _act(
    request: DeskRequest, act: str, employee: Employee, month: date, data: dict[str, Any]
) -> int:
    given: dict[str, Any] = {"actor": request.user, "now": door_time(request)}
    about = {"employee": employee, "month": month, **given}
    match act:
        case "judge":
            return services.judge(**about, **data).pk
        case "target":
            return services.set_target(**about, **data).pk
        case "talk":
            action, due_on = data.pop("action"), data.pop("due_on")
            plans = [Plan(action, due_on)] if action else []
            return services.record_talk(**about, **data, plans=plans).pk
    rows = MonthScore.objects.filter(employee=employee, month=month).order_by("-number")
    score = rows.select_related("employee").first()
    if score is None:
        raise NotAllowed(_("还没有公布，不用更正"))
    return services.correct(score=score, reason=data["reason"], **given).pk


@require_POST
@desk_only
def plan_done(request: DeskRequest, pk: int) -> HttpResponse:
    """What was agreed in a talk is done."""
    row = get_object_or_404(
        Improvement.objects.select_related("talk__employee"),
        pk=pk,
        talk__employee__in=people_of(request.user),
    )
    try:
        services.improvement_done(improvement=row, actor=request.user, now=door_time(request))
    except KefuError as error:
        messages.error(request, str(error))
    return redirect(address("score_of", row.talk.month, row.talk.employee.number))
