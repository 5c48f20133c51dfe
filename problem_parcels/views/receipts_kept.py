"""Receipts that are wanted again, and slips whose time is over."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kefu import punctuation
from kefu.cases.models import Interaction
from kefu.errors import KefuError
from kefu.network.selectors import our_company
from kefu.parcels.models import Waybill
from kefu.policy.explanation import explain
from kefu.policy.steps import Step
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition
from kefu.workbench.door import DeskRequest, desk_only, employee_of
from kefu.workbench.frame import door_time
from kefu.workbench.once import once
from problem_parcels.forms import receipts as forms
from problem_parcels.models import Receipt, ReceiptDestruction, ReceiptRequest
from problem_parcels.selectors import receipts as selectors
from problem_parcels.services import receipt_keeping, receipt_requests
from problem_parcels.views.receipts import page, refuse

# -- Wanted again -----------------------------------------------------------------------------


def _find_request(request: DeskRequest, number: str) -> ReceiptRequest:
    return get_object_or_404(
        ReceiptRequest.objects.visible_to(request.user)
        .select_related("case", "asking", "asked", "deadline", "penalty", "answered_by", "waybill")
        .defer("case__search", "case__lookup", "waybill__sealed", "waybill__lookup"),
        case__number=number,
    )


@desk_only
def wanted(request: DeskRequest) -> HttpResponse:
    """Receipts that are wanted, the open ones first; POST asks for one on behalf of a customer."""
    form = forms.WantForm(
        request.POST if request.method == "POST" else None,
        initial={"service": ReceiptRequest.Service.LOOKUP, "waybill_number": request.GET.get("w")},
        auto_id="want-%s",
    )
    if request.method == "POST":
        if not request.user.has_perm("cases.work_case"):
            raise PermissionDenied
        if form.is_valid():
            try:
                number = once(request, lambda: _want(request, form.cleaned_data))
            except KefuError as error:
                refuse(form, error)
            else:
                return redirect("problem_parcels:receipt_request", number)
    rows = (
        ReceiptRequest.objects.visible_to(request.user)
        .select_related("case", "asking", "asked", "deadline", "penalty")
        .defer("sealed", "case__sealed", "case__search", "case__lookup")
    )
    return page(
        request,
        "wanted",
        422 if form.errors else 200,
        form=form,
        open=rows.open().order_by("asked_at")[:100],
        answered=rows.exclude(outcome="").order_by("-answered_at")[:50],
        may_work=request.user.has_perm("cases.work_case"),
    )


def _want(request: DeskRequest, given: dict[str, Any]) -> str:
    number = redact.clean_waybill(given["waybill_number"], field="waybill_number")
    waybill = Waybill.objects.filter(number=number).select_related("destination").first()
    if waybill is None:
        raise KefuError(_("没有这个运单"), code="unknown_waybill", field="waybill_number")
    clerk = employee_of(request)
    made = receipt_requests.ask_for_receipt(
        waybill=waybill,
        asking=our_company(),
        service=ReceiptRequest.Service(given["service"]),
        note=given["note"],
        customer_name=given["customer_name"],
        customer_phone=given["customer_phone"],
        channel=Interaction.Channel.PHONE,
        department=clerk.department,
        owner=clerk,
        actor=request.user,
        now=door_time(request),
    )
    return made.case.number


@desk_only
def one_wanted(request: DeskRequest, number: str) -> HttpResponse:
    """One request: until when it has to be there and why, who has to answer; POST says what became of it."""
    found = _find_request(request, number)
    form = forms.AnswerForm(request.POST if request.method == "POST" else None, auto_id="answer-%s")
    if request.method == "POST":
        if not request.user.has_perm("cases.work_case"):
            raise PermissionDenied
        if form.is_valid():
            given = form.cleaned_data
            try:
                once(
                    request,
                    lambda: (
                        receipt_requests.answer_request(
                            request=found,
                            outcome=ReceiptRequest.Outcome(given["outcome"]),
                            answer=given["answer"],
                            channel=Interaction.Channel.PHONE,
                            actor=request.user,
                            now=door_time(request),
                        ).pk
                    ),
                )
            except KefuError as error:
                refuse(form, error)
            else:
                return redirect("problem_parcels:receipt_request", number)
    using = edition(found.rulebook_id)
    language = get_language() or "zh-hans"
    lines = Receipt.objects.filter(waybill=found.waybill).select_related(
        "batch__case", "batch__courier"
    )
    return page(
        request,
        "request",
        422 if form.errors else 200,
        found=found,
        form=form,
        told={
            "lines": explain(
                [
                    Step.from_json(step)
                    for part in ("kept", "owed", "fined")
                    for step in found.inputs.get(part, ())
                ],
                language,
            ),
            "rulebook": using.rules.name(language),
            "version": using.number,
        },
        ours=lines.order_by("-delivered_on").first(),
        may_work=request.user.has_perm("cases.work_case"),
    )


# -- What is over -----------------------------------------------------------------------------


@desk_only
def over(request: DeskRequest) -> HttpResponse:
    """Slips whose time is over; POST proposes to destroy those kept until a day."""
    refused = ""
    if request.method == "POST":
        form = forms.UntilForm(request.POST)
        try:
            if not form.is_valid():
                raise KefuError(punctuation.in_turn(*form.errors.get("until", ())))
            receipt_keeping.propose_destruction(
                until=form.cleaned_data["until"], actor=request.user, now=door_time(request)
            )
        except KefuError as error:
            refused = str(error)
        else:
            return redirect("problem_parcels:receipts_over")
    return _over(request, refused)


def _over(request: DeskRequest, refused: str) -> HttpResponse:
    return page(
        request,
        "over",
        422 if refused else 200,
        refused=refused,
        expired=selectors.expired(now=door_time(request)),
        destructions=selectors.destructions(),
        may_work=request.user.has_perm("cases.work_case"),
        may_decide=request.user.has_perm("problem_parcels.destroy_receipts"),
    )


@require_POST
@desk_only
def decide(request: DeskRequest, pk: int) -> HttpResponse:
    """Another person's word on a proposal."""
    proposal = get_object_or_404(ReceiptDestruction, pk=pk)
    try:
        receipt_keeping.decide_destruction(
            destruction=proposal,
            approve=request.POST.get("approve") == "1",
            actor=request.user,
            now=door_time(request),
        )
    except KefuError as error:
        return _over(request, str(error))
    return redirect("problem_parcels:receipts_over")
