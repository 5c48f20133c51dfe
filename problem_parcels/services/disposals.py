"""What becomes of a parcel: decide it, carry it out with the out scan, or decide otherwise."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.parcels.models import Scan
from kefu.policy.problem_records import possible
from kefu.policy.requirements import composed
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Employee
from problem_parcels.models import Disposal, Message, ProblemParcel, ProblemRecord, Stay
from problem_parcels.selectors.parcels import Parcel, look_up
from problem_parcels.services import closing, stays
from problem_parcels.services.checks import open_replies
from problem_parcels.wording import stored

if TYPE_CHECKING:
    from problem_parcels.services.records import Made

log = logging.getLogger(__name__)
Kind = Disposal.Kind
AskedBy = Disposal.AskedBy
Because = Disposal.Because
Problem = ProblemParcel.Problem
ASKING = (AskedBy.SENDING_COMPANY, AskedBy.RECIPIENT)  # who may want a parcel back (CD-09.27)
REASON_LIMIT, PERSON_LIMIT = 300, 60  # characters

# The clock that a decision starts, from when it was asked for.
CLOCKS = {
    Kind.RETURN: Deadline.Action.RETURN_DISPATCH,
    Kind.RETURN_TO_COURIER: Deadline.Action.RETURNED_DISPATCH,
}
# The form whose words stand on the slip, and what they take the name for.
MARKS = {
    Kind.RETURN: ("return_label", {"return_asked_by": "network"}, "company"),
    Kind.RETURN_TO_COURIER: ("outbound_return", {}, "person"),
}
# Returns that nobody asked for: no clause has words for their slip, so it names who gets the parcel.
UNASKED = (AskedBy.RULE, AskedBy.NOBODY)
UNASKED_MARK = "退回 {company}"  # stored: in the house's language, whoever decides


@transaction.atomic
def decide(
    *,
    case: Case,
    kind: Disposal.Kind,
    asked_by: Disposal.AskedBy,
    reason: str,
    person: str = "",
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Disposal:
    """Decide what becomes of the parcel; what was decided before and not done yet is withdrawn.

    A return leaves the same day (CD-04.14), what goes back to a courier the next (CD-04.24). To the sending
    outlet it goes only when somebody asked for it, after five days without a reply, or because the goods are
    prohibited (CD-07.12, CD-07.16, CD-09.27); never without a reason (CD-09.29).
    """
    case = cases.lock(case=case, version=version)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    reason = redact.clean(reason, max_length=REASON_LIMIT, field="reason", multiline=False)
    if kind == Kind.RETURN:
        _check_return(case, asked_by, reason, now=now)
    elif kind == Kind.RETURN_TO_COURIER and not (reason and person.strip()):
        field = "person" if reason else "reason"
        raise KefuError(_("退回业务员要写明退给谁、为什么"), code="reason_required", field=field)
    return _decide(
        case=case, kind=kind, asked_by=asked_by, reason=reason, person=person, actor=actor, now=now
    )


def _check_return(case: Case, asked_by: str, reason: str, *, now: datetime) -> None:
    using = edition_in_force(department_id=case.department_id, at=now)
    facts = {"problem": case.problem_parcel.problem}
    recorded = ("reason", "delivery_scan") if reason else ("delivery_scan",)
    if not possible(using.rules, "return_parcel", facts, recorded).allowed:
        raise KefuError(
            _("没有原因的件不退，也不留言，第二天原址再派"), code="reason_required", field="reason"
        )
    if not _asked_for(case, asked_by):
        raise Conflict(
            _("没有人要求退回：先给发件公司留言，等回复或等满五天"),
            code="return_not_asked",
            field="asked_by",
        )


def _asked_for(case: Case, asked_by: str) -> bool:
    """Whether what is on record bears out who is said to have asked."""
    recorded = ProblemRecord.objects.filter(case=case, chosen__return_asked_by=asked_by).exists()
    match asked_by:
        case AskedBy.SENDING_COMPANY:
            asked = Message.objects.filter(
                case=case, reply_to__isnull=False, wish=Message.Wish.RETURN
            )
            return recorded or asked.exists()
        case AskedBy.RECIPIENT:
            return recorded
        case AskedBy.RULE:
            return bool(case.problem_parcel.problem == Problem.PROHIBITED)
        case AskedBy.NOBODY:
            return case.parcel_messages.unanswered().filter(wait__state="breached").exists()
    return False


def _decide(
    *,
    case: Case,
    kind: str,
    asked_by: str,
    reason: str = "",
    because: str = "",
    person: str = "",
    happened_at: datetime | None = None,
    action: Deadline.Action | None = None,
    actor: Any,
    now: datetime,
) -> Disposal:
    """``action``: the clock it starts, if not the kind's own."""
    using = edition_in_force(department_id=case.department_id, at=now)
    person = redact.clean(person, max_length=PERSON_LIMIT, field="person", multiline=False)
    mark = mark_of(using, kind, asked_by, person, reason or because, case.outlet)
    withdraw(case=case, now=now)
    line = cases.add(
        case=case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="disposal_decided",
        text=reason,
        data={"kind": kind, "asked_by": asked_by, "mark": mark, "because": because},
        happened_at=happened_at,
        actor=actor,
        now=now,
    )
    clock = action or CLOCKS.get(Kind(kind))
    deadline = None
    if clock is not None:
        deadline = deadlines.start_clock(
            case=case, action=clock, using=using, party=our_company(), started_by=line
        )
    disposal = Disposal.objects.create(
        case=case,
        kind=kind,
        asked_by=asked_by,
        because=because,
        sealed={"reason": reason, "person": person},
        reason=line.text,
        mark=mark,
        deadline=deadline,
        decided_at=now,
        decided_by=actor,
    )
    if case.state in (Case.State.OPEN, Case.State.WAITING):
        cases.move(case=case, to=Case.State.ANSWERED)
    return disposal


