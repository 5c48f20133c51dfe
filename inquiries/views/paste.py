"""Intake from a pasted message: read it while it is edited, then register all it asks for in one step."""

from collections.abc import Sequence
from typing import cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from inquiries import paste, services
from inquiries.forms_intake import COMPLAINT_FIELDS
from inquiries.models import Complaint, Inquiry
from inquiries.paste import PastePage, ShownLine
from inquiries.services import Addition, Details, NewCase
from kefu import punctuation
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError
from kefu.workbench.door import workers_only
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.once import new_ticket, once, renewed, sent_before


def by_htmx(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


def frame_template(request: HttpRequest) -> str:
    """A page of its own, or the same as a sheet in the page's dialog."""
    return (
        "inquiries/new/_sheet.html"
        if request.headers.get("HX-Target") == "dialog"
        else "inquiries/new/_page.html"
    )


def _page(request: HttpRequest, posted: QueryDict, *, bound: bool = False) -> PastePage:
    return paste.page(
        posted, desk=desk_of(request), user=request.user, now=door_time(request), bound=bound
    )


@require_GET
@workers_only
def new(request: HttpRequest) -> HttpResponse:
    """The empty page; ``?waybill=`` goes to the form of one inquiry with that parcel filled in."""
    if number := request.GET.get("waybill", ""):
        return redirect(reverse("inquiries:new_single", query={"waybill": number[:40]}))
    posted = QueryDict(mutable=True)
    posted["ticket"] = new_ticket()
    context = {
        "page": _page(request, posted),
        "tab": "paste",
        "frame_template": frame_template(request),
    }
    return render(request, "inquiries/new/paste.html", context)


@require_POST
@workers_only
def read(request: HttpRequest) -> HttpResponse:
    """What the text is taken for now; answers while it is being edited."""
    page = _page(request, request.POST)
    return render(
        request, "inquiries/new/_read.html", {"page": page, "oob": True, "now": door_time(request)}
    )


@require_POST
@workers_only
def save(request: HttpRequest) -> HttpResponse:
    """Register it: all lines, or with ``only`` the one on top; everything or nothing."""
    only = request.POST.get("only", "")
    try:
        before = sent_before(request)
    except Conflict as error:
        context = {
            "page": _page(request, renewed(request.POST)),
            "conflict": error,
            "recorded": [
                case for _number, case, _becomes in cast("list[Done]", error.details["result"])
            ],
            "now": door_time(request),
        }
        return render(request, "inquiries/new/_paste_form.html", context, status=409)
    if before is not None:
        return _saved(request, _page(request, request.POST), before, only=only)
    page = _page(request, request.POST, bound=True)
    lines = [line for line in page.to_do if not only or line.number == only]
    refused = "" if lines or page.problem else _("还没有要建的单：先粘贴单号，或决定待确认的单号")
    faulty = [line.number for line in lines if not line.form.is_valid()]
    valid = page.form.is_valid() and not faulty
    if page.problem:
        page.form.add_error("text", page.problem)
        valid = False
    if valid and not refused:
        try:
            cases = once(request, lambda: _register(request, page, lines))
        except KefuError as error:
            refused = _refuse(page, lines, error)
            faulty = [line.number for line in lines if line.form.errors]
        else:
            return _saved(request, page, cases, only=only)
    context = {
        "page": page,
        "checked": True,
        "refused": refused,
        "faulty": faulty[0] if faulty else "",
        "now": door_time(request),
    }
    return render(request, "inquiries/new/_paste_form.html", context, status=422)


DETAILS = [name for name in COMPLAINT_FIELDS if name != "against"]
# What services call a fact of a complaint, where the form calls it otherwise.
FIELDS = {"department": "owner", "delay_days": "promised_on"}

# What a form became: waybill number, case number, and whether it was opened or added to.
Done = tuple[str, str, str]


def _register(request: HttpRequest, page: PastePage, lines: Sequence[ShownLine]) -> list[Done]:
    """Register the lines, all or none."""
    given = page.form.cleaned_data
    cases = services.register_paste(
        lines=[_wanted(line) for line in lines],
        text=paste.line_ends(given["text"]),
        channel=given["channel"],
        asker=given["asker"],
        customer_name=given["customer_name"],
        customer_phone=given["customer_phone"],
        department=given["department"],
        owner=given["owner"],
        actor=request.user,
        now=door_time(request),
    )
    return [
        (line.number, case.number, line.becomes) for line, case in zip(lines, cases, strict=True)
    ]


def _wanted(line: ShownLine) -> NewCase | Addition:
    if line.form.adds_to is not None:
        return Addition(line.number, line.form.adds_to)
    given = line.form.cleaned_data
    kind, parcel = Inquiry.Kind(given["kind"]), line.line.parcel
    complains = kind == Inquiry.Kind.COMPLAINT
    return NewCase(
        number=line.number,
        waybill=parcel.waybill if parcel else None,
        kind=kind,
        summary=given["summary"],
        priority=int(given["priority"]),
        cause=Complaint.Cause(given["cause"]) if complains else None,
        against=given["against"] if complains else None,
        details=Details(**{name: given[name] for name in DETAILS}) if complains else None,
        ask=parcel.outlet if parcel and line.asks and given["ask"] else None,
        reason=given["reason"],
    )


def _refuse(page: PastePage, lines: Sequence[ShownLine], error: KefuError) -> str:
    """Put a refusal where it belongs: at the line it is about, at a field all share, or above everything."""
    line = next((line for line in lines if line.number == error.details.get("number")), None)
    field = FIELDS.get(error.field or "", error.field)
    if line is not None and field in line.form.fields:
        line.form.add_error(field, str(error))
        return ""
    if field in page.form.fields:
        page.form.add_error(field, str(error))
        return ""
    return punctuation.headed(line.number, error) if line is not None else str(error)


def _saved(
    request: HttpRequest, page: PastePage, done: Sequence[Done], *, only: str
) -> HttpResponse:
    """Show what was made; after a single line the rest of the message stays open."""
    if only:
        posted = request.POST.copy()
        posted["ticket"], posted["current"] = new_ticket(), ""
        for number, case, _becomes in done:
            posted.appendlist("done", f"{number}={case}")
        rest = _page(request, posted)
        if rest.to_do or rest.pending:
            saved = [(number, case) for number, case, _becomes in done]
            context = {"page": rest, "saved": saved, "now": door_time(request)}
            return render(request, "inquiries/new/_paste_form.html", context)
    made = [*((number, case, "new") for number, case in page.done), *done]
    cases = (
        Case.objects.visible_to(request.user)
        .select_related("owner", "department")
        .in_bulk([case for _number, case, _becomes in made], field_name="number")
    )
    context = {
        "results": [
            {"number": number, "becomes": becomes, "case": cases[case]}
            for number, case, becomes in made
            if case in cases
        ],
        "receipt": request.POST.get("receipt", ""),
        "pending": page.pending,
        "now": door_time(request),
    }
    return render(request, "inquiries/new/_done.html", context)
