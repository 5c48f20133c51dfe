"""Proposals of rewards and sanctions: who may see and do what, what waits, what is on somebody's record."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import get_language

from kefu.policy.clauses import Consequence
from kefu.policy.entries import enterable
from kefu.policy.explanation import Line, explain
from kefu.policy.ladders import Happening, since
from kefu.policy.rulebook import Rulebook
from kefu.policy.sanctions import Accumulated, Proposable, accumulated, event_counted, proposable
from kefu.policy.steps import Step
from kefu.rulebooks.selectors import Edition, clause_rows, edition, matching
from kefu.staff.models import Department, Employee
from payroll.models import Level, Objection, Proposal, ProposedMeasure, RegisterEntry
from payroll.models.discipline import REWARDS
from payroll.selectors.departments import ruled
from payroll.selectors.people import people_of

PROPOSE, VERIFY = "payroll.propose_measure", "payroll.verify_measure"
DECIDE, DECIDE_GRAVE, REVIEW = (
    "payroll.decide_measure",
    "payroll.decide_grave_measure",
    "payroll.review_measure",
)
LIGHT = {Level.COMMENDATION, Level.WARNING}
State = RegisterEntry.State


def right_for(level: str) -> str:
    """The right it takes to decide on a level."""
    return DECIDE if level in LIGHT else DECIDE_GRAVE


# What somebody sees. A colleague sees nothing of another's sanctions, nor of rewards before they are decided.


def visible_to(user: Any) -> QuerySet[Proposal]:
    """His own (a reward once it is decided), those he proposed, and those about his people where he has a part in
    verifying, deciding or reviewing.
    """
    own = Q(employee__user=user.pk) & (Q(rewards=False) | Q(state=Proposal.State.DECIDED))
    seen = own | Q(proposed_by=user.pk)
    if any(user.has_perm(right) for right in (VERIFY, DECIDE, REVIEW)):
        seen |= Q(employee__in=people_of(user).values("pk"))
    return Proposal.objects.filter(seen)


def with_all(rows: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """With the people and the lines of the register, in as many questions however many rows."""
    measures = ProposedMeasure.objects.select_related("entry").prefetch_related(
        Prefetch(
            "entry__objections",
            Objection.objects.select_related("made_by", "decided_by").order_by("pk"),
        ),
        "entry__decisions__decided_by",
    )
    return rows.select_related(
        "employee__user",
        "department",
        "proposed_by",
        "verified_by",
        "decided_by",
        "filed_by",
        "idea",
    ).prefetch_related(Prefetch("measures", measures))


def _grave(user: Any) -> Any:
    """Whether all that is asked for is this user's to decide."""
    allowed = [level for level in Level.values if user.has_perm(right_for(level))]
    beyond = ProposedMeasure.objects.filter(proposal=OuterRef("pk")).exclude(asked__in=allowed)
    return ~Exists(beyond)


def to_verify(user: Any) -> QuerySet[Proposal]:
    """Penalties against his people that he may verify: not those he proposed."""
    if not user.has_perm(VERIFY):
        return Proposal.objects.none()
    rows = Proposal.objects.to_verify().filter(employee__in=people_of(user).values("pk"))
    return rows.exclude(proposed_by=user.pk)


def to_decide(user: Any) -> QuerySet[Proposal]:
    """What he may decide: not what he proposed, and what is grave only where his office reaches that far."""
    if not user.has_perm(DECIDE):
        return Proposal.objects.none()
    rows = Proposal.objects.to_decide().filter(employee__in=people_of(user).values("pk"))
    return rows.filter(_grave(user)).exclude(proposed_by=user.pk)


def to_file(user: Any) -> QuerySet[Proposal]:
    """Decisions that still have to go into the file: not by whoever decided."""
    if not user.has_perm(REVIEW):
        return Proposal.objects.none()
    rows = Proposal.objects.filter(state=Proposal.State.DECIDED, filed_at=None)
    return rows.filter(employee__in=people_of(user).values("pk")).exclude(decided_by=user.pk)


