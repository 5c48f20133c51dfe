"""Incidents: the list, opening one, its complaints, statements and customers; drills, contacts, paper forms."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from inquiries import forms_incidents as forms
from inquiries.models import (
    Broadcast,
    GroupedComplaint,
    Incident,
    IncidentNotice,
    Statement,
    WaitingCustomer,
)
from inquiries.selectors import incidents as selectors
from inquiries.services import (
    Details,
    drills,
    failures,
    incident_findings,
    incident_opening,
    incident_solution,
    incidents,
    statements,
)
from kefu.audit import services as audit
from kefu.errors import KefuError
from kefu.network.models import ContactNumber
from kefu.policy.requirements import offered
from kefu.workbench.door import DeskRequest, View, came_from, desk_only, employee_of, workers_only
from kefu.workbench.forms import DeskForm
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.once import once
from kefu.workbench.selectors.views import row_of

LISTED = 50
RUN = incidents.RUN


def leads_only(view: View) -> View:
    """For those who run incidents."""

    def inside(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(RUN):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return desk_only(inside)


def page(
    request: DeskRequest, template: str, tab: str = "", status: int = 200, **context: Any
) -> HttpResponse:
    context = {
        "current": "incidents",
        "tab": tab,
        "now": door_time(request),
        "may_run": request.user.has_perm(RUN),
        "may_work": request.user.has_perm("cases.work_case"),
        **context,
    }
    return render(request, f"incidents/{template}.html", context, status=status)


def sent(request: DeskRequest, form: DeskForm, do: Callable[[dict[str, Any]], str]) -> bool:
    """Do what a form asks for; refused, it keeps what was written and says why."""
    if not form.is_valid():
        return False
    try:
        messages.success(request, once(request, lambda: do(form.cleaned_data)))
    except KefuError as error:
        form.refuse(error)
    return not form.errors


def find(request: DeskRequest, number: str) -> Incident:
    return get_object_or_404(
        Incident.objects.visible_to(request.user)
        .select_related("case__department", "case__owner", "decided_by")
        .defer("case__sealed", "case__search", "case__lookup"),
        case__number=number,
    )


# The list.


@desk_only
def index(request: DeskRequest) -> HttpResponse:
    """What goes on and what went on; POST reports a failure."""
    now = door_time(request)
    form = forms.FailureForm(
        request.POST if request.method == "POST" else None, initial={"noticed_at": now}
    )

    def report(given: dict[str, Any]) -> str:
        incident = failures.report_failure(
            system=given["system"],
            noticed_at=given["noticed_at"],
            department=employee_of(request).department,
            actor=request.user,
            now=now,
        )
        return _("已上报 {number}，主管已收到通知").format(number=incident.case.number)

    if request.method == "POST":
        if not request.user.has_perm("cases.work_case"):
            raise PermissionDenied
        if sent(request, form, report):
            return redirect("inquiries:incidents")
    found = Incident.objects.visible_to(request.user).select_related("case__owner")
    open_ = list(found.open().order_by("is_drill", "-started_at")[:LISTED])
    progress = selectors.progress_of(open_)
    return page(
        request,
        "index",
        "index",
        422 if form.errors else 200,
        form=form,
        open=[(one, progress[one.pk]) for one in open_],
        done=found.exclude(completed_at=None).order_by("-completed_at")[:LISTED],
    )


@leads_only
def declare(request: DeskRequest) -> HttpResponse:
    """Open an incident by hand."""
    now = door_time(request)
    form = forms.DeclareForm(
        request.POST if request.method == "POST" else None, initial={"started_at": now}
    )
    opened: list[Incident] = []

    def do(given: dict[str, Any]) -> str:
        incident = incident_opening.declare(
            given=incident_opening.Given(**given),
            department=employee_of(request).department,
            actor=request.user,
            now=now,
        )
        opened.append(incident)
        return _("已启动 {number}").format(number=incident.case.number)

    if request.method == "POST" and sent(request, form, do):
        if opened:
            return redirect("workbench:case", opened[0].case.number)
        return redirect("inquiries:incidents")
    return page(request, "declare", "index", 422 if form.errors else 200, form=form)


# The complaints of one, told and answered together.


@desk_only
def complaints(request: DeskRequest, number: str) -> HttpResponse:
    """Its complaints with who was told on which channel; POST notes a notice, previews or answers a batch."""
    incident = find(request, number)
    only = request.GET.get("only", "")
    form = forms.AnswerForm(
        request.POST if request.POST.get("do") in ("preview", "answer") else None,
        initial={"text": incident.solution_text},
    )
    ticked = request.POST.getlist("number")[: incident_solution.AT_ONCE + 1]
    chosen = [one for one in ticked if one.isprintable()]
    context: dict[str, Any] = {"preview": None, "results": None}
    if request.method == "POST":
        if not request.user.has_perm("cases.work_case"):
            raise PermissionDenied
        if request.POST.get("do") == "notice":
            return _notice(request, incident)
        if form.is_valid():
            context |= _batch(request, incident, form, chosen)
    rows = selectors.complaints_page(
        incident, only=only, after=row_of(request.GET.get("after", ""))
    )
    more = rows[selectors.PAGE_ROWS :]
    rows = rows[: selectors.PAGE_ROWS]
    return page(
        request,
        "complaints",
        "",
        422 if form.errors else 200,
        incident=incident,
        progress=selectors.progress(incident),
        rows=_refusals(incident, rows),
        next_after=rows[-1].pk if more else 0,
        only=only,
        onlys=[("", _("全部")), ("open", _("没办完")), ("untold", _("没告知到"))],
        form=form,
        channels=IncidentNotice.Channel.choices,
        chosen=chosen,
        **context,
    )


def _batch(
    request: DeskRequest, incident: Incident, form: forms.AnswerForm, chosen: list[str]
) -> dict[str, Any]:
    """What would become of each complaint, or what became of it."""
    if not chosen:
        form.add_error(None, _("没有勾选哪一件"))
        return {}
    if request.POST["do"] == "preview":
        rows = incident.complaints.filter(complaint__case__number__in=chosen)
        return {
            "preview": _refusals(incident, rows.select_related("complaint__case").order_by("pk"))
        }
    try:
        results = once(request, lambda: _answer(request, incident, form, chosen))
    except KefuError as error:
        form.refuse(error)
        return {}
    return {
        "results": results,
        "answered": sum(1 for _number, refusal, _left in results if not refusal),
    }


def _refusals(
    incident: Incident, rows: Iterable[GroupedComplaint]
) -> list[tuple[GroupedComplaint, str]]:
    """Each with why it cannot be answered with the others."""
    finding = incident_findings.found_out(incident)
    return [
        (
            one,
            incident_solution.not_answerable(
                one.complaint.case, one.complaint, one.answered_at, finding
            ),
        )
        for one in rows
    ]


def _answer(
    request: DeskRequest, incident: Incident, form: forms.AnswerForm, chosen: list[str]
) -> list[list[str]]:
    results = incident_solution.answer_many(
        incident=incident,
        numbers=chosen,
        text=form.cleaned_data["text"],
        channel=form.cleaned_data["channel"],
        apology=form.cleaned_data["apology"],
        actor=request.user,
        now=door_time(request),
    )
    return [[row.number, row.refusal, row.left] for row in results]


def _notice(request: DeskRequest, incident: Incident) -> HttpResponse:
    form = forms.NoticeForm(request.POST)
    if form.is_valid():
        grouped = get_object_or_404(
            GroupedComplaint.objects.select_related("complaint__case", "incident__case"),
            pk=form.cleaned_data["grouped"],
            incident=incident,
        )
        try:
            incident_solution.note_notice(
                grouped=grouped,
                channel=form.cleaned_data["channel"],
                reached=form.cleaned_data["reached"],
                actor=request.user,
                now=door_time(request),
            )
            messages.success(request, _("已记下"))
        except KefuError as error:
            messages.warning(request, str(error))
    return redirect(
        came_from(request, reverse("inquiries:incident_complaints", args=[incident.case.number]))
    )


# What is said.


@desk_only
def said(request: DeskRequest, number: str) -> HttpResponse:
    """Its statements with when each channel had them, and what all agents were told."""
    incident, now = find(request, number), door_time(request)
    do = request.POST.get("do", "")
    kind = request.GET.get("kind", "")
    kind = kind if kind in Statement.Kind.values else _usual(incident)
    words = statements.offered_words(incident, kind)
    form = forms.StatementForm(
        request.POST if do == "write" else None,
        initial={"kind": kind, "text": words.zh, "text_en": words.en},
    )
    warn = forms.BroadcastForm(
        request.POST if do == "broadcast" else None, auto_id="warn-%s", prefix=None
    )
    common = {"actor": request.user, "now": now}

    def write(given: dict[str, Any]) -> str:
        statements.write_statement(incident=incident, **given, **common)
        return _("已写好，在各渠道发出后点“已发布”")

    def broadcast(given: dict[str, Any]) -> str:
        receipts = statements.broadcast(incident=incident, text=given["text"], **common).receipts
        n = receipts.count()
        return ngettext("已通知 {n} 人", "已通知 {n} 人", n).format(n=n)

    if request.method == "POST":
        if not request.user.has_perm(RUN):
            raise PermissionDenied
        done = {
            "write": lambda: sent(request, form, write),
            "broadcast": lambda: sent(request, warn, broadcast),
            "publish": lambda: _publish(request, incident),
        }.get(do, lambda: False)()
        if done:
            return redirect("inquiries:incident_statements", number)
    found = incident.statements.select_related("written_by").prefetch_related(
        "publications__published_by"
    )
    channels = Statement.Channel.choices
    return page(
        request,
        "statements",
        "",
        422 if form.errors or warn.errors else 200,
        incident=incident,
        form=form,
        warn=warn,
        kinds=[(value, label, value == kind) for value, label in Statement.Kind.choices],
        statements=[
            (one, [(c, label, _published(one, c)) for c, label in channels]) for one in found
        ],
        readers=selectors.readers(incident),
    )


def _usual(incident: Incident) -> str:
    if incident.decided_at is not None:
        return Statement.Kind.PLAN
    return Statement.Kind.RECOVERY if incident.ended_at else Statement.Kind.ANNOUNCEMENT


def _published(statement: Statement, channel: str) -> Any:
    return next((one for one in statement.publications.all() if one.channel == channel), None)


def _publish(request: DeskRequest, incident: Incident) -> bool:
    statement = get_object_or_404(
        incident.statements.select_related("incident__case"),
        pk=row_of(request.POST.get("statement", "")),
    )
    try:
        statements.publish(
            statement=statement,
            channel=request.POST.get("channel", ""),
            actor=request.user,
            now=door_time(request),
        )
        messages.success(request, _("已记下发布时间"))
    except KefuError as error:
        messages.warning(request, str(error))
    return True


@require_POST
@desk_only
def read(request: DeskRequest, pk: int) -> HttpResponse:
    """He has read what all were told."""
    statements.read_broadcast(
        broadcast=get_object_or_404(Broadcast, pk=pk),
        employee=employee_of(request),
        now=door_time(request),
    )
    return redirect(came_from(request, reverse("workbench:queue")))


# Those who wait, and those whom it touched.


@desk_only
def waiting(request: DeskRequest, number: str) -> HttpResponse:
    """The waiting list of a failure; POST adds somebody or notes a call."""
    incident, now = find(request, number), door_time(request)
    do = request.POST.get("do", "")
    form = forms.WaitingForm(request.POST if do == "add" else None)

    def add(given: dict[str, Any]) -> str:
        given["need_text"] = given.pop("need")
        failures.add_waiting(incident=incident, **given, actor=request.user, now=now)
        return _("已放进等待名单")

    if request.method == "POST":
        if not request.user.has_perm("cases.work_case"):
            raise PermissionDenied
        if do == "contacted":
            _contacted(request, incident)
            return redirect("inquiries:incident_waiting", number)
        if sent(request, form, add):
            return redirect("inquiries:incident_waiting", number)
    return page(
        request,
        "waiting",
        "",
        422 if form.errors else 200,
        incident=incident,
        form=form,
        rows=incident.waiting.select_related("contacted_by").order_by(
            "contacted_at", "asked_at", "pk"
        )[:500],
        progress=selectors.progress(incident),
    )


def _contacted(request: DeskRequest, incident: Incident) -> None:
    one = get_object_or_404(
        WaitingCustomer.objects.select_related("incident__case"),
        pk=row_of(request.POST.get("waiting", "")),
        incident=incident,
    )
    try:
        failures.contacted(
            waiting=one,
            outcome=request.POST.get("outcome", "")[:300],
            actor=request.user,
            now=door_time(request),
        )
        messages.success(request, _("已记下"))
    except KefuError as error:
        messages.warning(request, str(error))


@require_GET
@desk_only
def affected(request: DeskRequest, number: str) -> HttpResponse:
    """The cases it touched: who was told what, what was done for him, and the follow-up."""
    incident = find(request, number)
    rows = incident.affected.select_related("case", "follow_up", "told_by")
    return page(
        request,
        "affected",
        "",
        incident=incident,
        rows=rows.defer("case__sealed", "case__search", "case__lookup")[:500],
        words=selectors.script(incident).text or "",
    )


# On paper.


@require_GET
@desk_only
def paper(request: DeskRequest) -> HttpResponse:
    """The blank form, both languages on one sheet."""
    return page(request, "paper", "paper", rows=range(12))


@workers_only
def type_in(request: DeskRequest, number: str) -> HttpResponse:
    """What stands on the paper, typed in with its own time."""
    incident, now = find(request, number), door_time(request)
    form = forms.PaperForm(
        request.POST if request.method == "POST" else None,
        initial={"original_time": incident.started_at},
    )

    def do(given: dict[str, Any]) -> str:
        details = Details(**{name: given.pop(name) for name in form.OF_A_COMPLAINT})
        case = failures.type_in(
            incident=incident,
            details=details,
            owner=employee_of(request),
            actor=request.user,
            now=now,
            **given,
        )
        return _("已补录 {number}").format(number=case.number)

    if request.method == "POST" and sent(request, form, do):
        return redirect("inquiries:incident_type_in", number)
    return page(request, "type_in", "", 422 if form.errors else 200, incident=incident, form=form)


# Drills and contacts.


@desk_only
def drill(request: DeskRequest) -> HttpResponse:
    """This month's drill, those before, and the form to begin one."""
    now, department = door_time(request), employee_of(request).department
    using = incidents.edition_for_incidents(department_id=department.pk, at=now)
    kinds = list(offered(using.rules, drills.SCENARIOS).keys) or list(Incident.Kind.values)
    suggested = drills.suggested_scenario(department_id=department.pk, now=now)
    form = forms.DrillForm(
        request.POST if request.method == "POST" else None,
        kinds=kinds,
        initial={"kind": suggested},
    )
    opened: list[Incident] = []

    def begin(given: dict[str, Any]) -> str:
        incident = incident_opening.declare(
            given=incident_opening.Given(**given, started_at=now, is_drill=True),
            department=department,
            actor=request.user,
            now=now,
        )
        opened.append(incident)
        return _("演练开始，登记参加的人，结束时了结")

    if request.method == "POST":
        if not request.user.has_perm(RUN):
            raise PermissionDenied
        if sent(request, form, begin):
            if opened:
                return redirect("workbench:case", opened[0].case.number)
            return redirect("inquiries:drills")
    return page(
        request,
        "drills",
        "drills",
        422 if form.errors else 200,
        form=form,
        month=drills.month_of_drills(department_id=department.pk, now=now),
        suggested=Incident.Kind(suggested).label if suggested else "",
        drills=drills.last_drills(),
    )


@desk_only
def contacts(request: DeskRequest) -> HttpResponse:
    """Whom to call in an emergency; POST gives the numbers in plain for the printer, and leaves a record."""
    now = door_time(request)
    rows = selectors.emergency_contacts(now)
    plain = request.method == "POST"
    if plain:
        if not (request.user.has_perm(RUN) and request.user.has_perm("cases.reveal_personal_data")):
            raise PermissionDenied
        audit.record_reveal(
            table=ContactNumber._meta.db_table,
            object_id=f"{len(rows)}",
            fields=["number", "holder"],
            reason=_("打印应急联系表"),
            actor=request.user,
            at=now,
        )
    return page(
        request,
        "contacts",
        "contacts",
        rows=rows,
        lacking=sum(1 for one in rows if one.number is None),
        plain=plain,
        may_print=request.user.has_perm(RUN)
        and request.user.has_perm("cases.reveal_personal_data"),
        desk=desk_of(request),
    )
