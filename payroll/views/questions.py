"""The question bank: looked through, written, brought from a table and taken away as one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from payroll import question_sheets as sheets
from payroll.forms.exams import FindForm, QuestionForm
from payroll.forms.rosters import FileForm
from payroll.models import Question
from payroll.selectors import exams as selectors
from payroll.services import questions as services
from payroll.services.training import RUN
from payroll.views.disclosing import XLSX, download

PAGE = 40


def may_write(request: DeskRequest) -> None:
    if not request.user.has_perm(RUN):
        raise PermissionDenied


@require_GET
@desk_only
def bank(request: DeskRequest) -> HttpResponse:
    may_write(request)
    return _bank(request)


def _found(request: DeskRequest) -> tuple[FindForm, Any]:
    form = FindForm(request.GET)
    form.is_valid()
    data = form.cleaned_data
    rows = selectors.questions(
        kind=data.get("kind", ""),
        category=data.get("category", ""),
        text=data.get("q", ""),
        retired=bool(data.get("retired")),
    )
    return form, rows


def _bank(request: DeskRequest, file_form: Any = None, read: Any = None) -> HttpResponse:
    form, rows = _found(request)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "page": page,
        "find": form.cleaned_data,
        "query": kept.urlencode(),
        "kinds": Question.Kind.choices,
        "categories": selectors.categories(),
        "file_form": file_form or FileForm(),
        "read": read,
        "tab": "questions",
        "current": "training",
    }
    faulty = (file_form is not None and file_form.errors) or (read is not None and read.faults)
    return render(
        request, "payroll/training/questions.html", context, status=422 if faulty else 200
    )


@require_http_methods(["GET", "POST"])
@desk_only
def new(request: DeskRequest) -> HttpResponse:
    may_write(request)
    form = QuestionForm(request.POST or None, initial={"kind": "single"})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            pk = once(
                request,
                lambda: (
                    services.write(
                        kind=data["kind"],
                        category=data["category"],
                        words=form.words,
                        actor=request.user,
                        now=door_time(request),
                    ).pk
                ),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已存入题库"))
            another = "another" in request.POST
            return redirect("payroll:new_question") if another else redirect("payroll:question", pk)
    return _question(request, form)


def _question(
    request: DeskRequest, form: QuestionForm, row: Question | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "question": row,
        "versions": row.versions.select_related("written_by") if row else (),
        "used": selectors.used_in_exams(row) if row else 0,
        "categories": selectors.categories(),
        "letters": selectors.LETTERS,
        "tab": "questions",
        "current": "training",
        "now": door_time(request),
    }
    status = 422 if form.errors else 200
    return render(request, "payroll/training/question.html", context, status=status)


@require_http_methods(["GET", "POST"])
@desk_only
def question(request: DeskRequest, pk: int) -> HttpResponse:
    """One question, to read and to say anew."""
    may_write(request)
    row = get_object_or_404(Question, pk=pk)
    version = row.versions.order_by("-number").select_related("question").first()
    form = QuestionForm(request.POST or None, version=version)
    if request.method == "POST" and form.is_valid():
        try:
            services.rewrite(
                question=row,
                category=form.cleaned_data["category"],
                words=form.words,
                actor=request.user,
                now=door_time(request),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            messages.success(request, _("已保存"))
            return redirect("payroll:question", pk)
    return _question(request, form, row)


@require_POST
@desk_only
def retire(request: DeskRequest, pk: int) -> HttpResponse:
    may_write(request)
    row = get_object_or_404(Question, pk=pk)
    services.retire(
        question=row, back=row.retired_at is not None, actor=request.user, now=door_time(request)
    )
    return redirect("payroll:question", pk)


@require_POST
@desk_only
def bring(request: DeskRequest) -> HttpResponse:
    """Hold a table against the bank; ``take`` puts in what is new."""
    may_write(request)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _bank(request, form)
    try:
        found = sheets.read(form.cleaned_data["file"].read(sheets.MAX_BYTES + 1))
        if form.cleaned_data["take"] and found.changes and not found.faults:
            count = sheets.take(found, actor=request.user, now=door_time(request))
            messages.success(request, _("已导入 {n} 题").format(n=count))
            return redirect(reverse("payroll:questions"))
    except KefuError as error:
        form.refuse(error)
        return _bank(request, form)
    return _bank(request, form, found)


@require_GET
@desk_only
def file(request: DeskRequest) -> HttpResponse:
    """The questions that are shown, as a workbook."""
    may_write(request)
    _form, rows = _found(request)
    content = sheets.workbook(list(rows), created=door_time(request))
    return download(content, XLSX, "questions.xlsx")
