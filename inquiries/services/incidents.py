"""Open an incident, by hand or with the complaint that is one too many; who works on it; decide and tell; complete it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from inquiries.models import (
    AffectedCase,
    Complaint,
    GroupedComplaint,
    Incident,
    IncidentFinding,
    IncidentMember,
    IncidentNotice,
)
from inquiries.services.answers import answer_customer
from inquiries.services.complaint_process import propose, verify
from kefu import punctuation
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.deadlines.services.promises import owner_party
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party, Region
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.incidents import Incident as Found
from kefu.policy.incidents import incident_rule, mass_incident
from kefu.policy.measures import counted
from kefu.policy.processes import next_step
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import offered, requirements
from kefu.policy.rulebook import Rulebook
from kefu.policy.seats import missing_seats
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition, edition_in_force, edition_saying, saying
from kefu.staff.models import Department, Employee
from kefu.staff.selectors import head_of, lead_ids

RUN = "inquiries.run_incident"
DECIDE = "inquiries.judge_complaint"
CONFIRM = "claims.confirm_finding"
# Whoever files a complaint of an issue waits here until the one before him is through: of 21 at once
# the last sees the 20 others, and nobody else opens what he opens.
IN_TURN = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))"
PROCESS = "mass_incident"
FINDING = "incident_finding"
TEAM = "emergency_team_members"
AT_ONCE = 100  # complaints answered in one go
Action = Deadline.Action
STARTED_WITH = {
    Incident.Kind.MASS_COMPLAINT: (
        Action.INCIDENT_PLAN,
        Action.INCIDENT_INVESTIGATION,
        Action.INCIDENT_COMPLETION,
    ),
    Incident.Kind.SYSTEM_FAILURE: (Action.TECHNICAL_CONTACT, Action.RECOVERY_ESTIMATE),
}


# The complaint that is one too many.


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


# By hand.


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


def edition_for_incidents(*, department_id: int, at: datetime) -> Edition:
    """The edition an incident goes by: the first that binds here and has types of emergencies, else that of the
    department."""
    found = edition_saying(
        lambda rules: bool(offered(rules, "emergency_type").keys),
        department_id=department_id,
        at=at,
    )
    return found or edition_in_force(department_id=department_id, at=at)


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
        owner=head_of(department.pk),
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


def start_clock(
    incident: Incident, action: Deadline.Action, *, line: Interaction, using: Edition
) -> Deadline | None:
    return deadlines.start_clock(
        case=incident.case,
        action=action,
        using=using,
        party=owner_party(incident.case.owner, our_company()),
        started_by=line,
    )


def keep_clock(
    incident: Incident, action: Deadline.Action, *, line: Interaction, actor: Any, now: datetime
) -> None:
    """What the clocks of this action waited for has happened."""
    waiting = [d for d in deadlines.settle(case=incident.case, now=now) if d.action == action]
    deadlines.keep(deadlines=waiting, answer=line, actor=actor, now=now)


def lock(*, incident: Incident, is_open: bool = True) -> Incident:
    """Return the incident with its case locked. Raises Conflict once it is completed."""
    case = cases.lock(case=incident.case)
    found = Incident.objects.get(pk=incident.pk)
    found.case = case
    if is_open and not found.is_open:
        raise Conflict(_("这个突发事件已经处理完毕"), code="incident_done")
    return found


def need(actor: Any, permission: str, refusal: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed(refusal)


def demand(rules: Rulebook, form: str, recorded: Iterable[str]) -> None:
    """Refuse what lacks something its clauses want, naming clause and first field."""
    for lack in requirements(rules, form, set(recorded)).lacks:
        raise KefuError(
            _("按 %(clause)s 还要填写") % {"clause": lack.clause},
            code="field_required",
            field=lack.names[0],
            clause=lack.clause,
        )


def rules_of(incident: Incident) -> Rulebook:
    return edition(incident.rulebook_id).rules


# The team.


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


@transaction.atomic
def mark_major(*, incident: Incident, actor: Any, now: datetime) -> Incident:
    """A grave one goes to the head's queue at once and stays on top until it is done (LC-01.08)."""
    need(actor, RUN, _("只有组长和主管可以标为重大"))
    incident = lock(incident=incident)
    if incident.is_major:
        raise Conflict(_("已经是重大"), code="major_already")
    Incident.objects.filter(pk=incident.pk).update(is_major=True)
    head = head_of(incident.case.department_id)
    cases.change(case=incident.case, escalated_at=now, owner=head or incident.case.owner)
    deadlines.repoint(
        case=incident.case, party=owner_party(incident.case.owner, our_company()), now=now
    )
    cases.step(case=incident.case, action="marked_major", actor=actor, now=now)
    return incident


