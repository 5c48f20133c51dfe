"""Which processes are offered, and where one that runs stands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.db.models import Prefetch
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.database.functions import ByPinyin
from kefu.policy.both import is_chinese
from kefu.policy.measures import report_plan
from kefu.policy.moments import end_of
from kefu.policy.plans import Plan, PlanStep, asked, choices, plan_position, shipped_plans
from kefu.policy.processes import Done, Position, routed
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.processes.models import ProcessRun, ProcessTemplate, StepDone
from kefu.processes.roles import Owner, owner_of
from kefu.rulebooks.selectors import Edition, edition
from kefu.staff.models import Department, User
from kefu.workbench import wording

SEALED = {"text", "person", "phone"}
SHARES = {
    "bears": gettext_lazy("{who}承担运费"),
    "advances": gettext_lazy("{who}先付运费"),
    "pays_back": gettext_lazy("{who}退还运费"),
}


def language() -> str:
    return get_language() or "zh-hans"


@dataclass(frozen=True, slots=True)
class Offered:
    """A process that can be started: what ships for the rulebook, or a template of the house's own."""

    plan: Plan
    template: ProcessTemplate | None

    @property
    def code(self) -> str:
        return self.plan.code

    @property
    def name(self) -> str:
        return self.plan.name(language())


@lru_cache(maxsize=32)
def _shipped_for(version_id: int) -> Mapping[str, Plan]:
    """Kept, because a published edition never changes."""
    return shipped_plans(edition(version_id).rules)


def offered(using: Edition, *, kind: str = "") -> dict[str, Offered]:
    """Return what can be started under a rulebook, by code; with ``kind`` only what is about such cases.

    The house's own come first.
    """
    templates = ProcessTemplate.objects.published().order_by(ByPinyin("name"))
    own = [Offered(template.read, template) for template in templates]
    shipped = [Offered(plan, None) for plan in _shipped_for(using.version_id).values()]
    fitting = (one for one in (*own, *shipped) if not kind or kind in one.plan.kinds)
    return {one.code: one for one in fitting}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands: what was done, what is on record of it, what is known."""

    run: ProcessRun
    plan: Plan
    rules: Rulebook
    position: Position
    rows: Sequence[StepDone]
    facts: Mapping[str, str]

    @property
    def current(self) -> list[StepDone]:
        """The rows that count: the last of each step that was not sent back."""
        last = {row.step: row for row in self.rows}
        return [last[code] for code in self.position.passed]

    @property
    def recorded(self) -> frozenset[str]:
        names = {name for row in self.current for name in row.recorded}
        return frozenset(names.union(*(self.plan.step(c).gives for c in self.position.passed)))

    @property
    def consents(self) -> frozenset[str]:
        steps = ((self.plan.step(row.step), row.outcome) for row in self.current)
        return frozenset(
            step.by
            for step, outcome in steps
            if step.by and step.consent and step.consent == outcome
        )

    @property
    def moments(self) -> Mapping[str, datetime]:
        """What is on record of days and moments, by field; a day ends at 24:00."""
        found = {}
        for row in self.rows:
            for name in row.recorded:
                sort, value = self.plan.field(name).type, row.shown.get(name)
                if sort == "date" and value:
                    found[name] = end_of(date.fromisoformat(value))
                elif sort == "moment" and value:
                    found[name] = datetime.fromisoformat(value)
        return found

    def step(self, code: str) -> PlanStep:
        return self.plan.step(code)

    def took(self, row: StepDone) -> timedelta:
        """How long a step was open until it was done."""
        before = list(self.rows[: row.number - 1])
        while before and row.step in _open_after(self.run, self.plan, before[:-1]):
            before.pop()
        return row.done_at - (before[-1].done_at if before else self.run.started_at)

    def wanted(self, step: PlanStep) -> list[str]:
        """The fields its doer fills in: what the step itself asks, and what is wanted and not on record yet."""
        return [
            name
            for name in asked(self.plan, step, self.rules, self.facts)
            if name in step.asks or name not in self.recorded
        ]

    def owner(self, step: PlanStep) -> Owner:
        return owner_of(self.owner_name(step))

    def owner_name(self, step: PlanStep) -> str | None:
        """Whose a step is: whom the rulebook's route gives it to, else whom the step names."""
        routed_to = (names[0] for how, names in self.targets(step.matter) if how == "owner")
        return next(routed_to, step.by)

    def targets(self, matter: str | None) -> list[tuple[str, tuple[str, ...]]]:
        """Where a matter goes: (how, to whom); nowhere where the rulebook does not say."""
        if matter is None:
            return []
        try:
            targets, _steps = routed(self.rules, matter, self.facts)
        except NotInRulebook:
            return []
        return [(target.how, target.to) for target in targets]

    @property
    def holds_up(self) -> bool:
        """Does a step wait that blocks?"""
        return any(self.step(code).blocks for code in self.position.open)


def _open_after(run: ProcessRun, plan: Plan, rows: Sequence[StepDone]) -> tuple[str, ...]:
    return plan_position(plan, done_of(rows), {**plan.facts, **run.facts}).open


def done_of(rows: Sequence[StepDone]) -> list[Done]:
    return [Done(row.step, row.outcome, str(row.done_by_id), row.facts) for row in rows]


