"""A complaint from its verification to the call in which the customer is content, one step after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.models import Complaint, ComplaintStep
from inquiries.services.answers import CUSTOMER_CLOCKS
from inquiries.services.complaint_classes import facts_of
from inquiries.services.intake import STATED
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.deadlines.services.promises import check_entry_time, owner_party
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.selectors import our_company
from kefu.policy.access import Actor, may
from kefu.policy.conditions import Facts
from kefu.policy.processes import Done, OutOfOrder, Position, next_step
from kefu.policy.requirements import requirements
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition, edition_saying
from kefu.staff.models import Employee, User

Action = Deadline.Action
Code = ComplaintStep.Code
Stage = Complaint.Stage
TEXT_LIMIT = 4_000  # characters
MOST = 999_999  # yuan
VERIFICATION = (Code.VERIFY, Code.INVESTIGATE)
OF_PROCESS = (*VERIFICATION, Code.PROPOSE, Code.ANSWER, Code.FOLLOW_UP)
FOLLOW_UPS = (Action.COMPLAINT_FOLLOW_UP, Action.COMPLAINT_REVISIT)
# After so many calls in vain a supervisor may close; ES-303.25 does not say, the house does.
ATTEMPTS = 3
JUDGE = "inquiries.judge_complaint"


@dataclass(frozen=True, slots=True)
class _At:
    """A complaint, locked, and where it stands by its rulebook."""

    case: Case
    complaint: Complaint
    using: Edition
    position: Position


def done_so_far(complaint: Complaint) -> list[Done]:
    """The steps of the process since the complaint got its class, in the order they happened; of those before it was
    taken up again only the verification."""
    case = complaint.case
    steps = case.complaint_steps.filter(data__grading=case.gradings.count())
    again = case.interactions.filter(action="reopened").aggregate(pk=Max("pk"))["pk"]
    if again is not None:
        steps = steps.filter(Q(code__in=VERIFICATION) | Q(data__line__gt=again))
    return [Done(step.code, step.outcome) for step in steps.order_by("pk")]


def _at(case: Case, *stages: str, version: int | None = None) -> _At:
    """Lock a complaint that waits for this step. Raises Conflict where it does not."""
    case = cases.lock(case=case, version=version)
    if case.kind != Case.Kind.COMPLAINT:
        raise Conflict(_("这一单不是投诉"), code="not_a_complaint")
    complaint = Complaint.objects.select_for_update(no_key=True).get(case=case)
    complaint.case = case
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    if complaint.rulebook_id is None or not complaint.stage:
        raise Conflict(_("这里的规章没有投诉流程，答复客户后就可以结案"), code="no_process")
    if complaint.stage not in stages:
        raise Conflict(
            _("这份投诉现在“%(stage)s”，还轮不到这一步") % {"stage": complaint.get_stage_display()},
            code="out_of_order",
        )
    using = edition(complaint.rulebook_id)
    standing = rules_of.position(using.rules, complaint.grade, done_so_far(complaint))
    return _At(case, complaint, using, standing)


def _take(
    at: _At,
    code: str,
    *,
    outcome: str = "",
    text: str = "",
    line: Interaction,
    data: Mapping[str, Any] | None = None,
    amount: Decimal | None = None,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """Add a step and let the rulebook say what comes next."""
    done = [*done_so_far(at.complaint), Done(code, outcome)]
    try:
        standing = rules_of.position(at.using.rules, at.complaint.grade, done)
    except OutOfOrder as error:
        raise Conflict(rules_of.refused(error), code="out_of_order") from error
    number = _round(at.case) + (code == Code.PROPOSE)
    step = ComplaintStep.objects.create(
        case=at.case,
        code=code,
        outcome=outcome,
        round=number,
        sealed={"text": text},
        text=line.text,
        data={**(data or {}), "line": line.pk, "grading": at.case.gradings.count()},
        amount=amount,
        by=actor,
        happened_at=line.happened_at,
        recorded_at=now,
    )
    at.complaint.stage = rules_of.STAGES[standing.step]
    at.complaint.save(update_fields=["stage"])
    return step


def _round(case: Case) -> int:
    return case.complaint_steps.filter(code=Code.PROPOSE).count()


def _written(text: str, field: str, *, required: bool = True) -> str:
    return redact.clean(text, max_length=TEXT_LIMIT, field=field, required=required)


def _need_doer(at: _At, actor: Any) -> None:
    """A grave complaint is its specialist's; a supervisor may stand in (ES-303.08, ES-303.11)."""
    posts = rules_of.specialists(at.using.rules, at.complaint.grade)
    if not posts or actor.has_perm(JUDGE):
        return
    if not Employee.objects.holding(*posts).filter(user=actor).exists():
        raise NotAllowed(_("重大投诉由投诉专员办理；没有专员时由主管代办"))


