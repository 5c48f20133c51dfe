"""The month's rewards and penalties, and the year's sheets."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.audit import services as audit
from kefu.errors import KefuError
from kefu.policy.clauses import Grade
from kefu.policy.money import cut
from kefu.policy.scores import sheet_lines
from kefu.policy.vocabulary import word
from kefu.rulebooks.selectors import edition_in_force
from kefu.spreadsheets import write_workbook
from kefu.staff.models import Department, Employee
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms.scores import YearForm
from payroll.models import RewardSheet, YearSheet
from payroll.selectors.attendance import graced_in_year
from payroll.selectors.pay import SEES_ALL
from payroll.selectors.people import UNSCORED, people_of
from payroll.selectors.sheets import first_days
from payroll.services import rewards as services
from payroll.services import years as year_services
from payroll.services.scores import LEAD
from payroll.views.disclosing import XLSX, download, record_look
from payroll.views.scores import asked_month, find_person, today_of


def _departments(request: DeskRequest) -> list[Department]:
    """Those whose sheets one may look at."""
    if not request.user.has_perm("payroll.see_scores"):
        raise PermissionDenied
    people = people_of(request.user).values("department")
    return list(Department.objects.filter(pk__in=people, active=True))


def _sheets(request: DeskRequest) -> Any:
    rows = RewardSheet.objects.filter(department__in=_departments(request))
    return rows.select_related("department", "prepared_by", "reviewed_by", "issued_by")


@require_GET
@desk_only
def rewards(request: DeskRequest) -> HttpResponse:
    """The sheets of my departments, the newest first."""
    return _list(request)


def _list(request: DeskRequest, refused: str = "") -> HttpResponse:
    context = {
        "sheets": _sheets(request)
        .defer("content")
        .order_by("-month", "department", "-number")[:60],
        "departments": _departments(request),
        "months": first_days(today_of(request)),
        "month": asked_month(request),
        "leads": request.user.has_perm(LEAD),
        "refused": refused,
        "now": door_time(request),
        "tab": "rewards",
        "current": "scores",
    }
    return render(request, "payroll/scores/rewards.html", context, status=422 if refused else 200)


@require_POST
@desk_only
def prepare(request: DeskRequest) -> HttpResponse:
    """Put a month together."""
    month = asked_month(request)
    wanted = request.POST.get("department", "")
    department = next((one for one in _departments(request) if str(one.pk) == wanted), None)
    if department is None:
        raise Http404
    try:
        pk = once(
            request,
            lambda: (
                services.prepare(
                    department=department, month=month, actor=request.user, now=door_time(request)
                ).pk
            ),
        )
    except KefuError as error:
        return _list(request, str(error))
    return redirect("payroll:reward_sheet", pk)


@require_GET
@desk_only
def sheet(request: DeskRequest, pk: int) -> HttpResponse:
    return _sheet(request, get_object_or_404(_sheets(request), pk=pk))


def _sees_yuan(request: DeskRequest) -> bool:
    """Who prepares and reviews the sheets, and who works on pay; a shift lead reads the points of her people."""
    return any(request.user.has_perm(one) for one in (LEAD, SEES_ALL))


def _sheet(request: DeskRequest, row: RewardSheet, refused: str = "") -> HttpResponse:
    sees_yuan = _sees_yuan(request)
    if sees_yuan:
        record_look(request, RewardSheet._meta.db_table, row.pk, ["yuan"])
    context = {
        "row": row,
        "sees_yuan": sees_yuan,
        "leads": request.user.has_perm(LEAD),
        "own": row.prepared_by_id == request.user.pk,
        "refused": refused,
        "now": door_time(request),
        "tab": "rewards",
        "current": "scores",
    }
    return render(
        request, "payroll/scores/reward_sheet.html", context, status=422 if refused else 200
    )


@require_POST
@desk_only
def step(request: DeskRequest, pk: int) -> HttpResponse:
    """Review it, or issue it."""
    row = get_object_or_404(_sheets(request), pk=pk)
    do = {"review": services.review, "issue": services.issue}.get(request.POST.get("step", ""))
    if do is None:
        raise Http404
    try:
        do(sheet=row, actor=request.user, now=door_time(request))
    except KefuError as error:
        return _sheet(request, row, str(error))
    messages.success(request, _("已办"))
    return redirect("payroll:reward_sheet", pk)


@require_GET
@desk_only
def sheet_file(request: DeskRequest, pk: int) -> HttpResponse:
    """The sheet as a workbook; that it was taken is on record."""
    row, sees_yuan = get_object_or_404(_sheets(request), pk=pk), _sees_yuan(request)
    heads = {"on": _("日期"), "clause": _("条款"), "reason": _("事由"), "points": _("分")}
    if sees_yuan:
        heads["yuan"] = _("元")
    lines = [
        [one["number"], one["name"], *(line.get(name, "") for name in heads), one["score"]]
        for one in row.content["people"]
        for line in one["lines"] or [{}]
    ]
    widths = (10, 12, 12, 12, 40, 8, *([10] if sees_yuan else []), 8)
    table = [[_("工号"), _("姓名"), *heads.values(), _("得分")], *lines]
    content = write_workbook((f"{row.month:%Y-%m}", widths, table), created=row.prepared_at)
    audit.record(
        action="register_taken",
        actor=request.user,
        at=door_time(request),
        table=RewardSheet._meta.db_table,
        object_id=row.pk,
        after={"columns": list(heads)},
    )
    return download(
        content, XLSX, f"rewards-{row.department.code}-{row.month:%Y-%m}-{row.number}.xlsx"
    )


# The year.


@require_GET
@desk_only
def years(request: DeskRequest) -> HttpResponse:
    return _years(request)


def _years(
    request: DeskRequest, form: YearForm | None = None, about: Employee | None = None
) -> HttpResponse:
    """Each of my people: the months of the year, their mean, and the grade that was given."""
    if not request.user.has_perm("payroll.see_scores"):
        raise PermissionDenied
    now, year = door_time(request), _year(request)
    people = list(
        people_of(request.user)
        .exclude(user__role__in=UNSCORED)
        .exclude(status=Employee.Status.LEFT)
        .order_by("number")
    )
    totals = year_services.totals(people, year)
    graded = YearSheet.objects.filter(employee__in=people, year=year).order_by("number")
    last = {one.employee_id: one for one in graded}
    own = getattr(request.user, "employee", None)
    using = edition_in_force(department_id=own.department_id if own else None, at=now)
    graced = graced_in_year([one.pk for one in people], year, using.rules)
    rows = []
    for one in people:
        months = totals.get(one.pk, {})
        mean = sum(months.values(), Decimal(0)) / len(months) if months else None
        rows.append((one, months, mean and cut(mean), graced.get(one.pk, 0), last.get(one.pk)))
    language = get_language() or "zh-hans"
    context = {
        "rows": rows,
        "year": year,
        "opens": year_services.opens_on(using.rules, year),
        "today": today_of(request),
        "grades": [(one.grade, word(one.grade, language)) for one in using.rules.in_force(Grade)],
        "shows": [word(one.name, language) for one in sheet_lines(using.rules, "year")],
        "leads": request.user.has_perm(LEAD),
        "form": form,
        "about": about,
        "now": now,
        "tab": "years",
        "current": "scores",
    }
    return render(request, "payroll/scores/years.html", context, status=422 if form else 200)


def _year(request: DeskRequest) -> int:
    text = (request.GET if request.method == "GET" else request.POST).get("year", "")
    if not text:
        return today_of(request).year
    if not (text.isdecimal() and len(text) == 4 and 2000 <= int(text) <= 2100):
        raise Http404
    return int(text)


@require_POST
@desk_only
def grade(request: DeskRequest, number: str) -> HttpResponse:
    """Grade somebody's year."""
    employee, form, year = find_person(request, number), YearForm(request.POST), _year(request)
    if form.is_valid():
        try:
            once(
                request,
                lambda: (
                    year_services.grade_year(
                        employee=employee,
                        year=year,
                        actor=request.user,
                        now=door_time(request),
                        **form.cleaned_data,
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已定级"))
            return redirect(f"{reverse('payroll:years')}?year={year}")
    return _years(request, form, employee)