def to_answer(user: Any) -> QuerySet[Proposal]:
    """What is said against somebody and he has not answered yet, and decisions he has not read."""
    own = Proposal.objects.filter(employee__user=user.pk)
    heard = own.to_verify().filter(stated_at=None)
    return heard | own.filter(state=Proposal.State.DECIDED, signed_at=None)


def objections(user: Any) -> QuerySet[Objection]:
    """Objections to what was decided, for whoever had no part in it."""
    if not user.has_perm(REVIEW):
        return Objection.objects.none()
    rows = Objection.objects.filter(
        outcome="", entry__measure__isnull=False, entry__employee__in=people_of(user).values("pk")
    )
    return rows.exclude(entry__measure__proposal__decided_by=user.pk).exclude(
        entry__measure__proposal__proposed_by=user.pk
    )


def hints(user: Any) -> list[RegisterEntry]:
    """What the facts say should be looked at and nobody has proposed yet, the oldest first."""
    if not user.has_perm(PROPOSE):
        return []
    rows = (
        RegisterEntry.objects.undecided()
        .filter(
            kind=RegisterEntry.Kind.REMARK, measure=None, employee__in=people_of(user).values("pk")
        )
        .select_related("employee__department")
        .order_by("happened_on", "pk")
    )
    return [row for row in rows if row.clause in proposable(edition(row.rulebook_id).rules)]


def waits_for(desk: Any, now: datetime) -> QuerySet[Any]:
    """What stands beside the page in the navigation: what this user can move on."""
    ids = [rows.values("pk") for rows in (to_verify(desk.user), to_decide(desk.user))]
    return Proposal.objects.filter(Q(pk__in=ids[0]) | Q(pk__in=ids[1]))


def waits_for_me(desk: Any, now: datetime) -> QuerySet[Any]:
    return to_answer(desk.user)


# What can be proposed.


@dataclass(frozen=True, slots=True)
class Ground:
    """A clause that can be proposed, as the form offers it."""

    line: Proposable
    title: str
    levels: Sequence[tuple[str, str]]  # with their labels

    @property
    def clause(self) -> str:
        return self.line.clause


def grounds(using: Edition, text: str = "", *, rewards: bool | None = None) -> list[Ground]:
    """The clauses a person may propose that hold every word of ``text``, in the order of the rulebook."""
    language = get_language() or "zh-hans"
    lines = {
        clause: line
        for clause, line in proposable(using.rules).items()
        if line.by_hand and rewards in (None, line.rewards)
    }
    rows = [row for row in clause_rows(using.rules, language) if row.id in lines]
    found = rows if not text.strip() else matching(rows, text)
    return [_ground(lines[row.id], row.title) for row in found]


def _ground(line: Proposable, title: str) -> Ground:
    return Ground(line, title, [(one, str(Level(one).label)) for one in line.levels])


def title_of(entry: RegisterEntry) -> str:
    """What its clause is called in the reader's language; empty where the edition has it no more."""
    rules = edition(entry.rulebook_id).rules
    return rules[entry.clause].label(get_language() or "zh-hans") if entry.clause in rules else ""


def ground_of(hint: RegisterEntry) -> Ground:
    """The clause of a suggestion, with the levels that may be asked for."""
    return _ground(proposable(edition(hint.rulebook_id).rules)[hint.clause], title_of(hint))


def nothing_to_propose(user: Any, *, at: datetime) -> list[Edition]:
    """The rulebooks of his people, each once, where no one of them has a reward or a sanction that a person may
    propose; empty where one has, or where nobody is bound by any.
    """
    theirs = Department.objects.filter(pk__in=people_of(user).values("department_id"))
    bound = {using.version_id: using for _department, using in ruled(theirs, at=at)}.values()
    by_hand = any(line.by_hand for using in bound for line in proposable(using.rules).values())
    return [] if by_hand else list(bound)


# The record.


