"""What moves a score, one line each: an entry of the register, a penalty, a complaint."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from inquiries.selectors.people import ComplaintAbout
from kefu.clock import SHANGHAI
from kefu.penalties.models import Penalty
from kefu.policy import sheets
from kefu.policy.scores import ScoreRules
from kefu.rulebooks.selectors import Edition
from payroll.models import RegisterEntry

EVENTS = ("verified_complaint", "complaint_by_agent")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that moves a score, or may come to. ``points``: with its sign, None where it has none of its own;
    ``counts``: it does now. ``what`` and ``key`` name its row: an entry, a penalty or a complaint.
    """

    what: str
    key: int
    clause: str
    on: date
    reason: str
    points: Decimal | None
    counts: bool
    state: str
    incident: str = ""
    granted: Decimal | None = None
    case_number: str = ""
    objection: str = ""  # none, "open", or how it was decided
    answer: str = ""
    good: bool = False

    @property
    def item(self) -> sheets.Item:
        return sheets.Item(self.clause, self.on, self.granted, self.incident)

    @property
    def objectionable(self) -> bool:
        return self.what in ("entry", "penalty") and not self.objection and not self.good


def day_of(at: datetime) -> date:
    """The day of an instant in Shanghai."""
    return at.astimezone(SHANGHAI).date()


def _signed(clause: str, using: Edition) -> Decimal | None:
    line = ScoreRules.of(using.rules).lines.get(clause)
    return None if line is None or line.up_to is not None else line.points


def entry_line(row: Any, using: Edition) -> Line:
    """``row``: a RegisterEntry with ``said`` and ``answered`` of its last objection."""
    extra = sheets.extra_clause(using.rules)
    points = _signed(row.clause, using)
    granted = row.value
    if row.clause == extra:
        points, granted = None, None
    return Line(
        what="entry",
        key=row.pk,
        clause=row.clause,
        on=row.happened_on,
        reason=row.reason,
        points=points if granted is None else granted,
        counts=row.state == RegisterEntry.State.COUNTED,
        state=str(row.get_state_display()),
        incident=row.incident,
        granted=granted,
        objection="" if row.said is None else row.said or "open",
        answer=row.answered or "",
        good=row.clause == extra or (points or granted or 0) > 0,
    )


def penalty_line(row: Any, using: Edition) -> Line:
    """``row``: a Penalty with ``case_number`` and ``waiver``, ``waived``, ``answered`` of its last waiver."""
    said = {None: "open", True: "upheld", False: "rejected"}[row.waived] if row.waiver else ""
    return Line(
        what="penalty",
        key=row.pk,
        clause=row.clause,
        on=day_of(row.incurred_at),
        reason="",
        points=_signed(row.clause, using) or -row.value,
        counts=row.state in (Penalty.State.PAYABLE, Penalty.State.SETTLED),
        state=str(row.get_state_display()),
        incident=row.case_number,
        case_number=row.case_number,
        objection=said,
        answer=row.answered or "",
    )


def complaint_lines(
    complaints: Iterable[ComplaintAbout],
    using: Edition,
    first: date,
    last: date,
    closed: Sequence[tuple[date, date, datetime]],
) -> list[Line]:
    """Complaints count once they are verified: in the sheet of the day they came, or if that was published before,
    in the one of the day they were verified (ES-204.03, CD-12.98, SD-233.43).
    """
    rules = ScoreRules.of(using.rules)
    clause = next(filter(None, (sheets.line_of(rules, event) for event in EVENTS)), None)
    clause = clause or sheets.extra_clause(using.rules)
    if clause is None:
        return []
    found = []
    for one in complaints:
        on = day_of(one.received_at)
        before = [at for since, until, at in closed if since <= on <= until]
        if one.concluded_at is not None and before and one.concluded_at > before[0]:
            on = day_of(one.concluded_at)
        if not first <= on <= last or (one.concluded_at is not None and not one.verified):
            continue
        found.append(
            Line(
                what="complaint",
                key=one.case_id,
                clause=clause,
                on=on,
                reason="",
                points=_signed(clause, using),
                counts=one.verified,
                state="verified" if one.verified else "open",
                incident=one.number,
                case_number=one.number,
            )
        )
    return found
