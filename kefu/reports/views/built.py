"""Reports that people build for themselves: the list, the form with its preview, one of them, its files."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kefu.audit import services as audit
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.reports.files import write_report
from kefu.reports.forms_built import FIRST, BuiltForm, KindForm, initial_of
from kefu.reports.models import BuiltFile, BuiltReport
from kefu.reports.selectors.built import Found, all_rows, found, heads
from kefu.reports.services import built as services
from kefu.reports.shapes import Shape
from kefu.workbench.door import DeskRequest, View, desk_only
from kefu.workbench.frame import door_time

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PREVIEW, PAGE, FILES = 10, 50, 12
PAGES = 200  # whoever wants more takes the file


def builders_only(view: Callable[..., HttpResponseBase]) -> View:
    @desk_only
    @wraps(view)
    def inside(request: DeskRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.has_perm("reports.build_report"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inside


@require_GET
@builders_only
def all_built(request: DeskRequest) -> HttpResponse:
    """One's own reports, and those that others share."""
    rows = BuiltReport.objects.visible_to(request.user).select_related("owner__employee")
    context = {
        "mine": [one for one in rows if one.owner_id == request.user.pk],
        "others": [one for one in rows if one.owner_id != request.user.pk],
        "kinds": dict(Case.Kind.choices),
        "form": KindForm(),
        **_place(request),
    }
    return render(request, "reports/built/list.html", context)


@require_http_methods(["GET", "POST"])
@builders_only
def new(request: DeskRequest) -> HttpResponse:
    """The form for a kind of cases, empty or as a copy of ``copy``."""
    asked = KindForm(request.GET)
    if not asked.is_valid():
        return redirect("reports:all_built")
    kind = asked.cleaned_data["kind"]
    if request.method == "POST":
        return _sent(request, kind, None)
    return _form(request, BuiltForm(kind=kind, initial=_copied(request, kind)), None)


def _copied(request: DeskRequest, kind: str) -> dict[str, Any]:
    copy = request.GET.get("copy", "")
    rows = BuiltReport.objects.visible_to(request.user)
    model = rows.filter(pk=int(copy)).first() if copy.isascii() and copy.isdigit() else None
    if model is None or model.shape["kind"] != kind:
        return dict(FIRST)
    mine = {"name": _("{name} 副本").format(name=model.name)[:80], "shared": False, "schedule": ""}
    return initial_of(model, Shape.from_json(model.shape)) | mine


@require_http_methods(["GET", "POST"])
@builders_only
def edit(request: DeskRequest, pk: int) -> HttpResponse:
    """One's own report, to change it."""
    report = get_object_or_404(BuiltReport, pk=pk, owner=request.user)
    shape = Shape.from_json(report.shape)
    if request.method == "POST":
        return _sent(request, shape.kind, report)
    return _form(request, BuiltForm(kind=shape.kind, initial=initial_of(report, shape)), report)


def _sent(request: DeskRequest, kind: str, report: BuiltReport | None) -> HttpResponse:
    """Keep it, or show what it would find."""
    form = BuiltForm(request.POST, kind=kind)
    if not form.is_valid():
        return _form(request, form, report)
    if "preview" in request.POST:
        return _form(request, form, report, shape=form.shape())
    try:
        kept = services.save(
            report=report,
            name=form.cleaned_data["name"],
            shape=form.shape(),
            shared=form.cleaned_data["shared"],
            schedule=form.cleaned_data["schedule"],
            actor=request.user,
            now=door_time(request),
        )
    except KefuError as error:
        form.refuse(error)
        return _form(request, form, report)
    messages.success(request, _("报表已保存"))
    return redirect("reports:built", kept.pk)


def _form(
    request: DeskRequest, form: BuiltForm, report: BuiltReport | None, shape: Shape | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "report": report,
        "kind": Case.Kind(form.kind).label,
        "found": _found(request, shape, PREVIEW) if shape else None,
        "previewed": shape is not None,
        **_place(request),
    }
    return render(request, "reports/built/form.html", context, status=422 if form.errors else 200)


@require_GET
@builders_only
def show(request: DeskRequest, pk: int) -> HttpResponse:
    """What a report finds now, and its files."""
    report = _find(request, pk)
    number = request.GET.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1
    page = min(max(page, 1), PAGES)
    shape = Shape.from_json(report.shape)
    shown = _found(request, shape, PAGE, page)
    context = {
        "report": report,
        "kind": Case.Kind(shape.kind).label,
        "kind_code": shape.kind,
        "found": shown,
        "page": page,
        "next": page + 1 if shown and shown.more and not shape.groups and page < PAGES else None,
        "files": report.files.defer("content")[:FILES] if _own(request, report) else (),
        "own": _own(request, report),
        **_place(request),
    }
    return render(request, "reports/built/show.html", context)


@require_POST
@builders_only
def drop(request: DeskRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(BuiltReport, pk=pk, owner=request.user)
    services.drop(report=report, actor=request.user, now=door_time(request))
    messages.success(request, _("报表“{name}”已删除").format(name=report.name))
    return redirect("reports:all_built")


@require_GET
@builders_only
def export(request: DeskRequest, pk: int) -> HttpResponseBase:
    """What a report finds now as a workbook; that it was taken is on record."""
    report, now = _find(request, pk), door_time(request)
    shape, today = Shape.from_json(report.shape), now.astimezone(SHANGHAI).date()
    file, rows = write_report(
        report.name, heads(shape), all_rows(shape, request.user, today), created=now
    )
    audit.record(
        action="report_exported",
        actor=request.user,
        at=now,
        table=BuiltReport._meta.db_table,
        object_id=report.pk,
        after={"shape": report.shape, "rows": rows},
    )
    return FileResponse(
        file, content_type=XLSX, as_attachment=True, filename=f"{report.name} {today}.xlsx"
    )


@require_GET
@builders_only
def made_file(request: DeskRequest, pk: int) -> HttpResponse:
    """A file that was made by itself: for the owner, by whose sight it was made."""
    file = get_object_or_404(
        BuiltFile.objects.select_related("report"), pk=pk, report__owner=request.user, error=""
    )
    audit.record(
        action="report_exported",
        actor=request.user,
        at=door_time(request),
        table=BuiltFile._meta.db_table,
        object_id=file.pk,
        after={"rows": file.rows},
    )
    name = f"{file.report.name} {file.first_on}.xlsx"
    response = HttpResponse(bytes(file.content), content_type=XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def _find(request: DeskRequest, pk: int) -> BuiltReport:
    """The only way to a report from a page."""
    rows = BuiltReport.objects.visible_to(request.user).select_related("owner__employee")
    return get_object_or_404(rows, pk=pk)


def _own(request: DeskRequest, report: BuiltReport) -> bool:
    return bool(report.owner_id == request.user.pk)


def _found(request: DeskRequest, shape: Shape, rows: int, page: int = 1) -> Found | None:
    """What it finds; None where the database was asked for too much."""
    try:
        return found(shape, request.user, door_time(request), rows=rows, page=page)
    except OperationalError:
        return None


def _place(request: DeskRequest) -> dict[str, Any]:
    return {"tab": "built", "current": "registers", "now": door_time(request)}
