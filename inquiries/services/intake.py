"""Register what was asked, and start the clock it sets going."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries.complaint_rules import offers, routes
from inquiries.models import Inquiry, Pickup
from kefu.audit import services as audit
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.deadlines.services.promises import check_entry_time, owner_party
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import ContactNumber, Party
from kefu.network.selectors import our_company
from kefu.parcels.models import Waybill
from kefu.policy.clocks import (
    PickupRules,
    ReplyFacts,
    ReplyRules,
    pickup_day,
    reply_due,
)
from kefu.policy.processes import routed
from kefu.policy.requirements import offered
from kefu.privacy import masks, redact
from kefu.rulebooks.selectors import Edition, edition_in_force, edition_saying
from kefu.rulebooks.services import require
from kefu.staff import barred
from kefu.staff.models import Department, Employee, User

# A customer waits for a person's answer to these; a suggestion is thanked for, not timed.
TIMED = frozenset(Inquiry.Kind) - {Inquiry.Kind.SUGGESTION, Inquiry.Kind.NETWORK_QUERY}
# For these the author may say when the customer really called or came; elsewhere the clock stamps it.
STATED = frozenset({Interaction.Channel.PHONE, Interaction.Channel.COUNTER})
FORWARDED = Inquiry.FORWARDED
MAIN_ACCOUNT = "main_account_contact"
# A place a courier finds: a street, village or estate, and a number in it.
_FULL_ADDRESS = re.compile(
    r"(?:路|街|巷|弄|大道|道|村|镇|乡|小区|苑|园|城|大厦|广场|庄|组|里).{0,40}?[0-9０-９一二三四五六七八九十]"
)


@dataclass(frozen=True, slots=True)
class PickupOrder:
    """What a pick-up order says (ES-203.15–18)."""

    sender_address: str
    receiver_address: str
    goods: str
    prohibited_checked: bool
    fragile: bool = False
    fee_told: Decimal | None = None
    eta_told_on: date | None = None
    courier: Party | None = None
    same_day: bool = False


@transaction.atomic
def open_inquiry(
    *,
    kind: Inquiry.Kind,
    channel: Interaction.Channel,
    asker: Inquiry.Asker,
    text: str,
    department: Department,
    owner: Employee | None = None,
    waybill: Waybill | None = None,
    waybill_number: str = "",
    customer_name: str = "",
    customer_phone: str = "",
    received_at: datetime | None = None,
    summary: str = "",
    priority: int = Case.Priority.NORMAL,
    pickup: PickupOrder | None = None,
    case_kind: Case.Kind = Case.Kind.INQUIRY,
    source_key: bytes | None = None,
    typed_in: bool = False,
    actor: Any,
    now: datetime,
) -> Case:
    """Register an inquiry and start its reply clock; return the case.

    ``received_at`` is when the customer asked, ``now`` when it is entered; without it they are one.
    ``typed_in``: from a paper form, whose time the caller has checked against the failure it was written in.
    ``text`` is what he said, ``summary`` the matter in the agent's words, the same unless given.
    The department's rulebook says which fields must be there and by when the answer is due.
    A chat that came to the supervisor's own account goes to the team it belongs to.
    Raises KefuError naming the field. Source: CD-01.05, CD-03.23, CD-06.28, ES-203.14–16, SD-221.07.
    """
    team = _team_of_main_account(owner, channel, waybill or waybill_number, now)
    if team is not None:  # rule: SD-221.07
        department, owner = team, None
    if kind in FORWARDED:  # rule: CD-06.28
        _check_desk(department=department, owner=owner)
    if owner is not None and owner.status != Employee.Status.ACTIVE:
        raise Conflict(_("%(who)s 已停岗，不能接单") % {"who": owner}, field="owner")
    barred.refuse(owner, now, "owner")
    using = edition_in_force(department_id=department.pk, at=now)
    received_at = received_at or now
    if (channel in STATED and not typed_in) or received_at > now:
        check_entry_time(happened_at=received_at, now=now, using=using)
    phone = cases.callable_phone(customer_phone)
    text = redact.clean(text, max_length=cases.TEXT_LIMIT, field="text", required=True)
    summary = redact.clean(summary, max_length=cases.SUMMARY_LIMIT, field="summary")
    name = redact.clean(customer_name, max_length=60, field="customer_name", multiline=False)
    number = waybill.number if waybill else waybill_number
    if kind in (Inquiry.Kind.TRACE, Inquiry.Kind.EXPEDITE):
        require(
            using.rules,
            "tracking_inquiry",
            waybill_number=number,
            sender_phone=phone,
            recipient_phone=phone,
        )
    if (kind == Inquiry.Kind.PICKUP) != (pickup is not None):
        raise KefuError(_("下单取件要填取件信息"), code="pickup_required", field="sender_address")
    case = cases.open_case(
        kind=case_kind,
        department=department,
        owner=owner,
        waybill=waybill,
        waybill_number=number,
        customer_name=name,
        customer_phone=phone,
        summary=summary or text,
        priority=priority,
        source_key=source_key,
        actor=actor,
        now=now,
    )
    Inquiry.objects.create(  # rule: LC-05.11
        case=case,
        kind=kind,
        channel=channel,
        asker=asker,
        received_at=received_at,
        recorded_at=now,
        recorded_by=actor,
    )
    if pickup is not None:
        _order_pickup(case=case, order=pickup, using=using, actor=actor, now=now)
    asked = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        direction=Interaction.Direction.IN,
        counterpart=counterpart(asker),
        channel=channel,
        text=text,
        happened_at=received_at,
        actor=actor,
        now=now,
    )
    if team is not None:
        cases.step(case=case, action="main_account", actor=actor, now=now, department=team.name)
    if kind in TIMED:  # rule: CD-01.05
        start_reply_clock(case=case, asked=asked, using=using, first=True)
    return case


# The types that the rulebooks know a contact by and that one may turn out to be after all (LC-02.01, LC-05.02); a
# complaint is registered from the case it grew from, and linked to it.
RETYPED = (Inquiry.Kind.CONSULTATION, Inquiry.Kind.TRACE)


@transaction.atomic
def retype(*, case: Case, kind: str, reason: str, actor: Any, now: datetime) -> Inquiry:
    """Say that a contact was of another type than it was registered as, with a reason; the history stays on the
    timeline. Source: LC-02.01, LC-05.02.
    """
    case = cases.lock(case=case)
    inquiry = Inquiry.objects.select_for_update(no_key=True).get(case=case)
    if inquiry.kind not in RETYPED or kind not in RETYPED or kind == inquiry.kind:
        raise KefuError(_("请选另一个类型"), code="same_kind", field="kind")
    taken_by = "supervisor" if actor.has_perm("cases.reassign_case") else "agent"
    using = edition_saying(offers("contact_type"), department_id=case.department_id, at=now)
    if using and kind not in offered(using.rules, "contact_type", {"taken_by": taken_by}).keys:
        raise KefuError(_("规章没有这个类型"), code="no_such_kind", field="kind")
    if len(reason.strip()) < 4:
        raise KefuError(_("改类型要写明理由"), code="reason_required", field="reason")
    cases.step(
        case=case,
        action="retyped",
        text=cases.shown(case=case, text=reason),
        actor=actor,
        now=now,
        before=inquiry.kind,
        to=str(Inquiry.Kind(kind).label),
    )
    inquiry.kind = kind
    inquiry.save(update_fields=["kind"])
    return inquiry


def _team_of_main_account(
    owner: Employee | None, channel: str, parcel: Any, now: datetime
) -> Department | None:
    """The team that a chat goes to which came to the supervisor's own account; None where he keeps it (SD-221.07).

    Whoever asks about a parcel has sent it already: that is after the sale. A house without such a team leaves it him.
    """
    if owner is None or channel != Interaction.Channel.CHAT:
        return None
    if owner.user.role != User.Role.SUPERVISOR:
        return None
    using = edition_saying(routes(MAIN_ACCOUNT), department_id=owner.department_id, at=now)
    if using is None:
        return None
    subject = "after_sale" if parcel else "pre_sale"
    targets, _steps = routed(using.rules, MAIN_ACCOUNT, {"subject": subject})
    desks = [name for target in targets for name in target.to]
    return Department.objects.filter(desk__in=desks, active=True).first()


def _check_desk(*, department: Department, owner: Employee | None) -> None:
    """Refuse to leave a parcel's inquiry with a desk that does not work them (CD-06.28)."""
    if not department.works_inquiries:
        raise KefuError(
            _("%(department)s不办理查件，请转给办理的部门") % {"department": department},
            code="desk_forwards_only",
            field="department",
        )
    if owner is not None and not owner.department.works_inquiries:
        raise KefuError(
            _("%(who)s 所在的部门不办理查件，不能负责这一单") % {"who": owner},
            code="desk_forwards_only",
            field="owner",
        )


