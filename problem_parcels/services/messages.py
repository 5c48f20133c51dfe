"""Messages between outlets about a parcel: posted, answered within two hours, or given up after five days."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.clocks import OutletRules, outlet_due
from kefu.policy.conditions import MissingFact
from kefu.policy.moments import DAY
from kefu.policy.problem_records import possible, time_of_day
from kefu.policy.processes import routed
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import composed, requirements
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Department, Employee
from problem_parcels.models import Message, ProblemParcel, ProblemRecord, Volume
from problem_parcels.selectors.parcels import Parcel, look_up
from problem_parcels.services import disposals, stays
from problem_parcels.services.records import party_of
from problem_parcels.services.volumes import count
from problem_parcels.wording import names_in_words

Action = Deadline.Action
TEXT_LIMIT, REFERENCE_LIMIT = 4_000, 64  # characters
# Kept by a message to the sending outlet.
TOLD = (Action.UNDELIVERED_MESSAGE, Action.OUTBOUND_PROBLEM)


@transaction.atomic
def post_message(
    *,
    case: Case,
    text: str,
    to: Party | None = None,
    storefront: str = "",
    by: Employee,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Message:
    """Write to the other outlet about a parcel; it has two hours, and after five days what arrived goes back.

    Refused without a reason (CD-09.29), where the courier is at fault (CD-09.28), before anybody called the
    recipient of a simple case (CD-04.27), and in the evening outside the warehouse office (CD-04.28).
    A mis-sorted parcel's message names the storefront (CD-07.20).
    """
    case = cases.lock(case=case, version=version)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    using = edition_in_force(department_id=case.department_id, at=now)
    extension = ProblemParcel.objects.get(pk=case.pk)
    text = _composed(using, extension, text, storefront)
    _check_posting(using, case, extension, by, now=now)
    receiver = to or case.outlet
    if receiver is None:
        raise KefuError(_("请选发给哪个网点"), code="receiver_required", field="to")
    if case.parcel_messages.unanswered().filter(receiver=receiver).exists():
        raise Conflict(
            _("已经给%(outlet)s留言，还没有回复；可以催") % {"outlet": receiver},
            code="already_posted",
        )
    first = not case.parcel_messages.filter(sender__kind=Party.Kind.COMPANY, reply_to=None).exists()
    waiting = deadlines.settle(case=case, now=now)
    message = _post(
        case=case,
        sender=our_company(),
        receiver=receiver,
        text=text,
        direction=Interaction.Direction.OUT,
        using=using,
        waits=extension.direction == ProblemParcel.Direction.INBOUND,
        actor=actor,
        now=now,
    )
    deadlines.keep(
        deadlines=[d for d in waiting if d.action in TOLD or _third_day(d, now)],
        answer=_line_of(message),
        actor=actor,
        now=now,
    )
    cases.move(case=case, to=Case.State.WAITING)
    if first and extension.direction == ProblemParcel.Direction.INBOUND:  # rule: CD-12.34
        count(employee=by, metric=Volume.Metric.INBOUND, at=now)
    return message


def _third_day(deadline: Deadline, now: datetime) -> bool:
    """Whether it waits to be written that nobody came. Before its last day nobody knows yet."""
    return deadline.action == Action.SELF_PICKUP_MESSAGE and deadline.due_at - DAY <= now


def _composed(using: Edition, extension: ProblemParcel, text: str, storefront: str) -> str:
    text = redact.clean(text, max_length=TEXT_LIMIT, field="text")
    if extension.problem == ProblemParcel.Problem.MISSORTED:
        words = composed(
            using.rules,
            "missorted_message",
            values={"storefront_name": storefront},
            recorded={"message"},
        )
        if words.text is None:  # rule: CD-07.20
            raise KefuError(
                _("错分件的留言要写明营业厅"), code="storefront_required", field="storefront"
            )
        text = "\n".join(filter(None, (words.text, text)))
    if not text:
        raise KefuError(_("请写留言内容"), code="text_required", field="text")
    return text


def _check_posting(
    using: Edition, case: Case, extension: ProblemParcel, by: Employee, *, now: datetime
) -> None:
    record = ProblemRecord.objects.filter(case=case).last()
    if record is None:
        raise Conflict(_("还没有登记是什么问题，先登记再留言"), code="not_recorded")
    recorded = {"reason"} if "reason" in record.inputs["recorded"] else set()
    if not possible(using.rules, "post_message", record.chosen, recorded).allowed:
        raise Conflict(_("没有原因，或是业务员自己的原因，不留言"), code="message_refused")
    local = now.astimezone(SHANGHAI)
    facts = {**record.chosen, "time_of_day": time_of_day(using.rules, local.time())}
    if not possible(using.rules, "post_online", facts, (), role=by.department.desk).allowed:
        raise NotAllowed(_("晚间上网的件在仓库管理办公室办理"), code="evening_in_the_warehouse")
    stays.need_bulk_there(case=case, now=now)
    if case.contact_attempts.exists():
        recorded.add("contact_attempt")
    lacks = requirements(using.rules, "online_post", recorded, record.chosen).lacks
    if lacks:
        raise KefuError(
            _("%(clause)s：留言前先联系收件人，还缺%(what)s")
            % {"clause": lacks[0].clause, "what": names_in_words(lacks[0].names)},
            code="contact_first",
            field=lacks[0].names[0],
        )


def _post(
    *,
    case: Case,
    sender: Party,
    receiver: Party,
    text: str,
    direction: Interaction.Direction,
    using: Edition,
    reference: str = "",
    waits: bool = False,
    actor: Any,
    now: datetime,
) -> Message:
    """Write a first message with the clocks it starts: two hours for a word and, if a parcel that lies here
    ``waits`` for it, five days.
    """
    outward = direction == Interaction.Direction.OUT
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="message_posted",
        direction=direction,
        counterpart=Interaction.Counterpart.OUTLET,
        party=receiver if outward else sender,
        channel=Interaction.Channel.OUTLET,
        text=text,
        actor=actor,
        now=now,
    )
    door = Consequence.Door.API if outward else Consequence.Door.PAGES
    towards = edition_in_force(
        department_id=case.department_id, outlet_id=receiver.outlet_id, at=now
    )
    due = outlet_due(now, OutletRules.of(towards.rules))
    feedback = wait = None
    if due is not None:
        feedback = deadlines.start(
            case=case,
            action=Action.FEEDBACK,
            due=due,
            using=towards,
            party=receiver,
            door=door,
            started_by=line,
        )
    if waits:
        wait = deadlines.start_clock(
            case=case,
            action=Action.MESSAGE_REPLY,
            using=using,
            party=receiver,
            door=door,
            started_by=line,
        )
    message = Message.objects.create(
        case=case,
        sender=sender,
        receiver=receiver,
        sealed={"text": text},
        text=line.text,
        reference=reference,
        posted_at=now,
        posted_by=actor,
        deadline=feedback,
        wait=wait,
    )
    notifications.publish(
        kind=Event.Kind.MESSAGE_POSTED,
        at=now,
        party_id=receiver.pk,
        department_id=case.department_id,
        user_id=case.owner.user_id if case.owner and not outward else None,
        case_id=case.pk,
        data={"message": message.pk},
    )
    return message


def _line_of(message: Message) -> Interaction:
    return Interaction.objects.filter(case=message.case_id, action="message_posted").latest("id")


@transaction.atomic
def chase(*, message: Message, text: str = "", actor: Any, now: datetime) -> None:
    """Remind an outlet that has not replied; its clocks run on. On the third day that is the message that nobody
    came for the parcel (CD-04.25, CD-07.11).
    """
    case = cases.lock(case=message.case)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    message = Message.objects.select_related("receiver").get(pk=message.pk)
    _refuse_closed(message)
    waiting = deadlines.settle(case=case, now=now)
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="message_chased",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.OUTLET,
        party=message.receiver,
        channel=Interaction.Channel.OUTLET,
        text=redact.clean(text, max_length=TEXT_LIMIT, field="text"),
        actor=actor,
        now=now,
    )
    deadlines.keep(
        deadlines=[d for d in waiting if _third_day(d, now)], answer=line, actor=actor, now=now
    )
    notifications.publish(
        kind=Event.Kind.MESSAGE_POSTED,
        at=now,
        party_id=message.receiver_id,
        case_id=case.pk,
        data={"message": message.pk, "chased": True},
    )


class TooLate(Conflict):
    """An outlet answers a message that was taken back meanwhile: its words are on the timeline, and the parcel goes
    where it was to go."""


def reply(
    *,
    message: Message,
    text: str,
    wish: str = "",
    by: Employee | None = None,
    party: Party | None = None,
    reference: str = "",
    channel: Interaction.Channel = Interaction.Channel.OUTLET,
    actor: Any,
    now: datetime,
) -> Message:
    """Answer a message: our clerk (``by``) the other outlet, or the outlet (``party``, or a clerk who heard it
    by phone) ours. Of two answers at once the first stands and the second gets a Conflict.

    What the sending outlet wants returned leaves the same day (CD-04.14). Raises TooLate to an outlet whose message
    was taken back, once its answer is kept: a caller with a transaction of his own lets that end well.
    """
    text = redact.clean(text, max_length=TEXT_LIMIT, field="text", required=True)
    if wish not in Message.Wish.values:
        raise KefuError(_("请选列出的要求"), code="wish_unknown", field="wish")
    said: dict[str, Any] = {"text": text, "wish": wish, "reference": reference, "channel": channel}
    with transaction.atomic():
        case = cases.lock(case=message.case)
        message = (
            Message.objects.select_for_update(of=["self"])
            .select_related("sender", "receiver")
            .get(pk=message.pk)
        )
        if message.withdrawn_at is None or party is None:
            _refuse_closed(message)
            return _reply(case, message, **said, by=by, actor=actor, now=now)
        _keep_late(case, message, **said, actor=actor, now=now)
    raise TooLate(_what_became(case), code="message_withdrawn")


def _reply(
    case: Case,
    message: Message,
    *,
    text: str,
    wish: str,
    reference: str,
    channel: Interaction.Channel,
    by: Employee | None,
    actor: Any,
    now: datetime,
) -> Message:
    ours = message.receiver.kind == Party.Kind.COMPANY
    waiting = deadlines.settle(case=case, now=now)
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="message_answered",
        direction=Interaction.Direction.OUT if ours else Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.OUTLET,
        party=message.sender if ours else message.receiver,
        channel=channel,
        text=text,
        data={"wish": wish},
        substantive=True,
        actor=actor,
        now=now,
    )
    answer = Message.objects.create(
        case=case,
        sender=message.receiver,
        receiver=message.sender,
        reply_to=message,
        wish=wish,
        sealed={"text": text},
        text=line.text,
        reference=reference,
        posted_at=now,
        posted_by=actor,
        opened_at=now if by is not None and not ours else None,
        opened_by=actor if by is not None and not ours else None,
    )
    kept = {message.deadline_id, message.wait_id}
    if ours:
        kept |= {d.pk for d in waiting if d.action in TOLD}
    deadlines.keep(
        deadlines=[d for d in waiting if d.pk in kept], answer=line, actor=actor, now=now
    )
    Message.objects.filter(pk=message.pk).update(answered_at=now)
    _move_on(case, answer, ours=ours, by=by, actor=actor, now=now)
    notifications.publish(
        kind=Event.Kind.MESSAGE_ANSWERED,
        at=now,
        party_id=message.sender_id if ours else message.receiver_id,
        department_id=case.department_id,
        user_id=case.owner.user_id if case.owner and not ours else None,
        case_id=case.pk,
        data={"message": message.pk, "answer": answer.pk},
    )
    return answer


def _keep_late(
    case: Case,
    message: Message,
    *,
    text: str,
    wish: str,
    reference: str,
    channel: Interaction.Channel,
    actor: Any,
    now: datetime,
) -> None:
    """Write down what an outlet says when it is too late, and let whoever works the case hear of it."""
    cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="message_answered_late",
        direction=Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.OUTLET,
        party=message.receiver,
        channel=channel,
        text=text,
        data={"wish": wish, "message": message.pk, "reference": reference},
        actor=actor,
        now=now,
    )
    notifications.publish(
        kind=Event.Kind.MESSAGE_ANSWERED,
        at=now,
        party_id=message.receiver_id,
        department_id=case.department_id,
        user_id=case.owner.user_id if case.owner else None,
        case_id=case.pk,
        data={"message": message.pk, "late": True},
    )


def _what_became(case: Case) -> str:
    """What an outlet is told that answers too late."""
    kept = _("你的回复已记下，但不再改变这票的去向，还有要求请另写一条留言")
    returning = disposals.returning(case)
    if returning is None:
        return punctuation.in_turn(_("这条留言已经收回，不用再回复"), kept)
    why = returning.get_asked_by_display()
    if returning.carried_out_at is None:
        return punctuation.in_turn(_("这一票已决定退回（{why}）").format(why=why), kept)
    at = f"{returning.carried_out_at.astimezone(SHANGHAI):%m-%d %H:%M}"
    left = _("这一票已经退回（{why}），{at} 已出库").format(why=why, at=at)
    return punctuation.in_turn(left, kept)


def _move_on(
    case: Case, answer: Message, *, ours: bool, by: Employee | None, actor: Any, now: datetime
) -> None:
    if ours and by is not None:  # rule: CD-12.31
        count(employee=by, metric=Volume.Metric.OUTBOUND, at=now)
    if case.state == Case.State.CLOSED:
        return
    if not ours and answer.wish == Message.Wish.RETURN:
        disposals.return_asked(case=case, answer=answer, actor=actor, now=now)
    elif (
        not ours
        and case.disposals.filter(
            asked_by="nobody", carried_out_at=None, withdrawn_at=None
        ).exists()
    ):
        disposals.withdraw(case=case, now=now)  # they spoke up after all, and want something else
    if case.state in (Case.State.OPEN, Case.State.WAITING):
        cases.move(case=case, to=Case.State.ANSWERED)


def _refuse_closed(message: Message) -> None:
    if message.reply_to_id is not None:
        raise Conflict(_("这是一条回复，不用再回复"), code="is_a_reply")
    if message.answered_at is not None:
        raise Conflict(_("这条留言已经回复过了"), code="already_answered")
    if message.withdrawn_at is not None:
        raise Conflict(_("这条留言已经撤回"), code="message_withdrawn")


@transaction.atomic
def outlet_writes(
    *,
    sender: Party,
    number: str,
    text: str,
    problem: str,
    reference: str = "",
    actor: Any,
    now: datetime,
) -> Message:
    """Another outlet writes about a parcel between it and us; it becomes, or joins, an open case of the desk that
    answers such messages (CD-12.31). We have two hours, and the day for the parcel (CD-04.22).

    A parcel that is none of the sender's is unknown to it. Raises KefuError naming the field.
    """
    text = redact.clean(text, max_length=TEXT_LIMIT, field="text", required=True)
    reference = redact.clean(
        reference, max_length=REFERENCE_LIMIT, field="reference", multiline=False
    )
    if problem not in ProblemParcel.Problem:
        raise KefuError(_("请选问题类型"), code="problem_unknown", field="problem")
    parcel = look_up(number)
    waybill = parcel.waybill
    others = {
        end.pk
        for end in (waybill.origin, waybill.destination)
        if end.kind != Party.Kind.COMPANY  # else a contract area of ours would reach every parcel
    }
    if not others & {sender.pk, sender.outlet_id}:
        raise KefuError(
            _("查无此单：%(number)s 不是本公司的运单，请核对") % {"number": waybill.number},
            code="waybill_unknown",
            field="waybill_number",
        )
    case, opened = _case_for(parcel, sender, text, problem, actor=actor, now=now)
    using = edition_in_force(department_id=case.department_id, at=now)
    message = _post(
        case=case,
        sender=sender,
        receiver=our_company(),
        text=text,
        direction=Interaction.Direction.IN,
        using=using,
        reference=reference,
        actor=actor,
        now=now,
    )
    if opened and parcel.direction == ProblemParcel.Direction.OUTBOUND:
        deadlines.start_clock(
            case=case,
            action=Action.OUTBOUND_PROBLEM,
            using=using,
            party=party_of(case),
            started_by=_line_of(message),
        )
    elif case.state in (Case.State.WAITING, Case.State.ANSWERED):
        cases.move(case=case, to=Case.State.OPEN)
    return message


def _case_for(
    parcel: Parcel, sender: Party, text: str, problem: str, *, actor: Any, now: datetime
) -> tuple[Case, bool]:
    """The parcel's open case, locked, and whether it is a new one."""
    if parcel.open_case_id is not None:
        case = cases.lock(case=Case(pk=parcel.open_case_id))
        if case.state != Case.State.CLOSED:
            return case, False
    try:
        with transaction.atomic():
            return _open(parcel, sender, text, problem, actor=actor, now=now), True
    except IntegrityError as error:
        there = look_up(parcel.waybill.number).open_case_id
        if "case_one_open_problem" not in str(error) or there is None:
            raise
        return cases.lock(case=Case(pk=there)), False  # somebody else registered it just now


