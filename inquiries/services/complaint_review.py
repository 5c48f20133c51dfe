"""What is written beside the process of a complaint, at any time: its causes, an inspector's conclusion, its coordination."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.models import Complaint, ComplaintStep
from inquiries.services.complaint_standing import JUDGE, TEXT_LIMIT, Code, add_beside, written
from inquiries.services.telling import tell_outlet
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.access import Actor, may
from kefu.policy.processes import Done, next_step
from kefu.rulebooks.selectors import edition_saying
from kefu.staff.models import Employee, User

MOST = 999_999  # yuan


def _open_complaint(case: Case, version: int | None = None) -> tuple[Case, Complaint]:
    case = cases.lock(case=case, version=version)
    complaint = Complaint.objects.select_for_update(no_key=True).filter(case=case).first()
    if complaint is None:
        raise Conflict(_("这一单不是投诉"), code="not_a_complaint")
    complaint.case = case
    return case, complaint


@transaction.atomic
def analyse(
    *, case: Case, cause: str, suggestion: str = "", actor: Any, now: datetime
) -> ComplaintStep:
    """Write down what the complaint comes from and what would mend it (LC-05.09)."""
    case, _complaint = _open_complaint(case)
    cause, suggestion = written(cause, "cause"), written(suggestion, "suggestion", required=False)
    using = edition_saying(
        rules_of.allows("add_cause_and_suggestion"), department_id=case.department_id, at=now
    )
    if using is not None:
        employee = Employee.objects.filter(user=actor).first()
        relations = set()
        if employee is not None and case.owner_id == employee.pk:
            relations.add("own")
        if employee is not None and case.department_id == employee.department_id:
            relations.add("own_team")
        allowed = may(
            using.rules, "add_cause_and_suggestion", Actor(role=actor.role, relations=relations)
        )
        if not allowed.allowed:
            raise NotAllowed(_("只在自己或本组办的投诉上写原因和建议"))
    line = cases.step(
        case=case,
        action="complaint_analysed",
        text="\n".join(filter(None, [cause, suggestion])),
        actor=actor,
        now=now,
    )
    shown = [cases.shown(case=case, text=one, limit=TEXT_LIMIT) for one in (cause, suggestion)]
    data = {"cause": shown[0], "suggestion": shown[1]}
    return add_beside(case, Code.ANALYSIS, data=data, line=line, actor=actor, now=now)


@transaction.atomic
def assign_inspector(*, case: Case, inspector: User, actor: Any, now: datetime) -> Complaint:
    """Let an inspector look into a complaint (LC-03.06)."""
    if not actor.has_perm("cases.reassign_case"):
        raise NotAllowed(_("只有组长和主管可以交给质检"))
    case, complaint = _open_complaint(case)
    if inspector.role != User.Role.INSPECTOR or not inspector.is_active:
        raise KefuError(_("请选一位质检"), code="no_inspector", field="inspector")
    if complaint.conclusion:
        raise Conflict(_("已经有结论了"), code="already_concluded")
    complaint.inspector = inspector
    complaint.save(update_fields=["inspector"])
    cases.step(case=case, action="inspector_assigned", actor=actor, now=now, to=str(inspector))
    return complaint


@transaction.atomic
def conclude(*, case: Case, outcome: str, remedy: str, actor: Any, now: datetime) -> ComplaintStep:
    """Say whether the complaint is true and what is done about it: its inspector, or a supervisor. Once.

    Source: LC-03.06.
    """
    case, complaint = _open_complaint(case)
    if not (actor.has_perm(JUDGE) or complaint.inspector_id == actor.pk):
        raise NotAllowed(_("由负责的质检或主管下结论"))
    if complaint.against is not None and complaint.against_id == actor.party_id:
        raise NotAllowed(_("不能给投诉自己的下结论"))
    if complaint.conclusion:
        raise Conflict(_("已经有结论了"), code="already_concluded")
    if outcome not in Complaint.Conclusion.values:
        raise KefuError(_("请选结论"), code="outcome_required", field="outcome")
    remedy = written(remedy, "remedy")
    line = cases.step(
        case=case, action="complaint_concluded", text=remedy, actor=actor, now=now, outcome=outcome
    )
    complaint.conclusion = outcome
    complaint.save(update_fields=["conclusion"])
    tell_outlet(case=case, now=now)
    return add_beside(case, Code.CONCLUDE, outcome=outcome, line=line, actor=actor, now=now)


@transaction.atomic
def coordinate(
    *,
    case: Case,
    outcome: str = "",
    promise: str = "",
    amount: Decimal | None = None,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """A repeat complaint at the area office or headquarters: it is coordinated, and where that fails the origin
    outlet is contacted and what was promised to the customer is on record. Source: CD-05.28.
    """
    if amount is not None and not (amount.is_finite() and 0 <= amount <= MOST):
        raise KefuError(_("金额不对"), code="out_of_range", field="amount")
    case, complaint = _open_complaint(case)
    process = "repeat_complaint_upward"
    using = edition_saying(rules_of.processes(process), department_id=case.department_id, at=now)
    if using is None:
        raise Conflict(_("这里的规章没有这一步"), code="no_process")
    steps = case.complaint_steps.filter(code__in=[Code.COORDINATE, Code.CONTACT_ORIGIN])
    done = [Done(step.code, step.outcome) for step in steps.order_by("pk")]
    coordinated = next((one.outcome for one in done if one.code == Code.COORDINATE), "none")
    facts = {"coordination": outcome if not done else coordinated}
    if complaint.level == Complaint.Level.CENTRE:
        raise Conflict(_("只有投诉到片区或总部的才要协调"), code="not_upward")
    standing = next_step(using.rules, process, done, facts=facts)
    if standing.finished:
        raise Conflict(_("协调已经办完"), code="already_coordinated")
    if standing.outcomes and outcome not in standing.outcomes:
        raise KefuError(_("请选协调结果"), code="outcome_required", field="outcome")
    text = written(promise, "promise", required=bool(standing.missing))
    line = cases.step(
        case=case,
        action=f"complaint_{standing.step}",
        text=text,
        actor=actor,
        now=now,
        outcome=outcome,
    )
    return add_beside(
        case,
        standing.step,
        outcome=outcome if standing.outcomes else "",
        amount=amount,
        line=line,
        actor=actor,
        now=now,
    )
