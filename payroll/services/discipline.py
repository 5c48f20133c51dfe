"""Rewards and sanctions: proposed, heard, verified; the decision is in ``decisions`` (ES-118.01, ES-137.01, ES-138.02).

The program suggests, counts and reminds; it never decides.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.measures import counted
from kefu.policy.refusals import NotInRulebook
from kefu.policy.sanctions import Proposable, proposable
from kefu.rulebooks.selectors import Edition, edition
from kefu.staff.models import Employee, User
from payroll.models import Idea, Proposal, ProposedMeasure, RegisterEntry
from payroll.selectors.discipline import (
    PROPOSE,
    VERIFY,
    accumulation,
    to_decide,
    to_verify,
)
from payroll.selectors.people import leads
from payroll.selectors.register import edition_of
from payroll.services import register
from payroll.services.register import said

State = Proposal.State


@transaction.atomic
def propose(
    *,
    employee: Employee,
    clauses: Mapping[str, str],
    happened_on: date,
    facts: str,
    evidence: str = "",
    answer_by: datetime | None = None,
    hint: RegisterEntry | None = None,
    idea: Idea | None = None,
    actor: Any,
    now: datetime,
) -> Proposal:
    """Propose what an event deserves. ``clauses``: each with the level that is asked for, "" where it has one;
    several for rewards only (ES-137.02). ``answer_by``: until when the person may answer a sanction. ``hint``: the
    line of the register in which the facts themselves suggested it.

    Raises NotAllowed, KefuError naming the field, Conflict (other_clause, proposed_already, entry_decided).
    """
    check(PROPOSE, employee, actor)
    using = edition(hint.rulebook_id) if hint else edition_of(employee, happened_on, now)
    if using is None:
        raise KefuError(_("这个部门还没有适用的规章"), code="no_rulebook", field="employee")
    lines = [_proposable(using, clause, by_hand=hint is None) for clause in clauses]
    rewards = _side(using, lines, clauses)
    if not rewards:
        _check_sanction(using, employee, lines[0], happened_on, answer_by, now)
    _check_new(employee, clauses, happened_on)
    proposal = Proposal.objects.create(
        employee=employee,
        department=employee.department,
        rewards=rewards,
        happened_on=happened_on,
        facts=said(facts, "facts", 1_000),
        evidence=said(evidence, "evidence") if evidence.strip() else "",
        answer_by=None if rewards else answer_by,
        idea=idea,
        proposed_by=actor,
        proposed_at=now,
    )
    for line in lines:
        entry = hint or _enter(proposal, line, using, actor, now)
        asked = clauses[line.clause] or line.levels[0]
        ProposedMeasure.objects.create(proposal=proposal, entry=entry, asked=asked)
    if not rewards:
        tell(proposal, "to_answer", [employee.user_id], now)
    tell(proposal, "to_decide" if rewards else "to_verify", _movers(proposal), now)
    return proposal


def check(right: str, employee: Employee, actor: Any) -> None:
    """Raises NotAllowed without the right or for other departments' people, KefuError for oneself."""
    if not actor.has_perm(right):
        raise NotAllowed(_("你的岗位不能办这一步"))
    if employee.user_id == actor.pk:
        raise KefuError(_("不能办自己的奖惩"), code="own_entry", field="employee")
    if not leads(actor, employee):
        raise NotAllowed(_("只能办自己部门的人"), field="employee")


def _proposable(using: Edition, clause: str, *, by_hand: bool) -> Proposable:
    line = proposable(using.rules).get(clause)
    if line is None:
        raise KefuError(
            _("%(code)s 里没有可以提议的条款 %(clause)s")
            % {"code": using.rules.code, "clause": clause},
            code="no_such_line",
            field="clauses",
        )
    if by_hand and not line.by_hand:
        raise KefuError(
            _("%(clause)s 由系统按事实提示，从提示里提议") % {"clause": clause},
            code="not_by_hand",
            field="clauses",
        )
    return line


