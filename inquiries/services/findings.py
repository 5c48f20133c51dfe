"""What was found against somebody on a case, and what it costs by a clause that follows no clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.models import (
    Complaint,
    ComplaintStep,
    CustomerFlag,
    Finding,
    NetworkQuery,
    Rectification,
)
from inquiries.selectors.force_majeure import excusing
from inquiries.services.complaint_process import JUDGE
from kefu.cases import services as cases
from kefu.cases.models import Case, CaseLink, Interaction
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.policy.clauses import Consequence
from kefu.policy.ladders import Happening
from kefu.policy.penalties import Breach
from kefu.policy.requirements import offered
from kefu.privacy import lookup, redact
from kefu.rulebooks.selectors import Edition, edition_saying

ATTITUDE = "attitude_complaints"
MOST = 999_999  # yuan
CAME = ("", "again")  # what a customer came with by himself, not what he answered us


@dataclass(frozen=True, slots=True)
class Found:
    """What a person says he found. ``established`` and ``evidence``: names of the clause; ``said``: in words, such as
    the surname that was heard; ``chosen``: the amount where the clause leaves it open; ``base``: the sum it comes out
    of; ``count``: the how-manieth time.
    """

    established: Collection[str] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    verified: bool = False
    count: int | None = None
    chosen: Decimal | None = None
    measure: str | None = None
    severity: str | None = None
    said: str = ""


NOTHING = Found()


def edition_for(
    case: Case, clause: str, *, party: Party | None = None, now: datetime
) -> Edition | None:
    """The edition that has a clause, of those that bind this case towards a party."""
    return edition_saying(
        rules_of.names(clause),
        department_id=case.department_id,
        at=now,
        outlet_id=party.outlet_id if party else None,
    )


def party_for(role: str, case: Case) -> Party | None:
    """Who answers in a role on this case, as far as it says; for a contract area its outlet does (CD-05.05), and our
    own company never."""
    party = _in_role(role, case)
    return None if party is not None and party.kind == Party.Kind.COMPANY else party


def _in_role(role: str, case: Case) -> Party | None:
    complaint = Complaint.objects.filter(case=case).select_related("against", "complainant").first()
    against = complaint.against if complaint else case.outlet
    complainant = complaint.complainant if complaint else None
    match role:
        case "origin_outlet":
            return case.waybill.origin if case.waybill else None
        case "delivery_outlet":
            return case.waybill.destination if case.waybill else None
        case "parent_outlet":
            return complainant.parent if complainant else None
        case "asking_outlet":
            return _outlet_of(complainant)
        case "courier":
            return against if against and against.kind == Party.Kind.COURIER else None
        case "agent" | "employee" | "owner" | "supervisor":
            return against if against and against.kind == Party.Kind.EMPLOYEE else None
        case _:
            return _outlet_of(against) or _outlet_of(case.outlet)


def _outlet_of(party: Party | None) -> Party | None:
    """The outlet that employs somebody, or that a contract area belongs to."""
    if party is None or party.kind in (Party.Kind.OUTLET, Party.Kind.COMPANY):
        return party
    return party.parent


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
    case = _judged(case, actor)
    using = edition_for(case, clause, party=party, now=now)
    if using is None:
        raise KefuError(_("这里的规章没有这一条"), code="no_such_clause", field="clause")
    written = using.rules[clause]
    if not isinstance(written, Consequence):
        raise KefuError(_("这一条不是处罚"), code="no_consequence", field="clause")
    party = _bearer(written.role, party or party_for(written.role, case))
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
    return finding


# Whom of the persons a role can mean; every other role is an outlet's.
PERSONS = {
    "courier": Party.Kind.COURIER,
    **dict.fromkeys(("agent", "employee", "owner", "supervisor"), Party.Kind.EMPLOYEE),
}


def _bearer(role: str, party: Party | None) -> Party:
    """Who bears it: a person of that role, or the outlet behind whoever is named, and never our own company."""
    person = PERSONS.get(role)
    if party is not None and person is None:
        party = _outlet_of(party)
    if party is None or party.kind == Party.Kind.COMPANY:
        raise KefuError(_("还不知道由谁承担，请先写明"), code="party_required", field="party")
    if person is not None and party.kind != person:
        raise KefuError(
            _("这一条由%(kind)s承担") % {"kind": person.label}, code="wrong_party", field="party"
        )
    return party


def _judged(case: Case, actor: Any) -> Case:
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


def interactions(case: Case) -> int:
    """Questions between outlets about this parcel that are on record (CD-05.06, CD-05.27)."""
    if not case.waybill_number:
        return case.network_queries.count()
    return NetworkQuery.objects.filter(case__waybill_number=case.waybill_number).count()


def contacts_without_result(case: Case) -> int:
    """How often the customer has come about this matter: each of his calls on it and on what it grew from."""
    about = {case.pk, *case.links.values_list("origin_id", flat=True)}
    return Interaction.objects.filter(
        case__in=about,
        kind=Interaction.Kind.CONTACT,
        direction=Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.CUSTOMER,
        action__in=CAME,
    ).count()


def breach_of(
    case: Case, clause: Consequence, party: Party, found: Found, *, now: datetime
) -> Breach:
    """What is known of it, as policy asks."""
    count = found.count
    if (
        clause.counts is not None
        and clause.counts.of == "contacts_without_result"
        and count is None
    ):
        count = contacts_without_result(case)
    history: tuple[Happening, ...] = ()
    if clause.counts is not None and clause.counts.of == ATTITUDE:
        history = attitude_history(party)
    cause = _cause(case, clause)
    raised = list(case.findings.values_list("clause", flat=True))
    complaint = Complaint.objects.filter(case=case).first()
    lost = complaint is not None and complaint.category == Complaint.Category.LOST
    value = _value(case, complaint)
    return Breach(
        clause=clause.id,
        complaint=cause,
        verified=found.verified,
        evidence=tuple(name for name, said in found.evidence.items() if said.strip()),
        established=(*found.established, *(("lost",) if lost else ())),
        numbers={} if value is None else {"value": value},
        count=count,
        history=history,
        on=now.astimezone(SHANGHAI).date(),
        raised=tuple(one for one in raised if one != clause.id),
        chosen=found.chosen,
        measure=found.measure,
        severity=found.severity or (complaint.grade if complaint else None) or None,
    )


def _cause(case: Case, clause: Consequence) -> Any:
    """The cause of the complaint this is, or that grew from this case and counts for the clause."""
    own = Complaint.objects.filter(case=case).values_list("cause", flat=True).first()
    linked = CaseLink.objects.filter(origin=case).values_list("cause", flat=True)
    causes = [*([own] if own else []), *linked]
    return next((cause for cause in causes if cause in clause.causes), next(iter(causes), None))


def _value(case: Case, complaint: Complaint | None) -> Decimal | None:
    if complaint is not None and complaint.item_value is not None:
        return complaint.item_value
    return case.waybill.declared_value if case.waybill else None


def attitude_history(party: Party) -> tuple[Happening, ...]:
    """The verified complaints about somebody, in the order of their conclusions; others than of the attitude are
    told as such, for a rulebook that lets them break the row (ES-204.04)."""
    rows = (
        ComplaintStep.objects.filter(
            code=ComplaintStep.Code.CONCLUDE,
            outcome=Complaint.Conclusion.VERIFIED,
            case__complaint__against=party,
        )
        .order_by("pk")
        .values_list("happened_at", "case__complaint__category")
    )
    return tuple(
        Happening(
            of=ATTITUDE,
            on=at.astimezone(SHANGHAI).date(),
            other=category != Complaint.Category.ATTITUDE,
        )
        for at, category in rows
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


def promised_compensation(case: Case) -> Decimal:
    """What the area office or headquarters promised the customer (CD-05.28)."""
    promises = case.complaint_steps.filter(code=ComplaintStep.Code.CONTACT_ORIGIN)
    return sum((one.amount for one in promises if one.amount), Decimal(0))


# Points of a score, by event.


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
    case = _judged(case, actor)
    if party.pk == actor.party_id:
        raise NotAllowed(_("不能认定自己的责任"))
    says = _has_event(event)
    using = edition_saying(says, department_id=case.department_id, at=now)
    clause = rules_of.score_event(using.rules, event) if using else None
    if using is None or clause is None:
        raise KefuError(_("这里的规章没有这一条"), code="no_such_clause", field="event")
    party = _bearer(clause.on, party)
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


# Rectification.


@transaction.atomic
def order_rectification(
    *,
    finding: Finding,
    measure: str,
    due_on: date,
    heavier: Decimal,
    actor: Any,
    now: datetime,
) -> Rectification:
    """Tell an outlet to mend its lines by a day, and what it costs if it does not (CD-05.22): the rulebook names
    neither, whoever orders it does."""
    case = _judged(finding.case, actor)
    using = edition_for_rectification(case, now=now)
    if using is None:
        raise Conflict(_("这里的规章没有限期整改"), code="no_process")
    confirmed = Penalty.objects.filter(finding=finding, state__in=["payable", "settled"])
    if not confirmed.exists():
        raise Conflict(_("罚款生效后才能责令整改"), code="not_confirmed")
    if due_on <= now.astimezone(SHANGHAI).date():
        raise KefuError(_("限期要在将来"), code="not_in_future", field="due_on")
    if not (heavier.is_finite() and 0 < heavier <= MOST):
        raise KefuError(_("请填逾期罚款的数额"), code="amount_required", field="heavier")
    if finding.amount is not None and heavier <= finding.amount:
        raise KefuError(
            _("逾期罚款要比这次的 %(amount)s 元重") % {"amount": finding.amount},
            code="not_heavier",
            field="heavier",
        )
    if Rectification.objects.filter(finding=finding).exists():
        raise Conflict(_("已经责令过整改"), code="already_ordered")
    order = Rectification.objects.create(
        finding=finding,
        measure=measure,
        due_on=due_on,
        heavier=heavier,
        ordered_by=actor,
        ordered_at=now,
    )
    cases.step(
        case=case,
        action="rectification_ordered",
        actor=actor,
        now=now,
        who=finding.party.name,
        due_on=due_on.isoformat(),
    )
    return order


def edition_for_rectification(case: Case, *, now: datetime) -> Edition | None:
    return edition_saying(
        rules_of.processes("phone_rectification"), department_id=case.department_id, at=now
    )


@transaction.atomic
def recheck_rectification(
    *, order: Rectification, mended: bool, actor: Any, now: datetime
) -> Rectification:
    """Say whether the lines were mended by the day. If not, the heavier fine is imposed (CD-05.22)."""
    case = _judged(order.finding.case, actor)
    order = Rectification.objects.select_for_update(no_key=True, of=["self"]).get(pk=order.pk)
    if order.outcome:
        raise Conflict(_("已经复查过了"), code="already_rechecked")
    late = not mended and now.astimezone(SHANGHAI).date() > order.due_on
    if not mended and not late:
        raise Conflict(_("限期还没有过"), code="not_due_yet")
    using = edition_for_rectification(case, now=order.ordered_at)
    if late and using is not None:
        clause = rules_of.process_clause(using.rules, "phone_rectification")
        order.penalty = penalties.impose(
            case=case,
            clause=clause,
            version_id=using.version_id,
            party=order.finding.party,
            kind=Penalty.Kind.FINE,
            value=order.heavier,
            inputs=rules_of.entered_inputs(clause, order.heavier),
            actor=actor,
            now=now,
        )
    order.outcome = Rectification.Outcome.OVERDUE if late else Rectification.Outcome.IN_TIME
    order.rechecked_by, order.rechecked_at = actor, now
    order.save(update_fields=["outcome", "rechecked_by", "rechecked_at", "penalty"])
    cases.step(
        case=case,
        action="rectification_rechecked",
        actor=actor,
        now=now,
        who=order.finding.party.name,
        outcome=order.outcome,
    )
    return order


# Difficult customers.


@transaction.atomic
def flag_customer(*, case: Case, reason: str = "", actor: Any, now: datetime) -> CustomerFlag:
    """Mark the customer of a case as difficult, so that whoever takes his next call knows (LC-01.35)."""
    if not actor.has_perm("cases.work_case"):
        raise NotAllowed(_("你的角色不能标记客户"))
    case = cases.lock(case=case)
    using = edition_saying(
        rules_of.offers("customer_flag"), department_id=case.department_id, at=now
    )
    flags = offered(using.rules, "customer_flag").keys if using else ()
    token = customer_token(case)
    if not flags:
        raise Conflict(_("这里的规章没有客户标记"), code="no_flag")
    if token is None:
        raise KefuError(_("没有客户的电话，认不出他"), code="no_phone", field="reason")
    shown = cases.shown(case=case, text=redact.clean(reason, max_length=500, field="reason"))
    flag, new = CustomerFlag.objects.get_or_create(
        token=token,
        flag=flags[0],
        lifted_at=None,
        defaults={"case": case, "reason": shown, "flagged_by": actor, "flagged_at": now},
    )
    if not new:
        raise Conflict(_("已经标记过了"), code="already_flagged")
    cases.step(case=case, action="customer_flagged", text=shown, actor=actor, now=now)
    return flag


@transaction.atomic
def lift_flag(*, case: Case, actor: Any, now: datetime) -> None:
    """Take the mark off again; the row stays."""
    if not actor.has_perm("cases.reassign_case"):
        raise NotAllowed(_("只有组长和主管可以取消标记"))
    case = cases.lock(case=case)
    open_flags = CustomerFlag.objects.filter(token=customer_token(case) or 0, lifted_at=None)
    if not open_flags.update(lifted_at=now, lifted_by=actor):
        raise Conflict(_("这位客户没有标记"), code="not_flagged")
    cases.step(case=case, action="customer_unflagged", actor=actor, now=now)


def customer_token(case: Case) -> int | None:
    """By which the same customer is known again: his number."""
    tokens = lookup.tokens_for_person("", case.sealed.get("customer_phone", ""))
    return tokens[0] if tokens else None
