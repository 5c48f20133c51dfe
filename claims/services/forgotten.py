"""Reports that nobody made: found by the program, decided by a person, at the double of their bonus (CD-12.78, CD-12.79)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from claims.models import Claim, Fault, FaultReport, Finding, ForgottenReport, Liability
from claims.services.reports import OF_CLAIMS, paying_edition
from inquiries.models import Complaint
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.policy import fault_reports as policy
from kefu.policy.consequences import consequence
from kefu.rulebooks.selectors import edition
from kefu.staff.selectors import lead_ids
from problem_parcels.models import ProblemParcel, ProblemRecord

State, Problem = ForgottenReport.State, ProblemParcel.Problem
JUDGE = "claims.judge_forgotten"
LOOKED_BACK = timedelta(days=31)  # a search that stood still for a month still misses nothing
# What a closed case was about, as a report calls it.
OF_PARCELS = {
    Problem.DAMAGED_OUTSIDE: Fault.DAMAGE,
    Problem.DAMAGED_INSIDE: Fault.DAMAGE,
    Problem.DELAYED: Fault.DELAY,
}
OF_COMPLAINTS = {
    Complaint.Category.LOST: Fault.LOSS,
    Complaint.Category.DAMAGED: Fault.DAMAGE,
    Complaint.Category.DELAY: Fault.DELAY,
}


@dataclass(frozen=True, slots=True)
class ClosedFault:
    """A closed case about a parcel that we sent, where it is evident who is responsible."""

    case: Case
    fault: Fault


def find_forgotten(*, now: datetime) -> int:
    """Propose what is to be paid for each closed case that wanted a report and has none; return how many.

    A report that was made late, but before it was looked for, is none forgotten. Twice is harmless.
    Source: CD-12.78, CD-12.79.
    """
    since = now - LOOKED_BACK
    closed = [*_closed_claims(since), *_closed_parcels(since), *_closed_complaints(since)]
    numbers = {one.case.waybill_number for one in closed}
    made = set(
        FaultReport.objects.filter(
            waybill_number__in=numbers, direction=FaultReport.Direction.OUTGOING
        )
        .exclude(verdict=FaultReport.Verdict.RETURNED)
        .values_list("waybill_number", "fault")
    )
    known = set(
        ForgottenReport.objects.filter(waybill_number__in=numbers).values_list(
            "waybill_number", "fault"
        )
    )
    found = 0
    for one in closed:
        key = (one.case.waybill_number, one.fault.value)
        if key not in known and _propose(one, made=key in made, now=now):
            known.add(key)
            found += 1
    return found


def _closed_claims(since: datetime) -> Iterator[ClosedFault]:
    liable = Liability.objects.filter(
        finding__claim=OuterRef("pk"),
        finding__outcome=Finding.Outcome.CONFIRMED,
        party__isnull=False,
    )
    claims = Claim.objects.filter(Exists(liable), closed_at__gte=since).order_by("closed_at")
    for claim in claims.filter(**_ours("case")).select_related("case__owner__party"):
        yield ClosedFault(claim.case, OF_CLAIMS[Claim.Loss(claim.loss)])


def _closed_parcels(since: datetime) -> Iterator[ClosedFault]:
    liable = ProblemRecord.objects.filter(case=OuterRef("case"), liable__isnull=False)
    parcels = ProblemParcel.objects.filter(
        Exists(liable), case__closed_at__gte=since, problem__in=OF_PARCELS
    ).order_by("case__closed_at")
    for parcel in parcels.filter(**_ours("case")).select_related("case__owner__party"):
        yield ClosedFault(parcel.case, OF_PARCELS[Problem(parcel.problem)])


def _closed_complaints(since: datetime) -> Iterator[ClosedFault]:
    """Those that were found true of somebody."""
    complaints = Complaint.objects.filter(
        against__isnull=False,
        conclusion=Complaint.Conclusion.VERIFIED,
        case__closed_at__gte=since,
        category__in=OF_COMPLAINTS,
    ).order_by("case__closed_at")
    for complaint in complaints.filter(**_ours("case")).select_related("case__owner__party"):
        yield ClosedFault(complaint.case, OF_COMPLAINTS[Complaint.Category(complaint.category)])


def _ours(case: str) -> dict[str, Any]:
    """Cases that somebody owned, about parcels that we sent."""
    return {
        f"{case}__owner__isnull": False,
        f"{case}__waybill__origin__kind": Party.Kind.COMPANY,
    }


@transaction.atomic
def _propose(closed: ClosedFault, *, made: bool, now: datetime) -> ForgottenReport | None:
    case, owner = closed.case, closed.case.owner
    assert owner is not None and case.closed_at is not None
    using = paying_edition(department_id=owner.department_id, at=case.closed_at)
    if using is None:
        return None
    lacks = policy.wanted_report(using.rules, outgoing=True, evident=True, made=made)
    if lacks.complete:  # rule: CD-12.78
        return None
    found = policy.forgotten(using.rules, closed.fault)
    if found is None or found.amount is None:
        return None
    row = ForgottenReport.objects.create(
        case=case,
        fault=closed.fault,
        waybill_number=case.waybill_number,
        employee=owner,
        closed_at=case.closed_at,
        found_at=now,
        clause=found.clause,
        rulebook_id=using.version_id,
        amount=found.amount,
        inputs={
            "facts": {"fault": closed.fault.value},
            "steps": [step.to_json() for step in (*lacks.steps, *found.steps)],
        },
    )
    for user_id in sorted(lead_ids()):
        notifications.publish(
            kind=Event.Kind.REPORT_FORGOTTEN,
            at=now,
            user_id=user_id,
            department_id=case.department_id,
            case_id=case.pk,
        )
    return row


@transaction.atomic
def confirm_forgotten(*, found: ForgottenReport, actor: Any, now: datetime) -> Penalty:
    """A person says that the report was forgotten or kept back: its price is imposed on whoever closed the case.

    Raises NotAllowed, KefuError for one's own, Conflict for one decided before. Source: CD-12.79.
    """
    row, case = _locked(found, actor)
    using = edition(row.rulebook_id)
    penalty = penalties.impose(
        case=case,
        clause=row.clause,
        version_id=using.version_id,
        party=row.employee.party,
        kind=Penalty.Kind.FINE,
        value=row.amount,
        inputs={**consequence(using.rules, row.clause).inputs, "each": str(row.amount)},
        actor=actor,
        now=now,
    )
    _decide(row, State.CONFIRMED, actor, now, penalty=penalty)  # rule: CD-12.79
    cases.step(case=case, action="report_forgotten", actor=actor, now=now, fault=row.fault)
    return penalty


@transaction.atomic
def dismiss_forgotten(
    *, found: ForgottenReport, reason: str, actor: Any, now: datetime
) -> ForgottenReport:
    """A person says why no report was wanted, or that it was made: nothing is to be paid."""
    row, case = _locked(found, actor)
    reason = cases.shown(case=case, text=reason)
    if len(reason.strip()) < 4:
        raise KefuError(_("请写明为什么不用罚"), code="reason_required", field="reason")
    _decide(row, State.DISMISSED, actor, now, reason=reason)
    return row


def _locked(found: ForgottenReport, actor: Any) -> tuple[ForgottenReport, Case]:
    if not actor.has_perm(JUDGE):
        raise NotAllowed(_("只有主管可以确认漏打报告"))
    case = cases.lock(case=found.case)
    row = (
        ForgottenReport.objects.select_for_update(of=["self"])
        .select_related("employee__party")
        .get(pk=found.pk)
    )
    if row.state != State.PROPOSED:
        raise Conflict(_("这一条已经定过了"), code="decided_before")
    if row.employee.user_id == actor.pk:
        raise KefuError(_("不能确认自己的漏打报告"), code="own_report")
    return row, case


def _decide(
    row: ForgottenReport, state: ForgottenReport.State, actor: Any, now: datetime, **columns: Any
) -> None:
    row.state, row.decided_by, row.decided_at = state, actor, now
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=["state", "decided_by", "decided_at", *columns])
