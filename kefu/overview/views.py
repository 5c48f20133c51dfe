"""Signs of life, for whoever watches the machines. No personal data, no names."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kefu.overview import health


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
