"""The month's claims, what caused them, and what units settled by themselves (LC-01.25, LC-01.26, LC-02.12)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, Sum

from claims.models import (
    Claim,
    Finding,
    InsuranceCase,
    Liability,
    Payment,
    SelfSettledCase,
    Settlement,
)
from kefu.policy.compensation import split
from kefu.policy.measures import Plan
from kefu.policy.rulebook import Rulebook
from kefu.reports.content import NAMED, NOBODY, Fact, Label, Span, Table, grouped, summed

ONE = Decimal(1)
REGISTERED, SETTLED, OPEN = "registered_count", "settled_count", "open_at_month_end"
PAID, INSURED = "settled_amount_yuan", "insurer_recovered_yuan"
INCIDENTS, COST = "incident_count", "incident_amount_yuan"
UNKNOWN: Label = (NOBODY, "")


@dataclass(frozen=True, slots=True)
class Bearer:
    """One of the liable and his share of a hundred."""

    label: Label
    percent: Decimal


Bearers = Mapping[int, Sequence[Bearer]]


def bearers_of(claims: Sequence[int]) -> Bearers:
    """The liable of each claim by its last confirmed finding, the largest share first."""
    last = (
        Finding.objects.filter(claim__in=claims, outcome=Finding.Outcome.CONFIRMED)
        .values("claim")
        .annotate(last=Max("pk"))
        .values("last")
    )
    rows = Liability.objects.filter(finding__in=last).order_by("-percent", "pk")
    found: dict[int, list[Bearer]] = {}
    for claim, kind, party, percent in rows.values_list(
        "finding__claim", "kind", "party__name", "percent"
    ):
        label = (NAMED, party) if party else ("liable_kind", kind)
        found.setdefault(claim, []).append(Bearer(label, percent))
    return found


def monthly(span: Span, plan: Plan, rules: Rulebook) -> list[Table]:
    """Registered by the day of the demand, settled by the day of the payment, open at the end of the month; what
    insurers paid in it. By liable a count is each one's, an amount is divided by the shares.
    """
    counted = [*_counted(span)]
    bearers = bearers_of([claim for claim, _loss, _figures in counted])
    whole = [Fact(figures, {"loss_type": ("loss_type", loss)}) for _c, loss, figures in counted]
    total = summed(plan.columns, whole)
    facts = {
        "loss_type": whole,
        "liable_party": [
            fact
            for claim, _loss, figures in counted
            for fact in _divided(figures, bearers.get(claim, ()))
        ],
    }
    return [
        grouped(about, plan.columns, facts[about], total)
        for about in plan.group_by
        if about in facts
    ]


Counted = tuple[int, str, Mapping[str, Decimal]]


def _counted(span: Span) -> Iterator[Counted]:
    """Each claim that adds anything to the month, with what it adds."""
    during = {"gte": span.first, "lt": span.end}

    def within(column: str) -> dict[str, Any]:
        return {f"{column}__{end}": at for end, at in during.items()}

    for pk, loss in Claim.objects.filter(**within("demanded_at")).values_list("pk", "loss"):
        yield pk, loss, {REGISTERED: ONE}
    still = Q(closed_at=None) | Q(closed_at__gte=span.end)
    for pk, loss in Claim.objects.filter(still, demanded_at__lt=span.end).values_list("pk", "loss"):
        yield pk, loss, {OPEN: ONE}
    paid = Payment.objects.filter(**within("paid_at"))
    for pk, loss, amount in paid.values_list("claim", "claim__loss", "amount"):
        yield pk, loss, {SETTLED: ONE, PAID: amount}
    received = InsuranceCase.objects.standing().filter(**within("received_at"))
    for pk, loss, money in received.values_list("claim", "claim__loss", "received_amount"):
        yield pk, loss, {INSURED: money or Decimal(0)}


def _divided(
    figures: Mapping[str, Decimal], bearers: Sequence[Bearer], **labels: Label
) -> Iterator[Fact]:
    """What falls to each of the liable: counts whole, amounts to the fen by the largest remainders."""
    if not bearers:
        yield Fact(figures, {"liable_party": UNKNOWN, **labels})
        return
    parts = {
        name: split(figure, [one.percent for one in bearers])
        for name, figure in figures.items()
        if name.endswith("_yuan")
    }
    for at, one in enumerate(bearers):
        own = {
            name: parts[name][at] if name in parts else figure for name, figure in figures.items()
        }
        yield Fact(own, {"liable_party": one.label, **labels})


def causes(span: Span, plan: Plan, rules: Rulebook) -> list[Table]:
    """Findings that were confirmed in the month, with what was agreed on the claims they are about (LC-01.26)."""
    findings = list(
        Finding.objects.filter(
            outcome=Finding.Outcome.CONFIRMED, decided_at__gte=span.first, decided_at__lt=span.end
        )
        .order_by("claim", "-pk")
        .distinct("claim")
        .values_list(
            "claim", "cause", "claim__case__waybill__route_from", "claim__case__waybill__route_to"
        )
    )
    claims = [claim for claim, *_rest in findings]
    agreed = dict(
        Settlement.objects.filter(claim__in=claims)
        .exclude(state=Settlement.State.REFUSED)
        .values_list("claim", "amount")
    )
    bearers = bearers_of(claims)
    whole: list[Fact] = []
    divided: list[Fact] = []
    for claim, cause, origin, destination in findings:
        figures = {INCIDENTS: ONE, COST: agreed.get(claim, Decimal(0))}
        route: Label = (NAMED, f"{origin} → {destination}") if origin else UNKNOWN
        whole.append(Fact(figures, {"cause": ("cause", cause), "route": route}))
        divided += _divided(figures, bearers.get(claim, ()))
    total = summed(plan.columns, whole)
    facts = {"cause": whole, "route": whole, "liable_party": divided}
    return [
        grouped(about, plan.columns, facts[about], total)
        for about in plan.group_by
        if about in facts
    ]


def self_settled(span: Span, plan: Plan, rules: Rulebook) -> list[Table]:
    """What units settled with customers themselves, by the kinds of parties; in no other total (LC-02.12)."""
    rows = (
        SelfSettledCase.objects.standing()
        .filter(settled_on__gte=span.first_on, settled_on__lte=span.last_on)
        .values_list("party_type")
        .annotate(n=Count("pk"), yuan=Sum("amount"))
    )
    found = {kind: (n, yuan) for kind, n, yuan in rows}
    facts = [
        Fact(
            {"count": Decimal(n), "amount_yuan": Decimal(yuan)},
            {"party_type": ("party_type", kind)},
        )
        for kind in plan.group_by  # each kind has its line, also with nothing on it
        for n, yuan in [found.get(kind, (0, 0))]
    ]
    return [grouped("party_type", plan.columns, facts, summed(plan.columns, facts))]
