"""The register as its page shows it: what can be entered, what waits for a decision, what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import get_language

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.entries import Enterable, enterable
from kefu.policy.vocabulary import word
from kefu.rulebooks.selectors import Edition, clause_rows, edition, edition_in_force, matching
from kefu.staff.models import Employee
from kefu.workbench.selectors.desk import Desk
from payroll.models import EntryDecision, Objection, Placement, RegisterEntry
from payroll.selectors.optins import titled
from payroll.selectors.people import people_of

FOUND = 8  # clauses offered at once
ROWS = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """A clause that can be entered, with what it says of itself."""

    line: Enterable
    title: str
    signed: Decimal | None
    measures: Sequence[str]

    @property
    def clause(self) -> str:
        return self.line.clause


def edition_of(employee: Employee, on: date, now: datetime) -> Edition | None:
    """The rulebook that binds somebody on a day: that of the department he is placed in then."""
    placed = Placement.objects.filter(employee=employee, from_on__lte=on).order_by(
        "-from_on", "-pk"
    )
    department_id = placed.values_list("department_id", flat=True).first() or employee.department_id
    at = min(datetime(on.year, on.month, on.day, 23, 59, tzinfo=SHANGHAI), now)
    try:
        return edition_in_force(department_id=department_id, at=at)
    except KefuError:
        return None


def choices(using: Edition, text: str) -> list[Choice]:
    """The clauses a person may enter that hold every word of ``text``, in the order of the rulebook."""
    language = get_language() or "zh-hans"
    lines = {clause: line for clause, line in enterable(using.rules).items() if line.by_hand}
    rows = [row for row in clause_rows(using.rules, language) if row.id in lines]
    found = rows if not text.strip() else matching(rows, text)
    return [_choice(lines[row.id], row.title, language) for row in found]


def _choice(line: Enterable, title: str, language: str) -> Choice:
    signed = None
    if line.value is not None:
        signed = line.value if line.gives else -line.value
    return Choice(line, title, signed, [word(one, language) for one in line.measures])


def undecided(user: Any) -> QuerySet[RegisterEntry]:
    """What waits for a decision among somebody's people, the oldest first; what is proposed waits elsewhere."""
    rows = RegisterEntry.objects.undecided().filter(employee__in=people_of(user), measure=None)
    return rows.select_related("employee", "reported_by").order_by("happened_on", "pk")


def objections(user: Any) -> QuerySet[Objection]:
    """Those of his people that nobody has answered, the oldest first; of measures the proposal's page answers."""
    rows = Objection.objects.filter(
        outcome="", entry__employee__in=people_of(user), entry__measure=None
    )
    return rows.select_related("entry__employee", "entry__reported_by").order_by("made_at")


def decided(user: Any) -> QuerySet[RegisterEntry]:
    """What was decided about his people, the latest first, with each decision and who took it."""
    decisions = EntryDecision.objects.select_related("decided_by").order_by("-pk")
    rows = RegisterEntry.objects.exclude(decisions=None).filter(employee__in=people_of(user))
    return (
        rows.select_related("employee", "reported_by")
        .prefetch_related(Prefetch("decisions", decisions))
        .order_by("-happened_on", "-pk")
    )


def told(entry: RegisterEntry) -> tuple[str, Choice]:
    """What the clause of a line is called, and what it is worth."""
    language = get_language() or "zh-hans"
    rules = edition(entry.rulebook_id).rules
    title = titled(rules, entry.clause, language)
    line = enterable(rules).get(entry.clause) or Enterable(entry.clause, "remark")
    choice = _choice(line, title, language)
    if entry.value is None:
        return title, choice
    signed = entry.value if line.gives else -entry.value
    return title, Choice(line, title, signed, choice.measures)


def to_decide(desk: Desk, now: datetime) -> QuerySet[Any]:
    """What stands beside the page in the navigation."""
    open_ = Objection.objects.filter(entry=OuterRef("pk"), outcome="")
    undecided_ = RegisterEntry.objects.undecided().values("pk")
    rows = RegisterEntry.objects.filter(Q(pk__in=undecided_) | Exists(open_), measure=None)
    return rows.filter(employee__in=people_of(desk.user))
