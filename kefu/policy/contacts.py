"""How soon a call or a chat is to be answered, what customers may give, and what a contact brings into the books."""

from dataclasses import dataclass
from datetime import time
from typing import Self

from kefu.policy.clauses import Elapsed, Quota, Schedule, Shifts
from kefu.policy.rulebook import Rulebook
from kefu.policy.scores import ScoreRules
from kefu.policy.sheets import line_of

__all__ = ["ContactRules"]

LEFT_OPEN, BAD_REVIEW = "chat_left_open", "bad_review"  # as the sheets count them
BUSINESS_LINE, EVENING = "business_line_kept", "evening_duty"


@dataclass(frozen=True, slots=True)
class ContactRules:
    """What a rulebook says of calls and chats; None where it says nothing of it.

    ``rings``: by which ring a call is answered. ``first``, ``later``: within how many seconds a chat's first and
    each later message is. All bounds are inside. ``stars``: what a customer may give, least and most.
    ``business_from``, ``business_until``: when the late shift answers the business line, both moments inside;
    ``missed``: the clause that a business call counts by which it does not.
    """

    rings: int | None = None
    rings_clause: str = ""
    first: int | None = None
    first_clause: str = ""
    later: int | None = None
    later_clause: str = ""
    stars: tuple[int, int] | None = None
    left_open: str | None = None
    bad_review: str | None = None
    missed: str | None = None
    business_from: time | None = None
    business_until: time | None = None

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        """Source: ES-203.05, ES-203.06, OS-06.02, OS-06.05, ES-603.10, SD-233.52, SD-233.63, CD-12.39, CD-12.45."""
        found: dict[str, object] = {}
        for quota in rulebook.in_force(Quota):
            if (quota.of, quota.per) == ("rings", "call") and quota.at_most is not None:
                found |= {"rings": int(quota.at_most), "rings_clause": quota.id}
            elif quota.of == "satisfaction_rating" and quota.at_most is not None:
                found["stars"] = (int(quota.at_least or 1), int(quota.at_most))
        for clock in rulebook.in_force(Elapsed):
            if (clock.times, clock.channel) == ("customer_reply", "chat") and clock.runs:
                for name in ("first", "later") if clock.message == "any" else (clock.message,):
                    seconds = int(clock.length.total_seconds())
                    found |= {name: seconds, f"{name}_clause": clock.id}
        lines = ScoreRules.of(rulebook)
        found |= {
            "left_open": line_of(lines, LEFT_OPEN),
            "bad_review": line_of(lines, BAD_REVIEW),
        }
        kept = next((s for s in rulebook.in_force(Schedule) if s.subject == BUSINESS_LINE), None)
        if kept is not None and kept.id in lines.lines:
            found |= {"missed": kept.id, "business_until": kept.last()}
            found["business_from"] = _evening(rulebook)
        return cls(**found)  # type: ignore[arg-type]

    def missed_in_the_evening(self, clock_time: time) -> bool:
        """Was the business line to be answered by the late shift at this wall time? 19:30:00 is still inside.

        Source: CD-12.39, CD-12.45.
        """
        if self.missed is None or self.business_until is None or self.business_from is None:
            return False
        return self.business_from <= clock_time <= self.business_until


def _evening(rulebook: Rulebook) -> time | None:
    """When the late shift begins, where the rulebook has one."""
    windows = (
        window
        for clause in rulebook.in_force(Shifts)
        for shift in clause.shifts
        if shift.name == EVENING
        for window in shift.windows or ()
    )
    return next((time.fromisoformat(window.opens) for window in windows), None)
