"""Register a claim: what is demanded, by whom, for which parcel; the clock runs from the demand."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from claims.models import Claim
from claims.selectors.rules import process_rules, says_where_claims_go
from claims.services import clock
from claims.services.attention import tell_the_heads
from claims.services.doing import amount, choice
from kefu.cases import services as cases
from kefu.cases.models import Case, CaseLink, Interaction
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError
from kefu.parcels.models import Waybill
from kefu.policy.processes import routed
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_saying
from kefu.staff import barred
from kefu.staff.models import Department, Employee
from kefu.staff.selectors import adjusters
from problem_parcels.services.asking import demand

Loss = Claim.Loss
LINKED_AS = "claim"
LONGEST_DELAY = 3660  # days; what policy takes


@dataclass(frozen=True, slots=True)
class Given:
    """What the customer says, and what is known of the parcel. Amounts in yuan; None: not known.

    ``insured_amount`` and ``freight`` None: as the waybill has them. ``share``: how much of the goods is lost
    or damaged. ``demanded_at`` None: now.
    """

    waybill_number: str
    loss: str
    claimant: str
    text: str
    customer_name: str = ""
    customer_phone: str = ""
    channel: str = Interaction.Channel.PHONE
    demanded_at: datetime | None = None
    demanded_amount: Decimal | None = None
    place: str = ""
    insured_amount: Decimal | None = None
    proved_value: Decimal | None = None
    freight: Decimal | None = None
    share: Decimal = Decimal(1)
    delay_days: int | None = None
    force_majeure: bool = False
    signed_unchecked: bool = False
    major: bool = False


@transaction.atomic
def register(
    *, given: Given, department: Department, origin: Case | None = None, actor: Any, now: datetime
) -> Case:
    """Open a claim with its number, owner and clock; ``origin`` is the case it grew from, if any.

    The claim goes to an adjuster (LC-04.04); the outlet that sent the parcel handles it (CD-05.18). Raises
    KefuError naming the field, Conflict for a second open claim for the same loss of the same parcel.
    Source: CD-01.07, CD-05.17, CD-05.19, LC-01.15, LC-01.16, LC-04.04.
    """
    if not actor.has_perm("cases.work_case"):
        raise KefuError(_("你的角色不能登记理赔"), code="not_allowed")
    waybill = _waybill(given.waybill_number)
    demanded_at = _demanded_at(given.demanded_at, waybill, now)
    text = redact.clean(given.text, max_length=cases.TEXT_LIMIT, field="text", required=True)
    name, phone = _claimant(given, waybill, origin)
    facts = _facts(given, waybill, demanded_at)
    owner = next_adjuster(now)
    case = cases.open_case(
        kind=Case.Kind.CLAIM,
        department=owner.department if owner else department,
        owner=owner,
        waybill=waybill,
        outlet=waybill.origin,
        customer_name=name,
        customer_phone=phone,
        summary=text[: cases.SUMMARY_LIMIT],
        actor=actor,
        now=now,
    )
    _demand_fields(case, given, name=name, phone=phone)
    claim = _create(case, facts, demanded_at)
    demanded = cases.add(
        case=case,
        kind=Interaction.Kind.CONTACT,
        action="claim_demanded",
        direction=Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=choice(given.channel, Interaction.Channel, "channel"),
        text=text,
        data={"sort": clock.SORTS.get(Loss(claim.loss), claim.loss), "loss": claim.loss}
        | _route(department, waybill, now),
        happened_at=demanded_at,
        opening=True,
        actor=actor,
        now=now,
    )
    clock.start(claim=claim, demanded=demanded)
    if origin is not None:
        link(case=case, origin=origin, actor=actor, now=now)
    if claim.major:
        tell_the_heads(case=case, now=now)
    return case


def link(*, case: Case, origin: Case, actor: Any, now: datetime) -> None:
    """Put a claim and the case it grew from into one file (LC-01.15)."""
    CaseLink.objects.create(
        case=case, origin=origin, cause=LINKED_AS, linked_by=actor, linked_at=now
    )
    cases.step(case=origin, action="claim_registered", actor=actor, now=now, claim=case.number)
    cases.step(case=case, action="claim_grew", actor=actor, now=now, origin=origin.number)


def next_adjuster(now: datetime) -> Employee | None:
    """Of the adjusters who may work now the one with the fewest open claims, of equals the lowest number."""
    of_open_claims = Q(cases__kind=Case.Kind.CLAIM) & ~Q(cases__state=Case.State.CLOSED)
    in_turn = (
        adjusters()
        .annotate(open_claims=Count("cases", filter=of_open_claims))
        .select_related("department", "user", "party")
        .order_by("open_claims", "number")
    )
    return next((one for one in in_turn if barred.who_may(one, now)), None)


def _claimant(given: Given, waybill: Waybill, origin: Case | None) -> tuple[str, str]:
    """Name and phone as given; else of the case it grew from, if its customer is that side; else of the waybill."""
    name = redact.clean(given.customer_name, max_length=60, field="customer_name", multiline=False)
    phone = cases.callable_phone(given.customer_phone)
    known = origin.sealed if origin is not None and _asks(origin, given.claimant) else {}
    side = given.claimant if given.claimant in Claim.Claimant.values else ""
    if not name:
        name = known.get("customer_name") or waybill.sealed.get(f"{side}_name", "")
    if not phone:
        phone = known.get("customer_phone") or waybill.sealed.get(f"{side}_phone", "")
    return name, phone


def _asks(origin: Case, claimant: str) -> bool:
    """Whether the customer of a case is the sender, or the receiver; of one that does not say which, he is."""
    if origin.kind == Case.Kind.PROBLEM_PARCEL:
        return claimant == Claim.Claimant.RECEIVER
    inquiry = getattr(origin, "inquiry", None)
    return inquiry is None or inquiry.asker == claimant


def _waybill(text: str) -> Waybill:
    number = redact.clean_waybill(text, field="waybill_number")
    found = Waybill.objects.select_related("origin").filter(number=number).first()
    if found is None:
        raise KefuError(
            _("没有 {number} 这个运单，请核对").format(number=number),
            code="unknown_waybill",
            field="waybill_number",
        )
    return found


def _demanded_at(stated: datetime | None, waybill: Waybill, now: datetime) -> datetime:
    demanded_at = stated or now
    if demanded_at > now:
        raise KefuError(_("提出时间不能晚于现在"), code="in_future", field="demanded_at")
    if demanded_at < waybill.accepted_at:
        raise KefuError(
            _("提出时间不能早于收件（{at:%m-%d %H:%M}）").format(
                at=waybill.accepted_at.astimezone(SHANGHAI)
            ),
            code="before_acceptance",
            field="demanded_at",
        )
    return demanded_at


def _facts(given: Given, waybill: Waybill, demanded_at: datetime) -> dict[str, Any]:
    """The columns of the claim that are facts, checked."""
    loss = choice(given.loss, Loss, "loss")
    choice(given.claimant, Claim.Claimant, "claimant")
    if loss == Loss.DAMAGE:
        choice(given.place, Claim.Place, "place")
    insured = given.insured_amount
    if insured is None:
        insured = waybill.declared_value
    delay_days = checked_delay(given.delay_days, waybill, demanded_at)
    return {
        "waybill_number": waybill.number,
        "loss": loss,
        "place": given.place if loss == Loss.DAMAGE else "",
        "claimant": given.claimant,
        "demanded_amount": amount(given.demanded_amount, "demanded_amount"),
        "insured_amount": amount(insured, "insured_amount") or None,
        "proved_value": amount(given.proved_value, "proved_value"),
        "freight": amount(waybill.freight if given.freight is None else given.freight, "freight"),
        "share": checked_share(given.share, loss),
        "delay_days": delay_days,
        "force_majeure": given.force_majeure,
        "signed_unchecked": given.signed_unchecked,
        "major": given.major,
    }


def checked_share(share: Decimal, loss: str) -> Decimal:
    """Return how much is lost or damaged. Of a shortage it is less than the whole, of a loss all of it."""
    if not share.is_finite() or not 0 < share <= 1 or share != round(share, 4):
        raise KefuError(
            _("损失比例要大于 0%，不超过 100%"), code="share_out_of_range", field="share"
        )
    if loss == Loss.SHORTAGE and share == 1:
        raise KefuError(_("短少要写明少了几成；全没了就选遗失"), code="no_shortage", field="share")
    if loss in (Loss.LOSS, Loss.DELAY) and share != 1:
        raise KefuError(_("只有短少和破损才有损失比例"), code="share_out_of_range", field="share")
    return share


def checked_delay(days: int | None, waybill: Waybill | None, until: datetime) -> int | None:
    """Return the days of delay: no more than have passed since the parcel was accepted."""
    if days is None:
        return None
    passed = (until - waybill.accepted_at).days + 1 if waybill else LONGEST_DELAY
    if not 0 <= days <= min(passed, LONGEST_DELAY):
        raise KefuError(
            _("延误天数要在 0 到 {most} 之间：{most} 天前才收的件").format(most=passed),
            code="out_of_range",
            field="delay_days",
        )
    return days


def _demand_fields(case: Case, given: Given, *, name: str, phone: str) -> None:
    """Refuse what the rulebook's form of registration lacks (LC-01.16)."""
    using = process_rules(case)
    if using is None:
        return
    recorded = {"received_at", "waybill_number", "loss_type", "description"}
    recorded |= {"claimant"} if name else set()
    recorded |= {"phone"} if phone else set()
    renamed = {"phone": "customer_phone", "claimant": "customer_name"}
    try:
        demand(using.rules, "claim_registration", recorded)
    except KefuError as error:
        error.field = renamed.get(error.field or "", error.field)
        raise


def _create(case: Case, facts: dict[str, Any], demanded_at: datetime) -> Claim:
    try:
        with transaction.atomic():
            return Claim.objects.create(case=case, demanded_at=demanded_at, **facts)
    except IntegrityError as error:
        if "claim_one_open_for_a_loss" not in str(error):
            raise
        other = (
            Claim.objects.open()
            .filter(waybill_number=facts["waybill_number"], loss=facts["loss"])
            .select_related("case")
            .get()
        )
        raise Conflict(
            _("这一票的{loss}已经有一笔理赔在办：{number}").format(
                loss=other.get_loss_display(), number=other.case.number
            ),
            code="claimed_already",
            field="waybill_number",
            number=other.case.number,
        ) from error


def _route(department: Department, waybill: Waybill, now: datetime) -> dict[str, str]:
    """The clause that says whose claims are (CD-01.07, LC-04.04)."""
    using = edition_saying(
        says_where_claims_go, department_id=department.pk, outlet_id=waybill.origin_id, at=now
    )
    if using is None:
        return {}
    targets, _steps = routed(using.rules, "claim")
    return {"clause": targets[0].clause} if targets else {}
