"""What must not hold a claim up: headquarters' result, an outlet that shirks; and what may, visibly (CD-05.11 … 05.13)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.models import Claim
from claims.selectors.rules import clock_rules
from claims.services.doing import Work, choice, need_right, take_up
from kefu import punctuation
from kefu.cases import services as cases
from kefu.cases.models import Case, CaseLink
from kefu.deadlines import services as deadlines
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.policy.clauses import Consequence
from kefu.policy.consequences import ConsequenceSpec, consequence
from kefu.policy.penalties import Breach, assess
from kefu.privacy import redact

COMPLAINT = "complaint"
HEADQUARTERS = "waited_for_headquarters"


class Ground(models.TextChoices):
    """Why an outlet will not pay, as it says."""

    HEADQUARTERS = "headquarters", gettext_lazy("总部还没有结果")
    SHIRKED = "shirked", gettext_lazy("推给别人，或不理会")


class PauseReason(models.TextChoices):
    """Why a claim is to wait, as the rulebooks name it."""

    EVIDENCE = "waiting_for_evidence", gettext_lazy("等客户补证据")
    HEADQUARTERS = "waiting_for_headquarters", gettext_lazy("等总部结果")


@transaction.atomic
def report_refusal(
    *, case: Case, ground: str, outlet: Party | None = None, text: str, actor: Any, now: datetime
) -> list[Penalty]:
    """Keep on record that an outlet refuses or puts off a claim, in its own words; return the fines proposed.

    Which clauses it breaks follows from what is established of the claim. They are provisional until a complaint of
    one of their causes is linked; one that is linked already makes them count at once. Each is imposed once a
    claim. Raises Conflict where no clause makes anything of it. Source: CD-05.11, CD-05.12, CD-05.13.
    """
    need_right(actor=actor, case=case)
    choice(ground, Ground, "ground")
    text = redact.clean(text, max_length=1_000, field="text", required=True)
    work = take_up(case=case, stages=())
    outlet = outlet or work.case.outlet
    if outlet is None or outlet.kind not in (Party.Kind.OUTLET, Party.Kind.COMPANY):
        raise KefuError(_("请选是哪个网点"), code="field_required", field="outlet")
    established = _established(work.claim, ground)
    clauses = [
        spec
        for spec in _broken(work, established)
        if spec.role == "liable_outlet" or outlet == work.case.outlet
    ]
    if not clauses:
        raise Conflict(
            _("适用的规章里没有对应的条款：先补全破损部位、签收情况和客户的举证"),
            code="no_clause",
            field="ground",
        )
    cases.step(
        case=work.case,
        action="claim_refused_by_outlet",
        text=text,
        actor=actor,
        now=now,
        ground=ground,
        party=outlet.pk,
        established=sorted(established),
    )
    return [_impose(work, spec, outlet, established, actor=actor, now=now) for spec in clauses]


def _established(claim: Claim, ground: str) -> set[str]:
    """What policy's clauses call the facts of this claim."""
    found = {HEADQUARTERS if ground == Ground.HEADQUARTERS else "shirked"}
    if claim.place == Claim.Place.INNER:
        found |= {"outside_intact", "inside_damaged"}
    elif claim.place == Claim.Place.OUTER:
        found.add("outside_damaged")
    if claim.signed_unchecked:
        found.add("signed_unchecked")
    return found


def _broken(work: Work, established: set[str]) -> Iterator[ConsequenceSpec]:
    """The fines that want only a complaint any more, and were not imposed on this claim before."""
    using = clock_rules(work.case)
    if using is None:
        return
    evidence = tuple(work.claim.evidence.values_list("kind", flat=True).distinct())
    imposed = set(work.case.penalties.values_list("clause", flat=True))
    for clause in using.rules.in_force(Consequence):
        needs = set(clause.needs)
        if not needs & {HEADQUARTERS, "shirked"} or not needs <= established:
            continue
        breach = Breach(clause=clause.id, established=tuple(sorted(established)), evidence=evidence)
        if clause.id not in imposed and set(assess(using.rules, breach).missing) <= {COMPLAINT}:
            yield consequence(using.rules, clause.id)


def _impose(
    work: Work,
    spec: ConsequenceSpec,
    outlet: Party,
    established: set[str],
    *,
    actor: Any,
    now: datetime,
) -> Penalty:
    using = clock_rules(work.case)
    assert using is not None
    assert spec.amount is not None
    penalty = penalties.impose(
        case=work.case,
        clause=spec.clause,
        version_id=using.version_id,
        party=outlet,
        kind=Penalty.Kind.FINE,
        value=spec.amount,
        inputs={**spec.inputs, "established": sorted(established)},
        actor=actor,
        now=now,
    )
    complained = (
        CaseLink.objects.filter(
            origin=work.case,
            case__kind=Case.Kind.COMPLAINT,
            cause__in=[cause.value for cause in spec.causes],
        )
        .select_related("case")
        .order_by("pk")
        .first()
    )
    if complained is not None:
        fact = {"complaint": complained.case.number, "cause": complained.cause}
        penalties.confirm(penalty=penalty, fact=fact, actor=actor, now=now)
        penalty.refresh_from_db()
    return penalty


@transaction.atomic
def pause_claim(
    *, case: Case, reason: str, note: str, until: datetime, actor: Any, now: datetime
) -> Claim:
    """Stop counting until ``until``, if the clause of the clock allows the reason; the page shows it.

    Headquarters' result is never a reason (CD-05.11). Raises KefuError naming the field, Conflict without a
    running clock.
    """
    need_right(actor=actor, case=case)
    choice(reason, PauseReason, "reason")
    note = redact.clean(note, max_length=300, field="note", required=True)
    work = take_up(case=case, stages=())
    if reason == PauseReason.HEADQUARTERS:
        raise KefuError(  # rule: CD-05.11
            _("{clause}不能以等总部结果为由拖延理赔；是网点这样答复的，请登记“网点推诿”").format(
                clause=_clause_against_waiting(work)
            ),
            code="headquarters_no_reason",
            field="reason",
        )
    if work.claim.deadline is None:
        raise Conflict(_("这笔理赔没有时限在走，不用挂起"), code="no_clock")
    deadlines.pause(
        deadline=work.claim.deadline, reason=reason, note=note, until=until, actor=actor, now=now
    )
    cases.step(
        case=work.case,
        action="claim_paused",
        text=note,
        actor=actor,
        now=now,
        reason=reason,
        until=until.isoformat(),
    )
    return work.claim


def _clause_against_waiting(work: Work) -> str:
    using = clock_rules(work.case)
    if using is None:
        return ""
    clauses = [c.id for c in using.rules.in_force(Consequence) if HEADQUARTERS in c.needs]
    return _("{clause}：").format(clause=punctuation.alike(*clauses)) if clauses else ""
