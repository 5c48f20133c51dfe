"""A department's day: its meetings, what somebody has to do, sign and read; and what is still unsigned."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.moments import DAY
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Employee, User
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import door_time
from payroll.forms import meetings as forms
from payroll.forms.book import RedirectForm
from payroll.models import Meeting, MeetingItem, SafetyReport, ShiftCheck, WeeklyReport
from payroll.selectors import announcements as announced
from payroll.selectors import book as books
from payroll.selectors import meetings as selectors
from payroll.services import book, meeting_items, weekly_reports
from payroll.views.acting import act, sent

LISTED = 40  # rows of a list that is not paged
BACK = 7 * DAY


def page(
    request: DeskRequest, name: str, tab: str, status: int = 200, **context: Any
) -> HttpResponse:
    """A page of the department's day with its tabs."""
    context = {
        "tab": tab,
        "current": {"book": "book", "announcements": "announcements"}.get(tab, "today"),
        "now": door_time(request),
        "may_lead": request.user.has_perm(selectors.LEAD),
        **context,
    }
    return render(request, f"payroll/{name}", context, status=status)


@login_required
@require_GET
def arrive(request: HttpRequest) -> HttpResponse:
    """Where one comes to after signing in: first what is still to be confirmed, then the queue (OS-04.11).

    Whoever had a page open when his session ended goes back to it, and has the notice at the top.
    """
    user: Any = request.user
    if user.role == User.Role.OUTLET:
        return redirect("partners:todo")
    now = door_time(request)
    _note_device(request, now)
    waiting = announced.unconfirmed(
        Employee.objects.filter(user=user.pk).values_list("pk", flat=True).first() or 0
    ).first()
    return redirect("payroll:announcement", waiting.announcement_id) if waiting else redirect("/")


def _note_device(request: HttpRequest, now: Any) -> None:
    """Keep what somebody works at in his shift, and warn of a phone or a tablet (OS-04.17)."""
    device = announced.device_of(request.headers.get("user-agent", ""))
    try:
        clause = announced.device_refused(request.user, device, now)
    except KefuError:
        return  # no rulebook in force yet
    if not clause:
        return
    user: Any = request.user
    audit.record(
        action="device",
        actor=user,
        at=now,
        table="staff_user",
        object_id=user.pk,
        after={"device": device, "clause": clause},
    )
    messages.warning(request, _("上班时间请用电脑，不要用手机或平板（%s）") % clause)


@desk_only
def today(request: DeskRequest) -> HttpResponse:
    """What the day holds for somebody, the soonest first."""
    now, user = door_time(request), request.user
    employee = Employee.objects.filter(user=user).select_related("department").first()
    departments = list(selectors.departments_of(user))
    issue_form = forms.IssueForm(request.POST if request.POST.get("do") == "raise" else None)
    danger_form = forms.DangerForm(
        request.POST if request.POST.get("do") == "danger" else None, auto_id="danger_%s"
    )
    leads = user.has_perm(selectors.LEAD)
    task_form = forms.TaskForm(
        request.POST if request.POST.get("do") == "assign" else None,
        people=selectors.led_people(user),
        auto_id="task_%s",
    )
    status = 200
    if request.method == "POST":
        me = employee_of(request)
        who = {"actor": user, "now": now}
        if request.POST.get("do") == "raise":
            if sent(request, issue_form, lambda given: _raised(me, given, who)):
                return redirect("payroll:today")
            status = 422
        elif request.POST.get("do") == "danger":
            if sent(request, danger_form, lambda given: _reported(me, given, who)):
                return redirect("payroll:today")
            status = 422
        elif request.POST.get("do") == "assign" and leads:
            if sent(request, task_form, lambda given: _assigned(given, who)):
                return redirect("payroll:today")
            status = 422
        else:
            return act(request, _steps(request, who), "payroll:today")
    on = now.astimezone(SHANGHAI).date()
    soon = Meeting.objects.filter(
        department__in=departments, on__gte=on, on__lte=on + BACK
    ).select_related("department", "chair", "minute_taker")
    return page(
        request,
        "meetings/today.html",
        "today",
        status,
        on=on,
        me=employee,
        meetings=[(one, _agenda(one)) for one in _next_ones(soon, on)],
        to_sign=list(selectors.to_sign(employee.pk if employee else 0)[:LISTED]),
        to_review=list(_to_review(user)[:LISTED]),
        unconfirmed=list(announced.unconfirmed(employee.pk if employee else 0)[:LISTED]),
        pages=list(books.to_sign(employee, employee.department_id)[:LISTED]) if employee else [],
        tasks=list(selectors.tasks_of(employee)[:LISTED]) if employee else [],
        theirs=list(selectors.team_tasks(user)[:LISTED]) if leads else [],
        task_form=task_form if leads else None,
        raised=list(
            MeetingItem.objects.filter(
                department__in=departments, meeting=None, kind=MeetingItem.Kind.ISSUE
            ).select_related("raised_by", "owner")[:LISTED]
        ),
        report=_report_due(employee, now) if employee else None,
        dangers=list(
            SafetyReport.objects.filter(department__in=departments, told_at=None).select_related(
                "reported_by"
            )[:LISTED]
        ),
        issue_form=issue_form,
        danger_form=danger_form,
        result_form=forms.ResultForm(auto_id=False),
        security_form=forms.SecurityForm(auto_id=False),
    )


