"""Everything of the front page that its reader may look at."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from claims.models import Claim
from inquiries.models import Incident
from kefu.admin.access import may_view
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.network.models import Party
from kefu.overview.dashboard import asked as switches
from kefu.overview.dashboard.decisions import fines_of, unassigned, waits_of
from kefu.overview.dashboard.matters import claims_of, incidents_of
from kefu.overview.dashboard.promises import outlets_of, promises_of
from kefu.overview.dashboard.work import queue_of, seats_of
from kefu.penalties.models import Penalty
from kefu.staff.models import Duty
from kefu.workbench.frame import desk_of, door_time
from kefu.workbench.selectors import restricted_pages


def front(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Django-unfold's hook for the front page."""
    return {**context, **figures(request), "title": _("总览")}


def figures(request: HttpRequest, *, every: bool = False) -> dict[str, Any]:
    """The panels by name; None for one that this reader may not look at. ``every``: all lines of each, for a file."""
    now, user = door_time(request), request.user
    asked = switches.read(request.GET, now)

    def shown(*models: Any) -> bool:
        return all(may_view(user, model) for model in models)

    waits = waits_of(restricted_pages(desk=desk_of(request), now=now), user, now)
    return {
        "asked": asked,
        "now": now,
        "promises": promises_of(asked, every=every) if shown(Deadline) else None,
        "outlets": outlets_of(asked, every=every) if shown(Deadline, Party) else None,
        "queue": queue_of(asked) if shown(Case) else None,
        "unassigned": unassigned(asked) if shown(Case) else None,
        "seats": seats_of(asked, every=every) if shown(Case, Duty) else None,
        "fines": fines_of(asked) if shown(Penalty) else None,
        "claims": claims_of(now) if shown(Claim) else None,
        "incidents": incidents_of() if shown(Incident) else None,
        "waits": waits,
        "waiting": sum(int(wait.number.n) for wait in waits),
        "own": sum(wait.own for wait in waits),
    }
