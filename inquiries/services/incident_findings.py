"""What the investigation of an incident found, confirmed by a second person (ES-502.21, LC-01.07)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries.models import Incident, IncidentFinding
from inquiries.services.incidents import Action, keep_clock, lock, need
from kefu.cases import services as cases
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.privacy import redact

CONFIRM = "claims.confirm_finding"


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


def found_out(incident: Incident) -> IncidentFinding | None:
    """The finding that a second person has confirmed."""
    return incident.findings.filter(outcome=IncidentFinding.Outcome.CONFIRMED).first()