def start_reply_clock(
    *, case: Case, asked: Interaction, using: Edition, first: bool
) -> Deadline | None:
    """Each unanswered message of the customer starts a clock; no clock where the rulebook sets no time."""
    facts = ReplyFacts(received_at=asked.happened_at, channel=asked.channel, first=first)
    due = reply_due(facts, ReplyRules.of(using.rules))
    if due is None:
        return None
    return deadlines.start(
        case=case,
        action=Deadline.Action.REPLY,
        due=due,
        using=using,
        party=owner_party(case.owner, our_company()),
        door=Consequence.Door.PAGES,
        started_by=asked,
    )


def full_address(text: str) -> str:
    """Return the address if a courier would find it: a street or estate with a number; else an empty text."""
    return text.strip() if _FULL_ADDRESS.search(text) else ""


def courier_number(
    *,
    courier: Party,
    sender_address: str,
    department: Department,
    actor: Any,
    address: str = "",
    request_id: str = "",
    now: datetime,
) -> str:
    """Return a courier's number to tell a customer who wants to send in the morning.

    Where the rulebook wants it, only once the full address is taken (CD-06.29). The look is recorded before
    the number is read, so this must not run inside a transaction. Raises KefuError naming the field.
    """
    if not actor.has_perm("cases.reveal_personal_data"):
        raise NotAllowed(_("你的角色不能查看业务员的电话"))
    using = edition_in_force(department_id=department.pk, at=now)
    try:
        require(using.rules, "morning_pickup", full_address=full_address(sender_address))
    except KefuError as error:
        raise KefuError(
            _("先记下完整的取件地址（路名和门牌），再报业务员电话"),
            code="address_incomplete",
            field="sender_address",
        ) from error
    contact = ContactNumber.objects.current(now).filter(party=courier).order_by("kind").first()
    if contact is None:
        raise KefuError(
            _("没有登记 %(courier)s 的电话") % {"courier": courier},
            code="no_number",
            field="courier",
        )
    audit.record_reveal(
        table=ContactNumber._meta.db_table,
        object_id=contact.pk,
        fields=["number"],
        reason=_("上午寄件，报业务员电话"),
        actor=actor,
        at=now,
        address=address,
        request_id=request_id,
    )
    return str(contact.sealed["number"])


