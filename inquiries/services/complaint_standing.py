"""Where a complaint stands by its rulebook, and how a step takes it on: what the step lacks, the row that keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.models import Complaint, ComplaintStep
from inquiries.services.intake import STATED
from inquiries.services.telling import tell_outlet
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.deadlines.services.promises import check_entry_time, owner_party
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.selectors import our_company
from kefu.policy.conditions import Facts
from kefu.policy.processes import Done, OutOfOrder, Position
from kefu.policy.requirements import requirements
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition
from kefu.staff.models import Employee

Action = Deadline.Action
Code = ComplaintStep.Code
Stage = Complaint.Stage
TEXT_LIMIT = 4_000  # characters
VERIFICATION = (Code.VERIFY, Code.INVESTIGATE)
OF_PROCESS = (*VERIFICATION, Code.PROPOSE, Code.ANSWER, Code.FOLLOW_UP)
JUDGE = "inquiries.judge_complaint"


@dataclass(frozen=True, slots=True)
class At:
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


def lock_at_stage(case: Case, *stages: str, version: int | None = None) -> At:
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
    return At(case, complaint, using, standing)


def take_step(
    at: At,
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
    number = round_of(at.case) + (code == Code.PROPOSE)
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
    tell_outlet(case=at.case, now=now)
    return step


def round_of(case: Case) -> int:
    """The round of negotiation: how many solutions were proposed."""
    return case.complaint_steps.filter(code=Code.PROPOSE).count()


def written(text: str, field: str, *, required: bool = True) -> str:
    """What somebody wrote, cleaned. Raises KefuError naming the field for what is too long, or missing."""
    return redact.clean(text, max_length=TEXT_LIMIT, field=field, required=required)


def need_doer(at: At, actor: Any) -> None:
    """A grave complaint is its specialist's; a supervisor may stand in (ES-303.08, ES-303.11)."""
    posts = rules_of.specialists(at.using.rules, at.complaint.grade)
    if not posts or actor.has_perm(JUDGE):
        return
    if not Employee.objects.holding(*posts).filter(user=actor).exists():
        raise NotAllowed(_("重大投诉由投诉专员办理；没有专员时由主管代办"))


def keep_clocks(
    case: Case, actions: Sequence[str], answer: Interaction, *, actor: Any, now: datetime
) -> bool:
    """Stop these clocks; return whether any of them was waited on."""
    waiting = [clock for clock in deadlines.settle(case=case, now=now) if clock.action in actions]
    deadlines.keep(deadlines=waiting, answer=answer, actor=actor, now=now)
    case.refresh_from_db(fields=["next_due_at"])
    return bool(waiting)


def start_clock(case: Case, action: Deadline.Action, using: Edition, line: Interaction) -> None:
    """Start the rulebook's clock of this name from the line; whoever owns the case answers for it."""
    deadlines.start_clock(
        case=case,
        action=action,
        using=using,
        party=owner_party(case.owner, our_company()),
        started_by=line,
    )


# What the rulebook's forms of a step call the fields of ours.
FIELDS = {"customer_reply": "text", "proposal": "text", "result": "satisfied"}


def check_form(
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


def stated(at: At, happened_at: datetime | None, channel: str, *, now: datetime) -> datetime | None:
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


def _last_at(at: At) -> datetime:
    """When the last step happened that the process counts; before the first, the receipt."""
    last = at.case.complaint_steps.filter(code__in=OF_PROCESS).order_by("-happened_at").first()
    moments = (at.complaint.received_at, last and last.happened_at)
    return max((one for one in moments if one), default=at.case.opened_at)


def add_beside(
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
        round=round_of(case),
        sealed=line.sealed or None,
        text=line.text,
        data={**(data or {}), "line": line.pk},
        amount=amount,
        by=actor,
        happened_at=line.happened_at,
        recorded_at=now,
    )
