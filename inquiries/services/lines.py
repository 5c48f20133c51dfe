"""Whether outlets can be reached: calls to their numbers, and changes of numbers with the day they take effect."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.models import Inquiry, LineCheck
from inquiries.services.intake import open_inquiry
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network import services as network
from kefu.network.models import ContactNumber, Party
from kefu.policy.moments import end_of, wall
from kefu.policy.processes import Lodged, Standing, judge_request
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition_saying
from kefu.staff.models import Department

NUMBER_LIMIT, HOLDER_LIMIT = 40, 40  # characters
# What the clauses call whoever could not be reached, by the number that was called.
UNREACHABLE = {
    ContactNumber.Kind.HEAD: "head_unreachable",
    ContactNumber.Kind.SERVICE_MANAGER: "service_manager_unreachable",
}


@transaction.atomic
def log_check(
    *,
    number: ContactNumber,
    outcome: str,
    note: str = "",
    case: Case | None = None,
    actor: Any,
    now: datetime,
) -> LineCheck:
    """Record a call to a number of an outlet, whether it was answered or not (CD-05.21, CD-05.23)."""
    _need_right(actor)
    if outcome not in LineCheck.Outcome.values:
        raise KefuError(_("请选结果"), code="outcome_required", field="outcome")
    return LineCheck.objects.create(
        number=number,
        case=case,
        outcome=outcome,
        note=redact.redact(redact.clean(note, max_length=300, field="note", multiline=False)),
        called_by=actor,
        called_at=now,
    )


@transaction.atomic
def open_line_case(
    *, number: ContactNumber, department: Department, actor: Any, now: datetime
) -> Case:
    """Open a case about a number that does not answer, so that what is found against the outlet stands somewhere;
    the calls in vain since the last such case belong to it. Raises Conflict where there were none.
    """
    _need_right(actor)
    number = ContactNumber.objects.select_for_update(no_key=True).get(pk=number.pk)
    before = Interaction.objects.filter(
        case__outlet=number.party_id,
        case__kind=Case.Kind.NETWORK_QUERY,
        action="line_checked",
        data__number=number.pk,
    ).order_by("-pk")
    known = next((line.data["checks"] for line in before[:1]), ())
    failed = LineCheck.objects.filter(
        number=number, case=None, pk__gt=max(known, default=0)
    ).exclude(outcome=LineCheck.Outcome.ANSWERED)
    checks = list(failed.order_by("called_at", "pk"))
    if not checks:
        raise Conflict(_("这个号码没有打不通的记录"), code="no_failed_call")
    text = _("%(outlet)s 的%(kind)s打不通，拨打 %(n)d 次") % {
        "outlet": number.party,
        "kind": number.get_kind_display(),
        "n": len(checks),
    }
    case = open_inquiry(
        kind=Inquiry.Kind.NETWORK_QUERY,
        case_kind=Case.Kind.NETWORK_QUERY,
        asker=Inquiry.Asker.OTHER,
        channel=Interaction.Channel.PHONE,
        text=text,
        department=department,
        owner=None,
        actor=actor,
        now=now,
    )
    cases.change(case=case, outlet=number.party)
    cases.step(
        case=case,
        action="line_checked",
        actor=actor,
        now=now,
        checks=[check.pk for check in checks],
        number=number.pk,
    )
    return case


@transaction.atomic
def report_number(
    *,
    party: Party,
    kind: str,
    number: str,
    holder: str = "",
    effective_on: date,
    actor: Any,
    now: datetime,
) -> ContactNumber:
    """An outlet reports another number, with the day it takes effect (CD-05.24); the history stays. ``actor`` None:
    through its own door.

    The day may be over: then it is among the late ones. Raises KefuError naming the field.
    """
    if actor is not None:
        _need_right(actor)
    if kind not in ContactNumber.Kind.values:
        raise KefuError(_("请选用途"), code="kind_required", field="kind")
    today = now.astimezone(SHANGHAI).date()
    if not today - timedelta(days=366) <= effective_on <= today + timedelta(days=366):
        raise KefuError(_("启用日期不对"), code="out_of_range", field="effective_on")
    holder = redact.clean(holder, max_length=HOLDER_LIMIT, field="holder", multiline=False)
    at = now if effective_on == today else wall(effective_on, datetime.min.time())
    return network.change_number(
        party=party,
        kind=ContactNumber.Kind(kind),
        number=number,
        holder=holder,
        effective_at=at,
        actor=actor,
        now=now,
    )


def _need_right(actor: Any) -> None:
    if not actor.has_perm("cases.work_case"):
        raise NotAllowed(_("你的角色不能办网点号码的事"))


@dataclass(frozen=True, slots=True)
class Reported:
    """A number, and whether it was reported in time; None where no rulebook says when that is."""

    number: ContactNumber
    in_time: bool | None


def reported(numbers: Iterable[ContactNumber], *, now: datetime) -> list[Reported]:
    """Judge each by the day it takes effect (CD-05.24)."""
    using = _asking(now)
    return [
        Reported(one, None if using is None else _judge(one, using).effective) for one in numbers
    ]


def _asking(now: datetime) -> Edition | None:
    return edition_saying(rules_of.asks_for("contact_change"), department_id=None, at=now)


def _effective_on(number: ContactNumber) -> date:
    return number.valid_from.astimezone(SHANGHAI).date()


def _judge(number: ContactNumber, using: Edition) -> Standing:
    until = end_of(_effective_on(number))
    lodged = Lodged(filed_at=number.recorded_at, before={"effective_date": until})
    return judge_request(using.rules, "contact_change", lodged)


@dataclass(frozen=True, slots=True)
class LateChange:
    """A number that was reported after it took effect. ``clause``: the one that says so."""

    number: ContactNumber
    days: int
    clause: str


def late_changes(*, now: datetime, since: datetime) -> list[LateChange]:
    """Numbers reported later than the rulebook wants, the latest first (CD-05.24)."""
    using = _asking(now)
    if using is None:
        return []
    before = ContactNumber.objects.filter(
        party=OuterRef("party"), kind=OuterRef("kind"), valid_from__lt=OuterRef("valid_from")
    )
    rows = (
        ContactNumber.objects.filter(
            recorded_at__gte=since, party__kind__in=["outlet", "contractor"]
        )
        # A change: there was another number before it.
        .filter(Exists(before))
        .select_related("party")
        .order_by("-recorded_at")[:200]
    )
    late = []
    for row in rows:
        standing = _judge(row, using)
        if standing.effective:
            continue
        days = (row.recorded_at.astimezone(SHANGHAI).date() - _effective_on(row)).days
        late.append(LateChange(row, days, standing.missing[0][0]))
    return late
