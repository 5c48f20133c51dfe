"""Plans: processes as the house runs them, of steps with what each asks for, whose it is and by when.

A plan ships with the product for the processes of a rulebook, or is a supervisor's own; both have this one shape.
A step may stand in the rulebook, which then says what it is, or in the plan alone; what a rulebook says in other
clauses (required fields, who may, where it goes, words, clocks, freight) is named by the step it belongs to.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from kefu.policy import access, processes
from kefu.policy.both import is_chinese
from kefu.policy.calendars import Calendar
from kefu.policy.clauses import Checklist, Item, Items, Process, ProcessStep, Quota
from kefu.policy.clauses.base import ClauseId, Count, Name, Strict, Text
from kefu.policy.clauses.clocks import Warnings
from kefu.policy.clauses.desk import When
from kefu.policy.clauses.rosters import Weekday, Window
from kefu.policy.clocks import Due, elapsed, made
from kefu.policy.conditions import Facts, holds
from kefu.policy.due import ClockFacts, clock_for, dispatch_due, due
from kefu.policy.measures import counted
from kefu.policy.processes import Done, Part, Position, Template
from kefu.policy.refusals import BadFacts, cannot_be
from kefu.policy.requirements import composed, requirements
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, instant
from kefu.policy.vocabulary import word
from kefu.policy.working_hours import working_hours, working_steps

__all__ = [
    "HOUSE",
    "UNTYPED",
    "WHY_NOT",
    "Asked",
    "Judged",
    "Limit",
    "Plan",
    "PlanStep",
    "Unfit",
    "WorkHours",
    "asked",
    "choices",
    "judge_step",
    "limit_of",
    "plan_position",
    "shipped_plans",
    "step_due",
]

HOUSE = "process"  # stands for a clause where a step is the house's own
FILES = {"SD-2": "service_department_2.toml", "OS": "online_shop.toml"}
WHY_NOT = "why_not"  # what any other outcome than the wanted one is to say
MOST_STEPS = 20

Sort = Literal[
    "text",
    "person",
    "phone",
    "date",
    "moment",
    "money",
    "tick",
    "waybill",
    "choice",
    # The lines of a checklist that were kept; those that were not are as much on record.
    "sheet",
    # What nobody types: a photo of the case, the doer's name, the moment, whether the doer is on duty, that it
    # lies in the next one's queue.
    "photo",
    "me",
    "now",
    "on_duty",
    "sent",
]
UNTYPED = frozenset({"photo", "me", "now", "on_duty", "sent"})
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Unfit(BadFacts):
    """A plan that cannot be run."""


class Asked(Strict):
    """What may stand in a field. ``items``: the rulebook's list that is chosen from; ``sheet``: its checklist that is
    ticked; ``form``: it is there once this form of the rulebook is filled in; ``banned``: words of the house's list are pointed out in it;
    ``ahead``: a day or moment to come, any other has been.
    """

    type: Sort = "text"
    choices: tuple[Name, ...] = ()
    items: Name | None = None
    sheet: ClauseId | None = None
    form: Name | None = None
    banned: bool = False
    ahead: bool = False
    optional: bool = False


class WorkHours(Strict):
    """When the house works, for limits that count working time."""

    opens: str
    closes: str
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        Window(opens=self.opens, closes=self.closes)
        return self

    @property
    def calendar(self) -> Calendar:
        window = ((self.opens, self.closes),)
        return Calendar.plain(dict.fromkeys(self.days, window), department="house", edition="plan")


class PlanStep(ProcessStep):
    """A step with what belongs to it. ``blocks``: what follows, and the closing of the case it is about, wait for
    it. ``asks``: fields besides those the clauses want. ``forms``, ``acts``, ``words``, ``copies``: by these names the
    rulebook says what has to be there, who may, which words are set down and how many of each.
    ``matter``: where it goes, ``tells``: who hears when it is done. ``fact``: what its outcome tells; ``consent``:
    the outcome by which its owner agrees to what follows. ``gives``: what is on record once it is done.
    ``clock``: the rulebook's clock for it, counted from the field ``since``, for the sort of case ``sort``.
    ``until``: the field that names the day or moment it is due by. ``wanted_for``: the outcome that needs all
    this; any other only says why. ``freight``: who bears the freight of goods sent back is decided. ``then``: the
    plan that follows an outcome.
    """

    clause: str = HOUSE
    blocks: bool = True
    counts: Literal["elapsed", "working"] = "elapsed"
    warn_before_minutes: Count | None = None
    asks: tuple[Name, ...] = ()
    forms: tuple[Name, ...] = ()
    acts: tuple[Name, ...] = ()
    words: Name | None = None
    copies: Name | None = None
    matter: Name | None = None
    tells: tuple[Name, ...] = ()
    fact: Name | None = None
    consent: Name | None = None
    gives: tuple[Name, ...] = ()
    clock: Name | None = None
    since: Name | None = None
    sort: Name | None = None
    until: Name | None = None
    wanted_for: Name | None = None
    freight: bool = False
    then: dict[Name, Code] = {}

    @model_validator(mode="after")
    def _outcomes_are_its_own(self) -> Self:
        named = {name for name in (self.consent, self.wanted_for) if name}
        for strange in sorted(({*self.then} | named) - set(self.outcomes)):
            why = cannot_be("no_such_outcome", process=self.code, task=self.code, outcome=strange)
            raise BadFacts({"outcomes": why})
        return self

    def name(self, language: str) -> str:
        return self.zh if is_chinese(language) else self.en


class Plan(Strict):
    """``kinds``: the kinds of case it can be about, whose closing waits for it; it can always be started alone.
    ``starts_with``: what is chosen to begin, ``facts``: what is known of it anyway. ``says``: the house's words for its names. ``every``: how often a
    round of it begins by itself, at which time of day ``at``; ``after``: the event it follows. ``order_states``: what an
    order is in while it runs, such as ``refunding``, each with the facts under which it is.
    """

    code: Code
    zh: Text
    en: Text
    kinds: tuple[Name, ...] = ()
    process: Name | None = None
    starts_with: tuple[Name, ...] = ()
    facts: dict[Name, Name] = {}
    asks: dict[Name, Asked] = {}
    says: dict[Name, tuple[Text, Text]] = {}
    hours: WorkHours | None = None
    urgent: bool = False
    every: Literal["day"] | None = None
    after: Literal["closed_complaint"] | None = None
    order_states: dict[Name, When] = {}
    steps: Annotated[tuple[PlanStep, ...], Field(min_length=1, max_length=MOST_STEPS)]

    @model_validator(mode="after")
    def _steps_fit_together(self) -> Self:
        processes.check(self.code, self.template.parts)
        if self.hours is None and any(step.counts == "working" for step in self.steps):
            raise BadFacts({"hours": cannot_be("no_work_hours", process=self.code)})
        return self

    @property
    def template(self) -> Template:
        parts = tuple(
            Part(step.clause, place, step, step.blocks)
            for place, step in enumerate(self.steps, start=1)
        )
        return Template(self.code, parts, None, None, optional=False)

    def name(self, language: str) -> str:
        return self.zh if is_chinese(language) else self.en

    def step(self, code: str) -> PlanStep:
        """Raises KeyError."""
        return next(step for step in self.steps if step.code == code)

    def word(self, name: str, language: str) -> str:
        """A name of the plan in words: the house's, else the vocabulary's."""
        if name in self.says:
            return self.says[name][not is_chinese(language)]
        return word(name, language)

    def label(self, name: str, language: str) -> str:
        """A name at the head of a field: in English it begins with a capital."""
        said = self.word(name, language)
        return said if is_chinese(language) else said[:1].upper() + said[1:]

    def field(self, name: str) -> Asked:
        return self.asks.get(name, Asked())

    def states(self, facts: Facts) -> tuple[str, ...]:
        """What an order is in while this runs, given what it began with."""
        known = {**self.facts, **facts}
        return tuple(name for name, when in self.order_states.items() if holds(HOUSE, when, known))

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True)

    @classmethod
    def read(cls, content: Mapping[str, Any], rulebook: Rulebook | None = None) -> Self:
        """Read a plan; steps that give no name stand in the rulebook's process. Raises Unfit."""
        steps = content.get("steps", [])
        if rulebook is not None:
            clauses = _steps_of(rulebook, content.get("process"))
            steps = [{**clauses.get(step.get("code"), {}), **step} for step in steps]
        try:
            return cls.model_validate({**content, "steps": steps})
        except ValidationError as error:
            first = error.errors()[0]
            at = ".".join(str(part) for part in first["loc"])
            raise Unfit({at: cannot_be("unfit_plan", at=at, why=str(first["msg"]))}) from error