def counterpart(asker: str) -> Interaction.Counterpart:
    """Who speaks when this person asks."""
    if asker == Inquiry.Asker.COURIER:
        return Interaction.Counterpart.COURIER
    if asker == Inquiry.Asker.OUTLET:
        return Interaction.Counterpart.OUTLET
    return Interaction.Counterpart.CUSTOMER


def _order_pickup(
    *, case: Case, order: PickupOrder, using: Edition, actor: Any, now: datetime
) -> Pickup:
    """Record what is to be collected, and for which day (CD-01.03, CD-03.17, CD-06.27, CD-07.02)."""
    require(
        using.rules,
        "shipping_request",
        sender_address=order.sender_address,
        recipient_address=order.receiver_address,
        item_type=order.goods,
    )
    require(
        using.rules,
        "order",
        sender_address=order.sender_address,
        item_type=order.goods,
        customer_phone=case.customer_phone_masked,
    )
    for field, value in (
        ("sender_address", order.sender_address),
        ("goods", order.goods),
    ):
        redact.clean(value, max_length=200, field=field, required=True)
    if not order.prohibited_checked:
        raise KefuError(
            _("请先核对禁寄物品；禁寄的不能下单"),
            code="prohibited_not_checked",
            field="prohibited_checked",
        )
    if order.same_day and not actor.has_perm("cases.approve_same_day_pickup"):
        raise NotAllowed(_("过了当日取件时间，当日取件要主管批准"), field="same_day")
    day = pickup_day(now, PickupRules.of(using.rules), same_day_override=order.same_day)
    return Pickup.objects.create(
        case=case,
        sealed={
            "sender_address": order.sender_address,
            "receiver_address": order.receiver_address,
        },
        sender_address_masked=masks.mask_address(order.sender_address),
        receiver_address_masked=masks.mask_address(order.receiver_address),
        goods=order.goods,
        prohibited_checked=True,
        fragile=order.fragile,
        fee_told=order.fee_told,
        eta_told_on=order.eta_told_on,
        pickup_on=day.on,
        pickup_from=day.starts_at.astimezone(SHANGHAI).time(),
        day_approved_by=actor if order.same_day else None,
        courier=order.courier,
        courier_notified_at=now if order.courier else None,
    )
