"""What is written below the timeline of an inquiry: to the customer, to an outlet, back to the outlet that asked."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inquiries import forms, services
from inquiries.kinds import answer_tab, outlet_tab, reply_tab
from inquiries.selectors.queries import queries_of
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict
from kefu.network.models import Party
from kefu.workbench.door import DeskRequest, find_case, workers_only
from kefu.workbench.forms import latest
from kefu.workbench.frame import door_time
from kefu.workbench.views.compose import submit


@require_POST
@workers_only
def reply(request: DeskRequest, number: str) -> HttpResponse:
    """Record what the customer was told; only the tick stops his clock."""
    case, now = find_case(request, number), door_time(request)
    form = forms.ReplyForm(request.POST, auto_id="reply-%s")

    def act(given: dict[str, Any]) -> str:
        happened_at = latest(given["happened"], now)
        services.answer_customer(
            case=case,
            text=given["text"],
            channel=given["channel"],
            substantive=given["substantive"],
            happened_at=happened_at,
            wording=given["wording"],
            version=given["version"],
            actor=request.user,
            now=now,
        )
        return _("已记为答复客户，计时已停") if given["substantive"] else _("已记下，计时还在走")

    return submit(request, case, reply_tab(form), act)


@require_POST
@workers_only
def outlet(request: DeskRequest, number: str) -> HttpResponse:
    """Ask an outlet about the parcel; its two hours begin."""
    case, now = find_case(request, number), door_time(request)
    form = forms.AskForm(request.POST, askable=queries_of(case).askable, auto_id="outlet-%s")

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

    return submit(request, case, outlet_tab(form), act)


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

    return submit(request, case, answer_tab(form), act)


def _who_answered(case: Case) -> str:
    last = (
        case.interactions.filter(action="query_answered").select_related("author__employee").last()
    )
    return str(getattr(last.author, "employee", last.author)) if last and last.author else ""
