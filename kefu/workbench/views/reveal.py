"""Showing what is masked: for a reason, on a case in hand, recorded before anything leaves."""

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from kefu.audit.context import address_of, request_id
from kefu.cases.reveal import reveal as reveal_sealed
from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, desk_only, find_case
from kefu.workbench.forms import RevealForm
from kefu.workbench.frame import door_time
from kefu.workbench.kinds import kind_of
from kefu.workbench.selectors.beside import reveals

TITLES = {
    "customer": _("客户"),
    "waybill": _("收寄双方"),
    "pickup": _("取件地址"),
    "interaction": _("往来原文"),
    "consultation": _("转办原文"),
    "network_query": _("网点查询原文"),
    "receipt_entry": _("签收人"),
    "step": _("这一步填的"),
    "contact": _("网点电话"),
    "payment": _("收款人"),
}
LABELS = {
    "customer_name": _("客户"),
    "customer_phone": _("回电"),
    "summary": _("事由"),
    "sender_name": _("寄件人"),
    "sender_phone": _("寄件电话"),
    "sender_address": _("寄件地址"),
    "receiver_name": _("收件人"),
    "receiver_phone": _("收件电话"),
    "receiver_address": _("收件地址"),
    "holder": _("接听人"),
    "number": _("号码"),
    "text": _("原文"),
    "question": _("问题"),
    "answer": _("反馈"),
    "reply": _("部门答复"),
    "signer": _("签收人"),
    "payee": _("收款人"),
    "account": _("收款账号"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One value in the clear."""

    label: str
    value: str


@desk_only
def reveal(request: DeskRequest, number: str, what: str, pk: int | None = None) -> HttpResponse:
    """``what`` is masked: customer, waybill, pickup, payment; or, with the row's ``pk``, interaction, consultation,
    network_query, contact.

    GET asks why; POST records the look and shows the values.
    """
    if what not in TITLES:
        raise Http404
    case = find_case(request, number)
    form = RevealForm(request.POST if request.method == "POST" else None)
    context = {"case": case, "form": form, "title": TITLES[what]}
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            values = reveal_sealed(
                case=case,
                what=what if pk is None else f"{what}:{pk}",
                reason=form.words(),
                actor=request.user,
                address=address_of(request),
                request_id=request_id(),
                now=door_time(request),
            )
        except KefuError as error:
            form.refuse(error)
            status = error.status
        else:
            labels = {**LABELS, **kind_of(case).labels(case, values)}
            shown = [
                Shown(str(label), values[name]) for name, label in labels.items() if name in values
            ]
            context |= {
                "shown": shown,
                "reveals": reveals(case),
                "now": door_time(request),
                "oob": True,
            }
            response = render(request, "cases/_revealed.html", context)
            response.headers["Cache-Control"] = "no-store"
            return response
    if form.errors:
        # The page swaps refusals in by 409 and 422; the words say which it was.
        status = 409 if status == 409 else 422
    return render(request, "cases/_reveal.html", context, status=status)