@lru_cache(maxsize=256)
def _read(plan: str) -> Plan:
    """Kept: a great many runs go by few plans."""
    return Plan.read(json.loads(plan))


def standing(run: ProcessRun) -> Standing:
    """Read a run; with ``done`` prefetched it asks the database nothing."""
    plan, rows = _read(json.dumps(run.plan)), list(run.done.all())
    began = {**plan.facts, **run.facts}
    position = plan_position(plan, done_of(rows), began)
    known = dict(began)
    for row in rows:
        known |= row.facts
    return Standing(run, plan, edition(run.rulebook_id).rules, position, rows, known)


def held_up_by(case: Case) -> Standing | None:
    """The process for which a case cannot be closed yet; what follows the closing holds nothing up."""
    for run in case.processes.running().select_related("case"):
        at = standing(run)
        if at.plan.after is None and at.holds_up:
            return at
    return None


def with_steps() -> Prefetch:
    return Prefetch(
        "done",
        StepDone.objects.order_by("number").select_related("done_by__employee").defer("sealed"),
    )


# The picture of a process, and the list of what runs.


@dataclass(frozen=True, slots=True)
class Link:
    """One step in the chain. ``state``: "done", "next", "open" or "" for what lies ahead."""

    code: str
    name: str
    owner: str
    state: str
    blocks: bool
    limit: str
    clause: str
    row: StepDone | None = None
    fields: Sequence[tuple[str, str]] = ()
    masked: bool = False  # some of the fields are more than what may stand open


def chain(plan: Plan, standing: Standing | None = None) -> list[Link]:
    """The steps of a plan in order, with where a run of it stands."""
    said, links = language(), []
    rows = {row.step: row for row in standing.current} if standing else {}
    opened = standing.position.open if standing else ()
    for step in plan.steps:
        row = rows.get(step.code)
        state = "done" if row else ""
        if step.code in opened:
            state = "next" if step.code == opened[0] else "open"
        by = step.by
        if standing and state in ("next", "open"):
            by = standing.owner_name(step)
        links.append(
            Link(
                step.code,
                step.name(said),
                owner_word(plan, by),
                state,
                step.blocks,
                limit_words(step, said),
                "" if step.clause == "process" else step.clause,
                row,
                _shown(standing, row, said) if standing and row else (),
                row is not None and any(plan.field(name).type in SEALED for name in row.shown),
            )
        )
    return links


def owner_word(plan: Plan, by: str | None) -> str:
    if not by:
        return ""
    known = {**dict(Department.Desk.choices), **dict(User.Role.choices)}
    return str(known.get(by) or plan.label(by, language()))


def limit_words(step: PlanStep, said: str) -> str:
    minutes = step.within_minutes
    if minutes is None:
        return ""
    if minutes % 60:
        words = _("{n} 分钟").format(n=minutes)
    else:
        words = _("{n} 小时").format(n=minutes // 60)
    return _("工作时间 {length}").format(length=words) if step.counts == "working" else words


def _shown(at: Standing, row: StepDone, said: str) -> list[tuple[str, str]]:
    plan, told = at.plan, []
    for name, value in row.shown.items():
        field = plan.field(name)
        if field.type == "tick":
            shown = "✓"
        elif field.type == "sheet":
            shown = _ticked(at, name, value.splitlines(), said)
            told.append((_("回复用时"), wording.stretch(at.took(row))))
        elif field.type == "moment" or (field.type == "now" and "T" in value):
            shown = f"{datetime.fromisoformat(value).astimezone(SHANGHAI):%m-%d %H:%M}"
        elif field.type == "choice":
            shown = plan.label(value, said)
        else:
            shown = value
        told.append((plan.label(name, said), shown))
    for share, amounts in row.inputs.get("shares", {}).items():
        for who, amount in amounts.items():
            told.append(
                (SHARES[share].format(who=plan.word(who, said)), _("{n} 元").format(n=amount))
            )
    return told


def _ticked(at: Standing, name: str, kept: Sequence[str], said: str) -> str:
    """A sheet in words: what was kept, and what was not."""
    lines = choices(at.plan, name, at.rules)
    words = {key: zh if is_chinese(said) else en for key, zh, en in lines}
    there, lacking = (
        punctuation.alike(*(words[key] for key in words if (key in kept) is ticked))
        for ticked in (True, False)
    )
    return punctuation.in_turn(there, _("没勾：{what}").format(what=lacking) if lacking else "")


# What a history in one view shows, by the names of the rulebook's report.
CASE_HISTORY = "case_history"


def history(at: Standing) -> list[tuple[str, datetime | None]]:
    """When it was found, handled and closed, in the columns the rulebook wants seen together (OS-30.04)."""
    try:
        columns = report_plan(at.rules, CASE_HISTORY).columns
    except NotInRulebook:
        return []
    told = {
        "found_at": at.run.started_at,
        "handled_at": at.rows[-1].done_at if at.rows else None,
        "closed_at": at.run.ended_at,
    }
    return [(at.plan.label(name, language()), told.get(name)) for name in columns]


def running(*, limit: int) -> list[ProcessRun]:
    """What runs, the longest untouched first (SD-223.25)."""
    return list(
        ProcessRun.objects.running()
        .select_related("case__owner", "case__department", "about")
        .prefetch_related(with_steps())
        .order_by("touched_at")[:limit]
    )
