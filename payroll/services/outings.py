"""Leaving the office, or one's post, for a while: told or asked before one goes (CD-02.10, ES-133.07, SD-312.03, OS-04.07)."""

from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.clauses import Request
from kefu.policy.moments import DAY
from kefu.policy.rulebook import Rulebook
from kefu.policy.shift_requests import AwayFacts, judge_away
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from payroll.models import Outing
from payroll.refusing import in_words, refusals, told
from payroll.selectors.leaves import days_in
from payroll.selectors.reach import heads_of, oversees
from payroll.services import months
from payroll.services.swaps import APPROVE

State = Outing.State


@transaction.atomic
def ask(
    *,
    employee: Employee,
    purpose: str,
    starts_at: datetime,
    ends_at: datetime,
    emergency: bool = False,
    actor: Any,
    now: datetime,
) -> Outing:
    """Say before one goes where to and until when; it is approved at once where the rulebook only wants it told.

    ``emergency``: explained afterwards, where the rulebook lets that pass. Raises KefuError for one that comes too
    late, Conflict where he is out already or in a locked month.
    """
    if employee.user_id != actor.pk:
        raise NotAllowed(_("只能为自己申请外出"))
    if ends_at <= starts_at:
        raise KefuError(_("返回时间要晚于离开时间"), code="stretch", field="ends_at")
    for day in days_in(starts_at, ends_at):
        months.check_open(day, field="starts_at")
    using = edition_in_force(department_id=employee.department_id, at=now)
    facts = AwayFacts(request_of(using.rules), now, starts_at, explained=emergency)
    with refusals(using.rules):
        asked, late, steps = judge_away(facts, using.rules)
    if late:
        raise KefuError(
            in_words(steps) or _("要在离开之前提出"), code="too_late", field="starts_at"
        )
    purpose = redact.redact(redact.clean(purpose, max_length=300, field="purpose", required=True))
    try:
        with transaction.atomic():
            outing = Outing.objects.create(
                employee=employee,
                purpose=purpose,
                starts_at=starts_at,
                ends_at=ends_at,
                emergency=emergency,
                asked_by=actor,
                asked_at=now,
                state=State.ASKED if asked else State.APPROVED,
                rulebook_id=using.version_id,
                inputs={"request": facts.request, "steps": told(steps)},
            )
    except IntegrityError as error:
        raise Conflict(_("这段时间已登记外出"), code="outing_twice", field="starts_at") from error
    _tell(outing, heads_of(employee.department_id), now)
    return outing


def request_of(rules: Rulebook) -> str:
    """What the rulebook calls it: going out, leaving one's post, or going offline (SD-233.33)."""
    known = {name for clause in rules.in_force(Request) for name in clause.requests}
    names = ("outing", "leaving_post", "going_offline")
    return next((name for name in names if name in known), "outing")


def permitted(employee: Employee, on: date) -> list[Outing]:
    """The times of a day at which somebody was allowed to be away or offline, which are no breach (SD-233.30)."""
    begins = datetime.combine(on, time.min, SHANGHAI)
    rows = Outing.objects.filter(
        employee=employee, state=State.APPROVED, starts_at__lt=begins + DAY, ends_at__gt=begins
    )
    return list(rows.order_by("starts_at"))


@transaction.atomic
def decide(*, outing: Outing, approved: bool, actor: Any, now: datetime) -> Outing:
    """The supervisor says yes or no. Raises NotAllowed, Conflict."""
    row = Outing.objects.select_for_update(of=["self"]).select_related("employee").get(pk=outing.pk)
    if not (actor.has_perm(APPROVE) and oversees(actor, row.employee.department_id)):
        raise NotAllowed(_("要本部门的主管批准"))
    if row.employee.user_id == actor.pk:
        raise KefuError(_("不能审批自己的申请"), code="own_request")
    if row.state != State.ASKED:
        raise Conflict(_("这份申请已经办过"), code="decided_already")
    row.state = State.APPROVED if approved else State.REFUSED
    row.decided_by, row.decided_at = actor, now
    row.save(update_fields=["state", "decided_by", "decided_at"])
    _tell(row, [row.employee.user_id], now)
    return row


def _tell(row: Outing, user_ids: list[int], now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.OUTING,
        at=now,
        user_ids=sorted(set(user_ids)),
        data={"state": row.state, "who": row.employee.name, "on": f"{row.starts_at:%m-%d}"},
    )
