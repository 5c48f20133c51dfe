"""One person's file: what he holds, what was agreed to pay him, the way out."""

from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kefu.cases.models import Case
from kefu.desk.services import HandOverItem
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from payroll.forms import people as forms
from payroll.models import Issue
from payroll.selectors import files
from payroll.selectors import leaving as leaving_selectors
from payroll.selectors.employment import leaving_of
from payroll.services import employment as services
from payroll.services import equipment as equipment_services
from payroll.services import leaving as leaving_services
from payroll.services.employment import today_of
from payroll.views.acting import Do, Make, answered
from payroll.views.disclosing import record_look
from payroll.views.people import rendered
from payroll.views.person import by_of, find_person, framed_file, may_change

ROWS = 50
Offers = dict[str, tuple[Make, Do]]


@require_http_methods(["GET", "POST"])
@desk_only
def equipment(request: DeskRequest, number: str) -> HttpResponse:
    """What somebody holds and held: handed out, given back, paid for (ES-134.*, ES-135.*)."""
    person, by = find_person(request, number), by_of(request)

    def hand_out(data: dict[str, Any]) -> str:
        given = equipment_services.hand_out(employee=person, **data, **by)
        return _("已发放 %(n)d 件") % {"n": len(given)}

    def hand_out_set(data: dict[str, Any]) -> str:
        given = equipment_services.hand_out_set(employee=person, **data, **by)
        return _("已发放 %(n)d 件") % {"n": len(given)}

    def settle(data: dict[str, Any]) -> str:
        row = get_object_or_404(Issue, pk=data.pop("issue"), employee=person)
        row = equipment_services.settle(issue=row, **data, **by)
        if row.charge is None:
            return _("已登记")
        return _("已登记，按 %(clause)s 赔偿 %(yuan)s 元") % {
            "clause": row.charge.clause, "yuan": row.charge.value,
        }  # fmt: skip

    offers: Offers = {}
    if may_change(request, person):
        offers["settle"] = (forms.SettleForm, settle)
        if person.stands != files.LEFT:
            issued = {"issued_on": today_of(by["now"])}
            offers["hand_out"] = (partial(forms.IssueForm, initial=issued), hand_out)
            offers["set"] = (forms.SetForm, hand_out_set)
    shown, done = answered(request, offers)
    if done:
        return redirect("payroll:file_equipment", number)
    context = framed_file(
        request, person, "file_equipment", forms=shown,
        held=leaving_selectors.open_issues(person), outcomes=Issue.Outcome.choices,
        ended=person.issues.exclude(outcome="").select_related("article", "charge").order_by("-ended_on")[:ROWS],
    )  # fmt: skip
    return rendered(request, "equipment", context)


@require_http_methods(["GET", "POST"])
@desk_only
def wages(request: DeskRequest, number: str) -> HttpResponse:
    """What was agreed from when on; the look is on record before the page leaves."""
    person, now, by = find_person(request, number), door_time(request), by_of(request)
    context = framed_file(request, person, "file_wages")

    def agree(data: dict[str, Any]) -> str:
        row = services.agree_wage(employee=person, **data, **by)
        return _("已登记，%(day)s 起") % {"day": row.from_on}

    offers: Offers = {}
    if may_change(request, person) and context["employment"]:
        initial = {"from_on": today_of(now)}
        offers["agree"] = (partial(forms.WageForm, initial=initial), agree)
    shown, done = answered(request, offers)
    if done:
        return redirect("payroll:file_wages", number)
    if not context["own"]:
        record_look(request, "payroll_wage", person.pk, ["base"])
    rows = person.wages.select_related("recorded_by").order_by("-from_on", "-pk")
    return rendered(request, "wages", {**context, "forms": shown, "rows": rows})


@require_http_methods(["GET", "POST"])
@desk_only
def leaving(request: DeskRequest, number: str) -> HttpResponse:
    """The way out, as a list to be done: cases, what is held, the account, the file (ES-134.05, ES-135.03)."""
    person, now, by = find_person(request, number), door_time(request), by_of(request)
    context = framed_file(request, person, "file_leaving")
    stay = context["employment"]
    row = leaving_of(stay) if stay else None
    cases = list(leaving_selectors.open_cases(person)[:ROWS]) if row else []
    takers = Employee.objects.assignable().filter(department__active=True).exclude(pk=person.pk)
    offers = _leaving_steps(request, person, row, takers, by) if may_change(request, person) else {}
    shown, done = answered(request, offers)
    if done:
        return redirect("payroll:file_leaving", number)
    handing = shown.pop("hand_over", None)
    context |= {
        "forms": shown,
        "handing": handing if handing is not None and handing.is_bound else None,
        "hands_over": "hand_over" in offers,
        "leaving": row,
        "checks": leaving_selectors.checklist(row, now) if row else [],
        "cases": cases,
        "takers": takers.order_by("number")[:200],
        "held": leaving_selectors.open_issues(person),
        "settles": may_change(request, person),
        "outcomes": Issue.Outcome.choices,
    }
    return rendered(request, "leaving", context, bad=bool(handing is not None and handing.errors))


def _leaving_steps(
    request: DeskRequest, person: Any, row: Any, takers: Any, by: dict[str, Any]
) -> Offers:
    def leave(data: dict[str, Any]) -> str:
        services.leave(employee=person, **data, **by)
        return _("离职已登记")

    def hand_over(data: dict[str, Any]) -> str:
        case = get_object_or_404(Case.objects.open().of(person), pk=data["case"])
        item = HandOverItem(case=case, to=data["to"], note=data["note"])
        leaving_services.hand_over(leaving=row, items=[item], **by)
        return _("已交接 %(number)s") % {"number": case.number}

    def end_access(_data: dict[str, Any]) -> str:
        services.end_access(leaving=row, **by)
        return _("账号已停用，登录的会话立即失效")

    def stay_on(_data: dict[str, Any]) -> str:
        services.stay_on(leaving=row, **by)
        return _("离职已撤回")

    def close(_data: dict[str, Any]) -> str:
        leaving_services.close(leaving=row, **by)
        return _("手续已办结")

    today, nothing = today_of(by["now"]), forms.NothingForm
    if row is None:
        if person.stands in (files.NONE, files.LEFT) and person.hired_on is None:
            return {}
        return {"leave": (partial(forms.LeaveForm, initial={"last_day": today}), leave)}
    offers: Offers = {}
    if row.effected_at is None:
        offers = {
            "hand_over": (partial(forms.HandOverForm, takers=takers), hand_over),
            "stay_on": (nothing, stay_on),
        }
        if row.last_day <= today:
            offers["end_access"] = (nothing, end_access)
    elif row.closed_at is None:
        offers["close"] = (nothing, close)
    return offers