def _side(using: Edition, lines: Sequence[Proposable], clauses: Mapping[str, str]) -> bool:
    """Whether they are rewards. Raises KefuError (clause_wanted, both_sides, one_only, other_level)."""
    if not lines:
        raise KefuError(_("请选一条条款"), code="clause_wanted", field="clauses")
    rewards = lines[0].rewards
    if any(line.rewards != rewards for line in lines):
        raise KefuError(_("奖励和处分要分开提议"), code="both_sides", field="clauses")
    for line in lines:
        if clauses[line.clause] and clauses[line.clause] not in line.levels:
            raise KefuError(_("这一条没有这一级"), code="other_level", field="level")
    if len(lines) > 1 and not (rewards and _combinable(using, lines)):
        # rule: ES-137.02
        raise KefuError(_("一件事只能按一条提议"), code="one_only", field="clauses")
    return rewards


def _combinable(using: Edition, lines: Sequence[Proposable]) -> bool:
    numbers: dict[str, Decimal] = {}
    for line in lines:
        numbers[line.levels[0]] = numbers.get(line.levels[0], Decimal(0)) + 1
    try:
        return counted(using.rules, "rewards", numbers).kept
    except NotInRulebook:
        return False


def _check_sanction(
    using: Edition,
    employee: Employee,
    line: Proposable,
    happened_on: date,
    answer_by: datetime | None,
    now: datetime,
) -> None:
    found = accumulation(using.rules, employee, line.clause, happened_on)
    if found.instead:
        other = using.rules[found.instead]
        # rule: SD-233.48
        raise Conflict(
            _("已是第 %(n)s 次，按 %(clause)s %(title)s 处理，在奖惩登记里登记")
            % {
                "n": found.nth,
                "clause": other.id,
                "title": other.label(get_language() or "zh-hans"),
            },
            code="other_clause",
            field="clauses",
        )
    if answer_by is None or answer_by <= now:
        raise KefuError(
            _("写明本人陈述到什么时候，要晚于现在"), code="answer_by", field="answer_by"
        )


def _check_new(employee: Employee, clauses: Mapping[str, str], happened_on: date) -> None:
    there = ProposedMeasure.objects.filter(
        entry__employee=employee,
        entry__clause__in=clauses,
        entry__happened_on=happened_on,
        proposal__state__in=[State.PROPOSED, State.VERIFIED],
    )
    if there.exists():
        raise Conflict(
            _("这一天的事已按这一条提议过，正在办"), code="proposed_already", field="clauses"
        )


def _enter(
    proposal: Proposal, line: Proposable, using: Edition, actor: Any, now: datetime
) -> RegisterEntry:
    return register.enter(
        employee=proposal.employee,
        clause=line.clause,
        rulebook_id=using.version_id,
        kind=RegisterEntry.Kind.REMARK,
        happened_on=proposal.happened_on,
        reason=proposal.facts[:500],
        source=f"proposal:{proposal.pk}",
        actor=actor,
        now=now,
    )


@transaction.atomic
def dismiss_hint(*, entry: RegisterEntry, reason: str, actor: Any, now: datetime) -> None:
    """What the facts suggested is not proposed, and why. Raises NotAllowed, KefuError, Conflict."""
    entry = register.lock(entry)
    check(VERIFY, entry.employee, actor)
    if ProposedMeasure.objects.filter(entry=entry).exists() or entry.decisions.exists():
        raise Conflict(_("这条提示已经有人办了，请刷新"), code="entry_decided")
    register.drop(entry=entry, reason=said(reason), actor=actor, now=now)


# The hearing.


