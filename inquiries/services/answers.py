"""Answer the customer, hear him again, close."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from inquiries.models import Complaint, Inquiry
from inquiries.services.intake import STATED, start_reply_clock
from inquiries.services.telling import tell_outlet
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.deadlines.services.promises import check_entry_time, owner_party
from kefu.errors import Conflict, KefuError
from kefu.knowledge.selectors.wordings import version_used
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.penalties import services as penalties
from kefu.policy.clocks import PromiseRules, promise_due
from kefu.policy.consequences import repeat_call_counts
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.rulebooks.services import require
from kefu.staff.models import Employee

CUSTOMER_CLOCKS = (Deadline.Action.REPLY, Deadline.Action.CALLBACK)


@transaction.atomic
def answer_customer(
    *,
    case: Case,
    text: str,
    channel: Interaction.Channel,
    substantive: bool,
    happened_at: datetime | None = None,
    promised_for: datetime | None = None,
    wording: int | None = None,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Interaction:
    """Record what a person told the customer. ``wording``: the version of a template that it was written with.

    Only a substantive answer stops the reply clocks; "we are checking" does not. ``promised_for`` is
    when we said we would call back: a promise with a clock of its own (ES-203.11; under a rulebook
    without a clause for it, the promise itself). Raises Conflict when somebody was faster.
    """
    text = redact.clean(text, max_length=cases.TEXT_LIMIT, field="text", required=True)
    case = cases.lock(case=case, version=version)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    using = edition_in_force(department_id=case.department_id, at=now)
    if happened_at is not None:
        if channel not in STATED:
            raise KefuError(
                _("只有电话和柜台可以补记时间"),
                code="time_not_statable",
                field="happened_at",
            )
        check_entry_time(happened_at=happened_at, now=now, using=using)
    waiting = deadlines.settle(case=case, now=now)
    answer = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="answered" if substantive else "interim",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=channel,
        text=text,
        substantive=substantive,
        happened_at=happened_at,
        # The promise as it was made: what its clock comes to can be told from it again.
        data=_kept(promised_for, wording),
        actor=actor,
        now=now,
    )
    if substantive:
        answered = [
            d for d in waiting if d.action in CUSTOMER_CLOCKS and d.starts_at <= answer.happened_at
        ]
        deadlines.keep(deadlines=answered, answer=answer, actor=actor, now=now)
        Inquiry.objects.filter(case=case, first_contact=None).update(  # rule: ES-203.13
            first_contact=_on_first_contact(case, answer)
        )
        if not case.network_queries.open().exists():
            cases.move(case=case, to=Case.State.ANSWERED)
    if promised_for is not None:
        _promise(case=case, answer=answer, promised_for=promised_for, now=now)
    return answer


def _kept(promised_for: datetime | None, wording: int | None) -> dict[str, Any] | None:
    """What a line keeps beside its text; None for nothing."""
    kept: dict[str, Any] = {}
    if promised_for is not None:
        kept["promised_for"] = promised_for.isoformat()
    if used := version_used(wording):
        kept["wording"] = used
    return kept or None


def _on_first_contact(case: Case, answer: Interaction) -> bool:
    """Solved at once (ES-203.13): nothing but the question came before the answer."""
    return (
        not case.interactions.filter(
            kind=Interaction.Kind.CONTACT, direction=Interaction.Direction.OUT
        )
        .exclude(pk=answer.pk)
        .exists()
    )


def _promise(*, case: Case, answer: Interaction, promised_for: datetime, now: datetime) -> None:
    if promised_for <= now:
        raise KefuError(_("承诺的时间要在将来"), code="not_in_future", field="promised_for")
    using = edition_in_force(department_id=case.department_id, at=now)
    require(using.rules, "deferred_inquiry", contact=case.customer_phone_masked)
    due = promise_due(answer.happened_at, promised_for, PromiseRules.of(using.rules))
    if due is not None:
        deadlines.start(
            case=case,
            action=Deadline.Action.CALLBACK,
            due=due,
            using=using,
            party=owner_party(case.owner, our_company()),
            door=Consequence.Door.PAGES,
            started_by=answer,
        )


@transaction.atomic
def customer_again(
    *,
    case: Case,
    text: str,
    channel: Interaction.Channel,
    happened_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> Interaction:
    """The customer came back about the same parcel.

    His message starts a clock of its own; and where an answer was overdue at that moment, the
    condition of the agent's own deduction is met (CD-12.17).
    """
    text = redact.clean(text, max_length=cases.TEXT_LIMIT, field="text", required=True)
    case = cases.lock(case=case)
    using = edition_in_force(department_id=case.department_id, at=now)
    if happened_at is not None:
        check_entry_time(happened_at=happened_at, now=now, using=using)
    overdue = deadlines.settle(case=case, now=now)
    if case.state in (Case.State.CLOSED, Case.State.ANSWERED):
        cases.move(case=case, to=Case.State.OPEN, closed_at=None)
    _release_if_gone(case)
    again = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="again",
        direction=Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=channel,
        text=text,
        happened_at=happened_at,
        actor=actor,
        now=now,
    )
    for deadline in overdue:
        if deadline.state == Deadline.State.BREACHED and repeat_call_counts(
            deadline.due_at, deadline.answered_at, again.happened_at
        ):
            for penalty in deadline.penalties.filter(condition=Consequence.Condition.REPEAT_CALL):
                penalties.confirm(
                    penalty=penalty,
                    fact={
                        "called_at": again.happened_at.isoformat(),
                        "interaction": again.pk,
                    },
                    actor=actor,
                    now=now,
                )
    clock = start_reply_clock(case=case, asked=again, using=using, first=False)
    answered = _next_answer(again)
    if clock is not None and answered is not None:  # his call was entered after our answer to it
        deadlines.keep(deadlines=[clock], answer=answered, actor=actor, now=now)
        cases.move(case=case, to=Case.State.ANSWERED)
    return again


def _next_answer(asked: Interaction) -> Interaction | None:
    """The first substantive answer the customer got after he asked, if there is one already."""
    return (
        asked.case.interactions.filter(
            substantive=True,
            direction=Interaction.Direction.OUT,
            counterpart=Interaction.Counterpart.CUSTOMER,
            happened_at__gt=asked.happened_at,
        )
        .order_by("happened_at")
        .first()
    )


def _release_if_gone(case: Case) -> None:
    """A case taken up again is nobody's when its owner has left the desk for good or for a while."""
    if case.owner is not None and case.owner.status != Employee.Status.ACTIVE:
        cases.change(case=case, owner=None)


