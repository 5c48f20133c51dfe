"""Suggestions of the staff: write one, read what was answered, answer."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.once import once
from payroll.forms.discipline import IdeaAnswerForm, IdeaForm
from payroll.models import Idea
from payroll.selectors import ideas as selectors
from payroll.services import ideas as services

SHOWN = 60


@require_GET
@desk_only
def ideas(request: DeskRequest) -> HttpResponse:
    """The board: mine, what waits for my answer, what was answered and all may read."""
    return _page(request, IdeaForm(initial={"shown": Idea.Shown.NAMED}))


def _page(
    request: DeskRequest, form: IdeaForm, answering: int = 0, answer: IdeaAnswerForm | None = None
) -> HttpResponse:
    now, user = door_time(request), request.user
    waiting = list(selectors.to_answer(user)[:SHOWN])
    state = request.GET.get("state", "")
    board = selectors.readable_by(user)
    if state in (Idea.State.ADOPTED, Idea.State.REJECTED):
        board = board.filter(state=state)
    context = {
        "form": form,
        "writes": desk_of(request).employee_id is not None,
        "own": list(selectors.own(user)[:SHOWN]),
        "waiting": [
            (
                one,
                selectors.rewarding_of(one),
                (now - one.submitted_at).days,
                answer if answer is not None and one.pk == answering else None,
            )
            for one in waiting
        ],
        "board": selectors.board_of(user, board[:SHOWN]),
        "state": state,
        "now": now,
        "current": "ideas",
    }
    status = 422 if form.errors or answer is not None else 200
    return render(request, "payroll/discipline/ideas.html", context, status=status)


@require_POST
@desk_only
def submit(request: DeskRequest) -> HttpResponse:
    """Write one down."""
    form = IdeaForm(request.POST)
    if form.is_valid():
        given: dict[str, Any] = {"actor": request.user, "now": door_time(request)}
        try:
            once(
                request,
                lambda: (
                    services.submit(employee=employee_of(request), **form.cleaned_data, **given).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已提交，主管会答复你"))
            return redirect("payroll:ideas")
    return _page(request, form)


@require_POST
@desk_only
def answer(request: DeskRequest, pk: int) -> HttpResponse:
    """Answer the author."""
    idea = get_object_or_404(selectors.to_answer(request.user), pk=pk)
    form = IdeaAnswerForm(request.POST)
    if form.is_valid():
        try:
            once(
                request,
                lambda: (
                    services.reply(
                        idea=idea,
                        actor=request.user,
                        now=door_time(request),
                        **form.cleaned_data,
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已答复"))
            return redirect("payroll:ideas")
    return _page(request, IdeaForm(initial={"shown": Idea.Shown.NAMED}), pk, form)


@require_POST
@desk_only
def withdraw(request: DeskRequest, pk: int) -> HttpResponse:
    """Take one's own back before it is answered."""
    idea = get_object_or_404(selectors.own(request.user), pk=pk)
    try:
        services.withdraw(idea=idea, actor=request.user, now=door_time(request))
    except KefuError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("已撤回"))
    return redirect("payroll:ideas")
