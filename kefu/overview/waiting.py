"""The admin's front page: what waits for a person; and its navigation, by work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from inquiries.models import (
    Complaint,
    CounterAcceptance,
    ForceMajeure,
    Incident,
    Inquiry,
    NetworkQuery,
    Pickup,
)
from kefu import clock
from kefu.admin.access import may_view
from kefu.admin.base import list_url
from kefu.api.models import ApiKey, IdempotentAnswer
from kefu.appeals.models import Appeal
from kefu.audit.models import AuditRow, AuditSeal
from kefu.cases.models import Case, CaseLink, Consultation, HandOver, Interaction
from kefu.deadlines.models import Consequence, Deadline, Heartbeat, Interruption, LateEntry, Pause
from kefu.jobs.models import Job, Refusal
from kefu.ledger.models import Account, Entry, Posting
from kefu.network.models import ContactNumber, Party, Region
from kefu.notifications.models import Event
from kefu.parcels.models import Scan, Waybill
from kefu.penalties.models import Penalty, PenaltyEvent, Waiver
from kefu.replay.models import Run
from kefu.rulebooks.models import (
    Acknowledgement,
    Amendment,
    Assignment,
    Rulebook,
    RulebookVersion,
)
from kefu.staff.models import Avatar, Department, Duty, Employee, Position, User
from kefu.statements.models import Payment as PaymentIn
from kefu.statements.models import Statement

COUNTED = 1_000  # a front page need not tell thousands apart


@dataclass(frozen=True, slots=True)
class Tile:
    """One thing that waits, with the list behind it. ``note`` says what one should know before opening."""

    title: str
    count: str
    waits: bool
    note: str
    url: str


def tiles(user: Any, now: datetime) -> list[Tile]:
    """What waits for somebody like ``user``; only what he may look at."""
    found: list[Tile] = []
    if may_view(user, Waiver):
        waiting = Waiver.objects.filter(approved=None)
        mine = waiting.filter(proposed_by=user).count()
        note = (
            _("其中 %(n)d 份由你提出，须另一位主管审批") % {"n": mine}
            if mine
            else _since(waiting, "proposed_at", now)
        )
        found.append(_tile(_("待审批的免罚"), waiting, note, list_url(Waiver, decision="open")))
    if may_view(user, Penalty):
        held = Penalty.objects.filter(state=Penalty.State.HELD)
        url = list_url(Penalty, state__exact="held")
        found.append(_tile(_("待复核的处罚"), held, _since(held, "incurred_at", now), url))
        provisional = Penalty.objects.provisional()
        url = list_url(Penalty, state__exact="provisional")
        found.append(
            _tile(_("暂记的处罚"), provisional, _since(provisional, "incurred_at", now), url)
        )
    if may_view(user, LateEntry):
        late = LateEntry.objects.filter(approved=None)
        url = list_url(LateEntry, decision="open")
        found.append(_tile(_("待审批的补记"), late, _since(late, "proposed_at", now), url))
    if may_view(user, Deadline):
        aside = Deadline.objects.filter(state=Deadline.State.SET_ASIDE)
        url = list_url(Deadline, state__exact="set_aside")
        found.append(_tile(_("搁置的时限"), aside, _since(aside, "due_at", now), url))
    if may_view(user, Case):
        free = Case.objects.open().unassigned()
        url = list_url(Case, owner__isnull="True", state__in="open,waiting,answered")
        found.append(_tile(_("未分配的工单"), free, _since(free, "opened_at", now), url))
    return found


def _tile(title: str, rows: QuerySet[Any], note: str, url: str) -> Tile:
    count = rows.order_by()[: COUNTED + 1].count()
    shown = f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"
    return Tile(title, shown, count > 0, note if count else _("没有"), url)


def _since(rows: QuerySet[Any], field: str, now: datetime) -> str:
    """How long the oldest has been waiting."""
    first = rows.order_by(field).values_list(field, flat=True).first()
    if first is None:
        return ""
    minutes = max(0, int((now - first).total_seconds() // 60))
    if minutes < 60:
        return ngettext("最久 %(n)d 分钟", "最久 %(n)d 分钟", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("最久 %(n)d 小时", "最久 %(n)d 小时", hours) % {"n": hours}
    return ngettext("最久 %(n)d 天", "最久 %(n)d 天", hours // 24) % {"n": hours // 24}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Django-unfold's hook for the front page."""
    now = clock.now()
    groups = [
        group for group in navigation(request)[1:] if any(item["shown"] for item in group["items"])
    ]
    return {
        **context,
        "tiles": tiles(request.user, now),
        "now": now,
        "groups": groups,
        "title": _("总览"),
    }


# One line a group: its title, then its models.
def _groups() -> Sequence[tuple[str, Sequence[type[Model]]]]:
    return [
        (_("审批与处罚"), [Waiver, Appeal, Penalty, PenaltyEvent, LateEntry]),
        (
            pgettext("plural", "工单"),
            [
                Case,
                Inquiry,
                NetworkQuery,
                Complaint,
                Incident,
                ForceMajeure,
                Pickup,
                CounterAcceptance,
                Interaction,
                Consultation,
                HandOver,
                CaseLink,
                Waybill,
                Scan,
            ],
        ),
        (pgettext("plural", "时限"), [Deadline, Consequence, Pause, Interruption, Heartbeat]),
        (_("台账"), [Statement, PaymentIn, Account, Entry, Posting]),
        (
            _("规则"),
            [RulebookVersion, Run, Assignment, Acknowledgement, Amendment, Rulebook],
        ),
        (pgettext("plural", "网点"), [Party, ContactNumber, Region, ApiKey]),
        (_("人员"), [Employee, Duty, Department, Position, Avatar, User]),
        (_("记录"), [AuditRow, AuditSeal, Job, Refusal, Event, IdempotentAnswer]),
    ]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Django-unfold's side bar: what this person may look at, in the order of the work."""
    front = {"title": _("总览"), "icon": "space_dashboard", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [front]}]
    for title, models in _groups():
        items = [_item(request, model) for model in models if admin.site.is_registered(model)]
        if any(item["shown"] for item in items):
            groups.append({"title": title, "collapsible": True, "separator": False, "items": items})
    return groups


def _item(request: HttpRequest, model: type[Model]) -> dict[str, Any]:
    shown = may_view(request.user, model)
    permission: Callable[[HttpRequest], bool] = (
        (lambda _request: True) if shown else (lambda _request: False)
    )
    return {
        "title": str(model._meta.verbose_name_plural),
        "link": list_url(model),
        "permission": permission,
        "shown": shown,
        "active": request.path.startswith(list_url(model)),
    }
