"""What is done to a case: replying, asking, noting below the timeline; every other step in a dialog.

Each is a form, one call into a service, and the page's changed parts as the answer. A refusal (422) or a
conflict (409) gives the form back with what was written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from inquiries import forms, services
from inquiries.frame import door_time
from inquiries.models import NetworkQuery
from inquiries.once import once, sent_before
from inquiries.views.case import page_context
from inquiries.views.door import DeskRequest, employee_of, find_case, tell, workers_only
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.desk import services as desk
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.penalties import services as penalties
from kefu.penalties.models import Waiver

# -- below the timeline ---------------------------------------------------------------------------


@require_POST
@workers_only
def reply(request: DeskRequest, number: str) -> HttpResponse:
    """Record what the customer was told; only the tick stops his clock."""
    case, now = find_case(request, number), door_time(request)
    form = forms.ReplyForm(request.POST, auto_id="reply-%s")

    def act(given: dict[str, Any]) -> str:
        happened_at = forms.latest(given["happened"], now)
        services.answer_customer(
            case=case,
            text=given["text"],
            channel=given["channel"],
            substantive=given["substantive"],
            happened_at=happened_at,
            version=given["version"],
            actor=request.user,
            now=now,
        )
        return _("已记为答复客户，计时已停") if given["substantive"] else _("已记下，计时还在走")

    return _submit(request, case, form, act, name="reply")


@require_POST
@workers_only
def outlet(request: DeskRequest, number: str) -> HttpResponse:
    """Ask an outlet about the parcel; its two hours begin."""
    case, now = find_case(request, number), door_time(request)
    askable = page_context(request, case)["page"].askable
    form = forms.AskForm(request.POST, askable=askable, auto_id="outlet-%s")

    def act(given: dict[str, Any]) -> str:
        services.ask_outlet(
            case=case,
            outlet=given["outlet"],
            question=given["question"],
            version=given["version"],
            actor=request.user,
            now=now,
        )
        return _("已发给 {outlet}").format(outlet=given["outlet"])

    return _submit(request, case, form, act, name="outlet")


@require_POST
@workers_only
def answer_query(request: DeskRequest, number: str) -> HttpResponse:
    """Answer the outlet that asked us."""
    case, now = find_case(request, number), door_time(request)
    asked = case.network_queries.filter(asked__kind=Party.Kind.COMPANY)
    # Answered by a colleague meanwhile it is still the one meant: the service says so, and the text is kept.
    query = asked.open().first() or asked.order_by("-pk").first()
    if query is None:
        raise Http404
    form = forms.AnswerQueryForm(request.POST, auto_id="answer-%s")

    def act(given: dict[str, Any]) -> str:
        try:
            services.record_feedback(
                query=query,
                answer=given["answer"],
                channel=Interaction.Channel.OUTLET,
                actor=request.user,
                now=now,
            )
        except Conflict as error:
            if error.code == "query_closed" and (who := _who_answered(case)):
                text = _("{who} 先答复了 {outlet}；你写的还在，请看过再决定")
                said = text.format(who=who, outlet=query.asking)
                raise Conflict(said, code=error.code) from error
            raise
        return _("已答复 {outlet}，计时已停").format(outlet=query.asking)

    return _submit(request, case, form, act, name="answer")


def _who_answered(case: Case) -> str:
    last = (
        case.interactions.filter(action="query_answered").select_related("author__employee").last()
    )
    return str(getattr(last.author, "employee", last.author)) if last and last.author else ""


@require_POST
@workers_only
def note(request: DeskRequest, number: str) -> HttpResponse:
    case, now = find_case(request, number), door_time(request)

    def act(given: dict[str, Any]) -> str:
        desk.add_note(case=case, text=given["text"], actor=request.user, now=now)
        return _("备注已记下，仅本中心可见")

    return _submit(request, case, forms.NoteForm(request.POST, auto_id="note-%s"), act, name="note")


def _submit(
    request: DeskRequest, case: Case, form: Any, act: Callable[[dict[str, Any]], str], *, name: str
) -> HttpResponse:
    """Do it, or give the form back; either way the page's parts come along, as they are now."""
    conflict, status, said = None, 200, ""
    valid = form.is_valid()
    try:
        said = sent_before(request) or ""
        if valid and not said:
            said = once(request, lambda: act(form.cleaned_data))
    except Conflict as error:
        conflict, status = error, error.status
    except KefuError as error:
        form.refuse(error)
    if form.errors and not said and not conflict:
        status = 422
    fresh = find_case(request, case.number)
    context = page_context(request, fresh)
    if status != 200:
        context[{"outlet": "ask_form"}.get(name, f"{name}_form")] = form
    context |= {"oob": True, "conflict": conflict, "compose": name, "with_forms": status == 200}
    response = render(
        request,
        f"cases/_answer_{'done' if status == 200 else 'refused'}.html",
        context,
        status=status,
    )
    return tell(response, said) if said else response


