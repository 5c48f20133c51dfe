"""Who is liable and why: the adjuster submits it, another person confirms it or sends it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import Claim, Finding, Liability
from claims.selectors.checklist import least_evidence
from claims.selectors.rules import process_rules
from claims.services.doing import Stage, Work, choice, go, need_right, take_up
from claims.wording import names_in_words
from kefu import punctuation
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.compensation import Liable, LossDivision, divide
from kefu.policy.processes import Done, next_step
from kefu.policy.refusals import NotInRulebook
from kefu.privacy import redact
from kefu.staff.selectors import head_ids
from problem_parcels.services.asking import demand, refusals

Kind, PartyKind = Liability.Kind, Party.Kind
WHOLE = Decimal(100)  # per cent
SEVERAL = 20  # parties of one finding
# Who can be named as what.
WHO: dict[str, frozenset[str]] = {
    Kind.OUTLET: frozenset({PartyKind.OUTLET, PartyKind.COMPANY, PartyKind.CONTRACTOR}),
    Kind.MARKET_AREA: frozenset({PartyKind.CONTRACTOR, PartyKind.OUTLET}),
    Kind.LINE_HAUL_VEHICLE: frozenset({PartyKind.DRIVER, PartyKind.HUB}),
    Kind.LOADER: frozenset({PartyKind.HUB, PartyKind.EMPLOYEE}),
    Kind.STAFF: frozenset({PartyKind.EMPLOYEE, PartyKind.COURIER}),
}


@dataclass(frozen=True, slots=True)
class Share:
    """Somebody who is liable, in per cent of a hundred; ``party`` None for the customer or nobody."""

    kind: str
    party: Party | None
    percent: Decimal


@transaction.atomic
def submit_finding(
    *,
    case: Case,
    facts: str,
    cause: str,
    reason: str,
    liable: Sequence[Share],
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Finding:
    """Submit what the investigation found; it becomes effective once another person confirms it.

    The shares are judged by the rulebook's own clauses and add to exactly 100. Raises KefuError naming the field,
    Conflict where evidence is missing or another stage. Source: LC-01.07, LC-01.17, LC-01.18, LC-03.19,
    LC-04.05, LC-04.12.
    """
    need_right(actor=actor, case=case, act="investigate_claim")
    facts = redact.clean(facts, max_length=1_000, field="facts", required=True)
    reason = redact.clean(reason, max_length=500, field="reason", required=True)
    cause = choice(cause, Finding.Cause, "cause")
    work = take_up(case=case, stages=[Stage.EVIDENCE], version=version)
    _need_evidence(work.claim)
    judge_shares(work.case, liable, reason)
    _follow_process(
        work.case, "claim_investigation", recorded={"evidence", "liable_party"}, done=()
    )
    finding = Finding.objects.create(
        claim=work.claim,
        facts=cases.shown(case=work.case, text=facts, field="facts", limit=1_000),
        cause=cause,
        reason=cases.shown(case=work.case, text=reason),
        submitted_by=actor,
        submitted_at=now,
    )
    Liability.objects.bulk_create(
        Liability(finding=finding, kind=one.kind, party=one.party, percent=one.percent)
        for one in liable
    )
    go(work, Stage.CONFIRMATION)
    cases.step(
        case=work.case,
        action="finding_submitted",
        actor=actor,
        now=now,
        finding=finding.pk,
        cause=cause,
    )
    for user_id in head_ids():
        if user_id != actor.pk:
            _tell(work, Event.Kind.CLAIM_WAITING, user_id, now)
    return finding


@transaction.atomic
def confirm_finding(
    *, finding: Finding, note: str = "", version: int | None = None, actor: Any, now: datetime
) -> Finding:
    """The centre confirms a finding; never one's own. Now the amount may be negotiated (LC-01.07)."""
    return _decide(finding, Finding.Outcome.CONFIRMED, note, version, actor=actor, now=now)


@transaction.atomic
def send_back(
    *, finding: Finding, note: str, version: int | None = None, actor: Any, now: datetime
) -> Finding:
    """The centre sends a finding back with the reason; it is investigated anew (LC-01.07)."""
    note = redact.clean(note, max_length=500, field="note", required=True)
    return _decide(finding, Finding.Outcome.SENT_BACK, note, version, actor=actor, now=now)