# The investigation, confirmed by a second person.


@transaction.atomic
def submit_finding(
    *, incident: Incident, facts: str, cause: str, liable: Party, actor: Any, now: datetime
) -> IncidentFinding:
    """What the investigation found. Where the rulebook wants it confirmed it counts from then on, but it was
    found in time or not by when it was submitted (ES-502.21, LC-01.07)."""
    facts = redact.clean(facts, max_length=2_000, field="facts", required=True)
    cause = redact.clean(cause, max_length=300, field="cause", required=True)
    incident = lock(incident=incident)
    if incident.findings.filter(outcome="").exists():
        raise Conflict(_("已有一份调查结论在等确认"), code="finding_waiting")
    if incident.findings.filter(outcome=IncidentFinding.Outcome.CONFIRMED).exists():
        raise Conflict(_("调查结论已经确认"), code="finding_confirmed")
    line = cases.step(
        case=incident.case, action="finding_submitted", text=cause, actor=actor, now=now
    )
    return IncidentFinding.objects.create(
        incident=incident,
        facts=redact.redact(facts),
        cause=redact.redact(cause),
        liable=liable,
        line=line,
        submitted_at=now,
        submitted_by=actor,
    )


@transaction.atomic
def decide_finding(
    *, finding: IncidentFinding, confirm: bool, note: str = "", actor: Any, now: datetime
) -> None:
    """The centre confirms a finding or sends it back with a reason; never its author (LC-01.07)."""
    need(actor, CONFIRM, _("只有主管可以确认调查结论"))
    incident = lock(incident=finding.incident)
    finding = (
        IncidentFinding.objects.select_for_update(of=["self"])
        .select_related("line")
        .get(pk=finding.pk)
    )
    if finding.outcome:
        raise Conflict(_("这份调查结论已经处理过了"), code="finding_decided")
    if finding.submitted_by_id == actor.pk:  # rule: LC-01.07
        raise KefuError(_("不能确认自己的调查结论"), code="own_proposal")
    note = redact.clean(note, max_length=300, field="note", required=not confirm)
    Outcome = IncidentFinding.Outcome
    finding.outcome = Outcome.CONFIRMED if confirm else Outcome.SENT_BACK
    finding.note, finding.decided_by, finding.decided_at = redact.redact(note), actor, now
    finding.save(update_fields=["outcome", "note", "decided_by", "decided_at"])
    cases.step(
        case=incident.case,
        action="finding_confirmed" if confirm else "finding_sent_back",
        text=note,
        actor=actor,
        now=now,
    )
    if confirm:
        keep_clock(incident, Action.INCIDENT_INVESTIGATION, line=finding.line, actor=actor, now=now)


# The one solution, and everybody told of it.


@transaction.atomic
def decide_solution(
    *, incident: Incident, outcome: str, text: str, actor: Any, now: datetime
) -> Incident:
    """Decide on one solution for all complaints, once the team is complete. Source: ES-502.18, ES-502.22."""
    need(actor, DECIDE, _("统一方案由主管定"))
    text = redact.clean(text, max_length=2_000, field="text", required=True)
    incident = lock(incident=incident)
    if incident.decided_at is not None:
        raise Conflict(_("统一方案已经定了"), code="solution_decided")
    if lacking := roles_lacking(incident):  # rule: ES-502.18
        roles = [str(IncidentMember.Role(role).label) for role in lacking]
        raise KefuError(
            _("应急小组还缺：%(roles)s") % {"roles": punctuation.alike(*roles)},
            code="team_incomplete",
        )
    if outcome not in solutions(rules_of(incident)):
        raise KefuError(_("请选统一方案"), code="no_such_solution", field="outcome")
    line = cases.step(
        case=incident.case,
        action="solution_decided",
        text=text,
        actor=actor,
        now=now,
        outcome=outcome,
    )
    incident.solution, incident.solution_text = outcome, line.text
    incident.decided_at, incident.decided_by = now, actor
    incident.save(update_fields=["solution", "solution_text", "decided_at", "decided_by"])
    return incident


def solutions(rules: Rulebook) -> tuple[str, ...]:
    """What one solution for all may be; anything where the rulebook has no such process (ES-502.22)."""
    try:
        return next_step(rules, PROCESS).outcomes
    except NotInRulebook:
        return ("sanction_and_apology",)


