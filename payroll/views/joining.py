"""The pages of vacancies and candidates: open, look inside, look outside, judge, offer, take on."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kefu.policy.requirements import requirements
from kefu.rulebooks.wording import value_in_words
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from payroll import people_papers
from payroll.forms import people as forms
from payroll.models import Candidate, Employment, OfferLetter, Vacancy
from payroll.selectors import files
from payroll.selectors import joining as selectors
from payroll.services import joining as services
from payroll.services import vacancies as vacancy_services
from payroll.services.employment import KEEP, today_of
from payroll.views.acting import Do, Make, answered
from payroll.views.disclosing import PDF, download, record_look
from payroll.views.people import framed, rendered

ROWS = 40
Offers = dict[str, tuple[Make, Do]]


@require_http_methods(["GET", "POST"])
@desk_only
def vacancies(request: DeskRequest) -> HttpResponse:
    """The posts to fill, those still open first; who keeps the files opens one."""
    user, now = request.user, door_time(request)
    if not user.has_perm(files.SEE):
        raise PermissionDenied

    def open_one(data: dict[str, Any]) -> str:
        vacancy_services.open_vacancy(**data, actor=user, now=now)
        return _("已登记空缺，先在内部选拔")

    offers: Offers = {"open": (forms.VacancyForm, open_one)} if user.has_perm(KEEP) else {}
    shown, done = answered(request, offers)
    if done:
        return redirect("payroll:vacancies")
    rows = selectors.vacancies_visible_to(user).prefetch_related("candidates__employee")
    rows = rows.order_by("closed_at", "-opened_at")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    context = {"page": page, "forms": shown, **framed(request, "vacancies")}
    return rendered(request, "vacancies", context)


@require_http_methods(["GET", "POST"])
@desk_only
def vacancy(request: DeskRequest, pk: int) -> HttpResponse:
    """One post: its candidates, and everybody of ours side by side who might take it (ES-116.04, ES-121.01)."""
    now, user = door_time(request), request.user
    row = get_object_or_404(selectors.vacancies_visible_to(user), pk=pk)
    keeps = user.has_perm(KEEP)
    offers = _steps(request, row) if keeps and row.closed_at is None else {}
    shown, done = answered(request, offers)
    if done:
        return redirect("payroll:vacancy", pk)
    people = files.eligible(row, today_of(now), user)
    page = Paginator(people, ROWS).get_page(request.GET.get("page"))
    candidates = row.candidates.select_related("employee__department", "offer", "employment")
    context = {
        "vacancy": row,
        "candidates": candidates.prefetch_related("evaluations__made_by").order_by("pk"),
        "reasons": [word for key, word in selectors.reasons(row) if key in row.external_reasons],
        "compared": files.compared(list(page.object_list), today_of(now)),
        "page": page,
        "forms": shown,
        **framed(request, "vacancies"),
    }
    return rendered(request, "vacancy", context)


def _steps(request: DeskRequest, row: Vacancy) -> Offers:
    by: dict[str, Any] = {"vacancy": row, "actor": request.user, "now": door_time(request)}

    def put_forward(data: dict[str, Any]) -> str:
        vacancy_services.put_forward(**data, **by)
        return _("已列为候选人，等部门考核")

    def look_outside(data: dict[str, Any]) -> str:
        vacancy_services.look_outside(**data, **by)
        return _("已转对外招募")

    def apply(data: dict[str, Any]) -> str:
        vacancy_services.apply(**data, **by)
        return _("已登记候选人，姓名电话加密保存")

    def close(data: dict[str, Any]) -> str:
        vacancy_services.close(**data, **by)
        return _("空缺已结束")

    offers: Offers = {"inside": (forms.InsideForm, put_forward), "close": (forms.CloseForm, close)}
    if row.outside_at is None:
        form = partial(forms.OutsideForm, reasons=selectors.reasons(row))
        offers["outside"] = (form, look_outside)
    else:
        offers["apply"] = (forms.ApplyForm, apply)
    return offers


@require_http_methods(["GET", "POST"])
@desk_only
def candidate(request: DeskRequest, pk: int) -> HttpResponse:
    """One candidate: what the department found, the letter, the first day."""
    user = request.user
    row = _find(request, pk)
    if request.POST.get("do") == "look" and row.sealed is not None:
        _record_look(request, row)
        return _candidate_page(request, row, {}, dict(row.sealed))
    if request.POST.get("do") == "report" and row.employment is not None and user.has_perm(KEEP):
        return redirect("payroll:file_papers", row.employment.employee.number)  # sent again
    told: list[tuple[Employment, str]] = []
    offers = _candidate_steps(request, row, told)
    shown, done = answered(request, offers)
    if not done:
        return _candidate_page(request, row, shown, {})
    if told:
        return _password(request, *told[0])
    row.refresh_from_db()
    if row.employment is not None and user.has_perm(KEEP):
        return redirect("payroll:file_papers", row.employment.employee.number)
    return redirect("payroll:candidate", pk)


def _password(request: DeskRequest, employment: Employment, password: str) -> HttpResponse:
    """In this one answer: a message would be kept in a cookie or the session."""
    context = {
        "employee": employment.employee,
        "password": password,
        **framed(request, "vacancies"),
    }
    response = rendered(request, "password", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _find(request: DeskRequest, pk: int) -> Candidate:
    rows = selectors.candidates_visible_to(request.user)
    return get_object_or_404(rows.select_related("offer", "employment__employee"), pk=pk)


def _record_look(
    request: DeskRequest,
    row: Candidate,
    table: str = "payroll_candidate",
    fields: Sequence[str] = ("name", "phone", "about"),
) -> None:
    record_look(request, table, row.pk, fields, reason="candidate")


def criteria(row: Candidate) -> list[tuple[str, str]]:
    rules = selectors.rules_of(row.vacancy)
    lacks = requirements(rules, "candidate_evaluation", ()).missing if rules else ()
    return [(name, value_in_words("fields", name)) for name in lacks]


def _candidate_steps(
    request: DeskRequest, row: Candidate, told: list[tuple[Employment, str]]
) -> Offers:
    user, now = request.user, door_time(request)
    by: dict[str, Any] = {"candidate": row, "actor": user, "now": now}
    states, offers = Candidate.State, dict[str, tuple[Make, Do]]()

    def evaluate(data: dict[str, Any]) -> str:
        vacancy_services.evaluate(**data, **by)
        return _("考核已登记")

    def offer(data: dict[str, Any]) -> str:
        return _("录取通知 %(number)s 已签发") % {
            "number": vacancy_services.offer(**data, **by).number
        }

    def report(data: dict[str, Any]) -> str:
        told.append(services.report(**data, **by))
        return _("已办理入职：账号、部门、试用期都已登记")

    def appoint(data: dict[str, Any]) -> str:
        vacancy_services.appoint(from_on=data["from_on"], reason=data["reason"], **by)
        return _("已办理到岗")

    def withdraw(_data: dict[str, Any]) -> str:
        vacancy_services.withdraw(**by)
        return _("已退出")

    judged = (states.APPLIED, states.PASSED, states.FAILED)
    if row.state in judged and selectors.judges(user, row.vacancy.department_id):
        offers["evaluate"] = (_evaluation(row), evaluate)
    if user.has_perm(KEEP):
        if row.state == states.PASSED and row.employee_id is None:
            offers["offer"] = (
                partial(forms.OfferForm, initial={"starts_on": today_of(now)}),
                offer,
            )
        if row.state == states.PASSED and row.employee_id:
            offers["appoint"] = (partial(forms.AppointForm, initial={"from_on": today_of(now)}), appoint)  # fmt: skip
        if row.state == states.OFFERED:
            initial = {"hired_on": today_of(now), "channels": ["phone"]}
            offers["report"] = (partial(forms.ReportForm, initial=initial), report)
        if row.state not in (states.JOINED, states.WITHDRAWN):
            offers["withdraw"] = (forms.NothingForm, withdraw)
    return offers


def _evaluation(row: Candidate) -> Make:
    return partial(forms.EvaluationForm, criteria=criteria(row))


def _candidate_page(
    request: DeskRequest, row: Candidate, shown: dict[str, Any], plain: dict[str, str]
) -> HttpResponse:
    if plain:
        shown, _done = {}, False
    words = dict(criteria(row))
    evaluations = [
        (one, [(word, one.marks[name]) for name, word in words.items() if name in one.marks])
        for one in row.evaluations.select_related("made_by").order_by("-pk")
    ]
    offered = getattr(row, "offer", None)
    sees_wage = request.user.has_perm(files.WAGES)
    if sees_wage and offered is not None and offered.base is not None:
        _record_look(request, row, "payroll_offerletter", ["base"])
    context = {
        "candidate": row,
        "plain": plain,
        "evaluations": evaluations,
        "letter": offered,
        "sees_wage": sees_wage,
        "forms": shown,
        **framed(request, "vacancies"),
    }
    return rendered(request, "candidate", context)


@require_GET
@desk_only
def letter(request: DeskRequest, pk: int) -> HttpResponse:
    """The offer letter to print and hand over; it bears the name, so the look is on record."""
    if not request.user.has_perm(KEEP):
        raise PermissionDenied
    rows = OfferLetter.objects.select_related(
        "candidate__vacancy__department", "candidate__vacancy__position"
    )
    row = get_object_or_404(rows, candidate=pk)
    _record_look(request, row.candidate, fields=("name", "phone", "about", "base"))
    content = people_papers.offer_letter(row, door_time(request))
    return download(content, PDF, f"{row.number}.pdf", how="inline")
