"""Ask outlets, be asked by them, and hold everybody to the two hours."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries.models import Inquiry, NetworkQuery
from inquiries.services.intake import STATED
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.deadlines.services.promises import check_entry_time
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.parcels.models import Waybill
from kefu.policy.clocks import OutletRules, outlet_due
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department

QUESTION_LIMIT = 4_000  # characters


@transaction.atomic
def ask_outlet(
    *,
    case: Case,
    outlet: Party,
    question: str,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> NetworkQuery:
    """Ask an outlet about the case's parcel; it has two hours (CD-01.08, CD-05.06, CD-05.09)."""
    question = redact.clean(question, max_length=QUESTION_LIMIT, field="question", required=True)
    case = cases.lock(case=case, version=version)
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed")
    if case.network_queries.open().filter(asked=outlet).exists():
        raise Conflict(
            _("已经问过 %(outlet)s，还没有反馈；可以催") % {"outlet": outlet},
            code="already_asked",
        )
    query = _ask(
        case=case,
        asking=our_company(),
        asked=outlet,
        question=question,
        actor=actor,
        now=now,
        direction=Interaction.Direction.OUT,
        channel=Interaction.Channel.OUTLET,
    )
    cases.move(case=case, to=Case.State.WAITING, outlet=outlet)
    return query


@transaction.atomic
def receive_query(
    *,
    asking: Party,
    waybill: Waybill | None,
    waybill_number: str,
    question: str,
    reference: str = "",
    channel: Interaction.Channel,
    department: Department,
    actor: Any,
    now: datetime,
) -> NetworkQuery:
    """An outlet asks ours: a case of its own, unassigned, due in two hours like anybody's (CD-05.09)."""
    question = redact.clean(question, max_length=QUESTION_LIMIT, field="question", required=True)
    reference = redact.clean(reference, max_length=64, field="reference", multiline=False)
    if reference and NetworkQuery.objects.filter(asking=asking, reference=reference).exists():
        raise Conflict(_("这个对方单号已经用过"), code="reference_used", field="reference")
    case = cases.open_case(
        kind=Case.Kind.NETWORK_QUERY,
        department=department,
        owner=None,
        waybill=waybill,
        waybill_number=waybill_number,
        outlet=asking,
        summary=question,
        actor=actor,
        now=now,
    )
    Inquiry.objects.create(
        case=case,
        kind=Inquiry.Kind.NETWORK_QUERY,
        channel=channel,
        asker=Inquiry.Asker.OUTLET,
        received_at=now,
        recorded_at=now,
        recorded_by=actor,
    )
    return _ask(
        case=case,
        asking=asking,
        asked=our_company(),
        question=question,
        reference=reference,
        actor=actor,
        now=now,
        direction=Interaction.Direction.IN,
        channel=channel,
    )


def _ask(
    *,
    case: Case,
    asking: Party,
    asked: Party,
    question: str,
    reference: str = "",
    direction: Interaction.Direction,
    channel: Interaction.Channel,
    actor: Any,
    now: datetime,
) -> NetworkQuery:
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="query_asked",
        direction=direction,
        counterpart=Interaction.Counterpart.OUTLET,
        party=asked if direction == Interaction.Direction.OUT else asking,
        channel=channel,
        text=question,
        actor=actor,
        now=now,
    )
    using = edition_in_force(department_id=case.department_id, outlet_id=asked.outlet_id, at=now)
    due = outlet_due(now, OutletRules.of(using.rules))
    deadline = None
    if due is not None:
        deadline = deadlines.start(
            case=case,
            action=Deadline.Action.FEEDBACK,
            due=due,
            using=using,
            party=asked,
            door=Consequence.Door.PAGES
            if asked.kind == Party.Kind.COMPANY
            else Consequence.Door.API,
            started_by=line,
        )
    query = NetworkQuery.objects.create(
        case=case,
        asking=asking,
        asked=asked,
        deadline=deadline,
        sealed={"question": question, "answer": ""},
        question=line.text,
        reference=reference,
        asked_at=now,
    )
    notifications.publish(  # rule: CD-01.08, CD-05.06
        kind=Event.Kind.QUERY_ASKED,
        at=now,
        party_id=asked.pk,
        department_id=case.department_id,
        case_id=case.pk,
        data={"query": query.pk},
    )
    return query