def lock(proposal: Proposal, *states: str) -> Proposal:
    """The proposal, locked with its person. Raises Conflict where it is in none of ``states``."""
    row = (
        Proposal.objects.select_for_update(of=["self"], no_key=True)
        .select_related("employee__department")
        .get(pk=proposal.pk)
    )
    if row.state not in states:
        raise Conflict(
            _("这份提议现在是“%(state)s”，请刷新") % {"state": row.get_state_display()},
            code="out_of_turn",
        )
    return row


@transaction.atomic
def answer(*, proposal: Proposal, text: str, actor: Any, now: datetime) -> None:
    """The person says what he has to say, once, before somebody verifies. Raises NotAllowed, Conflict."""
    row = lock(proposal, State.PROPOSED)
    if row.employee.user_id != actor.pk or row.rewards:
        raise NotAllowed(_("由本人陈述"))
    if row.stated_at is not None:
        raise Conflict(_("已经陈述过了"), code="stated")
    row.statement, row.stated_at = said(text, "text", 1_000), now
    row.save(update_fields=["statement", "stated_at"])
    tell(row, "to_verify", _movers(row), now)


@transaction.atomic
def verify(
    *,
    proposal: Proposal,
    finding: str,
    established: Sequence[str] = (),
    actor: Any,
    now: datetime,
) -> None:
    """Somebody other than who proposed it has looked at the facts, and heard the person or given him the time.

    ``established``: of what the clause needs. Raises NotAllowed, KefuError, Conflict (hearing_open, second_person).
    """
    row = lock(proposal, State.PROPOSED)
    check(VERIFY, row.employee, actor)
    if row.rewards:
        raise Conflict(_("奖励直接决定，不用核实"), code="out_of_turn")
    check_second(row, actor)
    if row.stated_at is None and row.answer_by is not None and now < row.answer_by:
        raise Conflict(
            _("本人还没有陈述，陈述期限到 %(until)s")
            % {"until": f"{row.answer_by.astimezone(SHANGHAI):%m-%d %H:%M}"},
            code="hearing_open",
        )
    line = line_of(row.measures.select_related("entry").get())
    lacking = [need for need in line.needs if need not in established]
    if lacking or (line.needs_any and not set(line.needs_any) & set(established)):
        raise KefuError(
            _("%(clause)s 要查明的还没有勾") % {"clause": line.clause},
            code="not_established",
            field="established",
        )
    row.finding, row.verified_by, row.verified_at = said(finding, "finding", 1_000), actor, now
    row.state = State.VERIFIED
    row.save(update_fields=["finding", "verified_by", "verified_at", "state"])
    tell(row, "to_decide", _movers(row), now)


def check_second(row: Proposal, actor: Any) -> None:
    """Raises Conflict for whoever proposed it himself."""
    if row.proposed_by_id == actor.pk:
        raise Conflict(_("自己提议的要由另一个人核实和决定"), code="second_person")


def line_of(measure: ProposedMeasure) -> Proposable:
    """What its clause allows, by the edition it was proposed under."""
    entry = measure.entry
    return proposable(edition(entry.rulebook_id).rules)[entry.clause]


# Who is told.


def _movers(row: Proposal) -> list[int]:
    """Those who can take the next step."""
    waiting = to_verify if row.state == State.PROPOSED and not row.rewards else to_decide
    people = User.objects.filter(is_active=True, role__in=[User.Role.SUPERVISOR, User.Role.MANAGER])
    return [user.pk for user in people if waiting(user).filter(pk=row.pk).exists()]


def tell(row: Proposal, state: str, user_ids: Sequence[int | None], now: datetime) -> None:
    """Ring for these users, None among them passed over; ``state``: what the bell says is to be done."""
    # The bell names nobody: it is read over the shoulder.
    notifications.ring(
        kind=Event.Kind.MEASURE,
        at=now,
        user_ids=sorted({pk for pk in user_ids if pk is not None}),
        data={
            "state": state,
            "who": "",
            "on": f"{row.happened_on:%m-%d}",
            "url": reverse("payroll:proposal", args=[row.pk]),
        },
    )