def _decide(
    finding: Finding,
    outcome: Finding.Outcome,
    note: str,
    version: int | None,
    *,
    actor: Any,
    now: datetime,
) -> Finding:
    if not actor.has_perm("claims.confirm_finding"):
        raise NotAllowed(_("只有主管可以确认定责"))
    work = take_up(case=finding.claim.case, stages=[Stage.CONFIRMATION], version=version)
    finding = (
        Finding.objects.select_for_update(of=["self"])
        .select_related("submitted_by")
        .get(pk=finding.pk)
    )
    if finding.outcome != Finding.Outcome.PENDING:
        raise Conflict(_("这份定责已经有结论"), code="decided_already")
    if finding.submitted_by_id == actor.pk:  # rule: LC-01.07, LC-04.02
        raise KefuError(_("不能确认自己提交的定责"), code="own_finding")
    if actor.party_id and finding.liable.filter(party=actor.party_id).exists():
        raise KefuError(_("不能确认自己要承担的责任"), code="own_liability")
    _follow_process(
        work.case,
        "incident_finding",
        recorded={"facts", "cause", "liable_party"},
        done=(
            Done("submit", person=str(finding.submitted_by_id)),
            Done("confirm", outcome=outcome, person=str(actor.pk)),
        ),
    )
    if outcome == Finding.Outcome.CONFIRMED:
        _need_whole_file(work.case)
    finding.outcome, finding.decided_by, finding.decided_at = outcome, actor, now
    finding.note = cases.shown(case=work.case, text=note, field="note") if note else ""
    finding.save(update_fields=["outcome", "decided_by", "decided_at", "note"])
    confirmed = outcome == Finding.Outcome.CONFIRMED
    go(work, Stage.NEGOTIATION if confirmed else Stage.EVIDENCE)
    cases.step(
        case=work.case,
        action="finding_confirmed" if confirmed else "finding_sent_back",
        text=note,
        actor=actor,
        now=now,
        finding=finding.pk,
    )
    _tell(work, Event.Kind.CLAIM_DECIDED, finding.submitted_by_id, now)
    return finding


def _tell(work: Work, kind: Event.Kind, user_id: int, now: datetime) -> None:
    notifications.publish(
        kind=kind,
        at=now,
        user_id=user_id,
        department_id=work.case.department_id,
        case_id=work.case.pk,
    )


def _need_evidence(claim: Claim) -> None:
    least, clause = least_evidence(claim)
    found = claim.evidence.count()
    if found < least:
        raise Conflict(
            _("按 %(clause)s 先取证：至少 %(n)d 份") % {"clause": clause, "n": least},
            code="evidence_missing",
            clause=clause,
        )
    if claim.signed_unchecked and not found:  # rule: CD-05.13
        raise Conflict(
            _("签收后才提出的，要先有客户的举证"), code="evidence_missing", field="evidence"
        )


def _need_whole_file(case: Case) -> None:
    """Refuse to confirm what is in no complete file: whose customer, whose claim (LC-01.15)."""
    using = process_rules(case)
    if using is None:
        return
    recorded = {"incident", "claim", "liable_party"}
    recorded |= {"customer"} if case.customer_name_masked else set()
    recorded |= {"owner"} if case.owner_id else set()
    demand(using.rules, "incident_file", recorded)


def judge_shares(case: Case, liable: Sequence[Share], reason: str) -> None:
    """Refuse what cannot be a division of liability; ``liable`` is the field at fault."""
    if not 0 < len(liable) <= SEVERAL:
        raise KefuError(_("请写明责任方"), code="field_required", field="liable")
    for one in liable:
        _judge_share(one)
    named = [(one.party.pk if one.party else one.kind) for one in liable]
    if len(set(named)) < len(named):
        raise KefuError(_("同一个责任方写了两次"), code="named_twice", field="liable")
    using = process_rules(case)
    if using is not None:
        division = division_of(Decimal(0), liable, reason)
        with refusals(using.rules):
            divide(using.rules, division)
    elif (total := sum(one.percent for one in liable)) != WHOLE:
        raise KefuError(
            _("责任比例合计是 {total}%，要正好 100%").format(total=total),
            code="shares_not_whole",
            field="liable",
        )


def _judge_share(one: Share) -> None:
    kind = choice(one.kind, Kind, "liable")
    if not (one.percent.is_finite() and 0 < one.percent <= WHOLE) or one.percent != round(
        one.percent, 2
    ):
        raise KefuError(
            _("责任比例要大于 0，不超过 100，最多两位小数"),
            code="percent_out_of_range",
            field="liable",
        )
    whose = WHO.get(kind)
    if whose is None and one.party is not None:
        raise KefuError(
            _("“{kind}”不用写责任方").format(kind=Kind(kind).label),
            code="party_not_wanted",
            field="liable",
        )
    if whose is not None and (one.party is None or one.party.kind not in whose):
        raise KefuError(
            _("“{kind}”要选{whose}").format(
                kind=Kind(kind).label,
                whose=punctuation.alike(
                    *(str(label) for value, label in PartyKind.choices if value in whose)
                ),
            ),
            code="other_kind_of_party",
            field="liable",
        )


def division_of(total: Decimal, liable: Sequence[Share], reason: str) -> LossDivision:
    """The facts by which policy judges and divides; parties by their code, which is nobody's name."""
    return LossDivision(
        amount=total,
        liable=tuple(
            Liable(
                party=one.party.code if one.party else one.kind,
                kind=one.kind,
                share=one.percent,
            )
            for one in liable
        ),
        reason=reason,
    )


def _follow_process(case: Case, process: str, *, recorded: set[str], done: Sequence[Done]) -> None:
    """Refuse what the rulebook's process does not let come now; a rulebook without it has no say."""
    using = process_rules(case)
    if using is None:
        return
    with refusals(using.rules):
        try:
            found = next_step(using.rules, process, done, recorded=recorded)
        except NotInRulebook:
            return
    if found.missing:
        raise Conflict(
            _("按 %(clause)s 还缺：%(what)s")
            % {"clause": found.clause, "what": names_in_words(found.missing)},
            code="step_lacks",
            clause=found.clause,
        )
