"""What is written below the timeline of a problem parcel: to the other outlet, back to the one that wrote."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.workbench.door import DeskRequest, employee_of, find_case, workers_only
from kefu.workbench.frame import door_time
from kefu.workbench.views.compose import submit
from problem_parcels import services
from problem_parcels.forms.case import AnswerForm, MessageForm
from problem_parcels.kinds import answer_tab, message_tab


@require_POST
@workers_only
def message(request: DeskRequest, number: str) -> HttpResponse:
    """Write to the other outlet; its two hours and the parcel's five days begin."""
    case, now = find_case(request, number), door_time(request)
    if case.kind != Case.Kind.PROBLEM_PARCEL:
        raise Http404
    form = MessageForm(request.POST, other=case.outlet, auto_id="message-%s")

    def act(given: dict[str, Any]) -> str:
        sent = services.post_message(
            case=case,
            text=given["text"],
            to=given["to"],
            storefront=given["storefront"],
            by=employee_of(request),
            version=given["version"],
            actor=request.user,
            now=now,
        )
        return _("已留言给 {outlet}").format(outlet=sent.receiver)

    return submit(request, case, message_tab(form), act)


@require_POST
@workers_only
def answer(request: DeskRequest, number: str) -> HttpResponse:
    """Reply to the outlet that wrote to us."""
    case, now = find_case(request, number), door_time(request)
    to_us = case.parcel_messages.filter(reply_to=None, receiver__kind=Party.Kind.COMPANY)
    # Answered by a colleague meanwhile it is still the one meant: the service says so, and the text is kept.
    asked = to_us.unanswered().first() or to_us.order_by("-pk").first()
    if asked is None:
        raise Http404
    form = AnswerForm(request.POST, auto_id="answer-%s")

    def act(given: dict[str, Any]) -> str:
        services.reply(
            message=asked,
            text=given["text"],
            by=employee_of(request),
            actor=request.user,
            now=now,
        )
        return _("已回复 {outlet}，计时已停").format(outlet=asked.sender)

    return submit(request, case, answer_tab(form), act)
