"""Into the store and out again; whoever keeps a parcel answers for it (CD section 4)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.parcels.models import Waybill
from kefu.policy.requirements import requirements
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.services import require
from kefu.staff.models import Employee, User
from problem_parcels.models import ProblemParcel, Stay, StayKeeping, StoreRound
from problem_parcels.selectors.store import (
    bulk_lacks,
    warehouse_edition,
)

REASON_LIMIT, LOCATION_LIMIT, LEFT_FOR_LIMIT = 200, 20, 120  # characters


def open_stay(number: str) -> Stay | None:
    """The stay of a parcel that lies in the store now."""
    return (
        Stay.objects.filter(waybill_number=number, left_at=None)
        .select_related("case", "keeper")
        .first()
    )


def left_since(number: str, at: datetime) -> datetime | None:
    """When a parcel was last scanned out, if that was since ``at``."""
    left = Stay.objects.filter(waybill_number=number, left_at__gte=at).order_by("-left_at").first()
    return left.left_at if left else None


@transaction.atomic
def enter(
    *,
    number: str = "",
    waybill: Waybill | None = None,
    place: str = ProblemParcel.Place.WAREHOUSE,
    sort: str = Stay.Sort.OTHER,
    location: str,
    reason: str,
    waybill_present: bool,
    override_by: User | None = None,
    keeper: Employee,
    case: Case | None = None,
    actor: Any,
    now: datetime,
) -> Stay:
    """Scan a parcel in. ``number`` or ``waybill`` names it; its open problem-parcel case is found by itself.

    Without its waybill slip there it comes in only by a lead's own hand, who then answers for it.
    Raises KefuError naming the field, Conflict: already_in_store for a parcel that lies there already.
    Source: CD-04.03, CD-04.04, CD-04.05, CD-04.26.
    """
    waybill, case = _known(number or getattr(waybill, "number", ""), case)
    rules = warehouse_edition(at=now).rules
    require(rules, "stored_parcel", reason=reason.strip())  # rule: CD-04.26
    reason = redact.clean(
        reason, max_length=REASON_LIMIT, field="reason", multiline=False, required=True
    )
    if case is not None:
        case = cases.lock(case=case)
    if not waybill_present:
        _need_override(override_by, actor=actor, sort=sort, rules=rules)  # rule: CD-04.05
    try:
        with transaction.atomic():
            stay = Stay.objects.create(
                waybill_number=waybill.number,
                waybill=waybill,
                case=case,
                place=place,
                sort=sort,
                location=redact.clean(
                    location, max_length=LOCATION_LIMIT, field="location", multiline=False
                ),
                reason=redact.redact(reason, keep=[waybill.number]),
                waybill_present=waybill_present,
                overridden_by=None if waybill_present else override_by,
                keeper=keeper,
                entered_at=now,
            )
    except IntegrityError as error:
        there = open_stay(waybill.number)
        if there is None:
            raise
        raise Conflict(
            _("%(number)s 已经在库：%(location)s，%(keeper)s 保管")
            % {"number": waybill.number, "location": there.location, "keeper": there.keeper},
            code="already_in_store",
            field="number",
        ) from error
    StayKeeping.objects.create(stay=stay, keeper=keeper, since=now, by=actor)  # rule: CD-04.03
    if case is not None:
        cases.step(case=case, action="stored", location=stay.location, actor=actor, now=now)
    return stay


def _known(number: str, case: Case | None) -> tuple[Waybill, Case | None]:
    """The waybill of a scanned number and its open problem-parcel case, in one question."""
    number = redact.clean_waybill(number, field="number")
    opened = Case.objects.open().filter(
        kind=Case.Kind.PROBLEM_PARCEL, waybill_number=OuterRef("number")
    )
    waybill = (
        Waybill.objects.defer("sealed", "lookup")
        .annotate(open_case=Subquery(opened.values("pk")[:1]))
        .filter(number=number)
        .first()
    )
    if waybill is None:
        raise KefuError(
            _("没有运单 %(number)s，请核对单号") % {"number": number},
            code="unknown_waybill",
            field="number",
        )
    if case is None and waybill.open_case is not None:
        case = Case(pk=waybill.open_case)
    return waybill, case


def _need_override(lead: User | None, *, actor: Any, sort: str, rules: Rulebook) -> None:
    """A parcel without its slip needs a lead who lets it in and answers for it (CD-04.04, CD-04.05)."""
    if lead is None:
        refused_by: tuple[str, ...] = ()
        if sort == Stay.Sort.BULK:
            refused_by = bulk_lacks(rules, goods_in_warehouse=True, waybill_present=False)
        raise KefuError(
            _("面单不在，不能入库{clauses}；要放行，由组长签名负责").format(
                clauses=f"（{punctuation.in_turn(*refused_by)}）" if refused_by else ""
            ),
            code="waybill_absent",
            field="waybill_present",
        )
    if lead != actor:  # nobody makes another answer for it
        raise NotAllowed(_("只能由本人签名"), field="override_by")
    if not lead.has_perm("problem_parcels.override_store") or lead.party_id is None:
        raise NotAllowed(_("没有面单要组长或主管放行"), field="override_by")


@transaction.atomic
def leave(
    *,
    stay: Stay,
    left_as: str = "",
    left_for: str = "",
    by: Employee,
    actor: Any,
    now: datetime,
) -> Stay:
    """Scan a parcel out: it was dealt with, and whoever scans it out no longer keeps it (CD-04.06).

    ``left_as``: one of the usual ways (``Stay.LeftAs``); ``left_for``: what else is said of it. Raises Conflict: already_out for one that has left, so that of two scans the first stands.
    """
    left_for = redact.clean(left_for, max_length=LEFT_FOR_LIMIT, field="left_for", multiline=False)
    case = cases.lock(case=stay.case) if stay.case else None
    stay = Stay.objects.select_for_update(of=["self"]).select_related("left_by").get(pk=stay.pk)
    if stay.left_at is not None:
        raise Conflict(
            _("%(number)s 已由 %(who)s 扫描出库")
            % {"number": stay.waybill_number, "who": stay.left_by},
            code="already_out",
            field="number",
        )
    stay.left_at, stay.left_by = now, by  # rule: CD-04.06
    stay.left_as, stay.left_for = left_as, redact.redact(left_for, keep=[stay.waybill_number])
    stay.save(update_fields=["left_at", "left_by", "left_as", "left_for"])
    if case is not None:
        to = {"left_as": left_as, "left_for": stay.left_for}
        cases.step(case=case, action="scanned_out", **to, actor=actor, now=now)
    return stay


def attach(*, stay_id: int, case: Case, has_reason: bool, rules: Rulebook) -> None:
    """A stored parcel was registered as a problem parcel: its stay belongs to ``case`` from now on.

    Takes part in its caller's transaction.
    """
    if posted(has_reason, rules):
        Stay.objects.filter(pk=stay_id, left_at=None).update(case=case)


def posted(has_reason: bool, rules: Rulebook) -> bool:
    """Whether a record takes its parcel off the list of what a round left behind; one without a reason that
    counts does not (CD-04.08, CD-04.12)."""
    reasons = {"reason"} if has_reason else set()
    return not any(left_unposted(trigger, reasons, rules) for trigger in StoreRound.Trigger)


def left_unposted(trigger: str, reasons: Collection[str], rules: Rulebook) -> tuple[str, ...]:
    """The clauses by which what a round left behind is not posted yet (CD-04.08, CD-04.12)."""
    asked = requirements(rules, "leftover_post", reasons, {"trigger": trigger})
    return tuple(lack.clause for lack in asked.lacks)  # CD-04.08, CD-04.12


def need_bulk_there(*, case: Case, now: datetime) -> None:
    """A bulk parcel is posted online only with goods and waybill in store, or on the word of the lead who let
    it in without. Raises Conflict: bulk_incomplete. Source: CD-04.04, CD-04.05.
    """
    stay = Stay.objects.filter(waybill_number=case.waybill_number).order_by("pk").last()
    if stay is None or stay.sort != Stay.Sort.BULK or stay.overridden_by_id is not None:
        return
    lacks = bulk_lacks(
        warehouse_edition(at=now).rules,
        goods_in_warehouse=stay.left_at is None,
        waybill_present=stay.waybill_present,
    )
    if lacks:  # rule: CD-04.04
        raise Conflict(
            _("大货要货和面单都在库才能上网（{clauses}）").format(
                clauses=punctuation.in_turn(*lacks)
            ),
            code="bulk_incomplete",
        )
