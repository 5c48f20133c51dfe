"""Replies that nobody has opened, and the hours at which a desk looks through them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.policy.moments import DAY, day_of, end_of
from kefu.policy.recurring import Occurrence, occurrences, recurring
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition_in_force
from kefu.workbench.selectors import PAGE_ROWS
from problem_parcels.models import Message, ReplyCheck
from problem_parcels.models.messages import MessageQuerySet

SUBJECT = "reply_check"
# Looked through within the hour before, what arrives in the rest of it is seen at the next.
EARLY = timedelta(hours=1)


def unread_replies(user: Any, department_id: int | None) -> MessageQuerySet:
    """What the other outlets answered and nobody of the department has opened, oldest first (CD-04.13)."""
    found = Message.objects.visible_to(user).unread_replies()
    return found.filter(case__department=department_id).exclude(sender__kind=Party.Kind.COMPANY)


@dataclass(frozen=True, slots=True)
class Replies:
    """``later``: there are more than fit on the page."""

    rows: Sequence[Message]
    later: bool


def inbox(*, user: Any, department_id: int | None) -> Replies:
    """The oldest unread ones; opened, they leave and the next move up."""
    rows = list(
        unread_replies(user, department_id)
        .select_related("case__owner", "case__problem_parcel", "sender")
        .defer("sealed", "case__sealed", "case__search", "case__lookup")[: PAGE_ROWS + 1]
    )
    return Replies(rows[:PAGE_ROWS], len(rows) > PAGE_ROWS)


@dataclass(frozen=True, slots=True)
class Slot:
    """One hour at which a desk looks through its replies. ``state``: done, late, missed, due or ahead."""

    due_at: datetime
    clause: str
    state: str
    check: ReplyCheck | None


@dataclass(frozen=True, slots=True)
class Checks:
    """The slots of yesterday and today, in order of time."""

    slots: Sequence[Slot]

    @property
    def missed(self) -> Sequence[Slot]:
        return [slot for slot in self.slots if slot.state == "missed"]

    @property
    def due(self) -> Slot | None:
        """The one a check made now is for."""
        return next((slot for slot in self.slots if slot.state == "due"), None)

    @property
    def last_at(self) -> datetime | None:
        """When somebody last looked."""
        return max((slot.check.checked_at for slot in self.slots if slot.check), default=None)


def reply_checks(*, department_id: int | None, now: datetime) -> Checks:
    """Return when the desk looked through its replies, and when it ought to (CD-07.08).

    One is due from an hour before its time until it is made; it is missed when the next one's hour begins, or
    the day is over. A desk owes none for an hour before the oldest of its open parcels.
    """
    rules = edition_in_force(department_id=department_id, at=now).rules
    wanted = _wanted(rules, now)
    if not wanted:
        return Checks([])
    made = {
        check.due_at: check
        for check in ReplyCheck.objects.filter(
            department=department_id, due_at__in=[one.due_at for one in wanted]
        ).select_related("checked_by")
    }
    oldest = (
        Case.objects.open()
        .filter(kind=Case.Kind.PROBLEM_PARCEL, department=department_id)
        .order_by("opened_at")
        .values_list("opened_at", flat=True)
        .first()
    )
    nexts = [*(one.due_at - EARLY for one in wanted[1:]), end_of(day_of(now))]
    return Checks(
        [
            Slot(
                one.due_at,
                one.clause,
                _state(one, min(then, end_of(one.on)), made.get(one.due_at), now),
                made.get(one.due_at),
            )
            for one, then in zip(wanted, nexts, strict=True)
            if one.due_at in made or (oldest is not None and oldest < one.due_at)
        ]
    )


def _wanted(rules: Rulebook, now: datetime) -> list[Occurrence]:
    today = day_of(now)
    try:
        clause = recurring(SUBJECT, rules)
    except NotInRulebook:
        return []
    return list(occurrences(clause, today - DAY, today))


def _state(wanted: Occurrence, ends_at: datetime, made: ReplyCheck | None, now: datetime) -> str:
    if made is not None:
        return "late" if made.late else "done"
    if now < wanted.due_at - EARLY:
        return "ahead"
    return "due" if now < ends_at else "missed"
