"""Intake from a table: look at it, start the import, follow it, take the refused rows home."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from inquiries import imports
from inquiries.forms_intake import ImportForm, TableForm
from inquiries.views.paste import by_htmx, frame_template
from kefu.audit.context import address_of, request_id
from kefu.errors import KefuError
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.workbench import wording
from kefu.workbench.door import tell, workers_only
from kefu.workbench.frame import desk_of, door_time

REFUSED_ROWS = 50
LATEST = 6


def _options(request: HttpRequest, data: Any = None) -> ImportForm:
    return ImportForm(data, desk=desk_of(request), kinds=imports.kind_choices())


def _context(request: HttpRequest, **more: Any) -> dict[str, Any]:
    latest = (
        Job.objects.visible_to(request.user)
        .filter(kind=imports.KIND)
        .order_by("-created_at")[:LATEST]
    )
    return {
        "tab": "import",
        "now": door_time(request),
        "latest": latest,
        "max_bytes": imports.MAX_BYTES,
        "max_rows": imports.MAX_ROWS,
        "frame_template": frame_template(request),
        **more,
    }


def _importers_only(request: HttpRequest) -> None:
    if not request.user.has_perm("cases.import_cases"):
        raise PermissionDenied


@workers_only
def table(request: HttpRequest) -> HttpResponse:
    """Choose a table; POST starts importing it."""
    _importers_only(request)
    if request.method != "POST":
        context = _context(request, table_form=TableForm(), form=_options(request))
        return render(request, "inquiries/imports/new.html", context)
    table_form, form = TableForm(request.POST, request.FILES), _options(request, request.POST)
    if table_form.is_valid() and form.is_valid():
        given, file = form.cleaned_data, table_form.cleaned_data["file"]
        assignee = given["owner"]
        try:
            started = imports.start_import(
                file_name=file.name,
                content=_content(file),
                department=assignee.department,
                owner=assignee.owner,
                options=imports.Options(
                    kind=given["kind"], allow_unknown_waybills=given["allow_unknown_waybills"]
                ),
                actor=request.user,
                now=door_time(request),
            )
        except KefuError as error:
            if error.field == "file":
                table_form.refuse(error)
            else:
                form.refuse(error)
        else:
            url = reverse("inquiries:import_job", args=[started.pk])
            return HttpResponseClientRedirect(url) if by_htmx(request) else redirect(url)
    context = _context(request, table_form=table_form, form=form)
    return render(
        request,
        "inquiries/imports/_preview.html" if by_htmx(request) else "inquiries/imports/new.html",
        context,
        status=422,
    )


def _content(file: Any) -> bytes:
    """The file's bytes; one that is too large anyway is not read to the end."""
    return bytes(file.read(imports.MAX_BYTES + 1))


@require_POST
@workers_only
def preview(request: HttpRequest) -> HttpResponse:
    """How the chosen table is understood; nothing is kept."""
    _importers_only(request)
    table_form, form = TableForm(request.POST, request.FILES), _options(request)
    found = None
    if table_form.is_valid():
        file = table_form.cleaned_data["file"]
        try:
            found = imports.preview(content=_content(file), file_name=file.name)
        except KefuError as error:
            table_form.refuse(error)
    status = 422 if table_form.errors else 200
    context = _context(request, table_form=table_form, form=form, preview=found)
    return render(request, "inquiries/imports/_preview.html", context, status=status)


@require_GET
@workers_only
def template(request: HttpRequest, form: str) -> HttpResponse:
    """An empty table with the right headers."""
    if form not in imports.CONTENT_TYPES:
        raise Http404
    name, content = imports.template_file(format="csv" if form == "csv" else "xlsx")
    return _file(name, content, form=form)


def _file(name: str, content: bytes, *, form: str) -> HttpResponse:
    response = HttpResponse(content, content_type=imports.CONTENT_TYPES[form])
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Cache-Control"] = "no-store"
    return response


# -- following an import ------------------------------------------------------------------------------


def _find(request: HttpRequest, pk: Any) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.user).filter(kind=imports.KIND), pk=pk)


def _progress(request: HttpRequest, job: Job) -> dict[str, Any]:
    refusals = imports.refusals(job=job, limit=REFUSED_ROWS)
    return {
        "job": job,
        "refusals": refusals,
        "left": _left(job, request),
        "now": door_time(request),
        "tab": "import",
    }


def _left(job: Job, request: HttpRequest) -> str:
    """How long it will take, going on as it has gone so far; empty while nobody can tell."""
    if job.finished or not job.total or not job.done or job.started_at is None:
        return ""
    return wording.stretch(
        (door_time(request) - job.started_at) * (job.total - job.done) / job.done
    )


@require_GET
@workers_only
def job(request: HttpRequest, pk: Any) -> HttpResponse:
    context = {**_progress(request, _find(request, pk)), "frame_template": frame_template(request)}
    return render(request, "inquiries/imports/job.html", context)


@require_GET
@workers_only
def progress(request: HttpRequest, pk: Any) -> HttpResponse:
    """The moving part; asks again every second until the import has ended."""
    return render(
        request, "inquiries/imports/_progress.html", _progress(request, _find(request, pk))
    )


@require_POST
@workers_only
def stop(request: HttpRequest, pk: Any) -> HttpResponse:
    found = _find(request, pk)
    said = _("做完手上这一批就停；已建的都在")
    try:
        jobs.stop(job=found, actor=request.user, now=door_time(request))
    except KefuError as error:
        said = str(error)
    if not by_htmx(request):
        return redirect("inquiries:import_job", pk)
    found.refresh_from_db()
    return tell(
        render(request, "inquiries/imports/_progress.html", _progress(request, found)), said
    )


@require_POST
@workers_only
def refused(request: HttpRequest, pk: Any) -> HttpResponse:
    """The refused rows with the reason beside each, to be mended and brought again; recorded as a reveal."""
    found = _find(request, pk)
    try:
        name, content = imports.refused_file(
            job=found,
            actor=request.user,
            address=address_of(request),
            request_id=request_id(),
            now=door_time(request),
        )
    except KefuError as error:
        if error.status == 403:
            raise PermissionDenied from error
        raise Http404 from error
    form = "xlsx" if name.endswith(".xlsx") else "csv"
    return _file(name, content, form=form)