def _keep(
    case: Case, actions: Sequence[str], answer: Interaction, *, actor: Any, now: datetime
) -> bool:
    """Stop these clocks; return whether any of them was waited on."""
    waiting = [clock for clock in deadlines.settle(case=case, now=now) if clock.action in actions]
    deadlines.keep(deadlines=waiting, answer=answer, actor=actor, now=now)
    case.refresh_from_db(fields=["next_due_at"])
    return bool(waiting)


def _start(case: Case, action: Deadline.Action, using: Edition, line: Interaction) -> None:
    deadlines.start_clock(
        case=case,
        action=action,
        using=using,
        party=owner_party(case.owner, our_company()),
        started_by=line,
    )


# What the rulebook's forms of a step call the fields of ours.
FIELDS = {"customer_reply": "text", "proposal": "text", "result": "satisfied"}


def _check(
    rules: Rulebook, form: str, given: Mapping[str, Any], facts: Facts | None = None
) -> None:
    """Refuse a step that lacks what the rulebook's form for it wants, naming field and clause."""
    there = {name for name, value in given.items() if value not in (None, "", False)}
    lacks = requirements(rules, form, there, facts).lacks
    if lacks:
        name = lacks[0].names[0]
        raise KefuError(
            _("按 %(clause)s 还要填写") % {"clause": lacks[0].clause},
            code="field_required",
            field=FIELDS.get(name, name),
        )


def _stated(
    at: _At, happened_at: datetime | None, channel: str, *, now: datetime
) -> datetime | None:
    """When the customer was spoken to, as the author says: not before the step that it answers, nor the receipt."""
    if happened_at is None:
        return None
    if channel not in STATED:
        raise KefuError(
            _("只有电话和柜台可以补记时间"), code="time_not_statable", field="happened_at"
        )
    check_entry_time(happened_at=happened_at, now=now, using=at.using)
    before = _last_at(at)
    if happened_at < before.replace(second=0, microsecond=0):
        raise KefuError(
            _("不能早于上一步（%(at)s）") % {"at": f"{timezone.localtime(before):%m-%d %H:%M}"},
            code="before_last_step",
            field="happened_at",
        )
    return max(happened_at, before)  # a form states minutes: the last step may lie within the same


def _last_at(at: _At) -> datetime:
    """When the last step happened that the process counts; before the first, the receipt."""
    last = at.case.complaint_steps.filter(code__in=OF_PROCESS).order_by("-happened_at").first()
    moments = (at.complaint.received_at, last and last.happened_at)
    return max((one for one in moments if one), default=at.case.opened_at)


