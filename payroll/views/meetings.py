"""Meetings: the list, calling one, and one of them from its agenda to its signed minutes."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.moments import DAY
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee, User
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms import meetings as forms
from payroll.models import BookEntry, Meeting, MeetingItem, WeeklyReport
from payroll.selectors import meetings as selectors
from payroll.selectors.book import in_words
from payroll.services import meeting_items, minutes
from payroll.services import meetings as services
from payroll.views.acting import act, sent
from payroll.views.today import page

LISTED = 60
State = Meeting.State


@desk_only
def meetings(request: DeskRequest) -> HttpResponse:
    """What is coming, what was held; and calling one besides those that come round by themselves."""
    user, now = request.user, door_time(request)
    form = _call_form(request) if user.has_perm(selectors.LEAD) else None
    status = 200
    if request.method == "POST" and form is not None:

        def do(given: dict[str, Any]) -> str:
            services.call(actor=user, now=now, **given)
            return _("已召集，部门的人都收到了通知")

        if sent(request, form, do):
            return redirect("payroll:meetings")
        status = 422
    today = now.astimezone(SHANGHAI).date()
    found = selectors.visible_to(user).select_related("department", "chair", "minute_taker")
    kept = found.filter(on__lt=today) | found.filter(state__in=[State.ARCHIVED])
    return page(
        request,
        "meetings/list.html",
        "meetings",
        status,
        coming=list(
            found.filter(on__gte=today)
            .exclude(state=State.ARCHIVED)
            .order_by("on", "starts_at", "pk")[:LISTED]
        ),
        held=list(kept.order_by("-on", "-starts_at")[:LISTED]),
        form=form,
    )


def _call_form(request: DeskRequest) -> forms.CallForm:
    departments = selectors.led_by(request.user)
    people = Employee.objects.assignable().filter(department__in=departments).order_by("number")
    own = departments.filter(employees__user=request.user).first()
    return forms.CallForm(
        request.POST or None,
        departments=departments,
        people=people,
        initial={"department": own, "subject": Meeting.Subject.COMPANY},
    )


def find(request: DeskRequest, pk: int) -> Meeting:
    """The only way to a meeting from a page."""
    return get_object_or_404(
        selectors.visible_to(request.user).select_related(
            "department", "chair__user", "minute_taker__user", "announcement"
        ),
        pk=pk,
    )


@desk_only
def meeting(request: DeskRequest, pk: int) -> HttpResponse:
    """One meeting: agenda and what is on it, who is to come, the minutes, who has signed."""
    one = find(request, pk)
    rights = _rights(request, one)
    rules = edition(one.rulebook_id).rules
    draft = forms.DraftForm(
        request.POST if request.POST.get("do") in ("save", "circulate") else None,
        parts=selectors.agenda(rules, one.subject, one.draft),
    )
    if request.method == "POST":
        if request.POST.get("do") in ("save", "circulate"):
            if _written(request, one, draft):
                return redirect("payroll:meeting", pk)
        else:
            return act(request, _steps(request, one), "payroll:meeting", pk)
    return _page(request, one, rights, draft, 422 if draft.errors else 200)


def _rights(request: DeskRequest, one: Meeting) -> dict[str, bool]:
    user = request.user
    leads = selectors.leads(user, one.department_id) or (
        one.chair is not None and one.chair.user_id == user.pk
    )
    takes = one.minute_taker is not None and one.minute_taker.user_id == user.pk
    return {"leads": leads, "writes": leads or takes}


def _written(request: DeskRequest, one: Meeting, form: forms.DraftForm) -> bool:
    """Keep what was written whatever comes of circulating it."""
    if not form.is_valid():
        return False
    who: dict[str, Any] = {"actor": request.user, "now": door_time(request)}
    try:
        minutes.save_draft(meeting=one, texts=form.cleaned_data, **who)
        if request.POST["do"] == "circulate":
            once(request, lambda: minutes.circulate(meeting=one, **who).pk)
            messages.success(request, _("纪要已传阅，到会的人都会收到"))
        else:
            messages.success(request, _("草稿已保存"))
    except KefuError as error:
        form.refuse(error)
        return False
    return True


def _page(
    request: DeskRequest,
    one: Meeting,
    rights: dict[str, bool],
    draft: forms.DraftForm,
    status: int,
) -> HttpResponse:
    now = door_time(request)
    me = Employee.objects.filter(user=request.user).first()
    rules = edition(one.rulebook_id).rules
    staff = list(selectors.staff_of(one.department_id))
    there = {row.employee_id: row for row in one.attendances.select_related("employee", "entry")}
    text = (
        one.minutes.order_by("-number").select_related("written_by", "review__reviewed_by").first()
    )
    signatures = list(text.signatures.select_related("employee")) if text else []
    missing = selectors.unsigned(text) if text else []
    items = list(selectors.raised_for(one).order_by("kind", "raised_at", "pk"))
    carried = list(selectors.carried(one)) if one.state in (State.PLANNED, State.HELD) else []
    open_for_items = one.state in (State.PLANNED, State.HELD)
    people = selectors.staff_of(one.department_id)
    day = one.on if one.on >= now.astimezone(SHANGHAI).date() else now.astimezone(SHANGHAI).date()
    return page(
        request,
        "meetings/meeting.html",
        "meetings",
        status,
        meeting=one,
        agenda=selectors.agenda(rules, one.subject, one.draft),
        draft=draft,
        parts=[
            (part, draft[part.code]) for part in selectors.agenda(rules, one.subject, one.draft)
        ],
        staff=[(person, there.pop(person.pk, None)) for person in staff]
        + [(row.employee, row) for row in there.values()],
        submits=one.state == State.PLANNED and me is not None and any(me.pk == p.pk for p in staff),
        submit_form=forms.SubmitForm(pages=_pages_of(me), auto_id="submit_%s"),
        mine=one.attendances.filter(employee=me).first() if me else None,
        until=selectors.written_by(one),
        arrange_form=forms.ArrangeForm(
            people=people,
            chairs=_chairs(one),
            auto_id="arrange_%s",
            initial={
                "starts_at": one.starts_at, "mode": one.mode, "chair": one.chair_id,
                "minute_taker": one.minute_taker_id,
            },
        ),
        items=[(item, _item_forms(one, item, people, day)) for item in items],
        carried=[(item, _item_forms(one, item, people, day)) for item in carried],
        takes_items=open_for_items,
        issue_form=forms.IssueForm(auto_id="issue_%s"),
        task_form=forms.TaskForm(people=people, auto_id="task_%s", initial={"due_on": day}),
        text=text,
        signatures=signatures,
        missing=missing,
        may_sign=bool(
            text and me and one.state == State.CIRCULATED and any(m.pk == me.pk for m in missing)
        ),
        reviewer=selectors.reviewed_by(rules, one.subject),
        may_review=one.state == State.CIRCULATED
        and text is not None
        and not missing
        and request.user.has_perm(selectors.REVIEW)
        and bool(selectors.reviewed_by(rules, one.subject)),
        reports=_reports_count(one),
        without_report=selectors.without_report(one),
        result_form=forms.ResultForm(auto_id=False),
        **rights,
    )  # fmt: skip


def _pages_of(me: Employee | None) -> Any:
    return (
        BookEntry.objects.filter(giver=me, withdrawn_at=None)[:10]
        if me
        else BookEntry.objects.none()
    )


def _chairs(one: Meeting) -> Any:
    """Those of the department, and who heads it from elsewhere."""
    heads = Employee.objects.assignable().filter(
        user__role__in=[User.Role.SUPERVISOR, User.Role.MANAGER], user__is_active=True
    )
    people = Employee.objects.assignable().filter(department=one.department_id)
    return (heads | people).order_by("number")


def _managers(one: Meeting) -> Any:
    return (
        Employee.objects.assignable()
        .filter(user__role__in=[User.Role.MANAGER, User.Role.SUPERVISOR], user__is_active=True)
        .order_by("-user__role", "number")
    )


def _item_forms(one: Meeting, item: MeetingItem, people: Any, day: Any) -> dict[str, Any] | None:
    if one.state not in (State.PLANNED, State.HELD) or item.closed_at is not None:
        return None
    manager = selectors.the_manager()
    return {
        "decide": forms.DecideForm(
            people=people,
            auto_id=f"decide{item.pk}_%s",
            initial={"measure": item.measure, "owner": item.owner_id, "due_on": item.due_on or day},
        ),
        "escalate": forms.EscalateForm(
            people=people,
            managers=_managers(one),
            auto_id=f"escalate{item.pk}_%s",
            initial={"to": manager, "follow_up": item.owner_id, "due_on": day + 7 * DAY},
        ),
    }


def _reports_count(one: Meeting) -> int | None:
    week = selectors.reported_week(edition(one.rulebook_id).rules, one.on)
    if week is None or one.subject != Meeting.Subject.WEEKLY:
        return None
    return WeeklyReport.objects.filter(
        employee__department=one.department_id, to_on=week[1]
    ).count()


def _steps(request: DeskRequest, one: Meeting) -> dict[str, Any]:
    """What can be done with a meeting, by the name of its button."""
    posted, now = request.POST, door_time(request)
    who: dict[str, Any] = {"actor": request.user, "now": now}
    people = selectors.staff_of(one.department_id)

    def arrange(given: dict[str, Any]) -> str:
        services.arrange(meeting=one, **given, **who)
        return _("会议安排已改")

    def cancel(given: dict[str, Any]) -> str:
        services.cancel(meeting=one, **given, **who)
        return _("已写明不开，部门的人都收到了通知")

    def submit(given: dict[str, Any]) -> str:
        services.submit(meeting=one, employee=employee_of(request), **given, **who)
        return _("书面意见已交给主持人")

    def hold(given: dict[str, Any]) -> str:
        services.hold(meeting=one, came=list(given["came"]), **who)
        return _("已登记到会，可以写纪要了")

    def sign(_given: dict[str, Any]) -> str:
        text = one.minutes.order_by("-number").first()
        assert text is not None
        minutes.sign(minutes=text, employee=employee_of(request), **who)
        return _("已签字")

    def review(accepted: bool) -> Any:
        def do(given: dict[str, Any]) -> str:
            text = one.minutes.order_by("-number").first()
            assert text is not None
            minutes.review(minutes=text, accepted=accepted, note=given["note"], **who)
            return _("已审阅，纪要存档") if accepted else _("已退回重写")

        return do

    def raise_issue(given: dict[str, Any]) -> str:
        meeting_items.raise_issue(
            department=one.department, meeting=one, raised_by=employee_of(request), **given, **who
        )
        return _("问题已记下")

    def assign(given: dict[str, Any]) -> str:
        meeting_items.assign(meeting=one, **given, **who)
        return _("任务已布置")

    steps: dict[str, Any] = {
        "arrange": (forms.ArrangeForm(posted, people=people, chairs=_chairs(one)), arrange),
        "cancel": (forms.ReasonForm(posted), cancel),
        "submit": (
            forms.SubmitForm(posted, pages=BookEntry.objects.filter(giver__user=request.user)),
            submit,
        ),
        "hold": (forms.CameForm(posted, people=people), hold),
        "review": (forms.ReviewForm(posted), review(True)),
        "send_back": (forms.ReviewForm(posted), review(False)),
        "raise": (forms.IssueForm(posted), raise_issue),
        "assign": (forms.TaskForm(posted, people=people), assign),
    }
    if one.minutes.exists():
        steps["sign"] = (None, sign)
    return steps | _item_steps(request, one, people, who)


def _item_steps(
    request: DeskRequest, one: Meeting, people: Any, who: dict[str, Any]
) -> dict[str, Any]:
    pk = request.POST.get("item", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 12):
        return {}
    item = get_object_or_404(MeetingItem, pk=int(pk), department=one.department_id)
    posted = request.POST

    def decide(given: dict[str, Any]) -> str:
        meeting_items.decide(item=item, **given, **who)
        return _("措施已定，负责人已收到")

    def escalate(given: dict[str, Any]) -> str:
        meeting_items.escalate(item=item, **given, **who)
        return _("已上报，有人跟进")

    def finish(dropped: bool) -> Any:
        def do(given: dict[str, Any]) -> str:
            meeting_items.finish(item=item, dropped=dropped, **given, **who)
            return _("不再跟，已注明") if dropped else _("已办结")

        return do

    return {
        "decide": (forms.DecideForm(posted, people=people), decide),
        "escalate": (
            forms.EscalateForm(posted, people=people, managers=_managers(one)),
            escalate,
        ),
        "done": (forms.ResultForm(posted), finish(False)),
        "drop": (forms.ResultForm(posted), finish(True)),
    }


@require_GET
@desk_only
def reports(request: DeskRequest, pk: int) -> HttpResponse:
    """The weekly reports a meeting talks about: all of them for who leads or chairs it, one's own for anybody else."""
    one = find(request, pk)
    rules = edition(one.rulebook_id).rules
    week = selectors.reported_week(rules, one.on)
    rows = WeeklyReport.objects.none()
    if week is not None:
        rows = WeeklyReport.objects.filter(
            employee__department=one.department_id, to_on=week[1]
        ).select_related("employee")
        if not _rights(request, one)["writes"]:
            rows = rows.filter(employee__user=request.user)
    return page(
        request,
        "meetings/reports.html",
        "meetings",
        meeting=one,
        week=week,
        columns=[(name, in_words(name)) for name in selectors.weekly_columns(rules)],
        rows=rows,
        shown=[
            (row, [row.content.get(name, "") for name in selectors.weekly_columns(rules)])
            for row in rows
        ],
        without=selectors.without_report(one) if _rights(request, one)["writes"] else [],
    )
