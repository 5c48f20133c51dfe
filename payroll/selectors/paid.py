"""A month that was paid as it would come out by what became known since: its frozen facts, and nothing else but that."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import compress, groupby
from typing import Any

from django.db.models import F, QuerySet

from kefu.policy import pay
from kefu.policy.calculations import calculation
from kefu.policy.clauses import Consequence
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.sheets import event_facts
from kefu.rulebooks.selectors import edition
from payroll.models import Exam, ExamMark, PayRun, Payslip, PayslipPart, RegisterEntry
from payroll.selectors import scores
from payroll.selectors.metrics import EXAM
from payroll.selectors.score_facts import Gathered, gather
from payroll.selectors.slips import chosen, facts_of

Kind, State = RegisterEntry.Kind, RegisterEntry.State
# What a consequence takes of the wage, as policy calls the part.
LOST = {"performance_pay_lost": "performance", "full_attendance_lost": "full_attendance"}
# Of an assessment that was published; what happened is counted again.
AS_PUBLISHED = {"month", "measured", "judged", "earlier"}


@dataclass(frozen=True, slots=True)
class Since:
    """What became known of somebody's month after it was paid: lines of the register that count no more, lines that
    take a part of the wage, the mark of its examination; None: as it was then.
    """

    gone: Sequence[RegisterEntry] = ()
    lost: Sequence[RegisterEntry] = ()
    mark: Decimal | None = None


def paid_slip(employee_id: int, month: date) -> QuerySet[Payslip]:
    """The slip of a locked month, if there is one. ``month``: its first day."""
    rows = Payslip.objects.filter(employee=employee_id, run__month=month)
    return rows.filter(run__state=PayRun.State.LOCKED).exclude(net=None)


def known_since(employee_id: int, month: date) -> Since:
    """All that earlier adjustments of a month have settled already."""
    return Since(
        gone=list(_gone(employee_id, month)),
        lost=list(_lost(employee_id, month)),
        mark=late_mark(employee_id, month),
    )


def _gone(employee_id: int, month: date) -> QuerySet[RegisterEntry]:
    rows = RegisterEntry.objects.counted().filter(employee=employee_id, month=month)
    return rows.filter(decisions__state=State.WITHDRAWN).distinct()


def _lost(employee_id: int, month: date) -> QuerySet[RegisterEntry]:
    """Of this month, and taken off the wage of a later one that is paid."""
    paid = PayRun.objects.filter(state=PayRun.State.LOCKED).values("month")
    rows = RegisterEntry.objects.counted().filter(
        employee=employee_id, kind=Kind.FORFEIT, month__gt=month, month__in=paid,
        happened_on__year=month.year, happened_on__month=month.month,
    )  # fmt: skip
    return rows.exclude(decisions__state=State.WITHDRAWN).order_by("pk")


def late_mark(employee_id: int, month: date, *, before: int | None = None) -> Decimal | None:
    """What the examination of a month came to where it was marked after the lock; of several the later one, and its
    latest correction. ``before``: as it was before that row.
    """
    rows = ExamMark.objects.filter(
        paper__employee=employee_id, paper__exam__month=month, paper__exam__kind=Exam.Kind.MONTHLY
    )
    if before is not None:
        rows = rows.exclude(pk=before)
    if not rows.exclude(month=F("paper__exam__month")).exists():
        return None
    last = rows.order_by("-paper__exam__opens_at", "-paper__exam_id", "-number").first()
    return last.mark if last else None


def late_losses(lines: Iterable[RegisterEntry]) -> dict[int, Decimal]:
    """What lines of one person take off months that were paid before they were verified, by line, in yuan below
    nought; each takes what those before it have left.
    """
    found: dict[int, Decimal] = {}
    for month, some in groupby(lines, key=lambda line: line.happened_on.replace(day=1)):
        own = list(some)
        employee_id = own[0].employee_id
        slip = paid_slip(employee_id, month).select_related("run").first()
        if slip is None:  # what was never paid cannot be lost
            found |= dict.fromkeys((line.pk for line in own), Decimal(0))
            continue
        before = known_since(employee_id, month)
        for line in own:
            after = replace(before, lost=[*before.lost, line])
            found[line.pk] = difference(inputs_of(slip, before, after))
            before = after
    return found


# The difference that it makes, from plain JSON that is kept beside what is owed.


def inputs_of(slip: Payslip, before: Since, after: Since) -> dict[str, Any]:
    """What ``difference`` is reckoned from: the frozen facts of each part without and with what is new, and the score
    sheet behind them where that moves too.
    """
    return {
        "parts": [
            {
                "version": part.rulebook_id,
                "cited": sorted({one[2] for one in part.sources} - {part.rulebook_id}),
                "before": _facts(part, before),
                "after": _facts(part, after),
            }
            for part in slip.parts.order_by("number")
        ],
        "sheet": _sheet(slip.employee_id, slip.run.month, before, after),
    }


def difference(
    inputs: Mapping[str, Any], rules: Callable[[int], Rulebook] | None = None
) -> Decimal:
    """What somebody is owed, in yuan; below nought what he owes. ``rules``: by which rulebook, given an edition's id.

    Raises Refused.
    """
    book = rules or _edition
    return _net(inputs, "after", book) - _net(inputs, "before", book)


def _edition(version_id: int) -> Rulebook:
    return edition(version_id).rules


def _net(inputs: Mapping[str, Any], side: str, rules: Callable[[int], Rulebook]) -> Decimal:
    more, grade = _rescored(inputs["sheet"], side, rules)
    known = []
    for part in inputs["parts"]:
        facts = dict(part[side])
        if more and facts.get("score") is not None:
            facts["score"] = f"{Decimal(facts['score']) + more:f}"
        if grade and facts.get("grade"):
            facts["grade"] = grade
        own = pay.PayRules.of(rules(part["version"]))
        cited = [pay.PayRules.of(rules(one)) for one in part["cited"]]
        known.append((facts_of(facts), own.citing(cited)))
    return sum((slip.net for slip, _most in pay.payslips(known)), Decimal(0))


def _rescored(
    sheet: Mapping[str, Any] | None, side: str, rules: Callable[[int], Rulebook]
) -> tuple[Decimal, str]:
    """By how much the score is higher than as it was paid, and the grade then; "" where none is given."""
    if sheet is None or sheet[side] == sheet["paid"]:
        return Decimal(0), ""
    decided = [_points(sheet, one, rules(sheet["version"])) for one in (side, "paid")]
    (points, grade), (counted, _grade) = decided
    if points is None or counted is None:
        return Decimal(0), ""
    return points - counted, grade


def _points(sheet: Mapping[str, Any], side: str, rules: Rulebook) -> tuple[Decimal | None, str]:
    mechanism = sheet["mechanism"]
    try:
        return scores.result_of(mechanism, calculation(mechanism).run(rules, sheet[side]))
    except Refused:
        return None, ""


def _facts(part: PayslipPart, since: Since) -> dict[str, Any]:
    facts = dict(part.facts)
    keys = {one.pk for one in since.gone}
    stays = [not (of == "entry" and key in keys) for of, key, _version in part.sources]
    owed = len(facts["penalties"])
    facts["penalties"] = list(compress(facts["penalties"], stays))
    facts["adjustments"] = list(compress(facts["adjustments"], stays[owed:]))
    facts["awards"] = list(facts["awards"])
    for one in since.gone:
        given = {"clause": one.clause, "amount": chosen(one)}
        if one.kind == Kind.AWARD and given in facts["awards"]:
            facts["awards"].remove(given)
    back = {one.clause for one in since.gone if one.kind == Kind.FORFEIT} - _still_lost(since.gone)
    facts["forfeited"] = [one for one in facts["forfeited"] if one["clause"] not in back]
    facts["forfeited"] += [lost for one in since.lost for lost in forfeits(one) if lost not in facts["forfeited"]]  # fmt: skip
    return facts


def forfeits(entry: RegisterEntry) -> list[dict[str, str]]:
    """The parts of the wage that a line takes, as policy's facts."""
    clause = edition(entry.rulebook_id).rules[entry.clause]
    measures = clause.measures if isinstance(clause, Consequence) else ()
    return [{"part": LOST[one], "clause": entry.clause} for one in measures if one in LOST]


