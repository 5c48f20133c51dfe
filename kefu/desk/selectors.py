"""What the rulebook has a supervisor see or get of a desk's cases."""

from datetime import datetime

from kefu.cases.models import Case
from kefu.policy.clauses import Route
from kefu.policy.processes import Target, routed
from kefu.rulebooks.selectors import Edition, edition_saying

FLAGGED, ACROSS = "flagged_case", "cross_department_request"


def flags(case: Case, at: datetime) -> list[str]:
    """What a person may mark a case as so that it is the supervisor's at once; [] where no rulebook here says so
    (SD-221.04).
    """
    using = _speaking(FLAGGED, case, at)
    clauses = using.rules.in_force(Route) if using else ()
    return [one for clause in clauses if clause.matter == FLAGGED for one in clause.when["flag"]]


def targets(matter: str, case: Case, at: datetime, **facts: str) -> list[Target]:
    """Where the rulebook that speaks of a matter sends it; [] where none here does."""
    using = _speaking(matter, case, at)
    return list(routed(using.rules, matter, facts)[0]) if using else []


def _speaking(matter: str, case: Case, at: datetime) -> Edition | None:
    return edition_saying(
        lambda rules: any(clause.matter == matter for clause in rules.in_force(Route)),
        department_id=case.department_id,
        at=at,
    )
