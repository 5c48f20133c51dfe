"""Who works on an incident, and whom its rulebook still wants (ES-502.18, ES-502.19)."""

from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries.models import Incident, IncidentMember
from inquiries.services.incidents import RUN, lock, need, rules_of
from kefu.cases import services as cases
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.measures import counted
from kefu.policy.refusals import NotInRulebook
from kefu.policy.seats import missing_seats
from kefu.staff.models import Employee

TEAM = "emergency_team_members"


@transaction.atomic
def add_member(
    *,
    incident: Incident,
    role: str,
    employee: Employee | None = None,
    outlet: Party | None = None,
    post: str = "",
    actor: Any,
    now: datetime,
) -> IncidentMember:
    """Somebody joins the team; who answers phone or online is named with his post (ES-502.18, ES-502.19)."""
    need(actor, RUN, _("只有组长和主管可以组建应急小组"))
    incident = lock(incident=incident)
    head = role == IncidentMember.Role.OUTLET_HEAD
    if head == (outlet is None) or head == (employee is not None):
        raise KefuError(
            _("网点负责人填网点，其他人填员工"),
            code="member_required",
            field="outlet" if head else "employee",
        )
    if post and head:
        raise KefuError(_("专岗要由本中心的人担任"), code="post_is_ours", field="post")
    if incident.members.filter(role=role, employee=employee, outlet=outlet, left_at=None).exists():
        raise Conflict(_("已经在小组里"), code="member_already", field="employee")
    member = IncidentMember.objects.create(
        incident=incident,
        role=role,
        post=post,
        employee=employee,
        outlet=outlet,
        added_at=now,
        added_by=actor,
    )
    if employee is not None:
        notifications.ring(
            kind=Event.Kind.INCIDENT,
            at=now,
            user_ids=[employee.user_id],
            case_id=incident.pk,
            data={"member": member.pk, "drill": incident.is_drill},
        )
    cases.step(
        case=incident.case,
        action="member_joined",
        actor=actor,
        now=now,
        who=str(employee or outlet),
        role=role,
        post=post,
    )
    return member


@transaction.atomic
def remove_member(*, member: IncidentMember, actor: Any, now: datetime) -> None:
    """Somebody leaves the team; the row stays. Raises Conflict where he has left before."""
    need(actor, RUN, _("只有组长和主管可以组建应急小组"))
    incident = lock(incident=member.incident)
    gone = IncidentMember.objects.filter(pk=member.pk, left_at=None).update(left_at=now)
    if not gone:
        raise Conflict(_("已经不在小组里"), code="member_gone")
    cases.step(
        case=incident.case,
        action="member_left",
        actor=actor,
        now=now,
        who=str(member.employee or member.outlet),
    )


def roles_lacking(incident: Incident) -> list[str]:
    """The roles that the team still needs; none where the rulebook asks for no team (ES-502.18)."""
    present = incident.members.filter(left_at=None).values_list("role", flat=True)
    numbers = {role: Decimal(list(present).count(role)) for role in set(present)}
    try:
        found = counted(rules_of(incident), TEAM, numbers)
    except NotInRulebook:
        return []
    return [count.name for count in found.counts if count.short]


def posts_lacking(incident: Incident) -> list[str]:
    """Which of phone and online nobody is named for (ES-502.19)."""
    filled = set(incident.members.filter(left_at=None).values_list("post", flat=True))
    names = {
        IncidentMember.Post.PHONE: "incident_phone_agents",
        IncidentMember.Post.ONLINE: "incident_online_agents",
    }
    seats = {name: int(post in filled) for post, name in names.items()}
    short = {lack.name for lack in missing_seats(rules_of(incident), seats, time(12))}
    return [post.value for post, name in names.items() if name in short]
