"""The month's rewards and penalties of a department, line by line and person by person (SD-221.11, SD-233.03)."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from kefu.clock import SHANGHAI
from kefu.penalties.models import Penalty
from kefu.policy.entries import Enterable, enterable
from kefu.policy.months import last_day, month_of
from kefu.policy.scores import ScoreRules
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Department, Employee
from payroll.models import RegisterEntry
from payroll.selectors.scores import running, score_of

Kind = RegisterEntry.Kind
TAKES = {Kind.FINE, Kind.CHARGE}
ZERO = Decimal(0)


def statistics(department: Department, month: date, *, today: date) -> dict[str, Any]:
    """Return the lines of the month as plain JSON: {"people": [{"number", "name", "lines": […], "score", "points",
    "yuan"}], "points", "yuan", "lines"}; points and yuan with their signs, what costs below nought. The score is that
    of ``today`` while the month goes on.
    """
    people = {
        one.pk: one for one in Employee.objects.filter(department=department).order_by("number")
    }
    lines = _entries(people, month) + _penalties(people, month)
    over = today > last_day(month_of(month))
    scored = score_of(people.values(), month) if over else running(people.values(), month)
    found = []
    for pk, one in people.items():
        own = sorted(
            (line for line in lines if line["employee"] == pk), key=lambda line: line["on"]
        )
        score = scored.get(pk)
        if not own and (score is None or score.points is None):
            continue
        found.append(
            {
                "number": one.number,
                "name": one.name,
                "lines": [{k: v for k, v in line.items() if k != "employee"} for line in own],
                "score": str(score.points) if score and score.points is not None else "",
                "score_yuan": str(-score.money) if score and score.money else "",
                "points": _sum(own, "points"),
                "yuan": _sum(own, "yuan"),
            }
        )
    return {
        "people": found,
        "points": _sum(lines, "points"),
        "yuan": _sum(lines, "yuan"),
        "lines": len(lines),
    }


def _sum(lines: list[dict[str, Any]], name: str) -> str:
    return str(sum((Decimal(line[name]) for line in lines if line[name]), ZERO))


def _entries(people: Mapping[int, Employee], month: date) -> list[dict[str, Any]]:
    rows = RegisterEntry.objects.counted().of_month(month).filter(employee__in=people)
    return [_entry(row) for row in rows]


def _entry(row: RegisterEntry) -> dict[str, Any]:
    rules = edition(row.rulebook_id).rules
    line = enterable(rules).get(row.clause) or Enterable(row.clause, "remark")
    value = row.value if row.value is not None else line.value
    sign = 1 if line.gives else -1
    points = value * sign if row.kind == Kind.POINTS and value is not None else None
    yuan = None
    if row.kind in TAKES and value is not None:
        yuan = -value
    elif row.kind == Kind.AWARD and value is not None:
        yuan = value
    return _line(row.employee_id, row.happened_on, row.clause, row.reason, points, yuan, row.kind)


def _penalties(people: Mapping[int, Employee], month: date) -> list[dict[str, Any]]:
    by_party = {one.party_id: pk for pk, one in people.items()}
    first = datetime.combine(month, time.min, SHANGHAI)
    end = datetime.combine(last_day(month_of(month)) + timedelta(days=1), time.min, SHANGHAI)
    rows = Penalty.objects.filter(
        party__in=by_party,
        state__in=[Penalty.State.PAYABLE, Penalty.State.SETTLED],
        incurred_at__gte=first,
        incurred_at__lt=end,
    ).select_related("case")
    return [_penalty(row, by_party[row.party_id]) for row in rows]


def _penalty(row: Penalty, employee_id: int) -> dict[str, Any]:
    on = row.incurred_at.astimezone(SHANGHAI).date()
    if row.kind == Penalty.Kind.FINE:
        return _line(employee_id, on, row.clause, row.case.number, None, -row.value, row.kind)
    lines = ScoreRules.of(edition(row.rulebook_id).rules).lines
    points = lines[row.clause].points if row.clause in lines else -row.value
    return _line(employee_id, on, row.clause, row.case.number, points, None, row.kind)


def _line(
    employee_id: int,
    on: date,
    clause: str,
    reason: str,
    points: Decimal | None,
    yuan: Decimal | None,
    kind: str,
) -> dict[str, Any]:
    return {
        "employee": employee_id,
        "on": on.isoformat(),
        "clause": clause,
        "reason": reason,
        "points": "" if points is None else str(points),
        "yuan": "" if yuan is None else str(yuan),
        "kind": kind,
    }
