"""Attendance of one's people: who is missing now, what waits for a signature, the report to HR."""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kefu.clock import SHANGHAI
from kefu.imports.tables import CONTENT_TYPES
from kefu.spreadsheets import write_workbook
from kefu.staff.models import Department, Employee, User
from kefu.workbench.door import DeskRequest, View, desk_only
from kefu.workbench.frame import door_time
from payroll.forms import attendance as forms
from payroll.models import AttendanceClerk, AttendanceReport, Away, Correction, Overtime
from payroll.selectors import attendance as selectors
from payroll.selectors.aways import weigh
from payroll.selectors.people import people_of
from payroll.selectors.presence import edition_of
from payroll.services import attendance_reports, away, overtime, punches
from payroll.views.acting import act
from payroll.views.attendance import leads_people, page

LISTED = 50  # rows of a list that is not paged
BACK = timedelta(days=14)


def leads_only(view: View) -> View:
    """For those who have people under them."""

    @desk_only
    def inside(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not leads_people(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inside


@leads_only
def team(request: DeskRequest) -> HttpResponse:
    """A day: who is missing, who is away, and what waits for one's word."""
    now, user = door_time(request), request.user
    today = now.astimezone(SHANGHAI).date()
    on = _day(request.GET.get("on", ""), today)
    people = people_of(user).exclude(status=Employee.Status.LEFT).order_by("number")
    if request.method == "POST":
        return act(request, _steps(request, people), "payroll:team_attendance")
    signing = user.has_perm(punches.SIGN)
    asked = list(selectors.to_sign(user)[:LISTED]) if signing else []
    extra = list(selectors.overtime_to_decide(user)[:LISTED]) if signing else []
    return page(
        request,
        "team.html",
        "team",
        on=on,
        today=today,
        before=on - timedelta(days=1),
        after=on + timedelta(days=1),
        lines=selectors.day_list(user, on, now=now),
        asked=asked,
        extra=[
            (
                one,
                overtime.day_types(
                    one, edition_of(one.employee, one.starts_at.astimezone(SHANGHAI).date()).rules
                ),
            )
            for one in extra
        ],
        aways=weigh(list(selectors.aways_to_find(user, now - BACK)[:LISTED]), now),
        findings=Away.Finding.choices,
        report_form=forms.ReportAwayForm(people=people, auto_id="away_%s"),
        exemption_form=forms.ExemptionForm(people=people, auto_id="exempt_%s")
        if user.role == User.Role.MANAGER
        else None,
        signing=signing,
    )


def _day(text: str, today: date) -> date:
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if not 2000 <= day.year < 2100:
        raise Http404
    return day


def _steps(request: DeskRequest, people: Any) -> Any:
    who = {"actor": request.user, "now": door_time(request)}

    def the(model: Any) -> Any:
        key = request.POST.get("pk", "")
        mine = model.objects.filter(employee__in=people_of(request.user))
        return get_object_or_404(mine, pk=int(key) if key.isdecimal() else 0)

    def sign(given: dict[str, Any]) -> str:
        punches.decide_correction(correction=the(Correction), signed=True, **given, **who)
        return _("已签卡")

    def refuse(given: dict[str, Any]) -> str:
        punches.decide_correction(correction=the(Correction), signed=False, **given, **who)
        return _("没有签卡，已答复")

    def approve(given: dict[str, Any]) -> str:
        overtime.decide(overtime=the(Overtime), approved=True, **given, **who)
        return _("已批准加班")

    def deny(_given: dict[str, Any]) -> str:
        overtime.decide(overtime=the(Overtime), approved=False, **who)
        return _("没有批准加班")

    def find(given: dict[str, Any]) -> str:
        away.find(away=the(Away), **given, **who)
        return _("已认定")

    def report(given: dict[str, Any]) -> str:
        away.report(**given, **who)
        return _("已登记离席，请认定")

    def exempt(given: dict[str, Any]) -> str:
        punches.exempt(**given, **who)
        return _("已批准免打卡")

    posted = request.POST
    return {
        "sign": (forms.AnswerForm(posted), sign),
        "refuse": (forms.AnswerForm(posted), refuse),
        "approve": (forms.DecideForm(posted), approve),
        "deny": (None, deny),
        "find": (forms.FindingForm(posted), find),
        "report": (forms.ReportAwayForm(posted, people=people), report),
        "exempt": (forms.ExemptionForm(posted, people=people), exempt),
    }


# The report to HR.


def _kept(request: DeskRequest) -> list[Department]:
    departments = selectors.kept_by(request.user)
    if not departments:
        raise PermissionDenied
    return departments


@desk_only
def reports(request: DeskRequest) -> HttpResponse:
    """The reports of the departments one keeps: what is due, what was sent, who keeps it."""
    now, departments = door_time(request), _kept(request)
    staff = Employee.objects.filter(status=Employee.Status.ACTIVE).order_by("number")
    if request.method == "POST":
        return act(
            request, _report_steps(request, departments, staff), "payroll:attendance_reports"
        )
    shown = []
    for department in departments:
        using, found = attendance_reports.periods(department, now=now)
        sent = {
            one.to_on: one
            for one in AttendanceReport.objects.filter(department=department).select_related(
                "sent_by"
            )[:LISTED]
        }
        shown.append(
            {
                "department": department,
                "clerks": selectors.clerks(department),
                "lacking": selectors.clerks_lacking(department, using.rules),
                "rounds": [
                    (one, sent.get(one.covers[1]), attendance_reports.owed(department, one))
                    for one in found
                    if one.covers
                ],
                "form": forms.ClerkForm(
                    people=staff.filter(department=department), auto_id=f"clerk{department.pk}_%s"
                ),
            }
        )
    return page(
        request,
        "reports.html",
        "reports",
        shown=shown,
        today=now.astimezone(SHANGHAI).date(),
        names_clerks=request.user.has_perm("payroll.keep_attendance"),
    )


def _report_steps(request: DeskRequest, departments: list[Department], staff: Any) -> Any:
    who = {"actor": request.user, "now": door_time(request)}

    def department() -> Department:
        key = request.POST.get("department", "")
        found = next((one for one in departments if str(one.pk) == key), None)
        if found is None:
            raise Http404
        return found

    def send(_given: dict[str, Any]) -> str:
        of = department()
        _using, found = attendance_reports.periods(of, now=who["now"])
        about = next((one for one in found if f"{one.on}" == request.POST.get("on")), None)
        if about is None:
            raise Http404
        attendance_reports.send(department=of, about=about, **who)
        return _("已报送人事")

    def name(given: dict[str, Any]) -> str:
        punches.name_clerk(department=department(), **given, **who)
        return _("已指定考勤员")

    def end(_given: dict[str, Any]) -> str:
        key = request.POST.get("pk", "")
        clerk = get_object_or_404(
            AttendanceClerk, pk=int(key) if key.isdecimal() else 0, department__in=departments
        )
        punches.end_clerk(clerk=clerk, **who)
        return _("已卸任")

    return {
        "send": (None, send),
        "name": (forms.ClerkForm(request.POST, people=staff), name),
        "end": (None, end),
    }


@desk_only
@require_GET
def report_table(request: DeskRequest, code: str, to: str) -> HttpResponse:
    """A period's lines: as they were sent, or as they stand; as a workbook with ``?form=xlsx``."""
    department = next((one for one in _kept(request) if one.code == code), None)
    if department is None:
        raise Http404
    now = door_time(request)
    last = _day(to, now.astimezone(SHANGHAI).date())
    report = AttendanceReport.objects.filter(department=department, to_on=last).first()
    _using, found = attendance_reports.periods(department, now=now)
    covers = next((one.covers for one in found if one.covers and one.covers[1] == last), None)
    if report is not None:
        covers = report.from_on, report.to_on
    if covers is None:
        raise Http404
    lines = report.lines if report else selectors.report_lines(department, *covers)
    if request.GET.get("form") == "xlsx":
        return _workbook(department, covers, lines)
    return page(
        request,
        "report.html",
        "reports",
        department=department,
        covers=covers,
        lines=lines,
        report=report,
        headings=_headings(),
    )


def _headings() -> dict[str, str]:
    return {
        "number": _("工号"),
        "name": _("姓名"),
        "shifts": _("班次"),
        "late": _("迟到（次）"),
        "late_minutes": _("迟到（分）"),
        "early": _("早退（次）"),
        "early_minutes": _("早退（分）"),
        "absent_hours": _("旷工（时）"),
        "leave_hours": _("请假（时）"),
        "missing": _("缺卡"),
        "not_early_enough": _("未提前到岗"),
        "worked_minutes": _("在岗（分）"),
        "overtime_hours": _("加班（时）"),
    }


def _workbook(
    department: Department, covers: tuple[date, date], lines: list[dict[str, Any]]
) -> HttpResponse:
    headings = _headings()
    rows = [list(headings.values()), *([str(line[name]) for name in headings] for line in lines)]
    content = write_workbook((_("考勤"), [12] * len(headings), rows))
    name = f"{_('考勤月报')}-{department}-{covers[1]:%Y-%m}.xlsx"
    response = HttpResponse(content, content_type=CONTENT_TYPES["xlsx"])
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Cache-Control"] = "no-store"
    return response
