"""Reads about penalties that others need."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from kefu.penalties.models import FOUND_BY_PEOPLE, Penalty
from kefu.policy.explanation import Explanation, explain_penalty
from kefu.rulebooks.selectors import confirmed_when, edition
from kefu.staff.models import Employee


def explained(penalty: Penalty, language: str) -> Explanation:
    """Tell a penalty from what its row keeps and from what became known after the breach."""
    using = edition(penalty.rulebook_id)
    return explain_penalty(
        {
            **penalty.inputs,
            **_later_facts(penalty),
            "state": penalty.state,
            "disputed": penalty.disputed,
        },
        language,
        using.rules,
        version=using.number,
        effective_on=using.effective_on,
    )


def before_reading() -> Q:
    """Penalties of employees who had not confirmed the edition when it happened; outlets confirm nothing.

    A condition of the row's own query: a list of any length asks nothing more.
    """
    confirmed = confirmed_when(party="party", version="rulebook", at="incurred_at")
    return Q(Exists(Employee.objects.filter(party=OuterRef("party")))) & ~Q(Exists(confirmed))


def happened_before_reading(penalty: Penalty) -> bool:
    return Penalty.objects.filter(before_reading(), pk=penalty.pk).exists()


def open_steps(penalty: Penalty, *, actor: Any) -> frozenset[str]:
    """What ``actor``, if he has the right, may still do with a penalty, as the pages call it:
    "propose-waiver", "release", "confirm".
    """
    state = penalty.state
    if state in (Penalty.State.REVERSED, Penalty.State.LAPSED):
        return frozenset()
    steps = set()
    if not penalty.waivers.filter(approved=None).exists():
        steps.add("propose-waiver")
    if penalty.party_id != actor.party_id:  # nobody judges what he bears himself
        if state == Penalty.State.HELD:
            steps.add("release")
        if state == Penalty.State.PROVISIONAL and penalty.condition in FOUND_BY_PEOPLE:
            steps.add("confirm")
    return frozenset(steps)


def _later_facts(penalty: Penalty) -> dict[str, Any]:
    """The arithmetic of the due time, the answer, and what confirmed or undid the penalty."""
    facts: dict[str, Any] = {}
    deadline = penalty.deadline
    if deadline is not None:
        facts["due"] = deadline.inputs
        if deadline.answered_at is not None:
            facts["answered_at"] = deadline.answered_at.isoformat()
    events = list(
        penalty.events.all()
    )  # in the order of their model; who explains many fetches them before
    complaints = [event.fact["complaint"] for event in events if "complaint" in event.fact]
    facts["complaints"] = len(complaints)
    if complaints:
        facts["complaint"] = complaints[0]
    for event in events:
        facts |= {key: event.fact[key] for key in ("called_at", "reversal") if key in event.fact}
    return facts