# -- in a dialog ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """What a step's service needs."""

    request: DeskRequest
    case: Case
    given: dict[str, Any]
    now: datetime

    @property
    def happened_at(self) -> datetime | None:
        return forms.latest(self.given.get("happened"), self.now)

    @property
    def common(self) -> dict[str, Any]:
        return {"actor": self.request.user, "now": self.now}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its form, its words, its service; returns what to tell the agent."""

    title: Promise
    submit: Promise
    form: type[forms.StepForm]
    do: Callable[[Act], str]
    help: Promise | str = ""


def _feedback(act: Act) -> str:
    query = services.record_feedback(
        query=act.given["query"],
        answer=act.given["answer"],
        channel=act.given["channel"],
        happened_at=act.happened_at,
        **act.common,
    )
    return _("已记下 {outlet} 的反馈").format(outlet=query.asked)


def _chase(act: Act) -> str:
    query: NetworkQuery = act.given["query"]
    services.chase(query=query, text=act.given["text"], **act.common)
    return _("已催 {outlet}，它的计时照走").format(outlet=query.asked)


def _withdraw(act: Act) -> str:
    services.withdraw(query=act.given["query"], reason=act.given["reason"], **act.common)
    return _("已撤回查询")


def _transfer(act: Act) -> str:
    to = act.given["to"]
    desk.transfer(
        case=act.case,
        to=to,
        department=act.given["department"],
        note=act.given["note"],
        version=act.given["version"],
        **act.common,
    )
    return _("已转交给 {to}").format(to=to or act.given["department"])


def _escalate(act: Act) -> str:
    desk.escalate(case=act.case, note=act.given["note"], version=act.given["version"], **act.common)
    return _("已升级，主管会看到")


def _settle_escalation(act: Act) -> str:
    desk.settle_escalation(case=act.case, note=act.given["note"], **act.common)
    return _("升级已处理")


def _again(act: Act) -> str:
    services.customer_again(
        case=act.case,
        text=act.given["text"],
        channel=act.given["channel"],
        happened_at=act.happened_at,
        **act.common,
    )
    return _("已记下，客户的新计时开始了")


def _promise(act: Act) -> str:
    services.answer_customer(
        case=act.case,
        text=act.given["text"],
        channel=act.given["channel"],
        substantive=False,
        promised_for=act.given["promised_for"],
        version=act.given["version"],
        **act.common,
    )
    return _("承诺已记下，到点前会提醒你")


def _contact_failed(act: Act) -> str:
    services.contact_failed(
        case=act.case,
        outlet=act.given["outlet"],
        text=act.given["text"],
        happened_at=act.happened_at,
        **act.common,
    )
    return _("已记下电话没接通")


def _complaint(act: Act) -> str:
    employee = employee_of(act.request)
    complaint = services.file_complaint(
        cause=act.given["cause"],
        against=act.given["against"],
        text=act.given["text"],
        channel=act.given["channel"],
        asker=act.given["asker"],
        origin=act.case,
        department=act.case.department,
        owner=employee,
        **act.common,
    )
    return _("已登记投诉 {number}，并关联这一单").format(number=complaint.number)


def _origin(act: Act) -> str:
    origin = (
        Case.objects.visible_to(act.request.user)
        .filter(number=act.given["number"].strip().upper())
        .first()
    )
    if origin is None:
        raise KefuError(_("没有这个单号"), code="no_such_case", field="number")
    services.link_complaint(
        complaint=act.case, origin=origin, cause=act.given["cause"], **act.common
    )
    return _("已关联 {number}").format(number=origin.number)


def _close(act: Act) -> str:
    services.close(
        case=act.case, note=act.given["note"], version=act.given["version"], **act.common
    )
    return _("已结案")


def _reopen(act: Act) -> str:
    services.reopen(case=act.case, reason=act.given["reason"], **act.common)
    return _("已重新打开")


def _log(act: Act) -> str:
    desk.log_contact(
        case=act.case,
        counterpart=Interaction.Counterpart(act.given["counterpart"]),
        direction=Interaction.Direction(act.given["direction"]),
        channel=act.given["channel"],
        text=act.given["text"],
        **act.common,
    )
    return _("已记下")


def _late_entry(act: Act) -> str:
    deadline = act.given["deadline"]
    deadlines.propose_late_entry(
        deadline=deadline,
        interaction=deadline.answered_by,
        claimed_at=act.given["claimed_at"],
        reason=act.given["reason"],
        **act.common,
    )
    return _("补记申请已提出，由一位主管审批")


def _objection(act: Act) -> str:
    penalties.propose_waiver(
        penalty=act.given["penalty"],
        ground=Waiver.Ground.OBJECTION,
        reason=act.given["reason"],
        **act.common,
    )
    return _("异议已提出，由一位主管审批")


STEPS = {
    "log": Step(
        gettext_lazy("记其他往来"),
        gettext_lazy("记下"),
        forms.LogContactForm,
        _log,
        gettext_lazy("和业务员、驾驶员、公司的往来，不停任何计时。"),
    ),
    "feedback": Step(
        gettext_lazy("记网点反馈"),
        gettext_lazy("记下反馈"),
        forms.FeedbackForm,
        _feedback,
        gettext_lazy("网点的计时停在反馈发生的时间。"),
    ),
    "chase": Step(
        gettext_lazy("催网点"),
        gettext_lazy("催一次"),
        forms.ChaseForm,
        _chase,
        gettext_lazy("网点的计时照走，不会重新开始。"),
    ),
    "withdraw": Step(
        gettext_lazy("撤回查询"),
        gettext_lazy("撤回"),
        forms.WithdrawForm,
        _withdraw,
        gettext_lazy("已经超时的不会因此撤销。"),
    ),
    "transfer": Step(
        gettext_lazy("转交"),
        gettext_lazy("转交"),
        forms.TransferForm,
        _transfer,
        gettext_lazy("正在走的计时和超时的代价一起转给接手的人；已经超时的留在原处。"),
    ),
    "escalate": Step(
        gettext_lazy("升级给主管"), gettext_lazy("升级"), forms.EscalateForm, _escalate
    ),
    "settle-escalation": Step(
        gettext_lazy("处理升级"), gettext_lazy("处理好了"), forms.SettleForm, _settle_escalation
    ),
    "again": Step(
        gettext_lazy("客户又来电来信"),
        gettext_lazy("记下"),
        forms.AgainForm,
        _again,
        gettext_lazy("客户每次没有得到答复的来电来信，都有自己的计时。"),
    ),
    "promise": Step(
        gettext_lazy("承诺回电"),
        gettext_lazy("记下承诺"),
        forms.PromiseForm,
        _promise,
        gettext_lazy("承诺有自己的计时，不停原来的计时。"),
    ),
    "contact-failed": Step(
        gettext_lazy("电话打不通"),
        gettext_lazy("记下"),
        forms.ContactFailedForm,
        _contact_failed,
        gettext_lazy("晚间对方线路已关的，回复时限可以顺延到次日早上，由规则手册决定。"),
    ),
    "complaint": Step(
        gettext_lazy("登记投诉"),
        gettext_lazy("登记并关联"),
        forms.ComplaintForm,
        _complaint,
        gettext_lazy("投诉另开一单；按原因，这一单上有投诉才罚的会生效。"),
    ),
    "origin": Step(gettext_lazy("关联起因单"), gettext_lazy("关联"), forms.OriginForm, _origin),
    "late-entry": Step(
        gettext_lazy("补记申请"),
        gettext_lazy("提出申请"),
        forms.LateEntryForm,
        _late_entry,
        gettext_lazy(
            "当时已经答复、只是登记晚了的，由一位主管审批；同意后超时和它的代价一起撤回。"
        ),
    ),
    "objection": Step(
        gettext_lazy("提异议"),
        gettext_lazy("提出异议"),
        forms.ObjectionForm,
        _objection,
        gettext_lazy("只对自己要承担的处罚；由一位主管审批，审批前照旧。"),
    ),
    "close": Step(gettext_lazy("结案"), gettext_lazy("结案"), forms.CloseForm, _close),
    "reopen": Step(gettext_lazy("重新打开"), gettext_lazy("重新打开"), forms.ReopenForm, _reopen),
}


@workers_only
def step(request: DeskRequest, number: str, name: str) -> HttpResponse:
    """GET gives a step's dialog, POST takes it."""
    case = find_case(request, number)
    if name == "take":
        return _take(request, case)
    chosen = STEPS.get(name)
    if chosen is None:
        raise Http404
    if request.method != "POST":
        form = chosen.form(case=case, user=request.user, initial=_initial(request, case))
        return render(
            request, "cases/_step.html", {"case": case, "step": chosen, "name": name, "form": form}
        )
    form = chosen.form(request.POST, case=case, user=request.user)
    status, said = 422, ""  # the page swaps refusals in by 409 and 422; the words say which it was
    valid = form.is_valid()
    try:
        said = sent_before(request) or ""
        if valid and not said:
            given = Act(request, case, form.cleaned_data, door_time(request))
            said = once(request, lambda: chosen.do(given))
    except KefuError as error:
        form.refuse(error)
        status = 409 if error.status == 409 else 422
    if said:
        return done(request, number, said)
    fresh = find_case(request, number)
    if status == 409:  # told what happened meanwhile; pressed again, it answers to that
        form.data = {**request.POST.dict(), "version": fresh.version}
    context = {"case": fresh, "step": chosen, "name": name, "form": form}
    return render(request, "cases/_step.html", context, status=status)


def _initial(request: DeskRequest, case: Case) -> dict[str, Any]:
    return {
        "version": case.version,
        "department": case.department_id,
        "channel": Interaction.Channel.PHONE,
        "promised_for": None,
    }


def _take(request: DeskRequest, case: Case) -> HttpResponse:
    if request.method != "POST":
        raise Http404
    try:
        desk.take(case=case, employee=employee_of(request), now=door_time(request))
    except KefuError as error:
        return tell(HttpResponse(status=204), str(error))
    return done(request, case.number, _("这一单归你了"))


def done(request: DeskRequest, number: str, said: str) -> HttpResponse:
    """Close the dialog, say so, and bring the page up to date."""
    context = page_context(request, find_case(request, number))
    response = render(request, "cases/_parts.html", {**context, "oob": True, "with_forms": True})
    response.headers["HX-Reswap"] = "none"
    return tell(response, said, **{"dialog-close": {}})
