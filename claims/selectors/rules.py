"""By which of the editions that bind here a claim is judged, matter by matter.

The edition of the day on which it was registered, throughout: a later rulebook never changes a claim.
"""

from collections.abc import Callable

from kefu.cases.models import Case
from kefu.policy.clauses import Clock, Compensation, Fields, Quota, Route
from kefu.policy.compensation import SHARES
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import Edition, edition_saying

CLOCK = "claim_settlement"
MATTER = "claim"
AGREEMENT = "claim_agreement"


def _for(case: Case, says: Callable[[Rulebook], bool]) -> Edition | None:
    return edition_saying(
        says, department_id=case.department_id, outlet_id=case.outlet_id, at=case.opened_at
    )


def clock_rules(case: Case) -> Edition | None:
    """By when it has to be settled (CD-05.17, CD-05.19)."""
    return _for(case, lambda rules: any(c.times == CLOCK for c in rules.in_force(Clock)))


def amount_rules(case: Case) -> Edition | None:
    """What the customer gets: by a formula (ES-303.13 … ES-303.19), or as agreed (LC-01.20)."""
    return _for(
        case,
        lambda rules: (
            any(rules.in_force(Compensation))
            or any(clause.form == AGREEMENT for clause in rules.in_force(Fields))
        ),
    )


def process_rules(case: Case) -> Edition | None:
    """Who is liable, who does what, in which order (LC-01.07, LC-01.18, LC-04.02 …)."""
    return _for(case, lambda rules: any(c.of == SHARES for c in rules.in_force(Quota)))


def says_where_claims_go(rules: Rulebook) -> bool:
    return any(clause.matter == MATTER for clause in rules.in_force(Route))
