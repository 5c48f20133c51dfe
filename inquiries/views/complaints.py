"""What waits among the complaints, who is held responsible, the inspectors' own, lines that do not answer, the rate."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inquiries import complaint_rules as rules_of
from inquiries import services
from inquiries.forms_complaints import ConcludeForm
from inquiries.forms_findings import (
    FindingForm,
    LineForm,
    NumberForm,
    PointsForm,
    RectificationForm,
)
from inquiries.models import Complaint, Finding, LineCheck, Rectification
from inquiries.selectors import complaints as selectors
from inquiries.services import Found
from inquiries.services.breaches import party_for
from inquiries.services.complaint_standing import JUDGE
from inquiries.services.lines import late_changes
from inquiries.services.rectifications import edition_for_rectification
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.network.models import ContactNumber, Party
from kefu.policy.clauses import Consequence
from kefu.policy.consequences import consequence
from kefu.rulebooks.selectors import editions_here
from kefu.staff.models import User
from kefu.workbench.door import DeskRequest, desk_only, employee_of, find_case, workers_only
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.once import once
from kefu.workbench.selectors.views import row_of
from kefu.workbench.wording import stretch

SHOWN = 60
# Nobody else can be meant in these roles than whom the case names.
OF_THE_CASE = frozenset({"parent_outlet", "asking_outlet", "agent"})
# What takes points and is no consequence of a clause: (event, whose).
EVENTS = (("complaint_by_courier", "courier"), ("escalation_by_agent", "agent"))


def _page(
    request: DeskRequest, template: str, tab: str, status: int = 200, **context: Any
) -> HttpResponse:
    about = {"tab": tab, "current": "complaints", "now": door_time(request), **context}
    return render(request, f"complaints/{template}.html", about, status=status)


@require_GET
@desk_only
def board(request: DeskRequest) -> HttpResponse:
    """Grave complaints without an owner first, then those that wait for a step, and customers who came again."""
    open_orders = Rectification.objects.filter(outcome="").select_related(
        "finding__party", "finding__case"
    )
    return _page(
        request,
        "board",
        "board",
        unassigned=list(selectors.unassigned_majors(request.user)[:SHOWN]),
        waiting=list(selectors.mine_in_process(request.user)[:SHOWN]),
        repeated=selectors.repeated(request.user, desk=desk_of(request), now=door_time(request)),
        orders=list(open_orders[:SHOWN]),
    )


@desk_only
def inspection(request: DeskRequest) -> HttpResponse:
    """What an inspector was given and has not concluded (LC-03.06)."""
    if request.user.role != User.Role.INSPECTOR and not request.user.has_perm(JUDGE):
        raise PermissionDenied
    cases = list(selectors.inspected(request.user)[:SHOWN])
    refused: dict[str, ConcludeForm] = {}
    if request.method == "POST":
        case = find_case(request, request.POST.get("case", "")[:24])
        form = ConcludeForm(request.POST, case=case, user=request.user, prefix=case.number)
        if form.is_valid():
            try:
                once(request, lambda: _conclude(request, case, form))
            except KefuError as error:
                form.refuse(error)
            else:
                return redirect("inquiries:inspection")
        refused[case.number] = form
    forms = [
        (
            case,
            refused.get(case.number)
            or ConcludeForm(case=case, user=request.user, prefix=case.number),
        )
        for case in cases
    ]
    return _page(request, "inspection", "inspection", forms=forms, status=422 if refused else 200)


def _conclude(request: DeskRequest, case: Case, form: ConcludeForm) -> str:
    given = form.cleaned_data
    services.conclude(
        case=case,
        outcome=given["outcome"],
        remedy=given["remedy"],
        actor=request.user,
        now=door_time(request),
    )
    return case.number


@require_GET
@desk_only
def rates(request: DeskRequest) -> HttpResponse:
    """Complaints out of consignments, by outlet and month (LC-06.01)."""
    now = door_time(request)
    today = now.astimezone(SHANGHAI).date()
    try:
        month = date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        month = today.replace(day=1)
    if not date(2000, 1, 1) <= month <= date(2100, 1, 1):
        raise Http404
    page = selectors.complaint_rates(
        month=month, department_id=desk_of(request).department_id, now=now
    )
    before = (month - timedelta(days=1)).replace(day=1)
    after = (month + timedelta(days=32)).replace(day=1)
    return _page(
        request, "rates", "rates", page=page, before=before, after=after if after <= today else None
    )


# Lines.


@workers_only
def lines(request: DeskRequest) -> HttpResponse:
    """Outlets' numbers with the last calls to them; POST logs a call."""
    now, form = door_time(request), LineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number = get_object_or_404(ContactNumber, pk=form.cleaned_data["number"])
        try:
            once(request, lambda: _check(request, number, form))
        except KefuError as error:
            form.refuse(error)
        else:
            return redirect(f"{request.path}?q={request.GET.get('q', '')[:40]}")
    text = request.GET.get("q", "").replace("\x00", "")[:40].strip()
    outlets = Party.objects.outlets()
    outlets = outlets.matching(text) if text else outlets
    numbers = list(
        ContactNumber.objects.current(now)
        .filter(party__in=outlets.order_by("pk").values("pk")[:200])
        .exclude(kind=ContactNumber.Kind.PERSONAL)
        .select_related("party")
        .order_by("party__code", "kind")[:SHOWN]
    )
    calls: dict[int, list[LineCheck]] = {}
    recent = LineCheck.objects.filter(number__in=numbers, called_at__gte=now - timedelta(days=30))
    for call in recent.select_related("called_by").order_by("-pk")[:500]:
        calls.setdefault(call.number_id, []).append(call)
    rows = [(number, calls.get(number.pk, [])) for number in numbers]
    status = 422 if form.errors else 200
    return _page(
        request,
        "lines",
        "lines",
        rows=rows,
        form=LineForm(),
        refused=form.errors,
        q=text,
        status=status,
    )


