"""Open an incident: with the complaint that is one too many, or by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from inquiries.models import Complaint, GroupedComplaint, Incident
from inquiries.services.incidents import (
    IN_TURN,
    RUN,
    Action,
    demand,
    edition_for_incidents,
    need,
    start_clock,
)
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party, Region
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.incidents import Incident as Found
from kefu.policy.incidents import incident_rule, mass_incident
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import offered
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, saying
from kefu.staff import barred
from kefu.staff.models import Department
from kefu.staff.selectors import head_of, lead_ids

STARTED_WITH = {
    Incident.Kind.MASS_COMPLAINT: (
        Action.INCIDENT_PLAN,
        Action.INCIDENT_INVESTIGATION,
        Action.INCIDENT_COMPLETION,
    ),
    Incident.Kind.SYSTEM_FAILURE: (Action.TECHNICAL_CONTACT, Action.RECOVERY_ESTIMATE),
}


def watch(
    *, complaint: Complaint, here: Iterable[Edition], actor: Any, now: datetime
) -> Incident | None:
    """Group a new complaint with the open incident of its issue, or open one with the complaint that is
    one too many within the rulebook's window; return the incident, None if there is none. ``here``: the editions that
    bind its department.

    Reads at most as many complaints as two windows hold, by an index. Source: ES-502.17.
    """
    if not complaint.issue or complaint.received_at is None:
        return None
    using = saying(_tells_masses, here)
    if using is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(IN_TURN, [f"incident:{complaint.issue}"])
    open_ones = Incident.objects.open().real().filter(issue=complaint.issue)
    incident = open_ones.select_related("case").defer("case__sealed", "case__search").first()
    if incident is not None:
        _join(incident, [complaint], actor=actor, now=now)
        return incident
    together = _around(complaint, using.rules)
    found = mass_incident([one.received_at for one in together if one.received_at], using.rules)
    if found is None:
        return None
    within = [one for one in together if _is_of(found, one)]
    return _open_mass(found, within, using=using, actor=actor, now=now)


def _tells_masses(rules: Rulebook) -> bool:
    try:
        clause = incident_rule(rules)
    except NotInRulebook:
        return False
    return clause.more_than is not None and clause.within_minutes is not None


def _around(complaint: Complaint, rules: Rulebook) -> list[Complaint]:
    """Complaints of the same issue near this one that no incident has yet; as long as none is open they are
    at most the rulebook's number to either side."""
    clause = incident_rule(rules)
    assert complaint.received_at
    within = timedelta(minutes=clause.within_minutes or 0)
    received = (complaint.received_at - within, complaint.received_at + within)
    most = 2 * int(clause.more_than or 0) + 1
    return list(
        Complaint.objects.filter(issue=complaint.issue, received_at__range=received, grouped=None)
        .select_related("case__department")
        .order_by("received_at", "pk")[:most]
    )


def _is_of(found: Found, one: Complaint) -> bool:
    return one.received_at is not None and one.received_at >= found.first_at


def _open_mass(
    found: Found, complaints: Sequence[Complaint], *, using: Edition, actor: Any, now: datetime
) -> Incident:
    first = complaints[0]
    incident = open_case_of(
        kind=Incident.Kind.MASS_COMPLAINT,
        summary=issue_in_words(first.issue),
        started_at=min(found.starts_at, now),
        department=first.case.department,
        issue=first.issue,
        using=using,
        inputs={
            "facts": {
                "received": [one.received_at.isoformat() for one in complaints if one.received_at]
            },
            "steps": [step.to_json() for step in found.steps],
        },
        actor=actor,
        now=now,
    )
    _join(incident, complaints, actor=actor, now=now)
    return incident


def _join(
    incident: Incident, complaints: Iterable[Complaint], *, actor: Any, now: datetime
) -> None:
    for one in complaints:
        GroupedComplaint.objects.create(incident=incident, complaint=one, joined_at=now)
        cases.step(
            case=one.case,
            action="incident_joined",
            actor=actor,
            now=now,
            incident=incident.case.number,
        )


def issue_in_words(issue: str) -> str:
    """What complaints of an issue are about: a party's name, two outlets, a topic."""
    sort, _colon, rest = issue.partition(":")
    if sort == "topic":
        return rest
    pks = [int(part) for part in rest.split("-") if part.isdecimal()]
    names = dict(Party.objects.filter(pk__in=pks).values_list("pk", "name"))
    return " → ".join(names.get(pk, str(pk)) for pk in pks) or issue


@dataclass(frozen=True, slots=True)
class Given:
    """What is said of an incident when it is opened by hand. ``issue``: of complaints to come, "" for none."""

    kind: str
    summary: str
    started_at: datetime
    issue: str = ""
    is_major: bool = False
    is_drill: bool = False
    warned: bool = False
    regions: Sequence[Region] = ()
    outlets: Sequence[Party] = ()
    reason: str = ""
    hub: str = ""
    expected_delay_days: str = ""


