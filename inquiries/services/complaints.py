"""Register a complaint, and link it to what it grew from, which makes fines payable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inquiries import complaint_rules as rules_of
from inquiries.models import Complaint, Inquiry
from inquiries.services.complaint_classes import grade_by_rules, unsolved_before
from inquiries.services.incident_opening import watch
from inquiries.services.intake import open_inquiry
from inquiries.services.telling import tell_outlet
from kefu.cases import services as cases
from kefu.cases.models import Case, CaseLink, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.deadlines.services.promises import owner_party
from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.parcels.models import Waybill
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.policy.processes import routed
from kefu.policy.requirements import offered
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition_saying, editions_here, saying
from kefu.staff.models import Department

# What many complain of at once, whoever it is about.
TOPICS = (
    ("system", gettext_lazy("系统故障")),
    ("weather", gettext_lazy("天气")),
    ("holiday", gettext_lazy("节假日积压")),
)
DEMAND_LIMIT = 2_000  # characters
MOST = Decimal(9_999_999)
# What the rulebooks call our channels.
CHANNELS: dict[str, str] = {
    Interaction.Channel.PHONE: "phone",
    Interaction.Channel.CHAT: "online",
    Interaction.Channel.OA: "online",
    Interaction.Channel.COUNTER: "outlet",
    Interaction.Channel.OUTLET: "outlet",
}


def issues(against: Party | None, waybill: Waybill | None) -> list[tuple[str, str]]:
    """What a complaint may be about besides itself, the likeliest first: (key, words). Complaints of one issue
    within the hour make an incident."""
    found = []
    if against is not None:
        sort = "outlet" if against.kind == Party.Kind.CONTRACTOR else against.kind
        found.append((f"{sort}:{against.outlet_id or against.pk}", str(against)))
    if waybill is not None:
        route = f"{waybill.route_from} → {waybill.route_to}"
        found.append((f"route:{waybill.origin_id}-{waybill.destination_id}", route))
    if not found:
        found.append(("", _("只是这位客户的事")))
    return [*found, *((f"topic:{topic}", str(words)) for topic, words in TOPICS)]


def chosen_issue(key: str, offered: Sequence[tuple[str, str]]) -> str:
    """Return the issue that was picked; the likeliest where none was. A topic is never taken unasked: its
    complaints may open an incident."""
    keys = [one for one, _words in offered]
    return key if key in keys else keys[0]


@dataclass(frozen=True, slots=True)
class Details:
    """What a complaint's form asks besides the call itself; the rulebook says what of it has to be there.

    ``promised_for``: when the customer was told it would be settled; ``promised_on``: the day the parcel was promised
    for. ``complainant``: the outlet or contract area that complains, where no customer does.
    """

    category: str = ""
    demand: str = ""
    issue: str = ""
    department: Department | None = None
    contents: str = ""
    item_value: Decimal | None = None
    promised_on: date | None = None
    promised_for: datetime | None = None
    agitated: bool = False
    calmed: bool = False
    complainant: Party | None = None
    level: str = Complaint.Level.CENTRE
    abusive: bool = False
    persuasion_failed: bool = False


@transaction.atomic
def file_complaint(
    *,
    cause: Complaint.Cause,
    against: Party | None,
    text: str,
    channel: Interaction.Channel,
    asker: Inquiry.Asker,
    origin: Case | None = None,
    waybill: Waybill | None = None,
    waybill_number: str = "",
    summary: str = "",
    priority: int = Case.Priority.NORMAL,
    customer_name: str = "",
    customer_phone: str = "",
    received_at: datetime | None = None,
    details: Details | None = None,
    issue: str = "",
    typed_in: bool = False,
    department: Any,
    owner: Any = None,
    actor: Any,
    now: datetime,
) -> Case:
    """Register a complaint (CD-01.09, LC-01.03, ES-303.01 … ES-303.03); grown from another case, it is linked to it by
    its cause and is about the same parcel and customer, unless they are given.

    Where a rulebook here has classes, it is classed, its clocks run from the receipt, and a grave one goes to a
    specialist. Raises KefuError naming the field that is missing or wrong.
    """
    details = details or Details()
    here = list(editions_here(department_id=department.pk, at=now))
    known = origin.sealed if origin is not None else {}
    if origin is not None and waybill is None and not waybill_number:
        waybill, waybill_number = origin.waybill, origin.waybill_number
    customer_name = customer_name or known.get("customer_name", "")
    customer_phone = customer_phone or known.get("customer_phone", "")
    demand = redact.clean(details.demand, max_length=DEMAND_LIMIT, field="demand")
    _check_dates(details, waybill, now)
    _through_own_outlet(details, department=department, now=now)
    _check_form(
        details,
        here,
        channel=channel,
        given={
            "customer_name": customer_name,
            "customer": customer_name,
            "contact": customer_phone,
            "phone": customer_phone,
            "phone_checked": customer_phone,  # a number that is none is refused at its field
            "waybill_number": waybill or waybill_number,
            "waybill_checked": waybill,
            "problem": text,
            "description": text,
            "demand": demand,
            "outlet_or_department": against or details.department,
            "issue_type": details.category,
            "complaint_category": details.category,
            "complaint_channel": channel,
            "received_at": now,
            "handled_by": owner or actor,
            "customer_calmed": details.calmed,
        },
    )
    case = open_inquiry(
        kind=Inquiry.Kind.COMPLAINT,
        case_kind=Case.Kind.COMPLAINT,
        channel=channel,
        asker=asker,
        text=text,
        department=department,
        owner=owner,
        waybill=waybill,
        waybill_number=waybill_number,
        summary=summary,
        priority=priority,
        customer_name=customer_name,
        customer_phone=customer_phone,
        received_at=received_at,
        typed_in=typed_in,
        actor=actor,
        now=now,
    )
    classes = saying(rules_of.asks_class, here)
    issue = issue or chosen_issue(details.issue, issues(against, case.waybill))
    earlier = unsolved_before(case, issue=issue, phone=customer_phone, name=customer_name)
    complaint = Complaint.objects.create(
        case=case,
        cause=cause,
        against=against,
        category=details.category,
        issue=issue,
        received_at=received_at or now,
        rulebook_id=classes.version_id if classes else None,
        sealed={"demand": demand},
        demand=cases.shown(case=case, text=demand, field="demand", limit=DEMAND_LIMIT),
        department=details.department,
        complainant=details.complainant,
        level=details.level,
        agitated=details.agitated,
        abusive=details.abusive,
        persuasion_failed=details.persuasion_failed,
        promised_on=details.promised_on,
        contents=details.contents,
        item_value=details.item_value,
        earlier=earlier[0] if earlier else None,
    )
    if against is not None and against.kind != Party.Kind.EMPLOYEE:
        cases.change(case=case, outlet=against)
    _promise(case, here, details.promised_for, received_at or now, actor=actor, now=now)
    if classes is not None and details.category:
        same_issue = 1 + len(earlier)
        grade_by_rules(
            complaint=complaint, using=classes, same_issue=same_issue, actor=actor, now=now
        )
    if origin is not None:
        link_complaint(complaint=case, origin=origin, cause=cause, actor=actor, now=now)
    if earlier and (origin is None or earlier[0].pk != origin.pk):
        link_complaint(complaint=case, origin=earlier[0], cause=cause, actor=actor, now=now)
    watch(complaint=complaint, here=here, actor=actor, now=now)
    tell_outlet(case=case, now=now)
    return case


def wanted_fields(*, department: Department, agitated: bool, now: datetime) -> frozenset[str]:
    """The fields of the form that a complaint of this department has to fill in, as the form calls them."""
    here = list(editions_here(department_id=department.pk, at=now))
    using = saying(rules_of.has_registration, here)
    found = set()
    if using is not None:
        wanted = rules_of.wanted(using.rules, agitated=agitated)
        found = {rules_of.FIELDS.get(name, name) for _clause, name in wanted}
    if saying(rules_of.promises_time, here) is not None:
        found.add("promised_for")
    return frozenset(found)


def _check_dates(details: Details, waybill: Waybill | None, now: datetime) -> None:
    """Dates before the dispatch or after today, and values that cannot be, are typing mistakes."""
    sent_on = waybill.accepted_at.astimezone(SHANGHAI).date() if waybill else date.min
    if details.promised_on is not None and details.promised_on < sent_on:
        raise KefuError(_("承诺送达日不能早于收件日"), code="before_dispatch", field="promised_on")
    if details.promised_for is not None and details.promised_for <= now:
        raise KefuError(_("承诺的时间要在将来"), code="not_in_future", field="promised_for")
    value = details.item_value
    if value is not None and not (value.is_finite() and 0 <= value <= MOST):
        raise KefuError(_("物品价值不对"), code="out_of_range", field="item_value")


def _through_own_outlet(details: Details, *, department: Any, now: datetime) -> None:
    """A contract area complains through its own outlet; past it only where that was tried in vain (CD-05.04)."""
    who = details.complainant
    if who is None or who.kind != Party.Kind.CONTRACTOR or details.persuasion_failed:
        return
    says = rules_of.routes("contractor_complaint")
    using = edition_saying(says, department_id=department.pk, at=now, outlet_id=who.outlet_id)
    if using is None:
        return
    targets, _steps = routed(using.rules, "contractor_complaint")
    if any("parent_outlet" in target.to for target in targets):
        raise KefuError(
            _(
                "承包区的投诉由所属网点 %(outlet)s 提出，请让它先找网点；劝说无效仍要登记的，勾选“劝说无效”"
            )
            % {"outlet": who.parent},
            code="through_own_outlet",
            field="complainant",
        )


def _check_form(
    details: Details, here: Sequence[Edition], *, channel: str, given: Mapping[str, Any]
) -> None:
    """What the rulebook that speaks of the form wants is there; an outlet's own complaint has no customer."""
    using = saying(rules_of.has_registration, here)
    if using is None or details.complainant is not None:
        return
    there = {name for name, value in given.items() if value}
    rules_of.check_registration(using.rules, there, agitated=details.agitated)
    offered_channels = offered(using.rules, "complaint_channel").keys
    if offered_channels and CHANNELS.get(channel, "other") not in offered_channels:
        raise KefuError(_("这个渠道不受理投诉"), code="no_such_channel", field="channel")
    categories = offered(using.rules, "complaint_category").keys
    if categories and details.category not in categories:
        raise KefuError(_("请选投诉类别"), code="no_such_category", field="category")