@transaction.atomic
def record_feedback(
    *,
    query: NetworkQuery,
    answer: str,
    channel: Interaction.Channel,
    happened_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> NetworkQuery:
    """The asked outlet has answered, by its own key or by phone to an agent, who may state when.

    By the outlet itself the moment is the server's. In time or not goes by when it happened. Of two
    answers at once the first stands and the second gets a Conflict.
    """
    answer = redact.clean(answer, max_length=QUESTION_LIMIT, field="answer", required=True)
    case = cases.lock(case=query.case)
    query = (
        NetworkQuery.objects.select_for_update(of=["self"])
        .select_related("asked", "asking")
        .get(pk=query.pk)
    )
    if query.state != NetworkQuery.State.OPEN:
        raise Conflict(
            _("这条网点查询%(state)s，不能再改") % {"state": query.get_state_display()},
            code="query_closed",
        )
    if happened_at is not None:
        if channel not in STATED:
            raise KefuError(
                _("只有电话和柜台可以补记时间"),
                code="time_not_statable",
                field="happened_at",
            )
        using = edition_in_force(department_id=case.department_id, at=now)
        check_entry_time(happened_at=happened_at, now=now, using=using)
        if happened_at < query.asked_at:
            raise KefuError(_("反馈不能早于查询发出"), code="before_question", field="happened_at")
    waiting = deadlines.settle(case=case, now=now)
    ours = query.asked.kind == Party.Kind.COMPANY
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="query_answered",
        direction=Interaction.Direction.OUT if ours else Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.OUTLET,
        party=query.asking if ours else query.asked,
        channel=channel,
        text=answer,
        substantive=True,
        happened_at=happened_at,
        actor=actor,
        now=now,
    )
    deadlines.keep(
        deadlines=[d for d in waiting if d.pk == query.deadline_id],
        answer=line,
        actor=actor,
        now=now,
    )
    query.state = NetworkQuery.State.ANSWERED
    query.sealed = {**query.sealed, "answer": answer}
    query.answer, query.answered_at = line.text, line.happened_at
    query.save(update_fields=["state", "sealed", "answer", "answered_at"])
    if ours:
        cases.move(case=case, to=Case.State.ANSWERED)
    elif case.state == Case.State.WAITING and not case.network_queries.open().exists():
        cases.move(case=case, to=Case.State.OPEN)
    notifications.publish(
        kind=Event.Kind.QUERY_ANSWERED,
        at=now,
        party_id=query.asking_id,
        department_id=case.department_id,
        user_id=case.owner.user_id if case.owner and not ours else None,
        case_id=case.pk,
        data={"query": query.pk},
    )
    return query


@transaction.atomic
def chase(*, query: NetworkQuery, text: str, actor: Any, now: datetime) -> Interaction:
    """Remind an outlet that has not answered; its clock runs on."""
    case = cases.lock(case=query.case)
    query = (
        NetworkQuery.objects.select_for_update(of=["self"]).select_related("asked").get(pk=query.pk)
    )
    if query.state != NetworkQuery.State.OPEN:
        raise Conflict(_("网点已经反馈，不用再催"), code="query_closed")
    query.chased_at = now
    query.save(update_fields=["chased_at"])
    line = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="query_chased",
        direction=Interaction.Direction.OUT,
        counterpart=Interaction.Counterpart.OUTLET,
        party=query.asked,
        channel=Interaction.Channel.OUTLET,
        text=redact.clean(text, max_length=QUESTION_LIMIT, field="text"),
        actor=actor,
        now=now,
    )
    notifications.publish(
        kind=Event.Kind.QUERY_ASKED,
        at=now,
        party_id=query.asked_id,
        case_id=case.pk,
        data={"query": query.pk, "chased": True},
    )
    return line


@transaction.atomic
def withdraw(*, query: NetworkQuery, reason: str, actor: Any, now: datetime) -> NetworkQuery:
    """Take a question back that need not be answered any more; a breach that happened stays."""
    reason = redact.clean(reason, max_length=500, field="reason")
    if not reason:
        raise KefuError(_("请写明为什么撤回"), code="note_required", field="reason")
    case = cases.lock(case=query.case)
    query = (
        NetworkQuery.objects.select_for_update(of=["self"])
        .select_related("asked", "deadline__case")
        .get(pk=query.pk)
    )
    if query.state != NetworkQuery.State.OPEN:
        raise Conflict(
            _("这条网点查询%(state)s，不能再改") % {"state": query.get_state_display()},
            code="query_closed",
        )
    deadlines.settle(case=case, now=now)
    query.state = NetworkQuery.State.WITHDRAWN
    query.save(update_fields=["state"])
    if query.deadline is not None:
        deadlines.cancel(deadline=query.deadline, now=now)
    cases.step(
        case=case,
        action="query_withdrawn",
        text=reason,
        actor=actor,
        now=now,
        party=query.asked_id,
    )
    if case.state == Case.State.WAITING and not case.network_queries.open().exists():
        cases.move(case=case, to=Case.State.OPEN)
    return query