@transaction.atomic
def declare(*, given: Given, department: Department, actor: Any, now: datetime) -> Incident:
    """Open an incident by hand: a disaster or its warning, many complaints, whatever else; or only practise one.

    Raises KefuError naming the field, Conflict where one of the issue is open, NotAllowed.
    Source: ES-502.01, ES-502.03, ES-503.02, LC-01.08.
    """
    need(actor, RUN, _("只有组长和主管可以启动突发事件"))
    if given.started_at > now and not given.warned:
        raise KefuError(_("开始时间不能晚于现在"), code="in_future", field="started_at")
    summary = redact.clean(
        given.summary, max_length=cases.SUMMARY_LIMIT, field="summary", required=True
    )
    using = edition_for_incidents(department_id=department.pk, at=now)
    kinds = offered(using.rules, "drill_scenario" if given.is_drill else "emergency_type").keys
    if kinds and given.kind not in kinds:
        raise KefuError(_("规则手册没有这种类型"), code="no_such_kind", field="kind")
    demand(using.rules, "emergency_type", {"emergency_type", "stage", "started_at", "owner"})
    if given.warned and not given.reason.strip():
        raise KefuError(_("请写明原因，坐席要向客户解释"), code="field_required", field="reason")
    if given.issue and not given.is_drill:
        with connection.cursor() as cursor:
            cursor.execute(IN_TURN, [f"incident:{given.issue}"])
        if Incident.objects.open().real().filter(issue=given.issue).exists():
            raise Conflict(
                _("这个问题已有一个进行中的突发事件"), code="incident_open", field="issue"
            )
    incident = open_case_of(
        kind=Incident.Kind(given.kind),
        summary=summary,
        started_at=given.started_at,
        department=department,
        issue=given.issue,
        stage=Incident.Stage.WARNED if given.warned else Incident.Stage.RUNNING,
        is_major=given.is_major,
        is_drill=given.is_drill,
        told={
            name: redact.redact(
                redact.clean(getattr(given, name), max_length=limit, field=name, multiline=False)
            )
            for name, limit in (("reason", 60), ("hub", 60), ("expected_delay_days", 10))
        },
        using=using,
        actor=actor,
        now=now,
    )
    incident.regions.set(given.regions)
    incident.outlets.set(given.outlets)
    if given.issue and not given.is_drill:
        _join_waiting(incident, using.rules, actor=actor, now=now)
    return incident


def _join_waiting(incident: Incident, rules: Rulebook, *, actor: Any, now: datetime) -> None:
    """What came in of this issue within the window before it was opened by hand belongs to it."""
    if not _tells_masses(rules):
        return
    within = timedelta(minutes=incident_rule(rules).within_minutes or 0)
    found = Complaint.objects.filter(
        issue=incident.issue, received_at__gte=now - within, grouped=None
    )
    _join(incident, found.select_related("case").order_by("pk"), actor=actor, now=now)


def open_case_of(
    *,
    kind: Incident.Kind,
    summary: str,
    started_at: datetime,
    department: Department,
    issue: str = "",
    stage: Incident.Stage = Incident.Stage.RUNNING,
    is_major: bool = False,
    is_drill: bool = False,
    told: dict[str, str] | None = None,
    using: Edition,
    inputs: dict[str, Any] | None = None,
    actor: Any,
    now: datetime,
) -> Incident:
    """Open the case, tell those who lead, start what the rulebook measures. A drill starts no clock."""
    case = cases.open_case(
        kind=Case.Kind.INCIDENT,
        department=department,
        owner=barred.who_may(head_of(department.pk), now),
        summary=_("【演练】{name}").format(name=summary) if is_drill else summary,
        priority=Case.Priority.URGENT,
        actor=actor,
        now=now,
    )
    incident = Incident.objects.create(
        case=case,
        kind=kind,
        stage=stage,
        issue=issue,
        is_major=is_major,
        is_drill=is_drill,
        started_at=started_at,
        rulebook_id=using.version_id,
        inputs=inputs or {},
        **(told or {}),
    )
    line = cases.add(
        case=case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="drill_opened" if is_drill else "incident_opened",
        data={"kind": kind.value},
        # A failure's clocks run from its report, those of many complaints from the one that was too many.
        happened_at=now if kind == Incident.Kind.SYSTEM_FAILURE else min(started_at, now),
        actor=actor,
        now=now,
    )
    if is_major:
        cases.change(case=case, escalated_at=now)  # rule: LC-01.08
    if not is_drill:
        for action in STARTED_WITH.get(kind, ()):
            start_clock(incident, action, line=line, using=using)
    notifications.ring(  # rule: ES-502.10
        kind=Event.Kind.INCIDENT,
        at=now,
        user_ids=lead_ids(),
        case_id=case.pk,
        data={"drill": is_drill},
    )
    return incident
