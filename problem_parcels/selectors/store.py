"""What the warehouse office reads of its store: the stock by age, what was left behind, what lacks an out scan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kefu.clock import SHANGHAI
from kefu.policy.processes import routed
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import requirements
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Department, User
from kefu.workbench.selectors.views import capped_count, cursor_of, place_of
from problem_parcels.models import Disposal, ProblemParcel, Stay, StoreRound

PAGE_ROWS = 50
Stays = QuerySet[Stay]


def day_of(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time.min, SHANGHAI)


# Its rules.


def warehouse_office() -> Department | None:
    """The department that the rulebooks call the warehouse office."""
    return Department.objects.filter(desk=Department.Desk.WAREHOUSE, active=True).first()


def warehouse_edition(*, at: datetime) -> Edition:
    """The rules the warehouse office works by; those of the whole centre where there is no such office."""
    office = warehouse_office()
    return edition_in_force(department_id=office.pk if office else None, at=at)


def zone_for(sort: str, rules: Rulebook) -> str:
    """The zone for a sort of goods, by its name in the rulebook; "" where it says nothing (CD-04.21)."""
    if sort == Stay.Sort.OTHER:
        return ""
    try:
        targets, _steps = routed(rules, "stored_parcel", {"parcel": sort})
    except NotInRulebook:
        return ""
    return next((zone for target in targets for zone in target.to), "")


def bulk_lacks(
    rules: Rulebook, *, goods_in_warehouse: bool, waybill_present: bool
) -> tuple[str, ...]:
    """The clauses by which a bulk parcel may not be posted online yet (CD-04.04)."""
    there = {"goods_in_warehouse": goods_in_warehouse, "waybill_present": waybill_present}
    asked = requirements(rules, "bulk_online_post", [name for name in there if there[name]])
    return tuple(lack.clause for lack in asked.lacks)


# The stock.


@dataclass(frozen=True, slots=True)
class Band:
    """Parcels of an age: entered at least ``days`` calendar days ago, and fewer than ``below``."""

    name: str
    label: Promise
    days: int
    below: int | None


# How a list is cut is the house's; what is due on which day stands in the rulebook.
BANDS = {
    band.name: band
    for band in (
        Band("old", _("5 天以上"), 5, None),
        Band("third", _("3–4 天"), 3, 5),
        Band("days", _("1–2 天"), 1, 3),
        Band("today", _("今天入库"), 0, 1),
    )
}


def in_store(place: str = ProblemParcel.Place.WAREHOUSE) -> Stays:
    return Stay.objects.filter(place=place, left_at=None)


def of_band(stays: Stays, band: Band, *, now: datetime) -> Stays:
    """Those of one age, by the days of Shanghai."""
    today = day_of(now)
    if band.days:
        stays = stays.filter(entered_at__lt=midnight(today - timedelta(days=band.days - 1)))
    if band.below:
        stays = stays.filter(entered_at__gte=midnight(today - timedelta(days=band.below - 1)))
    return stays


def stock_counts(*, user: User, now: datetime) -> Mapping[str, int]:
    """How many lie there, by age, all together and unposted: one query, each counted to a cap at most."""
    counts = {
        name: capped_count(of_band(in_store(), band, now=now)) for name, band in BANDS.items()
    }
    counts["all"] = capped_count(in_store())
    counts["unposted"] = capped_count(in_store().filter(case=None))
    row: dict[str, int] = User.objects.filter(pk=user.pk).values(**counts).get()  # type: ignore[assignment]
    return row


@dataclass(frozen=True, slots=True)
class StockPage:
    rows: Sequence[Stay]
    next_cursor: str  # "" on the last page


def stock_page(
    *, band: str = "", unposted: bool = False, after: str = "", now: datetime
) -> StockPage:
    """Fifty parcels in store, the oldest first; ``after``: the cursor of the page before (CD-04.26)."""
    stays = in_store()
    if band in BANDS:
        stays = of_band(stays, BANDS[band], now=now)
    if unposted:
        stays = stays.filter(case=None)
    return page_of(stays, after=after)


def page_of(stays: Stays, *, after: str) -> StockPage:
    """A page of stays by (entered_at, id); a cursor that is none of ours starts at the beginning."""
    at, pk = place_of(after) or (None, 0)
    if at:
        # The first condition enters the index at its place, the second skips those of the same moment.
        stays = stays.filter(entered_at__gte=at)
        stays = stays.filter(Q(entered_at__gt=at) | Q(pk__gt=pk))
    found = list(complete(stays).order_by("entered_at", "pk")[: PAGE_ROWS + 1])
    rows = found[:PAGE_ROWS]
    last = rows[-1] if len(found) > PAGE_ROWS else None
    return StockPage(rows, cursor_of(last.entered_at, last.pk) if last else "")


def complete(stays: Stays) -> Stays:
    """With all that a row shows, and nothing that is sealed."""
    return stays.select_related(
        "case__owner", "keeper", "waybill", "overridden_by", "left_by"
    ).defer("waybill__sealed", "waybill__lookup", "case__sealed", "case__search", "case__lookup")


# What was left behind.


def rounds_of(day: date) -> Sequence[StoreRound]:
    return list(StoreRound.objects.filter(on=day).select_related("closed_by").order_by("closed_at"))


def leftovers(*, now: datetime) -> Stays:
    """Parcels that the rounds of their day left behind and that nobody has posted: those of earlier days,
    and today's once a round is over (CD-04.08, CD-04.12).
    """
    unposted = in_store().filter(case=None)
    rounds = rounds_of(day_of(now))
    until = rounds[-1].closed_at if rounds else midnight(day_of(now))
    return unposted.filter(entered_at__lte=until)  # rule: CD-04.08, CD-04.12


# What was dealt with and lies there still.


@dataclass(frozen=True, slots=True)
class Handled:
    """A parcel that somebody dealt with and nobody scanned out."""

    stay_id: int
    handler_id: int
    handled_at: datetime


def handled_in_store(*, until: datetime) -> list[Handled]:
    """Parcels dealt with after they came in, up to a moment, and not scanned out: once each, with its
    handler, who decided on it, or else owns the case, or keeps the parcel (CD-04.07).

    One that waits for whoever will fetch it is where it belongs.
    """
    fetched = Disposal.objects.filter(
        case=OuterRef("case"), kind=Disposal.Kind.PICKUP, withdrawn_at=None, carried_out_at=None
    )
    there = in_store().filter(~Exists(fetched))
    answered = there.filter(
        case__parcel_messages__reply_to=None,
        case__parcel_messages__answered_at__gte=F("entered_at"),
        case__parcel_messages__answered_at__lte=until,
    ).values_list(
        "pk",
        "case__owner__user_id",
        "keeper__user_id",
        "case__parcel_messages__answered_at",
    )
    decided = there.filter(
        case__disposals__withdrawn_at=None,
        case__disposals__decided_at__gte=F("entered_at"),
        case__disposals__decided_at__lte=until,
    ).values_list(
        "pk", "case__disposals__decided_by_id", "keeper__user_id", "case__disposals__decided_at"
    )
    found: dict[int, Handled] = {}
    at: Any
    for pk, handler, keeper, at in [
        *answered.order_by("case__parcel_messages__answered_at"),
        *decided.order_by("case__disposals__decided_at"),
    ]:
        found[pk] = Handled(pk, handler or keeper, at)
    return sorted(found.values(), key=lambda one: (one.handled_at, one.stay_id))


def with_stays(handled: Sequence[Handled]) -> list[tuple[Handled, Any, Any]]:
    """Each with its stay and its handler, for a page."""
    stays = {
        stay.pk: stay for stay in complete(Stay.objects.filter(pk__in=[h.stay_id for h in handled]))
    }
    people = User.objects.in_bulk({one.handler_id for one in handled})
    return [(one, stays[one.stay_id], people[one.handler_id]) for one in handled]
