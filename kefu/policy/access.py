"""May this person do that here, and which duties nobody has together."""

from collections.abc import Collection
from dataclasses import dataclass

from kefu.policy.clauses import Access, Separation
from kefu.policy.conditions import Facts, applying, said
from kefu.policy.refusals import NotInRulebook, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

__all__ = ["Actor", "Permission", "conflicts", "may", "needed"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever wants to do something: his ``role``, how he stands to the object (``relations``: owner,
    subject, handler …), what is ``recorded`` for it, and whose consent, or what else, is on record
    as an exception (``consents``).
    """

    role: str = ""
    relations: Collection[str] = ()
    recorded: Collection[str] = ()
    consents: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether it is allowed, and whether each time is recorded. ``refused_by``: the clauses that
    refuse it.
    """

    refused_by: tuple[str, ...]
    logged: bool
    steps: tuple[Step, ...]

    @property
    def allowed(self) -> bool:
        return not self.refused_by


def may(rulebook: Rulebook, act: str, actor: Actor, facts: Facts | None = None) -> Permission:
    """Decide whether ``actor`` may do ``act``; every clause that speaks of it has to let it pass.

    The actor's role is one of the facts. Raises NotInRulebook for an act that no clause speaks of: then
    this rulebook does not decide it, and permissions of the product do. Raises MissingFact.
    Source: CD-04.28, CD-09.28 … CD-09.32, CD-10.16, ES-122.01, ES-138.02, ES-303.20, ES-404.03 …,
    ES-602.07, LC-01.34, LC-03.10, LC-03.18, LC-04.02, SD-213.04 … SD-214.06, SD-223.29, SD-223.30,
    SD-311.02, SD-350.03, OS-04.17 and the like.
    """
    speaking = [clause for clause in rulebook.in_force(Access) if act in clause.acts]
    if not speaking:
        raise NotInRulebook(cannot_be("who_may", code=rulebook.code, act=act))
    clauses = list(
        applying(speaking, {**({"role": actor.role} if actor.role else {}), **(facts or {})})
    )
    refused, steps = [], []
    for clause in clauses:
        if clause.lifts is not None:
            continue
        step = _refusal(clause, actor)
        lifted = _lifted(clause, clauses, actor) if step else None
        if step and lifted is None:
            refused.append(clause.id)
            steps.append(step)
        else:
            steps.append(lifted or Step.of(clause.id, "act_allowed"))
    return Permission(tuple(refused), any(clause.logged for clause in clauses), tuple(steps))


def _refusal(clause: Access, actor: Actor) -> Step | None:
    """Why the clause refuses it; None if it does not."""
    missing = [name for name in clause.needs if name not in actor.recorded]
    barred = [name for name in clause.barred if name in actor.relations]
    if not clause.allowed:
        return Step.of(clause.id, "act_forbidden")
    if clause.roles and actor.role not in clause.roles:
        return Step.of(clause.id, "act_for_roles", names=list(clause.roles), who=said(clause.roles))
    if clause.relations and not set(clause.relations) & set(actor.relations):
        return Step.of(
            clause.id, "act_for_relations", names=list(clause.relations), who=said(clause.relations)
        )
    if barred:
        return Step.of(clause.id, "act_barred", names=barred, who=said(barred))
    if missing:
        return Step.of(clause.id, "act_lacks", names=missing, what=said(missing))
    return None


def _lifted(clause: Access, clauses: Collection[Access], actor: Actor) -> Step | None:
    """The step that says who lets it pass nevertheless: the clause itself, or one that lifts it."""
    for lifting in (clause, *(other for other in clauses if other.lifts == clause.id)):
        consent = [name for name in lifting.exception if name in actor.consents]
        if consent:
            return Step.of(lifting.id, "act_excepted", names=consent, who=said(consent))
    return None


def conflicts(rulebook: Rulebook, duties: Collection[str]) -> tuple[tuple[str, str, str], ...]:
    """Return (clause, one duty, the other) for duties that one person must not have in one case.

    A rulebook without the clause keeps nothing apart. Source: LC-06.16.
    """
    return tuple(
        (clause.id, one, other)
        for clause in rulebook.in_force(Separation)
        for one, other in clause.pairs
        if one in duties and other in duties
    )


def needed(rulebook: Rulebook, act: str, facts: Facts | None = None) -> tuple[str, ...]:
    """Return what has to be on record before anybody does ``act``, clause by clause. Raises MissingFact."""
    speaking = [clause for clause in rulebook.in_force(Access) if act in clause.acts]
    names = (name for clause in applying(speaking, facts or {}) for name in clause.needs)
    return tuple(dict.fromkeys(names))
