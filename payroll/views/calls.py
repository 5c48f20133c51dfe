"""The pages of calls and chats: of one's people, of one person day by day, one's own, what customers gave."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kefu.errors import KefuError
from kefu.imports.pages import ImportPages
from kefu.policy.contacts import ContactRules
from kefu.policy.months import last_day, month_of
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only, employee_of, find_case
from kefu.workbench.frame import door_time
from payroll.forms.attendance import PunchImportForm
from payroll.forms.calls import CompleteForm, RatingForm
from payroll.imports import calls, chats
from payroll.models import Rating
from payroll.selectors import calls as selectors
from payroll.selectors.people import visible_to
from payroll.selectors.reach import imports_of
from payroll.selectors.sheets import first_days
from payroll.services import calls as services
from payroll.services import ratings
from payroll.views.acting import act, sent
from payroll.views.scores import address, asked_month, find_person, today_of

RATINGS = 30  # rows of the page


def _page(
    request: DeskRequest, name: str, tab: str, status: int = 200, **context: Any
) -> HttpResponse:
    user = request.user
    context = {
        "tab": tab,
        "current": "calls",
        "now": door_time(request),
        "sees": user.has_perm(selectors.SEE),
        "imports": user.has_perm(selectors.IMPORT),
        "rates": user.has_perm(selectors.RATE),
        **context,
    }
    return render(request, f"payroll/calls/{name}", context, status=status)


@require_GET
@desk_only
def entrance(request: DeskRequest) -> HttpResponse:
    """Whoever has people comes to theirs, everybody else to his own."""
    team = request.user.has_perm(selectors.SEE)
    return redirect("payroll:team_calls" if team else "payroll:my_calls")


@desk_only
def team(request: DeskRequest) -> HttpResponse:
    """The calls and chats of one's people in a month; POST says that a department's are whole."""
    if not request.user.has_perm(selectors.SEE):
        raise PermissionDenied
    month, today = asked_month(request), today_of(request)
    if request.method == "POST":
        form = CompleteForm(request.POST)

        def complete(given: dict[str, Any]) -> str:
            services.say_complete(
                department=given["department"],
                month=month,
                actor=request.user,
                now=door_time(request),
            )
            return _("已确认 {department} {month} 的通话齐全").format(
                department=given["department"], month=f"{month:%Y-%m}"
            )

        act(request, {"complete": (form, complete)}, "payroll:team_calls")
        return redirect(address("team_calls", month))
    return _page(
        request,
        "team.html",
        "team",
        teams=selectors.teams(request.user, month),
        month=month,
        months=first_days(today),
        over=today > last_day(month_of(month)),
    )


@require_GET
@desk_only
def mine(request: DeskRequest) -> HttpResponse:
    """My own month, day by day: which calls and chats count."""
    return _person(request, employee_of(request), mine=True)


@require_GET
@desk_only
def person(request: DeskRequest, number: str) -> HttpResponse:
    """The same of one of my people."""
    if not request.user.has_perm(selectors.SEE):
        raise PermissionDenied
    return _person(request, find_person(request, number), mine=False)


def _person(request: DeskRequest, employee: Employee, *, mine: bool) -> HttpResponse:
    month, today = asked_month(request), today_of(request)
    using = selectors.edition_of(employee.department_id, month)
    rules = ContactRules.of(using.rules) if using else ContactRules()
    days = selectors.days_of(employee, month, rules)
    on = _day(request.GET.get("on", ""), month)
    most = max((tally.incoming for _day_, tally in days), default=0)
    return _page(
        request,
        "person.html",
        "mine" if mine else "team",
        employee=employee,
        mine=mine,
        month=month,
        months=first_days(today),
        days=[
            (
                day,
                tally,
                tally.answered * 100 // most if most else 0,
                tally.missed * 100 // most if most else 0,
            )
            for day, tally in days
        ],
        total=selectors.total_of(days, rules),
        rules=rules,
        standards=_standards(rules, using),
        on=on,
        calls=selectors.calls_on(employee, on)[: selectors.LISTED] if on else (),
        chats=selectors.chats_on(employee, on) if on else (),
        ratings=selectors.ratings_of(employee, month),
        back=f"?month={month:%Y-%m}",
    )


def _day(text: str, month: date) -> date | None:
    """The day of the month that an address names. Raises Http404."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if day.replace(day=1) != month:
        raise Http404
    return day


def _standards(rules: ContactRules, using: Any) -> list[tuple[str, str, str]]:
    """What the rulebook asks of an answer: its clause, its name, the bound."""
    found = []
    if rules.rings is not None:
        found.append((rules.rings_clause, _("电话 {n} 声内接起").format(n=rules.rings)))
    if rules.first is not None:
        found.append((rules.first_clause, _("会话 {n} 秒内首次响应").format(n=rules.first)))
    if rules.later is not None:
        found.append((rules.later_clause, _("后面每句 {n} 秒内回复").format(n=rules.later)))
    language = get_language() or "zh-hans"
    return [(clause, using.rules[clause].label(language), bound) for clause, bound in found]


@desk_only
def rate(request: DeskRequest) -> HttpResponse:
    """Write down what a customer gave a colleague when asked, and look at the latest."""
    if not request.user.has_perm(selectors.RATE):
        raise PermissionDenied
    form = RatingForm(request.POST or None, initial={"source": Rating.Source.PHONE_FOLLOWUP})
    if request.method == "POST":

        def do(given: dict[str, Any]) -> str:
            row = ratings.record(
                case=_case(request, given["case"]),
                stars=given["stars"],
                source=given["source"],
                actor=request.user,
                now=door_time(request),
            )
            return _("已登记：{who} {stars} 分").format(who=row.employee, stars=row.stars)

        if sent(request, form, do):
            return redirect("payroll:ratings")
    rows = Rating.objects.filter(
        Q(employee__in=visible_to(request.user).values("pk")) | Q(recorded_by=request.user)
    )
    return _page(
        request,
        "ratings.html",
        "ratings",
        status=422 if form.errors else 200,
        form=form,
        rows=rows.select_related("employee", "chat", "case", "recorded_by").order_by("-pk")[
            :RATINGS
        ],
    )


def _case(request: DeskRequest, number: str) -> Any:
    try:
        return find_case(request, number.strip())
    except Http404:
        raise KefuError(_("没有这张工单"), code="no_case", field="case") from None


def _frame(request: HttpRequest) -> str:
    return "payroll/calls/import.html"


CALL_PAGES = ImportPages(
    app_name="payroll",
    table=calls.TABLE,
    form=PunchImportForm,
    given=lambda form: {},
    options="",
    frame=_frame,
    jobs_of=imports_of,
    prefix="calls_",
    after=("payroll:team_calls", gettext_lazy("去看话务")),
)
CHAT_PAGES = ImportPages(
    app_name="payroll",
    table=chats.TABLE,
    form=PunchImportForm,
    given=lambda form: {},
    options="",
    frame=_frame,
    jobs_of=imports_of,
    prefix="chats_",
    after=("payroll:team_calls", gettext_lazy("去看话务")),
)
