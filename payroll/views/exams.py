"""Examinations as those who set and mark them see them: the list, one with its results, a paper to mark."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.months import last_day, month_of
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll import mark_sheets as sheets
from payroll.forms.exams import ExamForm, JudgeForm, MarkForm, MinutesForm, UntilForm
from payroll.forms.rosters import FileForm
from payroll.models import Course, Exam, Paper, TrainingSession
from payroll.selectors import exams as selectors
from payroll.selectors.training import reach
from payroll.services import exams as services
from payroll.services import months, papers
from payroll.services.training import RUN
from payroll.views.disclosing import XLSX, download

AN_HOUR = timedelta(hours=1)
SHOWN = 60


def true_and_false() -> tuple[str, str]:
    return _("对"), _("错")


def may_mark(request: DeskRequest) -> None:
    if not request.user.has_perm("payroll.mark_papers"):
        raise PermissionDenied


def find(request: DeskRequest, pk: int) -> Exam:
    """The only way to an examination of one's departments."""
    may_mark(request)
    return get_object_or_404(selectors.exams_of(request.user), pk=pk)


@require_GET
@desk_only
def exams(request: DeskRequest) -> HttpResponse:
    may_mark(request)
    rows = list(selectors.exams_of(request.user)[:SHOWN])
    results = selectors.all_results(rows)
    context = {
        "rows": [(row, results[row.pk] if row.state != Exam.State.DRAFT else None) for row in rows],
        "runs": request.user.has_perm(RUN),
        "tab": "exams",
        "current": "training",
        "now": door_time(request),
    }
    return render(request, "payroll/training/exams.html", context)


# Setting up.


def _form(request: DeskRequest, data: Any = None, exam: Exam | None = None) -> ExamForm:
    if not request.user.has_perm(RUN):
        raise PermissionDenied
    departments = reach(request.user)
    courses = Course.objects.filter(
        state=Course.State.ONGOING, employee__department__in=departments
    )
    return ExamForm(
        data,
        categories=selectors.categories(),
        departments=departments,
        courses=courses.select_related("employee"),
        initial=_written(exam) if exam else _proposed(request),
    )


def _written(exam: Exam) -> dict[str, Any]:
    names = (
        "department", "title", "course", "part", "month", "on_paper", "opens_at", "closes_at", "minutes",
        "pass_mark", "review_on",
    )  # fmt: skip
    initial = {name: getattr(exam, name) for name in names}
    initial["counts"] = exam.kind == Exam.Kind.MONTHLY
    for n, part in enumerate(exam.parts):
        initial |= {f"{name}-{n}": part[name] for name in ("category", "kind", "count", "points")}
    return initial


def _proposed(request: DeskRequest) -> dict[str, Any]:
    """As the month's cycle has it: on the day of the examination, explained on the day of the review."""
    today = door_time(request).astimezone(SHANGHAI).date()
    ahead = TrainingSession.objects.filter(
        department__in=reach(request.user), state=TrainingSession.State.PLANNED, on__gte=today
    ).order_by("on")
    sat = ahead.filter(kind=TrainingSession.Kind.EXAM).first()
    day = sat.on if sat else today
    review = ahead.filter(kind=TrainingSession.Kind.REVIEW, on__gte=day).first()
    return {
        "department": sat.department_id if sat else None,
        "title": _("{month} 月度考试").format(month=f"{day:%Y-%m}"),
        "month": day.replace(day=1),
        "counts": True,
        "opens_at": datetime.combine(day, time(9), SHANGHAI),
        "closes_at": datetime.combine(day, time(18), SHANGHAI),
        "minutes": 60,
        "review_on": review.on if review else last_day(month_of(day)),
    }


@require_http_methods(["GET", "POST"])
@desk_only
def new(request: DeskRequest) -> HttpResponse:
    return _set_up(request, None)


@require_http_methods(["GET", "POST"])
@desk_only
def edit(request: DeskRequest, pk: int) -> HttpResponse:
    row = find(request, pk)
    if row.state != Exam.State.DRAFT:
        raise Http404
    return _set_up(request, row)


def _set_up(request: DeskRequest, exam: Exam | None) -> HttpResponse:
    form = _form(request, request.POST or None, exam)
    if request.method == "POST" and form.is_valid():

        def do() -> int:
            data = form.cleaned_data
            return services.set_up(
                department=data["department"],
                setting=form.setting,
                exam=exam,
                actor=request.user,
                now=door_time(request),
            ).pk

        try:
            pk = once(request, do)
        except KefuError as error:
            form.refuse(error)
        else:
            return redirect("payroll:exam", pk)
    context = {"form": form, "exam": exam, "tab": "exams", "current": "training"}
    status = 422 if form.errors else 200
    return render(request, "payroll/training/exam_form.html", context, status=status)


# One examination.


@require_GET
@desk_only
def exam(request: DeskRequest, pk: int) -> HttpResponse:
    return _exam(request, find(request, pk))


