"""What a try-out comes to: totals, and by whom. Every sum is made of the same lines, so they all agree."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Sum

from kefu.network.models import Party
from kefu.replay.decisions import COUNTS, WAITS, Change
from kefu.replay.models import Run
from kefu.staff.models import Department

PEOPLE = frozenset({Party.Kind.EMPLOYEE, Party.Kind.COURIER, Party.Kind.DRIVER})


@dataclass(slots=True)
class Sums:
    """Yuan or points: as it stands, and as it would be."""

    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        return self.after - self.before

    def add(self, before: Decimal, after: Decimal) -> None:
        self.before += before
        self.after += after


@dataclass(slots=True)
class Both:
    fine: Sums = field(default_factory=Sums)
    points: Sums = field(default_factory=Sums)

    def of(self, unit: str) -> Sums:
        return self.fine if unit == "fine" else self.points

    @property
    def anything(self) -> bool:
        return any((self.fine.before, self.fine.after, self.points.before, self.points.after))


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a table: a party, a department or a clause, and what is borne there."""

    key: int | str | None
    name: str
    sums: Both


@dataclass(slots=True)
class Result:
    """What counts, in all and by whom; and what may still come to count."""

    counting: Both = field(default_factory=Both)
    waiting: Both = field(default_factory=Both)
    parties: dict[int, Both] = field(default_factory=dict)
    departments: dict[int | None, Both] = field(default_factory=dict)
    clauses: dict[str, Both] = field(default_factory=dict)

    def add(self, change: Change, department_id: int | None) -> None:
        """Add what one party bears for a decision of a department, or for many in the same states."""

        def of(states: frozenset[str]) -> tuple[Decimal, Decimal]:
            return (
                change.before if change.before_state in states else Decimal(0),
                change.after if change.after_state in states else Decimal(0),
            )

        self.waiting.of(change.unit).add(*of(WAITS))
        for sums in (
            self.counting,
            self.parties.setdefault(change.party_id, Both()),
            self.departments.setdefault(department_id, Both()),
            self.clauses.setdefault(change.clause, Both()),
        ):
            sums.of(change.unit).add(*of(COUNTS))


@dataclass(frozen=True, slots=True)
class Tables:
    """Everybody who bears something, those for whom most changes first; each table with its sum."""

    outlets: list[Group]
    people: list[Group]
    departments: list[Group]
    clauses: list[Group]


def result(run: Run) -> Result:
    found = Result()
    names = ("department", "clause", "party", "unit", "before_state", "after_state")
    rows = run.lines.order_by().values_list(*names).annotate(Sum("before"), Sum("after"))
    for department, clause, party, unit, before_state, after_state, before, after in rows:
        found.add(Change(clause, party, unit, before, before_state, after, after_state), department)
    return found


def tables(found: Result) -> Tables:
    parties = Party.objects.in_bulk(found.parties)
    departments = Department.objects.in_bulk(pk for pk in found.departments if pk is not None)
    by_party = [
        (party.kind in PEOPLE, (pk, party_name(party), found.parties[pk]))
        for pk, party in parties.items()
    ]
    return Tables(
        outlets=_groups(group for person, group in by_party if not person),
        people=_groups(group for person, group in by_party if person),
        departments=_groups(
            (pk, str(departments[pk]) if pk is not None else "–", both)
            for pk, both in found.departments.items()
        ),
        clauses=_groups((clause, clause, both) for clause, both in found.clauses.items()),
    )


def party_name(party: Party) -> str:
    """A person is told apart by his number, an outlet by its name."""
    return f"{party.name} {party.code}" if party.kind in PEOPLE else party.name


def _groups(rows: Iterable[tuple[int | str | None, str, Both]]) -> list[Group]:
    found = [Group(key, name, both) for key, name, both in rows if both.anything]
    return sorted(
        found,
        key=lambda one: (
            -abs(one.sums.fine.difference),
            -abs(one.sums.points.difference),
            one.name,
        ),
    )


def total(groups: Iterable[Group]) -> Both:
    """The foot of a table, added up from its lines."""
    found = Both()
    for one in groups:
        for unit in ("fine", "points"):
            sums = one.sums.of(unit)
            found.of(unit).add(sums.before, sums.after)
    return found


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Decisions the version cannot make, and what they cost as they stand."""

    n: int
    fines: Decimal
    points: Decimal


def left_out(run: Run) -> LeftOut:
    sums = run.gaps.aggregate(n=Count("pk"), fines=Sum("fines"), points=Sum("points"))
    return LeftOut(sums["n"], sums["fines"] or Decimal(0), sums["points"] or Decimal(0))
