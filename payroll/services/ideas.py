"""Suggestions of the staff: submitted, answered to the author, rewarded in points or cash (ES-115.01, SD-233.44 to .46)."""

from datetime import datetime
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
from kefu.policy.pay import idea_reward
from kefu.policy.refusals import BadFacts, NotInRulebook
from kefu.policy.requirements import requirements
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee
from payroll.models import Idea, RegisterEntry
from payroll.selectors.people import leads
from payroll.selectors.reach import heads_of
from payroll.selectors.register import edition_of
from payroll.services import register

ANSWER = "payroll.answer_idea"
State = Idea.State
FORM = "problem_or_idea"


@transaction.atomic
def submit(
    *, employee: Employee, title: str, content: str, shown: str, actor: Any, now: datetime
) -> Idea:
    """Somebody writes down what could be better, or a problem. Raises NotAllowed, KefuError naming the field."""
    if employee.user_id != actor.pk:
        raise NotAllowed(_("只能提自己的建议"))
    using = edition_of(employee, now.astimezone(SHANGHAI).date(), now)
    if using is None:
        raise KefuError(_("这个部门还没有适用的规章"), code="no_rulebook")
    written = _said(content, "content", 2_000, multiline=True, required=False)
    recorded = ["author", *(["content"] if written else [])]
    if not written or requirements(using.rules, FORM, recorded).lacks:
        # rule: SD-233.44
        raise KefuError(_("请写内容"), code="field_required", field="content")
    idea = Idea.objects.create(
        employee=employee,
        department=employee.department,
        title=_said(title, "title", 60),
        content=written,
        shown=shown,
        rulebook_id=using.version_id,
        submitted_at=now,
    )
    heads = [pk for pk in heads_of(employee.department_id) if pk != actor.pk]
    _tell(idea, heads, now)
    return idea


def _said(
    text: str, field: str, most: int, *, multiline: bool = False, required: bool = True
) -> str:
    cleaned = redact.clean(
        text, max_length=most, field=field, required=required, multiline=multiline
    )
    return redact.redact(cleaned)


def _lock(idea: Idea) -> Idea:
    row = (
        Idea.objects.select_for_update(of=["self"], no_key=True)
        .select_related("employee")
        .get(pk=idea.pk)
    )
    if row.state != State.SUBMITTED:
        raise Conflict(_("这条建议已经答复过了，请刷新"), code="idea_answered")
    return row


@transaction.atomic
def withdraw(*, idea: Idea, actor: Any, now: datetime) -> None:
    """The author takes it back before it is answered. Raises NotAllowed, Conflict."""
    row = _lock(idea)
    if row.employee.user_id != actor.pk:
        raise NotAllowed(_("只能撤回自己的建议"))
    row.state = State.WITHDRAWN
    row.save(update_fields=["state"])


@transaction.atomic
def reply(
    *,
    idea: Idea,
    adopted: bool,
    answer: str,
    points: Decimal | None = None,
    cash: Decimal | None = None,
    actor: Any,
    now: datetime,
) -> Idea:
    """Answer the author; adopted, with points or with cash where the rulebook has them, never both.

    Raises NotAllowed, KefuError naming the field (answer, points, cash), Conflict (idea_answered).
    """
    row = _lock(idea)
    if not actor.has_perm(ANSWER) or not leads(actor, row.employee):
        raise NotAllowed(_("由提出人部门的主管或经理答复"))
    if not adopted and (points is not None or cash is not None):
        raise KefuError(_("没有采纳就没有奖励"), code="not_adopted", field="points")
    row.answer = _said(answer, "answer", 1_000, multiline=True)
    row.state = State.ADOPTED if adopted else State.REJECTED
    row.decided_by, row.decided_at = actor, now
    if adopted and (points is not None or cash is not None):
        row.entry = _reward(row, points, cash, actor, now)
    row.save(update_fields=["answer", "state", "decided_by", "decided_at", "entry"])
    if row.employee.user_id is not None:
        _tell(row, [row.employee.user_id], now)
    return row


def _reward(
    row: Idea, points: Decimal | None, cash: Decimal | None, actor: Any, now: datetime
) -> RegisterEntry:
    today = now.astimezone(SHANGHAI).date()
    using = edition_of(row.employee, today, now) or edition(row.rulebook_id)
    try:
        clause, step = idea_reward(using.rules, points=points, cash=cash)
    except NotInRulebook as error:
        raise KefuError(
            _("这里的规章没有采纳加分或现金，可以另提议记功"), code="no_reward", field="points"
        ) from error
    except BadFacts as error:
        field, why = next(iter(error.faults.items()))
        raise KefuError(
            why.said(get_language() or "zh-hans"), code="out_of_range", field=field
        ) from error
    kind = RegisterEntry.Kind.POINTS if points is not None else RegisterEntry.Kind.AWARD
    return register.enter(
        employee=row.employee,
        clause=clause,
        rulebook_id=using.version_id,
        kind=kind,
        value=points if points is not None else cash,
        happened_on=today,
        reason=_("建议采纳：%(title)s") % {"title": row.title},
        source=f"idea:{row.pk}",
        inputs={"steps": [step.to_json()]},
        verified=True,
        actor=actor,
        now=now,
    )


def _tell(row: Idea, user_ids: list[int], now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.IDEA,
        at=now,
        user_ids=sorted(set(user_ids)),
        data={
            "state": row.state,
            "who": row.title,
            "on": f"{row.submitted_at.astimezone(SHANGHAI):%m-%d}",
            "url": reverse("payroll:ideas"),
        },
    )
