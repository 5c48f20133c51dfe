"""What was found: about oneself, one of them with its whole story, all one may see, and what it comes to."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.rulebooks.selectors import edition
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from payroll.forms import inspections as forms
from payroll.forms.attendance import FindingForm
from payroll.models import Away, Finding, FindingReply, Rectification, RegisterEntry
from payroll.selectors import aways
from payroll.selectors import inspection_figures as figures
from payroll.selectors import inspections as selectors
from payroll.selectors.inspected import INSPECT, SEE, SETTLE, departments_of, findings_of
from payroll.selectors.people import people_of
from payroll.services import away, findings, rectifications
from payroll.views.acting import act
from payroll.views.attendance import month_in
from payroll.views.inspections import page

ROWS = 50
MONTHS = 6


@require_GET
@desk_only
def mine(request: DeskRequest) -> HttpResponse:
    """What was found about me, what I have to answer and to set right."""
    rows = list(selectors.about(request.user)[:ROWS])
    return page(
        request,
        "mine.html",
        "mine",
        current="my_findings",
        waiting=[
            (*_line(one), selectors.reply_days(one), edition(one.inspection.rulebook_id))
            for one in rows
            if not hasattr(one, "reply") and not hasattr(one, "decision")
        ],
        others=[_line(one) for one in rows if hasattr(one, "reply") or hasattr(one, "decision")],
        orders=list(selectors.orders_to(request.user)),
        sorts=FindingReply.Sort.choices,
    )


def _line(one: Finding) -> tuple[Finding, str]:
    return one, selectors.label_of(one)


@require_http_methods(["GET", "POST"])
@desk_only
def finding(request: DeskRequest, pk: int) -> HttpResponse:
    """One of them: what was seen, the answer, the decision, what was to be set right, and the next step."""
    row = get_object_or_404(selectors.told(findings_of(request.user)), pk=pk)
    user, now = request.user, door_time(request)
    if request.method == "POST":
        return act(request, _steps(request, row), "payroll:finding", pk)
    orders = list(
        row.rectifications.select_related(
            "assignee", "recheck_by", "rechecked_by", "ordered_by"
        ).order_by("pk")
    )
    standing = orders[-1] if orders and not orders[-1].outcome else None
    own = row.employee is not None and row.employee.user_id == user.pk
    upheld = getattr(getattr(row, "decision", None), "outcome", "")
    today = now.astimezone(SHANGHAI).date()
    return page(
        request,
        "finding.html",
        "mine" if own else "findings",
        current="my_findings" if own else "inspection",
        row=row,
        label=selectors.label_of(row),
        entries=RegisterEntry.objects.filter(source=findings.source_of(row)),
        orders=orders,
        standing=standing,
        own=own,
        sorts=FindingReply.Sort.choices,
        may_settle=user.has_perm(SETTLE) and not own and not hasattr(row, "decision"),
        may_answer_still=findings.waits(row, now),
        reply_days=selectors.reply_days(row),
        book=edition(row.inspection.rulebook_id),
        order_form=forms.OrderForm(
            user=user,
            department_id=row.department_id,
            today=today,
            initial={
                "assignee": row.employee_id,
                "recheck_by": row.found_by_id,
                "due_on": today + timedelta(days=3),
            },
            auto_id="order_%s",
        )
        if user.has_perm(INSPECT) and not own and standing is None and upheld != "not_upheld"
        else None,
        rechecks=standing is not None and standing.recheck_by_id == user.pk,
        assigned=standing is not None and standing.assignee.user_id == user.pk,
        overdue=standing is not None and now >= rectifications.due_at(standing),
        photos=row.inspection.photos.defer("photo", "thumbnail"),
    )


def _steps(request: DeskRequest, row: Finding) -> Any:
    who = {"actor": request.user, "now": door_time(request)}
    posted = request.POST
    today = who["now"].astimezone(SHANGHAI).date()

    def standing() -> Rectification:
        return get_object_or_404(row.rectifications.open())

    def reply(given: dict[str, Any]) -> str:
        findings.reply(finding=row, **given, **who)
        return _("已答复")

    def settle(given: dict[str, Any]) -> str:
        findings.settle(finding=row, **given, **who)
        return _("已查实，计入奖惩记录") if given["upheld"] else _("已认定不成立")

    def order(given: dict[str, Any]) -> str:
        rectifications.order(finding=row, **given, **who)
        return _("已责令整改")

    def reason(given: dict[str, Any]) -> str:
        rectifications.give_reason(rectification=standing(), **given, **who)
        return _("已说明原因")

    def done(given: dict[str, Any]) -> str:
        rectifications.report_done(rectification=standing(), **given, **who)
        return _("已报整改完成，等复查")

    def recheck(given: dict[str, Any]) -> str:
        rectifications.recheck(rectification=standing(), **given, **who)
        return _("已复查")

    return {
        "reply": (forms.ReplyForm(posted), reply),
        "settle": (forms.SettleForm(posted), settle),
        "order": (
            forms.OrderForm(
                posted, user=request.user, department_id=row.department_id, today=today
            ),
            order,
        ),
        "reason": (forms.WordsForm(posted), reason),
        "done": (forms.WordsForm(posted), done),
        "recheck": (forms.RecheckForm(posted), recheck),
    }


@require_POST
@desk_only
def settle_accepted(request: DeskRequest) -> HttpResponse:
    """Uphold at once all that is ticked and that the people concerned have accepted."""
    if not request.user.has_perm(SETTLE):
        raise PermissionDenied
    keys = [
        int(one) for one in request.POST.getlist("findings") if one.isdecimal() and len(one) < 19
    ]
    now = door_time(request)
    rows = selectors.to_settle(request.user, now).filter(
        pk__in=keys, reply__sort=FindingReply.Sort.ACCEPT
    )
    done = 0
    for row in rows:
        try:
            findings.settle(finding=row, upheld=True, actor=request.user, now=now)
        except KefuError as error:
            messages.warning(request, f"{row.mark.clause} {row.employee}: {error}")
        else:
            done += 1
    if done:
        messages.success(request, _("已查实 {n} 条").format(n=done))
    elif not keys:
        messages.warning(request, _("请先勾选"))
    return redirect("payroll:inspections")


@require_GET
@desk_only
def found(request: DeskRequest) -> HttpResponse:
    """All one may see, narrowed by how it stands and by person."""
    if not request.user.has_perm(SEE):
        raise PermissionDenied
    state = request.GET.get("state", "open")
    rows = selectors.told(findings_of(request.user)).exclude(employee__user=request.user.pk)
    narrow: dict[str, dict[str, Any]] = {
        "open": {"decision": None},
        "upheld": {"decision__outcome": "upheld"},
        "not_upheld": {"decision__outcome": "not_upheld"},
        "rectify": {"being_set_right": True},
        "all": {},
    }
    if state not in narrow:
        raise Http404
    number = request.GET.get("who", "")
    if number:
        rows = rows.filter(employee__number=number[:20])
    shown = Paginator(rows.filter(**narrow[state]), ROWS).get_page(request.GET.get("page"))
    return page(
        request,
        "findings.html",
        "findings",
        shown=shown,
        lines=[_line(one) for one in shown],
        state=state,
        states=[
            ("open", _("待认定")),
            ("upheld", _("查实")),
            ("not_upheld", _("不成立")),
            ("rectify", _("整改中")),
            ("all", _("全部")),
        ],
        who=number,
    )


@require_GET
@desk_only
def overview(request: DeskRequest) -> HttpResponse:
    """What was found over the months, item by item and person by person, and the checks that were missed."""
    if not request.user.has_perm(SEE):
        raise PermissionDenied
    now = door_time(request)
    today = now.astimezone(SHANGHAI).date()
    months = _months(month_in(request.GET.get("month", ""), today))
    items = figures.by_item(request.user, months)
    most = max((n for one in items for n in one.months), default=0)
    departments = departments_of(request.user)
    people = figures.by_person(request.user, months[-1:])
    names = figures.names_of(people)
    return page(
        request,
        "overview.html",
        "overview",
        months=months,
        month=months[-1],
        items=[(one, [(n, _shade(n, most)) for n in one.months]) for one in items],
        people=[(one, [one.judged.get(name) for name, _said in names]) for one in people],
        names=names,
        weeks=[one for one in selectors.cleaning_weeks(departments, now) if one.short],
        before=(months[-1] - timedelta(days=1)).replace(day=1),
        after=(months[-1] + timedelta(days=31)).replace(day=1),
        today=today,
    )


def _months(last: date) -> list[date]:
    found = [last]
    while len(found) < MONTHS:
        found.insert(0, (found[0] - timedelta(days=1)).replace(day=1))
    return found


def _shade(n: int, most: int) -> int:
    """Of four, how dark a cell is; 0: white."""
    return -(-4 * n // most) if n else 0


# Away from the desk.


@require_http_methods(["GET", "POST"])
@desk_only
def long_aways(request: DeskRequest) -> HttpResponse:
    """Who was away for long, whether the seat was busy and the supervisor told, and what was made of it (CD-03.01)."""
    user, now = request.user, door_time(request)
    if not user.has_perm(away.FIND):
        raise PermissionDenied
    if request.method == "POST":
        key = request.POST.get("pk", "")
        one = get_object_or_404(
            Away.objects.filter(employee__in=people_of(user)),
            pk=int(key) if key.isdecimal() and len(key) < 19 else 0,
        )

        def find(given: dict[str, Any]) -> str:
            away.find(away=one, actor=user, now=now, **given)
            return _("已认定")

        return act(request, {"find": (FindingForm(request.POST), find)}, "payroll:long_aways")
    month = month_in(request.GET.get("month", ""), now.astimezone(SHANGHAI).date())
    rows = aways.long_ones(user, month)
    return page(
        request,
        "aways.html",
        "aways",
        month=month,
        before=(month - timedelta(days=1)).replace(day=1),
        after=(month + timedelta(days=31)).replace(day=1),
        busy_now=aways.busy_now(user, now),
        tallies=aways.tallies(rows),
        shown=Paginator(rows, ROWS).get_page(request.GET.get("page")),
        findings=Away.Finding.choices,
    )
