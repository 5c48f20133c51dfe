"""Which deadlines and findings a declaration of force majeure touches, and what that comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from inquiries import complaint_rules as rules_of
from inquiries.models import ForceMajeure
from inquiries.selectors.areas import area_of, in_area
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.network.models import Party
from kefu.penalties.models import Penalty
from kefu.penalties.services import REVERSIBLE
from kefu.rulebooks.selectors import edition

PAGE_ROWS = 50
RUNNING, BREACHED = Q(state=Deadline.State.RUNNING), Q(state=Deadline.State.BREACHED)


def touched(declaration: ForceMajeure) -> QuerySet[Deadline, Deadline]:
    """Deadlines that fall due inside the span, broken or still running, about a parcel or an outlet of the area."""
    parties = area_of(declaration)
    return Deadline.objects.filter(
        # Each state by itself, so that either is read by its own partial index.
        RUNNING | BREACHED,
        in_area(parties, "case__") | Q(party__in=parties),
        due_at__range=(declaration.starts_at, declaration.until),
    )


def live_penalties(declaration: ForceMajeure) -> QuerySet[Penalty, Penalty]:
    """What those two who decide may take back: nothing that one of them bears himself."""
    signers = {declaration.declared_by.party_id}
    if declaration.decided_by is not None:
        signers.add(declaration.decided_by.party_id)
    return Penalty.objects.filter(state__in=REVERSIBLE).exclude(party__in=signers - {None})


# When it happened that somebody was found at fault for: the complaint came in, or the case was opened.
HAPPENED = Coalesce("case__complaint__received_at", "case__opened_at")


def found_without_clock(declaration: ForceMajeure) -> QuerySet[Penalty, Penalty]:
    """What outlets of the area were fined for without a clock inside the span, by clauses that a storm excuses.

    The outlet's own place decides, not the parcel's: a phone rings where it stands.
    """
    happened = Penalty.objects.annotate(happened=HAPPENED).filter(
        finding__isnull=False,
        deadline=None,
        party__in=area_of(declaration),
        happened__range=(declaration.starts_at, declaration.until),
    )
    excused = [
        Q(rulebook=version, clause=clause)
        for version, clause in happened.order_by().values_list("rulebook", "clause").distinct()
        if rules_of.excused(edition(version).rules, clause)
    ]
    return happened.filter(Q(*excused, _connector=Q.OR)) if excused else happened.none()


def excusing(*, party: Party, happened_at: datetime) -> ForceMajeure | None:
    """The signed declaration that finds a party not at fault at that moment."""
    signed = ForceMajeure.objects.in_force().until_after(happened_at)
    around = signed.filter(starts_at__lte=happened_at).order_by("pk")
    return next((one for one in around if party.pk in area_of(one)), None)


def still_costing(declaration: ForceMajeure) -> QuerySet[Deadline, Deadline]:
    """Touched deadlines whose breach still costs something."""
    costing = live_penalties(declaration).filter(deadline=OuterRef("pk"))
    return touched(declaration).filter(BREACHED, Exists(costing))


@dataclass(frozen=True, slots=True)
class Money:
    """Fines of one state: how many, and yuan; with the points taken in the same state."""

    state: str
    fines: int
    yuan: Decimal
    points: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """What signing would exempt now."""

    deadlines: int
    running: int
    breached: int
    findings: int
    cases: int
    money: Sequence[Money]

    @property
    def yuan(self) -> Decimal:
        return sum((one.yuan for one in self.money), Decimal(0))


def preview(declaration: ForceMajeure) -> Preview:
    """A few aggregates, however much it is."""
    found = touched(declaration)
    live = live_penalties(declaration)
    without_clock = live.filter(pk__in=found_without_clock(declaration).values("pk"))
    numbers = found.aggregate(
        deadlines=Count("pk"),
        running=Count("pk", filter=RUNNING),
        breached=Count("pk", filter=BREACHED),
    )
    cases = Case.objects.filter(
        Q(pk__in=found.values("case")) | Q(pk__in=without_clock.values("case"))
    )
    fine, points = Q(kind=Penalty.Kind.FINE), Q(kind=Penalty.Kind.POINTS)
    rows = (
        live.filter(Q(deadline__in=found.values("pk")) | Q(pk__in=without_clock.values("pk")))
        .values("state")
        .annotate(
            fines=Count("pk", filter=fine),
            yuan=Sum("value", filter=fine),
            points=Sum("value", filter=points),
        )
        .order_by("state")
    )
    money = [
        Money(row["state"], row["fines"], row["yuan"] or Decimal(0), row["points"] or Decimal(0))
        for row in rows
    ]
    return Preview(**numbers, findings=without_clock.count(), cases=cases.count(), money=money)


@dataclass(frozen=True, slots=True)
class Row:
    """One touched deadline and what its breach costs now."""

    deadline: Deadline
    penalties: Sequence[Penalty] = field(default_factory=list)


def preview_page(declaration: ForceMajeure, *, after: int = 0) -> tuple[list[Row], int]:
    """The next rows with their penalties, in two reads; and where the page after it begins, 0 for none."""
    found = list(
        touched(declaration)
        .filter(pk__gt=after)
        .select_related("case__waybill__origin", "case__waybill__destination", "party")
        .defer("case__sealed", "case__search", "case__lookup", "case__waybill__sealed")
        .order_by("pk")[: PAGE_ROWS + 1]
    )
    page, more = found[:PAGE_ROWS], len(found) > PAGE_ROWS
    return _with_penalties(page), page[-1].pk if more else 0


def _with_penalties(page: Sequence[Deadline]) -> list[Row]:
    by_deadline: dict[int | None, list[Penalty]] = {}
    for penalty in Penalty.objects.filter(deadline__in=[d.pk for d in page]).select_related(
        "party"
    ):
        by_deadline.setdefault(penalty.deadline_id, []).append(penalty)
    return [Row(deadline, by_deadline.get(deadline.pk, [])) for deadline in page]


def findings_page(declaration: ForceMajeure) -> list[Penalty]:
    """The first of what was found without a clock, taken back or not."""
    found = found_without_clock(declaration).select_related("party", "case", "finding")
    return list(
        found.defer("case__sealed", "case__search", "case__lookup").order_by("pk")[:PAGE_ROWS]
    )


def exempted(declaration: ForceMajeure) -> Mapping[str, Decimal | int]:
    """What was exempted so far: deadlines, and the penalties taken back with their yuan."""
    taken_back = Penalty.objects.filter(waivers__batch=declaration.batch, waivers__approved=True)
    fines = taken_back.filter(kind=Penalty.Kind.FINE)
    return {
        "deadlines": declaration.exemptions.count(),
        "penalties": taken_back.count(),
        "yuan": fines.aggregate(yuan=Sum("value"))["yuan"] or Decimal(0),
    }
