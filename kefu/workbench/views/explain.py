"""Why: every due time and every fine told from what its row keeps."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.penalties import selectors as penalties
from kefu.penalties.models import Penalty
from kefu.policy.explanation import Explanation, explain_due
from kefu.rulebooks.selectors import edition
from kefu.workbench.door import DeskRequest, desk_only


@require_GET
@desk_only
def why_deadline(request: DeskRequest, pk: int) -> HttpResponse:
    deadline = get_object_or_404(
        Deadline.objects.filter(case__in=Case.objects.visible_to(request.user)), pk=pk
    )
    using = edition(deadline.rulebook_id)
    answered = deadline.answered_at.isoformat() if deadline.answered_at else None
    state = "breached" if deadline.state == Deadline.State.SET_ASIDE else deadline.state
    told = explain_due(
        {**deadline.inputs, "state": state, "answered_at": answered},
        get_language() or "zh-hans",
        using.rules,
        version=using.number,
        effective_on=using.effective_on,
    )
    return _show(request, told)


@require_GET
@desk_only
def why_penalty(request: DeskRequest, pk: int) -> HttpResponse:
    penalty = get_object_or_404(
        Penalty.objects.visible_to(request.user).select_related("deadline"), pk=pk
    )
    told = penalties.explained(penalty, get_language() or "zh-hans")
    return _show(request, told, unread=penalties.happened_before_reading(penalty))


def _show(request: DeskRequest, told: Explanation, *, unread: bool = False) -> HttpResponse:
    inline = request.GET.get("in") == "place"
    template = "cases/_explain.html" if inline else "cases/_why.html"
    return render(request, template, {"told": told, "unread": unread})