@transaction.atomic
def contact_failed(
    *,
    case: Case,
    outlet: Party,
    text: str,
    happened_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> Interaction:
    """The counterpart's line was not answered; in the evening the reply may wait until 09:00 (CD-03.14)."""
    case = cases.lock(case=case)
    if happened_at is not None:
        using = edition_in_force(department_id=case.department_id, at=now)
        check_entry_time(happened_at=happened_at, now=now, using=using)
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="contact_failed",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.OUTLET,
        party=outlet,
        channel=Interaction.Channel.PHONE,
        text=redact.clean(text, max_length=cases.TEXT_LIMIT, field="text"),
        happened_at=happened_at,
        actor=actor,
        now=now,
    )
    for deadline in deadlines.note_failed_contact(case=case, actor=actor, now=now):
        cases.step(
            case=case,
            action="redated",
            actor=actor,
            now=now,
            deadline=deadline.pk,
            clause=deadline.clause,
            due_at=deadline.due_at.isoformat(),
        )
    return line


@transaction.atomic
def close(
    *,
    case: Case,
    note: str,
    further_needs_asked: bool = False,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Case:
    """Close an answered case with a handling note (LC-05.01).

    Refused while the customer or an outlet is still waited for or waiting; a case passed on to another
    department closes only after its reply was fed back to the customer (LC-05.05). Where the rulebook
    wants it, the customer was asked whether there is anything else (ES-203.19).
    """
    note = redact.clean(note, max_length=2_000, field="note")
    if not note:  # rule: LC-05.01
        raise KefuError(_("结案前请写处理结果"), code="note_required", field="note")
    case = cases.lock(case=case, version=version)
    if case.network_queries.open().exists():
        raise Conflict(_("还有网点没有反馈；反馈后或撤回查询后才能结案"), code="query_open")
    if Deadline.objects.filter(case=case, action__in=CUSTOMER_CLOCKS).unanswered().exists():
        raise Conflict(_("还没有给客户实质答复，不能结案"), code="not_answered")
    _check_complaint(case)
    _check_consultations(case)  # rule: LC-05.05
    if case.kind != Case.Kind.NETWORK_QUERY:
        using = edition_in_force(department_id=case.department_id, at=now)
        require(using.rules, "closing", further_needs_asked=further_needs_asked)
    if case.state == Case.State.OPEN and case.kind == Case.Kind.NETWORK_QUERY:
        cases.move(case=case, to=Case.State.ANSWERED)
    if case.state != Case.State.ANSWERED and not _timed(case):
        cases.move(case=case, to=Case.State.ANSWERED)
    cases.move(
        case=case,
        to=Case.State.CLOSED,
        closed_at=now,
        escalated_at=None,
        handed_over=False,
    )
    asked = {"further_needs_asked": True} if further_needs_asked else {}
    line = cases.step(case=case, action="closed", text=note, actor=actor, now=now, **asked)
    promised = [
        clock
        for clock in deadlines.settle(case=case, now=now)
        if clock.action == Deadline.Action.COMPLAINT_HANDLING
    ]
    deadlines.keep(deadlines=promised, answer=line, actor=actor, now=now)  # rule: LC-02.05
    tell_outlet(case=case, now=now)
    return case


def _check_complaint(case: Case) -> None:
    """A complaint closes once its customer is content, where the rulebook has such an order (ES-303.25)."""
    complaint = Complaint.objects.filter(case=case).first()
    if complaint is not None and complaint.stage not in ("", Complaint.Stage.DONE):
        raise Conflict(
            _("投诉还在“%(stage)s”，办到客户满意才能结案")
            % {"stage": complaint.get_stage_display()},
            code="complaint_not_solved",
        )


def _check_consultations(case: Case) -> None:
    """A department that was asked has replied, and the customer has heard of it since (LC-05.05)."""
    waiting = case.consultations.open().select_related("department").first()
    if waiting is not None:
        raise Conflict(
            _("%(department)s 还没有答复转办，不能结案") % {"department": waiting.department},
            code="consultation_open",
        )
    replied_at = case.consultations.aggregate(Max("replied_at"))["replied_at__max"]
    if replied_at is None:
        return
    told = case.interactions.filter(
        substantive=True,
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.CUSTOMER,
        happened_at__gte=replied_at,
    )
    if not told.exists():
        raise Conflict(_("部门的答复还没有告知客户，先答复客户再结案"), code="reply_not_passed_on")


def _timed(case: Case) -> bool:
    return Deadline.objects.filter(case=case).exists()


@transaction.atomic
def reopen(*, case: Case, reason: str, actor: Any, now: datetime) -> Case:
    """Take a closed case up again; a complaint goes back to the solution (ES-303.26)."""
    reason = redact.clean(reason, max_length=500, field="reason")
    if not reason:
        raise KefuError(_("请写明为什么重新打开"), code="note_required", field="reason")
    case = cases.lock(case=case)
    if case.state != Case.State.CLOSED:
        raise Conflict(_("工单没有结案，不用重新打开"))
    cases.move(case=case, to=Case.State.OPEN, closed_at=None)
    _release_if_gone(case)
    line = cases.step(case=case, action="reopened", text=reason, actor=actor, now=now)
    _solve_again(case, line)
    tell_outlet(case=case, now=now)
    return case


def _solve_again(case: Case, line: Interaction) -> None:
    """Who takes a solved complaint up again has a customer who is not content: another solution, and a call."""
    complaint = Complaint.objects.select_for_update(no_key=True).filter(case=case).first()
    if complaint is None or complaint.stage != Complaint.Stage.DONE or not complaint.rulebook_id:
        return
    complaint.stage = Complaint.Stage.SOLUTION
    complaint.save(update_fields=["stage"])
    deadlines.start_clock(
        case=case,
        action=Deadline.Action.COMPLAINT_REVISIT,
        using=edition(complaint.rulebook_id),
        party=owner_party(case.owner, our_company()),
        started_by=line,
    )