def mark_of(
    using: Edition, kind: str, asked_by: str, person: str, reason: str, outlet: Party | None
) -> str:
    """The words for the slip, as the rulebook has them (CD-04.15, CD-04.23)."""
    if kind not in MARKS:
        return ""
    form, facts, name = MARKS[Kind(kind)]
    if not person and outlet is not None and kind == Kind.RETURN:
        person = outlet.name
    if kind == Kind.RETURN and asked_by in UNASKED:
        return UNASKED_MARK.format(company=person).strip()
    recorded = {"out_scan", "home_city_struck_out", *(["reason"] if reason else [])}
    return composed(using.rules, form, facts, values={name: person}, recorded=recorded).text or ""


def withdraw(*, case: Case, now: datetime) -> None:
    """Take back what was decided and not done: it will be something else. A breach that happened stays."""
    for disposal in case.disposals.filter(carried_out_at=None, withdrawn_at=None):
        disposal.withdrawn_at = now
        disposal.save(update_fields=["withdrawn_at"])
        if disposal.deadline is not None and disposal.deadline.is_waited_on:
            deadlines.cancel(deadline=disposal.deadline, now=now)


@dataclass(frozen=True, slots=True)
class Automatic:
    """What becomes of a parcel by rule, with nobody deciding; ``action`` is its clock, if not the kind's own."""

    kind: Disposal.Kind
    asked_by: Disposal.AskedBy
    because: Disposal.Because
    person: str = ""
    action: Deadline.Action | None = None

    @property
    def clock(self) -> Deadline.Action | None:
        return self.action or CLOCKS.get(self.kind)