def times_before(rules: Rulebook, employee: Employee, clause: str, on: date) -> int:
    """How often what a clause counts was counted for somebody up to a day, in the period the clause names."""
    found = rules[clause]
    if not isinstance(found, Consequence) or found.counts is None:
        return 0
    event = event_counted(rules, found.counts.of)
    if event is None:
        return 0
    days = RegisterEntry.objects.counted().filter(
        employee=employee, clause=event.id, happened_on__lte=on
    )
    history = [
        Happening(of=found.counts.of, on=day) for day in days.values_list("happened_on", flat=True)
    ]
    return sum(1 for _one in since(history, found.counts.of, found.counts.within, on))


def accumulation(rules: Rulebook, employee: Employee, clause: str, on: date) -> Accumulated:
    """What earlier times do to it."""
    return reckoned(rules, clause, times_before(rules, employee, clause, on))


def reckoned(rules: Rulebook, clause: str, before: int) -> Accumulated:
    """What so many earlier times do to it. Of what is counted elsewhere (complaints, absence, grades) the steps are
    told by whatever suggested it.
    """
    found = rules[clause]
    counts = found.counts if isinstance(found, Consequence) else None
    if counts is not None and event_counted(rules, counts.of) is None:
        return Accumulated(0, "", ())
    return accumulated(rules, clause, before)


def counted_levels(
    employee_ids: Sequence[int], until: date | None = None
) -> dict[int, Counter[str]]:
    """By employee: how many of each level stand, withdrawn ones not among them; one question."""
    rows = ProposedMeasure.objects.exclude(given="").filter(
        entry__employee__in=employee_ids, entry__state=State.COUNTED
    )
    withdrawn = rows.filter(entry__decisions__state=State.WITHDRAWN).values("pk")
    rows = rows.exclude(pk__in=withdrawn)
    if until is not None:
        rows = rows.filter(entry__happened_on__lte=until)
    found: dict[int, Counter[str]] = {pk: Counter() for pk in employee_ids}
    for pk, level in rows.order_by().values_list("entry__employee_id", "given"):
        found[pk][level] += 1
    return found


def in_words(counted: Counter[str]) -> list[tuple[str, int]]:
    """(level, how many), the rewards first, in the order of their weight."""
    return [(str(Level(level).label), counted[level]) for level in Level.values if counted[level]]


def totals(counted: Counter[str]) -> tuple[int, int]:
    """How many rewards, how many sanctions."""
    given = sum(number for level, number in counted.items() if level in REWARDS)
    return given, sum(counted.values()) - given


def explained(proposal: Proposal) -> Sequence[Line]:
    """What the decision was explained by; before it, what speaks now."""
    language = get_language() or "zh-hans"
    if proposal.steps:
        return explain([Step.from_json(one) for one in proposal.steps], language)
    steps: list[Step] = []
    for measure in proposal.measures.all():
        rules = edition(measure.entry.rulebook_id).rules
        steps += [Step.from_json(one) for one in measure.entry.inputs.get("steps", ())]
        if not proposal.rewards:
            steps += accumulation(
                rules, proposal.employee, measure.entry.clause, proposal.happened_on
            ).steps
    return explain(steps, language)


def record_of(employee: Employee) -> list[RegisterEntry]:
    """What stands in somebody's file of rewards and sanctions, the latest first."""
    rows = (
        RegisterEntry.objects.filter(employee=employee, measure__isnull=False)
        .exclude(measure__given="")
        .select_related("measure__proposal")
        .prefetch_related("objections", "decisions")
    )
    return list(rows.order_by("-happened_on", "-pk"))


def other_lines(employee: Employee, count: int = 30) -> list[tuple[RegisterEntry, Any]]:
    """The other lines of the register about somebody, the latest first, each with its worth."""
    rows = RegisterEntry.objects.counted().filter(employee=employee, measure=None)
    found = []
    for row in rows.order_by("-happened_on", "-pk")[:count]:
        line = enterable(edition(row.rulebook_id).rules).get(row.clause)
        value = row.value if row.value is not None else (line.value if line else None)
        sign = 1 if line is not None and line.gives else -1
        found.append((row, None if value is None else value * sign))
    return found
