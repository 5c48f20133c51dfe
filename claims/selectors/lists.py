"""The lists of the claims desk: by stage, the oldest demand first; fifty rows a page by keyset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models import Claim, ClaimQuerySet
from claims.selectors.case import Age, age_of
from kefu.staff.models import Department
from kefu.workbench.selectors import PAGE_ROWS, Desk
from kefu.workbench.selectors.views import COUNT_CAP, CappedCount, cursor_of, place_of, shown_count

Stage = Claim.Stage


@dataclass(frozen=True, slots=True)
class View:
    """One list. ``needs``: a right without which it says nothing."""

    name: str
    label: str | Promise
    empty: str | Promise
    of: Callable[[ClaimQuerySet], ClaimQuerySet]
    needs: str = ""


def _in(*stages: str) -> Callable[[ClaimQuerySet], ClaimQuerySet]:
    return lambda claims: claims.filter(stage__in=stages)


VIEWS = {
    view.name: view
    for view in (
        View("open", _("在办"), _("没有在办的理赔。"), lambda claims: claims.open()),
        View("evidence", Stage.EVIDENCE.label, _("没有要取证定责的。"), _in(Stage.EVIDENCE)),
        View(
            "confirmation",
            Stage.CONFIRMATION.label,
            _("没有待确认的责任。"),
            _in(Stage.CONFIRMATION),
        ),
        View("negotiation", Stage.NEGOTIATION.label, _("没有在协商的。"), _in(Stage.NEGOTIATION)),
        View("approval", Stage.APPROVAL.label, _("没有待审批的赔付。"), _in(Stage.APPROVAL)),
        View("payment", Stage.PAYMENT.label, _("没有待付款的。"), _in(Stage.PAYMENT)),
        View("recovery", Stage.RECOVERY.label, _("没有要通知和追偿的。"), _in(Stage.RECOVERY)),
        View(
            "major",
            pgettext_lazy("plural", "重大"),
            _("没有重大理赔。"),
            lambda claims: claims.open().filter(major=True),
        ),
    )
}
WHOSE = {"": _("全部"), "mine": _("我的")}
# Waiting for somebody of the centre to confirm or approve.
FOR_THE_HEADS = (Stage.CONFIRMATION, Stage.APPROVAL)


@dataclass(frozen=True, slots=True)
class Asked:
    view: str = "open"
    whose: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim as the desk shows it: two lines a cell."""

    pk: int
    number: str
    waybill_number: str
    route: str
    loss: str
    claimant: str
    customer: str
    stage: str
    age: Age
    due_at: datetime | None
    demanded_at: datetime
    demanded_amount: Decimal | None
    outlet: str
    owner: str
    owner_is_me: bool
    major: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    view: View
    rows: Sequence[ClaimRow]
    next_cursor: str  # "" on the last page
    counts: dict[str, int]

    @property
    def shown(self) -> dict[str, str]:
        return {name: shown_count(count) for name, count in self.counts.items()}


def list_page(*, desk: Desk, asked: Asked, now: datetime) -> ListPage:
    """Return one page of a view, and how much is in each."""
    view = VIEWS[asked.view]
    found = _page(view.of(_narrowed(desk, asked)), asked.after)
    page = found[:PAGE_ROWS]
    return ListPage(
        view=view,
        rows=[_row(claim, desk=desk, now=now) for claim in page],
        next_cursor=cursor_of(page[-1].demanded_at, page[-1].pk) if len(found) > PAGE_ROWS else "",
        counts=_counts(desk, asked),
    )


def to_handle(desk: Desk, now: datetime) -> ClaimQuerySet:
    """What waits for this person, for the number beside the page in the navigation: for heads what is to be confirmed
    and approved, for others their own claims.
    """
    claims = Claim.objects.visible_to(desk.user).open()
    if desk.user.has_perm("claims.confirm_finding"):
        return claims.filter(stage__in=FOR_THE_HEADS)
    if desk.user.has_perm("claims.pay_claim"):
        return claims.filter(stage=Stage.PAYMENT)
    return claims.filter(case__owner=desk.employee_id or 0)


def _narrowed(desk: Desk, asked: Asked) -> ClaimQuerySet:
    claims = Claim.objects.visible_to(desk.user)
    return claims.filter(case__owner=desk.employee_id or 0) if asked.whose else claims


def _counts(desk: Desk, asked: Asked) -> dict[str, int]:
    """All of them in one question."""
    claims = _narrowed(desk, asked)
    columns = {
        f"in_{view.name}": CappedCount(
            view.of(claims).order_by("demanded_at", "pk").values("pk")[:COUNT_CAP]
        )
        for view in VIEWS.values()
    }
    first = Department.objects.order_by("pk").values_list("pk", flat=True)[:1]
    row: Any = Department.objects.filter(pk__in=first).values(**columns).get()
    return {name.removeprefix("in_"): count for name, count in row.items()}


def _page(claims: ClaimQuerySet, cursor: str) -> list[Claim]:
    """One page and one more; a cursor that is none of ours starts at the beginning."""
    at, pk = place_of(cursor) or (None, 0)
    if at is not None:
        later = Q(demanded_at__gt=at) | Q(demanded_at=at, pk__gt=pk)
        claims = claims.filter(later, demanded_at__gte=at)
    rows = claims.select_related("deadline", "case__waybill", "case__owner", "case__outlet").defer(
        "case__sealed",
        "case__search",
        "case__lookup",
        "case__waybill__sealed",
        "case__waybill__lookup",
    )
    return list(rows.order_by("demanded_at", "pk")[: PAGE_ROWS + 1])


def _row(claim: Claim, *, desk: Desk, now: datetime) -> ClaimRow:
    case, waybill = claim.case, claim.case.waybill
    return ClaimRow(
        pk=claim.pk,
        number=case.number,
        waybill_number=case.waybill_number,
        route=f"{waybill.route_from} → {waybill.route_to}" if waybill else "",
        loss=claim.get_loss_display(),
        claimant=claim.get_claimant_display(),
        customer=case.customer_name_masked,
        stage=claim.get_stage_display(),
        age=age_of(claim, now),
        due_at=case.next_due_at,
        demanded_at=claim.demanded_at,
        demanded_amount=claim.demanded_amount,
        outlet=case.outlet.name if case.outlet else "",
        owner=case.owner.name if case.owner else "",
        owner_is_me=case.owner_id is not None and case.owner_id == desk.employee_id,
        major=claim.major,
    )