@transaction.atomic
def note_notice(
    *, grouped: GroupedComplaint, channel: str, reached: bool, actor: Any, now: datetime
) -> IncidentNotice:
    """A complainant was told of the solution on one channel, or was not reached there (ES-502.23)."""
    incident = lock(incident=grouped.incident)
    if incident.decided_at is None:
        raise Conflict(_("先定统一方案，再告知客户"), code="no_solution")
    allowed = offered(rules_of(incident), "mass_notice_channel").keys
    if allowed and channel not in allowed:  # rule: ES-502.23
        raise KefuError(_("规则手册没有这个渠道"), code="no_such_channel", field="channel")
    notice = IncidentNotice.objects.create(
        grouped=grouped, channel=channel, reached=reached, at=now, by=actor
    )
    cases.step(
        case=cases.lock(case=grouped.complaint.case),
        action="incident_notice",
        actor=actor,
        now=now,
        incident=incident.case.number,
        channel=channel,
        reached=reached,
    )
    return notice


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one complaint in a batch; ``refusal`` "" where it was answered; ``left``: what it waits for then."""

    number: str
    refusal: str = ""
    left: str = ""


def answer_many(
    *,
    incident: Incident,
    numbers: Iterable[str],
    text: str,
    channel: Interaction.Channel,
    apology: bool = False,
    actor: Any,
    now: datetime,
) -> list[Answered]:
    """Answer these complaints with one text, a transaction a row; one that is refused says why, the others
    go through. Where the rulebook has a process for complaints the text is the solution proposed to each, which its
    customer has yet to accept. Raises KefuError for a text that is not there and for more than AT_ONCE rows."""
    text = redact.clean(text, max_length=cases.TEXT_LIMIT, field="text", required=True)
    if incident.decided_at is None:  # rule: ES-502.22
        raise Conflict(_("先定统一方案，再批量答复"), code="no_solution")
    chosen = list(dict.fromkeys(numbers))
    if len(chosen) > AT_ONCE:
        raise KefuError(
            _("一次最多 %(most)d 件") % {"most": AT_ONCE}, code="too_many", field="number"
        )
    rows = incident.complaints.filter(complaint__case__number__in=chosen)
    found = {one.complaint.case.number: one for one in rows.select_related("complaint__case")}
    common = _Common(text, channel, apology, found_out(incident))
    results = []
    for number in chosen:
        if number not in found:
            results.append(Answered(number, _("不在这个突发事件里")))
            continue
        try:
            left = _answer(found[number], common, actor=actor, now=now)
            results.append(Answered(number, left=left))
        except KefuError as error:
            results.append(Answered(number, _refused(error)))
    return results


@dataclass(frozen=True, slots=True)
class _Common:
    """What all are told, and what the investigation found."""

    text: str
    channel: Interaction.Channel
    apology: bool
    finding: IncidentFinding | None


def found_out(incident: Incident) -> IncidentFinding | None:
    """The finding that a second person has confirmed."""
    return incident.findings.filter(outcome=IncidentFinding.Outcome.CONFIRMED).first()


@transaction.atomic
def _answer(grouped: GroupedComplaint, common: _Common, *, actor: Any, now: datetime) -> str:
    """The case first, as everybody who works on it does; then the row says whether it was answered before.
    Return what the complaint waits for."""
    case = cases.lock(case=grouped.complaint.case)
    complaint = Complaint.objects.get(case=case)
    if refusal := not_answerable(case, complaint, grouped.answered_at, common.finding):
        raise Conflict(refusal, code="not_answerable")
    told: dict[str, Any] = {"case": case, "channel": common.channel, "actor": actor, "now": now}
    if complaint.stage:
        if complaint.stage == Complaint.Stage.VERIFICATION and common.finding is not None:
            # The investigation of all is that of each (ES-502.21); the outlet's head was in the team.
            verify(case=case, method="outlet", text=common.finding.facts, actor=actor, now=now)
        cause = common.finding.cause if common.finding else grouped.incident.reason
        propose(text=common.text, apology=common.apology, delay_reason=cause, **told)
        complaint.refresh_from_db(fields=["stage"])
    else:
        answer_customer(text=common.text, substantive=True, **told)
    done = GroupedComplaint.objects.filter(pk=grouped.pk, answered_at=None).update(
        answered_at=now, answered_by=actor
    )
    if not done:
        raise Conflict(_("刚才已经答复过了"), code="answered_before")
    return complaint.get_stage_display() if complaint.stage else ""


def _refused(error: KefuError) -> str:
    """A fault that a form would show at its field, on a line of its own."""
    lacking = {
        "apology": _("勾选“已致歉”"),
        "delay_reason": _("延误原因，先确认调查结论"),
    }.get(error.field or "")
    return f"{error}{_('：')}{lacking}" if lacking else str(error)


def not_answerable(
    case: Case,
    complaint: Complaint,
    answered_at: datetime | None,
    finding: IncidentFinding | None,
) -> str:
    """Why a complaint cannot be answered with the others; "" if it can. Where the rulebook has a process for it, it
    has to be verified and nothing proposed yet; a general one counts as verified by the confirmed ``finding``."""
    Stage = Complaint.Stage
    if answered_at is not None:
        return _("已经答复过")
    if case.state == Case.State.CLOSED:
        return _("已结案，不再答复；要答复先重新打开")
    if complaint.stage == Stage.VERIFICATION and complaint.grade == Complaint.Grade.MAJOR:
        return _("重大投诉要单独核实，核实后再答复")
    if complaint.stage == Stage.VERIFICATION and finding is None:
        return _("还没有核实；先确认调查结论，或单独核实")
    if complaint.stage not in ("", Stage.VERIFICATION, Stage.SOLUTION):
        return _("已经提过方案，现在“{stage}”").format(stage=complaint.get_stage_display())
    return ""


# The end.


@transaction.atomic
def complete(*, incident: Incident, note: str, actor: Any, now: datetime) -> Incident:
    """Everything is done: refused while a complaint is open, a customer waits or a recovery is not told. What was
    warned of and has not begun is called off by it.

    Source: ES-502.24, ES-502.15, ES-502.16.
    """
    need(actor, RUN, _("只有组长和主管可以了结突发事件"))
    note = redact.clean(note, max_length=2_000, field="note", required=True)
    if incident.issue:
        with connection.cursor() as cursor:  # nothing joins while we look
            cursor.execute(IN_TURN, [f"incident:{incident.issue}"])
    incident = lock(incident=incident)
    came = incident.started_at <= now
    for refusal, n in left_open(incident, came=came):
        raise Conflict(refusal.format(n=n), code="not_done")
    ended_at = incident.ended_at or (now if came else None)
    Incident.objects.filter(pk=incident.pk).update(
        stage=Incident.Stage.DONE, completed_at=now, ended_at=ended_at
    )
    line = cases.step(
        case=incident.case,
        action="drill_completed" if incident.is_drill else "incident_completed",
        text=note,
        actor=actor,
        now=now,
    )
    waiting = deadlines.settle(case=incident.case, now=now)
    done = [d for d in waiting if d.action == Action.INCIDENT_COMPLETION]
    deadlines.keep(deadlines=done, answer=line, actor=actor, now=now)
    for deadline in waiting:
        if deadline not in done:  # an estimate nobody waits for any more
            deadlines.cancel(deadline=deadline, now=now)
    cases.move(case=incident.case, to=Case.State.ANSWERED)
    cases.move(case=incident.case, to=Case.State.CLOSED, closed_at=now, escalated_at=None)
    return Incident.objects.get(pk=incident.pk)


def left_open(incident: Incident, *, came: bool) -> list[tuple[str, int]]:
    """What still has to be done before an incident is complete: words with ``{n}``, and how many. ``came``: no warning
    any more."""
    if incident.is_drill:
        lacking = 0 if incident.members.exists() else 1
        return [(_("还没有登记参加演练的人"), 1)] if lacking else []
    found = [
        (_("还有 {n} 件投诉没有处理完"), incident.complaints.unfinished().count()),
        (_("还有 {n} 位等待的客户没有联系"), incident.waiting.filter(contacted_at=None).count()),
        (_("还有 {n} 位受影响的客户没有回访"), _follow_ups(incident)),
        (_("还有 {n} 个渠道没有发布恢复通知"), len(notice_lacking(incident))),
    ]
    if came and incident.kind in (Incident.Kind.NATURAL_DISASTER, Incident.Kind.SYSTEM_FAILURE):
        found.append((_("还没有恢复"), 0 if incident.ended_at else 1))
    return [(words, n) for words, n in found if n]


def _follow_ups(incident: Incident) -> int:
    return AffectedCase.objects.filter(
        Q(incident=incident, follow_up__answered_at=None, follow_up__released_at=None),
        follow_up__isnull=False,
    ).count()


def notice_lacking(incident: Incident) -> tuple[str, ...]:
    """The channels on which a failure's recovery has not been told yet (ES-502.16)."""
    if incident.kind != Incident.Kind.SYSTEM_FAILURE or incident.ended_at is None:
        return ()
    told = {
        f"published_on_{channel}"
        for channel in incident.statements.filter(kind="recovery").values_list(
            "publications__channel", flat=True
        )
        if channel
    }
    return requirements(rules_of(incident), "recovery_notice", told).missing
