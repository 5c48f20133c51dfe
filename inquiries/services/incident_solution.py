"""The one solution for all complaints of an incident, and everybody told of it (ES-502.22, ES-502.23)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries.models import (
    Complaint,
    GroupedComplaint,
    Incident,
    IncidentFinding,
    IncidentMember,
    IncidentNotice,
)
from inquiries.services.answers import answer_customer
from inquiries.services.complaint_process import propose, verify
from inquiries.services.incident_findings import found_out
from inquiries.services.incident_team import roles_lacking
from inquiries.services.incidents import lock, need, rules_of
from kefu import punctuation
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict, KefuError
from kefu.policy.processes import next_step
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import offered
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact

DECIDE = "inquiries.judge_complaint"
PROCESS = "mass_incident"
AT_ONCE = 100  # complaints answered in one go


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
