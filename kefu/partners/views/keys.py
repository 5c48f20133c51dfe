"""The keys of an outlet's own programs."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kefu import clock
from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.errors import KefuError
from kefu.partners.forms import KeyForm
from kefu.partners.views.frame import outlet_only, page


@outlet_only
@require_http_methods(["GET", "HEAD", "POST"])
def show_keys(request: HttpRequest) -> HttpResponse:
    """The keys of the outlet's own programs: made here, shown once, revoked here."""
    account: Any = request.user
    now = clock.now()
    keys.page_key(
        account=account, now=now
    )  # revoked, it shuts this page as it does those behind doors
    form = KeyForm(request.POST or None)
    issued, secret, status = None, "", 200
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                issued, secret = keys.issue_key(
                    **form.cleaned_data,
                    party=account.party,
                    actor=account,
                    now=now,
                )
        except KefuError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    if request.method == "POST" and issued is None:
        status = 422
    response = page(
        request,
        "keys",
        {
            "rows": _own_keys(account),
            "form": KeyForm() if issued else form,
            "issued": issued,
            "secret": secret,
            "signing_secret": keys.signing_secret(issued) if issued else "",
        },
        status=status,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@outlet_only
@require_POST
def revoke_key(request: HttpRequest, pk: int) -> HttpResponse:
    keys.page_key(account=request.user, now=clock.now())
    key = get_object_or_404(_own_keys(request.user), pk=pk)
    try:
        keys.revoke_key(key=key, actor=request.user, now=clock.now())
        messages.success(request, _("已吊销，下一次调用就会被拒。"))
    except KefuError as error:
        messages.error(request, str(error))
    return redirect("partners:keys")


def _own_keys(account: Any) -> Any:
    """Keys of the outlet's programs; not those of pages."""
    return ApiKey.objects.filter(party=account.party, account=None).order_by("-pk")
