"""What an outlet bears: penalties with their explanation, appeals against them, monthly statements."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from kefu import clock
from kefu.partners import doors
from kefu.partners.forms import DoorForm, EvidenceForm, NothingForm, ReasonForm
from kefu.partners.views.frame import listed, opened, outlet_only, page, rows_of, sent, timed
from kefu.penalties.services import LIVE

# -- Penalties and appeals --------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """What an outlet can do about a penalty: its door, its form, and what is said when it is done."""

    door: str
    form: type[DoorForm]
    button: Any
    done: Any


STEPS = {
    "appeal": Step(
        "appeals/",
        ReasonForm,
        pgettext_lazy("appeal", "提出异议"),
        gettext_lazy("异议已提出，审议完以前这笔处罚不结清。有证据的，请接着加上。"),
    ),
    "evidence": Step(
        "appeals/{id}/evidence/",
        EvidenceForm,
        gettext_lazy("加上证据"),
        gettext_lazy("证据已加上。"),
    ),
    "second": Step(
        "appeals/{id}/second-instance/",
        ReasonForm,
        gettext_lazy("申请第二次审议"),
        gettext_lazy("已申请第二次审议，由另一位主管审议。"),
    ),
    "withdraw": Step(
        "appeals/{id}/withdraw/",
        NothingForm,
        gettext_lazy("撤回异议"),
        gettext_lazy("异议已撤回，处罚照旧。"),
    ),
}
OFFERED = {
    "first": ("evidence", "withdraw"),
    "second": ("evidence", "withdraw"),
    "rejected": ("second", "withdraw"),
}


@outlet_only
@require_GET
def penalties(request: HttpRequest) -> HttpResponse:
    """Every penalty of the outlet, newest first; one of them with its explanation and its appeal."""
    return _penalties(request, opened(request))


@outlet_only
@require_POST
def step(request: HttpRequest, public_id: str, name: str) -> HttpResponse:
    """Appeal against a penalty, prove it, ask for the second instance, withdraw."""
    if name not in STEPS:
        raise Http404
    step = STEPS[name]
    appeal = None if name == "appeal" else _appeal_of(request, public_id)
    if name != "appeal" and appeal is None:
        raise Http404
    more = {} if appeal else {"penalty": public_id}
    form = step.form(request.POST, request.FILES)
    said = sent(request, step.door.format(id=appeal and appeal["id"]), form, **more)
    if said is None or said.refused:
        return _penalties(request, public_id, (name, form), said.status if said else 422)
    messages.success(request, str(step.done))
    return redirect(f"{reverse('partners:penalties')}?open={public_id}")


def _penalties(
    request: HttpRequest,
    public_id: str,
    filled_in: tuple[str, DoorForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    more = _one_penalty(request, public_id, filled_in) if public_id else {}
    return listed(request, "penalties", "penalties/", status=status, **more)


def _one_penalty(
    request: HttpRequest, public_id: str, filled_in: tuple[str, DoorForm] | None
) -> dict[str, Any]:
    one = timed(doors.read(request, f"penalties/{public_id}/", now=clock.now()).data)
    appeal = _appeal_of(request, public_id)
    names = (
        OFFERED.get(appeal["state"], ()) if appeal else ("appeal",) if one["state"] in LIVE else ()
    )
    given = dict([filled_in]) if filled_in else {}
    for name in given.keys() - set(names):
        _tell(request, given[name])
    forms = [(name, STEPS[name], given.get(name) or STEPS[name].form()) for name in names]
    return {"one": one, "appeal": appeal, "forms": forms, "days": settings.KEFU_APPEAL_DAYS}


def _tell(request: HttpRequest, form: DoorForm) -> None:
    """Say what a door refused where its form is no longer on the page: meanwhile things have moved on."""
    for faults in form.errors.values():
        for fault in faults:
            messages.error(request, str(fault))


def _appeal_of(request: HttpRequest, penalty: str) -> dict[str, Any] | None:
    """The appeal against a penalty; there is one at most."""
    found = doors.read(request, "appeals/", now=clock.now(), penalty=penalty, limit=1).data[
        "results"
    ]
    return _appeal(found[0]) if found else None


def _appeal(row: Mapping[str, Any]) -> dict[str, Any]:
    inner = {name: [timed(one) for one in row[name]] for name in ("decisions", "evidence")}
    return timed({**row, **inner})


@outlet_only
@require_GET
def appeals(request: HttpRequest) -> HttpResponse:
    """The outlet's appeals, newest first."""
    return listed(request, "appeals", "appeals/")


@outlet_only
@require_GET
def evidence(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    return doors.fetch(request, f"appeals/{public_id}/evidence/{number}/", now=clock.now())


# -- Statements -------------------------------------------------------------------------------

FILES = ("pdf", "xlsx")


@outlet_only
@require_GET
def statements(request: HttpRequest) -> HttpResponse:
    """The outlet's months, newest first, and the lines of one: of the newest, unless another is asked for."""
    return _statements(request, opened(request))


@outlet_only
@require_POST
def confirm(request: HttpRequest, public_id: str) -> HttpResponse:
    form = NothingForm(request.POST)
    said = sent(request, f"statements/{public_id}/confirm/", form)
    if said is None or said.refused:
        return _statements(request, public_id, form, said.status if said else 422)
    messages.success(request, _("已确认。锁定以前还可以提异议。"))
    return redirect(f"{reverse('partners:statements')}?open={public_id}")


@outlet_only
@require_GET
def statement_file(request: HttpRequest, public_id: str, ending: str) -> HttpResponse:
    if ending not in FILES:
        raise Http404
    return doors.fetch(request, f"statements/{public_id}/{ending}/", now=clock.now())


def _statements(
    request: HttpRequest, public_id: str, form: DoorForm | None = None, status: int = 200
) -> HttpResponse:
    months, cursor = rows_of(request, "statements/")
    public_id = public_id or (months[0]["id"] if months else "")
    more = _one_statement(request, public_id, form) if public_id else {}
    return page(request, "statements", {"rows": months, "next": cursor, **more}, status=status)


def _one_statement(request: HttpRequest, public_id: str, form: DoorForm | None) -> dict[str, Any]:
    read = doors.read(request, f"statements/{public_id}/", now=clock.now())
    if form and read.data["state"] != "issued":
        _tell(request, form)
    lines, cursor = rows_of(request, f"statements/{public_id}/lines/", parameter="lines")
    return {
        "one": timed(read.data),
        "lines": lines,
        "more_lines": cursor,
        "form": form or NothingForm(initial={"etag": read.etag}),
    }
