"""The link of a survey: made by whoever worked the case, answered by the customer without signing in."""

import io

import qrcode
import qrcode.image.svg
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kefu import clock
from kefu.audit.context import address_of
from kefu.customers.forms import SurveyForm
from kefu.customers.services import surveys as services
from kefu.customers.services.surveys import NoSurvey
from kefu.errors import KefuError
from kefu.workbench.door import DeskRequest, find_case, workers_only
from kefu.workbench.frame import door_time

LOOKS = 30  # a minute and address
MINUTE = 60


@require_POST
@workers_only
def make_link(request: DeskRequest, number: str) -> HttpResponse:
    """A new link for a closed case, to copy or to be photographed; it is shown this once."""
    case = find_case(request, number)
    try:
        survey, secret = services.make_link(case=case, actor=request.user, now=door_time(request))
    except KefuError as error:
        return render(
            request,
            "customers/link.html",
            {"case": case, "refused": str(error)},
            status=error.status,
        )
    address = request.build_absolute_uri(reverse("customers:survey", args=[secret]))
    context = {
        "case": case,
        "survey": survey,
        "address": address,
        "picture": _qr(address),
        "current": "customers",
        "now": door_time(request),
    }
    return render(request, "customers/link.html", context)


def _qr(text: str) -> str:
    """A QR code as SVG, drawn in the colour of its text."""
    file = io.BytesIO()
    qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage, box_size=8, border=2).save(file)
    return file.getvalue().decode().partition("?>")[2]


@never_cache
@require_http_methods(["GET", "POST"])
def survey(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind a link. Nothing on it tells who was served."""
    if _too_often(request):
        return render(request, "survey/gone.html", {"code": "too_often"}, status=429)
    now = clock.now()
    form = SurveyForm(request.POST or None)
    try:
        if request.method == "POST" and form.is_valid():
            services.answer(secret=secret, now=now, **form.cleaned_data)
            return render(request, "survey/thanks.html")
        services.asked_by(secret, now=now)
    except NoSurvey as gone:
        return render(
            request, "survey/gone.html", {"code": gone.code, "said": str(gone)}, status=gone.status
        )
    except KefuError as error:
        form.add_error(error.field, str(error))
    return render(request, "survey/ask.html", {"form": form}, status=422 if form.errors else 200)


def _too_often(request: HttpRequest) -> bool:
    """More looks from one address in a minute than people take; whoever tries out secrets is stopped."""
    key = f"survey:{address_of(request)}"
    cache.add(key, 0, MINUTE)
    try:
        return cache.incr(key) > LOOKS
    except ValueError:  # it has just run out
        return False
