"""The contact book: opening hours, and numbers that were found wrong."""

from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.knowledge.models import NumberReport, OpeningHours
from kefu.network import services as network
from kefu.network.models import ContactNumber, Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.privacy import redact
from kefu.staff.models import User

# Who may change a number, and so hears that one is wrong.
TOLD = (User.Role.SUPERVISOR, User.Role.MANAGER)


@transaction.atomic
def set_hours(
    *,
    party: Party,
    opens: time,
    closes: time,
    weekend_opens: time | None = None,
    weekend_closes: time | None = None,
    note: str = "",
    actor: Any,
    now: datetime,
) -> OpeningHours:
    """An outlet is open so from now on; what held before ends and stays as history. The same again changes nothing."""
    if not actor.has_perm(network.PERMISSION):
        raise NotAllowed(_("只有主管可以修改网点资料"))
    if closes <= opens:
        raise KefuError(_("关门时间要晚于开门时间"), code="closes_early", field="closes")
    if (weekend_opens is None) != (weekend_closes is None) or (
        weekend_opens is not None and weekend_closes is not None and weekend_closes <= weekend_opens
    ):
        raise KefuError(
            _("周末的开门和关门要一起填，关门晚于开门"),
            code="weekend_half",
            field="weekend_closes",
        )
    given = {
        "opens": opens,
        "closes": closes,
        "weekend_opens": weekend_opens,
        "weekend_closes": weekend_closes,
        "note": redact.clean(note, max_length=100, field="note", multiline=False),
    }
    Party.objects.select_for_update().get(pk=party.pk)
    current = OpeningHours.objects.filter(party=party, valid_to=None).first()
    if current is not None:
        if all(getattr(current, name) == value for name, value in given.items()):
            return current
        current.valid_to = max(now, current.valid_from)
        current.save(update_fields=["valid_to"])
    return OpeningHours.objects.create(party=party, valid_from=now, recorded_by=actor, **given)


@transaction.atomic
def report_wrong(*, number: ContactNumber, actor: Any, now: datetime) -> NumberReport:
    """An agent found a number wrong; the supervisors' bells ring and it stands in their list until settled.

    A second report of the same number is the first. Raises Conflict for a number that is out of use.
    """
    if not actor.has_perm("cases.work_case"):
        raise NotAllowed(_("你的岗位不能报告号码"))
    number = (
        ContactNumber.objects.select_for_update(of=("self",))
        .select_related("party")
        .get(pk=number.pk)
    )
    if number.valid_to is not None:
        raise Conflict(_("这个号码已经停用"), code="number_ended")
    known = NumberReport.objects.filter(number=number, settled_at=None).first()
    if known is not None:
        return known
    report = NumberReport.objects.create(number=number, reported_by=actor, reported_at=now)
    notifications.ring(
        kind=Event.Kind.NUMBER_WRONG,
        at=now,
        user_ids=list(
            User.objects.filter(role__in=TOLD, is_active=True).values_list("pk", flat=True)
        ),
        data={"outlet": number.party.name, "kind": number.kind},
    )
    return report


def show_number(
    *,
    number: ContactNumber,
    case: Case,
    actor: Any,
    address: str = "",
    request_id: str = "",
    now: datetime,
) -> str:
    """Return a number of an outlet in the clear, to call it about a case in hand.

    The look is recorded before the number is read, so this must not run inside a transaction. Raises NotAllowed.
    """
    if not actor.has_perm("cases.reveal_personal_data"):
        raise NotAllowed(_("你的角色不能查看网点的电话"))
    if case.state == Case.State.CLOSED:
        raise Conflict(_("工单已结案，请先重新打开"), code="case_closed", field="case")
    audit.record_reveal(
        table=ContactNumber._meta.db_table,
        object_id=number.pk,
        fields=["number", case.number],
        reason=_("通讯录：就这张工单联系网点"),
        actor=actor,
        at=now,
        address=address,
        request_id=request_id,
    )
    return str(number.sealed["number"])


@transaction.atomic
def settle(*, report: NumberReport, outcome: str, actor: Any, now: datetime) -> NumberReport:
    """A supervisor looked into it: the number ends, or it was right. Raises NotAllowed, Conflict."""
    if not actor.has_perm(network.PERMISSION):
        raise NotAllowed(_("只有主管可以修改网点资料"))
    if outcome not in NumberReport.Outcome.values:
        raise KefuError(_("请选结果"), code="outcome_required", field="outcome")
    report = (
        NumberReport.objects.select_for_update(of=("self",))
        .select_related("number")
        .get(pk=report.pk)
    )
    if report.settled_at is not None:
        raise Conflict(_("这份报告已经处理"), code="settled")
    if outcome == NumberReport.Outcome.ENDED and report.number.valid_to is None:
        network.end_number(number=report.number, actor=actor, now=now)
    report.outcome, report.settled_by, report.settled_at = outcome, actor, now
    report.save(update_fields=["outcome", "settled_by", "settled_at"])
    audit.record(
        action="number_report.settled",
        actor=actor,
        at=now,
        table=NumberReport._meta.db_table,
        object_id=report.pk,
        after={"outcome": outcome},
    )
    return report
