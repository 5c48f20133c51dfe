"""The week's complaints, and how many of an outlet's consignments were complained of (LC-01.04, LC-01.05, LC-02.08, LC-06.01)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F
from django.db.models.functions import Coalesce

from inquiries.models import Complaint, ComplaintStep
from kefu.cases.models import Interaction
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.policy.measures import Plan, ratios
from kefu.policy.rulebook import Rulebook
from kefu.reports.content import (
    NAMED,
    NOBODY,
    Fact,
    Label,
    Row,
    Span,
    Table,
    grouped,
    summed,
)

ONE, NONE = Decimal(1), Decimal(0)
NEED = "customer_need"  # a wish of a customer, as the desk notes it in a timeline
NEEDS = "customer_needs"


def weekly(span: Span, plan: Plan, rules: Rulebook) -> list[Table]:
    """Count what came in during the week, closed or open at its end, in each of the ways to group."""
    facts = [_fact(row, span) for row in _received(span)]
    columns = [name for name in plan.columns if name != NEEDS]
    total = summed(columns, facts)
    known = facts[0].labels if facts else dict.fromkeys(plan.group_by)
    tables = [grouped(about, columns, facts, total) for about in plan.group_by if about in known]
    if NEEDS in plan.columns:
        tables.append(_needs(span))
    return [*tables, _suggestions(span)]


def _received(span: Span) -> Sequence[Mapping[str, Any]]:
    received = Coalesce("received_at", "case__opened_at")
    rows = Complaint.objects.annotate(came_at=received).filter(
        came_at__gte=span.first, came_at__lt=span.end
    )
    found: Any = rows.order_by("pk").values(
        "cause",
        "category",
        "department__name",
        "case__closed_at",
        "case__outlet__name",
        "case__waybill__route_from",
        "case__waybill__route_to",
    )
    return list(found)


def _fact(row: Mapping[str, Any], span: Span) -> Fact:
    closed_at: datetime | None = row["case__closed_at"]
    closed = closed_at is not None and closed_at < span.end
    ends = [row[f"case__waybill__route_{end}"] for end in ("from", "to")]
    return Fact(
        {"received": ONE, "closed": ONE if closed else NONE, "open": NONE if closed else ONE},
        {
            "outlet": name(row["case__outlet__name"]),
            "department": name(row["department__name"]),
            "issue_type": ("issue_type", row["category"]) if row["category"] else name(""),
            "status": ("status", "closed" if closed else "open"),
            "route": name(" → ".join(ends) if all(ends) else ""),
            "cause": ("cause", row["cause"]),
        },
    )


def name(text: str | None) -> Label:
    return (NAMED, text) if text else (NOBODY, "")


def _needs(span: Span) -> Table:
    """What customers wished for, in the words of the desk (LC-02.08)."""
    lines = Interaction.objects.filter(
        action=NEED, happened_at__gte=span.first, happened_at__lt=span.end
    ).order_by("happened_at", "pk")
    return Table(
        NEEDS,
        ("text",),
        tuple(
            Row((NAMED, number), (text,))
            for number, text in lines.values_list("case__number", "text")
        ),
    )


def _suggestions(span: Span) -> Table:
    """What agents wrote of where complaints come from and what would mend it (LC-05.09)."""
    notes = ComplaintStep.objects.filter(
        code=ComplaintStep.Code.ANALYSIS, happened_at__gte=span.first, happened_at__lt=span.end
    ).order_by("happened_at", "pk")
    return Table(
        "suggestions",
        ("cause", "suggestion"),
        tuple(
            Row((NAMED, number), (data.get("cause", ""), data.get("suggestion", "")))
            for number, data in notes.values_list("case__number", "data")
        ),
    )


def rate(span: Span, plan: Plan, rules: Rulebook) -> list[Table]:
    """Complaints of the month by outlet, out of the consignments that it sent or delivered (LC-06.01).

    No rate is told where there are more complaints than consignments: then the consignments are not in our files.
    """
    complaints = _complaints_by_outlet(span)
    consignments = _consignments_by_outlet(span)
    outlets = dict(
        Party.objects.filter(pk__in=complaints.keys() | consignments.keys()).values_list(
            "pk", "name"
        )
    )
    parts = {
        str(pk): (Decimal(complaints.get(pk, 0)), Decimal(consignments.get(pk, 0)))
        for pk in outlets
    }
    told = {pk: part for pk, part in parts.items() if part[0] <= part[1]}
    found = ratios(rules, plan.report, told)
    percent = {one.name: one.percent for one in found.parts}
    rows = [
        Row((NAMED, outlets[int(pk)]), _rate_cells(*part, percent.get(pk)))
        for pk, part in sorted(parts.items(), key=lambda one: (-one[1][0], outlets[int(one[0])]))
    ]
    whole = [sum((part[n] for part in parts.values()), Decimal(0)) for n in (0, 1)]
    total = _rate_cells(whole[0], whole[1], found.total.percent if told == parts else None)
    return [Table("outlet", ("complaints", "consignments", "complaint_rate"), tuple(rows), total)]


def _rate_cells(part: Decimal, whole: Decimal, percent: Decimal | None) -> tuple[str, ...]:
    return f"{part:.0f}", f"{whole:.0f}", "" if percent is None else f"{percent}"


def _complaints_by_outlet(span: Span) -> dict[int, int]:
    rows = (
        Complaint.objects.annotate(came_at=Coalesce("received_at", "case__opened_at"))
        .filter(came_at__gte=span.first, came_at__lt=span.end, case__outlet__kind=Party.Kind.OUTLET)
        .values_list("case__outlet")
        .annotate(n=Count("pk"))
    )
    return dict(rows)


def _consignments_by_outlet(span: Span) -> dict[int, int]:
    """A consignment counts once for each outlet that handled it."""
    found: dict[int, int] = {}
    accepted = Waybill.objects.filter(accepted_at__gte=span.first, accepted_at__lt=span.end)
    ends = (
        accepted.filter(origin__kind=Party.Kind.OUTLET).values_list("origin"),
        accepted.filter(destination__kind=Party.Kind.OUTLET)
        .exclude(destination=F("origin"))
        .values_list("destination"),
    )
    for rows in ends:
        for pk, number in rows.annotate(n=Count("pk")):
            found[pk] = found.get(pk, 0) + number
    return found