def _open(
    parcel: Parcel, sender: Party, text: str, problem: str, *, actor: Any, now: datetime
) -> Case:
    case = cases.open_case(
        kind=Case.Kind.PROBLEM_PARCEL,
        department=_answering_desk(problem, at=now),
        owner=None,
        waybill=parcel.waybill,
        outlet=sender,
        summary=text,
        actor=actor,
        now=now,
    )
    ProblemParcel.objects.create(
        case=case,
        direction=parcel.direction,
        place=ProblemParcel.Place.WAREHOUSE,
        same_city=parcel.same_city,
        problem=problem,
        registered_at=now,
        registered_by=actor,
    )
    return case


def _answering_desk(problem: str, *, at: datetime) -> Department:
    """The desk whose duty it is, as the rulebook routes it; else the first that is there."""
    sorts = {
        ProblemParcel.Problem.NO_OUTLET: "no_outlet",
        ProblemParcel.Problem.FORWARDED: "forwarded",
        ProblemParcel.Problem.DAMAGED_INSIDE: "damaged",
        ProblemParcel.Problem.DAMAGED_OUTSIDE: "damaged",
    }
    rules = edition_in_force(department_id=None, at=at).rules
    try:
        targets, _steps = routed(
            rules,
            "incoming_message",
            {"message": sorts.get(ProblemParcel.Problem(problem), "problem")},
        )
    except (NotInRulebook, MissingFact):
        targets = ()
    desks = [to for target in targets for to in target.to]
    found = Department.objects.filter(Q(desk__in=desks) | Q(desk=""), active=True)
    department = found.order_by(F("desk").desc(), "order").first()
    if department is None:
        raise Conflict(_("还没有部门可以受理"), code="no_department")
    return department


@transaction.atomic
def withdraw_message(*, message: Message, reason: str, actor: Any, now: datetime) -> Message:
    """Take back a message of ours that need not be answered any more; a breach that happened stays."""
    reason = redact.clean(reason, max_length=300, field="reason", required=True)
    case = cases.lock(case=message.case)
    message = Message.objects.select_for_update(of=["self"]).get(pk=message.pk)
    _refuse_closed(message)
    message.withdrawn_at = now
    message.save(update_fields=["withdrawn_at"])
    for deadline in (message.deadline, message.wait):
        if deadline is not None:
            deadlines.cancel(deadline=deadline, now=now)
    cases.step(case=case, action="message_withdrawn", text=reason, actor=actor, now=now)
    if case.state == Case.State.WAITING and not case.parcel_messages.unanswered().exists():
        cases.move(case=case, to=Case.State.OPEN)
    return message
