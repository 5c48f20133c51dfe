"""The course of one person: its days, its mentor, its marks."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll.forms.training import MentorForm, ResultForm
from payroll.models import Course
from payroll.selectors import training as selectors
from payroll.services import courses
from payroll.views.training import may_see, runs, today_of


def _find(request: DeskRequest, pk: int) -> Course:
    may_see(request)
    rows = Course.objects.filter(employee__department__in=selectors.reach(request.user))
    return get_object_or_404(
        rows.select_related("employee__department", "employee__user", "mentor", "score"), pk=pk
    )


@require_GET
@desk_only
def course(request: DeskRequest, pk: int) -> HttpResponse:
    return _course(request, _find(request, pk))


def _course(request: DeskRequest, row: Course, **forms: Any) -> HttpResponse:
    ongoing = row.state == Course.State.ONGOING and runs(request)
    context = {
        "course": row,
        "days": [
            (one, selectors.topics_in_words(one))
            for one in row.sessions.select_related("trainer").order_by("day_number")
        ],
        "results": row.results.select_related("recorded_by", "suspension").order_by("recorded_at"),
        "mentor": forms.get("mentor")
        or (MentorForm(initial={"mentor": row.mentor}) if ongoing else None),
        "result": forms.get("result") or (_result_form(row) if ongoing else None),
        "today": today_of(request),
        "tab": "month",
        "current": "training",
        "now": door_time(request),
    }
    status = 422 if forms else 200
    return render(request, "payroll/training/course.html", context, status=status)


def _result_form(row: Course, data: Any = None) -> ResultForm:
    form = ResultForm(data)
    re_exam = row.kind == Course.Kind.SPECIAL
    offered = [
        one for one in form.fields["part"].choices if (one[0] == "re_exam") is re_exam  # type: ignore[attr-defined]
    ]  # fmt: skip
    form.fields["part"].choices = offered  # type: ignore[attr-defined]
    return form


@require_POST
@desk_only
def course_step(request: DeskRequest, pk: int, act: str) -> HttpResponse:
    """Choose the mentor, record a mark."""
    if act not in ("mentor", "result"):
        raise Http404
    row = _find(request, pk)
    form = MentorForm(request.POST) if act == "mentor" else _result_form(row, request.POST)
    if form.is_valid():
        do = courses.choose_mentor if act == "mentor" else courses.record_result
        given = {"course": row, "actor": request.user, "now": door_time(request)}

        def kept() -> int:
            do(**given, **form.cleaned_data)
            return row.pk

        try:
            once(request, kept)
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已记录"))
            return redirect("payroll:course", pk)
    return _course(request, row, **{act: form})