def _next_ones(soon: Any, on: date) -> list[Meeting]:
    """Those of today, and of the days after only the next of each kind."""
    found: list[Meeting] = []
    known = set()
    for one in soon.order_by("on", "starts_at", "pk")[: 4 * LISTED]:
        kind = (one.department_id, one.subject) if one.clause else one.pk
        if one.on == on or kind not in known:
            found.append(one)
        if one.on > on:
            known.add(kind)
    return found[:LISTED]


def _agenda(meeting: Meeting) -> list[selectors.Part]:
    if meeting.state == Meeting.State.CANCELLED:
        return []
    rules = edition(meeting.rulebook_id).rules
    parts = selectors.agenda(rules, meeting.subject, meeting.draft)
    return parts if parts[0].clause else []


def _to_review(user: Any) -> Any:
    if not user.has_perm(selectors.REVIEW):
        return Meeting.objects.none()
    waiting = selectors.visible_to(user).filter(
        state=Meeting.State.CIRCULATED, subject__in=selectors.MINUTES
    )
    return waiting.select_related("department").order_by("on")


def _raised(me: Employee, given: dict[str, Any], who: dict[str, Any]) -> str:
    meeting_items.raise_issue(department=me.department, raised_by=me, **given, **who)
    return _("已记下，下一次会上提出")


def _assigned(given: dict[str, Any], who: dict[str, Any]) -> str:
    item = meeting_items.assign(**given, **who)
    return _("已布置给 {who}，{on} 前办完").format(who=item.owner, on=f"{item.due_on:%m-%d}")


def _reported(me: Employee, given: dict[str, Any], who: dict[str, Any]) -> str:
    book.report_danger(reported_by=me, **given, **who)
    return _("已报告，组长和主管已收到；请同时马上告知保安")


def _steps(request: DeskRequest, who: dict[str, Any]) -> Any:
    def item() -> MeetingItem:
        mine = MeetingItem.objects.filter(
            department__in=selectors.departments_of(request.user).values("pk")
        )
        return get_object_or_404(mine, pk=_number(request.POST.get("pk", "")))

    def done(given: dict[str, Any]) -> str:
        meeting_items.finish(item=item(), result=given["result"], **who)
        return _("已办结")

    def drop(given: dict[str, Any]) -> str:
        meeting_items.finish(item=item(), result=given["result"], dropped=True, **who)
        return _("不再跟，已注明")

    def urge(_given: dict[str, Any]) -> str:
        return _("已催 {who}").format(who=meeting_items.urge(item=item(), **who).owner)

    def told(given: dict[str, Any]) -> str:
        here = SafetyReport.objects.filter(
            department__in=selectors.departments_of(request.user).values("pk")
        )
        report = get_object_or_404(here, pk=_number(request.POST.get("pk", "")))
        book.tell_security(report=report, security=given["security"], **who)
        return _("已记下")

    return {
        "done": (forms.ResultForm(request.POST), done),
        "drop": (forms.ResultForm(request.POST), drop),
        "urge": (None, urge),
        "told": (forms.SecurityForm(request.POST), told),
    }


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Http404
    return int(text)


def _report_due(employee: Employee, now: Any) -> dict[str, Any] | None:
    """The report somebody still owes before the next weekly meeting."""
    if employee.user.role != User.Role.AGENT:
        return None
    coming = Meeting.objects.filter(
        department=employee.department_id,
        subject=Meeting.Subject.WEEKLY,
        state=Meeting.State.PLANNED,
        on__gte=now.astimezone(SHANGHAI).date(),
    ).order_by("on")
    meeting = coming.first()
    if meeting is None:
        return None
    week = selectors.reported_week(edition(meeting.rulebook_id).rules, meeting.on)
    if week is None:
        return None
    there = WeeklyReport.objects.filter(employee=employee, to_on=week[1]).first()
    return {"meeting": meeting, "week": week, "there": there}


