"""Force majeure: what was declared, what signing would exempt, and how far it is."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from inquiries import forms_incidents as forms
from inquiries.models import ForceMajeure
from inquiries.selectors import force_majeure as selectors
from inquiries.services import force_majeure as services
from inquiries.views.incidents import page, sent
from kefu.errors import KefuError
from kefu.penalties.models import Penalty
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from kefu.workbench.selectors.views import row_of

LISTED = 50
State = ForceMajeure.State


def _found(request: DeskRequest) -> Any:
    return (
        ForceMajeure.objects.visible_to(request.user)
        .select_related("declared_by", "decided_by", "revoked_by", "incident__case", "job")
        .prefetch_related("regions", "outlets")
    )


@require_GET
@desk_only
def index(request: DeskRequest) -> HttpResponse:
    return page(
        request,
        "force_majeure",
        "force_majeure",
        rows=_found(request)[:LISTED],
        may_declare=request.user.has_perm(services.DECLARE),
    )


@desk_only
def declare(request: DeskRequest) -> HttpResponse:
    """Say where, when and why; the next page shows what it comes to."""
    if not request.user.has_perm(services.DECLARE):
        raise PermissionDenied
    form = forms.ForceMajeureForm(request.POST if request.method == "POST" else None)
    made: list[ForceMajeure] = []

    def do(given: dict[str, Any]) -> str:
        declaration = services.declare(**given, actor=request.user, now=door_time(request))
        made.append(declaration)
        return _("已提出，由另一位主管签署")

    if request.method == "POST" and sent(request, form, do):
        if made:
            return redirect("inquiries:force_majeure_one", made[0].pk)
        return redirect("inquiries:force_majeure")
    return page(
        request,
        "force_majeure_new",
        "force_majeure",
        422 if form.errors else 200,
        form=form,
    )


@desk_only
def one(request: DeskRequest, pk: int) -> HttpResponse:
    """The preview page by page until it is signed; then what was exempted. POST signs, refuses or stops it."""
    declaration = get_object_or_404(_found(request), pk=pk)
    if request.method == "POST":
        _act(request, declaration)
        return redirect("inquiries:force_majeure_one", pk)
    rows, after = selectors.preview_page(declaration, after=row_of(request.GET.get("after", "")))
    found = selectors.preview(declaration)
    labels = dict(Penalty.State.choices)
    return page(
        request,
        "force_majeure_one",
        "force_majeure",
        one=declaration,
        preview=found,
        money=[(labels[line.state], line) for line in found.money],
        rows=rows,
        next_after=after,
        findings=selectors.findings_page(declaration),
        exempted=selectors.exempted(declaration),
        job=declaration.job,
        may_sign=request.user.has_perm(services.SIGN) and declaration.declared_by != request.user,
        may_stop=request.user.has_perm(services.DECLARE)
        and declaration.state == State.SIGNED
        and declaration.ends_at > door_time(request),
        may_agree=request.user.has_perm(services.SIGN)
        and declaration.revocation_by_id not in (None, request.user.pk),
    )


def _act(request: DeskRequest, declaration: ForceMajeure) -> None:
    given: dict[str, Any] = {
        "declaration": declaration,
        "actor": request.user,
        "now": door_time(request),
    }
    text = request.POST.get("note", "")[:400]

    def do() -> str:
        match request.POST.get("do"):
            case "sign":
                services.decide(sign=True, note=text, **given)
                return _("已签署，正在免责")
            case "refuse":
                services.decide(sign=False, note=text, **given)
                return _("已退回")
            case "stop":
                services.propose_revocation(reason=text, **given)
                return _("已提出停止，由另一位主管同意")
            case "agree":
                services.revoke(**given)
                return _("已停止，从现在起到期的不再免责")
            case _other:
                raise PermissionDenied

    try:
        messages.success(request, once(request, do))
    except KefuError as error:
        messages.warning(request, str(error))


@require_GET
@desk_only
def progress(request: DeskRequest, pk: int) -> HttpResponse:
    """How far it is; the page asks again until it is done."""
    declaration = get_object_or_404(_found(request), pk=pk)
    return page(
        request,
        "_exempting",
        one=declaration,
        job=declaration.job,
        exempted=selectors.exempted(declaration),
    )
