"""What was found against somebody on a case, and what it costs by a clause that follows no clock: money or points."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.models import Complaint, ComplaintStep, Finding
from inquiries.selectors.force_majeure import excusing
from inquiries.services.breaches import (
    NOTHING,
    Found,
    bearer,
    breach_of,
    edition_for,
    interactions,
    party_for,
    promised_compensation,
)
from inquiries.services.complaint_standing import JUDGE
from inquiries.services.telling import tell_outlet
from kefu.cases import services as cases
from kefu.cases.models import Case, CaseLink
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.policy.clauses import Consequence
from kefu.policy.penalties import Breach
from kefu.rulebooks.selectors import Edition, edition_saying


@transaction.atomic
def record_finding(
    *,
    case: Case,
    clause: str,
    party: Party | None = None,
    found: Found = NOTHING,
    actor: Any,
    now: datetime,
) -> Finding:
    """Find against somebody on a case; what the clause's first condition still wants is waited for, provisional.

    Once a case and clause. What else the clause asks for has to be there: raises KefuError naming the fact.
    Source: CD-05.02 … CD-05.30, ES-204.04, ES-204.05, ES-304.02, ES-304.04.
    """
    case = judged(case, actor)
    using = edition_for(case, clause, party=party, now=now)
    if using is None:
        raise KefuError(_("这里的规章没有这一条"), code="no_such_clause", field="clause")
    written = using.rules[clause]
    if not isinstance(written, Consequence):
        raise KefuError(_("这一条不是处罚"), code="no_consequence", field="clause")
    party = bearer(written.role, party or party_for(written.role, case))
    if party.pk == actor.party_id:
        raise NotAllowed(_("不能认定自己的责任"))
    _check_new(case, written, party)
    _check_against_records(case, written, found)
    _check_excused(case, using, clause, party)
    breach = breach_of(case, written, party, found, now=now)
    cost = rules_of.cost_of(using.rules, breach)
    note = cases.shown(case=case, text=found.said, field="said", limit=500)
    finding = _impose(case, using, cost, party, breach, note, actor=actor, now=now)
    _charge_promise(finding, using, actor=actor, now=now)
    tell_outlet(case=case, now=now)
    return finding


def judged(case: Case, actor: Any) -> Case:
    """The case, locked, for somebody who may judge it. Raises NotAllowed for anybody else."""
    if not actor.has_perm(JUDGE):
        raise NotAllowed(_("由主管认定责任"))
    return cases.lock(case=case)


def _check_new(case: Case, clause: Consequence, party: Party) -> None:
    same = Q(case=case)
    if clause.per == "parcel" and case.waybill_number:
        same |= Q(party=party, case__waybill_number=case.waybill_number)
    if Finding.objects.filter(same, clause=clause.id).exists():
        raise Conflict(
            _("这一单按 %(clause)s 已经认定过") % {"clause": clause.id}, code="already_found"
        )


def _check_against_records(case: Case, clause: Consequence, found: Found) -> None:
    """What the records themselves tell cannot be said otherwise."""
    if "no_outlet_interaction" in found.established and interactions(case):
        raise KefuError(
            _("这票件有网点之间的查询记录，不算没有联系过"),
            code="interaction_on_record",
            field="no_outlet_interaction",
        )
    if clause.role == "asking_outlet" and interactions(case):
        raise KefuError(
            _("这票件有网点之间的查询记录，不算直接找上级"),
            code="interaction_on_record",
            field="clause",
        )
    escalated = case.interactions.filter(action="escalated").exists()
    if "not_reported_upward" in found.established and escalated:
        raise KefuError(
            _("这一单已经上报过"), code="escalated_on_record", field="not_reported_upward"
        )
    if "coordination_failed" in found.established:
        _check_coordination(case)


def _check_excused(case: Case, using: Edition, clause: str, party: Party) -> None:
    """In a signed force majeure there is a special reason, whoever verifies it (CD-05.21, CD-05.23)."""
    if not rules_of.excused(using.rules, clause):
        return
    received = Complaint.objects.filter(case=case).values_list("received_at", flat=True).first()
    found = excusing(party=party, happened_at=received or case.opened_at)
    if found is not None:
        raise KefuError(
            _("%(party)s 当时在不可抗力期间（%(reason)s），不罚")
            % {"party": party, "reason": found.reason},
            code="force_majeure",
            field="clause",
        )


def _check_coordination(case: Case) -> None:
    """It failed, and what was promised after that is known: the outlet bears it with the fine (CD-05.30)."""
    Code = ComplaintStep.Code
    steps = case.complaint_steps.values_list("code", "outcome")
    if (Code.COORDINATE, "failed") not in steps:
        raise KefuError(
            _("还没有协调失败的记录"), code="not_on_record", field="coordination_failed"
        )
    if Code.CONTACT_ORIGIN not in {code for code, _outcome in steps}:
        raise KefuError(
            _("先记联系发件网点时答应了客户什么，再认定"),
            code="not_on_record",
            field="coordination_failed",
        )


def _impose(
    case: Case,
    using: Edition,
    cost: rules_of.Cost,
    party: Party,
    breach: Breach,
    note: str,
    *,
    actor: Any,
    now: datetime,
) -> Finding:
    assessed = cost.assessed
    value = assessed.amount if assessed.amount is not None else assessed.points
    penalty = None
    if value is not None:
        penalty = _charge(
            case,
            using,
            clause=assessed.clause,
            party=party,
            kind=Penalty.Kind.FINE if assessed.amount is not None else Penalty.Kind.POINTS,
            value=value,
            inputs=cost.inputs,
            fact=None if cost.waits else _fact(case, breach, note),
            actor=actor,
            now=now,
        )
    return _keep(
        Finding(
            case=case,
            clause=assessed.clause,
            party=party,
            inputs={
                "facts": breach.model_dump(mode="json", exclude_defaults=True),
                "steps": rules_of.said_in(assessed.steps),
            },
            missing="|".join(assessed.missing)[:60],
            amount=assessed.amount,
            points=assessed.points,
            measure=assessed.measures[0] if assessed.measures else "",
            until=(assessed.lasts.until or "") if assessed.lasts else "",
            liability=assessed.liability or "",
            penalty=penalty,
            rulebook_id=using.version_id,
            note=note,
            found_by=actor,
            found_at=now,
        )
    )


def _charge(
    case: Case,
    using: Edition,
    *,
    clause: str,
    party: Party,
    kind: Penalty.Kind,
    value: Decimal,
    inputs: dict[str, Any],
    fact: dict[str, Any] | None,
    actor: Any,
    now: datetime,
) -> Penalty:
    """What it costs; confirmed at once by ``fact``, what made it count, else waiting for it."""
    penalty = penalties.impose(
        case=case,
        clause=clause,
        version_id=using.version_id,
        party=party,
        kind=kind,
        value=value,
        inputs=inputs,
        actor=actor,
        now=now,
    )
    if fact is not None and penalty.state == Penalty.State.PROVISIONAL:
        penalties.confirm(penalty=penalty, fact=fact, actor=actor, now=now)
        penalty.refresh_from_db(fields=["state"])
    return penalty


def _keep(finding: Finding) -> Finding:
    """Save it, with its line on the timeline."""
    finding.save(force_insert=True)
    cases.step(
        case=finding.case,
        action="finding",
        text=finding.note,
        actor=finding.found_by,
        now=finding.found_at,
        clause=finding.clause,
        party=finding.party_id,
        who=finding.party.name,
        measure=finding.measure,
    )
    return finding


def _fact(case: Case, breach: Breach, note: str) -> dict[str, Any]:
    """What made it count."""
    if breach.complaint is not None:
        linked = CaseLink.objects.filter(origin=case, cause=breach.complaint).first()
        number = linked.case.number if linked else case.number
        return {"complaint": number, "cause": str(breach.complaint)}
    return {"reason": note}


def _charge_promise(finding: Finding, using: Edition, *, actor: Any, now: datetime) -> None:
    """What was promised to the customer is borne by whoever handled it badly, besides the fine (CD-05.30)."""
    clause = next(
        (one for one in using.rules.in_force(Consequence) if finding.clause in one.only_with), None
    )
    promised = promised_compensation(finding.case)
    if clause is None or not promised:
        return
    breach = Breach(clause=clause.id, base=promised, raised=(finding.clause,))
    cost = rules_of.cost_of(using.rules, breach)
    _impose(finding.case, using, cost, finding.party, breach, finding.note, actor=actor, now=now)


@transaction.atomic
def take_points(
    *,
    case: Case,
    event: str,
    party: Party,
    reason: str,
    verified: bool = True,
    actor: Any,
    now: datetime,
) -> Finding:
    """Take the points that an event costs somebody: a courier's fault, a complaint escalated by its agent. Once a case.

    Source: ES-304.01, ES-304.03.
    """
    case = judged(case, actor)
    if party.pk == actor.party_id:
        raise NotAllowed(_("不能认定自己的责任"))
    says = _has_event(event)
    using = edition_saying(says, department_id=case.department_id, at=now)
    clause = rules_of.score_event(using.rules, event) if using else None
    if using is None or clause is None:
        raise KefuError(_("这里的规章没有这一条"), code="no_such_clause", field="event")
    party = bearer(clause.on, party)
    if Finding.objects.filter(case=case, clause=clause.id).exists():
        raise Conflict(
            _("这一单按 %(clause)s 已经认定过") % {"clause": clause.id}, code="already_found"
        )
    note = cases.shown(case=case, text=reason)
    if len(note) < 4:
        raise KefuError(_("请写明理由"), code="reason_required", field="reason")
    points = abs(clause.points)
    penalty = _charge(
        case,
        using,
        clause=clause.id,
        party=party,
        kind=Penalty.Kind.POINTS,
        value=points,
        inputs=rules_of.points_inputs(clause, condition="verification"),
        fact={"reason": note} if verified else None,
        actor=actor,
        now=now,
    )
    return _keep(
        Finding(
            case=case,
            clause=clause.id,
            party=party,
            inputs={"facts": {"event": event}, "steps": []},
            missing="" if verified else "verification",
            points=points,
            penalty=penalty,
            rulebook_id=using.version_id,
            note=note,
            found_by=actor,
            found_at=now,
        )
    )


def _has_event(event: str) -> rules_of.Says:
    return lambda rules: rules_of.score_event(rules, event) is not None


def escalated_by_agent(case: Case) -> bool:
    """Whether a clock of ours that ran out is on record, which shows that the agent let it come to that (ES-304.03)."""
    return case.deadlines.filter(
        action__in=["complaint_verification", "complaint_solution"], state="breached"
    ).exists()