def automatic(made: "Made") -> Automatic | None:
    """What has no reason that counts goes out the next day to its old address (CD-09.18, CD-09.30); what is the
    courier's own fault goes back to him (CD-09.28); what was agreed for tomorrow goes out then (CD-09.14); what its
    record says is wanted back leaves the same day (CD-04.14).
    """
    if not made.reason:
        because, clock = Because.NO_REASON, Deadline.Action.REDISPATCH
        return Automatic(Kind.REDISPATCH, AskedBy.RULE, because, action=clock)
    if made.judged.invalid:
        return Automatic(Kind.REDISPATCH, AskedBy.RULE, Because.INVALID)
    if not made.message_allowed:
        courier = made.given.courier
        person = courier.name if courier else ""
        return Automatic(Kind.RETURN_TO_COURIER, AskedBy.RULE, Because.COURIER, person)
    if made.facts.get("agreed") == "tomorrow":
        return Automatic(Kind.REDISPATCH, AskedBy.RECIPIENT, Because.AGREED)
    inbound = (
        made.direction == ProblemParcel.Direction.INBOUND
    )  # ours go back to a courier (CD-04.23)
    if inbound and made.given.problem == Problem.PROHIBITED:  # rule: CD-07.16
        return Automatic(Kind.RETURN, AskedBy.RULE, Because.PROHIBITED)
    asked_by = made.facts.get("return_asked_by")
    if inbound and made.given.problem == Problem.RETURNED and asked_by in ASKING:  # rule: CD-04.14
        return Automatic(Kind.RETURN, AskedBy(asked_by), Because.ASKED)
    return None


def send_out_again(*, case: Case, made: "Made", actor: Any, now: datetime) -> None:
    """Decide what the rulebook decides by itself; a return that is decided and not done keeps its clock."""
    rule = automatic(made)
    returning = case.disposals.filter(kind=Kind.RETURN, carried_out_at=None, withdrawn_at=None)
    if rule is not None and not (rule.kind == Kind.RETURN and returning.exists()):
        _decide(
            case=case,
            kind=rule.kind,
            asked_by=rule.asked_by,
            because=rule.because,
            person=rule.person,
            action=rule.action,
            actor=actor,
            now=now,
        )


@transaction.atomic
def carry_out(
    *, disposal: Disposal, by: Employee, version: int | None = None, actor: Any, now: datetime
) -> Disposal:
    """Do what was decided: the parcel is scanned out, and the case closed if nothing else waits.

    Nothing is returned before the delivery scan is there (CD-09.32).
    """
    case = cases.lock(case=disposal.case, version=version)
    disposal = Disposal.objects.select_for_update(of=["self"]).get(pk=disposal.pk)
    if disposal.carried_out_at is not None or disposal.withdrawn_at is not None:
        raise Conflict(_("这一处置已经办过，或已改成别的"), code="disposal_closed")
    parcel = look_up(case.waybill_number)
    using = edition_in_force(department_id=case.department_id, at=now)
    if disposal.kind == Kind.RETURN:
        _refuse_unscanned(using, case, parcel, bool(disposal.reason or disposal.because))
    waiting = deadlines.settle(case=case, now=now)
    left_at = _scan_out(case, disposal, by=by, actor=actor, now=now)
    line = cases.add(
        case=case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action="disposal_done",
        data={"kind": disposal.kind, "mark": disposal.mark},
        happened_at=left_at,
        actor=actor,
        now=now,
    )
    deadlines.keep(
        deadlines=[d for d in waiting if d.pk == disposal.deadline_id],
        answer=line,
        actor=actor,
        now=now,
    )
    open_replies(case=case, actor=actor, now=now)
    disposal.carried_out_at, disposal.carried_out_by = left_at, actor
    disposal.save(update_fields=["carried_out_at", "carried_out_by"])
    closing.close_if_done(case=case, actor=actor, now=now)
    return disposal


def _scan_out(
    case: Case, disposal: Disposal, *, by: Employee, actor: Any, now: datetime
) -> datetime:
    """Return when the parcel left: now, or when the store scanned it out since that was decided (CD-04.14)."""
    if (stay := stays.open_stay(case.waybill_number)) is not None:
        to = {"left_for": disposal.mark} if disposal.mark else {"left_as": disposal.kind}
        stays.leave(stay=stay, **to, by=by, actor=actor, now=now)
        return now
    if (left_at := stays.left_since(case.waybill_number, disposal.decided_at)) is not None:
        return left_at
    Scan.objects.create(
        waybill_number=case.waybill_number,
        kind=Scan.Kind.DEPARTED,
        at=now,
        place=case.department.name[:60],
        text=(disposal.mark or stored(Kind(disposal.kind).label))[:200],
    )
    return now