@desk_only
def weekly_report(request: DeskRequest) -> HttpResponse:
    """One's own report of a week, before the meeting; what was handed in stays there to be read."""
    me, now = employee_of(request), door_time(request)
    rules = edition_in_force(department_id=me.department_id, at=now).rules
    columns = [(name, books.in_words(name)) for name in selectors.weekly_columns(rules)]
    owed = _report_due(me, now)
    on: date = owed["meeting"].on if owed else now.astimezone(SHANGHAI).date()
    form = forms.WeeklyForm(
        request.POST or None,
        columns=columns,
        initial=owed["there"].content if owed and owed["there"] else None,
    )
    status = 200
    if request.method == "POST":

        def do(given: dict[str, Any]) -> str:
            weekly_reports.hand_in(employee=me, on=on, content=given, actor=request.user, now=now)
            return _("周汇报已交")

        if sent(request, form, do):
            return redirect("payroll:today")
        status = 422
    return page(
        request,
        "meetings/weekly_report.html",
        "today",
        status,
        form=form if columns else None,
        week=selectors.reported_week(rules, on),
        owed=owed,
        before=list(me.weekly_reports.all()[:10]),
        labels=dict(columns),
    )


@desk_only
def unsigned(request: DeskRequest) -> HttpResponse:
    """For those who lead: minutes, pages of the book and announcements that somebody has not signed."""
    user, now = request.user, door_time(request)
    departments = selectors.led_by(user)
    if not user.has_perm(selectors.LEAD):
        raise PermissionDenied
    if request.method == "POST":
        return act(request, _lead_steps(request), "payroll:unsigned")
    on = now.astimezone(SHANGHAI).date()
    day = _day(request.GET.get("on", ""), on)
    circulating = Meeting.objects.filter(
        department__in=departments, state=Meeting.State.CIRCULATED
    ).select_related("department")
    latest = [
        (one, one.minutes.order_by("-number").first())
        for one in circulating.order_by("on")[:LISTED]
    ]
    found = announced.with_counts(announced.visible_to(user).filter(withdrawn_at=None))
    return page(
        request,
        "meetings/unsigned.html",
        "unsigned",
        minutes=[(one, selectors.unsigned(text)) for one, text in latest if text],
        entries=[
            (one, _redirect_form(one, request)) for one in books.unsigned(departments)[:LISTED]
        ],
        gaps=_gaps(departments, day, now),
        undone=list(books.left_undone(departments, on - BACK)[:LISTED]),
        announcements=[one for one in found[:LISTED] if one.confirmed < one.told],
        day=day,
        before=day - DAY,
        after=day + DAY,
        on=on,
    )


def _day(text: str, otherwise: date) -> date:
    try:
        day = date.fromisoformat(text) if text else otherwise
    except ValueError:
        raise Http404 from None
    if not 2000 <= day.year < 2100:
        raise Http404
    return day


def _gaps(departments: Any, day: date, now: Any) -> list[Any]:
    found = []
    for department in departments:
        try:
            rules = edition_in_force(department_id=department.pk, at=now).rules
        except KefuError:
            continue
        found += books.gaps(department, rules, day, now=now)
    return found


def _redirect_form(entry: Any, request: DeskRequest) -> Any:
    people = selectors.staff_of(entry.department_id).exclude(pk=entry.giver_id)
    return RedirectForm(
        people=people, auto_id=f"to{entry.pk}_%s", initial={"addressee": entry.addressee_id}
    )


def _lead_steps(request: DeskRequest) -> Any:
    who: dict[str, Any] = {"actor": request.user, "now": door_time(request)}
    pk = _number(request.POST.get("pk", ""))
    departments = selectors.led_by(request.user)
    steps: dict[str, Any] = {}
    if request.POST.get("do") == "redirect":
        entry = get_object_or_404(books.unsigned(departments), pk=pk)
        people = selectors.staff_of(entry.department_id)

        def redirect_to(given: dict[str, Any]) -> str:
            book.redirect_to(entry=entry, addressee=given["addressee"], **who)
            return _("已改")

        steps["redirect"] = (RedirectForm(request.POST, people=people), redirect_to)
    if request.POST.get("do") == "consent":
        check = get_object_or_404(
            ShiftCheck.objects.filter(employee__department__in=departments), pk=pk
        )

        def consent(_given: dict[str, Any]) -> str:
            book.consent(check=check, **who)
            return _("已同意")

        steps["consent"] = (None, consent)
    return steps
