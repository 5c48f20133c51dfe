"""Signs of life for whoever watches the machines, the wallboard, and the front page of the admin as a file."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.overview import health
from kefu.overview import metrics as prometheus
from kefu.overview.dashboard.file import workbook
from kefu.overview.dashboard.page import figures
from kefu.overview.models import WallboardLink
from kefu.overview.wallboard import wallboard as shown_on_the_wall
from kefu.staff.models import Department
from kefu.workbench.frame import door_time

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives. Asks nobody, so that a dead database does not get the web restarted."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether promises are kept: 200, or 503 with what is wrong."""
    found = health.readings()
    ready = all(reading.ok for reading in found)
    body = {"ready": ready, "checks": {reading.name: reading.to_json() for reading in found}}
    return JsonResponse(body, status=200 if ready else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What Prometheus reads: near the machine, or by the office; elsewhere there is no such page."""
    if not (prometheus.may_read(request) or _of_the_office(request.user)):
        raise Http404
    return HttpResponse(prometheus.text(), content_type=prometheus.CONTENT_TYPE)


@never_cache
@require_GET
@login_required
def dashboard_file(request: HttpRequest) -> HttpResponse:
    """What the front page shows, all lines of it, as a workbook."""
    _refuse_all_but_the_office(request)
    content = workbook(figures(request, every=True))
    response = HttpResponse(content, content_type=XLSX)
    day = door_time(request).astimezone(SHANGHAI)
    name = f"kefu-overview-{day:%Y-%m-%d-%H%M}.xlsx"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@never_cache
@require_GET
@login_required
def wallboard(request: HttpRequest) -> HttpResponse:
    """The wallboard for whoever is signed in to the admin; ``department`` narrows it."""
    _refuse_all_but_the_office(request)
    chosen = request.GET.get("department", "")
    if not chosen:
        return _wall(request, None)
    departments = {str(one.pk): one for one in Department.objects.all()}
    if (
        chosen not in departments
    ):  # the whole centre under a department's address would be read as its figures
        raise Http404
    return _wall(request, departments[chosen])


@never_cache
@require_GET
def shared_wallboard(request: HttpRequest, token: str) -> HttpResponse:
    """The wallboard for a screen, by a signed link that has not been revoked."""
    link = WallboardLink.objects.signed(token)
    if link is None:
        raise Http404
    return _wall(request, link.department)


def _refuse_all_but_the_office(request: HttpRequest) -> None:
    if not _of_the_office(request.user):
        raise PermissionDenied


def _of_the_office(user: Any) -> bool:
    return bool(user.is_authenticated and user.has_perm("overview.see_overview"))


def _wall(request: HttpRequest, department: Department | None) -> HttpResponse:
    """The whole page, or only what changes on it for a page that asks again."""
    wall: Any = shown_on_the_wall(department=department, now=clock.now())
    part = "now" in request.GET
    template = "wallboard/_wall.html" if part else "wallboard/wallboard.html"
    return render(request, template, {"wall": wall})
