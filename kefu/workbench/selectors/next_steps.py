"""What may be done to a case next: its kind's own steps among those of every case."""

from typing import Any

from django.utils.translation import gettext as _

from kefu.cases.models import Case
from kefu.deadlines.models import Deadline, LateEntry
from kefu.desk.selectors import flags
from kefu.penalties.models import Penalty, Waiver
from kefu.workbench.kinds import Facts, NextStep, added_steps, kind_of, next_step


def next_steps(facts: Facts) -> list[NextStep]:
    """The legal next steps only, the likeliest first. What is written below the timeline has forms of its own."""
    case, kind = facts.case, kind_of(facts.case)
    own = [*kind.next_steps(facts), *added_steps(facts)]
    if case.state == Case.State.CLOSED:
        reopen = [next_step(case, "reopen", _("重新打开"))] if "reopen" in kind.steps else []
        return [*reopen, *own, *_against_a_breach(facts)]
    steps = []
    if "close" in kind.steps and not facts.held_up and kind.closable(facts):
        steps.append(next_step(case, "close", _("结案")))
    if facts.consulted:
        steps.append(next_step(case, "department-reply", _("记部门答复")))
    if case.owner_id is None and facts.desk.employee_id:
        steps.append(next_step(case, "take", _("领走"), "g"))
    steps += [step for step in own if not step.rare]
    if case.escalated_at is None:
        steps.append(next_step(case, "escalate", _("升级")))
    elif facts.desk.user.has_perm("cases.reassign_case"):
        steps.append(next_step(case, "settle-escalation", _("处理升级")))
    steps.append(next_step(case, "transfer", _("转交"), "t"))
    steps.append(next_step(case, "log", _("记其他往来"), rare=True))
    # What waits for help may turn out to be grave.
    if case.escalated_at is not None and flags(case, facts.now):
        steps.append(next_step(case, "escalate", _("升级"), rare=True))
    steps += [step for step in own if step.rare]
    return steps + _against_a_breach(facts)


def _against_a_breach(facts: Facts) -> list[NextStep]:
    """What one may say against a breach and against what it costs; most cases have none."""
    if not any(deadline.state == Deadline.State.BREACHED for deadline in facts.deadlines):
        return []
    case, steps = facts.case, []
    if claimable(case).exists():
        steps.append(next_step(case, "late-entry", _("补记申请"), rare=True))
    if objectionable(case, facts.desk.user).exists():
        steps.append(next_step(case, "objection", _("提异议"), rare=True))
    return steps


def claimable(case: Case) -> Any:
    """Broken promises whose answer is on record, late: it may have been given in time all the same."""
    waiting = LateEntry.objects.filter(approved=None).values("deadline")
    broken = Deadline.objects.filter(case=case, state=Deadline.State.BREACHED)
    return broken.exclude(answered_by=None).exclude(pk__in=waiting).order_by("due_at")


def objectionable(case: Case, user: Any) -> Any:
    """What ``user`` himself is to bear on this case and has not objected to yet."""
    over = [Penalty.State.REVERSED, Penalty.State.LAPSED]
    waiting = Waiver.objects.filter(approved=None).values("penalty")
    own = Penalty.objects.filter(case=case, party=user.party_id).exclude(party=None)
    return own.exclude(state__in=over).exclude(pk__in=waiting).order_by("pk")
