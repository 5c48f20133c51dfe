"""One person's file by its parts: employment, papers, personal data, probation; each part for whom it concerns."""

from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kefu.audit.context import address_of, request_id
from kefu.errors import KefuError
from kefu.policy.explanation import explain
from kefu.policy.steps import Step
from kefu.staff.models import Employee
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from payroll import people_papers
from payroll.forms import people as forms
from payroll.models import Employment, JoiningDocument, PersonalFact, Probation
from payroll.selectors import files
from payroll.selectors import joining as selectors
from payroll.selectors.employment import latest_employment
from payroll.services import employment as services
from payroll.services import joining as joining_services
from payroll.services import personnel
from payroll.services import probation as probation_services
from payroll.services.employment import KEEP, today_of
from payroll.views.acting import Do, Make, answered
from payroll.views.disclosing import PDF, download
from payroll.views.people import framed, rendered

ROWS = 50
Offers = dict[str, tuple[Make, Do]]


def find_person(request: DeskRequest, number: str) -> Any:
    """The only way to somebody's file from a page."""
    rows = files.with_state(files.people_visible_to(request.user), today_of(door_time(request)))
    return get_object_or_404(rows.select_related("department", "position", "user"), number=number)


def framed_file(request: DeskRequest, person: Any, tab: str, **more: Any) -> dict[str, Any]:
    user = request.user
    tabs = [("file", _("任职"))]
    if user.has_perm(KEEP):
        tabs += [("file_papers", _("入职材料")), ("file_personal", _("人事资料"))]
    if user.has_perm(files.SEE):
        tabs += [("file_probation", _("试用期")), ("file_equipment", _("领用"))]
    if user.has_perm(files.WAGES):
        tabs.append(("file_wages", _("工资约定")))
    if user.has_perm(KEEP):
        tabs.append(("file_leaving", _("离职手续")))
    if tab not in dict(tabs):
        raise PermissionDenied
    return {
        "person": person,
        "stands": dict(files.states())[person.stands],
        "employment": latest_employment(person),
        "tabs": [(name, word, reverse(f"payroll:{name}", args=[person.number])) for name, word in tabs],
        "tab": tab,
        "own": person.user_id == user.pk,
        "forms": {},
        **framed(request, "people"),
        **more,
    }  # fmt: skip


def by_of(request: DeskRequest) -> dict[str, Any]:
    return {"actor": request.user, "now": door_time(request)}


def may_change(request: DeskRequest, person: Employee) -> bool:
    """May this reader change the file? Nobody his own."""
    return bool(request.user.has_perm(KEEP) and person.user_id != request.user.pk)


@require_http_methods(["GET", "POST"])
@desk_only
def overview(request: DeskRequest, number: str) -> HttpResponse:
    """Since when, where, as what; the growth file; what is lacking (ES-116.02, ES-123.04)."""
    person, now, by = find_person(request, number), door_time(request), by_of(request)
    today = today_of(now)

    def hire(data: dict[str, Any]) -> str:
        on_trial = data.pop("on_trial")
        stay = services.hire(employee=person, **data, **by)
        if on_trial:
            probation_services.begin(employment=stay, coach=None, **by)
        return _("入职已登记")

    def place(data: dict[str, Any]) -> str:
        row = services.place(employee=person, **data, **by)
        return _("调动已登记，%(day)s 起生效") % {"day": row.from_on}

    offers: Offers = {}
    if may_change(request, person):
        seat = {"department": person.department_id, "position": person.position_id}
        if person.stands in (files.NONE, files.LEFT):
            offers["hire"] = (partial(forms.HireForm, initial={"hired_on": today, **seat}), hire)
        else:
            offers["place"] = (partial(forms.PlaceForm, initial={"from_on": today, **seat}), place)
    shown, done = answered(request, offers)
    if done:
        return redirect("payroll:file", number)
    context = framed_file(
        request, person, "file",
        forms=shown,
        employments=person.employments.order_by("-hired_on"),
        parts=files.growth_file(person, now) if request.user.has_perm(files.SEE) else [],
        lacking=files.lacking(person, now) if person.stands != files.LEFT else [],
    )  # fmt: skip
    return rendered(request, "file", context)


