"""Overtime for a promotion: a supervisor calls people, each accepts or declines (SD-233.55)."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.moments import DAY, wall
from kefu.policy.processes import Done, next_step
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition
from kefu.staff.models import Employee
from payroll.models import Leave, Overtime, OvertimeCall, RosteredShift
from payroll.refusing import refusals
from payroll.selectors.overtime_calls import PROCESS
from payroll.selectors.presence import edition_of
from payroll.services import months, overtime
from payroll.services.punches import check_keeper

REASON = 200  # characters
MOST_DAYS, MOST_CALLS = 14, 200
State, Settle = OvertimeCall.State, Overtime.Settle


@transaction.atomic
def call(
    *,
    people: Collection[Employee],
    first_on: date,
    last_on: date | None = None,
    starts: time,
    ends: time,
    settle: str,
    answer_by: datetime,
    reason: str,
    actor: Any,
    now: datetime,
) -> list[OvertimeCall]:
    """Call people to work from ``starts`` to ``ends`` on each of these days, and tell each of them; an end that is not
    after the start is of the next day. All are called, or nobody.

    Raises NotAllowed, KefuError naming the field and who cannot be called then, Conflict (month_locked). Source:
    SD-233.55.
    """
    reason = redact.redact(
        redact.clean(reason, max_length=REASON, field="reason", required=True, multiline=False)
    )
    spans = _spans(first_on, last_on or first_on, starts, ends)
    if not now < answer_by <= spans[0][0]:
        raise KefuError(
            _("答复截止要在现在以后、加班开始以前"), code="answer_by", field="answer_by"
        )
    if spans[-1][0] > now + overtime.AHEAD:  # or nobody could accept
        raise KefuError(_("开始太远了，请核对"), code="too_far", field="last_on")
    if len(people) * len(spans) > MOST_CALLS:
        raise KefuError(
            _("一次最多 %(n)d 人次，请分几次") % {"n": MOST_CALLS}, code="too_many", field="people"
        )
    made = []
    for who in people:
        check_keeper(overtime.APPROVE, who, actor)
        for starts_at, ends_at in spans:
            using = edition_of(who, starts_at.astimezone(SHANGHAI).date())
            _check_may(using, settle)
            made.append(
                OvertimeCall(
                    employee=who,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    settle=settle,
                    reason=reason,
                    answer_by=answer_by,
                    called_by=actor,
                    called_at=now,
                    rulebook_id=using.version_id,
                )
            )
    if taken := _taken(people, spans):
        raise KefuError(punctuation.in_turn(*taken[:5]), code="not_free", field="people")
    try:
        with transaction.atomic():
            OvertimeCall.objects.bulk_create(made)
    except IntegrityError as error:
        if "overtime_call_once_at_a_time" not in str(error):
            raise
        raise Conflict(
            _("其中有人这段时间已有加班通知在等答复"), code="called_already", field="people"
        ) from error
    for one in made[:: len(spans)]:  # each once, of his first day
        _tell(one, one.employee.user_id, State.CALLED, now)
    return made


def _spans(
    first_on: date, last_on: date, starts: time, ends: time
) -> list[tuple[datetime, datetime]]:
    if not first_on <= last_on < first_on + MOST_DAYS * DAY:
        raise KefuError(
            _("最后一天不能早于第一天，一次最多 %(n)d 天") % {"n": MOST_DAYS},
            code="stretch",
            field="last_on",
        )
    days = [first_on + n * DAY for n in range((last_on - first_on).days + 1)]
    for day in days:
        months.check_open(day, field="first_on")
    over = DAY if ends <= starts else timedelta()
    if timedelta(hours=ends.hour - starts.hour, minutes=ends.minute - starts.minute) + over > (
        overtime.LONGEST
    ):
        raise KefuError(_("一次加班不超过 16 小时，请核对"), code="too_long", field="ends")
    return [(wall(day, starts), wall(day, ends) + over) for day in days]


def _check_may(using: Edition, settle: str) -> None:
    """Raises KefuError where the rulebook knows no such call, or pays no overtime."""
    with refusals(using.rules):
        next_step(using.rules, PROCESS)
    if settle == Settle.PAY and not overtime.paid(using.rules):
        raise KefuError(
            _("这里的规章没有加班费标准，请选调休"), code="no_overtime_pay", field="settle"
        )


def _taken(people: Collection[Employee], spans: Sequence[tuple[datetime, datetime]]) -> list[str]:
    """Who cannot be called then, and why: his shift, his leave, overtime that he has already."""
    within = Q(pk=None)
    for starts_at, ends_at in spans:
        within |= Q(starts_at__lt=ends_at, ends_at__gt=starts_at)
    words = (
        (RosteredShift.objects.on_duty(), _("{who} {on} 这段时间本来就有班")),
        (Leave.objects.filter(state=Leave.State.APPROVED), _("{who} {on} 已批准请假")),
        (Overtime.objects.exclude(state=Overtime.State.REFUSED), _("{who} {on} 已登记加班")),
    )
    return [
        said.format(who=one.employee.name, on=f"{one.starts_at.astimezone(SHANGHAI):%m-%d}")
        for rows, said in words
        for one in rows.filter(within, employee__in=people)
        .select_related("employee")
        .order_by("starts_at", "employee__number")
    ]


@transaction.atomic
def answer(
    *, call: OvertimeCall, accepted: bool, note: str = "", actor: Any, now: datetime
) -> OvertimeCall:
    """Accept a call, which is approved overtime then, or decline it; once, and in time.

    Raises NotAllowed for another's, Conflict: answered_already, withdrawn, answered_late, not_free, caller_gone, and
    what asking for overtime raises. Source: SD-233.55.
    """
    call = _locked(call)
    if call.employee.user_id != actor.pk:
        raise NotAllowed(_("只能答复给自己的通知"))
    _check_open(call)
    if now > call.answer_by:  # rule: SD-233.55
        raise Conflict(
            _("%(due)s 前要答复，已经过了；还能来请直接找主管")
            % {"due": f"{call.answer_by.astimezone(SHANGHAI):%m-%d %H:%M}"},
            code="answered_late",
        )
    state = State.ACCEPTED if accepted else State.DECLINED
    using = edition_of(call.employee, call.starts_at.astimezone(SHANGHAI).date())
    with refusals(using.rules):
        next_step(using.rules, PROCESS, [Done("call"), Done("answer", outcome=state.value)])
    call.note = redact.redact(
        redact.clean(note, max_length=REASON, field="note", required=False, multiline=False)
    )
    if accepted:
        # Since he was called he may have got a shift then, or leave.
        if taken := _taken([call.employee], [(call.starts_at, call.ends_at)]):
            raise Conflict(punctuation.in_turn(*taken), code="not_free")
        call.overtime = _approved(call, actor, now)
    call.state, call.answered_at = state, now
    call.save(update_fields=["state", "note", "answered_at", "overtime"])
    _tell(call, call.called_by_id, f"call_{state}", now)
    return call


def _approved(call: OvertimeCall, actor: Any, now: datetime) -> Overtime:
    """What is accepted is asked for by whoever accepts it, and approved by whoever called."""
    asked = overtime.ask(
        employee=call.employee,
        starts_at=call.starts_at,
        ends_at=call.ends_at,
        settle=call.settle,
        reason=call.reason,
        actor=actor,
        now=now,
    )
    try:
        return overtime.decide(overtime=asked, approved=True, actor=call.called_by, now=now)
    except NotAllowed as error:
        raise Conflict(
            _("通知你的主管已不管这个部门，请找现在的主管"), code="caller_gone"
        ) from error


@transaction.atomic
def withdraw(*, call: OvertimeCall, actor: Any, now: datetime) -> OvertimeCall:
    """Take back a call that nobody has answered. Raises NotAllowed, KefuError, Conflict as ``answer`` does."""
    call = _locked(call)
    check_keeper(overtime.APPROVE, call.employee, actor)
    _check_open(call)
    call.state, call.answered_at = State.WITHDRAWN, now
    call.save(update_fields=["state", "answered_at"])
    _tell(call, call.employee.user_id, "call_withdrawn", now)
    return call


def _locked(call: OvertimeCall) -> OvertimeCall:
    return (
        OvertimeCall.objects.select_for_update(of=["self"], no_key=True)
        .select_related("employee", "called_by")
        .get(pk=call.pk)
    )


def _check_open(call: OvertimeCall) -> None:
    if call.state == State.WITHDRAWN:
        raise Conflict(_("这次通知已撤回，不用答复了"), code="withdrawn")
    if call.state != State.CALLED:
        raise Conflict(
            _("已经答复过了：%(answer)s") % {"answer": call.get_state_display()},
            code="answered_already",
        )


def _tell(call: OvertimeCall, user_id: int, state: str, now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.OVERTIME_CALL,
        at=now,
        user_ids=[user_id],
        data={
            "state": state,
            "who": call.employee.name,
            "on": f"{call.starts_at.astimezone(SHANGHAI):%m-%d}",
        },
    )