def _steps_of(rulebook: Rulebook, process: str | None) -> dict[str, dict[str, Any]]:
    return {
        step.code: {**step.model_dump(mode="json", exclude_unset=True), "clause": clause.id}
        for clause in rulebook.in_force(Process)
        if clause.process == process
        for step in clause.steps
    }


@cache
def _shipped(code: str) -> Mapping[str, Any]:
    text = (resources.files(__package__) / "plans_shipped" / FILES[code]).read_text("utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def shipped_plans(rulebook: Rulebook) -> dict[str, Plan]:
    """Return the plans that ship for a rulebook, by code; none for one that asks for no processes.

    One whose clauses the house has taken out of its rulebook is not offered.
    """
    if rulebook.code not in FILES:
        return {}
    content = _shipped(rulebook.code)
    plans = {}
    for code, plan in content["plans"].items():
        steps = _steps_of(rulebook, plan.get("process"))
        if all("zh" in step or step["code"] in steps for step in plan["steps"]):
            shared = {name: {**content[name], **plan.get(name, {})} for name in ("asks", "says")}
            plans[code] = Plan.read({**plan, **shared, "code": code}, rulebook)
    return plans


# Where it stands, and what the step asks for.


def plan_position(plan: Plan, done: Collection[Done], facts: Facts) -> Position:
    return processes.position(plan.template, tuple(done), facts=facts)


def asked(plan: Plan, step: PlanStep, rulebook: Rulebook, facts: Facts) -> tuple[str, ...]:
    """Return the names a step wants on record, each once: its own, and those of the clauses that belong to it."""
    names = [*step.needs, *step.asks]
    for form in step.forms:
        names += requirements(rulebook, form, (), facts).missing
    for act in step.acts:
        names += access.needed(rulebook, act, facts)
    for quota in _quotas(rulebook, step.copies):
        names += [item.key for item in quota.among]
    if step.words:
        names += composed(rulebook, step.words, facts).missing
    opened = list[str]()
    for name in names:
        inner = plan.field(name).form
        opened += requirements(rulebook, inner, (), facts).missing if inner else [name]
    return tuple(
        name
        for name in dict.fromkeys(opened)
        if plan.field(name).type != "sheet" or choices(plan, name, rulebook)
    )


def choices(plan: Plan, name: str, rulebook: Rulebook) -> tuple[tuple[str, str, str], ...]:
    """What may be chosen or ticked for a field: (value, Chinese, English)."""
    field = plan.field(name)
    listed = [(item.key, item.zh, item.en) for item in _listed(field, rulebook)]
    own = [(one, plan.word(one, "zh"), plan.word(one, "en")) for one in field.choices]
    return tuple(listed or own)


def _listed(field: Asked, rulebook: Rulebook) -> Iterator[Item]:
    for listing in rulebook.in_force(Items):
        if listing.of == field.items:
            yield from listing.items or ()
    for checklist in rulebook.in_force(Checklist):
        if checklist.id == field.sheet:
            yield from checklist.lines


def _quotas(rulebook: Rulebook, of: str | None) -> Iterator[Quota]:
    return (quota for quota in rulebook.in_force(Quota) if quota.of == of)


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a step may be done now. ``lacks``: what is missing; ``refused_by``: the clauses that refuse it;
    ``clause``: one that wants it.
    """

    lacks: tuple[str, ...]
    refused_by: tuple[str, ...]
    clause: str
    steps: tuple[Step, ...]

    @property
    def accepted(self) -> bool:
        return not (self.lacks or self.refused_by)


def judge_step(
    plan: Plan,
    step: PlanStep,
    rulebook: Rulebook,
    *,
    facts: Facts,
    recorded: Collection[str],
    role: str = "",
    consents: Collection[str] = (),
    values: Mapping[str, str] | None = None,
    outcome: str = "",
) -> Judged:
    """Judge a step by its own needs and by every clause that belongs to it. Raises MissingFact.

    Source: SD-222.04 to SD-224.15, OS-11.03 to OS-40.01.
    """
    if step.wanted_for and outcome and outcome != step.wanted_for:
        return Judged(() if WHY_NOT in recorded else (WHY_NOT,), (), step.clause, ())
    wanted = [name for name in (*step.needs, *step.asks) if not plan.field(name).optional]
    lacks = [name for name in wanted if not plan.field(name).form and name not in recorded]
    clause, steps, refused = step.clause if lacks else "", list[Step](), list[str]()
    forms = [form for name in step.needs if (form := plan.field(name).form)]
    for form in (*step.forms, *forms):
        found = requirements(rulebook, form, recorded, facts)
        steps += found.steps
        lacks += found.missing
        clause = clause or next((lack.clause for lack in found.lacks), "")
    for act in step.acts:
        actor = access.Actor(role=role, recorded=recorded, consents=consents)
        permission = access.may(rulebook, act, actor, facts)
        steps += permission.steps
        absent = [n for n in access.needed(rulebook, act, facts) if n not in recorded]
        lacks += absent
        refused += [] if absent else permission.refused_by
    for quota in _quotas(rulebook, step.copies):
        there = {item.key: Decimal(item.key in recorded) for item in quota.among}
        lacks += [count.name for count in counted(rulebook, quota.of, there).counts if count.short]
        clause = clause or quota.id
    if step.words:
        lacks += composed(rulebook, step.words, facts, values=values).missing
    return Judged(tuple(dict.fromkeys(lacks)), tuple(refused), clause, tuple(steps))


# By when.


class Limit(Strict):
    """How long a step may take, kept with the line that starts it: the clause's or the house's minutes, a
    clock of the rulebook for a ``sort`` of case from ``since``, or until the moment somebody named.
    """

    step: Name
    clause: str
    minutes: Count | None = None
    hours: WorkHours | None = None
    warn: Count | None = None
    clock: Name | None = None
    sort: Name = "any"
    since: datetime | None = None
    until: datetime | None = None


def limit_of(
    plan: Plan, step: PlanStep, facts: Facts, moments: Mapping[str, datetime]
) -> Limit | None:
    """None for a step without a time. ``moments``: what is on record of when, by field."""
    until = moments.get(step.until or "")
    if step.clock is None and step.within_minutes is None and until is None:
        return None
    return Limit(
        step=step.code,
        clause=step.clause,
        minutes=step.within_minutes,
        hours=plan.hours if step.counts == "working" else None,
        warn=step.warn_before_minutes,
        clock=step.clock,
        sort=facts.get(step.sort or "", "any"),
        since=moments.get(step.since or ""),
        until=until,
    )


def step_due(limit: Limit, started_at: datetime, rulebook: Rulebook) -> Due | None:
    """Return when a step is due, counted from the end of the one before it; None where the rulebook sets no time.

    Raises what ``due`` raises. Source: SD-222.16 to SD-222.18 for the dispatch of paid goods.
    """
    start = instant(limit.since or started_at)
    warned = Warnings(warn_before_minutes=limit.warn, lead_before_minutes=None)
    if limit.until is not None:
        due_at = max(instant(limit.until), start)
        step = Step.of(limit.clause, "due_promised", start=start, at=due_at)
        return made("clock", limit.clause, start, due_at, warned, step)
    if limit.clock == "dispatch":
        return dispatch_due(start, limit.sort, rulebook)
    if limit.clock is not None:
        clause = clock_for(limit.clock, ClockFacts({}, case=limit.sort), rulebook)
        return due(limit.clock, ClockFacts({clause.since: start}, case=limit.sort), rulebook)
    if limit.minutes is None:
        return None
    length = timedelta(minutes=limit.minutes)
    if limit.hours is None:
        due_at = elapsed(start, length)
        step = Step.of(limit.clause, "due_elapsed", start=start, limit=length, at=due_at)
        return made("clock", limit.clause, start, due_at, warned, step)
    calendar = limit.hours.calendar
    due_at = working_hours(start, length, calendar)
    steps = working_steps(limit.clause, start, length, calendar)
    return made("clock", limit.clause, start, due_at, warned, *steps)
