"""Open claims by their age, against the days the rulebook gives them (LC-02.11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Case, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from claims.models import Claim, Finding, Liability
from kefu import punctuation
from kefu.cases.models import Interaction
from kefu.network.models import Party
from kefu.policy.ageing import bands, begun_since, limits
from kefu.policy.moments import day_of
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition_anywhere

CLOCK = "claim_settlement"
REMINDED = "claim_reminded"
# What comes short is timed as what is lost.
SORTS = {Claim.Loss.SHORTAGE: Claim.Loss.LOSS}
ROWS = 50
WORK_MEMORY = "64MB"  # 200,000 claims with their findings are hashed and sorted in it, not on disk
ROWS_SHOWN = 30  # parties in the table; the rest is one line

# One pass over the open claims, added up as finely as anybody asks; then what is left of them, in three ways.
FIGURES = """
WITH o AS MATERIALIZED (
    SELECT c.stage, c.loss, {party} AS party, {band} AS band, count(*) AS n, coalesce(sum(c.demanded_amount), 0) AS amount
    FROM claims_claim c {joined}
    WHERE c.stage <> 'closed'
    GROUP BY 1, 2, 3, 4
)
SELECT stage, loss, party, band, sum(n), coalesce(sum(n) FILTER (WHERE {late}), 0), sum(amount)
FROM o GROUP BY GROUPING SETS ((stage, band), (loss, band), (party, band))
"""
# By party: (its column, the tables it stands in). An open case's outlet is read from an index alone.
PARTIES = {
    "outlet": (
        "k.outlet_id",
        "LEFT JOIN cases_case k ON k.id = c.case_id AND k.kind = 'claim' AND k.state <> 'closed'",
    ),
    # Who bears the largest share by the last confirmed finding.
    "liable": (
        "l.party_id",
        """LEFT JOIN (SELECT DISTINCT ON (f.claim_id) f.claim_id, s.party_id
                      FROM claims_finding f
                      JOIN claims_claim x ON x.case_id = f.claim_id AND x.stage <> 'closed'
                      JOIN claims_liability s ON s.finding_id = f.id
                      WHERE f.outcome = 'confirmed'
                      ORDER BY f.claim_id, f.id DESC, s.percent DESC, s.id) l ON l.claim_id = c.case_id""",
    ),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """``allowed``: the days by type of loss; ``edges``: where bands end, the shortest first."""

    allowed: Mapping[str, int]
    edges: tuple[int, ...]

    def since(self, now: datetime, band: int) -> tuple[datetime | None, datetime | None]:
        """(first, before): when the demands of a band came; None: without end."""
        today = day_of(now)
        first = begun_since(today, self.edges[band]) if band < len(self.edges) else None
        before = begun_since(today, self.edges[band - 1]) if band else None
        return first, before

    def label(self, band: int) -> str:
        if not self.edges:
            return _("全部")
        if band == len(self.edges):
            return _("超过 {n} 天").format(n=self.edges[-1])
        if band == 0:
            return _("{n} 天以内").format(n=self.edges[0])
        return _("{a}–{b} 天").format(a=self.edges[band - 1] + 1, b=self.edges[band])

    @property
    def number(self) -> int:
        return len(self.edges) + 1


def limits_now(now: datetime) -> Limits:
    """The days of the first edition in force that gives claims any: the centre's, else a department's."""

    def says(rules: Rulebook) -> bool:
        return bool(limits(rules, CLOCK))

    found = edition_anywhere(says, at=now)
    if found is None:
        return Limits({}, ())
    allowed = limits(found.rules, CLOCK)
    by_loss = {str(loss): allowed.get(SORTS.get(loss, loss)) for loss in Claim.Loss}
    return Limits(
        {loss: days for loss, days in by_loss.items() if days is not None}, bands(allowed)
    )


@dataclass(slots=True)
class Cell:
    """So many claims, and what is asked for them in yuan; ``late``: past the limit of their own type."""

    number: int = 0
    late: int = 0
    amount: Decimal = Decimal(0)

    def add(self, number: int, late: int, amount: Decimal) -> None:
        self.number, self.late = self.number + number, self.late + late
        self.amount += amount


@dataclass(slots=True)
class AgeRow:
    """One line of a table: ``key`` narrows the list to it, ``cells`` by band."""

    key: str
    label: str
    cells: list[Cell]
    whole: Cell = field(default_factory=Cell)


@dataclass(frozen=True, slots=True)
class Ageing:
    limits: Limits
    heads: Sequence[str]
    stages: Sequence[AgeRow]
    losses: Sequence[AgeRow]
    parties: Sequence[AgeRow]
    total: AgeRow
    others: int  # parties that are not listed


def ageing(*, by: str, now: datetime) -> Ageing:
    """All open claims in one statement; ``by``: "outlet", the one that handles them, or "liable"."""
    found = limits_now(now)
    party, joined = PARTIES[by]
    band, band_params = _band(found, now)
    late, late_params = _late(found)
    statement = FIGURES.format(party=party, joined=joined, band=band, late=late)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        cursor.execute(statement, [*band_params, *late_params])
        rows = cursor.fetchall()
    stages: dict[Any, AgeRow] = {
        one.value: _row(one.value, str(one.label), found) for one in Claim.Stage
    }
    losses: dict[Any, AgeRow] = {
        one.value: _row(one.value, str(one.label), found) for one in Claim.Loss
    }
    parties: dict[Any, AgeRow] = {}
    total = _row("", _("合计"), found)
    for stage, loss, party, at, number, past, amount in rows:
        if stage is not None:
            row = stages[stage]
            _add(total, at, number, past, amount)
        elif loss is not None:
            row = losses[loss]
        else:
            row = parties.setdefault(party, _row(str(party or 0), "", found))
        _add(row, at, number, past, amount)
    ranked = sorted(parties.values(), key=lambda row: (-row.whole.late, -row.whole.number, row.key))
    shown = _named(ranked[:ROWS_SHOWN], by)
    return Ageing(
        limits=found,
        heads=[found.label(at) for at in range(found.number)],
        stages=[row for row in stages.values() if row.key != Claim.Stage.CLOSED],
        losses=list(losses.values()),
        parties=shown,
        total=total,
        others=len(ranked) - len(shown),
    )


def _row(key: str, label: str, found: Limits) -> AgeRow:
    return AgeRow(key, label, [Cell() for _band in range(found.number)])


def _add(row: AgeRow, band: int, number: int, late: int, amount: Decimal) -> None:
    row.cells[band].add(number, late, amount)
    row.whole.add(number, late, amount)


def _named(rows: Sequence[AgeRow], by: str) -> Sequence[AgeRow]:
    names = Party.objects.in_bulk([int(row.key) for row in rows])
    nobody = _("没有网点") if by == "outlet" else _("还没有定责")
    for row in rows:
        row.label = str(names[int(row.key)]) if int(row.key) in names else nobody
    return rows


def _band(found: Limits, now: datetime) -> tuple[str, list[Any]]:
    today = day_of(now)
    if not found.edges:
        return "0", []
    whens = " ".join(f"WHEN c.demanded_at >= %s THEN {at}" for at in range(len(found.edges)))
    return f"CASE {whens} ELSE {len(found.edges)} END", [
        begun_since(today, edge) for edge in found.edges
    ]


def _late(found: Limits) -> tuple[str, list[Any]]:
    """Past the limit of their own type: the bands end where the limits do."""
    if not found.allowed:
        return "false", []
    whens = " ".join("WHEN %s THEN band > %s" for _loss in found.allowed)
    params = [
        one for loss, days in found.allowed.items() for one in (loss, found.edges.index(days))
    ]
    return f"CASE loss {whens} ELSE false END", params


# The claims behind a number.


@dataclass(frozen=True, slots=True)
class Asked:
    """What narrows the list; None and "": nothing does. ``party`` 0: those without one."""

    by: str = "outlet"
    stage: str = ""
    loss: str = ""
    party: int | None = None
    band: int | None = None
    late: bool = False


def aged_claims(*, user: Any, asked: Asked, found: Limits, now: datetime) -> QuerySet[Claim]:
    """The open claims behind a number, the oldest first; ``past``: past the limit of its own type; ``reminded``:
    how often its adjuster was urged on.
    """
    rows = Claim.objects.visible_to(user).open()
    if asked.stage:
        rows = rows.filter(stage=asked.stage)
    if asked.loss:
        rows = rows.filter(loss=asked.loss)
    if asked.party is not None and asked.by == "outlet":
        rows = rows.filter(case__outlet=asked.party or None)
    elif asked.party is not None:
        rows = rows.filter(_borne_by(asked.party))
    if asked.band is not None and asked.band < found.number:
        first, before = found.since(now, asked.band)
        rows = rows.filter(demanded_at__gte=first) if first else rows
        rows = rows.filter(demanded_at__lt=before) if before else rows
    past = _past(found, now)
    if asked.late:
        rows = rows.filter(past)
    urged = Interaction.objects.filter(case=OuterRef("pk"), action=REMINDED).order_by()
    return (
        rows.annotate(
            reminded=Subquery(urged.values("case").annotate(n=Count("pk")).values("n")),
            past=Case(
                When(past, then=Value(True)), default=Value(False), output_field=BooleanField()
            ),
        )
        .select_related("case__owner", "case__outlet", "deadline")
        .defer("case__sealed", "case__lookup", "case__search")
        .order_by("demanded_at", "pk")
    )


def _past(found: Limits, now: datetime) -> Q:
    today = day_of(now)
    late = Q(pk=None)
    for loss, days in found.allowed.items():
        late |= Q(loss=loss, demanded_at__lt=begun_since(today, days))
    return late


def _borne_by(party: int) -> Q:
    """Claims of which this party bears the largest share by the last confirmed finding; 0: nobody does."""
    largest = Liability.objects.filter(
        finding__claim=OuterRef("pk"), finding__outcome=Finding.Outcome.CONFIRMED
    ).order_by("-finding", "-percent", "pk")
    claims = Claim.objects.open().annotate(bearer=Subquery(largest.values("party")[:1]))
    return Q(pk__in=claims.filter(bearer=party or None).values("pk"))


def age_in_days(claim: Claim, now: datetime) -> int:
    """Whole days since the demand; its own day is not counted."""
    return (day_of(now) - day_of(claim.demanded_at)).days


def heading(asked: Asked, found: Limits) -> str:
    """What the list shows, in words."""
    parts = []
    if asked.stage:
        parts.append(str(Claim.Stage(asked.stage).label))
    if asked.loss:
        parts.append(str(Claim.Loss(asked.loss).label))
    if asked.party is not None:
        party = Party.objects.filter(pk=asked.party).first()
        nobody = _("没有网点") if asked.by == "outlet" else _("还没有定责")
        parts.append(str(party) if party else nobody)
    if asked.band is not None and asked.band < found.number:
        parts.append(found.label(asked.band))
    if asked.late:
        parts.append(_("已过时限"))
    return punctuation.listed(*parts) or _("全部未结理赔")
