"""Where the outlet's own programs are told of events: addresses with their secrets, what did not arrive."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from kefu import clock
from kefu.partners import doors
from kefu.partners.forms import AddressForm, DoorForm, NothingForm
from kefu.partners.views.frame import opened, outlet_only, page, rows_of, sent


@dataclass(frozen=True)
class Step:
    """What can be done with an address: its door, the word on the button and what is said when it is done."""

    button: Promise
    done: Promise
    asks: Promise | str = ""


STEPS = {
    "test": Step(_("试发"), _("已发出，结果在下面看")),
    "pause": Step(_("暂停"), _("已暂停")),
    "resume": Step(_("恢复发送"), _("已恢复发送")),
    "rotate": Step(_("换签名密钥"), _("签名密钥已换"), _("新旧两个密钥同时签名 24 小时，确定？")),
    "remove": Step(_("停用"), _("已停用"), _("停用后不能恢复，确定？")),
    "resend": Step(_("重发没有送达的"), _("已重新排队")),
}
OFFERED = {
    "active": ("test", "pause", "rotate", "resend", "remove"),
    "paused": ("resume", "rotate", "resend", "remove"),
    "gone": ("resume", "remove"),
    "removed": (),
}


@outlet_only
@require_http_methods(["GET", "HEAD", "POST"])
def show_webhooks(request: HttpRequest) -> HttpResponse:
    """The outlet's addresses; of one, what arrived there and what did not; a new one, its secret shown once."""
    form = AddressForm(request.POST or None)
    if request.method != "POST":
        return _webhooks(request, form=form)
    said = sent(request, "webhooks/", form)
    if said is None or said.refused:
        return _webhooks(request, form=form, status=said.status if said else 422)
    return _webhooks(request, said.data["id"], secret=said.data["secret"])


@outlet_only
@require_POST
def webhook_step(request: HttpRequest, public_id: str, name: str) -> HttpResponse:
    """Do one thing with an address; its door decides."""
    if name not in STEPS:
        raise Http404
    form = NothingForm(request.POST)
    said = sent(request, f"webhooks/{public_id}/{name}/", form)
    if said is None or said.refused:
        for faults in form.errors.values():
            for fault in faults:
                messages.error(request, str(fault))
    elif "secret" in said.data:
        return _webhooks(request, public_id, secret=said.data["secret"])
    else:
        messages.success(request, str(STEPS[name].done))
    return redirect(f"{reverse('partners:webhooks')}?open={public_id}")


def _webhooks(
    request: HttpRequest,
    public_id: str = "",
    *,
    form: DoorForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    rows, cursor = rows_of(request, "webhooks/")
    public_id = public_id or opened(request)
    more = _one(request, public_id) if public_id else {}
    context = {"rows": rows, "next": cursor, "form": form or AddressForm(), "secret": secret}
    response = page(request, "webhooks", {**context, **more}, status=status)
    response.headers["Cache-Control"] = "no-store"  # of the secret
    return response


def _one(request: HttpRequest, public_id: str) -> dict[str, Any]:
    one = doors.read(request, f"webhooks/{public_id}/", now=clock.now()).data
    deliveries, cursor = rows_of(
        request, f"webhooks/{public_id}/deliveries/", parameter="deliveries"
    )
    steps = [(name, STEPS[name], NothingForm()) for name in OFFERED[one["state"]]]
    return {"one": one, "deliveries": deliveries, "more_deliveries": cursor, "steps": steps}