def _check(request: DeskRequest, number: ContactNumber, form: LineForm) -> str:
    services.log_check(
        number=number,
        outcome=form.cleaned_data["outcome"],
        note=form.cleaned_data["note"],
        actor=request.user,
        now=door_time(request),
    )
    return str(number.pk)


@require_POST
@workers_only
def line_case(request: DeskRequest, pk: int) -> HttpResponse:
    """A case about a number that does not answer."""
    number = get_object_or_404(ContactNumber.objects.select_related("party"), pk=pk)
    department = employee_of(request).department
    try:
        case = once(
            request,
            lambda: (
                services.open_line_case(
                    number=number, department=department, actor=request.user, now=door_time(request)
                ).number
            ),
        )
    except KefuError as error:
        messages.error(request, str(error))
        return redirect("inquiries:lines")
    return redirect("workbench:case", case)


@workers_only
def numbers(request: DeskRequest) -> HttpResponse:
    """A number an outlet reports, with the day it takes effect; and those reported late (CD-05.24)."""
    now = door_time(request)
    today = now.astimezone(SHANGHAI).date()
    form = NumberForm(request.POST or None, initial={"effective_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            once(request, lambda: _number(request, form))
        except KefuError as error:
            form.refuse(error)
        else:
            return redirect("inquiries:numbers")
    recent = (
        ContactNumber.objects.filter(party__kind__in=["outlet", "contractor"])
        .select_related("party", "recorded_by")
        .order_by("-recorded_at")[:20]
    )
    return _page(
        request,
        "numbers",
        "numbers",
        form=form,
        recent=recent,
        late=late_changes(now=now, since=now - timedelta(days=90)),
        status=422 if form.errors else 200,
    )


def _number(request: DeskRequest, form: NumberForm) -> str:
    return str(
        services.report_number(actor=request.user, now=door_time(request), **form.cleaned_data).pk
    )


# Findings.


@desk_only
def findings(request: DeskRequest, number: str) -> HttpResponse:
    """The clauses that what happened may fall under; POST holds somebody responsible by one."""
    if not request.user.has_perm(JUDGE):
        raise PermissionDenied
    case, now = find_case(request, number), door_time(request)
    sent: Any = None
    if request.method == "POST":
        sent = _sent(request, case, now)
        if isinstance(sent, HttpResponse):
            return sent
    complaint = Complaint.objects.filter(case=case).select_related("against").first()
    done = {one.clause: one for one in case.findings.select_related("party", "penalty")}
    cards = [
        {
            "clause": clause,
            "title": clause.label(get_language() or "zh-hans"),
            "price": consequence(using.rules, clause.id),
            "clause_range": clause.fine_range,
            "party": party_for(clause.role, case),
            "found": done.get(clause.id),
            "form": sent
            if isinstance(sent, FindingForm) and sent.written.id == clause.id
            else FindingForm(written=clause),
        }
        for using, clause in _clauses(case, complaint.cause if complaint else "", now)
        if clause.role not in OF_THE_CASE or party_for(clause.role, case) is not None
    ]
    context = {
        "case": case,
        "complaint": complaint,
        "cards": cards,
        "done": list(done.values()),
        "events": _events(case, done, now, sent),
        "orders": _orders(case, done.values(), now, sent),
        "interactions": services.interactions(case),
        "contacts": services.contacts_without_result(case),
        "promised": services.promised_compensation(case),
        "overdue": services.escalated_by_agent(case),
        "age": stretch(now - case.opened_at),
    }
    return _page(request, "findings", "", status=422 if sent is not None else 200, **context)


def _clauses(case: Case, cause: str, now: datetime) -> list[tuple[Any, Consequence]]:
    """Each clause of the edition that has it first, of those that bind here."""
    found: dict[str, tuple[Any, Consequence]] = {}
    outlet_id = case.outlet.outlet_id if case.outlet else None
    for using in editions_here(department_id=case.department_id, at=now, outlet_id=outlet_id):
        for clause in rules_of.findable(using.rules, cause):
            found.setdefault(clause.id, (using, clause))
    return list(found.values())


def _sent(request: DeskRequest, case: Case, now: datetime) -> Any:
    """The form that was sent, if it was refused; else where to go."""
    what = request.POST.get("what", "")
    form: Any
    act: Callable[..., str]
    if what == "points":
        form = PointsForm(request.POST)
        act = _take_points
    elif what == "rectification":
        form = RectificationForm(request.POST)
        act = _order
    elif what == "recheck":
        return _recheck(request, case)
    else:
        wanted = request.POST.get("which", "")[:16]
        written = next((c for _u, c in _clauses(case, "", now) if c.id == wanted), None)
        if written is None:
            raise Http404
        form = FindingForm(request.POST, written=written)
        act = _find
    if form.is_valid():
        try:
            once(request, lambda: act(request, case, form))
        except KefuError as error:
            form.refuse(error)
        else:
            return redirect("inquiries:findings", case.number)
    return form


def _find(request: DeskRequest, case: Case, form: FindingForm) -> str:
    given = form.cleaned_data
    facts = [name for name, ticked in form.named("fact_").items() if ticked]
    evidence = {name: said for name, said in form.named("evidence_").items() if said}
    said = "；".join(
        [given["said"], *(f"{name} {words}" for name, words in evidence.items())]
    ).strip("；")
    finding = services.record_finding(
        case=case,
        clause=form.written.id,
        party=given["party"],
        found=Found(
            established=facts,
            evidence=evidence,
            verified=bool(given.get("verified")),
            chosen=given.get("chosen"),
            said=said,
        ),
        actor=request.user,
        now=door_time(request),
    )
    return str(finding.pk)


def _take_points(request: DeskRequest, case: Case, form: PointsForm) -> str:
    given = form.cleaned_data
    role = dict(EVENTS).get(given["event"], "")
    party = given["party"] or party_for(role, case)
    if party is None:
        raise KefuError(_("请写扣谁的"), code="party_required", field="party")
    found = services.take_points(
        case=case,
        event=given["event"],
        party=party,
        reason=given["reason"],
        actor=request.user,
        now=door_time(request),
    )
    return str(found.pk)


def _order(request: DeskRequest, case: Case, form: RectificationForm) -> str:
    given = form.cleaned_data
    finding = get_object_or_404(Finding, pk=given.pop("finding"), case=case)
    order = services.order_rectification(
        finding=finding, actor=request.user, now=door_time(request), **given
    )
    return str(order.pk)


def _recheck(request: DeskRequest, case: Case) -> HttpResponse:
    order = get_object_or_404(
        Rectification.objects.filter(finding__case=case), pk=row_of(request.POST.get("order", ""))
    )
    try:
        once(
            request,
            lambda: (
                services.recheck_rectification(
                    order=order,
                    mended=request.POST.get("mended") == "yes",
                    actor=request.user,
                    now=door_time(request),
                ).pk
            ),
        )
    except KefuError as error:
        messages.error(request, str(error))
    return redirect("inquiries:findings", case.number)


def _events(case: Case, done: Any, now: datetime, sent: Any) -> list[dict[str, Any]]:
    """Events that take points under a rulebook here."""
    found = []
    for event, role in EVENTS:
        for using in editions_here(department_id=case.department_id, at=now):
            clause = rules_of.score_event(using.rules, event)
            if clause is None:
                continue
            form = (
                sent if isinstance(sent, PointsForm) and sent.data.get("event") == event else None
            )
            found.append(
                {
                    "clause": clause,
                    "party": party_for(role, case),
                    "found": done.get(clause.id),
                    "form": form or PointsForm(initial={"event": event}, auto_id=f"{event}-%s"),
                }
            )
            break
    return found


def _orders(case: Case, done: Any, now: datetime, sent: Any) -> list[dict[str, Any]]:
    """Fines for lines that did not answer, each with the order to mend them."""
    if edition_for_rectification(case, now=now) is None:
        return []
    orders = {one.finding_id: one for one in Rectification.objects.filter(finding__case=case)}
    found = []
    for finding in done:
        unreachable = "phone_unreachable" in (
            finding.penalty.inputs.get("causes", ()) if finding.penalty else ()
        )
        if not unreachable:
            continue
        form = sent if isinstance(sent, RectificationForm) else None
        start = {
            "finding": finding.pk,
            "due_on": (now.astimezone(SHANGHAI) + timedelta(days=7)).date(),
            "heavier": finding.amount * 2 if finding.amount else None,
        }
        found.append(
            {
                "finding": finding,
                "order": orders.get(finding.pk),
                "form": form or RectificationForm(initial=start, auto_id=f"order-{finding.pk}-%s"),
            }
        )
    return found