def _refuse_unscanned(using: Edition, case: Case, parcel: Parcel, has_reason: bool) -> None:
    facts: Mapping[str, str] = {"problem": case.problem_parcel.problem}
    recorded = {
        *(["reason"] if has_reason else []),
        *(["delivery_scan"] if parcel.delivering_at else []),
    }
    verdict = possible(using.rules, "return_parcel", facts, recorded)
    if not verdict.allowed:
        raise Conflict(
            _("还没有所属承包区的派件扫描，先补扫再退"),
            code="delivery_scan_missing",
            field="delivery_scan",
        )


@transaction.atomic
def scan_delivery(*, case: Case, actor: Any, now: datetime) -> None:
    """Make up the delivery scan of the responsible area, which a return needs (CD-09.32)."""
    case = cases.lock(case=case)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    Scan.objects.create(
        waybill_number=case.waybill_number,
        kind=Scan.Kind.DELIVERING,
        at=now,
        place=case.department.name[:60],
        text="补派件扫描",
    )
    cases.step(case=case, action="delivery_scanned", actor=actor, now=now)


def return_unanswered(
    *, now: datetime, limit: int = 500, only: Collection[int] | None = None
) -> int:
    """Decide the return of every parcel here whose message nobody answered in five days; return how many.

    Idempotent: run by the tick. ``only``: of these messages. Source: CD-07.12.
    """
    waiting = (
        Message.objects.unanswered()
        .filter(wait__state=Deadline.State.BREACHED, wait__released_at=None)
        .exclude(case__state=Case.State.CLOSED)
        .exclude(Exists(_in_the_way(OuterRef("case"))))
        .order_by("wait__due_at")
    )
    if only is not None:
        waiting = waiting.filter(pk__in=only)
    found = list(waiting.values_list("pk", flat=True)[:limit])
    return sum(_returned(pk, now=now) for pk in found)


def _returned(message_id: int, *, now: datetime) -> bool:
    """One that cannot be decided is logged and does not stop the others; ``verify`` tells of it too."""
    try:
        return _return_one(message_id, now=now)
    except Exception:
        log.exception("message %s: its parcel cannot be sent back", message_id)
        return False


def _in_the_way(case: Any) -> QuerySet[Disposal]:
    """What is decided to become of it instead, or was done with it so that it is not here. To wait for a recipient
    who does not come is nothing.
    """
    found_again = ProblemRecord.objects.filter(
        case=OuterRef("case"), recorded_at__gt=OuterRef("carried_out_at")
    )
    lies_here = Stay.objects.filter(waybill_number=OuterRef("case__waybill_number"), left_at=None)
    meant = Q(carried_out_at=None, withdrawn_at=None) & ~Q(kind=Kind.PICKUP)
    gone = Q(carried_out_at__isnull=False) & ~Exists(found_again) & ~Exists(lies_here)
    return Disposal.objects.filter(meant | gone, case=case)


@transaction.atomic
def _return_one(message_id: int, *, now: datetime) -> bool:
    case = cases.lock(case=Message.objects.select_related("case").get(pk=message_id).case)
    message = case.parcel_messages.unanswered().select_related("wait").filter(pk=message_id).first()
    if message is None or case.state == Case.State.CLOSED or _in_the_way(case).exists():
        return False
    assert message.wait is not None
    _decide(
        case=case,
        kind=Kind.RETURN,
        asked_by=AskedBy.NOBODY,
        because=Because.UNANSWERED,
        happened_at=message.wait.due_at,
        actor=None,
        now=now,
    )
    return True


def returning(case: Case) -> Disposal | None:
    """The return that is decided for a parcel or done with it."""
    return _in_the_way(case).filter(kind=Kind.RETURN).last()


def return_asked(*, case: Case, answer: Message, actor: Any, now: datetime) -> Disposal:
    """The sending outlet wants it back: it leaves the same day, whatever was meant before (CD-04.14)."""
    return _decide(
        case=case,
        kind=Kind.RETURN,
        asked_by=AskedBy.SENDING_COMPANY,
        reason=answer.text[:REASON_LIMIT],
        actor=actor,
        now=now,
    )
