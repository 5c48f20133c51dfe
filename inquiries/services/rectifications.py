"""An outlet told to mend its lines by a day, and what became of it (CD-05.22)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.models import Finding, Rectification
from inquiries.services.findings import judged
from inquiries.services.telling import tell_outlet
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.rulebooks.selectors import Edition, edition_saying

MOST = 999_999  # yuan


@transaction.atomic
def order_rectification(
    *,
    finding: Finding,
    measure: str,
    due_on: date,
    heavier: Decimal,
    actor: Any,
    now: datetime,
) -> Rectification:
    """Tell an outlet to mend its lines by a day, and what it costs if it does not (CD-05.22): the rulebook names
    neither, whoever orders it does."""
    case = judged(finding.case, actor)
    using = edition_for_rectification(case, now=now)
    if using is None:
        raise Conflict(_("这里的规章没有限期整改"), code="no_process")
    confirmed = Penalty.objects.filter(finding=finding, state__in=["payable", "settled"])
    if not confirmed.exists():
        raise Conflict(_("罚款生效后才能责令整改"), code="not_confirmed")
    if due_on <= now.astimezone(SHANGHAI).date():
        raise KefuError(_("限期要在将来"), code="not_in_future", field="due_on")
    if not (heavier.is_finite() and 0 < heavier <= MOST):
        raise KefuError(_("请填逾期罚款的数额"), code="amount_required", field="heavier")
    if finding.amount is not None and heavier <= finding.amount:
        raise KefuError(
            _("逾期罚款要比这次的 %(amount)s 元重") % {"amount": finding.amount},
            code="not_heavier",
            field="heavier",
        )
    if Rectification.objects.filter(finding=finding).exists():
        raise Conflict(_("已经责令过整改"), code="already_ordered")
    order = Rectification.objects.create(
        finding=finding,
        measure=measure,
        due_on=due_on,
        heavier=heavier,
        ordered_by=actor,
        ordered_at=now,
    )
    cases.step(
        case=case,
        action="rectification_ordered",
        actor=actor,
        now=now,
        who=finding.party.name,
        due_on=due_on.isoformat(),
    )
    tell_outlet(case=case, now=now)
    return order


def edition_for_rectification(case: Case, *, now: datetime) -> Edition | None:
    """The edition that lets an outlet be told to mend its lines; None where none of the department's does."""
    return edition_saying(
        rules_of.processes("phone_rectification"), department_id=case.department_id, at=now
    )


@transaction.atomic
def recheck_rectification(
    *, order: Rectification, mended: bool, actor: Any, now: datetime
) -> Rectification:
    """Say whether the lines were mended by the day. If not, the heavier fine is imposed (CD-05.22)."""
    case = judged(order.finding.case, actor)
    order = Rectification.objects.select_for_update(no_key=True, of=["self"]).get(pk=order.pk)
    if order.outcome:
        raise Conflict(_("已经复查过了"), code="already_rechecked")
    late = not mended and now.astimezone(SHANGHAI).date() > order.due_on
    if not mended and not late:
        raise Conflict(_("限期还没有过"), code="not_due_yet")
    using = edition_for_rectification(case, now=order.ordered_at)
    if late and using is not None:
        clause = rules_of.process_clause(using.rules, "phone_rectification")
        order.penalty = penalties.impose(
            case=case,
            clause=clause,
            version_id=using.version_id,
            party=order.finding.party,
            kind=Penalty.Kind.FINE,
            value=order.heavier,
            inputs=rules_of.entered_inputs(clause, order.heavier),
            actor=actor,
            now=now,
        )
    order.outcome = Rectification.Outcome.OVERDUE if late else Rectification.Outcome.IN_TIME
    order.rechecked_by, order.rechecked_at = actor, now
    order.save(update_fields=["outcome", "rechecked_by", "rechecked_at", "penalty"])
    cases.step(
        case=case,
        action="rectification_rechecked",
        actor=actor,
        now=now,
        who=order.finding.party.name,
        outcome=order.outcome,
    )
    tell_outlet(case=case, now=now)
    return order
