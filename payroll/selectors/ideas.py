"""Suggestions as people see them: one's own, those that may be read by all, those that wait for an answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from kefu.policy.clauses import Award, Reward, ScoreEvent
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition
from payroll.models import Idea, Proposal
from payroll.selectors.people import people_of

ANSWER, PROPOSE = "payroll.answer_idea", "payroll.propose_measure"


@dataclass(frozen=True, slots=True)
class Rewarding:
    """What an adopted suggestion may bring: points from and to, or cash instead. ``merit``: the first ground
    for a merit, which can be proposed besides; "" where the rulebook has none.
    """

    clause: str
    least: Decimal | None
    most: Decimal | None
    cash: str
    merit: str


def rewarding(rules: Rulebook) -> Rewarding:
    """Source: SD-233.45, SD-233.46, ES-115.01."""
    merit = next((one.id for one in rules.in_force(Reward) if one.level == "merit"), "")
    for award in rules.in_force(Award):
        other = rules.get(award.instead_of) if award.instead_of else None
        if isinstance(other, ScoreEvent):
            return Rewarding(other.id, other.points, other.up_to, award.id, merit)
    return Rewarding("", None, None, "", merit)


def to_answer(user: Any) -> QuerySet[Idea]:
    """What waits for somebody's answer, the oldest first."""
    if not user.has_perm(ANSWER):
        return Idea.objects.none()
    rows = Idea.objects.waiting().filter(employee__in=people_of(user).values("pk"))
    return rows.select_related("employee__department").order_by("submitted_at", "pk")


def readable_by(user: Any) -> QuerySet[Idea]:
    """Answered ones whose author let all read them, and those of one's people where one answers."""
    public = Q(shown__in=[Idea.Shown.NAMED, Idea.Shown.UNNAMED])
    answered = Q(state__in=[Idea.State.ADOPTED, Idea.State.REJECTED])
    seen = public & answered
    if user.has_perm(ANSWER):
        seen |= answered & Q(employee__in=people_of(user).values("pk"))
    rows = Idea.objects.filter(seen).select_related("employee", "department", "decided_by", "entry")
    return rows.order_by("-decided_at", "-pk")


def board_of(user: Any, rows: Iterable[Idea]) -> list[tuple[Idea, str, bool]]:
    """Each with the ground under which ``user`` may propose a merit for it, "" where he may not or somebody has, and
    whether the author is one of his people, whose name he knows anyway.
    """
    ideas = list(rows)
    mine = set[int]()
    if user.has_perm(ANSWER):
        authors = people_of(user).filter(pk__in=[one.employee_id for one in ideas])
        mine = set(authors.values_list("pk", flat=True))
    proposed = set(Proposal.objects.filter(idea__in=ideas).values_list("idea", flat=True))
    found = []
    for one in ideas:
        known, adopted = one.employee_id in mine, one.state == Idea.State.ADOPTED
        may = known and adopted and one.pk not in proposed and user.has_perm(PROPOSE)
        found.append((one, rewarding_of(one).merit if may else "", known))
    return found


def own(user: Any) -> QuerySet[Idea]:
    rows = Idea.objects.filter(employee__user=user.pk)
    return rows.select_related("decided_by", "entry").order_by("-submitted_at", "-pk")


def waits_for(desk: Any, now: datetime) -> QuerySet[Any]:
    """What stands beside the page in the navigation."""
    return to_answer(desk.user).order_by()


def rewarding_of(idea: Idea) -> Rewarding:
    return rewarding(edition(idea.rulebook_id).rules)
