"""Reports about a week or a month as pages show them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from claims.models import Claim, Finding, Liability, Register, RegisterStep, SelfSettledCase
from claims.registers import DEFINITIONS
from claims.registers.content import NOBODY, Row, Span, Table, digest
from inquiries.models import Complaint
from kefu.policy.measures import Plan, report_step
from kefu.policy.refusals import NotInRulebook
from kefu.policy.registers import register_plan
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import Edition, edition, edition_anywhere

Step = RegisterStep.Step
# By which right somebody acts in a role of the rulebook.
RIGHTS = {
    "agent": "cases.work_case",
    "adjuster": "claims.work_claim",
    "supervisor": "claims.issue_register",
    "centre": "claims.issue_register",
}
ANALYSIS = "analysis_text"


def speaks(rules: Rulebook, kind: str) -> bool:
    try:
        register_plan(rules, kind)
    except NotInRulebook:
        return False
    return True


def edition_for(kind: str, *, at: datetime) -> Edition | None:
    """The edition that asks for a report; None where none in force does."""
    return edition_anywhere(lambda rules: speaks(rules, kind), at=at)


def plan_of(register: Register) -> Plan:
    """What the edition of a report says of it; reports that are told within it add their ways to group."""
    rules = edition(register.rulebook_id).rules
    own = register_plan(rules, register.kind)
    within = [
        register_plan(rules, name)
        for name in DEFINITIONS[register.kind].with_plans
        if speaks(rules, name)
    ]
    groups = dict.fromkeys(name for plan in (own, *within) for name in plan.group_by)
    clauses = dict.fromkeys(clause for plan in (own, *within) for clause in plan.clauses)
    return replace(own, clauses=tuple(clauses), group_by=tuple(groups))


def compute(register: Register) -> dict[str, Any]:
    """The figures of a report from what is on record now, as they are kept: {"tables"}."""
    rules = edition(register.rulebook_id).rules
    span = Span(register.first_on, register.last_on)
    tables = DEFINITIONS[register.kind].compute(span, plan_of(register), rules)
    return {"tables": [table.to_json() for table in tables]}


def altered() -> tuple[int, list[str]]:
    """How many reports were issued, and those that are no longer what was issued."""
    found, n = [], 0
    for row in Register.objects.exclude(issued_at=None).order_by("pk").iterator(100):
        n += 1
        if digest(row.content or {}, row.analysis) != row.digest:
            found.append(f"register {row.pk} is not what its digest says")
    return n, found


def done_steps(steps: Sequence[RegisterStep]) -> list[RegisterStep]:
    """The steps that count: those since it was last prepared; none once it was sent back."""
    counting: list[RegisterStep] = []
    for one in steps:
        if one.step == Step.SEND_BACK:
            counting = []
        elif one.step == Step.PREPARE:
            counting = [one]
        else:
            counting.append(one)
    return counting


@dataclass(frozen=True, slots=True)
class Next:
    """The next step of a report: whose it is, and what it lacks. ``step`` is "" where all is done."""

    step: str
    role: str
    lacks: tuple[str, ...]
    done: Sequence[RegisterStep]

    @property
    def label(self) -> str:
        return str(Step(self.step).label) if self.step else ""

    @property
    def whose(self) -> str:
        return str(ROLES.get(self.role, self.role))

    @property
    def right(self) -> str:
        return RIGHTS.get(self.role, RIGHTS["centre"])

    def may(self, user: Any) -> bool:
        """Has he the right, and is it not his own work that he would look through?"""
        return user.has_perm(self.right) and not self.prepared_by(user)

    def prepared_by(self, user: Any) -> bool:
        return any(one.step == Step.PREPARE and one.by_id == user.pk for one in self.done)


def next_of(register: Register, plan: Plan) -> Next:
    done = done_steps(list(register.steps.all()))
    names = {one.step for one in done} & {step for step, _role in plan.steps}
    step, role, lacks = report_step(plan, names, {ANALYSIS} if register.analysis else set())
    return Next(step, role, lacks, done)


def may_prepare(plan: Plan, user: Any) -> bool:
    """Is there somebody who prepares the report, and has he the right?"""
    role = dict(plan.steps).get(Step.PREPARE)
    return role is not None and bool(user.has_perm(RIGHTS[role]))


# Words for what is kept in codes.

HEADS: Mapping[str, Any] = {
    "received": pgettext_lazy("figure", "受理"),
    "open": pgettext_lazy("figure", "未结"),
    "closed": pgettext_lazy("figure", "已结"),
    "registered_count": _("立案（件）"),
    "settled_count": _("已赔（件）"),
    "settled_amount_yuan": _("已赔（元）"),
    "insurer_recovered_yuan": _("保险到账（元）"),
    "open_at_month_end": _("月末未结（件）"),
    "incident_count": _("事故（件）"),
    "incident_amount_yuan": _("金额（元）"),
    "count": _("件数"),
    "amount_yuan": _("金额（元）"),
    "complaints": _("投诉（件）"),
    "consignments": _("承运（票）"),
    "complaint_rate": _("投诉率（%）"),
    "text": _("内容"),
    "cause": _("原因"),
    "suggestion": _("建议"),
}
ABOUT: Mapping[str, Any] = {
    "outlet": _("按网点"),
    "department": _("按部门"),
    "issue_type": _("按类别"),
    "status": _("按状态"),
    "route": _("按线路"),
    "cause": _("按原因"),
    "liable_party": _("按责任方"),
    "loss_type": _("按类型"),
    "party_type": _("按哪一方"),
    "customer_needs": _("客户需求"),
    "suggestions": _("原因和建议"),
}
LISTS = {"customer_needs", "suggestions"}
ROLES: Mapping[str, Any] = {
    "agent": _("坐席"),
    "adjuster": _("理赔员"),
    "supervisor": _("主管"),
    "centre": _("客服中心"),
}
CODES: Mapping[str, Any] = {
    "loss_type": Claim.Loss,
    "liable_kind": Liability.Kind,
    "issue_type": Complaint.Category,
    "party_type": SelfSettledCase.PartyType,
}


def label_in_words(about: str, of: str, code: str) -> str:
    """How a row is called, in the reader's language."""
    if of == NOBODY:
        return str(_("没有责任方") if about == "liable_party" else _("没有填"))
    if of == "status":
        return str(HEADS[code]) if code in HEADS else code
    choices: Any = CODES.get(of)
    if of == "cause":
        choices = Complaint.Cause if code in Complaint.Cause.values else Finding.Cause
    if choices is not None and code in choices.values:
        return str(choices(code).label)
    return code