@transaction.atomic
def verify(
    *,
    case: Case,
    method: str = "",
    text: str,
    courier_said: str = "",
    head_said: str = "",
    evidence: Sequence[str] = (),
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """Record what was found out. A general complaint names the method; of a grave one the courier and the outlet's
    head were heard, and there is evidence. Source: ES-303.05, ES-303.08, ES-303.09.
    """
    at = _at(case, Stage.VERIFICATION, version=version)
    _need_doer(at, actor)
    text = _written(text, "text")
    heard = {
        "courier_questioned": _written(courier_said, "courier_said", required=False),
        "outlet_head_questioned": _written(head_said, "head_said", required=False),
    }
    for need in at.position.missing:
        if not heard.get(need):
            raise KefuError(
                _("按 %(clause)s 要写明问到了什么") % {"clause": at.position.clause},
                code="field_required",
                field={"courier_questioned": "courier_said"}.get(need, "head_said"),
            )
    if at.position.outcomes and method not in at.position.outcomes:
        raise KefuError(_("请选怎么核实的"), code="method_required", field="method")
    if at.complaint.grade == Complaint.Grade.MAJOR:
        clause, short = rules_of.evidence_short(at.using.rules, evidence)
        if short:
            raise KefuError(
                _("按 %(clause)s 至少要有一种证据") % {"clause": clause},
                code="evidence_required",
                field="evidence",
            )
    line = cases.step(case=at.case, action="complaint_verified", text=text, actor=actor, now=now)
    names = {"courier_said": "courier_questioned", "head_said": "outlet_head_questioned"}
    told = {name: heard[need] for name, need in names.items() if heard[need]}
    for name, words in told.items():
        cases.step(case=at.case, action=f"complaint_{name}", text=words, actor=actor, now=now)
    step = _take(
        at,
        at.position.step,
        outcome=method if at.position.outcomes else "",
        text=text,
        line=line,
        data={"evidence": list(evidence), "heard": sorted(told)},
        actor=actor,
        now=now,
    )
    _keep(at.case, [Action.COMPLAINT_VERIFICATION], line, actor=actor, now=now)
    return step


@transaction.atomic
def propose(
    *,
    case: Case,
    text: str,
    apology: bool = False,
    delay_reason: str = "",
    coupon: Decimal | None = None,
    force_majeure: bool = False,
    channel: str,
    happened_at: datetime | None = None,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """Propose a solution to the customer; for a delay with an apology, the reason and a coupon within the rulebook's
    range. Money goes to a claim. Source: ES-303.11 … ES-303.13.
    """
    at = _at(case, Stage.SOLUTION, version=version)
    _need_doer(at, actor)
    text = _written(text, "text")
    delay_reason = _written(delay_reason, "delay_reason", required=False)
    given = {"apology": apology, "delay_reason": delay_reason, "proposal": text}
    _check(at.using.rules, "complaint_solution", given, {"category": at.complaint.category})
    data: dict[str, Any] = {"apology": apology}
    amount = None
    if at.complaint.category == Complaint.Category.DELAY:
        days = facts_of(at.complaint, same_issue=1, now=now).delay_days
        offer = rules_of.coupon(
            at.using.rules, days=days, chosen=coupon, force_majeure=force_majeure
        )
        if offer is not None:
            amount = offer.amount
            data |= {
                "form": offer.form,
                "facts": {
                    "event": "delay",
                    "delay_days": days,
                    "force_majeure": force_majeure,
                    "chosen": None if coupon is None else str(coupon),
                },
                "steps": rules_of.said_in(offer.steps),
            }
        elif coupon is not None:
            raise KefuError(_("规章没有给券"), code="no_coupon", field="coupon")
    elif coupon is not None:
        raise KefuError(_("优惠券只用于延误；赔钱的转为理赔"), code="no_coupon", field="coupon")
    happened_at = _stated(at, happened_at, channel, now=now)
    waiting = deadlines.settle(case=at.case, now=now)
    words = "\n".join(filter(None, [text, delay_reason]))
    line = cases.add(
        case=at.case,
        kind=Interaction.Kind.CONTACT,
        action="solution_proposed",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=channel,
        text=words,
        substantive=True,
        happened_at=happened_at,
        data={"round": _round(at.case) + 1, **({"coupon": str(amount)} if amount else {})},
        actor=actor,
        now=now,
    )
    step = _take(
        at, Code.PROPOSE, text=words, line=line, data=data, amount=amount, actor=actor, now=now
    )
    answered = [
        d for d in waiting if d.action in CUSTOMER_CLOCKS and d.starts_at <= line.happened_at
    ]
    deadlines.keep(deadlines=answered, answer=line, actor=actor, now=now)
    at.case.refresh_from_db(fields=["next_due_at"])
    if not at.case.network_queries.open().exists():
        cases.move(case=at.case, to=Case.State.ANSWERED)
    return step


@transaction.atomic
def answer_solution(
    *,
    case: Case,
    accepted: bool,
    text: str,
    channel: str,
    happened_at: datetime | None = None,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """Record what the customer says to the proposal. Accepted, it is solved and the follow-up's clock begins; if not,
    the next round does. Source: ES-303.20 … ES-303.23.
    """
    at = _at(case, Stage.NEGOTIATION, version=version)
    text = _written(text, "text", required=False)
    logged = {"negotiated_at": now, "proposal": True, "customer_reply": text}
    _check(at.using.rules, "negotiation_round", logged)
    happened_at = _stated(at, happened_at, channel, now=now)
    if accepted:
        rules_of.may_resolve(at.using.rules, accepted=accepted)
    line = cases.add(
        case=at.case,
        kind=Interaction.Kind.CONTACT,
        action="solution_accepted" if accepted else "solution_rejected",
        direction=Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=channel,
        text=text,
        happened_at=happened_at,
        data={"round": _round(at.case)},
        actor=actor,
        now=now,
    )
    outcome = "accepted" if accepted else "rejected"
    step = _take(at, Code.ANSWER, outcome=outcome, text=text, line=line, actor=actor, now=now)
    if not accepted:
        cases.move(case=at.case, to=Case.State.OPEN)
        return step
    _keep(at.case, [Action.COMPLAINT_SOLUTION], line, actor=actor, now=now)
    revisited = at.case.deadlines.unanswered().filter(action=Action.COMPLAINT_REVISIT).exists()
    if not revisited:  # else the next call is promised already
        _start(at.case, Action.COMPLAINT_FOLLOW_UP, at.using, line)
    return step


@transaction.atomic
def follow_up(
    *,
    case: Case,
    satisfied: bool | None,
    further_needs: str,
    text: str = "",
    channel: str = Interaction.Channel.PHONE,
    happened_at: datetime | None = None,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """Record the call after the solution. Content, the complaint may be closed; if not, it goes back to the solution
    and the next call is due. Source: ES-303.24 … ES-303.27.
    """
    at = _at(case, Stage.FOLLOW_UP, version=version)
    if satisfied is None:
        raise KefuError(_("请选客户满意不满意"), code="field_required", field="satisfied")
    needs = _written(further_needs, "further_needs", required=False)
    _check(at.using.rules, "follow_up_questions", {"satisfied": True, "further_needs": needs})
    recorded = {"followed_up_at": now, "result": True, "agent": actor}
    _check(at.using.rules, "follow_up_record", recorded)
    text = _written(text, "text", required=False)
    happened_at = _stated(at, happened_at, channel, now=now)
    line = cases.add(
        case=at.case,
        kind=Interaction.Kind.CONTACT,
        action="followed_up_satisfied" if satisfied else "followed_up_dissatisfied",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=channel,
        text="\n".join(filter(None, [text, needs])),
        happened_at=happened_at,
        actor=actor,
        now=now,
    )
    step = _take(
        at,
        Code.FOLLOW_UP,
        outcome="satisfied" if satisfied else "dissatisfied",
        text=needs,
        line=line,
        actor=actor,
        now=now,
    )
    _keep(at.case, FOLLOW_UPS, line, actor=actor, now=now)
    if satisfied:
        cases.move(case=at.case, to=Case.State.ANSWERED)
    else:
        cases.move(case=at.case, to=Case.State.OPEN)
        _start(at.case, Action.COMPLAINT_REVISIT, at.using, line)
    return step


@transaction.atomic
def note_unreached(
    *, case: Case, text: str = "", version: int | None = None, actor: Any, now: datetime
) -> ComplaintStep:
    """The customer did not answer the follow-up call: it is on record and meets no deadline (ES-303.25)."""
    at = _at(case, Stage.FOLLOW_UP, version=version)
    line = cases.add(
        case=at.case,
        kind=Interaction.Kind.CONTACT,
        action="follow_up_unreached",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=Interaction.Channel.PHONE,
        text=_written(text, "text", required=False),
        actor=actor,
        now=now,
    )
    return _beside(at.case, Code.UNREACHED, line=line, actor=actor, now=now)


def _beside(
    case: Case,
    code: str,
    *,
    outcome: str = "",
    data: Mapping[str, Any] | None = None,
    amount: Decimal | None = None,
    line: Interaction,
    actor: Any,
    now: datetime,
) -> ComplaintStep:
    """A step that leads nowhere by itself, in the words of its line."""
    return ComplaintStep.objects.create(
        case=case,
        code=code,
        outcome=outcome,
        round=_round(case),
        sealed=line.sealed or None,
        text=line.text,
        data={**(data or {}), "line": line.pk},
        amount=amount,
        by=actor,
        happened_at=line.happened_at,
        recorded_at=now,
    )


def unreached(case: Case) -> int:
    """Calls in vain since the customer last spoke."""
    last = (
        case.complaint_steps.filter(code__in=[Code.ANSWER, Code.FOLLOW_UP])
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )
    return case.complaint_steps.filter(code=Code.UNREACHED, pk__gt=last or 0).count()


@transaction.atomic
def give_up_follow_up(
    *, case: Case, reason: str, version: int | None = None, actor: Any, now: datetime
) -> ComplaintStep:
    """A supervisor lets a complaint end whose customer cannot be reached any more, with a reason (ES-303.25)."""
    if not actor.has_perm(JUDGE):
        raise NotAllowed(_("联系不上的投诉由主管结案"))
    at = _at(case, Stage.FOLLOW_UP, version=version)
    if unreached(at.case) < ATTEMPTS:
        raise Conflict(
            _("至少打过 %(n)d 次没接通才能这样结案") % {"n": ATTEMPTS}, code="too_few_attempts"
        )
    reason = _written(reason, "reason")
    line = cases.step(case=at.case, action="follow_up_given_up", text=reason, actor=actor, now=now)
    for clock in deadlines.settle(case=at.case, now=now):
        if clock.action in FOLLOW_UPS:
            deadlines.cancel(deadline=clock, now=now)
    at.case.refresh_from_db(fields=["next_due_at"])
    at.complaint.stage = Stage.DONE
    at.complaint.save(update_fields=["stage"])
    cases.move(case=at.case, to=Case.State.ANSWERED)
    return _beside(at.case, Code.GIVEN_UP, line=line, actor=actor, now=now)


# What may be written beside the process, at any time.


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
    cause, suggestion = _written(cause, "cause"), _written(suggestion, "suggestion", required=False)
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
    return _beside(case, Code.ANALYSIS, data=data, line=line, actor=actor, now=now)


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
    remedy = _written(remedy, "remedy")
    line = cases.step(
        case=case, action="complaint_concluded", text=remedy, actor=actor, now=now, outcome=outcome
    )
    complaint.conclusion = outcome
    complaint.save(update_fields=["conclusion"])
    return _beside(case, Code.CONCLUDE, outcome=outcome, line=line, actor=actor, now=now)


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
    text = _written(promise, "promise", required=bool(standing.missing))
    line = cases.step(
        case=case,
        action=f"complaint_{standing.step}",
        text=text,
        actor=actor,
        now=now,
        outcome=outcome,
    )
    return _beside(
        case,
        standing.step,
        outcome=outcome if standing.outcomes else "",
        amount=amount,
        line=line,
        actor=actor,
        now=now,
    )
