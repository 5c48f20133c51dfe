"""The pages of an import: choose a table, look at it, start, follow it, take the refused rows home."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from kefu.audit.context import address_of, request_id
from kefu.errors import KefuError
from kefu.imports.forms import OwnerForm, TableForm
from kefu.imports.services import TableImport
from kefu.imports.tables import CONTENT_TYPES, MAX_ROWS
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.workbench import wording
from kefu.workbench.door import desk_only, tell
from kefu.workbench.frame import desk_of, door_time

REFUSED_ROWS = 50
LATEST = 6
NAMES = ("new_import", *(f"import_{what}" for what in ("preview", "template", "job", "progress", "stop", "refused")))  # fmt: skip


def by_htmx(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPages:
    """The pages of one kind of table, under the addresses of the app ``app_name``.

    ``form`` asks how to take the rows in (its fields beside the owner are shown by ``options``, a template);
    ``given`` makes of it what the job keeps as its options. ``frame`` is the page that they stand in: its block is
    ``intake``. ``prefix``: before the names of the addresses, where an app brings several kinds; ``after``: the page
    that shows what was brought, by the name of its address, and what its button says. ``jobs_of``: whose imports
    somebody may follow.
    """

    app_name: str
    table: TableImport
    form: Callable[..., OwnerForm]
    given: Callable[[OwnerForm], dict[str, Any]]
    options: str
    frame: Callable[[HttpRequest], str]
    prefix: str = ""
    after: tuple[str, Promise] = ("workbench:queue", gettext_lazy("去看队列"))
    jobs_of: Callable[[Any], QuerySet[Job]] = Job.objects.visible_to

    def urls(self, new: str, followed: str) -> list[URLPattern]:
        """The addresses: choosing under ``new``, following under ``followed``."""
        return [
            path(new, self._inside(self.choose), name=f"{self.prefix}new_import"),
            path(f"{new}preview/", self._posted(self.preview), name=f"{self.prefix}import_preview"),
            path(
                f"{new}template/<slug:form>/",
                self._read(self.template),
                name=f"{self.prefix}import_template",
            ),
            path(f"{followed}<uuid:pk>/", self._read(self.job), name=f"{self.prefix}import_job"),
            path(
                f"{followed}<uuid:pk>/progress/",
                self._read(self.progress),
                name=f"{self.prefix}import_progress",
            ),
            path(
                f"{followed}<uuid:pk>/stop/",
                self._posted(self.stop),
                name=f"{self.prefix}import_stop",
            ),
            path(
                f"{followed}<uuid:pk>/refused/",
                self._posted(self.refused),
                name=f"{self.prefix}import_refused",
            ),
        ]

    def _read(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        return require_GET(self._inside(view))

    def _posted(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        return require_POST(self._inside(view))

    def _inside(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """For those who may bring such a table."""

        @desk_only
        def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.table.may(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return inside

    def choose(self, request: HttpRequest) -> HttpResponse:
        """Choose a table; POST starts importing it."""
        if request.method != "POST":
            context = self._context(request, table_form=TableForm(), form=self._form(request))
            return render(request, "imports/new.html", context)
        table_form = TableForm(request.POST, request.FILES)
        form = self._form(request, request.POST)
        if table_form.is_valid() and form.is_valid():
            file, assignee = table_form.cleaned_data["file"], form.cleaned_data["owner"]
            try:
                started = self.table.start(
                    file_name=file.name,
                    content=_content(file),
                    department=assignee.department,
                    owner=assignee.owner,
                    options=self.given(form),
                    actor=request.user,
                    now=door_time(request),
                )
            except KefuError as error:
                if error.field == "file":
                    table_form.refuse(error)
                else:
                    form.refuse(error)
            else:
                url = reverse(self._names()["import_job"], args=[started.pk])
                return HttpResponseClientRedirect(url) if by_htmx(request) else redirect(url)
        context = self._context(request, table_form=table_form, form=form)
        page = "imports/_preview.html" if by_htmx(request) else "imports/new.html"
        return render(request, page, context, status=422)

    def preview(self, request: HttpRequest) -> HttpResponse:
        """How the chosen table is understood; nothing is kept."""
        table_form, form = TableForm(request.POST, request.FILES), self._form(request)
        found = None
        if table_form.is_valid():
            file = table_form.cleaned_data["file"]
            try:
                found = self.table.preview(content=_content(file), file_name=file.name)
            except KefuError as error:
                table_form.refuse(error)
        status = 422 if table_form.errors else 200
        context = self._context(request, table_form=table_form, form=form, preview=found)
        return render(request, "imports/_preview.html", context, status=status)

    def template(self, request: HttpRequest, form: str) -> HttpResponse:
        """An empty table with the right headers."""
        if form not in CONTENT_TYPES:
            raise Http404
        name, content = self.table.template_file(format="csv" if form == "csv" else "xlsx")
        return _file(name, content, form=form)

    def job(self, request: HttpRequest, pk: Any) -> HttpResponse:
        context = self._progress(request, self._find(request, pk))
        context["frame_template"] = self.frame(request)
        return render(request, "imports/job.html", context)

    def progress(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The moving part; asks again every second until the import has ended."""
        context = self._progress(request, self._find(request, pk))
        return render(request, "imports/_progress.html", context)

    def stop(self, request: HttpRequest, pk: Any) -> HttpResponse:
        found = self._find(request, pk)
        said = _("做完手上这一批就停；已建的都在")
        try:
            jobs.stop(job=found, actor=request.user, now=door_time(request))
        except KefuError as error:
            said = str(error)
        if not by_htmx(request):
            return redirect(self._names()["import_job"], pk)
        found.refresh_from_db()
        return tell(render(request, "imports/_progress.html", self._progress(request, found)), said)

    def refused(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The refused rows with the reason beside each, to be mended and brought again; recorded as a reveal."""
        found = self._find(request, pk)
        try:
            name, content = self.table.refused_file(
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

    def _form(self, request: HttpRequest, data: Any = None) -> OwnerForm:
        return self.form(data, desk=desk_of(request))

    def _context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        mine = self.jobs_of(request.user).filter(kind=self.table.kind)
        latest = mine.order_by("-created_at")[:LATEST]
        return {
            "tab": "import",
            "now": door_time(request),
            "latest": latest,
            "max_bytes": jobs.MAX_BYTES,
            "max_rows": MAX_ROWS,
            "names": self._names(),
            "options": self.options,
            "frame_template": self.frame(request),
            **more,
        }

    def _names(self) -> dict[str, str]:
        return {name: f"{self.app_name}:{self.prefix}{name}" for name in NAMES}

    def _find(self, request: HttpRequest, pk: Any) -> Job:
        mine = self.jobs_of(request.user).filter(kind=self.table.kind)
        return get_object_or_404(mine, pk=pk)

    def _progress(self, request: HttpRequest, job: Job) -> dict[str, Any]:
        refusals = self.table.refusals(job=job, limit=REFUSED_ROWS)
        return {
            "job": job,
            "refusals": refusals,
            "left": _left(job, request),
            "now": door_time(request),
            "names": self._names(),
            "after": self.after,
            "tab": "import",
        }


def _content(file: Any) -> bytes:
    """The file's bytes; one that is too large anyway is not read to the end."""
    return bytes(file.read(jobs.MAX_BYTES + 1))


def _file(name: str, content: bytes, *, form: str) -> HttpResponse:
    response = HttpResponse(content, content_type=CONTENT_TYPES[form])
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Cache-Control"] = "no-store"
    return response


def _left(job: Job, request: HttpRequest) -> str:
    """How long it will take, going on as it has gone so far; empty while nobody can tell."""
    if job.finished or not job.total or not job.done or job.started_at is None:
        return ""
    return wording.stretch(
        (door_time(request) - job.started_at) * (job.total - job.done) / job.done
    )
