"""My training: what comes next, what is to be sat, how it went; and the page of the examination itself."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import door_time
from payroll.forms.exams import AnswerForm
from payroll.models import Course, Paper, Suspension
from payroll.selectors import exams as selectors
from payroll.selectors import training
from payroll.services import papers as services
from payroll.views.exams import true_and_false

State = Paper.State


@require_GET
@desk_only
def mine(request: DeskRequest) -> HttpResponse:
    """My next session, the papers to sit, my results and my archive."""
    me, now = employee_of(request), door_time(request)
    papers = selectors.my_papers(me.pk)
    marks = selectors.latest_marks([paper.pk for paper in papers])
    today = now.astimezone(SHANGHAI).date()
    upcoming = training.next_session(me, now)
    context = {
        "employee": me,
        "next": upcoming,
        "next_name": training.named(upcoming) if upcoming else "",
        "to_sit": [
            paper
            for paper in papers
            if paper.state in (State.WAITING, State.SITTING) and not paper.exam.on_paper
        ],
        "results": [
            (paper, marks.get(paper.pk), selectors.is_explained(paper.exam, now))
            for paper in papers
            if paper.state not in (State.WAITING, State.SITTING)
        ],
        "courses": Course.objects.filter(employee=me, state=Course.State.ONGOING)
        .select_related("mentor")
        .prefetch_related("sessions"),
        "suspended": Suspension.objects.filter(employee=me, ends_on__gte=today).first(),
        "offered": training.offered_training(me),
        "lines": training.archive(me),
        "current": "my_training",
        "now": now,
        "today": today,
    }
    return render(request, "payroll/training/mine.html", context)


def _find(request: DeskRequest, pk: int) -> Paper:
    rows = Paper.objects.filter(employee__user=request.user.pk).exclude(exam__state="draft")
    return get_object_or_404(rows.select_related("exam", "employee"), pk=pk)


@require_GET
@desk_only
def paper(request: DeskRequest, pk: int) -> HttpResponse:
    """Before it begins its rules, then the questions, in the end what came of it."""
    return _paper(request, _find(request, pk))


def _paper(request: DeskRequest, row: Paper, refused: str = "") -> HttpResponse:
    now = door_time(request)
    context: dict[str, Any] = {
        "paper": row,
        "exam": row.exam,
        "refused": refused,
        "current": "my_training",
        "now": now,
        "until": selectors.may_start_until(row),
    }
    status = 409 if refused else 200
    if row.state in (State.WAITING, State.MISSED):
        return render(request, "payroll/training/begin.html", context, status=status)
    sitting = row.state == State.SITTING and row.ends_at is not None and now <= row.ends_at
    context["items"] = selectors.items_of(row, true_and_false())
    if sitting:
        context["answered"] = sum(item.answered for item in context["items"])
        return render(request, "payroll/training/sit.html", context, status=status)
    context |= {
        "mark": selectors.latest_mark(row),
        "explains": selectors.is_explained(row.exam, now) and row.state == State.MARKED,
    }
    return render(request, "payroll/training/result.html", context, status=status)


@require_POST
@desk_only
def begin(request: DeskRequest, pk: int) -> HttpResponse:
    row = _find(request, pk)
    try:
        services.begin(paper=row, actor=request.user, now=door_time(request))
    except KefuError as error:
        return _paper(request, row, str(error))
    return redirect("payroll:paper", pk)


@require_POST
@desk_only
def save(request: DeskRequest, pk: int) -> HttpResponse:
    """Keep one answer; the page shows since when it is kept."""
    row, form, now = _find(request, pk), AnswerForm(request.POST), door_time(request)
    if not form.is_valid():
        return JsonResponse({"refused": _("没有存上，请检查")}, status=422)
    try:
        services.save(
            paper=row,
            chosen=form.chosen(request.POST.getlist("chosen")),
            actor=request.user,
            now=now,
            **form.cleaned_data,
        )
    except KefuError as error:
        return JsonResponse({"refused": str(error), "code": error.code}, status=409)
    return JsonResponse({"saved": f"{now.astimezone(SHANGHAI):%H:%M:%S}"})


@require_POST
@desk_only
def hand_in(request: DeskRequest, pk: int) -> HttpResponse:
    """Hand it in with what stands on the page."""
    row = _find(request, pk)
    try:
        services.hand_in(
            paper=row,
            answers=_answers(request, len(row.questions)),
            actor=request.user,
            now=door_time(request),
        )
    except KefuError as error:
        row.refresh_from_db()
        return _paper(request, row, str(error))
    messages.success(request, _("已交卷"))
    return redirect("payroll:paper", pk)


def _answers(request: DeskRequest, number: int) -> dict[int, tuple[list[int], str]]:
    """What the page says of each question; a page without scripts sends them all."""
    found = {}
    for place in range(number):
        if f"shown-{place}" in request.POST:
            chosen = AnswerForm.chosen(request.POST.getlist(f"q-{place}"))
            found[place] = (chosen, request.POST.get(f"t-{place}", ""))
    return found