def _promise(
    case: Case,
    here: Sequence[Edition],
    promised_for: datetime | None,
    received_at: datetime,
    *,
    actor: Any,
    now: datetime,
) -> None:
    """The time the customer was told runs as a clock of its own (LC-02.05); wanted where the rulebook says so."""
    using = saying(rules_of.promises_time, here)
    if using is None:
        return
    if promised_for is None:
        raise KefuError(
            _("要写明答应客户什么时候办好"), code="field_required", field="promised_for"
        )
    line = cases.step(
        case=case,
        action="complaint_promised",
        actor=actor,
        now=now,
        since=received_at.isoformat(),
        promised_for=promised_for.isoformat(),
    )
    deadlines.start_clock(
        case=case,
        action=Deadline.Action.COMPLAINT_HANDLING,
        using=using,
        party=owner_party(case.owner, our_company()),
        started_by=line,
    )


@transaction.atomic
def link_complaint(
    *, complaint: Case, origin: Case, cause: Complaint.Cause, actor: Any, now: datetime
) -> list[Penalty]:
    """Say what a complaint grew from; return the penalties its cause makes payable.

    Each consequence names the causes that confirm it; others stay provisional. Linking the same cause
    twice is refused, and a fine becomes payable once, however many complaints follow.
    Source: CD-05.10 and the other fines that want a complaint.
    """
    if complaint.kind != Case.Kind.COMPLAINT:
        raise Conflict(_("只能关联投诉单"), code="not_a_complaint")
    if complaint.pk == origin.pk:
        raise KefuError(_("投诉不能关联它自己"), code="linked_to_itself", field="number")
    # In one order everywhere, so that two people linking at once never wait for each other.
    locked = {c.pk: cases.lock(case=c) for c in sorted((complaint, origin), key=lambda c: c.pk)}
    complaint, origin = locked[complaint.pk], locked[origin.pk]
    deadlines.settle(case=origin, now=now)
    _link, new = CaseLink.objects.get_or_create(
        case=complaint,
        origin=origin,
        cause=cause,
        defaults={"linked_by": actor, "linked_at": now},
    )
    if not new:
        raise Conflict(_("这份投诉已经以这个原因关联过"), code="already_linked")
    cases.step(
        case=origin,
        action="complaint_linked",
        actor=actor,
        now=now,
        complaint=complaint.number,
        cause=cause,
    )
    cases.step(
        case=complaint,
        action="origin_linked",
        actor=actor,
        now=now,
        origin=origin.number,
        cause=cause,
    )
    waiting = origin.penalties.filter(condition=Consequence.Condition.COMPLAINT).order_by("pk")
    fact = {"complaint": complaint.number, "cause": cause}
    return [
        penalty
        for penalty in waiting
        if cause in penalty.inputs.get("causes", ())
        and penalties.confirm(penalty=penalty, fact=fact, actor=actor, now=now)
    ]
