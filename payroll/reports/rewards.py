"""The month's rewards and penalties line by line, by outlet and by department (LC-01.14, LC-03.08, LC-03.09).

A line is of the month in which it was decided; what is taken back later is a negative line of the later month.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from kefu.clock import SHANGHAI
from kefu.ledger.models import Account, Entry, Posting
from kefu.network.models import Party
from kefu.penalties.models import Penalty, PenaltyEvent
from kefu.policy.entries import enterable
from kefu.policy.measures import Plan
from kefu.policy.rulebook import Rulebook
from kefu.reports.content import NAMED, Fact, Figures, Label, Row, Span, Table, grouped, summed
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee
from payroll.models import EntryDecision, RegisterEntry

FIGURES = (
    "reward_count",
    "reward_amount_yuan",
    "penalty_count",
    "penalty_amount_yuan",
    "net_yuan",
)
DETAIL = ("target_of", "direction", "clause", "points", "amount_yuan", "reason", "decided_by")
REWARD, PENALTY = "reward", "penalty"
ZERO = Decimal(0)
Kind, State = RegisterEntry.Kind, RegisterEntry.State


@dataclass(frozen=True, slots=True)
class Line:
    """One reward or penalty of the month; ``sign`` is -1 where it takes an earlier one back. ``yuan`` and ``points``
    without a sign; ``by``: who decided, "" where the rule did.
    """

    at: datetime
    party_id: int
    direction: str
    clause: str
    yuan: Decimal
    points: Decimal
    reason: str
    by: str
    sign: int = 1


def detail(span: Span, plan: Plan, rules: Rulebook) -> list[Table]:
    """Every line of the month by outlet and by department, and one by one."""
    lines = sorted([*_booked(span), *_points(span), *_entered(span)], key=lambda one: one.at)
    targets = _targets({one.party_id for one in lines})
    facts = {
        about: [
            Fact(_figures(one), {about: targets[one.party_id][about]})
            for one in lines
            if about in targets[one.party_id]
        ]
        for about in ("outlet", "department")
    }
    tables = [
        grouped(about, FIGURES, own, summed(FIGURES, own))
        for about, own in facts.items()
        if about in plan.group_by
    ]
    return [*tables, _detail(lines, targets)]


def _figures(line: Line) -> Figures:
    one, yuan = Decimal(line.sign), line.yuan * line.sign
    if line.direction == REWARD:
        return {"reward_count": one, "reward_amount_yuan": yuan, "net_yuan": yuan}
    return {"penalty_count": one, "penalty_amount_yuan": yuan, "net_yuan": -yuan}


def _detail(lines: Iterable[Line], targets: Mapping[int, Mapping[str, Label]]) -> Table:
    return Table(
        "detail",
        DETAIL,
        tuple(
            Row(
                (NAMED, f"{one.at.astimezone(SHANGHAI):%m-%d %H:%M}"),
                (
                    targets[one.party_id]["name"][1],
                    one.direction,
                    one.clause,
                    _signed(one.points, one.sign),
                    _signed(one.yuan, one.sign),
                    one.reason,
                    one.by,
                ),
            )
            for one in lines
        ),
    )


def _signed(number: Decimal, sign: int) -> str:
    return f"{number * sign}" if number else ""


# Where the lines come from.


def _booked(span: Span) -> Iterator[Line]:
    """Fines as the journal has them: booked when they count, taken back by an entry of its own."""
    rows = Posting.objects.filter(
        account__book=Account.Book.FINES, entry__at__gte=span.first, entry__at__lt=span.end
    ).select_related("entry__reverses", "entry__posted_by", "account")
    found = [row for row in rows if (row.entry.reverses or row.entry).kind == Entry.Kind.PENALTY]
    penalties = Penalty.objects.select_related("case").in_bulk(
        {int(row.entry.source.partition(":")[2]) for row in found}
    )
    for row in found:
        penalty = penalties[int(row.entry.source.partition(":")[2])]
        yield Line(
            row.entry.at,
            row.account.party_id,
            PENALTY,
            penalty.clause,
            abs(row.amount),
            ZERO,
            penalty.case.number,
            str(row.entry.posted_by or ""),
            1 if row.amount > 0 else -1,
        )


def _points(span: Span) -> Iterator[Line]:
    """Points are no money and stand in no journal: they count from the fact that they waited for."""
    events = PenaltyEvent.objects.filter(penalty=OuterRef("pk"))
    confirmed = events.filter(kind=PenaltyEvent.Kind.CONFIRMED).order_by("at")
    reversed_ = events.filter(kind=PenaltyEvent.Kind.REVERSED).order_by("at")
    counted = [Penalty.State.PAYABLE, Penalty.State.SETTLED, Penalty.State.REVERSED]
    rows = (
        Penalty.objects.filter(kind=Penalty.Kind.POINTS, state__in=counted)
        .annotate(
            confirmed_at=Subquery(confirmed.values("at")[:1]),
            reversed_at=Subquery(reversed_.values("at")[:1]),
        )
        .annotate(counted_at=Coalesce("confirmed_at", "decided_at"))
        .filter(
            Q(counted_at__gte=span.first, counted_at__lt=span.end)
            | Q(reversed_at__gte=span.first, reversed_at__lt=span.end)
        )
        .select_related("case")
    )
    for row in rows:
        # Taken back before the fact that it waited for, it never counted.
        if row.condition != "at_once" and row.confirmed_at is None and row.reversed_at is not None:
            continue
        line = Line(
            row.counted_at, row.party_id, PENALTY, row.clause, ZERO, row.value, row.case.number, ""
        )
        if span.has(row.counted_at):
            yield line
        if span.has(row.reversed_at):
            yield replace(line, at=row.reversed_at, sign=-1)


def _entered(span: Span) -> Iterator[Line]:
    """What people wrote down of somebody, from the decision that it counts; withdrawn, by the decision that it does
    not.
    """
    rows = EntryDecision.objects.filter(
        decided_at__gte=span.first,
        decided_at__lt=span.end,
        state__in=[State.COUNTED, State.WITHDRAWN],
    ).exclude(entry__kind=Kind.REMARK)
    for row in rows.select_related("entry__employee", "decided_by"):
        entry = row.entry
        known = enterable(edition(entry.rulebook_id).rules).get(entry.clause)
        value = entry.value if entry.value is not None else known.value if known else None
        gives = entry.kind == Kind.AWARD or bool(known and known.gives)
        yield Line(
            row.decided_at,
            entry.employee.party_id,
            REWARD if gives else PENALTY,
            entry.clause,
            (value or ZERO) if entry.kind not in (Kind.POINTS, Kind.FORFEIT) else ZERO,
            (value or ZERO) if entry.kind == Kind.POINTS else ZERO,
            entry.reason,
            str(row.decided_by or ""),
            1 if row.state == State.COUNTED else -1,
        )


def _targets(party_ids: Iterable[int]) -> dict[int, dict[str, Label]]:
    """By party: its name, and the outlet or the department that its lines are summed up under."""
    people = {
        one.party_id: one
        for one in Employee.objects.filter(party__in=party_ids).select_related("department")
    }
    found: dict[int, dict[str, Label]] = {}
    for party in Party.objects.filter(pk__in=party_ids):
        found[party.pk] = {"name": (NAMED, party.name)}
        if party.pk in people:
            department = people[party.pk].department
            found[party.pk]["department"] = (NAMED, department.name)
        else:
            found[party.pk]["outlet"] = (NAMED, party.name)
    return found
