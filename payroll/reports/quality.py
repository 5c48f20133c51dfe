"""The month's service quality beside its targets: answered in time, solved at once, satisfied (ES-603.07 to ES-603.10)."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from kefu.policy.clauses import Indicator
from kefu.policy.measures import Plan
from kefu.policy.refusals import NotInRulebook, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.reports.content import FIGURE, NAMED, Row, Span, Table
from kefu.staff.models import Employee
from payroll.reports import BY_THE_FIFTH, STEPS
from payroll.selectors.metrics import FIRST_CONTACT, RESPONSE, SATISFACTION, Numbers, metrics

REPORT = "service_quality"
METRICS = (RESPONSE, FIRST_CONTACT, SATISFACTION)
COLUMNS = (
    *("response_done", "response_of", "response_rate"),
    *("first_done", "first_of", "first_contact_rate"),
    *("ratings", "satisfaction"),
)
PERCENT, STARS = Decimal("0.1"), Decimal("0.01")
NOTHING = (Decimal(0), Decimal(0))
Shares = Mapping[str, tuple[Decimal, Decimal]]


def plan(rules: Rulebook) -> Plan:
    """The report of a rulebook that measures its people so. Raises NotInRulebook."""
    measured = _indicators(rules)
    if not measured:
        raise NotInRulebook(cannot_be("no_report", code=rules.code, report=REPORT))
    clauses = tuple(one.id for one in measured.values())
    groups = ("department", "employee")
    return Plan(REPORT, clauses, "month", STEPS, COLUMNS, groups, (), (), True, BY_THE_FIFTH)


def month(span: Span, plan: Plan, rules: Rulebook) -> list[Table]:
    """All of the centre beside the targets, then by department and by person. A share is of the sums, not the mean of
    the shares; who has no number is in no line.
    """
    by_employee = metrics(span.first_on, names=METRICS)
    people = Employee.objects.select_related("department").in_bulk(by_employee)
    mine = {pk: _shares(numbers) for pk, numbers in by_employee.items()}
    mine = {pk: shares for pk, shares in mine.items() if shares}
    departments: dict[str, list[Shares]] = {}
    for pk, shares in mine.items():
        departments.setdefault(people[pk].department.name, []).append(shares)
    whole = _sum(mine.values())
    by_name = sorted((f"{people[pk].name} {people[pk].number}", mine[pk]) for pk in mine)
    return [
        _targets(rules, whole),
        _table(
            "department", [(name, _sum(own)) for name, own in sorted(departments.items())], whole
        ),
        _table("employee", by_name, whole),
    ]


def _indicators(rules: Rulebook) -> dict[str, Indicator]:
    return {one.metric: one for one in rules.in_force(Indicator) if one.metric in METRICS}


def _shares(numbers: Numbers) -> Shares:
    return {name: share for name, share in numbers.items() if isinstance(share, tuple)}


def _sum(parts: Iterable[Shares]) -> Shares:
    found = dict.fromkeys(METRICS, NOTHING)
    for part in parts:
        for name, (done, of) in part.items():
            found[name] = (found[name][0] + done, found[name][1] + of)
    return found


def _targets(rules: Rulebook, whole: Shares) -> Table:
    """Each target, what was reached, and what is missing to it; a share in percent, satisfaction in points of five."""
    rows = []
    for name, indicator in _indicators(rules).items():
        result = _result(name, whole)
        target = indicator.target if name == SATISFACTION else indicator.target * 100
        cells = ("", "", "")
        if result is not None:
            reached = result >= target
            cells = (
                f"{result}",
                f"{(result - target).quantize(result):+}",
                "yes" if reached else "no",
            )
        rows.append(Row((FIGURE, name), (f"{target.normalize():f}", *cells, indicator.id)))
    return Table("targets", ("target", "result", "gap", "reached", "clause"), tuple(rows))


def _result(name: str, shares: Shares) -> Decimal | None:
    done, of = shares.get(name, NOTHING)
    if not of:
        return None
    if name == SATISFACTION:
        return (done / of).quantize(STARS, ROUND_HALF_UP)
    return (100 * done / of).quantize(PERCENT, ROUND_HALF_UP)


def _table(about: str, rows: Iterable[tuple[str, Shares]], whole: Shares) -> Table:
    lines = tuple(Row((NAMED, name), _cells(shares)) for name, shares in rows)
    return Table(about, COLUMNS, lines, _cells(whole))


def _cells(shares: Shares) -> tuple[str, ...]:
    cells: list[str] = []
    for name in METRICS:
        done, of = shares.get(name, NOTHING)
        result = _result(name, shares)
        counted = (f"{of:f}",) if name == SATISFACTION else (f"{done:f}", f"{of:f}")
        cells += [*counted, "" if result is None else f"{result}"]
    return tuple(cells)
