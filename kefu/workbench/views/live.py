"""News for open pages: the stream, the same by asking, and who else is at a case."""

from django.core.handlers.asgi import ASGIRequest
from django.http import (
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from kefu.cases.models import Case
from kefu.notifications import live as streams
from kefu.notifications import outbox, presence
from kefu.staff.models import User
from kefu.workbench.door import DeskRequest, desk_only
from kefu.workbench.forms import PresenceForm
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.selectors.views import row_of

POLLED = 200  # events an answer to polling carries at most


def _reader(request: DeskRequest) -> outbox.Reader:
    """Who listens, and to which case besides his department's; a case he may not see is not listened to."""
    desk = desk_of(request)
    pk = row_of(request.GET.get("case", "")) or None
    if pk is not None and not Case.objects.visible_to(request.user).filter(pk=pk).exists():
        pk = None
    return outbox.Reader(request.user.pk, desk.department_id, pk)


def _after(request: DeskRequest) -> outbox.Place | None:
    """Where the browser stopped: it says so itself when it reconnects, the page's address does at first."""
    return outbox.Place.parse(request.headers.get("Last-Event-ID") or request.GET.get("after", ""))


@require_GET
def live(request: DeskRequest) -> HttpResponseBase:
    """The event stream of one page. 401 when signed out; 204 where the server cannot stream (then pages ask)."""
    if not request.user.is_authenticated or request.user.role == User.Role.OUTLET:
        return HttpResponse(status=401)
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    if len(streams.hub.listeners) >= streams.STREAMS:
        return HttpResponse(status=503, headers={"Retry-After": "30"})
    response = StreamingHttpResponse(
        streams.stream(reader=_reader(request), after=_after(request)),
        content_type="text/event-stream",
    )
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    return response


@require_GET
@desk_only
def live_poll(request: DeskRequest) -> HttpResponse:
    reader = _reader(request)
    after = _after(request) or outbox.here()
    events = outbox.read(after=after, limit=POLLED, reader=reader)
    return JsonResponse(
        {
            "now": door_time(request).isoformat(),
            "events": [{**news.to_json(reader), "id": str(news.place)} for news in events],
        }
    )


@require_POST
@desk_only
def here(request: DeskRequest, number: str) -> HttpResponse:
    """A page says that its user is at this case, and learns who else is."""
    case = get_object_or_404(Case.objects.visible_to(request.user).only("pk"), number=number)
    form = PresenceForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    if form.cleaned_data["leaving"]:
        presence.leave(case_id=case.pk, user_id=request.user.pk)
        return HttpResponse(status=204)
    desk, at = desk_of(request), door_time(request).timestamp()
    others = presence.greet(
        case_id=case.pk,
        user_id=request.user.pk,
        name=f"{desk.name} {desk.number}",
        writing=form.cleaned_data["typing"],
        characters=form.cleaned_data["chars"] or 0,
        at=at,
    )
    return render(request, "cases/_presence.html", {"others": others})
