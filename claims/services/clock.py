"""The clock of a claim: started by the customer's demand, stopped by what was agreed or paid, never by a call."""

from datetime import datetime
from typing import Any

from claims.models import Claim
from claims.selectors.rules import clock_rules
from kefu.cases.models import Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline

# Missing things are timed and compensated as lost ones, unless a rulebook speaks of them itself.
SORTS = {Claim.Loss.SHORTAGE: Claim.Loss.LOSS}


def start(*, claim: Claim, demanded: Interaction) -> None:
    """Start counting from the demand; the origin outlet answers for it (CD-05.17 … CD-05.20)."""
    case = claim.case
    using = clock_rules(case)
    if using is None or case.outlet is None:
        return
    claim.deadline = deadlines.start_clock(
        case=case,
        action=Deadline.Action.CLAIM_SETTLEMENT,
        using=using,
        party=case.outlet,
        started_by=demanded,
    )
    claim.save(update_fields=["deadline"])


def stop(*, claim: Claim, settled: Interaction, actor: Any, now: datetime) -> None:
    """It was agreed or paid: in time or not by when that happened (CD-05.17)."""
    waiting = deadlines.settle(case=claim.case, now=now)
    own = [one for one in waiting if one.pk == claim.deadline_id]
    deadlines.keep(deadlines=own, answer=settled, actor=actor, now=now)


def release(*, claim: Claim, now: datetime) -> None:
    """Nobody waits any more; a breach that happened stays."""
    waiting = deadlines.settle(case=claim.case, now=now)
    for deadline in waiting:
        deadlines.cancel(deadline=deadline, now=now)


def run_again(*, claim: Claim) -> None:
    """What had stopped it holds no longer: it counts from the demand as if nothing had been.

    One that had run out stays as it is: the fine is once a claim.
    """
    before = claim.deadline
    if before is None or before.state not in (Deadline.State.MET, Deadline.State.CANCELLED):
        return
    claim.deadline = deadlines.start_again(deadline=before)
    claim.save(update_fields=["deadline"])