@require_http_methods(["GET", "POST"])
@desk_only
def papers(request: DeskRequest, number: str) -> HttpResponse:
    """What the newcomer brought, was told and signed for (ES-123.02, ES-123.05)."""
    person, now, by = find_person(request, number), door_time(request), by_of(request)
    context = framed_file(request, person, "file_papers")
    stay = context["employment"]
    offers = _paper_steps(request, person, stay, by) if stay and may_change(request, person) else {}
    shown, done = answered(request, offers)
    if done:
        return redirect("payroll:file_papers", number)
    topics = dict(selectors.told_topics(person.department_id, now))
    induction = getattr(stay, "induction", None)
    context |= {
        "forms": shown,
        "lines": selectors.document_lines(stay, now) if stay else [],
        "induction": induction,
        "told": [topics.get(name, name) for name in induction.told] if induction else [],
        "rules": files.confirmed_rules(person, now),
    }
    return rendered(request, "papers", context)


def _paper_steps(request: DeskRequest, person: Any, stay: Employment, by: dict[str, Any]) -> Offers:
    def document(data: dict[str, Any]) -> JoiningDocument:
        return get_object_or_404(JoiningDocument, employment=stay, kind=data["kind"])

    def receive(data: dict[str, Any]) -> str:
        joining_services.receive(employment=stay, **data, **by)
        return _("已登记")

    def verify(data: dict[str, Any]) -> str:
        joining_services.verify(document=document(data), **by)
        return _("已核验原件")

    def false(data: dict[str, Any]) -> str:
        row = get_object_or_404(JoiningDocument, employment=stay, kind=data.pop("kind"))
        joining_services.found_false(document=row, **data, **by)
        return _("已登记，等主管核实、管理层决定")

    def brief(data: dict[str, Any]) -> str:
        joining_services.brief(employment=stay, **data, **by)
        return _("已登记，等本人签收")

    offers: Offers = {
        "receive": (forms.DocumentForm, receive),
        "verify": (forms.DocumentForm, verify),
    }
    found = selectors.false_document_clauses(person, by["now"])
    if found is not None:
        offers["false"] = (partial(forms.FalseForm, clauses=found.clauses), false)
    if not hasattr(stay, "induction"):
        topics = selectors.told_topics(person.department_id, by["now"])
        asked = [topic for topic in topics if topic[0] != "supervisor_named"]
        offers["brief"] = (partial(forms.InductionForm, topics=asked), brief)
    return offers


@require_http_methods(["GET", "POST"])
@desk_only
def personal(request: DeskRequest, number: str) -> HttpResponse:
    """What is kept of a person, masked; in plain for a reason, and each look is on record (ES-123.04)."""
    person, by = find_person(request, number), by_of(request)
    context = framed_file(request, person, "file_personal")
    plain: dict[str, Any] = {}
    look = forms.LookForm(request.POST if request.POST.get("do") == "look" else None)
    if look.is_bound and look.is_valid():
        given: dict[str, Any] = {"address": address_of(request), "request_id": request_id()}
        try:
            plain = personnel.reveal(employee=person, **look.cleaned_data, **given, **by)
        except KefuError as error:
            look.refuse(error)

    offers: Offers = {}
    if may_change(request, person):
        offers = {
            "fill": (forms.PersonnelForm, lambda data: _filled(person, data, by)),
            "change": (forms.ChangeForm, lambda data: _changed(person, data, by)),
        }
    shown, done = ({}, False) if look.is_bound else answered(request, offers)
    if look.is_bound:
        shown = {name: make(None, auto_id=f"{name}-%s") for name, (make, _do) in offers.items()}
    if done:
        return redirect("payroll:file_personal", number)
    context |= {
        "forms": {**shown, "look": look},
        "facts": shown_facts(person, plain),
        "history": person.personal_facts.select_related("reported_by").order_by("-pk")[:ROWS],
    }
    return rendered(request, "personal", context)


