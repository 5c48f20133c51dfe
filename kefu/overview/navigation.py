"""The admin's side bar, by work."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from inquiries.models import (
    Complaint,
    CounterAcceptance,
    ForceMajeure,
    Incident,
    Inquiry,
    NetworkQuery,
    Pickup,
)
from kefu.admin.access import may_view
from kefu.admin.base import list_url
from kefu.api.models import ApiKey, IdempotentAnswer
from kefu.appeals.models import Appeal
from kefu.audit.models import AuditAnchor, AuditRow, AuditSeal
from kefu.cases.models import Case, CaseLink, Consultation, HandOver, Interaction
from kefu.deadlines.models import Consequence, Deadline, Heartbeat, Interruption, LateEntry, Pause
from kefu.jobs.models import Job, Refusal
from kefu.knowledge.models import (
    Coverage,
    Edition,
    NumberReport,
    OpeningHours,
    Place,
    Rate,
    Wording,
    WordingVersion,
)
from kefu.ledger.models import Account, Entry, Posting
from kefu.network.models import ContactNumber, Party, Region
from kefu.notifications.models import Event
from kefu.overview.models import Verification, WallboardLink
from kefu.parcels.models import Scan, Waybill
from kefu.penalties.models import Penalty, PenaltyEvent, Waiver
from kefu.replay.models import Run
from kefu.retention.models import Destruction, Hold, PersonalRequest, SealCount
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
        (
            _("知识库"),
            [
                Wording,
                WordingVersion,
                Coverage,
                Rate,
                Edition,
                Place,
                NumberReport,
                OpeningHours,
            ],
        ),
        (_("人员"), [Employee, Duty, Department, Position, Avatar, User]),
        (_("个人信息"), [PersonalRequest, Destruction, Hold, SealCount]),
        (
            _("记录"),
            [
                AuditRow,
                AuditSeal,
                AuditAnchor,
                Verification,
                WallboardLink,
                Job,
                Refusal,
                Event,
                IdempotentAnswer,
            ],
        ),
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
