"""Swaps: asked for, agreed to by the colleague, approved by the supervisor, and then the roster changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.clauses import Consequence, ScoreEvent
from kefu.policy.rulebook import Rulebook
from kefu.policy.shift_requests import SwapFacts, SwapVerdict, approvers, judge_swap
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Employee, User
from payroll.models import RegisterEntry, RosteredShift, Swap
from payroll.refusing import check_allowed, refusals, told
from payroll.selectors import swaps as selectors
from payroll.selectors.reach import HEADS, heads_of, oversees
from payroll.services import months, register

APPROVE = "payroll.approve_requests"
NOTE_LIMIT = 500  # characters
TOP = {"general_manager", "manager"}  # roles of a rulebook that only the manager has

State, Origin = Swap.State, RosteredShift.Origin


@transaction.atomic
def ask(
    *,
    shift: RosteredShift,
    other: Employee,
    returned: RosteredShift | None = None,
    pays_back: Swap | None = None,
    note: str,
    actor: Any,
    now: datetime,
) -> Swap:
    """Ask a colleague to work one's shift; ``returned``: for which of his; None: he stands in, to be paid back later
    by a swap that ``pays_back`` this one. ``note``: what is to be handed over, which who asks confirms by asking.

    Raises KefuError for what the rulebook refuses and for shifts that do not fit, Conflict for one that has begun or
    is asked for already, or in a locked month. Source: SD-215.03, SD-215.04, OS-04.13.
    """
    shift, returned = _locked_shift(shift), returned and _locked_shift(returned)
    asker = shift.employee
    if asker.user_id != actor.pk:
        raise NotAllowed(_("只能换自己的班"))
    note = redact.redact(redact.clean(note, max_length=NOTE_LIMIT, field="note", required=True))
    _check_fits(asker, other, shift, returned, pays_back, now)
    using = edition_in_force(department_id=asker.department_id, at=now)
    swap = Swap(
        asker=asker,
        other=other,
        shift=shift,
        returned=returned,
        pays_back=pays_back,
        note=note,
        asked_by=actor,
        asked_at=now,
        rulebook_id=using.version_id,
    )
    verdict = judge(swap, at=now)
    check_allowed(verdict.refused)
    swap.inputs = _warned(verdict)
    try:
        with transaction.atomic():
            swap.save()
    except IntegrityError as error:
        raise Conflict(_("这个班已经有一份换班申请"), code="asked_already") from error
    _tell(swap, [other.user_id], now)
    return swap


def _locked_shift(shift: RosteredShift) -> RosteredShift:
    row = (
        RosteredShift.objects.select_for_update(of=["self"])
        .select_related("employee__department", "roster")
        .get(pk=shift.pk)
    )
    if not row.live:
        raise Conflict(_("这个班已经不在现行的排班表里"), code="shift_gone")
    return row


def _check_fits(
    asker: Employee,
    other: Employee,
    shift: RosteredShift,
    returned: RosteredShift | None,
    pays_back: Swap | None,
    now: datetime,
) -> None:
    if other.pk == asker.pk:
        raise KefuError(_("不能和自己换班"), code="same_person", field="other")
    if other.department_id != asker.department_id or other.status != Employee.Status.ACTIVE:
        raise KefuError(_("请选本部门在岗的同事"), code="not_of_department", field="other")
    if returned is not None and returned.employee_id != other.pk:
        raise KefuError(_("还的班要是那位同事的"), code="not_his", field="returned")
    if pays_back is not None and (
        pays_back.state != State.EFFECTIVE
        or pays_back.returned_id is not None
        or (pays_back.asker_id, pays_back.other_id) != (other.pk, asker.pk)
    ):
        raise KefuError(_("没有这样一次欠着的代班"), code="nothing_owed", field="pays_back")
    for one in filter(None, (shift, returned)):
        if one.starts_at <= now:
            raise Conflict(_("%(on)s 的班已经开始") % {"on": f"{one.day:%m-%d}"}, code="begun")
        months.check_open(one.day)
    for who, gets, gives in ((other, shift, returned), (asker, returned, shift)):
        if gets is not None and selectors.is_busy(who, gets, without=gives):
            raise KefuError(
                _("%(who)s %(on)s 这段时间已有班或请假")
                % {"who": who.name, "on": f"{gets.day:%m-%d}"},
                code="busy_then",
                field="other" if who is other else "returned",
            )


def judge(swap: Swap, *, at: datetime, approvals: Sequence[str] = ()) -> SwapVerdict:
    """What becomes of a swap at ``at``, by the rulebook it was asked under."""
    rules = edition(swap.rulebook_id).rules
    with refusals(rules):
        return judge_swap(facts_of(swap, rules, at=at, approvals=approvals), rules)


def facts_of(
    swap: Swap, rules: Rulebook, *, at: datetime, approvals: Sequence[str] = ()
) -> SwapFacts:
    own = not swap.promotion
    return SwapFacts(
        sorts=selectors.sorts_given(swap, rules) if own else (),
        numbers=selectors.numbers(swap, rules) if own else (),
        asked_at=swap.asked_at,
        earlier_at=swap.earlier_at,
        at=at,
        agreed=swap.agreed_at is not None,
        approvals=approvals,
    )


def _warned(verdict: SwapVerdict) -> dict[str, Any]:
    """What whoever approves it has to know."""
    warned = list(dict.fromkeys(step.clause for step in verdict.warned))
    return {"warned": warned, "steps": told(verdict.warned)}


@transaction.atomic
def agree(*, swap: Swap, actor: Any, now: datetime) -> Swap:
    """The colleague has read what is handed over and agrees; where the rulebook wants nobody's approval, the swap
    takes effect at once and the supervisor is told (OS-04.13, OS-04.15).

    Raises NotAllowed, Conflict for one that does not wait for him or came too late.
    """
    row = _locked(swap)
    if row.other.user_id != actor.pk:
        raise NotAllowed(_("要被请的同事本人同意"))
    _expect(row, State.ASKED)
    _check_in_time(row, now)
    row.agreed_at = now
    verdict = judge(row, at=now)
    check_allowed(verdict.refused)
    if verdict.effective:
        _take_effect(row, verdict, [], actor, now)
    else:
        row.state, row.inputs = State.AGREED, _warned(verdict)
        row.save(update_fields=["state", "agreed_at", "inputs"])
    _tell(row, [row.asker.user_id, *heads_of(row.asker.department_id)], now)
    return row


@transaction.atomic
def decline(*, swap: Swap, actor: Any, now: datetime) -> Swap:
    """The colleague says no. Raises NotAllowed, Conflict."""
    row = _locked(swap)
    if row.other.user_id != actor.pk:
        raise NotAllowed(_("要被请的同事本人答复"))
    _expect(row, State.ASKED)
    return _end(row, State.DECLINED, "", None, now)


@transaction.atomic
def withdraw(*, swap: Swap, actor: Any, now: datetime) -> Swap:
    """Who asked takes it back while it waits. Raises NotAllowed, Conflict."""
    row = _locked(swap)
    if row.asker.user_id != actor.pk:
        raise NotAllowed(_("只能撤回自己的申请"))
    _expect(row, *Swap.OPEN)
    return _end(row, State.WITHDRAWN, "", None, now)


@transaction.atomic
def approve(*, swap: Swap, actor: Any, now: datetime) -> Swap:
    """The supervisor approves, and the roster changes; before the earlier of the two shifts begins.

    Raises NotAllowed for whoever does not head the department and for his own, Conflict for one nobody agreed to or
    that came too late, KefuError for what the rulebook refuses. Source: SD-215.14, SD-233.25, SD-233.26, CD-02.11.
    """
    row = _locked(swap)
    _check_decides(row, actor)
    _expect(row, State.AGREED)
    _check_in_time(row, now)
    _check_fits(row.asker, row.other, row.shift, row.returned, row.pays_back, now)
    rules = edition(row.rulebook_id).rules
    roles = roles_of(actor, approvers("swap", rules, {}))
    verdict = judge(row, at=now, approvals=roles)
    check_allowed(verdict.refused)
    if verdict.lacks:
        raise NotAllowed(_("还要别人批准：%(who)s") % {"who": "、".join(verdict.lacks)})
    _take_effect(row, verdict, roles, actor, now)
    _tell(row, [row.asker.user_id, row.other.user_id], now)
    return row


@transaction.atomic
def refuse(*, swap: Swap, reason: str, actor: Any, now: datetime) -> Swap:
    """The supervisor says no, with a reason. Raises NotAllowed, Conflict."""
    row = _locked(swap)
    _check_decides(row, actor)
    _expect(row, State.AGREED)
    reason = redact.redact(redact.clean(reason, max_length=300, field="reason", required=True))
    return _end(row, State.REFUSED, reason, actor, now)


def roles_of(actor: Any, wanted: Sequence[str]) -> list[str]:
    """Which of the roles that a rulebook names the actor has here."""
    if actor.role == User.Role.MANAGER:
        return list(wanted)
    return [role for role in wanted if role not in TOP] if actor.role in HEADS else []


def _check_decides(row: Swap, actor: Any) -> None:
    if not (actor.has_perm(APPROVE) and oversees(actor, row.asker.department_id)):
        raise NotAllowed(_("要本部门的主管批准"))
    if actor.pk in (row.asker.user_id, row.other.user_id):
        raise KefuError(_("不能批准自己的换班，请上一级批准"), code="own_request")


def _check_in_time(row: Swap, now: datetime) -> None:
    if now >= row.earlier_at:
        raise Conflict(_("较早的一班已经开始，这次换班不能再生效"), code="too_late")


def _locked(swap: Swap) -> Swap:
    return (
        Swap.objects.select_for_update(of=["self"])
        .select_related(
            *("asker__user", "other__user", "shift__employee", "shift__roster"),
            *("returned__employee", "returned__roster", "pays_back"),
        )
        .get(pk=swap.pk)
    )


def _expect(row: Swap, *states: str) -> None:
    if row.state not in states:
        raise Conflict(
            _("这份申请现在是“%(state)s”") % {"state": row.get_state_display()}, code="out_of_turn"
        )


def _end(row: Swap, state: str, reason: str, actor: Any, now: datetime) -> Swap:
    row.state, row.reason, row.decided_by, row.decided_at = state, reason, actor, now
    row.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    _tell(row, [row.asker.user_id, row.other.user_id], now)
    return row


def _take_effect(
    row: Swap, verdict: SwapVerdict, roles: Sequence[str], actor: Any, now: datetime
) -> None:
    """Each works what the other gave away, and the decision keeps what it was made of."""
    rules = edition(row.rulebook_id).rules
    facts = facts_of(row, rules, at=now, approvals=roles)
    legs = [(row.shift, row.other, _origin(row))]
    if row.returned is not None:
        legs.append(
            (row.returned, row.asker, Origin.PROMOTION if row.promotion else Origin.PAYBACK)
        )
    given = RosteredShift.objects.filter(
        pk__in=[shift.pk for shift, _who, _origin in legs], live=True
    )
    if given.update(live=False) != len(legs):
        raise Conflict(_("排班表刚改过，请重新提"), code="shift_gone")
    try:
        with transaction.atomic():
            RosteredShift.objects.bulk_create(
                taken_over(shift, who, origin) for shift, who, origin in legs
            )
    except IntegrityError as error:
        raise Conflict(_("换过去的人这段时间已有别的班"), code="shift_twice") from error
    row.state, row.decided_by, row.decided_at = State.EFFECTIVE, actor, now
    row.inputs = {
        **_warned(verdict),
        "facts": facts.to_json(),
        "steps": told(verdict.steps),
    }
    row.save(update_fields=["state", "agreed_at", "decided_by", "decided_at", "inputs"])


def _origin(row: Swap) -> str:
    if row.promotion:
        return Origin.PROMOTION
    if row.pays_back is not None:
        return Origin.PAYBACK
    return Origin.SWAPPED if row.returned is not None else Origin.COVER


def taken_over(shift: RosteredShift, who: Employee, origin: str) -> RosteredShift:
    """The same shift, worked by somebody else."""
    return RosteredShift(
        roster=shift.roster,
        employee=who,
        day=shift.day,
        name=shift.name,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        windows=shift.windows,
        origin=origin,
        replaces=shift,
        sorts=shift.sorts,
        lunch=shift.lunch,
        live=True,
    )


def _tell(row: Swap, user_ids: Sequence[int], now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.SWAP,
        at=now,
        user_ids=sorted(set(user_ids)),
        data={"state": row.state, "who": row.asker.name, "on": f"{row.shift.day:%m-%d}"},
    )


# What a manager does.


@transaction.atomic
def move_for_promotion(
    *, shift: RosteredShift, to: Employee, note: str, actor: Any, now: datetime
) -> Swap:
    """The manager gives a shift to somebody else for a promotion: no swap of either of them (OS-04.12).

    Raises NotAllowed, KefuError, Conflict as ``ask``.
    """
    shift = _locked_shift(shift)
    if not (actor.has_perm(APPROVE) and oversees(actor, shift.employee.department_id)):
        raise NotAllowed(_("要本部门的主管调班"))
    _check_fits(shift.employee, to, shift, None, None, now)
    using = edition_in_force(department_id=shift.employee.department_id, at=now)
    note = redact.redact(redact.clean(note, max_length=NOTE_LIMIT, field="note", required=True))
    row = Swap.objects.create(
        asker=shift.employee,
        other=to,
        shift=shift,
        promotion=True,
        note=note,
        asked_by=actor,
        asked_at=now,
        agreed_at=now,
        rulebook_id=using.version_id,
    )
    roles = roles_of(actor, approvers("swap", using.rules, {}))
    _take_effect(row, judge(row, at=now, approvals=roles), roles, actor, now)
    _tell(row, [row.asker.user_id, row.other.user_id], now)
    return row


@transaction.atomic
def void_late(*, now: datetime) -> int:
    """End the requests that nobody decided before the earlier shift began; return how many (SD-233.26)."""
    waiting = Swap.objects.filter(
        state__in=Swap.OPEN, shift__starts_at__lte=now
    ) | Swap.objects.filter(state__in=Swap.OPEN, returned__starts_at__lte=now)
    ended = 0
    for pk in waiting.values_list("pk", flat=True):
        row = _locked(Swap(pk=pk))
        if row.state in Swap.OPEN:
            _end(row, State.VOID, _("较早的一班开始前没有批准"), None, now)
            ended += 1
    return ended


# What swaps cost.


@transaction.atomic
def count_in_register(*, now: datetime) -> int:
    """Enter the swaps whose shift has come into the register where they count for the score; the clause says from
    which one on they cost. Return how many were entered; twice is harmless (SD-233.61).
    """
    today = now.astimezone(SHANGHAI).date()
    rows = list(
        Swap.objects.filter(
            state=State.EFFECTIVE,
            promotion=False,
            pays_back=None,
            shift__day__lte=today,
            register_done=False,
        )
        .select_related("asker", "other", "shift")
        .order_by("shift__day", "pk")
    )
    facts = [
        register.Fact(
            employee=row.asker,
            clause=clause,
            using=using,
            kind=RegisterEntry.Kind.POINTS,
            happened_on=row.shift.day,
            reason=_("换班：%(on)s 的%(shift)s由 %(who)s 上")
            % {"on": f"{row.shift.day:%m-%d}", "shift": row.shift.name, "who": row.other.name},
            source=f"swap:{row.pk}",
            inputs={"swap": row.pk, "other": row.other.number},
        )
        for row in rows
        if (clause := _counted_by((using := edition(row.rulebook_id)).rules)) is not None
    ]
    entered = register.enter_counted(facts, now=now)
    Swap.objects.filter(pk__in=[row.pk for row in rows]).update(register_done=True)
    return entered


def _counted_by(rules: Rulebook) -> str | None:
    found = (clause for clause in rules.in_force(ScoreEvent) if "swap" in clause.of)
    return next((clause.id for clause in found), None)


@transaction.atomic
def blame(
    *, swap: Swap, liable: Sequence[Employee], happened: str, actor: Any, now: datetime
) -> int:
    """The shift of a swap was late or missed because its briefing was unclear: a fine for each of the two whom the
    supervisor finds liable. ``happened``: "shift_late" or "shift_uncovered". Return how many lines were entered.

    Raises NotAllowed; KefuError where the rulebook has no such fine or somebody had no part in it. Source: OS-04.16.
    """
    row = _locked(swap)
    _check_decides(row, actor)
    _expect(row, State.EFFECTIVE)
    using = edition(row.rulebook_id)
    clause = unclear_briefing(using.rules, happened)
    if clause is None:
        raise KefuError(_("规章没有这项罚款"), code="no_such_fine")
    if not liable or {one.pk for one in liable} - {row.asker_id, row.other_id}:
        raise KefuError(_("请选这次换班的一人或两人"), code="not_of_swap", field="liable")
    today = now.astimezone(SHANGHAI).date()
    if row.shift.day > today:
        raise KefuError(_("这个班还没有到"), code="in_the_future")
    for who in liable:
        register.enter(
            employee=who,
            clause=clause,
            rulebook_id=using.version_id,
            kind="fine",
            happened_on=row.shift.day,
            reason=_("换班交待不清，%(on)s 误班") % {"on": f"{row.shift.day:%m-%d}"},
            source=f"swap_missed:{row.pk}",
            inputs={"swap": row.pk, "needs": ["shift_swapped", "briefing_unclear", happened]},
            verified=True,
            actor=actor,
            now=now,
        )
    return len(liable)


def unclear_briefing(rules: Rulebook, happened: str) -> str | None:
    """The clause that fines an unclear briefing by what it led to; None where the rulebook has none (OS-04.16)."""
    for clause in rules.in_force(Consequence):
        if "briefing_unclear" in clause.needs and happened in clause.needs_any:
            return clause.id
    return None