def _still_lost(gone: Sequence[RegisterEntry]) -> set[str]:
    """The clauses by which another line of the month takes the same part of the wage."""
    lines = [one for one in gone if one.kind == Kind.FORFEIT]
    if not lines:
        return set()
    own = RegisterEntry.objects.counted().filter(
        employee=lines[0].employee_id, month=lines[0].month, happened_on__gte=lines[0].month
    )
    others = own.filter(kind=Kind.FORFEIT).exclude(pk__in=[one.pk for one in lines])
    return set(others.values_list("clause", flat=True))


def _sheet(employee_id: int, month: date, before: Since, after: Since) -> dict[str, Any] | None:
    """The facts of the score as it was paid, and on both sides; None where nothing moves it."""
    sides = {"paid": Since(), "before": before, "after": after}
    if not any(one.mark is not None or _points_of(one) for one in sides.values()):
        return None
    found = gather([employee_id], month)
    if not found or not found[0].mechanism:
        return None
    whole = found[0]
    published = next((row for row in whole.history if row.month == month), None)
    version = whole.using.version_id
    if published is not None and whole.mechanism == "assessment":
        version = published.rulebook_id
    told = {side: _told(whole, published, since) for side, since in sides.items()}
    return {"mechanism": whole.mechanism, "version": version, **told}


def _points_of(since: Since) -> set[int]:
    return {one.pk for one in since.gone if one.kind == Kind.POINTS}


def _told(whole: Gathered, published: Any, since: Since) -> dict[str, Any]:
    gone = _points_of(since)
    lines = [one for one in whole.lines if not (one.what == "entry" and one.key in gone)]
    if published is None or whole.mechanism != "assessment":
        late = {} if since.mark is None else {EXAM: since.mark}
        return replace(whole, lines=lines, numbers={**whole.numbers, **late}).facts()
    # What was measured and judged stays as it was published.
    facts = {name: fact for name, fact in published.facts.items() if name in AS_PUBLISHED}
    return facts | event_facts([one.item for one in lines if one.counts], whole.rules)
