"""Photos of a case: adding them, and looking at them, small or in full."""

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kefu.audit.context import address_of, request_id
from kefu.cases import photos
from kefu.cases.models import Attachment, Case
from kefu.cases.reveal import PERMISSION, PHOTOS, record_look, sees_photos, withheld
from kefu.cases.selectors import photos_of
from kefu.errors import KefuError
from kefu.privacy.fields import SealedFile
from kefu.workbench.door import DeskRequest, desk_only, find_case, workers_only
from kefu.workbench.forms import RevealForm
from kefu.workbench.forms_photos import PhotoForm
from kefu.workbench.frame import door_time
from kefu.workbench.selectors.beside import reveals

SMALL_STAYS = 600  # seconds a browser keeps a thumbnail


@require_POST
@workers_only
def add(request: DeskRequest, number: str) -> HttpResponse:
    """Add one photo; refused, it stands in the panel with its reason, and the next one follows."""
    case = find_case(request, number)
    form = PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            attachment = photos.attach_photo(
                case=case,
                picture=form.cleaned_data["picture"],
                caption=form.cleaned_data["caption"],
                actor=request.user,
                now=door_time(request),
            )
        except KefuError as error:
            form.refuse(error)
        else:
            response = render(request, "photos/_list.html", {**_rights(request, case), "oob": True})
            # What is being written answers to the case as it was shown; this step was one's own.
            news = {"photo-added": {"version": attachment.case.version}}
            response.headers["HX-Trigger"] = json.dumps(news)
            return response
    name = getattr(form.cleaned_data.get("picture") or request.FILES.get("picture"), "name", "")
    context = {"name": name, "errors": [one for few in form.errors.values() for one in few]}
    return render(request, "photos/_refused.html", context, status=422)


@desk_only
def look(request: DeskRequest, number: str) -> HttpResponse:
    """GET asks why, unless it was said a moment ago; POST records the look. Then all photos of the case are shown."""
    case, now = find_case(request, number), door_time(request)
    form = RevealForm(request.POST if request.method == "POST" else None)
    status, seen = 200, sees_photos(case=case, actor=request.user, now=now)
    if request.method == "POST" and form.is_valid():
        try:
            record_look(
                case=case,
                what=PHOTOS,
                reason=form.words(),
                actor=request.user,
                address=address_of(request),
                request_id=request_id(),
                now=now,
            )
            seen = True
        except KefuError as error:
            form.refuse(error)
            status = error.status
    if seen and not form.errors:
        first = request.GET.get("photo", "")
        context = {
            "case": case,
            "photos": photos_of(case),
            "first": int(first) if first.isdecimal() else 1,
            "reveals": reveals(case),
            "now": now,
            "oob": True,
        }
        response = render(request, "photos/_shown.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response
    if form.errors:
        status = 409 if status == 409 else 422
    context = {"case": case, "form": form, "title": _("照片")}
    return render(request, "cases/_reveal.html", context, status=status)


@require_safe
@desk_only
def full(request: DeskRequest, number: str, photo: int) -> HttpResponse:
    """The photo as it is kept, for whoever has said why within a quarter of an hour; nobody else can tell it exists."""
    case = find_case(request, number)
    if not sees_photos(case=case, actor=request.user, now=door_time(request)):
        raise Http404
    return _jpeg(_found(case, photo), "photo", "private, no-store")


@require_safe
@desk_only
def small(request: DeskRequest, number: str, photo: int) -> HttpResponse:
    """The thumbnail, for those who may see personal data: a label can be read on some."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    case = find_case(request, number)
    return _jpeg(_found(case, photo), "thumbnail", f"private, max-age={SMALL_STAYS}")


def _found(case: Case, photo: int) -> Attachment:
    if "" in withheld(case, PHOTOS):
        raise Http404
    return get_object_or_404(case.attachments.defer("photo", "thumbnail"), number=photo)


def _jpeg(attachment: Attachment, column: str, cached: str) -> HttpResponse:
    content: SealedFile = getattr(attachment, column)
    if not content.stored:  # its time was over: it was destroyed
        raise Http404
    headers = {
        "Cache-Control": cached,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'inline; filename="{attachment.case.number}-{attachment.number}.jpg"',
    }
    return HttpResponse(content.open(), content_type="image/jpeg", headers=headers)


def _rights(request: DeskRequest, case: Case) -> dict[str, Any]:
    return {
        "case": case,
        "may_work": request.user.has_perm("cases.work_case"),
        "may_reveal": request.user.has_perm(PERMISSION),
    }