@dataclass(frozen=True, slots=True)
class Line:
    """``share``: what its bar is long, in percent of the longest; a figure for SVG."""

    label: str
    cells: tuple[str, ...]
    share: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A table in words. ``figures``: its cells are figures, and the first of them has bars."""

    about: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    total: tuple[str, ...]
    figures: bool


def shown_tables(content: Mapping[str, Any] | None) -> list[Shown]:
    return [_shown(Table.from_json(one)) for one in (content or {}).get("tables", ())]


def _shown(table: Table) -> Shown:
    figures = table.about not in LISTS
    longest = (
        max((_first(row) for row in table.rows), default=Decimal(0)) if figures else Decimal(0)
    )
    return Shown(
        about=table.about,
        title=str(ABOUT.get(table.about, table.about)),
        heads=tuple(str(HEADS.get(name, name)) for name in table.columns),
        lines=tuple(
            Line(
                label_in_words(table.about, *row.label),
                tuple(row.cells),
                f"{100 * _first(row) / longest:.1f}" if longest else "0",
            )
            for row in table.rows
        ),
        total=table.total,
        figures=figures,
    )


def _first(row: Row) -> Decimal:
    return Decimal(row.cells[0] or 0)


def sheet_rows(shown: Shown) -> Iterator[Sequence[str]]:
    """A table as a spreadsheet takes it."""
    yield (shown.title, *shown.heads)
    for line in shown.lines:
        yield (line.label, *line.cells)
    if shown.total:
        yield (str(_("合计")), *shown.total)