def _filled(person: Employee, data: dict[str, Any], by: dict[str, Any]) -> str:
    personnel.fill_form(employee=person, **data, **by)
    return _("已保存，加密存放")


def _changed(person: Employee, data: dict[str, Any], by: dict[str, Any]) -> str:
    row = personnel.report_change(employee=person, **data, **by)
    row.refresh_from_db()
    return _("已登记变更，报告已超过期限") if row.late else _("已登记变更")


def shown_facts(person: Employee, plain: dict[str, Any]) -> list[tuple[str, list[Any], list[str]]]:
    """(what, its rows that hold, in plain where it was asked for), in the order of the form."""
    rows: dict[str, list[PersonalFact]] = {}
    for row in person.personal_facts.order_by("-pk"):
        if row.field in PersonalFact.LISTED or row.field not in rows:
            rows.setdefault(row.field, []).append(row)
    found = []
    for name, label in PersonalFact.Field.choices:
        held = rows.get(name, [])
        words = [personnel.in_words(name, one) for one in plain.get(name, [])[: len(held)]]
        found.append((str(label), held, words))
    return found


@require_http_methods(["GET", "POST"])
@desk_only
def probation(request: DeskRequest, number: str) -> HttpResponse:
    """Until when and why, who guides, the week before the job, what the supervisor and the manager decided."""
    person, now, by = find_person(request, number), door_time(request), by_of(request)
    context = framed_file(request, person, "file_probation")
    stay = context["employment"]
    row = Probation.objects.filter(employment=stay).select_related("coach", "confirmed_by").first()
    offers = _probation_steps(request, person, row, by) if row else {}
    shown, done = answered(request, offers)
    if done:
        return redirect("payroll:file_probation", number)
    language = get_language() or "zh-hans"
    context |= {
        "forms": shown,
        "probation": row,
        "why": explain([Step.from_json(step) for step in row.steps], language) if row else [],
        "reviews": row.reviews.select_related("made_by").order_by("-pk") if row else [],
        "week": selectors.pre_job_week(stay, now) if stay else [],
    }
    return rendered(request, "probation", context)


def _probation_steps(
    request: DeskRequest, person: Any, row: Probation, by: dict[str, Any]
) -> Offers:
    def review(data: dict[str, Any]) -> str:
        probation_services.review(probation=row, **data, **by)
        return _("评估已登记")

    def coach(data: dict[str, Any]) -> str:
        probation_services.name_coach(probation=row, **data, **by)
        return _("带教主管已登记")

    def confirm(data: dict[str, Any]) -> str:
        made = probation_services.confirm(probation=row, **data, **by)
        return _("已书面转正，编号 %(number)s") % {"number": made.confirmation}

    user, offers = request.user, dict[str, tuple[Make, Do]]()
    own = person.user_id == user.pk
    judges = selectors.judges(user, person.department_id) and not own
    if row.state == Probation.State.RUNNING and judges:
        offers["review"] = (forms.ReviewForm, review)
    if row.state == Probation.State.RUNNING and (judges or may_change(request, person)):
        offers["coach"] = (forms.CoachForm, coach)
    if (
        row.state == Probation.State.PASSED
        and user.has_perm(probation_services.CONFIRM)
        and not own
    ):
        offers["confirm"] = (forms.ConfirmForm, confirm)
    return offers


@require_GET
@desk_only
def confirmation(request: DeskRequest, number: str) -> HttpResponse:
    """The manager's letter, to print."""
    person = find_person(request, number)
    framed_file(request, person, "file_probation")
    return confirmation_of(person)


def confirmation_of(person: Employee) -> HttpResponse:
    rows = Probation.objects.filter(employment__employee=person, state=Probation.State.CONFIRMED)
    row = rows.select_related("employment__employee__department", "confirmed_by").last()
    if row is None:
        raise Http404
    return download(people_papers.confirmation(row), PDF, f"{row.confirmation}.pdf", how="inline")