def _exam(request: DeskRequest, row: Exam, **more: Any) -> HttpResponse:
    runs = request.user.has_perm(RUN)
    context = {
        "exam": row,
        "results": selectors.results_of(row),
        "paid": row.kind == Exam.Kind.MONTHLY and months.is_locked(row.month),
        "parts": [
            (part, len(pool)) for part, pool in zip(row.parts, row.pool or [[]] * len(row.parts), strict=True)
        ],
        "runs": runs,
        "file_form": more.get("file_form") or FileForm(),
        "read": more.get("read"),
        "refused": more.get("refused", ""),
        "about": more.get("about"),
        "tab": "exams",
        "current": "training",
        "now": door_time(request),
    }  # fmt: skip
    status = 422 if more else 200
    return render(request, "payroll/training/exam.html", context, status=status)


@require_POST
@desk_only
def step(request: DeskRequest, pk: int) -> HttpResponse:
    """Publish a draft, or throw it away."""
    row = find(request, pk)
    given = {"exam": row, "actor": request.user, "now": door_time(request)}
    try:
        if request.POST.get("step") == "discard":
            services.discard(**given)
            return redirect("payroll:exams")
        services.publish(**given)
    except KefuError as error:
        return _exam(request, row, refused=str(error))
    messages.success(request, _("已发布，要考的人都收到了通知"))
    return redirect("payroll:exam", pk)


@require_POST
@desk_only
def bring(request: DeskRequest, pk: int) -> HttpResponse:
    """Hold a table of marks against the papers; ``take`` records them, all or none."""
    row, form = find(request, pk), FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _exam(request, row, file_form=form)
    try:
        found = sheets.read(row, form.cleaned_data["file"].read(sheets.MAX_BYTES + 1))
        if form.cleaned_data["take"] and found.marks and not found.faults:
            count = papers.enter_marks(
                exam=row, marks=found.pairs, actor=request.user, now=door_time(request)
            )
            messages.success(request, _("已登记 {n} 人的成绩").format(n=count))
            return redirect("payroll:exam", pk)
    except KefuError as error:
        form.refuse(error)
        return _exam(request, row, file_form=form)
    if found.faults:
        return _exam(request, row, read=found)
    response = _exam(request, row, read=found)
    response.status_code = 200
    return response


@require_GET
@desk_only
def file(request: DeskRequest, pk: int) -> HttpResponse:
    row = find(request, pk)
    content = sheets.workbook(row, created=door_time(request))
    return download(content, XLSX, f"marks-{row.pk}.xlsx")


# One paper.


def _find_paper(request: DeskRequest, pk: int) -> Paper:
    may_mark(request)
    rows = Paper.objects.filter(exam__in=selectors.exams_of(request.user))
    rows = rows.exclude(employee__user=request.user.pk)
    return get_object_or_404(rows.select_related("exam__department", "employee"), pk=pk)


@require_GET
@desk_only
def paper(request: DeskRequest, pk: int) -> HttpResponse:
    """A paper with its answers; what is in words waits for points."""
    row = _find_paper(request, pk)
    if row.state == Paper.State.SITTING:
        raise Http404  # nobody looks over a shoulder
    return _paper(request, row)


def _paper(request: DeskRequest, row: Paper, form: Any = None) -> HttpResponse:
    looks = selectors.text_marks(row)
    items = selectors.items_of(row, true_and_false(), looks)
    marks = list(row.marks.select_related("recorded_by").order_by("-number"))
    waiting = selectors.exams_of(request.user).filter(pk=row.exam_id)
    others = Paper.objects.filter(exam__in=waiting, state=Paper.State.HANDED_IN).exclude(pk=row.pk)
    context = {
        "paper": row,
        "rows": [(item, looks.get(item.place)) for item in items],
        "mark": marks[0] if marks else None,
        "marks": marks,
        "paid": row.exam.kind == Exam.Kind.MONTHLY and months.is_locked(row.exam.month),
        "form": form,
        "next": others.exclude(employee__user=request.user.pk).order_by("employee__number").first(),
        "explains": True,
        "tab": "exams",
        "current": "training",
        "now": door_time(request),
    }
    status = 422 if form is not None else 200
    return render(request, "payroll/training/mark.html", context, status=status)


FORMS: dict[str, Any] = {
    "judge": JudgeForm,
    "mark": MarkForm,
    "time": MinutesForm,
    "later": UntilForm,
}


@require_POST
@desk_only
def paper_step(request: DeskRequest, pk: int, act: str) -> HttpResponse:
    """Judge an answer in words, write a mark down, give more time, let sit later."""
    if act not in FORMS:
        raise Http404
    row, form = _find_paper(request, pk), FORMS[act](request.POST)
    if form.is_valid():
        try:
            once(request, lambda: _step(request, act, row, form.cleaned_data))
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已记录"))
            if act == "judge":
                return redirect("payroll:mark_paper", pk)
            return redirect("payroll:exam", row.exam_id)
    if act == "judge":
        return _paper(request, row, form)
    said = " ".join(str(one) for errors in form.errors.values() for one in errors)
    return _exam(request, row.exam, refused=f"{row.employee} {said}", about=row)


def _step(request: DeskRequest, act: str, row: Paper, data: dict[str, Any]) -> int:
    do: dict[str, Any] = {
        "judge": papers.judge_text,
        "mark": papers.enter_mark,
        "time": papers.more_time,
        "later": papers.let_sit_later,
    }
    found = do[act](paper=row, actor=request.user, now=door_time(request), **data)
    return int(found.pk)
